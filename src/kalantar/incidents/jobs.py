"""What the clock does for this room: load, sweep, forget files. Each may be killed at any line and run again."""

from __future__ import annotations

from datetime import timedelta

from kalantar.kernel import clock, files, jobs
from kalantar.kernel.change import Overtaken, Refused
from kalantar.people.actors import SYSTEM

FILE_DAYS = 30  # an uploaded file is kept so long after it was loaded, to answer questions about its rows
WAITING_DAYS = 7  # and so long while nobody loads it


def ready() -> None:
    """Imported at start-up so that the jobs below are known."""


def _import(payload: dict):
    from .models import Import

    return Import.objects.filter(pk=payload["import"]).first()


@jobs.job("incidents.load_import")
def load_import(payload: dict) -> None:
    """Load a started import. Claimed again after a death, it begins anew."""
    from . import imports
    from .models import Import

    batch = _import(payload)
    if batch is None or batch.state != Import.LOADING:
        return
    try:
        imports.load(batch, by=SYSTEM, told=lambda: jobs.keep_lease("incidents.load_import", str(batch.pk)))
    except Overtaken:
        return  # somebody else loads it, or it was failed meanwhile


@jobs.job("incidents.try_import")
def try_import(payload: dict) -> None:
    """Check a large file. Nothing of it is kept but the report."""
    from . import imports, verbs
    from .models import Import

    batch = _import(payload)
    if batch is None or batch.state not in {Import.UPLOADED, Import.FAILED}:
        return
    try:
        imports.check(batch, by=SYSTEM, told=lambda: jobs.keep_lease("incidents.try_import", str(batch.pk)))
    except Refused as no:
        verbs.fail_import(batch, by=SYSTEM, key=no.key, args=no.details)
    except Overtaken:
        return  # the mapping was changed meanwhile


@jobs.job("incidents.sweep_import")
def sweep_import(payload: dict) -> None:
    """Take away the rows of an import that failed or was withdrawn."""
    from . import verbs
    from .models import Import

    batch = _import(payload)
    if batch is not None and batch.state in {Import.FAILED, Import.WITHDRAWN, Import.SWEPT}:
        verbs.sweep_import(batch, by=SYSTEM, told=lambda: jobs.keep_lease("incidents.sweep_import", str(batch.pk)))


@jobs.job("incidents.findings")
def make_findings(payload: dict) -> None:
    """Events came or went as a whole: what the morning says of the stations concerned is worked out anew."""
    from kalantar.people.models import Station

    from . import findings

    batch = _import(payload)
    touched = list((batch.report if batch else {}).get("stations", {}))
    for station in Station.objects.filter(code__in=touched):
        findings.make(station, clock.today())
        jobs.keep_lease("incidents.findings", f"{payload['import']}-{payload.get('version', 0)}")


@jobs.job("incidents.fail_silent_imports", every=timedelta(minutes=10))
def fail_silent_imports(payload: dict | None = None) -> int:
    """A loader that was killed leaves its import in `loading`: say so, and let its rows be swept."""
    from . import imports, verbs

    n = 0
    for batch in imports.stale():
        try:
            verbs.fail_import(batch, by=SYSTEM, key="import_interrupted")
            n += 1
        except Overtaken:
            continue
    return n


@jobs.job("incidents.forget_files", every=timedelta(hours=6))
def forget_files(payload: dict | None = None) -> int:
    """Uploaded files go when they have done their work."""
    from django.db.models import Q

    from . import imports, verbs
    from .models import Import

    imports.sweep_scratch()
    files.sweep_unfinished()
    now = clock.now()
    done = Q(state__in=[Import.LIVE], live_at__lt=now - timedelta(days=FILE_DAYS)) | Q(
        state__in=[Import.WITHDRAWN, Import.SWEPT]
    )
    waiting = Q(state__in=[Import.UPLOADED, Import.FAILED], made_at__lt=now - timedelta(days=WAITING_DAYS))
    n = 0
    for batch in Import.objects.filter(done | waiting).exclude(file=None, errors=None):
        verbs.forget_file(batch, by=SYSTEM)
        n += 1
    return n
