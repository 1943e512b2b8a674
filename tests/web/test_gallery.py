"""Every page part in a real browser: both languages, phone and desk, keyboard, no accessibility fault."""

import pytest

SIZES = [(390, 844), (1280, 900), (1366, 768)]
# A link inside a sentence may be as low as its line (WCAG 2.5.8).
SMALL = """() => [...document.querySelectorAll('a,button,summary,select,input:not([type=hidden])')]
    .filter(e => e.getClientRects().length && !e.closest('.hide,.skip') && !['radio', 'checkbox'].includes(e.type))
    .filter(e => e.closest('svg') || getComputedStyle(e).display !== 'inline')
    .map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
    .filter(([, r]) => r.width > 1 && (r.width < 23.9 || r.height < 23.9)).map(([html]) => html)"""
THUMBS = """() => [...document.querySelectorAll(
    '.btn,.choice label,.field input:not([type=radio],[type=checkbox]),select,.bottom a')]
    .filter(e => e.getClientRects().length && e.getBoundingClientRect().height < 47.5)
    .map(e => e.outerHTML.slice(0, 80))"""


@pytest.fixture
def look(live, client_of, station_chief):
    live.enter(client_of(station_chief))
    return live


@pytest.mark.parametrize("language", ["fa", "en"])
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_parts_fit_and_can_be_reached(look, language, width, height):
    look.speak(language)
    page = look.open("/look/", width=width, height=height)
    look.does_not_scroll_sideways()
    assert page.evaluate(SMALL) == []
    if width == 390:
        assert page.evaluate(THUMBS) == []
    look.axe()


@pytest.mark.parametrize("width", [390, 1280])
def test_the_parts_have_no_accessibility_fault_in_the_dark(look, width):
    look.page.emulate_media(color_scheme="dark")
    look.open("/look/?errors", width=width)
    look.axe()


def test_one_key_shows_the_same_data_as_a_table(look):
    page = look.open("/look/")
    table, picture = page.locator("[data-view=table]"), page.locator("[data-view=picture]")
    assert not table.is_visible()
    page.keyboard.press("t")
    assert table.is_visible()
    assert not picture.is_visible()


def test_keys_answer_by_their_place_on_the_board_and_not_while_typing(look):
    page = look.open("/look/")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "number"
    page.keyboard.type("t?")
    assert not page.locator("dialog[open]").count()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert page.locator("dialog[open] .keylist dt").count() >= 5


def test_a_word_of_the_sentence_opens_its_list_and_closes_with_escape(look):
    page = look.open("/look/")
    word = page.locator("details.pick").first
    word.locator("summary").focus()
    page.keyboard.press("Enter")
    assert word.locator("[data-narrow]").evaluate("e => e === document.activeElement")
    page.keyboard.type("خودرو")
    shown = word.locator("li:visible").all_inner_texts()
    assert shown
    assert all("خودرو" in text for text in shown)
    page.keyboard.press("Escape")
    assert not word.evaluate("e => e.open")
    assert word.locator("summary").evaluate("e => e === document.activeElement")
    word.locator("summary").click()
    page.keyboard.type("موتور")
    page.keyboard.press("Enter")
    page.wait_for_url("**/look/?type=T-MOTO")


def test_what_was_typed_comes_back_in_the_same_tab(look):
    page = look.open("/look/#form")
    page.locator("#id_text").fill("چراغ خاموش است")
    page.wait_for_timeout(500)
    look.open("/look/")
    assert page.locator("#id_text").input_value() == "چراغ خاموش است"
    page.locator("[data-draft-drop]").click()
    assert page.locator("#id_text").input_value() == ""


def test_without_a_script_everything_is_there(chromium, live_server, client_of, station_chief):
    context = chromium.new_context(java_script_enabled=False)
    client = client_of(station_chief)
    context.add_cookies([{"name": n, "value": c.value, "url": live_server.url} for n, c in client.cookies.items()])
    page = context.new_page()
    page.goto(live_server.url + "/look/")
    assert page.locator("[data-view=table]").is_visible()
    assert page.locator("[data-view=picture]").is_visible()
    page.locator("details.pick summary").last.click()
    page.locator("details.pick[open] a").last.click()
    assert "days=90" in page.url
    context.close()
