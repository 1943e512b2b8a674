"""What the pages ask, and what it costs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kalantar.kernel import clock, installation, outbox
from kalantar.people import inbox, queries, verbs
from kalantar.people.actors import OfficerActor
from kalantar.people.lines import lines
from kalantar.people.models import Post
from kalantar.people.roles import Role

pytestmark = pytest.mark.django_db


def test_the_list_of_colleagues_costs_the_same_for_one_and_for_many(statements, station_chief, station, enrolled):
    station_chief.stations()
    few = statements(queries.colleagues, station_chief)
    for n in range(8):
        enrolled("analyst", station, username=f"more{n}")
    assert statements(queries.colleagues, station_chief) == few <= 2


def test_the_units_cost_the_same_for_few_and_for_many(statements, station_chief, station):
    station_chief.stations()
    few = statements(queries.units, station_chief)
    for n in range(5):
        verbs.open_unit(
            "section", by=station_chief, parent=station, kind="unit_inquiry", code=f"S{n}", name="x", name_en="x"
        )
    assert statements(queries.units, station_chief) == few <= 2


def test_each_unit_says_who_leads_it_and_names_a_post_once(
    station_chief, desk_officer, beat_officer, station, province, county, enrolled
):
    for n in range(3):
        enrolled("beat_officer", station, username=f"beat{n}")
    verbs.give_post(beat_officer.officer, by=station_chief, unit=station, role=Role.PATROL_OFFICER)
    today = clock.today()
    verbs.stand_in(station_chief.posts()[0], by=station_chief, officer=desk_officer.officer, from_on=today, to_on=today)
    seen = queries.units(station_chief)
    assert [unit.code for unit in seen.above] == ["P1", "C1"]
    assert (seen.empty, seen.knows) == ([], True)
    [row] = seen.filled
    assert [post.officer for post in row.in_charge] == [station_chief.officer, desk_officer.officer]
    assert row.n == 6
    assert row.posts == [("desk_officer", 1), ("beat_officer", 4), ("patrol_officer", 1)]


def test_units_without_anybody_stand_apart_in_the_order_of_their_numbers(province_commander, station_chief, county):
    for number in (2, 10, 9):
        verbs.open_unit(
            "station", by=province_commander, parent=county, kind="kalantari", code=f"N{number}",
            name=f"N {number}", name_en="x", number=number,
        )  # fmt: skip
    commander = OfficerActor(province_commander.officer)
    seen = queries.units(commander)
    assert [row.unit.code for row in seen.filled] == ["P1", "K11"]
    assert [unit.code for unit in seen.empty] == ["C1", "N2", "N9", "N10", "K12"]


def test_who_may_not_see_colleagues_reads_the_names_of_units_and_no_more(
    outside_overseer, station_chief, client_of, station
):
    seen = queries.units(outside_overseer)
    assert (seen.filled, seen.knows) == ([], False)
    assert station.code in {unit.code for unit in seen.empty}
    page = client_of(outside_overseer).get("/people/units/").content.decode()
    assert station.name in page
    assert station_chief.officer.name not in page


def test_the_morning_tells_a_chief_what_runs_out_in_two_statements(
    statements, station_chief, desk_officer, analyst, monkeypatch
):
    on = clock.today()
    station_chief.stations()
    Post.objects.filter(officer=desk_officer.officer).update(to_on=on + timedelta(days=7))
    Post.objects.filter(officer=analyst.officer).update(to_on=on + timedelta(days=8))
    assert statements(lines, station_chief, on) <= 2
    assert [(line.heading, line.n) for line in lines(station_chief, on)] == [("late", 1)]  # a demonstration
    real = installation.Facts("station", "x", "x", "Asia/Tehran", timedelta(0), "u")
    monkeypatch.setattr(installation, "current", lambda: real)
    assert [(line.heading, line.n) for line in lines(station_chief, on)] == [("late", 1), ("late", 3)]
    assert lines(desk_officer, on) == []


def test_a_successor_or_a_card_makes_the_sentence_go(station_chief, desk_officer, station, enrolled):
    on = clock.today()
    Post.objects.filter(officer=desk_officer.officer).update(to_on=on + timedelta(days=3))
    enrolled("desk_officer", station, username="successor")
    assert not queries.posts_without_successor(station_chief, on).exists()
    before = queries.without_second_factor(station_chief, on).count()
    verbs.print_code_card(by=desk_officer)
    assert queries.without_second_factor(station_chief, on).count() == before - 1


def test_the_inbox_is_one_s_own_and_counted_in_one_statement(statements, station_chief, other_chief, client_of):
    outbox.tell(
        "stand_in", to=station_chief.officer, page=("people:account", {}), role="station_chief", to_on="2026-03-21"
    )
    outbox.tell("no such kind", to=station_chief.officer)
    assert statements(queries.unread_count, station_chief) == 1
    assert (queries.unread_count(station_chief), queries.unread_count(other_chief)) == (2, 0)
    told = [inbox.shown(line) for line in queries.inbox(station_chief)]
    assert all(message.sentence for message in told)
    assert told[1].url == "/people/me/"
    client = client_of(station_chief)
    client.post("/people/inbox/read/", {"newest": str(told[1].pk)})
    assert queries.unread_count(station_chief) == 1


def test_a_kind_of_message_has_one_sentence():
    sentences = inbox.Sentences()
    sentences.register("told", "%(n)s things")
    sentences.register("told", "%(n)s things")
    with pytest.raises(ValueError):
        sentences.register("told", "other")
