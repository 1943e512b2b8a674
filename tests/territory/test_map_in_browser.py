"""The one map of the house in a real browser: closer and back by key and press, and tied to its rows."""

import pytest


@pytest.fixture
def beats_page(live, client_of, station_chief, beats):
    live.enter(client_of(station_chief))
    return live.open("/area/beats/")


def test_the_map_comes_closer_by_key_and_by_press_and_goes_back(beats_page):
    drawing = beats_page.locator("svg.map:not(.mini)").first
    whole = drawing.get_attribute("viewBox")
    drawing.focus()
    beats_page.keyboard.press("+")
    closer = drawing.get_attribute("viewBox")
    assert float(closer.split()[2]) < float(whole.split()[2])
    beats_page.keyboard.press("0")
    assert [float(n) for n in drawing.get_attribute("viewBox").split()] == [float(n) for n in whole.split()]
    beats_page.locator("[data-zoom=in]").first.click()
    assert drawing.get_attribute("viewBox") == closer


def test_a_row_that_is_touched_is_marked_on_the_map(beats_page):
    row = beats_page.locator("main [data-link]:not(svg *)").first
    link = row.get_attribute("data-link")
    row.hover()
    assert beats_page.locator(f"svg.map [data-link={link}].on").count() == 1
