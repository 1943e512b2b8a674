import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalantar.persian import address
from kalantar.persian.address import Part


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("خ مدرس، ک ۱۲، روبه‌روی نانوایی", [("street", "مدرس"), ("alley", "12"), ("opposite", "نانوایی")]),
        ("خیابان مدرس کوچه ۱۲ پلاک ۵", [("street", "مدرس"), ("alley", "12"), ("number", "5")]),
        ("خ. امام خميني ک.12 پ5 واحد ۳", [("street", "امام خمینی"), ("alley", "12"), ("number", "5"), ("unit", "3")]),
        ("بل معلم - جنب بانک ملی", [("boulevard", "معلم"), ("beside", "بانک ملی")]),
        ("م آزادی، نرسیده به چهار راه دانش", [("square", "آزادی"), ("before", "چهار راه دانش")]),
        ("خیابان میدان", [("street", "میدان")]),
        ("بازار بزرگ", [("other", "بازار بزرگ")]),
        ("خ ولی‌عصر رو به رو پارک", [("street", "ولی‌عصر"), ("opposite", "پارک")]),
        ("", []),
        ("،،", []),
    ],
)
def test_an_address_falls_into_its_parts(text, parts):
    assert address.parts(text) == [Part(*part) for part in parts]


def test_spellings_of_one_address_meet():
    spellings = ["خ مدرس، ک ۱۲، روبه‌روی نانوایی", "خیابان مدرس کوچه 12 روبروی نانوایی", "خ. مدرس ک.١٢ مقابل نانوایی"]
    assert len({address.match_key(text) for text in spellings}) == 1
    assert address.canonical(spellings[0]) == "خیابان مدرس، کوچه 12، روبه‌روی نانوایی"


@given(st.text(alphabet=st.sampled_from("خکمپ مدرس،۱۲12.-\u200cنبش روی"), max_size=40))
def test_the_canonical_spelling_is_stable_in_what_it_names(text):
    once = address.canonical(text)
    assert address.match_key(once) == address.match_key(address.canonical(once))
