"""`{% load ground %}`: names of ground and people in the page's language."""

from __future__ import annotations

from django import template

from ..names import title

register = template.Library()
register.filter("title_of", title)
