"""The load of the drains on the map: pipes and manholes by verdict, and the profile of a line."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from app.analysis.sewers.network import Network, drain_network
from app.analysis.storm.params import COUPLED
from app.errors import Language, NotFoundError, Text, UsageError
from app.report.plain import document, is_missing
from app.rules.phrases import chinese
from app.rules.row import CONFIDENCES
from app.schema import LAYERS
from app.services.plans import OpenPlan
from app.services.staleness import result_states
from app.store.runs import RunRecord

_MOST_UP = 12  # pipes above the chosen one: a profile of a street, not of the town
_MOST_DOWN = 60
_WORST = 12
_GRAVEST = ("flooded", "surcharged", "bottleneck", "full", "unknown", "free")
_TOLD = ("fullness", "full_min", "limited_min", "surcharge_m", "flood_m3", "flow_max_m3_per_s",
         "velocity_max_m_per_s", "capacity_m3_per_s", "missing", "stood_in", "clause")  # fmt: skip
LAYER_OF = {"drainage": "drain_load", "storm": "storm_drain"}
_BALANCE_OF = {"drainage": "water balance", "storm": "drains:"}


def drains_told(plan: OpenPlan, language: Language, of: str = "drainage") -> dict[str, Any]:
    """The last run of the drains alone, or with the surface (``of="storm"``).

    Its balance, every pipe and manhole, the worst of each. ``has`` says which of both there are.
    """
    of = _asked(of)
    records = {name: _run_of(plan, name) for name in LAYER_OF}
    has = [name for name, one in records.items() if one is not None]
    record = records[of]
    if record is None:
        return {"of": of, "has": has, "run": None, "rows": [], "worst": []}
    state = next(s for s in result_states(plan.store, scenario=plan.scenario) if s.analysis == of)
    rows: list[dict[str, Any]] = plan.kept(
        ("drain rows", record.run_id), (LAYER_OF[of],), lambda: _rows(plan, LAYER_OF[of])
    )
    notes = sorted(record.notes, key=lambda note: not note["en"].startswith(_BALANCE_OF[of]))
    return {
        "of": of, "has": has,
        "run": {
            "finished_at": record.finished_at, "state": state.state, "counts": record.counts,
            "parameters": record.parameters,
            "notes": [note["zh" if language == "zh" else "en"] for note in notes],
        },
        "rows": rows,
        "worst": _worst(rows),
    }  # fmt: skip


def _asked(of: str) -> str:
    if of not in LAYER_OF:
        raise UsageError(
            Text(f"没有管网结果 {of}", f"there is no result of drains {of}"),
            where="of", fix=Text("drainage 或 storm", "drainage or storm"),
        )  # fmt: skip
    return of


def _run_of(plan: OpenPlan, name: str) -> RunRecord | None:
    """The last run; a storm counts where it was coupled with the drains."""
    record = plan.store.current_run(name, plan.scenario)
    if record is None or (name == "storm" and record.parameters.get("drains") != COUPLED):
        return None
    return record


def drain_facts(plan: OpenPlan, of: str, layer: str, row_id: str, language: Language) -> list[str]:
    """The evidence of a row in words: what the plan holds of it, and which limit it breaks."""
    frame = plan.frame(LAYER_OF[_asked(of)])
    own = frame[(frame["target_layer"] == layer) & (frame["target_id"] == row_id)]
    facts = document(own["evidence"].iloc[0]) or [] if len(own) else []
    return [told for fact in facts if (told := _fact(fact, language))]


def _fact(fact: dict[str, Any], language: Language) -> str:
    if "rule" in fact:
        name = chinese(fact["rule"]) if language == "zh" else fact["rule"].replace("_", " ")
        sure = CONFIDENCES[fact["confidence"]].in_language(language)
        return f"{name}: {fact['value']:g} / {fact['required']:g} {fact['unit']} ({sure})"
    column = LAYERS[fact["layer"]].column(fact["column"])
    value = fact["value"]
    if column.domain is not None:
        value = column.domain.label_of(str(value), language)
    return f"{column.label.in_language(language)} {value} {column.unit or ''}".strip()


def _rows(plan: OpenPlan, layer: str) -> list[dict[str, Any]]:
    frame = plan.frame(layer)
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
def drain_profile(plan: OpenPlan, pipe_id: str, of: str = "drainage") -> dict[str, Any]:
    """Ground, inverts, crowns and highest levels along the water's way through a pipe.

    Down to its outfall; up along the pipe that brings the most water.

    Raises
    ------
    NotFoundError
        No pipe of that id in the last run.
    """
    loads = plan.frame(LAYER_OF[_asked(of)])
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
