# SPDX-License-Identifier: BSD-3-Clause
"""How dense do events lie?

A Gaussian surface on a grid, exact: each event counts from where it lies, not from the middle of a
bin. A picture of where events lay. It has no test in it: a dark patch may be chance, or only where
the homes are (hotspots.hot_cells asks that).
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from kalantar.analysis import checks, pictures
from kalantar.analysis.errors import InputError
from kalantar.analysis.grids import Grid, shares_inside
from kalantar.analysis.results import Result

CUT = 7.0  # bandwidths; what lies beyond adds less than 1e-8 of the peak
FEWEST_EVENTS = 10
_RULES = ("scott", "robust", "likelihood")
_MOST_FOR_LIKELIHOOD = 2_000


@dataclass(frozen=True, kw_only=True)
class Bandwidth(Result):
    """How far one event reaches: the standard deviation of its Gaussian, in metres."""

    bandwidth_m: float
    rule: str
    events: int
    spread_m: float  # standard deviation of the events, both axes together, as the rule takes it
    tried_m: np.ndarray  # "likelihood": the bandwidths compared
    score: np.ndarray  # and the mean log density of each event from all others


def bandwidth(xy, *, rule="scott", as_metres=False):
    """Bandwidth by a rule, one for both axes.

    xy : array (n, 2), metres, at least two different places.
    rule : "scott": n**(-1/6) times the root mean square of both standard deviations (for two
        dimensions Silverman's rule is the same); "robust": the same with min(standard deviation,
        interquartile range / 1.349), so that a few remote events do not widen it; "likelihood": the
        bandwidth under which each event is best foreseen from all others, of 30 between a 30th of
        and twice Scott's (of more than 2,000 events, as many evenly taken along the map, and the answer
        drawn in by (2,000 / n)**(1/6), as all these rules shrink).
    The rules suppose one broad cloud; a town has many centres, so both first ones are too smooth
    there. Say which you took.
    Sources: Scott (1992), Multivariate Density Estimation, eq. 6.42; Silverman (1986), Density
    Estimation, 86-87 and 52-55.
    Raises InputError: fewer than two places, a missing place, wrong rule.
    """
    checks.one_of(rule, "rule", _RULES)
    xy = checks.points(xy, fewest=2, as_metres=as_metres)
    n = len(xy)
    spread = xy.std(axis=0, ddof=1)
    if rule == "robust":
        low, high = np.quantile(xy, [0.25, 0.75], axis=0)
        quartiles = (high - low) / 1.3489795003921634
        spread = np.where(quartiles > 0, np.minimum(spread, quartiles), spread)
    size = float(np.sqrt((spread**2).mean()))
    if size == 0:
        raise InputError("all events lie at one place: no rule can tell how far they reach, give bandwidth_m")
    chosen = size * n ** (-1 / 6)
    tried = score = np.zeros(0)
    if rule == "likelihood":
        tried = chosen * np.geomspace(1 / 30, 2, 30)
        score, used = _foreseen(xy, tried)
        chosen = float(tried[np.argmax(score)]) * (used / n) ** (1 / 6)
    return Bandwidth(bandwidth_m=chosen, rule=rule, events=n, spread_m=size, tried_m=tried, score=score)


@dataclass(frozen=True, kw_only=True)
class Density(Result):
    """Events per square kilometre in the middle of each square of the area, in row order."""

    columns: ClassVar = ("row", "column", "x", "y", "per_km2")
    row: np.ndarray
    column: np.ndarray
    x: np.ndarray
    y: np.ndarray
    per_km2: np.ndarray
    bandwidth_m: float
    rule: str  # how the bandwidth was found: "given", "scott", "robust", "likelihood"
    edge: str
    cut: float  # bandwidths; nan: none
    events: int  # that counted
    outside: int  # events left out: with edge correction, those outside the area
    total: float  # sum over the area of density times area: the events (or weight) it stands for
    grid: Grid
    enough: bool
    why_not: str  # "", "too_few_events"

    def image(self):
        """The surface as an array (rows, columns), nan outside the area."""
        out = np.full(self.grid.mask.shape, np.nan)
        out[self.row, self.column] = self.per_km2
        return out

    def pictures(self):
        half = self.grid.cell_m / 2
        cells = pictures.Cells(
            x=self.x - half, y=self.y - half, size_m=self.grid.cell_m, values=self.per_km2, name="events per km2"
        )
        return (pictures.Map(title="Density of events", layers=(cells,), value_label="events per km2"),)


def density(xy, *, grid, bandwidth_m="scott", weight=None, edge="none", area=None, cut=CUT, cores=1, as_metres=False):
    """Density: events per square kilometre by an exact Gaussian kernel.

    xy : array (n, 2), metres. weight : array (n,), 0 or more, or None: each event counts 1.
    grid : from grids.grid_over or grid_of; the surface is read in the middle of each square.
    bandwidth_m : float > 0, or a rule of `bandwidth`. The grid should be finer than it.
    edge : "none": what would fall outside the area is lost, and events outside add; "area": each event
        of the area is spread over the area only, so the surface sums to the events exactly (Jones
        1993); "area_flat": divided by the share of the kernel inside the area at each place, so that evenly
        spread events give an even surface (Diggle 1985), but the sum is only near.
    area : shapely polygon in the grid's metres: squares on its border then count with the share of
        them that lies inside. Without it the grid's mask is the area.
    cut : how many bandwidths an event reaches at least; 7 leaves an error below 1e-8 of the peak.
        None: everywhere.
    cores : threads; the answer is the same to the last bit whatever their number.
    Too few to say anything: fewer than 10 events. The surface is given all the same.
    Sources: Silverman (1986), Density Estimation; Diggle (1985), Applied Statistics 34, 138-147; Jones
    (1993), Statistics and Computing 3, 135-146.
    Raises InputError: a missing place, a weight below 0, bandwidth not above 0, wrong option.
    """
    checks.one_of(edge, "edge", ("none", "area", "area_flat"))
    xy = checks.points(xy, as_metres=as_metres)
    mass = np.ones(len(xy)) if weight is None else checks.numbers(weight, "weight", rows=len(xy))
    if (mass < 0).any():
        raise InputError(f"weight row {int(np.argmax(mass < 0))} is below 0: a weight must be 0 or more")
    if isinstance(bandwidth_m, str):
        rule = checks.one_of(bandwidth_m, "bandwidth_m", _RULES)
        h = bandwidth(xy, rule=rule, as_metres=True).bandwidth_m
    else:
        rule, h = "given", checks.positive(bandwidth_m, "bandwidth_m")
    if cut is not None:
        cut = checks.positive(cut, "cut")
    cores = checks.whole(cores, "cores")
    share = grid.mask.astype(float) if area is None else shares_inside(grid, area)
    events = len(xy)
    if edge != "none":
        row, column = grid.cells_of(xy[:, 0], xy[:, 1])
        inside = (row >= 0) & (share[row, column] > 0)
        xy, mass = xy[inside], mass[inside]
    kept = len(xy)
    side = grid.cell_m
    scale = 1e6 / (2 * np.pi * h * h)
    if edge == "area":
        reached = _kernel_mass(xy, grid, share, h, cut, cores) * (side**2 / (2 * np.pi * h * h))
        mass = np.divide(mass, reached, out=np.zeros(kept), where=reached > 0)
    surface = _surface(xy, mass, grid, h, cut, cores) * scale
    if edge == "area_flat":
        held = _smoothed(share, side / h, cut) * (side**2 / (2 * np.pi * h * h))
        surface = np.divide(surface, held, out=np.zeros_like(surface), where=held > 0)
    row, column = np.nonzero(grid.mask)
    x, y = grid.centre(row, column)
    why = "too_few_events" if kept < FEWEST_EVENTS else ""
    return Density(
        row=row,
        column=column,
        x=x,
        y=y,
        per_km2=surface[row, column],
        bandwidth_m=h,
        rule=rule,
        edge=edge,
        cut=float("nan") if cut is None else cut,
        events=kept,
        outside=events - kept,
        total=float((surface * share).sum() * side**2 / 1e6),
        grid=grid,
        enough=not why,
        why_not=why,
    )


# -- inside ------------------------------------------------------------------------------------


def _kernels():
    from kalantar.analysis import _density_kernels

    return _density_kernels


def _reach(grid, step, cut):
    """Squares an event reaches to each side of its own."""
    whole = max(grid.rows, grid.columns)
    return whole if cut is None else int(min(np.ceil(cut / step) + 1, whole))


def _blocks(xy, grid, reach):
    """Events that reach the grid, ordered by blocks of squares: their order, and where each block starts."""
    u = (xy[:, 0] - grid.x0) / grid.cell_m
    v = (xy[:, 1] - grid.y0) / grid.cell_m
    near = (u > -reach) & (u < grid.columns + reach) & (v > -reach) & (v < grid.rows + reach)
    at = np.flatnonzero(near)
    side = int(np.clip(reach // 3, 1, 24))
    block_row, block_column = (np.floor(w[at] / side).astype(np.int64) for w in (v, u))
    across = int(np.ceil((grid.columns + 2 * reach) / side)) + 2
    key = block_row * across + block_column
    order = np.argsort(key, kind="stable")
    key = key[order]
    first = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]])) if len(key) else np.zeros(0, np.int64)
    first = np.append(first, len(key)).astype(np.int64)
    order = at[order]
    corner = np.column_stack([block_row, block_column])[np.searchsorted(at, order[first[:-1]])] * side
    return u[order], v[order], order, first, np.ascontiguousarray(corner), side


def _surface(xy, mass, grid, h, cut, cores):
    step = grid.cell_m / h
    reach = _reach(grid, step, cut)
    out = np.zeros((grid.rows, grid.columns))
    u, v, order, first, corner, side = _blocks(xy, grid, reach)
    spread = _kernels().spread
    parts = np.linspace(0, grid.rows, min(cores, grid.rows) + 1).astype(int)

    def run(low, high):
        spread(u, v, mass[order], first, corner, side, reach, step, out, low, high)

    _in_parts(run, parts)
    return out


def _kernel_mass(xy, grid, share, h, cut, cores):
    """Sum of the kernel of each event over the squares of the area, by their shares."""
    step = grid.cell_m / h
    out = np.zeros(len(xy))
    summed = np.zeros((grid.rows + 1, grid.columns + 1))
    np.cumsum(np.cumsum(share, axis=0), axis=1, out=summed[1:, 1:])
    u = (xy[:, 0] - grid.x0) / grid.cell_m
    v = (xy[:, 1] - grid.y0) / grid.cell_m
    reach = _reach(grid, step, cut)
    mass = _kernels().mass_inside
    parts = np.linspace(0, len(xy), cores + 1).astype(int)
    _in_parts(lambda low, high: mass(u, v, share, summed, reach, step, out, low, high), parts)
    return out


def _in_parts(run, parts):
    if len(parts) == 2:
        run(parts[0], parts[1])
        return
    with ThreadPoolExecutor(len(parts) - 1) as pool:
        list(pool.map(run, parts[:-1], parts[1:]))


def _smoothed(share, step, cut):
    """Sum of the kernel in the middle of each square over all squares by their shares."""
    from scipy.ndimage import correlate1d

    reach = max(share.shape) if cut is None else int(min(np.ceil(cut / step), max(share.shape)))
    factor = np.exp(-0.5 * (np.arange(-reach, reach + 1) * step) ** 2)
    across = correlate1d(share, factor, axis=1, mode="constant")
    return correlate1d(across, factor, axis=0, mode="constant")


def _foreseen(xy, tried):
    """Mean log density of each event from all others, for each bandwidth; and how many events were used."""
    if len(xy) > _MOST_FOR_LIKELIHOOD:
        order = np.lexsort((xy[:, 1], np.floor(xy[:, 0] / max(np.ptp(xy[:, 0]) / 50, 1e-300))))
        taken = np.linspace(0, len(xy) - 1, _MOST_FOR_LIKELIHOOD).astype(int)
        xy = xy[order[taken]]
    out = np.empty(len(tried))
    _kernels().foreseen(np.ascontiguousarray(xy), tried, out)
    return out, len(xy)
