"""Every question the pages ask about events. Each takes the actor; the number of statements stands in the tests.

Lists, maps and files are made of `listed` alone, which leaves out what is never drawn (R14); such events are counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, Q, Sum

from kalantar.kernel import asked, audit, clock
from kalantar.kernel.models import AuditLine
from kalantar.people.models import Post, Station
from kalantar.territory.models import Beat
from kalantar.web import pager, words

from . import shown, types
from .hours import LocalHour
from .models import DailyCount, Incident, IncidentType

COUNTED = 10_000  # a list is counted so far, then it says "more than"
LOOKED_AT = 2_000  # where no index holds a condition, so many events are looked at, then it says "at least"
WINDOWS = (1, 8, 64, 512)  # days in which a page over many stations looks for its rows, one after the other
RECORDED_YEARS = 80  # no event on record is older: none was taken that lay more than sixty years back
TOTALS_DAYS = 31  # up to here the kept totals are fewer than the events
GROUPS = ("T", "R", "A", "N")  # families of types, by the letter before the dash
PARTS = {"night": (0, 6), "morning": (6, 12), "afternoon": (12, 18), "evening": (18, 24)}  # local hours, half-open


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What a list, a map or a file is about. Empty means no limit there."""

    type: str = ""  # a code of a type, or the letter of a family
    beat: int | None = None
    station: int | None = None
    first_on: date | None = None
    last_on: date | None = None
    place_kind: str = ""
    part: str = ""
    cell: int | None = None

    @property
    def days(self) -> int | None:
        """How many days the period has; None where it is open."""
        return (self.last_on - self.first_on).days + 1 if self.first_on and self.last_on else None

    @property
    def is_narrow(self) -> bool:
        """Has it a condition that no index holds?"""
        return bool(self.place_kind or self.part or self.cell)

    def told(self) -> dict:
        """For the audit: what was asked, without empty conditions."""
        kept = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: str(value) for name, value in kept.items() if value not in (None, "")}


def type_codes(chosen: str) -> list[str]:
    """The codes of one type, or of a family."""
    return (
        [code for code in words.codes("incident_type") if code.startswith(f"{chosen}-")]
        if chosen in GROUPS
        else [chosen]
    )


def found(actor, wanted: Filter):
    """All events of a filter, also those that are only counted."""
    return _narrowed(_by_index(actor, wanted), wanted)


def _by_index(actor, wanted: Filter):
    """The conditions that an index holds: station, beat, type, time."""
    rows = Incident.objects.visible_to(actor)
    if wanted.type:
        rows = rows.filter(type__in=_type_ids(wanted.type))
    if wanted.beat:
        rows = rows.filter(beat=wanted.beat)
    if wanted.station:
        rows = rows.filter(station=wanted.station)
    if wanted.first_on:
        rows = rows.filter(occurred_from__gte=clock.start_of(wanted.first_on))
    if wanted.last_on:
        rows = rows.filter(occurred_from__lt=clock.start_of(wanted.last_on + timedelta(days=1)))
    return rows


def _type_ids(chosen: str) -> list[int]:
    return list(IncidentType.objects.filter(code__in=type_codes(chosen)).values_list("pk", flat=True))


def _narrowed(rows, wanted: Filter):
    """The conditions that need a look at each event: kind of place, part of the day, cell of the map."""
    return _with_hour(rows, wanted).filter(_narrow(wanted)) if wanted.is_narrow else rows


def _with_hour(rows, wanted: Filter):
    if not wanted.part:
        return rows
    if wanted.first_on and wanted.last_on:
        first, end = clock.start_of(wanted.first_on), clock.start_of(wanted.last_on + timedelta(days=1))
    else:
        year = clock.today().year
        first, end = datetime(year - RECORDED_YEARS, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 2, tzinfo=UTC)
    return rows.alias(hour=LocalHour("occurred_from", clock.zone(), first, end))


def _narrow(wanted: Filter) -> Q:
    met = Q()
    if wanted.place_kind:
        met &= Q(place_kind=wanted.place_kind)
    if wanted.part:
        first, end = PARTS[wanted.part]
        met &= Q(time_known=True, hour__gte=first, hour__lt=end)
    if wanted.cell:
        # A place asked for is a map in words: what is never drawn is not even counted there (R14).
        met &= Q(shown_as__gt=Incident.NEVER, h3__in=shown.inside(wanted.cell))
    return met


def listed(rows):
    """Those of the found events that may stand in a list, on a map or in a file, with what a row shows; no shapes."""
    return (
        rows.drawable()
        .select_related("type", "beat", "station")
        .only(
            "uid",
            "number_year",
            "number_seq",
            "occurred_from",
            "occurred_to",
            "time_known",
            "place_text",
            "place_kind",
            "lon",
            "lat",
            "h3",
            "shown_as",
            "external_ref",
            "version",
            "type__code",
            "type__iccs",
            "beat__code",
            "beat__name",
            "beat__name_en",
            "station__number",
            "station__name",
            "station__name_en",
        )
    )


# What a row of the list says; plain values, since fifty rows would be two hundred objects. No word of the station: a
# join with it leads SQLite away from the index of one type.
ROW = (
    "pk",
    "uid",
    "type__code",
    "occurred_from",
    "occurred_to",
    "time_known",
    "place_text",
    "place_kind",
    "shown_as",
    "beat_id",
    "beat__name",
    "beat__name_en",
    "station_id",
    "number_year",
    "number_seq",
)


@dataclass(frozen=True)
class Counted:
    """How many events a filter finds, and how many of them are counted but not listed."""

    all: int
    hidden: int
    limit: int = 0  # where counting stopped; 0: it did not
    at_least: bool = False  # there may be more than was looked at

    @property
    def listed(self) -> int:
        """One more than the limit means: more than the limit."""
        return self.all if self.limit and self.all > self.limit else self.all - self.hidden


def count(actor, wanted: Filter, rows) -> Counted:
    """How many events were found; at most two statements, and no more work for a million events than for ten thousand.

    Kept totals where they can tell; else the index is counted up to a limit, or a number of events is looked at.
    """
    if wanted.is_narrow:
        met = _narrow(wanted)
        looked_at = Incident.objects.filter(pk__in=_by_index(actor, wanted).values("pk")[:LOOKED_AT])
        n = _with_hour(looked_at, wanted).aggregate(
            looked_at=Count("pk"),
            all=Count("pk", filter=met),
            hidden=Count("pk", filter=met & Q(shown_as=Incident.NEVER)),
        )
        return Counted(n["all"], n["hidden"], at_least=n["looked_at"] == LOOKED_AT)
    hidden = rows.filter(shown_as=Incident.NEVER)[: COUNTED + 1].count() if may_be_hidden(wanted.type) else 0
    if wanted.days and wanted.days <= TOTALS_DAYS:
        return Counted(_kept_total(actor, wanted), hidden)
    return Counted(rows[: COUNTED + 1].count(), hidden, COUNTED)


def may_be_hidden(chosen: str) -> bool:
    """Can an event of these types be one that is counted and not listed?"""
    return not chosen or any(types.is_violent(code) or code in types.NEVER_DRAWN for code in type_codes(chosen))


def one_page(request, rows, wanted: Filter, counted: Counted):
    """A page of the list. One station is read along its index; over many, the newest days are looked at first, then more.

    A page that is full within a window of days is the page: nothing newer or nearer lies outside it. Of a family of
    types with few events these alone are read, and not all events of a station until they are met.
    """
    if wanted.type in GROUPS and not wanted.is_narrow and counted.all <= LOOKED_AT:
        few = Incident.objects.filter(pk__in=rows.values("pk"))
        return pager.page(request, few.drawable().values_list(*ROW, named=True), counted=False)
    listed_rows = rows.drawable().values_list(*ROW, named=True)
    if wanted.station or wanted.beat or len(request.actor.stations()) == 1:
        return pager.page(request, listed_rows, counted=False)
    edge, back = pager.edge(request)
    if edge is None:
        edge = clock.start_of(wanted.last_on + timedelta(days=1)) if wanted.last_on else clock.now()
    for days in WINDOWS:
        near = (
            Q(occurred_from__lte=edge + timedelta(days=days))
            if back
            else Q(occurred_from__gte=edge - timedelta(days=days))
        )
        page = pager.page(request, listed_rows.filter(near), counted=False)
        if page.newer_url if back else page.older_url:
            return page
    return pager.page(request, listed_rows, counted=False)


def _kept_total(actor, wanted: Filter) -> int:
    totals = DailyCount.objects.visible_to(actor).filter(local_date__range=(wanted.first_on, wanted.last_on))
    if wanted.type:
        totals = totals.filter(type__code__in=type_codes(wanted.type))
    if wanted.beat:
        totals = totals.filter(beat=wanted.beat)
    if wanted.station:
        totals = totals.filter(station=wanted.station)
    return totals.aggregate(n=Sum("n"))["n"] or 0


# ---- what a filter can be made of ----


def stations(actor) -> list[Station]:
    return asked.rows(
        ("stations of a list", actor.scope()),
        lambda: Station.objects.visible_to(actor).filter(pk__in=actor.stations()).order_by("number", "code"),
    )


def beats(actor, station_id: int | None = None, *, lines: bool = False) -> list[Beat]:
    """Beats in force, without their shapes; with `lines` as a map draws them."""
    return asked.rows(
        ("beats of a list", actor.scope(), station_id, lines), lambda: _beats(actor, station_id, lines=lines)
    )


def _beats(actor, station_id: int | None, *, lines: bool):
    rows = Beat.objects.visible_to(actor).in_force().order_by("station__number", "code")
    rows = rows.defer("geometry") if lines else rows.only("code", "name", "name_en", "station")
    return rows.filter(station=station_id) if station_id else rows


# ---- one event ----


def incident(actor, uid):
    """One event with what its page shows, whether it may be drawn or not; None where there is none for this actor."""
    return (
        Incident.objects.visible_to(actor)
        .filter(uid=uid)
        .select_related("type", "beat", "station", "batch")
        .defer("beat__geometry")
        .first()
    )


def by_number(actor, station_number: int, year: int, seq: int):
    """The event of this number; None where there is none for this actor."""
    return (
        Incident.objects.visible_to(actor)
        .filter(station__number=station_number, number_year=year, number_seq=seq)
        .only("uid")
        .first()
    )


@dataclass(frozen=True)
class Step:
    """A line of an event's history: what was done, when, and by which post."""

    what: str
    at: datetime
    role: str  # code of the post; "" for the system
    changed: tuple[str, ...]


def history(row: Incident) -> list[Step]:
    """What was done to one event, oldest first; two statements. Only for a row that came through `incident`."""
    lines = list(AuditLine.objects.filter(subject=audit.name_of(row)).order_by("pk")[:200])
    officers = {int(line.by.removeprefix("officer:")) for line in lines if line.by.startswith("officer:")}
    posts = list(Post.objects.filter(officer__in=officers).order_by("-from_on", "-pk")) if officers else []
    return [Step(line.what, line.at, _role_at(posts, line), tuple(line.details.get("changed", {}))) for line in lines]


def _role_at(posts: list[Post], line: AuditLine) -> str:
    """The post an officer held on the day of a line."""
    if not line.by.startswith("officer:"):
        return ""
    on, pk = clock.local_day(line.at), int(line.by.removeprefix("officer:"))
    held = [p for p in posts if p.officer_id == pk and p.from_on <= on and (p.to_on is None or p.to_on >= on)]
    return held[0].role if held else ""


# ---- the map of a list ----

MAPPED = 20_000  # the newest so many events are drawn


class Place(NamedTuple):
    """Where an event may be drawn: its own fine cell, its beat, its coordinates and the way of showing."""

    cell: int | None
    beat: int
    lon: float | None
    lat: float | None
    shown_as: int


def places(rows) -> list[Place]:
    """The places of the newest found events that may be drawn; one statement."""
    drawn = rows.drawable().order_by("-occurred_from", "-id").values_list("h3", "beat_id", "lon", "lat", "shown_as")
    return [Place(*row) for row in drawn[:MAPPED]]
