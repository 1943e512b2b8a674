"""Filters as words in a sentence, kept in the address. Each word opens a list of links; no script is needed."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode

from .pager import NEWER, OLDER

LONG = 12


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
        address = self._request.GET.copy()
        for name in (self.name, OLDER, NEWER):
            address.pop(name, None)
        rest = address.urlencode()  # once for all options: a list has some hundred and fifty
        return [
            {"url": self._url(value, rest), "label": word, "current": value == self.value}
            for value, word in self._pairs
        ]

    def _url(self, value: str, rest: str) -> str:
        own = urlencode({self.name: value}) if value != self._default else ""
        query = "&".join(filter(None, (rest, own)))
        return f"{self._request.path}?{query}" if query else self._request.path
