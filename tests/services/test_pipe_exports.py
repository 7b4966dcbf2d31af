"""A utility's file: its own pipes whole, of others what it may know, answers and secrecy in it."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pyogrio
import pytest

from app.cli.group import run
from app.errors import NotAllowedError, NotFoundError, UsageError
from app.schema import Actor
from app.services.exports import ExportRequest, exported_name, write_export
from app.services.plans import OpenPlan, open_plan
from app.services.replies import answer
from app.services.runs import run_analysis

PLANNER = Actor("规划员", "", "planner")
GAS = Actor("燃气工", "供气公司", "utility")


@pytest.fixture(scope="module")
def plan(demo_small_plan: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenPlan]:
    folder = Path(shutil.copytree(demo_small_plan, tmp_path_factory.mktemp("exports") / "plan"))
    opened = open_plan(folder)
    run_analysis(opened.store, "conflicts", {}, PLANNER)
    yield opened
    opened.store.close()


def exported(
    plan: OpenPlan, to: Path, actor: Actor, kind: str = "conflicts", **options: str
) -> Path:
    asked = ExportRequest(kind, actor, "zh", options | {"format": to.suffix[1:]})
    return write_export(plan, asked, to).path


def table(path: Path, sheet: str) -> list[dict[str, object]]:
    rows = [[cell.value for cell in row] for row in openpyxl.load_workbook(path)[sheet].rows]
    head = next(at for at, row in enumerate(rows) if row[0] == "编号")
    return [dict(zip(rows[head], row, strict=True)) for row in rows[head + 1 :] if row[0] != "合计"]


def test_a_utility_sees_its_conflicts_from_its_own_side(plan: OpenPlan, tmp_path: Path) -> None:
    rows = table(exported(plan, tmp_path / "gas.xlsx", GAS), "间距冲突")
    pipes = plan.table("pipe").set_index("pipe_id")["owner_id"]
    result = plan.table("conflict")
    mine = result[(result["a_owner_id"] == "ORG-GAS") | (result["b_owner_id"] == "ORG-GAS")]
    assert len(rows) == len(mine)
    assert {pipes[row["本方管线"]] for row in rows} == {"ORG-GAS"}


def test_no_id_of_another_partys_pipe_leaves_in_the_file(plan: OpenPlan, tmp_path: Path) -> None:
    pipes = plan.table("pipe")
    others = set(pipes.loc[pipes["owner_id"] != "ORG-GAS", "pipe_id"])
    book = openpyxl.load_workbook(exported(plan, tmp_path / "gas.xlsx", GAS))
    written = {str(c.value) for sheet in book for row in sheet.rows for c in row if c.value}
    assert not written & others
    assert not [text for text in written if any(part in others for part in text.split())]
    package = exported(plan, tmp_path / "gas.gpkg", GAS)
    content = package.read_bytes()
    assert not [name for name in others if name.encode() in content]


def test_the_geopackage_holds_own_pipes_whole_and_corridors_of_others(
    plan: OpenPlan, tmp_path: Path
) -> None:
    path = exported(plan, tmp_path / "gas.gpkg", GAS)
    layers = dict(pyogrio.list_layers(path))
    assert {"conflict", "pipe", "other_pipe", "trial_pit"} <= set(layers)
    own = pyogrio.read_dataframe(path, layer="pipe")
    pipes = plan.frame("pipe")
    assert set(own["pipe_id"]) == set(pipes.loc[pipes["owner_id"] == "ORG-GAS", "pipe_id"])
    others = pyogrio.read_dataframe(path, layer="other_pipe")
    assert set(others.geom_type) <= {"Polygon", "MultiPolygon"}
    assert others.area.max() <= 2 * 15 * 3 + 1
    with sqlite3.connect(path) as file:
        [(mark,)] = file.execute(
            "SELECT description FROM gpkg_contents WHERE table_name = 'conflict'"
        )
        assert "密级：敏感" in mark
    file.close()


def test_both_parties_call_a_conflict_and_each_others_pipes_by_the_same_reference(
    plan: OpenPlan, tmp_path: Path
) -> None:
    gas = table(exported(plan, tmp_path / "gas.xlsx", GAS), "间距冲突")
    drain = table(exported(plan, tmp_path / "drain.xlsx", PLANNER, owner="ORG-DRAIN"), "间距冲突")
    shared = {row["编号"]: row for row in gas if row["对方单位"] == "市政中心（排水）"}
    seen = {row["编号"]: row for row in drain}
    assert shared
    for name, row in shared.items():
        assert row["对方编号"] == seen[name]["本方对外编号"]
        assert row["本方对外编号"] == seen[name]["对方编号"]
        assert row["条款"] == seen[name]["条款"]
    corridors = pyogrio.read_dataframe(
        exported(plan, tmp_path / "gas.gpkg", GAS), layer="other_pipe"
    )
    assert set(corridors["reference"]) <= {row["对方编号"] for row in gas}


def test_the_answers_travel_with_the_conflict(plan: OpenPlan, tmp_path: Path) -> None:
    result = plan.table("conflict")
    row = result[(result["a_owner_id"] == "ORG-GAS") & (result["b_owner_id"] == "ORG-DRAIN")].iloc[
        0
    ]
    answer(plan, row["conflict_id"], "ORG-DRAIN", {"answer": "object"}, PLANNER)
    rows = table(exported(plan, tmp_path / "gas.xlsx", GAS), "间距冲突")
    assert "反对" in {told["对方答复"] for told in rows}
    rows = table(exported(plan, tmp_path / "drain.xlsx", PLANNER, owner="ORG-DRAIN"), "间距冲突")
    assert "反对" in {told["本方答复"] for told in rows}


def test_the_coordinator_gets_all_pairs_with_both_ids(plan: OpenPlan, tmp_path: Path) -> None:
    rows = table(exported(plan, tmp_path / "all.xlsx", PLANNER, verdict="conflict"), "间距冲突")
    wanted = plan.table("conflict").query("verdict == 'conflict'")
    assert {row["编号"] for row in rows} == set(wanted["conflict_id"])


def test_the_pits_of_an_owner_are_those_of_the_result(plan: OpenPlan, tmp_path: Path) -> None:
    rows = table(exported(plan, tmp_path / "p.xlsx", PLANNER, "pits", owner="供水公司"), "探坑")
    pits = plan.table("trial_pit")
    assert {row["编号"] for row in rows} == set(
        pits.loc[pits["owner_id"] == "ORG-WATER", "trial_pit_id"]
    )


def test_nobody_takes_the_file_of_another_party(plan: OpenPlan, tmp_path: Path) -> None:
    with pytest.raises(NotAllowedError):
        exported(plan, tmp_path / "x.xlsx", GAS, owner="ORG-WATER")
    with pytest.raises(NotAllowedError):
        exported(plan, tmp_path / "x.xlsx", Actor("某人", "", "utility"))
    with pytest.raises(NotFoundError):
        exported(plan, tmp_path / "x.xlsx", Actor("观众", "", "viewer"))
    with pytest.raises(UsageError):
        exported(plan, tmp_path / "x.xlsx", PLANNER, owner="无此单位")
    with pytest.raises(UsageError):
        exported(plan, tmp_path / "x.pdf", PLANNER)
    assert list(tmp_path.iterdir()) == []


def test_the_file_is_called_after_plan_kind_and_owner(plan: OpenPlan) -> None:
    asked = ExportRequest("conflicts", PLANNER, "zh", {"owner": "ORG-GAS", "format": "gpkg"})
    assert exported_name(plan, asked) == "demo-conflicts-ORG-GAS.gpkg"


def test_the_command_line_writes_the_same_file(
    plan: OpenPlan, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    to = tmp_path / "gas.gpkg"
    with pytest.raises(SystemExit) as left:
        run(["export", "conflicts", "--plan", str(plan.store.folder), "--owner", "供气公司",
             "--verdict", "conflict", "--out", str(to), "--json"])  # fmt: skip
    assert left.value.code in (0, None)
    told = json.loads(capsys.readouterr().out)
    assert told["secrecy"] == "sensitive"
    assert told["rows"]["conflict"] == len(pyogrio.read_dataframe(to, layer="conflict"))
