"""The pages of accounts and units as a browser lays them out, and the password asked for in the middle of a press."""

from __future__ import annotations

import pytest
from django.urls import reverse

from kalantar.kernel import clock
from kalantar.people import rules, sessions, verbs
from kalantar.people.models import CodeCard, Post
from kalantar.people.roles import Role
from tests.stories.looks import hold


@pytest.fixture
def staff(station, station_chief, province_commander, desk_officer, beat_officer, enrolled):
    """A station at work: several of one post, a stand-in, a closed account and a section."""
    for n in range(3):
        enrolled("beat_officer", station, username=f"beat{n}")
    today = clock.today()
    verbs.stand_in(station_chief.posts()[0], by=station_chief, officer=desk_officer.officer, from_on=today, to_on=today)
    verbs.disable(beat_officer.officer, by=province_commander)
    verbs.open_unit(
        "section",
        by=station_chief,
        parent=station,
        kind="unit_inquiry",
        code="S1",
        name="دایره تجسس",
        name_en="Inquiry",
    )


def aged(client):
    session = client.session
    session[sessions.SURE] = (clock.wall() - rules.SURE).isoformat()
    session.save()
    return client


@pytest.mark.parametrize("language", ["fa", "en"])
@pytest.mark.parametrize("width", [390, 1280])
def test_every_page_fits(live, client_of, staff, province_commander, beat_officer, language, width):
    live.speak(language)
    live.enter(client_of(province_commander))
    for path in (
        reverse("people:units"),
        reverse("people:colleagues"),
        reverse("people:colleague", args=[beat_officer.officer_id]),
        reverse("people:enrol"),
        reverse("people:account"),
    ):
        live.open(path, width=width)
        hold(live, themes=("light",))


@pytest.mark.parametrize("width", [390, 1280])
def test_the_password_is_asked_in_the_middle_of_a_press(
    live, client_of, staff, station, station_chief, desk_officer, width
):
    live.enter(aged(client_of(station_chief)))
    page = live.open(reverse("people:colleague", args=[desk_officer.officer_id]), width=width)
    page.select_option("select[name=role]", "patrol_officer")
    page.click("form[action$='/post/'] button")
    assert page.locator("h1").inner_text() == "گذرواژه شما، یک بار دیگر"
    assert page.evaluate("document.activeElement.name") == "sure_password"
    hold(live)
    page.keyboard.type("not the password")
    page.keyboard.press("Enter")
    page.wait_for_selector(".summary")
    hold(live, themes=("light",))
    page.fill("input[name=sure_password]", rules.DEMO_PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=status]")
    assert Post.objects.filter(officer=desk_officer.officer, role=Role.PATROL_OFFICER, unit=station).exists()

    # Ten minutes long nothing more is asked.
    page = live.open(reverse("people:code_card"), width=width)
    page.click("main form button")
    page.wait_for_selector(".cardcodes li")
    assert CodeCard.objects.filter(officer=station_chief.officer).count() == rules.CARD_CODES
