"""Which presses ask for the password once more, for every press of this kind there is."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.urls import resolve

from kalantar.kernel.models import AuditLine
from kalantar.people import sessions
from kalantar.people.forms import SureForm
from kalantar.people.set_up import DEMO_PASSWORD
from tests.matrix.matrix import LINES
from tests.matrix.objects import OBJECTS
from tests.matrix.world import address_of, outcome

pytestmark = pytest.mark.django_db
ASKS = {
    "people:pin",
    "people:set_up_second_factor",
    "people:begin_second_factor",
    "people:code_card",
    "people:enrol",
    "people:give_post",
    "people:invite",
    "people:reset",
    "people:disable",
    "people:enable",
    "people:end_post",
    "people:stand_in",
}
PLAIN = {  # the ways in, which ask for a secret of their own; the ways out; and what opens no door
    "people:sign_in",
    "people:second_factor",
    "people:join_code",
    "people:join",
    "people:sign_out",
    "people:lock",
    "people:unlock",
    "people:drop_kept",
    "people:password",
    "people:inbox_read",
    "people:open_section",
}
LATER = [(name, method) for name, method in LINES if name in ASKS]


def address(world, line) -> str:
    return address_of(line, OBJECTS[line.on].arguments(world.own.of(line.on)) if line.on else {})


def ask(world, line, *, sure: bool, **more):
    """One request of the chief's, undone afterwards, in a session that is fresh or has been open for a while."""
    client, where = world.client("station_chief"), address(world, line)
    with transaction.atomic():
        session = client.session
        if not sure:
            session.pop(sessions.SURE)
            session.save()
        before = AuditLine.objects.count()
        answer = client.get(where) if line.method == "GET" else client.post(where, {**line.data, **more})
        told = list(AuditLine.objects.order_by("pk").values_list("what", flat=True)[before:])
        transaction.set_rollback(True)
    world._clients.clear()
    return answer, told


def test_every_press_on_accounts_and_posts_is_named_here():
    presses = {name for name, method in LINES if method == "POST" and name.startswith("people:")}
    assert presses == ASKS | PLAIN
    assert not ASKS & PLAIN


def test_those_that_ask_are_those_named(world):
    marked = {
        name
        for (name, method), line in LINES.items()
        if getattr(resolve(address(world, line).split("?")[0]).func, "asks_again", False)
    }
    assert marked == ASKS


@pytest.mark.parametrize(("name", "method"), LATER)
def test_after_a_while_it_asks_and_does_nothing_else(world, name, method):
    line = LINES[name, method]
    answer, told = ask(world, line, sure=False)
    assert (answer.status_code, told) == (403, [])
    assert f'name="{SureForm.FIELD}"' in answer.content.decode()


@pytest.mark.parametrize(("name", "method"), LATER)
def test_the_right_password_leads_to_what_a_fresh_session_sees(world, name, method):
    line = LINES[name, method]
    fresh, done = ask(world, line, sure=True)
    if line.method == "GET":
        return
    answer, told = ask(world, line, sure=False, sure_held="yes", **{SureForm.FIELD: DEMO_PASSWORD})
    assert (answer.status_code, outcome(answer)) == (fresh.status_code, outcome(fresh))
    assert told == ["officer.proved", *done]


@pytest.mark.parametrize(("name", "method"), LATER)
def test_without_the_question_every_one_of_them_would_be_open(world, name, method, monkeypatch):
    monkeypatch.setattr(sessions, "is_sure", lambda _: True)
    line = LINES[name, method]
    assert ask(world, line, sure=False)[0].status_code == ask(world, line, sure=True)[0].status_code != 403
