"""`backup`, `restore`, `verify`, `upgrade`."""

from __future__ import annotations

import json
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError

from kalantar.incidents.totals import verify_totals
from kalantar.kernel import audit, clock, files
from kalantar.kernel import backup as sealed_copy
from kalantar.people.actors import COMMAND_LINE

from . import opening
from .sentences import marked as _
from .sentences import say
from .stop import Stop


def backup(path: Path) -> int:
    if path.exists():
        raise Stop(_("%(path)s exists already and was left as it is. Please choose a new name."), path=str(path))
    opening.insist_ready()
    manifest = sealed_copy.write(path)
    rows = _rows(manifest)
    audit.tried("installation.backed_up", "kernel.installation:1", by=COMMAND_LINE, rows=rows)
    print(
        say(
            _(
                "%(path)s: %(rows)s rows and %(files)s files, sealed. "
                "The keys are not in it; two people keep them elsewhere."
            ),
            path=str(path),
            rows=rows,
            files=len(manifest["files"]),
        )
    )
    return 0


def _rows(manifest: dict) -> int:
    return sum(table["rows"] for table in manifest["tables"].values())


def restore(path: Path) -> int:
    """Read to the end before anything is touched; then all of it or nothing."""
    if not path.is_file():
        raise Stop(_("There is no file %(path)s. Nothing was changed."), path=str(path))
    checked = sealed_copy.check(path)
    if checked["kind"] != settings.PROFILE:
        raise Stop("restore_other_kind", theirs=checked["kind"], ours=settings.PROFILE)
    opening.migrate()
    manifest = sealed_copy.restore(path, checked=checked)
    total, faults = audit.verify()
    if faults:
        raise Stop(
            _("The copy is in, but its audit chain is broken at %(where)s. Do not work with it; call the province."),
            where=f"{faults[0].chain} {faults[0].seq}",
        )
    print(
        say(
            _("Restored as of %(at)s: %(rows)s rows; %(lines)s audit lines are whole."),
            at=manifest["taken_at"][:16],
            rows=_rows(manifest),
            lines=total,
        )
    )
    return 0


def look(code: str | None, *, totals: bool) -> dict:
    lines, faults = audit.verify(code)
    lost, stray = files.strays()
    changed = files.changed()
    found = {
        "audit_lines": lines,
        "faults": [{"chain": f.chain, "seq": f.seq, "what": f.what} for f in faults],
        "files_lost": lost,
        "files_changed": changed,
        "files_stray": stray,
        "totals": [
            f"{d.station}/{d.beat}/{d.type}/{d.local_date}: {d.kept} for {d.counted}" for d in verify_totals()[1]
        ]
        if totals
        else None,
    }
    found["whole"] = not (faults or lost or changed or found["totals"])
    return found


FAULTS = {
    "line_changed": _("a line was changed"),
    "line_missing": _("a line is missing"),
    "line_out_of_place": _("a line is out of its place"),
    "head_differs": _("the last line is not the one recorded"),
    "tail_cut": _("the last lines were cut off"),
    "code_differs": _("the chain is not the one of an earlier morning"),
    "code_unknown": _("this code was never given out here"),
}


def verify(options) -> int:
    opening.insist_ready()
    found = look(options.code, totals=options.totals)
    (Path(settings.DATA) / "verify.last").write_text(json.dumps({"at": str(clock.wall()), "whole": found["whole"]}))
    if options.json:
        print(json.dumps(found))
        return 0 if found["whole"] else 1
    print(say(_("%(n)s audit lines were read."), n=found["audit_lines"]))
    for fault in found["faults"]:
        print(f"  {fault['chain']} {fault['seq']}: {say(FAULTS[fault['what']])}")
    for name, text in (
        ("files_lost", _("%(n)s files are lost; the first is %(first)s")),
        ("files_changed", _("%(n)s files are not what was stored; the first is %(first)s")),
        ("files_stray", _("%(n)s files belong to nothing; the first is %(first)s")),
    ):
        if found[name]:
            print(f"  {say(text, n=len(found[name]), first=found[name][0])}")
    if options.totals:
        differing = found["totals"]
        text = (
            _("%(n)s totals differ from a recount; the first is %(first)s")
            if differing
            else _("The totals equal a recount.")
        )
        print(" ", say(text, n=len(differing), first=(differing or [""])[0]))
    print(
        say(_("Everything is whole."))
        if found["whole"]
        else say(_("Not whole. Keep everything as it is, write this into the duty book and call the province."))
    )
    return 0 if found["whole"] else 1


def upgrade() -> int:
    """Back up, migrate, verify: in this order, and nothing is lost when a step fails.

    The copy is sealed like any other and read through the tables as they stand, so it is the same on both databases;
    the version that made the tables restores it.
    """
    if opening.ahead():
        raise Stop("tables_ahead")
    waiting = opening.unapplied()
    if not waiting:
        print(say(_("The tables are at this version already.")))
        return 0
    copy = None
    old = opening.tables_as_they_stand()
    if old is not None:
        folder = Path(settings.DATA) / "backups"
        folder.mkdir(exist_ok=True)
        copy = folder / f"before-upgrade-{clock.wall():%Y%m%d-%H%M%S}.kalantar"
        sealed_copy.write(copy, registry=old)
        print(say(_("A sealed copy is kept: %(path)s"), path=str(copy)))
    try:
        opening.migrate()
    except DatabaseError as fault:
        raise Stop(
            _(
                "A step failed and was taken back: %(what)s. The copy before it is %(path)s. "
                "Do not serve; call for help."
            ),
            what=str(fault).splitlines()[0],
            path=str(copy),
        ) from fault
    lines, faults = audit.verify()
    if faults:
        raise Stop(
            _("The tables are new, but the audit chain is broken at %(where)s. The copy before it is %(path)s."),
            where=f"{faults[0].chain} {faults[0].seq}",
            path=str(copy),
        )
    print(say(_("%(n)s steps done; %(lines)s audit lines are whole."), n=waiting, lines=lines))
    return 0
