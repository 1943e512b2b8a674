"""What every test may use. The cast of people and rows lies in the rooms' own conftest files.

Tests of the cellar (analysis, formats, persian) run without Django: so is the library used by analysts.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import hypothesis
import pytest

from tests.harness import emptying, network

# A deadline measures the machine, not the code; speed is the benchmarks' to tell.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")

ROOT = Path(__file__).resolve().parents[1]
CELLAR = [ROOT / "tests" / name for name in ("analysis", "formats", "persian", "worlds")]

pytest_plugins = ["tests.harness.statements", "tests.harness.browser", "tests.cast"]


def pytest_configure(config):
    if network.is_absent():
        network.watch()
    if _only_cellar(config):
        return
    config.kalantar_data = os.environ["KALANTAR_DATA"] = tempfile.mkdtemp(prefix="kalantar-test-")
    Path(config.kalantar_data, "static").mkdir()
    os.environ["KALANTAR_PROFILE"] = "test"
    os.environ["DJANGO_SETTINGS_MODULE"] = "kalantar.project.settings"
    from django.conf import settings

    assert settings.DATABASES
    from kalantar.kernel import asked

    asked.checking = True  # every kept statement of the whole suite is written anew and compared
    emptying.allow_between_tests()


def pytest_unconfigure(config):
    made = getattr(config, "kalantar_data", None)
    if made:
        shutil.rmtree(made, ignore_errors=True)
        shutil.rmtree(f"{made}.keys", ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Mark what needs a database, and skip what the other database is needed for: visibly, with the reason."""
    on_postgres = is_postgres()
    needs_postgres = pytest.mark.skip(reason="needs PostgreSQL; './kalantar test --db postgres' runs it")
    needs_sqlite = pytest.mark.skip(reason="needs SQLite; './kalantar test' runs it")
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if item.get_closest_marker("django_db") or {"db", "transactional_db", "live_server"} & set(fixtures):
            item.add_marker("database")
        if "live" in fixtures:
            item.add_marker("browser")
        if item.get_closest_marker("postgres") and not on_postgres:
            item.add_marker(needs_postgres)
        if item.get_closest_marker("sqlite") and on_postgres:
            item.add_marker(needs_sqlite)


@pytest.fixture(autouse=True)
def _nothing_leaves_this_machine():
    """Any connection to another machine fails the test that made it, even where the code swallowed the error."""
    with network.nothing_leaves():
        yield


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real data sets that lie beside the repository in its workshop; absent elsewhere, and then skipped visibly."""
    for folder in ROOT.parents:
        if (folder / "shared" / "data").is_dir():
            return folder / "shared" / "data"
    pytest.skip("the folder shared/data is not beside this repository")


def is_postgres() -> bool:
    return os.environ.get("KALANTAR_DATABASE_URL", "").startswith("postgres")


def _only_cellar(config) -> bool:
    asked = [Path(argument.split("::")[0]).resolve() for argument in config.args]
    return (
        bool(asked)
        and "django" not in sys.modules
        and all(any(path == room or room in path.parents for room in CELLAR) for path in asked)
    )
