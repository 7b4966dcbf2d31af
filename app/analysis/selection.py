"""The four criteria of selection: what the rows measure, and the score that the weights make of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from app.rules.cost import item_cost_fen

# What an item needs to count as worked out.
WORKED_OUT = ("quantity", "unit_cost_fen", "scheme", "lead_id", "starts_on", "ends_on")


def measured_criteria(
    communities: pd.Index, *, items: pd.DataFrame, scope: pd.DataFrame, consent: pd.DataFrame,
    buildings: pd.DataFrame, funding: pd.DataFrame, basic_items: frozenset[str],
) -> pd.DataFrame:  # fmt: skip
    """Each criterion of each community as a part of a whole, and its value of 0 to 100.

    ``items`` have their ``community_id`` and are not rejected; ``buildings`` are those whose
    households are asked. Where the whole is unknown or nothing, so is the value.

    Returns
    -------
    Rows ``community_id, code, part, whole, value``, one for each community and criterion.
    """
    terms = {
        "condition": _condition(scope, basic_items),
        "willing": _willing(consent, buildings),
        "funds": _funds(items, funding),
        "scheme": _worked_out(items),
    }
    parts = []
    for code, found in terms.items():
        rows = found.reindex(communities)
        share = (rows["part"] / rows["whole"].where(rows["whole"] > 0)).clip(upper=1.0)
        parts.append(rows.assign(code=code, value=(100 * share).round(1)))
    made = pd.concat(parts).rename_axis("community_id").reset_index()
    return made[["community_id", "code", "part", "whole", "value"]]


def scores(
    measured: pd.DataFrame, given: Mapping[str, Mapping[str, float]], weights: Mapping[str, float]
) -> pd.DataFrame:
    """The weighted mean of the criteria: what people gave goes before what was measured.

    Returns
    -------
    Index ``community_id``: one column for each criterion, ``given`` (codes that people set) and
    ``score``, which is unknown while one criterion with a weight is.
    """
    codes = list(weights)
    wide = measured.pivot_table(
        index="community_id", columns="code", values="value", dropna=False, sort=False
    ).reindex(columns=codes)
    wide = wide.reindex(pd.Index(measured["community_id"].unique(), name="community_id"))
    by_hand = pd.DataFrame.from_dict(
        {name: {c: values.get(c) for c in codes} for name, values in given.items()}, orient="index"
    ).reindex(index=wide.index, columns=codes)
    by_hand = by_hand.apply(pd.to_numeric).astype("float64")
    made: pd.DataFrame = by_hand.where(by_hand.notna(), wide)
    weight = np.array([weights[code] for code in codes], dtype=float)
    counted = weight > 0
    total = weight[counted].sum()
    values = made.to_numpy(dtype=float)[:, counted]
    made["score"] = ((values * weight[counted]).sum(axis=1) / total).round(1) if total else np.nan
    made["given"] = [
        [code for code, known in zip(codes, row, strict=True) if known]
        for row in by_hand.notna().to_numpy()
    ]
    return made


def _condition(scope: pd.DataFrame, basic_items: frozenset[str]) -> pd.DataFrame:
    rows = scope[scope["work_item_id"].isin(basic_items)]
    judged = rows[rows["verdict"].isin(["yes", "no"])]
    needed = judged["verdict"].eq("yes")
    by_item = needed.groupby([judged["community_id"], judged["work_item_id"]]).any()
    groups = by_item.groupby(level=0)
    return pd.DataFrame(
        {"part": groups.sum().astype("float64"), "whole": groups.size().astype("float64")}
    )


def _willing(consent: pd.DataFrame, buildings: pd.DataFrame) -> pd.DataFrame:
    whole = buildings[["building_id", "community_id", "households"]]
    rows = consent[consent["work_item_id"].isna()].sort_values("asked_on", na_position="first")
    rows = rows.drop_duplicates(["building_id", "household"], keep="last")
    home = whole.set_index("building_id")["community_id"]
    where = rows["building_id"].map(home)
    heads = whole["households"].astype("float64")
    sums = heads.groupby(whole["community_id"]).sum()
    unknown = heads.isna().groupby(whole["community_id"]).any()
    agreed = rows["answer"].eq("agree").groupby(where).sum().astype("float64")
    # Where nobody was asked, nobody's wishes are known.
    return pd.DataFrame({"part": agreed, "whole": sums.where(~unknown)})


def _funds(items: pd.DataFrame, funding: pd.DataFrame) -> pd.DataFrame:
    cost = pd.Series(item_cost_fen(items).to_numpy(dtype=float), index=items.index)
    own = items["community_id"]
    whole = cost.groupby(own).sum().where(~cost.isna().groupby(own).any())
    by_item = funding.groupby("community_item_id")["amount_fen"].sum()
    paid = items["community_item_id"].map(by_item).fillna(0).astype("float64")
    return pd.DataFrame({"part": paid.groupby(own).sum(), "whole": whole})


def _worked_out(items: pd.DataFrame) -> pd.DataFrame:
    ready = items[list(WORKED_OUT)].notna().all(axis=1)
    groups = ready.groupby(items["community_id"])
    return pd.DataFrame(
        {"part": groups.sum().astype("float64"), "whole": groups.size().astype("float64")}
    )
