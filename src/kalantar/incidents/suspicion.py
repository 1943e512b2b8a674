"""When a file as a whole cannot be meant so: its columns are wrong and not its rows."""

from __future__ import annotations

import numpy as np

from kalantar.kernel.change import Refused

from .ground import Ground
from .mapping import WGS84
from .reading import Reader

SUSPICIOUS = 0.5  # this share of the places outside the area stops an import: a wrong column or coordinate system
FEW = 20  # below so many places nothing is suspected


class ImportStopped(Refused):
    """The whole file is stopped: what it says cannot be meant."""


def suspicion(reader: Reader) -> ImportStopped | None:
    """When most places lie outside the area the columns are wrong, not the rows: say what it looks like."""
    counts = reader.errors.counts
    swapped, beyond = counts["coordinates_swapped"], counts["coordinates_not_degrees"]
    told = reader.with_place + beyond
    if told < FEW:
        return None
    if swapped >= SUSPICIOUS * told:
        return ImportStopped("looks_swapped", share=_share(swapped, told))
    if beyond >= SUSPICIOUS * told:
        return ImportStopped("looks_projected", share=_share(beyond, told), crs=reader.mapping.crs)
    outside = reader.with_place - reader.placed
    if outside < SUSPICIOUS * told:
        return None
    lon, lat = (
        (np.array(v) for v in zip(*reader.sample, strict=True)) if reader.sample else (np.array([]), np.array([]))
    )
    box = reader.ground.box
    if box.east < 0 and len(lon) and np.mean((-lon >= box.west - 0.2) & (-lon <= box.east + 0.2)) >= SUSPICIOUS:
        return ImportStopped("looks_unsigned", share=_share(outside, told))
    middle = {"lon": f"{np.median(lon):.2f}", "lat": f"{np.median(lat):.2f}"} if len(lon) else {"lon": "", "lat": ""}
    return ImportStopped("looks_elsewhere", share=_share(outside, told), **middle)


def _share(part: int, whole: int) -> int:
    return round(100 * part / whole)


def fitting_crs(x: np.ndarray, y: np.ndarray, ground: Ground) -> str:
    """Among the systems in use around the area, the one that puts at least nine of ten places into a beat."""
    from pyproj import Transformer
    from pyproj.aoi import AreaOfInterest
    from pyproj.database import query_crs_info
    from pyproj.enums import PJType
    from pyproj.exceptions import ProjError

    ok = np.isfinite(x) & np.isfinite(y)
    x, y, box = x[ok][:100], y[ok][:100], ground.box
    if len(x) < 5 or box.west == box.east:
        return ""
    around = AreaOfInterest(box.west, box.south, box.east, box.north)
    known = query_crs_info(auth_name="EPSG", pj_types=PJType.PROJECTED_CRS, area_of_interest=around, contains=True)
    codes = [
        "3857",
        *sorted(
            (c.code for c in known if not c.deprecated), key=lambda code: (not code.startswith("326"), len(code), code)
        ),
    ]
    best = ("", 0.0)
    for code in codes:
        try:
            lon, lat = Transformer.from_crs(f"EPSG:{code}", WGS84, always_xy=True).transform(x, y)
        except ProjError:
            continue
        share = float(np.mean(ground.locate(np.asarray(lon), np.asarray(lat))[0] >= 0))
        if share > best[1] + 1e-9:
            best = (f"EPSG:{code}", share)
        if share == 1:
            break
    return best[0] if best[1] >= 0.9 else ""
