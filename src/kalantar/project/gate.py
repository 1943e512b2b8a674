"""What must be right before anything starts. `serve`, `worker` and `demo` refuse on the first bad finding; `doctor`
shows the same list and more."""

from __future__ import annotations

import ipaddress
import json
import os
import sys
from pathlib import Path

from kalantar.kernel import keys, storage
from kalantar.kernel.storage import Finding

from .sentences import marked as _
from .sentences import say

PROFILES = ("demo", "station", "province", "test")

CURES = {
    "python": _("Use Python 3.11 to 3.13."),
    "profile": _("Set %(name)s to one of: %(choices)s"),
    "data": _("Choose another data folder, or let this user write there."),
    "database_url": _("Write the database's address as %(example)s, or leave it out."),
    "keys": _("Put the keys back into %(path)s, readable by this user only."),
    "keys_apart": _("Move the keys out of the data folder: a thief would take both."),
    "debug": _("This shows inner workings to strangers. Please switch it off."),
    "sqlite_version": _("This SQLite may damage the database. Please install the one of our lists."),
    "sqlite_journal": _("With this journal a power cut may lose reports. It must be %(wanted)s."),
    "sqlite_synchronous": _("With this setting a power cut loses reports. It must be %(wanted)s."),
    "sqlite_foreign_keys": _("Rows could point to nothing. This must be on."),
    "sqlite_secure_delete": _("Deleted rows would stay readable. This must be on."),
    "sqlite_mmap": _("This may damage the database. It must be 0."),
    "database": _("See to the database, or to its address; then try again."),
    "disk": _("Move the data folder to a disk of this machine."),
    "postgres_version": _("Use PostgreSQL 15 or newer."),
    "postgres_fsync": _("A power cut would lose reports. It must be on."),
    "postgres_full_page_writes": _("A power cut would damage the database. It must be on."),
    "postgres_synchronous_commit": _("A crash would lose reports. It must be on."),
    "tables": _("Run: %(command)s"),
    "tables_ahead": _("Use the newer version that made these tables."),
    "installation": _("Nothing is installed in this data folder. Run: %(command)s"),
    "kind": _("Set %(name)s to %(kind)s, or choose another data folder."),
    "hosts": _("Set %(name)s to the names under which the server is reached, separated by commas."),
    "tls": _("Serve over HTTPS behind a proxy on this machine: passwords would travel in the clear."),
    "demo_passwords": _("Reset these passwords: a demonstration's password is known to all."),
}


def finding(name: str, value: object, good: bool, /, **args: object) -> Finding:
    """One thing looked at, with its cure in the chosen language."""
    return Finding(name, str(value), good, "" if good else say(CURES[name], **args))


def before() -> list[Finding]:
    """What the environment alone tells, before Django stands."""
    profile = os.environ.get("KALANTAR_PROFILE", "")
    data = Path(os.environ["KALANTAR_DATA"]).resolve()
    folder = Path(os.environ.get("KALANTAR_KEYS", f"{data}.keys")).resolve()
    found = [
        finding("python", sys.version.split()[0], (3, 11) <= sys.version_info < (3, 14)),
        finding(
            "profile",
            profile or "-",
            profile in PROFILES,
            name="KALANTAR_PROFILE",
            choices=", ".join(p for p in PROFILES if p != "test"),
        ),
        _data(data),
        _database_url(data),
    ]
    for name in keys.FILES:
        try:
            keys.read(folder, name)
            seen, good = "kept", True
        except keys.KeysRefused as refused:
            seen, good = refused.key, False
        found.append(Finding(f"key_{name}", seen, good, "" if good else say(CURES["keys"], path=str(folder))))
    found.append(finding("keys_apart", folder, data != folder and data not in folder.parents))
    return found


def _data(data: Path) -> Finding:
    try:
        data.mkdir(parents=True, exist_ok=True)
        good = os.access(data, os.W_OK | os.X_OK)
    except OSError:
        good = False
    return finding("data", data, good)


def _database_url(data: Path) -> Finding:
    try:
        engine = storage.database(os.environ.get("KALANTAR_DATABASE_URL"), data)["ENGINE"].rsplit(".", 1)[1]
        good = True
    except (storage.StorageRefused, ValueError):
        engine, good = "unknown", False
    return finding("database_url", engine, good, example="postgres://user@host/name")


def tables() -> list[Finding]:
    """Do the tables fit this version?"""
    from . import opening

    waiting, ahead = opening.unapplied(), opening.ahead()
    return [
        finding("tables", f"{waiting} steps wait", not waiting, command="./kalantar upgrade"),
        finding("tables_ahead", ", ".join(ahead[:3]) or "none", not ahead),
    ]


def inside() -> list[Finding]:
    """What storage, settings and installation tell; the rest is not asked where the tables do not fit."""
    from django.conf import settings
    from django.db import DatabaseError, InterfaceError, connection

    from kalantar.kernel import installation

    try:
        storage.inspect(connection, Path(settings.DATA))
    except (DatabaseError, InterfaceError) as fault:
        return [finding("database", next(iter(str(fault).strip().splitlines()), type(fault).__name__), False)]
    found = [finding("debug", settings.DEBUG, not settings.DEBUG)]
    wanted = storage.sqlite_pragmas(storage.use_kept_sqlite())
    for seen in storage.inspect(connection, Path(settings.DATA)):
        named = wanted.get({"sqlite_journal": "journal_mode", "sqlite_synchronous": "synchronous"}.get(seen.name, ""))
        found.append(finding(seen.name, seen.value, seen.good, wanted=named))
    found += tables()
    if not all(f.good for f in found[-2:]):
        return found
    installation.forget()
    try:
        facts = installation.current()
    except installation.NotInstalled:
        return [*found, finding("installation", "none", False, command="./kalantar init")]
    kind = finding("kind", facts.kind, facts.kind == settings.PROFILE, name="KALANTAR_PROFILE", kind=facts.kind)
    found += [finding("installation", facts.uid, True), kind]
    return found if facts.is_demo else found + real()


def real() -> list[Finding]:
    """What a demonstration may do and a real installation may not."""
    from django.conf import settings

    from kalantar.people import set_up
    from kalantar.people.models import Officer

    cast = Officer.objects.filter(is_active=True, username__in=set_up.DEMO_NAMES).only("username", "password")
    weak = [officer.username for officer in cast if officer.check_password(set_up.DEMO_PASSWORD)]
    named = bool(settings.HOSTS) and not any("*" in host or host.startswith(".") for host in settings.HOSTS)
    return [
        finding("hosts", ",".join(settings.HOSTS) or "none", named, name="KALANTAR_HOSTS"),
        finding("demo_passwords", ", ".join(weak) or "none", not weak),
    ]


def door(host: str) -> Finding:
    """Would passwords leave this machine in the clear?"""
    from django.conf import settings

    from kalantar.kernel import installation

    safe = settings.TLS or installation.current().is_demo or is_loopback(host)
    return finding("tls", "on" if settings.TLS else "off", safe)


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def refusal(found: list[Finding]) -> str | None:
    """The bad findings as one text for stderr; None when all is well."""
    bad = [f"{f.name}: {f.value}. {f.cure}" for f in found if not f.good]
    return "\n  ".join([say(_("Nothing was started or changed:")), *bad]) if bad else None


def show(found: list[Finding], *, as_json: bool) -> int:
    """Print the findings; 1 when any is bad."""
    if as_json:
        print(json.dumps([f.__dict__ for f in found], ensure_ascii=False))
    else:
        width = max(len(f.name) for f in found)
        for f in found:
            print(f"{'ok ' if f.good else 'BAD'} {f.name:<{width}}  {f.value}" + ("" if f.good else f"\n    {f.cure}"))
    return 0 if all(f.good for f in found) else 1
