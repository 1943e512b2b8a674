# SPDX-License-Identifier: BSD-3-Clause
"""Has the recording dropped? Fewer events in the register are not yet fewer events.

A week in which a station did not type its events looks like success, and the week it returns like
a wave of crime. Both are told before a rise or a fall is.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from kalantar.analysis import checks
from kalantar.analysis.errors import InputError
from kalantar.analysis.pictures import Bars
from kalantar.analysis.results import Result
from kalantar.analysis.rises import FEWEST_PERIODS, _checked_series, _parts

FEWEST_EXPECTED = 3.0  # fewer expected: silence is ordinary


@dataclass(frozen=True, kw_only=True)
class Drop(Result):
    """The latest periods against what was usual, from below. Say nothing unless `enough`."""

    count: int  # events in the latest periods together
    expected: float
    latest: int  # how many periods that is
    p_value: float  # chance of this few or fewer when nothing changed; nan when unknown
    share_missing: float  # 1 - count / expected, never below 0
    method: str  # as in rises.Rise
    periods: int  # length of the past used
    enough: bool
    why_not: str  # "", "history_short", "too_few_expected"

    def is_drop(self, *, at):
        """Enough to say, and rarer than `at`."""
        return self.enough and self.p_value < at

    def pictures(self):
        return (
            Bars(
                title="Recorded and usual",
                labels=("recorded", "usual"),
                values=np.array([self.count, self.expected], float),
                value_label="events",
            ),
        )


def recording_drop(history, latest, *, per_year, season="auto", trend="auto"):
    """Drop: do the latest periods hold fewer events than their own past makes usual?

    history : array (n,), counts of equal periods, oldest first, ending just before `latest` (nan:
        known not to have been recorded).
    latest : int, or array (k,) of the k latest periods, taken together: a recording that has been
        silent for three weeks is looked at as three weeks.
    per_year, season, trend : as in rises.rise, whose baselines are used; the largest of their
        lower tails counts, so that the end of a season is not taken for a fault.
    A drop says that something changed in what is *recorded*: an absent clerk, a broken line, a new
    form, or truly fewer events. The figure cannot tell which; ask before you rejoice.
    Too few to say: fewer than 8 periods of past, fewer than 3 events expected.
    Raises InputError: a negative count, no latest period, per_year not above 0.
    """
    latest = np.atleast_1d(np.asarray(latest, float))
    counts = checks.counts(latest, "latest")
    if not len(counts):
        raise InputError("latest is empty: give the count of one period or more")
    total, k = int(counts.sum()), len(counts)
    history, _ = _checked_series(history, total, per_year=per_year, season=season, trend=trend, skip=0)
    t = np.arange(-len(history), 0, dtype=float)
    known = np.isfinite(history)
    y, t = history[known], t[known]
    if len(y) < FEWEST_PERIODS:
        mean = float(y.mean()) * k if len(y) else float("nan")
        return _drop(total, mean, k, float("nan"), "none", len(y), "history_short")
    parts, method, _ = _parts(y, t, per_year, season=season, trend=trend)
    tails = [part.lower_tail(total, k) for part in parts]
    at = int(np.argmax(tails))
    expected = parts[at].mean * k
    why = "" if expected >= FEWEST_EXPECTED else "too_few_expected"
    return _drop(total, expected, k, min(1.0, max(0.0, tails[at])), method, len(y), why)


def _drop(count, expected, latest, p, method, periods, why):
    return Drop(
        count=count,
        expected=expected,
        latest=latest,
        p_value=p,
        share_missing=float(max(0.0, 1 - count / expected)) if expected > 0 else float("nan"),
        method=method,
        periods=periods,
        enough=not why,
        why_not=why,
    )


@dataclass(frozen=True, kw_only=True)
class Recorded(Result):
    """A series with the periods in which recording had dropped taken out."""

    columns = ("count", "dropped")
    count: np.ndarray  # the series; nan where recording had dropped
    dropped: np.ndarray  # bool
    at: float


def recorded(counts, *, at=1e-4):
    """Recorded: the same series, with gaps of recording as nan, ready to be a history for `rises.rise`.

    counts : array (n,), counts of equal periods, oldest first (nan stays nan).
    at : float. A run of periods that is rarer than this, were the rate that of the rest, is a gap.
    Without this, zeros that nobody counted make the past look wild, and a real rise after them is missed.
    Method: runs below a quarter of the median; the chance of so few events in so many periods under
    a negative binomial with the median as its mean and the spread of the periods above a quarter of it
    (never below Poisson), times the number of places where a run could begin (Bonferroni).
    Raises InputError: a negative or fractional count.
    """
    counts = np.array(counts, float)
    if counts.ndim != 1:
        raise InputError(f"counts must be one list, got {counts.ndim} dimensions")
    known = np.isfinite(counts)
    checks.counts(counts[known], "counts")
    at = checks.share(at, "at")
    dropped = np.zeros(len(counts), bool)
    if known.sum() >= FEWEST_PERIODS:
        middle = float(np.median(counts[known]))
        low = known & (counts < middle / 4)
        rest = counts[known & ~low]
        spread = max(1.0, float(rest.var(ddof=1) / rest.mean())) if len(rest) > 2 and rest.mean() > 0 else 1.0
        for first, end in _runs(low):
            chance = _this_few(counts[first:end].sum(), middle * (end - first), spread)
            if chance * known.sum() < at:
                dropped[first:end] = True
    counts[dropped] = np.nan
    return Recorded(count=counts, dropped=dropped, at=at)


def _runs(flags):
    """First and end of each run of True."""
    steps = np.diff(np.concatenate([[0], flags.astype(np.int8), [0]]))
    return list(zip(np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)))


def _this_few(count, mean, spread):
    """P(at most count), negative binomial of this mean and variance over mean."""
    if mean <= 0:
        return 1.0
    if spread <= 1 + 1e-9:
        return float(special.gammaincc(count + 1, mean))
    shape = mean / (spread - 1)
    return float(special.betainc(shape, count + 1, 1 / spread))
