"""How fast files come in: real Chicago rows where they lie beside the repository, otherwise made-up ones.

    python -m tests.incidents.speed [--rows N] [--desk]

Prints one JSON object: rows, rows per second end to end (reading, checking, writing, going live), peak memory of the
process in MB, and with --desk how long a small write of another process had to wait meanwhile.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def shared() -> Path | None:
    return next((p / "shared" / "data" for p in ROOT.parents if (p / "shared" / "data").is_dir()), None)


def set_up(home: Path) -> None:
    os.environ |= {
        "KALANTAR_PROFILE": "test",
        "KALANTAR_DATA": str(home / "data"),
        "DJANGO_SETTINGS_MODULE": "kalantar.project.settings",
    }
    sys.path.insert(0, str(ROOT / "src"))
    Path(home / "data").mkdir(exist_ok=True)
    import django

    django.setup()


def lay_ground() -> None:
    """Chicago's 22 districts and 277 beats, or a made-up town of 20 × 14 squares."""
    from shapely.geometry import box, shape
    from shapely.ops import unary_union

    from kalantar.incidents.types import load_types
    from kalantar.kernel.verbs import open_installation
    from kalantar.people.actors import COMMAND_LINE
    from kalantar.people.models import Station, Unit
    from kalantar.territory.models import Beat
    from tests.cast import boundary_fields

    open_installation("test", by=COMMAND_LINE, name="شیکاگو", name_en="Chicago", time_zone="America/Chicago")
    load_types(by=COMMAND_LINE)
    top = Unit.objects.create(grade="province", kind="province", code="P", name="استان", name_en="Province", path="")
    Unit.objects.filter(pk=top.pk).update(path=f"/{top.pk}/")
    shapes: dict[str, list] = {}
    if shared():
        for feature in json.loads((shared() / "boundaries/chicago_policeBeats.geojson").read_text())["features"]:
            told = feature["properties"]
            shapes.setdefault(str(int(told["District"][:2])), []).append((told["District"], shape(feature["geometry"])))
    else:
        for x in range(20):
            for y in range(14):
                shapes.setdefault(str(x + 1), []).append(
                    (
                        f"{x + 1:02d}{y:02d}",
                        box(-87.9 + x * 0.02, 41.65 + y * 0.03, -87.88 + x * 0.02, 41.68 + y * 0.03),
                    )
                )
    for number, beats in shapes.items():
        unit = Unit.objects.create(
            parent=top,
            grade="station",
            kind="kalantari",
            code=f"D{number}",
            number=int(number),
            name=f"ناحیه {number}",
            name_en=f"District {number}",
            path=f"/{top.pk}/x{number}/",
        )
        Unit.objects.filter(pk=unit.pk).update(path=f"/{top.pk}/{unit.pk}/")
        for code in sorted({code for code, _ in beats}):
            area = unary_union([part for named, part in beats if named == code])
            Beat.objects.create(
                station=Station.objects.get(pk=unit.pk), **boundary_fields(area, code=code, name=code, name_en=code)
            )


def files(home: Path, rows: int | None) -> list[tuple[Path, str]]:
    """Files to load and their mappings; `rows` asks for made-up ones of that size."""
    assaults = (
        'type = "A-SERIOUS"\n[columns]\ndate = "date"\nlon = "longitude"\nlat = "latitude"\nplace_kind = "loc_cat"\n'
        '[place_kinds]\nresidence = "dwelling"\n'
    )
    burglaries = (
        'type = "T-BREAK"\norder = "dmy"\ncrs = "EPSG:26971"\n[columns]\ndate = "date_single"\nx = "x"\ny = "y"\n'
    )
    if rows is None and shared():
        made = []
        for name, mapping in (("chicago_aggravated_assaults", assaults), ("chicago_burglary_2014_2017", burglaries)):
            target = home / f"{name}.csv"
            with gzip.open(shared() / f"crime/{name}.csv.gz") as source, target.open("wb") as out:
                shutil.copyfileobj(source, out)
            made.append((target, mapping))
        return made
    dice, target = random.Random(7), home / "made.csv"
    first = date(2008, 1, 1).toordinal()
    with target.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["date", "loc_cat", "longitude", "latitude", "district"])
        for _ in range(rows or 200_000):
            on = date.fromordinal(first + dice.randrange(3600)).isoformat()
            writer.writerow(
                [
                    f"{on} {dice.randrange(24):02d}:{dice.randrange(60):02d}",
                    dice.choice(["street", "residence", "retail"]),
                    f"{dice.uniform(-87.72, -87.62):.4f}",
                    f"{dice.uniform(41.75, 41.95):.4f}",
                    "1",
                ]
            )
    return [(target, assaults)]


def desk(home: Path, stop: Path) -> None:
    """The other process: a receipt-sized write again and again, and how long each took."""
    set_up(home)
    from django.db import transaction

    from kalantar.kernel import numbers

    waits = []
    while not stop.exists():
        began = time.perf_counter()
        with transaction.atomic():
            numbers.take("desk")
        waits.append(time.perf_counter() - began)
        time.sleep(0.05)
    print(json.dumps(sorted(waits)))


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--rows", type=int)
    asked.add_argument("--desk", action="store_true")
    asked.add_argument("--desk-in", type=Path)
    asked.add_argument("--keep", type=Path)
    told = asked.parse_args()
    if told.desk_in:
        desk(told.desk_in, told.desk_in / "stop")
        return
    home = told.keep or Path(tempfile.mkdtemp(prefix="kalantar-speed-"))
    try:
        print(json.dumps(measure(home, told)))
    finally:
        if not told.keep:
            shutil.rmtree(home, ignore_errors=True)


def measure(home: Path, told) -> dict:
    set_up(home)
    from django.core.management import call_command

    from kalantar.incidents import imports, mapping, verbs
    from kalantar.incidents.models import DailyCount, Incident
    from kalantar.incidents.totals import verify_totals
    from kalantar.people.actors import COMMAND_LINE

    call_command("migrate", verbosity=0)
    lay_ground()
    sources = files(home, told.rows)
    other = None
    if told.desk:
        other = subprocess.Popen(
            [sys.executable, "-m", "tests.incidents.speed", "--desk-in", str(home)], cwd=ROOT, stdout=subprocess.PIPE
        )
        time.sleep(2)
    rows, steps, began, cpu = 0, [], time.perf_counter(), time.process_time()
    for path, toml in sources:
        start = time.perf_counter()
        batch = imports.receive(path, by=COMMAND_LINE, name=path.name)
        received = time.perf_counter()
        batch = verbs.map_import(batch, mapping.from_toml(toml), by=COMMAND_LINE)
        batch = imports.load(verbs.start_import(batch, by=COMMAND_LINE, queued=False), by=COMMAND_LINE)
        rows += batch.rows
        steps.append(
            {
                "state": batch.state,
                "rows": batch.rows,
                "accepted": batch.accepted,
                "outside": batch.outside,
                "refused": batch.refused,
                "duplicates": batch.duplicates,
                "failure": batch.failure,
                "receive_s": round(received - start, 2),
                "load_s": round(time.perf_counter() - received, 2),
            }
        )
    took = time.perf_counter() - began
    result = {
        "rows": rows,
        "seconds": round(took, 2),
        "rows_per_s": round(rows / took),
        "cpu_s": round(time.process_time() - cpu, 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "files": steps,
    }
    if other:
        (home / "stop").touch()
        waits = json.loads(other.communicate(timeout=60)[0])
        result["desk"] = {
            "writes": len(waits),
            "p50_s": round(waits[len(waits) // 2], 3),
            "p95_s": round(waits[int(len(waits) * 0.95)], 3),
            "max_s": round(waits[-1], 3),
        }
    start = time.perf_counter()
    compared, wrong = verify_totals()
    result["totals"] = {"compared": compared, "wrong": len(wrong), "seconds": round(time.perf_counter() - start, 2)}
    result["tables"] = {"incidents": Incident.objects.live().count(), "totals": DailyCount.objects.live().count()}
    return result


if __name__ == "__main__":
    main()
