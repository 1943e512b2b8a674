"""Files of events from the command line: the same way as the pages go, and the counts in words or as JSON."""

from __future__ import annotations

import sys
from dataclasses import asdict
from json import dumps
from pathlib import Path

from kalantar.formats import FileRefused
from kalantar.kernel.change import Refused

from . import mapping as mappings
from . import verbs
from .imports import guessed, load, receive, try_out
from .mapping import Mapping
from .models import Import


def import_incidents(
    path: Path | str,
    *,
    by,
    map: Path | str | Mapping | None = None,
    dry_run: bool = False,
    json: bool = False,
    out=None,
    err=None,
) -> int:
    """`kalantar import incidents FILE... [--map MAP.toml] [--dry-run] [--json]`: 0 done, 1 refused with the reason."""
    from .sentences import say

    out, err = out or sys.stdout, err or sys.stderr
    batch = None
    try:
        mapping = map if isinstance(map, Mapping) else mappings.from_toml(Path(map).read_text("utf-8")) if map else None
        batch = receive(Path(path), by=by, name=Path(path).name, mapping=mapping)
        mapping = mapping or guessed(batch)
        batch = verbs.map_import(batch, mapping, by=by)
        verbs.insist(verbs.import_refusal(batch), columns=", ".join(c["column"] for c in batch.about["left_out"]))
        if dry_run:
            reading = try_out(batch, mapping, by=by)
            verbs.discard_import(batch, by=by)
            _print(out, json, state="dry_run", counts=asdict(reading.counts), report=reading.report())
            if reading.stop:
                raise reading.stop
            return 0
        batch = load(verbs.start_import(batch, by=by, queued=False), by=by)
    except (FileRefused, Refused, OSError, UnicodeDecodeError) as no:
        key, details = (no.key, no.details) if isinstance(no, FileRefused | Refused) else ("file_missing", {})
        print(say(key, **details), file=err)
        if batch is not None and batch.state == Import.UPLOADED:
            batch = Import.objects.get(pk=batch.pk)
            if batch.state == Import.UPLOADED:
                verbs.discard_import(batch, by=by)
        return 1
    counts = {name: getattr(batch, name) for name in ("rows", "accepted", "refused", "duplicates", "outside")}
    _print(out, json, state=batch.state, counts=counts, report=batch.report, errors=batch.report.get("errors", {}))
    if batch.state != Import.LIVE:
        print(say(batch.failure["key"], **batch.failure["args"]), file=err)
        verbs.sweep_import(batch, by=by)
        return 1
    return 0


def _print(out, json: bool, **said) -> None:
    if json:
        print(dumps(said, ensure_ascii=False, default=str), file=out)
        return
    from .sentences import fault

    counts = said["counts"]
    print(
        "  ".join(f"{name} {counts[name]}" for name in ("rows", "accepted", "refused", "duplicates", "outside")),
        file=out,
    )
    for key, n in said["report"].get("errors", {}).items():
        print(f"  {n}  {fault(key)[0]}", file=out)
