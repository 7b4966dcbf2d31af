"""A plan opens while others open it, close it or write it, and touches nothing that they build."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.errors import PlanError
from app.store import Edit, ImportBatch, PlanStore, sqlite
from app.store.files import PlanFiles
from tests.store.conftest import PLANNER, buildings


def test_a_plan_opens_while_another_program_is_the_last_to_close_it(town: PlanStore) -> None:
    town.close()
    [path] = town.folder.glob("planning-*.gpkg")
    # What SQLite does while the last connection empties the log: the file is its alone.
    closer = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    closer.execute("PRAGMA journal_mode=DELETE")
    closer.execute("BEGIN EXCLUSIVE")
    release = threading.Timer(0.3, closer.close)
    release.start()

    with PlanStore.open(town.folder) as opened:
        assert opened.counts()["building"] == 3
    release.join()


def test_readers_that_come_and_go_while_somebody_edits_never_find_the_plan_busy(
    town: PlanStore,
) -> None:
    town.close()

    def come_and_go() -> None:
        for _ in range(4):
            with PlanStore.open(town.folder) as store:
                store.read("building")

    def edit() -> None:
        for floors in range(1, 5):
            with PlanStore.open(town.folder) as store:
                seen = store.row("building", "B1")
                assert seen is not None
                wish = Edit("building", "update", "B1", {"floors": floors}, seen["version"])
                store.apply([wish], PLANNER)

    with ThreadPoolExecutor(3) as people:
        for work in [people.submit(work) for work in (come_and_go, come_and_go, edit)]:
            work.result()
    with PlanStore.open(town.folder) as store:
        kept = store.row("building", "B1")
        assert kept is not None
        assert kept["floors"] == 4


def test_the_lock_of_an_old_generation_gives_no_right_to_what_an_import_builds(
    town: PlanStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = PlanFiles(town.folder)
    old = late.path("planning")
    with contextlib.closing(sqlite3.connect(old)) as reader:
        reader.execute("SELECT count(*) FROM building").fetchone()  # keeps the old file alive
        town.load({"building": buildings("B9")}, batch=ImportBatch(), actor=PLANNER)
        part = town.folder / "planning-9.part"
        part.write_bytes(b"somebody builds this")
        new = late.path("planning")
        answers = iter([old])
        monkeypatch.setattr(late, "path", lambda key, manifest=None: next(answers, new))
        late.remove_old_generations()
    assert part.exists()
    late.close()


def test_a_file_that_goes_at_the_moment_of_opening_is_not_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "planning-1.gpkg"
    gone.write_bytes(b"")
    is_file = Path.is_file
    asked: list[Path] = []

    def removed_right_after(self: Path) -> bool:
        found = is_file(self)
        if self == gone:
            asked.append(self)
            self.unlink()
        return found

    monkeypatch.setattr(Path, "is_file", removed_right_after)
    with contextlib.suppress(PlanError):
        sqlite.connect(gone)
    monkeypatch.undo()
    assert asked
    assert not gone.exists()
