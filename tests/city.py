"""A small made-up city that a slow reader can recount: events on beats and days, with or without something planted.

Positions follow a grid of low discrepancy and days are dealt out evenly, so that nothing stands out unless a test puts it
there. `rows` keeps every event as plain values; `written()` puts them into the register with their totals.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from math import sqrt

GOLDEN = (sqrt(5) - 1) / 2
SILVER = sqrt(2) - 1


@dataclass(frozen=True)
class Happened:
    """One event as a clerk would write it on paper."""

    station: int
    beat: int
    type: str
    on: date
    hour: int | None
    place_kind: str
    lon: float
    lat: float
    place: str = ""


@dataclass
class City:
    beats: list
    on: date
    rows: list[Happened] = field(default_factory=list)

    def spread(
        self, kind: str, *, each: int, periods: int = 16, beats=None, place_kind: str = "street", newest: int = 0
    ):
        """`each` events in every beat and every 28 days, on even days and even ground; from the period `newest` back."""
        for number, beat in enumerate(self.beats if beats is None else beats):
            for period in range(newest, periods):
                for i in range(each):
                    n = number * 7919 + period * each + i + 1
                    self.put(
                        kind,
                        beat,
                        days_ago=28 * period + 1 + i * 28 // each,
                        hour=n % 24,
                        place_kind=place_kind,
                        x=n * GOLDEN % 1,
                        y=n * SILVER % 1,
                    )
        return self

    def put(self, kind, beat, *, days_ago, hour=12, place_kind="street", x=0.5, y=0.5, n=1, place=""):
        """`n` events of a day at one spot: x and y are shares of the beat's width and height."""
        lon = round(beat.west + x * (beat.east - beat.west), 6)
        lat = round(beat.south + y * (beat.north - beat.south), 6)
        row = Happened(
            beat.station_id, beat.pk, kind, self.on - timedelta(days=days_ago), hour, place_kind, lon, lat, place
        )
        self.rows += [row] * n
        return self

    def written(self):
        """Into the register, each as the verb would write it, with the totals of the day."""
        from kalantar.incidents import rules, types
        from kalantar.incidents.models import DailyCount, Incident, IncidentType
        from kalantar.kernel import clock

        kinds = {row.code: row for row in IncidentType.objects.all()}
        zone, now = clock.zone(), clock.now()
        first = Incident.objects.count()
        totals: Counter[tuple] = Counter()
        events = []
        for seq, row in enumerate(self.rows, first + 1):
            kind = kinds[row.type]
            hour = time(12 if row.hour is None else row.hour)
            events.append(
                Incident(
                    station_id=row.station, beat_id=row.beat, type=kind, number_year=1404, number_seq=seq,
                    occurred_from=datetime.combine(row.on, hour, tzinfo=zone), time_known=row.hour is not None,
                    local_date=row.on, place_kind=row.place_kind, place_text=row.place, lon=row.lon, lat=row.lat,
                    location_precision="exact", made_at=now,
                    shown_as=rules.shown_as(
                        code=row.type, violent=kind.violent, never_drawn=kind.never_drawn,
                        building=row.type in types.BUILDING, place_kind=row.place_kind,
                    ),
                )
            )  # fmt: skip
            totals[row.station, row.beat, kind.pk, row.on] += 1
        Incident.objects.bulk_create(events, batch_size=500)
        DailyCount.objects.bulk_create(
            [DailyCount(station_id=s, beat_id=b, type_id=t, local_date=d, n=n) for (s, b, t, d), n in totals.items()],
            batch_size=500,
        )
        return self

    # ---- the slow recount ----

    def recount(self, *, kind=None, beat=None, station=None, first=None, last=None) -> list[Happened]:
        """Every event that fits, looked at one by one."""
        return [
            row
            for row in self.rows
            if (kind is None or row.type == kind)
            and (beat is None or row.beat == beat)
            and (station is None or row.station == station)
            and (first is None or row.on >= first)
            and (last is None or row.on <= last)
        ]
