"""A file is read, reported on, and drawn."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from kalantar.formats import FileRefused
from kalantar.kernel import audit
from kalantar.kernel.change import Refused, insist, verb

from .. import verbs
from .mark import mark_of
from .planning import planned
from .report import STATION, CoverageReport, Plan, Reading, refusal_places, remaining


def import_boundaries(
    path,
    *,
    kind: str,
    by,
    dry_run: bool = False,
    only_known: bool = False,
    overlaps_known: bool = False,
    reading: Reading | None = None,
    since_on: date | None = None,
    file_name: str = "",
) -> CoverageReport:
    """Read a file of boundaries, report on it, and draw it unless told not to. `report.done` says whether it was.

    only_known : leave out shapes whose code is no known station; without it they refuse the file.
    overlaps_known : take overlapping shapes over. Each place still lies in one beat, but the people of the street must
    agree which, so without it they refuse the file.
    Raises FileRefused: nothing can be made of the file.
    """
    file_name = file_name or Path(path).name
    try:
        plan = planned(path, kind, by=by, reading=reading, file_name=file_name)
        report = replace(
            plan.report,
            refusal=remaining(plan.report, only_known=only_known, overlaps_known=overlaps_known),
            dry_run=dry_run,
        )
        if not dry_run and not report.refusal:
            return take_over(plan, by=by, only_known=only_known, overlaps_known=overlaps_known, since_on=since_on)
    except (FileRefused, Refused) as no:
        audit.tried("territory.boundaries_refused", kind, by=by, why=no.key, file=mark_of(path, file_name))
        raise
    if report.refusal and not dry_run:
        audit.tried("territory.boundaries_refused", kind, by=by, why=report.refusal, file=plan.mark)
    return report


@verb
def take_over(
    plan: Plan, *, by, only_known: bool = False, overlaps_known: bool = False, since_on: date | None = None
) -> CoverageReport:
    """Draw what a plan holds."""
    insist(remaining(plan.report, only_known=only_known, overlaps_known=overlaps_known), **refusal_places(plan.report))
    draw = verbs.draw_areas if plan.report.kind == STATION else verbs.draw_beats
    draw(list(plan.outlines), by=by, since_on=since_on, source=plan.report.file_name, file=plan.mark)
    return replace(plan.report, taken_over=True, refusal="")
