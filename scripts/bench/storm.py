"""Water over a generated old neighbourhood: hollows, the slider, and flow in two ways.

``python scripts/bench/storm.py [--quick] [--json] [--only hollows|slider|record|full]``: each work alternates with
its peer, three times, and prints the median. Peers run from the environment of this Python and are
printed as absent where they are not installed: landlab (OverlandFlow) for the flow, pyflwdir for
the filled surface. ``updates_per_s`` is cells times steps over the seconds of the steps.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT)]

from app.geo.depressions import CLOSED, OPEN, depth_of, filled_z, find_hollows, leaf_sums, pour  # noqa: E402
from app.geo.inertial import GRAVITY  # noqa: E402
from app.geo.solvers import Limits, LocalInertial, ShallowWater  # noqa: E402

CELL_M, RAIN_M_PER_S, REPEATS = 2.0, 60 / 3.6e6, 3
WORKS = ("hollows", "slider", "record", "full")


def town(n: int) -> tuple[Any, Any]:
    """Heights and kinds of an n x n town: blocks of houses, streets 15 cm low, noise of 3 cm, sags."""
    rng = np.random.default_rng(4544)
    x, y = np.meshgrid(np.arange(n), np.arange(n))
    z = 5 + 0.002 * x + 0.001 * y + rng.normal(0, 0.03, (n, n))
    z -= 0.15 * ((x % 60 < 6) | (y % 60 < 6))
    z -= 0.3 * np.exp(-(((x % 170) - 80) ** 2 + ((y % 130) - 60) ** 2) / 60)
    house = (x % 30 > 12) & (y % 20 > 11) & (x % 60 >= 6) & (y % 60 >= 6)
    return z.astype(np.float32), np.where(house, CLOSED, OPEN).astype(np.uint8)


def version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "absent"


def timed(run: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    answer = run()
    return time.perf_counter() - began, answer


def row(
    work: str, n: int, ours: list[float], peer: str, theirs: list[float], **more: Any
) -> dict[str, Any]:
    ours_s = statistics.median(ours)
    peer_s = statistics.median(theirs) if theirs else None
    ratio = None if peer_s is None else round(peer_s / ours_s, 2)
    return {"work": work, "n": n, "peer": peer, "peer_version": version(peer) if peer else "", "ours_s": round(ours_s, 5),
            "peer_s": peer_s, "ratio": ratio, **more}  # fmt: skip


def hollows(n: int) -> Iterator[dict[str, Any]]:
    """The nested hollows and the filled surface; pyflwdir fills only."""
    z, kind = town(n)
    open_kind = np.zeros_like(kind)
    find_hollows(z[:50, :50], open_kind[:50, :50])
    installed = version("pyflwdir") != "absent"
    ours, theirs, equal = [], [], None
    for _ in range(REPEATS):
        seconds, found = timed(lambda: find_hollows(z, open_kind))
        ours.append(seconds)
        if installed:
            from pyflwdir import dem  # type: ignore[import-not-found]

            seconds, (filled, _) = timed(lambda: dem.fill_depressions(z))
            theirs.append(seconds)
            equal = bool(
                np.abs(filled - (filled_z(found) + np.float32(found.lowest_m))).max() < 1e-5
            )
    yield row("hollows", n * n, ours, "pyflwdir", theirs, equal=equal, nodes=found.nodes)


def slider(n: int) -> Iterator[dict[str, Any]]:
    """From millimetres to a raster of depth, once prepared; nobody else has this to compare with."""
    z, kind = town(n)
    found = find_hollows(z, kind)
    water = leaf_sums(found, np.where(kind == OPEN, 1, 0).astype(np.float32))
    ours, worst = [], 0.0
    for mm in (*np.linspace(2, 120, 20), *np.linspace(120, 2, 20)):
        seconds, poured = timed(lambda mm=mm: pour(found, water * (mm / 1000)))
        more, _ = timed(lambda poured=poured: depth_of(found, poured))
        ours.append(seconds + more)
        worst = max(
            worst,
            abs(poured.stored + poured.left - water.sum() * mm / 1000) / (water.sum() * mm / 1000),
        )
    yield row("slider", n * n, ours, "", [], equal=None, worst_s=round(max(ours), 5), balance=worst)


def flow(
    n: int, solver: type[LocalInertial] | type[ShallowWater], work: str, steps: int
) -> Iterator[dict[str, Any]]:
    """Cell updates a second on one thread and on two; landlab on its own threads beside ``record``."""
    z, kind = town(n)
    rough = np.full(z.shape, GRAVITY * 0.03**2, dtype=np.float32)
    limits = Limits(0.45 if solver is ShallowWater else 0.7, 5.0, 0.8, 1.0)
    peer = landlab_steps(z) if work == "record" and version("landlab") != "absent" else None
    for workers in (1, 2):
        water = solver(z, kind, rough, CELL_M, limits, workers=workers)
        water.h[kind == OPEN] = 0.02
        water.step(water.stable_s())
        ours, theirs = [], []
        for _ in range(REPEATS):
            seconds, _ = timed(
                lambda water=water: [water.step(water.stable_s()) for _ in range(steps)]
            )
            ours.append(seconds / steps)
            if peer is not None:
                theirs.append(peer())
        water.close()
        yield row(work, n * n, ours, "landlab" if work == "record" else "", theirs, equal=None,
                  threads=workers, updates_per_s=round(n * n / statistics.median(ours)))  # fmt: skip


def landlab_steps(z: Any) -> Callable[[], float]:
    """Seconds of one of landlab's steps on the same heights."""
    from landlab import RasterModelGrid  # type: ignore[import-not-found]
    from landlab.components import OverlandFlow  # type: ignore[import-not-found]

    grid = RasterModelGrid(z.shape, xy_spacing=CELL_M)
    grid.add_field("topographic__elevation", z.astype(float).ravel(), at="node")
    grid.add_full("surface_water__depth", 0.02, at="node")
    model = OverlandFlow(grid, mannings_n=0.03, theta=0.8, rainfall_intensity=RAIN_M_PER_S)

    def run() -> float:
        seconds, _ = timed(
            lambda: [model.overland_flow(dt=model.calc_time_step()) for _ in range(3)]
        )
        return seconds / 3

    return run


def main() -> None:
    """Read the options, run, print one object a line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true", help="one object a line (always so)")
    parser.add_argument("--only", choices=WORKS)
    options = parser.parse_args()
    n = 400 if options.quick else 1000
    works: dict[str, Callable[[], Iterator[dict[str, Any]]]] = {
        "hollows": lambda: hollows(n), "slider": lambda: slider(n),
        "record": lambda: flow(n, LocalInertial, "record", 40),
        "full": lambda: flow(n, ShallowWater, "full", 10),
    }  # fmt: skip
    for name in (options.only,) if options.only else WORKS:
        for answer in works[name]():
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
