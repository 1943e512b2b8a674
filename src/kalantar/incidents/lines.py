"""This room's sentences for the morning."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import CharField, Count, Sum, Value
from django.urls import reverse
from django.utils.translation import ngettext

from kalantar.kernel import clock
from kalantar.web.lines import Line
from kalantar.web.show import digits

from . import rules
from .models import DailyCount, Import, Unplaced

WAITS_DAYS = 3  # so long a row may wait for a place before it is late
FAILED_DAYS = 7  # after a week a failed import is history; its file is gone too


def lines(actor, on: date) -> list[Line]:
    """Yesterday's events, rows that wait for a place, imports that failed: two statements."""
    if not actor.stations():
        return []
    found = []
    yesterday = DailyCount.objects.visible_to(actor).filter(local_date=on - timedelta(days=1)).aggregate(n=Sum("n"))["n"] or 0
    if yesterday:
        said = ngettext("%(n)s event happened yesterday.", "%(n)s events happened yesterday.", yesterday) % {"n": digits(yesterday)}
        found.append(Line(heading="changed", n=yesterday, sentence=said, weight=20))
    late = dict(_late(actor, on))
    if waiting := late.get("waiting", 0):
        said = ngettext("%(n)s row of an import has waited for a place for more than three days.",
                        "%(n)s rows of imports have waited for a place for more than three days.", waiting) % {"n": digits(waiting)}
        found.append(Line(heading="late", n=waiting, sentence=said, url=reverse("incidents:to_fix"), press="open", weight=25))
    if failed := late.get("failed", 0):
        said = ngettext("%(n)s import failed and was not tried again.", "%(n)s imports failed and were not tried again.",
                        failed) % {"n": digits(failed)}
        found.append(Line(heading="late", n=failed, sentence=said, url=reverse("incidents:imports"), press="open", weight=15))
    return found


def _late(actor, on: date):
    """(what, how many) in one statement."""
    waiting = Unplaced.objects.visible_to(actor).waiting().filter(batch__live_at__lt=clock.start_of(on - timedelta(days=WAITS_DAYS)))
    failed = Import.objects.visible_to(actor).filter(state=Import.FAILED, made_at__gte=clock.start_of(on - timedelta(days=FAILED_DAYS)))
    if not rules.IMPORTERS & actor.roles():
        failed = failed.none()
    counted = [query.order_by().annotate(what=Value(what, output_field=CharField())).values("what").annotate(how_many=Count("pk"))
               .values_list("what", "how_many") for what, query in (("waiting", waiting), ("failed", failed))]
    return counted[0].union(counted[1], all=True)
