"""The one table of short words."""

import pytest
from django.utils import translation

from kalantar.incidents.models import Finding, Import
from kalantar.people.roles import PACKS, Role
from kalantar.persian.style import faults
from kalantar.web import words

ROWS = [(group, code, entry) for group, rows in words.table().items() for code, entry in rows.items()]


def test_every_word_stands_in_both_languages():
    assert [(group, code) for group, code, entry in ROWS if not entry["fa"] or not entry["en"]] == []


def test_the_persian_words_keep_the_house_style():
    assert [(code, str(fault)) for _group, code, entry in ROWS if code != "en" for fault in faults(entry["fa"])] == []


@pytest.mark.parametrize("group", list(words.table()))
def test_two_codes_of_a_group_never_read_alike(group):
    for language in ("fa", "en"):
        said = [entry[language] for entry in words.table()[group].values()]
        assert len(said) == len(set(said))


def test_buttons_are_one_to_four_words():
    assert [entry["fa"] for group, _code, entry in ROWS if group == "button" and len(entry["fa"].split()) > 4] == []


def test_the_codes_of_the_tables_have_their_words():
    assert {role.value for role in Role} <= set(words.codes("role"))
    assert set(PACKS) == set(words.codes("pack"))
    assert {Finding.RISE, Finding.HIGH, Finding.HOT, Finding.REPEAT, Finding.TOO_FEW} <= set(
        words.codes("finding_kind")
    )
    states = {Import.UPLOADED, Import.LOADING, Import.LIVE, Import.FAILED, Import.WITHDRAWN, Import.SWEPT}
    assert states == set(words.codes("status_import"))


def test_local_types_carry_no_international_code_and_crimes_do():
    for code in words.codes("incident_type"):
        assert bool(words.iccs(code)) == code.startswith(("T-", "R-", "H-", "P-", "A-", "F-", "D-", "W-"))


def test_a_word_follows_the_page():
    with translation.override("en"):
        assert words.word("button", "save") == "Save"
    with translation.override("fa"):
        assert words.word("button", "save") == "ثبت"
        assert words.word("button", "save", "en") == "Save"


def test_a_later_word_is_looked_up_when_it_is_shown():
    label = words.lazy_word("button", "save")
    with translation.override("en"):
        assert str(label) == "Save"
    with translation.override("fa"):
        assert str(label) == "ثبت"


def test_an_unknown_word_is_a_mistake_of_the_code():
    with pytest.raises(words.UnknownWord, match="button/none"):
        words.word("button", "none")


def test_choices_keep_the_order_of_the_table():
    assert [code for code, _word in words.choices("grade")] == ["province", "county", "station", "section"]
    assert [code for code, _word in words.choices("grade", only={"station"})] == ["station"]
