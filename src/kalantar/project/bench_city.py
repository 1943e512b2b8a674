"""Cities for the benchmarks: the shipped real records, repeated with shifted dates up to any size.

    python -m kalantar.project.bench_city ground DATA
    python -m kalantar.project.bench_city load DATA ROWS

A copy of the records lies whole weeks before the one it repeats, so weekdays, seasons and places stay true and the
city becomes busier, not older: the harder case for every page that looks at a span of days.
"""

from __future__ import annotations

import csv
import io
import json
import lzma
import os
import resource
import sys
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

SOURCE = Path(__file__).resolve().parents[1] / "data" / "chicago"
OPENS = datetime(2020, 1, 1, 7, 0, tzinfo=ZoneInfo("America/Chicago"))  # after the last record
FILES = {"assaults": 148_636, "burglaries": 45_319}
ROWS = sum(FILES.values())


def shares(rows: int) -> dict[str, int]:
    """How many rows of each file make `rows` together, in the proportion of the records."""
    burglaries = round(rows * FILES["burglaries"] / ROWS)
    return {"assaults": rows - burglaries, "burglaries": burglaries}


def make_files(folder: Path, rows: int) -> list[Path]:
    """Both files with `rows` rows in all, written without Django."""
    return [_written(folder, name, n) for name, n in shares(rows).items()]


def _written(folder: Path, name: str, rows: int) -> Path:
    with lzma.open(SOURCE / f"{name}.csv.xz", "rt", newline="") as packed:
        reader = csv.reader(packed)
        header, records = next(reader), list(reader)
    at = header.index("date")
    path = folder / f"{name}.csv"
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        if rows < len(records):  # a thin slice over all years, not the first weeks
            records = [records[i * len(records) // rows] for i in range(rows)]
        for row in _repeated(records, at, rows):
            writer.writerow(row)
    return path


def _repeated(records: list[list[str]], at: int, rows: int) -> Iterator[list[str]]:
    for n in range(rows):
        copy, i = divmod(n, len(records))
        row = records[i]
        if copy == 0:
            yield row
            continue
        if i == 0:
            shifted: dict[str, str] = {}
        day, hour = row[at][:10], row[at][10:]
        if day not in shifted:
            shifted[day] = _earlier(day, timedelta(weeks=copy))
        yield [*row[:at], shifted[day] + hour, *row[at + 1 :]]


def _earlier(day: str, step: timedelta) -> str:
    if "/" in day:
        d, m, y = (int(part) for part in day.split("/"))
        return f"{date(y, m, d) - step:%d/%m/%Y}"
    return (date.fromisoformat(day) - step).isoformat()


def open_city(data: Path) -> None:
    """Start Django on a city of its own; made with its people and beats when the folder is empty."""
    from .cli import wake

    wake("demo", data)
    from kalantar.territory import locate

    from . import demo

    demo.lay_ground(lambda _text: None, OPENS)
    locate.index()  # built once for a set of boundaries, kept on the disk


def load(data: Path, rows: int) -> dict:
    """Bring `rows` rows in through the door of the command line, and say what it cost."""
    import django.db

    from kalantar.incidents.by_command import import_incidents
    from kalantar.people.actors import COMMAND_LINE

    files = make_files(data, rows)
    began, cpu = time.perf_counter(), time.process_time()
    counts: dict[str, int] = {}
    for path in files:
        out, err = io.StringIO(), io.StringIO()
        mapping = SOURCE / f"{path.stem}.map.toml"
        if import_incidents(path, map=mapping, by=COMMAND_LINE, json=True, out=out, err=err):
            raise SystemExit(err.getvalue())
        for name, n in json.loads(out.getvalue())["counts"].items():
            counts[name] = counts.get(name, 0) + n
    took = time.perf_counter() - began
    for path in files:
        path.unlink()
    django.db.connection.close()
    return {"seconds": took, "cpu_s": time.process_time() - cpu + _children_s(), "peak_mb": peak_mb(), **counts}


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def peak_mb() -> float:
    """The largest resident memory of this process or of one it waited for."""
    ours, theirs = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return max(ours, theirs) / 1024


def told(result: dict) -> None:
    """The last line on stdout is the result, for the process that asked."""
    print(json.dumps(result), flush=True)


def main(arguments: list[str]) -> None:
    what, data = arguments[0], Path(arguments[1])
    open_city(data)
    if what == "ground":
        told({})
        return
    done = load(data, int(arguments[2]))
    from kalantar.incidents import findings
    from kalantar.kernel import audit, clock

    began = time.perf_counter()
    findings.make_all(clock.today())
    audit.stamp()
    from . import serving

    serving.collect_static()
    _settle()
    told({**done, "findings_s": time.perf_counter() - began, "pid": os.getpid()})


def _settle() -> None:
    """What a database does by itself in the quiet hours: statistics for its planner."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "PRAGMA optimize")


if __name__ == "__main__":
    main(sys.argv[1:])
