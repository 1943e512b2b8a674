"""What a file's rows become: arrays of one length, and a list of what is wrong with the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from kalantar.web import words

from . import rules, types

EPOCH = date(1970, 1, 1).toordinal()
NO_TIME = np.iinfo(np.int64).min
MAX_ERRORS = 100_000
TYPES = words.codes("incident_type")
KINDS = words.codes("place_kind")


@dataclass(frozen=True)
class RowError:
    """One thing that is wrong with one row. `value` is what stood there; left empty where it may concern a person."""

    row: int
    column: str
    value: str
    key: str
    args: dict = field(default_factory=dict)


class Errors:
    """All faults counted, the first hundred thousand kept."""

    def __init__(self):
        self.counts: Counter[str] = Counter()
        self.kept: list[RowError] = []

    def add(
        self, key: str, rows: Sequence[int], column: str, values: Iterable[str], args: Sequence[dict] | None = None
    ) -> None:
        n = len(rows)
        self.counts[key] += n
        room = max(0, MAX_ERRORS - len(self.kept))
        for at, (row, value) in enumerate(zip(rows[:room], values, strict=False)):
            self.kept.append(RowError(int(row), column, str(value)[:200], key, args[at] if args else {}))

    @property
    def total(self) -> int:
        return self.counts.total()


@dataclass(frozen=True)
class Rows:
    """Rows that may come in, as arrays of one length. Texts are Arrow columns or None where no column holds them."""

    row: np.ndarray  # number in the file, int32
    type: np.ndarray  # place in TYPES, int16
    at: np.ndarray  # minutes since 1970 in UTC, int64
    to: np.ndarray  # the same; NO_TIME where no end is told
    known: np.ndarray  # is the hour known, bool
    day: np.ndarray  # local day, days since 1970, int32
    kind: np.ndarray  # place in KINDS, int8
    lon: np.ndarray  # NaN where none
    lat: np.ndarray
    beat: np.ndarray  # -1: waits for a place
    station: np.ndarray  # of the beat; where there is none the stated one, or -1
    same: np.ndarray  # digest of what, when, where, uint64
    place_text: pa.Array | None
    external_ref: pa.Array | None

    def __len__(self) -> int:
        return len(self.row)

    def taken(self, which: np.ndarray) -> Rows:
        """Rows by mask or by position."""
        if which.dtype == bool:
            which = np.flatnonzero(which)
        made: list[Any] = [
            None if v is None else v[which] if isinstance(v, np.ndarray) else v.take(pa.array(which))
            for v in self._values()
        ]
        return Rows(*made)

    def _values(self) -> list[Any]:
        return [getattr(self, f.name) for f in fields(self)]

    @staticmethod
    def joined(parts: list[Rows]) -> Rows:
        made: list[Any] = []
        for f in fields(Rows):
            values = [getattr(part, f.name) for part in parts]
            if values[0] is None:
                made.append(None)
            elif isinstance(values[0], np.ndarray):
                made.append(np.concatenate(values))
            else:
                made.append(pa.concat_arrays(values))
        return Rows(*made)


@cache
def shown_table() -> np.ndarray:
    """How each type at each kind of place may be shown (R14)."""
    return np.array(
        [
            [
                rules.shown_as(
                    code=code,
                    violent=types.is_violent(code),
                    never_drawn=code in types.NEVER_DRAWN,
                    building=code in types.BUILDING,
                    place_kind=kind,
                )
                for kind in KINDS
            ]
            for code in TYPES
        ],
        np.int8,
    )
