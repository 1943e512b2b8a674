# SPDX-License-Identifier: BSD-3-Clause
"""Impact of a measure with a known effect: nothing, a fifth, two fifths, and moved next door.

Worlds of 104 weeks before and 52 after, six events a week, two comparison areas: about what a station has.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from kalantar.analysis.impact import impact, rate_ratio, weighted_displacement
from kalantar.calibration.lines import share_line

BEFORE, AFTER, A_WEEK = 104, 52, 6.0
CHANGES = (0.0, -0.2, -0.4)
STRATA = (
    "Poisson",
    "overdispersed",
    "common shocks",
    "chosen for a high half year",
    "chosen for a high past among areas alike",
    "few events",
    "areas drift apart",
)
POWER = {-0.2: 0.63, -0.4: 0.98}  # of the ratio on all weeks, as published with its peers


@dataclass(frozen=True)
class World:
    """Weekly counts, and what the tester of this world knows."""

    treated: np.ndarray
    comparisons: np.ndarray
    options: dict  # what the user says of how the area was chosen
    a_week: float  # true mean of the treated area without the measure
    true_se: float  # of the log ratio, known from the generator; nan where it has no simple form


def world(rng: np.random.Generator, stratum: str, change: float) -> World:
    """World: a place with `change` from the first week of the measure."""
    weeks = BEFORE + AFTER
    after = np.arange(weeks) >= BEFORE
    factor = np.where(after, 1 + change, 1.0)
    mean, areas, noise = A_WEEK, 3, 0.0
    options: dict[str, object] = {"chosen": "not_by_level"}
    if stratum == "few events":
        mean = 1.0
    if stratum == "areas drift apart":
        areas = 9
    if stratum.startswith("chosen"):
        areas = 20
    rate = np.full((areas, weeks), mean)
    if stratum == "overdispersed":
        noise = 0.25
        rate = rate * rng.gamma(1 / noise, noise, rate.shape)
    elif stratum == "common shocks":
        rate = rate * np.exp(rng.normal(0, 0.3, weeks) + 0.3 * np.sin(2 * np.pi * np.arange(weeks) / 52))
    elif stratum == "areas drift apart":
        rate = rate * np.where(after, np.exp(rng.normal(0, 0.12, (areas, 1))), 1.0)
    elif stratum == "chosen for a high half year":
        rate = rate * rng.gamma(10, 0.1, (areas, 1))
    counts = rng.poisson(rate)
    first = 0
    if stratum == "chosen for a high half year":
        first = int(counts[:, BEFORE - 26 : BEFORE].sum(axis=1).argmax())
        options = {"chosen": 26}
    elif stratum == "chosen for a high past among areas alike":
        past = counts[:, :BEFORE].sum(axis=1)
        first = int(past.argmax())
        options = {"chosen": "not_by_level", "candidates": past}
    counts[first, after] = rng.poisson((rate[first] * factor)[after])
    others = np.delete(np.arange(areas), first)
    if areas == 20:
        others = rng.permutation(others)[:2]
    simple = stratum in ("Poisson", "overdispersed", "few events")
    return World(
        treated=counts[first],
        comparisons=counts[others],
        options=options,
        a_week=float(rate[first].mean()),
        true_se=_true_se(mean, change, noise, len(others)) if simple else float("nan"),
    )


def _true_se(mean, change, noise, others):
    parts = 0.0
    for weeks, share in ((BEFORE, 1.0), (AFTER, 1.0 + change)):
        parts += (1 / (mean * share) + noise) / weeks + (1 / mean + noise) / (others * weeks)
    return float(np.sqrt(parts))


def run(*, worlds, seed, progress=None):
    """list of Line: coverage, power and verdicts of the rate ratio, beside the weighted displacement difference."""
    lines = []
    jobs = [(stratum, change) for stratum in STRATA for change in CHANGES]
    for i, (stratum, change) in enumerate(jobs):
        seen = tried(worlds, np.random.default_rng([seed, i]), stratum, change)
        name = f"{stratum}, {change:+.0%}"
        common = {"n": worlds, "seed": seed, "stratum": name}
        lines.append(
            share_line(what="95 % interval of the ratio holds the truth", k=seen["held"], within=(0.93, 0.97), **common)
        )
        if change == 0:
            lines.append(
                share_line(what="an effect is seen where there is none", k=seen["seen"], at_most=0.05, **common)
            )
        elif stratum in ("Poisson", "common shocks"):
            lines.append(share_line(what="fall found", k=seen["fell"], at_least=POWER[change], **common))
        elif stratum == "overdispersed":
            share = seen["oracle"] / worlds
            lines.append(
                share_line(what="fall found (oracle's share less .05)", k=seen["fell"], at_least=share - 0.05, **common)
            )
        if change == -0.4:
            lines.append(
                share_line(what="a fall of 40 % called not worth having", k=seen["dismissed"], at_most=0.05, **common)
            )
        if progress:
            progress((i + 1) / (len(jobs) + 1))
    moved = displaced(worlds, np.random.default_rng([seed, len(jobs)]))
    common = {"n": worlds, "seed": seed, "stratum": "moved next door, -40 % and as many more"}
    lines += [
        share_line(
            what="95 % interval of the net ratio holds the truth", k=moved["held"], within=(0.93, 0.97), **common
        ),
        share_line(what="net effect claimed where all has moved", k=moved["fell"], at_most=0.05, **common),
        share_line(what="no displacement claimed where all has moved", k=moved["denied"], at_most=0.05, **common),
        share_line(what="displacement found", k=moved["found"], at_least=0.63, **common),
    ]
    if progress:
        progress(1.0)
    return lines


def tried(worlds, rng, stratum, change):
    """How often in these worlds: held, seen, fell, dismissed, oracle; plain and wdd are the careless ways."""
    out = dict.fromkeys(("held", "seen", "fell", "dismissed", "oracle", "plain", "wdd"), 0)
    for _ in range(worlds):
        made = world(rng, stratum, change)
        found = rate_ratio(made.treated, made.comparisons, began=BEFORE, **made.options)
        out["held"] += int(found.low <= 1 + change <= found.high)
        out["seen"] += int(found.verdict in ("fell", "rose"))
        out["fell"] += int(found.verdict == "fell")
        out["dismissed"] += int(found.verdict == "no_effect_worth_having")
        careless = found
        if made.options != {"chosen": "not_by_level"}:
            careless = rate_ratio(made.treated, made.comparisons, began=BEFORE, chosen="not_by_level")
        out["plain"] += int(careless.low <= 1 + change <= careless.high)
        if np.isfinite(made.true_se):
            out["oracle"] += (
                int(np.log(found.ratio) + special.ndtri(0.975) * made.true_se < 0) if found.ratio > 0 else 1
            )
        y, c = made.treated[BEFORE - 26 :], made.comparisons[:, BEFORE - 26 :].sum(axis=0) / len(made.comparisons)
        y, c = y[:52], np.round(c[:52])
        wdd = weighted_displacement((y[:26].sum(), y[26:].sum()), (c[:26].sum(), c[26:].sum()))
        out["wdd"] += int(wdd.low <= change * made.a_week * 26 <= wdd.high)
    return out


def displaced(worlds, rng):
    """A fall of 40 % in the treated area, and as many events more in a buffer of its size: net nothing."""
    out = dict.fromkeys(("held", "fell", "denied", "found"), 0)
    after = np.arange(BEFORE + AFTER) >= BEFORE
    for _ in range(worlds):
        treated = rng.poisson(A_WEEK * np.where(after, 0.6, 1.0))
        buffer = rng.poisson(A_WEEK * np.where(after, 1.4, 1.0))
        pool = rng.poisson(A_WEEK, (2, len(after)))
        found = impact(treated, pool, buffer=buffer, began=BEFORE, match=False, chosen="not_by_level")
        out["held"] += int(found.net.low <= 1 <= found.net.high)
        out["fell"] += int(found.verdict == "fell")
        out["denied"] += int(found.displacement in ("no_displacement", "diffused"))
        out["found"] += int(found.displacement == "displaced")
    return out
