"""What is missing is found, sent out, filled in and taken back, with nothing saved unseen."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from app.errors import InputFileError, InvalidDataError, NotAllowedError, VersionClashError
from app.schema import Actor
from app.services.gap_return import GapReturn, read_gaps, save_gaps
from app.services.gaps import export_gaps
from app.services.plans import OpenPlan, open_plan
from app.services.readiness import assess
from app.services.readiness_page import readiness
from app.store import Edit
from tests.town import build_town

PLANNER = Actor("张三", "住建局")
CLERK = Actor("李四", "金星镇", "township")


@pytest.fixture
def demo(demo_small_plan: Path, tmp_path: Path) -> Iterator[OpenPlan]:
    shutil.copytree(demo_small_plan, tmp_path / "plan")
    plan = open_plan(tmp_path / "plan")
    yield plan
    plan.store.close()


@pytest.fixture
def town(tmp_path: Path) -> Iterator[OpenPlan]:
    build_town(tmp_path / "town").close()
    plan = open_plan(tmp_path / "town")
    yield plan
    plan.store.close()


def change(plan: OpenPlan, layer: str, row_id: str, **values: Any) -> None:
    version = plan.store.row(layer, row_id)["version"]  # type: ignore[index]
    plan.store.apply([Edit(layer, "update", row_id, values, version)], PLANNER)


def fill(path: Path, sheet: str, row_id: str, **cells: object) -> None:
    """Type values under headings, as somebody does in a spreadsheet."""
    book = openpyxl.load_workbook(path)
    page = book[sheet]
    headings = {cell.value: cell.column for cell in page[1]}
    [line] = [row[0].row for row in page.iter_rows(min_row=2) if row[0].value == row_id]
    for heading, value in cells.items():
        page.cell(line, headings[heading], value)
    book.save(path)


def accepted(found: GapReturn) -> list[dict[str, object]]:
    return [
        {"layer": row.layer.name, "id": row.row_id, "version": row.version,
         "values": {cell.column.name: cell.new for cell in row.cells}}
        for row in found.rows
    ]  # fmt: skip


def gaps_of(plan: OpenPlan, analysis: str, layer: str) -> dict[tuple[str, ...], set[str]]:
    return {
        tuple(need.column for need in gap.needs): set(gap.ids)
        for gap in assess(plan, PLANNER).gaps
        if (gap.analysis, gap.layer.name) == (analysis, layer)
    }


# --- what is missing ---------------------------------------------------------------------------------
def test_the_planted_gaps_of_the_demonstration_plan_are_found(
    demo: OpenPlan, demo_small_plan: Path
) -> None:
    with (demo_small_plan.parent / "planted.csv").open(encoding="utf-8-sig") as file:
        facts = list(csv.DictReader(file))

    def planted(kind: str, layer: str) -> set[str]:
        return {f["row_id"] for f in facts if (f["kind"], f["layer"]) == (kind, layer)}

    years = gaps_of(demo, "eligibility", "building")["year_built",]
    assert planted("year_unknown", "building") <= years
    homes = demo.frame("building").set_index("building_id")["community_id"]
    assert planted("year_unknown", "community") <= set(homes[list(years)])
    depths = gaps_of(demo, "conflicts", "pipe")["start_depth_m", "end_depth_m"]
    assert planted("missing_depth", "pipe") <= depths
    assert (
        planted("no_township", "community")
        == gaps_of(demo, "eligibility", "community")["township_id",]
    )


def test_gaps_say_how_many_households_each_would_unlock(town: OpenPlan) -> None:
    change(town, "building", "B2", year_built=None)
    found = {
        tuple(need.column for need in gap.needs): (gap.ids, gap.households)
        for gap in assess(town, PLANNER).gaps
        if gap.analysis in ("eligibility", "totals")
    }
    # B2 has 36 households, those of B4 are unknown; I4 lies in C2, whose only building is B4.
    assert found == {
        ("year_built",): (("B2", "B4"), 36),
        ("households",): (("B4",), 0),
        ("households", "floor_area_m2"): (("B6",), 0),
        ("quantity",): (("I4",), 0),
    }


def test_a_list_that_was_never_delivered_blocks_its_rule_and_says_how_to_go_on(
    town: OpenPlan,
) -> None:
    told: Any = readiness(town, PLANNER)
    absent = {i["layer"]: i["message"] for i in told["absent"] if i["analysis"] == "eligibility"}
    assert set(absent) == {"past_programme", "expropriation"}
    assert all("清单完整" in message for message in absent.values())
    assert {a["name"]: a["is_blocked"] for a in told["analyses"]}["eligibility"] is True


def test_a_community_says_for_each_analysis_what_can_be_answered(town: OpenPlan) -> None:
    told: Any = readiness(town, PLANNER, everywhere=True)
    lines = {line["id"]: line["cells"] for line in told["communities"]}
    assert lines["C1"]["eligibility"]["state"] == "ready"
    assert lines["C2"]["eligibility"] == {
        "state": "partly", "rows": 2, "ready": 1,
        "missing": [{
            "layer": "building", "column": "year_built", "rows": 1,
            "label": {"zh": "建成年代", "en": "year built"},
            "link": {"layer": "building", "filter": {"building_id": {"in": ["B4"]}}},
        }],
    }  # fmt: skip
    assert lines["C3"]["conflicts"]["state"] == "nothing"
    assert told["elsewhere"]["totals"] == 1


def test_a_township_sees_no_gaps_of_pipes_it_may_not_know_of(demo: OpenPlan) -> None:
    assert "pipe" in {gap.layer.name for gap in assess(demo, PLANNER).gaps}
    assert "pipe" not in {gap.layer.name for gap in assess(demo, CLERK).gaps}


# --- out and back in ---------------------------------------------------------------------------------
def test_a_filled_workbook_restores_the_plan_exactly_in_one_change_set(
    demo: OpenPlan, tmp_path: Path
) -> None:
    rows = demo.frame("building")
    known = rows[rows["year_built"].notna() & rows["community_id"].notna()].iloc[:5]
    before = demo.store.content_hash("building")
    for row in known.itertuples():
        change(demo, "building", row.building_id, year_built=None, floor_area_m2=None)
    file = tmp_path / "缺项.xlsx"
    export_gaps(demo, file, actor=PLANNER, everywhere=True)
    for row in known.itertuples():
        fill(file, "楼栋", row.building_id,
             **{"建成年代": int(row.year_built), "建筑面积（m²）": float(row.floor_area_m2)})  # fmt: skip
    found = read_gaps(demo, file, actor=PLANNER)
    assert found.faults == ()
    assert {row.row_id for row in found.rows} == set(known["building_id"])
    assert not any(row.clash for row in found.rows)
    assert demo.store.content_hash("building") != before, "reading saves nothing"
    applied = save_gaps(demo, accepted(found), CLERK, note="缺项.xlsx")
    assert demo.store.content_hash("building") == before
    assert len({item.change_set for item in applied}) == 1
    [*_, last] = demo.store.history("building", str(known["building_id"].iloc[0]))
    assert (last.actor.name, last.note) == ("李四", "缺项.xlsx")


def test_codes_money_and_names_come_back_as_the_plan_keeps_them(
    town: OpenPlan, tmp_path: Path
) -> None:
    change(town, "community_item", "I1", unit_cost_fen=None)
    change(town, "community", "C3", township_id=None)
    change(town, "building", "B5", community_id=None)
    file = tmp_path / "gaps.xlsx"
    export_gaps(town, file, actor=PLANNER, everywhere=True)
    fill(file, "改造项目", "I1", **{"单价（元）": 100.05})
    fill(file, "小区", "C3", **{"乡镇": "胜利镇"})
    fill(file, "楼栋", "B5", **{"小区（填报）": "胜利里"})
    save_gaps(town, accepted(read_gaps(town, file, actor=PLANNER)), PLANNER)
    assert town.store.row("community_item", "I1")["unit_cost_fen"] == 10_005  # type: ignore[index]
    assert town.store.row("community", "C3")["township_id"] == "T2"  # type: ignore[index]
    assert town.store.row("building", "B5")["community_id"] == "C3"  # type: ignore[index]


def test_pipes_of_several_owners_get_their_depths_and_a_drop_down_word(
    demo: OpenPlan, tmp_path: Path
) -> None:
    file = tmp_path / "gaps.xlsx"
    export_gaps(demo, file, actor=PLANNER, everywhere=True)
    pipe = min(gaps_of(demo, "conflicts", "pipe")["start_depth_m", "end_depth_m"])
    fill(file, "管线", pipe, **{"起点埋深（m）": 1.6, "终点埋深（m）": "1.7m"})
    [row] = read_gaps(demo, file, actor=PLANNER).rows
    assert [(cell.column.name, cell.old, cell.new) for cell in row.cells] == [
        ("start_depth_m", None, 1.6), ("end_depth_m", None, 1.7),
    ]  # fmt: skip
    save_gaps(demo, accepted(read_gaps(demo, file, actor=PLANNER)), PLANNER)
    assert demo.store.row("pipe", pipe)["end_depth_m"] == 1.7  # type: ignore[index]


def test_a_row_changed_since_is_shown_as_a_clash_with_who_and_both_values(
    town: OpenPlan, tmp_path: Path
) -> None:
    file = tmp_path / "gaps.xlsx"
    export_gaps(town, file, actor=PLANNER)
    fill(file, "楼栋", "B4", **{"建成年代": 1987, "户数（户）": 30})
    change(town, "building", "B4", year_built=1991)
    [row] = read_gaps(town, file, actor=CLERK).rows
    assert row.clash is True
    assert row.changed_by == PLANNER.stamp
    assert {cell.column.name: (cell.old, cell.new) for cell in row.cells} == {
        "year_built": (1991, 1987), "households": (None, 30),
    }  # fmt: skip
    told: Any = read_gaps(town, file, actor=CLERK).as_json(town, "zh")
    cells = {cell["column"]: cell for cell in told["rows"][0]["cells"]}
    assert (cells["households"]["old_shown"], cells["households"]["new_shown"]) == ("未知", "30")


def test_a_row_changed_between_showing_and_saving_is_refused_and_nothing_is_saved(
    town: OpenPlan, tmp_path: Path
) -> None:
    file = tmp_path / "gaps.xlsx"
    export_gaps(town, file, actor=PLANNER)
    fill(file, "楼栋", "B4", **{"建成年代": 1987})
    wishes = accepted(read_gaps(town, file, actor=PLANNER))
    change(town, "building", "B4", floors=7)
    with pytest.raises(VersionClashError):
        save_gaps(town, wishes, PLANNER)
    assert town.store.row("building", "B4")["year_built"] is None  # type: ignore[index]


def test_cells_that_cannot_be_used_are_all_listed_with_sheet_and_row(
    town: OpenPlan, tmp_path: Path
) -> None:
    file = tmp_path / "gaps.xlsx"
    export_gaps(town, file, actor=PLANNER)
    fill(file, "楼栋", "B4", **{"建成年代": "很早", "户数（户）": -3})
    found = read_gaps(town, file, actor=PLANNER)
    assert found.rows == ()
    assert sorted(fault.column for fault in found.faults) == ["households", "year_built"]
    assert all("《楼栋》第 2 行" in fault.message.zh for fault in found.faults)


def test_an_unknown_word_or_an_empty_cell_is_no_value(town: OpenPlan, tmp_path: Path) -> None:
    file = tmp_path / "gaps.xlsx"
    export_gaps(town, file, actor=PLANNER)
    fill(file, "楼栋", "B4", **{"建成年代": "未知"})
    found = read_gaps(town, file, actor=PLANNER)
    assert (found.rows, found.faults) == ((), ())


def test_a_workbook_of_another_plan_or_none_of_ours_is_refused(
    town: OpenPlan, tmp_path: Path
) -> None:
    build_town(tmp_path / "other", plan_id="other").close()
    other = open_plan(tmp_path / "other")
    file = tmp_path / "gaps.xlsx"
    export_gaps(other, file, actor=PLANNER)
    other.store.close()
    with pytest.raises(InputFileError, match="other"):
        read_gaps(town, file, actor=PLANNER)
    book = openpyxl.Workbook()
    book.active.append(["编号", "建成年代"])  # type: ignore[union-attr]
    book.save(tmp_path / "any.xlsx")
    with pytest.raises(InputFileError, match="no workbook of missing data"):
        read_gaps(town, tmp_path / "any.xlsx", actor=PLANNER)


def test_a_viewer_may_not_bring_one_back(town: OpenPlan, tmp_path: Path) -> None:
    file = tmp_path / "gaps.xlsx"
    export_gaps(town, file, actor=PLANNER)
    with pytest.raises(NotAllowedError):
        read_gaps(town, file, actor=Actor("王五", "", "viewer"))


@pytest.mark.parametrize(
    "values",
    [{"year_built": "1987"}, {"year_built": 12}, {"use": "castle"}, {"community_id": "C9"}],
)
def test_a_forged_wish_is_refused(town: OpenPlan, values: dict[str, object]) -> None:
    wish = {"layer": "building", "id": "B4", "version": 1, "values": values}
    with pytest.raises(InvalidDataError):
        save_gaps(town, [wish], PLANNER)


def test_a_text_that_looks_like_a_formula_is_written_as_text(
    town: OpenPlan, tmp_path: Path
) -> None:
    change(town, "community", "C2", name='=HYPERLINK("http://x.example")')
    file = tmp_path / "gaps.xlsx"
    export_gaps(town, file, actor=PLANNER)
    page = openpyxl.load_workbook(file)["楼栋"]
    assert page["B2"].data_type == "s"


def test_a_workbook_taken_back_into_a_scenario_leaves_the_plan_as_it_is(
    town: OpenPlan, tmp_path: Path
) -> None:
    scenario = town.store.create_scenario("补年代", PLANNER)
    file = tmp_path / "gaps.xlsx"
    export_gaps(town, file, actor=PLANNER)
    fill(file, "楼栋", "B4", **{"建成年代": 1987})
    view = town.through(scenario)
    save_gaps(view, accepted(read_gaps(view, file, actor=PLANNER)), PLANNER)
    assert view.row("building", "B4")["year_built"] == 1987  # type: ignore[index]
    assert town.row("building", "B4")["year_built"] is None  # type: ignore[index]
    assert ("year_built",) not in gaps_of(view, "eligibility", "building")
