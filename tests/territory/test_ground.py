"""Drawing, asking and naming, on two made-up stations of square beats."""

from datetime import date, timedelta

import numpy as np
import pytest
import shapely

from kalantar.kernel import clock
from kalantar.kernel.change import Refused
from kalantar.people.models import Station
from kalantar.territory import frames, queries, verbs
from kalantar.territory.locate import index, locate
from kalantar.territory.models import Area, Beat, BeatOfficer
from kalantar.territory.verbs import Outline
from tests.cast import middle, square

pytestmark = pytest.mark.django_db


def outline(station, code, shape, name="محله"):
    return Outline(station_id=station.pk, code=code, name=f"{name} {code}", name_en=f"Beat {code}", geometry=shape)


def columns(station, *codes, column=0):
    return [outline(station, code, square(column, row)) for row, code in enumerate(codes)]


def test_the_chief_draws_the_beats_and_the_audit_says_so(station_chief, station, last_line):
    drawn = verbs.draw_beats(columns(station, "1", "2", "3"), by=station_chief)
    assert [beat.code for beat in drawn] == ["1", "2", "3"]
    assert all(abs(beat.area_m2 - 1e6) < 2e4 for beat in drawn)
    line = last_line(station)
    assert (line.what, line.details["drawn"], line.chain) == (
        "territory.beats_drawn",
        ["1", "2", "3"],
        f"station:{station.pk}",
    )


def test_a_new_line_ends_the_old_one_and_an_unchanged_one_stays(station_chief, station):
    before = verbs.draw_beats(columns(station, "1", "2"), by=station_chief, since_on=clock.today() - timedelta(days=9))
    after = verbs.draw_beats([*columns(station, "1"), outline(station, "2", square(0, 1, rows=2))], by=station_chief)
    assert after[0].pk == before[0].pk
    assert after[1].pk != before[1].pk
    assert Beat.objects.get(pk=before[1].pk).ended_on == clock.today()
    assert set(Beat.objects.in_force().values_list("code", flat=True)) == {"1", "2"}


def test_a_beat_that_is_not_given_ends(station_chief, station):
    verbs.draw_beats(columns(station, "1", "2"), by=station_chief)
    verbs.draw_beats(columns(station, "1"), by=station_chief)
    assert list(Beat.objects.in_force().values_list("code", flat=True)) == ["1"]


def test_the_same_ground_from_another_corner_is_the_same_ground(station_chief, station):
    shape = square(0, 0)
    first = verbs.draw_beats([outline(station, "1", shape)], by=station_chief)
    turned = shapely.Polygon(list(shape.exterior.coords)[2:-1] + list(shape.exterior.coords)[:3])
    assert verbs.draw_beats([outline(station, "1", turned)], by=station_chief)[0].pk == first[0].pk


def test_the_ground_of_another_station_cannot_be_drawn(station_chief, other_station):
    with pytest.raises(Station.DoesNotExist):
        verbs.draw_beats(columns(other_station, "1"), by=station_chief)
    assert not Beat.objects.exists()


def test_a_desk_officer_draws_nothing(desk_officer, station):
    with pytest.raises(Refused) as refused:
        verbs.draw_areas(columns(station, "1"), by=desk_officer)
    assert refused.value.key == "not_your_post"


@pytest.mark.parametrize(
    ("since_on", "key"), [("tomorrow", "boundary_in_future"), ("before", "boundary_before_the_last")]
)
def test_a_line_begins_neither_tomorrow_nor_before_the_last(station_chief, station, since_on, key):
    verbs.draw_beats(columns(station, "1"), by=station_chief)
    day = clock.today() + timedelta(days=1) if since_on == "tomorrow" else date(2001, 1, 1)
    with pytest.raises(Refused) as refused:
        verbs.draw_beats(columns(station, "2"), by=station_chief, since_on=day)
    assert refused.value.key == key


# ---- where is it ----


def test_every_place_lies_in_exactly_one_beat_borders_included(beats, other_beats):
    every = [*beats, *other_beats]
    corners = np.array([corner for beat in every for corner in shapely.from_wkb(bytes(beat.geometry)).exterior.coords])
    rng = np.random.default_rng(20260101)
    west, south, east, north = beats[0].west, beats[0].south, other_beats[0].east, other_beats[1].north
    inside = np.column_stack([rng.uniform(west, east, 5000), rng.uniform(south, north, 5000)])
    beat, station = locate(*inside.T)
    assert (beat > 0).all()
    assert (index().polygons.matches(*np.vstack([inside, corners]).T) <= 1).all()
    owner = {b.pk: b.station_id for b in every}
    assert [owner[b] for b in beat.tolist()] == station.tolist()


def test_a_place_outside_is_minus_one_and_so_is_no_number(beats):
    beat, station = locate([51.0, np.nan, middle(beats[0])[0]], [35.0, 35.7, middle(beats[0])[1]])
    assert beat.tolist() == [-1, -1, beats[0].pk]
    assert station.tolist() == [-1, -1, beats[0].station_id]


def test_without_beats_everything_is_outside(installation):
    assert locate(51.3, 35.7)[0].tolist() == [-1]


def test_the_index_notices_a_new_line_and_costs_one_statement_otherwise(beats, station, station_chief, statements):
    place = middle(beats[0])
    assert locate(*place)[0].tolist() == [beats[0].pk]
    assert statements(locate, *place) == 1
    fresh = verbs.draw_beats([outline(station, "9", square(0, 0, rows=2))], by=station_chief)
    assert locate(*place)[0].tolist() == [fresh[0].pk]


def test_the_next_process_reads_the_index_from_the_disk(beats, statements):
    from kalantar.territory import locate as room

    index()
    room._kept = None
    assert statements(index) == 1
    assert locate(*middle(beats[2]))[0].tolist() == [beats[2].pk]


def test_a_spoiled_index_on_the_disk_is_built_anew(beats):
    from kalantar.territory import locate as room

    index()
    room._file(room._version()).write_bytes(b"not an index")
    room._kept = None
    assert locate(*middle(beats[1]))[0].tolist() == [beats[1].pk]


# ---- who answers for it ----


def test_the_chief_names_the_officer_who_is_told(beat, beat_officer, station_chief, last_line, told):
    verbs.name_beat_officer(beat, beat_officer.officer, by=station_chief)
    assert BeatOfficer.objects.get(beat=beat).officer_id == beat_officer.officer_id
    assert last_line(beat).what == "territory.officer_named"
    assert told(beat_officer) == ["beat_named"]


def test_the_one_before_stops_when_another_is_named(beat, beat_officer, patrol_officer, station_chief):
    verbs.name_beat_officer(beat, beat_officer.officer, by=station_chief)
    verbs.name_beat_officer(beat, patrol_officer.officer, by=station_chief)
    assert list(BeatOfficer.objects.filter(to_on=None).values_list("officer", flat=True)) == [patrol_officer.officer_id]


def test_who_has_no_post_of_the_street_is_not_named(beat, counsellor, station_chief):
    with pytest.raises(Refused) as refused:
        verbs.name_beat_officer(beat, counsellor.officer, by=station_chief)
    assert refused.value.key == "officer_without_street_post"
    assert not BeatOfficer.objects.exists()


def test_the_analyst_draws_but_names_nobody(beat, beat_officer, analyst):
    with pytest.raises(Refused) as refused:
        verbs.name_beat_officer(beat, beat_officer.officer, by=analyst)
    assert refused.value.key == "not_your_post"


def test_the_chief_of_another_station_finds_no_beat(beat, beat_officer, other_chief):
    with pytest.raises(Beat.DoesNotExist):
        verbs.name_beat_officer(beat, beat_officer.officer, by=other_chief)


def test_an_officer_keeps_a_beat_that_is_drawn_anew_under_its_code(station, station_chief, beat_officer):
    first = verbs.draw_beats(columns(station, "1", "2"), by=station_chief)
    verbs.name_beat_officer(first[0], beat_officer.officer, by=station_chief)
    again = verbs.draw_beats([outline(station, "1", square(0, 0, rows=2))], by=station_chief)
    held = BeatOfficer.objects.get(to_on=None)
    assert (held.beat_id, held.officer_id) == (again[0].pk, beat_officer.officer_id)


def test_naming_can_be_ended(beat, beat_officer, station_chief):
    verbs.name_beat_officer(beat, beat_officer.officer, by=station_chief)
    verbs.end_beat_officer(beat, by=station_chief)
    assert queries.unnamed(station_chief).count() == 4
    with pytest.raises(Refused) as refused:
        verbs.end_beat_officer(beat, by=station_chief)
    assert refused.value.key == "officer_not_named"


# ---- what it costs ----


def test_the_beats_of_a_station_cost_two_statements_few_or_many(station, station_chief, statements):
    station_chief.stations()
    verbs.draw_beats(columns(station, "1"), by=station_chief)
    one = statements(queries.beats, station_chief, station.pk)
    verbs.draw_beats(columns(station, *map(str, range(1, 13))), by=station_chief)
    assert one == statements(queries.beats, station_chief, station.pk) == 2


def test_the_morning_lines_cost_one_statement_for_those_who_can_change_it(
    beats, station_chief, desk_officer, statements
):
    from kalantar.territory.lines import lines

    station_chief.stations(), desk_officer.stations()
    assert statements(lines, station_chief, clock.today()) == 1
    assert statements(lines, desk_officer, clock.today()) == 0
    said = lines(station_chief, clock.today())
    assert [line.n for line in said] == [4, 1]


# ---- the frame ----


def test_the_frame_and_back():
    lon, lat = np.array([-179.9, -87.6278, 0.0, 51.4]), np.array([-80.0, 41.8819, 0.0, 35.7])
    x, y = frames.to_screen(lon, lat)
    back = frames.from_screen(x, y)
    assert np.abs(back[0] - lon).max() < 1e-5
    assert np.abs(back[1] - lat).max() < 1e-5
    assert frames.to_screen(0.0, 0.0) == (0, 0)
    assert frames.to_screen(1.0, 1.0) == (111319, -111325)  # Web Mercator as published (EPSG:3857), y down


def test_a_place_without_numbers_has_no_place_in_the_frame():
    x, y = frames.to_screen(np.array([np.nan, 10.0]), np.array([10.0, 89.0]))
    assert np.isnan(x[0])
    assert np.isnan(y[1])


def test_a_path_says_every_corner_once_and_shifts_exactly():
    shape = shapely.Polygon([(10, 10), (10, 20), (30, 20), (30, 10)], [[(12, 12), (14, 12), (14, 14)]])
    path = frames.svg_path(shape)
    assert path == "M10 10l0 10 20 0 0-10zm2 2l2 0 0 2z"
    assert frames.shifted(path, 5, -5).startswith("M5 15l0 10")


def test_the_drawn_path_is_the_ground(beats):
    corners = shapely.get_coordinates(frames.moved_to_screen(shapely.from_wkb(bytes(beats[0].geometry))))
    assert f"M{round(corners[0][0])} {round(corners[0][1])}" == beats[0].screen.split("l")[0]


def test_a_line_looked_at_and_still_right_is_in_force_anew(beats, station, station_chief, desk_officer, last_line):
    old = Area.objects.get(station=station)
    with pytest.raises(Refused):
        verbs.confirm_area(old, by=desk_officer)
    fresh = verbs.confirm_area(old, by=station_chief)
    assert (fresh.since_on, bytes(fresh.geometry)) == (clock.today(), bytes(old.geometry))
    assert Area.objects.in_force().get(station=station).pk == fresh.pk
    assert last_line(fresh).what == "territory.area_confirmed"
    with pytest.raises(Refused) as refused:
        verbs.confirm_area(fresh, by=station_chief)
    assert refused.value.key == "area_confirmed_today"


def test_areas_have_one_line_a_station(station, station_chief):
    verbs.draw_areas([outline(station, station.code, square(0, 0))], by=station_chief)
    verbs.draw_areas([outline(station, station.code, square(0, 0, rows=3))], by=station_chief)
    assert Area.objects.in_force().count() == 1
    assert Area.objects.count() == 2
