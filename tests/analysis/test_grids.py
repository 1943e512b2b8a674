"""How many events in each cell."""

import numpy as np
import pytest
from shapely.geometry import Point, box

from kalantar.analysis import InputError
from kalantar.analysis.grids import (
    Grid,
    grid_of,
    grid_over,
    hex_counts,
    hexes_of,
    hexes_over,
    shares_inside,
    square_counts,
)


def by_hand(grid, x, y):
    """Slow twin of Grid.count without a mask."""
    row, column = grid.cells_of(x, y)
    inside = row >= 0
    flat = np.bincount(row[inside] * grid.columns + column[inside], minlength=grid.rows * grid.columns)
    return flat.reshape(grid.rows, grid.columns), int((~inside).sum())


@pytest.mark.parametrize("cell_m", [0.1, 1 / 3, 100.0, 777.7])
def test_counts_equal_the_slow_twin_on_and_off_the_sides(cell_m):
    rng = np.random.default_rng(1)
    grid = Grid(x0=-3 * cell_m, y0=1e6 * cell_m, cell_m=cell_m, rows=7, columns=5, mask=np.ones((7, 5), bool))
    x = grid.x0 + cell_m * np.concatenate([rng.integers(-2, 8, 2000), rng.uniform(-2, 8, 2000), [np.nan, np.inf, 0]])
    y = grid.y0 + cell_m * np.concatenate([rng.integers(-2, 9, 2000), rng.uniform(-2, 9, 2000), [1, 1, -np.inf]])
    counts, outside = grid.count(x, y)
    theirs, lost = by_hand(grid, x, y)
    assert (counts == theirs).all()
    assert outside == lost


def test_every_event_lies_in_one_square_or_outside():
    rng = np.random.default_rng(2)
    xy = rng.integers(0, 40, (5000, 2)) * 25.0
    grid = grid_over(Point(500, 500).buffer(300), cell_m=100)
    found = square_counts(xy, grid=grid)
    assert found.count.sum() + found.outside == 5000
    assert len(found.count) == grid.mask.sum()
    assert set(found.table()) == {"row", "column", "x", "y", "count"}
    assert len(found.pictures()) == 1


def test_a_grid_of_points_holds_all_of_them():
    xy = np.array([[0.0, 0.0], [300.0, 200.0], [150.0, 50.0]])
    found = square_counts(xy, grid=grid_of(xy, cell_m=100))
    assert (found.outside, found.count.sum()) == (0, 3)


def test_squares_may_be_kept_by_their_centre():
    area = box(40, 0, 200, 100)
    assert grid_over(area, cell_m=100).mask.sum() == 2
    assert grid_over(area, cell_m=100, keep="centre").mask.sum() == 2
    assert grid_over(box(60, 0, 200, 100), cell_m=100, keep="centre").mask.tolist() == [[False, True]]


def test_shares_inside_add_up_to_the_area():
    area = Point(1000, 1000).buffer(730).difference(box(900, 900, 1010, 1500))
    grid = grid_over(area, cell_m=100)
    share = shares_inside(grid, area)
    assert share.sum() * 100**2 == pytest.approx(area.area, rel=1e-12)
    assert share.max() == 1


def test_hexagons_hold_each_event_once_and_name_their_neighbours():
    rng = np.random.default_rng(3)
    lon, lat = rng.normal(47.07, 0.02, 3000), rng.normal(34.31, 0.02, 3000)
    own = hex_counts(lon, lat, resolution=9)
    assert (own.count.sum(), own.outside) == (3000, 0)
    assert (own.count > 0).all()
    area = box(47.03, 34.28, 47.11, 34.34)
    hexes = hexes_over(area, resolution=9)
    found = hex_counts(lon, lat, hexes=hexes)
    inside = (lon > 47.03) & (lon < 47.11) & (lat > 34.28) & (lat < 34.34)
    assert inside.sum() <= found.count.sum() < 3000
    assert found.count.sum() + found.outside == 3000
    assert len(hexes_over(area, resolution=9, keep="centre").cells) < len(hexes.cells)
    pairs = hexes.pairs()
    around = np.bincount(pairs.ravel(), minlength=len(hexes.cells))
    assert around.max() == 6
    assert (around >= 1).all()
    middle_lon, middle_lat = hexes.centres()
    assert (hexes_of(middle_lon, middle_lat, resolution=9) == hexes.cells).all()


def test_hexagons_of_a_place_are_those_of_h3():
    import h3

    assert f"{hexes_of([-122.4194], [37.7749], resolution=9)[0]:x}" == h3.latlng_to_cell(37.7749, -122.4194, 9)
    assert hexes_of([np.nan], [37.0], resolution=9)[0] == 0


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: hexes_of([350000.0], [5e6], resolution=9), "degrees"),
        (lambda: hexes_of([1.0], [2.0], resolution=16), "resolution"),
        (lambda: hex_counts([1.0], [2.0]), "either"),
        (lambda: hexes_over(box(0, 0, 5000, 5000), resolution=9), "degrees"),
        (lambda: grid_over(box(0, 0, 5, 5), cell_m=1, keep="inside"), "keep"),
        (lambda: square_counts([[0, np.nan]], grid=grid_over((0, 0, 5, 5), cell_m=1)), "row 0"),
        (lambda: grid_over((0, 0, 1e6, 1e6), cell_m=10), "too many"),
    ],
)
def test_what_cannot_be_is_said(wrong, says):
    with pytest.raises(InputError, match=says):
        wrong()


def test_no_event_is_no_fault():
    grid = grid_over((0, 0, 300, 200), cell_m=100)
    assert square_counts(np.zeros((0, 2)), grid=grid).count.tolist() == [0] * 6
    assert hex_counts([], [], resolution=9).count.size == 0
