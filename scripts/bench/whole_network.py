"""The clearance run over a whole network beside the bare search for its pairs.

``python scripts/bench/whole_network.py [--quick] [--json]``: the town of ``conflicts.py`` as pipes
with sizes, depths and kinds. ``ours_s`` is everything that is judged: plan, height, cover, and the
metres that each two pipes could share a trench for; the peer is the search for near pairs alone,
with the same pairs. Both start from facts that are ready, as the server keeps them; ``facts_s`` is
what these took once, ``rows_s`` what it takes to write the result out as a layer.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts" / "bench")]

from conflicts import town  # noqa: E402

from app.analysis.conflicts.find import checked, conflicts_in  # noqa: E402
from app.analysis.conflicts.horizontal import searched, sides  # noqa: E402
from app.analysis.conflicts.near import near_lines  # noqa: E402
from app.analysis.conflicts.params import ConflictParams  # noqa: E402
from app.analysis.conflicts.scene import Scene, scene_of  # noqa: E402
from app.geo.beside import beside  # noqa: E402
from app.geo.segments import explode, near_pairs  # noqa: E402
from app.schema import layer_named  # noqa: E402
from app.store.rule_files import load_all_rules  # noqa: E402

CRS = "EPSG:4544"
CLASSES = np.array(["JS", "PS", "RQ", "RL", "DL", "TX"], dtype=object)
OTHERS = ("pipe_node", "building", "tree", "pole", "road", "work", "community")
SHARED_TRENCH_M = 3.0
LEAST_COSINE = float(np.cos(np.radians(20.0)))
RUNS = 3


def pipes(n: int) -> gpd.GeoDataFrame:
    """The segments of the town as existing pipes of six classes and sixty owners."""
    ends, kind, radius = town(n)
    rng = np.random.default_rng(7)
    depth = 0.7 + 0.3 * kind + rng.uniform(-0.2, 0.2, n)
    columns = dict.fromkeys(layer_named("pipe").column_names)
    columns |= {
        "pipe_id": np.char.add("P", np.char.zfill(np.arange(n).astype(str), 8)).astype(object),
        "pipe_class": CLASSES[kind], "status": "existing", "laying": "direct",
        "owner_id": np.char.add("O", rng.integers(0, 60, n).astype(str)).astype(object),
        "depth_ref": "crown", "quality": "design", "start_depth_m": depth,
        "end_depth_m": depth + rng.uniform(0, 0.3, n), "outside_mm": 2000 * radius,
        "nominal_mm": np.round(2000 * radius), "pressure_mpa": 0.2, "voltage_kv": 10.0,
    }  # fmt: skip
    lines = shapely.linestrings(ends.reshape(-1, 2, 2))
    return gpd.GeoDataFrame(pd.DataFrame(columns), geometry=lines, crs=CRS)


def scene(n: int) -> tuple[Scene, float]:
    """The town ready to be judged, and the seconds that took."""
    empty = {
        name: gpd.GeoDataFrame(pd.DataFrame(columns=[*layer_named(name).column_names]),
                               geometry=[], crs=CRS) for name in OTHERS
    }  # fmt: skip
    dataset = pd.DataFrame(columns=["dataset_id", "height_datum"])
    frames = {**empty, "pipe": pipes(n), "dataset": dataset}
    clearance = load_all_rules().clearance
    began = time.perf_counter()
    made = scene_of(frames, clearance).ready()
    return made, time.perf_counter() - began


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def measured(n: int) -> dict[str, object]:
    """The figures of one size."""
    clearance, params = load_all_rules().clearance, ConflictParams()
    ready, facts_s = scene(n)
    pipes, things = ready.pipes, ready.around.things
    side = sides(pipes, things)
    lines, group, radius, limits = searched(
        pipes, things, side, clearance.horizontal, clearance.accuracy, params
    )
    segments = explode(lines)

    def search() -> int:
        return len(near_pairs(segments, group[segments.line], radius[segments.line], limits))

    def judged() -> Any:
        found = checked(ready, clearance, params)
        near = found.plan.near
        far = np.full(len(near.first), SHARED_TRENCH_M)
        return found, beside(near.segments, near.first, near.second, far, LEAST_COSINE)

    bare, whole = [], []
    for _ in range(RUNS):
        seconds, pairs = timed(search)
        bare.append(seconds)
        seconds, _ = timed(judged)
        whole.append(seconds)
    near = near_lines(lines, group, radius, limits)
    rows_s, outcome = timed(lambda: conflicts_in(ready, clearance, params, CRS))
    peer, ours = statistics.median(bare), statistics.median(whole)
    return {
        "work": "plan, height, cover, shared trench", "n": n, "peer": "near pairs alone",
        "peer_version": "", "ours_s": round(ours, 3), "peer_s": round(peer, 3),
        "ratio": round(ours / peer, 2), "pairs": pairs, "rows": len(outcome.layers["conflict"]),
        "facts_s": round(facts_s, 2), "rows_s": round(rows_s - ours, 2), "ours_mb": None,
        "peer_mb": None, "equal": len(near.first) == pairs,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    measured(2000)  # compiled code loads once a machine
    for n in (100_000,) if asked.quick else (100_000, 1_000_000):
        print(json.dumps(measured(n)), flush=True)


if __name__ == "__main__":
    main()
