"""The power fails: what is left is what had been synced.

A child runs one of the product's own verbs again and again under `strace` and acknowledges each. From the trace the
database's files are built anew as they would stand after a cut at each acknowledgement: synced writes only, or synced
writes and a random part of the others (a disk may write them in any order). Then the product's own SQLite opens them.

The model loses writes; it does not tear a sector or lie about a sync. Needs no root.
"""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CALLS = "openat,write,pwrite64,fsync,fdatasync,ftruncate,unlink,rename"
_CALL = re.compile(r"^(?:\d+\s+)?(\w+)\((.*)\)\s+= (-?\d+)")
_FILE = re.compile(r"(\d+)<([^>]*)>")
_HEX = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


def tracer() -> str | None:
    """The program strace, if it is there and may trace here."""
    found = shutil.which("strace")
    if found and subprocess.run([found, "-o", "/dev/null", "true"], capture_output=True, check=False).returncode == 0:
        return found
    return None


def record(data: Path, trace: Path, *, times: int, synchronous: str) -> None:
    """Run the verb `times` times on the installation in `data`, tracing every write."""
    command = [tracer(), "-f", "-y", "-xx", "-s", "70000", "-e", f"trace={CALLS}", "-o", trace]
    child = [sys.executable, "-P", "-m", "tests.harness.power_cut", str(data), str(times), synchronous]
    environment = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
        "KALANTAR_PROFILE": "test",
        "KALANTAR_DATA": str(data),
        "DJANGO_SETTINGS_MODULE": "kalantar.project.settings",
    }
    done = subprocess.run([*command, *child], env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])


@dataclass
class Disk:
    """What has reached the disk of each file, and what was written since its last sync."""

    synced: dict[str, bytearray]
    waiting: dict[str, list[tuple]] = field(default_factory=dict)

    def after_a_cut(self, chance: random.Random | None = None) -> dict[str, bytes]:
        """The files as they stand when the power comes back."""
        left = {name: bytearray(content) for name, content in self.synced.items()}
        if chance:
            for name, steps in self.waiting.items():
                for step in steps:
                    if chance.random() < 0.5:
                        _apply(left.setdefault(name, bytearray()), step)
        return {name: bytes(content) for name, content in left.items()}

    def write(self, name: str, at: int, content: bytes) -> None:
        self.waiting.setdefault(name, []).append((at, content))

    def truncate(self, name: str, size: int) -> None:
        self.waiting.setdefault(name, []).append((size, None))

    def sync(self, name: str) -> None:
        content = self.synced.setdefault(name, bytearray())
        for step in self.waiting.pop(name, []):
            _apply(content, step)

    def unlink(self, name: str) -> None:
        self.synced.pop(name, None)
        self.waiting.pop(name, None)


def _apply(content: bytearray, step: tuple) -> None:
    at, written = step
    if written is None:
        del content[at:]
        content.extend(bytes(at - len(content)))
        return
    if len(content) < at:
        content.extend(bytes(at - len(content)))
    content[at : at + len(written)] = written


def cuts(before: dict[str, bytes], trace: Path, acknowledgements: str) -> Iterator[tuple[int, Disk]]:
    """The disk at each acknowledgement. `before` holds the database's files as they stood when the child began."""
    disk = Disk({name: bytearray(content) for name, content in before.items()})
    stem = next(iter(sorted(before, key=len)))
    with trace.open(encoding="ascii") as lines:
        for line in lines:
            found = _CALL.match(line)
            if not found or found[3].startswith("-"):
                continue
            call, arguments = found[1], found[2]
            if call == "unlink":
                name = Path(bytes.fromhex(_HEX.search(arguments)[1].replace("\\x", "")).decode()).name
                disk.unlink(name)
                continue
            opened = _FILE.match(arguments)
            if opened is None:
                continue
            name = Path(opened[2] if "\\x" not in opened[2] else _text(opened[2])).name
            if name == acknowledgements and call == "write":
                yield int(_bytes(arguments)), disk
            elif not name.startswith(stem) or name.endswith("-shm"):
                continue
            elif call == "pwrite64":
                disk.write(name, int(arguments.rsplit(",", 1)[1]), _bytes(arguments))
            elif call == "write":
                raise AssertionError("SQLite writes at a place; a plain write is not expected")
            elif call == "ftruncate":
                disk.truncate(name, int(arguments.rsplit(",", 1)[1]))
            elif call in {"fsync", "fdatasync"}:
                disk.sync(name)


def _bytes(arguments: str) -> bytes:
    return bytes.fromhex(_HEX.search(arguments)[1].replace("\\x", ""))


def _text(escaped: str) -> str:
    return bytes.fromhex(escaped.replace("\\x", "")).decode()


@dataclass(frozen=True)
class Left:
    """What an opened database says of itself after a cut."""

    whole: bool
    moved: int  # how far the verb's own row has come
    lines: int  # how many of the verb's audit lines there are
    head: int  # the chain's last number


def opened(files: dict[str, bytes], folder: Path) -> Left:
    """Lay the files out and open them as the product would."""
    from kalantar.kernel import storage

    storage.use_kept_sqlite()
    import sqlite3

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    kept = sqlite3.connect(folder / min(files, key=len))
    try:
        whole = kept.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        moved = kept.execute("SELECT offset_s FROM kernel_installation").fetchone()[0]
        lines = kept.execute("SELECT COUNT(*) FROM kernel_auditline WHERE what = 'installation.clock_moved'").fetchone()
        head = kept.execute("SELECT seq FROM kernel_audithead WHERE chain = 'province'").fetchone()
        return Left(whole, moved, lines[0], head[0])
    except sqlite3.DatabaseError:
        return Left(False, -1, -1, -1)
    finally:
        kept.close()


def _child(data: Path, times: int, synchronous: str) -> None:
    """Move the clock by a second again and again; say so on the file of acknowledgements after each."""
    import os
    from datetime import timedelta

    from kalantar.kernel import storage

    kept = storage.sqlite_pragmas
    storage.sqlite_pragmas = lambda version: {**kept(version), "synchronous": synchronous}
    import django

    django.setup()
    from kalantar.kernel import verbs
    from kalantar.people.actors import COMMAND_LINE

    out = os.open(data / "acknowledged", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for n in range(1, times + 1):
        verbs.move_clock(timedelta(seconds=1), by=COMMAND_LINE)
        os.write(out, f"{n}\n".encode())
    os._exit(0)  # as the power does: nothing is tidied up


if __name__ == "__main__":
    _child(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
