"""The benchmark measures what it says: the same rows on both sides, every line of one shape, every miss told."""

from __future__ import annotations

import csv
import importlib.util
import json
from datetime import date, timedelta

import pytest

from kalantar.project import bench_city, bench_pages, benchmarks, cli

SHAPE = {"job", "who", "n", "goal", "met", "missed"}


def options(tmp_path, *more):
    return cli.parser().parse_args(
        ["bench", "--data", str(tmp_path / "kept"), "--rounds", "1", "--scale", "0.001", *more]
    )


# ---- lines ----


def test_a_line_says_which_goals_were_missed():
    line = benchmarks.judged("import", {"rows_per_s": 24_000.0, "peak_mb": 599.0, "ratio": 7.0}, who="kalantar", n=5)
    assert line.keys() >= SHAPE
    assert (line["met"], line["missed"]) == (False, ["rows_per_s"])
    assert line["goal"] == {"rows_per_s_min": 25_000, "peak_mb_max": 600, "ratio_min": 3}


def test_a_goal_that_is_just_reached_is_met():
    line = benchmarks.judged("pages", {"statements": 12, "p95_ms": 100.0, "growth": 1.3}, who="kalantar", n=5)
    assert (line["met"], line["missed"]) == (True, [])


def test_a_figure_that_was_not_measured_is_no_goal():
    line = benchmarks.judged("start", {"demo_again_s": 3.0}, who="kalantar", n=1)
    assert line["goal"] == {"demo_again_s_max": 10}


def test_an_unknown_job_and_an_empty_run_are_refused(tmp_path):
    with pytest.raises(cli.Stop, match="fly"):
        benchmarks.run(options(tmp_path, "--jobs", "import,fly"))
    with pytest.raises(cli.Stop, match="above zero"):
        benchmarks.run(options(tmp_path, "--rounds", "0"))


def test_every_job_has_a_goal_and_a_way_to_be_done():
    for name in benchmarks.JOBS:
        assert callable(getattr(benchmarks.Bench, f"job_{name}"))


def test_percentiles_are_values_that_were_measured():
    assert bench_pages.rank([1.0], 95) == 1.0
    assert bench_pages.rank([float(n) for n in range(1, 101)], 95) == 95.0
    assert bench_pages.rank([float(n) for n in range(1, 101)], 50) == 50.0
    assert bench_pages.rank([1.0, 2.0, 3.0], 95) == 3.0


# ---- the city ----


def read(path):
    with path.open(newline="") as file:
        return list(csv.reader(file))[1:]


def test_a_small_city_is_a_slice_of_all_its_years(tmp_path):
    assaults, burglaries = bench_city.make_files(tmp_path, 1_000)
    assert len(read(assaults)) + len(read(burglaries)) == 1_000
    years = {row[0][:4] for row in read(assaults)}
    assert years == {str(year) for year in range(2010, 2020)}


def test_a_large_city_repeats_the_rows_whole_weeks_earlier(tmp_path):
    found = list(bench_city._repeated([["2018-01-03 10:15", "street"], ["02/01/2018", "x"]], 0, 5))
    assert [row[0] for row in found] == [
        "2018-01-03 10:15", "02/01/2018", "2017-12-27 10:15", "26/12/2017", "2017-12-20 10:15",
    ]  # fmt: skip
    assert date(2018, 1, 3) - date(2017, 12, 20) == timedelta(weeks=2)


def test_the_shipped_records_are_as_many_as_is_said(tmp_path):
    assaults, burglaries = bench_city.make_files(tmp_path, bench_city.ROWS)
    assert (len(read(assaults)), len(read(burglaries))) == tuple(bench_city.FILES.values())


# ---- a whole case ----


@pytest.mark.skipif(
    importlib.util.find_spec("geopandas") is None, reason="pandas and geopandas come with './kalantar bench'"
)
def test_peer_and_product_bring_in_the_same_rows(tmp_path, capsys):
    assert benchmarks.run(options(tmp_path, "--jobs", "import", "--out", str(tmp_path / "lines"))) in {0, 1}
    ours, peer = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert ours.keys() & peer.keys() >= SHAPE
    assert (ours["who"], peer["who"]) == ("kalantar", benchmarks.PEER)
    assert ours["n"] == peer["n"] == 200
    assert (ours["accepted"], ours["outside"]) == (peer["accepted"], peer["outside"])
    assert ours["accepted"] > 190
    assert {"seconds", "median", "rows_per_s", "peak_mb", "cpu_s"} <= ours.keys() & peer.keys()
    assert ours["ratio"] > 0
    assert [json.loads(line) for line in (tmp_path / "lines").read_text().splitlines()] == [ours, peer]


def test_the_pages_of_a_small_city_are_asked_of_a_real_server(tmp_path, capsys):
    benchmarks.run(options(tmp_path, "--jobs", "weights"))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {"sign_in", "morning", "area", "list", "incident", "map"} <= {line["page"] for line in lines}
    for line in lines:
        assert line.keys() >= SHAPE
        assert line["met"], line
        assert line["html_kb"] > 1
        assert line["css_kb"] > 1


def test_a_page_that_fails_for_one_visitor_fails_the_case():
    class Answer:
        status = 500

    class Unlucky(bench_pages.Visitor):
        def get(self, path, **headers):
            return Answer(), b""

    with pytest.raises(RuntimeError, match="/x answered 500"):
        bench_pages.asked([Unlucky(1)], "/x", 3, 1)
