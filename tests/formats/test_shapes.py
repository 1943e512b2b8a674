import functools
import json
import zipfile

import numpy as np
import pyogrio.raw
import pytest
import shapely
from pyproj import Transformer

from kalantar.formats import Limits, areas_m2, coverage_report, read_shapes, simplify_coverage

from .asking import refusal

METRES = 111_320.0
TEHRAN = (50.9, 35.5, 51.7, 35.9)
SQUARE = [[51.4, 35.7], [51.41, 35.7], [51.41, 35.71], [51.4, 35.71], [51.4, 35.7]]


def feature(coordinates, kind="Polygon", **properties):
    return {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": coordinates}}


def collection(*features, **more):
    return json.dumps({"type": "FeatureCollection", "features": list(features), **more})


def box(x, y, w=0.01, h=0.01):
    return [[[x, y], [x + w, y], [x + w, y + h], [x, y + h], [x, y]]]


WHOLE = (".shp", ".shx", ".dbf", ".prj", ".cpg")


def written(
    folder, geometry, names, crs, driver, *,
    field="District", zipped_parts=WHOLE, geometry_type="MultiPolygon", layer="areas", encoding=None,
):  # fmt: skip
    path = folder / ("areas.gpkg" if driver == "GPKG" else "areas.shp")
    more = {"layer": layer, "append": path.exists()} if driver == "GPKG" else {}
    pyogrio.raw.write(str(path), shapely.to_wkb(np.array(geometry, dtype=object)), [np.array(names, dtype=object)],
                      np.array([field], dtype=object), driver=driver, geometry_type=geometry_type, crs=crs,
                      promote_to_multi=geometry_type.startswith("Multi"), encoding=encoding, **more)  # fmt: skip
    if driver == "GPKG":
        return path
    with zipfile.ZipFile(folder / "areas.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for ending in zipped_parts:
            if path.with_suffix(ending).exists():
                packed.write(path.with_suffix(ending), "folder/areas" + ending)
    return folder / "areas.zip"


@functools.cache
def city(path):
    return read_shapes(path)


# What is read


def test_geojson_is_read_with_its_names_and_ids(file, persian):
    one = feature(box(51.4, 35.7), name=persian["beat"], n=1, nested={"a": [1]})
    one["id"] = 17
    shapes = read_shapes(file(collection(one, feature(box(51.41, 35.7), name="2"))), area_bbox=TEHRAN)
    assert shapes.ids == ["17", None]
    assert shapes.properties[0] == {"name": persian["beat"], "n": 1, "nested": {"a": [1]}}
    assert (shapes.driver, shapes.source_crs, shapes.positions, shapes.notes) == ("GeoJSON", "EPSG:4326", [1, 2], ())
    assert shapes.geometry[0].equals(shapely.Polygon(SQUARE))


@pytest.mark.parametrize("driver", ["GPKG", "ESRI Shapefile"])
@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:26971", "EPSG:3435", "EPSG:3857"])
@pytest.mark.parametrize("name", ["chicago_policeBeats", "chicago_policeDistricts"])
def test_a_real_city_comes_back_within_a_centimetre(boundaries, tmp_path, name, crs, driver):
    source = city(boundaries / f"{name}.geojson")
    to = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    moved = shapely.transform(np.array(source.geometry, dtype=object), to.transform, interleaved=False)
    path = written(tmp_path, moved, [p["District"] for p in source.properties], crs, driver)
    back = read_shapes(path)
    assert back.source_crs == crs
    assert back.driver == driver
    assert [p["District"] for p in back.properties] == [p["District"] for p in source.properties]
    for a, b in zip(source.geometry, back.geometry):
        assert a.hausdorff_distance(b) * METRES < 0.01


def test_a_shapefile_of_another_hand_is_read(boundaries):
    shapes = read_shapes(boundaries / "dallas_outline_shp.zip")
    assert shapes.source_crs == "EPSG:2276"
    # The file states its own area in square miles.
    assert areas_m2(shapes.geometry)[0] / 1609.344**2 == pytest.approx(shapes.properties[0]["AreaSqM"], rel=0.15)
    west, south, east, north = shapely.total_bounds(shapes.geometry)
    assert -97.1 < west < east < -96.4
    assert 32.5 < south < north < 33.1


@pytest.mark.parametrize(("encoding", "parts"), [("UTF-8", WHOLE), ("UTF-8", WHOLE[:-1]), ("CP1256", WHOLE)])
def test_persian_in_a_shapefile_is_kept_with_or_without_its_cpg(tmp_path, persian, encoding, parts):
    word = persian["heading"][1]
    path = written(
        tmp_path, [shapely.Polygon(SQUARE)], [word], "EPSG:4326", "ESRI Shapefile",
        encoding=encoding, zipped_parts=parts, field="name",
    )  # fmt: skip
    assert read_shapes(path).properties == [{"name": word}]


def test_a_shapefile_without_cpg_in_persian_windows_letters(tmp_path, persian):
    word = persian["heading"][1]
    written(tmp_path, [shapely.Polygon(SQUARE)], [word], "EPSG:4326", "ESRI Shapefile", encoding="CP1256", field="name")
    dbf = bytearray((tmp_path / "areas.dbf").read_bytes())
    dbf[29] = 0
    (tmp_path / "areas.dbf").write_bytes(dbf)
    with zipfile.ZipFile(tmp_path / "plain.zip", "w") as packed:
        for ending in (".shp", ".shx", ".dbf", ".prj"):
            packed.write(tmp_path / f"areas{ending}", f"areas{ending}")
    assert read_shapes(tmp_path / "plain.zip").properties == [{"name": word}]


def test_without_prj_degrees_are_assumed_and_said_and_metres_refused(tmp_path):
    bare = (".shp", ".shx", ".dbf")
    square = shapely.Polygon(SQUARE)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    degrees = written(tmp_path / "a", [square], ["1"], "EPSG:4326", "ESRI Shapefile", zipped_parts=bare)
    assert [note.key for note in read_shapes(degrees).notes] == ["crs_assumed"]
    metres = shapely.affinity.scale(square, 100_000, 100_000, origin=(0, 0))
    path = written(tmp_path / "b", [metres], ["1"], "EPSG:32639", "ESRI Shapefile", zipped_parts=bare)
    assert refusal(read_shapes, path)[0] == "crs_unknown"


def test_the_old_crs_member_of_geojson_is_obeyed(file):
    to = Transformer.from_crs("EPSG:4326", "EPSG:32639", always_xy=True)
    ring = [list(to.transform(*point)) for point in SQUARE]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32639"}}
    shapes = read_shapes(file(collection(feature([ring]), crs=crs)), area_bbox=TEHRAN)
    assert shapes.source_crs == "EPSG:32639"
    assert shapes.geometry[0].hausdorff_distance(shapely.Polygon(SQUARE)) * METRES < 0.01


@pytest.mark.parametrize("name", ["/etc/passwd", "+proj=pipeline +step", "urn:ogc:def:crs:EPSG::999999", 5, ["a"]])
def test_a_crs_that_is_none_is_refused(file, name):
    content = collection(feature([SQUARE]), crs={"type": "name", "properties": {"name": name}})
    assert refusal(read_shapes, file(content))[0] == "crs_not_understood"


# Wrong places


def swapped(ring):
    return [[y, x] for x, y in ring]


def test_swapped_axes_are_found(file):
    path = file(collection(feature([swapped(SQUARE)])))
    assert refusal(read_shapes, path, area_bbox=TEHRAN)[0] == "swapped_coordinates"
    west = [[-100 + x, y] for x, y in SQUARE]  # latitude beyond 90 needs no hint
    wild = file(collection(feature([[[y, x - 60] for x, y in west]])), "wild")
    assert refusal(read_shapes, wild)[0] == "swapped_coordinates"


def test_a_place_elsewhere_is_refused_with_where_it_is(file):
    path = file(collection(feature(box(10, 50))))
    assert refusal(read_shapes, path, area_bbox=TEHRAN) == ("outside_area", {"lon": 10.005, "lat": 50.005})


def test_metres_that_call_themselves_degrees_are_refused(file):
    path = file(collection(feature(box(535_000, 3_950_000, 100, 100))))
    assert refusal(read_shapes, path) == ("coordinates_out_of_range", {"position": 1, "crs": "EPSG:4326"})


# Odd shapes


def test_odd_shapes_are_mended_flattened_or_left_out_and_all_is_said(file):
    bowtie = [[[51.4, 35.7], [51.41, 35.71], [51.41, 35.7], [51.4, 35.71], [51.4, 35.7]]]
    high = [[[*point, 1200.0] for point in SQUARE]]
    line = [[[51.4, 35.7], [51.41, 35.7], [51.4, 35.7], [51.4, 35.7]]]
    nothing = {"type": "Feature", "properties": {}, "geometry": None}
    shapes = read_shapes(file(collection(feature(bowtie), feature(high), nothing, feature([]), feature(line))))
    assert shapes.positions == [1, 2]
    assert [(n.position, n.key) for n in shapes.notes] == [
        (1, "shape_repaired"), (2, "shape_flattened"), (3, "shape_empty"), (4, "shape_empty"), (5, "shape_collapsed"),
    ]  # fmt: skip
    assert all(g.is_valid and not g.has_z for g in shapes.geometry)
    assert shapes.geometry[0].area == pytest.approx(0.01 * 0.01 / 2)


def test_a_collection_of_areas_is_one_area(file):
    parts = [{"type": "Polygon", "coordinates": box(51.4 + i, 35.7)} for i in (0, 1)]
    whole = {"type": "Feature", "properties": {}, "geometry": {"type": "GeometryCollection", "geometries": parts}}
    assert read_shapes(file(collection(whole))).geometry[0].geom_type == "MultiPolygon"


def test_curves_of_a_geopackage_become_lines(tmp_path):
    import sqlite3

    path = written(tmp_path, [shapely.Polygon(SQUARE)], ["1"], "EPSG:4326", "GPKG", geometry_type="Polygon")
    # A ring of one circular string, in the standard's own bytes: full circle through two points.
    ring = np.array([[51.4, 35.7], [51.5, 35.7], [51.4, 35.7]], dtype="<f8").tobytes()
    curve = b"\x01\x0a\x00\x00\x00\x01\x00\x00\x00" + b"\x01\x08\x00\x00\x00\x03\x00\x00\x00" + ring
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA trusted_schema=1")
        for (trigger,) in db.execute("SELECT name FROM sqlite_master WHERE type='trigger'").fetchall():
            db.execute(f'DROP TRIGGER "{trigger}"')
        db.execute("UPDATE areas SET geom = ?", (b"GP\x00\x01" + (4326).to_bytes(4, "little") + curve,))
        db.execute("UPDATE gpkg_geometry_columns SET geometry_type_name='CURVEPOLYGON'")
    shapes = read_shapes(path)
    assert [note.key for note in shapes.notes] == ["shape_straightened"]
    assert shapes.geometry[0].area == pytest.approx(np.pi * 0.05**2, rel=0.01)


@pytest.mark.parametrize(
    ("geometry", "found"),
    [
        ({"type": "Point", "coordinates": [51.4, 35.7]}, "a point"),
        ({"type": "LineString", "coordinates": SQUARE}, "a line"),
        ({"type": "Polygon", "coordinates": "nonsense"}, "Polygon"),
        ({"type": "Tetrahedron", "coordinates": []}, "Tetrahedron"),
        ([1, 2], "None"),
    ],
)
def test_what_is_no_area_is_refused_with_its_place(file, geometry, found):
    bad = {"type": "Feature", "properties": {}, "geometry": geometry}
    assert refusal(read_shapes, file(collection(feature([SQUARE]), bad))) == (
        "not_polygons", {"position": 2, "found": found},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"", "file_empty"),
        (b"{", "geojson_broken"),
        (b'{"type": "FeatureCollection", "features": [', "geojson_broken"),
        (b'{"type": "FeatureCollection", "features": 5}', "geojson_broken"),
        (b'{"type": "FeatureCollection", "features": []}', "shapes_none"),
        (b'{"type": "Topology"}', "shapes_kind_unknown"),
        (b'{"a":' * 100_000, "geojson_broken"),
        (b'{"type": "Polygon", "coordinates": [[[NaN, 1]]]}', "geojson_broken"),
        (b'{"type": "\xff\xfe"}', "geojson_broken"),
        (b"<kml></kml>", "shapes_kind_unknown"),
        (b"a,b\n1,2\n", "shapes_kind_unknown"),
        (b"PK\x03\x04 broken", "zip_broken"),
        (b"SQLite format 3\0" + bytes(500), "not_readable"),
    ],
)
def test_what_is_no_boundary_file_is_refused_by_name(file, content, key):
    assert refusal(read_shapes, file(content))[0] == key


def test_infinite_coordinates_are_refused(file):
    content = collection(feature([SQUARE])).replace("51.41", "1e999", 1)
    assert refusal(read_shapes, file(content))[0] in ("geojson_broken", "coordinates_out_of_range", "not_polygons")


def test_a_shapefile_must_be_whole_and_alone(tmp_path, file):
    square = [shapely.Polygon(SQUARE)]
    path = written(tmp_path, square, ["1"], "EPSG:4326", "ESRI Shapefile", zipped_parts=(".shp", ".prj"))
    assert refusal(read_shapes, path) == ("shapefile_incomplete", {"missing": ".shx, .dbf"})
    path = written(tmp_path, square, ["1"], "EPSG:4326", "ESRI Shapefile")
    with zipfile.ZipFile(path, "a") as packed:
        packed.writestr("other.shp", b"x")
    assert refusal(read_shapes, path) == ("shapefiles_several", {"names": "areas, other"})


def test_of_several_layers_one_must_be_named(tmp_path):
    for layer in ("police_beats", "police_stations"):
        path = written(tmp_path, [shapely.Polygon(SQUARE)], [layer], "EPSG:4326", "GPKG", layer=layer)
    assert refusal(read_shapes, path) == ("layers_several", {"names": "police_beats, police_stations"})
    assert read_shapes(path, layer="police_stations").properties[0]["District"] == "police_stations"
    assert read_shapes(path, kind_hint="beat").properties[0]["District"] == "police_beats"
    assert refusal(read_shapes, path, layer="none") == ("layer_missing", {"layer": "none"})


def test_limits_of_shapes_are_kept(file):
    path = file(collection(feature([SQUARE]), feature([SQUARE])))
    assert refusal(read_shapes, path, limits=Limits(shapes=1))[0] == "shapes_too_many"
    assert refusal(read_shapes, path, limits=Limits(shape_points=9))[0] == "shape_points_too_many"
    assert refusal(read_shapes, path, limits=Limits(file_bytes=9))[0] == "file_too_large"


# Coverage


def test_a_sound_coverage_has_nothing_to_report():
    report = coverage_report([shapely.Polygon(box(51.4 + i / 100, 35.7)[0]) for i in range(3)])
    assert report.is_exact
    assert report.area_m2 == pytest.approx(3 * areas_m2([shapely.Polygon(SQUARE)])[0], rel=1e-3)


def test_overlaps_gaps_and_copies_are_measured(file):
    names = {"a": box(51.40, 35.70, 0.03, 0.01), "b": box(51.42, 35.70, 0.02, 0.01), "c": box(51.40, 35.71, 0.01, 0.01),
             "d": box(51.43, 35.71, 0.01, 0.01), "e": box(51.40, 35.72, 0.04, 0.01)}  # fmt: skip
    features = [feature(ring, code=name) for name, ring in names.items()]
    features += [feature(names["e"], code="f"), feature(box(51.5, 35.7), code="a")]
    report = coverage_report(read_shapes(file(collection(*features))))
    assert report.id_field == "code"
    (overlap,) = report.overlaps
    assert (overlap.first, overlap.second) == (0, 1)
    assert overlap.area_m2 == pytest.approx(areas_m2([shapely.Polygon(box(51.42, 35.70)[0])])[0], rel=1e-3)
    assert overlap.lon == pytest.approx(51.425, abs=0.005)
    (gap,) = report.gaps
    assert gap.area_m2 == pytest.approx(areas_m2([shapely.Polygon(box(51.41, 35.71, 0.02)[0])])[0], rel=1e-3)
    assert gap.geometry.covers(shapely.Point(gap.lon, gap.lat))
    assert [(d.indexes, d.same, d.value) for d in report.duplicates] == [
        ((4, 5), "geometry", None),
        ((0, 6), "id", "a"),
    ]


def test_an_outline_shows_ground_that_no_area_takes():
    whole, half = shapely.Polygon(box(51.4, 35.7, 0.02)[0]), shapely.Polygon(box(51.4, 35.7)[0])
    report = coverage_report([half], outline=whole)
    assert report.gaps[0].area_m2 == pytest.approx(areas_m2([half])[0], rel=1e-3)


def test_areas_agree_with_the_ellipsoid(boundaries):
    from pyproj import Geod

    shapes = city(boundaries / "chicago_policeDistricts.geojson")
    on_earth = [abs(Geod(ellps="WGS84").geometry_area_perimeter(g)[0]) for g in shapes.geometry]
    np.testing.assert_allclose(areas_m2(shapes.geometry), on_earth, rtol=1e-5)


@pytest.mark.parametrize(("name", "count", "repeated", "at"), [
    ("chicago_policeBeats", 277, "3100", (1, 55, 263)), ("chicago_policeDistricts", 25, "31", (2, 3, 7)),
])  # fmt: skip
def test_chicago_sends_three_areas_under_one_name_and_covers_the_ground_once(boundaries, name, count, repeated, at):
    """District 31 (beat 3100) is no district: three enclaves that are not the city's carry its number."""
    shapes = city(boundaries / f"{name}.geojson")
    report = coverage_report(shapes)
    assert len(shapes) == count
    assert [(d.indexes, d.same, d.value) for d in report.duplicates] == [(at, "id", repeated)]
    assert report.overlaps == report.gaps == ()
    if count == 25:
        assert len({p["District"] for p in shapes.properties} - {"31"}) == 22  # stations


def test_a_real_hole_is_found_in_memphis(boundaries):
    report = coverage_report(read_shapes(boundaries / "memphis_precincts.geojson"))
    assert len(report.gaps) == 1
    assert 7e6 < report.gaps[0].area_m2 < 9e6


# Simpler shapes for screens


@pytest.mark.parametrize("name", ["chicago_policeBeats", "nyc_precincts", "nottingham_wards"])
def test_simplified_neighbours_still_share_one_border(boundaries, name):
    geometry = city(boundaries / f"{name}.geojson").geometry
    simple = simplify_coverage(geometry, 30)
    assert len(simple) == len(geometry)
    assert shapely.is_valid(simple).all()
    assert not shapely.is_empty(simple).any()
    assert coverage_report(simple, least_m2=5).overlaps == ()
    assert shapely.get_num_coordinates(simple).sum() <= shapely.get_num_coordinates(geometry).sum()
    assert shapely.area(simple).sum() == pytest.approx(shapely.area(geometry).sum(), rel=0.01)


def test_areas_that_do_not_fit_are_first_made_to():
    left = shapely.Polygon(box(51.4, 35.7, 0.0101)[0])  # 9 m into its neighbour
    right = shapely.Polygon(box(51.41, 35.7)[0])
    simple = simplify_coverage([left, right, left], 20)
    assert len(simple) == 3
    assert shapely.is_valid(simple).all()
    assert not shapely.is_empty(simple).any()
    assert simplify_coverage([], 20) == []
