# SPDX-License-Identifier: BSD-3-Clause
"""Is there a new cluster: more events somewhere, lately, than place and time alone explain?

The space-time permutation scan looks through discs of all sizes and windows of all lengths and
corrects for having looked so often. It needs nothing but the events: no population, no base years.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np

from kalantar.analysis import checks, pictures
from kalantar.analysis.errors import InputError
from kalantar.analysis.results import Result

FEWEST_EVENTS = 10
MOST_NEIGHBOURS = 50_000_000
MOST_LANES = 500_000_000  # windows of a table, and places times windows

_TIES = 1e-9  # relative: a shuffled world equal but for rounding counts as equal


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A disc and a window of time with more events than expected."""

    x: float  # centre, metres
    y: float
    radius_m: float  # to the farthest place of the disc
    start: float  # first day of the window
    end: float  # its last day, inclusive
    days: float
    observed: int
    expected: float
    ratio: float
    likelihood: float  # log likelihood ratio
    p_value: float | None  # corrected for all discs and windows looked at
    recurs_days: float | None  # looked at anew for every bin of time, chance alone shows one like it this rarely
    places: tuple[int, ...]  # rows of Scan.place_xy
    rows: tuple[int, ...]  # rows of the input


@dataclass(frozen=True, kw_only=True)
class Scan(Result):
    """The most likely cluster and further ones that do not overlap it, most likely first."""

    rows_of: ClassVar[str] = "clusters"

    clusters: tuple[Cluster, ...]
    windows: str
    overlap: str
    equally_far: str
    fewest: int
    max_radius_m: float
    max_days: float
    max_share: float
    bin_days: float
    cell_m: float | None
    start: float  # first day of the period
    end: float  # last day, inclusive
    place_xy: np.ndarray  # (places, 2)
    events: int
    centres: int
    discs: int
    runs: int
    enough: bool
    why_not: str  # "", "too_few_events", "one_place", "one_bin", "no_cluster"

    def pictures(self):
        rings = tuple(_ring(c.x, c.y, c.radius_m) for c in self.clusters)
        layers: tuple = (pictures.Points(xy=self.place_xy, name="places of events"),)
        if rings:
            values = np.array([c.ratio for c in self.clusters])
            layers += (pictures.Rings(rings=rings, name="clusters", values=values),)
        return (pictures.Map(title="clusters in space and time", layers=layers, value_label="times expected"),)


def space_time_scan(
    xy,
    t,
    *,
    max_radius_m,
    max_days,
    rng=None,
    runs=999,
    windows="ending",
    secondary=4,
    overlap="discs",
    equally_far="together",
    fewest=2,
    max_share=0.5,
    cell_m=None,
    counts=None,
    period=None,
    bin_days=1.0,
    cores=1,
    as_metres=False,
):
    """Space-time permutation scan: discs around the places of events, windows of time.

    xy : array (n, 2), metres. t : array (n,), days since any moment.
    max_radius_m : largest disc; None for no limit of length.
    max_days : longest window; None for half of the period.
    max_share : a disc holds at most this share of all events (SaTScan: 0.5).
    windows : "ending" (prospective: only windows that end with the period, what is going on now) or
        "any" (retrospective: any window of the period, for looking back; much more to look through).
    secondary : how many further clusters to give at most.
    overlap : "discs" takes the best of all discs that share no place with a cluster already given;
        "centres" is SaTScan's rule: only the best disc of each centre stands, and is dropped if it does.
    equally_far : places at one distance from a centre enter the disc "together"; "one_by_one", by x and
        then y, is what SaTScan does. It matters on grids only; one_by_one depends on how the map is turned.
    fewest : a cluster holds at least so many events.
    cell_m : put events into squares of this side first and use their centres as places (fast, and
        right for records that are no more exact); None: every different pair of coordinates is a place.
    counts : events each row stands for (aggregated records); None for one.
    period : (first day, last day), both inclusive; None: from the first event to the last.
    bin_days : length of a unit of time; windows are whole units, counted from the first day.
    runs : shuffled worlds for p, 0 for none. rng : numpy Generator, needed when runs > 0.
    cores : threads; the same seed gives the same answer whatever it is.

    expected of a disc and window: events in the disc at any time, times events in the window
    anywhere, over all events. p: the best of each shuffled world against each cluster's likelihood,
    ties counted, so it holds for all discs and windows at once and for secondary clusters too.
    What it does not mean: a cause. A place opened lately, a new way of recording or a season that
    differs between areas makes a cluster too; and a cluster that fills the whole area cannot be seen.
    Source: Kulldorff et al. (2005), PLoS Medicine 2(3), e59.
    Raises InputError: unequal lengths, missing values, events outside the period, unknown words, too
    many neighbours (take cells or a smaller radius).
    """
    xy = checks.points(xy, as_metres=as_metres)
    t = checks.days(t, rows=len(xy))
    radius = np.inf if max_radius_m is None else checks.positive(max_radius_m, "max_radius_m")
    bin_days = checks.positive(bin_days, "bin_days")
    max_days = None if max_days is None else checks.positive(max_days, "max_days")
    max_share = 1.0 if max_share == 1 else checks.share(max_share, "max_share")
    checks.one_of(windows, "windows", ("ending", "any"))
    checks.one_of(overlap, "overlap", ("discs", "centres"))
    checks.one_of(equally_far, "equally_far", ("together", "one_by_one"))
    fewest = checks.whole(fewest, "fewest")
    secondary = checks.whole(secondary, "secondary", least=0)
    runs = checks.whole(runs, "runs", least=0)
    cores = checks.whole(cores, "cores")
    cell_m = None if cell_m is None else checks.positive(cell_m, "cell_m")
    if runs:
        checks.generator(rng)
    many = np.ones(len(t), np.int64)
    if counts is not None:
        many = checks.counts(counts, rows=len(xy), of="xy").astype(np.int64)
    start, end, bins, day = _bins(t, period, bin_days)
    units = bins // 2 if max_days is None else int(max_days / bin_days + 1e-9)
    if max_days is not None and units == 0:
        raise InputError(f"max_days must be at least one unit of {bin_days:g} days, got {max_days:g}")
    longest = min(units, bins)

    place_xy, home = _places(xy, cell_m)
    kept = {
        "windows": windows,
        "overlap": overlap,
        "equally_far": equally_far,
        "fewest": fewest,
        "max_radius_m": radius,
        "max_days": longest * bin_days,
        "max_share": max_share,
        "bin_days": bin_days,
        "cell_m": cell_m,
        "start": start,
        "end": end,
        "place_xy": place_xy,
        "events": int(many.sum()),
        "runs": runs,
    }
    why = _why_not(many.sum(), place_xy, bins, longest)
    if why:
        return Scan(clusters=(), centres=len(place_xy), discs=0, enough=False, why_not=why, **kept)
    together = equally_far == "together"
    world = _world(place_xy, home, day, many, bins, longest, radius, together, fewest, max_share, windows == "ending")
    found = _clusters(world, 1 + secondary, overlap)
    likelihoods = np.array([f.likelihood for f in found])
    passed = _passed(world, likelihoods, runs, rng, cores) if runs and found else None
    clusters = tuple(
        _told(world, f, place_xy, home, day, many, (start, bin_days, bins), p)
        for f, p in zip(found, _p_values(passed, len(found), runs))
    )
    return Scan(
        clusters=clusters,
        centres=len(place_xy),
        discs=world.discs,
        enough=bool(clusters),
        why_not="" if clusters else "no_cluster",
        **kept,
    )


@dataclass(frozen=True, kw_only=True)
class PoissonScan(Result):
    """Chance that the fullest window anywhere in the period holds this many."""

    observed: int
    mean: float
    windows: float
    ptools_k: int | None
    p_value: float


def poisson_scan(observed, *, mean, windows, ptools_k=None):
    """Chance that a window, moved freely over the period, holds `observed` events or more somewhere.

    observed : events in the fullest window. mean : events expected in one window, Poisson.
    windows : length of the period over the length of the window, at least 1.
    ptools_k : repeat the figures of `scanw(L=windows, k=ptools_k, mu=mean, n=observed)` of the R package
        ptools and of crimepy, which raise to L - k where the paper raises to L - 2, and leave out the
        last term of the sum A4. None: the formula of the paper.
    An approximation, good where the chance is small. It takes a steady mean and independent events.
    Source: Naus (1982), J. Amer. Statist. Assoc. 77, 177-183.
    Raises InputError: a count that is no whole number, a mean not above 0, fewer than 1 window.
    """
    n = checks.whole(observed, "observed", least=0)
    mean = checks.positive(mean, "mean")
    windows = checks.positive(windows, "windows")
    if windows < 1:
        raise InputError(f"windows must be 1 or more, got {windows:g}: the period is shorter than the window")
    if ptools_k is not None:
        ptools_k = checks.whole(ptools_k, "ptools_k")
    p = _naus(n, mean, windows, ptools_k)
    return PoissonScan(observed=n, mean=mean, windows=windows, ptools_k=ptools_k, p_value=p)


# -- preparing -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _World:
    """Places, discs and windows, as the kernels want them."""

    weight: np.ndarray  # events of each place
    home: np.ndarray  # place of each event, int32
    day: np.ndarray  # of each event; with windows that end, 0 is the last day and -1 too long ago
    first: np.ndarray  # neighbours of each centre, nearest first
    place: np.ndarray
    ends: np.ndarray
    until: np.ndarray
    lanes: np.ndarray
    in_window: np.ndarray
    total: int
    far: np.ndarray
    most: int
    fewest: int
    alive: bool
    discs: int


@dataclass(frozen=True)
class _Found:
    likelihood: float
    centre: int
    last: int  # position of the disc's last place
    begin: int
    length: int
    observed: int
    places: np.ndarray


def _kernels():
    from kalantar.analysis import _scans_kernels

    return _scans_kernels


def _bins(t, period, bin_days):
    """First day, last day, units between them, unit of each event."""
    if period is None:
        if len(t) == 0:
            return 0.0, 0.0, 0, np.zeros(0, np.int64)
        start, end = float(np.floor(t.min())), float(np.floor(t.max()))
    else:
        start, end = (float(v) for v in period)
        if not (np.isfinite(start) and np.isfinite(end) and start <= end):
            raise InputError(f"period must be (first day, last day), got {period!r}")
    day = np.floor((t - start) / bin_days).astype(np.int64)
    bins = int(np.floor((end - start + 1) / bin_days + 1e-9))
    if bins == 0:
        raise InputError(f"the period of {end - start + 1:g} days is shorter than one unit of {bin_days:g} days")
    if period is None and bin_days != 1:  # the last unit may be a part of one: it counts whole
        bins = max(bins, int(day.max()) + 1)
    outside = np.flatnonzero((day < 0) | (day >= bins))
    if len(outside):
        raise InputError(
            f"t row {outside[0]} is day {t[outside[0]]:g}, outside the period {start:g} to {end:g}: "
            "leave the event out or widen the period"
        )
    return start, end, bins, day


def _places(xy, cell_m):
    """Different places, sorted by x, and the place of each event."""
    at = xy if cell_m is None else (np.floor(xy / cell_m) + 0.5) * cell_m
    if len(at) == 0:
        return at, np.zeros(0, np.int64)
    order = np.lexsort((at[:, 1], at[:, 0]))
    fresh = np.ones(len(at), bool)
    fresh[1:] = (at[order[1:]] != at[order[:-1]]).any(axis=1)
    home = np.empty(len(at), np.int64)
    home[order] = np.cumsum(fresh) - 1
    return at[order[fresh]], home


def _why_not(events, place_xy, bins, longest):
    if events < FEWEST_EVENTS:
        return "too_few_events"
    if len(place_xy) < 2:
        return "one_place"
    return "one_bin" if bins < 2 or longest < 1 else ""


def _world(place_xy, home, day, many, bins, longest, radius, together, fewest, max_share, alive):
    k = _kernels()
    places = len(place_xy)
    x, y = np.ascontiguousarray(place_xy[:, 0]), np.ascontiguousarray(place_xy[:, 1])
    first = np.zeros(places + 1, np.int64)
    width = longest if alive else bins + 1
    windows = longest if alive else longest * bins
    if max(places * width, windows) > MOST_LANES:
        raise InputError(f"{places} places by {width} units of time are too many: take cells, or longer bins")
    nobody, nothing, nowhere = np.zeros(0, np.int32), np.zeros(0, np.uint8), np.zeros(0)
    wide = not np.isfinite(radius)
    most = MOST_NEIGHBOURS
    neighbours = (
        places**2 if wide else k.neighbours(x, y, x, y, radius, together, most, False, first, nobody, nothing, nowhere)
    )
    if neighbours > most:
        raise InputError(
            f"{places} places have more than {most} neighbours within {radius:g} m: "
            "put events into cells (cell_m) or take a smaller radius"
        )
    if wide:
        first = np.arange(places + 1) * places
    place, ends, far = np.empty(neighbours, np.int32), np.empty(neighbours, np.uint8), np.empty(neighbours)
    k.neighbours(x, y, x, y, radius, together, most, True, first, place, ends, far)
    weight = np.bincount(home, many, places).astype(np.int64)
    total = int(many.sum())
    lanes = np.zeros((places, width), np.int32)
    if alive:
        age = bins - 1 - day
        late = age < longest
        np.add.at(lanes, (home[late], age[late]), many[late])
        lanes = np.cumsum(lanes, axis=1, dtype=np.int32)
        day = np.where(late, age, -1)
        in_window = lanes.sum(axis=0, dtype=np.int64)[:, None]
    else:
        np.add.at(lanes, (home, day + 1), many)
        lanes = np.cumsum(lanes, axis=1, dtype=np.int32)
        until_day = lanes.sum(axis=0, dtype=np.int64)
        in_window = np.zeros((longest, bins), np.int64)
        for length in range(1, longest + 1):
            in_window[length - 1, : bins - length + 1] = until_day[length:] - until_day[:-length]
    until = np.empty(places, np.int64)
    most = int(np.floor(max_share * total + 1e-9))
    k.reach(first, place, ends, weight, most, np.zeros(places, np.uint8), until)
    discs = int(sum(ends[a:b].sum() for a, b in zip(first[:-1], until)))
    each = np.repeat(np.arange(len(day)), many)
    each = each[np.argsort(home[each], kind="stable")]
    return _World(
        weight=weight,
        home=home[each].astype(np.int32),
        day=day[each].astype(np.int32),
        first=first,
        place=place,
        ends=ends,
        until=until,
        lanes=lanes,
        in_window=np.ascontiguousarray(in_window),
        total=total,
        far=far,
        most=most,
        fewest=fewest,
        alive=alive,
        discs=discs,
    )


# -- finding -------------------------------------------------------------------------------------


def _clusters(world, most, overlap):
    """The best discs that share no place, most likely first."""
    k = _kernels()
    centres = len(world.until)
    until = world.until.copy()
    best, where = np.zeros(centres), np.zeros((centres, 4), np.int64)
    shared = (
        world.place,
        world.ends,
        world.weight,
        world.lanes,
        world.in_window,
        world.total,
        world.alive,
        world.fewest,
    )
    k.best_of_centres(world.first[:-1], until, *shared, best, where)
    taken = np.zeros(centres, np.uint8)
    found: list[_Found] = []
    while len(found) < most:
        most_likely = best.max()
        if most_likely <= 0:
            break
        # the same events are the best of several centres: take the smallest disc
        equal = np.flatnonzero(best >= most_likely * (1 - _TIES))
        c = int(equal[np.argmin(world.far[where[equal, 0]])])
        last, begin, length, observed = (int(v) for v in where[c])
        places = world.place[world.first[c] : last + 1].copy()
        if not taken[places].any():
            found.append(_Found(float(best[c]), c, last, begin, length, observed, places))
            taken[places] = 1
            best[c] = 0.0
        if overlap == "centres":
            best[c] = 0.0
        else:
            again = np.array(
                [b > 0 and taken[world.place[world.first[i] : where[i, 0] + 1]].any() for i, b in enumerate(best)]
            )
            again[c] = True
            _again(world, np.flatnonzero(again), taken, best, where, shared)
    return found


def _again(world, centres, taken, best, where, shared):
    """The best disc without a taken place, for these centres."""
    k = _kernels()
    all_until = np.empty(len(world.until), np.int64)
    k.reach(world.first, world.place, world.ends, world.weight, world.most, taken, all_until)
    some_best, some_where = np.zeros(len(centres)), np.zeros((len(centres), 4), np.int64)
    k.best_of_centres(world.first[:-1][centres], all_until[centres], *shared, some_best, some_where)
    best[centres], where[centres] = some_best, some_where


def _passed(world, likelihoods, runs, rng, cores):
    """Of how many floors, least likely cluster first, each shuffled world's best is at or above."""
    k = _kernels()
    floors = np.sort(likelihoods) * (1 - _TIES)
    whole = np.uint16 if world.total < 2**16 - 1 else np.uint32
    sizes = [1]
    while sizes[-1] < world.most:
        sizes.append(min(max(sizes[-1] + 1, int(sizes[-1] * 1.03)), world.most))
    inside = np.array(sizes, np.int64)
    row_of = (np.searchsorted(inside, np.arange(world.most + 1), side="right") - 1).clip(0).astype(np.int32)
    longest, days = world.in_window.shape
    windows = longest if world.alive else sum(days - length + 1 for length in range(1, longest + 1))
    lanes = longest if world.alive else days + 1
    width = -(-lanes // 16) * 16
    table = width if world.alive else windows
    if len(floors) * len(inside) * table > MOST_LANES:
        raise InputError(f"{windows} windows are too many: take longer bins, a shorter max_days or fewer clusters")
    need = np.empty((len(floors), len(inside), table), whole)
    for level, floor in enumerate(floors):
        k.needed(inside, world.in_window, world.total, world.alive, world.fewest, floor, need[level])
    seeds = rng.integers(0, 2**64, size=runs, dtype=np.uint64)
    passed = np.zeros(runs, np.int64)
    until = world.until

    def work(share):
        k.floors_passed(
            seeds[share],
            world.day,
            world.home,
            world.first,
            until,
            world.place,
            world.ends,
            world.weight,
            row_of,
            world.in_window,
            world.total,
            world.alive,
            floors,
            need,
            np.zeros((len(world.weight), width), whole),
            passed[share],
        )

    cuts = np.linspace(0, runs, (1 if cores == 1 else 4 * cores) + 1).astype(int)
    shares = [slice(a, b) for a, b in pairwise(cuts) if a < b]
    if cores == 1:
        work(shares[0])
    else:
        with ThreadPoolExecutor(cores) as pool:
            list(pool.map(work, shares))
    return passed


def _p_values(passed, clusters, runs):
    if passed is None:
        return [None] * clusters
    return [float((1 + np.count_nonzero(passed >= clusters - k)) / (1 + runs)) for k in range(clusters)]


def _told(world, found, place_xy, home, day, many, calendar, p):
    """The cluster in the words of the caller."""
    start, bin_days, bins = calendar
    begin = bins - found.length if world.alive else found.begin
    inside = np.zeros(len(world.weight), bool)
    inside[found.places] = True
    rows = np.flatnonzero(inside[home] & (day >= begin) & (day < begin + found.length) & (many > 0))
    window = world.in_window[found.length - 1, 0 if world.alive else found.begin]
    expected = float(world.weight[found.places].sum()) * float(window) / world.total
    x, y = place_xy[found.centre]
    far = place_xy[found.places[-1]]
    first = start + begin * bin_days
    return Cluster(
        x=float(x),
        y=float(y),
        radius_m=float(np.hypot(far[0] - x, far[1] - y)),
        start=first,
        end=first + found.length * bin_days - 1,
        days=found.length * bin_days,
        observed=found.observed,
        expected=expected,
        ratio=found.observed / expected,
        likelihood=found.likelihood,
        p_value=p,
        recurs_days=None if p is None or not world.alive else bin_days / p,
        places=tuple(int(place) for place in np.sort(found.places)),
        rows=tuple(int(row) for row in rows),
    )


# -- Naus ----------------------------------------------------------------------------------------


def _naus(k, mean, windows, ptools_k):
    """One less the chance Q(L) = Q2 (Q3 / Q2)**(L - 2) that no window reaches k; Q2, Q3 exact for L = 2, 3."""
    from scipy.stats import poisson

    if k <= 0:
        return 1.0
    if k == 1 and ptools_k is None:  # any event at all
        return float(-np.expm1(-mean * windows))

    def p(n):
        return float(poisson.pmf(n, mean)) if n >= 0 else 0.0

    def upto(n):
        return float(poisson.cdf(n, mean)) if n >= 0 else 0.0

    q2 = upto(k - 1) ** 2 - (k - 1) * p(k) * p(k - 2) - (k - 1 - mean) * p(k) * upto(k - 3)
    a1 = 2 * p(k) * upto(k - 1) * ((k - 1) * upto(k - 2) - mean * upto(k - 3))
    bent = (k - 1) * (k - 2) * upto(k - 3) - 2 * (k - 2) * mean * upto(k - 4) + mean**2 * upto(k - 5)
    a2 = 0.5 * p(k) ** 2 * bent
    a3 = sum(p(2 * k - r) * upto(r - 1) ** 2 for r in range(1, k))
    last = k if ptools_k is None else k - 1
    a4 = sum(p(2 * k - r) * p(r) * ((r - 1) * upto(r - 2) - mean * upto(r - 3)) for r in range(2, last))
    q3 = upto(k - 1) ** 3 - a1 + a2 + a3 - a4
    if q2 <= 0 or q3 <= 0:
        return 1.0
    power = windows - (2 if ptools_k is None else ptools_k)
    return float(min(max(1 - q2 * (q3 / q2) ** power, 0.0), 1.0))


def _ring(x, y, radius):
    turn = np.linspace(0, 2 * np.pi, 49)
    return np.column_stack([x + radius * np.cos(turn), y + radius * np.sin(turn)])
