"""The maps of events: cells with their counts, places that may be points, and one event where it may be shown (R14)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

import h3.api.basic_int as h3
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kalantar.territory import frames, maps
from kalantar.territory.maps import MapData
from kalantar.territory.names import title
from kalantar.web.show import digits
from kalantar.web.words import word

from . import queries, shown
from .models import Incident

TABLE = 100  # so many cells stand in the table
FEW = 400  # up to here every place that may be a point is one
WIDE_M = 20_000  # a ground wider than this is drawn in the next coarser cells
STEPS = ("s1", "l1", "l2", "l3")  # the four strengths of the map's one colour


@dataclass(frozen=True)
class Row:
    """A cell of the map as a line of its table."""

    link: str
    n: int
    beat: str
    url: str


@dataclass(frozen=True)
class Drawn:
    """A map, its cells as a table, and what it leaves out."""

    map: MapData | None
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def of_list(actor, rows, said) -> Drawn:
    """The found events: many as cells with counts, few as points and cells. What is never drawn does not come here."""
    drawn, names = _ground(actor, said)
    if drawn is None:
        return Drawn(None)
    places = queries.places(rows)
    placed = [place for place in places if place.cell]
    few = len(placed) <= FEW
    coarser = drawn.box[2] > WIDE_M
    cells: dict[int, Counter] = {}
    for place in places:
        if place.cell and (not few or place.shown_as == Incident.CELL):
            cell = shown.cell_of(place.cell)
            cells.setdefault(h3.cell_to_parent(cell, shown.CELL_RESOLUTION - 1) if coarser else cell, Counter())[
                place.beat
            ] += 1
    breaks = _breaks([beats.total() for beats in cells.values()])
    table = []
    for cell, beats in sorted(cells.items(), key=lambda pair: (-pair[1].total(), pair[0])):
        n, link, url = beats.total(), f"cell-{h3.int_to_str(cell)}", said.with_cell(h3.int_to_str(cell))
        ring = [(lon, lat) for lat, lon in h3.cell_to_boundary(cell)]
        drawn.cell(ring, css=STEPS[sum(n >= start for start in breaks)], title=_events(n), link=link, url=url)
        table.append(Row(link, n, names.get(beats.most_common(1)[0][0], ""), url))
    if cells:
        drawn.legend = [{"css": STEPS[i], "label": told} for i, told in enumerate(_spans(breaks))]
    notes = _left_out(len(places), len(placed))
    if few and any(place.shown_as == Incident.POINT for place in placed):
        _points(drawn, placed)
        notes.insert(0, _("Each dot is one place, a larger one had several events. Dwellings are cells."))
    return Drawn(drawn, table[:TABLE], notes)


def _ground(actor, said) -> tuple[MapData | None, dict[int, str]]:
    """What lies under the events, to be pressed: the beats of one station, or the areas of many; and the beats' names."""
    several = said.stations
    station = (
        next((s for s in several if s.pk == said.wanted.station), None)
        if several
        else actor.home_station or _only(actor)
    )
    if station is None:
        drawn = maps.province_map(actor, urls={s.pk: said.with_pick("station", s.pk) for s in several})
        return drawn, {beat.pk: title(beat) for beat in queries.beats(actor)}
    beats = [beat for beat in said.beats if beat.station_id == station.pk]
    drawn = maps.area_map(actor, station, beats=beats, chosen=said.wanted.beat)
    if drawn:
        drawn.shapes = [
            replace(shape, url=said.with_pick("beat", shape.link.removeprefix("beat-"))) for shape in drawn.shapes
        ]
    return drawn, {beat.pk: title(beat) for beat in beats}


def _only(actor):
    return next(iter(queries.stations(actor)), None)


def _points(drawn: MapData, placed: list[queries.Place]) -> None:
    """Places that may be points; several events at one place are one larger symbol."""
    at = Counter(
        (round(p.lon, 5), round(p.lat, 5))
        for p in placed
        if p.shown_as == Incident.POINT and p.lon is not None and p.lat is not None
    )
    for (lon, lat), n in at.items():
        drawn.point(lon, lat, count=n, largest=max(10, *at.values()), title=_events(n))


def _events(n: int) -> str:
    return ngettext("%(n)s event", "%(n)s events", n) % {"n": digits(n)}


def _left_out(all_of_them: int, placed: int) -> list[str]:
    notes, without = [], all_of_them - placed
    if without:
        notes.append(
            ngettext(
                "%(n)s event has a beat but no exact place; it stands in the list only.",
                "%(n)s events have a beat but no exact place; they stand in the list only.",
                without,
            )
            % {"n": digits(without)}
        )
    if all_of_them == queries.MAPPED:
        notes.append(_("The map shows the newest %(n)s events.") % {"n": digits(queries.MAPPED)})
    return notes


def _breaks(counts: list[int]) -> list[int]:
    """Where the stronger colours begin: the upper half, fifth and twentieth of the cells, each later than the one before."""
    ordered = sorted(counts)
    found: list[int] = []
    for share in (0.5, 0.8, 0.95) if ordered else ():
        value = ordered[min(len(ordered) - 1, int(share * len(ordered)))]
        if value > (found[-1] if found else ordered[0]):
            found.append(value)
    return found


def _spans(breaks: list[int]) -> list[str]:
    """The numbers each colour stands for, in words: "1 to 3", "4 to 9", "10 and more in a cell"."""
    starts, told = [1, *breaks], []
    for start, after in zip(starts, [*breaks, None], strict=True):
        if after is None:
            told.append(_("%(n)s and more in a cell") % {"n": digits(start)})
        elif after - 1 == start:
            told.append(digits(start))
        else:
            told.append(_("%(first)s to %(last)s") % {"first": digits(start), "last": digits(after - 1)})
    return told


# ---- one event, and a ground to choose on ----


def of_incident(row: Incident) -> Drawn:
    """A point only where a point may stand, a cell for dwellings, nothing where nothing may be drawn."""
    if row.shown_as == Incident.NEVER:
        return Drawn(None, notes=[_("The place of this event stands on no map, in no list and in no file.")])
    beat = row.beat
    box = frames.padded(frames.box_of(beat.west, beat.south, beat.east, beat.north), share=0.12)
    drawn = MapData(label=_("Place of the event"), box=box, mini=True)
    drawn.shapes = [
        maps.Shape(
            link=f"beat-{beat.pk}",
            d=drawn.d(beat.screen),
            title=title(beat),
            name="",
            phone_name="",
            x="0",
            y="0",
            url="",
            css="",
        )
    ]
    if not row.h3:
        return Drawn(drawn, notes=[_("Only the beat is known.")])
    if row.shown_as == Incident.CELL:
        ring = [(lon, lat) for lat, lon in h3.cell_to_boundary(shown.cell_of(row.h3))]
        drawn.cell(ring, css="l2", title=_("The event lies in this cell"))
        return Drawn(drawn, notes=[_("A dwelling, or what may be one, is shown as a cell, never as a point.")])
    assert row.lon is not None and row.lat is not None  # its cell was made from them
    drawn.point(row.lon, row.lat, count=3, largest=4, title=_("Place of the event"))
    return Drawn(drawn)


def of_ground(actor) -> MapData | None:
    """The beats of the own station, to choose one; each is a link that opens the form with it."""
    station = actor.home_station
    drawn = maps.area_map(actor, station) if station else None
    if drawn:
        drawn.shapes = [
            replace(shape, url=f"{reverse('incidents:record')}?beat={shape.link.removeprefix('beat-')}")
            for shape in drawn.shapes
        ]
    return drawn


# ---- history ----


def steps(row: Incident) -> list[dict]:
    """What was done to an event, for the page's steps; of what is never drawn no word that leads to its place (R14)."""
    hidden = OF_THE_PLACE if row.shown_as == Incident.NEVER else frozenset()
    told = []
    for step in queries.history(row):
        label = {
            "incident.recorded": _("Recorded"),
            "incident.corrected": _("Corrected"),
            "incident.sent_again": _("Sent once more"),
            "incident.placed": _("Placed"),
        }.get(step.what, _("Changed"))
        fields = [str(FIELDS[name]()) for name in step.changed if name in FIELDS and name not in hidden]
        by = word("role", step.role) if step.role else _("The system")
        told.append(
            {
                "label": label,
                "state": "done",
                "at": step.at,
                "note": " · ".join([by, *([_list(fields)] if fields else [])]),
            }
        )
    if row.batch is not None:
        note = "" if hidden else row.batch.file_name
        told.insert(0, {"label": _("Came with a file"), "state": "done", "at": row.made_at, "note": note})
    return told


FIELDS = {
    "type_id": lambda: _("Kind of event"),
    "occurred_from": lambda: _("Time of the event"),
    "occurred_to": lambda: _("Time of the event"),
    "time_known": lambda: _("Time of the event"),
    "beat_id": lambda: _("Beat"),
    "place_text": lambda: _("Place in words"),
    "place_kind": lambda: _("Kind of place"),
    "lon": lambda: _("Place on the map"),
    "lat": lambda: _("Place on the map"),
    "external_ref": lambda: _("Reference number"),
}
OF_THE_PLACE = frozenset({"beat_id", "place_text", "place_kind", "lon", "lat", "external_ref"})


def _list(fields: list[str]) -> str:
    return _("changed: %(fields)s") % {"fields": _(", ").join(dict.fromkeys(fields))}
