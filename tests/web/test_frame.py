"""The frame: headers on everything, refusals as pages, language and theme, search by number."""

import re

import pytest
from django.test import Client

from kalantar.web import find, places
from kalantar.web.context import INBOX_LIMIT
from kalantar.web.messages import SENTENCES
from kalantar.web.middleware import HEADERS


@pytest.fixture(autouse=True)
def _small_site(settings, monkeypatch):
    settings.ROOT_URLCONF = "tests.web.addresses"
    monkeypatch.setattr(places, "_source", None)


@pytest.fixture
def browser(client_of, station_chief):
    return client_of(station_chief)


@pytest.fixture
def quiet_browser(browser):
    browser.raise_request_exception = False
    return browser


ANSWERS = [
    ("/frame/", 200),
    ("/none/", 404),
    ("/broken/", 500),
    ("/refused/", 422),
    ("/overtaken/", 409),
    ("/told/", 302),
    ("/look/", 200),
    ("/number/?number=1", 404),
    ("/static/kalantar/kalantar.css", 200),
    ("/static/kalantar/none.css", 404),
]


@pytest.mark.parametrize(("address", "status"), ANSWERS)
def test_every_answer_carries_the_headers(quiet_browser, address, status):
    answer = quiet_browser.get(address)
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


@pytest.mark.parametrize(("address", "status"), ANSWERS[:8])
def test_no_page_is_kept_by_the_browser(quiet_browser, address, status):
    assert quiet_browser.get(address).headers["Cache-Control"] == "no-store"


def test_the_policy_allows_nothing_inline_and_nobody_else():
    policy = HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "*" not in policy
    assert policy.startswith("default-src 'none'")


@pytest.mark.parametrize("language", ["fa", "en"])
@pytest.mark.parametrize(("address", "status"), ANSWERS[1:5])
def test_an_error_says_what_happened_in_the_language_of_the_page(quiet_browser, address, status, language):
    quiet_browser.cookies["language"] = language
    page = quiet_browser.get(address).content.decode()
    assert f'lang="{language}"' in page
    assert bool(re.search("[\u0600-\u06ff]{3}", re.search("<h1>(.*?)</h1>", page, re.DOTALL)[1])) == (language == "fa")


def test_a_broken_page_tells_the_number_it_has_in_the_headers(quiet_browser):
    answer = quiet_browser.get("/broken/")
    assert answer.headers["X-Request-Id"] in answer.content.decode()


def test_a_form_without_its_token_says_that_it_is_old(client_of, station_chief):
    browser = client_of(station_chief)
    browser.handler.enforce_csrf_checks = True
    browser.cookies["language"] = "en"
    answer = browser.post("/language/", {"language": "en"})
    assert answer.status_code == 403
    assert "This form is too old" in answer.content.decode()


def test_persian_comes_first_whatever_the_browser_wishes(browser):
    assert 'lang="fa" dir="rtl"' in browser.get("/frame/", headers={"accept-language": "en"}).content.decode()


def test_the_chosen_language_and_light_stay(browser):
    browser.post("/language/", {"language": "en"})
    browser.post("/theme/", {"theme": "dark"})
    assert 'lang="en" dir="ltr" data-theme="dark"' in browser.get("/frame/").content.decode()


@pytest.mark.parametrize(
    ("address", "data"), [("/language/", {"language": "de"}), ("/theme/", {"theme": "<b>"}), ("/theme/", {})]
)
def test_what_does_not_exist_is_not_chosen(browser, address, data):
    answer = browser.post(address, data)
    assert answer.status_code == 302
    assert not answer.cookies


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ("/look/?a=1", "/look/?a=1"),
        ("https://elsewhere.example/", "/frame/"),
        ("//elsewhere.example/", "/frame/"),
        ("javascript:alert(1)", "/frame/"),
        ("", "/frame/"),
    ],
)
def test_after_a_form_the_way_leads_to_our_own_pages_only(browser, wanted, reached):
    assert browser.post("/onward/", {"next": wanted}).headers["Location"] == reached


def test_what_was_done_is_told_once(browser):
    browser.get("/told/")
    assert "done 1" in browser.get("/frame/").content.decode()
    assert "done 1" not in browser.get("/frame/").content.decode()


def test_a_told_sentence_cannot_be_forged(browser):
    browser.cookies["said"] = "forged:1:x"
    assert "forged" not in browser.get("/frame/").content.decode()


def test_a_number_opens_the_thing_it_names(browser, monkeypatch):
    monkeypatch.setattr(
        find, "FINDERS", [lambda actor, text: None, lambda actor, text: f"/it/{text}/" if text == "12/7" else None]
    )
    assert browser.get("/number/", {"number": " ۱۲ / ۷ "}).headers["Location"] == "/it/12/7/"
    strange = browser.get("/number/", {"number": "13"})
    assert strange.status_code == 404
    assert browser.get("/number/").status_code == 200


def test_the_frame_costs_two_statements_the_inbox_and_the_units_of_the_posts(browser, statements, monkeypatch):
    monkeypatch.setattr(
        places, "_source", lambda request: [{"url": f"/{n}/", "icon": "home", "label": str(n)} for n in range(9)]
    )
    with_frame = statements(browser.get, "/frame/")
    without = statements(browser.post, "/onward/", {})
    assert with_frame - without <= 2


def test_the_rail_holds_seven_places_and_marks_the_present_one(browser, monkeypatch):
    names = ["frame", *(f"p{n}" for n in range(8))]
    monkeypatch.setattr(
        places, "_source", lambda request: [{"url": f"/{n}/", "icon": "home", "label": n} for n in names]
    )
    page = browser.get("/frame/").content.decode()
    rail = re.search('<nav class="nav".*?</nav>', page, re.DOTALL)[0]
    assert rail.count("<li>") == 7
    assert re.findall(r'href="([^"]*)" aria-current="page"', rail) == ["/frame/"]


def test_a_visitor_sees_the_error_page_without_a_name(installation):
    answer = Client().get("/none/")
    assert answer.status_code == 404
    assert 'class="nav"' not in answer.content.decode()


def test_the_gallery_is_not_in_a_real_station(browser, settings):
    settings.PROFILE = "station"
    assert browser.get("/look/").status_code == 404


def test_the_inbox_figure_stays_small(browser, station_chief):
    from kalantar.kernel.clock import now
    from kalantar.kernel.models import OutboxLine

    OutboxLine.objects.bulk_create(
        [OutboxLine(kind="x", to_id=station_chief.officer.pk, at=now()) for _ in range(INBOX_LIMIT + 30)]
    )
    browser.cookies["language"] = "en"
    assert f"{INBOX_LIMIT} unread" in browser.get("/frame/").content.decode()


def test_two_rooms_may_not_say_one_key_differently():
    SENTENCES.register({"test_key": "one %(n)s"})
    SENTENCES.register({"test_key": "one %(n)s"})
    with pytest.raises(ValueError, match="test_key"):
        SENTENCES.register({"test_key": "two"})
    assert SENTENCES.say("test_key", n=1) in {"one 1", "one ۱"}
    assert SENTENCES.say("never_registered") == SENTENCES.say("refused")
