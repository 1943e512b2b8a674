"""Real processes on data folders of their own. On PostgreSQL each installation gets a database of its own."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KALANTAR = [sys.executable, "-P", "-m", "kalantar"]


@dataclass
class Answer:
    """How a verb ended."""

    code: int
    out: str
    err: str


@dataclass
class Place:
    """One installation: its data folder, keys, database and environment."""

    data: Path
    profile: str = "station"
    more: dict[str, str] = field(default_factory=dict)

    @property
    def keys(self) -> Path:
        return Path(f"{self.data}.keys")

    @property
    def database(self) -> Path:
        return self.data / "kalantar.sqlite3"

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("KALANTAR_", "DJANGO_"))}
        named = {"KALANTAR_DATA": str(self.data), "KALANTAR_LANGUAGE": "en", "PYTHONPATH": str(ROOT / "src")}
        if self.profile:
            named["KALANTAR_PROFILE"] = self.profile
        return {**kept, **named, **self.more}

    def run(self, *arguments: object, **more: str) -> Answer:
        """One verb, to its end. A traceback is never an answer."""
        done = subprocess.run(
            [*KALANTAR, *map(str, arguments)],
            env={**self.environment, **more},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Answer(done.returncode, done.stdout, done.stderr)

    def python(self, code: str) -> str:
        """A piece of Python inside this installation."""
        done = subprocess.run(
            [sys.executable, "-P", "-c", f"import django; django.setup()\n{code}"],
            env={**self.environment, "DJANGO_SETTINGS_MODULE": "kalantar.project.settings"},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def sql(self, *statements: str) -> None:
        """Behind the product's back, straight into SQLite's file."""
        import sqlite3

        link = sqlite3.connect(self.database)
        with contextlib.closing(link), link:
            for statement in statements:
                link.execute(statement)

    def ask(self, query: str):
        """One value out of SQLite's file."""
        import sqlite3

        with contextlib.closing(sqlite3.connect(self.database)) as link:
            return link.execute(query).fetchone()[0]

    @contextlib.contextmanager
    def running(self, *arguments: str):
        """A verb that goes on; ended politely, and by force when that does not help."""
        said = self.data / "said"
        with said.open("wb") as out:
            child = subprocess.Popen(
                [*KALANTAR, *arguments], env=self.environment, cwd=ROOT, stdout=out, stderr=out, start_new_session=True
            )
        try:
            yield child
        finally:
            child.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(15)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()

    @contextlib.contextmanager
    def serving(self):
        """The web server on a free port; gives the port."""
        port = free_port()
        with self.running("serve", "--port", str(port)) as server:
            assert answers(port, server), (self.data / "said").read_text()
            yield port, server


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port: int, server, tries: int = 600) -> bool:
    for _ in range(tries):
        if server.poll() is not None:
            return False
        with contextlib.suppress(OSError):
            return get(port, "/healthz")[0] in {200, 503}
        time.sleep(0.1)
    return False


def get(port: int, path: str) -> tuple[int, bytes]:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    with contextlib.closing(link):
        link.request("GET", path)
        answer = link.getresponse()
        return answer.status, answer.read()


INIT = (
    "init",
    "--kind",
    "station",
    "--name",
    "کلانتری ۱۴",
    "--name-en",
    "Station 14",
    "--number",
    "14",
    "--chief",
    "a.rahimi",
)
REAL = {"KALANTAR_HOSTS": "localhost,127.0.0.1", "KALANTAR_TLS": "no"}


@pytest.fixture(scope="session")
def _first(tmp_path_factory):
    place = Place(tmp_path_factory.mktemp("first") / "data", more=dict(REAL))
    said = place.run(*INIT)
    assert said.code == 0, said.err
    return place, said


@pytest.fixture(scope="session")
def init_said(_first) -> str:
    return _first[1].out


@pytest.fixture
def place(_first, tmp_path) -> Place:
    """A station's installation on SQLite, just set up; a copy of its own for each test."""
    first, _ = _first
    shutil.copytree(first.data, tmp_path / "data")
    shutil.copytree(first.keys, tmp_path / "data.keys")
    return Place(tmp_path / "data", more=dict(REAL))


@pytest.fixture
def bare(tmp_path) -> Place:
    """Keys, and nothing else."""
    from kalantar.kernel import keys

    keys.make(tmp_path / "data.keys")
    return Place(tmp_path / "data", more=dict(REAL))


@pytest.fixture
def anywhere(request, tmp_path) -> Place:
    """An installation on the database of this run: SQLite, or a new database on the PostgreSQL server."""
    address = os.environ.get("KALANTAR_DATABASE_URL", "")
    more = dict(REAL)
    if address.startswith("postgres"):
        more["KALANTAR_DATABASE_URL"] = request.getfixturevalue("own_database")
    place = Place(tmp_path / "data", more=more)
    said = place.run(*INIT)
    assert said.code == 0, said.err
    return place


@pytest.fixture
def own_database():
    """A new, empty database on the server of this run; gone afterwards."""
    import psycopg

    address = os.environ["KALANTAR_DATABASE_URL"]
    name = f"kalantar_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(address, autocommit=True) as link:
        link.execute(f"CREATE DATABASE {name}")
    yield f"{address.rsplit('/', 1)[0]}/{name}"
    with psycopg.connect(address, autocommit=True) as link:
        link.execute(f"DROP DATABASE {name} WITH (FORCE)")
