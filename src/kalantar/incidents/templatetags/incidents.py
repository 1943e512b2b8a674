"""`{% load incidents %}`: how one event is written in a row."""

from __future__ import annotations

from django import template

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
