"""How a row changes: one named verb, one transaction, its audit line, and nobody's work overwritten."""

from __future__ import annotations

import functools

from django.db import transaction

from . import audit


class Refused(Exception):
    """A rule says no. `key` names the sentence that tells why and what to do."""

    def __init__(self, key: str, **args):
        super().__init__(key, args)
        self.key, self.details = key, args


class Overtaken(Exception):
    """Somebody else changed the row since it was read."""

    key = "overtaken"

    def __init__(self, row):
        super().__init__(f"{row._meta.label_lower}:{row.pk}")
        self.row, self.details = row, {}


def insist(refusal: str | None, **args) -> None:
    """Go on only when the rule found nothing to refuse."""
    if refusal:
        raise Refused(refusal, **args)


def verb(function):
    """A change of state: all of it happens, with at least one audit line, or none of it.

    The audit lines of a verb (and of verbs it calls) are written as the last statements before the commit, so the
    chain's lock is held as short as possible.
    """

    @functools.wraps(function)
    def run(*args, **kwargs):
        if audit.is_open():
            return function(*args, **kwargs)
        with transaction.atomic(), audit.page():
            return function(*args, **kwargs)

    run.is_verb = True
    return run


def move(row, **fields):
    """Write the step only if nobody has touched the aggregate since the row was read. `version` belongs to the root."""
    won = type(row)._base_manager.filter(pk=row.pk, version=row.version).update(version=row.version + 1, **fields)
    if not won:
        raise Overtaken(row)
    row.refresh_from_db()
    return row
