"""XLSX to text columns. Runs only inside the child process of child.py."""

import datetime as dt
import itertools
import json

import numpy as np
import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from .errors import FileRefused
from .headings import SAMPLE_ROWS, find_heading, named

ROW = "\x00row"  # a name no heading can have
FAULTS = b"faults"


def answer(task, path, workroom, limits, out, *, sheet=None, header_row=None, batch_rows=50_000):
    try:
        book = CalamineWorkbook.from_path(path)
    except PasswordError as locked:
        raise FileRefused("encrypted") from locked
    except (CalamineError, OSError) as broken:
        raise FileRefused("not_readable") from broken
    sheets = [(m.name, m.visible == SheetVisibleEnum.Visible) for m in book.sheets_metadata
              if m.typ == SheetTypeEnum.WorkSheet]  # fmt: skip
    if not sheets:
        raise FileRefused("not_readable")
    if sheet is None:
        sheet = next((name for name, visible in sheets if visible), sheets[0][0])
    elif sheet not in [name for name, _ in sheets]:
        raise FileRefused("sheet_missing", sheet=sheet[:80])
    try:
        page = book.get_sheet_by_name(sheet)
    except CalamineError as broken:
        raise FileRefused("not_readable") from broken
    if page.end is None:
        if task == "sheets":
            return _tell_about(out, sheets, sheet, 0, (), 0, [])
        raise FileRefused("sheet_empty", sheet=sheet[:80])
    height = page.end[0] + 1
    if height > limits.rows + SAMPLE_ROWS:
        raise FileRefused("too_many_rows", limit=limits.rows)
    if page.width > limits.columns:
        raise FileRefused("too_many_columns", limit=limits.columns, got=page.width)
    rows = ([as_text(cell) for cell in row] for row in page.iter_rows())  # begins at row 1, at the first used column
    head = list(itertools.islice(rows, SAMPLE_ROWS))
    if header_row is None:
        header_row = find_heading(head)
    width = max((_filled(row) for row in head), default=0)
    names = named(head[header_row - 1] if 0 < header_row <= len(head) else [], width)
    if task == "sheets":
        return _tell_about(out, sheets, sheet, header_row, names, height, head[header_row:])
    _check_cells(head[:header_row], 1, names, limits)
    return _send(out, itertools.chain(head[header_row:], rows), names, header_row + 1, limits, batch_rows)


def as_text(cell) -> str:
    """A cell as a person would type it: no .0 behind whole numbers, dates in ISO form."""
    if type(cell) is str:
        return cell
    if type(cell) is float:
        if cell.is_integer() and abs(cell) < 1e16:
            return str(int(cell))
        if cell != cell or cell in (float("inf"), float("-inf")):
            return ""
        return np.format_float_positional(cell, trim="-")
    if type(cell) is bool:
        return "TRUE" if cell else "FALSE"
    if type(cell) is dt.datetime:
        return cell.isoformat(sep=" ", timespec="milliseconds" if cell.microsecond else "seconds")
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    if isinstance(cell, dt.timedelta):
        seconds = int(cell.total_seconds())
        sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
        return f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return "" if cell is None else str(cell)


def _filled(row):
    return max((i + 1 for i, cell in enumerate(row) if cell), default=0)


def _tell_about(out, sheets, sheet, header_row, names, height, sample):
    about = {"sheets": sheets, "sheet": sheet, "header_row": header_row, "columns": list(names),
             "rows": max(0, height - header_row), "sample": [row[: len(names)] for row in sample]}  # fmt: skip
    schema = pa.schema([], metadata={"about": json.dumps(about)})
    with pa.ipc.new_stream(out, schema):
        pass


def _send(out, rows, names, number, limits, batch_rows):
    width = len(names)
    schema = pa.schema([(ROW, pa.int64()), *((f"c{i}", pa.string()) for i in range(width))],
                       metadata={"columns": json.dumps(list(names))})  # fmt: skip
    fault_count = count = 0
    with pa.ipc.new_stream(out, schema) as stream:
        while chunk := list(itertools.islice(rows, batch_rows)):
            _check_cells(chunk, number, names, limits)
            numbers: list[int] = []
            good: list[list[str]] = []
            faults: list[list[int]] = []
            for at, row in enumerate(chunk, number):
                filled = _filled(row)
                if filled > width:
                    faults.append([at, width, filled])
                elif filled:
                    numbers.append(at)
                    good.append(row[:width] if len(row) >= width else row + [""] * (width - len(row)))
            number += len(chunk)
            count += len(good)
            fault_count += len(faults)
            if count > limits.rows:
                raise FileRefused("too_many_rows", limit=limits.rows)
            if fault_count > limits.row_faults:
                raise FileRefused("too_many_faults", limit=limits.row_faults)
            columns = list(zip(*good)) if good else [()] * width
            batch = pa.record_batch([pa.array(numbers, pa.int64()), *(pa.array(c, pa.string()) for c in columns)],
                                    schema=schema)  # fmt: skip
            stream.write_batch(batch, custom_metadata={FAULTS: json.dumps(faults)})
        if not count and not fault_count:
            raise FileRefused("headers_only")


def _check_cells(rows, number, names, limits):
    for at, row in enumerate(rows, number):
        for i, cell in enumerate(row):
            if len(cell) > limits.cell_chars:
                column = names[i] if i < len(names) else str(i + 1)
                raise FileRefused("cell_too_long", row=at, column=column[:80], limit=limits.cell_chars)
