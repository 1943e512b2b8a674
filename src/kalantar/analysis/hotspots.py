# SPDX-License-Identifier: BSD-3-Clause
"""Which cells of the map stand out?

Squares over an area, the number of events in each, and whether a square with its neighbours holds
more than the same events would give if they fell on any squares. No seed: p is exact.
"""

from dataclasses import dataclass

import numpy as np

from kalantar.analysis.errors import InputError
from kalantar.analysis.rises import many

FEWEST_CELLS = 25
FEWEST_EVENTS = 10
MOST_CELLS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Squares in metres. Cell (row, column) has its corner at x0 + column * cell_m, y0 + row * cell_m."""

    x0: float
    y0: float
    cell_m: float
    rows: int
    columns: int
    mask: np.ndarray  # bool (rows, columns): the square touches the area

    def cells_of(self, x, y):
        """Row and column of each point, -1 and -1 outside the grid. A point on a side belongs to the
        square on its right or above it."""
        x, y = np.asarray(x, float), np.asarray(y, float)
        with np.errstate(invalid="ignore"):
            column, row = np.floor((x - self.x0) / self.cell_m), np.floor((y - self.y0) / self.cell_m)
            inside = (column >= 0) & (column < self.columns) & (row >= 0) & (row < self.rows)
        row, column = (np.where(inside, v, -1).astype(np.int64) for v in (row, column))
        return row, column

    def centre(self, row, column):
        """x, y of the middle of a cell."""
        return self.x0 + (column + 0.5) * self.cell_m, self.y0 + (row + 0.5) * self.cell_m

    def count(self, x, y):
        """Events in each cell, int array (rows, columns), and how many lie outside the mask."""
        row, column = self.cells_of(x, y)
        inside = row >= 0
        flat = np.bincount(row[inside] * self.columns + column[inside], minlength=self.rows * self.columns)
        counts = flat.reshape(self.rows, self.columns)
        kept = np.where(self.mask, counts, 0)
        return kept, int(len(row) - kept.sum())


def grid_over(area, *, cell_m):
    """Grid of squares that touch an area; corners at whole multiples of cell_m.

    area : shapely geometry in metres (areas.Plane gives them), or (xmin, ymin, xmax, ymax).
    cell_m : float > 0. Side of a square.
    Raises InputError: an empty area, cell_m not above 0, more than a million squares.
    """
    import shapely

    if not (np.isfinite(cell_m) and cell_m > 0):
        raise InputError(f"cell_m must be > 0, got {cell_m}")
    whole = isinstance(area, (tuple, list, np.ndarray))
    bounds = np.asarray(area if whole else shapely.bounds(area), float)
    if bounds.shape != (4,) or not np.isfinite(bounds).all():
        raise InputError("the area is empty or has coordinates that are not finite")
    first = np.floor(bounds[:2] / cell_m)
    last = np.ceil(bounds[2:] / cell_m)
    columns, rows = (int(n) for n in np.maximum(last - first, 1))
    if columns * rows > MOST_CELLS:
        raise InputError(f"{columns * rows} squares of {cell_m} m are too many: take larger squares")
    x0, y0 = first * cell_m
    mask = np.ones((rows, columns), bool)
    if not whole:
        left = x0 + np.arange(columns) * cell_m
        low = y0 + np.arange(rows) * cell_m
        boxes = shapely.box(left[None, :], low[:, None], left[None, :] + cell_m, low[:, None] + cell_m)
        shapely.prepare(area)
        mask = shapely.intersects(area, boxes)
    return Grid(x0=float(x0), y0=float(y0), cell_m=float(cell_m), rows=rows, columns=columns, mask=mask)


@dataclass(frozen=True, kw_only=True)
class HotCells:
    """All cells of the mask, as flat arrays in row order."""

    row: np.ndarray
    column: np.ndarray
    count: np.ndarray  # events in the cell itself
    around: np.ndarray  # events in the cell and its neighbours
    cells: np.ndarray  # how many cells that is, 9 away from the border
    expected: np.ndarray  # of `around`, if the counts lay on any cells
    low: np.ndarray  # usual range of `around`
    high: np.ndarray
    z: np.ndarray  # Gi*
    p_value: np.ndarray  # chance of this many or more around, ties counted
    p_neighbours: np.ndarray  # the same for the neighbours alone, the cell's own count held fixed
    p_adjusted: np.ndarray  # p_value corrected for all cells (Benjamini-Hochberg)
    level: np.ndarray  # 0 as expected or fewer, 1 slightly above, 2 above, 3 far above
    comparisons: int
    events: int
    outside: int  # events given that lie outside the mask
    grid: Grid
    enough: bool
    why_not: str  # "", "too_few_events", "too_few_cells"


def hot_cells(x, y, *, grid, usual=0.95, at=0.05, far_at=0.001):
    """HotCells: where do more events lie together than the same counts on any cells would give?

    x, y : arrays (n,), metres. grid : from grid_over.
    usual : share of chance sums inside the usual range.
    at, far_at : level 2 where p_adjusted <= at; 3 where p_adjusted <= far_at and the sum is at least
        twice the expected; 1 where only the raw p is <= at. Never read level 1 as a finding.

    z is Gi* with binary queen neighbours and the cell itself. p_value is exact: the sum over k cells
    drawn without replacement from all cells with their counts (full randomisation); p_neighbours
    draws the k - 1 neighbours from the other cells and holds the cell's own count (the conditional
    randomisation of esda and spdep, upper tail, ties counted). Read p_value on a map: with
    p_neighbours one crowded cell lights up its neighbours and stays dark itself. One crowded cell
    alone is no hot spot here whatever its z (each count lies in 9 of n sums): repeats.py finds it.
    Neighbouring cells share events, so their p-values are positively dependent; Benjamini-Hochberg
    holds there (Benjamini and Yekutieli 2001). What p cannot know: where nothing can happen. Leave
    such squares out of the mask, or a park will make its neighbours hot.
    Too few to say: fewer than 10 events or 25 cells.
    Sources: Getis and Ord (1992), Geographical Analysis 24, 189-206; Ord and Getis (1995), ibid. 27,
    286-306; randomisation, Cliff and Ord (1981), Spatial Processes, ch. 2.
    Raises InputError: unequal lengths, no cell in the mask.
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    if x.ndim != 1 or x.shape != y.shape:
        raise InputError(f"x and y must be lists of equal length, got {x.shape} and {y.shape}")
    if not grid.mask.any():
        raise InputError("no cell of the grid touches the area")
    if not 0 < usual < 1:
        raise InputError(f"usual must lie between 0 and 1, got {usual}")
    counts, outside = grid.count(x, y)
    row, column = np.nonzero(grid.mask)
    own = counts[row, column]
    around = _around(counts)[row, column]
    cells = _around(grid.mask.astype(np.int64))[row, column]
    n, events = len(own), int(own.sum())
    z = gi_star(around, cells, total=events, total_squares=float((own.astype(float) ** 2).sum()), cells=n)
    p, low, high = _tails_all(own, around, cells, usual)
    p_neighbours = _tails_others(own, around, cells)
    corrected = many(p)
    expected = cells * (events / n)
    level = np.zeros(n, np.int8)
    level[(p <= at) & (around > expected)] = 1
    level[corrected.adjusted <= at] = 2
    level[(corrected.adjusted <= far_at) & (around >= 2 * expected)] = 3
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
        p_adjusted=corrected.adjusted,
        level=level,
        comparisons=corrected.comparisons,
        events=events,
        outside=outside,
        grid=grid,
        enough=not why,
        why_not=why,
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


def _sums(histogram, draws, most):
    """Chance of each sum of d cells drawn without replacement, for d = 0..draws.

    histogram : dict value -> how many cells hold it. most : sums above it are put together in the
    last place. Returns array (draws + 1, most + 2), rows sum to 1.
    The product over values of the generating function sum_j C(h, j) t**j s**(v j); only positive
    numbers are added, so the far tail keeps its digits.
    """
    top = most + 1
    ways = np.zeros((draws + 1, top + 1))
    ways[0, 0] = 1.0
    taken = 0
    for value, cells in histogram.items():
        taken += cells
        fresh = np.zeros_like(ways)
        chance = 1.0
        for j in range(min(draws, cells) + 1):
            if j:
                chance *= (cells - j + 1) / j
            shift = value * j
            if shift == 0:
                fresh[j:] += chance * ways[: draws + 1 - j]
            elif shift >= top:
                fresh[j:, top] += chance * ways[: draws + 1 - j].sum(axis=1)
            else:
                fresh[j:, shift:] += chance * ways[: draws + 1 - j, : top + 1 - shift]
                fresh[j:, top] += chance * ways[: draws + 1 - j, top + 1 - shift :].sum(axis=1)
        ways = fresh
    total = ways.sum(axis=1, keepdims=True)
    return np.divide(ways, total, out=np.zeros_like(ways), where=total > 0)


def _upper(table):
    """P(sum >= s) from P(sum = s), summed from the far end."""
    return np.minimum(np.cumsum(table[:, ::-1], axis=1)[:, ::-1], 1.0)


def _histogram(own):
    values, cells = np.unique(own, return_counts=True)
    return dict(zip(values.tolist(), cells.tolist()))


def _tails_all(own, around, cells, usual):
    table = _sums(_histogram(own), int(cells.max()), int(around.max()))
    upper = _upper(table)
    half = (1 - usual) / 2
    below = np.cumsum(table, axis=1)
    # a hair of slack: a cumulative sum may miss its bound by rounding
    lows = (below >= half - 1e-12).argmax(axis=1)
    highs = (below >= 1 - half - 1e-12).argmax(axis=1)
    return upper[cells, around], lows[cells], highs[cells]


def _tails_others(own, around, cells):
    histogram = _histogram(own)
    p = np.ones(len(own))
    rest = around - own
    for value in histogram:
        here = own == value
        others = {v: h - (v == value) for v, h in histogram.items() if h - (v == value) > 0}
        upper = _upper(_sums(others, int(cells[here].max()) - 1, int(rest[here].max())))
        p[here] = upper[cells[here] - 1, rest[here]]
    return p
