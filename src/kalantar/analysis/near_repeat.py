# SPDX-License-Identifier: BSD-3-Clause
"""Does an event make another nearby, soon after, more likely?

Pairs of events close in space and in time are counted and compared with the same places and the same
times put together at random (Knox). Whoever reads a whole table of bands reads many tests at once;
the table therefore comes with one p for the whole and with p-values of the cells that stand that.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np

from kalantar.analysis import checks, pictures
from kalantar.analysis.errors import InputError
from kalantar.analysis.results import Result

FEWEST_EVENTS = 20
MOST_CANDIDATES = 10**12  # pairs to look at before giving up: some minutes on one core
SURE_OF_DRIFT = 0.05
MOST_FOR_DRIFT = 20_000  # events

_LANES = 128  # shuffles side by side; 256 bytes an event as 16-bit days
_LANES_OF_MOMENTS = 32  # the same room as 64-bit moments
_PAIRS = 60_000  # handed over at once; below 2**16, as the lanes count in 16 bits


@dataclass(frozen=True, kw_only=True)
class Knox(Result):
    """A table of bands: rows are bands of space, columns bands of time."""

    space_m: np.ndarray  # limits of the bands of space, (S + 1,)
    time_days: np.ndarray  # limits of the bands of time, (T + 1,)
    closed: tuple[str, str]  # of space, of time: "left" [a, b), "right" (a, b], "both" [a, b] in one band
    include_last: tuple[bool, bool]  # the outermost limit that `closed` leaves open is closed too
    metric: str
    observed: np.ndarray  # pairs, int (S, T)
    expected: np.ndarray | None  # exact mean over all shuffles of time
    ratio: np.ndarray | None  # observed / expected; nan where nothing is expected
    median: np.ndarray | None  # of the runs; Near Repeat users know ratios to it
    ratio_to_median: np.ndarray | None
    p_value: np.ndarray | None  # chance of this many pairs or more, one cell alone
    p_fewer: np.ndarray | None  # chance of this many or fewer, one cell alone
    p_adjusted: np.ndarray | None  # as p_value, all cells read together: read a table with this one
    p_within: np.ndarray | None  # of all pairs from the first limits up to this cell's, all such corners read together
    p_table: float | None  # one p for the whole table: the least of p_within
    space_pairs: np.ndarray | None  # pairs in each band of space, whatever their time
    time_pairs: np.ndarray | None  # pairs in each band of time, wherever they are
    pairs: int
    events: int
    runs: int
    drift: bool  # the places at risk seem to move in time: the p-values cannot be believed
    drift_p: float  # of the test for that; nan without runs or with too few events
    enough: bool
    why_not: str  # "", "too_few_events", "one_place", "one_time", "no_close_pairs"

    def table(self):
        """One row a cell, bands of space outside, of time inside."""
        s, t = self.observed.shape
        empty = np.full((s, t), np.nan)
        columns = {
            "from_m": np.repeat(self.space_m[:-1], t),
            "to_m": np.repeat(self.space_m[1:], t),
            "from_days": np.tile(self.time_days[:-1], s),
            "to_days": np.tile(self.time_days[1:], s),
        }
        for name in ("observed", "expected", "ratio", "p_value", "p_fewer", "p_adjusted", "p_within"):
            value = getattr(self, name)
            columns[name] = (empty if value is None else value).ravel()
        return columns

    def pictures(self):
        if self.ratio is None:
            return ()
        return (
            pictures.Heat(
                title="near repeats: pairs against chance",
                values=self.ratio,
                rows=tuple(_band_words(self.space_m, self.closed[0])),
                columns=tuple(_band_words(self.time_days, self.closed[1])),
                row_label="metres apart",
                column_label="days apart",
                value_label="times chance",
                marked=None if self.p_adjusted is None else self.p_adjusted <= 0.05,
                middle=1.0,
            ),
        )


@dataclass(frozen=True, kw_only=True)
class NearRepeat(Result):
    """One pair of limits."""

    within_m: float
    within_days: float
    closed: str  # "right": at the limit is still close; "left": it is not
    metric: str
    observed: int  # pairs within both limits
    expected: float  # exact mean over all shuffles
    ratio: float
    p_value: float | None  # chance of this many or more, by shuffling; never below 1 / (1 + runs)
    p_poisson: float  # chance of this many or more, were close pairs a Poisson count
    p_poisson_above: float  # chance of more than this many: what surveillance and pointpats print
    observed_2x2: np.ndarray  # rows close in space or not, columns close in time or not
    expected_2x2: np.ndarray
    space_pairs: int
    time_pairs: int
    pairs: int
    events: int
    runs: int
    drift: bool  # as in Knox
    drift_p: float
    enough: bool
    why_not: str


@dataclass(frozen=True, kw_only=True)
class Strings(Result):
    """Chains of events, each close in space and time to another of its chain."""

    columns: ClassVar[tuple[str, ...]] = ("string", "size", "first", "last")

    of_event: np.ndarray  # string of each event, 0-based in order of the first row; (n,)
    links: np.ndarray  # close pairs each event is part of; (n,)
    string: np.ndarray  # number of the string, (k,)
    size: np.ndarray  # its events
    first: np.ndarray  # day of its first event
    last: np.ndarray  # day of its last event
    within_m: float
    within_days: float
    closed: str
    metric: str
    in_strings: int  # events that are not alone
    longest: int  # events in the largest string; 0 without events


def knox(
    xy,
    t,
    *,
    space_m,
    time_days,
    closed="left",
    include_last=False,
    metric="euclidean",
    runs=0,
    rng=None,
    cores=1,
    against_chance=True,
    as_metres=False,
):
    """Knox table: pairs of events by bands of distance and of time, against shuffled times.

    xy : array (n, 2), metres. t : array (n,), days since any moment; whole days are faster.
    space_m, time_days : rising limits; k + 1 limits make k bands. The last may be infinite.
    closed : "left" puts a pair at limit b into [b, c), "right" into (a, b]; "both" is for a single
        band [a, b]. One word, or two (space, time).
    include_last : close also the one outer limit that `closed` leaves open: the upper limit of the
        last band ("left"), the lower limit of the first ("right": pairs at the same place, the same
        day, when it is 0). One bool, or two (space, time).
    metric : "euclidean", or "manhattan" for streets at right angles.
    runs : shuffles for the p-values, 0 for none. rng : numpy Generator, needed when runs > 0.
    cores : threads. The same seed gives the same answer whatever cores is.
    against_chance : False counts the pairs and nothing else: expected and all that follows from it is None.
    as_metres : take small numbers that look like degrees as metres.

    expected is exact, not simulated: the mean over all shuffles of a cell is its pairs in space
    times its pairs in time over all pairs. p counts ties and is never below 1 / (1 + runs).
    p_table asks whether there is anything at all: near repeats fade from the first cell outwards, so
    all corners of the table ("within 200 m and 14 days") are tried and their largest standardised
    excess is compared with the largest of each shuffle (Westfall and Young 1993, single step).
    p_adjusted does the same for single cells: which of them stand when all are read. With either, one
    table in twenty without any pattern shows something at .05, where p_value read cell by cell shows
    something in every third or second.
    What it does not mean: that one event caused the other, or that the same person did both. Events
    snapped to a few points look like repeats; places at risk that move with the months look like
    contagion, and `drift` warns of them.
    Sources: Knox and Bartlett (1964), Applied Statistics 13(1), 25-30; Mantel (1967), Cancer Research
    27, 209-220 (mean); Johnson et al. (2007), J. Quantitative Criminology 23, 201-219 (bands).
    Raises InputError: unequal lengths, a missing value, limits that do not rise, degrees instead of
    metres, unknown words, more than about 10**12 pairs to look at.
    """
    xy = checks.points(xy, as_metres=as_metres)
    t = checks.days(t, rows=len(xy))
    space_m = _limits(space_m, "space_m")
    time_days = _limits(time_days, "time_days")
    closed, include_last = _conventions(closed, include_last, len(space_m), len(time_days))
    checks.one_of(metric, "metric", ("euclidean", "manhattan"))
    runs = checks.whole(runs, "runs", least=0)
    cores = checks.whole(cores, "cores")
    if runs:
        checks.generator(rng)
        if not against_chance:
            raise InputError("runs are for the comparison with chance: leave runs at 0, or against_chance at True")

    reach = _upper_limits(space_m, closed[0], include_last[0])
    wait = _upper_limits(time_days, closed[1], include_last[1])
    near = np.isfinite(reach)
    soon = np.isfinite(wait)
    events = _arranged(xy, t, reach[near], metric)
    pairs = len(t) * (len(t) - 1) // 2
    open_ended = not (near.all() and soon.all())
    inside_space = np.full(len(reach), pairs, np.int64)
    inside_time = np.full(len(wait), pairs, np.int64)
    if against_chance or open_ended:
        inside_space[near] = _space_pairs(events, cores)
        inside_time[soon] = _time_pairs(t, wait[soon])
    both = _inside_both(events, wait, inside_space, inside_time, cores)
    observed = np.diff(np.diff(both, axis=0), axis=1)
    space_pairs = time_pairs = expected = ratio = median = p = p_fewer = p_adjusted = p_within = None
    drift_p = float("nan")
    if against_chance:
        space_pairs, time_pairs = np.diff(inside_space), np.diff(inside_time)
        expected = np.outer(space_pairs.astype(float), time_pairs.astype(float)) / max(pairs, 1)
        ratio = _ratio(observed, expected)
    if runs:
        chance = _shuffled_tables(events, t, wait, inside_space, inside_time, runs, rng, cores)
        median = np.median(chance, axis=0)
        p = (1 + np.count_nonzero(chance >= observed, axis=0)) / (1 + runs)
        p_fewer = (1 + np.count_nonzero(chance <= observed, axis=0)) / (1 + runs)
        p_adjusted, p_within = _together(observed, chance, expected)
        drift_p = _drift(xy, t, (observed - expected).sum())
    why = _why_not(xy, t, expected)
    return Knox(
        space_m=space_m,
        time_days=time_days,
        closed=closed,
        include_last=include_last,
        metric=metric,
        observed=observed,
        expected=expected,
        ratio=ratio,
        median=median,
        ratio_to_median=None if median is None else _ratio(observed, median),
        p_value=p,
        p_fewer=p_fewer,
        p_adjusted=p_adjusted,
        p_within=p_within,
        p_table=None if p_within is None else float(p_within.min()),
        space_pairs=space_pairs,
        time_pairs=time_pairs,
        pairs=pairs,
        events=len(t),
        runs=runs,
        drift=bool(drift_p <= SURE_OF_DRIFT),
        drift_p=drift_p,
        enough=not why,
        why_not=why,
    )


def near_repeat(
    xy,
    t,
    *,
    within_m,
    within_days,
    closed="right",
    metric="euclidean",
    runs=999,
    rng=None,
    cores=1,
    as_metres=False,
):
    """Knox test with one pair of limits: are events close in space also close in time?

    xy, t, metric, runs, rng, cores, as_metres : as in knox. runs=0 needs no rng and gives p_poisson only.
    within_m, within_days : a pair is close when within both.
    closed : "right" counts a pair at the limit as close, "left" does not.
    Read p_value. p_poisson takes close pairs as independent: good while few events are close to
    many others, too small where one place holds many.
    Source: Knox (1964), Applied Statistics 13(1), 25-29.
    Raises InputError: as knox; a limit below 0, or 0 with closed="left".
    """
    checks.one_of(closed, "closed", ("right", "left"))
    zero = closed == "right"
    within_m = checks.positive(within_m, "within_m", zero=zero)
    within_days = checks.positive(within_days, "within_days", zero=zero)
    found = knox(
        xy,
        t,
        space_m=[-1.0, within_m],
        time_days=[-1.0, within_days],
        closed=closed,
        metric=metric,
        runs=runs,
        rng=rng,
        cores=cores,
        as_metres=as_metres,
    )
    observed, expected = int(found.observed[0, 0]), float(found.expected[0, 0])
    drift_p = _drift(checks.points(xy, as_metres=True), checks.days(t), observed - expected)
    space, time, pairs = int(found.space_pairs[0]), int(found.time_pairs[0]), found.pairs
    return NearRepeat(
        within_m=within_m,
        within_days=within_days,
        closed=closed,
        metric=metric,
        observed=observed,
        expected=expected,
        ratio=float(found.ratio[0, 0]),
        p_value=None if found.p_value is None else float(found.p_value[0, 0]),
        p_poisson=_poisson_tail(observed - 1, expected),
        p_poisson_above=_poisson_tail(observed, expected),
        observed_2x2=np.array([[observed, space - observed], [time - observed, pairs - space - time + observed]]),
        expected_2x2=np.outer([space, pairs - space], [float(time), pairs - time]) / max(pairs, 1),
        space_pairs=space,
        time_pairs=time,
        pairs=pairs,
        events=found.events,
        runs=runs,
        drift=bool(drift_p <= SURE_OF_DRIFT),
        drift_p=drift_p,
        enough=found.enough,
        why_not=found.why_not,
    )


def near_repeat_strings(xy, t, *, within_m, within_days, closed="right", metric="euclidean", as_metres=False):
    """Strings: events joined when within both limits of another, and so on along the chain.

    xy, t, metric, as_metres : as in knox. within_m, within_days, closed : as in near_repeat.
    A long string says that events were dense in space and time, not that one hand made them; where
    everything is dense, one string swallows the city: take smaller limits.
    Source: Wheeler, Riddell and Haberman (2021), Criminal Justice Review 46(3), 361-380.
    Raises InputError: as near_repeat.
    """
    xy = checks.points(xy, as_metres=as_metres)
    t = checks.days(t, rows=len(xy))
    checks.one_of(closed, "closed", ("right", "left"))
    zero = closed == "right"
    within_m = checks.positive(within_m, "within_m", zero=zero)
    within_days = checks.positive(within_days, "within_days", zero=zero)
    checks.one_of(metric, "metric", ("euclidean", "manhattan"))
    reach = _upper_limits(np.array([within_m]), closed, False)
    wait = _upper_limits(np.array([within_days]), closed, False)
    parent = np.arange(len(t))
    links = np.zeros(len(t), np.int64)
    if len(t):
        events = _arranged(xy, t, reach, metric)
        _kernels().strings(
            events.x,
            events.y,
            events.t,
            events.first,
            events.key,
            events.columns,
            events.reach[-1],
            wait[0],
            events.manhattan,
            events.order,
            parent,
            links,
        )
    _, of_event, size = np.unique(parent, return_inverse=True, return_counts=True)
    first = np.full(len(size), np.inf)
    last = np.full(len(size), -np.inf)
    np.minimum.at(first, of_event, t)
    np.maximum.at(last, of_event, t)
    return Strings(
        of_event=of_event,
        links=links,
        string=np.arange(len(size)),
        size=size,
        first=first,
        last=last,
        within_m=within_m,
        within_days=within_days,
        closed=closed,
        metric=metric,
        in_strings=int(size[size > 1].sum()),
        longest=int(size.max(initial=0)),
    )


def calculator_bands(*, band_m, bands_of_space, band_days, bands_of_time):
    """Limits as the Near Repeat Calculator (Ratcliffe) makes them, as keyword arguments of `knox`.

    band_m, band_days : width of a band. bands_of_space, bands_of_time : how many.
    It adds "same location" (under 1 m) before and "more than" after, and closes bands at the left,
    whatever it prints: its "1 to 100 metres" is [1, 100), its "0 to 7 days" is [0, 7), "8 to 14" is
    [7, 14). Its metric is chosen there by the user; its p is that of `p_value`.
    """
    space = [0.0, 1.0, *(band_m * k for k in range(1, checks.whole(bands_of_space, "bands_of_space") + 1)), np.inf]
    time = [float(band_days) * k for k in range(checks.whole(bands_of_time, "bands_of_time") + 1)] + [np.inf]
    return {"space_m": space, "time_days": time, "closed": "left", "include_last": False}


# -- limits --------------------------------------------------------------------------------------


def _limits(values, name):
    """Rising limits; the last may be infinite."""
    values = np.atleast_1d(np.array(values, dtype=float))
    finite = values[:-1] if len(values) and values[-1] == np.inf else values
    if len(finite) == 1 and len(values) == 2:
        checks.numbers(finite, name, cure="give every limit")
        return values
    checks.edges(finite, name)
    return values


def _conventions(closed, include_last, space, time):
    closed = (closed, closed) if isinstance(closed, str) else tuple(closed)
    include_last = (include_last, include_last) if isinstance(include_last, (bool, np.bool_)) else tuple(include_last)
    if len(closed) != 2 or len(include_last) != 2:
        raise InputError("closed and include_last must be one word or two: of space, of time")
    for word, limits, name in zip(closed, (space, time), ("space_m", "time_days")):
        checks.one_of(word, "closed", ("left", "right", "both"))
        if word == "both" and limits != 2:
            raise InputError(f'closed="both" is for one band, but {name} holds {limits - 1}: say "left" or "right"')
    return closed, tuple(bool(last) for last in include_last)


def _upper_limits(edges, closed, include_last):
    """Per limit, the largest distance still inside: at the limit or the last number before it."""
    at = np.full(len(edges), closed == "right")
    if closed == "both":
        at[-1] = True
    elif include_last:
        at[-1 if closed == "left" else 0] = closed == "left"
    return np.where(at | np.isinf(edges), edges, np.nextafter(edges, -np.inf))


def squared(reach):
    """The largest q whose root is at most reach, so that squares need no root and lose no pair at a limit."""
    with np.errstate(over="ignore"):
        q = reach * reach
        for _ in range(4):
            q = np.where(np.sqrt(q) > reach, np.nextafter(q, 0), q)
        for _ in range(4):
            up = np.nextafter(q, np.inf)
            q = np.where(np.sqrt(up) <= reach, up, q)
    return np.where(reach < 0, -1.0, q)


def _band_words(edges, closed):
    left, right = {"left": ("[", ")"), "right": ("(", "]"), "both": ("[", "]")}[closed]
    return [f"{left}{a:g}, {b:g}{right}" for a, b in pairwise(edges)]


# -- counting ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Events:
    """Events by cell and time, as the kernels want them."""

    x: np.ndarray
    y: np.ndarray
    t: np.ndarray
    order: np.ndarray
    first: np.ndarray
    key: np.ndarray
    columns: int  # cells in a row, an empty one at its end
    reach: np.ndarray  # finite limits only
    manhattan: bool


def _kernels():
    from kalantar.analysis import _near_repeat_kernels

    return _near_repeat_kernels


def _arranged(xy, t, reach, metric):
    """Sort the events into cells a little wider than the largest finite reach."""
    k = _kernels()
    n = len(t)
    manhattan = metric == "manhattan"
    limits = reach if manhattan else squared(reach)
    x, y = np.ascontiguousarray(xy[:, 0]), np.ascontiguousarray(xy[:, 1])
    if n == 0 or len(reach) == 0:
        nothing = np.zeros(0, np.int64)
        return _Events(x, y, t, nothing, np.zeros(1, np.int64), nothing, 1, limits, manhattan)
    x0, y0 = float(x.min()), float(y.min())
    width, height = float(x.max()) - x0, float(y.max()) - y0
    # a hair wider, so that rounding in the division never puts a close pair two cells apart
    side = max(float(reach[-1]) * 1.000001, max(width, height) / 2**29, 1e-300)
    if width + height == 0:
        side = 1.0
    columns, rows = int(width / side) + 2, int(height / side) + 1
    cell, order = np.empty(n, np.int64), np.empty(n, np.int64)
    k.cells(x, y, x0, y0, side, columns, cell)
    if columns * rows <= 4 * n + 100_000:
        held = k.order_by_counting(cell, np.zeros(columns * rows + 1, np.int32), order)
    else:
        order = np.argsort(cell, kind="stable")
        held = 1 + int(np.count_nonzero(np.diff(cell[order])))
    first, key = np.empty(held + 1, np.int64), np.empty(held, np.int64)
    k.runs(cell, order, first, key)
    k.order_in_cells(t, first, order)
    candidates = np.zeros(1)
    k.candidates(first, key, columns, candidates)
    if candidates[0] > MOST_CANDIDATES:
        raise InputError(
            f"about {candidates[0]:.1g} pairs lie within reach of each other: "
            f"take limits below {reach[-1]:g} m, or a shorter time or a smaller area"
        )
    return _Events(x[order], y[order], t[order], order, first, key, columns, limits, manhattan)


def _shares(events, cores):
    """Cells to start from, cut so that threads have about equal work."""
    held = len(events.key)
    if cores == 1:
        return [(0, held)]
    cuts = np.searchsorted(events.first, np.linspace(0, events.first[-1], 4 * cores + 1))
    cuts[0], cuts[-1] = 0, held
    return [(int(a), int(b)) for a, b in pairwise(cuts) if a < b]


def _in_threads(work, shares, cores):
    if cores == 1 or len(shares) < 2:
        return [work(share) for share in shares]
    with ThreadPoolExecutor(cores) as pool:
        return list(pool.map(work, shares))


def _space_pairs(events, cores):
    """Pairs inside each finite limit of space."""

    def work(share):
        inside = np.zeros(len(events.reach), np.int64)
        _kernels().space_pairs(
            events.x,
            events.y,
            events.first,
            events.key,
            events.columns,
            *share,
            events.reach,
            events.manhattan,
            inside,
        )
        return inside

    return sum(_in_threads(work, _shares(events, cores), cores), np.zeros(len(events.reach), np.int64))


def _time_pairs(t, wait):
    """Pairs inside each finite limit of time."""
    inside = np.zeros(len(wait), np.int64)
    if len(t) == 0:
        return inside
    low, high = t.min(), t.max()
    if high - low < 1_000_000 and _whole_days(t):
        a_day = np.bincount((t - low).astype(np.int64))
        until = np.concatenate([[0], np.cumsum(a_day)])
        days = np.arange(len(a_day))
        for e, limit in enumerate(wait):
            if limit >= 0:
                later = until[np.minimum(days + int(min(limit, len(a_day))), len(a_day) - 1) + 1] - until[1:]
                inside[e] = (a_day * (a_day - 1) // 2).sum() + (a_day * later).sum()
        return inside
    _kernels().time_pairs(np.sort(t), wait, inside)
    return inside


def _whole_days(t):
    return bool((t == np.floor(t)).all())


def _inside_both(events, wait, inside_space, inside_time, cores):
    """Pairs inside limit e of space and limit f of time, int (limits of space, limits of time)."""
    near, soon = len(events.reach), int(np.isfinite(wait).sum())
    inside = np.zeros((len(inside_space), len(wait)), np.int64)
    inside[near:] = inside_time
    inside[:, soon:] = inside_space[:, None]
    if near and soon and len(events.key):

        def work(share):
            counts = np.zeros((near, soon), np.int64)
            _kernels().close_pairs(
                events.x,
                events.y,
                events.t,
                events.first,
                events.key,
                events.columns,
                *share,
                events.reach,
                wait[:soon],
                events.manhattan,
                counts,
            )
            return counts

        counts = sum(_in_threads(work, _shares(events, cores), cores), np.zeros((near, soon), np.int64))
        inside[:near, :soon] = counts.cumsum(axis=0).cumsum(axis=1)
    return inside


# -- chance --------------------------------------------------------------------------------------


def _shuffled_tables(events, t, wait, inside_space, inside_time, runs, rng, cores):
    """Tables of shuffled times over fixed places, int (runs, bands of space, bands of time).

    Each run has its own seed, so neither the lanes nor the cores change the answer. Pairs are listed
    in small lots again for every block of lanes: cheap beside the counting, and no memory a pair.
    """
    k = _kernels()
    seeds = rng.integers(0, 2**64, size=runs, dtype=np.uint64)
    near, soon = len(events.reach), int(np.isfinite(wait).sum())
    inside = np.empty((runs, len(inside_space), len(wait)), np.int64)
    inside[:, near:] = inside_time
    inside[:, :, soon:] = inside_space[:, None]
    used = np.flatnonzero(wait[:soon] >= 0)
    lanes_t, lanes_wait, width, count = _lanes(events.t, wait[used])
    share = -(-runs // cores)
    width = min(width, -(-share // 32) * 32)

    def work(begin):
        these = seeds[begin : begin + width]
        found = np.zeros((near, len(used), width), np.int64)
        if near and len(used) and len(events.key):
            lanes = np.zeros((len(lanes_t), width), lanes_t.dtype)
            k.shuffled(lanes_t, these, lanes)
            some = np.zeros((near, len(used), width), np.uint16)
            at = np.array([0, -1, 0, -1], np.int64)
            gap = np.empty(_PAIRS)
            one, two, band = np.empty(_PAIRS, np.int32), np.empty(_PAIRS, np.int32), np.empty(_PAIRS, np.uint8)
            where = (events.x, events.y, events.first, events.key, events.columns, events.reach, events.manhattan)
            while n := k.next_pairs(*where, at, gap, one, two, band):
                count(one, two, band, n, lanes, lanes_wait, some, found)
        block = np.zeros((near, soon, width), np.int64)
        block[:, used] = found.cumsum(axis=0)
        inside[begin : begin + width, :near, :soon] = block[:, :, : len(these)].transpose(2, 0, 1)

    _in_threads(work, range(0, runs, width), cores)
    return np.diff(np.diff(inside, axis=1), axis=2)


def _lanes(t, wait):
    """Times as the lanes hold them: 16-bit days where that is exact, else 64-bit moments."""
    k = _kernels()
    if len(t) and _whole_days(t) and t.max() - t.min() < 2**15:
        span = int(t.max() - t.min())
        return (
            (t - t.min()).astype(np.uint16),
            np.minimum(np.floor(wait), span).astype(np.uint16),
            _LANES,
            k.count_days,
        )
    return t, np.ascontiguousarray(wait), _LANES_OF_MOMENTS, k.count_moments


def _together(observed, chance, expected):
    """p of each cell with all cells read together, and p of each corner with all corners read together.

    Excess is measured in standard deviations over the runs and the table itself: all 1 + runs
    tables are then treated alike, which makes the p exact.
    """
    excess = np.concatenate([observed[None], chance]).astype(float) - expected
    return _largest(excess), _largest(excess.cumsum(axis=1).cumsum(axis=2))


def _largest(excess):
    """p of each place in the first table, from the largest place of each table."""
    spread = np.sqrt((excess**2).mean(axis=0))
    slack = 1e-9  # equal counts are ties, whatever rounding says
    # a place that is the same in every table (all pairs there are) says nothing
    steady = spread <= slack * (1 + np.abs(excess).max(initial=0))
    score = np.divide(excess, spread, out=np.zeros_like(excess), where=~steady)
    most = score[1:].max(axis=(1, 2))
    return (1 + (most[:, None, None] >= score[0] - slack).sum(axis=0)) / len(excess)


def _ratio(observed, expected):
    return np.divide(observed, expected, out=np.full(observed.shape, np.nan), where=expected > 0)


def _poisson_tail(k, mean):
    """P(X > k)."""
    from scipy import special

    return 1.0 if k < 0 else float(special.gammainc(k + 1, mean))


def _why_not(xy, t, expected):
    if len(t) < FEWEST_EVENTS:
        return "too_few_events"
    if (xy[-1] == xy[0]).all() and (xy == xy[0]).all():
        return "one_place"
    if t[-1] == t[0] and (t == t[0]).all():
        return "one_time"
    return "no_close_pairs" if expected is not None and not (expected > 0).any() else ""


def _drift(xy, t, excess):
    """p of "the places of events stay the same over time", seen from afar; nan when too few events.

    Ranks of time, and their squares (there in summer, away in winter), are explained by a bent surface
    over ranks of place; n R**2 is about chi-square with five degrees, the smaller p of the two counts
    twice. Near repeats themselves make neighbours alike in time: the sum is shrunk by the pairs in
    excess, or every real near repeat would raise the warning.
    """
    from scipy import special
    from scipy.stats import rankdata

    n = len(t)
    if n < 2 * FEWEST_EVENTS:
        return float("nan")
    if n > MOST_FOR_DRIFT:  # the question is coarse; a part of the events answers it
        step = -(-n // MOST_FOR_DRIFT)
        xy, t, excess = xy[::step], t[::step], excess / step**2
        n = len(t)
    x, y, time = ((rankdata(values) - 0.5) / n - 0.5 for values in (xy[:, 0], xy[:, 1], t))
    surface = np.column_stack([x, y, x * x, x * y, y * y])
    surface = surface - surface.mean(axis=0)
    clumped = 1 + 2 * max(float(excess), 0.0) / n
    tails = []
    for score in (time, time * time):
        score = score - score.mean()
        total = float(score @ score)
        fitted, _, rank, _ = np.linalg.lstsq(surface, score, rcond=1e-9)
        if total > 0 and rank > 0:
            explained = float(score @ (surface @ fitted)) / total
            tails.append(float(special.chdtrc(rank, (n - 1) * explained / clumped)))
    return min(1.0, len(tails) * min(tails)) if tails else float("nan")
