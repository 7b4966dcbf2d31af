"""The four criteria on drawn records, and the score that anybody can add up again."""

from __future__ import annotations

import pandas as pd
import pytest

from app.analysis.selection import measured_criteria, scores

ITEMS = pd.DataFrame(
    {
        "community_item_id": ["I1", "I2", "I3"], "community_id": ["C1", "C1", "C2"],
        "quantity": [10.0, 2.0, None], "unit_cost_fen": [100, 50, 100], "other_fees_fen": [0, 0, 0],
        "contingency_fen": [0, 0, 0], "scheme": ["v1", None, "v1"], "lead_id": ["O", "O", "O"],
        "starts_on": pd.to_datetime(["2024-04-10"] * 3), "ends_on": pd.to_datetime(["2024-05-10"] * 3),
    }
)  # fmt: skip
SCOPE = pd.DataFrame(
    {
        "community_id": ["C1"] * 4 + ["C2"],
        "work_item_id": ["B01", "B02", "B02", "W01", "B01"],
        "verdict": ["no", "no", "yes", "yes", "unknown"],
    }
)
BUILDINGS = pd.DataFrame(
    {"building_id": ["B1", "B2"], "community_id": ["C1", "C2"], "households": [4.0, None]}
)
CONSENT = pd.DataFrame(
    {
        "building_id": ["B1", "B1", "B1", "B1"], "household": ["1", "1", "2", "3"],
        "work_item_id": [None, None, None, "W15"], "answer": ["disagree", "agree", "no_answer", "agree"],
        "asked_on": pd.to_datetime(["2023-11-01", "2023-11-09", None, "2023-11-02"]),
    }
)  # fmt: skip
FUNDING = pd.DataFrame({"community_item_id": ["I1", "I2"], "amount_fen": [600, 60]})


def measured(**other: pd.DataFrame) -> pd.DataFrame:
    frames = {
        "items": ITEMS,
        "scope": SCOPE,
        "consent": CONSENT,
        "buildings": BUILDINGS,
        "funding": FUNDING,
    }
    return measured_criteria(
        pd.Index(["C1", "C2"]), **{**frames, **other}, basic_items=frozenset({"B01", "B02"})
    )  # fmt: skip


def value(found: pd.DataFrame, community: str, code: str) -> float:
    row = found[(found["community_id"] == community) & (found["code"] == code)]
    return float(row["value"].iloc[0])


def test_each_criterion_is_a_part_of_a_whole_of_rows() -> None:
    found = measured()

    assert value(found, "C1", "condition") == 50.0  # B02 needed, B01 not; W01 is no basic item
    assert value(found, "C1", "willing") == 25.0  # one of four homes: the later answer counts
    assert value(found, "C1", "funds") == 60.0  # 660 of 1100 fen
    assert value(found, "C1", "scheme") == 50.0  # I2 cites no scheme


def test_what_cannot_be_judged_is_unknown_and_so_is_the_score() -> None:
    found = measured()
    marked = scores(found, {}, {"condition": 1, "willing": 1, "funds": 1, "scheme": 1})

    assert pd.isna(value(found, "C2", "condition"))  # nothing but an unknown verdict
    assert pd.isna(value(found, "C2", "willing"))  # its households are unknown
    assert pd.isna(value(found, "C2", "funds"))  # a cost is unknown
    assert pd.isna(marked.at["C2", "score"])
    assert marked.at["C1", "score"] == pytest.approx((50 + 25 + 60 + 50) / 4, abs=0.06)


def test_what_people_give_goes_before_what_is_measured_and_a_weight_of_nothing_counts_for_nothing() -> None:  # fmt: skip
    given = {"C1": {"willing": 85.0}, "C9": {"funds": 1.0}}
    marked = scores(measured(), given, {"condition": 30, "willing": 30, "funds": 20, "scheme": 0})

    assert marked.at["C1", "given"] == ["willing"]
    assert marked.at["C1", "score"] == pytest.approx((50 * 30 + 85 * 30 + 60 * 20) / 80, abs=0.06)
    assert list(marked.index) == ["C1", "C2"]


def test_the_order_of_rows_changes_nothing() -> None:
    turned = measured(
        items=ITEMS[::-1], scope=SCOPE[::-1], buildings=BUILDINGS[::-1], funding=FUNDING[::-1]
    )
    pd.testing.assert_frame_equal(turned, measured())


def test_no_rows_at_all_leave_everything_unknown() -> None:
    found = measured_criteria(
        pd.Index(["C1"]), items=ITEMS[:0], scope=SCOPE[:0], consent=CONSENT[:0],
        buildings=BUILDINGS[:0], funding=FUNDING[:0], basic_items=frozenset(),
    )  # fmt: skip
    assert found["value"].isna().all()
    assert len(found) == 4
