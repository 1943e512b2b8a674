# SPDX-License-Identifier: BSD-3-Clause
"""How much likelier the records are under a cause than without it.

Each place is compared with itself. Given that an event happened at this place, its time follows the
station's usual time, times 1 + theta z(place, time), where z is near 1 while the cause is at work near the
place and 0 otherwise. So an event adds log((1 + theta z) / (1 + theta Z)), Z the mean of z over the
usual time. What makes a place busy at all times cancels.

The gain of a cause is averaged (not maximised) over radius, strength and which of its features are at
work: a cause with many ways to fit is not favoured for them. Without the cause an average likelihood
ratio is 20 or more at most once in 20 times, whatever the number of ways.
"""

import numpy as np

STRENGTHS = np.array([0.3, 0.6, 1.2, 2.5, 5.0, 10.0, 25.0, 70.0])  # theta: excess, as a multiple of the usual
SHARES = np.array([0.03, 0.1, 0.35, 0.8])  # how many of the features are at work


def gains(z, usual, groups, count):
    """(count, len(STRENGTHS)) log likelihood gain of each group's events.

    z, usual : (m,) of event-group entries; groups : (m,) rising; count : number of groups.
    """
    out = np.zeros((count, len(STRENGTHS)))
    if not len(z):
        return out
    each = np.log1p(STRENGTHS[None, :] * z[:, None]) - np.log1p(STRENGTHS[None, :] * usual[:, None])
    first = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    out[groups[first]] = np.add.reduceat(each, first, axis=0)
    return out


def averaged(log_values, axis=None):
    """log of the mean of exp."""
    log_values = np.asarray(log_values, float)
    top = log_values.max(axis=axis, keepdims=True)
    mean = np.log(np.exp(log_values - top).mean(axis=axis, keepdims=True)) + top
    return float(mean.item()) if axis is None else mean.squeeze(axis)


def mixed(by_group):
    """Log gain over ways of being at work: each group by itself, for each share of groups at work.

    by_group : (..., groups, strengths). Gives (..., len(SHARES)): each group's own average, at work or not.
    """
    own = averaged(by_group, axis=-1)[..., None, :]
    return np.logaddexp(np.log1p(-SHARES)[:, None], np.log(SHARES)[:, None] + own).sum(axis=-1)


def against(gain, rivals):
    """Gain over the even mixture of "nothing" and the rivals' average: what is special to the true history."""
    if not len(rivals):
        return gain
    return float(gain - np.logaddexp(np.log(0.5), np.log(0.5) + averaged(rivals)))
