"""Rows as GeoJSON: RFC 7946, degrees, plain values, unknown as null."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import shapely

from app.report.plain import plain
from app.schema import LAYERS

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

WGS84 = "EPSG:4326"


def collection(rows: GeoDataFrame, layer: str) -> dict[str, object]:
    """The rows as a FeatureCollection by RFC 7946: degrees, outer rings counter-clockwise."""
    columns = LAYERS[layer].columns
    degrees = rows.geometry.to_crs(WGS84) if len(rows) else rows.geometry
    turned = shapely.orient_polygons(degrees.to_numpy(), exterior_cw=False)
    shapes = shapely.to_geojson(shapely.set_precision(shapely.force_2d(turned), 1e-8))
    values: dict[str, list[Any]] = {
        column.name: rows[column.name].astype(object).tolist() for column in columns
    }
    listed = []
    for at, (row_id, shape) in enumerate(zip(rows[f"{layer}_id"], shapes, strict=True)):
        properties = {column.name: plain(column, values[column.name][at]) for column in columns}
        geometry = json.loads(shape) if isinstance(shape, str) else None
        listed.append(
            {"type": "Feature", "id": row_id, "geometry": geometry, "properties": properties}
        )
    return {"type": "FeatureCollection", "features": listed}


def as_bytes(found: dict[str, object]) -> bytes:
    """The collection as the text of a file; NaN would be our mistake and is refused."""
    return json.dumps(found, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
