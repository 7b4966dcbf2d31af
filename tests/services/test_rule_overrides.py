"""A figure that a plan changes: checked, shown with who and why, felt by results, taken back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import app
from app.errors import InvalidDataError, NotAllowedError, NotFoundError
from app.rules.book import CLEARANCE_TABLES
from app.schema import Actor
from app.services.plans import OpenPlan, open_plan
from app.services.rule_overrides import adjusted, override_figure, withdraw
from app.services.rules import rules
from app.services.runs import run_analysis
from app.services.staleness import result_states
from app.store.rule_files import STANDARDS
from tests.town import build_town

PLANNER = Actor("张三", "住建局")
E01 = {"table": "eligibility_rules", "rule_id": "E01", "column": "limit"}


@pytest.fixture
def town(tmp_path: Path) -> Iterator[OpenPlan]:
    build_town(tmp_path / "town").close()
    plan = open_plan(tmp_path / "town")
    yield plan
    plan.store.close()


def adjust(plan: OpenPlan, value: str, **more: Any) -> None:
    given = {**E01, "value": value, "reason": "自治区文件放宽", "actor": PLANNER, **more}
    override_figure(plan, STANDARDS, **given)


def state_of(plan: OpenPlan) -> Any:
    return next(s for s in result_states(plan.store) if s.analysis == "eligibility")


def verdict_of_b3(plan: OpenPlan) -> str:
    rows = plan.frame("eligibility")
    [verdict] = rows.loc[rows["eligibility_id"] == "E01-building-B3", "verdict"]
    return str(verdict)


def test_a_changed_figure_is_told_with_the_old_one_the_reason_who_and_when(
    town: OpenPlan,
) -> None:
    adjust(town, "2005-12-31")
    [told] = adjusted(town, STANDARDS)
    assert (told.old, told.value, told.reason) == ("2000-12-31", "2005-12-31", "自治区文件放宽")
    assert told.author == PLANNER.stamp
    assert len(told.date) == 10
    listed: Any = rules(town, STANDARDS, language="zh")["rules"]
    row = next(one for one in listed if one["rule_id"] == "E01")
    assert row["figure"] == "2005-12-31"
    assert row["changes"][0]["old"] == row["figures"][0]["shipped"] == "2000-12-31"


def test_results_turn_stale_by_it_and_the_rerun_judges_by_it(town: OpenPlan) -> None:
    run_analysis(town.store, "eligibility", {}, PLANNER)
    assert (state_of(town).state, verdict_of_b3(town)) == ("current", "outside_priority")
    adjust(town, "2005-12-31")
    assert state_of(town).state == "stale"
    assert "入选条件" in state_of(town).reason.zh
    assert "E01" in state_of(town).reason.zh
    assert "张三" in state_of(town).reason.zh
    assert f"by {PLANNER.name}@{PLANNER.organisation} (not verified) at" in state_of(town).reason.en
    run_analysis(town.store, "eligibility", {}, PLANNER)
    assert (state_of(town).state, verdict_of_b3(town)) == ("current", "pass")


def test_only_a_figure_of_its_own_rules_is_the_reason(town: OpenPlan) -> None:
    run_analysis(town.store, "eligibility", {}, PLANNER)
    adjust(town, "2005-12-31")
    other = {"table": "facilities", "rule_id": "F01", "column": "service_radius_m"}
    adjust(town, "800", **other)
    assert "E01" in state_of(town).reason.zh
    assert "F01" not in state_of(town).reason.zh


def test_the_page_knows_the_tables_that_stand_together_as_clearance() -> None:
    script = (
        Path(app.__file__)
        .with_name("web")
        .joinpath("static/js/model/rule-tables.js")
        .read_text("utf-8")
    )
    assert [name for name in CLEARANCE_TABLES if f"'{name}'" not in script] == []


def test_withdrawing_walks_back_change_by_change(town: OpenPlan) -> None:
    run_analysis(town.store, "eligibility", {}, PLANNER)
    adjust(town, "2005-12-31")
    adjust(town, "2003-12-31")
    [told] = adjusted(town, STANDARDS)
    withdraw(town, told.override_id, PLANNER)
    assert [one.value for one in adjusted(town, STANDARDS)] == ["2005-12-31"]
    withdraw(town, told.override_id, PLANNER)
    assert adjusted(town, STANDARDS) == []
    assert state_of(town).state == "current"
    with pytest.raises(NotFoundError):
        withdraw(town, told.override_id, PLANNER)
    adjust(town, "2004-12-31")
    assert [one.value for one in adjusted(town, STANDARDS)] == ["2004-12-31"]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"value": "soon"}, "日期"),
        ({"value": "2000-12-31"}, "原值"),
        ({"reason": "  "}, "理由"),
        ({"column": "standard"}, "没有"),
        ({"column": "plan_zh"}, "没有"),
        ({"rule_id": "E99"}, "没有"),
        ({"table": "nothing"}, "没有"),
        ({"table": "clearance_horizontal", "rule_id": "H016", "column": "min_m", "value": "near"}, "数字"),
        ({"table": "cost_rates", "rule_id": "contingency", "column": "rate", "value": "5"}, "rate"),
    ],
)  # fmt: skip
def test_what_no_table_could_take_is_refused_and_nothing_is_kept(
    town: OpenPlan, more: dict[str, str], told: str
) -> None:
    with pytest.raises(InvalidDataError) as refused:
        adjust(town, more.pop("value", "2005-12-31"), **more)
    assert told in refused.value.message.zh
    assert adjusted(town, STANDARDS) == []


@pytest.mark.parametrize("role", ["viewer", "township", "utility", "coordinator", "public"])
def test_only_planners_change_figures(town: OpenPlan, role: Any) -> None:
    with pytest.raises(NotAllowedError):
        adjust(town, "2005-12-31", actor=Actor("王五", "", role))
