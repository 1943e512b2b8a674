"""The ground an import is laid on: beats in force, their stations, and how files name them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from django.db.models import Max, Min

from kalantar.people.models import Unit
from kalantar.territory import locate
from kalantar.territory.models import Beat

from .mapping import key
from .rules import Box


@dataclass(frozen=True)
class Ground:
    """Read once an import: four statements."""

    index: locate.Index
    box: Box
    stations: dict[int, tuple[str, int, str, str]]  # key -> code, number, name, English name
    beats: dict[int, tuple[int, str]]  # key -> station, code

    @classmethod
    def load(cls) -> Ground:
        beats = Beat.objects.in_force()
        edges = beats.aggregate(west=Min("west"), south=Min("south"), east=Max("east"), north=Max("north"))
        box = Box(**edges) if edges["west"] is not None else Box(0.0, 0.0, 0.0, 0.0)
        stations = {
            row[0]: row[1:]
            for row in Unit.objects.filter(grade=Unit.STATION).values_list("pk", "code", "number", "name", "name_en")
        }
        return cls(
            locate.index(),
            box,
            stations,
            {pk: (s, code) for pk, s, code in beats.values_list("pk", "station_id", "code")},
        )

    def locate(self, lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Beat and station of each point; -1 outside. Every point lies in one beat at most."""
        return self.index.locate(lon, lat)

    @cached_property
    def _by_name(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for pk, (code, number, name, name_en) in self.stations.items():
            for said in (code, str(number) if number else "", name, name_en):
                if said:
                    found[key(said)] = -1 if found.get(key(said), pk) != pk else pk
        return found

    def station(self, said: str) -> int:
        """The station a file calls by its code, number or name; -1 when there is none or more than one."""
        return self._by_name.get(key(said), -1)

    @cached_property
    def _beats_by_code(self) -> dict[tuple[int, str], int]:
        found: dict[tuple[int, str], int] = {}
        for pk, (station, code) in self.beats.items():
            for place in ((station, key(code)), (-1, key(code))):
                found[place] = -1 if found.get(place, pk) != pk else pk
        return found

    def beat(self, said: str, station: int = -1) -> int:
        """The beat a file calls by its code, within a station where one is stated; -1 when none or more than one."""
        return self._beats_by_code.get((station, key(said)), -1)
