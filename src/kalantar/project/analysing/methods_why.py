"""Why here: risk terrain and candidate causes. Files of features come in as layers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import shapely

from kalantar.analysis import causes, grids, risk
from kalantar.persian.dates import parse_clocks, parse_dates
from kalantar.persian.digits import listed

from ..sentences import marked as _
from ..stop import Stop
from . import files
from .asking import limits, number, text, whole, word
from .methods_places import CELL
from .table import Work, method


@method(
    "risk-terrain", "why", _("Which features of the place go with the events?"),
    _("Distance, count and density layers in a Poisson or negative binomial model, chosen by BIC and elastic net."),
    CELL, limits("radii_m", "200,400,600", "radii in metres"),
    word("family", ("auto", "poisson", "negative_binomial"), "which model"),
    word("selection", ("elastic_net_then_stepwise", "stepwise", "elastic_net", "all"), "how layers are chosen"),
    text("kinds", "within,dense", "of within, dense, distance, count, density"),
    files="events, then one file a layer (lamps, shops, stops …), with --area",
)  # fmt: skip
def _risk(work: Work):
    xy, _rows = work.points()
    area = work.boundary(needed=True)
    given = work.given
    if len(given.files) < 2:
        raise Stop(_("This method needs %(n)s files."), n=2)
    grid = grids.grid_over(area, cell_m=given.cell_m)
    row, column = np.nonzero(grid.mask)
    cells = np.column_stack(grid.centre(row, column))
    layers = {}
    for position in range(1, len(given.files)):
        rows = work.rows(position)
        place = work.places(rows)
        layers[Path(given.files[position]).stem] = place[rows.keep]
    return work.call(
        risk.risk_terrain, ("events", xy), ("layers", layers), cells=cells, cell_m=given.cell_m, radii_m=given.radii_m,
        kinds=tuple(given.kinds.split(",")), family=given.family, selection=given.selection, seed=given.seed,
    )  # fmt: skip


@method(
    "causes", "why", _("What might be behind it?"),
    _("Candidate causes from dated layers, each with its evidence and what would disprove it."),
    text("exposure", None, "file of people or homes by place"), text("weight", None, "its column of numbers"),
    limits("place", "", "x,y of the place to explain, in the events' own coordinates"),
    number("within_m", 400.0, "how far around the place"), whole("runs", 0, "draws (0: as many as the method wants)"),
    files="events, then layers with kind, since, until, hours (GeoJSON, GeoPackage, CSV …)",
)  # fmt: skip
def _causes(work: Work):
    rows = work.rows()
    xy = work.places(rows)
    start, known = files.moments(rows, work.given)
    end, end_known = files.moments(rows, work.given, end=True, needed=bool(work.given.date_to))
    keep = rows.keep
    layers = [layer for position in range(1, len(work.given.files)) for layer in _layers(work, position)]
    area = work.boundary()
    options = {"runs": work.given.runs} if work.given.runs else {}
    if work.given.place:
        if len(work.given.place) != 2:
            raise Stop(_("%(option)s needs two numbers, x,y."), option="--place")
        there, _frame = files.moved(
            rows, np.array([work.given.place]), work.given.crs or rows.layer.crs or "EPSG:4326", work.frame
        )
        options |= {"place": tuple(float(v) for v in there[0]), "within_m": work.given.within_m}
    return work.call(
        causes.candidate_causes, ("xy", xy[keep]), ("start", start[keep]),
        end=None if end is None else np.where(end_known, end, np.datetime64("NaT"))[keep],
        layers=layers, exposure=_exposure(work), area=area, hour_known=known[keep], seed=work.given.seed, **options,
    )  # fmt: skip


def _layers(work, position):
    """Layers of a file: one a kind, with the dates and hours its columns tell."""
    rows = work.rows(position)
    given = work.given
    geometry = rows.layer.geometry
    if geometry is None:
        xy = work.places(rows)
        shapes = shapely.points(xy)
    else:
        rows.drop(shapely.is_missing(geometry) | shapely.is_empty(geometry), "no place")
        shapes = np.full(len(rows), None, dtype=object)
        shapes[rows.keep], work.frame = files.moved_shapes(rows, geometry[rows.keep], given, work.frame)
    n = len(rows)
    kinds = files.column_of_words(rows, None, "kind", needed=False)
    if kinds is None:
        kinds = np.full(n, Path(given.files[position]).stem, dtype=object)
    names = files.column_of_words(rows, None, "name", needed=False)
    names = np.array([f"{i + 1}" for i in range(n)], dtype=object) if names is None else names
    spells = _spells(rows, given, n)
    hours = _hours(rows, n)
    out = []
    for kind in dict.fromkeys(kinds[rows.keep]):
        which = np.flatnonzero((kinds == kind) & rows.keep)
        more = {}
        if spells is not None and any(spells[i] for i in which):
            more["states"] = [spells[i] for i in which]
        if hours is not None and any(hours[i] for i in which):
            more["hours"] = [hours[i] for i in which]
        out.append(
            causes.Layer(kind=kind, geometry=list(shapes[which]), names=tuple(str(names[i]) for i in which), **more)
        )
    return out


def _spells(rows, given, n):
    """For each feature the (since, until) pairs of its state: a column "states" as JSON, or since and until."""
    told = rows.column(None, "states", needed=False)
    if told:
        return [_pairs(rows, i, text) for i, text in enumerate(rows.text(told).to_pylist())]
    names = [rows.column(None, role, needed=False) for role in ("since", "until")]
    if not any(names):
        return None
    sides = [
        _moments_of(rows, name, given) if name else np.full(n, np.datetime64("NaT"), "datetime64[m]") for name in names
    ]
    return [[(a, b)] if not (np.isnat(a) and np.isnat(b)) else [] for a, b in zip(*sides, strict=True)]


def _pairs(rows, i, text):
    if not text.strip():
        return []
    try:
        return [
            tuple(
                np.datetime64("NaT") if one is None else np.datetime64(str(one).replace(" ", "T"), "m") for one in pair
            )
            for pair in json.loads(text)
        ]
    except (ValueError, TypeError):
        raise Stop(
            _("Row %(row)s of %(file)s: states must be pairs of dates, such as %(example)s."),
            example='[["2020-01-01", "2020-02-01"]]',
            row=int(rows.layer.rows[i]), file=rows.path.name,
        ) from None  # fmt: skip


def _moments_of(rows, name, given):
    texts = rows.text(name)
    calendar, order = files.reading_of(rows, name, texts, given)
    read = parse_dates(texts, calendar, order, with_time=True)
    filled = np.array([bool(t.strip()) for t in texts.to_pylist()])
    bad = np.flatnonzero(filled & (read.faults != 0))
    if len(bad):
        raise Stop(
            _("Row %(row)s of %(file)s: %(value)s is no date."), row=int(rows.layer.rows[bad[0]]), file=rows.path.name,
            value=texts[int(bad[0])].as_py(),
        )  # fmt: skip
    stamps = (read.days - files.UNIX_DAY) * 1440 + np.maximum(read.minutes, 0)
    return np.where(filled, stamps, files.NONE).astype("datetime64[m]")


def _hours(rows, n):
    """Opening hours of each feature: JSON pairs [[8, 22.5]], or words such as 08:00-22:30."""
    name = rows.column(None, "hours", needed=False)
    if not name:
        return None
    return [_clock_pairs(rows, i, text.strip()) for i, text in enumerate(rows.text(name).to_pylist())]


def _clock_pairs(rows, i, text):
    if not text:
        return []
    try:
        if text.startswith("["):
            return [(float(a), float(b)) for a, b in json.loads(text)]
        out = []
        for part in listed(text):
            ends, faults = parse_clocks([end.strip() for end in part.replace("–", "-").split("-")])
            if len(ends) != 2 or faults.any():
                raise ValueError(part)
            a, b = (float(end) / 60 for end in ends)
            out.append((a, b if b > a else b + 24))
    except (ValueError, TypeError):
        raise Stop(
            _("Row %(row)s of %(file)s: hours must be written as %(example)s."), example="08:00-22:30", row=int(rows.layer.rows[i]),
            file=rows.path.name,
        ) from None  # fmt: skip
    return out


def _exposure(work):
    if not work.given.exposure:
        return None
    rows = files.opened(work.given.exposure, files.Opened(work.given))
    work.opened.append(rows)
    xy = work.places(rows)
    weight = files.column_of_numbers(rows, work.given.weight, "weight")
    return xy[rows.keep], weight[rows.keep]
