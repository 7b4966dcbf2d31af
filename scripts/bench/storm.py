"""Water over a generated old neighbourhood: paths, the slider, and flow in two ways.

``python scripts/bench/storm.py [--quick] [--json] [--only WORK] [--env PEER=PYTHON]...``: each work
alternates with its peers, three times, and prints the median, with the load of the machine. A peer
runs as a process of its own (``storm_peers.py``), by the Python given for it or else by this one,
and is printed as absent where it is not installed. ``updates_per_s`` is cells times steps over the
seconds of the steps; ``triad_share`` counts 32 bytes an update (depth and both discharges read and
written, bed and roughness read), ``at_76_bytes`` the 76 of an earlier scheme for comparison.
"""

from __future__ import annotations

import os
import tempfile

os.environ["NUMBA_CACHE_DIR"] = tempfile.mkdtemp(prefix="numba-")  # a fresh cache, always

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numba
import numpy as np

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT)]

from app.engine.process import peak_memory_mb  # noqa: E402
from app.geo.depressions import (  # noqa: E402
    CLOSED,
    OPEN,
    Hollows,
    Poured,
    depth_of,
    find_hollows,
    leaf_sums,
    pour,
)
from app.geo.flow_paths import flow_paths, upstream  # noqa: E402
from app.geo.inertial import GRAVITY  # noqa: E402
from app.geo.solvers import Limits, LocalInertial, ShallowWater  # noqa: E402

CELL_M, REPEATS, BYTES = 2.0, 3, 32
ENVIRONMENTS: dict[str, str] = {}
Row = dict[str, Any]


def town(n: int) -> tuple[Any, Any]:
    """Heights and kinds of an n x n town: blocks of houses, streets 15 cm low, noise of 3 cm, sags."""
    rng = np.random.default_rng(4544)
    x, y = np.meshgrid(np.arange(n), np.arange(n))
    z = 5 + 0.002 * x + 0.001 * y + rng.normal(0, 0.03, (n, n))
    z -= 0.15 * ((x % 60 < 6) | (y % 60 < 6))
    z -= 0.3 * np.exp(-(((x % 170) - 80) ** 2 + ((y % 130) - 60) ** 2) / 60)
    house = (x % 30 > 12) & (y % 20 > 11) & (x % 60 >= 6) & (y % 60 >= 6)
    return z.astype(np.float32), np.where(house, CLOSED, OPEN).astype(np.uint8)


class Peer:
    """A peer in its own process; ``version`` is absent where it cannot be imported."""

    def __init__(self, name: str, z: Any, wet: Any, threads: int = 1) -> None:
        self.town = tempfile.mkstemp(suffix=".npz")[1]
        np.savez(self.town, z=z, wet=wet)
        python = ENVIRONMENTS.get(name, sys.executable)
        self.process = subprocess.Popen(
            [python, str(ROOT / "scripts/bench/storm_peers.py"), name, self.town],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env=os.environ | {"OMP_NUM_THREADS": str(threads), "NUMBA_NUM_THREADS": str(threads)},
        )  # fmt: skip
        self.name, self.version = name, (self._answer() or {}).get("version", "absent")

    def _answer(self) -> Row:
        assert self.process.stdout is not None
        return dict(json.loads(self.process.stdout.readline() or "{}"))

    def burst(self, amount: int) -> Row:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{amount}\n")
        self.process.stdin.flush()
        return self._answer()

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def timed(run: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    answer = run()
    return time.perf_counter() - began, answer


def row(work: str, n: int, ours: list[float], peer: str, version: str, theirs: list[float], **more: Any) -> Row:  # fmt: skip
    ours_s = statistics.median(ours)
    peer_s = statistics.median(theirs) if theirs else None
    return {
        "work": work, "n": n, "peer": peer, "peer_version": version, "ours_s": round(ours_s, 5),
        "peer_s": peer_s and round(peer_s, 5), "ratio": peer_s and round(peer_s / ours_s, 2),
        "load": round(os.getloadavg()[0], 1), **more,
    }  # fmt: skip


def against(name: str, z: Any, wet: Any, amount: int, ours: Callable[[], float], threads: int = 1) -> tuple[list[float], list[Row], str]:  # fmt: skip
    """Ours and a peer in turn, three times, after one burst of each that is not counted."""
    peer = Peer(name, z, wet, threads)
    is_here = peer.version != "absent"
    mine, theirs = [], []
    for turn in range(REPEATS + 1):
        seconds, answer = ours(), peer.burst(amount) if is_here else {}
        if turn:
            mine.append(seconds)
            theirs += [answer] if answer else []
    peer.close()
    return mine, theirs, peer.version


def paths(n: int) -> Iterator[Row]:
    """Filled surface, D8 directions and upstream cells; the same from pyflwdir, to the last bit."""
    for size in (n, 2 * n):
        z, kind = town(size)
        kind = np.zeros_like(kind)

        def ours(z: Any = z, kind: Any = kind) -> float:
            return timed(lambda: upstream(flow_paths(z, kind)))[0]

        for name in ("pyflwdir", "topotoolbox"):
            mine, theirs, version = against(name, z, z, 1, ours)
            equal = None
            if name == "pyflwdir" and theirs:
                found = flow_paths(z, kind)
                newest = max(
                    Path(tempfile.gettempdir()).glob("*.npz.paths.npz"), key=os.path.getmtime
                )
                with np.load(newest) as held:
                    equal = bool(
                        np.array_equal(found.filled_m, held["filled"])
                        and np.array_equal(found.direction, held["d8"])
                        and np.array_equal(upstream(found), held["up"])
                    )
                newest.unlink()
            yield row("paths", z.size, mine, name, version, [a["s"] for a in theirs], equal=equal)


def slid(found: Hollows, given: Any) -> tuple[Poured, Any]:
    poured = pour(found, given)
    return poured, depth_of(found, poured)


def slider(n: int) -> Iterator[Row]:
    """From millimetres to a raster of depth, once prepared; nobody else has this to compare with."""
    find_hollows(*(a[:50, :50] for a in town(60)))
    for size in (n, 2 * n):
        z, kind = town(size)
        prepare = [timed(partial(find_hollows, z, kind))[0] for _ in range(REPEATS)]
        found = find_hollows(z, kind)
        water = leaf_sums(found, np.where(kind == OPEN, 1, 0).astype(np.float32))
        ours, worst = [], 0.0
        for mm in (*np.linspace(2, 120, 20), *np.linspace(120, 2, 20)):
            given = water * (mm / 1000)
            seconds, (poured, _) = timed(partial(slid, found, given))
            ours.append(seconds)
            worst = max(worst, abs(poured.stored + poured.left - given.sum()) / given.sum())
        yield row("slider", z.size, ours, "", "", [], worst_s=round(max(ours), 5), balance=worst,
                  prepare_s=round(statistics.median(prepare), 3), nodes=found.nodes)  # fmt: skip


def flow(n: int, solver: type[LocalInertial] | type[ShallowWater], work: str, steps: int, peers: tuple[str, ...]) -> Iterator[Row]:  # fmt: skip
    """Cell updates a second on one thread and on two; peers on one thread beside ours on one."""
    z, kind = town(n)
    wet = np.where(kind == OPEN, 0.02, 0.0).astype(np.float32)
    rough = np.full(z.shape, GRAVITY * 0.03**2, dtype=np.float32)
    limits = Limits(0.45 if solver is ShallowWater else 0.7, 5.0, 0.8, 1.0)
    single = 0.0
    for workers, name in [(1, p) for p in peers] + [(2, "")]:
        water = solver(z, kind, rough, CELL_M, limits, workers=workers)
        water.h[:] = wet

        def ours(water: Any = water) -> float:
            return timed(lambda: [water.step(water.stable_s()) for _ in range(steps)])[0] / steps

        mine, theirs, version = against(name, z, wet, 3, ours) if name else ([ours() for _ in range(REPEATS + 1)][1:], [], "")  # fmt: skip
        water.close()
        rate, triad = z.size / statistics.median(mine), triad_gb_s(workers)
        single = max(single, rate) if workers == 1 else single
        # Updates of a peer are of its own cells: anuga has triangles.
        peer_s = [a["s"] * z.size / a.get("cells", z.size) for a in theirs]
        yield row(work, z.size, mine, name, version, peer_s, threads=workers,
                  updates_per_s=round(rate), gain=round(rate / single, 2), triad_gb_s=round(triad, 1),
                  triad_share=round(rate * BYTES / 1e9 / triad, 2), at_76_bytes=round(rate * 76 / 1e9 / triad, 2))  # fmt: skip


@numba.njit(nogil=True)
def _triad(a: Any, b: Any, c: Any) -> None:
    for i in range(len(a)):
        a[i] = b[i] + 3.0 * c[i]


def triad_gb_s(workers: int) -> float:
    """Memory bandwidth by the count of STREAM: three arrays of 80 MB."""
    a, b, c = (np.ones(10_000_000) for _ in range(3))
    _triad(a[:9], b[:9], c[:9])
    parts = np.array_split(np.arange(len(a)), workers)
    cut = [slice(p[0], p[-1] + 1) for p in parts]
    with ThreadPoolExecutor(workers) as pool:
        best = min(timed(lambda: list(pool.map(lambda s: _triad(a[s], b[s], c[s]), cut)))[0] for _ in range(8))  # fmt: skip
    return 240e6 / best / 1e9


def hour(n: int) -> Iterator[Row]:
    """One hour of 60 mm/h in the record mode as an analysis runs it, on both threads."""
    storm_on(450, 1.0, 2)  # compiles, on as many cells as use both threads
    seconds, flood = timed(lambda: storm_on(n, 60.0, 2))
    yield row("hour", n * n, [seconds], "", "", [], steps=flood.steps,
              balance=flood.balance.error_share, updates_per_s=round(n * n * flood.steps / seconds))  # fmt: skip


def storm_on(n: int, minutes: float, workers: int) -> Any:
    """A steady storm of 60 mm/h over the town; houses are closed, their rain falls beside them."""
    import geopandas as gpd
    import pandas as pd
    import shapely

    from app.analysis.storm.flood import run_storm
    from app.analysis.storm.ground import make_ground
    from app.analysis.storm.rain import steady
    from app.schema.analysis import Raster
    from app.store.rule_files import load_all_rules

    book = load_all_rules()
    terms, surfaces = book.table("storm_terms"), book.table("storm_surfaces")
    z, kind = town(n)
    rows, columns = np.nonzero((kind == CLOSED) & (np.roll(kind, 1, 0) == OPEN) & (np.roll(kind, 1, 1) == OPEN))  # fmt: skip
    west, north = columns * CELL_M, (n - rows) * CELL_M
    houses = gpd.GeoDataFrame(geometry=shapely.box(west, north - 16, west + 34, north))
    cover = pd.DataFrame({"cover": [], "geometry": []})
    ground = make_ground(Raster(z, 0.0, n * CELL_M, CELL_M), houses, cover, surfaces, terms, cell_m=CELL_M)  # type: ignore[arg-type]  # fmt: skip
    return run_storm(ground, steady(minutes, minutes), surfaces, terms, workers=workers)  # type: ignore[arg-type]


def memory(n: int) -> Iterator[Row]:
    """Bytes a cell of a run, inputs included: slope of the peak between two sizes."""
    peaks = []
    for size in (n // 2, n):
        done = subprocess.run([sys.executable, __file__, "--peak", str(size)], capture_output=True, text=True, check=True)  # fmt: skip
        peaks.append(float(done.stdout.splitlines()[-1]))
    per_cell = 1024**2 * (peaks[1] - peaks[0]) / (n * n - (n // 2) ** 2)
    yield {"work": "memory", "n": n * n, "peak_mb": round(peaks[1]), "bytes_a_cell": round(per_cell)}  # fmt: skip


def main() -> None:
    """Read the options, run, print one object a line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true", help="one object a line (always so)")
    parser.add_argument("--env", action="append", default=[], metavar="PEER=PYTHON")
    parser.add_argument(
        "--peak", type=int, help="run a minute of a town of this size, print peak MB"
    )
    works: dict[str, Callable[[int], Iterator[Row]]] = {
        "paths": paths, "slider": slider,
        "record": lambda n: flow(n, LocalInertial, "record", 30, ("landlab", "itzi")),
        "full": lambda n: flow(n, ShallowWater, "full", 6, ("anuga",)),
        "hour": hour, "memory": memory,
    }  # fmt: skip
    parser.add_argument("--only", choices=works)
    options = parser.parse_args()
    ENVIRONMENTS.update(text.split("=", 1) for text in options.env)
    if options.peak:
        storm_on(options.peak, 1.0, 1)
        print(peak_memory_mb())
        return
    n = 300 if options.quick else 1000
    for name in (options.only,) if options.only else works:
        for answer in works[name](n):
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
