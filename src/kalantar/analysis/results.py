# SPDX-License-Identifier: BSD-3-Clause
"""What every method returns: frozen figures, with the conventions that made them."""

from dataclasses import dataclass, fields, is_dataclass
from typing import ClassVar

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Result:
    """Base of the frozen result classes.

    columns : names of the fields that hold one value a row of `table()`; none: one row of all single
    figures. `rows_of` : name of the field that holds a tuple of results, one a row, instead.
    """

    columns: ClassVar[tuple[str, ...]] = ()
    rows_of: ClassVar[str] = ""

    def to_dict(self):
        """Everything as numbers, words, lists and dicts, ready for JSON; what is not known is None."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}

    def table(self):
        """Columns of equal length, name to array: `pandas.DataFrame(result.table())` is one line away."""
        if self.rows_of:
            rows = getattr(self, self.rows_of)
            if not rows:
                return {}
            names = [f.name for f in fields(rows[0]) if _is_single(getattr(rows[0], f.name))]
            return {name: np.array([getattr(row, name) for row in rows]) for name in names}
        if self.columns:
            return {name: np.asarray(getattr(self, name)) for name in self.columns}
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: np.array([value]) for name, value in named.items() if _is_single(value)}

    def pictures(self):
        """What a chief should see, as specifications of `analysis.pictures`; none by default."""
        return ()

    def plot(self, axes=None):
        """Draw `pictures()` with matplotlib (extra "plot"); gives the list of axes.

        Raises ValueError: this result has no picture, or not as many axes as pictures.
        """
        from kalantar.analysis import pictures

        return pictures.plotted(self.pictures(), axes)


def _is_single(value):
    return value is None or isinstance(value, (bool, int, float, str, np.generic))


def _plain(value):
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist()) if value.dtype.kind not in "Mm" else _moments(value)
    if isinstance(value, np.generic):
        return _moments(value) if value.dtype.kind in "Mm" else _plain(value.item())
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if hasattr(value, "__geo_interface__"):
        return _plain(value.__geo_interface__)
    return str(value)


def _moments(value):
    words = np.where(
        np.isnat(value), "", np.datetime_as_string(value) if value.dtype.kind == "M" else value.astype(str)
    )
    return [_none_if_empty(word) for word in words] if words.ndim else _none_if_empty(str(words))


def _none_if_empty(word):
    return str(word) or None
