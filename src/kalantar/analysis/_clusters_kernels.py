# SPDX-License-Identifier: BSD-3-Clause
"""Compiled loops of clusters.py. Imported on first use only; the slow twin stands in the tests.

Events stand sorted by cell, row after row; cells without events are not stored. Two events of one
cell are always within the limit, so the cores of a cell are one cluster and a cell with enough
events holds only cores. Neighbours lie at most two cells away: five rows of up to five cells, each
row one stretch of the sorted events. Two empty columns at the right keep rows apart.
"""

import numpy as np
from numba import boolean, float64, int32, int64, njit, void


@njit(void(int64[::1], int64, int32[:, ::1], int32[:, ::1]), cache=True, nogil=True)
def stretches(key, columns, low, high):
    """The held cells from two left to two right, of each of the five rows around each cell."""
    held = key.size
    for row in range(5):
        a = 0
        b = 0
        for m in range(held):
            middle = key[m] + (row - 2) * columns
            while a < held and key[a] < middle - 2:
                a += 1
            while b < held and key[b] <= middle + 2:
                b += 1
            low[m, row] = a
            high[m, row] = b


@njit(
    int64(float64[::1], float64[::1], float64, float64, int64, int64, float64),
    cache=True,
    nogil=True,
    inline="always",
)
def _near(x, y, xi, yi, a, b, limit):
    xs = x[a:b]
    ys = y[a:b]
    n = 0
    for k in range(xs.size):
        dx = xi - xs[k]
        dy = yi - ys[k]
        n += dx * dx + dy * dy <= limit
    return n


@njit(
    void(
        float64[::1],
        float64[::1],
        int64[::1],
        int32[:, ::1],
        int32[:, ::1],
        float64,
        int64,
        boolean[::1],
        int64[::1],
    ),
    cache=True,
    nogil=True,
)
def cores(x, y, first, low, high, limit, fewest, core, in_cell):
    """Which events have enough others within the limit, themselves counted. in_cell : cores of each cell."""
    held = first.size - 1
    for m in range(held):
        begin = first[m]
        end = first[m + 1]
        if end - begin >= fewest:
            core[begin:end] = True
            in_cell[m] = end - begin
            continue
        for i in range(begin, end):
            n = end - begin
            for row in range(5):
                a = first[low[m, row]]
                b = first[high[m, row]]
                if row == 2:  # without the own cell, which is within the limit as a whole
                    n += _near(x, y, x[i], y[i], a, begin, limit)
                    n += _near(x, y, x[i], y[i], end, b, limit)
                else:
                    n += _near(x, y, x[i], y[i], a, b, limit)
                if n >= fewest:
                    break
            if n >= fewest:
                core[i] = True
                in_cell[m] += 1


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
        int64[::1],
        int32[:, ::1],
        int32[:, ::1],
        float64,
        boolean[::1],
        int64[::1],
        int64[::1],
    ),
    cache=True,
    nogil=True,
)
def join(x, y, first, low, high, limit, core, in_cell, parent):
    """Join cells with cores within the limit of each other. parent : of cells, each its own at first."""
    held = first.size - 1
    for m in range(held):
        if in_cell[m] == 0:
            continue
        for row in range(2, 5):
            for other in range(max(low[m, row], m + 1), high[m, row]):
                if in_cell[other] == 0:
                    continue
                a = _root(parent, m)
                b = _root(parent, other)
                if a == b:
                    continue
                touch = False
                for i in range(first[m], first[m + 1]):
                    if not core[i]:
                        continue
                    for j in range(first[other], first[other + 1]):
                        dx = x[i] - x[j]
                        dy = y[i] - y[j]
                        if core[j] and dx * dx + dy * dy <= limit:
                            touch = True
                            break
                    if touch:
                        break
                if touch:
                    if a < b:
                        parent[b] = a
                    else:
                        parent[a] = b
    for m in range(held):
        parent[m] = _root(parent, m)


@njit(
    void(
        float64[::1],
        float64[::1],
        int64[::1],
        int32[:, ::1],
        int32[:, ::1],
        float64,
        boolean[::1],
        int64[::1],
        int64[::1],
        int64[::1],
    ),
    cache=True,
    nogil=True,
)
def label(x, y, first, low, high, limit, core, in_cell, parent, out):
    """Cell that names the cluster of each event; -1 for noise.

    A border event goes to its nearest core; of equally near ones to the leftmost, then the lowest.
    """
    held = first.size - 1
    for m in range(held):
        for i in range(first[m], first[m + 1]):
            if core[i]:
                out[i] = parent[m]
                continue
            out[i] = -1
            best = np.inf
            bx = np.inf
            by = np.inf
            for row in range(5):
                for other in range(low[m, row], high[m, row]):
                    if in_cell[other] == 0:
                        continue
                    for j in range(first[other], first[other + 1]):
                        if not core[j]:
                            continue
                        dx = x[i] - x[j]
                        dy = y[i] - y[j]
                        d = dx * dx + dy * dy
                        if d > limit or d > best:
                            continue
                        if d < best or x[j] < bx or (x[j] == bx and y[j] < by):
                            best = d
                            bx = x[j]
                            by = y[j]
                            out[i] = parent[other]
