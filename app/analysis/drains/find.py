"""What keeps water from running through the drains, pipe by pipe and node by node."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from app.analysis.sewers.network import Network, circling, drain_network
from app.schema import layer_named
from app.schema.analysis import Inputs, NoParams, Outcome, Progress

ADVERSE, NO_INVERT, NO_SIZE, NO_NODE, ABOVE_GROUND, ISLAND, LOOP, OFF_TERRAIN = (
    "adverse_slope", "missing_invert", "missing_size", "missing_node", "above_ground", "no_outfall",
    "loop", "off_terrain",
)  # fmt: skip
_RISE_M = 0.005  # half a centimetre over a pipe is below what levelling can tell


def find_drain_faults(inputs: Inputs, params: NoParams, progress: Progress) -> Outcome:
    """Layer ``drain_state``: one row for each finding; a pipe may have several."""
    pipes, nodes = inputs.frames["pipe"], inputs.frames["pipe_node"]
    network = drain_network(pipes, nodes)
    found = [*_of_pipes(network), *_of_nodes(network), *_off(network, inputs.frames["terrain"])]
    shapes = {
        "pipe": pipes.set_index("pipe_id")["geometry"],
        "pipe_node": nodes.drop_duplicates("pipe_node_id").set_index("pipe_node_id")["geometry"],
    }
    rows: list[dict[str, Any]] = [
        {
            "drain_state_id": f"DS-{number:05d}", "target_layer": layer, "target_id": target,
            "finding": finding, "geometry": shapes[layer].get(target),
        }
        for number, (layer, target, finding) in enumerate(sorted(found), start=1)
    ]  # fmt: skip
    columns = [*layer_named("drain_state").column_names, "geometry"]
    crs = pipes.crs if isinstance(pipes, gpd.GeoDataFrame) else None
    frame = gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs=crs)
    names = (ADVERSE, NO_INVERT, NO_SIZE, NO_NODE, ABOVE_GROUND, ISLAND, LOOP, OFF_TERRAIN)
    counts = {"drain_pipes": len(network.conduits)}
    counts |= {name: int((frame["finding"] == name).sum()) for name in names}
    return Outcome({"drain_state": frame}, counts)


def _of_pipes(network: Network) -> list[tuple[str, str, str]]:
    pipes = network.conduits
    ground = network.nodes.set_index("pipe_node_id")["ground_m"].astype(float)
    tops = [
        pipes[end].map(ground).to_numpy(float) - pipes[invert].to_numpy(float)
        for end, invert in (("from_node", "upper_m"), ("to_node", "lower_m"))
    ]
    checks = {
        ADVERSE: pipes["lower_m"] > pipes["upper_m"] + _RISE_M,
        NO_INVERT: pipes["upper_m"].isna() | pipes["lower_m"].isna(),
        NO_SIZE: pipes["height_m"].isna(),
        NO_NODE: pipes["from_node"].isna() | pipes["to_node"].isna(),
        ABOVE_GROUND: pd.Series((tops[0] < 0) | (tops[1] < 0), index=pipes.index),
        LOOP: pipes["pipe_id"].isin(circling(network)),
    }
    return [
        ("pipe", str(pipe), finding)
        for finding, wrong in checks.items()
        for pipe in pipes.loc[wrong.to_numpy(bool), "pipe_id"]
    ]


def _of_nodes(network: Network) -> list[tuple[str, str, str]]:
    """The lowest node of each part of the network from which no outfall can be reached."""
    nodes = network.nodes
    dry = set(nodes["island"]) - set(nodes.loc[nodes["kind"] == "outfall", "island"])
    found = []
    for island in sorted(dry):
        part = nodes[nodes["island"] == island]
        level = part["invert_m"].astype(float).fillna(np.inf).to_numpy()
        found.append(("pipe_node", str(part["pipe_node_id"].iloc[int(level.argmin())]), ISLAND))
    return found


def _off(network: Network, terrain: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Nodes outside of every terrain of the plan; none where the plan has no terrain."""
    if not len(terrain):
        return []
    ground = shapely.union_all(terrain["geometry"].to_numpy(object))
    points = shapely.points(network.nodes[["x", "y"]].to_numpy(float))
    off = ~shapely.is_missing(points) & ~shapely.covers(ground, points)
    known = network.nodes["x"].notna().to_numpy(bool)
    return [
        ("pipe_node", str(node), OFF_TERRAIN)
        for node in network.nodes.loc[off & known, "pipe_node_id"]
    ]
