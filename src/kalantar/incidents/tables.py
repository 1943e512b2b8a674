"""The file inside: what was uploaded, read once, without the columns that may not be kept. Arrow, compressed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kalantar.formats import Batch, FileRefused, Limits, RowFault, read_table, sniff

from .mapping import LeftOut, refused_columns

SAMPLE = 5_000
FEWEST = 3  # values that tell what a column holds
LOOKED_AT = 400  # values of each column, spread over the first rows, that are looked at for identifiers
MAX_ROWS = Limits().rows


@dataclass(frozen=True)
class About:
    """What a file turned out to be, without any of its values."""

    kind: str
    columns: tuple[str, ...]  # those kept
    left_out: tuple[LeftOut, ...]
    rows: int
    encoding: str | None
    separator: str | None
    sheet: str | None
    sheets: tuple[str, ...]
    digest: str
    headings: tuple[str, ...]  # all that stood in the file, also of columns that are not kept any more

    def to_json(self) -> dict:
        return json.loads(json.dumps(asdict(self)))


def digest_of(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _FoundLate(Exception):
    """A column that seemed empty holds persons further down."""

    def __init__(self, columns: list[LeftOut]):
        super().__init__()
        self.columns = columns


def pack(path: Path, target: Path, *, sheet: str | None = None, only: Collection[str] | None = None) -> About:
    """Read a stranger's file and write what may be kept of it. Raises FileRefused; then nothing is kept.

    only : the columns that mean something, where that is known already; no other is written.

    Columns of persons and traits are never written, whoever sends the file. One that shows only later what it is takes
    what was written of it away again: the file is written anew without it.
    """
    known: list[LeftOut] = []
    while True:
        try:
            return _packed(path, target, sheet, known, only)
        except _FoundLate as found:
            known += found.columns


def _some(column: pa.Array) -> list[str]:
    """Values of a column that are not blank, spread over the whole of it."""
    filled = column.filter(pc.not_equal(pc.utf8_trim_whitespace(column), ""))
    if len(filled) <= LOOKED_AT:
        return filled.to_pylist()
    return filled.take(pa.array(np.linspace(0, len(filled) - 1, LOOKED_AT).astype(np.int64))).to_pylist()


def _packed(path: Path, target: Path, sheet: str | None, known: list[LeftOut], only: Collection[str] | None) -> About:
    info = sniff(path, sheet=sheet)
    batches = read_table(path, info=info, sheet=sheet)
    first = next(batches, None)
    if first is None:
        raise FileRefused("headers_only")
    refused = refused_columns(first.columns, {name: _some(first.column(name)) for name in first.columns})
    refused += known
    gone = {column.column for column in refused}
    allowed = tuple(name for name in first.columns if name not in gone)
    kept = tuple(name for name in allowed if only is None or name in only)
    schema = _schema(kept)
    rows = 0
    unseen = [name for name in kept if len(_some(first.column(name))) < FEWEST]  # a column may begin to be filled later
    with pa.OSFile(str(target), "wb") as out:
        writer = None
        try:
            for batch in _with(first, batches):
                late = refused_columns(unseen, {name: _some(batch.column(name)) for name in unseen})
                if late:
                    raise _FoundLate(late)
                unseen = [name for name in unseen if len(_some(batch.column(name))) < FEWEST]
                if writer is None:
                    writer = pa.ipc.new_stream(out, schema, options=_LZ4)
                _write(writer, batch, kept)
                rows += len(batch) + len(batch.faults)
        finally:
            batches.close()
            if writer is not None:
                writer.close()
    return About(
        info.kind,
        kept,
        tuple(refused),
        rows,
        info.encoding,
        info.separator,
        sheet or info.sheet,
        info.sheets,
        digest_of(path),
        (*allowed, *(column.column for column in refused)),
    )


def headings_of(about: dict) -> list[str]:
    """The headings of the file as it came, from what is remembered of it."""
    return about.get("headings") or [*about["columns"], *(column["column"] for column in about["left_out"])]


def narrow(path: Path, target: Path, wanted: Collection[str]) -> tuple[str, ...]:
    """A packed file once more with the wanted columns alone. Returns those it has."""
    batches = unpack(path)
    first = next(batches)
    kept = tuple(name for name in first.columns if name in wanted)
    with pa.OSFile(str(target), "wb") as out, pa.ipc.new_stream(out, _schema(kept), options=_LZ4) as writer:
        for batch in _with(first, batches):
            _write(writer, batch, kept)
    return kept


_LZ4 = pa.ipc.IpcWriteOptions(compression="lz4")


def _schema(columns: tuple[str, ...]) -> pa.Schema:
    slots = (pa.field(f"c{i}", pa.string()) for i in range(len(columns)))
    return pa.schema([pa.field("row", pa.int32()), *slots], metadata={"columns": json.dumps(columns)})


def _write(writer, batch: Batch, columns: tuple[str, ...]) -> None:
    arrays = [pa.array(batch.rows.astype(np.int32)), *(batch.column(name) for name in columns)]
    faults = json.dumps([[f.row, f.key, f.details] for f in batch.faults])
    writer.write_batch(pa.record_batch(arrays, schema=_schema(columns)), custom_metadata={"faults": faults})


def unpack(path: Path) -> Iterator[Batch]:
    """The batches of a packed file."""
    with pa.memory_map(str(path), "rb") as source, pa.ipc.open_stream(source) as reader:
        columns = tuple(json.loads(reader.schema.metadata[b"columns"]))
        while True:
            try:
                found = reader.read_next_batch_with_custom_metadata()
            except StopIteration:
                return
            faults = json.loads(found.custom_metadata[b"faults"]) if found.custom_metadata else []
            data = found.batch
            yield Batch(
                columns,
                data.column(0).to_numpy(),
                data.select(data.schema.names[1:]),
                tuple(RowFault(row, key, details) for row, key, details in faults),
            )


def head(path: Path, n: int = SAMPLE) -> tuple[tuple[str, ...], dict[str, list[str]]]:
    """Headings, and the first values of each column."""
    first = next(unpack(path))
    return first.columns, {name: first.column(name).slice(0, n).to_pylist() for name in first.columns}


def distinct(path: Path, column: str, limit: int = 500) -> list[tuple[str, int]]:
    """The different values of a column with how often each stands there, most frequent first."""
    counts: dict[str, int] = {}
    for batch in unpack(path):
        for found in pc.value_counts(batch.column(column)).to_pylist():
            counts[found["values"]] = counts.get(found["values"], 0) + found["counts"]
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:limit]


def _with(first: Batch, rest: Iterator[Batch]) -> Iterator[Batch]:
    yield first
    yield from rest
