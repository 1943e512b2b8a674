# SPDX-License-Identifier: BSD-3-Clause
"""Who is whose neighbour?

Neighbours of n places as one sparse table (compressed rows): the neighbours of place i are
indices[indptr[i]:indptr[i + 1]] with these weights. A place is never its own neighbour here;
statistics that need it (Gi*) add it themselves.
"""

from dataclasses import dataclass, replace

import numpy as np

from kalantar.analysis import checks
from kalantar.analysis.errors import InputError
from kalantar.analysis.results import Result


@dataclass(frozen=True, kw_only=True)
class Weights(Result):
    """Neighbours of n places. Rows are sorted; nobody is named twice."""

    n: int
    indptr: np.ndarray  # int64 (n + 1,)
    indices: np.ndarray  # int32 (m,)
    data: np.ndarray  # float64 (m,)
    style: str  # "binary", "row" (each row sums to 1), "own" (as given)
    kind: str  # how they were found: "queen", "rook", "within", "nearest", "contiguity", "pairs", "hexagons"
    convention: str = ""  # the choices made, in words

    @property
    def cardinalities(self):
        """How many neighbours each place has."""
        return np.diff(self.indptr)

    @property
    def islands(self):
        """Positions of the places without a neighbour."""
        return np.flatnonzero(self.cardinalities == 0)

    def row_standardised(self):
        """The same neighbours, each row summing to 1 (a place without neighbours keeps none)."""
        total = self.sums()
        each = np.repeat(np.where(total == 0, 1.0, total), self.cardinalities)
        return replace(self, data=self.data / each, style="row")

    def binary(self):
        """The same neighbours, each weighing 1."""
        return replace(self, data=np.ones(len(self.data)), style="binary")

    def sums(self):
        """Sum of each row."""
        return np.bincount(self.rows(), self.data, self.n).astype(float)  # without entries it gives whole numbers

    def rows(self):
        """Row of each entry of `indices`."""
        return np.repeat(np.arange(self.n), self.cardinalities)

    def lag(self, values):
        """Weighted sum over the neighbours of each place, array (n,)."""
        values = checks.numbers(values, "values", rows=self.n, of="weights")
        out = np.empty(self.n)
        _kernels().lag(self.indptr, self.indices, self.data, values, out)
        return out

    def equal_in_rows(self):
        """Do all neighbours of a place weigh the same? Then exact chances of counts are possible."""
        if self.style in ("binary", "row") and not len(self.data):
            return True
        first = self.data[np.minimum(self.indptr[:-1], len(self.data) - 1)] if len(self.data) else self.data
        return bool((self.data == np.repeat(first, self.cardinalities)).all()) if len(self.data) else True

    def pairs(self):
        """Each neighbouring pair once, int array (m, 2), whichever names the other."""
        rows = self.rows()
        low, high = np.minimum(rows, self.indices), np.maximum(rows, self.indices)
        return np.unique(np.column_stack([low, high]), axis=0)

    def moments(self):
        """S0, S1, S2 of Cliff and Ord: of all weights, of the pairs, of the row and column sums."""
        across = self._across()
        s1 = 0.5 * ((self.data + across) ** 2).sum()
        # an entry whose mirror image is absent counts for the mirror image too
        s1 += 0.5 * (self.data[across == 0] ** 2).sum()
        column = np.bincount(self.indices, self.data, self.n)
        return float(self.data.sum()), float(s1), float(((self.sums() + column) ** 2).sum())

    def _across(self):
        """Weight of each entry's mirror image, 0 where there is none."""
        rows = self.rows().astype(np.int64)
        key, mirror = rows * self.n + self.indices, self.indices.astype(np.int64) * self.n + rows
        if not len(key):
            return np.zeros(0)
        at = np.minimum(np.searchsorted(key, mirror), len(key) - 1)
        return np.where(key[at] == mirror, self.data[at], 0.0)


def on_grid(grid, *, kind="queen"):
    """Weights of a Grid's cells, in the row order of its mask: cells that share a side ("rook") or a
    side or a corner ("queen"). Cells outside the mask are nobody's neighbours."""
    checks.one_of(kind, "kind", ("queen", "rook"))
    mask = np.ascontiguousarray(grid.mask, dtype=bool)
    number = np.cumsum(mask.ravel(), dtype=np.int64).reshape(mask.shape) - 1
    n = int(mask.sum())
    indptr = np.zeros(n + 1, np.int64)
    room = np.empty(n * (8 if kind == "queen" else 4), np.int32)
    used = _kernels().grid_neighbours(mask, number, kind == "queen", indptr, room)
    return _binary(n, indptr, room[:used], kind=kind, convention=f"cells of {grid.cell_m:g} m, {kind}")


def within(xy, *, within_m, metric="euclidean", as_metres=False):
    """Weights of the places at most `within_m` apart (closed: exactly within_m is a neighbour).

    xy : array (n, 2), metres. metric : "euclidean" or "manhattan". Two events at one place are neighbours.
    as_metres : take numbers that look like degrees as metres.
    Raises InputError: a missing place, within_m not above 0, wrong metric.
    """
    xy = checks.points(xy, as_metres=as_metres)
    within_m = checks.positive(within_m, "within_m")
    checks.one_of(metric, "metric", ("euclidean", "manhattan"))
    from scipy.spatial import cKDTree

    p = 2.0 if metric == "euclidean" else 1.0
    # a hair wider, then decided on the distance itself, so that the limit is one rule for all
    found = cKDTree(xy).query_pairs(within_m * (1 + 1e-12), p=p, output_type="ndarray") if len(xy) else ()
    pairs = np.asarray(found, np.int64).reshape(-1, 2)
    apart = np.abs(xy[pairs[:, 0]] - xy[pairs[:, 1]])
    apart = np.hypot(*apart.T) if metric == "euclidean" else apart.sum(axis=1)
    return _from_pairs(
        len(xy), pairs[apart <= within_m], kind="within", convention=f"at most {within_m:g} m apart, {metric}"
    )


def nearest(xy, *, k, as_metres=False):
    """Weights of the k nearest other places of each place; of equally near ones the first in the input.

    xy : array (n, 2), metres, n above k. Not symmetric: the nearest of a remote place has nearer ones.
    Raises InputError: k not a whole number of 1 or more, not more than k places.
    """
    k = checks.whole(k, "k")
    xy = checks.points(xy, as_metres=as_metres)
    n = len(xy)
    if n <= k:
        raise InputError(f"k must be below the number of places, got {k} of {n}")
    from scipy.spatial import cKDTree

    tree = cKDTree(xy)
    chosen = np.empty((n, k), np.int64)
    ask = min(n, k + 2)
    # neighbours one after the other walk the same branches
    walk = np.lexsort((xy[:, 0], np.floor(xy[:, 1] / max(np.ptp(xy[:, 1]) / 300, 1e-9))))
    distance, at = (np.reshape(v, (n, ask)) for v in tree.query(xy[walk], k=ask))
    others = at[:, : k + 1] != walk[:, None]
    # plain: oneself among the first k + 1, and no tie at the cut
    plain = others.sum(axis=1) == k
    if ask > k + 1:
        plain &= distance[:, k] < distance[:, k + 1]
    chosen[walk[plain]] = at[plain, : k + 1][others[plain]].reshape(-1, k)
    todo, ask = walk[~plain], min(n, k + 10)
    while len(todo):
        distance, at = (np.reshape(v, (len(todo), ask)) for v in tree.query(xy[todo], k=ask))
        distance = np.where(at == todo[:, None], -1.0, distance)  # oneself first, then cut off
        order = np.lexsort((at, distance), axis=1)
        distance, at = np.take_along_axis(distance, order, 1), np.take_along_axis(at, order, 1)
        # a tie at the cut may go on beyond what was asked for; and with many at one place oneself may be absent
        sure = (distance[:, 0] < 0) & ((ask == n) | (distance[:, k] < distance[:, -1]))
        chosen[todo[sure]] = at[sure, 1 : k + 1]
        todo, ask = todo[~sure], min(n, 4 * ask)
    indptr = np.arange(0, n * k + 1, k, dtype=np.int64)
    return _binary(
        n,
        indptr,
        np.sort(chosen, axis=1).ravel().astype(np.int32),
        kind="nearest",
        convention=f"{k} nearest, the first in the input of equally near ones",
    )


def contiguity(geoms, *, kind="queen", snap_m=0.0):
    """Weights of polygons that touch or overlap.

    geoms : sequence of shapely Polygon or MultiPolygon in one plane.
    kind : "queen" (a point in common is enough) or "rook" (a piece of border in common).
    snap_m : float >= 0, in the unit of the polygons. Borders this near to each other touch (queen only).
    Raises InputError: a geometry that is empty or no polygon, wrong option.
    """
    import shapely

    checks.one_of(kind, "kind", ("queen", "rook"))
    snap_m = checks.positive(snap_m, "snap_m", zero=True)
    geoms = np.asarray(list(geoms), dtype=object)
    if len(geoms):
        wrong = np.flatnonzero(~np.isin(shapely.get_type_id(geoms), (3, 6)) | shapely.is_empty(geoms))
        if len(wrong):
            raise InputError(f"geometry {wrong[0]} is not a polygon with an area: leave it out or mend it")
    if snap_m and kind == "rook":
        raise InputError('snap_m needs kind="queen": a gap has no border in common')
    tree = shapely.STRtree(geoms)
    if snap_m:
        a, b = tree.query(geoms, predicate="dwithin", distance=snap_m)
    else:
        a, b = tree.query(geoms, predicate="intersects")
    once = a < b
    pairs = np.column_stack([a[once], b[once]])
    if kind == "rook" and len(pairs):
        shared = shapely.intersection(geoms[pairs[:, 0]], geoms[pairs[:, 1]])
        pairs = pairs[(shapely.length(shared) > 0) | (shapely.area(shared) > 0)]
    words = kind + (f", gaps up to {snap_m:g} closed" if snap_m else "")
    return _from_pairs(len(geoms), pairs, kind="contiguity", convention=words)


def from_hexes(hexes):
    """Weights of a HexGrid's cells: the up to six around each."""
    return _from_pairs(len(hexes.cells), hexes.pairs(), kind="hexagons", convention=f"H3 {hexes.resolution}")


def from_pairs(pairs, *, n, weight=None, both_ways=True):
    """Weights from a list of neighbouring pairs.

    pairs : int array (m, 2) of positions 0 to n - 1; with both_ways each pair named once serves both.
    weight : array (m,) above 0, or None: each weighs 1.
    Raises InputError: a position that is no place, a place paired with itself, a pair named twice.
    """
    n = checks.whole(n, "n", least=0)
    pairs = np.asarray(pairs)
    if pairs.size == 0:
        pairs = np.zeros((0, 2), np.int64)
    if pairs.ndim != 2 or pairs.shape[1] != 2 or pairs.dtype.kind not in "iu":
        raise InputError(f"pairs must be whole numbers of shape (m, 2), got {pairs.dtype} {pairs.shape}")
    pairs = pairs.astype(np.int64)
    wrong = np.flatnonzero(((pairs < 0) | (pairs >= n)).any(axis=1) | (pairs[:, 0] == pairs[:, 1]))
    if len(wrong):
        raise InputError(
            f"pairs row {wrong[0]} is {pairs[wrong[0]].tolist()}: it must name two different places from 0 to {n - 1}"
        )
    named = np.sort(pairs, axis=1) if both_ways else pairs
    key = named[:, 0] * n + named[:, 1]
    order = np.argsort(key, kind="stable")
    twice = np.flatnonzero(np.diff(key[order]) == 0)
    if len(twice):
        row = int(order[twice[0] + 1])
        raise InputError(f"pairs row {row} names {pairs[row].tolist()} again: name each pair once")
    if weight is not None:
        weight = checks.numbers(weight, "weight", rows=len(pairs), of="pairs")
        if (weight <= 0).any():
            raise InputError(f"weight row {int(np.argmax(weight <= 0))} must be above 0: leave the pair out")
    return _from_pairs(n, pairs, weight, both_ways=both_ways, kind="pairs", convention="as given")


# -- inside ------------------------------------------------------------------------------------


def _binary(n, indptr, indices, *, kind, convention):
    return Weights(
        n=n,
        indptr=indptr,
        indices=indices,
        data=np.ones(len(indices)),
        style="binary",
        kind=kind,
        convention=convention,
    )


def _from_pairs(n, pairs, weight=None, *, both_ways=True, kind, convention):
    a, b = pairs[:, 0], pairs[:, 1]
    w = np.ones(len(a)) if weight is None else weight
    if both_ways:
        a, b, w = np.concatenate([a, b]), np.concatenate([b, a]), np.concatenate([w, w])
    order = np.argsort(a * max(n, 1) + b, kind="stable")
    indptr = np.concatenate([[0], np.cumsum(np.bincount(a, minlength=n))]).astype(np.int64)
    return Weights(
        n=n,
        indptr=indptr,
        indices=b[order].astype(np.int32),
        data=w[order],
        style="binary" if weight is None else "own",
        kind=kind,
        convention=convention,
    )


def _kernels():
    from kalantar.analysis import _weights_kernels

    return _weights_kernels
