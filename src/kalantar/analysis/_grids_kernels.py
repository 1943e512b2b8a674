# SPDX-License-Identifier: BSD-3-Clause
"""Compiled loops of grids.py. Imported on first use only; the slow twin stands in the tests."""

from numba import float64, int64, njit, types

_LIST = types.Array(float64, 1, "A", readonly=True)


@njit(int64(_LIST, _LIST, float64, float64, float64, int64[:, ::1]), cache=True, nogil=True)
def count_squares(x, y, x0, y0, cell, counts):
    """Add each point to its square; returns how many lie on the grid. nan lies nowhere."""
    rows, columns = counts.shape
    flat = counts.reshape(-1)
    inside = 0
    # one division an axis, as cells_of does it: a product with 1 / cell may round to the other side
    for i in range(x.size):
        u = (x[i] - x0) / cell
        v = (y[i] - y0) / cell
        if u >= 0.0 and v >= 0.0 and u < columns and v < rows:
            flat[int64(v) * columns + int64(u)] += 1
            inside += 1
    return inside
