"""Personal identifiers, only so that they can be FOUND in imported data and refused. Nothing here keeps one.

Sources: national code: ten digits, the last a check digit by 11 (Civil Registration Organisation of Iran);
mobile numbers: 09 and nine digits (numbering plan of the Communications Regulatory Authority); bank cards:
ISO/IEC 7812 check digit; vehicle plates: two digits, a letter, three digits, two digits of the province.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from kalantar.persian.letters import normalise, search_key

_MOBILE = re.compile(r"(?:\+98|0098|98|0)?9[0-9]{9}")
_EMAIL = re.compile(r"[\w.+\-]{1,64}@[\w\-]{1,63}\.[\w.\-]{1,190}")
_PLATE = re.compile(r"[0-9]{2} ?(?:الف|[آ-ی]) ?[0-9]{3}(?: ?[-/|]? ?(?:ایران)? ?[0-9]{2})")
_IN_TEXT = {
    "mobile": re.compile(r"(?<![0-9])(?:\+98|0098|0)9[0-9]{2}[ \-]?[0-9]{3}[ \-]?[0-9]{4}(?![0-9])"),
    "national_code": re.compile(r"(?<![0-9])[0-9]{3}-?[0-9]{6}-?[0-9](?![0-9])"),
    "card": re.compile(r"(?<![0-9])[0-9]{4}(?:[ \-]?[0-9]{4}){3}(?![0-9])"),
    "plate": re.compile(rf"(?<![0-9]){_PLATE.pattern}(?![0-9])"),
    "email": _EMAIL,
}
_FEWEST = 3
_SHARE = {"national_code": 0.5, "mobile": 0.3, "card": 0.5, "plate": 0.3, "email": 0.3}


class Found(NamedTuple):
    kind: str  # national_code, mobile, card, plate, email
    text: str


def is_national_code(text: str) -> bool:
    """Whether ten digits carry their check digit; ten equal digits are refused."""
    return _is_code(_bare(text))


def is_mobile(text: str) -> bool:
    """Whether this is an Iranian mobile number, with 0, +98, 0098 or (as spreadsheets leave it) nothing in front."""
    return bool(_MOBILE.fullmatch(_bare(text)))


def is_card(text: str) -> bool:
    """Whether sixteen digits carry the check digit of a bank card."""
    return _is_card(_bare(text))


def looks_personal(values: Iterable) -> str | None:
    """Which identifier a column's values are, from a sample: a kind of `Found`, or None.

    A tenth of all ten-digit numbers are national codes by chance, so half of the values must be; at least three.
    A national code may have lost its leading zeros (8 or 9 digits) when at least one value has all ten.
    """
    bare = [text for text in (_bare(value) for value in values if value is not None) if text]
    if len(bare) < _FEWEST:
        return None
    whole = any(len(text) == 10 and text.isdigit() for text in bare)
    tests = {
        "mobile": lambda text: bool(_MOBILE.fullmatch(text)),
        "national_code": lambda text: _is_code(text.zfill(10) if whole and len(text) >= 8 else text),
        "card": _is_card,
        "plate": lambda text: bool(_PLATE.fullmatch(text)),
        "email": lambda text: bool(_EMAIL.fullmatch(text)),
    }
    for kind, test in tests.items():
        met = sum(map(test, bare))
        if met >= _FEWEST and met >= _SHARE[kind] * len(bare):
            return kind
    return None


def found_in(text: str) -> list[Found]:
    """Identifiers inside a free text, so that the writer can be asked to take them out."""
    plain = normalise(search_key(text))
    checks = {"national_code": is_national_code, "card": is_card}
    return [
        Found(kind, found[0])
        for kind, pattern in _IN_TEXT.items()
        for found in pattern.finditer(plain)
        if kind not in checks or checks[kind](found[0])
    ]


def _is_code(code):
    if not re.fullmatch(r"[0-9]{10}", code) or len(set(code)) == 1:
        return False
    rest = sum(int(digit) * weight for digit, weight in zip(code[:9], range(10, 1, -1), strict=True)) % 11
    return int(code[9]) == (rest if rest < 2 else 11 - rest)


def _is_card(card):
    if not re.fullmatch(r"[0-9]{16}", card) or len(set(card)) == 1:
        return False
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(card)]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _bare(value):
    text = search_key(str(value))
    return re.sub(r"[ \-]", "", text) if re.fullmatch(r"\+?[0-9 \-]+", text) else text
