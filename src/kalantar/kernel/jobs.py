"""What the clock does. One table; the schedule is code; no second queue and no broker."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as hour

from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q

from . import clock

log = logging.getLogger("kalantar.jobs")
LEASE = timedelta(minutes=10)
TRIES = 5
WORK: dict[str, Callable] = {}
SCHEDULE: list[Slot] = []


@dataclass(frozen=True)
class Slot:
    """A job of the clock: each day at an hour of the station's time, or every so many minutes."""

    kind: str
    at: hour | None = None
    every: timedelta | None = None

    def last_before(self, now: datetime) -> datetime:
        local = clock.local(now)
        if self.at:
            slot = local.replace(hour=self.at.hour, minute=self.at.minute, second=0, microsecond=0)
            return slot if slot <= local else slot - timedelta(days=1)
        step = (self.every or timedelta(days=1)).total_seconds()
        return datetime.fromtimestamp(now.timestamp() // step * step, tz=now.tzinfo)


def job(kind: str, *, at: hour | None = None, every: timedelta | None = None):
    """Register what a kind of job does: `def work(payload)`. With `at` or `every` the clock asks for it by itself."""

    def register(function):
        WORK[kind] = function
        if at or every:
            SCHEDULE.append(Slot(kind, at, every))
        return function

    return register


def queue(kind: str, *, key: str, due_at: datetime | None = None, payload: dict | None = None):
    """Ask for work once: the same kind and key asked again while it waits is the same job; done or failed, it waits anew."""
    from .models import Job

    due_at, payload = due_at or clock.now(), payload or {}
    Job.objects.bulk_create([Job(kind=kind, key=key, due_at=due_at, payload=payload)], ignore_conflicts=True)
    Job.objects.filter(kind=kind, key=key, state__in=[Job.DONE, Job.FAILED]).update(
        state=Job.QUEUED, due_at=due_at, payload=payload, attempts=0, error="", lease_until=None
    )
    return Job.objects.get(kind=kind, key=key)


def tick(now: datetime | None = None) -> None:
    """Ask for what the schedule says is due. After a pause each kind is caught up once, not once for each day missed."""
    from .models import Job

    now = now or clock.now()
    for slot in SCHEDULE:
        when = slot.last_before(now)
        key = f"at {when.isoformat()}"
        if not Job.objects.filter(kind=slot.kind, key=key).exists():
            Job.objects.filter(kind=slot.kind, key__startswith="at ", state=Job.QUEUED).delete()
            Job.objects.bulk_create([Job(kind=slot.kind, key=key, due_at=when)], ignore_conflicts=True)


def claim():
    """Take one due job, or one whose worker died. Compare-and-set decides who won."""
    from .models import Job

    now, wall = clock.now(), clock.wall()
    due = Q(state=Job.QUEUED, due_at__lte=now) | Q(state=Job.RUNNING, lease_until__lt=wall)
    for found in Job.objects.filter(due).order_by("due_at", "pk")[:5]:
        won = Job.objects.filter(pk=found.pk, state=found.state, attempts=found.attempts).update(
            state=Job.RUNNING, attempts=F("attempts") + 1, lease_until=wall + LEASE
        )
        if won:
            return Job.objects.get(pk=found.pk)
    return None


def run(found) -> bool:
    """Do one claimed job and say how it ended. A fault is kept and tried again later, five times; then it is a named failure."""
    from .models import Job

    mine = Job.objects.filter(pk=found.pk, attempts=found.attempts)
    try:
        WORK[found.kind](found.payload)
    except Exception as fault:
        error = _told(fault)[-2000:]
        over = found.attempts >= TRIES
        log.warning("job %s failed, attempt %s", found.kind, found.attempts)
        mine.update(
            state=Job.FAILED if over else Job.QUEUED,
            error=error,
            lease_until=None,
            due_at=clock.now() + timedelta(seconds=10 * 2**found.attempts),
        )
        return False
    mine.update(state=Job.DONE, error="", lease_until=None, done_at=clock.wall())
    return True


def _told(fault: Exception) -> str:
    """Where and how a job failed. A database's own words are left out: they repeat the row that was refused."""
    if isinstance(fault, DatabaseError):
        return "".join([*traceback.format_tb(fault.__traceback__, limit=8), type(fault).__name__])
    return "".join(traceback.format_exception(fault, limit=8))


def keep_lease(kind: str, key: str) -> None:
    """A long job says that it is still alive."""
    from .models import Job

    Job.objects.filter(kind=kind, key=key, state=Job.RUNNING).update(lease_until=clock.wall() + LEASE)


def run_due(limit: int = 1000) -> int:
    """Do what is due now, and what that asks for in turn. Returns how many were done."""
    done = 0
    for _ in range(limit):
        found = claim()
        if found is None:
            break
        done += run(found)
    return done


def work(stop: Callable[[], bool], *, pause_s: float = 1.0) -> None:
    """The worker's life: tick each minute, do what is due, rest."""
    ticked = 0.0
    while not stop():
        try:
            if time.monotonic() - ticked > 60 or not ticked:
                tick()
                ticked = time.monotonic()
            if not run_due(limit=20):
                time.sleep(pause_s)
        except Exception:
            log.exception("the worker goes on")
            connection.close()
            time.sleep(pause_s)


def sweep() -> int:
    """Done jobs tell nothing after a week."""
    from .models import Job

    with transaction.atomic():
        return Job.objects.filter(state=Job.DONE, done_at__lt=clock.wall() - timedelta(days=7)).delete()[0]
