"""Did it help."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import optimize, special, stats

from kalantar.analysis import InputError
from kalantar.analysis.impact import impact, match_areas, rate_ratio, weighted_displacement
from kalantar.calibration import impact as calibration

# -- weighted displacement difference --------------------------------------------------------------


def test_the_published_difference():
    # Wheeler and Ratcliffe (2018); apwheele/ptools, tests/testthat/test-wdd.R
    found = weighted_displacement([207, 110], [308, 318], disp_treated=[178, 157], disp_control=[150, 140])
    assert found.estimate == -118
    assert found.se == pytest.approx(39.59797974644666)
    assert (found.z, found.low, found.high) == pytest.approx((-2.98, -196, -40), abs=0.5)


def test_the_readme_of_ptools():
    found = weighted_displacement([20, 10], [20, 20], level=0.9)
    assert (found.estimate, found.se, found.z) == pytest.approx((-10, 8.3666, -1.195229), abs=1e-5)
    assert (found.low, found.high) == pytest.approx((-23.761833, 3.761833), abs=1e-5)


def test_time_weights_as_published():
    found = weighted_displacement([80, 20], [100, 50], time_weights=[2, 1])
    assert (found.estimate, found.se) == pytest.approx((-20, 10.723805294763608), abs=1e-9)


def test_area_weights_as_published():
    found = weighted_displacement(
        [207, 110],
        [308, 318],
        disp_treated=[178, 157],
        disp_control=[150, 140],
        area_weights=[0.9, 1.2, 1.6, 1.5],
    )
    assert (found.estimate, found.se) == pytest.approx((-99.69444444, 35.4280755), abs=1e-5)
    assert (found.z, found.low, found.high) == pytest.approx((-2.813995483, -169.1321965, -30.25669241), abs=1e-5)


def test_every_case_of_the_reference(shared_data):
    cases = json.loads((Path(shared_data).parent / "reference" / "cases.json").read_text(encoding="utf-8"))["cases"]
    used = [case for case in cases if case["function"] == "weighted displacement difference"]
    assert len(used) == 4
    for case in used:
        given = dict(case["inputs"])
        level = 1 - given.pop("alpha")
        found = weighted_displacement(given.pop("treated"), given.pop("control"), level=level, **given)
        names = {"est": "estimate"}
        for name, value in case["expected"].items():
            assert getattr(found, names.get(name, name)) == pytest.approx(value, abs=case["tolerance"]), case["id"]


def test_harm_weighs_kinds_and_one_kind_of_weight_one_is_the_plain_figure():
    two = weighted_displacement([[20, 10], [5, 1]], [[20, 20], [5, 5]], harm=[1, 10])
    first, second = weighted_displacement([20, 10], [20, 20]), weighted_displacement([5, 1], [5, 5])
    assert two.estimate == first.estimate + 10 * second.estimate
    assert two.se == pytest.approx(np.sqrt(first.se**2 + 100 * second.se**2))
    assert weighted_displacement([[20, 10]], [[20, 20]], harm=[1]).low == first.low


def test_the_parts_add_up():
    found = weighted_displacement([20, 10], [20, 20], disp_treated=[10, 14], disp_control=[10, 11])
    assert (found.local, found.displaced) == (-10, 3)
    assert found.estimate == -7


@pytest.mark.parametrize(
    "wrong",
    [
        {"treated": [20], "control": [20, 20]},
        {"treated": [20.5, 1], "control": [20, 20]},
        {"treated": [20, -1], "control": [20, 20]},
        {"treated": [20, 1], "control": [20, 20], "time_weights": [0, 1]},
        {"treated": [20, 1], "control": [20, 20], "area_weights": [1, 1]},
        {"treated": [[2, 1], [2, 1]], "control": [[2, 1], [2, 1]], "harm": [1, -1]},
        {"treated": [20, 1], "control": [20, 20], "level": 95},
    ],
)
def test_differences_that_cannot_be_are_refused(wrong):
    treated, control = wrong.pop("treated"), wrong.pop("control")
    with pytest.raises(InputError):
        weighted_displacement(treated, control, **wrong)


# -- rate ratio ------------------------------------------------------------------------------------


def _weeks(rng, mean=6.0, areas=3, weeks=156, began=104, change=0.0):
    rate = np.full((areas, weeks), mean)
    rate[0, began:] *= 1 + change
    counts = rng.poisson(rate)
    return counts[0], counts[1:]


def test_the_ratio_is_the_ratio_of_ratios():
    treated, others = _weeks(np.random.default_rng(1), change=-0.3)
    found = rate_ratio(treated, others, began=104, chosen="not_by_level")
    before, after = slice(0, 104), slice(104, None)
    by_hand = treated[after].sum() / others[:, after].sum() / (treated[before].sum() / others[:, before].sum())
    assert found.ratio == pytest.approx(by_hand)
    assert found.low < found.ratio < found.high
    assert found.expected == pytest.approx(treated[before].sum() * others[:, after].sum() / others[:, before].sum())
    assert found.prevented == pytest.approx(found.expected - treated[after].sum())
    assert found.prevented_low < found.prevented < found.prevented_high
    assert found.usual[:104].sum() == pytest.approx(treated[:104].sum())
    assert found.verdict == "fell"


def test_without_extra_spread_the_range_is_the_profile_likelihood_of_a_2_by_2_table():
    treated, others = np.tile([4, 5, 6], 52), np.tile([11, 10, 9], 52)
    found = rate_ratio(treated, others, began=104, chosen="not_by_level")
    assert found.overdispersion == 1
    y0, y1, c0, c1 = treated[:104].sum(), treated[104:].sum(), others[:104].sum(), others[104:].sum()

    def likelihood(at, effect):  # slow twin: the nuisance found by a general optimiser
        def minus(a):
            p0, p1 = special.expit(a), special.expit(a + effect)
            return -(y0 * np.log(p0) + c0 * np.log1p(-p0) + y1 * np.log(p1) + c1 * np.log1p(-p1))

        return -optimize.minimize_scalar(minus, bounds=(-5, 5), method="bounded", options={"xatol": 1e-10}).fun

    best = likelihood(0, np.log(found.ratio))
    drop = stats.t.ppf(0.975, 154) ** 2 / 2
    for limit in (found.low, found.high):
        assert best - likelihood(0, np.log(limit)) == pytest.approx(drop, abs=1e-5)
    assert found.p_value == pytest.approx(
        2 * stats.t.sf(np.sqrt(max(0.0, 2 * (best - likelihood(0, 0.0)))), 154), abs=1e-3
    )


def test_what_hits_every_area_of_a_week_alike_changes_nothing():
    rng = np.random.default_rng(2)
    shock = np.exp(rng.normal(0, 0.5, 156))
    counts = rng.poisson(6 * shock, (3, 156))
    seen = rate_ratio(counts[0], counts[1:], began=104, chosen="not_by_level")
    assert counts[0].var() / counts[0].mean() > 2  # alone, the weeks vary far more than chance
    assert seen.overdispersion < 1.4


def test_weeks_that_vary_more_than_chance_widen_the_range():
    rng = np.random.default_rng(3)
    plain = rate_ratio(*_weeks(rng), began=104)
    counts = rng.poisson(6 * rng.gamma(2, 0.5, (3, 156)))
    over = rate_ratio(counts[0], counts[1:], began=104)
    assert over.overdispersion > 2 > plain.overdispersion
    assert over.high / over.low > 1.2 * plain.high / plain.low


def test_weeks_that_go_together_widen_the_range():
    rng = np.random.default_rng(4)
    slow = np.exp(0.5 * np.repeat(rng.normal(size=(3, 26)), 6, axis=1))
    counts = rng.poisson(8 * slow)
    found = rate_ratio(counts[0], counts[1:], began=104, chosen="not_by_level")
    mixed = rng.permutation(156)
    loose = rate_ratio(counts[0][mixed], counts[1:, mixed], began=104, chosen="not_by_level")
    assert found.autocorrelation > 0.3 > abs(loose.autocorrelation)
    assert found.overdispersion > 1.5 * loose.overdispersion


def test_no_event_left_is_a_ratio_of_0_with_an_upper_limit():
    treated = np.append(np.full(52, 1), np.zeros(26))
    found = rate_ratio(treated, np.full(78, 3), began=52)
    assert found.ratio == 0 == found.low
    assert 0 < found.high < 0.5
    assert found.verdict == "fell"
    assert found.prevented == pytest.approx(26)
    assert found.prevented_low <= found.prevented
    assert found.to_dict()["ratio"] == 0


def test_the_verdict_follows_the_range():
    rng = np.random.default_rng(5)
    few = rate_ratio(rng.poisson(0.4, 104), rng.poisson(0.4, (2, 104)), began=78)
    assert few.enough
    assert few.low <= 0.8 and few.high >= 1
    assert few.verdict == "cannot_tell"
    many = rng.poisson(200, (3, 156))
    assert rate_ratio(many[0], many[1:], began=104, chosen="not_by_level").verdict == "no_effect_worth_having"
    assert rate_ratio(many[0], many[1:], began=104, chosen="not_by_level", worth=-0.001).verdict == "cannot_tell"
    more = rng.poisson(np.where(np.arange(156) < 104, 20, 30))
    assert rate_ratio(more, many[1:], began=104, chosen="not_by_level").verdict == "rose"


def test_too_little_to_say_is_said():
    assert rate_ratio([3] * 9, [3] * 9, began=6).why_not == "too_few_weeks"
    assert rate_ratio([0] * 30, [3] * 30, began=20).why_not == "too_few_events"
    nothing = rate_ratio([2] * 30, [0] * 30, began=20)
    assert nothing.why_not == "too_few_comparison_events"
    assert nothing.verdict == "cannot_tell"
    assert rate_ratio([0] * 30, [0] * 30, began=20).to_dict()["ratio"] is None
    assert rate_ratio([1, 1], [1, 1], began=1).verdict == "cannot_tell"
    assert rate_ratio([np.nan] * 4, [1] * 4, began=2).why_not == "too_few_weeks"


def test_weeks_not_recorded_are_left_out_of_all_areas():
    treated, others = _weeks(np.random.default_rng(6))
    holes = treated.astype(float)
    holes[[3, 50, 120]] = np.nan
    kept = np.delete(np.arange(156), [3, 50, 120])
    one = rate_ratio(holes, others, began=104, chosen="not_by_level")
    two = rate_ratio(treated[kept], others[:, kept], began=102, chosen="not_by_level")
    assert (one.low, one.high) == pytest.approx((two.low, two.high))
    assert (one.weeks_before, one.weeks_after) == (102, 51)


def test_settling_weeks_are_left_out():
    treated, others = _weeks(np.random.default_rng(7))
    one = rate_ratio(treated, others, began=104, settling=4, chosen="not_by_level")
    kept = np.delete(np.arange(156), np.arange(104, 108))
    two = rate_ratio(treated[kept], others[:, kept], began=104, chosen="not_by_level")
    assert one.ratio == two.ratio
    assert one.weeks_after == 48


def test_order_of_comparison_areas_does_not_matter_and_their_sum_is_enough():
    treated, others = _weeks(np.random.default_rng(8), areas=4)
    one = rate_ratio(treated, others, began=104)
    two = rate_ratio(treated, others[::-1], began=104)
    three = rate_ratio(treated, others.sum(axis=0), began=104)
    assert one.low == two.low == three.low
    assert three.warnings[-1] == "one_comparison_area"


def test_an_area_high_just_before_is_warned_of_and_its_high_weeks_are_left_out():
    rng = np.random.default_rng(9)
    treated, others = _weeks(rng)
    treated[78:104] += rng.poisson(4, 26)
    found = rate_ratio(treated, others, began=104)
    assert "high_just_before" in found.warnings
    assert found.left_out >= 13
    raw = rate_ratio(treated, others, began=104, chosen="not_by_level")
    assert raw.left_out == 0 and "high_just_before" in raw.warnings
    assert raw.ratio < found.ratio
    assert rate_ratio(treated, others, began=104, chosen=26).left_out == 26


def test_an_area_that_already_fell_is_warned_of():
    rng = np.random.default_rng(10)
    falling = rng.poisson(np.linspace(14, 4, 156))
    assert "trends_differ" in rate_ratio(falling, rng.poisson(8, (2, 156)), began=104).warnings


def test_the_highest_of_many_is_drawn_towards_them():
    rng = np.random.default_rng(11)
    counts = rng.poisson(4.0, (30, 78))
    past = counts[:, :52].sum(axis=1)
    first = int(past.argmax())
    others = np.delete(counts, first, axis=0)[:2]
    raw = rate_ratio(counts[first], others, began=52, chosen="not_by_level")
    drawn = rate_ratio(counts[first], others, began=52, chosen="not_by_level", candidates=past)
    assert past.mean() <= drawn.shrunk < past[first]
    assert abs(np.log(drawn.ratio)) < abs(np.log(raw.ratio)) or drawn.ratio > raw.ratio
    # candidates that truly differ leave the count alone
    apart = rate_ratio(counts[first], others, began=52, candidates=np.append(past[first], [9, 900, 40, 1200]))
    assert apart.shrunk == pytest.approx(past[first], rel=0.05)


def test_comparison_areas_that_drift_by_themselves_widen_the_range():
    rng = np.random.default_rng(12)
    after = np.arange(156) >= 104
    rate = 8 * np.where(after, np.exp(rng.normal(0, 0.3, (9, 1))), 1.0)
    counts = rng.poisson(rate)
    found = rate_ratio(counts[0], counts[1:], began=104)
    assert found.drift > 0.02
    pooled = rate_ratio(counts[0], counts[1:].sum(axis=0), began=104)
    assert np.isnan(pooled.drift)
    assert found.high / found.low > pooled.high / pooled.low


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"began": 0}, "began"),
        ({"began": 30}, "began"),
        ({"began": 20, "worth": 0.2}, "worth"),
        ({"began": 20, "chosen": "maybe"}, "chosen"),
        ({"began": 20, "chosen": 21}, "chosen"),
        ({"began": 20, "candidates": [3, 4]}, "candidates"),
        ({"began": 20, "level": 95}, "level"),
    ],
)
def test_options_that_cannot_be_are_refused(wrong, says):
    with pytest.raises(InputError, match=says):
        rate_ratio([3] * 30, [[3] * 30] * 2, **wrong)


@pytest.mark.parametrize("series", [([1, -1, 2], [1, 1, 1]), ([1, 1.5, 2], [1, 1, 1]), ([1, 1, 2], [1, np.inf, 1])])
def test_counts_that_cannot_be_are_refused_with_their_week(series):
    with pytest.raises(InputError, match="week 1"):
        rate_ratio(*series, began=1)
    with pytest.raises(InputError, match="shape"):
        rate_ratio([1, 2, 3], [[1, 2]], began=1)
    with pytest.raises(InputError):
        rate_ratio([], [], began=1)


# -- matching --------------------------------------------------------------------------------------


def test_the_most_like_area_is_found():
    rng = np.random.default_rng(13)
    rates = np.array([2.0, 20.0, 6.0, 6.1, 40.0, 1.0])
    pool = rng.poisson(rates[:, None], (6, 104))
    found = match_areas(rng.poisson(6.0, 104), pool, n=2)
    assert set(found.area.tolist()) == {2, 3}
    assert found.balanced
    assert np.abs(found.difference).max() < np.abs(found.difference_of_all).max()
    assert found.distance[0] <= found.distance[1]
    assert len(found.table()["area"]) == 2


def test_a_rising_area_is_matched_with_a_rising_one():
    rng = np.random.default_rng(14)
    rising = np.linspace(4, 12, 104)
    pool = np.vstack([rng.poisson(8, (4, 104)), rng.poisson(rising, (2, 104)), rng.poisson(rising[::-1], (2, 104))])
    assert set(match_areas(rng.poisson(rising), pool, n=2).area.tolist()) == {4, 5}


def test_exposure_makes_rates_and_size_is_matched():
    rng = np.random.default_rng(15)
    size = np.array([100, 100, 1000, 1000])
    pool = rng.poisson((size * np.array([0.05, 0.2, 0.05, 0.2]))[:, None], (4, 60))
    treated = rng.poisson(1000 * 0.05, 60)
    assert match_areas(treated, pool, n=1, exposure=size, treated_exposure=1000).area.tolist() == [2]
    assert match_areas(treated, pool, n=1, exposure=size, treated_exposure=1000, leave_out=[2]).area[0] != 2


def test_covariates_are_matched_too():
    pool = np.full((4, 20), 5)
    found = match_areas(np.full(20, 5), pool, n=1, covariates=[[3.0], [1.0], [9.0], [3.1], [20.0]])
    assert found.area.tolist() == [2]
    assert found.feature[-1] == "covariate 0"


def test_an_area_like_no_other_is_said():
    rng = np.random.default_rng(16)
    found = match_areas(rng.poisson(60, 104), rng.poisson(rng.uniform(2, 6, (8, 1)), (8, 104)), n=2)
    assert not found.balanced
    assert found.why_not == "nothing_like_it"
    assert match_areas([1, 2], [[1, 2]], n=5).why_not == "pool_too_small"
    assert not np.isnan(match_areas([0, 0], [[0, 0], [0, 0]], n=1).distance).any()


@pytest.mark.parametrize(
    "wrong",
    [{"leave_out": [0, 1]}, {"leave_out": [7]}, {"exposure": [1, 1]}, {"covariates": [[1]]}, {"n": 0}],
)
def test_pools_that_cannot_be_are_refused(wrong):
    with pytest.raises(InputError):
        match_areas([1, 2], [[1, 2], [3, 4]], **wrong)


# -- net effect ------------------------------------------------------------------------------------


def test_what_moved_next_door_is_no_gain():
    rng = np.random.default_rng(17)
    after = np.arange(156) >= 104
    treated, buffer = rng.poisson(np.where(after, 6, 12)), rng.poisson(np.where(after, 18, 12))
    pool = rng.poisson(12, (8, 156))
    found = impact(treated, pool, buffer=buffer, began=104)
    assert found.treated.verdict == "fell"
    assert found.displacement == "displaced"
    assert found.net.low < 1 < found.net.high
    assert found.verdict != "fell"
    assert found.quotient == pytest.approx(-1, abs=0.4)
    assert len(found.matches.area) == 5
    assert found.table()["part"].tolist() == ["treated", "buffer", "net"]
    assert found.pictures()[0].usual == 1
    assert found.per_week.estimate == pytest.approx(0, abs=3)


def test_a_buffer_that_gains_too_is_diffusion():
    rng = np.random.default_rng(18)
    after = np.arange(156) >= 104
    lower = np.where(after, 12, 20)
    found = impact(rng.poisson(lower), rng.poisson(20, (4, 156)), buffer=rng.poisson(lower), began=104, n=2)
    assert found.displacement == "diffused"
    assert found.quotient > 0
    assert found.verdict == "fell"


def test_a_buffer_that_keeps_its_level_shows_no_displacement():
    rng = np.random.default_rng(19)
    after = np.arange(156) >= 104
    found = impact(
        rng.poisson(np.where(after, 20, 40)),
        rng.poisson(40, (4, 156)),
        buffer=rng.poisson(40, 156),
        began=104,
        match=False,
        leave_out=[3],
    )
    assert found.displacement == "no_displacement"
    assert found.matches is None


def test_without_a_buffer_displacement_is_not_looked_at():
    treated, others = _weeks(np.random.default_rng(20))
    found = impact(treated, others, began=104, n=2)
    assert (found.displacement, found.buffer, found.net) == ("not_looked_at", None, found.treated)
    assert json.dumps(found.to_dict())
    with pytest.raises(InputError):
        impact(treated, others, began=104, match=False, leave_out=[0, 1])


# -- calibration -----------------------------------------------------------------------------------


@pytest.mark.parametrize("stratum", calibration.STRATA)
def test_the_interval_holds_a_known_effect(stratum):
    worlds = 80
    held = sum(
        calibration.tried(worlds, np.random.default_rng([21, i]), stratum, change)["held"]
        for i, change in enumerate((0.0, -0.4))
    )
    assert stats.binom.cdf(held, 2 * worlds, 0.93) > 1e-3
    assert stats.binom.sf(held - 1, 2 * worlds, 0.97) > 1e-3


def test_a_fall_is_found_as_often_as_the_best_peer_does():
    seen = calibration.tried(150, np.random.default_rng(22), "Poisson", -0.2)
    assert stats.binom.cdf(seen["fell"], 150, 0.63) > 1e-3
    assert calibration.tried(60, np.random.default_rng(23), "Poisson", -0.4)["fell"] >= 58


def test_the_careless_ways_fail_where_ours_holds():
    # negative controls: counts taken as Poisson, and no word on how the area was chosen
    over = calibration.tried(200, np.random.default_rng(24), "overdispersed", 0.0)
    assert over["wdd"] < 180 < over["held"]
    chosen = calibration.tried(200, np.random.default_rng(25), "chosen for a high past among areas alike", 0.0)
    assert chosen["plain"] + 5 < chosen["held"]


def test_displacement_is_seen_and_no_gain_is_claimed():
    seen = calibration.displaced(120, np.random.default_rng(26))
    assert seen["held"] >= 106
    assert seen["fell"] <= 12
    assert seen["denied"] <= 12
    assert seen["found"] >= 100


@pytest.mark.slow
def test_the_whole_calibration_holds():
    lines = calibration.run(worlds=1000, seed=1)
    assert [line for line in lines if not line.holds] == []
