"""From homes, existing facilities and candidates to suggested sites with households and cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.analysis.nearby.facilities import Asked
from app.analysis.nearby.judge import WITHIN
from app.analysis.nearby.standing import Standing, standing_of
from app.analysis.siting.exact import cover, cover_all, median
from app.analysis.siting.params import ALL, MEDIAN, SitingParams
from app.analysis.siting.problem import Plan, Problem
from app.errors import Text, UsageError
from app.geo.ways import ROUNDING_M
from app.rules.services import FacilityRow
from app.schema.analysis import Inputs, Outcome, Progress, no_progress
from app.schema.result_layers import SITE

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Found:
    """The answer with what it was asked about; ``distance`` is that of homes to candidates."""

    standing: Standing
    asked: Asked
    rooms: gpd.GeoDataFrame
    problem: Problem
    plan: Plan
    item: Item


@dataclass(frozen=True)
class Item:
    """The item of the catalogue that builds the kind, with quantity and price of one site."""

    code: str
    unit: str
    quantity: float | None
    unit_cost_fen: int | None

    @property
    def cost_fen(self) -> int | None:
        if self.quantity is None or self.unit_cost_fen is None:
            return None
        return int(np.floor(self.quantity * self.unit_cost_fen + 0.5))


def place_sites(inputs: Inputs, params: SitingParams, progress: Progress = no_progress) -> Outcome:
    """Layer ``site``: one row a suggested site, the one that serves most households first.

    ``gap`` is how far the whole plan may be from the best there is, 0 where it is proven best.

    Raises
    ------
    UsageError
        A kind that is not judged on foot, or a budget without a price.
    """
    standing = standing_of(inputs, params, progress)
    progress(0.8, Text("求解选址", "searching for the best sites"))
    found = sites_of(standing, inputs, params)
    layer = _layer(found, params)
    plan, problem = found.plan, found.problem
    reachable = problem.covers.any(axis=1)
    counts = {
        "sites": len(plan.chosen),
        "households_gained": int(layer["households_gained"].sum()) if len(layer) else 0,
        "households_within_before": int(problem.weight[problem.served].sum()),
        "households_out_of_reach": int(problem.weight[~problem.served & ~reachable].sum()),
    }
    return Outcome({"site": layer}, counts, notes=_notes(found, params))


def sites_of(standing: Standing, inputs: Inputs, params: SitingParams) -> Found:
    """The problem of the kind and its best plan."""
    asked = _asked(standing, params.kind)
    rooms = inputs.frames["plot_room"]
    there = rooms.geometry.notna() & ~rooms.geometry.is_empty
    rooms = rooms[there].sort_values("plot_room_id", ignore_index=True)
    item = item_of(asked.row, inputs.rules)
    problem = problem_of(standing, asked, rooms, item, params)
    if not len(rooms):
        empty = np.zeros(0, dtype=np.int64)
        plan = Plan(empty, 0.0, 0.0, "optimal", np.zeros(len(problem.weight)))
    elif params.model == MEDIAN:
        plan = median(problem, seconds=params.seconds)
    elif params.model == ALL:
        plan = cover_all(problem, seconds=params.seconds)
    else:
        plan = cover(problem, seconds=params.seconds)
    return Found(standing, asked, rooms, problem, plan, item)


def _asked(standing: Standing, kind: str) -> Asked:
    for item in standing.asked:
        if item.row.code == kind and item.limit_m is not None and not item.by_straight:
            return item
    codes = [i.row.code for i in standing.asked if i.limit_m is not None and not i.by_straight]
    raise UsageError(
        Text(f"“{kind}”不按步行距离判定，不能选址", f"{kind} is not judged on foot"),
        where="kind",
        fix=Text("可用：" + "、".join(codes), "use one of: " + ", ".join(codes)),
    )


def problem_of(
    standing: Standing, asked: Asked, rooms: gpd.GeoDataFrame, item: Item, params: SitingParams
) -> Problem:
    """Homes of known households against candidates, by the way that each of them walks."""
    assert asked.limit_m is not None
    homes, n = standing.homes, len(rooms)
    kind, _ = standing.kind(asked.row.rule_id)
    distance = np.full((len(homes), n), np.inf)
    if standing.walk is not None and n:
        shapes = np.asarray(shapely.force_2d(rooms.geometry.to_numpy()), dtype=object)
        walker = standing.walk.town.walker
        joined = walker.graph.snap(shapes, limit_m=params.snap_limit_m)
        for k in range(n):
            field = walker.field(joined.take(np.array([k])))
            distance[:, k] = _by_home(standing, walker.ways(standing.walk.places, field).cost)
    existing = np.full(len(homes), np.inf)
    if kind.ways is not None:
        existing = _by_home(standing, kind.ways.cost)
    each = params.households_each or np.inf
    if params.budget_yuan and item.cost_fen is None:
        raise UsageError(
            Text("这类设施没有造价，不能按预算选址", "the kind has no price to spend a budget on"),
            where="budget_yuan",
            fix=Text("预算填 0，改限处数", "set the budget to 0 and limit the number of sites"),
        )
    return Problem(
        np.nan_to_num(homes.households), distance, asked.limit_m + ROUNDING_M,
        min(params.sites, max(n, 1)), standing.verdict[asked.row.rule_id] == WITHIN, existing,
        np.full(n, float(each)), np.full(n, float(item.cost_fen or 1)),
        params.budget_yuan * 100 if params.budget_yuan else np.inf,
    )  # fmt: skip


def _by_home(standing: Standing, cost: Floats) -> Floats:
    """The cost of each home: of its best door, or of its worst where any of them may be meant."""
    best = np.full(len(standing.homes), np.inf)
    worst = np.zeros(len(standing.homes))
    np.minimum.at(best, standing.starts.home, cost)
    np.maximum.at(worst, standing.starts.home, cost)
    return np.where(standing.homes.by_every_door, worst, best)


def item_of(row: FacilityRow, rules: Mapping[str, Any]) -> Item:
    """What building one costs: the smallest size that the standard allows at the table's price."""
    [*rule] = [r for r in rules["scope_rules"] if row.rule_id in r.kinds]
    if not rule:
        return Item("", "", None, None)
    code = rule[0].item_code
    price = {r.item_code: r for r in rules["item_unit_cost"]}.get(code)
    if price is None or price.unit_cost_yuan is None:
        return Item(code, "", None, None)
    classes = [
        float(r.value) for r in rules["complete_community"]
        if r.indicator == "classes_min" and r.name_en == row.name_en
    ]  # fmt: skip
    size = {
        "m2": row.floor_area_min_m2, "each": 1.0, "set": 1.0,
        "class": classes[0] if classes else None,
    }.get(price.unit)  # fmt: skip
    return Item(code, price.unit, size, round(price.unit_cost_yuan * 100))


def households_of(found: Found) -> Floats:
    """Households newly within the limit that each site serves, or is the nearest chosen one to."""
    problem, chosen = found.problem, found.plan.chosen
    if len(found.plan.loads) or not len(chosen):
        return found.plan.loads
    near = problem.covers[:, chosen]
    far = np.where(near, problem.distance[:, chosen], np.inf)
    share = found.plan.assigned if len(found.plan.assigned) else near.any(axis=1).astype(float)
    goes = np.where(near.any(axis=1), far.argmin(axis=1), -1)
    served = problem.weight * share
    sums = np.bincount(goes[goes >= 0], weights=served[goes >= 0], minlength=len(chosen))
    return np.asarray(sums, dtype=np.float64)


def _layer(found: Found, params: SitingParams) -> gpd.GeoDataFrame:
    chosen = found.rooms.iloc[found.plan.chosen]
    households = households_of(found)
    table = pd.DataFrame(
        {
            "site_id": [f"{found.asked.row.rule_id}-{name}" for name in chosen["plot_room_id"]],
            "kind": found.asked.row.code,
            "plot_room_id": chosen["plot_room_id"].to_numpy(object),
            "households_gained": np.round(households).astype(np.int64),
            "capacity": float(params.households_each) if params.households_each else np.nan,
            "cost_fen": pd.array([found.item.cost_fen] * len(chosen), dtype="Int64"),
            "gap": round(found.plan.gap, 9),
            "model": params.model,
        },
        columns=list(SITE.column_names),
    )
    points = entrances(found.standing, chosen)
    layer = gpd.GeoDataFrame(table, geometry=points, crs=found.rooms.crs)
    return layer.sort_values(["households_gained", "site_id"], ascending=[False, True], ignore_index=True)  # fmt: skip


def entrances(standing: Standing, rooms: gpd.GeoDataFrame) -> npt.NDArray[np.object_]:
    """Where each room or plot is entered: the place on its outline nearest to its walkway."""
    shapes = np.asarray(shapely.force_2d(rooms.geometry.to_numpy()), dtype=object)
    doors = np.asarray(shapely.point_on_surface(shapes), dtype=object)
    if standing.walk is None or not len(rooms):
        return doors
    graph = standing.walk.town.graph
    joined = graph.snap(shapes, limit_m=standing.params.snap_limit_m)
    on = np.flatnonzero(joined.edge >= 0)
    feet = shapely.line_interpolate_point(graph.shape[joined.edge[on]], joined.offset_m[on])
    doors[on] = shapely.get_point(shapely.shortest_line(shapes[on], feet), 0)
    return doors


def _notes(found: Found, params: SitingParams) -> tuple[Text, ...]:
    plan, notes = found.plan, []
    if plan.status == "optimal":
        notes.append(Text("已证明为最优解", "proven to be the best plan"))
    else:
        notes.append(
            Text(f"到时限为止，与最优解相差不超过 {100 * plan.gap:.2f} %",
                 f"at most {100 * plan.gap:.2f} % from the best, by the end of the time")
        )  # fmt: skip
    unknown = int(np.isnan(found.standing.homes.households).sum())
    if unknown:
        notes.append(Text(f"{unknown} 个单元或楼栋户数未知，不参与选址", f"{unknown} homes of unknown households take no part"))  # fmt: skip
    if found.item.cost_fen is None:
        notes.append(Text("造价未知：缺少单价或规模", "cost unknown: price or size is missing"))
    return tuple(notes)
