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
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.harness import browser, postgres  # noqa: E402 - run as a script, so the path comes first

PACKAGES = {"chromium": browser.find, "postgresql": postgres.find, "strace": lambda: shutil.which("strace")}


@dataclass(frozen=True)
class Stage:
    """One run of pytest on one database."""

    name: str
    database: str
    arguments: tuple[str, ...]


ROOMS = ("tests", "--ignore=tests/house")
STAGES = (
    Stage("unit and SQLite", "sqlite", (*ROOMS, "-m", "not browser and not postgres{slow}")),
    Stage("PostgreSQL", "postgres", (*ROOMS, "-m", "database and not browser and not sqlite{slow}")),
    Stage("browser", "sqlite", (*ROOMS, "-m", "browser{slow}")),
    Stage("house", "sqlite", ("tests/house",)),
)


def main(arguments: list[str]) -> int:
    options, rest = _options().parse_known_args(arguments)
    stages = plan(options, rest)
    needed = {"postgresql"} if any(stage.database == "postgres" for stage in stages) else set()
    needed |= {"chromium"} if any(stage.name == "browser" for stage in stages) else set()
    needed |= {"strace"} if any(stage.name == "unit and SQLite" for stage in stages) else set()
    missing = [name for name in sorted(needed) if PACKAGES[name]() is None]
    if missing and options.install:
        missing = install(missing)
    if missing:
        print(f"kalantar: missing: {' '.join(missing)}. Install with: sudo apt-get install {' '.join(missing)}")
        if os.environ.get("CI"):
            print("kalantar: in CI nothing may be skipped.")
            return 1
    with contextlib.ExitStack() as until_the_end:
        address = None
        if "postgresql" in needed and "postgresql" not in missing:
            try:
                address = until_the_end.enter_context(postgres.running(postgres.find()))
            except postgres.PostgresFailed as failed:
                print(f"kalantar: PostgreSQL did not start: {failed}")
                return 1
        results = [(stage.name, *run(stage, address)) for stage in stages]
    return summary(results, narrowed=bool(rest))


def plan(options, rest: list[str]) -> list[Stage]:
    """All stages; or only what was asked for by path, by mark or by database."""
    paths = [Path(argument.split("::")[0]) for argument in rest]
    chosen = [path for path in paths if path.exists() or (ROOT / path).exists()]
    if chosen or options.db or "-m" in rest:
        database = options.db or "sqlite"
        arguments = rest if chosen else ["tests", *rest]
        alone = chosen and all((ROOT / path).is_file() for path in chosen)
        workers = ["-n", "0"] if alone else []
        return [Stage(f"chosen tests on {database}", database, (*workers, *arguments))]
    slow = "" if options.nightly else " and not slow"
    return [
        Stage(stage.name, stage.database, (*(part.format(slow=slow) for part in stage.arguments), *rest))
        for stage in STAGES
    ]


def run(stage: Stage, address: str | None) -> tuple[int | None, float]:
    """Exit code and seconds; the code is None when the stage's database is missing and it was left out."""
    if stage.database == "postgres" and address is None:
        return None, 0.0
    environment = {**os.environ, "KALANTAR_PROFILE": "test"}
    environment.pop("KALANTAR_DATABASE_URL", None)
    if stage.database == "postgres":
        environment["KALANTAR_DATABASE_URL"] = address
    print(f"\n── {stage.name} ──", flush=True)
    began = time.monotonic()
    workers = [] if any(argument.startswith("-n") for argument in stage.arguments) else ["-n", "2"]
    command = [sys.executable, "-m", "pytest", "-q", *workers, *stage.arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False)
    return done.returncode, time.monotonic() - began


def summary(results: list[tuple[str, int | None, float]], *, narrowed: bool) -> int:
    """Say how each stage went. A stage without a test is a fault, unless the whole was narrowed by `-k` or the like."""
    print("\n── summary ──")
    for name, code, seconds in results:
        verdict = {0: "passed", 5: "ran no test", None: "skipped: PostgreSQL is missing"}.get(code, "FAILED")
        print(f"{verdict:<12} {name}, {seconds:.0f} s")
    codes = {code for _, code, _ in results}
    return 0 if 0 in codes and codes <= ({0, 5, None} if narrowed else {0, None}) else 1


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
