"""Short-history rules: the classical figures, and a p that keeps its word."""

import numpy as np
import pytest
from scipy import stats

from kalantar.analysis import InputError
from kalantar.analysis.ears import ears

Y = [3, 5, 4, 6, 2, 4, 4, 9, 4, 12, 3]


def test_c1_and_c2_by_hand():
    one, two = ears(Y), ears(Y, rule="C2")
    past = np.array(Y[:7], float)
    assert one.statistic[7] == pytest.approx((9 - past.mean()) / past.std(ddof=1))
    assert two.statistic[9] == pytest.approx((12 - past.mean()) / past.std(ddof=1))
    assert one.alarm[7] and two.alarm[9] and np.isnan(two.statistic[8])


def test_c3_sums_what_lies_over_one_deviation_in_three_periods():
    y = [3, 5, 4, 6, 2, 4, 4, 4, 5, 6, 7, 8]
    c2, c3 = ears(y, rule="C2"), ears(y, rule="C3")
    over = np.maximum(c2.statistic[9:] - 1, 0)
    assert c3.statistic[11] == pytest.approx(over.sum())
    assert c3.threshold == 2


def test_the_exact_p_is_that_of_a_binomial_given_the_total():
    flat = [4] * 7 + [11]
    assert ears(flat).p_value[7] == pytest.approx(stats.binom.sf(10, 39, 1 / 8))


def test_a_flat_baseline_gives_no_statistic_and_no_alarm():
    found = ears([2] * 8)
    assert np.isnan(found.statistic[7]) and not found.alarm[7]


def test_the_classical_threshold_alarms_too_often_and_p_does_not():
    rng = np.random.default_rng(1)
    nominal = stats.norm.sf(3)
    classical = ours = looked = 0
    for mean in (0.5, 2, 8):
        for _ in range(30):
            found = ears(rng.poisson(mean, 120))
            classical += found.alarm.sum()
            ours += (found.p_value < nominal).sum()
            looked += np.isfinite(found.p_value).sum()
    assert classical / looked > 3 * nominal
    assert ours <= stats.binom.ppf(0.999, looked, nominal)


def test_wrong_rules_and_missing_counts_are_named():
    with pytest.raises(InputError, match="rule"):
        ears(Y, rule="C4")
    with pytest.raises(InputError, match="counts row 1"):
        ears([1, np.nan, 3])
