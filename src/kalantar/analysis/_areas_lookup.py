# SPDX-License-Identifier: BSD-3-Clause
"""In which polygon a point lies, in plain NumPy: who only asks does not wait for the compiled loops of areas.py.

Edges, slabs and grid are those of _areas_kernels.py, and so is the sign of the cross product.
"""

import numpy as np

_IN_DOUBT = 3.3306690738754716e-16  # (3 + 16 eps) eps of Shewchuk (1997), eps = 2**-53
_SPLIT = 134217729.0  # 2**27 + 1
_AT_ONCE = 1 << 15  # points: what is worked on stays in the processor's own memory


def located(index, x, y):
    """Place of each point's polygon in the index's order, int32; -1 outside all of them or for no finite number."""
    out = np.empty(x.size, np.int32)
    for start in range(0, x.size, _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        out[part] = _some(index, x[part], y[part])
    return out


def _some(index, x, y):
    x0, y0, fx, fy = index._frame
    with np.errstate(invalid="ignore", over="ignore"):
        u, v = (x - x0) * fx, (y - y0) * fy
        on_grid = (u >= 0) & (u < index._nx) & (v >= 0) & (v < index._ny)
    cell = np.where(on_grid, v, 0).astype(np.int64) * index._nx + np.where(on_grid, u, 0).astype(np.int64)
    found = np.where(on_grid, index._code[cell], np.int32(-1))
    at = np.flatnonzero(found < -1)  # an edge lies in the cell: its parts are asked one after the other
    border = -2 - found[at]
    best = index._whole[border]
    asked, end = index._border_start[border], index._border_start[border + 1]
    open_ = np.arange(len(at))
    while True:
        open_ = open_[asked[open_] < end[open_]]
        parts = index._border_parts[asked[open_]]
        worth = (best[open_] < 0) | (best[open_] > index._owner[parts])
        open_, parts = open_[worth], parts[worth]
        if not len(open_):
            break
        within = _inside(index, x[at[open_]], y[at[open_]], parts)
        best[open_[within]] = index._owner[parts[within]]
        open_ = open_[~within]
        asked[open_] += 1
    found[at] = best
    return found


def _inside(index, x, y, part):
    """Even-odd rule along the ray to +x, over the edges of the slab of this part that the point lies in."""
    low, high, scale = (index._slabs[3 * part + i] for i in range(3))
    first = index._slab_first[part]
    slab = np.minimum(np.maximum((y - low) * scale, 0).astype(np.int64), index._slab_first[part + 1] - first - 1)
    begin = index._starts[first + slab]
    n = np.where((low <= y) & (y < high), index._starts[first + slab + 1] - begin, 0)
    point = np.repeat(np.arange(len(x)), n)
    edge = index._members[np.arange(len(point)) + np.repeat(begin - np.cumsum(n) + n, n)]
    x1, y1, x2, y2 = index._edges[edge].T
    x, y = x[point], y[point]
    met = (y1 <= y) & (y < y2)
    left = met & (x < x1) & (x < x2)
    near = np.flatnonzero(met & ~left & ((x <= x1) | (x <= x2)))
    left[near] = _left_of(x1[near], y1[near], x2[near], y2[near], x[near], y[near])
    return np.bincount(point[left], minlength=len(n)) % 2 == 1


def _left_of(x1, y1, x2, y2, x, y):
    """Is (x, y) strictly left of the upward edge? Where double precision is in doubt, about twice the digits."""
    a, b, c, d = x2 - x1, y - y1, y2 - y1, x - x1
    p, q = a * b, c * d
    det = p - q
    doubt = np.flatnonzero(np.abs(det) <= _IN_DOUBT * (np.abs(p) + np.abs(q)))
    if len(doubt):
        x1, y1, x2, y2, x, y, a, b, c, d, p, q = (v[doubt] for v in (x1, y1, x2, y2, x, y, a, b, c, d, p, q))
        tail = _product_tail(a, b, p) - _product_tail(c, d, q)
        tail += a * _difference_tail(y, y1) + b * _difference_tail(x2, x1)
        tail -= c * _difference_tail(x, x1) + d * _difference_tail(y2, y1)
        det[doubt] += tail
    return det > 0


def _product_tail(a, b, ab):
    """What rounding took from a*b (Dekker 1971)."""
    t = _SPLIT * a
    ah = t - (t - a)
    al = a - ah
    t = _SPLIT * b
    bh = t - (t - b)
    bl = b - bh
    return al * bl - (((ab - ah * bh) - al * bh) - ah * bl)


def _difference_tail(a, b):
    """What rounding took from a-b (Knuth)."""
    d = a - b
    bv = a - d
    return (a - (d + bv)) + (bv - b)
