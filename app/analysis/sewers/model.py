"""A model of the drains for EPA SWMM: what goes in, what stays out and why, and its text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from app.analysis.sewers.network import BY_FOUL, RECTANGULAR, Network, missing_of, with_islands

NO_OUTFALL = "no_outfall"
_UNSAFE = str.maketrans({" ": "_", ";": "_", '"': "_", "\t": "_", "[": "_", "]": "_"})


@dataclass(frozen=True)
class Model:
    """Nodes and conduits that the engine can route.

    ``nodes``: pipe_node_id, name, invert_m, depth_m, kind, area_m2 (of a storage, else 0), x, y.
    ``conduits``: as of the network, with name, from_name, to_name. ``left_out`` says of each pipe
    that stays out which field is missing. ``twins`` are the further names of an outfall that
    several pipes reach: the engine allows each only one.
    """

    nodes: pd.DataFrame
    conduits: pd.DataFrame
    left_out: dict[str, str]
    twins: dict[str, str]
    stood_in: dict[str, int]
    filled: dict[tuple[str, str], str]


@dataclass(frozen=True)
class Options:
    """How the engine runs a model."""

    hours: float
    step_s: float
    least_step_s: float


def drain_model(network: Network, *, foul_outlets: bool) -> Model:
    """The part of the network that can be routed: complete pipes that lead to an outfall.

    ``foul_outlets``: a part without an outfall whose lowest node a foul sewer leaves or joins
    drains freely there, as combined sewers of a compound do; it is counted.
    """
    missing = missing_of(network.conduits, network.nodes)
    whole = network.conduits[missing == ""].reset_index(drop=True)
    left_out = {
        str(pipe): why
        for pipe, why in zip(network.conduits["pipe_id"], missing, strict=True)
        if why
    }
    nodes = _nodes_of(whole, network.nodes)
    outlets = _foul_outlets(whole, nodes, network.foul) if foul_outlets else set()
    nodes.loc[nodes["pipe_node_id"].isin(outlets), "kind"] = "outfall"
    wet = _led_out(whole, nodes)
    dry = ~whole["from_node"].isin(wet)
    left_out |= {str(pipe): NO_OUTFALL for pipe in whole.loc[dry, "pipe_id"]}
    whole = whole[~dry].reset_index(drop=True)
    nodes = nodes[nodes["pipe_node_id"].isin({*whole["from_node"], *whole["to_node"]})]
    counts = {**network.stood_in, BY_FOUL: len(outlets & set(nodes["pipe_node_id"]))}
    return _named(whole, nodes.reset_index(drop=True), left_out, counts, network.filled)


def _nodes_of(whole: pd.DataFrame, nodes: pd.DataFrame) -> pd.DataFrame:
    """The nodes of these pipes with the lowest invert that is known there and the depth to the rim.

    A rim below the crown of a pipe is lifted to it, as the engine does.
    """
    ends = pd.DataFrame({
        "node": np.concatenate([whole["from_node"], whole["to_node"]]),
        "invert": np.concatenate([whole["upper_m"], whole["lower_m"]]).astype(float),
        "high": np.concatenate([whole["height_m"], whole["height_m"]]).astype(float),
    })  # fmt: skip
    lowest = ends.groupby("node")["invert"].min()
    crown = (ends["invert"] + ends["high"]).groupby(ends["node"]).max()
    table = nodes[nodes["pipe_node_id"].isin(lowest.index)].reset_index(drop=True).copy()
    names = table["pipe_node_id"]
    own = table["invert_m"].astype(float)
    table["invert_m"] = np.fmin(own, names.map(lowest).to_numpy(float))
    rim = np.fmax(table["ground_m"].astype(float), names.map(crown).to_numpy(float))
    table["depth_m"] = rim - table["invert_m"]
    volume = table["volume_m3"].astype(float)
    tank = (table["kind"] == "storage") & (volume > 0)
    table["area_m2"] = np.where(tank, volume / table["depth_m"], 0.0)
    return table


def _foul_outlets(whole: pd.DataFrame, nodes: pd.DataFrame, foul: frozenset[str]) -> set[str]:
    """The lowest node of each part without an outfall, where a foul sewer takes its water."""
    found = set()
    for part in _parts(whole, nodes):
        if (part["kind"] == "outfall").any():
            continue
        lowest = str(part["pipe_node_id"].iloc[int(part["invert_m"].to_numpy(float).argmin())])
        if lowest in foul:
            found.add(lowest)
    return found


def _parts(whole: pd.DataFrame, nodes: pd.DataFrame) -> list[pd.DataFrame]:
    """The connected parts of what is complete; a missing pipe may have cut a part in two."""
    numbered = with_islands(whole, nodes.drop(columns="island"))
    return [part for _, part in numbered.groupby("island")]


def _led_out(whole: pd.DataFrame, nodes: pd.DataFrame) -> set[str]:
    return {
        str(node)
        for part in _parts(whole, nodes)
        if (part["kind"] == "outfall").any()
        for node in part["pipe_node_id"]
    }


def _named(
    whole: pd.DataFrame, nodes: pd.DataFrame, left_out: dict[str, str], counts: dict[str, int],
    filled: dict[tuple[str, str], str],
) -> Model:  # fmt: skip
    """Names that the engine reads as one word, each once, and one outfall for each last pipe."""
    node_names = _words(nodes["pipe_node_id"])
    whole = whole.assign(
        name=list(_words(whole["pipe_id"]).values()),
        from_name=whole["from_node"].map(node_names), to_name=whole["to_node"].map(node_names),
    )  # fmt: skip
    outfalls = set(nodes.loc[nodes["kind"] == "outfall", "pipe_node_id"])
    seen: dict[str, int] = {}
    twins: dict[str, str] = {}
    for end, name in (("to_node", "to_name"), ("from_node", "from_name")):
        told = []
        for node, word in zip(whole[end].astype(str), whole[name].astype(str), strict=True):
            if node in outfalls:
                seen[node] = seen.get(node, 0) + 1
            if seen.get(node, 0) > 1:
                word = f"{node_names[node]}~{seen[node]}"
                twins[word] = node
            told.append(word)
        whole[name] = told
    nodes = nodes.assign(name=nodes["pipe_node_id"].map(node_names))
    return Model(nodes, whole, left_out, twins, counts, filled)


def _words(ids: Iterable[object]) -> dict[str, str]:
    names: dict[str, str] = {}
    used: set[str] = set()
    for one in ids:
        name = base = str(one).translate(_UNSAFE)
        number = 1
        while name.upper() in used:  # the engine does not tell capitals from small letters
            number += 1
            name = f"{base}_{number}"
        used.add(name.upper())
        names[str(one)] = name
    return names


# --- text --------------------------------------------------------------------------------------------
def model_text(model: Model, options: Options, more: Sequence[str] = ()) -> str:
    """The model as an input file of EPA SWMM 5: dynamic wave, cubic metres a second.

    Pipes that stay out stand in the file as comments. Water that overflows is not ponded: it
    belongs to the surface. ``more`` are further sections.
    """
    nodes, pipes = model.nodes, model.conduits
    parts = [
        section("TITLE", _title(model)),
        section("OPTIONS", _options(options)),
        section("JUNCTIONS", _junctions(nodes)),
        section("OUTFALLS", _outfalls(model)),
        section("STORAGE", _storages(nodes)),
        section("CONDUITS", _conduits(pipes)),
        section("XSECTIONS", _xsections(pipes)),
        *more,
        section("REPORT", ["INPUT NO", "CONTROLS NO", "SUBCATCHMENTS NONE", "NODES NONE", "LINKS NONE"]),
        section("COORDINATES", _coordinates(nodes)),
    ]  # fmt: skip
    return "\n".join(part for part in parts if part)


def _title(model: Model) -> list[str]:
    names = zip(
        model.nodes["name"].astype(str), model.nodes["pipe_node_id"].astype(str), strict=True
    )
    renamed = [f";; {name} stands for {node}" for name, node in names if name != node]
    return [
        ";; storm and combined sewers",
        *(f";; left out: {pipe} ({why})" for pipe, why in sorted(model.left_out.items())),
        *(f";; stood in: {rule} {many}" for rule, many in sorted(model.stood_in.items()) if many),
        *renamed,
    ]


def _junctions(nodes: pd.DataFrame) -> list[str]:
    rows = nodes[(nodes["kind"] != "outfall") & (nodes["area_m2"] == 0)]
    return [
        f"{row.name} {row.invert_m:.4f} {row.depth_m:.4f} 0 0 0"
        for row in rows[["name", "invert_m", "depth_m"]].itertuples(index=False)
    ]


def _outfalls(model: Model) -> list[str]:
    rows = model.nodes[model.nodes["kind"] == "outfall"]
    inverts = dict(zip(rows["pipe_node_id"], rows["invert_m"].astype(float), strict=True))
    names = dict(zip(rows["name"], rows["pipe_node_id"], strict=True)) | model.twins
    return [f"{name} {inverts[node]:.4f} FREE NO" for name, node in names.items()]


def _storages(nodes: pd.DataFrame) -> list[str]:
    rows = nodes[(nodes["area_m2"] > 0) & (nodes["kind"] != "outfall")]
    return [
        f"{row.name} {row.invert_m:.4f} {row.depth_m:.4f} 0 FUNCTIONAL 0 0 {row.area_m2:.4f} 0 0"
        for row in rows[["name", "invert_m", "depth_m", "area_m2"]].itertuples(index=False)
    ]


def _conduits(pipes: pd.DataFrame) -> list[str]:
    columns = ["name", "from_name", "to_name", "length_m", "roughness_n", "upper_m", "lower_m"]
    return [
        f"{row.name} {row.from_name} {row.to_name} {row.length_m:.3f} {row.roughness_n:.5g} "
        f"{row.upper_m:.4f} {row.lower_m:.4f} 0 0"
        for row in pipes[columns].itertuples(index=False)
    ]


def _xsections(pipes: pd.DataFrame) -> list[str]:
    return [
        f"{row.name} RECT_CLOSED {row.height_m:.4f} {row.width_m:.4f} 0 0 1"
        if row.shape == RECTANGULAR
        else f"{row.name} CIRCULAR {row.height_m:.4f} 0 0 0 1"
        for row in pipes[["name", "shape", "height_m", "width_m"]].itertuples(index=False)
    ]


def _coordinates(nodes: pd.DataFrame) -> list[str]:
    rows = nodes[["name", "x", "y"]].dropna()
    return [f"{row.name} {row.x:.3f} {row.y:.3f}" for row in rows.itertuples(index=False)]


def _options(options: Options) -> list[str]:
    return [
        "FLOW_UNITS CMS", "INFILTRATION HORTON", "FLOW_ROUTING DYNWAVE", "LINK_OFFSETS ELEVATION",
        "MIN_SLOPE 0", "ALLOW_PONDING NO", "SKIP_STEADY_STATE NO",
        "START_DATE 01/01/2000", "START_TIME 00:00:00", "REPORT_START_DATE 01/01/2000",
        "REPORT_START_TIME 00:00:00", "END_DATE " + _day(options.hours),
        f"END_TIME {_clock(options.hours % 24)}", "REPORT_STEP 00:01:00", "WET_STEP 00:01:00",
        "DRY_STEP 00:01:00", f"ROUTING_STEP {options.step_s:g}", "VARIABLE_STEP 0.75",
        # Damping of inertia was measured to make water: 1.0 % against 0.1 % without it.
        f"MINIMUM_STEP {options.least_step_s:g}", "INERTIAL_DAMPING NONE",
        "NORMAL_FLOW_LIMITED BOTH", "THREADS 1",
    ]  # fmt: skip


def _day(hours: float) -> str:
    return f"01/{1 + int(hours // 24):02d}/2000"


def _clock(hours: float) -> str:
    seconds = round(hours * 3600)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def section(name: str, lines: Sequence[str]) -> str:
    """A section of an input file; empty where there is no line."""
    return "\n".join([f"[{name}]", *lines, ""]) if lines else ""
