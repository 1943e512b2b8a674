"""Coordinates of any system to longitude and latitude, and which system bare numbers are probably in."""

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from pyproj import CRS, Transformer
from pyproj.aoi import AreaOfInterest
from pyproj.database import query_crs_info
from pyproj.enums import PJType
from pyproj.exceptions import CRSError, ProjError

from .errors import FileRefused

WGS84 = "EPSG:4326"
SAMPLE = 500
SAME_PLACE_M = 5.0


@dataclass(frozen=True, kw_only=True)
class CrsGuess:
    """A system in which the points would lie in the area.

    inside : share of the sampled points that fall into the area. swapped : x and y must be exchanged first.
    """

    crs: str
    name: str
    unit: str
    inside: float
    swapped: bool


def known_crs(given):
    """A name of a system that may be handed to PROJ: a code, or WKT. Never a file name or a pipeline."""
    text = str(given).strip()
    if re.fullmatch(r"(EPSG|ESRI|OGC|IGNF|IAU_\d+):\w{1,16}", text, re.I) or (
        len(text) < 20_000 and re.match(r"[A-Z_0-9]{4,20}\s*[\[(]", text)
    ):
        return text
    raise CRSError(text[:80])


@lru_cache(maxsize=32)
def _to_degrees(source_crs):
    try:
        return Transformer.from_crs(CRS.from_user_input(known_crs(source_crs)), WGS84, always_xy=True)
    except CRSError as wrong:
        raise FileRefused("crs_not_understood", crs=str(source_crs)[:80]) from wrong


def transform_points(x, y, source_crs) -> tuple[np.ndarray, np.ndarray]:
    """Longitude and latitude (WGS 84, degrees) of points; NaN where a point has none in that system.

    x, y : arrays (n,), easting first whatever the system's own order. source_crs : "EPSG:26971", or WKT.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    try:
        lon, lat = _to_degrees(str(source_crs)).transform(x, y)
    except ProjError as wrong:
        raise FileRefused("crs_not_understood", crs=str(source_crs)[:80]) from wrong
    lon, lat = np.atleast_1d(np.array(lon, dtype=float)), np.atleast_1d(np.array(lat, dtype=float))
    lost = ~(np.isfinite(lon) & np.isfinite(lat) & (np.abs(lon) <= 180) & (np.abs(lat) <= 90))
    lon[lost] = lat[lost] = np.nan
    return lon, lat


def guess_crs(x, y, area_bbox, *, most=5) -> list[CrsGuess]:
    """Systems in which these points lie in the area, the likeliest first. Empty: none fits.

    area_bbox : (west, south, east, north) in degrees of the place the points should be in.
    A guess is a question to the person, never a decision: systems that differ by less than 5 m are one.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    sound = np.isfinite(x) & np.isfinite(y) & ((x != 0) | (y != 0))
    x, y = x[sound], y[sound]
    if not len(x):
        return []
    step = max(1, len(x) // SAMPLE)
    x, y = x[::step][:SAMPLE], y[::step][:SAMPLE]
    found = [_tried(WGS84, "WGS 84", x, y, area_bbox, swapped) for swapped in (False, True)]
    if max(guess.inside for guess, _ in found) < 0.5:
        for code, name in _systems_of(tuple(float(v) for v in area_bbox)):
            found += [_tried(code, name, x, y, area_bbox, swapped) for swapped in (False, True)]
    found = [(guess, places) for guess, places in found if guess.inside >= 0.5]
    found.sort(key=lambda f: (-round(f[0].inside, 2), f[0].swapped, _rank(f[0])))
    kept: list[tuple[CrsGuess, tuple[np.ndarray, np.ndarray]]] = []
    for guess, places in found:
        if not any(_same(places, other) for _, other in kept):
            kept.append((guess, places))
        if len(kept) == most:
            break
    return [guess for guess, _ in kept]


def _tried(code, name, x, y, area_bbox, swapped):
    west, south, east, north = area_bbox
    try:
        lon, lat = transform_points(*((y, x) if swapped else (x, y)), code)
    except FileRefused:  # the register holds a few systems that only group others
        lon = lat = np.full(len(x), np.nan)
    with np.errstate(invalid="ignore"):
        inside = float(np.mean((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)))
    unit = _unit(code) if inside else ""
    return CrsGuess(crs=code, name=name, unit=unit, inside=inside, swapped=swapped), (lon, lat)


@lru_cache(maxsize=256)
def _unit(code):
    return CRS.from_user_input(code).axis_info[0].unit_name


@lru_cache(maxsize=8)
def _systems_of(area_bbox):
    area = AreaOfInterest(*area_bbox)
    infos = query_crs_info(auth_name="EPSG", pj_types=PJType.PROJECTED_CRS, area_of_interest=area, contains=True)
    found = [(f"EPSG:{info.code}", info.name) for info in infos if not info.deprecated]
    return found[:400]


def _rank(guess):
    """World Geodetic System first, then the plain datum before its later realisations, then the smaller code."""
    name = guess.name
    usual = ("WGS 84 ", "NAD83 /", "ED50(ED77) /", "Rassadiran /")
    plain = next((i for i, start in enumerate(usual) if name.startswith(start)), len(usual))
    return guess.crs != WGS84, plain, int(guess.crs.split(":")[1])


def _same(a, b):
    metres = np.hypot((a[0] - b[0]) * 111_320 * np.cos(np.radians(a[1])), (a[1] - b[1]) * 111_320)
    return bool(np.nanmax(metres, initial=0) < SAME_PLACE_M) and bool((np.isnan(a[0]) == np.isnan(b[0])).all())
