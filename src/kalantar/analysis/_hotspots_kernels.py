# SPDX-License-Identifier: BSD-3-Clause
"""Compiled loops of hotspots.py. Imported on first use only; the slow twin stands in the tests."""

import math

from numba import float64, int64, njit, void


@njit(float64(int64, int64, float64, float64), cache=True, nogil=True)
def _chance(k, n, a, b):
    """P(k of n) of a beta-binomial with shapes a, b."""
    ways = math.lgamma(n + 1.0) - math.lgamma(k + 1.0) - math.lgamma(n - k + 1.0)
    above = math.lgamma(k + a) + math.lgamma(n - k + b) - math.lgamma(n + a + b)
    return math.exp(ways + above + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b))


@njit(void(int64[::1], int64[::1], float64[::1], float64[::1], float64[::1]), cache=True, nogil=True)
def upper_tails(k, n, a, b, out):
    """P(k or more of n), each place its own beta-binomial."""
    for i in range(k.size):
        if k[i] <= 0 or n[i] <= 0:
            out[i] = 1.0
            continue
        if a[i] <= 0.0 or b[i] <= 0.0:
            out[i] = 1.0 if b[i] <= 0.0 else 0.0
            continue
        j = k[i]
        upwards = j >= n[i] * a[i] / (a[i] + b[i])
        if not upwards:
            j -= 1
        term = _chance(j, n[i], a[i], b[i])
        total = term
        if upwards:
            while j < n[i] and term > total * 1e-17:
                term *= (n[i] - j) * (j + a[i]) / ((j + 1.0) * (n[i] - j - 1.0 + b[i]))
                total += term
                j += 1
            out[i] = min(total, 1.0)
        else:
            while j > 0 and term > total * 1e-17:
                term *= j * (n[i] - j + b[i]) / ((n[i] - j + 1.0) * (j - 1.0 + a[i]))
                total += term
                j -= 1
            out[i] = max(1.0 - total, 0.0)


@njit(void(int64[::1], float64[::1], float64[::1], float64, int64[::1]), cache=True, nogil=True)
def quantiles(n, a, b, share, out):
    """Smallest k with P(at most k of n) >= share."""
    for i in range(n.size):
        if n[i] <= 0 or a[i] <= 0.0:
            out[i] = 0
            continue
        if b[i] <= 0.0:
            out[i] = n[i]
            continue
        k = int64(n[i] * a[i] / (a[i] + b[i]))
        chance = _chance(k, n[i], a[i], b[i])
        below = chance
        term = chance
        j = k
        while j > 0 and term > below * 1e-17:
            term *= j * (n[i] - j + b[i]) / ((n[i] - j + 1.0) * (j - 1.0 + a[i]))
            below += term
            j -= 1
        if below >= share:
            # step down while one fewer still reaches the share
            while k > 0 and below - chance >= share:
                below -= chance
                chance *= k * (n[i] - k + b[i]) / ((n[i] - k + 1.0) * (k - 1.0 + a[i]))
                k -= 1
        else:
            while k < n[i] and below < share:
                chance *= (n[i] - k) * (k + a[i]) / ((k + 1.0) * (n[i] - k - 1.0 + b[i]))
                below += chance
                k += 1
        out[i] = k
