# SPDX-License-Identifier: BSD-3-Clause
"""Gain of contagion (again, soon and close) and of a move from next door."""

import numpy as np
from scipy import ndimage, special
from scipy.spatial import cKDTree

from kalantar.analysis import _causes_clock as clocks
from kalantar.analysis import _causes_evidence as evidence
from kalantar.analysis import _causes_states as states

NEAR_RADII = np.array([40.0, 80.0, 150.0])  # metres
NEAR_DAYS = np.array([2.0, 5.0, 12.0])
SLOW_RADII = np.array([80.0, 200.0, 350.0])  # the rival: a place that is busier for a season
SLOW_DAYS = np.array([25.0, 60.0])
REACH = 1.8  # beyond so many radii nearness counts as none (4 %)
WIDE_M = 350.0  # what is usual about a place
REST_M = 400.0  # the rest of the station lies farther away
LEVEL_LEANING = 3.0
SHOCK_LEANING = 5.0  # it leans on the usual with the weight of so many events
CONTAGION = np.array([0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2])  # events that follow each, where the quarter is even
SLOW = np.array([0.03, 0.1, 0.3, 1.0, 3.0])
QUARTER_M = 450.0
SEASON_DAYS = 75.0
SLOW_WORTH = 0.5  # each pair counts from both sides
EDGES = np.array([150.0, 300.0, 600.0])
BANDS = 100


def contagion(xy, clock, *, weight, beside=None):
    """states.Gain of "each event raises the chance of another one close by in the next days".

    beside : (excess at the event, mean excess) of a cause already taken in; then the gain is what comes on top.

    Rival: risk that is higher in a quarter for a month or two, before as well as after.
    """
    n = len(xy)
    pairs = cKDTree(xy).query_pairs(REACH * SLOW_RADII[-1], output_type="ndarray")
    a, b = pairs[:, 0], pairs[:, 1]
    metres = np.linalg.norm(xy[a] - xy[b], axis=1)
    later = clock.middle[b] > clock.middle[a]
    first, second = np.where(later, a, b), np.where(later, b, a)
    gap = clock.middle[second] - clock.middle[first]
    written_twice = (metres < 0.5) & (gap < 1e-9)
    first, second, metres, gap = (one[~written_twice] for one in (first, second, metres, gap))
    wide = np.exp(-((metres / WIDE_M) ** 2))
    around = 1.0 + np.bincount(first, wide, n) + np.bincount(second, wide, n)
    rest = metres <= REST_M
    level = _level(clock, first[rest], second[rest], gap[rest], n)
    shock = {
        mean_days: _shock(clock, first[rest], second[rest], gap[rest], level, mean_days, n) for mean_days in NEAR_DAYS
    }
    coverings = _coverings(xy, clock.middle)
    held, mean = (np.zeros(n), np.zeros(n)) if beside is None else beside
    beside = 1 + held, 1 + mean
    both = np.concatenate([second, first]), np.concatenate([first, second])  # child, parent: one after, one before
    as_child = np.where(gap > 0, 1.0, 0.5), np.where(gap > 0, 0.0, 0.5)  # at one moment, either may be the first
    values = []
    best: tuple = (-np.inf, None)
    for radius in NEAR_RADII:
        close = metres <= REACH * radius
        pairs = np.tile(close, 2)
        nearness = np.exp(-((metres[close] / radius) ** 2))
        share = radius**2 / WIDE_M**2 * around  # events one would find within the radius if the quarter were even
        for mean_days in NEAR_DAYS:
            follows = nearness * np.exp(-gap[close] / mean_days) / mean_days * clock.days
            z = np.concatenate([follows * as_child[0][close], follows * as_child[1][close]])
            whole = 1 - np.exp(-np.maximum(clock.days - clock.middle, 0.01) / mean_days)
            found, parts = _of(
                both[0][pairs], both[1][pairs], z, np.tile(nearness, 2) * whole[both[1][pairs]], share,
                level * shock[mean_days], beside, weight, coverings, CONTAGION,
            )  # fmt: skip
            values.append(found)
            if found > best[0]:
                best = (found, (radius, mean_days, *parts))
    slow = []
    for radius in SLOW_RADII:
        close = metres <= REACH * radius
        pairs = np.tile(close, 2)
        nearness = np.exp(-((metres[close] / radius) ** 2))
        share = radius**2 / WIDE_M**2 * around
        for mean_days in SLOW_DAYS:
            spread = np.exp(-0.5 * (gap[close] / mean_days) ** 2) / (mean_days * np.sqrt(2 * np.pi)) * clock.days
            inside = special.ndtr((clock.days - clock.middle) / mean_days) - special.ndtr(-clock.middle / mean_days)
            found, _ = _of(
                both[0][pairs], both[1][pairs], np.tile(nearness * spread, 2),
                np.tile(nearness, 2) * inside[both[1][pairs]], share, level, beside, weight, coverings, SLOW, worth=SLOW_WORTH,
            )  # fmt: skip
            slow.append(found)
    gain = float(evidence.averaged(values))
    rivals = np.array(slow)
    radius, mean_days, z, usual = best[1]
    none = np.empty(0, np.int64)
    made = states.Gain(gain, rivals, evidence.against(gain, rivals), float(radius), 0, z, usual, none, np.empty(0))
    return made, float(mean_days)


def _level(clock, first, second, gap, n):
    """(n,) how full the weeks around each event were in the rest of the station; 1 = the mean day.

    first, second, gap : pairs within REST_M, whose part is taken off: what happens near an event must not
    count as the station's own season.
    """
    width = clock.width
    day = np.clip(clock.middle.astype(int), 0, clock.days - 1)
    inside = special.ndtr((clock.days - clock.middle) / width) - special.ndtr(-clock.middle / width)
    per_day = np.bincount(day, minlength=clock.days).astype(float)
    around = ndimage.gaussian_filter1d(per_day, width, mode="constant")[day]
    close = np.exp(-0.5 * (gap / width) ** 2) / (width * np.sqrt(2 * np.pi))
    own = 1 / (width * np.sqrt(2 * np.pi))
    around -= own + np.bincount(first, close, n) + np.bincount(second, close, n)
    window = np.maximum(width * np.sqrt(4 * np.pi) * inside, 1.0)  # days that carry the mean
    expected = _rest(first, second, n) * window / clock.days
    return (np.maximum(around, 0) / np.maximum(inside, 0.3) * window + LEVEL_LEANING) / (expected + LEVEL_LEANING)


def _shock(clock, first, second, gap, level, mean_days, n):
    """(n,) how much fuller the days before each event were in the rest of the station than its season.

    A feast or a wet week makes events close in days everywhere; that is no contagion.
    """
    t, place, many = np.unique(clock.middle, return_inverse=True, return_counts=True)
    ahead = np.zeros(len(t))
    for i in range(1, len(t)):
        ahead[i] = (ahead[i - 1] + many[i - 1]) * np.exp((t[i - 1] - t[i]) / mean_days)
    before = (ahead + (many - 1) / 2)[place.ravel()]
    close = np.exp(-gap / mean_days)
    before -= np.bincount(second, np.where(gap > 0, close, 0.5), n) + np.bincount(first, np.where(gap > 0, 0.0, 0.5), n)
    whole = mean_days * (1 - np.exp(-clock.middle / mean_days))
    expected = _rest(first, second, n) * level * whole / clock.days
    return (np.maximum(before, 0) + SHOCK_LEANING) / (expected + SHOCK_LEANING)


def _rest(first, second, n):
    return np.maximum(n - 1 - np.bincount(first, minlength=n) - np.bincount(second, minlength=n), 0)


def _coverings(xy, t):
    """Ground and time in squares of all days and of a season, each once more moved by half a side.

    List of (quarter of each event, season of each event, how many quarters, how many seasons).
    """
    out = []
    for season in (np.inf, SEASON_DAYS):
        for moved in (0.0, 0.5):
            cell = np.floor((xy - xy.min(axis=0)) / QUARTER_M + moved).astype(np.int64)
            _, quarter = np.unique(cell, axis=0, return_inverse=True)
            period = np.floor(t / season + moved).astype(np.int64)
            out.append((quarter.ravel(), period, int(quarter.max()) + 1, int(period.max()) + 1))
    return out


def _of(child, parent, z, usual, share, level, beside, weight, coverings, strengths, worth=1.0):
    """(log gain, (z, usual) of each event): everywhere alike, in some quarters, after events of some season.

    Each pair of a child and a parent adds z and usual to the child. An event of the quarter pays for the usual
    part of every season's parents, also when it fell into another one.
    """
    n = len(share)
    found: list[float] = []
    for quarter, period, quarters, periods in coverings:
        key = child * periods + period[parent]
        zs, us = (np.bincount(key, one, n * periods) for one in (z, usual))
        entry = np.flatnonzero(us)
        event = entry // periods
        zs, us = zs[entry] / share[event], us[entry] / share[event]
        us = us * np.where((zs > 0) | (period[event] == entry % periods), level[event], 1.0)
        each = np.log1p(strengths[:, None] * zs / beside[0][event]) - np.log1p(
            strengths[:, None] * us / beside[1][event]
        )
        each *= weight[event] * worth
        block = quarter[event] * periods + entry % periods
        by_block = np.stack([np.bincount(block, one, quarters * periods) for one in each], axis=1)
        by_block = by_block[np.bincount(block, minlength=quarters * periods) > 0]
        if not found:
            found.append(evidence.averaged(each.sum(axis=1)))
            whole = np.bincount(event, zs, n), np.bincount(event, us, n)
        found.append(evidence.averaged(evidence.mixed(by_block)) if len(by_block) else 0.0)
    return evidence.averaged([evidence.averaged(found[1:]), found[0]]), whole


def from_next_door(metres, clock, spells, *, weight):
    """states.Gain of "more happens on the neighbour's side since the change there, against the rest".

    metres : list over ways to measure the distance of (n, F), each event to each change. The share of all
    events that falls into the time since the change is left free for each strength: a rise of the
    whole station alone gains nothing. Rivals: other dates of the change.
    """
    n, count = metres[0].shape
    last = clock.days * clocks.SLOTS
    rows = np.repeat(np.arange(n), count)
    near = states.Near(rows, np.tile(np.arange(count), n), metres[0].ravel(), np.zeros((count, 2)), n)
    histories = [spells] + [states._shifted(spells, k * last / 12, last) for k in states.TWELFTHS]
    since = [states._presence(near, clock, one, clock.running)[0].reshape(n, count) for one in histories]
    beyond = [np.maximum(one - np.quantile(one, 0.01, axis=0), 0) for one in metres]
    values = np.full((len(histories), len(metres), len(EDGES), count), -np.inf)
    best: tuple = (-np.inf, None)
    for m, away in enumerate(beyond):
        for e, edge in enumerate(EDGES):
            nearness = np.exp(-((away / edge) ** 2)) * weight[:, None]
            for f in range(count):
                for h, held in enumerate(since):
                    values[h, m, e, f] = evidence.averaged(_contrast(nearness[:, f], held[:, f]))
                if values[0, m, e, f] > best[0]:
                    usual = nearness[:, f] * since[0][:, f].mean()
                    best = (values[0, m, e, f], (edge, f, nearness[:, f] * since[0][:, f], usual))
    by_history = evidence.averaged(values.reshape(len(histories), -1), axis=1)
    gain, rivals = float(by_history[0]), by_history[1:]
    edge, f, z, usual = best[1]
    return states.Gain(
        gain, rivals, evidence.against(gain, rivals), float(edge), 0, z, usual, np.array([f]), np.array([best[0]])
    )


def _contrast(nearness, held):
    """(strengths,) log gain of theta in: odds of "since" at a place = odds of the station x (1 + theta nearness).

    Events of like nearness (a hundredth) are counted together.
    """
    shade = np.minimum((nearness * BANDS).astype(np.int64), BANDS - 1)
    n = np.bincount(shade, minlength=BANDS).astype(float)
    used = n > 0
    yes, n = np.bincount(shade, held, BANDS)[used], n[used]
    share = np.clip(yes.sum() / n.sum(), 1e-6, 1 - 1e-6)
    lean = np.log1p(evidence.STRENGTHS[:, None] * ((np.flatnonzero(used) + 0.5) / BANDS)[None, :])
    level = np.full((len(lean), 1), special.logit(share)) - lean @ (n / n.sum())[:, None]
    for _ in range(6):  # Newton on the station's own odds
        p = special.expit(level + lean)
        step = (p @ n - share * n.sum()) / np.maximum((p * (1 - p)) @ n, 1e-9)
        level -= np.clip(step, -2, 2)[:, None]
    log_q = special.log_expit(-(level + lean))
    fitted = special.log_expit(level + lean) @ yes + log_q @ (n - yes)
    return fitted - n.sum() * (share * np.log(share) + (1 - share) * np.log1p(-share))
