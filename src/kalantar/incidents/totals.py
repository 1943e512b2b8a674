"""Totals by beat, type and local day: kept by the verbs, brought whole by an import, counted again on request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F, Q, Value
from django.db.models.functions import Coalesce

from .models import DailyCount, Import, Incident

_KEY = ("station", "beat", "type", "local_date", "of")


def add(incident: Incident, n: int) -> None:
    """Count one event more or less where it stands. Inside the verb's transaction."""
    place = {
        "beat_id": incident.beat_id,
        "type_id": incident.type_id,
        "local_date": incident.local_date,
        "batch_id": incident.batch_id,
    }
    if not DailyCount.objects.filter(**place).update(n=F("n") + n):
        DailyCount.objects.bulk_create(
            [DailyCount(**place, station_id=incident.station_id, n=0)], ignore_conflicts=True
        )
        DailyCount.objects.filter(**place).update(n=F("n") + n)


@dataclass(frozen=True)
class Difference:
    """A total that is not what the events say."""

    station: int
    beat: int
    type: int
    local_date: date
    batch: int | None
    kept: int
    counted: int


def verify_totals(*, limit: int = 100) -> tuple[int, list[Difference]]:
    """Count all visible events again and compare. Returns how many totals were compared and the first differences.

    Both sides are read in the same order and compared as they come, so that millions of rows need little memory.
    """
    seen = Q(batch=None) | Q(batch__in=Import.objects.filter(state=Import.LIVE))
    of = Coalesce(F("batch_id"), Value(0))
    counted = Incident.objects.filter(seen).annotate(of=of).order_by(*_KEY).values_list(*_KEY).annotate(n=Count("pk"))
    kept = DailyCount.objects.filter(seen).exclude(n=0).annotate(of=of).order_by(*_KEY).values_list(*_KEY, "n")
    compared = 0
    found: list[Difference] = []
    for key, ours, theirs in _side_by_side(kept.iterator(), counted.iterator()):
        compared += 1
        if ours != theirs and len(found) < limit:
            station, beat, kind, on, batch = key
            found.append(Difference(station, beat, kind, on, batch or None, ours, theirs))
    return compared, found


def _side_by_side(kept: Iterator[tuple], counted: Iterator[tuple]) -> Iterator[tuple[tuple, int, int]]:
    ours, theirs = next(kept, None), next(counted, None)
    while ours or theirs:
        key = min(row[:5] for row in (ours, theirs) if row)
        n = m = 0
        if ours and ours[:5] == key:
            n, ours = ours[5], next(kept, None)
        if theirs and theirs[:5] == key:
            m, theirs = theirs[5], next(counted, None)
        yield key, n, m
