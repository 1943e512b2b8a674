"""Which shape of a file is whose: its code, the shapes under one code, its station, its names."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import shapely

from kalantar.formats import areas_m2, coverage_report
from kalantar.kernel.change import Refused
from kalantar.persian import digits

from .. import rules
from ..models import Area
from ..names import given_names
from .report import BEAT, STATION, Reading, Twice

_NAME_WORDS = ("name", "title", "label", "name_fa", "beat_name", "district_name")
_CODE_WORDS = ("code", "beat", "beat_code", "beat_num", "district", "station", "number", "no", "id")
_STATION_WORDS = (
    "station",
    "station_code",
    "station_no",
    "precinct",
    "district",
    "dist",
    "dist_num",
    "police_district",
)


def _text(value) -> str:
    """A property as a code: Latin digits, no blanks around, 17.0 is 17."""
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return digits.to_latin(str(value)).strip()


def _key(code: str) -> str:
    """Codes are one when they differ in case, blanks or leading zeros only."""
    plain = "".join(code.split()).casefold()
    return plain.lstrip("0") or plain


def guessed(shapes, reading: Reading, kind: str) -> Reading:
    """The properties the person did not name. The code must be one that nearly every shape has."""
    known = dict.fromkeys(key for own in shapes.properties for key in own)
    for named in (reading.code, reading.name, reading.name_en, reading.station):
        if named is not None and named not in known:
            raise Refused("property_missing", property=named)
    lower = {key.lower(): key for key in known}
    code = (
        reading.code or coverage_report(replace(shapes, geometry=[])).id_field
    )  # of no shapes: only the naming is asked
    code = code or next((lower[w] for w in _CODE_WORDS if w in lower), None)
    name = reading.name or next((lower[w] for w in _NAME_WORDS if w in lower and lower[w] != code), None)
    station = reading.station
    if kind == BEAT and station is None:
        station = next((lower[w] for w in _STATION_WORDS if w in lower and lower[w] not in {code, name}), None)
    return replace(reading, code=code, name=name, station=station)


def by_code(shapes, reading: Reading, kind: str) -> dict[str, list[int]]:
    """code -> positions of the shapes that carry it, in the order of the file. "" collects those without one."""
    if reading.code is None and not any(shapes.ids):
        raise Refused("code_property_missing")
    groups: dict[str, list[int]] = {}
    spelled: dict[str, str] = {}
    for at, own in enumerate(shapes.properties):
        code = _text(own.get(reading.code)) if reading.code else _text(shapes.ids[at])
        groups.setdefault(spelled.setdefault(_key(code) if kind == STATION else code, code), []).append(at)
    return groups


def merged(shapes, groups) -> tuple[np.ndarray, list[Twice]]:
    """One geometry for each code, and the ground that a code brings twice."""
    whole, doubled = [], []
    for code, at in groups.items():
        parts = [shapes.geometry[i] for i in at]
        one = parts[0] if len(parts) == 1 else _polygons(shapely.union_all(parts))
        if len(parts) > 1:
            each = areas_m2([*parts, one])
            again = float(each[:-1].sum() - each[-1])
            if again > rules.SLIVER_M2:
                doubled.append(Twice(codes=(code,), same="code", area_m2=again))
        whole.append(one)
    return np.array(whole, dtype=object), doubled


def _polygons(shape):
    """Only the parts with an area: a union of touching shapes may leave a line."""
    parts = [p for p in shapely.get_parts(shape) if shapely.get_dimensions(p) == 2]
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)


def owners(kind, codes, merged, stations, shapes, groups, reading) -> tuple[list, str]:
    """The station of each code, None where there is none here, and how it was found."""
    called = {}
    for station in stations:
        for name in (station.name, station.name_en, str(station.number or ""), station.code):
            called[_key(_text(name))] = station
    called.pop("", None)
    if kind == STATION:
        return [called.get(_key(code)) for code in codes], "code"
    if reading.station:
        said = [_text(shapes.properties[groups[code][0]].get(reading.station)) for code in codes]
        found = [called.get(_key(name)) for name in said]
        if any(found):
            return found, "property"
    areas = list(Area.objects.in_force().filter(station__in=stations).values_list("station_id", "geometry"))
    if areas and len(areas) == len(stations):
        return _by_ground(merged, areas, {s.pk: s for s in stations}), "overlap"
    best = max(range(1, 9), key=lambda k: (sum(_key(_front(code, k)) in called for code in codes), -k))
    return [called.get(_key(_front(code, best))) for code in codes], "prefix"


def _front(code: str, end: int) -> str:
    """A beat's code without its last signs: what stands before them is its station's."""
    return code[:-end].rstrip("-_/. ")


def _by_ground(merged, areas, stations) -> list:
    """The station in whose area most of a shape lies; none when that is less than half of it."""
    ground = shapely.from_wkb([bytes(wkb) for _, wkb in areas])
    shape_at, area_at = shapely.STRtree(ground).query(merged, predicate="intersects")
    shared = np.zeros((len(merged), len(areas)))
    shared[shape_at, area_at] = shapely.area(shapely.intersection(merged[shape_at], ground[area_at]))
    most = shared.argmax(axis=1)
    enough = shared.max(axis=1) >= 0.5 * shapely.area(merged)
    return [stations[areas[most[i]][0]] if enough[i] else None for i in range(len(merged))]


def why_left_out(code: str, station) -> str:
    if not code:
        return "no_code"
    if len(code) > 20:
        return "code_too_long"
    return "" if station else "no_station"


def names(kind, code, station, properties, reading: Reading) -> tuple[str, str]:
    if kind == STATION:
        return station.name, station.name_en
    fa, en = given_names(code)
    own = _text_of_name(properties.get(reading.name)) if reading.name else ""
    own_en = _text_of_name(properties.get(reading.name_en)) if reading.name_en else ""
    return own or fa, own_en or own or en


def _text_of_name(value) -> str:
    return " ".join(str(value).split())[:120] if value not in (None, "") else ""
