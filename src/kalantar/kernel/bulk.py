"""Many rows at once into one table: prepared outside the write lock, written inside it.

SQLite takes them as prepared tuples, PostgreSQL as one COPY. Columns are NumPy arrays, Arrow text or single values;
whoever calls this has checked them, and the database's own constraints hold here as everywhere.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.csv
from django.db import connection, models

CACHE_KB = 128_000
TOGETHER = 50  # rows of one statement on SQLite: each statement costs as much as writing two rows
NOTHING = float("nan")  # SQLite binds it as NULL, where None is looked up in the driver's list of adapters first


@dataclass(frozen=True)
class Nullable:
    """An array whose marked places are NULL."""

    values: np.ndarray
    null: np.ndarray


@dataclass(frozen=True)
class Prepared:
    """Rows ready to be written: statement and content."""

    sql: tuple[str, ...]  # PostgreSQL: one COPY. SQLite: TOGETHER rows at once, then the rest one by one
    content: tuple
    n: int


def prepare(model: type[models.Model], n: int, /, **columns: object) -> Prepared:
    """Make `n` rows of a model ready. Every concrete field but the key needs a value: nothing is filled in silently."""
    fields = {field.attname: field for field in model._meta.concrete_fields if not field.primary_key}
    if fields.keys() != columns.keys():
        raise ValueError(f"columns differ from the table: {sorted(fields.keys() ^ columns.keys())}")
    quote = connection.ops.quote_name
    target = "{} ({})".format(
        quote(model._meta.db_table), ", ".join(quote(str(fields[name].column)) for name in columns)
    )
    if connection.vendor == "postgresql":
        return Prepared((f"COPY {target} FROM STDIN (FORMAT csv)",), (_as_csv(n, columns),), n)
    row, bound = _row(columns.values())
    width = len(bound)
    flat: list = [None] * (n * width)
    for at, values in enumerate(bound):
        flat[at::width] = values
    edge = n - n % TOGETHER
    sql = tuple(" ".join(["INSERT INTO", target, "VALUES", ", ".join([row] * k)]) for k in (TOGETHER, 1))
    many = [flat[at : at + TOGETHER * width] for at in range(0, edge * width, TOGETHER * width)]
    return Prepared(sql, (many, [flat[at : at + width] for at in range(edge * width, n * width, width)]), n)


def _row(columns: Iterable) -> tuple[str, list]:
    """One row of a VALUES list, and the columns that fill its places; what is the same for all rows stands in it."""
    places, bound = [], []
    for value in columns:
        single = _single(value)
        if single is None or isinstance(single, int | float | str):
            places.append(_literal(single))
        else:
            places.append("?")
            bound.append(_as_list(value))
    if not bound:
        raise ValueError("rows that are all alike are no rows of a table")
    return f"({', '.join(places)})", bound


def _literal(value: float | str | None) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError("a text with a zero byte")
        return "'" + value.replace("'", "''") + "'"
    return repr(value)


@contextmanager
def wide() -> Iterator[None]:
    """Room in memory for the pages of all indexes while much is written: SQLite then rewrites each page less often."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        kept = cursor.execute("PRAGMA cache_size").fetchone()[0]
        cursor.execute(f"PRAGMA cache_size = -{CACHE_KB}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA cache_size = {int(kept)}")


def write(rows: Prepared) -> None:
    """Write prepared rows. Inside a transaction of the caller."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.cursor.copy(rows.sql[0]) as copy:
                copy.write(rows.content[0])
        else:
            for sql, values in zip(rows.sql, rows.content, strict=True):
                cursor.cursor.connection.executemany(sql, values)


def delete_some(query: models.QuerySet, limit: int) -> int:
    """Delete at most `limit` rows of a query without loading them. Returns how many went. Inside a transaction."""
    ids = list(query.order_by("pk").values_list("pk", flat=True)[:limit])
    for start in range(0, len(ids), 900):  # as many values as every database takes in one statement
        query.model._base_manager.filter(pk__in=ids[start : start + 900]).order_by()._raw_delete(query.db)
    return len(ids)


def _as_list(value: object) -> list:
    if isinstance(value, Nullable):
        plain = _as_list(value.values)
        for at in np.flatnonzero(value.null).tolist():
            plain[at] = NOTHING
        return plain
    if isinstance(value, np.ndarray):
        if value.dtype.kind == "M":
            return as_text(value)
        return value.astype(np.int8).tolist() if value.dtype.kind == "b" else value.tolist()
    if isinstance(value, pa.Array):
        return value.to_numpy(zero_copy_only=False).tolist()
    if isinstance(value, pa.ChunkedArray):
        return value.to_numpy().tolist()
    if isinstance(value, list):
        return value
    raise TypeError(f"no column of a table: {type(value).__name__}")


def _single(value: object) -> object:
    """What is the same for every row, as SQLite keeps it; any other value as it is."""
    if isinstance(value, Nullable) and value.null.all():
        return None
    if isinstance(value, datetime):
        return str(value.astimezone(UTC).replace(tzinfo=None))
    if isinstance(value, date):
        return value.isoformat()
    return int(value) if isinstance(value, bool) else value


def as_text(moments: np.ndarray) -> list[str]:
    """Days or seconds as SQLite keeps them: "2018-01-01", "2018-01-01 07:00:00"."""
    text = np.datetime_as_string(moments)
    if np.datetime_data(moments.dtype)[0] == "s":  # a day is as wide in memory, with nothing after it
        letters = text.view(np.uint32).reshape(len(text), -1)
        letters[:, 10] = ord(" ")
    return text.tolist()


def _as_csv(n: int, columns: dict[str, object]) -> bytes:
    table = pa.table({name: _as_arrow(value, n) for name, value in columns.items()})
    out = io.BytesIO()
    pyarrow.csv.write_csv(table, out, pyarrow.csv.WriteOptions(include_header=False, quoting_style="all_valid"))
    return out.getvalue()


def _as_arrow(value: object, n: int) -> pa.Array:
    if isinstance(value, Nullable):
        return pa.array(_utc(value.values), mask=value.null)
    if isinstance(value, np.ndarray):
        return pa.array(_utc(value))
    if isinstance(value, pa.Array | pa.ChunkedArray | list):
        return value if not isinstance(value, list) else pa.array(value, pa.string())
    return pa.nulls(n, pa.string()) if value is None else pa.repeat(pa.scalar(_spelled(value)), n)


def _utc(values: np.ndarray) -> np.ndarray:
    """Seconds become text that names its zone, so that no session setting can shift them."""
    if values.dtype.kind == "M" and np.datetime_data(values.dtype)[0] == "s":
        return np.char.add(np.datetime_as_string(values), "+00").astype(object)
    return values


def _spelled(value: object) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)
