# SPDX-License-Identifier: BSD-3-Clause
"""Is it risen against the last few weeks? The short-history rules of early aberration reporting.

They need no year of past, and pay for it: a season's beginning is an alarm to them, and their
printed threshold of three standard deviations alarms far more often on small counts than it says.
So every period also gets a p that holds its level on counts; alarm by that.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from kalantar.analysis import checks
from kalantar.analysis.errors import InputError
from kalantar.analysis.pictures import Lines, Series
from kalantar.analysis.results import Result

RULES = {"C1": (7, 0), "C2": (7, 2), "C3": (7, 2)}


@dataclass(frozen=True, kw_only=True)
class Ears(Result):
    """One value a period; nan where the past is too short."""

    columns = ("count", "expected", "statistic", "alarm", "p_value")
    count: np.ndarray
    expected: np.ndarray  # mean of the baseline
    statistic: np.ndarray  # standard deviations above it (C3: summed over three periods)
    alarm: np.ndarray  # bool, the classical threshold
    p_value: np.ndarray  # chance of this many or more, given the baseline's total and spread
    rule: str
    baseline: int
    guard: int
    threshold: float

    def pictures(self):
        at = np.arange(len(self.count))
        return (
            Lines(
                title="Against the last weeks",
                x=at,
                series=(
                    Series(name="expected", y=self.expected),
                    Series(name="events", y=self.count),
                    Series(name="alarm", y=np.where(self.alarm, self.count, np.nan), kind="points"),
                ),
                x_label="period",
                y_label="events",
            ),
        )


def ears(counts, *, rule="C1", baseline=None, guard=None, threshold=None):
    """Ears: each period against the periods just before it.

    counts : array (n,), counts of equal periods, oldest first, none missing.
    rule : "C1" (baseline ends just before), "C2" (two periods of guard between), "C3" (C2 summed
        over three periods, each less one standard deviation).
    baseline, guard : periods; None: 7 and the rule's own 0 or 2. threshold : None: 3 for C1, C2; 2 for C3.
    A baseline without any spread gives no statistic (nan) and no alarm.
    p_value : exact conditional test of the count against the pooled baseline, or a negative binomial
        of the baseline's overdispersion (upper 80 % limit) where that is larger; the rule's own
        figures say nothing on how often they alarm. For an answer that also looks at season and
        trend use rises.rise.
    Raises InputError: an unknown rule, a missing count.
    Source: Hutwagner, Thompson, Seeman and Treadwell (2003), J. Urban Health 80, i89-i96.
    """
    y = checks.counts(counts, "counts")
    checks.one_of(rule, "rule", tuple(RULES))
    own_baseline, own_guard = RULES[rule]
    baseline = checks.whole(own_baseline if baseline is None else baseline, "baseline", least=3)
    guard = checks.whole(own_guard if guard is None else guard, "guard", least=0)
    threshold = checks.positive((2.0 if rule == "C3" else 3.0) if threshold is None else threshold, "threshold")
    n = len(y)
    if n == 0:
        raise InputError("counts is empty: give at least one period")
    mean, z, p = (np.full(n, np.nan) for _ in range(3))
    for i in range(baseline + guard, n):
        past = y[i - guard - baseline : i - guard]
        mean[i], deviation = past.mean(), past.std(ddof=1)
        if deviation > 0:
            z[i] = (y[i] - mean[i]) / deviation
        p[i] = _tail(y[i], past)
    if rule == "C3":
        above = np.where(np.isnan(z), 0.0, np.maximum(z - 1, 0))
        summed = above + np.concatenate([[0.0], above[:-1]]) + np.concatenate([[0.0, 0.0], above[:-2]])[:n]
        z = np.where(np.isnan(z), np.nan, summed)
    with np.errstate(invalid="ignore"):
        alarm = z > threshold
    return Ears(
        count=y, expected=mean, statistic=z, alarm=alarm, p_value=p, rule=rule,
        baseline=baseline, guard=guard, threshold=threshold,
    )  # fmt: skip


def _tail(count, past):
    """P(this many or more) given a flat past; the larger of the exact and the overdispersed one."""
    if count <= 0:
        return 1.0
    n, total = len(past), past.sum()
    exact = special.betainc(count, total + 1, 1 / (n + 1))
    mean = total / n
    if mean <= 0:
        return float(exact)
    spread = ((past - mean) ** 2).sum() / mean / stats.chi2.ppf(0.2, n - 1)
    if spread <= 1:
        return float(exact)
    variance = spread * mean * (1 + 1 / n)
    shape = mean**2 / (variance - mean)
    return float(max(exact, special.betainc(count, shape, 1 - mean / variance)))
