"""At which hours."""

import numpy as np
import pytest

from kalantar.analysis import InputError
from kalantar.analysis.intervals import aoristic


def minute_by_minute(start, end):
    """The slow twin: every minute by itself."""
    total = np.zeros(168)
    monday = np.datetime64("1970-01-05T00:00", "m")
    for s, e in zip(start.astype("M8[m]"), end.astype("M8[m]")):
        first = int((s - monday).astype(int))
        length = -1 if np.isnat(e) else int((e - s).astype(int))
        if length >= 168 * 60:
            total += 1 / 168
        elif length <= 1:
            total[first // 60 % 168] += 1
        else:
            for minute in range(first, first + length):
                total[minute // 60 % 168] += 1 / length
    return total


def moments(*texts):
    return np.array(texts, dtype="datetime64[m]")


def test_washington_burglaries_equal_the_published_table(rows_of):
    rows = rows_of("crime/dc_burglaries_2016h1.csv")
    start, end = (
        np.array(
            [np.datetime64(r[name].replace(" ", "T")) if r[name][:1].isdigit() else np.datetime64("NaT") for r in rows]
        )
        for name in ("StartDateTime", "EndDateTime")
    )
    table = rows_of("crime/dc_burglaries_aoristic_published.csv")
    days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    published = np.array([[float(hour[day]) for hour in table] for day in days])
    found = aoristic(start, end)
    assert found.sum() == pytest.approx(1025)
    assert np.abs(found.reshape(7, 24) - published).max() <= 5e-4


def test_against_the_slow_twin():
    rng = np.random.default_rng(1)
    start = np.datetime64("2015-12-30T00:00") + rng.integers(0, 60 * 24 * 30, 400).astype("m8[m]")
    length = np.concatenate([rng.integers(-5, 200, 200), rng.integers(0, 11_000, 200)])
    end = start + length.astype("m8[m]")
    end[::17] = np.datetime64("NaT")
    assert aoristic(start, end) == pytest.approx(minute_by_minute(start, end), abs=1e-9)


def test_the_rules_one_by_one():
    monday = "2016-01-04T10:30"
    assert aoristic(moments(monday), moments("NaT"))[10] == 1
    assert aoristic(moments(monday), moments("2016-01-04T09:00"))[10] == 1
    assert aoristic(moments(monday), moments("2016-01-04T10:31"))[10] == 1
    spread = aoristic(moments(monday), moments("2016-01-04T12:00"))
    assert spread[10:12] == pytest.approx([1 / 3, 2 / 3])
    assert aoristic(moments(monday), moments("2016-01-11T10:30")) == pytest.approx(np.full(168, 1 / 168))
    over_sunday = aoristic(moments("2016-01-03T23:00"), moments("2016-01-04T01:00"))
    assert (over_sunday[167], over_sunday[0]) == (0.5, 0.5)


def test_no_events_are_no_error():
    assert aoristic(moments(), moments()).sum() == 0


def test_what_cannot_be_is_refused():
    with pytest.raises(InputError, match="start 0 is missing"):
        aoristic(moments("NaT"), moments("2016-01-04T12:00"))
    with pytest.raises(InputError, match="datetime64"):
        aoristic(np.array([1.0]), moments("2016-01-04T12:00"))
    with pytest.raises(InputError, match="equal length"):
        aoristic(moments("2016-01-04T12:00"), moments())
