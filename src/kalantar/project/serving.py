"""The web server and the worker, after the gate has looked at the storage."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from kalantar.kernel import installation, jobs, storage

from .cli import Stop


def gate() -> None:
    """Refuse to serve on storage that would lose what was acknowledged, or with a profile the installation is not."""
    from .opening import unapplied

    waiting = unapplied()
    if waiting:
        raise Stop(
            f"The tables are behind this version ({waiting} migrations wait). Nothing was changed. Run: kalantar upgrade"
        )
    try:
        facts = installation.current()
    except installation.NotInstalled:
        raise Stop("Nothing is installed in this data folder. Run: kalantar init") from None
    if facts.kind != settings.PROFILE:
        raise Stop(
            f"This installation is a {facts.kind}, and KALANTAR_PROFILE says {settings.PROFILE}. Nothing was started."
        )
    bad = [found for found in storage.inspect(connection, Path(settings.DATA)) if not found.good]
    if bad:
        raise Stop("; ".join(f"{found.name} is {found.value}. {found.cure}" for found in bad))
    if not facts.is_demo and not settings.HOSTS:
        raise Stop(
            "KALANTAR_HOSTS names no host. Set it to the names under which the server is reached, separated by commas."
        )


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
        "--blocking-threads",
        "4",
        "--log-level",
        "warning",
        "kalantar.project.wsgi:application",
    ]


def environment() -> dict[str, str]:
    return {**os.environ, "DJANGO_SETTINGS_MODULE": "kalantar.project.settings"}


def serve(host: str, port: int, workers: int) -> int:
    gate()
    collect_static()
    connection.close()
    return subprocess.run(server_command(host, port, workers), env=environment(), check=False).returncode


def work(*, once: bool = False) -> int:
    gate()
    if once:
        jobs.tick()
        jobs.run_due()
        return 0
    stop = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: stop.set())
    jobs.work(stop.is_set)
    return 0
