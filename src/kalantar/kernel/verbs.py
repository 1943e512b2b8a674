"""The ground's own changes of state: opening an installation, moving a demonstration's clock."""

from __future__ import annotations

from datetime import timedelta

from . import audit, clock, installation
from .change import Refused, verb
from .models import Installation


@verb
def open_installation(
    kind: str, *, by, name: str, name_en: str, time_zone: str, offset: timedelta = timedelta(0)
) -> Installation:
    """Say once what this installation is. It can never become another kind."""
    if kind not in installation.KINDS:
        raise Refused("installation_kind_unknown", kind=kind)
    if Installation.objects.exists():
        raise Refused("installation_exists")
    row = Installation.objects.create(
        kind=kind,
        name=name,
        name_en=name_en,
        time_zone=time_zone,
        offset_s=int(offset.total_seconds()),
        created_at=clock.wall(),
    )
    installation.forget()
    audit.record("installation.opened", row, by=by, kind=kind)
    return row


@verb
def move_clock(by_how_much: timedelta, *, by) -> timedelta:
    """Let a demonstration's day go forward. A real installation has no such clock, and no clock goes back."""
    row = Installation.objects.select_for_update().get()
    if row.kind not in {"demo", "test"}:
        raise Refused("clock_is_real")
    if by_how_much <= timedelta(0):
        raise Refused("clock_only_forward")
    row.offset_s += int(by_how_much.total_seconds())
    Installation.objects.filter(pk=row.pk).update(offset_s=row.offset_s)
    installation.forget()
    audit.record("installation.clock_moved", row, by=by, seconds=int(by_how_much.total_seconds()))
    return timedelta(seconds=row.offset_s)
