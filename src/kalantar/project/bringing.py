"""`kalantar import` and `kalantar analyse`: files in, findings out, from the command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from kalantar.kernel import clock
from kalantar.people.actors import COMMAND_LINE

from . import opening
from .sentences import marked as _
from .sentences import say
from .stop import Stop


def run(options) -> int:
    opening.insist_ready()
    if options.what == "boundaries":
        from kalantar.territory.imports import import_boundaries

        report = import_boundaries(
            options.file[0],
            kind=options.kind,
            by=COMMAND_LINE,
            dry_run=options.dry_run,
            only_known=options.only_known,
            overlaps_known=options.overlaps_known,
        )
    else:
        return incidents(options.file, options.map, dry_run=options.dry_run, as_json=options.json)
    if options.json:
        print(json.dumps(report.as_json(), ensure_ascii=False, default=str))
    else:  # a refusal and its reasons belong to stderr
        print(report.as_text(), file=sys.stdout if report.done else sys.stderr)
    return 0 if report.done else 1


def incidents(files: Sequence[Path], maps: Sequence[Path], *, dry_run: bool = False, as_json: bool = False) -> int:
    """One file after the other, each whole or not at all; one that is refused keeps no other out."""
    from kalantar.incidents.by_command import import_incidents

    worst = 0
    for at, path in enumerate(files):
        given = maps[at if len(maps) > 1 else 0] if maps else None
        code = import_incidents(path, map=given, dry_run=dry_run, json=as_json, by=COMMAND_LINE)
        if code and len(files) > 1:
            print(f"({path})", file=sys.stderr)
        worst = max(worst, code)
    return worst


def analyse(options) -> int:
    """Make the findings of a morning, as the clock does before each."""
    from kalantar.incidents import findings

    opening.insist_ready()
    try:
        on = date.fromisoformat(options.on) if options.on else clock.today()
    except ValueError:
        raise Stop(
            _("%(day)s is not a day. Please write it as %(example)s"), day=options.on, example="2018-01-01"
        ) from None
    made = findings.make_all(on)
    print(
        json.dumps(made)
        if options.json
        else "\n".join(f"{kind}: {n}" for kind, n in sorted(made.items())) or say(_("Nothing was found."))
    )
    return 0
