"""Trend, season, and changes for good."""

import itertools

import numpy as np
import pytest

from kalantar.analysis import InputError
from kalantar.analysis.series import breaks, stl

# Flow of the Nile at Aswan, 1871-1970 (Cobb 1978, Biometrika 65, 243-251)
NILE = [
    1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180, 799, 958, 1140,
    1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833, 701, 916, 692, 1020, 1050, 969,
    831, 726, 456, 824, 702, 1120, 1100, 832, 764, 821, 768, 845, 864, 862, 698, 845, 744, 796, 1040, 759,
    781, 865, 845, 944, 984, 897, 822, 1010, 771, 676, 649, 846, 812, 742, 801, 1040, 860, 874, 848, 890,
    744, 749, 838, 1050, 918, 986, 797, 923, 975, 815, 1020, 906, 901, 1170, 912, 746, 919, 718, 714, 740,
]  # fmt: skip


def test_the_monthly_assaults_of_chicago_come_apart_as_in_r(rows_of, case):
    wanted = case("stl-monthly")["expected"]
    found = stl([float(row["N"]) for row in rows_of("ref/chicago_agg_assault_monthly.csv")], period=12)
    assert found.trend[:6] == pytest.approx(wanted["trend_head"], abs=1e-4)
    assert found.trend[-6:] == pytest.approx(wanted["trend_tail"], abs=1e-4)
    assert found.season[:12] == pytest.approx(wanted["seasonal"], abs=1e-4)
    assert found.remainder.std(ddof=1) == pytest.approx(wanted["remainder_sd"], abs=1e-4)


def test_the_parts_add_up_and_a_pure_season_leaves_a_flat_trend():
    months = np.arange(60)
    wave = 10 + 3 * np.sin(2 * np.pi * months / 12)
    found = stl(wave, period=12)
    assert found.trend + found.season + found.remainder == pytest.approx(wave)
    assert found.trend == pytest.approx(np.full(60, 10.0), abs=0.01)
    assert found.season == pytest.approx(wave - 10, abs=0.01)


def test_adding_a_constant_moves_the_trend_alone():
    y = np.random.default_rng(1).poisson(30, 50).astype(float)
    one, other = stl(y, period=12), stl(y + 100, period=12)
    assert other.trend == pytest.approx(one.trend + 100)
    assert other.season == pytest.approx(one.season, abs=1e-9)


def test_two_years_or_less_have_no_season_to_speak_of():
    with pytest.raises(InputError, match="more than two years"):
        stl(np.ones(24), period=12)
    with pytest.raises(InputError, match="values row 3"):
        stl([1, 2, 3, np.nan] * 10, period=12)


def test_the_nile_fell_after_1898():
    found = breaks(NILE)
    assert [1871 + at for at in found.after] == [1898]
    # printed by R's strucchange, example(breakpoints)
    assert found.squares == pytest.approx(
        [2835156.75, 1597457.19444444, 1552923.6157754, 1538096.5127451, 1507888.47591645, 1659993.50042626], abs=1e-6
    )


def test_every_partition_tried_by_hand_is_no_better():
    y = np.random.default_rng(2).normal(size=14)
    found = breaks(y, most=2, least=3)

    def cost(cuts):
        ends = [0, *cuts, 14]
        return sum(((y[a:b] - y[a:b].mean()) ** 2).sum() for a, b in itertools.pairwise(ends))

    for k in (1, 2):
        every = [cost(cuts) for cuts in itertools.combinations(range(1, 14), k) if min(np.diff([0, *cuts, 14])) >= 3]
        assert found.squares[k] == pytest.approx(min(every))


def test_a_level_series_has_no_break_and_its_levels_are_means():
    found = breaks(np.random.default_rng(3).normal(5, 1, 60))
    assert found.after == () and len(found.mean) == 1
    with pytest.raises(InputError, match="two stretches"):
        breaks([1, 2, 3], least=2)
