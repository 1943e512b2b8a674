"""Checking a name and a password: throttled, and alike for every way of being wrong."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.hashers import check_password
from django.utils.crypto import constant_time_compare

from kalantar.kernel import audit, clock, limits

from . import rules, sessions, verbs
from .actors import Nobody, OfficerActor
from .models import Officer

UNUSABLE = "!" + "0" * 40  # checking against it costs what a real password costs


def address_of(request) -> str:
    """Where a request comes from: the last hop of the proxy when there is one, else the connection."""
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.SECURE_PROXY_SSL_HEADER else ""
    return forwarded.rsplit(",", 1)[-1].strip() or request.META.get("REMOTE_ADDR", "")


def check(username: str, password: str, *, address: str) -> Officer | None:
    """The colleague with this name and password, or None: unknown, wrong, disabled and throttled cost the same.

    Each try counts before the password is looked at, so that many at once gain nothing. Names are counted by keyed
    digest, known or not. A lock of one account leaves the others open: the address has a far larger limit of its own.
    """
    username = username.strip().lower()
    within = limits.hit(f"sign-in {username}", limit=rules.ACCOUNT_TRIES, per_s=rules.WINDOW_S)
    crowded = limits.is_over(f"sign-in from {address}", limit=rules.ADDRESS_FAILURES, per_s=rules.WINDOW_S)
    officer = Officer.objects.filter(username=username).first()
    right = check_password(password, officer.password if officer else UNUSABLE)
    if right and officer and officer.is_active and within and not crowded:
        limits.clear(f"sign-in {username}")
        return officer
    limits.hit(f"sign-in from {address}", limit=rules.ADDRESS_FAILURES, per_s=rules.WINDOW_S)
    if within and not crowded:  # beyond the limit nothing more is written: a flood must not fill the chain
        audit.tried("officer.sign_in_refused", officer or "people.officer:unknown", by=Nobody(), chain=audit.PROVINCE)
    return None


def wait_for_code(request, officer: Officer, wanted: str) -> None:
    """The password was right: under a fresh session key, the second factor is awaited."""
    request.session.flush()
    request.session[sessions.PENDING] = {
        "officer": officer.pk,
        "at": clock.wall().isoformat(),
        "next": wanted,
        "hash": officer.get_session_auth_hash(),
    }
    request.session.set_expiry(rules.PENDING)


def pending(request) -> tuple[Officer, str] | None:
    """Whose second factor this browser owes, for five minutes after the password."""
    kept = request.session.get(sessions.PENDING)
    if not kept or clock.wall() - sessions.moment(kept["at"]) > rules.PENDING:
        return None
    officer = Officer.objects.filter(pk=kept["officer"], is_active=True).first()
    if officer is None or not constant_time_compare(kept["hash"], officer.get_session_auth_hash()):
        return None
    return officer, kept["next"]


def enter(request, officer: Officer, *, factor: str) -> OfficerActor:
    """The colleague is in: a new session key, a new form token, one audit line."""
    actor = OfficerActor(officer)
    verbs.sign_in(by=actor, second_factor=factor)
    login(request, officer, backend=settings.AUTHENTICATION_BACKENDS[0])
    sessions.begin(request.session, factor=factor)
    request.actor = actor
    return actor
