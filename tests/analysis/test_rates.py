"""What is the rate of a small area, seen among its neighbours."""

import json

import numpy as np
import pytest

from kalantar.analysis import InputError, weights
from kalantar.analysis.grids import grid_over
from kalantar.analysis.levels import shrunken_rates
from kalantar.analysis.rates import local_rates


def test_st_louis_equals_the_published_rates(rows_of, shared_data):
    # pysal/esda, smoothing.Spatial_Empirical_Bayes: homicides around St. Louis, 1979-84
    rows = rows_of("fixtures/libpysal/stl_hom.csv")
    lines = (shared_data / "fixtures" / "libpysal" / "stl.gal").read_text().split("\n")[1:]
    pairs = [(int(a.split()[0]) - 1, int(b) - 1) for a, line in zip(lines[::2], lines[1::2]) for b in line.split()]
    w = weights.from_pairs(pairs, n=len(rows), both_ways=False)
    found = local_rates([float(r["HC7984"]) for r in rows], [float(r["PO7984"]) for r in rows], weights=w)
    expected = [4.01485749e-05, 3.62437513e-05, 4.93034844e-05, 5.09387329e-05, 3.72735210e-05]
    expected += [3.69333797e-05, 5.40245456e-05, 2.99806055e-05, 3.73034109e-05, 3.47270722e-05]
    assert found.shrunk[:10] == pytest.approx(expected, rel=1e-8)


def test_all_areas_as_neighbours_give_the_global_figure():
    rng = np.random.default_rng(1)
    exposure = rng.lognormal(5, 1, 25)
    counts = rng.poisson(exposure * rng.gamma(2, 0.02, 25))
    everybody = weights.from_pairs(np.argwhere(np.triu(np.ones((25, 25)), 1)), n=25)
    found = local_rates(counts, exposure, weights=everybody)
    assert found.shrunk == pytest.approx(shrunken_rates(counts, exposure), rel=1e-9)
    assert found.around == pytest.approx(found.common)


def test_they_equal_the_slow_twin_and_lie_between_both_rates():
    rng = np.random.default_rng(2)
    w = weights.on_grid(grid_over((0, 0, 800, 700), cell_m=100))
    exposure = rng.lognormal(3, 1, 56)
    counts = rng.poisson(0.2 * exposure)
    found = local_rates(counts, exposure, weights=w.row_standardised())
    for i in range(56):
        near = np.append(w.indices[w.indptr[i] : w.indptr[i + 1]], i)
        c, e = counts[near], exposure[near]
        m = c.sum() / e.sum()
        between = max((e * (c / e - m) ** 2).sum() / e.sum() - m / e.mean(), 0)
        share = between / (between + m / exposure[i])
        assert found.shrunk[i] == pytest.approx(m + share * (counts[i] / exposure[i] - m), rel=1e-9)
        assert found.own_share[i] == pytest.approx(share, abs=1e-12)
    assert ((found.shrunk - found.rate) * (found.shrunk - found.around) <= 1e-12).all()


def test_where_quarters_differ_they_come_nearer_to_the_truth_than_the_global_ones():
    rng = np.random.default_rng(3)
    w = weights.on_grid(grid_over((0, 0, 1000, 1000), cell_m=100))
    truth = np.where(np.arange(100) < 50, 0.1, 0.4)
    near = far = 0.0
    for _ in range(30):
        exposure = rng.lognormal(2.5, 0.5, 100)
        counts = rng.poisson(exposure * truth)
        near += ((local_rates(counts, exposure, weights=w).shrunk - truth) ** 2).mean()
        far += ((shrunken_rates(counts, exposure) - truth) ** 2).mean()
    assert near < 0.8 * far


def test_an_area_that_cannot_be_hit_and_an_island():
    w = weights.from_pairs([[0, 1], [1, 2]], n=4)
    found = local_rates([2, 0, 4, 3], [10, 0, 20, 6], weights=w)
    assert found.shrunk[1] == pytest.approx(6 / 30)
    assert np.isnan(found.rate[1])
    assert (found.shrunk[3], found.own_share[3], found.neighbours[3]) == (0.5, 1, 0)
    assert json.dumps(found.to_dict())


@pytest.mark.parametrize(
    ("counts", "exposure", "says"),
    [
        ([1.5, 0], [1, 1], "whole"),
        ([1, 0], [1], "equal length"),
        ([1, 0], [1, -1], "row 1"),
        ([1, 0], [0, 1], "row 0"),
        ([0, 0], [0, 0], "everywhere"),
        ([1, 0], [1, np.nan], "row 1"),
    ],
)
def test_what_cannot_be_is_said(counts, exposure, says):
    with pytest.raises(InputError, match=says):
        local_rates(counts, exposure, weights=weights.from_pairs([[0, 1]], n=2))
