"""At which hours."""

import itertools

import numpy as np
import pytest
from scipy.stats import chi2, kstest

from kalantar.analysis import InputError
from kalantar.analysis.intervals import aoristic, circular, day_test, hours, to_wall


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


# -- any bins, any week ------------------------------------------------------------------------


def by_minutes(start, end, edges):
    """The slow twin of any bins: every minute of every interval shorter than the cycle."""
    cycle, total = edges[-1], np.zeros(len(edges) - 1)
    for s, e in zip(start, end):
        length = max(e - s, 1)
        for minute in range(s, s + length):
            total[np.searchsorted(edges, minute % cycle, side="right") - 1] += 1 / length
    return total


def as_moments(minutes):
    return np.datetime64("1970-01-05T00:00", "m") + np.asarray(minutes).astype("m8[m]")


@pytest.mark.parametrize("cycle", ["day", "week"])
def test_any_bins_equal_the_slow_twin(cycle):
    rng = np.random.default_rng(2)
    length = 1440 if cycle == "day" else 10_080
    edges = np.array([0, 7, 60, 61, 500, 1433, *([] if cycle == "day" else [5000]), length])
    start = rng.integers(-20_000, 20_000, 150)
    end = start + rng.integers(0, min(length, 3000), 150)
    found = hours(as_moments(start), as_moments(end), cycle=cycle, edges_min=edges)
    assert found.weight == pytest.approx(by_minutes(start, end, edges), abs=1e-9)
    assert found.weight.sum() == pytest.approx(found.events) and found.events == 150


def test_a_week_of_saturdays_is_the_same_table_turned():
    rng = np.random.default_rng(3)
    start = as_moments(rng.integers(0, 50_000, 200))
    end = start + rng.integers(0, 600, 200).astype("m8[m]")
    monday, saturday = hours(start, end), hours(start, end, first_day="Saturday")
    assert saturday.label[0] == "Saturday 00:00"
    assert saturday.weight == pytest.approx(np.roll(monday.weight, 48), abs=1e-9)


def test_events_without_an_hour_are_told_and_never_put_at_midnight():
    start = as_moments([0, 0, 90])
    found = hours(start, known=np.array([False, False, True]), cycle="day")
    assert found.weight[0] == 0 and found.hour_unknown == 2 and found.events == 1


def test_what_is_certain_is_told_beside_what_is_spread():
    found = hours(as_moments([30, 30, 50]), as_moments([30, 50, 70]), cycle="day")
    assert found.exact[:2].tolist() == [2, 0] and found.spread == 1
    assert found.weight[:2].tolist() == [2.5, 0.5]


def test_long_intervals_may_be_left_out_and_are_counted():
    start, end = as_moments([0, 10]), as_moments([0, 10 + 1440])
    assert hours(start, end, cycle="day", longer="left_out").left_out == 1
    even = hours(start, end, cycle="day")
    assert even.weight[0] == pytest.approx(1 + 1 / 24) and even.events == 2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"edges_min": [0, 60]}, "from 0 to 1440"),
        ({"edges_min": [0, 60, 30, 1440]}, "above the one before"),
        ({"first_day": "Shanbe"}, "first_day"),
        ({"longer": "cut"}, "longer"),
        ({"known": np.array([True])}, "known"),
    ],
)
def test_wrong_conventions_are_named(wrong, said):
    with pytest.raises(InputError, match=said):
        hours(as_moments([0, 1]), cycle="day", **wrong)


# -- time zones --------------------------------------------------------------------------------


def test_the_wall_clock_follows_the_zone_s_own_history():
    utc = moments("2016-01-01T00:00", "2016-07-01T00:00", "2024-07-01T12:10", "NaT")
    wall = to_wall(utc, "Asia/Tehran")  # summer time was abolished in 2022
    assert [str(w) for w in wall] == ["2016-01-01T03:30", "2016-07-01T04:30", "2024-07-01T15:40", "NaT"]
    assert str(to_wall(moments("2016-03-13T07:59", "2016-03-13T08:00"), "America/Chicago")[1]) == "2016-03-13T03:00"
    with pytest.raises(InputError, match="zone"):
        to_wall(utc, "Tehran")


# -- days --------------------------------------------------------------------------------------


def every_table(counts, kind):
    """The slow twin: every order of n events on 7 days."""
    n = sum(counts)

    def statistic(x):
        x = np.asarray(x, float)
        if kind == "G":
            return 2 * (x[x > 0] * np.log(x[x > 0] * 7 / n)).sum()
        return ((x - n / 7) ** 2).sum() * 7 / n

    bound, hit = statistic(counts) - 1e-9, 0
    for days in itertools.product(range(7), repeat=n):
        hit += statistic(np.bincount(days, minlength=7)) >= bound
    return hit / 7**n


def test_small_sample_g_equals_the_published_figures():
    # apwheele/ptools tests/testthat/test-exact.R
    for counts, g in (([3] + [0] * 6, 11.68), ([2, 1] + [0] * 5, 7.86), ([1, 1, 1] + [0] * 4, 5.08)):
        assert day_test(counts).statistic == pytest.approx(g, abs=0.005)


@pytest.mark.parametrize("kind", ["G", "chi-square"])
@pytest.mark.parametrize("counts", [[3, 0, 0, 0, 0, 0, 0], [2, 1, 1, 0, 0, 0, 1], [1, 1, 1, 1, 1, 0, 0]])
def test_the_exact_p_is_the_share_of_all_tables(counts, kind):
    assert day_test(counts, statistic=kind).p_value == pytest.approx(every_table(counts, kind), rel=1e-9)


def test_all_tables_together_have_chance_one_and_many_events_agree_with_chi_square():
    assert day_test([15, 14, 14, 14, 14, 14, 14]).p_value == pytest.approx(1, abs=1e-9)
    counts = [24, 12, 18, 15, 16, 17, 13]
    exact = day_test(counts, statistic="chi-square")
    assert exact.exact and exact.p_value == pytest.approx(chi2.sf(exact.statistic, 6), rel=0.03)
    assert not day_test([300, 320, 290, 310, 300, 305, 295]).exact


def test_the_order_of_the_days_changes_nothing_and_their_names_follow_the_first():
    assert day_test([5, 0, 1, 0, 2, 0, 0]).p_value == day_test([0, 0, 2, 5, 0, 1, 0]).p_value
    assert day_test([1] * 7, first_day="Saturday").day[:2] == ("Saturday", "Sunday")


# -- circle ------------------------------------------------------------------------------------


def test_the_mean_of_eleven_and_one_at_night_is_midnight():
    found = circular([23, 1, 23.5, 0.5, 0])
    assert min(found.mean, 24 - found.mean) == pytest.approx(0, abs=1e-9)
    assert found.enough and found.low > 22 and found.high < 2


def test_turning_the_clock_turns_the_mean_and_changes_nothing_else():
    rng = np.random.default_rng(4)
    times = rng.normal(20, 3, 60)
    one, other = circular(times), circular(times + 7)
    assert other.mean == pytest.approx((one.mean + 7) % 24)
    assert (other.length, other.p_value) == pytest.approx((one.length, one.p_value))


def test_weights_are_repetitions():
    assert circular([3, 3, 9, 9, 9, 14]).length == pytest.approx(circular([3, 9, 14], weights=[2, 3, 1]).length)


def test_rayleigh_s_p_is_uniform_when_every_hour_is_as_likely():
    rng = np.random.default_rng(5)
    p = [circular(rng.uniform(0, 24, 20)).p_value for _ in range(2000)]
    assert kstest(p, "uniform").pvalue > 0.001


def test_the_limits_of_the_mean_cover_it():
    rng = np.random.default_rng(6)
    inside = 0
    for _ in range(1000):
        found = circular(rng.vonmises(0, 1.5, 60) * 12 / np.pi + 12)
        inside += found.low <= 12 <= found.high
    assert 0.92 <= inside / 1000 <= 0.97


def test_two_opposite_peaks_are_seen_and_no_direction_is_claimed():
    found = circular([6, 6, 6, 6, 18, 18, 18, 18])
    assert found.two_peaks == pytest.approx(1) and not found.enough and found.why_not == "no_direction"


def test_too_few_and_missing_times_are_told():
    assert circular([1, 2]).why_not == "too_few_events"
    with pytest.raises(InputError, match="times row 1"):
        circular([1, np.nan, 2, 3, 4])
