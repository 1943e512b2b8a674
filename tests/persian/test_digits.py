from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalantar.persian import InputError, digits


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (12345, "۱۲٬۳۴۵"),
        (3.5, "۳٫۵"),
        (0, "۰"),
        (1_000_000, "۱٬۰۰۰٬۰۰۰"),
        (999, "۹۹۹"),
        (Decimal("2.50"), "۲٫۵"),
        (np.int64(1200), "۱٬۲۰۰"),
        (np.float32(0.5), "۰٫۵"),
        (0.1 + 0.2, "۰٫۳"),
        (-5, "\u200e−۵"),
    ],
)
def test_numbers_are_written_as_persian_readers_write_them(value, shown):
    assert digits.number(value) == shown


def test_places_round_half_up_and_are_kept():
    assert digits.number(3.25, 1) == "۳٫۳"
    assert digits.number(3, 2) == "۳٫۰۰"
    assert digits.number(-0.04, 1) == "۰٫۰"


def test_percent_is_a_number_of_hundredths():
    assert digits.percent(12) == "۱۲٪"
    assert digits.percent(12.34, 1) == "۱۲٫۳٪"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), None, "twelve"])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(InputError) as error:
        digits.number(value)
    assert error.value.key == "not_a_number"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("۱۲٬۳۴۵", 12345),
        ("٣٫٥", 3.5),
        ("12,345.5", 12345.5),
        (" −7 ", -7),
        ("۰۰۷", 7),
        (".5", 0.5),
        ("\u200e−۵", -5),
        ("۱۲،۳۴۵", 12345),
    ],
)
def test_three_digit_sets_are_read(text, value):
    found = digits.parse_number(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("text", ["", "1,5", "12,34,5", "1.2.3", "۵ مورد", "1e5", "--3", "9" * 50, "½", "१२"])
def test_nothing_is_guessed(text):
    with pytest.raises(InputError):
        digits.parse_number(text)


@given(st.integers(-(10**15), 10**15))
def test_a_whole_number_comes_back(value):
    assert digits.parse_number(digits.number(value)) == value


@given(st.integers(-(10**9), 10**9), st.integers(0, 4))
def test_a_decimal_comes_back(value, places):
    exact = Decimal(value).scaleb(-places)
    assert digits.parse_number(digits.number(exact)) == pytest.approx(float(exact))


@given(st.text())
def test_digit_sets_change_nothing_else(text):
    assert len(digits.to_persian(text)) == len(digits.to_latin(text)) == len(text)
    assert digits.to_latin(digits.to_persian(text)) == digits.to_latin(text)


def test_a_number_written_elsewhere_gets_persian_digits_and_signs():
    assert digits.in_persian("1,020.5%") == "۱٬۰۲۰٫۵٪"
    assert digits.listed("a,b،c") == ["a", "b", "c"]
