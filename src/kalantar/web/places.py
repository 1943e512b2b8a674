"""The rail: at most seven places, those a person's posts use. The project names them; the frame draws them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

LIMIT = 7
_source: Callable[[object], Iterable[dict]] | None = None


def use(source: Callable[[object], Iterable[dict]]) -> None:
    """Name the function that lists the places of a request: {url, icon, label} and, where wanted, badge and current."""
    global _source
    _source = source


def of(request) -> list[dict]:
    """The places of this request. The one whose address begins the page's own is current."""
    found = list(_source(request))[:LIMIT] if _source else []
    here = max((p["url"] for p in found if request.path.startswith(p["url"])), key=len, default=None)
    return [{"badge": 0, "current": place["url"] == here, **place} for place in found]
