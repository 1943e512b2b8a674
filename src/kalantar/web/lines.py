"""A room's sentence for the morning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Literal

from django.db.models import CharField, Count, QuerySet, Value
from django.db.models.aggregates import Aggregate

from kalantar.kernel import asked


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing a chief wants to know: `lines(actor, on) -> list[Line]` in a room, at most two SQL statements."""

    heading: Literal["changed", "late", "sign"]
    n: int  # how many things this is; the morning adds them up
    sentence: str  # translated, whole
    url: str = ""
    press: str = ""  # code of the button in data/words.csv
    weight: int = 0  # the heavier first
    args: dict = field(default_factory=dict)


Asked = dict[str, QuerySet | tuple[QuerySet, Aggregate]]


def tally(key: Hashable, build: Callable[[], Asked]) -> Counter[str]:
    """Several counts in one statement: name -> how many rows, or what the given aggregate says of them.

    key : the room, and all that `build` depends on, as for `asked.rows`.
    """
    found = asked.rows(("tally", key), lambda: _together(build()))
    return Counter({name: n or 0 for name, n in found})


def _together(counts: Asked) -> QuerySet:
    parts = []
    for name, query in counts.items():
        rows, aggregate = query if isinstance(query, tuple) else (query, Count("pk"))
        named = rows.order_by().annotate(what=Value(name, output_field=CharField())).values("what")
        parts.append(named.annotate(how_many=aggregate).values_list("what", "how_many"))
    return parts[0].union(*parts[1:], all=True)
