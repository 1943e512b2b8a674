"""Maps of ground, made for the template part `territory/parts/map.html`: plain data in a drawing 800 units wide.

Lines keep whole metres around the map's own corner and are scaled by one number; names, points and clusters stand in
the drawing's units, so that they keep their size. Nobody's home is ever a point: the callers see to it (R14).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import shapely
from django.urls import reverse
from django.utils.translation import gettext as _

from kalantar.web.show import digits

from . import frames, queries, sentences
from .names import title

WIDTH = 800
TALLEST = 1.15  # of the width
DESK = 17.0  # size of a name in units of the drawing, as the stylesheet has it
PHONE = 30.0  # the same on a phone, where the drawing is shown smaller
SIGN, LINE = 0.53, 1.4  # width of one sign and height of a line, of a name's size


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A beat or an area that can be pressed."""

    link: str  # ties it to its row and its list item
    d: str
    title: str  # told to who points at it or listens
    name: str  # written in it at a desk; "" where there is no room
    phone_name: str  # written in it on a phone
    x: str
    y: str
    url: str
    css: str


@dataclass
class MapData:
    """One map, ready for its template part."""

    label: str
    box: frames.Box  # what is shown, in the frame of `frames`
    shapes: list[Shape] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)  # quiet: neighbours, inner lines
    outlines: list[str] = field(default_factory=list)  # the area itself
    cells: list[dict] = field(default_factory=list)
    points: list[dict] = field(default_factory=list)
    legend: list[dict] = field(default_factory=list)  # {css, label}
    note: str = ""
    mini: bool = False
    borders: bool = False  # are the shapes' own borders the strong lines?

    @property
    def width(self) -> int:
        return WIDTH

    @property
    def height(self) -> int:
        return max(1, round(self.box[3] * self.scale))

    @property
    def scale(self) -> float:
        """Units of the drawing for one metre of the frame."""
        return float(f"{WIDTH / self.box[2]:.6g}")

    @property
    def scale_text(self) -> str:
        return f"{self.scale:.9f}"

    def names(self) -> list[dict]:
        """What is written into the shapes: {text, x, y, css}; css when desk and phone have not the same room."""
        written = []
        for shape in self.shapes:
            both = (
                [(shape.name, "for-desk"), (shape.phone_name, "for-phone")]
                if shape.name != shape.phone_name
                else [(shape.name, "")]
            )
            written += [{"text": text, "x": shape.x, "y": shape.y, "css": css} for text, css in both if text]
        return written

    def d(self, path: str) -> str:
        """A stored path, moved to this map's corner."""
        return frames.shifted(path, self.box[0], self.box[1])

    def at(self, x: float, y: float) -> tuple[float, float]:
        """A place of the frame in units of the drawing."""
        return round((x - self.box[0]) * self.scale, 1), round((y - self.box[1]) * self.scale, 1)

    def xy(self, lon: float, lat: float) -> tuple[float, float]:
        return self.at(*frames.to_screen(float(lon), float(lat)))

    def inside(self, lon: float, lat: float) -> bool:
        x, y = self.xy(lon, lat)
        return 0 <= x <= self.width and 0 <= y <= self.height

    # ---- what other rooms lay upon it ----

    def cell(
        self, ring: Iterable[tuple[float, float]], *, css: str, title: str = "", link: str = "", url: str = ""
    ) -> None:
        """A cell by its corners in degrees; css l1 to l3 by how far above expectation, `few` where too few tell."""
        corners = [self.xy(lon, lat) for lon, lat in ring]
        d = "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in corners) + "z"
        self.cells.append({"d": d, "css": css, "title": title, "link": link, "url": url})

    def surround(self, rings: Iterable[Iterable[tuple[float, float]]], *, link: str = "") -> None:
        """A strong line around cells that belong together."""
        whole = shapely.union_all([shapely.Polygon([self.xy(lon, lat) for lon, lat in ring]) for ring in rings])
        d = frames.svg_path(whole)
        self.cells.append({"d": d, "css": "hull", "title": "", "link": link, "url": ""})

    def point(
        self,
        lon: float,
        lat: float,
        *,
        count: float = 1,
        largest: float = 1,
        title: str = "",
        name: str = "",
        url: str = "",
        link: str = "",
        css: str = "",
    ) -> None:
        """A place that is no dwelling, its surface by its count; with `url` a numbered pin that a list repeats."""
        x, y = self.xy(lon, lat)
        self.points.append(
            {
                "x": _n(x),
                "y": _n(y),
                "r": _n(size_of(count, largest)),
                "title": title,
                "name": name,
                "url": url,
                "link": link,
                "css": css,
            }
        )

    # ---- how large is it ----

    @property
    def bar(self) -> dict:
        """A length one can read off: {d, x, y, text}, in the lower corner."""
        metre = self.scale / frames.ground_m(self.box)  # units of the drawing for one metre on the ground
        longest = WIDTH / 4 / metre
        power = 10 ** math.floor(math.log10(longest))
        length = next(step * power for step in (5, 2, 1) if step * power <= longest)
        said = (
            _("%(n)s km") % {"n": digits(length / 1000 if length % 1000 else length // 1000)}
            if length >= 1000
            else _("%(n)s m") % {"n": digits(round(length))}
        )
        right, low = _n(16 + length * metre), self.height - 14
        return {
            "d": f"M16 {low - 6}V{low}H{right}V{low - 6}",
            "x": _n(16 + length * metre / 2),
            "y": low - 20,
            "text": said,
        }


def area_map(
    actor,
    station,
    *,
    beats: list | None = None,
    told: Mapping[int, str] | None = None,
    chosen: int | None = None,
    mini: bool = False,
    urls: Mapping[int, str] | None = None,
    area=None,
) -> MapData | None:
    """The ground of one station: its outline, its beats to be pressed, its neighbours in quiet lines; or None.

    beats : rows of `queries.beats`, when the page has them already.
    told : beat id -> what is said of it beside its name.
    Costs at most 4 statements, 2 when the beats are given.
    """
    beats = list(queries.beats(actor, station.pk)) if beats is None else beats
    area = area or (None if mini and beats else queries.area(actor, station.pk))
    if area is None and not beats:
        return None
    box = _framed((_box(row) for row in ([area] if area else beats)), mini=mini)
    made = MapData(label=_("Map of the area of %(station)s") % {"station": title(station)}, box=box, mini=mini)
    made.lines = [] if mini else [made.d(path) for path in queries.neighbours(station.pk, _degrees(made.box))]
    made.outlines = [made.d(area.screen)] if area else []
    made.shapes = [
        _shape(
            made,
            row,
            link=f"beat-{row.pk}",
            url=(urls or {}).get(row.pk) or reverse("territory:beat", args=[row.pk]),
            told=(told or {}).get(row.pk, ""),
            css="here" if row.pk == chosen else "",
        )
        for row in beats
    ]
    made.note = _("North is up. The thick line is the area, thin lines are beats and neighbours.")
    return made


def province_map(actor, *, urls: Mapping[int, str], told: Mapping[int, str] | None = None) -> MapData | None:
    """The ground of every station in sight: an area to be pressed for each, beats as quiet lines. Two statements.

    urls : station id -> the page of a station.
    """
    areas = list(queries.areas(actor))
    if not areas:
        return None
    made = MapData(label=_("Map of all areas in your charge"), box=_framed(_box(row) for row in areas), borders=True)
    made.lines = [made.d(path) for path in queries.beat_screens(actor)]
    made.shapes = [
        _shape(
            made,
            row,
            link=f"station-{row.station_id}",
            url=urls.get(row.station_id, ""),
            told=(told or {}).get(row.station_id, ""),
            called=title(row.station),
            short=digits(str(row.station.number or row.station.code)),
        )
        for row in areas
    ]
    made.note = _("North is up. Thick lines are areas, thin lines are beats.")
    return made


def report_map(drawn: dict) -> MapData | None:
    """What a boundary file would draw (`BoundaryFile.report["drawn"]`), and where its ground is not right."""
    if not drawn:
        return None
    made = MapData(label=_("Map of the shapes in the file"), box=_framed([tuple(drawn["box"])]))
    made.lines = [made.d(path) for path in drawn["beside"]]
    made.shapes = [
        Shape(
            link=f"code-{code}",
            d=made.d(path),
            title=digits(code),
            **_written(room * made.scale, [digits(code)]),
            x=_n(made.at(x, y)[0]),
            y=_n(made.at(x, y)[1]),
            url="",
            css="",
        )
        for code, path, x, y, room in drawn["shapes"]
    ]
    for at, fault in enumerate(drawn["faults"]):
        d = "".join("M" + "L".join(" ".join(map(_n, made.at(x, y))) for x, y in ring) + "z" for ring in fault["rings"])
        made.cells.append(
            {
                "d": d,
                "css": "l3" if fault["kind"] == "overlap" else "few",
                "title": sentences.fault_sentence(fault),
                "link": f"fault-{at}",
            }
        )
    made.legend = (
        [{"css": "l3", "label": _("claimed twice")}, {"css": "few", "label": _("claimed by nobody")}]
        if drawn["faults"]
        else []
    )
    made.note = _("North is up. Pale lines are neighbours that stay as they are.")
    return made


def size_of(count: float, largest: float, *, smallest_r: float = 4, largest_r: float = 18) -> float:
    """The radius of a symbol whose surface grows with its count."""
    return max(smallest_r, largest_r * math.sqrt(count / largest)) if largest else smallest_r


def _shape(made: MapData, row, *, link, url, told, css="", called="", short="") -> Shape:
    called = called or title(row)
    x, y, room = row.label_x, row.label_y, row.label_room_m
    if x is None:
        box = _box(row)
        x, y, room = box[0] + box[2] / 2, box[1] + box[3] / 2, min(box[2], box[3]) / 2
    at = made.at(x, y)
    return Shape(
        link=link,
        d=made.d(row.screen),
        title=_("%(name)s, %(told)s") % {"name": called, "told": told} if told else called,
        **_written(0 if made.mini else room * made.scale, [called, short or digits(row.code)]),
        x=_n(at[0]),
        y=_n(at[1]),
        url=url,
        css=css,
    )


def _written(room: float, names: list[str]) -> dict:
    """The first of these names that fits into a circle of this radius, at a desk and on a phone."""

    def fitting(size: float) -> str:
        return next((name for name in names if math.hypot(len(name) * SIGN * size, LINE * size) <= 2 * room), "")

    return {"name": fitting(DESK), "phone_name": fitting(PHONE)}


def _box(row) -> frames.Box:
    return frames.box_of(row.west, row.south, row.east, row.north)


def _degrees(box: frames.Box) -> tuple[float, float, float, float]:
    west, north = frames.from_screen(box[0], box[1])
    east, south = frames.from_screen(box[0] + box[2], box[1] + box[3])
    return west, south, east, north


def _framed(boxes: Iterable[frames.Box], *, mini: bool = False) -> frames.Box:
    """The box of a map: a margin all around, room for the bar below, and never much higher than wide."""
    x, y, across, along = frames.padded(frames.joined(boxes))
    along += 0 if mini else round(max(across, along / TALLEST) * 0.05)
    missing = max(0, math.ceil(along / TALLEST) - across)
    return x - missing // 2, y, across + missing, along


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
