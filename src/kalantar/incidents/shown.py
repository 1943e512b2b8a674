"""How one event is shown: its number, when and where it happened. A dwelling is named by its street, never by its door (R14)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

import h3.api.basic_int as h3
from django.urls import reverse
from django.utils.translation import gettext as _

from kalantar.kernel import clock
from kalantar.persian import address, calendar
from kalantar.persian.digits import to_persian
from kalantar.web import show
from kalantar.web.words import language, word

from .models import Incident
from .rules import WAYS

CELL_RESOLUTION = 9  # hexagons of about 350 m across: many homes, so that none is pointed at
_FINER = 10  # the resolution in which an event's own cell is kept
_STEP = 1 << 52  # one resolution, in the bits of an H3 cell
_OWN_DIGIT = 7 << 15  # the tenth digit of a cell of resolution 10; all ones where a cell has none


def number(row, station_number: int | None) -> str:
    """Station, Jalali year of registration and running number, like 12/1405/473; Latin digits."""
    return f"{station_number or 0}/{row.number_year}/{row.number_seq}"


def place(row) -> str:
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


def occurrence(row, *, short: bool = False) -> str:
    """When it happened: day and hour, an interval, or the day alone where the hour is not known.

    short : for rows of a list, without the year where it is the present one.
    """
    return Times(short=short).of(row)


class Times:
    """Writes when events happened: zone, language and patterns are asked for once, however many rows there are."""

    def __init__(self, *, short: bool = False):
        self.short, self.zone, self.today, self.language = short, clock.zone(), clock.today(), language()
        self.day_and_clock, self.first_to_last = _("%(day)s, %(clock)s"), _("%(first)s to %(last)s")

    def of(self, row) -> str:
        first = row.occurred_from.astimezone(self.zone)
        last = row.occurred_to.astimezone(self.zone) if row.occurred_to else first
        if first.date() == last.date():
            if not row.time_known:
                return self._day(first)
            hours = self._clock(first)
            if last != first:
                hours = self.first_to_last % {"first": hours, "last": self._clock(last)}
            return self.day_and_clock % {"day": self._day(first), "clock": hours}
        ends = [self._day(first), self._day(last)]
        if row.time_known:
            ends = [
                self.day_and_clock % {"day": day, "clock": self._clock(at)}
                for day, at in zip(ends, (first, last), strict=True)
            ]
        return self.first_to_last % {"first": ends[0], "last": ends[1]}

    def _day(self, at: datetime) -> str:
        return _day_in_list(at.date(), self.today, self.language) if self.short else show.day(at.date())

    def _clock(self, at: datetime) -> str:
        return calendar.clock(at, self.language)


@lru_cache(maxsize=4096)  # a list tells the same few days again and again
def _day_in_list(on: date, today: date, _language: str) -> str:
    """The year is told only where it is not the present one of the page's calendar."""
    written = show.day(on)
    return show.day_month(on) if written.endswith(show.day(today).rpartition(" ")[2]) else written


class Told(NamedTuple):
    """One event as a row of the list, every word of it ready."""

    url: str
    kind: str
    place: str
    when: str
    beat: str
    number: str


def told(rows: Iterable, numbers: Mapping[int, int]) -> Iterator[Told]:
    """Rows of `queries.ROW` in words. What is the same for many of them is asked for once.

    numbers : station -> the number its running numbers begin with.
    """
    some_uid = "00000000-0000-0000-0000-000000000000"
    before, after = reverse("incidents:incident", args=[some_uid]).split(some_uid)
    lang, times = language(), Times(short=True)
    digits = to_persian if lang == "fa" else str
    for row in rows:
        yield Told(
            f"{before}{row.uid}{after}",
            word("incident_type", row.type__code, lang),
            digits(place_words(row)) or word("place_kind", row.place_kind, lang),
            times.of(row),
            digits((lang == "en" and row.beat__name_en) or row.beat__name),
            digits(number(row, numbers.get(row.station_id))),
        )
