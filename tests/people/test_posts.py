"""Who may hold what, and since when: no post in the past, none through a disabled holder, none on both sides."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kalantar.kernel import clock
from kalantar.kernel.change import Overtaken, Refused
from kalantar.people import rules, verbs
from kalantar.people.actors import COMMAND_LINE, OfficerActor
from kalantar.people.models import Officer, Post
from kalantar.people.roles import OUTSIDE, Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def yesterday():
    return clock.today() - timedelta(days=1)


# ---- nobody held a post before it was given ----


def test_no_post_is_dated_back(station_chief, province_commander, desk_officer, station, yesterday):
    before = Post.objects.count()
    for superior in (station_chief, province_commander):
        with pytest.raises(Refused, match="post_begins_before_today") as no:
            verbs.give_post(desk_officer.officer, by=superior, unit=station, role=Role.DUTY_DEPUTY, from_on=yesterday)
        assert no.value.details["field"] == "from_on"
    assert Post.objects.count() == before
    verbs.give_post(desk_officer.officer, by=station_chief, unit=station, role=Role.DUTY_DEPUTY, from_on=clock.today())


def test_no_colleague_is_enrolled_into_the_past(station_chief, station, yesterday):
    with pytest.raises(Refused, match="post_begins_before_today"):
        verbs.enrol("newcomer", by=station_chief, name="N", unit=station, roles=[Role.ANALYST], from_on=yesterday)


def test_no_stand_in_is_dated_back(station_chief, desk_officer, yesterday):
    post = station_chief.posts()[0]
    with pytest.raises(Refused, match="post_begins_before_today"):
        verbs.stand_in(post, by=station_chief, officer=desk_officer.officer, from_on=yesterday, to_on=clock.today())
    verbs.stand_in(post, by=station_chief, officer=desk_officer.officer, from_on=clock.today(), to_on=clock.today())


def test_nobody_stands_in_before_the_post_begins(station_chief, desk_officer, case_officer, station):
    next_week = clock.today() + timedelta(days=7)
    post = verbs.give_post(
        desk_officer.officer, by=station_chief, unit=station, role=Role.DUTY_DEPUTY, from_on=next_week
    )

    def named(from_on):
        return verbs.stand_in(post, by=station_chief, officer=case_officer.officer, from_on=from_on, to_on=next_week)

    with pytest.raises(Refused, match="not_from_this_state"):
        named(clock.today())
    assert named(next_week)


def test_the_set_up_names_what_stood_before(desk_officer, station, yesterday):
    post = verbs.give_post(
        desk_officer.officer, by=COMMAND_LINE, unit=station, role=Role.DUTY_DEPUTY, from_on=yesterday
    )
    assert post.from_on == yesterday


def test_without_that_rule_a_post_is_dated_back(station_chief, desk_officer, station, yesterday, monkeypatch):
    monkeypatch.setattr(rules, "days_refusal", lambda **_: None)
    assert verbs.give_post(
        desk_officer.officer, by=station_chief, unit=station, role=Role.DUTY_DEPUTY, from_on=yesterday
    )


@pytest.mark.parametrize("begins", [-1, 0, 5])
@pytest.mark.parametrize("lasts", [5, 30, None])
def test_a_post_ends_today_at_the_earliest(station_chief, desk_officer, station, begins, lasts):
    today = clock.today()
    post = verbs.give_post(
        desk_officer.officer,
        by=COMMAND_LINE,
        unit=station,
        role=Role.DUTY_DEPUTY,
        from_on=today + timedelta(days=begins),
        to_on=None if lasts is None else today + timedelta(days=lasts),
    )
    ended = verbs.end_post(post, by=station_chief)
    ended.refresh_from_db()
    assert ended.to_on >= today
    assert ended.ended_at is not None
    assert not Post.objects.filter(pk=ended.pk).held_from(today).exists()


def test_the_page_tells_it_beside_the_day(client_of, station_chief, desk_officer, station, yesterday):
    page = client_of(station_chief).post(
        f"/people/{desk_officer.officer_id}/post/",
        {"unit": station.pk, "role": "duty_deputy", "from_on": yesterday.isoformat()},
    )
    assert page.status_code == 422
    assert "سمت از امروز یا پس از آن آغاز می‌شود" in page.content.decode()
    assert list(page.context["give"].errors) == ["from_on"]


# ---- a closed account lends nothing ----


def standing_in(chief, officer):
    today = clock.today()
    made = verbs.stand_in(
        chief.officer.posts.get(), by=chief, officer=officer, from_on=today, to_on=today + timedelta(days=7)
    )
    assert Role.STATION_CHIEF in OfficerActor(officer).roles()
    return made


def test_who_stands_in_for_a_disabled_chief_gets_nothing_from_it(
    station_chief, province_commander, duty_deputy, last_line, told, client_of
):
    made = standing_in(station_chief, duty_deputy.officer)
    deputy = client_of(duty_deputy)
    assert deputy.get("/people/new/").status_code == 200
    verbs.disable(station_chief.officer, by=province_commander)
    assert OfficerActor(duty_deputy.officer).roles() == {Role.DUTY_DEPUTY}
    assert deputy.get("/people/new/").status_code == 422
    assert last_line(made).what == "post.ended"
    assert told(duty_deputy) == ["stand_in", "post_ended"]


def test_it_does_not_come_back_with_the_account(station_chief, province_commander, duty_deputy):
    standing_in(station_chief, duty_deputy.officer)
    verbs.disable(station_chief.officer, by=province_commander)
    verbs.enable(station_chief.officer, by=province_commander)
    assert OfficerActor(duty_deputy.officer).roles() == {Role.DUTY_DEPUTY}
    assert station_chief.officer.posts.get().ended_at is None  # the chief's own post was never taken


def test_one_named_for_later_dies_too(station_chief, province_commander, duty_deputy):
    later = clock.today() + timedelta(days=3)
    post = station_chief.officer.posts.get()
    made = verbs.stand_in(post, by=station_chief, officer=duty_deputy.officer, from_on=later, to_on=later)
    verbs.disable(station_chief.officer, by=province_commander)
    made.refresh_from_db()
    assert not Post.objects.filter(pk=made.pk).held_on(later).exists()


def test_nobody_is_named_for_a_disabled_holder(station_chief, province_commander, duty_deputy, client_of):
    verbs.disable(station_chief.officer, by=province_commander)
    post, today = station_chief.officer.posts.get(), clock.today()
    with pytest.raises(Refused, match="holder_disabled"):
        verbs.stand_in(post, by=province_commander, officer=duty_deputy.officer, from_on=today, to_on=today)
    assert client_of(province_commander).get(f"/people/posts/{post.pk}/stand-in/").status_code == 422


def test_who_names_one_while_the_account_is_closed_is_overtaken(
    station_chief, province_commander, duty_deputy, monkeypatch
):
    def closes_meanwhile(**_):
        verbs.disable(station_chief.officer, by=province_commander)

    monkeypatch.setattr(rules, "stand_in_refusal", closes_meanwhile)
    post, today = station_chief.officer.posts.get(), clock.today()
    with pytest.raises(Overtaken):
        verbs.stand_in(post, by=station_chief, officer=duty_deputy.officer, from_on=today, to_on=today)


def test_without_that_ending_the_stand_in_stays_chief(station_chief, province_commander, duty_deputy, monkeypatch):
    monkeypatch.setattr("kalantar.people.verbs.colleagues.end_stand_ins", lambda *_, **__: None)
    standing_in(station_chief, duty_deputy.officer)
    verbs.disable(station_chief.officer, by=province_commander)
    assert Role.STATION_CHIEF in OfficerActor(duty_deputy.officer).roles()


# ---- what a superior closed, a lower post does not open ----


def test_a_chief_does_not_enable_whom_the_commander_disabled(
    station_chief, province_commander, desk_officer, client_of, last_line
):
    officer = verbs.disable(desk_officer.officer, by=province_commander)
    assert last_line(officer).details["disabled_as"] == "province_commander"
    with pytest.raises(Refused, match="disabled_above"):
        verbs.enable(officer, by=station_chief)
    page = client_of(station_chief).get(f"/people/{officer.pk}/").content.decode()
    assert "/enable/" not in page
    assert "بسته‌شده به دست: فرمانده انتظامی استان" in page
    assert "/enable/" in client_of(province_commander).get(f"/people/{officer.pk}/").content.decode()
    assert verbs.enable(officer, by=province_commander).disabled_as == ""


def test_nor_by_a_post_lent_to_that_colleague(station_chief, province_commander, desk_officer, station):
    """Ending and giving posts changes whose colleague this is; it does not change who closed the account."""
    officer = verbs.disable(desk_officer.officer, by=province_commander)
    verbs.give_post(officer, by=station_chief, unit=station, role=Role.ANALYST)
    verbs.end_post(officer.posts.get(role="desk_officer"), by=station_chief)
    with pytest.raises(Refused, match="disabled_above"):
        verbs.enable(officer, by=station_chief)


@pytest.mark.parametrize("opens", ["station_chief", "province_commander"])
def test_whom_a_chief_disabled_the_chief_and_who_is_above_enable(request, station_chief, desk_officer, opens):
    officer = verbs.disable(desk_officer.officer, by=station_chief)
    assert verbs.enable(officer, by=request.getfixturevalue(opens)).is_active


def test_what_the_command_line_closed_the_commander_opens(station_chief, province_commander, desk_officer):
    officer = verbs.disable(desk_officer.officer, by=COMMAND_LINE)
    with pytest.raises(Refused, match="disabled_above"):
        verbs.enable(officer, by=station_chief)
    assert verbs.enable(officer, by=province_commander).is_active


def test_without_that_memory_the_chief_opens_it(station_chief, province_commander, desk_officer, monkeypatch):
    monkeypatch.setattr(rules, "acts_as", lambda *_, **__: "")
    officer = verbs.disable(desk_officer.officer, by=province_commander)
    assert verbs.enable(officer, by=station_chief).is_active


# ---- who checks the police is none of it ----

POLICE = sorted(set(rules.GRADES) - OUTSIDE)


def test_the_overseer_partners_and_residents_stand_outside():
    assert {Role.OUTSIDE_OVERSEER, Role.PARTNER_LIAISON, Role.PARTNER_MANAGER, Role.RESIDENT_PANEL} == OUTSIDE


@pytest.mark.parametrize("role", POLICE)
def test_a_commander_makes_no_policeman_of_the_overseer(province_commander, outside_overseer, structure, role):
    unit = next(unit for unit in structure.values() if unit.grade in rules.GRADES[role])
    for giver in (province_commander, COMMAND_LINE):
        with pytest.raises(Refused, match="post_of_other_side"):
            verbs.give_post(outside_overseer.officer, by=giver, unit=unit, role=role)
    assert outside_overseer.officer.posts.count() == 1


def test_no_policeman_becomes_the_overseer(outside_overseer, inspector, province):
    for giver in (outside_overseer, COMMAND_LINE):
        with pytest.raises(Refused, match="post_of_other_side"):
            verbs.give_post(inspector.officer, by=giver, unit=province, role=Role.OUTSIDE_OVERSEER)
    assert OfficerActor(inspector.officer).roles() == {Role.INSPECTOR}


def test_nor_by_standing_in(station_chief, outside_overseer, inspector):
    today = clock.today()
    for holder, officer in ((station_chief, outside_overseer), (outside_overseer, inspector)):
        with pytest.raises(Refused, match="post_of_other_side"):
            verbs.stand_in(
                holder.officer.posts.get(), by=COMMAND_LINE, officer=officer.officer, from_on=today, to_on=today
            )


def test_nor_by_one_enrolment(province):
    with pytest.raises(Refused, match="post_of_other_side"):
        verbs.enrol("both", by=COMMAND_LINE, name="B", unit=province, roles=[Role.INSPECTOR, Role.OUTSIDE_OVERSEER])
    assert not Officer.objects.filter(username="both").exists()


def test_who_left_the_police_may_become_the_overseer(inspector, province_commander, province):
    verbs.end_post(inspector.officer.posts.get(), by=province_commander)
    verbs.give_post(inspector.officer, by=COMMAND_LINE, unit=province, role=Role.OUTSIDE_OVERSEER)
    assert OfficerActor(inspector.officer).roles() == {Role.OUTSIDE_OVERSEER}


def test_without_that_rule_the_overseer_would_command(province_commander, outside_overseer, station, monkeypatch):
    monkeypatch.setattr(rules, "side_refusal", lambda *_, **__: None)
    verbs.give_post(outside_overseer.officer, by=province_commander, unit=station, role=Role.STATION_CHIEF)
    assert OfficerActor(outside_overseer.officer).stations() == {station.pk}
