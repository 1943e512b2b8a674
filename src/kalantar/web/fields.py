"""Form fields that read what people here type: three digit sets, Jalali and Gregorian days, Arabic ye and kaf.

They check shape only (a date is a date); rules check meaning.
"""

from __future__ import annotations

from datetime import UTC, datetime

from django import forms
from django.core.exceptions import ValidationError
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext_lazy as _

from kalantar.persian import InputError, dates, digits, letters

from . import show
from .messages import SENTENCES

SENTENCES.register(
    {
        "empty": _("Please fill this in."),
        "not_a_date": _("This is not a date we can read. Write it like 1405/09/03 or 2026-11-24."),
        "year_unknown": _("This year is outside our calendar. Please check the year."),
        "no_such_day": _("There is no such day in this month. Please check the day and the month."),
        "leap_day": _("Esfand %(year)s has only 29 days. Please check the day."),
        "not_a_time": _("This is not an hour we can read. Write it like 14:30."),
        "day_and_month_unclear": _("It is not clear which number is the day. Please write the year first."),
        "year_needs_four_digits": _("Please write the year with four digits."),
        "not_this_calendar": _("This date belongs to the other calendar. Please check the year."),
        "not_this_order": _("The parts of this date stand in another order. Please write the year first."),
        "offset_not_read": _("A time zone is not read here. Please write the local hour."),
        "not_a_number": _("This is not a number. Persian and Latin digits are both read."),
        "time_missing": _("Please write the hour too, like 14:30."),
        "hour_does_not_exist": _("The clock was moved forward over this hour on that day. Please check the hour."),
    }
)


def _fault(no: InputError | str) -> ValidationError:
    if isinstance(no, str):
        return ValidationError(SENTENCES.say(no), code=no)
    shown = {name: str(value) for name, value in no.details.items()}
    return ValidationError(SENTENCES.say(no.key, **{n: show.digits(v) for n, v in shown.items()}), code=no.key)


class NumbersInput(forms.TextInput):
    """A line for digits: left to right, the number keys on a phone."""

    def __init__(self, attrs=None):
        super().__init__({"dir": "ltr", "inputmode": "numeric", "autocomplete": "off", **(attrs or {})})


class JalaliDateField(forms.Field):
    """A day, Jalali or Gregorian, in any of the three digit sets. Gives a `date`."""

    widget = NumbersInput

    def to_python(self, value):
        if value in self.empty_values:
            return None
        if not isinstance(value, str):
            return value
        try:
            return dates.parse_date(value)
        except InputError as no:
            raise _fault(no) from None

    def prepare_value(self, value):
        return value if isinstance(value, str) else show.day_short(value)


class JalaliDateTimeField(JalaliDateField):
    """A day with its hour, in the zone of the page. Gives an aware `datetime` in UTC."""

    def to_python(self, value):
        if value in self.empty_values:
            return None
        if not isinstance(value, str):
            return value
        try:
            moment = dates.parse_moment(value)
        except InputError as no:
            raise _fault(no) from None
        if moment.time is None:
            raise _fault("time_missing")
        return at(moment.day, moment.time)

    def prepare_value(self, value):
        if isinstance(value, str) or not value:
            return value
        return f"{show.day_short(value)} {show.clock(value)}"


class ClockField(forms.Field):
    """An hour of the day, with or without its colon, in any digit set. Gives a `time`."""

    widget = NumbersInput

    def to_python(self, value):
        if value in self.empty_values:
            return None
        if not isinstance(value, str):
            return value
        try:
            return dates.parse_clock(value)
        except InputError as no:
            raise _fault(no) from None

    def prepare_value(self, value):
        return value if isinstance(value, str) else show.clock(value)


class DigitsIntegerField(forms.IntegerField):
    """A whole number in any digit set, with or without marks between the thousands."""

    widget = NumbersInput

    def __init__(self, **kwargs):
        super().__init__(localize=False, **kwargs)

    def to_python(self, value):
        if value in self.empty_values or not isinstance(value, str):
            return super().to_python(value)
        try:
            number = digits.parse_number(value)
        except InputError as no:
            raise _fault(no) from None
        if not isinstance(number, int):
            raise _fault("not_a_number")
        return number

    def prepare_value(self, value):
        return show.digits(str(value)) if isinstance(value, int) else value

    def widget_attrs(self, widget):
        return {}


class CodeField(forms.CharField):
    """A file number, a sign-in name or a PIN: left to right, kept with Latin digits."""

    widget = NumbersInput

    def to_python(self, value):
        return digits.to_latin(super().to_python(value)).strip()


class TextField(forms.CharField):
    """What people write, in the one spelling that is kept: Persian ye and kaf, no double spaces."""

    def __init__(self, *, lines: bool = False, **kwargs):
        if lines:
            kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 4}))
        super().__init__(**kwargs)
        self.lines = lines
        self.widget.attrs.setdefault("dir", "auto")

    def to_python(self, value):
        return letters.normalise(super().to_python(value), lines=self.lines)


def at(day, time, zone=None) -> datetime:
    """The moment of a local day and hour, in UTC; refused where the clock leapt over it."""
    zone = zone or get_current_timezone()
    local = datetime.combine(day, time, tzinfo=zone)
    moment = local.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise _fault("hour_does_not_exist")
    return moment
