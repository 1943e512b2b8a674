"""Who acts in this request, and in which time zone it is shown."""

from __future__ import annotations

from django.contrib.auth import get_user
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from kalantar.kernel import clock, installation

from .actors import Nobody, OfficerActor


class WhoActs:
    """`request.actor`, `request.installation`, `request.user`."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.installation = SimpleLazyObject(installation.current)
        user = get_user(request)
        request.user = user
        request.actor = OfficerActor(user) if user.is_authenticated else Nobody()
        timezone.activate(clock.zone())
        return self.get_response(request)
