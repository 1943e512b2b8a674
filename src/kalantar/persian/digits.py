"""Digits and numbers: shown in Persian, kept in Latin, read in all three sets.

Source: Unicode 15, blocks Arabic and Basic Latin; CLDR 44, locale fa (decimal U+066B, thousands U+066C,
percent U+066A, minus U+2212 after a left-to-right mark).
"""

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from kalantar.persian.errors import InputError

LATIN = "0123456789"
PERSIAN = "۰۱۲۳۴۵۶۷۸۹"
ARABIC = "٠١٢٣٤٥٦٧٨٩"
MINUS = "\u200e−"

_TO_PERSIAN = str.maketrans(LATIN + ARABIC, PERSIAN * 2)
_TO_LATIN = str.maketrans(PERSIAN + ARABIC + "٫٬٪", LATIN * 2 + ".,%")
_FOR_NUMBER = str.maketrans({"−": "-", "‐": "-", "–": "-", "،": ",", "'": ",", **dict.fromkeys("\u200e\u200f\u061c")})
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?P<decimals>\.[0-9]+)?|[+-]?(?P<bare>\.[0-9]+)")


def to_persian(text) -> str:
    """Every Latin or Arabic digit as a Persian one; all else stays."""
    return str(text).translate(_TO_PERSIAN)


def in_persian(text: str) -> str:
    """A number already written in Latin digits, with Persian digits and signs: "1,020.5%" is «۱٬۰۲۰٫۵٪»."""
    return to_persian(text).replace(",", "٬").replace(".", "٫").replace("%", "٪")


def listed(text: str) -> list[str]:
    """Parts of a list with commas of either script between them."""
    return text.replace("،", ",").split(",")


def to_latin(text) -> str:
    """Every Persian or Arabic digit as a Latin one, with the decimal, thousands and percent signs."""
    return str(text).translate(_TO_LATIN)


def number(value, places: int | None = None) -> str:
    """A number as Persian readers write it: 12345 -> «۱۲٬۳۴۵», 3.5 -> «۳٫۵».

    value : int, float, Decimal or NumPy number.
    places : decimals shown, half rounded up; None shows as many as the number has (of a float, 12 figures).
    Raises InputError("not_a_number"): infinite or missing.
    """
    sign, whole, decimals = _pieces(value, places)
    text = f"{int(whole):,}".replace(",", "٬") + (f"٫{decimals}" if decimals else "")
    return (MINUS if sign else "") + to_persian(text)


def percent(value, places: int | None = 0) -> str:
    """Per cent as a number of hundredths: 12 -> «۱۲٪» (twelve in a hundred, not a share of one)."""
    return number(value, places) + "٪"


def parse_number(text: str) -> int | float:
    """Read a number in any of the three digit sets: «۱۲٬۳۴۵» -> 12345, "3.5" -> 3.5.

    Thousands must stand in threes, so that "1,5" is refused rather than guessed.
    Raises InputError("not_a_number", text).
    """
    plain = to_latin(text).translate(_FOR_NUMBER).strip()
    found = _NUMBER.fullmatch(plain) if len(plain) <= 40 else None
    if not found:
        raise InputError("not_a_number", text=str(text)[:60])
    plain = plain.replace(",", "")
    return float(plain) if found["decimals"] or found["bare"] else int(plain)


def _pieces(value, places):
    try:
        exact = Decimal(f"{value:.12g}" if isinstance(value, float) else str(value))
    except InvalidOperation:
        raise InputError("not_a_number", text=str(value)) from None
    if not exact.is_finite():
        raise InputError("not_a_number", text=str(value))
    if places is not None:
        exact = exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    text = f"{abs(exact):f}"
    whole, _, decimals = text.partition(".")
    if places is None:
        decimals = decimals.rstrip("0")
    return exact < 0, whole, decimals
