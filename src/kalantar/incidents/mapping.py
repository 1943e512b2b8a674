"""Which column of a file means what. Guessed from headings and values, shown, corrected, remembered, kept as TOML."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import tomllib
from collections.abc import Mapping as Lookup
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from kalantar.kernel.change import Refused
from kalantar.persian.columns import refused_column
from kalantar.persian.dates import CALENDARS, ORDERS, parse_dates
from kalantar.persian.digits import to_latin
from kalantar.persian.identifiers import looks_personal
from kalantar.persian.letters import search_key
from kalantar.web import words

FIELDS = (
    "type",
    "date",
    "time",
    "date_to",
    "time_to",
    "interval",
    "lon",
    "lat",
    "x",
    "y",
    "place_text",
    "place_kind",
    "external_ref",
    "station",
    "beat",
)
REPEATS = ("keep", "leave_out")
PRECISIONS = ("exact", "rounded", "segment")
WGS84 = "EPSG:4326"
_ENOUGH = 0.8


class MappingRefused(Refused):
    """This mapping cannot be used; `key` says why."""


@dataclass(frozen=True)
class Mapping:
    """What the columns of a table mean.

    columns : field -> heading of the file. types, place_kinds, stations : value of the file -> our code; values are
    compared without regard to half-spaces, Arabic letters and capitals. type and place_kind hold for every row where
    there is no such column. repeats : rows that are equal in everything are kept (two events) or left out.
    """

    columns: dict[str, str] = field(default_factory=dict)
    type: str = ""
    types: dict[str, str] = field(default_factory=dict)
    place_kind: str = ""
    place_kinds: dict[str, str] = field(default_factory=dict)
    stations: dict[str, str] = field(default_factory=dict)
    calendar: str = ""
    order: str = ""
    zone: str = ""
    crs: str = WGS84
    precision: str = "rounded"
    repeats: str = "keep"
    left_out: tuple[str, ...] = ()

    def __post_init__(self):
        for wrong, key in (
            (set(self.columns) - set(FIELDS), "mapping_field_unknown"),
            (self.calendar and self.calendar not in CALENDARS, "mapping_calendar_unknown"),
            (self.order and self.order not in ORDERS, "mapping_order_unknown"),
            (self.repeats not in REPEATS, "mapping_repeats_unknown"),
            (self.precision not in PRECISIONS, "mapping_precision_unknown"),
            (self.type and self.type not in words.codes("incident_type"), "mapping_type_unknown"),
            (set(self.types.values()) - {*words.codes("incident_type"), ""}, "mapping_type_unknown"),
            (self.place_kind and self.place_kind not in words.codes("place_kind"), "mapping_place_kind_unknown"),
            (set(self.place_kinds.values()) - {*words.codes("place_kind"), ""}, "mapping_place_kind_unknown"),
        ):
            if wrong:
                raise MappingRefused(key)
        if self.zone:
            try:
                ZoneInfo(self.zone)
            except (ZoneInfoNotFoundError, ValueError):
                raise MappingRefused("mapping_zone_unknown") from None

    def column(self, name: str) -> str:
        return self.columns.get(name, "")

    def missing(self, headings: Sequence[str]) -> str | None:
        """Why rows cannot be read with this mapping, as a message key."""
        if set(self.columns.values()) - set(headings):
            return "mapping_column_missing"
        if len(set(self.columns.values())) < len(self.columns):
            return "mapping_column_twice"
        if not self.column("date"):
            return "mapping_date_missing"
        if not self.type and not self.column("type"):
            return "mapping_type_missing"
        if bool(self.column("lon")) != bool(self.column("lat")) or bool(self.column("x")) != bool(self.column("y")):
            return "mapping_half_a_place"
        if not (self.column("lon") or self.column("x") or self.column("beat") or self.column("station")):
            return "mapping_place_missing"
        return None

    @property
    def projected(self) -> bool:
        return bool(self.column("x"))


# ---- kept and read again ----


def to_json(mapping: Mapping) -> dict:
    return json.loads(json.dumps(asdict(mapping)))


def from_json(kept: Lookup) -> Mapping:
    """Read a mapping; names it does not know are refused, so that a spelling mistake is never silent."""
    unknown = set(kept) - {f.name for f in fields(Mapping)}
    if unknown:
        raise MappingRefused("mapping_name_unknown", name=sorted(unknown)[0])
    plain = dict(kept)
    for f in fields(Mapping):
        if f.name not in plain:
            continue
        wanted = dict if f.default is not None and f.name in {"columns", "types", "place_kinds", "stations"} else None
        if f.name == "left_out":
            plain[f.name] = tuple(str(heading) for heading in plain[f.name])
        elif wanted:
            if not isinstance(plain[f.name], dict) or not all(isinstance(v, str) for v in plain[f.name].values()):
                raise MappingRefused("mapping_name_unknown", name=f.name)
        elif not isinstance(plain[f.name], str):
            raise MappingRefused("mapping_name_unknown", name=f.name)
    return Mapping(**plain)


def from_toml(text: str) -> Mapping:
    try:
        return from_json(tomllib.loads(text))
    except tomllib.TOMLDecodeError as wrong:
        raise MappingRefused("mapping_not_toml", where=str(wrong)[:80]) from None


def to_toml(mapping: Mapping) -> str:
    """The mapping as a file for `--map`."""
    lines, tables = [], []
    for name, value in to_json(mapping).items():
        if isinstance(value, dict):
            if value:
                tables.append(
                    "\n".join(
                        [
                            f"[{name}]",
                            *(
                                f"{json.dumps(k, ensure_ascii=False)} = {json.dumps(v, ensure_ascii=False)}"
                                for k, v in value.items()
                            ),
                        ]
                    )
                )
        elif value:
            lines.append(f"{name} = {json.dumps(value, ensure_ascii=False)}")
    return "\n\n".join(["\n".join(lines), *tables]).strip() + "\n"


def header_digest(headings: Sequence[str]) -> str:
    """The same headings, in whatever spelling, have the same digest."""
    return hashlib.sha256(json.dumps([search_key(h) for h in headings]).encode()).hexdigest()


# ---- columns that may not come in ----


@dataclass(frozen=True)
class LeftOut:
    """A column that is not taken, and why."""

    column: str
    kind: str  # person, trait
    rule: str
    why: str  # heading, or the kind of identifier its values look like: national_code, mobile, card, plate, email


def refused_columns(headings: Sequence[str], values: Lookup[str, Sequence[str]]) -> list[LeftOut]:
    """Columns of persons (R1, R2, R4) and traits (R3): by their heading, or because their values look like
    identifiers."""
    found = []
    for heading in headings:
        reason = refused_column(heading)
        if reason:
            found.append(LeftOut(heading, reason.kind, reason.rule, "heading"))
            continue
        looks = looks_personal(values.get(heading, ()))
        if looks:
            found.append(LeftOut(heading, "person", "R1/R2", looks))
    return found


# ---- guessing ----


@cache
def _known_words() -> dict[str, dict[str, str]]:
    """kind -> key of a heading or value -> code: our own words, their codes and the synonyms of headings.csv."""
    known: dict[str, dict[str, str]] = {"field": {}, "place_kind": {}, "incident_type": {}}
    for group in ("place_kind", "incident_type"):
        for code in words.codes(group):
            for word in (code, words.word(group, code, "fa"), words.word(group, code, "en")):
                known[group].setdefault(key(word), code)
    with resources.files("kalantar.incidents").joinpath("headings.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            known[row["kind"]].setdefault(key(row["word"]), row["code"])
    return known


def key(text: str) -> str:
    """A heading or value without half-spaces, marks, capitals and joined words."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    return "".join(re.findall(r"[^\W_]+", search_key(apart)))


def code_of(group: str, value: str) -> str:
    """Our code for a value of a file, or ""."""
    return _known_words()[group].get(key(value), "")


def guess(headings: Sequence[str], values: Lookup[str, Sequence[str]]) -> Mapping:
    """The likeliest meaning of each column: by its heading, and where that says nothing by its values."""
    columns: dict[str, str] = {}
    for heading in headings:
        name = _known_words()["field"].get(key(heading))
        if name and name not in columns:
            columns[name] = heading
    if "date" not in columns:
        free = (h for h in headings if h not in columns.values())
        dates = next((h for h in free if _share_of_dates(values.get(h, ())) >= _ENOUGH), None)
        if dates:
            columns["date"] = dates
    if "lon" in columns and "x" in columns:
        columns.pop("x"), columns.pop("y", None)
    for one, other in (("lon", "lat"), ("x", "y")):
        if (one in columns) != (other in columns):
            columns.pop(one, None), columns.pop(other, None)
    if "x" in columns and _are_degrees(values.get(columns["x"], ()), values.get(columns["y"], ())):
        columns["lon"], columns["lat"] = columns.pop("x"), columns.pop("y")
    mapping = Mapping(columns=columns, precision=_precision(columns, values))
    mapping = replace(mapping, order=order_of(values.get(columns.get("date", ""), ())))
    return replace(
        mapping,
        types=_values_known("incident_type", columns.get("type"), values),
        place_kinds=_values_known("place_kind", columns.get("place_kind"), values),
    )


def fitted(kept: Mapping, headings: Sequence[str]) -> Mapping:
    """A remembered mapping on headings that are spelled a little differently."""
    by_key = {search_key(h): h for h in headings}
    return replace(kept, columns={name: by_key.get(search_key(h), h) for name, h in kept.columns.items()})


def order_of(texts: Sequence[str]) -> str:
    """Day first or month first, when only one of the two can read every date; "" when the dates themselves say it, or
    when both could be meant: then a person decides."""
    texts = [t for t in texts if t.strip()]
    if not texts or not parse_dates(texts).faults.any():
        return ""
    can = [order for order in ("dmy", "mdy") if not parse_dates(texts, None, order).faults.any()]
    return can[0] if len(can) == 1 else ""


def _share_of_dates(texts: Sequence[str]) -> float:
    texts = [t for t in texts if t.strip()][:200]
    if not texts:
        return 0.0
    return float(max(np.mean(parse_dates(texts, None, order).faults == 0) for order in (None, "dmy", "mdy")))


def numbers(texts: Sequence[str]) -> np.ndarray:
    """Decimal numbers of a column in any digits; NaN where there is none. A comma is a decimal sign only when the
    text has no point."""
    out = np.full(len(texts), np.nan)
    memory: dict[str, float] = {}
    for at, text in enumerate(texts):
        if text not in memory:
            plain = to_latin(text).strip().strip("\u200e\u200f").replace("\u060c", ",").replace("\u2212", "-")
            if "." not in plain and plain.count(",") == 1:
                plain = plain.replace(",", ".")
            ok = re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", plain, re.ASCII)
            memory[text] = float(plain) if ok else float("nan")
        out[at] = memory[text]
    return out


def _are_degrees(xs: Sequence[str], ys: Sequence[str]) -> bool:
    x, y = numbers(list(xs)[:200]), numbers(list(ys)[:200])
    return bool(len(x)) and bool(np.nanmax(np.abs(x), initial=0) <= 180) and bool(np.nanmax(np.abs(y), initial=0) <= 90)


def _precision(columns: Lookup[str, str], values: Lookup[str, Sequence[str]]) -> str:
    texts = [to_latin(t).strip() for t in values.get(columns.get("lon", ""), ()) if t.strip()][:200]
    decimals = max((len(t.partition(".")[2]) for t in texts), default=0)
    return "exact" if decimals >= 5 else "rounded"


def _values_known(group: str, column: str | None, values: Lookup[str, Sequence[str]]) -> dict[str, str]:
    distinct = sorted({v.strip() for v in values.get(column or "", ()) if v.strip()})[:500]
    return {value: code_of(group, value) for value in distinct}
