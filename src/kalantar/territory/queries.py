"""Every question a page asks about ground. Each takes the actor; the number of statements stands in the tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, OuterRef, Prefetch, Subquery
from django.db.models.functions import Coalesce

from kalantar.kernel import clock
from kalantar.people.models import Officer, Post, Station

from . import rules
from .models import Area, Beat, BeatOfficer, BoundaryFile


def stations(actor):
    """The stations whose ground this actor may look at, in order of number."""
    return Station.objects.visible_to(actor).filter(pk__in=actor.stations()).order_by("number", "code")


def stations_with_counts(actor):
    """The same with `n_beats` and `n_named`, for a list; one statement."""
    beats = (
        Beat.objects.in_force()
        .filter(station=OuterRef("pk"))
        .order_by()
        .values("station")
        .annotate(n=Count("pk"))
        .values("n")
    )
    named = (
        BeatOfficer.objects.filter(to_on=None, beat__ended_on=None, beat__station=OuterRef("pk"))
        .order_by()
        .values("beat__station")
        .annotate(n=Count("pk"))
        .values("n")
    )
    return stations(actor).annotate(n_beats=Coalesce(Subquery(beats), 0), n_named=Coalesce(Subquery(named), 0))


def area(actor, station_id: int) -> Area | None:
    """The area in force of a station; one statement."""
    return (
        Area.objects.visible_to(actor)
        .in_force()
        .filter(station=station_id)
        .select_related("station")
        .defer("geometry")
        .first()
    )


def area_by_key(actor, pk: int) -> Area | None:
    """One area in force; one statement."""
    return areas(actor).filter(pk=pk).first()


def areas(actor):
    """All areas in force this actor may see; one statement."""
    return (
        Area.objects.visible_to(actor)
        .in_force()
        .select_related("station")
        .defer("geometry")
        .order_by("station__number", "code")
    )


def beats(actor, station_id: int):
    """The beats in force of a station with their named officer (`beat.held`, a list of at most one); two statements."""
    held = BeatOfficer.objects.visible_to(actor).filter(to_on=None).select_related("officer")
    return (
        Beat.objects.visible_to(actor)
        .in_force()
        .filter(station=station_id)
        .defer("geometry")
        .order_by("code")
        .prefetch_related(Prefetch("officers", queryset=held, to_attr="held"))
    )


def beat_screens(actor):
    """The lines of every beat this actor may see, for a map of many stations; one statement."""
    return Beat.objects.visible_to(actor).in_force().values_list("screen", flat=True)


def beat(actor, pk: int) -> Beat | None:
    """One beat, past or present, with its station; one statement."""
    return Beat.objects.visible_to(actor).filter(pk=pk).select_related("station").defer("geometry").first()


def officers_of(actor, beat: Beat):
    """Who answered for a beat, the present one first; one statement."""
    return BeatOfficer.objects.visible_to(actor).filter(beat=beat).select_related("officer").order_by("-from_on", "-pk")


def may_hold(actor, beat: Beat, on: date | None = None):
    """Colleagues with a post of the street at this beat's station; one statement."""
    on = on or clock.today()
    posts = Post.objects.held_on(on).filter(unit__path__startswith=beat.station.path, role__in=rules.BEAT_POSTS)
    return (
        Officer.objects.visible_to(actor).filter(is_active=True, pk__in=posts.values("officer")).order_by("name", "pk")
    )


def neighbours(station_id: int, box: tuple[float, float, float, float]):
    """The quiet lines around a map: shapes of other areas, without a name or a code; one statement."""
    return Area.objects.meeting(*box).outlines().exclude(station=station_id)


def unnamed(actor):
    """Beats in force that nobody answers for by name; one statement."""
    return Beat.objects.visible_to(actor).in_force().exclude(officers__in=BeatOfficer.objects.filter(to_on=None))


def unreviewed(actor, on: date):
    """Areas in force whose line is older than a year; one statement."""
    return areas(actor).filter(since_on__lte=rules.reviewed_before(on))


def files(actor):
    """Boundary files this actor brought, the newest first; one statement."""
    return BoundaryFile.objects.visible_to(actor).defer("report").order_by("-made_at", "-pk")


def file(actor, uid) -> BoundaryFile | None:
    return BoundaryFile.objects.visible_to(actor).filter(uid=uid).select_related("file").first()


def may_draw(actor) -> bool:
    """Is there a station whose lines this actor may draw? No statement."""
    return any(rules.may("draw", roles=actor.roles_at(pk)) for pk in actor.stations())


@dataclass(frozen=True, kw_only=True)
class GroundState:
    """How far the ground of the stations in sight is drawn."""

    stations: int
    areas: int
    beats: int
    named: int
    since_on: date | None  # the oldest line in force


def state(actor) -> GroundState:
    """Counts for the head of a page; three statements."""
    drawn = list(Area.objects.visible_to(actor).in_force().values_list("since_on", flat=True))
    return GroundState(
        stations=len(actor.stations()),
        areas=len(drawn),
        beats=Beat.objects.visible_to(actor).in_force().count(),
        named=BeatOfficer.objects.visible_to(actor).filter(to_on=None, beat__ended_on=None).count(),
        since_on=min(drawn, default=None),
    )
