"""The matrix holds for every address, and it bites."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.urls import get_resolver
from django.urls.resolvers import URLResolver

from kalantar.people.actors import OfficerActor
from kalantar.people.models import Station
from tests.matrix.matrix import LINES, Line
from tests.matrix.world import MARK, OTHER_CHIEF, World, judge, station_of

pytestmark = pytest.mark.django_db


def addresses() -> list[str]:
    def names(resolver, prefix=""):
        for entry in resolver.url_patterns:
            if isinstance(entry, URLResolver):
                yield from names(entry, f"{prefix}{entry.namespace}:" if entry.namespace else prefix)
            else:
                yield f"{prefix}{entry.name}"

    return sorted(set(names(get_resolver())))


def test_every_address_has_a_line_and_every_line_an_address():
    named = {name for name, _ in LINES}
    assert sorted(set(addresses()) - named) == [], "add a line to tests/matrix/matrix.py"
    assert sorted(named - set(addresses())) == []


@pytest.mark.parametrize("name", sorted({name for name, _ in LINES}))
def test_the_matrix_holds(name, world):
    some = next(line for (other, _), line in LINES.items() if other == name)
    breaches = []
    for method in ("GET", "POST"):
        breaches += judge(world, LINES.get((name, method), some), method)
    assert breaches == []


def test_the_canaries_are_there_to_be_seen(world):
    assert min(world.canaries.values()) >= 15
    page = LINES["people:colleagues", "GET"]
    assert MARK["own"] in world.ask("station_chief", page, "GET", {}).content.decode()
    assert MARK["oth"] in world.ask("province_commander", page, "GET", {}).content.decode()


def scopes():
    """Every queryset class of ours with a scope."""
    found = {}
    for model in apps.get_models():
        if model.__module__.startswith("kalantar."):
            queryset = type(model._default_manager.all())
            if hasattr(queryset, "visible_to"):
                found[f"{queryset.__module__}.{queryset.__qualname__}"] = queryset
    return found


def models_of(queryset) -> list:
    """The models whose rows a scope keeps apart: a shared one keeps several."""
    return [m for m in apps.get_models() if type(m._default_manager.all()) is queryset and not m._meta.proxy]


def breaches_of(queryset, world: World) -> list[str]:
    """What is wrong with a scope itself, pages aside: a total leaks by its number, in which no canary can sit."""
    breaches = []
    for model in models_of(queryset):
        everything = {row.pk: station_of(row) for row in model._base_manager.all()}
        for side, who in ((world.own, "station_chief"), (world.other, OTHER_CHIEF)):
            own = {pk for pk, station in everything.items() if station == side.station.pk}
            strange = {pk for pk, station in everything.items() if station not in {side.station.pk, None}}
            seen = set(model._default_manager.visible_to(world.actors[who]).values_list("pk", flat=True))
            if not own & seen or not strange:
                breaches.append(f"{model.__name__}: {who} has nothing to see, or nobody to be kept from")
            if strange & seen:
                breaches.append(f"{model.__name__}: {who} sees {len(strange & seen)} rows of a stranger")
    return breaches


@pytest.mark.parametrize("name", sorted(scopes()))
def test_a_scope_holds_the_own_station_and_no_stranger(name, world):
    assert breaches_of(scopes()[name], world) == []


@pytest.mark.parametrize("name", sorted(scopes()))
def test_without_a_scope_a_stranger_is_seen(name, world, monkeypatch):
    monkeypatch.setattr(scopes()[name], "visible_to", lambda self, actor, **_: self.all())
    assert [b for b in breaches_of(scopes()[name], world) if "of a stranger" in b] != []


def test_without_the_scopes_the_matrix_fails_at_every_row_of_a_stranger(world, monkeypatch):
    for queryset in scopes().values():
        monkeypatch.setattr(queryset, "visible_to", lambda self, actor, **_: self.all())
    monkeypatch.setattr(OfficerActor, "station", lambda self, code: Station.objects.filter(code=code).first())
    about_rows = [line for line in LINES.values() if line.on and line.ok | line.refused]
    assert [f"{line.method} {line.name}" for line in about_rows if not _bites(world, line)] == []


def _bites(world: World, line: Line) -> bool:
    return bool(judge(world, line, line.method, cast=("analyst", "outside_overseer")))


# Their pages first ask for a station or a beat of this actor and then for its rows, so a page alone would not tell that
# the second lock is gone; `breaches_of` does. One that begins to show on a page leaves this list.
BEHIND_A_STATION = {
    "kalantar.incidents.models.DailyCountQuerySet",
    "kalantar.overview.models.MorningBriefQuerySet",
    "kalantar.territory.models.BeatOfficerQuerySet",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(scopes()))
def test_without_one_scope_the_matrix_fails_somewhere(name, world, monkeypatch):
    """One mutant for each scope: what no page notices is named above, or unguarded."""
    used = [line for line in LINES.values() if line.method == "GET" and line.ok]
    monkeypatch.setattr(scopes()[name], "visible_to", lambda self, actor, **_: self.all())
    assert any(_bites(world, line) for line in used) is (name not in BEHIND_A_STATION)
