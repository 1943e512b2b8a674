# SPDX-License-Identifier: BSD-3-Clause
"""Exact chances of the sum of k counts drawn without replacement. Used by hotspots and autocorrelation.

The sum of k neighbours drawn from the other cells depends only on k and on the cell's own count,
so thousands of cells share a few dozen tables: no seed, no Monte Carlo error, ties exact.
A table is the product over the distinct counts v, each held by h cells, of sum_j C(h, j) t**j s**(v j).
Only positive numbers are added, so the far tail keeps its digits.
"""

import numpy as np

MOST_WORK = 3e9  # multiply-adds; about two seconds


def histogram(own):
    """Distinct counts and how many cells hold each, two int arrays."""
    values, cells = np.unique(np.asarray(own, np.int64), return_counts=True)
    return values, cells.astype(np.int64)


def work(own, draws, most):
    """Multiply-adds that tails_others would take, roughly."""
    values, cells = histogram(own)
    steps = np.minimum(cells, draws) * (draws + 1.0 - np.minimum(cells, draws) / 2)
    return float(steps.sum() * max(np.ceil(np.log2(max(len(values), 2))), 1) * (most + 2))


def sums(values, cells, *, draws, most):
    """Chance of each sum of d cells, for d = 0..draws: array (draws + 1, most + 2), rows sum to 1.

    Sums above `most` are put together in the last place. A row with more draws than cells is all 0.
    """
    ways = _nothing_drawn(draws, most)
    for value, held in zip(values.tolist(), cells.tolist()):
        _kernels().draw_from(ways, value, held, float(cells.sum()))
    return _normalised(ways)


def both_tails(table):
    """P(sum <= s) and P(sum >= s) from P(sum = s), each summed from its far end."""
    low = np.minimum(np.cumsum(table, axis=1), 1.0)
    high = np.minimum(np.cumsum(table[:, ::-1], axis=1)[:, ::-1], 1.0)
    low[:, -1] = high[:, 0] = 1.0  # certain, whatever the last digit of the sum
    return low, high


def tails_others(own, rest, draws):
    """p_low, p_high of each cell: chance that `draws` other cells sum to at most, at least `rest`.

    own, rest, draws : int arrays (n,), counts of the cells, sums over their neighbours, and how many
    those are (0 draws: both chances are 1).
    """
    values, cells = histogram(own)
    p_low, p_high = np.ones(len(own)), np.ones(len(own))
    at = np.searchsorted(values, own)
    order = np.argsort(at, kind="stable")
    first = np.searchsorted(at[order], np.arange(len(values) + 1))
    others = float(len(own) - 1)
    kernels = _kernels()

    def leave_one_out(low, high, ways):
        """`ways` holds the product over all values but those from low to high."""
        if high - low == 1:
            kernels.draw_from(ways, int(values[low]), int(cells[low]) - 1, others)
            here = order[first[low] : first[low + 1]]
            below, above = both_tails(_normalised(ways))
            p_low[here] = below[draws[here], rest[here]]
            p_high[here] = above[draws[here], rest[here]]
            return
        middle = (low + high) // 2
        for start, stop, absent in ((low, middle, range(middle, high)), (middle, high, range(low, middle))):
            part = ways.copy()
            for j in absent:
                kernels.draw_from(part, int(values[j]), int(cells[j]), others)
            leave_one_out(start, stop, part)

    if len(own) > 1:
        leave_one_out(0, len(values), _nothing_drawn(int(draws.max(initial=0)), int(rest.max(initial=0))))
    return p_low, p_high


def _nothing_drawn(draws, most):
    ways = np.zeros((draws + 1, most + 2))
    ways[0, 0] = 1.0
    return ways


def _normalised(ways):
    total = ways.sum(axis=1, keepdims=True)
    return np.divide(ways, total, out=np.zeros_like(ways), where=total > 0)


def _kernels():
    from kalantar.analysis import _exact_kernels

    return _exact_kernels
