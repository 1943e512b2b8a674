"""An event by its number, from the search of every page."""

from __future__ import annotations

from django.urls import reverse


def address(actor, text: str) -> str | None:
    """A number like 12/1405/473 from any side: station, year and running number; or year and number, at one's own station."""
    from . import queries

    parts = [
        int(part) for part in text.replace("-", "/").split("/") if part.isascii() and part.isdigit() and len(part) < 10
    ]
    years = [i for i, part in enumerate(parts) if 1300 <= part <= 1499]
    home = actor.home_station if len(parts) == 2 else None
    if home is not None and home.number:
        parts, years = [home.number, *parts], [i + 1 for i in years]
    if len(parts) != 3:
        return None
    for at in years:
        first, last = (part for i, part in enumerate(parts) if i != at)
        for station, seq in ((first, last), (last, first)):
            row = queries.by_number(actor, station, parts[at], seq)
            if row:
                return reverse("incidents:incident", args=[row.uid])
    return None
