"""Rights by construction (DOMAIN R1 to R3, SAFETY part 2): no later hand adds a trait, a list of persons or a search
for one without a test that says so. Each promise is tried on a planted fault first."""

from __future__ import annotations

import ast
import csv
import importlib
import io
import re

import pytest
from django import forms
from django.apps import apps
from django.db import models

from kalantar.persian.columns import refused_category, refused_column
from tests.house import reading

# Tables about colleagues as colleagues: who works where, and how somebody signs in.
STAFF = {"officer", "post", "invite", "codecard", "draft", "beatofficer"}
PERSON = "people.Officer"
COUNTS = {"id", "version", "totp_last", "position", "number", "label_x", "label_y", "label_room_m"}
SEARCHES = re.compile(r"__i?(contains|startswith|endswith|regex)$|__(search|trigram_similar|unaccent)")
NAMES = {"name", "name_en", "username", "officer", "holder", "signed_by", "made_by"}
PAGES_OWN = {"language", "LANGUAGE_CODE"}  # the language a page is read in, Persian or English; of nobody's mother
CALLED = re.compile(r"""\b(?:name|for|id)=["']([A-Za-z_][\w-]*)["']|{{\s*([\w.]+)""")


def ours() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model.__module__.startswith("kalantar.")]


def traits(told: dict[str, str]) -> list[str]:
    """Where a word of origin, belief, dress, opinion … is a field, a choice or a word of the product (R3)."""
    return [f"{where}: {text}" for where, text in told.items() if text not in PAGES_OWN and refused_category(text)]


def persons(told: dict[str, str]) -> list[str]:
    """Where a column of a table that is not about staff would hold a person (R1, R2, R4)."""
    return [
        f"{where}: {text}" for where, text in told.items() if (met := refused_column(text)) and met.kind == "person"
    ]


def _choices(field) -> list[tuple]:
    return list(getattr(field, "choices", None) or ())


def said_by_models() -> dict[str, str]:
    """Every field's name and every choice of every model."""
    told = {}
    for model in ours():
        for field in model._meta.get_fields():
            told[f"{model._meta.label}.{field.name}"] = field.name
            for code, word in _choices(field):
                told[f"{model._meta.label}.{field.name}={code}"] = f"{code} {word}"
    return told


def said_by_forms() -> dict[str, str]:
    """Every field's name, label and fixed choice of every form."""
    told = {}
    for path in reading.python_files():
        if not path.stem.startswith("forms") and "forms" not in path.parts:
            continue
        module = importlib.import_module(".".join(path.relative_to(reading.PACKAGE.parent).with_suffix("").parts))
        for form in vars(module).values():
            if isinstance(form, type) and issubclass(form, forms.BaseForm) and form.__module__ == module.__name__:
                for name, field in form.base_fields.items():
                    told[f"{path.stem}.{form.__name__}.{name}"] = f"{name} {field.label or ''}"
                    for code, word in () if isinstance(field, forms.ModelChoiceField) else _choices(field):
                        told[f"{path.stem}.{form.__name__}.{name}={code}"] = f"{code} {word}"
    return told


def said_by_words() -> dict[str, str]:
    rows = csv.DictReader(io.StringIO((reading.PACKAGE / "data" / "words.csv").read_text(encoding="utf-8")))
    return {
        f"words.csv {row['group']}/{row['code']} {column}": row[column]
        for row in rows
        for column in ("code", "fa", "en")
    }


def said_by_templates() -> dict[str, str]:
    """What templates name: fields, and the variables they show."""
    told = {}
    for path in reading.templates():
        for field, variable in CALLED.findall(path.read_text(encoding="utf-8")):
            for word in (field or variable).split("."):
                told[f"{path.relative_to(reading.PACKAGE)} {word}"] = word
    return told


SOURCES = [said_by_models, said_by_forms, said_by_words, said_by_templates]


# ---- R3: what is never modelled ----


@pytest.mark.parametrize(
    "planted", ["ethnicity", "مذهب", "hijab_status", "religion", "قومیت متهم", "political_opinion"]
)
def test_a_trait_would_be_found(planted):
    assert traits({"incidents.Incident.x": planted})


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.__name__)
def test_no_trait_is_a_field_a_choice_or_a_word(source):
    told = source()
    assert len(told) > 20, "the walk found nothing to look at"
    assert traits(told) == []


# ---- R1, R2: no person is kept but a colleague as a colleague ----


@pytest.mark.parametrize("planted", ["victim_name", "national_code", "suspect", "phone", "plate_number", "نام متهم"])
def test_a_person_would_be_found(planted):
    assert persons({"incidents.Incident.x": planted})


def test_no_table_but_those_of_staff_holds_a_person():
    told = {
        f"{model._meta.label}.{field.name}": field.name
        for model in ours()
        if model._meta.model_name not in STAFF
        for field in model._meta.get_fields()
        if field.concrete and field.name not in {"name", "name_en", "file_name"}  # of units, beats and files
    }
    assert len(told) > 100
    assert persons(told) == []


def ties(found: list[type[models.Model]], person: type[models.Model]) -> list[str]:
    """Tables that could draw a line from one person to another (SAFETY rule 3)."""
    return [
        model.__name__
        for model in found
        if sum(field.related_model is person for field in model._meta.get_fields() if field.concrete) > 1
    ]


def test_two_persons_in_one_row_would_be_found():
    from django.test.utils import isolate_apps

    with isolate_apps("kalantar.people"):

        class Person(models.Model):
            class Meta:
                app_label = "people"

        class Acquaintance(models.Model):
            one = models.ForeignKey(Person, models.CASCADE, related_name="+")
            other = models.ForeignKey(Person, models.CASCADE, related_name="+")

            class Meta:
                app_label = "people"

        assert ties([Person, Acquaintance], Person) == ["Acquaintance"]


def test_no_table_ties_two_persons_but_those_of_staff():
    found = [model for model in ours() if model._meta.model_name not in STAFF]
    assert ties(found, apps.get_model(PERSON)) == []


def figures(found: list[type[models.Model]]) -> list[str]:
    """Numbers kept about a colleague that are neither a key nor a counter of changes: a score would be one (R1)."""
    number = (models.IntegerField, models.FloatField, models.DecimalField)
    return [
        f"{model.__name__}.{field.name}"
        for model in found
        for field in model._meta.concrete_fields
        if isinstance(field, number) and field.name not in COUNTS
    ]


def test_a_score_would_be_found():
    from django.test.utils import isolate_apps

    with isolate_apps("kalantar.people"):

        class Officer(models.Model):
            risk = models.FloatField()

            class Meta:
                app_label = "people"

        assert figures([Officer]) == ["Officer.risk"]


def test_nobody_is_scored():
    assert figures([model for model in ours() if model._meta.model_name in STAFF]) == []


# ---- R1: no search across persons ----


def searches(code: str) -> list[str]:
    """Searches by part of a name in a module."""
    found = []
    for node in ast.walk(ast.parse(code)):
        keywords = [k.arg for k in node.keywords if k.arg] if isinstance(node, ast.Call) else []
        for name in keywords:
            if SEARCHES.search(name) and set(SEARCHES.sub("", name).split("__")) & NAMES:
                found.append(f"{node.lineno}: {name}")
    return found


@pytest.mark.parametrize(
    "bad",
    ["Officer.objects.filter(name__icontains=q)", "Q(officer__username__startswith=q)", "rows(made_by__name__regex=q)"],
)
def test_a_search_by_name_would_be_found(bad):
    assert searches(bad)


def test_a_search_by_path_or_key_is_none():
    assert searches("Unit.objects.filter(path__startswith=p, key__startswith='at ')") == []


@pytest.mark.parametrize("path", reading.python_files(), ids=lambda path: str(path.relative_to(reading.PACKAGE)))
def test_nothing_searches_for_a_person(path):
    assert searches(path.read_text(encoding="utf-8")) == []


@pytest.mark.django_db
def test_the_box_above_every_page_finds_no_colleague(station_chief, desk_officer, analyst, province_commander):
    from kalantar.web import find

    assert find.FINDERS, "nothing is searched at all"
    for actor in (desk_officer, analyst, station_chief, province_commander):
        for other in (desk_officer, analyst, station_chief):
            for text in (other.officer.username, other.officer.name, other.officer.name_en, str(other.officer.pk)):
                assert find.address(actor, text.replace(" ", "")) is None
