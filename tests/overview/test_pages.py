"""Every page of the room in both languages: whole, translated, and in the digits of its language."""

from __future__ import annotations

import html
import re
from itertools import pairwise

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db
LATIN_IN_PERSIAN = re.compile(r"[A-Za-z]{3,}")
# What may stand in Latin letters on a Persian page: the other language's own name.
KNOWN = {"English", "Kalantar"}


def addresses(station, town):
    from kalantar.incidents.models import Finding

    first_of = {}
    for row in Finding.objects.filter(station=station).order_by("rank"):
        first_of.setdefault(row.kind, row.pk)
    pages = [reverse("overview:morning"), reverse("overview:my_area")]
    pages += [reverse(f"overview:{name}", args=[station.code]) for name in ("station_morning", "wall", "paper", "area")]
    pages += [reverse("overview:beat", args=[station.code, town.beats[n].code]) for n in (0, 1)]
    pages += [reverse("overview:finding", args=[pk]) for pk in first_of.values()]
    return pages


def seen_text(page: str) -> str:
    """The words a reader sees; codes and sources, which are set from left to right, are left out."""
    body = page[page.index("<body") :]
    body = re.sub(r"<(script|style|template|title)\b.*?</\1>", " ", body, flags=re.S)
    body = re.sub(r'<(bdi|p|code|kbd|span)\b[^>]*dir="ltr"[^>]*>.*?</\1>', " ", body, flags=re.S)
    body = re.sub(r"<kbd>.*?</kbd>", " ", body, flags=re.S)
    return html.unescape(re.sub(r"<[^>]+>", " ", body))


@pytest.fixture
def read(client_of, station_chief):
    def get(address, language):
        client = client_of(station_chief)
        client.cookies["language"] = language
        response = client.get(address)
        assert response.status_code == 200, address
        return response.content.decode()

    return get


def test_every_page_in_persian_holds_no_untranslated_word_and_no_latin_digit(town, station, read):
    for address in addresses(station, town):
        page = read(address, "fa")
        assert re.search(r'<html[^>]*lang="fa"[^>]*dir="rtl"|<html[^>]*dir="rtl"[^>]*lang="fa"', page), address
        text = seen_text(page)
        assert set(LATIN_IN_PERSIAN.findall(text)) <= KNOWN, (address, set(LATIN_IN_PERSIAN.findall(text)))
        assert not re.search(r"[0-9]", text), (address, re.findall(r".{20}[0-9].{20}", text))


def test_every_page_in_english_holds_persian_only_where_the_text_is_persian(town, station, read):
    for address in addresses(station, town):
        page = read(address, "en")
        assert re.search(r'<html[^>]*lang="en"[^>]*dir="ltr"|<html[^>]*dir="ltr"[^>]*lang="en"', page), address
        text = seen_text(page)
        assert not re.search(r"[۰-۹٪٬]", text), address
        assert "None" not in text
        persian = set(re.findall(r"[؀-ۿ‌]{2,}", text))
        assert persian <= {"فارسی", "خیابان", "بهار", "کلانتر"}, (address, persian)


def test_no_page_carries_a_style_attribute_a_script_or_another_host(town, station, read):
    for address in addresses(station, town):
        page = read(address, "fa")
        assert " style=" not in page
        assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")", page)
        assert not re.search(r'(?:src|href)="(?:https?:)?//', page)


def test_every_map_has_its_twin_as_a_table_and_a_name(town, station, read):
    page = read(reverse("overview:area", args=[station.code]), "fa")
    assert 'data-view="picture"' in page
    assert 'data-view="table"' in page
    for address in addresses(station, town):
        for svg in re.findall(r"<svg\b[^>]*>", read(address, "fa")):
            assert "aria-hidden" in svg or "aria-label" in svg or "role" in svg, (address, svg)


def test_each_page_has_one_first_heading_and_headings_in_order(town, station, read):
    for address in addresses(station, town):
        levels = [int(n) for n in re.findall(r"<h([1-6])\b", read(address, "fa"))]
        assert levels.count(1) == 1, address
        assert levels[0] == 1, address
        assert all(b <= a + 1 for a, b in pairwise(levels)), (address, levels)
