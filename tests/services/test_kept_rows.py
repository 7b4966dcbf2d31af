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
    kept, read = plan.frame("building"), plan.store.read("building", scenario=plan.scenario or None)
    if plan.scenario:  # a scenario's rows are read after those of the plan, kept ones stay in place
        kept, read = (f.sort_values("building_id", ignore_index=True) for f in (kept, read))
    bare = plan.table("building").set_index("building_id")
    assert_frame_equal(bare.loc[kept["building_id"]], bare_of(kept).set_index("building_id"))
    assert kept.geometry.geom_equals(read.geometry).all()
    assert_frame_equal(bare_of(kept), bare_of(read))


def bare_of(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(frame.drop(columns="geometry"))


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


def test_rows_that_come_go_and_come_back_are_followed_too(plan: OpenPlan) -> None:
    plan.table("building")
    kept = plan.frame("building")
    gone = edit(plan, [{**wish("B3", 1), "action": "delete", "values": {}}], PLANNER)
    assert_fresh(plan)
    outline = plain_value(plan, kept.geometry.iloc[2])
    new = {"layer": "building", "action": "create", "id": "B7", "geometry": outline}
    edit(plan, [{**new, "values": {"floors": 2}}, wish("B1", 1, floors=4)], PLANNER)
    assert_fresh(plan)
    edit(plan, [{**wish("B7", 1), "action": "delete", "values": {}}], PLANNER)
    take_back(plan, gone[0].change_set, PLANNER)
    assert_fresh(plan)
    assert len(plan.frame("building")) == len(kept)


def test_the_rows_of_a_scenario_follow_its_own_edits(plan: OpenPlan) -> None:
    seen = plan.through(plan.store.create_scenario("甲", PLANNER))
    plan.frame("building")
    seen.table("building")
    edit(seen, [wish("B1", 1, year_built=1960)], PLANNER)
    edit(seen, [{**wish("B2", 1), "action": "delete", "values": {}}], PLANNER)
    assert_fresh(seen)
    assert_fresh(plan)
    edit(plan, [wish("B3", 1, floors=9)], PLANNER)
    assert_fresh(seen)
    assert_fresh(plan)


def test_what_rests_on_other_columns_is_not_made_again(plan: OpenPlan) -> None:
    made = []
    homes = lambda: plan.kept("homes", ("building.community_id",), lambda: made.append(1))  # noqa: E731
    plan.frame("building")
    homes()
    edit(plan, [wish("B1", 1, floors=3)], PLANNER)
    edit(plan, [wish("B1", 2, floors=4)], PLANNER)
    homes()
    assert len(made) == 1
    edit(plan, [wish("B1", 3, community_id="C2")], PLANNER)
    homes()
    assert len(made) == 2
    edit(plan, [wish("B1", 4, floors=5)], PLANNER)
    homes()
    assert len(made) == 2
    plan.store.apply([Edit("building", "update", "B2", {"floors": 3}, 1)], PLANNER)
    homes()
    assert len(made) == 3  # nobody here knows what that one changed
