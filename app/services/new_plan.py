"""Makes an empty plan: its folder, its id and its reference system."""

from __future__ import annotations

import re
from pathlib import Path

from app.errors import CrsError, Text
from app.geo.crs import is_metric, parse_crs, short_name
from app.store import PlanMeta, PlanStore


def new_plan(folder: Path, *, crs: str, title: str | None = None) -> PlanMeta:
    """An empty plan in a new or empty folder.

    Raises
    ------
    CrsError
        The system is unknown or does not measure in metres.
    PlanError
        The folder holds something already.
    """
    system = parse_crs(crs, where="--crs")
    if not is_metric(system):
        raise CrsError(
            Text(f"{crs} 不以米为单位", f"{crs} does not measure in metres"),
            where="--crs",
            fix=Text("用投影坐标系，例如 EPSG:4544", "use a projected system such as EPSG:4544"),
        )
    meta = PlanMeta(
        plan_id=plan_id_from(folder.name),
        title=title or folder.name,
        crs=short_name(system),
    )
    PlanStore.create(folder, meta).close()
    return meta


def plan_id_from(name: str) -> str:
    """A folder's name in the letters that a plan id may have."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60].strip("-")
    return plain or "plan"
