"""Grids of a run as GeoTIFF, and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
from rasterio import Affine
from rasterio.crs import CRS

from app.errors import InputFileError, Text
from app.schema.analysis import Raster

NODATA = float("nan")


def write_raster(path: Path, raster: Raster, crs: str) -> None:
    """Write a grid as a compressed GeoTIFF in the plan's CRS."""
    values = np.asarray(raster.values, dtype=np.float32)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=values.shape[0],
        width=values.shape[1],
        count=1,
        dtype="float32",
        crs=CRS.from_string(crs),
        transform=Affine(raster.cell_m, 0, raster.west, 0, -raster.cell_m, raster.north),
        nodata=NODATA,
        compress="deflate",
        predictor=3,
        tiled=True,
    ) as target:
        target.write(values, 1)
        target.update_tags(unit=raster.unit)


def read_raster(path: Path) -> Raster:
    """A north-up GeoTIFF with square cells; its nodata become NaN.

    Raises
    ------
    InputFileError
        The file is missing, no raster, rotated, or its cells are not square.
    """
    try:
        with rasterio.open(path, driver="GTiff") as source:
            values = source.read(1).astype(np.float32)
            if source.nodata is not None:
                values[values == np.float32(source.nodata)] = np.nan
            place, unit = source.transform, source.tags().get("unit", "m")
    except (rasterio.errors.RasterioIOError, OSError) as problem:
        raise _unreadable(path) from problem
    if place.b or place.d or not np.isclose(place.a, -place.e):
        raise _unreadable(path)
    return Raster(values, west=place.c, north=place.f, cell_m=place.a, unit=unit)


def _unreadable(path: Path) -> InputFileError:
    return InputFileError(
        Text(f"栅格 {path.name} 无法读取", f"the raster {path.name} cannot be read"),
        where=str(path),
        fix=Text("需要正北向、方格的 GeoTIFF", "a north-up GeoTIFF with square cells is needed"),
    )
