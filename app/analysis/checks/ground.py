"""Checks of the ground: the fire engine's way and its ladder, and what was built against the plan."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import shapely

from app.analysis.checks.built import compare_as_built
from app.analysis.checks.sheet import UNKNOWN, Records, Sheet, Words, number, said

_DRIVEN_GATES = ("main", "vehicle", "fire")
_IN_THE_WAY = ("bin", "locker", "mailbox", "seat", "fitness", "shelter", "illegal_structure")
_NEAR_LANE_M = 6.0
_TOUCHING_M = 0.5


def _lanes(records: Records) -> pd.DataFrame:
    rows = records.rows("road")
    rows = rows[rows["fire_lane"].eq(True).fillna(False)].reset_index(drop=True)
    return _placed(records, rows)


def _placed(records: Records, rows: pd.DataFrame) -> pd.DataFrame:
    """With the community in whose outline a point of each row lies."""
    places = records.rows("community")
    if not len(rows) or not len(places):
        return rows.assign(community_id=None)
    at, which = shapely.STRtree(places["geometry"].to_numpy(object)).query(
        shapely.point_on_surface(rows["geometry"].to_numpy(object)), predicate="intersects"
    )
    found = np.full(len(rows), None, dtype=object)
    found[at[::-1]] = places["community_id"].to_numpy(object)[which[::-1]]
    return rows.assign(community_id=found)


def fire_lane_width(records: Records, sheet: Sheet) -> None:
    rows = _lanes(records)
    width = pd.Series(number(rows["width_m"]), index=rows.index)
    narrow, lacks = width < sheet.rule.limit, width.isna()
    sheet.add("road", rows[narrow], value=width[narrow].to_numpy(), required=sheet.rule.limit, unit="m",
              reason=said("消防车道净宽 {:.2f} m", width[narrow]), reason_en=said("the fire lane is {:.2f} m wide", width[narrow]))  # fmt: skip
    sheet.add("road", rows[lacks], verdict=UNKNOWN, missing="road.width_m", reason="消防车道宽度未知",
              reason_en="the width of the fire lane is unknown")  # fmt: skip
    sheet.passed = int((~narrow & ~lacks).sum())


def fire_lane_clear(records: Records, sheet: Sheet) -> None:
    rows = _lanes(records)
    trees, poles, assets = (records.rows(name) for name in ("tree", "pole", "asset"))
    blocking = {
        "tree": trees[trees["state"].ne("removed").fillna(True)],
        "pole": poles,
        "asset": assets[
            assets["kind"].isin(_IN_THE_WAY) & assets["state"].ne("closed").fillna(True)
        ],
    }
    shapes = rows["geometry"].to_numpy(object)
    parts = []
    for layer, things in blocking.items():
        tree = shapely.STRtree(things["geometry"].to_numpy(object))
        at, other = tree.query(shapes, predicate="intersects")
        ids = things[f"{layer}_id"].to_numpy(object)[other]
        parts.append(pd.DataFrame({"at": at, "layer": layer, "id": ids}))
    hits = pd.concat(parts).groupby("at").agg(list)
    bad = rows.iloc[hits.index.to_numpy(int)]
    sheet.add("road", bad, value=[float(len(ids)) for ids in hits["id"]], required=0.0,
              reason=[f"消防车道上有 {len(ids)} 处障碍" for ids in hits["id"]],
              reason_en=[f"{len(ids)} things stand on the fire lane" for ids in hits["id"]],
              evidence=[_facts(layers, ids) for layers, ids in zip(hits["layer"], hits["id"], strict=True)])  # fmt: skip
    sheet.passed = len(rows) - len(bad)


def _facts(layers: list[str], ids: list[str]) -> list[dict[str, object]]:
    return [
        {"layer": layer, "id": name, "column": f"{layer}_id", "value": name}
        for layer, name in zip(layers, ids, strict=True)
    ]


def fire_gate(records: Records, sheet: Sheet) -> None:
    """Gates that a fire engine has to pass: those at a fire lane."""
    rows = records.rows("gate")
    rows = rows[rows["kind"].isin(_DRIVEN_GATES)].reset_index(drop=True)
    lanes = _lanes(records)
    tree = shapely.STRtree(lanes["geometry"].to_numpy(object))
    at, _ = tree.query(
        rows["geometry"].to_numpy(object), predicate="dwithin", distance=_NEAR_LANE_M
    )
    rows = rows.iloc[np.unique(at)].reset_index(drop=True)
    least = pd.DataFrame({n: number(rows[n]) for n in ("width_m", "height_m")}).min(
        axis=1, skipna=True
    )
    small = least < sheet.rule.limit
    sheet.add("gate", rows[small], value=least[small].to_numpy(), required=sheet.rule.limit, unit="m",
              reason=said("净宽或净高 {:.2f} m", least[small]), reason_en=said("{:.2f} m wide or high", least[small]))  # fmt: skip
    lacks = (rows["width_m"].isna() | rows["height_m"].isna()) & ~small
    sheet.add("gate", rows[lacks], verdict=UNKNOWN, missing="gate.width_m", reason="净宽或净高未知",
              reason_en="its clear width or height is unknown")  # fmt: skip
    sheet.passed = int((~small & ~lacks).sum())


def fire_turning(records: Records, sheet: Sheet) -> None:
    """A fire lane that ends needs a place where a square of this side fits."""
    rows = _lanes(records)
    roads = records.rows("road")["geometry"].to_numpy(object)
    shapes = rows["geometry"].to_numpy(object)
    at, _ = shapely.STRtree(roads).query(shapes, predicate="dwithin", distance=_TOUCHING_M)
    ends = np.bincount(at, minlength=len(rows)) <= 2  # itself and one other
    dead = rows[ends]
    side = np.array([_inner_square_m(shape) for shape in dead["geometry"]], dtype=float)
    short = side < sheet.rule.limit
    sheet.add("road", dead[short], value=side[short], required=sheet.rule.limit, unit="m",
              reason=said("尽头式消防车道，可容方形边长 {:.1f} m", side[short]),
              reason_en=said("a dead end; a square of {:.1f} m fits", side[short]))  # fmt: skip
    sheet.passed = len(rows) - int(short.sum())


def _inner_square_m(shape: Any) -> float:
    """Side of a square inside the largest circle that the surface holds."""
    return float(shapely.length(shapely.maximum_inscribed_circle(shape, 0.1)) * np.sqrt(2))


def ladder_ground(records: Records, sheet: Sheet) -> None:
    """Room for a ladder engine beside tall buildings: a clear rectangle off one of the long sides.

    ``value``: height from which it is asked; nearest distance to the wall; width; length, in metres.
    """
    tall_m, off_m, width_m, length_m = (float(part) for part in sheet.rule.value.split(";"))
    rows = records.rows("building")
    height = pd.Series(number(rows["height_m"]), index=rows.index)
    # Without a height, three metres a floor.
    rows = rows[height.fillna(pd.Series(number(rows["floors"]) * 3.0, index=rows.index)) > tall_m]
    rows = rows.reset_index(drop=True)
    pads, owner = _pads(rows["geometry"].to_numpy(object), off_m, width_m, length_m)
    trees = records.rows("tree")
    things = np.concatenate([
        records.rows("building")["geometry"].to_numpy(object),
        trees[trees["state"].ne("removed").fillna(True)]["geometry"].to_numpy(object),
        records.rows("pole")["geometry"].to_numpy(object),
    ])  # fmt: skip
    taken, _ = shapely.STRtree(things).query(pads, predicate="intersects")
    free = np.ones(len(pads), dtype=bool)
    free[taken] = False
    has = np.zeros(len(rows), dtype=bool)
    has[owner[free]] = True
    bad = rows[~has]
    sheet.add("building", bad, value=0.0, required=length_m, unit="m",
              reason=f"没有 {length_m:g} m × {width_m:g} m 的无障碍登高操作场地",
              reason_en=f"no clear ground of {length_m:g} m by {width_m:g} m for a ladder engine")  # fmt: skip
    sheet.passed = int(has.sum())


def _pads(
    shapes: Words, off_m: float, width_m: float, length_m: float
) -> tuple[Words, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Rectangles outside each side that is long enough, in the middle and at both ends of it."""
    pads, owner = [], []
    for at, shape in enumerate(shapes):
        corners = shapely.get_coordinates(shapely.oriented_envelope(shape))
        centre = corners[:-1].mean(axis=0)
        for one, two in pairwise(corners):
            side = float(np.hypot(*(two - one)))
            if side < length_m:
                continue
            along = (two - one) / side
            out = np.array([along[1], -along[0]])
            out = out if np.dot((one + two) / 2 - centre, out) > 0 else -out
            for start in {0.0, (side - length_m) / 2, side - length_m}:
                low = one + along * start + out * off_m
                ring = [
                    low,
                    low + along * length_m,
                    low + along * length_m + out * width_m,
                    low + out * width_m,
                ]
                pads.append(shapely.Polygon(ring))
                owner.append(at)
    return np.array(pads, dtype=object), np.array(owner, dtype=np.int64)


def as_built(records: Records, sheet: Sheet) -> None:
    """Items that were surveyed when built, against their planned geometry."""
    surveys = records.rows("as_built")
    items = records.items
    items = items[items["community_item_id"].isin(surveys["community_item_id"])]
    found = compare_as_built(items, surveys, tolerance_m=sheet.rule.limit).set_index(
        "community_item_id"
    )
    rows = items.set_index("community_item_id", drop=False)
    off, gap = found["offset_m"], found["uncovered_share"]
    bad = found["verdict"] == "fail"
    sheet.add("community_item", rows[bad.reindex(rows.index)], value=off[bad].to_numpy(), required=sheet.rule.limit, unit="m",
              reason=said("偏离设计最大 {:.2f} m，未实施 {:.0%}", off[bad], gap[bad]),
              reason_en=said("up to {:.2f} m off its plan, {:.0%} of it not built", off[bad], gap[bad]))  # fmt: skip
    lacks = found["verdict"] == "unknown"
    sheet.add("community_item", rows[lacks.reindex(rows.index)], verdict=UNKNOWN, missing=found["missing"][lacks].to_numpy(),
              reason="缺少设计或竣工图形", reason_en="the planned or the built shape is missing")  # fmt: skip
    sheet.passed = int((found["verdict"] == "pass").sum())
