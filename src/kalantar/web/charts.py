"""Small drawings made on the server: they print, follow the theme, and need no script.

Time runs from left to right in the numbers; the class `flip` mirrors the drawing where the page runs right to left.
Colour comes from the stylesheet only; sizes are plain SVG attributes, so that the strict content policy holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from kalantar.persian import calendar as jalali

from . import show
from .words import language

WIDTH, HEIGHT, EDGE = 150, 48, 6


def spark(
    values: Sequence[float], *, low: float | None = None, high: float | None = None, label: str = ""
) -> SafeString:
    """A line of counts, oldest first, over the band of what is usual; the last one is now."""
    if not values:
        return SafeString("")
    top = max([*values, high or 0, 1])
    step = (WIDTH - 2 * EDGE) / max(len(values) - 1, 1)
    points = [(EDGE + i * step, _y(v, top)) for i, v in enumerate(values)]
    if len(points) == 1:
        points = [(WIDTH - EDGE, points[0][1])]
    band = ""
    if low is not None and high is not None:
        upper, lower = _y(high, top), _y(low, top)
        band = format_html(
            '<rect class="band" x="0" width="{}" y="{}" height="{}"/>', WIDTH, _n(upper), _n(max(lower - upper, 1))
        )
    line = "M" + "L".join(f"{_n(x)},{_n(y)}" for x, y in points)
    label = label or _("%(n)s numbers, the last %(last)s") % {
        "n": show.digits(len(values)),
        "last": show.digits(values[-1]),
    }
    return format_html(
        '<svg class="spark flip" viewBox="0 0 {} {}" role="img" aria-label="{}">{}<path d="{}"/>'
        '<circle class="now" cx="{}" cy="{}" r="4.5"/></svg>',
        WIDTH,
        HEIGHT,
        label,
        band,
        line,
        _n(points[-1][0]),
        _n(points[-1][1]),
    )


def dots(positions: Sequence[float], *, label: str) -> SafeString:
    """Events of one place along a span of time: 0 is its beginning and 1 is now."""
    xs = [EDGE + max(0.0, min(1.0, p)) * (WIDTH - 2 * EDGE) for p in sorted(positions)]
    marks = format_html_join(
        "",
        '<circle class="{}" cx="{}" cy="26" r="{}"/>',
        [("now", _n(x), 4.5) if i == len(xs) - 1 else ("ev", _n(x), 4) for i, x in enumerate(xs)],
    )
    return format_html(
        '<svg class="spark flip" viewBox="0 0 {} {}" role="img" aria-label="{}"><path d="M2,26H{}"/>{}</svg>',
        WIDTH,
        HEIGHT,
        label,
        WIDTH - 2,
        marks,
    )


def interval(value: float, low: float, high: float, *, top: float = 100, label: str = "") -> SafeString:
    """A figure as a dot on a line, with the interval in which the true one may lie."""
    at = [max(0.0, min(1.0, number / top)) * 100 for number in (value, low, high)]
    label = label or _("%(value)s, between %(low)s and %(high)s") % {
        "value": show.digits(value),
        "low": show.digits(low),
        "high": show.digits(high),
    }
    return format_html(
        '<svg class="flip" role="img" aria-label="{}"><line class="t" x1="0" x2="100%" y1="50%" y2="50%"/>'
        '<line class="w" x1="{}%" x2="{}%" y1="50%" y2="50%"/><circle cx="{}%" cy="50%" r="5"/></svg>',
        label,
        _n(at[1]),
        _n(at[2]),
        _n(at[0]),
    )


def bar(value: float, top: float, *, here: bool = False) -> SafeString:
    """One bar of a list of bars, from zero; the number stands beside it."""
    share = max(0.0, min(1.0, value / top)) * 100 if top else 0
    return format_html(
        '<svg class="flip" aria-hidden="true"><rect{} x="0" y="25%" height="50%" width="{}%" rx="2"/></svg>',
        SafeString(' class="here"') if here else "",
        _n(share),
    )


def bars(rows: Sequence[tuple[str, float]], *, here: int | None = None) -> list[dict]:
    """Rows for the partial `bars`: label, drawing and number, all on one scale that begins at zero."""
    top = max((value for _label, value in rows), default=0)
    return [
        {"label": label, "bar": bar(value, top, here=i == here), "n": value} for i, (label, value) in enumerate(rows)
    ]


def columns(
    values: Sequence[float],
    *,
    low: float | None = None,
    high: float | None = None,
    first: str = "",
    last: str = "",
    label: str,
    width: int = 720,
    height: int = 180,
) -> SafeString:
    """Counts over time as columns from zero, the usual band behind them, the last column marked."""
    if not values:
        return SafeString("")
    top, foot = max([*values, high or 0, 1]), height - 24
    step = width / len(values)
    at = lambda i: i * step if language() == "en" else width - (i + 1) * step
    y = lambda v: foot - v / top * (foot - 8)
    band = ""
    if low is not None and high is not None:
        band = format_html(
            '<rect class="band" x="0" width="{}" y="{}" height="{}"/>', width, _n(y(high)), _n(max(y(low) - y(high), 1))
        )
    drawn = format_html_join(
        "",
        '<rect class="{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>',
        [
            (
                "here" if i == len(values) - 1 else "bar",
                _n(at(i) + step * 0.1),
                _n(y(v)),
                _n(step * 0.8),
                _n(foot - y(v)),
                show.digits(v),
            )
            for i, v in enumerate(values)
        ],
    )
    left, right = (f"\u2068{day}\u2069" for day in ((first, last) if language() == "en" else (last, first)))
    ends = format_html(
        '<text x="0" y="{0}" direction="ltr">{1}</text>'
        '<text x="{2}" y="{0}" text-anchor="end" direction="ltr">{3}</text>',
        height - 4,
        left,
        width,
        right,
    )
    return format_html(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}'
        '<line class="axis" x1="0" x2="{}" y1="{}" y2="{}"/>{}{}</svg>',
        width,
        height,
        label,
        band,
        width,
        foot,
        foot,
        drawn,
        ends,
    )


@dataclass(frozen=True)
class Heat:
    heads: list[str]
    rows: list[dict]
    peak: int


def heat(counts: Sequence[Sequence[int]], *, hours: int = 3) -> Heat:
    """Hours by weekdays as a table that is its own reading.

    counts : seven rows, Monday first (as `date.weekday`), each with 24 numbers by hour.
    hours : how many hours one column holds.
    """
    folded = [[sum(row[h : h + hours]) for h in range(0, 24, hours)] for row in counts]
    peak = max((n for row in folded for n in row), default=0)
    heads = [f"{show.digits(h)}–{show.digits(h + hours)}" for h in range(0, 24, hours)]
    order = (5, 6, 0, 1, 2, 3, 4) if language() == "fa" else range(7)
    names = jalali.WEEKDAYS[language()]
    rows = [
        {
            "label": names[(day + 2) % 7],
            "cells": [{"n": n, "shown": show.digits(n) if n else "·", "css": _step(n, peak)} for n in folded[day]],
        }
        for day in order
    ]
    return Heat(heads, rows, peak)


def _step(n: int, peak: int) -> str:
    """The four steps of the sequence; nothing is coloured where the highest is only a handful."""
    if not n or peak < 4:
        return ""
    return f"h{min(4, int(n * 4 / (peak + 1)) + 1)}" if n * 8 > peak else ""


def _y(value: float, top: float) -> float:
    return HEIGHT - EDGE - value / top * (HEIGHT - 2 * EDGE)


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
