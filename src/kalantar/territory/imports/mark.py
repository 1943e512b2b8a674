"""What the audit keeps of a file: ending and digest. Its name may carry a person's, and a line is never taken back."""

from __future__ import annotations

import hashlib
from pathlib import Path

from kalantar.formats import Limits

ENDINGS = frozenset({"geojson", "json", "gpkg", "zip"})  # any other ending is somebody's words, too


def mark_of(path, file_name: str) -> dict[str, str]:
    """Enough to find the row that knows the name, or to recognise the file. No digest of what is too large to read."""
    ending = file_name.rpartition(".")[2].lower()
    return {"ending": ending if ending in ENDINGS else "", "sha256": _digest(Path(path))}


def _digest(path: Path) -> str:
    try:
        if path.stat().st_size > Limits().file_bytes:
            return ""
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
