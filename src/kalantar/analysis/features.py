# SPDX-License-Identifier: BSD-3-Clause
"""How far is each place from what lies around it, and how much of it is near?

Features are points (lamps, stops, shops), lines (streets, rivers) or polygons (parks). Distances are
straight, on the plane; the way on foot is longer, and a river may lie between.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from kalantar.analysis import checks, pictures
from kalantar.analysis.errors import InputError
from kalantar.analysis.results import Result


@dataclass(frozen=True, kw_only=True)
class Nearest(Result):
    """The nearest feature of each place."""

    columns: ClassVar = ("distance_m", "feature")
    distance_m: np.ndarray  # inf: no feature at all, or none within most_m
    feature: np.ndarray  # its position among the features, -1 for none; of equally near ones the first
    metric: str
    features: int
    most_m: float  # how far was looked; inf: everywhere

    def pictures(self):
        known = self.distance_m[np.isfinite(self.distance_m)]
        if not len(known):
            return ()
        count, edges = np.histogram(known, 30)
        series = pictures.Series(name="places", y=count.astype(float), kind="step")
        return (
            pictures.Lines(
                title="Distance to the nearest feature",
                x=(edges[1:] + edges[:-1]) / 2,
                series=(series,),
                x_label="metres",
                y_label="places",
            ),
        )


def nearest(xy, features, *, metric="euclidean", most_m=np.inf, cores=1, as_metres=False):
    """Nearest: distance of each place to the nearest feature, and which one that is.

    xy : array (n, 2), metres. features : array (m, 2) of points in the same plane, or a sequence of
        shapely geometries of any kind (inside a polygon the distance is 0).
    metric : "euclidean"; for points also "manhattan".
    most_m : look no further than this (at most_m itself still counts).
    cores : threads; the answer is the same whatever their number.
    Raises InputError: a missing place, a missing or empty feature, wrong option.
    """
    checks.one_of(metric, "metric", ("euclidean", "manhattan"))
    xy = checks.points(xy, as_metres=as_metres)
    cores = checks.whole(cores, "cores")
    if most_m != np.inf:
        most_m = checks.positive(most_m, "most_m", zero=True)
    shapes = _shapes(features)
    if shapes is None:
        points = checks.points(features, "features", as_metres=True)
        distance, which = _nearest_points(xy, points, metric, cores)
        count = len(points)
    else:
        if metric != "euclidean":
            raise InputError('metric must be "euclidean" for lines and polygons')
        distance, which = _nearest_shapes(xy, shapes)
        count = len(shapes)
    far = distance > most_m
    distance[far], which[far] = np.inf, -1
    return Nearest(distance_m=distance, feature=which, metric=metric, features=count, most_m=float(most_m))


@dataclass(frozen=True, kw_only=True)
class CountWithin(Result):
    """How many features lie near each place."""

    columns: ClassVar = ("count",)
    count: np.ndarray  # or their sum of weights
    within_m: float
    metric: str
    features: int


def count_within(xy, features, *, within_m, weight=None, metric="euclidean", cores=1, as_metres=False):
    """CountWithin: features at most `within_m` from each place (closed: exactly within_m counts).

    xy, features, metric, cores : as in nearest; a line or polygon counts once, when any of it is within.
    weight : array (m,) of the features: their sum in place of their number.
    Raises InputError as nearest, and within_m not above 0.
    """
    checks.one_of(metric, "metric", ("euclidean", "manhattan"))
    xy = checks.points(xy, as_metres=as_metres)
    within_m = checks.positive(within_m, "within_m")
    cores = checks.whole(cores, "cores")
    shapes = _shapes(features)
    if shapes is not None and metric != "euclidean":
        raise InputError('metric must be "euclidean" for lines and polygons')
    points = checks.points(features, "features", as_metres=True) if shapes is None else shapes
    if weight is not None:
        weight = checks.numbers(weight, "weight", rows=len(points), of="features")
    if shapes is None:
        count = _count_points(xy, points, within_m, weight, metric, cores)
    else:
        count = _count_shapes(xy, shapes, within_m, weight)
    return CountWithin(count=count, within_m=within_m, metric=metric, features=len(points))


# -- inside ------------------------------------------------------------------------------------


def _kernels():
    from kalantar.analysis import _features_kernels

    return _features_kernels


def _shapes(features):
    """The geometries, or None where the features are points as numbers."""
    import shapely

    if isinstance(features, np.ndarray) and features.dtype.kind in "fiu":
        return None
    rows = list(features)
    if not rows or not any(isinstance(row, shapely.Geometry) for row in rows):
        return None
    shapes = np.asarray(rows, dtype=object)
    wrong = np.flatnonzero(~shapely.is_geometry(shapes) | shapely.is_empty(shapes))
    if len(wrong):
        raise InputError(f"feature {wrong[0]} is missing or empty: leave it out")
    return shapes


def _frame(points, per_cell, least=0.0):
    """Square cells over the points: x, y of the corner, side, columns, rows; each cell's first point, the order."""
    low, high = points.min(axis=0), points.max(axis=0)
    width = np.maximum(high - low, 1e-9)
    side = max(np.sqrt(width[0] * width[1] * per_cell / len(points)), width.max() / 4000, least)
    columns, rows = (int(n) + 1 for n in width / side)
    column = np.minimum(((points[:, 0] - low[0]) / side).astype(np.int64), columns - 1)
    row = np.minimum(((points[:, 1] - low[1]) / side).astype(np.int64), rows - 1)
    key = row * columns + column
    order = np.argsort(key, kind="stable")
    first = np.searchsorted(key[order], np.arange(rows * columns + 1))
    return np.array([low[0], low[1], side]), columns, rows, first, order


def _in_parts(run, n, cores):
    parts = np.linspace(0, n, cores + 1).astype(int)
    if cores == 1:
        run(0, n)
        return
    with ThreadPoolExecutor(cores) as pool:
        list(pool.map(run, parts[:-1], parts[1:]))


def _nearest_points(xy, points, metric, cores):
    distance, which = np.full(len(xy), np.inf), np.full(len(xy), -1, np.int64)
    if not len(points) or not len(xy):
        return distance, which
    frame, columns, rows, first, order = _frame(points, 0.5)
    rings = _kernels().rings_to_fill(first, columns, rows)
    ordered = np.ascontiguousarray(points[order])

    def run(start, stop):
        _kernels().nearest(
            xy, ordered, order, frame, columns, rows, first, rings, metric == "manhattan", start, stop, distance, which
        )

    _in_parts(run, len(xy), cores)
    left = np.flatnonzero(which < 0)  # remote places: a tree is better at those
    if len(left):
        from scipy.spatial import cKDTree

        # neighbours one after the other walk the same branches
        strip = np.floor(xy[left, 1] / max(np.ptp(xy[left, 1]) / 100, 1e-9))
        left = left[np.lexsort((xy[left, 0], strip))]
        # features at one place are one place to the tree, named by the first of them
        ordered = np.lexsort((np.arange(len(points)), points[:, 1], points[:, 0]))
        places = points[ordered]
        once = np.concatenate([[True], (places[1:] != places[:-1]).any(axis=1)])
        names, places = ordered[once], places[once]
        ask = min(2, len(places))
        p = 1.0 if metric == "manhattan" else 2.0
        far, at = cKDTree(places).query(xy[left], k=ask, p=p, workers=cores)
        far, at = np.reshape(far, (len(left), ask)), names[np.reshape(at, (len(left), ask))]
        distance[left], which[left] = far[:, 0], at[:, 0]
        if ask == 2:
            for i in left[far[:, 0] >= far[:, 1] * (1 - 1e-12)]:
                gap = np.abs(points - xy[i])
                apart = gap.sum(axis=1) if metric == "manhattan" else np.hypot(gap[:, 0], gap[:, 1])
                which[i] = np.argmin(apart)
                distance[i] = apart[which[i]]
    return distance, which


def _count_points(xy, points, within_m, weight, metric, cores):
    whole = weight is None
    out = np.zeros(len(xy))
    if len(points) and len(xy):
        frame, columns, rows, first, order = _frame(points, 2.0, within_m / 8)
        ordered = np.ascontiguousarray(points[order])
        each = np.ones(len(points)) if whole else weight[order]
        running = np.concatenate([[0.0], np.cumsum(each)])

        def run(start, stop):
            _kernels().count_within(
                xy,
                ordered,
                each,
                running,
                frame,
                columns,
                rows,
                first,
                within_m,
                metric == "manhattan",
                start,
                stop,
                out,
            )

        _in_parts(run, len(xy), cores)
    return np.rint(out).astype(np.int64) if whole else out


def _nearest_shapes(xy, shapes):
    import shapely

    distance, which = np.full(len(xy), np.inf), np.full(len(xy), -1, np.int64)
    tree = shapely.STRtree(shapes)
    (row, at), apart = tree.query_nearest(shapely.points(xy), return_distance=True, all_matches=True)
    # of equally near ones the first
    order = np.lexsort((at, row))
    row, at, apart = row[order], at[order], apart[order]
    once = np.concatenate([[True], row[1:] != row[:-1]]) if len(row) else np.zeros(0, bool)
    distance[row[once]], which[row[once]] = apart[once], at[once]
    return distance, which


def _count_shapes(xy, shapes, within_m, weight):
    import shapely

    tree = shapely.STRtree(shapes)
    row, at = tree.query(shapely.points(xy), predicate="dwithin", distance=within_m)
    if weight is None:
        return np.bincount(row, minlength=len(xy))
    return np.bincount(row, weight[at], len(xy)).astype(float)
