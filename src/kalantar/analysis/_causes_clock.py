# SPDX-License-Identifier: BSD-3-Clause
"""The usual time of a station's events: which day, which half hour, and where an interval's event lies.

Time is cut into half hours from midnight of the first day. `usual[slot]` is the chance that an event of
the station falls there, whatever its place; `before(slot)` its running sum. All questions about a state
(out, derelict, dark) become differences of running sums, so an event known only between evening and
morning is weighed by where its hour probably was.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

SLOTS = 48  # half hours of a day
HOUR = 3600.0
EVENTS_A_DAY = 10.0  # the station's own ups and downs are smoothed over so many events,
DAY_BANDWIDTH = (3.0, 21.0)  # but over no fewer and no more days
SEASON_BANDWIDTH = 45.0  # days; how the hours of the day move over the year
HOUR_BANDWIDTH = 1.5  # slots
LEANING = 60.0  # the hours of one season lean on those of the whole time with the weight of so many events
LONG_HOURS = 14.0  # an interval longer than this says nothing of the hour


@dataclass(frozen=True)
class Clock:
    """Times of n events in slots, and what is usual."""

    first_day: np.datetime64
    days: int
    begin: np.ndarray  # (n,) first slot, whole
    end: np.ndarray  # (n,) slot after the last
    middle: np.ndarray  # (n,) days since first_day
    usual: np.ndarray  # (days * SLOTS,) sums to 1
    running: np.ndarray  # (days * SLOTS + 1,) its running sum
    by_day: np.ndarray  # (days,) sums to 1
    width: float  # days over which it was smoothed
    dark: np.ndarray  # (days * SLOTS,) 0 to 1
    running_dark: np.ndarray
    hours: np.ndarray  # (n, SLOTS) where in the day each event probably lies; rows sum to 1
    hour_known: np.ndarray  # bool (n,)

    def slot(self, moment):
        """Slots since the first midnight, not rounded."""
        return (moment - self.first_day.astype("datetime64[s]")) / np.timedelta64(1, "s") / (HOUR * 24 / SLOTS)


def clock(start, end, *, first_day, days, dark_hours, latitude, solar_noon, width=None, weight=None):
    """Clock of events with local datetime64[s] start <= end.

    width : days over which their number is smoothed. weight : (n,) how far each event tells what is usual.
    """
    n, slots = len(start), days * SLOTS
    zero = first_day.astype("datetime64[s]")
    slot = np.timedelta64(int(HOUR * 24 / SLOTS), "s")
    begin = np.clip((start - zero) // slot, 0, slots - 1).astype(np.int64)
    last = np.where(end > start, -((zero - end) // slot), begin + 1).astype(np.int64)
    finish = np.clip(np.maximum(last, begin + 1), 1, slots)
    length = (finish - begin).astype(float)
    weight = np.ones(n) if weight is None else weight
    total = float(weight.sum())
    spread = np.zeros(slots + 1)
    np.add.at(spread, begin, weight / length)
    np.add.at(spread, finish, -weight / length)
    per_day = np.cumsum(spread)[:-1].reshape(days, SLOTS).sum(axis=1)
    known = length <= LONG_HOURS * SLOTS / 24
    sharp = np.zeros(slots + 1)
    np.add.at(sharp, begin[known], (weight / length)[known])
    np.add.at(sharp, finish[known], -(weight / length)[known])
    table = np.maximum(np.cumsum(sharp)[:-1], 0).reshape(days, SLOTS)
    width = float(np.clip(EVENTS_A_DAY * days / max(total, 1), *DAY_BANDWIDTH)) if width is None else width
    by_day = _days(per_day, first_day, total, width)
    usual = by_day[:, None] * _hours(table)
    usual = (usual / usual.sum()).ravel() if total else np.full(slots, 1 / slots)
    dark = darkness(first_day, days, dark_hours, latitude, solar_noon)
    return Clock(
        first_day=first_day,
        days=days,
        begin=begin,
        end=finish,
        middle=((start - zero) + (end - start) / 2) / np.timedelta64(1, "D"),
        usual=usual,
        running=np.append(0.0, np.cumsum(usual)),
        by_day=by_day,
        width=width,
        dark=dark,
        running_dark=np.append(0.0, np.cumsum(usual * dark)),
        hours=_hours_of_events(begin, finish, usual),
        hour_known=known,
    )


def _days(per_day, first_day, total, width):
    days = len(per_day)
    if not total:
        return np.full(days, 1 / days)
    weekday = (first_day.astype("datetime64[D]").astype(int) + np.arange(days)) % 7
    smooth = ndimage.gaussian_filter1d(per_day, width, mode="reflect") + 0.02 * total / days
    expected = np.bincount(weekday, smooth, 7)
    seen = np.bincount(weekday, per_day, 7)
    factor = (seen + 10) / (expected + 10)  # a weekday leans on the others with the weight of ten events
    level = smooth * factor[weekday]
    return level / level.sum()


def _hours(table):
    """(days, SLOTS), rows sum to 1: hours of the day, moving with the season, leaning on the whole time."""
    whole = ndimage.gaussian_filter1d(table.sum(axis=0), HOUR_BANDWIDTH, mode="wrap")
    whole = (whole + 0.05 * whole.sum() / SLOTS + 1e-9) / (1.05 * whole.sum() + 1e-9 * SLOTS)
    season = ndimage.gaussian_filter1d(table, SEASON_BANDWIDTH, axis=0, mode="nearest", truncate=2.5)
    season = ndimage.gaussian_filter1d(season, HOUR_BANDWIDTH, axis=1, mode="wrap")
    season *= SEASON_BANDWIDTH * np.sqrt(2 * np.pi)  # about the number of events within the season
    mixed = season + LEANING * whole
    return mixed / mixed.sum(axis=1, keepdims=True)


def _hours_of_events(begin, end, usual):
    n = len(begin)
    out = np.zeros((n, SLOTS))
    rows = np.arange(n)
    for ahead in range(SLOTS):
        at = begin + ahead
        inside = at < end
        if not inside.any():
            break
        out[rows[inside], at[inside] % SLOTS] += usual[at[inside]]
    return out / np.maximum(out.sum(axis=1, keepdims=True), 1e-300)


def darkness(first_day, days, dark_hours, latitude, solar_noon):
    """(days * SLOTS,) 1 in the dark, 0 in the light, between them in the slot where the sun passes.

    dark_hours : (from, to) of the clock, or None: the sun of that latitude with half an hour of dusk.
    Source of the sun's height: Spencer's declination to a degree is enough here; Cooper (1969), Solar
    Energy 12, 333-346.
    """
    hour = (np.arange(SLOTS) + 0.5) * 24 / SLOTS
    if dark_hours is not None:
        since, until = dark_hours
        inside = ((hour - since) % 24) < ((until - since) % 24)
        return np.tile(inside.astype(float), days)
    date = first_day.astype("datetime64[D]") + np.arange(days)
    in_year = (date - date.astype("datetime64[Y]").astype("datetime64[D]")).astype(float) + 1
    tilt = np.radians(23.45) * np.sin(2 * np.pi * (284 + in_year) / 365)
    half = np.degrees(np.arccos(np.clip(-np.tan(np.radians(latitude)) * np.tan(tilt), -1, 1))) / 15 + 0.5
    away = np.abs(hour[None, :] - solar_noon)
    away = np.minimum(away, 24 - away)
    return np.clip((away - half[:, None]) * SLOTS / 24 + 0.5, 0, 1).ravel()


def overlap(running, low, high):
    """Chance between two slots (arrays, not rounded) by a running sum; 0 where high <= low."""
    high = np.maximum(high, low)
    return _at(running, high) - _at(running, low)


def _at(running, slot):
    last = len(running) - 1
    slot = np.clip(slot, 0, last)
    below = np.minimum(slot.astype(np.int64), last - 1)
    return running[below] + (slot - below) * (running[below + 1] - running[below])
