"""Checked rows into the tables, in batches that hold the write lock briefly; one verb shows them all at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import h3.api.basic_int as h3
import numpy as np
import pyarrow as pa
from django.db import transaction
from django.db.models import F

from kalantar.kernel import bulk, clock, numbers, uids
from kalantar.kernel.change import Overtaken

from .digests import spelled, times_before
from .models import DailyCount, Import, Incident, IncidentType, Unplaced
from .rows import KINDS, NO_TIME, TYPES, Rows, shown_table

H3_RESOLUTION = 10
LOCK_S = 0.7  # a batch grows or shrinks towards this; the promise is two seconds
PAUSE_S = 0.12  # longer than SQLite lets a waiting writer sleep: the desk comes in between
SMALLEST, FIRST, LARGEST = 500, 8_000, 60_000


class Stopped(Overtaken):
    """Another loader has taken this import over, or somebody failed it: nothing more may be written."""


@dataclass(frozen=True)
class Prepared:
    """A file as it would stand in the tables: what comes in, what waits for a place, what is there already."""

    rows: Rows  # sorted by station and time
    same: np.ndarray  # S24, digest of each
    waiting: Rows
    waiting_same: np.ndarray
    duplicates: np.ndarray  # numbers of rows that are in the tables already
    repeated: np.ndarray  # numbers of rows equal to an earlier one of this file


def prepared(parts: list[Rows], *, leave_out_repeats: bool) -> Prepared | None:
    """Sort, number the repeats and leave out what is there already. None when no row came through."""
    parts = [part for part in parts if len(part)]
    if not parts:
        return None
    rows = Rows.joined(parts)
    parts.clear()
    times = times_before(rows.same)
    repeated = rows.row[times > 0]
    if leave_out_repeats and len(repeated):
        rows, times = rows.taken(times == 0), times[times == 0]
    same = spelled(rows.at, rows.same, times)
    there = _already_there(same, rows.at & 0xFFFFFFFF)
    duplicates = rows.row[there]
    placed = (rows.beat >= 0) & ~there
    order = np.flatnonzero(placed)
    order = order[np.lexsort((rows.at[order], rows.station[order]))]
    lost = (rows.beat < 0) & ~there
    return Prepared(rows.taken(order), same[order], rows.taken(lost), same[lost], duplicates, repeated)


def _already_there(same: np.ndarray, minute: np.ndarray) -> np.ndarray:
    """Which digests stand in the tables already, as an event or as a row that waits for a place."""
    live = Incident.objects.live()
    waiting = Unplaced.objects.filter(batch__state=Import.LIVE)
    found: list[np.ndarray] = []
    if len(same) <= 20_000:
        texts = [s.decode() for s in same.tolist()]
        for start in range(0, len(texts), 900):
            for table in (live, waiting):
                found.append(
                    _bytes(table.filter(same_as__in=texts[start : start + 900]).values_list("same_as", flat=True))
                )
    else:
        between = {"same_as__gte": f"{int(minute.min()):08x}", "same_as__lt": f"{int(minute.max()):08x}g"}
        known = Incident.objects.filter(**between)
        found += [
            _bytes(chunk)
            for chunk in _chunks(waiting.filter(**between).values_list("same_as", flat=True).iterator(), 50_000)
        ]
        for chunk in _chunks(known.order_by().values_list("same_as", flat=True).iterator(chunk_size=50_000), 50_000):
            met = np.unique(_bytes(chunk))
            met = met[np.isin(met, same)]
            for start in range(0, len(met), 900):  # only what is live counts, and most files meet nothing
                texts = [s.decode() for s in met[start : start + 900].tolist()]
                found.append(_bytes(live.filter(same_as__in=texts).values_list("same_as", flat=True)))
    return np.isin(same, np.concatenate(found)) if found else np.zeros(len(same), bool)


def _chunks(values, size: int) -> Iterator[list]:
    chunk: list = []
    for value in values:
        chunk.append(value)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _bytes(texts) -> np.ndarray:
    return np.array([text.encode() for text in texts], "S24")


# ---- into the tables ----


def cells(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """H3 cells of resolution 10, asked once for each different place; 0 without one."""
    out = np.zeros(len(lon), np.int64)
    has = np.flatnonzero(np.isfinite(lon))
    if not len(has):
        return out
    places = np.empty(len(has), complex)
    places.real, places.imag = lon[has], lat[has]
    different, back = np.unique(places, return_inverse=True)
    cell = h3.latlng_to_cell
    found = [
        cell(lat_, lon_, H3_RESOLUTION)
        for lon_, lat_ in zip(different.real.tolist(), different.imag.tolist(), strict=True)
    ]
    out[has] = np.array(found, np.int64)[back]
    return out


class Pace:
    """How many rows are written at once, and when the desk is let in.

    A writer that waits for SQLite sleeps up to a tenth of a second at a time, so it needs a gap longer than that, but
    only before the lock would have been held for too long. The next batch is made ready in the gap: little time is lost.
    """

    def __init__(self):
        self.size = FIRST
        self._row_s = 0.0  # what a row took last time
        self._held = 0.0  # since the last gap
        self._locked = self._released = time.monotonic()

    def rest(self, rows: int) -> None:
        """Wait until the gap is whole, where one is due before so many rows."""
        due = self._held + rows * self._row_s > LOCK_S
        gap = time.monotonic() - self._released
        if due and gap < PAUSE_S:
            time.sleep(PAUSE_S - gap)
        if due or gap >= PAUSE_S:
            self._held = 0.0

    def locked(self) -> None:
        self._locked = time.monotonic()

    def released(self, rows: int) -> None:
        """The next batch holds the lock about as long as it may."""
        self._released = time.monotonic()
        took = self._released - self._locked
        self._held += took
        self._row_s = took / rows
        self.size = int(min(LARGEST, max(SMALLEST, min(2 * self.size, rows * LOCK_S / max(took, 0.01)))))


@dataclass(frozen=True)
class Stager:
    """Writes one import. `version` is the loader's own: whoever starts the import anew raises it and this one stops."""

    batch: Import
    version: int
    precision: str
    year: int  # of registration, first part of the running numbers
    told: Callable[[], None] = lambda: None  # after each batch: a job keeps its lease
    pace: Pace = field(default_factory=Pace)

    def write(self, found: Prepared) -> None:
        with bulk.wide():
            self._write(found)

    def _write(self, found: Prepared) -> None:
        type_ids = dict(IncidentType.objects.values_list("code", "pk"))
        ids = np.array([type_ids[code] for code in TYPES], np.int64)
        kinds = np.array(KINDS, object)
        sequence = self._numbers(found.rows)
        shown = shown_table()
        self._in_batches(
            Incident,
            len(found.rows),
            lambda part: self._incidents(found.rows.taken(part), found.same[part], sequence[part], ids, kinds, shown),
        )
        self._in_batches(DailyCount, *self._totals(found.rows, ids))
        self._in_batches(
            Unplaced,
            len(found.waiting),
            lambda part: self._waiting(found.waiting.taken(part), found.waiting_same[part], ids, kinds),
        )

    def _numbers(self, rows: Rows) -> np.ndarray:
        """A block of running numbers for each station, in order of time."""
        stations, counts = np.unique(rows.station, return_counts=True)
        with transaction.atomic():
            starts = [
                numbers.take(f"incident:{station}:{self.year}", n)
                for station, n in zip(stations.tolist(), counts.tolist(), strict=True)
            ]
        return np.concatenate(
            [np.arange(first, first + n) for first, n in zip(starts, counts.tolist(), strict=True)]
            or [np.zeros(0, np.int64)]
        )

    def _in_batches(self, model, total: int, columns) -> None:
        start, counts, pace = 0, model is not DailyCount, self.pace
        while start < total:
            part = np.arange(start, min(start + pace.size, total))
            ready = bulk.prepare(model, len(part), **columns(part))
            pace.rest(len(part))
            with transaction.atomic():
                pace.locked()
                mine = Import.objects.filter(pk=self.batch.pk, state=Import.LOADING, version=self.version)
                if not mine.update(written=F("written") + (len(part) if counts else 0), alive_at=clock.wall()):
                    raise Stopped(self.batch)
                bulk.write(ready)
            pace.released(len(part))
            start += len(part)
            self.told()

    def _incidents(self, rows: Rows, same, sequence, ids, kinds, shown) -> dict:
        n = len(rows)
        nowhere = np.isnan(rows.lon)
        cell = cells(rows.lon, rows.lat)
        precision: object = self.precision
        if nowhere.any():
            precision = np.where(nowhere, Incident.BEAT_ONLY, self.precision).tolist()
        return {
            "uid": sorted(uids.many_hex(n)),
            "station_id": rows.station,
            "beat_id": rows.beat,
            "type_id": ids[rows.type],
            "number_year": self.year,
            "number_seq": sequence,
            "occurred_from": _moments(rows.at),
            "occurred_to": bulk.Nullable(_moments(np.where(rows.to == NO_TIME, 0, rows.to)), rows.to == NO_TIME),
            "time_known": rows.known,
            "local_date": rows.day.astype("datetime64[D]"),
            "place_text": _words(rows.place_text),
            "place_kind": kinds[rows.kind].tolist(),
            "lon": bulk.Nullable(rows.lon, nowhere),
            "lat": bulk.Nullable(rows.lat, nowhere),
            "location_precision": precision,
            "h3": bulk.Nullable(cell, cell == 0),
            "shown_as": shown[rows.type, rows.kind],
            "external_ref": _words(rows.external_ref),
            "same_as": same.astype("U24").tolist(),
            "batch_id": self.batch.pk,
            "made_by_id": self.batch.made_by_id,
            "made_at": clock.now(),
            "version": 0,
        }

    def _totals(self, rows: Rows, ids: np.ndarray):
        """Totals of this import: beat, type and local day, and how many."""
        if not len(rows):
            return 0, None
        _beats, at = np.unique(rows.beat, return_inverse=True)
        first = int(rows.day.min())
        packed = (at.astype(np.int64) * len(TYPES) + rows.type) * (1 << 22) + (rows.day.astype(np.int64) - first)
        different, where, n = np.unique(packed, return_index=True, return_counts=True)

        def columns(part):
            one = where[part]
            return {
                "station_id": rows.station[one],
                "beat_id": rows.beat[one],
                "type_id": ids[rows.type[one]],
                "local_date": rows.day[one].astype("datetime64[D]"),
                "batch_id": self.batch.pk,
                "n": n[part],
            }

        return len(different), columns

    def _waiting(self, rows: Rows, same, ids, kinds) -> dict:
        nowhere = np.isnan(rows.lon)
        return {
            "unit_id": self.batch.unit_id,
            "batch_id": self.batch.pk,
            "row": rows.row,
            "type_id": ids[rows.type],
            "occurred_from": _moments(rows.at),
            "occurred_to": bulk.Nullable(_moments(np.where(rows.to == NO_TIME, 0, rows.to)), rows.to == NO_TIME),
            "time_known": rows.known,
            "place_text": _words(rows.place_text),
            "place_kind": kinds[rows.kind].tolist(),
            "lon": bulk.Nullable(rows.lon, nowhere),
            "lat": bulk.Nullable(rows.lat, nowhere),
            "stated_station_id": bulk.Nullable(rows.station, rows.station < 0),
            "external_ref": _words(rows.external_ref),
            "same_as": same.astype("U24").tolist(),
            "placed_as_id": None,
            "set_aside": "",
            "version": 0,
        }


def _moments(minutes: np.ndarray) -> np.ndarray:
    return minutes.astype("datetime64[m]").astype("datetime64[s]")


def _words(column: pa.Array | None) -> object:
    return "" if column is None else column
