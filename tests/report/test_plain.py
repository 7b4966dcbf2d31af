"""Values as people read them, whatever a frame or a file kept them as."""

from __future__ import annotations

import datetime

import pytest

from app.report.plain import on_the_clock

LITONG = datetime.timezone(datetime.timedelta(hours=8))


@pytest.mark.parametrize("kept", [
    "2024-03-01T18:05:41.939Z",
    datetime.datetime(2024, 3, 1, 18, 5, tzinfo=datetime.UTC),
    datetime.datetime(2024, 3, 1, 18, 5),  # the store keeps UTC
])  # fmt: skip
def test_a_kept_moment_is_read_on_the_clock_of_the_place(kept: object) -> None:
    assert on_the_clock(kept, LITONG) == "2024-03-02 02:05"


@pytest.mark.parametrize("nothing", [None, "", float("nan")])
def test_no_moment_is_no_words(nothing: object) -> None:
    assert on_the_clock(nothing) == ""
