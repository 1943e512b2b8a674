"""How one event is shown: its number, when and where it happened. A dwelling is named by its street, never by its door (R14)."""

from __future__ import annotations

import h3.api.basic_int as h3
from django.utils.translation import gettext as _

from kalantar.kernel import clock
from kalantar.persian import address
from kalantar.web import show

from .models import Incident
from .rules import WAYS

CELL_RESOLUTION = 9  # hexagons of about 350 m across: many homes, so that none is pointed at
_FINER = 10  # the resolution in which an event's own cell is kept
_STEP = 1 << 52  # one resolution, in the bits of an H3 cell
_OWN_DIGIT = 7 << 15  # the tenth digit of a cell of resolution 10; all ones where a cell has none


def number(row: Incident, station_number: int | None) -> str:
    """Station, Jalali year of registration and running number, like 12/1405/473; Latin digits."""
    return f"{station_number or 0}/{row.number_year}/{row.number_seq}"


def place(row: Incident) -> str:
    """The words about the place as far as they may be shown, in the digits of the page."""
    return show.digits(place_words(row))


def place_words(row, shown_as: int | None = None) -> str:
    """The words about the place: all of them, the ways alone for a cell, none for what is never drawn."""
    way = row.shown_as if shown_as is None else shown_as
    if way == Incident.NEVER:
        return ""
    return row.place_text if way == Incident.POINT else segment(row.place_text)


def segment(text: str) -> str:
    """The ways and quarters of an address, without number, floor, unit or any free word."""
    kept = [
        f"{address.WORDS[part.kind][0]} {part.name}" for part in address.parts(text) if part.kind in WAYS and part.name
    ]
    return "\u060c ".join(kept)  # the Persian comma


def cell(row: Incident) -> str:
    """The cell in which an event may be shown, as H3 writes it; empty without coordinates or when it is never drawn."""
    return h3.int_to_str(cell_of(row.h3)) if row.h3 and row.shown_as > Incident.NEVER else ""


def cell_of(own: int) -> int:
    """The cell of the map above an event's own finer one."""
    return (own | _OWN_DIGIT) - _STEP


def inside(cell: int) -> list[int]:
    """The finer cells of a cell of the map."""
    return [int(child) for child in h3.cell_to_children(cell, _FINER)]


def read_cell(text: str) -> int | None:
    """A cell of the map from an address; None for anything else."""
    try:
        found = h3.str_to_int(text)
        return (
            found
            if h3.is_valid_cell(found) and h3.get_resolution(found) in {CELL_RESOLUTION, CELL_RESOLUTION - 1}
            else None
        )
    except (ValueError, OverflowError):
        return None


def occurrence(row: Incident, *, short: bool = False) -> str:
    """When it happened: day and hour, an interval, or the day alone where the hour is not known.

    short : for rows of a list, without the year where it is the present one.
    """
    first, last = row.occurred_from, row.occurred_to
    write = _day_in_list if short else show.day
    if not row.time_known:
        if last and clock.local_day(last) != clock.local_day(first):
            return _("%(first)s to %(last)s") % {"first": write(first), "last": write(last)}
        return write(first)
    if last is None or last == first:
        return _("%(day)s, %(clock)s") % {"day": write(first), "clock": show.clock(first)}
    if clock.local_day(last) == clock.local_day(first):
        hours = _("%(first)s to %(last)s") % {"first": show.clock(first), "last": show.clock(last)}
        return _("%(day)s, %(clock)s") % {"day": write(first), "clock": hours}
    ends = [_("%(day)s, %(clock)s") % {"day": write(at), "clock": show.clock(at)} for at in (first, last)]
    return _("%(first)s to %(last)s") % {"first": ends[0], "last": ends[1]}


def _day_in_list(value) -> str:
    """The year is told only where it is not the present one of the page's calendar."""
    this_year = show.day(clock.now()).rpartition(" ")[2]
    written = show.day(value)
    return show.day_month(value) if written.endswith(this_year) else written
