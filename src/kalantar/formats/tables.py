"""CSV and XLSX files as batches of text columns, each row with the number a person sees beside it."""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from . import archives
from .child import answering
from .errors import FileRefused
from .headings import SAMPLE_ROWS, find_heading, named
from .limits import Limits
from .text import AsUtf8, encoding_of, size_of

PERSIAN_SEMICOLON, PERSIAN_COMMA = "\u061b", "\u060c"
SEPARATORS = (",", ";", "\t", "|", PERSIAN_SEMICOLON, PERSIAN_COMMA)
STAND_IN = "\x1f"  # the CSV reader knows one-byte separators only
BLOCK = 1 << 22


@dataclass(frozen=True, kw_only=True)
class TableInfo:
    """What a file turned out to be. Change a field with dataclasses.replace to overrule the guess."""

    kind: str  # csv | xlsx
    columns: tuple[str, ...]
    header_row: int  # 1 = first row; 0 = the table has no heading
    rows: int | None = None  # rows below the heading, blank ones included; an estimate unless rows_exact
    rows_exact: bool = False
    sample: tuple[tuple[str, ...], ...] = ()
    encoding: str | None = None
    separator: str | None = None
    sheet: str | None = None
    sheets: tuple[str, ...] = ()  # visible ones first in the order of the file, hidden ones after
    hidden_sheets: frozenset[str] = frozenset()


@dataclass(frozen=True)
class RowFault:
    """A row that was left out. ``key`` is a word of errors.SENTENCES; the rows around it are kept."""

    row: int
    key: str
    details: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Batch:
    """Some rows of a table. All columns are text; an empty cell is an empty text, never null."""

    columns: tuple[str, ...]
    rows: np.ndarray  # the number of each row in its file, heading = 1
    data: pa.RecordBatch
    faults: tuple[RowFault, ...] = ()

    def __len__(self):
        return self.data.num_rows

    def column(self, name) -> pa.StringArray:
        return self.data.column(self.columns.index(name))


def sniff(path, *, sheet=None, limits=None) -> TableInfo:
    """Say what table a file holds, by its content; its name is not looked at. Raises FileRefused."""
    limits = limits or Limits()
    size = size_of(path, limits)
    with open(path, "rb") as file:
        head = file.read(4096)
    if head.startswith(b"PK"):
        _insist_on_a_plain_workbook(path, limits)
        return _sniff_workbook(path, sheet, limits)
    _refuse_known_strangers(head, path)
    return _sniff_text(path, size, limits)


def read_table(path, *, info=None, sheet=None, batch_rows=50_000, limits=None) -> Iterator[Batch]:
    """Give the rows of a table, in order, in constant memory (XLSX: in the child's memory).

    The file is judged at once; FileRefused may still come from any step of the iteration, and then nothing of
    what came before may be kept. Rows of another width than the heading are left out and reported as faults.
    Blank rows are skipped but counted.
    """
    limits = limits or Limits()
    size_of(path, limits)
    if info is None:
        info = sniff(path, sheet=sheet, limits=limits)
    if info.kind == "xlsx":
        _insist_on_a_plain_workbook(path, limits)
        return _workbook_rows(path, info, sheet or info.sheet, batch_rows, limits)
    if len(info.columns) > limits.columns:
        raise FileRefused("too_many_columns", got=len(info.columns), limit=limits.columns)
    return _text_rows(path, info, batch_rows, limits)


def _refuse_known_strangers(head, path):
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1024].lower()
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        with open(path, "rb") as file:
            # The directory of an encrypted workbook names the stream that holds it.
            inside = file.read(4_000_000)
        raise FileRefused("encrypted" if "EncryptedPackage".encode("utf-16-le") in inside else "old_excel")
    if head[:4] in (b"\x09\x08\x08\x00", b"\x09\x08\x10\x00", b"\x09\x04\x06\x00", b"\x09\x02\x06\x00"):
        raise FileRefused("old_excel")
    if re.match(rb"<(!doctype html|html|head|body|table|meta|!--|\?xml|div|style)", start):
        raise FileRefused("html_page" if b"<html" in start or b"<table" in start or not start.startswith(b"<?xml")
                          else "kind_unknown")  # fmt: skip
    if start.startswith((b"%pdf", b"{\\rtf", b"\x89png", b"gif8", b"sqlite format 3", b"\x1f\x8b", b"rar!", b"7z\xbc")):
        raise FileRefused("kind_unknown")


# Workbooks


def _insist_on_a_plain_workbook(path, limits):
    entries = archives.checked_directory(path, limits)
    names = {entry.filename.lower().replace("\\", "/").lstrip("/") for entry in entries}
    if "xl/workbook.bin" in names:
        raise FileRefused("spreadsheet_kind", found="XLSB")
    if "mimetype" in names and "content.xml" in names:
        raise FileRefused("spreadsheet_kind", found="ODS")
    if not any(name.startswith("xl/") for name in names):
        raise FileRefused("kind_unknown")
    types = next((e.filename for e in entries if e.filename.lower() == "[content_types].xml"), None)
    if types is None:
        raise FileRefused("zip_broken")
    if any(name.endswith("vbaproject.bin") or name.startswith("xl/macrosheets/") for name in names) or (
        b"macroenabled" in archives.small_part(path, types).lower()
    ):
        raise FileRefused("macros")
    if any(name.startswith("xl/externallinks/") for name in names):
        raise FileRefused("external_links")


def _sniff_workbook(path, sheet, limits):
    with answering("sheets", path, limits, sheet=sheet) as answer:
        about = json.loads(answer.schema.metadata[b"about"])
        for _ in answer:
            pass
    hidden = frozenset(name for name, visible in about["sheets"] if not visible)
    names = [name for name, _ in about["sheets"]]
    return TableInfo(
        kind="xlsx", columns=tuple(about["columns"]), header_row=about["header_row"], rows=about["rows"],
        rows_exact=True, sample=tuple(tuple(row) for row in about["sample"]), sheet=about["sheet"],
        sheets=tuple(sorted(names, key=lambda name: name in hidden)), hidden_sheets=hidden,
    )  # fmt: skip


def _workbook_rows(path, info, sheet, batch_rows, limits):
    header_row = info.header_row if sheet == info.sheet else None
    with answering("rows", path, limits, sheet=sheet, header_row=header_row, batch_rows=batch_rows) as answer:
        columns = tuple(json.loads(answer.schema.metadata[b"columns"]))
        for batch, about in answer:
            faults = tuple(RowFault(row, "row_width", {"expected": expected, "got": got})
                           for row, expected, got in json.loads(about[b"faults"]))  # fmt: skip
            arrays = batch.columns
            data = pa.record_batch(arrays[1:], schema=pa.schema(list(batch.schema)[1:])) if len(arrays) > 1 else batch
            yield Batch(columns, arrays[0].to_numpy(), data, faults)


# Text


def _sniff_text(path, size, limits):
    encoding = encoding_of(path)
    lines = rest = 0
    with AsUtf8(path, encoding) as stream:
        sample = stream.read(1 << 18)
        while len(sample) < 1 << 18 and (more := stream.read(1 << 18)):
            sample += more
        quotes = sample.count(b'"')
        lines = sample.count(b"\n") or sample.count(b"\r")
        last = sample[-1:]
        while chunk := stream.read(1 << 20):
            lines += chunk.count(b"\n")
            quotes += chunk.count(b'"')
            rest, last = rest + len(chunk), chunk[-1:]
    lines += last not in (b"\n", b"\r", b"")
    text = sample.decode("utf-8", "ignore")
    if rest:  # the last record of the sample may be cut
        text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1] or text
    if not text.strip():
        raise FileRefused("file_empty")
    text, told = _stated_separator(text)
    separator = told or _separator_of(text)
    records, _ = _records(text, separator)
    if not any(cell.strip() for row in records for cell in row) and not rest:
        raise FileRefused("file_empty")
    shift = 1 if told else 0
    header_row = find_heading(records)
    cells = records[header_row - 1] if 0 < header_row <= len(records) else []
    below = records[header_row:]
    if header_row and any(cell.strip() for cell in cells):
        width = len(cells)
    else:
        width = Counter([len(row) for row in below if row] or [1]).most_common(1)[0][0]
    if width > limits.columns:
        raise FileRefused("too_many_columns", got=width, limit=limits.columns)
    if any(len(cell) > limits.cell_chars for cell in cells):
        raise FileRefused("cell_too_long", row=header_row + shift, column="1", limit=limits.cell_chars)
    return TableInfo(
        kind="csv", columns=named(cells, width)[:width], header_row=header_row + shift if header_row else 0,
        rows=max(0, lines - header_row - shift), rows_exact=quotes == 0, encoding=encoding, separator=separator,
        sample=tuple(tuple(row) for row in below if len(row) == width and any(row)),
    )  # fmt: skip


def _stated_separator(text):
    """Some spreadsheet programs write the separator they used into a line before the heading."""
    stated = re.match(r"sep=([,;\t|\u061b\u060c])\r?\n", text)
    return (text[stated.end() :], stated[1]) if stated else (text, None)


def _separator_of(text):
    """The separator under which most of the first rows have the same number of cells, more than one."""
    best, found = (0.0, 0), ","
    for separator in SEPARATORS:
        widths = Counter(len(row) for row in _records(text, separator)[0] if row)
        several = ((w, n) for w, n in widths.items() if w > 1)
        width, times = max(several, key=lambda found: found[1] * min(found[0], 6), default=(1, 0))
        score = (round(times / max(1, widths.total()), 2), width)
        if times and score > best:
            best, found = score, separator
    return found


def _records(text, separator):
    """The first rows of a text, and the number of lines that each of them ends at."""
    rows, ends = [], []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for row in reader:
            rows.append(row)
            ends.append(reader.line_num)
            if len(rows) == SAMPLE_ROWS:
                break
    except csv.Error:
        pass  # an endless cell: the streaming reader reports it with its row
    return rows, ends


def _text_rows(path, info, batch_rows, limits):
    separator = info.separator
    stand_in = STAND_IN if ord(separator) > 127 else None
    columns = info.columns
    skipped_lines, first_row = _lines_before_data(path, info)
    slots = [f"c{i}" for i in range(len(columns))]
    blank: list[tuple[int, int, int]] = []
    faulty: list[tuple[int, int, int]] = []

    def note(bad):
        text = bad.text.strip("\r\n ")
        number = bad.number - skipped_lines + first_row - 1
        pile = faulty if text.strip(stand_in or separator) else blank
        pile.append((number, bad.actual_columns, bad.text.count("\n")))
        return "skip"

    open_quote = _has_odd_quotes(path, info.encoding)
    stream = AsUtf8(path, info.encoding, separator=separator if stand_in else None, stand_in=stand_in)
    counted = _Numbering(first_row)
    pending: list[Batch] = []
    total = fault_total = 0
    with stream:
        for batch in _parsed(stream, slots, skipped_lines, stand_in or separator, note, counted):
            made = _batch(batch, columns, counted, blank, faulty, limits, stand_in and separator, open_quote)
            total += len(made)
            fault_total += len(made.faults)
            if total > limits.rows:
                raise FileRefused("too_many_rows", limit=limits.rows)
            if fault_total > limits.row_faults:
                raise FileRefused("too_many_faults", limit=limits.row_faults)
            pending.append(made)
            while sum(map(len, pending)) >= batch_rows:
                full, pending = _cut(pending, batch_rows)
                yield full
    late = _faults(faulty, len(columns), open_quote)
    if not total and not fault_total and not late:
        raise FileRefused("headers_only")
    if fault_total + len(late) > limits.row_faults:
        raise FileRefused("too_many_faults", limit=limits.row_faults)
    if pending or late:
        last = _joined(pending) if pending else Batch(columns, np.empty(0, np.int64), _empty(slots))
        if len(last) or last.faults or late:
            yield Batch(last.columns, last.rows, last.data, last.faults + late)


def _parsed(stream, slots, skipped_lines, separator, note, counted):
    """Record batches of the CSV reader; its complaints as FileRefused."""
    text = pa.string()
    try:
        reader = pa.csv.open_csv(
            pa.PythonFile(stream, mode="r"),
            read_options=pa.csv.ReadOptions(use_threads=False, block_size=BLOCK, skip_rows=skipped_lines,
                                            column_names=slots),
            parse_options=pa.csv.ParseOptions(delimiter=separator, newlines_in_values=True, ignore_empty_lines=False,
                                              invalid_row_handler=note),
            convert_options=pa.csv.ConvertOptions(column_types=dict.fromkeys(slots, text), strings_can_be_null=False,
                                                  check_utf8=False),
        )  # fmt: skip
        yield from reader
    except FileRefused:
        raise
    except pa.ArrowInvalid as wrong:
        if stream.refused:
            raise stream.refused from wrong
        if "straddling" in str(wrong):  # one cell longer than a whole block
            raise FileRefused("quote_not_closed", row=counted.next) from wrong
        if "Empty CSV" in str(wrong) or "skip" in str(wrong):
            raise FileRefused("headers_only") from wrong
        raise FileRefused("not_readable") from wrong
    except (pa.ArrowException, OSError) as wrong:
        raise stream.refused or FileRefused("not_readable") from wrong


class _Numbering:
    """Gives good rows their numbers: all numbers in order, without those of the rows left out."""

    def __init__(self, first):
        self.next = first

    def take(self, count, left_out):
        """Numbers for ``count`` rows; ``left_out`` is sorted and may reach beyond them."""
        numbers = np.arange(self.next, self.next + count + len(left_out), dtype=np.int64)
        if len(left_out):
            numbers = numbers[~np.isin(numbers, left_out, assume_unique=True)]
        numbers = numbers[:count]
        if count:
            self.next = int(numbers[-1]) + 1
        return numbers


def _batch(batch, columns, counted, blank, faulty, limits, put_back, open_quote):
    left_out = np.array(sorted(n for n, *_ in blank + faulty if n >= counted.next), dtype=np.int64)
    numbers = counted.take(batch.num_rows, left_out)
    arrays = batch.columns
    if put_back:
        arrays = [pc.replace_substring(a, STAND_IN, put_back) for a in arrays]
    for name, array in zip(columns, arrays):
        # Bytes are cheap to look at; letters are counted only where the bytes leave a doubt.
        if len(array) and (pc.max(pc.binary_length(array)).as_py() or 0) > limits.cell_chars:
            long = pc.greater(pc.utf8_length(array), limits.cell_chars)
            if pc.any(long).as_py():
                row = int(numbers[pc.index(long, True).as_py()])
                cell = array[int(pc.index(long, True).as_py())].as_py()
                if open_quote and "\n" in cell:
                    raise FileRefused("quote_not_closed", row=row)
                raise FileRefused("cell_too_long", row=row, column=name[:80], limit=limits.cell_chars)
        if open_quote and len(array):
            broken = pc.match_substring(array, "\n")
            if pc.any(broken).as_py():
                raise FileRefused("quote_not_closed", row=int(numbers[pc.index(broken, True).as_py()]))
    here = counted.next
    faults = _faults([f for f in faulty if f[0] < here], len(columns), open_quote)
    faulty[:] = [f for f in faulty if f[0] >= here]
    blank[:] = [b for b in blank if b[0] >= here]
    data = pa.record_batch(arrays, names=batch.schema.names)
    if arrays and len(arrays[0]) and pc.any(pc.equal(arrays[0], "")).as_py():
        full = pc.not_equal(arrays[0], "")
        for array in arrays[1:]:
            full = pc.or_(full, pc.not_equal(array, ""))
        if not pc.all(full).as_py():
            data, numbers = data.filter(full), numbers[full.to_numpy(zero_copy_only=False)]
    return Batch(columns, numbers, data, faults)


def _faults(faulty, expected, open_quote):
    for row, _, newlines in faulty:
        if open_quote and newlines:
            raise FileRefused("quote_not_closed", row=row)
    return tuple(RowFault(row, "row_width", {"expected": expected, "got": got}) for row, got, _ in faulty)


def _cut(pending, batch_rows):
    whole = _joined(pending)
    if len(whole) == batch_rows:
        return whole, []
    edge = int(whole.rows[batch_rows])
    first = tuple(f for f in whole.faults if f.row < edge)
    rest = whole.faults[len(first) :]
    return (
        Batch(whole.columns, whole.rows[:batch_rows], whole.data.slice(0, batch_rows), first),
        [Batch(whole.columns, whole.rows[batch_rows:], whole.data.slice(batch_rows), rest)],
    )


def _joined(pending):
    if len(pending) == 1:
        return pending[0]
    data = pa.concat_batches([b.data for b in pending])
    return Batch(pending[0].columns, np.concatenate([b.rows for b in pending]), data,
                 tuple(f for b in pending for f in b.faults))  # fmt: skip


def _empty(slots):
    return pa.record_batch([pa.array([], pa.string()) for _ in slots], names=slots)


def _lines_before_data(path, info):
    """Lines to skip before the first row of values, and the number of that row."""
    with AsUtf8(path, info.encoding) as stream:
        head = stream.read(1 << 18).decode("utf-8", "ignore")
    head, told = _stated_separator(head)
    above = 1 if told else 0
    before = max(0, info.header_row - above)
    _, ends = _records(head, info.separator)
    lines = ends[min(before, len(ends)) - 1] if before and ends else 0
    return above + lines, above + before + 1


def _has_odd_quotes(path, encoding):
    quotes = 0
    if encoding.startswith("utf-16"):
        with AsUtf8(path, encoding) as stream:
            while chunk := stream.read(1 << 20):
                quotes += chunk.count(b'"')
    else:
        with open(path, "rb") as file:
            while chunk := file.read(1 << 20):
                quotes += chunk.count(b'"')
    return quotes % 2 == 1
