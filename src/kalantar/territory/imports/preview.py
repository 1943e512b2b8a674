"""How a file would look on the map: shapes, and the faults of the ground between them."""

from __future__ import annotations

import math

import numpy as np
import shapely

from kalantar.formats import simplify_coverage

from .. import frames
from .report import Plan

PREVIEW_M = 25.0  # how coarse the map of a report may be


def drawn_of(plan: Plan) -> dict:
    """The map of a plan as plain data in the frame of maps; {} when there is nothing to draw."""
    if not plan.outlines:
        return {}
    whole = np.array([o.geometry for o in plan.outlines] + list(plan.beside), dtype=object)
    simple = np.array(simplify_coverage(whole, PREVIEW_M), dtype=object)
    shapes = frames.moved_to_screen(simple)
    ours = shapes[: len(plan.outlines)]
    places = frames.label_points(ours)
    box = frames.box_of(*map(float, shapely.total_bounds(whole[: len(plan.outlines)])))
    report = plan.report
    faults = [
        {"kind": "overlap", "first": o.first, "second": o.second, "m2": o.area_m2, "rings": _rings(ground)}
        for o, ground in zip(report.overlaps, plan.shared, strict=True)
    ]
    faults += [
        {"kind": "gap", "first": g.near, "second": "", "m2": g.area_m2, "rings": _rings(ground)}
        for g, ground in zip(report.gaps, plan.holes, strict=True)
    ]
    return {
        "box": list(box),
        "faults": faults,
        "beside": [frames.svg_path(shape) for shape in shapes[len(plan.outlines) :]],
        "shapes": [
            [t.code, frames.svg_path(shape), *place] for t, shape, place in zip(report.taken, ours, places, strict=True)
        ],
    }


def _rings(ground) -> list[list[list[int]]]:
    """Corners in the frame; small ground keeps its shape, large ground loses corners nobody could see."""
    parts = [p for p in shapely.get_parts(frames.moved_to_screen(ground)) if shapely.get_dimensions(p) == 2]
    rings = []
    for part in parts[:50]:
        part = shapely.simplify(part, math.sqrt(part.area) / 40)
        rings += [
            np.rint(shapely.get_coordinates(ring)).astype(int).tolist() for ring in (part.exterior, *part.interiors)
        ]
    return rings
