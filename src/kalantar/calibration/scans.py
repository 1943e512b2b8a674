# SPDX-License-Identifier: BSD-3-Clause
"""Space-time permutation scan: one in twenty false where there is nothing, planted clusters found."""

import numpy as np

from kalantar.analysis.scans import space_time_scan
from kalantar.calibration.lines import share_line

LEVEL = 0.05
RUNS = 99
DAYS = 90

# name: events, places, places on a grid, windows
TOWNS = {
    "150 events at 40 places": (150, 40, False, "ending"),
    "400 events at 60 places of a grid": (400, 60, True, "ending"),
    "1,000 events at 100 places": (1000, 100, False, "ending"),
    "150 events at 40 places, looking back": (150, 40, False, "any"),
}
PLANTED = {8: 0.5, 15: 0.9}  # events added at one place in the last 7 days: found at least this often


def run(*, worlds, seed, progress=None):
    """list of Line: false clusters by town, the middle of p, and power for a cluster of the last week."""
    lines = []
    steps = len(TOWNS) + len(PLANTED)
    for i, (name, (n, places, grid, windows)) in enumerate(TOWNS.items()):
        rng = np.random.default_rng([seed, i])
        p = np.array([p_of(town_of(rng, n, places, grid), rng, windows) for _ in range(worlds)])
        line = {"stratum": name, "n": worlds, "seed": seed}
        for level in (LEVEL, 0.5):
            k = int((p <= level).sum())
            what = "false clusters" if level == LEVEL else "clusters with p up to one half"
            lines.append(share_line(what=what, k=k, at_most=level, **line))
        if progress:
            progress((i + 1) / steps)
    for i, (more, goal) in enumerate(PLANTED.items()):
        rng = np.random.default_rng([seed, 100 + i])
        k = 0
        for _ in range(worlds):
            xy, t = town_of(rng, 400, 60, False)
            here = xy[rng.integers(0, len(xy))]
            xy = np.concatenate([xy, np.tile(here, (more, 1))])
            t = np.concatenate([t, rng.integers(DAYS - 7, DAYS, more)])
            found = scanned((xy, t), rng, "ending").clusters
            inside = bool(found) and set(range(400, 400 + more)) & set(found[0].rows)
            k += bool(inside and found[0].p_value <= LEVEL)
        name = f"{more} more events at one place in a week, among 400 in {DAYS} days"
        lines.append(
            share_line(what="planted cluster found in its place", stratum=name, k=k, n=worlds, seed=seed, at_least=goal)
        )
        if progress:
            progress((len(TOWNS) + i + 1) / steps)
    return lines


def p_of(town, rng, windows):
    """p of the most likely cluster; 1 where there is none."""
    found = scanned(town, rng, windows).clusters
    return found[0].p_value if found else 1.0


def scanned(town, rng, windows):
    return space_time_scan(
        *town,
        max_radius_m=1000,
        max_days=14,
        windows=windows,
        period=(0, DAYS - 1),
        secondary=0,
        runs=RUNS,
        rng=rng,
    )


def town_of(rng, n, places, grid):
    """Places of unequal weight, days with a season, and neither knows of the other: (xy, t)."""
    at = rng.uniform(0, 4000, (places, 2)) + 400_000
    if grid:
        at = np.round(at / 500) * 500
    share = rng.dirichlet(np.full(places, 0.8))
    return at[rng.choice(places, n, p=share)], np.floor(DAYS * rng.beta(1.5, 1.2, n))
