"""The morning's findings against a city in which what is to be found was planted, and one in which nothing was."""

from __future__ import annotations

import math
from collections import Counter
from datetime import date, timedelta

import pytest

from tests import cast
from tests.city import City

pytestmark = pytest.mark.django_db
ON = date(2026, 5, 10)
YESTERDAY = ON - timedelta(days=1)


@pytest.fixture
def types(installation):
    from tests.incidents import events

    events.load_types()


@pytest.fixture
def town(types, station, other_station):
    """Twelve beats: four of the station, eight next to it, so that beats can be compared with each other."""
    return City([*cast.lay_ground(station, column=0, rows=4), *cast.lay_ground(other_station, column=1, rows=8)], ON)


def made(station, on=ON):
    from kalantar.incidents import findings
    from kalantar.incidents.models import Finding

    findings.make(station, on)
    return list(Finding.objects.filter(station=station, on=on).select_related("type", "beat").order_by("rank"))


def only(rows, kind):
    return [row for row in rows if row.kind == kind]


def kinds(rows):
    return {row.kind for row in rows}


def crowd(town, kind, beat, *, n, place_kind="street", first_days_ago=3):
    """n events of the last weeks within about 300 metres, each at a spot of its own."""
    for i in range(n):
        town.put(
            kind, beat, days_ago=first_days_ago + i % 60, place_kind=place_kind,
            x=0.35 + 0.035 * (i % 9), y=0.38 + 0.07 * (i // 9),
        )  # fmt: skip


# ---- nothing is found where nothing is ----


def test_an_even_city_says_nothing_but_that_it_looked(town, station):
    town.spread("T-INCAR", each=6).spread("T-SHOP", each=4, place_kind="shop").written()
    rows = made(station)
    assert [(row.kind, row.method) for row in rows] == [("too_few", "rise/nothing")]
    assert rows[0].result["comparisons"] == 2 * (4 + 1)  # each type, in each beat and in the area as a whole


def test_a_station_without_any_event_is_said_to_have_none(town, station):
    assert [(row.kind, row.method) for row in made(station)] == [("too_few", "rise/no_data")]


def test_a_register_that_began_this_month_is_too_young_and_not_quiet(town, station):
    town.spread("T-INCAR", each=6, periods=1).written()
    rows = made(station)
    assert [row.kind for row in rows] == ["too_few"]
    assert rows[0].result["reasons"] == {"history_short": 5}
    assert rows[0].method == "rise/none"


def test_what_a_withdrawn_import_had_said_is_not_said_the_next_morning(town, station, station_chief):
    from kalantar.incidents import queries_findings
    from kalantar.incidents.models import DailyCount, Import, Incident
    from kalantar.kernel import clock

    town.spread("T-INCAR", each=6)
    town.put("T-INCAR", town.beats[0], days_ago=3, n=30)
    town.written()
    batch = Import.objects.create(unit=station, made_at=clock.now(), state=Import.LIVE, file_name="a.csv")
    Incident.objects.update(batch=batch)
    DailyCount.objects.update(batch=batch)
    assert "rise" in kinds(made(station))
    Import.objects.update(state=Import.WITHDRAWN)
    made(station, ON + timedelta(days=1))
    said = queries_findings.latest(station_chief, station.pk, ON + timedelta(days=1))
    assert [(row.kind, row.method) for row in said] == [("too_few", "rise/no_data")]


# ---- a rise ----


def test_a_planted_rise_is_found_where_it_was_planted_and_its_numbers_are_a_recount(town, station):
    beat = town.beats[1]
    town.spread("T-INCAR", each=5).spread("T-SHOP", each=4)
    for i in range(24):
        town.put("T-INCAR", beat, days_ago=1 + i % 28, x=i * 0.618 % 1, y=i * 0.414 % 1)
    town.written()
    rows = only(made(station), "rise")
    assert rows[0].type.code == "T-INCAR"
    assert [row.beat_id for row in rows if row.beat_id] == [beat.pk]
    for row in rows:
        result = row.result
        first = ON - timedelta(days=28)
        here = town.recount(kind="T-INCAR", station=station.pk, beat=row.beat_id)
        assert (result["from_on"], result["to_on"]) == (str(first), str(YESTERDAY))
        assert result["count"] == sum(first <= event.on <= YESTERDAY for event in here)
        series = [
            sum(ON - timedelta(days=28 * (k + 1)) <= e.on < ON - timedelta(days=28 * k) for e in here)
            for k in reversed(range(16))
        ]
        assert result["series"][-15:] == series[-15:]
        assert result["count"] == result["series"][-1] > result["high"] >= result["low"]
        assert result["comparisons"] == 2 * 5
        assert result["p"] <= result["p_adjusted"] <= row.parameters["level"]


def test_the_window_ends_yesterday(town, station):
    """Twenty events of today are no rise this morning; on the next morning they are."""
    town.spread("T-INCAR", each=5)
    town.put("T-INCAR", town.beats[0], days_ago=0, n=30)
    town.written()
    assert not only(made(station), "rise")
    (rise, *_) = only(made(station, ON + timedelta(days=1)), "rise")
    assert rise.result["to_on"] == str(ON)


def test_the_first_day_of_a_period_counts_and_the_day_before_does_not(town, station):
    beat = town.beats[0]
    town.spread("T-INCAR", each=5)
    town.put("T-INCAR", beat, days_ago=28, n=20)
    town.put("T-INCAR", beat, days_ago=29, n=3)
    town.written()
    rise = next(row for row in only(made(station), "rise") if row.beat_id == beat.pk)
    assert rise.result["count"] == 5 + 20
    assert rise.result["series"][-2] == 5 + 3


def test_another_stations_rise_is_not_ours(town, station, other_station):
    town.spread("T-INCAR", each=5)
    town.put("T-INCAR", town.beats[5], days_ago=2, n=30)
    town.written()
    assert "rise" not in kinds(made(station))
    assert "rise" in kinds(made(other_station))


def test_too_few_events_are_named_and_not_compared(town, station):
    town.spread("T-INCAR", each=5)
    for period in range(12):
        town.put("F-FRAUD", town.beats[0], days_ago=28 * period + 9 if period % 6 == 0 else 28 * 12, n=1)
    town.written()
    (row,) = only(made(station), "too_few")
    fraud = next(t for t, _beat in row.result["series"])
    assert {t for t, _beat in row.result["series"]} == {fraud}
    assert row.result["n"] == len(row.result["series"]) == 5
    assert row.result["comparisons"] == 5
    assert row.result["reasons"] == {"too_few_events": 5}


# ---- records that end ----


def ended(rows):
    return {row.type.code: row.result["last_on"] for row in rows if row.method == "rise/ended"}


def daily(town, kind, *, newest, first=900, beats=None):
    """Two events a day somewhere in the station, from `first` days ago to `newest`."""
    beats = beats or [beat for beat in town.beats if beat.station_id == town.beats[0].station_id]
    for ago in range(newest, first):
        for i in (0, 1):
            town.put(kind, beats[(ago + i) % len(beats)], days_ago=ago, x=(ago * 7 % 10) / 10, y=(ago * 3 % 10) / 10)


@pytest.mark.parametrize("silent", [20, 75])
def test_records_that_end_are_said_to_end_and_are_not_compared(town, station, silent):
    daily(town, "T-SHOP", newest=1)
    daily(town, "T-HOME", newest=silent)
    town.written()
    rows = made(station)
    assert ended(rows) == {"T-HOME": str(ON - timedelta(days=silent))}
    (row,) = [row for row in rows if row.method == "rise/ended"]
    assert row.kind == "too_few" and row.result["usual"] == pytest.approx(56, abs=6)
    (other,) = [row for row in rows if row.kind == "too_few" and row.method != "rise/ended"]
    assert other.result["comparisons"] == 5  # the shops alone: four beats and the area


def test_records_that_go_on_are_not_said_to_end(town, station):
    """The negative control: the same two types, and both go on."""
    daily(town, "T-SHOP", newest=1)
    daily(town, "T-HOME", newest=1)
    town.written()
    assert ended(made(station)) == {}


def test_where_nothing_comes_any_more_the_register_is_late_and_no_type_has_ended(town, station):
    daily(town, "T-SHOP", newest=40)
    daily(town, "T-HOME", newest=42)
    town.written()
    assert ended(made(station)) == {}


def test_a_type_that_is_silent_every_winter_has_not_ended(town, station):
    """ON is the tenth of May: an event of every summer day, none from November to May."""
    daily(town, "T-SHOP", newest=1, first=1400)
    for ago in range(1, 1400):
        if (ON - timedelta(days=ago)).month in {6, 7, 8, 9, 10}:
            town.put("T-MOTO", town.beats[0], days_ago=ago)
    town.written()
    assert ended(made(station)) == {}


def test_a_rare_type_has_not_ended_because_it_is_rare(town, station):
    daily(town, "T-SHOP", newest=1)
    for ago in range(70, 900, 45):
        town.put("F-FRAUD", town.beats[0], days_ago=ago)
    town.written()
    assert ended(made(station)) == {}


def test_records_that_end_everywhere_are_told_after_a_week(town, station, other_station):
    """In one station two events a day are too few to tell a week's silence; in all of them together they are not."""
    from kalantar.incidents import findings
    from kalantar.incidents.models import Finding

    daily(town, "T-SHOP", newest=1)
    daily(town, "T-HOME", newest=9)
    for _station in range(3):
        daily(town, "T-HOME", newest=9, beats=town.beats[-8:])
    town.written()
    findings.make_all(ON)
    for one in (station, other_station):
        said = Finding.objects.filter(station=one, method="rise/ended").select_related("type")
        assert ended(said) == {"T-HOME": str(ON - timedelta(9))}
        here = town.recount(kind="T-HOME", station=one.pk)
        assert said[0].result["usual"] == pytest.approx(len(here) / (900 - 9) * 28, rel=0.1)  # its own, not of all


def test_after_the_records_go_on_the_sentence_is_gone(town, station):
    daily(town, "T-SHOP", newest=1)
    daily(town, "T-HOME", newest=30)
    town.put("T-HOME", town.beats[0], days_ago=1)
    town.written()
    assert ended(made(station)) == {}


# ---- always high ----


def test_a_beat_far_above_like_beats_is_found_with_a_recount(town, station):
    beat = town.beats[2]
    town.spread("T-SHOP", each=4).spread("T-SHOP", each=16, beats=[beat]).written()
    (row,) = only(made(station), "high")
    result, since = row.result, ON - timedelta(days=364)
    counted = len(town.recount(kind="T-SHOP", beat=beat.pk, first=since, last=YESTERDAY))
    others = len(town.recount(kind="T-SHOP", first=since, last=YESTERDAY)) - counted
    km2 = {b.pk: b.area_m2 / 1e6 for b in town.beats}
    like = others / (sum(km2.values()) - km2[beat.pk])
    assert row.beat_id == beat.pk
    assert result["count"] == counted
    assert math.isclose(result["rate"], counted / km2[beat.pk], abs_tol=0.006)
    assert math.isclose(result["like"], like, abs_tol=0.006)
    assert math.isclose(result["ratio"], counted / km2[beat.pk] / like, abs_tol=0.006)
    assert 1 < result["shrunk"] <= result["ratio"]
    assert result["areas"] == result["comparisons"] == 12
    assert (result["from_on"], result["to_on"]) == (str(since), str(YESTERDAY))
    assert result["count"] > result["high"]


def test_a_type_that_happens_in_one_beat_only_can_be_kept(town, station):
    """The others have none, so the ratio has no number; the row is kept all the same, on both databases."""
    town.spread("T-INCAR", each=4).spread("T-CABLE", each=6, beats=town.beats[:1]).written()
    high = [row for row in only(made(station), "high") if row.type.code == "T-CABLE"]
    assert [row.beat_id for row in high] == [town.beats[0].pk]
    assert high[0].result["ratio"] is None


# ---- hot cells ----


def test_planted_hot_cells_are_found_at_their_place(town, station):
    beat = town.beats[3]
    town.spread("T-CAR", each=6, periods=4)
    crowd(town, "T-CAR", beat, n=30)
    town.written()
    (row,) = only(made(station), "hot_cells")
    cells = row.result["cells"]
    first = ON - timedelta(days=90)
    window = town.recount(kind="T-CAR", station=station.pk, first=first, last=YESTERDAY)
    assert (row.type.code, row.result["n"], row.result["clusters"]) == ("T-CAR", len(window), 1)
    assert (row.result["from_on"], row.result["to_on"]) == (str(first), str(YESTERDAY))
    assert row.result["comparisons"] >= 4 * 16
    assert max(cells, key=lambda cell: cell["around"])["beat"] == beat.pk
    lon, lat = beat.west + 0.49 * (beat.east - beat.west), beat.south + 0.49 * (beat.north - beat.south)
    centres = [(sum(p[0] for p in c["ring"]) / 4, sum(p[1] for p in c["ring"]) / 4) for c in cells]
    away = [math.hypot((x - lon) * 90_000, (y - lat) * 111_000) for x, y in centres]
    assert min(away) < 250
    assert max(away) < 700
    for cell in cells:  # each cell's own count, by looking at every event
        west, south = cell["ring"][0]
        east, north = cell["ring"][2]
        inside = [e for e in window if west <= e.lon < east and south <= e.lat < north]
        assert cell["count"] == len(inside)
        assert cell["around"] > cell["high"]
        assert cell["p_adjusted"] <= 0.05
        assert cell["level"] in (2, 3)


def test_fewer_than_thirty_events_draw_nothing(town, station):
    crowd(town, "T-CAR", town.beats[0], n=29)
    town.written()
    assert not only(made(station), "hot_cells")


def test_violence_in_dwellings_moves_no_hot_cell_and_family_matters_neither(town, station):
    town.spread("A-MINOR", each=6, periods=4).spread("N-FAMILY", each=6, periods=4)
    crowd(town, "A-MINOR", town.beats[0], n=30, place_kind="dwelling")
    crowd(town, "N-FAMILY", town.beats[1], n=30)
    town.written()
    assert not only(made(station), "hot_cells")


def test_the_test_above_would_notice(town, station, monkeypatch):
    """With everything drawable both crowds are hot: so the rule, and not the ground, kept them away."""
    from kalantar.incidents.models import IncidentQuerySet

    town.spread("A-MINOR", each=6, periods=4).spread("N-FAMILY", each=6, periods=4)
    crowd(town, "A-MINOR", town.beats[0], n=30, place_kind="dwelling")
    crowd(town, "N-FAMILY", town.beats[1], n=30)
    town.written()
    monkeypatch.setattr(IncidentQuerySet, "drawable", lambda self: self.all())
    assert {row.type.code for row in only(made(station), "hot_cells")} == {"A-MINOR", "N-FAMILY"}


# ---- repeat places ----


def test_a_planted_repeat_place_is_found_with_its_dates(town, station):
    town.spread("T-SHOP", each=5, periods=14, place_kind="shop")
    days = [3, 11, 19, 27, 40, 61, 80]
    for ago in [*days, 300]:
        town.put("T-SHOP", town.beats[2], days_ago=ago, place_kind="shop", x=0.3, y=0.7, place="خیابان بهار")
    town.written()
    (row,) = only(made(station), "repeat_place")
    result = row.result
    spot = town.recount(kind="T-SHOP", beat=town.beats[2].pk, first=ON - timedelta(days=90), last=YESTERDAY)
    spot = sorted(event.on for event in spot if event.place)
    assert result["dates"] == [str(day) for day in spot]
    assert (result["count"], result["total"]) == (7, 8)
    assert (result["place"], result["place_kind"]) == ("خیابان بهار", "shop")
    of_type = town.recount(kind="T-SHOP", station=station.pk, last=YESTERDAY)
    share = sum(event.on >= ON - timedelta(days=90) for event in of_type) / len(of_type)
    assert math.isclose(result["expected"], 8 * share, abs_tol=0.006)
    exact = sum(math.comb(8, k) * share**k * (1 - share) ** (8 - k) for k in range(7, 9))
    assert math.isclose(result["p"], exact, rel_tol=1e-9)


@pytest.mark.parametrize(
    ("kind", "place_kind", "listed"),
    [
        ("T-INCAR", "street", True),
        ("T-INCAR", "dwelling", False),
        ("T-HOME", "unknown", False),
        ("T-BREAK", "unknown", False),
        ("A-MINOR", "street", True),
        ("A-MINOR", "dwelling", False),
        ("A-MINOR", "unknown", False),
        ("N-FAMILY", "street", False),
    ],
)
def test_no_dwelling_and_nothing_hidden_is_ever_a_repeat_place(town, station, kind, place_kind, listed):
    town.spread(kind, each=5, periods=14)
    for ago in (3, 11, 19, 27, 40, 61, 80):
        town.put(kind, town.beats[2], days_ago=ago, place_kind=place_kind, x=0.3, y=0.7)
    town.written()
    found = only(made(station), "repeat_place")
    assert bool(found) is listed


def test_a_dwelling_wrongly_marked_as_a_point_is_still_left_out(town, station):
    from kalantar.incidents.models import Incident

    town.spread("T-INCAR", each=5, periods=14)
    for ago in (3, 11, 19, 27, 40, 61, 80):
        town.put("T-INCAR", town.beats[2], days_ago=ago, place_kind="dwelling", x=0.3, y=0.7)
    town.written()
    Incident.objects.update(shown_as=Incident.POINT)
    assert not only(made(station), "repeat_place")


def test_all_events_of_a_repeat_place_are_listed_on_its_page_wherever_they_lie_in_its_spot(
    town, station, station_chief
):
    from kalantar.overview import queries

    beat = town.beats[2]
    town.spread("T-SHOP", each=5, periods=14, place_kind="shop")
    width = beat.east - beat.west
    corner = (round(beat.west + width / 2, 4) - beat.west) / width  # a spot is a square of four decimals around this
    for i, ago in enumerate([3, 11, 19, 27, 40, 61]):
        town.put("T-SHOP", beat, days_ago=ago, place_kind="shop", x=corner + (-0.00004 + 0.000016 * i) / width, y=0.5)
    town.written()
    (row,) = only(made(station), "repeat_place")
    assert row.result["count"] == 6
    assert len(queries.events_of(station_chief, row)) == 6


# ---- rows are replaced, and ranked ----


def test_made_twice_the_same_morning_is_there_once(town, station):
    town.spread("T-INCAR", each=5)
    town.put("T-INCAR", town.beats[0], days_ago=2, n=25)
    town.written()
    first = made(station)
    again = made(station)
    assert [(r.kind, r.type_id, r.beat_id, r.result) for r in first] == [
        (r.kind, r.type_id, r.beat_id, r.result) for r in again
    ]
    assert [row.rank for row in again] == list(range(len(again)))


def test_what_is_said_again_keeps_its_address(town, station):
    """A page opened before an import still leads to the findings that stand."""
    from kalantar.incidents.models import Finding

    town.spread("T-INCAR", each=5)
    town.put("T-INCAR", town.beats[0], days_ago=2, n=25)
    town.written()
    first = {(row.kind, row.type_id, row.beat_id): row.pk for row in made(station)}
    town.rows.clear()
    town.put("T-INCAR", town.beats[0], days_ago=3, hour=13).put("T-SHOP", town.beats[0], days_ago=3).written()
    again = made(station)
    rises = [row for row in again if row.kind == "rise"]
    assert rises
    for row in rises:
        assert first[row.kind, row.type_id, row.beat_id] == row.pk
    assert Finding.objects.filter(station=station).count() == len(again)
    assert next(row for row in rises if row.beat_id).result["count"] == 5 + 25 + 1


def test_yesterdays_rows_stay_and_the_newest_morning_is_read(town, station, station_chief):
    from kalantar.incidents import queries_findings
    from kalantar.incidents.models import Finding

    town.spread("T-INCAR", each=5).written()
    made(station, ON - timedelta(days=1))
    made(station)
    assert Finding.objects.filter(station=station).values("on").distinct().count() == 2
    assert {row.on for row in queries_findings.latest(station_chief, station.pk, ON + timedelta(days=3))} == {ON}
    assert {row.on for row in queries_findings.latest(station_chief, station.pk, YESTERDAY)} == {YESTERDAY}


def test_a_stranger_reads_none(town, station, other_chief):
    from kalantar.incidents import queries_findings

    town.spread("T-INCAR", each=5).written()
    made(station)
    assert not queries_findings.latest(other_chief, station.pk, ON)


def test_the_state_of_the_data_changes_with_the_data(town, station):
    from kalantar.incidents import findings

    town.spread("T-INCAR", each=5).written()
    before = findings.data_version(station.pk)
    assert before == findings.data_version(station.pk)
    town.rows.clear()
    town.put("T-INCAR", town.beats[0], days_ago=2).written()
    assert findings.data_version(station.pk) != before


def test_every_station_is_made_and_the_numbers_told(town, station, other_station):
    from kalantar.incidents import findings
    from kalantar.incidents.models import Finding

    town.spread("T-INCAR", each=5)
    town.put("T-INCAR", town.beats[0], days_ago=2, n=25)
    town.put("T-INCAR", town.beats[6], days_ago=2, n=25)
    town.written()
    told = findings.make_all(ON)
    kept = Counter(Finding.objects.filter(on=ON).values_list("kind", flat=True))
    assert told == kept
    assert set(Finding.objects.filter(kind="rise").values_list("station_id", flat=True)) == {
        station.pk,
        other_station.pk,
    }


def test_a_station_costs_the_same_statements_with_few_events_and_with_many(town, station, statements):
    from kalantar.incidents import findings

    town.spread("T-INCAR", each=1, periods=3).written()
    few = statements(findings.make, station, ON)
    town.rows.clear()
    town.spread("P-DAMAGE", each=6).spread("T-SHOP", each=6).spread("T-CAR", each=6).written()
    many = statements(findings.make, station, ON)
    assert many <= 16
    assert abs(many - few) <= 2  # the ground is read only when there is something to lay on it
