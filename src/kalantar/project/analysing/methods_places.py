"""Methods on places: where, again, a new cluster, why here, which area."""

from __future__ import annotations

import contextlib

import numpy as np

from kalantar.analysis import (
    areas,
    autocorrelation,
    centres,
    clusters,
    density,
    features,
    grids,
    hotspots,
    near_repeat,
    repeats,
    scans,
    weights,
)

from ..sentences import marked as _
from ..stop import Stop
from . import files
from .asking import flag, limits, number, text, whole, word
from .methods_counts import EVENTS, _by_area
from .table import Work, method

PLACES = "events with their places"
BOTH = "events with their places and dates"
CELL = number("cell_m", 200.0, "side of a square in metres")


def _grid(work: Work):
    """The points of the first file and squares over --area, or over all squares that hold one."""
    xy, _rows = work.points()
    area = work.boundary()
    if area is not None:
        return xy, grids.grid_over(area, cell_m=work.given.cell_m)
    return xy, grids.grid_of(xy, cell_m=work.given.cell_m)


@method("grid", "where", _("How many in each square?"), _("Counts of events in squares."), CELL, files=PLACES)
def _squares(work):
    xy, grid = _grid(work)
    return work.call(grids.square_counts, ("xy", xy), grid=grid)


@method(
    "hexagons", "where", _("How many in each hexagon?"), _("Counts of events in H3 cells."),
    whole("resolution", 9, "H3 resolution, 0 to 15"), files=PLACES,
)  # fmt: skip
def _hexes(work):
    xy, _rows = work.points()
    if work.frame.crs is None:
        raise Stop(_("Hexagons lie on the earth: say the system of x and y with %(option)s"), option=files.CRS)
    import pyproj

    to_degrees = pyproj.Transformer.from_crs(work.frame.crs, "EPSG:4326", always_xy=True)
    lon, lat = to_degrees.transform(xy[:, 0], xy[:, 1])
    return work.call(grids.hex_counts, ("lon", lon), ("lat", lat), resolution=work.given.resolution)


@method(
    "hot-cells", "where", _("Which squares stand out?"), _("Gi* on squares with exact p, corrected for all squares."),
    CELL, number("usual", 0.95, "share of chance sums inside the usual range"), files=PLACES,
)  # fmt: skip
def _hot(work):
    xy, grid = _grid(work)
    return work.call(hotspots.hot_cells, ("xy", xy), grid=grid, usual=work.given.usual)


def _cell_counts(work):
    xy, grid = _grid(work)
    counts = grids.square_counts(xy, grid=grid)
    return counts.count.astype(float), weights.on_grid(grid, kind=work.given.neighbours), counts


NEIGHBOURS = word("neighbours", ("queen", "rook"), "which squares are neighbours")


@method(
    "moran", "where", _("Do like values lie together?"), _("Moran's I of counts in squares."), CELL, NEIGHBOURS,
    whole("runs", 999, "how many permutations"), files=PLACES,
)  # fmt: skip
def _moran(work):
    counts, near, _squares = _cell_counts(work)
    return work.call(
        autocorrelation.moran, ("values", counts), ("weights", near), runs=work.given.runs, seed=work.given.seed
    )


@method(
    "local-moran", "where", _("Which squares are like their neighbours, which unlike?"),
    _("Local Moran of counts in squares with exact p."), CELL, NEIGHBOURS, files=PLACES,
)  # fmt: skip
def _local_moran(work):
    counts, near, _squares = _cell_counts(work)
    return work.call(
        autocorrelation.local_moran, ("values", counts), ("weights", near), seed=work.given.seed, cores=work.given.cores
    )


@method(
    "local-g", "where", _("Around which squares do events gather?"),
    _("Getis-Ord Gi or Gi* of counts in squares with exact p."), CELL, NEIGHBOURS,
    flag("without_own", "leave the square itself out (Gi)"), files=PLACES,
)  # fmt: skip
def _local_g(work):
    counts, near, _squares = _cell_counts(work)
    return work.call(
        autocorrelation.local_g, ("values", counts), ("weights", near), star=not work.given.without_own,
        seed=work.given.seed, cores=work.given.cores,
    )  # fmt: skip


CLOSED = word("closed", ("left", "right"), "which end of a band belongs to it")
METRIC = word("metric", ("euclidean", "manhattan"), "how distance is measured")
RUNS = whole("runs", 999, "how many permutations")
NEAR = (
    number("within_m", 200.0, "how near in metres"),
    number("within_days", 14.0, "how soon in days"),
)


@method(
    "near-repeat", "again", _("Do events come again near by and soon?"),
    _("Near-repeat table (Knox) with one p for the whole table."),
    limits("space_m", "0,100,200,300,400", "limits of distance in metres"),
    limits("time_days", "0,7,14,21", "limits of time in days"),
    CLOSED, flag("include_last", "the last limit belongs to the last band"), METRIC, RUNS, files=BOTH,
)  # fmt: skip
def _knox(work):
    xy, days, _rows = work.events()
    given = work.given
    return work.call(
        near_repeat.knox, ("xy", xy), ("t", days), space_m=given.space_m, time_days=given.time_days,
        closed=given.closed, include_last=given.include_last, metric=given.metric, runs=given.runs, seed=given.seed,
        cores=given.cores,
    )  # fmt: skip


@method(
    "near-repeat-test", "again", _("Are events close in space also close in time?"), _("Knox test with one limit."),
    *NEAR, word("closed", ("right", "left"), "does the limit itself count"), METRIC, RUNS, files=BOTH,
)  # fmt: skip
def _near_repeat(work):
    xy, days, _rows = work.events()
    given = work.given
    return work.call(
        near_repeat.near_repeat, ("xy", xy), ("t", days), within_m=given.within_m, within_days=given.within_days,
        closed=given.closed, metric=given.metric, runs=given.runs, seed=given.seed, cores=given.cores,
    )  # fmt: skip


@method(
    "strings", "again", _("Which events hang together?"), _("Near-repeat strings: chains of near and soon."),
    *NEAR, word("closed", ("right", "left"), "does the limit itself count"), METRIC, files=BOTH,
)  # fmt: skip
def _strings(work):
    xy, days, _rows = work.events()
    given = work.given
    return work.call(
        near_repeat.near_repeat_strings, ("xy", xy), ("t", days), within_m=given.within_m,
        within_days=given.within_days, closed=given.closed, metric=given.metric,
    )  # fmt: skip


@method(
    "repeat-places", "again", _("Which places come back?"), _("Places with three or more events in the last window."),
    text("place", None, "column of addresses or place numbers"), number("window_days", 90.0, "days of the window"),
    whole("fewest", 3, "fewest events"), files=EVENTS + " and places' names",
)  # fmt: skip
def _repeats(work):
    rows = work.rows()
    stamps, _known = files.moments(rows, work.given)
    names = files.column_of_words(rows, work.given.place, "place")
    keep = rows.keep
    days = np.floor(files.as_days(stamps[keep]))
    return work.call(
        repeats.repeat_places, ("places", [name or None for name in names[keep]]), ("days", days),
        window_days=work.given.window_days, until=float(days.max()), fewest=work.given.fewest,
    )  # fmt: skip


@method(
    "areas", "which", _("Which area does each event lie in?"),
    _("Every event in exactly one area; what lies in none or in two is told."), text("name", None, "column of names"),
    files="events, with --area",
)  # fmt: skip
def _areas(work):
    _counts, names, _km2, _which, _rows = _by_area(work)
    xy, _again = files.places(work.opened[0], work.given, work.frame)
    index = areas.PolygonIndex(list(work.shapes))
    return work.call(areas.areas_of, ("xy", xy[work.opened[0].keep]), ("index", index), names=tuple(names))


@method(
    "density", "where", _("Where do events gather, as a surface?"), _("Events per square kilometre, exact Gaussian kernel."),
    CELL, text("bandwidth", "scott", "metres, or a rule: scott, robust, likelihood"),
    word("edge", ("none", "area", "area_flat"), "correction at the edge of --area"), files=PLACES,
)  # fmt: skip
def _density(work):
    xy, grid = _grid(work)
    asked = work.given.bandwidth
    with contextlib.suppress(ValueError):  # else it is the name of a rule
        asked = float(asked)
    return work.call(
        density.density, ("xy", xy), grid=grid, bandwidth_m=asked, edge=work.given.edge, area=work.area,
        cores=work.given.cores,
    )  # fmt: skip


@method(
    "centre", "where", _("Where is the middle, and how wide?"),
    _("Mean and median centre, standard distance, deviational ellipse."),
    word("convention", ("crimestat", "yuill"), "of the ellipse"), files=PLACES,
)  # fmt: skip
def _centre(work):
    xy, _rows = work.points()
    return work.call(centres.centres, ("xy", xy), convention=work.given.convention)


@method(
    "clusters", "where", _("Which events crowd together?"), _("Density clusters (DBSCAN), the same in any order of rows."),
    number("within_m", 150.0, "how near in metres"), whole("fewest", 10, "fewest events near a core"), files=PLACES,
)  # fmt: skip
def _clusters(work):
    xy, _rows = work.points()
    return work.call(clusters.dbscan, ("xy", xy), within_m=work.given.within_m, fewest=work.given.fewest)


@method(
    "scan", "cluster", _("Is there a new cluster?"), _("Space-time permutation scan with secondary clusters."),
    number("max_radius_m", 3000.0, "largest disc in metres"), number("max_days", 28.0, "longest window in days"),
    word("windows", ("ending", "any"), "windows that end now, or any"), whole("secondary", 4, "further clusters"),
    number("cell_m", None, "put events into squares of this side first"), RUNS, files=BOTH,
)  # fmt: skip
def _scan(work):
    xy, days, _rows = work.events()
    given = work.given
    return work.call(
        scans.space_time_scan, ("xy", xy), ("t", np.floor(days)), max_radius_m=given.max_radius_m,
        max_days=given.max_days, windows=given.windows, secondary=given.secondary, cell_m=given.cell_m, runs=given.runs,
        seed=given.seed, cores=given.cores,
    )  # fmt: skip


@method(
    "fullest-window", "cluster", _("Is the fullest window unusual?"),
    _("Chance that a moving window holds so many (Naus)."), whole("observed", None, "events in the fullest window"),
    number("mean", None, "events expected in one window"), number("windows", None, "period over window"), files="",
)  # fmt: skip
def _window(work):
    given = work.given
    if None in (given.observed, given.mean, given.windows):
        raise Stop(_("This method needs %(options)s."), options="--observed, --mean, --windows")
    return work.call(scans.poisson_scan, ("observed", given.observed), mean=given.mean, windows=given.windows)


FEATURES = "events, then a file of features (points, lines or areas)"


def _features(work, position=1):
    """Shapes of another file in the frame's metres."""
    import shapely

    rows = work.rows(position)
    if rows.layer.geometry is None:
        xy = work.places(rows)
        return xy[rows.keep]
    shapes = rows.layer.geometry
    keep = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    rows.drop(~keep, "no place")
    shapes = shapes[rows.keep]
    xy, work.frame = files.moved_shapes(rows, shapes, work.given, work.frame)
    return list(xy)


@method(
    "nearest", "which", _("How far to the nearest feature?"), _("Distance of each event to the nearest feature."),
    METRIC, files=FEATURES,
)  # fmt: skip
def _nearest(work):
    xy, _rows = work.points()
    return work.call(
        features.nearest, ("xy", xy), ("features", _features(work)), metric=work.given.metric, cores=work.given.cores
    )


@method(
    "count-within", "which", _("How many features are near?"), _("Features within a distance of each event."),
    number("within_m", 200.0, "how near in metres"), METRIC, files=FEATURES,
)  # fmt: skip
def _within(work):
    xy, _rows = work.points()
    return work.call(
        features.count_within, ("xy", xy), ("features", _features(work)), within_m=work.given.within_m,
        metric=work.given.metric, cores=work.given.cores,
    )  # fmt: skip
