"""Who is whose neighbour."""

import numpy as np
import pytest
import shapely

from kalantar.analysis import InputError, weights
from kalantar.analysis.grids import Grid, grid_over, hexes_over


def as_sets(w):
    return [set(w.indices[w.indptr[i] : w.indptr[i + 1]].tolist()) for i in range(w.n)]


def distances(xy, metric="euclidean"):
    gap = np.abs(xy[:, None] - xy[None])
    apart = np.hypot(*gap.transpose(2, 0, 1)) if metric == "euclidean" else gap.sum(axis=2)
    np.fill_diagonal(apart, np.inf)
    return apart


@pytest.mark.parametrize("kind", ["queen", "rook"])
def test_cells_of_a_grid_with_holes(kind):
    mask = np.random.default_rng(1).random((9, 13)) < 0.7
    grid = Grid(x0=0, y0=0, cell_m=10, rows=9, columns=13, mask=mask)
    row, column = np.nonzero(mask)
    far = np.abs(row[:, None] - row), np.abs(column[:, None] - column)
    near = np.maximum(*far) == 1 if kind == "queen" else far[0] + far[1] == 1
    assert as_sets(weights.on_grid(grid, kind=kind)) == [set(np.flatnonzero(line).tolist()) for line in near]


@pytest.mark.parametrize("metric", ["euclidean", "manhattan"])
def test_a_distance_band_is_closed_at_its_limit(metric):
    xy = np.random.default_rng(2).integers(0, 30, (400, 2)) * 10.0 + 3.5e6
    w = weights.within(xy, within_m=50, metric=metric)
    near = distances(xy, metric) <= 50
    assert as_sets(w) == [set(np.flatnonzero(line).tolist()) for line in near]
    assert (distances(xy, metric) == 50).any()


@pytest.mark.parametrize("k", [1, 3, 8])
def test_the_nearest_are_chosen_by_distance_then_by_their_order(k):
    xy = np.random.default_rng(3).integers(0, 12, (300, 2)) * 100.0
    xy[:40] = xy[0]  # many at one place
    order = np.argsort(distances(xy), axis=1, kind="stable")[:, :k]
    assert as_sets(weights.nearest(xy, k=k)) == [set(line.tolist()) for line in order]


def test_columbus_has_the_neighbours_of_the_published_file(shared_data):
    pyogrio = pytest.importorskip("pyogrio")
    folder = shared_data / "fixtures" / "libpysal"
    _, _, geometry, _ = pyogrio.raw.read(folder / "columbus.shp")
    found = as_sets(weights.contiguity(shapely.from_wkb(geometry)))
    lines = (folder / "columbus.gal").read_text().split("\n")[1:]
    named = {int(a.split()[0]): {int(k) - 1 for k in b.split()} for a, b in zip(lines[::2], lines[1::2]) if a.strip()}
    assert found == [named[i + 1] for i in range(49)]


def test_a_corner_makes_queens_and_a_border_makes_rooks():
    squares = [shapely.box(x, y, x + 10, y + 10) for y in (0, 10) for x in (0, 10)] + [shapely.box(20.5, 0, 30, 10)]
    assert as_sets(weights.contiguity(squares, kind="rook")) == [{1, 2}, {0, 3}, {0, 3}, {1, 2}, set()]
    assert as_sets(weights.contiguity(squares)) == [{1, 2, 3}, {0, 2, 3}, {0, 1, 3}, {0, 1, 2}, set()]
    assert as_sets(weights.contiguity(squares, snap_m=0.5))[4] == {1, 3}
    assert weights.contiguity(squares).islands.tolist() == [4]


def test_polygons_of_a_grid_are_neighbours_as_its_cells_are():
    grid = grid_over((0, 0, 700, 500), cell_m=100)
    row, column = np.nonzero(grid.mask)
    boxes = shapely.box(column * 100, row * 100, column * 100 + 100, row * 100 + 100)
    for kind in ("queen", "rook"):
        assert as_sets(weights.contiguity(boxes, kind=kind)) == as_sets(weights.on_grid(grid, kind=kind))


def test_hexagons_have_six_neighbours_inside():
    hexes = hexes_over(shapely.box(47.0, 34.3, 47.05, 34.35), resolution=8)
    w = weights.from_hexes(hexes)
    assert set(w.cardinalities.tolist()) <= {2, 3, 4, 5, 6}
    assert as_sets(w) == as_sets(weights.contiguity(hexes.outlines(), snap_m=1e-7))


def test_row_standardised_rows_sum_to_one_and_islands_keep_nothing():
    w = weights.from_pairs([[0, 1], [1, 2]], n=4, weight=[2.0, 6.0])
    assert w.row_standardised().sums().tolist() == [1, 1, 1, 0]
    assert w.row_standardised().lag([1.0, 10.0, 5.0, 7.0]).tolist() == [10.0, 4.0, 10.0, 0.0]
    assert w.binary().lag([1, 10, 5, 7]).tolist() == [10, 6, 10, 0]
    assert w.pairs().tolist() == [[0, 1], [1, 2]]
    assert (w.equal_in_rows(), w.row_standardised().equal_in_rows(), w.binary().equal_in_rows()) == (False, False, True)


@pytest.mark.parametrize("both_ways", [True, False])
def test_moments_equal_those_of_the_full_table(both_ways):
    rng = np.random.default_rng(4)
    full = np.triu(rng.random((30, 30)) * (rng.random((30, 30)) < 0.2), 1)
    pairs = np.argwhere(full > 0)
    w = weights.from_pairs(pairs, n=30, weight=full[full > 0], both_ways=both_ways)
    full = full + full.T if both_ways else full
    expected = full.sum(), 0.5 * ((full + full.T) ** 2).sum(), ((full.sum(0) + full.sum(1)) ** 2).sum()
    assert w.moments() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: weights.from_pairs([[0, 0]], n=2), "row 0"),
        (lambda: weights.from_pairs([[0, 2]], n=2), "row 0"),
        (lambda: weights.from_pairs([[0, 1], [1, 0]], n=2), "row 1"),
        (lambda: weights.from_pairs([[0.0, 1.0]], n=2), "whole"),
        (lambda: weights.from_pairs([[0, 1]], n=2, weight=[0]), "above 0"),
        (lambda: weights.nearest([[0, 0], [5, 5]], k=2), "below"),
        (lambda: weights.within([[0, 0], [5, np.nan]], within_m=3), "row 1"),
        (lambda: weights.within([[0, 0], [5, 5]], within_m=0), "within_m"),
        (lambda: weights.contiguity([shapely.Point(0, 0)]), "geometry 0"),
        (lambda: weights.contiguity([shapely.box(0, 0, 1, 1)], kind="bishop"), "kind"),
        (lambda: weights.on_grid(grid_over((0, 0, 5, 5), cell_m=1), kind="king"), "kind"),
    ],
)
def test_what_cannot_be_is_said(wrong, says):
    with pytest.raises(InputError, match=says):
        wrong()


def test_nobody_has_no_neighbours():
    assert weights.within(np.zeros((0, 2)), within_m=5).n == 0
    assert weights.within([[1.0, 1.0]], within_m=5).islands.tolist() == [0]
    assert weights.contiguity([]).n == 0
    assert weights.from_pairs([], n=3).moments() == (0, 0, 0)
