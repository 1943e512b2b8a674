# SPDX-License-Identifier: BSD-3-Clause
"""At which hours, when only "between then and then" is known?"""

import numpy as np

from kalantar.analysis.errors import InputError

HOURS = 168  # of the week; 0 is Monday 00:00 to 00:59


def aoristic(start, end):
    """Weight of each hour of the week, array (168,), Monday 00 first; the sum is len(start).

    start, end : arrays (n,) of datetime64, local wall time, cut to whole minutes. An event spreads
        its weight of 1 evenly over the minutes of its interval.
        End missing or before the start, or at most a minute after: all in the hour of the start.
        A week or longer: 1/168 to every hour.
    Raises InputError: a start is missing, unequal lengths, not datetimes.
    Source: Ratcliffe and McCullagh (1998), Int. J. Geogr. Inf. Sci. 12, 751-764; Ratcliffe (2002),
    J. Quant. Criminol. 18, 23-43; rules as in the R package aoristic 1.1.
    """
    start, end = _minutes(start, "start"), _minutes(end, "end")
    if start.shape != end.shape or start.ndim != 1:
        raise InputError(f"start and end must be lists of equal length, got {start.shape} and {end.shape}")
    if np.isnat(start).any():
        raise InputError(f"start {int(np.flatnonzero(np.isnat(start))[0])} is missing: leave the event out")
    no_end = np.isnat(end)
    # minutes since a Monday (5 January 1970); a missing end becomes its start
    monday = np.datetime64("1970-01-05T00:00", "m")
    s = (start - monday).astype(np.int64)
    e = np.where(no_end, s, (end - monday).astype(np.int64))
    length = e - s
    total = np.zeros(HOURS)
    week = length >= HOURS * 60
    total += week.sum() / HOURS
    point = length <= 1
    total += np.bincount(s[point] // 60 % HOURS, minlength=HOURS)
    spread = ~(week | point)
    s, e, length = s[spread], e[spread], length[spread].astype(float)
    first, last = s // 60, (e - 1) // 60
    same = first == last
    head = np.where(same, length, (first + 1) * 60 - s)
    total += np.bincount(first % HOURS, weights=head / length, minlength=HOURS)
    s, e, length, first, last = (v[~same] for v in (s, e, length, first, last))
    total += np.bincount(last % HOURS, weights=(e - last * 60) / length, minlength=HOURS)
    # whole hours in between: add at the first, take away after the last, then sum along
    begin = (first + 1) % HOURS
    steps = np.bincount(begin, weights=60 / length, minlength=2 * HOURS + 1)
    steps -= np.bincount(begin + (last - first - 1), weights=60 / length, minlength=2 * HOURS + 1)
    whole = np.cumsum(steps)[: 2 * HOURS]
    total += whole[:HOURS] + whole[HOURS:]
    return total


def _minutes(values, name):
    values = np.asarray(values)
    if values.dtype.kind != "M":
        raise InputError(f"{name} must be datetime64, got {values.dtype}")
    return values.astype("datetime64[m]")
