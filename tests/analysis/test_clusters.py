"""Where do events crowd together?"""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from kalantar.analysis import InputError
from kalantar.analysis.clusters import NOISE, dbscan


def twin(xy, within_m, fewest):
    """Cores, and the cluster of each event as the row of its first core; -1 for noise."""
    d = np.sqrt(((xy[:, None] - xy[None]) ** 2).sum(axis=2))
    near = d <= within_m
    core = near.sum(axis=1) >= fewest
    _, part = connected_components(coo_matrix(near & core[:, None] & core[None]))
    out = np.full(len(xy), NOISE)
    for i in range(len(xy)):
        owners = np.flatnonzero(near[i] & core)
        if core[i]:
            out[i] = part[i]
        elif len(owners):
            out[i] = part[min(owners, key=lambda j: (d[i, j], xy[j, 0], xy[j, 1]))]
    return core, out


def same_partition(a, b):
    return ((a == NOISE) == (b == NOISE)).all() and len(set(zip(a, b))) == len(set(a)) == len(set(b))


@settings(max_examples=60, deadline=None)
@given(
    arrays(np.int64, st.tuples(st.integers(1, 60), st.just(2)), elements=st.integers(0, 12)),
    st.sampled_from([0.5, 1.0, 1.5, 2.0, 5.0]),
    st.integers(1, 6),
)
def test_against_the_slow_twin_with_many_equal_places_and_distances(rows, within_m, fewest):
    xy = rows.astype(float)
    found = dbscan(xy, within_m=within_m, fewest=fewest, as_metres=True)
    core, label = twin(xy, within_m, fewest)
    assert found.core.tolist() == core.tolist()
    assert same_partition(found.of_event, label)


def test_against_the_slow_twin_on_a_crowded_town():
    rng = np.random.default_rng(1)
    xy = np.concatenate(
        [rng.uniform(0, 3000, (300, 2)), rng.normal(1000, 120, (300, 2)), rng.normal(2200, 60, (100, 2))]
    )
    xy += 400_000
    for within_m, fewest in ((60, 5), (150, 10), (400, 30), (1, 1)):
        found = dbscan(xy, within_m=within_m, fewest=fewest)
        core, label = twin(xy, within_m, fewest)
        assert found.core.tolist() == core.tolist()
        assert same_partition(found.of_event, label)
        assert found.noise == (label == NOISE).sum()
        assert (found.border == ((label != NOISE) & ~core)).all()


def test_the_summary_is_that_of_the_events():
    rng = np.random.default_rng(2)
    xy = np.concatenate([rng.normal(m, 30, (k, 2)) for m, k in ((0, 20), (1000, 50), (2000, 20))]) + 500_000
    found = dbscan(xy, within_m=80, fewest=5)
    assert (found.size.tolist(), found.noise) == ([50, 20, 20], 0)
    assert found.of_event[[0, 20, 70]].tolist() == [1, 0, 2]  # by size, then from left to right
    for k in range(3):
        of = xy[found.of_event == k]
        assert (found.x[k], found.y[k]) == pytest.approx(of.mean(axis=0))
        assert found.spread_m[k] == pytest.approx(np.sqrt(((of - of.mean(axis=0)) ** 2).sum(axis=1).mean()))
        assert found.core_events[k] == (found.core & (found.of_event == k)).sum()
    json.dumps(found.to_dict(), allow_nan=False)
    assert {len(column) for column in found.table().values()} == {3}
    (drawn,) = found.pictures()
    assert (drawn.layers[0].groups == found.of_event).all()


def test_a_border_event_goes_to_its_nearest_core_whatever_the_order():
    left = np.array([[0, 0], [-0.5, 0], [-1, 0], [-1.5, 0]])
    right = np.array([3.5, 0]) - left
    xy = np.concatenate([left, right, [[1.8, 0]]])
    rng = np.random.default_rng(3)
    for _ in range(20):
        order = rng.permutation(9)
        found = dbscan(xy[order], within_m=1.85, fewest=4, as_metres=True)
        back = np.empty(9, int)
        back[order] = found.of_event
        assert back.tolist() == [1, 1, 1, 1, 0, 0, 0, 0, 0]  # the larger one is number 0
        assert found.border.sum() == 1
    xy[-1, 0] = 1.75  # as near to both
    assert dbscan(xy[::-1], within_m=1.85, fewest=4, as_metres=True).of_event[0] == 0


def test_shifting_turning_rescaling_and_reordering_change_nothing():
    rng = np.random.default_rng(4)
    xy = np.concatenate([rng.integers(0, 900, (200, 2)), rng.integers(300, 420, (150, 2))]).astype(float)
    first = dbscan(xy, within_m=40, fewest=6)
    order = rng.permutation(350)
    assert (dbscan(xy + np.array([5e6, 3e6]), within_m=40, fewest=6).of_event == first.of_event).all()
    assert (dbscan(xy * 4, within_m=160, fewest=6).of_event == first.of_event).all()
    assert (dbscan(xy[order], within_m=40, fewest=6).of_event == first.of_event[order]).all()
    turned = dbscan(xy[:, ::-1] * [-1, 1], within_m=40, fewest=6)
    assert same_partition(turned.of_event, first.of_event) and (turned.size == first.size).all()


def test_each_event_twice_with_twice_the_fewest_is_the_same():
    rng = np.random.default_rng(5)
    xy = rng.integers(0, 600, (200, 2)) + 1000.0
    once, twice = dbscan(xy, within_m=50, fewest=4), dbscan(np.repeat(xy, 2, axis=0), within_m=50, fewest=8)
    assert (twice.of_event[::2] == once.of_event).all() and (twice.of_event[1::2] == once.of_event).all()


def test_differences_of_a_hand_at_coordinates_of_millions():
    xy = np.array([4e6, 3e6]) + np.array([[0, 0], [0.1, 0], [0.2, 0], [0.5, 0]])
    assert dbscan(xy, within_m=0.12, fewest=2).of_event.tolist() == [0, 0, 0, NOISE]
    assert dbscan(xy, within_m=0.12, fewest=2).spread_m == pytest.approx([np.sqrt(2 / 3) / 10], rel=1e-6)


def test_far_away_events_and_a_tiny_limit():
    xy = np.array([[0, 0], [0, 0], [1e12, 1e12], [1e12, 1e12], [5, 5]])
    assert dbscan(xy, within_m=1e-6, fewest=2).of_event.tolist() == [0, 0, 1, 1, NOISE]
    assert dbscan(xy, within_m=10, fewest=2).of_event.tolist() == [0, 0, 1, 1, 0]


@pytest.mark.parametrize("n", [0, 1, 2])
def test_too_few_events(n):
    found = dbscan(np.arange(2.0 * n).reshape(n, 2), within_m=10, fewest=3)
    assert (found.enough, found.why_not, found.noise, len(found.size)) == (False, "too_few_events", n, 0)
    json.dumps(found.to_dict(), allow_nan=False)


def test_events_far_apart_are_noise():
    found = dbscan(np.arange(40.0).reshape(20, 2) * 1000, within_m=10, fewest=3)
    assert (found.why_not, found.noise) == ("no_cluster", 20)


def test_a_million_events_at_one_place_cost_nothing():
    found = dbscan(np.full((1_000_000, 2), 4e5), within_m=100, fewest=10)
    assert (found.size.tolist(), found.spread_m.tolist()) == ([1_000_000], [0.0])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"xy": [[0, np.nan]]}, "xy row 0"),
        ({"xy": [[47.1, 34.3], [47.2, 34.4]]}, "looks like degrees"),
        ({"within_m": 0}, "within_m must be above 0"),
        ({"within_m": np.nan}, "within_m must be above 0"),
        ({"fewest": 0}, "fewest must be 1"),
        ({"fewest": 1.5}, "whole number"),
    ],
)
def test_input_that_cannot_be_is_refused_by_name(change, said):
    ask = {"xy": [[0, 0], [1000, 1]], "within_m": 5, "fewest": 2} | change
    with pytest.raises(InputError, match=said):
        dbscan(ask.pop("xy"), **ask)


def test_chicago_burglary_has_the_clusters_and_the_noise_of_scikit_learn(rows_of):
    # scikit-learn 1.9.1 and R dbscan 1.1-11 agree on both sets: eps 150 m, 10 points
    rows = rows_of("crime/chicago_burglary_2014_2017.csv.gz")
    xy = np.array([[float(r["x"]), float(r["y"])] for r in rows])
    year = np.array([r["date_single"].endswith("2016") for r in rows])
    found = dbscan(xy[year], within_m=150, fewest=10)
    assert (len(found.size), found.noise, int(found.core.sum())) == (96, 9693, 1188)
    found = dbscan(xy, within_m=150, fewest=10)
    assert (len(found.size), found.noise, int(found.core.sum())) == (690, 10913, 26846)
