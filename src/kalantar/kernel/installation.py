"""What this installation is: written once, so that a demonstration's law, passwords or clock never enter a real one."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta

KINDS = ("demo", "station", "province", "test")
_KEEP_S = 2.0
_cached: tuple[float, Facts] | None = None


@dataclass(frozen=True)
class Facts:
    """The installation's row as every page needs it."""

    kind: str
    name: str
    name_en: str
    time_zone: str
    offset: timedelta
    uid: str

    @property
    def is_demo(self) -> bool:
        return self.kind in {"demo", "test"}


class NotInstalled(Exception):
    """`init` or `demo` has not been run on this database."""


def current() -> Facts:
    """This installation. Read from the database at most every two seconds, since the demonstration's clock may move."""
    global _cached
    if _cached and time.monotonic() - _cached[0] < _KEEP_S:
        return _cached[1]
    from .models import Installation

    row = Installation.objects.first()
    if row is None:
        raise NotInstalled
    facts = Facts(row.kind, row.name, row.name_en, row.time_zone, timedelta(seconds=row.offset_s), str(row.uid))
    _cached = (time.monotonic(), facts)
    return facts


def forget() -> None:
    """Read the row again at the next question."""
    global _cached
    _cached = None
