"""Every shut passage opened once, alone, and what each household gains by it."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from app.analysis.nearby.judge import WITHIN
from app.analysis.nearby.params import ReachParams
from app.analysis.nearby.standing import Standing, standing_of
from app.analysis.nearby.whatif import Amended, GateChange, Live
from app.errors import Text
from app.geo.walking import BOTH_WAYS
from app.schema.analysis import Inputs, Outcome, Progress, no_progress
from app.schema.result_layers import GATE_ADVICE


@dataclass(frozen=True)
class Passage:
    """A gate, or a cut of a wall without one, with the households that gain if it is opened.

    ``kinds`` are (rule id, households that come to reach it), the most first.
    """

    gate: int
    gate_id: str
    x: float
    y: float
    gained: int
    kinds: tuple[tuple[str, int], ...]

    @property
    def is_gate(self) -> bool:
        return bool(self.gate_id)


def passages(live: Live, progress: Progress = no_progress) -> list[Passage]:
    """Every passage that is not open to all, the one that helps most households first."""
    standing = live.standing
    if standing.town is None:
        return []
    graph, ids = standing.town.graph, standing.town.gate_ids
    used = np.unique(graph.arc_gate[graph.arc_gate >= 0])
    shut = used[graph.passing[used] != BOTH_WAYS]
    found = []
    for number, gate in enumerate(shut.tolist()):
        progress(
            0.5 + 0.45 * number / len(shut),
            Text("逐一试开出入口", "opening one gate after another"),
        )
        gained, kinds = _gains(standing, live.ask([GateChange(gate, BOTH_WAYS)]))
        if not gained:
            continue
        node = graph.tails[np.flatnonzero(graph.arc_gate == gate)[0]]
        x, y = (float(value) for value in graph.node_xy[node])
        name = str(ids[gate]) if gate < len(ids) else ""
        found.append(Passage(gate, name, x, y, gained, kinds))
    return sorted(found, key=lambda one: (-one.gained, one.gate))


def _gains(standing: Standing, amended: Amended) -> tuple[int, tuple[tuple[str, int], ...]]:
    households = np.nan_to_num(standing.homes.households)
    anybody = np.zeros(len(households), dtype=bool)
    kinds = []
    for rule in amended.kinds:
        gained = (amended.verdict[rule] == WITHIN) & (standing.verdict[rule] != WITHIN)
        if gained.any():
            anybody |= gained
            kinds.append((rule, int(households[gained].sum())))
    kinds.sort(key=lambda kind: (-kind[1], kind[0]))
    return int(households[anybody].sum()), tuple(kinds)


def advise(inputs: Inputs, params: ReachParams, progress: Progress = no_progress) -> Outcome:
    """Layer ``gate_advice``: one row a passage that would help, ranked; ``kinds`` with households.

    A gate that lets only residents through is tried as open to all. Each is opened alone: what
    two gates bring together is asked on the map.
    """
    standing = standing_of(inputs, params, progress)
    found = passages(Live(standing), progress)
    codes = {item.row.rule_id: item.row.code for item in standing.asked}
    rows = [
        {
            "gate_advice_id": f"GA-{one.gate_id or cut_name(one)}",
            "target_layer": "gate" if one.is_gate else "wall",
            "target_id": one.gate_id or cut_name(one),
            "households_gained": one.gained,
            "kinds": [{"kind": codes[rule], "rule_id": rule, "households": n} for rule, n in one.kinds],
            "rank": rank,
        }
        for rank, one in enumerate(found, start=1)
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=list(GATE_ADVICE.column_names))
    points = [shapely.Point(one.x, one.y) for one in found]
    layer = gpd.GeoDataFrame(table, geometry=points, crs=inputs.frames["building"].crs)
    counts = {
        "gates_worth_opening": sum(one.is_gate for one in found),
        "wall_cuts_worth_opening": sum(not one.is_gate for one in found),
        "most_households_gained": max((one.gained for one in found), default=0),
    }
    return Outcome({"gate_advice": layer}, counts)


def cut_name(one: Passage) -> str:
    """A cut is named by its place, which stays the same from run to run."""
    return f"{one.x:.0f},{one.y:.0f}"
