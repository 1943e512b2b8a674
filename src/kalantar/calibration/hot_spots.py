# SPDX-License-Identifier: BSD-3-Clause
"""Do hot cells and local figures keep their promise where nothing is hot, and find what is planted?

Worlds on street-like supports: homes along an irregular net of streets, busy ones and quiet ones,
with parks and a river where nothing can happen. Counts are whole numbers, so an exact p cannot be uniform:
P(p <= a) is at most a, and often less ("super-uniform"). So two things are measured. The p as
printed: never too small. And the same p laid evenly over its own step (randomised, for this check
only): that one must be uniform, which shows that p is not only safe but right.
"""

import numpy as np
from scipy import stats

from kalantar.analysis import weights
from kalantar.analysis.autocorrelation import local_g
from kalantar.analysis.grids import Grid
from kalantar.analysis.hotspots import hot_cells
from kalantar.analysis.rises import many
from kalantar.calibration.lines import Line, share_line

SIDE = 36  # squares of 200 m
AT = 0.05


def run(*, worlds, seed, progress=None):
    """Lines of this promise. worlds : simulated maps a stratum. progress : called with a share done."""
    lines = []
    steps = 5
    for step, part in enumerate((_uniform, _quiet_support, _bunched, _planted, _local)):
        lines += part(worlds, seed)
        if progress is not None:
            progress((step + 1) / steps)
    return lines


def support(rng):
    """Homes in each square of a made-up town: (SIDE, SIDE), 0 where nothing can happen."""
    homes = np.zeros((SIDE, SIDE))
    busy = 0.4 * rng.lognormal(0, 1, (SIDE // 6, SIDE // 6))  # quarters differ
    busy = np.repeat(np.repeat(busy, 6, axis=0), 6, axis=1)
    for row in np.flatnonzero(rng.random(SIDE) < 0.45):
        start, stop = np.sort(rng.integers(0, SIDE, 2))
        homes[row, start : stop + 1] += rng.lognormal(1.2, 0.5)
    for column in np.flatnonzero(rng.random(SIDE) < 0.45):
        start, stop = np.sort(rng.integers(0, SIDE, 2))
        homes[start : stop + 1, column] += rng.lognormal(1.2, 0.5)
    homes = (homes + 0.3) * busy
    at = rng.integers(6, SIDE - 12, 2)
    homes[at[0] : at[0] + 5, at[1] : at[1] + 6] = 0  # a park
    river = np.clip(np.cumsum(rng.integers(-1, 2, SIDE)) + rng.integers(4, SIDE - 4), 0, SIDE - 1)
    homes[np.arange(SIDE), river] = 0
    return homes


def town_of(counts):
    """Points in the middle of the squares, and the grid of the whole town."""
    grid = Grid(x0=0.0, y0=0.0, cell_m=200.0, rows=SIDE, columns=SIDE, mask=np.ones((SIDE, SIDE), bool))
    row, column = np.nonzero(counts)
    x, y = grid.centre(np.repeat(row, counts[row, column]), np.repeat(column, counts[row, column]))
    return x, y, grid


def _scattered(rng, homes, events, bunch=1):
    """Events that fall by homes alone; in bunches, each place is hit so many times."""
    at = rng.choice(homes.size, events // bunch, p=homes.ravel() / homes.sum())
    return np.bincount(at, minlength=homes.size).reshape(homes.shape) * bunch


# -- parts -------------------------------------------------------------------------------------


def _uniform(worlds, seed):
    """One square a world, p laid evenly over its step: Kolmogorov-Smirnov, and the share of small p as printed."""
    lines = []
    for stratum, events in (("1 event in 5 squares", 260), ("1 event a square", 1300)):
        rng = np.random.default_rng([seed, events])
        laid, printed = np.empty(worlds), np.empty(worlds)
        w = weights.on_grid(town_of(np.zeros((SIDE, SIDE), int))[2])
        for i in range(worlds):
            # any arrangement of the counts is as likely: what p supposes
            counts = rng.permutation(_scattered(rng, support(rng), events).ravel())
            found = local_g(counts, w, p="exact")
            j = rng.integers(len(counts))
            tie = found.p_high[j] + found.p_low[j] - 1
            laid[i] = found.p_high[j] - rng.random() * tie
            printed[i] = found.p_high[j]
        ks = float(stats.kstest(laid, "uniform").pvalue)
        lines.append(
            Line(
                what="local exact p is uniform (laid evenly over its step; KS p)",
                stratum=stratum,
                figure=ks,
                low=ks,
                high=ks,
                goal="above .01",
                holds=ks > 0.01,
                worlds=worlds,
                seed=seed,
            )
        )
        lines.append(
            share_line(
                what="local exact p at or under .05, as printed",
                stratum=stratum,
                k=int((printed <= AT).sum()),
                n=worlds,
                seed=seed,
                at_most=AT,
            )
        )
    return lines


def _quiet_support(worlds, seed):
    """Events by homes alone: what hot_cells says with and without the homes."""
    lines = []
    for stratum, events in (("sparse, 300 events", 300), ("1,500 events", 1500)):
        rng = np.random.default_rng([seed, 1, events])
        figures = np.zeros(4)
        small = plain = 0
        for _ in range(worlds):
            homes = support(rng)
            x, y, grid = town_of(_scattered(rng, homes, events))
            rated, counted = hot_cells(x, y, grid=grid, exposure=homes), hot_cells(x, y, grid=grid)
            open_ = homes.ravel() > 0
            j = rng.choice(np.flatnonzero(open_))
            small += rated.p_value[j] <= AT
            plain += counted.p_value[j] <= AT
            figures += [(rated.level >= 2).any(), (counted.level >= 2).any(), 1, 0]
        lines += [
            share_line(
                what="hot cells by exposure: p at or under .05 of a square",
                stratum=stratum,
                k=int(small),
                n=worlds,
                seed=seed,
                at_most=AT,
            ),
            share_line(
                what="hot cells by exposure: maps with any hot cell where none is (FDR)",
                stratum=stratum,
                k=int(figures[0]),
                n=worlds,
                seed=seed,
                at_most=AT,
            ),
            # told, not promised: counts alone read busy streets as hot
            share_line(
                what="the same without exposure (for comparison)",
                stratum=stratum,
                k=int(figures[1]),
                n=worlds,
                seed=seed,
                at_most=1.0,
            ),
        ]
    return lines


def _bunched(worlds, seed):
    """Events that come in threes at one place are no hot area."""
    rng = np.random.default_rng([seed, 2])
    maps = 0
    for _ in range(worlds):
        homes = support(rng)
        x, y, grid = town_of(_scattered(rng, homes, 900, bunch=3))
        maps += bool((hot_cells(x, y, grid=grid, exposure=homes).level >= 2).any())
    return [
        share_line(
            what="hot cells by exposure: maps with any hot cell where none is (FDR)",
            stratum="events in threes",
            k=maps,
            n=worlds,
            seed=seed,
            at_most=AT,
        )
    ]


def _planted(worlds, seed):
    """Three by three squares with so many times their events: is any of them shown, and how much else is?"""
    lines = []
    for times, goal in ((3.0, 0.5), (5.0, 0.85)):
        rng = np.random.default_rng([seed, 3, int(times)])
        found = 0
        wrong, maps = 0.0, 0
        for _ in range(worlds):
            homes = support(rng)
            # where there is something to be raised: at least 4 events expected in the nine squares
            usual = 1200 * homes / homes.sum()
            nine = sum(np.roll(usual, (a, b), (0, 1)) for a in (-1, 0, 1) for b in (-1, 0, 1))[2:-2, 2:-2]
            at = np.argwhere(nine >= 4)
            row, column = at[rng.integers(len(at))] + 2
            raised = homes.copy()
            raised[row - 1 : row + 2, column - 1 : column + 2] *= times
            x, y, grid = town_of(rng.poisson(1200 * raised / homes.sum()))
            result = hot_cells(x, y, grid=grid, exposure=homes)
            hot = result.level >= 2
            # a square is rightly hot when any of the raised ones is among it and its neighbours
            near = (np.abs(result.row - row) <= 2) & (np.abs(result.column - column) <= 2)
            found += bool((hot & near).any())
            if hot.any():
                wrong += (hot & ~near).sum() / hot.sum()
            maps += 1
        lines.append(
            share_line(
                what="hot cells by exposure: planted cluster of 600 m shown",
                stratum=f"{times:g} times as usual, 4 events or more expected",
                k=found,
                n=worlds,
                seed=seed,
                at_least=goal,
            )
        )
        share = wrong / maps
        error = 1.96 * np.sqrt(max(share * (1 - share), 1e-9) / maps)
        lines.append(
            Line(
                what="hot cells by exposure: share of shown squares that are wrong (false discovery rate)",
                stratum=f"{times:g} times as usual",
                figure=float(share),
                low=float(max(share - error, 0)),
                high=float(share + error),
                goal=f"at most {AT:g}",
                holds=bool(share - error <= AT),
                worlds=worlds,
                seed=seed,
            )
        )
    return lines


def _local(worlds, seed):
    """Gi* over a map where counts lie anywhere: false discoveries of exact p, and of the normal p of its z."""
    rng = np.random.default_rng([seed, 4])
    w = weights.on_grid(town_of(np.zeros((SIDE, SIDE), int))[2])
    exact = normal = 0
    for _ in range(worlds):
        counts = rng.permutation(_scattered(rng, support(rng), 260).ravel())
        exact += bool((local_g(counts, w, p="exact").p_adjusted <= AT).any())
        z = local_g(counts, w, p="normal")
        normal += bool((many(z.p_value).adjusted <= AT).any())
    return [
        share_line(
            what="Gi* with exact p: maps with any place at an adjusted .05 where none is",
            stratum="1 event in 5 squares",
            k=exact,
            n=worlds,
            seed=seed,
            at_most=AT,
        ),
        share_line(
            what="Gi* with the normal p of z (for comparison)",
            stratum="1 event in 5 squares",
            k=normal,
            n=worlds,
            seed=seed,
            at_most=1.0,
        ),
    ]
