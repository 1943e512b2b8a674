"""The arrays of the reader against slow twins: one row at a time, by the standard library and by the rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kalantar.incidents import digests, rules, staging, types
from kalantar.incidents import moments as utc
from kalantar.incidents import rows as arrays

ZONES = ("Asia/Tehran", "America/Chicago", "UTC", "Australia/Lord_Howe")


@given(
    st.sampled_from(ZONES), st.lists(st.datetimes(datetime(1985, 1, 1), datetime(2030, 1, 1)), min_size=1, max_size=40)
)
@example("America/Chicago", [datetime(1987, 4, 5, 2, 0, fold=1)])
def test_local_hours_become_utc_as_python_says(zone, moments):
    zone = ZoneInfo(zone)
    day = np.array([m.toordinal() - arrays.EPOCH for m in moments])
    minute = np.array([m.hour * 60 + m.minute for m in moments])
    moments = [m.replace(fold=0) for m in moments]  # what a file says has no second reading
    twin = [int(m.replace(second=0, microsecond=0, tzinfo=zone).astimezone(UTC).timestamp()) // 60 for m in moments]
    assert utc.to_utc(day, minute, zone).tolist() == twin


@pytest.mark.parametrize(
    ("zone", "moment"),
    [
        ("Asia/Tehran", datetime(2022, 3, 22, 0, 30)),
        ("America/Chicago", datetime(2018, 3, 11, 2, 30)),
        ("America/Chicago", datetime(2018, 11, 4, 1, 30)),
        ("Asia/Tehran", datetime(2021, 9, 21, 23, 30)),
    ],
)
def test_on_days_when_clocks_change_the_local_day_stays(zone, moment):
    zone = ZoneInfo(zone)
    at = utc.to_utc(np.array([moment.toordinal() - arrays.EPOCH]), np.array([moment.hour * 60 + moment.minute]), zone)
    assert utc.local_days(at, zone).tolist() == [moment.toordinal() - arrays.EPOCH]


@given(st.sampled_from(ZONES), st.lists(st.integers(500_000 * 20, 1_500_000 * 20), min_size=1, max_size=40))
def test_local_days_are_those_of_python(zone, at):
    zone = ZoneInfo(zone)
    twin = [datetime.fromtimestamp(m * 60, UTC).astimezone(zone).date().toordinal() - arrays.EPOCH for m in at]
    assert utc.local_days(np.array(at), zone).tolist() == twin


rows = st.lists(
    st.tuples(
        st.sampled_from(arrays.TYPES),
        st.integers(-(10**6), 30 * 10**6),
        st.one_of(st.none(), st.tuples(st.floats(-179, 179), st.floats(-89, 89))),
        st.text(max_size=8),
        st.sampled_from(["", "a", "۱۲"]),
    ),
    min_size=1,
    max_size=30,
)


@given(rows)
def test_digests_of_many_rows_are_those_of_the_rule(found):
    type_ = np.array([arrays.TYPES.index(code) for code, *_ in found], np.int16)
    at = np.array([minute for _, minute, *_ in found], np.int64)
    lon = np.array([np.nan if place is None else place[0] for _, _, place, *_ in found])
    lat = np.array([np.nan if place is None else place[1] for _, _, place, *_ in found])
    words, refs = (pa.array([row[i] for row in found], pa.string()) for i in (3, 4))
    same = digests.digests(type_, at, lon, lat, words, refs)
    times = digests.times_before(same)
    texts = [text.decode() for text in digests.spelled(at, same, times).tolist()]
    seen: dict = {}
    for (code, minute, place, text, ref), said in zip(found, texts, strict=True):
        rounded = None if place is None else (int(np.rint(place[0] * 10_000)), int(np.rint(place[1] * 10_000)))
        first = rules.same_as(code=code, minute=minute, place=rounded, place_text=text, external_ref=ref)
        assert said == rules.same_as(
            code=code, minute=minute, place=rounded, place_text=text, external_ref=ref, time=seen.get(first, 0)
        )
        seen[first] = seen.get(first, 0) + 1


def test_how_each_type_is_shown_at_each_place_is_the_rule_of_violence_and_dwellings():
    table = staging.shown_table()
    for t, code in enumerate(arrays.TYPES):
        for k, kind in enumerate(arrays.KINDS):
            if code in {"N-FAMILY", "missing_person", "S-HARM", "X-DEATH"} or (code[0] in "ARW" and kind == "dwelling"):
                assert table[t, k] == 0, (code, kind)
            else:
                assert table[t, k] > 0, (code, kind)
            if kind == "dwelling" or code == "T-HOME":
                assert table[t, k] < 2, "a dwelling is never a point"


def test_no_type_escapes_the_rules():
    assert {code for code in arrays.TYPES if types.is_violent(code)} == {
        "R-STREET",
        "R-PREMISES",
        "A-SERIOUS",
        "A-MINOR",
        "A-GROUP",
        "A-THREAT",
        "A-HARASS",
        "W-WEAPON",
    }
    assert set(arrays.TYPES) >= types.NEVER_DRAWN


@given(st.lists(st.one_of(st.just((np.nan, np.nan)), st.tuples(st.floats(-170, 170), st.floats(-80, 80))), max_size=20))
def test_cells_are_those_of_h3(points):
    import h3

    lon, lat = np.array([p[0] for p in points], float), np.array([p[1] for p in points], float)
    twin = [0 if np.isnan(x) else h3.str_to_int(h3.latlng_to_cell(y, x, 10)) for x, y in points]
    assert staging.cells(lon, lat).tolist() == twin


def test_a_future_or_backward_time_is_a_fault():
    now = datetime(2026, 1, 1, tzinfo=UTC)
    hour = timedelta(hours=1)
    assert rules.time_fault(now - hour, None, now=now) is None
    assert rules.time_fault(now + hour, None, now=now) == "in_the_future"
    assert rules.time_fault(now - hour, now - 2 * hour, now=now) == "interval_backwards"
    assert rules.time_fault(now - timedelta(days=366 * 61), None, now=now) == "too_long_ago"


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("", (-1, -1)),
        ("14:00-16:30", (840, 990)),
        ("۲۲:۰۰ تا ۲:۰۰", (1320, 120)),
        ("14 to 16", (840, 960)),
        ("24:00-25:00", (-2, -2)),
        ("noon", (-2, -2)),
    ],
)
def test_spans_of_hours(text, span):
    assert utc.span(text) == span


def test_every_step_of_an_import_is_refused_to_everybody_else():
    from kalantar.people.roles import Role

    states = ("uploaded", "loading", "live", "failed", "withdrawn", "swept")
    for name, step in rules.STEPS.items():
        for role in Role:
            for state in states:
                refused = rules.refusal(name, state=state, roles=frozenset({role}), given={"reason": "x"})
                assert (refused is None) == (role in step.taken_by and state in step.leaves), (name, role, state)
