# SPDX-License-Identifier: BSD-3-Clause
"""Where is the middle of the events, and how wide do they lie?

A middle is a point to compare with last month's; it may lie where nothing ever happened.
"""

from dataclasses import dataclass

import numpy as np

from kalantar.analysis import checks, pictures
from kalantar.analysis.errors import InputError
from kalantar.analysis.results import Result

FEWEST_EVENTS = 3


@dataclass(frozen=True, kw_only=True)
class Ellipse(Result):
    """Standard deviational ellipse: how wide along its long and its short axis."""

    major_m: float  # half of the long axis
    minor_m: float
    azimuth: float  # of the long axis, degrees from north to the east, 0 to 180; nan for a circle
    theta: float  # the same, radians from the x axis against the clock, -pi/2 to pi/2
    convention: str

    def outline(self, at, *, corners=72):
        """The ellipse around a centre, array (corners + 1, 2), closed."""
        turn = np.linspace(0, 2 * np.pi, corners + 1)
        bearing = 0.0 if np.isnan(self.azimuth) else np.radians(self.azimuth)
        long = np.array([np.sin(bearing), np.cos(bearing)])
        short = np.array([long[1], -long[0]])
        return (
            np.asarray(at) + np.outer(self.major_m * np.cos(turn), long) + np.outer(self.minor_m * np.sin(turn), short)
        )


@dataclass(frozen=True, kw_only=True)
class Centres(Result):
    """The middle of the events, said in two ways, and their width."""

    mean_x: float
    mean_y: float
    median_x: float  # the place with the smallest sum of distances: a few remote events move it little
    median_y: float
    standard_distance_m: float
    ellipse: Ellipse
    events: int
    weight: float  # sum of the weights
    divisor: str
    enough: bool
    why_not: str  # "", "too_few_events"

    def pictures(self):
        marks = np.array([[self.mean_x, self.mean_y], [self.median_x, self.median_y]])
        return (
            pictures.Map(
                title="Middle and width of the events",
                layers=(
                    pictures.Rings(rings=(self.ellipse.outline(marks[0]),), name="standard deviational ellipse"),
                    pictures.Points(xy=marks, name="mean and median centre"),
                ),
            ),
        )


def centres(xy, *, weight=None, convention="crimestat", divisor="n", as_metres=False):
    """Centres: mean centre, median centre, standard distance and deviational ellipse.

    xy : array (n, 2), metres, at least one event. weight : array (n,), 0 or more, not all 0, or None; a
        weight counts as so many events.
    convention : of the ellipse: "crimestat" (variances times 2 over n - 2) or "yuill" (variances over n).
    divisor : of the standard distance: "n", or "n-2" as CrimeStat.
    The median centre is right to a millionth of the standard distance; with all events on one line and an
    even number of them it is any place between the two in the middle.
    Too few to say how wide: fewer than 3 events (ellipse nan under "crimestat", standard distance as it is).
    Sources: Yuill (1971), Geografiska Annaler B 53, 28-39; Levine (2015), CrimeStat IV, ch. 4; Vardi and
    Zhang (2000), PNAS 97, 1423-1426.
    Raises InputError: no event, a missing place, a weight below 0, wrong option.
    """
    checks.one_of(convention, "convention", ("crimestat", "yuill"))
    checks.one_of(divisor, "divisor", ("n", "n-2"))
    xy = checks.points(xy, fewest=1, as_metres=as_metres)
    w = np.ones(len(xy)) if weight is None else checks.numbers(weight, "weight", rows=len(xy))
    if (w < 0).any():
        raise InputError(f"weight row {int(np.argmax(w < 0))} is below 0: a weight must be 0 or more")
    total = float(w.sum())
    if total == 0:
        raise InputError("weight is 0 everywhere: give at least one event that counts")
    # near the origin first: differences of 0.1 m must survive coordinates of a million
    origin = xy[0]
    near = xy - origin
    mean = w @ near / total
    z = near - mean
    median = _median(near, w, mean)
    square = float(w @ (z**2).sum(axis=1))
    less = total if divisor == "n" else total - 2
    enough = np.count_nonzero(w) >= FEWEST_EVENTS
    return Centres(
        mean_x=float(origin[0] + mean[0]),
        mean_y=float(origin[1] + mean[1]),
        median_x=float(origin[0] + median[0]),
        median_y=float(origin[1] + median[1]),
        standard_distance_m=float(np.sqrt(square / less)) if less > 0 else float("nan"),
        ellipse=_ellipse(z, w, total, convention),
        events=len(xy),
        weight=total,
        divisor=divisor,
        enough=bool(enough),
        why_not="" if enough else "too_few_events",
    )


# -- inside ------------------------------------------------------------------------------------


def _ellipse(z, w, total, convention):
    xx, yy, xy = (float(w @ v) for v in (z[:, 0] ** 2, z[:, 1] ** 2, z[:, 0] * z[:, 1]))
    scale = 1 / total if convention == "yuill" else 2 / (total - 2) if total > 2 else float("nan")
    half, apart = (xx + yy) / 2, float(np.hypot((xx - yy) / 2, xy))
    theta = 0.5 * float(np.arctan2(2 * xy, xx - yy)) if apart > 1e-12 * half else float("nan")
    long, short = half + apart, max(half - apart, 0.0)
    if short <= 1e-12 * long:
        short = 0.0  # all on one line: what is left is rounding
    return Ellipse(
        major_m=float(np.sqrt(scale * long)),
        minor_m=float(np.sqrt(scale * short)),
        azimuth=float((90 - np.degrees(theta)) % 180),
        theta=theta,
        convention=convention,
    )


def _median(xy, w, start):
    """Place with the smallest weighted sum of distances: Vardi and Zhang's step, then Newton's where it helps."""
    used = w > 0
    xy, w = xy[used], w[used]
    size = float(np.sqrt((w @ ((xy - start) ** 2).sum(axis=1)) / w.sum()))
    if size == 0:
        return start
    at, cost = start, _cost(xy, w, start)
    for _ in range(500):
        gap = xy - at
        apart = np.hypot(gap[:, 0], gap[:, 1])
        here = apart <= 1e-12 * size
        pull = np.divide(w, apart, out=np.zeros(len(w)), where=~here)
        force, hold = pull @ gap, float(w[here].sum())
        strength = float(np.hypot(*force))
        if strength <= hold or strength == 0:
            return at  # the events here hold it
        step = force / pull.sum() * (1 - hold / strength)
        tries = [at + step]
        if not hold:
            unit = gap / apart[:, None]
            curve = np.eye(2) * pull.sum() - (unit * pull[:, None]).T @ unit
            if np.linalg.cond(curve) < 1e10:
                tries.append(at + np.linalg.solve(curve, force))
        costs = [_cost(xy, w, place) for place in tries]
        best = int(np.argmin(costs))
        moved = float(np.hypot(*(tries[best] - at)))
        if costs[best] >= cost:
            return at
        at, cost = tries[best], costs[best]
        if moved <= 1e-9 * size:
            return at
    return at


def _cost(xy, w, at):
    return float(w @ np.hypot(xy[:, 0] - at[0], xy[:, 1] - at[1]))
