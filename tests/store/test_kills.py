"""A killed process leaves a sound plan in which every acknowledged edit is found."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.store import ImportBatch, PlanStore
from tests.store.conftest import PLANNER, buildings

ROOT = str(Path(__file__).parents[2])
ROUNDS = 40
NURSERY = """
import os, sys; sys.path.insert(0, sys.argv[1])
from tests.store import doomed
print("ready", flush=True)
for line in sys.stdin:
    what, plan, said, number = line.rstrip("\\n").split("\\t")
    child = os.fork()
    if child == 0:
        doomed.work(what, plan, said, int(number))
    print(child, flush=True)
    sys.stdin.readline()
    os.waitpid(child, 0)
    print("gone", flush=True)
"""


class Nursery:
    """A process that has everything imported and forks the victims: a kill costs milliseconds."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", NURSERY, ROOT],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        )  # fmt: skip
        assert self._answer() == "ready"

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def _say(self, text: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(text + "\n")
        self._process.stdin.flush()

    def killed(self, what: str, folder: Path, number: int, chance: random.Random) -> list[str]:
        """Let a victim work until a random moment; what it had acknowledged by then."""
        said = folder.parent / f"{what}-{number}.txt"
        self._say(f"{what}\t{folder}\t{said}\t{number}")
        child = int(self._answer())
        while not said.exists():
            time.sleep(0.002)
        time.sleep(chance.uniform(0.0, 0.25))
        os.kill(child, signal.SIGKILL)
        self._say("killed")
        assert self._answer() == "gone"
        lines = said.read_text(encoding="utf-8").splitlines(keepends=True)
        return [line.strip() for line in lines if line.endswith("\n")]

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(timeout=60)


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    found = Nursery()
    yield found
    found.close()


def assert_sound(plan: PlanStore) -> None:
    assert plan.verify() == []
    names = {path.name for path in plan.folder.iterdir()} - {"runs", "files", "owners", "plan.json"}
    assert len([name for name in names if name.endswith(".gpkg")]) == 1
    assert not [name for name in names if name.endswith(".part")]


@pytest.fixture
def folder(tmp_path: Path, plan: PlanStore) -> Path:
    plan.load({"building": buildings("B1", "B2")}, batch=ImportBatch(), actor=PLANNER)
    plan.close()
    return plan.folder


def test_no_acknowledged_edit_is_lost_to_a_kill(folder: Path, nursery: Nursery) -> None:
    chance = random.Random(1)
    for number in range(ROUNDS):
        said = nursery.killed("edit", folder, number, chance)
        with PlanStore.open(folder) as plan:
            assert_sound(plan)
            version = plan.row("building", "B1")["version"]
            assert not said or version >= int(said[-1])
            assert len(plan.history("building", "B1")) == version - 1
            assert plan.row("building", "B1")["households"] == (version - 1 or None)


def test_a_killed_import_is_there_whole_or_not_at_all(folder: Path, nursery: Nursery) -> None:
    chance = random.Random(2)
    for number in range(ROUNDS):
        said = nursery.killed("load", folder, number, chance)
        with PlanStore.open(folder) as plan:
            assert_sound(plan)
            batches = set(plan.read("import_batch")["import_batch_id"])
            assert batches.issuperset(said)
            loaded = plan.counts()["building"] - 2
            assert loaded == 500 * (len(batches) - 1)


def test_a_killed_backup_leaves_the_plan_and_no_half_copy(folder: Path, nursery: Nursery) -> None:
    chance = random.Random(3)
    copies = folder.parent / "copies"
    for number in range(ROUNDS):
        said = nursery.killed("backup", folder, number, chance)
        with PlanStore.open(folder) as plan:
            assert_sound(plan)
        done = {path.name for path in copies.glob("*")} if copies.exists() else set()
        assert done.issuperset(said)
    for path in copies.glob("[0-9]*"):
        with PlanStore.open(path) as copy:
            assert_sound(copy)


def test_a_killed_run_is_kept_whole_or_not_at_all(folder: Path, nursery: Nursery) -> None:
    chance = random.Random(4)
    for number in range(ROUNDS):
        said = nursery.killed("run", folder, number, chance)
        with PlanStore.open(folder) as plan:
            assert_sound(plan)
            known = {record.run_id for record in plan.runs()}
            assert known.issuperset(said)
            assert not known or len(plan.read("scope_total")) == 50
