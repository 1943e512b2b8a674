"""Fewer events in the register are not yet fewer events."""

import numpy as np
import pytest
from scipy import stats

from kalantar.analysis import InputError
from kalantar.analysis.recording import recorded, recording_drop
from kalantar.analysis.rises import rise

WEEKS = 52.1775


def test_a_silent_week_where_twenty_are_usual_is_a_drop():
    history = np.random.default_rng(1).poisson(20, 156)
    found = recording_drop(history, 0, per_year=WEEKS)
    assert found.is_drop(at=1e-5) and found.share_missing == 1 and found.latest == 1


def test_against_the_exact_binomial_where_the_past_is_short_and_pure_chance():
    history = np.full(10, 6)  # no more spread than chance
    found = recording_drop(history, [1, 0], per_year=WEEKS, trend=False)
    assert found.method == "short_history"
    # given the total, the two latest weeks are Binomial(total, 2 / (weeks of past + 2)); the larger tail counts
    whole, latest_eight = stats.binom.cdf(1, 61, 2 / 12), stats.binom.cdf(1, 49, 2 / 10)
    assert found.p_value == pytest.approx(max(whole, latest_eight), rel=1e-9)


@pytest.mark.parametrize(("mean", "size"), [(0.5, None), (3, None), (12, None), (12, 6)], ids=str)
def test_false_alarms_stay_at_or_under_the_level(mean, size):
    rng = np.random.default_rng(2)
    alarms, worlds = 0, 400
    for _ in range(worlds):
        y = rng.poisson(mean, 105) if size is None else rng.negative_binomial(size, size / (size + mean), 105)
        alarms += recording_drop(y[:104], y[104], per_year=WEEKS).is_drop(at=0.05)
    assert alarms <= stats.binom.ppf(0.999, worlds, 0.05)


def test_three_silent_weeks_are_seen_where_one_is_not():
    history = np.tile([1, 2, 1, 0, 2, 1, 1, 2], 16)
    assert not recording_drop(history, 0, per_year=WEEKS).is_drop(at=0.01)
    assert recording_drop(history, [0] * 8, per_year=WEEKS).is_drop(at=0.01)


def test_too_little_past_or_too_few_expected_says_nothing():
    assert recording_drop([5, 5], 0, per_year=WEEKS).why_not == "history_short"
    assert recording_drop([0, 1] * 20, 0, per_year=WEEKS).why_not == "too_few_expected"
    with pytest.raises(InputError, match="latest"):
        recording_drop([1] * 20, [], per_year=WEEKS)


def test_a_gap_that_is_told_hides_no_rise_and_feigns_none():
    rng = np.random.default_rng(3)
    found = {"untold": 0, "told": 0, "false": 0}
    for _ in range(200):
        history = rng.poisson(10, 40).astype(float)
        history[-10:-4] = 0
        risen, usual = int(rng.poisson(25)), int(rng.poisson(10))
        found["untold"] += rise(history, risen, per_year=WEEKS).is_rise(at=0.01)
        found["told"] += rise(recorded(history).count, risen, per_year=WEEKS).is_rise(at=0.01)
        found["false"] += rise(recorded(history).count, usual, per_year=WEEKS).is_rise(at=0.05)
    assert found["told"] >= found["untold"] + 40  # of 200
    assert found["false"] <= stats.binom.ppf(0.999, 200, 0.05)


def test_an_ordinary_series_keeps_all_its_periods():
    rng = np.random.default_rng(4)
    for mean in (0.3, 2, 15):
        lost = sum(recorded(rng.poisson(mean, 104)).dropped.sum() for _ in range(100))
        assert lost <= 100 * 104 * 0.001


def test_a_gap_is_found_where_it_lies_and_the_input_is_left_alone():
    y = np.random.default_rng(5).poisson(12, 60).astype(float)
    y[20:24] = 0
    kept = y.copy()
    found = recorded(y)
    assert np.flatnonzero(found.dropped).tolist() == [20, 21, 22, 23]
    assert np.isnan(found.count[20:24]).all() and (y == kept).all()
