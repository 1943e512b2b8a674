"""The words this product watches for: `terms.csv` is the list, this is its reader.

term : the word or phrase; half-spaces, spaces and case make no difference when headers are read.
rule : the product rule (R1/R2, R3, R4) or the style rule (S3, S12) that asks for it.
kind : person, trait: columns that are never imported. place: words beside which "name" or "plate" means a thing.
       word: never said in a text. name: stays Latin in Persian text.
match : anywhere in the header; whole header only; unless_place: anywhere, but not beside a place word.
"""

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class Term:
    term: str
    rule: str
    kind: str
    match: str


@cache
def all_terms() -> tuple[Term, ...]:
    """Every row of the list, in its order."""
    text = resources.files("kalantar.persian").joinpath("terms.csv").read_text(encoding="utf-8")
    return tuple(Term(**row) for row in csv.DictReader(text.splitlines()))


@cache
def terms(kind: str) -> dict[str, Term]:
    """The rows of one kind, by their casefolded term."""
    return {term.term.casefold(): term for term in all_terms() if term.kind == kind}
