"""What strangers' files hold: each fault has its sentence, names its row and column, and leaves nothing behind."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from django.utils.translation import override

from kalantar.formats import SENTENCES as FILE_SENTENCES
from kalantar.formats import FileRefused
from kalantar.incidents import by_command, imports, mapping, reading, sentences, verbs
from kalantar.incidents.models import Import, Incident
from kalantar.kernel import files
from kalantar.kernel.change import Refused
from kalantar.people.actors import COMMAND_LINE
from tests.incidents.conftest import HEADER, MAP, last_line, row_at, some_rows, visible

pytestmark = pytest.mark.django_db


def changed(ground, **fields):
    row = dict(zip(HEADER, row_at(ground[0]), strict=True))
    return list((row | fields).values())


ROWS = [
    ("date_leap_day", {"date": "1402/12/30"}),
    ("date_leap_day", {"date": "۱۴۰۲/۱۲/۳۰"}),
    ("date_no_such_day", {"date": "2023-02-30"}),
    ("date_not_a_date", {"date": "yesterday"}),
    ("date_empty", {"date": " "}),
    ("date_year_unknown", {"date": "0302/05/06"}),
    ("date_day_and_month_unclear", {"date": "05/06/2024"}),
    ("date_offset_not_read", {"date": "2024-05-06T10:30:00+03:30"}),
    ("in_the_future", {"date": "1499/01/01"}),
    ("too_long_ago", {"date": "1300/01/01"}),
    ("type_unknown", {"type": "levitation"}),
    ("type_empty", {"type": ""}),
    ("coordinates_not_numbers", {"longitude": "fifty"}),
    ("coordinates_half", {"longitude": ""}),
    ("coordinates_zero", {"longitude": "0", "latitude": "0"}),
    ("coordinates_not_degrees", {"longitude": "510000", "latitude": "3900000"}),
    ("trait_in_words", {"place": "مذهب ساکن نامعلوم"}),
    ("trait_in_words", {"place": "religion of the owner"}),
    ("unkind_words", {"place": "محل تجمع اراذل"}),
    ("person_in_words", {"place": "کوچه سوم، تماس ۰۹۱۲۳۴۵۶۷۸۹"}),
]


@pytest.mark.parametrize(("key", "fields"), ROWS, ids=[f"{key}-{next(iter(fields.values()))}" for key, fields in ROWS])
def test_a_bad_row_is_left_out_with_its_reason_and_cure(ground, analyst, write, bring, key, fields):
    batch = bring(write([*some_rows(ground[:4], 3), changed(ground, **fields)]), by=analyst)
    assert (batch.state, batch.accepted, batch.refused) == (Import.LIVE, 3, 1)
    [error] = list(imports.errors_of(batch))
    assert (error.row, error.key) == (5, key)
    assert error.column in fields or key == "coordinates_half"
    reason, cure = sentences.fault(error.key, error.args)
    assert reason
    assert cure


def test_what_identifies_a_person_is_not_repeated_in_the_list_of_errors(ground, analyst, write, bring):
    batch = bring(
        write([*some_rows(ground[:4], 3), changed(ground, place="کد ملی ۰۰۱۲۳۴۵۶۷۹ ۰۹۱۲۳۴۵۶۷۸۹")]), by=analyst
    )
    assert b"0912" not in files.path_of(batch.errors).read_bytes()
    assert "۰۹۱۲" not in files.path_of(batch.errors).read_text()


def test_one_row_with_swapped_coordinates_is_an_error_and_many_stop_the_file(ground, analyst, write, bring):
    swapped = row_at(ground[0])
    swapped[2], swapped[3] = swapped[3], swapped[2]
    batch = bring(write([*some_rows(ground[:4], 30), swapped]), by=analyst)
    assert (batch.accepted, batch.report["errors"]) == (30, {"coordinates_swapped": 1})
    batch = bring(write([swapped] * 30), by=analyst)
    assert (batch.state, batch.failure["key"]) == (Import.FAILED, "looks_swapped")
    assert visible()[0] == 30


def test_metres_read_as_degrees_stop_the_file_and_say_so(ground, analyst, write, bring):
    batch = bring(
        write([changed(ground, longitude="538000.5", latitude="3953000.1", ref=str(i)) for i in range(30)]), by=analyst
    )
    assert (batch.failure["key"], Incident.objects.count()) == ("looks_projected", 0)


def test_places_of_another_town_stop_the_file(ground, analyst, write, bring):
    batch = bring(
        write([changed(ground, longitude="59.60", latitude="36.30", ref=str(i)) for i in range(30)]), by=analyst
    )
    assert batch.failure["key"] == "looks_elsewhere"
    assert "59.60" in sentences.say(batch.failure["key"], **batch.failure["args"])


def test_metres_find_their_own_coordinate_system(ground, analyst, write):
    from pyproj import Transformer

    to = Transformer.from_crs("EPSG:4326", "EPSG:32639", always_xy=True)
    rows = [
        [on, *(f"{v:.2f}" for v in to.transform(float(lon), float(lat)))]
        for on, _type, lon, lat, *_rest in some_rows(ground[:4], 20)
    ]
    batch = imports.receive(write(rows, ["تاریخ", "x", "y"]), by=analyst, name="utm.csv")
    guessed = imports.guessed(batch)
    assert guessed.columns == {"date": "تاریخ", "x": "x", "y": "y"}
    assert guessed.crs == "EPSG:32639"


PERSONS = ["نام شاکی", "کد ملی", "victim name", "phone", "متهم", "قومیت", "religion", "شماره پلاک"]


@pytest.mark.parametrize("heading", PERSONS)
def test_columns_of_persons_and_traits_are_never_kept(ground, analyst, write, heading):
    rows = [[*row, "SECRET-VALUE"] for row in some_rows(ground[:4], 5)]
    batch = imports.receive(write(rows, [*HEADER, heading]), by=analyst, name="x.csv")
    assert [column["column"] for column in batch.about["left_out"]] == [heading]
    assert sentences.left_out(batch.about["left_out"][0])
    import pyarrow as pa

    with pa.memory_map(str(files.path_of(batch.file))) as source, pa.ipc.open_stream(source) as kept:
        assert "SECRET-VALUE" not in str(kept.read_all().to_pydict())
    batch = verbs.map_import(batch, mapping.from_toml(MAP), by=analyst)
    with pytest.raises(Refused) as no:
        verbs.start_import(batch, by=analyst)
    assert no.value.key == "columns_refused"
    batch = verbs.map_import(batch, mapping.from_toml(f'left_out = ["{heading}"]\n' + MAP), by=analyst)
    assert imports.load(verbs.start_import(batch, by=analyst, queued=False), by=analyst).accepted == 5


def test_values_that_look_like_mobile_numbers_are_found_under_any_heading(ground, analyst, write):
    rows = [[*row, f"0912{i:07d}"] for i, row in enumerate(some_rows(ground[:4], 10))]
    batch = imports.receive(write(rows, [*HEADER, "info"]), by=analyst, name="x.csv")
    assert batch.about["left_out"] == [{"column": "info", "kind": "person", "rule": "R1/R2", "why": "mobile"}]


FILES = [
    ("file_empty", b""),
    ("headers_only", b"date,type\n"),
    ("html_page", b"<html><table><tr><td>x</td></tr></table></html>"),
    ("encrypted", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le") * 3),
    ("kind_unknown", b"%PDF-1.7 ..."),
    ("quote_not_closed", b'date,type\n2024-01-01,"T-CAR\n2024-01-02,T-CAR\n'),
    ("nul_in_text", b"date,type\n2024-01-01,T\x00AR\n" * 3),
]


@pytest.mark.parametrize(("key", "content"), FILES, ids=[key for key, _ in FILES])
def test_a_file_that_cannot_be_read_leaves_nothing_and_the_audit_says_who_tried(
    ground, analyst, tmp_path, key, content
):
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(FileRefused) as no:
        imports.receive(path, by=analyst, name="file.csv")
    assert no.value.key in {key, "old_excel", "zip_broken", "encoding_unknown"}
    assert str(sentences.say(no.value.key, **no.value.details)) != str(sentences.say("refused"))
    assert not Import.objects.exists()
    assert (last_line().what, last_line().by, last_line().details["key"]) == (
        "import.refused",
        analyst.audit_id,
        no.value.key,
    )


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1256"])
def test_old_encodings_and_arabic_letters_are_read(ground, analyst, write, bring, encoding):
    rows = [
        changed(
            ground, type="سرقت مغازه و شرکت", place="خيابان كوچك", date="1403/02/17 10:30", **{"place kind": "مغازه"}
        )
    ]
    batch = bring(write(rows, encoding=encoding), by=analyst)
    assert (batch.accepted, Incident.objects.get().place_text) == (1, "خیابان کوچک")


def test_a_workbook_comes_in_like_a_text_file(ground, analyst, tmp_path, bring):
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(HEADER)
    for row in some_rows(ground[:4], 10):
        book.active.append([*row[:2], float(row[2]), float(row[3]), *row[4:]])
    book.save(tmp_path / "events.xlsx")
    assert bring(tmp_path / "events.xlsx", by=analyst).accepted == 10


def test_a_short_row_is_an_error_of_that_row(ground, analyst, tmp_path, write, bring):
    path = write(some_rows(ground[:4], 5))
    path.write_text(path.read_text() + "2024-01-01,T-CAR\n")
    batch = bring(path, by=analyst)
    assert (batch.rows, batch.accepted, batch.refused) == (6, 5, 1)
    assert [(e.row, e.key) for e in imports.errors_of(batch)] == [(7, "row_width")]


def test_an_unknown_kind_of_place_is_read_as_not_stated_and_said(ground, analyst, write, bring):
    batch = bring(write([changed(ground, type="A-SERIOUS", **{"place kind": "moon"})]), by=analyst)
    row = Incident.objects.get()
    assert (row.place_kind, row.shown_as) == ("unknown", Incident.CELL)
    assert batch.report["errors"] == {"note_place_kind_unknown": 1}


@pytest.mark.parametrize(
    ("type_", "kind", "shown"),
    [
        ("A-SERIOUS", "dwelling", 0),
        ("R-STREET", "dwelling", 0),
        ("W-WEAPON", "dwelling", 0),
        ("N-FAMILY", "street", 0),
        ("missing_person", "park", 0),
        ("S-HARM", "street", 0),
        ("X-DEATH", "street", 0),
        ("T-HOME", "unknown", 1),
        ("T-CAR", "dwelling", 1),
        ("T-BREAK", "unknown", 1),
        ("A-SERIOUS", "unknown", 1),
        ("A-SERIOUS", "street", 2),
        ("T-CAR", "street", 2),
        ("T-SHOP", "shop", 2),
    ],
)
def test_how_an_imported_place_may_be_shown(ground, analyst, write, bring, type_, kind, shown):
    bring(write([changed(ground, type=type_, **{"place kind": kind})]), by=analyst)
    assert Incident.objects.get().shown_as == shown
    assert Incident.objects.drawable().exists() == (shown > 0), "R14"


# ---- the mapping ----


@pytest.mark.parametrize(
    ("toml", "key"),
    [
        ("colums = 1", "mapping_name_unknown"),
        ("[columns", "mapping_not_toml"),
        ('calendar = "lunar"', "mapping_calendar_unknown"),
        ('order = "yyy"', "mapping_order_unknown"),
        ('zone = "Mars/Olympus"', "mapping_zone_unknown"),
        ('type = "T-MOON"', "mapping_type_unknown"),
        ('[types]\nx = "T-MOON"', "mapping_type_unknown"),
        ('[place_kinds]\nx = "moon"', "mapping_place_kind_unknown"),
        ('[columns]\nname = "x"', "mapping_field_unknown"),
        ('repeats = "often"', "mapping_repeats_unknown"),
        ('precision = "vague"', "mapping_precision_unknown"),
        ("columns = 3", "mapping_name_unknown"),
    ],
)
def test_a_mapping_that_says_nonsense_is_refused(toml, key):
    with pytest.raises(Refused) as no:
        mapping.from_toml(toml)
    assert no.value.key == key
    assert key in sentences.REFUSALS


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"date": "nowhere"}, "mapping_column_missing"),
        ({"date": "ref"}, "mapping_column_twice"),
        ({"date": None}, "mapping_date_missing"),
        ({"type": None}, "mapping_type_missing"),
        ({"lat": None}, "mapping_half_a_place"),
        ({"lat": None, "lon": None}, "mapping_place_missing"),
    ],
)
def test_a_mapping_that_does_not_fit_the_file_is_refused(change, key):
    kept = mapping.from_toml(MAP)
    columns = {name: column for name, column in (kept.columns | change).items() if column}
    assert mapping.Mapping(columns=columns).missing(HEADER) == key
    assert key in sentences.REFUSALS


def test_a_mapping_survives_its_own_file():
    kept = mapping.Mapping(
        columns={"date": "تاریخ «وقوع»", "lon": 'a"b', "lat": "lat"},
        type="T-CAR",
        place_kinds={"خانه": "dwelling"},
        left_out=("نام",),
        order="dmy",
    )
    assert mapping.from_toml(mapping.to_toml(kept)) == kept
    assert mapping.from_json(json.loads(json.dumps(mapping.to_json(kept)))) == kept


# ---- the command line ----


def test_the_command_line_says_what_it_did_and_ends_with_0_or_1(ground, write, tmp_path):
    (tmp_path / "map.toml").write_text(MAP)
    path = write(some_rows(ground, 12))
    out, err = io.StringIO(), io.StringIO()
    assert (
        by_command.import_incidents(
            path, by=COMMAND_LINE, map=tmp_path / "map.toml", dry_run=True, json=True, out=out, err=err
        )
        == 0
    )
    assert (json.loads(out.getvalue())["counts"]["accepted"], visible()[0]) == (12, 0)
    assert by_command.import_incidents(path, by=COMMAND_LINE, map=tmp_path / "map.toml", out=out, err=err) == 0
    assert (visible()[0], err.getvalue()) == (12, "")
    assert by_command.import_incidents(path, by=COMMAND_LINE, map=tmp_path / "map.toml", out=out, err=err) == 1
    assert len(err.getvalue().strip().splitlines()) == 1
    for bad in (tmp_path / "absent.csv", tmp_path):
        err = io.StringIO()
        assert by_command.import_incidents(bad, by=COMMAND_LINE, out=out, err=err) == 1
        assert err.getvalue().strip()
        assert "Traceback" not in err.getvalue()


def test_without_a_mapping_the_command_line_guesses(ground, write):
    rows = [[on, kind, lon, lat] for on, kind, lon, lat, *_ in some_rows(ground, 12)]
    path = write(rows, ["تاریخ وقوع", "نوع جرم", "طول جغرافیایی", "عرض جغرافیایی"])
    assert by_command.import_incidents(path, by=COMMAND_LINE, out=io.StringIO(), err=io.StringIO()) == 0
    assert visible()[0] == 12


# ---- the sentences ----


def test_every_file_refusal_a_table_can_meet_has_the_same_sentence_here():
    keys = list(FILE_SENTENCES)
    assert set(sentences.FILES) == set(keys[: keys.index("row_width")]), "those of tables stand before those of shapes"
    with override("en"):
        for key, sentence in sentences.FILES.items():
            assert str(sentence) == FILE_SENTENCES[key], key


def test_every_error_a_reader_can_give_has_its_reason_and_cure():
    from kalantar.persian.dates import FAULTS

    assert {f"date_{key}" for key in FAULTS if key} <= set(sentences.ROWS)
    source = Path(reading.__file__).read_text("utf-8")

    named = (
        {"person_in_words", "trait_in_words", "unkind_words"}
        | set(re.findall(r'_fault\("([a-z_]+)"', source))
        | set(re.findall(r'counts\["(note_[a-z_]+)"\]', source))
    )
    assert named <= set(sentences.ROWS)
