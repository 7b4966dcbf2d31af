"""Imports are undone, runs kept, faults found, copies made, old plans brought up to date."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from app.errors import (
    InputFileError,
    NotAllowedError,
    NotFoundError,
    PlanError,
    UsageError,
    VersionClashError,
)
from app.schema import SCHEMA_VERSION, Actor
from app.schema.analysis import Raster
from app.store import Edit, ImportBatch, PlanStore, RunRecord
from tests.store.conftest import CRS, PLANNER, buildings, pipes

CASES = Path(__file__).parents[1] / "cases"


def planning_file(plan: PlanStore) -> Path:
    [path] = plan.folder.glob("planning-*.gpkg")
    return path


# --- undo of an import -----------------------------------------------------------------------------
def test_an_undone_import_takes_its_rows_and_restores_those_it_changed(town: PlanStore) -> None:
    before = {name: town.content_hash(name) for name in ("building", "pipe")}
    frames = {
        "building": buildings("B1", "B8", "B9", floors=[20, 1, 2]),
        "pipe": pipes(("P1", "water"), ("P8", "heat")),
    }
    batch = ImportBatch(batch_id="second", mode="upsert", file_sha256="ab" * 32)
    town.load(frames, batch=batch, actor=PLANNER)
    assert town.row("building", "B1")["floors"] == 20

    town.undo_import("second", PLANNER)

    assert {name: town.content_hash(name) for name in before} == before
    assert town.row("building", "B1")["version"] == 3
    assert town.row("import_batch", "second")["undone_at"] is not None
    assert [f for f in town.verify() if f.code != "dangling_reference"] == []
    with pytest.raises(UsageError):
        town.undo_import("second", PLANNER)


def test_an_import_whose_rows_were_edited_is_not_undone_and_says_which(town: PlanStore) -> None:
    town.apply([Edit("building", "update", "B1", {"floors": 7}, expected_version=1)], PLANNER)
    town.apply([Edit("building", "delete", "B3", expected_version=1)], PLANNER)

    with pytest.raises(VersionClashError) as refused:
        town.undo_import("first", PLANNER)

    assert set(refused.value.theirs or ()) == {"building B1", "building B3"}
    assert town.counts()["building"] == 2
    with pytest.raises(NotFoundError):
        town.undo_import("never", PLANNER)


def test_a_large_import_is_undone_with_its_r_tree(town: PlanStore) -> None:
    many = buildings(*[f"M{i}" for i in range(3_000)])
    town.load({"building": many}, batch=ImportBatch(batch_id="many"), actor=PLANNER)

    town.undo_import("many", PLANNER)

    assert town.counts()["building"] == 3
    assert not [f for f in town.verify() if f.code.startswith(("rtree", "extent"))]


def test_one_entry_tells_of_a_whole_batch(plan: PlanStore) -> None:
    batch = ImportBatch(file_name="楼栋.gpkg", file_sha256="cd" * 32, counts={"read": 3, "kept": 2})
    plan.load({"building": buildings("B1", "B2")}, batch=batch, actor=PLANNER)

    [change] = plan.changes()
    assert change.action == "import"
    assert change.after is not None
    assert change.after["file_sha256"] == "cd" * 32
    assert change.after["counts"] == {"read": 3, "kept": 2}
    assert change.after["rows"] == {"building": 2}


# --- runs ------------------------------------------------------------------------------------------
def totals(cost: int) -> pd.DataFrame:
    return pd.DataFrame({"scope_total_id": ["T1"], "programme_id": ["P"], "level": ["programme"]})


def conflicts(count: int) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "conflict_id": [f"C{i}" for i in range(count)],
            "a_layer": "pipe",
            "a_id": "P1",
            "check": "horizontal",
            "verdict": "conflict",
        },
        geometry=[shapely.Point(500_000 + i, 4_200_000) for i in range(count)],
        crs=CRS,
    )


GRID = Raster(np.array([[0.1, np.nan], [0.3, 0.4]], np.float32), 500_000, 4_200_002, 1.0)


def test_a_run_is_kept_whole_and_becomes_the_current_one(town: PlanStore) -> None:
    record = RunRecord("conflicts", {"reach_m": 3.0}, counts={"conflict": 2}, input_hash="q")
    run_id = town.save_run(
        record,
        {"conflict": conflicts(1)},
        {"conflict": conflicts(2)},
        {"depth": GRID},
        actor=PLANNER,
    )

    assert len(town.read("conflict")) == 2
    assert len(town.read_result("conflict", protected=False)) == 1
    current = town.current_run("conflicts")
    assert current is not None
    assert (current.run_id, current.counts, current.is_current) == (run_id, {"conflict": 2}, True)
    assert town.row("conflict", "C1")["verdict"] == "conflict"
    np.testing.assert_array_equal(town.read_raster(run_id, "depth").values, GRID.values)
    assert {f.code for f in town.verify()} == {"dangling_reference"}  # owners without a row


def test_a_later_run_replaces_the_pointer_and_not_the_folder(town: PlanStore) -> None:
    first = town.save_run(RunRecord("conflicts"), {"conflict": conflicts(3)}, {}, {}, actor=PLANNER)
    hashed = town.content_hash("conflict"), town.revision("conflict")
    town.save_run(RunRecord("conflicts"), {"conflict": conflicts(1)}, {}, {}, actor=PLANNER)

    assert len(town.read("conflict")) == 1
    assert [record.is_current for record in town.runs()] == [False, True]
    assert (town.folder / "runs" / first / "open.gpkg").is_file()
    assert (town.content_hash("conflict"), town.revision("conflict")) != hashed
    with pytest.raises(PlanError):
        town.save_run(RunRecord("x", run_id=first), {}, {}, {}, actor=PLANNER)


def test_a_scenario_has_runs_of_its_own(town: PlanStore) -> None:
    scenario = town.create_scenario("甲", PLANNER)
    record = RunRecord("conflicts", scenario=scenario)
    town.save_run(record, {"conflict": conflicts(2)}, {}, {}, actor=PLANNER)

    assert len(town.read("conflict")) == 0
    assert len(town.read("conflict", scenario=scenario)) == 2


def test_a_run_that_does_not_fit_leaves_nothing(town: PlanStore) -> None:
    bad = conflicts(1).to_crs(4326)
    with pytest.raises(Exception, match="EPSG"):
        town.save_run(RunRecord("conflicts"), {"conflict": bad}, {}, {}, actor=PLANNER)
    assert list((town.folder / "runs").iterdir()) == []
    assert town.runs() == []


# --- faults ----------------------------------------------------------------------------------------
def test_a_sound_plan_has_no_findings(town: PlanStore) -> None:
    organisations = pd.DataFrame({"organisation_id": ["water", "gas"], "name": ["供水", "燃气"]})
    town.load({"organisation": organisations}, batch=ImportBatch(), actor=PLANNER)
    assert town.verify() == []


def test_an_altered_record_is_found(town: PlanStore) -> None:
    town.apply([Edit("building", "update", "B1", {"floors": 7}, expected_version=1)], PLANNER)
    with sqlite3.connect(planning_file(town)) as connection:
        connection.execute("DROP TRIGGER change_is_never_updated")
        connection.execute("UPDATE change SET actor = '别人' WHERE seq = 2")

    codes = {(f.code, f.row) for f in town.verify()}

    assert ("chain_broken", "2") in codes


def test_a_missing_r_tree_is_found_and_made_again(town: PlanStore) -> None:
    path = planning_file(town)
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE rtree_building_geom")
    assert ("rtree_missing", "building") in {(f.code, f.layer) for f in town.verify()}

    with PlanStore.open(town.folder) as again:
        assert not [f for f in again.verify() if f.code.startswith("rtree")]
        assert len(again.read("building", bbox=(499_990, 4_199_990, 500_035, 4_200_020))) == 1


def test_an_r_tree_and_an_extent_that_lie_are_found_and_repaired(town: PlanStore) -> None:
    with sqlite3.connect(planning_file(town)) as connection:
        connection.execute("UPDATE rtree_building_geom SET maxx = minx WHERE id = 1")
        connection.execute("DELETE FROM rtree_building_geom WHERE id = 2")
        connection.execute("UPDATE gpkg_contents SET max_x = 1 WHERE table_name = 'building'")
    codes = {f.code for f in town.verify()}
    assert {"rtree_out_of_step", "extent_out_of_step"} <= codes

    assert not [f for f in town.repair() if f.code.startswith(("rtree", "extent"))]


def test_references_to_nothing_are_found(town: PlanStore) -> None:
    town.apply(
        [
            Edit("building", "update", "B1", {"community_id": "gone"}, expected_version=1),
            Edit("programme", "create", "P24", {"name": "2024"}),
            Edit(
                "programme_member", "create", "M1",
                {"programme_id": "P24", "target_layer": "building", "target_id": "B99"},
            ),
        ],
        PLANNER,
    )  # fmt: skip

    found = {(f.layer, f.row, f.column) for f in town.verify() if f.code == "dangling_reference"}

    assert ("building", "B1", "community_id") in found
    assert ("programme_member", "M1", "target_id") in found
    assert ("pipe", "P1", "owner_id") in found


def test_a_lost_file_is_found(town: PlanStore) -> None:
    kept = town.put_file("现场照片".encode())
    assert town.file_path(kept).read_bytes() == "现场照片".encode()
    values = {"target_layer": "building", "target_id": "B1", "file_sha256": kept}
    town.apply([Edit("attachment", "create", "A1", values)], PLANNER)
    assert not [f for f in town.verify() if f.code == "stored_file"]

    town.file_path(kept).write_bytes(b"other")
    assert [f.row for f in town.verify() if f.code == "stored_file"] == ["A1"]
    with pytest.raises(NotFoundError):
        town.file_path("../plan.json")


def test_a_lost_store_is_found(town: PlanStore) -> None:
    next((town.folder / "owners").glob("*.gpkg")).unlink()
    with PlanStore(type(town._files)(town.folder)) as again:
        assert "file_unreadable" in {f.code for f in again.verify()}


# --- copies ----------------------------------------------------------------------------------------
def test_a_backup_is_the_same_plan(town: PlanStore, tmp_path: Path) -> None:
    town.apply([Edit("building", "update", "B1", {"floors": 7}, expected_version=1)], PLANNER)
    town.save_run(RunRecord("conflicts"), {"conflict": conflicts(1)}, {}, {}, actor=PLANNER)

    copy = town.backup(tmp_path / "backup")

    with PlanStore.open(copy) as again:
        assert again.counts() == town.counts()
        assert again.content_hash("pipe") == town.content_hash("pipe")
        assert [c.hash for c in again.changes()] == [c.hash for c in town.changes()]
        assert len(again.read("conflict")) == 1
    with pytest.raises(PlanError):
        town.backup(copy)


def test_a_damaged_plan_gives_no_backup(town: PlanStore, tmp_path: Path) -> None:
    town.apply([Edit("building", "update", "B1", {"floors": 7}, expected_version=1)], PLANNER)
    with sqlite3.connect(planning_file(town)) as connection:
        connection.execute("DROP TRIGGER change_is_never_updated")
        connection.execute("UPDATE change SET note = 'x'")
    with pytest.raises(PlanError):
        town.backup(tmp_path / "backup")
    assert list(tmp_path.glob("*backup*")) == []


def test_the_one_file_is_a_read_only_plan_without_protected_layers(
    town: PlanStore, tmp_path: Path
) -> None:
    datasets = pd.DataFrame(
        {"dataset_id": ["d1", "d2"], "title": ["甲", "乙"], "secrecy": ["public", "sensitive"]}
    )
    town.load({"dataset": datasets}, batch=ImportBatch(), actor=PLANNER)
    town.save_run(
        RunRecord("conflicts"),
        {"conflict": conflicts(1)},
        {"conflict": conflicts(2)},
        {},
        actor=PLANNER,
    )

    public, full = tmp_path / "public.gpkg", tmp_path / "full.gpkg"
    assert town.export_gpkg(public, PLANNER) == "sensitive"
    town.export_gpkg(full, PLANNER, protected=True)

    with PlanStore.open(public) as handed:
        assert handed.is_read_only
        assert handed.meta == town.meta
        assert handed.counts()["building"] == 3
        assert handed.row("building", "B1")["floors"] == 6
        assert len(handed.read("pipe")) == 0
        assert len(handed.read("conflict")) == 1
        near = handed.read("building", bbox=(499_990, 4_199_990, 500_035, 4_200_020))
        assert list(near["building_id"]) == ["B1"]
        with pytest.raises(NotAllowedError):
            handed.apply([Edit("building", "delete", "B1", expected_version=1)], PLANNER)
        with pytest.raises(NotAllowedError):
            handed.load({"building": buildings("B9")}, batch=ImportBatch(), actor=PLANNER)
    with PlanStore.open(full) as handed:
        assert sorted(handed.read("pipe")["pipe_id"]) == ["P1", "P2", "P3"]
        assert len(handed.read("conflict")) == 2
    with sqlite3.connect(public) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        [(mark,)] = connection.execute(
            "SELECT description FROM gpkg_contents WHERE table_name = 'building'"
        )
        assert "密级：敏感" in mark
        assert connection.execute("SELECT count(*) FROM rule_scope_items").fetchone()[0] > 10
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        assert not [name for name in names if name.startswith("pipe")]
    assert not list(tmp_path.glob(".*part*"))


def test_a_file_of_another_kind_is_no_plan(tmp_path: Path) -> None:
    for name, content in (
        ("a.gpkg", b"PK\x03\x04"),
        ("b.gpkg", b""),
        ("c.gpkg", b"SQLite format 3\0"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputFileError):
            PlanStore.open(tmp_path / name)


# --- migration -------------------------------------------------------------------------------------
@pytest.fixture
def old_plan(tmp_path: Path) -> Path:
    folder = tmp_path / "old"
    folder.mkdir()
    shutil.copy(CASES / "plan-v0" / "plan.json", folder)
    connection = sqlite3.connect(folder / "planning-1.gpkg")
    connection.executescript((CASES / "plan-v0" / "planning-1.sql").read_text(encoding="utf-8"))
    connection.close()
    return folder


def test_a_plan_of_version_0_is_brought_up_to_date(old_plan: Path) -> None:
    with pytest.raises(PlanError) as too_old:
        PlanStore.open(old_plan)
    assert "升级" in too_old.value.message.zh

    assert PlanStore.migrate(old_plan, PLANNER) == 0

    with PlanStore.open(old_plan) as plan:
        communities = plan.read("community").set_index("community_id")
        assert list(communities["name"]) == ["朝阳小区", "金星花园"]
        assert communities.loc["N1", "year_built"] == 1986
        assert pd.isna(communities.loc["N2", "year_built"])
        building = plan.row("building", "B1")
        assert (building["community_id"], building["floors"], building["version"]) == ("N1", 6, 2)
        assert plan.row("building", "B3")["geometry"] is None
        assert plan.row("programme", "P2024")["budget_fen"] == 4_552_000_000
        # One step a version: the names and units of 0, then the tables that 1 did not have.
        assert [c.action for c in plan.changes()] == ["update", "migrate", "migrate"]
        assert plan.read("scheme").empty
        assert plan.read("as_built").empty
        assert plan.verify() == []
        plan.apply([Edit("building", "update", "B1", {"floors": 7}, expected_version=2)], PLANNER)
    assert PlanStore.migrate(old_plan, PLANNER) == SCHEMA_VERSION


def test_a_newer_plan_is_left_alone(town: PlanStore) -> None:
    path = town.folder / "plan.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["plan"]["schema_version"] = 99
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(PlanError) as newer:
        PlanStore.open(town.folder)
    assert "升级程序" in newer.value.fix.zh


def test_a_folder_on_a_network_drive_is_refused(
    town: PlanStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.store.disk.filesystem_of", lambda folder, mounts: "cifs")
    with pytest.raises(PlanError) as refused:
        PlanStore.open(town.folder)
    assert "网络驱动器" in refused.value.message.zh


def test_actors_of_changes_are_kept(town: PlanStore) -> None:
    who = Actor("李四", "供水公司", "utility", authenticated=True)
    town.apply([Edit("pipe", "update", "P1", {"nominal_mm": 200}, expected_version=1)], who)
    [change] = town.history("pipe", "P1")
    assert change.actor == who


def test_a_damaged_file_is_named_with_its_cure(town: PlanStore) -> None:
    town.close()
    [path] = town.folder.glob("planning-*.gpkg")
    path.write_bytes(b"not a database at all " * 400)
    with pytest.raises(PlanError) as damaged:
        PlanStore.open(town.folder)
    assert path.name in damaged.value.message.zh
    assert "备份" in damaged.value.fix.zh


def test_a_full_disk_saves_nothing_and_says_so(
    town: PlanStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file may not grow beyond what it is: SQLite answers as on a full disk."""
    with town._files.reader("planning") as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
    big = Edit("building", "update", "B1", {"name": "长" * 200_000}, expected_version=1)

    with pytest.raises(PlanError) as full:
        town.apply([big], PLANNER)

    assert "磁盘已满" in full.value.message.zh
    assert town.row("building", "B1")["version"] == 1
    monkeypatch.setattr(
        "app.store.disk.shutil.disk_usage", lambda _: type("Usage", (), {"free": 1})()
    )
    with pytest.raises(PlanError) as no_room:
        town.load({"building": buildings("B9")}, batch=ImportBatch(), actor=PLANNER)
    assert "空间不足" in no_room.value.message.zh
    assert town.counts()["building"] == 3
