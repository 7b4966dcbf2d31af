"""Checks of places: room for a lift, lanes kept free, things kept apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from app.analysis.checks.sheet import UNKNOWN, Records, Sheet, Words, number, said

_NEW_ROOMS = ("W13", "T01", "T02", "T03", "T05", "T06", "T07")


def _near(shapes: Words, others: Words, distance: float) -> pd.DataFrame:
    """Pairs (at, other) within the distance, with the gap in metres."""
    if not len(shapes) or not len(others):
        return pd.DataFrame({"at": [], "other": [], "gap": []})
    at, other = shapely.STRtree(others).query(shapes, predicate="dwithin", distance=distance)
    return pd.DataFrame(
        {"at": at, "other": other, "gap": shapely.distance(shapes[at], others[other])}
    )


def lift_room(records: Records, sheet: Sheet) -> None:
    """Pipes and trees in the strip before the doors of stair units that a lift item is planned for."""
    items = records.items[records.items["work_item_id"] == "W15"]
    units = records.rows("stair_unit")
    wanted = units[
        units["stair_unit_id"].isin(items.loc[items["target_layer"] == "stair_unit", "target_id"])
        | units["building_id"].isin(items.loc[items["target_layer"] == "building", "target_id"])
    ].reset_index(drop=True)
    doors = records.rows("unit_door")
    pipes = records.rows("pipe")
    pipes = pipes[pipes["status"].isin(["existing", "planned"])].reset_index(drop=True)
    trees = records.rows("tree")
    trees = trees[trees["state"].ne("removed").fillna(True)].reset_index(drop=True)
    door = wanted[["stair_unit_id", "building_id"]].merge(
        doors[["stair_unit_id", "unit_door_id", "geometry"]], on="stair_unit_id", how="left"
    )
    lacks = door["geometry"].isna()
    lost = wanted[wanted["stair_unit_id"].isin(door.loc[lacks, "stair_unit_id"])]
    sheet.add(
        "stair_unit",
        _with_community(records, lost),
        verdict=UNKNOWN,
        missing="unit_door",
        reason="单元门位置未知",
        reason_en="where its door is, is unknown",
    )
    door = door[~lacks].reset_index(drop=True)
    depth = sheet.rule.limit
    shapes = door["geometry"].to_numpy(object)
    parts = []
    for layer, rows in (("pipe", pipes), ("tree", trees)):
        found = _near(shapes, shapely.force_2d(rows["geometry"].to_numpy(object)), depth)
        found["layer"], found["id"] = (
            layer,
            rows[f"{layer}_id"].to_numpy(object)[found["other"].to_numpy(int)],
        )
        parts.append(found)
    hits = pd.concat(parts)
    told = hits.groupby("at").agg(gap=("gap", "min"), ids=("id", list), layers=("layer", list))
    bad = door.iloc[told.index.to_numpy(int)]
    held = _with_community(records, bad)
    sheet.add("stair_unit", held, value=told["gap"].to_numpy(float), required=depth, unit="m",
              reason=[f"门前 {depth:g} m 内有 {len(ids)} 处管线或树木" for ids in told["ids"]],
              reason_en=[f"{len(ids)} pipes or trees within {depth:g} m of the door" for ids in told["ids"]],
              evidence=[[{"layer": a, "id": b, "column": f"{a}_id", "value": b} for a, b in zip(la, ids, strict=True)]
                        for la, ids in zip(told["layers"], told["ids"], strict=True)])  # fmt: skip
    sheet.passed = len(wanted) - len(lost) - len(told)


def _with_community(records: Records, rows: pd.DataFrame) -> pd.DataFrame:
    of = records.rows("building").set_index("building_id")["community_id"]
    return rows.assign(community_id=rows["building_id"].map(of))


def charger_exit(records: Records, sheet: Sheet) -> None:
    rows = records.rows("asset")
    rows = rows[rows["kind"] == "bike_charger"].reset_index(drop=True)
    doors = records.rows("unit_door")
    found = _near(
        rows["geometry"].to_numpy(object), doors["geometry"].to_numpy(object), sheet.rule.limit
    )
    least = found.groupby("at")["gap"].min()
    bad = rows.iloc[least.index.to_numpy(int)]
    sheet.add("asset", bad, value=least.to_numpy(float), required=sheet.rule.limit, unit="m",
              reason=said("距单元门 {:.1f} m", least), reason_en=said("{:.1f} m from a unit door", least))  # fmt: skip
    sheet.passed = len(rows) - len(bad)


def bay_on_lane(records: Records, sheet: Sheet) -> None:
    rows = records.rows("asset")
    rows = rows[rows["kind"] == "parking_bay"].reset_index(drop=True)
    lanes = records.rows("road")
    lanes = lanes[lanes["fire_lane"].eq(True)]
    found = _near(rows["geometry"].to_numpy(object), lanes["geometry"].to_numpy(object), 0.0)
    bad = rows.iloc[np.unique(found["at"].to_numpy(int))]
    sheet.add("asset", bad, reason="停车位占用消防车道", reason_en="the bay lies on a fire lane")
    sheet.passed = len(rows) - len(bad)


def room_in_water(records: Records, sheet: Sheet) -> None:
    items = records.items[
        records.items["work_item_id"].isin(_NEW_ROOMS) & records.items["geometry"].notna()
    ]
    if not records.has("storm_zone"):
        sheet.add(
            "community_item",
            items,
            verdict=UNKNOWN,
            missing="storm_zone",
            reason="尚未运行积水分析",
            reason_en="the storm analysis was not run",
        )
        return
    zones = records.rows("storm_zone")
    found = _near(items["geometry"].to_numpy(object), zones["geometry"].to_numpy(object), 0.0)
    found["depth"] = number(zones["depth_max_m"])[found["other"].to_numpy(int)]
    deepest = found.groupby("at")["depth"].max()
    bad = items.iloc[deepest.index.to_numpy(int)]
    sheet.add("community_item", bad, value=deepest.to_numpy(float), required=0.0, unit="m",
              reason=said("位于积水区，最大水深 {:.2f} m", deepest), reason_en=said("in a risk zone, up to {:.2f} m deep", deepest))  # fmt: skip
    sheet.passed = len(items) - len(bad)


def tree_on_pipe(records: Records, sheet: Sheet) -> None:
    trees = records.rows("tree")
    trees = trees[trees["state"] == "planned"].reset_index(drop=True)
    pipes = records.rows("pipe")
    pipes = pipes[
        pipes["status"].isin(["existing", "planned"]) & pipes["laying"].ne("overhead").fillna(True)
    ].reset_index(drop=True)
    found = _near(
        trees["geometry"].to_numpy(object),
        shapely.force_2d(pipes["geometry"].to_numpy(object)),
        sheet.rule.limit,
    )
    least = found.groupby("at")["gap"].min()
    bad = trees.iloc[least.index.to_numpy(int)]
    sheet.add("tree", bad, value=least.to_numpy(float), required=sheet.rule.limit, unit="m",
              reason=said("新植树距管线 {:.1f} m", least), reason_en=said("planned {:.1f} m from a line", least))  # fmt: skip
    sheet.passed = len(trees) - len(bad)
