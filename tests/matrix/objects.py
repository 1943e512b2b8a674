"""One of each thing, made at a station: what the addresses of the matrix are about.

    @makes("beat", lambda beat: {"code": beat.code})
    def beat(side): ...            # `side` is a `world.Side`: .station, .beats, .chief (an actor), .name ("own", "oth")

Things are made through verbs, with text of their own; `world.py` then overwrites every text of theirs with a canary.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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
