"""What the pages ask about findings. They are made by a job, so that no page loads the statistics behind them."""

from __future__ import annotations

from datetime import date

from django.db.models import Subquery

from kalantar.kernel import asked

from .models import Finding

SPOT_DIGITS = 4  # of a degree: events within about ten metres are at one spot


def latest(actor, station_id: int, on: date) -> list[Finding]:
    """The findings of a morning, or of the last one before it that has any. One statement."""
    return asked.rows(("findings", actor.scope(), station_id, on), lambda: _latest(actor, station_id, on))


def _latest(actor, station_id: int, on: date):
    rows = Finding.objects.visible_to(actor).filter(station_id=station_id)
    newest = rows.filter(on__lte=on).order_by("-on").values("on")[:1]
    return (
        rows.filter(on=Subquery(newest))
        .select_related("type", "beat")
        .defer("beat__geometry", "beat__screen")
        .order_by("rank")
    )
