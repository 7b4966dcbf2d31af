"""Rules about pipes, roads and paths: what is worn, overhead, narrow, dark or broken."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from app.analysis.scope.found import UNKNOWN, YES, Codes, Floats, Found, Mask, Names, words
from app.analysis.scope.places import Places, far_from, flags, numbers, shapes_of, texts, texts_in
from app.errors import Text
from app.rules.scope import ScopeRuleRow

LIVE = ("existing", "")
CLASS_ZH = {"JS": "给水", "PS": "排水", "RQ": "燃气", "RL": "热力", "DL": "电力", "TX": "通信"}


def worn_pipes(places: Places, rule: ScopeRuleRow) -> Found:
    """Lines of the classes that show one of the signs, by their length inside the ground.

    A line without a sign whose age is unknown leaves the rest unknown; a community where nobody
    delivered a line of a class is unknown too.
    """
    found = places.found(
        "community", Text("该类管线均未达到改造条件", "no line of the class needs it")
    )
    pipes = places.rows("pipe")
    pipes = pipes[texts_in(pipes["pipe_class"], rule.kinds) & texts_in(pipes["status"], LIVE)]
    pipes = pipes.sort_values("pipe_id", ignore_index=True)
    row, at = places.inside(pipes)
    inside = shapely.intersection(shapely.force_2d(shapes_of(pipes)[row]), places.grounds[at])
    length = shapely.length(inside)
    kept = length > 0
    row, at, length = row[kept], at[kept], length[kept]
    bad, doubtful, sign = _signs(pipes, rule, places.year)
    worn = places.per_community(at[bad[row]], length[bad[row]])
    unsure = places.per_community(at[doubtful[row]], length[doubtful[row]])
    whole = places.per_community(at, length)
    absent = np.zeros(len(found.ids), dtype=bool)
    for kind in rule.kinds:
        absent |= places.per_community(at[texts(pipes["pipe_class"])[row] == kind]) == 0
    found.put(unsure > 0, UNKNOWN, words("{:.1f} m 管线缺少建设年代，无法判断", unsure),
              words("{:.1f} m of line have no year", unsure), missing="pipe.year_built")  # fmt: skip
    label = "、".join(CLASS_ZH.get(kind, kind) for kind in rule.kinds)
    found.put(absent, UNKNOWN, f"没有{label}管线资料", f"no lines of class {', '.join(rule.kinds)} were delivered",
              missing=";".join(rule.needs))  # fmt: skip
    found.put(worn > 0, YES, words("小区内 {:.1f} m 中有 {:.1f} m 需改造", whole, worn),
              words("{1:.1f} m of {0:.1f} m inside the community need it", whole, worn))  # fmt: skip
    found.quantity = np.where(worn > 0, worn, np.nan)
    proof = bad[row]
    found.prove(at[proof], "pipe", texts(pipes["pipe_id"])[row[proof]], "sign", sign[row[proof]])
    return found


def _signs(pipes: pd.DataFrame, rule: ScopeRuleRow, year: int) -> tuple[Mask, Mask, Names]:
    """(needs renewal, nobody can tell, the sign) for each line."""
    n = len(pipes)
    bad, sign = np.zeros(n, dtype=bool), np.full(n, "", dtype=object)
    built = numbers(pipes["year_built"])
    doubtful = np.zeros(n, dtype=bool)

    def mark(where: Mask, said: object) -> None:
        bad[where] = True
        sign[where & (sign == "")] = (
            said if not isinstance(said, np.ndarray) else said[where & (sign == "")]
        )

    if "overhead" in rule.signs:
        laying = texts(pipes["laying"])
        mark(laying == "overhead", "overhead")
        doubtful |= laying == ""
    if "combined" in rule.signs:
        mark(texts(pipes["subclass"]) == "HS", "combined sewer")
    for material in rule.sign_values("material"):
        mark(texts(pipes["material"]) == material, f"material {material}")
    for grade in rule.sign_values("grade"):
        mark(numbers(pipes["defect_grade"]) >= float(grade), f"defect grade {grade}+")
    if "age" in rule.signs:
        mark(built < year - rule.limit, built.astype(object))
        doubtful |= np.isnan(built)
    return bad, doubtful & ~bad, sign


def no_line_near(places: Places, rule: ScopeRuleRow) -> Found:
    """Homes with no line of the class within the distance."""
    found = places.found(
        "building", Text("限值距离内有通信管线", "a line lies within the distance")
    )
    pipes = places.rows("pipe")
    lines = pipes[texts_in(pipes["pipe_class"], rule.kinds) & texts_in(pipes["status"], LIVE)]
    if not len(lines):
        found.put(
            np.ones(len(found.ids), bool),
            UNKNOWN,
            "没有该类管线资料",
            "no such line was delivered",
            missing=";".join(rule.needs),
        )
        return found
    away = far_from(found.shapes, np.asarray(shapely.force_2d(shapes_of(lines)), dtype=object))
    far = away > rule.limit
    found.put(
        far,
        YES,
        words("最近的管线在 {:.0f} m", away),
        words("the nearest line is {:.0f} m away", away),
    )
    _, at = places.inside(lines)
    home = places.home_places
    undelivered = np.ones(len(found.ids), dtype=bool)
    undelivered[home >= 0] = places.per_community(at)[home[home >= 0]] == 0
    found.put(
        far & undelivered, UNKNOWN, "该小区没有该类管线资料",
        "no such line of this community was delivered", missing=";".join(rule.needs),
    )  # fmt: skip
    yes = found.verdict == YES
    found.quantity = np.where(yes, numbers(places.homes["households"]), np.nan)
    return found


def _inner_roads(
    places: Places, kinds: tuple[str, ...]
) -> tuple[pd.DataFrame, Codes, Codes, Floats]:
    roads = places.rows("road")
    roads = roads[texts_in(roads["road_class"], kinds)].sort_values("road_id", ignore_index=True)
    row, at = places.inside(roads)
    area = shapely.area(shapely.intersection(shapes_of(roads)[row], places.grounds[at]))
    kept = area > 0
    return roads, row[kept], at[kept], area[kept]


def old_roads(places: Places, rule: ScopeRuleRow) -> Found:
    """Internal roads paved longer ago than their life, by area inside the ground."""
    found = places.found(
        "community", Text("小区道路铺装未超过年限", "no internal road is beyond its life")
    )
    roads, row, at, area = _inner_roads(places, rule.kinds)
    paved = pd.to_datetime(roads["last_paved"]).dt.year.to_numpy(dtype=float, na_value=np.nan)
    worn, unsure = paved < places.year - rule.limit, np.isnan(paved)
    old = places.per_community(at[worn[row]], area[worn[row]])
    doubt = places.per_community(at[unsure[row]], area[unsure[row]])
    none = places.per_community(at) == 0
    found.put(
        doubt > 0,
        UNKNOWN,
        words("{:.0f} m² 道路缺少上次铺装日期", doubt),
        words("{:.0f} m² of road have no date of paving", doubt),
        missing="road.last_paved",
    )
    found.put(none, UNKNOWN, "没有小区道路资料", "no internal road was delivered", missing="road")
    found.put(
        old > 0,
        YES,
        words("{:.0f} m² 道路铺装超过年限", old),
        words("{:.0f} m² of road are beyond their life", old),
    )
    found.quantity = np.where(old > 0, old, np.nan)
    proof = worn[row]
    found.prove(
        at[proof],
        "road",
        texts(roads["road_id"])[row[proof]],
        "last_paved",
        paved[row[proof]].astype(object),
    )
    return found


def fire_access(places: Places, rule: ScopeRuleRow) -> Found:
    """Fire lanes narrower than the limit, and homes farther from a hydrant than its radius."""
    found = places.found(
        "community", Text("消防车道与消火栓满足", "fire lanes and hydrants suffice")
    )
    roads, row, at, area = _inner_roads(places, ("internal", "lane"))
    lane = flags(roads["fire_lane"])
    width = numbers(roads["width_m"])
    narrow = (lane == 1) & (width < rule.limit)
    length = np.divide(area, width[row], out=np.zeros(len(area)), where=width[row] > 0)
    short = places.per_community(at[narrow[row]], length[narrow[row]])
    lanes = places.per_community(at[(lane == 1)[row]])
    doubtful = places.per_community(at[((lane == 1) & np.isnan(width))[row]])
    hydrants = places.assets_of("hydrant")
    homes = places.homes
    away = far_from(shapes_of(homes), shapes_of(hydrants))
    radius = float(rule.sign_values("hydrant_m")[0])
    dry = places.per_community(places.home_places[away > radius])
    unsurveyed = ~places.surveyed_assets
    found.put(
        unsurveyed | (lanes == 0) | (doubtful > 0),
        UNKNOWN,
        "消防车道宽度或消火栓资料不全",
        "width of fire lanes or hydrants not recorded",
        missing=";".join(rule.needs),
    )
    lacks = (short > 0) | ((dry > 0) & ~unsurveyed)
    found.put(lacks, YES, words("消防车道不足宽 {:.0f} m；{:.0f} 栋距消火栓超过限值", short, np.where(unsurveyed, 0, dry)),
              words("{:.0f} m of fire lane too narrow; {:.0f} homes too far from a hydrant", short, np.where(unsurveyed, 0, dry)))  # fmt: skip
    found.quantity = np.where(lacks & (short > 0), short, np.nan)
    proof = narrow[row]
    found.prove(
        at[proof],
        "road",
        texts(roads["road_id"])[row[proof]],
        "width_m",
        width[row[proof]].astype(object),
    )
    return found


def dark_roads(places: Places, rule: ScopeRuleRow) -> Found:
    """Internal roads farther from a lamp than the limit; one lamp lights twice the limit."""
    found = places.found(
        "community", Text("小区道路均在灯具照明范围内", "every internal road is lit")
    )
    roads, row, at, _ = _inner_roads(places, ("internal", "lane"))
    lamps = shapes_of(places.assets_of(rule.kinds[0]))
    lit = shapely.union_all(shapely.buffer(lamps, rule.limit)) if len(lamps) else shapely.Polygon()
    shapely.prepare(lit)
    inner = shapely.intersection(shapes_of(roads)[row], places.grounds[at])
    dark = shapely.area(shapely.difference(inner, lit))
    width = numbers(roads["width_m"])[row]
    length = np.divide(dark, width, out=np.zeros(len(dark)), where=width > 0)
    metres = places.per_community(at, length)
    none = places.per_community(at) == 0
    found.put(
        metres > 1,
        YES,
        words("{:.0f} m 小区道路距灯具超过限值", metres),
        words("{:.0f} m of internal road are too far from a lamp", metres),
    )
    found.put(
        ~places.surveyed_assets | none,
        UNKNOWN,
        "没有照明设施调查",
        "no survey of lamps",
        missing=";".join(rule.needs),
    )
    found.quantity = np.where(found.verdict == YES, np.ceil(metres / (2 * rule.limit)), np.nan)
    return found


def broken_walkways(places: Places, rule: ScopeRuleRow) -> Found:
    """Walkways inside the ground that have steps or a barrier, by length."""
    found = places.found(
        "community", Text("小区内步行路无台阶或障碍", "no walkway has steps or a barrier")
    )
    ways = places.rows("walkway").sort_values("walkway_id", ignore_index=True)
    row, at = places.inside(ways)
    length = shapely.length(shapely.intersection(shapes_of(ways)[row], places.grounds[at]))
    steps, barrier = flags(ways["steps"]), texts(ways["barrier"])
    broken = (steps == 1) | ~np.isin(barrier.astype(str), ("", "none"))
    doubt = np.isnan(steps) & ~broken
    metres = places.per_community(at[broken[row]], length[broken[row]])
    unsure = places.per_community(at[doubt[row]], length[doubt[row]])
    none = places.per_community(at) == 0
    found.put(
        unsure > 0,
        UNKNOWN,
        words("{:.0f} m 步行路未记录台阶", unsure),
        words("steps are not recorded on {:.0f} m of walkway", unsure),
        missing="walkway.steps",
    )
    found.put(
        none, UNKNOWN, "没有小区内步行路资料", "no walkway inside was delivered", missing="walkway"
    )
    found.put(
        metres > 0,
        YES,
        words("{:.0f} m 步行路有台阶或障碍", metres),
        words("{:.0f} m of walkway have steps or a barrier", metres),
    )
    found.quantity = np.where(metres > 0, metres, np.nan)
    proof = broken[row] & (length > 0)
    found.prove(
        at[proof], "walkway", texts(ways["walkway_id"])[row[proof]], "steps", barrier[row[proof]]
    )
    return found


def standing_water(places: Places, rule: ScopeRuleRow) -> Found:
    """Zones deep enough at a door or on a road inside the ground, by area inside."""
    found = places.found(
        "community", Text("门口和道路上无达到限值的积水", "no such water at a door or on a road")
    )
    if not places.has("storm_zone"):
        found.put(
            np.ones(len(found.ids), bool),
            UNKNOWN,
            "尚未运行积水分析",
            "the storm analysis was not run",
            missing="storm_zone",
        )
        return found
    zones = places.rows("storm_zone")
    zones = zones[numbers(zones["depth_max_m"]) >= rule.limit].sort_values(
        "storm_zone_id", ignore_index=True
    )
    shapes = shapes_of(zones)
    reach = float(rule.sign_values("door_m")[0])
    touched = far_from(shapes, shapes_of(places.rows("unit_door"))) <= reach
    touched |= far_from(shapes, shapes_of(places.rows("road"))) <= 0
    row, at = places.inside(zones)
    area = shapely.area(shapely.intersection(shapes[row], places.grounds[at]))
    wet = touched[row] & (area > 0)
    flooded = places.per_community(at[wet], area[wet])
    found.put(
        flooded > 0,
        YES,
        words("{:.0f} m² 积水影响单元门或道路", flooded),
        words("{:.0f} m² of water reach a door or a road", flooded),
    )
    found.quantity = np.where(flooded > 0, flooded, np.nan)
    found.prove(
        at[wet],
        "storm_zone",
        texts(zones["storm_zone_id"])[row[wet]],
        "depth_max_m",
        numbers(zones["depth_max_m"])[row[wet]].astype(object),
    )
    return found
