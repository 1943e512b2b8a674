"""What the clock forgets."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypedDict

from kalantar.kernel import audit, clock, jobs, limits
from kalantar.kernel.change import verb
from kalantar.kernel.models import OutboxLine

from .. import rules
from ..actors import Actor
from ..models import Draft, Invite


class Forgotten(TypedDict):
    """How many of each were deleted."""

    invites: int
    drafts: int
    messages: int
    sessions: int
    limits: int
    jobs: int


@verb
def forget_old(*, by: Actor, now: datetime | None = None) -> Forgotten:
    """Delete what has outlived its time (kernel/retention.py): links, drafts, messages, sessions, limits, done jobs."""
    from django.contrib.sessions.models import Session

    wall, now = now or clock.wall(), now or clock.now()
    gone: Forgotten = {
        "invites": Invite.objects.filter(ends_at__lt=wall).delete()[0],
        "drafts": Draft.objects.filter(at__lt=wall - timedelta(days=rules.DRAFT_DAYS)).delete()[0],
        "messages": OutboxLine.objects.filter(at__lt=now - timedelta(days=rules.INBOX_DAYS)).delete()[0],
        "sessions": Session.objects.filter(expire_date__lt=wall).delete()[0],
        "limits": limits.sweep(),
        "jobs": jobs.sweep(),
    }
    audit.record("people.forgot", "people", by=by, **gone)
    return gone
