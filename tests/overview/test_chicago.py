"""The demonstration's first morning for its station, against a recount of the shipped files with NumPy and Shapely."""

from __future__ import annotations

import csv
import json
import lzma
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import shapely
from django.test import Client
from django.urls import reverse
from pyproj import Transformer

from kalantar.people import sessions
from tests.overview.persian import fa_n

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
ON = date(2018, 1, 1)
ZONE = ZoneInfo("America/Chicago")


def packed(name):
    from kalantar.project.demo import SOURCE

    return lzma.open(SOURCE / f"{name}.xz", "rt", encoding="utf-8", newline="")


@pytest.fixture(scope="module")
def shapes():
    """station -> the ground of its beats."""
    with packed("beats.geojson") as file:
        features = json.load(file)["features"]
    found = {}
    for feature in features:  # a beat's station is its code without the last two digits
        code = str(int(feature["properties"]["District"]) // 100)
        found.setdefault(code, []).append(shapely.from_geojson(json.dumps(feature["geometry"])))
    return {code: shapely.union_all(parts) for code, parts in found.items()}


@pytest.fixture(scope="module")
def told():
    """type -> (day of each event, longitude, latitude), as the files tell it."""
    with packed("assaults.csv") as file:
        rows = list(csv.DictReader(file))
    assaults = (
        np.array([row["date"][:10] for row in rows], "datetime64[D]"),
        np.array([(float(row["longitude"]), float(row["latitude"])) for row in rows]),
    )
    with packed("burglaries.csv") as file:
        rows = list(csv.DictReader(file))
    days = np.array(["-".join(reversed(row["date"].split("/"))) for row in rows], "datetime64[D]")
    x, y = np.array([(float(row["x"]), float(row["y"])) for row in rows]).T
    moved = Transformer.from_crs("EPSG:26971", "EPSG:4326", always_xy=True).transform(x, y)
    return {"A-SERIOUS": assaults, "T-BREAK": (days, np.column_stack(moved))}


@pytest.fixture
def chicago(db):
    """The demonstration in the tests' own database, by the demonstration's own functions."""
    from kalantar.incidents import findings, types
    from kalantar.kernel import audit, clock
    from kalantar.kernel import installation as kept
    from kalantar.kernel import verbs as kernel_verbs
    from kalantar.people import set_up
    from kalantar.people.actors import COMMAND_LINE
    from kalantar.people.models import Station
    from kalantar.project import demo
    from kalantar.territory.imports import import_boundaries

    kept.forget()
    kernel_verbs.open_installation(
        "demo", by=COMMAND_LINE, name="شیکاگو", name_en="Chicago", time_zone=str(ZONE),
        offset=datetime(2018, 1, 1, 7, tzinfo=ZONE).astimezone(UTC) - clock.wall(),
    )  # fmt: skip
    types.load_types(by=COMMAND_LINE)
    set_up.raise_city(demo.names(), [str(n) for n in range(1, 26) if n not in {13, 21, 23}], by=COMMAND_LINE)
    set_up.enrol_cast(station=demo.STATION, other=demo.OTHER, by=COMMAND_LINE)
    for name, kind in (("districts", "station"), ("beats", "beat")):
        assert import_boundaries(demo.unpacked(f"{name}.geojson"), kind=kind, by=COMMAND_LINE, only_known=True).done
    for name in demo.FILES:
        demo.bring(name, None, clock.now(), say=lambda text: None)
    findings.make_all(clock.today())
    audit.stamp()
    yield Station.objects.get(code=demo.STATION)
    kept.forget()


def counted(told, ground, kind, first, last=ON - timedelta(days=1), *, inside=shapely.contains_xy):
    days, points = told[kind]
    when = (days >= np.datetime64(first)) & (days <= np.datetime64(last))
    return int(inside(ground, points[when]).sum())


def test_the_first_morning_says_what_a_recount_says(chicago, shapes, told):
    from kalantar.incidents.models import Finding
    from kalantar.people.models import Officer
    from kalantar.territory.models import Beat

    ground = shapes["3"]
    rows = list(Finding.objects.filter(station=chicago, on=ON).select_related("type", "beat"))
    assert rows
    for row in rows:
        result, kind = row.result, row.type and row.type.code
        if row.kind == "hot_cells":
            # Burglaries have no kind of place, so each is drawn as a square at most; assaults in dwellings are left out.
            whole = counted(told, ground, kind, ON - timedelta(days=90))
            assert result["n"] == whole if kind == "T-BREAK" else result["n"] <= whole
        if row.kind == "high":
            beat = shapely.from_wkb(bytes(Beat.objects.get(pk=row.beat_id).geometry))
            assert result["count"] == counted(told, beat, kind, ON - timedelta(days=364))
        if row.kind == "rise":
            beat = shapely.from_wkb(bytes(row.beat.geometry)) if row.beat_id else ground
            assert result["count"] == counted(told, beat, kind, ON - timedelta(days=28))
    client = Client()
    client.force_login(Officer.objects.get(username="station_chief"))
    session = client.session
    sessions.begin(session)
    session.save()
    page = client.get(reverse("overview:morning"))
    yesterday = sum(counted(told, ground, kind, ON - timedelta(days=1)) for kind in told)
    said = fa_n("%(n)s event happened yesterday.", "%(n)s events happened yesterday.", yesterday)
    assert said in page.content.decode()
    area = client.get(reverse("overview:my_area")).context
    assert dict(area["facts"].by_type) == {
        kind: n for kind in told if (n := counted(told, ground, kind, ON - timedelta(days=90)))
    }
    assert area["facts"].untimed == counted(told, ground, "T-BREAK", ON - timedelta(days=90))
    assert len(area["drawn"].beats) == 12
    every_total_is_a_recount(shapes, told)


def every_total_is_a_recount(shapes, told):
    """All stations, the whole register: what lies in one station's shape is that station's."""
    from django.db.models import Sum

    from kalantar.incidents.models import DailyCount
    from kalantar.people.models import Station

    kept = {
        (code, kind): n
        for code, kind, n in DailyCount.objects.live()
        .filter(local_date__lt=ON)
        .values_list("station__code", "type__code")
        .annotate(n=Sum("n"))
    }
    # A point upon a border is covered by two shapes and inside none; it is given to exactly one of them. A burglary moved
    # from metres may fall a hair beside the border it lies upon, so two a station may change sides.
    beside = {"A-SERIOUS": 0, "T-BREAK": 2}
    for code in Station.objects.values_list("code", flat=True):
        for kind in told:
            least = counted(told, shapes[code], kind, date(2001, 1, 1))
            most = counted(told, shapes[code], kind, date(2001, 1, 1), inside=shapely.intersects_xy)
            assert least - beside[kind] <= kept.get((code, kind), 0) <= most + beside[kind], (code, kind)
    ground = shapely.union_all([shapes[code] for code in Station.objects.values_list("code", flat=True)])
    for kind in told:
        everywhere = counted(told, ground, kind, date(2001, 1, 1), inside=shapely.intersects_xy)
        assert abs(sum(n for (_, of), n in kept.items() if of == kind) - everywhere) <= beside[kind]
