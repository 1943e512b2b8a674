# SPDX-License-Identifier: BSD-3-Clause
"""One measured promise."""

from dataclasses import dataclass

from kalantar.analysis.sure import wilson


@dataclass(frozen=True, kw_only=True)
class Line:
    """A figure of a calibration with what was asked of it."""

    what: str  # "false alarms of a rise"
    stratum: str  # "overdispersed, 5 a week"
    figure: float
    low: float  # Monte Carlo interval of the figure, 95 %
    high: float
    goal: str  # "at most .05"
    holds: bool
    worlds: int
    seed: int


def share_line(*, what, stratum, k, n, seed, at_most=None, at_least=None, within=None):
    """Line of a share k of n. A goal is missed only where chance cannot explain it: the whole interval is beyond."""
    share = wilson(k, n)
    if at_most is not None:
        goal, holds = f"at most {at_most:g}", share.low <= at_most
    elif at_least is not None:
        goal, holds = f"at least {at_least:g}", share.high >= at_least
    else:
        low, high = within
        goal, holds = f"{low:g} to {high:g}", share.high >= low and share.low <= high
    return Line(
        what=what,
        stratum=stratum,
        figure=share.share,
        low=share.low,
        high=share.high,
        goal=goal,
        holds=holds,
        worlds=n,
        seed=seed,
    )
