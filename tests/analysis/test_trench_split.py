"""A shared trench is paid by length times depth, to the last fen."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.analysis.trench_split import split_fen


def test_shares_follow_length_times_depth() -> None:
    # 80 m at 2.0 m, 80 m at 1.0 m, 40 m at 1.0 m: 160, 80 and 40 of 280.
    assert split_fen(2_800_000, [80 * 2.0, 80 * 1.0, 40 * 1.0]) == [1_600_000, 800_000, 400_000]


def test_the_odd_fen_goes_to_the_largest_remainder_and_of_equals_to_the_first() -> None:
    assert split_fen(100, [1, 1, 1]) == [34, 33, 33]
    assert split_fen(10, [2, 1]) == [7, 3]


def test_an_unknown_depth_leaves_every_share_unknown() -> None:
    assert split_fen(100, [1.0, None]) == [None, None]
    assert split_fen(100, [0.0, 0.0]) == [None, None]
    assert split_fen(100, [1.0, -2.0]) == [None, None]
    assert split_fen(100, []) == []


@given(st.integers(0, 10**12), st.lists(st.floats(0.01, 1e6), min_size=1, max_size=9))
def test_shares_add_up_exactly_and_none_is_a_fen_off(total: int, weights: list[float]) -> None:
    shares = split_fen(total, weights)
    known = [share for share in shares if share is not None]
    assert sum(known) == total
    for share, weight in zip(known, weights, strict=True):
        assert abs(share - total * weight / sum(weights)) < 1 + total * 1e-12
