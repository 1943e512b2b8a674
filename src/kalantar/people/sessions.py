"""What a session remembers of its own life, on real time."""

from __future__ import annotations

from datetime import datetime, timedelta

from kalantar.kernel import clock

from . import rules

BEGAN, SEEN, LOCKED, PENDING = "began", "seen", "locked", "pending"
TOUCH = timedelta(seconds=60)  # an active session is written once a minute, not at each page


def begin(session) -> None:
    """A colleague is in."""
    now = clock.wall().isoformat()
    session.pop(PENDING, None)
    session.update({BEGAN: now, SEEN: now, LOCKED: False})
    session.set_expiry(rules.ABSOLUTE)


def state(session, officer) -> str:
    """`open`, `locked` or `over`. A session that never began is over."""
    try:
        began, seen = datetime.fromisoformat(session[BEGAN]), datetime.fromisoformat(session[SEEN])
    except (KeyError, ValueError):
        return "over"
    return rules.session_state(began=began, seen=seen, locked=bool(session.get(LOCKED)),
                               signed_out_before=officer.signed_out_before, now=clock.wall())


def touch(session) -> None:
    """Somebody is there."""
    now = clock.wall()
    if now - datetime.fromisoformat(session[SEEN]) > TOUCH:
        session[SEEN] = now.isoformat()


def lock(session) -> bool:
    """Lock the desk; tells whether it was open before."""
    was_open = not session.get(LOCKED)
    session[LOCKED] = True
    return was_open


def unlock(session) -> None:
    session[LOCKED] = False
    session[SEEN] = clock.wall().isoformat()
