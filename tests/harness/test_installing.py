"""What `./kalantar test` installs by itself, what it says where it may not, and with which code it ends.

`apt-get` and what it brings are programs from outside: stand-ins in a folder of their own, which is the whole path.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.harness import postgres, run

SHELL, CHMOD = (shutil.which(name) for name in ("sh", "chmod"))
# Writes down how it was called; `install` lays each package's program beside it, or fails as told.
APT = """#!{shell}
echo "$DEBIAN_FRONTEND: $*" >> {folder}/calls
if [ "$2" = {fails} ]; then echo "E: the mirror does not answer" >&2; exit 100; fi
[ "$2" = install ] || exit 0
shift 4
for package; do
    [ "$package" = postgresql ] && set -- initdb postgres || set -- "$package"
    for program; do echo "#!{shell}
echo this is no real $program >&2; exit 1" > {folder}/$program; {chmod} +x {folder}/$program; done
done
"""


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """`machine(root=True, fails="update")`: a Debian without a browser, strace and PostgreSQL. Gives its folder."""

    def stand(*, root: bool, apt: bool = True, fails: str = "nothing") -> Path:
        if apt:
            text = APT.format(shell=SHELL, chmod=CHMOD, folder=tmp_path, fails=fails)
            (tmp_path / "apt-get").write_text(text)
            (tmp_path / "apt-get").chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.delenv("CI", raising=False)
        monkeypatch.setattr(os, "geteuid", lambda: 0 if root else 1000)
        monkeypatch.setattr(postgres, "DEBIAN", tmp_path / "versions")
        return tmp_path

    return stand


def calls(folder: Path) -> list[str]:
    return (folder / "calls").read_text().splitlines() if (folder / "calls").exists() else []


NEEDED = ["chromium", "postgresql", "strace"]
ON_POSTGRES = ["--db", "postgres", "tests/house/test_run.py", "-k", "no_such_test"]


def test_root_installs_what_is_missing_and_nothing_else(machine):
    folder = machine(root=True)
    assert run.install(NEEDED) == []
    assert calls(folder) == [
        "noninteractive: --quiet update",
        "noninteractive: --quiet install --yes --no-install-recommends chromium postgresql strace",
    ]
    (folder / "calls").unlink()
    assert run.install(["strace"]) == []
    assert calls(folder)[-1].endswith("--no-install-recommends strace")


def test_the_stand_in_brings_only_what_it_was_asked_for(machine):
    """The stand-in bites: what was not asked for is still missing."""
    machine(root=True)
    run.install(["strace"])
    assert [name for name in NEEDED if run.PACKAGES[name]() is None] == ["chromium", "postgresql"]


def test_lists_that_cannot_be_fetched_do_not_stop_what_is_at_hand(machine, capsys):
    folder = machine(root=True, fails="update")
    assert run.install(["strace"]) == []
    assert len(calls(folder)) == 2
    assert "the mirror does not answer" in capsys.readouterr().out


def test_what_could_not_be_installed_is_still_missing_and_apt_is_heard(machine, capsys):
    machine(root=True, fails="install")
    assert run.install(NEEDED) == NEEDED
    assert "E: the mirror does not answer" in capsys.readouterr().out


@pytest.mark.parametrize(("root", "apt"), [(False, True), (True, False)], ids=["not root", "no apt-get"])
def test_where_it_may_not_it_tries_nothing(machine, root, apt, capsys):
    folder = machine(root=root, apt=apt)
    assert run.install(NEEDED) == NEEDED
    assert calls(folder) == []
    assert capsys.readouterr().out == ""


def test_who_may_not_install_is_told_the_command_and_the_stage_is_left_out(machine, capsys):
    folder = machine(root=False)
    assert run.main(ON_POSTGRES) == 1  # no stage ran, which is no success
    said = capsys.readouterr().out
    assert "missing: postgresql. Install with: sudo apt-get install postgresql" in said
    assert "skipped: PostgreSQL is missing chosen tests on postgres" in said
    assert calls(folder) == []


def test_without_leave_not_even_root_installs(machine, capsys):
    folder = machine(root=True)
    assert run.main(["--no-install", *ON_POSTGRES]) == 1
    assert "Install with: sudo apt-get install postgresql" in capsys.readouterr().out
    assert calls(folder) == []


def test_in_the_pipeline_nothing_is_left_out(machine, monkeypatch, capsys):
    machine(root=False)
    monkeypatch.setenv("CI", "true")
    assert run.main(ON_POSTGRES) == 1
    said = capsys.readouterr().out
    assert "in CI nothing may be skipped" in said
    assert "summary" not in said


@pytest.mark.skipif(os.geteuid() != 0, reason="a server that root started runs as another user, so it takes root")
def test_a_server_that_was_installed_and_does_not_start_says_so(machine, capsys):
    folder = machine(root=True)
    assert run.main(ON_POSTGRES) == 1
    said = capsys.readouterr().out
    assert "kalantar: installing postgresql ..." in said
    assert "missing" not in said
    assert "PostgreSQL did not start: " in said  # "this is no real initdb", or that its user may not open the folder
    assert calls(folder)[-1].endswith("--no-install-recommends postgresql")


def test_a_stage_that_needs_nothing_installs_nothing(machine):
    folder = machine(root=True)
    assert run.main(["tests/house/test_licences.py", "--collect-only"]) == 0
    assert calls(folder) == []
