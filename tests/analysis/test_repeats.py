"""Which places come back."""

import numpy as np
import pytest
from scipy import stats

from kalantar.analysis import InputError
from kalantar.analysis.repeats import repeat_places


def test_a_place_with_three_in_the_window_is_listed_with_its_rows():
    places = ["a", "b", "a", "c", "a", "b", None, "a", "a"]
    days = [90, 1, 95, 50, 99, 98, 97, 93, 200]
    found = repeat_places(places, days, window_days=28, until=100)
    assert len(found.places) == 1
    place = found.places[0]
    assert (place.place, place.count, place.total, place.rows) == ("a", 4, 4, (0, 7, 2, 4))
    assert (found.events, found.in_repeats, found.share) == (6, 4, 6 / 8)
    assert place.expected == pytest.approx(3)
    assert place.p_value == pytest.approx(stats.binom.sf(3, 4, 6 / 8))


def test_a_steady_place_is_listed_but_not_rare():
    rng = np.random.default_rng(1)
    days = np.concatenate([np.arange(0, 365, 5), rng.uniform(0, 365, 400)])
    places = ["hostel"] * 73 + [f"p{i}" for i in range(400)]
    found = repeat_places(places, days, window_days=28, until=365)
    assert [p.place for p in found.places] == ["hostel"]
    assert found.places[0].p_value > 0.2
    assert found.comparisons == 1


def test_a_place_that_comes_back_now_stands_out_among_many():
    rng = np.random.default_rng(2)
    days = np.concatenate([[340, 350, 360, 364], rng.uniform(0, 365, 2000)])
    places = ["shop"] * 4 + [f"p{i}" for i in rng.integers(0, 500, 2000)]
    found = repeat_places(places, days, window_days=28, until=365)
    shop = next(p for p in found.places if p.place == "shop")
    assert shop.p_adjusted < 0.05
    assert shop.p_value < shop.p_adjusted
    assert found.comparisons > 300


def test_where_places_are_alike_the_rate_holds():
    rng = np.random.default_rng(3)
    small = compared = 0
    for _ in range(100):
        days, places = rng.uniform(0, 365, 1500), rng.integers(0, 200, 1500)
        found = repeat_places(places, days, window_days=60, until=365)
        small += sum(p.p_value <= 0.05 for p in found.places)
        compared += found.comparisons
    assert small / compared <= 0.05


def test_two_at_a_place_are_never_listed():
    found = repeat_places(["a", "a"], [1, 2], window_days=5, until=3)
    assert found.places == ()
    with pytest.raises(InputError, match="common by chance"):
        repeat_places(["a", "a"], [1, 2], window_days=5, until=3, fewest=2)


def test_an_empty_window_is_an_answer():
    assert repeat_places(["a"], [1], window_days=5, until=100).events == 0
    assert repeat_places([], [], window_days=5, until=100).places == ()


@pytest.mark.parametrize("wrong", [{"days": [1]}, {"days": [1, np.nan]}, {"window_days": 0}, {"until": np.nan}])
def test_what_cannot_be_is_refused(wrong):
    given = {"places": ["a", "b"], "days": [1, 2], "window_days": 5, "until": 10} | wrong
    with pytest.raises(InputError):
        repeat_places(given.pop("places"), given.pop("days"), **given)
