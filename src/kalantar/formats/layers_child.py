"""Layers of any geometry, and Parquet, to text columns. Runs only inside the child process of child.py."""

import json

import numpy as np
import pyarrow as pa
import shapely

from . import shapes_child
from .errors import FileRefused

BATCH = 50_000


def answer(task, path, workroom, limits, out, *, layer=None):
    if task == "parquet":
        _parquet(path, limits, out)
    else:
        _layer(path, workroom, limits, out, layer)


def _layer(path, workroom, limits, out, layer):
    driver, _, properties, geometry, crs, notes = shapes_child.read_any(path, workroom, limits, layer)
    if not len(geometry):
        raise FileRefused("shapes_none")
    if len(geometry) > limits.shapes:
        raise FileRefused("shapes_too_many", limit=limits.shapes)
    if int(shapely.get_num_coordinates(geometry).sum()) > limits.shape_points:
        raise FileRefused("shape_points_too_many", limit=limits.shape_points)
    names = list(dict.fromkeys(name for row in properties for name in row))
    if len(names) > limits.columns:
        raise FileRefused("too_many_columns", got=len(names), limit=limits.columns)
    geometry = shapely.force_2d(geometry)
    about = {"driver": driver, "crs": crs, "names": names, "shapes": True, "notes": notes}
    schema = _schema(names, about, shapes=True)
    with pa.ipc.new_stream(out, schema) as stream:
        for start in range(0, len(geometry), BATCH):
            part = slice(start, start + BATCH)
            rows = properties[part]
            columns = [
                pa.array(np.arange(start + 1, start + 1 + len(rows)), pa.int64()),
                *(pa.array([_text(row.get(name)) for row in rows], pa.string()) for name in names),
                pa.array(list(shapely.to_wkb(geometry[part])), pa.large_binary()),
            ]
            stream.write_batch(pa.record_batch(columns, schema=schema))


def _parquet(path, limits, out):
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path)
    if file.metadata.num_rows > limits.rows:
        raise FileRefused("too_many_rows", limit=limits.rows)
    if file.metadata.num_columns > limits.columns:
        raise FileRefused("too_many_columns", got=file.metadata.num_columns, limit=limits.columns)
    where, crs = _geo(file.schema_arrow.metadata or {})
    names = [name for name in file.schema_arrow.names if name != where]
    about = {"driver": "Parquet", "crs": crs, "names": names, "shapes": where is not None, "notes": []}
    schema = _schema(names, about, shapes=where is not None)
    count = 0
    with pa.ipc.new_stream(out, schema) as stream:
        for batch in file.iter_batches(batch_size=BATCH):
            columns = [pa.array(np.arange(count + 1, count + 1 + len(batch)), pa.int64())]
            columns += [_as_text(batch.column(name)) for name in names]
            if where is not None:
                columns.append(batch.column(where).cast(pa.large_binary()))
            count += len(batch)
            stream.write_batch(pa.record_batch(columns, schema=schema))
    if not count:
        raise FileRefused("headers_only")


def _geo(metadata):
    """Name of the geometry column of a GeoParquet file and its system; WGS 84 where it names none."""
    told = metadata.get(b"geo")
    if told is None:
        return None, None
    try:
        geo = json.loads(told)
        name = geo["primary_column"]
        about = geo["columns"][name]
    except (ValueError, KeyError, TypeError) as wrong:
        raise FileRefused("not_readable") from wrong
    if about.get("encoding") != "WKB":
        raise FileRefused("kind_unknown")
    crs = about.get("crs")
    code = crs.get("id", {}) if isinstance(crs, dict) else {}
    if code:
        return name, f"{code.get('authority')}:{code.get('code')}"
    return name, "EPSG:4326" if crs is None else str(crs)[:200]


def _as_text(column):
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_nested(column.type) or pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        return pa.array([""] * len(column), pa.string())
    return column.cast(pa.string()).fill_null("")


def _schema(names, about, *, shapes):
    fields = [("position", pa.int64()), *((f"c{i}", pa.string()) for i in range(len(names)))]
    if shapes:
        fields.append(("wkb", pa.large_binary()))
    return pa.schema(fields, metadata={"about": json.dumps(about)})


def _text(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
