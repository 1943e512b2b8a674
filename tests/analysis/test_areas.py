"""Every point in exactly one beat."""

import itertools
import pickle
import subprocess
import sys

import numpy as np
import pytest
import shapely
from shapely.geometry import MultiPolygon, Polygon, box

from kalantar.analysis import InputError
from kalantar.analysis.areas import Plane, PolygonIndex, distance_m, to_metres

# The 14 recorded points that lie exactly on a border between two beats, so that "touches" finds
# two beats and "within" none: position in its file (first data row = 0), lon, lat, the two beats.
ASSAULTS_ON_A_BORDER = [
    (38886, -87.6929, 41.8811, "1125", "1222"),
    (40031, -87.6929, 41.8811, "1125", "1222"),
    (93046, -87.6929, 41.8811, "1125", "1222"),
    (102245, -87.6137, 41.8312, "0211", "0212"),
    (104385, -87.6137, 41.8312, "0211", "0212"),
]
BURGLARIES_ON_A_BORDER = [
    (5121, -87.634876, 41.684552, "0522", "0524"),
    (6212, -87.623440, 41.743669, "0631", "0632"),
    (7331, -87.600589, 41.802322, "0222", "0233"),
    (15626, -87.659336, 41.778680, "0724", "0725"),
    (25851, -87.634824, 41.794132, "0711", "0935"),
    (27594, -87.756438, 41.931858, "2514", "2521"),
    (28370, -87.722720, 41.844277, "1013", "1031"),
    (28372, -87.722720, 41.844277, "1013", "1031"),
    (44829, -87.634824, 41.794132, "0711", "0935"),
]
# The 101 points in no beat at all: they lie outside the city's border.
ASSAULTS_IN_NO_BEAT = [
    57,
    3063,
    4052,
    4264,
    4266,
    4280,
    5525,
    5528,
    7808,
    9872,
    10712,
    10955,
    22009,
    22617,
    27005,
    31897,
    32127,
    32741,
    33573,
    34495,
    36312,
    38460,
    39869,
    40233,
    43086,
    46784,
    46881,
    47168,
    52345,
    52648,
    54640,
    55192,
    58654,
    58820,
    59083,
    59649,
    59936,
    61823,
    70565,
    72189,
    76052,
    77763,
    77782,
    78167,
    79328,
    80630,
    82125,
    84882,
    86340,
    86671,
    87162,
    87595,
    88072,
    89354,
    90563,
    90896,
    93085,
    96121,
    99035,
    100617,
    103815,
    104357,
    108610,
    108846,
    109827,
    110704,
    111129,
    114499,
    114748,
    116025,
    117647,
    119573,
    120688,
    121346,
    122916,
    124165,
    125145,
    125863,
    126414,
    128919,
    130009,
    131748,
    132808,
    134192,
    134324,
    134762,
    134788,
    135104,
    136544,
    136851,
    142382,
]
BURGLARIES_IN_NO_BEAT = [1602, 7908, 8031, 9276, 17489, 26087, 35369, 42156, 44298, 44631]


def inside_slowly(geometry, x, y):
    """The twin: even-odd over all edges, half-open, in plain Python with exact fractions."""
    from fractions import Fraction

    x, y = Fraction(x), Fraction(y)
    parts = geometry.geoms if geometry.geom_type == "MultiPolygon" else [geometry]
    for part in parts:
        odd = False
        for ring in (part.exterior, *part.interiors):
            points = [(Fraction(a), Fraction(b)) for a, b in ring.coords]
            for (x1, y1), (x2, y2) in itertools.pairwise(points):
                if (y1 <= y) == (y2 <= y):
                    continue
                if x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
                    odd = not odd
        if odd:
            return True
    return False


def squares(n):
    return [box(i, j, i + 1, j + 1) for j in range(n) for i in range(n)]


def test_a_point_on_a_shared_side_or_corner_lies_in_exactly_one_square():
    index = PolygonIndex(squares(4))
    grid = np.arange(0.5, 4, 0.5)
    x, y = (v.ravel() for v in np.meshgrid(grid, grid))
    assert (index.matches(x, y) == 1).all()
    assert index.locate([1.0, 0.5, 1.0], [0.5, 1.0, 1.0]).tolist() == [1, 4, 5]


def test_the_outer_border_is_half_open():
    index = PolygonIndex([box(0, 0, 1, 1)])
    assert index.locate([0.0, 0.5, 1.0, 0.5], [0.5, 0.0, 0.5, 1.0]).tolist() == [0, 0, -1, -1]


def test_slanted_shared_edges_give_each_point_to_one_side():
    rng = np.random.default_rng(5)
    corners = rng.random((60, 2))
    triangles = list(shapely.get_parts(shapely.delaunay_triangles(shapely.multipoints(corners))))
    index = PolygonIndex(triangles)
    edges = shapely.get_coordinates(triangles).reshape(-1, 4, 2)
    ends = np.concatenate([edges[:, [0, 1]], edges[:, [1, 2]], edges[:, [2, 3]]])
    share = rng.random((len(ends), 1))
    on_edges = ends[:, 0] * share + ends[:, 1] * (1 - share)
    hull = shapely.buffer(shapely.convex_hull(shapely.multipoints(corners)), -1e-9)
    on_edges = on_edges[shapely.contains_xy(hull, on_edges)]
    points = np.concatenate([on_edges, corners[shapely.contains_xy(hull, corners)]])
    assert (index.matches(*points.T) == 1).all()
    expected = [[inside_slowly(t, x, y) for t in triangles].index(True) for x, y in points[::7]]
    assert index.locate(*points[::7].T).tolist() == expected


def test_holes_and_islands_against_the_slow_twin():
    ring = Polygon([(0, 0), (10, 1), (9, 9), (2, 10)], [[(3, 3), (6, 3), (6, 6), (3, 5)]])
    shapes = [MultiPolygon([ring, box(4, 4, 5, 5)]), Polygon([(12, 0), (16, 0), (16, 3), (14, 3), (14, 7), (12, 7)])]
    index = PolygonIndex(shapes)
    rng = np.random.default_rng(1)
    x = np.concatenate([rng.uniform(-1, 17, 2000), rng.integers(-1, 17, 500)])
    y = np.concatenate([rng.uniform(-1, 11, 2000), rng.integers(-1, 11, 500)])
    expected = [next((i for i, s in enumerate(shapes) if inside_slowly(s, *p)), -1) for p in zip(x, y)]
    assert index.locate(x, y).tolist() == expected


def test_where_two_overlap_the_lowest_wins_unless_an_order_is_given():
    shapes = [box(0, 0, 2, 2), box(1, 0, 3, 2), box(1.5, 0, 1.75, 2)]
    x, y = np.array([0.5, 1.25, 1.6, 2.5]), np.ones(4)
    assert PolygonIndex(shapes).locate(x, y).tolist() == [0, 0, 0, 1]
    assert PolygonIndex(shapes, order=[2, 1, 0]).locate(x, y).tolist() == [0, 1, 2, 1]
    assert PolygonIndex(shapes).matches(x, y).tolist() == [1, 2, 3, 1]


def test_a_coordinate_that_is_missing_or_far_away_is_outside():
    index = PolygonIndex(squares(2))
    assert index.locate([np.nan, np.inf, 1e300, 0.5], [0.5, 0.5, 0.5, np.nan]).tolist() == [-1] * 4
    assert index.matches([np.nan, -np.inf], [0.5, 0.5]).tolist() == [0, 0]
    assert index.locate([], []).tolist() == []


def test_the_index_survives_being_kept():
    index = PolygonIndex(squares(5), order=list(range(25))[::-1])
    x, y = np.random.default_rng(0).uniform(-1, 6, (2, 1000))
    for again in (PolygonIndex.from_bytes(index.to_bytes()), pickle.loads(pickle.dumps(index))):
        assert again.count == 25
        assert (again.locate(x, y) == index.locate(x, y)).all()
    with pytest.raises(InputError, match="build it again"):
        PolygonIndex.from_bytes(index.to_bytes()[:200])


@pytest.mark.parametrize(
    ("shapes", "said"),
    [
        ([], "no polygons"),
        ([box(0, 0, 1, 1), shapely.Point(1, 2)], "geometry 1 is not a polygon"),
        ([Polygon()], "geometry 0 is not a polygon"),
        ([Polygon([(0, 0), (1, 0), (2, 0)])], "no height"),
    ],
)
def test_what_is_no_area_is_refused(shapes, said):
    with pytest.raises(InputError, match=said):
        PolygonIndex(shapes)


def test_an_order_that_forgets_a_polygon_is_refused():
    with pytest.raises(InputError, match="exactly once"):
        PolygonIndex(squares(2), order=[0, 1, 2, 2])


def test_unequal_lists_are_refused():
    with pytest.raises(InputError, match="equal length"):
        PolygonIndex(squares(2)).locate([1.0], [1.0, 2.0])


def test_chicago_every_point_in_exactly_one_beat(beats, assaults, burglaries):
    shapes, names = beats
    index = PolygonIndex(shapes)
    for (lon, lat), total, on_border, in_none in (
        (assaults, 148_636, ASSAULTS_ON_A_BORDER, ASSAULTS_IN_NO_BEAT),
        (burglaries, 45_319, BURGLARIES_ON_A_BORDER, BURGLARIES_IN_NO_BEAT),
    ):
        assert len(lon) == total
        matched, found = index.matches(lon, lat), index.locate(lon, lat)
        assert matched.max() == 1
        assert np.flatnonzero(matched == 0).tolist() == np.flatnonzero(found < 0).tolist() == in_none
        for position, at_lon, at_lat, first, second in on_border:
            assert (round(lon[position], 6), round(lat[position], 6)) == (at_lon, at_lat)
            point = shapely.Point(lon[position], lat[position])
            near = {name for shape, name in zip(shapes, names) if shape.distance(point) < 1e-9}
            assert near == {first, second}
            assert names[found[position]] in near
    assert len(ASSAULTS_ON_A_BORDER + BURGLARIES_ON_A_BORDER) == 14
    assert len(ASSAULTS_IN_NO_BEAT + BURGLARIES_IN_NO_BEAT) == 101


def test_chicago_agrees_with_geos_away_from_borders(beats, assaults):
    shapes, _ = beats
    lon, lat = (v[::3] for v in assaults)
    tree = shapely.STRtree(shapes)
    point, polygon = tree.query(shapely.points(lon, lat), predicate="within")
    by_geos = np.full(len(lon), -1)
    by_geos[point] = polygon
    found = PolygonIndex(shapes).locate(lon, lat)
    differ = np.flatnonzero(found != by_geos)
    assert set(3 * differ) <= {row[0] for row in ASSAULTS_ON_A_BORDER}


def test_chicago_border_points_of_every_edge_lie_in_at_most_one_beat(beats):
    shapes, _ = beats
    index = PolygonIndex(shapes)
    corners = shapely.get_coordinates(shapes)
    matched = index.matches(*corners.T)
    assert matched.max() <= 1
    assert (matched == 1).mean() > 0.85  # the others lie on the city's own upper or right border


def test_the_plane_agrees_with_proj():
    from pyproj import Transformer

    plane = Plane(lon=47.07, lat=34.32)
    proj = Transformer.from_crs(4326, "+proj=tmerc +lat_0=34.32 +lon_0=47.07 +ellps=WGS84", always_xy=True)
    rng = np.random.default_rng(2)
    lon, lat = rng.uniform(37, 57, 500), rng.uniform(20, 45, 500)
    x, y = plane.to_metres(lon, lat)
    assert np.hypot(*(np.array(proj.transform(lon, lat)) - [x, y])).max() < 1e-3
    back = plane.to_lonlat(x, y)
    assert np.abs(np.array(back) - [lon, lat]).max() < 1e-9


def test_lengths_on_the_plane_keep_the_stated_accuracy():
    plane = Plane(lon=47.07, lat=34.32)
    rng = np.random.default_rng(3)
    lon, lat = 47.07 + rng.uniform(-0.3, 0.3, 400), 34.32 + rng.uniform(-0.3, 0.3, 400)
    x, y = plane.to_metres(lon, lat)
    flat = np.hypot(x[1:] - x[:-1], y[1:] - y[:-1])
    true = distance_m(lon[1:], lat[1:], lon[:-1], lat[:-1])
    assert np.abs(flat / true - 1).max() < 1.2e-5


def test_a_degree_of_latitude_is_as_long_as_printed():
    assert distance_m(0, 0, 0, 1) == pytest.approx(110_574.39, abs=0.01)
    assert distance_m(0, 0, 1, 0) == pytest.approx(111_319.49, abs=0.01)


def test_the_chosen_plane_comes_back():
    x, y, plane = to_metres([47.0, 47.2], [34.0, 34.4])
    assert (plane.lon, plane.lat) == pytest.approx((47.1, 34.2))
    assert x == pytest.approx([-9235.4, 9191.4], abs=60)
    assert y[0] < 0 < y[1]
    with pytest.raises(InputError):
        to_metres([np.nan], [1.0])


def test_importing_the_package_is_cheap():
    code = "import sys, kalantar.analysis; print([m for m in ('numba','scipy','numpy','shapely') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(p for p in sys.path if p)},
    )
    assert done.stdout.strip() == "[]"
    code = "import sys, kalantar.analysis.areas, kalantar.analysis.rises; print('numba' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(p for p in sys.path if p)},
    )
    assert done.stdout.strip() == "False"
