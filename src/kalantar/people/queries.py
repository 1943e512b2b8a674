"""What the pages of colleagues, units and messages ask."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Exists, OuterRef, Prefetch, Q

from kalantar.kernel import clock, outbox
from kalantar.kernel.models import OutboxLine

from .models import CodeCard, Draft, Officer, Post, Unit
from .roles import STATION_EYES, Role


def unread_count(actor, limit: int = 100) -> int:
    """How many messages wait, counted to a limit."""
    return outbox.waiting(actor.officer_id)[:limit].count() if actor.officer_id else 0


def inbox(actor):
    """One's own messages, newest first."""
    return OutboxLine.objects.filter(to_id=actor.officer_id or 0).order_by("-id")


def _with_posts(officers, actor):
    posts = (
        Post.objects.visible_to(actor).held_from(clock.today()).select_related("unit").order_by("unit__path", "role")
    )
    card = Exists(CodeCard.objects.filter(officer=OuterRef("pk")))
    return officers.annotate(has_card=card).prefetch_related(Prefetch("posts", queryset=posts, to_attr="current_posts"))


def colleagues(actor):
    """Colleagues of the units this actor's posts cover, with the posts they hold or will hold. Two statements."""
    return _with_posts(Officer.objects.visible_to(actor), actor).order_by("name", "pk")


def colleague(actor, pk: int):
    """One colleague in scope, with the present posts."""
    return _with_posts(Officer.objects.visible_to(actor).filter(pk=pk), actor)


def past_posts(actor, officer):
    """What this colleague held before, newest first."""
    ended = Q(to_on__lt=clock.today()) | Q(ended_at__isnull=False)
    return (
        Post.objects.visible_to(actor).filter(ended, officer=officer).select_related("unit").order_by("-to_on", "-pk")
    )


def own_posts(actor):
    """All posts of the asking colleague, present ones first."""
    return (
        Post.objects.visible_to(actor)
        .filter(officer_id=actor.officer_id)
        .select_related("unit", "stands_in_for__officer")
        .order_by("-from_on", "-pk")
    )


@dataclass(frozen=True)
class Filled:
    """A unit as the page of units shows it: who leads it, how many work there, and as what."""

    unit: Unit
    station: Unit | None  # of a section, where the page shows several stations
    in_charge: list[Post]  # the holder first, then who stands in
    n: int  # colleagues, each once
    posts: list[tuple[str, int]]  # the other roles, each once, with how many hold it


@dataclass(frozen=True)
class Units:
    """What somebody sees of the tree: the units above by name, those with colleagues, and those with none yet."""

    above: list[Unit]
    filled: list[Filled]
    empty: list[Unit]
    knows: bool  # may this person know who works there at all?


LEADS = {Unit.PROVINCE: Role.PROVINCE_COMMANDER, Unit.STATION: Role.STATION_CHIEF}


def units(actor) -> Units:
    """The tree this actor may see, with who holds what there today. Two statements."""
    holders = Post.objects.visible_to(actor).held_on(clock.today()).select_related("officer").order_by("role", "pk")
    found = list(
        Unit.objects.visible_to(actor).prefetch_related(Prefetch("posts", queryset=holders, to_attr="holders"))
    )
    below, by_id = actor.units_below(), {unit.pk: unit for unit in found}

    def place(unit):
        """Below its parent, among its neighbours by number and name."""
        above = place(by_id[unit.parent_id]) if unit.parent_id in by_id else ()
        return (*above, (unit.number, unit.name, unit.pk))

    own = [unit for unit in sorted(found, key=place) if unit.pk in below]
    several = sum(unit.grade == Unit.STATION for unit in own) > 1
    knows = bool(actor.roles() & STATION_EYES)
    filled = [unit for unit in own if knows and unit.holders]
    return Units(
        above=[unit for unit in sorted(found, key=place) if unit.pk not in below],
        filled=[_filled(unit, by_id.get(unit.parent_id) if several else None) for unit in filled],
        empty=[unit for unit in own if unit not in filled],
        knows=knows,
    )


def _filled(unit, station) -> Filled:
    leads, order = LEADS.get(unit.grade), list(Role)
    others = Counter(post.role for post in unit.holders if post.role != leads)
    return Filled(
        unit=unit,
        station=station if unit.grade == Unit.SECTION else None,
        in_charge=sorted((p for p in unit.holders if p.role == leads), key=lambda p: p.stands_in_for_id is not None),
        n=len({post.officer_id for post in unit.holders}),
        posts=sorted(others.items(), key=lambda held: order.index(Role(held[0]))),
    )


def units_below(actor):
    """Units at which this actor might give a post."""
    return Unit.objects.visible_to(actor).filter(pk__in=actor.units_below()).order_by("path")


def kept_draft(actor, key: str):
    """One's own kept draft of a page."""
    return Draft.objects.filter(officer_id=actor.officer_id or 0, page=key).first()


def posts_without_successor(actor, on: date, days: int = 7):
    """Posts that end within some days, where nobody holds the same one afterwards."""
    after = Post.objects.filter(
        Q(to_on=None) | Q(to_on__gt=OuterRef("to_on")), unit=OuterRef("unit"), role=OuterRef("role"), ended_at=None
    )
    return (
        Post.objects.visible_to(actor)
        .filter(to_on__gte=on, to_on__lte=on + timedelta(days=days), ended_at=None, stands_in_for=None)
        .filter(~Exists(after))
    )


def without_second_factor(actor, on: date):
    """Colleagues with a post on this day who sign in with the password alone."""
    holders = Post.objects.visible_to(actor).held_on(on).values("officer")
    return (
        Officer.objects.visible_to(actor)
        .filter(is_active=True, totp=None, pk__in=holders)
        .filter(~Exists(CodeCard.objects.filter(officer=OuterRef("pk"))))
    )
