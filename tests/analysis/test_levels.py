"""Is it high against like areas."""

import numpy as np
import pytest
from scipy import stats

from kalantar.analysis import InputError
from kalantar.analysis.levels import funnel, levels, shrunken_rates


def test_shrunken_rates_equal_the_published_ones(rows_of):
    # pysal/esda, smoothing.Empirical_Bayes: homicides around St. Louis, 1979-84
    rows = rows_of("fixtures/libpysal/stl_hom.csv")
    rates = shrunken_rates([float(r["HC7984"]) for r in rows], [float(r["PO7984"]) for r in rows])
    assert rates[:10] == pytest.approx(
        [
            2.36718950e-05,
            4.54539167e-05,
            4.78114019e-05,
            2.76907146e-05,
            6.58989323e-05,
            3.66494122e-05,
            5.79952721e-05,
            2.03064590e-05,
            3.31152999e-05,
            3.02748380e-05,
        ],
        rel=1e-8,
    )


def test_shrunken_rates_lie_between_their_own_and_the_common_rate():
    rng = np.random.default_rng(1)
    exposure = rng.lognormal(3, 1, 40)
    counts = rng.poisson(exposure * rng.gamma(3, 0.1, 40))
    shrunk, own, common = shrunken_rates(counts, exposure), counts / exposure, counts.sum() / exposure.sum()
    assert ((shrunk - own) * (shrunk - common) <= 1e-15).all()


def test_shrinking_brings_rates_nearer_to_the_truth():
    rng = np.random.default_rng(2)
    own_error = shrunk_error = 0.0
    for _ in range(50):
        exposure = rng.lognormal(2, 0.7, 30)
        truth = rng.gamma(4, 0.1, 30)
        counts = rng.poisson(exposure * truth)
        own_error += ((counts / exposure - truth) ** 2).mean()
        shrunk_error += ((shrunken_rates(counts, exposure) - truth) ** 2).mean()
    assert shrunk_error < 0.7 * own_error


def test_funnel_limits_are_exact_quantiles():
    expected = np.array([0.5, 3.0, 20.0, 400.0])
    plain = funnel(expected)
    assert plain.low.tolist() == stats.poisson.ppf(0.025, expected).tolist()
    assert plain.high.tolist() == stats.poisson.ppf(0.975, expected).tolist()
    wide = funnel(expected, between=0.25)
    assert wide.high.tolist() == stats.nbinom.ppf(0.975, 4, 4 / (4 + expected)).tolist()


def test_an_area_is_compared_with_the_others_and_not_with_itself():
    found = levels([10, 10, 10, 10, 10, 60], [1, 1, 1, 1, 1, 2])
    assert found.areas[5].like == pytest.approx(10)
    assert found.areas[5].expected == pytest.approx(20)
    assert found.areas[5].ratio == pytest.approx(3)
    assert found.areas[5].p_value < 0.02
    assert found.areas[5].count > found.areas[5].high
    assert found.areas[0].p_value > 0.3
    assert 1 < found.areas[5].shrunk < 3


def test_areas_that_differ_anyway_have_wider_limits():
    rng = np.random.default_rng(3)
    exposure = np.full(40, 10.0)
    alike = levels(rng.poisson(5 * exposure), exposure)
    unlike = levels(rng.poisson(5 * exposure * rng.gamma(4, 0.25, 40)), exposure)
    assert unlike.between == pytest.approx(0.25, abs=0.15)
    assert alike.between < 0.01
    assert unlike.overdispersion > 3 > alike.overdispersion
    assert unlike.areas[0].high - unlike.areas[0].low > 2 * (alike.areas[0].high - alike.areas[0].low)


@pytest.mark.parametrize("between", [0.0, 0.1, 0.4])
@pytest.mark.parametrize("mean", [3, 25])
def test_among_like_areas_alarms_stay_at_or_under_their_rate(between, mean):
    rng = np.random.default_rng([int(10 * between), mean])
    alarms = areas = 0
    for _ in range(80):
        exposure = rng.lognormal(0, 0.5, 22)
        truth = mean * exposure * (rng.gamma(1 / between, between, 22) if between else 1)
        found = levels(rng.poisson(truth), exposure)
        alarms += sum(area.enough and area.p_value < 0.05 for area in found.areas)
        areas += 22
    assert alarms <= stats.binom.isf(1e-3, areas, 0.05)


def test_a_planted_high_area_is_found():
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(100):
        exposure = rng.lognormal(0, 0.4, 22)
        mean = 30 * exposure
        mean[7] *= 2.5
        hits += levels(rng.poisson(mean), exposure).areas[7].p_value < 0.01
    assert hits > 90


def test_too_few_to_say_is_said():
    assert {a.why_not for a in levels([9, 8, 1], [1, 1, 1]).areas} == {"too_few_areas"}
    found = levels([0, 1, 0, 2, 1, 0, 1], [1] * 6 + [0])
    assert [a.why_not for a in found.areas] == ["too_few_events"] * 6 + ["no_exposure"]
    assert found.comparisons == 0
    assert levels([5], [1]).areas[0].why_not == "too_few_areas"


def test_areas_without_any_event_are_no_error():
    found = levels([0] * 8, [1] * 8)
    assert all(a.p_value == 1 and not a.enough for a in found.areas)


@pytest.mark.parametrize("wrong", [([1, 2], [1]), ([-1, 2], [1, 1]), ([1.5], [1]), ([1], [np.nan]), ([], [])])
def test_areas_that_cannot_be_are_refused(wrong):
    with pytest.raises(InputError):
        levels(*wrong)
