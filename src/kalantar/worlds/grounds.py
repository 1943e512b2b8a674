# SPDX-License-Identifier: BSD-3-Clause
"""Streets that look like streets, and the homes and spots along them. Metres, the station in the middle."""

from dataclasses import dataclass

import numpy as np

SPOT_EVERY_M = 25.0  # events happen at spots along the streets
HOUSE_EVERY_M = 14.0


@dataclass(frozen=True)
class Ground:
    """The ground of one station. Arrays of one length belong together."""

    size_m: float  # side of the square the ground was bent from
    area: np.ndarray  # (k, 2) outline, closed
    beats: tuple[np.ndarray, ...]  # outlines that fill the area
    street_from: np.ndarray  # (m, 2)
    street_to: np.ndarray  # (m, 2)
    street_is_main: np.ndarray  # bool (m,)
    spots: np.ndarray  # (s, 2)
    spot_is_main: np.ndarray  # bool (s,)
    people: np.ndarray  # (s,) how much is there to happen to: homes, passers-by, parked cars
    homes: np.ndarray  # (h, 2)


def ground(rng, *, size_m=2200.0, block_m=105.0, main_every=5):
    """Ground: a bent lattice of streets, every `main_every`-th a main street, some minor pieces missing."""
    warp = _warp(rng, size_m)
    lines = round(size_m / block_m) + 1
    at = np.linspace(-size_m / 2, size_m / 2, lines)
    inner = at[1:-1] + rng.normal(0, 0.12 * block_m, lines - 2)
    across, along = at.copy(), at.copy()
    across[1:-1] = inner
    along[1:-1] = at[1:-1] + rng.normal(0, 0.12 * block_m, lines - 2)
    main_a = np.arange(lines) % main_every == rng.integers(main_every)
    main_b = np.arange(lines) % main_every == rng.integers(main_every)
    pieces = []
    for i in range(lines):
        for j in range(lines - 1):
            pieces.append(((across[i], along[j]), (across[i], along[j + 1]), main_a[i]))
            pieces.append(((across[j], along[i]), (across[j + 1], along[i]), main_b[i]))
    start = warp(np.array([piece[0] for piece in pieces]))
    end = warp(np.array([piece[1] for piece in pieces]))
    is_main = np.array([piece[2] for piece in pieces])
    kept = is_main | (rng.random(len(pieces)) > 0.13)
    start, end, is_main = start[kept], end[kept], is_main[kept]
    spots, of = _along(start, end, SPOT_EVERY_M)
    spot_is_main = is_main[of]
    field = _field(rng, size_m)
    people = np.exp(0.6 * field(spots)) * np.where(spot_is_main, rng.uniform(2.0, 4.0), 1.0)
    homes, _ = _along(start, end, HOUSE_EVERY_M)
    homes = homes + rng.uniform(-9, 9, homes.shape)
    outline, beats = _beats(warp, size_m)
    return Ground(
        size_m=size_m,
        area=outline,
        beats=beats,
        street_from=start,
        street_to=end,
        street_is_main=is_main,
        spots=spots,
        spot_is_main=spot_is_main,
        people=people / people.sum(),
        homes=homes,
    )


def _warp(rng, size_m):
    """Bends the lattice softly, a few long waves, so that no two streets are parallel by rule."""
    waves = rng.normal(0, 1, (2, 3, 2)) * 2 * np.pi / size_m * rng.uniform(0.5, 1.3, (2, 3, 1))
    phases, heights = rng.uniform(0, 2 * np.pi, (2, 3)), rng.uniform(0.01, 0.03, (2, 3)) * size_m

    def bent(xy):
        moved = [(heights[k] * np.sin(xy @ waves[k].T + phases[k])).sum(axis=1) for k in (0, 1)]
        return xy + np.column_stack(moved)

    return bent


def _field(rng, size_m):
    """A smooth surface of mean 0 and spread about 1: fuller and emptier quarters."""
    waves = rng.normal(0, 1, (8, 2)) * 2 * np.pi / size_m * 1.5
    phases = rng.uniform(0, 2 * np.pi, 8)
    return lambda xy: np.sin(xy @ waves.T + phases).sum(axis=1) / 2


def _along(start, end, every_m):
    length = np.linalg.norm(end - start, axis=1)
    n = np.maximum(1, np.round(length / every_m).astype(int))
    of = np.repeat(np.arange(len(start)), n)
    step = (np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n) + 0.5) / n[of]
    return start[of] + step[:, None] * (end - start)[of], of


def _beats(warp, size_m, across=3):
    edge = np.linspace(-size_m / 2, size_m / 2, across + 1)
    beats = tuple(warp(_box(edge[i], edge[j], edge[i + 1], edge[j + 1])) for i in range(across) for j in range(across))
    return warp(_box(edge[0], edge[0], edge[-1], edge[-1], steps=4 * across)), beats


def _box(x0, y0, x1, y1, steps=4):
    s = np.linspace(0, 1, steps + 1)
    sides = [
        np.column_stack([x0 + s * (x1 - x0), np.full_like(s, y0)]),
        np.column_stack([np.full_like(s, x1), y0 + s * (y1 - y0)]),
        np.column_stack([x1 - s * (x1 - x0), np.full_like(s, y1)]),
        np.column_stack([np.full_like(s, x0), y1 - s * (y1 - y0)]),
    ]
    return np.concatenate([side[:-1] for side in sides] + [sides[0][:1]])
