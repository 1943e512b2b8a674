"""The rail: at most seven places, those a post uses. Every room's page is one press away, never in a menu of a menu."""

from __future__ import annotations

from django.utils.translation import gettext as _

from kalantar.incidents.rules import IMPORTERS
from kalantar.kernel.links import resolve
from kalantar.people.roles import SUPERIORS


def places(request) -> list[dict]:
    """What the signed-in colleague's posts open."""
    actor = request.actor
    if actor.officer is None:
        return []
    found = [{"url": resolve("overview:morning", {}), "icon": "sunrise", "label": _("Today")}]
    if actor.stations():
        found += [
            {"url": resolve("overview:my_area", {}), "icon": "map-2", "label": _("Area")},
            {"url": resolve("incidents:list", {}), "icon": "list-details", "label": _("Incidents")},
        ]
        if actor.roles() & IMPORTERS:
            found.append({"url": resolve("incidents:imports", {}), "icon": "upload", "label": _("Imports")})
    if actor.roles() & SUPERIORS:
        found.append({"url": resolve("people:colleagues", {}), "icon": "users", "label": _("Colleagues")})
    found.append({"url": resolve("people:account", {}), "icon": "user", "label": _("My page")})
    return [place for place in found if place["url"]]
