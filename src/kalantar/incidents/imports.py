"""Files of events: received, looked at, tried without keeping anything, and loaded so that nothing is ever half there.

receive → (map) → try_out → load. The command line and the pages go the same way.
"""

from __future__ import annotations

import logging
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from json import dumps, loads
from pathlib import Path

import numpy as np
from django.conf import settings
from django.db import DatabaseError

from kalantar.formats import FileRefused
from kalantar.kernel import audit, clock, files
from kalantar.kernel.change import Overtaken, Refused
from kalantar.persian.calendar import ordinal_to_jalali

from . import mapping as mappings
from . import rules, tables, verbs
from .ground import Ground
from .mapping import Mapping
from .models import Import, SavedMapping
from .reading import Reader
from .rows import EPOCH, KINDS, NO_TIME, TYPES, Errors, RowError, Rows
from .staging import Prepared, Stager, Stopped, prepared
from .suspicion import ImportStopped, fitting_crs, suspicion

log = logging.getLogger("kalantar.incidents")
PREVIEW_ROWS = 20
PACKED_BYTES = 2_000_000_000
SILENT = timedelta(minutes=15)  # a loader that gave no sign for so long was killed


# ---- receiving ----


def receive(path: Path, *, by, name: str, sheet: str | None = None, mapping: Mapping | None = None) -> Import:
    """Take a file in: read once, kept without the columns of persons and traits, its digest remembered.

    The file as it came is not kept; where the mapping is known already, nor is any column that it does not name. Raises FileRefused or Refused; who tried stands in the audit.
    """
    refusal = rules.may_import(by.roles())
    if refusal:
        audit.tried("import.refused", "incidents.import", by=by, key=refusal)
        raise Refused(refusal)
    packed = scratch(())
    try:
        about = tables.pack(path, packed, sheet=sheet, only=mapping.columns.values() if mapping else None)
        with packed.open("rb") as source:
            stored = files.put(source, limit=PACKED_BYTES)
    except FileRefused as no:
        audit.tried("import.refused", "incidents.import", by=by, key=no.key)
        raise
    finally:
        packed.unlink(missing_ok=True)
    return verbs.upload_import(stored, about.to_json(), by=by, name=name)


def scratch(chunks: Iterable[bytes]) -> Path:
    """A file for work in progress, inside the data folder; whoever asks for it takes it away again."""
    folder = Path(settings.DATA) / "tmp"
    folder.mkdir(parents=True, exist_ok=True)
    handle, path = tempfile.mkstemp(dir=folder, prefix="import-")
    with os.fdopen(handle, "wb") as out:
        for chunk in chunks:
            out.write(chunk)
    return Path(path)


def sweep_scratch(older_than: timedelta = timedelta(hours=12)) -> int:
    """Work in progress that a killed process left behind."""
    gone = 0
    folder = Path(settings.DATA) / "tmp"
    for path in [*folder.glob("import-*"), *folder.glob("*.upload*")]:
        if time.time() - path.stat().st_mtime > older_than.total_seconds():
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def same_file(batch: Import, actor) -> Import | None:
    """The import by which this very file came in before, if it still counts."""
    return (
        Import.objects.visible_to(actor)
        .filter(digest=batch.digest, state=Import.LIVE)
        .exclude(pk=batch.pk)
        .order_by("-live_at")
        .first()
    )


def packed_path(batch: Import) -> Path:
    if batch.file is None:
        raise Refused("import_file_gone")
    return files.path_of(batch.file)


def guessed(batch: Import) -> Mapping:
    """What was meant the last time a file had this heading, or a guess. Never agrees by itself to leave columns out."""
    columns, values = tables.head(packed_path(batch))
    header = mappings.header_digest(tables.headings_of(batch.about))
    kept = SavedMapping.objects.filter(unit_id=batch.unit_id, header=header).first()
    if kept:
        return replace(mappings.fitted(mappings.from_json(kept.mapping), columns), left_out=())
    guess = mappings.guess(columns, values)
    if guess.projected:
        return replace(guess, crs=crs_guessed(batch, guess) or guess.crs)
    return guess


def crs_guessed(batch: Import, mapping: Mapping) -> str:
    """The coordinate system in which most of the file's places lie in our beats, or ""."""
    _, values = tables.head(packed_path(batch), 200)
    names = ("x", "y") if mapping.projected else ("lon", "lat")
    a, b = (mappings.numbers(values.get(mapping.column(name), [])) for name in names)
    return fitting_crs(a, b, Ground.load())


# ---- reading ----


@dataclass
class Reading:
    """Everything a reading found: what would come in, and what is wrong."""

    reader: Reader
    found: Prepared | None
    preview: list[dict] = field(default_factory=list)
    by_type: Counter = field(default_factory=Counter)
    by_month: Counter = field(default_factory=Counter)
    by_station: Counter = field(default_factory=Counter)
    by_beat: Counter = field(default_factory=Counter)
    stop: ImportStopped | None = None

    @property
    def counts(self) -> verbs.Counts:
        days = self.found.rows.day if self.found and len(self.found.rows) else None
        return verbs.Counts(
            rows=self.reader.read,
            accepted=len(self.found.rows) if self.found else 0,
            refused=self.reader.refused,
            duplicates=len(self.found.duplicates) if self.found else 0,
            outside=len(self.found.waiting) if self.found else 0,
            first_on=_date(days.min()) if days is not None else None,
            last_on=_date(days.max()) if days is not None else None,
        )

    def report(self) -> dict:
        """What the pages show, as JSON."""
        counts = {name: value for name, value in asdict(self.counts).items() if isinstance(value, int)}
        return {
            "counts": counts,
            "errors": dict(self.reader.errors.counts.most_common()),
            "types": dict(self.by_type.most_common()),
            "months": dict(sorted(self.by_month.items())),
            "stations": dict(self.by_station.most_common()),
            "beats": dict(self.by_beat.most_common(300)),
            "repeated": len(self.found.repeated) if self.found else 0,
            "duplicate_rows": self.found.duplicates[:200].tolist() if self.found else [],
            "repeated_rows": self.found.repeated[:200].tolist() if self.found else [],
            "stop": {"key": self.stop.key, "args": self.stop.details} if self.stop else None,
        }


def read(
    path: Path,
    mapping: Mapping,
    *,
    scope: frozenset[int],
    limit: int | None = None,
    told: Callable[[], None] = lambda: None,
    ground: Ground | None = None,
) -> Reading:
    """Read a packed file with a mapping. Keeps nothing. Raises Refused when the mapping does not fit the file."""
    reader = Reader(mapping, ground or Ground.load(), clock.zone(), clock.now(), scope)
    _check_crs(mapping)
    reading = Reading(reader, None)
    parts: list[Rows] = []
    previewed: list[dict] = []
    for batch in tables.unpack(path):
        if limit is not None:
            batch = replace(
                batch,
                data=batch.data.slice(0, limit),
                rows=batch.rows[:limit],
                faults=tuple(f for f in batch.faults if f.row <= batch.rows[:limit].max(initial=0)),
            )
        if not parts and not previewed:
            missing = mapping.missing(batch.columns)
            if missing:
                raise Refused(missing)
        rows = reader.rows(batch)
        if len(previewed) < PREVIEW_ROWS:
            previewed += _preview(batch, rows, reader, PREVIEW_ROWS - len(previewed))
        parts.append(rows)
        told()
        if limit is not None:
            break
    reading.preview = previewed
    reading.stop = suspicion(reader)
    if reading.stop is None:
        reading.found = prepared(parts, leave_out_repeats=mapping.repeats == "leave_out")
    if reading.found:
        _count(reading, reading.found.rows)
    return reading


def _check_crs(mapping: Mapping) -> None:
    if mapping.projected or mapping.crs != mappings.WGS84:
        from pyproj import CRS
        from pyproj.exceptions import CRSError

        try:
            CRS.from_user_input(mapping.crs)
        except CRSError:
            raise Refused("mapping_crs_unknown", crs=mapping.crs[:40]) from None


def _date(day: int) -> date:
    return date.fromordinal(int(day) + EPOCH)


def _count(reading: Reading, rows: Rows) -> None:
    for place, n in zip(*np.unique(rows.type, return_counts=True), strict=True):
        reading.by_type[TYPES[place]] = int(n)
    days, counts = np.unique(rows.day, return_counts=True)
    years, months, _ = ordinal_to_jalali(days.astype(np.int64) + EPOCH)
    for year, month, n in zip(years.tolist(), months.tolist(), counts.tolist(), strict=True):
        reading.by_month[f"{year:04d}-{month:02d}"] += n
    ground = reading.reader.ground
    for beat, n in zip(*np.unique(rows.beat, return_counts=True), strict=True):
        station, code = ground.beats[int(beat)]
        reading.by_beat[code] += int(n)
        reading.by_station[ground.stations[station][0]] += int(n)


def _preview(batch, rows: Rows, reader: Reader, n: int) -> list[dict]:
    """The first rows as they will be read: what each became, or what is wrong with it; never where a door is (R14)."""
    taken = {int(number): at for at, number in enumerate(rows.row[:n].tolist())}
    wrong: dict[int, list[dict]] = {}
    for error in reader.errors.kept:
        if error.row <= (int(batch.rows[min(n, len(batch)) - 1]) if len(batch) else 0):
            wrong.setdefault(error.row, []).append({"column": error.column, "key": error.key, "args": error.args})
    shown = []
    for number in batch.rows[:n].tolist():
        entry: dict = {"row": number, "errors": wrong.get(number, [])}
        at = taken.get(number)
        if at is not None:
            station = int(rows.station[at])
            beat = int(rows.beat[at])
            entry |= {
                "type": TYPES[rows.type[at]],
                "at": int(rows.at[at]),
                "known": bool(rows.known[at]),
                "to": None if rows.to[at] == NO_TIME else int(rows.to[at]),
                "day": _date(rows.day[at]).isoformat(),
                "kind": KINDS[rows.kind[at]],
                "beat": reader.ground.beats[beat][1] if beat >= 0 else "",
                "station": reader.ground.stations[station][0] if station >= 0 else "",
            }
        shown.append(entry)
    return shown


# ---- trying and loading ----


def try_out(batch: Import, mapping: Mapping, *, by, limit: int | None = None) -> Reading:
    """Read everything, keep nothing."""
    return read(packed_path(batch), mapping, scope=_scope(batch, by), limit=limit)


def check(batch: Import, *, by, told: Callable[[], None] = lambda: None) -> Import:
    """Read everything and keep only the report and the list of errors."""
    try:
        reading = read(packed_path(batch), mappings.from_json(batch.mapping), scope=_scope(batch, by), told=told)
    except FileRefused as no:
        raise Refused(no.key, **no.details) from no
    return verbs.keep_report(batch, reading.report(), keep_errors(reading.reader.errors), by=by)


def _scope(batch: Import, by) -> frozenset[int]:
    """The stations whose rows this import may bring: those of the importer's posts, at the time of reading."""
    if by.officer_id is not None or batch.made_by is None:
        return rules.stations_of(by, rules.IMPORTERS)
    from kalantar.people.actors import OfficerActor

    return rules.stations_of(OfficerActor(batch.made_by), rules.IMPORTERS)


def load(batch: Import, *, by, told: Callable[[], None] = lambda: None) -> Import:
    """Do the loading of a started import: read, stage, show. Whatever goes wrong, nothing is half there.

    Killed at any line and called again it begins anew: what an earlier loader wrote is cleared first, and that loader,
    should it still live, is stopped by the raised version.
    """
    batch = verbs.take_over_import(batch, by=by)
    try:
        return _loaded(batch, by=by, told=told)
    except (Stopped, Overtaken):
        raise
    except FileRefused as no:
        return _fail(batch, by, no.key, no.details)
    except Refused as no:
        return _fail(batch, by, no.key, no.details)
    except KeyboardInterrupt:
        _fail(batch, by, "import_interrupted", {})
        raise
    except (DatabaseError, OSError) as wrong:
        log.error("import %s: %s", batch.pk, type(wrong).__name__)  # a database's own words repeat the row
        full = any(
            said in str(wrong).lower()
            for said in ("disk is full", "disk i/o error", "no space left", "could not extend file")
        )
        return _fail(batch, by, "import_disk_full" if full else "import_fault", {})


def _loaded(batch: Import, *, by, told) -> Import:
    if Import.objects.filter(pk=batch.pk, incidents__isnull=False).exists() or batch.unplaced.exists():
        verbs.clear_rows(batch, told=told)
    mapping = mappings.from_json(batch.mapping)
    verbs.insist(verbs.import_refusal(batch))
    batch = without_spare_columns(batch, mapping, by=by)
    reading = read(packed_path(batch), mapping, scope=_scope(batch, by), told=told)
    errors = keep_errors(reading.reader.errors)
    if reading.stop:
        return _fail(batch, by, reading.stop.key, reading.stop.details, reading.report(), errors)
    counts, report = reading.counts, reading.report()
    if reading.found is None or not (counts.accepted or counts.outside):
        return _fail(batch, by, "import_nothing_new" if counts.duplicates else "import_no_good_row", {}, report, errors)
    stager = Stager(batch, batch.version, mapping.precision, verbs.registration_year(), told)
    stager.write(reading.found)
    return verbs.make_live(batch, by=by, counts=counts, report=report, errors=errors)


def without_spare_columns(batch: Import, mapping: Mapping, *, by) -> Import:
    """Loading settles what the columns mean: one that means nothing is kept no longer, and is never read again."""
    wanted = frozenset(mapping.columns.values())
    if wanted.issuperset(batch.about["columns"]):
        return batch
    narrowed = scratch(())
    try:
        kept = tables.narrow(packed_path(batch), narrowed, wanted)
        with narrowed.open("rb") as source:
            stored = files.put(source, limit=PACKED_BYTES)
    finally:
        narrowed.unlink(missing_ok=True)
    return verbs.drop_columns(batch, stored, kept, by=by)


def _fail(batch: Import, by, key: str, args: dict, report: dict | None = None, errors=None) -> Import:
    return verbs.fail_import(batch, by=by, key=key, args=args, report=report, errors=errors)


def stale(now=None) -> Iterator[Import]:
    """Imports whose loader has been silent too long: it was killed or the power went."""
    limit = (now or clock.wall()) - SILENT
    return Import.objects.filter(state=Import.LOADING, alive_at__lt=limit).iterator()


# ---- errors as a file ----


def keep_errors(errors: Errors):
    """The first hundred thousand errors, one JSON line each; the page writes them in the reader's language."""
    if not errors.kept:
        return None
    lines = (dumps(asdict(error), ensure_ascii=False).encode() + b"\n" for error in errors.kept)
    return files.put(_joined(lines))


def _joined(lines: Iterator[bytes], size: int = 1 << 18) -> Iterator[bytes]:
    buffer = bytearray()
    for line in lines:
        buffer += line
        if len(buffer) > size:
            yield bytes(buffer)
            buffer.clear()
    yield bytes(buffer)


def errors_of(batch: Import) -> Iterator[RowError]:
    if batch.errors is None:
        return
    with files.open_(batch.errors) as source:
        for line in source:
            yield RowError(**loads(line))
