"""The Jalali calendar: conversion (one date, or arrays of them), names, and dates as Persian readers write them.

Days are Python ordinals (`date.toordinal`): 1 is 1 January of year 1, and 0 never is a day.
Years 1200 to 1499 are known; in them leap years are those with the remainders 1, 5, 9, 13, 17, 22, 26 and 30 by 33,
which is the table of the Calendar Centre, Institute of Geophysics, University of Tehran (1206 to 1498).
One date goes through jdatetime, arrays through the table here: the tests hold them equal on every day.
"""

from datetime import date, datetime, time, timedelta
from typing import NamedTuple

import jdatetime
import numpy as np

from kalantar.persian.digits import to_latin, to_persian
from kalantar.persian.errors import InputError
from kalantar.persian.letters import search_key

FIRST_YEAR, LAST_YEAR = 1200, 1499
UNIX_EPOCH = 719163  # ordinal of 1 January 1970: `ordinals - UNIX_EPOCH` are numpy datetime64[D]

MONTHS = {
    "fa": ("فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور", "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند"),
    "en": (
        "Farvardin",
        "Ordibehesht",
        "Khordad",
        "Tir",
        "Mordad",
        "Shahrivar",
        "Mehr",
        "Aban",
        "Azar",
        "Dey",
        "Bahman",
        "Esfand",
    ),
}
GREGORIAN_MONTHS = {
    "fa": ("ژانویه", "فوریه", "مارس", "آوریل", "مه", "ژوئن", "ژوئیه", "اوت", "سپتامبر", "اکتبر", "نوامبر", "دسامبر"),
    "en": (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
}
WEEKDAYS = {  # Saturday first
    "fa": ("شنبه", "یکشنبه", "دوشنبه", "سه‌شنبه", "چهارشنبه", "پنجشنبه", "جمعه"),
    "en": ("Saturday", "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday"),
}

_LEAP = frozenset((1, 5, 9, 13, 17, 22, 26, 30))
_LENGTHS = np.array([0, 31, 31, 31, 31, 31, 31, 30, 30, 30, 30, 30, 29])
_BEFORE = np.array([0, 0, 31, 62, 93, 124, 155, 186, 216, 246, 276, 306, 336])
_LEAPS = np.array([year % 33 in _LEAP for year in range(FIRST_YEAR, LAST_YEAR + 1)])
_STARTS = jdatetime.date(FIRST_YEAR, 1, 1).togregorian().toordinal() + np.concatenate(([0], np.cumsum(365 + _LEAPS)))
FIRST_DAY, LAST_DAY = int(_STARTS[0]), int(_STARTS[-1]) - 1
_GREGORIAN_LENGTHS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


class Jalali(NamedTuple):
    year: int
    month: int
    day: int


def jalali(value: date) -> Jalali:
    """The Jalali date of a date or a datetime (its own wall date). Raises InputError("year_unknown")."""
    value = _date(value)
    if not FIRST_DAY <= value.toordinal() <= LAST_DAY:
        raise InputError("year_unknown", year=value.year)
    found = jdatetime.date.fromgregorian(date=value)
    return Jalali(found.year, found.month, found.day)


def gregorian(year: int, month: int, day: int) -> date:
    """The date of a Jalali day.

    Raises InputError: "year_unknown", "leap_day" (30 Esfand of a common year), "no_such_day".
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise InputError("year_unknown", year=year)
    if month == 12 and day == 30 and not is_leap(year):
        raise InputError("leap_day", year=year)
    if not 1 <= month <= 12 or not 1 <= day <= month_length(year, month):
        raise InputError("no_such_day", year=year, month=month, day=day)
    return jdatetime.date(year, month, day).togregorian()


def is_leap(year: int) -> bool:
    """Whether Esfand of this Jalali year has 30 days."""
    return year % 33 in _LEAP


def month_length(year: int, month: int) -> int:
    """Days of a Jalali month."""
    return int(_LENGTHS[month]) + (month == 12 and is_leap(year))


def jalali_to_ordinal(year, month, day) -> np.ndarray:
    """Ordinals of Jalali days, as int64; 0 where there is no such day. Arrays of one shape, or scalars."""
    year, month, day = (np.asarray(part, dtype=np.int64) for part in (year, month, day))
    known = (year >= FIRST_YEAR) & (year <= LAST_YEAR) & (month >= 1) & (month <= 12)
    y, m = np.where(known, year - FIRST_YEAR, 0), np.where(known, month, 1)
    known &= (day >= 1) & (day <= _LENGTHS[m] + (_LEAPS[y] & (m == 12)))
    return np.where(known, _STARTS[y] + _BEFORE[m] + day - 1, 0)


def ordinal_to_jalali(ordinals) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Year, month and day (int64) of ordinals. Raises InputError("year_unknown") outside 1200 to 1499."""
    ordinals = np.asarray(ordinals, dtype=np.int64)
    if ordinals.size and not (ordinals.min() >= FIRST_DAY and ordinals.max() <= LAST_DAY):
        raise InputError("year_unknown", year=None)
    row = np.searchsorted(_STARTS, ordinals, side="right") - 1
    past = ordinals - _STARTS[row]
    late = past >= 186
    month = np.where(late, (past - 186) // 30 + 7, past // 31 + 1)
    return row + FIRST_YEAR, month, past - _BEFORE[month] + 1


def gregorian_to_ordinal(year, month, day) -> np.ndarray:
    """Ordinals of Gregorian days, as int64; 0 where there is no such day (years 1 to 9999)."""
    year, month, day = (np.asarray(part, dtype=np.int64) for part in (year, month, day))
    known = (year >= 1) & (year <= 9999) & (month >= 1) & (month <= 12)
    y, m = np.where(known, year, 1), np.where(known, month, 1)
    leap = (y % 4 == 0) & ((y % 100 != 0) | (y % 400 == 0))
    known &= (day >= 1) & (day <= _GREGORIAN_LENGTHS[m] + (leap & (m == 2)))
    before = (367 * m - 362) // 12 - np.where(m <= 2, 0, 2 - leap)
    past = 365 * (y - 1) + (y - 1) // 4 - (y - 1) // 100 + (y - 1) // 400
    return np.where(known, past + before + day, 0)


def weekday(value: date) -> int:
    """Saturday 0 … Friday 6."""
    return (value.weekday() + 2) % 7


def week_start(value: date) -> date:
    """The Saturday that begins this day's week."""
    value = _date(value)
    return value - timedelta(days=weekday(value))


def month_start(value: date) -> date:
    """The first day of this day's Jalali month."""
    value = _date(value)
    return value - timedelta(days=jalali(value).day - 1)


def month_name(month: int, language: str = "fa") -> str:
    return MONTHS[language][month - 1]


def weekday_name(value: date, language: str = "fa") -> str:
    return WEEKDAYS[language][weekday(value)]


def day(value: date, language: str = "fa") -> str:
    """«۳ آذر ۱۴۰۵», or "3 Azar 1405"."""
    found = jalali(value)
    return _digits(f"{found.day} {month_name(found.month, language)} {found.year}", language)


def day_long(value: date, language: str = "fa") -> str:
    """«سه‌شنبه، ۳ آذر ۱۴۰۵», or "Tuesday, 3 Azar 1405"."""
    return f"{weekday_name(value, language)}{'،' if language == 'fa' else ','} {day(value, language)}"


def day_short(value: date, language: str = "fa") -> str:
    """«۱۴۰۵/۰۹/۰۳», or "1405/09/03"."""
    found = jalali(value)
    return _digits(f"{found.year}/{found.month:02}/{found.day:02}", language)


def month_year(value: date, language: str = "fa") -> str:
    """«آذر ۱۴۰۵», or "Azar 1405"."""
    found = jalali(value)
    return _digits(f"{month_name(found.month, language)} {found.year}", language)


def clock(value: time | datetime, language: str = "fa") -> str:
    """«۱۴:۳۰», 24 hours; the time as it stands, without a change of zone."""
    return _digits(f"{value.hour:02}:{value.minute:02}", language)


def day_range(start: date, end: date, language: str = "fa") -> str:
    """«۱ تا ۷ آذر ۱۴۰۵»; what two ends share is said once. Raises InputError("range_backwards")."""
    first, last = jalali(start), jalali(end)
    if first > last:
        raise InputError("range_backwards", start=_date(start), end=_date(end))
    if first == last:
        return day(end, language)
    opening = day(start, language)
    if first.year == last.year:
        opening = f"{first.day}"
        if first.month != last.month:
            opening += f" {month_name(first.month, language)}"
    return f"{_digits(opening, language)} {'تا' if language == 'fa' else 'to'} {day(end, language)}"


def month_numbers() -> dict[str, tuple[str, int]]:
    """Search key of every month name -> (calendar, number); English Gregorian ones also by three letters."""
    found = {}
    for language in ("fa", "en"):
        for row, name in enumerate(MONTHS[language]):
            found[search_key(name)] = ("jalali", row + 1)
        for row, name in enumerate(GREGORIAN_MONTHS[language]):
            found[search_key(name)] = ("gregorian", row + 1)
            if language == "en":
                found[search_key(name[:3])] = ("gregorian", row + 1)
    found[search_key("امرداد")] = ("jalali", 5)
    found[search_key("می")] = ("gregorian", 5)
    found[search_key("جولای")] = ("gregorian", 7)
    found[search_key("آگوست")] = ("gregorian", 8)
    found["sept"] = ("gregorian", 9)
    return found


def _date(value):
    return value.date() if isinstance(value, datetime) else value


def _digits(text, language):
    return to_persian(text) if language == "fa" else to_latin(text)
