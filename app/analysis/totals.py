"""What a programme amounts to: communities, buildings, area, households and cost, added up live."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd

from app.errors import Text, UsageError
from app.schema.analysis import Analysis, Inputs, Need, Outcome, Progress, WholeNetwork, param
from app.schema.place_layers import BUILDING, COMMUNITY, STAIR_UNIT
from app.schema.programme_tables import (
    COMMUNITY_ITEM,
    FUNDING,
    PROGRAMME,
    PROGRAMME_MEMBER,
    WORK_ITEM,
)
from app.schema.result_layers import SCOPE_TOTAL

UNKNOWN = "unknown"
CATEGORIES = ("basic", "improved", "upgraded")
WITHDRAWN, REJECTED = "withdrawn", "rejected"


@dataclass(frozen=True)
class Selection:
    """What is counted. An empty tuple or None filters nothing; ``unknown`` is a value like others.

    ``categories`` and ``sources`` choose items and money, ``years`` choose buildings by year built,
    the rest chooses communities. With ``sources`` the cost is what those sources pay.
    """

    townships: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    owner_kinds: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    year_from: int | None = None
    year_to: int | None = None
    with_unknown_year: bool = True

    @property
    def is_everything(self) -> bool:
        return self == Selection()

    @property
    def chooses_communities(self) -> bool:
        return bool(self.townships or self.stages or self.owner_kinds)

    @property
    def chooses_years(self) -> bool:
        return self.year_from is not None or self.year_to is not None or not self.with_unknown_year

    @property
    def chooses_items(self) -> bool:
        return bool(self.categories or self.sources)


@dataclass(frozen=True)
class ScopeTables:
    """The rows that totals come from; each frame has the columns of its schema layer."""

    communities: pd.DataFrame
    buildings: pd.DataFrame
    members: pd.DataFrame
    items: pd.DataFrame
    work_items: pd.DataFrame
    funding: pd.DataFrame
    stair_units: pd.DataFrame


@dataclass(frozen=True)
class ScopeTotals:
    """Totals by community; every sum above a community is a sum of these rows.

    ``by_community`` is indexed by community id ("" gathers what lies in no known community) with
    ``township_id, in_programme, stage, buildings, floor_area_m2, households, cost_fen``, one
    ``<category>_fen`` for each of ``CATEGORIES`` and counts ``unknown_floor_area,
    unknown_households, unknown_year, unknown_cost``. ``building_ids`` are the counted buildings,
    ``items`` the counted items: ``community_item_id, community_id, category, cost_fen``.
    """

    by_community: pd.DataFrame
    by_source: pd.Series[int]
    building_ids: pd.Index[str]
    items: pd.DataFrame


SUMMED = (
    "in_programme", "buildings", "floor_area_m2", "households", "cost_fen",
    *(f"{category}_fen" for category in CATEGORIES), "uncategorised_fen",
    "unknown_floor_area", "unknown_households", "unknown_year", "unknown_cost",
)  # fmt: skip


def scope_totals(
    tables: ScopeTables, programme_id: str | None, selection: Selection
) -> ScopeTotals:
    """Totals of one programme, or of the whole plan where it has no programme.

    A building or community is in the programme iff a member row that is not withdrawn names it and
    the row itself exists. Area and households are those of the buildings. An item costs works plus
    other fees plus contingency; where any of these is unknown the item is counted apart. Rejected
    items are left out. An item belongs to the community of its target.
    """
    communities = _communities(tables, programme_id)
    buildings = _buildings(tables, programme_id)
    items = _items(tables, programme_id)

    if selection.chooses_communities:
        communities = communities[_chosen_communities(communities, selection)]
        buildings = buildings[buildings["community_id"].isin(communities.index)]
        items = items[items["community_id"].isin(communities.index)]
    if selection.chooses_years:
        in_years = _chosen_years(buildings["year_built"], selection)
        items = items[~items["building_id"].isin(buildings.index[~in_years])]
        buildings = buildings[in_years]
        communities = communities[communities.index.isin(buildings["community_id"])]
        items = items[items["community_id"].isin(communities.index)]
    items, paid = _chosen_money(items, tables.funding, selection)
    if selection.chooses_items:
        communities = communities[communities.index.isin(items["community_id"])]
        buildings = buildings[buildings["community_id"].isin(communities.index)]

    return ScopeTotals(
        by_community=_sums_by_community(communities, buildings, items),
        by_source=paid.groupby("source")["amount_fen"].sum().astype("int64"),
        building_ids=pd.Index(buildings.index),
        items=items[["community_item_id", "community_id", "category", "cost_fen"]],
    )


def member_ids(members: pd.DataFrame, layer: str, programme_id: str | None) -> pd.Series[str]:
    """Stage by id of what the programme names in ``layer`` and has not withdrawn."""
    named = members[(members["target_layer"] == layer) & (members["state"] != WITHDRAWN)]
    if programme_id is not None:
        named = named[named["programme_id"] == programme_id]
    stages = named.set_index("target_id")["stage"]
    return stages[~stages.index.duplicated()].fillna(UNKNOWN)


def item_cost_fen(items: pd.DataFrame) -> pd.Series[float]:
    """Works rounded half up to the fen, plus other fees and contingency; NaN where one is unknown."""
    works = items["quantity"].astype("float64") * items["unit_cost_fen"].astype("float64")
    rounded = pd.Series(np.floor(works + 0.5), index=items.index)
    # A product of floats next to the half is decided on the decimal figures that people wrote.
    for row in np.flatnonzero(np.abs(works - np.floor(works) - 0.5) < 1e-3).tolist():
        exact = Decimal(str(items["quantity"].iloc[row])) * int(items["unit_cost_fen"].iloc[row])
        rounded.iloc[int(row)] = float(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    fees = items["other_fees_fen"].astype("float64") + items["contingency_fen"].astype("float64")
    return rounded + fees


def _communities(tables: ScopeTables, programme_id: str | None) -> pd.DataFrame:
    rows = tables.communities.set_index("community_id")[["township_id", "owner_kind"]]
    rows = rows.astype(object).where(rows.notna(), UNKNOWN)
    rows.loc[""] = UNKNOWN
    stages = member_ids(tables.members, "community", programme_id)
    rows["stage"] = stages.reindex(rows.index).fillna(UNKNOWN)
    rows["in_programme"] = rows.index.isin(stages.index) if programme_id else rows.index != ""
    return rows


def _buildings(tables: ScopeTables, programme_id: str | None) -> pd.DataFrame:
    rows = tables.buildings.set_index("building_id")
    rows = rows[["community_id", "year_built", "floor_area_m2", "households"]]
    if programme_id is not None:
        named = member_ids(tables.members, "building", programme_id)
        rows = rows[rows.index.isin(named.index)]
    known = rows["community_id"].isin(tables.communities["community_id"])
    return rows.assign(community_id=rows["community_id"].where(known, ""))


def _items(tables: ScopeTables, programme_id: str | None) -> pd.DataFrame:
    rows = tables.items[tables.items["decision"].ne(REJECTED).fillna(True)]
    if programme_id is not None:
        rows = rows[rows["programme_id"] == programme_id]
    building_of = tables.stair_units.set_index("stair_unit_id")["building_id"]
    community_of = tables.buildings.set_index("building_id")["community_id"]
    layer, target = rows["target_layer"], rows["target_id"]
    building = target.where(
        layer == "building", target.where(layer == "stair_unit").map(building_of)
    )
    community = target.where(layer == "community", building.map(community_of))
    community = community.fillna(rows["community_id"])
    known = community.isin(tables.communities["community_id"])
    category = rows["work_item_id"].map(tables.work_items.set_index("work_item_id")["category"])
    return pd.DataFrame(
        {
            "community_item_id": rows["community_item_id"],
            "community_id": community.where(known, ""),
            "building_id": building,
            "category": category.fillna(UNKNOWN),
            "cost_fen": item_cost_fen(rows),
        }
    )


def _chosen_communities(rows: pd.DataFrame, selection: Selection) -> pd.Series[bool]:
    chosen = pd.Series(True, index=rows.index)
    for column, values in (
        ("township_id", selection.townships),
        ("stage", selection.stages),
        ("owner_kind", selection.owner_kinds),
    ):
        if values:
            chosen &= rows[column].isin(values)
    return chosen


def _chosen_years(years: pd.Series[float], selection: Selection) -> pd.Series[bool]:
    low = -np.inf if selection.year_from is None else selection.year_from
    high = np.inf if selection.year_to is None else selection.year_to
    years = years.astype("float64")
    return years.between(low, high) | (years.isna() & selection.with_unknown_year)


def _chosen_money(
    items: pd.DataFrame, funding: pd.DataFrame, selection: Selection
) -> tuple[pd.DataFrame, pd.DataFrame]:
    if selection.categories:
        items = items[items["category"].isin(selection.categories)]
    paid = funding[funding["community_item_id"].isin(items["community_item_id"])]
    if selection.sources:
        paid = paid[paid["source"].isin(selection.sources)]
        amounts = paid.groupby("community_item_id")["amount_fen"].sum()
        items = items[items["community_item_id"].isin(amounts.index)]
        items = items.assign(cost_fen=items["community_item_id"].map(amounts).astype("float64"))
    return items, paid


def _sums_by_community(
    communities: pd.DataFrame, buildings: pd.DataFrame, items: pd.DataFrame
) -> pd.DataFrame:
    of = buildings["community_id"]
    built = pd.DataFrame(
        {
            "buildings": 1,
            "floor_area_m2": buildings["floor_area_m2"].astype("float64").fillna(0.0),
            "households": buildings["households"].astype("float64").fillna(0.0),
            "unknown_floor_area": buildings["floor_area_m2"].isna(),
            "unknown_households": buildings["households"].isna(),
            "unknown_year": buildings["year_built"].isna(),
        }
    )
    cost = items["cost_fen"].astype("float64").fillna(0.0)
    spent = pd.DataFrame({"cost_fen": cost, "unknown_cost": items["cost_fen"].isna()})
    for category in CATEGORIES:
        spent[f"{category}_fen"] = cost.where(items["category"] == category, 0.0)
    spent["uncategorised_fen"] = cost.where(~items["category"].isin(CATEGORIES), 0.0)
    sums = communities.join(built.groupby(of.to_numpy()).sum())
    sums = sums.join(spent.groupby(items["community_id"].to_numpy()).sum())
    whole = [name for name in SUMMED if name not in ("in_programme", "floor_area_m2")]
    sums[list(SUMMED[1:])] = sums[list(SUMMED[1:])].astype("float64").fillna(0.0)
    sums[whole] = sums[whole].astype("int64")
    return sums


# --- the dated record: layer scope_total -----------------------------------------------------------
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
    communities = _communities(tables, programme_id)
    built = _buildings(tables, programme_id)
    items = _items(tables, programme_id)
    paid = tables.funding.merge(items, on="community_item_id", how="inner")
    members = communities[communities["in_programme"]]
    parts = [
        pd.DataFrame({"community": members.index, "communities": 1.0}),
        pd.DataFrame({
            "community": built["community_id"], "building": built.index, "buildings": 1.0,
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


@dataclass(frozen=True)
class TotalsParams:
    """Which programme is recorded."""

    programme: str = param("", "年度计划（空为全部）", "programme; empty for all")


def run(inputs: Inputs, params: TotalsParams, progress: Progress) -> Outcome:
    """The totals of the chosen programmes as they are now."""
    names = ("community", "building", "programme_member", "community_item", "work_item", "funding",
             "stair_unit")  # fmt: skip
    tables = ScopeTables(*(inputs.frames[name] for name in names))
    programmes = [str(name) for name in inputs.frames["programme"]["programme_id"]]
    chosen = [name for name in programmes if params.programme in ("", name)]
    if params.programme and not chosen:
        raise UsageError(
            Text(f"没有年度计划 {params.programme}", f"there is no programme {params.programme}"),
            where="programme",
            fix=Text("可用：" + "、".join(programmes), "use one of: " + ", ".join(programmes)),
        )
    parts = []
    for done, programme_id in enumerate(sorted(chosen)):
        progress(done / len(chosen), Text(f"汇总 {programme_id}", f"adding up {programme_id}"))
        parts.append(scope_total_rows(tables, programme_id))
    empty = pd.DataFrame(columns=list(SCOPE_TOTAL.column_names))
    rows = pd.concat(parts, ignore_index=True) if parts else empty
    whole = rows[(rows["level"] == "programme") & rows["dimension"].isna()]
    counts = {
        name: int(whole[name].sum())
        for name in ("communities", "buildings", "households", "cost_fen", "unknown_rows")
    }
    return Outcome(layers={SCOPE_TOTAL.name: rows}, counts=counts)


ANALYSIS = Analysis(
    "totals",
    Text("改造规模汇总", "scope totals"),
    Text(
        "按楼栋、小区、乡镇和年度计划，以及类别、阶段、资金来源汇总，存为有日期的记录",
        "Totals by building, community, township and programme, by category, stage and source, kept "
        "as a dated record; map and exports always compute live",
    ),
    inputs=(COMMUNITY, BUILDING, PROGRAMME, PROGRAMME_MEMBER, COMMUNITY_ITEM, WORK_ITEM, FUNDING,
            STAIR_UNIT),
    params=TotalsParams,
    outputs=(SCOPE_TOTAL,),
    reach=WholeNetwork(),
    run=run,
    needs=(
        Need("building", "households"),
        Need("building", "floor_area_m2"),
        *(Need("community_item", name, besides=(("decision", (REJECTED,)),))
          for name in ("quantity", "unit_cost_fen", "other_fees_fen", "contingency_fen")),
    ),
    example="jiugai run totals --plan PLAN --json",
)  # fmt: skip
