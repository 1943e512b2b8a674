"""Which pages open without a sign-in, and what comes before everything else after it."""

from __future__ import annotations

from django.urls import reverse

from . import rules

# The whole list of what a visitor may open. The matrix holds every other address to a sign-in.
OPEN = frozenset(
    {
        "people:sign_in",
        "people:second_factor",
        "people:join",
        "people:join_code",
        "web:language",
        "web:theme",
    }
)
WHILE_LOCKED = frozenset({"people:lock", "people:unlock", "people:sign_out", "web:language", "web:theme"})
BEFORE_ALL = frozenset(
    {
        "people:password",
        "people:set_up_second_factor",
        "people:begin_second_factor",
        "people:second_factor_picture",
        "people:code_card",
        "people:sign_out",
        "people:lock",
        "people:unlock",
        "web:language",
        "web:theme",
    }
)


def first_step(officer, factor: str, kind: str) -> str:
    """The page this colleague must go through before any other, or ""."""
    if officer.must_change_password:
        return "people:password"
    if factor == "none" and rules.needs_second_factor(kind) and not officer.has_second_factor():
        return "people:set_up_second_factor"
    return ""


def owes_factor(officer, factor: str, kind: str) -> bool:
    """A session that began with the password alone is over once a second factor was set up elsewhere: whoever knows
    only the password would else stay in."""
    return factor == "none" and rules.needs_second_factor(kind) and officer.has_second_factor()


def sign_in_address(request) -> str:
    """The sign-in page, and afterwards back to the page that was wanted."""
    address = reverse("people:sign_in")
    wanted = request.get_full_path()
    if request.method == "GET" and wanted != "/":
        from urllib.parse import urlencode

        return f"{address}?{urlencode({'next': wanted})}"
    return address
