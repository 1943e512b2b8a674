import numpy as np
import pytest
from pyproj import Transformer

from kalantar.formats import guess_crs, transform_points

from .asking import refusal

CHICAGO = (-87.95, 41.6, -87.5, 42.1)
TEHRAN = (50.9, 35.5, 51.7, 35.9)


def points(bbox, crs, n=300):
    rng = np.random.default_rng(3)
    lon, lat = rng.uniform(bbox[0], bbox[2], n), rng.uniform(bbox[1], bbox[3], n)
    return lon, lat, *Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(lon, lat)


@pytest.mark.parametrize("crs", ["EPSG:26971", "EPSG:3435", "EPSG:3857", "EPSG:32616", "EPSG:4326"])
def test_points_go_there_and_back(crs):
    lon, lat, x, y = points(CHICAGO, crs)
    back = transform_points(x, y, crs)
    np.testing.assert_allclose(back, [lon, lat], atol=1e-8)


def test_a_published_point():
    """EPSG Guidance Note 7-2, transverse Mercator is tested by PROJ; here: the origin of UTM zone 39."""
    lon, lat = transform_points([500_000], [0], "EPSG:32639")
    assert (lon[0], lat[0]) == pytest.approx((51.0, 0.0), abs=1e-9)


def test_points_without_a_place_become_nan_and_the_others_stay():
    lon, lat = transform_points([500_000, np.nan, 1e30, np.inf], [4e6, 4e6, 1e30, 0], "EPSG:32639")
    assert np.isfinite(lon).tolist() == np.isfinite(lat).tolist() == [True, False, False, False]


@pytest.mark.parametrize("crs", ["EPSG:999999", "nonsense", "/etc/passwd", "+proj=longlat +nadgrids=@/etc/passwd", ""])
def test_a_system_that_is_none_is_refused(crs):
    assert refusal(transform_points, [1], [2], crs)[0] == "crs_not_understood"


@pytest.mark.parametrize(
    ("bbox", "crs", "unit"),
    [
        (CHICAGO, "EPSG:26971", "metre"),
        (CHICAGO, "EPSG:3435", "US survey foot"),
        (CHICAGO, "EPSG:4326", "degree"),
        (TEHRAN, "EPSG:32639", "metre"),
        (TEHRAN, "EPSG:3857", "metre"),
    ],
)
@pytest.mark.parametrize("is_swapped", [False, True])
def test_bare_numbers_are_recognised(bbox, crs, unit, is_swapped):
    _, _, x, y = points(bbox, crs)
    guess = guess_crs(*((y, x) if is_swapped else (x, y)), bbox)[0]
    assert (guess.crs, guess.unit, guess.swapped) == (crs, unit, is_swapped)
    assert guess.inside > 0.95


def test_stray_points_do_not_hide_the_system():
    _, _, x, y = points(CHICAGO, "EPSG:26971")
    x[:30], y[:30] = 0, 0
    x[30:40] = np.nan
    assert guess_crs(x, y, CHICAGO)[0].crs == "EPSG:26971"


def test_nothing_is_guessed_from_nothing():
    assert guess_crs([], [], TEHRAN) == []
    assert guess_crs([1e12], [1e12], TEHRAN) == []
