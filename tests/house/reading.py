"""What the house tests read: the files of this repository, each with its place on the floors."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "kalantar"
# From the top down; what stands on one line does not know its neighbours. The same order is kept for imports by
# import-linter in pyproject.toml.
FLOORS = [
    "project", "overview", "incidents", "territory", "people", "web", "kernel", "formats", "calibration",
    "analysis persian worlds",
]  # fmt: skip
CELLAR = ("analysis", "calibration", "formats", "persian", "worlds")
TEXT = {
    ".py", ".html", ".txt", ".md", ".css", ".js", ".mjs", ".svg", ".toml", ".po", ".in", ".lock", ".csv", ".json",
    ".geojson", ".yml", ".yaml", ".sh", ".cfg", ".typ", "",
}  # fmt: skip


def floor(room: str) -> int:
    """The height of a room; the higher may use the lower."""
    for height, names in enumerate(reversed(FLOORS)):
        if room in names.split():
            return height
    raise KeyError(f"the room '{room}' stands on no floor: name it in tests/house/reading.py and pyproject.toml")


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0]


def python_files(*names: str) -> list[Path]:
    """Every module of the package, or only those of these names: `views` finds views.py and views/*.py."""
    found = sorted(path for path in PACKAGE.rglob("*.py") if "__pycache__" not in path.parts)
    if not names:
        return found
    return [path for path in found if path.stem in names or set(path.relative_to(PACKAGE).parts[:-1]) & set(names)]


def templates() -> list[Path]:
    return sorted(PACKAGE.glob("*/templates/**/*.html"))


def static_files(*suffixes: str) -> list[Path]:
    found = sorted(path for path in PACKAGE.glob("*/static/**/*") if path.is_file())
    return [path for path in found if path.suffix in suffixes] if suffixes else found


@cache
def tracked() -> list[Path]:
    """What git holds, or in an unpacked archive every file outside the environment."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == 0 and done.stdout:
        paths = [ROOT / name for name in done.stdout.split("\0") if name]
        return [path for path in paths if path.is_file() and not path.is_symlink()]
    ignored = {".git", ".venv", "var", "build", "dist"}
    return [
        path
        for path in sorted(ROOT.rglob("*"))
        if path.is_file() and not {part for part in path.relative_to(ROOT).parts if part in ignored or "cache" in part}
    ]


def tracked_text() -> list[Path]:
    return [path for path in tracked() if path.suffix in TEXT]


def written_by_us() -> list[Path]:
    """Text files whose layout is ours: not licences, not data, not what others made."""
    vendored = {path for path, _ in vendor()}
    return [
        path
        for path in tracked_text()
        if path.suffix not in {".csv", ".json", ".geojson", ".lock"}
        and "LICENSE" not in path.name
        and path.parent.name != "LICENSES"
        and path not in vendored
    ]


def vendor() -> list[tuple[Path, dict]]:
    """The files that others made and we carry, as requirements/vendor.toml names them."""
    import tomllib

    listed = tomllib.loads((ROOT / "requirements" / "vendor.toml").read_text(encoding="utf-8"))
    return [(ROOT / entry["path"], entry) for entry in listed.get("file", [])]


def where(path: Path, text: str, at: int) -> str:
    return f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, at) + 1}"


def every(pattern: str, text: str) -> list[re.Match]:
    return list(re.finditer(pattern, text))


def inside(sample: str, path: Path | None = None) -> str:
    """The text of a planted sample or of a file: each promise is tried on samples before it reads the house."""
    return sample if path is None else path.read_text(encoding="utf-8")
