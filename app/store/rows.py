"""Reading rows of one layer out of one file, and building frames from them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from app.schema.model import Layer
from app.store import blob, frames, gpkg
from app.store.cells import Cell, from_cell, to_array, to_cell
from app.store.sqlite import quoted

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Query:
    """Which rows and columns of a layer are wanted; every name is checked against the schema."""

    layer: Layer
    columns: tuple[str, ...]
    with_geometry: bool
    ids: tuple[str, ...] | None = None
    bbox: Box | None = None
    where: tuple[tuple[str, tuple[Cell, ...]], ...] = ()

    @property
    def is_filtered(self) -> bool:
        return self.ids is not None or self.bbox is not None or bool(self.where)


def query(
    layer: Layer,
    columns: Sequence[str] | None,
    ids: Collection[str] | None,
    bbox: Box | None,
    where: Mapping[str, Any] | None,
) -> Query:
    """A checked query.

    Raises
    ------
    SchemaError
        A column or filter names something that the layer does not have: nothing is read then.
    """
    if columns is None:
        names, with_geometry = layer.column_names, layer.is_spatial
    else:
        wanted = [name for name in columns if name != "geometry"]
        names = tuple(layer.column(name).name for name in dict.fromkeys([layer.id_column, *wanted]))
        with_geometry = layer.is_spatial and "geometry" in columns
    conditions = []
    for name, value in (where or {}).items():
        column = layer.column(name)
        many = isinstance(value, Collection) and not isinstance(value, (str, bytes))
        values = tuple(to_cell(v, column, layer) for v in (value if many else (value,)))
        conditions.append((name, values))
    chosen = None if ids is None else tuple(str(item) for item in ids)
    return Query(layer, names, with_geometry, chosen, bbox, tuple(conditions))


def select(connection: sqlite3.Connection, wanted: Query) -> list[tuple[Any, ...]]:
    """Raw rows: the columns of the query, then the geometry blob if asked."""
    names = [quoted(name) for name in wanted.columns]
    if wanted.with_geometry:
        names.append(gpkg.GEOMETRY)
    sql, values = _conditions(wanted)
    table = quoted(wanted.layer.name)
    return connection.execute(
        f"SELECT {', '.join(names)} FROM {table}{sql} ORDER BY fid", values
    ).fetchall()


def _conditions(wanted: Query) -> tuple[str, list[Any]]:
    parts: list[str] = []
    values: list[Any] = []
    if wanted.ids is not None:
        parts.append(f"{quoted(wanted.layer.id_column)} IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(wanted.ids))
    for name, cells in wanted.where:
        given = [cell for cell in cells if cell is not None]
        options = [f"{quoted(name)} IN (SELECT value FROM json_each(?))"] if given else []
        if None in cells:
            options.append(f"{quoted(name)} IS NULL")
        parts.append(f"({' OR '.join(options)})" if options else "0")
        if given:
            values.append(json.dumps(given))
    if wanted.bbox is not None and wanted.layer.is_spatial:
        west, south, east, north = wanted.bbox
        tree = quoted(gpkg.rtree_name(wanted.layer))
        parts.append(
            f"fid IN (SELECT id FROM {tree}"
            " WHERE minx <= ? AND maxx >= ? AND miny <= ? AND maxy >= ?)"
        )
        values.extend((east, west, north, south))
    return (" WHERE " + " AND ".join(parts) if parts else ""), values


def frame(rows: Sequence[tuple[Any, ...]], wanted: Query, crs: str) -> pd.DataFrame:
    """The rows as frame: a GeoDataFrame in the plan's CRS if the geometry was asked for."""
    layer = wanted.layer
    width = len(wanted.columns) + wanted.with_geometry
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [()] * width
    content = {
        name: to_array(columns[at], layer.column(name).kind)
        for at, name in enumerate(wanted.columns)
    }
    if not wanted.with_geometry:
        return pd.DataFrame(content, index=pd.RangeIndex(len(rows)))
    geometries = blob.decode(columns[-1], layer.geometry)
    found: pd.DataFrame = gpd.GeoDataFrame(
        content, geometry=geometries, crs=crs, index=pd.RangeIndex(len(rows))
    )
    if wanted.bbox is not None:
        inside = shapely.intersects(geometries, shapely.box(*wanted.bbox))
        if not np.all(inside):
            found = found[inside].reset_index(drop=True)
    return found


# --- single rows -----------------------------------------------------------------------------------
def fetch(connection: sqlite3.Connection, layer: Layer, row_id: str) -> dict[str, Cell] | None:
    """One raw row by id with ``fid`` and, for a layer with geometry, ``geom``."""
    names = ["fid", *layer.column_names, *([gpkg.GEOMETRY] if layer.is_spatial else [])]
    listed = ", ".join(quoted(name) for name in names)
    found = connection.execute(
        f"SELECT {listed} FROM {quoted(layer.name)} WHERE {quoted(layer.id_column)} = ?", (row_id,)
    ).fetchone()
    return None if found is None else dict(zip(names, found, strict=True))


def as_values(layer: Layer, cells: Mapping[str, Cell]) -> dict[str, Any]:
    """A raw row as plain Python values, ``geometry`` as shapely geometry."""
    values = {c.name: from_cell(cells.get(c.name), c.kind) for c in layer.columns}
    if layer.is_spatial:
        [geometry] = blob.decode([cells.get(gpkg.GEOMETRY)], layer.geometry)  # type: ignore[list-item]
        values["geometry"] = geometry
    return values


def body(cells: Mapping[str, Cell]) -> bytes | None:
    """The well-known binary of a raw row."""
    stored = cells.get(gpkg.GEOMETRY)
    return stored[blob.body_offset(stored) :] if isinstance(stored, bytes) else None


def image(cells: Mapping[str, Cell], names: Collection[str]) -> dict[str, Any]:
    """The named columns of a raw row as they go into the record; the geometry as hex WKB."""
    shown: dict[str, Any] = {name: cells.get(name) for name in names if name != "geometry"}
    if "geometry" in names:
        raw = body(cells)
        shown["geometry"] = None if raw is None else raw.hex()
    return shown


def image_values(layer: Layer, shown: Mapping[str, Any]) -> dict[str, Any]:
    """An image from the record as Python values."""
    values: dict[str, Any] = {}
    for name, cell in shown.items():
        if name == "geometry":
            values[name] = (
                None if cell is None else _single(layer, shapely.from_wkb(bytes.fromhex(cell)))
            )
        elif layer.has_column(name):
            values[name] = from_cell(cell, layer.column(name).kind)
    return values


def _single(layer: Layer, geometry: Any) -> Any:
    parts = getattr(geometry, "geoms", None)
    if blob.promoted_to(layer.geometry) and parts is not None and len(parts) == 1:
        return parts[0]
    return geometry


def from_image(layer: Layer, shown: Mapping[str, Any], srs: int) -> dict[str, Cell]:
    """An image from the record as raw cells."""
    cells: dict[str, Cell] = {
        name: cell for name, cell in shown.items() if name != "geometry" and layer.has_column(name)
    }
    if "geometry" in shown:
        raw = shown["geometry"]
        geometry = None if raw is None else shapely.from_wkb(bytes.fromhex(raw))
        [cells[gpkg.GEOMETRY]], _ = blob.encode(np.array([geometry]), srs, layer.geometry)
    return cells


def to_raw(layer: Layer, values: Mapping[str, Any], srs: int, *, row: str = "") -> dict[str, Cell]:
    """Plain values as raw cells, checked against the schema; ``geometry`` becomes a blob.

    Raises
    ------
    SchemaError
        A column that the layer does not have.
    InvalidDataError
        A value or geometry that the column may not hold.
    """
    cells: dict[str, Cell] = {}
    for name, value in values.items():
        if name == "geometry" and layer.is_spatial:
            cells[gpkg.GEOMETRY] = _geometry_cell(layer, value, srs, row)
        else:
            cells[name] = to_cell(value, layer.column(name), layer, row=row)
    return cells


def _geometry_cell(layer: Layer, geometry: Any, srs: int, row: str) -> Cell:
    one = np.array([geometry], dtype=object)
    frames.require_geometries(one, layer, pd.Series([row]))
    if not layer.has_z:
        one = shapely.force_2d(one)
    [stored], _ = blob.encode(one, srs, layer.geometry)
    return stored
