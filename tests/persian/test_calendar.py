from datetime import date, datetime, time, timedelta

import jdatetime
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalantar.persian import InputError, calendar

# Calendar Centre, Institute of Geophysics, University of Tehran: leap years of the Solar Hijri calendar, 1206 to 1498.
LEAP_YEARS = [
    1210,
    1214,
    1218,
    1222,
    1226,
    1230,
    1234,
    1238,
    1243,
    1247,
    1251,
    1255,
    1259,
    1263,
    1267,
    1271,
    1276,
    1280,
    1284,
    1288,
    1292,
    1296,
    1300,
    1304,
    1309,
    1313,
    1317,
    1321,
    1325,
    1329,
    1333,
    1337,
    1342,
    1346,
    1350,
    1354,
    1358,
    1362,
    1366,
    1370,
    1375,
    1379,
    1383,
    1387,
    1391,
    1395,
    1399,
    1403,
    1408,
    1412,
    1416,
    1420,
    1424,
    1428,
    1432,
    1436,
    1441,
    1445,
    1449,
    1453,
    1457,
    1461,
    1465,
    1469,
    1474,
    1478,
    1482,
    1486,
    1490,
    1494,
    1498,
]

# Days everybody can look up: Nowruz of several years, and dates of public record.
KNOWN = [
    ((1279, 1, 1), (1900, 3, 21)),
    ((1300, 1, 1), (1921, 3, 21)),
    ((1357, 11, 22), (1979, 2, 11)),
    ((1375, 1, 1), (1996, 3, 20)),
    ((1378, 10, 11), (2000, 1, 1)),
    ((1399, 12, 30), (2021, 3, 20)),
    ((1400, 1, 1), (2021, 3, 21)),
    ((1403, 12, 30), (2025, 3, 20)),
    ((1404, 1, 1), (2025, 3, 21)),
    ((1405, 9, 3), (2026, 11, 24)),
    ((1408, 12, 30), (2030, 3, 20)),
]

DAYS = st.dates(date.fromordinal(calendar.FIRST_DAY), date.fromordinal(calendar.LAST_DAY))


def test_every_day_of_150_years_agrees_with_jdatetime():
    first, last = jdatetime.date(1300, 1, 1).togregorian(), jdatetime.date(1450, 12, 29).togregorian()
    ordinals = np.arange(first.toordinal(), last.toordinal() + 1)
    independent = [jdatetime.date.fromgregorian(date=date.fromordinal(n)) for n in ordinals.tolist()]
    year, month, day = calendar.ordinal_to_jalali(ordinals)
    assert year.tolist() == [one.year for one in independent]
    assert month.tolist() == [one.month for one in independent]
    assert day.tolist() == [one.day for one in independent]
    assert (calendar.jalali_to_ordinal(year, month, day) == ordinals).all()


def test_every_known_day_comes_back():
    ordinals = np.arange(calendar.FIRST_DAY, calendar.LAST_DAY + 1)
    assert (calendar.jalali_to_ordinal(*calendar.ordinal_to_jalali(ordinals)) == ordinals).all()


def test_leap_years_are_the_published_ones():
    assert [year for year in range(1206, 1499) if calendar.is_leap(year)] == LEAP_YEARS
    last_days = calendar.jalali_to_ordinal(np.arange(1206, 1499), np.full(293, 12), np.full(293, 30))
    assert (np.flatnonzero(last_days) + 1206).tolist() == LEAP_YEARS


@pytest.mark.parametrize(("jalali", "gregorian"), KNOWN)
def test_days_of_public_record(jalali, gregorian):
    assert calendar.gregorian(*jalali) == date(*gregorian)
    assert calendar.jalali(date(*gregorian)) == jalali
    assert calendar.jalali_to_ordinal(*jalali) == date(*gregorian).toordinal()


def test_days_that_do_not_exist_are_zero_in_arrays():
    year, month, day = zip(
        (1402, 12, 30),
        (1403, 12, 31),
        (1405, 7, 31),
        (1405, 0, 1),
        (1405, 13, 1),
        (1405, 1, 0),
        (1199, 1, 1),
        (1500, 1, 1),
        (-5, 1, 1),
        strict=True,
    )
    assert not calendar.jalali_to_ordinal(year, month, day).any()


def test_gregorian_arrays_agree_with_the_standard_library():
    ordinals = np.arange(date(1599, 12, 1).toordinal(), date(2401, 2, 1).toordinal())
    days = [date.fromordinal(n) for n in ordinals.tolist()]
    found = calendar.gregorian_to_ordinal(*zip(*((d.year, d.month, d.day) for d in days), strict=True))
    assert (found == ordinals).all()
    assert not calendar.gregorian_to_ordinal([1900, 2023, 2024, 2024], [2, 2, 13, 4], [29, 29, 1, 31]).any()


@pytest.mark.parametrize(
    ("parts", "key"),
    [
        ((1402, 12, 30), "leap_day"),
        ((1405, 7, 31), "no_such_day"),
        ((1405, 13, 1), "no_such_day"),
        ((1405, 1, 0), "no_such_day"),
        ((1500, 1, 1), "year_unknown"),
    ],
)
def test_a_day_that_does_not_exist_is_named(parts, key):
    with pytest.raises(InputError) as error:
        calendar.gregorian(*parts)
    assert error.value.key == key
    assert error.value.details["year"] == parts[0]


def test_days_outside_the_known_years_are_refused():
    for outside in (calendar.FIRST_DAY - 1, calendar.LAST_DAY + 1):
        with pytest.raises(InputError):
            calendar.jalali(date.fromordinal(outside))
        with pytest.raises(InputError):
            calendar.ordinal_to_jalali([outside])
    assert all(part.size == 0 for part in calendar.ordinal_to_jalali([]))


TODAY = date(2026, 11, 24)


def test_dates_are_written_as_the_style_says():
    assert calendar.day(TODAY) == "۳ آذر ۱۴۰۵"
    assert calendar.day_long(TODAY) == "سه‌شنبه، ۳ آذر ۱۴۰۵"
    assert calendar.day_short(TODAY) == "۱۴۰۵/۰۹/۰۳"
    assert calendar.month_year(TODAY) == "آذر ۱۴۰۵"
    assert calendar.clock(time(14, 30)) == calendar.clock(datetime(2026, 11, 24, 14, 30)) == "۱۴:۳۰"
    assert calendar.day(TODAY, "en") == "3 Azar 1405"
    assert calendar.day_long(TODAY, "en") == "Tuesday, 3 Azar 1405"


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        ((1405, 9, 1), (1405, 9, 7), "۱ تا ۷ آذر ۱۴۰۵"),
        ((1405, 8, 28), (1405, 9, 4), "۲۸ آبان تا ۴ آذر ۱۴۰۵"),
        ((1404, 12, 28), (1405, 1, 3), "۲۸ اسفند ۱۴۰۴ تا ۳ فروردین ۱۴۰۵"),
        ((1405, 9, 3), (1405, 9, 3), "۳ آذر ۱۴۰۵"),
    ],
)
def test_a_range_says_once_what_its_ends_share(start, end, shown):
    assert calendar.day_range(calendar.gregorian(*start), calendar.gregorian(*end)) == shown


def test_a_range_does_not_run_backwards():
    with pytest.raises(InputError):
        calendar.day_range(TODAY, TODAY - timedelta(days=1))


def test_the_week_begins_on_saturday():
    assert calendar.weekday(TODAY) == 3
    assert calendar.week_start(TODAY) == date(2026, 11, 21)
    assert calendar.WEEKDAYS["fa"][calendar.weekday(date(2026, 11, 21))] == "شنبه"


@given(DAYS)
def test_weeks_and_months_hold_their_days(day):
    assert calendar.weekday_name(day, "en") == f"{day:%A}"
    assert 0 <= (day - calendar.week_start(day)).days < 7
    assert calendar.jalali(calendar.month_start(day)).day == 1
    found = calendar.jalali(day)
    assert calendar.gregorian(*found) == day
    assert found.day <= calendar.month_length(found.year, found.month)
