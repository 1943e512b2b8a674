"""How dense do events lie."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point, Polygon, box

from kalantar.analysis import InputError
from kalantar.analysis.density import bandwidth, density
from kalantar.analysis.grids import grid_of, grid_over, shares_inside


def by_hand(xy, grid, h, mass=None):
    """Slow twin: every event at every square, per square kilometre."""
    x, y = grid.centre(np.arange(grid.rows)[:, None], np.arange(grid.columns)[None, :])
    out = np.zeros((grid.rows, grid.columns))
    for (ex, ey), w in zip(xy, np.ones(len(xy)) if mass is None else mass):
        out += w * np.exp(-((x - ex) ** 2 + (y - ey) ** 2) / (2 * h * h))
    return out * 1e6 / (2 * np.pi * h * h)


def town(n, seed=1):
    rng = np.random.default_rng(seed)
    return rng.normal(rng.uniform(0, 4000, (6, 2))[rng.integers(0, 6, n)], 300)


@pytest.mark.parametrize("h", [40.0, 150.0, 600.0, 5000.0])
@pytest.mark.parametrize("cut", [7.0, None])
def test_the_surface_equals_the_slow_twin(h, cut):
    xy = town(300)
    grid = grid_over((-500, 200, 4200, 3900), cell_m=100)
    found = density(xy, grid=grid, bandwidth_m=h, cut=cut).image()
    theirs = by_hand(xy, grid, h)
    assert np.abs(found - theirs).max() < 1e-8 * theirs.max()


def test_weights_count_as_so_many_events():
    xy = town(60)
    grid = grid_of(xy, cell_m=100)
    twice = density(np.vstack([xy, xy[:20]]), grid=grid, bandwidth_m=200).per_km2
    weighed = density(xy, grid=grid, bandwidth_m=200, weight=np.where(np.arange(60) < 20, 2.0, 1.0)).per_km2
    assert weighed == pytest.approx(twice, rel=1e-11)


def test_sixteen_events_in_one_square_take_the_same_way_as_one():
    grid = grid_over((0, 0, 3000, 3000), cell_m=50)
    for n in range(1, 10):
        xy = np.full((n, 2), 1500.0) + np.arange(n)[:, None]
        assert density(xy, grid=grid, bandwidth_m=170).image() == pytest.approx(by_hand(xy, grid, 170), abs=1e-9)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from([0.0, 1e6]), st.floats(60, 400))
def test_moving_everything_moves_the_surface(seed, far, h):
    xy = town(80, seed) + far
    grid = grid_over((far, far, far + 4000, far + 4000), cell_m=100)
    beside = grid_over((far + 700, far - 300, far + 4700, far + 3700), cell_m=100)
    here = density(xy, grid=grid, bandwidth_m=h).per_km2
    there = density(xy + np.array([700, -300]), grid=beside, bandwidth_m=h).per_km2
    assert there == pytest.approx(here, rel=1e-6, abs=1e-9 * here.max())


def test_it_is_the_same_to_the_last_bit_whatever_the_cores():
    xy, area = town(500), Point(2000, 2000).buffer(1800)
    grid = grid_over(area, cell_m=60)
    for edge in ("none", "area"):
        one, three = (
            density(xy, grid=grid, bandwidth_m=200, edge=edge, area=area, cores=cores).per_km2 for cores in (1, 3)
        )
        assert (one == three).all()


AREA = Polygon([(0, 0), (5000, 300), (4200, 4000), (2500, 2000), (300, 4500)])


def test_with_edge_correction_the_surface_sums_to_the_events():
    xy = town(400)
    grid = grid_over(AREA, cell_m=90)
    for area in (AREA, None):
        found = density(xy, grid=grid, bandwidth_m=500, edge="area", area=area)
        share = grid.mask.astype(float) if area is None else shares_inside(grid, AREA)
        total = np.nansum(found.image() * share) * 0.09**2
        assert total == pytest.approx(found.events, rel=1e-12)
        assert found.total == pytest.approx(found.events, rel=1e-12)
        assert found.events + found.outside == 400
    lost = density(xy, grid=grid, bandwidth_m=500)
    assert lost.total < 0.95 * 400


def test_far_from_every_edge_the_surface_sums_to_the_events_anyway():
    xy = town(200)
    grid = grid_over((-4000, -4000, 8000, 8000), cell_m=100)
    assert density(xy, grid=grid, bandwidth_m=300).total == pytest.approx(200, rel=1e-9)


def test_each_event_is_spread_over_the_area_only():
    xy = town(25)
    grid = grid_over(AREA, cell_m=200)
    found = density(xy, grid=grid, bandwidth_m=400, edge="area", area=AREA)
    share = shares_inside(grid, AREA)
    row, column = grid.cells_of(*xy.T)
    inside = (row >= 0) & (share[row, column] > 0)
    theirs = np.zeros(grid.mask.shape)
    for one in xy[inside]:
        alone = by_hand(one[None], grid, 400)
        theirs += alone / ((alone * share).sum() * 0.2**2)
    assert found.per_km2 == pytest.approx(theirs[grid.mask], rel=1e-9)


def test_evenly_spread_events_give_a_flat_surface_only_with_the_flat_correction():
    side = np.arange(25, 5000, 50.0)
    xy = np.array([[x, y] for x in side for y in side])
    grid = grid_over((0, 0, 5000, 5000), cell_m=100)
    flat = density(xy, grid=grid, bandwidth_m=400, edge="area_flat").per_km2
    assert flat == pytest.approx(400, rel=3e-3)  # middles of 50 m and of 100 m
    assert density(xy, grid=grid, bandwidth_m=400).per_km2.min() < 150


def test_the_rules_are_what_the_books_say():
    xy = np.random.default_rng(3).normal(0, [300, 500], (4000, 2))
    scott = bandwidth(xy)
    assert scott.bandwidth_m == pytest.approx(np.sqrt((xy.var(axis=0, ddof=1)).mean()) * 4000 ** (-1 / 6))
    assert bandwidth(xy, rule="robust").bandwidth_m == pytest.approx(scott.bandwidth_m, rel=0.05)
    far = np.vstack([xy, [[1e5, 1e5]] * 10])
    assert bandwidth(far).bandwidth_m > 5 * scott.bandwidth_m
    assert bandwidth(far, rule="robust").bandwidth_m == pytest.approx(scott.bandwidth_m, rel=0.05)
    found = density(xy, grid=grid_of(xy, cell_m=100))
    assert (found.rule, found.bandwidth_m) == ("scott", scott.bandwidth_m)


def test_likelihood_takes_the_bandwidth_that_foresees_best():
    xy = town(150, 5)
    found = bandwidth(xy, rule="likelihood")
    gap = ((xy[:, None] - xy[None]) ** 2).sum(axis=2)
    for h, score in list(zip(found.tried_m, found.score))[10::4]:
        kernel = np.exp(-gap / (2 * h * h))
        np.fill_diagonal(kernel, 0)
        with np.errstate(divide="ignore"):
            mean = np.log(np.maximum(kernel.sum(axis=1), 1e-300) / (2 * np.pi * h * h * 149)).mean()
        assert score == pytest.approx(mean, rel=1e-9)
    assert found.bandwidth_m == found.tried_m[np.argmax(found.score)]
    # six centres with a spread of 300: the rule for one broad cloud is too smooth
    assert found.bandwidth_m < 0.6 * bandwidth(xy).bandwidth_m


@pytest.mark.parametrize("n", [0, 1, 2])
def test_a_few_events_give_a_surface_that_says_it_is_too_few(n):
    grid = grid_over((0, 0, 1000, 1000), cell_m=100)
    for edge in ("none", "area", "area_flat"):
        found = density(np.full((n, 2), 480.0), grid=grid, bandwidth_m=120, edge=edge)
        assert (found.enough, found.why_not) == (False, "too_few_events")
        assert np.isfinite(found.per_km2).all()
        assert found.total == pytest.approx(n, abs=0.05)


def test_a_bandwidth_smaller_than_a_square_still_sums_to_the_events():
    xy = town(50)
    found = density(xy, grid=grid_of(xy, cell_m=100), bandwidth_m=20, edge="area")
    assert found.total == pytest.approx(50)


def test_small_differences_far_from_the_origin_are_kept():
    xy = np.array([[3_500_000.0, 4_000_000.0], [3_500_000.1, 4_000_000.1]])
    grid = grid_over((3_499_999, 3_999_999, 3_500_002, 4_000_002), cell_m=0.05)
    assert density(xy, grid=grid, bandwidth_m=0.1).image() == pytest.approx(by_hand(xy, grid, 0.1), rel=1e-6, abs=1)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"bandwidth_m": 0}, "bandwidth_m"),
        ({"bandwidth_m": "best"}, "bandwidth_m"),
        ({"bandwidth_m": "scott"}, "one place"),
        ({"bandwidth_m": 100, "edge": "mirror"}, "edge"),
        ({"bandwidth_m": 100, "weight": [1.0]}, "equal length"),
        ({"bandwidth_m": 100, "weight": [1.0, -1.0]}, "row 1"),
        ({"bandwidth_m": 100, "cut": 0}, "cut"),
        ({"bandwidth_m": 100, "cores": 0}, "cores"),
    ],
)
def test_what_cannot_be_is_said(options, says):
    grid = grid_over((0, 0, 1000, 1000), cell_m=100)
    with pytest.raises(InputError, match=says):
        density([[410.0, 410.0], [410.0, 410.0]], grid=grid, **options)


def test_a_place_that_is_missing_is_named():
    with pytest.raises(InputError, match="row 1"):
        density([[410.0, 10.0], [np.nan, 10.0]], grid=grid_over(box(0, 0, 100, 100), cell_m=10), bandwidth_m=5)


def test_it_becomes_a_table_and_a_picture():
    found = density(town(40), grid=grid_over(AREA, cell_m=500), bandwidth_m=500)
    assert len(found.table()["per_km2"]) == found.grid.mask.sum()
    assert len(found.pictures()) == 1
    assert json.dumps(found.to_dict())


@pytest.mark.slow
def test_it_equals_scikit_learn():
    neighbors = pytest.importorskip("sklearn.neighbors")
    xy = town(1000)
    grid = grid_of(xy, cell_m=100)
    found = density(xy, grid=grid, bandwidth_m=300)
    kernel = neighbors.KernelDensity(bandwidth=300, rtol=0, atol=0).fit(xy)
    theirs = np.exp(kernel.score_samples(np.column_stack([found.x, found.y]))) * 1000 * 1e6
    assert np.abs(found.per_km2 - theirs).max() < 1e-8 * theirs.max()
