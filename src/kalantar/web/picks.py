"""Filters as words in a sentence, kept in the address. Each word opens a list of links; no script is needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import urlencode

from django.utils.html import conditional_escape, format_html_join
from django.utils.safestring import SafeString

from .icons import icon
from .pager import NEWER, OLDER

LONG = 12
HERE = SafeString(' aria-current="true"')


class Pick:
    """One word of a filter sentence.

    options : (value, word) pairs; a value that is not among them is read as the default.
    any : the word for "no limit here", offered first with the value "".
    """

    def __init__(
        self,
        request,
        name: str,
        label: str,
        options: Iterable[tuple[object, object]],
        *,
        any: object = None,
        default: object = "",
    ):
        self._request, self.name, self.label = request, name, label
        self._default = str(default)
        pairs = [(str(value), word) for value, word in options]
        self._pairs = [("", any), *pairs] if any is not None else pairs
        words = dict(self._pairs)
        asked = request.GET.get(name, self._default)
        self.value = asked if asked in words else self._default
        self.shown = words.get(self.value, "")

    def __str__(self) -> str:
        return str(self.shown)

    def __bool__(self) -> bool:
        return self.value != ""

    @property
    def long(self) -> bool:
        """Long lists get a box to search in."""
        return len(self._pairs) > LONG

    @property
    def options(self) -> list[dict]:
        """What may stand in this word's place: {url, label, current}."""
        bare, start = self._addresses()
        return [
            {"url": start + _own(self.name, value) if value != self._default else bare, "label": word,
             "current": value == self.value}
            for value, word in self._pairs
        ]  # fmt: skip

    @property
    def links(self) -> SafeString:
        """The options as list items, written at once: a page has some hundred and fifty of them."""
        return format_html_join("", '<li><a href="{}{}"{}>{}{}</a></li>', self._escaped())

    def _escaped(self) -> Iterator[tuple]:
        """The parts of each item. Words and values come again on every page, so each is escaped once a process."""
        bare, start = (conditional_escape(address) for address in self._addresses())
        nothing, check = SafeString(""), icon("check")
        for value, word in self._pairs:
            url = (bare, nothing) if value == self._default else (start, _own_escaped(self.name, value))
            marks = (HERE, check) if value == self.value else (nothing, nothing)
            yield *url, marks[0], _escaped(str(word)), marks[1]

    def _addresses(self) -> tuple[str, str]:
        """This page without this word, and the beginning of every address with it."""
        address = self._request.GET.copy()
        for name in (self.name, OLDER, NEWER):
            address.pop(name, None)
        path, rest = self._request.path, address.urlencode()
        return (f"{path}?{rest}", f"{path}?{rest}&") if rest else (path, f"{path}?")


def _own(name: str, value: str) -> str:
    return urlencode({name: value})


@lru_cache(maxsize=4096)
def _own_escaped(name: str, value: str) -> SafeString:
    return conditional_escape(_own(name, value))


@lru_cache(maxsize=4096)
def _escaped(word: str) -> SafeString:
    return conditional_escape(word)
