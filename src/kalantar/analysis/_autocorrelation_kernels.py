# SPDX-License-Identifier: BSD-3-Clause
"""Compiled loops of autocorrelation.py. Imported on first use only; the slow twins stand in the tests."""

import numpy as np
from numba import boolean, float64, int8, int32, int64, njit, uint32, void


@njit(
    void(
        int64[::1],
        int32[::1],
        float64[::1],
        float64[::1],
        float64,
        boolean,
        boolean,
        boolean,
        float64[::1],
        float64[::1],
        float64[::1],
        float64[::1],
    ),
    cache=True,
    nogil=True,
)
def local_g(indptr, indices, data, centred, mean, star, standard, by_sum, g, z, lagged, row_sum):
    """Gi or Gi*, its z, the weighted sum over the neighbours alone and the sum of the weights. centred : values less their mean. standard : rows sum to 1, itself included.

    by_sum : the sum of the weights where the sum of their squares belongs.
    """
    n = centred.size
    total = 0.0
    square = 0.0
    for i in range(n):
        total += centred[i]
        square += centred[i] * centred[i]
    whole = mean * n
    for i in range(n):
        around = 0.0
        weight = 0.0
        squared = 0.0
        heaviest = 0.0
        for j in range(indptr[i], indptr[i + 1]):
            w = data[j]
            around += w * centred[indices[j]]
            weight += w
            squared += w * w
            heaviest = max(heaviest, w)
        lagged[i] = around
        if star:
            if heaviest == 0.0:
                heaviest = 1.0
            around += heaviest * centred[i]
            weight += heaviest
            squared += heaviest * heaviest
            if standard:
                around /= weight
                squared /= weight * weight
                weight = 1.0
            places = float64(n)
            middle = total / places
            spread = square / places - middle * middle
            sum_all = whole
        else:
            places = n - 1.0
            middle = (total - centred[i]) / places
            spread = (square - centred[i] * centred[i]) / places - middle * middle
            sum_all = whole - (centred[i] + mean)
        row_sum[i] = weight
        if by_sum:
            squared = weight
        room = (places * squared - weight * weight) / (places - 1.0)
        below = spread * room
        g[i] = (around + weight * mean) / sum_all if sum_all != 0.0 else np.nan
        z[i] = (around - weight * middle) / np.sqrt(below) if below > 1e-300 and room > 1e-12 else np.nan


@njit(
    void(
        int64[::1],
        int32[::1],
        float64[::1],
        float64[::1],
        float64[::1],
        uint32[:, ::1],
        float64[:, ::1],
        float64[::1],
        float64[::1],
    ),
    cache=True,
    nogil=True,
)
def permuted_products(indptr, indices, data, x, both, chosen, lanes, cross, square):
    """Sums of w x_i x_j and of both_i x_i**2 for as many permutations as `chosen` has rows.

    lanes : (n, 16) room for 16 permutations side by side.
    """
    n = x.size
    runs = chosen.shape[0]
    width = lanes.shape[1]
    for r in range(runs):
        for i in range(n):
            lanes[i, r] = x[i]
        for i in range(n - 1, 0, -1):
            # a product and a shift in place of a remainder: off by less than n / 2**32
            j = int64((np.uint64(chosen[r, i]) * np.uint64(i + 1)) >> np.uint64(32))
            kept = lanes[i, r]
            lanes[i, r] = lanes[j, r]
            lanes[j, r] = kept
    total = np.zeros(width)
    second = np.zeros(width)
    near = np.empty(width)
    for i in range(n):
        for r in range(width):
            near[r] = 0.0
        for e in range(indptr[i], indptr[i + 1]):
            w = data[e]
            there = lanes[indices[e]]
            for r in range(width):
                near[r] += w * there[r]
        here = lanes[i]
        b = both[i]
        for r in range(width):
            total[r] += near[r] * here[r]
            second[r] += b * here[r] * here[r]
    for r in range(runs):
        cross[r] = total[r]
        square[r] = second[r]


@njit(void(int64, float64[:, ::1], int64[:, ::1]), cache=True, nogil=True)
def draw_places(n, chance, drawn):
    """One draw without replacement of n places a column, by shuffling only the places that are taken."""
    size, runs = drawn.shape
    place = np.arange(n)
    taken = np.empty(size, np.int64)
    for r in range(runs):
        for d in range(size):
            at = d + int64(chance[d, r] * (n - d))
            taken[d] = at
            kept = place[at]
            place[at] = place[d]
            place[d] = kept
            drawn[d, r] = kept
        for d in range(size - 1, -1, -1):
            kept = place[taken[d]]
            place[taken[d]] = place[d]
            place[d] = kept


@njit(int64(float64[::1], float64), cache=True, nogil=True)
def _below(ordered, bound):
    """How many of a rising list lie below the bound."""
    low = 0
    high = ordered.size
    while low < high:
        middle = (low + high) // 2
        if ordered[middle] < bound:
            low = middle + 1
        else:
            high = middle
    return low


@njit(
    void(
        int64,
        int64,
        int64[::1],
        float64[::1],
        float64[::1],
        float64[:, ::1],
        float64[:, ::1],
        float64[:, ::1],
        int64[::1],
        int64[::1],
        float64,
        float64[::1],
        float64[::1],
    ),
    cache=True,
    nogil=True,
)
def tails_of_equal(start, stop, k, around, centred, value, summed, ordered, order, first, largest, low, high):
    """How many draws reach down to, and up to, the sum around each place; all neighbours weigh 1.

    value : (draws, runs). summed : its sums over the first k draws, (draws + 1, runs); ordered : each row
    of it sorted. order, first : where each place was drawn. Ties count on both sides.
    """
    runs = value.shape[1]
    for i in range(start, stop):
        d = k[i]
        slack = 1e-11 * largest * max(d, 1)
        floor = around[i] - slack
        ceiling = np.nextafter(around[i] + slack, np.inf)
        above = runs - _below(ordered[d], floor)
        below = _below(ordered[d], ceiling)
        for e in range(first[i], first[i + 1]):
            at = order[e] // runs
            if at >= d:
                continue
            r = order[e] % runs
            wrong = summed[d, r]
            right = wrong - centred[i] + value[d, r]
            above += int64(right >= floor) - int64(wrong >= floor)
            below += int64(right < ceiling) - int64(wrong < ceiling)
        low[i] = below
        high[i] = above


@njit(
    void(
        int64,
        int64,
        int64[::1],
        float64[::1],
        float64[::1],
        float64[::1],
        float64[:, ::1],
        int64[::1],
        int64[::1],
        float64,
        float64[::1],
        float64[::1],
    ),
    cache=True,
    nogil=True,
)
def tails_of_any(start, stop, indptr, data, around, centred, value, order, first, largest, low, high):
    """The same for any weights."""
    runs = value.shape[1]
    total = np.empty(runs)
    for i in range(start, stop):
        begin = indptr[i]
        d = indptr[i + 1] - begin
        size = 0.0
        for r in range(runs):
            total[r] = 0.0
        for j in range(d):
            w = data[begin + j]
            size += abs(w)
            row = value[j]
            for r in range(runs):
                total[r] += w * row[r]
        for e in range(first[i], first[i + 1]):
            at = order[e] // runs
            if at < d:
                r = order[e] % runs
                total[r] += data[begin + at] * (value[d, r] - centred[i])
        slack = 1e-11 * largest * size
        floor = around[i] - slack
        ceiling = around[i] + slack
        above = 0
        below = 0
        for r in range(runs):
            above += int64(total[r] >= floor)
            below += int64(total[r] <= ceiling)
        low[i] = below
        high[i] = above


@njit(void(float64[::1], float64[::1], float64[::1], float64, int8[::1]), cache=True, nogil=True)
def quadrants(size, centred, around, slack, out):
    """1 high by high, 2 low by high, 3 low by low, 4 high by low, 0 where either is at the mean."""
    for i in range(centred.size):
        own = centred[i]
        near = around[i]
        if abs(own) <= slack or abs(near) <= slack * size[i]:
            out[i] = 0
        elif near > 0.0:
            out[i] = 1 if own > 0.0 else 2
        else:
            out[i] = 4 if own > 0.0 else 3
