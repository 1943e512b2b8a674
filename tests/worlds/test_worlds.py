"""Made-up stations: the same seed gives the same world, the truth is really in it, and the files are ordinary."""

import csv
import json

import numpy as np
import pytest
import shapely

from kalantar.worlds.grounds import ground
from kalantar.worlds.provinces import counties, province
from kalantar.worlds.stations import CAUSES, is_dark, station
from kalantar.worlds.writing import write_province, write_station

DAY = np.timedelta64(1, "D")


def near(xy, features, metres):
    places = np.array([one.xy for one in features])
    away = np.linalg.norm(xy[:, None] - places[None], axis=2)
    return (away <= metres).any(axis=1)


def test_a_seed_gives_the_same_station_every_time():
    one, two = station(5, cause="derelict"), station(5, cause="derelict")
    assert (one.xy == two.xy).all()
    assert (one.start == two.start).all()
    assert one.truth == two.truth
    assert not np.array_equal(one.xy, station(6, cause="derelict").xy)


def test_the_number_and_the_time_asked_for_are_kept():
    made = station(1, cause="none", events=400, days=300)
    assert 330 <= len(made.xy) <= 470
    assert (made.ends - made.begins) == 300 * DAY
    assert (made.start >= made.begins).all()
    assert (made.start < made.ends).all()
    assert (made.end >= made.start).all()


def test_an_unknown_cause_is_refused():
    with pytest.raises(ValueError, match="cause must be one of"):
        station(1, cause="weather")


def test_nothing_is_planted_where_there_is_no_cause():
    assert station(3, cause="none").truth["planted"] == 0
    assert all(station(3, cause=cause).truth["planted"] >= 10 for cause in CAUSES if cause != "none")


def test_main_streets_have_more_people_and_more_features():
    made = station(9, cause="none")
    spots, main = made.ground.people, made.ground.spot_is_main
    assert spots[main].mean() > 1.5 * spots[~main].mean()
    stops = np.array([one.xy for one in made.of_kind("stop")])
    nearest = np.linalg.norm(made.ground.spots[:, None] - stops[None], axis=2).argmin(axis=0)
    assert main[nearest].mean() > 1.5 * main.mean()


def test_events_of_dead_lamps_lie_near_them_in_the_dark_while_they_are_out():
    made = station(12, cause="dead_lamps", events=600, rounded="no", radius_m=60)
    guilty = [one for one in made.features if one.name in made.truth["features"]]
    out = np.zeros(len(made.xy), bool)
    for one in guilty:
        for since, until in one.states:
            out |= near(made.xy, [one], 120) & (made.start < until) & (made.end >= since)
    known = made.start == made.end
    # more of the night than elsewhere, for it is planted in the dark only
    assert is_dark(made.start[out & known]).mean() > is_dark(made.start[~out & known]).mean() + 0.1
    assert out.sum() >= 0.6 * made.truth["planted"]


def test_events_of_a_derelict_building_come_after_its_date():
    made = station(4, cause="derelict", events=500, rounded="no", radius_m=60)
    guilty = [one for one in made.features if one.name in made.truth["features"]]
    before, after = 0.0, 0.0
    for one in guilty:
        close = near(made.xy, [one], 80)
        since = one.states[0][0]
        days = (since - made.begins) / DAY, (made.ends - since) / DAY
        before += (close & (made.start < since)).sum() / days[0]
        after += (close & (made.start >= since)).sum() / days[1]
    assert after > 2 * before


def test_the_sun_is_down_half_the_year_and_longer_in_winter():
    """Theorem: over a year day and night are equal but for the dusk, 0.4 h on either side."""
    year = np.arange("2025-01-01", "2026-01-01", dtype="datetime64[h]").astype("datetime64[s]")
    assert is_dark(year).mean() == pytest.approx(0.5 - 0.4 * 2 / 24, abs=0.015)
    winter, summer = (
        year[year < np.datetime64("2025-01-20")],
        year[(year > np.datetime64("2025-06-10")) & (year < np.datetime64("2025-07-01"))],
    )
    assert is_dark(winter).mean() > is_dark(summer).mean() + 0.12


def test_streets_stay_within_the_ground_and_beats_fill_it():
    made = ground(np.random.default_rng(3))
    outline = shapely.Polygon(made.area)
    assert outline.is_valid
    assert shapely.contains_xy(outline.buffer(60), made.spots[:, 0], made.spots[:, 1]).all()
    beats = [shapely.Polygon(one) for one in made.beats]
    assert len(beats) == 9
    assert sum(one.area for one in beats) == pytest.approx(shapely.union_all(beats).area, rel=1e-6)
    assert made.people.sum() == pytest.approx(1)


def test_the_fourteen_counties_of_kermanshah_touch_and_do_not_overlap():
    real = counties()
    assert len(real) == 14
    assert len({one.code for one in real}) == 14
    assert {"Kermanshah", "Paveh", "Qasr-e-Shirin"} <= {one.name_en for one in real}
    outlines = [one.outline for one in real]
    assert shapely.coverage_is_valid(outlines)
    assert sum(one.area for one in outlines) == pytest.approx(shapely.union_all(outlines).area, rel=1e-9)


def test_the_simplified_counties_are_the_real_ones(shared_data):
    given = json.loads((shared_data / "iran" / "IR-05_kermanshah_counties_osm.geojson").read_text(encoding="utf-8"))
    for feature in given["features"]:
        if feature["geometry"]["type"] == "Point":
            continue
        english = feature["properties"]["tags"]["name:en"].replace(" County", "")
        ours = next(one for one in counties() if one.name_en == english)
        theirs = shapely.geometry.shape(feature["geometry"])
        assert ours.name == feature["properties"]["tags"]["name"]
        assert ours.outline.intersection(theirs).area > 0.97 * theirs.area


def test_a_province_writes_ordinary_files_and_its_truth(tmp_path):
    made = province(7, stations=3, events=150, causes=("dead_lamps", "derelict", "none"))
    write_province(made, tmp_path)
    rows = list(csv.DictReader((tmp_path / "incidents.csv").open(encoding="utf-8")))
    assert len(rows) == sum(len(one.station.xy) for one in made.stations)
    beats = json.loads((tmp_path / "boundaries.geojson").read_text(encoding="utf-8"))["features"]
    shapes = {one["properties"]["code"]: shapely.geometry.shape(one["geometry"]) for one in beats}
    assert len(shapes) == 27
    inside = [
        shapes[r["beat"]].buffer(1e-3).contains(shapely.Point(float(r["longitude"]), float(r["latitude"])))
        for r in rows
    ]
    assert np.mean(inside) == 1
    county = {one.code: one.outline for one in counties()}
    for row in rows[::17]:
        assert county[row["station"][:5]].contains(shapely.Point(float(row["longitude"]), float(row["latitude"])))
    truths = json.loads((tmp_path / "truths.json").read_text(encoding="utf-8"))
    assert [truths[one.code]["cause"] for one in made.stations] == ["dead_lamps", "derelict", "none"]
    layers = json.loads((tmp_path / "layers.geojson").read_text(encoding="utf-8"))["features"]
    named = {(one["properties"]["station"], one["properties"]["name"]) for one in layers}
    for code, truth in truths.items():
        assert {(code, name) for name in truth["features"]} <= named
    again = tmp_path / "again"
    write_province(province(7, stations=3, events=150, causes=("dead_lamps", "derelict", "none")), again)
    for name in ("incidents.csv", "layers.geojson", "truths.json"):
        assert (again / name).read_bytes() == (tmp_path / name).read_bytes()


def test_the_incidents_are_understood_by_the_import_without_a_hand(tmp_path):
    from kalantar.formats.tables import read_table
    from kalantar.incidents.mapping import guess

    write_station(station(2, cause="near_repeat", events=120), tmp_path)
    batch = next(iter(read_table(tmp_path / "incidents.csv")))
    values = {name: batch.column(name).to_pylist()[:50] for name in batch.columns}
    mapping = guess(list(batch.columns), values)
    assert mapping.columns["date"] == "date"
    assert mapping.columns["date_to"] == "date to"
    assert mapping.columns["lon"] == "longitude"
    assert mapping.columns["external_ref"] == "reference"
    assert set(values["type"]) <= set(mapping.types) | {"T-INCAR", "T-PARTS", "T-SNATCH", "T-MOTO"}
