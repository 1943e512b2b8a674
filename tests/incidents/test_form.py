"""Recording and correcting an event: what a form takes, what it refuses and why, and that sending twice is sending once."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

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


def said(at, **more):
    """What somebody types."""
    return {
        "uid": str(uuid.uuid4()),
        "type": "T-INCAR",
        "place_text": "خیابان صنوبر",
        "place_kind": "street",
        "beat": at.pk,
        "day": "۱۴۰۵/۰۸/۰۱",
        "clock": "۲۱:۳۰",
        **more,
    }


def send(client, given):
    return client.post(reverse("incidents:record"), given)


def rows():
    from kalantar.incidents.models import Incident

    return Incident.objects.select_related("type", "beat")


def test_an_event_is_recorded_and_the_next_form_is_ready(client_of, desk_officer, beat, types, last_line):
    client = client_of(desk_officer)
    response = send(client, said(beat))
    row = rows().get()
    assert (row.type.code, row.beat, row.place_text, row.shown_as) == ("T-INCAR", beat, "خیابان صنوبر", 2)
    assert row.occurred_from.isoformat() == "2026-10-23T18:00:00+00:00"
    assert last_line(row).what == "incident.recorded"
    page = client.get(response.url).content.decode()
    assert "سرقت محتویات خودرو با این شماره ثبت شد" in page and f"۱۱/۱۴۰۵/{'۰۱۲۳۴۵۶۷۸۹'[row.number_seq]}" in page
    assert client.get(response.url).context["form"]["uid"].value() != row.uid


def test_sending_twice_records_once(client_of, desk_officer, beat, types):
    client, given = client_of(desk_officer), None
    given = said(beat)
    assert send(client, given).url == send(client, given).url
    assert rows().count() == 1


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("T-INCAR", "T-INCAR"),
        ("t-incar", "T-INCAR"),
        ("سرقت محتويات خودرو", "T-INCAR"),
        ("جیب", "T-POCKET"),
        ("Pickpocketing", "T-POCKET"),
        ("کابل", "T-CABLE"),
        ("  زورگيري ", "R-STREET"),
    ],
)
def test_a_kind_is_found_by_code_or_words(client_of, desk_officer, beat, types, typed, code):
    send(client_of(desk_officer), said(beat, type=typed))
    assert rows().get().type.code == code


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"type": "سرقت"}, "type"),
        ({"type": "نیست"}, "type"),
        ({"type": ""}, "type"),
        ({"beat": ""}, "beat"),
        ({"day": "۱۴۰۵/۱۳/۰۱"}, "day"),
        ({"day": ""}, "day"),
        ({"clock": "۲۵:۰۰"}, "clock"),
        ({"place_kind": "palace"}, "place_kind"),
        ({"lon": "abc", "lat": "۳۵"}, "lon"),
        ({"place_text": "نزد 0912 345 6789"}, "place_text"),
        ({"place_text": "خانه اراذل"}, "place_text"),
        ({"place_text": "تجمع اتباع"}, "place_text"),
        ({"uid": "x"}, "uid"),
    ],
    ids=str,
)
def test_what_is_refused_says_at_which_field_and_keeps_what_was_typed(
    client_of, desk_officer, beat, types, change, field
):
    response = send(client_of(desk_officer), said(beat, **change))
    assert response.status_code == 422 and list(response.context["form"].errors) == [field]
    assert response.context["form"]["day"].value() == change.get("day", "۱۴۰۵/۰۸/۰۱")
    assert not rows().exists()


def test_the_same_place_in_decent_words_is_taken(client_of, desk_officer, beat, types):
    """The negative control: a street may be called what it likes."""
    send(client_of(desk_officer), said(beat, place_text="خیابان مهاجر، کوچه کیش، روبه‌روی بانک"))
    assert rows().get().place_text == "خیابان مهاجر، کوچه کیش، روبه‌روی بانک"


def test_the_future_is_refused(client_of, desk_officer, beat, types):
    from kalantar.kernel import clock
    from kalantar.persian.calendar import day_short

    tomorrow = day_short(clock.today() + timedelta(days=1))
    response = send(client_of(desk_officer), said(beat, day=tomorrow))
    assert response.status_code == 422 and list(response.context["form"].errors) == ["clock"] and not rows().exists()


@pytest.mark.parametrize(
    ("typed", "first", "last", "known"),
    [
        ({"clock": ""}, "2026-10-22T20:30", None, False),
        ({"to_clock": "23:00"}, "2026-10-23T18:00", "2026-10-23T19:30", True),
        ({"to_clock": "02:00"}, "2026-10-23T18:00", "2026-10-23T22:30", True),
        ({"to_clock": "8:00", "to_day": "1405/8/3"}, "2026-10-23T18:00", "2026-10-25T04:30", True),
        ({"clock": "", "to_day": "1405/8/3"}, "2026-10-22T20:30", "2026-10-24T20:30", False),
    ],
    ids=str,
)
def test_an_hour_an_interval_over_midnight_or_a_day_alone(
    client_of, desk_officer, beat, types, typed, first, last, known
):
    send(client_of(desk_officer), said(beat, **typed))
    row = rows().get()
    assert row.occurred_from.isoformat()[:16] == first and row.time_known is known
    assert (row.occurred_to.isoformat()[:16] if row.occurred_to else None) == last


def test_an_end_before_the_beginning_is_refused(client_of, desk_officer, beat, types):
    response = send(client_of(desk_officer), said(beat, to_clock="20:00", to_day="1405/7/30"))
    assert response.status_code == 422 and not rows().exists()


def test_a_point_decides_the_beat_and_a_strangers_beat_is_refused(client_of, desk_officer, beats, other_beats, types):
    from tests.cast import middle

    client = client_of(desk_officer)
    lon, lat = middle(beats[2])
    send(client, said(beats[0], beat="", lon=str(lon), lat=str(lat)))
    assert rows().get().beat == beats[2]
    lon, lat = middle(other_beats[0])
    response = send(client, said(beats[0], lon=str(lon), lat=str(lat)))
    assert response.status_code == 422 and rows().count() == 1
    assert send(client, said(other_beats[0])).status_code == 422 and rows().count() == 1


def test_who_may_not_record_is_told_so(client_of, counsellor, beat, types):
    assert send(client_of(counsellor), said(beat)).status_code == 422
    assert not rows().exists()


# ---- correcting ----


def corrected(client, row, **change):
    page = client.get(reverse("incidents:correct", args=[row.uid])).context["form"]
    given = {name: page[name].value() for name in page.fields}
    given = {name: page.fields[name].prepare_value(value) for name, value in given.items()}
    return client.post(
        reverse("incidents:correct", args=[row.uid]), {**{n: v for n, v in given.items() if v is not None}, **change}
    )


def test_a_correction_needs_a_reason_and_leaves_its_trace(client_of, station_chief, beat, types):
    client, row = client_of(station_chief), events.recorded(beat, station_chief)
    assert corrected(client, row, type="T-MOTO").status_code == 422
    response = corrected(client, row, type="T-MOTO", reason="نوع اشتباه بود")
    assert response.status_code == 302
    page = client.get(response.url).content.decode()
    assert "سرقت موتورسیکلت" in page and "تغییر: نوع رویداد" in page and "رئیس کلانتری" in page


def test_of_two_corrections_the_second_is_told(client_of, station_chief, duty_deputy, beat, types):
    row = events.recorded(beat, station_chief)
    deputy = client_of(duty_deputy)
    form = deputy.get(reverse("incidents:correct", args=[row.uid])).context["form"]
    corrected(client_of(station_chief), row, type="T-MOTO", reason="نوع اشتباه بود")
    given = {name: form.fields[name].prepare_value(form[name].value()) for name in form.fields}
    given = {name: value for name, value in given.items() if value is not None}
    response = deputy.post(
        reverse("incidents:correct", args=[row.uid]), {**given, "type": "T-CAR", "reason": "خودرو بود"}
    )
    assert response.status_code == 409 and rows().get().type.code == "T-MOTO"


def test_the_exact_place_of_a_dwelling_is_kept_and_never_written_into_the_page(client_of, station_chief, beat, types):
    client, row = client_of(station_chief), events.recorded(beat, station_chief, type="T-HOME", place_kind="dwelling")
    place = (row.lon, row.lat)
    for name in ("incident", "correct"):
        page = client.get(reverse(f"incidents:{name}", args=[row.uid])).content.decode()
        assert str(row.lon)[:7] not in page and str(row.lat)[:7] not in page
    corrected(client, row, place_text="کوچه یاس", reason="نام کوچه")
    row.refresh_from_db()
    assert (row.lon, row.lat) == place and row.place_text == "کوچه یاس"


def test_an_exact_point_of_a_shop_is_written_into_the_page(client_of, station_chief, beat, types):
    """The negative control of the test above."""
    row = events.recorded(beat, station_chief, type="T-INCAR", lon=beat.west + 0.0054321, lat=beat.south + 0.0012345)
    page = client_of(station_chief).get(reverse("incidents:correct", args=[row.uid])).content.decode()
    from kalantar.persian.digits import to_persian

    assert to_persian(str(row.lon)) in page


def unmarked(response) -> str:
    """A page without what differs in every answer: its own number and address, and the form's token."""
    page = response.content.decode().replace(response.headers["X-Request-Id"], "")
    return re.sub(r'value="[A-Za-z0-9]{64}"', "", page.replace(response.request["PATH_INFO"], ""))


def test_a_strangers_event_and_none_answer_with_the_same_bytes(client_of, other_chief, station_chief, beat, types):
    row = events.recorded(beat, station_chief)
    client = client_of(other_chief)
    for name in ("incident", "correct"):
        theirs, none = (client.get(reverse(f"incidents:{name}", args=[uid])) for uid in (row.uid, uuid.uuid4()))
        assert theirs.status_code == none.status_code == 404
        assert unmarked(theirs) == unmarked(none)


def test_one_event_costs_the_same_whatever_its_history(client_of, station_chief, beat, types, statements):
    client, row = client_of(station_chief), events.recorded(beat, station_chief)
    url = reverse("incidents:incident", args=[row.uid])
    client.get(url)
    before = statements(client.get, url)
    for kind in ("T-MOTO", "T-CAR", "T-MOTO"):
        corrected(client, row, type=kind, reason="نوع")
    client.get(url)
    assert statements(client.get, url) == before <= 12


def test_what_is_never_drawn_has_a_page_without_its_place(client_of, station_chief, beat, types):
    row = events.recorded(beat, station_chief, type="N-FAMILY", place_text="کوچه نیلوفر")
    page = client_of(station_chief).get(reverse("incidents:incident", args=[row.uid])).content.decode()
    assert "نیلوفر" not in page and '<svg class="map' not in page and "نمایش داده نمی‌شود" in page
