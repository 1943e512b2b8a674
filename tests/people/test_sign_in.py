"""Signing in and staying in: SAFETY section 4, log-in and session. Each promise has its twin without the protection."""

from __future__ import annotations

import re
import statistics
import time
from datetime import timedelta

import pyotp
import pytest
from django.contrib.auth import SESSION_KEY
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from kalantar.kernel import clock, limits
from kalantar.kernel.models import AuditLine
from kalantar.people import middleware, rules, sessions, signing, verbs
from kalantar.people.actors import COMMAND_LINE
from kalantar.people.roles import Role
from kalantar.web import context

pytestmark = pytest.mark.django_db
SIGN_IN, ME = "/people/sign-in/", "/people/me/"
GOOD = {"username": "analyst", "password": rules.DEMO_PASSWORD}
WRONG = {"username": "analyst", "password": "not the password"}
PASSES = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"')


@pytest.fixture
def visitor():
    return Client()


def is_in(client) -> bool:
    return client.get(ME).status_code == 200


def body(answer) -> str:
    return PASSES.sub("", answer.content.decode()).replace(answer["X-Request-Id"], "")


def sign_in(client, **fields):
    return client.post(SIGN_IN, {**GOOD, **fields})


def test_name_and_password_open_the_page_that_was_wanted(visitor, analyst, last_line):
    sent = visitor.get("/people/units/?a=1")
    assert sent["Location"] == f"{SIGN_IN}?next=%2Fpeople%2Funits%2F%3Fa%3D1"
    assert sign_in(visitor, next="/people/units/?a=1")["Location"] == "/people/units/?a=1"
    assert is_in(visitor)
    assert last_line(analyst.officer).what == "officer.signed_in"


@pytest.mark.parametrize(
    "address", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", "\\\\elsewhere"]
)
def test_a_sign_in_leads_to_no_other_host(visitor, analyst, address):
    assert sign_in(visitor, next=address)["Location"] == "/"


def test_a_persian_sign_in_name_in_capitals_or_blanks_is_the_same_name(visitor, analyst):
    assert sign_in(visitor, username=" Analyst ").status_code == 302


# ---- throttling ----


def test_after_ten_failures_the_right_password_is_refused_with_the_same_words(visitor, analyst):
    for _ in range(rules.ACCOUNT_TRIES):
        wrong = visitor.post(SIGN_IN, WRONG)
    assert wrong.status_code == 422
    right = sign_in(visitor)
    assert right.status_code == 422
    assert body(right) == body(wrong)
    assert not is_in(visitor)


def test_negative_control_without_the_limit_the_eleventh_try_is_answered(visitor, analyst, monkeypatch):
    monkeypatch.setattr(limits, "hit", lambda *_, **__: True)
    for _ in range(rules.ACCOUNT_TRIES):
        visitor.post(SIGN_IN, WRONG)
    assert sign_in(visitor).status_code == 302


def test_one_account_s_lock_leaves_the_others_open_from_the_same_address(visitor, analyst, desk_officer):
    for _ in range(3 * rules.ACCOUNT_TRIES):
        visitor.post(SIGN_IN, WRONG)
    assert sign_in(visitor).status_code == 422
    assert sign_in(visitor, username="desk_officer").status_code == 302


def test_the_lock_ends_after_its_window(visitor, analyst, time_machine):
    time_machine.move_to(clock.wall(), tick=False)
    for _ in range(rules.ACCOUNT_TRIES):
        visitor.post(SIGN_IN, WRONG)
    time_machine.shift(timedelta(seconds=rules.WINDOW_S + 1))
    assert sign_in(visitor).status_code == 302


def test_an_address_that_tries_many_names_is_stopped(visitor, analyst):
    for n in range(rules.ADDRESS_FAILURES):
        visitor.post(SIGN_IN, {**WRONG, "username": f"name{n}"})
    assert sign_in(visitor).status_code == 422
    assert Client(REMOTE_ADDR="127.0.0.2").post(SIGN_IN, GOOD).status_code == 302


def test_a_flood_of_failures_does_not_fill_the_audit(visitor, analyst):
    for _ in range(3 * rules.ACCOUNT_TRIES):
        visitor.post(SIGN_IN, WRONG)
    assert AuditLine.objects.filter(what="officer.sign_in_refused").count() == rules.ACCOUNT_TRIES


def test_a_wrong_password_is_in_no_log_and_no_audit_line(visitor, analyst, caplog):
    visitor.post(SIGN_IN, {"username": "my secret typed as a name", "password": "my secret"})
    assert "my secret" not in caplog.text + str(list(AuditLine.objects.values()))


# ---- unknown, wrong, disabled: one answer ----


def test_unknown_wrong_and_disabled_get_the_same_bytes(visitor, analyst, desk_officer):
    verbs.disable(desk_officer.officer, by=COMMAND_LINE)
    answers = [
        body(visitor.post(SIGN_IN, {"username": name, "password": password})).replace(name, "NAME")
        for name, password in (("analyst", "wrong"), ("nobody_at_all", "wrong"), ("desk_officer", rules.DEMO_PASSWORD))
    ]
    assert answers[0] == answers[1] == answers[2]


def test_an_unknown_name_costs_what_a_known_one_costs(analyst, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    officer = analyst.officer
    officer.set_password("three green doors")
    officer.save()

    def seconds(name):
        taken = []
        for _ in range(7):
            began = time.perf_counter()
            assert signing.check(name, "wrong", address="127.0.0.9") is None
            taken.append(time.perf_counter() - began)
        return statistics.median(taken)

    known, unknown = seconds("analyst"), seconds("nobody_at_all")
    assert 0.5 < known / unknown < 2
    assert unknown > 0.005  # the hash was really worked out


# ---- the second factor ----


@pytest.fixture
def secret(analyst):
    found = verbs.set_up_totp(by=analyst)
    verbs.confirm_totp(pyotp.TOTP(found).at(clock.wall() - timedelta(seconds=30)), by=analyst)
    return found


def test_with_a_second_factor_the_password_alone_opens_nothing(visitor, secret):
    assert sign_in(visitor)["Location"] == reverse("people:second_factor")
    assert SESSION_KEY not in visitor.session
    assert not is_in(visitor)
    assert visitor.post("/people/second-factor/", {"code": "000000"}).status_code == 422
    code = pyotp.TOTP(secret).at(clock.wall())
    assert (
        visitor.post(
            "/people/second-factor/", {"code": code.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))}
        ).status_code
        == 302
    )
    assert is_in(visitor)


def test_the_same_code_opens_no_second_session(secret, analyst):
    code = pyotp.TOTP(secret).at(clock.wall())
    outcomes = []
    for client in (Client(), Client()):
        sign_in(client)
        outcomes.append(client.post("/people/second-factor/", {"code": code}).status_code)
    assert outcomes == [302, 422]


def test_codes_are_throttled_too(visitor, secret):
    sign_in(visitor)
    for _ in range(rules.CODE_TRIES):
        visitor.post("/people/second-factor/", {"code": "000000"})
    right = pyotp.TOTP(secret).at(clock.wall())
    assert visitor.post("/people/second-factor/", {"code": right}).status_code == 422


def test_the_step_waits_five_minutes_and_dies_with_the_password(secret, analyst, time_machine):
    time_machine.move_to(clock.wall() + timedelta(minutes=2), tick=False)
    late, changed = Client(), Client()
    sign_in(late), sign_in(changed)
    verbs.change_password(by=analyst, old=rules.DEMO_PASSWORD, new="three green doors")
    assert changed.post("/people/second-factor/", {"code": pyotp.TOTP(secret).at(clock.wall())})["Location"] == SIGN_IN
    sign_in(late, password="three green doors")
    time_machine.shift(rules.PENDING + timedelta(seconds=1))
    assert late.post("/people/second-factor/", {"code": pyotp.TOTP(secret).at(clock.wall())})["Location"] == SIGN_IN


def real(monkeypatch):
    from kalantar.kernel import installation

    facts = installation.Facts("station", "x", "x", "Asia/Tehran", timedelta(0), "u")
    monkeypatch.setattr(installation, "current", lambda: facts)


def test_in_a_real_installation_the_second_factor_comes_before_everything(client_of, analyst, monkeypatch):
    client = client_of(analyst)
    assert is_in(client)  # a demonstration opens with the password: the negative control
    real(monkeypatch)
    set_up = reverse("people:set_up_second_factor")
    assert client.get(ME)["Location"] == set_up
    assert client.get("/people/")["Location"] == set_up
    assert client.get(set_up).status_code == 200
    assert client.post("/people/me/card/").status_code == 200
    assert is_in(client)


# ---- sessions ----


def test_a_session_key_from_before_is_worth_nothing(visitor, analyst):
    visitor.get(SIGN_IN)
    session = visitor.session
    session["planted"] = True
    session.save()
    planted = session.session_key
    visitor.cookies["session"] = planted
    sign_in(visitor)
    assert visitor.cookies["session"].value != planted
    thief = Client()
    thief.cookies["session"] = planted
    assert not is_in(thief)


def test_negative_control_a_session_that_keeps_its_key_would_be_stolen(visitor, analyst, monkeypatch):
    from django.contrib.sessions.backends.db import SessionStore

    monkeypatch.setattr(SessionStore, "cycle_key", lambda self: None)
    session = visitor.session
    session.save()
    planted = session.session_key
    visitor.cookies["session"] = planted
    sign_in(visitor)
    thief = Client()
    thief.cookies["session"] = planted
    assert is_in(thief)


def test_a_sign_out_ends_the_session_on_the_server(client_of, analyst):
    client = client_of(analyst)
    stolen = client.cookies["session"].value
    assert client.post("/people/sign-out/").status_code == 302
    thief = Client()
    thief.cookies["session"] = stolen
    assert not is_in(thief)


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(client_of, analyst):
    here, elsewhere = client_of(analyst), client_of(analyst)
    new = "three green doors"
    assert here.post("/people/me/password/", {"old": rules.DEMO_PASSWORD, "new": new, "again": new}).status_code == 302
    assert is_in(here)
    assert not is_in(elsewhere)


def test_a_disabled_colleague_is_out_at_the_next_request(client_of, analyst, station_chief):
    client = client_of(analyst)
    assert is_in(client)
    verbs.disable(analyst.officer, by=station_chief)
    assert not is_in(client)


def test_an_ended_last_post_is_felt_at_the_next_request(client_of, analyst, station_chief):
    client = client_of(analyst)
    assert is_in(client)
    verbs.end_post(analyst.posts()[0], by=station_chief)
    assert not is_in(client)


def test_a_changed_role_is_felt_at_the_next_request(client_of, analyst, province_commander, station):
    client = client_of(analyst)
    assert client.get("/people/new/").status_code == 422
    post = verbs.give_post(analyst.officer, by=province_commander, unit=station, role=Role.STATION_CHIEF)
    assert client.get("/people/new/").status_code == 200
    verbs.end_post(post, by=province_commander)
    assert client.get("/people/new/").status_code == 422


def test_twelve_hours_are_the_end_however_busy(client_of, analyst, time_machine):
    time_machine.move_to(clock.wall(), tick=False)
    client = client_of(analyst)
    for _ in range(71):
        time_machine.shift(timedelta(minutes=10))
        assert is_in(client)
    time_machine.shift(timedelta(minutes=10))
    assert not is_in(client)


def test_negative_control_without_looking_the_session_of_a_disabled_colleague_lives_on(client_of, analyst, monkeypatch):
    monkeypatch.setattr(middleware.sessions, "state", lambda *_: "open")
    monkeypatch.setattr("django.contrib.auth.backends.ModelBackend.user_can_authenticate", lambda *_: True)
    client = client_of(analyst)
    verbs.disable(analyst.officer, by=COMMAND_LINE)
    assert is_in(client)


# ---- the desk lock ----


@pytest.fixture
def locked(client_of, analyst):
    verbs.set_pin("482913", by=analyst)
    client = client_of(analyst)
    client.post("/people/lock/")
    return client


def test_a_locked_desk_shows_nothing_and_the_pin_opens_the_same_page(locked):
    answer = locked.get("/people/units/")
    assert answer["Location"] == "/people/lock/?next=%2Fpeople%2Funits%2F"
    assert locked.get(answer["Location"]).status_code == 200
    assert locked.post("/people/unlock/", {"pin": "۴۸۲۹۱۳", "next": "/people/units/"})["Location"] == "/people/units/"
    assert is_in(locked)


@pytest.mark.parametrize("address", ["/no-such-page/", "/people/no-such-page/"])
@pytest.mark.parametrize("language", ["fa", "en"])
def test_a_page_that_is_not_there_shows_a_locked_desk_what_it_shows_a_visitor(locked, analyst, address, language):
    visitor = Client()
    locked.cookies["language"] = visitor.cookies["language"] = language
    here, there = locked.get(address), visitor.get(address)
    assert here.status_code == there.status_code == 404
    assert body(here) == body(there)
    for shown in (analyst.officer.name, analyst.officer.name_en, 'href="/people/', "sign-out"):
        assert shown not in here.content.decode()


def test_a_desk_that_locked_itself_shows_no_more(client_of, analyst, time_machine):
    time_machine.move_to(clock.wall(), tick=False)
    client = client_of(analyst)
    assert "sign-out" in client.get("/no-such-page/").content.decode()  # an open desk shows whose it is
    time_machine.shift(rules.IDLE)
    assert body(client.get("/no-such-page/")) == body(Client().get("/no-such-page/"))


def test_a_form_without_its_token_shows_a_locked_desk_no_more(analyst, client_of):
    client = client_of(analyst)
    client.post("/people/lock/")
    client.handler.enforce_csrf_checks = True
    answer = client.post("/people/unlock/", {"pin": "482913"})
    assert answer.status_code == 403
    assert analyst.officer.name not in answer.content.decode()


def test_without_that_rule_the_frame_names_the_person(locked, analyst, monkeypatch):
    monkeypatch.setattr(context.Shell, "locked", False)
    assert analyst.officer.name in locked.get("/no-such-page/").content.decode()


def test_the_lock_itself_says_whose_desk_it_is_and_nothing_else(locked, analyst):
    page = locked.get("/people/lock/").content.decode()
    assert analyst.officer.name in page
    assert 'href="/people/' not in page
    assert "/people/sign-out/" in page


def test_fifteen_idle_minutes_lock_the_desk(client_of, analyst, time_machine):
    time_machine.move_to(clock.wall(), tick=False)
    client = client_of(analyst)
    time_machine.shift(rules.IDLE - timedelta(seconds=1))
    assert is_in(client)
    time_machine.shift(rules.IDLE)
    assert client.get(ME)["Location"].startswith("/people/lock/")


def test_five_wrong_pins_end_the_session(locked):
    for _ in range(rules.PIN_TRIES):
        assert locked.post("/people/unlock/", {"pin": "000000"}).status_code == 422
    assert locked.post("/people/unlock/", {"pin": "482913"})["Location"] == SIGN_IN
    assert sessions.BEGAN not in locked.session


def test_a_form_sent_while_locked_is_kept_sealed_and_can_be_sent_again(locked, analyst):
    from kalantar.people.models import Draft

    answer = locked.post("/language/", {"language": "en"})
    assert answer.status_code == 302  # the language is no secret
    posted = QueryDict("what=lamp&csrfmiddlewaretoken=x&what=hole")
    assert middleware.kept_fields(posted) == [["what", "lamp"], ["what", "hole"]]
    verbs.keep_draft("/incidents/new/", {"fields": [["what", "a broken lamp"]]}, by=analyst)
    locked.post("/people/unlock/", {"pin": "482913"})
    page = locked.get("/people/kept/?page=/incidents/new/").content.decode()
    assert 'action="/incidents/new/"' in page
    assert "a broken lamp" in page
    locked.post("/people/kept/drop/", {"page": "/incidents/new/"})
    assert not Draft.objects.exists()


# ---- forms and methods ----


@pytest.mark.parametrize(
    "address", ["/people/sign-out/", "/people/unlock/", "/people/me/second-factor/begin/", "/people/inbox/read/"]
)
def test_what_changes_something_takes_no_get(client_of, analyst, address):
    client = client_of(analyst)
    assert client.get(address).status_code == 405
    assert is_in(client)


def test_a_form_without_its_token_is_refused_and_keeps_nothing(analyst):
    careful = Client(enforce_csrf_checks=True)
    assert careful.post(SIGN_IN, GOOD).status_code == 403


def test_the_secret_is_shown_only_while_it_waits(client_of, analyst):
    client = client_of(analyst)
    picture = "/people/me/second-factor/picture.svg"
    assert client.get(picture).status_code == 404
    client.post("/people/me/second-factor/begin/")
    answer = client.get(picture)
    assert answer["Content-Type"] == "image/svg+xml"
    assert b"style" not in answer.content
    secret = verbs.secret_being_set_up(type(analyst.officer).objects.get(pk=analyst.officer_id))
    client.post("/people/me/second-factor/", {"code": pyotp.TOTP(secret).at(clock.wall())})
    assert client.get(picture).status_code == 404


def test_the_codes_of_a_card_are_shown_once_and_stored_nowhere(client_of, analyst):
    from kalantar.people.models import CodeCard

    client = client_of(analyst)
    page = client.post("/people/me/card/").content.decode()
    assert page.count("<li>") >= rules.CARD_CODES
    assert "<li>" not in client.get("/people/me/card/").content.decode().split("<main")[1]
    assert all(len(digest) == 64 for digest in CodeCard.objects.values_list("digest", flat=True))


def test_a_reset_shows_a_code_once_and_never_a_password(client_of, station_chief, desk_officer):
    page = client_of(station_chief).post(f"/people/{desk_officer.officer_id}/reset/").content.decode()
    token = re.search(r"/people/join/([0-9A-Z]+)/", page)[1]
    assert rules.DEMO_PASSWORD not in page
    visitor = Client()
    new = "three green doors"
    assert visitor.post(f"/people/join/{token}/", {"new": new, "again": new}).status_code == 302
    assert visitor.post(f"/people/join/{token}/", {"new": new, "again": new}).status_code == 404
    assert visitor.post(SIGN_IN, {"username": "desk_officer", "password": new}).status_code == 302
