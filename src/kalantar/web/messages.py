"""Sentences for refusals: what happened, what is kept, what to do. Rules name a key; here it becomes words.

A room adds its own at start-up: `SENTENCES.register({"beat_outside": gettext_lazy("…")})`.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from . import show


class Sentences:
    """Message key -> sentence with named places (`%(days)s`); numbers are written in the page's digits."""

    def __init__(self, known: Mapping[str, object]):
        self._known = dict(known)

    def register(self, more: Mapping[str, object]) -> None:
        for key, sentence in more.items():
            if self._known.setdefault(key, sentence) is not sentence and str(self._known[key]) != str(sentence):
                raise ValueError(f"the sentence {key} is already there and says something else")

    def __contains__(self, key: str) -> bool:
        return key in self._known

    def keys(self):
        return self._known.keys()

    def say(self, no: Exception | str, **args: object) -> str:
        """The sentence of a refusal or of a key; an unknown key gets the general one rather than a blank."""
        key = no if isinstance(no, str) else getattr(no, "key", "refused")
        args = {**getattr(no, "details", {}), **args}
        shown = {name: show.digits(value) if isinstance(value, int | float) else value for name, value in args.items()}
        sentence = self._known.get(key, self._known["refused"])
        try:
            return str(sentence) % shown
        except (KeyError, ValueError):
            return str(self._known["refused"])


SENTENCES = Sentences(
    {
        "refused": _("This step is not possible now. Nothing was changed. Please look at the page again."),
        "overtaken": _(
            "Someone else changed this a moment ago. What you wrote is below and was not saved. "
            "Please read the new state and decide again."
        ),
        "not_your_post": _(
            "This step belongs to another post. Nothing was changed. Your superior can take it or assign it."
        ),
        "not_from_this_state": _("In its present state this step does not exist. Nothing was changed."),
        "reason_missing": _("Please write a reason. What you wrote is kept."),
        "too_often": _("Too many tries in a short time. Nothing was lost. Please try again in a few minutes."),
        "number_not_found": _("No matter with this number is open to you. Please check the number."),
        "session_over": _("Your time on this page is over. Please sign in again."),
    }
)


def sentence(no: Exception | str, **args: object) -> str:
    """The sentence of a refusal, an input error or a key: what happened, what is kept, what to do."""
    return SENTENCES.say(no, **args)
