"""Numbers, days and hours as pages write them, in both languages."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.template import Context, Template
from django.utils import timezone, translation

from kalantar.web import show

NIGHT = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)  # 14:30 in Tehran


@pytest.fixture(autouse=True)
def _tehran():
    with timezone.override("Asia/Tehran"):
        yield


def both(function, *args):
    with translation.override("fa"):
        persian = function(*args)
    with translation.override("en"):
        return persian, function(*args)


@pytest.mark.parametrize(
    ("value", "persian", "english"),
    [
        (12345, "۱۲٬۳۴۵", "12,345"),
        (0, "۰", "0"),
        (3.5, "۳٫۵", "3.5"),
        ("14-05-018342", "۱۴-۰۵-۰۱۸۳۴۲", "14-05-018342"),
        (None, "", ""),
        ("", "", ""),
    ],
)
def test_a_number_is_written_in_the_digits_of_the_page(value, persian, english):
    assert both(show.digits, value) == (persian, english)


def test_decimals_are_fixed_when_asked():
    assert both(show.digits, 2.0, 1) == ("۲٫۰", "2.0")


def test_the_percent_sign_stands_left_of_its_persian_figure():
    assert both(show.percent, 88) == ("۸۸\u200f٪", "88%")


@pytest.mark.parametrize(
    ("function", "persian", "english"),
    [
        (show.day, "۳ آذر ۱۴۰۵", "24 Nov 2026"),
        (show.day_long, "سه‌شنبه، ۳ آذر ۱۴۰۵", "Tuesday, 24 November 2026"),
        (show.day_short, "۱۴۰۵/۰۹/۰۳", "2026-11-24"),
        (show.day_month, "۳ آذر", "24 Nov"),
        (show.clock, "۱۴:۳۰", "14:30"),
        (show.moment, "۳ آذر ۱۴۰۵، ۱۴:۳۰", "24 Nov 2026, 14:30"),
    ],
)
def test_a_moment_is_shown_in_the_calendar_of_the_page(function, persian, english):
    assert both(function, NIGHT) == (persian, english)
    assert both(function, None) == ("", "")


def test_the_day_turns_at_the_midnight_of_the_station_not_of_utc():
    before, after = datetime(2026, 11, 24, 20, 29, tzinfo=UTC), datetime(2026, 11, 24, 20, 30, tzinfo=UTC)
    assert show.as_day(before) == date(2026, 11, 24)
    assert show.as_day(after) == date(2026, 11, 25)


def test_a_record_without_an_hour_shows_only_its_day():
    assert both(show.moment, date(2026, 11, 24)) == ("۳ آذر ۱۴۰۵", "24 Nov 2026")
    assert both(show.clock, time(7, 5)) == ("۰۷:۰۵", "07:05")


@pytest.mark.parametrize(
    ("ago", "persian", "english"),
    [
        (timedelta(seconds=20), "همین حالا", "just now"),
        (timedelta(minutes=1), "۱ دقیقه پیش", "1 minute ago"),
        (timedelta(minutes=59), "۵۹ دقیقه پیش", "59 minutes ago"),
        (timedelta(hours=48), "۴۸ ساعت پیش", "48 hours ago"),
        (timedelta(hours=48, seconds=1), "۱ آذر ۱۴۰۵، ۱۴:۲۹", "22 Nov 2026, 14:29"),
        (timedelta(minutes=-5), "۳ آذر ۱۴۰۵، ۱۴:۳۵", "24 Nov 2026, 14:35"),
    ],
)
def test_how_long_ago_is_said_within_48_hours_only(ago, persian, english):
    assert both(show.since, NIGHT - ago, NIGHT) == (persian, english)


def test_a_count_says_where_it_stopped_counting():
    assert both(show.count, 10_000) == ("۱۰٬۰۰۰", "10,000")
    assert both(show.count, 10_001) == ("بیش از ۱۰٬۰۰۰", "more than 10,000")


def test_tags_isolate_numbers_and_codes():
    page = Template('{% number 1405 %}{% code "14-05" %}{% code "7C1F" %}{{ 1405|digits:"plain" }}{{ 9|digits }}')
    with translation.override("fa"):
        assert page.render(Context()) == (
            '<bdi class="num">۱٬۴۰۵</bdi><bdi class="num" dir="ltr">۱۴-۰۵</bdi>'
            '<bdi class="num" dir="ltr">7C1F</bdi>۱۴۰۵۹'
        )


def test_what_is_shown_is_escaped():
    page = Template("{% number evil %}{% code evil %}{{ evil|digits }}{% icon evil %}")
    assert "<script" not in page.render(Context({"evil": "<script>1</script>"}))


def test_a_status_is_icon_and_word_and_only_lateness_has_a_colour():
    page = Template('{% status "status_import" "live" %}|{% status "status_import" "failed" %}')
    with translation.override("en"):
        live, failed = page.render(Context()).split("|")
    assert "Imported" in live
    assert "#check" in live
    assert 'class="st"' in live
    assert 'class="st late"' in failed
