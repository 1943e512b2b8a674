"""Every change to units, colleagues, posts and ways of signing in."""

from __future__ import annotations

import functools
import io
import json
import secrets
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import TypedDict

import pyotp
import segno
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from kalantar.kernel import audit, clock, installation, jobs, keys, limits, outbox
from kalantar.kernel.change import Refused, insist, move, verb
from kalantar.kernel.models import OutboxLine

from . import rules
from .actors import Actor, OfficerActor
from .models import CodeCard, Draft, Invite, Officer, Post, Unit
from .roles import Role


def throttled(name: str, *, tries: int, over: str):
    """So many wrong secrets in a quarter of an hour. Counted before the verb and outside its transaction, since a
    refusal undoes all that the verb wrote; each is told of in the audit."""

    def wrap(function):
        @functools.wraps(function)
        def run(*args, by: OfficerActor, **kwargs):
            key = f"{name} {by.officer_id}"
            if not limits.hit(key, limit=tries, per_s=rules.WINDOW_S):
                raise Refused(over)
            try:
                done = function(*args, by=by, **kwargs)
            except Refused as no:
                audit.tried("secret.refused", by.officer, by=by, of=name, why=no.key)
                raise
            limits.clear(key)
            return done

        return run

    return wrap


# ---- the structure ----


@verb
def open_unit(
    grade: str, *, by: Actor, parent: Unit | None, kind: str, code: str, name: str, name_en: str, number: int = 0
) -> Unit:
    """A province, county, station or section begins to exist."""
    if parent is None and Unit.objects.filter(parent=None).exists():
        raise Refused("unit_not_here")
    roles = by.roles_at(parent.pk) if parent else by.roles()
    insist(rules.opening_refusal(grade, parent_grade=parent.grade if parent else None, roles=roles))
    if Unit.objects.filter(code=code).exists():
        raise Refused("unit_code_taken", field="code")
    unit = Unit.objects.create(
        parent=parent, grade=grade, kind=kind, code=code, name=name, name_en=name_en, number=number
    )
    unit.path = f"{parent.path if parent else '/'}{unit.pk}/"
    Unit.objects.filter(pk=unit.pk).update(path=unit.path)
    audit.record("unit.opened", unit, by=by, grade=grade, kind=kind)
    return unit


# ---- colleagues and posts ----


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
    if Officer.objects.filter(username=username).exists():
        raise Refused("username_taken", field="username")
    officer = Officer(username=username, name=name, name_en=name_en, rank=rank, created_at=clock.now())
    officer.set_unusable_password()
    officer.save(force_insert=True)
    audit.record("officer.enrolled", officer, by=by, chain=audit.chain_of(unit))
    for role in roles:
        give_post(officer, by=by, unit=unit, role=role, from_on=from_on)
    return officer


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
    if to_on and to_on < from_on:
        raise Refused("post_ends_before", field="to_on")
    if Post.objects.filter(officer=officer, unit=unit, role=role, stands_in_for=None).held_from(from_on).exists():
        raise Refused("post_is_held")
    post = Post.objects.create(officer=officer, unit=unit, role=role, from_on=from_on, to_on=to_on)
    audit.record("post.given", post, by=by, officer=officer.pk, role=role, from_on=from_on, to_on=to_on)
    return post


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
    today, now = clock.today(), clock.now()
    if not Post.objects.filter(pk=post.pk).held_from(today).exists():
        raise Refused("not_from_this_state")
    for each in [*Post.objects.filter(stands_in_for=post).held_from(today).select_related("unit"), post]:
        move(each, to_on=max(today, each.from_on), ended_at=now)
        audit.record("post.ended", each, by=by, officer=each.officer_id, role=each.role)
    outbox.tell("post_ended", to=post.officer, role=post.role)
    return post


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
            ends_on=post.to_on,
        )
    )
    if post.stands_in_for_id or not Post.objects.filter(pk=post.pk).held_from(from_on).exists():
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


def account_refusal(step: str, officer: Officer, *, by: Actor) -> str | None:
    """Why a superior may not take this step on a colleague's account; the page asks it for its buttons too."""
    posts = list(Post.objects.filter(officer=officer).held_from(clock.today()).select_related("unit"))
    posts = posts or list(Post.objects.filter(officer=officer).select_related("unit"))
    return rules.account_refusal(
        step,
        posts=[(Role(post.role), by.roles_at(post.unit_id)) for post in posts],
        oneself=officer.pk == by.officer_id,
        active=officer.is_active,
    )


def _chain(officer: Officer) -> str:
    post = Post.objects.filter(officer=officer).select_related("unit").order_by("-pk").first()
    return audit.chain_of(post.unit) if post else audit.PROVINCE


@verb
def disable(officer: Officer, *, by: Actor) -> Officer:
    """A colleague can no longer sign in; open sessions are dead at their next request."""
    officer = Officer.objects.get(pk=officer.pk)
    insist(account_refusal("disable", officer, by=by))
    move(officer, is_active=False, signed_out_before=clock.wall())
    audit.record("officer.disabled", officer, by=by, chain=_chain(officer))
    return officer


@verb
def enable(officer: Officer, *, by: Actor) -> Officer:
    """A disabled colleague may sign in again."""
    officer = Officer.objects.get(pk=officer.pk)
    insist(account_refusal("enable", officer, by=by))
    move(officer, is_active=True)
    audit.record("officer.enabled", officer, by=by, chain=_chain(officer))
    return officer


# ---- the first password and a lost one ----


def _make_link(officer: Officer, by: Actor, purpose: str) -> str:
    """One new link; earlier ones of this colleague are dead. Only its digest is kept."""
    now = clock.wall()
    Invite.objects.filter(officer=officer, used_at=None).update(used_at=now)
    token = "".join(secrets.choice(rules.LINK_LETTERS) for _ in range(rules.LINK_LENGTH))
    Invite.objects.create(
        officer=officer,
        token=keys.mac("invite", token),
        purpose=purpose,
        made_by_id=by.officer_id,
        made_at=now,
        ends_at=now + timedelta(days=rules.INVITE_DAYS),
    )
    return token


@verb
def invite(officer: Officer, *, by: Actor) -> str:
    """A link for a colleague who has no password yet: once, within seven days. Returns what the link ends with."""
    officer = Officer.objects.get(pk=officer.pk)
    insist(account_refusal("invite", officer, by=by))
    if officer.has_usable_password():
        raise Refused("has_password")
    token = _make_link(officer, by, "join")
    audit.record("officer.invited", officer, by=by, chain=_chain(officer))
    return token


@verb
def reset_password(officer: Officer, *, by: Actor, second_factor_too: bool = False) -> str:
    """The old password is dead and nobody learns it; a one-time code lets its owner choose a new one."""
    officer = Officer.objects.get(pk=officer.pk)
    insist(account_refusal("reset", officer, by=by))
    fields = {
        "password": make_password(None),
        "must_change_password": True,
        "signed_out_before": clock.wall(),
        "pin": "",
    }
    if second_factor_too:
        fields |= {"totp": None, "totp_new": None}
        CodeCard.objects.filter(officer=officer).delete()
    move(officer, **fields)
    token = _make_link(officer, by, "reset")
    audit.record("officer.password_reset", officer, by=by, chain=_chain(officer), second_factor_too=second_factor_too)
    return token


def spelled(token: str) -> str:
    """What was typed from paper: blanks, dashes and small letters do not matter."""
    return "".join(c for c in token.upper() if c in rules.LINK_LETTERS)


def invite_of(token: str) -> Invite | None:
    """The living invitation behind a link."""
    return (
        Invite.objects.filter(
            token=keys.mac("invite", spelled(token)), used_at=None, ends_at__gt=clock.wall(), officer__is_active=True
        )
        .select_related("officer")
        .first()
    )


def _checked_password(officer: Officer, password: str) -> str:
    insist(
        rules.password_refusal(password, username=officer.username, is_demo=installation.current().is_demo),
        field="password",
    )
    try:
        validate_password(password, officer)
    except ValidationError:
        raise Refused("password_too_easy", field="password") from None
    return make_password(password)


@verb
def accept_invite(token: str, *, password: str) -> Officer:
    """The owner of a link chooses a password. The link opens once."""
    found = invite_of(token)
    if found is None:
        raise Refused("link_is_dead")
    officer, now = found.officer, clock.wall()
    hashed = _checked_password(officer, password)
    if not Invite.objects.filter(pk=found.pk, used_at=None).update(used_at=now):
        raise Refused("link_is_dead")
    move(officer, password=hashed, must_change_password=False, signed_out_before=now)
    audit.record(
        "officer.joined" if found.purpose == "join" else "officer.password_chosen",
        officer,
        by=OfficerActor(officer),
        chain=_chain(officer),
    )
    return officer


@throttled("password", tries=rules.ACCOUNT_TRIES, over="password_old_wrong")
@verb
def change_password(*, by: OfficerActor, old: str, new: str) -> Officer:
    """One's own password. Every other session ends, because a session carries a digest of the password."""
    officer = Officer.objects.get(pk=by.officer_id)
    if not check_password(old, officer.password):
        raise Refused("password_old_wrong", field="old")
    if old == new:
        raise Refused("password_same", field="new")
    move(officer, password=_checked_password(officer, new), must_change_password=False)
    audit.record("officer.password_changed", officer, by=by)
    return officer


# ---- the second factor ----


@verb
def set_up_totp(*, by: OfficerActor) -> str:
    """A new secret for the colleague's own device, waiting to be confirmed. Returns it in base 32, to be shown once."""
    officer = Officer.objects.get(pk=by.officer_id)
    secret = pyotp.random_base32()
    move(officer, totp_new=keys.seal(secret.encode()))
    audit.record("second_factor.begun", officer, by=by)
    return secret


def secret_being_set_up(officer: Officer) -> str:
    """The secret that waits to be confirmed, in base 32; "" when none does."""
    return keys.open_(officer.totp_new).decode() if officer.totp_new is not None else ""


def address_being_set_up(officer: Officer) -> str:
    """The same as the address that a device reads from a picture."""
    secret = secret_being_set_up(officer)
    return (
        pyotp.TOTP(secret).provisioning_uri(name=officer.username, issuer_name=installation.current().name_en)
        if secret
        else ""
    )


def picture_being_set_up(officer: Officer) -> bytes:
    """That address as a picture: SVG, made here and fetched by no one else. Empty when nothing waits."""
    address = address_being_set_up(officer)
    if not address:
        return b""
    picture = io.BytesIO()
    segno.make(address, error="m").save(
        picture,
        kind="svg",
        border=4,
        omitsize=True,
        xmldecl=False,
        svgclass=None,
        lineclass=None,
        dark="#000",
        light="#fff",
    )
    return picture.getvalue()


def _matching_step(secret: str, code: str, after: int) -> int | None:
    """The time step a code belongs to, within one step of now and newer than the last one used."""
    totp, now = pyotp.TOTP(secret, interval=rules.TOTP_STEP_S), int(clock.wall().timestamp()) // rules.TOTP_STEP_S
    for step in range(now - rules.TOTP_WINDOW, now + rules.TOTP_WINDOW + 1):
        if secrets.compare_digest(totp.generate_otp(step).encode(), code.encode()) and step > after:
            return step
    return None


@throttled("new device", tries=rules.CODE_TRIES, over="code_wrong")
@verb
def confirm_totp(code: str, *, by: OfficerActor) -> Officer:
    """The device shows the right code: from now on it is asked at every sign-in."""
    officer = Officer.objects.get(pk=by.officer_id)
    if officer.totp_new is None:
        raise Refused("not_from_this_state")
    step = _matching_step(keys.open_(officer.totp_new).decode(), code, 0)
    if step is None:
        raise Refused("code_wrong", field="code")
    move(officer, totp=officer.totp_new, totp_new=None, totp_last=step)
    audit.record("second_factor.set", officer, by=by)
    return officer


@verb
def print_code_card(*, by: OfficerActor) -> list[str]:
    """Ten new codes for paper; the old card is dead. They are returned once, only their digests stay."""
    codes = [f"{secrets.randbelow(10**rules.CARD_DIGITS):0{rules.CARD_DIGITS}d}" for _ in range(rules.CARD_CODES)]
    officer = Officer.objects.get(pk=by.officer_id)
    move(officer)
    CodeCard.objects.filter(officer=officer).delete()
    CodeCard.objects.bulk_create(
        [
            CodeCard(officer=officer, position=n, digest=keys.mac("card", f"{officer.pk} {code}"))
            for n, code in enumerate(codes, 1)
        ]
    )
    audit.record("second_factor.card_printed", officer, by=by)
    return codes


@throttled("code", tries=rules.CODE_TRIES, over="code_wrong")
@verb
def use_second_factor(code: str, *, by: OfficerActor) -> str:
    """A code of the device or of the card; each opens once. Returns which of the two it was."""
    officer = Officer.objects.get(pk=by.officer_id)
    if officer.totp is not None:
        step = _matching_step(keys.open_(officer.totp).decode(), code, officer.totp_last)
        if step is not None and Officer.objects.filter(pk=officer.pk, totp_last__lt=step).update(totp_last=step):
            audit.record("second_factor.used", officer, by=by, kind="totp")
            return "totp"
    if CodeCard.objects.filter(officer=officer, digest=keys.mac("card", f"{officer.pk} {code}"), used_at=None).update(
        used_at=clock.wall()
    ):
        audit.record("second_factor.used", officer, by=by, kind="card")
        return "card"
    raise Refused("code_wrong", field="code")


# ---- the desk ----


@verb
def set_pin(pin: str, *, by: OfficerActor) -> Officer:
    """Six digits that open one's own locked desk, and nothing else."""
    insist(rules.pin_refusal(pin), field="pin")
    officer = move(Officer.objects.get(pk=by.officer_id), pin=make_password(pin))
    audit.record("desk.pin_set", officer, by=by)
    return officer


@verb
def sign_in(*, by: OfficerActor, second_factor: str) -> Officer:
    """A colleague is in. `second_factor` says how: totp, card or none."""
    audit.record("officer.signed_in", by.officer, by=by, second_factor=second_factor)
    return by.officer


@verb
def sign_out(*, by: OfficerActor, why: str = "asked") -> None:
    """A colleague is out: asked, over or pin."""
    audit.record("officer.signed_out", by.officer, by=by, why=why)


@verb
def lock(*, by: OfficerActor, why: str = "asked") -> None:
    """The desk is locked: asked or idle."""
    audit.record("desk.locked", by.officer, by=by, why=why)


@throttled("pin", tries=rules.PIN_TRIES, over="pin_tries_over")
@verb
def unlock(pin: str, *, by: OfficerActor) -> None:
    """The PIN, or the password where no PIN was set. After five wrong ones only a full sign-in helps."""
    officer = Officer.objects.get(pk=by.officer_id)
    if not check_password(pin, officer.pin or officer.password):
        raise Refused("pin_wrong", field="pin")
    audit.record("desk.unlocked", officer, by=by)


# ---- drafts ----


def page_key(page: str) -> str:
    """An address as the key of a draft; a long or an odd one by its digest."""
    return page if len(page) <= 80 and page.isprintable() else keys.mac("page", page)


@verb
def keep_draft(page: str, content: dict, *, by: OfficerActor) -> Draft:
    """What somebody was writing on a page, sealed. A later one of the same page replaces it."""
    sealed = keys.seal(json.dumps({"page": page, "content": content}, ensure_ascii=False).encode())
    if len(sealed) > 400_000:
        raise Refused("draft_too_long")
    draft, _ = Draft.objects.update_or_create(
        officer_id=by.officer_id, page=page_key(page), defaults={"sealed": sealed, "at": clock.wall()}
    )
    audit.record("draft.kept", draft, by=by, chain=audit.PROVINCE)
    return draft


def read_draft(draft: Draft) -> tuple[str, dict]:
    kept = json.loads(keys.open_(draft.sealed))
    return kept["page"], kept["content"]


@verb
def take_draft(page: str, *, by: OfficerActor) -> dict | None:
    """Give a draft back to its writer, and forget it."""
    draft = Draft.objects.filter(officer_id=by.officer_id, page=page_key(page)).first()
    audit.record("draft.taken", draft or "people.draft:none", by=by, chain=audit.PROVINCE)
    if draft is None:
        return None
    content = read_draft(draft)[1]
    draft.delete()
    return content


@verb
def drop_draft(page: str, *, by: OfficerActor) -> None:
    """The writer does not need it any more."""
    Draft.objects.filter(officer_id=by.officer_id, page=page_key(page)).delete()
    audit.record("draft.dropped", f"people.officer:{by.officer_id}", by=by)


# ---- the inbox ----


@verb
def read_inbox(*, by: OfficerActor, up_to: int | None = None) -> int:
    """One's own messages are read: all, or those not newer than the newest one shown."""
    lines = OutboxLine.objects.filter(to_id=by.officer_id, read_at=None)
    if up_to is not None:
        lines = lines.filter(pk__lte=up_to)
    n = lines.update(read_at=clock.now())
    audit.record("inbox.read", f"people.officer:{by.officer_id}", by=by, n=n)
    return n


# ---- what the clock forgets ----


class Forgotten(TypedDict):
    """How many of each were deleted."""

    invites: int
    drafts: int
    messages: int
    sessions: int
    limits: int
    jobs: int


@verb
def forget_old(*, by: Actor, now: datetime | None = None) -> Forgotten:
    """Delete what has outlived its time (kernel/retention.py): links, drafts, messages, sessions, limits, done jobs."""
    from django.contrib.sessions.models import Session

    wall, now = now or clock.wall(), now or clock.now()
    gone: Forgotten = {
        "invites": Invite.objects.filter(ends_at__lt=wall).delete()[0],
        "drafts": Draft.objects.filter(at__lt=wall - timedelta(days=rules.DRAFT_DAYS)).delete()[0],
        "messages": OutboxLine.objects.filter(at__lt=now - timedelta(days=rules.INBOX_DAYS)).delete()[0],
        "sessions": Session.objects.filter(expire_date__lt=wall).delete()[0],
        "limits": limits.sweep(),
        "jobs": jobs.sweep(),
    }
    audit.record("people.forgot", "people", by=by, **gone)
    return gone
