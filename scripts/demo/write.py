"""The town on disk: a plan folder through the store, and the list of planted facts beside it."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

from app.schema import Actor
from app.store import ImportBatch, PlanMeta, PlanStore
from scripts.demo.frames import CRS, STAMP, STAMPED_BY, frames
from scripts.demo.town import Town

PLAN_ID = "demo"
ATTRIBUTION = "演示数据（虚构）；乡镇、社区名称与代码：china-division（WTFPL）"


def write_plan(town: Town, folder: Path) -> dict[str, int]:
    """Write the plan, replacing an earlier demonstration plan; rows per layer.

    The new plan is built beside and renamed into place, so that a failure leaves the old one.
    """
    require_replaceable(folder)
    building = folder.with_name(folder.name + ".building")
    shutil.rmtree(building, ignore_errors=True)
    meta = PlanMeta(
        plan_id=PLAN_ID, title="利通区老旧小区改造一张图（演示数据）",
        title_en="Litong renovation on one map (demonstration data)", crs=CRS, height_datum="1985",
        is_demo=True, attribution=ATTRIBUTION, created_at=STAMP,
    )  # fmt: skip
    actor = Actor(STAMPED_BY, "", "admin")
    with PlanStore.create(building, meta) as plan:
        batch = ImportBatch(batch_id=f"demo-{town.seed}", file_name=f"build_demo.py --seed {town.seed}",
                            note="演示数据")  # fmt: skip
        plan.load(frames(town), batch=batch, actor=actor)
        for sha256, content in town.files.items():
            (plan.folder / "files" / sha256).write_bytes(content)
        counts = {layer: count for layer, count in plan.counts().items() if count}
    if folder.exists():
        shutil.rmtree(folder)
    building.rename(folder)
    return counts


def require_replaceable(folder: Path) -> None:
    """Refuse to write over anything but an empty folder or an earlier demonstration plan."""
    if not folder.exists() or not any(folder.iterdir()):
        return
    with PlanStore.open(folder) as plan:
        if not plan.meta.is_demo:
            raise SystemExit(
                f"{folder} holds a plan that is no demonstration; choose another --out"
            )


def write_facts(town: Town, path: Path) -> None:
    """The planted facts, read by tests and people, never by the program."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["fact_id", "kind", "layer", "row_id", "x", "y", "expected"])
        for fact in town.facts:
            writer.writerow(
                [fact.fact_id, fact.kind, fact.layer, fact.row_id, fact.x, fact.y, fact.expected]
            )
