"""The file of a list: only what may be drawn, a dwelling as a cell, every cell harmless, and a line in the audit."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import BinaryIO

from django.utils.translation import gettext as _

from kalantar.formats import write_csv, write_xlsx
from kalantar.kernel import audit, clock
from kalantar.kernel.change import Refused, insist, verb
from kalantar.persian.letters import normalise
from kalantar.territory.names import title
from kalantar.web import show
from kalantar.web.words import language, word

from . import queries, rules, shown
from .models import Incident

MOST = 200_000
KINDS = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


def columns() -> list[str]:
    return [
        _("Number"),
        _("Kind of event"),
        _("Code of the kind"),
        _("ICCS code"),
        _("Day"),
        _("Hour"),
        _("Until, day"),
        _("Until, hour"),
        _("Day (Gregorian)"),
        _("Station"),
        _("Beat"),
        _("Code of the beat"),
        _("Kind of place"),
        _("Place in words"),
        _("Shown as"),
        _("Longitude"),
        _("Latitude"),
        _("Cell (H3)"),
        _("Reference number"),
    ]


def line(row: Incident) -> list:
    """One event as a line of the file. Only a place that may be a point has coordinates."""
    point = row.shown_as == Incident.POINT and row.lon is not None
    first, last = row.occurred_from, row.occurred_to
    cell = shown.cell(row)
    return [
        shown.number(row, row.station.number),
        word("incident_type", row.type.code),
        row.type.code,
        row.type.iccs,
        show.day_short(first),
        show.clock(first) if row.time_known else "",
        show.day_short(last) if last else "",
        show.clock(last) if last and row.time_known else "",
        clock.local_day(first).isoformat(),
        title(row.station),
        title(row.beat),
        row.beat.code,
        word("place_kind", row.place_kind),
        shown.place_words(row),
        _("point") if point else _("cell") if cell else _("beat"),
        row.lon if point else "",
        row.lat if point else "",
        cell,
        row.external_ref,
    ]


def export_list(wanted: queries.Filter, *, by, kind: str, reason: str) -> BinaryIO:
    """The file of a filter, ready to be sent; it vanishes when it is closed. Who took it, and why, is written before it leaves."""
    insist(rules.may_export(by.roles()))
    insist(None if kind in KINDS else "refused")
    reason = normalise(reason)[:300]
    insist(rules.reason_fault(reason), field="reason")
    rows = queries.listed(queries.found(by, wanted)).filter(station__in=rules.stations_of(by, rules.EXPORTERS))
    if rows[: MOST + 1].count() > MOST:
        raise Refused("export_too_large", limit=MOST)
    made = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it when the last byte has left
    try:
        n = _write(made, kind, _lines(rows))
        note_export(wanted, by=by, kind=kind, reason=reason, rows=n)
    except BaseException:
        made.close()
        raise
    made.seek(0)
    return made


@verb
def note_export(wanted: queries.Filter, *, by, kind: str, reason: str, rows: int) -> None:
    """A file of events leaves the building: whose, of what, how much and what for. The file itself was written before, so that
    this holds the chain for a moment only."""
    stations = by.stations()
    audit.record(
        "incidents.exported",
        "incidents.incident",
        by=by,
        chain=f"station:{min(stations)}" if len(stations) == 1 else None,
        filter=wanted.told(),
        kind=kind,
        rows=rows,
        reason=reason,
    )


def _write(target: BinaryIO, kind: str, lines: Iterator[list]) -> int:
    if kind == "csv":
        return write_csv(target, columns(), lines)
    return write_xlsx(target, columns(), lines, right_to_left=language() == "fa", title=_("Events"))


def _lines(rows) -> Iterator[list]:
    yield from map(line, rows.order_by("-occurred_from", "-id")[:MOST].iterator(chunk_size=2_000))


def file_name(kind: str) -> str:
    return f"kalantar-{clock.today().isoformat()}.{kind}"
