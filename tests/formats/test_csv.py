import dataclasses
import random
import time
import tracemalloc

import pytest

from kalantar.formats import FileRefused, Limits, RowFault, read_table, sniff

from .asking import everything, refusal


def lines(heading, rows, separator=","):
    return "\r\n".join(separator.join(row) for row in [heading, *rows]) + "\r\n"


def test_a_plain_file_is_read_as_text_with_the_row_numbers_a_person_sees(file):
    columns, rows, faults = everything(file("a,b\n1,007\n,x\n"))
    assert columns == ("a", "b")
    assert rows == [(2, ("1", "007")), (3, ("", "x"))]
    assert faults == []


def test_what_looks_like_nothing_stays_text(file):
    _, rows, _ = everything(file("a,b\nNA,null\n=1+1,true\n"))
    assert rows == [(2, ("NA", "null")), (3, ("=1+1", "true"))]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1256"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_persian_is_read_in_every_encoding_and_with_every_separator(file, persian, encoding, separator):
    heading, rows = persian["heading"], [[cell.replace("\u060c", "") for cell in row] for row in persian["rows"]]
    columns, found, faults = everything(file(lines(heading, rows, separator).encode(encoding)))
    assert columns == tuple(heading)
    assert [list(cells) for _, cells in found] == rows
    assert faults == []


def test_the_big_endian_mark_is_obeyed(file, persian):
    text = "\ufeff" + lines(persian["plain_heading"], persian["plain_rows"])
    info = sniff(file(text.encode("utf-16-be")))
    assert info.encoding == "utf-16-be"
    assert info.columns == tuple(persian["plain_heading"])


def test_the_persian_semicolon_separates(file, persian):
    rows = [[cell.replace("\u061b", "") for cell in row] for row in persian["rows"]]
    path = file(lines(persian["heading"], rows, "\u061b"))
    assert sniff(path).separator == "\u061b"
    columns, found, _ = everything(path)
    assert columns == tuple(persian["heading"])
    assert [list(cells) for _, cells in found] == rows


def test_the_persian_semicolon_inside_a_quoted_cell_is_given_back(file):
    _, rows, _ = everything(file('a\u061bb\n1\u061b"x\u061by"\n2\u061bz\n3\u061bw\n'))
    assert rows[0] == (2, ("1", "x\u061by"))


def test_decimal_commas_do_not_hide_the_semicolon(file):
    info = sniff(file("a;b\n1,5;2,5\n3,5;4,5\n"))
    assert (info.separator, info.columns) == (";", ("a", "b"))


@pytest.mark.parametrize("encoding", ["latin-1", "cp1251", "cp1252", "shift_jis", "koi8_r"])
def test_another_encoding_is_refused_rather_than_misread(file, encoding):
    word = {
        "latin-1": "\u00d1and\u00fa \u00f8re \u00e5l\u00fee\u00df",
        "cp1252": "\u00d1and\u00fa \u00f8re \u00e5l\u00fee\u00df",
        "shift_jis": "\u6771\u4eac\u90fd",
    }.get(encoding, "\u0443\u043b\u0438\u0446\u0430 \u041f\u0443\u0448\u043a\u0438\u043d\u0430")
    content = ("name,place\n" + f"{word},{word}\n" * 40).encode(encoding)
    assert refusal(sniff, file(content))[0] == "encoding_unknown"


def test_a_utf8_file_with_one_foreign_byte_names_the_row(file, persian):
    content = lines(persian["plain_heading"], persian["plain_rows"] * 30).encode()
    at = content.index(b"\r\n", len(content) // 2) + 2
    row = content[:at].count(b"\n") + 1
    assert refusal(sniff, file(content[:at] + b"\xe9" + content[at:])) == (
        "encoding_broken", {"encoding": "UTF-8", "row": row},
    )  # fmt: skip


def test_a_truncated_letter_at_the_end_is_refused(file, persian):
    content = lines(persian["plain_heading"], persian["plain_rows"] * 5).rstrip().encode()[:-1]
    assert refusal(sniff, file(content))[0] == "encoding_broken"


def test_ragged_rows_are_named_and_the_others_kept(file):
    _, rows, faults = everything(file("a,b\n1,2\n3\n4,5,6\n\n7,8\n9\n"))
    assert [n for n, _ in rows] == [2, 6]
    assert faults == [
        RowFault(3, "row_width", {"expected": 2, "got": 1}),
        RowFault(4, "row_width", {"expected": 2, "got": 3}),
        RowFault(7, "row_width", {"expected": 2, "got": 1}),
    ]


def test_row_numbers_hold_across_blocks_batches_blank_and_broken_rows(file):
    """Against a slow twin that counts lines."""
    rng = random.Random(7)
    text, good, bad = ["number,text"], [], []
    for n in range(2, 150_000):
        kind = rng.random()
        if kind < 0.01:
            text.append("")
        elif kind < 0.012:
            text.append(f"{n},x,y")
            bad.append(n)
        elif kind < 0.013:
            text.append(",")
        else:
            text.append(f"{n},{'z' * rng.randrange(60)}")
            good.append(n)
    found, faults, sizes = [], [], []
    for batch in read_table(file("\n".join(text)), batch_rows=7_000):
        assert [int(v) for v in batch.column("number").to_pylist()] == batch.rows.tolist()
        found += batch.rows.tolist()
        faults += [fault.row for fault in batch.faults]
        sizes.append(len(batch))
    assert found == good
    assert faults == bad
    assert set(sizes[:-1]) == {7_000}


def test_a_cell_may_hold_lines_and_still_be_one_row(file):
    _, rows, faults = everything(file('a,b\n1,"x\ny"\n2\n3,"say ""no"""\n'))
    assert rows == [(2, ("1", "x\ny")), (4, ("3", 'say "no"'))]
    assert faults[0].row == 3


def test_an_inch_mark_is_no_quotation(file):
    assert everything(file('a,b\n1,5" pipe\n2,x\n'))[1] == [(2, ("1", '5" pipe')), (3, ("2", "x"))]


@pytest.mark.parametrize("rows_after", [2, 400_000])
def test_a_quotation_that_never_ends_is_named_by_its_row(file, rows_after):
    path = file('a,b\n1,2\n3,"open\n' + "4,5\n" * rows_after)
    key, details = refusal(everything, path)
    assert (key, details["row"]) == ("quote_not_closed", 3)


def test_titles_above_the_heading_are_passed_over(file):
    columns, rows, _ = everything(file("Report of the year,,\n,,\ndate,place,kind\n2020,here,x\n2021,there,y\n"))
    assert columns == ("date", "place", "kind")
    assert rows[0] == (4, ("2020", "here", "x"))


def test_a_stated_separator_is_obeyed(file):
    columns, rows, _ = everything(file("sep=;\r\na;b\r\n1,1,1;2\r\n"))
    assert columns == ("a", "b")
    assert rows == [(3, ("1,1,1", "2"))]


def test_a_table_without_a_heading_keeps_its_first_row(file):
    columns, rows, _ = everything(file("2020-01-01,35.7\n2020-01-02,35.8\n"))
    assert columns == ("column_1", "column_2")
    assert rows[0] == (1, ("2020-01-01", "35.7"))


def test_the_guess_may_be_overruled(file):
    path = file("a,b\nc,d\n1,2\n")
    info = dataclasses.replace(sniff(path), header_row=2, columns=("c", "d"))
    assert everything(path, info=info)[1] == [(3, ("1", "2"))]


def test_empty_and_repeated_names_become_different(file):
    assert sniff(file("a,,a,A,\nx,y,z,w,v\n")).columns == ("a", "column_2", "a (2)", "A", "column_5")


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"", "file_empty"),
        (b"\n\n  \n", "file_empty"),
        (b"\xef\xbb\xbf", "file_empty"),
        (b"a,b\n", "headers_only"),
        (b"a,b", "headers_only"),
        (b"a,b\n,\n\n", "headers_only"),
        (bytes(range(256)) * 40, "kind_unknown"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "kind_unknown"),
        (b"%PDF-1.7\n...", "kind_unknown"),
        (b"SQLite format 3\0" + b"\0" * 90, "kind_unknown"),
        (b"<html><body><table><tr><td>1</td></tr></table></body></html>", "html_page"),
        (b"  <!DOCTYPE html>\n<html>", "html_page"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old_excel"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        (b"a,b\n1,x\0y\n2,3\n" + b"4,5\n" * 50, "nul_in_text"),
        (b"PK\x03\x04 and nothing more", "zip_broken"),
        (b"\xff\xfe\x00\x00a\x00\x00\x00", "encoding_unknown"),
    ],
)
def test_what_is_no_table_is_refused_by_name(file, content, key):
    assert refusal(everything, file(content, "table.xls"))[0] == key


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    assert refusal(sniff, tmp_path / "none.csv")[0] == "file_missing"
    assert refusal(sniff, tmp_path)[0] == "not_a_file"


def test_bytes_that_are_no_text_deep_in_the_file_name_their_row(file):
    content = b"a,b\n" + b"1,2\n" * 200_000 + b"3,\0\n"
    assert refusal(sniff, file(content)) == ("nul_in_text", {"row": 200_002})


@pytest.mark.parametrize(
    ("limits", "content", "key", "details"),
    [
        ({"file_bytes": 10}, "a,b\n1,2\n3,4\n", "file_too_large", {"bytes": 12, "limit": 10}),
        ({"rows": 2}, "a,b\n1,2\n3,4\n5,6\n", "too_many_rows", {"limit": 2}),
        ({"columns": 2}, "a,b,c\n1,2,3\n", "too_many_columns", {"got": 3, "limit": 2}),
        ({"cell_chars": 5}, "a,b\n1,2\n3,abcdef\n", "cell_too_long", {"row": 3, "column": "b", "limit": 5}),
        ({"row_faults": 1}, "a,b\n1,2\n3\n4\n5,6\n", "too_many_faults", {"limit": 1}),
    ],
)
def test_every_limit_is_kept(file, limits, content, key, details):
    assert refusal(everything, file(content), limits=Limits(**limits)) == (key, details)


def test_long_persian_cells_are_measured_in_letters(file, persian):
    cell = persian["beat"][0] * 9_000  # 18,000 bytes, 9,000 letters
    assert everything(file(f"a,b\n1,{cell}\n"))[1][0][1][1] == cell


@pytest.fixture(scope="module")
def two_columns(tmp_path_factory):
    path = tmp_path_factory.mktemp("speed") / "two.csv"
    path.write_text(
        "at,lon\n" + "".join(f"2015-01-01 00:{i % 60:02}:00,{-87.6 + i * 1e-6:.6f}\n" for i in range(200_000))
    )
    return path


def test_two_columns_of_200_000_rows_pass_quickly(two_columns):
    sum(map(len, read_table(two_columns)))
    best = 9.0
    for _ in range(5):
        start = time.perf_counter()
        assert sum(map(len, read_table(two_columns))) == 200_000
        best = min(best, time.perf_counter() - start)
    assert best < 0.3


def test_memory_does_not_grow_with_the_file(tmp_path):
    import pyarrow as pa

    def peak(rows):
        path = tmp_path / f"{rows}.csv"
        path.write_text("a,b,c\n" + "some text,12.5,other text\n" * rows)
        tracemalloc.start()
        most = 0
        for _ in read_table(path, batch_rows=20_000):
            most = max(most, pa.total_allocated_bytes())
        python = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most + python

    assert peak(4_000_000) < 1.5 * peak(1_500_000)  # the reader keeps a few blocks of 4 MB, whatever comes


@pytest.mark.slow
def test_a_million_rows(tmp_path):
    path = tmp_path / "million.csv"
    path.write_text("a,b,c\n" + "".join(f"{i},x,y\n" for i in range(1_000_000)))
    last = None
    for batch in read_table(path):
        last = batch
    assert last.rows[-1] == 1_000_001


def test_a_refusal_survives_a_pickle():
    import copy
    import pickle

    no = FileRefused("too_many_rows", limit=3)
    for same in (pickle.loads(pickle.dumps(no)), copy.copy(no)):
        assert (same.key, same.details, str(same)) == (no.key, no.details, str(no))
