"""Signing the morning brief: what was before the chief's eyes stays as it was."""

from __future__ import annotations

from datetime import date

from django.utils import translation

from kalantar.kernel import audit, clock
from kalantar.kernel.change import insist, verb
from kalantar.people.models import Station

from . import queries, rules
from .models import MorningBrief
from .said import say


@verb
def sign_brief(station: Station, *, by, on: date) -> MorningBrief:
    """The chief has read this morning's brief. Its sentences are kept in both languages, with the duty book's code."""
    Station.objects.select_for_update().get(pk=station.pk)  # a second press waits here, and finds the brief signed
    signed = MorningBrief.objects.visible_to(by).filter(station=station, on=on).exists()
    insist(rules.sign_refusal(roles=by.roles_at(station.pk), signed=signed, is_today=on == clock.today()))
    code = audit.stamp(on).code
    seen = queries.morning(by, station, on)
    content: dict[str, object] = {}
    for language in ("fa", "en"):
        with translation.override(language):
            content[language] = {
                "lines": {
                    heading: [line.sentence for line in lines]
                    for heading, lines in queries.morning(by, station, on).lines.items()
                },
                "findings": [{"title": said.title, "text": said.text} for said in map(say, seen.findings)],
            }
    content["data_version"] = seen.findings[0].data_version if seen.findings else ""
    brief = MorningBrief.objects.create(
        station=station, on=on, content=content, head_code=code, signed_by=by.officer, signed_at=clock.now()
    )
    audit.record("morning_brief.signed", brief, by=by, on=str(on), findings=len(seen.findings))
    return brief
