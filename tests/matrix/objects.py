"""One of each thing, made at a station: what the addresses of the matrix are about.

    @makes("beat", lambda beat: {"code": beat.code})
    def beat(side): ...            # `side` is a `world.Side`: .station, .beats, .chief (an actor), .name ("own", "oth")

Things are made through verbs, with text of their own; `world.py` then overwrites every text of theirs with a canary.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import shapely
from django.core.files.uploadedfile import SimpleUploadedFile

from kalantar.incidents.imports import receive
from kalantar.incidents.models import Finding, Import, IncidentType, Unplaced
from kalantar.incidents.verbs import Event, record_incident
from kalantar.kernel import clock, uids
from kalantar.overview.models import MorningBrief
from kalantar.territory import imports
from tests import cast


@dataclass(frozen=True)
class Maker:
    make: Callable
    arguments: Callable  # row -> the arguments of an address
    missing: Callable  # row -> the arguments of one that does not exist


OBJECTS: dict[str, Maker] = {}


def makes(name: str, arguments: Callable = lambda row: {"pk": row.pk}, missing: Callable | None = None):
    """Register a factory. `missing` gives the arguments of a row that is not there; with a `pk` it is known already."""

    def register(function):
        OBJECTS[name] = Maker(function, arguments, missing or (lambda row: {"pk": row.pk + 1_000_000}))
        return function

    return register


# ---- people ----


@makes("colleague")
def colleague(side):
    """Somebody with one post at the station and a password."""
    return cast.actor_of("case_officer", side.station, username=f"spare_{side.name}").officer


@makes("newcomer")
def newcomer(side):
    """Somebody who was enrolled and has no password yet."""
    from kalantar.people import verbs
    from kalantar.people.actors import COMMAND_LINE
    from kalantar.people.roles import Role

    return verbs.enrol(
        f"new_{side.name}", by=COMMAND_LINE, name="New", unit=side.station, roles=[Role.ANALYST], from_on=cast.AWAY
    )


@makes("post")
def post(side):
    return side.of("colleague").posts.select_related("unit").get()


# ---- territory ----


@makes("station", lambda station: {"code": station.code}, lambda station: {"code": "K99"})
def station(side):
    return side.station


@makes("area")
def area(side):
    return side.station.areas.get()


@makes("beat")
def beat(side):
    return side.beats[0]


@makes(
    "beat_of_station",
    lambda beat: {"code": beat.station.code, "beat": beat.code},
    lambda beat: {"code": "K99", "beat": beat.code},
)
def beat_of_station(side):
    return side.beats[0]


@makes("beat_officer")
def beat_officer(side):
    """Somebody of the street answers for the second beat."""
    from kalantar.territory import verbs

    officer = cast.actor_of("patrol_officer", side.station, username=f"walks_{side.name}").officer
    return verbs.name_beat_officer(side.beats[1], officer, by=side.chief, from_on=clock.today())


@makes("boundary_file", lambda row: {"uid": row.uid}, lambda row: {"uid": uids.new()})
def boundary_file(side):
    """A file of beats that the chief brought and nobody has decided on."""
    shape = json.loads(shapely.to_geojson(shapely.from_wkb(bytes(side.beats[0].geometry))))
    features = [{"type": "Feature", "properties": {"code": "x1", "name": "x"}, "geometry": shape}]
    text = json.dumps({"type": "FeatureCollection", "features": features})
    upload = SimpleUploadedFile("beats.geojson", text.encode())
    return imports.look_at(upload, "beat", by=side.chief, file_name="beats.geojson")


# ---- incidents ----


@makes("incident", lambda row: {"uid": row.uid}, lambda row: {"uid": uids.new()})
def incident(side):
    lon, lat = cast.middle(side.beats[0])
    event = Event(
        type="T-SHOP",
        occurred_from=clock.now() - timedelta(days=3),
        place_kind="shop",
        place_text="corner of the market",
        lon=lon,
        lat=lat,
    )
    return record_incident(event, by=side.chief, uid=uids.new())


@makes("import", lambda row: {"uid": row.uid}, lambda row: {"uid": uids.new()})
def one_import(side):
    """A file that was sent and not yet read."""
    text = "date,type,lon,lat\n2024-05-06,T-SHOP,51.3,35.7\n"
    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        Path(file.name).write_text(text, encoding="utf-8")
        return receive(Path(file.name), by=side.chief, name="events.csv")


@makes("unplaced")
def unplaced(side):
    """A row of a live file whose place lies in no beat."""
    batch = Import.objects.create(
        unit=side.station,
        made_by=side.chief.officer,
        made_at=clock.now(),
        state=Import.LIVE,
        live_at=clock.now(),
        file_name="x.csv",
    )
    return Unplaced.objects.create(
        unit=side.station,
        batch=batch,
        row=2,
        type=IncidentType.objects.get(code="T-SHOP"),
        occurred_from=clock.now() - timedelta(days=4),
        place_text="far away",
        place_kind="shop",
        stated_station=side.station,
    )


@makes("finding")
def finding(side):
    return Finding.objects.create(
        station=side.station,
        on=clock.today(),
        kind=Finding.TOO_FEW,
        rank=1,
        method="too_few",
        parameters={},
        data_version="x",
        result={"n": 3, "least": 30},
        made_at=clock.now(),
    )


# ---- overview ----


@makes("brief")
def brief(side):
    """Yesterday's morning, signed."""
    return MorningBrief.objects.create(
        station=side.station,
        on=clock.today() - timedelta(days=1),
        content={},
        head_code="x",
        signed_by=side.chief.officer,
        signed_at=clock.now(),
    )
