"""A made-up pipe network under the real streets of a plan, to try the clearance run on real shapes.

``python scripts/generate_pipes.py PLAN --out pipes.gpkg``: in every street that cars use, six
utilities run beside its middle line, at offsets and depths that wander about usual ones, some of
unknown depth or quality. Nothing of it lies in the ground: the pipe ids begin with GENERATED and the
file says so in each row's road name. Same plan and seed, same file.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT)]

from app.store import PlanStore  # noqa: E402

LEAST_M = 12.0
LABEL = "生成管线，非真实 generated, not real"
# Class, metres from the middle of the street, crown depth, outside mm, laying.
UTILITIES = (
    ("DL", -2.6, 0.9, 150, "duct"), ("JS", -1.3, 1.3, 200, "direct"), ("PS", 0.0, 2.2, 400, "direct"),
    ("RL", 1.6, 1.5, 400, "direct"), ("RQ", 3.0, 1.1, 160, "direct"), ("TX", 4.2, 0.8, 110, "duct"),
)  # fmt: skip


def network(streets: gpd.GeoSeries, seed: int) -> gpd.GeoDataFrame:
    """Six pipes in each street line, with a survey as uneven as surveys are."""
    rng = np.random.default_rng(seed)
    lines = streets[streets.length >= LEAST_M].to_numpy()
    parts = []
    for code, offset, depth, size, laying in UTILITIES:
        aside = offset + rng.normal(0, 0.25, len(lines))
        shapes = [shapely.offset_curve(line, by) for line, by in zip(lines, aside, strict=True)]
        n = len(lines)
        start = np.maximum(depth + rng.normal(0, 0.2, n), 0.3)
        start[rng.random(n) < 0.05] = np.nan
        quality = rng.choice(
            ["hidden_point", "opened", "records_only", ""], n, p=[0.7, 0.1, 0.1, 0.1]
        )
        part = gpd.GeoDataFrame(
            {
                "pipe_id": [f"GENERATED-{code}-{k:06d}" for k in range(n)], "pipe_class": code,
                "owner_id": None, "status": "existing", "laying": laying, "depth_ref": "crown",
                "start_depth_m": np.round(start, 2),
                "end_depth_m": np.round(start + rng.normal(0, 0.1, n), 2).clip(0.1),
                "quality": np.where(quality == "", None, quality), "outside_mm": float(size),
                "nominal_mm": size, "pressure_mpa": 0.2 if code == "RQ" else np.nan,
                "voltage_kv": 10.0 if code == "DL" else np.nan, "road_name": LABEL,
            },
            geometry=shapes, crs=streets.crs,
        )  # fmt: skip
        # A curve tighter than the offset leaves nothing, or several parts: no pipe is laid so.
        parts.append(part[(part.geom_type == "LineString") & (part.length > 1.0)])
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=streets.crs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("plan", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=4544)
    asked = parser.parse_args()
    with PlanStore.open(asked.plan) as store:
        ways = store.read("walkway")
    streets = ways.loc[ways["kind"] == "shared"].geometry.force_2d()
    pipes = network(streets, asked.seed)
    pipes.to_file(asked.out, layer="pipe", driver="GPKG")
    points = int(shapely.get_num_coordinates(pipes.geometry.to_numpy()).sum())
    print(
        f"{len(pipes)} generated pipes, {points - len(pipes)} pieces, {pipes.length.sum():.0f} m: {asked.out}"
    )


if __name__ == "__main__":
    main()
