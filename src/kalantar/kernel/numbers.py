"""Running numbers: what people say over the phone."""

from __future__ import annotations

from django.db.models import F


def take(series: str, n: int = 1) -> int:
    """Take `n` numbers of a series and return the first. Inside a transaction: the row stays locked until its end."""
    from .models import Counter

    Counter.objects.bulk_create([Counter(series=series)], ignore_conflicts=True)
    Counter.objects.filter(series=series).update(last=F("last") + n)
    return Counter.objects.get(series=series).last - n + 1
