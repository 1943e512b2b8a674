"""A file comes in whole or not at all, and leaves as it came."""

from __future__ import annotations

import json
from datetime import date

import pyarrow as pa
import pytest

from kalantar.formats import FileRefused
from kalantar.incidents import imports, jobs, mapping, totals, verbs
from kalantar.incidents.models import DailyCount, Import, Incident, SavedMapping, Unplaced
from kalantar.kernel import audit, files
from kalantar.kernel.change import Refused
from kalantar.kernel.models import AuditLine, StoredFile
from kalantar.people.actors import COMMAND_LINE, SYSTEM
from tests.incidents.conftest import HEADER, MAP, last_line, row_at, some_rows, visible

pytestmark = pytest.mark.django_db


def test_a_file_comes_in_with_its_totals_and_running_numbers(ground, analyst, write, bring):
    batch = bring(write(some_rows(ground[:4], 40)), by=analyst)
    assert (batch.state, batch.rows, batch.accepted, batch.refused) == (Import.LIVE, 40, 40, 0)
    assert visible() == (40, 40, 0)
    assert totals.verify_totals() == (DailyCount.objects.count(), [])
    numbers = list(Incident.objects.order_by("occurred_from").values_list("number_seq", flat=True))
    assert numbers == list(range(1, 41)), "numbers run in order of time"
    assert last_line(batch).what == "import.live"


def test_what_was_read_is_what_stood_there(ground, analyst, write, bring):
    bring(
        write(
            [
                row_at(
                    ground[0], on="۱۴۰۳/۰۲/۱۷ ۱۴:۳۰", type="سرقت خودرو", kind="خیابان", place="خيابان كوچك", ref="۱۲/۴"
                )
            ]
        ),
        by=analyst,
    )
    row = Incident.objects.select_related("type").get()
    assert row.type.code == "T-CAR"
    assert row.occurred_from.isoformat() == "2024-05-06T11:00:00+00:00"
    assert (row.local_date, row.time_known) == (date(2024, 5, 6), True)
    assert (row.place_kind, row.place_text, row.external_ref) == ("street", "خیابان کوچک", "۱۲/۴")
    assert (row.beat_id, row.station_id) == (ground[0].pk, ground[0].station_id)
    assert (row.shown_as, row.location_precision, row.made_by_id) == (Incident.POINT, "rounded", analyst.officer_id)
    assert row.h3 is not None
    assert 0 < row.h3 < 2**63


def test_a_date_without_an_hour_is_known_to_be_one(ground, analyst, write, bring):
    bring(write([row_at(ground[0], on="1403/02/17")]), by=analyst)
    row = Incident.objects.get()
    assert not row.time_known
    assert (row.local_date, row.occurred_from.isoformat()) == (date(2024, 5, 6), "2024-05-05T20:30:00+00:00")


def test_an_interval_ends_where_its_columns_say(ground, analyst, write, bring):
    header = ["from", "hour", "to", "until", "type", "lon", "lat"]
    lon, lat = row_at(ground[0])[2:4]
    toml = (
        'type = "T-HOME"\n[columns]\ndate = "from"\ntime = "hour"\ndate_to = "to"\ntime_to = "until"\n'
        'lon = "lon"\nlat = "lat"\n'
    )
    batch = bring(
        write(
            [
                ["2024-05-06", "22:00", "2024-05-08", "07:30", "", lon, lat],
                ["2024-05-06", "22:00", "2024-05-05", "07:30", "", lon, lat],
                ["2024-05-06", "22:00", "", "", "", lon, lat],
            ],
            header,
        ),
        by=analyst,
        toml=toml,
    )
    assert batch.report["errors"] == {"interval_backwards": 1}
    ends = list(Incident.objects.order_by("pk").values_list("occurred_to", flat=True))
    assert [end and end.isoformat() for end in ends] == ["2024-05-08T04:00:00+00:00", None]


def test_a_span_of_hours_in_one_column_may_run_past_midnight(ground, analyst, write, bring):
    lon, lat = row_at(ground[0])[2:4]
    toml = 'type = "T-HOME"\n[columns]\ndate = "date"\ninterval = "between"\nlon = "lon"\nlat = "lat"\n'
    bring(write([["2024-05-06", "۲۲:۰۰ تا ۰۲:۳۰", lon, lat]], ["date", "between", "lon", "lat"]), by=analyst, toml=toml)
    row = Incident.objects.get()
    assert row.time_known
    assert (row.occurred_to - row.occurred_from).total_seconds() == 4.5 * 3600


def test_the_same_file_again_brings_nothing(ground, analyst, write, bring):
    path = write(some_rows(ground[:4]))
    first = bring(path, by=analyst)
    second = imports.receive(path, by=analyst, name="again.csv")
    assert imports.same_file(second, analyst) == first, "told before any work"
    second = imports.load(
        verbs.start_import(verbs.map_import(second, mapping.from_toml(MAP), by=analyst), by=analyst, queued=False),
        by=analyst,
    )
    assert (second.state, second.failure["key"]) == (Import.FAILED, "import_nothing_new")
    assert visible() == (40, 40, 0)


def test_a_file_that_overlaps_an_earlier_one_brings_only_what_is_new(ground, analyst, write, bring):
    rows = some_rows(ground[:4], 60)
    bring(write(rows[:40]), by=analyst)
    batch = bring(write(rows[20:]), by=analyst)
    assert (batch.accepted, batch.duplicates) == (20, 20)
    assert visible()[0] == 60


def test_equal_rows_of_one_file_are_two_events_and_come_again_only_once(ground, analyst, write, bring):
    twice = [row_at(ground[0]), row_at(ground[0]), row_at(ground[1])]
    first = bring(write(twice), by=analyst)
    assert (first.accepted, first.report["repeated"]) == (3, 1)
    again = bring(write([*twice, row_at(ground[0])]), by=analyst)
    assert (again.accepted, again.duplicates) == (1, 3)


def test_equal_rows_may_be_left_out(ground, analyst, write, bring):
    batch = bring(write([row_at(ground[0])] * 3), by=analyst, toml='repeats = "leave_out"\n' + MAP)
    assert batch.accepted == 1


def test_a_withdrawn_import_leaves_as_it_came(ground, analyst, write, bring):
    bring(write(some_rows(ground[:4], 30), name="kept.csv"), by=analyst)
    before = sorted(DailyCount.objects.live().values_list("beat", "type", "local_date", "n"))
    wrong = bring(write([row_at(ground[0], on=f"2023-0{m}-05") for m in range(1, 9)], name="wrong.csv"), by=analyst)
    assert visible()[0] == 38
    wrong = verbs.withdraw_import(wrong, by=analyst, reason="Another year's file")
    assert visible() == (30, 30, 0), "gone at once"
    jobs.sweep_import({"import": wrong.pk})
    wrong.refresh_from_db()
    assert (wrong.state, wrong.withdrawal_reason) == (Import.SWEPT, "Another year's file")
    assert not Incident.objects.filter(batch=wrong).exists()
    assert sorted(DailyCount.objects.values_list("beat", "type", "local_date", "n")) == before
    assert totals.verify_totals()[1] == []


def test_without_a_reason_nothing_is_withdrawn(ground, analyst, write, bring):
    batch = bring(write(some_rows(ground[:4], 3)), by=analyst)
    with pytest.raises(Refused) as no:
        verbs.withdraw_import(batch, by=analyst, reason="  ")
    assert no.value.key == "reason_missing"
    assert visible()[0] == 3


def test_a_withdrawn_file_may_come_again(ground, analyst, write, bring):
    path = write(some_rows(ground[:4], 5))
    verbs.withdraw_import(bring(path, by=analyst), by=analyst, reason="wrong mapping")
    assert bring(path, by=analyst).accepted == 5


def test_an_interrupted_import_begins_anew_and_stops_the_loader_before_it(ground, analyst, write, monkeypatch):
    from kalantar.incidents import staging

    batch = imports.receive(write(some_rows(ground[:4], 40)), by=analyst, name="x.csv")
    batch = verbs.start_import(verbs.map_import(batch, mapping.from_toml(MAP), by=analyst), by=analyst, queued=False)
    monkeypatch.setattr(staging, "FIRST", 10)
    monkeypatch.setattr(staging, "LARGEST", 10)
    told = iter(range(100))

    class Killed(BaseException):
        pass

    def die():
        if next(told) == 3:
            raise Killed

    with pytest.raises(Killed):
        imports.load(batch, by=SYSTEM, told=die)
    batch.refresh_from_db()
    assert batch.state == Import.LOADING
    assert Incident.objects.filter(batch=batch).exists()
    assert visible() == (0, 0, 0), "nothing half-visible"
    old_version = batch.version
    batch = imports.load(batch, by=SYSTEM)
    assert (batch.state, batch.accepted, batch.written) == (Import.LIVE, 40, 40)
    assert visible() == (40, 40, 0)
    old = staging.Stager(batch, old_version, "exact", 1403)
    with pytest.raises(staging.Stopped):
        old._in_batches(
            Unplaced,
            1,
            lambda part: {
                "unit_id": batch.unit_id,
                "batch_id": batch.pk,
                "row": part,
                "type_id": 1,
                "occurred_from": "2024-01-01 00:00:00",
                "occurred_to": None,
                "time_known": True,
                "place_text": "",
                "place_kind": "",
                "lon": None,
                "lat": None,
                "stated_station_id": None,
                "external_ref": "",
                "same_as": "",
                "placed_as_id": None,
                "set_aside": "",
                "version": 0,
            },
        )


def test_a_loader_that_went_silent_is_failed_and_its_rows_are_swept(ground, analyst, write):
    from datetime import timedelta

    from kalantar.kernel import clock
    from kalantar.kernel import jobs as queue

    batch = imports.receive(write(some_rows(ground[:4], 10)), by=analyst, name="x.csv")
    batch = verbs.start_import(verbs.map_import(batch, mapping.from_toml(MAP), by=analyst), by=analyst, queued=False)
    Import.objects.filter(pk=batch.pk).update(alive_at=clock.wall() - timedelta(hours=1))
    assert jobs.fail_silent_imports() == 1
    queue.run_due()
    batch.refresh_from_db()
    assert (batch.state, batch.failure["key"], batch.written) == (Import.FAILED, "import_interrupted", 0)
    assert verbs.start_import(batch, by=analyst).state == Import.LOADING, "and may be started again"


def test_rows_outside_wait_for_a_place_and_count_nowhere(ground, analyst, write, bring):
    lost = row_at(ground[0])
    lost[2] = "52.90000"
    batch = bring(write([*some_rows(ground[:4], 5), lost]), by=analyst)
    assert (batch.accepted, batch.outside, visible()) == (5, 1, (5, 5, 1))
    row = Unplaced.objects.get()
    placed = verbs.place_unplaced(row, by=analyst, beat=ground[2].pk)
    assert (placed.beat_id, placed.location_precision, placed.lon, placed.batch_id) == (
        ground[2].pk,
        "beat",
        None,
        batch.pk,
    )
    assert visible()[:2] == (6, 6)
    assert totals.verify_totals()[1] == []
    with pytest.raises(Refused):
        verbs.place_unplaced(Unplaced.objects.get(), by=analyst, beat=ground[2].pk)
    batch = verbs.withdraw_import(Import.objects.get(), by=analyst, reason="again")
    verbs.sweep_import(batch, by=SYSTEM)
    assert (Incident.objects.count(), Unplaced.objects.count(), DailyCount.objects.count()) == (0, 0, 0), (
        "placed rows leave with their import"
    )


def test_a_row_may_be_set_aside_with_a_reason(ground, analyst, write, bring):
    lost = row_at(ground[0])
    lost[2] = "52.9"
    bring(write([*some_rows(ground[:4], 2), lost]), by=analyst)
    row = verbs.set_unplaced_aside(Unplaced.objects.get(), by=analyst, reason="Another province")
    assert row.set_aside == "Another province"
    assert not Unplaced.objects.waiting().exists()


def test_rows_of_another_station_are_handed_over_not_taken(ground, analyst, other_station, write, bring):
    batch = bring(write([row_at(ground[0]), row_at(ground[-1])]), by=analyst)
    assert (batch.accepted, batch.refused) == (1, 1)
    [error] = list(imports.errors_of(batch))
    assert (error.row, error.key, error.args) == (3, "row_of_another_station", {"station": other_station.code})


def test_the_command_line_covers_every_station(ground, write, bring):
    assert bring(write([row_at(ground[0]), row_at(ground[-1])]), by=COMMAND_LINE).accepted == 2


def test_the_other_chief_sees_nothing_of_it(ground, analyst, other_chief, write, bring):
    batch = bring(write(some_rows(ground[:4], 3)), by=analyst)
    assert not Import.objects.visible_to(other_chief).exists()
    assert not Incident.objects.visible_to(other_chief).exists()
    with pytest.raises(Import.DoesNotExist):
        verbs.withdraw_import(batch, by=other_chief, reason="mine")


def test_a_post_without_import_is_refused_and_the_audit_says_who_tried(ground, beat_officer, write):
    with pytest.raises(Refused) as no:
        imports.receive(write(some_rows(ground[:4], 3)), by=beat_officer, name="x.csv")
    assert no.value.key == "not_your_post"
    assert (last_line().what, last_line().by) == ("import.refused", beat_officer.audit_id)
    assert not Import.objects.exists()
    assert not StoredFile.objects.exists()


def test_the_mapping_is_remembered_for_the_next_file_with_this_heading(ground, analyst, write, bring):
    bring(write(some_rows(ground[:4], 3)), by=analyst, toml='order = "dmy"\n' + MAP)
    assert SavedMapping.objects.get().mapping["order"] == "dmy"
    batch = imports.receive(
        write(some_rows(ground[:4], 4), [h.upper().replace(" ", "  ") for h in HEADER]), by=analyst, name="y.csv"
    )
    kept = imports.guessed(batch)
    assert (kept.order, kept.columns["place_kind"]) == ("dmy", "PLACE KIND")


def test_a_try_keeps_nothing_but_its_report(ground, analyst, write):
    batch = imports.receive(write([*some_rows(ground[:4], 5), row_at(ground[0], on="x")]), by=analyst, name="x.csv")
    batch = imports.check(verbs.map_import(batch, mapping.from_toml(MAP), by=analyst), by=analyst)
    assert (batch.state, batch.report["counts"]["accepted"], batch.report["errors"]) == (
        Import.UPLOADED,
        5,
        {"date_not_a_date": 1},
    )
    assert (visible(), Incident.objects.count()) == ((0, 0, 0), 0)


def test_uploaded_files_are_forgotten_when_they_have_done_their_work(
    ground, analyst, write, bring, django_capture_on_commit_callbacks
):
    from datetime import timedelta

    batch = bring(write([*some_rows(ground[:4], 5), row_at(ground[0], on="x")]), by=analyst)
    path = files.path_of(batch.file)
    assert path.exists()
    assert jobs.forget_files() == 0
    Import.objects.update(live_at=batch.live_at - timedelta(days=31))
    with django_capture_on_commit_callbacks(execute=True):
        assert jobs.forget_files() == 1
    batch.refresh_from_db()
    assert (batch.file, batch.state, path.exists()) == (None, Import.LIVE, False)


SPARE = "note of the writer"


def with_a_spare_column(ground, write, name="events.csv"):
    rows = [[*row, f"canary {at}"] for at, row in enumerate(some_rows(ground[:4], 5))]
    return write(rows, [*HEADER, SPARE], name=name)


def kept_texts(batch):
    """Every text of the file as it is kept, read by Arrow alone."""
    with pa.ipc.open_stream(files.path_of(batch.file).read_bytes()) as reader:
        return {value for column in reader.read_all().columns[1:] for value in column.to_pylist()}


def test_a_column_that_means_nothing_is_kept_no_longer_than_the_choosing(
    ground, analyst, write, django_capture_on_commit_callbacks
):
    batch = imports.receive(with_a_spare_column(ground, write), by=analyst, name="events.csv")
    batch = verbs.map_import(batch, mapping.from_toml(MAP), by=analyst)
    assert SPARE in batch.about["columns"], "until loading begins another column may still be chosen"
    assert "canary 3" in kept_texts(batch)
    wide = files.path_of(batch.file)
    with django_capture_on_commit_callbacks(execute=True):
        batch = imports.load(verbs.start_import(batch, by=analyst, queued=False), by=analyst)
    assert (batch.state, batch.accepted) == (Import.LIVE, 5)
    assert not wide.exists(), "the wider file is gone from the disk"
    assert SPARE not in batch.about["columns"]
    assert {"R3"} <= kept_texts(batch) and not {text for text in kept_texts(batch) if "canary" in text}
    assert batch.about["digest"] == batch.digest, "the file as it came is still known again"
    assert AuditLine.objects.filter(what="import.columns_dropped", subject=audit.name_of(batch)).count() == 1
    again = imports.receive(with_a_spare_column(ground, write), by=analyst, name="again.csv")
    assert imports.guessed(again).columns == mapping.from_toml(MAP).columns, "and so is its heading"


def test_a_column_that_a_given_mapping_does_not_name_is_never_kept(ground, analyst, write):
    chosen = mapping.from_toml(MAP)
    batch = imports.receive(with_a_spare_column(ground, write), by=analyst, name="events.csv", mapping=chosen)
    assert SPARE not in batch.about["columns"]
    assert not {text for text in kept_texts(batch) if "canary" in text}


def test_what_is_dropped_may_be_cut_off_at_any_point(ground, analyst, write, monkeypatch):
    """Killed between the narrower file and its row, the next loader drops the column."""
    batch = imports.receive(with_a_spare_column(ground, write), by=analyst, name="events.csv")
    batch = verbs.start_import(verbs.map_import(batch, mapping.from_toml(MAP), by=analyst), by=analyst, queued=False)

    class Killed(BaseException):
        pass

    def die(*_args, **_kwargs):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(verbs, "drop_columns", die)
        with pytest.raises(Killed):
            imports.load(batch, by=SYSTEM)
    batch.refresh_from_db()
    assert (batch.state, visible()) == (Import.LOADING, (0, 0, 0))
    batch = imports.load(batch, by=SYSTEM)
    assert (batch.state, SPARE in batch.about["columns"]) == (Import.LIVE, False)


def test_the_name_of_a_file_is_in_no_audit_line_and_goes_with_the_file(ground, analyst, write, bring):
    from datetime import timedelta

    name = "burglaries of Canary Canaryson.csv"
    batch = bring(write(some_rows(ground[:4], 5), name=name), by=analyst)
    bring(write([row_at(ground[0], on="x")], name=name), by=analyst)
    refused = write([], name=name)
    with pytest.raises(FileRefused):
        imports.receive(refused, by=analyst, name=name)
    assert batch.file_name == name, "who works with the file sees its name"
    lines = json.dumps(list(AuditLine.objects.values("what", "subject", "details")))
    assert "Canary" not in lines
    assert batch.digest in lines and '"kind": "csv"' in lines
    Import.objects.update(live_at=batch.live_at - timedelta(days=31), made_at=batch.made_at - timedelta(days=31))
    jobs.forget_files()
    assert not Import.objects.filter(file_name__contains="Canary").exists()
    batch.refresh_from_db()
    assert batch.file_name == f"{batch.digest[:8]}.csv"


def test_whoever_brought_the_file_is_told_how_it_ended(ground, analyst, write, bring):
    from kalantar.kernel import outbox
    from kalantar.people import inbox

    bring(write(some_rows(ground[:4], 3), name="a.csv"), by=analyst)
    bring(write([row_at(ground[0], on="x")], name="b.csv"), by=analyst)
    told = list(outbox.waiting(analyst.officer_id))
    assert [line.kind for line in told] == ["import_failed", "import_live"]
    for line in told:
        assert inbox.shown(line).url
        assert line.args["file"] in inbox.SENTENCES.say(line.kind, line.args)
