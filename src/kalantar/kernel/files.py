"""Files under their own digest: temp, fsync, rename, fsync of the folder, and only then the row."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from . import clock


class TooLarge(ValueError):
    """More bytes than the door allows."""


def _folder() -> Path:
    return Path(settings.DATA) / "files"


def path_of(stored) -> Path:
    return _folder() / stored.sha256[:2] / stored.sha256


def _chunks(source: bytes | BinaryIO | Iterable[bytes]) -> Iterable[bytes]:
    if isinstance(source, bytes):
        yield source
    elif hasattr(source, "chunks"):
        yield from source.chunks()
    elif hasattr(source, "read"):
        while chunk := source.read(1 << 20):
            yield chunk
    else:
        yield from source


def put(source: bytes | BinaryIO | Iterable[bytes], *, limit: int = 200_000_000):
    """Keep a file and return its row. The same bytes are kept once."""
    from .models import StoredFile

    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".new-")
    try:
        digest, size = hashlib.sha256(), 0
        with os.fdopen(handle, "wb") as out:
            for chunk in _chunks(source):
                size += len(chunk)
                if size > limit:
                    raise TooLarge(limit)
                digest.update(chunk)
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
        name = digest.hexdigest()
        home = folder / name[:2]
        home.mkdir(exist_ok=True)
        os.replace(temporary, home / name)
        settle(home)
        settle(folder)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return StoredFile.objects.get_or_create(sha256=name, defaults={"size": size, "created_at": clock.wall()})[0]


def settle(folder: Path) -> None:
    """Make names that were written into a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def open_(stored) -> BinaryIO:
    return path_of(stored).open("rb")


def discard(stored) -> None:
    """Forget a file whose last owner row is gone."""
    path_of(stored).unlink(missing_ok=True)
    stored.delete()


def sweep_unfinished(older_than: timedelta = timedelta(hours=12)) -> int:
    """Pieces that a killed process left before they had a name."""
    gone = 0
    for path in _folder().glob(".new-*"):
        if time.time() - path.stat().st_mtime > older_than.total_seconds():
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def strays() -> tuple[list[str], list[str]]:
    """Rows without their file, and files without a row. Both should be empty."""
    from .models import StoredFile

    rows = set(StoredFile.objects.values_list("sha256", flat=True))
    kept = {p.name for p in _folder().glob("??/*")}
    return sorted(rows - kept), sorted(kept - rows)


def changed() -> list[str]:
    """Files whose bytes are no longer those of their name."""
    found = []
    for path in sorted(_folder().glob("??/*")):
        with path.open("rb") as source:
            if hashlib.file_digest(source, "sha256").hexdigest() != path.name:
                found.append(path.name)
    return found
