"""The table of methods: name, question, options, and how the files of the call become the arguments of a function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..sentences import marked as _
from ..stop import Stop
from . import asking, files

QUESTIONS = {
    "level": _("High or risen?"),
    "when": _("When?"),
    "where": _("Where?"),
    "again": _("Again?"),
    "cluster": _("A new cluster?"),
    "why": _("Why here?"),
    "concentrated": _("Concentrated?"),
    "helped": _("Did it help?"),
    "which": _("Which area?"),
    "sure": _("How sure?"),
}


@dataclass(frozen=True)
class Method:
    name: str
    question: str
    title: str
    help: str
    run: Callable[[Work], Any]
    options: tuple[asking.Option, ...] = ()
    files: str = "events: CSV, XLSX, GeoJSON, GeoPackage, Shapefile or Parquet"


METHODS: dict[str, Method] = {}


def method(name, question, title, help, *options, files=Method.files):
    """Enter a function into the table."""

    def enter(run):
        METHODS[name] = Method(name, question, title, help, run, options, files)
        return run

    return enter


def by_question():
    """The questions in their order, each with its methods."""
    for code, words in QUESTIONS.items():
        of = [one for one in METHODS.values() if one.question == code]
        if of:
            yield words, of


class Work:
    """One call: its options, the files opened so far, the plane they share."""

    def __init__(self, given, asked):
        self.given, self.asked = given, asked
        self.opened: list[files.Rows] = []
        self.frame: files.Frame | None = None
        self.area = self.shapes = None
        self.labels: list[str] = []  # names of the rows of the answer

    def call(self, function, *data, **options):
        return self.asked.call(function, *data, **options)

    # -- files --

    def rows(self, position=0):
        """One file of the call."""
        if position >= len(self.given.files):
            raise Stop(_("This method needs %(n)s files."), n=position + 1)
        rows = files.opened(self.given.files[position], self.given)
        self.opened.append(rows)
        return rows

    def only(self, most):
        if len(self.given.files) > most:
            raise Stop(_("This method takes %(n)s files at most."), n=most)

    def places(self, rows):
        xy, self.frame = files.places(rows, self.given, self.frame)
        return xy

    def boundary(self, *, needed=False):
        """The area in the frame's metres, or None without --area."""
        if not self.given.area:
            if needed:
                raise Stop(_("This method needs the area's boundary: %(option)s"), option="--area FILE")
            return None
        self.area, self.shapes, self.frame, rows = files.area_of(self.given.area, self.given, self.frame)
        self.opened.append(rows)
        return self.area

    def events(self):
        """xy (n, 2) and days (n,) of the rows that have both."""
        rows = self.rows()
        xy = self.places(rows)
        stamps, _known = files.moments(rows, self.given)
        return xy[rows.keep], files.as_days(stamps)[rows.keep], rows

    def points(self, position=0):
        """xy (n, 2) of the rows that have a place."""
        rows = self.rows(position)
        xy = self.places(rows)
        if self.given.since or self.given.until or self.given.date:
            files.moments(rows, self.given)
        return xy[rows.keep], rows

    def numbers(self, *roles):
        """Columns of numbers by role, of the rows that have them all; and the rows."""
        rows = self.rows()
        read = {role: files.column_of_numbers(rows, getattr(self.given, role, None), role) for role in roles}
        return {role: values[rows.keep] for role, values in read.items()}, rows

    def names(self, rows, asked):
        """Names of the rows that are kept, or their numbers in the file."""
        words = files.column_of_words(rows, asked, "name", needed=False)
        return (words if words is not None else rows.layer.rows.astype(str))[rows.keep]


def weekly(stamps, period_days):
    """Counts of whole periods that end with the last day, oldest first, and the first day of each."""
    day = np.sort(stamps.astype("datetime64[D]"))
    last = day[-1]
    n = int((last - day[0]).astype(int) // period_days)
    if n < 1:
        raise Stop(_("All events lie within one period: there is no past to compare with."))
    start = last - n * period_days + 1
    inside = day >= start
    which = ((day[inside] - start).astype(int)) // period_days
    return np.bincount(which, minlength=n).astype(float), start + np.arange(n) * period_days
