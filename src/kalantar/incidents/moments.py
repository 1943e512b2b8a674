"""Hours of a zone as minutes since 1970 in UTC, and back to its days; many at once."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from kalantar.persian.digits import to_latin

from .rows import EPOCH, NO_TIME


def to_utc(day: np.ndarray, minute: np.ndarray, zone: ZoneInfo) -> np.ndarray:
    """Minutes since 1970 in UTC of local days and minutes. On the two days a year when clocks change each row is asked
    by itself: an hour that comes twice is the first one, one that is left out counts as the hour after it."""
    if not len(day):
        return np.zeros(0, np.int64)
    days, back = np.unique(np.where(day == NO_TIME, 0, day), return_inverse=True)
    days = np.clip(days, -200_000, 500_000)
    offsets = np.empty(len(days), np.int64)
    changes = np.zeros(len(days), bool)
    for at, d in enumerate(days.tolist()):
        start = datetime.fromordinal(d + EPOCH)
        first, last = _offset(start, zone), _offset(start + timedelta(hours=23, minutes=59), zone)
        offsets[at], changes[at] = first, first != last or _offset(start + timedelta(hours=12), zone) != first
    local = days[back] * 1440 + minute
    made = local - offsets[back]
    if changes.any():
        for at in np.flatnonzero(changes[back]).tolist():
            moment = datetime.fromordinal(int(days[back[at]]) + EPOCH) + timedelta(minutes=int(minute[at]))
            made[at] = int(local[at]) - _offset(moment, zone)
    return made


def _offset(moment: datetime, zone: ZoneInfo) -> int:
    return int((moment.replace(tzinfo=zone).utcoffset() or timedelta(0)).total_seconds() // 60)


def local_days(at: np.ndarray, zone: ZoneInfo) -> np.ndarray:
    """The local day of moments given as minutes since 1970 in UTC."""
    quarters, back = np.unique(at // 15, return_inverse=True)
    days = [datetime.fromtimestamp(q * 900, UTC).astimezone(zone).date().toordinal() - EPOCH for q in quarters.tolist()]
    return np.array(days, np.int64)[back]


def span(text: str) -> tuple[int, int]:
    """Two times of day in one text; (-1, -1) for an empty one, (-2, -2) for anything else."""
    plain = to_latin(text).strip()
    if not plain:
        return -1, -1
    found = re.findall(r"(?<!\d)(\d{1,2})(?::(\d{2}))?(?!\d)", plain)
    if len(found) != 2:
        return -2, -2
    (h1, m1), (h2, m2) = found
    one, two = int(h1) * 60 + int(m1 or 0), int(h2) * 60 + int(m2 or 0)
    return (one, two) if max(int(h1), int(h2)) < 24 and max(int(m1 or 0), int(m2 or 0)) < 60 else (-2, -2)
