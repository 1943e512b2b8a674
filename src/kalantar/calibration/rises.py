# SPDX-License-Identifier: BSD-3-Clause
"""A rise is said no more often than its level when nothing rose, and is found when something did.

Weekly series of five years (or thirty weeks) by known rules: pure chance, overdispersed (variance twice the
mean), seasonal (yearly wave of 50 %); means of 0.2 to 20 a week. Planted rises last four weeks; found means an alarm
at .01 in any of them, the rise itself not yet part of the past.
"""

import numpy as np

from kalantar.analysis.recording import recording_drop
from kalantar.analysis.rises import rise

from .lines import Line, share_line

PER_YEAR = 52.1775
YEARS = 260
SHORT = 30
MEANS = (0.2, 1.0, 5.0, 20.0)
KINDS = ("chance", "overdispersed", "seasonal")
SIZES = (1.5, 2.0, 3.0)
# farringtonFlexible of R's surveillance on such worlds (Poisson, and overdispersed), alarm within four weeks at .01
PEER = {"chance": (0.29, 0.60, 0.76), "overdispersed": (0.19, 0.48, 0.74)}


def run(*, worlds, seed, progress=None) -> list[Line]:
    """Lines of false alarms, of power, and of the drop of recording."""
    lines = []
    strata = [(kind, mean, YEARS) for kind in KINDS for mean in MEANS] + [("chance", 5.0, SHORT)]
    power: dict[tuple[str, float], list[int]] = {}
    for done, (kind, mean, weeks) in enumerate(strata):
        rng = np.random.default_rng([seed, done])
        hits, drops = {0.05: 0, 0.01: 0}, 0
        for _ in range(worlds):
            y = _series(rng, kind, mean, weeks + 4)
            found = rise(y[:weeks], int(y[weeks]), per_year=PER_YEAR)
            for at in hits:
                hits[at] += found.is_rise(at=at)
            drops += recording_drop(y[:weeks], y[weeks : weeks + 2], per_year=PER_YEAR).is_drop(at=0.01)
        name = f"{kind}, {mean:g} a week" + (", thirty weeks" if weeks == SHORT else "")
        for at, k in hits.items():
            lines.append(share_line(what=f"false rises at {at:g}", stratum=name, k=k, n=worlds, seed=seed, at_most=at))
        lines.append(share_line(what="false drops at 0.01", stratum=name, k=drops, n=worlds, seed=seed, at_most=0.01))
        if weeks == YEARS and mean >= 1:
            for size in SIZES:
                found_in = sum(_found(rng, kind, mean, size) for _ in range(max(worlds // 4, 50)))
                power.setdefault((kind, size), []).append(found_in)
        if progress:
            progress(done + 1, len(strata))
    for (kind, size), each in power.items():
        n = max(worlds // 4, 50) * len(each)
        peer = PEER.get(kind)
        goal = {"at_least": peer[SIZES.index(size)]} if peer else {"at_least": 0.0}
        lines.append(
            share_line(what=f"rise of {size:g} times found in four weeks", stratum=f"{kind}, 1 to 20 a week",
                       k=sum(each), n=n, seed=seed, **goal)
        )  # fmt: skip
    return lines


def _series(rng, kind, mean, weeks, size=1.0):
    """Counts of so many weeks; the last four `size` times as many."""
    level = np.full(weeks, mean)
    if kind == "seasonal":
        level = mean * (1 + 0.5 * np.sin(2 * np.pi * (np.arange(weeks) / PER_YEAR + rng.random())))
    level[-4:] *= size
    if kind == "overdispersed":
        return rng.negative_binomial(level, 1 / 2).astype(float)
    return rng.poisson(level).astype(float)


def _found(rng, kind, mean, size):
    y = _series(rng, kind, mean, YEARS + 4, size)
    return any(rise(y[:YEARS], int(y[YEARS + week]), per_year=PER_YEAR, skip=0).is_rise(at=0.01) for week in range(4))
