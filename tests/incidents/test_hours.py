"""Hours of the local week, counted in SQL, against Python's own clock: over summer time, half hours and midnight."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from kalantar.incidents.hours import LocalHour, PeriodsAgo, WeekHour, offsets

ZONES = ("America/Chicago", "Asia/Tehran", "Asia/Kathmandu", "Australia/Lord_Howe")


@pytest.mark.parametrize("name", ZONES)
def test_offsets_hold_for_every_minute_around_a_change(name):
    zone = ZoneInfo(name)
    first, end = datetime(2018, 1, 1, 6, tzinfo=UTC), datetime(2019, 1, 1, 6, tzinfo=UTC)
    steps = offsets(zone, first, end)
    assert steps[-1][0] is None
    probes = [first, end - timedelta(minutes=1)]
    probes += [until + timedelta(minutes=m) for until, _ in steps if until for m in range(-90, 90)]
    for moment in probes:
        told = next(minutes for until, minutes in steps if until is None or moment < until)
        assert told * 60 == moment.astimezone(zone).utcoffset().total_seconds(), moment


@pytest.mark.parametrize("name", ZONES)
def test_the_database_counts_the_hours_python_counts(db, name):
    from django.db.models import DateTimeField, F, Value

    from kalantar.incidents.models import IncidentType
    from kalantar.incidents.types import load_types
    from kalantar.people.actors import COMMAND_LINE

    load_types(by=COMMAND_LINE)
    zone, dice = ZoneInfo(name), random.Random(5)
    first, end = datetime(2018, 1, 1, tzinfo=UTC), datetime(2019, 6, 1, tzinfo=UTC)
    changes = [until for until, _ in offsets(zone, first, end) if until]
    moments = [first + timedelta(minutes=dice.randrange(500 * 1440)) for _ in range(40)]
    moments += [change + timedelta(minutes=m) for change in changes for m in (-61, -1, 0, 1, 59)]
    one = IncidentType.objects.all()[:1]
    for moment in moments:
        asked = IncidentType.objects.annotate(at=Value(moment, output_field=DateTimeField()))
        found = asked.filter(pk__in=[t.pk for t in one]).annotate(slot=WeekHour(F("at"), zone, first, end)).get().slot
        local = moment.astimezone(zone)
        assert found == local.weekday() * 24 + local.hour, moment


@pytest.mark.parametrize("name", ZONES)
def test_the_database_tells_the_hour_python_tells_over_eighty_years(db, name):
    from django.db.models import DateTimeField, F, Value

    from kalantar.incidents.models import IncidentType
    from kalantar.incidents.types import load_types
    from kalantar.people.actors import COMMAND_LINE

    load_types(by=COMMAND_LINE)
    zone, dice = ZoneInfo(name), random.Random(6)
    first, end = datetime(1946, 1, 1, tzinfo=UTC), datetime(2027, 1, 2, tzinfo=UTC)
    changes = [until for until, _ in offsets(zone, first, end) if until]
    moments = [first + timedelta(minutes=dice.randrange((end - first).days * 1440)) for _ in range(40)]
    moments += [change + timedelta(seconds=s) for change in changes[::9] for s in (-3600, -1, 0, 1, 3599)]
    one = IncidentType.objects.first()
    for moment in moments:
        asked = IncidentType.objects.filter(pk=one.pk).annotate(at=Value(moment, output_field=DateTimeField()))
        found = asked.annotate(hour=LocalHour(F("at"), zone, first, end)).get().hour
        assert found == moment.astimezone(zone).hour, moment


@pytest.mark.parametrize("name", ZONES)
def test_no_change_of_a_clock_hides_between_two_weeks(name):
    zone = ZoneInfo(name)
    first, end = datetime(1946, 1, 1, tzinfo=UTC), datetime(2027, 1, 2, tzinfo=UTC)
    daily = [
        until
        for year in range(1946, 2027, 4)
        for until, _ in offsets(zone, datetime(year, 1, 1, tzinfo=UTC), datetime(year + 4, 1, 1, tzinfo=UTC))
        if until and until < end
    ]
    assert [until for until, _ in offsets(zone, first, end) if until] == daily


def test_the_database_counts_the_periods_python_counts(db):
    from django.db.models import DateField, F, Value

    from kalantar.incidents.models import IncidentType
    from kalantar.incidents.types import load_types
    from kalantar.people.actors import COMMAND_LINE

    load_types(by=COMMAND_LINE)
    on, one = date(2018, 1, 1), IncidentType.objects.first()
    for back in [1, 2, 27, 28, 29, 30, 56, 57, 365, 3650, 20_000]:
        day = on - timedelta(days=back)
        asked = IncidentType.objects.filter(pk=one.pk).annotate(day=Value(day, output_field=DateField()))
        assert asked.annotate(ago=PeriodsAgo(F("day"), on, 28)).get().ago == (back - 1) // 28
