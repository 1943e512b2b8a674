"""Boundary files as polygons in longitude and latitude; and whether they cover the ground exactly once."""

import json
from dataclasses import dataclass, field

import numpy as np
import shapely
from pyproj import Transformer

from .child import answering
from .errors import FileRefused
from .limits import Limits
from .text import size_of

WGS84 = "EPSG:4326"
LONG_BORDER_DEG = 0.01
ALIKE = 0.98  # two shapes that share this much of their joint area are one shape, sent twice
_ID_WORDS = ("code", "id", "number", "no", "num", "district", "beat", "name", "ward", "precinct", "station")


@dataclass(frozen=True)
class ShapeNote:
    """Something that was done to a shape. position 0 is the whole file; key is a word of errors.SENTENCES."""

    position: int
    key: str
    details: dict = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Shapes:
    """Areas of one file. All lists run alike; positions count the shapes of the file from 1."""

    ids: list[str | None]
    properties: list[dict]
    geometry: list
    positions: list[int]
    source_crs: str
    driver: str
    notes: tuple[ShapeNote, ...] = ()

    def __len__(self):
        return len(self.geometry)


def read_shapes(path, *, kind_hint=None, layer=None, area_bbox=None, limits=None) -> Shapes:
    """Areas of a GeoJSON, GeoPackage or zipped Shapefile, valid polygons in WGS 84.

    kind_hint : a word that the wanted layer's name holds ("beat"); used when a file has several layers.
    area_bbox : (west, south, east, north) where the areas should be; finds swapped axes and wrong systems.
    Raises FileRefused.
    """
    limits = limits or Limits()
    size_of(path, limits)
    ids, properties, positions, parts = [], [], [], []
    with answering("shapes", path, limits, kind_hint=kind_hint, layer=layer,
                   area_bbox=None if area_bbox is None else [float(v) for v in area_bbox]) as answer:  # fmt: skip
        about = json.loads(answer.schema.metadata[b"about"])
        for batch, _ in answer:
            positions += batch.column("position").to_pylist()
            ids += batch.column("id").to_pylist()
            properties += [json.loads(text) for text in batch.column("properties").to_pylist()]
            parts.append(shapely.from_wkb(np.array(batch.column("wkb").to_pylist(), dtype=object)))
    geometry = list(np.concatenate(parts)) if parts else []
    if not geometry:
        raise FileRefused("shapes_none")
    return Shapes(
        ids=ids, properties=properties, geometry=geometry, positions=positions, source_crs=about["crs"],
        driver=about["driver"], notes=tuple(ShapeNote(*note) for note in about["notes"]),
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Overlap:
    first: int  # indexes into the shapes
    second: int
    area_m2: float
    width_m: float  # mean width: a sliver of 0.2 m is a drawing's fault, a strip of 50 m is a question
    lon: float
    lat: float


@dataclass(frozen=True, kw_only=True)
class Gap:
    area_m2: float
    width_m: float
    lon: float  # a point inside the gap
    lat: float
    geometry: object  # the gap itself, WGS 84


@dataclass(frozen=True, kw_only=True)
class Duplicate:
    """same : "geometry" (one area sent twice) or "id" (two areas with one name)."""

    indexes: tuple[int, ...]
    same: str
    value: str | None = None


@dataclass(frozen=True, kw_only=True)
class Coverage:
    overlaps: tuple[Overlap, ...]  # largest first; without the pairs listed as duplicates
    gaps: tuple[Gap, ...]  # largest first
    duplicates: tuple[Duplicate, ...]
    area_m2: float  # ground covered at least once
    id_field: str | None  # the property in which the names were looked for

    @property
    def is_exact(self):
        return not (self.overlaps or self.gaps or self.duplicates)


def coverage_report(shapes, *, id_field=None, outline=None, least_m2=1.0) -> Coverage:
    """Where areas overlap, leave ground out, or are sent twice.

    Borders are straight in longitude and latitude, as they are when a point is assigned; what is found is measured
    in square metres on an equal-area projection.

    shapes : Shapes, or a list of polygons. id_field : the property that names an area; chosen if None.
    outline : polygon the areas should fill; without it only holes enclosed by areas count as gaps.
    least_m2 : smaller overlaps and gaps are noise of drawing.
    """
    geometry = np.array(shapes.geometry if isinstance(shapes, Shapes) else list(shapes), dtype=object)
    properties = shapes.properties if isinstance(shapes, Shapes) else [{} for _ in geometry]
    field_ = id_field or _naming_field(properties)
    if not len(geometry):
        return Coverage(overlaps=(), gaps=(), duplicates=(), area_m2=0.0, id_field=field_)
    to_metres = _equal_area(geometry)
    flat = shapely.make_valid(geometry, method="structure", keep_collapsed=False)
    area = _square_metres(flat, to_metres)

    left, right = shapely.STRtree(flat).query(flat, predicate="intersects")
    left, right = left[left < right], right[left < right]
    # Neighbours with matching edges share no ground: asking that first saves most of the intersections.
    meeting = ~shapely.touches(flat[left], flat[right])
    left, right = left[meeting], right[meeting]
    shared = shapely.intersection(flat[left], flat[right])
    shared_m2 = _square_metres(shared, to_metres)
    joint = area[left] + area[right] - shared_m2
    alike = shared_m2 >= ALIKE * joint
    overlaps = []
    for a, b, ground, m2 in zip(left[~alike], right[~alike], shared[~alike], shared_m2[~alike]):
        if m2 >= least_m2:
            lon, lat = _inner_point(ground)
            width = _mean_width(ground, m2, to_metres)
            overlaps.append(Overlap(first=int(a), second=int(b), area_m2=float(m2), width_m=width, lon=lon, lat=lat))

    duplicates = [Duplicate(indexes=group, same="geometry") for group in _groups(left[alike], right[alike])]
    named: dict[str, list[int]] = {}
    for i, own in enumerate(properties):
        value = own.get(field_) if field_ else None
        if value not in (None, ""):
            named.setdefault(str(value).strip(), []).append(i)
    duplicates += [Duplicate(indexes=tuple(at), same="id", value=value) for value, at in named.items() if len(at) > 1]

    whole = shapely.union_all(flat)
    if outline is None:
        rings = [shapely.Polygon(ring) for part in shapely.get_parts(whole) for ring in part.interiors]
        # An island of ground inside a hole is covered; the rest of the hole is not.
        empty = shapely.get_parts(shapely.difference(np.array(rings, dtype=object), whole)) if rings else []
    else:
        empty = shapely.get_parts(shapely.difference(shapely.make_valid(outline), whole))
    gaps = []
    for hole, m2 in zip(empty, _square_metres(np.array(empty, dtype=object), to_metres)):
        if m2 >= least_m2 and shapely.get_dimensions(hole) == 2:
            lon, lat = _inner_point(hole)
            width = _mean_width(hole, m2, to_metres)
            gaps.append(Gap(area_m2=float(m2), width_m=width, lon=lon, lat=lat, geometry=hole))
    return Coverage(
        overlaps=tuple(sorted(overlaps, key=lambda o: -o.area_m2)), gaps=tuple(sorted(gaps, key=lambda g: -g.area_m2)),
        duplicates=tuple(duplicates), area_m2=float(_square_metres(np.array([whole]), to_metres)[0]), id_field=field_,
    )  # fmt: skip


def areas_m2(geometry) -> np.ndarray:
    """The area of each polygon (WGS 84) in square metres."""
    geometry = np.array(list(geometry), dtype=object)
    return _square_metres(geometry, _equal_area(geometry)) if len(geometry) else np.empty(0)


def simplify_coverage(geometry, tolerance_m) -> list:
    """The same areas with fewer points, for screens. Neighbours keep one common border: no gaps, no slivers.

    tolerance_m : a corner goes when the triangle it makes is smaller than tolerance_m squared.
    Areas that do not fit edge to edge are first cleaned (overlaps go to the neighbour with the longest common
    border, within a hundredth of the tolerance edges are joined). Never use the result for counting.
    """
    geometry = np.array(list(geometry), dtype=object)
    if not len(geometry):
        return []
    centre, scale = _stretch(geometry)
    flat = shapely.transform(geometry, lambda xy: (xy - centre) * scale)
    if not shapely.coverage_is_valid(flat):
        flat = _edge_to_edge(flat, tolerance_m / 100)
    simple = shapely.coverage_simplify(flat, tolerance_m)
    lost = shapely.is_empty(simple) | ~shapely.is_valid(simple)
    if lost.any():
        simple = flat  # one spoiled border spoils its neighbours too: better many points than a hole
    return list(shapely.transform(np.asarray(simple, dtype=object), lambda xy: xy / scale + centre))


def _edge_to_edge(flat, snap_m):
    """A valid coverage near the given polygons. An area wholly inside another one keeps its own outline."""
    clean = shapely.coverage_clean(flat, snapping_distance=snap_m, merge_strategy="min_area")
    swallowed = shapely.is_empty(clean)
    if swallowed.any():
        # A repeated shape has no ground of its own left: it is drawn as it came.
        clean = np.where(swallowed, flat, clean)
    return clean


def _equal_area(geometry):
    """Degrees to metres, equal-area, centred on the shapes."""
    x0, y0, x1, y1 = shapely.total_bounds(geometry)
    centre = f"+proj=laea +lat_0={(y0 + y1) / 2:.6f} +lon_0={(x0 + x1) / 2:.6f} +datum=WGS84 +units=m +no_defs"
    return Transformer.from_crs(WGS84, centre, always_xy=True)


def _moved(geometry, to_metres):
    # A long border is straight in degrees and bent in metres: it gets points on its way.
    return shapely.transform(shapely.segmentize(geometry, LONG_BORDER_DEG), to_metres.transform, interleaved=False)


def _square_metres(geometry, to_metres):
    return shapely.area(_moved(geometry, to_metres)) if len(geometry) else np.empty(0)


def _mean_width(ground, m2, to_metres):
    around = shapely.length(_moved(np.array([ground], dtype=object), to_metres)[0])
    return float(2 * m2 / around) if around else 0.0


def _stretch(geometry):
    """Centre and scale that turn degrees into nearly metres and keep every straight line straight."""
    x0, y0, x1, y1 = shapely.total_bounds(geometry)
    centre = np.array([(x0 + x1) / 2, (y0 + y1) / 2])
    return centre, np.array([111_320.0 * np.cos(np.radians(centre[1])), 110_950.0])


def _inner_point(ground):
    point = shapely.point_on_surface(ground)
    return float(point.x), float(point.y)


def _groups(left, right):
    """Pairs joined to groups: three copies are one group, not three pairs."""
    root: dict[int, int] = {}

    def top(i):
        while root.setdefault(i, i) != i:
            i = root[i]
        return i

    for a, b in zip(left.tolist(), right.tolist()):
        root[top(b)] = top(a)
    groups: dict[int, list[int]] = {}
    for i in sorted(root):
        groups.setdefault(top(i), []).append(i)
    return [tuple(sorted(group)) for group in groups.values()]


def _naming_field(properties):
    """The property that most looks like a name: nearly every shape has one and they nearly all differ."""
    best, found = 0.0, None
    for name in dict.fromkeys(key for own in properties for key in own):
        values = [str(own[name]) for own in properties if own.get(name) not in (None, "")]
        floats = any(isinstance(own.get(name), float) and not own[name].is_integer() for own in properties)
        if len(values) < 0.9 * len(properties) or floats:
            continue
        words = name.lower().replace("-", "_").split("_")
        score = len(set(values)) / len(values) + (0.5 if any(word in words for word in _ID_WORDS) else 0)
        score -= 0.3 if words[0] in ("objectid", "fid", "gid", "ogc") else 0  # counters of the program, never equal
        if len(set(values)) >= 0.5 * len(values) and score > best:
            best, found = score, name
    return found
