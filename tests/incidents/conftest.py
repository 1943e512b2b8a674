"""Files of events, and the short way to bring one in."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.cast import middle

HEADER = ["date", "type", "longitude", "latitude", "place kind", "place", "ref"]
MAP = """
[columns]
date = "date"
type = "type"
lon = "longitude"
lat = "latitude"
place_kind = "place kind"
place_text = "place"
external_ref = "ref"
"""


@pytest.fixture
def incident_types(installation):
    from kalantar.incidents.types import load_types
    from kalantar.people.actors import COMMAND_LINE

    load_types(by=COMMAND_LINE)


@pytest.fixture
def ground(incident_types, beats, other_beats):
    """Beats of both stations, and the table of types."""
    return [*beats, *other_beats]


@pytest.fixture
def write(tmp_path):
    """`write(rows, header)`: a CSV file."""

    def make(rows, header=HEADER, name="events.csv", encoding="utf-8") -> Path:
        path = tmp_path / name
        with path.open("w", encoding=encoding, newline="") as out:
            writer = csv.writer(out)
            writer.writerow(header)
            writer.writerows(rows)
        return path

    return make


def row_at(beat, *, on="2024-05-06 10:30", type="T-SHOP", kind="shop", place="", ref="", step=0.0):
    lon, lat = middle(beat)
    return [on, type, f"{lon + step:.5f}", f"{lat:.5f}", kind, place, ref]


def some_rows(beats, n=40):
    start = datetime(2024, 1, 1, 8, 0)
    return [
        row_at(
            beats[i % len(beats)],
            on=(start + timedelta(hours=7 * i)).strftime("%Y-%m-%d %H:%M"),
            type=["T-SHOP", "T-CAR", "P-DAMAGE"][i % 3],
            ref=f"R{i}",
        )
        for i in range(n)
    ]


@pytest.fixture
def bring():
    """`bring(path, by=analyst)`: receive, map, load. Gives the import as it ended."""
    from kalantar.incidents import imports, mapping, verbs

    def through(path, *, by, toml=MAP):
        batch = imports.receive(path, by=by, name=path.name)
        batch = verbs.map_import(batch, mapping.from_toml(toml), by=by)
        return imports.load(verbs.start_import(batch, by=by, queued=False), by=by)

    return through


def last_line(subject=None):
    from kalantar.kernel import audit
    from kalantar.kernel.models import AuditLine

    lines = AuditLine.objects.order_by("-pk")
    return lines.filter(subject=audit.name_of(subject)).first() if subject is not None else lines.first()


def visible():
    """Everything a reader could see: events, totals, rows to fix."""
    from django.db.models import Sum

    from kalantar.incidents.models import DailyCount, Import, Incident, Unplaced

    return (
        Incident.objects.live().count(),
        DailyCount.objects.live().aggregate(n=Sum("n"))["n"] or 0,
        Unplaced.objects.filter(batch__state=Import.LIVE).count(),
    )
