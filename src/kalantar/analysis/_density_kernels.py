# SPDX-License-Identifier: BSD-3-Clause
"""Compiled loops of density.py. Imported on first use only; the slow twins stand in the tests.

A Gaussian is a product of a factor along x and one along y, so an event costs a few exponentials
and one multiply-add a square. Nothing here is nan; products and sums may be contracted.
"""

import math

import numpy as np
from numba import float64, int64, njit, void


@njit(void(float64, float64, float64[::1]), cache=True, nogil=True)
def _factor(at, step, out):
    """exp(-((j + 1/2 - at) step)**2 / 2) for each square j; `at` counts squares from the first one.

    From the nearest square outwards: each value is the one before times a ratio that itself shrinks
    by a constant.
    """
    size = out.size
    middle = min(max(int64(math.floor(at)), 0), size - 1)
    off = (middle + 0.5 - at) * step
    shrink = math.exp(-step * step)
    start = math.exp(-0.5 * off * off)
    out[middle] = start
    value = start
    ratio = math.exp(-off * step - 0.5 * step * step)
    for j in range(middle + 1, size):
        value *= ratio
        ratio *= shrink
        if value < 1e-250:
            value = 0.0
        out[j] = value
    value = start
    ratio = math.exp(off * step - 0.5 * step * step)
    for j in range(middle - 1, -1, -1):
        value *= ratio
        ratio *= shrink
        if value < 1e-250:
            value = 0.0
        out[j] = value


@njit(
    void(
        float64[::1],
        float64[::1],
        float64[::1],
        int64[::1],
        int64[:, ::1],
        int64,
        int64,
        float64,
        float64[:, ::1],
        int64,
        int64,
    ),
    cache=True,
    nogil=True,
    fastmath={"contract"},
)
def spread(u, v, mass, first, corner, side, reach, step, out, low, high):
    """Add each event's kernel to the rows low to high of `out`, block by block, four events at a time.

    u, v : places in squares from the grid's corner. corner : first row and column of each block.
    """
    columns = out.shape[1]
    width = side + 2 * reach
    across = np.zeros((4, width))
    along = np.zeros((4, width))
    for b in range(first.size - 1):
        top = corner[b, 0] - reach
        left = corner[b, 1] - reach
        r1 = max(top, low)
        r2 = min(top + width, high)
        c1 = max(left, 0)
        c2 = min(left + width, columns)
        if r1 >= r2 or c1 >= c2:
            continue
        for e in range(first[b], first[b + 1], 4):
            group = min(4, first[b + 1] - e)
            for k in range(group):
                _factor(u[e + k] - left, step, across[k])
                _factor(v[e + k] - top, step, along[k])
                for j in range(width):
                    along[k, j] *= mass[e + k]
            if group == 4:
                for r in range(r1, r2):
                    f0 = along[0, r - top]
                    f1 = along[1, r - top]
                    f2 = along[2, r - top]
                    f3 = along[3, r - top]
                    line = out[r, c1:c2]
                    a0 = across[0, c1 - left : c2 - left]
                    a1 = across[1, c1 - left : c2 - left]
                    a2 = across[2, c1 - left : c2 - left]
                    a3 = across[3, c1 - left : c2 - left]
                    for c in range(c2 - c1):
                        line[c] += f0 * a0[c] + f1 * a1[c] + f2 * a2[c] + f3 * a3[c]
            else:
                for k in range(group):
                    for r in range(r1, r2):
                        f0 = along[k, r - top]
                        line = out[r, c1:c2]
                        a0 = across[k, c1 - left : c2 - left]
                        for c in range(c2 - c1):
                            line[c] += f0 * a0[c]


@njit(
    void(
        float64[::1],
        float64[::1],
        float64[:, ::1],
        float64[:, ::1],
        int64,
        float64,
        float64[::1],
        int64,
        int64,
    ),
    cache=True,
    nogil=True,
)
def mass_inside(u, v, share, summed, reach, step, out, low, high):
    """Sum of each event's kernel over the squares of the area. summed : running sums of the shares."""
    rows, columns = share.shape
    width = 2 * reach + 1
    across = np.empty(width)
    along = np.empty(width)
    for i in range(low, high):
        left = int64(math.floor(u[i])) - reach
        top = int64(math.floor(v[i])) - reach
        _factor(u[i] - left, step, across)
        _factor(v[i] - top, step, along)
        r1 = max(top, 0)
        r2 = min(top + width, rows)
        c1 = max(left, 0)
        c2 = min(left + width, columns)
        if r1 >= r2 or c1 >= c2:
            continue
        held = summed[r2, c2] - summed[r1, c2] - summed[r2, c1] + summed[r1, c1]
        total = 0.0
        if held >= (r2 - r1) * (c2 - c1) - 1e-9:
            a = 0.0
            for c in range(c1, c2):
                a += across[c - left]
            b = 0.0
            for r in range(r1, r2):
                b += along[r - top]
            total = a * b
        else:
            for r in range(r1, r2):
                line = 0.0
                for c in range(c1, c2):
                    line += across[c - left] * share[r, c]
                total += along[r - top] * line
        out[i] = total


@njit(void(float64[:, ::1], float64[::1], float64[::1]), cache=True, nogil=True)
def foreseen(xy, tried, out):
    """Mean log of the Gaussian density at each event from all others, for each bandwidth."""
    n = xy.shape[0]
    sums = np.zeros((n, tried.size))
    for i in range(n):
        for j in range(i):
            square = (xy[i, 0] - xy[j, 0]) ** 2 + (xy[i, 1] - xy[j, 1]) ** 2
            for k in range(tried.size - 1, -1, -1):
                power = -0.5 * square / (tried[k] * tried[k])
                if power < -700.0:
                    break  # nor at a smaller bandwidth
                value = math.exp(power)
                sums[i, k] += value
                sums[j, k] += value
    for k in range(tried.size):
        total = 0.0
        for i in range(n):
            # an event no other one reaches would make the whole minus infinity
            total += math.log(max(sums[i, k], 1e-300)) - 2.0 * math.log(tried[k])
        out[k] = total / n - math.log(2.0 * math.pi * (n - 1))
