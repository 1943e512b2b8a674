"""The icons of the one sprite, written once a process for each name."""

from __future__ import annotations

from functools import cache

from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString


@cache
def icon(name: str, extra: str = "") -> SafeString:
    """One icon. It is decoration: the word beside it carries the meaning."""
    return format_html(
        '<svg class="i{}" aria-hidden="true"><use href="{}#{}"/></svg>',
        f" {extra}" if extra else "",
        static("kalantar/icons.svg"),
        name,
    )
