"""Every change of ground: drawing areas and beats, naming the officer of a beat."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import shapely
from django.db.models import F

from kalantar.formats import areas_m2, simplify_coverage
from kalantar.kernel import audit, clock, outbox, uids
from kalantar.kernel.change import insist, move, verb
from kalantar.people.models import Officer, Post, Station

from . import frames, rules
from .models import Area, Beat, BeatOfficer

SCREEN_M = 10.0  # a corner goes from the screen's layer when the triangle it makes is smaller than this squared


@dataclass(frozen=True, kw_only=True)
class Outline:
    """One shape to be drawn: whose it is, what it is called, and where it lies (longitude and latitude, WGS 84)."""

    station_id: int
    code: str
    name: str
    name_en: str
    geometry: object

    @property
    def wkb(self) -> bytes:
        """The same ground gives the same bytes, whatever corner the file began with."""
        return shapely.to_wkb(shapely.normalize(self.geometry), output_dimension=2)


@verb
def draw_areas(
    outlines: list[Outline], *, by, since_on: date | None = None, source: str = "", file: dict | None = None
) -> list[Area]:
    """Draw the areas of responsibility of stations. A new line ends the old one; an unchanged line stays as it is.

    source : the file's name, for the rows. file : its mark, for the audit, which keeps no names.
    """
    return _draw(Area, outlines, by=by, since_on=since_on, source=source, file=file)


@verb
def draw_beats(
    outlines: list[Outline], *, by, since_on: date | None = None, source: str = "", file: dict | None = None
) -> list[Beat]:
    """Draw all beats of one or more stations anew. Beats of these stations that are not given end.

    Incidents keep the beat they were written with. A beat that is drawn anew under its old code keeps its officer.
    """
    return _draw(Beat, outlines, by=by, since_on=since_on, source=source, file=file)


def _draw(model, outlines, *, by, since_on, source, file):
    today = clock.today()
    since_on = since_on or today
    wanted = {outline.station_id for outline in outlines} & by.stations()
    # The lock lets one person at a time draw a station's lines; SQLite lets one at a time write anyway.
    stations = {
        s.pk: s for s in Station.objects.visible_to(by).filter(pk__in=wanted).order_by("pk").select_for_update()
    }
    for outline in outlines:
        if outline.station_id not in stations:
            raise Station.DoesNotExist
    for pk in stations:
        insist(rules.refusal("draw", roles=by.roles_at(pk)))
    old = list(model.objects.visible_to(by).in_force().filter(station__in=stations))
    last_on = max((row.since_on for row in old), default=None)
    insist(rules.day_refusal(since_on, last_on=last_on, today=today))

    by_place = {(o.station_id, o.code if model is Beat else ""): o for o in outlines}
    kept, ending = [], []
    for row in old:
        place = row.station_id, row.code if model is Beat else ""
        given = by_place.get(place)
        same = (
            given
            and bytes(row.geometry) == given.wkb
            and (row.code, row.name, row.name_en) == (given.code, given.name, given.name_en)
        )
        (kept if same else ending).append(row)
        if same:
            del by_place[place]
    fresh = list(by_place.values())
    model.objects.filter(pk__in=[row.pk for row in ending]).update(ended_on=since_on, version=F("version") + 1)
    rows = model.objects.bulk_create(_rows(model, fresh, since_on=since_on, source=source))
    if model is Beat:
        _hand_over_officers(ending, rows, on=since_on)
    what = "territory.areas_drawn" if model is Area else "territory.beats_drawn"
    for pk, station in stations.items():
        audit.record(
            what,
            station,
            by=by,
            since_on=since_on,
            file=file or {},
            drawn=[r.code for r in rows if r.station_id == pk],
            ended=[r.code for r in ending if r.station_id == pk],
            unchanged=sum(r.station_id == pk for r in kept),
        )
    return sorted(kept + rows, key=lambda row: (row.station_id, row.code))


def _rows(model, outlines, *, since_on, source) -> list:
    """Rows for new shapes, their screen layer simplified together with the neighbours that stay."""
    if not outlines:
        return []
    geometry = np.array([o.geometry for o in outlines], dtype=object)
    bounds = shapely.bounds(geometry)
    box = (*bounds[:, :2].min(axis=0), *bounds[:, 2:].max(axis=0))
    around = model.objects.in_force().meeting(*map(float, box)).values_list("geometry", flat=True)
    neighbours = shapely.from_wkb([bytes(wkb) for wkb in around])
    together = np.concatenate([geometry, np.asarray(neighbours, dtype=object)])
    simple = np.array(simplify_coverage(together, SCREEN_M)[: len(outlines)], dtype=object)
    drawn = frames.moved_to_screen(simple)
    labels = frames.label_points(drawn)
    metres = areas_m2(geometry)
    return [
        model(
            station_id=o.station_id,
            code=o.code,
            name=o.name,
            name_en=o.name_en,
            geometry=o.wkb,
            screen=frames.svg_path(shape),
            label_x=x,
            label_y=y,
            label_room_m=room,
            west=west,
            south=south,
            east=east,
            north=north,
            area_m2=float(m2),
            since_on=since_on,
            source=source[:200],
        )
        for o, shape, (x, y, room), (west, south, east, north), m2 in zip(
            outlines, drawn, labels, bounds.tolist(), metres, strict=True
        )
    ]


def _hand_over_officers(ending, rows, *, on):
    """The officer of a beat answers for it under its new line as under the old one."""
    new = {(row.station_id, row.code): row for row in rows}
    for held in BeatOfficer.objects.filter(beat__in=ending, to_on=None).select_related("beat"):
        move(held, to_on=max(on, held.from_on))
        heir = new.get((held.beat.station_id, held.beat.code))
        if heir is not None:
            BeatOfficer.objects.create(beat=heir, officer_id=held.officer_id, from_on=max(on, held.from_on))


@verb
def confirm_area(area: Area, *, by) -> Area:
    """The line was looked at and is still right: the same ground is in force anew, from today."""
    area = Area.objects.visible_to(by).in_force().get(pk=area.pk)
    insist(rules.refusal("draw", roles=by.roles_at(area.station_id)))
    today = clock.today()
    insist("area_confirmed_today" if area.since_on >= today else None)
    move(area, ended_on=today)
    fresh = Area.objects.get(pk=area.pk)
    fresh.pk, fresh.uid, fresh.since_on, fresh.ended_on, fresh.version = None, uids.new(), today, None, 0
    fresh.save(force_insert=True)
    audit.record("territory.area_confirmed", fresh, by=by, before=area.pk)
    return fresh


@verb
def name_beat_officer(beat: Beat, officer: Officer, *, by, from_on: date | None = None) -> BeatOfficer:
    """Say who answers for a beat. Whoever answered for it until now stops on that day."""
    from_on = from_on or clock.today()
    beat = Beat.objects.visible_to(by).in_force().select_related("station").get(pk=beat.pk)
    insist(rules.refusal("name_officer", roles=by.roles_at(beat.station_id)))
    insist(rules.dated_back_refusal(from_on, today=clock.today()))
    officer = Officer.objects.visible_to(by).get(pk=officer.pk)
    posts = Post.objects.held_on(from_on).filter(officer=officer, unit__path__startswith=beat.station.path)
    insist(rules.officer_refusal(frozenset(posts.values_list("role", flat=True))))
    held = BeatOfficer.objects.filter(beat=beat, to_on=None).first()
    if held:
        insist(rules.naming_refusal(from_on, held_from=held.from_on, same=held.officer_id == officer.pk))
        move(held, to_on=from_on)
    move(beat)
    named = BeatOfficer.objects.create(beat=beat, officer=officer, from_on=from_on)
    audit.record(
        "territory.officer_named",
        beat,
        by=by,
        officer=officer.pk,
        before=held.officer_id if held else None,
        from_on=from_on,
    )
    if officer.pk != by.officer_id:
        outbox.tell("beat_named", to=officer, page=("territory:beat", {"pk": beat.pk}), beat=beat.code)
    return named


@verb
def end_beat_officer(beat: Beat, *, by, on: date | None = None) -> BeatOfficer:
    """Nobody answers for this beat by name from this day on, until somebody is named."""
    on = on or clock.today()
    beat = Beat.objects.visible_to(by).in_force().get(pk=beat.pk)
    insist(rules.refusal("end_officer", roles=by.roles_at(beat.station_id)))
    insist(rules.dated_back_refusal(on, today=clock.today()))
    held = BeatOfficer.objects.filter(beat=beat, to_on=None).first()
    insist(rules.ending_refusal(on, held_from=held.from_on if held else None))
    assert held is not None  # a beat without one was refused
    move(beat)
    move(held, to_on=on)
    audit.record("territory.officer_ended", beat, by=by, officer=held.officer_id, on=on)
    return held
