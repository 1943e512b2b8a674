"""`{% load kalantar %}`: numbers, days, words and icons as every page writes them."""

from __future__ import annotations

from django import template
from django.utils.html import format_html

from kalantar.kernel import links

from .. import show, words
from ..icons import icon

register = template.Library()


@register.filter
def digits(value, places=None):
    """Numbers in the page's digits, thousands marked; `digits:1` fixes decimals, `digits:"plain"` marks nothing."""
    if places == "plain":
        return show.digits(str(value)) if value is not None else ""
    return show.digits(value, places)


@register.filter
def percent(value, places=0):
    return show.percent(value, places)


register.filter("day", show.day)
register.filter("day_long", show.day_long)
register.filter("day_short", show.day_short)
register.filter("day_month", show.day_month)
register.filter("clock", show.clock)
register.filter("moment", show.moment)
register.filter("since", lambda value: show.since(value))
register.filter("count", lambda value: show.count(value))


@register.filter
def get(mapping, key):
    """The entry of a dictionary whose key is itself a variable."""
    return mapping.get(key, "") if mapping else ""


@register.simple_tag
def word(group, code):
    """A role, status, button or type in the page's language."""
    return words.word(group, code)


@register.simple_tag
def number(value, places=None):
    """A number that keeps its order and never breaks from itself: counts, plates of time, file numbers."""
    return format_html('<bdi class="num">{}</bdi>', show.digits(value, places))


@register.simple_tag
def code(value):
    """A code or coordinate, left to right inside the line; one with Latin letters keeps its Latin digits."""
    text = str(value)
    mixed = any(letter.isascii() and letter.isalpha() for letter in text)
    return format_html('<bdi class="num" dir="ltr">{}</bdi>', text if mixed else show.digits(text))


register.simple_tag(icon)


@register.simple_tag
def page_url(name, args=None):
    """The address of a stored page: its name and arguments, as an inbox line keeps them; "" when it is gone."""
    return links.resolve(name, args or {})


TONES = {
    "status_import": {
        "uploaded": "circle-dashed",
        "loading": "circle-dot",
        "live": "check",
        "failed": "alert-circle late",
        "withdrawn": "arrow-back-up",
        "swept": "trash",
    },
    "finding_kind": {
        "rise": "alert-triangle late",
        "high": "flag due",
        "hot_cells": "map-pin",
        "repeat_place": "history",
        "near_repeat": "copy",
        "too_few": "circle-dashed",
    },
    "mark_demand": {"due_soon": "clock due", "overdue": "clock-exclamation late", "escalated": "send"},
}
USUAL = {
    "registered": "circle-dashed",
    "triaged": "circle-dashed",
    "candidate": "circle-dashed",
    "draft": "circle-dashed",
    "verified": "circle-check ok",
    "overdue": "clock-exclamation late",
    "due_soon": "clock due",
    "sent": "send",
    "referred_judicial": "send",
    "referred_agency": "send",
    "closed": "check",
    "done": "check",
    "solved": "check",
    "failed": "alert-circle late",
    "missed": "alert-circle late",
    "recurred": "refresh late",
    "waiting_citizen": "circle-dashed",
    "queued": "circle-dashed",
    "withdrawn": "arrow-back-up",
}


@register.simple_tag
def status(group, code):
    """A status as icon and word. Colour only for late, due and verified."""
    mark = TONES.get(group, {}).get(code) or USUAL.get(code, "circle-dot")
    name, _, tone = mark.partition(" ")
    return format_html(
        '<span class="st{}">{}{}</span>', f" {tone}" if tone else "", icon(name), words.word(group, code)
    )


@register.filter
def kind(field):
    """How a form field is laid out: "group" (several choices), "check" (one box), "file" or "line"."""
    if field.use_fieldset:
        return "group"
    return {"checkbox": "check", "file": "file"}.get(getattr(field.field.widget, "input_type", ""), "line")
