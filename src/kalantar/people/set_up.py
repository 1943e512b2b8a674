"""A structure and its first colleagues, for `init`, `demo` and the tests: everything through the verbs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.hashers import make_password
from django.urls import reverse

from kalantar.kernel import audit, installation
from kalantar.kernel.change import Refused, move, verb
from kalantar.persian.digits import to_persian

from . import rules, verbs
from .actors import COMMAND_LINE, Actor
from .models import Officer, Unit
from .roles import PACKS, Role

STATION_CAST = (
    Role.STATION_CHIEF,
    Role.DESK_OFFICER,
    Role.DUTY_DEPUTY,
    Role.CASE_OFFICER,
    Role.BEAT_OFFICER,
    Role.PATROL_OFFICER,
    Role.ANALYST,
    Role.DEMAND_SECRETARY,
    Role.COUNSELLOR,
    Role.LEGAL_OFFICER,
    Role.TRAINING_OFFICER,
)
PROVINCE_CAST = (Role.INSPECTOR, Role.PROVINCE_COMMANDER, Role.DATA_GUARDIAN, Role.OUTSIDE_OVERSEER)
DEMO_NAMES = (*(role.value for role in (*STATION_CAST, *PROVINCE_CAST)), "other_chief")
DEMO_PASSWORD = rules.DEMO_PASSWORD


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
        plan.grade,
        by=by,
        parent=parent,
        kind=plan.kind,
        code=plan.code,
        name=plan.name,
        name_en=plan.name_en,
        number=plan.number,
    )
    units = {plan.code: unit}
    for child in plan.children:
        units |= raise_structure(child, by=by, parent=unit)
    return units


def enrol_pack(
    username: str,
    *,
    unit: Unit,
    pack: str,
    name: str,
    name_en: str = "",
    by: Actor = COMMAND_LINE,
    from_on: date | None = None,
) -> tuple[Officer, str]:
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

    post = word("role", role, "fa")
    first, _, last = post.rpartition(" ")
    if unit.name.startswith(f"{last} "):  # the unit's name says that word already
        post = first
    return f"{post} {unit.name}", f"{word('role', role, 'en')}, {unit.name_en}"


def enrol_role(
    role: Role,
    unit: Unit,
    *,
    by: Actor = COMMAND_LINE,
    username: str = "",
    from_on: date | None = None,
    hashed: str | None = None,
) -> Officer:
    """One member of a demonstration's cast, named by the post, with the published password."""
    name, name_en = names_of(role, unit)
    officer = verbs.enrol(
        username or role.value, by=by, name=name, name_en=name_en, unit=unit, roles=[role], from_on=from_on
    )
    return hand_out_demo_password(officer, by=by, hashed=hashed)


def enrol_cast(
    *, station: str, other: str = "", by: Actor = COMMAND_LINE, from_on: date | None = None
) -> dict[str, Officer]:
    """The cast of a demonstration at the stations with these codes: one colleague for each role, and `other_chief` next
    door. Returns sign-in name -> officer; who stands already is left."""
    hashed = make_password(rules.DEMO_PASSWORD)
    home, root = Unit.objects.get(code=station), Unit.objects.get(parent=None)
    places = [(role.value, role, root if role in PROVINCE_CAST else home) for role in (*STATION_CAST, *PROVINCE_CAST)]
    if other:
        places.append(("other_chief", Role.STATION_CHIEF, Unit.objects.get(code=other)))
    cast = {officer.username: officer for officer in Officer.objects.filter(username__in=DEMO_NAMES)}
    for username, role, unit in places:
        if username not in cast:
            cast[username] = enrol_role(role, unit, by=by, username=username, from_on=from_on, hashed=hashed)
    return cast


def raise_city(names: dict[str, str], codes: Iterable[str], *, by: Actor = COMMAND_LINE) -> dict[str, Unit]:
    """A city of a demonstration with its stations, named from `city`, `county` and `station` ({number})."""
    stations = tuple(
        UnitPlan(
            grade="station",
            kind="kalantari",
            code=code,
            number=int(code),
            name=names["station"].format(number=to_persian(code)),
            name_en=names["station_en"].format(number=code),
        )
        for code in codes
    )
    county = UnitPlan(
        grade="county",
        kind="county",
        code="county",
        name=names["county"],
        name_en=names["county_en"],
        children=stations,
    )
    return raise_structure(
        UnitPlan(
            grade="province",
            kind="province",
            code="province",
            name=names["city"],
            name_en=names["city_en"],
            children=(county,),
        ),
        by=by,
    )


def first_chief(*, kind: str, name: str, name_en: str, number: int, username: str, by: Actor = COMMAND_LINE) -> str:
    """The first unit and its first colleague. Returns the address of the invitation, to be handed over in person."""
    from kalantar.web.words import word

    if kind == "province":
        plan = UnitPlan(grade="province", kind="province", code="province", name=name, name_en=name_en)
    else:
        station = UnitPlan(
            grade="station", kind="kalantari", code=str(number), number=number, name=name, name_en=name_en
        )
        plan = UnitPlan(
            grade="province",
            kind="province",
            code="province",
            name=word("grade", "province", "fa"),
            name_en=word("grade", "province", "en"),
            children=(station,),
        )
    units = raise_structure(plan, by=by)
    unit = units["province"] if kind == "province" else units[str(number)]
    role = Role.PROVINCE_COMMANDER if kind == "province" else Role.STATION_CHIEF
    chief_name, chief_name_en = names_of(role, unit)
    _, token = enrol_pack(
        username,
        unit=unit,
        pack="command" if kind == "province" else "chief",
        name=chief_name,
        name_en=chief_name_en,
        by=by,
    )
    return reverse("people:join", args=[token])
