# SPDX-License-Identifier: BSD-3-Clause
"""Several made-up stations around the real counties of Kermanshah.

Only the 14 outlines are real (OpenStreetMap contributors, ODbL 1.0). Streets, lamps, houses and events inside
them are invented.
"""

import json
from dataclasses import dataclass
from importlib import resources

import numpy as np
import shapely
from pyproj import Transformer
from shapely.geometry import shape

from kalantar.worlds.stations import CAUSES, Station, station

PLANE = "EPSG:32638"  # UTM 38 north: metres around Kermanshah
ATTRIBUTION = "Outlines of counties: OpenStreetMap contributors, Open Database License (ODbL) 1.0"


@dataclass(frozen=True)
class County:
    code: str
    name: str  # Persian
    name_en: str
    outline: object  # shapely MultiPolygon, degrees


@dataclass(frozen=True)
class Placed:
    """A station with its middle on the plane: add `middle` to its metres."""

    code: str
    county: County
    middle: np.ndarray
    station: Station


@dataclass(frozen=True)
class Province:
    seed: int
    counties: tuple[County, ...]
    stations: tuple[Placed, ...]


def counties():
    """The 14 counties, by code."""
    text = resources.files("kalantar.worlds").joinpath("kermanshah_counties.geojson").read_text(encoding="utf-8")
    return tuple(
        County(
            one["properties"]["code"], one["properties"]["name"], one["properties"]["name_en"], shape(one["geometry"])
        )
        for one in json.loads(text)["features"]
    )


def province(seed, *, stations=14, causes=CAUSES, **each):
    """Province: `stations` made-up stations, dealt over the counties in turn, causes in turn.

    each : passed on to every `station` (events=, days=, rounded=, ...).
    Raises ValueError: fewer than one station.
    """
    if stations < 1:
        raise ValueError(f"stations must be 1 or more, got {stations}")
    real = counties()
    rng = np.random.default_rng([seed, 14])
    to_plane = Transformer.from_crs(4326, PLANE, always_xy=True)
    placed = []
    for number in range(stations):
        county = real[number % len(real)]
        made = station(seed * 1000 + number, cause=causes[number % len(causes)], **each)
        middle = _middle(rng, county, to_plane, [one.middle for one in placed])
        placed.append(Placed(f"{county.code}-{number // len(real) + 1}", county, middle, made))
    return Province(seed, real, tuple(placed))


def _middle(rng, county, to_plane, taken, apart_m=6000.0):
    """A place inside the county, away from its border and from the stations before."""
    outline = shapely.transform(county.outline, to_plane.transform, interleaved=False)
    inner = outline.buffer(-4000)
    west, south, east, north = inner.bounds
    for _ in range(10000):
        x, y = rng.uniform(west, east), rng.uniform(south, north)
        if not inner.contains(shapely.Point(x, y)):
            continue
        if all(np.hypot(x - other[0], y - other[1]) > apart_m for other in taken):
            return np.array([x, y])
    raise ValueError(f"{county.name_en} has no room for one more station")
