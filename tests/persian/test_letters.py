import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kalantar.persian import letters

PERSIAN = st.text(
    alphabet=st.sampled_from("آابپتجچژکگیيكةىئءأؤهٔ\u200c\u0640\u200f\u202a\ufeff \u00a0\n۱٢3Aaّﻻﮐ"), max_size=30
)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("كلانتري", "کلانتری"),
        ("موسى", "موسی"),
        ("نامۀ اداری", "نامه اداری"),
        ("نامهٔ", "نامه"),
        ("دایرة", "دایره"),
        ("ســلام", "سلام"),
        ("  سلام \u00a0 دنیا ", "سلام دنیا"),
        ("\u202bمتن\u202c", "متن"),
        ("می\u200cشود", "می\u200cشود"),
        ("می\u200c شود\u200c", "می شود"),
        ("می\u200c\u200cشود", "می\u200cشود"),
        ("ﮐﻼﻧﺘﺮﯼ", "کلانتری"),
        ("پلاک ۱۲", "پلاک ۱۲"),
    ],
)
def test_one_spelling_is_stored(typed, stored):
    assert letters.normalise(typed) == stored


def test_line_ends_stay_in_long_texts_only():
    assert letters.normalise("یک \n دو") == "یک دو"
    assert letters.normalise("یک \n دو", lines=True) == "یک\nدو"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("گزارش‌ها", "گزارشها"),
        ("آزادی", "ازادی"),
        ("مؤسسه", "موسسه"),
        ("مُدَرّس", "مدرس"),
        ("پلاک ۱۲", "پلاك 12"),
        ("CAFÉ", "cafe"),
        ("رئیس", "رييس"),
        ("أحمد", "احمد"),
    ],
)
def test_spellings_of_one_word_are_found_together(one, other):
    assert letters.search_key(one) == letters.search_key(other)


def test_the_order_is_that_of_the_persian_alphabet():
    alphabet = list("آابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی")
    assert sorted(alphabet[1::2] + alphabet[::2], key=letters.collation_key) == alphabet
    streets = ["یاس", "گلستان", "کاشانی", "پیروزی", "آزادی", "ژاله", "چمران", "امام", "مدرس", "بهار", "زند"]
    assert sorted(streets, key=letters.collation_key) == [
        "آزادی",
        "امام",
        "بهار",
        "پیروزی",
        "چمران",
        "زند",
        "ژاله",
        "کاشانی",
        "گلستان",
        "مدرس",
        "یاس",
    ]
    assert sorted(streets) != sorted(streets, key=letters.collation_key)  # plain code points do not do it


def test_a_word_stands_before_its_longer_form_and_arabic_letters_sort_as_persian():
    assert letters.collation_key("کلان") < letters.collation_key("کلانتری")
    assert letters.collation_key("كلانتري") == letters.collation_key("کلانتری")


@given(PERSIAN)
@example("ﻻ\u0654")
@example("ؤ\u00a0\u200c\x85ئ")
@example("ي\u0640\u0654")
def test_storing_twice_changes_nothing(text):
    once = letters.normalise(text)
    assert letters.normalise(once) == once
    assert not set(once) & set("يكىة\u0640\u200f\u202a\ufeff\u00a0\n")
    assert "  " not in once


@given(st.text())
def test_any_text_is_stored_and_keyed_without_an_error(text):
    once = letters.normalise(text)
    assert letters.normalise(once) == once
    assert letters.search_key(letters.search_key(text)) == letters.search_key(text)
    assert all(unicodedata.category(c) not in ("Cc", "Zs") or c == " " for c in once)


@given(st.text(alphabet=st.characters(max_codepoint=127), max_size=12))
@example("\x1c a\x0b\tB \x7f")
def test_plain_text_goes_a_short_way_to_the_same_place(text):
    for spelled in (letters.normalise, letters.search_key):
        assert f"{spelled(text)} م".strip() == spelled(f"{text} م"), "one Persian letter sends it the long way"
