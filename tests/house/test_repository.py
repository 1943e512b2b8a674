"""Promises about the repository as a whole: what it names, what it holds, and that its lists are complete."""

import re
import subprocess
import sys

import pytest

from tests.house import reading

# A path of somebody's machine, or the address of a package registry. Halves, so that this file does not find itself.
MACHINE = re.compile(
    r"(?<![\w.~/-])/(?:work|root|home/\w+|Users/\w+)(?:/|\b(?=[\s'\"`)]))"
    r"|(?:py" + r"pi\.org|python" + r"hosted\.org|registry\.npm" + r"js|deb\.debian" + r"\.org|localhost:\d+/simple)"
)
DECISIONS = reading.ROOT / "docs" / "decisions"


@pytest.mark.parametrize(
    ("sample", "caught"),
    [
        ("data lies in /wo" + "rk/shared", True),
        ("cd /ro" + "ot/project", True),
        ('"/home/' + 'reza/x"', True),
        ("https://files.python" + "hosted.org/packages", True),
        ("src/work/file, homework/root/x, ./root/y", False),
        ("/usr/lib/postgresql", False),
    ],
)
def test_machine_paths_and_registries_are_recognised(sample, caught):
    assert bool(MACHINE.search(sample)) is caught


def test_nothing_tracked_names_a_machine_or_a_registry():
    found = []
    for path in reading.tracked_text():
        text = path.read_text(encoding="utf-8")
        found += [f"{reading.where(path, text, match.start())}: {match[0]}" for match in MACHINE.finditer(text)]
    assert found == []


def test_no_compiled_or_private_file_is_tracked():
    never = re.compile(
        r"\.(mo|pyc|sqlite3|db|key|pem|env)$|(^|/)(\.venv|var|__pycache__|uv\.lock|package-lock\.json)(/|$)"
    )
    assert never.search("src/kalantar/web/locale/fa/LC_MESSAGES/django.mo")
    assert never.search("uv.lock")
    assert not never.search("requirements/app.lock")
    names = [str(path.relative_to(reading.ROOT)) for path in reading.tracked()]
    assert [name for name in names if never.search(name)] == []


def unlisted(files: list[str], index: str) -> list[str]:
    return [name for name in files if f"({name})" not in index]


def test_the_index_of_decisions_is_complete():
    assert unlisted(["0001-a.md", "0002-b.md"], "- [A](0001-a.md)") == ["0002-b.md"]
    files = sorted(path.name for path in DECISIONS.glob("*.md") if path.name != "README.md")
    index = (DECISIONS / "README.md").read_text(encoding="utf-8")
    assert files
    assert unlisted(files, index) == []
    assert [name for name in re.findall(r"\]\(([^)/#]+\.md)\)", index) if name not in files] == []


def test_every_room_stands_on_a_floor():
    rooms = {path.parent.name for path in reading.PACKAGE.glob("*/__init__.py")} - {"data"}
    for room in rooms:
        reading.floor(room)
    named = set(re.findall(r"\w+", " ".join(reading.FLOORS)))
    assert named <= rooms


def test_the_floors_here_and_in_pyproject_are_the_same():
    import tomllib

    contracts = tomllib.loads((reading.ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    assert [sorted(re.findall(r"\w+", layer)) for layer in layers] == [
        sorted(floor.split()) for floor in reading.FLOORS
    ]


LAUNCHER = reading.ROOT / "kalantar"


def launch(*arguments):
    return subprocess.run(["sh", LAUNCHER, *arguments], capture_output=True, text=True, check=False)


def test_the_launcher_explains_itself():
    told = launch("--help")
    assert (told.returncode, told.stderr) == (0, "")
    for verb in ("demo", "init", "serve", "worker", "migrate", "import", "analyse", "doctor", "backup", "restore",
                 "verify", "upgrade", "test", "check", "bench", "pictures", "nightly", "messages", "lock"):  # fmt: skip
        assert re.search(rf"^  {verb} ", told.stdout, re.MULTILINE), verb


def test_a_verb_that_is_not_there_is_wrong_usage():
    told = launch("fly")
    assert told.returncode == 2
    assert "no verb 'fly'" in told.stderr
    assert launch().returncode == 2


def test_an_unfit_python_is_one_line(tmp_path):
    environment = {"PATH": "/usr/bin:/bin", "KALANTAR_VENV": str(tmp_path / "new"), "KALANTAR_PYTHON": "/bin/false"}
    told = subprocess.run(["sh", LAUNCHER, "doctor"], env=environment, capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert len(told.stderr.splitlines()) == 1
    assert "3.11" in told.stderr


def test_a_python_without_venv_is_one_line_that_names_the_package(tmp_path):
    """As on a fresh Debian; before it in the path stands a shim of a version that is not there, as pyenv leaves it."""
    bare = f"""#!/bin/sh
case "$2" in
*ensurepip*) exit 1 ;;
*"print(sys.executable)") echo "$0" ;;
*) exec "{sys.executable}" "$@" ;;
esac
"""
    for name in ("python3.13", "python3.12", "python3.11"):
        (tmp_path / name).write_text(bare)
    (tmp_path / "python3").write_text("#!/bin/sh\necho 'pyenv: python3: command not found' >&2\nexit 127\n")
    for path in tmp_path.iterdir():
        path.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path), "KALANTAR_VENV": str(tmp_path / "new")}
    told = subprocess.run(["sh", LAUNCHER, "doctor"], env=environment, capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert len(told.stderr.splitlines()) == 1
    assert re.search(r"sudo apt-get install python3(\.\d+)?-venv$", told.stderr.strip())


def test_a_foreign_folder_is_never_made_into_an_environment(tmp_path):
    (tmp_path / "letter.txt").write_text("keep me")
    environment = {
        "PATH": "/usr/bin:/bin",
        "KALANTAR_VENV": str(tmp_path),
        "KALANTAR_PYTHON": sys.executable,
    }
    told = subprocess.run(["sh", LAUNCHER, "doctor"], env=environment, capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert "holds something else" in told.stderr
    assert (tmp_path / "letter.txt").read_text() == "keep me"
