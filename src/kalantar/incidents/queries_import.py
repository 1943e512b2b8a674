"""What the import pages ask."""

from __future__ import annotations

from collections.abc import Iterable

from kalantar.kernel.models import Job
from kalantar.people.models import Unit
from kalantar.territory.models import Beat

from . import rules
from .models import Import, Unplaced


def may_import(actor) -> bool:
    """Does this actor hold a post that brings files in?"""
    return rules.may_import(actor.roles()) is None


def imports(actor):
    """Files brought in at this actor's units, newest first."""
    return Import.objects.visible_to(actor).select_related("made_by", "unit").order_by("-made_at", "-pk")


def one_import(actor, uid) -> Import | None:
    return Import.objects.visible_to(actor).select_related("made_by", "unit", "file", "errors").filter(uid=uid).first()


def to_fix(actor):
    """Rows that wait for a place, oldest import first."""
    return Unplaced.objects.visible_to(actor).waiting().select_related("type", "batch", "stated_station").order_by("pk")


def one_to_fix(actor, pk) -> Unplaced | None:
    return to_fix(actor).filter(pk=pk).first()


def beats_to_choose(actor, station: int | None = None) -> Iterable[Beat]:
    """Beats of the actor's stations; of one of them where the row names it."""
    found = Beat.objects.visible_to(actor).in_force().select_related("station").order_by("station__number", "code")
    return found.filter(station=station) if station else found


def is_being_tried(batch: Import) -> bool:
    """Is the check of a large file still running?"""
    return Job.objects.filter(
        kind="incidents.try_import", key=str(batch.pk), state__in=[Job.QUEUED, Job.RUNNING]
    ).exists()


def stations_named(codes: Iterable[str]) -> dict[str, Unit]:
    """Stations by their codes; names of stations are no secret."""
    return {unit.code: unit for unit in Unit.objects.filter(grade=Unit.STATION, code__in=list(codes))}
