"""Rows to frames: the schema's columns in the schema's order, one CRS, one stamp."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from app.schema import LAYERS, PLAN_LAYERS, Layer
from scripts.demo.town import Town

CRS = "EPSG:4544"
# One fixed moment, so that the same seed gives the same bytes.
STAMP = "2024-07-15T08:00:00Z"
STAMPED_BY = "演示数据生成器"
INTEGER = "Int64"


def frames(town: Town) -> dict[str, pd.DataFrame]:
    """Every layer and table that has rows, by name; spatial ones as GeoDataFrames."""
    unknown = set(town.rows) - set(LAYERS)
    if unknown:
        raise KeyError(f"no such layers: {sorted(unknown)}")
    return {
        layer.name: _frame(layer, town.rows[layer.name])
        for layer in PLAN_LAYERS
        if town.rows.get(layer.name)
    }


def _frame(layer: Layer, rows: list[dict[str, object]]) -> pd.DataFrame:
    extra = {name for row in rows for name in row} - set(layer.column_names) - {"geometry"}
    if extra:
        raise KeyError(f"{layer.name} has no columns {sorted(extra)}")
    columns: dict[str, pd.Series] = {}
    stamp = {"updated_at": STAMP, "updated_by": STAMPED_BY, "version": 1}
    for column in layer.columns:
        default = stamp.get(column.name)
        values = [row.get(column.name, default) for row in rows]
        if column.kind == "int":
            columns[column.name] = pd.Series(values, dtype=INTEGER)
        elif column.kind == "float":
            columns[column.name] = pd.Series(values, dtype="float64")
        else:
            columns[column.name] = pd.Series(values, dtype=object)
    table = pd.DataFrame(columns)
    if not layer.is_spatial:
        return table
    shapes = [row.get("geometry") for row in rows]
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(shapes, crs=CRS), crs=CRS)
