"""Single events: recorded once, corrected openly, totals always those of a recount."""

from __future__ import annotations

import contextlib
import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kalantar.incidents import totals, verbs
from kalantar.incidents.models import DailyCount, Incident, IncidentType
from kalantar.incidents.verbs import Event
from kalantar.kernel.change import Overtaken, Refused
from kalantar.people.actors import COMMAND_LINE
from tests.cast import middle
from tests.incidents.conftest import last_line, row_at, some_rows

pytestmark = pytest.mark.django_db
NOON = datetime(2024, 5, 6, 8, 30, tzinfo=UTC)


def event(beat, /, **fields):
    lon, lat = middle(beat)
    return Event(**({"type": "T-CAR", "occurred_from": NOON, "lon": lon, "lat": lat, "place_kind": "street"} | fields))


def test_types_are_those_of_the_words_and_their_codes(incident_types):
    assert IncidentType.objects.get(code="A-SERIOUS").violent
    assert IncidentType.objects.get(code="N-FAMILY").never_drawn
    assert IncidentType.objects.get(code="T-HOME").iccs == "05012"


def test_an_event_is_recorded_with_number_beat_and_audit_line(ground, desk_officer):
    row = verbs.record_incident(event(ground[1]), by=desk_officer, uid=uuid.uuid4())
    assert (row.beat_id, row.station_id, row.number_seq, row.shown_as, row.location_precision) == (
        ground[1].pk,
        ground[1].station_id,
        1,
        2,
        "exact",
    )
    assert row.local_date == date(2024, 5, 6)
    assert row.h3
    assert (last_line(row).what, last_line(row).chain) == ("incident.recorded", f"station:{row.station_id}")
    assert totals.verify_totals() == (1, [])


def test_the_same_entry_sent_twice_is_one_event(ground, desk_officer, duty_deputy):
    uid = uuid.uuid4()
    first = verbs.record_incident(event(ground[0]), by=desk_officer, uid=uid)
    assert verbs.record_incident(event(ground[0]), by=desk_officer, uid=uid) == first
    assert Incident.objects.count() == 1
    assert DailyCount.objects.get().n == 1
    with pytest.raises(Refused) as no:
        verbs.record_incident(event(ground[0]), by=duty_deputy, uid=uid)
    assert no.value.key == "uid_taken"


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"lon": None}, "coordinates_half"),
        ({"lon": 500.0}, "coordinates_not_degrees"),
        ({"lon": 10.0, "lat": 10.0}, "place_outside"),
        ({"lon": None, "lat": None}, "beat_missing"),
        ({"type": "T-MOON"}, "type_unknown"),
        ({"occurred_from": datetime(2090, 1, 1, tzinfo=UTC)}, "in_the_future"),
        ({"occurred_to": NOON - timedelta(hours=1)}, "interval_backwards"),
        ({"place_text": "تلفن ۰۹۱۲۳۴۵۶۷۸۹"}, "person_in_words"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(ground, desk_officer, fields, key):
    with pytest.raises(Refused) as no:
        verbs.record_incident(event(ground[0], **fields), by=desk_officer, uid=uuid.uuid4())
    assert no.value.key == key
    assert no.value.details.get("field")
    assert not Incident.objects.exists()
    assert not DailyCount.objects.exists()


def test_a_place_of_the_other_station_is_handed_over(ground, desk_officer, other_station):
    with pytest.raises(Refused) as no:
        verbs.record_incident(event(ground[-1]), by=desk_officer, uid=uuid.uuid4())
    assert (no.value.key, no.value.details["station"]) == ("row_of_another_station", other_station.code)


def test_a_beat_without_a_point_is_a_place_too(ground, desk_officer):
    row = verbs.record_incident(
        event(ground[0], lon=None, lat=None, beat=ground[2].pk), by=desk_officer, uid=uuid.uuid4()
    )
    assert (row.beat_id, row.location_precision, row.h3) == (ground[2].pk, "beat", None)


def test_a_correction_keeps_the_old_values_and_moves_the_totals(ground, desk_officer, duty_deputy):
    row = verbs.record_incident(event(ground[0]), by=desk_officer, uid=uuid.uuid4())
    number = row.number_seq
    row = verbs.correct_incident(row, event(ground[3], type="T-MOTO"), by=duty_deputy, reason="misheard")
    assert (row.beat_id, row.type.code, row.number_seq, row.version) == (ground[3].pk, "T-MOTO", number, 1)
    said = last_line(row).details
    assert said["changed"]["beat_id"] == [ground[0].pk, ground[3].pk]
    assert said["reason"] == "misheard"
    assert totals.verify_totals() == (1, [])


def test_a_correction_of_nothing_is_refused(ground, desk_officer, duty_deputy):
    row = verbs.record_incident(event(ground[0]), by=desk_officer, uid=uuid.uuid4())
    with pytest.raises(Refused) as no:
        verbs.correct_incident(row, event(ground[0]), by=duty_deputy)
    assert no.value.key == "nothing_changed"
    assert totals.verify_totals() == (1, [])


def test_two_corrections_at_once_never_overwrite_each_other(ground, desk_officer, duty_deputy):
    row = verbs.record_incident(event(ground[0]), by=desk_officer, uid=uuid.uuid4())
    stale = Incident.objects.get()
    verbs.correct_incident(row, event(ground[1]), by=duty_deputy)
    with pytest.raises(Overtaken):
        verbs.correct_incident(stale, event(ground[2]), by=duty_deputy)
    assert totals.verify_totals() == (1, [])


def test_who_may_not_correct_is_refused_and_a_stranger_finds_nothing(ground, desk_officer, other_chief):
    row = verbs.record_incident(event(ground[0]), by=desk_officer, uid=uuid.uuid4())
    with pytest.raises(Refused) as no:
        verbs.correct_incident(row, event(ground[1]), by=desk_officer)
    assert no.value.key == "not_your_post"
    with pytest.raises(Incident.DoesNotExist):
        verbs.correct_incident(row, event(ground[1]), by=other_chief)


def test_a_corrected_row_of_a_file_leaves_with_its_file(ground, analyst, write, bring):
    batch = bring(write(some_rows(ground[:4], 4)), by=analyst)
    verbs.correct_incident(
        Incident.objects.first(), event(ground[3], occurred_from=NOON - timedelta(days=9)), by=analyst
    )
    assert totals.verify_totals()[1] == []
    batch = verbs.withdraw_import(type(batch).objects.get(), by=analyst, reason="all of it")
    verbs.sweep_import(batch, by=COMMAND_LINE)
    assert not Incident.objects.exists()
    assert not DailyCount.objects.exclude(n=0).exists()


def test_the_file_does_not_bring_a_corrected_row_again(ground, analyst, write, bring):
    path = write([row_at(ground[0])])
    bring(path, by=analyst)
    verbs.correct_incident(Incident.objects.get(), event(ground[1]), by=analyst)
    assert bring(path, by=analyst).failure["key"] == "import_nothing_new"


def test_a_spoiled_total_is_found(ground, desk_officer):
    verbs.record_incident(event(ground[0]), by=desk_officer, uid=uuid.uuid4())
    DailyCount.objects.update(n=3)
    [wrong] = totals.verify_totals()[1]
    assert (wrong.beat, wrong.kept, wrong.counted) == (ground[0].pk, 3, 1)


steps = st.lists(
    st.tuples(st.sampled_from(["record", "correct", "import", "withdraw"]), st.integers(0, 3), st.integers(0, 3)),
    max_size=12,
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_whatever_happens_totals_are_those_of_a_recount(ground, analyst, write, bring, taken):
    from kalantar.incidents.models import Import

    for at, (step, a, b) in enumerate(taken):
        live = Incident.objects.live().order_by("pk")
        if step == "record":
            verbs.record_incident(
                event(ground[a], occurred_from=NOON + timedelta(days=b)), by=analyst, uid=uuid.uuid4()
            )
        elif step == "correct" and live.exists():
            row = live[a % live.count()]
            moved = event(ground[b], occurred_from=NOON + timedelta(days=a, hours=at), type=["T-CAR", "T-MOTO"][b % 2])
            with contextlib.suppress(Refused):  # nothing to change is refused, and then nothing may have moved
                verbs.correct_incident(row, moved, by=analyst)
        elif step == "import":
            bring(
                write(
                    [row_at(ground[(a + i) % 4], on=f"2024-05-0{b + 1} 10:{at:02d}", ref=f"{at}-{i}") for i in range(3)]
                ),
                by=analyst,
            )
        elif step == "withdraw" and Import.objects.filter(state=Import.LIVE).exists():
            verbs.withdraw_import(
                Import.objects.filter(state=Import.LIVE).order_by("pk").first(), by=analyst, reason="x"
            )
        assert totals.verify_totals()[1] == []
