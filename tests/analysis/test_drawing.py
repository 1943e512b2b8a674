"""Pictures of results: every kind draws as one well-formed element, and shows the numbers it was given."""

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass

import numpy as np
import pytest

from kalantar.analysis import drawing
from kalantar.analysis.pictures import Bars, Cells, Heat, Lines, Map, Points, Rings, Series
from kalantar.analysis.results import Result

WEEKS = np.arange("2016-01-04", "2016-03-28", 7, dtype="datetime64[D]")
LINES = Lines(
    title="Burglaries a week",
    x=WEEKS,
    series=(
        Series(name="usual", y=np.full(12, 2.0), upper=np.full(12, 9.0), kind="band"),
        Series(name="events", y=np.array([3, 4, np.nan, 5, 6, 7, 1, 0, 2, 12, 3, 4.0])),
        Series(name="alarms", y=np.array([np.nan] * 9 + [12, np.nan, np.nan]), kind="points"),
    ),
    x_label="week",
    y_label="events",
    marks=((16820.0, "lamp repaired"),),
)
BARS = Bars(title="Hours", labels=("0", "6", "12"), values=np.array([3.0, 1.0, 4.0]), value_label="events", usual=2.5)
LYING = Bars(
    title="Causes",
    labels=("a dead lamp near the corner", "an empty building"),
    values=np.array([2.5, -0.5]),
    low=np.array([1.0, -1.0]),
    high=np.array([4.0, np.nan]),
    value_label="evidence",
)
HEAT = Heat(
    title="Near repeat",
    values=np.array([[1.66, 1.0], [0.5, np.nan]]),
    rows=("0-7", "7-14"),
    columns=("0-200 m", "200-400 m"),
    row_label="days",
    column_label="distance",
    value_label="ratio",
    middle=1.0,
    marked=np.array([[True, False], [False, False]]),
)
MAP = Map(
    title="Hot cells",
    layers=(
        Cells(x=np.array([0, 200.0]), y=np.array([0, 0.0]), size_m=200, values=np.array([1, 7]), name="events"),
        Points(xy=np.array([[50, 60], [300, 150.0]]), name="events", groups=np.array([0, -1])),
        Rings(rings=(np.array([[0, 0], [400, 0], [400, 200.0]]),), name="area"),
    ),
)


@pytest.mark.parametrize("picture", [LINES, BARS, LYING, HEAT, MAP], ids=lambda p: p.title)
def test_every_kind_is_one_well_formed_element_that_names_itself(picture):
    root = ElementTree.fromstring(drawing.svg(picture))
    assert root.tag.endswith("svg")
    assert root.get("aria-label") == picture.title
    assert "nan" not in drawing.svg(picture, styled=False)


@pytest.mark.parametrize("picture", [LINES, BARS, LYING, HEAT, MAP], ids=lambda p: p.title)
def test_every_label_passes_through_the_translator(picture):
    said = []
    drawing.svg(picture, say=lambda word: said.append(word) or f"<{word}>", number=lambda v: f"n{v:.3g}")
    assert picture.title in said
    text = drawing.svg(picture, say=lambda word: "<script>", styled=False)
    assert "<script>" not in text and "&lt;script&gt;" in text


def test_a_bar_is_as_long_as_its_number_says():
    heights = [float(h) for h in re.findall(r'class="f0"[^>]*height="([\d.]+)"', drawing.svg(BARS, styled=False))]
    assert heights == pytest.approx([3 * heights[1], heights[1], 4 * heights[1]], rel=0.01)


def test_a_gap_in_a_series_lifts_the_pen():
    path = re.search(r'class="l s1" d="([^"]+)"', drawing.svg(LINES, styled=False))[1]
    assert path.count("M") == 2


def test_north_is_up_and_one_metre_is_as_long_across_as_up():
    two = Map(title="", layers=(Points(xy=np.array([[0, 0], [100, 200.0]]), name=""),))
    (x0, y0), (x1, y1) = [
        tuple(map(float, pair)) for pair in re.findall(r"M([\d.]+),([\d.]+)h0", drawing.svg(two, styled=False))
    ]
    assert x1 > x0 and y1 < y0
    assert (y0 - y1) / (x1 - x0) == pytest.approx(2, rel=0.01)


@pytest.mark.parametrize(("width", "bar"), [(13_000, "2 km"), (15_100, "5 km"), (800, "200 m"), (2, "0.5 m")])
def test_the_scale_bar_is_a_round_length_below_a_third_of_the_map(width, bar):
    two = Map(title="", layers=(Points(xy=np.array([[0, 0], [width, 10.0]]), name=""),))
    assert f">{bar}<" in drawing.svg(two, styled=False)


def test_a_ratio_is_never_keyed_below_nothing():
    heat = Heat(
        title="", values=np.array([[0.4, 2.5]]), rows=("a",), columns=("b", "c"), row_label="", column_label="",
        value_label="ratio", middle=1.0,
    )  # fmt: skip
    assert ">-" not in drawing.svg(heat, styled=False)


def test_shades_keep_the_order_of_the_values_and_leave_the_unknown_out():
    values = np.array([0, 1, 1, 2, 5, 900, np.nan])
    classes, limits = drawing.shades(values)
    assert classes[-1] == -1
    assert (np.diff(classes[:-1]) >= 0).all() and classes[0] == 0 and classes[5] > classes[4]
    assert (limits == np.floor(limits)).all()


def test_around_a_middle_equal_distances_get_equal_shades():
    classes, _ = drawing.shades(np.array([0.2, 1.0, 1.8]), middle=1.0)
    assert classes[1] == 3 and classes[0] + classes[2] == 6


def test_ticks_are_round_numbers_inside_the_range():
    assert drawing.ticks(0, 33, 5).tolist() == [0, 10, 20, 30]
    assert drawing.ticks(-0.2, 0.21, 5).tolist() == pytest.approx([-0.2, -0.1, 0, 0.1, 0.2])
    assert drawing.ticks(5, 5).tolist() == [5]


def test_a_map_of_nothing_and_a_flat_line_still_draw():
    ElementTree.fromstring(drawing.svg(Map(title="x", layers=(Points(xy=np.zeros((0, 2)), name=""),))))
    flat = Lines(title="x", x=np.zeros(3), series=(Series(name="y", y=np.zeros(3)),), x_label="", y_label="")
    ElementTree.fromstring(drawing.svg(flat))


@dataclass(frozen=True, kw_only=True)
class _Sample(Result):
    columns = ("day", "count")
    day: np.ndarray
    count: np.ndarray
    level: float
    closed: str

    def pictures(self):
        return (BARS,)


SAMPLE = _Sample(
    day=np.array(["2016-01-01", "NaT"], "datetime64[D]"), count=np.array([1.0, np.nan]), level=0.95, closed="left"
)


def test_a_result_becomes_plain_numbers_words_and_lists():
    assert SAMPLE.to_dict() == {"day": ["2016-01-01", None], "count": [1.0, None], "level": 0.95, "closed": "left"}


def test_a_result_becomes_columns_of_equal_length():
    table = SAMPLE.table()
    assert list(table) == ["day", "count"] and {len(v) for v in table.values()} == {2}


def test_matplotlib_draws_the_same_pictures():
    pytest.importorskip("matplotlib", reason="the extra plot is not installed").use("Agg")
    from kalantar.analysis.pictures import plotted

    axes = plotted((LINES, BARS, HEAT, MAP))
    assert [ax.get_title() for ax in axes] == [LINES.title, BARS.title, HEAT.title, MAP.title]
    assert [p.get_height() for p in axes[1].patches] == [3.0, 1.0, 4.0]
    assert len(SAMPLE.plot()) == 1
    with pytest.raises(ValueError, match="no picture"):
        plotted(())
