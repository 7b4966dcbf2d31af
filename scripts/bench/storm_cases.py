"""The published cases of flowing water in full, with what is found beside what is known.

``python scripts/bench/storm_cases.py [--only CASE]``: one JSON object a line with a ``verdict``; a few
minutes in all. The cases and their sources stand in ``tests/oracles/water_cases.py``.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT)]

from app.geo.solvers import LocalInertial, ShallowWater  # noqa: E402
from tests.oracles import water_cases as cases  # noqa: E402

MODES: dict[str, type[cases.Water]] = {"record": LocalInertial, "full": ShallowWater}
Row = dict[str, Any]


def wave() -> Iterator[Row]:
    """Mean error over the wave's length after an hour; the record mode is short of the front."""
    for mode, solver in MODES.items():
        for cell in (50.0, 25.0, 10.0):
            found, right = cases.wave(solver, cell)
            off = float(np.abs(found - right).mean())
            yield {"mode": mode, "cell_m": cell, "mean_off_m": round(off, 4), "verdict": off < 0.07}


def v_catchment() -> Iterator[Row]:
    """Outflow at the end of the rain over rain times area; the balance until most has left."""
    for mode, solver in MODES.items():
        for cell in (20.0, 10.0):
            flow, left, stands = cases.v_catchment(solver, cell, end_s=21_600.0)
            good = abs(flow - 1) < 1e-3 and abs(left + stands - 1) < 1e-4
            yield {"mode": mode, "cell_m": cell, "outflow": round(float(flow), 5),
                   "balance": float(left + stands - 1), "verdict": bool(good)}  # fmt: skip


def channels() -> Iterator[Row]:
    """Steady channels in the full mode, finer and finer."""
    for cell in (0.5, 0.25, 0.125):
        for name, channel in (("subcritical bump", cases.subcritical_bump(cell)), ("transcritical bump", cases.transcritical_bump(cell)), ("MacDonald", cases.macdonald(cell * 40))):  # fmt: skip
            length = 30.0 if "bump" in name else 2400.0
            deeper = 1.0 if "bump" in name else 1.2
            found = cases.steady_depth(ShallowWater, channel, length, deeper=deeper)
            off = float(np.abs(found - channel.depth)[cases.ENDS : -cases.ENDS].mean())
            yield {"mode": "full", "channel": name, "cell_m": channel.cell_m,
                   "mean_off_m": round(off, 5), "verdict": off < 0.005}  # fmt: skip


def ea1() -> Iterator[Row]:
    """Test 1: 10.35 m at the peak and 10.25 m at the end at both points in the published models."""
    for mode, solver in MODES.items():
        peaks, ends = cases.ea1(solver)
        good = bool(np.allclose(peaks, 10.35, atol=0.01) and np.allclose(ends, 10.25, atol=0.01))
        yield {"mode": mode, "peak_m": np.round(peaks, 4).tolist(), "end_m": np.round(ends, 4).tolist(), "verdict": bool(good)}  # fmt: skip


def ea2() -> Iterator[Row]:
    """Test 2 after 48 hours: hollows full to their sills, the eastern ones dry, all of the water."""
    for mode, solver in MODES.items():
        depth, volume = cases.ea2(solver)
        good = depth[:, 3].max() < 0.01 and depth[:3, :2].min() > 0.3
        yield {"mode": mode, "depth_m": np.round(depth, 3).tolist(),
               "balance": volume / cases.EA2_M3 - 1, "verdict": bool(good)}  # fmt: skip


def ea4() -> Iterator[Row]:
    """Test 4 against two published solvers, and the arrival within the 5 minutes of the report."""
    for mode, solver in MODES.items():
        found, arrival = cases.ea4(solver)
        off = max(
            float(np.minimum(np.abs(np.subtract(found[t], cases.EA4_DG2[t])), np.abs(np.subtract(found[t], cases.EA4_ACC[t])))[np.array(cases.EA4_DG2[t]) > 0].max())
            for t in found
        )  # fmt: skip
        late = np.subtract(arrival, cases.EA4_ARRIVAL_S)
        yield {"mode": mode, "worst_off_m": round(off, 4), "arrival_off_s": np.round(late).tolist(),
               "verdict": bool(off < 0.01 and np.abs(late).max() < 300)}  # fmt: skip


CASES: dict[str, Callable[[], Iterator[Row]]] = {
    "wave": wave, "v_catchment": v_catchment, "channels": channels, "ea1": ea1, "ea2": ea2, "ea4": ea4,
}  # fmt: skip


def main() -> None:
    """Run the cases, print what they find."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=CASES)
    options = parser.parse_args()
    for name in (options.only,) if options.only else CASES:
        began = time.perf_counter()
        for answer in CASES[name]():
            print(json.dumps({"case": name} | answer), flush=True)
        print(json.dumps({"case": name, "seconds": round(time.perf_counter() - began, 1)}), flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
