"""What a boundary file holds and what taking it over would do: plain data, and what of it refuses the file."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace

from ..verbs import Outline

STATION, BEAT = "station", "beat"
KINDS = (STATION, BEAT)
NAMED = 25  # overlaps, gaps and notes that a report names one by one; the rest is counted

# What a person may know and still take over; each with what it is called in `import_boundaries`.
KNOWN = {"boundaries_unknown": "only_known", "boundaries_overlap": "overlaps_known"}


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Which property of a shape is what; None is guessed."""

    code: str | None = None
    name: str | None = None
    name_en: str | None = None
    station: str | None = None


@dataclass(frozen=True, kw_only=True)
class Taken:
    """One shape that would be drawn."""

    code: str
    name: str
    station_id: int
    station: str
    area_m2: float
    pieces: int  # shapes of the file that carry this code


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """Shapes nobody here can be given: why is no_station, no_code or code_too_long."""

    code: str
    why: str
    shapes: int
    area_m2: float


@dataclass(frozen=True, kw_only=True)
class Shared:
    """Ground that two shapes claim. `second` is empty where the other is a neighbour outside the file."""

    first: str
    second: str
    area_m2: float
    lon: float
    lat: float


@dataclass(frozen=True, kw_only=True)
class Hole:
    """Ground that no shape claims."""

    area_m2: float
    lon: float
    lat: float
    near: str  # the code of the shape around it


@dataclass(frozen=True, kw_only=True)
class Twice:
    """Ground that is sent twice. `same`: "code" (again under one code) or "ground" (under two codes)."""

    codes: tuple[str, ...]
    same: str
    area_m2: float


@dataclass(frozen=True, kw_only=True)
class CoverageReport:
    """What a boundary file holds and what taking it over would do. Plain data, for a page, a terminal or JSON."""

    kind: str
    file_name: str
    driver: str
    source_crs: str
    shapes: int
    properties: tuple[str, ...]
    reading: Reading
    by: str  # how a shape found its station: code, property, overlap, prefix
    taken: tuple[Taken, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    merged: tuple[tuple[str, int], ...] = ()  # code, number of shapes that became one
    overlaps: tuple[Shared, ...] = ()
    overlap_m2: float = 0.0
    overlap_n: int = 0
    gaps: tuple[Hole, ...] = ()
    gap_m2: float = 0.0
    gap_n: int = 0
    duplicates: tuple[Twice, ...] = ()
    notes: tuple[tuple[int, str, dict], ...] = ()
    notes_n: int = 0
    ending: tuple[str, ...] = ()  # codes in force today that the file does not bring again
    area_m2: float = 0.0
    stations: int = 0
    refusals: tuple[str, ...] = ()  # keys of the sentences why it cannot be taken over as it is, the gravest first
    refusal: str = ""  # the one that stands; some can be known and accepted
    dry_run: bool = False
    taken_over: bool = False

    @property
    def done(self) -> bool:
        """What was asked for went well."""
        return self.taken_over or (self.dry_run and not self.refusal)

    @property
    def unknown(self) -> int:
        """Shapes of the file whose code is no station of the person who brought it."""
        return sum(out.shapes for out in self.left_out)

    def as_json(self) -> dict:
        return asdict(self) | {"done": self.done}

    def as_text(self) -> str:
        from ..sentences import report_lines

        return "\n".join(report_lines(self))

    @classmethod
    def from_json(cls, kept: dict) -> CoverageReport:
        """The report that was kept beside a file."""
        rows = {"taken": Taken, "left_out": LeftOut, "overlaps": Shared, "gaps": Hole, "duplicates": Twice}
        parts = {
            name: tuple(
                kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}) for row in kept[name]
            )
            for name, kind in rows.items()
        }
        parts |= {
            "properties": tuple(kept["properties"]),
            "ending": tuple(kept["ending"]),
            "refusals": tuple(kept["refusals"]),
            "merged": tuple(map(tuple, kept["merged"])),
            "notes": tuple(map(tuple, kept["notes"])),
        }
        plain = {name: value for name, value in {**kept, **parts}.items() if name not in {"done", "reading"}}
        return cls(reading=Reading(**kept["reading"]), **plain)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A report with the shapes it speaks of: what `take_over` would draw."""

    report: CoverageReport
    mark: dict[str, str] = field(default_factory=dict)  # what the audit keeps of the file
    outlines: tuple[Outline, ...] = ()
    shared: tuple[object, ...] = field(default=(), repr=False)  # the ground of report.overlaps, for the map
    holes: tuple[object, ...] = field(default=(), repr=False)  # the ground of report.gaps
    beside: tuple[object, ...] = field(default=(), repr=False)  # neighbours that stay as they are


def remaining(report: CoverageReport, *, only_known: bool, overlaps_known: bool) -> str:
    """The refusal that stands after what the person knows and accepts; "" when none does."""
    given = {"only_known": only_known, "overlaps_known": overlaps_known}
    return next((key for key in report.refusals if not given.get(KNOWN.get(key, ""), False)), "")


def refusal_places(report: CoverageReport) -> dict:
    """The numbers that a refusal's sentence names."""
    return {
        "n": report.unknown if report.refusal == "boundaries_unknown" else report.overlap_n,
        "area": round(report.overlap_m2),
    }


def refused(report: CoverageReport, *refusals: str) -> CoverageReport:
    return replace(report, refusals=refusals, refusal=refusals[0] if refusals else "")
