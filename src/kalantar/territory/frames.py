"""The frame of every map: Web Mercator in whole metres, y pointing down. A box in it is a viewBox."""

from __future__ import annotations

import math
import re

import numpy as np
import shapely

_RADIUS_M = 6_378_137.0
_STEEPEST = 85.0511287798066  # beyond this latitude Web Mercator has no place
_START = re.compile(r"M(-?\d+) (-?\d+)")

Box = tuple[int, int, int, int]  # x, y of the upper left corner; width, height


def to_screen(lon, lat):
    """Degrees to whole metres. Numbers give integers; arrays give float arrays, NaN where there is no place."""
    x = np.rint(np.radians(lon) * _RADIUS_M)
    with np.errstate(invalid="ignore"):
        inside = np.abs(lat) <= _STEEPEST
    y = -np.rint(_RADIUS_M * np.arctanh(np.sin(np.radians(np.where(inside, lat, np.nan)))))
    if np.ndim(lon) == 0 and np.ndim(lat) == 0:
        return int(x), int(y)
    return x, y + 0.0


def from_screen(x, y):
    """Metres of the frame back to degrees."""
    lon = np.degrees(np.asarray(x, float) / _RADIUS_M)
    lat = np.degrees(np.arctan(np.sinh(-np.asarray(y, float) / _RADIUS_M)))
    if np.ndim(x) == 0 and np.ndim(y) == 0:
        return float(lon), float(lat)
    return lon, lat


def ground_m(box: Box) -> float:
    """How many metres on the ground one metre of the frame is, in the middle of a box."""
    _, lat = from_screen(box[0] + box[2] / 2, box[1] + box[3] / 2)
    return math.cos(math.radians(lat))


def moved_to_screen(geometry: np.ndarray) -> np.ndarray:
    """Polygons in degrees as polygons of the frame, not rounded."""

    def forward(lonlat):
        y = -_RADIUS_M * np.arctanh(np.sin(np.radians(lonlat[:, 1])))
        return np.column_stack([np.radians(lonlat[:, 0]) * _RADIUS_M, y])

    return shapely.transform(geometry, forward)


def svg_path(geometry) -> str:
    """A polygon of the frame as the `d` of an SVG path: whole metres, one absolute start, everything after it relative.

    Rings that fall together at one metre are left out. Draw it with fill-rule evenodd: a hole is a ring like any other.
    """
    said, pen = [], None
    for part in shapely.get_parts(geometry):
        for ring in (part.exterior, *part.interiors):
            corners = np.rint(shapely.get_coordinates(ring)).astype(np.int64)
            corners = corners[np.append(True, np.any(np.diff(corners, axis=0) != 0, axis=1))][:-1]
            if len(corners) < 3:
                continue
            start = corners[0]
            said.append(f"M{start[0]} {start[1]}" if pen is None else f"m{_pair(start - pen)}")
            said.append("l" + _joined(_pair(step) for step in np.diff(corners, axis=0)) + "z")
            pen = start
    return "".join(said)


def shifted(path: str, x0: int, y0: int) -> str:
    """The same path with (x0, y0) as its origin: short numbers, and exact where a browser reckons in 32 bits."""
    return _START.sub(lambda m: f"M{int(m[1]) - x0} {int(m[2]) - y0}", path, count=1)


def box_of(west: float, south: float, east: float, north: float) -> Box:
    """The box of the frame around a box in degrees."""
    left, top = to_screen(west, north)
    right, bottom = to_screen(east, south)
    return left, top, right - left, bottom - top


def joined(boxes) -> Box:
    """The box around several boxes."""
    boxes = list(boxes)
    x, y = min(b[0] for b in boxes), min(b[1] for b in boxes)
    return x, y, max(b[0] + b[2] for b in boxes) - x, max(b[1] + b[3] for b in boxes) - y


def padded(box: Box, share: float = 0.03, at_least: int = 20) -> Box:
    """A box with a margin on every side."""
    edge = max(at_least, round(max(box[2], box[3]) * share))
    return box[0] - edge, box[1] - edge, box[2] + 2 * edge, box[3] + 2 * edge


def view_box(box: Box) -> str:
    return " ".join(str(n) for n in box)


def label_points(geometry: np.ndarray) -> list[tuple[int, int, int]]:
    """Where a name stands in each polygon: the middle of its widest part, and the room around it in metres."""
    places = []
    for shape in geometry:
        widest = max(shapely.get_parts(shape), key=shapely.area)
        spoke = shapely.maximum_inscribed_circle(widest, tolerance=max(1.0, math.sqrt(widest.area) / 50))
        x, y = shapely.get_coordinates(spoke)[0]
        places.append((round(x), round(y), int(shapely.length(spoke))))
    return places


def _pair(step) -> str:
    return f"{step[0]} {step[1]}".replace(" -", "-")


def _joined(pairs) -> str:
    return " ".join(pairs).replace(" -", "-")
