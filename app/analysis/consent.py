"""Whether the owners agreed: shares by heads and by floor area for each item and voting body."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor
from typing import Any

import numpy as np
import pandas as pd

from app.errors import Text
from app.rules.programme import ConsentRow, ConsentTable, ItemConsentRow
from app.rules.table import RuleTable
from app.schema.analysis import (
    Analysis,
    Inputs,
    Need,
    NoParams,
    Outcome,
    Progress,
    WholeNetwork,
)
from app.schema.domains import BUILDING_USE
from app.schema.place_layers import BUILDING, STAIR_UNIT
from app.schema.programme_tables import COMMUNITY_ITEM, CONSENT
from app.schema.result_layers import CONSENT_TALLY

PASS, FAIL, UNKNOWN = "pass", "fail", "unknown"
TOOK_PART = ("agree", "disagree", "abstain")
BODIES = ("stair_unit", "building", "community")
NO_HOMES = tuple(code for code in BUILDING_USE.values if code not in ("residential", "mixed"))
# Centimetres squared: floor areas are written with two decimals, shares of them must be exact.
_AREA_UNITS = 100


def tally_consent(
    items: pd.DataFrame,
    consent: pd.DataFrame,
    buildings: pd.DataFrame,
    stair_units: pd.DataFrame,
    *,
    matters: RuleTable[ItemConsentRow],
    thresholds: ConsentTable,
) -> pd.DataFrame:
    """One row for each item and each body that votes on it.

    An answer on the item itself goes before the household's answer on the renovation as a whole;
    of two answers the later counts. Who abstains takes part, who did not answer does not. The floor
    area of a body is the sum of its rows where every household has one, else the floor area of its
    buildings (``area_basis``). An item that was rejected is left out.

    Returns
    -------
    Layer ``consent_tally``. ``votes_short`` counts the further households without an answer that
    would have to agree; empty where even all of them are too few.

    References
    ----------
    Civil Code 278; which matter an item is, is a reading of this project (``item_consent``).
    """
    homes = _homes(buildings, stair_units)
    bodies = _bodies(items, homes, matters)
    rows = bodies.merge(_electorates(homes), on=["body_layer", "body_id"], how="left")
    votes = _votes(bodies, consent, buildings)
    rows = rows.merge(votes, on=["body_layer", "body_id", "work_item_id"], how="left")
    voted = ["answers", "answered", "agreed", "rows_m2", "answered_m2", "agreed_m2", "without_area"]
    rows[voted] = rows[voted].astype("float64").fillna(0.0)
    _settle_areas(rows)
    judged = [
        _judged(row, matters.by_id[str(row.work_item_id)], thresholds)
        for row in rows.itertuples(index=False)
    ]
    said = pd.DataFrame(judged, index=rows.index, columns=list(_SAID))
    out = pd.concat([rows, said], axis=1)
    out["consent_tally_id"] = (
        out["community_item_id"].astype(str) + "/" + out["body_layer"] + "/" + out["body_id"]
    )
    for name in ("households", "answered", "agreed", "unanswered", "votes_short"):
        out[name] = pd.to_numeric(out[name]).astype("Int64")
    return out[list(CONSENT_TALLY.column_names)].sort_values("consent_tally_id", ignore_index=True)


def _homes(buildings: pd.DataFrame, stair_units: pd.DataFrame) -> pd.DataFrame:
    """One row a stair unit, and one for a building that has none."""
    lived_in = ~buildings["use"].isin(NO_HOMES)
    held = buildings.loc[lived_in, ["building_id", "community_id", "households", "floor_area_m2"]]
    units = stair_units[["stair_unit_id", "building_id", "households"]]
    units = units.rename(columns={"households": "unit_households"})
    homes = held.merge(units, on="building_id", how="left")
    per_building = homes.groupby("building_id")["building_id"].transform("size")
    homes["heads"] = homes["unit_households"].astype("float64")
    alone = per_building == 1
    homes["heads"] = homes["heads"].where(~alone | homes["heads"].notna(), homes["households"])
    homes["heads"] = homes["heads"].astype("float64")
    share = homes["heads"] / homes.groupby("building_id")["heads"].transform("sum")
    homes["floor_m2"] = homes["floor_area_m2"].astype("float64") * share
    return homes


def _electorates(homes: pd.DataFrame) -> pd.DataFrame:
    """Households and floor area of every body; empty where one of its parts is unknown."""
    parts = []
    for layer in BODIES:
        named = homes[homes[f"{layer}_id"].notna()]
        groups = named.groupby(f"{layer}_id")
        sums = groups[["heads", "floor_m2"]].sum()
        for name in ("heads", "floor_m2"):
            sums[name] = sums[name].where(~named[name].isna().groupby(named[f"{layer}_id"]).any())
        sums = sums.rename(columns={"heads": "households"}).rename_axis("body_id").reset_index()
        parts.append(sums.assign(body_layer=layer))
    return pd.concat(parts, ignore_index=True)


def _bodies(
    items: pd.DataFrame, homes: pd.DataFrame, matters: RuleTable[ItemConsentRow]
) -> pd.DataFrame:
    """Which bodies vote on which item: those inside its target, or the one that holds it."""
    known = items[
        items["decision"].ne("rejected").fillna(True)
        & items["work_item_id"].isin(list(matters.by_id))
    ]
    known = known[
        ["community_item_id", "work_item_id", "target_layer", "target_id", "community_id"]
    ]
    voters = known["work_item_id"].map({row.item_code: row.voters for row in matters})
    places = homes[["stair_unit_id", "building_id", "community_id"]]
    parts = []
    for layer in BODIES:
        for target in BODIES:
            asked = known[(voters == layer) & (known["target_layer"] == target)]
            pairs = (
                places[[f"{target}_id", f"{layer}_id"]]
                .dropna()
                .set_axis(["target_id", "body_id"], axis=1)
            )
            pairs = pairs.drop_duplicates()
            found = asked.merge(pairs, on="target_id", how="left").assign(body_layer=layer)
            parts.append(found[found["body_id"].notna()])
    return pd.concat(parts, ignore_index=True)


def _votes(bodies: pd.DataFrame, consent: pd.DataFrame, buildings: pd.DataFrame) -> pd.DataFrame:
    """Sums of the answers that count for each body and work item."""
    rows = consent[[
        "consent_id", "building_id", "stair_unit_id", "work_item_id", "household",
        "floor_area_m2", "answer", "asked_on",
    ]]  # fmt: skip
    rows = rows.sort_values(["asked_on", "consent_id"], na_position="first", kind="stable")
    community_of = buildings.set_index("building_id")["community_id"]
    rows = rows.assign(community_id=rows["building_id"].map(community_of))
    wanted = bodies[["body_layer", "body_id", "work_item_id"]].drop_duplicates()
    parts = [
        _of_bodies(asked, rows.assign(body_id=rows[f"{layer}_id"]))
        for layer, asked in wanted.groupby("body_layer")
    ]
    return pd.concat(parts, ignore_index=True) if parts else _NO_VOTES


def _of_bodies(asked: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    own = asked.merge(rows, on=["body_id", "work_item_id"]).assign(rank=1)
    general = rows[rows["work_item_id"].isna()].drop(columns="work_item_id")
    both = pd.concat([asked.merge(general, on="body_id").assign(rank=0), own])
    keys = ["body_layer", "body_id", "work_item_id"]
    both = both.sort_values("rank", kind="stable").drop_duplicates(
        [*keys, "building_id", "household"], keep="last"
    )
    area = both["floor_area_m2"].astype("float64")
    part, agree = both["answer"].isin(TOOK_PART), both["answer"] == "agree"
    facts = both[keys].assign(
        answers=1, answered=part.astype(int), agreed=agree.astype(int), rows_m2=area.fillna(0.0),
        answered_m2=area.where(part, 0.0), agreed_m2=area.where(agree, 0.0),
        without_area=(area.isna()).astype(int),
    )  # fmt: skip
    return facts.groupby(keys, as_index=False).sum()


_NO_VOTES = pd.DataFrame(columns=[
    "body_layer", "body_id", "work_item_id", "answers", "answered", "agreed", "rows_m2",
    "answered_m2", "agreed_m2", "without_area",
])  # fmt: skip


def _settle_areas(rows: pd.DataFrame) -> None:
    """Take the area of the rows where they are whole, else that of the buildings, else unknown."""
    whole = (rows["answers"] >= rows["households"]) & (rows["without_area"] == 0)
    rows["area_m2"] = rows["rows_m2"].where(whole, rows["floor_m2"])
    rows["area_basis"] = np.where(
        whole, "consent", np.where(rows["floor_m2"].notna(), "building", "")
    )
    rows["area_basis"] = rows["area_basis"].where(rows["area_basis"] != "", None)
    rows["unanswered"] = rows["households"] - rows["answered"]


_SAID = (
    "rule_id", "clause", "missing", "votes_short", "area_short_m2", "evidence", "verdict",
    "reason", "reason_en",
)  # fmt: skip


def _judged(row: Any, matter: ItemConsentRow, thresholds: ConsentTable) -> dict[str, object]:
    """Verdict, what is short and why, for one body."""
    rule = thresholds.by_id[matter.matter]
    missing = _missing(row) if rule.agree_headcount_share_of_participants else "consent_thresholds"
    found = {
        "rule_id": rule.rule_id, "clause": f"{rule.standard} {rule.clause}", "missing": None,
        "votes_short": None, "area_short_m2": None,
        "evidence": [{"layer": "consent", "column": row.body_layer, "id": row.body_id, "value": int(row.answers)}],
    }  # fmt: skip
    if missing:
        return {
            **found, "verdict": UNKNOWN, "missing": missing,
            "reason": f"未知：缺少 {missing}", "reason_en": f"unknown: {missing} is missing",
        }  # fmt: skip
    heads = Shares(int(row.households), int(row.answered), int(row.agreed))
    areas = Shares(
        *(round(value * _AREA_UNITS) for value in (row.area_m2, row.answered_m2, row.agreed_m2))
    )
    votes = votes_short(heads, rule, thresholds, "headcount")
    square = votes_short(areas, rule, thresholds, "area")
    passed = votes == 0 and square == 0
    said = _said(heads, areas, votes, square, passed)
    return {
        **found, "verdict": PASS if passed else FAIL, "votes_short": votes,
        "area_short_m2": None if square is None else square / _AREA_UNITS,
        "reason": said.zh, "reason_en": said.en,
    }  # fmt: skip


def _missing(row: Any) -> str:
    """The field without which the shares cannot be told."""
    if row.answers == 0:
        return "consent.answer"
    if np.isnan(row.households):
        return (
            f"{row.body_layer}.households"
            if row.body_layer != "community"
            else "building.households"
        )
    if row.without_area:
        return "consent.floor_area_m2"
    if np.isnan(row.area_m2):
        return "building.floor_area_m2"
    if row.answers > row.households:
        return "building.households"
    return ""


class Shares:
    """A whole, the part of it that voted and the part of that which agreed, in whole units."""

    def __init__(self, whole: int, took_part: int, agreed: int) -> None:
        self.whole, self.took_part, self.agreed = max(whole, took_part), took_part, agreed


def votes_short(shares: Shares, rule: ConsentRow, thresholds: ConsentTable, by: str) -> int | None:
    """The fewest further units that have to agree; 0 where none, None where all are too few.

    Parameters
    ----------
    by
        ``headcount`` or ``area``.
    """
    join = thresholds.share(rule.rule_id, f"participation_{by}_share") or Fraction(0)
    agree = thresholds.share(rule.rule_id, f"agree_{by}_share_of_participants") or Fraction(0)
    turnout = max(0, ceil(join * shares.whole) - shares.took_part)
    lack = agree * shares.took_part - shares.agreed
    if rule.agree_more_than:
        more = floor(lack / (1 - agree)) + 1 if agree < 1 else None
    else:
        more = ceil(lack / (1 - agree)) if agree < 1 else (0 if lack <= 0 else None)
    if more is None:
        return None
    needed = max(turnout, more, 0)
    if rule.agree_more_than and shares.took_part + needed == 0:
        needed = 1
    return needed if needed <= shares.whole - shares.took_part else None


def _said(
    heads: Shares, areas: Shares, votes: int | None, square: int | None, passed: bool
) -> Text:
    turnout = _percent(heads.took_part, heads.whole), _percent(areas.took_part, areas.whole)
    agreed = _percent(heads.agreed, heads.took_part), _percent(areas.agreed, areas.took_part)
    zh = (
        f"参与：户数 {turnout[0]}、面积 {turnout[1]}；"
        f"同意（占参与）：户数 {agreed[0]}、面积 {agreed[1]}"
    )
    en = (
        f"taking part: {turnout[0]} of households, {turnout[1]} of area; "
        f"agreeing among them: {agreed[0]} of households, {agreed[1]} of area"
    )
    if passed:
        return Text(zh, en)
    if votes is None or square is None:
        return Text(zh + "；未答复者全部同意仍不足", en + "; too few even if all others agree")
    if votes == 0:
        return Text(
            f"{zh}；尚缺 {square / _AREA_UNITS:.2f} m² 同意",
            f"{en}; agreement of {square / _AREA_UNITS:.2f} m² more is needed",
        )
    return Text(f"{zh}；尚缺 {votes} 户同意", f"{en}; {votes} more households must agree")


def _percent(part: int, whole: int) -> str:
    return "0.0 %" if whole == 0 else f"{100 * part / whole:.1f} %"


def run(inputs: Inputs, params: NoParams, progress: Progress) -> Outcome:
    """The analysis on the frames of a plan."""
    progress(0.0, Text("统计表决", "counting the answers"))
    frames = inputs.frames
    rows = tally_consent(
        frames["community_item"], frames["consent"], frames["building"], frames["stair_unit"],
        matters=inputs.rules["item_consent"], thresholds=inputs.rules["consent_thresholds"],
    )  # fmt: skip
    counts = {verdict: int((rows["verdict"] == verdict).sum()) for verdict in (PASS, FAIL, UNKNOWN)}
    return Outcome(layers={CONSENT_TALLY.name: rows}, counts=counts)


ANALYSIS = Analysis(
    "consent",
    Text("居民表决", "owners' consent"),
    Text(
        "按民法典第278条统计每项改造内容的参与与同意比例（户数与面积），列出尚缺票数；只影响该项，不影响小区",
        "Shares of owners taking part and agreeing, by heads and by floor area, for each item under "
        "Civil Code 278, with the votes that are short; it blocks the item, not the community",
    ),
    inputs=(COMMUNITY_ITEM, CONSENT, BUILDING, STAIR_UNIT),
    rules=("item_consent", "consent_thresholds"),
    params=NoParams,
    outputs=(CONSENT_TALLY,),
    reach=WholeNetwork(),
    run=run,
    needs=(
        Need("consent", "answer"),
        Need("consent", "floor_area_m2"),
        Need("building", "households"),
        Need("building", "floor_area_m2"),
    ),
)
