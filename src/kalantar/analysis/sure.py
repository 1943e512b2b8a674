# SPDX-License-Identifier: BSD-3-Clause
"""How sure is a share, counted on few?"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from kalantar.analysis.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Share:
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
    if not 0 < level < 1:
        raise InputError(f"level must lie between 0 and 1, got {level}")
    k, n = int(k), int(n)
    if n == 0:
        return Share(k=0, n=0, share=float("nan"), low=0.0, high=1.0, level=level)
    z = float(special.ndtri((1 + level) / 2))
    share = k / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low = 0.0 if k == 0 else max(0.0, float(middle - half))
    high = 1.0 if k == n else min(1.0, float(middle + half))
    return Share(k=k, n=n, share=share, low=low, high=high, level=level)
