# SPDX-License-Identifier: BSD-3-Clause
"""Did it help? Before and after, against like areas, with the neighbours watched.

A place chosen because it was high falls by itself; a city that falls takes every place along; what
leaves one street may be in the next. So: comparison areas, all weeks, a buffer, and three answers:
it fell, it did not, or *cannot tell*.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from kalantar.analysis import checks
from kalantar.analysis.errors import InputError
from kalantar.analysis.pictures import Bars, Lines, Series
from kalantar.analysis.results import Result

FEWEST_BEFORE = 8  # weeks
FEWEST_AFTER = 4
FEWEST_EVENTS = 5  # expected in the treated area, and counted in the comparison, before and after
AREAS_FOR_DRIFT = 5  # with fewer, how much areas drift apart by themselves cannot be told
_WINDOWS = (8, 13, 26, 52)  # weeks on which areas are usually chosen
_HIGH_BEFORE = 0.05
_DRIFT_BELIEVED = 0.2  # p of Cochran's Q under which areas are taken to drift by themselves


# -- weighted displacement difference ------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class WeightedDisplacement(Result):
    """Change in the treated area and its surroundings, less the change in the control areas, in events."""

    estimate: float  # below 0: fewer than the controls let expect
    se: float
    z: float
    low: float
    high: float
    p_value: float  # two-sided
    local: float  # the same without the displacement areas
    displaced: float  # what the displacement areas add
    level: float


def weighted_displacement(
    treated,
    control,
    *,
    disp_treated=(0, 0),
    disp_control=(0, 0),
    time_weights=(1, 1),
    area_weights=(1, 1, 1, 1),
    harm=None,
    level=0.95,
):
    """WeightedDisplacement: difference of differences of counts, with displacement areas.

    treated, control, disp_treated, disp_control : (before, after) counts; with harm, one such pair a kind
        of event, shape (k, 2).
    time_weights : length of (before, after): counts become counts a unit of time.
    area_weights : size of (control, treated, disp_control, disp_treated): counts a unit of area.
    harm : array (k,), 0 or more: weight of each kind of event.
    It takes counts as Poisson. Where weeks vary more than that, where a shock hits single areas, or where the
    area was chosen because it was high, its interval is too short (measured: .86, .75 and .83 at .95):
    prefer `rate_ratio` on all weeks.
    Source: Wheeler and Ratcliffe (2018), Crime Science 7, 11.
    Raises InputError: counts that are not whole, other shapes, a weight not above 0.
    """
    level = checks.share(level, "level")
    given = {"control": control, "treated": treated, "disp_control": disp_control, "disp_treated": disp_treated}
    kinds = 1 if harm is None else len(checks.numbers(harm, "harm"))
    harm = np.ones(1) if harm is None else checks.numbers(harm, "harm")
    if (harm < 0).any():
        raise InputError("harm must be 0 or more for every kind of event")
    lengths = _weights(time_weights, "time_weights", 2)
    sizes = _weights(area_weights, "area_weights", 4)
    change, variance = np.zeros(4), 0.0
    for row, (name, counts) in enumerate(given.items()):
        pairs = np.asarray(counts, dtype=float)
        if pairs.ndim == 1 and (harm.size == 1 or not pairs.any()):
            pairs = np.broadcast_to(pairs, (kinds, len(pairs)))
        if pairs.shape != (kinds, 2):
            raise InputError(f"{name} must be (before, after){' a kind of event' if kinds > 1 else ''}, got {counts!r}")
        checks.counts(pairs.ravel(), name)
        per = pairs / (lengths * sizes[row])
        change[row] = harm @ (per[:, 1] - per[:, 0])
        variance += float((harm**2) @ (pairs / (lengths * sizes[row]) ** 2).sum(axis=1))
    local, displaced = change[1] - change[0], change[3] - change[2]
    estimate, se = float(local + displaced), float(np.sqrt(variance))
    z = estimate / se if se > 0 else float("nan")
    half = float(special.ndtri((1 + level) / 2)) * se
    return WeightedDisplacement(
        estimate=estimate,
        se=se,
        z=z,
        low=estimate - half,
        high=estimate + half,
        p_value=float(2 * special.ndtr(-abs(z))),
        local=float(local),
        displaced=float(displaced),
        level=level,
    )


# -- rate ratio on all weeks ---------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class RateRatio(Result):
    """Change of the treated area over the change of the comparison areas. Read the verdict, then the range."""

    ratio: float  # 0.8: a fifth fewer than the comparison areas let expect
    low: float
    high: float
    level: float
    p_value: float  # two-sided
    verdict: str  # "fell", "rose", "no_effect_worth_having", "cannot_tell"
    worth: float  # the effect worth having, as a change: -0.2
    before: int  # events of the treated area in the weeks used
    after: int
    comparison_before: int
    comparison_after: int
    expected: float  # events after, had it gone like the comparison areas
    prevented: float  # expected less counted
    prevented_low: float
    prevented_high: float
    weeks_before: int
    weeks_after: int
    left_out: int  # latest weeks before that are left out, for the area was chosen on them
    overdispersion: float  # variance of the estimate over what Poisson counts would give
    autocorrelation: float  # of neighbouring weeks, once the two areas are compared
    drift: float  # variance by which comparison areas drift apart by themselves (log scale); nan: cannot be told
    shrunk: float  # the count before, drawn towards all candidates; nan where none were given
    warnings: tuple[str, ...]  # "high_just_before", "trends_differ", "one_comparison_area"
    enough: bool
    why_not: str  # "", "too_few_weeks", "too_few_events", "too_few_comparison_events"
    week: np.ndarray  # number of each week used, 0 = the first of the measure
    counts: np.ndarray
    usual: np.ndarray  # what the comparison areas let expect in that week

    columns = ("week", "counts", "usual")

    def pictures(self):
        return (
            Lines(
                title="treated area and what the comparison areas let expect",
                x=self.week,
                series=(
                    Series(name="events", y=self.counts),
                    Series(name="expected", y=self.usual),
                ),
                x_label="week",
                y_label="events",
                marks=((0.0, "begin"),),
            ),
        )


def rate_ratio(
    treated,
    comparisons,
    *,
    began,
    worth=-0.2,
    level=0.95,
    chosen="auto",
    candidates=None,
    settling=0,
):
    """RateRatio: did the treated area change more than its comparison areas?

    treated : array (w,), counts of each week (or other equal period); nan: not recorded, left out.
    comparisons : array (j, w) or (w,), the same weeks of like areas the measure does not touch.
    began : int. Number of the first week with the measure.
    worth : change worth having, below 0: -0.2 is a fifth fewer.
    chosen : on which weeks the area was chosen because it was high. A number: the latest so many weeks
        before; they are left out of the baseline, which takes regression to the mean away. "not_by_level":
        not because it was high. "auto": if one of the last 8, 13, 26 or 52 weeks (at most half the past)
        stands out against the rest and the comparison areas (p < .05), these weeks are left out, with a warning.
    candidates : array (k,), counts before of all areas among which this one was the highest, itself included,
        alike in size. Its own count is then drawn towards theirs by how much of it is chance: for an area chosen
        on the whole past. settling : first weeks of the measure that are left out.
    Method: given the week's total, the treated area's part is binomial, so whatever hits all areas of
    a week alike cancels (shocks, season, holidays, recording). The ratio of ratios is of all weeks.
    Its variance: binomial plus a part that grows with the count, as in negative binomial weeks
    (Williams 1982, by moments from the weekly parts, never below binomial); longer where
    neighbouring weeks go together; and with five or more comparison areas plus the drift between them
    (DerSimonian and Laird). The interval is the profile likelihood's with that design effect
    and a t quantile, so counts of 0 need no correction.
    Verdict: "cannot_tell" where the range holds both no change and the effect worth having.
    What it does not mean: that the measure was the cause. It only rules out what comparison areas share.
    Sources: Farrington, Gill, Waples and Argomaniz (2007), J. Exp. Criminol. 3, 21-38 (overdispersed
    odds ratio); Williams (1982), Applied Statistics 31, 144-148; Barnett, van der Pols and Dobson
    (2005), Int. J. Epidemiology 34, 215-220 (regression to the mean).
    Raises InputError: unequal lengths, began outside the weeks, a negative count, wrong options.
    """
    y, c, week = _series(treated, comparisons, began)
    began, worth, level = int(began), _worth(worth), checks.share(level, "level")
    settling = checks.whole(settling, "settling", least=0)
    kept = (week < 0) | (week >= settling)
    y, c, week = y[kept], c[:, kept], week[kept]
    left_out, warnings = 0, []
    total = c.sum(axis=0)
    if isinstance(chosen, str):
        checks.one_of(chosen, "chosen", ("auto", "not_by_level"))
        if candidates is None:
            high = _high_just_before(y, total, week)
            if high:
                warnings.append("high_just_before")
                left_out = high if chosen == "auto" else 0
    else:
        left_out = checks.whole(chosen, "chosen", least=0, most=began)
    if left_out:
        kept = (week < -left_out) | (week >= 0)
        y, c, week = y[kept], c[:, kept], week[kept]
        total = c.sum(axis=0)
    past = week < 0
    if _trends_differ(y[past], total[past]):
        warnings.append("trends_differ")
    if len(c) == 1:
        warnings.append("one_comparison_area")
    y0, y1, c0, c1 = (float(v.sum()) for v in (y[past], y[~past], total[past], total[~past]))
    weeks_before, weeks_after = int(past.sum()), int((~past).sum())
    model = _variance(y, total, past)
    degrees = max(1.0, np.count_nonzero(y + total > 0) - 2.0)
    plain = sum(1 / max(v, 0.5) for v in (y0, c0, y1, c1))
    variance = max(model.variance, plain)
    drift = _drift(c, past, variance / plain)
    if drift > 0:
        parts = c.sum(axis=1) / c.sum()
        variance += drift * (1 + float(parts @ parts))
        degrees = min(degrees, len(c) - 1.0)  # what is known of the spread between areas is known from them
    shrunk, keeps = _shrunk(candidates, y0, model.before)
    offset, used = 0.0, y0
    if np.isfinite(shrunk) and shrunk > 0:
        # as if a larger count had been seen over a longer time
        variance -= (1 / max(y0, 0.5) - keeps / shrunk) * model.before
        used = shrunk / max(keeps, 1e-6)
        offset = np.log(used / shrunk)
        plain = sum(1 / max(v, 0.5) for v in (used, c0, y1, c1))
    effect = max(variance / plain, 1.0)
    found = _profile(used, c0, y1, c1, offset, effect, special.stdtrit(degrees, (1 + level) / 2), degrees)
    expected = (shrunk if np.isfinite(shrunk) else y0) * c1 / c0 if c0 > 0 else float("nan")
    why = _why_not(weeks_before, weeks_after, expected, y0, c0, c1)
    verdict = _verdict(found.low, found.high, worth) if not why else "cannot_tell"
    odds = used * np.exp(-offset) / c0 if c0 > 0 else float("nan")
    return RateRatio(
        ratio=found.ratio,
        low=found.low,
        high=found.high,
        level=level,
        p_value=found.p_value,
        verdict=verdict,
        worth=worth,
        before=int(y0),
        after=int(y1),
        comparison_before=int(c0),
        comparison_after=int(c1),
        expected=expected,
        prevented=expected - y1,
        prevented_low=_prevented(found.high, y1, expected),
        prevented_high=_prevented(found.low, y1, expected),
        weeks_before=weeks_before,
        weeks_after=weeks_after,
        left_out=left_out,
        overdispersion=float(effect),
        autocorrelation=model.autocorrelation,
        drift=drift,
        shrunk=shrunk,
        warnings=tuple(warnings),
        enough=not why,
        why_not=why,
        week=week,
        counts=y,
        usual=total * odds,
    )


# -- comparison areas ----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Matches(Result):
    """Comparison areas nearest to the treated one before the measure, and how near that is."""

    columns = ("area", "distance")

    area: np.ndarray  # rows of the pool, nearest first
    distance: np.ndarray  # in standard deviations of the pool
    feature: tuple[str, ...]
    treated: np.ndarray  # value of each feature (logs of rates and sizes)
    matched: np.ndarray  # mean of the matched areas
    difference: np.ndarray  # treated less matched, in standard deviations of the pool
    difference_of_all: np.ndarray  # the same against the whole pool
    balanced: bool  # every difference within 0.25
    enough: bool
    why_not: str  # "", "pool_too_small", "nothing_like_it"

    def pictures(self):
        return (
            Bars(
                title="how unlike the comparison areas are",
                labels=self.feature,
                values=self.difference,
                value_label="standard deviations",
                usual=0.0,
            ),
        )


def match_areas(treated, pool, *, n=5, exposure=None, treated_exposure=None, covariates=None, leave_out=()):
    """Matches: which areas went like this one before the measure?

    treated : array (w,), weekly counts before the measure only. pool : array (k, w), the same weeks of all
        other areas.
    n : how many. Two carry a ratio; five or more also tell how areas drift apart by themselves.
    exposure, treated_exposure : array (k,) and number, above 0 (dwellings, shops, vehicles): level
        is then the rate, and the size is matched, too.
    covariates : array (k + 1, m), the treated area first: whatever else should be alike.
    leave_out : rows of the pool that may not serve: buffers, areas with a measure of their own.
    Method: nearest in standardised level (log rate, shrunk), trend (log of the later over the earlier
    half, shrunk), size and covariates. Do not choose by what came after.
    A treated area above every area of the pool has no like: `balanced` is then False, and what is matched
    on few events regresses to its own mean; match on a long past.
    Source: Stuart (2010), Statistical Science 25, 1-21 (balance within .25 standard deviations).
    Raises InputError: unequal lengths, fewer than one area left, exposure not above 0.
    """
    y = checks.counts(treated, "treated")
    others = _areas(pool, "pool", len(y))
    n = checks.whole(n, "n")
    k = len(others)
    may = np.ones(k, bool)
    left = np.asarray(leave_out, dtype=np.int64)
    if left.size and (left.min() < 0 or left.max() >= k):
        raise InputError(f"leave_out must name rows 0 to {k - 1} of the pool, got {left.tolist()}")
    may[left] = False
    if not may.any():
        raise InputError("no area is left in the pool: name fewer in leave_out")
    everything = np.vstack([y, others])
    names = ["level", "trend"]
    if (exposure is None) != (treated_exposure is None):
        raise InputError("give both exposure and treated_exposure, or neither")
    if exposure is None:
        size = np.ones(k + 1)
    else:
        size = np.append(checks.positive(treated_exposure, "treated_exposure"), checks.numbers(exposure, "exposure"))
        if len(size) != k + 1 or (size <= 0).any():
            raise InputError("exposure must hold one number above 0 for each area of the pool")
    counts = everything.sum(axis=1)
    used = np.append(True, may)
    common = max(counts[used].sum() / size[used].sum(), 1e-12)
    expected = common * size
    spread = max(
        0.0, float(np.mean((counts[used] - expected[used]) ** 2 - expected[used]) / np.mean(expected[used] ** 2))
    )
    weight = spread / (spread + 1 / np.maximum(expected, 1e-12)) if spread > 0 else np.zeros(k + 1)
    level = np.log(common * (1 + weight * (counts / np.maximum(expected, 1e-12) - 1)).clip(1e-6))
    half = everything.shape[1] // 2
    early, late = everything[:, :half].sum(axis=1), everything[:, half:].sum(axis=1)
    whole_early, whole_late = max(early[used].sum(), 1.0), max(late[used].sum(), 1.0)
    # ten events' worth of the common trend
    trend = np.log(
        (late + 10 * whole_late / (whole_early + whole_late)) / (early + 10 * whole_early / (whole_early + whole_late))
    )
    features = [level, trend]
    if exposure is not None:
        features.append(np.log(size))
        names.append("size")
    if covariates is not None:
        extra = np.asarray(covariates, dtype=float)
        if extra.ndim != 2 or len(extra) != k + 1 or not np.isfinite(extra).all():
            raise InputError(f"covariates must be of shape ({k + 1}, m), the treated area first, without gaps")
        features.extend(extra.T)
        names.extend(f"covariate {i}" for i in range(extra.shape[1]))
    table = np.column_stack(features)
    deviation = table[1:][may].std(axis=0)
    standard = table / np.where(deviation > 1e-9, deviation, 1.0)
    distance = np.sqrt(((standard[1:] - standard[0]) ** 2).sum(axis=1))
    distance[~may] = np.inf
    order = np.lexsort((np.arange(k), distance))[: min(n, int(may.sum()))]
    difference = standard[0] - standard[1:][order].mean(axis=0)
    balanced = bool((np.abs(difference) <= 0.25).all())
    why = "pool_too_small" if len(order) < n else ("" if balanced or distance[order[0]] <= 1 else "nothing_like_it")
    return Matches(
        area=order,
        distance=distance[order],
        feature=tuple(names),
        treated=table[0],
        matched=table[1:][order].mean(axis=0),
        difference=difference,
        difference_of_all=standard[0] - standard[1:][may].mean(axis=0),
        balanced=balanced,
        enough=not why,
        why_not=why,
    )


# -- net effect ----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Impact(Result):
    """Treated area, its buffer, and both together, each against the comparison areas."""

    treated: RateRatio
    buffer: RateRatio | None
    net: RateRatio  # treated and buffer as one area
    verdict: str  # of net where there is a buffer: "fell", "rose", "no_effect_worth_having", "cannot_tell"
    displacement: str  # "displaced", "diffused", "no_displacement", "cannot_tell", "not_looked_at"
    quotient: float  # weighted displacement quotient: below -1 all gain lost, above 0 the buffer gained, too
    per_week: WeightedDisplacement  # the same in events a week, all weeks used
    matches: Matches | None
    enough: bool
    why_not: str

    def table(self):
        rows = [("treated", self.treated), *([("buffer", self.buffer)] if self.buffer else []), ("net", self.net)]
        out = {"part": np.array([name for name, _ in rows])}
        for field in ("ratio", "low", "high", "p_value", "before", "after", "expected", "prevented", "verdict"):
            out[field] = np.array([getattr(row, field) for _, row in rows])
        return out

    def pictures(self):
        table = self.table()
        return (
            Bars(
                title="counted over expected",
                labels=tuple(table["part"].tolist()),
                values=table["ratio"],
                value_label="ratio",
                low=table["low"],
                high=table["high"],
                usual=1.0,
            ),
            *self.treated.pictures(),
        )


def impact(
    treated,
    pool,
    *,
    began,
    buffer=None,
    n=5,
    match=True,
    exposure=None,
    treated_exposure=None,
    leave_out=(),
    worth=-0.2,
    level=0.95,
    chosen="auto",
    candidates=None,
    settling=0,
):
    """Impact: the whole answer: like areas chosen, effect in the area, in its buffer, and net.

    treated : array (w,), weekly counts. pool : array (k, w) of areas that may serve as comparison.
    buffer : array (w,) of the ring around the treated area, where it may have moved, or None.
    n, exposure, treated_exposure, leave_out : as in match_areas, which sees the weeks before only.
    match : False: all of the pool (less leave_out) serves, unmatched.
    Other arguments as in rate_ratio; `chosen` and `candidates` concern the treated area.
    Displacement: "displaced" where the buffer rose against the comparison areas, "diffused" where it fell,
    "no_displacement" where its range leaves out a rise that would undo the gain, "cannot_tell" otherwise.
    Sources: Bowers and Johnson (2003), J. Quant. Criminol. 19, 275-301 (weighted displacement quotient);
    Guerette and Bowers (2009), Criminology 47, 1331-1368.
    Raises InputError as rate_ratio and match_areas.
    """
    y, others, _ = _series(treated, pool, began, drop=False)
    began = int(began)
    matches = None
    if match:
        known = np.isfinite(y[:began]) & np.isfinite(others[:, :began]).all(axis=0)
        matches = match_areas(
            y[:began][known],
            others[:, :began][:, known],
            n=n,
            exposure=exposure,
            treated_exposure=treated_exposure,
            leave_out=leave_out,
        )
        rows = np.sort(matches.area)
    else:
        rows = np.setdiff1d(np.arange(len(others)), np.asarray(leave_out, dtype=np.int64))
        if not len(rows):
            raise InputError("no area is left in the pool: name fewer in leave_out")
    common = {"began": began, "worth": worth, "level": level, "settling": settling}
    direct = rate_ratio(y, others[rows], chosen=chosen, candidates=candidates, **common)
    around, net, displacement, quotient = None, direct, "not_looked_at", float("nan")
    ring = None
    if buffer is not None:
        ring, _, _ = _series(buffer, pool, began, drop=False, name="buffer")
        same = direct.left_out
        around = rate_ratio(ring, others[rows], chosen=same, **common)
        net = rate_ratio(y + ring, others[rows], chosen=same, **common)
        displacement = _displacement(direct, around)
        quotient = _quotient(direct, around)
    why = direct.why_not or (around.why_not if around else "")
    return Impact(
        treated=direct,
        buffer=around,
        net=net,
        verdict=net.verdict,
        displacement=displacement,
        quotient=quotient,
        per_week=_a_week(direct, around),
        matches=matches,
        enough=not why,
        why_not=why,
    )


# -- inside --------------------------------------------------------------------------------------


def _weights(values, name, length):
    values = checks.numbers(values, name)
    if len(values) != length or (values <= 0).any():
        raise InputError(f"{name} must be {length} numbers above 0, got {values.tolist()}")
    return values


def _worth(worth):
    if not isinstance(worth, (int, float, np.number)) or not -1 < worth < 0:
        raise InputError(f"worth must be a change between -1 and 0, such as -0.2 for a fifth fewer, got {worth!r}")
    return float(worth)


def _areas(values, name, weeks):
    values = np.asarray(values, dtype=float)
    if values.ndim == 1:
        values = values[None, :]
    if values.ndim != 2 or not len(values) or values.shape[1] != weeks:
        raise InputError(f"{name} must be of shape (areas, {weeks}), one column a week of treated, got {values.shape}")
    for row, counts in enumerate(values):
        checks.counts(counts, f"{name} row {row}")
    return values


def _series(treated, comparisons, began, *, drop=True, name="treated"):
    """Treated (w,), comparisons (j, w) and the number of each week, 0 where the measure began."""
    try:
        y = np.array(treated, dtype=float)
        c = np.array(comparisons, dtype=float)
    except (TypeError, ValueError) as fault:
        raise InputError(f"{name} and the comparison areas must hold weekly counts: {fault}") from None
    if y.ndim != 1:
        raise InputError(f"{name} must be one count a week, got shape {y.shape}")
    c = c[None, :] if c.ndim == 1 else c
    if c.ndim != 2 or not len(c) or c.shape[1] != len(y):
        raise InputError(f"the comparison areas must be of shape (areas, {len(y)}), as {name} has weeks, got {c.shape}")
    for label, values in ((name, y), *((f"comparison area {i}", row) for i, row in enumerate(c))):
        bad = np.flatnonzero((values < 0) | (values != np.floor(values)) & np.isfinite(values) | np.isinf(values))
        if len(bad):
            raise InputError(f"{label} week {bad[0]} is {values[bad[0]]:g}: counts must be whole numbers, 0 or more")
    if len(y) < 2:
        raise InputError(f"{name} must hold at least one week before and one after, got {len(y)}")
    week = np.arange(len(y)) - checks.whole(began, "began", most=len(y) - 1)
    if drop:
        known = np.isfinite(y) & np.isfinite(c).all(axis=0)
        y, c, week = y[known], c[:, known], week[known]
    return y, c, week


@dataclass(frozen=True)
class _Model:
    variance: float  # of the log ratio of ratios
    before: float  # variance of the part before, over binomial
    autocorrelation: float


def _variance(y, total, past):
    """Binomial parts with an extra that grows with the week's total, and longer where weeks go together."""
    whole = y + total
    used = whole > 0
    y, whole, past = y[used], whole[used], past[used]
    n = len(y)
    if n < 4 or past.all() or not past.any():
        return _Model(float("nan") if n == 0 else 0.0, 1.0, float("nan"))
    sums = [(float(y[side].sum()), float(whole[side].sum())) for side in (past, ~past)]
    share = [(a + 0.5) / (b + 1) for a, b in sums]
    p = np.where(past, share[0], share[1])
    inner = whole * p * (1 - p)
    own = np.where(past, *(a / b for a, b in sums))
    residual = (y - whole * own) / np.sqrt(inner)
    grown = np.maximum(whole - 1, 0) * p * (1 - p)
    room = grown.sum()
    extra = max(0.0, float((residual**2 - 1).sum() + 2) / room) if room > 0 else 0.0
    parts, over = [], []
    for side in (past, ~past):
        information = inner[side].sum()
        parts.append(float((inner[side] * (1 + extra * grown[side])).sum() / information**2))
        over.append(parts[-1] * information)
    # Bartlett's window over the weekly residuals; each serial correlation is 1/n low
    scaled = residual / np.sqrt(1 + extra * grown)
    squares = float(scaled @ scaled)
    if squares <= 0 or n < 8:
        return _Model(sum(parts), over[0], 0.0)
    width = round(n ** (1 / 3))
    serial = [float(scaled[lag:] @ scaled[:-lag]) / squares + 1 / n for lag in range(1, width + 1)]
    longer = 1.0
    if serial[0] * np.sqrt(n) > 1:
        first = min(serial[0], 0.9)
        window = 1 + 2 * sum((1 - lag / (width + 1)) * r for lag, r in enumerate(serial, 1))
        longer = max(1.0, window, (1 + first) / (1 - first))
    return _Model(sum(parts) * longer, over[0] * longer, serial[0])


def _drift(c, past, effect):
    """Variance of the true log changes of the comparison areas, 0 where chance explains them."""
    if len(c) < AREAS_FOR_DRIFT:
        return float("nan")
    before, after = c[:, past].sum(axis=1), c[:, ~past].sum(axis=1)
    some = (before > 0) & (after > 0)
    if some.sum() < AREAS_FOR_DRIFT:
        return float("nan")
    change = np.log(after[some] / before[some])
    weight = 1 / (max(effect, 1.0) * (1 / before[some] + 1 / after[some]))
    middle = weight @ change / weight.sum()
    spread, free = float(weight @ (change - middle) ** 2), len(change) - 1
    if special.chdtrc(free, spread) > _DRIFT_BELIEVED:
        return 0.0
    room = weight.sum() - (weight**2).sum() / weight.sum()
    return max(0.0, float((spread - free) / room))


def _shrunk(candidates, y0, over):
    """(count before drawn towards the candidates', share of its variance that is left)."""
    if candidates is None:
        return float("nan"), 1.0
    counts = checks.counts(candidates, "candidates")
    if len(counts) < 3:
        raise InputError(f"candidates must hold the counts of at least 3 areas, got {len(counts)}")
    middle = float(counts.mean())
    if middle <= 0:
        return float("nan"), 1.0
    chance = over * middle
    between = max(0.0, float(counts.var(ddof=1)) - chance)
    keeps = between / (between + chance)
    # the common level is itself uncertain
    left = keeps + (1 - keeps) / len(counts)
    return middle + keeps * (y0 - middle), left


@dataclass(frozen=True)
class _Profile:
    ratio: float
    low: float
    high: float
    p_value: float


def _profile(y0, c0, y1, c1, offset, effect, t, degrees):
    """Profile likelihood of the log ratio between two binomial parts; deviances over `effect`."""
    n0, n1 = y0 + c0, y1 + c1
    if n0 <= 0 or n1 <= 0 or y0 + y1 <= 0 or c0 + c1 <= 0:
        return _Profile(float("nan"), 0.0, float("inf"), float("nan"))
    top = sum(_times_log(k, k / n) for k, n in ((y0, n0), (c0, n0), (y1, n1), (c1, n1)))
    a = math.exp(offset)

    def deviance(log_ratio):
        b = math.exp(log_ratio)
        # y0 + y1 = n0 a u / (1 + a u) + n1 b u / (1 + b u), a quadratic in u
        square, linear, constant = -a * b * (c0 + c1), a * (y1 + y0 - n0) + b * (y0 + y1 - n1), y0 + y1
        root = math.sqrt(linear * linear - 4 * square * constant)
        u = (linear + root) / (-2 * square) if linear > 0 else 2 * constant / (root - linear)
        p0, p1 = a * u / (1 + a * u), b * u / (1 + b * u)
        q0, q1 = 1 / (1 + a * u), 1 / (1 + b * u)
        reached = _times_log(y0, p0) + _times_log(c0, q0) + _times_log(y1, p1) + _times_log(c1, q1)
        return max(0.0, 2 * (top - reached)) / effect

    with np.errstate(divide="ignore"):
        best = float(np.log(y1) - np.log(c1) - np.log(y0) + np.log(c0) + offset) if min(c0, c1) > 0 else np.nan
    if np.isnan(best):  # a comparison without events: all that can be said is one-sided
        best = -np.inf if c0 == 0 else np.inf
    far = 40.0
    start = float(np.clip(best, -far, far))

    def limit(side):
        inner, step = start, 0.25
        while deviance(inner + side * step) < t * t:
            inner += side * step
            step *= 2
            if abs(inner) > far:
                return side * np.inf
        return optimize.brentq(lambda v: deviance(v) - t * t, inner, inner + side * step, xtol=1e-9)

    low = -np.inf if best == -np.inf else limit(-1.0)
    high = np.inf if best == np.inf else limit(1.0)
    p_value = float(2 * special.stdtr(degrees, -np.sqrt(deviance(0.0))))
    return _Profile(float(np.exp(best)), float(np.exp(low)), float(np.exp(high)), p_value)


def _times_log(k, p):
    return k * math.log(p) if k > 0 else 0.0


def _high_just_before(y, total, week):
    """Number of latest weeks before that stand out against the earlier ones; 0: none."""
    past = week < 0
    y, total, week = y[past], total[past], week[past]
    best, weeks = _HIGH_BEFORE, 0
    for window in _WINDOWS:
        early = week < -window
        if 2 * window > len(y) or early.sum() < FEWEST_BEFORE:
            continue
        y0, y1, c0, c1 = (float(v.sum()) for v in (y[early], y[~early], total[early], total[~early]))
        if min(y0, y1, c0, c1) <= 0:
            continue
        variance = max(_variance(y, total, early).variance, 1 / y0 + 1 / y1 + 1 / c0 + 1 / c1)
        p = float(special.stdtr(len(y) - 2, -np.log(y1 * c0 / (y0 * c1)) / np.sqrt(variance)))
        if p < best:
            best, weeks = p, window
    return weeks


def _trends_differ(y, total):
    """Does the treated area's part rise or fall over the weeks before (p < .05)?"""
    whole = y + total
    used = whole > 0
    n = int(used.sum())
    if n < 2 * FEWEST_BEFORE or y.sum() < 2 * FEWEST_EVENTS or total.sum() < 2 * FEWEST_EVENTS:
        return False
    y, whole = y[used], whole[used]
    p = y.sum() / whole.sum()
    inner = whole * p * (1 - p)
    t = np.flatnonzero(used).astype(float)
    t -= t @ inner / inner.sum()
    residual = y - whole * p
    over = max(1.0, float((residual**2 / inner).sum() / (n - 1)))
    score = t @ residual / np.sqrt(over * (t**2 @ inner))
    return bool(2 * special.stdtr(n - 2, -abs(score)) < 0.05)


def _why_not(weeks_before, weeks_after, expected, y0, c0, c1):
    if weeks_before < FEWEST_BEFORE or weeks_after < FEWEST_AFTER:
        return "too_few_weeks"
    if min(c0, c1) < FEWEST_EVENTS:
        return "too_few_comparison_events"
    return "" if min(y0, expected) >= FEWEST_EVENTS else "too_few_events"


def _verdict(low, high, worth):
    if high < 1:
        return "fell"
    if low > 1:
        return "rose"
    return "cannot_tell" if low <= 1 + worth else "no_effect_worth_having"


def _prevented(limit, y1, expected):
    if y1 > 0:
        return y1 / limit - y1 if limit > 0 else float("inf")
    return expected * (1 - limit) if np.isfinite(limit) else float("-inf")


def _displacement(direct, around):
    if not around.enough:
        return "cannot_tell"
    if around.low > 1:
        return "displaced"
    if around.high < 1:
        return "diffused"
    gain = max(direct.prevented, 0.0)
    if direct.verdict == "fell" and around.expected > 0 and around.high < 1 + gain / around.expected:
        return "no_displacement"
    return "cannot_tell"


def _quotient(direct, around):
    """(B1/C1 - B0/C0) over (A1/C1 - A0/C0)."""
    c0, c1 = direct.comparison_before, direct.comparison_after
    if min(c0, c1) == 0:
        return float("nan")
    inner = direct.after / c1 - direct.before / c0
    outer = around.after / c1 - around.before / c0
    return float(outer / inner) if inner else float("nan")


def _a_week(direct, around):
    scale = max(direct.comparison_before, 1) / max(direct.before, 1)
    ring = (around.before, around.after) if around else (0, 0)
    ring_control = (direct.comparison_before, direct.comparison_after) if around else (0, 0)
    ring_scale = max(direct.comparison_before, 1) / max(around.before, 1) if around else 1.0
    return weighted_displacement(
        (direct.before, direct.after),
        (direct.comparison_before, direct.comparison_after),
        disp_treated=ring,
        disp_control=ring_control,
        time_weights=(max(direct.weeks_before, 1), max(direct.weeks_after, 1)),
        area_weights=(scale, 1, ring_scale, 1),
        level=direct.level,
    )
