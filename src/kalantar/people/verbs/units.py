"""The structure: provinces, counties, stations and their sections."""

from __future__ import annotations

from kalantar.kernel import audit
from kalantar.kernel.change import Refused, insist, verb

from .. import rules
from ..actors import Actor
from ..models import Unit


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
