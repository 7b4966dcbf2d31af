"""Nearby services on a real street network, beside the tools that planners use for them.

``python scripts/bench/reach.py [--quick] [--json] [--pbf FILE] [--peers PYTHON]``. The network is
an OpenStreetMap extract; ``--tiles`` lays it side by side for scale. Peers (pandarm, spopt, under
licences that keep them out of the product) run in an environment of their own: ``--peers`` names
its Python; without it they are printed as absent. Each work runs in its own process, so that the
peak of one is not that of another.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT)]
KINDS = 10
SPEED = 1.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--pbf", type=Path)
    parser.add_argument("--peers", default="")
    parser.add_argument("--tiles", type=int, default=12)
    parser.add_argument("--work", default="")
    parser.add_argument("--data", type=Path)
    asked = parser.parse_args()
    if asked.work:
        print(json.dumps(WORKS[asked.work](asked.data)))
        return
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        prepare(asked.pbf, data)
        repeats = 1 if asked.quick else 3
        compare("nearest of 10 kinds", "nearest", "pandarm", data, asked.peers, repeats)
        print(json.dumps({"work": "nearest against networkx", **exact(data)}), flush=True)
        compare(
            "500 isochrones of 1 km", "bands", "buffer and union", data, sys.executable, repeats
        )
        compare("MCLP 2,000 x 300", "cover", "spopt_cover", data, asked.peers, repeats)
        if not asked.quick:
            grow(data, asked.tiles)
            compare(
                "nearest of 10 kinds, tiled", "nearest_tiled", "pandarm tiled", data, asked.peers, 1
            )
            for work in ("whole", "whatif"):
                print(json.dumps(run(sys.executable, work, data)), flush=True)
            compare("p-median 2,000 x 300", "median", "spopt_median", data, asked.peers, 1)


def compare(title: str, ours: str, peer: str, data: Path, python: str, repeats: int) -> None:
    """One line: medians of alternating runs, peaks, and whether both gave the same."""
    mine, theirs = [], []
    for _ in range(repeats):
        mine.append(run(sys.executable, ours, data))
        if python:
            theirs.append(run(python, peer.replace(" ", "_"), data))
    line = {
        "work": title, "n": mine[0]["n"], "peer": peer.replace("_", " "),
        "ours_s": round(statistics.median(m["seconds"] for m in mine), 4),
        "ours_mb": round(max(m["mb"] for m in mine)), "peer_version": "absent",
        "peer_s": None, "peer_mb": None, "ratio": None, "equal": None,
    }  # fmt: skip
    if theirs and "seconds" in theirs[0]:
        seconds = statistics.median(t["seconds"] for t in theirs)
        line |= {
            "peer_version": theirs[0]["version"], "peer_s": round(seconds, 4),
            "peer_mb": round(max(t["mb"] for t in theirs)),
            "ratio": round(seconds / line["ours_s"], 1), "equal": agree(ours, mine[0], theirs[0], data),
        }  # fmt: skip
    if "gap" in mine[0]:
        line["gap"] = mine[0]["gap"]
    for name, runs in (("ours", mine), ("peer", theirs)):
        if runs and "work_mb" in runs[0]:
            line[f"{name}_work_mb"] = round(max(one["work_mb"] for one in runs))
    print(json.dumps(line), flush=True)


def agree(work: str, mine: dict, theirs: dict, data: Path) -> bool | None:
    """Covering and median: the same optimum. Nearest is held to networkx on a split graph instead."""
    if work in ("cover", "median"):
        gap = abs(mine["objective"] - theirs["objective"])
        return bool(gap <= 1e-6 * abs(theirs["objective"]))
    return None


def run(python: str, work: str, data: Path) -> dict:
    script = Path(__file__) if work in WORKS else Path(__file__).with_name("reach_peers.py")
    done = subprocess.run(
        [python, str(script), "--work", work, "--data", str(data)],
        capture_output=True, text=True, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    if done.returncode:
        return {"n": 0, "error": done.stderr[-400:]}
    # Some peers print as they go, without a new line at the end.
    found: dict = json.JSONDecoder().raw_decode(done.stdout[done.stdout.rindex('{"') :])[0]
    return found


# --- data ---------------------------------------------------------------------------------------------------
def prepare(pbf: Path | None, data: Path) -> None:
    """Walkways, homes (a point of each building) and services of ten kinds, as plain arrays."""
    import numpy as np
    import shapely

    from app.schema import Actor
    from app.services.from_osm import init_from_osm
    from app.store import PlanStore

    if pbf is None:
        raise SystemExit("--pbf FILE: an OpenStreetMap extract")
    made = init_from_osm(data / "plan", pbf, actor=Actor("bench"))
    with PlanStore.open(made.folder) as plan:
        ways, homes, services = (plan.read(n) for n in ("walkway", "building", "service"))
    ways = ways.sort_values("walkway_id", ignore_index=True)
    common = services["kind"].value_counts().index[:KINDS].tolist()
    services = services[services["kind"].isin(common)].sort_values("service_id")
    held = {
        "ways": list(shapely.force_2d(ways.geometry.to_numpy())),
        "grade": (~ways["kind"].isin(["overpass", "underpass"])).to_numpy(dtype=bool),
        "homes": shapely.get_coordinates(shapely.point_on_surface(homes.geometry.to_numpy())),
        "services": shapely.get_coordinates(shapely.point_on_surface(services.geometry.to_numpy())),
        "kind": np.array([common.index(k) for k in services["kind"]]),
    }
    (data / "town.pickle").write_bytes(pickle.dumps(held))
    graph, walker, homes_at, _ = built(held)
    _plain_graph(graph, data / "town_graph.pickle")
    matrix(graph, walker, homes_at, data)


def matrix(graph, walker, homes_at, data: Path) -> None:  # type: ignore[no-untyped-def]
    """2,000 homes against 300 candidates, the metres of every pair."""
    import numpy as np

    rng = np.random.default_rng(6)
    on = np.flatnonzero(homes_at.edge >= 0)
    picked = rng.permutation(on)
    demand, candidates = np.sort(picked[:2000]), picked[2000:2300]
    distance = np.empty((len(demand), len(candidates)))
    for k, one in enumerate(candidates):
        field = walker.field(homes_at.take(np.array([one])))
        distance[:, k] = walker.ways(homes_at.take(demand), field).cost
    main = np.isfinite(distance).any(axis=1)
    distance = np.nan_to_num(distance, posinf=1e6)
    np.savez(
        data / "siting.npz", distance=distance[main], weight=rng.integers(1, 40, int(main.sum()))
    )


def grow(data: Path, tiles: int) -> None:
    """The town laid side by side until it holds 100,000 homes."""
    import numpy as np
    import shapely

    held = pickle.loads((data / "town.pickle").read_bytes())
    west, south, east, north = shapely.total_bounds(held["ways"])
    side = int(np.ceil(np.sqrt(tiles)))
    moves = [
        ((k % side) * (east - west + 500), (k // side) * (north - south + 500))
        for k in range(tiles)
    ]
    held = {
        "ways": [shapely.transform(w, lambda xy, m=m: xy + m) for m in moves for w in held["ways"]],
        "grade": np.tile(held["grade"], tiles),
        "homes": np.concatenate([held["homes"] + m for m in moves]),
        "services": np.concatenate([held["services"] + m for m in moves]),
        "kind": np.tile(held["kind"], tiles),
    }
    (data / "big.pickle").write_bytes(pickle.dumps(held))
    _plain_graph(built(held)[0], data / "big_graph.pickle")


def _plain_graph(graph, file: Path) -> None:  # type: ignore[no-untyped-def]
    """Nodes and edges for the peers: (x, y), (u, v, metres)."""
    edges = [
        (int(a), int(b), float(m)) for a, b, m in zip(graph.u, graph.v, graph.length_m, strict=True)
    ]
    file.write_bytes(pickle.dumps((graph.node_xy.tolist(), edges)))


def built(held):  # type: ignore[no-untyped-def]
    """(graph, walker, homes joined, services joined)."""
    import numpy as np

    from app.geo.walking import Gates, Tolerances, build_graph
    from app.geo.ways import Walker

    ways = np.array(held["ways"], dtype=object)
    graph = build_graph(
        ways, at_grade=held["grade"], walls=np.zeros(0, object), gates=Gates.none(),
        tolerances=Tolerances(0.01, 2.0),
    )  # fmt: skip
    walker = Walker(graph, np.ones(len(graph.u)), with_legs=True)
    joined = [graph.snap_points(held[name], limit_m=1000.0) for name in ("homes", "services")]
    return graph, walker, joined[0], joined[1]


# --- our works ----------------------------------------------------------------------------------------------
def peak_mb() -> float:
    """The most that this process held so far; 0 where the system does not tell.

    Linux hands the peak of ``getrusage`` on to a started program, so that of whoever started it
    would count; ``VmHWM`` begins anew.
    """
    return _status("VmHWM")


def _status(name: str) -> float:
    try:
        lines = Path("/proc/self/status").read_text("ascii").splitlines()
    except OSError:
        return 0.0
    told = [line.split()[1] for line in lines if line.startswith(name)]
    return int(told[0]) / 1024 if told else 0.0


def held_mb() -> float:
    """What this process holds now; 0 where the system does not tell."""
    return _status("VmRSS")


def nearest(data: Path, town: str = "town") -> dict:
    """From lines and points to distance, facility and verdict: graph, edge snap, search, judgement."""
    held = pickle.loads((data / f"{town}.pickle").read_bytes())
    _warm(held)
    before, began = held_mb(), time.perf_counter()
    _, walker, homes, services = built(held)

    def judged(kind: int) -> int:
        own = services.take((held["kind"] == kind).nonzero()[0])
        return int((walker.ways(homes, walker.field(own)).cost <= 500).sum())

    with ThreadPoolExecutor(max_workers=min(os.cpu_count() or 1, 4)) as pool:
        verdicts = sum(pool.map(judged, range(KINDS)))
    return {
        "n": len(homes),
        "seconds": time.perf_counter() - began,
        "mb": peak_mb(),
        "work_mb": peak_mb() - before,
        "verdicts": verdicts,
    }


def nearest_tiled(data: Path) -> dict:
    return nearest(data, "big")


def _warm(held) -> None:  # type: ignore[no-untyped-def]
    """Compiled code is loaded once a machine: not part of the work."""
    small = {**held, "ways": held["ways"][:50], "grade": held["grade"][:50],
             "homes": held["homes"][:5], "services": held["services"][:5]}  # fmt: skip
    _, walker, homes, services = built(small)
    walker.ways(homes, walker.field(services))


def exact(data: Path) -> dict:
    """How far every home's way is from that of networkx on a graph that is split at every home and
    service, for three kinds; and the verdicts that flip, ours and the peer's, in % of true passes."""
    import networkx as nx
    import numpy as np

    held = pickle.loads((data / "town.pickle").read_bytes())
    graph, walker, homes, services = built(held)
    peer = np.load(data / "pandarm.npy") if (data / "pandarm.npy").exists() else None
    worst, flips, passes = 0.0, {"ours": 0, "peer": 0}, 0
    for kind in range(3):
        own = services.take((held["kind"] == kind).nonzero()[0])
        net = _split(nx.Graph(), graph, homes, own)
        far = nx.single_source_dijkstra_path_length(net, "all", weight="w")
        ways = walker.ways(homes, walker.field(own))
        on = np.flatnonzero(homes.edge >= 0)
        truth = np.array([far.get(("home", k), np.inf) for k in on.tolist()]) + homes.leg_m[on]
        same = np.isinf(truth) == np.isinf(ways.cost[on])
        there = np.isfinite(truth) & same
        gap = np.abs(truth[there] - ways.cost[on][there]).max(initial=0.0)
        worst = max(worst, float(gap) if same.all() else float("inf"))
        for limit in (300.0, 500.0, 1000.0):
            passes += int((truth <= limit).sum())
            flips["ours"] += int(((ways.cost[on] <= limit) != (truth <= limit)).sum())
            if peer is not None:
                flips["peer"] += int(((peer[on, kind] <= limit) != (truth <= limit)).sum())
    shares = {f"{name}_flips_percent": round(100 * n / passes, 2) for name, n in flips.items()}
    return {"largest_error_m": worst, **shares}


def _split(net, graph, homes, own):  # type: ignore[no-untyped-def]
    """The graph split at every place, all services joined to one node by their legs."""
    at: dict[int, list] = {}
    for name, places in (("home", homes), ("service", own)):
        for k in (places.edge >= 0).nonzero()[0].tolist():
            at.setdefault(int(places.edge[k]), []).append((float(places.offset_m[k]), name, k))
    for e in range(len(graph.u)):
        before, reached = int(graph.u[e]), 0.0
        for offset, name, k in sorted(at.get(e, [])):
            _shorter(net, before, (name, k), offset - reached)
            before, reached = (name, k), offset
        _shorter(net, before, int(graph.v[e]), float(graph.length_m[e]) - reached)
    for k in (own.edge >= 0).nonzero()[0].tolist():
        net.add_edge("all", ("service", k), w=float(own.leg_m[k]))
    return net


def _shorter(net, a, b, metres: float) -> None:  # type: ignore[no-untyped-def]
    if a != b and (not net.has_edge(a, b) or net[a][b]["w"] > metres):
        net.add_edge(a, b, w=metres)


def _origins(held):  # type: ignore[no-untyped-def]
    import numpy as np

    graph, walker, homes, _ = built(held)
    on = np.flatnonzero(homes.edge >= 0)
    return graph, walker, homes.take(np.random.default_rng(1).permutation(on)[:500])


def bands(data: Path) -> dict:
    """500 polygons, reach included."""
    import numpy as np

    from app.geo.isolines import Ribbons

    _, walker, origins = _origins(pickle.loads((data / "town.pickle").read_bytes()))
    ribbons = Ribbons(walker, 30.0)
    ribbons.around(origins.take(np.arange(2)), np.arange(2), 200.0)
    began = time.perf_counter()
    found = ribbons.around(origins, np.arange(500), 1000.0)
    return {"n": len(found), "seconds": time.perf_counter() - began, "mb": peak_mb()}


def buffer_and_union(data: Path) -> dict:
    """The usual recipe on the same stretches: buffer each by 30 m, union."""
    import numpy as np
    import shapely

    from app.geo.isolines import lines_of, reached

    _, walker, origins = _origins(pickle.loads((data / "town.pickle").read_bytes()))
    reached(walker, origins.take(np.arange(2)), np.arange(2), 200.0)
    began = time.perf_counter()
    found = reached(walker, origins, np.arange(500), 1000.0)
    for k in range(500):
        shapely.union_all(shapely.buffer(lines_of(walker, found.of(k)), 30.0))
    return {
        "n": 500,
        "seconds": time.perf_counter() - began,
        "mb": peak_mb(),
        "version": shapely.__version__,
    }


def _problem(data: Path):  # type: ignore[no-untyped-def]
    import numpy as np

    from app.analysis.siting.problem import Problem

    held = np.load(data / "siting.npz")
    n, c = held["distance"].shape
    return Problem(
        held["weight"].astype(float), held["distance"], 1000.0, 10, np.zeros(n, bool),
        np.full(n, np.inf), np.full(c, np.inf), np.ones(c),
    )  # fmt: skip


def cover(data: Path) -> dict:
    from app.analysis.siting.exact import cover as solve

    return _solved(data, solve)


def median(data: Path) -> dict:
    from app.analysis.siting.exact import median as solve

    return _solved(data, solve)


def _solved(data: Path, solve) -> dict:  # type: ignore[no-untyped-def]
    problem = _problem(data)
    began = time.perf_counter()
    plan = solve(problem, seconds=600.0)
    return {"n": len(problem.weight), "seconds": time.perf_counter() - began, "mb": peak_mb(),
            "objective": plan.value, "gap": plan.gap}  # fmt: skip


def _compounds(held, count: int):  # type: ignore[no-untyped-def]
    """Walls of square compounds around some homes, and a gate wherever a way crosses one."""
    import numpy as np
    import shapely

    rng = np.random.default_rng(9)
    xy = held["homes"][rng.permutation(len(held["homes"]))[:count]] + 0.37
    walls = shapely.boundary(shapely.box(*(xy - 100).T, *(xy + 100).T))
    ways = np.array(held["ways"], dtype=object)[held["grade"]]
    way, wall = shapely.STRtree(walls).query(ways, predicate="crosses")
    met = shapely.get_parts(shapely.intersection(ways[way], walls[wall]))
    return walls, met[shapely.get_type_id(met) == 0]


def _standing(data: Path):  # type: ignore[no-untyped-def]
    """The frames of the large town, and the declaration's rules."""
    import geopandas as gpd
    import numpy as np
    import pandas as pd
    import shapely

    from app.analysis import analysis_named
    from app.schema import layer_named
    from app.schema.analysis import Inputs
    from app.store.rule_files import load_all_rules

    held = pickle.loads((data / "big.pickle").read_bytes())
    reach = analysis_named("reach")
    rules = load_all_rules().supply(reach.rules)
    judged = [
        r.code for r in rules["facilities"].judged_by("walk", "count") if "block" not in r.level
    ][:25]
    rng = np.random.default_rng(3)

    def frame(name, shapes, **columns):  # type: ignore[no-untyped-def]
        table = pd.DataFrame(
            dict.fromkeys(layer_named(name).column_names), index=range(len(shapes))
        )
        return gpd.GeoDataFrame(table.assign(**columns), geometry=shapes, crs="EPSG:4544")

    def ids(prefix, n):  # type: ignore[no-untyped-def]
        return np.char.add(prefix, np.char.zfill(np.arange(n).astype(str), 7)).astype(object)

    homes, services = held["homes"], held["services"]
    walls, gates = _compounds(held, 20 * len(homes) // 9000)
    frames = {
        "walkway": frame("walkway", held["ways"], walkway_id=ids("W", len(held["ways"])),
                         kind=np.where(held["grade"], "shared", "overpass")),
        "building": frame("building", shapely.points(homes), building_id=ids("B", len(homes)),
                          use="residential", households=rng.integers(1, 60, len(homes))),
        "service": frame("service", shapely.points(services), service_id=ids("S", len(services)),
                         kind=rng.choice(judged, len(services)), state="existing"),
        "wall": frame("wall", walls, wall_id=ids("L", len(walls))),
        "gate": frame("gate", gates, gate_id=ids("G", len(gates)),
                      state=np.where(np.arange(len(gates)) % 2, "open", "closed")),
        **{name: frame(name, []) for name in ("unit_door", "community")},
        "stair_unit": pd.DataFrame(columns=list(layer_named("stair_unit").column_names)),
    }  # fmt: skip
    return reach, Inputs(frames, rules)


def whole(data: Path) -> dict:
    """A run over 100,000 buildings and 25 kinds with facilities, from raw layers to result rows."""
    reach, inputs = _standing(data)
    began = time.perf_counter()
    out = reach.run(inputs, reach.params(), lambda *_: None)
    spent = time.perf_counter() - began
    return {"work": "reach, 25 kinds with facilities", "n": len(inputs.frames["building"]), "seconds": round(spent, 2),
            "rows": len(out.layers["reach"]), "mb": round(peak_mb())}  # fmt: skip


def whatif(data: Path) -> dict:
    """Facilities placed and taken away, gates opened and shut on the same town; three of each are
    held to a standing made anew."""
    import numpy as np
    import shapely

    from app.analysis.nearby.params import ReachParams
    from app.analysis.nearby.standing import standing_of
    from app.analysis.nearby.whatif import Closed, GateChange, Live, Opened
    from app.geo.walking import BOTH_WAYS, SHUT

    _, inputs = _standing(data)
    live = Live(standing_of(inputs, ReachParams()))
    standing, rng = live.standing, np.random.default_rng(5)
    codes = sorted({kind.asked.row.code for kind in standing.kinds})
    homes = standing.starts.places.xy
    passing = {"open": BOTH_WAYS, "closed": SHUT}
    asked: dict[str, list] = {"placed": [], "removed": [], "gate": []}
    for k in range(30):
        place = shapely.Point(homes[rng.integers(len(homes))])
        asked["placed"].append(Opened(codes[k % len(codes)], place))
        asked["removed"].append(Closed(int(rng.integers(len(standing.services.ids)))))
        gate = int(rng.integers(len(standing.town.gate_ids)))
        asked["gate"].append(GateChange(gate, passing["closed" if gate % 2 else "open"]))
    live.ask([changes[0] for changes in asked.values()])
    told: dict[str, object] = {
        "work": "what-if",
        "n": len(homes),
        "gates": len(standing.town.gate_ids),
    }
    for name, changes in asked.items():
        seconds = []
        for change in changes:
            began = time.perf_counter()
            live.ask([change])
            seconds.append(time.perf_counter() - began)
        told |= {f"{name}_s": round(statistics.median(seconds), 4), f"{name}_most_s": round(max(seconds), 4)}  # fmt: skip
    told["equal"] = all(
        _as_anew(live, inputs, change) for changes in asked.values() for change in changes[:3]
    )
    return told | {"mb": round(peak_mb())}


def _as_anew(live, inputs, change) -> bool:  # type: ignore[no-untyped-def]
    """Whether a change, asked live, gives what a standing of the changed layers gives."""
    import geopandas as gpd
    import numpy as np
    import pandas as pd

    from app.analysis.nearby.standing import standing_of
    from app.analysis.nearby.whatif import Closed, GateChange
    from app.geo.walking import BOTH_WAYS
    from app.schema.analysis import Inputs

    standing, frames = live.standing, dict(inputs.frames)
    services = frames["service"]
    if isinstance(change, GateChange):
        gates = frames["gate"].copy()
        state = "open" if change.passing == BOTH_WAYS else "closed"
        gates.loc[gates["gate_id"] == standing.town.gate_ids[change.gate], "state"] = state
        frames["gate"] = gates
    elif isinstance(change, Closed):
        name = standing.services.ids[change.service]
        frames["service"] = services[services["service_id"] != name]
    else:
        row = {"service_id": "~1", "kind": change.kind, "state": "existing"}
        new = gpd.GeoDataFrame([row], geometry=[change.place], crs=services.crs).astype(object)
        new = new.reindex(columns=services.columns).set_crs(services.crs)
        frames["service"] = pd.concat([services, new], ignore_index=True)
    amended = live.ask([change])
    anew = standing_of(Inputs(frames, inputs.rules), standing.params)
    for kind, judged in zip(anew.kinds, anew.judged, strict=True):
        rule = kind.asked.row.rule_id
        mine, verdicts = amended.kinds.get(rule, standing.kind(rule))
        same = (
            np.array_equal(verdicts.verdict, judged.verdict)
            and np.array_equal(verdicts.missing, judged.missing)
            and np.array_equal(amended.verdict[rule], anew.verdict[rule])
        )
        if kind.ways is not None and mine.ways is not None:
            same &= np.allclose(mine.ways.metres, kind.ways.metres, rtol=0, atol=1e-6)
        if not same:
            return False
    return True


WORKS = {
    "nearest": nearest, "nearest_tiled": nearest_tiled, "bands": bands, "buffer_and_union": buffer_and_union, "cover": cover,
    "median": median, "whole": whole, "whatif": whatif,
}  # fmt: skip

if __name__ == "__main__":
    main()
