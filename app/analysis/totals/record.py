"""The dated record of the totals: layer ``scope_total``, every level and dimension on its own row."""

from __future__ import annotations

import pandas as pd

from app.analysis.totals.rows import UNKNOWN, ScopeTables, items_of, membership, places_of
from app.schema.result_layers import SCOPE_TOTAL

LEVELS = ("programme", "township", "community", "building")
DIMENSIONS = ("category", "stage", "source")
NOT_FUNDED = "not_funded"
_COUNTS = ("communities", "buildings", "households", "floor_area_m2", "cost_fen", "unknown_rows")


def scope_total_rows(tables: ScopeTables, programme_id: str) -> pd.DataFrame:
    """Rows of layer ``scope_total``: one programme at every level, as a whole and by dimension.

    ``dimension`` empty is the whole. By stage every figure is split; by category and by source only
    the cost is, since a building belongs to no category; the other figures are empty there. Source
    ``not_funded`` is the known cost that no source pays yet; negative where sources pay more. What
    belongs to no known place stands under the place ``unknown``, so that each level adds up.
    """
    facts = _facts(tables, programme_id)
    parts = []
    for level in LEVELS:
        known = facts[facts[level].notna()]
        whole = known.groupby(level)[[*_COUNTS, "paid_fen"]].sum()
        parts.append(_total_rows(level, whole, "", ""))
        for key, rows in known[known["stage"].notna()].groupby("stage"):
            parts.append(_total_rows(level, rows.groupby(level)[list(_COUNTS)].sum(), "stage", key))
        for dimension, money in (("category", "cost_fen"), ("source", "paid_fen")):
            for key, rows in known[known[dimension].notna()].groupby(dimension):
                sums = rows.groupby(level)[[money, "unknown_rows"]].sum()
                parts.append(
                    _total_rows(
                        level, sums.set_axis(["cost_fen", "unknown_rows"], axis=1), dimension, key
                    )
                )
        rest = (whole["cost_fen"] - whole["paid_fen"]).to_frame("cost_fen")
        rest = rest[rest["cost_fen"] != 0].assign(unknown_rows=0.0)
        parts.append(_total_rows(level, rest, "source", NOT_FUNDED))
    rows = pd.concat(parts, ignore_index=True)
    rows["programme_id"] = programme_id
    names = ["programme_id", "level", "place_id", "dimension", "key"]
    rows["scope_total_id"] = [
        "/".join(cells) for cells in rows[names].fillna("").to_numpy(dtype=str)
    ]
    for name in _COUNTS:
        if name != "floor_area_m2":
            rows[name] = rows[name].round().astype("Int64")
    return rows[list(SCOPE_TOTAL.column_names)].sort_values("scope_total_id", ignore_index=True)


def _facts(tables: ScopeTables, programme_id: str) -> pd.DataFrame:
    """Communities, buildings, items and payments below each other, each with its places."""
    places = places_of(
        tables.communities, tables.buildings, membership(tables.members, programme_id)
    )
    communities, items = places.communities, items_of(tables, programme_id)
    built = tables.buildings[places.is_counted]
    home = communities.index.to_numpy()[places.community_at[places.is_counted]]
    paid = tables.funding.merge(items, on="community_item_id", how="inner")
    members = communities[communities["in_programme"]]
    parts = [
        pd.DataFrame({"community": members.index, "communities": 1.0}),
        pd.DataFrame({
            "community": home, "building": built["building_id"], "buildings": 1.0,
            "households": built["households"].astype("float64").fillna(0.0),
            "floor_area_m2": built["floor_area_m2"].astype("float64").fillna(0.0),
            "unknown_rows": built[["households", "floor_area_m2"]].isna().any(axis=1).astype("float64"),
        }),
        pd.DataFrame({
            "community": items["community_id"], "building": items["building_id"],
            "category": items["category"], "cost_fen": items["cost_fen"].fillna(0.0),
            "unknown_rows": items["cost_fen"].isna().astype("float64"),
        }),
        pd.DataFrame({
            "community": paid["community_id"], "building": paid["building_id"],
            "source": paid["source"], "paid_fen": paid["amount_fen"].astype("float64"),
        }),
    ]  # fmt: skip
    columns = [*LEVELS, *DIMENSIONS, *_COUNTS, "paid_fen"]
    facts = pd.concat([part.reindex(columns=columns) for part in parts], ignore_index=True)
    facts["programme"] = programme_id
    facts["township"] = facts["community"].map(communities["township_id"]).fillna(UNKNOWN)
    facts["stage"] = facts["community"].map(communities["stage"]).fillna(UNKNOWN)
    facts["community"] = facts["community"].where(facts["community"] != "", UNKNOWN)
    measures = [*_COUNTS, "paid_fen"]
    facts[measures] = facts[measures].astype("float64").fillna(0.0)
    return facts


def _total_rows(level: str, sums: pd.DataFrame, dimension: str, key: object) -> pd.DataFrame:
    rows = sums.reindex(columns=list(_COUNTS))
    rows.insert(0, "place_id", sums.index.astype(object))
    return rows.assign(level=level, dimension=dimension or None, key=str(key) or None).reset_index(
        drop=True
    )
