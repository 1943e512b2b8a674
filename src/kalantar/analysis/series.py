# SPDX-License-Identifier: BSD-3-Clause
"""What is trend, what is season, and did the level change for good?"""

import itertools
from dataclasses import dataclass

import numpy as np

from kalantar.analysis import checks
from kalantar.analysis.errors import InputError
from kalantar.analysis.pictures import Lines, Series
from kalantar.analysis.results import Result


@dataclass(frozen=True, kw_only=True)
class Parts(Result):
    """A series taken apart: value = trend + season + remainder."""

    columns = ("value", "trend", "season", "remainder")
    value: np.ndarray
    trend: np.ndarray
    season: np.ndarray
    remainder: np.ndarray
    period: int
    trend_window: int
    low_pass_window: int

    def pictures(self):
        at = np.arange(len(self.value))
        return (
            Lines(
                title="Trend and season",
                x=at,
                series=(
                    Series(name="events", y=self.value),
                    Series(name="trend", y=self.trend),
                    Series(name="season", y=self.season),
                ),
                x_label="period",
                y_label="events",
            ),
        )


def stl(values, *, period):
    """Parts: trend and a season that is the same every year, by locally weighted lines (STL, periodic).

    values : array (n,), one a period of equal length, none missing. period : int, periods a year.
    Method: two rounds of the inner loop; the season is the mean of each place in the year; the
    windows, steps and linear filling of R's `stl(s.window = "periodic")`, whose figures it gives.
    Not robust: one wild month pulls the trend. Weights and a changing season are not offered.
    Raises InputError: fewer than two years, a missing value.
    Source: Cleveland, Cleveland, McRae and Terpenning (1990), J. Official Statistics 6, 3-73.
    """
    y = checks.numbers(values, "values", cure="STL needs every period: fill the gap or cut the series")
    period = checks.whole(period, "period", least=2)
    n = len(y)
    if n < 2 * period + 1:
        raise InputError(f"values must hold more than two years ({2 * period + 1} periods), got {n}")
    season_window = 10 * n + 1
    trend_window = _next_odd(int(np.ceil(1.5 * period / (1 - 1.5 / season_window))))
    low_window = _next_odd(period)
    season, trend = np.zeros(n), np.zeros(n)
    for _ in range(2):
        cycles = _smoothed_cycles(y - trend, period, season_window)
        low = _means(_means(_means(cycles, period), period), 3)
        low = _local_lines(low, low_window, 1, _jump(low_window))
        season = cycles[period : period + n] - low
        trend = _local_lines(y - season, trend_window, 1, _jump(trend_window))
    # periodic: the season of each place in the year is its mean
    place = np.arange(n) % period
    means = np.bincount(place, season, period) / np.bincount(place, minlength=period)
    season = means[place]
    return Parts(
        value=y,
        trend=trend,
        season=season,
        remainder=y - trend - season,
        period=period,
        trend_window=trend_window,
        low_pass_window=low_window,
    )


@dataclass(frozen=True, kw_only=True)
class Breaks(Result):
    """Where the level of a series changed for good."""

    after: tuple[int, ...]  # last period of each stretch but the last one, counted from 0
    mean: tuple[float, ...]  # level of each stretch
    squares: np.ndarray  # least sum of squares with 0, 1, 2 … breaks
    bic: np.ndarray  # the smallest chooses
    least: int  # fewest periods a stretch

    def pictures(self):
        return ()


def breaks(values, *, most=5, least=None):
    """Breaks: the best places for 0 to `most` changes of level, and how many BIC chooses.

    values : array (n,). most : int. least : fewest periods in a stretch; None: 15 % of n.
    A level that drifts is cut into steps as well: look at the series before you name a break.
    Method: least squares over all partitions by dynamic programming; BIC with two parameters a
    break, as in R's strucchange.
    Raises InputError: a missing value, a series shorter than two stretches.
    Source: Bai and Perron (2003), J. Applied Econometrics 18, 1-22; Zeileis et al. (2003), Comput.
    Statist. Data Anal. 44, 109-123.
    """
    y = checks.numbers(values, "values", cure="fill the gap or cut the series")
    n = len(y)
    least = checks.whole(int(np.floor(0.15 * n)) if least is None else least, "least", least=2)
    most = min(checks.whole(most, "most", least=0), n // least - 1)
    if n < 2 * least:
        raise InputError(f"values must hold two stretches of {least} periods, got {n}")
    ones, squares = np.concatenate([[0], np.cumsum(y)]), np.concatenate([[0], np.cumsum(y * y)])

    def cost(i, j):
        """Sum of squares of y[i:j] about its mean."""
        total = ones[j] - ones[i]
        return squares[j] - squares[i] - total * total / (j - i)

    ends = np.arange(n + 1)
    best = [np.where(ends >= least, [cost(0, j) if j else 0.0 for j in ends], np.inf)]
    came = []
    for k in range(1, most + 1):
        now, from_ = np.full(n + 1, np.inf), np.zeros(n + 1, np.int64)
        for j in range((k + 1) * least, n + 1):
            i = np.arange(k * least, j - least + 1)
            tried = best[-1][i] + cost(i, j)
            now[j], from_[j] = tried.min(), i[np.argmin(tried)]
        best.append(now)
        came.append(from_)
    found = np.array([b[n] for b in best])
    parameters = 2 * np.arange(len(found)) + 2
    with np.errstate(divide="ignore"):
        bic = n * (np.log(2 * np.pi) + 1 + np.log(found / n)) + np.log(n) * parameters
    chosen = int(np.argmin(bic))
    cuts, j = [], n
    for k in range(chosen, 0, -1):
        j = int(came[k - 1][j])
        cuts.append(j)
    cuts = cuts[::-1]
    stretch = [0, *cuts, n]
    return Breaks(
        after=tuple(c - 1 for c in cuts),
        mean=tuple(float(y[a:b].mean()) for a, b in itertools.pairwise(stretch)),
        squares=found,
        bic=bic,
        least=least,
    )


# -- inside ------------------------------------------------------------------------------------


def _next_odd(n):
    return n + 1 - n % 2


def _jump(window):
    return int(np.ceil(window / 10))


def _means(y, k):
    """Running means of k."""
    summed = np.concatenate([[0.0], np.cumsum(y)])
    return (summed[k:] - summed[:-k]) / k


def _smoothed_cycles(y, period, window):
    """Each place in the year smoothed by itself (degree 0), one value more at both ends."""
    n = len(y)
    out = np.empty(n + 2 * period)
    for place in range(period):
        own = y[place::period]
        k = len(own)
        inner = _local_lines(own, window, 0, _jump(window))
        first = _local(own, window, 0, 0.0)
        last = _local(own, window, 0, k + 1.0)
        out[place::period][: k + 2] = np.concatenate([[first], inner, [last]])
    return out


def _local_lines(y, window, degree, jump):
    """Local fits at every jump-th place, straight lines between, as the original program does."""
    n = len(y)
    if n < 2:
        return y.copy()
    at = np.arange(0, n, min(jump, n - 1))
    fitted = np.array([_local(y, window, degree, i + 1.0) for i in at])
    if at[-1] != n - 1:
        at = np.append(at, n - 1)
        fitted = np.append(fitted, _local(y, window, degree, float(n)))
    return np.interp(np.arange(n), at, fitted)


def _local(y, window, degree, x):
    """Value at x (places are 1 to n) of the local fit with tricube weights over the nearest `window` places."""
    n = len(y)
    if window < n:
        left = int(np.clip(np.floor(x) - (window + 1) // 2 + 1, 1, n - window + 1))
        right = left + window - 1
    else:
        left, right = 1, n
    reach = max(x - left, right - x)
    if window > n:
        reach += (window - n) // 2
    places = np.arange(left, right + 1, dtype=float)
    distance = np.abs(places - x)
    weight = np.where(distance <= 0.001 * reach, 1.0, (1 - (distance / reach) ** 3) ** 3)
    weight[distance > 0.999 * reach] = 0.0
    total = weight.sum()
    if total <= 0:
        return y[int(np.clip(round(x), 1, n)) - 1]
    weight /= total
    if degree > 0:
        centre = (weight * places).sum()
        about = (weight * (places - centre) ** 2).sum()
        if np.sqrt(about) > 0.001 * (n - 1):
            weight = weight * ((x - centre) * (places - centre) / about + 1.0)
    return float((weight * y[left - 1 : right]).sum())
