"""Which cells stand out."""

from itertools import combinations

import numpy as np
import pytest
from shapely.geometry import Polygon

from kalantar.analysis import InputError
from kalantar.analysis.hotspots import Grid, gi_star_of, grid_over, hot_cells


def world(counts, cell_m=100.0, mask=None):
    """Points in the middle of cells with these counts, and the grid."""
    counts = np.asarray(counts)
    mask = np.ones(counts.shape, bool) if mask is None else mask
    grid = Grid(x0=0.0, y0=0.0, cell_m=cell_m, rows=counts.shape[0], columns=counts.shape[1], mask=mask)
    row, column = np.nonzero(counts)
    many_times = counts[row, column]
    x, y = grid.centre(np.repeat(row, many_times), np.repeat(column, many_times))
    return x, y, grid


def test_gi_star_of_the_published_points():
    # pysal/esda, tests of Getis and Ord's G: six points, neighbours within 15
    points = np.array([[10, 10], [20, 10], [40, 10], [15, 20], [30, 20], [30, 30]], float)
    apart = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    z = gi_star_of([2, 3, 3.2, 5, 8, 7], np.argwhere(np.triu(apart <= 15, 1)))
    assert z == pytest.approx(
        [
            -1.3972762620115442,
            -0.2891776156271273,
            0.6506496351610379,
            -0.2891776156271273,
            1.2345208835198738,
            2.024243309389896,
        ],
        abs=1e-12,
    )


def test_memphis_equals_sfhotspot_in_every_cell(rows_of):
    cells, robberies = rows_of("ref/memphis_jan_gistar_200m_run.csv"), rows_of("ref/memphis_jan_utm15n.csv")
    cx, cy = (np.array([float(c[axis]) for c in cells]) for axis in ("cx", "cy"))
    x0, y0 = cx.min() - 100, cy.min() - 100
    column, row = (np.floor((v - v0) / 200).astype(int) for v, v0 in ((cx, x0), (cy, y0)))
    mask = np.zeros((row.max() + 1, column.max() + 1), bool)
    mask[row, column] = True
    grid = Grid(x0=x0, y0=y0, cell_m=200.0, rows=mask.shape[0], columns=mask.shape[1], mask=mask)
    x, y = (np.array([float(r[axis]) for r in robberies]) for axis in "xy")
    found = hot_cells(x, y, grid=grid)
    assert len(found.z) == 16133
    theirs = {(r, c): cell for r, c, cell in zip(row, column, cells)}
    in_order = [theirs[key] for key in zip(found.row, found.column)]
    assert found.count.tolist() == [int(c["n"]) for c in in_order]
    assert found.z == pytest.approx([float(c["gistar"]) for c in in_order], abs=1e-9)


def test_p_is_the_share_of_all_draws_that_reach_the_sum():
    counts = np.array([[3, 0, 1], [0, 2, 0], [0, 0, 1], [1, 0, 0]])
    found = hot_cells(*world(counts)[:2], grid=world(counts)[2])
    own = counts.ravel()
    for i in range(12):
        k = int(found.cells[i])
        sums = [own[list(drawn)].sum() for drawn in combinations(range(12), k)]
        assert found.p_value[i] == pytest.approx(np.mean(np.array(sums) >= found.around[i]), rel=1e-12)
        others = np.delete(own, i)
        sums = [others[list(drawn)].sum() for drawn in combinations(range(11), k - 1)]
        assert found.p_neighbours[i] == pytest.approx(np.mean(np.array(sums) >= found.around[i] - own[i]), rel=1e-12)


def test_p_agrees_with_shuffling_the_map():
    rng = np.random.default_rng(1)
    counts = rng.poisson(0.4, (12, 12))
    counts[4:6, 4:6] += 2
    x, y, grid = world(counts)
    found = hot_cells(x, y, grid=grid)
    runs = 4000
    shuffled = rng.permuted(np.broadcast_to(counts.ravel(), (runs, 144)), axis=1).reshape(runs, 12, 12)
    wide = np.pad(shuffled, ((0, 0), (1, 1), (1, 1)))
    sums = sum(wide[:, 1 + i : 13 + i, 1 + j : 13 + j] for i in (-1, 0, 1) for j in (-1, 0, 1)).reshape(runs, 144)
    share = (sums >= found.around).mean(axis=0)
    error = np.sqrt(found.p_value * (1 - found.p_value) / runs)
    assert (np.abs(share - found.p_value) <= 4.5 * error + 1e-9).all()
    low, high = np.quantile(sums, [0.025, 0.975], axis=0, method="inverted_cdf")
    assert np.abs(found.low - low).max() <= 1
    assert np.abs(found.high - high).max() <= 1


def test_the_upper_tail_of_chicago_burglary_is_the_one_checked_by_permutations(rows_of):
    rows = [r for r in rows_of("crime/chicago_burglary_2014_2017.csv.gz") if r["date_single"].endswith("2016")]
    x, y = (np.array([float(r[axis]) for r in rows]) for axis in "xy")
    found = hot_cells(x, y, grid=grid_over((x.min(), y.min(), x.max(), y.max()), cell_m=200))
    assert (len(x), len(found.z)) == (11701, 28560)
    assert (found.p_neighbours <= 0.05).sum() == 3453
    lonely = (found.around == 0) & (found.cells == 9)
    assert (found.p_value[lonely] == 1).all()  # an empty place is never hot


def test_a_planted_cluster_is_far_above_and_in_its_place():
    rng = np.random.default_rng(2)
    counts = rng.poisson(0.5, (30, 30))
    counts[10:12, 20:22] += 5
    x, y, grid = world(counts)
    found = hot_cells(x, y, grid=grid)
    assert found.enough
    hot = found.level == 3
    assert {(10, 20), (10, 21), (11, 20), (11, 21)} <= set(zip(found.row[hot].tolist(), found.column[hot].tolist()))
    assert ((np.abs(found.row[hot] - 10.5) < 3) & (np.abs(found.column[hot] - 20.5) < 3)).all()
    assert (found.around[hot] > found.high[hot]).all()


def test_where_events_fall_anywhere_few_maps_show_a_hot_cell():
    rng = np.random.default_rng(3)
    maps = small = cells = 0
    for _ in range(120):
        x, y = rng.uniform(0, 2000, (2, 250))
        found = hot_cells(x, y, grid=grid_over((0, 0, 2000, 2000), cell_m=100))
        maps += bool((found.level >= 2).any())
        small += (found.p_value <= 0.05).sum()
        cells += len(found.z)
    assert maps / 120 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 120)
    assert small / cells <= 0.05


def test_one_crowded_cell_alone_is_no_hot_spot_and_does_not_light_up_its_neighbours():
    # were counts laid on any cells, each would lie in 9 of 400 sums: repeat places find it, not this
    counts = np.zeros((20, 20), int)
    counts[::3, ::3] = 1
    counts[10, 10] = 12
    found = hot_cells(*world(counts)[:2], grid=world(counts)[2])
    centre = (found.row == 10) & (found.column == 10)
    assert 0.01 < found.p_value[centre] <= 9 / 400
    assert (found.level <= 1).all()
    assert found.z[centre] > 4
    beside = (np.abs(found.row - 10) <= 1) & (np.abs(found.column - 10) <= 1) & ~centre
    assert (found.p_neighbours[beside] < 0.03).all()
    assert found.p_neighbours[centre] > 0.2


def test_cells_at_the_border_have_fewer_neighbours_and_a_smaller_expectation():
    counts = np.ones((6, 6), int)
    found = hot_cells(*world(counts)[:2], grid=world(counts)[2])
    assert found.cells.reshape(6, 6)[0].tolist() == [4, 6, 6, 6, 6, 4]
    assert found.expected == pytest.approx(found.cells)
    assert np.isnan(found.z).all()  # all equal: nothing stands out
    assert (found.level == 0).all()


def test_events_outside_the_area_are_counted_apart():
    area = Polygon([(0, 0), (1000, 0), (0, 1000)])
    grid = grid_over(area, cell_m=100)
    assert grid.mask.sum() < grid.mask.size
    found = hot_cells([50.0, 950.0, 5000.0, np.nan], [50.0, 950.0, 50.0, 50.0], grid=grid)
    assert (found.events, found.outside) == (1, 3)
    assert (found.enough, found.why_not) == (False, "too_few_events")
    assert (found.level == 0).all()


def test_a_point_on_a_side_lies_in_one_cell():
    grid = grid_over((0, 0, 300, 300), cell_m=100)
    row, column = grid.cells_of([100.0, 0.0, 299.9], [50.0, 200.0, 300.0])
    assert (row.tolist(), column.tolist()) == ([0, 2, -1], [1, 0, -1])
    assert grid.centre(1, 2) == (250, 150)


@pytest.mark.parametrize("cell_m", [0, -5, np.nan, 0.001])
def test_squares_that_cannot_be_are_refused(cell_m):
    with pytest.raises(InputError):
        grid_over((0, 0, 1000, 1000), cell_m=cell_m)


def test_an_empty_area_is_refused():
    with pytest.raises(InputError):
        grid_over(Polygon(), cell_m=100)


# -- with exposure -----------------------------------------------------------------------------


def test_beta_binomial_tails_and_ranges_equal_scipy():
    from scipy import stats

    from kalantar.analysis.hotspots import _lowest, _upper

    rng = np.random.default_rng(4)
    n = rng.integers(1, 400, 300)
    share, k = rng.beta(1, 20, 300), rng.integers(0, 30, 300)
    for precision in (3.0, 150.0, 2e5):
        theirs = stats.betabinom(n, share * precision, (1 - share) * precision)
        assert _upper(k, n, share, precision) == pytest.approx(
            theirs.sf(k - 1), rel=1e-6, abs=5e-9
        )  # scipy takes 1 - cdf
        found = _lowest(n, share, precision, 0.975)
        assert (theirs.cdf(found) >= 0.975 - 1e-9).all()
        assert (theirs.cdf(found - 1) < 0.975 + 1e-9).all()
    binomial = stats.binom(n, share)
    assert _upper(k, n, share, np.inf) == pytest.approx(binomial.sf(k - 1), rel=1e-9, abs=1e-300)
    assert _lowest(n, share, np.inf, 0.025).tolist() == binomial.ppf(0.025).astype(int).tolist()


def test_a_busy_street_is_no_hot_spot_where_its_homes_are_known():
    rng = np.random.default_rng(5)
    homes = np.full((30, 30), 5.0)
    homes[14:17] = 100  # a street of high houses
    counts = rng.poisson(0.02 * homes)
    counts[5:7, 5:7] += 6
    x, y, grid = world(counts)
    street = np.isin(hot_cells(x, y, grid=grid).row, (14, 15, 16))
    plain, rated = hot_cells(x, y, grid=grid), hot_cells(x, y, grid=grid, exposure=homes)
    assert (plain.level[street] >= 2).mean() > 0.3
    assert (rated.level[street] >= 2).mean() == 0
    planted = (np.abs(rated.row - 5.5) < 1) & (np.abs(rated.column - 5.5) < 1)
    assert (rated.level[planted] == 3).all()
    assert (plain.method, rated.method) == ("any_cell", "exposure")
    assert rated.expected.sum() == pytest.approx(rated.cells @ (homes.ravel() * counts.sum() / homes.sum()), rel=0.2)


def test_where_nothing_can_be_hit_a_cell_takes_no_part():
    rng = np.random.default_rng(6)
    homes = np.ones((12, 12))
    homes[:, 6:] = 0  # a lake
    counts = rng.poisson(1.0, (12, 12)) * (homes > 0)
    counts[3, 8] = 4  # recorded in the lake
    x, y, grid = world(counts)
    found = hot_cells(x, y, grid=grid, exposure=homes)
    lake = found.column >= 6
    assert found.outside == 4
    assert found.events + 4 == counts.sum()
    assert (found.level[lake] == 0).all() and (found.p_value[lake] == 1).all() and np.isnan(found.z[lake]).all()
    assert found.comparisons == 72
    assert found.cells[(found.column == 5) & (found.row == 5)] == 6


def test_events_in_bunches_widen_the_usual_range():
    rng = np.random.default_rng(7)
    homes = rng.gamma(2, 5, (40, 40))
    single, bunched = rng.poisson(homes / 20), rng.poisson(homes / 80) * 4
    one, many_at_once = (hot_cells(*world(c)[:2], grid=world(c)[2], exposure=homes) for c in (single, bunched))
    assert one.overdispersion < 1.2
    assert 3 < many_at_once.overdispersion < 5.5
    assert (many_at_once.level >= 2).sum() == 0


def test_rates_hold_their_level_where_counts_do_not():
    rng = np.random.default_rng(8)
    homes = np.repeat(np.repeat(rng.lognormal(0, 1, (5, 5)), 4, axis=0), 4, axis=1)  # quarters differ
    rated = plain = cells = maps = 0
    for _ in range(80):
        at = rng.choice(400, 250, p=homes.ravel() / homes.sum())
        x, y, grid = world(np.bincount(at, minlength=400).reshape(20, 20))
        found = hot_cells(x, y, grid=grid, exposure=homes)
        rated += (found.p_value <= 0.05).sum()
        maps += bool((found.level >= 2).any())
        plain += (hot_cells(x, y, grid=grid).p_value <= 0.05).sum()
        cells += 400
    assert rated / cells <= 0.05
    assert maps / 80 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 80)
    assert plain / cells > 0.08  # the negative control


def test_points_may_be_one_array():
    x, y, grid = world(np.eye(6, dtype=int) * 3)
    assert hot_cells(np.column_stack([x, y]), grid=grid).z.tolist() == hot_cells(x, y, grid=grid).z.tolist()


@pytest.mark.parametrize(
    "exposure", [np.ones((5, 6)), np.zeros((6, 6)), np.full((6, 6), -1.0), np.full((6, 6), np.nan)]
)
def test_exposure_that_does_not_fit_is_refused(exposure):
    x, y, grid = world(np.eye(6, dtype=int))
    with pytest.raises(InputError, match="exposure"):
        hot_cells(x, y, grid=grid, exposure=exposure)


def test_the_calibration_holds_on_a_few_worlds_and_counts_alone_fail_it():
    from kalantar.calibration import hot_spots

    lines = hot_spots.run(worlds=40, seed=3)
    assert all(line.holds for line in lines)
    assert {line.seed for line in lines} == {3}
    alone = [line.figure for line in lines if "without exposure" in line.what or "normal p" in line.what]
    assert min(alone) > 0.5


def test_too_many_events_for_exact_chances_are_said_and_exposure_has_no_such_limit(monkeypatch):
    from kalantar.analysis import hotspots

    monkeypatch.setattr(hotspots, "_MOST_WORK", 1e4)
    x, y, grid = world(np.random.default_rng(9).integers(0, 40, (30, 30)))
    with pytest.raises(InputError, match="smaller cells"):
        hot_cells(x, y, grid=grid)
    assert hot_cells(x, y, grid=grid, exposure=np.ones((30, 30))).comparisons == 900
