"""Polygons with a name out of a delivered file, through the same door as every delivery."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from app.errors import CrsError, InputFileError, Text
from app.geo.crs import parse_crs
from app.store.readers.chunks import Chunk
from app.store.readers.delivery import DeliveredLayer, open_delivery

_NAMES = ("name", "名称", "乡镇", "乡镇名称")
_WHERE = "--townships"


def named_polygons(path: Path) -> gpd.GeoDataFrame:
    """The polygons of a file with a column ``name`` (or 名称), in the file's own system.

    Raises
    ------
    InputFileError
        The file cannot be read, or holds no polygon with a name.
    CrsError
        The file does not say what system its coordinates are in.
    """
    names: list[str | None] = []
    shapes: list[shapely.Geometry] = []
    crs: str | None = None
    with open_delivery(path) as delivery:
        for event in delivery.events():
            if isinstance(event, DeliveredLayer):
                crs = crs or event.crs
            elif isinstance(event, Chunk) and event.wkb is not None:
                found = shapely.from_wkb(event.wkb)
                polygon = np.isin(shapely.get_type_id(found), (3, 6))
                names += _names(event, polygon)
                shapes += [shapely.make_valid(shape) for shape in found[polygon]]
    if not shapes:
        raise InputFileError(
            Text(f"{path.name} 中没有面", f"{path.name} holds no polygons"),
            where=_WHERE,
            fix=Text("请提供乡镇的面图层", "give a layer of polygons, one per township"),
        )
    if crs is None:
        raise CrsError(
            Text(f"{path.name} 没有说明坐标系", f"{path.name} does not state its reference system"),
            where=_WHERE,
            fix=Text("请补 .prj，或存为 GeoJSON", "add the .prj file, or save it as GeoJSON"),
        )
    return gpd.GeoDataFrame({"name": names}, geometry=shapes, crs=parse_crs(crs, where=_WHERE))


def _names(chunk: Chunk, chosen: np.ndarray) -> list[str | None]:
    for column in _NAMES:
        if column in chunk.columns:
            values = chunk.columns[column][chosen]
            return [None if value is None or value == "" else str(value) for value in values]
    return [None] * int(chosen.sum())
