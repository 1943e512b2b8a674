"""The rules of posts, accounts, passwords and sessions, without a database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest

from kalantar.people import rules
from kalantar.people.roles import OUTSIDE, PACKS, Role

CHIEF, COMMANDER, OVERSEER = ({Role.STATION_CHIEF}, {Role.PROVINCE_COMMANDER}, {Role.OUTSIDE_OVERSEER})
NOON = datetime(2026, 3, 21, 12, tzinfo=UTC)
DAY = date(2026, 3, 21)


@pytest.mark.parametrize("role", list(rules.GRADES))
@pytest.mark.parametrize("giver", list(Role))
def test_a_post_is_given_by_those_named_and_by_nobody_else(role, giver):
    grade = min(rules.GRADES[role])
    refused = rules.giving_refusal(role, grade=grade, roles=frozenset({giver}), oneself=False)
    assert (refused is None) == (giver in rules.GIVEN_BY[role])


@pytest.mark.parametrize("role", list(rules.GRADES))
def test_nobody_gives_a_post_to_oneself(role):
    everything = frozenset(Role)
    for grade in rules.GRADES[role]:
        assert rules.giving_refusal(role, grade=grade, roles=everything, oneself=True) == "not_for_oneself"


def test_no_two_posts_of_one_person_stand_on_both_sides():
    for role, held in product(Role, repeat=2):
        refused = rules.side_refusal(role, held=[held])
        assert (refused == "post_of_other_side") == ((role in OUTSIDE) != (held in OUTSIDE))
        assert rules.side_refusal(role, held=[role, held]) == refused
        assert rules.side_refusal(role, held=[]) is None


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("grade", ["province", "county", "station", "section"])
def test_a_role_sits_only_at_its_grades(role, grade):
    refused = rules.giving_refusal(role, grade=grade, roles=frozenset(Role), oneself=False)
    assert (refused == "role_not_here") == (grade not in rules.GRADES.get(role, ()))


def test_a_chief_names_no_chief_and_no_province_staff():
    handed = rules.givable(grade="station", roles=frozenset(CHIEF)) | rules.givable(
        grade="province", roles=frozenset(CHIEF)
    )
    assert not handed & {Role.STATION_CHIEF, Role.PROVINCE_COMMANDER, Role.INSPECTOR, Role.DATA_GUARDIAN}


def test_the_province_neither_names_nor_touches_the_overseer():
    assert Role.OUTSIDE_OVERSEER not in rules.givable(grade="province", roles=frozenset(COMMANDER))
    for step in rules.STEPS:
        assert _account(step, target=OVERSEER, at=[COMMANDER]) == "not_your_post"


def _account(step, *, target, at, oneself=False, active=None):
    wanted = rules.STEPS[step].while_active
    return rules.account_refusal(
        step,
        posts=[(role, frozenset(roles)) for role, roles in zip(sorted(target), at, strict=False)],
        oneself=oneself,
        active=wanted if active is None else active,
    )


@pytest.mark.parametrize("step", list(rules.STEPS))
def test_a_superior_must_be_one_at_every_post(step):
    target = {Role.ANALYST, Role.LEGAL_OFFICER}
    assert _account(step, target=target, at=[CHIEF, CHIEF]) is None
    assert _account(step, target=target, at=[CHIEF, set()]) == "not_your_post"
    assert _account(step, target=target, at=[]) == "not_your_post"
    assert _account(step, target=target, at=[CHIEF, CHIEF], oneself=True) == "not_for_oneself"
    assert (
        _account(step, target=target, at=[CHIEF, CHIEF], active=not rules.STEPS[step].while_active)
        == "not_from_this_state"
    )


@pytest.mark.parametrize(
    ("days", "refused"),
    [
        (0, None),
        (rules.STAND_IN_DAYS, None),
        (rules.STAND_IN_DAYS + 1, "stand_in_too_long"),
        (-1, "stand_in_needs_end"),
    ],
)
def test_a_stand_in_has_an_end_within_ninety_days(days, refused):
    found = rules.stand_in_refusal(
        role=Role.DESK_OFFICER,
        grade="station",
        roles=frozenset(CHIEF),
        is_holder=False,
        same_person=False,
        from_on=DAY,
        to_on=DAY + timedelta(days=days),
        today=DAY,
    )
    assert found == refused


def test_a_holder_names_a_stand_in_only_for_a_superior_post():
    def asked(role, grade):
        return rules.stand_in_refusal(
            role=role,
            grade=grade,
            roles=frozenset({role}),
            is_holder=True,
            same_person=False,
            from_on=DAY,
            to_on=DAY,
            today=DAY,
        )

    assert asked(Role.STATION_CHIEF, "station") is None
    assert asked(Role.DESK_OFFICER, "station") == "not_your_post"


@pytest.mark.parametrize("name", ["abc", "station_chief", "A.Rahimi-2", "x" * 60])
def test_a_sign_in_name_of_this_shape_is_good(name):
    assert rules.username_refusal(name) is None


@pytest.mark.parametrize(
    "name", ["", "ab", "x" * 61, "2abc", ".abc", "a b c", "abc\n", "رئیس", "abc۲", "a/../b", "a@b.c"]
)
def test_any_other_sign_in_name_is_refused(name):
    assert rules.username_refusal(name) == "username_shape"


@pytest.mark.parametrize(
    ("password", "refused"),
    [
        ("three green doors", None),
        ("short", "password_length"),
        ("x" * 129, "password_length"),
        ("12345678901", "password_only_digits"),
        ("my-analyst-word", "password_holds_name"),
        (rules.DEMO_PASSWORD, "password_is_public"),
    ],
)
def test_the_shape_of_a_password(password, refused):
    assert rules.password_refusal(password, username="analyst", is_demo=False) == refused


def test_the_published_password_opens_demonstrations_only():
    assert rules.password_refusal(rules.DEMO_PASSWORD, username="analyst", is_demo=True) is None


@pytest.mark.parametrize(
    ("pin", "refused"),
    [
        ("482913", None),
        ("48291", "pin_shape"),
        ("4829134", "pin_shape"),
        ("48291a", "pin_shape"),
        ("111111", "pin_too_easy"),
        ("123456", "pin_too_easy"),
        ("987654", "pin_too_easy"),
        ("135791", None),
    ],
)
def test_the_shape_of_a_pin(pin, refused):
    assert rules.pin_refusal(pin) == refused


@pytest.mark.parametrize(
    ("began", "seen", "locked", "out", "state"),
    [
        (0, 0, False, None, "open"),
        (14, 14.9, False, None, "open"),
        (20, 15, False, None, "locked"),
        (1, 1, True, None, "locked"),
        (12 * 60, 0, False, None, "over"),
        (12 * 60, 0, True, None, "over"),
        (5, 0, False, 5, "over"),
        (5, 0, False, 6, "open"),
    ],
)
def test_how_a_session_stands(began, seen, locked, out, state):
    def ago(minutes):
        return NOON - timedelta(minutes=minutes)

    found = rules.session_state(
        began=ago(began), seen=ago(seen), locked=locked, signed_out_before=None if out is None else ago(out), now=NOON
    )
    assert found == state


def test_every_pack_holds_roles_that_have_a_place():
    assert all(role in rules.GRADES for held in PACKS.values() for role in held)


@pytest.mark.parametrize(("kind", "needed"), [("station", True), ("province", True), ("demo", False), ("test", False)])
def test_all_staff_of_a_real_installation_need_a_second_factor(kind, needed):
    assert rules.needs_second_factor(kind) is needed
