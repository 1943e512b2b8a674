"""Reading dates and times: one typed text, or millions of imported ones.

Years from 1200 to 1499 are Jalali, from 1500 on Gregorian, unless the calendar is given. An order ("ymd", "dmy",
"mdy") that is not given is taken from the four-digit year in front; behind, Jalali is day first and Gregorian must
show it by a number above 12. Nothing is guessed from a neighbouring row.

The array reader sorts each block of rows by their shape (length, digits, marks), reads every common shape with
arithmetic on a matrix of bytes, and hands the odd rows to the one-text reader, so both give the same answer.
"""

import re
from datetime import date, time
from typing import NamedTuple

import numpy as np

from kalantar.persian.calendar import (
    FIRST_YEAR,
    LAST_YEAR,
    gregorian,
    gregorian_to_ordinal,
    jalali_to_ordinal,
    month_numbers,
)
from kalantar.persian.digits import to_latin
from kalantar.persian.errors import InputError
from kalantar.persian.letters import search_key

CALENDARS = ("jalali", "gregorian")
ORDERS = ("ymd", "dmy", "mdy")
FIRST_GREGORIAN, LAST_GREGORIAN = 1500, 2999

# The error codes of the array reader: FAULTS[code] is the key of the InputError of the one-text reader.
FAULTS = (
    "",
    "empty",
    "not_a_date",
    "year_unknown",
    "no_such_day",
    "leap_day",
    "not_a_time",
    "day_and_month_unclear",
    "year_needs_four_digits",
    "not_this_calendar",
    "not_this_order",
    "offset_not_read",
)
_CODE = {key: code for code, key in enumerate(FAULTS)}

_INVISIBLE = dict.fromkeys((0x200B, 0x200E, 0x200F, 0x061C, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
_MERIDIEM = {
    "am": 0,
    "a.m.": 0,
    "ق.ظ": 0,
    "ق.ظ.": 0,
    "صبح": 0,
    "pm": 12,
    "p.m.": 12,
    "ب.ظ": 12,
    "ب.ظ.": 12,
    "بعدازظهر": 12,
    "عصر": 12,
}
_NUMERIC = re.compile(r"(\d{1,4})([/.\-])(\d{1,2})\2(\d{1,4})", re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?", re.ASCII)
_OFFSET = re.compile(r"\d(?:z|[+-]\d{2}:?\d{2})$", re.ASCII | re.IGNORECASE)
_SPLIT = re.compile(r"\s*(?:(?<=\d)[T ](?=\d{1,2}:\d)|[ ،,]+(?:ساعت\s*)?(?=\d{1,2}:\d))", re.ASCII)
_MONTHS = month_numbers()
_WEEKDAY = re.compile(
    r"^(?:(?:یک|دو|سه|چهار|پنج)? ?شنبه|جمعه|"
    r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?)[،, ]+"
)
_LONGEST = 60


class Moment(NamedTuple):
    day: date
    time: time | None


class Parsed(NamedTuple):
    """Arrays of one length. Where `faults` is not 0, `days` is 0 and `minutes` is -1."""

    days: np.ndarray  # int64, Python ordinals
    minutes: np.ndarray  # int16, minutes after midnight; -1 without a time
    faults: np.ndarray  # uint8, 0 or a place in FAULTS


class Suggestion(NamedTuple):
    calendar: str | None  # None: both occur, or neither can be told
    order: str | None  # None: each row tells it, or nothing does: ask the person
    share: float  # rows that can be read so, of those not empty


def suggest(values) -> Suggestion:
    """The calendar and order under which most of a column is read, for a person to confirm.

    "01/02/2014" alone tells no order; beside "25/02/2014" it is day first. At most the first 20,000 rows are looked at.
    """
    texts = [text for text in _texts(values[:_SAMPLE]) if text.strip()]
    best: tuple[int, str | None, str | None] = (0, None, None)
    for calendar in (None, *CALENDARS):
        read = {order: _readable(texts, calendar, order) for order in (None, *ORDERS)}
        most = max(read.values())
        orders = [order for order in ORDERS if read[order] == most]
        if most and most >= best[0]:  # a calendar that reads as much as both together is the one
            best = (most, calendar, orders[0] if len(orders) == 1 else None)
    return Suggestion(best[1], best[2], best[0] / len(texts) if texts else 0.0)


def _readable(texts, calendar, order):
    return int(np.count_nonzero(parse_dates(texts, calendar, order).faults == 0))


def parse_date(text: str, calendar: str | None = None, order: str | None = None) -> date:
    """The date a text tells; a time after it is read over.

    Accepts «۱۴۰۵/۰۹/۰۳», "1405-9-3", "14050903", «۳ آذر ۱۴۰۵», «سه‌شنبه، ۳ آذر ۱۴۰۵», "24 Nov 2026", "11/24/2026".
    calendar : "jalali", "gregorian", or None: by the year. order : "ymd", "dmy", "mdy", or None.
    Raises InputError with one of FAULTS as its key.
    """
    return _moment(text, calendar, order, with_time=False).day


def parse_moment(text: str, calendar: str | None = None, order: str | None = None) -> Moment:
    """A date and, where one stands after it, a time ("1396/10/11 07:00"). Raises InputError as `parse_date`."""
    return _moment(text, calendar, order, with_time=True)


def parse_clock(text: str) -> time:
    """A time of day: «۱۴:۳۰», "2:30 PM", "1430". Raises InputError: "empty", "not_a_time"."""
    plain = _plain(text)
    if not plain:
        raise InputError("empty")
    plain = plain.removeprefix("ساعت").strip()
    if re.fullmatch(r"[0-9]{3,4}", plain):
        plain = f"{plain[:-2]}:{plain[-2:]}"
    return _time(plain, text)


def parse_dates(values, calendar: str | None = None, order: str | None = None, with_time: bool = False) -> Parsed:
    """Read a column of date texts.

    values : list, numpy array (str or object; None is empty) or anything with `to_pylist` (a pyarrow array).
    with_time : read the time behind the date too; without it, what stands there is read over if it is a time.
    The result of each row is that of `parse_moment` (or `parse_date`).
    """
    _checked(calendar, order)
    n = len(values)
    parsed = Parsed(np.zeros(n, np.int64), np.full(n, -1, np.int16), np.zeros(n, np.uint8))
    memory: dict[str, tuple[int, int, int]] = {}
    for start in range(0, n, _BLOCK):
        part = slice(start, min(start + _BLOCK, n))
        if len(memory) > _REMEMBERED:
            memory.clear()
        _read_block(
            _texts(values[part]), calendar, order, with_time, Parsed(*(array[part] for array in parsed)), memory
        )
    return parsed


def parse_clocks(values) -> tuple[np.ndarray, np.ndarray]:
    """Read a column of times: minutes after midnight (int16, -1 where none) and faults (uint8). None is empty."""
    memory: dict[str, tuple[int, int]] = {}
    minutes, faults = np.full(len(values), -1, np.int16), np.zeros(len(values), np.uint8)
    for row, text in enumerate(_texts(values)):
        if text not in memory:
            try:
                found = parse_clock(text)
                memory[text] = (found.hour * 60 + found.minute, 0)
            except InputError as error:
                memory[text] = (-1, _CODE[error.key])
        minutes[row], faults[row] = memory[text]
    return minutes, faults


# One text


def _checked(calendar, order):
    if calendar not in (None, *CALENDARS):
        raise ValueError(f"calendar must be one of {CALENDARS} or None, got {calendar!r}")
    if order not in (None, *ORDERS):
        raise ValueError(f"order must be one of {ORDERS} or None, got {order!r}")


def _plain(text):
    return " ".join(to_latin(text).translate(_INVISIBLE).split())


def _moment(text, calendar, order, with_time):
    _checked(calendar, order)
    plain = _plain(text)
    if not plain:
        raise InputError("empty")
    if len(plain) > _LONGEST:
        raise InputError("not_a_date", text=plain[:_LONGEST])
    day_text, *clock = _SPLIT.split(plain, maxsplit=1)
    if clock and _OFFSET.search(clock[0]):
        raise InputError("offset_not_read", text=plain)
    found = _day(day_text, calendar, order, plain)
    moment = _time(clock[0], plain) if clock else None
    return Moment(found, moment if with_time else None)


def _day(text, calendar, order, whole):
    if found := _NUMERIC.fullmatch(text):
        first, _, middle, last = found.groups()
        return _by_numbers(first, middle, last, calendar, order, whole)
    if found := _COMPACT.fullmatch(text):
        if order not in (None, "ymd"):
            raise InputError("not_this_order", text=whole, order=order)
        year, month, day = map(int, found.groups())
        return _build(year, month, day, calendar, whole)
    return _by_name(text, calendar, whole)


def _by_numbers(first, middle, last, calendar, order, whole):
    if len(first) == 4 and len(last) <= 2:
        if order not in (None, "ymd"):
            raise InputError("not_this_order", text=whole, order=order)
        return _build(int(first), int(middle), int(last), calendar, whole)
    if len(first) > 2 or len(last) == 3:
        raise InputError("not_a_date", text=whole)
    if len(last) == 4:
        if order == "ymd":
            raise InputError("not_this_order", text=whole, order=order)
        year, one, two = int(last), int(first), int(middle)
        order = order or _order(_calendar_of(year, calendar, whole), one, two, whole)
        return _build(year, *((two, one) if order == "dmy" else (one, two)), calendar, whole)
    if calendar != "jalali" or order == "mdy":
        raise InputError("year_needs_four_digits", text=whole)
    year, month, day = (first, middle, last) if order in (None, "ymd") else (last, middle, first)
    if len(year) != 2:
        raise InputError("year_needs_four_digits", text=whole)
    return _build(int(year) + (1300 if int(year) >= 20 else 1400), int(month), int(day), calendar, whole)


def _order(calendar, one, two, whole):
    if calendar == "jalali" or one > 12 or one == two:
        return "dmy"
    if two > 12:
        return "mdy"
    raise InputError("day_and_month_unclear", text=whole)


def _by_name(text, calendar, whole):
    key = _WEEKDAY.sub("", search_key(text.replace("\u200c", " ")))
    pieces = re.findall(r"[^\W\d_]+|\d+", key)
    names = [piece for piece in pieces if not piece.isdigit()]
    numbers = [piece for piece in pieces if piece.isdigit()]
    known = _MONTHS.get(names[0]) if len(names) == 1 else None
    if not known or len(numbers) != 2 or re.search(r"[^\w\s،,./\-]", key):
        raise InputError("not_a_date", text=whole)
    years = [number for number in numbers if len(number) == 4]
    days = [number for number in numbers if len(number) <= 2]
    if len(years) != 1 or len(days) != 1:
        raise InputError("year_needs_four_digits" if len(days) == 2 else "not_a_date", text=whole)
    if calendar not in (None, known[0]):
        raise InputError("not_this_calendar", text=whole, calendar=calendar)
    return _build(int(years[0]), known[1], int(days[0]), known[0], whole)


def _calendar_of(year, calendar, whole):
    if FIRST_YEAR <= year <= LAST_YEAR:
        found = "jalali"
    elif FIRST_GREGORIAN <= year <= LAST_GREGORIAN:
        found = "gregorian"
    else:
        raise InputError("year_unknown", text=whole, year=year)
    if calendar not in (None, found):
        raise InputError("not_this_calendar", text=whole, calendar=calendar)
    return found


def _build(year, month, day, calendar, whole):
    if _calendar_of(year, calendar, whole) == "jalali":
        return gregorian(year, month, day)
    try:
        return date(year, month, day)
    except ValueError:
        raise InputError("no_such_day", text=whole, year=year, month=month, day=day) from None


def _time(text, whole):
    clock, _, half = text.partition(" ")
    if not half and len(clock) > 2 and clock[-2:].casefold() in _MERIDIEM:
        clock, half = clock[:-2], clock[-2:]
    found = _CLOCK.fullmatch(clock)
    after = _MERIDIEM.get(half.casefold(), -1) if half else 0
    if not found or after < 0:
        raise InputError("not_a_time", text=str(whole)[:_LONGEST])
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    if half:
        if not 1 <= hour <= 12:
            raise InputError("not_a_time", text=str(whole)[:_LONGEST])
        hour = hour % 12 + after
    if hour > 23 or minute > 59 or second > 59:
        raise InputError("not_a_time", text=str(whole)[:_LONGEST])
    return time(hour, minute, second)


# Many texts

_BLOCK = 1 << 16
_REMEMBERED = 50_000
_SAMPLE = 20_000
_INVISIBLE_CODES = np.array(sorted(_INVISIBLE), np.uint32)
_SHAPES_PER_LENGTH = 12
_SHAPE = re.compile(
    rb"(?:(?P<y>9{4})(?P<s>[/.\-])(?P<m>99?)(?P=s)(?P<d>99?)|(?P<Y>9{4})(?P<M>99)(?P<D>99)|"
    rb"(?P<a>99?)(?P<S>[/.\-])(?P<b>99?)(?P=S)(?P<z>9{4}))"
    rb"(?:[T ](?P<h>99?):(?P<n>99)(?::(?P<sec>99)(?:\.9+)?)?(?: ?(?P<half>[AP]M))?)?"
)


def _texts(values):
    values = values.to_pylist() if hasattr(values, "to_pylist") else values
    values = values.tolist() if isinstance(values, np.ndarray) else list(values)
    if set(map(type, values)) <= {str}:
        return values
    return ["" if value is None else value if isinstance(value, str) else str(value) for value in values]


def _read_block(texts, calendar, order, with_time, out, memory):
    joined = "\n".join(texts)
    if joined.count("\n") != len(texts) - 1:
        joined = "\n".join(text.replace("\n", " ") for text in texts)
    data = np.frombuffer(joined.encode(), np.uint8) if joined.isascii() else _as_ascii(joined)
    ends = np.append(np.flatnonzero(data == 10), data.size)
    starts = np.concatenate(([0], ends[:-1] + 1))
    lengths = ends - starts
    left = np.ones(len(texts), bool)
    for length in np.flatnonzero(np.bincount(np.minimum(lengths, 40), minlength=41)[:40]):
        if length >= 8:
            _read_length(
                data, starts, np.flatnonzero(lengths == length), int(length), calendar, order, with_time, out, left
            )
    for row in np.flatnonzero(left).tolist():
        text = texts[row]
        if text not in memory:
            memory[text] = _read_one(text, calendar, order, with_time)
        out.days[row], out.minutes[row], out.faults[row] = memory[text]


def _as_ascii(text):
    """One byte per character: all digits Latin, invisible marks gone, any other letter a question mark."""
    codes = np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32)
    codes = codes[~np.isin(codes, _INVISIBLE_CODES)]
    for zero in (0x06F0, 0x0660):
        digit = codes - np.uint32(zero)
        codes = np.where(digit < 10, digit + np.uint32(48), codes)
    return np.where(codes < 128, codes, 63).astype(np.uint8)


def _read_one(text, calendar, order, with_time):
    try:
        found = _moment(text, calendar, order, with_time)
    except InputError as error:
        return 0, -1, _CODE[error.key]
    minute = -1 if found.time is None else found.time.hour * 60 + found.time.minute
    return found.day.toordinal(), minute, 0


def _read_length(data, starts, rows, length, calendar, order, with_time, out, left):
    """Read the rows of one length whose shape is known; they are taken off `left`."""
    for _ in range(_SHAPES_PER_LENGTH):
        if not rows.size:
            return
        first = data[starts[rows[0]] : starts[rows[0]] + length]
        is_digit = (first >= 48) & (first <= 57)
        shape = np.where(is_digit, 57, first).astype(np.uint8).tobytes()
        matrix = _matrix(data, starts, rows, length)
        fits = np.ones(rows.size, bool)
        for column in range(length):
            values = matrix[:, column]
            fits &= (values - np.uint8(48)) < 10 if is_digit[column] else values == first[column]
        found = _SHAPE.fullmatch(shape)
        if found:
            every = fits.all()
            here = rows if every else rows[fits]
            days, minutes, faults = _read_shape(matrix if every else matrix[fits], found, calendar, order)
            sound = faults == 0
            out.days[here] = np.where(sound, days, 0)
            out.minutes[here] = np.where(sound, minutes, -1) if with_time else -1
            out.faults[here] = faults
            left[here] = False
        rows = rows[~fits]


def _matrix(data, starts, rows, length):
    begin = starts[rows[0]]
    if rows.size * (length + 1) == starts[rows[-1]] - begin + length + 1:  # neighbours: a view is enough
        ending = begin + rows.size * (length + 1)
        if ending <= data.size:
            return data[begin:ending].reshape(rows.size, length + 1)[:, :length]
    return data[starts[rows][:, None] + np.arange(length)]


def _read_shape(matrix, shape, calendar, order):
    def value(name):
        begin, end = shape.span(name)
        total = matrix[:, begin].astype(np.int64) - 48
        for column in range(begin + 1, end):
            total = total * 10 + (matrix[:, column] - np.uint8(48))
        return total

    n = len(matrix)
    faults = np.zeros(n, np.uint8)
    behind = shape["z"] is not None
    if (order == "ymd") if behind else (order not in (None, "ymd")):
        return np.zeros(n, np.int64), np.full(n, -1), np.full(n, _CODE["not_this_order"], np.uint8)
    year, one, two = (value(name) for name in ("zab" if behind else "ymd" if shape["y"] else "YMD"))
    in_jalali = (year >= FIRST_YEAR) & (year <= LAST_YEAR)
    in_gregorian = (year >= FIRST_GREGORIAN) & (year <= LAST_GREGORIAN)
    _mark(faults, ~(in_jalali | in_gregorian), "year_unknown")
    if calendar is not None:
        _mark(faults, in_jalali if calendar == "gregorian" else in_gregorian, "not_this_calendar")
    month, day = (two, one) if order == "dmy" else (one, two)
    if behind and order is None:
        by_day = in_jalali | (one > 12) | (one == two)
        _mark(faults, ~by_day & (two <= 12), "day_and_month_unclear")
        month, day = np.where(by_day, two, one), np.where(by_day, one, two)
    days = np.zeros(n, np.int64)
    if in_jalali.all():
        days = jalali_to_ordinal(year, month, day)
    elif in_gregorian.all():
        days = gregorian_to_ordinal(year, month, day)
    else:
        days[in_jalali] = jalali_to_ordinal(year[in_jalali], month[in_jalali], day[in_jalali])
        days[in_gregorian] = gregorian_to_ordinal(year[in_gregorian], month[in_gregorian], day[in_gregorian])
    none = days == 0
    if none.any():
        _mark(faults, none & in_jalali & (month == 12) & (day == 30), "leap_day")
        _mark(faults, none, "no_such_day")
    minutes = np.full(n, -1)
    if shape["h"]:
        hour, minute = value("h"), value("n")
        wrong = (minute > 59) | (value("sec") > 59 if shape["sec"] else False)
        if shape["half"]:
            wrong |= (hour < 1) | (hour > 12)
            hour = hour % 12 + (12 if shape["half"] == b"PM" else 0)
        else:
            wrong |= hour > 23
        _mark(faults, wrong, "not_a_time")
        minutes = hour * 60 + minute
    return days, minutes, faults


def _mark(faults, rows, key):
    """Note a fault where none stands yet."""
    faults[rows & (faults == 0)] = _CODE[key]
