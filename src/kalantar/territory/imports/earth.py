"""Is a file of the right part of the earth? Answered from the ground already drawn, or the time zone."""

from __future__ import annotations

import re
import zoneinfo
from pathlib import Path

import numpy as np
import shapely
from django.db.models import Max, Min

from kalantar.formats import FileRefused
from kalantar.kernel import clock

from ..models import Area, Beat

_ISO6709 = re.compile(r"([+-]\d+)([+-]\d+)")


def insist_on_this_part(geometry) -> None:
    """Swapped axes cannot be seen from numbers alone: 34, 47 and 47, 34 both exist. The installation decides."""
    place, reach = _place()
    if place is None:
        return
    west, south, east, north = shapely.total_bounds(np.asarray(geometry, dtype=object))
    lon, lat = (west + east) / 2, (south + north) / 2
    straight = max(abs(lon - place[0]), abs(lat - place[1]))
    swapped = max(abs(lat - place[0]), abs(lon - place[1]))
    if straight > 5 and swapped < min(straight, 20):
        raise FileRefused("swapped_coordinates")
    if straight > reach:
        raise FileRefused("outside_area", lon=round(lon, 4), lat=round(lat, 4))


def _place() -> tuple[tuple[float, float] | None, float]:
    """Where this installation is and how many degrees its ground may lie from there: by the ground already drawn, else
    by the city its time zone is named for."""
    for model in (Area, Beat):
        box = model.objects.in_force().aggregate(w=Min("west"), s=Min("south"), e=Max("east"), n=Max("north"))
        if box["w"] is not None:
            return ((box["w"] + box["e"]) / 2, (box["s"] + box["n"]) / 2), 5 + max(
                box["e"] - box["w"], box["n"] - box["s"]
            )
    return _city_of(clock.zone().key), 45.0


def _city_of(zone: str) -> tuple[float, float] | None:
    """Longitude and latitude of a time zone's city from the system's own list; None where the list is not installed."""
    for folder in zoneinfo.TZPATH:
        try:
            lines = (Path(folder) / "zone1970.tab").read_text(encoding="utf-8").splitlines()
        except OSError:
            continue
        for line in lines:
            parts = line.split("\t")
            if len(parts) > 2 and parts[2] == zone and (place := _ISO6709.fullmatch(parts[1])):
                lat, lon = place.groups()
                return _degrees(lon, 3), _degrees(lat, 2)
    return None


def _degrees(text: str, width: int) -> float:
    """+0512600 as degrees: sign, degrees, minutes, perhaps seconds."""
    sign, figures = text[0], text[1:]
    minutes, seconds = figures[width : width + 2], figures[width + 2 :] or "0"
    value = int(figures[:width]) + int(minutes) / 60 + int(seconds) / 3600
    return -value if sign == "-" else value
