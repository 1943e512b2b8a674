# SPDX-License-Identifier: BSD-3-Clause
"""Gain of contagion (again, soon and close) and of a move from next door."""

import numpy as np
from scipy import special
from scipy.spatial import cKDTree

from kalantar.analysis import _causes_evidence as evidence
from kalantar.analysis import _causes_states as states

NEAR_RADII = np.array([40.0, 80.0, 150.0])  # metres
NEAR_DAYS = np.array([2.0, 5.0, 12.0])
SLOW_RADII = np.array([80.0, 200.0, 350.0])  # the rival: a place that is busier for a season
SLOW_DAYS = np.array([25.0, 60.0])
REACH = 1.8  # beyond so many radii nearness counts as none (4 %)
WIDE_M = 350.0  # what is usual about a place
REST_M = 400.0  # the rest of the station lies farther away
SHOCK_LEANING = 5.0  # it leans on the usual with the weight of so many events
SLOW = np.array([0.03, 0.1, 0.3, 1.0, 3.0])
EDGES = np.array([150.0, 300.0, 600.0])
BANDS = 100


def contagion(xy, clock, *, weight):
    """states.Gain of "each event raises the chance of another one close by in the next days".

    Rival: risk that is higher in a quarter for a month or two, before as well as after.
    """
    n = len(xy)
    day = np.clip(clock.middle.astype(int), 0, clock.days - 1)
    level = clock.by_day[day] * clock.days  # 1 = the mean day
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
    shock = {mean_days: _shock(clock, first, second, metres, gap, mean_days, n) for mean_days in NEAR_DAYS}
    values, best = [], (-np.inf, None)
    for radius in NEAR_RADII:
        close = metres <= REACH * radius
        one, two, nearness, since = first[close], second[close], np.exp(-((metres[close] / radius) ** 2)), gap[close]
        share = radius**2 / WIDE_M**2 * around  # events one would find within the radius if the quarter were even
        for mean_days in NEAR_DAYS:
            z = np.bincount(two, nearness * np.exp(-since / mean_days) / mean_days, n) * clock.days / (share * level)
            left = np.maximum(clock.days - clock.middle, 0.01)
            whole = 1 - np.exp(-left / mean_days)
            usual = (np.bincount(one, nearness * whole[two], n) + np.bincount(two, nearness * whole[one], n)) / share
            usual *= shock[mean_days]
            found = _of(z, usual, weight)
            values.append(found)
            if found > best[0]:
                best = (found, (radius, mean_days, z, usual))
    slow = []
    for radius in SLOW_RADII:
        close = metres <= REACH * radius
        one, two, nearness, since = first[close], second[close], np.exp(-((metres[close] / radius) ** 2)), gap[close]
        share = radius**2 / WIDE_M**2 * around
        for mean_days in SLOW_DAYS:
            spread = np.exp(-0.5 * (since / mean_days) ** 2) / (mean_days * np.sqrt(2 * np.pi)) * nearness
            inside = special.ndtr((clock.days - clock.middle) / mean_days) - special.ndtr(-clock.middle / mean_days)
            z = (np.bincount(two, spread, n) + np.bincount(one, spread, n)) * clock.days / (share * level)
            usual = (np.bincount(one, nearness * inside[two], n) + np.bincount(two, nearness * inside[one], n)) / share
            slow.append(0.5 * _of(z, usual, weight, SLOW))  # each pair counts from both sides
    gain = float(evidence.averaged(values))
    rivals = np.array(slow)
    radius, mean_days, z, usual = best[1]
    none = np.empty(0, np.int64)
    made = states.Gain(gain, rivals, evidence.against(gain, rivals), float(radius), 0, z, usual, none, np.empty(0))
    return made, float(mean_days)


def _shock(clock, first, second, metres, gap, mean_days, n):
    """(n,) how much fuller the days before each event were in the rest of the station than usual.

    A feast or a wet week makes events close in days everywhere; that is no contagion.
    """
    order = np.argsort(clock.middle, kind="stable")
    t = clock.middle[order]
    before = np.zeros(n)
    running = 0.0
    for i in range(1, n):
        running = (running + 1.0) * np.exp((t[i - 1] - t[i]) / mean_days)
        before[order[i]] = running
    close = metres <= REST_M
    before -= np.bincount(second[close], np.exp(-gap[close] / mean_days), n)
    lag, m = np.arange(int(8 * mean_days) + 1), mean_days
    back = m * m * np.exp(-lag / m) * (np.exp(1 / m) + np.exp(-1 / m) - 2)  # both moments anywhere in their days
    back[0] = m * (1 - m * (1 - np.exp(-1 / m)))
    usual = np.convolve(clock.by_day, back)[: clock.days]
    day = np.clip(clock.middle.astype(int), 0, clock.days - 1)
    rest = n - np.bincount(first[close], minlength=n) - np.bincount(second[close], minlength=n) - 1
    expected = usual[day] * np.maximum(rest, 0)
    return (np.maximum(before, 0) + SHOCK_LEANING) / (expected + SHOCK_LEANING)


CONTAGION = np.array([0.05, 0.1, 0.2, 0.4, 0.8, 1.6])


def _of(z, usual, weight, strengths=CONTAGION):
    each = np.log1p(strengths[None, :] * z[:, None]) - np.log1p(strengths[None, :] * usual[:, None])
    return float(evidence.averaged((weight[:, None] * each).sum(axis=0)))


def from_next_door(metres, clock, spells, *, weight):
    """states.Gain of "more happens on the neighbour's side since the change there, against the rest".

    metres : list over ways to measure the distance of (n, F), each event to each change. The share of all
    events that falls into the time since the change is left free for each strength: a rise of the
    whole station alone gains nothing. Rivals: other dates of the change.
    """
    n, count = metres[0].shape
    last = clock.days * states.clocks.SLOTS
    rows = np.repeat(np.arange(n), count)
    near = states.Near(rows, np.tile(np.arange(count), n), metres[0].ravel(), np.zeros((count, 2)), n)
    histories = [spells] + [states._shifted(spells, k * last / 12, last) for k in range(1, 12)]
    since = [states._presence(near, clock, one, clock.running)[0].reshape(n, count) for one in histories]
    beyond = [np.maximum(one - np.quantile(one, 0.01, axis=0), 0) for one in metres]
    values = np.full((len(histories), len(metres), len(EDGES), count), -np.inf)
    best = (-np.inf, None)
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
