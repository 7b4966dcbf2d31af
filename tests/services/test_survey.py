"""The survey of communities: what is missing, what differs from the map, and the workbook's way back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from app.errors import UsageError
from app.schema import Actor
from app.services.gap_return import read_gaps, save_gaps
from app.services.plans import OpenPlan, open_plan
from app.services.survey import FIELDS, export_survey, survey
from app.store import Edit
from tests.town import build_town

PLANNER = Actor("张三", "住建局")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[OpenPlan]:
    build_town(tmp_path / "town").close()
    plan = open_plan(tmp_path / "town")
    yield plan
    plan.store.close()


def write(plan: OpenPlan, community: str, **values: object) -> None:
    version = plan.store.row("community", community)["version"]  # type: ignore[index]
    plan.store.apply([Edit("community", "update", community, values, version)], PLANNER)


def told(plan: OpenPlan):  # type: ignore[no-untyped-def]
    return survey(plan, plan.table("community").sort_values("community_id"), "zh")


def test_a_township_counts_the_cells_that_are_filled_of_five_a_community(town: OpenPlan) -> None:
    first = next(row for row in told(town)["townships"] if row["id"] == "T1")

    # 朝阳小区 has its year, 金星花园 has nothing: 1 of 10 cells.
    assert (first["communities"], first["complete"]) == (2, 0)
    assert first["filled"]["year_built"] == 1
    assert first["share"] == pytest.approx(0.1)


def test_blank_works_wanted_is_not_an_answer(town: OpenPlan) -> None:
    write(town, "C1", buildings_surveyed=3, floor_area_m2=3500.5, households=70, works_wanted="  ")
    row = next(row for row in told(town)["communities"] if row["id"] == "C1")

    assert row["missing"] == ["works_wanted"]
    assert row["differs"] == []


def test_survey_and_map_that_disagree_are_named_and_an_unknown_is_no_difference(
    town: OpenPlan,
) -> None:
    write(town, "C1", buildings_surveyed=4, households=71)
    write(town, "C2", buildings_surveyed=1, households=99)
    rows = {row["id"]: row for row in told(town)["communities"]}

    assert rows["C1"]["differs"] == ["buildings_surveyed", "households"]
    assert rows["C1"]["drawn"]["households"] == 70
    assert rows["C2"]["drawn"]["households"] is None  # its one building has no households
    assert rows["C2"]["differs"] == []


def test_the_form_goes_out_is_filled_in_and_nothing_is_saved_unseen(
    town: OpenPlan, tmp_path: Path
) -> None:
    path = tmp_path / "survey.xlsx"
    made = export_survey(town, path, actor=PLANNER, everywhere=True)
    assert made.rows == {"community": 3}
    book = openpyxl.load_workbook(path)
    page = book["小区"]
    heads = {cell.value: cell.column for cell in page[1]}
    line = next(row[0].row for row in page.iter_rows(min_row=2) if row[0].value == "C3")
    for head, value in (
        ("摸底楼栋数（栋）", 1),
        ("摸底户数（户）", 18),
        ("需改造内容", "屋面漏水"),
    ):
        page.cell(line, heads[head], value)
    book.save(path)
    found = read_gaps(town, path, actor=PLANNER)

    [row] = found.rows
    assert {cell.column.name: cell.new for cell in row.cells} == {
        "buildings_surveyed": 1, "households": 18, "works_wanted": "屋面漏水",
    }  # fmt: skip
    assert town.row("community", "C3")["works_wanted"] is None  # type: ignore[index]
    values = {cell.column.name: cell.new for cell in row.cells}
    save_gaps(town, [{"layer": "community", "id": "C3", "version": row.version, "values": values}], PLANNER)  # fmt: skip
    kept = next(one for one in told(town)["communities"] if one["id"] == "C3")
    assert kept["missing"] == ["floor_area_m2"]
    assert set(FIELDS) >= {*values}


def test_a_place_without_communities_has_no_form(town: OpenPlan, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        export_survey(town, tmp_path / "x.xlsx", actor=PLANNER, township="T2")
