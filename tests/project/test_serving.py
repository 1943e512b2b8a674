"""An installation from nothing to a chief at work, and a server that talks to nobody else."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

import kalantar
from tests.harness import network, power_cut

from .conftest import ROOT, answers, free_port, get
from .test_killed import Visitor

pytestmark = pytest.mark.sqlite


def test_from_init_through_the_invitation_to_the_first_page(place, init_said):
    link = re.search(r"/people/join/[0-9A-Z]+/", init_said)[0]
    with place.serving() as (port, _):
        status, body = get(port, "/healthz")
        assert (status, json.loads(body)) == (
            200,
            {"status": "ok", "database": "sqlite", "version": kalantar.__version__},
        )
        chief = Visitor(port)
        words = "three green doors"
        assert chief.send(link, new=words, again=words)[0] == 302
        assert Visitor(port).send(link, new=words, again=words)[0] == 404  # a link opens once
        status, _, where = chief.send("/people/sign-in/", username="a.rahimi", password=words)
        assert (status, where) == (302, "/")
        status, _, where = chief.ask("GET", "/")
        assert status in {200, 302}
        assert status == 200 or "sign-in" not in where  # a real installation asks for a second factor first
        assert Visitor(port).send("/people/sign-in/", username="a.rahimi", password="kalantar-demo")[0] == 422


def test_health_tells_the_reason_when_the_database_is_gone(place):
    with place.serving() as (port, _):
        place.sql("ALTER TABLE kernel_installation RENAME TO elsewhere")
        status, body = get(port, "/healthz")
        told = json.loads(body)
        assert (status, told["status"], told["version"]) == (503, "not ready", kalantar.__version__)
        assert told["reason"]
        place.sql("ALTER TABLE elsewhere RENAME TO kernel_installation")
        assert get(port, "/healthz")[0] == 200
        place.sql("DELETE FROM kernel_installation")
        status, body = get(port, "/healthz")
        assert (status, json.loads(body)["reason"]) == (503, "not installed")


def test_a_server_that_is_asked_to_end_ends(place):
    with place.serving() as (port, server):
        server.send_signal(signal.SIGTERM)
        server.wait(20)
        with pytest.raises(OSError):
            get(port, "/healthz")


def test_the_worker_ends_politely(place):
    with place.running("worker") as worker:
        time.sleep(4)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(20) == 0


CONNECT = re.compile(
    r"connect\(\d+(?:<[^>]*>)?, \{sa_family=AF_INET6?,.*?(?:inet_addr\(\"|inet_pton\(AF_INET6, \")([^\"]+)\""
)


def strangers(trace) -> list[str]:
    """Addresses of other machines that a traced process tried to reach."""
    found = CONNECT.findall(trace.read_text(errors="replace"))
    return [address for address in found if not network.is_local(address)]


@pytest.mark.skipif(power_cut.tracer() is None, reason="needs strace, and leave to use it; './kalantar test' has both")
def test_server_and_worker_reach_no_other_machine(place, tmp_path):
    port, trace = free_port(), tmp_path / "trace"
    command = [power_cut.tracer(), "-f", "-e", "trace=connect,sendto", "-o", str(trace)]
    kalantar_ = [sys.executable, "-P", "-m", "kalantar"]
    with (tmp_path / "said").open("wb") as said:
        server = subprocess.Popen(
            [*command, *kalantar_, "serve", "--port", str(port)],
            env=place.environment,
            cwd=ROOT,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
    try:
        assert answers(port, server)
        for path in ("/", "/people/sign-in/", "/healthz", "/nothing-here/", "/static/nothing.css"):
            get(port, path)
        Visitor(port).send("/people/sign-in/", username="a.rahimi", password="wrong words here")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait(30)
    assert strangers(trace) == []
    once = subprocess.run([*command, *kalantar_, "worker", "--once"], env=place.environment, cwd=ROOT, check=False)
    assert once.returncode == 0
    assert strangers(trace) == []
    knock = (
        "import socket\ns = socket.socket()\ns.settimeout(0.1)\ntry: s.connect(('192.0.2.1', 9))\nexcept OSError: pass"
    )
    subprocess.run([*command, sys.executable, "-c", knock], check=True)
    assert strangers(trace) == ["192.0.2.1"]  # the negative control: the trace can see one
