"""Checks of money: what pays for what, how much of it, and whether it may."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from app.analysis.checks.sheet import FAIL, UNKNOWN, Records, Sheet, Words, number, said, yuan
from app.rules.cost import item_cost_fen

SLIVER_FEN = 0.5


def _money(records: Records) -> pd.DataFrame:
    """Items with their cost and what is allotted to them, in fen."""
    items = records.items.reset_index(drop=True)
    paid = records.rows("funding").groupby("community_item_id")["amount_fen"].sum()
    return items.assign(
        cost=item_cost_fen(items).to_numpy(dtype=float),
        funded=items["community_item_id"].map(paid).fillna(0).astype("float64").to_numpy(),
    )


def _funding(records: Records) -> pd.DataFrame:
    """Rows of funding with their item."""
    items = records.items[
        ["community_item_id", "work_item_id", "community_id", "target_id", "geometry"]
    ]
    held: pd.DataFrame = records.rows("funding").merge(items, on="community_item_id")
    return held


def overfunded(records: Records, sheet: Sheet) -> None:
    rows = _money(records)
    over = rows[rows["funded"] > rows["cost"] + SLIVER_FEN]
    short = over["funded"] - over["cost"]
    sheet.add(
        "community_item", over, reason=said("资金多于投资 {} 万元", yuan(short.to_numpy())),
        reason_en=said("funded {} ×10⁴ yuan beyond its cost", yuan(short.to_numpy())),
        value=over["funded"].to_numpy(), required=over["cost"].to_numpy(), unit="fen",
    )  # fmt: skip
    sheet.passed = len(rows) - len(over)


def unallocated(records: Records, sheet: Sheet) -> None:
    rows = _money(records)
    nobody_knows = rows[rows["cost"].isna()]
    sheet.add(
        "community_item", nobody_knows, verdict=UNKNOWN, reason="投资未知", reason_en="its cost is unknown",
        missing=_unknown_part(nobody_knows),
    )  # fmt: skip
    open_ = rows[rows["funded"] < rows["cost"] - SLIVER_FEN]
    rest = (open_["cost"] - open_["funded"]).to_numpy()
    sheet.add(
        "community_item", open_, reason=said("尚有 {} 万元未落实", yuan(rest)),
        reason_en=said("{} ×10⁴ yuan are not allocated", yuan(rest)),
        value=open_["funded"].to_numpy(), required=open_["cost"].to_numpy(), unit="fen",
    )  # fmt: skip
    sheet.passed = len(rows) - len(open_) - len(nobody_knows)


def _unknown_part(rows: pd.DataFrame) -> Words:
    parts = ("quantity", "unit_cost_fen", "other_fees_fen", "contingency_fen")
    lacks = rows[list(parts)].isna().to_numpy()
    return np.array(
        [";".join(f"community_item.{p}" for p, gone in zip(parts, row, strict=True) if gone) for row in lacks],
        dtype=object,
    )  # fmt: skip


def ceiling(records: Records, sheet: Sheet) -> None:
    paid = _funding(records).groupby("source")["amount_fen"].sum()
    sources = records.rows("funding_source")
    if records.programme:
        sources = sources[sources["programme_id"] == records.programme]
    used = sources["source"].map(paid).fillna(0).astype("float64")
    limit = pd.Series(number(sources["ceiling_fen"]), index=sources.index)
    nobody_knows = sources[limit.isna() & (used > 0)]
    sheet.add(
        "funding_source", nobody_knows, verdict=UNKNOWN, missing="funding_source.ceiling_fen",
        reason=said("已安排 {} 万元，上限未知", yuan(used[nobody_knows.index].to_numpy())),
        reason_en=said("{} ×10⁴ yuan allotted, ceiling unknown", yuan(used[nobody_knows.index].to_numpy())),
    )  # fmt: skip
    over = sources[used > limit]
    sheet.add(
        "funding_source", over, value=used[over.index].to_numpy(), required=limit[over.index].to_numpy(), unit="fen",
        reason=said("已安排 {} 万元，上限 {} 万元", yuan(used[over.index].to_numpy()), yuan(limit[over.index].to_numpy())),
        reason_en=said("{} ×10⁴ yuan allotted, ceiling {}", yuan(used[over.index].to_numpy()), yuan(limit[over.index].to_numpy())),
    )  # fmt: skip
    sheet.passed = len(sources) - len(nobody_knows) - len(over)


def purpose(records: Records, sheet: Sheet) -> None:
    rows = _funding(records)
    may = {row.code: row.item_codes for row in records.rules["funding_sources"] if row.item_codes}
    wrong = np.array(
        [source in may and item not in may[source]
         for source, item in zip(rows["source"], rows["work_item_id"], strict=True)], dtype=bool,
    )  # fmt: skip
    bad = rows[wrong]
    names = {row.code: row for row in records.rules["funding_sources"]}
    sheet.add(
        "funding", bad,
        reason=[f"{names[s].name_zh}只用于{names[s].purpose_zh}，不含 {i}" for s, i in zip(bad["source"], bad["work_item_id"], strict=True)],
        reason_en=[f"{names[s].name_en} is for {names[s].purpose_en}, not for {i}" for s, i in zip(bad["source"], bad["work_item_id"], strict=True)],
    )  # fmt: skip
    sheet.passed = len(rows) - len(bad)


def double_subsidy(records: Records, sheet: Sheet) -> None:
    rows = _funding(records)
    excludes = {
        row.code: set(row.excludes) for row in records.rules["funding_sources"] if row.excludes
    }
    # Only items with two sources of which one excludes another are looked at one by one.
    touched = rows["source"].isin([*excludes, *set().union(*excludes.values())])
    several = rows[touched].groupby("community_item_id")["source"].transform("nunique") > 1
    sources = rows[touched][several].groupby("community_item_id")["source"].agg(set)
    clash = {
        item: sorted({source, *both})
        for item, held in sources.items()
        for source in sorted(held & set(excludes))
        if (both := held & excludes[source])
    }
    items = records.items
    bad = items[items["community_item_id"].isin(list(clash))]
    names = {row.code: row for row in records.rules["funding_sources"]}
    told = [clash[item] for item in bad["community_item_id"]]
    proof = rows.groupby("community_item_id")
    sheet.add(
        "community_item", bad,
        reason=["同一费用由" + "、".join(names[s].name_zh for s in both) + "重复补助" for both in told],
        reason_en=["paid twice, by " + " and ".join(names[s].name_en for s in both) for both in told],
        evidence=[
            [{"layer": "funding", "id": row.funding_id, "column": "amount_fen", "value": int(str(row.amount_fen))}
             for row in proof.get_group(item).itertuples() if row.source in both]
            for item, both in zip(bad["community_item_id"], told, strict=True)
        ],
    )  # fmt: skip
    sheet.passed = len(items) - len(bad)


def utility_share(records: Records, sheet: Sheet) -> None:
    codes = next(
        row.item_codes for row in records.rules["funding_sources"] if row.code == "utility"
    )
    items = records.items[records.items["work_item_id"].isin(list(codes))]
    rows = records.rows("funding")
    shared = set(
        rows.loc[(rows["source"] == "utility") & (rows["amount_fen"] > 0), "community_item_id"]
    )
    bad = items[~items["community_item_id"].isin(shared)]
    sheet.add(
        "community_item",
        bad,
        reason="管线单位未分担费用",
        reason_en="no utility company shares in its cost",
    )
    sheet.passed = len(items) - len(bad)


def resident_consent(records: Records, sheet: Sheet) -> None:
    rows = records.rows("funding")
    wanted = set(
        rows.loc[(rows["source"] == "resident") & (rows["amount_fen"] > 0), "community_item_id"]
    )
    items = records.items[records.items["community_item_id"].isin(wanted)]
    if not records.has("consent_tally"):
        sheet.add("community_item", items, verdict=UNKNOWN, missing="consent_tally",
                  reason="尚未运行居民表决统计", reason_en="the analysis of consent was not run")  # fmt: skip
        return
    tally = records.rows("consent_tally")
    tally = tally[tally["community_item_id"].isin(wanted)]
    worst = tally.groupby("community_item_id")["verdict"].agg(
        lambda found: FAIL if FAIL in set(found) else (UNKNOWN if UNKNOWN in set(found) else "pass")
    )
    verdict = items["community_item_id"].map(worst).fillna(UNKNOWN)
    sheet.add(
        "community_item",
        items[verdict == FAIL],
        reason="居民出资，但同意比例不足",
        reason_en="residents pay, but too few agreed",
    )
    sheet.add("community_item", items[verdict == UNKNOWN], verdict=UNKNOWN, missing="consent.answer",
              reason="居民出资，同意情况未知", reason_en="residents pay, their consent is unknown")  # fmt: skip
    sheet.passed = int((verdict == "pass").sum())


def owner_pledge(records: Records, sheet: Sheet) -> None:
    rows = _funding(records)
    rows = rows[(rows["source"] == "original_owner") & (number(rows["amount_fen"]) > 0)]
    owner = records.rows("community").set_index("community_id")
    kind, name = (
        rows["community_id"].map(owner["owner_kind"]),
        rows["community_id"].map(owner["original_owner"]),
    )
    known = name.notna()
    private = (kind == "private") & ~known
    sheet.add(
        "funding",
        rows[private],
        reason="小区为私有产权，没有原产权单位",
        reason_en="the community is private, without an original owner",
    )
    lacks = ~known & ~private
    sheet.add("funding", rows[lacks], verdict=UNKNOWN, missing="community.original_owner",
              reason="未登记原产权单位", reason_en="the original owner is not recorded")  # fmt: skip
    sheet.passed = int(known.sum())


def investor(records: Records, sheet: Sheet) -> None:
    rows = _funding(records)
    rows = rows[rows["source"] == "social"]
    lacks = rows[rows["payer_id"].isna()]
    sheet.add("funding", lacks, verdict=UNKNOWN, missing="funding.payer_id",
              reason="未登记投资运营单位", reason_en="who invests and operates is not recorded")  # fmt: skip
    sheet.passed = len(rows) - len(lacks)


def past_central(records: Records, sheet: Sheet) -> None:
    rows = _funding(records)
    rows = rows[rows["source"] == "special_central"]
    if not records.has("eligibility"):
        held = records.rows("community")
        sheet.add("community", held[held["community_id"].isin(rows["community_id"])], verdict=UNKNOWN, missing="eligibility",
                  reason="尚未运行改造资格核查", reason_en="the analysis of eligibility was not run")  # fmt: skip
        return
    judged = records.rows("eligibility")
    judged = judged[(judged["target_layer"] == "community") & (judged["rule_id"] == "E02")]
    verdict = rows["community_id"].map(judged.set_index("target_id")["verdict"])
    sheet.add(
        "funding",
        rows[verdict == FAIL],
        reason="小区已享受过中央补助",
        reason_en="a past central programme covered the community",
    )
    unsure = verdict.isna() | (verdict == UNKNOWN)
    sheet.add("funding", rows[unsure], verdict=UNKNOWN, missing="past_programme",
              reason="是否享受过中央补助未知", reason_en="whether it had a central subsidy is unknown")  # fmt: skip
    sheet.passed = int((verdict == "pass").sum())


def unit_slip(records: Records, sheet: Sheet) -> None:
    """Only items in the unit of the indicative cost can be compared with it."""
    table = records.rules["item_unit_cost"]
    units = {row.item_code: row.unit for row in table}
    items = records.items
    items = items[items["unit"] == items["work_item_id"].map(units)]
    usual = items["work_item_id"].map(table.fen).astype("float64")
    cost = pd.Series(number(items["unit_cost_fen"]), index=items.index)
    times = cost / usual
    limit = sheet.rule.limit
    odd = (times > limit) | (times < 1 / limit)
    sheet.add(
        "community_item", items[odd], value=cost[odd].to_numpy(), required=usual[odd].to_numpy(), unit="fen",
        reason=said("单价是参考单价的 {:.4g} 倍，疑似元与万元混淆", times[odd]),
        reason_en=said("its unit cost is {:.4g} times the indicative one; yuan and 10⁴ yuan mixed up?", times[odd]),
    )  # fmt: skip
    sheet.passed = int((~odd & times.notna()).sum())


def bond_outside_risk(records: Records, sheet: Sheet) -> None:
    rows = _funding(records)
    items = records.items[
        records.items["community_item_id"].isin(
            rows.loc[rows["source"] == "drainage_bond", "community_item_id"]
        )
    ]
    if not records.has("storm_zone"):
        sheet.add("community_item", items, verdict=UNKNOWN, missing="storm_zone",
                  reason="尚未运行积水分析", reason_en="the storm analysis was not run")  # fmt: skip
        return
    grounds = records.rows("community").set_index("community_id")["geometry"]
    zones = records.rows("storm_zone")["geometry"].to_numpy(object)
    tree = shapely.STRtree(zones)
    shapes = items["geometry"].where(items["geometry"].notna(), items["community_id"].map(grounds))
    hit = np.zeros(len(items), dtype=bool)
    at, _ = tree.query(shapes.to_numpy(object), predicate="intersects")
    hit[at] = True
    sheet.add(
        "community_item",
        items[~hit],
        reason="不在任何积水风险区内",
        reason_en="lies outside every risk zone",
    )
    sheet.passed = int(hit.sum())


def payments(records: Records, sheet: Sheet) -> None:
    """Paid is at most what was allotted, and at most what was certified."""
    _order(records, sheet, "paid", "allotted", "支付超过下达", "more was paid than allotted")
    _order(records, sheet, "paid", "certified", "支付超过计量", "more was paid than certified")


def allotted(records: Records, sheet: Sheet) -> None:
    """Allotted is at most what was certified."""
    _order(
        records, sheet, "allotted", "certified", "下达超过计量", "more was allotted than certified"
    )


def _order(records: Records, sheet: Sheet, low: str, high: str, zh: str, en: str) -> None:
    rows = records.rows("payment")
    sums = rows.pivot_table(
        index="community_id", columns="kind", values="amount_fen", aggfunc="sum"
    )
    sums = sums.reindex(columns=["allotted", "certified", "paid"]).astype("float64")
    places = records.rows("community").set_index("community_id", drop=False)
    over = sums[sums[low] > sums[high].fillna(0)]
    held = places[places.index.isin(over.index)]
    amounts = over.reindex(held.index)
    low_fen, high_fen = amounts[low].to_numpy(), amounts[high].fillna(0).to_numpy()
    sheet.add("community", held.reset_index(drop=True), value=low_fen, required=high_fen, unit="fen",
              reason=said(zh + "：{} 万元对 {} 万元", yuan(low_fen), yuan(high_fen)),
              reason_en=said(en + ": {} against {} ×10⁴ yuan", yuan(low_fen), yuan(high_fen)))  # fmt: skip
    sheet.passed += len(sums) - len(over)
