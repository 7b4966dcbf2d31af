"""The totals tree on plans that are not like the usual one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from app.analysis.totals import Selection
from app.errors import NotFoundError, UsageError
from app.rules.cost import item_cost_fen
from app.services.plans import OpenPlan, Shelf
from app.services.search import search
from app.services.summary import summary
from app.store import Edit, ImportBatch, PlanMeta, PlanStore
from tests.town import CRS, PLANNER, build_town, frames


@pytest.fixture
def plan(tmp_path: Path) -> Iterator[OpenPlan]:
    with build_town(tmp_path / "plan") as store:
        yield OpenPlan(store)


def totals(plan: OpenPlan, **options: object) -> dict[str, object]:
    found = summary(plan, **options)["totals"]  # type: ignore[arg-type]
    assert isinstance(found, dict)
    return found


def test_an_empty_plan_amounts_to_nothing(tmp_path: Path) -> None:
    with PlanStore.create(tmp_path / "p", PlanMeta("empty", "空", CRS)) as store:
        empty = OpenPlan(store)
        found = summary(empty)
        assert found["programme"] is None
        assert found["townships"] == found["attention"] == []
        assert totals(empty)["buildings"] == 0
        assert search(empty, "朝阳") == []


def test_without_a_programme_every_building_counts_and_loose_ones_are_told_apart(
    tmp_path: Path,
) -> None:
    kept = ("township", "community", "building")
    with PlanStore.create(tmp_path / "p", PlanMeta("bare", "无计划", CRS)) as store:
        rows = {name: frame for name, frame in frames().items() if name in kept}
        store.load(rows, batch=ImportBatch(batch_id="one"), actor=PLANNER)
        found = summary(OpenPlan(store))
    assert found["programme"] is None
    assert found["totals"]["buildings"] == 6  # type: ignore[index]
    assert found["totals"]["communities"] == 3  # type: ignore[index]
    assert found["unassigned"]["totals"]["buildings"] == 1  # type: ignore[index]
    by_township = [item["totals"]["buildings"] for item in found["townships"]]  # type: ignore[attr-defined]
    assert sum(by_township) + 1 == 6


def test_townships_and_communities_add_up_to_the_whole(plan: OpenPlan) -> None:
    found = summary(plan)
    for key in ("buildings", "floor_area_m2", "households", "cost_fen"):
        whole = found["totals"][key]  # type: ignore[index]
        townships = found["townships"]
        assert isinstance(townships, list)
        assert sum(item["totals"][key] for item in townships) == whole
        communities = [c for item in townships for c in item["communities"]]
        assert sum(c["totals"][key] for c in communities) == whole


def test_a_member_that_names_a_building_that_is_gone_does_not_count(plan: OpenPlan) -> None:
    plan.store.apply([Edit("building", "delete", "B4", {}, 1)], PLANNER)
    assert totals(plan)["buildings"] == 2


def test_taking_a_building_back_out_of_the_programme_takes_it_out_of_the_totals(
    plan: OpenPlan,
) -> None:
    gone = Edit("programme_member", "update", "M3", {"state": "withdrawn"}, 1)
    plan.store.apply([gone], PLANNER)
    assert (totals(plan)["buildings"], totals(plan)["households"]) == (2, 36)


def test_a_filter_never_counts_more_than_the_whole(plan: OpenPlan) -> None:
    whole = totals(plan)["cost_fen"]
    for source in ("special_central", "housing"):
        part = totals(plan, selection=Selection(sources=(source,)))["cost_fen"]
        assert isinstance(part, int)
        assert isinstance(whole, int)
        assert part <= whole


def test_a_programme_that_does_not_exist_is_answered_with_those_that_do(plan: OpenPlan) -> None:
    with pytest.raises(NotFoundError) as told:
        summary(plan, programme="P1999")
    assert "P2024" in told.value.fix.zh


@pytest.mark.parametrize(
    ("quantity", "unit_cost_fen", "expected"),
    [
        (1.005, 100, 101),
        (2.5, 1, 3),
        (0.35, 10, 4),
        (1.15, 10, 12),
        (2.4, 1, 2),
        (8.345, 1000, 8345),
    ],
)
def test_works_are_rounded_half_up_on_the_figures_that_people_wrote(
    quantity: float, unit_cost_fen: int, expected: int
) -> None:
    item = pd.DataFrame(
        {
            "quantity": [quantity], "unit_cost_fen": [unit_cost_fen],
            "other_fees_fen": [0], "contingency_fen": [0],
        }
    )  # fmt: skip
    assert item_cost_fen(item).iloc[0] == expected


def test_an_unchanged_plan_is_answered_from_memory(plan: OpenPlan) -> None:
    summary(plan)
    began = time.process_time()
    summary(plan)
    assert time.process_time() - began < 0.1


def test_two_plans_of_one_id_cannot_be_served_side_by_side(tmp_path: Path) -> None:
    for name in ("one", "two"):
        build_town(tmp_path / name).close()
    with pytest.raises(UsageError):
        Shelf([tmp_path / "one", tmp_path / "two"]).plans()
