"""Boundary files to polygons in WGS 84. Runs only inside the child process of child.py."""

import contextlib
import json
import os
import re
import sqlite3

import numpy as np
import pyarrow as pa
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from . import archives
from .crs import known_crs
from .errors import FileRefused

WGS84 = "EPSG:4326"
BATCH = 2_000
_POLYGON, _MULTIPOLYGON, _COLLECTION = 3, 6, 7
_NAMES = {0: "a point", 1: "a line", 2: "a line", 4: "points", 5: "lines", 7: "a collection"}
_LINES_AND_POINTS = ("Point", "MultiPoint", "LineString", "MultiLineString")
_SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")


def answer(task, path, workroom, limits, out, *, kind_hint=None, layer=None, area_bbox=None):
    driver, ids, properties, geometry, crs, notes = _read(path, workroom, limits, kind_hint, layer)
    if not len(geometry):
        raise FileRefused("shapes_none")
    if len(geometry) > limits.shapes:
        raise FileRefused("shapes_too_many", limit=limits.shapes)
    if int(shapely.get_num_coordinates(geometry).sum()) > limits.shape_points:
        raise FileRefused("shape_points_too_many", limit=limits.shape_points)
    geometry, positions = _polygons_only(geometry, notes)
    if not len(geometry):
        raise FileRefused("shapes_none")
    geometry, crs = _in_degrees(geometry, positions, crs, area_bbox, notes)
    geometry, positions = _repaired(geometry, positions, notes)
    if not len(geometry):
        raise FileRefused("shapes_none")
    _insist_on_the_area(geometry, area_bbox)
    schema = pa.schema(
        [("position", pa.int64()), ("id", pa.string()), ("properties", pa.string()), ("wkb", pa.large_binary())],
        metadata={"about": json.dumps({"driver": driver, "crs": crs, "notes": sorted(notes, key=lambda n: n[0])})},
    )
    with pa.ipc.new_stream(out, schema) as stream:
        for start in range(0, len(geometry), BATCH):
            part = slice(start, start + BATCH)
            at = [p - 1 for p in positions[part]]
            columns = [
                pa.array(positions[part], pa.int64()),
                pa.array([ids[i] for i in at], pa.string()),
                pa.array([json.dumps(properties[i], ensure_ascii=False) for i in at], pa.string()),
                pa.array(list(shapely.to_wkb(geometry[part])), pa.large_binary()),
            ]
            stream.write_batch(pa.record_batch(columns, schema=schema))


def read_any(path, workroom, limits, layer):
    """Driver, ids, properties, geometries of any kind, system and notes of a file of shapes."""
    return _read(path, workroom, limits, None, layer, any_kind=True)


def _read(path, workroom, limits, kind_hint, layer, any_kind=False):
    with open(path, "rb") as file:
        head = file.read(64)
    if head.startswith(b"SQLite format 3\0"):
        return _geopackage(path, workroom, kind_hint, layer, any_kind)
    if head.startswith(b"PK"):
        return _shapefile(path, workroom, limits)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") or head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _geojson(path, limits, any_kind)
    raise FileRefused("shapes_kind_unknown")


# GeoJSON


def _geojson(path, limits, any_kind=False):
    with open(path, "rb") as file:
        raw = file.read()
    encoding = "utf-16" if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        whole = json.loads(raw.decode(encoding), parse_constant=_no_such_number)
    except json.JSONDecodeError as wrong:
        raise FileRefused("geojson_broken", line=wrong.lineno) from wrong
    except UnicodeDecodeError as wrong:
        raise FileRefused("geojson_broken", line=raw.count(b"\n", 0, wrong.start) + 1) from wrong
    except (RecursionError, ValueError) as wrong:
        raise FileRefused("geojson_broken", line=1) from wrong
    kind = whole.get("type")
    if kind == "FeatureCollection":
        features = whole.get("features")
    elif kind == "Feature":
        features = [whole]
    elif kind in ("Polygon", "MultiPolygon", "GeometryCollection") or (any_kind and kind in _LINES_AND_POINTS):
        features = [{"type": "Feature", "geometry": whole, "properties": {}}]
    elif kind in ("Topology", None):
        raise FileRefused("shapes_kind_unknown")
    else:
        raise FileRefused("not_polygons", position=1, found=_short(kind))
    if not isinstance(features, list) or not all(isinstance(f, dict) for f in features):
        raise FileRefused("geojson_broken", line=1)
    if len(features) > limits.shapes:
        raise FileRefused("shapes_too_many", limit=limits.shapes)
    ids, properties, geometry = [], [], []
    for position, feature in enumerate(features, 1):
        own = feature.get("properties")
        own = own if isinstance(own, dict) else {}
        ids.append(None if feature.get("id") is None else str(feature["id"])[:200])
        properties.append(own)
        geometry.append(_geojson_geometry(feature.get("geometry"), position))
    return "GeoJSON", ids, properties, np.array(geometry, dtype=object), _geojson_crs(whole), []


def _no_such_number(word):
    raise ValueError(word)


def _geojson_geometry(given, position):
    if given is None:
        return shapely.Polygon()
    try:
        return shapely.from_geojson(json.dumps(given))
    except (shapely.errors.GEOSException, TypeError, ValueError, RecursionError) as wrong:
        kind = given.get("type") if isinstance(given, dict) else None
        raise FileRefused("not_polygons", position=position, found=_short(kind)) from wrong


def _geojson_crs(whole):
    """The old "crs" member; without it the standard says WGS 84."""
    crs = whole.get("crs")
    if crs is None:
        return WGS84
    name = crs.get("properties", {}).get("name") if isinstance(crs, dict) and isinstance(crs.get("properties"), dict) \
        else None  # fmt: skip
    if not isinstance(name, str):
        raise FileRefused("crs_not_understood", crs=_short(name))
    if re.fullmatch(r"(urn:ogc:def:crs:OGC:[\d.]*:|OGC:)CRS84h?", name, re.I):
        return WGS84
    code = re.fullmatch(r"(?:urn:ogc:def:crs:EPSG:[\d.]*:|EPSG:{1,2}|https?://www\.opengis\.net/def/crs/EPSG/\d+/)(\d{1,6})",
                        name, re.I)  # fmt: skip
    if not code:
        raise FileRefused("crs_not_understood", crs=_short(name))
    return f"EPSG:{code[1]}"


# GeoPackage and Shapefile


def _geopackage(path, workroom, kind_hint, layer, any_kind=False):
    import pyogrio

    inside = os.path.join(workroom, "shapes.gpkg")
    os.symlink(path, inside)  # GDAL wants the ending
    try:
        layers = [(str(name), kind) for name, kind in pyogrio.list_layers(inside)]
    except Exception as wrong:
        raise FileRefused("not_readable") from wrong
    names = [name for name, kind in layers if kind is not None]
    if not names:
        raise FileRefused("shapes_none")
    if layer is not None:
        if layer not in names:
            raise FileRefused("layer_missing", layer=_short(layer))
        chosen = layer
    else:
        areas = [name for name, kind in layers if kind and "Polygon" in kind and not any_kind] or names
        hinted = [name for name in areas if kind_hint and kind_hint.lower() in name.lower()]
        chosen = (hinted if len(hinted) == 1 else areas)[0]
        if len(areas) > 1 and len(hinted) != 1:
            raise FileRefused("layers_several", names=", ".join(_short(name) for name in areas[:20]))
    return _through_gdal(inside, chosen, "GPKG")


def _shapefile(path, workroom, limits):
    entries = archives.checked_directory(path, limits)
    names: dict[str, dict] = {}
    for entry in entries:
        name = entry.filename.replace("\\", "/")
        if "__MACOSX/" in name or entry.is_dir():
            continue
        stem, ending = os.path.splitext(name)
        if ending.lower() in _SHAPEFILE_PARTS:
            names.setdefault(stem.lower(), {})[ending.lower()] = entry
    whole = {stem: parts for stem, parts in names.items() if ".shp" in parts}
    if not whole:
        if names:
            raise FileRefused("shapefile_incomplete", missing=".shp")
        raise FileRefused("shapes_kind_unknown")
    if len(whole) > 1:
        several = ", ".join(_short(os.path.basename(stem)) for stem in sorted(whole)[:20])
        raise FileRefused("shapefiles_several", names=several)
    parts = next(iter(whole.values()))
    missing = [ending for ending in (".shx", ".dbf") if ending not in parts]
    if missing:
        raise FileRefused("shapefile_incomplete", missing=", ".join(missing))
    for ending, entry in parts.items():
        archives.unpacked(path, entry, os.path.join(workroom, "shapes" + ending), limits)
    encoding = None
    if ".cpg" not in parts:
        encoding = _dbf_encoding(os.path.join(workroom, "shapes.dbf"))
    return _through_gdal(os.path.join(workroom, "shapes.shp"), None, "ESRI Shapefile", encoding)


def _dbf_encoding(path):
    """Without a .cpg file: UTF-8 when all text is, else the language byte decides, else Persian Windows."""
    with open(path, "rb") as file:
        raw = file.read(50_000_000)
    if len(raw) < 32:
        raise FileRefused("not_readable")
    body = raw[32:].replace(b"\0", b"")
    try:
        body.decode("utf-8")
        return "UTF-8"
    except UnicodeDecodeError:
        return None if raw[29] not in (0, 0x57) else "CP1256"


def _through_gdal(path, layer, driver, encoding=None):
    import pyogrio
    import pyogrio.raw

    try:
        if pyogrio.read_info(path, layer=layer, encoding=encoding).get("driver") not in (None, driver):
            raise FileRefused("shapes_kind_unknown")
        meta, fids, wkb, values = pyogrio.raw.read(path, layer=layer, encoding=encoding, return_fids=True,
                                                   datetime_as_string=True)  # fmt: skip
        geometry = shapely.from_wkb(wkb)
    except (MemoryError, FileRefused):
        raise
    except Exception as wrong:
        raise FileRefused("not_readable") from wrong
    notes = []
    if driver == "GPKG" and _has_curves(path, layer):
        notes.append([0, "shape_straightened", {}])
    fields = [str(name) for name in meta["fields"]]
    properties = [{name: _simple(column[i]) for name, column in zip(fields, values)} for i in range(len(wkb))]
    geometry = np.array([shapely.Polygon() if g is None else g for g in geometry], dtype=object)
    ids = [str(int(f)) for f in fids]
    return driver, ids, properties, geometry, meta.get("crs"), notes


def _has_curves(path, layer):
    """GDAL straightens curves without a word; the GeoPackage's own list of layers tells."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as db:
        try:
            ask = "SELECT geometry_type_name FROM gpkg_geometry_columns WHERE table_name = ?"
            kinds = db.execute(ask, (layer,)).fetchone()
        except sqlite3.Error as wrong:
            raise FileRefused("not_readable") from wrong
    return kinds is not None and bool(re.search("CURVE|MULTISURFACE", str(kinds[0]).upper()))


def _simple(value):
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and value != value:
        return None
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)[:10_000]


# Geometry


def _polygons_only(geometry, notes):
    kept, positions = [], []
    flat = shapely.has_z(geometry)
    for position, shape in enumerate(geometry, 1):
        if shapely.is_empty(shape):
            notes.append([position, "shape_empty", {"position": position}])
            continue
        kind = shapely.get_type_id(shape)
        if kind == _COLLECTION:
            parts = shapely.get_parts(shape)
            if set(shapely.get_type_id(parts).tolist()) <= {_POLYGON, _MULTIPOLYGON}:
                shape = shapely.multipolygons(shapely.get_parts(parts))
                kind = _MULTIPOLYGON
        if kind not in (_POLYGON, _MULTIPOLYGON):
            raise FileRefused("not_polygons", position=position, found=_NAMES.get(kind, "another kind"))
        if flat[position - 1]:
            notes.append([position, "shape_flattened", {"position": position}])
        kept.append(shape)
        positions.append(position)
    return shapely.force_2d(np.array(kept, dtype=object)), positions


def _in_degrees(geometry, positions, crs, area_bbox, notes):
    xy, owner = shapely.get_coordinates(geometry, return_index=True)
    if not np.isfinite(xy).all():
        bad = int(owner[~np.isfinite(xy).all(axis=1)][0])
        raise FileRefused("coordinates_out_of_range", position=positions[bad], crs=_short(crs))
    degrees = (np.abs(xy[:, 0]) <= 180).all() and (np.abs(xy[:, 1]) <= 90).all()
    if crs is None:
        if not degrees:
            raise FileRefused("crs_unknown")
        notes.append([0, "crs_assumed", {}])
        crs = WGS84
    try:
        system = CRS.from_user_input(known_crs(crs))
    except CRSError as wrong:
        raise FileRefused("crs_not_understood", crs=_short(crs)) from wrong
    name = _named_crs(system, crs)
    if system.is_geographic:
        upside = (np.abs(xy[:, 1]) <= 180).all() and (np.abs(xy[:, 0]) <= 90).all()
        if not degrees:
            if upside:
                raise FileRefused("swapped_coordinates")
            bad = int(owner[(np.abs(xy[:, 0]) > 180) | (np.abs(xy[:, 1]) > 90)][0])
            raise FileRefused("coordinates_out_of_range", position=positions[bad], crs=name)
    if system.to_epsg() == 4326 or name == WGS84:
        return geometry, WGS84
    try:
        lon, lat = Transformer.from_crs(system, WGS84, always_xy=True).transform(xy[:, 0], xy[:, 1])
    except ProjError as wrong:
        raise FileRefused("crs_not_understood", crs=name) from wrong
    lost = ~(np.isfinite(lon) & np.isfinite(lat) & (np.abs(lon) <= 180) & (np.abs(lat) <= 90))
    if lost.any():
        raise FileRefused("coordinates_out_of_range", position=positions[int(owner[lost][0])], crs=name)
    return shapely.set_coordinates(geometry, np.column_stack([lon, lat])), name


def _named_crs(system, given):
    code = system.to_epsg(min_confidence=70)
    return f"EPSG:{code}" if code else _short(system.name or given)


def _repaired(geometry, positions, notes):
    reasons = shapely.is_valid_reason(geometry)
    kept, places = [], []
    for shape, position, reason in zip(geometry, positions, reasons):
        if reason != "Valid Geometry":
            parts = shapely.get_parts(shapely.make_valid(shape, method="structure", keep_collapsed=False))
            parts = shapely.get_parts(parts)  # a collection holds multi-polygons, and those hold polygons
            areas = parts[(shapely.get_type_id(parts) == _POLYGON) & (shapely.area(parts) > 0)]
            if not len(areas):
                notes.append([position, "shape_collapsed", {"position": position}])
                continue
            shape = areas[0] if len(areas) == 1 else shapely.multipolygons(areas)
            notes.append([position, "shape_repaired", {"position": position, "reason": reason[:120]}])
        elif shapely.area(shape) == 0:
            notes.append([position, "shape_collapsed", {"position": position}])
            continue
        kept.append(shape)
        places.append(position)
    return np.array(kept, dtype=object), places


def _insist_on_the_area(geometry, area_bbox):
    if area_bbox is None:
        return
    west, south, east, north = area_bbox
    x0, y0, x1, y1 = shapely.total_bounds(geometry)
    if x0 <= east and x1 >= west and y0 <= north and y1 >= south:
        return
    if y0 <= east and y1 >= west and x0 <= north and x1 >= south:
        raise FileRefused("swapped_coordinates")
    raise FileRefused("outside_area", lon=round((x0 + x1) / 2, 4), lat=round((y0 + y1) / 2, 4))


def _short(value):
    return str(value)[:80]
