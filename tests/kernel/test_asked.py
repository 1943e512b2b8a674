"""A kept statement: its text is written once, its answer is of this moment and of this asker."""

from __future__ import annotations

from threading import Thread

import pytest
from django.db import connection, connections
from django.db.models import Count, OuterRef, Subquery
from django.test.utils import CaptureQueriesContext

from kalantar.incidents import queries_findings
from kalantar.kernel import asked, clock
from kalantar.overview import queries
from kalantar.people import verbs
from kalantar.people.actors import OfficerActor
from kalantar.people.models import Officer, Post, Station, Unit
from kalantar.territory.models import Beat

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch):
    """Each test begins without texts and sees what a server does: no second writing."""
    monkeypatch.setattr(asked, "_kept", {})
    monkeypatch.setattr(asked, "checking", False)


def twice(build):
    """The answers of a text just written and of the same text kept, each beside the queryset's own."""
    return [(asked.rows("a question", build), list(build())) for _ in range(2)]


def values_of(row):
    """The columns a row was loaded with, and what was fetched beside it."""
    loaded = {name: value for name, value in vars(row).items() if not name.startswith("_")}
    beside = {name: list(found) for name, found in getattr(row, "_prefetched_objects_cache", {}).items()}
    return loaded, beside


@pytest.mark.parametrize(
    "build",
    [
        lambda: Unit.objects.order_by("path"),
        lambda: Post.objects.select_related("unit", "officer").order_by("pk"),
        lambda: Unit.objects.defer("path").order_by("pk"),
        lambda: Post.objects.values_list("role", "from_on", "unit__code").order_by("pk"),
        lambda: Unit.objects.values_list("grade").annotate(n=Count("pk")).order_by("grade"),
        lambda: Unit.objects.filter(pk__in=[]),
        lambda: Unit.objects.order_by("pk")[1:3],
        lambda: Unit.objects.annotate(
            who=Subquery(Post.objects.filter(unit=OuterRef("pk")).order_by("pk").values("officer__uid")[:1])
        ).order_by("pk"),
        lambda: (
            Unit.objects.filter(grade="station")
            .order_by()
            .values_list("code")
            .union(Unit.objects.filter(grade="county").order_by().values_list("code"), all=True)
        ),
        lambda: Unit.objects.prefetch_related("posts").order_by("pk"),
    ],
)
def test_a_kept_text_answers_as_the_queryset_does(build, station_chief, desk_officer, other_chief):
    for ours, theirs in twice(build):
        assert ours == theirs
        for one, other in zip(ours, theirs, strict=True):
            if not isinstance(one, tuple):
                assert values_of(one) == values_of(other)


def test_an_answer_is_of_this_moment(station):
    names = lambda: [unit.name for unit in asked.rows("names", lambda: Station.objects.order_by("pk"))]
    before = names()
    Unit.objects.filter(pk=station.pk).update(name="تازه")
    assert names() == [name if name != station.name else "تازه" for name in before] != before


def test_a_text_is_written_once_and_costs_one_statement(station, statements):
    written = []

    def build():
        written.append(1)
        return Unit.objects.order_by("pk")

    assert [statements(asked.rows, "units", build) for _ in range(3)] == [1, 1, 1]
    assert written == [1]


def test_what_is_kept_stays_as_it_was_and_belongs_to_no_connection(station):
    asked.rows("units", lambda: Unit.objects.order_by("pk"))
    ((queryset, compiler, text),) = asked._kept.values()
    asked.rows("units", lambda: Unit.objects.none())
    assert "as_sql" not in vars(compiler) and "get_compiler" not in vars(queryset.query)
    assert compiler.as_sql() == text and queryset._result_cache is None


@pytest.mark.django_db(transaction=True)
def test_another_thread_asks_through_its_own_connection(station):
    asked.rows("units", lambda: Unit.objects.order_by("pk"))
    seen = []

    def ask():
        with CaptureQueriesContext(connections["default"]) as captured:
            seen.extend(asked.rows("units", lambda: Unit.objects.none()))
        seen.append(len(captured))
        connections["default"].close()

    with CaptureQueriesContext(connection) as here:
        thread = Thread(target=ask)
        thread.start()
        thread.join()
    assert seen == [*Unit.objects.order_by("pk"), 1] and len(here) == 0


def test_the_kept_texts_are_not_without_end(station, monkeypatch):
    monkeypatch.setattr(asked, "MOST", 3)
    for n in range(10):
        asked.rows(n, lambda: Unit.objects.all())
    assert len(asked._kept) <= 3


# ---- scope ----


def fresh(actor):
    return OfficerActor(Officer.objects.get(pk=actor.officer_id))


def test_two_chiefs_share_no_answer(station_chief, other_chief, station, other_station, beats, other_beats):
    for actor, own, others in ((station_chief, station, other_station), (other_chief, other_station, station)):
        actor = fresh(actor)
        assert {beat.station_id for beat in queries.beats_of(actor, own)} == {own.pk}
        assert queries.beats_of(actor, others) == []
        assert queries_findings.latest(actor, others.pk, clock.today()) == []


def test_a_post_that_ends_takes_its_answers_along(station_chief, province_commander, station, beats):
    assert queries.beats_of(fresh(station_chief), station)
    verbs.end_post(station_chief.posts()[0], by=province_commander)
    ended = fresh(station_chief)
    assert ended.posts() == [] and ended.scope() != station_chief.scope()
    assert queries.beats_of(ended, station) == []


def test_an_actor_at_one_station_has_the_scope_of_that_station(province_commander, station, other_station, beats):
    everywhere = province_commander.scope()
    here, there = province_commander.at(station), province_commander.at(other_station)
    assert len({everywhere, here.scope(), there.scope()}) == 3
    assert queries.beats_of(here, station) and queries.beats_of(there, station) == []


def test_a_key_that_leaves_out_the_asker_is_found(monkeypatch, station_chief, other_chief, beats, other_beats):
    """The negative control of the whole suite's check: without it, one chief would get the other's beats."""

    def careless(actor):
        return asked.rows("beats of somebody", lambda: Beat.objects.visible_to(actor).in_force())

    mine = careless(station_chief)
    assert careless(other_chief) == mine  # what would happen
    monkeypatch.setattr(asked, "checking", True)
    with pytest.raises(asked.KeyTooNarrow):
        careless(other_chief)
    assert careless(station_chief) == mine
