"""Is there a new cluster in space and time?"""

import datetime
import json

import numpy as np
import pytest

from kalantar.analysis import InputError
from kalantar.analysis.scans import poisson_scan, space_time_scan


def case(shared_data, name):
    """One published case; its numbers were checked by others."""
    cases = json.loads((shared_data.parent / "reference" / "cases.json").read_text())["cases"]
    return next(c for c in cases if c["id"] == name)


def satscan(shared_data, name, day):
    """Places, days and counts of a SaTScan case file, and the names of its locations by place."""
    folder = shared_data / "fixtures" / "satscan"
    at = {}
    for line in (folder / f"{name}.geo").read_text().splitlines():
        if line.strip():
            key, x, y = line.split()[:3]
            at[key] = (float(x), float(y))
    rows = [line.split() for line in (folder / f"{name}.cas").read_text().splitlines() if line.strip()]
    xy = np.array([at[row[0]] for row in rows])
    names = {place: key for key, place in at.items()}
    return xy, np.array([day(row[2]) for row in rows], float), np.array([int(row[1]) for row in rows]), names


def twin(xy, day, *, radius, longest, share=0.5, fewest=2, windows="ending", bins, together=True):
    """The best of all discs and windows, by brute force: likelihood, observed, expected."""
    places = np.unique(xy, axis=0)
    n = len(day)
    best = (0.0, 0, 0.0)
    for centre in places:
        far = np.hypot(*(places - centre).T)
        order = np.argsort(far, kind="stable")
        for size in range(1, len(order) + 1):
            if together and size < len(order) and far[order[size]] <= far[order[size - 1]] * (1 + 1e-12):
                continue
            if far[order[size - 1]] > radius:
                break
            disc = {tuple(places[k]) for k in order[:size]}
            inside = np.array([tuple(p) in disc for p in xy])
            if inside.sum() > share * n:
                break
            for length in range(1, longest + 1):
                begins = [bins - length] if windows == "ending" else range(bins - length + 1)
                for begin in begins:
                    during = (day >= begin) & (day < begin + length)
                    c, mean = (inside & during).sum(), inside.sum() * during.sum() / n
                    if c < fewest or c <= mean:
                        continue
                    value = c * np.log(c / mean) + (n - c) * (np.log((n - c) / (n - mean)) if c < n else 0)
                    if value > best[0] + 1e-12:
                        best = (value, int(c), mean)
    return best


def world(rng, n=400, days=60, places=40):
    at = rng.uniform(0, 4000, (places, 2)) + 600_000
    return at[rng.integers(0, places, n)], np.floor(days * rng.beta(2, 1.5, n))


# -- published ---------------------------------------------------------------------------------


def test_all_clusters_that_satscan_and_predictcode_agree_on(shared_data):
    c = case(shared_data, "stscan")
    day = lambda text: datetime.date.fromisoformat(text).toordinal()
    xy, t, counts, _ = satscan(shared_data, "sts_test_data", day)
    start = day("2017-01-01")
    found = space_time_scan(
        xy,
        t,
        max_radius_m=None,
        max_days=None,
        counts=counts,
        period=(start, start + 9),
        rng=np.random.default_rng(1),
        secondary=2,
        as_metres=True,
    )
    assert [k.likelihood for k in found.clusters] == pytest.approx(c["expected"]["llr"], abs=1e-6)
    first = found.clusters[0]
    assert (first.x, first.y) == pytest.approx(c["expected"]["centre1"])
    assert first.radius_m == pytest.approx(c["expected"]["radius1"], abs=1e-6)
    window = [datetime.date.fromordinal(int(d)).isoformat() for d in (first.start, first.end)]
    assert window == c["expected"]["window1"]
    assert (found.max_days, found.max_share, found.windows) == (5, 0.5, "ending")


@pytest.mark.parametrize("overlap", ["discs", "centres"])
def test_all_clusters_that_satscan_prints(shared_data, overlap):
    # SaTScan 9.4.4, satscan_test1.txt: a grid, where it adds equally far places one by one
    xy, t, counts, names = satscan(shared_data, "satscan_test1", float)
    found = space_time_scan(
        xy,
        t,
        max_radius_m=None,
        max_days=None,
        counts=counts,
        period=(0, 1000),
        overlap=overlap,
        equally_far="one_by_one",
        secondary=1,
        rng=np.random.default_rng(1),
        as_metres=True,
    )
    assert (found.events, found.centres) == (100, 25)
    first, second = found.clusters
    assert {names[tuple(found.place_xy[p])] for p in first.places} == {"23", "6", "16"}
    assert (first.x, first.y, first.radius_m, first.start, first.end) == (30, 30, 20, 993, 1000)
    assert (first.observed, round(first.expected, 2), round(first.ratio, 2)) == (3, 0.42, 7.14)
    assert first.likelihood == pytest.approx(3.352053, abs=1e-6)
    assert {names[tuple(found.place_xy[p])] for p in second.places} == {"10"}
    assert (second.x, second.y, second.radius_m, second.start, second.end) == (50, 50, 0, 962, 1000)
    assert (second.observed, round(second.expected, 2), round(second.ratio, 2)) == (4, 0.96, 4.17)
    assert second.likelihood == pytest.approx(2.715606, abs=1e-6)
    # it stopped after 248 shuffles, at .202 and .581
    assert first.p_value == pytest.approx(0.202, abs=0.12)
    assert second.p_value == pytest.approx(0.581, abs=0.12)
    assert first.recurs_days == pytest.approx(1 / first.p_value)


def test_naus_as_ptools_and_crimepy_print_it(shared_data):
    c = case(shared_data, "scan-naus")
    for inputs, p in zip(c["inputs"]["cases"], c["expected"]["p"]):
        found = poisson_scan(inputs["n"], mean=inputs["mu"], windows=inputs["L"], ptools_k=inputs["k"])
        assert found.p_value == pytest.approx(p, abs=1e-6)


@pytest.mark.parametrize(("n", "mean", "windows"), [(3, 1.0, 2), (3, 1.0, 3), (4, 0.8, 20)])
def test_naus_against_events_thrown_on_a_line(n, mean, windows):
    # and it is the paper's formula that is right: ptools leaves out a term
    rng = np.random.default_rng(1)
    worlds = 100_000
    events = rng.poisson(mean * windows, worlds)
    hits = 0
    for m in np.unique(events[events >= n]):
        at = np.sort(rng.uniform(0, windows, ((events == m).sum(), m)), axis=1)
        hits += ((at[:, n - 1 :] - at[:, : m - n + 1]).min(axis=1) <= 1).sum()
    p = hits / worlds
    error = np.sqrt(p * (1 - p) / worlds)
    assert poisson_scan(n, mean=mean, windows=windows).p_value == pytest.approx(p, abs=4 * error)


def test_naus_at_its_ends():
    assert poisson_scan(0, mean=1, windows=5).p_value == 1
    assert poisson_scan(1, mean=0.1, windows=5).p_value == pytest.approx(1 - np.exp(-0.5))
    assert poisson_scan(40, mean=0.5, windows=50).p_value < 1e-30
    assert poisson_scan(5, mean=50, windows=50).p_value == 1
    p = [poisson_scan(n, mean=2, windows=30).p_value for n in range(2, 15)]
    assert (np.diff(p) <= 0).all()
    for wrong in ({"mean": 0, "windows": 5}, {"mean": 1, "windows": 0.5}, {"mean": 1, "windows": 5, "ptools_k": 0}):
        with pytest.raises(InputError):
            poisson_scan(3, **wrong)
    with pytest.raises(InputError, match="whole number"):
        poisson_scan(2.5, mean=1, windows=5)


# -- the slow twin -----------------------------------------------------------------------------


@pytest.mark.parametrize("windows", ["ending", "any"])
@pytest.mark.parametrize("together", [True, False])
def test_the_best_disc_and_window_by_brute_force(windows, together):
    rng = np.random.default_rng(2)
    for grid in (True, False):
        at = rng.integers(0, 5, (25, 2)) * 100.0 + 1000 if grid else rng.uniform(0, 500, (25, 2)) + 1000
        xy, t = at[rng.integers(0, 25, 80)], rng.integers(0, 12, 80).astype(float)
        found = space_time_scan(
            xy,
            t,
            max_radius_m=210,
            max_days=5,
            windows=windows,
            runs=0,
            period=(0, 11),
            equally_far="together" if together else "one_by_one",
        )
        best = twin(xy, t, radius=210, longest=5, windows=windows, bins=12, together=together)
        first = found.clusters[0]
        assert (first.likelihood, first.expected) == pytest.approx((best[0], best[2]))
        assert first.observed == best[1] == len(first.rows)


@pytest.mark.parametrize("windows", ["ending", "any"])
def test_p_against_shuffling_by_hand(windows):
    rng = np.random.default_rng(3)
    xy, t = world(rng, n=50, days=8, places=12)
    ask = {"max_radius_m": 1500, "max_days": 3, "windows": windows, "period": (0, 7)}
    found = space_time_scan(xy, t, runs=1999, rng=rng, secondary=2, **ask)
    best = []
    for _ in range(300):
        shuffled = space_time_scan(xy, rng.permutation(t), runs=0, secondary=0, **ask)
        best.append(shuffled.clusters[0].likelihood if shuffled.clusters else 0)
    for cluster in found.clusters:
        p = (1 + (np.array(best) >= cluster.likelihood * (1 - 1e-9)).sum()) / 301
        assert cluster.p_value == pytest.approx(p, abs=4.5 * np.sqrt(p * (1 - p) / 300) + 0.005)


def test_many_events_take_the_wide_counters_and_the_same_answer():
    xy, t = world(np.random.default_rng(4))
    ask = {"max_radius_m": 1000, "max_days": 20, "period": (0, 59)}
    few = space_time_scan(xy, t, runs=99, rng=np.random.default_rng(1), **ask)
    many = space_time_scan(xy, t, runs=0, counts=np.full(400, 200), **ask)  # 80,000 events
    assert many.clusters[0].likelihood == pytest.approx(200 * few.clusters[0].likelihood)
    tested = space_time_scan(xy, t, runs=19, rng=np.random.default_rng(1), counts=np.full(400, 200), **ask)
    assert tested.clusters[0].p_value == 0.05  # 200 times the evidence


def test_the_same_seed_gives_the_same_answer_whatever_the_cores():
    xy, t = world(np.random.default_rng(5))
    ask = {"max_radius_m": 1000, "max_days": 20, "runs": 99}
    one, two = (space_time_scan(xy, t, rng=np.random.default_rng(1), cores=cores, **ask) for cores in (1, 2))
    assert one.to_dict() == two.to_dict()


# -- conventions -------------------------------------------------------------------------------


def test_rows_with_counts_are_events():
    rng = np.random.default_rng(6)
    xy, t = world(rng, n=150)
    counts = rng.integers(0, 4, 150)
    ask = {"max_radius_m": 1000, "max_days": 20, "runs": 0, "period": (0, 59)}
    told = space_time_scan(xy, t, counts=counts, **ask)
    written_out = space_time_scan(np.repeat(xy, counts, axis=0), np.repeat(t, counts), **ask)
    # places without an event are centres too, so only what is found by both is compared
    assert told.events == written_out.events == counts.sum()
    assert told.clusters[0].likelihood >= written_out.clusters[0].likelihood - 1e-12


def test_secondary_clusters_share_no_place_and_come_in_order():
    xy, t = world(np.random.default_rng(7))
    ask = {"max_radius_m": 1200, "max_days": 20, "runs": 0}
    by_disc = space_time_scan(xy, t, secondary=6, **ask).clusters
    by_centre = space_time_scan(xy, t, secondary=6, overlap="centres", **ask).clusters
    for clusters in (by_disc, by_centre):
        places = [p for c in clusters for p in c.places]
        assert len(places) == len(set(places))
        assert (np.diff([c.likelihood for c in clusters]) <= 1e-12).all()
    assert by_disc[0] == by_centre[0]
    assert sum(c.likelihood for c in by_disc) >= sum(c.likelihood for c in by_centre)


def test_cells_put_events_together():
    rng = np.random.default_rng(8)
    xy, t = rng.uniform(0, 3000, (300, 2)) + 5e5, rng.integers(0, 40, 300).astype(float)
    found = space_time_scan(xy, t, max_radius_m=900, max_days=10, cell_m=300, runs=0)
    assert found.centres <= 121
    assert ((found.place_xy - 150) % 300 == 0).all()
    same = space_time_scan((np.floor(xy / 300) + 0.5) * 300, t, max_radius_m=900, max_days=10, runs=0)
    assert same.clusters == found.clusters


def test_windows_are_whole_units_of_time_in_the_callers_days():
    xy, t = world(np.random.default_rng(9), days=56)
    weekly = space_time_scan(xy, t + 700, max_radius_m=1500, max_days=21, bin_days=7, period=(700, 755), runs=0)
    for c in weekly.clusters:
        assert c.days in (7, 14, 21) and c.end == 755 and c.start == 756 - c.days
        assert all(c.start <= t[row] + 700 <= c.end for row in c.rows)
    back = space_time_scan(xy, t, max_radius_m=1500, max_days=20, windows="any", period=(0, 55), runs=0)
    c = back.clusters[0]
    inside = [tuple(back.place_xy[p]) for p in c.places]
    rows = [i for i in range(len(t)) if tuple(xy[i]) in inside and c.start <= t[i] <= c.end]
    assert list(c.rows) == rows and c.recurs_days is None
    assert (
        c.likelihood
        >= space_time_scan(xy, t, max_radius_m=1500, max_days=20, period=(0, 55), runs=0).clusters[0].likelihood
    )


def test_shifting_turning_rescaling_and_reordering_change_nothing():
    rng = np.random.default_rng(10)
    xy, t = world(rng)
    xy = np.round(xy)
    ask = {"max_radius_m": 1000, "max_days": 15, "runs": 0}
    best = space_time_scan(xy, t, **ask).clusters[0]
    order = rng.permutation(len(t))
    for other in (
        space_time_scan(xy + np.array([3e6, 1e6]), t + 9000, **ask),
        space_time_scan(xy[:, ::-1] * [1, -1], t, **ask),
        space_time_scan(xy[order], t[order], **ask),
        space_time_scan(xy * 2, t, **ask | {"max_radius_m": 2000}),
    ):
        first = other.clusters[0]
        assert first.likelihood == pytest.approx(best.likelihood, rel=1e-12)
        assert (first.observed, len(first.places)) == (best.observed, len(best.places))


# -- little and bad input ----------------------------------------------------------------------


@pytest.mark.parametrize("n", [0, 1, 2])
def test_too_few_events(n):
    found = space_time_scan(np.arange(2.0 * n).reshape(n, 2), np.arange(n), max_radius_m=10, max_days=1, runs=0)
    assert (found.clusters, found.enough, found.why_not) == ((), False, "too_few_events")
    json.dumps(found.to_dict(), allow_nan=False)
    assert found.table() == {}


def test_one_place_one_day_or_nothing_at_all_can_say_nothing():
    rng = np.random.default_rng(11)
    xy, t = world(rng, n=60)
    ask = {"max_radius_m": 500, "max_days": 5, "runs": 9, "rng": rng}
    assert space_time_scan(np.full((60, 2), 5e5), t, **ask).why_not == "one_place"
    assert space_time_scan(xy, np.full(60, 3.0), **ask).why_not == "one_bin"
    assert (
        space_time_scan(np.arange(60.0).repeat(2).reshape(60, 2) * 1000, np.arange(60), **ask).why_not == "no_cluster"
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"xy": [[0, 0], [np.nan, 1]]}, "xy row 1"),
        ({"t": [0, np.inf]}, "t row 1"),
        ({"t": [0]}, "equal length"),
        ({"period": (0, 3)}, "t row 1 is day 5, outside the period 0 to 3"),
        ({"period": (9, 3)}, "period must be"),
        ({"max_radius_m": 0}, "max_radius_m must be above 0"),
        ({"max_days": 0.5}, "at least one unit"),
        ({"windows": "past"}, "windows must be one of"),
        ({"overlap": "none"}, "overlap must be one of"),
        ({"runs": 9, "rng": 1}, "rng must be a numpy Generator"),
        ({"counts": [1, -1]}, "counts row 1"),
        ({"max_share": 2}, "max_share must lie between"),
        ({"secondary": -1}, "secondary must be 0"),
    ],
)
def test_input_that_cannot_be_is_refused_by_name(change, said):
    ask = {"xy": [[0, 0], [1000, 1]], "t": [0, 5], "max_radius_m": 100, "max_days": 3, "runs": 0} | change
    with pytest.raises(InputError, match=said):
        space_time_scan(ask.pop("xy"), ask.pop("t"), **ask)


def test_more_neighbours_than_room_are_refused_before_the_work():
    rng = np.random.default_rng(12)
    with pytest.raises(InputError, match="put events into cells"):
        space_time_scan(
            rng.uniform(0, 1000, (20_000, 2)), np.arange(20_000) % 50, max_radius_m=None, max_days=5, runs=0
        )


def test_the_result_is_ready_for_json_for_a_table_and_for_a_picture():
    rng = np.random.default_rng(13)
    found = space_time_scan(*world(rng), max_radius_m=1000, max_days=20, runs=19, rng=rng)
    json.dumps(found.to_dict(), allow_nan=False)
    assert len(found.table()["p_value"]) == len(found.clusters) == 5
    (drawn,) = found.pictures()
    assert len(drawn.layers[1].rings) == 5


# -- does it keep its promise ------------------------------------------------------------------


def test_one_scan_in_twenty_finds_something_where_there_is_nothing():
    rng = np.random.default_rng(14)
    worlds = 200
    p = []
    for _ in range(worlds):
        found = space_time_scan(*world(rng, n=150), max_radius_m=1500, max_days=14, runs=99, rng=rng, secondary=0)
        p.append(found.clusters[0].p_value if found.clusters else 1.0)
    assert np.mean(np.array(p) <= 0.05) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / worlds)
    assert 0.2 < np.mean(np.array(p) <= 0.5) < 0.65


def test_a_planted_cluster_is_found_in_its_place_and_time():
    rng = np.random.default_rng(15)
    xy, t = world(rng, n=300)
    xy = np.concatenate([xy, np.tile(xy[0], (12, 1))])
    t = np.concatenate([t, rng.integers(55, 60, 12)])
    first = space_time_scan(xy, t, max_radius_m=1000, max_days=14, period=(0, 59), runs=199, rng=rng).clusters[0]
    assert first.p_value == 0.005
    assert set(range(300, 312)) <= set(first.rows)
    assert first.end == 59 and first.start >= 50
