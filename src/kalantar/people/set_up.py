"""A structure and its first colleagues, for `init`, `demo` and the tests: everything through the verbs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.hashers import make_password

from kalantar.kernel import audit, installation
from kalantar.kernel.change import Refused, move, verb

from . import rules, verbs
from .actors import COMMAND_LINE, Actor
from .models import Officer, Station, Unit
from .roles import PACKS, Role

STATION_CAST = (
    Role.STATION_CHIEF, Role.DESK_OFFICER, Role.DUTY_DEPUTY, Role.CASE_OFFICER, Role.BEAT_OFFICER, Role.PATROL_OFFICER,
    Role.ANALYST, Role.DEMAND_SECRETARY, Role.COUNSELLOR, Role.LEGAL_OFFICER, Role.TRAINING_OFFICER,
)
PROVINCE_CAST = (Role.INSPECTOR, Role.PROVINCE_COMMANDER, Role.DATA_GUARDIAN, Role.OUTSIDE_OVERSEER)


@dataclass(frozen=True, kw_only=True)
class UnitPlan:
    """A unit as a set-up file or a demonstration names it; children below it."""

    grade: str
    kind: str
    code: str
    name: str
    name_en: str
    number: int = 0
    children: Sequence[UnitPlan] = ()


def raise_structure(plan: UnitPlan, *, by: Actor = COMMAND_LINE, parent: Unit | None = None) -> dict[str, Unit]:
    """Open a whole tree; what stands already (same code) is left as it is. Returns code -> unit."""
    unit = Unit.objects.filter(code=plan.code).first() or verbs.open_unit(
        plan.grade, by=by, parent=parent, kind=plan.kind, code=plan.code, name=plan.name, name_en=plan.name_en, number=plan.number)
    units = {plan.code: unit}
    for child in plan.children:
        units |= raise_structure(child, by=by, parent=unit)
    return units


def enrol_pack(username: str, *, unit: Unit, pack: str, name: str, name_en: str = "", by: Actor = COMMAND_LINE,
               from_on: date | None = None) -> tuple[Officer, str]:
    """A colleague with one of the five packs, and the end of the invitation's link."""
    officer = verbs.enrol(username, by=by, name=name, name_en=name_en, unit=unit, roles=PACKS[pack], from_on=from_on)
    return officer, verbs.invite(officer, by=by)


@verb
def hand_out_demo_password(officer: Officer, *, by: Actor, hashed: str | None = None) -> Officer:
    """The published password, in a demonstration only."""
    if not installation.current().is_demo:
        raise Refused("password_is_public")
    move(officer, password=hashed or make_password(rules.DEMO_PASSWORD))
    audit.record("officer.demo_password", officer, by=by)
    return officer


def names_of(role: Role, unit: Unit) -> tuple[str, str]:
    """A post's own name in both languages: in a demonstration nobody is named."""
    from kalantar.web.words import word

    return f"{word('role', role, 'fa')} {unit.name}", f"{word('role', role, 'en')}, {unit.name_en}"


def enrol_role(role: Role, unit: Unit, *, by: Actor = COMMAND_LINE, username: str = "", from_on: date | None = None,
               hashed: str | None = None) -> Officer:
    """One member of a demonstration's cast, named by the post, with the published password."""
    name, name_en = names_of(role, unit)
    officer = verbs.enrol(username or role.value, by=by, name=name, name_en=name_en, unit=unit, roles=[role], from_on=from_on)
    return hand_out_demo_password(officer, by=by, hashed=hashed)


def enrol_cast(station: Station | Unit, *, province: Unit, other_station: Unit | None = None, by: Actor = COMMAND_LINE,
               roles: Iterable[Role] = (*STATION_CAST, *PROVINCE_CAST), from_on: date | None = None) -> dict[str, Officer]:
    """The cast of a demonstration: one colleague for each role, and `other_chief` next door. Returns username -> officer."""
    hashed, cast = make_password(rules.DEMO_PASSWORD), {}
    for role in roles:
        cast[role.value] = enrol_role(role, province if role in PROVINCE_CAST else station, by=by, from_on=from_on, hashed=hashed)
    if other_station is not None:
        cast["other_chief"] = enrol_role(Role.STATION_CHIEF, other_station, by=by, username="other_chief", from_on=from_on, hashed=hashed)
    return cast
