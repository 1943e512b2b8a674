"""Who may give a post, invite, reset and disable; what a password, a PIN and a session must be. Pure: no database."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from .roles import OUTSIDE, SUPERIORS, Role

# ---- who may do what to whom ----

CHIEF, COMMANDER, OVERSEER = Role.STATION_CHIEF, Role.PROVINCE_COMMANDER, Role.OUTSIDE_OVERSEER


ABOVE = frozenset({"county", "province"})
AT_STATION = frozenset({"station", "section"})
GRADES: dict[Role, frozenset[str]] = {  # where a role may sit; a role that is not here has no post in this version
    Role.DESK_OFFICER: AT_STATION,
    Role.DUTY_DEPUTY: AT_STATION,
    Role.CASE_OFFICER: AT_STATION,
    Role.BEAT_OFFICER: AT_STATION,
    Role.PATROL_OFFICER: AT_STATION,
    Role.COUNSELLOR: AT_STATION,
    Role.STATION_CHIEF: frozenset({"station"}),
    Role.ANALYST: AT_STATION | ABOVE,
    Role.DEMAND_SECRETARY: AT_STATION | {"county"},
    Role.LEGAL_OFFICER: AT_STATION | ABOVE,
    Role.TRAINING_OFFICER: AT_STATION | ABOVE,
    Role.INSPECTOR: frozenset({"province"}),
    Role.PROVINCE_COMMANDER: frozenset({"province"}),
    Role.DATA_GUARDIAN: frozenset({"province"}),
    Role.OUTSIDE_OVERSEER: frozenset({"province"}),
}

# A chief fills the posts of the own station but not the chief's; the overseer is not the province's to name or dismiss.
GIVEN_BY: dict[Role, frozenset[Role]] = dict.fromkeys(GRADES, SUPERIORS) | {
    Role.STATION_CHIEF: frozenset({COMMANDER}),
    Role.INSPECTOR: frozenset({COMMANDER}),
    Role.PROVINCE_COMMANDER: frozenset({COMMANDER}),
    Role.DATA_GUARDIAN: frozenset({COMMANDER}),
    Role.OUTSIDE_OVERSEER: frozenset({OVERSEER}),
}
OPENED_BY: dict[str, frozenset[Role]] = {  # who opens a unit of a grade, by the roles held at its parent
    "province": frozenset({COMMANDER}),
    "county": frozenset({COMMANDER}),
    "station": frozenset({COMMANDER}),
    "section": SUPERIORS,
}
PARENTS: dict[str, frozenset[str | None]] = {
    "province": frozenset({None}),
    "county": frozenset({"province"}),
    "station": frozenset({"county", "province"}),
    "section": frozenset({"station"}),
}


@dataclass(frozen=True)
class Step:
    """Something done to a colleague: by whom, and from which state of the account."""

    taken_by: frozenset[Role]
    while_active: bool | None = None  # None: in either state


STEPS: dict[str, Step] = {
    "invite": Step(SUPERIORS | {OVERSEER}, while_active=True),
    "reset": Step(SUPERIORS, while_active=True),
    "disable": Step(SUPERIORS, while_active=True),
    "enable": Step(SUPERIORS, while_active=False),
}


def opening_refusal(grade: str, *, parent_grade: str | None, roles: frozenset[Role]) -> str | None:
    """Why this unit may not be opened here, as a message key."""
    if grade not in PARENTS or parent_grade not in PARENTS[grade]:
        return "unit_not_here"
    return None if OPENED_BY[grade] & roles else "not_your_post"


def giving_refusal(role: Role, *, grade: str, roles: frozenset[Role], oneself: bool) -> str | None:
    """Why this post may not be given or ended: `roles` are the giver's at that unit."""
    if grade not in GRADES.get(role, frozenset()):
        return "role_not_here"
    if oneself:
        return "not_for_oneself"
    return None if GIVEN_BY[role] & roles else "not_your_post"


def givable(*, grade: str, roles: frozenset[Role]) -> frozenset[Role]:
    """The roles somebody may hand out at a unit; fills the choices of a form."""
    return frozenset(role for role in GRADES if giving_refusal(role, grade=grade, roles=roles, oneself=False) is None)


def side_refusal(role: Role, *, held: Iterable[Role]) -> str | None:
    """Why somebody who holds these posts may not hold this one, too: one person stands inside the police or outside."""
    return "post_of_other_side" if any((role in OUTSIDE) != (other in OUTSIDE) for other in held) else None


def days_refusal(*, from_on: date, to_on: date | None, today: date, at_set_up: bool) -> str | None:
    """A post is not dated back: who held it yesterday would read as who decided yesterday. Only the command line, which
    sets up what stood before the system came, names an earlier first day."""
    if from_on < today and not at_set_up:
        return "post_begins_before_today"
    return "post_ends_before" if to_on is not None and to_on < from_on else None


RANKS = (CHIEF, COMMANDER, OVERSEER)  # who may touch accounts, the lower first


def _powers(name: str, posts: list[tuple[Role, frozenset[Role]]]) -> list[frozenset[Role]]:
    """For each post of a colleague's, the posts with which the asking person may take this step."""
    if any(role == OVERSEER for role, _ in posts):
        return [roles & {OVERSEER} for _, roles in posts]
    return [STEPS[name].taken_by & GIVEN_BY.get(role, frozenset()) & roles for role, roles in posts]


def acts_as(name: str, *, posts: list[tuple[Role, frozenset[Role]]]) -> Role:
    """The highest post with which somebody takes a step that `account_refusal` lets pass."""
    return max(frozenset[Role]().union(*_powers(name, posts)), key=RANKS.index)


def account_refusal(
    name: str,
    *,
    posts: list[tuple[Role, frozenset[Role]]],
    oneself: bool,
    active: bool,
    disabled_as: Role | None = None,
) -> str | None:
    """Why this step on a colleague's account may not be taken.

    posts : each post of the colleague's with the asking person's roles there. The superior must be one at *every* post,
    and one who might give that very post: a chief who lends a post to someone of the province does not become that
    person's superior, and who stands in for a chief has no say over the chief's own account. The overseer's account is
    touched by the overseer's own body only.
    disabled_as : the post with which the account was disabled. No lower one opens it again.
    """
    step = STEPS[name]
    if oneself:
        return "not_for_oneself"
    powers = _powers(name, posts)
    if not powers or not all(powers):
        return "not_your_post"
    if step.while_active is not None and active != step.while_active:
        return "not_from_this_state"
    if disabled_as and not all(any(RANKS.index(r) >= RANKS.index(disabled_as) for r in power) for power in powers):
        return "disabled_above"
    return None


STAND_IN_DAYS = 90


def stand_in_refusal(
    *,
    role: Role,
    grade: str,
    roles: frozenset[Role],
    is_holder: bool,
    same_person: bool,
    from_on: date,
    to_on: date | None,
    today: date,
    at_set_up: bool = False,
    ends_on: date | None = None,
    holder_active: bool = True,
) -> str | None:
    """A stand-in is named for a time: by who gives the post, or by a superior for the own one; never for longer than
    the post itself (`ends_on`), and like a post never dated back. A
    closed account lends nothing: instead of standing in for its holder, somebody is given the post."""
    if same_person:
        return "not_for_oneself"
    if not holder_active:
        return "holder_disabled"
    if days_refusal(from_on=from_on, to_on=None, today=today, at_set_up=at_set_up):
        return "post_begins_before_today"
    if to_on is None or to_on < from_on:
        return "stand_in_needs_end"
    if ends_on is not None and to_on > ends_on:
        return "stand_in_too_long"
    if (to_on - from_on).days > STAND_IN_DAYS:
        return "stand_in_too_long"
    if is_holder and role in SUPERIORS:
        return None
    return giving_refusal(role, grade=grade, roles=roles, oneself=False)


# ---- names, passwords, PINs, codes ----

USERNAME = r"[A-Za-z][A-Za-z0-9_.-]{2,59}"  # typed at every keyboard, told over the phone, and safe in every file

PASSWORD_LEAST, PASSWORD_MOST = 10, 128
DEMO_PASSWORD = "kalantar-demo"  # noqa: S105 - published, and refused by every installation that is not a demonstration
PIN_DIGITS = 6
CARD_CODES, CARD_DIGITS = 10, 8
LINK_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no 0 O 1 I L U: it may be read from paper
LINK_LENGTH = 20  # 98 bits


def username_refusal(username: str) -> str | None:
    """Why this may not be a sign-in name: on the page and on the command line alike."""
    return None if re.fullmatch(USERNAME, username) else "username_shape"


def password_refusal(password: str, *, username: str, is_demo: bool) -> str | None:
    if not PASSWORD_LEAST <= len(password) <= PASSWORD_MOST:
        return "password_length"
    if password.isdigit():
        return "password_only_digits"
    if len(username) >= 4 and username.lower() in password.lower():
        return "password_holds_name"
    if password == DEMO_PASSWORD and not is_demo:
        return "password_is_public"
    return None


def pin_refusal(pin: str) -> str | None:
    """Six digits; not one digit six times and not a plain run."""
    if len(pin) != PIN_DIGITS or not (pin.isascii() and pin.isdigit()):
        return "pin_shape"
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    return "pin_too_easy" if len(steps) == 1 and steps <= {0, 1, 9} else None


# ---- throttles and times ----

WINDOW_S = 15 * 60
ACCOUNT_TRIES = 10
ADDRESS_FAILURES = 100  # a whole station may share one address: one account's lock must not lock the room
CODE_TRIES = 10
PIN_TRIES = 5
INVITE_TRIES = 20  # per address; a link has 98 bits
INVITE_DAYS = 7
DRAFT_DAYS = 7
INBOX_DAYS = 90
PENDING = timedelta(minutes=5)  # between the password and the second factor
SURE = timedelta(minutes=10)  # after a password, a sensitive press asks for none
IDLE = timedelta(minutes=15)
ABSOLUTE = timedelta(hours=12)
TOTP_STEP_S = 30
TOTP_WINDOW = 1


def session_state(
    *, began: datetime, seen: datetime, locked: bool, signed_out_before: datetime | None, now: datetime
) -> str:
    """`open`, `locked` (the desk lock) or `over` (sign in again)."""
    if now - began >= ABSOLUTE or (signed_out_before and began <= signed_out_before):
        return "over"
    return "locked" if locked or now - seen >= IDLE else "open"


def needs_second_factor(kind: str) -> bool:
    """All staff of a real installation; a demonstration opens with its published password."""
    return kind not in {"demo", "test"}
