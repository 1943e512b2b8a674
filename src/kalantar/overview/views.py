"""The morning, the wall, the paper; the area, a beat, a finding. Thin: one query, one page."""

from __future__ import annotations

from datetime import date

from django.contrib.auth.decorators import login_required
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from kalantar.incidents.models import Finding
from kalantar.kernel import clock
from kalantar.web import charts
from kalantar.web.answer import answer, unseen, went
from kalantar.web.picks import Pick
from kalantar.web.show import day_month, digits
from kalantar.web.words import word

from . import drawing, methods, queries, verbs
from .said import beat_name, say

ASKS = {"changed": "", "late": "late", "sign": "go"}


def _station(request, code: str | None):
    station = queries.station_of(request.actor, code)
    if station is None:
        raise unseen()
    return station


@require_safe
@login_required
def morning(request):
    """The first page: one's own station, or for a commander the table of all."""
    if request.actor.home_station is None:
        if not request.actor.stations():
            return answer(request, "overview/no_station.html", title=_("Your post has no station"))
        rows = queries.stations_table(request.actor, clock.today())
        return answer(
            request,
            "overview/stations.html",
            title=_("Stations this morning"),
            rows=rows,
            kinds=[Finding.RISE, Finding.HIGH, Finding.HOT, Finding.REPEAT],
        )
    return _morning_page(request, _station(request, None), "overview/morning.html")


@require_safe
@login_required
def station_morning(request, code):
    return _morning_page(request, _station(request, code), "overview/morning.html")


@require_safe
@login_required
def wall(request, code):
    return _morning_page(request, _station(request, code), "overview/wall.html")


@require_safe
@login_required
def paper(request, code):
    return _morning_page(request, _station(request, code), "overview/paper.html")


def _morning_page(request, station, template):
    seen = queries.morning(request.actor, station, clock.today())
    where = drawing.mini_map(request.actor, station, seen.findings)
    return answer(
        request,
        template,
        title=_title(seen),
        morning=seen,
        station=station,
        lines=_lines(seen),
        finds=[say(f) for f in seen.findings],
        more=max(0, len(seen.findings) - 9),  # than the paper has room for
        where=where,
        clusters=sum(f.result["clusters"] for f in seen.findings if f.kind == Finding.HOT),
    )


def _title(seen: queries.Morning) -> str:
    if not seen.asks:
        return _("Good morning. Nothing is late today.")
    return ngettext(
        "Good morning. %(n)s thing needs you today.", "Good morning. %(n)s things need you today.", seen.asks
    ) % {"n": digits(seen.asks)}


def _lines(seen: queries.Morning) -> list[dict]:
    """The three lines: a figure, a question, a sentence, one press."""
    asks = {"changed": _("What changed"), "late": _("What is late"), "sign": _("What needs your signature")}
    nothing = {
        "changed": _("Nothing beyond what is usual."),
        "late": _("Nothing is late."),
        "sign": _("This morning's brief is signed.") if seen.signed_at else _("Nothing waits for your signature."),
    }
    rows = []
    for heading in queries.HEADINGS:
        lines = seen.lines[heading]
        first = next((line for line in lines if line.url and line.press), None)
        url, label = (first.url, first.press) if first else ("", "")
        if heading == "changed" and lines and not first:
            url, label = reverse("overview:area", args=[seen.station.code]), "show_on_map"
        rows.append(
            {
                "n": seen.n(heading),
                "tone": ASKS[heading] if lines else "",
                "ask": asks[heading],
                "text": " ".join(line.sentence for line in lines) or nothing[heading],
                "url": url,
                "label": word("button", label) if label else "",
                "primary": False,
                "key": "",
            }
        )
    if seen.may_sign:
        rows[-1]["sign"] = reverse("overview:sign", args=[seen.station.code])
    return rows


@require_POST
@login_required
def sign(request, code):
    station = _station(request, code)
    verbs.sign_brief(station, by=request.actor, on=clock.today())
    own = request.actor.home_station is not None and request.actor.home_station.pk == station.pk
    return went(
        reverse("overview:morning") if own else reverse("overview:station_morning", args=[code]),
        _("The brief is signed and kept."),
    )


@require_safe
@login_required
def my_area(request):
    if request.actor.home_station is None:
        stations = queries.stations_table(request.actor, clock.today())
        return answer(request, "overview/areas.html", title=_("Areas"), rows=stations)
    return area(request, request.actor.home_station.code)


@require_safe
@login_required
def area(request, code):
    station = _station(request, code)
    chosen = Pick(request, "type", _("Type"), drawing.type_options(), any=_("All incidents"))
    facts = queries.area_facts(request.actor, station, clock.today(), chosen.value or "")
    drawn = drawing.area_map(request.actor, facts)
    return answer(
        request,
        "overview/area.html",
        title=_("Area of %(station)s") % {"station": drawing.station_name(station)},
        station=station,
        facts=facts,
        pick=chosen,
        drawn=drawn,
        heat=charts.heat(facts.hours) if facts.timed else None,
        total=sum(facts.by_beat.values()),
        types=charts.bars([(word("incident_type", c), n) for c, n in facts.by_type[:6]]),
        km2=(facts.area.area_m2 / 1e6) if facts.area else None,
        layers=drawing.freshness(facts),
    )


@require_safe
@login_required
def beat(request, code, beat):
    station = _station(request, code)
    beats = queries.beats_of(request.actor, station)
    row = next((b for b in beats if b.code == beat), None)
    if row is None:
        raise unseen()
    facts = queries.beat_facts(request.actor, row, clock.today())
    today = clock.today()
    return answer(
        request,
        "overview/beat.html",
        title=_("%(beat)s, %(station)s") % {"beat": beat_name(row), "station": drawing.station_name(station)},
        station=station,
        beat=row,
        officer=drawing.officer_name(row),
        facts=facts,
        drawn=drawing.beat_map(request.actor, row, station, beats),
        types=charts.bars([(word("incident_type", c), n) for c, n in facts["by_type"][:6]]),
        chart=charts.columns(
            facts["periods"],
            first=day_month(date.fromordinal(today.toordinal() - 28 * 13)),
            last=day_month(today),
            label=_("Events in 13 periods of 4 weeks, the last one %(n)s") % {"n": digits(facts["periods"][-1])},
        ),
        total=sum(n for _code, n in facts["by_type"]),
    )


@require_safe
@login_required
def finding(request, pk):
    row = queries.finding_of(request.actor, pk)
    if row is None:
        raise unseen()
    events = queries.events_of(request.actor, row)
    return answer(
        request,
        "overview/finding.html",
        title=say(row).title,
        finding=row,
        said=say(row),
        station=row.station,
        events=events,
        drawn=drawing.finding_map(request.actor, row, events),
        facts=methods.numbers(row),
        method=methods.method(row),
    )
