"""Checks of the records themselves: what contradicts itself is named and shown."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from app.analysis.checks.sheet import UNKNOWN, Records, Sheet, dates, number, said


def own_community(records: Records, sheet: Sheet) -> None:
    items = records.items
    community = items["community_id"]
    of_building = records.rows("building").set_index("building_id")["community_id"]
    of_unit = records.rows("stair_unit").set_index("stair_unit_id")["building_id"].map(of_building)
    target = items["target_id"]
    layer = items["target_layer"]
    real = target.where(
        layer == "community",
        target.map(of_building).where(layer == "building", target.map(of_unit)),
    )
    judged = layer.isin(["community", "building", "stair_unit"]) & community.notna()
    lost = judged & real.isna()
    wrong = judged & real.notna() & (real != community)
    sheet.add("community_item", items[wrong], reason=said("对象 {} 属于小区 {}", target[wrong], real[wrong]),
              reason_en=said("its target {} belongs to community {}", target[wrong], real[wrong]))  # fmt: skip
    sheet.add("community_item", items[lost], reason=said("对象 {} 不存在或不属于任何小区", target[lost]),
              reason_en=said("its target {} does not exist, or lies in no community", target[lost]))  # fmt: skip
    sheet.passed = int((judged & ~lost & ~wrong).sum())


def votes(records: Records, sheet: Sheet) -> None:
    rows = records.rows("consent")
    answers = rows.drop_duplicates(["building_id", "household"]).groupby("building_id").size()
    buildings = records.rows("building")
    count = buildings["building_id"].map(answers).astype("float64")
    heads = pd.Series(number(buildings["households"]), index=buildings.index)
    over = count > heads
    sheet.add("building", buildings[over], value=count[over].to_numpy(), required=heads[over].to_numpy(), unit="户",
              reason=said("{:.0f} 户意见多于 {:.0f} 户", count[over], heads[over]),
              reason_en=said("{:.0f} households answered, there are {:.0f}", count[over], heads[over]))  # fmt: skip
    sheet.passed = int((count <= heads).sum())


def one_township(records: Records, sheet: Sheet) -> None:
    places = records.rows("community")
    towns = records.rows("township")
    shapes = shapely.point_on_surface(places["geometry"].to_numpy(object))
    hits = np.zeros(len(places), dtype=np.int64)
    if len(towns):
        at, _ = shapely.STRtree(towns["geometry"].to_numpy(object)).query(
            shapes, predicate="intersects"
        )
        hits = np.bincount(at, minlength=len(places))
    named = places["township_id"].isin(towns["township_id"])
    none = ~named & (hits == 0)
    two = hits > 1
    sheet.add(
        "community",
        places[none],
        reason="不在任何乡镇",
        reason_en="lies in no township",
        missing="community.township_id",
    )
    sheet.add(
        "community",
        places[two],
        reason="位于多个乡镇范围内",
        reason_en="lies in more than one township",
    )
    sheet.passed = int((~none & ~two).sum())


def item_dates(records: Records, sheet: Sheet) -> None:
    items = records.items
    starts, ends = dates(items["starts_on"]), dates(items["ends_on"])
    wrong = starts > ends
    sheet.add("community_item", items[wrong],
              reason=said("{:%Y-%m-%d} 开工，{:%Y-%m-%d} 完工", starts[wrong], ends[wrong]),
              reason_en=said("starts on {:%Y-%m-%d} and ends on {:%Y-%m-%d}", starts[wrong], ends[wrong]))  # fmt: skip
    lacks = starts.isna() | ends.isna()
    sheet.add("community_item", items[lacks], verdict=UNKNOWN, reason="缺少开工或完工日期", reason_en="start or end is missing",
              missing="community_item.starts_on")  # fmt: skip
    sheet.passed = int((~wrong & ~lacks).sum())
