"""How far is each place from what lies around it."""

import json

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from kalantar.analysis import InputError
from kalantar.analysis.features import count_within, nearest


def table(xy, features, metric):
    gap = np.abs(xy[:, None] - features[None])
    return gap.sum(axis=2) if metric == "manhattan" else np.hypot(gap[..., 0], gap[..., 1])


def world(kind, seed=1):
    """Places and features: clustered with remote places, on a lattice with ties, in a line, at one place."""
    rng = np.random.default_rng(seed)
    if kind == "clustered":
        features = rng.normal(rng.uniform(0, 9000, (5, 2))[rng.integers(0, 5, 300)], 150)
        return np.vstack([features[:200] + 30, rng.uniform(-30000, 40000, (200, 2)), features[:10]]), features
    if kind == "lattice":
        return rng.integers(0, 80, (300, 2)) * 50.0, rng.integers(0, 40, (200, 2)) * 100.0
    if kind == "line":
        return rng.uniform(0, 5000, (200, 2)), np.column_stack([np.arange(100) * 40.0, np.full(100, 700.0)])
    return rng.uniform(0, 5000, (50, 2)), np.full((7, 2), 1234.5)


@pytest.mark.parametrize("metric", ["euclidean", "manhattan"])
@pytest.mark.parametrize("kind", ["clustered", "lattice", "line", "one place"])
def test_nearest_and_counts_equal_the_full_table(kind, metric):
    xy, features = world(kind)
    apart = table(xy, features, metric)
    found = nearest(xy, features, metric=metric)
    assert found.distance_m == pytest.approx(apart.min(axis=1), rel=1e-12)
    first = apart.argmin(axis=1)
    same = found.feature == first
    # of equally near ones the first, but for the last digit of a root
    assert (np.abs(apart[~same, found.feature[~same]] - apart[~same, first[~same]]) < 1e-9).all()
    assert same.mean() > 0.99
    for within_m in (10.0, 150.0, 1000.0, 20000.0):
        count = count_within(xy, features, within_m=within_m, metric=metric).count
        assert count.tolist() == (apart <= within_m).sum(axis=1).tolist()
    weight = np.arange(len(features)) / 3
    weighed = count_within(xy, features, within_m=900, weight=weight, metric=metric).count
    assert weighed == pytest.approx(((apart <= 900) * weight).sum(axis=1), abs=1e-7)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 40), st.floats(1, 3000))
def test_any_features_and_any_distance(seed, m, within_m):
    rng = np.random.default_rng(seed)
    features = np.round(rng.gamma(0.5, 2000, (m, 2)))
    xy = np.vstack([np.round(rng.gamma(0.5, 2000, (60, 2))), rng.normal(0, 1e5, (5, 2))])
    apart = table(xy, features, "euclidean")
    assert nearest(xy, features, as_metres=True).distance_m == pytest.approx(apart.min(axis=1), rel=1e-12)
    count = count_within(xy, features, within_m=within_m, as_metres=True).count
    assert count.tolist() == (np.square(xy[:, None] - features[None]).sum(axis=2) <= within_m**2).sum(axis=1).tolist()


def test_small_differences_far_from_the_origin_are_kept():
    features = np.array([[3.5e6, 4e6], [3.5e6 + 0.1, 4e6]])
    found = nearest(features + np.array([0.02, 0.0]), features)
    assert found.distance_m == pytest.approx([0.02, 0.02], abs=1e-8)
    assert found.feature.tolist() == [0, 1]


def test_it_is_the_same_whatever_the_cores():
    xy, features = world("clustered")
    one, three = (nearest(xy, features, cores=cores) for cores in (1, 3))
    assert (one.distance_m == three.distance_m).all()
    assert (one.feature == three.feature).all()
    one, three = (count_within(xy, features, within_m=500, cores=cores).count for cores in (1, 3))
    assert (one == three).all()


def test_lines_and_polygons():
    street = shapely.LineString([(0, 500), (1000, 500)])
    park = shapely.box(2000, 0, 3000, 1000)
    xy = np.array([[500.0, 530.0], [2500.0, 500.0], [1500.0, 500.0], [900.0, 0.0]])
    found = nearest(xy, [street, park])
    assert found.distance_m.tolist() == [30, 0, 500, 500]
    assert found.feature.tolist() == [0, 1, 0, 0]  # the third lies midway: the first of both
    assert count_within(xy, [street, park], within_m=500).count.tolist() == [1, 1, 2, 1]
    assert count_within(xy, [street, park], within_m=500, weight=[2.0, 0.5]).count.tolist() == [2, 0.5, 2.5, 2]


def test_looking_no_further_than_asked():
    found = nearest([[0.0, 0.0], [900.0, 0.0]], [[300.0, 0.0]], most_m=300)
    assert found.distance_m.tolist() == [300, np.inf]
    assert found.feature.tolist() == [0, -1]
    assert json.loads(json.dumps(found.to_dict()))["distance_m"] == [300, None]
    assert len(found.pictures()) == 1


def test_no_features_and_no_places():
    assert nearest([[500.0, 0.0]], []).distance_m.tolist() == [np.inf]
    assert nearest([[500.0, 0.0]], []).pictures() == ()
    assert count_within([[500.0, 0.0]], [], within_m=5).count.tolist() == [0]
    assert nearest(np.zeros((0, 2)), [[500.0, 0.0]]).table()["distance_m"].size == 0


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: nearest([[np.nan, 0]], [[500.0, 0.0]]), "xy row 0"),
        (lambda: nearest([[500.0, 0]], [[500.0, np.inf]]), "features row 0"),
        (lambda: nearest([[500.0, 0]], [shapely.Point()]), "feature 0"),
        (lambda: nearest([[500.0, 0]], [shapely.Point(1, 1)], metric="manhattan"), "metric"),
        (lambda: nearest([[500.0, 0]], [[500.0, 0.0]], most_m=-1), "most_m"),
        (lambda: count_within([[500.0, 0]], [[500.0, 0.0]], within_m=0), "within_m"),
        (lambda: count_within([[500.0, 0]], [[500.0, 0.0]], within_m=5, weight=[1, 2]), "equal length"),
    ],
)
def test_what_cannot_be_is_said(wrong, says):
    with pytest.raises(InputError, match=says):
        wrong()
