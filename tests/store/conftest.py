"""A small plan on disk, and rows for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from app.schema import Actor
from app.store import ImportBatch, PlanMeta, PlanStore

CRS = "EPSG:4544"
PLANNER = Actor("张三", "住建局")


def buildings(*ids: str, **columns: object) -> gpd.GeoDataFrame:
    """Buildings of 30 m by 12 m side by side, 40 m apart."""
    boxes = [
        shapely.box(500_000 + 40 * i, 4_200_000, 500_030 + 40 * i, 4_200_012)
        for i in range(len(ids))
    ]
    content = {"building_id": list(ids), **columns}
    return gpd.GeoDataFrame(content, geometry=boxes, crs=CRS)


def pipes(*rows: tuple[str, str | None]) -> gpd.GeoDataFrame:
    """Pipes of (id, owner), 50 m long, 2 m apart, with Z."""
    lines = [
        shapely.LineString([(500_000, 4_200_000 + 2 * i, 1100), (500_050, 4_200_000 + 2 * i, 1099)])
        for i in range(len(rows))
    ]
    content = {"pipe_id": [r[0] for r in rows], "owner_id": [r[1] for r in rows]}
    return gpd.GeoDataFrame(content, geometry=lines, crs=CRS)


@pytest.fixture
def plan(tmp_path: Path) -> Iterator[PlanStore]:
    store = PlanStore.create(tmp_path / "plan", PlanMeta(plan_id="test", title="试验", crs=CRS))
    yield store
    store.close()


@pytest.fixture
def town(plan: PlanStore) -> PlanStore:
    """The plan with three buildings and three pipes of two owners."""
    frames = {
        "building": buildings(
            "B1", "B2", "B3", floors=[6, 5, None], number=["1号楼", "2号楼", None]
        ),
        "pipe": pipes(("P1", "water"), ("P2", "gas"), ("P3", None)),
    }
    plan.load(frames, batch=ImportBatch(batch_id="first"), actor=PLANNER)
    return plan
