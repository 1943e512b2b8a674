"""A file on its way through the pages: brought and looked at, perhaps read otherwise, then taken over or dropped."""

from __future__ import annotations

from dataclasses import asdict

from django.db import transaction
from django.db.models import ProtectedError

from kalantar.formats import FileRefused, Limits
from kalantar.kernel import audit, clock, files
from kalantar.kernel.change import Refused, insist, move, verb

from ..models import BoundaryFile
from .mark import mark_of
from .planning import planned
from .preview import drawn_of
from .report import CoverageReport, Plan, Reading
from .taking import take_over


def look_at(upload, kind: str, *, by, file_name: str, reading: Reading | None = None) -> BoundaryFile:
    """Keep a file that somebody brought, with its report. Nothing is drawn yet.

    The file is read before the transaction, so that nobody waits for it.
    Raises FileRefused and Refused; then nothing is kept.
    """
    limit = Limits().file_bytes
    try:
        stored = files.put(upload, limit=limit)
    except files.TooLarge as too_large:
        raise FileRefused("file_too_large", bytes=getattr(upload, "size", limit), limit=limit) from too_large
    try:
        plan = planned(files.path_of(stored), kind, by=by, reading=reading, file_name=file_name)
    except (FileRefused, Refused) as no:
        audit.tried(
            "territory.boundaries_refused", kind, by=by, why=no.key, file=mark_of(files.path_of(stored), file_name)
        )
        _discard(stored)
        raise
    return keep_file(stored, plan, by=by)


@verb
def keep_file(stored, plan: Plan, *, by) -> BoundaryFile:
    """A boundary file waits for the second decision."""
    unit = by.home_station or by.posts()[0].unit
    row = BoundaryFile.objects.create(
        unit_id=unit.pk,
        made_by=by.officer,
        made_at=clock.now(),
        kind=plan.report.kind,
        file=stored,
        file_name=plan.report.file_name[:200],
        reading=asdict(plan.report.reading),
        report={"report": plan.report.as_json(), "drawn": drawn_of(plan)},
    )
    audit.record("territory.file_looked_at", row, by=by, kind=row.kind, shapes=plan.report.shapes, file=plan.mark)
    return row


def look_again(row: BoundaryFile, *, by, reading: Reading) -> BoundaryFile:
    """Read a kept file anew, with other properties as code, name or station."""
    plan = _planned_again(row, by=by, reading=reading)
    return keep_reading(row, plan, by=by)


@verb
def keep_reading(row: BoundaryFile, plan: Plan, *, by) -> BoundaryFile:
    """The file is read otherwise than before."""
    _insist_it_waits(row)
    move(row, reading=asdict(plan.report.reading), report={"report": plan.report.as_json(), "drawn": drawn_of(plan)})
    audit.record("territory.file_read_otherwise", row, by=by, reading=row.reading)
    return row


def take(row: BoundaryFile, *, by, only_known: bool, overlaps_known: bool) -> CoverageReport:
    """Draw a kept file, once more looked at: what its report said must still be true."""
    _insist_it_waits(row)
    plan = _planned_again(row, by=by, reading=Reading(**row.reading))
    return take_file(row, plan, by=by, only_known=only_known, overlaps_known=overlaps_known)


@verb
def take_file(row: BoundaryFile, plan: Plan, *, by, only_known: bool, overlaps_known: bool) -> CoverageReport:
    """The second decision: the lines of a kept file come into force today."""
    _insist_it_waits(row)
    seen = CoverageReport.from_json(row.report["report"])
    insist(None if _said_the_same(seen, plan.report) else "boundary_file_changed")
    report = take_over(plan, by=by, only_known=only_known, overlaps_known=overlaps_known)
    move(row, state=BoundaryFile.TAKEN, report={"report": report.as_json(), "drawn": row.report["drawn"]})
    audit.record("territory.file_taken", row, by=by, areas=len(report.taken))
    return report


@verb
def drop(row: BoundaryFile, *, by) -> BoundaryFile:
    """The file is not wanted: its bytes go, that it was here remains."""
    _insist_it_waits(row)
    stored = row.file
    move(row, state=BoundaryFile.DROPPED, file=None, report={})
    audit.record("territory.file_dropped", row, by=by)
    transaction.on_commit(lambda: _discard(stored))
    return row


def _planned_again(row: BoundaryFile, *, by, reading: Reading) -> Plan:
    return planned(files.path_of(row.file), row.kind, by=by, reading=reading, file_name=row.file_name)


def _insist_it_waits(row: BoundaryFile) -> None:
    insist(None if row.state == BoundaryFile.LOOKED_AT else "boundary_file_over")


def _said_the_same(before: CoverageReport, now: CoverageReport) -> bool:
    """Would the same areas be drawn, with the same faults, as the person read?"""
    return (before.taken, before.ending, before.refusals, before.overlap_n) == (
        now.taken,
        now.ending,
        now.refusals,
        now.overlap_n,
    )


def _discard(stored) -> None:
    """Forget a file unless another row has the same bytes."""
    try:
        with transaction.atomic():
            stored.delete()
    except ProtectedError:
        return
    files.path_of(stored).unlink(missing_ok=True)
