"""Does an event make another nearby, soon after, more likely?"""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from kalantar.analysis import InputError
from kalantar.analysis.near_repeat import calculator_bands, knox, near_repeat, near_repeat_strings


def case(shared_data, name):
    """One published case; its numbers were checked by others."""
    cases = json.loads((shared_data.parent / "reference" / "cases.json").read_text())["cases"]
    return next(c for c in cases if c["id"] == name)


def limits(values):
    return [float(v) for v in values]


@pytest.fixture(scope="module")
def january(shared_data):
    lines = (shared_data / "fixtures" / "nrc" / "chicago_be_month1.csv").read_text().splitlines()
    x, y, date = zip(*(line.split(",") for line in lines))
    return np.column_stack([np.array(x, float), np.array(y, float)]), np.array(date, "M8[D]").astype(float)


@pytest.fixture(scope="module")
def year_2016(rows_of):
    rows = [r for r in rows_of("crime/chicago_burglary_2014_2017.csv.gz") if r["date_single"].endswith("2016")]
    days = np.array(["-".join(r["date_single"].split("/")[::-1]) for r in rows], "M8[D]").astype(float)
    return np.array([[float(r["x"]), float(r["y"])] for r in rows]), days


def twin(xy, t, space_m, time_days, closed, include_last, metric):
    """Every pair by itself."""
    i, j = np.triu_indices(len(t), 1)
    apart = np.abs(xy[i] - xy[j])
    d = apart.sum(axis=1) if metric == "manhattan" else np.sqrt((apart**2).sum(axis=1))
    out = np.zeros((len(space_m) - 1, len(time_days) - 1), int)
    for a in range(out.shape[0]):
        for b in range(out.shape[1]):
            inside = np.ones(len(d), bool)
            for value, edges, k, last in (
                (d, space_m, a, include_last[0]),
                (np.abs(t[i] - t[j]), time_days, b, include_last[1]),
            ):
                low, high = edges[k], edges[k + 1]
                if closed == "left":
                    inside &= (value >= low) & ((value < high) | (last and k == len(edges) - 2 and value == high))
                else:
                    inside &= (value <= high) & ((value > low) | (last and k == 0 and value == low))
            out[a, b] = inside.sum()
    return out


def world(rng, n=300, side=1500.0, days=60):
    return rng.uniform(0, side, (n, 2)) + np.array([350_000, 580_000]), rng.integers(0, days, n).astype(float)


# -- published ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "closed", "include_last"),
    [
        ("left_closed", "left", False),
        ("right_closed", "right", False),
        ("left_closed_incl_last", "left", True),
        ("right_closed_incl_first", "right", True),
    ],
)
def test_the_four_conventions_of_the_published_toy(shared_data, rows_of, name, closed, include_last):
    c = case(shared_data, "nr-toy-breaks")
    rows = np.array([[float(r[k]) for k in ("x", "y", "time")] for r in rows_of(c["inputs"]["file"])])
    found = knox(
        rows[:, :2],
        rows[:, 2],
        space_m=c["inputs"]["sds"],
        time_days=c["inputs"]["tds"],
        closed=closed,
        include_last=include_last,
        metric="manhattan",
        as_metres=True,
    )
    assert found.observed.tolist() == c["expected"][name]
    assert (found.closed, found.include_last, found.metric) == ((closed,) * 2, (include_last,) * 2, "manhattan")


def test_january_as_the_near_repeat_calculator_counts_it(shared_data, january):
    bands = calculator_bands(band_m=100, bands_of_space=3, band_days=7, bands_of_time=3)
    c = case(shared_data, "nr-jan2016-nrc")
    assert (bands["space_m"], bands["time_days"]) == (limits(c["inputs"]["sds"]), limits(c["inputs"]["tds"]))
    found = knox(*january, **bands, metric="manhattan")
    assert found.observed.tolist() == c["expected"]
    assert found.observed.sum() == found.pairs == 970 * 969 // 2


def test_january_ratios_and_p_of_the_r_package(shared_data, january):
    c = case(shared_data, "nr-jan2016-ratios")
    found = knox(
        *january,
        space_m=c["inputs"]["sds"],
        time_days=c["inputs"]["tds"],
        metric="manhattan",
        runs=999,
        rng=np.random.default_rng(1),
    )
    assert found.observed.tolist() == c["expected"]["observed"]
    assert np.abs(found.ratio - c["expected"]["knox_ratio"]).max() < 0.05
    assert np.abs(found.p_value - c["expected"]["p"]).max() <= 0.04
    exact = [[1.8032, 0.4016, 0.6163], [1.4133, 0.8625, 0.5180], [1.0151, 0.9529, 1.0446], [0.9737, 0.9837, 1.0066]]
    assert np.abs(found.ratio - exact).max() < 5e-5
    assert np.abs(found.ratio_to_median / found.ratio - 1).max() < 0.06


def test_2016_as_published_twice(shared_data, year_2016):
    c = case(shared_data, "nr-2016-nrc")
    found = knox(*year_2016, space_m=c["inputs"]["sds"], time_days=c["inputs"]["tds"])
    assert found.observed.tolist() == c["expected"]
    assert found.events == 11701


@pytest.mark.parametrize(
    ("closed", "table"),
    [
        ("right", [[342, 97, 62], [1892, 1514, 1362], [4145, 3643, 3592], [5805, 5143, 4919]]),
        ("left", [[319, 106, 62], [1647, 1539, 1400], [3598, 3660, 3638], [5028, 5167, 4935]]),
    ],
)
def test_2016_as_the_python_package_counts_it(year_2016, closed, table):
    # tobydavies/NearRepeat, usage notebook: bands 0 to .1 to 200 to 400 to 600 m, 7, 14, 21 days
    found = knox(
        *year_2016,
        space_m=[0, 0.1, 200, 400, 600],
        time_days=[0, 7, 14, 21],
        closed=closed,
        include_last=closed == "right",
        cores=2,
    )
    assert found.observed.tolist() == table


def test_a_pair_at_a_limit_lies_in_the_band_that_the_convention_says():
    # vignette of the R package: 100 m and exactly 3 days; the calculator prints "101-200 m, 4-6 days"
    bands = {"space_m": [0, 1, 100, 200, 300], "time_days": [0, 3, 6, 9]}
    xy, t = [[0, 0], [0, 100]], [0.0, 3.0]
    assert np.argwhere(knox(xy, t, **bands).observed).tolist() == [[2, 1]]
    assert np.argwhere(knox(xy, t, closed="right", **bands).observed).tolist() == [[1, 0]]
    assert np.argwhere(knox(xy, t, closed=("left", "right"), **bands).observed).tolist() == [[2, 0]]


def test_imdepi_as_surveillance_prints_it(shared_data, rows_of):
    c = case(shared_data, "knox-imdepi")
    rows = np.array([[float(r[k]) for k in ("x", "y", "time")] for r in rows_of(c["inputs"]["file"])])
    found = near_repeat(rows[:, :2], rows[:, 2], within_m=50, within_days=30, runs=0)
    assert (found.observed, found.pairs, found.p_value) == (204, 56280, None)
    assert found.expected == pytest.approx(c["expected"]["expected"], rel=1e-12)
    # it prints the chance of more than 204; this many or more is what a p-value says
    assert found.p_poisson_above == pytest.approx(c["expected"]["p_poisson"], rel=1e-9)
    assert found.p_poisson == pytest.approx(stats.poisson.sf(203, found.expected), rel=1e-9)
    assert found.p_poisson > found.p_poisson_above


def test_burkitt_as_pointpats_prints_it(shared_data):
    pyogrio = pytest.importorskip("pyogrio")
    c = case(shared_data, "knox-burkitt")
    meta, _, _, columns = pyogrio.raw.read(shared_data / c["inputs"]["file"], read_geometry=False)
    x, y, t = (np.asarray(columns[list(meta["fields"]).index(name)], float) for name in "XYT")
    found = near_repeat(
        np.column_stack([x, y]), t, within_m=20, within_days=5, rng=np.random.default_rng(1), as_metres=True
    )
    assert found.observed_2x2.tolist() == c["expected"]["observed"]
    assert np.abs(found.expected_2x2 - c["expected"]["expected"]).max() < 5e-5
    assert found.p_poisson_above == pytest.approx(c["expected"]["p_poisson"], abs=1e-5)
    assert found.p_value == pytest.approx(c["expected"]["p_sim_seed12345_99"], abs=0.13)


def test_strings_of_the_published_toys():
    x = np.arange(1, 6.0)
    found = near_repeat_strings(np.column_stack([x, 0 * x]), [0, 0, 0, 4, 4], within_m=2, within_days=1)
    assert found.of_event.tolist() == [0, 0, 0, 1, 1]
    assert (found.size.tolist(), found.first.tolist(), found.last.tolist()) == ([3, 2], [0, 4], [0, 4])
    x = np.arange(1, 11.0)
    xy, t = np.column_stack([x, 0 * x]), 3 * x
    alone = near_repeat_strings(xy, t, within_m=1, within_days=1)
    assert (alone.size.tolist(), alone.in_strings, alone.longest) == ([1] * 10, 0, 1)
    assert near_repeat_strings(xy, t, within_m=2, within_days=6).size.tolist() == [10]


# -- the slow twin -----------------------------------------------------------------------------


@pytest.mark.parametrize("metric", ["euclidean", "manhattan"])
@pytest.mark.parametrize("closed", ["left", "right"])
@pytest.mark.parametrize("include_last", [(False, False), (True, False), (True, True)])
def test_every_pair_counted_one_by_one(metric, closed, include_last):
    rng = np.random.default_rng(1)
    for spread, whole in ((40, True), (2000, True), (300, False)):
        xy = rng.integers(0, spread, (250, 2)) * 10.0 + 300_000  # on a grid: many pairs exactly at a limit
        t = rng.integers(0, 50, 250) * (1.0 if whole else 0.25)
        for space in ([0, 10, 50, 130], [5, 60, 200], [0, 30, np.inf], [0, 20_000]):
            for time in ([0, 1, 7, 14], [2, 5], [0, 3, np.inf]):
                found = knox(
                    xy, t, space_m=space, time_days=time, closed=closed, include_last=include_last, metric=metric
                )
                expected = twin(xy, t, space, time, closed, include_last, metric)
                assert found.observed.tolist() == expected.tolist()


def test_the_exact_mean_is_the_mean_of_all_orders():
    from itertools import permutations

    xy = np.array([[0, 0], [10, 0], [0, 40], [90, 90], [95, 90], [10, 40.0]])
    t = np.array([0, 1, 1, 4, 9, 9.0])
    bands = {"space_m": [0, 15, 60], "time_days": [0, 1, 6], "closed": "right"}
    all_orders = [knox(xy, np.array(order), **bands).observed for order in permutations(t)]
    assert knox(xy, t, **bands).expected == pytest.approx(np.mean(all_orders, axis=0))


def test_shuffles_agree_with_numpy_permutations():
    rng = np.random.default_rng(2)
    xy, t = world(rng, n=200)
    bands = {"space_m": [0, 80, 200], "time_days": [0, 5, 12]}
    found = knox(xy, t, runs=2000, rng=rng, **bands)
    slow = np.array([knox(xy, rng.permutation(t), **bands).observed for _ in range(2000)])
    p = (1 + (slow >= found.observed).sum(axis=0)) / 2001
    assert np.abs(found.p_value - p).max() < 4.5 * np.sqrt(2 * 0.25 / 2000)
    fewer = (1 + (slow <= found.observed).sum(axis=0)) / 2001
    assert np.abs(found.p_fewer - fewer).max() < 4.5 * np.sqrt(2 * 0.25 / 2000)
    assert np.abs(found.median - np.median(slow, axis=0)).max() <= 1.5


def test_days_and_moments_go_different_ways_to_the_same_answer():
    xy, t = world(np.random.default_rng(3))
    bands = {"space_m": [0, 50, 150], "time_days": [0, 3, 9], "closed": "right", "include_last": True, "runs": 199}
    whole = knox(xy, t, rng=np.random.default_rng(5), **bands)
    moments = knox(xy, t + 0.5, rng=np.random.default_rng(5), **bands)  # not whole: 64-bit lanes, same seeds
    long = knox(xy, t * 1000, rng=np.random.default_rng(5), **bands | {"time_days": [0, 3000, 9000]})  # over 2**15 days
    for other in (moments, long):
        for name in ("observed", "p_value", "p_fewer", "p_adjusted", "p_within", "median"):
            assert (getattr(other, name) == getattr(whole, name)).all()


def test_the_same_seed_gives_the_same_answer_whatever_the_cores():
    xy, t = world(np.random.default_rng(4), n=600)
    ask = {"space_m": [0, 60, 200], "time_days": [0, 2, 9], "runs": 300}
    one, two, three = (knox(xy, t, rng=np.random.default_rng(7), cores=cores, **ask) for cores in (1, 2, 3))
    assert one.to_dict() == two.to_dict() == three.to_dict()


def test_lots_of_pairs_go_over_in_several_hands(monkeypatch):
    xy, t = world(np.random.default_rng(4), n=400)
    ask = {"space_m": [0, 100, 700], "time_days": [0, 2, 9], "runs": 40}
    whole = knox(xy, t, rng=np.random.default_rng(7), **ask)
    monkeypatch.setattr("kalantar.analysis.near_repeat._PAIRS", 77)
    assert knox(xy, t, rng=np.random.default_rng(7), **ask).to_dict() == whole.to_dict()


@settings(max_examples=40, deadline=None)
@given(
    arrays(np.int64, st.tuples(st.integers(1, 40), st.just(3)), elements=st.integers(0, 30)),
    st.integers(0, 6),
    st.integers(0, 6),
    st.sampled_from(["euclidean", "manhattan"]),
)
def test_strings_are_the_connected_parts_of_the_close_pairs(rows, within_m, within_days, metric):
    xy, t = rows[:, :2].astype(float), rows[:, 2].astype(float)
    found = near_repeat_strings(xy, t, within_m=within_m, within_days=within_days, metric=metric, as_metres=True)
    apart = np.abs(xy[:, None] - xy[None])
    d = apart.sum(axis=2) if metric == "manhattan" else np.hypot(*apart.transpose(2, 0, 1))
    close = (d <= within_m) & (np.abs(t[:, None] - t[None]) <= within_days)
    _, label = connected_components(coo_matrix(close))
    assert found.of_event.tolist() == label.tolist()
    assert found.links.tolist() == (close.sum(axis=1) - 1).tolist()
    assert found.size.tolist() == np.bincount(label).tolist()


# -- what must not matter ----------------------------------------------------------------------


def test_shifting_turning_and_reordering_change_nothing():
    rng = np.random.default_rng(6)
    xy = rng.integers(0, 500, (300, 2)).astype(float)
    t = rng.integers(0, 40, 300).astype(float)
    ask = {"space_m": [0, 10, 30, 50], "time_days": [0, 3, 9], "as_metres": True}
    first = knox(xy, t, **ask)
    order = rng.permutation(300)
    turned = xy[:, ::-1] * [1, -1]
    for other in (
        knox(xy + np.array([4e6, -3e6]), t - 7300, **ask),
        knox(turned, t, **ask),
        knox(xy[order], t[order], **ask),
        knox(xy * 8, -t, **ask | {"space_m": [0, 80, 240, 400]}),
    ):
        assert other.observed.tolist() == first.observed.tolist()
        assert other.expected.tolist() == first.expected.tolist()


def test_each_event_twice_gives_four_times_the_pairs_and_one_more_at_the_same_place_and_time():
    xy, t = world(np.random.default_rng(7))
    ask = {"space_m": [0, 1, 100], "time_days": [0, 1, 9]}
    once, twice = knox(xy, t, **ask), knox(np.repeat(xy, 2, axis=0), np.repeat(t, 2), **ask)
    assert (twice.observed - 4 * once.observed).tolist() == [[300, 0], [0, 0]]


def test_differences_of_a_hand_at_coordinates_of_millions():
    xy = np.array([4e6, 3e6]) + np.array([[0, 0], [0.1, 0], [0.25, 0], [1000, 0]])
    found = knox(xy, [0, 0, 0, 0.0], space_m=[0, 0.12, 0.2, 0.3, 2000], time_days=[0, 1])
    assert found.observed[:, 0].tolist() == [1, 1, 1, 3]


def test_far_away_events_cost_no_room():
    xy = np.array([[0, 0], [1, 0], [1e12, 1e12], [1e12, 1e12]])
    assert knox(xy, [0, 0, 0, 0.0], space_m=[0, 5], time_days=[0, 1]).observed.tolist() == [[2]]


# -- little and bad input ----------------------------------------------------------------------


@pytest.mark.parametrize("n", [0, 1, 2])
def test_too_few_events_are_counted_and_called_too_few(n):
    xy, t = np.array([[0, 0], [3, 4]])[:n], np.array([0, 1.0])[:n]
    found = knox(xy, t, space_m=[0, 10], time_days=[0, 5], runs=19, rng=np.random.default_rng(1))
    assert (found.enough, found.why_not) == (False, "too_few_events")
    assert found.observed.tolist() == [[n // 2]]
    assert (found.p_table, found.drift) == (1.0, False)
    json.dumps(found.to_dict(), allow_nan=False)
    single = near_repeat(xy, t, within_m=10, within_days=5, runs=0)
    assert (single.observed, single.p_poisson) == (n // 2, pytest.approx([1, 1, 1 - np.exp(-1)][n]))
    assert near_repeat_strings(xy, t, within_m=10, within_days=5).longest == n


def test_one_place_or_one_day_can_say_nothing():
    n = 50
    rng = np.random.default_rng(1)
    ask = {"within_m": 100, "within_days": 3, "runs": 99, "rng": rng}
    one_place = near_repeat(np.full((n, 2), 3e5), np.arange(n), **ask)
    one_day = near_repeat(rng.uniform(0, 1000, (n, 2)) + 3e5, np.full(n, 5.0), **ask)
    apart = near_repeat(np.arange(2 * n).reshape(n, 2) * 1e4, np.arange(n), **ask)
    assert (one_place.why_not, one_day.why_not, apart.why_not) == ("one_place", "one_time", "no_close_pairs")
    assert one_place.p_value == one_day.p_value == apart.p_value == 1.0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"xy": [[0, 0], [np.nan, 1]]}, "xy row 1 is missing"),
        ({"xy": [[0, 0], [np.inf, 1]]}, "xy row 1 is missing or infinite"),
        ({"xy": [0, 1]}, r"shape \(n, 2\)"),
        ({"xy": [[47.1, 34.3], [47.2, 34.4]]}, "looks like degrees"),
        ({"t": [0]}, "equal length"),
        ({"t": [0, np.nan]}, "t row 1"),
        ({"space_m": [5]}, "at least two limits"),
        ({"space_m": [5, 5]}, "each above the one before"),
        ({"space_m": [0, np.nan, 5]}, "space_m row 1"),
        ({"time_days": [0, np.inf, np.inf]}, "time_days"),
        ({"closed": "open"}, "closed must be one of"),
        ({"closed": "both", "space_m": [0, 1, 2]}, "for one band"),
        ({"metric": "road"}, "metric must be one of"),
        ({"runs": 9}, "rng must be a numpy Generator"),
        ({"runs": 2.5}, "whole number"),
        ({"cores": 0}, "cores must be 1"),
        ({"runs": 9, "rng": np.random.default_rng(1), "against_chance": False}, "runs are for the comparison"),
    ],
)
def test_input_that_cannot_be_is_refused_by_name(change, said):
    ask = {"xy": [[0, 0], [1000, 1]], "t": [0, 1], "space_m": [0, 10], "time_days": [0, 5]} | change
    with pytest.raises(InputError, match=said):
        knox(ask.pop("xy"), ask.pop("t"), **ask)


def test_more_pairs_than_can_be_looked_at_are_refused_before_the_work():
    xy = np.zeros((2_000_000, 2))
    with pytest.raises(InputError, match="pairs lie within reach"):
        knox(xy, np.zeros(len(xy)), space_m=[0, 10], time_days=[0, 1])


@pytest.mark.parametrize("limit", [{"within_m": -1}, {"within_days": np.inf}, {"within_m": 0, "closed": "left"}])
def test_limits_that_cannot_be_are_refused(limit):
    ask = {"within_m": 10, "within_days": 3, "runs": 0} | limit
    with pytest.raises(InputError):
        near_repeat([[0, 0], [1, 1]], [0, 1], **ask)


def test_the_caller_keeps_his_arrays():
    xy, t = world(np.random.default_rng(8))
    kept = xy.copy(), t.copy()
    knox(xy, t, space_m=[0, 100], time_days=[0, 5], runs=20, rng=np.random.default_rng(1))
    assert (xy == kept[0]).all() and (t == kept[1]).all()


def test_the_result_is_ready_for_json_for_a_table_and_for_a_picture():
    found = knox(
        *world(np.random.default_rng(9)),
        space_m=[0, 100, np.inf],
        time_days=[0, 5],
        runs=19,
        rng=np.random.default_rng(1),
    )
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert told["space_m"] == [0, 100, None]
    table = found.table()
    assert {len(column) for column in table.values()} == {2}
    (heat,) = found.pictures()
    assert heat.rows == ("[0, 100)", "[100, inf)")
    bare = knox(*world(np.random.default_rng(9)), space_m=[0, 100], time_days=[0, 5], against_chance=False)
    assert bare.pictures() == () and np.isnan(bare.table()["expected"]).all()


# -- does it keep its promise ------------------------------------------------------------------


def pattern_free(rng, n=250):
    """Places crowd, times have a season, and neither knows of the other."""
    centre = rng.uniform(0, 3000, (12, 2))
    xy = centre[rng.integers(0, 12, n)] + rng.normal(0, 150, (n, 2)) + 400_000
    return xy, np.floor(365 * rng.beta(2, 2, n))


def test_one_table_in_twenty_shows_something_where_there_is_nothing():
    rng = np.random.default_rng(10)
    worlds, table, cell_by_cell, single = 300, 0, 0, 0
    for _ in range(worlds):
        found = knox(*pattern_free(rng), space_m=[0, 50, 100, 200, 400], time_days=[0, 7, 14, 28], runs=99, rng=rng)
        table += found.p_table <= 0.05
        cell_by_cell += bool((found.p_value <= 0.05).any())
        single += found.p_value[0, 0] <= 0.05
        assert found.p_within.min() == found.p_table
    error = np.sqrt(0.05 * 0.95 / worlds)
    assert table / worlds <= 0.05 + 3 * error
    assert single / worlds <= 0.05 + 3 * error
    assert cell_by_cell / worlds > 0.2  # the negative control: the habit is wrong


def test_planted_repeats_are_found():
    rng = np.random.default_rng(11)
    xy, t = pattern_free(rng)
    parents = rng.choice(250, 60, replace=False)
    xy = np.concatenate([xy, xy[parents] + rng.normal(0, 20, (60, 2))])
    t = np.concatenate([t, t[parents] + rng.integers(0, 6, 60)])
    found = knox(xy, t, space_m=[0, 50, 100, 200], time_days=[0, 7, 14, 28], runs=199, rng=rng)
    assert found.p_table == found.p_adjusted[0, 0] == 0.005
    assert found.ratio[0, 0] > 1.3
    assert not found.drift


def test_places_that_move_in_time_are_warned_of_and_repeats_alone_are_not():
    rng = np.random.default_rng(12)
    moving = still = 0
    for _ in range(40):
        xy, t = pattern_free(rng, n=300)
        ask = {"within_m": 200, "within_days": 14, "runs": 0}
        still += near_repeat(xy, t, **ask).drift
        xy[:, 0] += 4 * t  # the crowd walks through the town
        moving += near_repeat(xy, t, **ask).drift
    assert (moving, still <= 6) == (40, True)


@pytest.mark.slow
def test_ten_million_events_are_counted():
    rng = np.random.default_rng(13)
    n = 10_000_000
    xy = rng.uniform(0, 2_000_000, (n, 2))
    t = rng.integers(0, 365, n).astype(float)
    found = knox(xy, t, space_m=[0, 0.1, 200, 400, 600], time_days=[0, 7, 14, 21], closed="right", include_last=True)
    assert found.ratio[1:] == pytest.approx(1.0, abs=0.05)
