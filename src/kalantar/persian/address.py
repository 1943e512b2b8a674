"""Iranian address words: «خ مدرس، ک ۱۲، روبه‌روی نانوایی» in typed parts and in one canonical spelling.

Modest on purpose: it names the parts people write and leaves the rest as they wrote it. The words are those of the
postal address standard of Iran Post (street, alley, plate, floor, unit) and of everyday speech (opposite, beside).
"""

import re
from dataclasses import dataclass
from functools import cache

from kalantar.persian.digits import to_latin
from kalantar.persian.letters import normalise, search_key


@dataclass(frozen=True)
class Part:
    kind: str  # street, alley, number … ; "other" for words without a type
    name: str  # what follows the type word, stored spelling, Latin digits


# kind: the canonical word, then every other way it is written.
WORDS = {
    "province": ("استان",),
    "county": ("شهرستان",),
    "city": ("شهر",),
    "village": ("روستای", "روستا", "ده"),
    "district": ("محله", "محله ی"),
    "settlement": ("شهرک",),
    "highway": ("بزرگراه", "اتوبان", "بزرگ راه", "آزادراه"),
    "road": ("جاده",),
    "boulevard": ("بلوار", "بل", "بولوار"),
    "street": ("خیابان", "خ", "خیابون"),
    "square": ("میدان", "م", "میدون", "فلکه"),
    "crossroads": ("چهارراه", "چهار راه", "4راه", "4 راه"),
    "fork": ("سه‌راه", "سه راه", "سه راهی", "3راه"),
    "alley": ("کوچه", "ک", "کوی"),
    "dead_end": ("بن‌بست", "بن بست", "بنبست"),
    "lane": ("فرعی",),
    "number": ("پلاک", "پ", "شماره"),
    "floor": ("طبقه", "ط"),
    "unit": ("واحد",),
    "block": ("بلوک",),
    "building": ("ساختمان", "مجتمع"),
    "corner": ("نبش",),
    "crossing": ("تقاطع",),
    "opposite": ("روبه‌روی", "روبروی", "روبه‌رو", "روبرو", "رو به روی", "رو به رو", "مقابل"),
    "beside": ("جنب", "کنار", "پهلوی"),
    "behind": ("پشت",),
    "before": ("نرسیده به", "قبل از"),
    "after": ("بعد از", "پس از"),
    "between": ("بین", "حد فاصل", "حدفاصل", "مابین"),
    "start": ("ابتدای", "اول", "سر"),
    "end": ("انتهای", "ته", "آخر"),
    "inside": ("داخل", "درون"),
}
_SHORT = frozenset(("خ", "ک", "م", "پ", "ط", "بل", "ده", "سر", "ته", "اول", "آخر", "شهر"))
_LONGEST_WORD = 3


def parts(text: str) -> list[Part]:
    """The typed parts of an address, in their order.

    A type word begins a part at the start of a phrase, or after a part that already has a name; so «خیابان میدان»
    is a street, and «خ مدرس ک ۱۲ پ ۵» is three parts without a comma.
    """
    found = []
    for phrase in re.split(r"[،,؛;\n]|\s[-–/]\s", to_latin(normalise(text, lines=True))):
        found += _of_phrase(_tokens(phrase))
    return found


def canonical(text: str) -> str:
    """One spelling of an address: full type words, parted by «،», Latin digits (as stored)."""
    return "، ".join(
        f"{WORDS[part.kind][0]} {part.name}".strip() if part.kind in WORDS else part.name for part in parts(text)
    )


def match_key(text: str) -> str:
    """A key under which two spellings of one address meet."""
    return search_key(canonical(text))


def _tokens(phrase):
    phrase = re.sub(r"(?<![^\s])([خکمپط])\s*[.:]\s*", r"\1 ", phrase)
    phrase = re.sub(r"(?<![^\s])([خکپط]|پلاک|کوچه|واحد|طبقه)(?=[0-9])", r"\1 ", phrase)
    return [token for token in (token.strip(" .:()") for token in phrase.split()) if token]


def _of_phrase(tokens):
    found: list[Part] = []
    kind: str | None = None
    name: list[str] = []
    i = 0
    while i < len(tokens):
        met = _type_at(tokens, i)
        begins = met and (kind is None or name)
        if begins and met[1] in _SHORT and i + 1 >= len(tokens):
            begins = None  # a last short word is a name, not a type
        if begins:
            if kind:
                found.append(Part(kind, " ".join(name)))
            kind, name, i = met[0], [], i + met[2]
            continue
        kind = kind or "other"
        name.append(tokens[i])
        i += 1
    return [*found, Part(kind, " ".join(name))] if kind else found


def _type_at(tokens, i):
    """Kind, word as written and number of tokens of the longest type word here."""
    for length in range(min(_LONGEST_WORD, len(tokens) - i), 0, -1):
        written = " ".join(tokens[i : i + length])
        kind = _kinds().get(_key(written))
        if kind:
            return kind, written, length
    return None


def _key(word):
    return search_key(word).replace(" ", "")


@cache
def _kinds():
    return {_key(word): kind for kind, words in WORDS.items() for word in words}
