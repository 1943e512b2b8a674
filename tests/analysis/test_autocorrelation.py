"""Do like values lie beside each other, and where."""

import json
from itertools import combinations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from kalantar.analysis import InputError, _exact, weights
from kalantar.analysis.autocorrelation import geary, general_g, local_g, local_moran, moran
from kalantar.analysis.grids import Grid, grid_of
from kalantar.analysis.hotspots import hot_cells


def plane(rows, columns, mask=None):
    mask = np.ones((rows, columns), bool) if mask is None else mask
    return weights.on_grid(Grid(x0=0, y0=0, cell_m=1, rows=rows, columns=columns, mask=mask))


def full(w):
    table = np.zeros((w.n, w.n))
    table[w.rows(), w.indices] = w.data
    return table


@pytest.fixture(scope="session")
def cases(shared_data):
    found = json.loads((shared_data.parent / "reference" / "cases.json").read_text())["cases"]
    return {case["id"]: case for case in found}


@pytest.fixture(scope="session")
def columbus(shared_data):
    pyogrio = pytest.importorskip("pyogrio")
    meta, _, geometry, fields = pyogrio.raw.read(shared_data / "fixtures" / "libpysal" / "columbus.shp")
    return shapely.from_wkb(geometry), dict(zip(meta["fields"], fields))["CRIME"]


# -- published ---------------------------------------------------------------------------------


def test_columbus_moran_geary_and_g_equal_the_published_figures(cases, columbus):
    expected, (shapes, crime) = cases["moran-columbus"]["expected"], columbus
    queen, rook = weights.contiguity(shapes), weights.contiguity(shapes, kind="rook")
    i, theirs = moran(crime, queen.row_standardised()), expected["moran_queen"]
    assert [i.value, i.expected, i.variance_normal, i.z_normal, i.p_normal, i.variance_random, i.z_random] == (
        pytest.approx([theirs[k] for k in ("I", "E", "var_norm", "z_norm", "p_norm_greater", "var_rand", "z_rand")])
    )
    assert i.value == pytest.approx(theirs["I"], abs=1e-9)
    c, theirs = geary(crime, rook.row_standardised()), expected["geary_rook"]
    assert [c.value, c.z_normal, c.z_random, c.p_normal, c.p_random] == pytest.approx(
        [theirs[k] for k in ("C", "z_norm", "z_rand", "p_norm", "p_rand")], abs=1e-9
    )
    g, theirs = general_g(crime, queen), expected["globalG_queen_B"]
    assert [g.value, g.expected, g.variance_random, g.z_random] == pytest.approx(
        [theirs["G"], theirs["E"], theirs["var"], theirs["z"][0][0]], abs=1e-9
    )
    one = local_moran(crime, queen.row_standardised(), p="none")
    assert one.value == pytest.approx(np.array(expected["local_I"]["Ii"]), abs=1e-9)
    assert one.z == pytest.approx(np.array(expected["local_I"]["Z"]), abs=1e-9)


POINTS = np.array([[10, 10], [20, 10], [40, 10], [15, 20], [30, 20], [30, 30]], float)
VALUES = [2, 3, 3.2, 5, 8, 7]


def test_the_six_published_points_of_getis_and_ord():
    # pysal/esda, tests of Getis and Ord's G
    w = weights.within(POINTS, within_m=15)
    assert general_g(VALUES, w).value == pytest.approx(0.55709779, abs=1e-8)
    assert local_g(VALUES, w, star=False, p="none").z[0] == pytest.approx(-1.0136729, abs=1e-6)
    assert local_g(VALUES, w, p="none").z[0] == pytest.approx(-1.39727626, abs=1e-8)
    # esda's figure for row-standardised weights, which uses the row sum where the squares belong
    theirs = local_g(VALUES, w.row_standardised(), star=False, variance="row_sum", p="none")
    assert theirs.z[0] == pytest.approx(-0.62074534, abs=1e-8)


def test_the_six_points_in_full(cases):
    expected = cases["gistar-toy"]["expected"]
    w = weights.within(POINTS, within_m=15)
    assert local_g(VALUES, w, star=False, p="none").z == pytest.approx(np.array(expected["Gi_all"]), abs=1e-6)
    assert local_g(VALUES, w, p="none").z == pytest.approx(np.array(expected["Gistar_all"]), abs=1e-6)


def test_memphis_gi_star_equals_sfhotspot_in_every_cell(rows_of, cases):
    cells = rows_of("ref/memphis_jan_gistar_200m_run.csv")
    cx, cy, n, z = (np.array([float(c[name]) for c in cells]) for name in ("cx", "cy", "n", "gistar"))
    found = local_g(n, weights.within(np.column_stack([cx, cy]), within_m=285), p="normal", tail="two-sided")
    assert found.z == pytest.approx(z, abs=1e-9)
    expected = cases["sfhotspot-200m"]["expected"]
    assert len(z) == expected["n_cells"]
    assert found.z[:10] == pytest.approx(expected["first10_gistar"], abs=0.005)
    assert found.p_value[:10] == pytest.approx(expected["first10_p"], abs=0.005)


# -- slow twins --------------------------------------------------------------------------------


@pytest.mark.parametrize("style", ["binary", "row", "own"])
@pytest.mark.parametrize("star", [True, False])
def test_z_of_local_g_equals_the_moments_of_all_arrangements(style, star):
    """Seven places: every way to lay the other six values on them (all seven with Gi*)."""
    from itertools import permutations

    rng = np.random.default_rng(1)
    x = rng.uniform(0, 5, 7)
    w = weights.from_pairs([[0, 1], [0, 2], [1, 2], [2, 3], [3, 4], [4, 5], [5, 6], [4, 6]], n=7)
    w = {
        "binary": w,
        "row": w.row_standardised(),
        "own": weights.from_pairs(w.pairs(), n=7, weight=rng.uniform(0.5, 2, 8)),
    }[style]
    table = full(w)
    if star:
        table[np.arange(7), np.arange(7)] = table.max(axis=1)
    found = local_g(x, w, star=star, p="none").z
    for i in range(7):
        if star:
            laid = np.array(list(permutations(x)))
            sums = laid @ table[i]
        else:
            laid = np.array(list(permutations(np.delete(x, i))))
            sums = laid @ np.delete(table[i], i)
        assert found[i] == pytest.approx((table[i] @ x - sums.mean()) / sums.std(), rel=1e-9)


def test_moments_of_moran_geary_and_g_are_those_of_all_arrangements():
    from itertools import permutations

    rng = np.random.default_rng(2)
    x = rng.uniform(0, 5, 7)
    w = weights.from_pairs([[0, 1], [0, 2], [1, 2], [2, 3], [3, 4], [4, 5], [5, 6], [4, 6]], n=7)
    laid = np.array(list(permutations(x)))
    z = laid - x.mean()
    for style in (w, w.row_standardised()):
        table = full(style)
        i = 7 / table.sum() * np.einsum("ai,ij,aj->a", z, table, z) / (z[0] ** 2).sum()
        found = moran(x, style)
        assert (found.expected, found.variance_random) == pytest.approx((i.mean(), i.var()), rel=1e-9)
        squares = sum(table[a, b] * (laid[:, a] - laid[:, b]) ** 2 for a in range(7) for b in range(7))
        c = 6 * squares / (2 * table.sum() * (z[0] ** 2).sum())
        found = geary(x, style)
        assert (found.expected, found.variance_random) == pytest.approx((c.mean(), c.var()), rel=1e-9)
    g = np.einsum("ai,ij,aj->a", laid, full(w), laid) / (x.sum() ** 2 - (x**2).sum())
    found = general_g(x, w)
    assert (found.expected, found.variance_random) == pytest.approx((g.mean(), g.var()), rel=1e-9)


def test_conditional_moments_of_local_moran_are_those_of_all_arrangements():
    from itertools import permutations

    rng = np.random.default_rng(3)
    x = rng.uniform(0, 5, 6)
    w = weights.from_pairs([[0, 1], [0, 2], [1, 2], [2, 3], [3, 4], [4, 5]], n=6).row_standardised()
    found, total = (local_moran(x, w, p="none", variance=v) for v in ("conditional", "total"))
    z = x - x.mean()
    for i in range(6):
        others = np.array(list(permutations(np.delete(z, i))))
        one = z[i] * others @ np.delete(full(w)[i], i) / (z**2).mean()
        assert (found.expected[i], found.z[i]) == pytest.approx(
            (one.mean(), (found.value[i] - one.mean()) / one.std()), rel=1e-9
        )
        laid = np.array(list(permutations(z)))
        one = laid[:, i] * (laid @ full(w)[i]) / (z**2).mean()
        assert total.z[i] == pytest.approx((total.value[i] - one.mean()) / one.std(), rel=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=8, max_size=10), st.integers(0, 2**31))
def test_exact_p_is_the_share_of_all_draws_on_either_side(counts, seed):
    n = len(counts)
    rng = np.random.default_rng(seed)
    pairs = np.argwhere(np.triu(rng.random((n, n)) < 0.4, 1))
    w = weights.from_pairs(pairs, n=n)
    for style in (w, w.row_standardised()):
        found = local_g(counts, style, p="exact")
        for i in range(n):
            others = np.delete(counts, i)
            k = int(w.cardinalities[i])
            rest = sum(counts[j] for j in w.indices[w.indptr[i] : w.indptr[i + 1]])
            sums = np.array([others[list(drawn)].sum() for drawn in combinations(range(n - 1), k)])
            assert found.p_high[i] == pytest.approx((sums >= rest).mean(), rel=1e-12)
            assert found.p_low[i] == pytest.approx((sums <= rest).mean(), rel=1e-12)


def test_the_table_of_sums_equals_the_slow_twin_and_keeps_its_far_tail():
    def twin(values, cells, draws, most):
        from math import comb

        ways = {(0, 0): 1}
        for value, held in zip(values, cells):
            fresh: dict[tuple[int, int], int] = {}
            for (d, s), count in ways.items():
                for j in range(min(held, draws - d) + 1):
                    key = d + j, min(s + value * j, most + 1)
                    fresh[key] = fresh.get(key, 0) + count * comb(held, j)
            ways = fresh
        total = comb(sum(cells), draws)
        return [ways.get((draws, s), 0) / total for s in range(most + 2)]

    values, cells = np.array([0, 1, 2, 7, 30]), np.array([20000, 3000, 400, 12, 1])
    for draws, most in ((8, 20), (8, 80), (60, 120)):
        table = _exact.sums(values, cells, draws=draws, most=most)
        expected = np.array(twin(values.tolist(), cells.tolist(), draws, most))
        assert table[draws] == pytest.approx(expected, rel=1e-11, abs=0)
        assert table.sum(axis=1) == pytest.approx(1)


def test_exact_p_agrees_with_many_draws_on_chicago(rows_of):
    rows = [r for r in rows_of("crime/chicago_burglary_2014_2017.csv.gz") if r["date_single"].endswith("2016")]
    xy = np.array([[float(r[axis]) for axis in "xy"] for r in rows])
    grid = grid_of(xy, cell_m=1000)
    counts = grid.count(*xy.T)[0].ravel()
    w = weights.on_grid(grid)
    exact = local_g(counts, w, p="exact", tail="greater")
    runs = 20_000
    drawn = local_g(counts, w, p="draws", runs=runs, rng=np.random.default_rng(5))
    error = np.sqrt(exact.p_high * (1 - exact.p_high) / runs) + 1 / runs
    assert (np.abs(drawn.p_high - exact.p_high) / error).max() < 5
    assert (np.abs(drawn.p_low - exact.p_low) / (np.sqrt(exact.p_low * (1 - exact.p_low) / runs) + 1 / runs)).max() < 5
    # the same conditional chance as hot_cells gives for the neighbours alone
    assert hot_cells(xy, grid=grid).p_neighbours == pytest.approx(exact.p_high, rel=1e-12)


@pytest.mark.parametrize("equal", [True, False])
def test_draws_equal_a_slow_twin_that_leaves_the_place_out(equal):
    """With every other value alike but one, the share of draws that catch it is known."""
    n, k, runs = 12, 4, 60_000
    x = np.zeros(n)
    x[5] = 1.5
    pairs = np.array([[i, (i + step) % n] for i in range(n) for step in (1, 2)])
    w = weights.from_pairs(pairs, n=n)
    if not equal:
        w = weights.from_pairs(pairs, n=n, weight=1 + 1e-3 * np.arange(len(pairs)))
    found = local_g(x, w, p="draws", runs=runs, rng=np.random.default_rng(6))
    caught = k / (n - 1)
    beside = np.flatnonzero(w.binary().lag(x) > 0)
    if equal:
        assert found.p_high[beside] == pytest.approx(caught, abs=5 * np.sqrt(caught * (1 - caught) / runs))
    else:
        assert (found.p_high[beside] <= caught + 0.01).all()
    assert (found.p_high[5], found.p_low[5]) == (1, 1)  # its own value is held: all others are alike


def test_draws_are_the_same_whatever_the_number_of_cores():
    rng = np.random.default_rng(7)
    x = rng.normal(size=400)
    for w in (plane(20, 20), plane(20, 20).row_standardised(), weights.nearest(rng.uniform(0, 9e3, (400, 2)), k=5)):
        one, two = (local_moran(x, w, rng=np.random.default_rng(8), cores=c) for c in (1, 3))
        assert (one.p_low == two.p_low).all()
        assert (one.p_high == two.p_high).all()


# -- theorems ----------------------------------------------------------------------------------


def test_z_does_not_change_when_a_row_of_weights_is_multiplied():
    rng = np.random.default_rng(9)
    x = rng.poisson(2, 100).astype(float)
    w = plane(10, 10)
    for star in (True, False):
        binary, row = (local_g(x, v, star=star, p="none").z for v in (w, w.row_standardised()))
        assert row == pytest.approx(binary, abs=1e-9)
        # the convention of esda does not hold this: it is here to compare, not to use
        wrong = local_g(x, w.row_standardised(), star=star, p="none", variance="row_sum").z
        assert np.abs(wrong - binary).max() > 0.5


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.floats(0.1, 1e4), st.floats(-1e6, 1e6))
def test_scale_and_shift_of_the_values_change_no_z(seed, scale, shift):
    rng = np.random.default_rng(seed)
    x, w = rng.poisson(1.5, 64).astype(float), plane(8, 8)
    x[0] = 5
    for ask in (lambda v: local_g(v, w, p="none").z, lambda v: local_moran(v, w, p="none").z):
        assert ask(scale * x + shift) == pytest.approx(ask(x), rel=1e-5, abs=1e-6)
    assert moran(scale * x + shift, w).z_random == pytest.approx(moran(x, w).z_random, rel=1e-6, abs=1e-7)


def test_the_order_of_the_places_does_not_matter():
    rng = np.random.default_rng(10)
    xy, x = rng.uniform(0, 1e4, (200, 2)), rng.poisson(1, 200)
    order = rng.permutation(200)
    one = local_g(x, weights.within(xy, within_m=900))
    other = local_g(x[order], weights.within(xy[order], within_m=900))
    for name in ("z", "p_low", "p_high", "p_adjusted"):
        assert getattr(other, name) == pytest.approx(getattr(one, name)[order], rel=1e-9, nan_ok=True)


def test_a_gradient_is_found_and_a_chessboard_is_its_opposite():
    w = plane(10, 10).row_standardised()
    slope, board = np.add.outer(np.arange(10), np.arange(10)), np.indices((10, 10)).sum(0) % 2
    rook = weights.on_grid(Grid(x0=0, y0=0, cell_m=1, rows=10, columns=10, mask=np.ones((10, 10), bool)), kind="rook")
    rng = np.random.default_rng(11)
    up = moran(slope.ravel(), w, runs=199, rng=rng)
    assert up.value > 0.8 and up.p_random < 1e-6 and up.p_drawn == pytest.approx(1 / 200)
    down = moran(board.ravel(), rook, tail="less", runs=199, rng=rng)
    assert down.value == pytest.approx(-1) and down.p_drawn == pytest.approx(1 / 200)
    assert geary(slope.ravel(), w, runs=199, rng=rng).p_drawn == pytest.approx(1 / 200)
    assert geary(board.ravel(), rook).value > 1.9
    assert geary(board.ravel(), rook, tail="greater").p_random < 1e-6


def test_permutations_have_the_mean_and_spread_of_the_moments():
    rng = np.random.default_rng(12)
    x = rng.gamma(1, 1, 144)
    w = plane(12, 12)
    from kalantar.analysis.autocorrelation import _permuted

    z = x - x.mean()
    cross, _ = _permuted(z, np.zeros(144), w, 8000, rng)
    drawn = cross / (w.moments()[0] * (z**2).mean())
    found = moran(x, w)
    error = np.sqrt(found.variance_random / 8000)
    assert drawn.mean() == pytest.approx(found.expected, abs=4 * error)
    assert drawn.var() == pytest.approx(found.variance_random, rel=0.08)


def test_quadrants_name_the_place_and_then_its_neighbours():
    x = np.zeros((9, 9))
    x[:4] = 1  # a high side and a low side
    x[1, 4] = 0  # low among high
    x[7, 4] = 1  # high among low
    found = local_moran(x.ravel(), plane(9, 9), rng=np.random.default_rng(13)).quadrant.reshape(9, 9)
    assert (found[0, 0], found[1, 4], found[8, 0], found[7, 4]) == (1, 2, 3, 4)


# -- where esda is wrong -----------------------------------------------------------------------


def test_where_values_lie_anywhere_exact_p_is_never_too_small():
    rng = np.random.default_rng(14)
    w = plane(15, 15)
    low = high = both = 0
    for _ in range(150):
        found = local_g(rng.poisson(0.15, 225), w, p="exact", tail="two-sided")
        low += (found.p_low <= 0.05).mean()
        high += (found.p_high <= 0.05).mean()
        both += (found.p_value <= 0.05).mean()
    assert max(low, high, both) / 150 <= 0.051


@pytest.mark.slow
def test_esda_gives_small_p_to_empty_places_among_empty_places():
    """Reproducer: pip install esda libpysal. Five counts in six are 0; an empty place with empty neighbours
    is what chance does in one draw of four, yet its permutation p is the smallest there is."""
    esda = pytest.importorskip("esda")
    from libpysal.weights import lat2W

    counts = np.random.default_rng(1).poisson(0.18, 2500).astype(float)
    w = plane(50, 50)
    ours = local_g(counts, w, p="exact")
    theirs = esda.G_Local(
        counts, lat2W(50, 50, rook=False), transform="B", star=True, permutations=999, n_jobs=1, seed=1
    )
    empty = (counts == 0) & (w.lag(counts) == 0) & (w.cardinalities == 8)
    assert empty.sum() > 300
    assert ours.p_low[empty].min() > 0.2 and (ours.p_high[empty] == 1).all()
    assert (theirs.p_sim[empty] <= 0.01).all()
    assert (theirs.p_sim <= 0.05).mean() > 0.25  # of places where events lie anywhere
    assert (ours.p_value <= 0.05).mean() < 0.05
    hot = ours.p_high <= 0.05  # where events do lie together, both agree
    error = np.sqrt(ours.p_high[hot] * (1 - ours.p_high[hot]) / 999) + 1 / 1000
    assert (np.abs(theirs.p_sim[hot] - ours.p_high[hot]) / error).max() < 4.5


# -- degenerate --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "why"),
    [([1, 2, 3], "too_few_places"), ([4] * 9, "all_equal"), (range(9), "no_neighbours"), ([], "too_few_places")],
)
def test_too_little_says_why(values, why):
    values = list(values)
    n = len(values)
    w = weights.from_pairs([] if why == "no_neighbours" or not n else [[0, 1], [1, 2]], n=n)
    for found in (moran(values, w), geary(values, w), general_g(values, w), local_g(values, w), local_moran(values, w)):
        assert (found.enough, found.why_not) == (False, why)
        assert found.to_dict()["why_not"] == why


def test_places_without_neighbours_stay_silent():
    x = np.array([0, 3, 1, 0, 2, 5, 0, 1])
    w = weights.from_pairs([[0, 1], [1, 2], [3, 4]], n=8)
    found = local_g(x, w, star=False)
    assert np.isnan(found.z[5:]).all()
    assert (found.p_value[5:] == 1).all()
    assert np.isnan(found.p_adjusted[5:]).all()
    assert found.comparisons == 5
    assert np.isfinite(local_g(x, w).z).all()


def test_large_counts_take_exact_or_ask_for_draws():
    rng = np.random.default_rng(15)
    x = rng.poisson(300, 2500).astype(float)
    found = local_g(x, plane(50, 50))
    assert found.p_method == "exact"
    huge = rng.integers(0, 10**6, 2500)
    with pytest.raises(InputError, match="rng"):
        local_g(huge, plane(50, 50))
    assert local_g(huge, plane(50, 50), rng=rng).p_method == "draws"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda w: moran([1, 2, np.nan] * 3, w), "row 2"),
        (lambda w: moran([1, 2], w), "equal length"),
        (lambda w: moran(range(9), w, tail="both"), "tail"),
        (lambda w: moran(range(9), w, runs=9), "rng"),
        (lambda w: general_g(np.arange(9) - 3, w), "below 0"),
        (lambda w: general_g(range(9), w.row_standardised()), "binary"),
        (lambda w: local_g(np.arange(9) / 2, w, p="exact"), "whole counts"),
        (lambda w: local_g(np.arange(9) / 2, w), "rng"),
        (lambda w: local_g(range(9), w, variance="mine"), "variance"),
        (lambda w: local_moran(range(9), w, divisor="n+1"), "divisor"),
    ],
)
def test_what_cannot_be_is_said(wrong, says):
    with pytest.raises(InputError, match=says):
        wrong(plane(3, 3))


def test_results_become_tables_and_pictures():
    found = local_g(np.random.default_rng(16).poisson(1, 100), plane(10, 10))
    assert {len(column) for column in found.table().values()} == {100}
    assert len(found.pictures()) == 1
    assert json.dumps(found.to_dict())
    assert json.dumps(moran(range(9), plane(3, 3)).to_dict())
