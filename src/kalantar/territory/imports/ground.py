"""What would be wrong with the ground: overlaps, gaps and repeated ground, measured before anything is drawn."""

from __future__ import annotations

from dataclasses import replace

import shapely

from kalantar.formats import areas_m2, coverage_report

from .. import rules
from ..models import Area, Beat
from .report import BEAT, NAMED, STATION, CoverageReport, Hole, Plan, Shared, Twice, refused


def with_ground(report: CoverageReport, outlines: list, doubled: list[Twice], may_draw: set[int]) -> Plan:
    """Overlaps, gaps and repeated ground: among the file's own shapes, and with the neighbours that stay.

    A beat decides whose an event is: nobody takes ground from the beats of a station that is not theirs to draw.
    """
    if not outlines:
        return Plan(report=refused(replace(report, duplicates=tuple(doubled)), "boundaries_without_station"))
    model = Area if report.kind == STATION else Beat
    ours = {o.station_id for o in outlines}
    geometry = [o.geometry for o in outlines]
    codes = [t.code for t in report.taken]
    bounds = shapely.total_bounds(geometry)
    staying = list(
        model.objects.in_force()
        .exclude(station__in=ours)
        .meeting(*map(float, bounds))
        .values_list("geometry", "station_id")
    )
    beside = [shapely.from_wkb(bytes(wkb)) for wkb, _ in staying]
    ground = coverage_report([*geometry, *beside], outline=_outline(report.kind, ours))
    n = len(geometry)

    def called(i):
        return codes[i] if i < n else ""

    mine = [o for o in ground.overlaps if o.first < n]
    lost_by = {staying[o.second - n][1] for o in mine if o.second >= n and o.area_m2 > rules.SLIVER_M2}
    gaps = [g for g in ground.gaps if g.area_m2 >= rules.SLIVER_M2]
    same = [
        Twice(
            codes=tuple(called(i) for i in d.indexes),
            same="ground",
            area_m2=float(areas_m2([geometry[d.indexes[0]]])[0]),
        )
        for d in ground.duplicates
        if d.same == "geometry" and d.indexes[0] < n
    ]
    near = shapely.STRtree(geometry).nearest(shapely.points([(g.lon, g.lat) for g in gaps[:NAMED]])) if gaps else []
    ending = []
    if report.kind == BEAT:
        kept = {(o.station_id, o.code) for o in outlines}
        ending = sorted(
            code
            for station, code in Beat.objects.in_force().filter(station__in=ours).values_list("station_id", "code")
            if (station, code) not in kept
        )
    report = replace(
        report,
        overlaps=tuple(
            Shared(first=called(o.first), second=called(o.second), area_m2=o.area_m2, lon=o.lon, lat=o.lat)
            for o in mine[:NAMED]
        ),
        overlap_n=len(mine),
        overlap_m2=float(sum(o.area_m2 for o in mine)),
        gaps=tuple(
            Hole(area_m2=g.area_m2, lon=g.lon, lat=g.lat, near=codes[at])
            for g, at in zip(gaps[:NAMED], near, strict=True)
        ),
        gap_n=len(gaps),
        gap_m2=float(sum(g.area_m2 for g in gaps)),
        duplicates=(*doubled, *same),
        ending=tuple(ending),
        area_m2=float(sum(t.area_m2 for t in report.taken)),
    )
    report = refused(
        report,
        *["boundaries_doubled"] * bool(same),
        *["boundaries_of_others"] * (report.kind == BEAT and not lost_by <= may_draw),
        *["boundaries_unknown"] * bool(report.left_out),
        *["boundaries_overlap"] * any(o.area_m2 > rules.SLIVER_M2 for o in mine),
    )
    whole = [*geometry, *beside]
    shared = (shapely.intersection(whole[o.first], whole[o.second]) for o in mine[:NAMED])
    return Plan(
        report=report,
        outlines=tuple(outlines),
        shared=tuple(shared),
        holes=tuple(g.geometry for g in gaps[:NAMED]),
        beside=tuple(beside),
    )


def _outline(kind: str, stations: set[int]):
    """The ground that beats should fill: the areas of their stations, when all of them are drawn."""
    if kind == STATION:
        return None
    areas = list(Area.objects.in_force().filter(station__in=stations).values_list("geometry", flat=True))
    return shapely.union_all(shapely.from_wkb([bytes(wkb) for wkb in areas])) if len(areas) == len(stations) else None
