"""How ground is called: in the language of the page, with its digits."""

from __future__ import annotations

from kalantar.web import show
from kalantar.web.words import language, word


def title(row) -> str:
    """The name of a station, an officer or a boundary in the page's language, and its digits."""
    return show.digits((language() == "en" and row.name_en) or row.name)


def given_names(code: str) -> tuple[str, str]:
    """The Persian and the English name of a beat whose file names none."""
    return f"{word('ground', 'beat', 'fa')} {code}", f"{word('ground', 'beat', 'en')} {code}"
