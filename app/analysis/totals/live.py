"""The totals of a programme by community, added up from places and figures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.analysis.totals.rows import (
    CATEGORIES,
    Places,
    ScopeTables,
    Selection,
    items_of,
    membership,
    places_of,
)

SUMMED = (
    "in_programme", "buildings", "floor_area_m2", "households", "cost_fen",
    *(f"{category}_fen" for category in CATEGORIES), "uncategorised_fen",
    "unknown_floor_area", "unknown_households", "unknown_year", "unknown_cost",
)  # fmt: skip
_FIGURES = ["floor_area_m2", "households", "year_built"]


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


def scope_totals(
    tables: ScopeTables, programme_id: str | None, selection: Selection
) -> ScopeTotals:
    """Totals of one programme, or of the whole plan where it has no programme.

    Area and households are those of the buildings that the programme counts. An item costs works
    plus other fees plus contingency; where any of these is unknown the item is counted apart.
    """
    named = membership(tables.members, programme_id)
    places = places_of(tables.communities, tables.buildings, named)
    return added(tables, places, items_of(tables, programme_id), selection)


def added(
    tables: ScopeTables, places: Places, items: pd.DataFrame, selection: Selection
) -> ScopeTotals:
    """The totals, where the places and the items of these very tables are known already."""
    communities, buildings, at = places.communities, tables.buildings, places.community_at
    is_chosen = _chosen_communities(communities, selection)
    is_built = places.is_counted & is_chosen[at]
    if selection.chooses_communities:
        items = items[items["community_id"].isin(communities.index[is_chosen])]
    if selection.chooses_years:
        in_years = _chosen_years(buildings["year_built"], selection)
        items = items[~items["building_id"].isin(buildings["building_id"][is_built & ~in_years])]
        is_built &= in_years
        is_chosen &= np.bincount(at[is_built], minlength=len(communities)) > 0
        items = items[items["community_id"].isin(communities.index[is_chosen])]
    items, paid = _chosen_money(items, tables.funding, selection)
    if selection.chooses_items:
        is_chosen &= communities.index.isin(items["community_id"])
        is_built &= is_chosen[at]

    sums = {
        **_added_buildings(buildings[_FIGURES][is_built], at[is_built], len(communities)),
        **_added_items(items, communities.index),
    }
    return ScopeTotals(
        by_community=communities.assign(**sums)[is_chosen],
        by_source=paid.groupby("source")["amount_fen"].sum().astype("int64"),
        building_ids=pd.Index(buildings["building_id"].array[is_built]),
        items=items[["community_item_id", "community_id", "category", "cost_fen"]],
    )


def _chosen_communities(rows: pd.DataFrame, selection: Selection) -> NDArray[np.bool_]:
    chosen = np.ones(len(rows), dtype=bool)
    for column, values in (
        ("township_id", selection.townships),
        ("stage", selection.stages),
        ("owner_kind", selection.owner_kinds),
    ):
        if values:
            chosen &= rows[column].isin(values).to_numpy(bool)
    return chosen


def _chosen_years(years: pd.Series[int], selection: Selection) -> NDArray[np.bool_]:
    low = -np.inf if selection.year_from is None else selection.year_from
    high = np.inf if selection.year_to is None else selection.year_to
    built = years.to_numpy("float64", na_value=np.nan)
    chosen: NDArray[np.bool_] = (built >= low) & (built <= high)
    return chosen | (np.isnan(built) & selection.with_unknown_year)


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


def _added_buildings(
    rows: pd.DataFrame, at: NDArray[np.intp], places: int
) -> dict[str, NDArray[np.generic]]:
    area, households = (
        rows[name].to_numpy("float64", na_value=np.nan) for name in ("floor_area_m2", "households")
    )
    return {
        "buildings": _sums(at, None, places).astype("int64"),
        "floor_area_m2": _sums(at, np.nan_to_num(area), places),
        "households": _sums(at, np.nan_to_num(households), places).astype("int64"),
        "unknown_floor_area": _sums(at[np.isnan(area)], None, places).astype("int64"),
        "unknown_households": _sums(at[np.isnan(households)], None, places).astype("int64"),
        "unknown_year": _sums(at[rows["year_built"].isna()], None, places).astype("int64"),
    }


def _added_items(items: pd.DataFrame, communities: pd.Index[str]) -> dict[str, NDArray[np.generic]]:
    at = communities.get_indexer(pd.Index(items["community_id"]))
    cost = items["cost_fen"].to_numpy("float64", na_value=np.nan)
    known, category = np.nan_to_num(cost), items["category"].to_numpy(object)
    of = {f"{name}_fen": category == name for name in CATEGORIES}
    of["uncategorised_fen"] = ~np.isin(category, CATEGORIES)
    fen = {
        name: _sums(at[rows], known[rows], len(communities)).astype("int64")
        for name, rows in {"cost_fen": np.ones(len(items), dtype=bool), **of}.items()
    }
    return {
        **fen,
        "unknown_cost": _sums(at[np.isnan(cost)], None, len(communities)).astype("int64"),
    }


def _sums(
    at: NDArray[np.intp], weights: NDArray[np.float64] | None, places: int
) -> NDArray[np.float64]:
    return np.bincount(at, weights=weights, minlength=places).astype("float64")
