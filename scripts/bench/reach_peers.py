"""The peers of ``reach.py``, run by an environment that holds them; nothing of the product is imported."""

from __future__ import annotations

import argparse
import json
import pickle
import time
from importlib.metadata import version
from pathlib import Path

KINDS = 10


def status_mb(name: str) -> float:
    """``VmHWM``: the most that this process held so far; ``VmRSS``: what it holds. 0 if not told."""
    try:
        lines = Path("/proc/self/status").read_text("ascii").splitlines()
    except OSError:
        return 0.0
    told = [line.split()[1] for line in lines if line.startswith(name)]
    return int(told[0]) / 1024 if told else 0.0


def peak_mb() -> float:
    return status_mb("VmHWM")


def pandarm(data: Path, town: str = "town") -> dict:
    """Build from nodes and edges, then the nearest of ten kinds; places join the nearest node."""
    import numpy as np
    import pandarm as peer
    import pandas as pd

    nodes, edges = pickle.loads((data / f"{town}_graph.pickle").read_bytes())
    held = pickle.loads((data / f"{town}.pickle").read_bytes())
    xy = np.array(nodes)
    table = pd.DataFrame(edges, columns=["u", "v", "m"])
    far = np.empty((len(held["homes"]), KINDS))
    before, began = status_mb("VmRSS"), time.perf_counter()
    net = peer.Network(
        pd.Series(xy[:, 0]), pd.Series(xy[:, 1]), table["u"], table["v"], table[["m"]]
    )
    homes = net.get_node_ids(held["homes"][:, 0], held["homes"][:, 1])
    for kind in range(KINDS):
        own = held["services"][held["kind"] == kind]
        net.set_pois(str(kind), 5000, 1, pd.Series(own[:, 0]), pd.Series(own[:, 1]))
        found = net.nearest_pois(5000, str(kind), num_pois=1, include_poi_ids=True)
        far[:, kind] = found.loc[homes].iloc[:, 0]
    seconds = time.perf_counter() - began
    if town == "town":
        np.save(data / "pandarm.npy", far)
    return {
        "n": len(homes),
        "seconds": seconds,
        "mb": peak_mb(),
        "work_mb": peak_mb() - before,
        "version": version("pandarm"),
    }


def pandarm_tiled(data: Path) -> dict:
    return pandarm(data, "big")


def spopt_cover(data: Path) -> dict:
    import numpy as np
    import pulp
    from spopt.locate import MCLP

    held = np.load(data / "siting.npz")
    began = time.perf_counter()
    model = MCLP.from_cost_matrix(held["distance"], held["weight"], 1000.0, p_facilities=10)
    model = model.solve(pulp.HiGHS(msg=False, threads=1))
    return {"n": len(held["weight"]), "seconds": time.perf_counter() - began, "mb": peak_mb(),
            "objective": float(pulp.value(model.problem.objective)), "version": version("spopt")}  # fmt: skip


def spopt_median(data: Path) -> dict:
    import numpy as np
    import pulp
    from spopt.locate import PMedian

    held = np.load(data / "siting.npz")
    began = time.perf_counter()
    model = PMedian.from_cost_matrix(held["distance"], held["weight"], p_facilities=10)
    model = model.solve(pulp.HiGHS(msg=False, threads=1))
    return {"n": len(held["weight"]), "seconds": time.perf_counter() - began, "mb": peak_mb(),
            "objective": float(pulp.value(model.problem.objective)), "version": version("spopt")}  # fmt: skip


WORKS = {
    "pandarm": pandarm,
    "pandarm_tiled": pandarm_tiled,
    "spopt_cover": spopt_cover,
    "spopt_median": spopt_median,
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", required=True)
    parser.add_argument("--data", type=Path, required=True)
    asked = parser.parse_args()
    print(json.dumps(WORKS[asked.work](asked.data)))
