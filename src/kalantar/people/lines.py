"""This room's sentences for the morning."""

from __future__ import annotations

from datetime import date

from django.urls import reverse
from django.utils.translation import ngettext

from kalantar.kernel import installation
from kalantar.web.lines import Line, tally
from kalantar.web.show import digits

from . import queries
from .roles import SUPERIORS


def lines(actor, on: date) -> list[Line]:
    """Posts that run out without a successor, and colleagues without a second factor; for superiors only."""
    if not actor.roles() & SUPERIORS:
        return []
    found = []
    n = tally(
        ("people", actor.scope(), on),
        lambda: {
            "ending": queries.posts_without_successor(actor, on),
            "open_doors": queries.without_second_factor(actor, on),
        },
    )
    ending = n["ending"]
    if ending:
        found.append(
            Line(
                heading="late",
                n=ending,
                url=reverse("people:colleagues"),
                press="open",
                weight=30,
                sentence=ngettext(
                    "%(n)s post ends within seven days and has no successor.",
                    "%(n)s posts end within seven days and have no successor.",
                    ending,
                )
                % {"n": digits(ending)},
            )
        )
    open_doors = 0 if installation.current().is_demo else n["open_doors"]  # a demonstration's doors are open on purpose
    if open_doors:
        found.append(
            Line(
                heading="late",
                n=open_doors,
                url=reverse("people:colleagues"),
                press="open",
                weight=10,
                sentence=ngettext(
                    "%(n)s colleague signs in without a second factor.",
                    "%(n)s colleagues sign in without a second factor.",
                    open_doors,
                )
                % {"n": digits(open_doors)},
            )
        )
    return found
