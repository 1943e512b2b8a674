"""Who holds which role where, from when to when, and who stands in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from kalantar.kernel import audit, clock, outbox
from kalantar.kernel.change import Refused, insist, move, verb

from .. import rules
from ..actors import COMMAND_LINE, Actor
from ..models import Officer, Post, Unit
from ..roles import Role


@verb
def give_post(
    officer: Officer, *, by: Actor, unit: Unit, role: Role, from_on: date | None = None, to_on: date | None = None
) -> Post:
    """A colleague holds a role at a unit from a day, until further notice or a last day."""
    role, today = Role(role), clock.today()
    from_on = from_on or today
    insist(
        rules.giving_refusal(role, grade=unit.grade, roles=by.roles_at(unit.pk), oneself=officer.pk == by.officer_id)
    )
    no = rules.days_refusal(from_on=from_on, to_on=to_on, today=today, at_set_up=by is COMMAND_LINE)
    insist(no, field="to_on" if no == "post_ends_before" else "from_on")
    insist(_side_refusal(role, officer))
    if Post.objects.filter(officer=officer, unit=unit, role=role, stands_in_for=None).held_from(from_on).exists():
        raise Refused("post_is_held")
    post = Post.objects.create(officer=officer, unit=unit, role=role, from_on=from_on, to_on=to_on)
    audit.record("post.given", post, by=by, officer=officer.pk, role=role, from_on=from_on, to_on=to_on)
    return post


def _side_refusal(role: Role, officer: Officer) -> str | None:
    held = Post.objects.filter(officer=officer).held_from(clock.today()).values_list("role", flat=True)
    return rules.side_refusal(role, held=[Role(other) for other in held])


@verb
def end_post(post: Post, *, by: Actor) -> Post:
    """A post ends now, with those who stand in for it. What it opened is closed at the next request."""
    post = Post.objects.select_related("unit", "officer").get(pk=post.pk)
    insist(
        rules.giving_refusal(
            Role(post.role),
            grade=post.unit.grade,
            roles=by.roles_at(post.unit_id),
            oneself=post.officer_id == by.officer_id,
        )
    )
    if not Post.objects.filter(pk=post.pk).held_from(clock.today()).exists():
        raise Refused("not_from_this_state")
    end_stand_ins([post], by=by)
    return _end(post, by=by)


def _end(post: Post, *, by: Actor) -> Post:
    move(post, to_on=max(clock.today(), post.from_on), ended_at=clock.now())
    audit.record("post.ended", post, by=by, officer=post.officer_id, role=post.role)
    outbox.tell("post_ended", to=post.officer, role=post.role)
    return post


def end_stand_ins(posts: Iterable[Post], *, by: Actor) -> None:
    """Whoever stands in for these posts does so no longer. Part of ending a post or closing its holder's account."""
    stand_ins = Post.objects.filter(stands_in_for__in=posts).held_from(clock.today())
    for post in stand_ins.select_related("unit", "officer").order_by("pk"):
        _end(post, by=by)


@verb
def stand_in(post: Post, *, by: Actor, officer: Officer, from_on: date, to_on: date) -> Post:
    """Somebody holds a post for its holder, for a time."""
    post = Post.objects.select_related("unit", "officer").get(pk=post.pk)
    insist(
        rules.stand_in_refusal(
            role=Role(post.role),
            grade=post.unit.grade,
            roles=by.roles_at(post.unit_id),
            is_holder=post.officer_id == by.officer_id,
            same_person=officer.pk == post.officer_id or (officer.pk == by.officer_id),
            from_on=from_on,
            to_on=to_on,
            today=clock.today(),
            at_set_up=by is COMMAND_LINE,
            ends_on=post.to_on,
            holder_active=post.officer.is_active,
        )
    )
    insist(_side_refusal(Role(post.role), officer))
    if post.stands_in_for_id or not Post.objects.filter(pk=post.pk).held_on(from_on).exists():
        raise Refused("not_from_this_state")
    move(post)
    made = Post.objects.create(
        officer=officer, unit=post.unit, role=post.role, from_on=from_on, to_on=to_on, stands_in_for=post
    )
    audit.record(
        "post.stand_in",
        made,
        by=by,
        officer=officer.pk,
        role=post.role,
        holder=post.officer_id,
        from_on=from_on,
        to_on=to_on,
    )
    outbox.tell("stand_in", to=officer, page=("people:account", {}), role=post.role, to_on=to_on.isoformat())
    return made
