"""What a session remembers of its own life, on real time."""

from __future__ import annotations

from datetime import datetime, timedelta

from kalantar.kernel import clock

from . import rules

BEGAN, SEEN, LOCKED, FACTOR, PENDING, SURE = "began", "seen", "locked", "factor", "pending", "sure"
TOUCH = timedelta(seconds=60)  # an active session is written once a minute, not at each page


def moment(kept: str) -> datetime:
    return datetime.fromisoformat(kept)


def begin(session, *, factor: str = "none") -> None:
    """A colleague is in; `factor` is the second factor that was used: totp, card or none."""
    now = clock.wall().isoformat()
    session.pop(PENDING, None)
    session.update({BEGAN: now, SEEN: now, LOCKED: False, FACTOR: factor, SURE: now})
    session.set_expiry(rules.ABSOLUTE)


def state(session, officer) -> str:
    """`open`, `locked` or `over`. A session that never began is over."""
    try:
        began, seen = moment(session[BEGAN]), moment(session[SEEN])
    except (KeyError, ValueError):
        return "over"
    return rules.session_state(
        began=began,
        seen=seen,
        locked=bool(session.get(LOCKED)),
        signed_out_before=officer.signed_out_before,
        now=clock.wall(),
    )


def touch(session) -> None:
    """Somebody is there."""
    now = clock.wall()
    if now - moment(session[SEEN]) > TOUCH:
        session[SEEN] = now.isoformat()


def lock(session) -> bool:
    """Lock the desk; tells whether it was open before."""
    was_open = not session.get(LOCKED)
    session[LOCKED] = True
    session.pop(SURE, None)  # the PIN that opens the desk is no password
    return was_open


def unlock(session) -> None:
    session[LOCKED] = False
    session[SEEN] = clock.wall().isoformat()


def used(session, factor: str) -> None:
    """A second factor was set up in this session: the page that asks for it is passed."""
    session[FACTOR] = factor


def prove(session) -> None:
    """The owner's password was typed in this session just now."""
    session[SURE] = clock.wall().isoformat()


def is_sure(session) -> bool:
    """Was the owner's password typed within the last ten minutes?"""
    kept = session.get(SURE)
    return bool(kept) and timedelta(0) <= clock.wall() - moment(kept) < rules.SURE
