"""Which columns of an imported table are refused before a row is read: persons (R1, R2, R4) and traits (R3).

For tables of events. A table of boundaries has a "name" of its own and is not asked.
The rules are DOMAIN §1; the words are `terms.csv`.
"""

import re
from dataclasses import dataclass
from functools import cache

from kalantar.persian.letters import search_key
from kalantar.persian.terms import Term, all_terms

LONGEST_HEADER = 200


@dataclass(frozen=True)
class Reason:
    kind: str  # "person" or "trait"
    rule: str  # "R1/R2", "R3" or "R4"
    term: str  # the term of the list that was met


def refused_column(header: str) -> Reason | None:
    """Why a column of this header is not imported; None when it may be.

    Half-spaces, underscores, capitals, joined words, Arabic letters and plurals make no difference. A place word
    beside "name" makes it a thing («نام خیابان», "station name"); beside a person it does not ("victim street").
    """
    return _met(header, ("person", "trait"))


def refused_category(label: str) -> Reason | None:
    """Why an incident type, place kind or cause of this name is not made (R3 only); None when it may be."""
    return _met(label, ("trait",))


def _met(text, kinds):
    words = _words(text)
    runs = _runs(words)
    about_a_place = bool(runs & _place_words())
    whole = "".join(words)
    met = [
        term
        for key, term in _refused_terms()
        if term.kind in kinds
        and (key == whole if term.match == "whole" else key in runs)
        and not (term.match == "unless_place" and about_a_place)
    ]
    if not met:
        return None
    first = min(met, key=lambda term: (term.kind != "trait", term.match != "anywhere", -len(term.term)))
    return Reason(first.kind, first.rule, first.term)


def _words(header):
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", str(header)[:LONGEST_HEADER])
    words = re.findall(r"[^\W_0-9]+|[0-9]+", search_key(apart))
    return [part for word in words for part in _parted(word)]


def _parted(word):
    """A joined word as the two known ones it is made of: "streetname" is street, name."""
    known = _known()
    if word in known:
        return [word]
    for cut in range(2, len(word) - 1):
        if word[:cut] in known and word[cut:] in known:
            return [word[:cut], word[cut:]]
    return [word]


def _runs(words):
    """Every run of up to five neighbouring words, joined, with and without a plural ending."""
    joined = {"".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, min(i + 5, len(words)) + 1)}
    return joined | {_singular(run) for run in joined}


def _singular(word):
    for ending in ("هایی", "های", "ها", "ies", "s"):
        if len(word) > len(ending) + 1 and word.endswith(ending):
            return word[: -len(ending)] + ("y" if ending == "ies" else "")
    return word


def _key(term):
    return search_key(term).replace(" ", "").replace("-", "")


@cache
def _refused_terms() -> tuple[tuple[str, Term], ...]:
    return tuple((_key(term.term), term) for term in all_terms() if term.kind in ("person", "trait"))


@cache
def _known() -> frozenset[str]:
    return frozenset(_key(term.term) for term in all_terms() if term.kind in ("person", "trait", "place"))


@cache
def _place_words() -> frozenset[str]:
    return frozenset(_key(term.term) for term in all_terms() if term.kind == "place")
