"""One table of short words: roles, statuses, buttons, types. One Persian word per idea, on every screen and letter."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources

from django.utils.functional import lazystr
from django.utils.translation import get_language


class UnknownWord(LookupError):
    """The table has no such word: a spelling mistake in the code, never something a visitor can cause."""


@cache
def table() -> dict[str, dict[str, dict[str, str]]]:
    """The whole table as group -> code -> {"fa", "en", "iccs"}, in the order of the file."""
    groups: dict[str, dict[str, dict[str, str]]] = {}
    source = resources.files("kalantar.data").joinpath("words.csv")
    with resources.as_file(source) as path, path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            entry = {"fa": row["fa"], "en": row["en"], "iccs": row["iccs"] or ""}
            groups.setdefault(row["group"], {})[row["code"]] = entry
    return groups


def language() -> str:
    """The language of the page being made: "fa" or "en". Persian is the original."""
    return "en" if (get_language() or "fa").startswith("en") else "fa"


def word(group: str, code: object, lang: str | None = None) -> str:
    """The word for a code in the page's language."""
    try:
        return table()[group][str(code)][lang or language()]
    except KeyError:
        raise UnknownWord(f"words.csv has no {group}/{code}") from None


def lazy_word(group: str, code: str):
    """The same, looked up when it is shown: for form labels and other things made once at start-up."""
    return lazystr(_Later(group, code))


class _Later:
    def __init__(self, group: str, code: str):
        self.group, self.code = group, code

    def __str__(self) -> str:
        return word(self.group, self.code)


def codes(group: str) -> tuple[str, ...]:
    """Every code of a group, in the order people meet them."""
    return tuple(table()[group])


def choices(group: str, only=None) -> list[tuple[str, str]]:
    """(code, word) pairs for a select."""
    lang = language()
    return [(code, said[lang]) for code, said in table()[group].items() if only is None or code in only]


def iccs(code: str) -> str:
    """The international statistical code of an incident type; empty for local non-crime types."""
    return table()["incident_type"][code]["iccs"]
