"""Who pays what of each shared trench: length times depth of every party's part (谁受益、谁出资)."""

from __future__ import annotations

from typing import Any

import pandas as pd
import shapely

from app.analysis.trench_split import split_fen
from app.errors import Language
from app.report.plain import document, is_missing, number, text
from app.schema import LAYERS
from app.services.detail import name_of
from app.services.place_names import names_of
from app.services.plans import OpenPlan
from app.services.runs import rule_book
from app.services.verdicts import state_of


def trench_shares(plan: OpenPlan, communities: pd.Index, language: Language) -> dict[str, object]:
    """``{state, packages, owners}``: the trench and repaving cost of each package and its split.

    A member pays for its length within the shared trench times its depth: of a pipe the mean of its
    ends, of a work the stated depth, of an item the usual depth of its kind (``basis`` says which).
    """
    packages = []
    frame: Any = plan.frame("corridor")
    for row in frame.to_dict("records"):
        members = [_member(plan, str(key), language) for key in document(row["member_ids"]) or []]
        places = {str(one["community"]) for one in members if one["community"]}
        if not places & set(communities):
            continue
        packages.append(_package(plan, row, members, language))
    packages.sort(key=lambda one: (-int(str(one["cost_fen"])), str(one["id"])))
    owners: dict[str, int] = {}
    for package in packages:
        shares: Any = package["shares"]
        for share in shares:
            if share["fen"] is not None:
                owners[share["owner"]] = owners.get(share["owner"], 0) + share["fen"]
    return {
        "state": state_of(plan, "corridors", language),
        "packages": packages,
        "owners": [{"name": name, "fen": fen} for name, fen in sorted(owners.items(), key=lambda o: -o[1])],
    }  # fmt: skip


def _package(
    plan: OpenPlan, row: dict[Any, Any], members: list[dict[str, Any]], language: Language
) -> dict[str, object]:
    table: Any = rule_book(plan.store).table("dig_saving")
    metres, area = number(row["shared_m"]) or 0.0, number(row["repaving_m2"]) or 0.0
    yuan = metres * table.term("trench_cost") + area * table.term("repaving_cost")
    cost = int(yuan * 100 + 0.5)
    ground = shapely.buffer(shapely.force_2d(row["geometry"]), _reach(plan, row))
    for one in members:
        one["length_m"] = _length(one.pop("shape"), ground)
    weights = [
        None if one["length_m"] is None or one["depth_m"] is None else one["length_m"] * one["depth_m"]
        for one in members
    ]  # fmt: skip
    shares = split_fen(cost, weights)
    name = text(row["name"]) or str(row["corridor_id"])
    item = plan.row("work_item", name)
    return {
        "id": str(row["corridor_id"]),
        "name": name_of(LAYERS["work_item"], item, language) if item else name,
        "shared_m": metres, "repaving_m2": area, "cost_fen": cost,
        "shares": [{**one, "fen": fen} for one, fen in zip(members, shares, strict=True)],
    }  # fmt: skip


def _reach(plan: OpenPlan, row: dict[Any, Any]) -> float:
    """How far apart the lines of one trench may lie: the widest that its parties allow.

    A party that states no distance has that of the run.
    """
    bodies = plan.table("organisation").set_index("organisation_id")["join_distance_m"]
    run = plan.store.current_run("corridors", plan.scenario) or plan.store.current_run("corridors")
    usual = float(run.parameters["join_distance_m"]) if run else 0.0
    own = bodies.reindex(document(row["organisation_ids"]) or []).astype("float64").fillna(usual)
    return float(own.max()) if len(own) else usual


def _length(shape: Any, ground: Any) -> float | None:
    if shape is None or shapely.is_empty(shape):
        return None
    lines = shape if shapely.length(shape) and not shapely.area(shape) else shapely.boundary(shape)
    return round(float(shapely.length(shapely.intersection(shapely.force_2d(lines), ground))), 2)


def _utility_payer(plan: OpenPlan, item: str) -> str:
    """The utility company that is to pay for an item, which benefits from it; '' where none is."""
    rows = plan.table("funding")
    own = rows[(rows["community_item_id"] == item) & (rows["source"] == "utility")][
        "payer_id"
    ].dropna()
    return str(own.iloc[0]) if len(own) else ""


def _member(plan: OpenPlan, key: str, language: Language) -> dict[str, Any]:
    """One party's dig: whose, its shape, and how deep it lies on what basis."""
    layer, _, row_id = key.partition(":")
    row = (plan.row(layer, row_id) if layer in LAYERS else None) or {}
    bodies = names_of(plan, "organisation", language)
    payer = _utility_payer(plan, row_id) if layer == "community_item" else ""
    owner = (
        payer or text(row.get("owner_id") or row.get("organisation_id") or row.get("lead_id")) or ""
    )
    depth, basis, label = None, "unknown", row_id
    if layer == "pipe":
        ends = [row.get("start_depth_m"), row.get("end_depth_m")]
        if row and not any(is_missing(end) for end in ends):
            depth, basis = (float(str(ends[0])) + float(str(ends[1]))) / 2, "measured"
    elif layer == "work" and not is_missing(row.get("depth_m")):
        depth, basis = float(str(row["depth_m"])), "stated"
    code = str(row.get("work_item_id") or row.get("item_code") or "")
    table: Any = rule_book(plan.store).table("dig_saving")
    if depth is None and code in table.trench_depth_m:
        depth, basis = table.trench_depth_m[code], "table"
    if layer == "community_item" and (item := plan.row("work_item", code)):
        label = name_of(LAYERS["work_item"], item, language)
    return {
        "layer": layer, "id": row_id, "name": label, "owner": bodies.get(owner, owner),
        "community": text(row.get("community_id")) or "", "depth_m": depth, "basis": basis,
        "shape": row.get("geometry"),
    }  # fmt: skip
