"""The layers of a plan out of an OpenStreetMap extract, in which nothing is invented.

Every attribute is a tag's value, a code that ``osm_tags.csv`` gives to a tag, or a measure of the
geometry. What OpenStreetMap does not say (year, households, cost, stage) stays unknown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
from shapely.geometry.base import BaseGeometry

from app.errors import Finding, InputFileError, Text
from app.geo.crs import plan_crs
from app.rules.intake import OsmTagTable
from app.rules.services import FacilityTable
from app.schema import layer_named
from app.services.osm_places import building_rows, community_rows, is_building, unit_door_rows
from app.services.osm_rows import OnPlan, Places, Row, frame_of, on_plan
from app.services.osm_streets import gate_rows, road_rows, walkway_rows, wall_rows
from app.services.osm_surface import asset_rows, landcover_rows, pole_rows, service_rows, tree_rows
from app.services.osm_townships import rest_row, township_rows
from app.store.readers.osm import OsmExtract

ATTRIBUTION = "© OpenStreetMap contributors"
LICENCE = "ODbL 1.0"
DATASET_ID = "osm"
# What makes an element worth reading; its other tags describe it.
_MAKING = (
    ("building", "use"), ("service", "kind"), ("walkway", "kind"), ("road", "road_class"),
    ("wall", "kind"), ("gate", "kind"), ("landcover", "cover"), ("tree", "kind"),
    ("pole", "kind"), ("asset", "kind"),
)  # fmt: skip
_ALSO = ("boundary", "admin_level", "entrance")


@dataclass(frozen=True)
class OsmPlan:
    """What an extract becomes: frames by layer, the system they are in, and what was left out."""

    crs: str
    frames: dict[str, pd.DataFrame]
    findings: tuple[Finding, ...]


def keys_to_read(tags: OsmTagTable) -> tuple[str, ...]:
    """The tag keys of the elements that a plan can use."""
    keys = {row.key for row in tags if (row.layer, row.column) in _MAKING}
    return tuple(sorted(keys.union(_ALSO)))


def plan_from_extract(
    extract: OsmExtract,
    tags: OsmTagTable,
    facilities: FacilityTable,
    *,
    sha256: str,
    townships: gpd.GeoDataFrame | None = None,
) -> OsmPlan:
    """The layers of a plan from the elements of an extract.

    Parameters
    ----------
    extract
        Elements read with ``keys_to_read(tags)``.
    tags
        What a tag means.
    facilities
        The standard's list; its least land areas part the sizes of sports grounds.
    sha256
        Of the file, for its dataset row.
    townships
        Polygons with a column ``name`` that are used in place of administrative boundaries.

    Returns
    -------
    One frame per layer that has rows, and findings: what the edge of the extract cut, what is
    drawn schematically.
    """
    west, south, east, north = extract.bounds
    crs = plan_crs((west + east) / 2, (south + north) / 2)
    plan = on_plan(extract, crs, tags)
    buildings = building_rows(plan)
    if not buildings:
        raise InputFileError(
            Text(f"{extract.name} 中没有建筑", f"{extract.name} holds no buildings"),
            where=extract.name,
            fix=Text("请换一个有建筑的区域", "take an area with buildings"),
        )
    rows = _placed(plan, buildings, townships, facilities)
    frames: dict[str, pd.DataFrame] = {
        layer: frame_of(layer, [{**row, "dataset_id": DATASET_ID} for row in found], crs)
        for layer, found in rows.items()
        if found
    }
    findings = _findings(extract, plan, rows)
    frames["dataset"] = _dataset(extract, sha256, findings)
    return OsmPlan(crs, frames, findings)


def rows_for_plan(
    extract: OsmExtract,
    tags: OsmTagTable,
    facilities: FacilityTable,
    crs: str,
    *,
    chosen: Collection[str],
    townships: Places | None,
    communities: Places | None,
) -> dict[str, list[Row]]:
    """The rows of chosen layers for a plan that exists, in its system and with its places.

    ``townships`` and ``communities`` are those of the plan; where it has none, or where they are
    chosen themselves, the extract's own are used.
    """
    plan = on_plan(extract, crs, tags)
    buildings = building_rows(plan)
    houses = [row["geometry"] for row in buildings]
    made: dict[str, list[Row]] = {"building": buildings}
    if "township" in chosen:
        made["township"] = township_rows(plan, houses)
        townships = _places("township", made["township"])
    if "community" in chosen:
        made["community"] = community_rows(plan, buildings)
        _in_township(made["community"], townships)
        communities = _places("community", made["community"])
    places = communities or Places([], [])
    for row, community in zip(buildings, places.holding(houses), strict=True):
        row["community_id"] = community
    makers: dict[str, Callable[[], list[Row]]] = {
        "unit_door": lambda: unit_door_rows(plan, buildings),
        "walkway": lambda: walkway_rows(plan),
        "road": lambda: road_rows(plan),
        "wall": lambda: wall_rows(plan, places),
        "gate": lambda: gate_rows(plan, places),
        "service": lambda: service_rows(plan, places, _least_land(facilities)),
        "landcover": lambda: landcover_rows(plan),
        "tree": lambda: tree_rows(plan),
        "pole": lambda: pole_rows(plan),
        "asset": lambda: asset_rows(plan, places),
    }
    return {layer: made[layer] if layer in made else makers[layer]() for layer in chosen}


def _in_township(communities: list[Row], townships: Places | None) -> None:
    shapes = [row["geometry"] for row in communities]
    held = (townships or Places([], [])).holding(shapes)
    for row, township in zip(communities, held, strict=True):
        row["township_id"] = township


def _placed(
    plan: OnPlan,
    buildings: list[Row],
    given: gpd.GeoDataFrame | None,
    facilities: FacilityTable,
) -> dict[str, list[Row]]:
    houses = [row["geometry"] for row in buildings]
    townships = township_rows(plan, houses) if given is None else _given(plan, given, houses)
    communities = community_rows(plan, buildings)
    _in_township(communities, _places("township", townships))
    places = _places("community", communities)
    for row, community in zip(buildings, places.holding(houses), strict=True):
        row["community_id"] = community
    return {
        "township": townships,
        "community": communities,
        "building": buildings,
        "unit_door": unit_door_rows(plan, buildings),
        "walkway": walkway_rows(plan),
        "road": road_rows(plan),
        "wall": wall_rows(plan, places),
        "gate": gate_rows(plan, places),
        "service": service_rows(plan, places, _least_land(facilities)),
        "landcover": landcover_rows(plan),
        "tree": tree_rows(plan),
        "pole": pole_rows(plan),
        "asset": asset_rows(plan, places),
    }


def _least_land(facilities: FacilityTable) -> dict[str, float]:
    return {
        row.code: row.land_area_min_m2 for row in facilities if row.land_area_min_m2 is not None
    }


def _places(layer: str, rows: list[Row]) -> Places:
    key = layer_named(layer).id_column
    return Places([str(row[key]) for row in rows], [row["geometry"] for row in rows])


def _given(plan: OnPlan, polygons: gpd.GeoDataFrame, houses: list[BaseGeometry]) -> list[Row]:
    if "name" not in polygons.columns or polygons["name"].isna().any():
        raise InputFileError(
            Text("乡镇边界文件缺少名称", "the township file has polygons without a name"),
            where="--townships",
            fix=Text("请给每个面填写 name 字段", "give every polygon a value in the column name"),
        )
    moved = polygons.to_crs(plan.crs)
    rows: list[Row] = [
        {
            "township_id": f"given-{number}",
            "name": str(name),
            "schematic": False,
            "geometry": shape,
        }
        for number, (name, shape) in enumerate(
            zip(moved["name"], moved.geometry, strict=True), start=1
        )
    ]
    return rows + rest_row(plan, rows, houses)


def _dataset(extract: OsmExtract, sha256: str, findings: tuple[Finding, ...]) -> pd.DataFrame:
    row = {
        "dataset_id": DATASET_ID,
        "title": f"OpenStreetMap {extract.name}",
        "deliverer": "OpenStreetMap contributors",
        "delivered_on": extract.as_of or None,
        "file_name": extract.name,
        "file_sha256": sha256,
        "crs": "EPSG:4326",
        "licence": LICENCE,
        "attribution": ATTRIBUTION,
        "secrecy": "public",
        "is_demo": False,
        "note": "；".join(f.message.zh for f in findings) or None,
    }
    return pd.DataFrame([row], dtype=object)


def _findings(
    extract: OsmExtract, plan: OnPlan, rows: Mapping[str, list[Row]]
) -> tuple[Finding, ...]:
    cut = Counter(_cut_layer(plan, c.tags) for c in extract.cut)
    found = [
        _note("cut_building", "building", cut["building"],
              "栋建筑被提取范围边缘切断，未收录", "buildings are cut by the edge of the extract and left out"),
        _note("cut_way", "walkway", cut["way"],
              "条道路被提取范围边缘切断，只收录范围内的一段", "ways are cut by the edge of the extract; the part inside is taken"),
        _note("drawn_width", "road", sum(r["width_m"] is None for r in rows["road"]),
              "条道路没有宽度标签，按等级示意绘制，宽度记为未知", "roads have no tagged width: drawn by class, the width is unknown"),
        _note("schematic_block", "community", sum(bool(r["schematic"]) for r in rows["community"]),
              "个小区由街道围合得出，边界为示意", "communities are street blocks: their outline is schematic"),
        _note("schematic_township", "township", sum(bool(r["schematic"]) for r in rows["township"]),
              "个乡镇边界为示意或非行政区", "township outlines are schematic or no administrative area"),
        _note("no_community", "building", sum(r["community_id"] is None for r in rows["building"]),
              "栋建筑不在任何居住用地或居住街坊内", "buildings lie in no residential area or block of dwellings"),
    ]  # fmt: skip
    return tuple(finding for finding in found if finding)


def _cut_layer(plan: OnPlan, tags: dict[str, str]) -> str:
    if is_building(tags):
        return "building"
    return "way" if plan.tags.code("walkway", "kind", tags) else "other"


def _note(code: str, layer: str, count: int, zh: str, en: str) -> Finding | None:
    if not count:
        return None
    fix = Text(
        "无需处理；补充资料后可在地图上修改", "nothing need be done; better data can replace it"
    )
    return Finding(f"osm_{code}", "info", Text(f"{count} {zh}", f"{count} {en}"), fix, layer=layer)
