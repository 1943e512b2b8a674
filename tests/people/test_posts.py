"""Who may hold what, and since when: no post in the past, none through a disabled holder, none on both sides."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kalantar.kernel import clock
from kalantar.kernel.change import Refused
from kalantar.people import rules, verbs
from kalantar.people.actors import COMMAND_LINE
from kalantar.people.models import Post
from kalantar.people.roles import Role

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
