"""One measured import in a process of its own: the product's, or beside it the desk that writes meanwhile.

python -m kalantar.project.bench_import load DATA ROWS | desk DATA EVERY_S | command VERB ...
"""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from pathlib import Path

from . import bench_city


class OnlyThePeers:
    """The product's own environment has no pandas; the benchmark's has it for the peer, and pyarrow would load it."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name)


def main(arguments: list[str]) -> None:
    sys.meta_path.insert(0, OnlyThePeers())
    if arguments[0] == "command":  # `kalantar` as a person has it
        from .cli import main as kalantar

        sys.exit(kalantar(arguments[1:]))
    what, data = arguments[0], Path(arguments[1])
    bench_city.open_city(data)
    if what == "desk":
        bench_city.told(desk(data, float(arguments[2])))
    else:
        bench_city.told(bench_city.load(data, int(arguments[2])))


def desk(data: Path, every_s: float) -> dict:
    """Record one event after another, as the desk's form does, until the file `stop` lies in the folder."""
    from django.db import DatabaseError

    from kalantar.incidents.verbs import Event, record_incident
    from kalantar.kernel import clock, uids
    from kalantar.people.actors import OfficerActor
    from kalantar.people.models import Officer
    from kalantar.territory.models import Beat

    from .demo import STATION

    officer = Officer.objects.get(username="desk_officer")
    beat = Beat.objects.in_force().filter(station__code=STATION).first()
    waits, refused = [], 0
    (data / "desk.ready").touch()
    while not (data / "stop").exists():
        due = time.perf_counter() + every_s
        event = Event(type="T-BREAK", occurred_from=clock.now() - timedelta(hours=1), place_kind="shop", beat=beat.pk)
        began = time.perf_counter()
        try:
            record_incident(event, by=OfficerActor(officer), uid=uids.new())
            waits.append(time.perf_counter() - began)
        except DatabaseError:
            refused += 1
        time.sleep(max(0, due - time.perf_counter()))
    return {"waits": sorted(waits), "refused": refused}


if __name__ == "__main__":
    main(sys.argv[1:])
