"""Any table or layer as text columns and, where there are any, shapes in the file's own coordinate system.

What an analyst opens: CSV, XLSX, GeoJSON, GeoPackage, Shapefile and Parquet. Nothing is guessed about
coordinates: a layer says its system, a table has none until the person names it.
"""

import json
import os
import tempfile
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import shapely

from .child import answering
from .errors import FileRefused
from .limits import Limits
from .tables import read_table
from .text import size_of

SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
ANALYST = Limits(
    file_bytes=2_000_000_000, unpacked_bytes=4_000_000_000, rows=20_000_000, shapes=5_000_000,
    shape_points=50_000_000, child_memory_bytes=8_000_000_000, child_seconds=600,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Layer:
    """Rows of one file. `columns` : heading to text column, "" where a cell is empty, all of one length."""

    columns: dict[str, pa.StringArray]
    rows: np.ndarray  # number of each row in its file, heading = 1; of a layer, its position from 1
    geometry: np.ndarray | None  # shapely geometries, None for a plain table
    crs: str | None  # the system the file names; None: it names none
    driver: str
    notes: tuple[tuple[int, str, dict], ...] = field(default=())

    def __len__(self):
        return len(self.rows)


def read_layer(path, *, layer=None, sheet=None, limits=ANALYST) -> Layer:
    """Rows of a file, told by its content. Raises FileRefused.

    layer : name of the wanted layer of a GeoPackage with several. sheet : of a workbook.
    A Shapefile may be given as its .shp with its parts beside it, or zipped.
    """
    with tempfile.TemporaryDirectory(prefix="kalantar-layer-") as room:
        if Path(path).suffix.lower() == ".shp":
            path = _zipped(Path(path), Path(room))
        size_of(path, limits)
        with open(path, "rb") as file:
            head = file.read(64)
        if head.startswith(b"PAR1"):
            return _from_child("parquet", path, limits)
        if head.startswith(b"SQLite format 3\0") or _is_json(head):
            return _from_child("layer", path, limits, layer=layer)
        if head.startswith(b"PK") and _is_shapefile(path):
            return _from_child("layer", path, limits, layer=layer)
        return _table(path, sheet, limits)


def _is_json(head):
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") or head[2:4] in (b"{\0", b"\0{")


def _is_shapefile(path):
    try:
        with zipfile.ZipFile(path) as packed:
            return any(name.lower().endswith(".shp") for name in packed.namelist()[:10_000])
    except (zipfile.BadZipFile, OSError, ValueError):
        return False


def _zipped(path, room):
    """The parts of a loose Shapefile as one zip file, the form in which it is opened."""
    packed = room / "shapes.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as out:
        for ending in SHAPEFILE_PARTS:
            for part in (path.with_suffix(ending), path.with_suffix(ending.upper())):
                if part.is_file():
                    out.write(part, "shapes" + ending)
                    break
    return os.fspath(packed)


def _from_child(task, path, limits, **given):
    parts, batches, positions = [], [], []
    with answering(task, path, limits, **given) as answer:
        about = json.loads(answer.schema.metadata[b"about"])
        for batch, _ in answer:
            positions.append(np.asarray(batch.column("position")))
            if about["shapes"]:
                parts.append(shapely.from_wkb(np.array(batch.column("wkb").to_pylist(), dtype=object)))
            batches.append(batch.drop_columns(["position", *(["wkb"] if about["shapes"] else [])]))
    if not batches:
        raise FileRefused("headers_only")
    whole = pa.Table.from_batches(batches).combine_chunks()
    names = about["names"]
    columns = {name: _one(whole.column(i)) for i, name in enumerate(names)}
    return Layer(
        columns=columns, rows=np.concatenate(positions), geometry=np.concatenate(parts) if parts else None,
        crs=about["crs"], driver=about["driver"], notes=tuple(tuple(note) for note in about["notes"]),
    )  # fmt: skip


def _table(path, sheet, limits):
    parts, rows, notes, names = [], [], [], None
    for batch in read_table(path, sheet=sheet, limits=limits):
        names = batch.columns
        rows.append(batch.rows)
        parts.append(batch.data)
        notes += [(fault.row, fault.key, fault.details) for fault in batch.faults]
    if names is None:
        raise FileRefused("headers_only")
    whole = pa.Table.from_batches(parts).combine_chunks()
    columns = {name: _one(whole.column(i)) for i, name in enumerate(names)}
    return Layer(
        columns=columns, rows=np.concatenate(rows), geometry=None, crs=None, driver="table", notes=tuple(notes)
    )


def _one(column):
    column = column.combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        column = column.chunk(0) if column.num_chunks else pa.array([], pa.string())
    return column
