"""The demonstration as a person meets it: built once, quick the second time, and a week later."""

import json
import re
import resource

import pytest

from .conftest import Place

pytestmark = pytest.mark.sqlite
COUNT = """
from kalantar.incidents.models import Incident
from kalantar.kernel import clock
print(Incident.objects.count(), Incident.objects.filter(occurred_from__gt=clock.now()).count(), clock.now().isoformat())
"""


def counted(place: Place) -> tuple[int, int, str]:
    events, of_tomorrow, now = place.python(COUNT).split()
    return int(events), int(of_tomorrow), now


def test_a_city_is_built_once_and_its_day_moves_on(tmp_path):
    place = Place(tmp_path / "city", profile="demo")
    said = place.run("demo", "--set-up-only", "--data", place.data)
    assert said.code == 0, said.err
    first, of_tomorrow, now = counted(place)
    assert first > 150_000
    assert (of_tomorrow, now[:13]) == (0, "2018-01-01T13")  # seven o'clock in Chicago

    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    assert place.run("demo", "--set-up-only", "--data", place.data).code == 0
    assert (
        resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 10
    )  # of the processor: others may use it too
    assert counted(place)[0] == first

    said = place.run("demo", "--forward", "7d", "--data", place.data)
    assert said.code == 0, said.err
    assert re.search(r"2018-01-08 07:\d\d; \d+ findings", said.out)
    second, of_tomorrow, _ = counted(place)
    assert 100 < second - first < 1_000
    assert of_tomorrow == 0

    # A step that was cut short before it could note how far it came is made up without doubles.
    (place.data / "demo.assaults.until").write_text("2018-01-01T13:00:00+00:00")
    assert place.run("demo", "--forward", "12h", "--data", place.data).code == 0
    third, _, _ = counted(place)
    assert 0 <= third - second < 100

    said = place.run("demo", "--forward", "999d", "--data", place.data)
    assert (said.code, "2019-12-31" in said.err) == (1, True)
    said = place.run("verify", "--totals", "--json")
    assert json.loads(said.out)["totals"] == []
    assert said.code == 0
