"""Pages that keep their place."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import RequestFactory
from django.utils import translation

from kalantar.kernel.models import OutboxLine
from kalantar.web import pager

START = datetime(2026, 1, 1, tzinfo=UTC)
ORDER = ("at", "id")


@pytest.fixture
def lines(db):
    """103 rows, three of them always in one moment."""
    OutboxLine.objects.bulk_create(
        [OutboxLine(kind="x", to_id=1, at=START + timedelta(hours=i // 3)) for i in range(103)]
    )
    return list(OutboxLine.objects.order_by("-at", "-id").values_list("pk", flat=True))


def get(address="/list/"):
    return RequestFactory().get(address)


def turn(address, side, **kwargs):
    """The primary keys met by following one link to its end."""
    met, steps = [], 0
    while address:
        page = pager.page(get(address), OutboxLine.objects.all(), order=ORDER, size=10, **kwargs)
        met.append([row.pk for row in page])
        address = getattr(page, f"{side}_url")
        steps += 1
        assert steps < 30
    return met, page


def test_all_rows_are_met_once_on_the_way_down(lines):
    met, last = turn("/list/", "older")
    assert [pk for page in met for pk in page] == lines
    assert last.older_url == ""


def test_the_way_back_shows_the_same_pages(lines):
    down, last = turn("/list/", "older")
    up, first = turn(last.newer_url, "newer")
    assert [pk for page in reversed(up) for pk in page] == lines[:100]
    assert first.newer_url == ""
    assert all(page == sorted(page, key=lines.index) for page in up)
    assert len(down) == 11


def test_oldest_first_works_the_same(lines):
    met, _last = turn("/list/", "older", ascending=True)
    assert [pk for page in met for pk in page] == lines[::-1]


def test_rows_that_come_meanwhile_move_nothing(lines):
    first = pager.page(get(), OutboxLine.objects.all(), order=ORDER, size=10)
    OutboxLine.objects.create(kind="x", to_id=1, at=START + timedelta(days=90))
    second = pager.page(get(first.older_url), OutboxLine.objects.all(), order=ORDER, size=10)
    assert [row.pk for row in second] == lines[10:20]


def test_a_page_costs_two_statements_wherever_it_is(lines, statements):
    for address in ("/list/", "/list/?older=1767225600000000.9", "/list/?newer=1767225600000000.9"):
        assert statements(pager.page, get(address), OutboxLine.objects.all(), order=ORDER) == 2
    assert statements(pager.page, get(), OutboxLine.objects.all(), order=ORDER, counted=False) == 1


@pytest.mark.parametrize("cursor", ["", "x", "1", "1.2.3", "9" * 40 + ".1", "-1.-1", "1e9.1", "'; --"])
def test_a_broken_cursor_is_no_error(lines, cursor):
    page = pager.page(get(f"/list/?older={cursor}"), OutboxLine.objects.all(), order=ORDER, size=10)
    assert page.total == 103


def test_filters_stay_in_the_address(lines):
    page = pager.page(get("/list/?type=T-CAR&older=1798761600000000.9"), OutboxLine.objects.all(), order=ORDER, size=10)
    asked = parse_qs(urlsplit(page.older_url).query)
    assert asked["type"] == ["T-CAR"]
    assert set(asked) == {"type", "older"}


def test_the_count_is_honest(lines):
    with translation.override("en"):
        few = pager.page(get(), OutboxLine.objects.all(), order=ORDER)
        many = pager.page(get(), OutboxLine.objects.all(), order=ORDER, limit=100)
    assert few.total_text == "103"
    assert many.total_text == "more than 100"


def test_an_empty_list_has_no_neighbours(db):
    page = pager.page(get(), OutboxLine.objects.all(), order=ORDER)
    assert (len(page), page.newer_url, page.older_url, page.range_text) == (0, "", "", "")
