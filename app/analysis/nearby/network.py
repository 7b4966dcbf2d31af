"""The walking graph of a plan: its walkways, walls and gates as one kind of walker meets them."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.analysis.nearby.params import ADULT, OLDER, ReachParams
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
    wall_ids: Shapes
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
    """The graph as the parameters ask for it; None where the plan has no walkway of any length."""
    ways = _drawn(walkways, "walkway_id")
    ways = ways[ways["barrier"].ne("blocked").fillna(True)]
    if not len(ways):
        return None
    standing = _standing_walls(walls)
    kind = ways["kind"]
    graph = build_graph(
        _shapes(ways),
        at_grade=~kind.isin(OFF_GRADE).to_numpy(dtype=bool),
        walls=_shapes(standing),
        gates=_gates(_drawn(gates, "gate_id"), communities, params),
        tolerances=Tolerances(SNAP_M, params.gate_tolerance_m),
    )
    if not len(graph.u):
        return None
    per_metre = planning_m_per_s(circles) / _speed_m_per_s(circles, params)
    weight = _weights(ways, params)[graph.line] * per_metre
    gate_ids = _drawn(gates, "gate_id")["gate_id"].to_numpy(object)
    walker = Walker(graph, weight, with_legs=params.count_legs, leg_factor=per_metre)
    wall_ids = standing["wall_id"].to_numpy(object)
    return Town(graph, walker, gate_ids, wall_ids, per_metre, planning_m_per_s(circles) * 60)


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


def _standing_walls(walls: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Walls that nobody walks through: a wall of which that is not known is one."""
    drawn = _drawn(walls, "wall_id")
    return drawn[~drawn["passable"].eq(True).fillna(False).to_numpy(dtype=bool)]


def _gates(gates: gpd.GeoDataFrame, communities: gpd.GeoDataFrame, params: ReachParams) -> Gates:
    """A gate of unknown state counts as open; the run says how many there are."""
    timed = BOTH_WAYS if params.timed_gates_open else SHUT
    passing = {"closed": SHUT, "residents": OUTWARD, "timed": timed, "open": BOTH_WAYS}
    state = gates["state"].map(passing).fillna(BOTH_WAYS).to_numpy(dtype=np.int64)
    ground = dict(zip(communities["community_id"], communities.geometry, strict=True))
    inside = np.empty(len(gates), dtype=object)
    inside[:] = [ground.get(name) for name in gates["community_id"]]
    return Gates(_shapes(gates), state, inside)
