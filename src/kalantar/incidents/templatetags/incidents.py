"""`{% load incidents %}`: how one event is written in a row."""

from __future__ import annotations

from django import template
from django.utils.html import escape, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from kalantar.territory.names import title
from kalantar.web.words import word

from .. import shown
from ..models import Incident

register = template.Library()


@register.filter
def number_of(row: Incident) -> str:
    return shown.number(row, row.station.number)


@register.filter
def place_of(row: Incident) -> str:
    """The words about the place as far as they may be shown, else its kind."""
    return shown.place(row) or word("place_kind", row.place_kind)


@register.filter
def occurrence(row: Incident) -> str:
    return shown.occurrence(row, short=True)


@register.filter
def occurrence_in_full(row: Incident) -> str:
    return shown.occurrence(row)


register.filter("title_of", title)


@register.simple_tag
def event_rows(rows, numbers):
    """The rows of the list, written at once: a template's own loop would cost more than the database.

    numbers : station -> the number its running numbers begin with.
    """
    beat, number = SafeString(escape(_("Beat"))), SafeString(escape(_("Number")))
    return format_html_join(
        "\n",
        '<tr><td class="c-what"><a class="row" href="{}">{}</a></td><td class="c-where">{}</td>'
        '<td class="c-when soft">{}</td><td data-th="{}">{}</td>'
        '<td class="soft" data-th="{}"><bdi class="num" dir="ltr">{}</bdi></td></tr>',
        (
            (row.url, row.kind, row.place, row.when, beat, row.beat, number, row.number)
            for row in shown.told(rows, numbers)
        ),
    )
