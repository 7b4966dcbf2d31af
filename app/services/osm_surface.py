"""Services, land cover, trees, poles and street furniture out of OpenStreetMap elements."""

from __future__ import annotations

import math
from collections.abc import Mapping

from app.services.osm_places import is_building
from app.services.osm_rows import OnPlan, Places, Row
from app.services.osm_values import metres
from app.store.readers.osm import OsmElement

_GROUND = ("water", "trees", "grass", "farm", "bare", "gravel")  # what a tag of the ground states
# A pitch is a sports ground of the class whose least land area it has.
_PITCH_KINDS = ("sports_field_small", "sports_field_medium", "sports_field_large")
_SPECIES = ("species", "taxon", "genus")


def service_rows(
    plan: OnPlan, communities: Places, land_areas_m2: Mapping[str, float]
) -> list[Row]:
    """Facilities of daily life, drawn as points or as areas, by the table of tags.

    ``land_areas_m2`` is the least land of a kind by the standard; it parts the sizes of pitches.
    """
    elements = [
        *((point, None) for point in plan.points),
        *((area, float(area.geometry.area)) for area in plan.areas),
    ]
    found = [
        (element, area_m2, kind)
        for element, area_m2 in elements
        if (kind := _kind(plan, element.tags, area_m2, land_areas_m2))
    ]
    inside = communities.holding([element.geometry for element, _, _ in found])
    return [
        _service(element, area_m2, kind, community)
        for (element, area_m2, kind), community in zip(found, inside, strict=True)
    ]


def _kind(
    plan: OnPlan, tags: dict[str, str], area_m2: float | None, land_areas_m2: Mapping[str, float]
) -> str | None:
    kind = plan.tags.code("service", "kind", tags)
    if kind not in _PITCH_KINDS:
        return kind
    fitting = [k for k in _PITCH_KINDS if area_m2 is not None and area_m2 >= land_areas_m2[k]]
    return fitting[-1] if fitting else None


def _service(element: OsmElement, area_m2: float | None, kind: str, community: str | None) -> Row:
    tags = element.tags
    has_land = area_m2 is not None and not is_building(tags)
    return {
        "service_id": element.key,
        "kind": kind,
        "name": tags.get("name"),
        "state": "existing",  # the map shows what stands; what is planned or gone has other keys
        "operator": tags.get("operator"),
        "hours": tags.get("opening_hours"),
        "land_area_m2": round(area_m2, 1) if has_land and area_m2 is not None else None,
        "community_id": community,
        "geometry": element.geometry,
    }


def landcover_rows(plan: OnPlan) -> list[Row]:
    """Water and green, and other ground that a tag names."""
    rows: list[Row] = []
    for area in plan.areas:
        cover = plan.tags.code("landcover", "cover", area.tags)
        if cover in _GROUND and not is_building(area.tags):
            rows.append({
                "landcover_id": area.key,
                "cover": cover,
                "name": area.tags.get("name"),
                "geometry": area.geometry,
            })  # fmt: skip
    return rows


def tree_rows(plan: OnPlan) -> list[Row]:
    """Single trees; trunk and crown where they were measured."""
    rows: list[Row] = []
    for point in plan.points:
        kind = plan.tags.code("tree", "kind", point.tags)
        if kind:
            around_m = metres(point.tags.get("circumference"))
            rows.append({
                "tree_id": point.key,
                "kind": kind,
                "species": next((point.tags[k] for k in _SPECIES if k in point.tags), None),
                "trunk_m": _plausible(around_m / math.pi if around_m else None, most=10),
                "crown_m": _plausible(metres(point.tags.get("diameter_crown")), most=60),
                "geometry": point.geometry,
            })  # fmt: skip
    return rows


def _plausible(length_m: float | None, *, most: float) -> float | None:
    return length_m if length_m is not None and length_m <= most else None


def pole_rows(plan: OnPlan) -> list[Row]:
    """Street lamps, power poles and towers."""
    rows: list[Row] = []
    for point in plan.points:
        kind = plan.tags.code("pole", "kind", point.tags)
        if kind:
            rows.append({
                "pole_id": point.key,
                "kind": kind,
                "height_m": metres(point.tags.get("height")),
                "geometry": point.geometry,
            })  # fmt: skip
    return rows


def asset_rows(plan: OnPlan, communities: Places) -> list[Row]:
    """Benches, hydrants, chargers and the like; a street lamp is a pole and not listed again."""
    found = [
        (point, kind)
        for point in plan.points
        if (kind := plan.tags.code("asset", "kind", point.tags)) and kind != "lamp"
    ]
    inside = communities.holding([point.geometry for point, _ in found])
    return [
        {
            "asset_id": point.key,
            "kind": kind,
            "name": point.tags.get("name"),
            "operator": point.tags.get("operator"),
            "community_id": community,
            "geometry": point.geometry,
        }
        for (point, kind), community in zip(found, inside, strict=True)
    ]
