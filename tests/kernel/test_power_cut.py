"""An acknowledged fact survives a cut of the power, and the test can see one that does not."""

import os
import random
import subprocess
import sys

import pytest
from tests.harness import power_cut

pytestmark = [
    pytest.mark.sqlite,
    pytest.mark.skipif(
        power_cut.tracer() is None, reason="needs strace, and leave to use it; './kalantar test' has both"
    ),
]
SEED = 20261124


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """An installation's data folder, closed, whose clock stands at 0."""
    data = tmp_path_factory.mktemp("power") / "data"
    data.mkdir()
    code = (
        "import django; django.setup()\n"
        "from django.core.management import call_command\n"
        "from kalantar.kernel import verbs\n"
        "from kalantar.people.actors import COMMAND_LINE\n"
        "call_command('migrate', verbosity=0)\n"
        "verbs.open_installation('test', by=COMMAND_LINE, name='x', name_en='x', time_zone='Asia/Tehran')\n"
    )
    environment = {
        **os.environ,
        "PYTHONPATH": str(power_cut.ROOT / "src"),
        "KALANTAR_PROFILE": "test",
        "KALANTAR_DATA": str(data),
        "DJANGO_SETTINGS_MODULE": "kalantar.project.settings",
    }
    environment.pop("KALANTAR_DATABASE_URL", None)
    subprocess.run([sys.executable, "-P", "-c", code], env=environment, check=True)
    return data


@pytest.fixture
def cut(empty, tmp_path):
    """Run the verb under a setting and open the files of every cut; returns (acknowledged, what is left) for each."""

    def at_every_acknowledgement(times: int, synchronous: str):
        data = tmp_path / "data"
        subprocess.run(["cp", "-r", empty, data], check=True)
        before = {path.name: path.read_bytes() for path in data.glob("kalantar.sqlite3*")}
        assert list(before) == ["kalantar.sqlite3"], "the database was not closed"
        power_cut.record(data, tmp_path / "trace", times=times, synchronous=synchronous)
        chance, found = random.Random(SEED), []
        for n, disk in power_cut.cuts(before, tmp_path / "trace", "acknowledged"):
            found.append((n, power_cut.opened(disk.after_a_cut(), tmp_path / "after")))
            if n % 4 == 0:  # a disk may have written any part of the rest
                found.append((n, power_cut.opened(disk.after_a_cut(chance), tmp_path / "after")))
        (tmp_path / "trace").unlink()
        assert found[-1][0] == times
        return found

    return at_every_acknowledgement


def lost(found):
    return [n for n, left in found if left.moved < n]


def half_done(found):
    """Cuts after which row, audit lines and chain do not say the same, or the file is damaged."""
    return [n for n, left in found if not left.whole or not left.moved == left.lines == left.head - 1]


def test_no_acknowledged_verb_is_lost_and_none_is_half_there(cut):
    found = cut(200, "FULL")
    assert len(found) >= 200
    assert (lost(found), half_done(found)) == ([], [])


def test_the_popular_setting_does_lose_them_so_the_test_can_see_it(cut):
    found = cut(100, "NORMAL")
    assert len(lost(found)) >= 90


@pytest.mark.slow
def test_a_thousand_cuts_through_several_checkpoints_lose_nothing(cut):
    found = cut(1200, "FULL")
    assert len(found) >= 1200
    assert (lost(found), half_done(found)) == ([], [])
