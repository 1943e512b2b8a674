"""`./kalantar check`: what the pipeline looks at besides the tests, one line a step; `--fix` mends what a tool can."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.house import reading  # noqa: E402 - run as a script, so the path comes first


def python(*arguments: str) -> tuple[int, str]:
    return run(sys.executable, *arguments)


def run(*command: str) -> tuple[int, str]:
    with tempfile.TemporaryDirectory(prefix="kalantar-check-") as folder:
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT / "src"),
            "KALANTAR_PROFILE": "test",
            "KALANTAR_DATA": f"{folder}/data",
            "DJANGO_SETTINGS_MODULE": "kalantar.project.settings",
        }
        environment.pop("KALANTAR_DATABASE_URL", None)
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def templates(fix: bool) -> tuple[int, str]:
    files = [str(path) for path in reading.templates()]
    if not files:
        return 0, ""
    djade = str(Path(sys.executable).with_name("djade"))
    return run(djade, *([] if fix else ["--check"]), "--target-version", "5.2", *files)


def whitespace(fix: bool) -> tuple[int, str]:
    faults = []
    for path in reading.written_by_us():
        text = path.read_text(encoding="utf-8")
        clean = "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").split("\n")).rstrip("\n") + "\n"
        if text and text != clean:
            if fix:
                path.write_text(clean, encoding="utf-8")
            else:
                faults.append(f"{path.relative_to(ROOT)}: space at a line's end, or no single newline at the end")
    return len(faults) and 1, "\n".join(faults)


def steps(fix: bool):
    yield "lint", lambda: python("-m", "ruff", "check", *(["--fix"] if fix else []), ".")
    yield "format", lambda: python("-m", "ruff", "format", *([] if fix else ["--check"]), ".")
    yield "types", lambda: python("-m", "mypy")
    yield (
        "floors",
        lambda: python("-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"),
    )
    yield "templates", lambda: templates(fix)
    yield "settings", lambda: python("-m", "django", "check", "--fail-level", "WARNING")
    yield "migrations", lambda: python("-m", "django", "makemigrations", "--check", "--dry-run")
    yield "messages", lambda: python("-m", "kalantar.project.messages", "check")
    yield "whitespace", lambda: whitespace(fix)
    yield "house", lambda: python("-m", "pytest", "-q", "tests/house", "-n", "2")


def main(arguments: list[str]) -> int:
    if set(arguments) - {"--fix"}:
        print("usage: ./kalantar check [--fix]", file=sys.stderr)
        return 2
    failed = 0
    for name, step in steps(fix="--fix" in arguments):
        began = time.monotonic()
        code, said = step()
        print(f"{'ok' if code == 0 else 'FAILED':<7} {name:<11} {time.monotonic() - began:5.1f} s", flush=True)
        if code:
            failed += 1
            print(said.rstrip(), flush=True)
    print(f"check: {failed} of {len(list(steps(False)))} steps failed" if failed else "check: all is well")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
