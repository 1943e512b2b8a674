# SPDX-License-Identifier: BSD-3-Clause
"""Which places come back?"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from kalantar.analysis.errors import InputError
from kalantar.analysis.results import Result
from kalantar.analysis.rises import many

FEWEST_EVENTS = 3


@dataclass(frozen=True, kw_only=True)
class RepeatPlace(Result):
    """One place with three or more events in the window."""

    place: object  # the key as given
    count: int  # events in the window
    total: int  # events in the whole span, window included
    expected: float  # in the window, if its events fell like everybody's
    p_value: float  # chance of this many or more of its total in the window
    p_adjusted: float  # corrected for all places compared
    rows: tuple[int, ...]  # positions of the window's events in the input, in order of time


@dataclass(frozen=True, kw_only=True)
class Repeats(Result):
    """Places, most events first."""

    rows_of = "places"

    places: tuple[RepeatPlace, ...]
    comparisons: int  # places with three or more events in the span: those that could have shown
    share: float  # share of all events that lies in the window
    events: int  # events in the window
    in_repeats: int  # of them, at a place of the list


def repeat_places(places, days, *, window_days, until, fewest=FEWEST_EVENTS):
    """Repeats: places with at least `fewest` events in the last window.

    places : list (n,) of keys, one an event; None, "" or nan = place not known, left out.
    days : array (n,), days since any fixed moment. The span is all days given up to `until`.
    window_days, until : the window is until - window_days < day <= until. Later events are left out.
    fewest : int >= 3. Two events at one place are common by chance.
    Method: expected = the place's total x the share of all events that lies in the window, so a
    rise everywhere makes no place stand out. p is exact: given its total, a place's count in the
    window is Binomial(total, share). This asks "is it now", not "is it always here": a steady
    place is listed with its count and a large p. Adjusted by Benjamini-Hochberg over every place
    whose total reaches `fewest`, listed or not.
    Places rounded to a block or a grid look like repeats: give the key of a real address.
    Source: conditional test of Przyborowski and Wilenski (1940), Biometrika 31, 313-323; on
    repeats, Farrell and Pease (1993), Once Bitten, Twice Bitten, Home Office CPU Paper 46.
    Raises InputError: unequal lengths, a missing day, window not above 0, fewest below 3.
    """
    days = np.asarray(days, float)
    places = list(places)
    if days.ndim != 1 or len(places) != len(days):
        raise InputError(f"places and days must be lists of equal length, got {len(places)} and {days.shape}")
    if not np.isfinite(days).all():
        raise InputError("a day is missing: leave the event out")
    if not (np.isfinite(window_days) and window_days > 0 and np.isfinite(until)):
        raise InputError(f"window_days must be above 0 and until known, got {window_days} and {until}")
    if fewest < FEWEST_EVENTS:
        raise InputError(f"fewest must be 3 or more, got {fewest}: two at one place are common by chance")
    in_span = days <= until
    in_window = in_span & (days > until - window_days)
    all_events, events = int(in_span.sum()), int(in_window.sum())
    if not events:
        return Repeats(places=(), comparisons=0, share=0.0, events=0, in_repeats=0)
    share = events / all_events
    number: dict[object, int] = {}
    code = np.full(len(places), -1, np.int64)
    for i, place in enumerate(places):
        if place is None or place == "" or place != place:
            continue
        code[i] = number.setdefault(place, len(number))
    keys = list(number)
    known = code >= 0
    totals = np.bincount(code[known & in_span], minlength=len(keys))
    counts = np.bincount(code[known & in_window], minlength=len(keys))
    compared = np.flatnonzero(totals >= fewest)
    # P(Binomial(total, share) >= count)
    p = np.where(
        counts[compared] > 0,
        special.betainc(np.maximum(counts[compared], 1), totals[compared] - counts[compared] + 1, share),
        1.0,
    )
    adjusted = many(p).adjusted
    in_time = np.flatnonzero(in_window)
    in_time = in_time[np.argsort(days[in_time], kind="stable")]
    out = []
    for j, k in enumerate(compared):
        if counts[k] < fewest:
            continue
        rows = in_time[code[in_time] == k]
        out.append(
            RepeatPlace(
                place=keys[k],
                count=int(counts[k]),
                total=int(totals[k]),
                expected=float(totals[k] * share),
                p_value=float(p[j]),
                p_adjusted=float(adjusted[j]),
                rows=tuple(int(r) for r in rows),
            )
        )
    out.sort(key=lambda place: (-place.count, place.p_value))
    return Repeats(
        places=tuple(out),
        comparisons=len(compared),
        share=share,
        events=events,
        in_repeats=sum(place.count for place in out),
    )
