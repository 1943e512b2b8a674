"""Times grouped by the database: hours of the local week, periods before a day. Few numbers, however many events."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.db.models import Func, IntegerField

MINUTE = timedelta(minutes=1)


def offsets(zone: ZoneInfo, first: datetime, end: datetime) -> list[tuple[datetime | None, int]]:
    """Until when a zone keeps which distance from UTC, in minutes, between two moments; the last lasts."""

    def at(moment: datetime) -> int:
        return (moment.astimezone(zone).replace(tzinfo=UTC) - moment) // MINUTE

    found: list[tuple[datetime | None, int]] = []
    moment, step = first, timedelta(days=1 if end - first < timedelta(days=3_000) else 7)
    while moment < end:
        after = min(moment + step, end)
        if at(after) != at(moment):
            same, other = 0, (after - moment) // MINUTE
            while other - same > 1:
                middle = (same + other) // 2
                same, other = (middle, other) if at(moment + middle * MINUTE) == at(moment) else (same, middle)
            found.append((moment + other * MINUTE, at(moment)))
        moment = after
    return [*found, (None, at(end))]


class WeekHour(Func):
    """The hour of the local week of a moment, 0 for Monday's first to 167. Exact between `first` and `end`."""

    output_field = IntegerField()
    arity = 1

    def __init__(self, expression, zone: ZoneInfo, first: datetime, end: datetime):
        super().__init__(expression)
        self.zone, self.first, self.end = zone.key, first, end

    def as_postgresql(self, compiler, connection, **_context):
        sql, params = compiler.compile(self.source_expressions[0])
        local = f"({sql} AT TIME ZONE %s)"
        said = f"((EXTRACT(ISODOW FROM {local})::int - 1) * 24 + EXTRACT(HOUR FROM {local})::int)"
        return said, [*params, self.zone, *params, self.zone]

    def as_sqlite(self, compiler, connection, **_context):
        """SQLite knows no zones: the distance from UTC is handed in, and where it changes."""
        sql, params = compiler.compile(self.source_expressions[0])
        *changes, (_, last) = offsets(ZoneInfo(self.zone), self.first, self.end)
        whens = "".join(f" WHEN {sql} < %s THEN %s" for _change in changes)
        shift = f"CASE{whens} ELSE %s END" if changes else "%s"
        given = [v for until, minutes in changes for v in (*params, _text(until), f"{minutes:+d} minutes")]
        given = [*params, *given, f"{last:+d} minutes"]
        day, hour = (f"CAST(strftime('%%{letter}', {sql}, {shift}) AS INTEGER)" for letter in "wH")
        return f"((({day} + 6) %% 7) * 24 + {hour})", [*given, *given]


def _text(moment: datetime) -> str:
    """A moment as SQLite keeps it, for comparing."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


class LocalHour(Func):
    """The hour of the local day of a moment, 0 to 23. Exact between `first` and `end`.

    Django's own way calls Python for each row of SQLite.
    """

    output_field = IntegerField()
    arity = 1

    def __init__(self, expression, zone: ZoneInfo, first: datetime, end: datetime):
        super().__init__(expression)
        self.zone, self.first, self.end = zone.key, first, end

    def as_postgresql(self, compiler, connection, **_context):
        sql, params = compiler.compile(self.source_expressions[0])
        return f"EXTRACT(HOUR FROM {sql} AT TIME ZONE %s)::int", [*params, self.zone]

    def as_sqlite(self, compiler, connection, **_context):
        """The newest change of the clock stands first: events are looked at newest first."""
        sql, params = compiler.compile(self.source_expressions[0])
        (_, oldest), *changes = _since(self.zone, self.first, self.end)
        whens = "".join(f" WHEN {sql} >= %s THEN %s" for _change in changes)
        given = [value for at, shift in reversed(changes) for value in (*params, at, shift)]
        shift = f"CASE{whens} ELSE %s END" if changes else "%s"
        return f"CAST(strftime('%%H', {sql}, {shift}) AS INTEGER)", [*params, *given, oldest]


@lru_cache(maxsize=64)
def _since(zone: str, first: datetime, end: datetime) -> list[tuple[str, str]]:
    """From when on a zone keeps which distance from UTC, in the words of SQLite; the first is from ever."""
    known = offsets(ZoneInfo(zone), first, end)
    begins = ["", *(_text(until) for until, _minutes in known if until is not None)]
    return [(at, f"{minutes:+d} minutes") for at, (_until, minutes) in zip(begins, known, strict=True)]


class PeriodsAgo(Func):
    """How many whole periods a day lies before `on`: 0 for the period that ends the day before it."""

    output_field = IntegerField()
    arity = 1

    def __init__(self, expression, on: date, days: int):
        super().__init__(expression)
        self.on, self.days = on, days

    def as_postgresql(self, compiler, connection, **_context):
        sql, params = compiler.compile(self.source_expressions[0])
        return f"((%s::date - {sql} - 1) / {self.days:d})", [self.on.isoformat(), *params]

    def as_sqlite(self, compiler, connection, **_context):
        sql, params = compiler.compile(self.source_expressions[0])
        said = f"CAST((julianday(%s) - julianday({sql}) - 1) / {self.days:d} AS INTEGER)"
        return said, [self.on.isoformat(), *params]
