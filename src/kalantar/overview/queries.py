"""What the pages over several rooms ask. Each says how many SQL statements it runs; the tests hold it to that."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, TypedDict

from django.db.models import Count, Max, OuterRef, Q, Subquery, Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from kalantar.incidents import lines as incident_lines
from kalantar.incidents import queries_findings
from kalantar.incidents.hours import WeekHour
from kalantar.incidents.models import DailyCount, Finding, Incident
from kalantar.kernel import asked, clock
from kalantar.kernel.models import HeadCode
from kalantar.people import lines as people_lines
from kalantar.people.models import Station
from kalantar.territory import lines as territory_lines
from kalantar.territory.models import Area, Beat, BeatOfficer
from kalantar.web.lines import Line

from . import rules
from .models import MorningBrief

HEADINGS = ("changed", "late", "sign")
_codes: dict[date, str] = {}


class OfOfficer(TypedDict):
    """What `beats_of` adds to each beat; nothing where nobody is named."""

    officer_name: str | None
    officer_name_en: str | None
    officer_since: date | None


if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    HeldBeat = WithAnnotations[Beat, OfOfficer]


@dataclass(frozen=True)
class Morning:
    """A station's morning, as the page, the wall and the paper show it."""

    station: Station
    on: date
    lines: dict[str, list[Line]]
    findings: list[Finding]
    signed_at: datetime | None
    code: str
    data_until: datetime | None
    may_sign: bool

    def n(self, heading: str) -> int:
        return sum(line.n for line in self.lines[heading])

    @property
    def asks(self) -> int:
        """How many things need the reader today: late ones and signatures."""
        return self.n("late") + self.n("sign")

    @property
    def is_late(self) -> bool:
        return self.data_until is not None and clock.now() - self.data_until > timedelta(hours=rules.DATA_LATE_HOURS)


def station_of(actor, code: str | None):
    """The station a page is about: the one named, or the reader's own. No statement of its own."""
    return actor.home_station if code is None else actor.station(code)


def morning(actor, station: Station, on: date) -> Morning:
    """Lines of the rooms, findings, the brief, the code of the duty book. At most 5 statements."""
    gathered: dict[str, list[Line]] = {heading: [] for heading in HEADINGS}
    here = actor.at(station)  # a commander reads this station's lines, not those of all
    for room in (incident_lines, territory_lines, people_lines):
        for line in room.lines(here, on):
            gathered[line.heading].append(line)
    found = queries_findings.latest(actor, station.pk, on)
    rises = [f for f in found if f.kind in {Finding.RISE, Finding.REPEAT}]
    if rises:
        gathered["changed"].insert(0, _rises_line(rises))
    signed_at, until = _state(actor, station, on)
    refusal = rules.sign_refusal(
        roles=actor.roles_at(station.pk), signed=signed_at is not None, is_today=on == clock.today()
    )
    if refusal is None:
        gathered["sign"].append(
            Line(heading="sign", n=1, sentence=_("The brief of this morning."), press="read_sign", weight=50)
        )
    for lines in gathered.values():
        lines.sort(key=lambda line: -line.weight)
    return Morning(station, on, gathered, found, signed_at, code_of(on), until, refusal is None)


def _state(actor, station, on: date) -> tuple[datetime | None, datetime | None]:
    """When the morning's brief was signed, and the newest event on record. One statement."""
    found = asked.rows(("morning", actor.scope(), station.pk, on), lambda: _state_rows(actor, station, on))
    return found[0] if found else (None, None)


def _state_rows(actor, station, on: date):
    brief = MorningBrief.objects.visible_to(actor).filter(station=OuterRef("pk"), on=on).values("signed_at")
    newest = (
        Incident.objects.visible_to(actor)
        .filter(station=station.pk)
        .order_by("-occurred_from", "-id")
        .values("occurred_from")[:1]
    )
    return Station.objects.filter(pk=station.pk).values_list(Subquery(brief), Subquery(newest))


def _rises_line(found: list[Finding]) -> Line:
    from .said import say

    said = " ".join(say(f).title for f in found[:2])
    url = reverse("overview:finding", args=[found[0].pk])
    return Line(heading="changed", n=len(found), sentence=said, url=url, press="open", weight=100)


def code_of(on: date) -> str:
    """The code stamped on a morning; it never changes, so it is asked once a process."""
    if on not in _codes:
        found = HeadCode.objects.filter(on=on).values_list("code", flat=True).first()
        if found is None:
            return ""
        _codes.clear()
        _codes[on] = found
    return _codes[on]


def stations_table(actor, on: date) -> list[dict]:
    """For a commander: every station with its findings and its last 28 days against the 28 before. 4 statements."""
    stations = list(Station.objects.filter(pk__in=actor.stations()).order_by("number", "pk"))
    rows = DailyCount.objects.visible_to(actor).filter(local_date__gte=on - timedelta(days=56), local_date__lt=on)
    split = on - timedelta(days=28)
    counts = {
        s: (now or 0, before or 0)
        for s, now, before in rows.values_list("station_id").annotate(
            now=Sum("n", filter=Q(local_date__gte=split)), before=Sum("n", filter=Q(local_date__lt=split))
        )
    }
    kinds: dict[int, Counter] = defaultdict(Counter)
    seen = Finding.objects.visible_to(actor)
    newest = dict(seen.filter(on__lte=on).values_list("station_id").annotate(on=Max("on")))
    found = seen.filter(on__in=set(newest.values())).values_list("station_id", "on", "kind").annotate(n=Count("pk"))
    for station_id, made_on, kind, n in found:
        if made_on == newest.get(station_id):
            kinds[station_id][kind] += n
    return [
        {
            "station": s,
            "now": counts.get(s.pk, (0, 0))[0],
            "before": counts.get(s.pk, (0, 0))[1],
            "has_data": s.pk in counts,
            "kinds": kinds[s.pk],
        }
        for s in stations
    ]


@dataclass(frozen=True)
class AreaFacts:
    """Ninety days of one area, beat by beat."""

    station: Station
    area: Area | None
    beats: list[HeldBeat]
    by_beat: dict[int, int]
    by_type: list[tuple[str, int]]
    hours: list[list[int]]  # weekday (Monday first) by hour of the day, events with a known hour
    timed: int
    untimed: int
    hot: list[Finding]
    days: int
    last_on: date | None


DAYS = 90


def area_facts(actor, station: Station, on: date, type_code: str = "") -> AreaFacts:
    """The area page. 5 statements, whatever the size."""
    since = on - timedelta(days=DAYS)
    scope = actor.scope()
    area = next(iter(asked.rows(("area", scope, station.pk), lambda: _area(actor, station))), None)
    beats = beats_of(actor, station)
    totals = asked.rows(("totals", scope, station.pk, on), lambda: _totals(actor, station, since, on))
    by_beat: Counter[int] = Counter()
    by_type: Counter[str] = Counter()
    last = None
    for beat, code, n, newest in totals:
        by_type[code] += n
        if not type_code or code == type_code:
            by_beat[beat] += n
            last = max(last or newest, newest)
    hours = [[0] * 24 for _day in range(7)]
    timed = untimed = 0
    slots = asked.rows(
        ("slots", scope, station.pk, on, type_code), lambda: _slots(actor, station, since, on, type_code)
    )
    for at, known, n in slots:
        if known:
            hours[at // 24][at % 24] += n
            timed += n
        else:
            untimed += n
    hot = [
        f
        for f in queries_findings.latest(actor, station.pk, on)
        if f.kind == Finding.HOT and (not type_code or (f.type is not None and f.type.code == type_code))
    ]
    return AreaFacts(station, area, beats, dict(by_beat), by_type.most_common(), hours, timed, untimed, hot, DAYS, last)


def _area(actor, station):
    return Area.objects.visible_to(actor).in_force().filter(station=station).defer("geometry")[:1]


def _totals(actor, station, since: date, on: date):
    """Events of each beat and type, and the newest day."""
    totals = DailyCount.objects.visible_to(actor).filter(station=station, local_date__gte=since, local_date__lt=on)
    return totals.values_list("beat_id", "type__code").annotate(n=Sum("n"), newest=Max("local_date"))


def _slots(actor, station, since: date, on: date, type_code: str):
    """Events of each hour of the week, with and without a known hour."""
    events = Incident.objects.visible_to(actor).filter(station=station).between(since, on)
    if type_code:
        events = events.filter(type__code=type_code)
    slot = WeekHour("occurred_from", clock.zone(), clock.start_of(since), clock.start_of(on))
    return events.annotate(slot=slot).values_list("slot", "time_known").annotate(n=Count("pk"))


def beats_of(actor, station) -> list[HeldBeat]:
    """The beats of a station with the name of the officer of each, without their full geometry. One statement."""
    return asked.rows(("beats", actor.scope(), station.pk), lambda: _held_beats(actor, station))


def _held_beats(actor, station):
    held = BeatOfficer.objects.visible_to(actor).filter(beat=OuterRef("pk"), to_on=None)
    beats = Beat.objects.visible_to(actor).in_force().filter(station=station.pk).defer("geometry").order_by("code")
    return beats.annotate(
        officer_name=Subquery(held.values("officer__name")),
        officer_name_en=Subquery(held.values("officer__name_en")),
        officer_since=Subquery(held.values("from_on")),
    )


def beat_facts(actor, beat: Beat, on: date) -> dict:
    """One beat: 90 days by type, 13 four-week periods, the latest events. 2 statements."""
    since = on - timedelta(days=28 * 13)
    rows = DailyCount.objects.visible_to(actor).filter(
        beat=beat, station=beat.station_id, local_date__gte=since, local_date__lt=on
    )
    by_type: Counter[str] = Counter()
    periods = [0] * 13
    for code, day, n in rows.values_list("type__code", "local_date").annotate(n=Sum("n")):
        ago = (on - day).days - 1
        periods[12 - ago // 28] += n
        if ago < DAYS:
            by_type[code] += n
    latest = list(
        Incident.objects.visible_to(actor)
        .filter(beat=beat)
        .drawable()
        .select_related("type")
        .order_by("-occurred_from", "-id")[:8]
    )
    return {"by_type": by_type.most_common(), "periods": periods, "latest": latest}


def finding_of(actor, pk: int) -> Finding | None:
    return Finding.objects.visible_to(actor).select_related("type", "beat", "station").filter(pk=pk).first()


def events_of(actor, finding: Finding, limit: int = 50) -> list[Incident]:
    """The events a finding rests on, newest first, as far as they may be listed by place (R14). One statement."""
    if finding.kind == Finding.TOO_FEW:
        return []
    r = finding.result
    events = (
        Incident.objects.visible_to(actor)
        .drawable()
        .filter(station=finding.station_id)
        .select_related("type", "beat", "station")
    )
    if finding.type_id:
        events = events.filter(type=finding.type_id)
    if finding.beat_id:
        events = events.filter(beat=finding.beat_id)
    if "from_on" in r:
        first, last = (date.fromisoformat(r[name]) for name in ("from_on", "to_on"))
        events = events.between(first, last + timedelta(days=1))
    if finding.kind == Finding.REPEAT:
        days = sorted(date.fromisoformat(day) for day in r["dates"])
        events = events.between(days[0], days[-1] + timedelta(days=1))
        near = 0.5 * 10**-queries_findings.SPOT_DIGITS + 1e-9
        events = events.filter(
            lon__range=(r["lon"] - near, r["lon"] + near),
            lat__range=(r["lat"] - near, r["lat"] + near),
            local_date__in=r["dates"],
        )
    if finding.kind == Finding.HOT:
        events = events.filter(_in_cells(r["cells"]))
    return list(events.order_by("-occurred_from", "-id")[:limit])


def _in_cells(cells: list[dict]) -> Q:
    """Within one of the squares of a hot spot; their sides run north and east."""
    found = Q(pk=None)
    for cell in cells:
        (west, south), (east, north) = cell["ring"][0], cell["ring"][2]
        found |= Q(lon__gte=west, lon__lt=east, lat__gte=south, lat__lt=north)
    return found
