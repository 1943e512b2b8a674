"""What a Persian page says for an English sentence: tests hold the page to its meaning, translators to its wording."""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import gettext, ngettext

from kalantar.persian.digits import to_persian


def fa(sentence: str, **args) -> str:
    with translation.override("fa"):
        text = gettext(sentence)
    assert text != sentence, f"not translated: {sentence}"
    return text % {name: to_persian(str(value)) for name, value in args.items()}


def fa_n(one: str, many: str, n: int) -> str:
    with translation.override("fa"):
        text = ngettext(one, many, n)
    assert text not in {one, many}, f"not translated: {one}"
    return text % {"n": to_persian(str(n))}


def pressed(code: str) -> str:
    """The word on a button."""
    from kalantar.web.words import word

    return word("button", code, lang="fa")
