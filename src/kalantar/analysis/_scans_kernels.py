# SPDX-License-Identifier: BSD-3-Clause
"""Compiled loops of scans.py. Imported on first use only; the slow twin stands in the tests.

A disc grows from a centre place by place. `lanes` are the windows of time: for each place and lane,
how many of its events lie in that window. Windows that end with the period are kept as such; all
other windows are differences of running sums, a lane for each day.
"""

import numpy as np
from numba import boolean, float64, int32, int64, njit, uint8, uint16, uint32, uint64, void

from kalantar.analysis._near_repeat_kernels import drawn


@njit(float64(float64, float64, float64), cache=True, nogil=True, inline="always")
def likelihood(c, mean, total):
    """Log likelihood ratio of c events where mean are expected; 0 where there are no more than expected."""
    if c <= mean:
        return 0.0
    if c >= total:
        return c * np.log(c / mean)
    return c * np.log(c / mean) + (total - c) * np.log((total - c) / (total - mean))


@njit(
    int64(
        float64[::1],
        float64[::1],
        float64[::1],
        float64[::1],
        float64,
        boolean,
        int64,
        boolean,
        int64[::1],
        int32[::1],
        uint8[::1],
        float64[::1],
    ),
    cache=True,
    nogil=True,
)
def neighbours(cx, cy, x, y, radius, together, most, write, first, place, ends, far):
    """Places within the radius of each centre, nearest first, equally far ones in their order. x : rising.

    write False : only how many, into first (one more than centres); given up above `most`. ends : 1 where a disc may end, which
    with `together` is the last of equally far places only. far : distance.
    """
    total = 0
    for c in range(cx.size):
        if not write:
            first[c] = total
        low = np.searchsorted(x, cx[c] - radius * 1.000001)
        n = 0
        for k in range(low, x.size):
            dx = x[k] - cx[c]
            if dx > radius:
                break
            dy = y[k] - cy[c]
            n += np.sqrt(dx * dx + dy * dy) <= radius
        if write:
            gap = np.empty(n)
            found = np.empty(n, np.int32)
            n = 0
            for k in range(low, x.size):
                dx = x[k] - cx[c]
                if dx > radius:
                    break
                dy = y[k] - cy[c]
                d = dx * dx + dy * dy
                if np.sqrt(d) <= radius:
                    gap[n] = d
                    found[n] = k
                    n += 1
            order = np.argsort(gap, kind="mergesort")
            for k in range(n):
                place[total + k] = found[order[k]]
                far[total + k] = np.sqrt(gap[order[k]])
                # equal but for rounding
                last = k == n - 1 or gap[order[k + 1]] > gap[order[k]] * (1.0 + 1e-12)
                ends[total + k] = last or not together
        total += n
        if total > most:
            break
    if not write:
        first[cx.size] = total
    return total


@njit(
    void(int64[::1], int32[::1], uint8[::1], int64[::1], int64, uint8[::1], int64[::1]),
    cache=True,
    nogil=True,
)
def reach(first, place, ends, weight, most, taken, until):
    """Where each centre's disc must stop: before more than `most` events, or before a taken place."""
    for c in range(until.size):
        inside = 0
        stop = first[c]
        for k in range(first[c], first[c + 1]):
            inside += weight[place[k]]
            if inside > most or taken[place[k]]:
                break
            if ends[k]:
                stop = k + 1
        until[c] = stop


@njit(
    void(
        int64[::1],
        int64[::1],
        int32[::1],
        uint8[::1],
        int64[::1],
        int32[:, ::1],
        int64[:, ::1],
        int64,
        boolean,
        int64,
        float64[::1],
        int64[:, ::1],
    ),
    cache=True,
    nogil=True,
)
def best_of_centres(first, until, place, ends, weight, lanes, in_window, total, alive, fewest, best, where):
    """The most likely disc and window of each centre, with at least `fewest` events.

    in_window : events in all places, (length - 1, begin); begin 0 only for windows that end with the period.
    where : position of the disc's last place, begin, length, events.
    """
    longest = in_window.shape[0]
    width = lanes.shape[1]
    disc = np.empty(width, np.int64)
    for c in range(until.size):
        disc[:] = 0
        best[c] = 0.0
        inside = 0
        for k in range(first[c], until[c]):
            row = lanes[place[k]]
            inside += weight[place[k]]
            for d in range(width):
                disc[d] += row[d]
            if not ends[k]:
                continue
            for length in range(1, longest + 1):
                begins = 1 if alive else width - length
                for begin in range(begins):
                    n = disc[length - 1] if alive else disc[begin + length] - disc[begin]
                    if n < fewest:
                        continue
                    mean = inside * float(in_window[length - 1, begin]) / total
                    if n > mean:
                        value = likelihood(n, mean, total)
                        if value > best[c] * (1.0 + 1e-12):
                            best[c] = value
                            where[c, 0] = k
                            where[c, 1] = begin
                            where[c, 2] = length
                            where[c, 3] = n


@njit(
    [
        void(int64[::1], int64[:, ::1], int64, boolean, int64, float64, uint16[:, ::1]),
        void(int64[::1], int64[:, ::1], int64, boolean, int64, float64, uint32[:, ::1]),
    ],
    cache=True,
    nogil=True,
)
def needed(inside, in_window, total, alive, fewest, floor, need):
    """The fewest events of a window whose likelihood reaches the floor, for discs of so many events.

    inside : rising. need : one row a size of disc; its lanes are the windows, lengths outside; beyond them never.
    """
    longest = in_window.shape[0]
    days = in_window.shape[1]
    never = need.dtype.type(-1)
    need[:, :] = never
    lane = 0
    for length in range(1, longest + 1):
        for begin in range(1 if alive else days - length + 1):
            expected = in_window[length - 1, begin]
            n = fewest
            if expected > 0:
                for r in range(inside.size):
                    mean = inside[r] * float(expected) / total
                    n = max(n, int64(mean))
                    while n <= total and likelihood(n, mean, total) < floor:
                        n += 1
                    if n > total:
                        break
                    need[r, lane] = n
            lane += 1


@njit(void(int32[::1], uint64[::1]), cache=True, nogil=True)
def shuffle(values, state):
    """Every order equally often."""
    for i in range(values.size - 1, 0, -1):
        j = drawn(state, i + 1)
        values[i], values[j] = values[j], values[i]


_PASSED = [
    void(
        uint64[::1],
        int32[::1],
        int32[::1],
        int64[::1],
        int64[::1],
        int32[::1],
        uint8[::1],
        int64[::1],
        int32[::1],
        int64[:, ::1],
        int64,
        boolean,
        float64[::1],
        whole[:, :, ::1],
        whole[:, ::1],
        int64[::1],
    )
    for whole in (uint16, uint32)
]


@njit(_PASSED, cache=True, nogil=True)
def floors_passed(
    seeds, day, home, first, until, place, ends, weight, row_of, in_window, total, alive, floors, need, lanes, passed
):
    """How many of the rising floors the best window of each shuffled world reaches.

    day : of each event, -1 before the first window. home : place of each event. need : (floors, rows,
    lanes), fewest events that may reach a floor, for the smallest disc of each row; a disc is looked up
    by row_of[events in it] and only a hit costs a logarithm. lanes : room, (places, width).
    """
    longest = in_window.shape[0]
    days = in_window.shape[1]
    width = lanes.shape[1]
    order = np.empty_like(day)
    disc = np.empty(width, lanes.dtype)
    state = np.empty(1, np.uint64)
    for world in range(seeds.size):
        order[:] = day
        state[0] = seeds[world]
        shuffle(order, state)
        lanes[:, :] = 0
        if alive:
            for i in range(order.size):
                if order[i] >= 0:
                    lanes[home[i], order[i]] += 1
            for p in range(lanes.shape[0]):
                for d in range(1, longest):
                    lanes[p, d] += lanes[p, d - 1]
        else:
            for i in range(order.size):
                lanes[home[i], order[i] + 1] += 1
            for p in range(lanes.shape[0]):
                for d in range(1, days + 1):
                    lanes[p, d] += lanes[p, d - 1]
        level = 0
        for c in range(until.size):
            disc[:] = 0
            inside = 0
            for k in range(first[c], until[c]):
                row = lanes[place[k]]
                inside += weight[place[k]]
                if not ends[k]:
                    for d in range(width):
                        disc[d] += row[d]
                    continue
                least = need[level, row_of[inside]]
                hits = 0
                if alive:
                    for d in range(width):
                        n = lanes.dtype.type(disc[d] + row[d])
                        disc[d] = n
                        hits += n >= least[d]
                else:
                    for d in range(width):
                        disc[d] += row[d]
                    lane = 0
                    for length in range(1, longest + 1):
                        begins = days - length + 1
                        limit = least[lane : lane + begins]
                        late = disc[length : length + begins]
                        for b in range(begins):
                            hits += lanes.dtype.type(late[b] - disc[b]) >= limit[b]
                        lane += begins
                if hits == 0:
                    continue
                lane = 0
                for length in range(1, longest + 1):
                    for begin in range(1 if alive else days - length + 1):
                        n = int64(disc[length - 1]) if alive else int64(disc[begin + length]) - int64(disc[begin])
                        if n >= least[lane]:
                            value = likelihood(n, inside * float(in_window[length - 1, begin]) / total, total)
                            while level < floors.size and value >= floors[level]:
                                level += 1
                        lane += 1
                    if level == floors.size:
                        break
                if level == floors.size:
                    break
            if level == floors.size:
                break
        passed[world] = level
