"""Edits are checked, recorded, undone and never lost."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import shapely

from app.errors import InvalidDataError, NotFoundError, PlanError, UsageError, VersionClashError
from app.schema import Actor
from app.store import Edit, ImportBatch, PlanStore
from tests.store.conftest import PLANNER, buildings, pipes

OTHER = Actor("李四", "供水公司", "utility")


def set_floors(plan: PlanStore, row_id: str, floors: int | None, version: int) -> str:
    edit = Edit("building", "update", row_id, {"floors": floors}, expected_version=version)
    [applied] = plan.apply([edit], PLANNER)
    return applied.change_id


def test_an_edit_raises_version_and_revision_and_leaves_a_record(town: PlanStore) -> None:
    revision = town.revision("building")

    [applied] = town.apply(
        [Edit("building", "update", "B1", {"floors": 7, "year_built": 1985}, expected_version=1)],
        PLANNER,
        note="现场核实",
    )

    row = town.row("building", "B1")
    assert (row["floors"], row["year_built"], row["version"]) == (7, 1985, 2)
    assert row["updated_by"] == "张三@住建局（未认证）"
    assert (applied.version, applied.revision) == (2, revision + 1)
    [change] = town.history("building", "B1")
    assert change.before == {"floors": 6, "year_built": None}
    assert change.after == {"floors": 7, "year_built": 1985}
    assert (change.actor, change.note, change.action) == (PLANNER, "现场核实", "update")


def test_a_stale_edit_is_refused_with_both_versions(town: PlanStore) -> None:
    set_floors(town, "B1", 7, 1)

    with pytest.raises(VersionClashError) as clash:
        set_floors(town, "B1", 8, 1)

    assert clash.value.mine == {"floors": 8}
    assert clash.value.theirs is not None
    assert (clash.value.theirs["floors"], clash.value.theirs["version"]) == (7, 2)


def test_an_edit_must_say_what_it_was_made_from(town: PlanStore) -> None:
    with pytest.raises(UsageError):
        town.apply([Edit("building", "update", "B1", {"floors": 7})], PLANNER)
    with pytest.raises(NotFoundError):
        town.apply([Edit("building", "delete", "B77", expected_version=1)], PLANNER)


def test_edits_of_one_call_all_happen_or_none(town: PlanStore) -> None:
    good = Edit("building", "update", "B1", {"floors": 9}, expected_version=1)
    bad = Edit("building", "update", "B2", {"floors": "many"}, expected_version=1)
    with pytest.raises(InvalidDataError):
        town.apply([good, bad], PLANNER)

    assert town.row("building", "B1")["floors"] == 6
    assert town.history("building", "B1") == []


def test_a_new_row_is_found_by_place_and_a_deleted_one_is_not(town: PlanStore) -> None:
    far = shapely.box(510_000, 4_210_000, 510_010, 4_210_010)
    place = (509_999.0, 4_209_999.0, 510_011.0, 4_210_011.0)
    town.apply([Edit("building", "create", "B9", {"geometry": far, "floors": 3})], PLANNER)
    assert list(town.read("building", bbox=place)["building_id"]) == ["B9"]

    moved = shapely.box(520_000, 4_210_000, 520_010, 4_210_010)
    town.apply([Edit("building", "update", "B9", {"geometry": moved}, expected_version=1)], PLANNER)
    assert len(town.read("building", bbox=place)) == 0
    assert extent(town)[2] == pytest.approx(520_010)

    town.apply([Edit("building", "delete", "B9", expected_version=2)], PLANNER)
    assert town.row("building", "B9") is None
    assert extent(town)[2] == pytest.approx(500_110)


def extent(plan: PlanStore) -> tuple[float, ...]:
    [path] = plan.folder.glob("planning-*.gpkg")
    with sqlite3.connect(path) as connection:
        return connection.execute(
            "SELECT min_x, min_y, max_x, max_y FROM gpkg_contents WHERE table_name = 'building'"
        ).fetchone()


def test_undo_and_redo_walk_back_and_forth(town: PlanStore) -> None:
    before = town.content_hash("building")
    first = set_floors(town, "B1", 7, 1)
    second = set_floors(town, "B1", 8, 2)

    [undone_second] = town.undo([second], PLANNER)
    assert town.row("building", "B1")["floors"] == 7
    [undone_first] = town.undo([first], PLANNER)
    assert town.row("building", "B1")["floors"] == 6
    assert town.content_hash("building") == before

    town.undo([undone_first.change_id], PLANNER)
    assert town.row("building", "B1")["floors"] == 7
    town.undo([undone_second.change_id], PLANNER)
    assert town.row("building", "B1")["floors"] == 8
    assert town.row("building", "B1")["version"] == 7


def test_undo_is_refused_where_somebody_changed_the_row_since(town: PlanStore) -> None:
    mine = set_floors(town, "B1", 7, 1)
    town.apply([Edit("building", "update", "B1", {"number": "甲"}, expected_version=2)], OTHER)

    with pytest.raises(VersionClashError):
        town.undo([mine], PLANNER)

    assert town.row("building", "B1")["floors"] == 7


def test_a_deleted_row_comes_back_whole(town: PlanStore) -> None:
    whole = town.row("building", "B1")
    [gone] = town.apply([Edit("building", "delete", "B1", expected_version=1)], PLANNER)

    town.undo([gone.change_id], PLANNER)

    back = town.row("building", "B1")
    assert back["version"] == 3
    for name in ("version", "updated_at", "updated_by"):
        whole.pop(name), back.pop(name)
    assert back == whole


def test_a_row_can_be_brought_back_to_any_point_of_its_history(town: PlanStore) -> None:
    wanted = set_floors(town, "B1", 7, 1)
    set_floors(town, "B1", 8, 2)
    town.apply([Edit("building", "delete", "B1", expected_version=3)], PLANNER)

    town.restore("building", "B1", wanted, PLANNER)

    assert town.row("building", "B1")["floors"] == 7
    assert [c.action for c in town.history("building", "B1")] == [
        "update",
        "update",
        "delete",
        "create",
    ]


def test_an_editor_of_a_vanished_row_cannot_overwrite_its_successor(town: PlanStore) -> None:
    town.apply([Edit("building", "delete", "B1", expected_version=1)], PLANNER)
    town.apply([Edit("building", "create", "B1", {"floors": 30})], OTHER)

    with pytest.raises(VersionClashError):
        set_floors(town, "B1", 7, 1)


def test_a_pipe_that_changes_hands_moves_to_its_new_owners_file(town: PlanStore) -> None:
    town.apply([Edit("pipe", "update", "P1", {"owner_id": "heat"}, expected_version=1)], PLANNER)

    row = town.row("pipe", "P1")
    assert (row["owner_id"], row["version"], row["geometry"].has_z) == ("heat", 2, True)
    assert sorted(town.read("pipe")["pipe_id"]) == ["P1", "P2", "P3"]
    assert len(list((town.folder / "owners").glob("*.gpkg"))) == 4
    assert [c.action for c in town.history("pipe", "P1")] == ["move_out", "move_in"]


def test_a_pipe_id_is_unique_over_all_owners(town: PlanStore) -> None:
    with pytest.raises(InvalidDataError):
        town.apply([Edit("pipe", "create", "P2", {"owner_id": "water"})], PLANNER)


def test_content_hash_knows_content_and_not_order(tmp_path: Path, plan: PlanStore) -> None:
    forward, backward = buildings("B1", "B2"), buildings("B1", "B2").iloc[::-1]
    other = PlanStore.create(tmp_path / "other", plan.meta)
    empty = plan.content_hash("building")
    plan.load({"building": forward}, batch=ImportBatch(), actor=PLANNER)
    other.load({"building": backward}, batch=ImportBatch(), actor=OTHER)

    assert plan.content_hash("building") == other.content_hash("building") != empty
    set_floors(plan, "B1", 7, 1)
    assert plan.content_hash("building") != other.content_hash("building")
    set_floors(other, "B1", 7, 1)
    assert plan.content_hash("building") == other.content_hash("building")
    other.close()


def test_the_hash_kept_by_edits_is_the_hash_of_the_rows(town: PlanStore) -> None:
    town.content_hash("building")
    set_floors(town, "B2", 9, 1)
    town.apply([Edit("building", "delete", "B3", expected_version=1)], PLANNER)
    kept = town.content_hash("building")

    [path] = town.folder.glob("planning-*.gpkg")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE layer_revision SET content_hash = NULL")

    assert town.content_hash("building") == kept


def test_the_record_cannot_be_rewritten(town: PlanStore) -> None:
    set_floors(town, "B1", 7, 1)
    [path] = town.folder.glob("planning-*.gpkg")
    with sqlite3.connect(path) as connection:
        for statement in ("UPDATE change SET actor = 'x'", "DELETE FROM change"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(statement)


def test_an_open_plan_follows_the_generation_that_another_one_loads(town: PlanStore) -> None:
    reader = PlanStore.open(town.folder)
    assert len(reader.read("building")) == 3

    town.load({"building": buildings("B4")}, batch=ImportBatch(), actor=PLANNER)
    town.load({"pipe": pipes(("P9", "gas"))}, batch=ImportBatch(), actor=PLANNER)

    assert set(reader.read("building")["building_id"]) == {"B1", "B2", "B3", "B4"}
    set_floors(reader, "B4", 4, 1)
    assert town.row("building", "B4")["floors"] == 4
    assert town.row("pipe", "P9") is not None
    reader.close()


def test_a_writer_that_waits_while_the_generation_switches_writes_into_the_new_one(
    town: PlanStore,
) -> None:
    """The editor takes its lock on the old file while an import builds the next one."""
    editor = PlanStore.open(town.folder)
    editor.read("building")
    script = (
        "import sys; sys.path.insert(0, sys.argv[2])\n"
        "from app.store import PlanStore, ImportBatch\n"
        "from tests.store.conftest import PLANNER, buildings\n"
        "plan = PlanStore.open(sys.argv[1])\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "for i in range(6):\n"
        "    plan.load({'building': buildings(f'N{i}')}, batch=ImportBatch(), actor=PLANNER)\n"
    )
    root = str(Path(__file__).parents[2])
    with subprocess.Popen(
        [sys.executable, "-c", script, str(town.folder), root],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root,
    ) as importer:  # fmt: skip
        assert importer.stdout is not None
        assert importer.stdin is not None
        importer.stdout.readline()
        importer.stdin.write("go\n")
        importer.stdin.flush()
        version = 1
        while importer.poll() is None or version < 20:
            set_floors(editor, "B1", version, version)
            version += 1

    assert importer.returncode == 0
    assert editor.row("building", "B1")["version"] == version
    assert len(editor.history("building", "B1")) == version - 1
    assert editor.counts()["building"] == 9
    editor.close()


def test_a_plan_that_is_being_imported_into_says_so(
    town: PlanStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    [path] = town.folder.glob("planning-*.gpkg")
    importer = sqlite3.connect(path, isolation_level=None)
    importer.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr("app.store.sqlite.BUSY_SECONDS", 0.1)
    with PlanStore.open(town.folder) as editor, pytest.raises(PlanError) as busy:
        set_floors(editor, "B1", 7, 1)
    assert "正忙" in busy.value.message.zh
    importer.close()


WRITER = """
import sys; sys.path.insert(0, sys.argv[3])
from app.errors import VersionClashError
from app.store import Edit, PlanStore
from app.schema import Actor
plan = PlanStore.open(sys.argv[1])
actor, done = Actor(sys.argv[2]), 0
while done < 200:
    row = plan.row("building", "B1")
    wish = Edit("building", "update", "B1", {"households": (row["households"] or 0) + 1},
                expected_version=row["version"])
    try:
        plan.apply([wish], actor)
        done += 1
    except VersionClashError:
        pass
"""


def test_four_writers_of_one_row_lose_nothing(town: PlanStore) -> None:
    root = str(Path(__file__).parents[2])
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(town.folder), f"w{i}", root], cwd=root)
        for i in range(4)
    ]
    assert [process.wait(timeout=300) for process in writers] == [0, 0, 0, 0]

    row = town.row("building", "B1")
    assert (row["households"], row["version"]) == (800, 801)
    assert len(town.history("building", "B1")) == 800
