"""kill -9 at any moment: what was acknowledged is there, once; what was not is not there by half.

Real processes on this run's database. The fast slice stands here; the nightly run takes more of the same.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import re
import shutil
import signal
import subprocess
import threading
import time
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import pytest

from .conftest import KALANTAR, ROOT, Place, answers

pytestmark = pytest.mark.database
ROWS = 30_000
CALM_S = 7.0  # a worker that dies twice within 5.5 s ends the server: then a service manager starts it anew
CITY = """
from django.core.management import call_command
call_command("migrate", verbosity=0)
from kalantar.incidents import types
from kalantar.kernel import verbs
from kalantar.people import set_up
from kalantar.people.actors import COMMAND_LINE as by
verbs.open_installation("demo", by=by, name="x", name_en="x", time_zone="Asia/Tehran")
types.load_types(by=by)
named = {"city": "x", "county": "x", "station": "x {number}"}
set_up.raise_city({**named, **{f"{k}_en": v for k, v in named.items()}}, ["14", "15"], by=by)
set_up.enrol_cast(station="14", other="15", by=by)
"""
SQUARE = [[51.3, 35.6], [51.5, 35.6], [51.5, 35.8], [51.3, 35.8], [51.3, 35.6]]
MAP = """
type = "T-BREAK"
calendar = "gregorian"
order = "ymd"
zone = "Asia/Tehran"
crs = "EPSG:4326"
precision = "exact"
repeats = "keep"
[columns]
lon = "lon"
lat = "lat"
date = "date"
"""
ASK = """
from kalantar.incidents.models import Import, Incident
from kalantar.incidents.totals import verify_totals
from kalantar.kernel import audit
print(Incident.objects.live().count(), Incident.objects.count(), Import.objects.filter(state=Import.LIVE).count(),
      len(verify_totals()[1]), len(audit.verify()[1]))
"""
TIME_GOES_BY = """
from datetime import timedelta
from kalantar.kernel import clock, jobs
from kalantar.kernel.models import Job
from kalantar.incidents.models import Import
long_ago = clock.wall() - timedelta(hours=1)
Job.objects.filter(state=Job.RUNNING).update(lease_until=long_ago)
Import.objects.filter(state=Import.LOADING).update(alive_at=long_ago)
"""


@pytest.fixture
def city(request, tmp_path) -> Place:
    """Two stations and the cast, without a single event; any database."""
    more = {}
    if os.environ.get("KALANTAR_DATABASE_URL", "").startswith("postgres"):
        more["KALANTAR_DATABASE_URL"] = request.getfixturevalue("own_database")
    place = Place(tmp_path / "data", profile="demo", more=more)
    place.data.mkdir()
    place.python(CITY)
    return place


@pytest.fixture
def file(city, tmp_path):
    """Ground for the first station, and a file of events on it with its mapping."""
    for kind, code in (("station", "14"), ("beat", "1401")):
        path = tmp_path / f"{kind}.geojson"
        named = {"code": code, "name": "x", "station": "14"}
        shape = {"type": "Feature", "properties": named, "geometry": {"type": "Polygon", "coordinates": [SQUARE]}}
        path.write_text(json.dumps({"type": "FeatureCollection", "features": [shape]}))
        said = city.run("import", "boundaries", path, "--kind", kind)
        assert said.code == 0, said.err
    chance = random.Random(7)
    rows = (
        f"2018-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d},{chance.uniform(51.31, 51.49):.6f},"
        f"{chance.uniform(35.61, 35.79):.6f}"
        for _ in range(ROWS)
    )
    (tmp_path / "rows.csv").write_text("date,lon,lat\n" + "\n".join(rows) + "\n")
    (tmp_path / "map.toml").write_text(MAP)
    return tmp_path / "rows.csv", tmp_path / "map.toml"


def asked(place: Place) -> list[int]:
    return [int(n) for n in place.python(ASK).split()]


class Visitor:
    """A browser without a screen: cookies, forms and nothing else."""

    def __init__(self, port: int):
        self.port, self.cookies = port, SimpleCookie()

    def ask(self, method: str, path: str, body: dict | None = None) -> tuple[int, str, str]:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(link):
            headers = {"Cookie": "; ".join(f"{k}={m.value}" for k, m in self.cookies.items()), "Host": "127.0.0.1"}
            if body is not None:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            link.request(method, path, urlencode(body) if body is not None else None, headers)
            answer = link.getresponse()
            text = answer.read().decode("utf-8", "replace")
            for value in answer.headers.get_all("Set-Cookie") or ():
                self.cookies.load(value)
            return answer.status, text, answer.headers.get("Location", "")

    def send(self, path: str, **fields: str) -> tuple[int, str, str]:
        """Open a form, fill it in, send it."""
        status, page, _ = self.ask("GET", path)
        if status != 200:
            return status, page, ""
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        return self.ask("POST", path, {"csrfmiddlewaretoken": token[1] if token else "", **fields})


def signed_in(port: int, username: str, password: str) -> Visitor:
    visitor = Visitor(port)
    status, _, _ = visitor.send("/people/sign-in/", username=username, password=password)
    assert status == 302
    return visitor


def workers_of(pid: int) -> list[int]:
    """The server's children that answer requests; Python's own housekeeper is none."""
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    keepers = (b"resource_tracker", b"forkserver")
    children = [int(one) for one in found.stdout.split()]
    return [one for one in children if not any(k in Path(f"/proc/{one}/cmdline").read_bytes() for k in keepers)]


def test_the_web_worker_is_killed_while_colleagues_are_enrolled(city):
    kill_web_worker(city, times=3)


@pytest.mark.slow
def test_the_web_worker_is_killed_again_and_again(city):
    kill_web_worker(city, times=60)


def kill_web_worker(place: Place, times: int) -> None:
    unit = place.python("from kalantar.people.models import Unit\nprint(Unit.objects.get(code='14').pk)").strip()
    acknowledged, over = [], threading.Event()

    def enrol(visitor: Visitor, me: int) -> None:
        n = 0
        while not over.is_set():
            name = f"clerk{me}x{n}"
            n += 1
            try:
                status, _, went = visitor.send("/people/new/", name=name, username=name, unit=unit, pack="desk")
                if status == 403:  # ten minutes are over: the password once more
                    visitor = signed_in(port, "station_chief", "kalantar-demo")
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)
                continue  # no answer: nothing was promised
            if status == 302 and "sign-in" not in went:
                acknowledged.append(name)

    with place.serving() as (port, server):
        crew = [
            threading.Thread(target=enrol, args=(signed_in(port, "station_chief", "kalantar-demo"), me))
            for me in range(3)
        ]
        for one in crew:
            one.start()
        killed = -CALM_S
        for _ in range(times):
            seen = len(acknowledged)
            until = time.monotonic() + 30
            while len(acknowledged) < seen + 5 and time.monotonic() < until:
                time.sleep(0.02)
            time.sleep(max(0.0, CALM_S - (time.monotonic() - killed)))
            workers, killed = workers_of(server.pid), time.monotonic()
            for worker in workers:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGKILL)
            assert workers
            assert answers(port, server), "the server did not come back by itself"
            assert time.monotonic() - killed < 30
        over.set()
        for one in crew:
            one.join()
    assert len(acknowledged) >= 5 * (times - 1)
    kept = place.python(
        "from kalantar.people.models import Officer\nfrom kalantar.kernel import audit\n"
        "from kalantar.kernel.models import AuditLine\n"
        "rows = dict(Officer.objects.filter(username__startswith='clerk').values_list('username', 'pk'))\n"
        "told = AuditLine.objects.filter(subject__in=[f'people.officer:{pk}' for pk in rows.values()])\n"
        "print(len(set(told.values_list('subject', flat=True))), len(audit.verify()[1]), *rows)"
    ).split()
    names = kept[2:]
    assert set(acknowledged) <= set(names), "acknowledged and lost"
    assert len(names) == len(set(names)) == int(kept[0]), "a colleague without a line, or twice"
    assert kept[1] == "0"


def test_an_import_killed_from_the_command_line_leaves_nothing_half_visible(city, file):
    kill_imports(city, file, [0.55, 0.8, 0.95])


@pytest.mark.slow
def test_imports_killed_at_many_moments_leave_nothing_half_visible(city, file):
    chance = random.Random(11)
    kill_imports(city, file, [chance.uniform(0.2, 1.05) for _ in range(25)])


def kill_imports(place: Place, file, shares: list[float]) -> None:
    rows, mapping = file
    command = [*KALANTAR, "import", "incidents", str(rows), "--map", str(mapping)]
    began = time.monotonic()
    assert place.run(*command[4:], "--dry-run").code == 0
    whole = (time.monotonic() - began) * 1.2
    live = 0
    for share in shares:
        child = subprocess.Popen(
            command, env=place.environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(whole * share)
        child.kill()
        acknowledged = child.wait() == 0
        visible, _, batches, totals, chains = asked(place)
        assert visible in {0, ROWS}
        assert batches == visible // ROWS
        assert (totals, chains) == (0, 0)
        live = visible
        if acknowledged:
            assert visible == ROWS
        if live:
            break
    place.python(TIME_GOES_BY)
    place.python(
        "from kalantar.kernel import jobs\nfrom kalantar.incidents import jobs as own\n"
        "own.fail_silent_imports()\njobs.run_due()"
    )
    assert asked(place) == [live, live, live // ROWS, 0, 0]  # what was half loaded has been swept
    said = place.run(*command[4:])
    assert said.code == (1 if live else 0)
    assert asked(place) == [ROWS, ROWS, 1, 0, 0]


def test_a_worker_killed_while_it_loads_begins_anew_and_loads_once(city, file):
    kill_worker(city, file, [0.4, 0.9])


@pytest.mark.slow
def test_a_worker_killed_at_many_moments_loads_once(city, file):
    chance = random.Random(13)
    kill_worker(city, file, [chance.uniform(0.1, 2.0) for _ in range(4)])  # a job is tried five times


def kill_worker(place: Place, file, seconds: list[float]) -> None:
    rows, mapping = file
    place.python(
        "from pathlib import Path\nfrom kalantar.incidents import imports, mapping, verbs\n"
        "from kalantar.people.actors import COMMAND_LINE as by\n"
        f"batch = imports.receive(Path({str(rows)!r}), by=by, name='rows.csv')\n"
        f"batch = verbs.map_import(batch, mapping.from_toml(Path({str(mapping)!r}).read_text()), by=by)\n"
        "verbs.start_import(batch, by=by)"
    )
    for wait in seconds:
        with place.running("worker") as worker:
            until = time.monotonic() + 60
            while time.monotonic() < until and not place_is_loading(place):
                time.sleep(0.1)
            time.sleep(wait)
            os.kill(worker.pid, signal.SIGKILL)
            worker.wait()
        visible, _, _, totals, chains = asked(place)
        assert visible in {0, ROWS}
        assert (totals, chains) == (0, 0)
        place.python(TIME_GOES_BY)
    said = place.run("worker", "--once")
    assert said.code == 0, said.err
    assert asked(place) == [ROWS, ROWS, 1, 0, 0]


def place_is_loading(place: Place) -> bool:
    """Has a worker taken the import into its hands?"""
    begun = "Job.objects.filter(kind='incidents.load_import', state__in=['running', 'done']).exists()"
    return place.python(f"from kalantar.kernel.models import Job\nprint({begun})").strip() == "True"


@pytest.mark.sqlite
@pytest.mark.parametrize("room", [3_500_000, 6_000_000])
def test_a_disk_that_fills_up_under_an_import_leaves_nothing_of_it_and_heals(city, file, room):
    """The database's files may not grow beyond `room`, as on a full disk."""
    rows, mapping = file
    tight = ["prlimit", f"--fsize={room}", *KALANTAR, "import", "incidents", str(rows), "--map", str(mapping)]
    if shutil.which("prlimit") is None:
        pytest.skip("needs prlimit of util-linux")
    said = subprocess.run(tight, env=city.environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert said.returncode == 1, said.stderr
    assert "disk" in said.stderr.lower().splitlines()[-1], said.stderr
    assert "Traceback" not in said.stderr.splitlines()[-1]
    visible, _, batches, totals, chains = asked(city)
    assert (visible, batches, totals, chains) == (0, 0, 0, 0)
    assert city.run("import", "incidents", rows, "--map", mapping).code == 0
    assert asked(city)[0] == ROWS
