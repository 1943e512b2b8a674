"""Boundary files: which shape is whose, and what would be wrong with the ground, said before anything is written."""

from __future__ import annotations

import math
import re
import zoneinfo
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path

import numpy as np
import shapely
from django.db import transaction
from django.db.models import Max, Min, ProtectedError

from kalantar.formats import FileRefused, Limits, areas_m2, coverage_report, read_shapes, simplify_coverage
from kalantar.kernel import audit, clock, files
from kalantar.kernel.change import Refused, insist, move, verb
from kalantar.people.models import Station
from kalantar.persian import digits

from . import frames, rules, verbs
from .models import Area, Beat, BoundaryFile
from .names import given_names

STATION, BEAT = "station", "beat"
KINDS = (STATION, BEAT)
PREVIEW_M = 25.0  # how coarse the map of a report may be
NAMED = 25  # overlaps, gaps and notes that a report names one by one; the rest is counted
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

_ISO6709 = re.compile(r"([+-]\d+)([+-]\d+)")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Which property of a shape is what; None is guessed."""

    code: str | None = None
    name: str | None = None
    name_en: str | None = None
    station: str | None = None


@dataclass(frozen=True, kw_only=True)
class Taken:
    """One shape that would be drawn."""

    code: str
    name: str
    station_id: int
    station: str
    area_m2: float
    pieces: int  # shapes of the file that carry this code


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """Shapes nobody here can be given: why is no_station, no_code or code_too_long."""

    code: str
    why: str
    shapes: int
    area_m2: float


@dataclass(frozen=True, kw_only=True)
class Shared:
    """Ground that two shapes claim. `second` is empty where the other is a neighbour outside the file."""

    first: str
    second: str
    area_m2: float
    lon: float
    lat: float


@dataclass(frozen=True, kw_only=True)
class Hole:
    """Ground that no shape claims."""

    area_m2: float
    lon: float
    lat: float
    near: str  # the code of the shape around it


@dataclass(frozen=True, kw_only=True)
class Twice:
    """Ground that is sent twice. `same`: "code" (again under one code) or "ground" (under two codes)."""

    codes: tuple[str, ...]
    same: str
    area_m2: float


@dataclass(frozen=True, kw_only=True)
class CoverageReport:
    """What a boundary file holds and what taking it over would do. Plain data, for a page, a terminal or JSON."""

    kind: str
    file_name: str
    driver: str
    source_crs: str
    shapes: int
    properties: tuple[str, ...]
    reading: Reading
    by: str  # how a shape found its station: code, property, overlap, prefix
    taken: tuple[Taken, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    merged: tuple[tuple[str, int], ...] = ()  # code, number of shapes that became one
    overlaps: tuple[Shared, ...] = ()
    overlap_m2: float = 0.0
    overlap_n: int = 0
    gaps: tuple[Hole, ...] = ()
    gap_m2: float = 0.0
    gap_n: int = 0
    duplicates: tuple[Twice, ...] = ()
    notes: tuple[tuple[int, str, dict], ...] = ()
    notes_n: int = 0
    ending: tuple[str, ...] = ()  # codes in force today that the file does not bring again
    area_m2: float = 0.0
    stations: int = 0
    refusals: tuple[str, ...] = ()  # keys of the sentences why it cannot be taken over as it is, the gravest first
    refusal: str = ""  # the one that stands; some can be known and accepted
    dry_run: bool = False
    taken_over: bool = False

    @property
    def done(self) -> bool:
        """What was asked for went well."""
        return self.taken_over or (self.dry_run and not self.refusal)

    @property
    def unknown(self) -> int:
        """Shapes of the file whose code is no station of the person who brought it."""
        return sum(out.shapes for out in self.left_out)

    def as_json(self) -> dict:
        return asdict(self) | {"done": self.done}

    def as_text(self) -> str:
        from .sentences import report_lines

        return "\n".join(report_lines(self))

    @classmethod
    def from_json(cls, kept: dict) -> CoverageReport:
        """The report that was kept beside a file."""
        rows = {"taken": Taken, "left_out": LeftOut, "overlaps": Shared, "gaps": Hole, "duplicates": Twice}
        parts = {
            name: tuple(
                kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}) for row in kept[name]
            )
            for name, kind in rows.items()
        }
        parts |= {
            "properties": tuple(kept["properties"]),
            "ending": tuple(kept["ending"]),
            "refusals": tuple(kept["refusals"]),
            "merged": tuple(map(tuple, kept["merged"])),
            "notes": tuple(map(tuple, kept["notes"])),
        }
        plain = {name: value for name, value in {**kept, **parts}.items() if name not in {"done", "reading"}}
        return cls(reading=Reading(**kept["reading"]), **plain)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A report with the shapes it speaks of: what `take_over` would draw."""

    report: CoverageReport
    outlines: tuple[verbs.Outline, ...] = ()
    shared: tuple[object, ...] = field(default=(), repr=False)  # the ground of report.overlaps, for the map
    holes: tuple[object, ...] = field(default=(), repr=False)  # the ground of report.gaps
    beside: tuple[object, ...] = field(default=(), repr=False)  # neighbours that stay as they are


# What a person may know and still take over; each with what it is called in `import_boundaries`.
KNOWN = {"boundaries_unknown": "only_known", "boundaries_overlap": "overlaps_known"}


def import_boundaries(
    path,
    *,
    kind: str,
    by,
    dry_run: bool = False,
    only_known: bool = False,
    overlaps_known: bool = False,
    reading: Reading | None = None,
    since_on: date | None = None,
    file_name: str = "",
) -> CoverageReport:
    """Read a file of boundaries, report on it, and draw it unless told not to. `report.done` says whether it was.

    only_known : leave out shapes whose code is no known station; without it they refuse the file.
    overlaps_known : take overlapping shapes over. Each place still lies in one beat, but the people of the street must
    agree which, so without it they refuse the file.
    Raises FileRefused: nothing can be made of the file.
    """
    file_name = file_name or Path(path).name
    try:
        plan = planned(path, kind, by=by, reading=reading, file_name=file_name)
        report = replace(
            plan.report,
            refusal=remaining(plan.report, only_known=only_known, overlaps_known=overlaps_known),
            dry_run=dry_run,
        )
        if not dry_run and not report.refusal:
            return take_over(plan, by=by, only_known=only_known, overlaps_known=overlaps_known, since_on=since_on)
    except (FileRefused, Refused) as no:
        audit.tried("territory.boundaries_refused", kind, by=by, why=no.key, file=file_name[:80])
        raise
    if report.refusal and not dry_run:
        audit.tried("territory.boundaries_refused", kind, by=by, why=report.refusal, file=file_name[:80])
    return report


def remaining(report: CoverageReport, *, only_known: bool, overlaps_known: bool) -> str:
    """The refusal that stands after what the person knows and accepts; "" when none does."""
    given = {"only_known": only_known, "overlaps_known": overlaps_known}
    return next((key for key in report.refusals if not given.get(KNOWN.get(key, ""), False)), "")


@verb
def take_over(
    plan: Plan, *, by, only_known: bool = False, overlaps_known: bool = False, since_on: date | None = None
) -> CoverageReport:
    """Draw what a plan holds."""
    insist(remaining(plan.report, only_known=only_known, overlaps_known=overlaps_known), **refusal_places(plan.report))
    draw = verbs.draw_areas if plan.report.kind == STATION else verbs.draw_beats
    draw(list(plan.outlines), by=by, since_on=since_on, source=plan.report.file_name)
    return replace(plan.report, taken_over=True, refusal="")


def refusal_places(report: CoverageReport) -> dict:
    """The numbers that a refusal's sentence names."""
    return {
        "n": report.unknown if report.refusal == "boundaries_unknown" else report.overlap_n,
        "area": round(report.overlap_m2),
    }


def planned(path, kind: str, *, by, reading: Reading | None = None, file_name: str = "") -> Plan:
    """What taking a file over would do. Reads the file in a child process with limits; writes nothing."""
    if kind not in KINDS:
        raise ValueError(f"kind is 'station' or 'beat', not {kind!r}")
    shapes = read_shapes(path, kind_hint=kind)
    _insist_on_the_zone(shapes.geometry)
    reading = _guessed(shapes, reading or Reading(), kind)
    stations = [
        s
        for s in Station.objects.visible_to(by).filter(pk__in=by.stations()).order_by("pk")
        if rules.may("draw", roles=by.roles_at(s.pk))
    ]
    groups = _by_code(shapes, reading, kind)
    codes = list(groups)
    merged, doubled = _merged(shapes, groups)
    metres = areas_m2(merged)
    owner, how = _owners(kind, codes, merged, metres, stations, shapes, groups, reading)

    taken, left_out, outlines = [], [], []
    for at, code in enumerate(codes):
        station = owner[at]
        why = _why_left_out(code, station)
        if why:
            left_out.append(LeftOut(code=code[:40], why=why, shapes=len(groups[code]), area_m2=float(metres[at])))
            continue
        first = shapes.properties[groups[code][0]]
        fa, en = _names(kind, code, station, first, reading)
        outlines.append(
            verbs.Outline(
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
    return _with_ground(report, outlines, doubled, {s.pk for s in stations})


# ---- a file on its way through the pages ----


def look_at(upload, kind: str, *, by, file_name: str, reading: Reading | None = None) -> BoundaryFile:
    """Keep a file that somebody brought, with its report. Nothing is drawn yet.

    The file is read before the transaction, so that nobody waits for it.
    Raises FileRefused and Refused; then nothing is kept.
    """
    limit = Limits().file_bytes
    try:
        stored = files.put(upload, limit=limit)
    except files.TooLarge as too_large:
        raise FileRefused("file_too_large", bytes=getattr(upload, "size", limit), limit=limit) from too_large
    try:
        plan = planned(files.path_of(stored), kind, by=by, reading=reading, file_name=file_name)
    except (FileRefused, Refused) as no:
        audit.tried("territory.boundaries_refused", kind, by=by, why=no.key, file=file_name[:80])
        _discard(stored)
        raise
    return keep_file(stored, plan, by=by)


@verb
def keep_file(stored, plan: Plan, *, by) -> BoundaryFile:
    """A boundary file waits for the second decision."""
    unit = by.home_station or by.posts()[0].unit
    row = BoundaryFile.objects.create(
        unit_id=unit.pk,
        made_by=by.officer,
        made_at=clock.now(),
        kind=plan.report.kind,
        file=stored,
        file_name=plan.report.file_name[:200],
        reading=asdict(plan.report.reading),
        report={"report": plan.report.as_json(), "drawn": drawn_of(plan)},
    )
    audit.record(
        "territory.file_looked_at", row, by=by, kind=row.kind, shapes=plan.report.shapes, file=row.file_name[:80]
    )
    return row


def look_again(row: BoundaryFile, *, by, reading: Reading) -> BoundaryFile:
    """Read a kept file anew, with other properties as code, name or station."""
    plan = _planned_again(row, by=by, reading=reading)
    return keep_reading(row, plan, by=by)


@verb
def keep_reading(row: BoundaryFile, plan: Plan, *, by) -> BoundaryFile:
    """The file is read otherwise than before."""
    _insist_it_waits(row)
    move(row, reading=asdict(plan.report.reading), report={"report": plan.report.as_json(), "drawn": drawn_of(plan)})
    audit.record("territory.file_read_otherwise", row, by=by, reading=row.reading)
    return row


def take(row: BoundaryFile, *, by, only_known: bool, overlaps_known: bool) -> CoverageReport:
    """Draw a kept file, once more looked at: what its report said must still be true."""
    _insist_it_waits(row)
    plan = _planned_again(row, by=by, reading=Reading(**row.reading))
    return take_file(row, plan, by=by, only_known=only_known, overlaps_known=overlaps_known)


@verb
def take_file(row: BoundaryFile, plan: Plan, *, by, only_known: bool, overlaps_known: bool) -> CoverageReport:
    """The second decision: the lines of a kept file come into force today."""
    _insist_it_waits(row)
    seen = CoverageReport.from_json(row.report["report"])
    insist(None if _said_the_same(seen, plan.report) else "boundary_file_changed")
    report = take_over(plan, by=by, only_known=only_known, overlaps_known=overlaps_known)
    move(row, state=BoundaryFile.TAKEN, report={"report": report.as_json(), "drawn": row.report["drawn"]})
    audit.record("territory.file_taken", row, by=by, areas=len(report.taken))
    return report


@verb
def drop(row: BoundaryFile, *, by) -> BoundaryFile:
    """The file is not wanted: its bytes go, that it was here remains."""
    _insist_it_waits(row)
    stored = row.file
    move(row, state=BoundaryFile.DROPPED, file=None, report={})
    audit.record("territory.file_dropped", row, by=by)
    transaction.on_commit(lambda: _discard(stored))
    return row


def _planned_again(row: BoundaryFile, *, by, reading: Reading) -> Plan:
    return planned(files.path_of(row.file), row.kind, by=by, reading=reading, file_name=row.file_name)


def _insist_it_waits(row: BoundaryFile) -> None:
    insist(None if row.state == BoundaryFile.LOOKED_AT else "boundary_file_over")


def _said_the_same(before: CoverageReport, now: CoverageReport) -> bool:
    """Would the same areas be drawn, with the same faults, as the person read?"""
    return (before.taken, before.ending, before.refusals, before.overlap_n) == (
        now.taken,
        now.ending,
        now.refusals,
        now.overlap_n,
    )


def _discard(stored) -> None:
    """Forget a file unless another row has the same bytes."""
    try:
        with transaction.atomic():
            stored.delete()
    except ProtectedError:
        return
    files.path_of(stored).unlink(missing_ok=True)


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


# ---- which shape is whose ----


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


def _guessed(shapes, reading: Reading, kind: str) -> Reading:
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


def _by_code(shapes, reading: Reading, kind: str) -> dict[str, list[int]]:
    """code -> positions of the shapes that carry it, in the order of the file. "" collects those without one."""
    if reading.code is None and not any(shapes.ids):
        raise Refused("code_property_missing")
    groups: dict[str, list[int]] = {}
    spelled: dict[str, str] = {}
    for at, own in enumerate(shapes.properties):
        code = _text(own.get(reading.code)) if reading.code else _text(shapes.ids[at])
        groups.setdefault(spelled.setdefault(_key(code) if kind == STATION else code, code), []).append(at)
    return groups


def _merged(shapes, groups) -> tuple[np.ndarray, list[Twice]]:
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


def _owners(kind, codes, merged, metres, stations, shapes, groups, reading) -> tuple[list, str]:
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


def _why_left_out(code: str, station) -> str:
    if not code:
        return "no_code"
    if len(code) > 20:
        return "code_too_long"
    return "" if station else "no_station"


def _names(kind, code, station, properties, reading: Reading) -> tuple[str, str]:
    if kind == STATION:
        return station.name, station.name_en
    fa, en = given_names(code)
    own = _text_of_name(properties.get(reading.name)) if reading.name else ""
    own_en = _text_of_name(properties.get(reading.name_en)) if reading.name_en else ""
    return own or fa, own_en or own or en


def _text_of_name(value) -> str:
    return " ".join(str(value).split())[:120] if value not in (None, "") else ""


# ---- what would be wrong with the ground ----


def _with_ground(report: CoverageReport, outlines: list, doubled: list[Twice], may_draw: set[int]) -> Plan:
    """Overlaps, gaps and repeated ground: among the file's own shapes, and with the neighbours that stay.

    A beat decides whose an event is: nobody takes ground from the beats of a station that is not theirs to draw.
    """
    if not outlines:
        return Plan(report=_refused(replace(report, duplicates=tuple(doubled)), "boundaries_without_station"))
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
    report = _refused(
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


def _refused(report: CoverageReport, *refusals: str) -> CoverageReport:
    return replace(report, refusals=refusals, refusal=refusals[0] if refusals else "")


def _outline(kind: str, stations: set[int]):
    """The ground that beats should fill: the areas of their stations, when all of them are drawn."""
    if kind == STATION:
        return None
    areas = list(Area.objects.in_force().filter(station__in=stations).values_list("geometry", flat=True))
    return shapely.union_all(shapely.from_wkb([bytes(wkb) for wkb in areas])) if len(areas) == len(stations) else None


# ---- is it the right part of the earth ----


def _insist_on_the_zone(geometry) -> None:
    """Swapped axes cannot be seen from numbers alone: 34, 47 and 47, 34 both exist. The installation decides."""
    place, reach = _place()
    if place is None:
        return
    west, south, east, north = shapely.total_bounds(np.asarray(geometry, dtype=object))
    lon, lat = (west + east) / 2, (south + north) / 2
    straight = max(abs(lon - place[0]), abs(lat - place[1]))
    swapped = max(abs(lat - place[0]), abs(lon - place[1]))
    if straight > 5 and swapped < min(straight, 20):
        raise FileRefused("swapped_coordinates")
    if straight > reach:
        raise FileRefused("outside_area", lon=round(lon, 4), lat=round(lat, 4))


def _place() -> tuple[tuple[float, float] | None, float]:
    """Where this installation is and how many degrees its ground may lie from there: by the ground already drawn, else
    by the city its time zone is named for."""
    for model in (Area, Beat):
        box = model.objects.in_force().aggregate(w=Min("west"), s=Min("south"), e=Max("east"), n=Max("north"))
        if box["w"] is not None:
            return ((box["w"] + box["e"]) / 2, (box["s"] + box["n"]) / 2), 5 + max(
                box["e"] - box["w"], box["n"] - box["s"]
            )
    return _city_of(clock.zone().key), 45.0


def _city_of(zone: str) -> tuple[float, float] | None:
    """Longitude and latitude of a time zone's city from the system's own list; None where the list is not installed."""
    for folder in zoneinfo.TZPATH:
        try:
            lines = (Path(folder) / "zone1970.tab").read_text(encoding="utf-8").splitlines()
        except OSError:
            continue
        for line in lines:
            parts = line.split("\t")
            if len(parts) > 2 and parts[2] == zone and (place := _ISO6709.fullmatch(parts[1])):
                lat, lon = place.groups()
                return _degrees(lon, 3), _degrees(lat, 2)
    return None


def _degrees(text: str, width: int) -> float:
    """+0512600 as degrees: sign, degrees, minutes, perhaps seconds."""
    sign, figures = text[0], text[1:]
    minutes, seconds = figures[width : width + 2], figures[width + 2 :] or "0"
    value = int(figures[:width]) + int(minutes) / 60 + int(seconds) / 3600
    return -value if sign == "-" else value
