# SPDX-License-Identifier: BSD-3-Clause
"""When? Also where only "between then and then" is known, and where there are few events.

Clocks here are clocks on the wall: `datetime64` as people of the place read it. `to_wall` turns
moments of universal time into it first; a shift of hours is the commonest fault of such tables.
"""

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from scipy import special

from kalantar.analysis import checks
from kalantar.analysis.errors import InputError
from kalantar.analysis.pictures import Bars, Heat
from kalantar.analysis.results import Result

HOURS = 168  # of the week; 0 is Monday 00:00 to 00:59
DAY_MIN, WEEK_MIN = 1440, 10_080
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MOST_EXACT = 120  # events; above, the exact test of days sums over millions of tables
_MONDAY = np.datetime64("1970-01-05T00:00", "m")


@dataclass(frozen=True, kw_only=True)
class Hours(Result):
    """Weight of events in each bin of a day or a week. `weight` sums to `events`."""

    columns = ("label", "start_min", "weight", "exact")
    weight: np.ndarray  # events, parts of them where only an interval is known
    exact: np.ndarray  # of it, from events whose moment lies in this bin for certain
    start_min: np.ndarray  # first minute of the bin, counted from the cycle's beginning
    label: tuple[str, ...]
    cycle: str  # "week" or "day"
    first_day: str  # the week's first day; the cycle begins at its midnight
    longer: str  # what became of intervals of a cycle or more: "even" or "left_out"
    events: int  # that lie in the weights
    left_out: int  # longer than a cycle, under longer="left_out"
    hour_unknown: int  # given without an hour and not in the weights
    spread: int  # events whose weight lies in more than one bin

    def pictures(self):
        width = len(self.weight)
        if self.cycle == "week" and width == HOURS:
            days = tuple(self.label[24 * d].split()[0] for d in range(7))
            hours = tuple(str(h) for h in range(24))
            return (
                Heat(
                    title="Hours of the week",
                    values=self.weight.reshape(7, 24),
                    rows=days,
                    columns=hours,
                    row_label="day",
                    column_label="hour",
                    value_label="events",
                ),
            )
        return (
            Bars(
                title="Hours of the day" if self.cycle == "day" else "Times of the week",
                labels=self.label,
                values=self.weight,
                value_label="events",
                usual=float(self.weight.sum() / width),
            ),
        )


def hours(start, end=None, *, known=None, cycle="week", edges_min=None, first_day="Monday", longer="even"):
    """Hours: how events spread over the hours of a week or a day, intervals shared out evenly (aoristic).

    start : array (n,) of datetime64, wall clock, cut to whole minutes.
    end : the same; NaT where none. None: all are moments.
    known : bool array (n,); False: the date is known and the hour is not (midnight stands for
        "no hour" in many registers). Such events are told in `hour_unknown`, never put at 00:00.
    cycle : "week" or "day". edges_min : limits of the bins in minutes from the cycle's beginning,
        0 first and the cycle's length last; None: whole hours.
    first_day : English name of the week's first day; "Saturday" for a week of the Jalali calendar.
    longer : intervals of a whole cycle or more: "even" gives each bin its share, "left_out" tells
        how many there were.
    An end before the start, or at most a minute after: all in the bin of the start.
    The spread within an interval is an assumption, not knowledge: "even" makes long intervals
    flatten every peak. `exact` shows what is certain.
    Raises InputError: a start is missing, unequal lengths, not datetimes, wrong edges.
    Source: Ratcliffe and McCullagh (1998), Int. J. Geogr. Inf. Sci. 12, 751-764; Ratcliffe (2002),
    J. Quant. Criminol. 18, 23-43; rules as in the R package aoristic 1.1.
    """
    start, end = _moments(start, end)
    known = _flags(known, len(start))
    checks.one_of(cycle, "cycle", ("week", "day"))
    checks.one_of(first_day, "first_day", DAYS)
    checks.one_of(longer, "longer", ("even", "left_out"))
    length = WEEK_MIN if cycle == "week" else DAY_MIN
    edges = _bins(edges_min, length)
    origin = int(_MONDAY.astype(np.int64)) + (DAYS.index(first_day) * DAY_MIN if cycle == "week" else 0)
    bin_of = np.repeat(np.arange(len(edges) - 1, dtype=np.int32), np.diff(edges))
    weight, exact, told = np.zeros(len(edges) - 1), np.zeros(len(edges) - 1), np.zeros(2, np.int64)
    _kernels().spread(start.view(np.int64), end.view(np.int64), known, origin, edges, bin_of, weight, exact, told)
    events, (long, parted) = int(known.sum()), (int(n) for n in told)
    even = longer == "even"
    if even:
        weight += long * np.diff(edges) / length
    return Hours(
        weight=weight,
        exact=exact,
        start_min=edges[:-1].copy(),
        label=_labels(edges, cycle, first_day),
        cycle=cycle,
        first_day=first_day,
        longer=longer,
        events=events if even else events - long,
        left_out=0 if even else long,
        hour_unknown=len(known) - events,
        spread=parted + long if even else parted,
    )


def aoristic(start, end):
    """Weight of each hour of the week, array (168,), Monday 00 first: `hours(start, end).weight`."""
    return hours(start, end).weight


def to_wall(moments, zone):
    """datetime64[m] on the wall of a time zone, of moments in universal time (NaT stays).

    zone : name such as "Asia/Tehran". Summer time of each date is that of the zone's own history.
    Raises InputError: not datetimes, a zone that is not known.
    """
    moments = _minutes(moments, "moments")
    try:
        place = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, TypeError):
        raise InputError(f'zone must be a name such as "Asia/Tehran", got {zone!r}') from None
    some = ~np.isnat(moments)
    # since 1900 no zone has changed its clocks between two quarters of an hour
    quarter = moments[some].astype(np.int64) // 15
    there, which = np.unique(quarter, return_inverse=True)
    beginning = datetime(1970, 1, 1, tzinfo=UTC)
    offsets = np.array([_offset_min(place, beginning + timedelta(minutes=15 * int(q))) for q in there], np.int64)
    out = np.full(moments.shape, np.datetime64("NaT", "m"))
    out[some] = moments[some] + offsets[which].astype("timedelta64[m]")
    return out


def _offset_min(place, moment):
    return round(moment.astimezone(place).utcoffset().total_seconds() / 60)


# -- days of the week --------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Days(Result):
    """Do events prefer days of the week?"""

    columns = ("day", "count", "expected")
    day: tuple[str, ...]
    count: np.ndarray
    expected: np.ndarray
    statistic: float
    kind: str  # "G" or "chi-square"
    p_value: float  # of a table as uneven as this or more, when no day is preferred
    exact: bool  # summed over every possible table; else the chi-square approximation
    events: int

    def pictures(self):
        return (
            Bars(
                title="Days of the week",
                labels=self.day,
                values=self.count.astype(float),
                value_label="events",
                usual=self.events / 7,
            ),
        )


def day_test(counts, *, statistic="G", first_day="Monday"):
    """Days: is any day of the week preferred? Exact where there are few events.

    counts : array (7,), whole events on each day, the first one `first_day`.
    statistic : "G" (likelihood ratio) or "chi-square".
    Up to 120 events p is exact: the multinomial chance of every table with a statistic at least as
    large, ties counted. Above, chi-square with 6 degrees of freedom (`exact` says which).
    It does not say which day, and it takes every day as equally long and equally exposed: a market
    day, a holiday and a register that is only kept on working days all show up as a preference.
    Raises InputError: not seven whole counts, no event.
    Source: exact multinomial test; for crime days, Wheeler (2016), IALEIA J. 23(1), 24-36.
    """
    counts = checks.counts(counts, "counts", rows=7, of="the days of the week")
    checks.one_of(statistic, "statistic", ("G", "chi-square"))
    checks.one_of(first_day, "first_day", DAYS)
    n = int(counts.sum())
    if n == 0:
        raise InputError("counts are all 0: there is nothing to test")
    expected = n / 7
    if statistic == "G":
        some = counts[counts > 0]
        value = float(2 * (some * np.log(some / expected)).sum())
    else:
        value = float(((counts - expected) ** 2).sum() / expected)
    exact = n <= MOST_EXACT
    if exact:
        log_factorial = special.gammaln(np.arange(max(n, 7) + 1) + 1.0)
        bound = value - 1e-9 * max(1.0, value)  # a tie is as uneven, whatever the last digit
        p = float(_kernels().partitions_tail(n, log_factorial, bound, 0 if statistic == "G" else 1))
    else:
        p = float(special.chdtrc(6, value))
    first = DAYS.index(first_day)
    return Days(
        day=DAYS[first:] + DAYS[:first],
        count=counts.astype(np.int64),
        expected=np.full(7, expected),
        statistic=value,
        kind=statistic,
        p_value=min(1.0, p),
        exact=exact,
        events=n,
    )


# -- the clock as a circle ---------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Circular(Result):
    """Events on a clock face."""

    mean: float  # hour of the mean direction; nan when the directions cancel out
    length: float  # 0: spread all round, 1: all at one moment (mean resultant length)
    low: float  # limits of the mean direction, hours; nan when there is none to speak of
    high: float
    spread: float  # circular standard deviation, hours
    p_value: float  # Rayleigh: chance of a length this large when every hour is as likely
    two_peaks: float  # the same length for the doubled angle: above `length`, two opposite peaks
    events: float
    period: float
    level: float
    enough: bool
    why_not: str  # "", "too_few_events", "no_direction"


def circular(times, *, period=24.0, weights=None, level=0.95):
    """Circular: mean hour, how tight, and whether there is a preferred hour at all.

    times : array (n,), in the unit of `period` (hours of a day by default), any offset.
    period : float > 0. weights : array (n,), 0 or more; events. None: 1 each.
    An arithmetic mean of 23:00 and 01:00 is noon; the direction's mean is midnight.
    Two opposite peaks (before work, after work) cancel out: then `length` is small, `two_peaks`
    is large, and p says nothing. Look at the hours themselves.
    Method: mean direction and resultant; Rayleigh's p by Greenwood and Durand's correction as in
    Zar (4th ed., eq. 27.4); limits of the mean direction after Fisher (1993), section 4.4.4b.
    Raises InputError: a missing time, period not above 0, weights that do not fit.
    Source: Fisher (1993), Statistical Analysis of Circular Data; Zar (1999), ch. 27.
    """
    times = checks.numbers(times, "times", cure="leave the event out")
    period, level = checks.positive(period, "period"), checks.share(level, "level")
    w = np.ones(len(times)) if weights is None else checks.numbers(weights, "weights", rows=len(times), of="times")
    if (w < 0).any():
        raise InputError(f"weights row {int(np.flatnonzero(w < 0)[0])} is below 0: weights must be 0 or more")
    n = float(w.sum())
    nan = float("nan")
    if n < 5:
        return Circular(
            mean=nan, length=nan, low=nan, high=nan, spread=nan, p_value=nan, two_peaks=nan, events=n,
            period=period, level=level, enough=False, why_not="too_few_events",
        )  # fmt: skip
    angle = 2 * np.pi * np.mod(times, period) / period
    first = (w * np.exp(1j * angle)).sum() / n
    second = (w * np.exp(2j * angle)).sum() / n
    length = float(min(1.0, abs(first)))
    p = float(min(1.0, np.exp(np.sqrt(1 + 4 * n + 4 * (n * n - (n * length) ** 2)) - (1 + 2 * n))))
    to_hours = period / (2 * np.pi)
    mean = float(np.mod(np.angle(first), 2 * np.pi) * to_hours) if length > 1e-12 else nan
    # circular dispersion about the mean direction
    about = float((second * np.exp(-2j * np.angle(first))).real)
    dispersion = (1 - about) / (2 * length**2) if length > 1e-12 else np.inf
    reach = special.ndtri((1 + level) / 2) * np.sqrt(max(dispersion, 0.0) / n)
    half = float(np.arcsin(reach) * to_hours) if reach <= 1 else nan
    direction = bool(np.isfinite(half))
    return Circular(
        mean=mean,
        length=length,
        low=float(np.mod(mean - half, period)) if direction else nan,
        high=float(np.mod(mean + half, period)) if direction else nan,
        spread=float(np.sqrt(-2 * np.log(length)) * to_hours) if length > 1e-12 else nan,
        p_value=p,
        two_peaks=float(min(1.0, abs(second))),
        events=n,
        period=period,
        level=level,
        enough=direction,
        why_not="" if direction else "no_direction",
    )


# -- inside ------------------------------------------------------------------------------------


def _kernels():
    from kalantar.analysis import _intervals_kernels

    return _intervals_kernels


def _minutes(values, name):
    values = np.asarray(values)
    if values.dtype.kind != "M":
        raise InputError(f"{name} must be datetime64, got {values.dtype}")
    return np.ascontiguousarray(values.astype("datetime64[m]", copy=False))


def _moments(start, end):
    start = _minutes(start, "start")
    end = np.full(start.shape, np.datetime64("NaT", "m")) if end is None else _minutes(end, "end")
    if start.shape != end.shape or start.ndim != 1:
        raise InputError(f"start and end must be lists of equal length, got {start.shape} and {end.shape}")
    if np.isnat(start).any():
        raise InputError(f"start {int(np.flatnonzero(np.isnat(start))[0])} is missing: leave the event out")
    return start, end


def _flags(known, rows):
    if known is None:
        return np.ones(rows, bool)
    known = np.asarray(known)
    if known.dtype != bool or known.shape != (rows,):
        raise InputError(f"known must be {rows} true or false values, got {known.dtype} {known.shape}")
    return np.ascontiguousarray(known)


def _bins(edges_min, length):
    if edges_min is None:
        return np.arange(0, length + 1, 60, dtype=np.int64)
    given = checks.edges(edges_min, "edges_min")
    if (given != np.floor(given)).any() or given[0] != 0 or given[-1] != length:
        raise InputError(f"edges_min must be whole minutes from 0 to {length}, got {given.tolist()}")
    return given.astype(np.int64)


def _labels(edges, cycle, first_day):
    first = DAYS.index(first_day)
    out = []
    for low, high in itertools.pairwise(edges):
        clock = f"{low % DAY_MIN // 60:02d}:{low % 60:02d}"
        if cycle == "week":
            out.append(f"{DAYS[(first + low // DAY_MIN) % 7]} {clock}")
        else:
            out.append(str(low // 60) if high - low == 60 and low % 60 == 0 else clock)
    return tuple(out)
