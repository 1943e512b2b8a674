"""The file of a list: only what may be drawn, a dwelling as a cell, nothing that runs in a spreadsheet, and a line in the audit."""

from __future__ import annotations

import csv
import io

import pytest
from django.urls import reverse

from tests.incidents import events

pytestmark = pytest.mark.django_db


@pytest.fixture
def types(installation, monkeypatch):
    """The table of types; and the installation's row read once, so that the clock does not change what a page costs."""
    from kalantar.kernel import installation as kept

    monkeypatch.setattr(kept, "_KEEP_S", 3_600)
    events.load_types()


def sent(client, kind="csv", reason="گزارش ماهانه", **asked):
    url = reverse("incidents:export") + ("?" + "&".join(f"{k}={v}" for k, v in asked.items()) if asked else "")
    return client.post(url, {"kind": kind, "reason": reason})


def table(response) -> list[dict]:
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_the_file_holds_the_list(client_of, analyst, beats, types):
    rows = [row for row in events.many(beats, 120, days=60) if row.shown_as]
    lines = table(sent(client_of(analyst), period="all"))
    assert {line["شماره"] for line in lines} == {f"11/{row.number_year}/{row.number_seq}" for row in rows}


def test_dwellings_are_cells_and_what_is_never_drawn_is_not_there(client_of, analyst, station_chief, beat, types):
    import h3

    point = events.recorded(beat, station_chief, type="T-INCAR")
    home = events.recorded(beat, station_chief, type="T-HOME", place_kind="dwelling", place_text="خیابان صنوبر، پلاک ۷")
    events.recorded(beat, station_chief, type="N-FAMILY", place_text="کوچه نیلوفر")
    events.recorded(beat, station_chief, type="A-MINOR", place_kind="dwelling", place_text="کوچه نیلوفر")
    lines = {line["کد نوع"]: line for line in table(sent(client_of(analyst)))}
    assert sorted(lines) == ["T-HOME", "T-INCAR"]
    assert lines["T-INCAR"]["طول جغرافیایی"] == str(point.lon)
    assert lines["T-HOME"]["طول جغرافیایی"] == lines["T-HOME"]["عرض جغرافیایی"] == ""
    assert lines["T-HOME"]["شرح محل"] == "خیابان صنوبر"
    assert lines["T-HOME"]["شش‌ضلعی"] == h3.latlng_to_cell(home.lat, home.lon, 9)


def test_formulas_do_not_run(client_of, analyst, station_chief, beat, types):
    events.recorded(beat, station_chief, place_text="=HYPERLINK(1)", external_ref="@SUM(1)")
    (line,) = table(sent(client_of(analyst)))
    assert line["شرح محل"] == "'=HYPERLINK(1)" and line["شماره پرونده"].startswith("'@")


def test_a_workbook_reads_from_right_to_left(client_of, analyst, station_chief, beat, types):
    import openpyxl

    events.recorded(beat, station_chief)
    response = sent(client_of(analyst), kind="xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    assert sheet.sheet_view.rightToLeft and sheet.max_row == 2
    assert response.headers["Content-Disposition"].endswith('.xlsx"')


def test_who_took_what_and_why_is_written(client_of, analyst, station_chief, beat, types):
    from kalantar.kernel.models import AuditLine

    events.recorded(beat, station_chief)
    assert len(table(sent(client_of(analyst), period="90d", type="T"))) == 1
    line = AuditLine.objects.get(what="incidents.exported")
    assert line.by == analyst.audit_id and line.chain == f"station:{beat.station_id}"
    assert (line.details["rows"], line.details["kind"], line.details["reason"], line.details["filter"]["type"]) == (
        1,
        "csv",
        "گزارش ماهانه",
        "T",
    )


@pytest.mark.parametrize("given", [{"reason": " "}, {"kind": "exe"}])
def test_without_a_reason_no_file_and_no_line(client_of, analyst, beat, types, given):
    from kalantar.kernel.models import AuditLine

    assert sent(client_of(analyst), **given).status_code == 422
    assert not AuditLine.objects.filter(what="incidents.exported").exists()


def test_a_list_too_long_is_refused(client_of, analyst, beats, types, monkeypatch):
    from kalantar.incidents import exports

    monkeypatch.setattr(exports, "MOST", 10)
    events.many(beats, 40, days=20)
    response = sent(client_of(analyst))
    assert response.status_code == 422 and "بیش از ۱۰ رویداد" in response.content.decode()


def test_a_patrol_officer_takes_no_file(client_of, patrol_officer, beat, types):
    assert sent(client_of(patrol_officer)).status_code == 422


def test_a_stranger_takes_nothing_of_ours(client_of, other_chief, other_beats, station_chief, beat, types):
    events.recorded(beat, station_chief)
    assert table(sent(client_of(other_chief), period="all", station=beat.station_id)) == []


def test_a_file_costs_the_same_for_few_and_many(client_of, analyst, beats, types, statements):
    client = client_of(analyst)
    events.many(beats, 5, days=20)
    client.get(reverse("incidents:export"))
    few = statements(lambda: table(sent(client)))
    from kalantar.incidents.models import DailyCount, Incident

    Incident.objects.all().delete()
    DailyCount.objects.all().delete()
    events.many(beats, 300, days=20, seed=9)
    assert statements(lambda: table(sent(client))) == few
