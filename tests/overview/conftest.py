"""A morning with everything in it: a rise, a high beat, a hot spot, a repeat place, and beats nobody answers for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import cast
from tests.city import City
from tests.incidents import events


@pytest.fixture(autouse=True)
def _no_code_of_another_test():
    """The code of a day never changes in an installation; here each test has its own."""
    from kalantar.overview import queries

    queries._codes.clear()
    yield
    queries._codes.clear()


@pytest.fixture
def today(installation):
    from kalantar.kernel import clock

    return clock.today()


@pytest.fixture
def types(installation):
    events.load_types()


@pytest.fixture
def bare(types, station, other_station, today):
    """The ground of both stations, twelve beats, and no event."""
    return City([*cast.lay_ground(station, column=0, rows=4), *cast.lay_ground(other_station, column=1, rows=8)], today)


def plant(town: City) -> City:
    """One of each kind of finding for the first station."""
    beats = town.beats
    town.spread("T-INCAR", each=5).spread("T-SHOP", each=4, place_kind="shop").spread("T-CAR", each=3)
    for i in range(24):
        town.put("T-INCAR", beats[1], days_ago=1 + i % 28, hour=i, x=i * 0.618 % 1, y=i * 0.414 % 1)
    town.spread("T-SHOP", each=12, beats=[beats[2]], place_kind="shop")
    for i in range(30):
        town.put("T-CAR", beats[3], days_ago=3 + i % 60, hour=None, x=0.35 + 0.035 * (i % 9), y=0.38 + 0.07 * (i // 9))
    for ago in (3, 11, 19, 27, 40, 61, 80, 300):
        town.put("T-POCKET", beats[0], days_ago=ago, hour=18, place_kind="street", x=0.3, y=0.7, place="خیابان بهار")
    town.spread("T-POCKET", each=3, beats=[beats[0]], periods=14)
    for i in range(12):
        town.put("A-MINOR", beats[0], days_ago=2 + i, hour=23, place_kind="dwelling", place="کوچه نسترن")
    return town.written()


def make_findings(*stations, on):
    from kalantar.incidents import findings

    for station in stations:
        findings.make(station, on)


@pytest.fixture
def town(bare, station, other_station, today):
    from kalantar.kernel import audit

    plant(bare)
    make_findings(station, other_station, on=today)
    audit.stamp(today)
    return bare


@pytest.fixture
def last90(town, today):
    """`last90(kind=…, beat=…)`: the events of the ninety days that ended yesterday, counted one by one."""

    def count(**asked):
        return town.recount(first=today - timedelta(days=90), last=today - timedelta(days=1), **asked)

    return count
