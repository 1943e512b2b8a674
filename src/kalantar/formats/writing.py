"""Tables to CSV and XLSX files that a spreadsheet program may open without running anything in them."""

import csv
import datetime as dt
import io
import itertools
import math
import numbers
import re
import zipfile
from decimal import Decimal

SHEET_ROWS = 1_048_576
CHUNK_ROWS = 2_000
RIGHT_TO_LEFT = ' rightToLeft="1"'
CELL_CHARS = 32_767
DAY_ZERO = dt.datetime(1899, 12, 30)
FIRST_DAY = dt.datetime(1900, 3, 1)  # before it spreadsheets count a day that never was; such dates go as text
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # letters that XML cannot carry
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

    target : path, or a stream of bytes. rows : iterable of sequences, written as they come, in constant memory.
    Numbers, dates and truth values keep their kind; text is stored as text and never as a formula.
    """
    title = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", title).strip(" '")[:25] or "Sheet1"
    names = [str(name) for name in columns]
    letters = [_letters(i) for i in range(len(names))]
    sheets: list[str] = []
    rows, count = iter(rows), 0
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as book:
        ended = False
        while not ended:
            sheets.append(title if not sheets else f"{title} {len(sheets) + 1}")
            with book.open(f"xl/worksheets/sheet{len(sheets)}.xml", "w") as part:
                part.write(_sheet_start(names, letters, right_to_left).encode())
                here = 0
                while here < SHEET_ROWS - 1 and not ended:
                    chunk = list(itertools.islice(rows, min(CHUNK_ROWS, SHEET_ROWS - 1 - here)))
                    ended = not chunk
                    lines = (_row(at, row, letters) for at, row in enumerate(chunk, here + 2))
                    part.write("".join(lines).encode("utf-8", "replace"))
                    here += len(chunk)
                part.write(b"</sheetData></worksheet>")
            count += here
            # A full sheet may have been the end exactly: no empty sheet is begun then.
            following = None if ended else next(rows, None)
            ended = following is None
            rows = rows if ended else itertools.chain([following], rows)
        for name, content in _frame(sheets):
            book.writestr(name, _HEAD + content)
    return count


def _sheet_start(names, letters, right_to_left):
    widths = "".join(
        f'<col min="{i}" max="{i}" width="{min(48, max(12, len(name) + 4))}" customWidth="1"/>'
        for i, name in enumerate(names, 1)
    )
    cells = "".join(_text_cell(f"{letter}1", name, ' s="1"') for letter, name in zip(letters, names))
    return (
        f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0"'
        f"{RIGHT_TO_LEFT if right_to_left else ''}>"
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f'{"<cols>" + widths + "</cols>" if widths else ""}<sheetData><row r="1">{cells}</row>'
    )


def _row(at, row, letters):
    if len(row) > len(letters):
        letters = [_letters(i) for i in range(len(row))]
    return f'<row r="{at}">{"".join(_cell(f"{letter}{at}", value) for letter, value in zip(letters, row))}</row>'


def _cell(place, value):
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        return _text_cell(place, value)
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, numbers.Real | Decimal) and math.isfinite(value):
        return f'<c r="{place}"><v>{value if isinstance(value, int | Decimal) else repr(float(value))}</v></c>'
    if isinstance(value, dt.datetime):
        value = value.replace(tzinfo=None)  # the format knows no zones: the wall clock is what is meant
        if value >= FIRST_DAY:
            return f'<c r="{place}" s="3"><v>{(value - DAY_ZERO) / dt.timedelta(days=1)!r}</v></c>'
    elif isinstance(value, dt.date) and value >= FIRST_DAY.date():
        return f'<c r="{place}" s="2"><v>{(value - DAY_ZERO.date()).days}</v></c>'
    return _text_cell(place, str(value))


def _text_cell(place, text, style=""):
    text = harmless(_UNFIT.sub("", text))[:CELL_CHARS]
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")
    return f'<c r="{place}"{style} t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _letters(index):
    """0 is A, 25 is Z, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _frame(sheets):
    """The parts around the sheets, by name."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    numbered = list(enumerate(sheets, 1))
    parts = "".join(
        f'<Override PartName="/xl/worksheets/sheet{i}.xml" ContentType="{kind}.worksheet+xml"/>' for i, _ in numbered
    )
    yield (
        "[Content_Types].xml",
        (
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{kind}.styles+xml"/>{parts}</Types>'
        ),
    )
    yield (
        "_rels/.rels",
        (
            f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="rId1" Type="{_RELATION}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>'
        ),
    )
    names = "".join(
        f'<sheet name="{name.replace("&", "&amp;").replace("<", "&lt;").replace(chr(34), "&quot;")}" '
        f'sheetId="{i}" r:id="rId{i}"/>'
        for i, name in numbered
    )
    yield "xl/workbook.xml", f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATION}"><sheets>{names}</sheets></workbook>'
    links = "".join(
        f'<Relationship Id="rId{i}" Type="{_RELATION}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i, _ in numbered
    )
    yield (
        "xl/_rels/workbook.xml.rels",
        (
            f'<Relationships xmlns="{_PACKAGE}">{links}<Relationship Id="rId{len(sheets) + 1}" '
            f'Type="{_RELATION}/styles" Target="styles.xml"/></Relationships>'
        ),
    )
    yield (
        "xl/styles.xml",
        (
            f'<styleSheet xmlns="{_MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
            '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>'
            '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
            '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
            '<fills count="2"><fill><patternFill patternType="none"/></fill>'
            '<fill><patternFill patternType="gray125"/></fill></fills>'
            '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
            '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
            '<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
            '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
            '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
            '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
            '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
        ),
    )
