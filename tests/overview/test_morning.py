"""The morning page: its three lines, what it says when there is nothing, the signature, and who may see it."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta

import pytest
from django.urls import reverse

from kalantar.persian.digits import to_persian
from tests import cast
from tests.overview.conftest import make_findings
from tests.overview.persian import fa, fa_n

pytestmark = pytest.mark.django_db


def read(response) -> str:
    assert response.status_code == 200, response.content.decode()[:600]
    return response.content.decode()


def morning_of(client):
    return client.get(reverse("overview:morning"))


# ---- the three lines ----


def test_the_lines_count_what_the_rooms_told_and_the_title_counts_what_needs_the_chief(town, client_of, station_chief):
    response = morning_of(client_of(station_chief))
    text, seen = read(response), response.context["morning"]
    assert [line["ask"] for line in response.context["lines"]] == [
        fa("What changed"),
        fa("What is late"),
        fa("What needs your signature"),
    ]
    assert [line["n"] for line in response.context["lines"]] == [
        sum(line.n for line in seen.lines[heading]) for heading in ("changed", "late", "sign")
    ]
    asks = seen.n("late") + seen.n("sign")
    assert response.context["title"] == fa_n(
        "Good morning. %(n)s thing needs you today.", "Good morning. %(n)s things need you today.", asks
    )
    assert response.context["title"] in text
    changed = {line.sentence: line.n for line in seen.lines["changed"]}
    day = town.on - timedelta(days=1)
    yesterday = len(town.recount(station=station_chief.home_station.pk, first=day, last=day))
    said = fa_n("%(n)s event happened yesterday.", "%(n)s events happened yesterday.", yesterday)
    assert changed[said] == yesterday
    assert seen.n("sign") == 1
    assert any(
        "۴" in line.sentence and "محله" in line.sentence for line in seen.lines["late"]
    )  # beats without an officer


def test_every_kind_of_finding_is_said_with_its_place(town, client_of, station_chief):
    response = morning_of(client_of(station_chief))
    said = {}
    for found in response.context["finds"]:
        said.setdefault(found.kind, []).append(found)
    assert set(said) >= {"rise", "high", "hot_cells", "repeat_place"}
    assert any(to_persian(town.beats[1].name) in found.title for found in said["rise"])
    assert any(to_persian(town.beats[2].name) in found.title for found in said["high"])
    assert any("خیابان بهار" in found.title for found in said["repeat_place"])
    text = read(response)
    for found in response.context["finds"]:
        assert found.title in text
        assert found.text in text


def test_silence_is_told_last(town, client_of, station_chief):
    kinds = [found.kind for found in morning_of(client_of(station_chief)).context["finds"]]
    assert "too_few" not in kinds[:-1]


def test_a_dwelling_is_never_named_on_the_page(town, client_of, station_chief):
    assert "نسترن" not in read(morning_of(client_of(station_chief)))


def test_an_old_register_is_told_to_be_old(bare, station, client_of, station_chief):
    bare.put("T-INCAR", bare.beats[0], days_ago=4).written()
    response = morning_of(client_of(station_chief))
    assert response.context["morning"].is_late
    assert fa("The newest incident is older than a day and a half") in read(response)


def test_a_fresh_register_is_not(bare, client_of, station_chief):
    bare.put("T-INCAR", bare.beats[0], days_ago=0, hour=0).written()
    response = morning_of(client_of(station_chief))
    assert not response.context["morning"].is_late


# ---- nothing there ----


def test_without_ground_and_findings_the_page_says_so(installation, client_of, station_chief):
    text = read(morning_of(client_of(station_chief)))
    assert fa("No findings yet") in text
    assert fa("The boundary is not recorded yet") in text


def test_a_station_without_events_is_not_called_quiet(bare, station, today, client_of, station_chief):
    make_findings(station, on=today)
    text = read(morning_of(client_of(station_chief)))
    assert fa("No event is recorded for this area yet.") in text
    assert fa("No rise beyond what is usual.") not in text


def test_when_nothing_is_late_and_all_is_signed_the_title_says_it(bare, station, today, client_of, analyst):
    response = morning_of(client_of(analyst))
    seen = response.context["morning"]
    if not seen.asks:
        assert response.context["title"] == fa("Good morning. Nothing is late today.")
    assert seen.n("sign") == 0
    assert response.context["lines"][2]["text"] == fa("Nothing waits for your signature.")


# ---- the signature ----


def sign(client, station):
    return client.post(reverse("overview:sign", args=[station.code]))


def test_the_chief_signs_once_and_the_brief_keeps_both_languages(town, station, client_of, station_chief, last_line):
    from kalantar.kernel.models import HeadCode
    from kalantar.overview.models import MorningBrief

    client = client_of(station_chief)
    page = morning_of(client)
    assert reverse("overview:sign", args=[station.code]) in read(page)
    answer = sign(client, station)
    assert (answer.status_code, answer["Location"]) == (302, reverse("overview:morning"))
    brief = MorningBrief.objects.get(station=station, on=town.on)
    assert brief.signed_by_id == station_chief.officer_id
    assert brief.head_code == HeadCode.objects.get(on=town.on).code
    assert [found["title"] for found in brief.content["fa"]["findings"]] == [s.title for s in page.context["finds"]]
    assert "more than usual" in brief.content["en"]["findings"][0]["title"]
    assert brief.content["fa"]["lines"]["late"] == [line.sentence for line in page.context["morning"].lines["late"]]
    assert last_line(brief).what == "morning_brief.signed"
    after = morning_of(client)
    assert after.context["lines"][2]["text"] == fa("This morning's brief is signed.")
    assert after.context["morning"].asks == page.context["morning"].asks - 1
    assert reverse("overview:sign", args=[station.code]) not in read(after)


def test_a_second_signature_is_refused_and_changes_nothing(town, station, client_of, station_chief):
    from kalantar.overview.models import MorningBrief

    client = client_of(station_chief)
    sign(client, station)
    kept = MorningBrief.objects.values().get()
    answer = sign(client, station)
    assert answer.status_code == 422
    said = fa("This morning's brief is signed already. Nothing was changed.")
    assert said in answer.content.decode()
    assert MorningBrief.objects.values().get() == kept


def test_what_was_signed_stays_when_the_findings_change(town, station, client_of, station_chief):
    from kalantar.incidents.models import DailyCount, Incident
    from kalantar.overview.models import MorningBrief

    sign(client_of(station_chief), station)
    kept = json.dumps(MorningBrief.objects.get().content, sort_keys=True)
    Incident.objects.all().delete()
    DailyCount.objects.all().delete()
    make_findings(station, on=town.on)
    assert json.dumps(MorningBrief.objects.get().content, sort_keys=True) == kept


@pytest.mark.parametrize("who", ["duty_deputy", "desk_officer", "analyst", "province_commander", "inspector"])
def test_only_the_chief_signs(town, station, client_of, request, who):
    from kalantar.overview.models import MorningBrief

    actor = request.getfixturevalue(who)
    client = client_of(actor)
    answer = sign(client, station)
    assert answer.status_code in {404, 422}
    assert not MorningBrief.objects.exists()
    page = client.get(reverse("overview:station_morning", args=[station.code]))
    if page.status_code == 200:
        assert reverse("overview:sign", args=[station.code]) not in page.content.decode()


def test_only_today_is_signed(town, station, station_chief):
    from kalantar.kernel.change import Refused
    from kalantar.overview import verbs
    from kalantar.overview.models import MorningBrief

    for on in (town.on - timedelta(days=1), town.on + timedelta(days=1)):
        with pytest.raises(Refused) as refused:
            verbs.sign_brief(station, by=station_chief, on=on)
        assert refused.value.key == "brief_only_today"
    assert not MorningBrief.objects.exists()


def test_reading_the_address_of_the_signature_signs_nothing(town, station, client_of, station_chief):
    assert client_of(station_chief).get(reverse("overview:sign", args=[station.code])).status_code == 405


# ---- who sees what ----


def plain(response) -> str:
    """A page without what differs between any two requests: its own address, its number, the token of its forms."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", response.content.decode())
    number = response.headers["X-Request-Id"]
    for own in (response.wsgi_request.path, number, to_persian(number)):
        text = text.replace(own, "…")
    return text


STATION_PAGES = ("station_morning", "wall", "paper", "area")


@pytest.mark.parametrize("name", STATION_PAGES)
def test_another_stations_page_is_the_page_of_nothing(town, station, client_of, other_chief, name):
    client = client_of(other_chief)
    arguments, absent = {"code": station.code}, {"code": "K99"}
    hidden = client.get(reverse(f"overview:{name}", kwargs=arguments))
    nothing = client.get(reverse(f"overview:{name}", kwargs=absent))
    assert hidden.status_code == nothing.status_code == 404
    assert plain(hidden) == plain(nothing)


def test_another_stations_finding_and_beat_and_signature_are_nothing_too(town, station, client_of, other_chief):
    from kalantar.incidents.models import Finding

    client = client_of(other_chief)
    own = Finding.objects.filter(station=station).first()
    pairs = [
        ("finding", {"pk": own.pk}, {"pk": 99_999_999}),
        ("beat", {"code": station.code, "beat": town.beats[0].code}, {"code": station.code, "beat": "zz"}),
    ]
    for name, arguments, absent in pairs:
        hidden = client.get(reverse(f"overview:{name}", kwargs=arguments))
        nothing = client.get(reverse(f"overview:{name}", kwargs=absent))
        assert hidden.status_code == nothing.status_code == 404
        assert plain(hidden) == plain(nothing)
    assert client.post(reverse("overview:sign", args=[station.code])).status_code == 404


@pytest.mark.parametrize("name", ["morning", "my_area"])
def test_a_visitor_is_asked_to_sign_in(town, client_of, name):
    answer = client_of(None).get(reverse(f"overview:{name}"))
    assert answer.status_code == 302
    assert answer["Location"].split("?")[0] == reverse("people:sign_in")


def test_a_commander_sees_the_table_and_each_station(
    town, station, other_station, today, client_of, province_commander
):
    client = client_of(province_commander)
    response = client.get(reverse("overview:morning"))
    text, rows = read(response), {row["station"].pk: row for row in response.context["rows"]}
    for unit in (station, other_station):
        for key, first, last in (("now", 28, 1), ("before", 56, 29)):
            counted = town.recount(
                station=unit.pk, first=today - timedelta(days=first), last=today - timedelta(days=last)
            )
            assert rows[unit.pk][key] == len(counted)
        assert unit.name in text
        assert client.get(reverse("overview:station_morning", args=[unit.code])).status_code == 200
    assert rows[station.pk]["kinds"]["rise"] >= 1


def test_a_station_without_data_is_said_to_have_none(bare, other_station, client_of, province_commander):
    bare.spread("T-INCAR", each=5, beats=bare.beats[:4]).written()
    response = client_of(province_commander).get(reverse("overview:morning"))
    rows = {row["station"].pk: row for row in response.context["rows"]}
    assert not rows[other_station.pk]["has_data"]
    assert f">{fa('no data')}<" in read(response)


def test_the_table_counts_each_stations_newest_morning_only(
    town, station, other_station, client_of, province_commander
):
    """One station's findings are a day older than the other's: the older one is not counted twice."""
    from kalantar.incidents.models import Finding

    make_findings(station, on=town.on - timedelta(days=1))
    Finding.objects.filter(station=other_station, on=town.on).update(on=town.on - timedelta(days=1))
    rows = client_of(province_commander).get(reverse("overview:morning")).context["rows"]
    told = next(row["kinds"] for row in rows if row["station"].pk == station.pk)
    assert sum(told.values()) == Finding.objects.filter(station=station, on=town.on).count()


def test_the_overseer_has_no_stations_page(town, station, client_of, outside_overseer):
    client = client_of(outside_overseer)
    text = read(client.get(reverse("overview:morning")))
    assert station.name not in text
    for name in STATION_PAGES:
        assert client.get(reverse(f"overview:{name}", args=[station.code])).status_code == 404


# ---- the wall and the paper ----


def test_the_wall_shows_no_name_of_a_colleague_and_no_form(town, station, client_of, station_chief):
    text = read(client_of(station_chief).get(reverse("overview:wall", args=[station.code])))
    assert 'data-place="wall"' in text
    assert "overview/sign" not in text
    assert reverse("overview:sign", args=[station.code]) not in text


def test_the_paper_holds_what_the_page_says_and_the_code_of_the_day(town, station, client_of, station_chief):
    from kalantar.kernel.models import HeadCode

    client = client_of(station_chief)
    page, text = morning_of(client), read(client.get(reverse("overview:paper", args=[station.code])))
    for found in page.context["finds"][:9]:
        assert found.title in text
    more = len(page.context["finds"]) - 9
    assert more <= 0 or fa("%(shown)s more finding on the page of today", shown=more) in text
    for line in page.context["lines"]:
        assert line["text"] in text
    assert to_persian(HeadCode.objects.get(on=town.on).code) in text


def test_before_the_code_is_made_the_page_says_so(bare, station, client_of, station_chief):
    client = client_of(station_chief)
    assert html.escape(fa("Today's code is made with the first findings of the morning.")) in read(morning_of(client))
    assert client.get(reverse("overview:paper", args=[station.code])).status_code == 200


# ---- before each morning ----


def test_the_job_of_the_morning_makes_findings_and_code_and_may_run_twice(bare, station, today):
    from kalantar.incidents.models import Finding
    from kalantar.kernel.models import HeadCode
    from kalantar.overview import jobs

    bare.spread("T-INCAR", each=5).written()
    jobs.make_morning({})
    first = list(Finding.objects.values_list("station_id", "kind", "rank")), HeadCode.objects.get(on=today).code
    jobs.make_morning({})
    assert (
        list(Finding.objects.values_list("station_id", "kind", "rank")),
        HeadCode.objects.get(on=today).code,
    ) == first


def test_findings_are_swept_after_their_time_and_briefs_stay(town, station, client_of, station_chief):
    from kalantar.incidents import findings
    from kalantar.incidents.models import Finding
    from kalantar.overview.models import MorningBrief

    sign(client_of(station_chief), station)
    Finding.objects.update(on=town.on - timedelta(days=401))
    assert findings.sweep() > 0
    assert not Finding.objects.exists()
    assert MorningBrief.objects.count() == 1


@pytest.mark.parametrize("role", ["duty_deputy", "case_officer", "beat_officer", "patrol_officer", "counsellor"])
def test_every_colleague_of_the_station_reads_the_morning(town, station, client_of, role):
    assert morning_of(client_of(cast.actor_of(role, station))).status_code == 200


def unnamed_beats(actor, station) -> int:
    from kalantar.kernel import clock
    from kalantar.overview import queries as asked

    late = asked.morning(actor, station, clock.today()).lines["late"]
    return sum(line.n for line in late if line.url == reverse("territory:beats"))


def test_a_commander_reads_this_station_s_lines_not_those_of_all(
    province_commander, station, beats, other_beats, monkeypatch
):
    here = unnamed_beats(province_commander, station)
    assert 0 < here <= len(beats)
    monkeypatch.setattr(type(province_commander), "at", lambda self, station: self)
    assert unnamed_beats(province_commander, station) > here  # the negative control: all stations at once
