# SPDX-License-Identifier: BSD-3-Clause
"""How many events in each cell: squares in metres, or the hexagons of H3.

A cell counts only where it belongs to the area (its mask): a square in a lake holds no events
and must not count among the empty ones.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from kalantar.analysis import checks, pictures
from kalantar.analysis.errors import InputError
from kalantar.analysis.results import Result

MOST_CELLS = 1_000_000
MOST_FINE_CELLS = 40_000_000  # for a density, where nothing is drawn cell by cell


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Squares in metres. Cell (row, column) has its corner at x0 + column * cell_m, y0 + row * cell_m."""

    x0: float
    y0: float
    cell_m: float
    rows: int
    columns: int
    mask: np.ndarray  # bool (rows, columns): the square belongs to the area

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

    def corner(self, row, column):
        """x, y of the left lower corner of a cell."""
        return self.x0 + column * self.cell_m, self.y0 + row * self.cell_m

    def count(self, x, y):
        """Events in each cell, int array (rows, columns), and how many lie outside the mask.

        A point that is not finite lies outside.
        """
        x, y = np.asarray(x, float), np.asarray(y, float)
        counts = np.zeros((self.rows, self.columns), np.int64)
        if x.ndim != 1 or x.shape != y.shape:
            raise InputError(f"x and y must be lists of equal length, got {x.shape} and {y.shape}")
        inside = _kernels().count_squares(x, y, self.x0, self.y0, self.cell_m, counts)
        if self.mask.all():
            return counts, len(x) - inside
        kept = np.where(self.mask, counts, 0)
        return kept, int(len(x) - kept.sum())


def grid_over(area, *, cell_m, keep="touched", most=MOST_CELLS):
    """Grid of squares over an area; corners at whole multiples of cell_m.

    area : shapely geometry in metres (areas.Plane gives them), or (xmin, ymin, xmax, ymax).
    cell_m : float > 0. Side of a square.
    keep : which squares belong to the area: "touched" by it, or with their "centre" in it.
    most : refuse more squares than this.
    Raises InputError: an empty area, cell_m not above 0, more than `most` squares, wrong option.
    """
    import shapely

    cell_m = checks.positive(cell_m, "cell_m")
    checks.one_of(keep, "keep", ("touched", "centre"))
    whole = isinstance(area, (tuple, list, np.ndarray))
    bounds = np.asarray(area if whole else shapely.bounds(area), float)
    if bounds.shape != (4,) or not np.isfinite(bounds).all():
        raise InputError("the area is empty or has coordinates that are not finite")
    first = np.floor(bounds[:2] / cell_m)
    last = np.ceil(bounds[2:] / cell_m)
    columns, rows = (int(n) for n in np.maximum(last - first, 1))
    if columns * rows > most:
        raise InputError(f"{columns * rows} squares of {cell_m} m are too many: take larger squares")
    x0, y0 = first * cell_m
    mask = np.ones((rows, columns), bool)
    if not whole:
        left = x0 + np.arange(columns) * cell_m
        low = y0 + np.arange(rows) * cell_m
        shapely.prepare(area)
        if keep == "centre":
            x, y = np.meshgrid(left + cell_m / 2, low + cell_m / 2)
            mask = shapely.intersects_xy(area, x, y)
        else:
            boxes = shapely.box(left[None, :], low[:, None], left[None, :] + cell_m, low[:, None] + cell_m)
            mask = shapely.intersects(area, boxes)
    return Grid(x0=float(x0), y0=float(y0), cell_m=float(cell_m), rows=rows, columns=columns, mask=mask)


def grid_of(xy, *, cell_m, most=MOST_CELLS):
    """Grid over the bounding box of points, array (n, 2), the outermost points inside. Raises as grid_over."""
    xy = checks.points(xy, fewest=1, as_metres=True)
    high = xy.max(axis=0)
    return grid_over((*xy.min(axis=0), *np.nextafter(high, np.inf)), cell_m=cell_m, most=most)


def shares_inside(grid, area):
    """Which share of each square lies in the area, array (rows, columns) of 0 to 1.

    area : shapely polygon in the grid's metres. Only squares on its border are cut.
    """
    import shapely

    row, column = np.nonzero(grid.mask)
    x, y = grid.corner(row, column)
    boxes = shapely.box(x, y, x + grid.cell_m, y + grid.cell_m)
    shapely.prepare(area)
    inside = shapely.contains_properly(area, boxes)
    share = inside.astype(float)
    cut = np.flatnonzero(~inside)
    share[cut] = shapely.area(shapely.intersection(area, boxes[cut])) / grid.cell_m**2
    out = np.zeros(grid.mask.shape)
    out[row, column] = np.minimum(share, 1.0)
    return out


@dataclass(frozen=True, kw_only=True)
class SquareCounts(Result):
    """Events of each square of the area, in row order."""

    columns: ClassVar = ("row", "column", "x", "y", "count")
    row: np.ndarray
    column: np.ndarray
    x: np.ndarray  # middle of the square
    y: np.ndarray
    count: np.ndarray
    cell_m: float
    outside: int  # events in no square of the area

    def pictures(self):
        half = self.cell_m / 2
        cells = pictures.Cells(
            x=self.x - half, y=self.y - half, size_m=self.cell_m, values=self.count.astype(float), name="events"
        )
        return (pictures.Map(title="Events in each square", layers=(cells,), value_label="events"),)


def square_counts(xy, *, grid):
    """SquareCounts of points, array (n, 2) in metres, on a Grid (grid_over, grid_of).

    A point on a side belongs to the square on its right or above it, so each lies in one square.
    """
    xy = checks.points(xy, as_metres=True)
    counts, outside = grid.count(xy[:, 0], xy[:, 1])
    row, column = np.nonzero(grid.mask)
    x, y = grid.centre(row, column)
    return SquareCounts(
        row=row, column=column, x=x, y=y, count=counts[row, column], cell_m=grid.cell_m, outside=outside
    )


# -- hexagons ----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class HexGrid:
    """Cells of H3 of one resolution, as 64-bit numbers in rising order."""

    cells: np.ndarray  # uint64 (n,)
    resolution: int

    def names(self):
        """The cells as H3 writes them, such as 892664c2c83ffff."""
        return np.array([f"{cell:x}" for cell in self.cells.tolist()])

    def centres(self):
        """lon, lat in degrees of the middle of each cell."""
        import h3.api.numpy_int as h3

        at = np.array([h3.cell_to_latlng(cell) for cell in self.cells.tolist()]).reshape(-1, 2)
        return at[:, 1], at[:, 0]

    def outlines(self):
        """Shapely polygons of the cells, in degrees."""
        import h3.api.numpy_int as h3
        import shapely

        return np.array(
            [shapely.Polygon([(x, y) for y, x in h3.cell_to_boundary(cell)]) for cell in self.cells.tolist()],
            dtype=object,
        )

    def places(self, cells):
        """Position of each given cell (uint64) in `cells`, -1 where it is not among them."""
        if not len(self.cells):
            return np.full(len(cells), -1, np.int64)
        at = np.minimum(np.searchsorted(self.cells, cells), len(self.cells) - 1)
        return np.where(self.cells[at] == cells, at, -1)

    def pairs(self):
        """Each two neighbouring cells once, int array (m, 2) of positions."""
        import h3.api.numpy_int as h3

        rings = [np.asarray(h3.grid_disk(cell, 1), np.uint64) for cell in self.cells.tolist()]
        if not rings:
            return np.zeros((0, 2), np.int64)
        own = np.repeat(np.arange(len(rings)), [len(ring) for ring in rings])
        other = self.places(np.concatenate(rings))
        once = other > own
        return np.column_stack([own[once], other[once]])


def hexes_of(lon, lat, *, resolution):
    """H3 cell of each point in degrees, uint64 (n,); 0 where a coordinate is not finite.

    resolution : whole number 0 to 15 (9: about 350 m across, 10: 130 m).
    Raises InputError: unequal lengths, not degrees, wrong resolution.
    """
    import h3.api.numpy_int as h3

    resolution = checks.whole(resolution, "resolution", least=0, most=15)
    lon, lat = np.asarray(lon, float), np.asarray(lat, float)
    if lon.ndim != 1 or lon.shape != lat.shape:
        raise InputError(f"lon and lat must be lists of equal length, got {lon.shape} and {lat.shape}")
    known = np.isfinite(lon) & np.isfinite(lat)
    beyond = np.flatnonzero(known & ((np.abs(lat) > 90) | (np.abs(lon) > 360)))
    if len(beyond):
        raise InputError(
            f"row {beyond[0]} is {lon[beyond[0]]:g}, {lat[beyond[0]]:g}: hexagons need degrees, longitude and "
            "latitude (areas.Plane.to_lonlat gives them)"
        )
    out = np.zeros(len(lon), np.uint64)
    at = map(h3.latlng_to_cell, lat[known].tolist(), lon[known].tolist(), [resolution] * int(known.sum()))
    out[known] = np.fromiter(at, np.uint64, int(known.sum()))
    return out


def hexes_over(area, *, resolution, keep="touched"):
    """HexGrid of the H3 cells over an area.

    area : shapely Polygon or MultiPolygon in degrees (longitude, latitude).
    keep : cells "touched" by the area, or with their "centre" in it.
    Raises InputError: an empty area, one not in degrees, wrong resolution or option.
    """
    import h3.api.numpy_int as h3
    import shapely

    resolution = checks.whole(resolution, "resolution", least=0, most=15)
    checks.one_of(keep, "keep", ("touched", "centre"))
    bounds = np.asarray(shapely.bounds(area), float)
    if bounds.shape != (4,) or not np.isfinite(bounds).all() or shapely.area(area) == 0:
        raise InputError("the area is empty or has coordinates that are not finite")
    if np.abs(bounds[[0, 2]]).max() > 180 or np.abs(bounds[[1, 3]]).max() > 90:
        raise InputError("the area is not in degrees: hexagons need longitude and latitude")
    shape = h3.geo_to_h3shape(area.__geo_interface__)
    contain = {"touched": "overlap", "centre": "center"}[keep]
    cells = np.unique(np.asarray(h3.h3shape_to_cells_experimental(shape, resolution, contain), np.uint64))
    return HexGrid(cells=cells, resolution=resolution)


@dataclass(frozen=True, kw_only=True)
class HexCounts(Result):
    """Events of each hexagon."""

    columns: ClassVar = ("cell", "count")
    cell: np.ndarray  # names as H3 writes them
    count: np.ndarray
    resolution: int
    outside: int  # events in none of the cells
    hexes: HexGrid


def hex_counts(lon, lat, *, resolution=None, hexes=None):
    """HexCounts of points in degrees.

    Give either resolution: only the cells that hold an event come back (no empty cells: right for
    a picture, wrong for a statistic), or hexes (from hexes_over): every cell of the area, empty or not.
    Raises InputError: both or neither given, and as hexes_of.
    """
    if (resolution is None) == (hexes is None):
        raise InputError("give either resolution or hexes")
    own = hexes_of(lon, lat, resolution=hexes.resolution if resolution is None else resolution)
    if hexes is None:
        hexes = HexGrid(cells=np.unique(own[own > 0]), resolution=int(resolution))
    at = hexes.places(own)
    inside = at >= 0
    count = np.bincount(at[inside], minlength=len(hexes.cells))
    return HexCounts(
        cell=hexes.names(),
        count=count,
        resolution=hexes.resolution,
        outside=int(len(own) - inside.sum()),
        hexes=hexes,
    )


def _kernels():
    from kalantar.analysis import _grids_kernels

    return _grids_kernels
