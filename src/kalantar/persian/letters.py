"""Letters: one spelling for storing, one key for finding, one key for sorting.

Sources: Unicode 15 (Arabic block and presentation forms); ISIRI 6219 (Persian letters and their code points);
CLDR 44, collation fa (آ before ا, the hamza forms before ب, پ چ ژ گ in their places).
"""

import re
import unicodedata

from kalantar.persian.digits import to_latin

ZWNJ = "\u200c"

_PERSIAN = {
    "ي": "ی",
    "ى": "ی",
    "ې": "ی",
    "ے": "ی",
    "ك": "ک",
    "ڪ": "ک",
    "ة": "ه",
    "ۀ": "ه",
    "ە": "ه",
    "ہ": "ه",
    "ھ": "ه",
    "ۂ": "ه",
    "ۓ": "ئ",
    "ٱ": "ا",
}
_GONE = dict.fromkeys(
    (
        0x0640,
        0x00AD,
        0x200B,
        0x200D,
        0x200E,
        0x200F,
        0x061C,
        0xFEFF,
        0x2060,
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
    )
)
_STORE = str.maketrans(_PERSIAN)
_FOLD = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ؤ": "و", "ئ": "ی", "ء": None, ZWNJ: None})
_ORDER = "آاءبپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی"
_RANK = {letter: chr(0x0621 + rank) for rank, letter in enumerate(_ORDER)}
_RANK.update(dict.fromkeys("أإؤئ", _RANK["ء"]))
_PRESENTED = re.compile("[\ufb50-\ufdff\ufe70-\ufefc]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")


def normalise(text: str, *, lines: bool = False) -> str:
    """The one spelling that is stored.

    Persian ye, kaf and he; no kashida, bidi control, presentation form or double space; the half-space stays,
    but never at an edge or beside a space. Digits stay as they were typed.
    lines : keep line ends (long texts); otherwise they become spaces.
    """
    if text.isascii() and not lines:
        return _plain(text)
    text = _PRESENTED.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
    text = unicodedata.normalize("NFC", _CONTROL.sub("", text.translate(_GONE))).translate(_STORE)
    text = re.sub("ه\u0654+", "ه", unicodedata.normalize("NFC", text)).replace("ی\u0654", "ئ")
    text = re.sub(f"{ZWNJ}+", ZWNJ, text)
    if lines:
        return "\n".join(_one_line(line) for line in text.splitlines()).strip("\n")
    return _one_line(text)


def search_key(text: str) -> str:
    """The key by which words are found: half-spaces, hamza, diacritics, case and digit sets make no difference."""
    if text.isascii():
        return _plain(text).lower()
    text = to_latin(normalise(text).casefold()).translate(_FOLD)
    bare = "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")
    return " ".join(unicodedata.normalize("NFC", bare).translate(_FOLD).split())


def collation_key(text: str) -> str:
    """A key whose plain code-point order is the order of a Persian list; equal letters fall back to the spelling."""
    stored = normalise(text)
    plain = "".join(
        _RANK.get(c, c) for c in to_latin(stored).casefold() if c != ZWNJ and unicodedata.category(c) != "Mn"
    )
    return f"{plain}\0{stored}"


def _plain(text):
    """The same for a text of ASCII alone, ten times as quickly: nothing in it has a second spelling."""
    return " ".join(_CONTROL.sub("", text).split())


def _one_line(text):
    return re.sub(rf"[\s{ZWNJ}]*\s[\s{ZWNJ}]*", " ", text).strip(f" {ZWNJ}")
