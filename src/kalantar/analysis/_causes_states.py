# SPDX-License-Identifier: BSD-3-Clause
"""Gain of features that are at work at some times only, and of the same histories moved in time."""

from dataclasses import dataclass, replace

import numpy as np
import shapely
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from kalantar.analysis import _causes_clock as clocks
from kalantar.analysis import _causes_evidence as evidence

RADII = np.array([25.0, 45.0, 75.0, 120.0, 190.0])  # metres at which the nearness has fallen to 1/e
REACH = 2.1  # beyond so many radii nearness counts as none (1.2 %)
NIGHT_M = 120.0  # the nights of a place
NIGHT_REACH_M = 220.0
NIGHT_LEANING = 8.0  # they lean on the station's with the weight of so many events
TWELFTHS = range(2, 11)  # histories moved by so many twelfths of the time
HOUR_SHIFTS = (4, 10, 16, 22, 28, 34, 40, 44)  # half hours by which opening hours are moved


@dataclass(frozen=True)
class Near:
    """Pairs of an event and a feature within reach."""

    event: np.ndarray
    feature: np.ndarray
    metres: np.ndarray
    features: np.ndarray  # (F, 2)
    events: int


@dataclass(frozen=True)
class Gain:
    """What the true history gains, and what fits best."""

    gain: float  # log, averaged over all ways
    rivals: np.ndarray  # the same for each rival history
    special: float  # gain over the rivals: the evidence
    radius_m: float
    signature: int
    z: np.ndarray  # (events,) at the best radius and signature, features at work
    usual: np.ndarray  # (events,)
    features: np.ndarray  # positions of the features that carry the gain
    feature_gain: np.ndarray  # log gain of each
    others: tuple[
        tuple[np.ndarray, np.ndarray], ...
    ] = ()  # (z, usual) of other ways to draw it: all features, each radius


def near_pairs(xy, shapes, middles, reach=None):
    """Near: events within reach of shapely shapes (points, lines, areas; 0 inside), sorted by feature."""
    reach = REACH * RADII[-1] if reach is None else reach
    points = shapely.points(xy)
    feature, event = shapely.STRtree(points).query(shapes, predicate="dwithin", distance=reach)
    order = np.lexsort((event, feature))
    feature, event = feature[order].astype(np.int64), event[order].astype(np.int64)
    return Near(event, feature, shapely.distance(points[event], shapes[feature]), middles, len(xy))


def of_states(near, clock, spells, *, weight):
    """Gain of dated states at any hour. spells : (feature, since slot, until slot) arrays, sorted by feature.

    Rivals: the same states moved round the time by two to ten twelfths.
    """
    last = clock.days * clocks.SLOTS
    truth = _presence(near, clock, spells, clock.running)
    moved = [_presence(near, clock, _shifted(spells, k * last / 12, last), clock.running) for k in TWELFTHS]
    return _weighed(near, [truth], [[one] for one in moved], weight, _alike(near.features, spells, last))


def of_dark_states(near, clock, spells, xy, *, weight):
    """The same in the dark only. Rivals also: by day at the same dates, and at every hour of the same dates.

    A place that is busy at night in any case is held against its own nights while the feature is not in
    its state (`_nights`).
    """
    last = clock.days * clocks.SLOTS
    light_running = clock.running - clock.running_dark
    more_dark, more_light = (one[near.event] for one in _nights(near, clock, spells, xy))

    def presence(history, with_dark, with_light):
        dark, dark_usual = _presence(near, clock, history, clock.running_dark)
        light, light_usual = _presence(near, clock, history, light_running)
        begin, end = clock.begin[near.event], clock.end[near.event]
        whole = np.maximum(clock.running[end] - clock.running[begin], 1e-300)
        dark_part = (clock.running_dark[end] - clock.running_dark[begin]) / whole
        scale = np.maximum(more_dark * dark_part + more_light * (1 - dark_part), 1e-9)
        held = with_dark * more_dark * dark + with_light * more_light * light
        return held / scale, with_dark * more_dark * dark_usual + with_light * more_light * light_usual

    truth = presence(spells, 1, 0)
    moved = [presence(_shifted(spells, k * last / 12, last), 1, 0) for k in TWELFTHS]
    moved += [presence(spells, 0, 1), presence(spells, 1, 1)]
    return _weighed(near, [truth], [[one] for one in moved], weight, _alike(near.features, spells, last))


def _nights(near, clock, spells, xy):
    """(dark, light), each (n,): how many times as many as the station's share the place has in the dark and light.

    From the events around, itself left out, that did not fall into the state of a feature near them.
    """
    n = len(xy)
    share = float(np.clip(clock.running_dark[-1], 0.02, 0.98))
    held, _ = _presence(near, clock, spells, clock.running)
    close = near.metres <= NIGHT_REACH_M
    during = np.bincount(near.event[close], held[close], n) > 0.25
    whole = np.maximum(clock.running[clock.end] - clock.running[clock.begin], 1e-300)
    dark = (clock.running_dark[clock.end] - clock.running_dark[clock.begin]) / whole
    counted = (clock.hour_known & ~during).astype(float)
    pairs = cKDTree(xy).query_pairs(NIGHT_REACH_M, output_type="ndarray")
    a, b = pairs[:, 0], pairs[:, 1]
    nearness = np.exp(-((xy[a] - xy[b]) ** 2).sum(axis=1) / NIGHT_M**2)
    many = np.bincount(a, nearness * counted[b], n) + np.bincount(b, nearness * counted[a], n)
    of_dark = np.bincount(a, nearness * (counted * dark)[b], n) + np.bincount(b, nearness * (counted * dark)[a], n)
    own = (of_dark + NIGHT_LEANING * share) / (many + NIGHT_LEANING)
    return own / share, (1 - own) / (1 - share)


def of_hours(near, clock, masks, dates, *, weight, hours):
    """Gain of hours of the day. masks : list over signatures of (F, SLOTS); dates : (F, days) or None.

    hours : (events, SLOTS) usual hours of the day at the place of each event; rows sum to 1.
    """
    there: np.ndarray | float = 1.0
    share: np.ndarray | float = 1.0
    if dates is not None:
        day = np.clip(clock.middle[near.event].astype(int), 0, clock.days - 1)
        there, share = dates[near.feature, day], (dates @ clock.by_day)[near.feature]

    def presence(mask):
        held, usual = clock.hours @ mask.T, hours @ mask.T
        return there * held[near.event, near.feature], share * usual[near.event, near.feature]

    truth = [presence(mask) for mask in masks]
    moved = [[presence(np.roll(mask, k, axis=1)) for mask in masks] for k in HOUR_SHIFTS]
    return _weighed(near, truth, moved, weight, None)


def _presence(near, clock, spells, running):
    """(z of the event's interval, mean over the usual time) for each pair, nearness left out."""
    feature, since, until = spells
    count = len(near.features)
    usual = np.bincount(feature, clocks.overlap(running, since, until), count)
    first = np.searchsorted(feature, np.arange(count + 1))
    times = (first[1:] - first[:-1])[near.feature]
    pair = np.repeat(np.arange(len(near.event)), times)
    which = np.repeat(first[near.feature] - np.cumsum(times) + times, times) + np.arange(len(pair))
    begin, end = clock.begin[near.event[pair]], clock.end[near.event[pair]]
    low, high = np.maximum(since[which], begin), np.minimum(until[which], end)
    held = np.bincount(pair, clocks.overlap(running, low, high), len(near.event))
    whole = clock.running[clock.end[near.event]] - clock.running[clock.begin[near.event]]
    return np.minimum(held / np.maximum(whole, 1e-300), 1.0), usual[near.feature]


def _shifted(spells, by, last):
    feature, since, until = spells
    since, until = since + by, until + by
    over = since >= last
    since, until = np.where(over, since - last, since), np.where(over, until - last, until)
    cut = until > last
    feature = np.concatenate([feature, feature[cut]])
    since = np.concatenate([since, np.zeros(cut.sum())])
    until = np.concatenate([np.minimum(until, last), until[cut] - last])
    order = np.argsort(feature, kind="stable")
    return feature[order], since[order], until[order]


def _alike(features, spells, last):
    """Sparse (F, F): how much of the time of one feature's state the other is in its state too."""
    feature, since, until = spells
    cells = 256
    on = np.zeros((len(features), cells))
    for f, a, b in zip(feature, since / last * cells, until / last * cells, strict=True):
        on[f, int(a) : int(np.ceil(b))] = 1
    on /= np.maximum(np.sqrt((on * on).sum(axis=1, keepdims=True)), 1e-9)
    return on


def _crowding(features, radius, alike):
    """How many features of like history stand together at each: several lamps out together count once."""
    pairs = cKDTree(features).query_pairs(REACH * radius, output_type="ndarray")
    crowd = np.ones(len(features))
    if len(pairs):
        a, b = pairs[:, 0], pairs[:, 1]
        together = np.exp(-(((features[a] - features[b]) ** 2).sum(axis=1)) / radius**2)
        if alike is not None:
            together = together * (alike[a] * alike[b]).sum(axis=1)
        crowd += np.bincount(a, together, len(crowd)) + np.bincount(b, together, len(crowd))
    return crowd


def _places(features, radius):
    """Group number of each feature: features nearer than 1.2 radii to one another are one place."""
    pairs = cKDTree(features).query_pairs(1.2 * radius, output_type="ndarray")
    graph = sparse.coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(features),) * 2)
    return csgraph.connected_components(graph, directed=False)


def _weighed(near, truth, rivals, weight, alike):
    """truth : list over signatures of presences; rivals : list of such lists; weight : 1 for events that count."""
    from kalantar.analysis import _causes_kernels as kernels

    histories, signatures, strengths = [truth, *rivals], len(truth), len(evidence.STRENGTHS)
    held = np.array([one[0] for history in histories for one in history])
    usual = np.array([one[1] for history in histories for one in history])
    rows = len(held)
    values = np.full((len(histories), signatures, len(RADII)), -np.inf)
    best: tuple = (-np.inf, None)
    others = []
    for r, radius in enumerate(RADII):
        close = (near.metres <= REACH * radius) & (weight[near.event] > 0)
        event, feature = near.event[close], near.feature[close]
        if not len(event):
            values[:, :, r] = 0.0
            continue
        crowd = _crowding(near.features, radius, alike)
        nearness = np.exp(-((near.metres[close] / radius) ** 2)) / crowd[feature]
        groups, group = _places(near.features, radius)
        key = group[feature] * near.events + event
        order = np.argsort(key, kind="stable")
        first = np.flatnonzero(np.r_[True, np.diff(key[order]) > 0])
        one_event, one_group = np.divmod(key[order][first], near.events)[::-1]
        by_group, together = np.zeros((rows, groups, strengths)), np.zeros((rows, strengths))
        chosen = np.flatnonzero(close)[order]
        kernels.weigh(
            np.append(first, len(order)),
            np.ascontiguousarray(one_event),
            np.ascontiguousarray(one_group),
            nearness[order],
            np.ascontiguousarray(held[:, chosen]),
            np.ascontiguousarray(usual[:, chosen]),
            evidence.STRENGTHS,
            by_group,
            together,
        )
        apart = evidence.mixed(by_group)
        ways = evidence.averaged(
            np.stack([evidence.averaged(apart, axis=1), evidence.averaged(together, axis=1)]), axis=0
        )
        values[:, :, r] = ways.reshape(len(histories), signatures)
        s = int(ways[:signatures].argmax())
        others.append(
            tuple(
                np.bincount(near.event[chosen], nearness[order] * one[s, chosen], near.events) for one in (held, usual)
            )
        )
        if ways[s] > best[0]:
            best = (ways[s], (r, s, group, by_group[s], one_event, one_group, first, chosen, nearness[order]))
    by_history = evidence.averaged(values.reshape(len(histories), -1), axis=1)
    gain, rivals_gain = float(by_history[0]), by_history[1:]
    special = evidence.against(gain, rivals_gain)
    return replace(_best(near, best[1], gain, rivals_gain, special, held, usual), others=tuple(others))


def _best(near, found, gain, others, special, held, usual_of):
    z, usual = np.zeros(near.events), np.zeros(near.events)
    if found is None:
        none = np.empty(0, np.int64)
        return Gain(gain, others, special, float(RADII[2]), 0, z, usual, none, np.empty(0))
    r, s, group, by_group, one_event, one_group, first, chosen, nearness = found
    one_z, one_mean = (np.add.reduceat(nearness * one[s, chosen], first) for one in (held, usual_of))
    own = evidence.averaged(by_group, axis=1)
    strong = own > max(0.0, 0.1 * own.max()) if own.max() > 0 else np.ones(len(own), bool)
    at_work = strong[one_group]
    z += np.bincount(one_event[at_work], one_z[at_work], near.events)
    usual += np.bincount(one_event[at_work], one_mean[at_work], near.events)
    chosen = np.flatnonzero(strong[group])
    return Gain(gain, others, special, float(RADII[r]), int(s), z, usual, chosen, own[group[chosen]])
