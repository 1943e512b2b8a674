"""A method's options on the command line, and the exact call that repeats it in Python."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Option:
    """One option. `kind` reads its text; `default` is shown in the help and comes back in the result."""

    name: str
    kind: Callable[[str], Any] | None
    default: Any
    help: str
    choices: tuple[str, ...] | None = None


def number(name, default, help):
    return Option(name, float, default, help)


def whole(name, default, help):
    return Option(name, int, default, help)


def word(name, choices, help, default=None):
    return Option(name, str, default or choices[0], help, choices=tuple(choices))


def text(name, default, help):
    return Option(name, str, default, help)


def flag(name, help):
    return Option(name, None, False, help)


def limits(name, default, help):
    """Limits of bands, such as 0,200,400."""
    return Option(name, _numbers, _numbers(default) if default else None, help)


def _numbers(given):
    try:
        return [float(part) for part in str(given).split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"numbers with commas between them, such as 0,200,400; got {given}") from None


class Asked:
    """The call of a method, remembered as text while it is made."""

    def __init__(self):
        self.text = ""

    def call(self, function, /, *data, seed=None, **options):
        """Call function(*data values, **options). data : pairs (name, value); seed makes an rng."""
        module = function.__module__.removeprefix("kalantar.analysis.")
        written = [name for name, _ in data] + [f"{name}={_written(value)}" for name, value in options.items()]
        if seed is not None:
            written.append(f"rng=numpy.random.default_rng({seed})")
            options["rng"] = np.random.default_rng(seed)
        self.text = f"{module}.{function.__name__}({', '.join(written)})"
        return function(*(value for _, value in data), **options)


def _written(value):
    if isinstance(value, np.ndarray):
        return f"numpy.array({value.tolist()})" if value.size <= 12 else f"array of {value.shape}"
    if isinstance(value, (list, tuple)) and len(value) <= 12 and all(isinstance(v, (str, int, float)) for v in value):
        return repr([round(v, 9) if isinstance(v, float) else v for v in value])
    if isinstance(value, (str, int, float, bool, type(None), np.generic)):
        return repr(value.item() if isinstance(value, np.generic) else value)
    if isinstance(value, (list, tuple, dict)):
        return f"{type(value).__name__} of {len(value)}"
    return type(value).__name__.lower()


def parser_of(method) -> argparse.ArgumentParser:
    """What may be said after `kalantar analyse METHOD`."""
    top = argparse.ArgumentParser(prog=f"kalantar analyse {method.name}", description=method.help)
    top.add_argument(
        "files", nargs="+" if method.files else "*", metavar="FILE", help=method.files or argparse.SUPPRESS
    )
    own = top.add_argument_group("this method")
    for option in method.options:
        name = "--" + option.name.replace("_", "-")
        if option.kind is None:
            own.add_argument(name, action="store_true", help=option.help)
        else:
            shown = "" if option.default is None else f" (default: {_shown(option.default)})"
            own.add_argument(
                name, type=option.kind, default=option.default, choices=option.choices, help=option.help + shown
            )
    read = top.add_argument_group("reading the files")
    for name, what in (
        ("lon", "column of longitudes"),
        ("lat", "column of latitudes"),
        ("x", "column of eastings"),
        ("y", "column of northings"),
        ("crs", "coordinate system of x and y: EPSG:…, or metres"),
        ("date", "column of dates (with or without a time behind)"),
        ("time", "column of times"),
        ("date-to", "column of the end, where an event lies between two moments"),
        ("time-to", "column of the end's time"),
        ("since", "first day"),
        ("until", "last day"),
        ("sheet", "sheet of a workbook"),
        ("layer", "layer of a GeoPackage"),
        ("area", "file of the area's boundary (polygons)"),
    ):
        read.add_argument(f"--{name}", help=what)
    read.add_argument("--calendar", choices=["jalali", "gregorian"], help="calendar of the dates; told by the year")
    read.add_argument("--order", choices=["ymd", "dmy", "mdy"], help="order of day, month and year in the dates")
    read.add_argument("--where", action="append", metavar="NAME=VALUE", help="only rows with this value")
    out = top.add_argument_group("the answer")
    out.add_argument("--json", action="store_true", help="as JSON on standard output")
    out.add_argument("--html", metavar="FILE", help="one self-contained page with pictures and what it means")
    out.add_argument("--csv", metavar="FILE", help="the table of the answer")
    out.add_argument("--language", choices=["en", "fa"], help="language of the page (KALANTAR_LANGUAGE)")
    out.add_argument("--seed", type=int, default=1, help="seed of what is drawn by chance (default: 1)")
    out.add_argument("--cores", type=int, default=1, help="cores to use where a second one helps (default: 1)")
    return top


def _shown(value):
    return ",".join(f"{v:g}" for v in value) if isinstance(value, list) else value
