"""Which features of the place go with more events."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, special, stats

from kalantar.analysis import InputError, _risk_kernels
from kalantar.analysis.risk import layer_columns, risk_model, risk_terrain

LAYERS = ("sanitation", "lights_out", "abandoned", "liquor")


@pytest.fixture(scope="module")
def chicago(rows_of):
    """Burglaries of 3,529 cells of 400 m, centres, and distance to each layer, metres."""
    rows = rows_of("ref/chicago_rtm_grid400.csv")
    keys = list(rows[0])
    return (
        np.array([float(r["burglary"]) for r in rows]),
        np.array([[float(r[keys[2]]), float(r[keys[3]])] for r in rows]),
        np.array([[float(r[f"d1_{layer}"]) for layer in LAYERS] for r in rows]),
    )


def _grid(side, cell=100.0):
    return np.stack(np.meshgrid(np.arange(side), np.arange(side), indexing="ij"), -1).reshape(-1, 2) * cell + 500_000.0


# -- against published and independent fits --------------------------------------------------------


def test_the_poisson_coefficients_are_those_of_r_and_statsmodels(chicago):
    counts, _, distance = chicago
    found = risk_model(counts, distance <= 400, names=LAYERS)
    # R 4.2.2 glm, statsmodels 0.15.0 GLM
    published = [-3.8104290654142, 1.93127525325376, 2.03863225917586, 0.648163643841553, 0.435087819165646]
    assert [found.intercept, *found.coefficient] == pytest.approx(published, abs=1e-8)
    assert found.deviance == pytest.approx(6930.899582208133, rel=1e-10)
    assert found.dispersion == pytest.approx(2.1688120653519203, rel=1e-8)
    assert found.collapsed and found.rows < 20


def test_continuous_columns_give_the_coefficients_of_statsmodels(chicago):
    counts, _, distance = chicago
    found = risk_model(counts, distance / 1000)
    printed = [2.0336417161678737, -4.074470878545367, -1.6701748174006, -0.833867764615793, -0.6375898288598127]
    assert [found.intercept, *found.coefficient] == pytest.approx(printed, abs=1e-8)
    assert found.deviance == pytest.approx(5763.025271690659, rel=1e-10)
    assert not found.collapsed


def test_the_negative_binomial_is_that_of_glm_nb(chicago):
    counts, _, distance = chicago
    found = risk_model(counts, distance <= 400, family="negative_binomial")
    assert found.intercept == pytest.approx(-3.824465, abs=1e-6)  # MASS 7.3-58.2 glm.nb
    # statsmodels NegativeBinomial, newton, stopping at its tightest
    assert found.intercept == pytest.approx(-3.8244646803, abs=1e-7)
    assert found.theta == pytest.approx(1.7901341, abs=1e-4)


@pytest.mark.parametrize("exposed", [False, True])
def test_the_negative_binomial_is_the_maximum_of_its_likelihood(chicago, exposed):
    counts, _, distance = chicago
    x = (distance <= 400).astype(float)
    size = np.random.default_rng(1).uniform(1, 3, len(counts)) if exposed else np.ones(len(counts))
    found = risk_model(counts, x, family="negative_binomial", exposure=size if exposed else None)

    def minus(at):  # slow twin: a general optimiser on the full likelihood
        mu, theta = size * np.exp(at[0] + x @ at[1:5]), np.exp(at[5])
        return -stats.nbinom.logpmf(counts, theta, theta / (theta + mu)).sum()

    start = np.append([found.intercept, *found.coefficient], np.log(found.theta))
    assert -minus(start) == pytest.approx(found.log_likelihood, abs=1e-6)
    assert np.abs(optimize.approx_fprime(start, minus, 1e-6)).max() < 0.05
    apart = optimize.minimize(minus, start + 0.01, method="BFGS", options={"gtol": 1e-4})
    assert apart.x == pytest.approx(start, abs=1e-4)
    assert found.bic == pytest.approx(2 * minus(start) + 6 * np.log(len(counts)))


def test_standard_errors_are_those_of_the_information(chicago):
    counts, _, distance = chicago
    x = np.column_stack([np.ones(len(counts)), distance <= 400]).astype(float)
    found = risk_model(counts, x[:, 1:])
    mu = np.exp(x @ np.append(found.intercept, found.coefficient))
    se = np.sqrt(np.diag(np.linalg.inv(x.T @ (x * mu[:, None]))))
    assert [found.intercept_se, *found.se] == pytest.approx(se, rel=1e-6)
    assert found.low == pytest.approx(np.exp(found.coefficient - special.ndtri(0.975) * se[1:]), rel=1e-6)
    assert found.ratio == pytest.approx(np.exp(found.coefficient))


def test_an_elastic_net_stands_where_its_conditions_hold(chicago):
    """Karush-Kuhn-Tucker: the gradient equals the penalty where a coefficient is, and is below it where none is."""
    from kalantar.analysis.risk import _Path, _Terrain

    counts, _, distance = chicago
    rng = np.random.default_rng(2)
    x = np.column_stack([distance / 1000, rng.normal(size=(len(counts), 3))])
    terrain = _Terrain(counts, x, tuple("abcdefg"), None)
    path = _Path(terrain, terrain.able, 0.5)
    penalties = path.penalties(6)
    standard = (x - x.mean(axis=0)) / x.std(axis=0)
    n, dropped = len(counts), 0
    for penalty, beta in zip(penalties, path.along(None, penalties)):
        mu = np.exp(beta[0] + standard @ beta[1:])
        gradient = standard.T @ (counts - mu) / n - penalty * 0.5 * beta[1:]
        there = beta[1:] != 0
        assert gradient[there] == pytest.approx(penalty * 0.5 * np.sign(beta[1:][there]), abs=2e-4)
        assert (np.abs(gradient[~there]) <= penalty * 0.5 + 2e-4).all()
        assert counts.sum() == pytest.approx(mu.sum(), rel=1e-4)
        dropped += (~there).sum()
    assert dropped > 0
    assert there.all()


# -- slow twins and theorems -----------------------------------------------------------------------


def test_layers_are_gathered_as_by_hand():
    rng = np.random.default_rng(3)
    cells = rng.uniform(0, 3000, (60, 2)) + np.array([500_000, 4_000_000])
    features = rng.uniform(-300, 3300, (90, 2)) + np.array([500_000, 4_000_000])
    radii = (150.0, 400.0, 700.0)
    found = layer_columns(cells, {"lamp": features}, radii_m=radii, kinds=("distance", "count", "density", "within"))
    apart = np.hypot(*(cells[:, None] - features[None]).transpose(2, 0, 1))
    table = found.table()
    assert table["lamp distance"] == pytest.approx(apart.min(axis=1) / 1000)
    for radius in radii:
        assert (table[f"lamp count {radius:g} m"] == (apart <= radius).sum(axis=1)).all()
        assert (table[f"lamp within {radius:g} m"] == (apart <= radius).any(axis=1)).all()
        near = np.where(apart <= radius, (1 - (apart / radius) ** 2) ** 2, 0).sum(axis=1)
        assert table[f"lamp density {radius:g} m"] == pytest.approx(near * 3 / (np.pi * (radius / 1000) ** 2))


def test_a_density_adds_up_to_the_number_of_features():
    cells = _grid(61, 20.0)
    middle = cells.mean(axis=0)[None, :]
    found = layer_columns(cells, {"a": np.vstack([middle, middle + 55.0])}, radii_m=300, kinds="density")
    assert found.values.sum() * 0.02**2 == pytest.approx(2, rel=0.01)


def test_places_are_shifted_and_mirrored_without_a_change():
    rng = np.random.default_rng(4)
    cells, features = _grid(12), rng.uniform(500_000, 501_200, (40, 2))
    one = layer_columns(cells, {"a": features}, radii_m=(150, 300), kinds=("within", "dense", "count"))
    far = 3_000_000.0
    two = layer_columns(cells + far, {"a": features + far}, radii_m=(150, 300), kinds=("within", "dense", "count"))
    three = layer_columns(
        cells[:, ::-1], {"a": features[::-1, ::-1]}, radii_m=(150, 300), kinds=("within", "dense", "count")
    )
    assert (one.values == two.values).all()
    assert (one.values == three.values).all()


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.booleans())
def test_collapsing_to_patterns_changes_no_figure(seed, exposed):
    rng = np.random.default_rng(seed)
    x = (rng.random((300, 3)) < 0.4).astype(float)
    size = rng.uniform(0.5, 4, 300) if exposed else None
    counts = rng.poisson((1 if size is None else size) * np.exp(x @ [0.5, -0.4, 0.8]))
    one = risk_model(counts, x, exposure=size)
    nearly = x.copy()
    nearly[0, 0] += 1e-9  # no longer 0/1
    two = risk_model(counts, nearly, exposure=size)
    assert one.collapsed and not two.collapsed
    for figure in ("coefficient", "se", "ratio", "inflation"):
        assert getattr(one, figure) == pytest.approx(getattr(two, figure), rel=1e-6, abs=1e-7)
    for figure in ("log_likelihood", "deviance", "null_deviance", "dispersion", "bic"):
        assert getattr(one, figure) == pytest.approx(getattr(two, figure), rel=1e-6)


def test_rows_may_be_permuted_repeated_and_columns_rescaled():
    rng = np.random.default_rng(5)
    x = rng.normal(size=(400, 2))
    counts = rng.poisson(np.exp(0.3 + x @ [0.4, -0.2]))
    plain = risk_model(counts, x)
    mixed = rng.permutation(400)
    assert risk_model(counts[mixed], x[mixed]).coefficient == pytest.approx(plain.coefficient, abs=1e-9)
    twice = risk_model(np.tile(counts, 2), np.tile(x, (2, 1)))
    assert twice.coefficient == pytest.approx(plain.coefficient, abs=1e-8)
    assert twice.se == pytest.approx(plain.se / np.sqrt(2), rel=1e-5)
    moved = risk_model(counts, x * [1e-2, 1e5] + [1e3, 0])
    assert moved.coefficient * [1e-2, 1e5] == pytest.approx(plain.coefficient, rel=1e-5)
    assert moved.per_deviation == pytest.approx(plain.per_deviation, rel=1e-5)
    longer = risk_model(counts, x, exposure=np.full(400, 7.0))
    assert longer.coefficient == pytest.approx(plain.coefficient, abs=1e-9)
    assert longer.intercept == pytest.approx(plain.intercept - np.log(7))


def test_many_rows_begin_on_a_part_and_end_the_same():
    rng = np.random.default_rng(6)
    x = rng.normal(size=(70_000, 2))
    counts = rng.poisson(np.exp(-1 + x @ [0.5, 0.1]))
    found = risk_model(counts, x)
    design = np.column_stack([np.ones(70_000), x])
    mu = np.exp(design @ np.append(found.intercept, found.coefficient))
    assert np.abs(design.T @ (counts - mu)).max() < 1e-3  # the score is 0
    assert found.iterations <= 4


def test_the_expected_events_add_up_to_the_counted():
    rng = np.random.default_rng(7)
    x = rng.random((200, 2))
    counts, size = rng.poisson(3, 200), rng.uniform(1, 2, 200)
    found = risk_model(counts, x, exposure=size)
    assert found.expected(x, exposure=size).sum() == pytest.approx(counts.sum(), rel=1e-6)


def test_descending_reaches_the_least_squares_without_a_penalty():
    rng = np.random.default_rng(8)
    root = rng.normal(size=(9, 5))
    hessian, slope = root.T @ root, rng.normal(size=5)
    beta, none = np.zeros(5), np.zeros(5)
    _risk_kernels.descend(hessian, slope.copy(), beta, none, none, 1e-18, 100_000)
    assert beta == pytest.approx(np.linalg.solve(hessian, slope), abs=1e-6)


# -- collinear, empty, few -------------------------------------------------------------------------


def test_columns_that_say_the_same_are_named():
    rng = np.random.default_rng(9)
    x = rng.normal(size=(200, 3))
    columns = np.column_stack([x, x[:, 0] - 2 * x[:, 1], np.ones(200), x[:, 2]])
    found = risk_model(rng.poisson(2, 200), columns, names=["a", "b", "c", "a less b", "one", "c again"])
    assert found.names == ("a", "b", "c")
    assert dict(found.aliased) == {
        "a less b": ("a", "b"),
        "one": ("the same in every cell",),
        "c again": ("c",),
    }


def test_the_inflation_is_one_over_what_the_others_leave():
    rng = np.random.default_rng(10)
    x = rng.normal(size=(500, 3))
    x[:, 2] += 3 * x[:, 0]
    found = risk_model(rng.poisson(2, 500), x)
    others = np.column_stack([np.ones(500), x[:, :2]])
    left = x[:, 2] - others @ np.linalg.lstsq(others, x[:, 2], rcond=None)[0]
    assert found.inflation[2] == pytest.approx(x[:, 2].var() / left.var())
    assert found.inflation[1] < 1.1 < 5 < found.inflation[0]


def test_a_column_without_an_event_on_one_side_is_left_out_and_named():
    rng = np.random.default_rng(11)
    x = (rng.random((300, 2)) < 0.3).astype(float)
    counts = rng.poisson(2, 300) * (x[:, 0] == 0)
    found = risk_model(counts, x, names=["never", "fine"])
    assert found.empty == ("never",)
    assert found.names == ("fine",)
    assert found.converged


def test_columns_that_leave_no_event_together_do_not_run_away():
    rng = np.random.default_rng(12)
    a, b = rng.random(400) < 0.5, rng.random(400) < 0.5
    x = np.column_stack([a, b, rng.normal(size=400)]).astype(float)
    counts = rng.poisson(1, 400) * (a | b)
    counts[a & ~b] = 0
    found = risk_model(counts, np.column_stack([x, (a & b).astype(float)]), names=["a", "b", "z", "both"])
    assert np.isfinite(found.ratio).all() and found.ratio.max() < 1e6
    assert found.converged


@pytest.mark.parametrize("family", ["poisson", "negative_binomial"])
def test_too_little_is_said_and_nothing_crashes(family):
    x = np.array([[0.0], [1.0], [1.0], [0.0], [1.0]])
    assert risk_model([0] * 5, x, family=family).why_not == "no_events"
    assert risk_model([1, 2, 1, 1, 2], x, family=family).why_not == "too_few_events"
    assert risk_model([3], [[1.0]], family=family).why_not in ("too_few_cells", "too_few_events", "no_columns")
    assert risk_model([], np.zeros((0, 1)), family=family).why_not == "no_events"
    assert json.dumps(risk_model([0] * 5, x, family=family).to_dict())


def test_counts_no_wilder_than_chance_have_an_infinite_theta():
    found = risk_model(np.tile([2, 3, 4], 40), np.tile([0.0, 1.0, 0.0, 1.0], 30), family="negative_binomial")
    assert found.theta == np.inf
    assert found.enough


def test_a_given_theta_is_kept():
    rng = np.random.default_rng(13)
    x = rng.normal(size=(200, 1))
    counts = rng.poisson(rng.gamma(2, 0.5, 200) * np.exp(0.4 * x[:, 0]))
    free = risk_model(counts, x, family="negative_binomial")
    fixed = risk_model(counts, x, family="negative_binomial", theta=free.theta)
    assert fixed.coefficient == pytest.approx(free.coefficient, abs=1e-6)
    assert fixed.log_likelihood == pytest.approx(free.log_likelihood, abs=1e-6)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"counts": [1, -1], "columns": [[0], [1]]}, "counts row 1"),
        ({"counts": [1, 2], "columns": [[0], [np.nan]]}, "columns row 1"),
        ({"counts": [1, 2], "columns": [[0]]}, "shape"),
        ({"counts": [1, 2], "columns": [[0], [1]], "exposure": [1, 0]}, "exposure row 1"),
        ({"counts": [1, 2], "columns": [[0], [1]], "names": ["a", "b"]}, "names"),
        ({"counts": [1, 2], "columns": [[0], [1]], "family": "normal"}, "family"),
        ({"counts": [1, 2], "columns": [[0], [1]], "blocks": [0]}, "blocks"),
    ],
)
def test_what_cannot_be_fitted_is_refused(wrong, says):
    with pytest.raises(InputError, match=says):
        risk_model(wrong.pop("counts"), wrong.pop("columns"), **wrong)


def test_blocks_that_go_together_widen_the_range_and_hold_the_truth():
    rng = np.random.default_rng(14)
    blocks = np.repeat(np.arange(40), 25)
    worlds, held, naive = 80, 0, 0
    for _ in range(worlds):
        x = np.repeat(rng.normal(size=40), 25) + 0.1 * rng.normal(size=1000)
        together = np.repeat(rng.gamma(4, 0.25, 40), 25)
        counts = rng.poisson(2 * together * np.exp(0.2 * x))
        robust, plain = risk_model(counts, x, blocks=blocks), risk_model(counts, x)
        held += robust.low[0] <= np.exp(0.2) <= robust.high[0]
        naive += plain.low[0] <= np.exp(0.2) <= plain.high[0]
    assert robust.intervals == "blocks"
    assert stats.binom.cdf(held, worlds, 0.93) > 1e-3
    assert naive < held - 10  # the negative control


# -- terrain ---------------------------------------------------------------------------------------


def _world(rng, planted=1.5, theta=None):
    """Cells of 100 m with four layers; the first, within 200 m, multiplies events by exp(planted)."""
    cells = _grid(40)
    layers = {name: rng.uniform(cells.min(), cells.max(), (35, 2)) for name in ("dark", "shops", "parks", "stops")}
    near = layer_columns(cells, {"dark": layers["dark"]}, radii_m=200, kinds="within").values[:, 0]
    mean = 0.3 * np.exp(planted * near)
    if theta:
        mean = mean * rng.gamma(theta, 1 / theta, len(mean))
    return cells, layers, rng.poisson(mean)


@pytest.mark.parametrize("selection", ["stepwise", "elastic_net", "elastic_net_then_stepwise"])
def test_the_planted_layer_is_chosen_with_its_radius_and_ratio(selection):
    cells, layers, counts = _world(np.random.default_rng(15))
    found = risk_terrain(
        counts, layers, cells=cells, cell_m=100, rng=np.random.default_rng(1), selection=selection, family="poisson"
    )
    first = found.model.names.index("dark within 200 m")
    assert found.model.low[first] <= np.exp(1.5) <= found.model.high[first]
    assert found.model.ratio.argmax() == first
    assert len(found.model.names) <= 3
    assert found.held_out > 0.1
    assert found.enough
    assert found.expected.sum() == pytest.approx(counts.sum(), rel=1e-6)
    assert found.relative.min() == 1


def test_where_nothing_was_planted_hardly_anything_is_chosen():
    chosen = 0
    for seed in range(8):
        cells, layers, counts = _world(np.random.default_rng([16, seed]), planted=0.0)
        found = risk_terrain(counts, layers, cells=cells, cell_m=100, rng=np.random.default_rng(1))
        chosen += len(found.model.names)
        assert found.held_out < 0.02
    assert chosen <= 3


def test_the_family_follows_the_counts():
    cells, layers, counts = _world(np.random.default_rng(17), theta=0.5)
    wild = risk_terrain(counts, layers, cells=cells, cell_m=100, rng=np.random.default_rng(1))
    assert wild.family == "negative_binomial"
    assert wild.bic_negative_binomial < wild.bic_poisson
    cells, layers, counts = _world(np.random.default_rng(18))
    assert risk_terrain(counts, layers, cells=cells, cell_m=100, rng=np.random.default_rng(1)).family == "poisson"


def test_stepwise_reaches_a_model_no_single_step_betters():
    cells, layers, counts = _world(np.random.default_rng(19))
    found = risk_terrain(
        counts,
        layers,
        cells=cells,
        cell_m=100,
        rng=np.random.default_rng(1),
        selection="stepwise",
        family="poisson",
        one_a_layer=False,
    )
    made = layer_columns(cells, layers, radii_m=found.radii_m)
    chosen = [made.names.index(name) for name in found.model.names]
    for j in range(len(made.names)):
        trial = [k for k in chosen if k != j] if j in chosen else [*chosen, j]
        other = risk_model(counts, made.values[:, trial])
        assert other.bic >= found.model.bic - 1e-6


def test_only_the_sign_asked_for_enters():
    cells, layers, counts = _world(np.random.default_rng(20), planted=-1.5)
    both = {"cells": cells, "cell_m": 100, "family": "poisson", "selection": "stepwise"}
    protective = risk_terrain(counts, layers, effect="protective", rng=np.random.default_rng(1), **both)
    assert "dark" in {row.layer for row in protective.candidates if row.chosen}
    assert (protective.model.ratio < 1).all()
    aggravating = risk_terrain(counts, layers, effect="aggravating", rng=np.random.default_rng(1), **both)
    assert "dark" not in {row.layer for row in aggravating.candidates if row.chosen}
    assert (aggravating.model.ratio > 1).all()


def test_points_are_counted_into_cells_and_the_rest_is_told(chicago):
    rng = np.random.default_rng(21)
    cells, layers, counts = _world(rng)
    xy = np.repeat(cells, counts, axis=0) + rng.uniform(-49, 49, (counts.sum(), 2))
    xy = np.vstack([xy, cells[:3] - 5000.0])
    kept = {"cells": cells, "cell_m": 100, "family": "poisson"}
    one = risk_terrain(xy, layers, rng=np.random.default_rng(1), **kept)
    two = risk_terrain(counts, layers, rng=np.random.default_rng(1), **kept)
    assert one.outside == 3
    assert one.expected.tolist() == two.expected.tolist()
    with pytest.raises(InputError, match="off the grid"):
        risk_terrain(xy, layers, cells=cells + rng.uniform(0, 5, cells.shape), cell_m=100, rng=rng)
    with pytest.raises(InputError, match="same centre"):
        risk_terrain(xy, layers, cells=np.vstack([cells, cells[:1]]), cell_m=100, rng=rng)


def test_exposure_takes_away_what_only_means_many_are_here():
    rng = np.random.default_rng(22)
    cells, layers, _ = _world(rng)
    near = layer_columns(cells, {"shops": layers["shops"]}, radii_m=200, kinds="within").values[:, 0]
    dwellings = 1 + 9 * near
    dwellings[:7] = 0
    counts = rng.poisson(0.15 * dwellings)
    kept = {"cells": cells, "cell_m": 100, "family": "poisson"}
    blind = risk_terrain(counts, layers, rng=np.random.default_rng(1), **kept)
    seeing = risk_terrain(counts, layers, exposure=dwellings, rng=np.random.default_rng(1), **kept)
    assert "shops" in {row.layer for row in blind.candidates if row.chosen}
    assert "shops" not in {row.layer for row in seeing.candidates if row.chosen}
    assert seeing.without_exposure == 7
    assert (seeing.expected[:7] == 0).all()


def test_the_same_seed_gives_the_same_terrain():
    cells, layers, counts = _world(np.random.default_rng(23))
    one, two = (
        risk_terrain(counts, layers, cells=cells, cell_m=100, rng=np.random.default_rng(5)).to_dict() for _ in range(2)
    )
    assert json.dumps(one) == json.dumps(two)


def test_every_candidate_is_told_with_its_fate():
    cells, layers, counts = _world(np.random.default_rng(24))
    layers["twin of dark"], layers["none"] = layers["dark"].copy(), np.zeros((0, 2))
    found = risk_terrain(counts, layers, cells=cells, cell_m=100, rng=np.random.default_rng(1), selection="stepwise")
    fate = {row.name: row.why for row in found.candidates}
    assert len(fate) == 6 * 3 * 2
    assert fate["twin of dark within 200 m"] == "aliased"
    assert fate["none within 200 m"] == "aliased"
    assert fate["dark within 200 m"] == "chosen"
    assert fate["dark within 100 m"] == "other_way_of_its_layer"
    table = found.table()
    assert len(table["name"]) == len(fate)
    assert found.pictures()[-1].layers[0].size_m == 100


def test_continuous_layers_work_too(chicago):
    cells, layers, counts = _world(np.random.default_rng(25))
    found = risk_terrain(
        counts,
        layers,
        cells=cells,
        cell_m=100,
        rng=np.random.default_rng(1),
        kinds=("distance", "count", "density"),
        family="poisson",
    )
    assert "dark" in {row.layer for row in found.candidates if row.chosen}


def test_no_event_and_no_like_cell_are_said():
    cells, layers, _ = _world(np.random.default_rng(26))
    nothing = risk_terrain(np.zeros(len(cells)), layers, cells=cells, cell_m=100, rng=np.random.default_rng(1))
    assert (nothing.enough, nothing.why_not) == (False, "no_events")
    assert (nothing.expected == 0).all()
    one = risk_terrain([3], layers, cells=cells[:1], cell_m=100, rng=np.random.default_rng(1))
    assert not one.enough
    assert json.dumps(one.to_dict())


@pytest.mark.parametrize(
    "wrong",
    [
        {"kinds": "far"},
        {"radii_m": 0},
        {"folds": 1},
        {"mixing": 0},
        {"selection": "best"},
        {"exposure": np.zeros(1600)},
        {"exposure": np.full(1600, -1.0)},
        {"rng": 3},
        {"cell_m": -1},
    ],
)
def test_terrains_that_cannot_be_are_refused(wrong):
    cells, layers, counts = _world(np.random.default_rng(27))
    options = {"cells": cells, "cell_m": 100, "rng": np.random.default_rng(1)} | wrong
    with pytest.raises(InputError):
        risk_terrain(counts, layers, **options)
    with pytest.raises(InputError):
        risk_terrain(counts, {}, cells=cells, cell_m=100, rng=np.random.default_rng(1))
