"""How sure is a share."""

import pytest

from kalantar.analysis import InputError
from kalantar.analysis.sure import wilson


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    # Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3 (score)
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_printed_limits(k, n, low, high):
    found = wilson(k, n)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


def test_nothing_known_is_anything():
    found = wilson(0, 0)
    assert (found.low, found.high) == (0, 1)
    assert found.share != found.share


def test_all_and_none_keep_their_end():
    assert wilson(7, 7).high == 1
    assert wilson(0, 7).low == 0
    assert wilson(3, 10).low == pytest.approx(1 - wilson(7, 10).high)
    assert wilson(3, 10, level=0.8).low > wilson(3, 10).low


@pytest.mark.parametrize("wrong", [(3, 2), (-1, 2), (0.5, 2)])
def test_a_share_that_cannot_be_is_refused(wrong):
    with pytest.raises(InputError):
        wilson(*wrong)
    with pytest.raises(InputError):
        wilson(1, 2, level=1)
