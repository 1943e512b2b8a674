"""This room's sentences for the morning."""

from __future__ import annotations

from datetime import date

from django.urls import reverse
from django.utils.translation import ngettext

from kalantar.web.lines import Line, tally
from kalantar.web.show import digits

from . import queries, rules


def lines(actor, on: date) -> list[Line]:
    """Beats nobody answers for, lines nobody looked at for a year; for those who can change it. One statement."""
    stations = actor.stations()
    namers = any(rules.may("name_officer", roles=actor.roles_at(pk)) for pk in stations)
    drawers = any(rules.may("draw", roles=actor.roles_at(pk)) for pk in stations)
    found: list[Line] = []
    if not namers and not drawers:
        return found
    n = tally(
        ("territory", actor.scope(), on),
        lambda: {"unnamed": queries.unnamed(actor), "old": queries.unreviewed(actor, on)},
    )
    unnamed = n["unnamed"] if namers else 0
    if unnamed:
        found.append(
            Line(
                heading="late",
                n=unnamed,
                url=reverse("territory:beats"),
                press="open",
                weight=20,
                sentence=ngettext("%(n)s beat has no named officer.", "%(n)s beats have no named officer.", unnamed)
                % {"n": digits(unnamed)},
            )
        )
    old = n["old"] if drawers else 0
    if old:
        found.append(
            Line(
                heading="late",
                n=old,
                url=reverse("territory:boundaries"),
                press="open",
                weight=5,
                sentence=ngettext(
                    "The line of %(n)s area is older than a year.",
                    "The lines of %(n)s areas are older than a year.",
                    old,
                )
                % {"n": digits(old)},
            )
        )
    return found
