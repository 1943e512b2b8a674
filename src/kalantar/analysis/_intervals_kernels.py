# SPDX-License-Identifier: BSD-3-Clause
"""Compiled loops of intervals.py. Imported on first use only; the slow twins stand in the tests."""

import numpy as np
from numba import boolean, float64, int32, int64, njit, void

NAT = np.iinfo(np.int64).min


@njit(
    void(int64[::1], int64[::1], boolean[::1], int64, int64[::1], int32[::1], float64[::1], float64[::1], int64[::1]),
    cache=True,
    nogil=True,
)
def spread(start, end, known, origin, edges, bin_of, out, exact, told):
    """Add each known event's weight of 1 to the bins its minutes lie in.

    start, end : minutes of one clock; NaT is the smallest integer. origin : the minute at which a cycle begins.
    Shorter than a cycle: even over the minutes; no end, none or one minute: all in the start's bin.
    edges : (k + 1,) minutes, 0 to the cycle. bin_of : bin of each minute of a cycle.
    told : events as long as a cycle or longer (they add nothing here), and events in more than one bin.
    """
    bins = len(edges) - 1
    cycle = edges[bins]
    steps = np.zeros(bins + 1)
    long, parted = 0, 0
    for i in range(len(start)):
        if not known[i]:
            continue
        length = end[i] - start[i] if end[i] != NAT else 0
        s = (start[i] - origin) % cycle
        first = bin_of[s]
        if length <= 1:
            out[first] += 1.0
            exact[first] += 1.0
            continue
        if length >= cycle:
            long += 1
            continue
        e = s + length  # below two cycles
        if e <= edges[first + 1]:
            out[first] += 1.0
            exact[first] += 1.0
            continue
        parted += 1
        rate = 1.0 / length
        wraps = e > cycle
        if wraps:
            e -= cycle
        last = bin_of[e - 1]
        out[first] += (edges[first + 1] - s) * rate
        out[last] += (e - edges[last]) * rate
        # whole bins in between, by differences
        steps[first + 1] += rate
        steps[last] -= rate
        if wraps:
            steps[bins] -= rate
            steps[0] += rate
    level = 0.0
    for b in range(bins):
        level += steps[b]
        out[b] += level * (edges[b + 1] - edges[b])
    told[0], told[1] = long, parted


@njit(float64(int64, float64[::1], float64, int64), cache=True, nogil=True)
def partitions_tail(n, log_factorial, bound, kind):
    """P(statistic >= bound) when n events fall evenly on 7 days. kind 0: G, 1: chi-square.

    Sums over the partitions of n into at most 7 parts; each has the same statistic whatever the order of days.
    """
    k = 7
    parts = np.zeros(k, np.int64)
    total = 0.0
    log_all = log_factorial[n] - n * np.log(7.0)
    expected = n / 7.0
    # partitions in falling order of their first part
    parts[0] = n
    used = 1
    while True:
        statistic = 0.0
        log_weight = log_all + log_factorial[k]
        run = 0
        for i in range(k):
            x = parts[i]
            log_weight -= log_factorial[x]
            if kind == 0:
                if x > 0:
                    statistic += 2.0 * x * np.log(x / expected)
            else:
                statistic += (x - expected) * (x - expected) / expected
            run += 1
            if i == k - 1 or parts[i + 1] != x:
                log_weight -= log_factorial[run]
                run = 0
        if statistic >= bound:
            total += np.exp(log_weight)
        # the next partition: lower the last part above 1 that leaves room for the rest
        at = used - 1
        rest = 0
        while at >= 0:
            rest += parts[at]
            parts[at] -= 1
            if parts[at] >= 1:
                rest -= parts[at]
                room = (k - 1 - at) * parts[at]
                if rest <= room:
                    break
                rest += parts[at]
            parts[at] = 0
            at -= 1
        if at < 0:
            return total
        most = parts[at]
        i = at + 1
        while rest > 0:
            parts[i] = min(most, rest)
            rest -= parts[i]
            i += 1
        used = i
        for j in range(i, k):
            parts[j] = 0
