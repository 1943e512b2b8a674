# SPDX-License-Identifier: BSD-3-Clause
"""Compiled loops of features.py. Imported on first use only; the slow twins stand in the tests.

Features lie sorted by cells of a grid, row by row, so the cells of a row from one column to another
hold one run of them.
"""

import math

import numpy as np
from numba import boolean, float64, int32, int64, njit, void

_FAR = 3  # rings of cells without a feature: such a place is left to a tree


@njit(int32[:, ::1](int64[::1], int64, int64), cache=True, nogil=True)
def rings_to_fill(first, columns, rows):
    """For each cell, how many rings of cells around it hold no feature (chessboard distance)."""
    far = np.int32(columns + rows)
    out = np.empty((rows, columns), np.int32)
    for r in range(rows):
        for c in range(columns):
            cell = r * columns + c
            here = np.int32(0) if first[cell + 1] > first[cell] else far
            if r > 0:
                for k in range(max(c - 1, 0), min(c + 2, columns)):
                    here = min(here, np.int32(out[r - 1, k] + 1))
            if c > 0:
                here = min(here, np.int32(out[r, c - 1] + 1))
            out[r, c] = here
    for r in range(rows - 1, -1, -1):
        for c in range(columns - 1, -1, -1):
            here = out[r, c]
            if r < rows - 1:
                for k in range(max(c - 1, 0), min(c + 2, columns)):
                    here = min(here, np.int32(out[r + 1, k] + 1))
            if c < columns - 1:
                here = min(here, np.int32(out[r, c + 1] + 1))
            out[r, c] = here
    return out


@njit(
    void(
        float64[:, ::1],
        float64[:, ::1],
        int64[::1],
        float64[::1],
        int64,
        int64,
        int64[::1],
        int32[:, ::1],
        boolean,
        int64,
        int64,
        float64[::1],
        int64[::1],
    ),
    cache=True,
    nogil=True,
)
def nearest(xy, points, order, frame, columns, rows, first, rings, manhattan, start, stop, distance, which):
    """Nearest feature of each place near the grid, ring of cells by ring; which stays -1 for remote ones.

    A ring r cells out lies at least r - 1 cells and the way to the own cell's side away.
    """
    x0 = frame[0]
    y0 = frame[1]
    side = frame[2]
    for i in range(start, stop):
        x = xy[i, 0]
        y = xy[i, 1]
        u = (x - x0) / side
        v = (y - y0) / side
        if u < -4.0 or v < -4.0 or u > columns + 4.0 or v > rows + 4.0:
            continue
        column = min(max(int64(math.floor(u)), 0), columns - 1)
        row = min(max(int64(math.floor(v)), 0), rows - 1)
        ring = int64(rings[row, column])
        if ring > _FAR:
            continue
        # how far into its (nearest) cell the place lies: negative where it lies outside the grid
        inner = min(min(u - column, column + 1 - u), min(v - row, row + 1 - v))
        best = np.inf
        found = int64(-1)
        while True:
            # a hair of slack for the rounding of cells
            if found >= 0:
                bound = (ring - 1 + inner - 1e-9) * side
                if bound > 0.0 and (bound if manhattan else bound * bound) > best:
                    break
            r1 = row - ring
            r2 = row + ring
            c1 = column - ring
            c2 = column + ring
            if r1 < 0 and r2 >= rows and c1 < 0 and c2 >= columns:
                break
            for r in range(max(r1, 0), min(r2, rows - 1) + 1):
                whole = abs(r - row) == ring
                step = 1 if whole or ring == 0 else 2 * ring
                for c in range(c1, c2 + 1, step):
                    if c < 0 or c >= columns:
                        continue
                    cell = r * columns + c
                    for j in range(first[cell], first[cell + 1]):
                        dx = abs(points[j, 0] - x)
                        dy = abs(points[j, 1] - y)
                        apart = dx + dy if manhattan else dx * dx + dy * dy
                        if apart < best or (apart == best and order[j] < found):
                            best = apart
                            found = order[j]
            ring += 1
        if found >= 0:
            which[i] = found
            distance[i] = best if manhattan else math.sqrt(best)


@njit(
    void(
        float64[:, ::1],
        float64[:, ::1],
        float64[::1],
        float64[::1],
        float64[::1],
        int64,
        int64,
        int64[::1],
        float64,
        boolean,
        int64,
        int64,
        float64[::1],
    ),
    cache=True,
    nogil=True,
)
def count_within(xy, points, weight, running, frame, columns, rows, first, within, manhattan, start, stop, out):
    """Weight of the features within the distance: whole runs of cells inside the circle at once, the rest one by one."""
    x0 = frame[0]
    y0 = frame[1]
    side = frame[2]
    limit = within * within
    slack = 1e-6 * side
    for i in range(start, stop):
        x = xy[i, 0]
        y = xy[i, 1]
        r1 = max(int64(math.floor((y - within - y0) / side - 1e-9)), 0)
        r2 = min(int64(math.floor((y + within - y0) / side + 1e-9)), rows - 1)
        total = 0.0
        for r in range(r1, r2 + 1):
            low = y0 + r * side
            high = low + side
            near = max(max(low - y, y - high) - slack, 0.0)
            far = max(abs(y - low), abs(high - y)) + slack
            reach = within - near if manhattan else math.sqrt(max(limit - near * near, 0.0))
            c1 = max(int64(math.floor((x - reach - x0) / side - 1e-9)), 0)
            c2 = min(int64(math.floor((x + reach - x0) / side + 1e-9)), columns - 1)
            if c1 > c2:
                continue
            # columns that lie inside whatever the place in the cell, a hair of slack
            inner = within - far if manhattan else limit - far * far
            d1 = c2 + 1
            d2 = c2
            if inner > 0.0:
                if not manhattan:
                    inner = math.sqrt(inner)
                d1 = max(int64(math.ceil((x - inner - x0) / side + 1e-6)), c1)
                d2 = min(int64(math.floor((x + inner - x0) / side - 1e-6)) - 1, c2)
                if d1 > d2:
                    d1 = c2 + 1
                    d2 = c2
                else:
                    total += running[first[r * columns + d2 + 1]] - running[first[r * columns + d1]]
            for j in range(first[r * columns + c1], first[r * columns + min(d1, c2 + 1)]):
                dx = abs(points[j, 0] - x)
                dy = abs(points[j, 1] - y)
                if (dx + dy <= within) if manhattan else (dx * dx + dy * dy <= limit):
                    total += weight[j]
            for j in range(first[r * columns + d2 + 1], first[r * columns + c2 + 1]):
                dx = abs(points[j, 0] - x)
                dy = abs(points[j, 1] - y)
                if (dx + dy <= within) if manhattan else (dx * dx + dy * dy <= limit):
                    total += weight[j]
        out[i] = total
