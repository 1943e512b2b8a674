"""Is it risen: published figures, exact theorems, and worlds in which nothing rises."""

import numpy as np
import pytest
from scipy import stats

from kalantar.analysis import InputError
from kalantar.analysis.rises import etest, many, periods, poisson_ratio, poisson_z, rise

WEEKS = 52.1775


# -- two counts


@pytest.mark.parametrize(
    ("first", "second", "p"),
    [
        (6, 2, 0.1748748),
        (2, 6, 0.1748748),
        (0, 3, 0.088379),
        (3, 0, 0.088379),
        (10, 5, 0.2061644),
        (16, 25, 0.165),
        (15, 5, 0.0250351),
    ],
)
def test_the_e_test_gives_the_published_p(first, second, p):
    assert etest(first, second) == pytest.approx(p, abs=5e-4)


def test_the_e_test_against_a_table_summed_by_hand():
    first, second, long, short = 9, 2, 3.0, 2.0
    rate = (first + second) / (long + short)

    def statistic(a, b):
        return 0.0 if a == b == 0 else (a / long - b / short) / np.sqrt(a / long**2 + b / short**2)

    total = sum(
        stats.poisson.pmf(a, rate * long) * stats.poisson.pmf(b, rate * short)
        for a in range(80)
        for b in range(80)
        if statistic(a, b) >= statistic(first, second) - 1e-12
    )
    assert etest(first, second, first_length=long, second_length=short, tail="greater") == pytest.approx(total)


def test_the_e_test_takes_large_counts():
    assert etest(40_000, 39_000) == pytest.approx(2 * stats.norm.sf(1000 / np.sqrt(79_000)), rel=1e-2)


@pytest.mark.parametrize(
    ("counts", "lengths", "p", "ratio", "low", "high"),
    [
        ((25, 16), (1, 1), 0.211023597608801, 1.5625, 0.801957073263208, 3.1320441451798),
        ((30, 80), (3, 12), 0.072564912324316, 1.5, 0.951538073120786, 2.30826298252319),
    ],
)
def test_the_exact_ratio_equals_r(counts, lengths, p, ratio, low, high):
    found = poisson_ratio(*counts, first_length=lengths[0], second_length=lengths[1])
    assert (found.p_value, found.ratio, found.low, found.high) == pytest.approx((p, ratio, low, high), rel=1e-9)


def test_a_ratio_over_nothing_is_without_bound():
    found = poisson_ratio(5, 0)
    assert (found.ratio, found.high) == (np.inf, np.inf)
    assert found.low == pytest.approx(1 / 1.0915, rel=1e-3)  # beta quantile .025 of 5 and 1: .4782
    assert (poisson_ratio(0, 5).ratio, poisson_ratio(0, 5).low) == (0, 0)


def test_the_poisson_z_of_the_published_example():
    assert poisson_z(25, 16) == 2.0


@pytest.mark.parametrize("wrong", [(0, 0), (-1, 3), (1.5, 2), (np.nan, 1)])
def test_counts_that_cannot_be_are_refused(wrong):
    with pytest.raises(InputError):
        etest(*wrong)
    with pytest.raises(InputError):
        poisson_ratio(*wrong)


# -- a series


def test_a_short_quiet_past_gives_the_exact_conditional_p():
    found = rise([2, 3, 2, 1, 2, 3, 2, 1, 2, 2, 2, 2], 6, per_year=WEEKS, trend=False)
    # of 24 + 6 events, 6 or more in one of 13 periods (all), or of 16 + 6 in one of 9 (latest eight)
    all_of_it = stats.binom.sf(5, 30, 1 / 13)
    latest = stats.binom.sf(5, 22, 1 / 9)
    assert found.method == "short_history"
    assert found.p_value == pytest.approx(max(all_of_it, latest))
    assert found.enough
    assert found.low <= found.expected <= found.high


def test_usual_range_and_p_never_contradict_each_other():
    rng = np.random.default_rng(4)
    for rate in (0.3, 2, 15):
        for n in (20, 70, 170):
            history = rng.poisson(rate, n)
            for count in range(int(4 * rate) + 6):
                found = rise(history, count, per_year=WEEKS)
                assert (count > found.high) == (found.p_value <= (1 - found.level) / 2 + 1e-12)


def test_more_events_are_never_less_of_a_rise():
    rng = np.random.default_rng(6)
    for n in (12, 60, 200):
        history = rng.poisson(3, n)
        p = [rise(history, count, per_year=WEEKS).p_value for count in range(20)]
        assert (np.diff(p) <= 1e-12).all()


def test_three_years_know_their_season():
    t = np.arange(-208, 0)
    rng = np.random.default_rng(8)
    season = 10 * np.exp(0.6 * np.cos(2 * np.pi * t / WEEKS))  # high now, as every year
    found = rise(rng.poisson(season), 18, per_year=WEEKS)
    assert found.season
    assert found.method == "season_and_trend"
    assert found.expected == pytest.approx(10 * np.exp(0.6), rel=0.12)
    assert found.p_value > 0.3
    assert rise(rng.poisson(season), 18, per_year=WEEKS, season=False).p_value < 0.2


def test_three_years_know_their_trend():
    t = np.arange(-208, 0)
    history = np.random.default_rng(9).poisson(10 * np.exp(0.3 * t / WEEKS))
    found = rise(history, 10, per_year=WEEKS)
    assert found.trend
    assert found.expected == pytest.approx(10, rel=0.15)


def test_a_past_outbreak_does_not_make_the_next_one_usual():
    history = np.random.default_rng(10).poisson(5, 200)
    marred = history.copy()
    marred[80:86] += 30
    assert rise(marred, 16, per_year=WEEKS).p_value < 0.05
    assert rise(marred, 16, per_year=WEEKS).expected == pytest.approx(5, rel=0.35)


def test_weeks_without_a_record_are_not_weeks_without_events():
    history = np.random.default_rng(11).poisson(6, 180).astype(float)
    history[100:140] = np.nan
    found = rise(history, 6, per_year=WEEKS)
    assert found.periods == 140
    assert found.expected == pytest.approx(6, rel=0.15)


def test_skipped_weeks_do_not_count():
    history = np.concatenate([np.random.default_rng(12).poisson(4, 170), np.full(10, 14)])
    assert rise(history, 14, per_year=WEEKS, skip=10).p_value < rise(history, 14, per_year=WEEKS).p_value


@pytest.mark.parametrize(
    ("history", "current", "why"),
    [
        ([3] * 7, 20, "history_short"),
        ([], 5, "history_short"),
        ([0, 1] * 30, 2, "too_few_events"),
        ([0] * 200, 1, "too_few_events"),
    ],
)
def test_too_few_to_say_is_said(history, current, why):
    found = rise(history, current, per_year=WEEKS)
    assert not found.enough
    assert found.why_not == why
    assert not found.is_rise(at=0.99)


def test_three_at_a_place_where_nothing_ever_happened_is_a_rise():
    found = rise([0] * 200, 3, per_year=WEEKS)
    assert found.enough
    assert found.p_value == pytest.approx((1 / 201) ** 3)


@pytest.mark.parametrize(
    "wrong",
    [
        {"history": [1, -1] * 9},
        {"history": [1.5] * 9},
        {"history": [[1]]},
        {"current": -1},
        {"per_year": 0},
        {"season": "yes"},
        {"level": 1.0},
        {"skip": -1},
    ],
)
def test_a_series_that_cannot_be_is_refused(wrong):
    given = {"history": [1] * 9, "current": 1, "per_year": 12} | wrong
    with pytest.raises(InputError):
        rise(given.pop("history"), given.pop("current"), **given)


# Nominal .05; 150 series a stratum catch what is wrong by half, the sum of all strata what is wrong by a fifth.
WORLDS = [
    (weeks, per_year, kind, rate)
    for weeks, per_year in ((208, WEEKS), (104, WEEKS), (40, WEEKS), (60, WEEKS / 4))
    for kind in ("chance", "clustered", "seasonal")
    for rate in (0.05, 1.0, 20.0)
]


def quiet_world(rng, weeks, per_year, kind, rate, series):
    t = np.arange(weeks + 1)
    mean = np.full((series, weeks + 1), rate)
    if kind == "seasonal":
        mean *= np.exp(0.4 * np.sin(2 * np.pi * t / per_year + rng.uniform(0, 2 * np.pi, (series, 1))))
    if kind == "clustered":
        return rng.negative_binomial(mean, 0.5)  # variance twice the mean
    return rng.poisson(mean)


@pytest.mark.parametrize(("weeks", "per_year", "kind", "rate"), WORLDS)
def test_where_nothing_rises_alarms_stay_at_or_under_their_rate(weeks, per_year, kind, rate):
    rng = np.random.default_rng([weeks, len(kind), int(rate * 100)])
    worlds = quiet_world(rng, weeks, per_year, kind, rate, 150)
    alarms = sum(rise(y[:-1], y[-1], per_year=per_year).is_rise(at=0.05) for y in worlds)
    assert alarms <= stats.binom.isf(1e-4, 150, 0.05)


def test_over_all_quiet_worlds_together_the_rate_holds():
    rng = np.random.default_rng(99)
    alarms = series = 0
    for weeks, per_year, kind, rate in WORLDS:
        for y in quiet_world(rng, weeks, per_year, kind, rate, 30):
            alarms += rise(y[:-1], y[-1], per_year=per_year).is_rise(at=0.05)
            series += 1
    assert alarms / series <= 0.05


def test_planted_rises_are_found():
    rng = np.random.default_rng(77)
    found = [0, 0]
    for _ in range(60):
        y = quiet_world(rng, 208, WEEKS, "seasonal", 20.0, 1)[0]
        for i, extra in enumerate((20, 40)):
            found[i] += rise(y[:-1], y[-1] + rng.poisson(extra), per_year=WEEKS).is_rise(at=0.01)
    assert found[0] / 60 > 0.6
    assert found[1] / 60 > 0.95


def test_periods_end_with_the_day_asked_about():
    history, current = periods([0, 6, 7, 13, 14, 20, 21, 27, 28, 99], until=27, length_days=7, count=3)
    assert history.tolist() == [2, 2, 2]
    assert current == 2


# -- many at once


def test_benjamini_hochberg_of_their_own_example():
    # Benjamini and Hochberg (1995), section 4: 15 p-values, four rejected at .05
    p = [
        0.0001,
        0.0004,
        0.0019,
        0.0095,
        0.0201,
        0.0278,
        0.0298,
        0.0344,
        0.0459,
        0.3240,
        0.4262,
        0.5719,
        0.6528,
        0.7590,
        1.0,
    ]
    found = many(p)
    assert found.comparisons == 15
    assert (found.adjusted <= 0.05).sum() == 4
    assert found.adjusted == pytest.approx(stats.false_discovery_control(p))
    assert many(p, method="by").adjusted == pytest.approx(stats.false_discovery_control(p, method="by"))


def test_what_could_not_be_said_is_no_comparison():
    found = many([np.nan, 0.01, 0.04])
    assert found.comparisons == 2
    assert np.isnan(found.adjusted[0])
    assert found.adjusted[1:] == pytest.approx([0.02, 0.04])
    assert many([]).comparisons == 0


def test_a_probability_above_one_is_refused():
    with pytest.raises(InputError):
        many([0.5, 1.2])
