"""`kalantar doctor`: what a station's technician should know, each with its cure. The gate's list and more."""

from __future__ import annotations

import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from kalantar.kernel import audit, clock, files, installation
from kalantar.kernel.models import AuditLine, Job
from kalantar.kernel.storage import Finding
from kalantar.people import set_up
from kalantar.people.models import Officer

from . import gate
from .sentences import marked as _
from .sentences import say

BACKUP_AGE = timedelta(hours=48)
VERIFY_AGE = timedelta(days=8)
FREE_BYTES = 2 * 2**30

CURES = {
    "disk_free": _("Free at least 2 GB on this disk."),
    "backup": _("Make a copy each night: %(command)s"),
    "verified": _("Prove each week that nothing was changed: %(command)s"),
    "jobs_failed": _("Read the errors (%(first)s), mend the cause and ask again."),
    "jobs_late": _("The worker does not work. Run: %(command)s"),
    "files": _("Files are lost. Restore them from a copy: %(first)s"),
    "clock": _("The clock stands before the newest audit line. Set it right before anybody works."),
    "tls": _("Serve over HTTPS: passwords and sessions would travel in the clear."),
    "demo_passwords": gate.CURES["demo_passwords"],
}


def finding(name: str, value: object, good: bool, /, **args: object) -> Finding:
    return Finding(name, str(value), good, "" if good else say(CURES[name], **args))


def look() -> list[Finding]:
    """Everything at once; a bad one never hides the others, except where nothing more can be asked."""
    free = shutil.disk_usage(settings.DATA).free
    found = gate.before() + gate.inside()
    found.append(finding("disk_free", f"{free / 2**30:.1f} GB", free > FREE_BYTES))
    named = {f.name: f for f in found}
    if "kind" not in named:
        return found
    if not installation.current().is_demo:
        found = [f for f in found if f.name != "demo_passwords"] + _real()
    return found + _work() + _facts()


def _real() -> list[Finding]:
    """The gate asks the cast's names only; here everybody's password is tried."""
    active = Officer.objects.filter(is_active=True).only("username", "password")
    weak = [officer.username for officer in active if officer.check_password(set_up.DEMO_PASSWORD)]
    return [
        finding("tls", "on" if settings.TLS else "off", settings.TLS),
        finding("demo_passwords", ", ".join(weak) or "none", not weak),
        _age("backup", BACKUP_AGE, "./kalantar backup FILE"),
        _age("verified", VERIFY_AGE, "./kalantar verify"),
    ]


def _age(name: str, limit: timedelta, command: str) -> Finding:
    """How long ago a habit was kept; its mark is a file in the data folder."""
    try:
        said = (Path(settings.DATA) / {"backup": "backup.last", "verified": "verify.last"}[name]).read_text()
        at = datetime.fromisoformat(json.loads(said)["at"] if said.startswith("{") else said)
        age = clock.wall() - at
    except (OSError, ValueError, KeyError, TypeError):
        return finding(name, "never", False, command=command)
    hours = int(age.total_seconds() // 3600)
    return finding(name, f"{hours} h", timedelta(minutes=-5) <= age <= limit, command=command)


def _work() -> list[Finding]:
    failed = list(Job.objects.filter(state=Job.FAILED).values_list("kind", "key")[:100])
    late = Job.objects.filter(state=Job.QUEUED, due_at__lt=clock.now() - timedelta(minutes=15)).count()
    first = " ".join(failed[0]) if failed else ""
    return [
        finding("jobs_failed", len(failed), not failed, first=first),
        finding("jobs_late", late, not late, command="./kalantar worker"),
    ]


def _facts() -> list[Finding]:
    lost, stray = files.strays()
    newest = AuditLine.objects.order_by("-at").values_list("at", flat=True).first()
    now = clock.now()
    return [
        finding("files", f"{len(lost)} lost, {len(stray)} stray", not lost, first=lost[0] if lost else ""),
        finding("clock", f"{now:%Y-%m-%d %H:%M}", newest is None or newest <= now + timedelta(minutes=5)),
        Finding("audit_head", audit.code_of(audit.heads()), True),
    ]


def run(options) -> int:
    return gate.show(look(), as_json=options.json)
