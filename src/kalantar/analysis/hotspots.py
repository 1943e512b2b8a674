# SPDX-License-Identifier: BSD-3-Clause
"""Which cells of the map stand out?

Squares over an area, the number of events in each, and whether a square with its neighbours holds
more than the same events would give if they fell on any squares. No seed: p is exact.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import special
from scipy.stats import binom

from kalantar.analysis import _exact, pictures
from kalantar.analysis.errors import InputError
from kalantar.analysis.grids import MOST_CELLS, Grid, grid_over
from kalantar.analysis.results import Result
from kalantar.analysis.rises import many

__all__ = ["MOST_CELLS", "Grid", "HotCells", "gi_star", "gi_star_of", "grid_over", "hot_cells"]

FEWEST_CELLS = 25
FEWEST_EVENTS = 10
_MOST_WORK = 2e10  # multiply-adds of the exact tables: about half a minute
_ALIKE = 1e7  # shapes above this: a beta-binomial is a binomial to eight digits


@dataclass(frozen=True, kw_only=True)
class HotCells(Result):
    """All cells of the mask, as flat arrays in row order."""

    columns: ClassVar = (
        "row",
        "column",
        "count",
        "around",
        "cells",
        "expected",
        "low",
        "high",
        "z",
        "p_value",
        "p_neighbours",
        "p_adjusted",
        "level",
    )
    row: np.ndarray
    column: np.ndarray
    count: np.ndarray  # events in the cell itself
    around: np.ndarray  # events in the cell and its neighbours
    cells: np.ndarray  # how many cells that is, 9 away from the border
    expected: np.ndarray  # of `around`, by method
    low: np.ndarray  # usual range of `around`
    high: np.ndarray
    z: np.ndarray  # Gi*; with exposure (around - expected) / spread
    p_value: np.ndarray  # chance of this many or more around, ties counted
    p_neighbours: np.ndarray  # the same for the neighbours alone, the cell's own count held fixed
    p_adjusted: np.ndarray  # p_value corrected for all cells (Benjamini-Hochberg)
    level: np.ndarray  # 0 as expected or fewer, 1 slightly above, 2 above, 3 far above
    comparisons: int
    events: int
    outside: int  # events given that lie outside the mask, or where the exposure is 0
    grid: Grid
    enough: bool
    why_not: str  # "", "too_few_events", "too_few_cells"
    method: str = "any_cell"  # what chance would do: the counts on "any_cell", or events by "exposure"
    overdispersion: float = 1.0  # with exposure: variance over what independent events would make
    usual: float = 0.95  # share of chance sums from low to high

    def pictures(self):
        x, y = self.grid.corner(self.row, self.column)
        ratio = np.divide(self.around, self.expected, out=np.zeros(len(x)), where=self.expected > 0)
        cells = pictures.Cells(
            x=x, y=y, size_m=self.grid.cell_m, values=ratio, name="times as usual", marked=self.level >= 2
        )
        return (pictures.Map(title="Hot cells", layers=(cells,), value_label="times as usual"),)


def hot_cells(x, y=None, *, grid, exposure=None, usual=0.95, at=0.05, far_at=0.001):
    """HotCells: where do more events lie together than chance would put there?

    x, y : arrays (n,), metres; or one array (n, 2) alone. grid : from grid_over.
    exposure : array (rows, columns) of the grid, 0 or more: what could be hit (dwellings, shops,
        street length, people). Give it where you have it: it matters more than the statistic, a
        busy street is not a hot spot. A cell with exposure 0 takes no part.
    usual : share of chance sums inside the usual range.
    at, far_at : level 2 where p_adjusted <= at; 3 where p_adjusted <= far_at and the sum is at least
        twice the expected; 1 where only the raw p is <= at. Never read level 1 as a finding.

    Without exposure (method "any_cell"): z is Gi* with binary queen neighbours and the cell itself.
    p_value is exact: the sum over k cells drawn without replacement from all cells with their counts
    (full randomisation); p_neighbours draws the k - 1 neighbours from the other cells and holds the
    cell's own count (the conditional randomisation of esda and spdep, upper tail, ties counted). Read
    p_value on a map: with p_neighbours one crowded cell lights up its neighbours and stays dark itself.
    One crowded cell alone is no hot spot here whatever its z (each count lies in 9 of n sums):
    repeats.py finds it. What p cannot know: where nothing can happen. Leave such squares out of the
    mask, or a park will make its neighbours hot.

    With exposure (method "exposure"): expected is proportional to the exposure of the cells around.
    Events that come in bunches make cells differ more than chance; that is measured over the whole
    area (variance over mean, never below 1) and the counts are Dirichlet-multinomial, so each sum
    is beta-binomial and p is its exact tail; binomial where there is no overdispersion.

    Neighbouring cells share events, so their p-values are positively dependent; Benjamini-Hochberg
    holds there (Benjamini and Yekutieli 2001). Says where, not why, and nothing of anybody there.
    Too few to say: fewer than 10 events or 25 cells.
    Sources: Getis and Ord (1992), Geographical Analysis 24, 189-206; Ord and Getis (1995), ibid. 27,
    286-306; randomisation, Cliff and Ord (1981), Spatial Processes, ch. 2; Mosimann (1962),
    Biometrika 49, 65-82.
    Raises InputError: unequal lengths, no cell in the mask, exposure that does not fit the grid, millions of
        events in few cells without exposure.
    """
    x, y = _two(x, y)
    if not grid.mask.any():
        raise InputError("no cell of the grid touches the area")
    if not 0 < usual < 1:
        raise InputError(f"usual must lie between 0 and 1, got {usual}")
    size = _checked_exposure(exposure, grid)
    mask = grid.mask if size is None else grid.mask & (size > 0)
    counts, outside = grid.count(x, y)
    outside += int(counts[~mask].sum())
    counts = np.where(mask, counts, 0)
    row, column = np.nonzero(grid.mask)
    own = counts[row, column]
    around = _around(counts)[row, column]
    cells = _around(mask.astype(np.int64))[row, column]
    part = mask[row, column]
    n, events = int(part.sum()), int(own.sum())
    spread = 1.0
    if size is None:
        if _exact.work(own, int(cells.max()), int(around.max(initial=0))) > _MOST_WORK:
            raise InputError(
                f"{events} events in {n} cells are too many for exact chances without exposure: take smaller cells "
                "or a shorter time, or give exposure"
            )
        expected = cells * (events / n)
        z = gi_star(around, cells, total=events, total_squares=float((own.astype(float) ** 2).sum()), cells=n)
        p, low, high = _tails_all(own, around, cells, usual)
        p_neighbours = _exact.tails_others(own, around - own, cells - 1)[1]
    else:
        own_share = np.where(mask, size, 0.0) / size[mask].sum()
        share = np.minimum(_around(own_share)[row, column], 1.0)
        own_share = own_share[row, column]
        spread = _overdispersion(own, own_share)
        expected = share * events
        z, p, low, high, p_neighbours = _by_exposure(own, around, own_share, share, events, spread, usual)
    z, p, p_neighbours = (np.where(part, v, other) for v, other in ((z, np.nan), (p, 1.0), (p_neighbours, 1.0)))
    corrected = many(np.where(part, p, np.nan))
    adjusted = np.where(part, corrected.adjusted, 1.0)
    level = np.zeros(len(row), np.int8)
    level[part & (p <= at) & (around > expected)] = 1
    level[part & (adjusted <= at)] = 2
    level[part & (adjusted <= far_at) & (around >= 2 * expected)] = 3
    why = "too_few_events" if events < FEWEST_EVENTS else "too_few_cells" if n < FEWEST_CELLS else ""
    if why:
        level[:] = 0
    return HotCells(
        row=row,
        column=column,
        count=own,
        around=around,
        cells=cells,
        expected=expected,
        low=low,
        high=high,
        z=z,
        p_value=p,
        p_neighbours=p_neighbours,
        p_adjusted=adjusted,
        level=level,
        comparisons=corrected.comparisons,
        events=events,
        outside=outside,
        grid=grid,
        enough=not why,
        why_not=why,
        method="any_cell" if size is None else "exposure",
        overdispersion=spread,
        usual=usual,
    )


def gi_star(around, neighbours, *, total, total_squares, cells):
    """z of Gi* with binary weights, array. nan where all values are equal or all cells are neighbours.

    around : sum over a place and its neighbours. neighbours : how many that is, the place included.
    total, total_squares, cells : sum of all values, of their squares, and their number.
    Source: Ord and Getis (1995), Geographical Analysis 27, 286-306, eq. 14.5.
    """
    k = np.asarray(neighbours, float)
    mean = total / cells
    spread = max(total_squares / cells - mean**2, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        below = np.sqrt(spread * (cells * k - k * k) / (cells - 1))
        return np.where(below > 0, (np.asarray(around, float) - mean * k) / below, np.nan)


def gi_star_of(values, pairs):
    """z of Gi* for any places. pairs : int array (m, 2), each neighbouring pair once; a place is its own
    neighbour without being named. Raises InputError: a pair names no place, or a place itself."""
    values, pairs = np.asarray(values, float), np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
    n = len(values)
    if pairs.size and (pairs.min() < 0 or pairs.max() >= n or (pairs[:, 0] == pairs[:, 1]).any()):
        raise InputError("a pair must name two different places by their positions")
    a, b = pairs.T
    around = values + np.bincount(a, values[b], n) + np.bincount(b, values[a], n)
    k = 1 + np.bincount(a, minlength=n) + np.bincount(b, minlength=n)
    return gi_star(around, k, total=values.sum(), total_squares=(values**2).sum(), cells=n)


# -- inside ------------------------------------------------------------------------------------


def _around(counts):
    """Sum over each cell and its eight neighbours."""
    wide = np.zeros((counts.shape[0] + 2, counts.shape[1] + 2), counts.dtype)
    wide[1:-1, 1:-1] = counts
    lines = wide[:, :-2] + wide[:, 1:-1] + wide[:, 2:]
    return lines[:-2] + lines[1:-1] + lines[2:]


def _two(x, y):
    if y is None:
        xy = np.asarray(x, float)
        if xy.ndim != 2 or xy.shape[1] != 2:
            raise InputError(f"give x and y, or one array of shape (n, 2), got {xy.shape}")
        return xy[:, 0], xy[:, 1]
    x, y = np.asarray(x, float), np.asarray(y, float)
    if x.ndim != 1 or x.shape != y.shape:
        raise InputError(f"x and y must be lists of equal length, got {x.shape} and {y.shape}")
    return x, y


def _checked_exposure(exposure, grid):
    if exposure is None:
        return None
    size = np.asarray(exposure, float)
    if size.shape != grid.mask.shape:
        raise InputError(f"exposure must be of the grid's shape {grid.mask.shape}, got {size.shape}")
    size = np.where(grid.mask, size, 0.0)
    if not np.isfinite(size).all() or (size < 0).any():
        row, column = np.argwhere(~(np.isfinite(size) & (size >= 0)))[0]
        raise InputError(
            f"exposure of cell {row}, {column} must be 0 or more and known: leave the cell out of the mask"
        )
    if not (size > 0).any():
        raise InputError("exposure is 0 everywhere: give at least one cell that can be hit")
    return size


def _tails_all(own, around, cells, usual):
    values, held = _exact.histogram(own)
    table = _exact.sums(values, held, draws=int(cells.max()), most=int(around.max()))
    below, upper = _exact.both_tails(table)
    half = (1 - usual) / 2
    # a hair of slack: a cumulative sum may miss its bound by rounding
    lows = (below >= half - 1e-12).argmax(axis=1)
    highs = (below >= 1 - half - 1e-12).argmax(axis=1)
    return upper[cells, around], lows[cells], highs[cells]


def _overdispersion(own, share):
    """Variance of the cells' counts over that of independent events, never below 1.

    The sum of squares is put over its expectation as a whole, so that a cell with hardly any
    exposure does not decide.
    """
    events = own.sum()
    room = events * (share * (1 - share)).sum()
    if room <= 0:
        return 1.0
    # not above the number of events: then all would lie in one cell
    return float(np.clip(((own - events * share) ** 2).sum() / room, 1.0, max(events, 1)))


def _by_exposure(own, around, own_share, share, events, spread, usual):
    precision = (events - spread) / (spread - 1) if spread > 1 else np.inf
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (around - events * share) / np.sqrt(spread * events * share * (1 - share))
    z = np.where(np.isfinite(z), z, np.nan)
    half = (1 - usual) / 2
    whole = np.full(len(own), events, np.int64)
    p = _upper(around, whole, share, precision)
    low, high = (_lowest(whole, share, precision, q) for q in (half, 1 - half))
    others = np.clip((share - own_share) / np.maximum(1 - own_share, 1e-300), 0.0, 1.0)
    p_neighbours = _upper(around - own, whole - own, others, precision * (1 - own_share))
    return z, p, low, high, p_neighbours


def _upper(k, n, share, precision):
    """P(k or more of n) when the share of each wavers with this precision."""
    k, n = np.ascontiguousarray(k, np.int64), np.ascontiguousarray(n, np.int64)
    precision = np.broadcast_to(np.asarray(precision, float), k.shape)
    if precision.min(initial=np.inf) > _ALIKE:
        p = special.betainc(np.maximum(k, 1), np.maximum(n - k + 1, 1e-300), share)
        return np.where(k <= 0, 1.0, np.where(k > n, 0.0, p))
    out = np.empty(len(k))
    _kernels().upper_tails(k, n, share * precision, np.ascontiguousarray((1 - share) * precision), out)
    return out


def _lowest(n, share, precision, q):
    """Smallest k that at most k of n reaches with chance q."""
    if precision > _ALIKE:
        return binom.ppf(q, n, share).astype(np.int64)
    out = np.empty(len(n), np.int64)
    _kernels().quantiles(n, share * precision, (1 - share) * precision, q, out)
    return out


def _kernels():
    from kalantar.analysis import _hotspots_kernels

    return _hotspots_kernels
