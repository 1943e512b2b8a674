"""Somebody is told: a line in the verb's own transaction, so that nobody is told what did not happen."""

from __future__ import annotations

from . import clock


def tell(kind: str, *, to, page: tuple[str, dict] | None = None, **args) -> None:
    """Put one line into a colleague's inbox. `kind` names the sentence, `page` the url name and its arguments."""
    from .models import OutboxLine

    name, page_args = page or ("", {})
    OutboxLine.objects.create(kind=kind, to_id=to.pk, page=name, page_args=page_args, args=args, at=clock.now())


def waiting(to_id: int):
    """What this colleague has not read yet, newest first."""
    from .models import OutboxLine

    return OutboxLine.objects.filter(to_id=to_id, read_at=None).order_by("-id")
