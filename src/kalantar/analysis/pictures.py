# SPDX-License-Identifier: BSD-3-Clause
"""What a result looks like, said once: a report draws it as SVG, a notebook with matplotlib.

Words in these specifications are short English terms of the field ("events", "hour of the day");
whoever draws them may translate each whole. Numbers stay numbers until they are drawn.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Series:
    """One line, band or set of marks over a common x."""

    name: str
    y: np.ndarray  # nan = a gap
    kind: str = "line"  # "line", "step", "points", "band" (from y to upper)
    upper: np.ndarray | None = None  # the upper side of a band


@dataclass(frozen=True, kw_only=True)
class Lines:
    """Series over x."""

    title: str
    x: np.ndarray  # numbers or datetime64
    series: tuple[Series, ...]
    x_label: str
    y_label: str
    marks: tuple[tuple[float, str], ...] = ()  # upright lines at x with their words


@dataclass(frozen=True, kw_only=True)
class Bars:
    """One bar a label, with whiskers where low and high are given."""

    title: str
    labels: tuple[str, ...]
    values: np.ndarray
    value_label: str
    low: np.ndarray | None = None
    high: np.ndarray | None = None
    usual: float | None = None  # a line at what chance alone would give


@dataclass(frozen=True, kw_only=True)
class Heat:
    """A table of shades: hours of the week, bands of a near-repeat table."""

    title: str
    values: np.ndarray  # (rows, columns); nan = nothing known
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    row_label: str
    column_label: str
    value_label: str
    marked: np.ndarray | None = None  # bool: cells that stand out
    middle: float | None = None  # the value of "as usual": two-sided shades around it


@dataclass(frozen=True, kw_only=True)
class Cells:
    """Layer of a map: squares, shaded by value."""

    x: np.ndarray  # left side, metres
    y: np.ndarray  # lower side
    size_m: float
    values: np.ndarray
    name: str
    marked: np.ndarray | None = None


@dataclass(frozen=True, kw_only=True)
class Points:
    """Layer of a map: events or features."""

    xy: np.ndarray  # (n, 2), metres
    name: str
    groups: np.ndarray | None = None  # int, -1 = none: drawn pale


@dataclass(frozen=True, kw_only=True)
class Rings:
    """Layer of a map: circles or outlines."""

    rings: tuple[np.ndarray, ...]  # each (k, 2), metres
    name: str
    values: np.ndarray | None = None  # one a ring: shaded


@dataclass(frozen=True, kw_only=True)
class Map:
    """Layers from below to above, one plane in metres, north up."""

    title: str
    layers: tuple[Cells | Points | Rings, ...]
    value_label: str = ""


Picture = Lines | Bars | Heat | Map


def plotted(pictures, axes=None):
    """Draw each picture on matplotlib axes of its own; gives the list of axes.

    Raises ValueError: nothing to draw, or not one axes a picture. Needs the extra "plot".
    """
    from kalantar.analysis import _plotting

    return _plotting.plotted(pictures, axes)
