# SPDX-License-Identifier: BSD-3-Clause
"""Pictures on matplotlib axes, for a notebook. The extra "plot" brings matplotlib."""

import numpy as np

from kalantar.analysis.pictures import Bars, Cells, Heat, Lines, Map, Points, Rings


def plotted(pictures, axes=None):
    """Draw each picture on axes of its own; gives the list of axes. See pictures.plotted."""
    import matplotlib.pyplot as plt

    if not pictures:
        raise ValueError("this result has no picture: print its table()")
    if axes is None:
        _, axes = plt.subplots(len(pictures), 1, figsize=(8, 5 * len(pictures)), squeeze=False)
    axes = np.atleast_1d(axes).ravel().tolist()
    if len(axes) != len(pictures):
        raise ValueError(f"{len(pictures)} pictures need as many axes, got {len(axes)}")
    for picture, ax in zip(pictures, axes):
        ax.set_title(picture.title)
        _DRAWN[type(picture)](picture, ax)
    return axes


def _lines(picture, ax):
    for one in picture.series:
        if one.kind == "band":
            ax.fill_between(picture.x, one.y, one.upper, alpha=0.2, label=one.name)
        elif one.kind == "points":
            ax.plot(picture.x, one.y, "o", label=one.name)
        else:
            ax.plot(picture.x, one.y, drawstyle="steps-post" if one.kind == "step" else "default", label=one.name)
    for at, words in picture.marks:
        ax.axvline(at, linestyle="--", color="tab:red")
        ax.annotate(words, (at, 1), xycoords=("data", "axes fraction"), fontsize=8)
    if len(picture.series) > 1:
        ax.legend()
    ax.set(xlabel=picture.x_label, ylabel=picture.y_label)


def _bars(picture, ax):
    at = np.arange(len(picture.labels))
    whiskers = None
    if picture.low is not None and picture.high is not None:
        values = np.asarray(picture.values, float)
        whiskers = np.maximum([values - picture.low, np.asarray(picture.high, float) - values], 0)
    ax.bar(at, picture.values, yerr=whiskers, capsize=3)
    ax.set_xticks(at, picture.labels, rotation=45 if len(picture.labels) > 8 else 0)
    if picture.usual is not None:
        ax.axhline(picture.usual, linestyle="--", color="tab:red")
    ax.set_ylabel(picture.value_label)


def _heat(picture, ax):
    values = np.asarray(picture.values, float)
    limits = {}
    if picture.middle is not None:
        reach = np.nanmax(np.abs(values - picture.middle)) if np.isfinite(values).any() else 1
        limits = {"cmap": "coolwarm", "vmin": picture.middle - reach, "vmax": picture.middle + reach}
    shown = ax.imshow(values, aspect="auto", **limits)
    ax.set_xticks(np.arange(len(picture.columns)), picture.columns, rotation=45 if len(picture.columns) > 12 else 0)
    ax.set_yticks(np.arange(len(picture.rows)), picture.rows)
    if picture.marked is not None:
        row, column = np.nonzero(picture.marked)
        ax.plot(column, row, "s", markerfacecolor="none", markeredgecolor="tab:red", markersize=12)
    ax.set(xlabel=picture.column_label, ylabel=picture.row_label)
    ax.figure.colorbar(shown, ax=ax, label=picture.value_label)


def _map(picture, ax):
    from matplotlib.collections import PolyCollection

    for layer in picture.layers:
        if isinstance(layer, Cells):
            x, y, side = np.asarray(layer.x), np.asarray(layer.y), layer.size_m
            corners = np.stack([np.column_stack([x + dx, y + dy]) for dx, dy in
                                ((0, 0), (side, 0), (side, side), (0, side))], axis=1)  # fmt: skip
            drawn = PolyCollection(list(corners), array=np.asarray(layer.values, float), edgecolors="none")
            ax.add_collection(drawn)
            ax.figure.colorbar(drawn, ax=ax, label=picture.value_label or layer.name)
            if layer.marked is not None and np.any(layer.marked):
                ax.add_collection(PolyCollection(list(corners[np.asarray(layer.marked, bool)]), facecolors="none",
                                                 edgecolors="tab:red"))  # fmt: skip
        elif isinstance(layer, Points):
            groups = None if layer.groups is None else np.asarray(layer.groups)
            colours = {"color": "0.3"} if groups is None else {"c": groups, "cmap": "tab10"}
            ax.scatter(*np.asarray(layer.xy, float).T, s=4, **colours)
        elif isinstance(layer, Rings):
            values = None if layer.values is None else np.asarray(layer.values, float)
            ax.add_collection(PolyCollection(list(layer.rings), array=values, edgecolors="0.2",
                                             facecolors="none" if values is None else None))  # fmt: skip
    ax.autoscale_view()
    ax.set_aspect("equal")


_DRAWN = {Lines: _lines, Bars: _bars, Heat: _heat, Map: _map}
