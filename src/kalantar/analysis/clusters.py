# SPDX-License-Identifier: BSD-3-Clause
"""Where do events crowd together, whatever the shape of the crowd?"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from kalantar.analysis import checks, pictures
from kalantar.analysis.near_repeat import squared
from kalantar.analysis.results import Result

NOISE = -1


@dataclass(frozen=True, kw_only=True)
class Clusters(Result):
    """Clusters by size, largest first; equal sizes from left to right."""

    columns: ClassVar[tuple[str, ...]] = ("cluster", "size", "core_events", "x", "y", "spread_m")

    xy: np.ndarray  # the events, (n, 2), metres
    of_event: np.ndarray  # cluster of each event, -1 = noise; (n,)
    core: np.ndarray  # bool (n,): has enough others near, itself counted
    border: np.ndarray  # bool (n,): in a cluster, but not core
    cluster: np.ndarray  # 0 .. k - 1
    size: np.ndarray  # events of each cluster
    core_events: np.ndarray  # core events of each
    x: np.ndarray  # mean place of each, metres
    y: np.ndarray
    spread_m: np.ndarray  # root of the mean squared distance from there
    within_m: float
    fewest: int
    events: int
    noise: int  # events in no cluster
    enough: bool
    why_not: str  # "", "too_few_events", "no_cluster"

    def pictures(self):
        dots = pictures.Points(xy=self.xy, name="events", groups=self.of_event)
        return (pictures.Map(title="clusters of events", layers=(dots,)),)


def dbscan(xy, *, within_m, fewest, as_metres=False):
    """Density clusters: events with many others near, and what hangs together through them.

    xy : array (n, 2), metres.
    within_m : two events are near when at most this far apart.
    fewest : an event with so many events near, itself counted, is a core.
    as_metres : take small numbers that look like degrees as metres.

    Cores near each other are one cluster. An event that is no core but near one is a border event: it
    belongs to the cluster of its nearest core (of equally near ones, the leftmost, then the lowest).
    The rest is noise. So the answer does not depend on the order of the events, as it does elsewhere
    for border events.
    What it does not mean: that more happens there than should. Busy places crowd by themselves; ask
    hotspots or levels, which know what to expect.
    Sources: Ester, Kriegel, Sander and Xu (1996), KDD-96, 226-231; cells of half the diagonal, Gunawan
    (2013), TU Eindhoven.
    Raises InputError: not metres, missing values, within_m not above 0, fewest below 1.
    """
    xy = checks.points(xy, as_metres=as_metres)
    within_m = checks.positive(within_m, "within_m")
    fewest = checks.whole(fewest, "fewest")
    n = len(xy)
    core, of_event = np.zeros(n, bool), np.full(n, NOISE)
    if n:
        core, of_event = _labels(xy, within_m, fewest)
    number, sizes = _by_size(xy, of_event)
    of_event = np.where(of_event == NOISE, NOISE, number[of_event])
    k = len(sizes)
    inside = of_event != NOISE
    which, x, y = of_event[inside], xy[inside, 0], xy[inside, 1]
    # about the middle first: squares of coordinates of a million metres lose what differs by a hand
    ox, oy = (xy.mean(axis=0) if n else np.zeros(2)).tolist()
    mx, my = (np.bincount(which, v - o, k) / sizes for v, o in ((x, ox), (y, oy)))
    away = np.bincount(which, (x - ox - mx[which]) ** 2 + (y - oy - my[which]) ** 2, k)
    return Clusters(
        xy=xy,
        of_event=of_event,
        core=core,
        border=inside & ~core,
        cluster=np.arange(k),
        size=sizes,
        core_events=np.bincount(of_event[core], minlength=k),
        x=mx + ox,
        y=my + oy,
        spread_m=np.sqrt(away / sizes),
        within_m=within_m,
        fewest=fewest,
        events=n,
        noise=int(n - inside.sum()),
        enough=k > 0,
        why_not="" if k else "too_few_events" if n < fewest else "no_cluster",
    )


def _labels(xy, within_m, fewest):
    """Core flag and a name of the cluster of each event, -1 for noise."""
    from kalantar.analysis import _clusters_kernels as kernels
    from kalantar.analysis import _near_repeat_kernels as sorting

    n = len(xy)
    x, y = np.ascontiguousarray(xy[:, 0]), np.ascontiguousarray(xy[:, 1])
    x0, y0 = float(x.min()), float(y.min())
    width, height = float(x.max()) - x0, float(y.max()) - y0
    # a hair smaller, so that the diagonal of a cell is below the limit whatever rounding does
    cells = max(width, height) / within_m
    side = within_m / np.sqrt(2) * (1 - max(1e-6, cells * 2**-50))
    if cells > 2**45:  # coordinates round off more than the limit: only equal places are near
        return _labels_of_places(xy, fewest)
    columns, rows = int(width / side) + 3, int(height / side) + 1
    cell, order = np.empty(n, np.int64), np.empty(n, np.int64)
    if columns * rows <= 4 * n + 100_000:
        sorting.cells(x, y, x0, y0, side, columns, cell)
        held = sorting.order_by_counting(cell, np.zeros(columns * rows + 1, np.int32), order)
    else:
        column, row = _without_gaps((x - x0) / side), _without_gaps((y - y0) / side)
        columns = int(column.max()) + 3
        cell = row * columns + column
        order = np.argsort(cell, kind="stable")
        held = 1 + int(np.count_nonzero(np.diff(cell[order])))
    first, key = np.empty(held + 1, np.int64), np.empty(held, np.int64)
    sorting.runs(cell, order, first, key)
    x, y = x[order], y[order]
    limit = float(squared(np.array([within_m]))[0])
    low, high = np.empty((held, 5), np.int32), np.empty((held, 5), np.int32)
    kernels.stretches(key, columns, low, high)
    core, in_cell, parent = np.zeros(n, bool), np.zeros(held, np.int64), np.arange(held)
    kernels.cores(x, y, first, low, high, limit, fewest, core, in_cell)
    kernels.join(x, y, first, low, high, limit, core, in_cell, parent)
    out = np.empty(n, np.int64)
    kernels.label(x, y, first, low, high, limit, core, in_cell, parent, out)
    back_core, back = np.empty(n, bool), np.empty(n, np.int64)
    back_core[order], back[order] = core, out
    return back_core, back


def _without_gaps(at):
    """Whole numbers that keep neighbours up to two apart and put an empty stretch at three."""
    whole = np.floor(at)
    order = np.argsort(whole, kind="stable")
    out = np.empty(len(at), np.int64)
    out[order] = np.cumsum(np.minimum(np.diff(whole[order], prepend=whole[order[0]]), 3)).astype(np.int64)
    return out


def _labels_of_places(xy, fewest):
    _, place, size = np.unique(xy, axis=0, return_inverse=True, return_counts=True)
    place = place.ravel()
    core = size[place] >= fewest
    return core, np.where(core, place, NOISE)


def _by_size(xy, of_event):
    """New number of each name, and the sizes by number: largest first, equal ones from left to right."""
    inside = np.flatnonzero(of_event != NOISE)
    if len(inside) == 0:
        return np.zeros(1, np.int64), np.zeros(0, np.int64)
    names = int(of_event.max()) + 1
    size = np.bincount(of_event[inside], minlength=names)
    left = np.full(names, np.inf)
    np.minimum.at(left, of_event[inside], xy[inside, 0])
    leftmost = inside[xy[inside, 0] == left[of_event[inside]]]
    low = np.full(names, np.inf)
    np.minimum.at(low, of_event[leftmost], xy[leftmost, 1])
    order = np.lexsort((low, left, -size))
    number = np.empty(names, np.int64)
    number[order] = np.arange(names)
    return number, size[order][: np.count_nonzero(size)]
