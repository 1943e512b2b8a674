# SPDX-License-Identifier: BSD-3-Clause
"""Is it high against like areas?

A small area looks extreme by chance alone. So each area is drawn towards the others by how
little it can say for itself, and its limits widen by how much like areas differ anyway.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from kalantar.analysis.errors import InputError
from kalantar.analysis.results import Result

FEWEST_AREAS = 5  # with fewer, how much like areas differ cannot be told
FEWEST_EVENTS = 3
_KEPT_BY_WINSOR = 0.6787  # mean square of a standard normal cut at its 10 % and 90 % points


@dataclass(frozen=True, kw_only=True)
class Level(Result):
    """One area against the others. Say nothing of a high level unless `enough`."""

    count: int
    exposure: float
    rate: float  # count over exposure
    like: float  # rate of the other areas together
    expected: float  # like x exposure
    ratio: float  # rate over like; inf when the others have none
    shrunk: float  # ratio to the common rate, drawn towards 1 by how little the area can say
    low: int  # usual range of the count among like areas
    high: int
    p_value: float  # chance of this many or more in an area like the others
    enough: bool
    why_not: str  # "", "too_few_areas", "too_few_events", "no_exposure"


@dataclass(frozen=True, kw_only=True)
class Levels(Result):
    """All areas together."""

    rows_of = "areas"

    areas: tuple[Level, ...]
    common: float  # rate of all areas together
    between: float  # how much like areas differ: variance of their true ratios; 0 = by chance only
    overdispersion: float  # winsorised: variance over what chance alone makes, never below 1
    comparisons: int  # areas with enough to say
    level: float

    def pictures(self):
        from kalantar.analysis.pictures import Lines, Series

        known = [area for area in self.areas if np.isfinite(area.expected)]
        if not known:
            return ()
        x = np.linspace(min(a.expected for a in known), max(a.expected for a in known), 60)
        limits = funnel(np.maximum(x, 1e-9), level=self.level, between=self.between)
        at = np.array([a.expected for a in known])
        order = np.argsort(at)
        both = np.unique(np.concatenate([x, at]))
        spread = lambda values, xs: np.interp(both, xs, values)
        marks = np.full(len(both), np.nan)
        marks[np.searchsorted(both, at[order])] = np.array([a.count for a in known])[order]
        return (
            Lines(
                title="Count against what is expected",
                x=both,
                series=(
                    Series(name="usual", y=spread(limits.low, x), upper=spread(limits.high, x), kind="band"),
                    Series(name="areas", y=marks, kind="points"),
                ),
                x_label="expected events",
                y_label="events",
            ),
        )


def levels(counts, exposure, *, level=0.95):
    """Levels: is any of these like areas high, given its exposure?

    counts : array (n,), whole counts of events, one an area; the areas are chosen to be alike.
    exposure : array (n,), 0 or more: what could be hit (dwellings, shops, residents, area, years).
        An area with exposure 0 takes no part.
    level : share of like areas inside the usual range.
    Method: expected = rate of the *other* areas times exposure. How much like areas differ anyway
    is an additive variance of their ratios (method of moments, DerSimonian-Laird, on z cut at the 10 %
    and 90 % points, so that one high area does not excuse itself); the count of a like area is then
    gamma-Poisson, and limits and p are exact quantiles and tails of that negative binomial (Poisson
    when nothing but chance is found). The winsorised mean square is divided by .679, what cutting
    takes from pure chance; the source does not, and so alarms more often. For limits and p the
    variance is taken 1.5 of its standard errors and 15 % higher (measured: without it, 8 areas with
    skewed rates give .03 alarms at .01; with it .003 to .015).
    `shrunk` is the global empirical-Bayes rate of Marshall over the common rate.
    Sources: Spiegelhalter (2005), Statistics in Medicine 24, 1185-1202, and Quality and Safety in
    Health Care 14, 347-351; Marshall (1991), Applied Statistics 40, 283-294; DerSimonian and
    Laird (1986), Controlled Clinical Trials 7, 177-188.
    Raises InputError: unequal lengths, a negative or missing value, counts that are not whole.
    """
    counts, exposure = _checked(counts, exposure, level)
    used = exposure > 0
    c, e = counts[used], exposure[used]
    n, total, whole = len(c), c.sum(), e.sum()
    common = total / whole if whole > 0 else float("nan")
    shrunk_rate = np.full(len(counts), np.nan)
    if n:
        shrunk_rate[used] = shrunken_rates(c, e)
    factor, between = _overdispersion(c, e)
    # a few areas tell badly how much areas differ, and cutting hides the long tail of rates
    guarded = between * (1.15 + 1.5 * np.sqrt(2 / max(n - 1, 1)))
    half = (1 - level) / 2
    out = []
    for i, (count, size) in enumerate(zip(counts, exposure)):
        others_events, others_size = total - count * used[i], whole - size
        if size <= 0 or others_size <= 0:
            out.append(_nothing(count, size, "no_exposure" if size <= 0 else "too_few_areas"))
            continue
        like = others_events / others_size
        expected = like * size
        # the others' rate is itself uncertain: one part in their events
        spread = guarded + 1 / (others_events + 1)
        mean = expected if others_events else size / others_size
        if n < FEWEST_AREAS:
            why = "too_few_areas"
        else:
            why = "" if max(count, expected) >= FEWEST_EVENTS else "too_few_events"
        rate = count / size
        out.append(
            Level(
                count=int(count),
                exposure=float(size),
                rate=rate,
                like=like,
                expected=expected,
                ratio=rate / like if like > 0 else (float("inf") if count else float("nan")),
                shrunk=float(shrunk_rate[i] / common) if common > 0 else float("nan"),
                low=_quantile(half, mean, spread),
                high=_quantile(1 - half, mean, spread),
                p_value=1.0 if count <= 0 else float(_more_than(count - 1, mean, spread)),
                enough=not why,
                why_not=why,
            )
        )
    return Levels(
        areas=tuple(out),
        common=float(common),
        between=between,
        overdispersion=factor,
        comparisons=sum(area.enough for area in out),
        level=level,
    )


def shrunken_rates(counts, exposure):
    """Rates drawn towards the common rate (global empirical Bayes by moments).

    counts, exposure : arrays (n,), exposure above 0. Returns array (n,).
    Source: Marshall (1991), Applied Statistics 40, 283-294; the figures of pysal/esda's
    Empirical_Bayes and spdep's EBest.
    """
    c, e = _checked(counts, exposure, 0.5)
    if (e <= 0).any():
        raise InputError("every exposure must be above 0 to have a rate")
    common = c.sum() / e.sum()
    rates = c / e
    between = (e * (rates - common) ** 2).sum() / e.sum() - common / e.mean()
    if between <= 0:
        return np.full(len(c), common)
    weight = between / (between + common / e)
    return weight * rates + (1 - weight) * common


@dataclass(frozen=True, kw_only=True)
class Funnel(Result):
    """Limits of a funnel plot: the usual counts at each expected count."""

    columns = ("expected", "low", "high")
    expected: np.ndarray
    low: np.ndarray
    high: np.ndarray
    level: float
    between: float


def funnel(expected, *, level=0.95, between=0.0):
    """Funnel: exact limits of a count for each expected count, to be drawn behind the areas.

    expected : array, above 0. between : from Levels.between (0: chance only).
    Source: Spiegelhalter (2005), Statistics in Medicine 24, 1185-1202.
    """
    expected = np.asarray(expected, float)
    if not (np.isfinite(expected) & (expected > 0)).all():
        raise InputError("every expected count must be above 0")
    if not 0 < level < 1:
        raise InputError(f"level must lie between 0 and 1, got {level}")
    half = (1 - level) / 2
    low = np.array([_quantile(half, m, between) for m in expected.ravel()]).reshape(expected.shape)
    high = np.array([_quantile(1 - half, m, between) for m in expected.ravel()]).reshape(expected.shape)
    return Funnel(expected=expected, low=low, high=high, level=level, between=between)


# -- inside ------------------------------------------------------------------------------------


def _overdispersion(c, e):
    """Winsorised factor (at least 1) and additive variance of the true ratios (at least 0)."""
    n = len(c)
    if n < FEWEST_AREAS or c.sum() == 0:
        return 1.0, 0.0
    expected = e * c.sum() / e.sum()
    z = (c - expected) / np.sqrt(expected)
    low, high = np.quantile(z, [0.1, 0.9])
    factor = float((np.clip(z, low, high) ** 2).mean() / _KEPT_BY_WINSOR)
    # each z has spread 1 around the common rate, less the degree of freedom the rate took
    surplus = n * factor - (n - 1)
    room = expected.sum() - (expected**2).sum() / expected.sum()
    between = max(0.0, surplus / room) if room > 0 else 0.0
    return max(1.0, factor), float(between)


def _more_than(k, mean, spread):
    """P(count > k) when the count is Poisson about a gamma with this mean and squared variation."""
    if spread <= 1e-12:
        return special.gammainc(k + 1, mean)
    shape = 1 / spread
    return special.betainc(k + 1, shape, mean / (mean + shape))


def _quantile(q, mean, spread):
    if _more_than(0, mean, spread) <= 1 - q:
        return 0
    low, high = 0, 1
    while _more_than(high, mean, spread) > 1 - q:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _more_than(middle, mean, spread) > 1 - q else (low, middle)
    return high


def _nothing(count, size, why):
    nan = float("nan")
    return Level(
        count=int(count),
        exposure=float(size),
        rate=count / size if size > 0 else nan,
        like=nan,
        expected=nan,
        ratio=nan,
        shrunk=nan,
        low=0,
        high=0,
        p_value=nan,
        enough=False,
        why_not=why,
    )


def _checked(counts, exposure, level):
    counts, exposure = np.asarray(counts, float), np.asarray(exposure, float)
    if counts.ndim != 1 or counts.shape != exposure.shape:
        raise InputError(f"counts and exposure must be lists of equal length, got {counts.shape}, {exposure.shape}")
    if not len(counts):
        raise InputError("no areas: give at least one")
    if not np.isfinite(counts).all() or (counts < 0).any() or (counts != np.floor(counts)).any():
        raise InputError("counts must be whole numbers, 0 or more")
    if not np.isfinite(exposure).all() or (exposure < 0).any():
        raise InputError("exposure must be 0 or more, and known for every area")
    if not 0 < level < 1:
        raise InputError(f"level must lie between 0 and 1, got {level}")
    return counts, exposure
