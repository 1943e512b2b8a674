"""Boundary files: which shape is whose, and what would be wrong with the ground, said before anything is written.

`report` what is said · `whose` `ground` `earth` the questions asked of a file · `planning` all of them together ·
`taking` drawing it in one go · `waiting` its way through the pages · `preview` its map.
"""

from .planning import planned
from .preview import drawn_of
from .report import BEAT, KINDS, KNOWN, STATION, CoverageReport, Plan, Reading, refusal_places, remaining
from .taking import import_boundaries, take_over
from .waiting import drop, look_again, look_at, take

__all__ = [
    "BEAT",
    "KINDS",
    "KNOWN",
    "STATION",
    "CoverageReport",
    "Plan",
    "Reading",
    "drawn_of",
    "drop",
    "import_boundaries",
    "look_again",
    "look_at",
    "planned",
    "refusal_places",
    "remaining",
    "take",
    "take_over",
]
