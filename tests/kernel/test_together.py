"""Many at once: nobody is turned away by a locked database, nothing is counted twice, every chain stays whole.

Each worker is a process of its own, as in an installation; the database is this run's (SQLite, or PostgreSQL).
"""

import os
import subprocess
import sys

import pytest
from django.db import connection

from kalantar.kernel import audit, clock
from kalantar.kernel.models import AuditLine, Counter, Installation

pytestmark = pytest.mark.django_db(transaction=True)
WORKER = """
import sys, time, threading
import django
django.setup()
from datetime import timedelta
from django.conf import settings
from django.db import connection, connections, transaction
from kalantar.kernel import audit, limits, numbers
from kalantar.kernel.change import Overtaken, Refused, move, verb
from kalantar.kernel.models import Job

me, seconds, threads = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
class By: audit_id = "test:" + me
done, wrong = [0] * threads, []

@verb
def write(station, n, *, by):
    number = numbers.take(f"series:{station}")
    audit.record("test.written", "thing:1", by=by, chain=f"station:{station}", number=number)
    audit.record("test.written", "thing:1", by=by, number=number)

def work(t):
    n = 0
    try:
        while time.time() < until:
            write(1 + (n + t) % 3, n, by=By)
            limits.hit("test", limit=10**9, per_s=3600)
            n += 1
    except BaseException as fault:
        wrong.append(f"{type(fault).__name__}: {fault}")
    finally:
        done[t] = n
        connections.close_all()

crew = [threading.Thread(target=work, args=(t,)) for t in range(threads)]
print("ready", flush=True)
sys.stdin.readline()
until = time.time() + seconds
for one in crew: one.start()
for one in crew: one.join()
print(sum(done), "|", "; ".join(wrong[:3]))
"""


@pytest.fixture
def opened():
    from kalantar.kernel import installation

    Installation.objects.create(kind="test", name="x", name_en="x", created_at=clock.wall())
    installation.forget()
    yield
    installation.forget()


@pytest.fixture
def crew(opened):
    """Start processes with threads that write for some seconds; give back what they have done."""

    def run(processes: int, threads: int, seconds: float) -> int:
        named = connection.settings_dict
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "kalantar.project.settings", "PYTHONPATH": "src"}
        if connection.vendor == "sqlite":
            environment["KALANTAR_DATABASE_URL"] = f"sqlite:///{named['NAME']}"
        else:
            environment["KALANTAR_DATABASE_URL"] = (
                f"postgres://{named['USER']}:{named['PASSWORD']}@{named['HOST']}:{named['PORT']}/{named['NAME']}"
            )
        children = [
            subprocess.Popen(
                [sys.executable, "-P", "-c", WORKER, str(n), str(seconds), str(threads)],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for n in range(processes)
        ]
        for child in children:  # all at once, however slowly they came to life
            assert child.stdout.readline() == "ready\n"
        for child in children:
            child.stdin.write("go\n")
            child.stdin.flush()
        total = 0
        for child in children:
            out, err = child.communicate(timeout=seconds + 120)
            assert child.returncode == 0, err[-2000:]
            done, wrong = out.strip().split(" | ") if " | " in out.strip() else (out.strip().rstrip("| "), "")
            assert wrong == "", wrong
            total += int(done)
        return total

    return run


def look(total: int) -> None:
    """Numbers without gap or double, two lines a verb, all chains whole."""
    assert total > 0
    series = dict(Counter.objects.values_list("series", "last"))
    assert sum(series.values()) == total
    for station in (1, 2, 3):
        lines = AuditLine.objects.filter(chain=f"station:{station}").order_by("seq").values_list("details", flat=True)
        assert sorted(line["number"] for line in lines) == list(range(1, series[f"series:{station}"] + 1))
    assert AuditLine.objects.filter(chain=audit.PROVINCE).count() == total
    assert audit.verify() == (2 * total, [])


def test_thirty_writers_are_never_turned_away(crew):
    look(crew(processes=3, threads=10, seconds=4))


@pytest.mark.slow
def test_fifty_writers_for_two_minutes_are_never_turned_away(crew):
    look(crew(processes=5, threads=10, seconds=120))


def test_of_two_verbs_on_one_matter_one_is_overtaken(opened):
    """Both read version 0; whoever writes second is told, whichever database this is."""
    from threading import Barrier, Thread

    from django.db import connections

    from kalantar.kernel.change import Overtaken, move, verb
    from kalantar.people.models import Officer

    row = Officer.objects.create(username="x", name="x", created_at=clock.wall())
    ready, said = Barrier(2), []

    class By:
        audit_id = "test"

    @verb
    def rename(officer, name, *, by):
        move(officer, name=name)
        audit.record("test.renamed", officer, by=by)

    def go(name):
        mine = Officer.objects.get(pk=row.pk)
        ready.wait()
        try:
            rename(mine, name, by=By)
            said.append("done")
        except Overtaken:
            said.append("overtaken")
        finally:
            connections.close_all()

    for _ in range(10):
        said.clear()
        pair = [Thread(target=go, args=(name,)) for name in "ab"]
        for one in pair:
            one.start()
        for one in pair:
            one.join()
        assert sorted(said) == ["done", "overtaken"]
    row.refresh_from_db()
    assert row.version == 10
    assert audit.verify() == (10, [])
