"""Rows in bulk are the rows that Django's own save would have made, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from django.db import transaction

from kalantar.incidents.models import Import, IncidentType, Unplaced
from kalantar.kernel import bulk, clock

pytestmark = pytest.mark.django_db

FIRST = datetime(2024, 1, 1, 8, 0, tzinfo=UTC)


@pytest.fixture
def batch(ground, station):
    return Import.objects.create(unit=station, made_at=clock.now(), file_name="x.csv")


def columns(batch, n, *, no_end, no_place):
    """What is the same for all rows, what differs, what is missing in some of them, and words that need care."""
    minutes = np.datetime64("2024-01-01T08:00:00", "s") + 60 * np.arange(n)
    return {
        "unit_id": batch.unit_id,
        "batch_id": batch.pk,
        "row": np.arange(n, dtype=np.int32),
        "type_id": np.full(n, IncidentType.objects.get(code="T-CAR").pk),
        "occurred_from": minutes,
        "occurred_to": bulk.Nullable(minutes + 600, no_end),
        "time_known": np.arange(n) % 2 == 0,
        "place_text": pa.array([f"O'Hare; {at} خیابان\u200cها" for at in range(n)], pa.string()),
        "place_kind": 'it\'s "one"',
        "lon": bulk.Nullable(np.where(no_place, np.nan, 51.4), no_place),
        "lat": bulk.Nullable(np.full(n, 35.7), no_place),
        "stated_station_id": bulk.Nullable(np.full(n, batch.unit_id), no_place),
        "external_ref": [f"R{at}" for at in range(n)],
        "same_as": "",
        "placed_as_id": None,
        "set_aside": "",
        "version": 0,
    }


@pytest.mark.parametrize("n", [1, 49, 50, 51, 120])
@pytest.mark.parametrize("missing", ["none", "some", "all"])
def test_every_row_comes_back_as_it_was_given(batch, n, missing):
    gone = {"none": np.zeros(n, bool), "some": np.arange(n) % 3 == 0, "all": np.ones(n, bool)}[missing]
    ready = bulk.prepare(Unplaced, n, **columns(batch, n, no_end=gone, no_place=~gone))
    with transaction.atomic():
        bulk.write(ready)
    found = list(Unplaced.objects.order_by("row"))
    assert [row.row for row in found] == list(range(n))
    for at, row in enumerate(found):
        start = FIRST + timedelta(minutes=at)
        assert (row.occurred_from, row.occurred_to) == (start, None if gone[at] else start + timedelta(minutes=10))
        assert (row.time_known, row.place_text) == (at % 2 == 0, f"O'Hare; {at} خیابان\u200cها")
        assert (row.place_kind, row.external_ref) == ('it\'s "one"', f"R{at}")
        place = (51.4, 35.7, batch.unit_id) if gone[at] else (None, None, None)
        assert (row.lon, row.lat, row.stated_station_id) == place
        assert (row.placed_as_id, row.set_aside, row.version, row.batch_id) == (None, "", 0, batch.pk)


def test_a_column_too_few_writes_nothing(batch):
    given = columns(batch, 2, no_end=np.zeros(2, bool), no_place=np.zeros(2, bool))
    del given["lat"]
    with pytest.raises(ValueError, match="lat"):
        bulk.prepare(Unplaced, 2, **given)


@pytest.mark.sqlite
def test_a_text_with_a_zero_byte_is_no_part_of_a_statement(batch):
    given = columns(batch, 2, no_end=np.zeros(2, bool), no_place=np.zeros(2, bool))
    with pytest.raises(ValueError, match="zero byte"):
        bulk.prepare(Unplaced, 2, **given | {"set_aside": "a\0'); DROP TABLE x; --"})
