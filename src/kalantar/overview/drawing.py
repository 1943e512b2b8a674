"""Maps and lists of the pages over several rooms: ground from `territory`, what happened from `incidents`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kalantar.incidents.models import Finding, Incident
from kalantar.incidents.types import NEVER_DRAWN
from kalantar.kernel import clock
from kalantar.territory import maps
from kalantar.territory.maps import MapData
from kalantar.territory.names import title as station_name
from kalantar.web.show import digits
from kalantar.web.words import choices, language, word

from . import queries, rules
from .said import beat_name, type_name

__all__ = ["area_map", "beat_map", "finding_map", "freshness", "mini_map", "station_name", "type_options"]

CSS = {1: "l1", 2: "l2", 3: "l3"}


@dataclass(frozen=True)
class Drawn:
    """A map with what stands beside it."""

    map: MapData
    beats: list[dict]
    spots: list[dict]


def type_options() -> list[tuple[str, str]]:
    """What the map may be narrowed to: matters that are never drawn have no map of their own (R14)."""
    return [(code, told) for code, told in choices("incident_type") if code not in NEVER_DRAWN]


def mini_map(actor, station, found: Iterable[Finding]) -> MapData | None:
    """The morning's small map: beats and hot cells."""
    made = maps.area_map(actor, station, beats=queries.beats_of(actor, station), mini=True)
    if made is not None:
        _lay_cells(made, [f for f in found if f.kind == Finding.HOT])
    return made


def area_map(actor, facts: queries.AreaFacts) -> Drawn | None:
    """The area page's map, its twin as rows, and its numbered spots."""
    url = {beat.pk: reverse("overview:beat", args=[facts.station.code, beat.code]) for beat in facts.beats}
    told = {beat.pk: _events(facts.by_beat.get(beat.pk, 0)) for beat in facts.beats}
    made = maps.area_map(actor, facts.station, beats=facts.beats, told=told, urls=url, area=facts.area)
    if made is None:
        return None
    rows = [
        {
            "beat": beat,
            "name": beat_name(beat),
            "n": facts.by_beat.get(beat.pk, 0),
            "url": url[beat.pk],
            "officer": officer_name(beat),
        }
        for beat in facts.beats
    ]
    spots = _lay_cells(made, facts.hot, numbered=True, beats=facts.beats)
    made.legend = _legend(facts.hot)
    made.note = _("Squares of 250 metres; no square is the address of a person. %(ground)s") % {"ground": made.note}
    return Drawn(made, rows, spots)


def _events(n: int) -> str:
    return ngettext("%(n)s event in 90 days", "%(n)s events in 90 days", n) % {"n": digits(n)}


def _legend(hot: list[Finding]) -> list[dict]:
    levels = {cell["level"] for finding in hot for cell in finding.result["cells"]}
    return [
        {"css": CSS[level], "label": word("expectation", code)}
        for level, code in ((3, "far_above"), (2, "above"), (1, "slightly_above"))
        if level in levels
    ]


def _lay_cells(made: MapData, hot: list[Finding], *, numbered: bool = False, beats: Iterable = ()) -> list[dict]:
    """Draw the hot cells; with `numbered`, a line around each cluster and a pin that the list repeats."""
    beats = {beat.pk: beat for beat in beats}
    spots: list[dict] = []
    for finding in hot:
        clusters = defaultdict(list)
        for cell in finding.result["cells"]:
            clusters[cell["cluster"]].append(cell)
        for cells in clusters.values():
            number = len(spots) + 1
            top = max(cells, key=lambda cell: cell["around"])
            link = f"spot-{number}"
            name, url = type_name(finding), reverse("overview:finding", args=[finding.pk])
            text = _("%(n)s within 375 metres; usually %(low)s to %(high)s") % {
                "n": digits(top["around"]),
                "low": digits(top["low"]),
                "high": digits(top["high"]),
            }
            for cell in cells:
                made.cell(cell["ring"], css=CSS[cell["level"]], title=text, link=link)
            spot = {
                "number": number,
                "name": name,
                "place": beat_name(beats[top["beat"]]) if top.get("beat") in beats else "",
                "text": text,
                "link": link,
                "url": url,
            }
            if numbered:
                made.surround((cell["ring"] for cell in cells), link=link)
                lon, lat = _head(cells)
                made.point(lon, lat, name=digits(number), title=f"{name}: {text}", url=url, link=link)
            spots.append(spot)
    return spots


def _head(cells: list[dict]) -> tuple[float, float]:
    """The middle of a cluster's northern side, so that the pin hides no square."""
    north = max(point[1] for cell in cells for point in cell["ring"])
    top = [point[0] for cell in cells for point in cell["ring"] if point[1] == north]
    return (min(top) + max(top)) / 2, north


def officer_name(beat) -> str:
    """The name of a beat's officer in the page's language; empty when nobody is named."""
    return digits((language() == "en" and beat.officer_name_en) or beat.officer_name or "")


def beat_map(actor, beat, station, beats: list) -> MapData | None:
    return maps.area_map(actor, station, beats=beats, chosen=beat.pk)


def finding_map(actor, finding: Finding, events: list[Incident]) -> Drawn | None:
    """Where the finding is: its cells, its beat, or its spot. Events are never drawn as points on a finding's map."""
    made = maps.area_map(actor, finding.station, beats=queries.beats_of(actor, finding.station), chosen=finding.beat_id)
    if made is None:
        return None
    if finding.kind == Finding.HOT:
        _lay_cells(made, [finding])
        made.legend = _legend([finding])
    if finding.kind == Finding.REPEAT:
        made.point(
            finding.result["lon"],
            finding.result["lat"],
            name=digits(finding.result["count"]),
            count=finding.result["count"],
            largest=max(10, finding.result["count"]),
            title=_events(finding.result["count"]),
            css="spot",
        )
    return Drawn(made, [], [])


def freshness(facts: queries.AreaFacts) -> list[dict]:
    """How old each layer of the area page is; older than 30 days is told."""
    today = clock.today()
    limit = today - timedelta(days=rules.STALE_DAYS)
    newest_officer = max((b.officer_since for b in facts.beats if b.officer_since), default=None)
    return [
        {
            "label": _("Incidents"),
            "at": facts.last_on,
            "old": facts.last_on is not None and facts.last_on < limit,
            "url": "",
        },
        {"label": _("Boundary"), "at": facts.area.since_on if facts.area else None, "old": False, "url": ""},
        {"label": _("Beats"), "at": max((b.since_on for b in facts.beats), default=None), "old": False, "url": ""},
        {"label": _("Officers of the beats"), "at": newest_officer, "old": False, "url": ""},
    ]
