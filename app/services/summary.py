"""The live totals tree: programme, townships, communities, with filters and what needs attention."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.analysis.totals import (
    CATEGORIES,
    UNKNOWN,
    Places,
    ScopeTables,
    ScopeTotals,
    Selection,
    added,
    costed,
    item_places,
    membership,
    places_of,
)
from app.errors import Language, NotFoundError, Text
from app.report.plain import flag, number, text, whole
from app.services.attention import attention
from app.services.plans import OpenPlan

if TYPE_CHECKING:
    import pandas as pd

# In the order of the fields of ScopeTables.
SCOPE_LAYERS = (
    "community", "building", "programme_member", "community_item", "work_item", "funding",
    "stair_unit",
)  # fmt: skip
# What says where a building or an item belongs; the figures that are added up are not among it.
_PLACES = ("community", "building.building_id", "building.community_id", "programme_member")
_ITEMS = (
    "community_item.community_item_id", "community_item.programme_id", "community_item.decision",
    "community_item.work_item_id", "community_item.target_layer", "community_item.target_id",
    "community_item.community_id", "work_item", "stair_unit", "community", "building.building_id",
    "building.community_id",
)  # fmt: skip
INPUT_LAYERS = (*SCOPE_LAYERS, "township", "programme")
# Key in the answer -> column of the totals.
_UNKNOWNS = {
    "floor_area_m2": "unknown_floor_area",
    "households": "unknown_households",
    "year_built": "unknown_year",
    "cost_fen": "unknown_cost",
}
EVERYTHING = Selection()


def scope_tables(plan: OpenPlan) -> ScopeTables:
    """The plan's rows that totals come from, as they are now."""
    return ScopeTables(*(plan.table(layer) for layer in SCOPE_LAYERS))


def chosen_programme(plan: OpenPlan, asked: str | None) -> str | None:
    """The programme asked for; else the latest one; None where the plan has none.

    Raises
    ------
    NotFoundError
        The plan has no programme of that id.
    """
    programmes = plan.table("programme")
    ids = list(programmes["programme_id"])
    if asked:
        if asked not in ids:
            raise NotFoundError(
                Text(f"没有年度计划 {asked}", f"there is no programme {asked}"),
                where="programme",
                fix=Text("可用：" + "、".join(ids), "use one of: " + ", ".join(ids)),
            )
        return asked
    if not ids:
        return None
    latest = programmes.sort_values(["year", "programme_id"], na_position="first")
    return str(latest["programme_id"].iloc[-1])


def totals_of(plan: OpenPlan, programme_id: str | None, selection: Selection) -> ScopeTotals:
    """Totals from the rows as they are now; nothing is stored beside them.

    Where each building and item belongs is worked out again only when that changed: a figure typed
    into one of a hundred thousand buildings costs an addition.
    """
    return plan.kept(
        ("totals", programme_id, selection),
        SCOPE_LAYERS,
        lambda: added(*_of_one_moment(plan, programme_id), selection),
    )


def _of_one_moment(
    plan: OpenPlan, programme_id: str | None
) -> tuple[ScopeTables, Places, pd.DataFrame]:
    """Rows, places and items that go together, even while somebody edits."""
    while True:
        revision = plan.revision_of(SCOPE_LAYERS)
        tables = scope_tables(plan)
        places = plan.kept(
            ("scope places", programme_id), _PLACES, lambda: _places(plan, programme_id)
        )
        items = plan.kept(
            ("scope items", programme_id),
            _ITEMS,
            lambda: item_places(scope_tables(plan), programme_id),
        )
        if plan.revision_of(SCOPE_LAYERS) == revision:
            return tables, places, costed(items, tables.items)


def _places(plan: OpenPlan, programme_id: str | None) -> Places:
    named = plan.kept(
        ("membership", programme_id),
        ("programme_member",),
        lambda: membership(plan.table("programme_member"), programme_id),
    )
    return places_of(plan.table("community"), plan.table("building"), named)


def summary(
    plan: OpenPlan,
    *,
    programme: str | None = None,
    selection: Selection = EVERYTHING,
    language: Language = "zh",
) -> dict[str, object]:
    """What the map's side panel shows.

    ``{programme, filtered, totals, categories, stages, sources, townships, unassigned, attention}``.
    ``programme`` is null where the plan has none: then every building counts. ``stages`` counts
    communities by stage, ``sources`` is fen by source, ``unassigned`` what lies in no
    known township, with its ``communities`` (null if nothing does). The totals of all townships and of ``unassigned`` add up to
    ``totals``. Communities outside the programme are listed with ``in_programme`` false.
    """
    programme_id = chosen_programme(plan, programme)
    tree = plan.kept(
        ("summary", programme_id, selection),
        INPUT_LAYERS,
        lambda: _tree(plan, programme_id, selection),
    )
    rows = totals_of(plan, programme_id, selection).by_community
    return tree | {"attention": attention(plan, programme_id, rows, language=language)}


def _tree(plan: OpenPlan, programme_id: str | None, selection: Selection) -> dict[str, object]:
    counted = totals_of(plan, programme_id, selection)
    rows = counted.by_community
    members = rows[rows["in_programme"]]
    townships = plan.table("township")
    loose = rows[~rows["township_id"].isin(townships["township_id"])]
    something = loose["buildings"] + loose["cost_fen"] + loose["unknown_cost"] > 0
    loose = loose[something | loose.index.isin(plan.table("community")["community_id"])]
    listed, rest = _townships(plan, rows)
    return {
        "programme": _programme(plan, programme_id),
        "filtered": not selection.is_everything,
        **_sums(rows),
        "stages": {str(k): int(v) for k, v in members["stage"].value_counts().items()},
        "sources": {str(k): int(v) for k, v in counted.by_source.items()},
        "townships": listed,
        "unassigned": {**_sums(loose), "communities": rest} if len(loose) else None,
    }


def _programme(plan: OpenPlan, programme_id: str | None) -> dict[str, object] | None:
    if programme_id is None:
        return None
    rows = plan.table("programme")
    row = rows[rows["programme_id"] == programme_id].iloc[0]
    return {
        "id": programme_id,
        "year": whole(row["year"]),
        "name": text(row["name"]),
        "budget_fen": whole(row["budget_fen"]),
        "stated": {
            "communities": whole(row["communities_stated"]),
            "buildings": whole(row["buildings_stated"]),
            "floor_area_m2": number(row["floor_area_stated_m2"]),
            "households": whole(row["households_stated"]),
        },
    }


def _sums(rows: pd.DataFrame) -> dict[str, object]:
    sums = rows[[name for name in rows if name not in ("township_id", "owner_kind", "stage")]].sum()
    return {
        "totals": {
            "communities": int(sums["in_programme"]),
            "buildings": int(sums["buildings"]),
            "floor_area_m2": round(float(sums["floor_area_m2"]), 2),
            "households": int(sums["households"]),
            "cost_fen": int(sums["cost_fen"]),
            "unknown": {key: int(sums[name]) for key, name in _UNKNOWNS.items()},
        },
        "categories": _categories(sums),
    }


def _categories(sums: pd.Series) -> dict[str, int]:
    categories = {name: int(sums[f"{name}_fen"]) for name in CATEGORIES}
    other = int(sums["uncategorised_fen"])
    return {**categories, UNKNOWN: other} if other else categories


def _townships(
    plan: OpenPlan, rows: pd.DataFrame
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """The townships with their communities, and the communities of no known township."""
    townships = plan.table("township")
    told = plan.kept(("told communities",), ("community",), lambda: _told(plan.table("community")))
    inside: dict[object, list[dict[str, object]]] = {}
    for community in _communities(rows, told):
        inside.setdefault(community["township_id"], []).append(community)
    listed = [
        {
            "id": row["township_id"],
            "name": text(row["name"]),
            "name_en": text(row["name_en"]),
            "schematic": flag(row["schematic"]),
            **_sums(rows[rows["township_id"] == row["township_id"]]),
            "communities": inside.pop(row["township_id"], []),
        }
        for row in townships.sort_values("code", na_position="last").to_dict("records")
    ]
    return listed, [community for rest in inside.values() for community in rest]


def _told(communities: pd.DataFrame) -> dict[str, dict[str, object]]:
    """What is said of every community, whatever it amounts to."""
    names = [
        "community_id",
        "name",
        "name_en",
        "township_id",
        "year_built",
        "owner_kind",
        "schematic",
    ]
    return {
        community_id: {
            "id": community_id,
            "name": text(name),
            "name_en": text(name_en),
            "township_id": text(township_id),
            "year_built": whole(year),
            "owner_kind": text(owner),
            "schematic": flag(schematic),
        }
        for community_id, name, name_en, township_id, year, owner, schematic in zip(
            *(communities[name].tolist() for name in names), strict=True
        )
    }


def _communities(rows: pd.DataFrame, told: dict[str, dict[str, object]]) -> list[dict[str, object]]:
    """The communities in the order of the plan, each with what it amounts to."""
    counts = ("in_programme", "buildings", "households", "cost_fen", *_UNKNOWNS.values())
    money = [f"{name}_fen" for name in CATEGORIES]
    cells = {name: rows[name].astype("int64").tolist() for name in (*counts, *money)}
    areas, stages = rows["floor_area_m2"].round(2).tolist(), rows["stage"].tolist()
    return [
        {
            **told[community_id],
            "totals": {
                "communities": cells["in_programme"][at],
                "buildings": cells["buildings"][at],
                "floor_area_m2": areas[at],
                "households": cells["households"][at],
                "cost_fen": cells["cost_fen"][at],
                "unknown": {key: cells[name][at] for key, name in _UNKNOWNS.items()},
            },
            "categories": {name: cells[f"{name}_fen"][at] for name in CATEGORIES},
            "stage": stages[at],
            "in_programme": bool(cells["in_programme"][at]),
        }
        for at, community_id in enumerate(rows.index)
        if community_id in told
    ]
