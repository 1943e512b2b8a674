"""The cast: one province, one county, two stations with square beats, and a colleague for every role.

`station_chief`, `desk_officer`, … are actors; each is enrolled when a test first asks for it. `client_of(actor)` is a
signed-in test client. `other_chief` commands `other_station`: to everything of `station` a stranger.

    def test_the_chief_of_the_next_station_finds_nothing(client_of, other_chief, beats): ...
"""

from __future__ import annotations

import math
import uuid
from datetime import date

import pytest

AWAY = date(2020, 1, 1)  # posts of the cast began long before any test's day
SQUARE_M = 1000
WEST, SOUTH = 51.30, 35.70  # made-up ground; the corner of the first beat


@pytest.fixture
def installation(db):
    """An installation of kind `test`, in Tehran's time zone, with its clock at real time."""
    from kalantar.kernel import installation as kept
    from kalantar.kernel import verbs
    from kalantar.people.actors import COMMAND_LINE

    kept.forget()
    yield verbs.open_installation(
        "test", by=COMMAND_LINE, name="استان آزمون", name_en="Test Province", time_zone="Asia/Tehran"
    )
    kept.forget()


def raise_test_structure():
    """One province, one county, two stations. Returns code -> unit."""
    from kalantar.people.set_up import UnitPlan, raise_structure

    def stations():
        yield UnitPlan(
            grade="station",
            kind="kalantari",
            code="K11",
            number=11,
            name="کلانتری ۱۱ نوبهار",
            name_en="Station 11 Nowbahar",
        )
        yield UnitPlan(
            grade="station", kind="pasgah", code="K12", number=12, name="پاسگاه ۱۲ سپیدار", name_en="Outpost 12 Sepidar"
        )

    county = UnitPlan(
        grade="county",
        kind="county",
        code="C1",
        name="شهرستان آزمون",
        name_en="Test County",
        children=tuple(stations()),
    )
    return raise_structure(
        UnitPlan(
            grade="province",
            kind="province",
            code="P1",
            name="استان آزمون",
            name_en="Test Province",
            children=(county,),
        )
    )


@pytest.fixture
def structure(installation):
    """code -> unit of the whole tree."""
    return raise_test_structure()


@pytest.fixture
def province(structure):
    return structure["P1"]


@pytest.fixture
def county(structure):
    return structure["C1"]


@pytest.fixture
def station(structure):
    return _station(structure["K11"])


@pytest.fixture
def other_station(structure):
    return _station(structure["K12"])


def _station(unit):
    from kalantar.people.models import Station

    return Station.objects.get(pk=unit.pk)


# ---- ground ----


def square(column: int, row: int, columns: int = 1, rows: int = 1):
    """A polygon of whole 1 km squares, counted from the south-west corner of the made-up ground, in lon and lat."""
    from shapely.geometry import box

    lat_step = SQUARE_M / 111_320
    lon_step = lat_step / math.cos(math.radians(SOUTH))
    return box(
        WEST + column * lon_step,
        SOUTH + row * lat_step,
        WEST + (column + columns) * lon_step,
        SOUTH + (row + rows) * lat_step,
    )


def boundary_fields(shape, *, code: str, name: str, name_en: str) -> dict:
    """The fields of an Area or Beat for a polygon."""

    from kalantar.territory import frames

    west, south, east, north = shape.bounds
    drawn = frames.moved_to_screen(shape)
    label_x, label_y, room = frames.label_points([drawn])[0]
    return {
        "uid": uuid.uuid4(),
        "code": code,
        "name": name,
        "name_en": name_en,
        "geometry": shape.wkb,
        "screen": frames.svg_path(drawn),
        "label_x": label_x,
        "label_y": label_y,
        "label_room_m": room,
        "west": west,
        "south": south,
        "east": east,
        "north": north,
        "area_m2": shape.area * 111_320**2 * math.cos(math.radians(SOUTH)),
        "since_on": AWAY,
    }


def lay_ground(station, *, column: int, rows: int):
    """One area and its column of square beats. Returns the beats, from south to north."""
    from kalantar.territory.models import Area, Beat

    Area.objects.create(
        station=station,
        **boundary_fields(square(column, 0, rows=rows), code=station.code, name=station.name, name_en=station.name_en),
    )
    return [
        Beat.objects.create(
            station=station,
            **boundary_fields(
                square(column, row),
                code=f"{station.number}-{row + 1}",
                name=f"محله {row + 1} {station.name}",
                name_en=f"Beat {row + 1}, {station.name_en}",
            ),
        )
        for row in range(rows)
    ]


@pytest.fixture
def beats(station):
    """Four square beats of `station`, west of the others."""
    return lay_ground(station, column=0, rows=4)


@pytest.fixture
def other_beats(other_station):
    """Two square beats of `other_station`, sharing a border with the first two of `station`."""
    return lay_ground(other_station, column=1, rows=2)


@pytest.fixture
def beat(beats):
    return beats[0]


@pytest.fixture
def other_beat(other_beats):
    return other_beats[0]


def middle(beat) -> tuple[float, float]:
    """A point well inside a beat: longitude, latitude."""
    return (beat.west + beat.east) / 2, (beat.south + beat.north) / 2


# ---- people ----


def actor_of(role: str, unit, *, username: str = ""):
    """Enrol one more colleague and return the actor."""
    from django.contrib.auth.hashers import make_password

    from kalantar.people import rules, set_up
    from kalantar.people.actors import OfficerActor
    from kalantar.people.roles import Role

    return OfficerActor(
        set_up.enrol_role(
            Role(role), unit, username=username, from_on=AWAY, hashed=make_password(rules.DEMO_PASSWORD, hasher="md5")
        )
    )


@pytest.fixture
def enrolled():
    """`enrolled("analyst", unit, username="second_analyst")`: one more colleague."""
    return actor_of


@pytest.fixture
def station_chief(station):
    return actor_of("station_chief", station)


@pytest.fixture
def desk_officer(station):
    return actor_of("desk_officer", station)


@pytest.fixture
def duty_deputy(station):
    return actor_of("duty_deputy", station)


@pytest.fixture
def case_officer(station):
    return actor_of("case_officer", station)


@pytest.fixture
def beat_officer(station):
    return actor_of("beat_officer", station)


@pytest.fixture
def patrol_officer(station):
    return actor_of("patrol_officer", station)


@pytest.fixture
def analyst(station):
    return actor_of("analyst", station)


@pytest.fixture
def demand_secretary(station):
    return actor_of("demand_secretary", station)


@pytest.fixture
def counsellor(station):
    return actor_of("counsellor", station)


@pytest.fixture
def legal_officer(station):
    return actor_of("legal_officer", station)


@pytest.fixture
def training_officer(station):
    return actor_of("training_officer", station)


@pytest.fixture
def inspector(province):
    return actor_of("inspector", province)


@pytest.fixture
def province_commander(province):
    return actor_of("province_commander", province)


@pytest.fixture
def data_guardian(province):
    return actor_of("data_guardian", province)


@pytest.fixture
def outside_overseer(province):
    return actor_of("outside_overseer", province)


@pytest.fixture
def other_chief(other_station):
    return actor_of("station_chief", other_station, username="other_chief")


@pytest.fixture
def client_of(installation):
    """`client_of(actor)`: a client with this colleague's session; `client_of(None)`: a visitor."""

    def make(actor):
        from django.test import Client

        from kalantar.people import sessions

        client = Client()
        if actor is not None:
            client.force_login(actor.officer)
            session = client.session
            sessions.begin(session)
            session.save()
        return client

    return make


# ---- what a verb left behind ----


@pytest.fixture
def last_line(db):
    """`last_line(row)`: the newest audit line about a row."""
    from kalantar.kernel import audit
    from kalantar.kernel.models import AuditLine

    return lambda row: AuditLine.objects.filter(subject=audit.name_of(row)).order_by("-pk").first()


@pytest.fixture
def told(db):
    """`told(officer)`: the kinds of messages waiting for a colleague, oldest first."""
    from kalantar.kernel import outbox

    return lambda officer: [
        line.kind for line in outbox.waiting(getattr(officer, "officer", officer).pk).order_by("id")
    ]
