"""`kalantar import` and `kalantar analyse`: files in, findings out, from the command line."""

from __future__ import annotations

import json
from datetime import date

from kalantar.kernel import clock, installation
from kalantar.people.actors import COMMAND_LINE

from .cli import Stop


def run(options) -> int:
    try:
        installation.current()
    except installation.NotInstalled:
        raise Stop("Nothing is installed in this data folder. Run: kalantar init") from None
    if options.what == "boundaries":
        from kalantar.territory.imports import import_boundaries

        report = import_boundaries(options.file, kind=options.kind, by=COMMAND_LINE, dry_run=options.dry_run)
    else:
        from kalantar.incidents.imports import import_incidents

        return import_incidents(
            options.file, map=options.map, dry_run=options.dry_run, json=options.json, by=COMMAND_LINE
        )
    print(json.dumps(report.as_json(), ensure_ascii=False, default=str) if options.json else report.as_text())
    return 0 if report.done else 1


def analyse(options) -> int:
    """Make the findings of a morning, as the clock does before each."""
    from kalantar.incidents import findings

    try:
        on = date.fromisoformat(options.on) if options.on else clock.today()
    except ValueError:
        raise Stop(f"{options.on} is not a day. Write it as 2018-01-01.") from None
    made = findings.make_all(on)
    print(
        json.dumps(made)
        if options.json
        else "\n".join(f"{kind}: {n}" for kind, n in sorted(made.items())) or "no findings"
    )
    return 0
