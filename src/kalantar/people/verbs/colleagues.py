"""Who works here, and whose account is open."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from kalantar.kernel import audit, clock
from kalantar.kernel.change import Refused, insist, move, verb

from .. import rules
from ..actors import Actor
from ..models import Officer, Post, Unit
from ..roles import Role
from .posts import end_stand_ins, give_post


@verb
def enrol(
    username: str,
    *,
    by: Actor,
    name: str,
    unit: Unit,
    roles: Iterable[Role],
    name_en: str = "",
    rank: str = "",
    from_on: date | None = None,
) -> Officer:
    """A new colleague, with the first posts. There is no password until the invitation is taken up."""
    roles = sorted(Role(role) for role in roles)
    if not roles:
        raise Refused("roles_missing", field="roles")
    username = username.strip().lower()
    insist(rules.username_refusal(username), field="username")
    if Officer.objects.filter(username=username).exists():
        raise Refused("username_taken", field="username")
    officer = Officer(username=username, name=name, name_en=name_en, rank=rank, created_at=clock.now())
    officer.set_unusable_password()
    officer.save(force_insert=True)
    audit.record("officer.enrolled", officer, by=by, chain=audit.chain_of(unit))
    for role in roles:
        give_post(officer, by=by, unit=unit, role=role, from_on=from_on)
    return officer


def _posts_between(officer: Officer, by: Actor) -> list[tuple[Role, frozenset[Role]]]:
    """Each post of a colleague's, the last ones when none is left, with the asking person's roles there."""
    posts = list(Post.objects.filter(officer=officer).held_from(clock.today()).select_related("unit"))
    posts = posts or list(Post.objects.filter(officer=officer).select_related("unit"))
    return [(Role(post.role), by.roles_at(post.unit_id)) for post in posts]


def account_refusal(step: str, officer: Officer, *, by: Actor) -> str | None:
    """Why a superior may not take this step on a colleague's account; the page asks it for its buttons too."""
    return rules.account_refusal(
        step,
        posts=_posts_between(officer, by),
        oneself=officer.pk == by.officer_id,
        active=officer.is_active,
        disabled_as=Role(officer.disabled_as) if officer.disabled_as else None,
    )


def chain_of(officer: Officer) -> str:
    post = Post.objects.filter(officer=officer).select_related("unit").order_by("-pk").first()
    return audit.chain_of(post.unit) if post else audit.PROVINCE


@verb
def disable(officer: Officer, *, by: Actor) -> Officer:
    """A colleague can no longer sign in; open sessions are dead at their next request, and so is what stand-ins hold
    through the posts of this account."""
    officer = Officer.objects.get(pk=officer.pk)
    insist(account_refusal("disable", officer, by=by))
    posts = list(Post.objects.filter(officer=officer).held_from(clock.today()))
    for post in posts:
        move(post)  # who is naming a stand-in at this very moment is overtaken
    end_stand_ins(posts, by=by)
    disabled_as = rules.acts_as("disable", posts=_posts_between(officer, by))
    move(officer, is_active=False, disabled_as=disabled_as, signed_out_before=clock.wall())
    audit.record("officer.disabled", officer, by=by, chain=chain_of(officer), disabled_as=disabled_as)
    return officer


@verb
def enable(officer: Officer, *, by: Actor) -> Officer:
    """A disabled colleague may sign in again, by the word of the post that disabled the account or of one above it."""
    officer = Officer.objects.get(pk=officer.pk)
    insist(account_refusal("enable", officer, by=by))
    move(officer, is_active=True, disabled_as="")
    audit.record("officer.enabled", officer, by=by, chain=chain_of(officer))
    return officer
