"""What an analyst opens: the same rows from every kind of file, and nothing guessed about coordinates."""

import json
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from kalantar.formats import FileRefused, read_layer, read_shapes, write_xlsx

ROWS = [("2016-01-03", "خ مدرس", 51.5, 35.7), ("2016-02-03", "", 51.6, 35.8)]
NAMES = ("date", "place", "lon", "lat")
POINTS = [shapely.Point(51.5, 35.7), shapely.Point(51.6, 35.8)]


def geojson(shapes=POINTS):
    return json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {"type": "Feature", "geometry": json.loads(shapely.to_geojson(shape)),
                 "properties": {"date": row[0], "place": row[1] or None}}
                for shape, row in zip(shapes, ROWS)
            ],
        }, ensure_ascii=False,
    )  # fmt: skip


def as_gpkg(path, layers=("events",)):
    import pyogrio.raw

    for name in layers:
        pyogrio.raw.write(
            path, geometry=np.array(shapely.to_wkb(POINTS), dtype=object),
            field_data=[np.array([r[0] for r in ROWS], dtype=object), np.array([r[1] or None for r in ROWS], dtype=object)],
            fields=["date", "place"], layer=name, driver="GPKG", geometry_type="Point", crs="EPSG:32638",
            append=path.exists(),
        )  # fmt: skip
    return path


def as_shp(path):
    import pyogrio.raw

    pyogrio.raw.write(
        path, geometry=np.array(shapely.to_wkb(POINTS), dtype=object),
        field_data=[np.array([r[0] for r in ROWS], dtype=object), np.array([r[1] for r in ROWS], dtype=object)],
        fields=["date", "place"], driver="ESRI Shapefile", geometry_type="Point", crs="EPSG:26971", encoding="UTF-8",
    )  # fmt: skip
    return path


def table():
    return pa.table({name: [row[i] for row in ROWS] for i, name in enumerate(NAMES)})


def test_a_csv_and_a_workbook_are_tables_without_a_system(file, tmp_path):
    text = ",".join(NAMES) + "\n" + "\n".join(",".join(map(str, row)) for row in ROWS)
    book = tmp_path / "t.xlsx"
    with book.open("wb") as out:
        write_xlsx(out, list(NAMES), ROWS)
    for path in (file(text, "t.csv"), book):
        read = read_layer(path)
        assert read.geometry is None and read.crs is None
        assert read.columns["date"].to_pylist() == [r[0] for r in ROWS]
        assert read.columns["place"].to_pylist() == [r[1] for r in ROWS]
        assert read.rows.tolist() == [2, 3]


def test_points_of_every_kind_of_layer_are_read_with_the_system_they_name(file, tmp_path):
    loose = as_shp(tmp_path / "loose.shp")
    packed = tmp_path / "packed.zip"
    with zipfile.ZipFile(packed, "w") as out:
        for part in tmp_path.glob("loose.*"):
            out.write(part, part.name)
    for path, crs in (
        (file(geojson(), "a.geojson"), "EPSG:4326"),
        (as_gpkg(tmp_path / "a.gpkg"), "EPSG:32638"),
        (loose, "EPSG:26971"),
        (packed, "EPSG:26971"),
    ):
        read = read_layer(path)
        assert (shapely.get_coordinates(read.geometry) == [[51.5, 35.7], [51.6, 35.8]]).all(), path
        assert "26971" in read.crs or read.crs == crs or "Illinois" in read.crs, (path, read.crs)
        assert read.columns["place"].to_pylist() == ["خ مدرس", ""]
        assert read.rows.tolist() == [1, 2]


def test_lines_are_no_longer_refused_where_a_layer_of_any_kind_is_meant(file):
    lines = [shapely.LineString([(0, 0), (1, 1)]), shapely.MultiPoint([(0, 0), (2, 2)])]
    assert [g.geom_type for g in read_layer(file(geojson(lines))).geometry] == ["LineString", "MultiPoint"]
    with pytest.raises(FileRefused, match="not an area"):
        read_shapes(file(geojson(lines)))


def test_parquet_is_read_as_text_and_geoparquet_with_its_shapes(tmp_path):
    plain = tmp_path / "a.parquet"
    pq.write_table(table().append_column("when", pa.array([0, None], pa.timestamp("ms"))), plain)
    read = read_layer(plain)
    assert read.geometry is None and read.columns["lon"].to_pylist() == ["51.5", "51.6"]
    assert read.columns["when"].to_pylist() == ["1970-01-01 00:00:00.000", ""]

    geo = tmp_path / "b.parquet"
    told = {"version": "1.1.0", "primary_column": "g", "columns": {"g": {"encoding": "WKB", "geometry_types": []}}}
    shaped = table().append_column("g", pa.array(list(shapely.to_wkb(POINTS)), pa.binary()))
    pq.write_table(shaped.replace_schema_metadata({"geo": json.dumps(told)}), geo)
    read = read_layer(geo)
    assert read.crs == "EPSG:4326" and list(read.columns) == list(NAMES)
    assert (shapely.get_coordinates(read.geometry)[0] == [51.5, 35.7]).all()


def test_a_geopackage_with_several_layers_asks_which(tmp_path):
    path = as_gpkg(tmp_path / "two.gpkg", ("events", "lamps"))
    with pytest.raises(FileRefused, match="several layers"):
        read_layer(path)
    assert len(read_layer(path, layer="lamps")) == 2
    with pytest.raises(FileRefused, match="no layer named"):
        read_layer(path, layer="none")


@pytest.mark.parametrize("broken", [b"PAR1 nothing of the kind PAR1", b"PAR1", b'{"type": "FeatureCollection"'])
def test_a_broken_file_is_refused_with_a_sentence(file, broken):
    with pytest.raises(FileRefused) as refused:
        read_layer(file(broken))
    assert "Nothing was loaded" in str(refused.value)


def test_an_empty_parquet_is_refused(tmp_path):
    pq.write_table(table().slice(0, 0), tmp_path / "e.parquet")
    with pytest.raises(FileRefused, match="no rows"):
        read_layer(tmp_path / "e.parquet")
