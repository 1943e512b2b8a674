"""Which beat and station a place lies in. Decided on the full lines, half-open: every place in exactly one beat."""

from __future__ import annotations

import io
import os
import tempfile
import threading
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import shapely
from django.conf import settings
from django.db.models import CharField, Count, Max, Sum
from django.db.models.functions import Cast

from kalantar.analysis import InputError
from kalantar.analysis.areas import PolygonIndex

from .models import Beat

_lock = threading.Lock()
_kept: tuple[tuple, Index] | None = None


@dataclass(frozen=True)
class Index:
    """The beats in force, ready to be asked. Positions of `polygons` are positions in the two lists of ids."""

    polygons: PolygonIndex | None
    beat_ids: np.ndarray
    station_ids: np.ndarray

    def locate(self, lon, lat) -> tuple[np.ndarray, np.ndarray]:
        """Beat and station of each place, int64; -1 outside all beats and for coordinates that are not numbers."""
        lon, lat = np.atleast_1d(np.asarray(lon, float)), np.atleast_1d(np.asarray(lat, float))
        if self.polygons is None:
            nowhere = np.full(lon.size, -1, np.int64)
            return nowhere, nowhere.copy()
        at = self.polygons.locate(lon, lat)
        return np.append(self.beat_ids, -1)[at], np.append(self.station_ids, -1)[at]


def locate(lon, lat) -> tuple[np.ndarray, np.ndarray]:
    """Beat and station of places, given as numbers or arrays. One statement when no line has changed."""
    return index().locate(lon, lat)


def index() -> Index:
    """The index over the beats in force: from this process, from the disk, or built anew when a line has changed."""
    global _kept
    key = _version()
    kept = _kept
    if kept and kept[0] == key:
        return kept[1]
    with _lock:
        if not (_kept and _kept[0] == key):
            _kept = key, _from_disk(key) or _built(key)
        return _kept[1]


def _version() -> tuple:
    """What changes whenever a beat begins or ends. The uid is part of it because a row's id may be given again."""
    newest = Max(Cast("uid", CharField()))
    return tuple(Beat.objects.in_force().aggregate(n=Count("pk"), ids=Sum("pk"), newest=newest).values())


def _built(key: tuple) -> Index:
    rows = list(
        Beat.objects.in_force().order_by("station_id", "code", "pk").values_list("pk", "station_id", "geometry")
    )
    if not rows:
        return Index(None, np.empty(0, np.int64), np.empty(0, np.int64))
    polygons = PolygonIndex(shapely.from_wkb([bytes(wkb) for _, _, wkb in rows]))
    made = Index(polygons, np.array([pk for pk, _, _ in rows], np.int64), np.array([s for _, s, _ in rows], np.int64))
    _to_disk(key, polygons, made)
    return made


def _file(key: tuple) -> Path:
    return Path(settings.DATA) / "cache" / f"beats-{sha256(repr(key).encode()).hexdigest()[:24]}.npz"


def _from_disk(key: tuple) -> Index | None:
    """A spoiled or older file is no reason to stop: the lines themselves are in the database."""
    try:
        with np.load(_file(key), allow_pickle=False) as kept:
            polygons = PolygonIndex.from_bytes(kept["polygons"].tobytes())
            return Index(polygons, kept["beat_ids"], kept["station_ids"])
    except (OSError, ValueError, KeyError, EOFError, InputError):
        return None


def _to_disk(key: tuple, polygons: PolygonIndex, made: Index) -> None:
    """Kept for the next process; a full disk only costs the next start a second."""
    path, packed = _file(key), io.BytesIO()
    np.savez(
        packed,
        polygons=np.frombuffer(polygons.to_bytes(), np.uint8),
        beat_ids=made.beat_ids,
        station_ids=made.station_ids,
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, half = tempfile.mkstemp(dir=path.parent, prefix=".beats-")
        with os.fdopen(handle, "wb") as out:
            out.write(packed.getbuffer())
        os.replace(half, path)
        for older in sorted(path.parent.glob("beats-*.npz"), key=lambda p: p.stat().st_mtime)[:-2]:
            older.unlink(missing_ok=True)
    except OSError:
        return
