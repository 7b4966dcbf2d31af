"""Townships, communities, buildings and unit doors out of OpenStreetMap elements."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import shapely

from app.geo.faces import faces_between
from app.schema import layer_named
from app.services.osm_rows import OnPlan, Places, Row, polygonal
from app.services.osm_values import metres, whole_number, year, yes_or_no
from app.store.readers.osm import OsmElement

DWELLING_USES = (None, "residential", "mixed")
_UNIT_DOORS = ("yes", "main", "staircase", "home")  # not shop, service, garage, emergency doors
_DOOR_TOUCHES_M = 0.05  # an entrance is a node of the outline: only rounding lies between them
_BOUNDING_CLASSES = ("arterial", "collector", "local")
_BOUNDING_WAYS = ("pedestrian", "living_street")
_LARGEST_BLOCK_M2 = 160_000  # 400 m by 400 m: beyond it streets enclose country, not a community


def building_rows(plan: OnPlan) -> list[Row]:
    """One row per outline with the key ``building``; attributes only where a tag states them."""
    return [_building(plan, area) for area in plan.areas if is_building(area.tags)]


def is_building(tags: dict[str, str]) -> bool:
    return tags.get("building", "no") != "no"


def _building(plan: OnPlan, area: OsmElement) -> Row:
    tags = area.tags
    return {
        "building_id": area.key,
        "number": tags.get("addr:housenumber"),
        "name": tags.get("name"),
        "use": plan.tags.code("building", "use", tags),
        "floors": whole_number(tags.get("building:levels")),
        "height_m": metres(tags.get("height") or tags.get("building:height")),
        "year_built": _plausible_year(tags.get("start_date")),
        "has_elevator": yes_or_no(tags.get("elevator")),
        "geometry": area.geometry,
    }


def _plausible_year(text: str | None) -> int | None:
    column = layer_named("building").column("year_built")
    built = year(text)
    if built is None or column.minimum is None or column.maximum is None:
        return built
    return built if column.minimum <= built <= column.maximum else None


def community_rows(plan: OnPlan, buildings: Sequence[Row]) -> list[Row]:
    """Residential areas, and the street blocks of dwellings that no residential area covers.

    A house of unknown use may be a dwelling, so its block counts; a block that is known to hold
    none does not.
    """
    areas = [_residential(area) for area in plan.areas if _is_residential(area.tags)]
    covered = shapely.union_all([row["geometry"] for row in areas])
    homes = [row for row in buildings if row["use"] in DWELLING_USES]
    held = Places([str(r["community_id"]) for r in areas], [r["geometry"] for r in areas])
    inside = held.holding([row["geometry"] for row in homes])
    outside = [row for row, place in zip(homes, inside, strict=True) if place is None]
    return areas + _blocks(plan, outside, covered)


def _is_residential(tags: dict[str, str]) -> bool:
    return tags.get("landuse") == "residential" and not is_building(tags)


def _residential(area: OsmElement) -> Row:
    name = area.tags.get("name")
    return {
        "community_id": area.key,
        "name": name or f"未命名居住用地 {area.key}",
        "name_en": area.tags.get("name:en")
        or (None if name else f"unnamed residential area {area.key}"),
        "schematic": False,
        "geometry": area.geometry,
    }


def _blocks(plan: OnPlan, homes: Sequence[Row], covered: shapely.Geometry) -> list[Row]:
    streets = [way for way in plan.ways if _bounds_a_block(plan, way)]
    faces = faces_between([way.geometry for way in streets], plan.outline)
    faces = [face for face in faces if face.area <= _LARGEST_BLOCK_M2]
    if not homes or not faces:
        return []
    tree = shapely.STRtree(faces)
    inner = [shapely.point_on_surface(row["geometry"]) for row in homes]
    asked, face_at = tree.query(inner, predicate="within")
    keys: dict[int, list[str]] = defaultdict(list)
    for i, j in zip(asked.tolist(), face_at.tolist(), strict=True):
        keys[j].append(str(homes[i]["building_id"]))
    names = _block_names(streets, {j: faces[j] for j in keys})
    rows: list[Row] = []
    for j in sorted(keys):
        shape = polygonal(faces[j].difference(covered))
        # The block is called after its first house, so that it keeps its id between two runs.
        key = f"block-{min(keys[j])}"
        streets_zh, streets_en = names[j] or ("未命名", "unnamed")
        rows.append({
            "community_id": key,
            "name": f"街坊 {streets_zh}",
            "name_en": f"block {streets_en}",
            "schematic": True,
            "geometry": shape,
        })  # fmt: skip
    return _told_apart(rows)


def _bounds_a_block(plan: OnPlan, way: OsmElement) -> bool:
    if way.tags.get("tunnel", "no") != "no" or way.tags.get("highway") is None:
        return False
    road_class = plan.tags.code("road", "road_class", way.tags)
    return road_class in _BOUNDING_CLASSES or way.tags["highway"] in _BOUNDING_WAYS


def _block_names(
    streets: Sequence[OsmElement], faces: dict[int, shapely.Polygon]
) -> dict[int, tuple[str, str] | None]:
    """The two named streets along which each face lies longest."""
    named = [way for way in streets if way.tags.get("name")]
    tree = shapely.STRtree([way.geometry for way in named])
    names: dict[int, tuple[str, str] | None] = {}
    for j, face in faces.items():
        beside: Counter[str] = Counter()
        english: dict[str, str] = {}
        for i in sorted(tree.query(face.exterior, predicate="intersects").tolist()):
            name = named[i].tags["name"]
            metres_along = shapely.length(shapely.intersection(named[i].geometry, face.exterior))
            beside[name] += round(metres_along)
            english[name] = named[i].tags.get("name:en", name)
        longest = sorted((-length, name) for name, length in beside.items() if length > 0)[:2]
        both = [name for _, name in longest]
        names[j] = (" / ".join(both), " / ".join(english[n] for n in both)) if both else None
    return names


def _told_apart(rows: list[Row]) -> list[Row]:
    """Blocks between the same two streets carry their id behind the name."""
    seen = Counter(str(row["name"]) for row in rows)
    for row in rows:
        if seen[str(row["name"])] > 1:
            mark = str(row["community_id"]).removeprefix("block-")
            row["name"] = f"{row['name']} ({mark})"
            row["name_en"] = f"{row['name_en']} ({mark})"
    return rows


def unit_door_rows(plan: OnPlan, buildings: Sequence[Row]) -> list[Row]:
    """Entrances on the outline of a dwelling or of a house of unknown use."""
    homes = [row for row in buildings if row["use"] in DWELLING_USES]
    doors = [p for p in plan.points if p.tags.get("entrance") in _UNIT_DOORS]
    if not homes or not doors:
        return []
    tree = shapely.STRtree([row["geometry"].boundary for row in homes])
    asked, at = tree.query(
        [door.geometry for door in doors], predicate="dwithin", distance=_DOOR_TOUCHES_M
    )
    first: dict[int, str] = {}
    for i, j in zip(asked.tolist(), at.tolist(), strict=True):
        key = str(homes[j]["building_id"])
        first[i] = min(key, first.get(i, key))
    return [
        {
            "unit_door_id": doors[i].key,
            "building_id": first[i],
            "steps": whole_number(doors[i].tags.get("step_count")),
            "has_ramp": yes_or_no(doors[i].tags.get("ramp")),
            "geometry": doors[i].geometry,
        }
        for i in sorted(first)
    ]
