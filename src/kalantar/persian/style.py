"""Faults of style in Persian text: letters, half-spaces, digits, marks, length and words.

Source: the style chapter of the product's glossary (rules 1 to 12), which follows «دستور خط فارسی» of the Academy of
Persian Language and Literature for half-spaces and marks.
"""

import re
from dataclasses import dataclass

from kalantar.persian.terms import terms


@dataclass(frozen=True)
class Fault:
    rule: int  # the rule of the style chapter (1 to 12)
    key: str  # snake_case name of the fault
    found: str  # what stands there
    at: int  # where, in characters

    def __str__(self):
        return f"{self.key.replace('_', ' ')} at {self.at + 1}: {self.found!r} (style rule {self.rule})"


_ZWNJ = "\u200c"
_L = "آ-یپچژگءئؤأ"  # Persian letters, inside brackets
_AFTER_PLURAL = f"(?:ها|های|هایی|هایم|هایت|هایش|هایمان|هایتان|هایشان)(?![{_L}{_ZWNJ}])"
_RULES = [
    (rule, key, re.compile(pattern))
    for rule, key, pattern in (
        (1, "exclamation_mark", "[!！]"),
        (4, "arabic_ye", "[يى]"),
        (4, "arabic_kaf", "ك"),
        (4, "arabic_he", "ة"),
        (4, "kashida", "ـ+"),
        (4, "hamza_over_he", "ۀ|ه\u0654"),
        (5, "space_after_mi", f"(?<![{_L}{_ZWNJ}])ن?می +(?=[{_L}])"),
        (5, "space_before_ha", f"(?<=[{_L}]) +{_AFTER_PLURAL}"),
        (5, "double_space", r"(?<=\S) {2,}(?=\S)"),
        (6, "latin_digits", "[0-9]+"),
        (6, "arabic_digits", "[٠-٩]+"),
        (6, "latin_percent", "%"),
        (8, "space_before_mark", " +[،؛؟:.](?!\\.)"),
        (8, "no_space_after_mark", f"[،؛؟](?=[{_L}A-Za-z۰-۹(«])"),
        (8, "latin_mark", "[,;?]"),
        (8, "other_quotes", '["“”„]'),
        (8, "space_in_brackets", r"[(«] +| +[)»]"),
    )
]
_SET_ASIDE = re.compile(r"%\([a-z_]+\)[sd]|%[sd%]|\{[^{}]*\}|<[^<>]*>|&[a-z]+;")
_WORD = re.compile(r"[A-Za-z](?:[A-Za-z0-9.\-]*[A-Za-z0-9])?")
_SENTENCE = re.compile(r"[^.؟؛\n]+")
_LONGEST = 15


def faults(text: str) -> list[Fault]:
    """What in a Persian text breaks the house style (letters, half-spaces, digits, marks, words), in its order.

    Placeholders and tags are set aside; names that stay Latin are the `name` rows of terms.csv.
    """
    shown = _SET_ASIDE.sub(lambda found: "\ufffc" * len(found[0]), text)
    met = []
    names = terms("name")
    for found in _WORD.finditer(shown):
        if found[0].casefold() in names:
            shown = shown[: found.start()] + "\ufffc" * len(found[0]) + shown[found.end() :]
        else:
            met.append(Fault(3, "english_word", found[0], found.start()))
    for rule, key, pattern in _RULES:
        met += [Fault(rule, key, found[0], found.start()) for found in pattern.finditer(shown)]
    for sentence in _SENTENCE.finditer(shown):
        if len(sentence[0].split()) > _LONGEST:
            met.append(Fault(1, "long_sentence", sentence[0].strip(), sentence.start()))
    met += _forbidden(shown)
    return sorted(set(met), key=lambda fault: (fault.at, fault.rule, fault.key))


def _forbidden(text):
    for term in terms("word").values():
        pattern = "[ \u200c]?".join(re.escape(part) for part in re.split("[ \u200c]", term.term))
        for found in re.finditer(f"(?<![{_L}{_ZWNJ}]){pattern}(?![{_L}])", text):
            yield Fault(12, "forbidden_word", found[0], found.start())
