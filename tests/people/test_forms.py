"""What a form says of a wrong choice is ours, in the language of the page, and shows no code."""

from __future__ import annotations

import pytest
from django import forms as django_forms
from django.utils import translation

from kalantar.people import forms

pytestmark = pytest.mark.django_db
SENT = {
    "name": "N",
    "username": "newcomer",
    "unit": "no_such_unit",
    "pack": "no_such_pack",
    "role": "no_such_role",
    "parent": "no_such_station",
    "kind": "no_such_kind",
    "code": "ت",
    "officer": "no_such_colleague",
    "from_on": "1405/01/01",
    "to_on": "1405/01/02",
}
PAGES = [
    ("/people/new/", 2),
    ("/people/units/new/", 2),
    ("/people/{officer}/post/", 2),
    ("/people/posts/{post}/stand-in/", 1),
]
SAID = {"fa": "لطفاً یکی را از فهرست انتخاب کنید.", "en": "Please choose one from the list."}


@pytest.fixture
def ask(client_of, station_chief, desk_officer):
    post = station_chief.officer.posts.get()

    def make(page, language):
        client = client_of(station_chief)
        client.cookies["language"] = language
        return client.post(page.format(officer=desk_officer.officer_id, post=post.pk), SENT)

    return make


def errors_of(answer) -> dict[str, list[str]]:
    form = answer.context.get("give") or answer.context["form"]
    return {name: [str(error) for error in errors] for name, errors in form.errors.items()}


@pytest.mark.parametrize("language", ["fa", "en"])
@pytest.mark.parametrize(("page", "n"), PAGES)
def test_a_choice_that_is_none_is_told_in_our_words(ask, page, n, language):
    answer = ask(page, language)
    assert answer.status_code == 422
    with translation.override(language):
        errors = errors_of(answer)
    assert SAID[language] in answer.content.decode()
    assert [error for of in errors.values() for error in of].count(SAID[language]) == n
    assert not [error for of in errors.values() for error in of if "no_such" in error]


def test_django_would_have_shown_the_code(ask, monkeypatch):
    monkeypatch.setattr(forms.Form, "__init__", django_forms.Form.__init__)
    assert any("no_such_pack" in error for error in errors_of(ask("/people/new/", "fa"))["pack"])


def test_what_is_missing_is_told_in_our_words(client_of, station_chief):
    answer = client_of(station_chief).post("/people/new/", {})
    assert {error for of in errors_of(answer).values() for error in of} == {"لطفاً این را پر کنید."}


def test_an_odd_sign_in_name_is_told_beside_its_field(client_of, station_chief, station):
    sent = {"name": "N", "username": "two words", "unit": station.pk, "pack": "desk"}
    answer = client_of(station_chief).post("/people/new/", sent)
    assert list(errors_of(answer)) == ["username"]
    assert "نام کاربری با حرف لاتین آغاز می‌شود" in errors_of(answer)["username"][0]
