"""What I was told."""

from __future__ import annotations

from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from kalantar.web.answer import answer, went

from .. import queries, verbs
from ..inbox import shown

SHOWN = 100


@require_safe
def inbox(request):
    """The newest hundred messages; older ones are deleted after ninety days."""
    messages = [shown(line) for line in queries.inbox(request.actor)[:SHOWN]]
    return answer(
        request,
        "people/inbox.html",
        told=messages,
        newest=messages[0].pk if messages else 0,
        unread=sum(message.is_new for message in messages),
    )


@require_POST
def read(request):
    """All that was on the page is read."""
    newest = request.POST.get("newest", "")
    is_number = newest.isascii() and newest.isdigit() and len(newest) < 19
    verbs.read_inbox(by=request.actor, up_to=int(newest) if is_number else None)
    return went(reverse("people:inbox"))
