"""Versions of a community's scheme: fixed, adopted, compared, with a scenario as the alternative."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.errors import NotFoundError, UsageError
from app.schema import Actor
from app.services.plans import OpenPlan, open_plan
from app.services.schemes import NOW, adopt, compared, fix, versions
from app.store import Edit
from tests.town import build_town

PLANNER = Actor("张三", "住建局")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[OpenPlan]:
    build_town(tmp_path / "town").close()
    plan = open_plan(tmp_path / "town")
    yield plan
    plan.store.close()


def change(plan: OpenPlan, item: str, scenario: str = "", **values: object) -> None:
    version = plan.through(scenario).row("community_item", item)["version"]  # type: ignore[index]
    plan.store.apply([Edit("community_item", "update", item, values, version)], PLANNER, "", scenario or None)  # fmt: skip


def test_a_version_keeps_the_items_as_they_were(town: OpenPlan) -> None:
    first = fix(town, "C1", PLANNER, title="基础方案")
    change(town, "I1", quantity=20.0)
    second = fix(town, "C1", PLANNER)

    newest, oldest = versions(town, "C1", "zh")
    assert (newest["id"], newest["number"], oldest["number"]) == (second, 2, 1)
    # I1: 10 × 100.05 + 50 + 25 yuan, then 20 × 100.05 + 75; I5 is rejected.
    assert (oldest["items"], oldest["cost_fen"]) == (1, 107_550)
    assert newest["cost_fen"] == 207_600
    found = compared(town, "C1", first, second, "zh")
    [row] = found["rows"]  # type: ignore[misc]
    assert row["changed"] == ["cost_fen", "quantity"]  # type: ignore[index]
    assert compared(town, "C1", second, NOW, "zh")["rows"] == []
    assert compared(town, "C1", second, NOW, "zh")["same"] == 1


def test_items_cite_the_version_that_is_adopted_and_the_one_before_is_superseded(
    town: OpenPlan,
) -> None:
    first = fix(town, "C1", PLANNER)
    adopt(town, first, "2024-01-20", PLANNER)
    assert town.row("community_item", "I1")["scheme"] == "一区一策 v1"  # type: ignore[index]
    change(town, "I1", quantity=12.0)
    with pytest.raises(UsageError):
        adopt(town, first, "2024-02-01", PLANNER)  # the items are others now
    second = fix(town, "C1", PLANNER)
    adopt(town, second, "2024-02-01", PLANNER)

    assert [one["state"] for one in versions(town, "C1", "zh")] == ["adopted", "superseded"]
    assert town.row("community_item", "I5")["scheme"] is None  # type: ignore[index]


def test_a_scenario_is_compared_with_the_plan_before_it_becomes_a_version(town: OpenPlan) -> None:
    base = fix(town, "C1", PLANNER)
    scenario = town.store.create_scenario("多修管", PLANNER, "")
    change(town, "I1", scenario, quantity=30.0)

    found = compared(town.through(scenario), "C1", base, NOW, "zh")
    assert [row["changed"] for row in found["rows"]] == [["cost_fen", "quantity"]]  # type: ignore[attr-defined]
    assert found["right"]["cost_fen"] == 307_650  # type: ignore[index]
    assert compared(town, "C1", base, NOW, "zh")["rows"] == []


def test_an_empty_scheme_a_stranger_and_a_wrong_date_are_refused(town: OpenPlan) -> None:
    with pytest.raises(UsageError):
        fix(town, "C3", PLANNER)
    with pytest.raises(NotFoundError):
        compared(town, "C1", "SM-none", NOW, "zh")
    made = fix(town, "C1", PLANNER)
    with pytest.raises(UsageError):
        adopt(town, made, "一月", PLANNER)
