import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalantar.persian import identifiers


@pytest.mark.parametrize("code", ["0499370899", "0790419904", "0084575948", "0963695398", "۰۴۹۹۳۷۰۸۹۹", "049-937089-9"])
def test_published_examples_of_the_check_digit_hold(code):
    assert identifiers.is_national_code(code)


@pytest.mark.parametrize(
    "code", ["1111111111", "0000000000", "0499370898", "049937089", "04993708999", "049937089a", ""]
)
def test_other_numbers_are_not_national_codes(code):
    assert not identifiers.is_national_code(code)


@given(st.integers(0, 10**9 - 1), st.integers(0, 8), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(head, place, change):
    body = f"{head:09}"
    full = next(
        body + check
        for check in "0123456789"
        if identifiers.is_national_code(body + check) or len(set(body + check)) == 1
    )
    wrong = full[:place] + str((int(full[place]) + change) % 10) + full[place + 1 :]
    if full[9] != "1" and len(set(full)) > 1:  # the check digit 1 serves two remainders, 1 and 10
        assert not identifiers.is_national_code(wrong)


@pytest.mark.parametrize(
    "text", ["09121234567", "۰۹۱۲۱۲۳۴۵۶۷", "+989121234567", "00989121234567", "0912 123 4567", "9121234567"]
)
def test_mobile_numbers_are_known(text):
    assert identifiers.is_mobile(text)


@pytest.mark.parametrize("text", ["02112345678", "0912123456", "091212345678", "912"])
def test_other_numbers_are_no_mobiles(text):
    assert not identifiers.is_mobile(text)


CODES = ["0499370899", "0790419904", "0084575948", "0963695398"]


@pytest.mark.parametrize(
    ("sample", "kind"),
    [
        (CODES, "national_code"),
        ([*CODES, None, "", "نامعلوم"], "national_code"),
        (["499370899", "790419904", "0963695398", "84575948"], "national_code"),
        (["09121234567", "09351234567", "09011234567"], "mobile"),
        ([9121234567, 9351234567, 9011234567], "mobile"),
        (["۱۲ ب ۳۴۵ ایران ۶۷", "44د12211", "12 الف 345 - 10"], "plate"),
        (["a@b.ir", "c.d@e.com", "x@y.org"], "email"),
        (["4111111111111111", "5555 5555 5555 4444", "4012888888881881"], "card"),
    ],
)
def test_a_column_of_identifiers_is_found(sample, kind):
    assert identifiers.looks_personal(sample) == kind


@pytest.mark.parametrize(
    "sample",
    [
        [],
        ["0499370899"],
        ["خیابان مدرس"] * 5,
        list(range(50)),
        ["2017-12-31"] * 9,
        [41.88, -87.63, 32.1],
        [f"HZ{n}" for n in range(100_000, 100_050)],
        [f"139{n:07}" for n in range(1000, 1200)],
    ],
)
def test_other_columns_are_not(sample):
    assert identifiers.looks_personal(sample) is None


def test_random_ten_digit_numbers_are_not_taken_for_codes():
    rng = np.random.default_rng(7)
    for _ in range(50):
        assert identifiers.looks_personal(rng.integers(10**9, 8 * 10**9, 200)) is None


def test_identifiers_inside_a_free_text_are_found():
    found = identifiers.found_in("شماره او ۰۹۱۲ ۱۲۳ ۴۵۶۷ و کد ملی ۰۴۹۹۳۷۰۸۹۹ است، پرونده 1234567890")
    assert {(one.kind, one.text) for one in found} == {("mobile", "0912 123 4567"), ("national_code", "0499370899")}
    assert identifiers.found_in("چراغ خیابان مدرس از ۳ آذر ۱۴۰۵ خاموش است") == []
