"""The walking graph of a plan: its walkways, walls and gates as one kind of walker meets them."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.analysis.nearby.params import ADULT, OLDER, ReachParams
from app.errors import Text
from app.geo.walking import BOTH_WAYS, OUTWARD, SHUT, Gates, Tolerances, WalkingGraph, build_graph
from app.geo.ways import Walker
from app.rules.services import LifeCircleTable

Shapes = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]

# Below the accuracy of any survey of walkways: nothing is joined that was drawn apart.
SNAP_M = 0.01
OFF_GRADE = ("overpass", "underpass")


@dataclass(frozen=True)
class Town:
    """The graph with the ids behind its indices. ``per_metre`` turns metres into the metres that
    somebody of the standard's speed walks in the same time."""

    graph: WalkingGraph
    walker: Walker
    gate_ids: Shapes
    per_metre: float
    metres_per_minute: float


def town_of(
    walkways: gpd.GeoDataFrame,
    walls: gpd.GeoDataFrame,
    gates: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame,
    circles: LifeCircleTable,
    params: ReachParams,
) -> Town | None:
    """The graph as the parameters ask for it; None where the plan has no walkway."""
    ways = _drawn(walkways, "walkway_id")
    ways = ways[ways["barrier"].ne("blocked").fillna(True)]
    if not len(ways):
        return None
    kind = ways["kind"]
    graph = build_graph(
        _shapes(ways),
        at_grade=~kind.isin(OFF_GRADE).to_numpy(dtype=bool),
        walls=_walls(walls),
        gates=_gates(_drawn(gates, "gate_id"), communities, params),
        tolerances=Tolerances(SNAP_M, params.gate_tolerance_m),
    )
    per_metre = planning_m_per_s(circles) / _speed_m_per_s(circles, params)
    weight = _weights(ways, params)[graph.line] * per_metre
    gate_ids = _drawn(gates, "gate_id")["gate_id"].to_numpy(object)
    walker = Walker(graph, weight, with_legs=params.count_legs, leg_factor=per_metre)
    return Town(graph, walker, gate_ids, per_metre, planning_m_per_s(circles) * 60)


def planning_m_per_s(circles: LifeCircleTable) -> float:
    """The speed at which the standard's distances are its minutes."""
    speed = circles["calc/walking_speed_planning"].value_min
    assert speed is not None  # a test reads the row
    return speed


def _speed_m_per_s(circles: LifeCircleTable, params: ReachParams) -> float:
    if params.profile == ADULT:
        return planning_m_per_s(circles)
    if params.profile == OLDER:
        speed = circles["calc/walking_speed_elderly"].value_min
        assert speed is not None  # a test reads the row
        return speed
    return params.child_m_per_s


def _weights(ways: pd.DataFrame, params: ReachParams) -> Floats:
    """How many times its length each way counts for this walker."""
    if params.profile == ADULT:
        return np.ones(len(ways))
    has_steps = (
        ways["steps"].eq(True).fillna(False)
        | ways["kind"].eq("steps").fillna(False)
        | ways["barrier"].eq("steps").fillna(False)
    ).to_numpy(dtype=bool)
    slope = pd.to_numeric(ways["slope"], errors="coerce").abs().fillna(0.0).to_numpy(dtype=float)
    steps = np.where(has_steps, params.steps_factor, 1.0)
    weights: Floats = steps * (1.0 + params.slope_factor * slope)
    return weights


def _drawn(frame: gpd.GeoDataFrame, key: str) -> gpd.GeoDataFrame:
    """Rows with a place, in the order of their ids."""
    there = frame.geometry.notna() & ~frame.geometry.is_empty
    return frame[there].sort_values(key, ignore_index=True)


def _shapes(frame: gpd.GeoDataFrame) -> Shapes:
    flat: Shapes = np.asarray(shapely.force_2d(frame.geometry.to_numpy()), dtype=object)
    return flat


def _walls(walls: gpd.GeoDataFrame) -> Shapes:
    """Walls that nobody walks through: a wall of which that is not known is one."""
    standing = _drawn(walls, "wall_id")
    return _shapes(standing[~standing["passable"].eq(True).fillna(False).to_numpy(dtype=bool)])


def _gates(gates: gpd.GeoDataFrame, communities: gpd.GeoDataFrame, params: ReachParams) -> Gates:
    """A gate of unknown state counts as open; the run says how many there are."""
    timed = BOTH_WAYS if params.timed_gates_open else SHUT
    passing = {"closed": SHUT, "residents": OUTWARD, "timed": timed, "open": BOTH_WAYS}
    state = gates["state"].map(passing).fillna(BOTH_WAYS).to_numpy(dtype=np.int64)
    ground = dict(zip(communities["community_id"], communities.geometry, strict=True))
    inside = np.empty(len(gates), dtype=object)
    inside[:] = [ground.get(name) for name in gates["community_id"]]
    return Gates(_shapes(gates), state, inside)


def notes_of(town: Town, gates: gpd.GeoDataFrame) -> tuple[Text, ...]:
    """What was found wrong with the network, counted; nothing where all is well."""
    report, found = town.graph.report, town.graph.report.noding
    unknown = int(gates["state"].isna().sum())
    off = [str(town.gate_ids[k]) for k in report.gates_off_the_ways.tolist()]
    named = "、".join(off[:5]) + ("…" if len(off) > 5 else "")
    told = (
        (found.unsnapped_crossings, "处步行路相交而无节点，已打断", "crossings without a node were noded"),
        (found.duplicate_edges, "段重复步行路，只计一次", "walkway pieces delivered twice count once"),
        (found.loops, "段首尾同点的环路", "loops that begin and end at one node"),
        (report.pieces - 1, "片步行路与主网不连通", "pieces of the network are cut off from the largest"),
        (len(report.cuts_without_gate), "处围墙截断步行路而无出入口", "walls cut a walkway where no gate is"),
        (len(off), f"个出入口不在围墙与步行路相交处（{named}）", f"gates stand where no walkway meets a wall ({named})"),
        (unknown, "个出入口状态未知，按开放计", "gates of unknown state count as open"),
    )  # fmt: skip
    return tuple(Text(f"{n} {zh}", f"{n} {en}") for n, zh, en in told if n > 0)
