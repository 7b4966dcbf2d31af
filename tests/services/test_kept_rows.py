"""Rows that stay in memory: after an edit they are what a fresh reading gives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import shapely
import shapely.affinity
from pandas.testing import assert_frame_equal

from app.services.editing import edit, plain_value, take_back
from app.services.plans import OpenPlan
from app.store import Edit
from tests.town import PLANNER, build_town


@pytest.fixture
def plan(tmp_path: Path) -> Iterator[OpenPlan]:
    with build_town(tmp_path / "plan") as store:
        yield OpenPlan(store)


def wish(row_id: str, version: int, **values: Any) -> dict[str, Any]:
    return {
        "layer": "building", "action": "update", "id": row_id, "version": version, "values": values
    }  # fmt: skip


def assert_fresh(plan: OpenPlan) -> None:
    kept, read = plan.frame("building"), plan.store.read("building")
    assert kept.geometry.geom_equals(read.geometry).all()
    assert_frame_equal(*(pd.DataFrame(one.drop(columns="geometry")) for one in (kept, read)))


def test_kept_rows_follow_an_edit_its_undo_and_values_that_become_unknown(plan: OpenPlan) -> None:
    plan.frame("building")
    applied = edit(plan, [wish("B1", 1, year_built=1999), wish("B3", 1, floors=None)], PLANNER)
    assert_fresh(plan)
    take_back(plan, applied[0].change_set, PLANNER)
    assert_fresh(plan)


def test_frames_handed_out_before_an_edit_stay_as_they_were(plan: OpenPlan) -> None:
    before = plan.frame("building")
    years = before["year_built"].tolist()
    edit(plan, [wish("B1", 1, year_built=1999)], PLANNER)
    assert before["year_built"].tolist() == years
    assert plan.frame("building")["year_built"].tolist() != years


def test_an_outline_that_moves_is_found_where_it_is_now(plan: OpenPlan) -> None:
    plan.frame("building").sindex.query(shapely.box(0, 0, 1, 1))
    moved = shapely.affinity.translate(plan.row("building", "B1")["geometry"], 0, 40)  # type: ignore[index]
    edit(plan, [{**wish("B1", 1), "geometry": plain_value(plan, moved)}], PLANNER)
    rows = plan.frame("building")
    found = rows.iloc[rows.sindex.query(moved.centroid, predicate="intersects")]
    assert found["building_id"].tolist() == ["B1"]
    assert_fresh(plan)


def test_what_somebody_else_changed_in_between_is_seen_too(plan: OpenPlan) -> None:
    plan.frame("building")
    plan.store.apply([Edit("building", "update", "B2", {"floors": 3}, 1)], PLANNER)
    edit(plan, [wish("B1", 1, year_built=1999)], PLANNER)
    assert_fresh(plan)


def test_a_row_that_is_added_or_deleted_is_read_anew(plan: OpenPlan) -> None:
    plan.frame("building")
    edit(plan, [{**wish("B6", 1), "action": "delete", "values": {}}], PLANNER)
    assert_fresh(plan)
