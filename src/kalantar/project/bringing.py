"""`kalantar import` and `kalantar analyse`: files in, findings out, from the command line."""

from __future__ import annotations

import json
import sys
from datetime import date

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
            options.file,
            kind=options.kind,
            by=COMMAND_LINE,
            dry_run=options.dry_run,
            only_known=options.only_known,
            overlaps_known=options.overlaps_known,
        )
    else:
        from kalantar.incidents.imports import import_incidents

        return import_incidents(
            options.file, map=options.map, dry_run=options.dry_run, json=options.json, by=COMMAND_LINE
        )
    if options.json:
        print(json.dumps(report.as_json(), ensure_ascii=False, default=str))
    else:  # a refusal and its reasons belong to stderr
        print(report.as_text(), file=sys.stdout if report.done else sys.stderr)
    return 0 if report.done else 1


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
