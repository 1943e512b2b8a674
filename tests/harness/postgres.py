"""A PostgreSQL of our own: a fresh cluster in a temporary folder, on a private port, gone afterwards.

The server refuses to run as root, so then it runs as `postgres` (or `nobody`). Its settings for safety (fsync,
full_page_writes, synchronous_commit) are left as an installation would have them.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

DEBIAN = Path("/usr/lib/postgresql")  # where Debian keeps its versions beside each other, outside the path


class PostgresFailed(Exception):
    """The server could not be started; says what it printed."""


def find() -> Path | None:
    """The folder with `initdb` and `postgres`, newest version first; version 15 or later."""
    folders = [Path(found).resolve().parent for name in ("initdb",) if (found := shutil.which(name))]
    folders += sorted(DEBIAN.glob("*/bin"), key=_version, reverse=True)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists() and (_version(folder) or 15) >= 15:
            return folder
    return None


@contextlib.contextmanager
def running(programs: Path) -> Iterator[str]:
    """Start a server and give its address, `postgres://…`; stop it and sweep its folder away at the end."""
    home = Path(tempfile.mkdtemp(prefix="kalantar-pg-"))
    who = _unprivileged()
    try:
        if who:
            os.chown(home, who.pw_uid, who.pw_gid)
        password = secrets.token_urlsafe(18)
        (home / "password").write_text(password)
        if who:
            os.chown(home / "password", who.pw_uid, who.pw_gid)
        _run(
            [
                programs / "initdb",
                "-D",
                home / "data",
                "-U",
                "kalantar",
                "-E",
                "UTF8",
                "--locale=C",
                "--auth=scram-sha-256",
                f"--pwfile={home / 'password'}",
            ],
            who,
            home,
        )
        with _server(programs, home, who) as port:
            yield f"postgres://kalantar:{password}@127.0.0.1:{port}/postgres"
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextlib.contextmanager
def _server(programs: Path, home: Path, who) -> Iterator[int]:
    for _ in range(3):  # another program may take the free port first
        port = _free_port()
        with (home / "log").open("wb") as log:
            server = subprocess.Popen(
                [
                    programs / "postgres",
                    "-D",
                    home / "data",
                    "-k",
                    home,
                    "-p",
                    str(port),
                    "-c",
                    "listen_addresses=127.0.0.1",
                    "-c",
                    "max_connections=120",
                ],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd=home,
                env=_environment(home),
                preexec_fn=_die_with_parent,
                **_as(who),
            )
        try:
            if _answers(server, port):
                yield port
                return
        finally:
            if server.poll() is None:
                server.send_signal(signal.SIGINT)
                try:
                    server.wait(30)
                except subprocess.TimeoutExpired:
                    server.kill()
                    server.wait()
    raise PostgresFailed((home / "log").read_text(errors="replace")[-2000:])


def _answers(server, port: int) -> bool:
    for _ in range(300):
        if server.poll() is not None:
            return False
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        time.sleep(0.1)
    return False


def _version(folder: Path) -> int:
    return int(folder.parent.name) if folder.parent.name.isdigit() else 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _unprivileged():
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise PostgresFailed("there is neither a user 'postgres' nor 'nobody' to run the server as")


def _as(who) -> dict:
    return {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []} if who else {}


def _environment(home: Path) -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", ""), "HOME": str(home), "LC_ALL": "C", "TZ": "UTC"}


def _run(command, who, home: Path) -> None:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=home, env=_environment(home), check=False, **_as(who)
        )
    except OSError as no:  # the server's user may not run it
        raise PostgresFailed(str(no)) from no
    if done.returncode:
        raise PostgresFailed(done.stderr.strip() or done.stdout.strip())


def _die_with_parent() -> None:
    """Should the test run be killed, its server stops with it (Linux: PR_SET_PDEATHSIG)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGINT)
