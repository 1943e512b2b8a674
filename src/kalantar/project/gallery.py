"""`kalantar pictures --gallery`: one picture a method, on the real events that come with the product."""

from __future__ import annotations

import contextlib
import lzma
import os
import tempfile
from pathlib import Path

from kalantar.analysis import drawing

from .analysing import methods, running
from .analysing.asking import parser_of
from .bench_city import SOURCE

DOCS = Path(__file__).resolve().parents[3] / "docs" / "gallery"
EVENTS = ("burglaries.csv", "--crs", "EPSG:26971")
YEAR = (*EVENTS, "--since", "2016-01-01", "--until", "2016-12-31")
CITY = ("--area", "districts.geojson")
CALLS = {
    "rise": EVENTS,
    "recording-drop": EVENTS,
    "short-history": ("burglaries.csv", "--since", "2016-01-01"),
    "trend": ("assaults.csv",),
    "two-counts": ("--first", "23", "--second", "11"),
    "levels": (*YEAR, *CITY, "--name", "District"),
    "hours": ("assaults.csv", "--since", "2019-01-01"),
    "days": ("assaults.csv", "--since", "2019-12-15"),
    "lorenz": (*YEAR, "--area", "beats.geojson", "--name", "District"),
    "accuracy": ("forecast.csv",),
    "impact": (*EVENTS, *CITY, "--name", "District", "--treated", "8", "--began", "2017-01-02"),
    "hot-cells": (*YEAR, *CITY, "--cell-m", "500"),
    "local-moran": (*YEAR, *CITY, "--cell-m", "500"),
    "density": (*YEAR, *CITY, "--cell-m", "500", "--bandwidth", "700"),
    "grid": (*YEAR, "--cell-m", "750"),
    "hexagons": (*YEAR, "--resolution", "7"),
    "clusters": (*YEAR, "--within-m", "150", "--fewest", "10"),
    "centre": YEAR,
    "near-repeat": YEAR,
    "strings": (*EVENTS, "--since", "2016-10-01", "--until", "2016-12-31"),
    "scan": (*EVENTS, "--since", "2017-06-01", "--cell-m", "500", "--runs", "99"),
    "risk-terrain": (*YEAR[:1], "abandoned_buildings.csv", "liquor_retail.csv", *YEAR[1:], *CITY, "--cell-m", "500"),
    "causes": ("station/incidents.csv", "station/layers.geojson", "--exposure", "station/exposure.csv", "--runs", "200"),
    "areas": (*YEAR, *CITY, "--name", "District"),
    "nearest": ("abandoned_buildings.csv", "liquor_retail.csv"),
    "share": ("--k", "7", "--n", "20"),
}  # fmt: skip


def run(out: Path | None) -> int:
    """Draw every method into docs/gallery and write its page."""
    out = out or DOCS
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("*.svg"):
        old.unlink()
    parts = [
        "# Gallery\n",
        (
            "One picture a method, on the events that come with the product (Chicago; the station of `causes` is made up). "
            "`./kalantar pictures --gallery` draws them again.\n"
        ),
    ]
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        _unpack(Path(folder))
        for question, of in methods.by_question():
            parts.append(f"## {question}\n")
            for method in of:
                words = CALLS.get(method.name)
                if words is None:
                    continue
                command = " ".join(["kalantar analyse", method.name, *words])
                answer = running.answered(method, parser_of(method).parse_args(list(words)), command)
                pictures = answer.result.pictures()
                said = [f"### {method.title}\n", f"`{command}`\n"]
                for number, picture in enumerate(pictures[:2]):
                    name = f"{method.name}{'' if number == 0 else f'-{number + 1}'}.svg"
                    (out / name).write_text(drawing.svg(picture) + "\n", encoding="utf-8")
                    said.append(f"![{picture.title}]({name})\n")
                parts += [*said, " ".join(answer.meaning[0] + answer.meaning[1]) + "\n"]
    (out / "README.md").write_text("\n".join(parts), encoding="utf-8")
    return 0


def _unpack(folder):
    """The packed files of the demonstration, a forecast made of one year for the next, and a made-up station."""
    for packed in SOURCE.glob("*.xz"):
        (folder / packed.stem).write_bytes(lzma.decompress(packed.read_bytes()))
    _forecast(folder)
    from kalantar.worlds import stations, writing

    writing.write_station(stations.station(3, cause="dead_lamps"), folder / "station")
    os.environ.setdefault("KALANTAR_LANGUAGE", "en")


def _forecast(folder):
    """Squares with what happened in 2017 and, as the forecast, the density of 2016."""
    import numpy as np

    from kalantar.analysis import density, grids

    from .bench_analysis import burglaries

    before, _days = burglaries(2016)
    after, _days = burglaries(2017)
    both = np.concatenate([before, after])
    grid = grids.grid_over(tuple(np.concatenate([both.min(axis=0), both.max(axis=0)])), cell_m=500)
    forecast = density.density(before, grid=grid, bandwidth_m=500).per_km2
    happened = grids.square_counts(after, grid=grid).count
    rows = "\n".join(f"{o},{p:.6f}" for o, p in zip(happened, forecast, strict=True))
    (folder / "forecast.csv").write_text(f"observed,predicted\n{rows}\n")
