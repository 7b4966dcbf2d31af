"""Import of building polygons with every check, beside a bare read and write of the same file.

Ours reads the GeoPackage in a process of its own, maps columns, checks and repairs every polygon,
validates every cell, and writes the plan's next generation with R-tree, change row and batch.
The peer is ``pyogrio.read_dataframe`` and ``write_dataframe`` (R-tree too), nothing checked.
Memory is what the process and its parser held at most at one moment, above what the process began
with, sampled while they run (Linux).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import shapely

from app.schema import Actor
from app.services.imports import ImportOptions, import_file
from app.store import PlanMeta, PlanStore

RUNS = 3
_EVERY_S = 0.05
ROWS, QUICK_ROWS = 1_000_000, 100_000
CORNERS = np.array([(0, 0), (20, 0), (20, 10), (10, 10), (10, 20), (0, 20), (0, 0)], float)


def write_delivery(path: Path, rows: int) -> None:
    """L-shaped buildings over a town, with the attributes of a survey."""
    random = np.random.default_rng(4544)
    corner = np.stack([random.uniform(6e5, 6.3e5, rows), random.uniform(4.19e6, 4.22e6, rows)], 1)
    frame = gpd.GeoDataFrame(
        {
            "building_id": [f"B{n:07d}" for n in range(rows)],
            "number": [f"{n % 40 + 1}号楼" for n in range(rows)],
            "floors": random.integers(1, 8, rows),
            "households": random.integers(10, 80, rows),
            "year_built": random.integers(1970, 2005, rows),
            "use": np.where(random.random(rows) < 0.9, "residential", "commercial"),
        },
        geometry=shapely.polygons(corner[:, None, :] + CORNERS[None]),
        crs="EPSG:4544",
    )
    pyogrio.write_dataframe(frame, path, layer="building")


def ours(delivery: Path, folder: Path) -> int:
    """Rows in the plan after the import."""
    with PlanStore.create(folder / "plan", PlanMeta("bench", "bench", crs="EPSG:4544")) as store:
        import_file(delivery, store, Actor("bench"), ImportOptions())
        return store.counts()["building"]


def peer(delivery: Path, folder: Path) -> int:
    """Rows written by a bare read and write."""
    frame = pyogrio.read_dataframe(delivery)
    pyogrio.write_dataframe(frame, folder / "copy.gpkg", layer="building")
    return len(frame)


def held_mb(root: int) -> float:
    """MB that a process and all below it hold now; 0 elsewhere than on Linux.

    Pages of shared libraries are shared out among who uses them, so that two processes with one
    library do not count it twice.
    """
    if not sys.platform.startswith("linux"):
        return 0.0
    waiting, total = [root], 0.0
    while waiting:
        process = Path("/proc", str(waiting.pop()))
        with contextlib.suppress(OSError):  # it ended meanwhile
            rollup = (process / "smaps_rollup").read_text("ascii").splitlines()
            total += sum(float(line.split()[1]) for line in rollup if line.startswith("Pss:"))
            for task in (process / "task").iterdir():
                waiting += map(int, (task / "children").read_text("ascii").split())
    return total / 1024


def run_once(name: str, delivery: Path) -> None:
    """One run in this process, a fresh one: says when it is ready, waits, and tells the outcome."""
    folder = Path(tempfile.mkdtemp(prefix="bench-import-"))
    work = {"ours": ours, "peer": peer}[name]
    try:
        print("ready", flush=True)
        sys.stdin.readline()
        began = time.perf_counter()
        rows = work(delivery, folder)
        print(json.dumps({"seconds": time.perf_counter() - began, "rows": rows}), flush=True)
    finally:
        shutil.rmtree(folder)


def measure(name: str, delivery: Path) -> dict[str, float]:
    """A run in a process of its own, watched from here: the peer keeps its interpreter locked while
    it reads and could not watch itself."""
    with subprocess.Popen(
        [sys.executable, __file__, "--one", name, "--delivery", str(delivery)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        before = most = held_mb(process.pid)
        process.stdin.write("go\n")
        process.stdin.flush()
        while process.poll() is None:
            most = max(most, held_mb(process.pid))
            time.sleep(_EVERY_S)
        found: dict[str, float] = json.loads(process.stdout.read())
    return {**found, "mb": most - before}


def equal(delivery: Path) -> bool:
    """Whether the plan holds the same rows and shapes as the file, id by id."""
    folder = Path(tempfile.mkdtemp(prefix="bench-import-"))
    try:
        ours(delivery, folder)
        with PlanStore.open(folder / "plan") as store:
            kept = store.read("building", columns=["floors", "geometry"]).set_index("building_id")
        given = pyogrio.read_dataframe(delivery).set_index("building_id")
        kept = kept.loc[given.index]
        same_shapes = shapely.equals_exact(kept.geometry.values, given.geometry.values, 0.0).all()
        return bool(len(kept) == len(given) and same_shapes
                    and (kept["floors"].to_numpy() == given["floors"].to_numpy()).all())  # fmt: skip
    finally:
        shutil.rmtree(folder)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true", help=f"{QUICK_ROWS} rows")
    arguments.add_argument("--rows", type=int, help="another number of rows")
    arguments.add_argument("--json", action="store_true", help="one JSON object a line")
    arguments.add_argument("--one", choices=("ours", "peer"), help=argparse.SUPPRESS)
    arguments.add_argument("--delivery", type=Path, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.one:
        run_once(given.one, given.delivery)
        return
    rows = given.rows or (QUICK_ROWS if given.quick else ROWS)
    folder = Path(tempfile.mkdtemp(prefix="bench-import-"))
    try:
        delivery = folder / "buildings.gpkg"
        write_delivery(delivery, rows)
        same = equal(delivery)
        runs: dict[str, list[dict[str, float]]] = {"ours": [], "peer": []}
        for _ in range(RUNS):
            for name, done in runs.items():
                done.append(measure(name, delivery))
                same &= done[-1]["rows"] == rows
    finally:
        shutil.rmtree(folder)
    ours_s, peer_s = (statistics.median(run["seconds"] for run in done) for done in runs.values())
    ours_mb, peer_mb = (max(run["mb"] for run in done) for done in runs.values())
    result = {
        "work": "import_gpkg", "n": rows, "peer": "pyogrio read + write",
        "peer_version": pyogrio.__version__, "ours_s": round(ours_s, 3),
        "peer_s": round(peer_s, 3), "ratio": round(peer_s / ours_s, 3),
        "ours_mb": round(ours_mb, 1), "peer_mb": round(peer_mb, 1), "equal": same,
    }  # fmt: skip
    if given.json:
        print(json.dumps(result))
    else:
        print(f"{rows:,} rows: ours {ours_s:.1f} s, {ours_mb:.0f} MB; "
              f"peer {peer_s:.1f} s, {peer_mb:.0f} MB; ratio {peer_s / ours_s:.2f}; equal {same}")  # fmt: skip


if __name__ == "__main__":
    main()
