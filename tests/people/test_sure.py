"""A sensitive press asks for the password once more, loses nothing by it, and is throttled and told of."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest

from kalantar.kernel import clock
from kalantar.kernel.models import AuditLine
from kalantar.people import rules, sessions, sure, verbs
from kalantar.people.forms import SureForm
from kalantar.people.models import CodeCard, Officer, Post

pytestmark = pytest.mark.django_db
PASSWORD = {SureForm.FIELD: rules.DEMO_PASSWORD}
WRONG = {SureForm.FIELD: "not the password"}
PIN, CARD = "/people/me/pin/", "/people/me/card/"
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


def aged(client):
    """A session that has been open for a while."""
    session = client.session
    session[sessions.SURE] = (clock.wall() - rules.SURE).isoformat()
    session.save()
    return client


@pytest.fixture
def chief(client_of, station_chief):
    return aged(client_of(station_chief))


@pytest.fixture
def officer(client_of, analyst):
    return aged(client_of(analyst))


def asked(answer) -> bool:
    return answer.status_code == 403 and f'name="{SureForm.FIELD}"' in answer.content.decode()


def held(answer) -> dict[str, str]:
    """What the page holds, as a browser sends it again."""
    found = {name: unescape(value) for name, value in HIDDEN.findall(answer.content.decode().split("<main")[1])}
    return {name: value for name, value in found.items() if name != "csrfmiddlewaretoken"}


# ---- asked, and then gone on with ----


def test_a_fresh_sign_in_is_asked_nothing(client_of, analyst):
    assert client_of(analyst).post(PIN, {"pin": "482913"}).status_code == 302


def test_ten_minutes_after_the_password_it_is_asked_again(client_of, analyst, time_machine):
    time_machine.move_to(clock.wall(), tick=False)
    client = client_of(analyst)
    time_machine.shift(rules.SURE - timedelta(seconds=1))
    assert client.get(PIN).status_code == 200
    time_machine.shift(1)
    assert asked(client.get(PIN))
    assert client.post(PIN, PASSWORD)["Location"] == PIN
    time_machine.shift(rules.SURE - timedelta(seconds=1))
    assert client.get(PIN).status_code == 200


def test_a_post_is_given_with_what_was_chosen_before(chief, desk_officer, station):
    address, day = f"/people/{desk_officer.officer_id}/post/", clock.today() + timedelta(days=3)
    chosen = {"unit": str(station.pk), "role": "duty_deputy", "from_on": day.isoformat(), "to_on": ""}
    answer = chief.post(address, chosen, headers={"referer": f"http://testserver/people/{desk_officer.officer_id}/"})
    assert asked(answer)
    assert chosen.items() <= held(answer).items()
    assert f'href="http://testserver/people/{desk_officer.officer_id}/"' in answer.content.decode()  # cancel
    again = chief.post(address, held(answer) | WRONG)
    assert again.status_code == 422
    assert held(again) == held(answer)
    assert not Post.objects.filter(role="duty_deputy").exists()
    assert chief.post(address, held(again) | PASSWORD)["Location"] == f"/people/{desk_officer.officer_id}/"
    assert Post.objects.get(role="duty_deputy").from_on == day


def test_a_reset_keeps_its_tick(chief, desk_officer):
    verbs.print_code_card(by=desk_officer)
    address = f"/people/{desk_officer.officer_id}/reset/"
    answer = chief.post(address, {"second_factor_too": "on"})
    assert asked(answer)
    page = chief.post(address, held(answer) | PASSWORD)
    assert page.status_code == 200
    assert re.search(r"/people/join/([0-9A-Z]+)/", page.content.decode())
    assert not CodeCard.objects.exists()


def test_a_press_without_a_field_goes_on_too(officer, analyst):
    answer = officer.post(CARD)
    assert asked(answer)
    assert not CodeCard.objects.exists()
    assert "<li>" in officer.post(CARD, held(answer) | PASSWORD).content.decode()
    assert CodeCard.objects.count() == rules.CARD_CODES


@pytest.mark.parametrize("address", [PIN, "/people/me/second-factor/"])
def test_a_pin_and_a_code_are_never_held(officer, analyst, address):
    verbs.set_up_totp(by=analyst)
    answer = officer.post(address, {"pin": "482913", "code": "482913"})
    assert asked(answer)
    assert "482913" not in answer.content.decode()
    assert officer.post(address, held(answer) | PASSWORD)["Location"] == address
    assert Officer.objects.get(pk=analyst.officer_id).pin == ""


def test_the_waiting_secret_is_behind_it_as_well(officer, analyst):
    secret = verbs.set_up_totp(by=analyst)
    assert officer.get("/people/me/second-factor/picture.svg").status_code == 404
    answer = officer.get("/people/me/second-factor/")
    assert asked(answer)
    assert secret[:4] not in answer.content.decode().split("<main")[1]
    officer.post("/people/me/second-factor/", PASSWORD)
    assert officer.get("/people/me/second-factor/picture.svg").status_code == 200


def test_two_pages_that_ask_are_both_answered(officer):
    first, second = officer.get(PIN), officer.post(CARD)
    assert asked(first)
    officer.post(CARD, held(second) | PASSWORD)
    assert officer.post(PIN, PASSWORD)["Location"] == PIN


def test_one_s_own_new_password_is_a_proof(officer):
    new = "three green doors"
    officer.post("/people/me/password/", {"old": rules.DEMO_PASSWORD, "new": new, "again": new})
    assert officer.get(PIN).status_code == 200


# ---- what opens nothing ----


def test_a_wrong_password_opens_nothing_and_is_told(officer, analyst, last_line, caplog):
    answer = officer.post(CARD, {"sure_held": "yes"} | WRONG)
    assert answer.status_code == 422
    assert asked(officer.post(CARD))
    line = last_line(analyst.officer)
    assert (line.what, line.by, line.details["of"]) == ("secret.refused", analyst.audit_id, "password")
    assert WRONG[SureForm.FIELD] not in caplog.text + answer.content.decode() + str(list(AuditLine.objects.values()))


def test_the_right_one_is_told_too(officer, analyst, last_line):
    officer.post(PIN, PASSWORD)
    assert last_line(analyst.officer).what == "officer.proved"


def test_after_ten_wrong_ones_the_right_one_opens_nothing_for_a_quarter_of_an_hour(client_of, analyst, time_machine):
    time_machine.move_to(clock.wall(), tick=False)
    client = aged(client_of(analyst))
    for _ in range(rules.ACCOUNT_TRIES + 5):
        assert client.post(PIN, WRONG).status_code == 422
    assert client.post(PIN, PASSWORD).status_code == 422
    assert AuditLine.objects.filter(what="secret.refused").count() == rules.ACCOUNT_TRIES
    for _ in range(8):
        time_machine.shift(timedelta(seconds=rules.WINDOW_S / 7))
        client.get("/people/me/")
    assert client.post(PIN, PASSWORD).status_code == 302


@pytest.mark.parametrize("sent", [{}, {"sure_held": "yes"}, {"sure_held": "yes", "next": "//elsewhere.example/"}])
def test_saying_it_was_asked_is_not_enough(officer, sent):
    answer = officer.post(CARD, sent)
    assert asked(answer)
    assert "elsewhere" not in answer.content.decode().split("<main")[1].split("href=")[1]
    assert officer.post(CARD, sent | {SureForm.FIELD: ""}).status_code == 422
    assert not CodeCard.objects.exists()


def test_a_desk_that_was_locked_asks_again(client_of, analyst):
    """The PIN opens the desk; it is six digits and no password."""
    client = client_of(analyst)
    verbs.set_pin("482913", by=analyst)
    assert client.get(PIN).status_code == 200
    client.post("/people/lock/")
    client.post("/people/unlock/", {"pin": "482913"})
    assert asked(client.get(PIN))


def test_what_is_typed_by_hand_into_the_page_stays_text(officer):
    answer = officer.post(CARD, {'"><b zq>': '"><b zq>'})
    assert asked(answer)
    assert "<b zq>" not in answer.content.decode()


def test_without_that_question_whoever_finds_the_desk_takes_the_card(officer, monkeypatch):
    monkeypatch.setattr(sure.sessions, "is_sure", lambda _: True)
    assert "<li>" in officer.post(CARD).content.decode()


@pytest.mark.parametrize(
    ("language", "words"), [("fa", "گذرواژه شما، یک بار دیگر"), ("en", "Your password, once more")]
)
def test_it_asks_in_the_language_of_the_page(officer, language, words):
    officer.cookies["language"] = language
    assert f"<h1>{words}</h1>" in officer.get(PIN).content.decode()
