"""What the victims of the kill tests do until they are killed."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TextIO

import pandas as pd
import shapely

from app.store import Edit, ImportBatch, PlanStore, RunRecord
from tests.store.conftest import PLANNER, buildings


def work(what: str, plan: str, said: str, number: int) -> None:
    """Work for ever, writing one line for each thing that was acknowledged."""
    with PlanStore.open(plan) as store, open(said, "w", encoding="utf-8", buffering=1) as out:
        {"edit": edit, "load": load, "backup": backup, "run": run}[what](store, out, number)


def edit(plan: PlanStore, out: TextIO, number: int) -> None:
    """Move B1 and count in it; now and then make a new building in the same transaction."""
    for step in itertools.count():
        row = plan.row("building", "B1")
        assert row is not None
        x = 500_000 + row["version"] * 10
        shape = shapely.box(x, 4_200_000, x + 5, 4_200_005)
        values = {"households": (row["households"] or 0) + 1, "geometry": shape}
        edits = [Edit("building", "update", "B1", values, expected_version=row["version"])]
        if step % 3 == 0:
            edits.append(Edit("building", "create", f"N{row['version']}", {"floors": 1}))
        plan.apply(edits, PLANNER)
        out.write(f"{row['version'] + 1}\n")


def load(plan: PlanStore, out: TextIO, number: int) -> None:
    """Import 500 buildings a time."""
    for step in itertools.count():
        batch = f"{number}-{step}"
        frame = buildings(*[f"L{batch}-{k}" for k in range(500)])
        plan.load({"building": frame}, batch=ImportBatch(batch_id=batch), actor=PLANNER)
        out.write(f"{batch}\n")


def backup(plan: PlanStore, out: TextIO, number: int) -> None:
    """Copy the plan again and again."""
    for step in itertools.count():
        name = f"{number}-{step}"
        plan.backup(Path(plan.folder).parent / "copies" / name)
        out.write(f"{name}\n")


def run(plan: PlanStore, out: TextIO, number: int) -> None:
    """Save one run after the other."""
    frame = pd.DataFrame({"scope_total_id": [f"T{k}" for k in range(50)]})
    while True:
        saved = plan.save_run(RunRecord("totals"), {"scope_total": frame}, {}, {}, actor=PLANNER)
        out.write(f"{saved}\n")
