"""This room's sentences for the morning."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import Sum
from django.urls import reverse
from django.utils.translation import ngettext

from kalantar.kernel import clock
from kalantar.web.lines import Asked, Line, tally
from kalantar.web.show import digits

from . import rules
from .models import DailyCount, Import, Unplaced

WAITS_DAYS = 3  # so long a row may wait for a place before it is late
FAILED_DAYS = 7  # after a week a failed import is history; its file is gone too


def lines(actor, on: date) -> list[Line]:
    """Yesterday's events, rows that wait for a place, imports that failed: one statement."""
    if not actor.stations():
        return []
    n = tally(("incidents", actor.scope(), on), lambda: _asked(actor, on))
    found = []
    if n["happened"]:
        said = ngettext("%(n)s event happened yesterday.", "%(n)s events happened yesterday.", n["happened"]) % {
            "n": digits(n["happened"])
        }
        found.append(Line(heading="changed", n=n["happened"], sentence=said, weight=20))
    if n["waiting"]:
        said = ngettext(
            "%(n)s row of an import has waited for a place for more than three days.",
            "%(n)s rows of imports have waited for a place for more than three days.",
            n["waiting"],
        ) % {"n": digits(n["waiting"])}
        found.append(
            Line(
                heading="late", n=n["waiting"], sentence=said, url=reverse("incidents:to_fix"), press="open", weight=25
            )
        )
    if n["failed"]:
        said = ngettext(
            "%(n)s import failed and was not tried again.",
            "%(n)s imports failed and were not tried again.",
            n["failed"],
        ) % {"n": digits(n["failed"])}
        found.append(
            Line(
                heading="late", n=n["failed"], sentence=said, url=reverse("incidents:imports"), press="open", weight=15
            )
        )
    return found


def _asked(actor, on: date) -> Asked:
    happened = DailyCount.objects.visible_to(actor).filter(local_date=on - timedelta(days=1))
    waiting = (
        Unplaced.objects.visible_to(actor)
        .waiting()
        .filter(batch__live_at__lt=clock.start_of(on - timedelta(days=WAITS_DAYS)))
    )
    failed = Import.objects.visible_to(actor).filter(
        state=Import.FAILED, made_at__gte=clock.start_of(on - timedelta(days=FAILED_DAYS))
    )
    if not rules.IMPORTERS & actor.roles():
        failed = failed.filter(pk=None)
    return {"happened": (happened, Sum("n")), "waiting": waiting, "failed": failed}
