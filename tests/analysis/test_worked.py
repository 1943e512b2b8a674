"""The worked script of the documents runs as a reader would run it, and says what others have counted too."""

import runpy
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "docs" / "worked" / "chicago.py"


@pytest.fixture(scope="module")
def told():
    return runpy.run_path(str(SCRIPT))["main"]()


def test_the_year_has_as_many_burglaries_as_published(told):
    # the residential burglaries of 2016 in the data of the R package NearRepeat
    assert told["areas"].events == 11_701
    assert told["areas"].count.sum() + told["areas"].outside == 11_701


def test_each_question_got_its_answer(told):
    assert told["level"].comparisons >= 20
    assert told["rise"].enough and told["rise"].low < told["rise"].expected < told["rise"].high
    assert (told["hot"].level >= 2).any() and told["hot"].comparisons > 500
    assert told["hours"].hour_unknown == 0 and told["hours"].weight.sum() == told["hours"].events
    assert told["why"].model.converged and set(told["why"].model.names)


def test_near_repeats_are_found_where_everybody_has_found_them(told):
    again = told["again"]
    assert again.p_table <= 0.005
    assert int(np.argmax(again.ratio)) == 0 and 2 < again.ratio[0, 0] < 3


def test_where_nothing_was_done_nothing_is_claimed(told):
    assert told["helped"].verdict in ("cannot_tell", "no_effect_worth_having")


def test_every_result_is_ready_for_json_and_draws_itself(told):
    import json

    from kalantar.analysis.drawing import svg

    for result in told.values():
        json.dumps(result.to_dict(), allow_nan=False)
        assert all(svg(picture).startswith("<svg") for picture in result.pictures())
