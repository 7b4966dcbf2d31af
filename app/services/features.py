"""Rows of a layer as GeoJSON in longitude and latitude."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.errors import Text, UsageError
from app.schema import LAYERS
from app.services.plans import OpenPlan, known_layer

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

WGS84 = "EPSG:4326"


def features(
    plan: OpenPlan,
    layer: str,
    *,
    bbox: tuple[float, float, float, float] | None = None,
    ids: Sequence[str] = (),
    limit: int,
) -> dict[str, object]:
    """A FeatureCollection; ``matched`` says how many rows there are, ``limit`` how many are sent.

    ``bbox`` is in degrees. A feature's ``id`` is the row's id; properties are plain JSON.
    """
    from app.report.geojson import collection

    known_layer(layer)
    rows = chosen_rows(plan, layer, bbox=bbox, ids=ids)
    return collection(rows.iloc[:limit], layer) | {"matched": len(rows)}


def chosen_rows(
    plan: OpenPlan,
    layer: str,
    *,
    bbox: tuple[float, float, float, float] | None = None,
    ids: Sequence[str] = (),
) -> GeoDataFrame:
    """The rows of a spatial layer inside a box in degrees, or with these ids."""
    if not LAYERS[layer].is_spatial:
        raise UsageError(
            Text(f"{LAYERS[layer].label.zh}没有图形", f"{layer} has no geometry"),
            where=layer,
            fix=Text("用表格查看", "read it as a table"),
        )
    rows = plan.frame(layer)
    if ids:
        rows = rows[rows[f"{layer}_id"].isin(ids)]
    if bbox is not None and len(rows):
        rows = rows.iloc[sorted(_inside(rows, bbox))]
    return rows


def _inside(rows: GeoDataFrame, bbox: tuple[float, float, float, float]) -> list[int]:
    import geopandas
    from shapely import box

    frame = geopandas.GeoSeries([box(*bbox).segmentize(0.01)], crs=WGS84).to_crs(rows.crs)
    return [int(at) for at in rows.sindex.query(frame.iloc[0], predicate="intersects")]
