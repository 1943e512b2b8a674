# SPDX-License-Identifier: BSD-3-Clause
"""Do like values lie beside each other, and where?

Global: Moran's I, Geary's C, Getis and Ord's G. Local: Gi, Gi* and local Moran, with any weights
(weights.py). The chance of a local figure is exact where the values are counts and the neighbours of
a place weigh the same; elsewhere it comes from conditional draws. Both tails are given, ties
counted in both.

None of this says why. And where places differ in what can be hit, counts lie together because
homes do: use rates, or hotspots.hot_cells with exposure.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import special

from kalantar.analysis import _exact, checks, pictures
from kalantar.analysis.errors import InputError
from kalantar.analysis.results import Result
from kalantar.analysis.rises import many

FEWEST_PLACES = 5
TAILS = ("greater", "less", "two-sided")
_LANES = 16


@dataclass(frozen=True, kw_only=True)
class Global(Result):
    """One figure for the whole map."""

    name: str  # "moran", "geary", "general_g"
    value: float
    expected: float  # when values lie anywhere
    variance_normal: float  # if the values were drawn from one normal distribution; nan for general_g
    z_normal: float
    p_normal: float
    variance_random: float  # if these values lay on any places
    z_random: float
    p_random: float
    p_drawn: float  # from permutations of the values; nan without
    runs: int
    tail: str
    n: int
    style: str  # of the weights
    enough: bool
    why_not: str  # "", "too_few_places", "all_equal", "no_neighbours"


def moran(values, weights, *, tail="greater", runs=0, rng=None):
    """Global: Moran's I. Above expected: like lies beside like.

    values : array (n,). weights : weights.Weights of the n places.
    tail : "greater", "less" or "two-sided" (twice the smaller, at most 1), of every p.
    runs, rng : also a p from this many permutations; never below 1 / (1 + runs).
    Source: Moran (1950), Biometrika 37, 17-23; moments, Cliff and Ord (1981), Spatial Processes, 42-46.
    Raises InputError: unequal lengths, a missing value, wrong option.
    """
    x, why = _checked(values, weights)
    z = x - x.mean() if len(x) else x
    m2 = float((z**2).mean()) if len(x) else 0.0
    n = len(x)
    if why:
        return _nothing("moran", n, weights, tail, why)
    s0, s1, s2 = weights.moments()
    scale = 1 / (s0 * m2)
    value = float(z @ weights.lag(z)) * scale
    expected = -1 / (n - 1)
    normal = (n**2 * s1 - n * s2 + 3 * s0**2) / (s0**2 * (n**2 - 1)) - expected**2
    k = float((z**4).mean()) / m2**2
    random = (n * ((n**2 - 3 * n + 3) * s1 - n * s2 + 3 * s0**2) - k * ((n**2 - n) * s1 - 2 * n * s2 + 6 * s0**2)) / (
        (n - 1) * (n - 2) * (n - 3) * s0**2
    ) - expected**2
    drawn = _permuted(z, np.zeros(n), weights, runs, rng)[0] * scale
    return _global("moran", value, expected, normal, random, drawn, tail, weights)


def geary(values, weights, *, tail="less", runs=0, rng=None):
    """Global: Geary's C. Below 1: like lies beside like, so the tail asked for is "less".

    Arguments, errors as moran.
    Source: Geary (1954), The Incorporated Statistician 5, 115-145; moments, Cliff and Ord (1981).
    """
    x, why = _checked(values, weights)
    z = x - x.mean() if len(x) else x
    n = len(x)
    if why:
        return _nothing("geary", n, weights, tail, why)
    m2 = float((z**2).mean())
    s0, s1, s2 = weights.moments()
    both = weights.sums() + np.bincount(weights.indices, weights.data, n)
    scale = (n - 1) / (2 * s0 * n * m2)
    value = scale * float((both * z**2).sum() - 2 * z @ weights.lag(z))
    normal = ((2 * s1 + s2) * (n - 1) - 4 * s0**2) / (2 * (n + 1) * s0**2)
    k = float((z**4).mean()) / m2**2
    random = (
        (n - 1) * s1 * (n**2 - 3 * n + 3 - (n - 1) * k)
        - 0.25 * (n - 1) * s2 * (n**2 + 3 * n - 6 - (n**2 - n + 2) * k)
        + s0**2 * (n**2 - 3 - (n - 1) ** 2 * k)
    ) / (n * (n - 2) * (n - 3) * s0**2)
    cross, square = _permuted(z, both, weights, runs, rng)
    return _global("geary", value, 1.0, normal, random, scale * (square - 2 * cross), tail, weights)


def general_g(values, weights, *, tail="greater", runs=0, rng=None):
    """Global: Getis and Ord's general G. Above expected: high lies beside high (not merely like beside like).

    values : array (n,), 0 or more, not all 0. weights : binary. Other arguments, errors as moran.
    Source: Getis and Ord (1992), Geographical Analysis 24, 189-206.
    """
    x, why = _checked(values, weights)
    n = len(x)
    if (x < 0).any():
        raise InputError(f"values row {int(np.argmax(x < 0))} is below 0: general_g is about amounts, take moran")
    if weights.style != "binary":
        raise InputError("general_g needs binary weights: weights.binary() gives them")
    if why:
        return _nothing("general_g", n, weights, tail, why)
    s0, s1, s2 = weights.moments()
    t1, t2, t3, t4 = (float((x**power).sum()) for power in (1, 2, 3, 4))
    scale = 1 / (t1**2 - t2) if t1**2 > t2 else np.nan
    value = float(x @ weights.lag(x)) * scale
    expected = s0 / (n * (n - 1))
    second = (
        ((n**2 - 3 * n + 3) * s1 - n * s2 + 3 * s0**2) * t2**2
        - ((n**2 - n) * s1 - 2 * n * s2 + 6 * s0**2) * t4
        - (2 * n * s1 - (n + 3) * s2 + 6 * s0**2) * t1**2 * t2
        + (4 * (n - 1) * s1 - 2 * (n + 1) * s2 + 8 * s0**2) * t1 * t3
        + (s1 - s2 + s0**2) * t1**4
    ) * (scale**2 / (n * (n - 1) * (n - 2) * (n - 3)))
    drawn = _permuted(x, np.zeros(n), weights, runs, rng)[0] * scale
    return _global("general_g", value, expected, np.nan, second - expected**2, drawn, tail, weights)


# -- local -------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Local(Result):
    """One figure a place."""

    columns: ClassVar = ("value", "expected", "z", "p_low", "p_high", "p_value", "p_adjusted", "neighbours", "quadrant")
    name: str  # "gi", "gi_star", "local_moran"
    value: np.ndarray  # the statistic; nan where there is none
    expected: np.ndarray
    z: np.ndarray
    p_low: np.ndarray  # chance of a statistic this low or lower, ties counted, the place's own value held fixed
    p_high: np.ndarray  # this high or higher
    p_value: np.ndarray  # of the tail asked for
    p_adjusted: np.ndarray  # corrected for all places (Benjamini-Hochberg)
    neighbours: np.ndarray  # how many each has
    quadrant: np.ndarray  # 1 high by high, 2 low by high, 3 low by low, 4 high by low; 0 where either is at the mean
    tail: str  # "greater", "less", "two-sided": twice the smaller of both tails, at most 1
    p_method: str  # "exact", "draws", "normal", "none"
    runs: int  # of "draws"
    comparisons: int
    convention: str  # what was chosen, in words
    style: str  # of the weights
    enough: bool
    why_not: str  # "", "too_few_places", "all_equal", "no_neighbours"

    def pictures(self):
        known = self.z[np.isfinite(self.z)]
        if not len(known):
            return ()
        edges = np.linspace(np.floor(known.min()), np.ceil(known.max()), 25)
        count, _ = np.histogram(known, edges)
        series = pictures.Series(name="places", y=count.astype(float), kind="step")
        return (
            pictures.Lines(
                title=f"z of {self.name}",
                x=(edges[1:] + edges[:-1]) / 2,
                series=(series,),
                x_label="z",
                y_label="places",
            ),
        )


def local_g(values, weights, *, star=True, p="auto", tail="greater", variance="weights", runs=999, rng=None, cores=1):
    """Local: Getis and Ord's Gi* (the place counts among its neighbours) or Gi (star=False).

    values : array (n,). weights : weights.Weights of the n places.
    star : with Gi* the place itself weighs as much as its heaviest neighbour (1 without any).
    p : "exact": counts whose neighbours weigh the same (binary or row-standardised), the whole
        distribution of the sum of k others drawn without replacement, no seed; "draws": conditional
        draws, p never below 1 / (1 + runs), needs rng; "normal": from z; "none"; "auto": exact where
        it can be (and takes under some seconds), else draws.
        All hold the place's own value fixed, so p of Gi and of Gi* are the same.
    tail : "greater", "less", "two-sided".
    variance : "weights": the sum of squared weights, right for any weights; "row_sum": the sum of the
        weights in its place, as esda 2.9 does: right for binary weights, wrong for all others (z then
        changes when a row of weights is multiplied by a number). Only to compare with others.
    cores : threads for the draws; the answer is the same whatever their number.
    A place without neighbours: Gi has no z and p is 1. Draws are shared between places: p of one place
    is right, p of different places depend on each other.
    Sources: Getis and Ord (1992), Geographical Analysis 24, 189-206; Ord and Getis (1995), ibid. 27, 286-306.
    Raises InputError: unequal lengths, a missing value, wrong option, exact asked of what are no counts.
    """
    checks.one_of(variance, "variance", ("weights", "row_sum"))
    x, why = _checked(values, weights)
    n = len(x)
    mean = x.mean() if n else 0.0
    centred = x - mean
    g, z, around, total = (np.empty(n) for _ in range(4))
    if n:
        _kernels().local_g(
            weights.indptr,
            weights.indices,
            weights.data,
            centred,
            float(mean),
            bool(star),
            weights.style == "row",
            variance == "row_sum",
            g,
            z,
            around,
            total,
        )
    if why in ("all_equal", "too_few_places"):
        z[:] = np.nan
    return _local(
        "gi_star" if star else "gi",
        x,
        weights,
        why,
        value=g,
        expected=total / n if star else total / max(n - 1, 1),
        z=z,
        sign=np.ones(n),
        around=around,
        size=total,
        centred=centred,
        p=p,
        tail=tail,
        runs=runs,
        rng=rng,
        cores=cores,
        convention=f"variance from {variance}" + (", the place weighs as its heaviest neighbour" if star else ""),
    )


def local_moran(
    values,
    weights,
    *,
    p="auto",
    tail="two-sided",
    variance="conditional",
    divisor="n",
    runs=999,
    rng=None,
    cores=1,
):
    """Local: local Moran's I. High: like its neighbours; low: unlike them.

    variance : moments of z: "conditional" (own value fixed) or "total" (all values on any places).
    divisor : of the mean square: "n" (Anselin, spdep) or "n-1" (esda: I is (n - 1) / n of the other).
    Other arguments as local_g; p is about I, so "greater" asks for likeness, "less" for unlikeness.
    A place exactly at the mean has I = 0 and p = 1.
    Source: Anselin (1995), Geographical Analysis 27, 93-115; moments, Sokal, Oden and Thomson (1998),
    Geographical Analysis 30, 331-354, A3-A4, A7-A8.
    Raises InputError as local_g.
    """
    checks.one_of(variance, "variance", ("conditional", "total"))
    checks.one_of(divisor, "divisor", ("n", "n-1"))
    x, why = _checked(values, weights)
    n = len(x)
    centred = x - x.mean() if n else x
    # a value within rounding of the mean is the mean
    centred = np.where(np.abs(centred) <= 1e-13 * np.abs(x).max(initial=0), 0.0, centred)
    m2 = float((centred**2).sum()) / max(n, 1)
    w, w2 = weights.sums(), np.bincount(weights.rows(), weights.data**2, n)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = centred / m2 if m2 > 0 else np.full(n, np.nan)
        value = ratio * weights.lag(centred) if n else ratio
        if variance == "conditional":
            expected = -centred * ratio * w / (n - 1)
            spread = ratio**2 * (n / (n - 2)) * (w2 - w**2 / (n - 1)) * (m2 - centred**2 / (n - 1))
        else:
            b2 = float((centred**4).mean()) / m2**2 if m2 > 0 else np.nan
            expected = -w / (n - 1)
            spread = w2 * (n - b2) / (n - 1) + (w**2 - w2) * (2 * b2 - n) / ((n - 1) * (n - 2)) - (w / (n - 1)) ** 2
        z = np.where(spread > 0, (value - expected) / np.sqrt(spread), np.nan)
        if divisor == "n-1":
            value, expected = (v * (n - 1) / n for v in (value, expected))
    if why in ("all_equal", "too_few_places"):
        z = np.full(n, np.nan)
    return _local(
        "local_moran",
        x,
        weights,
        why,
        value=value,
        expected=expected,
        z=z,
        sign=np.sign(centred),
        around=_around(centred, weights),
        size=w,
        centred=centred,
        p=p,
        tail=tail,
        runs=runs,
        rng=rng,
        cores=cores,
        convention=f"{variance} variance, mean square over {divisor}",
    )


# -- inside ------------------------------------------------------------------------------------


def _kernels():
    from kalantar.analysis import _autocorrelation_kernels

    return _autocorrelation_kernels


def _checked(values, weights):
    x = checks.numbers(values, "values", rows=weights.n, of="weights")
    if len(x) < FEWEST_PLACES:
        return x, "too_few_places"
    if x.min() == x.max():
        return x, "all_equal"
    return x, "" if len(weights.indices) else "no_neighbours"


def _one_tail(z, tail):
    upper = special.ndtr(-np.asarray(z, float))
    if tail == "greater":
        return upper
    if tail == "less":
        return special.ndtr(np.asarray(z, float))
    return np.minimum(2 * special.ndtr(-np.abs(z)), 1.0)


def _of_tail(low, high, tail):
    if tail == "greater":
        return high
    return low if tail == "less" else np.minimum(2 * np.minimum(low, high), 1.0)


def _global(name, value, expected, normal, random, drawn, tail, weights):
    checks.one_of(tail, "tail", TAILS)
    z_normal = (value - expected) / np.sqrt(normal) if normal > 0 else np.nan
    z_random = (value - expected) / np.sqrt(random) if random > 0 else np.nan
    p_drawn = np.nan
    if len(drawn):
        slack = 1e-10 * np.abs(drawn).max()  # a tie is as extreme, whatever the last digit
        low = (1 + np.count_nonzero(drawn <= value + slack)) / (1 + len(drawn))
        high = (1 + np.count_nonzero(drawn >= value - slack)) / (1 + len(drawn))
        p_drawn = float(_of_tail(low, high, tail))
    return Global(
        name=name,
        value=float(value),
        expected=float(expected),
        variance_normal=float(normal),
        z_normal=float(z_normal),
        p_normal=float(_one_tail(z_normal, tail)),
        variance_random=float(random),
        z_random=float(z_random),
        p_random=float(_one_tail(z_random, tail)),
        p_drawn=p_drawn,
        runs=len(drawn),
        tail=tail,
        n=weights.n,
        style=weights.style,
        enough=True,
        why_not="",
    )


def _nothing(name, n, weights, tail, why):
    checks.one_of(tail, "tail", TAILS)
    nan = float("nan")
    return Global(
        name=name,
        value=nan,
        expected=nan,
        variance_normal=nan,
        z_normal=nan,
        p_normal=nan,
        variance_random=nan,
        z_random=nan,
        p_random=nan,
        p_drawn=nan,
        runs=0,
        tail=tail,
        n=n,
        style=weights.style,
        enough=False,
        why_not=why,
    )


def _permuted(x, both, weights, runs, rng):
    """For each permutation: sum of w x_i x_j, and of both_i x_i squared."""
    runs = checks.whole(runs, "runs", least=0)
    cross, square = np.empty(runs), np.empty(runs)
    if runs:
        checks.generator(rng)
    lanes = np.empty((len(x), _LANES))
    for first in range(0, runs, _LANES):
        now = min(_LANES, runs - first)
        chosen = rng.integers(0, 2**32, (now, len(x)), dtype=np.uint32)
        _kernels().permuted_products(
            weights.indptr, weights.indices, weights.data, x, both, chosen, lanes, cross[first:], square[first:]
        )
    return cross, square


def _around(centred, weights):
    return weights.lag(centred) if len(centred) else centred


def _local(
    name, x, weights, why, *, value, expected, z, sign, around, size, centred, p, tail, runs, rng, cores, convention
):
    checks.one_of(p, "p", ("auto", "exact", "draws", "normal", "none"))
    checks.one_of(tail, "tail", TAILS)
    n = len(x)
    method, own, rest = _method(p, x, weights, why, rng)
    k = weights.cardinalities
    used = 0
    if method == "none":
        low = high = np.full(n, np.nan)
    elif method == "normal":
        low, high = _one_tail(z, "less"), _one_tail(z, "greater")
    else:
        if method == "exact":
            low, high = _exact.tails_others(own, rest, k)
        else:
            used = checks.whole(runs, "runs")
            low, high = _drawn_tails(centred, weights, around, used, checks.generator(rng), cores)
        low[k == 0] = high[k == 0] = 1.0
        low, high = np.where(sign < 0, high, low), np.where(sign < 0, low, high)
        low[sign == 0] = high[sign == 0] = 1.0
    p_value = _of_tail(low, high, tail) if method != "none" else low
    corrected = many(np.where(k > 0, p_value, np.nan) if method != "none" else np.zeros(0))
    return Local(
        name=name,
        value=value,
        expected=np.asarray(expected, float),
        z=z,
        p_low=low,
        p_high=high,
        p_value=p_value,
        p_adjusted=corrected.adjusted if method != "none" else low,
        neighbours=k,
        quadrant=_quadrant(centred, around, size),
        tail=tail,
        p_method=method,
        runs=used,
        comparisons=corrected.comparisons,
        convention=convention,
        style=weights.style,
        enough=not why,
        why_not=why,
    )


def _method(p, x, weights, why, rng):
    """Which chance can be had: its name, and for "exact" the counts and the sums around."""
    if p in ("none", "normal") or (why and p == "auto"):
        return ("none" if why and p == "auto" else p), None, None
    if p == "draws":
        return p, None, None
    counts = bool((x >= 0).all() and (x == np.floor(x)).all() and x.max(initial=0) < 2**31)
    if counts and weights.equal_in_rows():
        own = x.astype(np.int64)
        rest = np.rint(weights.binary().lag(x)).astype(np.int64) if len(x) else own
        if p == "exact":
            return p, own, rest
        work = _exact.work(own, int(weights.cardinalities.max(initial=0)), int(rest.max(initial=0)))
        if work <= _exact.MOST_WORK:
            return "exact", own, rest
    elif p == "exact":
        raise InputError(
            'p="exact" needs whole counts and neighbours that weigh the same in each row: take p="draws" with an rng'
        )
    if rng is None:
        raise InputError('these values need conditional draws: give an rng, or say p="normal" or p="none"')
    return "draws", None, None


def _drawn_tails(centred, weights, around, runs, rng, cores):
    n, k = len(centred), weights.cardinalities
    most = int(k.max(initial=0))
    if most > n - 1:
        raise InputError("a place has more neighbours than there are other places: mend the weights")
    # one spare draw: it stands in where a place was drawn among its own neighbours
    size = min(most + 1, n)
    drawn = np.empty((size, runs), np.int64)
    _kernels().draw_places(n, rng.random((size, runs)), drawn)
    value = np.ascontiguousarray(centred[drawn])
    order = np.argsort(drawn.ravel(), kind="stable")
    first = np.searchsorted(drawn.ravel()[order], np.arange(n + 1))
    low, high = np.empty(n), np.empty(n)
    largest = float(np.abs(centred).max(initial=0))
    kernels = _kernels()
    if weights.equal_in_rows():
        weigh = np.ones(n)
        some = k > 0
        weigh[some] = weights.data[weights.indptr[:-1][some]]
        summed = np.vstack([np.zeros(runs), np.cumsum(value, axis=0)])
        ordered = np.sort(summed, axis=1)

        def run(start, stop):
            kernels.tails_of_equal(
                start, stop, k, around / weigh, centred, value, summed, ordered, order, first, largest, low, high
            )
    else:

        def run(start, stop):
            kernels.tails_of_any(
                start, stop, weights.indptr, weights.data, around, centred, value, order, first, largest, low, high
            )

    parts = np.linspace(0, n, max(1, checks.whole(cores, "cores")) + 1).astype(int)
    if len(parts) == 2:
        run(0, n)
    else:
        with ThreadPoolExecutor(len(parts) - 1) as pool:
            list(pool.map(run, parts[:-1], parts[1:]))
    return (1 + low) / (1 + runs), (1 + high) / (1 + runs)


def _quadrant(centred, around, size):
    """Where the place and its neighbours lie about the mean. An entry within rounding of it is at the mean."""
    out = np.empty(len(centred), np.int8)
    if len(centred):
        _kernels().quadrants(size, centred, around, 1e-12 * float(np.abs(centred).max()), out)
    return out
