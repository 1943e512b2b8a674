# SPDX-License-Identifier: BSD-3-Clause
"""What is the rate of a small area, seen among its neighbours?

levels.shrunken_rates draws a rate towards the common rate of all areas; here it is drawn towards
the rate of its neighbourhood, so that a whole poor quarter is not drawn towards a rich town.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from kalantar.analysis import checks
from kalantar.analysis.errors import InputError
from kalantar.analysis.results import Result


@dataclass(frozen=True, kw_only=True)
class LocalRates(Result):
    """One rate an area."""

    columns: ClassVar = ("rate", "around", "shrunk", "own_share", "neighbours")
    rate: np.ndarray  # count over exposure; nan without exposure
    around: np.ndarray  # rate of the area and its neighbours together
    shrunk: np.ndarray  # between both
    own_share: np.ndarray  # how much of `shrunk` is the area's own rate: 0 to 1
    neighbours: np.ndarray
    common: float  # rate of all areas together
    events: int


def local_rates(counts, exposure, *, weights):
    """LocalRates: local empirical Bayes rates by moments.

    counts : array (n,), whole, 0 or more. exposure : array (n,), 0 or more: what could be hit.
    weights : weights.Weights of the n areas; who is a neighbour counts, not how much.
    An area with exposure 0 has no rate of its own and is given the rate around. An area without
    neighbours stands alone, and its rate is not drawn anywhere: read it with care.
    A map of these hides single high areas among low ones; show `rate` and the limits of levels beside it.
    Source: Marshall (1991), Applied Statistics 40, 283-294, local estimator; the figures of esda's
    Spatial_Empirical_Bayes.
    Raises InputError: unequal lengths, a missing value, counts that are not whole, exposure below 0, or
        all 0, or a count where the exposure is 0.
    """
    e = checks.numbers(exposure, "exposure", rows=weights.n, of="weights")
    c = checks.counts(counts, rows=len(e))
    if (e < 0).any():
        raise InputError(f"exposure row {int(np.argmax(e < 0))} is below 0: it must be 0 or more")
    if len(e) and not e.sum():
        raise InputError("exposure is 0 everywhere: give at least one area that can be hit")
    odd = np.flatnonzero((e == 0) & (c > 0))
    if len(odd):
        raise InputError(f"counts row {odd[0]} is {c[odd[0]]:g} where the exposure is 0: mend either of them")
    near = weights.binary()
    rate = np.divide(c, e, out=np.full(len(e), np.nan), where=e > 0)
    whole = e + near.lag(e)
    around = np.divide(c + near.lag(c), whole, out=np.full(len(e), np.nan), where=whole > 0)
    # sum of e_j (r_j - m_i)**2 over the neighbourhood, opened up
    known = np.where(e > 0, rate, 0.0)
    own = [e * known**2, e * known]
    second, first = (v + near.lag(v) for v in own)
    squares = second - 2 * around * first + around**2 * whole
    areas = near.cardinalities + 1
    with np.errstate(divide="ignore", invalid="ignore"):
        between = squares / whole - around * areas / whole
        between = np.where(between > 0, between, 0.0)
        share = np.where(e > 0, between / (between + around / e), 0.0)
    share = np.where(np.isfinite(share), share, 0.0)
    share = np.where((near.cardinalities == 0) & (e > 0), 1.0, share)
    shrunk = np.where(share > 0, share * known + (1 - share) * around, around)
    return LocalRates(
        rate=rate,
        around=around,
        shrunk=shrunk,
        own_share=share,
        neighbours=near.cardinalities,
        common=float(c.sum() / e.sum()) if len(e) else float("nan"),
        events=int(c.sum()),
    )
