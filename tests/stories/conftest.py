"""A small city that is alive: its ground, its findings of the morning, and a chief with a name and a password."""

from __future__ import annotations

import pytest

from tests import cast
from tests.city import City
from tests.incidents import events


@pytest.fixture
def small_city(db, installation, station, other_station):
    """Two stations with beats and findings, in a demonstration, so that a name and a password open the door."""
    from kalantar.kernel import audit, clock
    from kalantar.kernel import installation as kept
    from kalantar.kernel.models import Installation
    from kalantar.overview import queries
    from tests.overview.conftest import make_findings, plant

    Installation.objects.update(kind="demo")
    kept.forget()
    queries._codes.clear()
    events.load_types()
    beats = [*cast.lay_ground(station, column=0, rows=4), *cast.lay_ground(other_station, column=1, rows=8)]
    city = plant(City(beats, clock.today()))
    make_findings(station, other_station, on=clock.today())
    audit.stamp(clock.today())
    yield city
    queries._codes.clear()
