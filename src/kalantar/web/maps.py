"""Maps drawn on the server: areas, cells and places as SVG paths in one frame. The page adds zoom, keys and links.

Longitudes are shrunk by the cosine of the middle latitude, which is exact enough for a city and keeps squares square.
No dwelling is ever given to this module as a point; the rooms see to it (product rule R14).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import shapely
from shapely.geometry import shape as from_json
from shapely.geometry.base import BaseGeometry

MARGIN = 20


@dataclass
class Map:
    """One frame: where longitude and latitude fall, and what is drawn there."""

    west: float
    north: float
    per_degree_x: float
    per_degree_y: float
    width: int
    height: int
    label: str = ""
    base: list[dict] = field(default_factory=list)
    shapes: list[dict] = field(default_factory=list)
    cells: list[dict] = field(default_factory=list)
    points: list[dict] = field(default_factory=list)
    outline: str = ""

    @classmethod
    def around(
        cls, bounds: tuple[float, float, float, float], *, label: str = "", width: int = 800, tallest: float = 1.2
    ) -> Map:
        """A frame that holds west, south, east, north with a margin; at most `tallest` times as high as wide."""
        west, south, east, north = bounds
        shrink = math.cos(math.radians((south + north) / 2))
        across, along = max((east - west) * shrink, 1e-9), max(north - south, 1e-9)
        room = width - 2 * MARGIN
        scale = min(room / across, (width * tallest - 2 * MARGIN) / along)
        height = round(along * scale + 2 * MARGIN)
        spare = (room - across * scale) / 2
        return cls(
            west - (MARGIN + spare) / (scale * shrink),
            north + MARGIN / scale,
            scale * shrink,
            scale,
            width,
            height,
            label,
        )

    def xy(self, lon: float, lat: float) -> tuple[float, float]:
        return (
            round(float((lon - self.west) * self.per_degree_x), 1),
            round(float((self.north - lat) * self.per_degree_y), 1),
        )

    def path(self, geometry) -> str:
        """The `d` of a polygon or line (shapely, WKB or GeoJSON), to a tenth of a unit."""
        pieces = []
        for part in shapely.get_parts(_geometry(geometry)):
            rings = shapely.get_rings(part) if part.geom_type == "Polygon" else [part]
            pieces += [self._ring(ring, closed=part.geom_type == "Polygon") for ring in rings]
        return "".join(pieces)

    def _ring(self, ring: BaseGeometry, *, closed: bool) -> str:
        at = shapely.get_coordinates(ring)
        drawn = np.round((at - (self.west, self.north)) * (self.per_degree_x, -self.per_degree_y), 1)
        if closed:
            drawn = drawn[:-1]
        new = np.ones(len(drawn), bool)
        new[1:] = (drawn[1:] != drawn[:-1]).any(axis=1)
        return "M" + "L".join(f"{_n(x)},{_n(y)}" for x, y in drawn[new]) + ("Z" if closed else "")

    def place_of_name(self, geometry) -> tuple[float, float]:
        """Where a name has most room: the middle of the largest circle inside the largest part."""
        part = max(shapely.get_parts(_geometry(geometry)), key=shapely.area)
        circle = shapely.maximum_inscribed_circle(part, tolerance=math.sqrt(part.area) / 50)
        return self.xy(*shapely.get_coordinates(circle)[0])

    def shape(self, geometry, *, name: str = "", title: str = "", url: str = "", link: str = "", css: str = "") -> None:
        """An area. `name` is written in it, `title` is told to who points at it, `link` ties it to list and table."""
        x, y = self.place_of_name(geometry) if name else (0, 0)
        self.shapes.append(
            {
                "d": self.path(geometry),
                "name": name,
                "title": title or name,
                "url": url,
                "link": link,
                "css": css,
                "x": x,
                "y": y,
            }
        )

    def cell(self, geometry, *, css: str, title: str = "", link: str = "") -> None:
        """A cell of a pattern; css l1 to l3 by how far above expectation, `few` where too few can tell."""
        self.cells.append({"d": self.path(geometry), "css": css, "title": title, "link": link})

    def point(
        self,
        lon: float,
        lat: float,
        *,
        r: float = 5,
        title: str = "",
        name: str = "",
        url: str = "",
        link: str = "",
        css: str = "",
    ) -> None:
        """A place that is no dwelling, sized by its count; with `url` a numbered pin that the list repeats."""
        x, y = self.xy(lon, lat)
        self.points.append(
            {"x": x, "y": y, "r": _n(r), "title": title, "name": name, "url": url, "link": link, "css": css}
        )

    def ground(self, geometry, *, css: str) -> None:
        """The quiet base: `water` or `way`."""
        self.base.append({"d": self.path(geometry), "css": css})

    def around_all(self, geometry) -> None:
        """The outline of the whole area."""
        self.outline = self.path(geometry)


def size_of(count: float, largest: float, *, smallest_r: float = 4, largest_r: float = 18) -> float:
    """The radius of a symbol whose surface grows with its count."""
    return max(smallest_r, largest_r * math.sqrt(count / largest)) if largest else smallest_r


def _geometry(given) -> BaseGeometry:
    if isinstance(given, BaseGeometry):
        return given
    if isinstance(given, bytes | memoryview):
        return shapely.from_wkb(bytes(given))
    return from_json(given)


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
