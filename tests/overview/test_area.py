"""The area, a beat and a finding: every number against a slow recount, and the hours as a clock on the wall tells them."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse

from tests import cast
from tests.city import City
from tests.overview.persian import fa

pytestmark = pytest.mark.django_db


def area_of(client, station, **asked):
    response = client.get(reverse("overview:area", args=[station.code]), asked)
    assert response.status_code == 200
    return response


@pytest.fixture
def client(client_of, station_chief):
    return client_of(station_chief)


# ---- numbers ----


@pytest.mark.parametrize("kind", ["", "T-INCAR", "T-SHOP", "A-MINOR"])
def test_beats_and_totals_are_a_recount(town, station, client, last90, kind):
    asked = {"type": kind} if kind else {}
    response = area_of(client, station, **asked)
    facts = response.context["facts"]
    counted = Counter(event.beat for event in last90(station=station.pk, kind=kind or None))
    assert facts.by_beat == counted
    assert response.context["total"] == sum(counted.values())
    assert {row["beat"].pk: row["n"] for row in response.context["drawn"].beats} == {
        beat.pk: counted[beat.pk] for beat in town.beats if beat.station_id == station.pk
    }


def test_types_are_counted_over_all_of_them_whatever_is_chosen(town, station, client, last90):
    counted = Counter(event.type for event in last90(station=station.pk))
    for asked in ({}, {"type": "T-SHOP"}):
        assert dict(area_of(client, station, **asked).context["facts"].by_type) == counted


def test_a_type_that_does_not_exist_is_no_choice(town, station, client, last90):
    assert area_of(client, station, type="NOPE").context["total"] == len(last90(station=station.pk))


def test_hours_and_weekdays_are_a_recount_and_unknown_hours_are_left_out_and_told(town, station, client, last90):
    response = area_of(client, station)
    facts, counted = response.context["facts"], last90(station=station.pk)
    wanted = [[0] * 24 for _ in range(7)]
    for event in counted:
        if event.hour is not None:
            wanted[event.on.weekday()][event.hour] += 1
    assert facts.hours == wanted
    assert facts.untimed == sum(event.hour is None for event in counted) > 0
    assert facts.timed + facts.untimed == response.context["total"]
    assert fa("%(n)s without one are left out", n=facts.untimed) in response.content.decode()


def test_dates_without_any_hour_say_nothing_about_hours(bare, station, client):
    for ago in range(1, 30):
        bare.put("T-BREAK", bare.beats[0], days_ago=ago, hour=None)
    bare.written()
    response = area_of(client, station)
    assert response.context["heat"] is None
    assert response.context["facts"].untimed == 29


def test_a_chosen_type_without_events_is_zero_and_not_an_error(town, station, client):
    response = area_of(client, station, type="T-LIVESTOCK")
    assert response.context["total"] == 0
    assert response.context["facts"].hot == []


def test_today_does_not_count_yet(bare, station, client):
    bare.put("T-INCAR", bare.beats[0], days_ago=0).put("T-INCAR", bare.beats[0], days_ago=90)
    bare.put("T-INCAR", bare.beats[0], days_ago=91).written()
    assert area_of(client, station).context["total"] == 1


# ---- summer time ----


@pytest.mark.parametrize(
    ("zone", "moment", "hour", "weekday"),
    [
        # Chicago: the night in which the clock goes back has the hour from 1 to 2 twice.
        ("America/Chicago", datetime(2019, 11, 3, 6, 30, tzinfo=UTC), 1, 6),
        ("America/Chicago", datetime(2019, 11, 3, 7, 30, tzinfo=UTC), 1, 6),
        ("America/Chicago", datetime(2019, 11, 3, 8, 30, tzinfo=UTC), 2, 6),
        ("America/Chicago", datetime(2019, 11, 3, 4, 30, tzinfo=UTC), 23, 5),
        # Tehran: summer time until 2022, half past the hour.
        ("Asia/Tehran", datetime(2019, 8, 1, 20, 0, tzinfo=UTC), 0, 4),
        ("Asia/Tehran", datetime(2019, 12, 1, 20, 0, tzinfo=UTC), 23, 6),
    ],
)
def test_hours_are_those_of_the_clock_on_the_wall(types, beats, station, station_chief, zone, moment, hour, weekday):
    from kalantar.incidents.models import DailyCount, Incident, IncidentType
    from kalantar.kernel import clock, installation
    from kalantar.kernel.models import Installation
    from kalantar.overview import queries

    Installation.objects.update(time_zone=zone)
    installation.forget()
    kind, day = IncidentType.objects.get(code="T-INCAR"), clock.local_day(moment)
    place = {"station": station, "beat": beats[0], "type": kind, "local_date": day}
    Incident.objects.create(
        **place, number_year=1398, number_seq=1, occurred_from=moment, made_at=moment, shown_as=Incident.POINT
    )
    DailyCount.objects.create(**place, n=1)
    facts = queries.area_facts(station_chief, station, day + timedelta(days=3))
    found = [(d, h) for d in range(7) for h in range(24) if facts.hours[d][h]]
    assert found == [(weekday, hour)]


# ---- ground, officers, freshness ----


def test_beats_nobody_answers_for_are_told_and_named_ones_name_their_officer(
    town, station, client, enrolled, station_chief
):
    from kalantar.territory import verbs

    officer = enrolled("beat_officer", station, username="nasrin").officer
    verbs.name_beat_officer(town.beats[0], officer, by=station_chief)
    rows = area_of(client, station).context["drawn"].beats
    assert [bool(row["officer"]) for row in rows] == [True, False, False, False]
    text = area_of(client, station).content.decode()
    assert text.count(fa("Nobody named")) == 3
    beat = client.get(reverse("overview:beat", args=[station.code, town.beats[0].code]))
    assert beat.context["officer"] == rows[0]["officer"] != ""
    assert not client.get(reverse("overview:beat", args=[station.code, town.beats[1].code])).context["officer"]


def test_a_station_without_ground_is_told(types, station, client):
    response = area_of(client, station)
    assert response.context["drawn"] is None
    assert fa("The boundary is not recorded yet") in response.content.decode()


def test_an_old_layer_is_told_and_a_fresh_one_is_not(bare, station, client):
    from kalantar.incidents.models import DailyCount, Incident

    bare.put("T-INCAR", bare.beats[0], days_ago=31).written()
    assert area_of(client, station).context["layers"][0]["old"]
    Incident.objects.all().delete()
    DailyCount.objects.all().delete()
    bare.rows.clear()
    bare.put("T-INCAR", bare.beats[0], days_ago=29).written()
    assert not area_of(client, station).context["layers"][0]["old"]


def test_the_spots_of_the_list_are_the_spots_of_the_map(town, station, client):
    response = area_of(client, station)
    spots = response.context["drawn"].spots
    assert [spot["number"] for spot in spots] == list(range(1, len(spots) + 1))
    text = response.content.decode()
    for spot in spots:
        assert text.count(f'data-link="{spot["link"]}"') >= 2


# ---- a beat ----


def test_a_beats_numbers_are_a_recount(town, station, client, last90, today):
    beat = town.beats[1]
    context = client.get(reverse("overview:beat", args=[station.code, beat.code])).context
    counted = last90(beat=beat.pk)
    assert context["total"] == len(counted)
    assert dict(context["facts"]["by_type"]) == Counter(event.type for event in counted)
    assert context["facts"]["periods"] == [
        len(
            town.recount(
                beat=beat.pk, first=today - timedelta(days=28 * (k + 1)), last=today - timedelta(days=28 * k + 1)
            )
        )
        for k in reversed(range(13))
    ]


def test_a_beats_latest_events_leave_out_what_is_never_listed(town, station, client):
    response = client.get(reverse("overview:beat", args=[station.code, town.beats[0].code]))
    assert response.context["facts"]["latest"]
    assert all(event.type.code != "A-MINOR" for event in response.context["facts"]["latest"])
    assert "نسترن" not in response.content.decode()


def test_a_dwelling_is_named_by_its_street_and_never_by_its_door(bare, station, client, today):
    """On a beat's page and on a finding's, whoever reads it."""
    from tests.overview.conftest import make_findings

    bare.spread("T-HOME", each=5, place_kind="dwelling")
    for i in range(24):
        bare.put("T-HOME", bare.beats[1], days_ago=1 + i, place_kind="dwelling", place="خیابان بهار، پلاک ۴۷")
    bare.written()
    make_findings(station, on=today)
    rises = [row for row in findings_of(station) if row.kind == "rise"]
    assert rises
    pages = [reverse("overview:finding", args=[row.pk]) for row in rises]
    for page in (*pages, reverse("overview:beat", args=[station.code, bare.beats[1].code])):
        text = client.get(page).content.decode()
        assert "خیابان بهار" in text
        assert "پلاک" not in text


# ---- a finding ----


def findings_of(station):
    from kalantar.incidents.models import Finding

    return list(Finding.objects.filter(station=station).select_related("type", "beat").order_by("rank"))


def test_the_events_of_a_rise_are_its_count_as_far_as_they_may_be_listed(town, station, client):
    for row in findings_of(station):
        response = client.get(reverse("overview:finding", args=[row.pk]))
        assert response.status_code == 200
        events = response.context["events"]
        if row.kind == "rise":
            assert len(events) == min(50, row.result["count"])
        if row.kind == "hot_cells":
            squares = [(*cell["ring"][0], *cell["ring"][2]) for cell in row.result["cells"]]
            first, last = row.result["from_on"], row.result["to_on"]
            inside = [
                event
                for event in town.recount(kind=row.type.code, station=station.pk)
                if first <= str(event.on) <= last
                and any(w <= event.lon < e and s <= event.lat < n for w, s, e, n in squares)
            ]
            assert len(events) == min(50, len(inside)) > 0
        if row.kind == "repeat_place":
            assert sorted(str(event.local_date) for event in events) == row.result["dates"]
        if row.kind == "too_few":
            assert events == []
        assert all(event.shown_as > 0 and event.station_id == station.pk for event in events)


def test_a_findings_page_tells_its_method_its_source_and_its_comparisons(town, station, client):
    for row in findings_of(station):
        response = client.get(reverse("overview:finding", args=[row.pk]))
        text = response.content.decode()
        assert response.context["method"].source in text.replace("&amp;", "&")
        assert row.data_version[:8] in text
        if row.result.get("comparisons"):
            assert "11/" in text or "۱۱/" in text or not response.context["events"]  # each event by its number
            assert any(label == fa("Comparisons") for label, _ in response.context["facts"])


def test_of_a_rise_of_what_is_never_listed_no_event_is_listed(bare, station, client, today):
    from tests.overview.conftest import make_findings

    bare.spread("A-MINOR", each=5, place_kind="dwelling")
    bare.put("A-MINOR", bare.beats[1], days_ago=2, n=30, place_kind="dwelling", place="کوچه نسترن").written()
    make_findings(station, on=today)
    rises = [row for row in findings_of(station) if row.kind == "rise"]
    assert rises
    for row in rises:
        response = client.get(reverse("overview:finding", args=[row.pk]))
        assert response.context["events"] == []
        assert "نسترن" not in response.content.decode()


def test_a_commander_without_a_station_chooses_one(town, client_of, province_commander):
    response = client_of(province_commander).get(reverse("overview:my_area"))
    for code in ("K11", "K12"):
        assert reverse("overview:area", args=[code]) in response.content.decode()


# ---- what it costs ----


def everything(client, station, town):
    rows = findings_of(station)
    return {
        "morning": reverse("overview:morning"),
        "station_morning": reverse("overview:station_morning", args=[station.code]),
        "wall": reverse("overview:wall", args=[station.code]),
        "paper": reverse("overview:paper", args=[station.code]),
        "area": reverse("overview:area", args=[station.code]),
        "area of a type": reverse("overview:area", args=[station.code]) + "?type=T-INCAR",
        "beat": reverse("overview:beat", args=[station.code, town.beats[0].code]),
        "finding": reverse("overview:finding", args=[rows[0].pk]),
    }


def cost(client, addresses, statements) -> dict[str, int]:
    from kalantar.kernel import installation

    found = {}
    for name, address in addresses.items():
        client.get(address)
        installation.forget()  # read anew every two seconds: the dearer case
        found[name] = statements(client.get, address)
    return found


def test_no_page_takes_more_than_twelve_statements_nor_more_for_more_rows(
    types, station, other_station, today, client, statements
):
    from kalantar.kernel import audit
    from tests.overview.conftest import make_findings, plant

    small = City(cast.lay_ground(station, column=0, rows=1), today)
    small.put("T-INCAR", small.beats[0], days_ago=2).written()
    make_findings(station, on=today)
    audit.stamp(today)
    few = cost(client, everything(client, station, small), statements)
    assert max(few.values()) <= 12, few

    from kalantar.incidents.models import DailyCount, Incident
    from kalantar.territory.models import Area, Beat

    for model in (Incident, DailyCount):
        model.objects.all().delete()
    from kalantar.incidents.models import Finding

    Finding.objects.all().delete()
    Area.objects.all().delete()
    Beat.objects.all().delete()
    many = plant(City(cast.lay_ground(station, column=0, rows=12), today))
    make_findings(station, on=today)
    dear = cost(client, everything(client, station, many), statements)
    assert max(dear.values()) <= 12, dear
    for name in few:
        assert dear[name] <= few[name] + 1, (
            name,
            few[name],
            dear[name],
        )  # one for the events of a finding that has any


def test_the_table_of_stations_costs_the_same_for_any_number(town, station, client_of, province_commander, statements):
    client = client_of(province_commander)
    addresses = {"morning": reverse("overview:morning"), "areas": reverse("overview:my_area")}
    assert max(cost(client, addresses, statements).values()) <= 12


def test_dates_of_the_data_are_dates(town, station, client):
    assert isinstance(area_of(client, station).context["facts"].last_on, date)
