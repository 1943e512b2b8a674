"""Somebody who has a little and wants more: a stand-in, an overseer, a thief with a password, a log reader."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse

from kalantar.kernel import clock
from kalantar.kernel.change import Refused
from kalantar.kernel.models import AuditLine
from kalantar.people import doors, middleware, rules, sessions, verbs
from kalantar.people.actors import COMMAND_LINE, OfficerActor
from kalantar.people.models import Officer
from kalantar.people.roles import Role
from tests.matrix.test_matrix import addresses

pytestmark = pytest.mark.django_db


@pytest.fixture
def real(monkeypatch):
    """Second factors are asked for, as in an installation that is no demonstration."""
    monkeypatch.setattr(rules, "needs_second_factor", lambda kind: True)


def standing_in(chief, officer, days=7):
    post = chief.officer.posts.get()
    today = clock.today()
    verbs.stand_in(post, by=chief, officer=officer, from_on=today, to_on=today + timedelta(days=days))
    return OfficerActor(officer)


# ---- the chief's stand-in ----


@pytest.mark.parametrize("step", ["reset_password", "disable"])
def test_a_stand_in_has_no_say_over_the_chief(station_chief, analyst, province_commander, step):
    deputy = standing_in(station_chief, analyst.officer)
    assert Role.STATION_CHIEF in deputy.roles()
    with pytest.raises(Refused) as no:
        getattr(verbs, step)(station_chief.officer, by=deputy)
    assert no.value.key == "not_your_post"
    getattr(verbs, step)(station_chief.officer, by=province_commander)


def test_a_stand_in_still_leads_the_others(station_chief, analyst, desk_officer):
    assert verbs.reset_password(desk_officer.officer, by=standing_in(station_chief, analyst.officer))


def test_nobody_stands_in_longer_than_the_post_lasts(station, desk_officer, analyst, province_commander):
    today = clock.today()
    verbs.give_post(
        desk_officer.officer,
        by=province_commander,
        unit=station,
        role=Role.STATION_CHIEF,
        to_on=today + timedelta(days=3),
    )
    chief = OfficerActor(desk_officer.officer)
    post = chief.officer.posts.get(role=Role.STATION_CHIEF)
    with pytest.raises(Refused) as no:
        verbs.stand_in(post, by=chief, officer=analyst.officer, from_on=today, to_on=today + timedelta(days=4))
    assert no.value.key == "stand_in_too_long"
    verbs.stand_in(post, by=chief, officer=analyst.officer, from_on=today, to_on=today + timedelta(days=3))


# ---- nobody lifts himself or a friend above ----


@pytest.mark.parametrize("role", [Role.STATION_CHIEF, Role.INSPECTOR, Role.PROVINCE_COMMANDER, Role.OUTSIDE_OVERSEER])
def test_a_chief_makes_no_commander(station, province, station_chief, analyst, role):
    for unit in (station, province):
        for officer in (analyst.officer, station_chief.officer):
            with pytest.raises(Refused):
                verbs.give_post(officer, by=station_chief, unit=unit, role=role)


@pytest.mark.parametrize("step", ["disable", "reset_password"])
def test_a_chief_touches_neither_the_inspector_nor_the_next_chief(
    station, station_chief, inspector, other_chief, outside_overseer, province_commander, step
):
    verbs.give_post(inspector.officer, by=COMMAND_LINE, unit=station, role=Role.ANALYST)  # a post lent to him
    for officer in (inspector.officer, other_chief.officer, outside_overseer.officer):
        with pytest.raises(Refused):
            getattr(verbs, step)(officer, by=station_chief)
    with pytest.raises(Refused):
        getattr(verbs, step)(outside_overseer.officer, by=province_commander)


def test_the_overseer_invites_no_policeman(station, outside_overseer):
    newcomer = verbs.enrol("newcomer", by=COMMAND_LINE, name="N", unit=station, roles=[Role.DESK_OFFICER])
    with pytest.raises(Refused) as no:
        verbs.invite(newcomer, by=outside_overseer)
    assert no.value.key == "not_your_post"


# ---- a thief who knows the password alone ----


def test_a_session_without_the_second_factor_ends_when_one_is_set_up_elsewhere(real, analyst, client_of):
    thief = client_of(analyst)
    assert thief.get("/people/units/")["Location"] == reverse("people:set_up_second_factor")
    verbs.print_code_card(by=analyst)  # the owner, at another desk
    for _ in range(2):
        answer = thief.get("/people/units/")
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("people:sign_in"))


def test_without_that_rule_the_thief_stays_in(real, analyst, client_of, monkeypatch):
    monkeypatch.setattr(doors, "owes_factor", lambda *_: False)
    thief = client_of(analyst)
    verbs.print_code_card(by=analyst)
    assert thief.get("/people/units/").status_code == 200
    assert middleware.doors is doors


def test_the_owner_who_set_it_up_stays_in(real, analyst, client_of):
    owner = client_of(analyst)
    assert owner.post(reverse("people:code_card")).status_code == 200
    assert owner.session[sessions.FACTOR] == "card"
    assert owner.get("/people/units/").status_code == 200


# ---- what a log, a disk and a visitor get ----


def test_no_log_holds_an_invitation(station, station_chief, caplog):
    newcomer = verbs.enrol("newcomer", by=COMMAND_LINE, name="N", unit=station, roles=[Role.DESK_OFFICER])
    token = verbs.invite(newcomer, by=station_chief)
    address = reverse("people:join", args=[token])
    assert Client().post(address, {"new": "short", "again": "short"}).status_code == 422
    for _ in range(rules.INVITE_TRIES):
        last = Client().get(address)
    assert last.status_code == 404
    assert token not in caplog.text


def test_a_visitor_sends_no_large_file(installation, settings, monkeypatch):
    client = Client()
    client.get(reverse("people:sign_in"))
    large = "x" * (settings.VISITOR_BODY_MOST + 1)
    refused = client.post(reverse("people:sign_in"), {"username": large})
    assert refused.status_code == 413
    assert large[:100] not in refused.content.decode()


@pytest.mark.parametrize("length", ["-1", "abc", "9" * 5000])
def test_a_length_that_is_none_is_refused(installation, length):
    assert Client().get(reverse("people:sign_in"), headers={}, CONTENT_LENGTH=length).status_code == 413


def test_what_is_uploaded_lies_in_the_data_folder(settings):
    assert settings.FILE_UPLOAD_TEMP_DIR.is_dir()
    assert settings.FILE_UPLOAD_TEMP_DIR.parent == settings.DATA


# ---- a clumsy or a sly address ----


@pytest.mark.parametrize(
    "address",
    [
        "/people/kept/?page=%00",
        "/people/kept/?page=" + "x" * 300,
        "/people/join/%00/",
        "/people/" + "9" * 5000 + "/",
        "/people/" + "9" * 30 + "/",
        "/number/?number=%00",
        "/number/?number=" + "9" * 60,
        "/number/?number=1/1405/" + "9" * 30,
        "/incidents/?older=" + "9" * 5000 + ".1",
        "/incidents/?older=1." + "9" * 30,
        "/incidents/?cell=" + "f" * 40,
        "/incidents/?period=0001-01-01..9999-12-31",
        "/area/beats/?station=%00",
        "/today/%00/",
        "/findings/" + "9" * 30 + "/",
    ],
)
def test_no_address_breaks_a_page(analyst, client_of, address):
    assert client_of(analyst).get(address).status_code in {200, 302, 404}


@pytest.mark.parametrize("newest", ["9" * 5000, "9" * 18, "-1", "x", "\0"])
def test_no_message_number_breaks_the_inbox(analyst, client_of, newest):
    assert client_of(analyst).post(reverse("people:inbox_read"), {"newest": newest}).status_code == 302


def test_a_forged_host_makes_no_invitation(station, station_chief, client_of):
    verbs.enrol("newcomer", by=COMMAND_LINE, name="N", unit=station, roles=[Role.DESK_OFFICER])
    newcomer = Officer.objects.get(username="newcomer")
    answer = client_of(station_chief).post(
        reverse("people:invite", args=[newcomer.pk]), headers={"host": "elsewhere.example"}
    )
    assert answer.status_code == 400
    assert b"elsewhere" not in answer.content
    assert not AuditLine.objects.filter(what="officer.invited").exists()


# ---- the locked desk ----


def test_a_locked_desk_answers_no_page_no_file_and_no_press(analyst, client_of):
    client = client_of(analyst)
    client.post(reverse("people:lock"))
    plain = [name for name in addresses() if _stands_alone(name)]
    assert len(plain) > 20
    for name in set(plain) - doors.WHILE_LOCKED:
        for ask in (client.get, client.post):
            answer = ask(reverse(name))
            assert answer.status_code == 302, name
            assert answer["Location"].startswith(reverse("people:lock")), name


def _stands_alone(name: str) -> bool:
    """Is this an address without a row in it?"""
    try:
        reverse(name)
    except NoReverseMatch:
        return False
    return True
