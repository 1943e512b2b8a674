# SPDX-License-Identifier: BSD-3-Clause
"""How concentrated is it, how much of that would chance alone make, and did a forecast hit?

Five events on a hundred streets fall on five streets at most: of course few places hold them all.
So every figure comes beside what the same number of events would show if all places were alike.
"""

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from kalantar.analysis import checks
from kalantar.analysis.errors import InputError
from kalantar.analysis.pictures import Bars, Lines, Series
from kalantar.analysis.results import Result

FEWEST_EVENTS = 10
FEWEST_PLACES = 5


# -- Gini and Lorenz -----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Gini(Result):
    """One number for concentration: 0 when all places have the same, near 1 when one has all."""

    standard: float  # against "every place has the same share"
    generalised: float  # against "as even as this few events can be"
    standard_unbiased: float  # times n / (n - 1)
    generalised_unbiased: float  # times m / (m - 1), m the smaller of places and events
    by_chance: float  # mean standard Gini of this many events over places that are alike, exact
    underlying: float  # Gini of the risk of places, chance taken out (gamma-Poisson); 0: none left
    underlying_low: float
    underlying_high: float
    places: int
    events: int
    level: float
    enough: bool
    why_not: str  # "", "too_few_events", "too_few_places", "no_events"


def gini(counts, *, level=0.95):
    """Gini: how unequally places share the events.

    counts : array (n,), whole, one a place, places without an event included (leaving them out is the
        commonest mistake: then concentration seems small).
    level : of the interval of `underlying`.
    Method: G = sum (2 i - n - 1) x_i / (n sum x), x rising. With fewer events than places G cannot be
    0; the generalised G' = max(1, n/c) (G - 1) + 1 measures from the most even spread that c events can
    have. What remains unsaid by both: how much of G is chance. `by_chance` is the exact mean of G when
    each event falls on any place alike, and `underlying` the Gini of the places' gamma-distributed risk
    behind Poisson counts, with limits from its profile likelihood; honest for few events, where both
    of the others are not.
    Sources: Bernasco and Steenbeek (2017), J. Quant. Criminol. 33, 451-467; Mohler, Brantingham, Carter
    and Short (2019), J. Quant. Criminol. 35, 747-765.
    Raises InputError: a count that is negative, missing or not whole.
    """
    x = np.sort(checks.counts(counts, "counts"))
    level = checks.share(level, "level")
    n, events = len(x), float(x.sum())
    nan = float("nan")
    if events == 0 or n == 0:
        return Gini(
            standard=nan,
            generalised=nan,
            standard_unbiased=nan,
            generalised_unbiased=nan,
            by_chance=nan,
            underlying=nan,
            underlying_low=0.0,
            underlying_high=1.0,
            places=n,
            events=0,
            level=level,
            enough=False,
            why_not="no_events",
        )
    standard = _gini(x, events)
    general = max(1.0, n / events) * (standard - 1) + 1
    fewer = min(n, events)
    behind, low, high = _behind(x, level)
    why = "too_few_places" if n < FEWEST_PLACES else ("too_few_events" if events < FEWEST_EVENTS else "")
    return Gini(
        standard=standard,
        generalised=general,
        standard_unbiased=standard * n / (n - 1) if n > 1 else nan,
        generalised_unbiased=general * fewer / (fewer - 1) if fewer > 1 else nan,
        by_chance=_gini_by_chance(n, int(events)),
        underlying=behind,
        underlying_low=low,
        underlying_high=high,
        places=n,
        events=int(events),
        level=level,
        enough=not why,
        why_not=why,
    )


@dataclass(frozen=True, kw_only=True)
class Lorenz(Result):
    """Share of the events in the top places, with its range and with what chance alone would show."""

    columns = ("places_share", "events_share", "low", "high", "chance", "chance_low", "chance_high")

    places_share: np.ndarray  # from the places with most to those with least; begins at 0, ends at 1
    events_share: np.ndarray
    low: np.ndarray  # resampled places
    high: np.ndarray
    chance: np.ndarray  # mean, when every event falls on any place alike
    chance_low: np.ndarray
    chance_high: np.ndarray
    gini: float  # standard
    gini_low: float
    gini_high: float
    p_value: float  # chance of a Gini this high among places that are alike
    places: int
    events: int
    runs: int
    level: float
    enough: bool
    why_not: str

    def share_in_top(self, share):
        """(events' share, by chance) in the top `share` of places, along the curve."""
        share = checks.share(share, "share")
        return (
            float(np.interp(share, self.places_share, self.events_share)),
            float(np.interp(share, self.places_share, self.chance)),
        )

    def places_for(self, share):
        """(places' share, by chance) that hold this share of the events."""
        share = checks.share(share, "share")
        return (
            _first_reaching(self.events_share, self.places_share, share),
            _first_reaching(self.chance, self.places_share, share),
        )

    def pictures(self):
        return (
            Lines(
                title="share of events in the places with most",
                x=self.places_share,
                series=(
                    Series(name="usual by chance", y=self.chance_low, kind="band", upper=self.chance_high),
                    Series(name="places alike", y=self.chance),
                    Series(name="range", y=self.low, kind="band", upper=self.high),
                    Series(name="events", y=self.events_share),
                ),
                x_label="share of places",
                y_label="share of events",
            ),
        )


def lorenz(counts, *, rng, runs=999, level=0.95, points=201):
    """Lorenz: cumulated share of events, from the places with most to those with least.

    counts : array (n,), whole, one a place, those without an event included.
    rng : numpy Generator. runs : resamples for the range, and as many drawn worlds for chance.
    points : at most so many places along the curve are kept (all, where there are no more places).
    Method: the range resamples places with all their events (the places are taken as a sample of such
    places). Chance: the same number of events over places that are alike; its band holds `level` of
    the worlds at each point, and p counts worlds with a Gini at least as high. What it does not mean: that
    a place with many will have many again (few events move around; see `gini(...).underlying`).
    Source: Weisburd (2015), Criminology 53, 133-157; the chance curve after Hipp and Kim (2017), J. Quant.
    Criminol. 33, 595-632, and Levin, Rosenfeld and Deckard (2017), J. Quant. Criminol. 33, 633-647.
    Raises InputError: a count that is negative, missing or not whole, rng not a Generator.
    """
    x = checks.counts(counts, "counts")
    checks.generator(rng)
    runs = checks.whole(runs, "runs", least=19)
    points = checks.whole(points, "points", least=3)
    level = checks.share(level, "level")
    n, events = len(x), int(x.sum())
    k = np.unique(np.linspace(0, n, min(points, n + 1)).round().astype(np.int64)) if n else np.array([0])
    places_share = k / n if n else np.zeros(1)
    nan = float("nan")
    if events == 0:
        blank = np.full(len(k), nan)
        return Lorenz(
            places_share=places_share,
            events_share=blank,
            low=blank,
            high=blank,
            chance=blank,
            chance_low=blank,
            chance_high=blank,
            gini=nan,
            gini_low=nan,
            gini_high=nan,
            p_value=nan,
            places=n,
            events=0,
            runs=0,
            level=level,
            enough=False,
            why_not="no_events",
        )
    # how many places have each count: all that a curve needs, and as small as the counts are
    values, tally = np.unique(x, return_counts=True)
    observed = _curve(values, tally, k)
    standard = _gini_of_tally(values, tally)
    again = np.empty((runs, len(k)))
    again_gini = np.full(runs, nan)
    drawn = rng.multinomial(n, tally / n, runs)
    for run in range(runs):
        again[run] = _curve(values, drawn[run], k)
        again_gini[run] = _gini_of_tally(values, drawn[run])
    worlds = np.empty((runs, len(k)))
    worlds_gini = np.empty(runs)
    for run in range(runs):
        of, many = _spread_evenly(n, events, rng)
        worlds[run] = _curve(of, many, k)
        worlds_gini[run] = _gini_of_tally(of, many)
    half = (1 - level) / 2
    held = np.isfinite(again_gini)  # a resample may be without events
    low, high = np.quantile(again[held], [half, 1 - half], axis=0)
    chance_low, chance_high = np.quantile(worlds, [half, 1 - half], axis=0)
    gini_low, gini_high = np.quantile(again_gini[held], [half, 1 - half])
    why = "too_few_places" if n < FEWEST_PLACES else ("too_few_events" if events < FEWEST_EVENTS else "")
    return Lorenz(
        places_share=places_share,
        events_share=observed,
        low=np.minimum(low, observed),
        high=np.maximum(high, observed),
        chance=worlds.mean(axis=0),
        chance_low=chance_low,
        chance_high=chance_high,
        gini=standard,
        gini_low=float(gini_low),
        gini_high=float(gini_high),
        p_value=float((1 + np.count_nonzero(worlds_gini >= standard - 1e-12)) / (1 + runs)),
        places=n,
        events=events,
        runs=runs,
        level=level,
        enough=not why,
        why_not=why,
    )


# -- how well did a forecast hit -----------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Accuracy(Result):
    """PAI, PEI and RRI after each further cell, the cells with the highest forecast first.

    Where cells share one forecast their order is nobody's, so each figure has a lowest and a highest;
    the plain one is the mean over random orders. At `cut` (ends of ties) the three are one.
    """

    columns = (
        "cells",
        "area_share",
        "pai",
        "pai_low",
        "pai_high",
        "pei",
        "pei_low",
        "pei_high",
        "rri",
        "rri_low",
        "rri_high",
        "cut",
    )

    cells: np.ndarray  # 1, 2, ... n
    area_share: np.ndarray
    pai: np.ndarray  # share of events over share of area
    pai_low: np.ndarray
    pai_high: np.ndarray
    pei: np.ndarray  # PAI over the best PAI that so many cells could have
    pei_low: np.ndarray
    pei_high: np.ndarray
    rri: np.ndarray  # events forecast over events seen; inf where none was seen
    rri_low: np.ndarray
    rri_high: np.ndarray
    cut: np.ndarray  # bool: a tie ends here
    events: float
    area: float
    first: str  # what the order went by: "prediction" or "density"
    ties: int  # cells that share their forecast with another
    enough: bool
    why_not: str

    def at(self, area_share):
        """Figures at the last end of a tie not above this share of the area; None when there is none."""
        area_share = checks.share(area_share, "area_share")
        rows = np.flatnonzero(self.cut & (self.area_share <= area_share * (1 + 1e-12)))
        if not len(rows):
            return None
        row = rows[-1]
        return {name: getattr(self, name)[row].item() for name in self.columns}

    def pictures(self):
        keep = np.unique(np.linspace(0, len(self.cells) - 1, min(400, len(self.cells))).astype(np.int64))
        return (
            Lines(
                title="accuracy of the forecast",
                x=self.area_share[keep],
                series=(
                    Series(name="range over ties", y=self.pai_low[keep], kind="band", upper=self.pai_high[keep]),
                    Series(name="PAI", y=self.pai[keep]),
                ),
                x_label="share of area",
                y_label="PAI",
            ),
        )


def accuracy(observed, predicted, *, area=None, first="prediction"):
    """Accuracy: prediction accuracy, efficiency and recapture at every cut.

    observed : array (n,), 0 or more: events later seen in each cell.
    predicted : array (n,), forecast of each cell (events, scores, or last year's count).
    area : array (n,), above 0; None: cells alike.
    first : "prediction": cells with the highest forecast come first; "density": forecast over area.
    PAI = (events in the chosen cells / all events) / (their area / all area). PEI = PAI over the PAI of the
    best choice of as many cells (by observed density). RRI = cumulated forecast over cumulated events.
    Ties: cells with equal forecasts are ordered once with the fewest events first (lowest PAI), once with
    the most (highest); with unequal areas both orders go by observed density. Peers print one of the
    orders, mostly that of the file: on Chicago's 500 m cells PAI(100) is 3.33 to 3.46 by that alone.
    Sources: Chainey, Tompson and Uhlig (2008), Security J. 21, 4-28; Hunt (2016), thesis, Michigan State
    University (PEI); Levine (2008), Security J. 21, 295-302 (RRI).
    Raises InputError: unequal lengths, a missing value, a negative count, area not above 0, wrong word.
    """
    observed = checks.numbers(observed, "observed")
    predicted = checks.numbers(predicted, "predicted", rows=len(observed), of="observed")
    first = checks.one_of(first, "first", ("prediction", "density"))
    if len(observed) and observed.min() < 0:
        raise InputError(f"observed row {int(np.argmin(observed))} is {observed.min():g}: it must be 0 or more")
    n = len(observed)
    if area is not None:
        area = checks.numbers(area, "area", rows=n, of="observed")
        if n and area.min() <= 0:
            raise InputError(f"area row {int(np.argmin(area))} is {area.min():g}: it must be above 0")
        if n and (area == area[0]).all():
            area = None
            size = float(n)
        else:
            size = float(area.sum())
    else:
        size = float(n)
    key = predicted if first == "prediction" or area is None else predicted / area
    total = float(observed.sum())
    if area is None:
        ranked, rising, starts = _ranked(key, observed)
        seen_low, seen, seen_high = _within_ties(rising, starts)
        forecast = forecast_low = forecast_high = np.cumsum(ranked)
        cells = np.arange(1, n + 1)
        share = cells / n if n else np.zeros(0)
        share_low = share_high = share
        best = np.cumsum(np.sort(observed)[::-1])
        best_pai = None
    else:
        density = observed / area
        low_order, high_order = np.lexsort((density, -key)), np.lexsort((-density, -key))
        starts = np.flatnonzero(np.append(True, np.diff(key[low_order]) != 0)) if n else np.zeros(0, np.int64)
        seen_low, seen_high = np.cumsum(observed[low_order]), np.cumsum(observed[high_order])
        share_low, share_high = np.cumsum(area[low_order]) / size, np.cumsum(area[high_order]) / size
        forecast_low, forecast_high = np.cumsum(predicted[low_order]), np.cumsum(predicted[high_order])
        seen, share, forecast = (_evenly(v, starts) for v in (seen_low, share_low, forecast_low))
        by_density = np.argsort(-density, kind="stable")
        best_pai = np.cumsum(observed[by_density]) / np.cumsum(area[by_density])
        cells = np.arange(1, n + 1)
    cut = np.zeros(n, bool)
    if n:
        cut[np.append(starts[1:], n) - 1] = True
    lengths = np.diff(np.append(starts, n))
    with np.errstate(divide="ignore", invalid="ignore"):
        if best_pai is None:
            scale = n / (total * cells)
            pai, pai_low, pai_high = seen * scale, seen_low * scale, seen_high * scale
            pei, pei_low, pei_high = seen / best, seen_low / best, seen_high / best
        else:
            pai, pai_low, pai_high = (
                seen / share / total,
                seen_low / share_low / total,
                seen_high / share_high / total,
            )
            of_best = total / (size * best_pai)
            pei, pei_low, pei_high = pai * of_best, pai_low * of_best, pai_high * of_best
        rri, rri_low, rri_high = forecast / seen, forecast_high / seen_high, forecast_low / seen_low
    why = "no_events" if total == 0 else ("too_few_places" if n < FEWEST_PLACES else "")
    why = why or ("too_few_events" if total < FEWEST_EVENTS else "")
    return Accuracy(
        cells=cells,
        area_share=share,
        pai=pai,
        pai_low=pai_low,
        pai_high=pai_high,
        pei=pei,
        pei_low=pei_low,
        pei_high=pei_high,
        rri=rri,
        rri_low=rri_low,
        rri_high=rri_high,
        cut=cut,
        events=total,
        area=size,
        first=first,
        ties=int(lengths[lengths > 1].sum()),
        enough=not why,
        why_not=why,
    )


# -- are two patterns alike ----------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class PatternSimilarity(Result):
    """Is the share of each area the same in two sets of events?"""

    columns = ("base_share", "test_share", "low", "high", "similar")

    s_index: float  # share of areas whose base share lies within the test's range
    s_robust: float  # the same over areas that have an event in either
    base_share: np.ndarray
    test_share: np.ndarray
    low: np.ndarray
    high: np.ndarray
    similar: np.ndarray  # 1: alike, 0: base is outside
    direction: np.ndarray  # -1: base below the range, 0 alike, 1: base above
    runs: int
    keep: float
    level: float
    enough: bool
    why_not: str

    def pictures(self):
        rows = np.argsort(-np.abs(self.base_share - self.test_share), kind="stable")[:20]
        return (
            Bars(
                title="areas that differ most: share of the first set, range of the second",
                labels=tuple(str(row) for row in rows),
                values=self.base_share[rows],
                value_label="share of events",
                low=self.low[rows],
                high=self.high[rows],
            ),
        )


def pattern_similarity(base, test, *, rng, runs=200, keep=0.85, level=0.95):
    """PatternSimilarity: Andresen's spatial point pattern test on counts per area.

    base, test : arrays (n,), whole: events of both sets in each area.
    rng : numpy Generator. runs : subsamples of the test events; keep : share of them drawn each time,
        without replacement; level : the middle share of subsamples that makes the range.
    An area is alike when the base share lies within the range (limits included). What it does not mean:
    no p-value stands behind it; with few events almost everything is alike, with very many almost nothing.
    Source: Andresen (2009), Applied Geography 29, 333-345; options as in the R package sppt 0.1.
    Raises InputError: unequal lengths, counts not whole, a set without events, runs under 20.
    """
    base = checks.counts(base, "base").astype(np.int64)
    test = checks.counts(test, "test", rows=len(base), of="base").astype(np.int64)
    checks.generator(rng)
    runs = checks.whole(runs, "runs", least=20)
    keep, level = checks.share(keep, "keep"), checks.share(level, "level")
    for name, values in (("base", base), ("test", test)):
        if values.sum() == 0:
            raise InputError(f"{name} has no event in any area: there is no pattern to compare")
    drawn = max(1, round(keep * int(test.sum())))
    shares = rng.multivariate_hypergeometric(test, drawn, size=runs, method="marginals") / drawn
    shares.sort(axis=0)
    off = round(runs * (1 - level) / 2)
    low, high = shares[off], shares[runs - 1 - off]
    base_share, test_share = base / base.sum(), test / test.sum()
    direction = (base_share > high + 1e-12).astype(np.int64) - (base_share < low - 1e-12)
    similar = (direction == 0).astype(np.int64)
    with_events = (base > 0) | (test > 0)
    why = "too_few_places" if len(base) < FEWEST_PLACES else ""
    why = why or ("too_few_events" if min(base.sum(), test.sum()) < FEWEST_EVENTS else "")
    return PatternSimilarity(
        s_index=float(similar.mean()),
        s_robust=float(similar[with_events].mean()),
        base_share=base_share,
        test_share=test_share,
        low=low,
        high=high,
        similar=similar,
        direction=direction,
        runs=runs,
        keep=keep,
        level=level,
        enough=not why,
        why_not=why,
    )


# -- inside --------------------------------------------------------------------------------------


def _gini(rising, total):
    n = len(rising)
    return float((2 * np.arange(1, n + 1) - n - 1.0) @ rising / (n * total))


def _gini_of_tally(values, tally):
    """Gini when tally[j] places have values[j] events, values rising."""
    n, total = tally.sum(), values @ tally
    if total <= 0:
        return float("nan")
    last = np.cumsum(tally)
    # ranks of a group add up to tally x (first + last) / 2
    return float(tally * (2 * last - tally - n) @ values / (n * total))


def _curve(values, tally, k):
    """Share of the events in the k places with most."""
    falling, many = values[::-1], tally[::-1]
    ends = np.append(0, np.cumsum(many))
    summed = np.append(0.0, np.cumsum(falling * many))
    if summed[-1] <= 0:
        return np.full(len(k), np.nan)
    return np.interp(k, ends, summed) / summed[-1]


def _spread_evenly(n, events, rng):
    """(counts, how many places have each) of events that fall on n places alike."""
    if 8 * events < n:
        hit = np.unique(rng.integers(0, n, events), return_counts=True)[1]
        tally = np.bincount(hit)
        tally[0] = n - len(hit)
        values = np.flatnonzero(tally)
        return values.astype(float), tally[values]
    if events <= 4 * n:
        counts = np.bincount(rng.integers(0, n, events), minlength=n)
    else:
        counts = rng.multinomial(events, np.full(n, 1 / n))
    tally = np.bincount(counts)
    values = np.flatnonzero(tally)
    return values.astype(float), tally[values]


def _gini_by_chance(n, events):
    """Exact mean of G: half the mean difference of two places, whose sum is binomial(events, 2/n)."""
    if n < 2:
        return 0.0
    # beyond forty standard deviations nothing is left
    middle, reach = 2 * events / n, 40 * np.sqrt(2 * events / n + 1) + 40
    s = np.arange(max(1, int(middle - reach)), min(events, int(middle + reach)) + 1, dtype=float)
    chance = _binomial(s, events, 2 / n)
    # E|2B - s| of B ~ Binomial(s, 1/2) (De Moivre)
    half = np.ceil(s / 2)
    log_difference = (
        np.log(2 * half)
        + special.gammaln(s + 1)
        - special.gammaln(half + 1)
        - special.gammaln(s - half + 1)
        - s * np.log(2)
    )
    difference = float(chance @ np.exp(log_difference))
    return difference * (n - 1) / (2 * events)


def _binomial(k, n, p):
    if p >= 1:
        return (k == n).astype(float)
    return np.exp(
        special.gammaln(n + 1)
        - special.gammaln(k + 1)
        - special.gammaln(n - k + 1)
        + special.xlogy(k, p)
        + special.xlog1py(n - k, -p)
    )


def _behind(x, level):
    """Gini of gamma risks behind Poisson counts: estimate and profile limits, through the shape."""
    n, mean = len(x), x.mean()
    if n < 2:
        return float("nan"), 0.0, 1.0
    values, tally = np.unique(x, return_counts=True)

    def likelihood(log_shape):
        shape = np.exp(log_shape)
        return float(
            tally @ (special.gammaln(values + shape) - special.gammaln(shape))
            - n * shape * np.log1p(mean / shape)
            - n * mean * np.log1p(shape / mean)
        )

    low, high = -12.0, 12.0  # from all in one place to none but chance
    grid = np.linspace(low, high, 97)
    heights = np.array([likelihood(at) for at in grid])
    at = int(heights.argmax())
    found = optimize.minimize_scalar(
        lambda v: -likelihood(v), bounds=(grid[max(at - 1, 0)], grid[min(at + 1, 96)]), method="bounded"
    )
    top, best = (float(found.x), -float(found.fun)) if -found.fun > heights[at] else (grid[at], heights[at])
    poisson = float(tally @ special.xlogy(values, mean)) - n * mean
    only_chance = poisson >= best - 1e-9
    best = max(best, poisson)
    floor = best - special.chdtri(1, 1 - level) / 2

    def crossing(inner, outer):
        if likelihood(outer) >= floor:
            return None
        return optimize.brentq(lambda v: likelihood(v) - floor, inner, outer, xtol=1e-8)

    upper = crossing(top, low)
    lower = None if poisson >= floor else crossing(top, high)
    return (
        0.0 if only_chance else _gini_of_gamma(top),
        0.0 if lower is None else _gini_of_gamma(lower),
        1.0 if upper is None else _gini_of_gamma(upper),
    )


def _gini_of_gamma(log_shape):
    shape = np.exp(log_shape)
    return float(np.exp(special.gammaln(shape + 0.5) - special.gammaln(shape + 1)) / np.sqrt(np.pi))


def _first_reaching(rising, at, share):
    row = int(np.searchsorted(rising, share - 1e-12))
    if row == 0 or row >= len(rising):
        return float(at[min(row, len(at) - 1)])
    part = (share - rising[row - 1]) / (rising[row] - rising[row - 1])
    return float(at[row - 1] + part * (at[row] - at[row - 1]))


def _ranked(key, observed):
    """Both with the highest key first, observed rising within a run of ties, and where each run starts."""
    n = len(key)
    if not n:
        return key, observed, np.zeros(0, np.int64)
    top, span = observed.max() + 1, key.max() - key.min() + 1
    if top * span < 2.0**62 and _whole(observed) and _whole(key):
        # whole numbers: one sort of both packed in one
        packed = (int(key.max()) - key.astype(np.int64)) * int(top) + observed.astype(np.int64)
        packed.sort()
        down = packed // int(top)
        ranked, rising = key.max() - down, (packed - down * int(top)).astype(np.float64)
    else:
        order = np.lexsort((observed, -key))
        ranked, rising = key[order], observed[order]
    new = np.empty(n, bool)
    new[0] = True
    np.not_equal(ranked[1:], ranked[:-1], out=new[1:])
    return ranked, rising, np.flatnonzero(new)


def _whole(values):
    return bool((np.abs(values) < 2.0**53).all() and (values == np.floor(values)).all())


def _within_ties(rising, starts):
    """Cumulated events with the fewest first, at random in the mean, and the most first, in each run of ties."""
    n = len(rising)
    seen_low = np.cumsum(rising)
    if len(starts) == n:
        return seen_low, seen_low, seen_low
    lengths = np.diff(np.append(starts, n))
    before = np.append(0.0, seen_low)
    # the j highest of a run that starts at s and has k are its sum less its k - j lowest
    mirrored = np.repeat(2 * starts + lengths, lengths) - np.arange(1, n + 1)
    seen_high = np.repeat(before[starts] + before[starts + lengths], lengths) - before[mirrored]
    seen = _evenly(seen_low, starts)
    return seen_low, seen, seen_high


def _evenly(summed, starts):
    """A cumulated sum with each run of ties taken at random: straight between the ends of ties."""
    n = len(summed)
    if not n:
        return summed
    ends = np.append(starts[1:], n)
    return np.interp(np.arange(1, n + 1), np.append(0, ends), np.append(0.0, summed[ends - 1]))
