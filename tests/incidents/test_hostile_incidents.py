"""What a curious officer, a chief of two hats and a clumsy file may not get out of events, or put into them."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import h3.api.basic_int as h3
import pytest
from django.urls import reverse
from django.utils.translation import gettext

from kalantar.incidents import exports, imports, mapping, queries, tables, verbs
from kalantar.incidents.models import Import, Incident, Unplaced
from kalantar.kernel import files
from kalantar.kernel.change import Refused
from kalantar.kernel.models import AuditLine
from kalantar.people import verbs as people_verbs
from kalantar.people.actors import COMMAND_LINE, OfficerActor
from kalantar.people.roles import Role
from kalantar.territory.names import title
from kalantar.web.words import word
from tests.incidents import events
from tests.incidents.conftest import MAP, row_at

pytestmark = pytest.mark.django_db
DOOR = "کوچه نسترن، پلاک ۱۲، واحد ۳"
NEVER = {"type": "A-MINOR", "place_kind": "dwelling", "place_text": DOOR}


def text_of(answer) -> str:
    content = b"".join(answer.streaming_content) if getattr(answer, "streaming", False) else answer.content
    return content.decode("utf-8", "replace")


def two_hats(own, other, role: Role, elsewhere: Role):
    """Somebody with a post here and a lesser one next door."""
    officer = people_verbs.enrol("two_hats", by=COMMAND_LINE, name="T", unit=own, roles=[role])
    people_verbs.give_post(officer, by=COMMAND_LINE, unit=other, role=elsewhere)
    return OfficerActor(officer)


# ---- R14: where an event that is never drawn may have been ----


def test_nobody_finds_the_cell_of_an_assault_at_home_by_asking_cell_by_cell(ground, station_chief, client_of):
    row = events.recorded(ground[0], station_chief, **NEVER)
    assert row.shown_as == Incident.NEVER
    cell = h3.int_to_str(h3.cell_to_parent(row.h3, 9))
    elsewhere = h3.int_to_str(h3.grid_disk(h3.cell_to_parent(row.h3, 9), 3)[-1])
    for name in ("list", "map", "export"):
        seen = [
            text_of(client_of(station_chief).get(reverse(f"incidents:{name}") + "?" + urlencode({"cell": where})))
            for where in (cell, elsewhere)
        ]
        assert "شمرده" not in seen[0], name
        assert (
            queries.count(
                station_chief,
                queries.Filter(cell=h3.str_to_int(cell)),
                queries.found(station_chief, queries.Filter(cell=h3.str_to_int(cell))),
            ).all
            == 0
        )


def test_no_page_of_an_event_at_home_says_the_door(ground, station_chief, client_of):
    client = client_of(station_chief)
    for said in (NEVER, {"type": "T-HOME", "place_kind": "dwelling", "place_text": DOOR}):
        row = events.recorded(ground[0], station_chief, **said)
        for name in ("incident", "correct"):
            page = text_of(client.get(reverse(f"incidents:{name}", args=[row.uid])))
            assert "واحد" not in page, (said, name)
            assert str(row.lon) not in page, (said, name)
        assert ("نسترن" in page) == (row.shown_as == Incident.CELL)


@pytest.mark.parametrize(
    ("type", "hidden"), [("A-MINOR", True), ("N-FAMILY", True), ("T-HOME", False)], ids=["assault", "family", "theft"]
)
def test_the_page_of_an_event_at_home_tells_its_station_and_no_nearer_place(
    ground, station_chief, analyst, client_of, write, bring, type, hidden
):
    """The theft is the negative control: its page says all that the others may not."""
    beat = ground[0]
    by_hand = events.recorded(beat, station_chief, type=type, place_kind="dwelling", external_ref="ZQREF")
    event = events.event(beat, type=type, place_kind="dwelling", external_ref="ZQREF2", place_text="کوچه یاس")
    verbs.correct_incident(by_hand, event, by=station_chief, reason="نشانی")
    bring(write([row_at(beat, type=type, kind="dwelling", ref="ZQREF3")], name="night_of_noor_street.csv"), by=analyst)
    client = client_of(station_chief)
    for row in Incident.objects.order_by("pk"):
        assert (row.shown_as == Incident.NEVER) == hidden
        page = text_of(client.get(reverse("incidents:incident", args=[row.uid])))
        assert title(beat.station) in page and word("incident_type", type) in page
        tells = [
            title(beat),
            word("place_kind", "dwelling"),
            "ZQREF",
            *(["noor_street"] if row.batch else [gettext("Place in words"), gettext("Reference number")]),
        ]
        assert [said in page for said in tells] == [not hidden] * len(tells), (row, tells)


def test_correcting_the_hour_keeps_the_door_that_was_not_shown(ground, station_chief, client_of):
    row = events.recorded(ground[0], station_chief, **NEVER)
    client = client_of(station_chief)
    address = reverse("incidents:correct", args=[row.uid])
    form = client.get(address).context["form"]
    sent = {name: "" if form[name].value() is None else form[name].value() for name in form.fields} | {
        "clock": "۰۰:۰۱",
        "reason": "ساعت",
    }
    answer = client.post(address, sent)
    assert answer.status_code == 302, answer.context["form"].errors
    kept = (row.place_text, row.lon, row.lat)
    row.refresh_from_db()
    assert (row.place_text, row.lon, row.lat) == kept


def test_the_log_never_says_where_the_door_is(ground, station_chief):
    row = events.recorded(ground[0], station_chief, external_ref="ZQREF", **NEVER)
    wanted = events.event(ground[1], external_ref="ZQREF2", **{**NEVER, "place_text": "کوچه یاس، پلاک ۹"})
    verbs.correct_incident(row, wanted, by=station_chief, reason="نشانی")
    told = json.dumps(list(AuditLine.objects.values_list("details", flat=True)), ensure_ascii=False)
    for secret in (str(row.lon), str(wanted.lon), "نسترن", "یاس", "ZQREF"):
        assert secret not in told
    changed = AuditLine.objects.filter(what="incident.corrected").get().details["changed"]
    assert {"lat", "place_text", "external_ref", "beat_id"} <= set(changed)


def test_the_errors_of_a_file_tell_no_place_of_an_assault_at_home(ground, analyst, write, bring):
    bad = row_at(ground[0], type="A-MINOR", kind="dwelling")
    plain = row_at(ground[0], type="T-SHOP", kind="shop")
    bad[2], plain[2] = "51.33977x", "51.33111x"
    batch = bring(write([row_at(ground[0]), bad, plain]), by=analyst)
    assert {error.value for error in imports.errors_of(batch)} == {"", "51.33111x"}
    assert "51.33977" not in files.path_of(batch.errors).read_text()


def test_neither_the_report_nor_the_preview_of_a_file_keeps_a_place(ground, analyst, write, bring, client_of):
    path = write([row_at(ground[0], type="A-MINOR", kind="dwelling", place=DOOR), row_at(ground[0])])
    batch = imports.receive(path, by=analyst, name="a.csv")
    batch = verbs.map_import(batch, mapping.from_toml(MAP), by=analyst)
    assert "نسترن" not in text_of(client_of(analyst).get(reverse("incidents:import", args=[batch.uid])))
    batch = imports.check(batch, by=analyst)
    kept = json.dumps(batch.report, ensure_ascii=False)
    assert "نسترن" not in kept
    assert path.read_text().split(",")[9] not in kept


def test_rows_that_wait_for_a_place_show_the_street_and_not_the_door(
    ground, analyst, counsellor, client_of, write, bring
):
    rows = [row_at(ground[0]), row_at(ground[0], type="T-HOME", kind="dwelling", place=DOOR)]
    rows[1][2] = "52.9"
    bring(write(rows), by=analyst)
    assert Unplaced.objects.count() == 1
    page = text_of(client_of(analyst).get(reverse("incidents:to_fix")))
    assert "نسترن" in page
    assert "واحد" not in page
    address = reverse("incidents:fix", args=[Unplaced.objects.get().pk])
    assert client_of(analyst).get(address).status_code == 200
    assert client_of(counsellor).get(address).status_code == 422, "who places no row has no need to read it"


# ---- a file is its importers' ----


def test_a_file_and_its_errors_are_open_to_who_brings_files_in(
    ground, analyst, patrol_officer, client_of, write, bring
):
    bad = row_at(ground[0], on="1402/12/30")
    batch = bring(write([row_at(ground[0]), bad]), by=analyst)
    for name in ("import", "import_errors", "import_errors_xlsx", "import_map"):
        address = reverse(f"incidents:{name}", args=[batch.uid])
        assert client_of(analyst).get(address).status_code == 200, name
        assert client_of(patrol_officer).get(address).status_code == 422, name


def test_the_list_of_errors_goes_with_the_file(ground, analyst, write, bring):
    batch = bring(write([row_at(ground[0]), row_at(ground[0], on="1402/12/30")]), by=analyst)
    where = [files.path_of(batch.errors), files.path_of(batch.file)]
    verbs.forget_file(batch, by=COMMAND_LINE)
    batch.refresh_from_db()
    assert (batch.file, batch.errors) == (None, None)
    from django.db import connection

    for _, hook, _ in list(connection.run_on_commit):
        hook()
    assert not any(path.exists() for path in where)


# ---- a post at one station says nothing at another ----


def test_an_analyst_who_patrols_next_door_brings_no_rows_there(ground, station, other_station, write, bring):
    both = two_hats(station, other_station, Role.ANALYST, Role.PATROL_OFFICER)
    assert both.stations() == {station.pk, other_station.pk}
    batch = bring(write([row_at(ground[0]), row_at(ground[4])]), by=both)
    assert (batch.accepted, batch.refused) == (1, 1)
    assert set(Incident.objects.live().values_list("station", flat=True)) == {station.pk}


def test_an_analyst_who_patrols_next_door_withdraws_no_file_there(
    ground, station, other_station, other_chief, write, bring
):
    batch = bring(write([row_at(ground[4])]), by=other_chief)
    assert batch.state == Import.LIVE
    both = two_hats(station, other_station, Role.ANALYST, Role.PATROL_OFFICER)
    with pytest.raises(Refused) as no:
        verbs.withdraw_import(batch, by=both, reason="به سود من")
    assert no.value.key == "not_your_post"
    verbs.withdraw_import(batch, by=other_chief, reason="پرونده نادرست بود")


def test_an_analyst_who_patrols_next_door_takes_no_file_from_there(
    ground, station, other_station, other_chief, station_chief
):
    events.recorded(ground[0], station_chief, place_text="خیابان صنوبر")
    events.recorded(ground[4], other_chief, place_text="خیابان نارون")
    both = two_hats(station, other_station, Role.ANALYST, Role.PATROL_OFFICER)
    with exports.export_list(queries.Filter(), by=both, kind="csv", reason="نشست ماهانه") as made:
        text = made.read().decode()
    assert "صنوبر" in text
    assert "نارون" not in text


# ---- words that stay for good ----


@pytest.mark.parametrize("reason", ["به خواست ۰۹۱۲۳۴۵۶۷۸۹", "یا 0499370899"])
def test_no_reason_in_the_log_names_a_person(ground, station_chief, write, bring, reason):
    row = events.recorded(ground[0], station_chief)
    batch = bring(write([row_at(ground[1])]), by=station_chief)
    for step in (
        lambda: verbs.correct_incident(row, events.event(ground[1]), by=station_chief, reason=reason),
        lambda: verbs.withdraw_import(batch, by=station_chief, reason=reason),
        lambda: exports.export_list(queries.Filter(), by=station_chief, kind="csv", reason=reason),
    ):
        with pytest.raises(Refused) as no:
            step()
        assert no.value.key == "person_in_words"


# ---- clumsy values ----


@pytest.mark.parametrize("number", ["9" * 400, "۹" * 400, "1e999", "nan", "inf"])
def test_no_number_breaks_the_form(ground, desk_officer, client_of, number):
    answer = client_of(desk_officer).post(
        reverse("incidents:record"), {"type": "T-INCAR", "lon": number, "lat": number}
    )
    assert answer.status_code == 422


@pytest.mark.parametrize("crs", ["5773", "4978", "EPSG:4327", "EPSG:999999", "+proj=utm +zone=39", "x"])
def test_no_coordinate_system_breaks_the_page(ground, analyst, client_of, write, crs):
    path = write([["2024-05-06", "T-SHOP", "539000", "3950000"]], header=["date", "type", "x", "y"])
    batch = imports.receive(path, by=analyst, name="a.csv")
    client, address = client_of(analyst), reverse("incidents:import", args=[batch.uid])
    form = client.get(address).context["form"]
    sent = {name: form[name].value() or "" for name in form.fields} | {"crs": crs, "c_x": "x", "c_y": "y"}
    client.post(reverse("incidents:import_columns", args=[batch.uid]), sent)
    assert client.get(address).status_code == 200
    assert client.post(reverse("incidents:import_check", args=[batch.uid])).status_code in {302, 422}


def test_a_fault_of_the_database_does_not_repeat_a_row_in_the_log(ground, analyst, write, bring, monkeypatch, caplog):
    from django.db import IntegrityError

    from kalantar.incidents.staging import Stager

    def broken(self, found):
        raise IntegrityError("DETAIL: Failing row contains (کوچه نسترن)")

    monkeypatch.setattr(Stager, "write", broken)
    batch = bring(write([row_at(ground[0])]), by=analyst)
    assert batch.state == Import.FAILED
    assert "نسترن" not in caplog.text
    assert "IntegrityError" in caplog.text


@pytest.mark.parametrize(("blank", "every"), [(120_000, 1), (0, 700), (120_000, 700)])
def test_a_column_of_telephone_numbers_that_begins_late_or_is_seldom_filled_is_found(
    ground, analyst, tmp_path, blank, every
):
    path, first = tmp_path / "late.csv", row_at(ground[0])[:4]
    with path.open("w", encoding="utf-8") as out:
        out.write("date,type,longitude,latitude,remark\n")
        for n in range(blank + 7_000):
            remark = f"0912345{n % 10_000:04d}" if n >= blank and n % every == 0 else ""
            out.write(",".join([*first, remark]) + "\n")
    batch = imports.receive(path, by=analyst, name="late.csv")
    assert [(c["column"], c["why"]) for c in batch.about["left_out"]] == [("remark", "mobile")]
    assert batch.about["columns"] == ["date", "type", "longitude", "latitude"]
    columns, values = tables.head(files.path_of(batch.file), 200_000)
    assert "remark" not in columns
    assert batch.rows == blank + 7_000
    assert len(values["date"]) > 1_000
