# SPDX-License-Identifier: BSD-3-Clause
"""Near repeats: no more false findings than said where there are none, and planted ones found."""

import numpy as np

from kalantar.analysis.near_repeat import knox, near_repeat
from kalantar.calibration.lines import share_line

LEVEL = 0.05
RUNS = 99
TABLE = {"space_m": [0, 100, 200, 300, 400], "time_days": [0, 7, 14, 21, 28]}
ONE = {"within_m": 100, "within_days": 7}

# name: events, crowds, metres around each, places snapped to a grid of so many metres (0 = not)
TOWNS = {
    "300 events in 15 crowds": (300, 15, 300.0, 0.0),
    "100 events, sparse": (100, 40, 600.0, 0.0),
    "1,000 events in 10 crowds": (1000, 10, 250.0, 0.0),
    "300 events recorded at street corners": (300, 15, 300.0, 150.0),
}
# share of events followed by another: what the better peer found with one chosen cell, in worlds of another
# generator; how hard a world is depends on its size and on how near and how soon the others follow
POWER = {0.05: 0.27, 0.1: 0.43, 0.2: 0.75, 0.4: 0.97}
SPEED_M = {"1 m a day": 1.0, "2 m a day": 2.0, "4 m a day": 4.0}


def run(*, worlds, seed, progress=None):
    """list of Line: false findings by town, power by reproduction, and the warning of moving places."""
    lines = []
    steps = len(TOWNS) + len(POWER) + len(SPEED_M)
    for i, (name, town) in enumerate(TOWNS.items()):
        rng = np.random.default_rng([seed, i])
        single, table, habit, warned = counted(worlds, rng, lambda rng, town=town: town_of(rng, *town))
        line = {"stratum": name, "n": worlds, "seed": seed}
        lines.append(share_line(what="false near repeats, one pair of limits", k=single, at_most=LEVEL, **line))
        lines.append(share_line(what="false near repeats, whole table, one p", k=table, at_most=LEVEL, **line))
        lines.append(
            share_line(what="the habit of reading each cell (not offered): wrong", k=habit, at_least=LEVEL, **line)
        )
        lines.append(share_line(what="places said to move that stand still", k=warned, at_most=LEVEL, **line))
        _tell(progress, len(lines) / 4, steps)
    for i, (share, goal) in enumerate(POWER.items()):
        rng = np.random.default_rng([seed, 100 + i])
        single, table, _, warned = counted(worlds, rng, lambda rng, share=share: followed(rng, share))
        line = {"stratum": f"reproduction {share:g}", "n": worlds, "seed": seed}
        lines.append(share_line(what="planted near repeats found, one pair of limits", k=single, at_least=goal, **line))
        lines.append(share_line(what="planted near repeats found, whole table", k=table, at_least=goal, **line))
        lines.append(share_line(what="near repeats taken for moving places", k=warned, at_most=0.1, **line))
        _tell(progress, len(TOWNS) + i + 1, steps)
    for i, (name, speed) in enumerate(SPEED_M.items()):
        rng = np.random.default_rng([seed, 200 + i])
        unwarned = warned = 0
        for _ in range(worlds):
            xy, t = town_of(rng, *TOWNS["300 events in 15 crowds"])
            xy[:, 0] += speed * t
            found = near_repeat(xy, t, runs=RUNS, rng=rng, **ONE)
            warned += found.drift
            unwarned += found.p_value <= LEVEL and not found.drift
        line = {"stratum": f"places move {name}", "n": worlds, "seed": seed}
        lines.append(
            share_line(what="moving places: false near repeats without a warning", k=unwarned, at_most=0.1, **line)
        )
        if speed >= 4:
            lines.append(share_line(what="moving places: warned of", k=warned, at_least=0.9, **line))
        _tell(progress, len(TOWNS) + len(POWER) + i + 1, steps)
    return lines


def counted(worlds, rng, make):
    """How many worlds found something: one pair of limits, the table, any cell alone; and how many were warned of."""
    single = table = habit = warned = 0
    for _ in range(worlds):
        found = knox(*make(rng), runs=RUNS, rng=rng, **TABLE)
        single += int(found.p_value[0, 0] <= LEVEL)
        table += int(found.p_table <= LEVEL)
        habit += int((found.p_value <= LEVEL).any())
        warned += int(found.drift)
    return single, table, habit, warned


def town_of(rng, n, crowds, around_m, snapped_m):
    """Places that crowd, days with a season, and neither knows of the other: (xy, t)."""
    middle, share = rng.uniform(0, 4000, (crowds, 2)), rng.dirichlet(np.full(crowds, 1.5))
    xy = middle[rng.choice(crowds, n, p=share)] + rng.normal(0, around_m, (n, 2)) + 400_000
    if snapped_m:
        xy = np.round(xy / snapped_m) * snapped_m
    return xy, np.floor(365 * rng.beta(1.5, 1.5, n))


def followed(rng, share):
    """A town where an event is followed by Poisson(share) others, about 60 m and 6 days away."""
    xy, t = town_of(rng, *TOWNS["300 events in 15 crowds"])
    parent = np.repeat(np.arange(len(t)), rng.poisson(share, len(t)))
    away, turn = rng.exponential(60, len(parent)), rng.uniform(0, 2 * np.pi, len(parent))
    child = xy[parent] + np.column_stack([away * np.cos(turn), away * np.sin(turn)])
    later = t[parent] + np.floor(rng.exponential(6, len(parent)))
    return np.concatenate([xy, child]), np.concatenate([t, later])


def _tell(progress, done, steps):
    if progress:
        progress(done / steps)
