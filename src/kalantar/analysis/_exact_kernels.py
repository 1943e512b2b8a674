# SPDX-License-Identifier: BSD-3-Clause
"""Compiled loops of _exact.py. Imported on first use only; the slow twin stands in the tests."""

from numba import float64, int64, njit, void


@njit(void(float64[:, ::1], int64, int64, float64), cache=True, nogil=True)
def draw_from(ways, value, cells, scale):
    """Let the d ordered draws also come from `cells` cells that each hold `value`, in place.

    ways : (draws + 1, sums + 1) chance-like weight of each sum of d draws; the last place pools all
    larger sums. scale : number of all cells; it keeps the weights near 1 whatever d.
    """
    draws = ways.shape[0] - 1
    top = ways.shape[1] - 1
    for d in range(draws, 0, -1):
        here = ways[d]
        weight = 1.0
        for j in range(1, min(d, cells) + 1):
            # C(d, j) places among the draws, (cells)_j / scale**j ways to fill them
            weight *= (d - j + 1) / j * ((cells - j + 1) / scale)
            fewer = ways[d - j]
            shift = value * j
            if shift >= top:
                total = 0.0
                for s in range(top + 1):
                    total += fewer[s]
                here[top] += weight * total
            else:
                for s in range(top - shift):
                    here[s + shift] += weight * fewer[s]
                total = 0.0
                for s in range(top - shift, top + 1):
                    total += fewer[s]
                here[top] += weight * total
