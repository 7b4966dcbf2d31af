"""A scenario changes what is seen, not the plan, until it is merged."""

from __future__ import annotations

import pytest
import shapely

from app.errors import NotFoundError, VersionClashError
from app.store import Edit, PlanStore
from tests.store.conftest import PLANNER

FAR = shapely.box(510_000, 4_210_000, 510_010, 4_210_010)


@pytest.fixture
def scenario(town: PlanStore) -> str:
    """B1 gets 18 floors, B2 is pulled down, B9 is new, pipe P1 is renewed."""
    found = town.create_scenario("加装电梯", PLANNER)
    town.apply(
        [
            Edit("building", "update", "B1", {"floors": 18}, expected_version=1),
            Edit("building", "delete", "B2", expected_version=1),
            Edit("building", "create", "B9", {"floors": 2, "geometry": FAR}),
            Edit("pipe", "update", "P1", {"nominal_mm": 300}, expected_version=1),
        ],
        PLANNER,
        scenario=found,
    )
    return found


def test_the_plan_does_not_see_a_scenario(town: PlanStore, scenario: str) -> None:
    assert sorted(town.read("building")["building_id"]) == ["B1", "B2", "B3"]
    assert town.row("building", "B1")["floors"] == 6
    assert town.row("pipe", "P1")["nominal_mm"] is None


def test_every_read_can_look_through_a_scenario(town: PlanStore, scenario: str) -> None:
    seen = town.read("building", scenario=scenario).set_index("building_id")

    assert sorted(seen.index) == ["B1", "B3", "B9"]
    assert seen.loc["B1", "floors"] == 18
    assert seen.loc["B1", "geometry"].equals(town.row("building", "B1")["geometry"])
    assert town.row("pipe", "P1", scenario)["nominal_mm"] == 300
    tall = town.read("building", where={"floors": [18, 2]}, scenario=scenario, columns=["floors"])
    assert sorted(tall["building_id"]) == ["B1", "B9"]
    assert len(town.read("building", where={"floors": 6}, scenario=scenario)) == 0
    place = (509_000.0, 4_209_000.0, 511_000.0, 4_211_000.0)
    assert list(town.read("building", bbox=place, scenario=scenario)["building_id"]) == ["B9"]
    assert list(town.read("building", ids=["B2", "B9"], scenario=scenario)["building_id"]) == ["B9"]


def test_hash_and_revision_know_the_scenario(town: PlanStore, scenario: str) -> None:
    assert town.content_hash("building", scenario) != town.content_hash("building")
    assert town.revision("building", scenario) > town.revision("building")
    assert town.content_hash("community", scenario) == town.content_hash("community")


def test_an_edit_in_a_scenario_is_undone_there(town: PlanStore, scenario: str) -> None:
    base = town.content_hash("building")
    ids = [c.change_id for c in town.changes() if c.scenario == scenario and c.layer == "building"]

    town.undo(ids, PLANNER)

    assert town.content_hash("building", scenario) == base
    assert [c.layer for c in town.scenario_changes(scenario)] == ["pipe"]


def test_two_scenarios_are_compared_row_by_row(town: PlanStore, scenario: str) -> None:
    other = town.create_scenario("只加一层", PLANNER)
    town.apply(
        [Edit("building", "update", "B1", {"floors": 7}, expected_version=1)],
        PLANNER,
        scenario=other,
    )

    found = {d.row_id: d for d in town.compare_scenarios(scenario, other)}

    assert set(found) == {"B1", "B2", "B9", "P1"}
    assert found["B1"].columns == ("floors",)
    assert (found["B1"].left["floors"], found["B1"].right["floors"]) == (18, 7)
    assert found["B2"].left is None
    assert {d.row_id for d in town.compare_scenarios("", other)} == {"B1"}


def test_a_merged_scenario_becomes_the_plan(town: PlanStore, scenario: str) -> None:
    wanted = town.content_hash("building", scenario), town.content_hash("pipe", scenario)
    seen = town.read("building", scenario=scenario).set_index("building_id").sort_index()

    town.merge_scenario(scenario, PLANNER)

    merged = town.read("building").set_index("building_id").sort_index()
    assert list(merged["floors"]) == list(seen["floors"])
    assert town.row("pipe", "P1")["nominal_mm"] == 300
    assert town.row("scenario", scenario)["state"] == "merged"
    assert wanted[0] != town.content_hash("community")
    with pytest.raises(NotFoundError):
        town.read("building", scenario=scenario)


def test_a_merge_onto_changed_values_is_refused_with_their_list(
    town: PlanStore, scenario: str
) -> None:
    town.apply([Edit("building", "update", "B1", {"floors": 5}, expected_version=1)], PLANNER)
    town.apply([Edit("pipe", "delete", "P1", expected_version=1)], PLANNER)

    with pytest.raises(VersionClashError) as clash:
        town.merge_scenario(scenario, PLANNER)

    assert clash.value.theirs is not None
    assert set(clash.value.theirs) == {"building B1", "pipe P1"}
    assert town.row("building", "B2") is not None
    assert {f.code for f in town.scenario_clashes(scenario)} == {"base_changed", "base_gone"}
    assert "P1" not in set(town.read("pipe", scenario=scenario)["pipe_id"])


def test_another_column_of_the_row_may_have_changed(town: PlanStore, scenario: str) -> None:
    town.apply([Edit("building", "update", "B1", {"number": "甲"}, expected_version=1)], PLANNER)
    assert town.row("building", "B1", scenario)["number"] == "甲"

    town.merge_scenario(scenario, PLANNER)

    row = town.row("building", "B1")
    assert (row["number"], row["floors"]) == ("甲", 18)


def test_a_dropped_scenario_leaves_the_plan_alone(town: PlanStore, scenario: str) -> None:
    town.drop_scenario(scenario, PLANNER)

    assert town.row("building", "B1")["floors"] == 6
    assert town.row("scenario", scenario)["state"] == "dropped"
    with pytest.raises(NotFoundError):
        town.apply([Edit("building", "create", "B8")], PLANNER, scenario=scenario)
