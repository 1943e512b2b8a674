"""The first password, a lost one, and one's own."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from kalantar.kernel import audit, clock, installation, keys
from kalantar.kernel.change import Refused, insist, move, verb

from .. import rules
from ..actors import Actor, OfficerActor
from ..models import CodeCard, Invite, Officer
from .colleagues import account_refusal, chain_of
from .throttle import throttled


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
    audit.record("officer.invited", officer, by=by, chain=chain_of(officer))
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
    audit.record("officer.password_reset", officer, by=by, chain=chain_of(officer), second_factor_too=second_factor_too)
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
        chain=chain_of(officer),
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


@throttled("password", tries=rules.ACCOUNT_TRIES, over="password_old_wrong")
@verb
def prove(password: str, *, by: OfficerActor) -> None:
    """Before a sensitive press: the owner of this session still knows the password."""
    officer = Officer.objects.get(pk=by.officer_id)
    if not check_password(password, officer.password):
        raise Refused("password_old_wrong")
    audit.record("officer.proved", officer, by=by)
