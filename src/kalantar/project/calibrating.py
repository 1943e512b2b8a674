"""`kalantar calibrate`: does each method keep its promise where the truth is known? Writes docs/calibration: the figures as
JSON, and a page with pictures drawn from them."""

from __future__ import annotations

import json
import pkgutil
import re
import sys
import time
from importlib import import_module
from pathlib import Path

import numpy as np

from kalantar import calibration
from kalantar.analysis import drawing
from kalantar.analysis.pictures import Bars
from kalantar.calibration.lines import Line

from .sentences import marked as _
from .stop import Stop

PROMISES = tuple(name for _finder, name, _package in pkgutil.iter_modules(calibration.__path__) if name != "lines")
DOCS = Path(__file__).resolve().parents[3] / "docs" / "calibration"


def run(options) -> int:
    """Exit 0 when every promise is kept, 1 when one is not; the lines say which."""
    names = [name for name in (options.only or "").split(",") if name] or list(PROMISES)
    for name in names:
        if name not in PROMISES:
            raise Stop(
                _("There is no calibration %(name)s. Please choose from: %(names)s"),
                name=name,
                names=", ".join(PROMISES),
            )
    out = options.out or DOCS
    out.mkdir(parents=True, exist_ok=True)
    broken = 0
    for name in names:
        begun = time.perf_counter()
        lines = import_module(f"kalantar.calibration.{name}").run(
            worlds=options.worlds, seed=options.seed, progress=_progress(name)
        )
        seconds = time.perf_counter() - begun
        kept = {"promise": name, "seconds": round(seconds, 1), "worlds": options.worlds, "seed": options.seed}
        told = kept | {"lines": [vars(line) | {"holds": bool(line.holds)} for line in lines]}
        (out / f"{name}.json").write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        for line in lines:
            print(
                f"{'ok ' if line.holds else 'NOT'} {name}: {line.what}, {line.stratum}: {line.figure:.3f} "
                f"({line.low:.3f} to {line.high:.3f}); {line.goal}"
            )
            broken += not line.holds
    _write_report(out)
    return 1 if broken else 0


def _progress(name):
    if not sys.stderr.isatty():
        return None
    return lambda done, of: print(f"\r{name}: {done}/{of}", end="", file=sys.stderr, flush=True)


def _pictures(lines):
    """One picture a promise: every stratum with its Monte Carlo interval."""
    for what in dict.fromkeys(line.what for line in lines):
        of = [line for line in lines if line.what == what]
        if len(of) < 2:
            continue
        yield (
            what,
            Bars(
                title=what,
                labels=tuple(line.stratum for line in of),
                values=np.array([line.figure for line in of], float),
                low=np.array([line.low for line in of], float),
                high=np.array([line.high for line in of], float),
                value_label=of[0].goal,
            ),
        )


def _slug(what):
    return re.sub(r"[^a-z0-9]+", "-", what.lower()).strip("-")[:60]


def _write_report(out):
    """The page and its pictures, of every promise that has been measured into this folder."""
    for old in out.glob("*.svg"):
        old.unlink()
    parts = [
        "# Calibration\n",
        (
            "Worlds where the truth is known, made from the seeds printed here; `./kalantar calibrate` makes this page again. "
            "A figure stands with its Monte Carlo interval (95 %). A goal is missed only where the whole interval lies "
            "beyond it.\n"
        ),
    ]
    for path in sorted(out.glob("*.json")):
        told = json.loads(path.read_text(encoding="utf-8"))
        name, lines = told["promise"], [Line(**line) for line in told["lines"]]
        parts.append(f"## {name.replace('_', ' ').capitalize()}\n")
        parts.append((import_module(f"kalantar.calibration.{name}").__doc__ or "").strip() + "\n")
        parts.append(f"Seed {told['seed']}, {told['worlds']} worlds asked for, {told['seconds']} s.\n")
        parts.append("| what | stratum | figure | interval | worlds | goal | holds |\n|---|---|---|---|---|---|---|")
        parts += [
            f"| {line.what} | {line.stratum} | {line.figure:.3f} | {line.low:.3f} to {line.high:.3f} "
            f"| {line.worlds} | {line.goal} | {'yes' if line.holds else '**no**'} |"
            for line in lines
        ]
        parts.append("")
        for what, picture in _pictures(lines):
            drawn = f"{name}-{_slug(what)}.svg"
            (out / drawn).write_text(drawing.svg(picture) + "\n", encoding="utf-8")
            parts.append(f"![{what}]({drawn})\n")
    (out / "README.md").write_text("\n".join(parts), encoding="utf-8")
