"""How sure is a share."""

import numpy as np
import pytest
from scipy import stats

from kalantar.analysis import InputError
from kalantar.analysis.sure import post_stratified_mean, post_stratified_share, wilson
from kalantar.calibration import survey


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    # Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3 (score)
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_printed_limits(k, n, low, high):
    found = wilson(k, n)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


def test_nothing_known_is_anything():
    found = wilson(0, 0)
    assert (found.low, found.high) == (0, 1)
    assert found.share != found.share


def test_all_and_none_keep_their_end():
    assert wilson(7, 7).high == 1
    assert wilson(0, 7).low == 0
    assert wilson(3, 10).low == pytest.approx(1 - wilson(7, 10).high)
    assert wilson(3, 10, level=0.8).low > wilson(3, 10).low


@pytest.mark.parametrize("wrong", [(3, 2), (-1, 2), (0.5, 2)])
def test_a_share_that_cannot_be_is_refused(wrong):
    with pytest.raises(InputError):
        wilson(*wrong)
    with pytest.raises(InputError):
        wilson(1, 2, level=1)


# -- post-stratified -----------------------------------------------------------------------------


def test_the_estimate_is_the_weighted_share_by_hand():
    found = post_stratified_share([30, 10], [40, 50], [1000, 3000])
    assert found.estimate == pytest.approx(0.25 * 0.75 + 0.75 * 0.2)
    assert found.unweighted == pytest.approx(40 / 90)
    assert found.low < found.estimate < found.high
    assert found.population_share.tolist() == [0.25, 0.75]
    assert found.estimate_of_stratum.tolist() == [0.75, 0.2]


def test_one_stratum_is_nearly_wilson():
    found, plain = post_stratified_share([60], [200], [1]), wilson(60, 200)
    assert (found.low, found.high) == pytest.approx((plain.low, plain.high), abs=2e-3)
    assert found.effective_answers == pytest.approx(200, rel=0.01)


def test_the_classical_variance_is_reached_with_many_answers():
    k, n, size = np.array([3000, 8000]), np.array([10000, 10000]), np.array([1.0, 4.0])
    found = post_stratified_share(k, n, size)
    weight, share = size / 5, k / n
    spread = np.sqrt((weight**2 * share * (1 - share) / n).sum())
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * spread, rel=2e-3)


def test_the_mean_of_one_stratum_is_the_t_interval():
    values = np.random.default_rng(1).gamma(2, 10, 50)
    found = post_stratified_mean(values, np.zeros(50, int), [7])
    half = stats.t.ppf(0.975, 50) * values.std(ddof=1) / np.sqrt(50)
    assert found.estimate == pytest.approx(values.mean())
    assert (found.high - found.low) / 2 == pytest.approx(half)


def test_scale_of_population_and_order_of_strata_do_not_matter():
    k, n, size = np.array([3, 9, 0, 14]), np.array([7, 20, 2, 31]), np.array([5.0, 1.0, 2.0, 4.0])
    one, other = post_stratified_share(k, n, size), post_stratified_share(k[::-1], n[::-1], 1000 * size[::-1])
    assert (one.estimate, one.low, one.high) == pytest.approx((other.estimate, other.low, other.high))


def test_yes_and_no_are_mirrors():
    k, n, size = np.array([3, 9, 14]), np.array([7, 20, 31]), [5, 1, 2]
    yes, no = post_stratified_share(k, n, size), post_stratified_share(n - k, n, size)
    assert (yes.low, yes.high) == pytest.approx((1 - no.high, 1 - no.low))


def test_shifting_and_scaling_the_values_does_the_same_to_the_mean():
    rng = np.random.default_rng(2)
    values, of = rng.normal(size=60), rng.integers(0, 4, 60)
    one = post_stratified_mean(values, of, [1, 2, 3, 4])
    moved = post_stratified_mean(10 * values + 1e6, of, [1, 2, 3, 4])
    assert moved.low == pytest.approx(10 * one.low + 1e6, abs=1e-6)
    assert moved.high == pytest.approx(10 * one.high + 1e6, abs=1e-6)


def test_a_stratum_that_agrees_on_three_answers_is_not_taken_as_certain():
    sure = post_stratified_share([3, 50], [3, 100], [1, 1])
    assert sure.high - sure.low > 0.3


def test_a_stratum_nobody_answered_of_is_named_and_widens_the_range():
    all_heard = post_stratified_share([20, 20, 20], [40, 40, 40], [1, 1, 1], names=["a", "b", "c"])
    one_silent = post_stratified_share([20, 20, 0], [40, 40, 0], [1, 1, 1], names=["a", "b", "c"])
    assert one_silent.empty == ("c",)
    assert one_silent.estimate == pytest.approx(0.5)
    assert one_silent.high - one_silent.low > 1.5 * (all_heard.high - all_heard.low)
    assert one_silent.enough
    assert post_stratified_share([20, 0], [40, 0], [1, 2]).why_not == "too_few_strata_reached"


def test_few_answers_are_not_shown():
    found = post_stratified_share([3, 2], [5, 4], [1, 1])
    assert not found.enough
    assert found.why_not == "too_few_answers"
    nothing = post_stratified_share([0, 0], [0, 0], [1, 1])
    assert (nothing.low, nothing.high, nothing.enough) == (0, 1, False)
    assert nothing.to_dict()["estimate"] is None
    assert not post_stratified_mean([], [], [1, 1]).enough
    assert post_stratified_mean([3.0], [0], [1, 1]).high == np.inf


def test_who_asked_everybody_is_in_no_doubt():
    found = post_stratified_share([3, 5], [10, 10], [10, 10], finite=True)
    assert found.low == found.high == found.estimate == pytest.approx(0.4)
    half = post_stratified_share([3, 5], [10, 10], [20, 20], finite=True)
    whole = post_stratified_share([3, 5], [10, 10], [20, 20])
    assert half.high - half.low < whole.high - whole.low
    values = np.arange(6.0)
    assert post_stratified_mean(values, [0, 0, 0, 1, 1, 1], [3, 3], finite=True).low == pytest.approx(2.5)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (([3], [2], [1]), "k row 0"),
        (([1, 1], [2, 2], [1, 0]), "population row 1"),
        (([1], [2, 2], [1, 1]), "equal length"),
        (([np.nan], [2], [1]), "k row 0"),
        (([], [], []), "no strata"),
    ],
)
def test_what_cannot_be_is_refused_with_its_row(wrong, says):
    with pytest.raises(InputError, match=says):
        post_stratified_share(*wrong)


def test_a_stratum_out_of_range_is_refused():
    with pytest.raises(InputError, match="stratum row 1 is 5"):
        post_stratified_mean([1.0, 2.0], [0, 5], [1, 1])
    with pytest.raises(InputError, match="head counts"):
        post_stratified_share([1], [5], [3], finite=True)


@pytest.mark.parametrize("name", list(survey.STRATA))
def test_intervals_hold_the_truth_though_the_satisfied_answer_more(name):
    worlds = 400
    share, mean, plain = survey.covered(worlds, np.random.default_rng(4), *survey.STRATA[name])
    for hit in (share, mean):
        assert stats.binom.cdf(hit, worlds, 0.93) > 1e-3
        assert stats.binom.sf(hit, worlds, 0.97) > 1e-3
    # the negative control: the answers as they came
    assert plain < share


def test_the_calibration_says_what_was_asked():
    lines = survey.run(worlds=60, seed=1)
    assert len(lines) == 2 * len(survey.STRATA)
    assert all(line.goal == "0.93 to 0.97" and line.worlds == 60 for line in lines)


def test_a_result_becomes_a_table_and_a_picture():
    found = post_stratified_share([3, 9], [7, 20], [5, 1], names=["centre", "edge"])
    assert found.table()["answers"].tolist() == [7, 20]
    (bars,) = found.pictures()
    assert bars.labels == ("centre", "edge", "all, weighted")
    assert wilson(3, 7).to_dict()["k"] == 3
