"""Questions that every page asks: the SQL of one is written once a process, its answer is never kept.

Django takes longer to write a statement than SQLite to answer it. What is kept is the text alone, under everything it
was made from: the asker's scope, the day, the choices. So an answer is always of this moment and of this scope.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from copy import copy

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import QuerySet

from . import clock

MOST = 500  # texts a process keeps; then it begins anew
checking = False  # the tests write each text anew and compare: a key that says too little is found at once
_kept: dict[tuple, tuple] = {}


class KeyTooNarrow(AssertionError):
    """Two different questions under one key: one of them would have been answered with the other's rows."""


def rows(key: Hashable, build: Callable[[], QuerySet]) -> list:
    """The rows of a queryset, asked now.

    key : the question's name and all that `build` depends on. Of an actor that is `actor.scope()`; the zone of the
    installation is added here.
    """
    whole = (key, clock.zone().key)
    kept = _kept.get(whole)
    if kept is None or checking:
        made = _written(build())
        if kept is not None and _comparable(kept[2]) != _comparable(made[2]):
            raise KeyTooNarrow(key)
        if len(_kept) >= MOST:
            _kept.clear()
        kept = _kept[whole] = made
    queryset, compiler, text = kept
    if text is None:
        return []
    again = copy(compiler)
    again.connection = connections[queryset.db]
    vars(again)["as_sql"] = lambda *_given, **_named: text
    asked = queryset.all()
    vars(asked.query)["get_compiler"] = lambda *_given, **_named: again
    return list(asked)


def _comparable(text: tuple | None) -> tuple | None:
    """A set has no order: the same units may stand in another one."""
    return text and (text[0], sorted(map(repr, text[1])))


def _written(queryset: QuerySet) -> tuple:
    """A queryset, its compiler, and its SQL with values; None for the SQL where nothing can be found."""
    compiler = queryset.query.get_compiler(queryset.db)
    try:
        return queryset, compiler, compiler.as_sql()
    except EmptyResultSet:
        return queryset, compiler, None
