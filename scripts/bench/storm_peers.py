"""One peer of ``storm.py`` in an environment of its own, asked for one burst after another.

``python scripts/bench/storm_peers.py NAME TOWN.npz``: each line of a number on the standard input is
answered with the seconds of a step (flow) or of the whole work (paths), one JSON object a line.
itzi and topotoolbox are GPL: they are only ever run from here, beside this program.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

CELL_M, MANNING_N, WATER_M = 2.0, 0.03, 0.02
Burst = Callable[[int], dict[str, Any]]


def timed_steps(step: Callable[[], object]) -> Burst:
    """Seconds of a step over a number of them."""

    def run(steps: int) -> dict[str, Any]:
        began = time.perf_counter()
        for _ in range(steps):
            step()
        return {"s": (time.perf_counter() - began) / steps}

    return run


def landlab(z: Any, wet: Any) -> Burst:
    from landlab import RasterModelGrid  # type: ignore[import-not-found]
    from landlab.components import OverlandFlow  # type: ignore[import-not-found]

    grid = RasterModelGrid(z.shape, xy_spacing=CELL_M)
    grid.add_field("topographic__elevation", z.astype(float).ravel(), at="node")
    grid.add_field("surface_water__depth", wet.astype(float).ravel(), at="node")
    model = OverlandFlow(grid, mannings_n=MANNING_N, theta=0.8)
    return timed_steps(lambda: model.overland_flow(dt=min(model.calc_time_step(), 5.0)))


def itzi(z: Any, wet: Any) -> Burst:
    from itzi.rasterdomain import RasterDomain  # type: ignore[import-not-found]
    from itzi.surfaceflow import SurfaceFlowSimulation  # type: ignore[import-not-found]

    domain = RasterDomain(np.float32, np.zeros(z.shape, dtype=bool), (CELL_M, CELL_M))
    for name, values in (
        ("dem", z),
        ("water_depth", wet),
        ("friction", np.full_like(z, MANNING_N)),
    ):
        domain.get_padded(name)[:] = np.pad(values, 1, "edge")
    limits = {
        "dtmax": 5.0,
        "cfl": 0.7,
        "g": 9.81,
        "theta": 0.8,
        "hmin": 0.005,
        "slmax": 0.5,
        "vrouting": 0.1,
    }
    flow = SurfaceFlowSimulation(domain, limits)
    flow.update_flow_dir()

    def step() -> None:
        flow.solve_dt()
        flow.step()

    return timed_steps(step)


def anuga(z: Any, wet: Any) -> Burst:
    """Seconds of a step on as many triangles as there are cells."""
    import anuga as model  # type: ignore[import-not-found]

    side = round(np.sqrt(z.size / 4))  # four triangles to a square
    domain = model.rectangular_cross_domain(
        side, side, len1=z.shape[1] * CELL_M, len2=z.shape[0] * CELL_M
    )
    domain.set_store(False)
    domain.set_quantity("friction", MANNING_N)
    xy = domain.get_centroid_coordinates() / CELL_M
    at = (
        np.clip(xy[:, 1].astype(int), 0, z.shape[0] - 1),
        np.clip(xy[:, 0].astype(int), 0, z.shape[1] - 1),
    )
    domain.set_quantity("elevation", z[at].astype(float), location="centroids")
    domain.set_quantity("stage", (z[at] + wet[at]).astype(float), location="centroids")
    domain.set_boundary(
        dict.fromkeys(("left", "right", "top", "bottom"), model.Reflective_boundary(domain))
    )

    def run(seconds: int) -> dict[str, Any]:
        before, began = domain.number_of_steps, time.perf_counter()
        for _ in domain.evolve(yieldstep=seconds, duration=seconds):
            pass
        steps = max(domain.number_of_steps - before, 1)
        return {"s": (time.perf_counter() - began) / steps, "cells": len(domain)}

    return run


def pyflwdir(z: Any, wet: Any) -> Burst:
    import pyflwdir as model  # type: ignore[import-not-found]
    from pyflwdir import dem  # type: ignore[import-not-found]

    def run(_: int) -> dict[str, Any]:
        began = time.perf_counter()
        filled, d8 = dem.fill_depressions(z)
        up = model.from_array(d8, ftype="d8").upstream_area("cell")
        seconds = time.perf_counter() - began
        np.savez(sys.argv[2] + ".paths.npz", filled=filled, d8=d8, up=up)
        return {"s": seconds}

    return run


def topotoolbox(z: Any, wet: Any) -> Burst:
    import topotoolbox as model  # type: ignore[import-not-found]

    grid = model.GridObject()
    grid.z, grid.cellsize = z, CELL_M

    def run(_: int) -> dict[str, Any]:
        began = time.perf_counter()
        model.FlowObject(grid).flow_accumulation()
        return {"s": time.perf_counter() - began}

    return run


PEERS = {"landlab": landlab, "itzi": itzi, "anuga": anuga, "pyflwdir": pyflwdir, "topotoolbox": topotoolbox}  # fmt: skip


def main() -> None:
    """Answer bursts until the input ends; an empty answer at first if the peer is not installed."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a peer prints is no answer
    with np.load(sys.argv[2]) as held:
        z, wet = held["z"], held["wet"]
    try:
        burst = PEERS[sys.argv[1]](z, wet)
    except ImportError:
        print("{}", file=answers, flush=True)
        return
    from importlib.metadata import version

    print(json.dumps({"version": version(sys.argv[1])}), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(burst(int(line))), file=answers, flush=True)


if __name__ == "__main__":
    main()
