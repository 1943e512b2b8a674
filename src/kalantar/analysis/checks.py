# SPDX-License-Identifier: BSD-3-Clause
"""The one checking step before the work. An error names the argument, the row, the fault and the cure."""

import numpy as np

from kalantar.analysis.errors import InputError


def points(xy, name="xy", *, fewest=0, as_metres=False):
    """float64 array (n, 2), contiguous. A new array only where it must be.

    fewest : refuse fewer rows. as_metres : take numbers that look like degrees as metres anyway.
    """
    try:
        xy = np.ascontiguousarray(xy, dtype=np.float64)
    except (TypeError, ValueError) as fault:
        raise InputError(f"{name} must hold numbers, one row x, y an event: {fault}") from None
    if xy.size == 0:
        xy = xy.reshape(0, 2)
    if xy.ndim != 2 or xy.shape[1] != 2:
        raise InputError(f"{name} must be of shape (n, 2), one row x, y an event, got {xy.shape}")
    _all_finite(xy, name, "leave the event out or give its place")
    _enough(xy, name, fewest)
    if not as_metres and look_like_degrees(xy):
        raise InputError(
            f"{name} looks like degrees (row 0 is {xy[0, 0]:g}, {xy[0, 1]:g}): project it to metres first "
            "(areas.Plane), or say as_metres=True if these are metres"
        )
    return xy


def look_like_degrees(xy):
    """Are these longitudes and latitudes of one region? Small numbers, close together, away from 0."""
    if len(xy) == 0 or abs(xy[0, 0]) > 180 or abs(xy[0, 1]) > 90:
        return False
    low, high = xy.min(axis=0), xy.max(axis=0)
    if max(-low[0], high[0]) > 180 or max(-low[1], high[1]) > 90:
        return False
    middle = np.abs(low + high) / 2
    return bool((middle > 2).all() and (high - low <= middle / 2).all())


def days(t, name="t", *, rows=None, of="xy"):
    """float64 array (n,), days. rows : the length it must have, that of the argument `of`."""
    t = np.asarray(t)
    if t.dtype.kind == "M":
        raise InputError(f"{name} must be days as numbers, got dates: subtract a moment and divide by one day")
    return numbers(t, name, rows=rows, of=of, cure="leave the event out or give its time")


def numbers(values, name, *, rows=None, of="xy", cure="leave the row out or fill it"):
    """float64 array (n,), finite."""
    try:
        values = np.ascontiguousarray(values, dtype=np.float64)
    except (TypeError, ValueError) as fault:
        raise InputError(f"{name} must hold numbers: {fault}") from None
    if values.ndim != 1:
        raise InputError(f"{name} must be one list of numbers, got shape {values.shape}")
    if rows is not None and len(values) != rows:
        raise InputError(f"{name} and {of} must be of equal length, got {len(values)} and {rows}")
    _all_finite(values, name, cure)
    return values


def counts(values, name="counts", *, rows=None, of="exposure"):
    """float64 array (n,) of whole numbers, 0 or more."""
    values = numbers(values, name, rows=rows, of=of)
    bad = np.flatnonzero((values < 0) | (values != np.floor(values)))
    if len(bad):
        raise InputError(f"{name} row {bad[0]} is {values[bad[0]]:g}: counts must be whole numbers, 0 or more")
    return values


def positive(value, name, *, zero=False):
    """One finite number above 0 (or 0 and above)."""
    number = _number(value)
    if number is None:
        raise InputError(f"{name} must be one number, got {value!r}")
    if not np.isfinite(number) or number < 0 or (number == 0 and not zero):
        raise InputError(f"{name} must be {'0 or more' if zero else 'above 0'}, got {number:g}")
    return number


def whole(value, name, *, least=1, most=None):
    """One whole number from `least` to `most`."""
    number = _number(value)
    if number is None or not np.isfinite(number) or number != np.floor(number):
        raise InputError(f"{name} must be a whole number, got {value!r}")
    if number < least or (most is not None and number > most):
        upto = f" to {most}" if most is not None else " or more"
        raise InputError(f"{name} must be {least}{upto}, got {number:g}")
    return int(number)


def share(value, name):
    """One number strictly between 0 and 1."""
    number = _number(value)
    if number is None or not 0 < number < 1:
        raise InputError(f"{name} must lie between 0 and 1, got {value!r}")
    return number


def _number(value):
    """A plain number as float; None for truth values, texts, arrays and everything else."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)):
        return None
    return float(value)


def one_of(value, name, allowed):
    """One of the words of a convention."""
    if value not in allowed:
        words = ", ".join(f'"{word}"' for word in allowed)
        raise InputError(f"{name} must be one of {words}, got {value!r}")
    return value


def edges(values, name):
    """float64 array (k + 1,), rising: the limits of k bands."""
    values = numbers(values, name, cure="give every limit")
    if len(values) < 2 or (np.diff(values) <= 0).any():
        raise InputError(f"{name} must be at least two limits, each above the one before, got {values.tolist()}")
    return values


def generator(rng, name="rng"):
    """A numpy Generator: a number in a report must be repeatable."""
    if not isinstance(rng, np.random.Generator):
        raise InputError(
            f"{name} must be a numpy Generator, such as numpy.random.default_rng(1), got {type(rng).__name__}"
        )
    return rng


def _all_finite(values, name, cure):
    if not np.isfinite(values).all():
        row = int(np.argwhere(~np.isfinite(values))[0][0])
        raise InputError(f"{name} row {row} is missing or infinite: {cure}")


def _enough(values, name, fewest):
    if len(values) < fewest:
        raise InputError(f"{name} must hold at least {fewest} events, got {len(values)}")
