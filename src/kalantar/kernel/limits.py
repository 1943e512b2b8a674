"""One limiter for sign-in, codes and public forms, on the database so that all workers share it. It lives on real time."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import F

from . import clock, keys


def _key(name: str) -> str:
    return keys.mac("limit", name)


def hit(name: str, *, limit: int, per_s: int) -> bool:
    """Count one more and tell whether it is still within the limit. A window starts with its first hit."""
    from .models import Limit

    key, now = _key(name), clock.wall()
    with transaction.atomic():
        Limit.objects.bulk_create([Limit(key=key, window_start=now, n=0)], ignore_conflicts=True)
        Limit.objects.filter(key=key, window_start__lt=now - timedelta(seconds=per_s)).update(window_start=now, n=0)
        Limit.objects.filter(key=key).update(n=F("n") + 1)
        return Limit.objects.get(key=key).n <= limit


def is_over(name: str, *, limit: int, per_s: int) -> bool:
    """Has the limit been reached already? Counts nothing."""
    from .models import Limit

    since = clock.wall() - timedelta(seconds=per_s)
    return Limit.objects.filter(key=_key(name), window_start__gte=since, n__gte=limit).exists()


def clear(name: str) -> None:
    from .models import Limit

    Limit.objects.filter(key=_key(name)).delete()


def sweep() -> int:
    """Windows older than a day tell nothing."""
    from .models import Limit

    return Limit.objects.filter(window_start__lt=clock.wall() - timedelta(days=1)).delete()[0]
