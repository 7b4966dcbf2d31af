"""Walkways, roads, walls and gates out of OpenStreetMap elements."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

import shapely

from app.geo.faces import shared_nodes, stretches
from app.services.osm_rows import OnPlan, Places, Row, sound
from app.services.osm_values import metres, slope
from app.store.readers.osm import OsmElement

_CLOSED = ("no", "private")
_OPENED = ("yes", "designated", "permissive")
_GATES = ("gate", "entrance", "sally_port")  # beside the kinds that the table tells apart
# Only for drawing a street whose width nobody tagged; the attribute stays unknown.
_DRAWN_WIDTH_M = {
    "motorway": 22, "trunk": 18, "primary": 14, "secondary": 12, "tertiary": 9, "residential": 7,
    "unclassified": 7, "living_street": 6, "service": 4, "track": 3, "road": 5,
    "motorway_link": 8, "trunk_link": 8, "primary_link": 7, "secondary_link": 7,
    "tertiary_link": 7,
    "pedestrian": 6,
}  # fmt: skip
_LEAST_M = 1e-6


def walkway_rows(plan: OnPlan) -> list[Row]:
    """The ways that may be walked, cut where they share a node; no other crossing joins them."""
    ways = [way for way in plan.ways if may_be_walked(plan, way)]
    cuts = shared_nodes(way.nodes for way in ways)
    rows: list[Row] = []
    parts: Counter[str] = Counter()
    for way in ways:
        xy = shapely.get_coordinates(way.geometry)
        for first, last in stretches(way.nodes, cuts):
            line = shapely.LineString(xy[first : last + 1])
            if line.length > _LEAST_M:  # two nodes may stand on one spot
                rows.append(_walkway(plan, way, parts[way.key], line))
            parts[way.key] += 1
    return rows


def may_be_walked(plan: OnPlan, way: OsmElement) -> bool:
    """Open to whoever walks: not private, not forbidden, not a motorway, no cycleway alone."""
    tags = way.tags
    if plan.tags.code("walkway", "kind", tags) is None or tags.get("foot") in _CLOSED:
        return False
    if tags.get("highway") == "cycleway" and tags.get("foot") not in _OPENED:
        return False
    return tags.get("access") not in _CLOSED or tags.get("foot") in _OPENED


def _walkway(plan: OnPlan, way: OsmElement, part: int, line: shapely.LineString) -> Row:
    is_stair = way.tags["highway"] == "steps"
    return {
        "walkway_id": f"{way.key}.{part}",
        "kind": plan.tags.code("walkway", "kind", way.tags),
        "name": way.tags.get("name"),
        "width_m": metres(way.tags.get("width")),
        "steps": True if is_stair else None,
        "slope": slope(way.tags.get("incline")),
        "barrier": "steps" if is_stair else None,
        "geometry": line,
    }


def _whole(ways: Sequence[OsmElement]) -> list[OsmElement]:
    """Each way once: the runs into which the edge of the extract cut it together."""
    runs: dict[str, list[OsmElement]] = defaultdict(list)
    for way in ways:
        runs[way.key].append(way)
    return [
        found[0]
        if len(found) == 1
        else replace(found[0], geometry=shapely.union_all([w.geometry for w in found]), nodes=())
        for found in runs.values()
    ]


def road_rows(plan: OnPlan) -> list[Row]:
    """Carriageways as polygons: a street's line widened, a square as it is drawn.

    The width is the tagged one; where none is tagged the polygon has the drawn width of its
    class and ``width_m`` stays unknown.
    """
    squares = [
        a
        for a in plan.areas
        if a.tags.get("highway") in _DRAWN_WIDTH_M
        and (a.tags.get("area") == "yes" or a.osm_type == "r")
    ]
    rows = [_road(plan, square, square.geometry) for square in squares]
    drawn_as_area = {square.key for square in squares}
    for way in _whole(plan.ways):
        drawn_m = _DRAWN_WIDTH_M.get(way.tags.get("highway", ""))
        if drawn_m is None or way.key in drawn_as_area:
            continue
        width_m = metres(way.tags.get("width")) or drawn_m
        if way.geometry.length > _LEAST_M:
            band = way.geometry.buffer(width_m / 2, cap_style="flat", join_style="mitre")
            rows.append(_road(plan, way, sound(band)))
    return rows


def _road(plan: OnPlan, element: OsmElement, shape: shapely.Geometry) -> Row:
    tags = element.tags
    return {
        "road_id": element.key,
        "name": tags.get("name"),
        "road_class": plan.tags.code("road", "road_class", tags),
        "surface": plan.tags.code("road", "surface", tags),
        "place": plan.tags.code("road", "place", tags),
        "width_m": metres(tags.get("width")),
        "underpass": True if tags.get("tunnel", "no") != "no" else None,
        "geometry": shape,
    }


def wall_rows(plan: OnPlan, communities: Places) -> list[Row]:
    """Walls, fences and hedges as lines."""
    ways = [way for way in _whole(plan.ways) if plan.tags.code("wall", "kind", way.tags)]
    ways = [way for way in ways if way.geometry.length > _LEAST_M]
    inside = communities.holding([way.geometry for way in ways])
    return [_wall(plan, way, community) for way, community in zip(ways, inside, strict=True)]


def _wall(plan: OnPlan, way: OsmElement, community: str | None) -> Row:
    return {
        "wall_id": way.key,
        "community_id": community,
        "kind": plan.tags.code("wall", "kind", way.tags),
        "height_m": metres(way.tags.get("height")),
        "geometry": way.geometry,
    }


def gate_rows(plan: OnPlan, communities: Places) -> list[Row]:
    """Gates in walls and across ways; who may pass only where a tag says it."""
    gates = [point for point in plan.points if _is_gate(plan, point.tags)]
    inside = communities.holding([gate.geometry for gate in gates])
    return [_gate(plan, gate, community) for gate, community in zip(gates, inside, strict=True)]


def _is_gate(plan: OnPlan, tags: dict[str, str]) -> bool:
    barrier = tags.get("barrier")
    return barrier in _GATES or (
        barrier is not None and plan.tags.code("gate", "kind", tags) is not None
    )


def _gate(plan: OnPlan, gate: OsmElement, community: str | None) -> Row:
    return {
        "gate_id": gate.key,
        "community_id": community,
        "name": gate.tags.get("name"),
        "kind": plan.tags.code("gate", "kind", gate.tags),
        "state": plan.tags.code("gate", "state", gate.tags),
        "hours": gate.tags.get("opening_hours"),
        "width_m": metres(gate.tags.get("width") or gate.tags.get("maxwidth")),
        "height_m": metres(gate.tags.get("maxheight")),
        "geometry": gate.geometry,
    }
