"""Rules about facilities, services and figures of a community."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from app.analysis.scope.found import UNKNOWN, YES, Codes, Floats, Found, Mask, Names, words
from app.analysis.scope.places import Places, far_from, numbers, shapes_of, texts
from app.errors import Text
from app.rules.scope import ScopeRuleRow

_FAR_GROUP = 2.0
"""Homes within twice the radius of each other can share one new facility."""


def survey(places: Places, rule: ScopeRuleRow) -> Found:
    """Evidence that no layer holds: unknown, and what has to be surveyed is named."""
    found = places.found(rule.object, Text("", ""))
    zh, _, en = rule.needs[0].partition("|")
    everywhere = np.ones(len(found.ids), dtype=bool)
    found.put(everywhere, UNKNOWN, f"未知：需要{zh}", f"unknown: needs a {en}", missing=zh)
    return found


def far_from_asset(places: Places, rule: ScopeRuleRow) -> Found:
    """Homes farther from a facility of the kind than the limit, straight line from the wall."""
    found = places.found(
        "community", Text("住宅楼均在服务半径内", "every home is within the radius")
    )
    homes = places.homes
    shapes = shapes_of(homes)
    away = far_from(shapes, shapes_of(places.assets_of(rule.kinds[0])))
    at = places.home_places
    far = away > rule.limit
    count = places.per_community(at[far])
    found.put(
        count > 0,
        YES,
        words("{:.0f} 栋住宅楼超过 " + f"{rule.limit:g} m", count),
        words("{:.0f} homes are farther than " + f"{rule.limit:g} m", count),
    )
    found.put(
        ~places.surveyed_assets,
        UNKNOWN,
        "没有该小区的设施调查",
        "no facilities of this community were surveyed",
        missing=";".join(rule.needs),
    )
    found.put(
        places.per_community(at) == 0,
        UNKNOWN,
        "小区内没有住宅楼资料",
        "no home of this community is known",
        missing="building.community_id",
    )
    found.quantity = np.where(
        found.verdict == YES, _groups(shapes, at, far, rule.limit, len(found.ids)), np.nan
    )
    found.prove(
        at[far & (at >= 0)],
        "building",
        texts(homes["building_id"])[far & (at >= 0)],
        "distance_m",
        np.round(np.where(np.isinf(away), -1, away), 1)[far & (at >= 0)].astype(object),
    )
    return found


def _groups(shapes: Names, at: Codes, far: Mask, limit: float, n: int) -> Floats:
    """How many clusters of uncovered homes a community has: one new facility each."""
    chosen = far & (at >= 0)
    homes, place = shapes[chosen], at[chosen]
    if not len(homes):
        return np.zeros(n)
    apart = limit * _FAR_GROUP
    middle = shapely.get_coordinates(shapely.centroid(homes))
    # The place as third coordinate keeps homes of different communities farther apart than any link.
    points = np.column_stack([middle, place * 2.0 * apart])
    cluster = _clusters(cKDTree(points).query_pairs(apart, output_type="ndarray"), len(homes))
    # Centres beyond the distance may belong to walls within it: asked only where it can matter.
    pieces = np.bincount(place[np.unique(cluster, return_index=True)[1]], minlength=n)
    rest = np.flatnonzero(pieces[place] > 1)
    near = shapely.STRtree(homes[rest]).query(homes[rest], predicate="dwithin", distance=apart)
    pairs = rest[near.T]
    pairs = pairs[place[pairs[:, 0]] == place[pairs[:, 1]]]
    joined = _clusters(cluster[pairs], int(cluster.max()) + 1)[cluster]
    _, first = np.unique(joined, return_index=True)
    counts: Floats = np.bincount(place[first], minlength=n).astype(float)
    return counts


def _clusters(pairs: Codes, n: int) -> Codes:
    """The cluster of each of ``n`` things that these pairs link."""
    links = coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    _, cluster = connected_components(links, directed=False)
    found: Codes = cluster.astype(np.int64)
    return found


def assets_present(places: Places, rule: ScopeRuleRow) -> Found:
    """Recorded things of the kind, by area; none recorded proves nothing."""
    found = survey(places, rule)
    rows = places.assets_of(rule.kinds[0])
    at = places.held_by(rows)
    area = np.where(
        np.isnan(numbers(rows["area_m2"])), shapely.area(shapes_of(rows)), numbers(rows["area_m2"])
    )
    count = places.per_community(at)
    found.put(count > 0, YES, words("登记 {:.0f} 处", count), words("{:.0f} are recorded", count))
    sums = places.per_community(at, area)
    found.quantity = np.where((count > 0) & (sums > 0), sums, np.nan)
    found.prove(
        at[at >= 0], "asset", texts(rows["asset_id"])[at >= 0], "kind", texts(rows["kind"])[at >= 0]
    )
    return found


def gates_without(places: Places, rule: ScopeRuleRow) -> Found:
    """Gates without a thing of the kind within the distance."""
    found = places.found("community", Text("各出入口均有摄像头", "every gate has one"))
    gates = places.rows("gate").sort_values("gate_id", ignore_index=True)
    at = places.held_by(gates)
    away = far_from(shapes_of(gates), shapes_of(places.assets_of(rule.kinds[0])))
    bare = (away > rule.limit) & (at >= 0)
    count = places.per_community(at[bare])
    found.put(
        count > 0,
        YES,
        words("{:.0f} 个出入口没有摄像头", count),
        words("{:.0f} gates have none", count),
    )
    found.put(
        ~places.surveyed_assets,
        UNKNOWN,
        "没有该小区的设施调查",
        "no facilities of this community were surveyed",
        missing=";".join(rule.needs),
    )
    found.put(
        places.per_community(at) == 0,
        UNKNOWN,
        "没有出入口资料",
        "no gate of this community is known",
        missing="gate",
    )
    found.quantity = np.where(found.verdict == YES, count, np.nan)
    found.prove(
        at[bare], "gate", texts(gates["gate_id"])[bare], "state", texts(gates["state"])[bare]
    )
    return found


def column_below(places: Places, rule: ScopeRuleRow) -> Found:
    """A share of the community below the limit; the area that is short of it."""
    column = rule.kinds[0]
    found = places.found("community", Text("不低于限值", "not below the limit"))
    share = numbers(places.communities[column])
    low = share < rule.limit
    found.put(
        np.isnan(share),
        UNKNOWN,
        f"缺少 {column}",
        f"{column} is missing",
        missing=f"community.{column}",
    )
    found.put(
        low,
        YES,
        words("{:.1%}，低于 " + f"{rule.limit:.0%}", share),
        words("{:.1%}, below " + f"{rule.limit:.0%}", share),
    )
    found.quantity = np.where(low, (rule.limit - share) * shapely.area(places.grounds), np.nan)
    _prove_column(places, found, low, column, share)
    return found


def older_residents(places: Places, rule: ScopeRuleRow) -> Found:
    """Many residents over 60 and nowhere to sit."""
    found = places.found(
        "community", Text("老年居民占比不高或已有座椅", "few older residents, or seats are there")
    )
    share = numbers(places.communities["residents_over_60_share"])
    seats = places.per_community(places.held_by(places.assets_of(rule.kinds[0])))
    old = share >= rule.limit
    found.put(
        old & (seats == 0),
        YES,
        words("60岁以上占 {:.0%}，没有座椅", share),
        words("{:.0%} are over 60 and there is no seat", share),
    )
    found.put(
        old & ~places.surveyed_assets,
        UNKNOWN,
        "没有设施调查",
        "facilities were not surveyed",
        missing="asset:seat",
    )
    found.put(
        np.isnan(share),
        UNKNOWN,
        "缺少60岁以上居民占比",
        "the share of residents over 60 is missing",
        missing="community.residents_over_60_share",
    )
    found.quantity = np.where(found.verdict == YES, 1.0, np.nan)
    _prove_column(places, found, found.verdict == YES, "residents_over_60_share", share)
    return found


def _households(places: Places) -> Floats:
    """Households of the homes, NaN where one is unknown or there is none."""
    homes = places.homes
    at, heads = places.home_places, numbers(homes["households"])
    sums = places.per_community(at, np.nan_to_num(heads))
    unknown = places.per_community(at[np.isnan(heads)]) + (places.per_community(at) == 0)
    return np.where(unknown > 0, np.nan, sums)


def parking_below(places: Places, rule: ScopeRuleRow) -> Found:
    """Parking spaces per household below the limit; the spaces that are short."""
    found = places.found("community", Text("户均停车位不低于限值", "enough parking per household"))
    spaces, heads = numbers(places.communities["parking_spaces"]), _households(places)
    short = np.ceil(rule.limit * heads - spaces - 1e-9)
    low = short > 0
    found.put(
        low,
        YES,
        words("{:.0f} 户 {:.0f} 个车位，缺 {:.0f} 个", heads, spaces, short),
        words("{:.0f} households, {:.0f} spaces, {:.0f} short", heads, spaces, short),
    )
    found.put(
        np.isnan(heads),
        UNKNOWN,
        "缺少户数",
        "households are missing",
        missing="building.households",
    )
    found.put(
        np.isnan(spaces),
        UNKNOWN,
        "缺少停车位数",
        "the number of spaces is missing",
        missing="community.parking_spaces",
    )
    found.quantity = np.where(found.verdict == YES, short, np.nan)
    _prove_column(places, found, found.verdict == YES, "parking_spaces", spaces)
    return found


def chargers_below(places: Places, rule: ScopeRuleRow) -> Found:
    """Chargers per parking space below the limit."""
    found = places.found("community", Text("充电车位占比不低于限值", "enough bays with a charger"))
    spaces = numbers(places.communities["parking_spaces"])
    chargers = places.per_community(places.held_by(places.assets_of(rule.kinds[0])))
    short = np.ceil(rule.limit * spaces - chargers - 1e-9)
    found.put(
        short > 0,
        YES,
        words("{:.0f} 个车位 {:.0f} 个充电桩", spaces, chargers),
        words("{:.0f} spaces, {:.0f} chargers", spaces, chargers),
    )
    found.put(
        ~places.surveyed_assets,
        UNKNOWN,
        "没有设施调查",
        "facilities were not surveyed",
        missing="asset:car_charger",
    )
    found.put(
        np.isnan(spaces),
        UNKNOWN,
        "缺少停车位数",
        "the number of spaces is missing",
        missing="community.parking_spaces",
    )
    found.quantity = np.where(found.verdict == YES, short, np.nan)
    _prove_column(places, found, found.verdict == YES, "parking_spaces", spaces)
    return found


def property_room(places: Places, rule: ScopeRuleRow) -> Found:
    """Property rooms smaller than the share of floor area, or than the least area."""
    found = places.found("community", Text("物业用房面积满足", "the property room is large enough"))
    homes = places.homes
    at, floor = places.home_places, numbers(homes["floor_area_m2"])
    whole = places.per_community(at, np.nan_to_num(floor))
    unknown = (places.per_community(at[np.isnan(floor)]) > 0) | (places.per_community(at) == 0)
    rooms = places.rows("plot_room")
    rooms = rooms[rooms["kind"] == "property_room"].reset_index(drop=True)
    held = places.held_by(rooms)
    area = places.per_community(held, np.nan_to_num(numbers(rooms["area_m2"])))
    unmeasured = places.per_community(held[np.isnan(numbers(rooms["area_m2"]))]) > 0
    asked = np.maximum(rule.limit * whole, float(rule.sign_values("least_m2")[0]))
    short = asked - area
    found.put(
        short > 0,
        YES,
        words("物业用房 {:.0f} m²，应有 {:.0f} m²", area, asked),
        words("{:.0f} m² of property rooms, {:.0f} m² wanted", area, asked),
    )
    found.put(
        unknown, UNKNOWN, "缺少建筑面积", "floor area is missing", missing="building.floor_area_m2"
    )
    found.put(
        unmeasured | (not len(rooms)),
        UNKNOWN,
        "没有物业用房面积资料",
        "property rooms were not recorded",
        missing="plot_room.area_m2",
    )
    found.quantity = np.where(found.verdict == YES, short, np.nan)
    found.prove(
        held[held >= 0],
        "plot_room",
        texts(rooms["plot_room_id"])[held >= 0],
        "area_m2",
        numbers(rooms["area_m2"])[held >= 0].astype(object),
    )
    return found


def service_gap(places: Places, rule: ScopeRuleRow) -> Found:
    """Households beyond the reach of a facility kind, from the analysis of walking reach."""
    found = places.found("community", Text("服务半径已覆盖", "every household is within reach"))
    if not places.has("reach_gap"):
        found.put(
            np.ones(len(found.ids), bool),
            UNKNOWN,
            "尚未运行可达性分析",
            "the reach analysis was not run",
            missing="reach_gap",
        )
        return found
    gaps = places.rows("reach_gap")
    gaps = gaps[(gaps["place_layer"] == "community") & gaps["rule_id"].isin(list(rule.kinds))]
    held = gaps.set_index("place_id").reindex(pd.Index(found.ids))
    verdict = texts(held["verdict"])
    without = (
        numbers(held["households"])
        - numbers(held["households_within"])
        - numbers(held["households_unknown"])
    )
    missing = (verdict == "") | (verdict == "unknown")
    found.put(missing, UNKNOWN, "可达性未知", "reach is unknown", missing="reach_gap")
    found.put(
        verdict == "beyond",
        YES,
        words("{:.0f} 户不在服务半径内", np.nan_to_num(without)),
        words("{:.0f} households are beyond reach", np.nan_to_num(without)),
    )
    found.quantity = np.where(verdict == "beyond", 1.0, np.nan)
    proof = np.flatnonzero(verdict == "beyond")
    found.prove(
        proof,
        "reach_gap",
        texts(held["reach_gap_id"])[proof],
        "households_within",
        numbers(held["households_within"])[proof].astype(object),
    )
    return found


def _prove_column(places: Places, found: Found, where: Mask, column: str, values: Floats) -> None:
    at = np.flatnonzero(where)
    found.prove(at, "community", found.ids[at], column, values[at].astype(object))
