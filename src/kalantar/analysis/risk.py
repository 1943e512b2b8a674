# SPDX-License-Identifier: BSD-3-Clause
"""Why here? Which features of the place go with more events (risk terrain).

Lamps that are out, derelict houses, shops: each layer is turned into columns (near it, many of it,
density of it), and a count regression says by how much the expected number of events differs where
the layer is. It is about places. It is no proof of a cause: layers stand together, and a main street has
everything. See `causes` for sentences that could be disproved.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import special

from kalantar.analysis import checks
from kalantar.analysis.errors import InputError
from kalantar.analysis.pictures import Bars, Cells, Map
from kalantar.analysis.results import Result

FEWEST_EVENTS_A_COLUMN = 10  # Peduzzi et al. (1996), J. Clin. Epidemiol. 49, 1373-1379
FEWEST_EVENTS = 30
HIGH_INFLATION = 5.0
_ALIASED = 1e-9  # share of a column's variance that the others leave
_FITTED_A_STEP = 8  # candidates by score test that a step fits in full
_BINARY, _CONTINUOUS = ("within", "dense"), ("distance", "count", "density")
_FLAT = 1e-7  # log-likelihood: an elastic net climbs no further for less
_PAST_THE_BEST = 6  # penalties
_IMPOSSIBLE = 15.0  # log of a ratio over the range of a column that no layer has: the fit runs away
_DEVIATIONS = 2.0  # dense: above the mean by so many


# -- columns from layers -------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class LayerColumns(Result):
    """Layers turned into columns, one value a cell."""

    names: tuple[str, ...]  # "lamps_out within 400 m"
    layer: tuple[str, ...]
    kind: tuple[str, ...]  # "within", "dense" (0/1); "distance" (km), "count", "density" (a km2)
    radius_m: tuple[float, ...]  # nan for a distance
    values: np.ndarray  # (cells, columns)
    cut: tuple[float, ...]  # density above which a cell is "dense", a km2; nan otherwise

    def table(self):
        return {name: self.values[:, i] for i, name in enumerate(self.names)}


def layer_columns(cells, layers, *, radii_m, kinds=_BINARY):
    """LayerColumns: every layer in every way asked for.

    cells : array (n, 2), metres, centres. layers : dict of name to array (k, 2), metres.
    radii_m : one or more numbers above 0.
    kinds : of "within" (1 where a feature lies within the radius, its edge included), "dense" (1 where the
        kernel density is over its mean by 2 standard deviations), "distance" (to the nearest feature, km),
        "count" (features within the radius), "density" (quartic kernel of that radius, features a km2).
    A layer without features gives columns of 0 and no distance.
    Sources: Caplan and Kennedy (2016), Risk Terrain Modeling, University of California Press; quartic
    kernel: Silverman (1986), Density Estimation, eq. 4.5.
    Raises InputError: cells or layers in degrees, no radius, an unknown kind.
    """
    cells = checks.points(cells, "cells", fewest=1)
    radii = np.sort(_radii(radii_m))
    kinds = _kinds(kinds)
    made = []
    for name, features in _layers(layers).items():
        counts, density = _gathered(cells, features, radii, kinds)
        for kind in kinds:
            if kind == "distance":
                if len(features):
                    made.append((name, kind, np.nan, np.nan, _distance(cells, features) / 1000))
                continue
            for i, radius in enumerate(radii):
                values, cut = counts[:, i], np.nan
                if kind == "within":
                    values = (values > 0).astype(float)
                elif kind == "density":
                    values = density[:, i]
                elif kind == "dense":
                    cut = float(density[:, i].mean() + _DEVIATIONS * density[:, i].std())
                    values = (density[:, i] > cut).astype(float)
                made.append((name, kind, radius, cut, values.astype(float)))
    return LayerColumns(
        names=tuple(_named(name, kind, radius) for name, kind, radius, _, _ in made),
        layer=tuple(row[0] for row in made),
        kind=tuple(row[1] for row in made),
        radius_m=tuple(float(row[2]) for row in made),
        values=np.column_stack([row[4] for row in made]) if made else np.zeros((len(cells), 0)),
        cut=tuple(float(row[3]) for row in made),
    )


# -- one regression ------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class RiskModel(Result):
    """A count regression: by what factor the expected events differ, column by column."""

    columns: ClassVar[tuple[str, ...]] = (
        "names",
        "coefficient",
        "se",
        "ratio",
        "low",
        "high",
        "p_value",
        "per_deviation",
        "inflation",
    )

    names: tuple[str, ...]  # of the columns in the model
    coefficient: np.ndarray
    se: np.ndarray
    ratio: np.ndarray  # relative risk value: exp(coefficient)
    low: np.ndarray
    high: np.ndarray
    p_value: np.ndarray
    per_deviation: np.ndarray  # ratio for one standard deviation more: what compares columns of other units
    inflation: np.ndarray  # variance inflation factor; over 5: the layers cannot well be told apart
    intercept: float
    intercept_se: float
    aliased: tuple[tuple[str, tuple[str, ...]], ...]  # left out: (column, the columns that say the same)
    empty: tuple[str, ...]  # left out: no event where it is 1, or none where it is 0
    family: str  # "poisson", "negative_binomial"
    theta: float  # shape of the negative binomial; inf: as chance alone
    theta_se: float
    log_likelihood: float
    deviance: float
    null_deviance: float
    aic: float
    bic: float
    dispersion: float  # Pearson over degrees of freedom; over 1: counts vary more than the model says
    intervals: str  # "model", or "blocks": robust to neighbours that go together
    level: float
    cells: int
    events: int
    rows: int  # rows the fit passed over: patterns where it was collapsed
    collapsed: bool
    iterations: int
    converged: bool
    enough: bool
    why_not: str  # "", "no_events", "too_few_events", "no_convergence", "too_few_cells", "no_columns"

    def expected(self, columns, *, exposure=None):
        """Expected events of each cell. columns : array (n, p), in the order of `names`."""
        columns = np.asarray(columns, dtype=float)
        columns = columns[:, None] if columns.ndim == 1 else columns
        if columns.ndim != 2 or columns.shape[1] != len(self.names):
            raise InputError(f"columns must be of shape (n, {len(self.names)}), got {columns.shape}")
        size = 1.0 if exposure is None else checks.numbers(exposure, "exposure", rows=len(columns), of="columns")
        return size * np.exp(self.intercept + columns @ self.coefficient)

    def pictures(self):
        return (
            Bars(
                title="relative risk values",
                labels=self.names,
                values=self.ratio,
                value_label="times the expected events",
                low=self.low,
                high=self.high,
                usual=1.0,
            ),
        )


def risk_model(counts, columns, *, names=None, exposure=None, family="poisson", blocks=None, theta=None, level=0.95):
    """RiskModel: Poisson or negative binomial regression of counts per cell, log link.

    counts : array (n,), whole. columns : array (n, p). names : p names.
    exposure : array (n,), above 0: expected events are proportional to it (offset ln exposure).
    family : "poisson" or "negative_binomial" (theta by maximum likelihood, in turn with the columns, as
        R's MASS::glm.nb; or given).
    blocks : array (n,), whole, 0 and above: spatial block of each cell. Intervals then hold though cells of one block go
        together (jackknife over blocks, t of blocks - 1, never shorter than the model's own).
    Method: Newton's (which is iteratively reweighted least squares here) on products of blocks of rows;
    rows with equal 0/1 columns become one row with totals, which changes no figure. A column that the
    others already say, or that has no event on one side, is left out and named.
    Sources: McCullagh and Nelder (1989), Generalized Linear Models; Venables and Ripley (2002), Modern
    Applied Statistics with S, section 7.4; MacKinnon, Nielsen and Webb (2023), J. Applied Econometrics 38, 671-694
    (jackknife by blocks).
    Raises InputError: unequal lengths, a missing value, counts not whole, exposure not above 0.
    """
    y, x, names, exposure = _checked(counts, columns, names, exposure)
    checks.one_of(family, "family", ("poisson", "negative_binomial"))
    level = checks.share(level, "level")
    blocks = _blocks(blocks, len(y))
    if theta is not None:
        theta = checks.positive(theta, "theta")
    return _Terrain(y, x, names, exposure).model(None, family, blocks, level, theta)


# -- risk terrain --------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Candidate(Result):
    """One way to see one layer, and what became of it."""

    name: str
    layer: str
    kind: str
    radius_m: float
    cells: int  # cells where it is not 0
    events: int  # events in them
    alone: float  # ratio when it stands alone (0/1: rate where it is over rate where it is not)
    chosen: bool
    why: str  # "chosen", "aliased", "empty", "penalised_to_0", "no_better_bic", "other_way_of_its_layer", "sign"


@dataclass(frozen=True, kw_only=True)
class RiskTerrain(Result):
    """Which layers go with more events, by how much, and the surface that follows."""

    rows_of: ClassVar[str] = "candidates"

    model: RiskModel
    candidates: tuple[Candidate, ...]
    expected: np.ndarray  # events of each cell
    relative: np.ndarray  # relative risk score: 1 = the lowest any cell has; exposure taken out
    family: str
    selection: str
    penalty: float  # of the elastic net; nan where none was used
    bic_poisson: float
    bic_negative_binomial: float
    held_out: float  # deviance explained in blocks the fit had not seen (columns chosen on all); below 0: none
    block: np.ndarray
    block_m: float
    folds: int
    cells_xy: np.ndarray
    cell_m: float
    radii_m: tuple[float, ...]
    kinds: tuple[str, ...]
    outside: int  # events in no cell
    without_exposure: int  # cells left out
    enough: bool
    why_not: str

    def pictures(self):
        half = self.cell_m / 2
        return (
            *(self.model.pictures() if len(self.model.names) else ()),
            Map(
                title="relative risk of places",
                layers=(
                    Cells(
                        x=self.cells_xy[:, 0] - half,
                        y=self.cells_xy[:, 1] - half,
                        size_m=self.cell_m,
                        values=self.relative,
                        name="relative risk",
                    ),
                ),
                value_label="times the lowest",
            ),
        )


def risk_terrain(
    events,
    layers,
    *,
    cells,
    cell_m,
    rng,
    radii_m=None,
    kinds=_BINARY,
    exposure=None,
    family="auto",
    selection="elastic_net_then_stepwise",
    effect="any",
    one_a_layer=True,
    block_m=None,
    folds=5,
    mixing=0.5,
    rule="one_se",
    level=0.95,
):
    """RiskTerrain: layers of a place against its events.

    events : array (n,) of counts, one a cell, or array (m, 2) of places, metres, which are counted.
    layers : dict of name to array (k, 2), metres: features of the place. Never anything about persons.
    cells, cell_m : array (n, 2), metres, centres of a square grid, and its side.
    rng : numpy Generator: which blocks are held out together.
    radii_m : default 1, 2 and 3 cells. kinds : as in layer_columns.
    exposure : array (n,), 0 or more (dwellings, shops, length of street); cells with 0 take no part.
        Without it a layer may stand for nothing but "many people are here".
    family : "poisson", "negative_binomial", or "auto": the lower BIC.
    selection : "stepwise" (BIC, forward and back), "elastic_net" (penalty by cross-validation over
        spatial blocks), "elastic_net_then_stepwise" (as RTMDx), or "all".
    effect : "aggravating", "protective", "any": which sign may enter. one_a_layer : at most one way of each layer.
    block_m : side of the square blocks; default 5 cells or twice the largest radius. folds : groups of blocks.
    mixing : share of the absolute penalty. rule : "one_se" (the strongest penalty within one standard error of the
        best) or "best".
    Intervals are robust by blocks. They take the chosen columns as if chosen beforehand, so after a
    selection they are somewhat too short, and a column that chance put in looks better than it is: look
    at `held_out`, and at another year.
    What it does not mean: a cause. It compares places with each other at one time; see `causes`.
    Sources: Caplan and Kennedy (2016), Risk Terrain Modeling; Kennedy, Caplan and Piza (2011), J. Quant.
    Criminol. 27, 339-362; Friedman, Hastie and Tibshirani (2010), J. Stat. Softw. 33(1) (elastic net);
    Roberts et al. (2017), Ecography 40, 913-929 (blocks).
    Raises InputError: unequal lengths, degrees, cells off their grid, an unknown word, an empty layer name.
    """
    cells = checks.points(cells, "cells", fewest=1)
    cell_m = checks.positive(cell_m, "cell_m")
    checks.generator(rng)
    checks.one_of(family, "family", ("auto", "poisson", "negative_binomial"))
    checks.one_of(selection, "selection", ("stepwise", "elastic_net", "elastic_net_then_stepwise", "all"))
    checks.one_of(effect, "effect", ("any", "aggravating", "protective"))
    checks.one_of(rule, "rule", ("one_se", "best"))
    folds, level = checks.whole(folds, "folds", least=2), checks.share(level, "level")
    if not 0 < mixing <= 1:
        raise InputError(f"mixing must be above 0 and at most 1, got {mixing!r}")
    counts, outside = _counted(events, cells, cell_m)
    radii = np.sort(_radii((cell_m, 2 * cell_m, 3 * cell_m) if radii_m is None else radii_m))
    made = layer_columns(cells, layers, radii_m=radii, kinds=kinds)
    size, used = None, np.ones(len(cells), bool)
    if exposure is not None:
        size = checks.numbers(exposure, "exposure", rows=len(cells), of="cells")
        if (size < 0).any():
            raise InputError(f"exposure row {int(np.argmin(size))} is {size.min():g}: it must be 0 or more")
        used = size > 0
        if not used.any():
            raise InputError("exposure is 0 in every cell: there is nothing that could be hit")
        size = size[used]
    block_m = max(5 * cell_m, 2 * float(radii.max())) if block_m is None else checks.positive(block_m, "block_m")
    block = _square_blocks(cells, block_m)
    y, x, of = counts[used], np.ascontiguousarray(made.values[used]), block[used]
    terrain = _Terrain(y, x, made.names, size, made.layer, made.kind, one_a_layer, effect)
    fold = _folds(of, y, folds, rng)
    terrain_ok = y.sum() > 0 and x.shape[1] > 0
    kept, penalty = terrain.able, float("nan")
    if terrain_ok and selection.startswith("elastic_net"):
        kept, penalty = terrain.elastic_net(fold, mixing, rule)
        for j in np.setdiff1d(terrain.able, kept):
            terrain.why[j] = "penalised_to_0"
    families = ("poisson", "negative_binomial") if family == "auto" else (family,)
    found = {}
    for name in families:
        chosen = kept
        if terrain_ok and selection in ("stepwise", "elastic_net_then_stepwise"):
            chosen = terrain.stepwise(kept, name)
        elif selection == "elastic_net" and (one_a_layer or effect != "any"):
            chosen = terrain.one_way(kept, name)
        found[name] = terrain.model(chosen, name, of, level, None)
    best = min(families, key=lambda name: (not found[name].converged, found[name].bic))
    model = found[best]
    chosen = np.array([made.names.index(name) for name in model.names], dtype=np.int64)
    terrain.told(kept, chosen)
    expected = np.zeros(len(cells))
    expected[used] = model.expected(x[:, chosen], exposure=size)
    score = np.exp(made.values[:, chosen] @ model.coefficient)
    return RiskTerrain(
        model=model,
        candidates=terrain.candidates(made, chosen),
        expected=expected,
        relative=score / score.min(),
        family=best,
        selection=selection,
        penalty=penalty,
        bic_poisson=found["poisson"].bic if "poisson" in found else float("nan"),
        bic_negative_binomial=found["negative_binomial"].bic if "negative_binomial" in found else float("nan"),
        held_out=terrain.held_out(chosen, fold) if terrain_ok else float("nan"),
        block=block,
        block_m=block_m,
        folds=folds,
        cells_xy=cells,
        cell_m=cell_m,
        radii_m=tuple(float(r) for r in radii),
        kinds=_kinds(kinds),
        outside=outside,
        without_exposure=int(np.count_nonzero(~used)),
        enough=model.enough,
        why_not=model.why_not,
    )


# -- inside: columns -----------------------------------------------------------------------------


def _named(layer, kind, radius):
    return f"{layer} distance" if kind == "distance" else f"{layer} {kind} {radius:g} m"


def _radii(radii_m):
    radii = np.atleast_1d(np.asarray(radii_m, dtype=float))
    if radii.ndim != 1 or not len(radii) or not np.isfinite(radii).all() or (radii <= 0).any():
        raise InputError(f"radii_m must be one or more numbers above 0, got {radii_m!r}")
    return np.unique(radii)


def _kinds(kinds):
    kinds = (kinds,) if isinstance(kinds, str) else tuple(kinds)
    if not kinds:
        raise InputError("kinds must name at least one way to see a layer")
    for kind in kinds:
        checks.one_of(kind, "kinds", _BINARY + _CONTINUOUS)
    return kinds


def _layers(layers):
    if not hasattr(layers, "items") or not layers:
        raise InputError("layers must be a dict of name to places (k, 2), with at least one layer")
    out = {}
    for name, features in layers.items():
        if not str(name).strip():
            raise InputError("a layer has no name: give each layer a name")
        out[str(name)] = checks.points(features, f'layer "{name}"')
    return out


def _gathered(cells, features, radii, kinds):
    """Count and density (features a km2) within each radius, (n, radii)."""
    from kalantar.analysis import _risk_kernels

    counts = np.zeros((len(cells), len(radii)), np.int64)
    density = np.zeros((len(cells), len(radii)))
    if not len(features) or set(kinds) == {"distance"}:
        return counts, density
    low, high = features.min(axis=0), features.max(axis=0)
    # buckets of the largest radius, wider where that would make too many of them
    side = max(float(radii[-1]), float((high - low).max()) / 2000, 1e-6)
    nx, ny = (int((high[i] - low[i]) // side) + 1 for i in (0, 1))
    column = np.minimum(((features[:, 0] - low[0]) / side).astype(np.int64), nx - 1)
    row = np.minimum(((features[:, 1] - low[1]) / side).astype(np.int64), ny - 1)
    bucket = row * nx + column
    order = np.argsort(bucket, kind="stable")
    starts = np.append(0, np.cumsum(np.bincount(bucket, minlength=nx * ny)))
    _risk_kernels.gather(
        cells,
        np.ascontiguousarray(features[order]),
        starts,
        nx,
        ny,
        float(low[0]),
        float(low[1]),
        side,
        radii,
        counts,
        density,
    )
    return counts, density * (3e6 / (np.pi * radii**2))


def _distance(cells, features):
    from scipy.spatial import cKDTree

    return cKDTree(features).query(cells)[0]


def _counted(events, cells, cell_m):
    """(counts of each cell, events outside)."""
    events = np.asarray(events, dtype=float)
    if events.ndim != 2:
        return checks.counts(events, "events", rows=len(cells), of="cells"), 0
    xy = checks.points(events, "events")
    corner = cells.min(axis=0) - cell_m / 2
    at = (cells - corner) / cell_m - 0.5
    place = np.rint(at).astype(np.int64)
    off = np.abs(at - place).max(axis=1)
    if off.max() > 1e-3:
        row = int(off.argmax())
        raise InputError(f"cells row {row} is off the grid of {cell_m:g} m: give centres of one square grid, or counts")
    where = np.floor((xy - corner) / cell_m).astype(np.int64)
    wide = int(place[:, 1].max()) + 1
    code = place[:, 0] * wide + place[:, 1]
    inside = ((where >= 0) & (where <= place.max(axis=0))).all(axis=1)
    order = np.argsort(code)
    if (np.diff(code[order]) == 0).any():
        raise InputError("two cells have the same centre: give each cell once")
    of = where[inside, 0] * wide + where[inside, 1]
    at_row = np.minimum(np.searchsorted(code[order], of), len(order) - 1)
    hit = code[order][at_row] == of
    counts = np.bincount(order[at_row[hit]], minlength=len(cells)).astype(float)
    return counts, int(len(xy) - hit.sum())


def _square_blocks(cells, side):
    place = np.floor((cells - cells.min(axis=0)) / side + 1e-9).astype(np.int64)
    return np.unique(place[:, 0] * (int(place[:, 1].max()) + 1) + place[:, 1], return_inverse=True)[1]


def _folds(block, y, folds, rng):
    """Fold of each cell: whole blocks, shuffled, then dealt so that events are evenly shared."""
    blocks = int(block.max()) + 1
    events = np.bincount(block, y, blocks)
    order = rng.permutation(blocks)
    order = order[np.argsort(-events[order], kind="stable")]
    dealt = np.empty(blocks, np.int64)
    for at in range(0, blocks, folds):
        part = order[at : at + folds]
        dealt[part] = rng.permutation(folds)[: len(part)]
    return dealt[block]


# -- inside: fitting -----------------------------------------------------------------------------


def _checked(counts, columns, names, exposure):
    y = checks.counts(counts, "counts")
    try:
        x = np.asarray(columns, dtype=np.float64)
    except (TypeError, ValueError) as fault:
        raise InputError(f"columns must hold numbers: {fault}") from None
    x = x[:, None] if x.ndim == 1 else x
    if x.ndim != 2 or len(x) != len(y):
        raise InputError(f"columns must be of shape ({len(y)}, p), one row a count, got {x.shape}")
    if not np.isfinite(x.sum()):
        bad = np.argwhere(~np.isfinite(x))
        if len(bad):
            raise InputError(f"columns row {bad[0][0]}, column {bad[0][1]} is missing or infinite: fill or leave out")
    names = tuple(f"column {j}" for j in range(x.shape[1])) if names is None else tuple(str(name) for name in names)
    if len(names) != x.shape[1]:
        raise InputError(f"names and columns must agree, got {len(names)} names and {x.shape[1]} columns")
    if exposure is not None:
        exposure = checks.numbers(exposure, "exposure", rows=len(y), of="counts")
        if len(exposure) and exposure.min() <= 0:
            row = int(np.argmin(exposure))
            raise InputError(f"exposure row {row} is {exposure[row]:g}: it must be above 0; leave such cells out")
    return y, x, names, exposure


def _blocks(blocks, rows):
    if blocks is None:
        return None
    return np.unique(checks.counts(blocks, "blocks", rows=rows, of="counts"), return_inverse=True)[1]


class _Terrain:
    """The same counts and columns through many fits."""

    def __init__(self, y, x, names, exposure, layer=None, kind=None, one_a_layer=False, effect="any"):
        from kalantar.analysis import _risk_fitting

        self.fitting = _risk_fitting
        self.y, self.x, self.names, self.exposure = y, x, names, exposure
        self.layer = names if layer is None else layer
        self.one_a_layer, self.effect = one_a_layer, effect
        # a distance aggravates when it lowers
        self.sign = np.array([-1.0 if k == "distance" else 1.0 for k in (kind or [""] * len(names))])
        self.why = ["no_better_bic"] * len(names)
        self.binary = x.shape[1] > 0 and _risk_fitting.are_binary(x)
        self.fixed = _risk_fitting.totals(y, exposure)
        self._rows = {}
        self.constant = np.ones(len(names), bool)
        self.gram = self._correlations() if len(y) and x.shape[1] else np.zeros((0, 0))
        self.empty, self.aliased = [], []
        able = []
        for j in range(x.shape[1]):
            if self._is_empty(j):
                self.empty.append(names[j])
                self.why[j] = "empty"
            else:
                able.append(j)
        self.able = np.array(able, dtype=np.int64)

    def rows(self, family):
        own = family == "negative_binomial"
        if own not in self._rows:
            if not own and self.exposure is None and (cells := self.rows("negative_binomial")).collapsed:
                self._rows[own] = self.fitting.summed_exposures(cells)
            else:
                self._rows[own] = self.fitting.rows_of(
                    self.x, self.y, self.exposure, binary=self.binary, own_exposure=own
                )
        return self._rows[own]

    def _correlations(self):
        rows = self.rows("negative_binomial" if self.exposure is None else "poisson")
        weight = rows.weight if self.exposure is None else None
        if rows.collapsed and weight is None:
            rows = self.fitting.rows_of(self.x, self.y, None, binary=self.binary, own_exposure=True)
            weight = rows.weight
        x, n, p = rows.columns, float(len(self.y)), rows.columns.shape[1]
        weight = np.broadcast_to(1.0, len(x)) if weight is None else weight
        mean, span = np.zeros(p), 4096
        for at in range(0, len(x), span):
            mean += weight[at : at + span] @ x[at : at + span]
        mean /= n
        gram = np.zeros((p, p))
        for at in range(0, len(x), span):
            away = x[at : at + span].T - mean[:, None]
            gram += (away * weight[at : at + span]) @ away.T
        self.mean = mean
        spread = np.sqrt(np.diag(gram))
        self.constant = spread <= 1e-10 * np.sqrt(n) * np.maximum(np.abs(mean), 1e-300)
        safe = np.where(self.constant, 1.0, spread)
        gram /= np.outer(safe, safe)
        gram[self.constant] = gram[:, self.constant] = 0.0
        return gram

    def _is_empty(self, j):
        """No event on one side of a 0/1 column: its ratio would be 0 or infinite."""
        if self.constant[j] or self.y.sum() == 0:
            return False
        rows = self.rows("poisson")
        column = rows.columns[:, j]
        on = column != 0
        if rows.collapsed or ((column == 0) | (column == 1)).all():
            inside = float(rows.y[on].sum())
            return inside == 0 or inside == self.fixed.events
        return False

    def independent(self, chosen):
        """Those of the chosen that are not made up of earlier ones; the others with what makes them up."""
        kept: list[int] = []
        aliased: list[tuple[str, tuple[str, ...]]] = []
        for j in chosen:
            if self.constant[j]:
                aliased.append((self.names[j], ("the same in every cell",)))
                continue
            if kept:
                inner, cross = self.gram[np.ix_(kept, kept)], self.gram[np.array(kept), j]
                weights = np.linalg.solve(inner, cross)
                if 1 - cross @ weights < _ALIASED:
                    by = tuple(self.names[k] for k, w in zip(kept, weights) if abs(w) > 1e-6)
                    aliased.append((self.names[j], by))
                    continue
            kept.append(j)
        return np.array(kept, dtype=np.int64), tuple(aliased)

    def fit(self, chosen, family, beta=None, theta=None):
        """(Problem, Fit) of some columns."""
        rows = self.rows(family)
        problem = self.fitting.Problem(rows, None if self._is_all(chosen) else chosen, self._scale(family, rows))
        if family == "poisson":
            return problem, self.fitting.poisson(problem, self.fixed, beta)
        return problem, self.fitting.negative_binomial(problem, self.fixed, beta, theta)

    def _scale(self, family, rows):
        if ("scale", family) not in self._rows:
            self._rows["scale", family] = self.fitting.moments(rows)
        return self._rows["scale", family]

    def _is_all(self, chosen):
        return len(chosen) == self.x.shape[1] and (np.asarray(chosen) == np.arange(len(chosen))).all()

    def bic(self, fit, terms, family):
        return -2 * fit.likelihood + np.log(max(len(self.y), 1)) * (terms + (family == "negative_binomial"))

    # selection ------------------------------------------------------------------------------------

    def stepwise(self, kept, family):
        """Columns by BIC, forward and back, until no single step lowers it."""
        kept, _ = self.independent(kept)
        chosen: list[int] = []
        problem, fit = self.fit(np.array([], np.int64), family)
        best = self.bic(fit, 1, family)
        for _ in range(4 * len(kept) + 4):
            trials = [[k for k in chosen if k != out] for out in chosen]
            trials += [[*chosen, j] for j in self._by_score(chosen, kept, family, problem, fit)]
            results = []
            for trial in trials:
                columns = np.array(sorted(trial), np.int64)
                attempt = self.fit(columns, family, theta=fit.theta if np.isfinite(fit.theta) else None)
                if attempt[1].converged and self._signs_right(attempt, columns):
                    results.append((self.bic(attempt[1], len(columns) + 1, family), sorted(trial), attempt))
            if not results:
                break
            lowest, trial, attempt = min(results, key=lambda row: (row[0], row[1]))
            if lowest >= best - 1e-9:
                break
            best, chosen, (problem, fit) = lowest, trial, attempt
        return np.array(chosen, np.int64)

    def _signs_right(self, attempt, columns):
        if self.effect == "any" or not len(columns):
            return True
        wanted = 1.0 if self.effect == "aggravating" else -1.0
        return bool((attempt[0].as_given(attempt[1].beta)[1:] * self.sign[columns] * wanted > 0).all())

    def _by_score(self, chosen, kept, family, problem, fit):
        """Candidates with the largest score statistics, best first."""
        taken = {self.layer[j] for j in chosen} if self.one_a_layer else set()
        rest = np.array([j for j in kept if j not in chosen and self.layer[j] not in taken], np.int64)
        if len(rest) <= 1:
            return rest.tolist()
        rows = self.rows(family)
        union = np.concatenate([np.array(sorted(chosen), np.int64), rest])
        wide = self.fitting.Problem(rows, union, self._scale(family, rows))
        beta = np.append(fit.beta, np.zeros(len(rest)))
        _, gradient, information = wide.look(beta, fit.theta)
        s = len(chosen) + 1
        inner, cross = information[:s, :s], information[:s, s:]
        left = np.diag(information)[s:] - (cross * np.linalg.solve(inner, cross)).sum(axis=0)
        score = np.where(left > 1e-9 * np.diag(information)[s:], gradient[s:] ** 2 / np.maximum(left, 1e-300), 0.0)
        if self.effect != "any":
            wanted = self.sign[rest] * (1.0 if self.effect == "aggravating" else -1.0)
            score = np.where(gradient[s:] * wanted > 0, score, 0.0)
        order = np.argsort(-score, kind="stable")
        return rest[order[score[order] > 0][:_FITTED_A_STEP]].tolist()

    def one_way(self, kept, family):
        """The best way of each layer among the kept (by what it adds alone), of the sign asked for."""
        best: dict[str, tuple[float, int]] = {}
        for j in self.independent(kept)[0]:
            columns = np.array([j], np.int64)
            attempt = self.fit(columns, family)
            if not attempt[1].converged or not self._signs_right(attempt, columns):
                continue
            key = self.layer[j] if self.one_a_layer else self.names[j]
            best[key] = min(best.get(key, (np.inf, j)), (-attempt[1].likelihood, j))
        return np.array(sorted(j for _, j in best.values()), np.int64)

    def elastic_net(self, fold, mixing, rule, steps=40):
        """(columns with a coefficient, penalty) of a Poisson elastic net, the penalty by held-out deviance."""
        able = np.array([j for j in self.able if not self.constant[j]], np.int64)
        folds = np.unique(fold)
        if not len(able) or len(folds) < 2:
            return able, float("nan")
        path = _Path(self, able, mixing)
        penalties = path.penalties(steps)
        walks = [path.along(fold != f, penalties, judged=fold == f) for f in folds]
        lost = []
        for losses in zip(*walks):
            lost.append(losses)
            mean = np.mean(lost, axis=1)
            # weaker penalties only get worse from here
            if len(lost) - 1 - mean.argmin() >= _PAST_THE_BEST:
                break
        mean, se = np.mean(lost, axis=1), np.std(lost, axis=1, ddof=1) / np.sqrt(len(folds))
        at = int(mean.argmin())
        if rule == "one_se":
            at = int(np.flatnonzero(mean <= mean[at] + se[at])[0])
        beta = list(path.along(None, penalties[: at + 1]))[-1]
        return able[beta[1:] != 0], float(penalties[at])

    def held_out(self, chosen, fold):
        """Share of the deviance explained where the fit had not looked."""
        chosen, _ = self.independent(chosen)
        lost = null = 0.0
        for f in np.unique(fold):
            learn, test = fold != f, fold == f
            y, x = self.y[learn], self.x[learn][:, chosen]
            size = None if self.exposure is None else self.exposure[learn]
            if y.sum() == 0:
                continue
            rows = self.fitting.rows_of(x, y, size, binary=self.binary, own_exposure=False)
            problem = self.fitting.Problem(rows)
            fit = self.fitting.poisson(problem, self.fitting.totals(y, size))
            raw = problem.as_given(fit.beta)
            there = 1.0 if self.exposure is None else self.exposure[test]
            mu = there * np.exp(np.clip(raw[0] + self.x[test][:, chosen] @ raw[1:], -50, 50))
            flat = there * (y.sum() / (len(y) if size is None else size.sum()))
            lost += _deviance(self.y[test], mu)
            null += _deviance(self.y[test], np.broadcast_to(flat, len(mu)))
        return 1 - lost / null if null > 0 else float("nan")

    # the result -----------------------------------------------------------------------------------

    def model(self, chosen, family, blocks, level, theta):
        """RiskModel of some columns (None: all that can stand in it)."""
        chosen, aliased = self.independent(self.able if chosen is None else chosen)
        nothing = self.y.sum() == 0 or len(self.y) <= len(chosen) + 1
        names = tuple(self.names[j] for j in chosen)
        if nothing:
            why = "no_events" if self.y.sum() == 0 else "too_few_cells"
            return self._nothing(names, aliased, family, level, why)
        empty = list(self.empty)
        while True:
            problem, fit = self.fit(chosen, family) if theta is None else self._given_theta(chosen, theta)
            away = self._running_away(chosen, problem, fit)
            if away is None:
                break
            # no event on one side of it, given the others
            self.why[chosen[away]] = "empty"
            empty.append(self.names[chosen[away]])
            chosen = np.delete(chosen, away)
            names = tuple(self.names[j] for j in chosen)
        raw, covariance = problem.as_given(fit.beta), problem.covariance_as_given(fit.covariance)
        se, intervals, degrees = np.sqrt(np.diag(covariance)), "model", np.inf
        if blocks is not None and blocks.max() >= 2:
            robust, degrees = self._jackknife(chosen, raw, fit.theta, blocks)
            se, intervals = np.maximum(se, robust), "blocks"
        z = float(special.stdtrit(degrees, (1 + level) / 2)) if np.isfinite(degrees) else special.ndtri((1 + level) / 2)
        reach = np.abs(raw) / se
        p = 2 * (special.stdtr(degrees, -reach) if np.isfinite(degrees) else special.ndtr(-reach))
        terms = len(chosen) + 1
        with np.errstate(over="ignore"):
            ratio, low, high = (np.exp(raw[1:] + side * z * se[1:]) for side in (0, -1, 1))
        events = self.fixed.events
        why = "no_convergence" if not fit.converged else ("no_columns" if not len(chosen) else "")
        needed = max(FEWEST_EVENTS, FEWEST_EVENTS_A_COLUMN * len(chosen))
        why = why or ("too_few_events" if events < needed else "")
        return RiskModel(
            names=names,
            coefficient=raw[1:],
            se=se[1:],
            ratio=ratio,
            low=low,
            high=high,
            p_value=p[1:],
            per_deviation=np.exp(np.clip(raw[1:] * problem.deviation, -700, 700)),
            inflation=self._inflation(chosen),
            intercept=float(raw[0]),
            intercept_se=float(se[0]),
            aliased=aliased,
            empty=tuple(empty),
            family=family,
            theta=float(fit.theta),
            theta_se=float(fit.theta_se),
            log_likelihood=fit.likelihood,
            deviance=self._deviance_of(fit, problem),
            null_deviance=self._null_deviance(fit.theta),
            aic=-2 * fit.likelihood + 2 * (terms + (family == "negative_binomial")),
            bic=float(self.bic(fit, terms, family)),
            dispersion=self._dispersion(fit, problem, terms),
            intervals=intervals,
            level=level,
            cells=len(self.y),
            events=int(events),
            rows=len(problem.rows.y),
            collapsed=problem.rows.collapsed,
            iterations=fit.iterations,
            converged=fit.converged,
            enough=not why,
            why_not=why,
        )

    def _given_theta(self, chosen, theta):
        rows = self.rows("negative_binomial")
        problem = self.fitting.Problem(rows, chosen, self._scale("negative_binomial", rows))
        beta, information, height, turns, good = problem.newton(problem.start(), theta)
        fit = self.fitting.Fit(
            beta=beta,
            covariance=self.fitting._inverse(information),
            likelihood=height + self.fitting._theta_terms(theta, self.fixed),
            theta=theta,
            theta_se=float("nan"),
            iterations=turns,
            converged=good,
        )
        return problem, fit

    def _running_away(self, chosen, problem, fit):
        """Place among the chosen of the column whose ratio runs to 0 or infinity; None when none does."""
        if not len(chosen):
            return None
        rows, over = problem.rows, np.zeros(len(chosen))
        for k, j in enumerate(chosen):
            column = rows.columns[:, j]
            over[k] = column.max() - column.min()
        reach = np.abs(problem.as_given(fit.beta)[1:]) * over
        worst = int(np.argmax(reach))
        return worst if not np.isfinite(reach[worst]) or reach[worst] > _IMPOSSIBLE else None

    def _jackknife(self, chosen, raw, theta, blocks):
        """Standard errors from leaving out one block after the other (one step each), and their degrees of freedom."""
        order = np.argsort(blocks, kind="stable")
        ends = np.cumsum(np.bincount(blocks))
        groups, terms = len(ends), len(raw)
        scores, inner = np.zeros((groups, terms)), np.zeros((groups, terms, terms))
        for g, (first, last) in enumerate(zip(np.append(0, ends[:-1]), ends)):
            rows = order[first:last]
            x = np.column_stack([np.ones(len(rows)), self.x[rows][:, chosen]])
            mu = np.exp(x @ raw) * (1.0 if self.exposure is None else self.exposure[rows])
            shrink = 1 / (1 + mu / theta)
            scores[g] = ((self.y[rows] - mu) * shrink) @ x
            inner[g] = (x * (mu * shrink)[:, None]).T @ x
        information = inner.sum(axis=0)
        away = np.zeros((groups, terms))
        for g in range(groups):
            try:
                away[g] = np.linalg.solve(information - inner[g], scores[g])
            except np.linalg.LinAlgError:  # a column lives in this block alone
                away[g] = np.linalg.lstsq(information, scores[g], rcond=None)[0]
        return np.sqrt((groups - 1) / groups * (away**2).sum(axis=0)), groups - 1.0

    def _inflation(self, chosen):
        if not len(chosen):
            return np.zeros(0)
        return np.diag(np.linalg.inv(self.gram[np.ix_(chosen, chosen)])).copy()

    def _deviance_of(self, fit, problem):
        """Twice the log-likelihood short of one parameter a cell."""
        return max(0.0, 2 * (self._saturated(fit.theta) - fit.likelihood))

    def _saturated(self, theta):
        if not np.isfinite(theta):
            return self.fixed.y_log_y - self.fixed.events - self.fixed.log_factorial
        v = self.fixed.values
        each = (
            special.gammaln(v + theta)
            - special.gammaln(theta)
            + theta * np.log(theta)
            + special.xlogy(v, v)
            - (v + theta) * np.log(v + theta)
        )
        return float(self.fixed.tally @ each) - self.fixed.log_factorial

    def _size(self):
        return float(len(self.y)) if self.exposure is None else float(self.exposure.sum())

    def _null_deviance(self, theta):
        if not np.isfinite(theta):
            height = self.fixed.events * np.log(self.fixed.events / self._size()) - self.fixed.events
            null = height + self.fixed.y_log_exposure - self.fixed.log_factorial
        else:
            null = self._given_theta(np.array([], np.int64), theta)[1].likelihood
        return max(0.0, 2 * (self._saturated(theta) - float(null)))

    def _dispersion(self, fit, problem, terms):
        rows, mu = problem.rows, problem.means(fit.beta)
        free = len(self.y) - terms
        if rows is self.rows("poisson"):
            sum_of = rows.squares * rows.exposure / mu - 2 * rows.y + mu
        else:
            sum_of = (rows.squares - 2 * rows.y * mu + rows.weight * mu * mu) / (mu * (1 + mu / fit.theta))
        return float(sum_of.sum() / free) if free > 0 else float("nan")

    def told(self, kept, chosen):
        """Write down why each column is in or out."""
        taken = {self.layer[j]: j for j in chosen}
        independent, _ = self.independent(kept)
        for j in kept:
            if j in chosen:
                self.why[j] = "chosen"
            elif j not in independent:
                self.why[j] = "aliased"
            elif self.one_a_layer and self.layer[j] in taken:
                self.why[j] = "other_way_of_its_layer"
        for j in np.flatnonzero(self.constant) if len(self.names) else ():
            self.why[j] = "aliased"

    def candidates(self, made, chosen):
        out = []
        for j, name in enumerate(made.names):
            column = self.x[:, j]
            on = column != 0
            out.append(
                Candidate(
                    name=name,
                    layer=made.layer[j],
                    kind=made.kind[j],
                    radius_m=made.radius_m[j],
                    cells=int(np.count_nonzero(on)),
                    events=int(self.y[on].sum()),
                    alone=self._alone(j, on),
                    chosen=bool(j in chosen),
                    why=self.why[j],
                )
            )
        return tuple(out)

    def _alone(self, j, on):
        """Ratio of the column when it stands alone in the model."""
        if self.constant[j] or self.fixed.events == 0:
            return float("nan")
        if self.binary:
            size = np.ones(len(on)) if self.exposure is None else self.exposure
            inside, outside = self.y[on].sum() / size[on].sum(), self.y[~on].sum() / size[~on].sum()
            return float(inside / outside) if outside > 0 else float("inf")
        problem, fit = self.fit(np.array([j], np.int64), "poisson")
        return float(np.exp(np.clip(problem.as_given(fit.beta)[1], -700, 700)))

    def _nothing(self, names, aliased, family, level, why):
        blank = np.full(len(names), np.nan)
        nan = float("nan")
        return RiskModel(
            names=names,
            coefficient=np.zeros(len(names)),
            se=blank,
            ratio=blank,
            low=blank,
            high=blank,
            p_value=blank,
            per_deviation=blank,
            inflation=blank,
            intercept=float("-inf") if why == "no_events" else float(np.log(self.fixed.events / self._size())),
            intercept_se=nan,
            aliased=aliased,
            empty=tuple(self.empty),
            family=family,
            theta=nan,
            theta_se=nan,
            log_likelihood=nan,
            deviance=nan,
            null_deviance=nan,
            aic=nan,
            bic=nan,
            dispersion=nan,
            intervals="model",
            level=level,
            cells=len(self.y),
            events=int(self.fixed.events),
            rows=0,
            collapsed=False,
            iterations=0,
            converged=False,
            enough=False,
            why_not=why,
        )


class _Path:
    """A Poisson elastic net along falling penalties, on all cells or on some."""

    def __init__(self, terrain, able, mixing):
        self.terrain, self.able, self.mixing = terrain, able, mixing
        self.x = terrain.x if len(able) == terrain.x.shape[1] else np.ascontiguousarray(terrain.x[:, able])
        self.scale = None
        self.whole = self._problem(None)

    def _problem(self, part):
        fitting, terrain = self.terrain.fitting, self.terrain
        x, y, size = self.x, terrain.y, terrain.exposure
        if part is not None:
            x, y, size = x[part], y[part], None if size is None else size[part]
        rows = fitting.rows_of(x, y, size, binary=terrain.binary, own_exposure=False)
        if self.scale is None:
            self.scale = fitting.moments(rows)
        return fitting.Problem(rows, None, self.scale)

    def penalties(self, steps):
        """From the least that leaves no column to a thousandth of it."""
        problem = self.whole
        beta = np.zeros(problem.terms)
        beta[0] = np.log(problem.rows.y.sum() / float(problem.rows.weight @ problem.rows.exposure))
        _, gradient, _ = problem.look(beta)
        top = max(np.abs(gradient[1:]).max(), 1e-9) / len(self.terrain.y) / self.mixing
        return top * np.geomspace(1.0001, 1e-3, steps)

    def along(self, part, penalties, judged=None):
        """Coefficients at each penalty in turn; or, judged, the mean deviance there (up to a constant)."""
        from kalantar.analysis import _risk_kernels

        problem = self.whole if part is None else self._problem(part)
        test = None if judged is None else self._problem(judged)
        n = len(self.terrain.y) if part is None else int(np.count_nonzero(part))
        cells = 0 if judged is None else int(np.count_nonzero(judged))
        beta = np.zeros(problem.terms)
        beta[0] = np.log(max(problem.rows.y.sum(), 0.5) / float(problem.rows.weight @ problem.rows.exposure))
        first, second = np.zeros(problem.terms), np.zeros(problem.terms)
        seen = problem.look(beta)
        for penalty in penalties:
            first[1:], second[1:] = n * penalty * self.mixing, n * penalty * (1 - self.mixing)
            reached = seen[0] - first @ np.abs(beta) - second @ (beta * beta) / 2
            for _ in range(50):
                trial = beta.copy()
                _risk_kernels.descend(seen[2], seen[1].copy(), trial, first, second, _FLAT, 1000)
                move, size, gained = trial - beta, 1.0, -np.inf
                while size > 1e-6:
                    at = beta + size * move
                    there = problem.look(at)
                    gained = there[0] - first @ np.abs(at) - second @ (at * at) / 2 - reached
                    if gained >= -1e-9 * abs(reached):
                        break
                    size /= 2
                if size <= 1e-6:
                    break
                beta, seen, reached = at, there, reached + gained
                if gained < 10 * _FLAT:
                    break
            yield beta.copy() if test is None else -2 * test.height(beta) / cells


def _deviance(y, mu):
    return float(2 * (special.xlogy(y, y / mu) - (y - mu)).sum())
