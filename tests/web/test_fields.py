"""What people type here is read: three digit sets, two calendars, Arabic ye and kaf."""

from datetime import UTC, date, datetime, time

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone, translation

from kalantar.web import fields


@pytest.mark.parametrize(
    "typed", ["1405/09/03", "۱۴۰۵/۰۹/۰۳", "١٤٠٥/٠٩/٠٣", "2026-11-24", "۳ آذر ۱۴۰۵", " 1405-9-3 ", "24 Nov 2026"]
)
def test_a_day_is_read_in_both_calendars_and_any_digits(typed):
    assert fields.JalaliDateField().clean(typed) == date(2026, 11, 24)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("1404/12/30", "leap_day"),
        ("1405/13/01", "no_such_day"),
        ("soon", "not_a_date"),
        ("05/09/03", None),
        ("", "required"),
    ],
)
def test_a_day_that_is_none_says_what_is_wrong(typed, code):
    with pytest.raises(ValidationError) as no:
        fields.JalaliDateField().clean(typed)
    assert code is None or no.value.code == code
    assert len(str(no.value.messages[0])) > 10


def test_the_leap_day_is_explained_with_its_year_in_persian():
    with translation.override("fa"), pytest.raises(ValidationError) as no:
        fields.JalaliDateField().clean("۱۴۰۴/۱۲/۳۰")
    assert "۱۴۰۴" in no.value.messages[0]
    assert "۲۹" in no.value.messages[0]


def test_a_moment_is_local_and_kept_in_utc():
    with timezone.override("Asia/Tehran"):
        assert fields.JalaliDateTimeField().clean("۱۴۰۵/۰۹/۰۳ ۱۴:۳۰") == datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
        with pytest.raises(ValidationError):
            fields.JalaliDateTimeField().clean("1405/09/03")


def test_an_hour_the_clock_leapt_over_is_refused():
    with timezone.override("America/Chicago"), pytest.raises(ValidationError) as no:
        fields.JalaliDateTimeField().clean("2017-03-12 02:30")
    assert no.value.code == "hour_does_not_exist"


def test_what_was_kept_is_shown_as_it_would_be_typed():
    with translation.override("fa"), timezone.override("Asia/Tehran"):
        assert fields.JalaliDateField().prepare_value(date(2026, 11, 24)) == "۱۴۰۵/۰۹/۰۳"
        assert fields.JalaliDateTimeField().prepare_value(datetime(2026, 11, 24, 11, tzinfo=UTC)) == "۱۴۰۵/۰۹/۰۳ ۱۴:۳۰"
        assert fields.ClockField().prepare_value(time(7, 5)) == "۰۷:۰۵"
        assert fields.DigitsIntegerField().prepare_value(14) == "۱۴"
        assert fields.JalaliDateField().prepare_value("x") == "x"


@pytest.mark.parametrize(("typed", "read"), [("۱۴:۳۰", time(14, 30)), ("1430", time(14, 30)), ("٧:٠٥", time(7, 5))])
def test_an_hour_is_read(typed, read):
    assert fields.ClockField().clean(typed) == read


@pytest.mark.parametrize(("typed", "read"), [("۱۲٬۳۴۵", 12345), ("12,345", 12345), ("١٢", 12), (" 7 ", 7), (7, 7)])
def test_a_number_is_read(typed, read):
    assert fields.DigitsIntegerField().clean(typed) == read


@pytest.mark.parametrize("typed", ["1.5", "x", "1,2", "۱۰۰۱", "-1"])
def test_a_number_that_is_none_is_refused(typed):
    with pytest.raises(ValidationError):
        fields.DigitsIntegerField(min_value=0, max_value=1000).clean(typed)


def test_text_is_kept_in_one_spelling_and_codes_in_latin_digits():
    assert fields.TextField().clean("كوچه  علي") == "کوچه علی"
    assert fields.TextField(lines=True).clean("يك\nدو").count("\n") == 1
    assert fields.CodeField().clean(" ۱۴-۰۵ ") == "14-05"


def test_lines_for_digits_run_left_to_right():
    for field in (fields.JalaliDateField(), fields.ClockField(), fields.DigitsIntegerField(), fields.CodeField()):
        assert field.widget.attrs["dir"] == "ltr"
