"""The check of one moved alignment in a large network, as the server answers it.

``python scripts/bench/live_check.py [--quick] [--json]``: generated street networks of 100,000 and
1,000,000 pipes; an alignment of 500 m is moved again and again. ``ours_s`` is the median,
``ours_p99_s`` the 99th percentile, ``ready_s`` what it takes once after the plan changed; the peer
is the plain run over all pipes within 100 m, whose rows about the draft must be the same.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT)]

from app.analysis.conflicts.find import find_conflicts  # noqa: E402
from app.analysis.conflicts.params import ConflictParams  # noqa: E402
from app.schema import layer_named  # noqa: E402
from app.schema.analysis import Inputs  # noqa: E402
from app.services.live_check import Resident, check_draft  # noqa: E402
from app.store.rule_files import load_all_rules  # noqa: E402

CRS = "EPSG:4544"
CLASSES = np.array(["JS", "PS", "RQ", "RL", "DL", "TX"])
OTHERS = ("pipe_node", "building", "tree", "pole", "road", "work", "community")
BLOCK_M, STEP_M, LENGTH_M = 120.0, 25.0, 500.0


def network(segments: int) -> gpd.GeoDataFrame:
    """Pipes of six classes side by side in every street of a square town, 25 m each."""
    streets = max(int(np.sqrt(segments / 2 / len(CLASSES) * STEP_M / BLOCK_M)), 2)
    per = max(segments // (2 * len(CLASSES) * streets), 1)
    rng = np.random.default_rng(4544)
    number = np.arange(2 * streets * len(CLASSES) * per)
    north = number % 2 == 1
    street, kind = number // 2 % streets, number // 2 // streets % len(CLASSES)
    begin = number // (2 * streets * len(CLASSES)) * STEP_M
    across = street * BLOCK_M + kind * 1.4 + rng.uniform(-0.3, 0.3, len(number))
    one, two = np.column_stack([begin, across]), np.column_stack([begin + STEP_M, across])
    ends = np.stack([one, two], axis=1)
    ends[north] = ends[north][:, :, ::-1]
    depth = 0.8 + 0.25 * kind + rng.uniform(-0.1, 0.1, len(number))
    columns = dict.fromkeys(c for c in layer_named("pipe").column_names)
    columns |= {
        "pipe_id": np.char.add("P", np.char.zfill(number.astype(str), 8)).astype(object),
        "pipe_class": CLASSES[kind].astype(object), "owner_id": CLASSES[kind].astype(object),
        "status": "existing", "laying": "direct", "depth_ref": "crown", "quality": "hidden_point",
        "start_depth_m": depth, "end_depth_m": depth, "outside_mm": 200.0, "nominal_mm": 200,
        "pressure_mpa": 0.2, "voltage_kv": 10.0,
    }  # fmt: skip
    return gpd.GeoDataFrame(pd.DataFrame(columns), geometry=shapely.linestrings(ends), crs=CRS)


def drafts(pipes: gpd.GeoDataFrame, count: int) -> list[gpd.GeoDataFrame]:
    """A planned gas main of 500 m along a street, each time somewhere else, with bends."""
    rng = np.random.default_rng(7)
    west, south, east, north = pipes.total_bounds
    made = []
    for _ in range(count):
        x = rng.uniform(west, max(east - LENGTH_M, west + 1))
        y = south + BLOCK_M * rng.integers(0, max(int((north - south) / BLOCK_M), 1)) + 2.3
        way = np.linspace(0, LENGTH_M, 11)
        points = np.column_stack([x + way, y + rng.uniform(-1, 1, 11)])
        row = pipes.iloc[:1].copy().assign(
            pipe_id="DRAFT", status="planned", quality="design", pipe_class="RQ", owner_id="NEW"
        )  # fmt: skip
        row["geometry"] = [shapely.LineString(points)]
        made.append(row)
    return made


def whole_run(resident: Resident, draft: gpd.GeoDataFrame) -> pd.DataFrame:
    """Rows about the draft of a run over everything within 100 m."""
    pipes = resident.frames["pipe"]
    near = pipes.iloc[np.sort(pipes.sindex.query(draft.geometry.iloc[0].buffer(100)))]
    frames = {**resident.frames, "pipe": pd.concat([near, draft], ignore_index=True)}
    rows = find_conflicts(Inputs(frames, {"clearance": resident.clearance}), ConflictParams())
    layer = rows.layers["conflict"]
    return layer[(layer["a_id"] == "DRAFT") | (layer["b_id"] == "DRAFT")].reset_index(drop=True)


def resident_town(segments: int) -> Resident:
    """A network with no surroundings, as the server keeps it."""
    empty = {
        name: gpd.GeoDataFrame(pd.DataFrame(columns=[*layer_named(name).column_names]),
                               geometry=[], crs=CRS) for name in OTHERS
    }  # fmt: skip
    dataset = pd.DataFrame(columns=["dataset_id", "height_datum"])
    frames = {**empty, "pipe": network(segments), "dataset": dataset}
    return Resident(frames, load_all_rules().clearance, 0.2)


def measured(segments: int, times: int) -> dict[str, object]:
    """The figures of one size of network."""
    resident = resident_town(segments)
    pipes = resident.frames["pipe"]
    began = time.perf_counter()
    assert resident.scene.pipes.tree is not None
    ready = time.perf_counter() - began
    made = drafts(pipes, times)
    check_draft(resident, made[0], ConflictParams())  # compiled code loads once a machine
    seconds = []
    for draft in made:
        began = time.perf_counter()
        check_draft(resident, draft, ConflictParams())
        seconds.append(time.perf_counter() - began)
    whole, same = [], True
    for draft in made[:3]:
        began = time.perf_counter()
        expected = whole_run(resident, draft)
        whole.append(time.perf_counter() - began)
        rows, _ = check_draft(resident, draft, ConflictParams())
        same &= len(rows) > 0
        same &= expected.drop(columns="geometry").equals(rows.drop(columns="geometry"))
    median, peer = statistics.median(seconds), statistics.median(whole)
    return {
        "work": "live check of 500 m", "n": len(pipes), "peer": "plain run within 100 m",
        "peer_version": "", "ours_s": round(median, 4),
        "ours_p99_s": round(float(np.percentile(seconds, 99)), 4), "ready_s": round(ready, 2),
        "peer_s": round(peer, 3), "ratio": round(peer / median, 1), "ours_mb": None,
        "peer_mb": None, "equal": bool(same),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    sizes = ((100_000, 60),) if asked.quick else ((100_000, 300), (1_000_000, 300))
    for segments, times in sizes:
        print(json.dumps(measured(segments, times)), flush=True)


if __name__ == "__main__":
    main()
