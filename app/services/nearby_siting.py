"""Where a missing facility should go, asked from the map; sites become proposed items."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from app.errors import Language, Text, UsageError
from app.schema import LAYERS, Actor
from app.services.detail import name_of
from app.services.nearby import held
from app.services.nearby_ways import _lonlat
from app.services.plans import OpenPlan

SETTINGS = ("profile", "kind", "model", "sites", "budget_yuan", "households_each")


def site(plan: OpenPlan, wish: Mapping[str, Any], language: Language) -> dict[str, object]:
    """The suggested sites with households, cost and how far the plan may be from the best.

    ``wish`` are settings of the analysis siting. The rows equal those of a run with them.

    Raises
    ------
    UsageError
        Settings that the analysis does not take.
    """
    from dataclasses import replace

    import shapely

    from app.analysis import analysis_named
    from app.analysis.siting.find import entrances, households_of, sites_of
    from app.schema.analysis import Inputs, parse_params
    from app.services.runs import rule_book

    analysis = analysis_named("siting")
    settings = {name: wish[name] for name in SETTINGS if wish.get(name) not in (None, "")}
    params = replace(parse_params(analysis.params, settings), seconds=20.0)
    standing = held(plan, params.profile).standing
    rules = rule_book(plan.store).supply(analysis.rules)
    inputs = Inputs({"plot_room": plan.frame("plot_room")}, rules)
    found = sites_of(standing, inputs, params)
    chosen, households = found.rooms.iloc[found.plan.chosen], households_of(found)
    xy = shapely.get_coordinates(entrances(standing, chosen)).reshape(-1, 2)
    places = _lonlat(plan, xy) if len(xy) else []
    rows = []
    for k, row in enumerate(chosen.drop(columns="geometry").to_dict("records")):
        told = {str(name): value for name, value in row.items()}
        rows.append(
            {"plot_room_id": told["plot_room_id"], "name": name_of(LAYERS["plot_room"], told, language),
             "households": round(float(households[k])), "cost_fen": found.item.cost_fen,
             "lon": places[k][0], "lat": places[k][1]}
        )  # fmt: skip
    rows.sort(key=lambda one: (-int(str(one["households"])), str(one["plot_room_id"])))
    cost = found.item.cost_fen
    return {
        "kind": found.asked.row.label.in_language(language),
        "code": found.asked.row.code,
        "candidates": len(found.rooms),
        "sites": rows,
        "households": round(float(households.sum())),
        "out_of_reach": round(float(_out_of_reach(found))),
        "cost_fen": None if cost is None else cost * len(rows),
        "item_code": found.item.code,
        "quantity": found.item.quantity,
        "unit": found.item.unit,
        "status": found.plan.status,
        "gap": found.plan.gap,
    }


def _out_of_reach(found: Any) -> float:
    problem = found.problem
    far: float = problem.weight[~problem.served & ~problem.covers.any(axis=1)].sum()
    return far


def propose(
    plan: OpenPlan, wish: Mapping[str, Any], language: Language, actor: Actor
) -> dict[str, object]:
    """The sites as proposed items of the programme, one a site, with quantity and unit cost.

    ``only`` of the wish keeps some of them, by the id of the room or plot. Nothing is proposed twice: a site that an item names already is left out.

    Raises
    ------
    UsageError
        No programme, or a kind that the catalogue has no item for.
    """
    from app.services.editing import edit

    found = site(plan, wish, language)
    programmes = plan.table("programme").sort_values("programme_id")
    programme = str(wish.get("programme") or (programmes["programme_id"].iloc[-1] if len(programmes) else ""))  # fmt: skip
    if not programme or not found["item_code"]:
        raise UsageError(
            Text("没有年度计划，或目录中没有对应的改造内容", "no programme, or no item in the catalogue"),
            where="programme",
            fix=Text("先建立年度计划，或改选设施类别", "make a programme first, or choose another kind"),
        )  # fmt: skip
    items = plan.table("community_item")
    taken = set(items["proposal_id"].dropna().tolist())
    rooms = plan.frame("plot_room").set_index("plot_room_id")
    wishes = []
    told: Any = found["sites"]
    only = wish.get("only")
    sites = [one for one in told if not isinstance(only, list) or one["plot_room_id"] in only]
    for one in sites:
        name = f"siting-{found['code']}-{one['plot_room_id']}"
        if name in taken:
            continue
        community = _community_of(plan, rooms.loc[one["plot_room_id"]])
        wishes.append(
            {"layer": "community_item", "action": "create", "id": f"community_item-{uuid.uuid4().hex[:12]}",
             "values": {
                 "programme_id": programme, "work_item_id": found["item_code"],
                 "community_id": community, "target_layer": "community", "target_id": community,
                 "quantity": found["quantity"], "unit": found["unit"],
                 "quantity_basis": "标准最小规模", "unit_cost_fen": _unit_cost(found),
                 "proposal_id": name, "decision": "proposed",
                 "reason": f"选址 {one['plot_room_id']}：新增覆盖 {one['households']} 户",
             }}
        )  # fmt: skip
    if wishes:
        edit(plan, wishes, actor, note="选址建议")
    return {"proposed": len(wishes), "already": len(sites) - len(wishes)}


def _unit_cost(found: Mapping[str, Any]) -> int | None:
    sites, quantity = found["sites"], found["quantity"]
    if not sites or not quantity or sites[0]["cost_fen"] is None:
        return None
    cost, size = int(sites[0]["cost_fen"]), float(quantity)
    return round(cost / size)


def _community_of(plan: OpenPlan, room: Any) -> str:
    """The community that a room belongs to, else the nearest: whose item it becomes."""
    if isinstance(room.get("community_id"), str) and room["community_id"]:
        return str(room["community_id"])
    communities: Any = plan.frame("community").sort_values("community_id", ignore_index=True)
    return str(communities["community_id"].iloc[communities.distance(room["geometry"]).argmin()])
