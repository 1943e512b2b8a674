"""Whatever the bytes: a table, or a FileRefused. Nothing else ever comes out of the door."""

import functools
import io
import json
import tempfile
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kalantar.formats import SENTENCES, FileRefused, Limits, coverage_report, read_shapes, read_table

LIMITS = Limits(file_bytes=2_000_000, unpacked_bytes=20_000_000, rows=10_000, child_seconds=20,
                child_memory_bytes=1_500_000_000)  # fmt: skip
QUIET = {"deadline": None, "suppress_health_check": list(HealthCheck), "derandomize": True, "database": None}

pieces = st.sampled_from([b",", b";", b"\t", b"|", b'"', b"\n", b"\r", b"\r\n", b"a", b"1", b"=", b"sep=;\n", b"\0",
                          b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xd8\x9b", b"\xd8\xa7", b"\xc7\xe1", b"\x1f",
                          b"PK", b"\xd0\xcf\x11\xe0", b"<html>", b" ", b'""', b"2020-01-01"])  # fmt: skip
contents = st.one_of(st.binary(max_size=400), st.lists(pieces, max_size=60).map(b"".join),
                     st.text(max_size=200).flatmap(lambda text: st.sampled_from(
                         [text.encode("utf-8", "replace"), text.encode("utf-16", "replace"),
                          text.encode("cp1256", "replace")])))  # fmt: skip


def tried(step, content):
    """What the step gives for a file of these bytes; None when the file was refused with a whole sentence."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(content)
        try:
            return step(path)
        except FileRefused as no:
            key, sentence = no.key, str(no)
    assert key in SENTENCES
    assert sentence
    return None


def table(path):
    last = 0
    for batch in read_table(path, limits=LIMITS, batch_rows=7):
        assert len(batch.rows) == len(batch) == batch.data.num_rows
        assert len(batch.columns) == batch.data.num_columns == len(set(batch.columns))
        rows = batch.rows.tolist()
        assert rows == sorted(set(rows))
        assert not rows or rows[0] > last
        last = rows[-1] if rows else last
        for column in batch.data.columns:
            assert column.null_count == 0
            column.to_pylist()


@settings(max_examples=1500, **QUIET)
@given(contents)
def test_any_bytes_as_a_table(content):
    tried(table, content)


@settings(max_examples=300, **QUIET)
@given(st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0\r\x1f"), max_size=8),
                         min_size=3, max_size=3), min_size=3, max_size=20))  # fmt: skip
def test_a_well_made_csv_loses_nothing(rows):
    """Written by Python's csv, read back: every row that is not blank, in order, with its number."""
    import csv

    stream = io.StringIO(newline="")
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
    writer.writerows([["first", "second", "third"], *rows])
    found = {}

    def read(path):
        from dataclasses import replace

        from kalantar.formats import sniff

        info = replace(sniff(path), separator=",", header_row=1, columns=("first", "second", "third"))
        for batch in read_table(path, info=info, limits=LIMITS):
            assert batch.faults == ()
            cells = zip(*(c.to_pylist() for c in batch.data.columns))
            found.update(zip(batch.rows.tolist(), map(list, cells)))
        return True

    if tried(read, stream.getvalue().encode()):
        assert found == {n: row for n, row in enumerate(rows, 2) if any(row)}
    else:
        assert not any(any(row) for row in rows)


@functools.cache  # a workbook holds the moment it was made: one for all examples
def a_workbook():
    book = openpyxl.Workbook()
    for i in range(30):
        book.active.append([f"name {i}", i, i / 7])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


@functools.cache
def a_shapefile():
    import numpy as np
    import pyogrio.raw
    import shapely

    with tempfile.TemporaryDirectory() as folder:
        square = np.array([shapely.to_wkb(shapely.box(51, 35, 52, 36))], dtype=object)
        pyogrio.raw.write(f"{folder}/a.shp", square, [np.array(["x"], dtype=object)], np.array(["name"], dtype=object),
                          driver="ESRI Shapefile", geometry_type="Polygon", crs="EPSG:4326")  # fmt: skip
        return {end: (Path(folder) / f"a.{end}").read_bytes() for end in ("shp", "shx", "dbf", "prj")}


def packed(parts):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for end, content in parts.items():
            file.writestr(f"a.{end}", content)
    return stream.getvalue()


def spoiled(content, data, most=12):
    content = bytearray(content)
    for _ in range(data.draw(st.integers(1, most))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    return bytes(content[: data.draw(st.sampled_from([len(content), len(content), len(content) // 2]))])


@settings(max_examples=25, **QUIET)
@given(st.data())
def test_a_spoiled_workbook(data):
    tried(table, spoiled(a_workbook(), data))


@settings(max_examples=15, **QUIET)
@given(st.data())
def test_a_workbook_with_a_spoiled_sheet_inside(data):
    with zipfile.ZipFile(io.BytesIO(a_workbook())) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    name = data.draw(st.sampled_from(sorted(parts)))
    parts[name] = spoiled(parts[name], data)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for other, content in parts.items():
            file.writestr(other, content)
    tried(table, stream.getvalue())


@settings(max_examples=15, **QUIET)
@given(st.data())
def test_a_spoiled_shapefile(data):
    parts = dict(a_shapefile())  # the kept one stays whole
    end = data.draw(st.sampled_from(sorted(parts)))
    parts[end] = spoiled(parts[end], data)
    tried(lambda path: coverage_report(read_shapes(path, limits=LIMITS)), packed(parts))


numbers = st.one_of(st.floats(-200, 200), st.integers(-(10**9), 10**9), st.just(None), st.text(max_size=3))
nested = st.recursive(numbers, lambda inner: st.lists(inner, max_size=4), max_leaves=12)


@settings(max_examples=20, **QUIET)
@given(st.lists(st.tuples(st.sampled_from(["Polygon", "MultiPolygon", "Point", "GeometryCollection", None, 7]), nested),
                max_size=4))  # fmt: skip
def test_any_coordinates_in_a_geojson(shapes):
    features = [
        {"type": "Feature", "properties": None, "geometry": {"type": kind, "coordinates": c}} for kind, c in shapes
    ]
    content = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    tried(lambda path: coverage_report(read_shapes(path, limits=LIMITS)), content)


@pytest.mark.slow
@settings(max_examples=10_000, **QUIET)
@given(contents)
def test_ten_thousand_files(content):
    tried(table, content)
