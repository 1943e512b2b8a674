# SPDX-License-Identifier: BSD-3-Clause
"""Which beat is this point in, how far is it, and where is it in metres.

Points on a border: with "contains" a point on a shared edge lies in no polygon, with
"intersects" in two. Here it lies in exactly one (half-open rule), so counts of beats add up.
"""

import io
from dataclasses import dataclass

import numpy as np

from kalantar.analysis import checks
from kalantar.analysis._areas_lookup import located
from kalantar.analysis.errors import InputError
from kalantar.analysis.pictures import Bars
from kalantar.analysis.results import Result

_FORMAT = 1
_AXIS_M = 6378137.0  # WGS 84
_FLATTENING = 1 / 298.257223563


class PolygonIndex:
    """Find the polygon of each of many points, every point in exactly one.

    geoms : sequence of shapely Polygon or MultiPolygon, in any plane or in degrees.
    order : sequence of positions in geoms, most preferred first. Where polygons overlap the
        first in this order wins; without it, the lowest position wins.

    A point on an edge belongs to the polygon on the edge's right side (larger x; above, on a
    horizontal edge). Two polygons that share an edge hold it with the same coordinates, so
    exactly one of them takes the point. Parts of a multipolygon are joined; holes are left out.
    Method: cells of a grid that no edge touches are looked up; in the others, only the edges at
    the point's own height are tested (crossing number, Shimrat 1962, Comm. ACM 5(8), 434;
    sign of the cross product after Shewchuk 1997, Discrete Comput. Geom. 18, 305-363).
    Raises InputError: no polygons, an empty or non-polygon one, coordinates that are not finite.
    """

    def __init__(self, geoms, order=None):
        geoms = np.asarray(list(geoms), dtype=object)
        order = _checked_order(geoms, order)
        self.count = len(geoms)
        self._order = order
        self._build(geoms[order])

    # -- questions ---------------------------------------------------------------------------

    def locate(self, lon, lat):
        """Position in geoms of each point's polygon, int32; -1 outside all of them.

        A coordinate that is not finite is outside.
        """
        lon, lat = _checked_points(lon, lat)
        out = located(self, lon, lat)
        if self._plain_order:
            return out
        named = np.append(self._order, -1).astype(np.int32)
        return named[out]

    def matches(self, lon, lat):
        """How many polygons hold each point, int32: 0 outside, 2 or more where they overlap."""
        lon, lat = _checked_points(lon, lat)
        out = np.empty(lon.size, np.int32)
        _kernels().matches(
            lon,
            lat,
            self._edges,
            self._slabs,
            self._slab_first,
            self._starts,
            self._members,
            self._owner,
            self._frame,
            self._nx,
            self._ny,
            self._code,
            self._cover,
            self._border_start,
            self._border_parts,
            out,
        )
        return out

    # -- keeping -----------------------------------------------------------------------------

    _KEPT = (
        "_order",
        "_edges",
        "_slabs",
        "_slab_first",
        "_starts",
        "_members",
        "_owner",
        "_frame",
        "_code",
        "_whole",
        "_cover",
        "_border_start",
        "_border_parts",
        "_shape",
    )

    def to_bytes(self):
        """The ready index as bytes, to be kept on disk. Holds arrays only, no code."""
        file = io.BytesIO()
        np.savez(file, format=np.int64(_FORMAT), **{name: getattr(self, name) for name in self._KEPT})
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data):
        """The index kept by to_bytes. Raises InputError when it is another version or damaged."""
        self = cls.__new__(cls)
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as kept:
                if int(kept["format"]) != _FORMAT:
                    raise InputError("the kept index is of another version: build it again")
                for name in cls._KEPT:
                    setattr(self, name, kept[name])
        except InputError:
            raise
        except Exception as error:
            raise InputError(f"the kept index cannot be read ({error}): build it again") from error
        self._name_shape()
        return self

    def __getstate__(self):
        return self.to_bytes()

    def __setstate__(self, data):
        self.__dict__.update(type(self).from_bytes(data).__dict__)

    # -- building ----------------------------------------------------------------------------

    def _build(self, geoms):
        import shapely

        kernels = _kernels()
        parts, owner = shapely.get_parts(geoms, return_index=True)
        rings, ring_part = shapely.get_rings(parts, return_index=True)
        coords, ring_of = shapely.get_coordinates(rings, return_index=True)
        joined = ring_of[1:] == ring_of[:-1]
        part_of = ring_part[ring_of[1:]][joined]
        edges = np.hstack([coords[:-1][joined], coords[1:][joined]])
        down = edges[:, 1] > edges[:, 3]
        edges[down] = edges[down][:, [2, 3, 0, 1]]
        self._edges = np.ascontiguousarray(edges)
        self._owner = owner.astype(np.int32)
        count = len(parts)
        edge_first = np.searchsorted(part_of, np.arange(count + 1)).astype(np.int64)

        bounds = shapely.bounds(parts)
        per_part = np.diff(edge_first)
        slab_count = np.clip(per_part // 2, 1, 4096)
        slabs = np.empty((count, 3))
        slabs[:, 0], slabs[:, 1] = bounds[:, 1], bounds[:, 3]
        slabs[:, 2] = slab_count / (bounds[:, 3] - bounds[:, 1])
        self._slabs = slabs.ravel()
        self._slab_first = np.concatenate([[0], np.cumsum(slab_count)]).astype(np.int64)
        starts = np.zeros(self._slab_first[-1] + 1, np.int64)
        nothing = np.empty(0, np.int32)
        total = kernels.slab_members(
            count, self._edges, edge_first, self._slabs, self._slab_first, starts, nothing, False
        )
        self._starts = np.cumsum(starts)
        self._members = np.empty(total, np.int32)
        moving = self._starts.copy()
        kernels.slab_members(count, self._edges, edge_first, self._slabs, self._slab_first, moving, self._members, True)

        x1, y1 = bounds[:, :2].min(axis=0)
        x2, y2 = bounds[:, 2:].max(axis=0)
        cells = float(np.clip(16 * len(edges), 4096, 1_000_000))
        shape = np.sqrt(cells * (x2 - x1) / (y2 - y1))
        nx = int(np.clip(shape, 1, 4096))
        ny = int(np.clip(cells / nx, 1, 4096))
        # a hair wider than the polygons, so that the outermost edge lies inside the last cell
        self._frame = np.array([x1, y1, nx / ((x2 - x1) * (1 + 1e-9)), ny / ((y2 - y1) * (1 + 1e-9))])
        self._nx, self._ny = nx, ny
        first_whole = np.full(nx * ny, -1, np.int32)
        self._cover = np.zeros(nx * ny, np.uint8)
        arguments = (
            count,
            self._edges,
            edge_first,
            self._slabs,
            self._slab_first,
            self._starts,
            self._members,
            self._owner,
            self._frame,
            nx,
            ny,
            first_whole,
            self._cover,
        )
        pairs = kernels.fill_grid(*arguments, nothing, nothing, False)
        cells_of, parts_of = np.empty(pairs, np.int32), np.empty(pairs, np.int32)
        kernels.fill_grid(*arguments, cells_of, parts_of, True)
        by_cell = np.lexsort((parts_of, cells_of))  # parts rise with their polygon's position
        border_cells, starts = np.unique(cells_of[by_cell], return_index=True)
        self._border_parts = parts_of[by_cell]
        self._border_start = np.append(starts, pairs).astype(np.int32)
        self._whole = first_whole[border_cells]
        self._code = first_whole
        self._code[border_cells] = -2 - np.arange(len(border_cells), dtype=np.int32)
        self._shape = np.array([nx, ny, self.count], np.int64)
        self._name_shape()

    def _name_shape(self):
        self._nx, self._ny, self.count = (int(n) for n in self._shape)
        self._plain_order = bool(np.array_equal(self._order, np.arange(self.count)))


def distance_m(lon1, lat1, lon2, lat2):
    """Length in metres of the shortest way over the ellipsoid (WGS 84) between points in degrees.

    Right to less than a millimetre. Karney (2013), J. Geodesy 87, 43-55, as computed by PROJ.
    """
    from pyproj import Geod

    lon1, lat1, lon2, lat2 = np.broadcast_arrays(*(np.asarray(v, float) for v in (lon1, lat1, lon2, lat2)))
    _, _, metres = Geod(ellps="WGS84").inv(lon1, lat1, lon2, lat2)
    return np.asarray(metres)


@dataclass(frozen=True, kw_only=True)
class Plane:
    """A flat map in metres around a place: x to the east, y to the north of (lon, lat).

    Transverse Mercator, true scale on the central meridian: the position is right to less than
    1 mm within 1,000 km; lengths are stretched by d**2 / (2 R**2) at distance d east or west of
    the centre, 0.0012 % at 30 km and 0.03 % at 150 km. Good for a station, a city or a county.
    Source: Karney (2011), J. Geodesy 85, 475-485, eqs 7-9, 14 and 35 (Krüger's series).
    """

    lon: float
    lat: float

    @classmethod
    def around(cls, lon, lat):
        """The plane around the middle of these points. Raises InputError without a finite one."""
        lon, lat = np.asarray(lon, float), np.asarray(lat, float)
        good = np.isfinite(lon) & np.isfinite(lat)
        if not good.any():
            raise InputError("no point with finite coordinates: a map needs at least one")
        lon, lat = lon[good], lat[good]
        return cls(lon=float(lon.min() + lon.max()) / 2, lat=float(lat.min() + lat.max()) / 2)

    def to_metres(self, lon, lat):
        """Arrays x, y in metres of points in degrees."""
        x, y = _mercator(np.asarray(lon, float) - self.lon, np.asarray(lat, float))
        return x, y - _mercator(np.float64(0), np.float64(self.lat))[1]

    def to_lonlat(self, x, y):
        """Arrays lon, lat in degrees of points in metres; undoes to_metres."""
        y = np.asarray(y, float) + _mercator(np.float64(0), np.float64(self.lat))[1]
        lon, lat = _inverse_mercator(np.asarray(x, float), y)
        return lon + self.lon, lat


def to_metres(lon, lat):
    """Arrays x, y in metres around the middle of the points, and the Plane that was chosen."""
    plane = Plane.around(lon, lat)
    return *plane.to_metres(lon, lat), plane


@dataclass(frozen=True, kw_only=True)
class InAreas(Result):
    """Events by area. The counts and `outside` add up to the events."""

    columns = ("name", "count")
    name: tuple[str, ...]
    count: np.ndarray
    of_event: np.ndarray  # position of each event's area, -1 outside
    events: int
    outside: int
    in_several: int  # events where areas overlap; each is counted in the first of them

    def pictures(self):
        return (Bars(title="Events by area", labels=self.name, values=self.count.astype(float), value_label="events"),)


def areas_of(xy, index, *, names=None):
    """InAreas: the area of each event, every event in at most one, and what lies in none or in two.

    xy : array (n, 2), in the plane (or degrees) of the index. index : PolygonIndex. names : one an area.
    Raises InputError: names that are not one an area, a coordinate that is not finite.
    """
    xy = checks.points(xy, as_metres=True)
    names = tuple(str(n) for n in (range(index.count) if names is None else names))
    if len(names) != index.count:
        raise InputError(f"names must be one an area, got {len(names)} for {index.count}")
    x, y = np.ascontiguousarray(xy.T)
    which = index.locate(x, y)
    return InAreas(
        name=names,
        count=np.bincount(which[which >= 0], minlength=index.count),
        of_event=which,
        events=len(xy),
        outside=int((which < 0).sum()),
        in_several=int((index.matches(x, y) > 1).sum()),
    )


# -- inside ------------------------------------------------------------------------------------

_N = _FLATTENING / (2 - _FLATTENING)
_RADIUS = _AXIS_M / (1 + _N) * (1 + _N**2 / 4 + _N**4 / 64)
_ALPHA = (
    _N / 2 - 2 * _N**2 / 3 + 5 * _N**3 / 16 + 41 * _N**4 / 180,
    13 * _N**2 / 48 - 3 * _N**3 / 5 + 557 * _N**4 / 1440,
    61 * _N**3 / 240 - 103 * _N**4 / 140,
    49561 * _N**4 / 161280,
)
_BETA = (
    _N / 2 - 2 * _N**2 / 3 + 37 * _N**3 / 96 - _N**4 / 360,
    _N**2 / 48 + _N**3 / 15 - 437 * _N**4 / 1440,
    17 * _N**3 / 480 - 37 * _N**4 / 840,
    4397 * _N**4 / 161280,
)
_E = np.sqrt(_FLATTENING * (2 - _FLATTENING))


def _mercator(lon, lat):
    lon, lat = np.radians(lon), np.radians(lat)
    tau = np.tan(lat)
    root = np.sqrt(1 + tau * tau)
    sigma = np.sinh(_E * np.arctanh(_E * tau / root))
    conformal = tau * np.sqrt(1 + sigma * sigma) - sigma * root
    north = np.arctan2(conformal, np.cos(lon))
    east = np.arcsinh(np.sin(lon) / np.hypot(conformal, np.cos(lon)))
    zeta = north + 1j * east
    series = zeta + sum(a * np.sin(2 * (j + 1) * zeta) for j, a in enumerate(_ALPHA))
    return _RADIUS * series.imag, _RADIUS * series.real


def _inverse_mercator(x, y):
    zeta = (y + 1j * x) / _RADIUS
    zeta = zeta - sum(b * np.sin(2 * (j + 1) * zeta) for j, b in enumerate(_BETA))
    north, east = zeta.real, zeta.imag
    conformal = np.sin(north) / np.hypot(np.sinh(east), np.cos(north))
    lon = np.arctan2(np.sinh(east), np.cos(north))
    tau = conformal.copy() if isinstance(conformal, np.ndarray) else conformal
    for _ in range(3):  # Newton; each round doubles the digits
        root = np.sqrt(1 + tau * tau)
        sigma = np.sinh(_E * np.arctanh(_E * tau / root))
        reached = tau * np.sqrt(1 + sigma * sigma) - sigma * root
        step = (conformal - reached) / np.sqrt(1 + reached * reached)
        tau = tau + step * (1 + (1 - _E**2) * tau * tau) / ((1 - _E**2) * root)
    return np.degrees(lon), np.degrees(np.arctan(tau))


def _kernels():
    from kalantar.analysis import _areas_kernels

    return _areas_kernels


def _checked_order(geoms, order):
    import shapely

    if not len(geoms):
        raise InputError("no polygons: an index needs at least one")
    kind = shapely.get_type_id(geoms)
    wrong = np.flatnonzero(~np.isin(kind, (3, 6)) | shapely.is_empty(geoms))
    if len(wrong):
        raise InputError(f"geometry {wrong[0]} is not a polygon with an area: leave it out or mend it")
    bounds = shapely.bounds(geoms)
    flat = np.flatnonzero(
        ~(np.isfinite(bounds).all(axis=1) & (bounds[:, 3] > bounds[:, 1]) & (bounds[:, 2] > bounds[:, 0]))
    )
    if len(flat):
        raise InputError(f"geometry {flat[0]} has no height, no width or coordinates that are not finite")
    if order is None:
        return np.arange(len(geoms), dtype=np.int64)
    order = np.asarray(list(order), dtype=np.int64)
    if not np.array_equal(np.sort(order), np.arange(len(geoms))):
        raise InputError("order must name every polygon's position exactly once")
    return order


def _checked_points(lon, lat):
    lon = np.ascontiguousarray(lon, dtype=np.float64)
    lat = np.ascontiguousarray(lat, dtype=np.float64)
    if lon.ndim != 1 or lon.shape != lat.shape:
        raise InputError(f"lon and lat must be lists of equal length, got {lon.shape} and {lat.shape}")
    return lon, lat
