from datetime import date, time

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kalantar.persian import InputError, dates
from kalantar.persian.calendar import day, day_long, day_short, jalali
from kalantar.persian.digits import ARABIC, LATIN, to_persian

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    "text",
    [
        "۱۴۰۵/۰۹/۰۳",
        "1405/9/3",
        "1405-09-03",
        "14050903",
        "٣ آذر ١٤٠٥",
        "۳ آذر ۱۴۰۵",
        "سه‌شنبه، ۳ آذر ۱۴۰۵",
        "سه شنبه ۳ آذر ۱۴۰۵",
        "۳ آذر، ۱۴۰۵",
        "3 Azar 1405",
        "03/09/1405",
        "2026-11-24",
        "24 Nov 2026",
        "Nov 24, 2026",
        "24 November 2026",
        "24/11/2026",
        "11/24/2026",
        "Tuesday, 24 November 2026",
        "20261124",
        "۲۴ نوامبر ۲۰۲۶",
        " \u200f۱۴۰۵/۰۹/۰۳\u200f ",
        "2026.11.24",
        "2026-11-24T07:00",
        "1405/09/03 07:00:59",
    ],
)
def test_many_ways_to_write_one_day(text):
    assert dates.parse_date(text) == TODAY


@pytest.mark.parametrize(
    ("text", "options", "key"),
    [
        ("", {}, "empty"),
        ("\u200f ", {}, "empty"),
        ("دیروز", {}, "not_a_date"),
        ("1405/9", {}, "not_a_date"),
        ("1405/9-3", {}, "not_a_date"),
        ("۳۰ اسفند ۱۴۰۲", {}, "leap_day"),
        ("1402/12/30", {}, "leap_day"),
        ("1405/07/31", {}, "no_such_day"),
        ("2023-02-29", {}, "no_such_day"),
        ("1405/13/01", {}, "no_such_day"),
        ("0099/01/01", {}, "year_unknown"),
        ("3000-01-01", {}, "year_unknown"),
        ("05/09/03", {}, "year_needs_four_digits"),
        ("03/04/2026", {}, "day_and_month_unclear"),
        ("1405/09/03", {"calendar": "gregorian"}, "not_this_calendar"),
        ("2026-11-24", {"calendar": "jalali"}, "not_this_calendar"),
        ("24 Nov 2026", {"calendar": "jalali"}, "not_this_calendar"),
        ("2026-11-24", {"order": "dmy"}, "not_this_order"),
        ("24/11/2026", {"order": "ymd"}, "not_this_order"),
        ("24/11/2026", {"order": "mdy"}, "no_such_day"),
        ("2026-11-24 25:00", {}, "not_a_time"),
        ("2026-11-24 07:60", {}, "not_a_time"),
        ("2026-11-24 13:00 PM", {}, "not_a_time"),
        ("2026-11-24T07:00:00Z", {}, "offset_not_read"),
        ("2026-11-24 07:00+03:30", {}, "offset_not_read"),
        ("=1+1", {}, "not_a_date"),
        ("9" * 500, {}, "not_a_date"),
        ("3 آذر دی 1405", {}, "not_a_date"),
    ],
)
def test_what_cannot_be_read_says_why(text, options, key):
    with pytest.raises(InputError) as error:
        dates.parse_date(text, **options)
    assert error.value.key == key
    assert dates.FAULTS[dates.parse_dates([text], **options).faults[0]] == key


def test_short_years_are_read_only_when_the_calendar_is_known():
    assert dates.parse_date("96/10/11", calendar="jalali") == date(2018, 1, 1)
    assert dates.parse_date("05/09/03", calendar="jalali") == TODAY
    assert dates.parse_date("03/09/05", calendar="jalali", order="dmy") == TODAY


def test_the_order_decides_where_the_numbers_do_not():
    assert dates.parse_date("03/04/2026", order="dmy") == date(2026, 4, 3)
    assert dates.parse_date("03/04/2026", order="mdy") == date(2026, 3, 4)
    assert dates.parse_date("04/04/2026") == date(2026, 4, 4)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("1396/10/11 07:00", time(7)),
        ("۱۳۹۶/۱۰/۱۱ ساعت ۰۷:۰۰", time(7)),
        ("01/01/2018 07:00:00 AM", time(7)),
        ("01/01/2018 12:05 AM", time(0, 5)),
        ("01/01/2018 12:05PM", time(12, 5)),
        ("2018-01-01T23:55:00.000", time(23, 55)),
        ("۱۱ دی ۱۳۹۶، ۱۴:۳۰", time(14, 30)),
        ("1396/10/11 02:30 ب.ظ", time(14, 30)),
        ("2018-01-01", None),
    ],
)
def test_a_time_may_follow(text, at):
    assert dates.parse_moment(text) == (date(2018, 1, 1), at)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("۱۴:۳۰", time(14, 30)),
        ("7:05", time(7, 5)),
        ("2:30 pm", time(14, 30)),
        ("0730", time(7, 30)),
        ("ساعت ۱۴:۳۰", time(14, 30)),
        ("23:59:59", time(23, 59, 59)),
    ],
)
def test_a_time_alone(text, at):
    assert dates.parse_clock(text) == at
    minutes, faults = dates.parse_clocks([text, None, "x"])
    assert minutes.tolist() == [at.hour * 60 + at.minute, -1, -1]
    assert [dates.FAULTS[fault] for fault in faults] == ["", "empty", "not_a_time"]


@given(st.dates(date(1830, 1, 1), date(2110, 1, 1)))
def test_what_is_written_is_read_back(value):
    for text in (
        day(value),
        day_long(value),
        day_short(value),
        day(value, "en"),
        day_long(value, "en"),
        value.isoformat(),
        f"{value:%d %B %Y}",
        to_persian(value.isoformat()),
    ):
        assert dates.parse_date(text) == value
    year, month, number = jalali(value)
    assert dates.parse_date(f"{number}/{month}/{year}", calendar="jalali") == value


# The array reader against the one-text reader

NUMBERS = st.one_of(
    st.integers(0, 32).map(str),
    st.integers(0, 32).map("{:02}".format),
    st.integers(1195, 1505).map(str),
    st.integers(1995, 2030).map(str),
    st.sampled_from(["0000", "1402", "3000", "99", "100"]),
)
MARKS = st.sampled_from(["/", "-", "."])
CLOCKS = st.one_of(
    st.just(""),
    st.builds(
        "{}{:02}:{:02}{}".format,
        st.sampled_from([" ", "T", "  "]),
        st.integers(0, 25),
        st.integers(0, 61),
        st.sampled_from(["", ":30", ":60", " AM", "PM", ":00.000", "Z", " x"]),
    ),
)
WRITTEN = st.builds(lambda a, s, b, c, t: f"{a}{s}{b}{s}{c}{t}", NUMBERS, MARKS, NUMBERS, NUMBERS, CLOCKS)
COMPACT = st.builds(
    "{}{:02}{:02}{}".format,
    st.sampled_from([1402, 1403, 2024, 1499, 1500]),
    st.integers(0, 13),
    st.integers(0, 32),
    CLOCKS,
)
ANY = st.one_of(
    WRITTEN,
    WRITTEN,
    COMPACT,
    WRITTEN.map(to_persian),
    WRITTEN.map(lambda t: t.translate(str.maketrans(LATIN, ARABIC))),
    WRITTEN.map(lambda t: f" {t}\u200f"),
    st.text(max_size=12),
    st.none(),
)


def one_by_one(texts, with_time, **options):
    rows = []
    for text in texts:
        try:
            found = dates.parse_moment(text or "", **options)
        except InputError as error:
            rows.append((0, -1, error.key))
        else:
            minute = -1 if found.time is None or not with_time else found.time.hour * 60 + found.time.minute
            rows.append((found.day.toordinal(), minute, ""))
    return rows


@settings(max_examples=300, deadline=None)
@given(
    st.lists(ANY, max_size=40),
    st.sampled_from([None, "jalali", "gregorian"]),
    st.sampled_from([None, "ymd", "dmy", "mdy"]),
    st.booleans(),
)
@example(["1402/12/30", "1403/12/30", "1403/12/31", None, "", "a\nb"], None, None, True)
@example(["13/13/2024", "12/12/2024", "01/02/2024", "13/01/1403", "01/13/1403"], None, None, False)
def test_arrays_are_read_as_single_texts_are(texts, calendar, order, with_time):
    found = dates.parse_dates(texts, calendar, order, with_time)
    assert list(
        zip(found.days.tolist(), found.minutes.tolist(), [dates.FAULTS[fault] for fault in found.faults], strict=True)
    ) == one_by_one(texts, with_time, calendar=calendar, order=order)


def test_many_blocks_of_mixed_shapes_keep_their_rows():
    rng = np.random.default_rng(3)
    ordinals = rng.integers(date(1990, 1, 1).toordinal(), date(2030, 1, 1).toordinal(), 150_000)
    ways = (
        date.isoformat,
        day_short,
        lambda d: f"{d.year}/{d.month}/{d.day}",
        lambda d: f"{d:%d %b %Y}",
        lambda d: day_short(d, "en"),
    )
    spellings = {n: [way(date.fromordinal(n)) for way in ways] for n in np.unique(ordinals).tolist()}
    texts = [
        spellings[n][way]
        for n, way in zip(ordinals.tolist(), rng.integers(0, len(ways), ordinals.size).tolist(), strict=True)
    ]
    found = dates.parse_dates(texts)
    assert not found.faults.any()
    assert (found.days == ordinals).all()


@pytest.mark.parametrize(
    "kind", [list, lambda v: np.array(v, dtype=object), np.array, pa.array, lambda v: pa.chunked_array([v[:1], v[1:]])]
)
def test_every_kind_of_column_is_read(kind):
    found = dates.parse_dates(kind(["1396/10/11 07:00", "۱۳۹۶/۱۰/۱۱", "31/12/2017"]), with_time=True)
    assert found.days.tolist() == [date(2018, 1, 1).toordinal()] * 2 + [date(2017, 12, 31).toordinal()]
    assert found.minutes.tolist() == [420, -1, -1]


def test_an_empty_column_and_wrong_options():
    assert dates.parse_dates([]).days.size == 0
    with pytest.raises(ValueError, match="calendar"):
        dates.parse_dates(["x"], calendar="lunar")
    with pytest.raises(ValueError, match="order"):
        dates.parse_date("x", order="ydm")


@pytest.mark.parametrize(
    ("column", "calendar", "order"),
    [
        (["01/02/2014", "25/02/2014"], "gregorian", "dmy"),
        (["01/02/2014", "02/25/2014", ""], "gregorian", "mdy"),
        (["01/02/2014", "02/03/2014"], "gregorian", None),
        (["2014-01-02 07:00", "2014-01-25"], "gregorian", "ymd"),
        (["۱۳۹۶/۱۰/۱۱", "1396/10/12"], "jalali", "ymd"),
        (["11/10/1396", "25/10/1396"], "jalali", "dmy"),
        (["96/10/11", "96/10/30"], "jalali", "ymd"),
        (["1396/10/11", "2018-01-02"], None, "ymd"),
        (["friday", "monday"], None, None),
        ([], None, None),
    ],
)
def test_a_column_suggests_its_calendar_and_order(column, calendar, order):
    assert dates.suggest(column)[:2] == (calendar, order)


def test_the_suggestion_says_how_much_it_reads():
    assert dates.suggest(["2014-01-02", "x", "", None]).share == 0.5
