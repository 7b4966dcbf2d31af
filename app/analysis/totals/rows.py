"""What totals are added up from: the rows, what is chosen of them, and where each of them belongs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.rules.cost import item_cost_fen

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
class Membership:
    """What a programme names and has not withdrawn: stage by id.

    Without a programme every community and building of the plan is meant.
    """

    programme_id: str | None
    communities: pd.Series[str]
    buildings: pd.Series[str]


@dataclass(frozen=True)
class Places:
    """Where every building stands; nothing here depends on the figures that are added up.

    ``communities`` is indexed by id with ``township_id, owner_kind, stage, in_programme``; "" gathers
    what lies in no known community. ``is_counted`` and ``community_at`` (a row of ``communities``)
    go with the rows of the table of buildings.
    """

    communities: pd.DataFrame
    is_counted: NDArray[np.bool_]
    community_at: NDArray[np.intp]


def member_ids(members: pd.DataFrame, layer: str, programme_id: str | None) -> pd.Series[str]:
    """Stage by id of what the programme names in ``layer`` and has not withdrawn."""
    named = members[(members["target_layer"] == layer) & (members["state"] != WITHDRAWN)]
    if programme_id is not None:
        named = named[named["programme_id"] == programme_id]
    stages = named.set_index("target_id")["stage"]
    return stages[~stages.index.duplicated()].fillna(UNKNOWN)


def membership(members: pd.DataFrame, programme_id: str | None) -> Membership:
    """What one programme names, or what all programmes do."""
    return Membership(
        programme_id,
        communities=member_ids(members, "community", programme_id),
        buildings=member_ids(members, "building", programme_id),
    )


def places_of(communities: pd.DataFrame, buildings: pd.DataFrame, named: Membership) -> Places:
    """The communities as totals know them, and the one of each building.

    A building or community is in the programme iff a member row that is not withdrawn names it and
    the row itself exists.
    """
    known = communities.set_index("community_id")[["township_id", "owner_kind"]]
    known = known.astype(object).where(known.notna(), UNKNOWN)
    known.loc[""] = UNKNOWN
    known["stage"] = named.communities.reindex(known.index).fillna(UNKNOWN)
    is_named = known.index.isin(named.communities.index)
    known["in_programme"] = is_named if named.programme_id else known.index != ""
    at = known.index.get_indexer(pd.Index(buildings["community_id"]))
    in_programme = buildings["building_id"].isin(named.buildings.index).to_numpy(bool)
    everywhere = np.ones(len(buildings), dtype=bool)
    return Places(
        communities=known,
        is_counted=everywhere if named.programme_id is None else in_programme,
        community_at=np.where(at < 0, len(known) - 1, at),
    )


def items_of(tables: ScopeTables, programme_id: str | None) -> pd.DataFrame:
    """The items that count, each with its community ("" where it lies in none), building and cost.

    Rejected items are left out. An item belongs to the community of its target. Without its cost
    (one part of it unknown) an item is counted apart.
    """
    return costed(item_places(tables, programme_id), tables.items)


def costed(places: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """The items that ``item_places`` named, with their cost as the rows are now."""
    return places.assign(cost_fen=item_cost_fen(items.loc[places.index]))


def item_places(tables: ScopeTables, programme_id: str | None) -> pd.DataFrame:
    """Where each item that counts belongs; its cost is not asked for."""
    rows = tables.items[tables.items["decision"].ne(REJECTED).fillna(True)]
    if programme_id is not None:
        rows = rows[rows["programme_id"] == programme_id]
    layer, target = rows["target_layer"], rows["target_id"]
    units = _looked_up(
        target.where(layer == "stair_unit"), tables.stair_units, "stair_unit_id", "building_id"
    )
    building = target.where(layer == "building", units)
    home = _looked_up(building, tables.buildings, "building_id", "community_id")
    community = target.where(layer == "community", home).fillna(rows["community_id"])
    known = community.isin(tables.communities["community_id"])
    category = rows["work_item_id"].map(tables.work_items.set_index("work_item_id")["category"])
    return pd.DataFrame(
        {
            "community_item_id": rows["community_item_id"],
            "community_id": community.where(known, ""),
            "building_id": building,
            "category": category.fillna(UNKNOWN),
        }
    )


def _looked_up(
    ids: pd.Series[str], rows: pd.DataFrame, id_column: str, column: str
) -> pd.Series[str]:
    """A column of the rows that ``ids`` name; only those rows are put in order for it."""
    named = rows[rows[id_column].isin(ids.dropna().unique())]
    return ids.map(named.set_index(id_column)[column])
