"""Rows of files as arrays: places in metres of one plane, moments, numbers. Nothing is guessed silently: which
columns were read, in which system, and how many rows were left out and why, comes back with the arrays."""

from __future__ import annotations

import contextlib
import csv
import functools
import hashlib
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

import numpy as np
import pyproj
import shapely

from kalantar.formats import read_layer
from kalantar.formats.crs import known_crs
from kalantar.persian.dates import FAULTS, parse_clocks, parse_dates, suggest
from kalantar.persian.digits import parse_number
from kalantar.persian.errors import InputError

from ..sentences import marked as _
from ..sentences import say
from ..stop import Stop

UNIX_DAY = 719_163  # ordinal of 1970-01-01
NONE = np.iinfo(np.int64).min
SAMPLE = 20_000
CRS = "--crs EPSG:…"
AMBIGUOUS = FAULTS.index("day_and_month_unclear")


@dataclass(frozen=True)
class Frame:
    """The plane in metres that every file of one call is brought to."""

    crs: pyproj.CRS | None  # None: the numbers are metres of a local plane without a name
    said: str

    def to_dict(self):
        return {"system": self.said}


@dataclass
class Rows:
    """One file, read. `used` is what a report says about it."""

    path: Path
    layer: object
    digest: str
    columns_used: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    keep: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))

    def __len__(self):
        return len(self.layer)

    def to_dict(self):
        return {
            "file": self.path.name,
            "sha256": self.digest,
            "rows": len(self.layer),
            "used": int(self.keep.sum()),
            "columns": self.columns_used,
            "left_out": self.left_out,
            "row_faults": len(self.layer.notes) if self.layer.driver == "table" else 0,
        }

    # -- columns --

    def names(self):
        return list(self.layer.columns)

    def column(self, asked, role, *, needed=True, known=True):
        """Name of the column for a role: the one asked for, else the first with a heading known for it."""
        names = self.names()
        headings = known_headings().get(role, ()) if known else ()
        if asked:
            if asked not in names:
                raise Stop(
                    _("%(file)s has no column %(column)s. It has: %(columns)s"),
                    file=self.path.name,
                    column=asked,
                    columns=", ".join(names),
                )
            found = [asked]
        else:
            found = [name for name in names if name.strip().lower() in headings]
        if len(found) > 1:
            found.sort(key=lambda name: headings.index(name.strip().lower()))
        if not found:
            if needed:
                raise Stop(
                    _("Which column of %(file)s holds this: %(role)s? Say %(option)s. It has: %(columns)s"),
                    file=self.path.name,
                    role=say(role),
                    option=f"--{role} NAME",
                    columns=", ".join(names),
                )
            return None
        self.columns_used[role] = found[0]
        return found[0]

    def text(self, name):
        return self.layer.columns[name]

    def drop(self, bad, why):
        """Leave rows out of everything that follows, and count them by reason."""
        fresh = self.keep & bad
        if fresh.any():
            self.left_out[why] = self.left_out.get(why, 0) + int(fresh.sum())
            self.keep &= ~bad


@functools.cache
def known_headings() -> dict[str, tuple[str, ...]]:
    """Headings by role, the likeliest first, in lower case."""
    out: dict[str, list[str]] = {}
    text = (resources.files("kalantar.data") / "headings.csv").read_text("utf-8")
    for row in csv.DictReader(text.splitlines()):
        out.setdefault(row["role"], []).append(row["heading"])
    return {role: tuple(headings) for role, headings in out.items()}


def opened(path, given) -> Rows:
    """A file of the call. Rows that the person's --where leaves out are counted like any other."""
    path = Path(path)
    if not path.is_file():
        raise Stop(_("There is no file %(path)s. Nothing was changed."), path=str(path))
    layer = read_layer(path, layer=given.layer, sheet=given.sheet)
    rows = Rows(path=path, layer=layer, digest=_digest(path), keep=np.ones(len(layer), bool))
    for condition in given.where or ():
        name, sign, value = condition.partition("=")
        if not sign:
            raise Stop(
                _("A condition is written as %(example)s; got %(condition)s"),
                example="--where NAME=VALUE",
                condition=condition,
            )
        name = rows.column(name.strip(), "where")
        values = np.array(rows.text(name).to_pylist(), dtype=object)
        rows.drop(values != value.strip(), f"{name} is not {value.strip()}")
    return rows


def _digest(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# -- numbers -----------------------------------------------------------------------------------


def numbers(rows, name):
    """float64 array of a text column; nan where a cell is empty or no number. Persian digits are read."""
    texts = rows.text(name).to_pylist()
    out = np.empty(len(texts))
    for i, text in enumerate(texts):
        try:
            out[i] = float(text)
        except ValueError:
            try:
                out[i] = float(parse_number(text))
            except InputError:
                out[i] = np.nan
    return out


def column_of_numbers(rows, asked, role):
    """Numbers of a column that must hold one in every row that is kept."""
    name = rows.column(asked, role)
    values = numbers(rows, name)
    rows.drop(~np.isfinite(values), f"no number in {name}")
    return values


def column_of_words(rows, asked, role, *, needed=True):
    """Texts of a column; None where there is none and none is needed."""
    name = rows.column(asked, role, needed=needed)
    return None if name is None else np.array(rows.text(name).to_pylist(), dtype=object)


# -- places ------------------------------------------------------------------------------------


def places(rows, given, frame):
    """array (n, 2) in metres (nan where a row has no place), and the frame: the one given, or this file's own."""
    if rows.layer.geometry is not None:
        shapes = rows.layer.geometry
        kinds = shapely.get_type_id(shapes)
        if np.isin(kinds, (3, 6)).any():
            raise Stop(_("%(file)s holds areas where events are expected. Please give points."), file=rows.path.name)
        xy = np.full((len(shapes), 2), np.nan)
        some = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
        centres = shapely.centroid(shapes[some])
        xy[some] = np.column_stack([shapely.get_x(centres), shapely.get_y(centres)])
        source = given.crs or rows.layer.crs
        rows.columns_used["place"] = "geometry"
    else:
        xy, source = _from_columns(rows, given)
    rows.drop(~np.isfinite(xy).all(axis=1), "no place")
    return moved(rows, xy, source, frame)


def _from_columns(rows, given):
    lon = rows.column(given.lon, "lon", needed=bool(given.lon))
    lat = rows.column(given.lat, "lat", needed=bool(given.lat))
    named = given.x or given.y
    if lon and lat and not named:
        return np.column_stack([numbers(rows, lon), numbers(rows, lat)]), _degrees(given.crs)
    for role in ("lon", "lat"):
        rows.columns_used.pop(role, None)
    x, y = rows.column(given.x, "x"), rows.column(given.y, "y")
    if not given.crs:
        raise Stop(
            _(
                "%(file)s has the columns %(x)s and %(y)s, but in which system? Say %(option)s, or %(other)s "
                "if they are metres on a plane."
            ),
            option=CRS,
            other="--crs metres",
            file=rows.path.name,
            x=x,
            y=y,
        )
    return np.column_stack([numbers(rows, x), numbers(rows, y)]), given.crs


def _degrees(asked):
    """The system of columns named longitude and latitude: --crs speaks of them only when it is one of degrees."""
    with contextlib.suppress(pyproj.exceptions.CRSError):
        if asked and pyproj.CRS.from_user_input(known_crs(asked)).is_geographic:
            return asked
    return "EPSG:4326"


def moved(rows, xy, source, frame):
    """Coordinates of a system in the metres of the frame."""
    if source is None:
        raise Stop(
            _("%(file)s does not say in which system its places are. Say %(option)s"), file=rows.path.name, option=CRS
        )
    if str(source).lower() == "metres":
        if frame is not None and frame.crs is not None:
            raise Stop(
                _("Plain metres and a named system cannot be put on one map. Please say %(option)s for each file."),
                option="--crs",
            )
        return xy, frame or Frame(None, "metres as they stand")
    try:
        system = pyproj.CRS.from_user_input(known_crs(source))
    except pyproj.exceptions.CRSError:
        raise Stop(_("The coordinate system %(crs)s is not known."), crs=str(source)[:80]) from None
    good = rows.keep & np.isfinite(xy).all(axis=1)
    if system.is_geographic:
        wrong = good & ((np.abs(xy[:, 0]) > 180) | (np.abs(xy[:, 1]) > 90))
        if wrong.any():
            row = int(rows.layer.rows[np.flatnonzero(wrong)[0]])
            raise Stop(
                _(
                    "Row %(row)s of %(file)s lies outside the earth in %(crs)s: the numbers are not degrees, or longitude "
                    "and latitude are swapped. Say %(option)s"
                ),
                option=CRS,
                row=row,
                file=rows.path.name,
                crs=str(source),
            )
    if frame is None:
        frame = _frame_of(system, xy[good])
    elif frame.crs is None:
        raise Stop(
            _("Plain metres and a named system cannot be put on one map. Please say %(option)s for each file."),
            option="--crs",
        )
    if good.any():
        if system != frame.crs:
            step = pyproj.Transformer.from_crs(system, frame.crs, always_xy=True)
            xy = np.column_stack(step.transform(xy[:, 0], xy[:, 1]))
        xy = np.where(np.isfinite(xy), xy, np.nan)
    rows.drop(~np.isfinite(xy).all(axis=1), "no place in this system")
    return xy, frame


def _frame_of(system, xy):
    """A projected system in metres stays; degrees and feet get a plane of metres around their middle."""
    if system.is_projected and all(axis.unit_conversion_factor == 1.0 for axis in system.axis_info[:2]):
        return Frame(system, _named(system))
    if not len(xy):
        raise Stop(_("No row of the file has a place."))
    if not system.is_geographic:
        to_degrees = pyproj.Transformer.from_crs(system, "EPSG:4326", always_xy=True)
        xy = np.column_stack(to_degrees.transform(xy[:, 0], xy[:, 1]))
    lon, lat = (xy.min(axis=0) + xy.max(axis=0)) / 2
    plane = pyproj.CRS.from_user_input(
        f"+proj=tmerc +lat_0={lat:.6f} +lon_0={lon:.6f} +k=1 +x_0=0 +y_0=0 +ellps=WGS84 +units=m"
    )
    return Frame(plane, f"{_named(system)} on a plane of metres around {lon:.4f}, {lat:.4f}")


def _named(system):
    code = system.to_epsg()
    return f"EPSG:{code}" if code else system.name


def area_of(path, given, frame):
    """One shape in the frame's metres from a file of areas, the single shapes of it, and the rows."""
    rows = opened(path, Opened(given))
    shapes = rows.layer.geometry
    if shapes is None or not np.isin(shapely.get_type_id(shapes), (3, 6)).all():
        raise Stop(_("%(file)s must hold areas (polygons)."), file=rows.path.name)
    shapes, frame = moved_shapes(rows, shapes, given, frame)
    shapes = shapely.make_valid(shapes)
    return shapely.union_all(shapes), shapes, frame, rows


def moved_shapes(rows, shapes, given, frame):
    """Shapes of a layer in the frame's metres. The layer's own system counts, then --crs."""
    xy = shapely.get_coordinates(shapes)
    stand_in = Rows(path=rows.path, layer=_Coordinates(len(xy)), digest="", keep=np.ones(len(xy), bool))
    there, frame = moved(stand_in, xy, rows.layer.crs or given.crs, frame)
    return shapely.set_coordinates(shapes.copy(), there), frame


class _Coordinates:
    def __init__(self, n):
        self.rows = np.arange(1, n + 1)

    def __len__(self):
        return len(self.rows)


class Opened:
    """The options of another file of the call: only how to open it is shared."""

    where = layer = sheet = lon = lat = x = y = None

    def __init__(self, given):
        self.calendar, self.order, self.crs = given.calendar, given.order, given.crs


# -- moments -----------------------------------------------------------------------------------


def moments(rows, given, *, end=False, needed=True):
    """datetime64[m] of each row as its clock on the wall showed it, NaT where none; and whether the hour is known."""
    day_name = rows.column(given.date_to if end else given.date, "date-to" if end else "date", needed=needed)
    if day_name is None:
        return None, None
    texts = rows.text(day_name)
    calendar, order = reading_of(rows, day_name, texts, given)
    read = parse_dates(texts, calendar, order, with_time=True)
    days, minutes = read.days - UNIX_DAY, read.minutes.astype(np.int64)
    clock = given.time_to if end else given.time
    if clock or (minutes < 0).all():
        name = rows.column(clock, "time-to" if end else "time", needed=bool(clock))
        if name:
            told, faults = parse_clocks(rows.text(name))
            minutes = np.where(faults == 0, told, -1).astype(np.int64)
    known = minutes >= 0
    stamps = np.where(read.faults == 0, days * 1440 + np.maximum(minutes, 0), NONE)
    stamps = stamps.astype("datetime64[m]")
    if not end:
        rows.drop(np.isnat(stamps), "no date")
        _within(rows, stamps, given)
    return stamps, known & ~np.isnat(stamps)


def reading_of(rows, name, texts, given):
    """Calendar and order of a column of dates. What the rows do not tell by themselves is asked, never guessed."""
    if given.calendar and given.order:
        return given.calendar, given.order
    seen = suggest(texts)
    calendar, order = given.calendar or seen.calendar, given.order or seen.order
    if order is None and AMBIGUOUS in set(parse_dates(texts[:SAMPLE], calendar).faults.tolist()):
        raise Stop(
            _("In %(file)s the dates of %(column)s do not tell day from month. Say %(option)s or %(other)s."),
            option="--order dmy",
            other="--order mdy",
            file=rows.path.name,
            column=name,
        )
    told = " ".join(word for word in (calendar, order) if word)
    if told:
        rows.columns_used[f"order of {name}"] = told
    return calendar, order


def _within(rows, stamps, given):
    for option, side, words in (
        (given.since, np.less, "before the period"),
        (given.until, np.greater, "after the period"),
    ):
        if not option:
            continue
        read = parse_dates([option], given.calendar, given.order)
        if read.faults[0]:
            raise Stop(_("%(day)s is not a day. Please write it as %(example)s"), day=option, example="2018-01-01")
        bound = np.datetime64(int(read.days[0] - UNIX_DAY), "D")
        rows.drop(side(stamps.astype("datetime64[D]"), bound), words)


def as_days(stamps):
    """float64 days since 1970, of datetime64."""
    return stamps.astype("datetime64[m]").astype(np.int64) / 1440.0
