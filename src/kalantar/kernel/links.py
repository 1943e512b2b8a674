"""A message stores a page's name and its arguments; here they become an address."""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse


def resolve(name: str, args: dict) -> str:
    """The address of a page, or "" when that page is not in this version any more."""
    if not name:
        return ""
    try:
        return reverse(name, kwargs=args)
    except NoReverseMatch:
        return ""
