"""The import pages in a real browser, in Persian, at 390 and 1280 px: nothing scrolls sideways, axe finds nothing."""

from __future__ import annotations

import os

import pytest
from django.urls import reverse

from kalantar.incidents import imports
from kalantar.incidents.models import Unplaced
from kalantar.kernel import jobs
from tests.incidents.conftest import HEADER, row_at, some_rows

pytestmark = pytest.mark.django_db(transaction=True)


def look(live, name):
    for width in (390, 1280):
        live.page.set_viewport_size({"width": width, "height": 900})
        live.does_not_scroll_sideways()
        live.axe()
        folder = os.environ.get("KALANTAR_PICTURES")
        if folder:
            live.page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)


def test_a_file_is_brought_in_and_withdrawn_by_hand(live, ground, analyst, client_of, write):
    lost, bad = row_at(ground[0]), row_at(ground[0], on="1402/12/30")
    lost[2] = "52.9"
    path = write([[*row, "x"] for row in [*some_rows(ground[:4], 12), lost, bad]], [*HEADER, "نام شاکی"])
    live.enter(client_of(analyst))
    page = live.open(reverse("incidents:imports"))
    look(live, "1-list")
    page.set_input_files("input[type=file]", path)
    page.click("main form button")
    page.wait_for_url("**/imports/*-*/")
    look(live, "2-columns")
    page.check("input[name=leave_out]")
    page.click("form[action$='/columns/'] button")
    page.wait_for_selector("#preview")
    page.click("form[action$='/check/'] button")
    page.wait_for_selector("#report")
    look(live, "3-checked")
    page.click("form[action$='/load/'] button")
    page.wait_for_selector("progress")
    look(live, "4-loading")
    jobs.run_due()
    page.reload()
    look(live, "5-in")
    live.open(reverse("incidents:to_fix"))
    look(live, "6-to-fix")
    live.open(reverse("incidents:fix", args=[Unplaced.objects.get().pk]))
    look(live, "7-fix")
    batch = imports.Import.objects.get()
    page = live.open(reverse("incidents:import", args=[batch.uid]))
    page.fill("input[name=reason]", "سال اشتباه")
    page.click("form[action$='/withdraw/'] button")
    page.wait_for_selector(".toast")
    look(live, "8-withdrawn")
    batch.refresh_from_db()
    assert batch.state in {"withdrawn", "swept"}
