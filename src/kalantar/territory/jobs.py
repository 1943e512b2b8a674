"""What the clock does for this room."""

from __future__ import annotations

from datetime import time, timedelta

from kalantar.formats import FileRefused
from kalantar.kernel import clock
from kalantar.kernel.change import Overtaken, Refused
from kalantar.kernel.jobs import job
from kalantar.people.actors import SYSTEM

from . import imports
from .models import BoundaryFile

WAITS_DAYS = 7


@job("territory.sweep_files", at=time(3, 40))
def sweep_files(payload: dict) -> int:
    """A boundary file nobody decided about for a week is dropped. Returns how many were."""
    before = clock.now() - timedelta(days=WAITS_DAYS)
    dropped = 0
    for row in BoundaryFile.objects.filter(state=BoundaryFile.LOOKED_AT, made_at__lt=before).order_by("pk"):
        try:
            imports.drop(row, by=SYSTEM)
            dropped += 1
        except (Overtaken, Refused, FileRefused):
            continue
    return dropped
