"""`kalantar calibrate`: the figures are written, the page is drawn from them, a broken promise is exit 1."""

import json
import xml.etree.ElementTree as ElementTree
from types import SimpleNamespace

import pytest

from kalantar.calibration import lines as kept
from kalantar.project import calibrating
from kalantar.project.stop import Stop


def asked(out, **more):
    return SimpleNamespace(**{"only": "survey", "worlds": 40, "seed": 3, "out": out} | more)


def test_a_promise_is_measured_written_and_drawn(tmp_path, capsys):
    assert calibrating.run(asked(tmp_path)) == 0
    told = json.loads((tmp_path / "survey.json").read_text("utf-8"))
    assert told["seed"] == 3 and told["lines"]
    page = (tmp_path / "README.md").read_text("utf-8")
    for line in told["lines"]:
        assert line["low"] <= line["figure"] <= line["high"] and line["stratum"] in page
    for picture in tmp_path.glob("*.svg"):
        ElementTree.parse(picture)
        assert f"({picture.name})" in page
    assert "survey" in capsys.readouterr().out


def test_the_same_seed_gives_the_same_figures(tmp_path):
    for name in ("one", "other"):
        calibrating.run(asked(tmp_path / name))
    first, second = (json.loads((tmp_path / name / "survey.json").read_text())["lines"] for name in ("one", "other"))
    assert first == second


def test_a_broken_promise_is_told_by_the_exit(tmp_path, monkeypatch, capsys):
    from kalantar.calibration import survey

    bad = kept.share_line(what="false alarms", stratum="any", k=30, n=40, seed=1, at_most=0.05)
    assert not bad.holds
    monkeypatch.setattr(survey, "run", lambda **_: [bad])
    assert calibrating.run(asked(tmp_path)) == 1
    assert "NOT survey" in capsys.readouterr().out
    assert "**no**" in (tmp_path / "README.md").read_text("utf-8")


def test_a_goal_is_missed_only_beyond_chance():
    assert kept.share_line(what="", stratum="", k=4, n=40, seed=1, at_most=0.05).holds
    assert not kept.share_line(what="", stratum="", k=10, n=400, seed=1, at_least=0.1).holds
    assert kept.share_line(what="", stratum="", k=94, n=100, seed=1, within=(0.95, 0.97)).holds


def test_an_unknown_promise_is_a_sentence(tmp_path):
    with pytest.raises(Stop, match="no calibration"):
        calibrating.run(asked(tmp_path, only="nonsense"))


def test_the_committed_report_is_of_every_promise_and_holds():
    """What stands in the documents was measured with these modules, and every goal is met or said to be missed."""
    measured = {path.stem for path in calibrating.DOCS.glob("*.json")}
    assert measured == set(calibrating.PROMISES)
    page = (calibrating.DOCS / "README.md").read_text("utf-8")
    for path in calibrating.DOCS.glob("*.json"):
        told = json.loads(path.read_text("utf-8"))
        missed = [line for line in told["lines"] if not line["holds"]]
        for line in missed:
            assert f"| {line['what']} | {line['stratum']} |" in page
        assert told["worlds"] >= 30
