"""What taking a file over would do: its shapes, whose they are, and the ground, in one report. Writes nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from kalantar.formats import areas_m2, read_shapes
from kalantar.people.models import Station

from .. import rules
from ..verbs import Outline
from . import whose
from .earth import insist_on_this_part
from .ground import with_ground
from .mark import mark_of
from .report import KINDS, NAMED, STATION, CoverageReport, LeftOut, Plan, Reading, Taken


def planned(path, kind: str, *, by, reading: Reading | None = None, file_name: str = "") -> Plan:
    """What taking a file over would do. Reads the file in a child process with limits; writes nothing."""
    if kind not in KINDS:
        raise ValueError(f"kind is 'station' or 'beat', not {kind!r}")
    shapes = read_shapes(path, kind_hint=kind)
    insist_on_this_part(shapes.geometry)
    reading = whose.guessed(shapes, reading or Reading(), kind)
    stations = [
        s
        for s in Station.objects.visible_to(by).filter(pk__in=by.stations()).order_by("pk")
        if rules.may("draw", roles=by.roles_at(s.pk))
    ]
    groups = whose.by_code(shapes, reading, kind)
    codes = list(groups)
    merged, doubled = whose.merged(shapes, groups)
    metres = areas_m2(merged)
    owner, how = whose.owners(kind, codes, merged, stations, shapes, groups, reading)

    taken, left_out, outlines = [], [], []
    for at, code in enumerate(codes):
        station = owner[at]
        why = whose.why_left_out(code, station)
        if why:
            left_out.append(LeftOut(code=code[:40], why=why, shapes=len(groups[code]), area_m2=float(metres[at])))
            continue
        first = shapes.properties[groups[code][0]]
        fa, en = whose.names(kind, code, station, first, reading)
        outlines.append(
            Outline(
                station_id=station.pk,
                code=station.code if kind == STATION else code,
                name=fa,
                name_en=en,
                geometry=merged[at],
            )
        )
        taken.append(
            Taken(
                code=code,
                name=fa,
                station_id=station.pk,
                station=station.code,
                area_m2=float(metres[at]),
                pieces=len(groups[code]),
            )
        )
    report = CoverageReport(
        kind=kind,
        file_name=file_name or Path(path).name,
        driver=shapes.driver,
        source_crs=shapes.source_crs,
        shapes=len(shapes),
        properties=tuple(dict.fromkeys(key for own in shapes.properties for key in own))[:60],
        reading=reading,
        by=how,
        taken=tuple(taken),
        left_out=tuple(left_out),
        merged=tuple((c, len(groups[c])) for c in codes if len(groups[c]) > 1),
        notes=tuple((n.position, n.key, n.details) for n in shapes.notes[:NAMED]),
        notes_n=len(shapes.notes),
        stations=len({o.station_id for o in outlines}),
    )
    plan = with_ground(report, outlines, doubled, {s.pk for s in stations})
    return replace(plan, mark=mark_of(path, report.file_name))
