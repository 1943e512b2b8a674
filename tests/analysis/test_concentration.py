"""How concentrated is it, and did a forecast hit."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from kalantar.analysis import InputError
from kalantar.analysis.concentration import accuracy, gini, lorenz, pattern_similarity

counts_lists = st.lists(st.integers(0, 12), min_size=2, max_size=40).filter(lambda x: sum(x) > 1)


# -- Gini ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "standard", "general"),
    # Bernasco and Steenbeek (2017); wsteenbeek/lorenzgini, doc/lorenzgini.html
    [
        ([10, 8, 2] + [0] * 7, 0.78, 0.78),
        ([5, 2, 1] + [0] * 7, 0.8, 0.75),
        ([10] + [0] * 9, 0.9, 0.9),
        ([10] + [0] * 99, 0.99, 0.9),
    ],
)
def test_the_published_ginis(counts, standard, general):
    found = gini(counts)
    assert found.standard == pytest.approx(standard, abs=1e-9)
    assert found.generalised == pytest.approx(general, abs=1e-9)


@pytest.mark.parametrize("places", [10, 100])
def test_one_place_with_all_is_one_without_bias(places):
    found = gini([10] + [0] * (places - 1))
    assert found.standard_unbiased == pytest.approx(1)
    assert found.generalised_unbiased == pytest.approx(1)


@settings(deadline=None, max_examples=60)
@given(counts_lists)
def test_gini_is_the_mean_difference_of_all_pairs(counts):
    x = np.array(counts, float)
    slow = np.abs(x[:, None] - x[None, :]).sum() / (2 * len(x) * x.sum())
    found = gini(counts)
    assert found.standard == pytest.approx(slow)
    assert gini(counts[::-1]).standard == found.standard
    assert gini(np.repeat(counts, 3)).standard == pytest.approx(slow)
    assert -1e-9 <= found.generalised <= found.standard + 1e-9


def test_evenly_spread_is_zero_and_as_even_as_can_be_is_zero_in_the_generalised():
    assert gini([4] * 10).standard == pytest.approx(0)
    assert gini([1] * 5 + [0] * 45).generalised == pytest.approx(0)
    assert gini([1] * 5 + [0] * 45).standard == pytest.approx(0.9)


def test_the_gini_by_chance_is_the_mean_over_every_possible_world():
    places, events = 3, 4
    slow = np.mean(
        [
            gini(np.bincount(world, minlength=places)).standard
            for world in itertools.product(range(places), repeat=events)
        ]
    )
    assert gini([4, 0, 0]).by_chance == pytest.approx(slow)


def test_the_gini_by_chance_is_the_mean_of_drawn_worlds():
    rng = np.random.default_rng(1)
    drawn = [gini(rng.multinomial(60, np.full(200, 1 / 200))).standard for _ in range(400)]
    assert gini([60] + [0] * 199).by_chance == pytest.approx(np.mean(drawn), abs=4 * np.std(drawn) / 20)


@pytest.mark.parametrize(("shape", "mean"), [(0.5, 1.0), (2.0, 0.3), (1.0, 5.0)])
def test_the_underlying_gini_is_held_by_its_interval(shape, mean):
    truth = _gini_of_gamma(shape)
    rng = np.random.default_rng([int(10 * shape), int(10 * mean)])
    worlds, held = 150, 0
    for _ in range(worlds):
        found = gini(rng.poisson(rng.gamma(shape, mean / shape, 200)))
        held += found.underlying_low <= truth <= found.underlying_high
    assert stats.binom.cdf(held, worlds, 0.93) > 1e-3
    assert stats.binom.sf(held - 1, worlds, 0.975) > 1e-3


def _gini_of_gamma(shape):
    draws = np.sort(stats.gamma.ppf((np.arange(200_000) + 0.5) / 200_000, shape))
    n = len(draws)
    return (2 * np.arange(1, n + 1) - n - 1) @ draws / (n * draws.sum())


def test_where_only_chance_is_at_work_nothing_lies_beneath():
    rng = np.random.default_rng(3)
    touched = [gini(rng.poisson(0.4, 150)).underlying_low == 0 for _ in range(80)]
    assert np.mean(touched) > 0.9
    raw = gini(rng.poisson(0.4, 150))
    assert raw.standard > 0.5  # the negative control: the raw figure looks very concentrated


# -- Lorenz ----------------------------------------------------------------------------------------


def test_the_curve_is_the_sorted_sum():
    counts = np.random.default_rng(4).poisson(2, 57)
    found = lorenz(counts, rng=np.random.default_rng(1), runs=19)
    slow = np.append(0, np.cumsum(np.sort(counts)[::-1])) / counts.sum()
    assert found.events_share == pytest.approx(slow)
    assert found.places_share == pytest.approx(np.arange(58) / 57)
    assert found.gini == pytest.approx(gini(counts).standard)


def test_same_seed_same_answer_and_another_order_of_places_too():
    counts = np.random.default_rng(5).poisson(1, 80)
    one = lorenz(counts, rng=np.random.default_rng(1), runs=99)
    two = lorenz(counts[::-1], rng=np.random.default_rng(1), runs=99)
    assert one.low.tolist() == two.low.tolist()
    assert one.p_value == two.p_value


def test_few_events_seem_concentrated_and_the_chance_curve_says_so():
    rng = np.random.default_rng(6)
    found = lorenz(rng.multinomial(40, np.full(400, 1 / 400)), rng=rng, runs=199)
    events, chance = found.share_in_top(0.1)
    assert events > 0.9 and chance > 0.9
    assert found.p_value > 0.01
    assert found.chance == pytest.approx(found.events_share, abs=0.2)


def test_among_places_alike_p_is_not_too_often_small():
    rng = np.random.default_rng(7)
    p = [lorenz(rng.poisson(0.5, 60), rng=rng, runs=39).p_value for _ in range(100)]
    assert np.count_nonzero(np.array(p) <= 0.05) <= stats.binom.isf(1e-3, 100, 0.05)


def test_a_planted_concentration_is_found():
    counts = np.random.default_rng(8).poisson(np.repeat([0.3, 6.0], [190, 10]))
    found = lorenz(counts, rng=np.random.default_rng(1), runs=199)
    assert found.p_value == 1 / 200
    assert found.gini_low < found.gini < found.gini_high
    places, by_chance = found.places_for(0.25)
    assert places < by_chance
    assert found.share_in_top(0.05)[0] > 2 * found.share_in_top(0.05)[1]


def test_very_many_places_and_events_are_no_hindrance():
    rng = np.random.default_rng(9)
    counts = rng.poisson(3.0, 2_000_000)
    found = gini(counts)
    assert found.standard == pytest.approx(found.by_chance, abs=1e-3)
    sparse = np.zeros(1_000_000, int)
    sparse[:300] = 1
    curve = lorenz(sparse, rng=rng, runs=19)
    assert curve.chance[-1] == pytest.approx(1)
    assert curve.p_value > 0.05
    hit = accuracy(counts, rng.integers(0, 50, 2_000_000))
    assert hit.pai[-1] == pytest.approx(1)


def test_no_event_and_one_place_are_said_not_crashed():
    rng = np.random.default_rng(9)
    assert lorenz([0, 0, 0], rng=rng).why_not == "no_events"
    assert gini([0, 0]).why_not == "no_events"
    assert gini([]).why_not == "no_events"
    one = gini([7])
    assert (one.standard, one.enough, one.why_not) == (0, False, "too_few_places")
    assert lorenz([7], rng=rng, runs=19).why_not == "too_few_places"
    assert lorenz([1, 0, 0, 0, 0, 0], rng=rng, runs=19).why_not == "too_few_events"


@pytest.mark.parametrize("wrong", [[1.5, 2], [-1, 3], [np.nan, 1], [[1, 2]]])
def test_counts_that_cannot_be_are_refused(wrong):
    with pytest.raises(InputError):
        gini(wrong)


# -- accuracy --------------------------------------------------------------------------------------


def test_the_published_toy():
    # apwheele/ptools, tests/testthat/test-pai.R
    found = accuracy([6, 3, 0], [3, 2, 1], area=[1, 1, 1])
    assert found.pai == pytest.approx([2, 1.5, 1], abs=1e-12)
    assert found.pei == pytest.approx([1, 1, 1], abs=1e-12)
    assert found.rri == pytest.approx([0.5, 5 / 9, 6 / 9], abs=1e-12)
    assert found.cut.all()


def test_chicago_cells_give_the_reference_and_its_range_over_ties(rows_of):
    rows = rows_of("ref/chicago_burglary_grid500.csv.gz")
    found = accuracy([int(r["y2015"]) for r in rows], [int(r["y2014"]) for r in rows])
    assert found.pai_low[99] == pytest.approx(3.33449254006263, abs=1e-9)
    assert found.pei_low[99] == pytest.approx(0.784950833689611, abs=1e-9)
    assert found.pai_high[99] > 3.44  # file order and others lie between
    assert found.at(0.05)["pai"] == found.at(0.05)["pai_low"] == found.at(0.05)["pai_high"]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3)), min_size=1, max_size=25), st.booleans())
def test_the_range_over_ties_equals_both_orders_and_holds_any_other(cells, halves):
    seen, forecast = (np.array(v, float) for v in zip(*cells))
    if seen.sum() == 0:
        return
    if halves:  # not whole: the other way of sorting
        seen, forecast = seen / 2, forecast / 2
    found = accuracy(seen, forecast)
    share = np.arange(1, len(seen) + 1) / len(seen)
    for order, figure in (
        (np.lexsort((seen, -forecast)), found.pai_low),
        (np.lexsort((-seen, -forecast)), found.pai_high),
    ):
        assert figure == pytest.approx(np.cumsum(seen[order]) / seen.sum() / share)
    some = np.argsort(-forecast, kind="stable")
    between = np.cumsum(seen[some]) / seen.sum() / share
    assert (found.pai_low <= between + 1e-12).all() and (between <= found.pai_high + 1e-12).all()
    assert (found.pei_high <= 1 + 1e-12).all()
    assert found.pai_low[found.cut] == pytest.approx(found.pai_high[found.cut])
    unequal = accuracy(seen, forecast, area=np.linspace(1, 1 + 1e-9, len(seen)))
    assert unequal.pai_low == pytest.approx(found.pai_low, abs=1e-6)
    assert unequal.pai == pytest.approx(found.pai, abs=1e-6)
    assert unequal.pei_high == pytest.approx(found.pei_high, abs=1e-6)


def test_the_middle_is_the_mean_over_random_orders():
    rng = np.random.default_rng(10)
    seen, forecast = rng.poisson(1, 30).astype(float), rng.integers(0, 3, 30).astype(float)
    found = accuracy(seen, forecast)
    sums = np.mean([np.cumsum(seen[np.lexsort((rng.random(30), -forecast))]) for _ in range(4000)], axis=0)
    assert found.pai == pytest.approx(sums / seen.sum() / (np.arange(1, 31) / 30), rel=0.03)


def test_areas_count_and_the_order_may_go_by_density():
    found = accuracy([5, 5, 0], [10, 9, 1], area=[10, 1, 1], first="density")
    assert found.area_share[0] == pytest.approx(1 / 12)
    assert found.pai[0] == pytest.approx(0.5 / (1 / 12))
    assert found.pei[0] == pytest.approx(1)
    other = accuracy([5, 5, 0], [10, 9, 1], area=[10, 1, 1])
    assert other.pai[0] == pytest.approx(0.5 / (10 / 12))
    assert (accuracy([1, 2, 3], [1, 2, 3], area=[4, 4, 4]).pai == accuracy([1, 2, 3], [1, 2, 3]).pai).all()


def test_forecasts_without_events_or_cells_are_said():
    assert accuracy([0, 0], [1, 2]).why_not == "no_events"
    assert accuracy([], []).why_not == "no_events"
    assert accuracy([3], [1]).why_not == "too_few_places"
    assert accuracy([3], [1]).pai.tolist() == [1]
    assert accuracy([3, 1], [1, 0]).at(0.1) is None
    for wrong in (([1, 2], [1]), ([-1, 2], [1, 2]), ([1, np.inf], [1, 2])):
        with pytest.raises(InputError):
            accuracy(*wrong)
    with pytest.raises(InputError, match="area row 1"):
        accuracy([1, 2], [1, 2], area=[1, 0])


def test_large_forecasts_are_ordered_exactly():
    big = np.array([2.0**40, 2.0**40 + 1, 2.0**40 + 2] * 3)
    seen = np.arange(9.0)
    found = accuracy(seen, big)
    assert found.pai_low[0] == pytest.approx(2 / 36 * 9)
    assert found.pai_high[0] == pytest.approx(8 / 36 * 9)


# -- patterns --------------------------------------------------------------------------------------


def test_the_published_toy_of_patterns(shared_data):
    pyogrio = pytest.importorskip("pyogrio")
    import shapely

    folder = shared_data / "fixtures" / "sppt_toy"

    def geometries(name):
        frame = pyogrio.raw.read(folder / name)
        return shapely.from_wkb(frame[2]), frame[3]

    areas, fields = geometries("areas.shp")
    counts = []
    for name in ("points1.new.shp", "points2.new.shp"):
        spots, _ = geometries(name)
        counts.append([int(shapely.contains(area, spots).sum()) for area in areas])
    assert dict(zip(fields[0].tolist(), counts[0])) == {1: 2, 4: 2, 5: 2, 6: 1, 11: 0, 15: 1}
    assert dict(zip(fields[0].tolist(), counts[1])) == {1: 2, 4: 1, 5: 2, 6: 2, 11: 1, 15: 1}
    assert pattern_similarity(*counts, rng=np.random.default_rng(1)).s_index == pytest.approx(5 / 6)


def test_the_toy_of_patterns_by_its_counts():
    # wsteenbeek/sppt, README.md: global S .8333
    found = pattern_similarity([2, 2, 2, 1, 0, 1], [2, 1, 2, 2, 1, 1], rng=np.random.default_rng(2))
    assert found.s_index == pytest.approx(5 / 6)
    assert found.similar.tolist() == [1, 0, 1, 1, 1, 1]
    assert found.direction.tolist() == [0, 1, 0, 0, 0, 0]


def test_a_pattern_is_like_itself_and_unlike_its_reverse():
    counts = np.array([50, 30, 10, 5, 5, 0, 0])
    rng = np.random.default_rng(3)
    assert pattern_similarity(counts, 2 * counts, rng=rng).s_index == 1
    other = pattern_similarity(counts, counts[::-1], rng=rng)
    assert other.s_index < 0.4
    assert pattern_similarity([9, 1, 0, 0], [9, 1, 0, 0], rng=rng).s_robust == 1


def test_patterns_without_events_are_refused():
    with pytest.raises(InputError, match="test has no event"):
        pattern_similarity([1, 2], [0, 0], rng=np.random.default_rng(1))
    with pytest.raises(InputError):
        pattern_similarity([1, 2], [1, 2], rng=7)


def test_results_become_tables_and_pictures():
    rng = np.random.default_rng(1)
    counts = rng.poisson(2, 30)
    curve = lorenz(counts, rng=rng, runs=19)
    assert len(curve.table()["chance"]) == len(curve.places_share)
    assert curve.pictures()[0].y_label == "share of events"
    hit = accuracy(counts, counts)
    assert set(hit.table()) == set(hit.columns)
    assert hit.pictures()[0].title
    assert pattern_similarity(counts, counts, rng=rng).pictures()[0].labels
    assert gini(counts).to_dict()["events"] == counts.sum()
