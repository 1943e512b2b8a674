"""`kalantar doctor`: what a station's technician should know, each with its cure. The start-up gate looks at a part of it."""

from __future__ import annotations

import json
import shutil
import sys
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection

from kalantar.kernel import audit, clock, files, installation, keys, storage
from kalantar.kernel.models import AuditLine, Job
from kalantar.kernel.storage import Finding
from kalantar.people.models import Officer

from . import opening

BACKUP_AGE = timedelta(hours=48)


def look() -> list[Finding]:
    """Everything at once; a bad one never hides the others."""
    found = [
        Finding("python", sys.version.split()[0], sys.version_info >= (3, 11), "Use Python 3.11 to 3.13."),
        Finding("profile", settings.PROFILE, True),
        Finding(
            "debug", str(settings.DEBUG), not settings.DEBUG, "DEBUG shows inner workings to strangers; switch it off."
        ),
    ]
    for name in keys.FILES:
        try:
            keys.read(Path(settings.KEYS), name)
            found.append(Finding(f"key_{name}", "kept", True))
        except keys.KeysRefused as refused:
            found.append(
                Finding(f"key_{name}", refused.key, False, f"Restore {settings.KEYS} and chmod 600 its files.")
            )
    inside = Path(settings.DATA) in Path(settings.KEYS).parents
    found.append(
        Finding(
            "keys_apart",
            str(settings.KEYS),
            not inside,
            "Move the keys out of the data folder: a backup or a thief would take both.",
        )
    )
    found += storage.inspect(connection, Path(settings.DATA))
    free = shutil.disk_usage(settings.DATA)
    found.append(
        Finding("disk_free", f"{free.free // 2**30} GiB", free.free > 2 * 2**30, "Free at least 2 GiB on this disk.")
    )
    waiting = opening.unapplied()
    found.append(Finding("tables", f"{waiting} migrations wait", not waiting, "Run: kalantar upgrade"))
    if waiting:
        return found
    try:
        facts = installation.current()
        found.append(
            Finding("installation", facts.kind, facts.kind == settings.PROFILE, f"Set KALANTAR_PROFILE={facts.kind}.")
        )
    except installation.NotInstalled:
        return [*found, Finding("installation", "none", False, "Run: kalantar init")]
    if not facts.is_demo:
        found.append(Finding("hosts", ",".join(settings.HOSTS) or "none", bool(settings.HOSTS), "Set KALANTAR_HOSTS."))
        found.append(
            Finding("tls", "on" if settings.TLS else "off", settings.TLS, "Serve over HTTPS; set KALANTAR_TLS=yes.")
        )
        weak = [
            o.username
            for o in Officer.objects.filter(is_active=True).only("username", "password")
            if o.check_password("kalantar-demo")
        ]
        found.append(
            Finding(
                "demo_passwords",
                ", ".join(weak) or "none",
                not weak,
                "Reset them: a demonstration's password is known to all.",
            )
        )
        found.append(_age("backup", "backup.last", BACKUP_AGE, "Run: kalantar backup FILE, each night."))
    failed = Job.objects.filter(state=Job.FAILED).count()
    late = Job.objects.filter(state=Job.QUEUED, due_at__lt=clock.now() - timedelta(minutes=15)).count()
    found.append(
        Finding("jobs_failed", str(failed), not failed, "Read their error in the log, mend the cause, and ask again.")
    )
    found.append(Finding("jobs_late", str(late), not late, "Is the worker running? Run: kalantar worker"))
    lost, stray = files.strays()
    found.append(
        Finding("files", f"{len(lost)} lost, {len(stray)} stray", not lost, "Restore the lost files from a backup.")
    )
    newest = AuditLine.objects.order_by("-at").values_list("at", flat=True).first()
    ahead = newest is not None and newest > clock.now() + timedelta(minutes=5)
    found.append(
        Finding(
            "clock",
            clock.now().isoformat(timespec="seconds"),
            not ahead,
            "The clock stands before the newest audit line: set it right before anybody works.",
        )
    )
    found.append(Finding("audit_head", audit.code_of(audit.heads()), True))
    return found


def _age(name: str, file: str, limit: timedelta, cure: str) -> Finding:
    path = Path(settings.DATA) / file
    if not path.exists():
        return Finding(name, "never", False, cure)
    age = clock.wall() - datetime.fromisoformat(path.read_text())
    return Finding(name, f"{int(age.total_seconds() // 3600)} hours old", age <= limit, cure)


def run(options) -> int:
    found = look()
    if options.json:
        print(json.dumps([f.__dict__ for f in found]))
    else:
        width = max(len(f.name) for f in found)
        for f in found:
            print(f"{'ok ' if f.good else 'BAD'} {f.name:<{width}}  {f.value}" + ("" if f.good else f"\n    {f.cure}"))
    return 0 if all(f.good for f in found) else 1
