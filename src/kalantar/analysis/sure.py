# SPDX-License-Identifier: BSD-3-Clause
"""How sure is a share or a mean, counted on few, or on people who are not like all?"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from kalantar.analysis import checks
from kalantar.analysis.errors import InputError
from kalantar.analysis.results import Result

FEWEST_ANSWERS = 10  # DOMAIN R9: fewer are not shown
_BORROWED = 2.0  # answers' worth of the common share that every stratum's spread borrows


@dataclass(frozen=True, kw_only=True)
class Share(Result):
    """k of n, with the range the true share may well have."""

    k: int
    n: int
    share: float  # nan when n = 0
    low: float
    high: float
    level: float


def wilson(k, n, *, level=0.95):
    """Share: k of n with Wilson's score limits; n = 0 gives 0 to 1, "nothing known".

    Raises InputError: not 0 <= k <= n in whole numbers, level not between 0 and 1.
    Source: Wilson (1927), J. Amer. Statist. Assoc. 22, 209-212; recommended for small n by
    Brown, Cai and DasGupta (2001), Statistical Science 16, 101-133.
    """
    if int(k) != k or int(n) != n or not 0 <= k <= n:
        raise InputError(f"k of n must be whole numbers with 0 <= k <= n, got {k} of {n}")
    level = checks.share(level, "level")
    k, n = int(k), int(n)
    if n == 0:
        return Share(k=0, n=0, share=float("nan"), low=0.0, high=1.0, level=level)
    low, high = _score_limits(k / n, n, float(special.ndtri((1 + level) / 2)))
    low = 0.0 if k == 0 else low
    high = 1.0 if k == n else high
    return Share(k=k, n=n, share=k / n, low=low, high=high, level=level)


@dataclass(frozen=True, kw_only=True)
class PostStratified(Result):
    """A share or mean of all, from answers weighted to what all are. Show it only when `enough`."""

    estimate: float
    low: float
    high: float
    unweighted: float  # of the answers as they came
    level: float
    kind: str  # "share" or "mean"
    answers: int
    effective_answers: float  # as many answers of a plain sample would be as sure
    degrees: float  # of freedom, of the t quantile
    stratum: tuple  # names, as given or 0, 1, ...
    population_share: np.ndarray
    answers_of_stratum: np.ndarray
    estimate_of_stratum: np.ndarray  # nan where nobody answered
    empty: tuple  # strata nobody answered of: taken as the others, with the widest doubt
    enough: bool
    why_not: str  # "", "too_few_answers", "too_few_strata_reached"

    def table(self):
        return {
            "stratum": np.asarray(self.stratum),
            "population_share": self.population_share,
            "answers": self.answers_of_stratum,
            "estimate": self.estimate_of_stratum,
        }

    def pictures(self):
        from kalantar.analysis.pictures import Bars

        names = (*(str(name) for name in self.stratum), "all, weighted")
        blank = np.full(len(self.stratum), np.nan)
        return (
            Bars(
                title=f"{self.kind} by stratum",
                labels=names,
                values=np.append(self.estimate_of_stratum, self.estimate),
                value_label=self.kind,
                low=np.append(blank, self.low),
                high=np.append(blank, self.high),
                usual=self.unweighted,
            ),
        )


def post_stratified_share(k, n, population, *, names=None, finite=False, level=0.95):
    """PostStratified: share of all who would say yes, from k of n answers in each stratum.

    k, n : arrays (h,), whole, 0 <= k <= n. Who said yes, who answered.
    population : array (h,), above 0: how many people (or which share of them) each stratum holds, known
        from elsewhere (census, register, all matters closed). Never counted from the answers.
    names : h names of the strata. finite : population is a head count and a good part was asked, so
        what was asked is no longer in doubt.
    Method: the shares of the strata weighted by population; limits are Wilson's with as many
    effective answers as the weighted variance leaves and a t quantile. So that a stratum of three answers
    who agree does not claim to be certain, each stratum's variance is that of its share with 2 answers'
    worth of the common share added (the estimate itself is not moved). A stratum without an answer takes
    the share of the others with the doubt of one answer, and is named in `empty`.
    It corrects for *which strata* answered. It does not correct for who answers within a stratum: the
    dissatisfied who keep silent stay unheard.
    Sources: Holt and Smith (1979), J. R. Statist. Soc. A 142, 33-46; effective sample size with a t
    quantile: Korn and Graubard (1998), Survey Methodology 24, 193-201.
    Raises InputError: unequal lengths, not 0 <= k <= n, population not above 0, finite with n over it.
    """
    n = checks.counts(n, "n")
    k = checks.counts(k, "k", rows=len(n), of="n")
    if (k > n).any():
        row = int(np.flatnonzero(k > n)[0])
        raise InputError(f"k row {row} is {k[row]:g} of {n[row]:g} answers: k may not be above n")
    weight, left, names = _strata(n, population, names, finite)
    level = checks.share(level, "level")
    asked, total = n > 0, n.sum()
    if total == 0:
        return _nothing("share", 0.0, 1.0, weight, n, names, level)
    own = np.divide(k, n, out=np.full(len(n), np.nan), where=asked)
    others = float(weight[asked] @ own[asked] / weight[asked].sum())
    estimate = float(weight @ np.where(asked, own, others))
    lent = (k + _BORROWED * estimate) / (n + _BORROWED)
    per = weight**2 / np.maximum(n, 1) * np.where(asked, left, 1.0)
    variance = float(per @ (lent * (1 - lent)))
    middle = float(weight @ lent)
    plain = per.sum()
    if plain <= 0:  # everybody was asked
        effective, degrees = float("inf"), float("inf")
        low = high = estimate
    else:
        effective = middle * (1 - middle) / variance if variance > 0 else 1 / plain
        degrees = _degrees(per, n)
        low, high = _score_limits(estimate, effective, float(special.stdtrit(degrees, (1 + level) / 2)))
        low, high = (0.0 if estimate == 0 else low), (1.0 if estimate == 1 else high)
    return _found(
        "share", estimate, low, high, float(k.sum() / total), level, effective, degrees, names, weight, n, own
    )


def post_stratified_mean(values, stratum, population, *, names=None, finite=False, level=0.95):
    """PostStratified: mean of all, from numbers answered by people of known strata.

    values : array (n,). stratum : array (n,), whole, 0 to h - 1. population, names, finite : as in
        post_stratified_share.
    Method: means of the strata weighted by population, limits by a t quantile. The spread of each
    stratum is drawn towards the common spread within strata by 2 degrees of freedom, so that one or two
    answers claim nothing; a stratum without an answer takes the mean of the others with the spread of all.
    What it does not correct for is said there, too.
    Raises InputError: unequal lengths, a stratum outside 0 to h - 1, population not above 0.
    """
    values = checks.numbers(values, "values")
    stratum = checks.counts(stratum, "stratum", rows=len(values), of="values").astype(np.int64)
    h = np.size(population)
    if len(stratum) and stratum.max() >= h:
        row = int(np.argmax(stratum))
        raise InputError(f"stratum row {row} is {stratum[row]}, but population names strata 0 to {h - 1} only")
    n = np.bincount(stratum, minlength=h).astype(float)
    weight, left, names = _strata(n, population, names, finite)
    level = checks.share(level, "level")
    if len(values) == 0:
        return _nothing("mean", -np.inf, np.inf, weight, n, names, level)
    asked = n > 0
    around = values.mean()
    own = np.full(h, np.nan)
    own[asked] = np.bincount(stratum, values - around, h)[asked] / n[asked] + around
    others = float(weight[asked] @ own[asked] / weight[asked].sum())
    estimate = float(weight @ np.where(asked, own, others))
    squares = np.bincount(stratum, (values - own[stratum]) ** 2, h)
    overall = float(values.var(ddof=1)) if len(values) > 1 else float("inf")
    inner = len(values) - asked.sum()
    common = float(squares.sum() / inner) if inner > 0 else overall
    spread = np.where(asked, (squares + _BORROWED * common) / (np.maximum(n - 1, 0) + _BORROWED), overall)
    per = weight**2 / np.maximum(n, 1) * np.where(asked, left, 1.0)
    used = per > 0
    variance = float(per[used] @ spread[used]) if used.any() else 0.0
    degrees = _degrees(per, n) if used.any() else float("inf")
    half = float(special.stdtrit(degrees, (1 + level) / 2) * np.sqrt(variance)) if variance > 0 else 0.0
    effective = overall / variance if variance > 0 and np.isfinite(overall) else float(len(values))
    return _found(
        "mean",
        estimate,
        estimate - half,
        estimate + half,
        float(around),
        level,
        effective,
        degrees,
        names,
        weight,
        n,
        own,
    )


# -- inside ------------------------------------------------------------------------------------


def _score_limits(share, n, z):
    """Wilson's limits; n need not be whole."""
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def _degrees(per, n):
    """Satterthwaite's degrees of freedom, as if the strata were equally spread; a stratum of n counts n."""
    used = per > 0
    return float(max(1.0, per.sum() ** 2 / (per[used] ** 2 / np.maximum(n[used], 1)).sum()))


def _strata(n, population, names, finite):
    population = checks.numbers(population, "population", rows=len(n), of="n")
    if not len(population):
        raise InputError("no strata: give at least one with its population")
    if (population <= 0).any():
        row = int(np.flatnonzero(population <= 0)[0])
        raise InputError(f"population row {row} is {population[row]:g}: it must be above 0; leave empty strata out")
    if finite and (n > population).any():
        row = int(np.flatnonzero(n > population)[0])
        raise InputError(f"n row {row} is {n[row]:g} answers of {population[row]:g} people: finite needs head counts")
    names = tuple(range(len(n))) if names is None else tuple(names)
    if len(names) != len(n):
        raise InputError(f"names and population must be of equal length, got {len(names)} and {len(n)}")
    left = 1 - n / population if finite else np.ones(len(n))
    return population / population.sum(), left, names


def _found(kind, estimate, low, high, unweighted, level, effective, degrees, names, weight, n, own):
    empty = tuple(name for name, answers in zip(names, n) if answers == 0)
    unheard = float(weight[n == 0].sum())
    why = "too_few_answers" if n.sum() < FEWEST_ANSWERS else ("too_few_strata_reached" if unheard > 0.5 else "")
    return PostStratified(
        estimate=estimate,
        low=low,
        high=high,
        unweighted=unweighted,
        level=level,
        kind=kind,
        answers=int(n.sum()),
        effective_answers=float(effective),
        degrees=degrees,
        stratum=names,
        population_share=weight,
        answers_of_stratum=n.astype(np.int64),
        estimate_of_stratum=own,
        empty=empty,
        enough=not why,
        why_not=why,
    )


def _nothing(kind, low, high, weight, n, names, level):
    nan = float("nan")
    own = np.full(len(n), nan)
    return _found(kind, nan, low, high, nan, level, 0.0, nan, names, weight, n, own)
