"""The pages in a browser: an event recorded with the keyboard alone, no page too wide, no fault of accessibility."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.incidents import events

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.fixture
def types(installation):
    events.load_types()


@pytest.fixture
def at_desk(live, client_of, station_chief, types, beats):
    live.enter(client_of(station_chief))
    return live


def press(page, *keys):
    """Press keys one by one; the number of strokes is told."""
    for key in keys:
        page.keyboard.press(key)
    return len(keys)


def test_an_event_is_recorded_with_the_keyboard_alone(at_desk, beats, record_property):
    from kalantar.incidents.models import Incident

    page = at_desk.open(reverse("incidents:list"))
    strokes = press(page, "n")
    page.wait_for_url("**/incidents/new/")
    assert page.evaluate("document.activeElement.name") == "type"
    strokes += press(page, *"T-INCAR", "Tab", *"sanobar 12", "Tab")
    assert page.evaluate("document.activeElement.name") == "place_kind"
    strokes += press(page, "Home", "ArrowUp", "ArrowUp", "Tab")
    assert page.evaluate("document.activeElement.name") == "beat"
    strokes += press(page, "ArrowDown", "ArrowDown", "Tab", "Enter")
    page.wait_for_selector("[role=status]")
    row = Incident.objects.select_related("type").get()
    assert (row.type.code, row.place_text, row.beat) == ("T-INCAR", "sanobar 12", beats[1])
    page.wait_for_function("() => document.activeElement.name === 'type'")  # ready for the next one
    assert page.input_value("[name=type]") == page.input_value("[name=place_text]") == ""
    record_property("strokes", strokes)
    assert strokes < 40


def test_the_sentence_is_changed_with_the_keyboard(at_desk, beats):
    events.many(beats, 80, days=20)
    page = at_desk.open(reverse("incidents:list"))
    page.locator(".pick summary").nth(2).focus()
    press(page, "Enter", "ArrowDown", "Enter")
    page.wait_for_url("**period=7d")
    assert page.locator("h1").inner_text().count("۷ روز گذشته") == 1


def test_without_a_script_the_words_are_links_and_the_form_is_a_form(
    chromium, live_server, client_of, station_chief, types, beats
):
    context = chromium.new_context(java_script_enabled=False)
    client = client_of(station_chief)
    context.add_cookies(
        [{"name": name, "value": cookie.value, "url": live_server.url} for name, cookie in client.cookies.items()]
    )
    page = context.new_page()
    page.goto(live_server.url + reverse("incidents:record") + f"?beat={beats[2].pk}")
    page.fill("[name=type]", "T-MOTO")
    page.click("form[data-draft] button")
    page.goto(live_server.url + reverse("incidents:list"))
    page.locator(".pick summary").first.click()
    page.click("text=گروه سرقت")
    assert page.locator("table.rows tbody tr").count() == 1 and "type=T" in page.url
    context.close()


def test_a_press_on_the_map_fills_in_the_place(at_desk, beats):
    from kalantar.incidents.models import Incident

    page = at_desk.open(reverse("incidents:record"))
    shape = page.locator(f"a[data-link=beat-{beats[3].pk}] path")
    shape.click()
    assert page.input_value("[name=beat]") == str(beats[3].pk)
    page.fill("[name=type]", "T-MOTO")
    page.click("form[data-draft] .btn.big")
    page.wait_for_selector("[role=status]")
    row = Incident.objects.get()
    assert (
        row.beat == beats[3] and beats[3].west < row.lon < beats[3].east and beats[3].south < row.lat < beats[3].north
    )


@pytest.fixture
def pages(beats, station_chief, types):
    rows = events.many(beats, 300, days=40)
    point = next(row for row in rows if row.shown_as == 2)
    hidden = next(row for row in rows if row.shown_as == 0)
    return [
        reverse("incidents:list"),
        reverse("incidents:list") + "?type=X-CRASH",
        reverse("incidents:map") + "?period=90d",
        reverse("incidents:map") + "?type=T-MOTO",
        reverse("incidents:record"),
        reverse("incidents:export"),
        reverse("incidents:incident", args=[point.uid]),
        reverse("incidents:incident", args=[hidden.uid]),
        reverse("incidents:correct", args=[point.uid]),
    ]


@pytest.mark.parametrize("language", ["fa", "en"])
def test_no_page_is_too_wide_and_axe_finds_nothing(at_desk, pages, language):
    at_desk.speak(language)
    for path in pages if language == "fa" else pages[:5:4]:
        at_desk.open(path, width=390)
        at_desk.does_not_scroll_sideways()
        at_desk.open(path, width=1280)
        at_desk.does_not_scroll_sideways()
        at_desk.axe()
