"""Before each morning: findings first, then the day's code, so that both stand when the chief opens the page."""

from __future__ import annotations

from datetime import time

from kalantar.kernel import audit, clock, jobs


def ready() -> None:
    jobs.job("overview.morning", at=time(5, 30))(make_morning)


def make_morning(payload: dict) -> None:
    """Safe to run twice: the same day's findings are made anew, its code stays."""
    from kalantar.incidents import findings  # the statistics behind it take a second to load; few verbs need them

    findings.make_all(clock.today())
    findings.sweep()
    audit.stamp()
