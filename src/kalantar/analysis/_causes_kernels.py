# SPDX-License-Identifier: BSD-3-Clause
"""The inner loop of the candidate causes: gains of many histories over the same events and features."""

import numpy as np
from numba import njit

_LARGE, _SMALL = 1e100, 1e-100


@njit(
    "void(int64[::1], int64[::1], int64[::1], float64[::1], float64[:, ::1], float64[:, ::1], float64[::1],"
    " float64[:, :, ::1], float64[:, ::1])",
    cache=True,
    nogil=True,
    error_model="numpy",
)
def weigh(first, event, group, nearness, held, usual, strengths, by_group, together):
    """Log gains of each history.

    Entries (one event, one group of features) cover the pairs first[j] .. first[j + 1]; nearness (P,),
    held and usual (H, P) are in that order. by_group (H, G, S) and together (H, S) are filled.
    """
    histories, groups, count = by_group.shape
    events = 0
    for j in range(len(event)):
        events = max(events, event[j] + 1)
    all_z, all_u = np.empty(events), np.empty(events)
    product = np.empty((groups, count))
    for h in range(histories):
        all_z[:] = 0.0
        all_u[:] = 0.0
        product[:] = 1.0
        for j in range(len(event)):
            z, u = 0.0, 0.0
            for p in range(first[j], first[j + 1]):
                z += nearness[p] * held[h, p]
                u += nearness[p] * usual[h, p]
            all_z[event[j]] += z
            all_u[event[j]] += u
            if z == 0.0 and u == 0.0:
                continue
            for s in range(count):
                now = product[group[j], s] * (1 + strengths[s] * z) / (1 + strengths[s] * u)
                if now > _LARGE or now < _SMALL:
                    by_group[h, group[j], s] += np.log(now)
                    now = 1.0
                product[group[j], s] = now
        for g in range(groups):
            for s in range(count):
                by_group[h, g, s] += np.log(product[g, s])
        for s in range(count):
            now = 1.0
            for i in range(events):
                now *= (1 + strengths[s] * all_z[i]) / (1 + strengths[s] * all_u[i])
                if now > _LARGE or now < _SMALL:
                    together[h, s] += np.log(now)
                    now = 1.0
            together[h, s] += np.log(now)
