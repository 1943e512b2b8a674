"""The matrix holds for every address, and it bites."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.urls import get_resolver
from django.urls.resolvers import URLResolver

from kalantar.people.actors import OfficerActor
from kalantar.people.models import Station
from tests.matrix.matrix import LINES, Line
from tests.matrix.world import MARK, World, judge

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


def test_without_the_scopes_the_matrix_fails_at_every_row_of_a_stranger(world, monkeypatch):
    for queryset in scopes().values():
        monkeypatch.setattr(queryset, "visible_to", lambda self, actor, **_: self.all())
    monkeypatch.setattr(OfficerActor, "station", lambda self, code: Station.objects.filter(code=code).first())
    about_rows = [line for line in LINES.values() if line.on and line.ok | line.refused]
    assert [f"{line.method} {line.name}" for line in about_rows if not _bites(world, line)] == []


def _bites(world: World, line: Line) -> bool:
    return bool(judge(world, line, line.method, cast=("analyst", "outside_overseer")))


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(scopes()))
def test_without_one_scope_the_matrix_fails_somewhere(name, world, monkeypatch):
    """One mutant for each scope: what nothing notices is either unused yet or unguarded."""
    used = [line for line in LINES.values() if line.method == "GET" and line.ok]
    monkeypatch.setattr(scopes()[name], "visible_to", lambda self, actor, **_: self.all())
    if any(_bites(world, line) for line in used):
        return
    pytest.skip(f"no page reads {name} yet")
