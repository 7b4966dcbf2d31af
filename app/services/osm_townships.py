"""Townships out of the administrative boundaries of an extract, whole or cut by its edge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import shapely
from shapely.geometry.base import BaseGeometry

from app.geo.faces import extended_to, faces_between
from app.services.osm_rows import OnPlan, Places, Row, polygonal
from app.store.readers.osm import OsmElement, OsmRelation

# Town or municipality first, then its districts, then what it belongs to.
LEVELS = ("8", "9", "10", "7", "6")
REST_ID = "rest"
_ENOUGH = 0.5  # a level that holds fewer of the houses does not divide the town
_TOUCH_M = 0.01


def township_rows(plan: OnPlan, houses: Sequence[BaseGeometry]) -> list[Row]:
    """The first level that divides the houses among at least two places; what it leaves is one
    more row that says it is no township. No such level: the extract is one such row."""
    for level in LEVELS:
        rows = _whole(plan, level) or _cut(plan, level)
        rows = [row for row, count in zip(rows, _counts(rows, houses), strict=True) if count]
        held = sum(_counts(rows, houses))
        if len(rows) >= 2 and held >= _ENOUGH * len(houses):
            return rows + _rest(plan, rows, houses)
    return [_unnamed(plan.outline)]


def rest_row(plan: OnPlan, rows: Sequence[Row], houses: Sequence[BaseGeometry]) -> list[Row]:
    """What given polygons leave of the extract, if houses stand there."""
    return _rest(plan, rows, houses)


def _counts(rows: Sequence[Row], houses: Sequence[BaseGeometry]) -> list[int]:
    ids = [str(row["township_id"]) for row in rows]
    places = Places(ids, [row["geometry"] for row in rows]).holding(houses)
    return [places.count(key) for key in ids]


def _whole(plan: OnPlan, level: str) -> list[Row]:
    return [
        _row(area.key, area.tags, area.geometry, schematic=False)
        for area in plan.areas
        if area.tags.get("boundary") == "administrative"
        and area.tags.get("admin_level") == level
        and area.tags.get("name")
    ]


def _row(key: str, tags: dict[str, str], shape: BaseGeometry, *, schematic: bool) -> Row:
    return {
        "township_id": key,
        "name": tags.get("name:zh") or tags["name"],
        "name_en": tags.get("name:en"),
        "code": tags.get("ref"),
        "schematic": schematic,
        "geometry": shape,
    }


def _unnamed(shape: BaseGeometry) -> Row:
    return {
        "township_id": REST_ID,
        "name": "未划分（非行政区）",
        "name_en": "not divided (no administrative area)",
        "schematic": True,
        "geometry": shape,
    }


def _rest(plan: OnPlan, rows: Sequence[Row], houses: Sequence[BaseGeometry]) -> list[Row]:
    left = polygonal(plan.outline.difference(shapely.union_all([r["geometry"] for r in rows])))
    row = _unnamed(left)
    return [row] if not left.is_empty and any(_counts([row], houses)) else []


def _cut(plan: OnPlan, level: str) -> list[Row]:
    """Areas whose boundary relation is in the extract with a part of its ways only.

    The ways that are there and the edge of the extract make faces. A boundary way parts exactly
    the areas whose relations name it, so a face belongs to the area that all its ways share, and
    the face across a way to the other one of the two.
    """
    relations = {
        r.osm_id: r
        for r in plan.boundaries
        if r.tags.get("admin_level") == level and r.tags.get("name")
    }
    ways = [way for way in plan.ways if any(way.osm_id in r.way_ids for r in relations.values())]
    if len(relations) < 2 or not ways:
        return []
    lines = _to_the_edge(ways, plan.outline)
    faces = faces_between(lines, plan.outline)
    owners = _owners(faces, list(zip(ways, lines, strict=True)), list(relations.values()))
    parts: dict[int, list[shapely.Polygon]] = defaultdict(list)
    for face, owner in zip(faces, owners, strict=True):
        if owner is not None:
            parts[owner].append(face)
    return [
        _row(f"r{key}", relations[key].tags, polygonal(shapely.union_all(shapes)), schematic=True)
        for key, shapes in sorted(parts.items())
    ]


def _to_the_edge(ways: Sequence[OsmElement], outline: shapely.Polygon) -> list[shapely.LineString]:
    """Ways whose loose ends, where the extract ends, are carried straight on to its edge."""
    ends: dict[int, int] = defaultdict(int)
    for way in ways:
        ends[way.nodes[0]] += 1
        ends[way.nodes[-1]] += 1
    lines = []
    for way in ways:
        line = shapely.LineString(way.geometry.coords)
        if ends[way.nodes[0]] == 1:
            line = extended_to(line, outline, at_end=False)
        if ends[way.nodes[-1]] == 1:
            line = extended_to(line, outline, at_end=True)
        lines.append(line)
    return lines


def _owners(
    faces: Sequence[shapely.Polygon],
    ways: Sequence[tuple[OsmElement, shapely.LineString]],
    relations: Sequence[OsmRelation],
) -> list[int | None]:
    tree = shapely.STRtree(list(faces))
    sides: list[tuple[frozenset[int], list[int]]] = []
    for way, line in ways:
        both = frozenset(r.osm_id for r in relations if way.osm_id in r.way_ids)
        xy = shapely.get_coordinates(line)
        for middle in map(shapely.Point, (xy[1:] + xy[:-1]) / 2):
            beside = tree.query(middle, predicate="dwithin", distance=_TOUCH_M).tolist()
            sides.append((both, sorted(beside)))
    may: list[frozenset[int] | None] = [None] * len(faces)
    for both, beside in sides:
        for f in beside:
            so_far = may[f]
            may[f] = both if so_far is None else so_far & both
    for _ in faces:  # the answer of one face settles its neighbours, at most once each
        for both, beside in sides:
            if len(beside) == 2 and len(both) == 2:
                for f, g in (beside, beside[::-1]):
                    known, other = may[f], may[g]
                    if known is not None and other is not None and len(known) == 1:
                        may[g] = other - known
    return [next(iter(m)) if m is not None and len(m) == 1 else None for m in may]
