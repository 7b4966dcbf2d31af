"""1,000 drains in a storm of two hours: the engine alone, and asked for every node every 5 s.

``python scripts/bench/drains.py [--quick] [--json]``: both alternate three times and the medians
are told; ``ratio`` is the engine alone over the exchange, so 0.5 is twice the engine's own time.
The surface is not in it: it works while the engine does.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import statistics
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT)]

from app.engine.swmm import SwmmEngine  # noqa: E402

STREETS, EACH, EXCHANGE_S, REPEATS = 25, 40, 5.0, 3


def model(hours: float) -> tuple[str, list[str]]:
    """Streets of 40 drains of 40 m that fall into one trunk; inflow comes to every manhole."""
    junctions, conduits, sections, names = [], [], [], []
    for street in range(STREETS):
        for at in range(EACH):
            name = f"N{street}_{at}"
            below = f"N{street}_{at + 1}" if at + 1 < EACH else f"O{street}"
            invert = 20.0 - 0.08 * at
            junctions.append(f"{name} {invert:.3f} 3 0 0 0")
            conduits.append(f"C{street}_{at} {name} {below} 40 0.013 {invert:.3f} {invert - 0.08:.3f} 0 0")  # fmt: skip
            sections.append(f"C{street}_{at} CIRCULAR {0.4 if at < 20 else 0.6} 0 0 0")
            names.append(name)
    outfalls = [f"O{street} {20.0 - 0.08 * EACH:.3f} FREE NO" for street in range(STREETS)]
    inflows = [f'{name} FLOW "" FLOW 1 1 0.008' for name in names]
    options = [
        "FLOW_UNITS CMS", "FLOW_ROUTING DYNWAVE", "LINK_OFFSETS ELEVATION", "ALLOW_PONDING NO",
        "START_DATE 01/01/2000", "END_DATE 01/01/2000", f"END_TIME {int(hours):02d}:00:00",
        "ROUTING_STEP 5", "VARIABLE_STEP 0.75", "MINIMUM_STEP 0.5", "INERTIAL_DAMPING NONE", "THREADS 1",
    ]  # fmt: skip
    parts = {"OPTIONS": options, "JUNCTIONS": junctions, "OUTFALLS": outfalls, "CONDUITS": conduits,
             "XSECTIONS": sections, "INFLOWS": inflows}  # fmt: skip
    return "\n".join(f"[{name}]\n" + "\n".join(lines) for name, lines in parts.items()), names


def run(text: str, exchanged: list[str], seconds: float) -> tuple[float, float]:
    """Seconds of the whole run and the engine's outflow."""
    began = time.perf_counter()
    rng = np.random.default_rng(4544)
    with SwmmEngine().open(text, nodes=[], links=[], exchanged=exchanged) as session:
        step = EXCHANGE_S if exchanged else seconds
        until = 0.0
        while until < seconds:
            until += step
            # Every inflow changes every time: the most that a surface can ask.
            session.send(until, rng.random(len(exchanged)) * 1e-5)
            session.receive()
        totals = session.end().totals
    return time.perf_counter() - began, totals.outflow_m3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one hour in place of three")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    hours = 1.0 if parser.parse_args().quick else 3.0
    text, names = model(hours)
    alone, asked, outs = [], [], []
    for _ in range(REPEATS):
        for exchanged, seconds in (([], alone), (names, asked)):
            took, out = run(text, exchanged, hours * 3600)
            seconds.append(took)
            outs.append(out)
    plain_s, ours_s = statistics.median(alone), statistics.median(asked)
    print(json.dumps({
        "work": "drains", "n": len(names), "peer": "EPA SWMM alone",
        "peer_version": importlib.metadata.version("swmm-toolkit"), "ours_s": round(ours_s, 3),
        "peer_s": round(plain_s, 3), "ratio": round(plain_s / ours_s, 2),
        "equal": bool(max(outs) - min(outs) < 0.02 * max(outs)),
    }))  # fmt: skip


if __name__ == "__main__":
    main()
