import csv
import gzip
import json
from pathlib import Path

import numpy as np
import pytest


def _shared_data():
    """The folder of real data beside the repository, found by walking up; None where there is none."""
    for folder in Path(__file__).resolve().parents:
        found = folder / "shared" / "data"
        if (found / "SOURCES.md").is_file():
            return found
    return None


@pytest.fixture(scope="session")
def shared_data():
    found = _shared_data()
    if found is None:
        pytest.skip("shared data absent")
    return found


def read_rows(path):
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")
    return list(csv.DictReader(text.splitlines()))


@pytest.fixture(scope="session")
def rows_of(shared_data):
    return lambda name: read_rows(shared_data / name)


@pytest.fixture(scope="session")
def case(shared_data):
    """One published case by its name: its inputs, what is expected, and the tolerance."""
    cases = json.loads((shared_data.parent / "reference" / "cases.json").read_text("utf-8"))["cases"]
    return lambda name: next(one for one in cases if one["id"] == name)


@pytest.fixture(scope="session")
def beats(shared_data):
    """The 277 beats of Chicago: shapely geometries, and their numbers."""
    from shapely.geometry import shape

    features = json.loads((shared_data / "boundaries" / "chicago_policeBeats.geojson").read_text())["features"]
    return [shape(f["geometry"]) for f in features], [f["properties"]["District"] for f in features]


@pytest.fixture(scope="session")
def assaults(rows_of):
    """Longitude and latitude of the 148,636 assaults, in the order of the file."""
    rows = rows_of("crime/chicago_aggravated_assaults.csv.gz")
    return np.array([float(r["longitude"]) for r in rows]), np.array([float(r["latitude"]) for r in rows])


@pytest.fixture(scope="session")
def burglaries(rows_of):
    """Longitude and latitude of the 45,319 burglaries, which are given in Illinois East metres."""
    from pyproj import Transformer

    rows = rows_of("crime/chicago_burglary_2014_2017.csv.gz")
    x, y = (np.array([float(r[axis]) for r in rows]) for axis in "xy")
    return Transformer.from_crs(26971, 4326, always_xy=True).transform(x, y)
