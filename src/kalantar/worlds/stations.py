# SPDX-License-Identifier: BSD-3-Clause
"""One station's time: what stands there since when, what happened, and what was planted."""

from dataclasses import dataclass, field

import numpy as np

from kalantar.worlds.grounds import Ground, ground

CAUSES = ("dead_lamps", "derelict", "attractor_hours", "near_repeat", "displacement", "none")
DAY = np.timedelta64(1, "D")
SECOND = np.timedelta64(1, "s")
LATITUDE = 34.3  # Kermanshah
NOON = 12.35  # local time of the highest sun


@dataclass(frozen=True)
class Feature:
    """One thing on the ground. Times are local, without a zone; NaT = before, or after, all we know."""

    kind: str  # "lamp", "derelict", "attractor", "stop", "park", "neighbour_change"
    name: str
    xy: np.ndarray  # (2,) point, or (k, 2) outline
    states: tuple[tuple[np.datetime64, np.datetime64], ...] = ()  # out, derelict, open for business, changed
    hours: tuple[tuple[float, float], ...] = ()  # of the day; 22 to 26 = until two at night


@dataclass(frozen=True)
class Station:
    """What a station would have in its files, and `truth` beside it."""

    seed: int
    cause: str
    ground: Ground
    begins: np.datetime64
    ends: np.datetime64
    xy: np.ndarray  # (n, 2) as written down
    start: np.ndarray  # datetime64[s] (n,)
    end: np.ndarray  # the same as start where the moment is known
    types: tuple[str, ...]
    features: tuple[Feature, ...]
    neighbour: np.ndarray  # datetime64[s]: what happened next door
    truth: dict = field(default_factory=dict)

    def of_kind(self, kind):
        return [one for one in self.features if one.kind == kind]


def is_dark(moments):
    """Is the sun down? Local clock of Kermanshah; the same rule as a pocket almanac."""
    moments = np.asarray(moments, "datetime64[s]")
    day = (moments.astype("datetime64[D]") - moments.astype("datetime64[Y]").astype("datetime64[D]")).astype(float)
    hour = (moments - moments.astype("datetime64[D]")) / np.timedelta64(1, "h")
    tilt = np.radians(23.44) * np.sin(2 * np.pi * (day - 80) / 365.25)
    half_day = np.degrees(np.arccos(np.clip(-np.tan(np.radians(LATITUDE)) * np.tan(tilt), -1, 1))) / 15
    return np.abs(hour - NOON) > half_day + 0.4


def station(
    seed, *, cause="none", events=None, days=None, share=None, radius_m=None, rounded=None, begins="2025-03-21"
):
    """Station: one made-up year with one planted cause.

    cause : one of CAUSES. events : about how many in all (60 to 1500); days : how long; share : of all
    events, the part the cause adds (0.08 to 0.3); radius_m : how far it reaches; rounded : "no", "block"
    or "grid", how places were written down. What is not given is drawn from the seed.
    Raises ValueError: an unknown cause.
    """
    if cause not in CAUSES:
        raise ValueError(f"cause must be one of {', '.join(CAUSES)}, got {cause!r}")
    rng = np.random.default_rng([seed, CAUSES.index(cause), 20261125])
    begins = np.datetime64(begins, "s")
    days = int(days or rng.integers(270, 541))
    events = int(events or np.exp(rng.uniform(np.log(180), np.log(900))))
    radius_m = float(radius_m or rng.uniform(40, 130))
    made = ground(
        rng,
        size_m=rng.uniform(1700, 2700),
        block_m=rng.uniform(85, 130),
        main_every=int(rng.integers(4, 7)),
    )
    features = _features(rng, made, begins, days)
    heat = made.people * rng.gamma(rng.uniform(0.5, 2.0), 1.0, len(made.spots))
    xy, t = _usual(rng, made, heat, begins, days, events)
    wanted = rng.uniform(0.10, 0.22) if share is None else share
    extra = max(14, rng.poisson(wanted * events)) if cause != "none" else 0
    more, truth = _planted(rng, cause, made, features, heat, begins, days, extra, radius_m, (xy, t))
    truth |= {"cause": cause, "seed": seed, "days": days, "usual": len(t), "radius_m": round(radius_m, 1)}
    next_door = _next_door(rng, begins, days, events, features, truth)
    all_xy, all_t = np.concatenate([xy, more[0]]), np.concatenate([t, more[1]])
    inside = (all_t >= begins) & (all_t < begins + days * DAY)
    all_xy, all_t = all_xy[inside], all_t[inside]
    truth["planted"] = int(inside[len(t) :].sum())
    order = np.argsort(all_t, kind="stable")
    all_xy, all_t = all_xy[order], all_t[order]
    written_xy = _rounded(rng, all_xy, made, rounded or rng.choice(["no", "no", "block", "grid"]))
    start, end = _known_as(rng, all_t)
    types = tuple(rng.choice(["T-INCAR", "T-PARTS", "T-SNATCH", "T-MOTO"], len(all_t), p=[0.45, 0.25, 0.15, 0.15]))
    return Station(
        seed=seed,
        cause=cause,
        ground=made,
        begins=begins,
        ends=begins + days * DAY,
        xy=written_xy,
        start=start,
        end=end,
        types=types,
        features=features,
        neighbour=next_door,
        truth=truth,
    )


# -- what stands there ------------------------------------------------------------------------


def _features(rng, made, begins, days):
    never = np.datetime64("NaT", "s")
    out = []
    lamps, of = _lamp_places(rng, made)
    weight = np.where(made.street_is_main[of], 2.0, 1.0)
    states = {i: [] for i in range(len(lamps))}
    for _ in range(rng.integers(5, 13)):  # a feeder fails: neighbours go dark together
        first = rng.choice(len(lamps), p=weight / weight.sum())
        near = np.argsort(np.linalg.norm(lamps - lamps[first], axis=1))[: rng.integers(2, 7)]
        since, lasts = rng.uniform(0, days - 20), rng.uniform(20, 110)
        for i in near:
            states[i].append(_spell(begins, since, min(days + 30, since + lasts)))
    for i in rng.choice(len(lamps), min(len(lamps), rng.integers(8, 25)), replace=False):  # a bulb fails
        since = rng.uniform(-20, days)
        states[i].append(_spell(begins, since, since + rng.uniform(3, 40)))
    for i, where in enumerate(lamps):
        out.append(Feature("lamp", f"L{i + 1}", where, tuple(_merged(states[i]))))
    for i, where in enumerate(_beside(rng, made, rng.integers(5, 14), main=1.4)):
        if rng.random() < 0.3:
            spell = (never, never)
        else:
            since = begins + np.timedelta64(int(rng.uniform(0.1, 0.85) * days), "D")
            until = since + np.timedelta64(int(rng.uniform(60, 200)), "D") if rng.random() < 0.3 else never
            spell = (since, until)
        out.append(Feature("derelict", f"D{i + 1}", where, (spell,)))
    for i, where in enumerate(_beside(rng, made, rng.integers(3, 9), main=6.0)):
        opens = rng.choice([7.0, 8.0, 10.0, 16.0, 17.0, 19.0])
        closes = opens + rng.choice([4.0, 5.0, 6.0, 8.0, 12.0])
        out.append(Feature("attractor", f"A{i + 1}", where, ((never, never),), ((opens, min(closes, 26.0)),)))
    for i, where in enumerate(_beside(rng, made, rng.integers(8, 20), main=8.0)):
        out.append(Feature("stop", f"S{i + 1}", where))
    for i, where in enumerate(_beside(rng, made, rng.integers(1, 4), main=1.0)):
        turn = np.linspace(0, 2 * np.pi, 9)
        out.append(
            Feature("park", f"P{i + 1}", where + rng.uniform(40, 90) * np.column_stack([np.cos(turn), np.sin(turn)]))
        )
    sides = rng.choice(4, rng.integers(1, 3), replace=False)
    for i, side in enumerate(sides):
        since = begins + np.timedelta64(int(rng.uniform(0.25, 0.75) * days), "D")
        out.append(Feature("neighbour_change", f"N{i + 1}", _border(made, side), ((since, never),)))
    return tuple(out)


def _spell(begins, since, until):
    return begins + np.timedelta64(int(since * 86400), "s"), begins + np.timedelta64(int(until * 86400), "s")


def _merged(spells):
    out = []
    for since, until in sorted(spells):
        if out and since <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], until))
        else:
            out.append((since, until))
    return out


def _lamp_places(rng, made):
    length = np.linalg.norm(made.street_to - made.street_from, axis=1)
    n = np.maximum(1, (length / 45).astype(int))
    of = np.repeat(np.arange(len(n)), n)
    step = (np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n) + 0.5) / n[of]
    lamps = made.street_from[of] + step[:, None] * (made.street_to - made.street_from)[of]
    kept = rng.random(len(lamps)) < 0.35  # the lamp book of a station is never whole
    return lamps[kept] + rng.normal(0, 3, (kept.sum(), 2)), of[kept]


def _beside(rng, made, n, *, main):
    weight = np.where(made.spot_is_main, main, 1.0)
    chosen = rng.choice(len(made.spots), int(n), replace=False, p=weight / weight.sum())
    return made.spots[chosen] + rng.normal(0, 12, (int(n), 2))


def _border(made, side):
    k = (len(made.area) - 1) // 4
    return made.area[side * k : side * k + k + 1]


# -- what happens anyway ------------------------------------------------------------------------


def _usual(rng, made, heat, begins, days, events):
    by_day = np.exp(
        rng.uniform(-0.5, 0.5) * np.linspace(-0.5, 0.5, days)
        + rng.uniform(0, 0.35) * np.sin(2 * np.pi * (np.arange(days) + rng.uniform(0, 365)) / 365.25)
    )
    by_day *= np.repeat(rng.gamma(12, 1 / 12, days // 7 + 1), 7)[:days]  # a wetter week, a match, a feast
    weekday = rng.dirichlet(np.full(7, 25.0))
    by_day *= weekday[(begins.astype("datetime64[D]").astype(int) + np.arange(days)) % 7]
    n = rng.poisson(events)
    day = rng.choice(days, n, p=by_day / by_day.sum())
    spot = rng.choice(len(heat), n, p=heat / heat.sum())
    hour = np.where(made.spot_is_main[spot], _hours(rng, n, late=0.45), _hours(rng, n, late=0.62))
    t = begins + (day * 86400 + hour * 3600).astype(int) * SECOND
    return made.spots[spot] + rng.normal(0, 6, (n, 2)), t


def _hours(rng, n, *, late):
    """Hours of the day of `n` events, the share `late` around eleven at night, the others over the day."""
    night = rng.normal(23.0, 2.8, n)
    by_day = rng.normal(15.0, 4.5, n)
    return np.where(rng.random(n) < late, night, by_day) % 24


# -- what is planted ----------------------------------------------------------------------------


def _planted(rng, cause, made, features, heat, begins, days, extra, radius_m, usual):
    if cause == "none":
        return (np.empty((0, 2)), np.empty(0, "datetime64[s]")), {"features": []}
    if cause == "near_repeat":
        return _contagion(rng, usual, extra, radius_m), {"features": [], "radius_m": radius_m}
    if cause == "displacement":
        return _from_next_door(rng, made, features, heat, begins, days, extra)
    kind = {"dead_lamps": "lamp", "derelict": "derelict", "attractor_hours": "attractor"}[cause]
    usable = [one for one in features if one.kind == kind and _dated(cause, one, begins, days)]
    if not usable:
        usable = [one for one in features if one.kind == kind][:1]
    many = {"dead_lamps": (6, 30), "derelict": (1, 4), "attractor_hours": (1, 3)}[cause]
    guilty = _chosen_together(rng, usable, int(rng.integers(*many)), together=cause == "dead_lamps")
    places = np.array([one.xy for one in guilty])
    near = np.exp(-0.5 * ((made.spots[:, None] - places[None]) ** 2).sum(axis=2) / (radius_m / 1.6) ** 2)
    xy, t = [], []
    weights = (
        np.array([_length(one, begins, days) for one in guilty]) if cause != "attractor_hours" else np.ones(len(guilty))
    )
    while len(t) < extra:
        which = rng.choice(len(guilty), p=weights / weights.sum())
        spot = rng.choice(len(heat), p=_share(made.people * near[:, which]))
        moment = _moment(rng, cause, guilty[which], begins, days)
        if moment is not None:
            xy.append(made.spots[spot] + rng.normal(0, 6, 2))
            t.append(moment)
    return (np.array(xy), np.array(t)), {"features": [one.name for one in guilty]}


def _dated(cause, one, begins, days):
    if cause == "attractor_hours":
        return True
    return _length(one, begins, days) > (10 if cause == "dead_lamps" else 40) and (
        cause == "dead_lamps" or not np.isnat(one.states[0][0])
    )


def _length(one, begins, days):
    """Days in the state within the time."""
    return sum(_clipped(spell, begins, days)[1] for spell in one.states)


def _clipped(spell, begins, days):
    since = 0.0 if np.isnat(spell[0]) else max(0.0, (spell[0] - begins) / DAY)
    until = float(days) if np.isnat(spell[1]) else min(float(days), (spell[1] - begins) / DAY)
    return since, max(0.0, until - since)


def _chosen_together(rng, usable, n, *, together):
    if not together:
        return [usable[i] for i in rng.choice(len(usable), min(n, len(usable)), replace=False)]
    return [usable[i] for i in rng.permutation(len(usable))[:n]]


def _moment(rng, cause, one, begins, days):
    """A moment while the feature does what it does; None = this draw fell outside, draw again."""
    if cause == "attractor_hours":
        opens, closes = one.hours[0]
        edge = closes if rng.random() < 0.75 else opens
        hour = edge + rng.normal(0.4, 0.7)
        day = int(rng.integers(days))
        return begins + np.timedelta64(int(day * 86400 + hour * 3600), "s")
    spells = [_clipped(spell, begins, days) for spell in one.states]
    lengths = np.array([length for _, length in spells])
    since, length = spells[rng.choice(len(spells), p=_share(lengths))]
    day = since + rng.random() * length
    if cause == "derelict":
        hour = _hours(rng, 1, late=0.5)[0]
        moment = begins + np.timedelta64(int(int(day) * 86400 + hour * 3600), "s")
        return moment if moment >= begins + np.timedelta64(int(since * 86400), "s") else None
    moment = begins + np.timedelta64(int(int(day) * 86400 + _hours(rng, 1, late=0.6)[0] * 3600), "s")
    return moment if is_dark(moment) else None


def _contagion(rng, usual, extra, radius_m):
    """Again soon and close: each planted event follows another one, planted ones included."""
    xy, t = list(usual[0]), list(usual[1])
    seeds = rng.choice(len(xy), max(3, extra // 4), replace=False)
    living = list(seeds)
    made_xy, made_t = [], []
    mean_days = rng.uniform(2.5, 7)
    for _ in range(extra):
        parent = living[rng.integers(len(living))]
        where = xy[parent] + rng.normal(0, radius_m / 2, 2)
        later = rng.exponential(mean_days)
        moment = t[parent] + np.timedelta64(int((np.ceil(later * 8) / 8) * 86400), "s")
        made_xy.append(where)
        made_t.append(moment)
        xy.append(where)
        t.append(moment)
        living.append(len(xy) - 1)
    return np.array(made_xy), np.array(made_t, "datetime64[s]")


def _from_next_door(rng, made, features, heat, begins, days, extra):
    changes = [one for one in features if one.kind == "neighbour_change"]
    one = changes[rng.integers(len(changes))]
    gap = np.linalg.norm(made.spots[:, None] - one.xy[None], axis=2).min(axis=1)
    spot = rng.choice(len(heat), extra, p=_share(heat * np.exp(-gap / rng.uniform(150, 350))))
    since, length = _clipped(one.states[0], begins, days)
    day = np.floor(since + rng.random(extra) * length)
    t = begins + (day * 86400 + _hours(rng, extra, late=0.55) * 3600).astype(int) * SECOND
    return (made.spots[spot] + rng.normal(0, 6, (extra, 2)), t), {"features": [one.name]}


def _next_door(rng, begins, days, events, features, truth):
    """Moments of the neighbour's own events; they fall when a planted displacement begins."""
    n = rng.poisson(events)
    day = rng.random(n) * days
    t = begins + (day * 86400).astype(int) * SECOND
    moved = [one for one in features if one.name in truth["features"] and one.kind == "neighbour_change"]
    if moved:
        t = t[(t < moved[0].states[0][0]) | (rng.random(n) > 0.4)]
    return np.sort(t)


def _share(weights):
    weights = np.asarray(weights, float)
    return weights / weights.sum() if weights.sum() > 0 else np.full(len(weights), 1 / len(weights))


# -- how it was written down --------------------------------------------------------------------


def _rounded(rng, xy, made, how):
    if how == "grid":
        return np.round(xy / 40) * 40
    if how == "block":
        middle = (made.street_from + made.street_to) / 2
        nearest = np.empty(len(xy), int)
        for i, one in enumerate(xy):
            nearest[i] = ((middle - one) ** 2).sum(axis=1).argmin()
        some = rng.random(len(xy)) < 0.7
        return np.where(some[:, None], middle[nearest], xy)
    return np.round(xy, 1)


def _known_as(rng, t):
    """Two in three moments are known; some only between evening and morning, a few only by their day."""
    start, end = t.copy(), t.copy()
    kind = rng.choice(3, len(t), p=[0.68, 0.26, 0.06])
    before = (rng.gamma(1.5, 2.0, len(t)) * 3600).astype(int) * SECOND
    after = (rng.gamma(1.5, 2.0, len(t)) * 3600).astype(int) * SECOND
    start = np.where(kind == 1, t - before, start)
    end = np.where(kind == 1, t + after, end)
    midnight = t.astype("datetime64[D]").astype("datetime64[s]")
    start = np.where(kind == 2, midnight, start)
    end = np.where(kind == 2, midnight + DAY, end)
    quarter = 900
    start = (start.astype(int) // quarter * quarter).astype("datetime64[s]")
    return start, np.maximum(start, (end.astype(int) // quarter * quarter).astype("datetime64[s]"))
