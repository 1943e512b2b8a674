"""`backup`, `restore`, `verify`, `upgrade`."""

from __future__ import annotations

import json
from pathlib import Path

from django.conf import settings

from kalantar.incidents.totals import verify_totals
from kalantar.kernel import audit, clock, files
from kalantar.kernel import backup as sealed_copy
from kalantar.people.actors import COMMAND_LINE

from . import opening
from .cli import Stop


def backup(path: Path) -> int:
    if path.exists():
        raise Stop(f"{path} exists already and was left as it is. Choose a new name.")
    if opening.unapplied():
        raise Stop("The tables are behind this version. Run: kalantar upgrade")
    manifest = sealed_copy.write(path)
    rows = sum(table["rows"] for table in manifest["tables"].values())
    audit.tried("installation.backed_up", "kernel.installation:1", by=COMMAND_LINE, rows=rows)
    print(
        f"{path}: {rows:,} rows and {len(manifest['files'])} files, sealed. The keys are not in it; keep them elsewhere, with two people."
    )
    return 0


def restore(path: Path) -> int:
    if not path.is_file():
        raise Stop(f"There is no file {path}. Nothing was changed.")
    opening.migrate()
    manifest = sealed_copy.restore(path)
    total, faults = audit.verify()
    if faults:
        raise Stop(
            f"The copy is in, but its audit chain is broken at {faults[0].chain} {faults[0].seq}: do not work with it. Call the province."
        )
    print(
        f"Restored as of {manifest['taken_at']}: {sum(t['rows'] for t in manifest['tables'].values()):,} rows, {total:,} audit lines whole."
    )
    return 0


def look(code: str | None, *, totals: bool) -> dict:
    lines, faults = audit.verify(code)
    lost, stray = files.strays()
    found = {
        "audit_lines": lines,
        "faults": [{"chain": f.chain, "seq": f.seq, "what": f.what} for f in faults],
        "files_lost": lost,
        "files_stray": stray,
        "totals": [
            f"{d.station}/{d.beat}/{d.type}/{d.local_date}: {d.kept} for {d.counted}" for d in verify_totals()[1]
        ]
        if totals
        else None,
    }
    found["whole"] = not (faults or lost or found["totals"])
    return found


def verify(options) -> int:
    found = look(options.code, totals=options.totals)
    (Path(settings.DATA) / "verify.last").write_text(json.dumps({"at": str(clock.wall()), "whole": found["whole"]}))
    if options.json:
        print(json.dumps(found))
    else:
        print(f"{found['audit_lines']:,} audit lines read.")
        for fault in found["faults"]:
            print(f"  {fault['what']}: {fault['chain']} line {fault['seq']}")
        for name in ("files_lost", "files_stray"):
            if found[name]:
                print(f"  {name}: {len(found[name])}, first {found[name][0]}")
        if options.totals:
            print(
                f"  totals that differ from a recount: {len(found['totals'])}"
                if found["totals"]
                else "  totals equal a recount"
            )
        print(
            "Whole."
            if found["whole"]
            else "Not whole. Keep everything as it is, write this down in the duty book and call the province."
        )
    return 0 if found["whole"] else 1


def upgrade() -> int:
    """Back up, migrate, verify: in this order, and nothing is lost when a step fails."""
    waiting = opening.unapplied()
    if not waiting:
        print("The tables are at this version already.")
        return 0
    folder = Path(settings.DATA) / "backups"
    folder.mkdir(exist_ok=True)
    stamp = clock.wall().strftime("%Y%m%d-%H%M%S")
    if "sqlite" in settings.DATABASES["default"]["ENGINE"]:
        _copy_sqlite(folder / f"before-upgrade-{stamp}.sqlite3")
        print(f"Kept a copy in {folder}.")
    opening.migrate()
    lines, faults = audit.verify()
    if faults:
        raise Stop(
            f"Migrated, but the audit chain is broken at {faults[0].chain} {faults[0].seq}. The copy before it is in {folder}."
        )
    print(f"Migrated {waiting} steps; {lines:,} audit lines whole.")
    return 0


def _copy_sqlite(path: Path) -> None:
    """By SQLite's own backup, never by copying the file: a copied file may miss what still stands in the WAL."""
    import sqlite3

    from django.db import connection

    connection.ensure_connection()
    with sqlite3.connect(path) as target:
        connection.connection.backup(target)
    target.close()
