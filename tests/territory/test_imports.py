"""Boundary files: what is read in them, what is said about them, and that a refused one writes nothing."""

import hashlib
import json

import pytest
import shapely

from kalantar.formats import FileRefused
from kalantar.kernel.models import AuditLine, StoredFile
from kalantar.territory import imports
from kalantar.territory.imports import CoverageReport, Reading, import_boundaries
from kalantar.territory.imports.mark import mark_of
from kalantar.territory.models import Area, Beat, BoundaryFile
from tests.cast import square

pytestmark = pytest.mark.django_db


@pytest.fixture
def grounds(geojson, station, other_station):
    """Areas of both stations: two columns of four squares."""
    return geojson({"11": square(0, 0, rows=4), "12": square(1, 0, rows=4)}, name="areas.geojson")


def squares(first, n, column=0, sign="-"):
    return {f"{first}{sign}{row + 1}": square(column, row) for row in range(n)}


def test_the_commander_draws_both_areas_by_number(grounds, province_commander, station, other_station):
    report = import_boundaries(grounds, kind="station", by=province_commander)
    assert report.done
    assert (report.by, report.stations, report.overlaps, report.gaps) == ("code", 2, (), ())
    assert set(Area.objects.values_list("station", "code")) == {(station.pk, "K11"), (other_station.pk, "K12")}


def test_a_dry_run_writes_nothing(grounds, province_commander):
    lines = AuditLine.objects.count()
    report = import_boundaries(grounds, kind="station", by=province_commander, dry_run=True)
    assert report.done
    assert not report.taken_over
    assert (Area.objects.count(), AuditLine.objects.count()) == (0, lines)


def test_shapes_of_another_station_refuse_the_file_unless_they_are_known(grounds, station_chief, station):
    report = import_boundaries(grounds, kind="station", by=station_chief)
    assert (report.done, report.refusal, report.unknown) == (False, "boundaries_unknown", 1)
    assert not Area.objects.exists()
    assert AuditLine.objects.order_by("-pk").first().what == "territory.boundaries_refused"
    assert import_boundaries(grounds, kind="station", by=station_chief, only_known=True).done
    assert list(Area.objects.values_list("station", flat=True)) == [station.pk]


def test_a_beat_finds_its_station_by_the_beginning_of_its_code(geojson, province_commander, station, other_station):
    path = geojson(squares("11", 3) | squares("12", 2, column=1))
    report = import_boundaries(path, kind="beat", by=province_commander)
    assert (report.by, report.stations, len(report.taken)) == ("prefix", 2, 5)
    assert set(Beat.objects.filter(station=station).values_list("code", flat=True)) == {"11-1", "11-2", "11-3"}


def test_a_beat_finds_its_station_by_a_property(geojson, province_commander, other_station):
    shapes = [({"code": n, "station": "K12"}, square(1, n)) for n in range(3)]
    report = import_boundaries(geojson(shapes), kind="beat", by=province_commander)
    assert (report.by, report.reading.station) == ("property", "station")
    assert set(Beat.objects.values_list("station", flat=True)) == {other_station.pk}


def test_a_beat_finds_its_station_by_the_ground(grounds, geojson, province_commander, station, other_station):
    import_boundaries(grounds, kind="station", by=province_commander)
    path = geojson({"A": square(0, 0), "B": square(1, 0), "C": square(5, 5)}, field="no")
    report = import_boundaries(path, kind="beat", by=province_commander, only_known=True)
    assert report.by == "overlap"
    assert [(out.code, out.why) for out in report.left_out] == [("C", "no_station")]
    assert dict(Beat.objects.values_list("code", "station")) == {"A": station.pk, "B": other_station.pk}


def test_shapes_with_one_code_become_one_area(geojson, station_chief, station):
    shapes = [({"code": "11-1"}, square(0, 0)), ({"code": "11-1"}, square(0, 2)), ({"code": "11-2"}, square(0, 1))]
    report = import_boundaries(geojson(shapes), kind="beat", by=station_chief)
    assert report.merged == (("11-1", 2),)
    assert abs(Beat.objects.get(code="11-1").area_m2 - 2e6) < 5e4


def test_the_same_ground_twice_under_one_code_is_named(geojson, station_chief):
    shapes = [({"code": "11-1"}, square(0, 0)), ({"code": "11-1"}, square(0, 0)), ({"code": "11-2"}, square(0, 1))]
    report = import_boundaries(geojson(shapes), kind="beat", by=station_chief)
    [twice] = report.duplicates
    assert (twice.same, twice.codes) == ("code", ("11-1",))
    assert abs(twice.area_m2 - 1e6) < 2e4
    assert report.done


def test_the_same_ground_under_two_codes_is_refused(geojson, station_chief):
    path = geojson({"11-1": square(0, 0), "11-2": square(0, 0), "11-3": square(0, 1)})
    report = import_boundaries(path, kind="beat", by=station_chief, overlaps_known=True)
    assert (report.done, report.refusal) == (False, "boundaries_doubled")
    assert report.duplicates[0].codes == ("11-1", "11-2")
    assert not Beat.objects.exists()


def test_an_overlap_is_measured_named_and_refused_until_it_is_known(geojson, station_chief):
    over = shapely.box(
        *square(0, 0).bounds[:3], square(0, 0).bounds[3] + (square(0, 0).bounds[3] - square(0, 0).bounds[1]) / 10
    )
    path = geojson({"11-1": over, "11-2": square(0, 1)})
    report = import_boundaries(path, kind="beat", by=station_chief)
    [shared] = report.overlaps
    assert {shared.first, shared.second} == {"11-1", "11-2"}
    assert abs(shared.area_m2 - 1e5) < 3e3
    assert (report.done, report.refusal) == (False, "boundaries_overlap")
    assert not Beat.objects.exists()
    assert import_boundaries(path, kind="beat", by=station_chief, overlaps_known=True).done


def test_an_overlap_with_a_neighbour_outside_the_file_names_no_neighbour(
    geojson, grounds, province_commander, station_chief
):
    import_boundaries(grounds, kind="station", by=province_commander)
    report = import_boundaries(geojson({"11": square(0, 0, columns=2)}), kind="station", by=station_chief)
    assert [(shared.first, shared.second) for shared in report.overlaps] == [("11", "")]
    assert report.refusal == "boundaries_overlap"


def test_no_chief_draws_a_beat_over_the_next_station(geojson, other_beats, station_chief, province_commander):
    over = geojson({"11-1": square(0, 0, columns=2)})
    before = list(Beat.objects.order_by("pk").values_list("pk", "station", "ended_on"))
    report = import_boundaries(over, kind="beat", by=station_chief, overlaps_known=True, only_known=True)
    assert (report.done, report.refusal) == (False, "boundaries_of_others")
    assert list(Beat.objects.order_by("pk").values_list("pk", "station", "ended_on")) == before
    assert import_boundaries(over, kind="beat", by=province_commander, overlaps_known=True, only_known=True).done


def test_a_gap_is_measured_and_named(geojson, grounds, province_commander, station_chief):
    import_boundaries(grounds, kind="station", by=province_commander)
    report = import_boundaries(geojson(squares("11", 3)), kind="beat", by=station_chief)
    [hole] = report.gaps
    assert hole.near == "11-3"
    assert abs(hole.area_m2 - 1e6) < 2e4
    assert report.done


def test_beats_that_the_file_does_not_bring_are_named_before_they_end(geojson, station_chief):
    import_boundaries(geojson(squares("11", 3)), kind="beat", by=station_chief)
    assert import_boundaries(geojson(squares("11", 2)), kind="beat", by=station_chief, dry_run=True).ending == ("11-3",)


def test_another_property_can_be_the_code(geojson, station_chief):
    shapes = [({"id": 100 + n, "label": f"11-{n}"}, square(0, n)) for n in range(3)]
    report = import_boundaries(geojson(shapes), kind="beat", by=station_chief, reading=Reading(code="label"))
    assert sorted(t.code for t in report.taken) == ["11-0", "11-1", "11-2"]


@pytest.mark.parametrize("digits", ["۱۱", "١١", "11", "11.0", "011"])
def test_codes_in_any_digits(geojson, station_chief, digits):
    code = float(digits) if digits == "11.0" else digits
    assert import_boundaries(geojson([({"no": code}, square(0, 0))]), kind="station", by=station_chief).done


def test_swapped_axes_are_refused_before_anything_is_known_of_the_ground(geojson, station_chief):
    turned = shapely.transform(square(0, 0), lambda c: c[:, ::-1])
    with pytest.raises(FileRefused) as refused:
        import_boundaries(geojson({"11": turned}), kind="station", by=station_chief)
    assert refused.value.key == "swapped_coordinates"
    assert AuditLine.objects.order_by("-pk").first().details["why"] == "swapped_coordinates"


def test_ground_on_the_other_side_of_the_earth_is_refused(geojson, station_chief):
    with pytest.raises(FileRefused) as refused:
        import_boundaries(geojson({"11": shapely.box(-100, -30, -99, -29)}), kind="station", by=station_chief)
    assert refused.value.key == "outside_area"


def test_the_report_survives_its_way_through_json(geojson, station_chief):
    shapes = [
        ({"code": "11-1"}, square(0, 0)),
        ({"code": "11-1"}, square(0, 0)),
        ({"code": ""}, square(0, 3)),
        ({"code": "11-2"}, square(0, 2)),
    ]
    report = import_boundaries(geojson(shapes), kind="beat", by=station_chief, dry_run=True)
    assert CoverageReport.from_json(json.loads(json.dumps(report.as_json()))) == report
    assert "۱۱-۱" in report.as_text()


# ---- a file on its way through the pages ----


def brought(path, kind, by):
    with path.open("rb") as file:
        return imports.look_at(file, kind, by=by, file_name=path.name)


def test_a_file_waits_and_draws_nothing_until_it_is_taken(geojson, station_chief, last_line):
    row = brought(geojson(squares("11", 2)), "beat", station_chief)
    assert not Beat.objects.exists()
    imports.take(row, by=station_chief, only_known=False, overlaps_known=False)
    assert Beat.objects.count() == 2
    row.refresh_from_db()
    assert row.state == BoundaryFile.TAKEN
    assert last_line(row).what == "territory.file_taken"


def test_a_dropped_file_leaves_no_bytes(geojson, station_chief, django_capture_on_commit_callbacks):
    from kalantar.kernel import files

    row = brought(geojson(squares("11", 2)), "beat", station_chief)
    path = files.path_of(row.file)
    with django_capture_on_commit_callbacks(execute=True):
        imports.drop(row, by=station_chief)
    assert not path.exists()
    assert not StoredFile.objects.exists()


def test_a_file_that_cannot_be_read_is_not_kept(tmp_path, station_chief):
    path = tmp_path / "broken.geojson"
    path.write_text('{"type": "FeatureCollection", "features": [')
    with pytest.raises(FileRefused):
        brought(path, "beat", station_chief)
    assert not StoredFile.objects.exists()
    assert not BoundaryFile.objects.exists()


def test_a_file_is_not_taken_when_the_ground_changed_since_it_was_read(geojson, station_chief):
    from kalantar.kernel.change import Refused

    row = brought(geojson(squares("11", 2), name="small.geojson"), "beat", station_chief)
    import_boundaries(geojson(squares("11", 3)), kind="beat", by=station_chief)
    with pytest.raises(Refused) as refused:
        imports.take(row, by=station_chief, only_known=False, overlaps_known=False)
    assert refused.value.key == "boundary_file_changed"
    assert Beat.objects.in_force().count() == 3


def test_a_file_nobody_decided_about_is_swept_after_a_week(geojson, station_chief):
    from datetime import timedelta

    from kalantar.kernel import clock
    from kalantar.territory.jobs import sweep_files

    old = brought(geojson(squares("11", 2), name="old.geojson"), "beat", station_chief)
    new = brought(geojson(squares("11", 3), name="new.geojson"), "beat", station_chief)
    BoundaryFile.objects.filter(pk=old.pk).update(made_at=clock.now() - timedelta(days=8))
    assert sweep_files({}) == 1
    assert sweep_files({}) == 0
    assert list(BoundaryFile.objects.order_by("pk").values_list("state", flat=True)) == ["dropped", "looked_at"]
    assert new.state == BoundaryFile.LOOKED_AT


# ---- a file's name may carry a person's ----

NAMED_AFTER = "پرونده علی رضایی.geojson"


def everything_written():
    """All that the append-only lines hold, as one text."""
    return json.dumps([[line.subject, line.details] for line in AuditLine.objects.all()], ensure_ascii=False)


def test_the_audit_keeps_ending_and_digest_of_a_file_and_the_row_its_name(geojson, station_chief):
    path = geojson(squares("11", 2), name=NAMED_AFTER)
    row = brought(path, "beat", station_chief)
    imports.look_again(row, by=station_chief, reading=Reading(code="code"))
    imports.take(row, by=station_chief, only_known=False, overlaps_known=False)
    imports.drop(brought(geojson(squares("11", 3), name=NAMED_AFTER), "beat", station_chief), by=station_chief)
    assert set(BoundaryFile.objects.values_list("file_name", flat=True)) == {NAMED_AFTER}
    assert set(Beat.objects.values_list("source", flat=True)) == {NAMED_AFTER}
    assert "رضایی" in json.dumps(row.report, ensure_ascii=False)  # the search finds it where it is kept
    assert "رضایی" not in everything_written()
    mark = {"ending": "geojson", "sha256": hashlib.sha256(row_bytes(row)).hexdigest()}
    looked, drawn = (AuditLine.objects.filter(what=f"territory.{w}").first() for w in ("file_looked_at", "beats_drawn"))
    assert looked.details["file"] == drawn.details["file"] == mark


def row_bytes(row):
    from kalantar.kernel import files

    row.refresh_from_db()
    return files.path_of(row.file).read_bytes()


def test_a_refused_file_leaves_no_name_in_the_audit_either(geojson, tmp_path, station_chief, province_commander):
    broken = tmp_path / NAMED_AFTER
    broken.write_text('{"type": "FeatureCollection", "features": [')
    with pytest.raises(FileRefused):
        brought(broken, "beat", station_chief)
    with pytest.raises(FileRefused):
        import_boundaries(broken, kind="beat", by=station_chief)
    mark = {"ending": "geojson", "sha256": hashlib.sha256(broken.read_bytes()).hexdigest()}
    lines = AuditLine.objects.filter(what="territory.boundaries_refused")
    assert [line.details["file"] for line in lines] == [mark, mark]
    refused = import_boundaries(geojson({"99": square(5, 5)}, name=NAMED_AFTER), kind="station", by=province_commander)
    assert refused.refusal
    assert "رضایی" not in everything_written()


@pytest.mark.parametrize(
    ("name", "ending"),
    [("a.GPKG", "gpkg"), ("a.b.zip", "zip"), ("علی رضایی", ""), ("بیت.علی رضایی", ""), ("", ""), ("a.exe", "")],
)
def test_an_ending_that_is_none_of_ours_is_not_kept(tmp_path, name, ending):
    assert mark_of(tmp_path / "nothing.here", name) == {"ending": ending, "sha256": ""}
