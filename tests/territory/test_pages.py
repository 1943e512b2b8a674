"""The pages: what they show, to whom, and what they weigh."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from kalantar.kernel import clock
from kalantar.kernel.change import Refused
from kalantar.territory import maps, queries, verbs
from kalantar.territory.models import Area, Beat, BeatOfficer, BoundaryFile
from tests.cast import square

pytestmark = pytest.mark.django_db


def page(client, name, *args, language="fa", **query):
    client.cookies["language"] = language
    return client.get(reverse(f"territory:{name}", args=args), query)


def send(client, geojson, shapes, kind="beat"):
    with geojson(shapes).open("rb") as file:
        return client.post(reverse("territory:boundaries"), {"kind": kind, "file": file})


@pytest.mark.parametrize("language", ["fa", "en"])
def test_the_chief_sees_the_beats_on_the_map_and_in_the_table(beats, other_beats, station_chief, client_of, language):
    text = page(client_of(station_chief), "beats", language=language).content.decode()
    for beat in beats:
        assert text.count(f'data-link="beat-{beat.pk}"') == 2
        assert reverse("territory:beat", args=[beat.pk]) in text
    for beat in other_beats:
        assert beat.name not in text
        assert beat.name_en not in text
        assert f"beat-{beat.pk}" not in text
    assert "style=" not in text


def test_the_neighbour_is_a_line_without_a_name(beats, other_beats, station, other_station, station_chief):
    drawn = maps.area_map(station_chief, station)
    assert len(drawn.shapes) == 4
    assert len(drawn.lines) == 1
    assert other_station.name not in repr(drawn)


def test_the_chief_of_another_station_finds_nothing(beats, other_beats, beat, station, other_chief, client_of):
    client = client_of(other_chief)
    assert page(client, "beat", beat.pk).status_code == 404
    assert page(client, "beats", station=station.pk).status_code == 404
    assert client.post(reverse("territory:name_officer", args=[beat.pk]), {"officer": "1"}).status_code == 404
    assert client.post(reverse("territory:end_officer", args=[beat.pk])).status_code == 404


def test_the_overseer_finds_nothing(beats, outside_overseer, client_of):
    client = client_of(outside_overseer)
    assert page(client, "beats").status_code == 404
    assert page(client, "boundaries").status_code == 404


def test_a_desk_officer_is_told_whose_step_drawing_is(beats, desk_officer, client_of):
    assert page(client_of(desk_officer), "boundaries").status_code == 422


def test_the_commander_chooses_a_station_first(
    beats, other_beats, station, other_station, province_commander, client_of
):
    client = client_of(province_commander)
    text = page(client, "beats", language="en").content.decode()
    assert f"?station={station.pk}" in text
    assert f"?station={other_station.pk}" in text
    assert page(client, "beats", station=other_station.pk).status_code == 200


def test_naming_from_the_page(beat, beat_officer, station_chief, client_of):
    client = client_of(station_chief)
    answer = client.post(
        reverse("territory:name_officer", args=[beat.pk]), {"officer": beat_officer.officer_id, "from_on": ""}
    )
    assert answer.status_code == 302
    assert BeatOfficer.objects.get().officer_id == beat_officer.officer_id
    text = page(client, "beat", beat.pk, language="en").content.decode()
    assert beat_officer.officer.name_en in text
    assert client.post(reverse("territory:end_officer", args=[beat.pk])).status_code == 302
    assert BeatOfficer.objects.get().to_on == clock.today()


def test_naming_refused_keeps_the_page_and_says_why(beat, beat_officer, station_chief, client_of):
    verbs.name_beat_officer(beat, beat_officer.officer, by=station_chief)
    client = client_of(station_chief)
    client.cookies["language"] = "en"
    answer = client.post(
        reverse("territory:name_officer", args=[beat.pk]), {"officer": beat_officer.officer_id, "from_on": ""}
    )
    assert answer.status_code == 422
    assert "already answers for this beat" in answer.content.decode()


def test_nobody_is_named_for_a_day_that_is_over(beat, beat_officer, station_chief, client_of):
    client = client_of(station_chief)
    client.cookies["language"] = "en"
    today = clock.today()
    for days, status, named in ((-1, 422, 0), (0, 302, 1)):  # the same press for today is done
        day = (today + timedelta(days=days)).isoformat()
        form = {"officer": beat_officer.officer_id, "from_on": day}
        answer = client.post(reverse("territory:name_officer", args=[beat.pk]), form)
        assert (answer.status_code, BeatOfficer.objects.count()) == (status, named)
        if status == 422:
            assert "This day is over" in answer.content.decode()
    with pytest.raises(Refused, match="officer_dated_back"):
        verbs.end_beat_officer(beat, by=station_chief, on=today - timedelta(days=1))
    assert BeatOfficer.objects.get().to_on is None


def test_who_may_not_name_sees_no_form(beat, beat_officer, client_of):
    text = page(client_of(beat_officer), "beat", beat.pk).content.decode()
    assert reverse("territory:name_officer", args=[beat.pk]) not in text


@pytest.mark.parametrize("language", ["fa", "en"])
def test_a_file_is_looked_at_then_drawn(station_chief, client_of, geojson, language):
    client = client_of(station_chief)
    answer = send(client, geojson, {"11-1": square(0, 0), "11-2": square(0, 1)})
    row = BoundaryFile.objects.get()
    assert answer.headers["Location"] == reverse("territory:boundary_file", args=[row.uid])
    client.cookies["language"] = language
    text = client.get(answer.headers["Location"]).content.decode()
    assert text.count('data-link="code-11-1"') == 2
    assert not Beat.objects.exists()
    assert client.post(reverse("territory:take", args=[row.uid])).status_code == 302
    assert Beat.objects.count() == 2
    assert client.get(answer.headers["Location"]).status_code == 200
    assert client.post(reverse("territory:take", args=[row.uid])).status_code == 422


def test_overlaps_are_drawn_and_must_be_known(station_chief, client_of, geojson):
    client = client_of(station_chief)
    client.cookies["language"] = "en"
    answer = send(client, geojson, {"11-1": square(0, 0, rows=2), "11-2": square(0, 1, rows=2)})
    text = client.get(answer.headers["Location"]).content.decode()
    assert 'class="cell l3"' in text
    assert "overlap in 1 place" in text
    take = reverse("territory:take", args=[BoundaryFile.objects.get().uid])
    refused = client.post(take)
    assert refused.status_code == 422
    assert "Nothing was drawn" in refused.content.decode()
    assert not Beat.objects.exists()
    assert client.post(take, {"overlaps_known": "on"}).status_code == 302
    assert Beat.objects.count() == 2


def test_properties_can_be_read_otherwise(station_chief, client_of, geojson):
    client = client_of(station_chief)
    shapes = [({"id": 100 + n, "label": f"11-{n}"}, square(0, n)) for n in range(3)]
    send(client, geojson, shapes)
    row = BoundaryFile.objects.get()
    answer = client.post(
        reverse("territory:read_otherwise", args=[row.uid]), {"code": "label", "name": "", "name_en": "", "station": ""}
    )
    assert answer.status_code == 302
    row.refresh_from_db()
    assert sorted(t["code"] for t in row.report["report"]["taken"]) == ["11-0", "11-1", "11-2"]


@pytest.mark.parametrize("language", ["fa", "en"])
def test_a_broken_file_is_answered_with_a_sentence(station_chief, client_of, tmp_path, language):
    client = client_of(station_chief)
    client.cookies["language"] = language
    path = tmp_path / "broken.geojson"
    path.write_text("{")
    with path.open("rb") as file:
        answer = client.post(reverse("territory:boundaries"), {"kind": "beat", "file": file})
    assert answer.status_code == 422
    assert ("چیزی وارد نشد" if language == "fa" else "Nothing was loaded") in answer.content.decode()
    assert not BoundaryFile.objects.exists()


def test_a_file_is_its_bringers_own(station_chief, analyst, other_chief, client_of, geojson):
    send(client_of(station_chief), geojson, {"11-1": square(0, 0)})
    uid = BoundaryFile.objects.get().uid
    for stranger in (analyst, other_chief):
        client = client_of(stranger)
        assert page(client, "boundary_file", uid).status_code == 404
        for step in ("take", "drop", "read_otherwise"):
            assert client.post(reverse(f"territory:{step}", args=[uid])).status_code == 404
    assert not Beat.objects.exists()


def test_a_dropped_file_is_only_a_line_in_the_list(station_chief, client_of, geojson):
    client = client_of(station_chief)
    send(client, geojson, {"11-1": square(0, 0)})
    uid = BoundaryFile.objects.get().uid
    assert client.post(reverse("territory:drop", args=[uid])).status_code == 302
    assert page(client, "boundary_file", uid).status_code == 200
    assert page(client, "boundaries").status_code == 200


def test_an_old_line_is_confirmed_from_the_page(beats, station, station_chief, other_chief, client_of):
    area = Area.objects.get(station=station)
    confirm = reverse("territory:confirm_area", args=[area.pk])
    assert confirm in page(client_of(station_chief), "boundaries").content.decode()
    assert client_of(other_chief).post(confirm).status_code == 404
    assert client_of(station_chief).post(confirm).status_code == 302
    assert confirm not in page(client_of(station_chief), "boundaries").content.decode()


# ---- maps ----


def test_a_map_costs_four_statements_and_two_when_the_beats_are_given(beats, station, station_chief, statements):
    station_chief.stations()
    assert statements(maps.area_map, station_chief, station) == 4
    rows = list(queries.beats(station_chief, station.pk))
    assert statements(lambda: maps.area_map(station_chief, station, beats=rows)) == 2


def test_a_station_without_ground_has_no_map(station, station_chief):
    assert maps.area_map(station_chief, station) is None


def test_other_rooms_lay_cells_and_places_upon_it(beats, station, station_chief):
    from django.template.loader import render_to_string

    drawn = maps.area_map(station_chief, station, told={beats[0].pk: "14"})
    lon, lat = (beats[0].west + beats[0].east) / 2, (beats[0].south + beats[0].north) / 2
    drawn.cell(
        [(lon, lat), (lon + 0.002, lat), (lon + 0.002, lat + 0.002), (lon, lat)], css="l2", title="more", link="cell-1"
    )
    drawn.point(lon, lat, count=9, largest=9, title="a place", name="1", url="#p1", link="place-1")
    assert drawn.inside(lon, lat)
    text = render_to_string("territory/parts/map.html", {"map": drawn})
    assert 'class="cell l2"' in text
    assert 'href="#p1" class="spot"' in text
    assert "14" in drawn.shapes[0].title
    x, y = (float(n) for n in re.search(r'cx="([\d.]+)" cy="([\d.]+)"', text).groups())
    assert 0 < x < drawn.width
    assert drawn.height * 0.7 < y < drawn.height  # the southernmost beat lies low: north is up


def test_the_bar_is_as_long_as_it_says(beats, station, station_chief):
    from kalantar.territory import frames

    drawn = maps.area_map(station_chief, station)
    right = float(re.search(r"H([\d.]+)V", drawn.bar["d"])[1])
    metres = (right - 16) / drawn.scale * frames.ground_m(drawn.box)
    assert round(metres) in {100, 200, 500, 1000, 2000, 5000}
