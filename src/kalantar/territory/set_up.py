"""The first names of a demonstration's ground: everything through the verbs."""

from __future__ import annotations

from kalantar.people.models import Officer, Post, Station
from kalantar.people.roles import Role

from . import verbs
from .models import Beat, BeatOfficer


def name_beat_officers(station_code: str, *, by) -> int:
    """Share the beats of a station among its colleagues with a beat officer's post. Beats already named stay. Returns how many were named."""
    station = Station.objects.get(code=station_code)
    posts = Post.objects.filter(unit__path__startswith=station.path, role=Role.BEAT_OFFICER, to_on=None)
    colleagues = list(Officer.objects.filter(pk__in=posts.values("officer")).order_by("pk"))
    if not colleagues:
        return 0
    free = Beat.objects.visible_to(by).in_force().filter(station=station).exclude(officers__in=BeatOfficer.objects.filter(to_on=None))
    for at, beat in enumerate(free.order_by("code")):
        verbs.name_beat_officer(beat, colleagues[at % len(colleagues)], by=by)
    return len(free)
