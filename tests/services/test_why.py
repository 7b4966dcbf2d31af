"""Every figure opens: the rows behind it add up to it, and a verdict shows clause and evidence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.analysis.totals import Selection
from app.errors import NotFoundError, UsageError
from app.schema import Actor
from app.services.plans import OpenPlan, open_plan
from app.services.rule_overrides import override_figure
from app.services.runs import run_analysis
from app.services.summary import summary
from app.services.verdicts import verdicts
from app.services.why import FIGURES, Scope, why_total
from app.services.why_results import why_count, why_sum, why_verdict
from app.store import Edit
from app.store.rule_files import STANDARDS
from tests.town import build_town

PLANNER = Actor("张三", "住建局")
TOTALS = ("communities", "buildings", "floor_area_m2", "households", "cost_fen")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[OpenPlan]:
    build_town(tmp_path / "town").close()
    plan = open_plan(tmp_path / "town")
    yield plan
    plan.store.close()


def behind(plan: OpenPlan, figure: str, **scope: Any) -> Any:
    return why_total(plan, figure, Scope(**scope), language="zh")


@pytest.mark.parametrize("figure", list(FIGURES))
def test_rows_behind_a_total_add_up_to_what_the_panel_shows(town: OpenPlan, figure: str) -> None:
    live: Any = summary(town)

    def panel(place: Any) -> int:
        return place["totals"][figure] if figure in TOTALS else place["categories"][figure]

    assert (behind(town, figure)["value"] or 0) == panel(live)
    for township in live["townships"]:
        assert (behind(town, figure, township=township["id"])["value"] or 0) == panel(township)
        for community in township["communities"]:
            told = behind(town, figure, community=community["id"])
            assert (told["value"] or 0) == panel(community)
            assert sum(row["value"] or 0 for row in told["rows"]["shown"]) in (0, panel(community))


def test_a_filtered_total_opens_only_what_was_counted(town: OpenPlan) -> None:
    chosen = Selection(categories=("improved",))
    told = behind(town, "cost_fen", selection=chosen)
    assert [row["id"] for row in told["rows"]["shown"]] == ["I2"]
    assert told["value"] == 2_000_000
    assert "已筛选" in told["notes"][0]


def test_unknown_rows_come_first_and_are_counted_apart(town: OpenPlan) -> None:
    told = behind(town, "households", community="C2")
    assert (told["value"], told["known"], told["unknown"]) == (None, 0, 1)
    cost = behind(town, "cost_fen", community="C2")
    assert [(row["id"], row["unknown"]) for row in cost["rows"]["shown"]] == [
        ("I4", True), ("I3", False),
    ]  # fmt: skip
    assert "工程量 未知" in cost["rows"]["shown"][0]["how"]


def test_the_document_s_own_figure_stands_beside_the_sum(town: OpenPlan) -> None:
    assert behind(town, "buildings")["stated"]["difference"] == 0
    assert behind(town, "cost_fen")["stated"]["value"] == 3_000_000
    assert behind(town, "cost_fen", township="T1")["stated"] is None


@pytest.mark.parametrize(
    ("figure", "scope", "error"),
    [
        ("beauty", {}, UsageError),
        ("buildings", {"community": "C9"}, NotFoundError),
        ("buildings", {"township": "T9"}, NotFoundError),
        ("buildings", {"programme": "P1999"}, NotFoundError),
    ],
)
def test_what_does_not_exist_is_refused(
    town: OpenPlan, figure: str, scope: dict[str, str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        behind(town, figure, **scope)


def told_of(town: OpenPlan, layer: str, row_id: str) -> Any:
    return verdicts(town, layer, row_id, STANDARDS, language="zh")


def test_without_a_run_there_are_no_verdicts_and_the_state_says_so(town: OpenPlan) -> None:
    told = told_of(town, "community", "C1")
    assert (told["lines"], told["state"]["state"]) == ([], "never_run")


def test_a_community_shows_every_rule_then_the_overall_verdict(town: OpenPlan) -> None:
    run_analysis(town.store, "eligibility", {}, PLANNER)
    told = told_of(town, "community", "C2")
    assert [line["rule_id"] for line in told["lines"]] == ["E01", "E02", "E03", "E04", "overall"]
    year = told["lines"][0]
    assert (year["verdict"], year["verdict_label"]) == ("unknown", "未知")
    assert [field["column"] for field in year["missing"]] == ["year_built"]
    assert year["clause"]["confidence"] == "seen"
    assert year["evidence"][0]["id"] == "B4"
    assert "未知" in year["evidence"][0]["shown"]
    assert told["inside"] == [
        {"verdict": "unknown", "label": {"zh": "未知", "en": "unknown"}, "buildings": 1}
    ]


def test_a_verdict_opens_to_clause_evidence_run_and_what_changed_since(town: OpenPlan) -> None:
    run_analysis(town.store, "eligibility", {}, PLANNER)
    told: Any = why_verdict(town, "building", "B1", "E01", STANDARDS, language="zh")
    assert told["formula"] == "1985 年建成"
    assert told["clauses"][0]["clause"] == "三（一）1"
    assert told["evidence"][0]["shown"] == "1985"
    assert told["state"]["state"] == "current"
    version = town.store.row("building", "B1")["version"]  # type: ignore[index]
    town.store.apply([Edit("building", "update", "B1", {"year_built": 2003}, version)], PLANNER)
    told = why_verdict(town, "building", "B1", "E01", STANDARDS, language="zh")
    assert told["state"]["state"] == "stale"
    seen = next(one for one in told["inputs"] if one["layer"] == "building")
    assert seen["revision_now"] == seen["revision"] + 1


def test_a_clause_line_says_that_the_plan_changed_its_figure(town: OpenPlan) -> None:
    override_figure(
        town, STANDARDS, table="eligibility_rules", rule_id="E01", column="limit",
        value="2005-12-31", reason="自治区文件放宽", actor=PLANNER,
    )  # fmt: skip
    run_analysis(town.store, "eligibility", {}, PLANNER)
    line = told_of(town, "community", "C1")["lines"][0]
    [change] = line["clause"]["changes"]
    assert (change["old"], change["value"]) == ("2000-12-31", "2005-12-31")
    assert line["verdict"] == "pass"


def test_a_count_of_a_run_opens_the_rows_that_make_it_up(town: OpenPlan) -> None:
    from app.services.table import filtered

    with pytest.raises(NotFoundError):
        why_count(town, "eligibility", "building_pass", language="zh")
    counts = run_analysis(town.store, "eligibility", {}, PLANNER).record.counts
    for name, count in counts.items():
        told: Any = why_count(town, "eligibility", name, language="zh")
        link = told["rows"]["link"]
        assert told["value"] == count == len(filtered(town, link["layer"], link["filter"]))


def test_a_sum_under_a_table_counts_the_unknown_apart(town: OpenPlan) -> None:
    told: Any = why_sum(
        town, "building", "households", {"community_id": {"in": ["C1", "C2"]}}, language="zh"
    )
    assert (told["value"], told["known"], told["unknown"]) == (70, 3, 1)
    assert told["rows"]["shown"][0]["unknown"] is True
    with pytest.raises(UsageError):
        why_sum(town, "building", "use", {}, language="zh")
