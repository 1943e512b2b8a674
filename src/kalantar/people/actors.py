"""Who acts. Every verb and query takes one; nobody is above the scope."""

from __future__ import annotations

from collections.abc import Hashable
from copy import copy
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from kalantar.kernel import asked, clock

from .roles import STATION_EYES, Role

if TYPE_CHECKING:
    from .models import Officer


class Actor:
    """Nothing and nobody: what every other actor answers, answered with nothing."""

    audit_id = "nobody"
    officer: Officer | None = None
    officer_id: int | None = None

    def posts(self, on: date | None = None) -> list:
        return []

    def units(self) -> frozenset[int]:
        """Units whose name this actor may see: those covered, and the ones above them."""
        return frozenset()

    def units_below(self) -> frozenset[int]:
        """Units at and below this actor's posts."""
        return frozenset()

    def stations(self) -> frozenset[int]:
        """Stations whose matters this actor's posts cover today."""
        return frozenset()

    def numbers(self) -> dict[int, int]:
        """The number of each of these stations, as running numbers begin with it. No statement of its own."""
        return {}

    def roles(self) -> frozenset[Role]:
        return frozenset()

    def roles_at(self, station_id: int | None) -> frozenset[Role]:
        """Roles whose post covers a station."""
        return frozenset()

    def scope(self) -> Hashable:
        """All that decides what this actor sees and may do: two actors of one scope get the same answers."""
        return self.audit_id, self.roles(), self.units(), self.units_below(), self.stations()

    @property
    def home_station(self):
        return None

    def at(self, station) -> Actor:
        """The same actor, looking at one station alone."""
        return self

    def station(self, code: str):
        """The station with this code, when this actor's posts cover it; None for a stranger's and for none."""
        return


class Nobody(Actor):
    """A visitor who has not signed in."""

    audit_id = "anonymous"


class OfficerActor(Actor):
    """A signed-in colleague, with the posts held today. Costs two statements, asked once a request."""

    officer: Officer
    officer_id: int

    def __init__(self, officer: Officer):
        self.officer = officer
        self.officer_id = officer.pk
        self.audit_id = f"officer:{officer.pk}"

    def posts(self, on: date | None = None) -> list:
        if on is None or on == clock.today():
            return self._posts_today
        return self._posts_on(on)

    def _posts_on(self, day: date) -> list:
        from .models import Post

        return asked.rows(
            ("posts", self.officer_id, day),
            lambda: Post.objects.filter(officer_id=self.officer_id).held_on(day).select_related("unit").order_by("pk"),
        )

    @cached_property
    def _posts_today(self) -> list:
        return self._posts_on(clock.today())

    @cached_property
    def _covered(self) -> list:
        """Every unit at or below one of today's posts; a section's post covers its whole station."""
        roots = frozenset(self._root_of(post.unit) for post in self._posts_today)
        return asked.rows(("covered", roots), lambda: _below(roots))

    @staticmethod
    def _root_of(unit) -> str:
        if unit.grade != unit.SECTION:
            return unit.path
        return "/".join(unit.path.rstrip("/").split("/")[:-1]) + "/"

    def units_below(self) -> frozenset[int]:
        return frozenset(unit.pk for unit in self._covered)

    def units(self) -> frozenset[int]:
        above = {int(step) for post in self._posts_today for step in post.unit.path.strip("/").split("/")}
        return self.units_below() | above

    @cached_property
    def _stations(self) -> frozenset[int]:
        eyes = [self._root_of(post.unit) for post in self._posts_today if Role(post.role) in STATION_EYES]
        return frozenset(
            u.pk for u in self._covered if u.grade == u.STATION and any(u.path.startswith(path) for path in eyes)
        )

    def stations(self) -> frozenset[int]:
        return self._stations

    def numbers(self) -> dict[int, int]:
        return {unit.pk: unit.number for unit in self._covered if unit.pk in self._stations}

    def roles(self) -> frozenset[Role]:
        return frozenset(Role(post.role) for post in self._posts_today)

    @cached_property
    def _scope(self) -> Hashable:
        """Posts with their places, units and stations: every other answer of this class is made of these."""
        held = tuple((post.role, post.unit.path, post.unit.grade) for post in self._posts_today)
        covered = tuple((unit.pk, unit.grade, unit.path, unit.code) for unit in self._covered)
        return self.officer_id, held, covered, self._stations

    def scope(self) -> Hashable:
        return self._scope

    def roles_at(self, station_id: int | None) -> frozenset[Role]:
        path = next((u.path for u in self._covered if u.pk == station_id), None)
        if path is None:
            return frozenset()
        return frozenset(Role(post.role) for post in self._posts_today if path.startswith(self._root_of(post.unit)))

    @property
    def home_station(self):
        """The station this colleague's first post belongs to; None for county and province staff."""
        for post in self._posts_today:
            for unit in self._covered:
                if unit.grade == unit.STATION and post.unit.path.startswith(unit.path):
                    return unit
        return None

    def at(self, station) -> OfficerActor:
        """The same colleague, looking at one of the covered stations alone: for a page about that station."""
        here = copy(self)
        here.__dict__["_covered"] = [unit for unit in self._covered if unit.path.startswith(station.path)]
        here.__dict__["_stations"] = self._stations & {station.pk}
        here.__dict__.pop("_scope", None)
        return here

    def station(self, code: str):
        return next((unit for unit in self._covered if unit.code == code and unit.pk in self._stations), None)


def _below(roots: frozenset[str]):
    """Units at and below some places of the tree."""
    from django.db.models import Q

    from .models import Unit

    wanted = Q(pk__in=[])
    for path in sorted(roots):
        wanted |= Q(path__startswith=path)
    return Unit.objects.filter(wanted).order_by("path")


class System(Actor):
    """The clock and the command line: covers every unit, and is named in the audit like anybody else."""

    audit_id = "system"

    def __init__(self, audit_id: str = "system"):
        self.audit_id = audit_id

    def units_below(self) -> frozenset[int]:
        from .models import Unit

        return frozenset(Unit.objects.values_list("pk", flat=True))

    units = units_below

    def stations(self) -> frozenset[int]:
        from .models import Station

        return frozenset(Station.objects.values_list("pk", flat=True))

    def roles(self) -> frozenset[Role]:
        return frozenset(Role)

    def roles_at(self, station_id: int | None) -> frozenset[Role]:
        return frozenset(Role)


SYSTEM = System()
COMMAND_LINE = System("command-line")
