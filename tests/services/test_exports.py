"""Files that leave a plan: equal totals, stamped, and nothing in them comes alive."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import openpyxl
import pytest

from app.errors import UsageError
from app.schema import Actor
from app.services.exports import ExportRequest, write_export
from app.services.plans import OpenPlan
from app.services.runs import run_analysis
from app.services.stamps import highest_secrecy
from app.store import Edit
from tests.town import COST_FEN, PLANNER, build_town


@pytest.fixture
def plan(tmp_path: Path) -> Iterator[OpenPlan]:
    with build_town(tmp_path / "plan") as store:
        yield OpenPlan(store)


def exported(plan: OpenPlan, to: Path, **options: str) -> Path:
    return write_export(plan, ExportRequest(to.suffix[1:], PLANNER, "zh", options), to).path


def cells(path: Path, sheet: str) -> list[list[object]]:
    return [[cell.value for cell in row] for row in openpyxl.load_workbook(path)[sheet].rows]


def test_the_workbook_begins_with_the_totals_of_the_map(plan: OpenPlan, tmp_path: Path) -> None:
    rows = cells(exported(plan, tmp_path / "a.xlsx"), "汇总 2024年计划")
    total = rows[-1]
    assert total[0] == "合计"
    assert total[3:7] == [2, 3, 4500.5, 60]
    assert total[7] == pytest.approx(sum(COST_FEN.values()) / 1_000_000)
    assert [row[1] for row in rows[-3:-1]] == ["朝阳小区", "金星花园"]


def test_the_workbook_follows_a_deleted_building(plan: OpenPlan, tmp_path: Path) -> None:
    plan.store.apply([Edit("building", "delete", "B1", {}, 1)], PLANNER)
    rows = cells(exported(plan, tmp_path / "a.xlsx"), "汇总 2024年计划")
    assert rows[-1][3:7] == [2, 2, 3500.0, 36]


def test_every_sheet_says_its_secrecy_and_whether_its_data_are_current(
    plan: OpenPlan, tmp_path: Path
) -> None:
    book = openpyxl.load_workbook(exported(plan, tmp_path / "a.xlsx"))
    for sheet in book:
        head = [row[0].value for row in sheet.iter_rows(max_row=4)]
        assert "密级：内部" in head
        assert "数据现行" in head


def made_stale(plan: OpenPlan) -> None:
    run_analysis(plan.store, "eligibility", {}, PLANNER)
    plan.store.apply([Edit("building", "update", "B1", {"year_built": 2004}, 1)], PLANNER)


def test_a_stale_result_says_in_every_sheet_which_layer_who_and_when(
    plan: OpenPlan, tmp_path: Path
) -> None:
    made_stale(plan)
    book = openpyxl.load_workbook(exported(plan, tmp_path / "a.xlsx"))
    for sheet in book:
        [said] = [
            row[0].value for row in sheet.iter_rows(max_row=4) if "待复核" in str(row[0].value)
        ]
        assert f"改造资格（“楼栋”已由 {PLANNER.stamp} 于 2" in said


def test_the_one_file_marks_its_stale_layers_and_tells_the_changed_rules(
    plan: OpenPlan, tmp_path: Path
) -> None:
    made_stale(plan)
    change = {"table": "eligibility_rules", "rule_id": "E01", "column": "limit",
              "value": "2005-12-31", "reason": "自治区文件放宽"}  # fmt: skip
    plan.store.apply([Edit("rule_override", "create", "X1", change, None)], PLANNER)
    with closing(sqlite3.connect(exported(plan, tmp_path / "a.gpkg"))) as file:
        told = dict(file.execute("SELECT table_name, description FROM gpkg_contents"))
        stamp = dict(file.execute("SELECT key, value FROM export_stamp"))
    assert "“楼栋”已由" in told["eligibility"]
    assert "待复核" not in told["building"]
    assert stamp["待复核"].startswith("改造资格（“楼栋”已由")
    assert "E01 界限 改为 2005-12-31（自治区文件放宽 · " in stamp["本方案调整的规则"]


def test_every_sheet_tells_the_figures_that_the_plan_changed(
    plan: OpenPlan, tmp_path: Path
) -> None:
    change = {"table": "clearance_horizontal", "rule_id": "H016", "column": "min_m",
              "value": "0.4", "reason": "套管保护"}  # fmt: skip
    plan.store.apply([Edit("rule_override", "create", "X1", change, None)], PLANNER)
    book = openpyxl.load_workbook(exported(plan, tmp_path / "a.xlsx"))
    for sheet in book:
        head = [str(row[0].value) for row in sheet.iter_rows(max_row=5)]
        assert any("H016 最小净距 改为 0.4 m（套管保护 · " in line for line in head)


def test_unknown_is_written_as_a_word_and_codes_as_labels(plan: OpenPlan, tmp_path: Path) -> None:
    rows = cells(exported(plan, tmp_path / "a.xlsx", layer="building"), "楼栋")
    [head] = [row for row in rows if row[0] == "编号"]
    by_id = {row[0]: dict(zip(head, row, strict=True)) for row in rows}
    assert by_id["B4"]["户数（户）"] == "未知"
    assert by_id["B1"]["用途"] == "住宅"
    assert by_id["B1"]["建成年代"] == "1985"


@pytest.mark.parametrize("name", ["=1+2", "+HYPERLINK(1)", "-2", "@SUM(A1)", "http://evil.example"])
def test_a_name_that_looks_like_a_formula_stays_a_name(
    plan: OpenPlan, tmp_path: Path, name: str
) -> None:
    plan.store.apply([Edit("community", "update", "C1", {"name": name}, 1)], PLANNER)
    book = openpyxl.load_workbook(exported(plan, tmp_path / "a.xlsx", layer="community"))
    [cell] = [cell for row in book["小区"].rows for cell in row if cell.value == name]
    assert cell.data_type == "s"
    assert cell.hyperlink is None


def test_a_filter_exports_exactly_the_rows_seen(plan: OpenPlan, tmp_path: Path) -> None:
    filters = json.dumps({"year_built": {"max": 1990}})
    path = exported(plan, tmp_path / "a.geojson", layer="building", filter=filters)
    found = json.loads(path.read_text("utf-8"))
    assert [feature["id"] for feature in found["features"]] == ["B1", "B5", "B6"]
    assert found["jiugai"]["secrecy"] == "public"


def test_the_one_file_opens_as_a_plan_with_the_same_totals(plan: OpenPlan, tmp_path: Path) -> None:
    from app.services.plans import open_plan
    from app.services.summary import summary

    handed = open_plan(exported(plan, tmp_path / "a.gpkg"))
    assert summary(handed)["totals"] == summary(plan)["totals"]
    handed.store.close()


def test_secrecy_is_that_of_the_most_secret_dataset_and_internal_where_nobody_said(
    plan: OpenPlan,
) -> None:
    assert highest_secrecy(plan, ["building"]) == "public"
    assert highest_secrecy(plan, ["building", "community"]) == "internal"
    assert highest_secrecy(plan, ["road"]) == "internal"


def test_an_unknown_kind_or_layer_writes_nothing(plan: OpenPlan, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        exported(plan, tmp_path / "a.dwg")
    with pytest.raises(UsageError):
        exported(plan, tmp_path / "a.geojson")
    assert not list(tmp_path.glob("*a.*"))


def test_who_may_not_see_pipes_gets_the_same_answer_as_for_no_such_layer(
    plan: OpenPlan, tmp_path: Path
) -> None:
    from app.errors import NotFoundError

    viewer = Actor("王五", "街道", "viewer")
    for layer in ("pipe", "pipa"):
        request = ExportRequest("xlsx", viewer, "zh", {"layer": layer})
        with pytest.raises(NotFoundError):
            write_export(plan, request, tmp_path / "a.xlsx")
