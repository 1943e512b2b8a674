"""Rows of a file to checked arrays: what, when, where, how it may be shown, and what is wrong with the others."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kalantar.persian.dates import FAULTS as DATE_FAULTS
from kalantar.persian.dates import parse_clocks, parse_dates
from kalantar.persian.letters import normalise, search_key
from kalantar.persian.terms import all_terms

from . import rules
from .digests import digests
from .ground import Ground
from .mapping import WGS84, Mapping, code_of, key, numbers
from .moments import local_days, span, to_utc
from .rows import EPOCH, KINDS, MAX_ERRORS, NO_TIME, TYPES, Errors, Rows, shown_table

PLACES = frozenset({"lon", "lat", "x", "y", "place_text", "station", "beat"})
PLACE_CHARS, REF_CHARS = 160, 60
# A quick look before the exact one: two neighbouring groups of three digits, an @, or the beginning of a plate.
_DIGIT = r"[0-9\x{06F0}-\x{06F9}\x{0660}-\x{0669}]"
_MAYBE_PERSONAL = rf"{_DIGIT}{{3}}[ \-]?{_DIGIT}{{3}}|@|{_DIGIT}{{2}} ?\pL{{1,3}} ?{_DIGIT}{{3}}"


@dataclass
class Reader:
    """Reads batches with one mapping on one ground. Counts what it met."""

    mapping: Mapping
    ground: Ground
    zone: ZoneInfo
    now: datetime
    scope: frozenset[int]  # stations whose rows may come in
    errors: Errors = field(default_factory=Errors)
    read: int = 0
    refused: int = 0
    placed: int = 0
    outside: int = 0
    with_place: int = 0
    sample: list[tuple[float, float]] = field(default_factory=list)  # places outside, for telling what they look like

    # -- one batch --

    def rows(self, batch) -> Rows:
        """The good rows of a batch; the others are in `errors`."""
        self._batch, self._good = batch, np.ones(len(batch), bool)
        n = len(batch)
        self.read += n + len(batch.faults)
        self.refused += len(batch.faults)
        for fault in batch.faults:
            self.errors.add(fault.key, [fault.row], "", [""], [fault.details])
        type_ = self._types()
        untyped = ~self._good
        day, minute = self._moments("date", "time")
        at, to, known, local_day = self._times(day, minute)
        kind = self._kinds()
        self._hidden = untyped | (shown_table()[type_, kind] == rules.NEVER)
        lon, lat, told = self._places()
        beat, station = self._located(lon, lat, told)
        place_text, external_ref = self._text("place_text", PLACE_CHARS), self._text("external_ref", REF_CHARS)
        same = digests(type_, at, lon, lat, place_text, external_ref)
        made = Rows(
            batch.rows.astype(np.int32),
            type_,
            at,
            to,
            known,
            local_day,
            kind,
            lon,
            lat,
            beat,
            station,
            same,
            place_text,
            external_ref,
        )
        self.refused += int(n - self._good.sum())
        return made if self._good.all() else made.taken(self._good)

    def _column(self, name: str) -> pa.Array | None:
        heading = self.mapping.column(name)
        return self._batch.column(heading) if heading else None

    def _fault(
        self, key: str, mask: np.ndarray, name: str, *, show: bool = True, args: list[dict] | None = None
    ) -> None:
        where = np.flatnonzero(mask)
        if not len(where):
            return
        heading = self.mapping.column(name)
        self._good[where] = False
        room = where[:MAX_ERRORS]
        values = self._batch.column(heading).take(pa.array(room)).to_pylist() if heading and show else [""] * len(room)
        if name in PLACES:  # where an event that is never drawn may have been stands in no list of errors either (R14)
            values = [
                "" if hidden else value for value, hidden in zip(values, self._hidden[room].tolist(), strict=True)
            ]
        self.errors.add(key, self._batch.rows[where], heading, values, args)

    # -- what --

    def _coded(self, name: str, given: dict[str, str], group: str, order: tuple[str, ...], missing: int) -> np.ndarray:
        """Codes of a column's values, decided once for each different value; -1 for an unknown one."""
        encoded = pc.dictionary_encode(self._column(name))
        known = {key(value): code for value, code in given.items()}
        table = []
        for value in encoded.dictionary.to_pylist():
            code = known.get(key(value)) or code_of(group, value)
            table.append(order.index(code) if code else (missing if not value.strip() else -1))
        return np.array(table or [missing], np.int16)[encoded.indices.to_numpy()]

    def _types(self) -> np.ndarray:
        if not self.mapping.column("type"):
            return np.full(len(self._batch), TYPES.index(self.mapping.type), np.int16)
        fixed = TYPES.index(self.mapping.type) if self.mapping.type else -2
        found = self._coded("type", self.mapping.types, "incident_type", TYPES, fixed)
        self._fault("type_empty", found == -2, "type")
        self._fault("type_unknown", found == -1, "type")
        return np.maximum(found, 0)

    def _kinds(self) -> np.ndarray:
        unknown = KINDS.index("unknown")
        fixed = KINDS.index(self.mapping.place_kind) if self.mapping.place_kind else unknown
        if not self.mapping.column("place_kind"):
            return np.full(len(self._batch), fixed, np.int8)
        found = self._coded("place_kind", self.mapping.place_kinds, "place_kind", KINDS, fixed)
        strange = found == -1
        if (
            strange.any()
        ):  # a kind nobody has explained is read as not stated: then what may be a dwelling is drawn as a cell
            self.errors.counts["note_place_kind_unknown"] += int(strange.sum())
        return np.where(strange, unknown, found).astype(np.int8)

    # -- when --

    def _moments(self, date_name: str, time_name: str) -> tuple[np.ndarray, np.ndarray]:
        """Local day (days since 1970) and minute of it (-1 when no hour is told) of a pair of columns."""
        column = self._column(date_name)
        if column is None:
            return np.zeros(len(self._batch), np.int64), np.full(len(self._batch), -1, np.int64)
        found = parse_dates(
            _as_objects(column), self.mapping.calendar or None, self.mapping.order or None, with_time=True
        )
        minutes, faults = found.minutes.astype(np.int64), found.faults
        if date_name != "date":
            faults = np.where(found.faults == 1, 0, found.faults)  # an end may be missing
        for code in np.unique(faults[faults > 0]).tolist():
            self._fault(f"date_{DATE_FAULTS[code]}", faults == code, date_name)
        clock = self._column(time_name)
        if clock is not None:
            told, wrong = parse_clocks(_as_objects(clock))
            wrong = np.where(wrong == 1, 0, wrong)  # without an hour the hour is not known; that is no fault
            self._fault("date_not_a_time", wrong > 0, time_name)
            minutes = np.where(told >= 0, told, minutes)
        return np.where(found.days > 0, found.days - EPOCH, NO_TIME if date_name != "date" else 0), minutes

    def _times(self, day: np.ndarray, minute: np.ndarray):
        own, ours = ZoneInfo(self.mapping.zone) if self.mapping.zone else self.zone, self.zone
        known = minute >= 0
        at = to_utc(day, np.maximum(minute, 0), own)
        local_day = day if own.key == ours.key else local_days(at, ours)
        to = np.full(len(day), NO_TIME, np.int64)
        if self.mapping.column("date_to") or self.mapping.column("time_to"):
            end_day, end_minute = (
                self._moments("date_to", "time_to") if self.mapping.column("date_to") else self._same_day(day)
            )
            has = (end_day != NO_TIME) if self.mapping.column("date_to") else end_minute >= 0
            # an end without an hour is the end of its day; one without a day is on the first day or the next
            plain_day = np.where(has, end_day, day)
            to = np.where(has, to_utc(plain_day, np.where(end_minute >= 0, end_minute, 24 * 60 - 1), own), NO_TIME)
            if not self.mapping.column("date_to"):
                to = np.where(has & (to < at), to + 24 * 60, to)
        elif self.mapping.column("interval"):
            to = self._interval(day, minute, at, own)
            known = known | (to != NO_TIME)
        name = (
            "date_to"
            if self.mapping.column("date_to")
            else "interval"
            if self.mapping.column("interval")
            else "time_to"
        )
        good = self._good.copy()
        self._fault("interval_backwards", good & (to != NO_TIME) & (to < at), name)
        now = int(self.now.timestamp()) // 60
        self._fault("in_the_future", good & ((at > now) | (to > now) & (to != NO_TIME) & known), "date")
        self._fault("too_long_ago", good & (at < now - int(rules.TOO_OLD.total_seconds()) // 60), "date")
        to = np.where((to > now) & ~known, np.maximum(at, now), to)
        return at, to, known, local_day.astype(np.int32)

    def _same_day(self, day: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        told, wrong = parse_clocks(_as_objects(self._column("time_to")))
        self._fault("date_not_a_time", wrong > 1, "time_to")
        return day, told.astype(np.int64)

    def _interval(self, day, minute, at, zone) -> np.ndarray:
        """Ends from a column such as "14:00-16:00"; its first hour counts where the date has none."""
        encoded = pc.dictionary_encode(self._column("interval"))
        table = np.array([span(text) for text in encoded.dictionary.to_pylist()] or [(-1, -1)], np.int64)
        spans = table[encoded.indices.to_numpy()]
        self._fault("date_not_a_time", spans[:, 0] == -2, "interval")
        has = spans[:, 0] >= 0
        at[:] = np.where(has & (minute < 0), to_utc(day, np.maximum(spans[:, 0], 0), zone), at)
        to = np.where(has, to_utc(day, np.maximum(spans[:, 1], 0), zone), NO_TIME)
        return np.where(has & (to < at), to + 24 * 60, to)

    # -- where --

    def _places(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Degrees, NaN where none, and whether anything was told."""
        n = len(self._batch)
        names = ("x", "y") if self.mapping.projected else ("lon", "lat")
        if not self.mapping.column(names[0]):
            return np.full(n, np.nan), np.full(n, np.nan), np.zeros(n, bool)
        a, b = (_as_numbers(self._column(name)) for name in names)
        told = np.zeros(n, bool)
        for value, name in ((a, names[0]), (b, names[1])):
            filled = pc.not_equal(pc.utf8_trim_whitespace(self._column(name)), "").to_numpy(zero_copy_only=False)
            told |= filled
            self._fault("coordinates_not_numbers", filled & ~np.isfinite(value), name)
        half = told & (np.isnan(a) != np.isnan(b)) & self._good
        self._fault("coordinates_half", half, names[0])
        if self.mapping.projected or self.mapping.crs != WGS84:
            a, b = _to_degrees(a, b, self.mapping.crs)
            a, b = np.where(np.isfinite(a), a, np.nan), np.where(np.isfinite(b), b, np.nan)
        with np.errstate(invalid="ignore"):
            beyond = told & self._good & ((np.abs(a) > 180) | (np.abs(b) > 90) | np.isnan(a))
        self._fault("coordinates_not_degrees", beyond, names[0])
        self._fault("coordinates_zero", told & self._good & (a == 0) & (b == 0), names[0])
        return np.round(a, 7), np.round(b, 7), told

    def _located(self, lon, lat, told) -> tuple[np.ndarray, np.ndarray]:
        beat, station = self.ground.locate(lon, lat)
        stated = self._stated("station", self.ground.station)
        usable = told & self._good & np.isfinite(lon)
        lost = usable & (beat < 0)
        self.with_place += int(usable.sum())
        self.placed += int((usable & (beat >= 0)).sum())
        if lost.any():
            where = np.flatnonzero(lost)
            if len(self.sample) < 500:
                self.sample += list(zip(lon[where[:500]].tolist(), lat[where[:500]].tolist(), strict=True))
            box, wide = self.ground.box, 0.2
            swapped = (
                lost
                & (lat >= box.west - wide)
                & (lat <= box.east + wide)
                & (lon >= box.south - wide)
                & (lon <= box.north + wide)
            )
            self._fault("coordinates_swapped", swapped, "x" if self.mapping.projected else "lon")
        if self.mapping.column("beat"):
            named = self._named_beats(stated)
            free = (beat < 0) & (named >= 0) & ~(told & np.isfinite(lon))
            beat = np.where(free, named, beat)
            station = (
                np.where(free, np.array([self.ground.beats[b][0] if b >= 0 else -1 for b in beat.tolist()]), station)
                if free.any()
                else station
            )
        station = np.where(beat >= 0, station, stated)
        foreign = self._good & (station >= 0) & ~np.isin(station, np.fromiter(self.scope, np.int64, len(self.scope)))
        if foreign.any():
            where = np.flatnonzero(foreign)[:MAX_ERRORS]
            args = [{"station": self.ground.stations[s][0]} for s in station[where].tolist()]
            self._fault(
                "row_of_another_station",
                foreign,
                "lon" if told.any() and not self.mapping.projected else "station",
                args=args,
            )
        self.outside += int((self._good & (beat < 0)).sum())
        return beat, station

    def _stated(self, name: str, find) -> np.ndarray:
        if not self.mapping.column(name):
            return np.full(len(self._batch), -1, np.int64)
        encoded = pc.dictionary_encode(self._column(name))
        given = {key(value): code for value, code in self.mapping.stations.items()}
        table = [
            find(given.get(key(value), value)) if value.strip() else -1 for value in encoded.dictionary.to_pylist()
        ]
        return np.array(table or [-1], np.int64)[encoded.indices.to_numpy()]

    def _named_beats(self, stated: np.ndarray) -> np.ndarray:
        encoded = pc.dictionary_encode(self._column("beat"))
        names = encoded.dictionary.to_pylist()
        pairs, back = np.unique(
            np.stack([stated, encoded.indices.to_numpy().astype(np.int64)]), axis=1, return_inverse=True
        )
        table = [self.ground.beat(names[name], station) for station, name in pairs.T.tolist()]
        return np.array(table, np.int64)[back.ravel()]

    # -- words --

    def _text(self, name: str, limit: int) -> pa.Array | None:
        """Short words about a place or a reference. Whatever identifies a person is not taken and not repeated."""
        column = self._column(name)
        if column is None:
            return None
        encoded = pc.dictionary_encode(column)
        texts, places = encoded.dictionary, encoded.indices.to_numpy()
        if name != "external_ref":  # a register's own number may look like a code by chance; alone it tells nobody
            doubtful = pc.match_substring_regex(texts, _MAYBE_PERSONAL).to_numpy(zero_copy_only=False)
            doubtful = doubtful | pc.match_substring_regex(texts, _maybe_unkind()).to_numpy(zero_copy_only=False)
            if doubtful.any():
                where = np.flatnonzero(doubtful)
                met = np.full(len(texts), "", object)
                met[where] = [rules.words_fault(text) or "" for text in texts.take(pa.array(where)).to_pylist()]
                for key in sorted(set(met[where].tolist()) - {""}):
                    self._fault(key, (met == key)[places], name, show=False)
        tidy = pa.array([normalise(text)[:limit] for text in texts.to_pylist()] or [""], pa.string())
        return tidy.take(encoded.indices)


@cache
def _maybe_unkind() -> str:
    """A pattern that meets every word of a trait (R3), every unkind word, and some harmless ones to be looked at."""
    wanted = {search_key(term.term) for term in all_terms() if term.kind in {"trait", "word"}}
    return "(?i)" + "|".join("".join(map(_spellings, term)) for term in sorted(wanted) if term)


def _spellings(letter: str) -> str:
    """One letter of a search key as people type it: Arabic ye, kaf and he, hamza; anything between words."""
    if letter == " ":
        return r"[ \x{200C}_\-]*"
    typed = {
        "\u06cc": r"[\x{06CC}\x{064A}\x{0649}\x{0626}]",
        "\u06a9": r"[\x{06A9}\x{0643}]",
        "\u0647": r"[\x{0647}\x{0629}\x{06C0}]",
        "\u0627": r"[\x{0627}\x{0622}\x{0623}\x{0625}]",
        "\u0648": r"[\x{0648}\x{0624}]",
    }
    return typed.get(letter, re.escape(letter)) + r"\x{200C}?"


# ---- columns to arrays ----


def _as_objects(column: pa.Array) -> np.ndarray:
    return column.to_numpy(zero_copy_only=False)


def _as_numbers(column: pa.Array) -> np.ndarray:
    """Numbers of a text column: at once where all are plain, one by one where not."""
    try:
        return (
            pc.cast(pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column), pa.float64())
            .to_numpy(zero_copy_only=False)
            .astype(float)
        )
    except pa.ArrowInvalid:
        return numbers(column.to_pylist())


@cache
def _transformer(crs: str):
    from pyproj import CRS, Transformer

    return Transformer.from_crs(CRS.from_user_input(crs), WGS84, always_xy=True)


def _to_degrees(x: np.ndarray, y: np.ndarray, crs: str) -> tuple[np.ndarray, np.ndarray]:
    lon, lat = _transformer(crs).transform(x, y)
    return np.asarray(lon), np.asarray(lat)
