"""The filter of a list as words in a sentence, read from the address and written back into it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from kalantar.kernel import clock
from kalantar.persian.calendar import day_range
from kalantar.web import words
from kalantar.web.picks import Pick
from kalantar.web.show import day, digits
from kalantar.web.words import word

from . import queries, shown

DEFAULT_PERIOD = "30d"
PERIODS = {"7d": 7, "30d": 30, "90d": 90, "365d": 365}
ALWAYS = "all"
RANGE = re.compile(r"(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)", re.ASCII)


@dataclass(frozen=True)
class Sentence:
    """A filter in words: pieces of text and picks in the order of the language, and what it asks for."""

    pieces: list
    wanted: queries.Filter
    stations: list  # to choose from; empty where there is only one
    beats: list  # to choose from; empty while no station is chosen of several
    address: QueryDict  # the filter, and nothing else of the address

    @property
    def query(self) -> str:
        return self.address.urlencode()

    def with_pick(self, name: str, value) -> str:
        """The list of the same filter with one condition more."""
        changed = self.address.copy()
        changed[name] = str(value)
        return f"{reverse('incidents:list')}?{changed.urlencode()}"

    def with_cell(self, cell: str) -> str:
        return self.with_pick("cell", cell)

    def without_cell(self) -> str:
        changed = self.address.copy()
        changed.pop("cell", None)
        return f"?{changed.urlencode()}"

    def __str__(self) -> str:
        return "".join(str(piece) for piece in self.pieces)


def read(request, *, lines: bool = False) -> Sentence:
    """The sentence of this address. Costs one statement for the beats, and one for the stations where there are several.

    lines : the beats come with what a map draws of them.
    """
    actor = request.actor
    named = queries.stations(actor) if len(actor.stations()) > 1 else []
    station = (
        Pick(request, "station", _("Station"), [(s.pk, _name(s)) for s in named], any=_("all stations"))
        if named
        else None
    )
    chosen_station = int(station.value) if station else None  # a pick is false while it limits nothing
    needed = chosen_station or not named or request.GET.get("beat")
    beats = queries.beats(actor, chosen_station, lines=lines) if needed else []
    asked = _range(request.GET.get("period", ""))
    picks = {
        "type": Pick(request, "type", _("Kind of event"), _types(), any=_("any kind")),
        "beat": Pick(request, "beat", _("Beat"), [(b.pk, _name(b)) for b in beats], any=_("all beats")),
        "period": Pick(request, "period", _("Period"), _periods(asked), default=DEFAULT_PERIOD),
        "part": Pick(request, "part", _("Part of the day"), _parts(), any=_("any hour")),
        "place": Pick(request, "place", _("Kind of place"), words.choices("place_kind"), any=_("any place")),
    }
    if station is not None:
        picks["station"] = station
    first_on, last_on = asked or _ends(picks["period"].value)
    wanted = queries.Filter(
        type=picks["type"].value,
        beat=int(picks["beat"].value or 0) or None,
        station=chosen_station,
        first_on=first_on,
        last_on=last_on,
        place_kind=picks["place"].value,
        part=picks["part"].value,
        cell=shown.read_cell(request.GET.get("cell", "")),
    )
    return Sentence(_pieces(picks), wanted, named, beats, _address(request))


def _pieces(picks: dict) -> list:
    """The translated sentence, cut at its places."""
    station = picks.get("station")
    if station is not None and not station and not picks["beat"]:
        said = _("All events of %(type)s in %(station)s that happened in the %(period)s at %(part)s and at %(place)s")
    elif station is not None:
        said = _(
            "All events of %(type)s in %(beat)s of %(station)s that happened in the %(period)s at %(part)s and at %(place)s"
        )
    else:
        said = _("All events of %(type)s in %(beat)s that happened in the %(period)s at %(part)s and at %(place)s")
    found = re.split(r"%\((\w+)\)s", said)
    return [picks[piece] if i % 2 else piece for i, piece in enumerate(found) if piece]


def _name(row) -> str:
    return digits((words.language() == "en" and row.name_en) or row.name)


def _types() -> list[tuple[str, str]]:
    """Families first, then every type."""
    return [*((letter, word("incident_family", letter)) for letter in queries.GROUPS), *words.choices("incident_type")]


def _periods(asked: tuple[date, date] | None) -> list[tuple[str, str]]:
    told = [
        ("7d", _("last 7 days")),
        (DEFAULT_PERIOD, _("last 30 days")),
        ("90d", _("last 90 days")),
        ("365d", _("last 12 months")),
        (ALWAYS, _("whole time on record")),
    ]
    if asked:
        told.insert(0, (written(*asked), days(*asked)))
    return [(code, digits(label)) for code, label in told]


def _parts() -> list[tuple[str, str]]:
    return [
        ("night", _("night (0 to 6)")),
        ("morning", _("morning (6 to 12)")),
        ("afternoon", _("afternoon (12 to 18)")),
        ("evening", _("evening (18 to 24)")),
    ]


def days(first: date, last: date) -> str:
    """A period in words."""
    if words.language() == "fa":
        return day_range(first, last)
    return day(first) if first == last else _("%(first)s to %(last)s") % {"first": day(first), "last": day(last)}


def written(first: date, last: date) -> str:
    """A period as the address keeps it."""
    return f"{first.isoformat()}..{last.isoformat()}"


def _range(text: str) -> tuple[date, date] | None:
    met = RANGE.fullmatch(text)
    if met is None:
        return None
    try:
        first, last = sorted(map(date.fromisoformat, met.groups()))
    except ValueError:
        return None
    return (first, last) if first.year > 1900 and last.year < 2150 else None


def _ends(period: str) -> tuple[date | None, date | None]:
    """The first and last local day of a period that ends today; nothing for the whole time."""
    if period == ALWAYS:
        return None, None
    today = clock.today()
    return today - timedelta(days=PERIODS[period] - 1), today


def _address(request) -> QueryDict:
    kept = request.GET.copy()
    for name in list(kept):
        if name not in {"type", "beat", "station", "period", "part", "place", "cell"}:
            kept.pop(name)
    return kept
