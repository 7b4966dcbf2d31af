"""What a run found of each pipe and manhole: rows of its result layer, unknown ones too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from app.analysis.sewers.clauses import Clauses
from app.analysis.sewers.engine import Answer
from app.analysis.sewers.model import Model
from app.analysis.sewers.network import RECTANGULAR
from app.schema import layer_named

FREE, FULL, BOTTLENECK, SURCHARGED, FLOODED, UNKNOWN = (
    "free", "full", "bottleneck", "surcharged", "flooded", "unknown",
)  # fmt: skip
_PREFIX = {"drain_load": "DL", "storm_drain": "SD"}
_NEARLY_M = 0.01  # heads are told to the centimetre


def asked_names(model: Model) -> tuple[list[str], list[str]]:
    """Nodes and links in the order of the model's tables, further outfalls at the end."""
    return [*model.nodes["name"], *model.twins], list(model.conduits["name"])


def drain_loads(
    model: Model, answer: Answer, pipes: pd.DataFrame, nodes: pd.DataFrame, clauses: Clauses, *,
    flood_m3: float, layer: str = "drain_load",
) -> gpd.GeoDataFrame:  # fmt: skip
    """Layer ``drain_load``, or ``storm_drain`` of a coupled run.

    A pipe that could not be routed is unknown, with the missing field.
    """
    lines = pipes.drop_duplicates("pipe_id").set_index("pipe_id")["geometry"]
    points = nodes.drop_duplicates("pipe_node_id").set_index("pipe_node_id")["geometry"]
    heads = _heads(model, answer)
    rows = _of_pipes(model, answer, heads, lines, clauses)
    rows += _of_nodes(model, answer, heads, points, clauses, flood_m3)
    rows += [
        {"target_layer": "pipe", "target_id": pipe, "verdict": UNKNOWN, "missing": why, "geometry": lines.get(pipe), **clauses.of_pipe(pipe, 0.0, 0.0)}
        for pipe, why in sorted(model.left_out.items())
    ]  # fmt: skip
    for number, row in enumerate(rows, start=1):
        row[f"{layer}_id"] = f"{_PREFIX[layer]}-{number:05d}"
    columns = [*layer_named(layer).column_names, "geometry"]
    crs = pipes.crs if isinstance(pipes, gpd.GeoDataFrame) else None
    return gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs=crs)


def _heads(model: Model, answer: Answer) -> dict[str, float]:
    """Highest water level at each node by the name that the model gives it."""
    nodes = model.nodes
    inverts = dict(zip(nodes["name"], nodes["invert_m"].astype(float), strict=True))
    by_id = dict(zip(nodes["pipe_node_id"], nodes["name"], strict=True))
    inverts |= {twin: inverts[by_id[node]] for twin, node in model.twins.items()}
    names = asked_names(model)[0]
    deep = answer.node_depth_m.tolist()
    return {name: inverts[name] + depth for name, depth in zip(names, deep, strict=True)}


def no_loads(crs: object) -> gpd.GeoDataFrame:
    """Layer ``storm_drain`` of a run without drains: no rows."""
    columns = [*layer_named("storm_drain").column_names, "geometry"]
    return gpd.GeoDataFrame(columns=columns, geometry="geometry", crs=crs)


def _of_pipes(
    model: Model, answer: Answer, heads: Mapping[str, float], lines: pd.Series, clauses: Clauses
) -> list[dict[str, Any]]:
    pipes = model.conduits.assign(
        deep=answer.link_depth_m, flow=answer.link_flow_m3_s, full=answer.link_full_min,
        limited=answer.link_over_min, fast=answer.link_velocity_m_s, able=_able(model.conduits),
        full_m2=_area_m2(model.conduits),
    )  # fmt: skip
    rows = []
    for row in pipes.to_dict("records"):
        pipe, high = str(row["pipe_id"]), float(row["height_m"])
        over = [heads[row[end]] - row[invert] - high for end, invert in (("from_name", "upper_m"), ("to_name", "lower_m"))]  # fmt: skip
        verdict = _verdict(*over, is_over=row["limited"] > 0)
        rows.append({
            "target_layer": "pipe", "target_id": pipe, "verdict": verdict,
            "fullness": round(min(row["deep"] / high, 1.0), 3), "full_min": round(row["full"], 1),
            "limited_min": round(row["limited"], 1), "surcharge_m": round(max(*over, 0.0), 3),
            "flow_max_m3_per_s": round(row["flow"], 4), "velocity_max_m_per_s": round(row["fast"], 3), "capacity_m3_per_s": round(row["able"], 4),
            "upper_level_m": round(heads[row["from_name"]], 3),
            "lower_level_m": round(heads[row["to_name"]], 3),
            "stood_in": model.filled.get(("pipe", pipe)), "geometry": lines.get(pipe),
            **clauses.of_pipe(pipe, row["fast"], row["able"] / row["full_m2"]),
        })  # fmt: skip
    return rows


def _verdict(upper_m: float, lower_m: float, *, is_over: bool) -> str:
    """A pipe under pressure at its upper end that carries more than its slope lets it is too small.

    Heads are above the crowns. Pressure from below, with less flow than it could carry, is full.
    """
    if upper_m > _NEARLY_M and is_over:
        return BOTTLENECK
    return FULL if max(upper_m, lower_m) > _NEARLY_M else FREE


def _able(pipes: pd.DataFrame) -> np.ndarray:
    """Flow of the full pipe by Manning on its own slope; 0 where it does not fall."""
    high, wide = pipes["height_m"].to_numpy(float), pipes["width_m"].to_numpy(float)
    is_box, area = _is_box(pipes), _area_m2(pipes)
    radius = np.where(is_box, high * wide / (2 * (high + wide)), high / 4)
    fall = (pipes["upper_m"] - pipes["lower_m"]) / pipes["length_m"]
    slope = np.clip(fall.to_numpy(float), 0.0, None)
    return np.asarray(area * radius ** (2 / 3) * np.sqrt(slope) / pipes["roughness_n"].to_numpy(float))  # fmt: skip


def _is_box(pipes: pd.DataFrame) -> np.ndarray:
    return (pipes["shape"] == RECTANGULAR).to_numpy(bool)


def _area_m2(pipes: pd.DataFrame) -> np.ndarray:
    high, wide = pipes["height_m"].to_numpy(float), pipes["width_m"].to_numpy(float)
    return np.where(_is_box(pipes), high * wide, np.pi * high**2 / 4)


def _of_nodes(
    model: Model,
    answer: Answer,
    heads: Mapping[str, float],
    points: pd.Series,
    clauses: Clauses,
    flood_m3: float,
) -> list[dict[str, Any]]:
    """Manholes and inlets; an outfall holds nothing back, so it has no row."""
    many = len(model.nodes)
    nodes = model.nodes.assign(
        flood=answer.node_flood_m3[:many], long=answer.node_flood_min[:many], head=[heads[name] for name in model.nodes["name"]]
    )  # fmt: skip
    crowns = pd.concat([
        (model.conduits["upper_m"] + model.conduits["height_m"]).groupby(model.conduits["from_node"]).max(),
        (model.conduits["lower_m"] + model.conduits["height_m"]).groupby(model.conduits["to_node"]).max(),
    ]).groupby(level=0).max()  # fmt: skip
    rows = []
    for row in nodes[nodes["kind"] != "outfall"].to_dict("records"):
        node = str(row["pipe_node_id"])
        over = max(row["head"] - float(crowns[node]), 0.0)
        verdict = FLOODED if row["flood"] > flood_m3 else SURCHARGED if over > _NEARLY_M else FREE
        rows.append({
            "target_layer": "pipe_node", "target_id": node, "verdict": verdict,
            "surcharge_m": round(over, 3), "flood_m3": round(row["flood"], 2),
            "flood_min": round(row["long"], 1), "upper_level_m": round(row["head"], 3),
            "stood_in": model.filled.get(("pipe_node", node)), "geometry": points.get(node),
            **clauses.of_node(node),
        })  # fmt: skip
    return rows
