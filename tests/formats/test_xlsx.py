import datetime as dt
import os
import struct
import time
import zipfile

import openpyxl
import pytest

from kalantar.formats import Limits, read_table, sniff

from .asking import everything, refusal


@pytest.fixture
def workbook(tmp_path):
    def write(rows, more=()):
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        for name, content in more:
            sheet = book.create_sheet(name)
            for row in content:
                sheet.append(row)
        path = tmp_path / "book.xlsx"
        book.save(path)
        return path

    return write


def with_part(path, name, content=b"x"):
    with zipfile.ZipFile(path, "a") as packed:
        packed.writestr(name, content)
    return path


def test_cells_come_as_a_person_would_type_them(workbook):
    path = workbook(
        [
            ["a", "b"],
            [1.0, 35.7],
            [1e-7, dt.datetime(2020, 1, 2, 3, 4, 5)],
            [dt.date(2020, 1, 2), dt.time(1, 2)],
            [True, dt.timedelta(hours=30)],
            ["007", 12345678901234],
        ]
    )
    columns, rows, faults = everything(path)
    assert columns == ("a", "b")
    assert rows == [
        (2, ("1", "35.7")), (3, ("0.0000001", "2020-01-02 03:04:05")), (4, ("2020-01-02", "01:02:00")),
        (5, ("TRUE", "30:00:00")), (6, ("007", "12345678901234")),
    ]  # fmt: skip
    assert faults == []


def test_persian_and_the_sheets_are_seen(workbook, persian):
    path = workbook([persian["heading"], *persian["rows"]], [("Second", [["x"], ["y"]])])
    info = sniff(path)
    assert (info.kind, info.sheets, info.sheet, info.rows) == ("xlsx", ("Sheet", "Second"), "Sheet", 2)
    assert info.columns == tuple(persian["heading"])
    assert [list(row) for row in info.sample] == persian["rows"]
    assert everything(path, sheet="Second")[1] == [(2, ("y",))]
    assert refusal(sniff, path, sheet="Third") == ("sheet_missing", {"sheet": "Third"})


def test_the_first_visible_sheet_is_chosen(workbook):
    path = workbook([["hidden"], [1]], [("Open", [["seen"], [2]])])
    book = openpyxl.load_workbook(path)
    book["Sheet"].sheet_state = "hidden"
    book.active = 1
    book.save(path)
    info = sniff(path)
    assert (info.sheet, info.columns, info.hidden_sheets) == ("Open", ("seen",), {"Sheet"})


def test_an_offset_table_keeps_its_row_numbers(tmp_path):
    book = openpyxl.Workbook()
    book.active["C2"] = "Title"
    for at, row in enumerate([["a", "b"], ["x", 1], [None, None], ["y", 2]], 4):
        for column, value in zip("CD", row):
            book.active[f"{column}{at}"] = value
    book.save(tmp_path / "offset.xlsx")
    columns, rows, _ = everything(tmp_path / "offset.xlsx")
    assert columns == ("a", "b")
    assert rows == [(5, ("x", "1")), (7, ("y", "2"))]


def test_a_formula_gives_the_value_stored_with_it(workbook):
    path = workbook([["a", "b"], ["x", "FORMULA"]])
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    start = sheet.index('<c r="B2"')
    end = sheet.index("</c>", start) + 4
    parts["xl/worksheets/sheet1.xml"] = (sheet[:start] + '<c r="B2"><f>40+2</f><v>42</v></c>' + sheet[end:]).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    assert everything(path)[1] == [(2, ("x", "42"))]


def test_a_cell_beyond_the_heading_is_a_fault_of_its_row(workbook):
    rows = [["a", "b"], *([i, "x"] for i in range(60)), [1, 2, 3], [4, 5]]
    _, found, faults = everything(workbook(rows))
    assert [(f.row, f.details) for f in faults] == [(62, {"expected": 2, "got": 3})]
    assert found[-1][0] == 63


@pytest.mark.parametrize(
    ("part", "key"),
    [
        ("xl/vbaProject.bin", "macros"),
        ("xl/macrosheets/sheet1.xml", "macros"),
        ("xl/externalLinks/externalLink1.xml", "external_links"),
        ("xl/workbook.bin", "spreadsheet_kind"),
    ],
)
def test_what_could_act_or_reach_out_is_refused(workbook, part, key):
    assert refusal(sniff, with_part(workbook([["a"], [1]]), part))[0] == key


def test_other_packed_files_are_refused(tmp_path):
    path = tmp_path / "x.xlsx"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        packed.writestr("content.xml", "<x/>")
    assert refusal(sniff, path) == ("spreadsheet_kind", {"found": "ODS"})
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("readme.txt", "hello")
    assert refusal(sniff, path)[0] == "kind_unknown"


def test_an_empty_sheet_and_a_lone_heading_are_refused(workbook):
    assert refusal(everything, workbook([]))[0] == "sheet_empty"
    assert refusal(everything, workbook([["a", "b"]]))[0] == "headers_only"


def test_a_bomb_is_refused_before_it_is_unpacked(workbook):
    path = workbook([["a"], [1]])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/bomb.xml", b"\0" * 60_000_000)
    start = time.perf_counter()
    assert refusal(sniff, path)[0] == "zip_suspicious"
    assert refusal(sniff, path, limits=Limits(unpacked_bytes=50_000_000))[0] == "zip_too_large"
    assert time.perf_counter() - start < 1


def test_a_directory_that_lies_about_its_sizes_loses_only_the_child(workbook):
    """The directory says that the sheet has a thousand bytes; it unpacks to 300 MB of cells."""
    path = workbook([["a"], [1]])
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    name = "xl/worksheets/sheet1.xml"
    sheet = parts.pop(name).decode()
    cell = '<c r="A2" t="inlineStr"><is><t>' + "y" * 300_000_000 + "</t></is></c>"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for other, content in parts.items():
            packed.writestr(other, content)
        packed.writestr(name, sheet.replace("</sheetData>", f'<row r="3">{cell}</row></sheetData>'))
    raw = bytearray(path.read_bytes())
    struct.pack_into("<I", raw, raw.rindex(b"PK\x01\x02") + 24, 1_000)
    path.write_bytes(raw)
    key, _ = refusal(everything, path, limits=Limits(child_memory_bytes=1_000_000_000))
    assert key in ("zip_broken", "too_heavy", "not_readable", "cell_too_long")


def test_parts_that_overlap_or_repeat_are_refused(workbook):
    path = workbook([["a"], [1]])
    with pytest.warns(UserWarning, match="Duplicate"):
        with_part(path, "xl/workbook.xml")
    assert refusal(sniff, path) == ("zip_suspicious", {"part": "xl/workbook.xml"})


def test_too_many_parts_are_refused(tmp_path):
    path = tmp_path / "many.xlsx"
    with zipfile.ZipFile(path, "w") as packed:
        for i in range(60):
            packed.writestr(f"xl/{i}.xml", b"")
    assert refusal(sniff, path, limits=Limits(zip_entries=50)) == ("zip_too_many_parts", {"limit": 50})


def test_the_directory_is_measured_before_it_is_loaded(file):
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, 150_000_000, 0, 0)
    assert refusal(sniff, file(b"PK\x03\x04" + b"\0" * 100 + end))[0] == "zip_too_many_parts"


def test_a_broken_sheet_is_refused(workbook):
    path = workbook([["a"], [1]])
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert refusal(sniff, path)[0] == "zip_broken"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("[Content_Types].xml", "<Types/>")
        packed.writestr("xl/workbook.xml", "<workbook><sheets><sheet name='a'")
    assert refusal(sniff, path)[0] == "not_readable"


def far_cell(path, reference):
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    row = "".join(c for c in reference if c.isdigit())
    cell = f'<row r="{row}"><c r="{reference}"><v>1</v></c></row></sheetData>'
    parts["xl/worksheets/sheet1.xml"] = sheet.replace("</sheetData>", cell).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)


def test_a_sheet_as_large_as_a_country_is_refused_and_the_caller_lives(workbook):
    path = workbook([["a"], [1]])
    far_cell(path, "XFD1048576")  # 17 thousand million cells, if anyone believed it
    assert refusal(sniff, path, limits=Limits(child_memory_bytes=1_500_000_000))[0] in ("too_heavy", "too_many_columns")


@pytest.mark.parametrize(
    ("limits", "key"),
    [({"rows": 3}, "too_many_rows"), ({"columns": 1}, "too_many_columns"), ({"cell_chars": 4}, "cell_too_long")],
)
def test_limits_hold_in_workbooks(workbook, limits, key):
    rows = [["a", "b"], *(["x", "short"] for _ in range(80))]
    assert refusal(everything, workbook(rows), limits=Limits(**limits))[0] == key


def test_the_child_sees_nothing_of_its_parent(workbook, monkeypatch):
    """No environment: a parser that a file took over finds no key."""
    from kalantar.formats import child

    monkeypatch.setenv("KALANTAR_DATABASE_URL", "postgres://secret")
    assert not [name for name in child._bare_environment("/nowhere") if "KALANTAR" in name]


def test_a_child_that_takes_too_long_is_ended(workbook):
    path = workbook([["a"], [1]])
    assert refusal(sniff, path, limits=Limits(child_seconds=0))[0] == "too_heavy"


def test_a_child_without_memory_is_a_refusal(workbook):
    path = workbook([["a"], *[["x" * 30] for _ in range(1000)]])
    assert refusal(sniff, path, limits=Limits(child_memory_bytes=80_000_000))[0] in ("too_heavy", "not_readable")


def test_no_child_and_no_file_is_left_when_the_caller_stops_early(workbook, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = _children()
    rows = read_table(workbook([["a"], *[[i] for i in range(5_000)]]), batch_rows=100)
    next(rows)
    rows.close()
    assert _children() <= before
    assert [name for name in os.listdir(tmp_path) if name.startswith("kalantar-file-")] == []


def _children():
    with open(f"/proc/self/task/{os.getpid()}/children") as file:
        return set(file.read().split())


@pytest.mark.slow
def test_a_sheet_of_a_million_rows(tmp_path):
    from kalantar.formats import write_xlsx

    path = tmp_path / "million.xlsx"
    write_xlsx(path, ["a", "b", "c"], ((i, "x", 1.5) for i in range(1_000_000)))
    last = None
    for batch in read_table(path):
        last = batch
    assert last.rows[-1] == 1_000_001
