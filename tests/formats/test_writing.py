import datetime as dt
import io

import openpyxl
import pytest

from kalantar.formats import harmless, read_table, write_csv, write_xlsx

from .asking import everything

DANGEROUS = ["=1+1", "+cmd|'/c calc'!A1", "-2+3", "@SUM(A1)", "\tx", "\rx", '=HYPERLINK("http://x")', "\uff1d1"]


@pytest.mark.parametrize("text", DANGEROUS)
def test_what_a_spreadsheet_would_run_is_made_text(text, tmp_path):
    assert harmless(text) == "'" + text
    stream = io.BytesIO()
    write_csv(stream, ["a", "b"], [[text, "x"]])
    assert stream.getvalue().decode("utf-8-sig").splitlines()[1].lstrip('"').startswith("'")
    write_xlsx(tmp_path / "a.xlsx", ["a"], [[text]])
    cell = openpyxl.load_workbook(tmp_path / "a.xlsx").active["A2"]
    assert cell.data_type == "s"
    assert cell.value.startswith("'")


@pytest.mark.parametrize("value", [-3, 2.5, "-12.5", "+98", "12", "plain", "", None, "a=b"])
def test_numbers_and_plain_words_stay_as_they_are(value):
    assert harmless(value) == value


def test_a_csv_comes_back_as_it_went(tmp_path, persian):
    rows = [*persian["plain_rows"], ["a,b", 'say "no"', "two\nlines"]]
    assert write_csv(tmp_path / "out.csv", persian["plain_heading"], iter(rows)) == 3
    assert (tmp_path / "out.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    columns, found, faults = everything(tmp_path / "out.csv")
    assert columns == tuple(persian["plain_heading"])
    assert [list(cells) for _, cells in found] == rows
    assert faults == []


def test_a_stream_stays_open_for_the_caller():
    stream = io.BytesIO()
    write_csv(stream, ["a"], [[1]])
    stream.write(b"more")
    assert stream.getvalue() == b"\xef\xbb\xbfa\r\n1\r\nmore"


def test_a_workbook_reads_from_right_to_left_and_keeps_kinds(tmp_path, persian):
    path = tmp_path / "out.xlsx"
    at = dt.datetime(2026, 11, 24, 14, 30, tzinfo=dt.UTC)
    assert write_xlsx(path, persian["plain_heading"], [[1, 2.5, "x"], [True, at, None]], title="a/b:c") == 2
    sheet = openpyxl.load_workbook(path).active
    assert sheet.sheet_view.rightToLeft
    assert sheet.freeze_panes == "A2"
    assert sheet["A1"].font.b
    assert (sheet["A2"].value, sheet["B2"].value, sheet["C2"].value) == (1, 2.5, "x")
    assert everything(path)[1] == [(2, ("1", "2.5", "x")), (3, ("TRUE", "2026-11-24 14:30:00", ""))]
    write_xlsx(path, ["a"], [], right_to_left=False)
    assert not openpyxl.load_workbook(path).active.sheet_view.rightToLeft


def test_letters_that_no_workbook_may_hold_are_dropped(tmp_path):
    write_xlsx(tmp_path / "a.xlsx", ["a"], [["x\x00\x07y" + "z" * 40_000]])
    assert openpyxl.load_workbook(tmp_path / "a.xlsx").active["A2"].value == "xy" + "z" * 32_765


def test_rows_beyond_a_full_sheet_go_on_in_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr("kalantar.formats.writing.SHEET_ROWS", 4)
    assert write_xlsx(tmp_path / "a.xlsx", ["a"], ([i] for i in range(7)), title="T") == 7
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert [[c.value for c in sheet["A"]] for sheet in book] == [["a", 0, 1, 2], ["a", 3, 4, 5], ["a", 6]]
    assert book.sheetnames == ["T", "T 2", "T 3"]


def test_an_error_file_is_written_from_faults(tmp_path):
    (tmp_path / "in.csv").write_text("a,b\n1,2\n3\n")
    faults = [f for batch in read_table(tmp_path / "in.csv") for f in batch.faults]
    write_csv(tmp_path / "out.csv", ["row", "reason"], ([f.row, f.key] for f in faults))
    assert everything(tmp_path / "out.csv")[1] == [(2, ("3", "row_width"))]
