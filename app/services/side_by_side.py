"""Communities on one scale: each measure with the part and the whole it is made of."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from app.errors import Language, Text
from app.report.plain import number
from app.rules.cost import item_cost_fen
from app.services.place_names import names_of
from app.services.plans import OpenPlan
from app.services.readiness import communities_of
from app.services.runs import rule_book
from app.services.selection import marks
from app.services.summary import chosen_programme

# code -> (name, unit, whether more is better, factor of the part, factor of the whole)
MEASURES: dict[str, tuple[Text, str, bool]] = {
    "score": (Text("综合得分", "score"), "", True),
    "relief": (
        Text("每万元解决的户次", "needs of households settled per 10⁴ yuan"),
        "户/万元",
        True,
    ),
    "agreed": (Text("同意改造户数占比", "households that agree"), "%", True),
    "funded": (Text("资金落实率", "money allotted"), "%", True),
    "cost_per_home": (Text("户均投资", "cost per household"), "元/户", False),
    "cost_per_m2": (Text("单位面积投资", "cost per m²"), "元/m²", False),
    "failures": (Text("核查不符合", "checks that fail"), "处", False),
}


def side_by_side(
    plan: OpenPlan, programme: str | None, places: pd.DataFrame, language: Language
) -> dict[str, object]:
    """``{measures, rows}``: ``share`` of a value is its part of the largest one, for a bar."""
    chosen = chosen_programme(plan, programme)
    ids = pd.Index(places["community_id"])
    terms = _terms(plan, chosen, places, ids)
    names = names_of(plan, "community", language)
    towns = names_of(plan, "township", language)
    largest = {code: np.nanmax([*found["value"], 0.0]) for code, found in terms.items()}
    return {
        "measures": [
            {"code": code, "name": name.in_language(language), "unit": unit, "more_is_better": better}
            for code, (name, unit, better) in MEASURES.items()
        ],
        "rows": [
            {
                "id": community, "name": names[str(community)], "township": towns.get(str(town), ""),
                "values": {
                    code: {
                        "value": number(found.at[community, "value"]),
                        "part": number(found.at[community, "part"]),
                        "whole": number(found.at[community, "whole"]),
                        "share": number(found.at[community, "value"] / largest[code]) if largest[code] else 0.0,
                    }
                    for code, found in terms.items()
                },
            }
            for community, town in zip(places["community_id"], places["township_id"], strict=True)
        ],
    }  # fmt: skip


def _terms(
    plan: OpenPlan, programme: str | None, places: pd.DataFrame, ids: pd.Index
) -> dict[str, pd.DataFrame]:
    """Part, whole and value of each measure by community; unknown stays unknown."""
    marked, parts = marks(plan, programme, places)
    homes = _homes(plan, programme, ids)
    items = _items(plan, programme, ids)
    cost = items["cost"].groupby(items["community_id"]).sum()
    cost = cost.where(~items["cost"].isna().groupby(items["community_id"]).any()).reindex(ids)
    sums = homes.groupby("community_id")[["households", "floor_area_m2"]].agg(_known_sum)
    sums = sums.reindex(ids)
    fails = plan.table("finding")
    ran = len(plan.table("analysis_run").query("analysis == 'checks'")) > 0
    bad = fails[fails["verdict"] == "fail"]["community_id"].value_counts().reindex(ids).fillna(0.0)
    found = {
        "score": _frame(marked["score"], marked["score"] * 0 + 100.0, 100.0),
        "relief": _frame(settled(items, homes, _weights(plan), ids), cost / 1e6, 1.0),
        "cost_per_home": _frame(cost / 100.0, sums["households"], 1.0),
        "cost_per_m2": _frame(cost / 100.0, sums["floor_area_m2"], 1.0),
    }
    for code, criterion in (("agreed", "willing"), ("funded", "funds")):
        part, whole = (
            pd.Series([parts[str(c), criterion][name] for c in ids], index=ids, dtype="float64")
            for name in ("part", "whole")
        )
        scale = 1e6 if code == "funded" else 1.0
        found[code] = _frame(part / scale, whole / scale, 100.0)
    found["failures"] = pd.DataFrame(
        {"part": bad, "whole": np.nan, "value": bad if ran else np.nan}
    )
    return {code: found[code] for code in MEASURES}


def _known_sum(column: pd.Series) -> float:
    """The sum; unknown where one part is."""
    return float(column.sum(skipna=False))


def _frame(part: pd.Series, whole: pd.Series, factor: float) -> pd.DataFrame:
    value = (factor * part / whole.where(whole > 0)).round(2)
    return pd.DataFrame({"part": part, "whole": whole, "value": value})


def _homes(plan: OpenPlan, programme: str | None, ids: pd.Index) -> pd.DataFrame:
    """The buildings of these communities that are in the programme."""
    rows = plan.table("building")
    members = plan.table("programme_member")
    inside = members[(members["programme_id"] == programme) & (members["target_layer"] == "building")
                     & members["state"].ne("withdrawn").fillna(True)]["target_id"]  # fmt: skip
    rows = rows[rows["community_id"].isin(ids)]
    chosen = rows if programme is None else rows[rows["building_id"].isin(inside)]
    return chosen.assign(
        households=chosen["households"].astype("float64"),
        floor_area_m2=chosen["floor_area_m2"].astype("float64"),
    )


def _items(plan: OpenPlan, programme: str | None, ids: pd.Index) -> pd.DataFrame:
    rows = plan.table("community_item").assign(community_id=communities_of(plan, "community_item"))
    rows = rows[rows["decision"].ne("rejected").fillna(True) & rows["community_id"].isin(ids)]
    rows = rows if programme is None else rows[rows["programme_id"] == programme]
    units = plan.table("stair_unit").set_index("stair_unit_id")
    is_unit = rows["target_layer"] == "stair_unit"
    return rows.assign(
        cost=pd.Series(item_cost_fen(rows).to_numpy(dtype=float), index=rows.index),
        unit_households=rows["target_id"].where(is_unit).map(units["households"]).astype("float64"),
    )


def _weights(plan: OpenPlan) -> pd.DataFrame:
    table = rule_book(plan.store).table("item_benefit")
    rows: list[dict[str, Any]] = [
        {"work_item_id": row.item_code, "need": row.need, "weight": row.weight} for row in table
    ]
    return pd.DataFrame(rows, columns=["work_item_id", "need", "weight"])


def settled(
    items: pd.DataFrame, homes: pd.DataFrame, weights: pd.DataFrame, ids: pd.Index
) -> pd.Series:
    """Households times the weight of each need that an item settles there; one need counts once.

    Unknown where the households of a building that an item reaches are.
    """
    rows = items[
        ["work_item_id", "community_id", "target_layer", "target_id", "unit_households"]
    ].merge(weights, on="work_item_id")
    whole = rows[rows["target_layer"] == "community"].merge(
        homes[["building_id", "community_id", "households"]], on="community_id"
    )
    own = rows[rows["target_layer"] == "building"].merge(
        homes[["building_id", "households"]], left_on="target_id", right_on="building_id"
    )
    reached = pd.concat([whole, own]).drop_duplicates(["building_id", "need"])
    units = rows[rows["target_layer"] == "stair_unit"].drop_duplicates(["target_id", "need"])
    units = units.assign(households=units["unit_households"])
    parts = pd.concat([reached, units])
    worth = parts["households"].astype("float64") * parts["weight"]
    sums = worth.groupby(parts["community_id"]).agg(_known_sum)
    return sums.reindex(ids)
