# SPDX-License-Identifier: BSD-3-Clause
"""Compiled loops of risk.py. Imported on first use only; the slow twins stand in the tests."""

import numpy as np
from numba import float64, int64, njit, void


@njit(
    void(
        float64[:, ::1],
        float64[:, ::1],
        int64[::1],
        int64,
        int64,
        float64,
        float64,
        float64,
        float64[::1],
        int64[:, ::1],
        float64[:, ::1],
    ),
    cache=True,
    nogil=True,
)
def gather(cells, features, starts, nx, ny, x0, y0, side, radii, counts, density):
    """Features within each radius of each cell, and the sum of (1 - d2 / r2)^2 over them.

    features are sorted by bucket (side = the largest radius, row by row), starts (nx * ny + 1).
    """
    for i in range(len(cells)):
        x = cells[i, 0]
        y = cells[i, 1]
        bx = int64(np.floor((x - x0) / side))
        by = int64(np.floor((y - y0) / side))
        for j in range(max(by - 1, 0), min(by + 2, ny)):
            first = max(bx - 1, 0)
            last = min(bx + 1, nx - 1)
            if first > last:
                continue
            for f in range(starts[j * nx + first], starts[j * nx + last + 1]):
                dx = features[f, 0] - x
                dy = features[f, 1] - y
                d2 = dx * dx + dy * dy
                for k in range(len(radii)):
                    r2 = radii[k] * radii[k]
                    if d2 <= r2:
                        counts[i, k] += 1
                        near = 1.0 - d2 / r2
                        density[i, k] += near * near


@njit(
    int64(
        float64[:, ::1],
        float64[::1],
        float64[::1],
        float64[::1],
        float64[::1],
        float64,
        int64,
    ),
    cache=True,
    nogil=True,
)
def descend(hessian, slope, beta, first, second, tolerance, rounds):
    """Cyclical coordinate descent on the penalised quadratic, in place.

    Minimises (b - b0)' H (b - b0) / 2 - g' (b - b0) + sum(first |b| + second b^2 / 2); `slope` is g at the
    b0 in `beta` on entry and g - H (b - b0) on return. Returns the rounds needed.
    """
    p = len(beta)
    for turn in range(rounds):
        largest = 0.0
        for j in range(p):
            h = hessian[j, j]
            if h <= 0.0:
                continue
            old = beta[j]
            pull = slope[j] + h * old
            if pull > first[j]:
                new = (pull - first[j]) / (h + second[j])
            elif pull < -first[j]:
                new = (pull + first[j]) / (h + second[j])
            else:
                new = 0.0
            step = new - old
            if step != 0.0:
                beta[j] = new
                for k in range(p):
                    slope[k] -= hessian[k, j] * step
                moved = h * step * step
                if moved > largest:
                    largest = moved
        if largest < tolerance:
            return turn + 1
    return rounds
