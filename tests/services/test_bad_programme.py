"""What a programme must not hold: each is named, kept out of the totals or marked, and shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from app.errors import InvalidDataError
from app.schema import Actor
from app.services.editing import edit
from app.services.plans import OpenPlan, open_plan
from app.services.runs import run_analysis
from app.services.summary import summary
from app.store import Edit
from tests.town import build_town

PLANNER = Actor("张三", "住建局")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[OpenPlan]:
    build_town(tmp_path / "town").close()
    plan = open_plan(tmp_path / "town")
    yield plan
    plan.store.close()


def change(plan: OpenPlan, layer: str, key: str, **values: object) -> None:
    version = plan.store.row(layer, key)["version"]  # type: ignore[index]
    plan.store.apply([Edit(layer, "update", key, values, version)], PLANNER)


def found(plan: OpenPlan, rule: str) -> set[str]:
    """The targets of which a check says that they fail."""
    run_analysis(plan.store, "checks", {"as_of": "2024-06-30"}, PLANNER)
    rows = plan.table("finding")
    return set(rows[(rows["check_id"] == rule) & (rows["verdict"] == "fail")]["target_id"])


@pytest.mark.parametrize(
    ("layer", "key", "values"),
    [
        ("community_item", "I1", {"unit_cost_fen": -5}),
        ("community_item", "I1", {"quantity": -1.0}),
        ("funding", "F1", {"amount_fen": -100}),
        ("community_item", "I1", {"decision": "perhaps"}),
        ("building", "B1", {"households": 5001}),
        ("community", "C1", {"year_built": 2201}),
    ],
)
def test_values_that_cannot_be_are_refused_when_they_are_typed(
    town: OpenPlan, layer: str, key: str, values: dict[str, object]
) -> None:
    version = town.row(layer, key)["version"]  # type: ignore[index]
    wish = {"layer": layer, "action": "update", "id": key, "version": version, "values": values}
    with pytest.raises(InvalidDataError) as refused:
        edit(town, [wish], PLANNER)
    assert refused.value.findings[0].column == next(iter(values))


def test_a_unit_cost_in_ten_thousands_is_taken_for_a_slip(town: OpenPlan) -> None:
    rows = {"work_item_id": "B01", "category": "basic", "name": "供水"}
    town.store.apply([Edit("work_item", "create", "B01", {k: v for k, v in rows.items() if k != "work_item_id"})], PLANNER)  # fmt: skip
    change(town, "community_item", "I1", work_item_id="B01", unit="m", unit_cost_fen=10)
    assert "I1" in found(town, "unit_slip")


def test_more_answers_than_households_are_named(town: OpenPlan) -> None:
    votes = [
        Edit("consent", "create", f"K{n}", {"building_id": "B1", "household": f"{n}", "answer": "agree"})
        for n in range(25)
    ]  # fmt: skip
    town.store.apply(votes, PLANNER)
    assert found(town, "votes") == {"B1"}  # 24 households


def test_dates_out_of_order_are_named(town: OpenPlan) -> None:
    change(town, "community_item", "I1", starts_on="2024-06-01", ends_on="2024-05-01")
    change(town, "programme_member", "M1", applied_on="2023-11-20", reviewed_on="2023-11-10")
    assert found(town, "item_dates") == {"I1"}
    assert found(town, "decision_order") == {"M1"}


def test_an_item_on_a_building_of_another_community_is_named_and_counted_where_it_lies(
    town: OpenPlan,
) -> None:
    before = {one["id"]: one["totals"]["cost_fen"] for one in communities(town)}
    change(town, "community_item", "I2", community_id="C2")  # its target B2 lies in C1
    assert found(town, "own_community") == {"I2"}
    assert {one["id"]: one["totals"]["cost_fen"] for one in communities(town)} == before


def communities(plan: OpenPlan):  # type: ignore[no-untyped-def]
    return [one for place in summary(plan)["townships"] for one in place["communities"]]  # type: ignore[attr-defined]


def test_a_source_above_its_ceiling_is_named(town: OpenPlan) -> None:
    values = {"programme_id": "P2024", "source": "housing", "ceiling_fen": 499_999}
    town.store.apply([Edit("funding_source", "create", "FS", values)], PLANNER)
    assert found(town, "ceiling") == {"FS"}


def test_a_community_in_two_townships_and_one_in_none_are_named_and_none_is_lost(
    town: OpenPlan,
) -> None:
    shapes: gpd.GeoDataFrame = town.frame("community")  # type: ignore[assignment]
    at = shapes.set_index("community_id").geometry["C1"]
    town.store.apply(
        [Edit("township", "create", "T9", {"name": "重叠镇", "geometry": shapely.buffer(at, 5.0)})], PLANNER
    )  # fmt: skip
    change(town, "community", "C2", township_id=None)
    failing = found(town, "one_township")
    assert "C1" in failing
    told = summary(town)
    assert told["unassigned"]["communities"][0]["id"] == "C2"  # type: ignore[index]
    parts = [place["totals"] for place in told["townships"]] + [told["unassigned"]["totals"]]  # type: ignore[attr-defined, index]
    assert sum(part["cost_fen"] for part in parts) == told["totals"]["cost_fen"]  # type: ignore[index]


def test_an_unknown_cost_is_counted_apart_and_never_as_nothing(town: OpenPlan) -> None:
    totals = summary(town)["totals"]
    assert totals["unknown"]["cost_fen"] == 1  # type: ignore[index]  # I4 has no quantity
    change(town, "community_item", "I2", unit_cost_fen=None)
    again = summary(town)["totals"]
    assert again["unknown"]["cost_fen"] == 2  # type: ignore[index]
    assert totals["cost_fen"] - again["cost_fen"] == 2_000_000  # type: ignore[index]
