# SPDX-License-Identifier: BSD-3-Clause
"""Survey figures under simulated non-response: do 95 % intervals hold the truth 93 to 97 times in 100?"""

import numpy as np

from kalantar.analysis.sure import post_stratified_mean, post_stratified_share, wilson
from kalantar.calibration.lines import share_line

# strata, answers, shares of the strata from .. to ..
STRATA = {
    "3 strata, 60 answers": (3, 60, 0.2, 0.8),
    "8 strata, 60 answers, rare": (8, 60, 0.02, 0.3),
    "8 strata, 400 answers": (8, 400, 0.6, 0.98),
    "20 strata, 60 answers, small and empty strata": (20, 60, 0.2, 0.8),
    "20 strata, 400 answers, rare": (20, 400, 0.02, 0.3),
}


def run(*, worlds, seed, progress=None):
    """list of Line: coverage of post-stratified shares and means, one line a stratum of worlds."""
    lines = []
    for i, (name, setting) in enumerate(STRATA.items()):
        hit = covered(worlds, np.random.default_rng([seed, i]), *setting)
        for what, k in zip(("post-stratified share", "post-stratified mean"), hit):
            lines.append(
                share_line(
                    what=f"95 % interval holds the truth: {what}",
                    stratum=name,
                    k=k,
                    n=worlds,
                    seed=seed,
                    within=(0.93, 0.97),
                )
            )
        if progress:
            progress((i + 1) / len(STRATA))
    return lines


def covered(worlds, rng, strata, answers, lowest, highest):
    """How often the interval held the truth: (weighted share, weighted mean, unweighted share)."""
    share = mean = plain = 0
    for _ in range(worlds):
        population = rng.dirichlet(np.full(strata, 3.0))
        satisfied = rng.uniform(lowest, highest, strata)
        # the less satisfied answer less, and strata differ anyway
        willing = rng.uniform(0.2, 0.9, strata) * (0.5 + satisfied)
        n = rng.multinomial(answers, population * willing / (population * willing).sum())
        k = rng.binomial(n, satisfied)
        truth = population @ satisfied
        found = post_stratified_share(k, n, population)
        share += int(found.low <= truth <= found.high)
        as_came = wilson(int(k.sum()), answers)
        plain += int(as_came.low <= truth <= as_came.high)
        of = np.repeat(np.arange(strata), n)
        level, spread = rng.uniform(20, 40, strata), rng.uniform(5, 15, strata)  # minutes of waiting
        minutes = rng.gamma((level[of] / spread[of]) ** 2, spread[of] ** 2 / level[of])
        truth = population @ level
        found = post_stratified_mean(minutes, of, population)
        mean += int(found.low <= truth <= found.high)
    return share, mean, plain
