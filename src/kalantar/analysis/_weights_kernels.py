# SPDX-License-Identifier: BSD-3-Clause
"""Compiled loops of weights.py. Imported on first use only; the slow twin stands in the tests."""

from numba import boolean, float64, int32, int64, njit, void


@njit(void(int64[::1], int32[::1], float64[::1], float64[::1], float64[::1]), cache=True, nogil=True)
def lag(indptr, indices, data, values, out):
    """Weighted sum over the neighbours."""
    for i in range(out.size):
        total = 0.0
        for j in range(indptr[i], indptr[i + 1]):
            total += data[j] * values[indices[j]]
        out[i] = total


@njit(int64(boolean[:, ::1], int64[:, ::1], boolean, int64[::1], int32[::1]), cache=True, nogil=True)
def grid_neighbours(mask, number, queen, indptr, indices):
    """Neighbours of each cell of the mask, in row order; returns how many in all."""
    rows, columns = mask.shape
    used = 0
    place = 0
    for r in range(rows):
        for c in range(columns):
            if not mask[r, c]:
                continue
            for dr in range(-1, 2):
                for dc in range(-1, 2):
                    if (dr == 0 and dc == 0) or (not queen and dr != 0 and dc != 0):
                        continue
                    y = r + dr
                    x = c + dc
                    if 0 <= y < rows and 0 <= x < columns and mask[y, x]:
                        indices[used] = number[y, x]
                        used += 1
            place += 1
            indptr[place] = used
    return used
