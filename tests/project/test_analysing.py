"""`kalantar analyse METHOD FILE…`: every method on real files, the same figures as in Python, refusals in sentences."""

import html.parser
import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from kalantar.analysis import intervals, near_repeat, rises
from kalantar.project import cli
from kalantar.project.analysing import meanings, methods, running
from kalantar.project.analysing.asking import parser_of
from kalantar.project.stop import Stop

SOURCE = str(Path(cli.__file__).resolve().parents[2])


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("KALANTAR_LANGUAGE", "en")


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """Three years of made-up events in nine square areas, and features of the town, as files."""
    room = tmp_path_factory.mktemp("town")
    rng = np.random.default_rng(7)
    n = 600
    xy = np.concatenate([rng.uniform(0, 3000, (n - 200, 2)), rng.normal((800, 2200), 90, (200, 2))])
    xy = np.clip(xy, 1, 2999)
    minute = np.sort(rng.integers(0, 1100 * 1440, n))
    start = np.datetime64("2016-01-01T00:00") + minute.astype("m8[m]")
    end = start + rng.integers(0, 900, n).astype("m8[m]")
    lines = ["x,y,date,time,date_to,time_to,kind,place"]
    for i in range(n):
        lines.append(
            f"{xy[i, 0]:.1f},{xy[i, 1]:.1f},{str(start[i])[:10]},{str(start[i])[11:]},{str(end[i])[:10]},"
            f"{str(end[i])[11:]},{'theft' if i % 3 else 'assault'},place {rng.integers(0, 150)}"
        )
    (room / "events.csv").write_text("\n".join(lines), "utf-8")
    squares = [
        {
            "type": "Feature",
            "properties": {"name": f"area {i}{j}"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[i * 1000 + a, j * 1000 + b] for a, b in ((0, 0), (1000, 0), (1000, 1000), (0, 1000), (0, 0))]],
            },
        }
        for i in range(3)
        for j in range(3)
    ]  # fmt: skip
    utm = {"type": "name", "properties": {"name": "EPSG:32638"}}
    (room / "areas.geojson").write_text(json.dumps({"type": "FeatureCollection", "crs": utm, "features": squares}))
    shops = rng.uniform(0, 3000, (60, 2))
    (room / "shops.csv").write_text("x,y\n" + "\n".join(f"{a:.1f},{b:.1f}" for a, b in shops))
    lamps = ["x,y,kind,name,since,until,hours"]
    lamps += [
        f"{a:.0f},{b:.0f},lamps,L{i},2016-{1 + i % 12:02d}-01,2016-{1 + i % 12:02d}-20,"
        for i, (a, b) in enumerate(shops[:30])
    ]
    lamps += [f"{a:.0f},{b:.0f},attractor,A{i},,,18:00-23:30" for i, (a, b) in enumerate(shops[30:34])]
    (room / "lamps.csv").write_text("\n".join(lamps))
    (room / "table.csv").write_text(
        "name,count,exposure,observed,predicted,size,yes,answers,population\n"
        + "\n".join(
            f"a{i},{12 + 3 * i},{100 + 7 * i},{i % 4},{(i * 7) % 5},{1 + i % 2},{i + 2},{20 + i},{500 + 10 * i}"
            for i in range(9)
        )
    )
    return room


EVENTS = ("events.csv", "--crs", "EPSG:32638")
AREA = ("--area", "areas.geojson")
CALLS = {
    "rise": EVENTS, "recording-drop": EVENTS, "short-history": (*EVENTS, "--rule", "C2"), "trend": EVENTS,
    "breaks": EVENTS, "two-counts": ("--first", "12", "--second", "4"), "levels": ("table.csv",),
    "hours": EVENTS, "days": (*EVENTS, "--since", "2017-12-01"), "clock": EVENTS, "gini": (*EVENTS, *AREA),
    "lorenz": ("table.csv", "--runs", "99"), "accuracy": ("table.csv", "--size", "size"),
    "pattern-similarity": ("events.csv", *EVENTS, *AREA),
    "weighted-displacement": ("--treated", "207,110", "--control", "308,318"),
    "impact": (*EVENTS, *AREA, "--treated", "area 11", "--began", "2017-03-01", "--buffer", "area 12"),
    "share": ("--k", "7", "--n", "20"), "survey": ("table.csv",), "grid": EVENTS, "hexagons": EVENTS,
    "hot-cells": (*EVENTS, *AREA), "moran": (*EVENTS, "--runs", "99"), "local-moran": EVENTS, "local-g": EVENTS,
    "near-repeat": (*EVENTS, "--runs", "99"), "near-repeat-test": (*EVENTS, "--runs", "99"), "strings": EVENTS,
    "repeat-places": EVENTS, "areas": (*EVENTS, *AREA), "density": (*EVENTS, *AREA, "--edge", "area"),
    "centre": EVENTS, "clusters": EVENTS, "scan": (*EVENTS, "--runs", "19", "--cell-m", "300"),
    "fullest-window": ("--observed", "12", "--mean", "3", "--windows", "52"),
    "nearest": ("events.csv", "shops.csv", "--crs", "EPSG:32638"),
    "count-within": ("events.csv", "shops.csv", "--crs", "EPSG:32638"),
    "risk-terrain": ("events.csv", "shops.csv", "lamps.csv", "--crs", "EPSG:32638", *AREA),
    "causes": ("events.csv", "lamps.csv", "--crs", "EPSG:32638", "--runs", "20"),
}  # fmt: skip


def asked(town, name, *rest):
    """The answer of a call, with file names taken from the town."""
    rest = [str(town / word) if (town / word).is_file() else word for word in rest]
    method = methods.METHODS[name]
    return running.answered(method, parser_of(method).parse_args(rest), f"kalantar analyse {name}")


def test_every_method_is_called_here():
    assert set(CALLS) == set(methods.METHODS)


class _Parsed(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.outside, self.open = [], []

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in ("src", "href", "action") and value and not value.startswith(("#", "data:")):
                self.outside.append(value)
            assert not name.startswith("on"), (tag, name)


@pytest.mark.parametrize("name", sorted(CALLS))
def test_every_method_answers_with_figures_a_meaning_and_a_page(town, name):
    from kalantar.project.analysing import report
    from kalantar.project.sentences import say

    answer = asked(town, name, *CALLS[name])
    told = json.loads(json.dumps(answer.to_dict(), allow_nan=False))
    assert set(told["result"]) == {field.name for field in fields(answer.result)} - {"where"}  # the caller's own places
    assert type(answer.result).__name__ in meanings.MEANINGS
    assert answer.meaning[0] and all(answer.meaning[0])
    assert answer.call.split("(")[0].split(".")[0] in Path(sys.modules[type(answer.result).__module__].__file__).stem
    for language in ("en", "fa"):
        page = report.page(answer, say=say, language=language)
        parsed = _Parsed()
        parsed.feed(page)
        assert (
            parsed.outside == []
            and "<script" not in page
            and "http://" not in re.sub(r"http://www\.w3\.org\S*", "", page)
        )
        assert f'lang="{language}"' in page


def test_the_figures_are_those_of_the_function(town):
    read = np.genfromtxt(town / "events.csv", delimiter=",", names=True, dtype=None, encoding="utf-8")
    xy = np.column_stack([read["x"], read["y"]])
    stamps = np.array([f"{d}T{t}" for d, t in zip(read["date"], read["time"])], "datetime64[m]")
    days = stamps.astype(np.int64) / 1440
    found = asked(town, "near-repeat", *EVENTS, "--space-m", "0,150,300", "--time-days", "0,5,10", "--runs", "0").result
    wanted = near_repeat.knox(xy, days, space_m=[0, 150, 300], time_days=[0, 5, 10])
    assert (found.observed == wanted.observed).all() and found.observed.sum() > 0
    hours = asked(town, "hours", *EVENTS, "--cycle", "day").result
    ends = np.array([f"{d}T{t}" for d, t in zip(read["date_to"], read["time_to"])], "datetime64[m]")
    assert asked(town, "hours", *EVENTS, "--cycle", "day", "--date-to", "date_to", "--time-to", "time_to").result.weight == \
        pytest.approx(intervals.hours(stamps, ends, cycle="day").weight)  # fmt: skip
    assert hours.weight.sum() == pytest.approx(600)
    # whole weeks that end with the last day
    day = stamps.astype("datetime64[D]").astype(int)
    weeks = int((day.max() - day.min()) // 7)
    history, current = rises.periods(day, until=int(day.max()), length_days=7, count=weeks - 1)
    risen = asked(town, "rise", *EVENTS).result
    assert risen == rises.rise(history, current, per_year=round(365.2422 / 7, 4)) and risen.count == current


def test_what_was_read_and_left_out_is_told(town):
    answer = asked(town, "grid", *EVENTS, "--where", "kind=theft", "--date", "date", "--until", "2016-12-31")
    (told,) = answer.files
    kept = told["used"]
    assert told["rows"] == 600 and kept + sum(told["left_out"].values()) == 600
    assert told["left_out"]["kind is not theft"] == 200 and told["left_out"]["after the period"] > 0
    assert told["columns"]["x"] == "x" and len(told["sha256"]) == 64
    assert answer.frame == "EPSG:32638"
    assert int(answer.result.count.sum()) == kept


def test_every_time_the_same_answer_and_another_seed_another_draw(town):
    one, other = (asked(town, "near-repeat-test", *EVENTS, "--runs", "99").to_dict()["result"] for _ in range(2))
    assert one == other
    again = asked(town, "lorenz", "table.csv", "--runs", "99", "--seed", "2").result
    assert (again.low != asked(town, "lorenz", "table.csv", "--runs", "99").result.low).any()


@pytest.mark.parametrize(
    ("name", "rest", "said"),
    [
        ("grid", ("events.csv",), "in which system"),
        ("grid", ("events.csv", "--crs", "EPSG:4326"), "outside the earth"),
        ("grid", ("events.csv", "--crs", "EPSG:0"), "not known"),
        ("grid", ("none.csv",), "There is no file"),
        ("grid", ("areas.geojson",), "areas where events are expected"),
        ("grid", (*EVENTS, "--x", "east"), "has no column east"),
        ("grid", (*EVENTS, "--cell-m", "-5"), "cell_m"),
        ("grid", (*EVENTS, "--where", "theft"), "NAME=VALUE"),
        ("grid", (*EVENTS, "--date", "date", "--since", "yesterday"), "not a day"),
        ("rise", ("table.csv",), "Which column"),
        ("levels", ("events.csv",), "--count NAME"),
        ("impact", EVENTS, "--treated NAME"),
        ("impact", (*EVENTS, *AREA, "--treated", "nowhere", "--began", "2017-01-01"), "No area is named nowhere"),
        ("hot-cells", (*EVENTS, "--area", "shops.csv"), "must hold areas"),
        ("two-counts", (), "needs --first"),
        ("near-repeat", (*EVENTS, "--space-m", "0,5,5"), "each above the one before"),
        ("nearest", EVENTS, "needs 2 files"),
        ("recording-drop", (*EVENTS, "--latest", "999"), "--latest"),
        ("hexagons", ("events.csv", "--crs", "metres"), "lie on the earth"),
    ],
)
def test_a_refusal_is_a_sentence(town, name, rest, said):
    with pytest.raises(Stop, match=re.escape(said)):
        asked(town, name, *rest)


def test_dates_that_do_not_tell_day_from_month_are_asked_for(town, tmp_path):
    unclear = tmp_path / "unclear.csv"
    unclear.write_text("date\n" + "\n".join(f"0{1 + i % 9}/0{1 + i % 7}/2016" for i in range(60)))
    with pytest.raises(Stop, match="--order dmy"):
        asked(town, "days", str(unclear))
    assert asked(town, "days", str(unclear), "--order", "dmy").result.events == 60
    clear = tmp_path / "clear.csv"
    clear.write_text("date\n25/02/2016\n03/02/2016\n04/02/2016\n05/02/2016")
    answer = asked(town, "days", str(clear))
    assert answer.result.events == 4 and answer.files[0]["columns"]["order of date"] == "gregorian dmy"


def test_jalali_dates_and_persian_digits_are_read(town, tmp_path):
    path = tmp_path / "fa.csv"
    path.write_text("تاریخ,ساعت\n۱۴۰۵/۰۹/۰۳,۱۴:۳۰\n۱۴۰۵/۰۹/۰۴,۰۲:۱۵\n" * 5, "utf-8")
    found = asked(town, "hours", str(path), "--cycle", "day").result
    assert found.weight[14] == 5 and found.weight[2] == 5


def test_an_end_has_its_own_hour_and_without_one_it_is_the_end_of_its_day(tmp_path):
    path = tmp_path / "fa.csv"
    head = "تاریخ,ساعت,تا تاریخ,تا ساعت\n"
    path.write_text(head + "۱۴۰۵/۰۹/۰۳,۱۴:۰۰,۱۴۰۵/۰۹/۰۳,۱۶:۰۰\n۱۴۰۵/۰۹/۰۴,۲۰:۰۰,۱۴۰۵/۰۹/۰۴,\n", "utf-8")
    found = asked(tmp_path, "hours", str(path), "--cycle", "day").result
    assert [round(float(weight), 9) for weight in found.weight[13:17]] == [0, 0.5, 0.5, 0]
    assert [round(float(weight), 9) for weight in found.weight[19:]] == [0, 0.25, 0.25, 0.25, 0.25]


def test_a_period_of_one_day_holds_only_that_day(town, tmp_path):
    path = tmp_path / "days.csv"
    path.write_text("date\n2016-02-25\n2016-02-26\n2016-02-26\n2016-02-27", "utf-8")
    assert asked(town, "days", str(path), "--since", "2016-02-26", "--until", "2016-02-26").result.events == 2


def test_degrees_feet_and_metres_give_the_same_distances(town, tmp_path):
    import pyproj

    read = np.genfromtxt(town / "events.csv", delimiter=",", names=True, dtype=None, encoding="utf-8")
    # around the middle of the zone, where its scale is true
    x, y = 500_000 + read["x"], 3_800_000 + read["y"]
    found = {}
    for crs, unit in (("EPSG:32638", 1), ("EPSG:4326", 1)):
        a, b = pyproj.Transformer.from_crs("EPSG:32638", crs, always_xy=True).transform(x, y)
        names = ("lon", "lat") if crs == "EPSG:4326" else ("x", "y")
        path = tmp_path / f"{crs[5:]}.csv"
        path.write_text(",".join(names) + "\n" + "\n".join(f"{p:.9f},{q:.9f}" for p, q in zip(a, b)))
        answer = asked(town, "centre", str(path), *(() if crs == "EPSG:4326" else ("--crs", crs)))
        found[crs] = answer.result.standard_distance_m * unit
    assert found["EPSG:4326"] == pytest.approx(found["EPSG:32638"] / 0.9996, rel=1e-5)
    feet = tmp_path / "feet.csv"
    a, b = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:3435", always_xy=True).transform(
        [-87.65, -87.60, -87.70], [41.85, 41.90, 41.80]
    )
    feet.write_text("x,y\n" + "\n".join(f"{p},{q}" for p, q in zip(a, b)))
    answer = asked(town, "centre", str(feet), "--crs", "EPSG:3435")
    degrees = tmp_path / "degrees.csv"
    degrees.write_text("lon,lat\n-87.65,41.85\n-87.60,41.90\n-87.70,41.80")
    assert "metres" in answer.frame
    assert answer.result.standard_distance_m == pytest.approx(
        asked(town, "centre", str(degrees)).result.standard_distance_m, rel=1e-4
    )


# -- the command itself ------------------------------------------------------------------------


def command(*words, **more):
    return subprocess.run(
        [sys.executable, "-P", "-m", "kalantar", "analyse", *map(str, words)], capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": SOURCE, "KALANTAR_LANGUAGE": "en"}, timeout=120, check=False, **more,
    )  # fmt: skip


def test_the_command_writes_json_a_page_and_a_table_whole(town, tmp_path):
    done = command("levels", town / "table.csv", "--json", "--html", tmp_path / "a.html", "--csv", tmp_path / "a.csv")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["result"]["comparisons"] == 9
    assert (tmp_path / "a.html").read_text("utf-8").startswith("<!doctype html>")
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 10
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.csv", "a.html"]


def test_refusals_leave_by_one_and_wrong_usage_by_two(town):
    refused = command("grid", town / "events.csv")
    assert refused.returncode == 1 and refused.stderr.startswith("kalantar: ") and "Traceback" not in refused.stderr
    assert command("grid", town / "events.csv", "--nonsense").returncode == 2
    assert command("nonsense").returncode == 1
    listed = command("--list")
    assert listed.returncode == 0 and "near-repeat" in listed.stdout


def test_ctrl_c_leaves_nothing_half_written(town, tmp_path):
    out = tmp_path / "a.html"
    out.write_text("what was there before")
    running_ = subprocess.Popen(
        [sys.executable, "-P", "-m", "kalantar", "analyse", "near-repeat-test", str(town / "events.csv"), "--crs", "metres",
         "--within-m", "3000", "--within-days", "300", "--runs", "2000000", "--html", str(out)],
        env={**os.environ, "PYTHONPATH": SOURCE}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    time.sleep(6)
    assert running_.poll() is None
    running_.send_signal(signal.SIGINT)
    running_.communicate(timeout=60)
    assert running_.returncode in (130, -signal.SIGINT)
    assert out.read_text() == "what was there before" and [p.name for p in tmp_path.iterdir()] == ["a.html"]
