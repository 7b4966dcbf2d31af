"""The totals of map, command line and workbook against plain SQL on the plan's own file."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import openpyxl
import pytest

from app.cli.group import run
from app.services.exports import ExportRequest, write_export
from app.services.plans import Shelf, open_plan
from app.settings import Settings
from app.store import Edit, PlanStore
from app.web.factory import create_app
from tests.town import PLANNER, build_town

IN_PROGRAMME = """
  FROM building WHERE building_id IN (
    SELECT target_id FROM programme_member WHERE programme_id = 'P2024'
    AND target_layer = 'building' AND coalesce(state, '') <> 'withdrawn')
"""
COST = """
  SELECT sum(CAST(floor(quantity * unit_cost_fen + 0.5) AS INTEGER)
             + other_fees_fen + contingency_fen)
  FROM community_item WHERE programme_id = 'P2024' AND coalesce(decision, '') <> 'rejected'
"""
Figures = tuple[int, float, int, int]


def by_sql(plan: PlanStore) -> Figures:
    [path] = plan.folder.glob("planning-*.gpkg")
    connection = sqlite3.connect(path)
    connection.create_function("floor", 1, lambda v: None if v is None else float(v // 1))
    sums = f"SELECT count(*), sum(floor_area_m2), sum(households) {IN_PROGRAMME}"
    buildings, area, households = connection.execute(sums).fetchone()
    [cost] = connection.execute(COST).fetchone()
    connection.close()
    return buildings, area, households, cost


def by_web(plan: PlanStore, config: Path) -> Figures:
    shelf = Shelf([plan.folder])
    browser = create_app(Settings(config_dir=config), shelf).test_client()
    totals = browser.get("/p/town/api/summary").get_json()["totals"]
    shelf.close()
    return tuple(totals[name] for name in ("buildings", "floor_area_m2", "households", "cost_fen"))  # type: ignore[return-value]


def by_cli(plan: PlanStore, capsys: pytest.CaptureFixture[str]) -> Figures:
    with pytest.raises(SystemExit):
        run(["info", str(plan.folder), "--json"])
    [programme] = json.loads(capsys.readouterr().out)["programmes"]
    return tuple(
        programme[name] for name in ("buildings", "floor_area_m2", "households", "budget_fen")
    )  # type: ignore[return-value]


def by_workbook(plan: PlanStore, folder: Path) -> Figures:
    opened = open_plan(plan.folder)
    write_export(opened, ExportRequest("xlsx", PLANNER), folder / "a.xlsx")
    opened.store.close()
    last = [c.value for c in list(openpyxl.load_workbook(folder / "a.xlsx").worksheets[0].rows)[-1]]
    return last[4], last[5], last[6], round(last[7] * 1_000_000)  # type: ignore[return-value]


def test_all_faces_agree_with_sql_before_and_after_a_building_is_deleted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with build_town(tmp_path / "plan") as plan:
        before = by_sql(plan)
        assert before == (3, 4500.5, 60, 2_107_558)
        assert by_web(plan, tmp_path) == by_cli(plan, capsys) == before
        assert by_workbook(plan, tmp_path) == before

        plan.apply([Edit("building", "delete", "B1", {}, 1)], PLANNER)

        after = by_sql(plan)
        assert after[:3] == (2, 3500.0, 36)
        assert by_web(plan, tmp_path) == by_cli(plan, capsys) == after
        assert by_workbook(plan, tmp_path) == after
