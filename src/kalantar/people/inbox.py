"""What a colleague is told: each kind of message has its sentence, given by the room that sends it.

from kalantar.people.inbox import SENTENCES
SENTENCES.register("import_live", gettext_lazy("%(rows)s records of the file %(name)s are in the system."))
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kalantar.kernel import links
from kalantar.web import show, words


class Sentences:
    """kind -> sentence with named places. A role is shown as its word, a day as a day, numbers in the page's digits."""

    def __init__(self):
        self._known: dict[str, object] = {}

    def register(self, kind: str, sentence: object) -> None:
        if kind in self._known and str(self._known[kind]) != str(sentence):
            raise ValueError(f"the message {kind} is already there and says something else")
        self._known[kind] = sentence

    def __contains__(self, kind: str) -> bool:
        return kind in self._known

    def kinds(self) -> frozenset[str]:
        return frozenset(self._known)

    def say(self, kind: str, args: dict) -> str:
        """The sentence of a stored message; one whose kind this version does not know is still told of."""
        try:
            return str(self._known[kind]) % {name: _shown(name, value) for name, value in args.items()}
        except (KeyError, ValueError, TypeError):
            return gettext("There is a message that this version cannot show in full.")


def _shown(name: str, value):
    if name == "role" and value in words.codes("role"):
        return words.word("role", value)
    if name.endswith("_on") and isinstance(value, str):
        return show.day(date.fromisoformat(value))
    return show.digits(value) if isinstance(value, int | float) else value


SENTENCES = Sentences()
SENTENCES.register("post_ended", _("Your post %(role)s has ended."))
SENTENCES.register("stand_in", _("You stand in as %(role)s until %(to_on)s."))


@dataclass(frozen=True)
class Message:
    """One line of the inbox as it is shown."""

    pk: int
    sentence: str
    url: str
    at: datetime
    is_new: bool


def shown(line) -> Message:
    return Message(
        line.pk,
        SENTENCES.say(line.kind, line.args),
        links.resolve(line.page, line.page_args),
        line.at,
        line.read_at is None,
    )
