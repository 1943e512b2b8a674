"""Units, colleagues and posts change by verbs only, each with its line in the audit."""

from __future__ import annotations

from datetime import timedelta

import pyotp
import pytest
from django.contrib.auth.hashers import check_password

from kalantar.kernel import audit, clock
from kalantar.kernel.change import Refused
from kalantar.kernel.models import OutboxLine
from kalantar.people import jobs, rules, set_up, verbs
from kalantar.people.actors import COMMAND_LINE, SYSTEM, OfficerActor
from kalantar.people.models import CodeCard, Draft, Invite, Officer, Post, Unit
from kalantar.people.roles import Role

pytestmark = pytest.mark.django_db
GOOD = "three green doors"


def fresh(row):
    return type(row)._base_manager.get(pk=row.pk)


def test_a_chief_opens_a_section_of_the_own_station_only(station_chief, station, other_station, last_line):
    section = verbs.open_unit(
        "section", by=station_chief, parent=station, kind="unit_inquiry", code="S1", name="x", name_en="x"
    )
    assert section.path == f"{station.path}{section.pk}/"
    assert section.station_id == station.pk
    assert last_line(section).what == "unit.opened"
    with pytest.raises(Refused, match="not_your_post"):
        verbs.open_unit(
            "section", by=station_chief, parent=other_station, kind="unit_inquiry", code="S2", name="x", name_en="x"
        )
    assert not Unit.objects.filter(code="S2").exists()


def test_there_is_one_province_and_codes_are_unique(structure, county):
    with pytest.raises(Refused, match="unit_not_here"):
        verbs.open_unit("province", by=COMMAND_LINE, parent=None, kind="province", code="P2", name="x", name_en="x")
    with pytest.raises(Refused, match="unit_code_taken"):
        verbs.open_unit("station", by=COMMAND_LINE, parent=county, kind="kalantari", code="K11", name="x", name_en="x")


def test_a_post_given_is_felt_and_a_post_ended_is_not_felt_any_more(
    station_chief, desk_officer, station, last_line, told
):
    post = verbs.give_post(desk_officer.officer, by=station_chief, unit=station, role=Role.DUTY_DEPUTY)
    assert last_line(post).what == "post.given"
    assert Role.DUTY_DEPUTY in OfficerActor(desk_officer.officer).roles()
    verbs.end_post(post, by=station_chief)
    assert last_line(post).what == "post.ended"
    assert Role.DUTY_DEPUTY not in OfficerActor(desk_officer.officer).roles()
    assert told(desk_officer) == ["post_ended"]
    with pytest.raises(Refused, match="not_from_this_state"):
        verbs.end_post(fresh(post), by=station_chief)


def test_the_same_post_is_not_held_twice(station_chief, desk_officer, station):
    with pytest.raises(Refused, match="post_is_held"):
        verbs.give_post(desk_officer.officer, by=station_chief, unit=station, role=Role.DESK_OFFICER)


@pytest.mark.parametrize("who", ["desk_officer", "other_chief", "outside_overseer", "inspector"])
def test_others_give_no_post_and_nothing_is_left(who, request, case_officer, station):
    actor, before = request.getfixturevalue(who), Post.objects.count()
    with pytest.raises(Refused, match="not_your_post"):
        verbs.give_post(case_officer.officer, by=actor, unit=station, role=Role.ANALYST)
    assert Post.objects.count() == before


def test_a_stand_in_holds_the_post_for_a_time_and_falls_with_it(province_commander, station_chief, duty_deputy, told):
    post, today = station_chief.posts()[0], clock.today()
    made = verbs.stand_in(
        post, by=station_chief, officer=duty_deputy.officer, from_on=today, to_on=today + timedelta(days=3)
    )
    assert Role.STATION_CHIEF in OfficerActor(duty_deputy.officer).roles()
    assert told(duty_deputy) == ["stand_in"]
    verbs.end_post(post, by=province_commander)
    assert OfficerActor(duty_deputy.officer).roles() == {Role.DUTY_DEPUTY}
    assert fresh(made).ended_at is not None


def test_a_chief_who_lends_a_post_to_the_province_is_not_its_superior(
    station_chief, legal_officer, province, station, enrolled
):
    of_province = enrolled("analyst", province, username="far_analyst")
    verbs.give_post(of_province.officer, by=station_chief, unit=station, role=Role.ANALYST)
    for step in (verbs.disable, verbs.reset_password):
        with pytest.raises(Refused, match="not_your_post"):
            step(of_province.officer, by=station_chief)
    verbs.reset_password(legal_officer.officer, by=station_chief)  # the own colleague, as a control


def test_an_invitation_opens_once_within_seven_days(station_chief, station, monkeypatch):
    officer = verbs.enrol("newcomer", by=station_chief, name="n", unit=station, roles=[Role.ANALYST])
    assert not officer.has_usable_password()
    token = verbs.invite(officer, by=station_chief)
    assert token not in str(list(Invite.objects.values()))
    verbs.accept_invite(token.lower().replace("A", "a"), password=GOOD)
    assert check_password(GOOD, fresh(officer).password)
    with pytest.raises(Refused, match="link_is_dead"):
        verbs.accept_invite(token, password=GOOD)


def test_an_old_or_replaced_link_is_dead(station_chief, station, time_machine):
    officer = verbs.enrol("newcomer", by=station_chief, name="n", unit=station, roles=[Role.ANALYST])
    first = verbs.invite(officer, by=station_chief)
    second = verbs.invite(officer, by=station_chief)
    time_machine.move_to(clock.wall(), tick=False)
    assert verbs.invite_of(first) is None
    assert verbs.invite_of(second) is not None
    time_machine.shift(timedelta(days=rules.INVITE_DAYS, seconds=1))
    assert verbs.invite_of(second) is None


def test_a_reset_kills_the_old_password_and_forces_a_new_one(station_chief, desk_officer, last_line):
    token = verbs.reset_password(desk_officer.officer, by=station_chief, second_factor_too=True)
    officer = fresh(desk_officer.officer)
    assert not officer.has_usable_password()
    assert officer.must_change_password
    assert token not in str(last_line(officer).details)
    verbs.accept_invite(token, password=GOOD)
    assert not fresh(officer).must_change_password


@pytest.mark.parametrize("password", ["short", "1234567890123", "desk_officer-word", "password1234"])
def test_a_weak_password_is_refused_and_the_link_still_opens(password, station_chief, desk_officer):
    token = verbs.reset_password(desk_officer.officer, by=station_chief)
    with pytest.raises(Refused, match="password_"):
        verbs.accept_invite(token, password=password)
    assert verbs.invite_of(token) is not None


def test_the_second_factor_opens_each_code_once(analyst, time_machine):
    time_machine.move_to("2026-03-21T08:00:10+00:00", tick=False)
    secret = verbs.set_up_totp(by=analyst)
    assert secret not in str(bytes(fresh(analyst.officer).totp_new))
    code = pyotp.TOTP(secret).at(clock.wall())
    verbs.confirm_totp(code, by=analyst)
    with pytest.raises(Refused, match="code_wrong"):
        verbs.use_second_factor(code, by=analyst)
    for seconds, opens in ((0, False), (-30, False), (60, False), (30, True), (30, False)):
        typed = pyotp.TOTP(secret).at(clock.wall() + timedelta(seconds=seconds))
        if opens:
            assert verbs.use_second_factor(typed, by=analyst) == "totp"
        else:
            with pytest.raises(Refused, match="code_wrong"):
                verbs.use_second_factor(typed, by=analyst)


def test_a_card_has_ten_codes_and_each_opens_once(analyst):
    codes = verbs.print_code_card(by=analyst)
    assert len(set(codes)) == rules.CARD_CODES
    assert not set(codes) & set(CodeCard.objects.values_list("digest", flat=True))
    for code in codes:
        assert verbs.use_second_factor(code, by=analyst) == "card"
        with pytest.raises(Refused, match="code_wrong"):
            verbs.use_second_factor(code, by=analyst)


def test_a_new_card_makes_the_old_one_dead_and_a_stranger_s_code_opens_nothing(analyst, desk_officer):
    old, others = verbs.print_code_card(by=analyst), verbs.print_code_card(by=desk_officer)
    new = verbs.print_code_card(by=analyst)
    for code in (old[0], others[0]):
        if code not in new:
            with pytest.raises(Refused, match="code_wrong"):
                verbs.use_second_factor(code, by=analyst)


def test_a_draft_is_sealed_and_comes_back_to_its_writer_once(analyst, desk_officer):
    verbs.keep_draft("/page/", {"text": "a quiet street"}, by=analyst)
    assert b"quiet" not in bytes(Draft.objects.get().sealed)
    assert verbs.take_draft("/page/", by=desk_officer) is None
    assert verbs.take_draft("/page/", by=analyst) == {"text": "a quiet street"}
    assert verbs.take_draft("/page/", by=analyst) is None


def test_the_clock_forgets_what_is_old_and_nothing_else(station_chief, analyst, station, time_machine):
    officer = verbs.enrol("newcomer", by=station_chief, name="n", unit=station, roles=[Role.ANALYST])
    verbs.invite(officer, by=station_chief)
    verbs.keep_draft("/page/", {}, by=analyst)
    verbs.stand_in(
        station_chief.posts()[0], by=station_chief, officer=analyst.officer, from_on=clock.today(), to_on=clock.today()
    )
    jobs.forget_old({})
    assert (Invite.objects.count(), Draft.objects.count(), OutboxLine.objects.count()) == (1, 1, 1)
    time_machine.move_to(clock.wall(), tick=False)
    time_machine.shift(timedelta(days=8))
    jobs.forget_old({})
    assert (Invite.objects.count(), Draft.objects.count(), OutboxLine.objects.count()) == (0, 0, 1)
    time_machine.shift(timedelta(days=90))
    jobs.forget_old({})
    jobs.forget_old({})
    assert OutboxLine.objects.count() == 0
    assert Officer.objects.filter(pk=officer.pk).exists()


def test_the_demonstration_s_password_never_enters_a_real_installation(desk_officer, monkeypatch):
    from kalantar.kernel import installation

    real = installation.current().__class__("station", "x", "x", "Asia/Tehran", timedelta(0), "u")
    monkeypatch.setattr(installation, "current", lambda: real)
    with pytest.raises(Refused, match="password_is_public"):
        set_up.hand_out_demo_password(desk_officer.officer, by=SYSTEM)


def test_all_that_happened_is_in_whole_chains(station_chief, desk_officer, station):
    verbs.give_post(desk_officer.officer, by=station_chief, unit=station, role=Role.ANALYST)
    lines, faults = audit.verify()
    assert lines > 5
    assert faults == []


@pytest.mark.parametrize(("kind", "code"), [("station", "7"), ("province", "province")])
def test_the_first_chief_gets_a_link_that_opens(installation, kind, code):
    link = set_up.first_chief(kind=kind, name="x", name_en="y", number=7, username="first")
    officer = verbs.accept_invite(link.rstrip("/").rsplit("/", 1)[-1], password=GOOD)
    assert OfficerActor(officer).posts()[0].unit.code == code


def test_the_demonstration_s_cast_stands_and_stands_once(structure):
    cast = set_up.enrol_cast(station="K11", other="K12")
    assert set(cast) == set(set_up.DEMO_NAMES)
    assert set_up.enrol_cast(station="K11", other="K12") == cast
