"""Findings in words: the digits of the language, and never rarer than the number says."""

from __future__ import annotations

import re
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from kalantar.persian.digits import to_latin

pytestmark = pytest.mark.django_db
ON = date(2026, 5, 10)
SPAN = {"from_on": "2026-04-12", "to_on": "2026-05-09"}
CELL = {"cluster": 1, "around": 31, "low": 2, "high": 9, "level": 3, "ring": [[51.3, 35.7]] * 4}
RESULTS = {
    "rise": dict(SPAN, count=14, low=2, high=11, p=0.004, comparisons=12, series=[3, 4, 5, 14]),
    "high": dict(SPAN, count=1234, rate=41.25, like=9.5, low=300, high=800, comparisons=275),
    "hot_cells": dict(SPAN, n=126, clusters=2, cells=[CELL, dict(CELL, cluster=2)], comparisons=64),
    "repeat_place": {
        "count": 7, "total": 8, "expected": 1.5, "p": 0.0002, "comparisons": 31, "place": "", "place_kind": "shop",
        "lon": 51.3, "lat": 35.7, "dates": ["2026-03-01", "2026-05-09"],
    },
}  # fmt: skip


def a_finding(kind, *, beat=True, method="", **changed):
    return SimpleNamespace(
        pk=1, kind=kind, on=ON, method=method, parameters={"days": 90}, beat_id=1 if beat else None,
        type=SimpleNamespace(code="T-INCAR"), beat=SimpleNamespace(name="محله ۳", name_en="Beat 3"),
        result={**RESULTS.get(kind, {}), **changed},
    )  # fmt: skip


def said(kind, language, **changed):
    from kalantar.overview.said import say

    with translation.override(language):
        return say(a_finding(kind, **changed))


def words(text: str) -> str:
    return re.sub(r"<[^>]+>", " ", text)


@pytest.mark.parametrize("kind", RESULTS)
@pytest.mark.parametrize("beat", [True, False])
def test_persian_sentences_are_persian_and_english_ones_english(kind, beat):
    persian, english = said(kind, "fa", beat=beat), said(kind, "en", beat=beat)
    for text in (persian.title, persian.text):
        assert not re.search(r"[A-Za-z0-9]", text), text
        assert re.search(r"[۰-۹]", persian.text)
    for text in (english.title, english.text):
        assert not re.search(r"[؀-ۿ]", text), text
    assert "۱٬۲۳۴" in said("high", "fa").text
    assert "1,234" in said("high", "en").text


@pytest.mark.parametrize("kind", RESULTS)
@pytest.mark.parametrize("language", ["fa", "en"])
def test_no_sentence_speaks_of_chance_or_blame(kind, language):
    text = said(kind, language).title + said(kind, language).text
    for forbidden in ("probab", "chance", "significan", "احتمال", "شانس", "تصادفی", "معنادار", "مجرم", "جرم‌خیز"):
        assert forbidden not in text.lower()


@pytest.mark.parametrize("kind", RESULTS)
def test_every_finding_tells_how_many_comparisons_it_was_corrected_for(kind):
    assert f"{RESULTS[kind]['comparisons']}" in to_latin(said(kind, "fa").text)


def stated(p: float) -> float:
    """The share that the sentence names."""
    from kalantar.overview.said import rarity

    with translation.override("en"):
        text = rarity(p).replace(",", "")
    numbers = [int(n) for n in re.findall(r"\d+", text)]
    if "less than once" in text:
        return 1 / numbers[0]
    return numbers[0] / numbers[1]


@given(st.floats(min_value=1e-300, max_value=1.0))
def test_rounding_never_makes_it_rarer_than_it_is(p):
    assert stated(p) >= p * (1 - 1e-8)
    assert p < 1e-5 or stated(p) <= max(2 * p, p + 0.011)  # and not much more frequent either


@pytest.mark.parametrize(
    ("p", "numbers"),
    [(0.05, ["۵", "۱۰۰"]), (0.0041, ["۵", "۱٬۰۰۰"]), (0.00001, ["۱", "۱۰۰٬۰۰۰"]), (1e-9, ["۱۰۰٬۰۰۰"])],
)
def test_rarity_in_persian(p, numbers):
    from kalantar.overview.said import rarity

    with translation.override("fa"):
        assert re.findall(r"[۰-۹٬]+", rarity(p)) == numbers


def test_a_line_of_a_rise_begins_where_its_series_begins():
    found = said("rise", "fa")
    assert (found.first, found.last) == (date(2026, 5, 9) - timedelta(days=4 * 28), date(2026, 5, 9))
    assert 'aria-label="' in found.spark


@pytest.mark.parametrize(("language", "day"), [("fa", "۱۰ دی ۱۳۹۶"), ("en", "31 Dec 2017")])
def test_records_that_end_are_told_with_their_day_and_are_called_no_fall(language, day):
    found = said("too_few", language, beat=False, method="rise/ended", last_on="2017-12-31", usual=62.4, expected=31.0)
    assert day in found.title
    assert ("۶۲" if language == "fa" else "62") in found.text
    assert ("کم شدن نیست" if language == "fa" else "no fall") in found.text


def test_the_method_of_a_rise_in_a_whole_area_speaks_of_no_beat():
    from kalantar.overview.methods import method

    for how in ("season_and_trend", "one_season", "short_history"):
        with translation.override("fa"):
            assert "محله" not in method(SimpleNamespace(kind="rise", method=f"rise/{how}")).text


@pytest.mark.parametrize("method", ["rise/no_data", "rise/nothing", "rise/none"])
@pytest.mark.parametrize("language", ["fa", "en"])
def test_silence_is_said_in_three_ways(method, language):
    n = 3 if method == "rise/none" else 0
    text = said("too_few", language, beat=False, method=method, n=n, comparisons=20, reasons={}, series=[])
    others = {"rise/no_data", "rise/nothing", "rise/none"} - {method}
    for other in others:
        m = 3 if other == "rise/none" else 0
        different = said("too_few", language, beat=False, method=other, n=m, comparisons=20, reasons={}, series=[])
        assert different.title != text.title
    assert text.title
    assert text.text


@pytest.mark.parametrize("language", ["fa", "en"])
def test_numbers_of_a_finding_are_told_in_the_languages_digits(language):
    from kalantar.overview import methods

    with translation.override(language):
        for kind in RESULTS:
            row = a_finding(kind, method="rise/one_season")
            for label, value in methods.numbers(row):
                assert label
                wrong = r"[0-9]" if language == "fa" else r"[۰-۹]"
                assert not re.search(wrong, value), (label, value)
            told = methods.method(row)
            assert told.text
            assert told.limits


def test_the_fewest_words_for_a_place():
    title = said("repeat_place", "fa").title
    assert "محله ۳" in title
