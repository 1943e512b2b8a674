# SPDX-License-Identifier: BSD-3-Clause
"""Is it risen against its own past?

One number is never read alone: the answer is the count, what would be usual, how rare such a
count would be if nothing had changed, and whether there is enough to say anything.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from kalantar.analysis.errors import InputError
from kalantar.analysis.pictures import Bars
from kalantar.analysis.results import Result

FEWEST_PERIODS = 8  # a shorter past says nothing about what is usual
FEWEST_EVENTS = 3  # fewer counted and fewer expected: too few to say
YEARS_FOR_SEASON = 3  # Noufaily et al. (2013) use five; three is the least that shows a season thrice
EVENTS_PER_TERM = 10  # Peduzzi et al. (1996), J. Clin. Epidemiol. 49, 1373-1379


# -- two counts --------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class TwoCounts(Result):
    """Two counts compared."""

    ratio: float  # rate of the first over rate of the second; inf when the second is 0
    low: float  # confidence interval of the ratio
    high: float
    p_value: float
    tail: str
    level: float


def etest(first, second, *, first_length=1.0, second_length=1.0, tail="two-sided"):
    """p-value that two Poisson counts have one rate (E-test), more powerful than the exact test.

    first, second : int >= 0. Counts; not both 0.
    first_length, second_length : float > 0. Time (or exposure) over which each was counted.
    tail : "two-sided", or "greater": the first rate is the higher one.
    Raises InputError: both counts 0, a negative count, a length not above 0.
    Source: Krishnamoorthy and Thomson (2004), J. Statist. Plann. Inference 119, 23-35.
    """
    first, second = _checked_count(first, "first"), _checked_count(second, "second")
    _checked_lengths(first_length, second_length)
    if tail not in ("two-sided", "greater"):
        raise InputError(f'tail must be "two-sided" or "greater", got {tail!r}')
    if first + second == 0:
        raise InputError("both counts are 0: there is nothing to compare")
    rate = (first + second) / (first_length + second_length)
    i, pi = _poisson_table(rate * first_length)
    j, pj = _poisson_table(rate * second_length)

    def statistic(a, b):
        spread = np.sqrt(a / first_length**2 + b / second_length**2)
        difference = a / first_length - b / second_length
        return np.divide(difference, spread, out=np.zeros_like(difference), where=spread > 0)

    def first_below(bound):
        """For each i, how many of j (from the lowest) give a statistic of at least bound."""
        low, high = np.zeros(len(i), np.int64), np.full(len(i), len(j))
        while (low < high).any():  # the statistic falls as j grows
            middle = np.minimum((low + high) // 2, len(j) - 1)
            reaches = (statistic(i, j[middle]) >= bound) & (low < high)
            low, high = np.where(reaches, middle + 1, low), np.where(reaches | (low >= high), high, middle)
        return low

    reached = float(statistic(np.float64(first), np.float64(second)))
    slack = 1e-12 * max(1.0, abs(reached))  # a tie is as extreme, whatever the last digit
    summed = np.append(0.0, np.cumsum(pj))
    if tail == "greater":
        return float(min(1.0, pi @ summed[first_below(reached - slack)]))
    if abs(reached) <= slack:
        return 1.0
    above = pi @ summed[first_below(abs(reached) - slack)]
    below = pi @ (summed[-1] - summed[first_below(np.nextafter(slack - abs(reached), np.inf))])
    return float(min(1.0, above + below))


def poisson_ratio(first, second, *, first_length=1.0, second_length=1.0, tail="two-sided", level=0.95):
    """TwoCounts: ratio of two rates with exact limits and exact p (given the sum, a binomial).

    tail : "two-sided" (outcomes no more likely than this one), or "greater".
    level : the limits are central, Clopper-Pearson, and two-sided whatever the tail.
    Raises InputError as etest.
    Source: Przyborowski and Wilenski (1940), Biometrika 31, 313-323; Clopper and Pearson (1934),
    Biometrika 26, 404-413.
    """
    first, second = _checked_count(first, "first"), _checked_count(second, "second")
    _checked_lengths(first_length, second_length)
    _checked_level(level)
    if tail not in ("two-sided", "greater"):
        raise InputError(f'tail must be "two-sided" or "greater", got {tail!r}')
    total = first + second
    if total == 0:
        raise InputError("both counts are 0: there is nothing to compare")
    share = first_length / (first_length + second_length)
    p = stats.binomtest(first, total, share, alternative=tail).pvalue
    half = (1 - level) / 2
    low = stats.beta.ppf(half, first, second + 1) if first else 0.0
    high = stats.beta.ppf(1 - half, first + 1, second) if second else 1.0
    scale = second_length / first_length
    with np.errstate(divide="ignore"):
        ratio, low, high = (
            float(scale * np.divide(a, b))
            for a, b in ((np.float64(first), np.float64(second)), (low, 1 - low), (high, np.float64(1 - high)))
        )
    return TwoCounts(ratio=ratio, low=low, high=high, p_value=float(p), tail=tail, level=level)


@dataclass(frozen=True, kw_only=True)
class Compared(Result):
    """Two counts compared in both ways."""

    first: int
    second: int
    ratio: float  # rate of the first over rate of the second; inf when the second is 0
    low: float  # exact limits of the ratio
    high: float
    p_exact: float  # given the sum, a binomial
    p_etest: float  # the more powerful E-test
    tail: str
    level: float

    def pictures(self):
        return (
            Bars(
                title="Two counts",
                labels=("first", "second"),
                values=np.array([self.first, self.second], float),
                value_label="events",
            ),
        )


def compared(first, second, *, first_length=1.0, second_length=1.0, tail="two-sided", level=0.95):
    """Compared: `poisson_ratio` and `etest` of the same two counts. Arguments and errors as theirs."""
    lengths = {"first_length": first_length, "second_length": second_length, "tail": tail}
    exact = poisson_ratio(first, second, level=level, **lengths)
    return Compared(
        first=int(first), second=int(second), ratio=exact.ratio, low=exact.low, high=exact.high,
        p_exact=exact.p_value, p_etest=etest(first, second, **lengths), tail=tail, level=level,
    )  # fmt: skip


def poisson_z(current, history):
    """z of a count against an equally long past: 2 (sqrt(current) - sqrt(history)).

    About normal with spread 1 when nothing changed and the past count is taken as the truth
    of its period pair (Anscombe 1948, Biometrika 35, 246-254; A. P. Wheeler 2016, IALEIA J. 22, 15-26).
    """
    current, history = np.asarray(current, float), np.asarray(history, float)
    if (current < 0).any() or (history < 0).any():
        raise InputError("counts must be 0 or more")
    return 2 * (np.sqrt(current) - np.sqrt(history))


# -- a series ----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Rise(Result):
    """One count against what was usual. Say nothing of a rise unless `enough`."""

    count: int
    expected: float  # what the past lets expect in this period
    low: int  # usual range: this share of periods lies in it when nothing changed
    high: int
    level: float  # the share, 0.95
    p_value: float  # chance of this many or more when nothing changed; nan when unknown
    method: str  # "season_and_trend", "one_season", "short_history", "none"
    season: bool  # was a yearly pattern in the baseline
    trend: bool  # was a lasting change in the baseline
    overdispersion: float  # variance over mean; 1 = pure chance
    periods: int  # length of the past used
    enough: bool
    why_not: str  # "", "history_short", "too_few_events"

    def is_rise(self, *, at):
        """Enough to say, and rarer than `at`."""
        return self.enough and self.p_value < at

    def pictures(self):
        return (
            Bars(
                title="Counted and usual",
                labels=("counted", "usual"),
                values=np.array([self.count, self.expected], float),
                low=np.array([np.nan, self.low]),
                high=np.array([np.nan, self.high]),
                value_label="events",
            ),
        )


def rise(history, current, *, per_year, level=0.95, season="auto", trend="auto", skip=0):
    """Rise: is the current count above what its own past makes usual?

    history : array (n,), counts of equally long periods, oldest first, ending just before the
        current one (nan: not counted, e.g. no recording; left out).
    current : int >= 0. The period asked about.
    per_year : float. Periods a year: 52.1775 for weeks, 13.0446 for 4 weeks, 12 for months.
    level : share of periods inside the usual range.
    season, trend : "auto" (where the past can carry them), or False.
    skip : int. Latest periods of history left out, so that a rise that has begun does not become
        usual (Noufaily uses 26 weeks).

    Method, by how much past there is:
    - three years or more, "season_and_trend": Poisson regression with yearly waves (one from 10 events
      a term, two from 60) and a trend when it is there (p < .05), never carried beyond the largest
      count seen; past outbreaks are weighted down (Anscombe residual over 2.58); overdispersion from the
      Pearson residuals, midway between weighted and plain, one standard error up, never below 1; p and usual
      range from the negative binomial whose variance also holds the uncertainty of the fit.
      The "flexible" algorithm of Noufaily et al. (2013), Statistics in Medicine 32, 1206-1222, after
      Farrington et al. (1996), J. R. Statist. Soc. A 159, 547-563. What differs: waves instead of a
      ten-level factor, and the two guards on the overdispersion (without them clustered sparse series
      alarm 1.3 to 1.8 times too often).
    - one to three years, "one_season": the same with one wave, and no smaller p than "short_history"
      gives against the latest eight periods.
    - less, "short_history": a season cannot be told from a rise, so a count must stand out three ways
      and the largest p counts: the exact conditional Poisson test against the pooled past, the same
      against the latest eight periods, each with a negative binomial of the past's overdispersion
      (upper 80 % limit), and against the continued log-linear trend.
      Sparse series of any length come here without the trend.
    Too few to say: fewer than 8 periods, or fewer than 3 events both counted and expected.
    Raises InputError: a negative count, per_year not above 0, wrong option.
    """
    history, current = _checked_series(history, current, per_year=per_year, season=season, trend=trend, skip=skip)
    _checked_level(level)
    if skip:
        history = history[:-skip]
    t = np.arange(-len(history) - skip, -skip, dtype=float)
    known = np.isfinite(history)
    y, t = history[known], t[known]
    n = len(y)
    if n < FEWEST_PERIODS:
        return Rise(
            count=current,
            expected=float(y.mean()) if n else float("nan"),
            low=0,
            high=0,
            level=level,
            p_value=float("nan"),
            method="none",
            season=False,
            trend=False,
            overdispersion=float("nan"),
            periods=n,
            enough=False,
            why_not="history_short",
        )
    parts, method, waves = _parts(y, t, per_year, season=season, trend=trend)
    usual = max(parts, key=lambda part: part.upper_tail(current))
    p = usual.upper_tail(current)
    enough = max(current, usual.mean) >= FEWEST_EVENTS
    half = (1 - level) / 2
    return Rise(
        count=current,
        expected=usual.mean,
        low=usual.quantile(half),
        high=usual.quantile(1 - half),
        level=level,
        p_value=p,
        method=method,
        season=waves > 0,
        trend=usual.trend,
        overdispersion=usual.phi,
        periods=n,
        enough=enough,
        why_not="" if enough else "too_few_events",
    )


def _parts(y, t, per_year, *, season, trend):
    """What is usual at t = 0, told from the past in one to three ways; the method's name; its yearly waves."""
    n = len(y)
    years = (t[-1] - t[0] + 1) / per_year
    total = y.sum()
    waves = 0
    if season == "auto" and per_year >= 4 and years >= 1:
        waves = int(total >= 2 * EVENTS_PER_TERM) + int(total >= 6 * EVENTS_PER_TERM)
        waves = min(waves, 2 if years >= YEARS_FOR_SEASON else 1, int((n - 4) // 4))
    if waves > 0 and years >= YEARS_FOR_SEASON:
        parts = [_seasonal(y, t, per_year, waves, trend == "auto")]
        method = "season_and_trend"
    elif waves > 0:
        parts = [_seasonal(y, t, per_year, waves, trend == "auto"), _pooled(y[-FEWEST_PERIODS:], y)]
        method = "one_season"
    else:
        parts = [_pooled(y, y)]
        if years < YEARS_FOR_SEASON:
            parts.append(_pooled(y[-FEWEST_PERIODS:], y))
            if trend == "auto" and total >= 2 * EVENTS_PER_TERM:
                parts.append(_seasonal(y, t, per_year, 0, True, always=True))
        method = "short_history"
    return parts, method, waves


@dataclass(frozen=True)
class _Usual:
    """Distribution of the next count: negative binomial, or Poisson when the variance is the mean."""

    mean: float
    variance: float
    phi: float
    trend: bool = False
    exact_events: int = -1  # pooled past without overdispersion: events and periods
    exact_periods: int = 0

    def _sf(self, k):
        """P(more than k); k may be an array, -1 and up."""
        k = np.asarray(k, float)
        if self.exact_events >= 0:
            return special.betainc(k + 1, self.exact_events + 1, 1 / (self.exact_periods + 1))
        if self.mean <= 0:
            return np.where(k < 0, 1.0, 0.0)
        if self.variance <= self.mean * (1 + 1e-9):
            return special.gammainc(k + 1, self.mean)
        shape = self.mean**2 / (self.variance - self.mean)
        return special.betainc(k + 1, shape, 1 - self.mean / self.variance)

    def upper_tail(self, count):
        return 1.0 if count <= 0 else float(self._sf(count - 1))

    def lower_tail(self, count, periods=1):
        """P(at most this many in so many periods together)."""
        if self.exact_events >= 0:
            # given the total, Binomial(past + count, share); no past event, no surprise
            share = periods / (self.exact_periods + periods)
            return float(1 - special.betainc(count + 1, self.exact_events, share)) if self.exact_events else 1.0
        of_fit = max(self.variance - self.phi * self.mean, 0.0)  # the fit's own doubt is shared by all periods
        several = _Usual(self.mean * periods, periods * self.phi * self.mean + periods**2 * of_fit, self.phi)
        return float(1 - several._sf(count))

    def quantile(self, q):
        """Smallest k with P(at most k) >= q."""
        if self._sf(0) <= 1 - q:
            return 0
        low, high = 0, 1
        while self._sf(high) > 1 - q:
            low, high = high, 2 * high
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._sf(middle) > 1 - q else (low, middle)
        return high


def _pooled(y, spread_from):
    """Next count given a flat past.

    Without overdispersion the exact conditional test: given the total, the current count is
    Binomial(total, 1/(n+1)); its upper tail is that of a negative binomial with shape past + 1.
    """
    n, total = len(y), y.sum()
    mean = total / n
    phi = _spread(spread_from)
    if mean > 0 and phi > 1:
        nb = _Usual(mean, phi * mean * (1 + 1 / n), phi)
        exact = _Usual(mean, mean, phi, exact_events=round(total), exact_periods=n)
        reach = int(np.ceil(mean + 3 * np.sqrt(nb.variance)))
        return max((nb, exact), key=lambda part: part.upper_tail(reach))
    return _Usual(mean, mean, 1.0, exact_events=round(total), exact_periods=n)


def _spread(y):
    """Variance over mean, upper 80 % limit of the Pearson estimate, never below 1."""
    mean, df = y.mean(), len(y) - 1
    if mean <= 0:
        return 1.0
    return float(max(1.0, ((y - mean) ** 2).sum() / mean / stats.chi2.ppf(0.2, df)))


def _seasonal(y, t, per_year, waves, allow_trend, always=False):
    angle = 2 * np.pi * t / per_year
    columns = [np.ones_like(t)]
    now = [1.0]
    for k in range(1, waves + 1):
        columns += [np.cos(k * angle), np.sin(k * angle)]
        now += [1.0, 0.0]  # the current period is t = 0
    plain, now_plain = np.column_stack(columns), np.array(now)
    if allow_trend:
        years = t / per_year
        fit = _fit(y, np.column_stack([plain, years]))
        if fit is not None:
            beta, cov, mu, phi = fit
            z = abs(beta[-1]) / np.sqrt(phi * cov[-1, -1])
            x = np.append(now_plain, 0.0)
            if always or z > 1.959963984540054:
                return _predicted(beta, cov, phi, x, y, trend=True, most=max(mu.max(), y.max()))
    fit = _fit(y, plain)
    if fit is None:
        return _pooled(y, y)
    beta, cov, _, phi = fit
    return _predicted(beta, cov, phi, now_plain, y, trend=False)


def _predicted(beta, cov, phi, x, y, *, trend, most=np.inf):
    mean = float(min(np.exp(x @ beta), most))  # a trend is not carried beyond all that was seen
    df = max(len(y) - len(beta), 1)
    # one standard error of the Pearson estimate up; sparse, clustered counts have a long tail
    guarded = max(1.0, phi * (1 + float(np.sqrt((2 + phi**2 / y.mean()) / df))))
    variance = guarded * mean + guarded * mean**2 * float(x @ cov @ x)
    return _Usual(mean, variance, guarded, trend)


def _fit(y, x):
    """Poisson regression, twice: the second time with past outbreaks weighted down."""
    df = max(len(y) - x.shape[1], 1)

    def dispersion(mu, weights):
        return max(1.0, float((weights * (y - mu) ** 2 / mu).sum() / df))

    weights = np.ones_like(y)
    first = _poisson_regression(y, x, weights)
    if first is None:
        return None
    beta, cov, mu = first
    plain = dispersion(mu, weights)
    hat = mu * np.einsum("ij,jk,ik->i", x, cov, x)
    spread = mu ** (1 / 6) * np.sqrt(plain * np.maximum(1 - hat, 0.05))
    anscombe = 1.5 * (y ** (2 / 3) - mu ** (2 / 3)) / spread
    over = anscombe > 2.58
    if not over.any():
        return beta, cov, mu, plain
    weights = np.where(over, np.maximum(anscombe, 1.0) ** -2.0, 1.0)
    weights *= len(y) / weights.sum()
    second = _poisson_regression(y, x, weights)
    if second is None:
        return None
    beta, cov, mu = second
    # between the two: weights see a past outbreak, but also call the long tail of clustered counts one
    return beta, cov, mu, float(np.sqrt(dispersion(mu, weights) * plain))


def _poisson_regression(y, x, weights):
    """IRLS for the log link. None when the data cannot carry the columns."""
    mean = (weights * y).sum() / weights.sum()
    if mean <= 0:
        return None
    beta = np.zeros(x.shape[1])
    beta[0] = np.log(mean)
    size = np.inf
    for _ in range(30):
        mu = np.exp(np.clip(x @ beta, -30, 30))
        w = weights * mu
        gram = (x * w[:, None]).T @ x
        try:
            step = np.linalg.solve(gram, x.T @ (weights * (y - mu)))
        except np.linalg.LinAlgError:
            return None
        size = np.abs(step).max()
        if size > 3:
            step *= 3 / size
        beta = beta + step
        if size < 1e-8:
            break
    if not np.isfinite(beta).all() or size > 1e-4:
        return None
    mu = np.exp(np.clip(x @ beta, -30, 30))
    try:
        cov = np.linalg.inv((x * (weights * mu)[:, None]).T @ x)
    except np.linalg.LinAlgError:
        return None
    return beta, cov, mu


def periods(days, *, until, length_days, count):
    """Counts of equal periods that end with the day `until`: history (count,), oldest first, and current.

    days : array (n,) of whole days since any fixed moment. until : the last day of the current period.
    Give count no larger than the recording is old: periods before it would count as empty.
    """
    days = np.asarray(days, float)
    if not (length_days >= 1 and int(length_days) == length_days and count >= 0 and int(count) == count):
        raise InputError(f"length_days must be 1 or more and count 0 or more, got {length_days} and {count}")
    back = np.floor((until - days[np.isfinite(days)]) / length_days)
    back = back[(back >= 0) & (back <= count)].astype(np.int64)
    counts = np.bincount(back, minlength=int(count) + 1)[::-1]
    return counts[:-1], int(counts[-1])


# -- many at once ------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Many(Result):
    """p-values corrected for how many questions were asked."""

    columns = ("adjusted",)

    adjusted: np.ndarray  # nan where the raw one is nan (nothing could be said)
    comparisons: int  # how many were compared; say this number on the page
    method: str


def many(p_values, *, method="bh"):
    """Many: the same p-values when many series (or cells) are looked at together.

    p_values : array (n,), each in [0, 1]; nan = not a comparison.
    method : "bh" (false discovery rate), or "by" (the same under any dependence).
    Source: Benjamini and Hochberg (1995), J. R. Statist. Soc. B 57, 289-300; Benjamini and
    Yekutieli (2001), Ann. Statist. 29, 1165-1188.
    """
    p = np.asarray(p_values, float)
    if p.ndim != 1:
        raise InputError(f"p_values must be one list, got {p.ndim} dimensions")
    if method not in ("bh", "by"):
        raise InputError(f'method must be "bh" or "by", got {method!r}')
    known = np.isfinite(p)
    if ((p[known] < 0) | (p[known] > 1)).any() or np.isinf(p).any():
        raise InputError("p-values must lie between 0 and 1")
    adjusted = np.full(p.shape, np.nan)
    n = int(known.sum())
    if n:
        order = np.argsort(p[known], kind="stable")
        factor = n / np.arange(1, n + 1)
        if method == "by":
            factor = factor * (1 / np.arange(1, n + 1)).sum()
        stepped = np.minimum.accumulate((p[known][order] * factor)[::-1])[::-1]
        back = np.empty(n)
        back[order] = np.minimum(stepped, 1.0)
        adjusted[known] = back
    return Many(adjusted=adjusted, comparisons=n, method=method)


# -- inside ------------------------------------------------------------------------------------


def _poisson_table(mean):
    """Values and probabilities of a Poisson count; what is left out weighs less than 1e-17."""
    # Bernstein's bound: beyond 13 + sqrt(169 + 78 mean) from the mean lies less than exp(-39)
    reach = 13 + np.sqrt(169 + 78 * mean)
    values = np.arange(max(np.floor(mean - reach), 0), np.ceil(mean + reach) + 1)
    return values, stats.poisson.pmf(values, mean)


def _checked_count(value, name):
    number = float(value)
    if not np.isfinite(number) or number < 0 or number != int(number):
        raise InputError(f"{name} must be a whole number, 0 or more, got {value}")
    return int(number)


def _checked_lengths(*lengths):
    for length in lengths:
        if not (np.isfinite(length) and length > 0):
            raise InputError(f"a length must be above 0, got {length}")


def _checked_level(level):
    if not 0 < level < 1:
        raise InputError(f"level must lie between 0 and 1, got {level}")


def _checked_series(history, current, *, per_year, season, trend, skip):
    history = np.asarray(history, float)
    if history.ndim != 1:
        raise InputError(f"history must be one list of counts, got {history.ndim} dimensions")
    known = history[~np.isnan(history)]
    if (known < 0).any() or np.isinf(known).any() or (known != np.floor(known)).any():
        raise InputError("history must hold whole counts, 0 or more (nan where nothing was recorded)")
    if not (np.isfinite(per_year) and per_year > 0):
        raise InputError(f"per_year must be above 0, got {per_year}")
    for name, value in (("season", season), ("trend", trend)):
        if value != "auto" and value is not False:
            raise InputError(f'{name} must be "auto" or False, got {value!r}')
    if not isinstance(skip, (int, np.integer)) or skip < 0:
        raise InputError(f"skip must be a whole number, 0 or more, got {skip}")
    return history, _checked_count(current, "current")
