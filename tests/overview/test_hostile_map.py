"""Matters that are never drawn have no map of their own, whatever the address asks (R14)."""

from __future__ import annotations

import pytest
from django.urls import reverse

from kalantar.incidents.types import NEVER_DRAWN
from tests.incidents import events

pytestmark = pytest.mark.django_db


@pytest.fixture
def recorded(station_chief, beats):
    events.load_types()
    events.recorded(beats[0], station_chief, type="T-SHOP", place_kind="shop")
    return events.recorded(
        beats[0], station_chief, type="N-FAMILY", place_kind="dwelling", place_text="کوچه نسترن، پلاک ۱۲"
    )


@pytest.mark.parametrize("kind", sorted(NEVER_DRAWN))
def test_the_area_is_not_narrowed_to_what_is_never_drawn(recorded, station, station_chief, client_of, kind):
    page = client_of(station_chief).get(reverse("overview:area", args=[station.code]), {"type": kind})
    assert page.context["pick"].value == ""
    assert kind not in [option["url"].rpartition("=")[2] for option in page.context["pick"].options]


def test_no_page_over_several_rooms_names_its_place(recorded, station, station_chief, client_of):
    client, code = client_of(station_chief), station.code
    addresses = [
        reverse("overview:morning"),
        *(reverse(f"overview:{name}", args=[code]) for name in ("station_morning", "wall", "paper", "area")),
        reverse("overview:beat", args=[code, recorded.beat.code]),
        reverse("incidents:list"),
        reverse("incidents:map"),
        reverse("incidents:incident", args=[recorded.uid]),
    ]
    for address in addresses:
        text = client.get(address).content.decode()
        assert "نسترن" not in text, address
        assert str(recorded.lon) not in text, address
