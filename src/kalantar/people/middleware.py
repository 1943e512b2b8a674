"""Who acts in this request, and in which time zone it is shown; and the doors before every page."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib.auth import get_user
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from kalantar.kernel import clock, installation
from kalantar.kernel.change import Refused

from . import doors, sessions, verbs
from .actors import Nobody, OfficerActor


class WhoActs:
    """`request.actor`, `request.installation`, `request.user`. Every page but a short list needs a sign-in.

    A session is looked at anew in each request: a disabled colleague, an ended last post, a changed password or a
    sign-out elsewhere is felt at the next click.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.installation = SimpleLazyObject(installation.current)
        timezone.activate(clock.zone())
        request.user = get_user(request)
        request.actor = OfficerActor(request.user) if request.user.is_authenticated else Nobody()
        if request.actor.officer and (
            sessions.state(request.session, request.user) == "over" or not request.actor.posts()
        ):
            verbs.sign_out(by=request.actor, why="over")
            request.session.flush()
            request.actor = Nobody()
        # Before the address is looked up: a page that does not exist has no view to be turned away from.
        request.locked = bool(request.actor.officer) and sessions.state(request.session, request.user) == "locked"
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        """After the form token was checked, and before the page: may this page be opened now?"""
        name = request.resolver_match.view_name
        if request.actor.officer is None:
            return None if name in doors.OPEN else HttpResponseRedirect(doors.sign_in_address(request))
        session = request.session
        if request.locked:
            if sessions.lock(session):
                verbs.lock(by=request.actor, why="idle")
            return None if name in doors.WHILE_LOCKED else HttpResponseRedirect(self._lock_address(request))
        officer, factor, kind = request.actor.officer, session.get(sessions.FACTOR, "none"), request.installation.kind
        if doors.owes_factor(officer, factor, kind):
            verbs.sign_out(by=request.actor, why="over")
            session.flush()
            return HttpResponseRedirect(doors.sign_in_address(request))
        sessions.touch(session)
        first = doors.first_step(officer, factor, kind)
        if first and name not in doors.BEFORE_ALL:
            return HttpResponseRedirect(reverse(first))
        return None

    def _lock_address(self, request) -> str:
        """The lock page; behind it the page that was wanted, or the form that was sent, kept sealed."""
        wanted = request.get_full_path()
        if request.method == "POST":
            wanted = "/"
            if request.resolver_match.app_name != "people":  # passwords and codes are never kept
                try:
                    verbs.keep_draft(request.path, {"fields": kept_fields(request.POST)}, by=request.actor)
                    wanted = f"{reverse('people:kept')}?{urlencode({'page': request.path})}"
                except Refused:
                    wanted = request.path
        return f"{reverse('people:lock')}?{urlencode({'next': wanted})}"


def kept_fields(posted) -> list[list[str]]:
    return [[name, value] for name, values in posted.lists() if name != "csrfmiddlewaretoken" for value in values]
