"""Stations made in another way than `kalantar.worlds`, so that the engine is not judged by its own maker's habits.

No streets: a plane with some bands of traffic and hot spots. No planted events: rates multiplied near a feature while
it is in its state, by thinning. Half of the stations have quarters that are busier for a month or two for no reason.
Weeks are overdispersed, places are written to 10, 50 or 100 m, a part of the hours is unknown.
"""

from types import SimpleNamespace

import numpy as np

from kalantar.worlds.stations import CAUSES, Feature

NEVER = np.datetime64("NaT", "s")
DAY = 86400


def station(seed, *, cause, at_least=18):
    """The next station from this seed on in which the cause adds so many events that somebody could know of it."""
    for number in range(seed * 1000, seed * 1000 + 1000):
        made = _station(number, cause)
        if cause == "none" or made.truth["planted"] >= at_least:
            return made
    raise AssertionError(f"no station with {at_least} events of {cause} from seed {seed}")


def _station(seed, cause):
    rng = np.random.default_rng([seed, 77, CAUSES.index(cause)])
    size, days = rng.uniform(1200, 3200, 2), int(rng.integers(180, 731))
    begins = np.datetime64("2024-06-01", "s") + _seconds(int(rng.integers(0, 365)) * DAY)
    events = int(np.exp(rng.uniform(np.log(120), np.log(1300))))
    ground = _ground(rng, size)
    restless = rng.random() < 0.5
    features, border = _features(rng, ground, size, begins, days)
    times_as_many = 1 + (rng.uniform(1.5, 4.5) if cause != "displacement" else rng.uniform(0.8, 2.5))
    at_work = _at_work(rng, cause, features, border, begins)
    quarters = _quarters(rng, size, days, restless)
    most = times_as_many * quarters(None, None)
    n = rng.poisson(events * most)
    xy, on_road = ground(n)
    t = _times(rng, n, on_road, days)
    working = at_work(xy, t) if at_work else np.zeros(n, bool)
    kept = rng.random(n) < np.where(working, times_as_many, 1.0) * quarters(xy, t) / most
    planted = int(working[kept].sum() * (1 - 1 / times_as_many))
    xy, t = xy[kept], t[kept]
    if cause == "near_repeat":
        before = len(t)
        xy, t = _followed(rng, xy, t)
        planted = len(t) - before
    inside = (t >= 0) & (t < days * DAY)
    order = np.argsort(t[inside])
    xy, t = xy[inside][order], t[inside][order]
    grain = rng.choice([0.1, 10, 50, 100])
    start, end = _known(rng, t)
    return SimpleNamespace(
        seed=seed,
        cause=cause,
        xy=np.round(xy / grain) * grain,
        start=begins + _seconds(start),
        end=begins + _seconds(end),
        begins=begins,
        ends=begins + _seconds(days * DAY),
        features=features,
        of_kind=lambda kind: [one for one in features if one.kind == kind],
        truth={"planted": planted},
    )


def _seconds(value):
    return np.asarray(value).astype("timedelta64[s]")


def _ground(rng, size):
    roads = [(axis, at) for axis in (0, 1) for at in rng.uniform(0, size[1 - axis], rng.integers(1, 4))]
    hot, heat = rng.uniform(0, 1, (10, 2)) * size, rng.gamma(0.7, 1, 10)

    def places(n):
        """(xy, is it on a road): four in ten on roads, two in ten at hot spots, the others anywhere."""
        kind, xy = rng.random(n), rng.uniform(0, 1, (n, 2)) * size
        road = np.array(roads)[rng.integers(len(roads), size=n)]
        for axis in (0, 1):
            on = (kind < 0.4) & (road[:, 0] == axis)
            xy[on, 1 - axis] = road[on, 1] + rng.normal(0, 15, on.sum())
        at = rng.choice(10, n, p=heat / heat.sum())
        return np.where((kind > 0.8)[:, None], hot[at] + rng.normal(0, 50, (n, 2)), xy), kind < 0.4

    return places


def _features(rng, ground, size, begins, days):
    def some(n, roads):
        xy, on_road = ground(6 * n + 40)
        chance = np.where(on_road, roads / 0.4, 1 - roads)
        return xy[rng.choice(len(xy), n, replace=False, p=chance / chance.sum())]

    def day(value):
        return begins + _seconds(int(value * DAY))

    out = []
    for i, xy in enumerate(some(rng.integers(40, 120), 0.6)):
        spells = []
        while rng.random() < 0.45:
            since = rng.uniform(-30, days)
            spells.append((day(since), day(since + rng.exponential(50) + 5)))
        out.append(Feature("lamp", f"L{i}", xy, tuple(sorted(spells))))
    for i, xy in enumerate(some(rng.integers(4, 16), 0.5)):
        since = NEVER if rng.random() < 0.25 else day(int(rng.uniform(0.1, 0.8) * days))
        out.append(Feature("derelict", f"D{i}", xy, ((since, NEVER),)))
    for i, xy in enumerate(some(rng.integers(3, 12), 0.8)):
        opens = float(rng.choice([6, 8, 9, 12, 16, 17, 18, 20]))
        out.append(Feature("attractor", f"A{i}", xy, (), ((opens, opens + float(rng.choice([3, 5, 7, 8, 10]))),)))
    out += [Feature("stop", f"S{i}", xy) for i, xy in enumerate(some(15, 0.9))]
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]) * size
    side = rng.integers(4)
    border = corners[side : side + 2]
    changed = day(int(rng.uniform(0.25, 0.75) * days))
    shape = border if rng.random() < 0.6 else border.mean(axis=0)
    out.append(Feature("neighbour_change", "N", shape, ((changed, NEVER),)))
    return tuple(out), border


def _at_work(rng, cause, features, border, begins):
    """Function (xy, seconds) to bool: is the planted cause at work there and then? None without a place."""
    radius, deep, closing = rng.uniform(40, 170), rng.uniform(250, 600), rng.random() < 0.5
    kind = {
        "dead_lamps": "lamp",
        "derelict": "derelict",
        "attractor_hours": "attractor",
        "displacement": "neighbour_change",
    }
    if cause not in kind:
        return None
    guilty = [one for one in features if one.kind == kind[cause]]
    if cause == "derelict":
        guilty = [one for one in guilty if not np.isnat(one.states[0][0])] or guilty
    if cause in ("derelict", "attractor_hours") and len(guilty) > 2 and rng.random() < 0.5:
        guilty = [guilty[i] for i in rng.choice(len(guilty), len(guilty) // 2, replace=False)]

    def near(xy, one):
        return ((xy - one.xy) ** 2).sum(axis=1) < radius**2

    def at_work(xy, t):
        moment, hour, out = begins + _seconds(t), t % DAY / 3600, np.zeros(len(t), bool)
        if cause == "displacement":
            along = (border[1] - border[0]) / np.linalg.norm(border[1] - border[0])
            depth = np.abs((xy - border[0]) @ np.array([-along[1], along[0]]))
            return (moment >= guilty[0].states[0][0]) & (depth < deep)
        for one in guilty:
            if cause == "attractor_hours":
                opens, closes = one.hours[0]
                since, until = (closes - 0.5, closes + 1.5) if closing else (opens, closes)
                out |= near(xy, one) & ((hour - since) % 24 < until - since)
            for since, until in one.states if cause != "attractor_hours" else ():
                dark = _dark(moment, hour) if cause == "dead_lamps" else True
                out |= near(xy, one) & ~(moment < since) & ~(moment >= until) & dark
        return out

    return at_work


def _dark(moment, hour):
    """Sunrise between 5:06 and 7:18, sunset between 16:54 and 19:18, by the season."""
    year = moment.astype("datetime64[Y]").astype("datetime64[D]")
    season = np.sin(2 * np.pi * ((moment.astype("datetime64[D]") - year).astype(float) - 80) / 365)
    return (hour < 6.2 - 1.1 * season) | (hour > 18.1 + 1.2 * season)


def _quarters(rng, size, days, restless):
    middle, when = rng.uniform(0, 1, (8, 2)) * size, rng.uniform(0, days, 8)
    wide, long, high = rng.uniform(150, 400, 8), rng.uniform(20, 60, 8), rng.uniform(0.3, 1.0, 8) * restless

    def busier(xy, t):
        if xy is None:
            return 1 + high.sum()
        away = ((xy[:, None] - middle) ** 2).sum(axis=2) / 2 / wide**2 + (t[:, None] / DAY - when) ** 2 / 2 / long**2
        return 1 + (high * np.exp(-away)).sum(axis=1)

    return busier


def _times(rng, n, on_road, days):
    day = np.arange(days)
    level = rng.gamma(10, 0.1, days // 7 + 1)[day // 7] * (1 + 0.3 * np.sin(2 * np.pi * day / 365 + 1))
    hour = np.where(rng.random(n) < np.where(on_road, 0.7, 0.45), rng.normal(22, 3, n), rng.normal(13, 4, n)) % 24
    return rng.choice(days, n, p=level / level.sum()) * DAY + hour * 3600


def _followed(rng, xy, t):
    """Each event is followed by others, and they by others: a branching process."""
    mean, spread, later = rng.uniform(0.15, 0.4), rng.uniform(30, 90), rng.uniform(2, 8)
    young, when = xy, t
    while len(young):
        parent = np.repeat(np.arange(len(young)), rng.poisson(mean, len(young)))
        young = young[parent] + rng.normal(0, spread, (len(parent), 2))
        when = when[parent] + rng.exponential(later, len(parent)) * DAY
        xy, t = np.concatenate([xy, young]), np.concatenate([t, when])
    return xy, t


def _known(rng, t):
    draw = rng.random(len(t))
    some, none = draw < 0.3, draw > 1 - rng.choice([0, 0.05, 0.25])
    start = np.where(some, t - rng.exponential(3, len(t)) * 3600, t)
    end = np.where(some, t + rng.exponential(3, len(t)) * 3600, t)
    return np.where(none, t // DAY * DAY, start), np.where(none, t // DAY * DAY + DAY, end)
