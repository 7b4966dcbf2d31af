"""Checks of a frame before any of it is written: columns, ids, reference system, geometry."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from app.errors import CrsError, Finding, InvalidDataError, Text
from app.schema.model import Layer

SHOWN_ROWS = 20
CHECKED_TOGETHER = 50_000


def checked(frame: pd.DataFrame, layer: Layer, crs: str) -> pd.DataFrame:
    """The frame with only the layer's columns and ``geometry``.

    Raises
    ------
    SchemaError
        A column that the layer does not have.
    CrsError
        The geometry is not in the plan's reference system.
    InvalidDataError
        Ids missing or repeated, or a geometry that the layer may not hold.
    """
    names = [str(name) for name in frame.columns if name != "geometry"]
    for name in names:
        layer.column(name)
    _require_ids(frame, layer)
    if "geometry" in frame.columns:
        if not layer.is_spatial:
            layer.column("geometry")
        _require_crs(frame, layer, crs)
        require_geometries(geometries_of(frame), layer, frame[layer.id_column])
    return frame


def geometries_of(frame: pd.DataFrame) -> np.ndarray:
    """The geometry column as shapely array, 3D dropped nowhere."""
    values = frame["geometry"]
    if isinstance(values.dtype, gpd.array.GeometryDtype):
        return np.asarray(values.array, dtype=object)
    return np.asarray(values.where(values.notna(), None), dtype=object)


def _require_ids(frame: pd.DataFrame, layer: Layer) -> None:
    if layer.id_column not in frame.columns:
        raise InvalidDataError(
            Text(
                f"“{layer.label.zh}”缺少编号字段 {layer.id_column}",
                f"{layer.name} lacks {layer.id_column}",
            ),
            where=layer.name,
            fix=Text("每行都要有编号", "give every row an id"),
        )
    ids = frame[layer.id_column]
    empty = ids.isna() | (ids.astype(str) == "")
    if empty.any():
        raise _faulty(
            layer, "missing_id", Text("没有编号", "have no id"), np.flatnonzero(empty) + 1
        )
    repeated = ids[ids.duplicated()]
    if len(repeated):
        raise _faulty(layer, "duplicate_id", Text("编号重复", "repeat an id"), repeated.unique())


def _require_crs(frame: pd.DataFrame, layer: Layer, crs: str) -> None:
    if isinstance(frame, gpd.GeoDataFrame) and (frame.crs is None or frame.crs != crs):
        found = "none" if frame.crs is None else frame.crs.to_string()
        raise CrsError(
            Text(
                f"“{layer.label.zh}”的坐标系为 {found}，方案为 {crs}",
                f"{layer.name} is in {found}, the plan in {crs}",
            ),
            where=layer.name,
            fix=Text("请先转换到方案坐标系", "transform it to the plan's CRS first"),
        )


def require_geometries(geometries: np.ndarray, layer: Layer, ids: pd.Series[Any]) -> None:
    """Refuse geometry types that the layer may not hold, and coordinates that are no numbers.

    Raises
    ------
    InvalidDataError
        Every such row is listed.
    """
    kinds = [
        "Point",
        "LineString",
        "LinearRing",
        "Polygon",
        "MultiPoint",
        "MultiLineString",
        "MultiPolygon",
    ]
    allowed = [-1, *(kinds.index(kind) for kind in layer.geometry)]
    wrong = ~np.isin(shapely.get_type_id(geometries), allowed)
    if wrong.any():
        raise _faulty(
            layer,
            "geometry_type",
            Text("几何类型不符", "have a geometry type the layer does not hold"),
            ids.to_numpy()[wrong],
        )
    if _all_finite(geometries, include_z=layer.has_z):
        return  # a million sound shapes need no list of which vertex is whose
    coordinates, rows = shapely.get_coordinates(
        geometries, include_z=layer.has_z, return_index=True
    )
    broken = ~np.isfinite(coordinates[:, :2]).all(axis=1)
    if layer.has_z:
        broken |= ~np.isfinite(coordinates[:, 2]) & shapely.has_z(geometries)[rows]
    if broken.any():
        raise _faulty(
            layer,
            "not_finite",
            Text("坐标不是有限的数", "have coordinates that are not finite"),
            ids.to_numpy()[np.unique(rows[broken])],
        )


def _all_finite(geometries: np.ndarray, *, include_z: bool) -> bool:
    return all(
        np.isfinite(
            shapely.get_coordinates(geometries[at : at + CHECKED_TOGETHER], include_z=include_z)
        ).all()
        for at in range(0, len(geometries), CHECKED_TOGETHER)
    )


def _faulty(layer: Layer, code: str, fault: Text, rows: Any) -> InvalidDataError:
    count = len(rows)
    named = "、".join(str(row) for row in list(rows)[:SHOWN_ROWS])
    fix = Text("请改正后重新导入", "correct them and import again")
    message = Text(
        f"“{layer.label.zh}”有 {count} 行{fault.zh}", f"{count} rows of {layer.name} {fault.en}"
    )
    findings = [
        Finding(code, "error", message, fix, layer=layer.name, row=str(row))
        for row in list(rows)[:1000]
    ]
    return InvalidDataError(message, where=f"{layer.name}: {named}", fix=fix, findings=findings)


def already_there(layer: Layer, ids: list[str]) -> InvalidDataError:
    """The failure of adding rows whose ids the plan has."""
    return _faulty(
        layer, "duplicate_id", Text("编号在方案中已存在", "have ids that the plan has already"), ids
    )
