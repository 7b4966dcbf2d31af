"""Every shut passage opened once, alone, and what each household gains by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from app.analysis.gates.params import GateParams
from app.analysis.gates.stretches import Trials, stretches
from app.analysis.nearby.judge import WITHIN
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
    households = standing.homes.weight
    anybody = np.zeros(len(households), dtype=bool)
    kinds = []
    for rule in amended.kinds:
        gained = (amended.verdict[rule] == WITHIN) & (standing.verdict[rule] != WITHIN)
        if gained.any():
            anybody |= gained
            kinds.append((rule, int(households[gained].sum())))
    kinds.sort(key=lambda kind: (-kind[1], kind[0]))
    return int(households[anybody].sum()), tuple(kinds)


def advise(inputs: Inputs, params: GateParams, progress: Progress = no_progress) -> Outcome:
    """Layer ``gate_advice``: one row a passage that would help, ranked; ``kinds`` with households.

    A shut gate, a place where a wall cuts a way, or a stretch of a wall that nothing stands at. A
    gate that lets only residents through is tried as open to all. Each is opened alone: what two
    bring together is asked on the map.
    """
    standing = standing_of(inputs, params, progress)
    found = passages(Live(standing), progress)
    buildings = inputs.frames["building"].geometry.dropna().to_numpy()
    tried = Trials((), 0, 0)
    if params.try_walls:
        tried = stretches(standing, buildings, params, progress)
    layer = advice_of(standing, found, tried, inputs.frames["building"].crs)
    counts = {
        "gates_worth_opening": sum(one.is_gate for one in found),
        "wall_cuts_worth_opening": sum(not one.is_gate for one in found),
        "wall_stretches_worth_a_gate": len(tried.stretches),
        f"most_{standing.homes.unit}_gained": max(
            [one.gained for one in found] + [one.gained for one in tried.stretches], default=0
        ),
    }
    return Outcome({"gate_advice": layer}, counts, notes=_notes(standing, tried))


def advice_of(
    standing: Standing, found: Sequence[Passage], tried: Trials, crs: object
) -> gpd.GeoDataFrame:
    """Layer ``gate_advice``: passages and stretches together, ranked.

    Where no households are known, homes rank them and the number of households stays unknown.
    """
    rows = [*_of_passages(found), *_of_stretches(standing, tried)]
    rows.sort(key=lambda row: (-row["households_gained"], row["gate_advice_id"]))
    counted = standing.homes.unit
    codes = {item.row.rule_id: item.row.code for item in standing.asked}
    for rank, row in enumerate(rows, start=1):
        row["rank"] = rank
        row["kinds"] = [
            {"kind": codes[rule], "rule_id": rule, counted: n} for rule, n in row["kinds"]
        ]
        if counted == "homes":
            row["households_gained"] = None
    table = pd.DataFrame(rows, columns=[*GATE_ADVICE.column_names, "geometry"])
    return gpd.GeoDataFrame(table, geometry="geometry", crs=crs)


def _of_passages(found: Sequence[Passage]) -> list[dict[str, Any]]:
    return [
        {
            "gate_advice_id": f"GA-{one.gate_id or cut_name(one)}",
            "target_layer": "gate" if one.is_gate else "wall",
            "target_id": one.gate_id or cut_name(one),
            "households_gained": one.gained,
            "kinds": one.kinds,
            "geometry": shapely.Point(one.x, one.y),
        }
        for one in found
    ]


def _of_stretches(standing: Standing, tried: Trials) -> list[dict[str, Any]]:
    """The place of the new gate is in the id, the stretch that is as good is the geometry."""
    if standing.town is None:
        return []
    ids = standing.town.wall_ids
    return [
        {
            "gate_advice_id": f"GA-{ids[one.wall]}-{one.x:.0f},{one.y:.0f}",
            "target_layer": "wall",
            "target_id": str(ids[one.wall]),
            "households_gained": one.gained,
            "kinds": one.kinds,
            "geometry": one.line,
        }
        for one in tried.stretches
    ]


def _notes(standing: Standing, tried: Trials) -> tuple[Text, ...]:
    notes = []
    if standing.homes.unit == "homes":
        notes.append(Text("户数全部未知，按住宅（单元或楼栋）数排序", "no households are known; ranked by homes (units or buildings)"))  # fmt: skip
    if tried.left:
        notes.append(
            Text(f"围墙上还有 {tried.left} 处未试（只试最有希望的 {tried.tried} 处）",
                 f"{tried.left} places along walls were not tried, only the {tried.tried} most promising")
        )  # fmt: skip
    return tuple(notes)


def cut_name(one: Passage) -> str:
    """A cut is named by its place, which stays the same from run to run."""
    return f"{one.x:.0f},{one.y:.0f}"
