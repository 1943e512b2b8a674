"""So many wrong secrets in a quarter of an hour, and no more."""

from __future__ import annotations

import functools

from kalantar.kernel import audit, limits
from kalantar.kernel.change import Refused

from .. import rules
from ..actors import OfficerActor


def throttled(name: str, *, tries: int, over: str):
    """So many wrong secrets in a quarter of an hour. Counted before the verb and outside its transaction, since a
    refusal undoes all that the verb wrote; each is told of in the audit."""

    def wrap(function):
        @functools.wraps(function)
        def run(*args, by: OfficerActor, **kwargs):
            key = f"{name} {by.officer_id}"
            if not limits.hit(key, limit=tries, per_s=rules.WINDOW_S):
                raise Refused(over)
            try:
                done = function(*args, by=by, **kwargs)
            except Refused as no:
                audit.tried("secret.refused", by.officer, by=by, of=name, why=no.key)
                raise
            limits.clear(key)
            return done

        return run

    return wrap
