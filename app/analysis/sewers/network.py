"""The drains of a plan as nodes and conduits, with what is not known of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

STORM_SUBCLASSES = ("YS", "HS")
_OUT_OF_USE = ("abandoned", "removed", "planned")
_ENDS = (("from_node", "upper_m"), ("to_node", "lower_m"))
CIRCULAR, RECTANGULAR = "circular", "rectangular"

# Rules by which something that was not measured may be stood in for; each use is counted and told.
BY_NODE, BY_TERM, BY_TERRAIN, BY_FOUL, BY_LENGTH = (
    "invert_of_node", "usual_roughness", "ground_of_terrain", "foul_outlet", "short_pipe",
)  # fmt: skip
HeightAt = Callable[[npt.NDArray[np.float64], npt.NDArray[np.float64]], npt.NDArray[np.float64]]


@dataclass(frozen=True)
class Network:
    """Conduits from their upper to their lower node as the flow direction says, and the nodes.

    ``conduits``: pipe_id, subclass, from_node, to_node, length_m, shape, height_m, width_m, upper_m,
    lower_m, roughness_n; NaN where unknown. ``nodes``: pipe_node_id, invert_m, ground_m, kind,
    volume_m3, x, y, island (a number for each connected part). ``foul`` are the nodes that a foul
    sewer in use leaves or joins too. ``stood_in`` counts each rule that filled a gap, and
    ``filled`` says of which rows: {(layer, id): columns}.
    """

    conduits: pd.DataFrame
    nodes: pd.DataFrame
    foul: frozenset[str] = frozenset()
    stood_in: dict[str, int] = field(default_factory=dict)
    filled: dict[tuple[str, str], str] = field(default_factory=dict)


def drain_network(pipes: pd.DataFrame, nodes: pd.DataFrame) -> Network:
    """Storm and combined sewers in use, with the nodes that they join."""
    used = pipes[~pipes["status"].isin(_OUT_OF_USE)]
    own = used[used["subclass"].isin(STORM_SUBCLASSES)].sort_values("pipe_id", ignore_index=True)
    back = (own["flow_direction"] == "backward").to_numpy(bool)

    def turned(first: str, second: str) -> pd.Series:
        return own[first].where(~back, own[second])

    lines = own["geometry"].to_numpy(object) if len(own) else np.zeros(0, dtype=object)
    conduits = pd.DataFrame({
        "pipe_id": own["pipe_id"], "subclass": own["subclass"],
        "from_node": turned("start_node", "end_node"), "to_node": turned("end_node", "start_node"),
        "length_m": shapely.length(lines), **_sections(own),
        "upper_m": turned("start_invert_m", "end_invert_m").astype(float),
        "lower_m": turned("end_invert_m", "start_invert_m").astype(float),
        "roughness_n": own["roughness_n"].astype(float),
    })  # fmt: skip
    named = pd.unique(pd.concat([conduits["from_node"], conduits["to_node"]]).dropna())
    known = nodes.drop_duplicates("pipe_node_id").set_index("pipe_node_id").reindex(sorted(named))
    points = known["geometry"].to_numpy(object) if len(known) else np.zeros(0, dtype=object)
    table = known[["invert_m", "ground_m", "kind", "volume_m3"]].rename_axis("pipe_node_id")
    table = table.reset_index().assign(x=shapely.get_x(points), y=shapely.get_y(points))
    foul = used[used["subclass"] == "WS"]
    joined = frozenset(map(str, pd.concat([foul["start_node"], foul["end_node"]]).dropna()))
    return Network(conduits, with_islands(conduits, table), joined)


def _sections(own: pd.DataFrame) -> dict[str, object]:
    """Circular where a nominal size is given, else rectangular by width and height inside."""
    nominal = own["nominal_mm"].astype(float) / 1000
    wide, high = (own[name].astype(float) / 1000 for name in ("width_mm", "height_mm"))
    is_box = nominal.isna() & wide.notna() & high.notna()
    return {
        "shape": np.where(is_box, RECTANGULAR, CIRCULAR),
        "height_m": nominal.where(~is_box, high),
        "width_m": wide.where(is_box),
    }


def with_islands(conduits: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """The nodes with the number of the connected part that each belongs to."""
    place = {node: at for at, node in enumerate(table["pipe_node_id"])}
    joined = conduits.dropna(subset=["from_node", "to_node"])
    a, b = joined["from_node"].map(place), joined["to_node"].map(place)
    shape = (len(table), len(table))
    graph = coo_matrix((np.ones(len(joined)), (a.to_numpy(int), b.to_numpy(int))), shape=shape)
    labels: npt.NDArray[np.int32] = connected_components(graph, directed=False)[1]
    return table.assign(island=labels)


def circling(network: Network) -> list[str]:
    """Pipes from whose end the flow direction leads back to their beginning."""
    place = {node: at for at, node in enumerate(network.nodes["pipe_node_id"])}
    joined = network.conduits.dropna(subset=["from_node", "to_node"])
    a = joined["from_node"].map(place).to_numpy(int)
    b = joined["to_node"].map(place).to_numpy(int)
    graph = coo_matrix((np.ones(len(a)), (a, b)), shape=(len(place), len(place)))
    labels = connected_components(graph, directed=True, connection="strong")[1]
    return [str(pipe) for pipe in joined.loc[(labels[a] == labels[b]), "pipe_id"]]


# --- what is not known -------------------------------------------------------------------------------
def stood_in(
    network: Network, *, roughness_n: float, least_length_m: float, height_at: HeightAt | None
) -> Network:
    """The network with gaps filled by the stated rules, each use counted; other gaps stay.

    An end without invert takes the surveyed invert of its node, a pipe without roughness the usual
    one, a node without ground level that of the terrain (``height_at``), a pipe shorter than what
    the engine can step over the least length.
    """
    pipes, nodes = network.conduits.copy(), network.nodes.copy()
    filled: dict[tuple[str, str], list[str]] = {}
    counts: dict[str, int] = {}
    own = nodes.set_index("pipe_node_id")["invert_m"].astype(float)

    def fill(
        frame: pd.DataFrame, column: str, values: pd.Series, where: pd.Series, rule: str
    ) -> None:
        layer = "pipe" if frame is pipes else "pipe_node"
        frame.loc[where, column] = values[where]
        for row in frame.loc[where, f"{layer}_id"]:
            filled.setdefault((layer, str(row)), []).append(column)
        counts[rule] = counts.get(rule, 0) + int(where.sum())

    for end, invert in _ENDS:
        found = pipes[end].map(own)
        fill(pipes, invert, found, pipes[invert].isna() & found.notna(), BY_NODE)
    usual = pd.Series(roughness_n, index=pipes.index)
    fill(pipes, "roughness_n", usual, pipes["roughness_n"].isna(), BY_TERM)
    least = pd.Series(least_length_m, index=pipes.index)
    fill(pipes, "length_m", least, pipes["length_m"] < least_length_m, BY_LENGTH)
    if height_at is not None and len(nodes):
        nodes["ground_m"] = nodes["ground_m"].astype(float)
        ground = pd.Series(height_at(nodes["x"].to_numpy(float), nodes["y"].to_numpy(float)), nodes.index)  # fmt: skip
        fill(nodes, "ground_m", ground, nodes["ground_m"].isna() & ground.notna(), BY_TERRAIN)
    told = {key: ", ".join(columns) for key, columns in filled.items()}
    return replace(network, conduits=pipes, nodes=nodes, stood_in=counts, filled=told)


def missing_of(conduits: pd.DataFrame, nodes: pd.DataFrame) -> pd.Series:
    """What keeps each pipe out of a model: the fields that are missing, or an empty text."""
    ground = nodes.set_index("pipe_node_id")["ground_m"].astype(float)
    kinds = nodes.set_index("pipe_node_id")["kind"]
    gaps = {
        "start_node": conduits["from_node"].isna(), "end_node": conduits["to_node"].isna(),
        "nominal_mm": conduits["height_m"].isna() | ~(conduits["height_m"] > 0),
        "start_invert_m": conduits["upper_m"].isna(), "end_invert_m": conduits["lower_m"].isna(),
        "roughness_n": conduits["roughness_n"].isna(),
    }  # fmt: skip
    bare = pd.Series(False, index=conduits.index)
    for end in ("from_node", "to_node"):
        no_rim = conduits[end].map(ground).isna() & (conduits[end].map(kinds) != "outfall")
        bare |= conduits[end].notna() & no_rim
    gaps["ground_m"] = bare
    words = [
        ", ".join(name for name, missing in gaps.items() if bool(missing.iloc[at]))
        for at in range(len(conduits))
    ]
    return pd.Series(words, index=conduits.index, dtype=object)
