"""The web server and the worker, after the gate has looked at everything that could lose or reveal something."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from kalantar.kernel import jobs

from . import gate as gates
from .sentences import marked as _
from .stop import Stop


def gate(host: str = "127.0.0.1") -> None:
    """Refuse to start on storage that would lose what was acknowledged, or with settings that would open a door."""
    found = gates.before() + gates.inside()
    if all(f.good for f in found):
        found.append(gates.door(host))
    refusal = gates.refusal(found)
    if refusal:
        raise Stop(refusal)


def insist_free(host: str, port: int) -> None:
    """Refuse a port that is none, or that another program holds."""
    if not 0 < port < 65536:
        raise Stop(_("%(port)s is not a port. Please choose one from 1024 to 65535."), port=str(port))
    if taken(port, host):
        raise Stop(
            _("Port %(port)s cannot be had; another program may hold it. Please choose another: %(option)s"),
            port=str(port),
            option=f"--port {port + 1 if port < 65535 else 8321}",
        )


def taken(port: int, host: str = "127.0.0.1") -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def collect_static() -> None:
    """Lay out the static files once for each state of their sources."""
    sources = sorted((Path(__file__).resolve().parents[1]).glob("*/static/**/*"))
    state = hashlib.sha256(
        "\n".join(f"{p}:{p.stat().st_mtime_ns}" for p in sources if p.is_file()).encode()
    ).hexdigest()
    mark = Path(settings.DATA) / "static.state"
    if mark.exists() and mark.read_text() == state and Path(settings.STATIC_ROOT).exists():
        return
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    mark.write_text(state)


def server_command(host: str, port: int, workers: int) -> list[str]:
    """A web worker that dies is replaced at once."""
    return [
        sys.executable,
        "-P",
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--host",
        host,
        "--port",
        str(port),
        "--workers",
        str(workers),
        "--respawn-failed-workers",
        "--respawn-interval",
        "0.5",
        "--workers-kill-timeout",  # one that is asked to end while it still starts would never hear it
        "8",
        "--blocking-threads",
        "4",
        "--log-level",
        "warning",
        "kalantar.project.wsgi:application",
    ]


def environment() -> dict[str, str]:
    return {**os.environ, "DJANGO_SETTINGS_MODULE": "kalantar.project.settings"}


def serve(host: str, port: int, workers: int) -> int:
    """Become the web server: a service manager then watches and ends the server itself, not a parent of it."""
    if workers < 1:
        raise Stop(_("A server needs at least one worker. Nothing was started."))
    insist_free(host, port)
    gate(host)
    collect_static()
    connection.close()
    sys.stdout.flush()
    command = server_command(host, port, workers)
    os.execve(command[0], command, environment())  # noqa: S606 - our own interpreter, no shell


def work(*, once: bool = False) -> int:
    gate()
    if once:
        jobs.tick()
        jobs.run_due()
        return 0
    stop = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: stop.set())
    with compiling():
        jobs.work(stop.is_set)
    return 0


@contextlib.contextmanager
def compiling() -> Iterator[None]:
    """Compile the analysis kernels into their cache beside the worker, behind everything else this machine does, so
    that nobody who asks a question waits for a compiler. Done once, it takes two seconds at every later start."""
    command = [sys.executable, "-P", "-m", "kalantar.analysis.kernels"]
    beside = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, beside.pid, 19)
    try:
        yield
    finally:
        if beside.poll() is None:
            beside.terminate()
        beside.wait()
