"""What the parts of a plan made from OpenStreetMap share: the elements on the plan's grid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from app.geo.crs import WGS84, project
from app.rules.intake import OsmTagTable
from app.schema import layer_named
from app.store.readers.osm import OsmElement, OsmExtract, OsmRelation

Row = dict[str, Any]  # a cell per column of the schema, and the geometry


@dataclass(frozen=True)
class OnPlan:
    """An extract whose geometries are in the plan's metric system; tags are as they were."""

    crs: str
    outline: shapely.Polygon
    points: Sequence[OsmElement]
    ways: Sequence[OsmElement]
    areas: Sequence[OsmElement]
    boundaries: Sequence[OsmRelation]
    tags: OsmTagTable


def on_plan(extract: OsmExtract, crs: str, tags: OsmTagTable) -> OnPlan:
    """The extract on the plan's grid; an outline that the projection or the source left invalid
    is mended without moving a vertex."""
    outline = shapely.box(*extract.bounds)
    [outline] = project(_array([shapely.segmentize(outline, 0.01)]), WGS84, crs)
    return OnPlan(
        crs,
        outline,
        _moved(extract.points, crs),
        _moved(extract.ways, crs),
        _moved(extract.areas, crs),
        extract.boundaries,
        tags,
    )


def _array(shapes: Iterable[BaseGeometry]) -> NDArray[np.object_]:
    listed = list(shapes)
    array = np.empty(len(listed), dtype=object)
    array[:] = listed
    return array


def _moved(elements: Sequence[OsmElement], crs: str) -> list[OsmElement]:
    shapes = project(_array(e.geometry for e in elements), WGS84, crs)
    return [
        OsmElement(e.osm_type, e.osm_id, e.tags, sound(shape), e.nodes)
        for e, shape in zip(elements, shapes, strict=True)
    ]


def sound(shape: BaseGeometry) -> BaseGeometry:
    """A polygon as the schema keeps it: valid, and single where it has one part."""
    if shape.geom_type not in ("Polygon", "MultiPolygon"):
        return shape
    return polygonal(shape if shape.is_valid else shapely.make_valid(shape))


def polygonal(shape: BaseGeometry) -> BaseGeometry:
    """The polygons of a geometry, without the lines and points that an overlay leaves."""
    parts = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon"]
    if shape.geom_type == "GeometryCollection":
        parts += [
            q for p in shapely.get_parts(shape) if p.geom_type == "MultiPolygon"
            for q in shapely.get_parts(p)
        ]  # fmt: skip
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def frame_of(layer: str, rows: Sequence[Row], crs: str) -> gpd.GeoDataFrame:
    """The rows as a frame of the layer: every column of the schema, an absent value unknown."""
    described = layer_named(layer)
    columns = [*described.column_names, "geometry"]
    table = pd.DataFrame(list(rows), columns=columns, dtype=object)
    for column in described.columns:
        if column.kind == "int":
            table[column.name] = table[column.name].astype("Int64")
        elif column.kind == "float":
            table[column.name] = table[column.name].astype("Float64")
        elif column.kind == "bool":
            table[column.name] = table[column.name].astype("boolean")
    table = table.sort_values(described.id_column, ignore_index=True)
    return gpd.GeoDataFrame(table, geometry="geometry", crs=crs)


class Places:
    """Polygons with an id that answer which of them a geometry lies in; the smallest wins."""

    def __init__(self, ids: Sequence[str], shapes: Sequence[BaseGeometry]) -> None:
        order = sorted(range(len(ids)), key=lambda i: (shapes[i].area, ids[i]))
        self._ids = [ids[i] for i in order]
        self._tree = shapely.STRtree([shapes[i] for i in order])

    def holding(self, shapes: Sequence[BaseGeometry]) -> list[str | None]:
        """The id of the place of each geometry's inner point; ``None`` outside all of them."""
        found: list[str | None] = [None] * len(shapes)
        if not len(shapes) or not self._ids:
            return found
        inner = shapely.point_on_surface(_array(shapes))
        asked, place = self._tree.query(inner, predicate="intersects")
        best: dict[int, int] = {}
        for i, j in zip(asked.tolist(), place.tolist(), strict=True):
            best[i] = min(j, best.get(i, j))
        for i, j in best.items():
            found[i] = self._ids[j]
        return found
