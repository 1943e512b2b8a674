"""The ground of the matrix: two stations with the whole cast, one of each thing at both, and a canary in every text."""

from __future__ import annotations

import itertools
import re
import string
from dataclasses import dataclass, field

from django.apps import apps
from django.db import models, transaction
from django.test import Client
from django.urls import reverse

from kalantar.incidents.types import load_types
from kalantar.people import sessions
from kalantar.people.actors import COMMAND_LINE
from kalantar.people.models import Officer
from kalantar.people.roles import Role
from kalantar.people.set_up import PROVINCE_CAST, STATION_CAST
from tests import cast
from tests.matrix.matrix import LINES, ROLES, STATION_ROLES, Line
from tests.matrix.objects import OBJECTS

OURS = ("kernel", "people", "territory", "incidents", "overview")
# Codes the product reads, and secrets that no page shows: a canary there would test the fixture, not the product.
STRUCTURE = frozenset(
    [
        "code",
        "role",
        "kind",
        "grade",
        "path",
        "state",
        "status",
        "language",
        "password",
        "pin",
        "token",
        "purpose",
        "digest",
        "page",
        "sha256",
        "key",
        "series",
        "chain",
        "what",
        "by",
        "subject",
        "previous",
        "screen",
        "place_kind",
        "location_precision",
        "same_as",
        "header",
        "data_version",
        "head_code",
        "method",
        "error",
        "time_zone",
        "iccs",
        "username",
    ]
)
VISITOR = "visitor"
OTHER_CHIEF = "other_chief"
WHO = (*sorted(str(role) for role in ROLES), OTHER_CHIEF, VISITOR)


@dataclass
class Side:
    """One of the two stations and what was made there."""

    name: str
    station: object
    beats: list
    chief: object
    made: dict = field(default_factory=dict)

    def of(self, name: str):
        if name not in self.made:
            self.made[name] = OBJECTS[name].make(self)
        return self.made[name]


class World:
    def __init__(self, structure):
        from kalantar.people.models import Station

        own, other = (Station.objects.get(pk=structure[code].pk) for code in ("K11", "K12"))
        load_types(by=COMMAND_LINE)
        beats = cast.lay_ground(own, column=0, rows=4), cast.lay_ground(other, column=1, rows=2)
        self.actors = {
            str(role): cast.actor_of(role, structure["P1"] if role in PROVINCE_CAST else own)
            for role in (*STATION_CAST, *PROVINCE_CAST)
        }
        self.actors[OTHER_CHIEF] = cast.actor_of("station_chief", other, username=OTHER_CHIEF)
        self.own = Side("own", own, beats[0], self.actors["station_chief"])
        self.other = Side("oth", other, beats[1], self.actors[OTHER_CHIEF])
        for side in (self.own, self.other):
            for name in OBJECTS:
                side.of(name)
        self.canaries = {side.name: put_canaries(side) for side in (self.own, self.other)}
        self._clients: dict[str, Client] = {}

    def client(self, who: str) -> Client:
        """The browser of one of the cast; every second one reads English."""
        if who not in self._clients:
            client = Client(raise_request_exception=False)
            if who != VISITOR:
                officer = Officer.objects.get(pk=self.actors[who].officer_id)
                client.force_login(officer)
                session = client.session
                sessions.begin(session)
                session.save()
            client.cookies["language"] = "en" if WHO.index(who) % 2 else "fa"
            self._clients[who] = client
        return self._clients[who]

    def ask(self, who: str, line: Line, method: str, arguments: dict):
        """One request, undone afterwards."""
        address = address_of(line, arguments)
        client = self.client(who)
        cookies = {name: morsel.value for name, morsel in client.cookies.items()}
        with transaction.atomic():
            answer = client.get(address) if method == "GET" else client.post(address, line.data)
            if getattr(answer, "streaming", False):
                answer.content = b"".join(answer.streaming_content)
            transaction.set_rollback(True)
        client.cookies.clear()
        for name, value in cookies.items():
            client.cookies[name] = value
        return answer


# ---- canaries ----

MARK = {"own": "ZQOWN", "oth": "ZQOTH"}
_names = ("".join(letters) for letters in itertools.product(string.ascii_uppercase, repeat=3))


def station_of(row) -> int | None:
    """The station whose matter a row is."""
    if isinstance(row, Officer):
        post = row.posts.select_related("unit").order_by("pk").first()
        return post.unit.station_id if post else None
    for way in ("station_id", "officer", "unit", "beat", "made_by"):
        found = getattr(row, way, None)
        if found is not None:
            return found if way == "station_id" else station_of(found)
    return None


def put_canaries(side: Side) -> int:
    """Overwrite every text of every row of a station. Returns how many."""
    n = 0
    for model in apps.get_models():
        if model._meta.app_label not in OURS or model._meta.proxy:
            continue
        fields = [f for f in model._meta.concrete_fields if _may_hold_canary(f)]
        for row in model._base_manager.all() if fields else ():
            if station_of(row) == side.station.pk:
                written = {f.attname: MARK[side.name] + next(_names) for f in fields if getattr(row, f.attname)}
                model._base_manager.filter(pk=row.pk).update(**written)
                n += len(written)
    return n


def _may_hold_canary(f) -> bool:
    if f.name in STRUCTURE or not isinstance(f, (models.CharField, models.TextField)):
        return False
    return not f.choices and (f.max_length or 100) >= 8


# ---- judging ----


def outcome(answer) -> str:
    """ok, refused, hidden, sign_in, method; a fault of the server is itself."""
    status = answer.status_code
    if status in {301, 302, 303}:
        return "sign_in" if answer["Location"].split("?")[0] == reverse("people:sign_in") else "ok"
    return {200: "ok", 404: "hidden", 405: "method", 403: "refused", 409: "refused", 422: "refused"}.get(
        status, f"status {status}"
    )


def expected(who: str, line: Line | None, method: str, side: Side | None, world: World) -> str:
    """What the matrix says."""
    if line is None or line.method != method:
        visitor = next((other.visitor for (name, _), other in LINES.items() if line and name == line.name), "sign_in")
        return "method" if who != VISITOR or visitor != "sign_in" else "sign_in"
    if who == VISITOR:
        return line.visitor
    role = Role.STATION_CHIEF if who == OTHER_CHIEF else Role(who)
    if side is not None and (role in STATION_ROLES) and (who == OTHER_CHIEF) != (side is world.other):
        return "hidden"
    if line.ends_session:
        return "sign_in"
    return "ok" if role in line.ok else "refused" if role in line.refused else "hidden"


def foreign_marks(who: str, world: World) -> list[str]:
    """The canaries this person may never see."""
    if who == OTHER_CHIEF:
        return [MARK["own"]]
    if who == VISITOR or who == Role.OUTSIDE_OVERSEER:
        return [MARK["own"], MARK["oth"]]
    return [MARK["oth"]] if Role(who) in STATION_ROLES else []


def said(answer) -> str:
    """Everything of an answer that could carry a word: the body and the headers."""
    headers = "\n".join(f"{name}: {value}" for name, value in answer.items())
    cookies = answer.cookies.output()
    return f"{headers}\n{cookies}\n{answer.content.decode('utf-8', 'replace')}"


TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"')
NUMBER = re.compile(r"[0-9A-F۰-۹]{8}")


def plain(answer, address: str) -> str:
    """A body without what differs between any two requests: form tokens, the number of the request, its own address."""
    text = TOKEN.sub("", answer.content.decode("utf-8", "replace"))
    number = answer.headers.get("X-Request-Id", "")
    for value in (number, _persian(number), address):
        text = text.replace(value, "…") if value else text
    return text


def address_of(line: Line, arguments: dict) -> str:
    return reverse(line.name, kwargs={**line.extra, **arguments}) + (f"?{line.query}" if line.query else "")


def _persian(text: str) -> str:
    return text.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))


def judge(world: World, line: Line, method: str, cast=WHO) -> list[str]:
    """Every breach of the matrix by one address and method."""
    breaches = []
    sides = [world.own, world.other] if line.on else [None]
    for who, side in itertools.product(cast, sides):
        maker = OBJECTS[line.on] if line.on else None
        arguments = maker.arguments(side.of(line.on)) if maker else {}
        answer = world.ask(who, line, method, arguments)
        where = f"{method} {line.name} by {who}" + (f" on {side.name}" if side else "")
        wanted, got = expected(who, line, method, side, world), outcome(answer)
        if got != wanted:
            breaches.append(f"{where}: {got} instead of {wanted}")
        text = said(answer)
        for mark in foreign_marks(who, world):
            found = sorted({text[m.start() : m.start() + 8] for m in re.finditer(mark, text)})
            if found and not (who == Role.OUTSIDE_OVERSEER and _only_units(found, world)):
                breaches.append(f"{where}: shows {found} with status {answer.status_code}")
        if side is not None and wanted == "hidden":
            absent = maker.missing(side.of(line.on))
            other = world.ask(who, line, method, absent)
            if (other.status_code, plain(other, address_of(line, absent))) != (
                answer.status_code,
                plain(answer, address_of(line, arguments)),
            ):
                breaches.append(f"{where}: differs from what does not exist")
    return breaches


def _only_units(found: list[str], world: World) -> bool:
    """The overseer may read the names of units, and nothing of what happens in them."""
    from kalantar.people.models import Unit

    names = {name for row in Unit.objects.values_list("name", "name_en", "code") for name in row}
    return set(found) <= names
