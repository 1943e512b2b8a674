"""Tables to CSV and XLSX files that a spreadsheet program may open without running anything in them."""

import csv
import datetime as dt
import io
import re
from decimal import Decimal

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

SHEET_ROWS = 1_048_576
CELL_CHARS = 32_767
_NUMBER = re.compile(r"[-+]?\d{1,15}(\.\d{1,15})?", re.ASCII)
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def harmless(value):
    """Text that a spreadsheet would take for a formula, with an apostrophe before it. Numbers stay numbers."""
    if isinstance(value, str) and value.startswith(_DANGEROUS) and not _NUMBER.fullmatch(value):
        return "'" + value
    return value


def write_csv(target, columns, rows) -> int:
    """Write a CSV (UTF-8 with a mark, so that spreadsheets read Persian). Gives the number of rows.

    target : path, or a stream of bytes, which stays open.
    rows : iterable of sequences, written as they come.
    """
    if hasattr(target, "write"):
        stream = io.TextIOWrapper(target, encoding="utf-8-sig", newline="", write_through=False)
        try:
            return _write_rows(stream, columns, rows)
        finally:
            stream.flush()
            stream.detach()
    with open(target, "w", encoding="utf-8-sig", newline="") as stream:
        return _write_rows(stream, columns, rows)


def _write_rows(stream, columns, rows):
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow([harmless(name) for name in columns])
    count = 0
    for row in rows:
        writer.writerow([harmless(_plain(cell)) for cell in row])
        count += 1
    return count


def _plain(cell):
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, str):
        return cell.replace("\0", "")
    return cell


def write_xlsx(target, columns, rows, *, right_to_left=True, title="Sheet1") -> int:
    """Write an XLSX with a frozen bold heading. Gives the number of rows; a full sheet is continued on the next.

    target : path, or a stream of bytes. rows : iterable of sequences, written as they come.
    """
    book = Workbook(write_only=True)
    title = re.sub(r"[\[\]:*?/\\]", " ", title)[:25] or "Sheet1"
    count, sheet = 0, _new_sheet(book, title, columns, right_to_left)
    for count, row in enumerate(rows, 1):
        if count > 1 and (count - 1) % (SHEET_ROWS - 1) == 0:
            sheet = _new_sheet(book, f"{title} {(count - 1) // (SHEET_ROWS - 1) + 1}", columns, right_to_left)
        sheet.append([_cell(sheet, value) for value in row])
    book.save(target)
    return count


def _new_sheet(book, title, columns, right_to_left):
    sheet = book.create_sheet(title)
    sheet.sheet_view.rightToLeft = right_to_left
    sheet.freeze_panes = "A2"
    for i, name in enumerate(columns, 1):
        sheet.column_dimensions[get_column_letter(i)].width = min(48, max(12, len(str(name)) + 4))
    heading = []
    for name in columns:
        cell = _cell(sheet, str(name), always=True)
        cell.font = Font(bold=True)
        cell.alignment = Alignment(horizontal="right" if right_to_left else "left", vertical="center")
        heading.append(cell)
    sheet.append(heading)
    return sheet


def _cell(sheet, value, always=False):
    if isinstance(value, str):
        value = harmless(ILLEGAL_CHARACTERS_RE.sub("", value))[:CELL_CHARS]
        if not always and not value.startswith("="):
            return value
        cell = WriteOnlyCell(sheet, value)
        cell.data_type = "s"
        return cell
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.replace(tzinfo=None)  # the format knows no zones: the wall clock is what is meant
    if value is None or isinstance(value, bool | int | float | Decimal | dt.date | dt.time):
        return value
    return _cell(sheet, str(value), always)
