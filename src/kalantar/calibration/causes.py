# SPDX-License-Identifier: BSD-3-Clause
"""Is the planted cause named first, and is nothing supported where nothing was planted?"""

from collections import Counter

import numpy as np
import shapely

from kalantar.analysis.causes import Layer, Neighbour, candidate_causes
from kalantar.calibration.lines import share_line
from kalantar.worlds.stations import CAUSES, station

KEY = {
    "dead_lamps": "dead_lamps",
    "derelict": "derelict_buildings",
    "attractor_hours": "attractor_hours",
    "near_repeat": "near_repeat",
    "displacement": "displacement",
    "none": "nothing",
}
KIND = {"lamp": "lamps", "derelict": "derelict", "attractor": "attractor", "stop": "stops", "park": "parks"}


def given(world):
    """Arguments of candidate_causes for a made-up station, as a problem file would have them."""
    layers = []
    for kind, name in KIND.items():
        features = world.of_kind(kind)
        if not features:
            continue
        layers.append(
            Layer(
                kind=name,
                geometry=[
                    shapely.Polygon(one.xy) if np.ndim(one.xy) == 2 else shapely.Point(one.xy) for one in features
                ],
                states=[one.states for one in features] if kind in ("lamp", "derelict") else None,
                hours=[one.hours for one in features] if kind == "attractor" else None,
                names=tuple(one.name for one in features),
            )
        )
    neighbours = [
        Neighbour(
            name=one.name,
            changed_on=one.states[0][0],
            geometry=shapely.LineString(one.xy) if np.ndim(one.xy) == 2 else shapely.Point(one.xy),
            t=getattr(world, "neighbour", None) if len(world.of_kind("neighbour_change")) == 1 else None,
        )
        for one in world.of_kind("neighbour_change")
    ]
    return {
        "xy": world.xy,
        "start": world.start,
        "end": world.end,
        "layers": layers,
        "neighbours": neighbours,
        "exposure": (world.ground.spots, world.ground.people) if hasattr(world, "ground") else None,
        "period": (world.begins, world.ends),
        "rng": np.random.default_rng(world.seed),
    }


def confusion(*, worlds, seed, make=station, progress=None):
    """(table, supported): Counters of (planted, first) and of (planted, supported key or "none").

    worlds : stations of each cause. make : (seed, cause=) to a station, of this house or of another hand.
    """
    table: Counter = Counter()
    supported: Counter = Counter()
    for done, (planted, number) in enumerate((cause, k) for k in range(worlds) for cause in CAUSES):
        found = candidate_causes(**given(make(seed + number, cause=planted)))
        table[planted, found.first] += 1
        for key in found.supported or ("none",):
            supported[planted, key] += 1
        if progress is not None:
            progress((done + 1) / (worlds * len(CAUSES)))
    return table, supported


def run(*, worlds, seed, progress=None):
    """Lines: share first for each planted cause and over all; share without a supported cause when none is there.

    worlds : made-up stations of each cause. progress : called with a share done.
    """
    each = worlds
    table, supported = confusion(worlds=each, seed=seed, progress=progress)
    planted = [cause for cause in CAUSES if cause != "none"]
    lines = []
    for cause in planted:
        lines.append(
            share_line(
                what="the planted cause is first",
                stratum=cause,
                k=table[cause, KEY[cause]],
                n=each,
                seed=seed,
                at_least=0.9,
            )
        )
    lines.append(
        share_line(
            what="the planted cause is first",
            stratum="all five",
            k=sum(table[cause, KEY[cause]] for cause in planted),
            n=each * len(planted),
            seed=seed,
            at_least=0.9,
        )
    )
    lines.append(
        share_line(
            what="no cause is supported where none was planted",
            stratum="none",
            k=supported["none", "none"],
            n=each,
            seed=seed,
            at_least=0.95,
        )
    )
    wrong = sum(n for (cause, key), n in supported.items() if key != "none" and KEY[cause] != key)
    lines.append(
        share_line(
            what="a cause that was not planted is supported",
            stratum="all six",
            k=wrong,
            n=each * 6,
            seed=seed,
            at_most=0.05,
        )
    )
    return lines
