"""Before and after: what measures change in depth and households, for how much; money and risk apart."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import shapely

from app.errors import AnalysisError, Language, Text
from app.report.depth_png import CHANGE_STEPS_M, change_colours, change_png
from app.rules.cost import item_cost_fen
from app.schema.analysis import Raster
from app.services.plans import OpenPlan
from app.services.staleness import result_states
from app.services.storm import picture_of
from app.store.runs import RunRecord

DRAINAGE_ITEMS = ("B02", "B03")
_LISTED = 200
_SIDES = ("before", "after")


def compared(plan: OpenPlan, language: Language) -> dict[str, Any]:
    """Both sides of the scenario: households at risk, who is out of it, cost, households per 万元.

    ``ready`` is false where a side was not computed, or with other settings; ``why`` says which.
    """
    sides = [plan.through(""), plan]
    records = [_records(side) for side in sides]
    answer: dict[str, Any] = {"scenario": plan.scenario, "ready": False, "why": "", **_cost(plan)}
    if not plan.scenario:
        return answer | {"why": "no_scenario"}
    for name, found in zip(_SIDES, records, strict=True):
        if found is None:
            return answer | {"why": f"no_{name}"}
    before, after = records
    assert before is not None
    assert after is not None
    if before["storm"].parameters != after["storm"].parameters:
        return answer | {"why": "settings"}
    stale = [name for name, side in zip(_SIDES, sides, strict=True) if _is_stale(side)]
    return answer | _changed(plan, sides, language) | {
        "ready": True, "stale": stale, "parameters": after["storm"].parameters,
        "steps": [{"from_m": step, "worse": worse, "better": better} for step, (worse, better) in zip(CHANGE_STEPS_M, change_colours(), strict=True)],
    }  # fmt: skip


def _records(plan: OpenPlan) -> dict[str, RunRecord] | None:
    found = {name: plan.store.current_run(name, plan.scenario) for name in ("storm", "exposure")}
    return None if None in found.values() else {name: record for name, record in found.items() if record}  # fmt: skip


def _is_stale(plan: OpenPlan) -> bool:
    states = result_states(plan.store, scenario=plan.scenario)
    return any(s.state != "current" for s in states if s.analysis in ("storm", "exposure"))


def _cost(plan: OpenPlan) -> dict[str, Any]:
    """What the measures of the scenario cost that the plan has not."""
    rows = plan.frame("storm_measure")
    of_plan = set(plan.through("").frame("storm_measure")["storm_measure_id"])
    own = rows[~rows["storm_measure_id"].isin(of_plan)]
    cost = pd.to_numeric(own["cost_fen"], errors="coerce")
    return {
        "measures": len(own), "cost_fen": int(cost.fillna(0).sum()),
        "cost_unknown": int(cost.isna().sum()),
    }  # fmt: skip


def _changed(plan: OpenPlan, sides: list[OpenPlan], language: Language) -> dict[str, Any]:
    homes = [_homes(side) for side in sides]
    names = _names(plan)
    gone = homes[0][~homes[0]["target_id"].isin(homes[1]["target_id"])]
    come = homes[1][~homes[1]["target_id"].isin(homes[0]["target_id"])]
    out, into = (int(rows["households"].fillna(0).sum()) for rows in (gone, come))
    cost = _cost(plan)
    yuan_10k = cost["cost_fen"] / 1e6
    net = out - into
    return {
        "before": _side(homes[0], sides[0]), "after": _side(homes[1], sides[1]),
        "out": {"households": out, "unknown": int(gone["households"].isna().sum()), "buildings": _listed(gone, names)},
        "into": {"households": into, "unknown": int(come["households"].isna().sum()), "buildings": _listed(come, names)},
        "per_10k": round(net / yuan_10k, 2) if yuan_10k > 0 and not cost["cost_unknown"] else None,
    }  # fmt: skip


def _homes(plan: OpenPlan) -> pd.DataFrame:
    rows = plan.frame("storm_exposure")
    return rows[rows["target_layer"] == "building"]


def _side(homes: pd.DataFrame, plan: OpenPlan) -> dict[str, int]:
    zones = plan.frame("storm_zone")
    return {
        "households": int(homes["households"].fillna(0).sum()), "buildings": len(homes),
        "unknown": int(homes["households"].isna().sum()),
        "zone_m2": round(float(zones["area_m2"].fillna(0).sum())),
    }  # fmt: skip


def _names(plan: OpenPlan) -> Mapping[str, str]:
    buildings, communities = plan.table("building"), plan.table("community")
    place = communities.set_index("community_id")["name"]
    number = buildings["number"].fillna("").astype(str)
    shown = buildings["community_id"].map(place).fillna("").astype(str) + " " + number
    return dict(zip(buildings["building_id"], shown.str.strip(), strict=True))


def _listed(rows: pd.DataFrame, names: Mapping[str, str]) -> list[dict[str, Any]]:
    ordered = rows.sort_values(["households", "target_id"], ascending=[False, True])[:_LISTED]
    return [
        {
            "id": row.target_id, "name": names.get(str(row.target_id)) or row.target_id,
            "households": None if pd.isna(row.households) else int(row.households),
            "depth_m": round(float(row.depth_m), 2),
        }
        for row in _rows(ordered)
    ]  # fmt: skip


def _rows(frame: pd.DataFrame) -> list[Any]:
    return list(frame.itertuples())


def difference_picture(plan: OpenPlan) -> dict[str, Any]:
    """Depth after less depth before, as a picture.

    Raises
    ------
    AnalysisError
        A side was not computed, or on another grid.
    """
    before, after = (_depth(side) for side in (plan.through(""), plan))
    same = (before.values.shape, before.west, before.north) == (after.values.shape, after.west, after.north)  # fmt: skip
    if not same:
        raise AnalysisError(
            Text("前后两次计算的格网不同", "the two runs are on different grids"),
            where="storm",
            fix=Text("用相同设置重算两边", "run both sides with the same settings"),
        )
    picture = picture_of(plan, after)
    change = np.nan_to_num(after.values) - np.nan_to_num(before.values)
    flat = np.append(change.ravel(), np.float32(0.0)).astype(np.float32)
    image = base64.b64encode(change_png(flat[picture.cells])).decode()
    return {"image": f"data:image/png;base64,{image}", "bounds": picture.bounds}


def _depth(plan: OpenPlan) -> Raster:
    record = plan.store.current_run("storm", plan.scenario)
    if record is None:
        raise AnalysisError(
            Text("有一边还没有计算", "one side was not computed yet"),
            where="storm",
            fix=Text("点“前后各算一遍”", "run both sides"),
        )
    return plan.store.read_raster(record.run_id, "storm_depth")


# --- money and risk ------------------------------------------------------------------------------------
def money_and_risk(plan: OpenPlan) -> dict[str, Any] | None:
    """排水 items that lie in no zone, and communities at risk without such an item; None without runs.

    An item without a shape of its own lies where its community does.
    """
    if _records(plan) is None:
        return None
    items = plan.frame("community_item")
    items = items[items["work_item_id"].isin(DRAINAGE_ITEMS) & items["decision"].ne("rejected").fillna(True)]  # fmt: skip
    grounds = plan.frame("community").set_index("community_id")
    shapes = items["geometry"].where(items["geometry"].notna(), items["community_id"].map(grounds["geometry"]))  # fmt: skip
    tree = shapely.STRtree(plan.frame("storm_zone")["geometry"].to_numpy(object))
    at, _ = tree.query(shapes.to_numpy(object), predicate="intersects")
    hit = np.zeros(len(items), dtype=bool)
    hit[at] = True
    cost = item_cost_fen(items)
    homes = _homes(plan)
    uncovered = homes[~homes["community_id"].isin(items["community_id"].dropna())]
    by_place = uncovered.assign(place=uncovered["community_id"].fillna("")).groupby("place")
    names = grounds["name"].to_dict()
    return {
        "items": len(items), "cost_fen": int(cost.fillna(0).sum()),
        "outside_fen": int(cost[~hit].fillna(0).sum()),
        "outside": [
            {
                "id": row.community_item_id, "item": row.work_item_id,
                "community": names.get(row.community_id) or "",
                "cost_fen": None if pd.isna(fen) else int(fen),
            }
            for row, fen in zip(_rows(items[~hit]), cost[~hit], strict=True)
        ][:_LISTED],
        "uncovered_households": int(uncovered["households"].fillna(0).sum()),
        "uncovered": sorted((
            {
                "id": str(place), "community": names.get(place) or "", "buildings": len(part),
                "households": int(part["households"].fillna(0).sum()),
                "deepest_m": round(float(part["depth_m"].max()), 2),
            }
            for place, part in by_place
        ), key=lambda one: (-int(str(one["households"])), str(one["id"])))[:_LISTED],
    }  # fmt: skip
