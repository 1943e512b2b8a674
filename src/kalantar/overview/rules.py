"""Who signs a morning brief. Pure."""

from __future__ import annotations

from kalantar.people.roles import Role

SIGNERS = frozenset({Role.STATION_CHIEF})
STALE_DAYS = 30  # a layer older than this is told in red (DOMAIN section 9)
DATA_LATE_HOURS = 36  # events recorded so long ago: the morning says so


def sign_refusal(*, roles: frozenset[Role], signed: bool, is_today: bool) -> str | None:
    """Why the brief may not be signed now; None when it may."""
    if not SIGNERS & roles:
        return "not_your_post"
    if signed:
        return "brief_signed_already"
    if not is_today:
        return "brief_only_today"
    return None
