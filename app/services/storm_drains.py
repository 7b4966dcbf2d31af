"""The load of the drains on the map: pipes and manholes by verdict, and the profile of a line."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from app.analysis.sewers.network import Network, drain_network
from app.errors import Language, NotFoundError, Text
from app.report.plain import is_missing
from app.services.plans import OpenPlan
from app.services.staleness import result_states

_MOST_UP = 12  # pipes above the chosen one: a profile of a street, not of the town
_MOST_DOWN = 60
_WORST = 12
_GRAVEST = ("flooded", "surcharged", "bottleneck", "full", "unknown", "free")
_TOLD = ("fullness", "full_min", "limited_min", "surcharge_m", "flood_m3", "flow_max_m3_per_s",
         "capacity_m3_per_s", "missing", "stood_in")  # fmt: skip


def drains_told(plan: OpenPlan, language: Language) -> dict[str, Any]:
    """The last run of ``drainage``: its balance, every pipe and manhole, the worst of each."""
    record = plan.store.current_run("drainage", plan.scenario)
    if record is None:
        return {"run": None, "rows": [], "worst": []}
    state = next(s for s in result_states(plan.store, scenario=plan.scenario) if s.analysis == "drainage")  # fmt: skip
    rows: list[dict[str, Any]] = plan.kept(
        ("drain rows", record.run_id), ("drain_load",), lambda: _rows(plan)
    )
    return {
        "run": {
            "finished_at": record.finished_at, "state": state.state, "counts": record.counts,
            "parameters": record.parameters,
            "notes": [note["zh" if language == "zh" else "en"] for note in record.notes],
        },
        "rows": rows,
        "worst": _worst(rows),
    }  # fmt: skip


def _rows(plan: OpenPlan) -> list[dict[str, Any]]:
    frame = plan.frame("drain_load")
    frame = frame[frame["geometry"].notna()]
    flat = gpd.GeoSeries(shapely.force_2d(frame["geometry"].to_numpy(object)), crs=plan.store.meta.crs)  # fmt: skip
    shapes = flat.to_crs("EPSG:4326").to_numpy()
    told = []
    for row, shape in zip(frame.to_dict("records"), shapes, strict=True):
        points = np.round(shapely.get_coordinates(shape), 7).tolist()
        told.append({
            "layer": row["target_layer"], "id": row["target_id"], "verdict": row["verdict"],
            "points": points, **{name: None if is_missing(row[name]) else row[name] for name in _TOLD},
        })  # fmt: skip
    order = {verdict: rank for rank, verdict in enumerate(_GRAVEST)}
    return sorted(told, key=lambda one: (order[one["verdict"]], one["id"]))


def _worst(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Manholes by what comes up, then pipes by how long they hold water back."""
    nodes = [one for one in rows if one["verdict"] in ("flooded", "surcharged")]
    nodes.sort(key=lambda one: (-(one["flood_m3"] or 0), -(one["surcharge_m"] or 0), one["id"]))
    pipes = [one for one in rows if one["verdict"] == "bottleneck"]
    pipes.sort(key=lambda one: (-(one["limited_min"] or 0), one["id"]))
    return [*pipes[:_WORST], *nodes[:_WORST]]


# --- the profile --------------------------------------------------------------------------------------
def drain_profile(plan: OpenPlan, pipe_id: str) -> dict[str, Any]:
    """Ground, inverts, crowns and highest levels along the water's way through a pipe.

    Down to its outfall; up along the pipe that brings the most water.

    Raises
    ------
    NotFoundError
        No pipe of that id in the last run.
    """
    loads = plan.frame("drain_load")
    own = loads[loads["target_layer"] == "pipe"].set_index("target_id")
    network = plan.kept("drain network", ("pipe", "pipe_node"), lambda: drain_network(plan.frame("pipe"), plan.frame("pipe_node")))  # fmt: skip
    pipes: dict[str, dict[str, Any]] = {
        str(row["pipe_id"]): {str(name): value for name, value in row.items()}
        for row in network.conduits.to_dict("records")
    }
    if pipe_id not in own.index or pipe_id not in pipes:
        raise NotFoundError(
            Text(f"没有雨水、合流管段 {pipe_id} 的计算结果", f"no result of a drain {pipe_id}"),
            where=pipe_id[:64],
            fix=Text("在地图上点选一段雨水管，或先运行“雨水管网负荷”", "click a storm sewer on the map, or run the drains first"),
        )  # fmt: skip
    flows = own["flow_max_m3_per_s"].fillna(-1.0).to_dict()
    return _drawn(network, [pipes[one] for one in _way(pipes, flows, pipe_id)], own, pipe_id)


def _way(pipes: dict[str, dict[str, Any]], flows: dict[Any, float], chosen: str) -> list[str]:
    above: dict[object, list[str]] = {}
    below: dict[object, list[str]] = {}
    for name, row in pipes.items():
        above.setdefault(row["to_node"], []).append(name)
        below.setdefault(row["from_node"], []).append(name)
    way = [chosen]
    for most, ends, end, at in ((_MOST_UP, above, "from_node", 0), (_MOST_DOWN, below, "to_node", -1)):  # fmt: skip
        for _ in range(most):
            beside = [one for one in ends.get(pipes[way[at]][end], []) if one not in way]
            if not beside:
                break
            best = max(beside, key=lambda one: (flows.get(one, -1.0), one))
            way.insert(0, best) if at == 0 else way.append(best)
    return way


def _drawn(network: Network, way: list[dict[str, Any]], own: Any, chosen: str) -> dict[str, Any]:
    nodes = network.nodes.set_index("pipe_node_id")
    at = 0.0
    pieces, posts = [], [_post(nodes, way[0]["from_node"], 0.0)]
    for row in way:
        name, start, at = str(row["pipe_id"]), at, at + float(row["length_m"])
        load = own.loc[name] if name in own.index else {}
        pieces.append({
            "id": name, "from_m": round(start, 2), "to_m": round(at, 2), "chosen": name == chosen,
            "upper_m": _figure(row["upper_m"]), "lower_m": _figure(row["lower_m"]),
            "height_m": _figure(row["height_m"]), "verdict": str(load.get("verdict", "unknown")),
            "upper_level_m": _figure(load.get("upper_level_m")),
            "lower_level_m": _figure(load.get("lower_level_m")),
        })  # fmt: skip
        posts.append(_post(nodes, row["to_node"], at))
    return {"pipes": pieces, "nodes": posts, "length_m": round(at, 1)}


def _post(nodes: Any, node: object, at: float) -> dict[str, Any]:
    row = nodes.loc[node] if node in nodes.index else {}
    return {
        "id": None if is_missing(node) else str(node), "at_m": round(at, 2),
        "ground_m": _figure(row.get("ground_m")), "invert_m": _figure(row.get("invert_m")),
    }  # fmt: skip


def _figure(value: Any) -> float | None:
    return None if is_missing(value) else round(float(value), 3)
