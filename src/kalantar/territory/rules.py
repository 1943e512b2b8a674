"""Who may draw ground and name its officers. Pure."""

from __future__ import annotations

from datetime import date, timedelta

from kalantar.people.roles import Role

DRAWERS = frozenset({Role.STATION_CHIEF, Role.PROVINCE_COMMANDER, Role.ANALYST})
NAMERS = frozenset({Role.STATION_CHIEF, Role.PROVINCE_COMMANDER})
BEAT_POSTS = frozenset({Role.BEAT_OFFICER, Role.PATROL_OFFICER})

TAKEN_BY = {"draw": DRAWERS, "name_officer": NAMERS, "end_officer": NAMERS}

SLIVER_M2 = 100.0  # overlaps of neighbours below this are how lines are drawn, not a dispute about ground
REVIEW_DAYS = 365


def refusal(step: str, *, roles: frozenset[Role]) -> str | None:
    """Why this actor may not take this step here; None when he may."""
    return None if TAKEN_BY[step] & roles else "not_your_post"


def may(step: str, *, roles: frozenset[Role]) -> bool:
    return refusal(step, roles=roles) is None


def day_refusal(since_on: date, *, last_on: date | None, today: date) -> str | None:
    """A line begins today or earlier, and never before the line it replaces began."""
    if since_on > today:
        return "boundary_in_future"
    if last_on is not None and since_on < last_on:
        return "boundary_before_the_last"
    return None


def officer_refusal(held: frozenset[Role]) -> str | None:
    """A beat's officer holds a post of the street at its station."""
    return None if held & BEAT_POSTS else "officer_without_street_post"


def dated_back_refusal(day: date, *, today: date) -> str | None:
    """Nobody answers for what has already been: a name written into the past would lend somebody yesterday's beat."""
    return "officer_dated_back" if day < today else None


def naming_refusal(from_on: date, *, held_from: date, same: bool) -> str | None:
    """Who answers for a beat changes hands forward in time, and only when it changes."""
    if same:
        return "officer_already_named"
    return "officer_before_the_last" if from_on < held_from else None


def ending_refusal(on: date, *, held_from: date | None) -> str | None:
    if held_from is None:
        return "officer_not_named"
    return "officer_before_the_last" if on < held_from else None


def reviewed_before(on: date) -> date:
    """A line drawn on this day or earlier was looked at by nobody for a year."""
    return on - timedelta(days=REVIEW_DAYS + 1)
