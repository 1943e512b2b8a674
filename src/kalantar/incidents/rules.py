"""What may be recorded, imported, drawn and withdrawn, and by whom. Pure: no database, no Django."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from kalantar.people.roles import Role
from kalantar.persian.address import parts
from kalantar.persian.columns import refused_category
from kalantar.persian.identifiers import found_in
from kalantar.persian.style import faults

NEVER, CELL, POINT = 0, 1, 2
DWELLING, UNKNOWN = "dwelling", "unknown"
TOO_OLD = timedelta(days=366 * 60)

RECORDERS = frozenset(
    {
        Role.DESK_OFFICER,
        Role.DUTY_DEPUTY,
        Role.CASE_OFFICER,
        Role.STATION_CHIEF,
        Role.ANALYST,
        Role.BEAT_OFFICER,
        Role.PATROL_OFFICER,
    }
)
CORRECTORS = frozenset({Role.DUTY_DEPUTY, Role.CASE_OFFICER, Role.STATION_CHIEF, Role.ANALYST})
IMPORTERS = frozenset({Role.ANALYST, Role.STATION_CHIEF, Role.DATA_GUARDIAN, Role.PROVINCE_COMMANDER})
EXPORTERS = CORRECTORS | IMPORTERS | {Role.INSPECTOR, Role.DEMAND_SECRETARY}


@dataclass(frozen=True)
class Step:
    """A step of an import: from where to where, and whose it is."""

    leaves: frozenset[str]
    enters: str
    taken_by: frozenset[Role]
    needs: tuple[str, ...] = ()


STEPS = {
    "start": Step(frozenset({"uploaded", "failed", "loading"}), "loading", IMPORTERS),
    "make_live": Step(frozenset({"loading"}), "live", IMPORTERS),
    "fail": Step(frozenset({"uploaded", "loading"}), "failed", IMPORTERS),
    "discard": Step(frozenset({"uploaded", "failed"}), "swept", IMPORTERS),
    "withdraw": Step(frozenset({"live"}), "withdrawn", IMPORTERS, needs=("reason",)),
    "sweep": Step(frozenset({"failed", "withdrawn"}), "swept", IMPORTERS),
}


def refusal(name: str, *, state: str, roles: frozenset[Role], given: dict | None = None) -> str | None:
    """Why this step may not be taken now, as a message key; None when it may."""
    step = STEPS[name]
    if not step.taken_by & roles:
        return "not_your_post"
    if state not in step.leaves:
        return "not_from_this_state"
    missing = [need for need in step.needs if not (given or {}).get(need)]
    return f"{missing[0]}_missing" if missing else None


def stations_of(actor, posts: frozenset[Role]) -> frozenset[int]:
    """The stations at which one of these posts is held: a post at one station says nothing at another."""
    if actor.officer_id is None:
        return actor.stations()
    return frozenset(pk for pk in actor.stations() if posts & actor.roles_at(pk))


def may_record(roles: frozenset[Role]) -> str | None:
    return None if RECORDERS & roles else "not_your_post"


def may_correct(roles: frozenset[Role]) -> str | None:
    return None if CORRECTORS & roles else "not_your_post"


def may_import(roles: frozenset[Role]) -> str | None:
    return None if IMPORTERS & roles else "not_your_post"


def may_export(roles: frozenset[Role]) -> str | None:
    """A file leaves the building: the posts that answer for what is done with it."""
    return None if EXPORTERS & roles else "not_your_post"


def may_place(roles: frozenset[Role]) -> str | None:
    """Rows that wait for a place are put on a beat by who may record, and by who imported them."""
    return None if (RECORDERS | IMPORTERS) & roles else "not_your_post"


# ---- how a place may be shown (R14) ----


def shown_as(*, code: str, violent: bool, never_drawn: bool, building: bool, place_kind: str) -> int:
    """NEVER, CELL or POINT, decided once at writing.

    Family matters and other case-view types, and violence in a dwelling, never enter a map, a list by place or an
    export. A dwelling of another type is a cell. Where the kind of place is not stated, what may have been a dwelling
    (a building by its type, or violence) is a cell too, never a point.
    """
    if never_drawn or (violent and place_kind == DWELLING):
        return NEVER
    if place_kind == DWELLING or code == "T-HOME":
        return CELL
    if place_kind == UNKNOWN and (building or violent):
        return CELL
    return POINT


# ---- words about a place ----

WAYS = frozenset(  # parts of an address that name a street or a quarter, never a door
    {
        "village",
        "district",
        "settlement",
        "highway",
        "road",
        "boulevard",
        "street",
        "square",
        "crossroads",
        "fork",
        "alley",
        "dead_end",
        "lane",
    }
)
_NAMES = WAYS | {"city"}


def words_fault(text: str) -> str | None:
    """Why these words about a place are not kept: they name a person, a trait (R3), or speak unkindly of people.

    The name of a street is its name, whatever it means elsewhere.
    """
    if found_in(text):
        return "person_in_words"
    free = " ".join(part.name for part in parts(text) if part.kind not in _NAMES)
    if refused_category(free):
        return "trait_in_words"
    return "unkind_words" if any(fault.key == "forbidden_word" for fault in faults(free)) else None


def reason_fault(text: str) -> str | None:
    """Why these words are not taken as a reason: it stays in the log for good, so it names nobody."""
    if not text.strip():
        return "reason_missing"
    return "person_in_words" if found_in(text) else None


# ---- times ----


def time_fault(occurred_from: datetime, occurred_to: datetime | None, *, now: datetime) -> str | None:
    """Why an event cannot have been then."""
    if occurred_from > now or (occurred_to and occurred_to > now):
        return "in_the_future"
    if now - occurred_from > TOO_OLD:
        return "too_long_ago"
    if occurred_to and occurred_to < occurred_from:
        return "interval_backwards"
    return None


# ---- coordinates ----


@dataclass(frozen=True)
class Box:
    """West, south, east, north of an area in degrees."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, lon: float, lat: float, margin: float = 0.0) -> bool:
        return (self.west - margin <= lon <= self.east + margin) and (self.south - margin <= lat <= self.north + margin)


def place_fault(lon: float, lat: float, box: Box) -> str | None:
    """Why coordinates cannot be meant as they stand; outside the area alone is no fault, such rows wait for a place."""
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        return "coordinates_not_degrees"
    if lon == 0 and lat == 0:
        return "coordinates_zero"
    if not box.holds(lon, lat, 0.2) and box.holds(lat, lon, 0.2):
        return "coordinates_swapped"
    return None


# ---- the same row again ----

MASK = (1 << 64) - 1
_ODD, _MIX1, _MIX2 = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def text_mark(text: str) -> int:
    """64 bits of a text, the same in every process."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") if text else 0


def mixed(state: int, value: int) -> int:
    """One more value into a 64-bit digest (the finaliser of SplitMix64; Steele, Lea and Flood 2014)."""
    z = (state + _ODD + (value & MASK)) & MASK
    z = ((z ^ (z >> 30)) * _MIX1) & MASK
    z = ((z ^ (z >> 27)) * _MIX2) & MASK
    return z ^ (z >> 31)


def same_as(
    *, code: str, minute: int, place: tuple[int, int] | None, place_text: str, external_ref: str, time: int = 0
) -> str:
    """The digest by which the same row is known again: what, when, where, and the reference number.

    minute : minutes since 1970 in UTC. place : longitude and latitude in ten-thousandths of a degree (about ten
    metres); without coordinates the place's words count. time : how often the very same row stood before it in the
    same file. Two equal rows of one file may be two events (two cars broken open in one night) and both stay; the same
    file again, or one that overlaps it, brings each of them only once. The minute stands in front so that the index
    grows in order of time.
    """
    state = mixed(text_mark(code), minute)
    for value in place or (text_mark(place_text), 1 << 40):
        state = mixed(state, value)
    return f"{minute & 0xFFFFFFFF:08x}{mixed(mixed(state, text_mark(external_ref)), time):016x}"
