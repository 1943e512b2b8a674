# SPDX-License-Identifier: BSD-3-Clause
"""What was given, checked once, and the tests that can be asked of it."""

from dataclasses import dataclass, field

import numpy as np
import shapely
from scipy import special
from scipy.spatial import cKDTree

from kalantar.analysis import _causes_clock as clocks
from kalantar.analysis import _causes_evidence as evidence
from kalantar.analysis import _causes_series as series
from kalantar.analysis import _causes_states as states
from kalantar.analysis import causes as public
from kalantar.analysis import checks
from kalantar.analysis.errors import InputError

MOST_PAIRS = 1_200_000  # of near events; where there are more, fewer events are used
DAY = np.timedelta64(1, "D")
SECOND = np.timedelta64(1, "s")
COUNTED_FROM = np.datetime64("2001-01-01", "s")  # where days given as numbers are laid
ALWAYS = 0.98  # a state that lasts so much of the time leaves nothing to compare with
HOURS_NEEDED = 0.3  # share of events with a known hour below which hours tell nothing
DEGREES_AWAY_M = 20_000.0
ONE_PLACE_M = 350.0
ONE_PLACE_DAYS = 120.0  # days over which the number is smoothed there
NEAR_M = 150.0  # an event so near to a feature tells little of what is usual
NEAR_WEIGHT = 0.15
PLACE_M = 75.0
LIKE_M = (150.0, 800.0)  # like places lie so far from the feature
HABIT_M = 400.0  # the hours of a neighbourhood
HABIT_NOT_M = 130.0  # without the place itself
HABIT_LEANING = 30.0  # events of the whole station it leans on
PLAIN_MOST = 0.0  # evidence a plain layer or a change of recording can have: no more than nothing has


@dataclass(frozen=True)
class Events:
    xy: np.ndarray
    start: np.ndarray  # datetime64[s]
    end: np.ndarray
    hour_known: np.ndarray
    weight: np.ndarray  # 1 = to be explained, 0 = shows only what is usual
    begins: np.datetime64  # midnight, datetime64[D]
    ends: np.datetime64
    has_calendar: bool
    given: int

    @property
    def one_place(self):
        """Do nine of ten lie within one place? Then there is no rest of the station to tell what is usual."""
        return bool(len(self.xy)) and bool(
            np.quantile(np.linalg.norm(self.xy - np.median(self.xy, axis=0), axis=1), 0.9) < ONE_PLACE_M
        )

    @property
    def days(self):
        return int((self.ends - self.begins) // DAY)


@dataclass(frozen=True)
class Kind:
    """All layers of one kind, joined."""

    key: str
    kind: str
    shapes: np.ndarray  # shapely geometries
    spells: tuple[tuple[tuple[np.datetime64, np.datetime64], ...] | None, ...]  # None = undated
    hours: tuple[tuple[tuple[float, float], ...], ...]
    names: tuple[str, ...]
    moved: tuple[np.ndarray | None, ...] = ()  # the neighbours' own events

    @property
    def xy(self):
        middle = shapely.centroid(self.shapes)
        return np.column_stack([shapely.get_x(middle), shapely.get_y(middle)])


@dataclass
class Test:
    """One cause asked, with what the sentence needs."""

    key: str
    kind: str
    why: str = ""
    gain: states.Gain | None = None
    evidence: float = float("nan")
    names: tuple[str, ...] = ()
    xy: np.ndarray = field(default_factory=lambda: np.empty((0, 2)))
    weight: np.ndarray = field(default_factory=lambda: np.empty(0))
    signature: str = ""  # "open", "closing", "both", "opening"
    days: float = float("nan")  # near repeats: mean days; recording: when
    moment: object = None
    numbers: dict = field(default_factory=dict)
    neighbour_did_not_fall: bool = False

    @property
    def count(self):
        return self.numbers.get("count", float((self.weight * self.gain.z).sum()) if self.gain else float("nan"))

    @property
    def expected(self):
        return self.numbers.get("expected", float((self.weight * self.gain.usual).sum()) if self.gain else float("nan"))

    def could_tell(self):
        """Would a doubling have shown? Five or more expected, or a range of the ratio that leaves 2 out."""
        low, high = self.interval()[1:]
        return bool(self.expected >= 5 or high < 2 or low > 1)

    def interval(self):
        """(ratio, low, high) by the profile of the likelihood, 95 %."""
        if "interval" in self.numbers:
            return self.numbers["interval"]
        if self.gain is None or not self.expected > 0:
            return (float("nan"),) * 3
        theta = np.append(np.linspace(-0.98, 0, 50), np.geomspace(0.01, 100, 120))
        z, usual = self.weight * self.gain.z, self.weight * self.gain.usual
        near = (z > 0) | (usual > 0)
        each = np.log1p(theta[:, None] * np.minimum(z[near], 1)) - np.log1p(theta[:, None] * np.minimum(usual[near], 1))
        profile = each.sum(axis=1)
        inside = theta[profile >= profile.max() - 1.92]
        found = 1 + theta[profile.argmax()], 1 + inside[0], 1 + inside[-1]
        self.numbers["interval"] = tuple(float(one) for one in found)
        return self.numbers["interval"]

    def places(self):
        if self.gain is None or not len(self.xy):
            return self.xy
        return self.xy[self.gain.features]

    def drawn(self):
        """(excess at each event, its mean over the usual time) of the way that fits best, at its best strength."""
        if self.gain is None:
            return np.zeros(len(self.weight)), np.zeros(len(self.weight))
        strengths = np.concatenate([[0.0], evidence.STRENGTHS])
        w = self.weight
        fits = [
            (max(((w * (np.log1p(s * z) - np.log1p(s * u))).sum(), s) for s in strengths), z, u)
            for z, u in ((self.gain.z, self.gain.usual), *self.gain.others)
        ]
        (_, strength), z, u = max(fits, key=lambda fit: fit[0][0])
        return strength * z, strength * u

    def shared_with(self, other):
        """How much of the other's evidence this cause already explains (log)."""
        if self.gain is None or other.gain is None:
            return 0.0
        strengths = np.concatenate([[0.0, 0.05, 0.12], evidence.STRENGTHS])
        near = (self.weight > 0) & ((other.gain.z > 0) | (other.gain.usual > 0))
        z2, u2 = other.gain.z[near], other.gain.usual[near]

        def gain(z1, u1, first, second):
            return (np.log1p(first * z1 + second * z2) - np.log1p(first * u1 + second * u2)).sum()

        def own(z, u, strength):
            return (np.log1p(strength * z) - np.log1p(strength * u)).sum()

        fits = [
            (max((own(z, u, one), one) for one in strengths), z[near], u[near])
            for z, u in ((self.gain.z, self.gain.usual), *self.gain.others)
        ]
        (_, first), z1, u1 = max(fits, key=lambda fit: fit[0][0])
        alone = max(own(z2, u2, one) for one in strengths)
        joint = max(gain(z1, u1, first, one) for one in strengths) - gain(z1, u1, first, 0.0)
        return float(max(0.0, alone - joint))


# -- what was given -----------------------------------------------------------------------------


def events(xy, start, end, *, place, within_m, area, period, hour_known, as_metres, rng, most):
    xy = checks.points(xy, as_metres=as_metres)
    start, has_calendar, whole_days = moments(start, "start", len(xy))
    missing = np.flatnonzero(np.isnat(start))
    if len(missing):
        raise InputError(f"start row {missing[0]} is missing: leave the event out")
    if end is None:
        end = start.copy()
    else:
        end, end_calendar, _ = moments(end, "end", len(xy))
        if len(xy) and end_calendar != has_calendar:
            raise InputError("end must be of the same kind as start: both dates, or both days as numbers")
        end = np.where(np.isnat(end), start, end)
    wrong = np.flatnonzero(end < start)
    if len(wrong):
        raise InputError(f"end row {wrong[0]} lies before its start: exchange them or leave the event out")
    known = _hours_known(start, end, hour_known, whole_days)
    start = np.where(known, start, start.astype("datetime64[D]").astype("datetime64[s]"))
    end = np.where(known, end, np.maximum(end.astype("datetime64[D]"), start.astype("datetime64[D]")) + DAY)
    end = end.astype("datetime64[s]")
    begins, ends = _period(period, start, end)
    kept = (start >= begins) & (start < ends)
    if area is not None:
        if not hasattr(area, "geom_type") or area.geom_type not in ("Polygon", "MultiPolygon"):
            raise InputError("area must be a shapely Polygon or MultiPolygon in the metres of xy")
        kept &= shapely.intersects_xy(area, xy[:, 0], xy[:, 1]) if len(xy) else kept
    weight = np.ones(len(xy))
    if place is not None:
        middle = checks.points([place], "place", as_metres=True)[0]
        within_m = checks.positive(within_m, "within_m")
        weight = (np.hypot(*(xy - middle).T) <= within_m).astype(float) if len(xy) else weight
    rows = np.flatnonzero(kept)
    if len(rows) > most:
        rows = np.sort(rng.choice(rows, most, replace=False))
    close = (
        cKDTree(xy[rows]).count_neighbors(cKDTree(xy[rows]), series.REACH * series.SLOW_RADII[-1]) / 2
        if len(rows)
        else 0
    )
    if close > MOST_PAIRS:
        rows = np.sort(rng.choice(rows, int(len(rows) * np.sqrt(MOST_PAIRS / close)), replace=False))
    return Events(
        xy=xy[rows], start=start[rows], end=end[rows], hour_known=known[rows], weight=weight[rows], begins=begins,
        ends=ends, has_calendar=has_calendar, given=len(xy),
    )  # fmt: skip


def moments(values, name, rows):
    """(datetime64[s], are they dates, are they whole days). Days as numbers are laid on a fixed date."""
    values = np.asarray(values)
    if values.size == 0:
        values = np.empty(0, "datetime64[s]")
    if values.dtype == object or values.dtype.kind in "US":
        if any(getattr(one, "tzinfo", None) is not None for one in values.ravel()):
            raise InputError(
                f"{name} must be local and without a zone: take the station's clock and leave the zone out"
            )
        try:
            values = values.astype("datetime64[s]")
        except (TypeError, ValueError) as fault:
            raise InputError(f"{name} must be datetime64, local and without a zone: {fault}") from None
    if values.ndim != 1 or (rows is not None and len(values) != rows):
        raise InputError(f"{name} must be one moment an event, {rows} in all, got shape {values.shape}")
    if values.dtype.kind == "M":
        whole = np.datetime_data(values.dtype)[0] in ("D", "W", "M", "Y")
        return values.astype("datetime64[s]"), True, whole
    days = checks.numbers(values, name, cure="leave the event out")
    if len(days) and np.abs(days).max() > 1e6:
        raise InputError(f"{name} must be days (or datetime64), got {days[np.abs(days).argmax()]:g}")
    whole = bool(len(days)) and bool((days == np.floor(days)).all())
    return COUNTED_FROM + np.round(days * 86400).astype(np.int64) * SECOND, False, whole


def _hours_known(start, end, hour_known, whole_days):
    n = len(start)
    if hour_known is not None:
        known = np.asarray(hour_known)
        if known.shape != (n,) or known.dtype != bool:
            raise InputError(f"hour_known must be true or false, one an event, {n} in all")
        return known
    if whole_days:
        return np.zeros(n, bool)
    midnight = (start == start.astype("datetime64[D]")) & (end == start)
    return ~midnight if midnight.sum() > max(5, 0.04 * n) else np.ones(n, bool)


def _period(period, start, end):
    if period is not None:
        try:
            begins, ends = (moments(np.asarray([one]), "period", 1)[0][0] for one in period)
        except (TypeError, ValueError) as fault:
            raise InputError(f"period must be two dates: {fault}") from None
        if np.isnat(begins) or np.isnat(ends) or ends <= begins:
            raise InputError("period must be two dates, the second after the first")
        return begins.astype("datetime64[D]"), -((-ends.astype(np.int64)) // 86400) * DAY + np.datetime64(0, "D")
    if not len(start):
        return COUNTED_FROM.astype("datetime64[D]"), COUNTED_FROM.astype("datetime64[D]")
    return start.min().astype("datetime64[D]"), start.max().astype("datetime64[D]") + DAY


def hours_of_dark(given):
    try:
        since, until = (float(one) for one in given)
    except (TypeError, ValueError):
        raise InputError(f"dark_hours must be two hours of the clock, such as (19, 6), got {given!r}") from None
    if not (0 <= since <= 24 and 0 <= until <= 24) or since % 24 == until % 24:
        raise InputError(f"dark_hours must be two different hours from 0 to 24, got {given!r}")
    return since, until


def exposure(given, *, as_metres):
    if given is None:
        return None
    try:
        places, weights = given
    except (TypeError, ValueError):
        raise InputError("exposure must be two arrays: places (m, 2) and weights (m,)") from None
    places = checks.points(places, "exposure", as_metres=as_metres)
    weights = checks.numbers(weights, "exposure weights", rows=len(places), of="exposure places")
    if (weights < 0).any() or not weights.sum() > 0:
        raise InputError("exposure weights must be 0 or more, and not all 0")
    return places, weights


def kinds(layers, neighbours, given):
    """Kinds in the order given."""
    found: dict[str, list] = {}
    for number, layer in enumerate(layers):
        if not isinstance(layer, public.Layer) or not isinstance(layer.kind, str) or not layer.kind:
            raise InputError(f"layers row {number} must be a Layer with a kind")
        kind = public.KINDS.get(layer.kind.lower(), layer.kind)
        found.setdefault(kind, []).append(_read(layer, f"layers row {number} ({layer.kind})", given))
    for number, one in enumerate(neighbours):
        if not isinstance(one, public.Neighbour):
            raise InputError(f"neighbours row {number} must be a Neighbour")
        geometry = None if one.geometry is None else [one.geometry]
        xy = None if one.xy is None else [one.xy]
        events = None if one.t is None else moments(one.t, f"neighbours row {number}: t", None)[0]
        changed = one.changed_on
        if changed is None:
            changed = None if events is None else _fell_on(events, given)
        since = None if changed is None else [changed]
        layer = public.Layer(kind="neighbour_change", xy=xy, geometry=geometry, since=since, names=(one.name,))
        shapes, spells, hours, names = _read(layer, f"neighbours row {number}", given)
        found.setdefault("neighbour_change", []).append((shapes, spells, hours, names, (events,)))
    out = []
    for kind, parts in found.items():
        moved = [part[4] if len(part) > 4 else (None,) * len(part[0]) for part in parts]
        out.append(
            Kind(
                key=public.CAUSE_OF_KIND.get(kind, kind),
                kind=kind,
                shapes=np.concatenate([part[0] for part in parts]),
                spells=tuple(one for part in parts for one in part[1]),
                hours=tuple(one for part in parts for one in part[2]),
                names=tuple(one for part in parts for one in part[3]),
                moved=tuple(one for part in moved for one in part),
            )
        )
    return out


def _read(layer, where, given):
    if (layer.xy is None) == (layer.geometry is None):
        raise InputError(f"{where}: give either xy or geometry")
    if layer.xy is not None:
        shapes = shapely.points(checks.points(layer.xy, f"{where}: xy", as_metres=True))
    else:
        shapes = np.asarray(list(layer.geometry), dtype=object)
        for row, shape in enumerate(shapes):
            if not hasattr(shape, "geom_type") or shape.is_empty:
                raise InputError(f"{where}: geometry row {row} is not a shape or is empty")
    shapes = np.atleast_1d(shapes)
    bounds = shapely.bounds(shapes).reshape(-1, 4)
    if len(bounds) and len(given.xy) and _in_degrees(bounds, given.xy):
        raise InputError(f"{where} looks like degrees, the events are metres: project it to the same plane")
    count = len(shapes)
    names = tuple(str(one) for one in layer.names) or tuple(str(row + 1) for row in range(count))
    if len(names) != count:
        raise InputError(f"{where}: names must be {count}, one a feature, got {len(names)}")
    return shapes, _spells(layer, count, where, given), _hours(layer, count, where), names


def _in_degrees(bounds, xy):
    """Do these look like longitudes and latitudes, far from where the events are in metres?"""
    away = np.maximum(
        np.maximum(xy.min(axis=0) - bounds[:, :2].max(axis=0), bounds[:, :2].min(axis=0) - xy.max(axis=0)), 0
    )
    return bool(away.max() > DEGREES_AWAY_M and checks.look_like_degrees(bounds[:, :2]))


def _spells(layer, count, where, given):
    if layer.states is not None:
        if layer.since is not None or layer.until is not None:
            raise InputError(f"{where}: give either states or since and until")
        lists = list(layer.states)
        if len(lists) != count:
            raise InputError(f"{where}: states must be {count} lists, one a feature, got {len(lists)}")
        out = []
        for row, spells in enumerate(lists):
            pairs = [tuple(spell) for spell in spells]
            if any(len(pair) != 2 for pair in pairs):
                raise InputError(f"{where}: states row {row} must be pairs (since, until)")
            since = _dates([pair[0] for pair in pairs], f"{where}: states row {row}", given)
            until = _dates([pair[1] for pair in pairs], f"{where}: states row {row}", given)
            out.append(_in_order(since, until, f"{where}: states row {row}"))
        return tuple(out)
    if layer.since is None and layer.until is None:
        return (None,) * count
    never = np.full(count, np.datetime64("NaT", "s"))
    since = never if layer.since is None else _dates(_each(layer.since, count), f"{where}: since", given)
    until = never if layer.until is None else _dates(_each(layer.until, count), f"{where}: until", given)
    if len(since) != count or len(until) != count:
        raise InputError(f"{where}: since and until must be {count}, one a feature")
    return tuple(_in_order(since[i : i + 1], until[i : i + 1], f"{where}: row {i}") for i in range(count))


def _each(value, count):
    """One date for all as one a feature."""
    return [value] * count if isinstance(value, str) or np.ndim(value) == 0 else value


def _dates(values, where, given):
    values = ["NaT" if one is None else one for one in values] if not isinstance(values, np.ndarray) else values
    if not len(values):
        return np.empty(0, "datetime64[s]")
    values = np.asarray(values)
    if values.dtype.kind in "iuf" and given.has_calendar:
        raise InputError(f"{where} must be dates, as the events are")
    if values.dtype.kind == "f":
        out = np.full(len(values), np.datetime64("NaT", "s"))
        known = np.isfinite(values)
        out[known] = moments(values[known], where, None)[0]
        return out
    return moments(values, where, None)[0]


def _in_order(since, until, where):
    wrong = np.flatnonzero(~np.isnat(since) & ~np.isnat(until) & (until < since))
    if len(wrong):
        raise InputError(f"{where}: a state ends before it begins: exchange the dates")
    return tuple(zip(since, until, strict=True))


def _hours(layer, count, where):
    if layer.hours is None:
        return ((),) * count
    given = list(layer.hours)
    if len(given) == 2 and all(np.isscalar(one) for one in given):
        given = [[given]] * count
    given = [[one] if one is not None and len(one) == 2 and all(np.isscalar(x) for x in one) else one for one in given]
    if len(given) != count:
        raise InputError(f"{where}: hours must be one pair (from, to) for all, or {count}, one a feature")
    out = []
    for row, pairs in enumerate(given):
        read = []
        for pair in () if pairs is None else pairs:
            try:
                opens, closes = (float(one) for one in pair)
            except (TypeError, ValueError):
                raise InputError(f"{where}: hours row {row} must be pairs of hours, got {pair!r}") from None
            if not (0 <= opens <= 24 and 0 <= closes <= 48):
                raise InputError(f"{where}: hours row {row} must lie between 0 and 48, got {pair!r}")
            closes = closes + 24 if closes <= opens else closes
            read.append((opens, min(closes, opens + 24)))
        out.append(tuple(read))
    return tuple(out)


# -- the tests ----------------------------------------------------------------------------------


def clock(given, dark_hours, latitude, solar_noon, weight=None):
    latitude = float(latitude)
    if not -66 <= latitude <= 66:
        raise InputError(f"latitude must lie between -66 and 66 degrees, got {latitude:g}: or give dark_hours")
    if not 0 <= float(solar_noon) <= 24:
        raise InputError(f"solar_noon must be an hour of the clock, got {solar_noon:g}")
    return clocks.clock(
        given.start, given.end, first_day=given.begins, days=given.days, dark_hours=dark_hours, latitude=latitude,
        solar_noon=float(solar_noon), width=ONE_PLACE_DAYS if given.one_place else None, weight=weight,
    )  # fmt: skip


def tests(kind, given, made, *, remade, dark, places, runs, rng):
    """The tests that this kind allows: by dates, by hours, or by place only.

    remade : makes the clock anew with other weights of the events.
    """
    dated = np.array([one is not None for one in kind.spells], bool)
    timed = np.array([bool(one) for one in kind.hours], bool)
    out = []
    if kind.kind == "neighbour_change":
        out.append(_moved(kind, given, made) if dated.any() else Test(kind.key, kind.kind, why="undated"))
        return out
    if timed.any():
        key = kind.key if kind.kind == "attractor" else f"{kind.kind}_hours"
        out.append(_by_hours(_only(kind, timed), key, given, made, remade))
    if (dated & ~timed).any():
        key = kind.key if kind.kind in public.CAUSE_OF_KIND and kind.kind != "attractor" else f"{kind.kind}_state"
        out.append(_by_dates(_only(kind, dated & ~timed), key, given, made, remade, dark=dark))
    if not dated.any() and not timed.any():
        key = kind.key if kind.kind in public.CAUSE_OF_KIND else f"{kind.kind}_place"
        out.append(_by_place(kind, key, given, places, runs=runs, rng=rng))
    return out


def _only(kind, kept):
    at = np.flatnonzero(kept)
    return Kind(
        key=kind.key,
        kind=kind.kind,
        shapes=kind.shapes[at],
        spells=tuple(kind.spells[i] for i in at),
        hours=tuple(kind.hours[i] for i in at),
        names=tuple(kind.names[i] for i in at),
        moved=tuple(kind.moved[i] for i in at),
    )


def _slots(kind, made):
    """(feature, since, until) in slots, cut to the time, sorted by feature."""
    last = made.days * clocks.SLOTS
    feature, since, until = [], [], []
    for row, spells in enumerate(kind.spells):
        for begin, finish in () if spells is None else spells:
            low = 0.0 if np.isnat(begin) else max(0.0, float(made.slot(begin)))
            high = float(last) if np.isnat(finish) else min(float(last), float(made.slot(finish)))
            if high > low:
                feature.append(row)
                since.append(low)
                until.append(high)
    return np.array(feature, np.int64), np.array(since, float), np.array(until, float)


def _rest(near, given, remade):
    """The clock mostly of events that lie near none of these features: what they may have added is not usual."""
    weight = np.ones(len(given.xy))
    weight[near.event[near.metres <= NEAR_M]] = NEAR_WEIGHT
    return remade(weight)


def _by_dates(kind, key, given, made, remade, *, dark):
    by_night = kind.kind == "lamps"
    if by_night and not dark:
        return Test(key, kind.kind, why="dark_unknown")
    if by_night and given.hour_known.mean() < HOURS_NEEDED:
        return Test(key, kind.kind, why="hours_unknown")
    feature, since, until = _slots(kind, made)
    length = np.bincount(feature, until - since, len(kind.shapes))
    changing = (length > 0) & (length < ALWAYS * made.days * clocks.SLOTS)
    if not changing.any():
        return Test(key, kind.kind, why="no_change", xy=kind.xy, names=kind.names)
    kind = _only(kind, changing)
    near = states.near_pairs(given.xy, kind.shapes, kind.xy)
    if not (given.weight[near.event] > 0).any():
        return Test(key, kind.kind, why="none_near", xy=kind.xy, names=kind.names)
    made = _rest(near, given, remade)
    if by_night:
        gain = states.of_dark_states(near, made, _slots(kind, made), given.xy, weight=given.weight)
    else:
        gain = states.of_states(near, made, _slots(kind, made), weight=given.weight)
    return _test(key, kind, gain, given)


def _by_hours(kind, key, given, made, remade):
    if given.hour_known.mean() < HOURS_NEEDED:
        return Test(key, kind.kind, why="hours_unknown")
    dates = None
    if any(one is not None for one in kind.spells):
        dates = np.zeros((len(kind.shapes), made.days))
        for row, spells in enumerate(kind.spells):
            if spells is None:
                dates[row] = 1
        for row, low, high in zip(*_slots(kind, made), strict=True):
            dates[row, int(low // clocks.SLOTS) : int(np.ceil(high / clocks.SLOTS))] = 1
    near = states.near_pairs(given.xy, kind.shapes, kind.xy)
    if not (given.weight[near.event] > 0).any():
        return Test(key, kind.kind, why="none_near", xy=kind.xy, names=kind.names)
    made = _rest(near, given, remade)
    gain = states.of_hours(
        near, made, _masks(kind.hours), dates, weight=given.weight, hours=_habits(given.xy, made, np.unique(near.event))
    )
    made_test = _test(key, kind, gain, given)
    made_test.signature = SIGNATURES[gain.signature]
    made_test.numbers["hours"] = [kind.hours[i] for i in gain.features]
    return made_test


SIGNATURES = ("open", "closing", "both", "opening")


def _masks(hours):
    """Per signature (F, SLOTS): while open; around and after closing; at both ends; around opening."""
    middle = (np.arange(clocks.SLOTS) + 0.5) * 24 / clocks.SLOTS

    def during(since, until):
        return np.ones_like(middle) if until - since >= 24 else ((middle - since) % 24 < until - since).astype(float)

    def joined(make):
        return np.array([np.max([make(*pair) for pair in pairs], axis=0) for pairs in hours])

    return [
        joined(during),
        joined(lambda opens, closes: during(closes - 0.5, closes + 2)),
        joined(lambda opens, closes: np.maximum(during(opens - 1, opens + 1), during(closes - 1, closes + 1.5))),
        joined(lambda opens, closes: during(opens - 1, opens + 1)),
    ]


def _habits(xy, made, rows):
    """(n, SLOTS) usual hours at the place of each of the rows: its neighbourhood's, leaning on the station's."""
    whole = made.usual.reshape(-1, clocks.SLOTS).sum(axis=0)
    out = np.tile(whole, (len(xy), 1))
    hours = np.where(made.hour_known[:, None], made.hours, 0.0)
    for first in range(0, len(rows), 512):
        some = rows[first : first + 512]
        squared = ((xy[some][:, None] - xy[None]) ** 2).sum(axis=2)
        weights = np.where(squared < HABIT_NOT_M**2, 0.0, np.exp(-squared / HABIT_M**2))
        out[some] = weights @ hours + HABIT_LEANING * whole
    return out / out.sum(axis=1, keepdims=True)


def _moved(kind, given, made):
    feature, since, until = _slots(kind, made)
    length = np.bincount(feature, until - since, len(kind.shapes))
    changing = (length > 0) & (length < ALWAYS * made.days * clocks.SLOTS)
    if not changing.any():
        return Test(kind.key, kind.kind, why="no_change", xy=kind.xy, names=kind.names)
    kind = _only(kind, changing)
    points = shapely.points(given.xy)
    away = np.column_stack([shapely.distance(points, shape) for shape in kind.shapes])
    middle = given.xy.mean(axis=0)
    towards = kind.xy - middle
    towards /= np.maximum(np.linalg.norm(towards, axis=1, keepdims=True), 1e-9)
    along = (given.xy - middle) @ towards.T
    gain = series.from_next_door([away, along.max(axis=0) - along], made, _slots(kind, made), weight=given.weight)
    found = _test(kind.key, kind, gain, given)
    one = int(gain.features[0])
    spells = kind.spells[one] or ((np.datetime64("NaT", "s"),) * 2,)
    begins = spells[0][0]
    found.moment = begins
    own = kind.moved[one]
    if own is not None and not np.isnat(begins):
        found.neighbour_did_not_fall = not _fell(own, begins, given)
    return found


def _fell_on(moments_there, given):
    """The day from which the neighbour has fewest against before, datetime64[s]; None where it did not fall.

    A fall is one whose likelihood gain passes 8.85 / 2, what chance alone passes on the best of all days of
    the middle seven tenths once in twenty times (Andrews 1993, Econometrica 61, 821-856, table 1).
    """
    first = given.begins.astype("datetime64[s]")
    day = np.floor((moments_there - first) / DAY).astype(np.int64)
    per_day = np.bincount(day[(day >= 0) & (day < given.days)], minlength=given.days).astype(float)
    at = np.arange(int(0.15 * given.days), int(0.85 * given.days))
    total = per_day.sum()
    if not len(at) or total < 10:
        return None
    before = np.cumsum(per_day)[at - 1]
    after, share = total - before, at / given.days
    gain = special.xlogy(before, before / (total * share)) + special.xlogy(after, after / (total * (1 - share)))
    gain = np.where(before / share > after / (1 - share), gain, 0.0)
    return first + at[gain.argmax()] * DAY if gain.max() > 8.85 / 2 else None


def _fell(moments_there, begins, given):
    """Did the neighbour's own count fall, more than chance in one of ten?"""
    from kalantar.analysis.rises import poisson_ratio

    first, last = given.begins.astype("datetime64[s]"), given.ends.astype("datetime64[s]")
    inside = moments_there[(moments_there >= first) & (moments_there < last)]
    before, after = int((inside < begins).sum()), int((inside >= begins).sum())
    if before + after == 0:
        return True
    lengths = max((begins - first) / DAY, 1e-6), max((last - begins) / DAY, 1e-6)
    return poisson_ratio(before, after, first_length=lengths[0], second_length=lengths[1], tail="greater").p_value < 0.1


def _test(key, kind, gain, given):
    return Test(key, kind.kind, gain=gain, evidence=gain.special, names=kind.names, xy=kind.xy, weight=given.weight)


def contagion(given, made, beside=None):
    """(Test, evidence for slowly moving risk)."""
    gain, mean_days = series.contagion(given.xy, made, weight=given.weight, beside=beside)
    found = Test("near_repeat", "", gain=gain, evidence=gain.special, weight=given.weight, days=mean_days)
    pairs = cKDTree(given.xy).query_pairs(gain.radius_m, output_type="ndarray")
    gap = np.abs(made.middle[pairs[:, 0]] - made.middle[pairs[:, 1]])
    limit = 2 * mean_days
    order = np.sort(made.middle)
    later = np.searchsorted(order, order + limit, side="right") - np.arange(len(order)) - 1
    share = later.sum() / max(1, len(order) * (len(order) - 1) / 2)
    count, expected = float((gap <= limit).sum()), float(len(pairs) * share)
    found.numbers |= {"count": count, "expected": expected, "limit": limit, "interval": _ratio(count, expected)}
    return found, float(evidence.averaged(gain.rivals))


def _ratio(count, expected):
    from scipy import stats

    if not expected > 0:
        return (float("nan"),) * 3
    low = stats.chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    return count / expected, float(low / expected), float(stats.chi2.ppf(0.975, 2 * count + 2) / 2 / expected)


def _by_place(kind, key, given, places, *, runs, rng):
    """A plain layer: is there more near it than near like places?"""
    xy = kind.xy
    tree = cKDTree(given.xy)
    reach = PLACE_M + np.sqrt(np.maximum(shapely.area(kind.shapes), 0) / np.pi)  # an area counts as a disc of its size
    near = np.concatenate(
        [np.asarray(one, np.int64) for one in tree.query_ball_point(xy, reach)] or [np.empty(0, np.int64)]
    )
    count = float(given.weight[near].sum())  # an event near two of them counts twice, as it does at the moved places
    if not count:
        return Test(key, kind.kind, why="none_near", xy=xy, names=kind.names)
    pool, weights = places if places is not None else (given.xy, np.ones(len(given.xy)))
    ground = cKDTree(pool)
    like = []
    for one in xy:
        around = np.array(ground.query_ball_point(one, LIKE_M[1]), np.int64)
        around = around[((pool[around] - one) ** 2).sum(axis=1) >= LIKE_M[0] ** 2] if len(around) else around
        around = around[weights[around] > 0]
        like.append((around, weights[around] / weights[around].sum()) if len(around) else None)
    movable = [(row, one) for row, one in enumerate(like) if one is not None]
    if not movable:
        return Test(key, kind.kind, why="undated", xy=xy, names=kind.names)
    moved = np.tile(xy, (runs, 1, 1))
    for row, (around, chance) in movable:
        moved[:, row] = pool[rng.choice(around, runs, p=chance)]
    moved += rng.normal(0, 10, moved.shape)
    hits = tree.query_ball_point(moved.reshape(-1, 2), np.tile(reach, runs))
    many = np.array([len(one) for one in hits])
    event = np.concatenate([np.asarray(one, np.int64) for one in hits])
    seen = np.bincount(np.repeat(np.arange(len(hits)) // len(xy), many), given.weight[event], runs)
    p = (1 + (seen >= count - 1e-9).sum()) / (1 + runs)
    usual = float(seen.mean())
    found = Test(
        key,
        kind.kind,
        why="place_only" if p <= 0.05 else "no_sign",
        evidence=float(min(PLAIN_MOST, -np.log(2) - 0.5 * np.log(p))),
        xy=xy,
        names=kind.names,
    )
    low, high = np.quantile(seen, [0.025, 0.975])
    ratio = count / usual if usual else float("nan")
    found.numbers = {
        "count": count,
        "expected": usual,
        "interval": (ratio, count / high if high else float("nan"), count / low if low else float("nan")),
        "p_value": p,
    }
    return found


def recording(given, *, rng, runs):
    """Did the way of writing down change? Intervals and unknown hours; places that are written alike."""
    order = np.argsort(given.start, kind="stable")
    long = ((given.end - given.start) > 6 * 3600 * SECOND) | ~given.hour_known
    _, inverse, many = np.unique(np.round(given.xy, 1), axis=0, return_inverse=True, return_counts=True)
    alike = many[inverse.ravel()] > 1
    best, when = 1.0, None
    for flags in (long[order], alike[order]):
        p, at = _break(flags.astype(float), rng=rng, runs=runs)
        if p < best:
            best, when = p, given.start[order][at].astype("datetime64[D]")
    p = min(1.0, 2 * best)
    twice = len(given.xy) - len(np.unique(np.column_stack([given.xy, given.start.astype(float)]), axis=0))
    found = Test(
        "recording",
        "",
        why="recording" if p <= 0.02 else "even_recording",
        evidence=float(min(PLAIN_MOST, -np.log(2) - 0.5 * np.log(p))),
    )
    found.moment = when if p <= 0.02 else None
    found.numbers = {"count": float("nan"), "expected": float("nan"), "interval": (float("nan"),) * 3, "p_value": p,
                     "twice": twice}  # fmt: skip
    return found


def _break(flags, *, rng, runs):
    """(p, position) of the largest change of a share along the order, against shuffled orders."""
    n = len(flags)
    edge = max(5, n // 20)
    share = flags.mean()
    if n < 4 * edge or share in (0.0, 1.0):
        return 1.0, 0
    at = np.arange(edge, n - edge)
    spread = np.sqrt(share * (1 - share) * at * (n - at) / n)

    def largest(rows):
        return np.abs(np.cumsum(rows, axis=1)[:, at - 1] - share * at) / spread

    seen = largest(flags[None, :])[0]
    reached = seen.max()
    hits = 0
    for first in range(0, runs, 50):
        rows = rng.permuted(np.tile(flags, (min(50, runs - first), 1)), axis=1)
        hits += int((largest(rows).max(axis=1) >= reached - 1e-12).sum())
    return (1 + hits) / (1 + runs), int(at[seen.argmax()])
