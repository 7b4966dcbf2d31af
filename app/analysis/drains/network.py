"""The drains of a plan as nodes and conduits, and as an input file of EPA SWMM."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

STORM_SUBCLASSES = ("YS", "HS")
_OUT_OF_USE = ("abandoned", "removed", "planned")


@dataclass(frozen=True)
class Network:
    """Conduits from their upper to their lower node as the flow direction says, and the nodes.

    ``conduits``: pipe_id, from_node, to_node, length_m, diameter_m, upper_m, lower_m, roughness_n;
    NaN where unknown. ``nodes``: pipe_node_id, invert_m, ground_m, kind, island (a number for each
    connected part).
    """

    conduits: pd.DataFrame
    nodes: pd.DataFrame


def drain_network(pipes: pd.DataFrame, nodes: pd.DataFrame) -> Network:
    """Storm and combined sewers in use, with the nodes that they join."""
    own = pipes[pipes["subclass"].isin(STORM_SUBCLASSES) & ~pipes["status"].isin(_OUT_OF_USE)]
    own = own.sort_values("pipe_id", ignore_index=True)
    back = (own["flow_direction"] == "backward").to_numpy(bool)

    def turned(first: str, second: str) -> pd.Series:
        return own[first].where(~back, own[second])

    lines = own["geometry"].to_numpy(object) if len(own) else np.zeros(0, dtype=object)
    conduits = pd.DataFrame({
        "pipe_id": own["pipe_id"],
        "from_node": turned("start_node", "end_node"), "to_node": turned("end_node", "start_node"),
        "length_m": shapely.length(lines),
        "diameter_m": own["nominal_mm"].astype(float) / 1000,
        "upper_m": turned("start_invert_m", "end_invert_m").astype(float),
        "lower_m": turned("end_invert_m", "start_invert_m").astype(float),
        "roughness_n": own["roughness_n"].astype(float),
    })  # fmt: skip
    named = pd.unique(pd.concat([conduits["from_node"], conduits["to_node"]]).dropna())
    known = nodes.drop_duplicates("pipe_node_id").set_index("pipe_node_id").reindex(sorted(named))
    table = known[["invert_m", "ground_m", "kind"]].rename_axis("pipe_node_id").reset_index()
    return Network(conduits, table.assign(island=_islands(conduits, table["pipe_node_id"])))


def _islands(conduits: pd.DataFrame, ids: pd.Series) -> np.ndarray:
    place = {node: at for at, node in enumerate(ids)}
    joined = conduits.dropna(subset=["from_node", "to_node"])
    a, b = joined["from_node"].map(place), joined["to_node"].map(place)
    shape = (len(ids), len(ids))
    graph = coo_matrix((np.ones(len(joined)), (a.to_numpy(int), b.to_numpy(int))), shape=shape)
    labels: np.ndarray = connected_components(graph, directed=False)[1]
    return labels


def swmm_input(network: Network, *, hours: float, routing_s: float, roughness_n: float) -> str:
    """The network as an input file of EPA SWMM 5: dynamic wave, cubic metres a second.

    Conduits without size, inverts or nodes are left out and stand in the file as comments. An
    island without an outfall drains freely at its lowest node, which its comment says. Water that
    overflows is not ponded: it belongs to the surface.
    """
    whole = network.conduits.dropna(subset=["from_node", "to_node", "diameter_m", "upper_m", "lower_m"])  # fmt: skip
    left = sorted(set(network.conduits["pipe_id"]) - set(whole["pipe_id"]))
    lowest = pd.concat([
        whole.set_index("from_node")["upper_m"], whole.set_index("to_node")["lower_m"],
    ]).groupby(level=0).min()  # fmt: skip
    nodes = network.nodes[network.nodes["pipe_node_id"].isin(lowest.index)].set_index(
        "pipe_node_id"
    )
    invert = pd.Series(lowest.reindex(nodes.index)).combine(nodes["invert_m"].astype(float), np.fmin)  # fmt: skip
    outfalls = set(nodes.index[nodes["kind"] == "outfall"])
    has_outfall = set(nodes.loc[list(outfalls), "island"])
    added = [
        str(invert[nodes["island"] == island].idxmin())
        for island in sorted(set(nodes["island"]) - has_outfall)
    ]
    outfalls |= set(added)
    depth = (nodes["ground_m"].astype(float) - invert).clip(lower=0).fillna(0.0)
    parts = [
        _section("TITLE", [";; storm and combined sewers",
                           *(f";; left out, data missing: {name}" for name in left),
                           *(f";; no outfall known: {name} drains freely" for name in added)]),
        _section("OPTIONS", _options(hours, routing_s)),
        _section("JUNCTIONS", (f"{_name(n)} {invert[n]:.3f} {depth[n]:.3f} 0 0 0" for n in nodes.index if n not in outfalls)),
        _section("OUTFALLS", (f"{_name(n)} {invert[n]:.3f} FREE" for n in nodes.index if n in outfalls)),
        _section("CONDUITS", _conduits(whole, invert, roughness_n)),
        _section("XSECTIONS", (f"{_name(pipe)} CIRCULAR {size:.3f} 0 0 0" for pipe, size in zip(whole["pipe_id"], whole["diameter_m"], strict=True))),
    ]  # fmt: skip
    return "\n".join(parts)


def _conduits(whole: pd.DataFrame, invert: pd.Series, roughness_n: float) -> list[str]:
    """One line a conduit; its ends lie above the inverts of their nodes by the offsets."""
    start = whole["upper_m"].to_numpy(float) - whole["from_node"].map(invert).to_numpy(float)
    end = whole["lower_m"].to_numpy(float) - whole["to_node"].map(invert).to_numpy(float)
    rough = whole["roughness_n"].fillna(roughness_n).to_numpy(float)
    length = np.maximum(whole["length_m"].to_numpy(float), 1.0)
    names = zip(whole["pipe_id"], whole["from_node"], whole["to_node"], strict=True)
    return [
        f"{_name(pipe)} {_name(a)} {_name(b)} {length[i]:.3f} {rough[i]:.4f} {start[i]:.3f} {end[i]:.3f}"
        for i, (pipe, a, b) in enumerate(names)
    ]


def _options(hours: float, routing_s: float) -> list[str]:
    whole, minutes = int(hours), round((hours % 1) * 60)
    return [
        "FLOW_UNITS CMS", "FLOW_ROUTING DYNWAVE", "LINK_OFFSETS DEPTH", "ALLOW_PONDING NO",
        "START_DATE 01/01/2000", "START_TIME 00:00:00", "END_DATE 01/01/2000",
        f"END_TIME {whole:02d}:{minutes:02d}:00", "REPORT_STEP 00:01:00",
        f"ROUTING_STEP {routing_s:g}", "THREADS 1",
    ]  # fmt: skip


def _section(name: str, lines: Iterable[str]) -> str:
    return "\n".join([f"[{name}]", *lines, ""])


def _name(text: object) -> str:
    """A name that the engine reads as one word."""
    return str(text).replace(" ", "_").replace(";", "_")
