# SPDX-License-Identifier: BSD-3-Clause
"""Pictures as SVG text: no library, no script, no font file; themed by classes, readable in print.

`svg(picture)` gives one `<svg>` element. Colours are CSS variables with a light and a dark value
(`STYLE`); a page that sets its own variables of the same names overrules them.
"""

from html import escape

import numpy as np

from kalantar.analysis.pictures import Bars, Cells, Heat, Lines, Map, Points, Rings

STYLE = """
.kp{--kp-ink:#14201f;--kp-soft:#4d5c5a;--kp-line:#d7dedb;--kp-paper:#fff;--kp-go:#0b596c;--kp-late:#a5211b;--kp-due:#b26a00;
--kp-q0:#e8efee;--kp-q1:#cfe3e4;--kp-q2:#9fc9cf;--kp-q3:#63a5b1;--kp-q4:#2c7c8f;--kp-q5:#0b596c;--kp-q6:#06333f;
--kp-d0:#2c6fa0;--kp-d1:#6fa3c7;--kp-d2:#b7d2e4;--kp-d3:#eceeed;--kp-d4:#f3c9b6;--kp-d5:#df8a6a;--kp-d6:#b23b22;
font:13px Vazirmatn,system-ui,sans-serif;max-width:100%;height:auto;direction:ltr}
@media (prefers-color-scheme:dark){.kp{--kp-ink:#e7eeec;--kp-soft:#a9b7b4;--kp-line:#2e3a38;--kp-paper:#18211f;--kp-go:#80c9da;
--kp-late:#ff9d92;--kp-due:#f3c06a;--kp-q0:#223230;--kp-q1:#1f4149;--kp-q2:#1f5763;--kp-q3:#2c7586;--kp-q4:#4b97a8;--kp-q5:#80c9da;
--kp-q6:#c8edf5;--kp-d0:#7db8e0;--kp-d1:#4f86ab;--kp-d2:#33536a;--kp-d3:#2a3331;--kp-d4:#6d4636;--kp-d5:#b96a4c;--kp-d6:#ff9d7d}}
.kp text{fill:var(--kp-soft);unicode-bidi:plaintext}.kp .t{fill:var(--kp-ink);font-weight:700;font-size:15px}.kp .n{fill:var(--kp-ink)}
.kp .i{fill:var(--kp-paper)}
.kp .g{stroke:var(--kp-line);stroke-width:1;fill:none}.kp .a{stroke:var(--kp-soft);stroke-width:1;fill:none}
.kp .s0{stroke:var(--kp-go)}.kp .s1{stroke:var(--kp-late)}.kp .s2{stroke:var(--kp-due)}.kp .s3{stroke:var(--kp-soft)}
.kp .l{fill:none;stroke-width:2.2;stroke-linejoin:round}.kp .p{fill:none;stroke-linecap:round;stroke-width:5}
.kp .b0{fill:var(--kp-go);opacity:.16}.kp .b1{fill:var(--kp-late);opacity:.14}.kp .b2{fill:var(--kp-due);opacity:.16}
.kp .b3{fill:var(--kp-soft);opacity:.14}.kp .f0{fill:var(--kp-go)}.kp .f1{fill:var(--kp-late)}
.kp .w{stroke:var(--kp-ink);stroke-width:1.4;fill:none}.kp .m{stroke:var(--kp-late);stroke-width:1.4;stroke-dasharray:4 3;fill:none}
.kp .r{stroke:var(--kp-late);stroke-width:2;fill:none}.kp .o{stroke:var(--kp-ink);stroke-width:1.3;fill:none}
.kp .pt{stroke:var(--kp-ink);stroke-opacity:.6;stroke-linecap:round;stroke-width:2.6;fill:none}
.kp .pale{stroke:var(--kp-soft);stroke-opacity:.4}
""" + "".join(f".kp .{k}{i}{{fill:var(--kp-{k}{i})}}" for k in "qd" for i in range(7)) + "".join(
    f".kp .g{i}{{stroke:{c};stroke-opacity:.85;stroke-width:3.6}}"
    for i, c in enumerate(("#0b7285", "#c2410c", "#6d28d9", "#15803d", "#be185d", "#92600a", "#1d4ed8"))
)  # fmt: skip

WIDTH = 760
SHADES = 7


def svg(picture, *, say=str, number=None, day=str, styled=True):
    """One `<svg>` element as text.

    picture : Lines, Bars, Heat or Map. say : translates a whole label. number : writes a number;
    the default uses three significant digits. day : writes a datetime64[D]. styled : carry `STYLE`
    inside, for a drawing that stands alone.
    """
    drawn = _DRAWN[type(picture)](picture, say, number or short, day)
    width, height, body = drawn
    title = escape(say(picture.title))
    style = f"<style>{STYLE}</style>" if styled else ""
    return (
        f'<svg class="kp" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'role="img" aria-label="{title}">{style}<title>{title}</title>'
        f'<text class="t" x="{width / 2:g}" y="20" text-anchor="middle">{title}</text>{body}</svg>'
    )


def short(value):
    """A number with at most three digits after its first, no needless zeros."""
    if not np.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1e15 or size < 1e-4:
        return f"{value:.1e}"
    digits = max(0, 2 - int(np.floor(np.log10(size))))
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


# -- scales ------------------------------------------------------------------------------------


def ticks(low, high, most=6):
    """Round numbers from low to high, array."""
    if not high > low:
        return np.array([low])
    rough = (high - low) / most
    step = 10 ** np.floor(np.log10(rough))
    step *= next(k for k in (1, 2, 5, 10) if k * step >= rough * (1 - 1e-9))
    first = np.ceil(low / step - 1e-9) * step
    found = first + step * np.arange(int((high - first) / step + 1e-9) + 1)
    return np.where(np.abs(found) < step * 1e-9, 0.0, found)


def shades(values, middle=None):
    """Class of shade of each value, int array 0..6 (-1: nan), and the limits between classes.

    Without a middle, equal numbers of different positive values a class, so that a few crowded
    cells do not make all others look empty; with one, equal steps to both sides of it.
    """
    values = np.asarray(values, float)
    known = np.isfinite(values)
    if not known.any():
        return np.full(values.shape, -1), np.array([])
    if middle is not None:
        reach = float(np.abs(values[known] - middle).max()) or 1.0
        limits = middle + reach * np.array([-5, -3, -1, 1, 3, 5]) / 7
    else:
        distinct = np.unique(values[known])
        positive = distinct[distinct > 0]
        if len(positive) <= SHADES - 1:
            limits = positive[: SHADES - 1]
        else:
            limits = np.quantile(positive, np.arange(1, SHADES) / SHADES)
        if (distinct == np.floor(distinct)).all():
            limits = np.ceil(limits)  # whole counts deserve whole limits
        limits = np.unique(limits)
    classes = np.searchsorted(limits, values, side="right")
    return np.where(known, classes, -1), limits


def _text(x, y, text, anchor="middle", turn="", kind=""):
    turn = f' transform="rotate({turn} {x:.1f} {y:.1f})"' if turn else ""
    kind = f' class="{kind}"' if kind else ""
    return f'<text{kind} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{turn}>{escape(str(text))}</text>'


def _moments(x, day):
    """Numbers to draw by, and how to write one: dates are drawn as days."""
    x = np.asarray(x)
    if x.dtype.kind != "M":
        return x.astype(float), None
    as_days = (x.astype("datetime64[m]") - np.datetime64("1970-01-01T00:00", "m")).astype(float) / 1440
    return as_days, lambda d: day(np.datetime64("1970-01-01") + np.timedelta64(round(d), "D"))


# -- kinds -------------------------------------------------------------------------------------


def _lines(picture, say, number, day):
    height, left, right, top, bottom = 340, 66, 16, 44 + 20 * (len(picture.series) > 1), 52
    x, as_date = _moments(picture.x, day)
    reach = [s.y for s in picture.series] + [s.upper for s in picture.series if s.upper is not None]
    y_all = np.concatenate([np.asarray(v, float) for v in reach]) if reach else np.zeros(1)
    y_all = y_all[np.isfinite(y_all)]
    low, high = (min(0.0, y_all.min()), y_all.max()) if len(y_all) else (0.0, 1.0)
    high = high if high > low else low + 1
    fine = x[np.isfinite(x)]
    first, last = (fine.min(), fine.max()) if len(fine) else (0.0, 1.0)
    last = last if last > first else first + 1
    across = lambda v: left + (v - first) / (last - first) * (WIDTH - left - right)
    up = lambda v: height - bottom - (v - low) / (high - low) * (height - top - bottom)
    out = []
    for v in ticks(low, high, 5):
        out.append(f'<path class="g" d="M{left},{up(v):.1f}H{WIDTH - right}"/>')
        out.append(_text(left - 8, up(v) + 4, number(v), "end"))
    for v in ticks(first, last, 6):
        out.append(f'<path class="a" d="M{across(v):.1f},{height - bottom}v5"/>')
        out.append(_text(across(v), height - bottom + 20, as_date(v) if as_date else number(v)))
    named = []
    for i, one in enumerate(picture.series):
        kind, y = i % 4, np.asarray(one.y, float)
        whole = np.isfinite(y) & np.isfinite(x)
        if one.kind == "band":
            upper = np.asarray(one.upper, float)
            whole &= np.isfinite(upper)
            there = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(across(x[whole]), up(upper[whole])))
            back = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(across(x[whole])[::-1], up(y[whole])[::-1]))
            if there:
                out.append(f'<polygon class="b{kind}" points="{there} {back}"/>')
        elif one.kind == "points":
            d = "".join(f"M{a:.1f},{b:.1f}h0" for a, b in zip(across(x[whole]), up(y[whole])))
            out.append(f'<path class="p s{kind}" d="{d}"/>')
        else:
            out.append(f'<path class="l s{kind}" d="{_path(across(x), up(y), whole, one.kind == "step")}"/>')
        named.append((one.name, "b" if one.kind == "band" else "s", kind))
    for at, words in picture.marks:
        out.append(f'<path class="m" d="M{across(at):.1f},{top}V{height - bottom}"/>')
        out.append(_text(across(at), top - 5, say(words)))
    if len(picture.series) > 1:
        out.append(_legend(named, say, 42))
    out.append(_text((left + WIDTH - right) / 2, height - 10, say(picture.x_label)))
    out.append(_text(16, (top + height - bottom) / 2, say(picture.y_label), turn="-90"))
    return WIDTH, height, "".join(out)


def _path(x, y, whole, stepped):
    d, pen = [], False
    for a, b, ok in zip(x, y, whole):
        if not ok:
            pen = False
        elif not pen:
            d.append(f"M{a:.1f},{b:.1f}")
            pen = True
        else:
            d.append(f"H{a:.1f}V{b:.1f}" if stepped else f"L{a:.1f},{b:.1f}")
    return "".join(d)


def _legend(named, say, y):
    """Swatches in one row, centred."""
    widths = [30 + 7.4 * len(say(name)) for name, _, _ in named]
    x, out = (WIDTH - sum(widths)) / 2, []
    for (name, sort, kind), width in zip(named, widths):
        if sort == "b":
            out.append(f'<rect class="b{kind}" x="{x:.1f}" y="{y - 10}" width="16" height="12"/>')
        else:
            out.append(f'<path class="l s{kind}" d="M{x:.1f},{y - 4}h16"/>')
        out.append(_text(x + 20, y, say(name), "start"))
        x += width
    return "".join(out)


def _bars(picture, say, number, day):
    labels = [str(label) for label in picture.labels]
    values = np.asarray(picture.values, float)
    if len(labels) > 14 or max((len(say(label)) for label in labels), default=0) > 12:
        return _lying_bars(picture, say, number, labels, values)
    height, left, right, top, bottom = 320, 66, 16, 44, 52
    low, high = _bar_reach(picture, values)
    up = lambda v: height - bottom - (v - low) / (high - low) * (height - top - bottom)
    slot = (WIDTH - left - right) / max(len(labels), 1)
    out = []
    for v in ticks(low, high, 5):
        out.append(f'<path class="g" d="M{left},{up(v):.1f}H{WIDTH - right}"/>')
        out.append(_text(left - 8, up(v) + 4, number(v), "end"))
    for i, (label, value) in enumerate(zip(labels, values)):
        x = left + slot * (i + 0.5)
        out.append(_text(x, height - bottom + 18, say(label)))
        if np.isfinite(value):
            y0, y1 = sorted((up(0), up(value)))
            out.append(
                f'<rect class="f0" x="{x - slot * 0.34:.1f}" y="{y0:.1f}" width="{slot * 0.68:.1f}" height="{y1 - y0:.1f}"/>'
            )
        if picture.low is not None and picture.high is not None:
            a, b = (up(np.asarray(side, float)[i]) for side in (picture.low, picture.high))
            if np.isfinite(a) and np.isfinite(b):
                out.append(
                    f'<path class="w" d="M{x:.1f},{a:.1f}V{b:.1f}M{x - 5:.1f},{a:.1f}h10M{x - 5:.1f},{b:.1f}h10"/>'
                )
    if picture.usual is not None:
        out.append(f'<path class="m" d="M{left},{up(picture.usual):.1f}H{WIDTH - right}"/>')
    out.append(_text(16, (top + height - bottom) / 2, say(picture.value_label), turn="-90"))
    return WIDTH, height, "".join(out)


def _lying_bars(picture, say, number, labels, values):
    words = [say(label) for label in labels]
    left = min(300, 24 + 7.4 * max((len(w) for w in words), default=0))
    row, top, right = 24, 40, 70
    height = top + row * len(labels) + 44
    low, high = _bar_reach(picture, values)
    across = lambda v: left + (v - low) / (high - low) * (WIDTH - left - right)
    out = []
    for v in ticks(low, high, 5):
        out.append(f'<path class="g" d="M{across(v):.1f},{top}V{height - 40}"/>')
        out.append(_text(across(v), height - 24, number(v)))
    for i, (word, value) in enumerate(zip(words, values)):
        y = top + row * i
        out.append(_text(left - 8, y + 16, word, "end"))
        if np.isfinite(value):
            x0, x1 = sorted((across(0), across(value)))
            out.append(f'<rect class="f0" x="{x0:.1f}" y="{y + 4}" width="{x1 - x0:.1f}" height="{row - 8}"/>')
            out.append(_text(WIDTH - right + 8, y + 16, number(value), "start", kind="n"))
        if picture.low is not None and picture.high is not None:
            a, b = (across(np.asarray(side, float)[i]) for side in (picture.low, picture.high))
            if np.isfinite(a) and np.isfinite(b):
                out.append(f'<path class="w" d="M{a:.1f},{y + 12}H{b:.1f}M{a:.1f},{y + 7}v10M{b:.1f},{y + 7}v10"/>')
    if picture.usual is not None:
        out.append(f'<path class="m" d="M{across(picture.usual):.1f},{top}V{height - 40}"/>')
    out.append(_text((left + WIDTH - right) / 2, height - 6, say(picture.value_label)))
    return WIDTH, height, "".join(out)


def _bar_reach(picture, values):
    parts = [values, [0.0]] + [np.asarray(v, float) for v in (picture.low, picture.high) if v is not None]
    if picture.usual is not None:
        parts.append([picture.usual])
    reach = np.concatenate([np.asarray(p, float) for p in parts])
    reach = reach[np.isfinite(reach)]
    low, high = float(reach.min()), float(reach.max())
    return low, high if high > low else low + 1


def _heat(picture, say, number, day):
    values = np.asarray(picture.values, float)
    rows, columns = values.shape
    left = 42 + min(200, 7.4 * max((len(say(r)) for r in picture.rows), default=0))
    top, right = 46, 16
    wide = (WIDTH - left - right) / max(columns, 1)
    tall = min(44.0, max(20.0, wide))
    height = top + tall * rows + 92
    classes, limits = shades(values, picture.middle)
    shade = "q" if picture.middle is None else "d"
    written = wide >= 34 and rows * columns <= 200
    out = []
    for i in range(rows):
        out.append(_text(left - 8, top + tall * (i + 0.5) + 4, say(picture.rows[i]), "end"))
        for j in range(columns):
            x, y = left + wide * j, top + tall * i
            if classes[i, j] >= 0:
                kind = f"{shade}{classes[i, j]}"
                out.append(
                    f'<rect class="{kind}" x="{x + 0.5:.1f}" y="{y + 0.5:.1f}" width="{wide - 1:.1f}" height="{tall - 1:.1f}"/>'
                )
            if written and np.isfinite(values[i, j]):
                dark = (shade == "q" and classes[i, j] >= 4) or (shade == "d" and classes[i, j] in (0, 6))
                kind = "n i" if dark else "n"
                out.append(
                    f'<text class="{kind}" x="{x + wide / 2:.1f}" y="{y + tall / 2 + 4:.1f}" text-anchor="middle">'
                    f"{escape(number(values[i, j]))}</text>"
                )
            if picture.marked is not None and np.asarray(picture.marked)[i, j]:
                out.append(
                    f'<rect class="r" x="{x + 1.5:.1f}" y="{y + 1.5:.1f}" width="{wide - 3:.1f}" height="{tall - 3:.1f}"/>'
                )
    step = max(1, int(np.ceil(max((len(say(c)) for c in picture.columns), default=1) * 7.4 / max(wide, 1))))
    for j in range(0, columns, step):
        out.append(_text(left + wide * (j + 0.5), top + tall * rows + 16, say(picture.columns[j])))
    out.append(_text(left + wide * columns / 2, top + tall * rows + 36, say(picture.column_label)))
    out.append(_text(14, top + tall * rows / 2, say(picture.row_label), turn="-90"))
    out.append(_key(limits, values, shade, say(picture.value_label), number, height - 34))
    return WIDTH, height, "".join(out)


def _key(limits, values, shade, label, number, y):
    """The shades with their limits, in one row."""
    if not len(limits):
        return ""
    present = values[np.isfinite(values)]
    low, high = float(present.min()), float(present.max())
    if shade == "d":  # both ends as far from the middle as the farthest value; a ratio has none below 0
        step, floor = limits[1] - limits[0], 0.0 if low >= 0 else -np.inf
        limits = np.maximum(limits, floor)
        low, high = max(limits[0] - step, floor), limits[-1] + step
    ends = [min(low, limits[0]), *limits.tolist(), max(high, limits[-1])]
    wide = 62
    start = (WIDTH - wide * (len(limits) + 1)) / 2
    out = [_text(WIDTH / 2, y - 6, label)]
    for i in range(len(limits) + 1):
        out.append(f'<rect class="{shade}{i}" x="{start + wide * i:.1f}" y="{y}" width="{wide}" height="10"/>')
    for i, value in enumerate(ends):
        out.append(_text(start + wide * i, y + 24, number(value)))
    return "".join(out)


def _map(picture, say, number, day):
    low, high = _reach(picture.layers)
    span = np.maximum(high - low, 1.0)
    scale = min((WIDTH - 32) / span[0], 640 / span[1])
    wide, tall = span * scale
    top = 40
    height = top + tall + 78
    left = (WIDTH - wide) / 2
    across = lambda x: left + (x - low[0]) * scale
    up = lambda y: top + (high[1] - y) * scale
    out, key = [], ""
    for layer in picture.layers:
        if isinstance(layer, Cells):
            drawn, key = _cells(layer, across, up, scale, say(picture.value_label or layer.name), number, height - 40)
        elif isinstance(layer, Points):
            drawn = _points(layer, across, up)
        else:
            drawn, ringed = _rings(layer, across, up, say(picture.value_label or layer.name), number, height - 40)
            key = key or ringed
        out.append(drawn)
    bar = _round_below(span[0] / 3)
    x, y = left + 6, top + tall + 14
    length = f"{short(bar / 1000)} km" if bar >= 1000 else f"{short(bar)} m"
    out.append(f'<path class="o" d="M{x:.1f},{y - 4:.1f}v4h{bar * scale:.1f}v-4"/>')
    out.append(_text(x + bar * scale + 8, y, say(length), "start"))
    return WIDTH, height if key else height - 40, "".join(out) + key


def _round_below(length):
    """The largest of 1, 2, 5, 10, 20, 50 … that is not longer."""
    power = 10 ** np.floor(np.log10(length))
    return float(max(k * power for k in (1, 2, 5) if k * power <= length * (1 + 1e-9)))


def _reach(layers):
    corners = []
    for layer in layers:
        if isinstance(layer, Cells) and len(layer.x):
            corners += [
                (np.min(layer.x), np.min(layer.y)),
                (np.max(layer.x) + layer.size_m, np.max(layer.y) + layer.size_m),
            ]
        elif isinstance(layer, Points) and len(layer.xy):
            corners += [tuple(np.min(layer.xy, axis=0)), tuple(np.max(layer.xy, axis=0))]
        elif isinstance(layer, Rings):
            for ring in layer.rings:
                corners += [tuple(np.min(ring, axis=0)), tuple(np.max(ring, axis=0))]
    if not corners:
        return np.zeros(2), np.ones(2)
    reached = np.array(corners, float)
    return reached.min(axis=0), reached.max(axis=0)


def _cells(layer, across, up, scale, label, number, key_y):
    values = np.asarray(layer.values, float)
    classes, limits = shades(values)
    side = layer.size_m * scale
    x, y = across(np.asarray(layer.x, float)), up(np.asarray(layer.y, float) + layer.size_m)
    out = []
    for k in np.unique(classes[classes >= 0]):
        of = classes == k
        d = "".join(f"M{a:.1f},{b:.1f}h{side:.1f}v{side:.1f}h{-side:.1f}z" for a, b in zip(x[of], y[of]))
        out.append(f'<path class="q{k}" d="{d}"/>')
    if layer.marked is not None and np.any(layer.marked):
        of = np.asarray(layer.marked, bool)
        d = "".join(f"M{a:.1f},{b:.1f}h{side:.1f}v{side:.1f}h{-side:.1f}z" for a, b in zip(x[of], y[of]))
        out.append(f'<path class="r" d="{d}"/>')
    return "".join(out), _key(limits, values, "q", label, number, key_y)


def _points(layer, across, up):
    xy = np.asarray(layer.xy, float)
    groups = np.zeros(len(xy), int) if layer.groups is None else np.asarray(layer.groups, int)
    out = []
    for g in np.unique(groups):
        of = groups == g
        kind = "pt" if layer.groups is None else "pt pale" if g < 0 else f"pt g{g % 7}"
        d = "".join(f"M{a:.1f},{b:.1f}h0" for a, b in zip(across(xy[of, 0]), up(xy[of, 1])))
        out.append(f'<path class="{kind}" d="{d}"/>')
    return "".join(out)


def _rings(layer, across, up, label, number, key_y):
    classes, limits, values = np.full(len(layer.rings), -1), np.array([]), np.array([])
    if layer.values is not None:
        values = np.asarray(layer.values, float)
        classes, limits = shades(values)
    out = []
    for ring, k in zip(layer.rings, classes):
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(across(ring[:, 0]), up(ring[:, 1])))
        kind = f"o q{k}" if k >= 0 else "o"
        fill = "" if k >= 0 else ' fill="none"'
        out.append(f'<polygon class="{kind}"{fill} points="{points}"/>')
    return "".join(out), _key(limits, values, "q", label, number, key_y) if len(limits) else ""


_DRAWN = {Lines: _lines, Bars: _bars, Heat: _heat, Map: _map}
