"""How numbers, days and hours are shown: Jalali and Persian digits in Persian, Gregorian and Latin digits in English.

The stored value stays Latin and UTC; these functions only write it. Templates reach them through `{% load kalantar %}`.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import overload

from django.utils.timezone import is_aware, localtime
from django.utils.translation import gettext, ngettext

from kalantar.kernel import clock as station_clock
from kalantar.persian import calendar as jalali
from kalantar.persian import digits as persian

from .words import language

PERCENT, RLM = "\u066a", "\u200f"
MONTHS = (
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
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _number(value: int | float | Decimal, places: int | None) -> str:
    if places is None:
        return f"{value:,}" if isinstance(value, int) else f"{value:,.10g}"
    return f"{value:,.{places}f}"


def digits(value: object, places: int | None = None) -> str:
    """A number with its thousands marked; any other text with only its digits changed."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return persian.to_persian(str(value)) if language() == "fa" else str(value)
    return persian.number(value, places) if language() == "fa" else _number(value, places)


def percent(value: float | None, places: int = 0) -> str:
    """A number of hundredths: 12 is twelve in a hundred. In Persian the sign stands left of its figure."""
    if value is None or value == "":
        return ""
    return (
        persian.percent(value, places).replace(PERCENT, RLM + PERCENT) if language() == "fa" else f"{value:.{places}f}%"
    )


_written = lru_cache(maxsize=4096)(jalali.day)  # a list tells the same few days again and again


@overload
def local(value: datetime) -> datetime: ...
@overload
def local(value: date) -> date: ...
def local(value: date | datetime) -> date | datetime:
    """A stored moment in the zone of the page; a plain date as it is."""
    return localtime(value) if isinstance(value, datetime) and is_aware(value) else value


def as_day(value: date | datetime) -> date:
    value = local(value)
    return value.date() if isinstance(value, datetime) else value


def day(value: date | datetime | None) -> str:
    if not value:
        return ""
    on = as_day(value)
    return _written(on) if language() == "fa" else f"{on.day} {MONTHS[on.month - 1][:3]} {on.year}"


def day_long(value: date | datetime | None) -> str:
    if not value:
        return ""
    on = as_day(value)
    if language() == "fa":
        return jalali.day_long(on)
    return f"{WEEKDAYS[on.weekday()]}, {on.day} {MONTHS[on.month - 1]} {on.year}"


def day_short(value: date | datetime | None) -> str:
    if not value:
        return ""
    on = as_day(value)
    return jalali.day_short(on) if language() == "fa" else on.isoformat()


def day_month(value: date | datetime | None) -> str:
    """A day whose year is known from the page: rows of a list, the ends of a small chart."""
    if not value:
        return ""
    on = as_day(value)
    return _written(on).rpartition(" ")[0] if language() == "fa" else f"{on.day} {MONTHS[on.month - 1][:3]}"


def clock(value: time | datetime | None) -> str:
    if value is None or value == "":
        return ""
    at = local(value).time() if isinstance(value, datetime) else value
    return jalali.clock(at) if language() == "fa" else f"{at:%H:%M}"


def moment(value: datetime | None) -> str:
    """Day and hour; only the day where the hour is not known."""
    if not value:
        return ""
    if not isinstance(value, datetime):
        return day(value)
    return gettext("%(day)s, %(clock)s") % {"day": day(value), "clock": clock(value)}


def since(value: datetime | None, now: datetime | None = None) -> str:
    """How long ago, within 48 hours; after that the date."""
    if not value:
        return ""
    if not isinstance(value, datetime):
        return day(value)
    gone = (now or station_clock.now()) - value
    if gone < timedelta(0) or gone > timedelta(hours=48):
        return moment(value)
    minutes = int(gone.total_seconds() // 60)
    if minutes < 1:
        return gettext("just now")
    if minutes < 60:
        return ngettext("%(n)s minute ago", "%(n)s minutes ago", minutes) % {"n": digits(minutes)}
    hours = minutes // 60
    return ngettext("%(n)s hour ago", "%(n)s hours ago", hours) % {"n": digits(hours)}


def count(n: int, limit: int = 10_000) -> str:
    """An honest count: a query stops counting after the limit, and the page says so."""
    if n > limit:
        return gettext("more than %(n)s") % {"n": digits(limit)}
    return digits(n)
