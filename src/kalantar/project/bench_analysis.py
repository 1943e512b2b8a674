"""Analysis beside its peers, on the real events that the product ships: one case a process, one core, taking turns.

Peers come from the bench lock alone; the product imports none of them. `same` says whether the two gave the same
numbers, and how that was judged stands beside each case.
"""

from __future__ import annotations

import csv
import io
import json
import lzma
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .bench_city import SOURCE

SLOW_S = 10.0  # a peer slower than this is asked once
BANDS_M, BANDS_DAYS = [0, 150, 300, 450, 600], [0, 7, 14, 21]
DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class Case:
    """Two callables that answer one question, and what is asked of their ratio."""

    ours: Callable[[], Any]
    peer: Callable[[], Any] | None
    who: str
    same: Callable[[Any, Any], bool] | None
    n: int
    ratio_min: float | None = None
    seconds_max: float | None = None
    first: Callable[[], Any] | None = None  # a slower way of ours, such as one core: its ratio must reach second_min
    second_min: float | None = None


CASES: dict[str, Callable[[], Case]] = {}


def case(function):
    CASES[function.__name__.removeprefix("case_")] = function
    return function


def run(name: str, rounds: int) -> dict[str, Any]:
    """One case in this process: the two take turns, the median of each counts."""
    made = CASES[name]()
    ours, peers, firsts = [], [], []
    answer, _ = _timed(made.ours)  # warm
    same = None
    if made.peer:
        theirs, took = _timed(made.peer)
        same = bool(made.same(answer, theirs)) if made.same else None
        if took > SLOW_S:
            peers.append(took)
    if made.first:
        made.first()
    for _turn in range(rounds):
        ours.append(_timed(made.ours)[1])
        if made.peer and not (peers and peers[0] > SLOW_S):
            peers.append(_timed(made.peer)[1])
        if made.first:
            firsts.append(_timed(made.first)[1])
    line: dict[str, Any] = {"case": name, "who": "kalantar", "peer": made.who, "n": made.n}
    seconds = statistics.median(ours)
    line |= {"seconds": seconds, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "same": same}
    met = same is not False
    if peers:
        line |= {"peer_seconds": statistics.median(peers), "ratio": statistics.median(peers) / seconds}
        if made.ratio_min:
            line["ratio_min"] = made.ratio_min
            met &= line["ratio"] >= made.ratio_min
    if made.seconds_max:
        line["seconds_max"] = made.seconds_max
        met &= seconds <= made.seconds_max
    if firsts:
        line["second_core"] = statistics.median(firsts) / seconds
        line["second_core_min"] = made.second_min
        met &= line["second_core"] >= (made.second_min or 0)
    return line | {"met": bool(met)}


def _timed(function):
    begun = time.perf_counter()
    answer = function()
    return answer, time.perf_counter() - begun


# -- data --------------------------------------------------------------------------------------


def _rows(name):
    with lzma.open(SOURCE / f"{name}.csv.xz", "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(io.StringIO(file.read())))


def burglaries(year=None):
    """xy in metres of Illinois East, and days; the reference year holds 11,701."""
    rows = _rows("burglaries")
    t = np.array([_day(row["date"]) for row in rows])
    xy = np.array([[float(row["x"]), float(row["y"])] for row in rows])
    if year:
        keep = (t >= np.datetime64(f"{year}-01-01")) & (t < np.datetime64(f"{year + 1}-01-01"))
        xy, t = xy[keep], t[keep]
    return xy, (t - np.datetime64("2014-01-01")) / DAY


def _day(text):
    if "/" in text:
        day, month, year = text.split("/")
        return np.datetime64(f"{year}-{month}-{day}")
    return np.datetime64(text[:10])


def assaults(n=None):
    """Longitude and latitude; above 148,636 the same places again, each a few metres aside."""
    rows = _rows("assaults")
    lonlat = np.array([[float(row["longitude"]), float(row["latitude"])] for row in rows])
    if n is None or n == len(lonlat):
        return lonlat
    rng = np.random.default_rng(1)
    return lonlat[rng.integers(0, len(lonlat), n)] + rng.normal(0, 2e-4, (n, 2))


def _grid(xy, cell_m=200.0):
    from kalantar.analysis import grids

    return grids.grid_over(tuple(np.concatenate([xy.min(axis=0), xy.max(axis=0)])), cell_m=cell_m)


def _squares():
    """Counts of the reference year on 200 m squares with queen neighbours, in both libraries' forms."""
    from libpysal.weights import lat2W

    from kalantar.analysis import grids, weights

    xy, _t = burglaries(2016)
    grid = _grid(xy)
    counts = grids.square_counts(xy, grid=grid).count.astype(float)
    theirs = lat2W(grid.rows, grid.columns, rook=False)
    return counts, weights.on_grid(grid), theirs, grid, xy


# -- cases -------------------------------------------------------------------------------------


@case
def case_knox_table():
    """Same pairs in every band."""
    from scipy.spatial import cKDTree

    from kalantar.analysis import near_repeat

    xy, t = burglaries(2016)

    def peer():
        pairs = cKDTree(xy).query_pairs(600.0, output_type="ndarray")
        a, b = pairs.T
        apart = np.hypot(*(xy[a] - xy[b]).T)
        wait = np.abs(t[a] - t[b])
        within = (apart < BANDS_M[-1]) & (wait < BANDS_DAYS[-1])  # the last band of a histogram is closed
        return np.histogram2d(apart[within], wait[within], bins=[BANDS_M, BANDS_DAYS])[0]

    same = lambda x, y: bool((x.observed == y).all())
    ours = lambda: near_repeat.knox(xy, t, space_m=BANDS_M, time_days=BANDS_DAYS, against_chance=False)
    return Case(ours, peer, "scipy cKDTree and histogram2d", same, len(xy), ratio_min=10)


@case
def case_knox_permutations():
    """Observed pairs the same; p within chance."""
    from pointpats import Knox

    from kalantar.analysis import near_repeat

    xy, t = burglaries(2016)
    xy, t = np.ascontiguousarray(xy[:10_000]), np.ascontiguousarray(t[:10_000])
    rng = np.random.default_rng(1)

    def peer():
        return Knox(xy, t.reshape(-1, 1), delta=400, tau=14, permutations=99)

    def ours():
        return near_repeat.near_repeat(xy, t, within_m=400, within_days=14, runs=99, rng=rng)

    same = lambda x, y: x.observed == int(y.nst)
    return Case(ours, peer, "pointpats Knox", same, len(xy), ratio_min=250)


def _permuted(runs, cores, year):
    from kalantar.analysis import near_repeat

    xy, t = burglaries(year)
    return len(xy), lambda c=cores: near_repeat.knox(
        xy, t, space_m=BANDS_M, time_days=BANDS_DAYS, runs=runs, rng=np.random.default_rng(1), cores=c
    )


@case
def case_knox_999():
    n, ours = _permuted(999, 1, 2016)
    return Case(ours, None, "", None, n, seconds_max=0.2)


@case
def case_knox_999_two_cores():
    n, ours = _permuted(999, 2, None)
    return Case(ours, None, "", None, n, first=lambda: ours(1), second_min=1.6)


@case
def case_knox_999_all_years():
    n, ours = _permuted(999, 1, None)
    return Case(ours, None, "", None, n, seconds_max=1.6)


@case
def case_gi_star():
    """z to 1e-9."""
    from esda.getisord import G_Local

    from kalantar.analysis import autocorrelation

    counts, near, theirs, *_rest = _squares()
    theirs.transform = "B"
    peer = lambda: G_Local(counts, theirs, transform="B", permutations=0, star=True).Zs
    ours = lambda: autocorrelation.local_g(counts, near, p="none").z
    return Case(ours, peer, "esda G_Local", lambda x, y: bool(np.allclose(x, y, atol=1e-9)), len(counts))


@case
def case_gi_star_regular():
    """z to 1e-9, on a whole grid."""
    from esda.getisord import G_Local

    from kalantar.analysis import hotspots

    counts, _near, theirs, grid, _xy = _squares()
    theirs.transform = "B"
    square = counts.reshape(grid.rows, grid.columns)
    around, cells = (hotspots._around(v)[grid.mask] for v in (square, grid.mask.astype(float)))

    def ours():
        summed = hotspots._around(square)[grid.mask]
        return hotspots.gi_star(summed, cells, total=counts.sum(), total_squares=(counts**2).sum(), cells=len(counts))

    assert len(around) == len(counts)
    peer = lambda: G_Local(counts, theirs, transform="B", permutations=0, star=True).Zs
    return Case(ours, peer, "esda G_Local", lambda x, y: bool(np.allclose(x, y, atol=1e-9)), len(counts), ratio_min=500)


@case
def case_local_moran_exact():
    """I to 1e-9 (the peer's p is not the tail: docs/benchmarks.md)."""
    from esda.moran import Moran_Local

    from kalantar.analysis import autocorrelation

    counts, near, theirs, *_rest = _squares()
    peer = lambda: Moran_Local(counts, theirs, transformation="B", permutations=999, n_jobs=1, seed=1).Is
    ours = lambda: autocorrelation.local_moran(counts, near).value

    def same(x, y):
        scale = np.nanmedian(y[np.abs(y) > 1e-9] / x[np.abs(y) > 1e-9])  # the two divide by n or by n - 1
        return bool(np.allclose(x * scale, y, atol=1e-9))

    return Case(ours, peer, "esda Moran_Local, 999 permutations", same, len(counts), ratio_min=300)


@case
def case_moran():
    """I to 1e-9."""
    from esda.moran import Moran

    from kalantar.analysis import autocorrelation

    counts, near, theirs, *_rest = _squares()
    peer = lambda: Moran(counts, theirs, transformation="B", permutations=999).I
    ours = lambda: autocorrelation.moran(counts, near, runs=999, rng=np.random.default_rng(1)).value
    return Case(ours, peer, "esda Moran, 999 permutations", lambda x, y: abs(x - y) < 1e-9, len(counts), ratio_min=1)


@case
def case_grid_counts():
    """Same counts."""
    from kalantar.analysis import grids

    xy, _t = burglaries()
    rng = np.random.default_rng(1)
    xy = xy[rng.integers(0, len(xy), 1_000_000)] + rng.normal(0, 30, (1_000_000, 2))
    grid = _grid(xy)

    def peer():
        column = np.floor((xy[:, 0] - grid.x0) / 200).astype(np.int64)
        row = np.floor((xy[:, 1] - grid.y0) / 200).astype(np.int64)
        return np.bincount(row * grid.columns + column, minlength=grid.rows * grid.columns)

    ours = lambda: grids.square_counts(xy, grid=grid).count
    return Case(ours, peer, "numpy bincount", lambda x, y: bool((x == y).all()), len(xy), ratio_min=1)


@case
def case_density():
    """To 1e-8 of the peak."""
    from scipy.stats import gaussian_kde

    from kalantar.analysis import density

    xy, _t = burglaries(2016)
    grid = _grid(xy)
    row, column = np.nonzero(grid.mask)
    places = np.column_stack(grid.centre(row, column))

    def peer():
        made = gaussian_kde(xy.T, bw_method=1.0)
        made.covariance = np.eye(2) * 500.0**2
        made.cho_cov = np.linalg.cholesky(made.covariance)
        made.log_det = 2 * np.log(np.diag(made.cho_cov * np.sqrt(2 * np.pi))).sum()
        return made(places.T) * len(xy) * 1e6

    ours = lambda: density.density(xy, grid=grid, bandwidth_m=500.0).per_km2
    same = lambda x, y: bool(np.abs(x - y).max() <= 1e-8 * y.max())
    return Case(ours, peer, "scipy gaussian_kde", same, len(xy), ratio_min=100)


@case
def case_scan_1000():
    from kalantar.analysis import scans

    xy, t = burglaries(2016)
    xy, t = xy[:1000], t[:1000]
    ours = lambda: scans.space_time_scan(xy, t, max_radius_m=3000, max_days=84, runs=0, secondary=0, cell_m=500)
    return Case(ours, None, "", None, len(xy), seconds_max=0.06)


@case
def case_scan_999():
    from kalantar.analysis import scans

    xy, t = burglaries()
    ours = lambda: scans.space_time_scan(
        xy, t, max_radius_m=3000, max_days=84, runs=999, rng=np.random.default_rng(1), secondary=0, cell_m=500
    )
    return Case(ours, None, "", None, len(xy), seconds_max=15)


@case
def case_interactive():
    """A question a person waits for: hot cells and density of 200,000 events on 200 m squares."""
    from kalantar.analysis import density, hotspots

    xy, _t = burglaries()
    rng = np.random.default_rng(1)
    xy = xy[rng.integers(0, len(xy), 200_000)] + rng.normal(0, 30, (200_000, 2))
    grid = _grid(xy)
    ours = lambda: (hotspots.hot_cells(xy, grid=grid), density.density(xy, grid=grid, bandwidth_m=500.0))
    return Case(ours, None, "", None, len(xy), seconds_max=1.0)


@case
def case_aoristic():
    from kalantar.analysis import intervals

    rng = np.random.default_rng(1)
    start = np.datetime64("2016-01-01T00:00") + rng.integers(0, 500_000, 1_000_000).astype("m8[m]")
    end = start + rng.integers(0, 3000, 1_000_000).astype("m8[m]")
    return Case(lambda: intervals.aoristic(start, end), None, "", None, len(start), seconds_max=0.1)


def _risk_rows(binary):
    rng = np.random.default_rng(1)
    n = 353_000
    x = (rng.random((n, 5)) < [0.3, 0.2, 0.1, 0.4, 0.05]).astype(float) if binary else rng.normal(size=(n, 5))
    y = rng.poisson(np.exp(-2 + x @ [0.4, 0.2, -0.3, 0.1, 0.5])).astype(float)
    return y, x


def _risk(binary, ratio_min):
    import statsmodels.api as sm

    from kalantar.analysis import risk

    y, x = _risk_rows(binary)
    wide = sm.add_constant(x)
    peer = lambda: sm.GLM(y, wide, family=sm.families.Poisson()).fit().params[1:]
    ours = lambda: risk.risk_model(y, x).coefficient
    same = lambda a, b: bool(np.allclose(a, b, atol=1e-6))
    return Case(ours, peer, "statsmodels GLM", same, len(y), ratio_min=ratio_min)


@case
def case_risk_binary():
    """Coefficients to 1e-6."""
    return _risk(True, 15)


@case
def case_risk_continuous():
    """Coefficients to 1e-6."""
    return _risk(False, 3)


@case
def case_dbscan():
    """Same cores and same noise (border events are a matter of order elsewhere)."""
    from sklearn.cluster import DBSCAN

    from kalantar.analysis import clusters

    xy, _t = burglaries()
    peer = lambda: DBSCAN(eps=150, min_samples=10).fit(xy)
    ours = lambda: clusters.dbscan(xy, within_m=150, fewest=10)

    def same(x, y):
        cores = np.zeros(len(xy), bool)
        cores[y.core_sample_indices_] = True
        return bool((x.core == cores).all() and ((x.of_event < 0) == (y.labels_ < 0)).all())

    return Case(ours, peer, "scikit-learn DBSCAN", same, len(xy), ratio_min=5)


@case
def case_point_in_polygon():
    """The same beat wherever the peer names exactly one."""
    import geopandas
    import shapely

    from kalantar.analysis import areas

    with lzma.open(SOURCE / "beats.geojson.xz", "rt", encoding="utf-8") as file:
        shapes = [shapely.from_geojson(json.dumps(f["geometry"])) for f in json.load(file)["features"]]
    lonlat = assaults(1_000_000)
    x, y = (np.ascontiguousarray(v) for v in lonlat.T)
    index = areas.PolygonIndex(shapes)
    beats = geopandas.GeoDataFrame(geometry=shapes, crs=4326)

    def peer():
        points = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy(x, y), crs=4326)
        return geopandas.sjoin(points, beats, predicate="within", how="left")

    def same(found, joined):
        single = ~joined.index.duplicated(keep=False)
        named = joined[single]["index_right"]
        some = named.notna()
        return bool((found[named.index[some]] == named[some].astype(int)).all())

    return Case(lambda: index.locate(x, y), peer, "geopandas sjoin", same, len(x), ratio_min=2.5)


@case
def case_nearest():
    """Same distances to 1e-6 m."""
    from scipy.spatial import cKDTree

    from kalantar.analysis import features

    rng = np.random.default_rng(1)
    xy, _t = burglaries()
    places = xy[rng.integers(0, len(xy), 1_000_000)] + rng.normal(0, 300, (1_000_000, 2))
    shops = xy[rng.integers(0, len(xy), 20_436)] + rng.normal(0, 100, (20_436, 2))
    peer = lambda: cKDTree(shops).query(places)[0]
    ours = lambda: features.nearest(places, shops).distance_m
    same = lambda x, y: bool(np.allclose(x, y, atol=1e-6))
    return Case(ours, peer, "scipy cKDTree", same, len(places), ratio_min=1)


@case
def case_accuracy():
    """Same PAI at every cut without ties."""
    import pandas as pd

    from kalantar.analysis import concentration

    rng = np.random.default_rng(1)
    observed = rng.poisson(0.2, 1_000_000).astype(float)
    predicted = rng.permutation(1_000_000).astype(float)

    def peer():
        table = pd.DataFrame({"o": observed, "p": predicted}).sort_values("p", ascending=False)
        share = table["o"].cumsum() / table["o"].sum()
        return (share / (np.arange(1, len(table) + 1) / len(table))).to_numpy()

    ours = lambda: concentration.accuracy(observed, predicted)
    same = lambda x, y: bool(np.allclose(x.pai, y[x.cells.astype(int) - 1]))
    return Case(ours, peer, "pandas sort", same, len(observed), ratio_min=1)


# -- growth ------------------------------------------------------------------------------------

SIZES = (1_000, 10_000, 45_000, 150_000, 1_000_000, 10_000_000)
MOST = {"scan": 150_000, "near_repeat_999": 150_000}


def _many(n):
    """n events: the real burglaries, and above them further cities of the same density beside the first."""
    xy, t = burglaries()
    rng = np.random.default_rng(1)
    if n <= len(xy):
        keep = rng.permutation(len(xy))[:n]
        return xy[keep], t[keep]
    cities = -(-n // len(xy))
    which = np.repeat(np.arange(cities), len(xy))[:n]
    aside = np.column_stack([which % 32, which // 32]) * 60_000.0
    copied = np.arange(n) % len(xy)
    return xy[copied] + aside + rng.normal(0, 1, (n, 2)), t[copied]


def _ask_knox(xy, t):
    from kalantar.analysis import near_repeat

    return near_repeat.knox(xy, t, space_m=BANDS_M, time_days=BANDS_DAYS, against_chance=False)


def _ask_near_repeat_999(xy, t):
    from kalantar.analysis import near_repeat

    return near_repeat.knox(xy, t, space_m=BANDS_M, time_days=BANDS_DAYS, runs=999, rng=np.random.default_rng(1))


def _ask_clusters(xy, t):
    from kalantar.analysis import clusters

    return clusters.dbscan(xy, within_m=150, fewest=10)


def _ask_scan(xy, t):
    from kalantar.analysis import scans

    return scans.space_time_scan(xy, t, max_radius_m=3000, max_days=84, runs=0, secondary=0, cell_m=500)


def _ask_hot_cells(xy, t):
    from kalantar.analysis import hotspots

    first = xy[:, 0] < 500_000  # the first city: a map of many cities is asked city by city
    return hotspots.hot_cells(xy[first], grid=_grid(xy[first]))


def _ask_density(xy, t):
    from kalantar.analysis import density

    first = xy[:, 0] < 500_000
    return density.density(xy[first], grid=_grid(xy[first]), bandwidth_m=500.0)


def _ask_hours(xy, t):
    from kalantar.analysis import intervals

    start = np.datetime64("2014-01-01T00:00") + (t * 1440).astype(np.int64).astype("m8[m]")
    return intervals.aoristic(start, start + np.timedelta64(500, "m"))


QUESTIONS = {
    "knox": _ask_knox, "near_repeat_999": _ask_near_repeat_999, "clusters": _ask_clusters, "scan": _ask_scan,
    "hot_cells": _ask_hot_cells, "density": _ask_density, "hours": _ask_hours,
}  # fmt: skip


def grown(name, n, rounds):
    """Seconds and peak memory of one method at one size, in this process."""
    xy, t = _many(n)
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    QUESTIONS[name](xy[:1000], t[:1000])
    seconds = statistics.median(_timed(lambda: QUESTIONS[name](xy, t))[1] for _ in range(rounds))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"method": name, "n": n, "seconds": seconds, "peak_mb": peak, "data_mb": base}


if __name__ == "__main__":
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    if "two_cores" not in sys.argv[1] and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    if sys.argv[1] in QUESTIONS and len(sys.argv) == 4:
        print(json.dumps(grown(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
    else:
        print(json.dumps(run(sys.argv[1], int(sys.argv[2]))))
