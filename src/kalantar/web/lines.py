"""A room's sentence for the morning."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


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
