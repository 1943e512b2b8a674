"""Killed loaders, a desk that works meanwhile, and real rows: with real processes, on the database of the run."""

from __future__ import annotations

import csv
import gzip
import os
import signal
import subprocess
import sys
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from kalantar.incidents import imports, jobs, mapping, totals, verbs
from kalantar.incidents.models import DailyCount, Import, Incident, Unplaced
from kalantar.incidents.verbs import Event
from kalantar.kernel import clock
from kalantar.kernel import jobs as queue
from kalantar.people.actors import COMMAND_LINE
from tests.cast import middle
from tests.incidents.conftest import MAP, last_line, row_at, some_rows, visible

ROOT = Path(__file__).resolve().parents[2]
LOADER = """
import sys, django
django.setup()
from kalantar.incidents import imports, staging
from kalantar.incidents.models import Import
from kalantar.people.actors import SYSTEM
staging.FIRST = staging.SMALLEST = staging.LARGEST = int(sys.argv[2])
batch = Import.objects.get(pk=int(sys.argv[1]))
imports.load(batch, by=SYSTEM, told=lambda: print("batch", flush=True))
print("done", flush=True)
"""


def loader(batch, rows_a_batch):
    """Another process that loads an import into this test's database."""
    from django.conf import settings
    from django.db import connection

    known = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{known['NAME']}"
    else:
        url = f"postgres://{known['USER']}:{quote(known['PASSWORD'])}@{known['HOST']}:{known['PORT']}/{known['NAME']}"
    environment = os.environ | {
        "KALANTAR_PROFILE": "test",
        "KALANTAR_DATA": str(settings.DATA),
        "KALANTAR_DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "kalantar.project.settings",
        "PYTHONPATH": str(ROOT / "src"),
    }
    command = [sys.executable, "-c", LOADER, str(batch.pk), str(rows_a_batch)]
    return subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def started(path, by):
    batch = imports.receive(path, by=by, name=path.name)
    batch = verbs.map_import(batch, mapping.from_toml(MAP), by=by)
    return verbs.start_import(batch, by=by, queued=False)


@pytest.mark.django_db(transaction=True)
def test_a_loader_killed_in_the_middle_leaves_nothing_visible_and_is_swept(ground, analyst, write):
    batch = started(write(some_rows(ground[:4], 400)), analyst)
    process = loader(batch, 50)
    try:
        for _ in range(4):  # one file read, three batches written
            assert process.stdout.readline() == "batch\n"
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(30)
    batch.refresh_from_db()
    assert batch.state == Import.LOADING
    assert Incident.objects.filter(batch=batch).exists()
    assert visible() == (0, 0, 0)
    assert last_line(batch).what == "import.loading", "the audit says that it was tried"
    Import.objects.filter(pk=batch.pk).update(alive_at=clock.wall() - timedelta(hours=1))
    assert jobs.fail_silent_imports() == 1
    queue.run_due()
    assert (Incident.objects.count(), DailyCount.objects.count(), Unplaced.objects.count()) == (0, 0, 0)
    batch.refresh_from_db()
    assert (batch.state, batch.failure["key"], batch.written) == (Import.FAILED, "import_interrupted", 0)
    batch = imports.load(verbs.start_import(batch, by=analyst, queued=False), by=analyst)
    assert (batch.state, visible()) == (Import.LIVE, (400, 400, 0))
    assert totals.verify_totals()[1] == []


@pytest.mark.django_db(transaction=True)
def test_the_desk_is_never_refused_and_waits_little_while_a_file_comes_in(ground, analyst, desk_officer, write):
    rows = [row_at(ground[i % 4], on=f"2024-01-{1 + i % 28:02d} 10:{i % 60:02d}", ref=f"R{i}") for i in range(20_000)]
    batch = started(write(rows), analyst)
    process = loader(batch, 4_000)
    lon, lat = middle(ground[0])
    waits, alone, seen = [], [], set()

    def record(into):
        began = time.monotonic()
        at = datetime(2024, 2, 1, tzinfo=UTC) + timedelta(minutes=len(waits) + len(alone))
        verbs.record_incident(
            Event(type="T-CAR", occurred_from=at, lon=lon, lat=lat), by=desk_officer, uid=uuid.uuid4()
        )
        into.append(time.monotonic() - began)

    try:
        while process.poll() is None and len(waits) < 400:
            record(waits)
            seen.add(Incident.objects.live().exclude(batch=None).count())
            time.sleep(0.02)
        assert process.wait(120) == 0
    finally:
        process.kill()
    for _ in range(20):  # what a write takes on this machine when nothing comes in: a busy one is no fault of ours
        record(alone)
    assert sorted(waits)[int(len(waits) * 0.95)] <= max(2, 10 * sorted(alone)[18])
    assert seen <= {0, 20_000}, "all of a file or nothing"
    assert visible()[0] == 20_000 + len(waits) + len(alone)
    assert totals.verify_totals()[1] == []


@pytest.mark.django_db(transaction=True)
def test_who_withdraws_while_another_loads_is_refused(ground, analyst, write):
    from kalantar.kernel.change import Refused

    batch = started(write(some_rows(ground[:4], 5)), analyst)
    with pytest.raises(Refused) as no:
        verbs.withdraw_import(batch, by=analyst, reason="now")
    assert no.value.key == "not_from_this_state"


@pytest.mark.django_db
def test_real_rows_come_in_and_dwellings_of_violence_are_counted_but_never_drawn(
    incident_types, station, shared_data, tmp_path, bring
):
    """A thousand real assaults on a square that stands for the city."""
    from shapely.geometry import box

    from kalantar.territory.models import Beat
    from tests.cast import boundary_fields

    city = box(-87.95, 41.62, -87.50, 42.05)
    Beat.objects.create(station=station, **boundary_fields(city, code="C", name="C", name_en="C"))
    with gzip.open(shared_data / "crime" / "chicago_aggravated_assaults.csv.gz", "rt") as source:
        rows = [row for row, _ in zip(csv.DictReader(source), range(1000))]
    path = tmp_path / "assaults.csv"
    with path.open("w", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    toml = (
        'type = "A-SERIOUS"\nzone = "America/Chicago"\n[columns]\ndate = "date"\nlon = "longitude"\nlat = "latitude"\n'
        'place_kind = "loc_cat"\n'
    )
    batch = bring(path, by=COMMAND_LINE, toml=toml)
    assert (batch.state, batch.accepted, batch.refused) == (Import.LIVE, 1000, 0)
    homes = sum(row["loc_cat"] == "residence" for row in rows)
    assert homes > 100
    assert Incident.objects.drawable().count() == 1000 - homes
    assert visible()[1] == 1000, "they are counted"
    first = Incident.objects.order_by("occurred_from").first()
    assert first.occurred_from == datetime(2010, 1, 1, 6, 5, tzinfo=UTC)
