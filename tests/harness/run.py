"""`./kalantar test`: the whole suite, on both databases, in a browser, and the house tests.

    ./kalantar test                         everything
    ./kalantar test tests/people -k name    only this, on SQLite
    ./kalantar test --db postgres [paths]   on PostgreSQL
    ./kalantar test --no-install            never call apt-get

Everything that stands after these goes to pytest. The exit code is 0 only when every stage ran and passed.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.harness import browser, postgres  # noqa: E402 - run as a script, so the path comes first

PACKAGES = {"chromium": browser.find, "postgresql": postgres.find}
STAGES = (
    # name, database, pytest's own arguments
    ("unit and SQLite", "sqlite", ["tests", "--ignore=tests/house", "-m", "not browser and not postgres{slow}"]),
    (
        "PostgreSQL",
        "postgres",
        ["tests", "--ignore=tests/house", "-m", "database and not browser and not sqlite{slow}"],
    ),
    ("browser", "sqlite", ["tests", "--ignore=tests/house", "-m", "browser{slow}"]),
    ("house", "sqlite", ["tests/house"]),
)


def main(arguments: list[str]) -> int:
    options, rest = _options().parse_known_args(arguments)
    missing = [name for name, find in PACKAGES.items() if find() is None]
    if missing and options.install:
        missing = install(missing)
    if missing:
        print(f"kalantar: missing: {' '.join(missing)}. Install with: sudo apt-get install {' '.join(missing)}")
        if os.environ.get("CI"):
            print("kalantar: in CI nothing may be skipped.")
            return 1
    chosen = [argument for argument in rest if (ROOT / argument.split("::")[0]).exists() or Path(argument).exists()]
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(ROOT / ".hypothesis"))
    if chosen or options.db:
        stages = [(f"chosen tests on {options.db or 'SQLite'}", options.db or "sqlite", rest or ["tests"])]
    else:
        slow = "" if options.nightly else " and not slow"
        stages = [(name, db, [part.format(slow=slow) for part in own] + rest) for name, db, own in STAGES]
    with contextlib.ExitStack() as until_the_end:
        address = None
        if any(db == "postgres" for _, db, _ in stages) and "postgresql" not in missing:
            address = until_the_end.enter_context(postgres.running(postgres.find()))
        results = [run(name, db, own, address) for name, db, own in stages]
    return summary(results)


def run(name: str, db: str, arguments: list[str], address: str | None) -> tuple[str, int | None, float]:
    """One stage; its exit code is None when its database is missing and it was left out."""
    if db == "postgres" and address is None:
        return name, None, 0.0
    environment = {**os.environ, "KALANTAR_PROFILE": "test"}
    environment.pop("KALANTAR_DATABASE_URL", None)
    if db == "postgres":
        environment["KALANTAR_DATABASE_URL"] = address
    print(f"\n── {name} ──", flush=True)
    began = time.monotonic()
    workers = [] if any(argument.startswith("-n") for argument in arguments) else ["-n", "2"]
    command = [sys.executable, "-m", "pytest", "-q", *workers, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False)
    return name, done.returncode, time.monotonic() - began


def summary(results) -> int:
    print("\n── summary ──")
    for name, code, seconds in results:
        verdict = {0: "passed", 5: "ran no test", None: "skipped: PostgreSQL is missing"}.get(code, "FAILED")
        print(f"{verdict:<12} {name}, {seconds:.0f} s")
    return 0 if all(code in (0, None) for _, code, _ in results) else 1


def install(missing: list[str]) -> list[str]:
    """Install Debian packages where this user may; gives back what is still missing."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return missing
    print(f"kalantar: installing {' '.join(missing)} ...", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *missing]):
        done = subprocess.run(
            ["apt-get", "--quiet", *command], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            print(done.stderr.strip()[-2000:])
    return [name for name in missing if PACKAGES[name]() is None]


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kalantar test", description=__doc__, allow_abbrev=False,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--db", choices=("sqlite", "postgres"))
    parser.add_argument("--nightly", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--no-install", dest="install", action="store_false")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
