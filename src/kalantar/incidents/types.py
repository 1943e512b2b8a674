"""The kinds of event: words and ICCS codes from data/words.csv; how careful we are with each is decided here."""

from __future__ import annotations

from kalantar.kernel import audit
from kalantar.kernel.change import verb
from kalantar.web import words

from .models import IncidentType

VIOLENT = ("A-", "R-", "W-")  # R14: with a dwelling as place they are never drawn
NEVER_DRAWN = frozenset({"N-FAMILY", "missing_person", "S-HARM", "X-DEATH"})  # R14, GLOSSARY §10: case view only
BUILDING = frozenset({"T-HOME", "T-BREAK"})  # the event itself says that the place is a building, perhaps a dwelling


def is_violent(code: str) -> bool:
    return code.startswith(VIOLENT)


@verb
def load_types(*, by) -> int:
    """Bring the table of types up to the words of this version. A type that left the words is not offered any more."""
    wanted = {code: words.iccs(code) for code in words.codes("incident_type")}
    rows = [
        IncidentType(code=code, iccs=iccs, violent=is_violent(code), never_drawn=code in NEVER_DRAWN)
        for code, iccs in wanted.items()
    ]
    IncidentType.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["code"], update_fields=["iccs", "violent", "never_drawn"]
    )
    gone = IncidentType.objects.exclude(code__in=wanted).update(in_use=False)
    audit.record("incident_types.loaded", "incidents.incidenttype", by=by, types=len(rows), retired=gone)
    return len(rows)
