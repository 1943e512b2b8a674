"""Every change of state in this room: events recorded and corrected, imports brought and withdrawn, rows placed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

import h3.api.basic_int as h3
from django.db import transaction
from django.db.models import Q

from kalantar.kernel import audit, bulk, clock, files, jobs, keys, numbers, outbox
from kalantar.kernel.change import Refused, insist, move, verb
from kalantar.kernel.models import StoredFile
from kalantar.people.models import Unit
from kalantar.persian.calendar import jalali
from kalantar.persian.letters import normalise
from kalantar.territory import locate
from kalantar.territory.models import Beat

from . import mapping as mappings
from . import rules, tables, totals, types
from .models import DailyCount, Import, Incident, IncidentType, SavedMapping, Unplaced
from .staging import H3_RESOLUTION

# Kinds of job that are due when events came or went as a whole; another room adds its own at start-up.
AFTER_IMPORT: list[str] = ["incidents.findings"]
SWEEP_ROWS = 5_000  # about a tenth of a second under the write lock


@dataclass(frozen=True, kw_only=True)
class Event:
    """What somebody says happened. A point decides the beat; without one the beat is told."""

    type: str
    occurred_from: datetime
    occurred_to: datetime | None = None
    time_known: bool = True
    place_kind: str = "unknown"
    place_text: str = ""
    lon: float | None = None
    lat: float | None = None
    beat: int | None = None
    external_ref: str = ""


# ---- single events ----


@verb
def record_incident(event: Event, *, by, uid: UUID) -> Incident:
    """An event comes into the register. The same `uid` again, by a double press, is the same event."""
    earlier = Incident.objects.filter(uid=uid).first()
    if earlier:
        if earlier.made_by_id != by.officer_id:
            raise Refused("uid_taken")
        audit.record("incident.sent_again", earlier, by=by)
        return earlier
    beat = _beat_of(event, by)
    insist(rules.may_record(by.roles_at(beat.station_id)))
    row = _described(Incident(uid=uid, made_by_id=by.officer_id, made_at=clock.now()), event, beat)
    row.number_year, row.number_seq = _next_number(row.station_id)
    row.same_as = _same_as(event, row)
    row.save(force_insert=True)
    totals.add(row, 1)
    audit.record("incident.recorded", row, by=by, type=event.type, number=row.number_seq)
    return row


@verb
def correct_incident(incident: Incident, event: Event, *, by, reason: str = "") -> Incident:
    """What was recorded was not right. The old values stay in the audit; totals follow at once.

    The digest stays as the row came, so that the file it came from does not bring it again.
    """
    insist(rules.reason_fault(reason) if reason else None, field="reason")
    incident_read = incident.version
    incident = Incident.objects.visible_to(by).select_related("type").get(pk=incident.pk)
    incident.version = incident_read
    insist(rules.may_correct(by.roles_at(incident.station_id)))
    beat = _beat_of(event, by)
    before = _values(incident)
    totals.add(incident, -1)
    wanted = _described(
        Incident(uid=incident.uid, made_by_id=incident.made_by_id, made_at=incident.made_at), event, beat
    )
    if (wanted.lon, wanted.lat) == (incident.lon, incident.lat):
        wanted.location_precision = incident.location_precision
    if wanted.station_id != incident.station_id:
        insist(rules.may_correct(by.roles_at(wanted.station_id)))
        wanted.number_year, wanted.number_seq = _next_number(wanted.station_id)
    else:
        wanted.number_year, wanted.number_seq = incident.number_year, incident.number_seq
    after = _values(wanted)
    changed = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    if not changed:
        raise Refused("nothing_changed")
    incident = move(incident, **{name: getattr(wanted, name) for name in _KEPT})
    totals.add(incident, 1)
    audit.record("incident.corrected", incident, by=by, reason=reason, changed=changed)
    return incident


_KEPT = (
    "station_id",
    "beat_id",
    "type_id",
    "number_year",
    "number_seq",
    "occurred_from",
    "occurred_to",
    "time_known",
    "local_date",
    "place_text",
    "place_kind",
    "lon",
    "lat",
    "location_precision",
    "h3",
    "shown_as",
    "external_ref",
)
# The log is kept for good and tells no door (R14) and no word: it says that these changed, not what they were.
_MARKED = ("place_text", "lon", "lat", "external_ref")
_TOLD = tuple(name for name in _KEPT if name not in {*_MARKED, "h3", "number_year", "number_seq"})


def _values(row: Incident) -> dict:
    told = {
        name: str(getattr(row, name)) if isinstance(getattr(row, name), datetime) else getattr(row, name)
        for name in _TOLD
    }
    return told | {name: _mark(name, getattr(row, name)) for name in _MARKED}


def _mark(name: str, value: object) -> str:
    """A keyed digest: the same value has the same mark, and nobody without the key can try values."""
    return "" if value in (None, "") else keys.short_mac(f"incident {name}", str(value), 16)


def _beat_of(event: Event, by) -> Beat:
    """The beat of a point, or the one that was told; only of this actor's stations."""
    if (event.lon is None) != (event.lat is None):
        raise Refused("coordinates_half", field="lon")
    if event.lon is not None and event.lat is not None:
        if not (-180 <= event.lon <= 180 and -90 <= event.lat <= 90):
            raise Refused("coordinates_not_degrees", field="lon")
        found = int(locate.locate(event.lon, event.lat)[0][0])
        if found < 0:
            raise Refused("place_outside", field="lon")
        beat: Beat | None = Beat.objects.select_related("station").get(pk=found)
    else:
        beat = Beat.objects.in_force().select_related("station").filter(pk=event.beat).first() if event.beat else None
    if beat is None:
        raise Refused("beat_missing", field="beat")
    if beat.station_id not in by.stations():
        raise Refused("row_of_another_station", station=beat.station.code, field="beat")
    return beat


def _described(row: Incident, event: Event, beat: Beat) -> Incident:
    """Put what was said into a row, checked and with everything that follows from it."""
    kind = IncidentType.objects.filter(code=event.type, in_use=True).first()
    if kind is None:
        raise Refused("type_unknown", field="type")
    fault = rules.time_fault(event.occurred_from, event.occurred_to, now=clock.now())
    if fault:
        raise Refused(fault, field="occurred_to" if fault == "interval_backwards" else "occurred_from")
    if fault := rules.words_fault(event.place_text):
        raise Refused(fault, field="place_text")
    row.station_id, row.beat, row.type = beat.station_id, beat, kind
    row.occurred_from, row.occurred_to, row.time_known = event.occurred_from, event.occurred_to, event.time_known
    row.local_date = clock.local_day(event.occurred_from)
    row.place_text, row.place_kind = normalise(event.place_text)[:160], event.place_kind
    row.external_ref = normalise(event.external_ref)[:60]
    row.lon, row.lat, row.h3, row.location_precision = None, None, None, Incident.BEAT_ONLY
    if event.lon is not None and event.lat is not None:
        row.lon, row.lat, row.location_precision = round(event.lon, 7), round(event.lat, 7), Incident.EXACT
        row.h3 = h3.latlng_to_cell(row.lat, row.lon, H3_RESOLUTION)
    row.shown_as = rules.shown_as(
        code=kind.code,
        violent=kind.violent,
        never_drawn=kind.never_drawn,
        building=kind.code in types.BUILDING,
        place_kind=event.place_kind,
    )
    return row


def _same_as(event: Event, row: Incident) -> str:
    place = None if row.lon is None or row.lat is None else (round(row.lon * 10_000), round(row.lat * 10_000))
    return rules.same_as(
        code=event.type,
        minute=int(event.occurred_from.timestamp()) // 60,
        place=place,
        place_text=row.place_text,
        external_ref=row.external_ref,
    )


def registration_year() -> int:
    return jalali(clock.today()).year


def _next_number(station_id: int) -> tuple[int, int]:
    year = registration_year()
    return year, numbers.take(f"incident:{station_id}:{year}")


# ---- imports ----


def importing_unit(actor) -> Unit:
    """Where an import belongs: the station or higher unit of the importer's post; the top unit for the command line."""
    for post in actor.posts():
        if rules.IMPORTERS & {post.role}:
            return post.unit if post.unit.grade != Unit.SECTION else post.unit.parent
    if actor.officer is None and actor.roles():
        top = Unit.objects.filter(parent=None).first()
        if top:
            return top
    raise Refused("not_your_post")


@verb
def upload_import(stored: StoredFile, about: dict, *, by, name: str) -> Import:
    """A file is there, read once, without the columns that may not be kept. Nothing of it counts yet."""
    insist(rules.may_import(by.roles()))
    unit = importing_unit(by)
    row = Import.objects.create(
        unit=unit,
        made_by_id=by.officer_id,
        made_at=clock.now(),
        file=stored,
        file_name=name[-200:],
        digest=about["digest"],
        about=about,
        rows=about["rows"],
    )
    audit.record(
        "import.uploaded",
        row,
        by=by,
        chain=_chain(row),
        file=about["digest"],  # never its name, which may be a person's: the audit is kept for good
        kind=about["kind"],
        rows=about["rows"],
        left_out=len(about["left_out"]),
    )
    return row


@verb
def map_import(batch: Import, mapping: mappings.Mapping, *, by) -> Import:
    """Say what the columns mean. Remembered for the next file with the same heading."""
    batch = Import.objects.visible_to(by).get(pk=batch.pk)
    insist(rules.refusal("start", state=batch.state, roles=by.roles_at(batch.unit_id)))
    _forget_later(batch.errors)
    batch = move(batch, mapping=mappings.to_json(mapping), report={}, errors=None)
    SavedMapping.objects.update_or_create(
        unit=batch.unit,
        header=mappings.header_digest(tables.headings_of(batch.about)),
        defaults={"mapping": mappings.to_json(mapping), "used_at": clock.now()},
    )
    audit.record("import.mapped", batch, by=by, chain=_chain(batch))
    return batch


@verb
def ask_check(batch: Import, *, by) -> Import:
    """A large file is checked by a job."""
    batch = Import.objects.visible_to(by).get(pk=batch.pk)
    insist(rules.refusal("start", state=batch.state, roles=by.roles_at(batch.unit_id)))
    insist(import_refusal(batch))
    jobs.queue("incidents.try_import", key=str(batch.pk), payload={"import": batch.pk})
    audit.record("import.check_asked", batch, by=by, chain=_chain(batch))
    return batch


@verb
def keep_report(batch: Import, report: dict, errors: StoredFile | None, *, by) -> Import:
    """The file was read and nothing of it kept but what the reading found."""
    insist(rules.refusal("start", state=batch.state, roles=by.roles_at(batch.unit_id)))
    _forget_later(batch.errors)
    batch = move(batch, report=report, errors=errors)
    audit.record("import.checked", batch, by=by, chain=_chain(batch), errors=sum(report["errors"].values()))
    return batch


@verb
def start_import(batch: Import, *, by, queued: bool = True) -> Import:
    """Loading may begin. The rows stay unseen until all of them are there."""
    batch = Import.objects.visible_to(by).get(pk=batch.pk)
    insist(rules.refusal("start", state=batch.state, roles=by.roles_at(batch.unit_id)))
    insist(import_refusal(batch))
    batch = move(batch, state=Import.LOADING, written=0, alive_at=clock.wall(), failure={})
    if queued:
        jobs.queue("incidents.load_import", key=str(batch.pk), payload={"import": batch.pk})
    audit.record("import.started", batch, by=by, chain=_chain(batch))
    return batch


def import_refusal(batch: Import) -> str | None:
    """Why this file cannot be read as it stands: no mapping, or columns of persons not yet left out by a person."""
    if batch.file_id is None:
        return "import_file_gone"
    if not batch.mapping:
        return "mapping_missing"
    mapping = mappings.from_json(batch.mapping)
    if {column["column"] for column in batch.about["left_out"]} - set(mapping.left_out):
        return "columns_refused"
    return mapping.missing(batch.about["columns"])


@verb
def take_over_import(batch: Import, *, by) -> Import:
    """A loader begins its work: any other one that still writes for this import is stopped by the raised version."""
    batch = Import.objects.get(pk=batch.pk)
    insist(None if batch.state == Import.LOADING else "not_from_this_state")
    again = batch.written > 0
    batch = move(batch, alive_at=clock.wall(), written=0)
    audit.record("import.restarted" if again else "import.loading", batch, by=by, chain=_chain(batch))
    return batch


@verb
def drop_columns(batch: Import, stored: StoredFile, kept: Sequence[str], *, by) -> Import:
    """The file is kept without the columns that mean nothing here."""
    insist(None if batch.state == Import.LOADING else "not_from_this_state")
    _forget_later(batch.file)
    dropped = len(batch.about["columns"]) - len(kept)
    about = {**batch.about, "columns": list(kept), "headings": tables.headings_of(batch.about)}
    batch = move(batch, file=stored, about=about)
    audit.record("import.columns_dropped", batch, by=by, chain=_chain(batch), columns=dropped)
    return batch


@dataclass(frozen=True)
class Counts:
    """What a reading found."""

    rows: int
    accepted: int
    refused: int
    duplicates: int
    outside: int
    first_on: object = None
    last_on: object = None


@verb
def make_live(batch: Import, *, by, counts: Counts, report: dict, errors: StoredFile | None) -> Import:
    """All rows are there: one change of state shows them and their totals together."""
    insist(None if batch.state == Import.LOADING else "not_from_this_state")
    _forget_later(batch.errors)
    batch = move(
        batch,
        state=Import.LIVE,
        live_at=clock.now(),
        report=report,
        errors=errors,
        failure={},
        **{f.name: getattr(counts, f.name) for f in fields(Counts)},
    )
    if batch.made_by:
        outbox.tell(
            "import_live",
            to=batch.made_by,
            page=("incidents:import", {"uid": str(batch.uid)}),
            file=batch.file_name,
            accepted=batch.accepted,
            refused=batch.refused,
        )
    _tell_other_rooms(batch)
    audit.record(
        "import.live",
        batch,
        by=by,
        chain=_chain(batch),
        accepted=batch.accepted,
        refused=batch.refused,
        duplicates=batch.duplicates,
        outside=batch.outside,
    )
    return batch


@verb
def fail_import(
    batch: Import,
    *,
    by,
    key: str,
    args: dict | None = None,
    report: dict | None = None,
    errors: StoredFile | None = None,
) -> Import:
    """It did not work, and why. Nothing of the file is visible; what was written is swept away."""
    batch = Import.objects.get(pk=batch.pk)
    insist(rules.refusal("fail", state=batch.state, roles=by.roles_at(batch.unit_id)))
    _forget_later(batch.errors)
    batch = move(
        batch, state=Import.FAILED, failure={"key": key, "args": args or {}}, report=report or {}, errors=errors
    )
    if batch.made_by:
        outbox.tell(
            "import_failed", to=batch.made_by, page=("incidents:import", {"uid": str(batch.uid)}), file=batch.file_name
        )
    jobs.queue("incidents.sweep_import", key=str(batch.pk), payload={"import": batch.pk})
    audit.record("import.failed", batch, by=by, chain=_chain(batch), key=key)
    return batch


@verb
def withdraw_import(batch: Import, *, by, reason: str) -> Import:
    """The file was not right: its events and totals are gone at once, its rows a little later."""
    batch = Import.objects.visible_to(by).get(pk=batch.pk)
    insist(
        rules.refusal("withdraw", state=batch.state, roles=by.roles_at(batch.unit_id), given={"reason": reason.strip()})
    )
    insist(rules.reason_fault(reason), field="reason")
    batch = move(batch, state=Import.WITHDRAWN, withdrawn_at=clock.now(), withdrawal_reason=normalise(reason)[:300])
    jobs.queue("incidents.sweep_import", key=str(batch.pk), payload={"import": batch.pk})
    _tell_other_rooms(batch)
    audit.record("import.withdrawn", batch, by=by, chain=_chain(batch), reason=batch.withdrawal_reason)
    return batch


@verb
def discard_import(batch: Import, *, by) -> Import:
    """The upload is not wanted any more: its file goes, its line stays."""
    batch = Import.objects.visible_to(by).get(pk=batch.pk)
    insist(rules.refusal("discard", state=batch.state, roles=by.roles_at(batch.unit_id)))
    batch = move(batch, state=Import.SWEPT, mapping={}, report={})
    jobs.queue("incidents.sweep_import", key=str(batch.pk), payload={"import": batch.pk})
    audit.record("import.discarded", batch, by=by, chain=_chain(batch))
    return batch


def clear_rows(batch: Import, *, told=lambda: None) -> int:
    """Take away what an import wrote, in steps that hold the write lock briefly. Its state hides the rows already."""
    if batch.state == Import.LIVE:
        raise Refused("not_from_this_state")
    gone = 0
    for table in (Unplaced, DailyCount, Incident):
        while True:
            with transaction.atomic():
                n = bulk.delete_some(table._base_manager.filter(batch=batch), SWEEP_ROWS)
            gone += n
            told()
            if n < SWEEP_ROWS:
                break
    return gone


def sweep_import(batch: Import, *, by, told=lambda: None) -> Import:
    """Clear the rows of a failed or withdrawn import, and say when they are gone. May be killed and run again."""
    gone = clear_rows(batch, told=told)
    return _say_swept(batch, by=by, gone=gone)


@verb
def _say_swept(batch: Import, *, by, gone: int) -> Import:
    batch = Import.objects.get(pk=batch.pk)
    state = Import.SWEPT if batch.state == Import.WITHDRAWN else batch.state
    batch = move(batch, state=state, written=0)
    audit.record("import.swept", batch, by=by, chain=_chain(batch), rows=gone)
    return batch


@verb
def forget_file(batch: Import, *, by) -> Import:
    """The uploaded file has done its work, and so have its name and the list of what was wrong in it. A failed or waiting
    import without a file is over."""
    batch = Import.objects.get(pk=batch.pk)
    _forget_later(batch.file)
    _forget_later(batch.errors)
    over = batch.state in {Import.UPLOADED, Import.FAILED}
    plain = f"{batch.digest[:8]}.{batch.about.get('kind', 'csv')}"
    batch = move(batch, file=None, errors=None, file_name=plain, **({"state": Import.SWEPT} if over else {}))
    audit.record("import.file_forgotten", batch, by=by, chain=_chain(batch))
    return batch


def _forget_later(stored: StoredFile | None) -> None:
    """Once the change is kept, a file that no import owns any more is taken from the disk."""
    if stored is not None:
        transaction.on_commit(lambda: _discard(stored))


def _discard(stored: StoredFile) -> None:
    if not Import.objects.filter(Q(file=stored) | Q(errors=stored)).exists():
        files.discard(stored)


def _tell_other_rooms(batch: Import) -> None:
    for kind in AFTER_IMPORT:
        jobs.queue(kind, key=f"{batch.pk}-{batch.version}", payload={"import": batch.pk, "version": batch.version})


def _chain(batch: Import) -> str | None:
    """An import of a station is told in that station's chain."""
    station = batch.unit.station_id
    return f"station:{station}" if station else None


# ---- rows that wait for a place ----


@verb
def place_unplaced(
    row: Unplaced, *, by, beat: int | None = None, lon: float | None = None, lat: float | None = None
) -> Incident:
    """Somebody who knows the ground says where it was. From now on it counts, and leaves again with its import."""
    row = Unplaced.objects.visible_to(by).select_related("type", "batch").get(pk=row.pk)
    batch = Import.objects.select_for_update().get(pk=row.batch_id)
    insist(None if batch.state == Import.LIVE else "not_from_this_state")
    insist("already_placed" if row.placed_as_id or row.set_aside else None)
    event = Event(
        type=row.type.code,
        occurred_from=row.occurred_from,
        occurred_to=row.occurred_to,
        time_known=row.time_known,
        place_kind=row.place_kind,
        place_text=row.place_text,
        lon=lon,
        lat=lat,
        beat=beat,
        external_ref=row.external_ref,
    )
    where = _beat_of(event, by)
    insist(rules.may_place(by.roles_at(where.station_id)))
    made = _described(Incident(batch=batch, made_by_id=by.officer_id, made_at=clock.now()), event, where)
    made.number_year, made.number_seq = _next_number(made.station_id)
    made.same_as = row.same_as
    made.save(force_insert=True)
    totals.add(made, 1)
    move(row, placed_as=made)
    audit.record("unplaced.placed", made, by=by, row=row.pk)
    return made


@verb
def set_unplaced_aside(row: Unplaced, *, by, reason: str) -> Unplaced:
    """It belongs to no beat of ours, and why. It waits no longer."""
    row = Unplaced.objects.visible_to(by).get(pk=row.pk)
    insist(rules.may_place(by.roles_at(row.stated_station_id or row.unit_id)))
    insist("already_placed" if row.placed_as_id or row.set_aside else None)
    insist(rules.reason_fault(reason), field="reason")
    row = move(row, set_aside=normalise(reason)[:300])
    audit.record("unplaced.set_aside", row, by=by, reason=row.set_aside)
    return row
