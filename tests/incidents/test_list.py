"""The list of events: the filter is a sentence, a page costs the same everywhere, and what is never drawn is counted only."""

from __future__ import annotations

import random
import re
from datetime import date, timedelta

import pytest
from django.urls import reverse

from tests.incidents import events

pytestmark = pytest.mark.django_db


@pytest.fixture
def types(installation, monkeypatch):
    """The table of types; and the installation's row read once, so that the clock does not change what a page costs."""
    from kalantar.kernel import installation as kept

    monkeypatch.setattr(kept, "_KEEP_S", 3_600)
    events.load_types()


@pytest.fixture
def some(types, beats):
    return events.many(beats, 400, days=120)


def numbers(response) -> list[str]:
    return re.findall(r'<td class="soft"[^>]*>.*?<bdi[^>]*>([^<]+)</bdi>', response.content.decode())


def listed(client, **asked):
    """Every number of a filter, page by page."""
    url, found = reverse("incidents:list"), []
    response = client.get(url, asked)
    while True:
        found += numbers(response)
        older = response.context["page"].older_url
        if not older:
            return found
        response = client.get(older)


def written(row) -> str:
    from kalantar.persian.digits import to_persian

    return to_persian(f"{row.station.number}/{row.number_year}/{row.number_seq}")


def twin(rows, **asked):
    """The filter, slowly: every row looked at in Python."""
    from kalantar.incidents import queries
    from kalantar.kernel import clock

    days = {"7d": 7, "30d": 30, "90d": 90, "365d": 365, "all": None}[asked.get("period", "30d")]
    first = clock.today() - timedelta(days=days - 1) if days else None

    def fits(row):
        code, local = row.type.code, clock.local(row.occurred_from)
        kind = asked.get("type", "")
        return (
            row.shown_as > 0
            and (not kind or code == kind or (len(kind) == 1 and code.startswith(kind + "-")))
            and (not asked.get("beat") or row.beat_id == asked["beat"])
            and (first is None or first <= local.date() <= clock.today())
            and (not asked.get("place") or row.place_kind == asked["place"])
            and (not asked.get("part") or (row.time_known and local.hour in range(*queries.PARTS[asked["part"]])))
        )

    found = [row for row in rows if fits(row)]
    return [written(row) for row in sorted(found, key=lambda r: (r.occurred_from, r.number_seq), reverse=True)]


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"period": "7d"},
        {"period": "all"},
        {"period": "90d", "type": "T"},
        {"period": "all", "type": "T-INCAR"},
        {"period": "all", "part": "night"},
        {"period": "90d", "part": "evening", "type": "T"},
        {"period": "all", "place": "dwelling"},
        {"period": "365d", "type": "A"},
    ],
    ids=str,
)
def test_the_list_holds_what_a_slow_twin_finds(client_of, station_chief, beats, some, asked):
    client = client_of(station_chief)
    for beat in (None, beats[1].pk):
        given = {**asked, "beat": beat} if beat else asked
        assert listed(client, **given) == twin(some, **given)


def test_the_count_is_the_number_of_rows(client_of, station_chief, some):
    client = client_of(station_chief)
    for asked in ({}, {"period": "all"}, {"period": "7d", "type": "T"}, {"part": "morning"}):
        response = client.get(reverse("incidents:list"), asked)
        assert response.context["counted"].listed == len(listed(client, **asked))


def test_what_is_never_drawn_is_counted_and_not_listed(client_of, station_chief, beat, types):
    events.recorded(beat, station_chief, type="T-INCAR")
    hidden = events.recorded(beat, station_chief, type="N-FAMILY", place_text="خیابان یاس")
    response = client_of(station_chief).get(reverse("incidents:list"))
    assert len(numbers(response)) == 1
    assert (response.context["counted"].all, response.context["counted"].hidden) == (2, 1)
    page = response.content.decode()
    assert written(hidden) not in page and "یاس" not in page
    assert "۱ رویداد دیگر شمرده شده" in page


def test_the_same_event_is_listed_when_its_kind_may_be(client_of, station_chief, beat, types):
    """The negative control of the test above: place and words alike, another kind."""
    shown = events.recorded(beat, station_chief, type="N-NOISE", place_text="خیابان یاس")
    page = client_of(station_chief).get(reverse("incidents:list")).content.decode()
    assert written(shown) in page and "یاس" in page


def test_a_dwelling_is_named_by_its_street(client_of, station_chief, beat, types):
    events.recorded(
        beat, station_chief, type="T-HOME", place_kind="dwelling", place_text="خیابان صنوبر، پلاک ۱۲، واحد ۳"
    )
    page = client_of(station_chief).get(reverse("incidents:list")).content.decode()
    assert "خیابان صنوبر" in page and "پلاک" not in page and "واحد" not in page


def test_a_page_costs_the_same_for_one_row_and_for_fifty(client_of, station_chief, beat, beats, types, statements):
    events.recorded(beat, station_chief)
    client, url = client_of(station_chief), reverse("incidents:list")
    client.get(url)
    one = statements(client.get, url)
    events.many(beats, 200, days=20)
    fifty = statements(client.get, url)
    assert len(numbers(client.get(url))) == 50
    assert one == fifty <= 12


def test_a_commanders_page_costs_the_same_too(client_of, province_commander, beats, other_beats, types, statements):
    events.many([*beats, *other_beats], 200, days=20)
    client = client_of(province_commander)
    client.get(reverse("incidents:list"))
    assert statements(client.get, reverse("incidents:list")) <= 12


def test_pages_stay_while_rows_are_added(client_of, station_chief, beats, beat, some):
    client = client_of(station_chief)
    before = listed(client, period="all")
    first = client.get(reverse("incidents:list"), {"period": "all"})
    newer = written(events.recorded(beat, station_chief))
    second = client.get(first.context["page"].older_url)
    assert numbers(first) + numbers(second) == before[:100]
    back = client.get(second.context["page"].newer_url)
    assert numbers(back) == before[:50]
    assert newer in numbers(client.get(reverse("incidents:list"), {"period": "all"}))


def test_the_chief_of_the_next_station_finds_nothing(client_of, other_chief, other_beats, beats, some):
    client = client_of(other_chief)
    for asked in (
        {"period": "all"},
        {"period": "all", "beat": beats[0].pk},
        {"period": "all", "station": beats[0].station_id},
    ):
        response = client.get(reverse("incidents:list"), asked)
        assert response.context["counted"].all == 0 and numbers(response) == []
        assert beats[0].name not in response.content.decode()


def test_a_commander_chooses_a_station(client_of, province_commander, beats, other_beats, some):
    others = events.many(other_beats, 30, seed=7, days=20)
    client = client_of(province_commander)
    found = listed(client, station=other_beats[0].station_id)
    assert found == twin(others)


def test_somebody_without_eyes_finds_no_such_page(client_of, outside_overseer, some):
    for name in ("list", "map", "record", "export"):
        assert client_of(outside_overseer).get(reverse(f"incidents:{name}")).status_code == 404


def test_a_foreign_address_never_breaks_the_page(client_of, station_chief, some):
    client = client_of(station_chief)
    wild = random.Random(3)
    for name in ("type", "beat", "period", "part", "place", "cell", "station", "older", "newer"):
        for value in (
            "'",
            "0",
            "-1",
            "9" * 40,
            "2026-13-45..2026-01-01",
            "0001-01-01..9999-12-31",
            "T-",
            "\x00",
            str(wild.random()),
        ):
            assert client.get(reverse("incidents:list"), {name: value}).status_code == 200


def test_a_period_of_ones_own_comes_from_two_days_in_any_digits(client_of, station_chief, some):
    client = client_of(station_chief)
    response = client.get(reverse("incidents:period"), {"first": "۱۴۰۵/۰۱/۱۰", "last": "1405/01/03", "type": "T"})
    assert response.url == f"{reverse('incidents:list')}?type=T&period=2026-03-23..2026-03-30"
    assert "۳ تا ۱۰ فروردین ۱۴۰۵" in client.get(response.url).content.decode()


def test_counting_stops_and_says_so(client_of, station_chief, some, monkeypatch):
    from kalantar.incidents import queries

    monkeypatch.setattr(queries, "COUNTED", 20)
    response = client_of(station_chief).get(reverse("incidents:list"), {"period": "all"})
    assert "بیش از ۲۰ رویداد" in response.content.decode()


def test_where_no_index_helps_a_part_is_looked_at_and_the_count_says_so(client_of, station_chief, some, monkeypatch):
    from kalantar.incidents import queries

    monkeypatch.setattr(queries, "LOOKED_AT", 3)
    response = client_of(station_chief).get(reverse("incidents:list"), {"period": "all", "place": "shop"})
    assert (
        len(numbers(response)) >= 40
        and f"دست‌کم {'۵۰' if len(numbers(response)) == 50 else ''}" in response.content.decode()
    )


def test_a_commanders_pages_hold_what_a_slow_twin_finds(client_of, province_commander, beats, other_beats, types):
    """Over many stations the newest days are looked at first; the pages are the same as if all were read at once."""
    rows = events.many(beats, 150, days=700)
    client = client_of(province_commander)
    assert listed(client, period="all") == twin(rows, period="all")
    assert listed(client, period="all", type="R") == twin(rows, period="all", type="R")
    second = client.get(client.get(reverse("incidents:list"), {"period": "all"}).context["page"].older_url)
    assert numbers(client.get(second.context["page"].newer_url)) == twin(rows, period="all")[:50]


# ---- search by number ----


@pytest.mark.parametrize("form", ["{s}/{y}/{n}", "{n}/{y}/{s}", "{y}/{s}/{n}", "{s}-{y}-{n}", "{y}/{n}"])
@pytest.mark.parametrize("digits", ["0123456789", "۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩"])
def test_a_number_opens_its_event_in_any_digits_and_order(client_of, station_chief, beat, types, form, digits):
    row = events.recorded(beat, station_chief)
    typed = form.format(s=row.station.number, y=row.number_year, n=row.number_seq).translate(
        str.maketrans("0123456789", digits)
    )
    response = client_of(station_chief).get(reverse("web:find"), {"number": typed})
    assert response.url == reverse("incidents:incident", args=[row.uid])


def test_a_strangers_number_and_no_number_answer_alike(client_of, other_chief, station_chief, beat, types):
    row = events.recorded(beat, station_chief)
    client = client_of(other_chief)
    theirs = client.get(reverse("web:find"), {"number": f"{row.station.number}/{row.number_year}/{row.number_seq}"})
    none = client.get(reverse("web:find"), {"number": f"{row.station.number}/{row.number_year}/999999"})
    assert theirs.status_code == none.status_code == 404


# ---- the map of the list ----


def test_the_map_draws_no_hidden_event_and_no_dwelling_as_a_point(client_of, station_chief, beat, types):
    from kalantar.incidents.models import Incident

    events.recorded(beat, station_chief, type="N-FAMILY")
    hidden = client_of(station_chief).get(reverse("incidents:map")).context["drawn"]
    assert hidden.map.points == [] and hidden.map.cells == []
    dwelling = events.recorded(beat, station_chief, type="T-HOME", place_kind="dwelling")
    assert dwelling.shown_as == Incident.CELL
    drawn = client_of(station_chief).get(reverse("incidents:map")).context["drawn"]
    assert drawn.map.points == [] and [row.n for row in drawn.rows] == [1]
    events.recorded(beat, station_chief, type="T-INCAR")
    drawn = client_of(station_chief).get(reverse("incidents:map")).context["drawn"]
    assert len(drawn.map.points) == 1 and [row.n for row in drawn.rows] == [1]


def test_many_events_are_cells_whose_counts_add_up(client_of, station_chief, beats, types):
    rows = events.many(beats, 900, days=25)
    client = client_of(station_chief)
    drawn = client.get(reverse("incidents:map")).context["drawn"]
    placed = [row for row in rows if row.shown_as and row.h3]
    assert drawn.map.points == [] and sum(row.n for row in drawn.rows) == len(placed)
    cell = drawn.rows[0]
    assert client.get(cell.url).context["counted"].listed == cell.n


def test_the_map_costs_the_same_for_few_and_many(client_of, station_chief, beats, types, statements):
    client, url = client_of(station_chief), reverse("incidents:map")
    events.many(beats, 20, days=20)
    client.get(url)
    few = statements(client.get, url)
    from kalantar.incidents.models import DailyCount, Incident

    Incident.objects.all().delete()
    DailyCount.objects.all().delete()
    events.many(beats, 600, days=20, seed=5)
    assert statements(client.get, url) == few <= 14


@pytest.mark.parametrize(
    ("asked", "read"),
    [
        ("2019-03-01..2019-03-31", (date(2019, 3, 1), date(2019, 3, 31))),
        ("2019-03-31..2019-03-01", (date(2019, 3, 1), date(2019, 3, 31))),
        ("1899-12-31..2019-03-01", None),
        ("2019-03-01..1899-12-31", None),
        ("2019-03-01..2150-01-01", None),
        ("2150-01-01..2019-03-01", None),
    ],
)
def test_a_period_is_read_alike_in_both_orders_and_its_limits_hold_for_the_ends(asked, read):
    from kalantar.incidents import filters

    assert filters._range(asked) == read


@pytest.mark.parametrize("looked_at", [5, 2_000], ids=["many", "few"])
@pytest.mark.parametrize("asked", [{"type": "R"}, {"type": "N"}, {"type": "T"}, {"type": "R", "place": "street"}])
def test_a_family_of_types_is_the_same_list_however_it_is_read(
    client_of, station_chief, some, monkeypatch, asked, looked_at
):
    from kalantar.incidents import queries

    monkeypatch.setattr(queries, "LOOKED_AT", looked_at)
    client = client_of(station_chief)
    found = listed(client, period="all", **asked)
    assert found == twin([row for row in some if row.station_id in station_chief.stations()], period="all", **asked)
    assert found


@pytest.mark.sqlite
def test_a_page_of_one_type_is_read_along_the_index_of_that_type(client_of, station_chief, some):
    """With a join to the station SQLite walks over all events of the station until it meets the type."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        client_of(station_chief).get(reverse("incidents:list"), {"type": "T-HOME", "period": "all"})
    (page,) = (query["sql"] for query in captured if "ORDER BY 4 DESC" in query["sql"])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {page.replace('%', '%%')}", [])
        plan = " ".join(row[-1] for row in cursor.fetchall())
    assert "incident_newest_of_type (station_id=? AND type_id=?" in plan, plan
