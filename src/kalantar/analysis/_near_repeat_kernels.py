# SPDX-License-Identifier: BSD-3-Clause
"""Compiled loops of near_repeat.py. Imported on first use only; the slow twin stands in the tests.

Events stand sorted by cell, row after row, and by time inside a cell; cells without events are not
stored. A cell is a little wider than the largest distance asked, so a pair lies in one cell or in
neighbours, and each pair is seen once: from the cell that comes first. One column of cells is left
empty at the right, so that the last cell of a row is no neighbour of the first of the next.

Limits come as upper limits: a pair is inside limit e when distance <= reach[e]. Squared metres for
straight lines, metres along the axes for Manhattan.
"""

import numpy as np
from numba import boolean, float64, int32, int64, njit, uint8, uint16, uint64, void


@njit(void(float64[::1], float64[::1], float64, float64, float64, int64, int64[::1]), cache=True, nogil=True)
def cells(x, y, x0, y0, side, columns, out):
    for i in range(x.size):
        out[i] = int64((y[i] - y0) / side) * columns + int64((x[i] - x0) / side)


@njit(int64(int64[::1], int32[::1], int64[::1]), cache=True, nogil=True)
def order_by_counting(cell, start, out):
    """Stable order by cell. start : zeros, one a possible cell and one more. Returns the cells that hold events."""
    for i in range(cell.size):
        start[cell[i] + 1] += 1
    held = 0
    for c in range(start.size - 1):
        held += start[c + 1] > 0
        start[c + 1] += start[c]
    for i in range(cell.size):
        out[start[cell[i]]] = i
        start[cell[i]] += 1
    return held


@njit(void(int64[::1], int64[::1], int64[::1], int64[::1]), cache=True, nogil=True)
def runs(cell, order, first, key):
    """Where each cell's events begin, and which cell it is. cell : by row of the input."""
    m = -1
    last = int64(-1)
    for p in range(order.size):
        c = cell[order[p]]
        if c != last:
            m += 1
            first[m] = p
            key[m] = c
            last = c
    first[m + 1] = order.size


@njit(void(float64[::1], int64[::1], int64[::1]), cache=True, nogil=True)
def order_in_cells(t, first, order):
    """Sort each cell's events by time, equal times in the order they have."""
    for m in range(first.size - 1):
        begin = first[m]
        end = first[m + 1]
        if end - begin > 64:
            part = order[begin:end].copy()
            within = np.argsort(t[part], kind="mergesort")
            for k in range(end - begin):
                order[begin + k] = part[within[k]]
            continue
        for p in range(begin + 1, end):
            row = order[p]
            moment = t[row]
            k = p - 1
            while k >= begin and t[order[k]] > moment:
                order[k + 1] = order[k]
                k -= 1
            order[k + 1] = row


@njit(float64(float64, float64, boolean), cache=True, nogil=True, inline="always")
def _apart(dx, dy, manhattan):
    if manhattan:
        return abs(dx) + abs(dy)
    return dx * dx + dy * dy


@njit(
    void(
        float64[::1],
        float64[::1],
        float64[::1],
        int64[::1],
        int64[::1],
        int64,
        int64,
        int64,
        float64[::1],
        float64[::1],
        boolean,
        int64[:, ::1],
    ),
    cache=True,
    nogil=True,
)
def close_pairs(x, y, t, first, key, columns, begin, end, reach, wait, manhattan, counts):
    """Add the pairs inside both last limits to counts (limits of space, limits of time).

    Band 0 is inside the first limit, band e between limit e - 1 and e. begin, end : cells to start from.
    """
    far = reach[reach.size - 1]
    long = wait[wait.size - 1]
    held = key.size
    below = np.searchsorted(key, key[begin] + columns - 1) if begin < end else 0
    for m in range(begin, end):
        while below < held and key[below] < key[m] + columns - 1:
            below += 1
        for which in range(5):
            if which == 0:
                other = m
            elif which == 1:
                other = m + 1
                if other >= held or key[other] != key[m] + 1:
                    continue
            else:
                other = below + which - 2
                if other >= held or key[other] > key[m] + columns + 1:
                    break
            # positions without a sign need no check for counting from the end
            low = uint64(first[other])
            last = uint64(first[other + 1])
            for i in range(uint64(first[m]), uint64(first[m + 1])):
                xi = x[i]
                yi = y[i]
                ti = t[i]
                if which == 0:
                    low = i + uint64(1)
                else:
                    while low < last and ti - t[low] > long:
                        low += uint64(1)
                for j in range(low, last):
                    if t[j] - ti > long:
                        break
                    d = _apart(xi - x[j], yi - y[j], manhattan)
                    if d <= far:
                        dt = abs(ti - t[j])
                        # all limits are compared: cheaper than guessing where to stop
                        s = uint64(0)
                        for e in range(reach.size - 1):
                            s += uint64(d > reach[e])
                        k = uint64(0)
                        for e in range(wait.size - 1):
                            k += uint64(dt > wait[e])
                        counts[s, k] += 1


@njit(int64(int64[::1], int64[::1], int64, float64[::1]), cache=True, nogil=True)
def candidates(first, key, columns, out):
    """out[0] : pairs of events in the same or in neighbouring cells. Returns the most events of one cell."""
    held = key.size
    below = 0
    total = 0.0
    most = 0
    for m in range(held):
        own = first[m + 1] - first[m]
        most = max(most, own)
        near = 0
        if m + 1 < held and key[m + 1] == key[m] + 1:
            near += first[m + 2] - first[m + 1]
        while below < held and key[below] < key[m] + columns - 1:
            below += 1
        other = below
        while other < held and key[other] <= key[m] + columns + 1:
            near += first[other + 1] - first[other]
            other += 1
        total += own * (near + (own - 1) / 2.0)
    out[0] = total
    return most


@njit(
    void(
        float64[::1],
        float64[::1],
        int64[::1],
        int64[::1],
        int64,
        int64,
        int64,
        float64[::1],
        boolean,
        int64[::1],
    ),
    cache=True,
    nogil=True,
)
def space_pairs(x, y, first, key, columns, begin, end, reach, manhattan, inside):
    """Add to inside[e] the pairs within reach[e], whatever their time."""
    held = key.size
    gap = np.empty(512)
    below = np.searchsorted(key, key[begin] + columns - 1) if begin < end else 0
    beyond = below
    for m in range(begin, end):
        while below < held and key[below] < key[m] + columns - 1:
            below += 1
        beyond = max(beyond, below)
        while beyond < held and key[beyond] <= key[m] + columns + 1:
            beyond += 1
        right = m + 2 if m + 1 < held and key[m + 1] == key[m] + 1 else m + 1
        for i in range(first[m], first[m + 1]):
            xi = x[i]
            yi = y[i]
            for part in range(2):
                low = i + 1 if part == 0 else first[below]
                last = first[right] if part == 0 else first[beyond]
                while low < last:
                    n = min(last - low, 512)
                    xs = x[low : low + n]
                    ys = y[low : low + n]
                    if manhattan:
                        for k in range(n):
                            gap[k] = abs(xi - xs[k]) + abs(yi - ys[k])
                    else:
                        for k in range(n):
                            dx = xi - xs[k]
                            dy = yi - ys[k]
                            gap[k] = dx * dx + dy * dy
                    for e in range(reach.size):
                        limit = reach[e]
                        total = 0
                        for k in range(n):
                            total += gap[k] <= limit
                        inside[e] += total
                    low += n


@njit(void(float64[::1], float64[::1], int64[::1]), cache=True, nogil=True)
def time_pairs(t, wait, inside):
    """inside[e] : pairs at most wait[e] apart. t : sorted."""
    for e in range(wait.size):
        if wait[e] < 0.0:
            continue
        low = 0
        total = 0
        for j in range(t.size):
            while t[j] - t[low] > wait[e]:
                low += 1
            total += j - low
        inside[e] = total


@njit(
    int64(
        float64[::1],
        float64[::1],
        int64[::1],
        int64[::1],
        int64,
        float64[::1],
        boolean,
        int64[::1],
        float64[::1],
        int32[::1],
        int32[::1],
        uint8[::1],
    ),
    cache=True,
    nogil=True,
)
def next_pairs(x, y, first, key, columns, reach, manhattan, at, gap, one, two, band):
    """Write the next pairs within the last limit, whatever their time; returns how many, 0 at the end.

    at : where to go on: cell, event, part, position; begins as zeros but for event and position = -1.
    gap, one, two, band : room for the pairs; gap also for the distances.
    """
    held = key.size
    room = one.size
    far = reach[reach.size - 1]
    n = int64(0)
    m, i, part, low = at[0], at[1], at[2], at[3]
    if m < held:
        below = np.searchsorted(key, key[m] + columns - 1)
        beyond = np.searchsorted(key, key[m] + columns + 2)
    while m < held and n < room:
        while below < held and key[below] < key[m] + columns - 1:
            below += 1
        while beyond < held and key[beyond] < key[m] + columns + 2:
            beyond += 1
        right = m + 2 if m + 1 < held and key[m + 1] == key[m] + 1 else m + 1
        if i < 0:
            i = first[m]
        while i < first[m + 1] and n < room:
            xi = x[i]
            yi = y[i]
            while part < 2 and n < room:
                last = first[right] if part == 0 else first[beyond]
                if low < 0:
                    low = i + 1 if part == 0 else first[below]
                while low < last and n < room:
                    k = min(last - low, room - n)
                    # written at every step, kept when near: no branch to guess
                    to = uint64(n)
                    for j in range(uint64(low), uint64(low + k)):
                        d = _apart(xi - x[j], yi - y[j], manhattan)
                        gap[to] = d
                        one[to] = i
                        two[to] = j
                        to += uint64(d <= far)
                    n = int64(to)
                    low += k
                if low >= last:
                    part += 1
                    low = -1
            if part == 2:
                part = 0
                i += 1
        if i >= first[m + 1]:
            m += 1
            i = -1
    at[0], at[1], at[2], at[3] = m, i, part, low
    for k in range(n):
        band[k] = 0
    for e in range(reach.size - 1):
        limit = reach[e]
        for k in range(n):
            band[k] += gap[k] > limit
    return n


@njit(uint64(uint64[::1]), cache=True, nogil=True, inline="always")
def _next(state):
    """SplitMix64 (Steele, Lea and Flood 2014)."""
    state[0] += uint64(0x9E3779B97F4A7C15)
    z = state[0]
    z = (z ^ (z >> uint64(30))) * uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> uint64(27))) * uint64(0x94D049BB133111EB)
    return z ^ (z >> uint64(31))


@njit(int64(uint64[::1], int64), cache=True, nogil=True, inline="always")
def drawn(state, n):
    """A whole number from 0 to n - 1, each equally often (Lemire 2019). n < 2**32."""
    bound = uint64(n)
    product = (_next(state) >> uint64(32)) * bound
    low = product & uint64(0xFFFFFFFF)
    if low < bound:
        floor = (uint64(0x100000000) - bound) % bound
        while low < floor:
            product = (_next(state) >> uint64(32)) * bound
            low = product & uint64(0xFFFFFFFF)
    return int64(product >> uint64(32))


@njit(
    [
        void(uint16[::1], uint64[::1], uint16[:, ::1]),
        void(float64[::1], uint64[::1], float64[:, ::1]),
    ],
    cache=True,
    nogil=True,
)
def shuffled(t, seeds, lanes):
    """Fill lanes (events, width): column k is t shuffled with seeds[k]; columns without a seed are left."""
    n = t.size
    state = np.empty(1, np.uint64)
    group = 16
    scratch = np.empty((group, n), t.dtype)
    for begin in range(0, seeds.size, group):
        many = min(group, seeds.size - begin)
        for k in range(many):
            row = scratch[k]
            row[:] = t
            state[0] = seeds[begin + k]
            for i in range(n - 1, 0, -1):
                j = drawn(state, i + 1)
                row[i], row[j] = row[j], row[i]
        for i in range(n):
            for k in range(many):
                lanes[i, begin + k] = scratch[k, i]


@njit(
    void(int32[::1], int32[::1], uint8[::1], int64, uint16[:, ::1], uint16[::1], uint16[:, :, ::1], int64[:, :, ::1]),
    cache=True,
    nogil=True,
)
def count_days(one, two, band, n, lanes, wait, some, inside):
    """Add to inside[band, limit, lane] the pairs at most wait[limit] days apart in that lane.

    Days and waits are below 2**15, so a - b + wait stays apart from its own wrap-around and one
    unsigned comparison tells both sides. some : zeros, room for n < 2**16 pairs; left as zeros.
    """
    width = lanes.shape[1]
    for p in range(n):
        a = lanes[one[p]]
        b = lanes[two[p]]
        to = some[band[p]]
        for e in range(0, wait.size - 2, 3):  # three limits a pass: the rows are read once
            add0, add1, add2 = wait[e], wait[e + 1], wait[e + 2]
            twice0, twice1, twice2 = uint16(2 * add0), uint16(2 * add1), uint16(2 * add2)
            to0, to1, to2 = to[e], to[e + 1], to[e + 2]
            for k in range(width):
                gap = uint16(a[k] - b[k])
                to0[k] = uint16(to0[k] + (uint16(gap + add0) <= twice0))
                to1[k] = uint16(to1[k] + (uint16(gap + add1) <= twice1))
                to2[k] = uint16(to2[k] + (uint16(gap + add2) <= twice2))
        for e in range(wait.size - wait.size % 3, wait.size):
            add = wait[e]
            twice = uint16(2 * add)
            to0 = to[e]
            for k in range(width):
                to0[k] = uint16(to0[k] + (uint16(a[k] - b[k] + add) <= twice))
    for s in range(some.shape[0]):
        for e in range(some.shape[1]):
            for k in range(width):
                inside[s, e, k] += some[s, e, k]
                some[s, e, k] = 0


@njit(
    void(int32[::1], int32[::1], uint8[::1], int64, float64[:, ::1], float64[::1], uint16[:, :, ::1], int64[:, :, ::1]),
    cache=True,
    nogil=True,
)
def count_moments(one, two, band, n, lanes, wait, some, inside):
    """The same for moments that are no whole days."""
    width = lanes.shape[1]
    for p in range(n):
        a = lanes[one[p]]
        b = lanes[two[p]]
        for e in range(wait.size):
            limit = wait[e]
            to = some[band[p], e]
            for k in range(width):
                to[k] = uint16(to[k] + (abs(a[k] - b[k]) <= limit))
    for s in range(some.shape[0]):
        for e in range(some.shape[1]):
            for k in range(width):
                inside[s, e, k] += some[s, e, k]
                some[s, e, k] = 0


@njit(int64(int64[::1], int64), cache=True, nogil=True, inline="always")
def _root(parent, i):
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@njit(
    void(
        float64[::1],
        float64[::1],
        float64[::1],
        int64[::1],
        int64[::1],
        int64,
        float64,
        float64,
        boolean,
        int64[::1],
        int64[::1],
        int64[::1],
    ),
    cache=True,
    nogil=True,
)
def strings(x, y, t, first, key, columns, far, long, manhattan, order, parent, links):
    """Join events that are close in both; parent[row of the input] is the lowest row of its string.

    links : close pairs of each row of the input.
    """
    held = key.size
    below = 0
    for m in range(held):
        while below < held and key[below] < key[m] + columns - 1:
            below += 1
        for which in range(5):
            if which == 0:
                other = m
            elif which == 1:
                other = m + 1
                if other >= held or key[other] != key[m] + 1:
                    continue
            else:
                other = below + which - 2
                if other >= held or key[other] > key[m] + columns + 1:
                    break
            low = uint64(first[other])
            last = uint64(first[other + 1])
            for i in range(uint64(first[m]), uint64(first[m + 1])):
                if which == 0:
                    low = i + uint64(1)
                else:
                    while low < last and t[i] - t[low] > long:
                        low += uint64(1)
                for j in range(low, last):
                    if t[j] - t[i] > long:
                        break
                    if _apart(x[i] - x[j], y[i] - y[j], manhattan) <= far:
                        links[order[i]] += 1
                        links[order[j]] += 1
                        a = _root(parent, order[i])
                        b = _root(parent, order[j])
                        if a < b:
                            parent[b] = a
                        elif b < a:
                            parent[a] = b
    for i in range(parent.size):
        parent[i] = _root(parent, i)
