"""Rules about one building or one stair unit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from app.analysis.scope.found import UNKNOWN, YES, Codes, Floats, Found, words
from app.analysis.scope.places import Places, far_from, flags, numbers, shapes_of, texts
from app.analysis.scope.things import survey
from app.errors import Text
from app.rules.scope import ScopeRuleRow


def steps_without_ramp(places: Places, rule: ScopeRuleRow) -> Found:
    """Doors of a building that have steps and no ramp."""
    found = places.found("building", Text("单元门无台阶或有坡道", "no steps, or a ramp"))
    doors = places.rows("unit_door").sort_values("unit_door_id", ignore_index=True)
    at = _position(found, doors["building_id"])
    steps, ramp = numbers(doors["steps"]), flags(doors["has_ramp"])
    bare = (steps > 0) & (ramp == 0)
    unsure = (np.isnan(steps) | ((steps > 0) & np.isnan(ramp))) & ~bare
    n = len(found.ids)
    count = np.bincount(at[bare & (at >= 0)], minlength=n).astype(float)
    doubt = np.bincount(at[unsure & (at >= 0)], minlength=n)
    none = np.bincount(at[at >= 0], minlength=n) == 0
    found.put(
        doubt > 0,
        UNKNOWN,
        "台阶或坡道未记录",
        "steps or ramp not recorded",
        missing="unit_door.steps",
    )
    found.put(
        none, UNKNOWN, "没有单元门资料", "no door of the building is known", missing="unit_door"
    )
    found.put(
        count > 0,
        YES,
        words("{:.0f} 个单元门有台阶无坡道", count),
        words("{:.0f} doors have steps and no ramp", count),
    )
    found.quantity = np.where(count > 0, count, np.nan)
    proof = bare & (at >= 0)
    found.prove(
        at[proof],
        "unit_door",
        texts(doors["unit_door_id"])[proof],
        "steps",
        steps[proof].astype(object),
    )
    return found


def roof(places: Places, rule: ScopeRuleRow) -> Found:
    """No where it was repaired within its life; else the leaks have to be surveyed."""
    found = survey(places, rule)
    repaired = numbers(places.homes["roof_repaired_year"])
    recent = repaired >= places.year - rule.limit
    found.put(recent, 0, words("{:.0f} 年已修缮", repaired), words("repaired in {:.0f}", repaired))
    return found


def no_insulation(places: Places, rule: ScopeRuleRow) -> Found:
    """Built before the code and without insulation; facade from perimeter and height."""
    found = places.found(
        "building", Text("有外墙保温或按节能标准建成", "insulated, or built to the code")
    )
    built, insulated = numbers(places.homes["year_built"]), flags(places.homes["has_insulation"])
    old = built < rule.limit
    found.put(
        (insulated == 0) & np.isnan(built),
        UNKNOWN,
        "缺少建成年代",
        "the year is missing",
        missing="building.year_built",
    )
    found.put(
        np.isnan(insulated) & ~(built >= rule.limit),
        UNKNOWN,
        "未记录有无外墙保温",
        "insulation is not recorded",
        missing="building.has_insulation",
    )
    yes = old & (insulated == 0)
    found.put(
        yes,
        YES,
        words("{:.0f} 年建成，无外墙保温", built),
        words("built in {:.0f}, no insulation", built),
    )
    found.quantity = np.where(yes, facade_m2(places, rule), np.nan)
    at = np.flatnonzero(yes)
    found.prove(at, "building", found.ids[at], "year_built", built[at].astype(object))
    return found


def no_asset_near(places: Places, rule: ScopeRuleRow) -> Found:
    """No facility of the kind within the distance of the building."""
    found = places.found("building", Text("限值距离内已有", "one lies within the distance"))
    away = far_from(found.shapes, shapes_of(places.assets_of(rule.kinds[0])))
    far = away > rule.limit
    at = places.home_places
    surveyed = np.zeros(len(found.ids), dtype=bool)
    surveyed[at >= 0] = places.surveyed_assets[at[at >= 0]]
    found.put(far, YES, "限值距离内没有", "none within the distance")
    found.put(
        ~surveyed & far,
        UNKNOWN,
        "没有该小区的设施调查",
        "no facilities of this community were surveyed",
        missing=";".join(rule.needs),
    )
    units = np.bincount(
        _position(found, places.stair_units["building_id"]) + 1, minlength=len(found.ids) + 1
    )[1:]
    found.quantity = np.where((found.verdict == YES) & (units > 0), units, np.nan)
    return found


def lift_wanted(places: Places, rule: ScopeRuleRow) -> Found:
    """Stair units of the least number of floors and more that have no lift."""
    found = places.found("stair_unit", Text("层数不足或已有电梯", "too low, or has a lift"))
    units = places.stair_units
    building = places.rows("building").set_index("building_id")
    floors = numbers(units["floors"])
    floors = np.where(
        np.isnan(floors), numbers(units["building_id"].map(building["floors"])), floors
    )
    lift = flags(units["has_elevator"])
    lift = np.where(np.isnan(lift), flags(units["building_id"].map(building["has_elevator"])), lift)
    low = floors < rule.limit
    found.put(
        np.isnan(floors) & ~(lift == 1),
        UNKNOWN,
        "缺少层数",
        "floors are missing",
        missing="stair_unit.floors",
    )
    found.put(
        np.isnan(lift) & ~low,
        UNKNOWN,
        "未记录有无电梯",
        "a lift is not recorded",
        missing="stair_unit.has_elevator",
    )
    yes = (floors >= rule.limit) & (lift == 0)
    found.put(yes, YES, words("{:.0f} 层，无电梯", floors), words("{:.0f} floors, no lift", floors))
    found.quantity = np.where(yes, 1.0, np.nan)
    at = np.flatnonzero(yes)
    found.prove(at, "stair_unit", found.ids[at], "floors", floors[at].astype(object))
    return found


# --- amounts of the works ---------------------------------------------------------------------------
def facade_m2(places: Places, rule: ScopeRuleRow) -> Floats:
    """Perimeter times height; NaN where neither height nor floors are known.

    The sign ``floor_m`` of the rule is the height of a floor where only floors are known.
    """
    floor_m = float(rule.sign_values("floor_m")[0])
    homes = places.homes
    height = numbers(homes["height_m"])
    height = np.where(np.isnan(height), numbers(homes["floors"]) * floor_m, height)
    return np.asarray(shapely.length(shapes_of(homes)) * height, dtype=float)


def roof_m2(places: Places, rule: ScopeRuleRow) -> Floats:
    """Area of the footprint."""
    return np.asarray(shapely.area(shapes_of(places.homes)), dtype=float)


def stair_units(places: Places, rule: ScopeRuleRow) -> Floats:
    """Number of stair units of each home; NaN where none is recorded."""
    index = pd.Index(places.homes["building_id"].astype(object))
    at = index.get_indexer(pd.Index(places.stair_units["building_id"].astype(object)))
    count = np.bincount(at[at >= 0], minlength=len(index)).astype(float)
    return np.where(count > 0, count, np.nan)


def _position(found: Found, ids: pd.Series) -> Codes:
    index = pd.Index(found.ids)
    return np.asarray(index.get_indexer(pd.Index(ids.astype(object))), np.int64)
