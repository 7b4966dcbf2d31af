"""Totals a second time: one row after the other, with decimal money."""

from collections import Counter, defaultdict
from decimal import ROUND_HALF_UP, Decimal

import pandas as pd


def empty(value):
    return value is None or pd.isna(value)


def cost(item):
    parts = (item.quantity, item.unit_cost_fen, item.other_fees_fen, item.contingency_fen)
    if any(empty(part) for part in parts):
        return None
    works = Decimal(str(parts[0])) * int(parts[1])
    return int(works.quantize(Decimal(1), rounding=ROUND_HALF_UP)) + int(parts[2]) + int(parts[3])


def facts(tables, programme_id):
    """(places, stage, category, source, what) of everything that counts, one by one."""
    communities = {c.community_id: c for c in tables.communities.itertuples()}
    buildings = {b.building_id: b for b in tables.buildings.itertuples()}
    stair_units = {s.stair_unit_id: s.building_id for s in tables.stair_units.itertuples()}
    categories = {w.work_item_id: w.category for w in tables.work_items.itertuples()}
    live = [
        m
        for m in tables.members.itertuples()
        if m.programme_id == programme_id and m.state != "withdrawn"
    ]
    stages = {}
    for m in live:
        if m.target_layer == "community":
            stages.setdefault(m.target_id, "unknown" if empty(m.stage) else m.stage)

    def place(community_id, building_id):
        c = communities.get(community_id)
        township = "unknown" if c is None or empty(c.township_id) else c.township_id
        where = {"programme": programme_id, "township": township,
                 "community": community_id if c else "unknown", "building": building_id}  # fmt: skip
        return where, stages.get(community_id, "unknown") if c else "unknown"

    for community_id in stages:
        if community_id in communities:
            yield (*place(community_id, None), None, None, {"communities": 1})
    for building_id in {m.target_id for m in live if m.target_layer == "building"}:
        b = buildings.get(building_id)
        if b is None:
            continue
        what = {"buildings": 1, "households": 0 if empty(b.households) else b.households,
                "floor_area_m2": 0 if empty(b.floor_area_m2) else b.floor_area_m2,
                "unknown_rows": int(empty(b.households) or empty(b.floor_area_m2))}  # fmt: skip
        yield (*place(b.community_id, building_id), None, None, what)
    counted = {}
    for item in tables.items.itertuples():
        if item.programme_id != programme_id or item.decision == "rejected":
            continue
        building = {"building": item.target_id, "stair_unit": stair_units.get(item.target_id)}.get(
            item.target_layer
        )
        home = buildings[building].community_id if building in buildings else None
        home = item.community_id if empty(home) else home
        community = item.target_id if item.target_layer == "community" else home
        category = categories.get(item.work_item_id, "unknown")
        fen = cost(item)
        counted[item.community_item_id] = (community, building)
        what = {"cost_fen": fen or 0, "unknown_rows": int(fen is None)}
        yield (*place(community, building), category, None, what)
    for row in tables.funding.itertuples():
        if row.community_item_id in counted:
            where, _ = place(*counted[row.community_item_id])
            yield where, None, None, row.source, {"paid_fen": row.amount_fen}


def rows(tables, programme_id):
    """(level, place, dimension, key) to counts."""
    found = defaultdict(Counter)
    for places, stage, category, source, what in facts(tables, programme_id):
        for level, place in places.items():
            if place is None:
                continue
            found[level, place, "", ""].update(what)
            if stage:
                found[level, place, "stage", stage].update(what)
            if category:
                money = {"cost_fen": what["cost_fen"], "unknown_rows": what["unknown_rows"]}
                found[level, place, "category", category].update(money)
            if source:
                found[level, place, "source", source].update({"cost_fen": what["paid_fen"]})
    for (level, place, dimension, _), sums in list(found.items()):
        if dimension == "":
            rest = sums["cost_fen"] - sums.pop("paid_fen", 0)
            if rest:
                found[level, place, "source", "not_funded"].update({"cost_fen": rest})
    return found
