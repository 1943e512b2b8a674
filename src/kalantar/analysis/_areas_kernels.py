# SPDX-License-Identifier: BSD-3-Clause
"""Compiled loops of areas.py. Imported on first use only; the slow twin stands in the tests.

Edges run upwards (y1 <= y2). Horizontal ones only mark cells: a ray along x never crosses them.
Both polygons that share an edge hold it with the same numbers in the same order, so both
compute the same answer, and the half-open rule gives a point to exactly one of them.
"""

import numpy as np
from numba import boolean, float64, int32, int64, njit, uint8, void

_IN_DOUBT = 3.3306690738754716e-16  # (3 + 16 eps) eps of Shewchuk (1997), eps = 2**-53
_SPLIT = 134217729.0  # 2**27 + 1


@njit(float64(float64, float64, float64, float64), cache=True, nogil=True, inline="always")
def _product_tail(a, b, ab, split):
    """What rounding took from a*b (Dekker 1971)."""
    t = split * a
    ah = t - (t - a)
    al = a - ah
    t = split * b
    bh = t - (t - b)
    bl = b - bh
    return al * bl - (((ab - ah * bh) - al * bh) - ah * bl)


@njit(float64(float64, float64), cache=True, nogil=True, inline="always")
def _difference_tail(a, b):
    """What rounding took from a-b (Knuth)."""
    d = a - b
    bv = a - d
    return (a - (d + bv)) + (bv - b)


@njit(boolean(float64, float64, float64, float64, float64, float64), cache=True, nogil=True)
def left_of(x1, y1, x2, y2, x, y):
    """Is (x, y) strictly left of the upward edge? A point on the edge is not.

    The sign of the cross product; where double precision is in doubt, about twice the digits.
    """
    a = x2 - x1
    b = y - y1
    c = y2 - y1
    d = x - x1
    p = a * b
    q = c * d
    det = p - q
    if abs(det) > _IN_DOUBT * (abs(p) + abs(q)):
        return det > 0.0
    tail = _product_tail(a, b, p, _SPLIT) - _product_tail(c, d, q, _SPLIT)
    tail += a * _difference_tail(y, y1) + b * _difference_tail(x2, x1)
    tail -= c * _difference_tail(x, x1) + d * _difference_tail(y2, y1)
    return det + tail > 0.0


@njit(
    boolean(float64, float64, int64, float64[:, ::1], float64[::1], int64[::1], int64[::1], int32[::1]),
    cache=True,
    nogil=True,
)
def inside(x, y, part, edges, slabs, slab_first, starts, members):
    """Even-odd rule along the ray to +x, over the edges of this part's slab only.

    slabs : per part bottom y, top y, slabs a unit (three numbers a part).
    """
    low = slabs[3 * part]
    high = slabs[3 * part + 1]
    if not (low <= y < high):
        return False
    first = slab_first[part]
    count = slab_first[part + 1] - first
    k = int64((y - low) * slabs[3 * part + 2])
    if k >= count:
        k = count - 1
    odd = False
    for m in range(starts[first + k], starts[first + k + 1]):
        e = members[m]
        y1 = edges[e, 1]
        y2 = edges[e, 3]
        if y1 <= y < y2:
            x1 = edges[e, 0]
            x2 = edges[e, 2]
            if (x < x1 and x < x2) or ((x <= x1 or x <= x2) and left_of(x1, y1, x2, y2, x, y)):
                odd = not odd
    return odd


@njit(
    int64(int64, float64[:, ::1], int64[::1], float64[::1], int64[::1], int64[::1], int32[::1], boolean),
    cache=True,
    nogil=True,
)
def slab_members(parts, edges, edge_first, slabs, slab_first, starts, members, fill):
    """Count (fill False) or write (fill True) which edges touch each slab of each part."""
    total = 0
    for part in range(parts):
        low = slabs[3 * part]
        scale = slabs[3 * part + 2]
        first = slab_first[part]
        count = slab_first[part + 1] - first
        for e in range(edge_first[part], edge_first[part + 1]):
            if edges[e, 1] == edges[e, 3]:
                continue
            k1 = int64((edges[e, 1] - low) * scale) - 1
            k2 = int64((edges[e, 3] - low) * scale) + 1
            for k in range(max(k1, 0), min(k2, count - 1) + 1):
                # one slab of slack on either side is dropped again unless the edge reaches it
                bottom = low + (k - 1e-6) / scale
                top = low + (k + 1 + 1e-6) / scale
                if edges[e, 3] < bottom or (edges[e, 1] > top and k < count - 1):
                    continue
                if fill:
                    members[starts[first + k]] = e
                    starts[first + k] += 1
                else:
                    starts[first + k + 1] += 1
                total += 1
    return total


@njit(
    int64(
        int64,
        float64[:, ::1],
        int64[::1],
        float64[::1],
        int64[::1],
        int64[::1],
        int32[::1],
        int32[::1],
        float64[::1],
        int64,
        int64,
        int32[::1],
        uint8[::1],
        int32[::1],
        int32[::1],
        boolean,
    ),
    cache=True,
    nogil=True,
)
def fill_grid(
    parts,
    edges,
    edge_first,
    slabs,
    slab_first,
    starts,
    members,
    owner,
    frame,
    nx,
    ny,
    first_whole,
    cover,
    border_cells,
    border_parts,
    write,
):
    """Mark every cell: wholly inside which polygon, and which parts have an edge in it.

    frame : x of the left side, y of the bottom, cells a unit in x and in y.
    Returns how many (cell, part) pairs have an edge in them.
    """
    x0, y0, fx, fy = frame[0], frame[1], frame[2], frame[3]
    stamp = np.full(nx * ny, -1, np.int32)
    pairs = 0
    slack = 1e-6
    for part in range(parts):
        cx1, cx2, cy1, cy2 = nx, -1, ny, -1
        for e in range(edge_first[part], edge_first[part + 1]):
            xa = (edges[e, 0] - x0) * fx
            ya = (edges[e, 1] - y0) * fy
            xb = (edges[e, 2] - x0) * fx
            yb = (edges[e, 3] - y0) * fy
            r1 = max(int64(np.floor(min(ya, yb) - slack)), 0)
            r2 = min(int64(np.floor(max(ya, yb) + slack)), ny - 1)
            left = min(xa, xb)
            right = max(xa, xb)
            for row in range(r1, r2 + 1):
                low = left
                high = right
                if yb - ya > 1e-9:
                    t1 = (row - slack - ya) / (yb - ya)
                    t2 = (row + 1 + slack - ya) / (yb - ya)
                    t1 = min(max(t1, 0.0), 1.0)
                    t2 = min(max(t2, 0.0), 1.0)
                    u1 = xa + t1 * (xb - xa)
                    u2 = xa + t2 * (xb - xa)
                    low = min(u1, u2)
                    high = max(u1, u2)
                c1 = max(int64(np.floor(low - slack)), 0)
                c2 = min(int64(np.floor(high + slack)), nx - 1)
                for col in range(c1, c2 + 1):
                    cell = row * nx + col
                    if stamp[cell] != part:
                        stamp[cell] = part
                        if write:
                            border_cells[pairs] = cell
                            border_parts[pairs] = part
                        pairs += 1
                cx1 = min(cx1, c1)
                cx2 = max(cx2, c2)
            cy1 = min(cy1, r1)
            cy2 = max(cy2, r2)
        if not write:
            continue
        for row in range(cy1, cy2 + 1):
            known = False
            within = False
            for col in range(cx1, cx2 + 1):
                cell = row * nx + col
                if stamp[cell] == part:
                    known = False
                    continue
                if not known:  # no edge between two free cells side by side: same answer
                    within = inside(
                        x0 + (col + 0.5) / fx,
                        y0 + (row + 0.5) / fy,
                        part,
                        edges,
                        slabs,
                        slab_first,
                        starts,
                        members,
                    )
                    known = True
                if within:
                    if first_whole[cell] < 0 or owner[part] < first_whole[cell]:
                        first_whole[cell] = owner[part]
                    if cover[cell] < 255:
                        cover[cell] += 1
    return pairs


@njit(
    void(
        float64[::1],
        float64[::1],
        float64[:, ::1],
        float64[::1],
        int64[::1],
        int64[::1],
        int32[::1],
        int32[::1],
        float64[::1],
        int64,
        int64,
        int32[::1],
        uint8[::1],
        int32[::1],
        int32[::1],
        int32[::1],
    ),
    cache=True,
    nogil=True,
)
def matches(
    lon,
    lat,
    edges,
    slabs,
    slab_first,
    starts,
    members,
    owner,
    frame,
    nx,
    ny,
    code,
    cover,
    border_start,
    border_parts,
    out,
):
    """How many polygons hold each point. code : polygon of a cell without edges, -1 outside, -2-k the k-th with edges."""
    x0, y0, fx, fy = frame[0], frame[1], frame[2], frame[3]
    for i in range(lon.size):
        x = lon[i]
        y = lat[i]
        u = (x - x0) * fx
        v = (y - y0) * fy
        if not (0.0 <= u < nx and 0.0 <= v < ny):
            out[i] = 0
            continue
        cell = int64(v) * nx + int64(u)
        n = int32(cover[cell])
        c = code[cell]
        if c < -1:
            k = -2 - c
            last = int32(-1)
            for m in range(border_start[k], border_start[k + 1]):
                part = border_parts[m]
                if owner[part] != last and inside(x, y, part, edges, slabs, slab_first, starts, members):
                    last = owner[part]
                    n += 1
        out[i] = n
