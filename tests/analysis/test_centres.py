"""Where is the middle of the events."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from kalantar.analysis import InputError
from kalantar.analysis.centres import centres


def cloud(n=200, seed=1):
    rng = np.random.default_rng(seed)
    return rng.multivariate_normal([3e5, 4e6], [[9e5, 4e5], [4e5, 5e5]], n)


def total_distance(xy, at):
    return np.hypot(*(xy - at).T).sum()


def test_chicago_arson_equals_the_reference(rows_of, shared_data):
    cases = json.loads((shared_data.parent / "reference" / "cases.json").read_text())["cases"]
    expected = next(case for case in cases if case["id"] == "centrography")["expected"]
    xy = np.array([[float(r["X"]), float(r["Y"])] for r in rows_of("crime/chicago_arson_2016.csv")])
    found = centres(xy)
    assert [found.mean_x, found.mean_y] == pytest.approx(expected["mean_center"], abs=1e-3)
    assert found.standard_distance_m == pytest.approx(expected["std_distance"], abs=1e-3)
    theirs = expected["ellipse"]
    assert [found.ellipse.major_m, found.ellipse.minor_m, found.ellipse.theta] == pytest.approx(
        [theirs["sd_x"], theirs["sd_y"], theirs["theta_rad"]], rel=1e-9
    )
    # the reference stopped 1.6 m from the smallest sum of distances; ours is nearer to it
    assert np.hypot(found.median_x - 353667.6477, found.median_y - 572709.2570) < 1.7
    ours = total_distance(xy, [found.median_x, found.median_y])
    assert ours < total_distance(xy, expected["euclidean_median"])


def test_the_median_centre_has_the_smallest_sum_of_distances():
    xy = cloud()
    found = centres(xy)
    at = np.array([found.median_x, found.median_y])
    best = minimize(lambda p: total_distance(xy - xy[0], p), at - xy[0], method="Nelder-Mead", options={"xatol": 1e-5})
    assert total_distance(xy, at) <= best.fun + 1e-6
    for step in ([0.01, 0], [-0.01, 0], [0, 0.01], [0, -0.01]):
        assert total_distance(xy, at) <= total_distance(xy, at + step)


def test_an_event_may_itself_be_the_median_centre():
    xy = np.array([[0, 0], [1000, 0], [0, 1000], [-1000, -1000], [0, 0]], float)
    found = centres(xy)
    assert (found.median_x, found.median_y) == (0, 0)
    heavy = centres(cloud(20), weight=[1000.0] + [1.0] * 19)
    assert [heavy.median_x, heavy.median_y] == pytest.approx(cloud(20)[0], abs=1e-6)


def test_the_ellipse_lies_along_the_main_axis():
    xy = cloud(5000)
    values, axes = np.linalg.eigh(np.cov(xy.T, bias=True))
    found = centres(xy, convention="yuill").ellipse
    assert [found.minor_m, found.major_m] == pytest.approx(np.sqrt(values), rel=1e-9)
    east, north = axes[:, 1]
    assert found.azimuth == pytest.approx(np.degrees(np.arctan2(east, north)) % 180, abs=1e-6)
    crimestat = centres(xy).ellipse
    assert crimestat.major_m == pytest.approx(found.major_m * np.sqrt(2 * 5000 / 4998))
    inside = found.outline([0, 0])
    assert np.hypot(*inside.T).max() == pytest.approx(found.major_m, rel=1e-3)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.floats(-3, 3), st.floats(0.1, 50))
def test_turning_moving_and_scaling_the_map_turns_moves_and_scales_the_answer(seed, angle, scale):
    xy = cloud(40, seed) - [3e5, 4e6]
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    here, there = centres(xy), centres(scale * xy @ turn.T + [7e5, -2e5])
    for name in ("mean", "median"):
        at = np.array([getattr(here, f"{name}_x"), getattr(here, f"{name}_y")])
        moved = scale * turn @ at + [7e5, -2e5]
        assert [getattr(there, f"{name}_x"), getattr(there, f"{name}_y")] == pytest.approx(moved, abs=1e-3 * scale)
    assert there.standard_distance_m == pytest.approx(scale * here.standard_distance_m)
    assert there.ellipse.major_m == pytest.approx(scale * here.ellipse.major_m)
    gap = (there.ellipse.azimuth - here.ellipse.azimuth + np.degrees(angle) + 90) % 180 - 90
    assert gap == pytest.approx(0, abs=1e-4)


def test_a_weight_counts_as_so_many_events():
    xy = cloud(30)
    often = np.arange(30) % 4
    weighed, repeated = centres(xy, weight=often), centres(np.repeat(xy, often, axis=0))
    for name in ("mean_x", "mean_y", "standard_distance_m", "weight"):
        assert getattr(weighed, name) == pytest.approx(getattr(repeated, name))
    assert [weighed.median_x, weighed.median_y] == pytest.approx([repeated.median_x, repeated.median_y], abs=1e-3)
    assert weighed.ellipse.major_m == pytest.approx(repeated.ellipse.major_m)


def test_small_differences_far_from_the_origin_are_kept():
    xy = np.array([[0, 0], [0.1, 0], [0.1, 0.1], [0, 0.1]]) + 4e6
    found = centres(xy)
    assert found.standard_distance_m == pytest.approx(np.sqrt(0.005), rel=1e-6)
    assert found.median_x - 4e6 == pytest.approx(0.05, abs=1e-6)


def test_few_events_one_place_and_one_line():
    one = centres([[500.0, 700.0]])
    assert (one.mean_x, one.median_y, one.standard_distance_m) == (500, 700, 0)
    assert (one.enough, one.why_not) == (False, "too_few_events")
    assert json.loads(json.dumps(one.to_dict()))["ellipse"]["major_m"] is None
    same = centres([[500.0, 700.0]] * 5)
    assert (same.median_x, same.ellipse.major_m, same.enough) == (500, 0, True)
    assert np.isnan(same.ellipse.azimuth)
    line = centres([[500.0, 0.0], [510, 0], [530, 0], [570, 0], [900, 0]])
    assert (line.median_x, line.ellipse.minor_m, line.ellipse.azimuth) == (pytest.approx(530, abs=1e-4), 0, 90)
    assert len(line.pictures()) == 1


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: centres(np.zeros((0, 2))), "at least 1"),
        (lambda: centres([[0, np.inf]]), "row 0"),
        (lambda: centres([[0, 0]], weight=[0]), "weight"),
        (lambda: centres([[0, 0]], weight=[-1]), "row 0"),
        (lambda: centres([[0, 0]], convention="arcgis"), "convention"),
        (lambda: centres([[0, 0]], divisor="n-1"), "divisor"),
    ],
)
def test_what_cannot_be_is_said(wrong, says):
    with pytest.raises(InputError, match=says):
        wrong()
