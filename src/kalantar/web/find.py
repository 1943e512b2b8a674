"""Search by number from the top bar. A number opens one thing; there is no search by name (product rule R1).

A room registers a finder at start-up: it gets the actor and the text (Latin digits, no spaces) and returns the address
of the one row this actor may see, or None. A stranger's number and a number that does not exist answer alike.
"""

from __future__ import annotations

from collections.abc import Callable

FINDERS: list[Callable[[object, str], str | None]] = []


def register(finder: Callable[[object, str], str | None]):
    """Add a room's finder. May be used as a decorator; the same finder twice is one."""
    if finder not in FINDERS:
        FINDERS.append(finder)
    return finder


def address(actor, text: str) -> str | None:
    """The page of the thing with this number, from the first room that knows it."""
    return next((found for finder in FINDERS if (found := finder(actor, text))), None)
