"""The ground: a plain that falls to the north-west, streets below their kerbs, a canal, hollows."""

from __future__ import annotations

import hashlib
import heapq

import numpy as np
import rasterio
from numpy.typing import NDArray

from scripts.demo.town import CENTRE_X, CENTRE_Y, Hollow, Town

BASE_M = 1125.0
FALL_NORTH, FALL_WEST = 0.0020, 0.0008
KERB_M = 0.15
CANAL_DEPTH_M = 5.0
CELL_M = 2.0
MARGIN_M = 160.0
CANAL_SOUTH_M, CANAL_NORTH_M = 60.0, 75.0  # north of the outermost red line

Floats = NDArray[np.float64]


def natural_ground(x: Floats | float, y: Floats | float) -> Floats:
    """Ground before anybody built: a plane with long gentle waves, without any pit."""
    dx, dy = np.asarray(x) - CENTRE_X, np.asarray(y) - CENTRE_Y
    waves = 0.22 * np.sin(dx / 310.0 + 0.8) + 0.18 * np.sin(dy / 260.0) * np.cos(dx / 420.0)
    return np.asarray(BASE_M - FALL_NORTH * dy + FALL_WEST * dx + waves)


def ground(town: Town, x: Floats | float, y: Floats | float) -> Floats:
    """Finished ground level at points: street beds lower by the kerb, hollows, the canal."""
    xs, ys = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    z = natural_ground(xs, ys)
    west, south, east, north = town.bounds
    inside = (xs >= west) & (xs <= east) & (ys >= south) & (ys <= north)
    street = np.zeros_like(inside)
    for s in town.streets_north:
        street |= np.abs(xs - s.at) < s.kerb_m
    for s in town.streets_east:
        street |= np.abs(ys - s.at) < s.kerb_m
    z = np.where(street & inside, z - KERB_M, z)
    for h in town.hollows:
        r = ((xs - h.x) / h.half_x) ** 2 + ((ys - h.y) / h.half_y) ** 2
        z = z - np.where(r < 1, h.deepest_m * (1 - r), 0.0)
    canal = (ys > north + CANAL_SOUTH_M) & (ys < north + CANAL_NORTH_M)
    return np.asarray(np.where(canal, z - CANAL_DEPTH_M, z))


def dig_hollows(town: Town) -> None:
    """Six hollows: by entrances of estates, in compounds of the programme, in a street."""
    rng = town.random("hollows")
    estates = [p for p in town.parcels if len(p.slabs) > 3 and not p.programme]
    estates.sort(key=lambda p: (-len(p.slabs), p.key))
    compounds = [p for p in town.programme_parcels if len({s.row for s in p.slabs}) > 1]
    for parcel in estates[:3]:
        slab = parcel.slabs[len(parcel.slabs) // 2 - 1]
        x = slab.west + slab.length_m / 2
        town.hollows.append(
            Hollow(x, slab.north + 12.0, 17.0, 11.0, round(rng.uniform(0.45, 0.7), 2), parcel.name)
        )
    for parcel in rng.sample(compounds, 2):
        slab = parcel.slabs[0]
        x = slab.west + slab.length_m / 2
        town.hollows.append(
            Hollow(x, slab.north + 17.0, 14.0, 6.5, round(rng.uniform(0.4, 0.6), 2), parcel.name)
        )
    street = next(s for s in town.streets_north if s.rank == "local")
    y = (town.streets_east[0].at + town.streets_east[1].at) / 2
    town.hollows.append(Hollow(street.at, y, 9.0, 40.0, 0.55, street.name))


def pond(town: Town, hollow: Hollow) -> tuple[float, float, float]:
    """Greatest depth in m, volume in m3 and area in m2 of the hollow filled to its brim."""
    reach_x, reach_y = hollow.half_x + 40.0, hollow.half_y + 40.0
    x0, y0 = _snap(town, hollow.x - reach_x, hollow.y - reach_y)
    xs = np.arange(x0, hollow.x + reach_x, CELL_M) + CELL_M / 2
    ys = np.arange(y0, hollow.y + reach_y, CELL_M) + CELL_M / 2
    z = ground(town, *np.meshgrid(xs, ys))
    depth = _filled(z) - z
    return (
        float(depth.max()),
        float(depth.sum() * CELL_M**2),
        float((depth > 1e-3).sum() * CELL_M**2),
    )


def _snap(town: Town, x: float, y: float) -> tuple[float, float]:
    """The corner of the raster's cell that holds the point."""
    west, south, _, _ = raster_bounds(town)
    return west + CELL_M * ((x - west) // CELL_M), south + CELL_M * ((y - south) // CELL_M)


def _filled(z: Floats) -> Floats:
    """The surface of endless rain: a flood from the rim inward, lowest first."""
    rows, columns = z.shape
    filled = z.copy()
    seen = np.zeros(z.shape, dtype=bool)
    queue: list[tuple[float, int, int]] = []
    for r in range(rows):
        for c in range(columns):
            if r in (0, rows - 1) or c in (0, columns - 1):
                heapq.heappush(queue, (float(z[r, c]), r, c))
                seen[r, c] = True
    while queue:
        level, r, c = heapq.heappop(queue)
        for i in range(max(r - 1, 0), min(r + 2, rows)):
            for j in range(max(c - 1, 0), min(c + 2, columns)):
                if not seen[i, j]:
                    seen[i, j] = True
                    filled[i, j] = max(level, z[i, j])
                    heapq.heappush(queue, (float(filled[i, j]), i, j))
    return filled


def raster_bounds(town: Town) -> tuple[float, float, float, float]:
    """West, south, east, north of the terrain raster, on whole cells."""
    west, south, east, north = town.bounds
    w, s = (CELL_M * ((v - MARGIN_M) // CELL_M) for v in (west, south))
    e, n = (CELL_M * ((v + MARGIN_M) // CELL_M) for v in (east, north))
    return w, s, e, n


def terrain_file(town: Town) -> tuple[str, bytes]:
    """The ground as a GeoTIFF of 2 m cells, with its SHA-256."""
    west, south, east, north = raster_bounds(town)
    xs = np.arange(west, east, CELL_M) + CELL_M / 2
    ys = np.arange(north, south, -CELL_M) - CELL_M / 2
    z = ground(town, *np.meshgrid(xs, ys)).astype("float32")
    with rasterio.MemoryFile() as memory:
        with memory.open(
            driver="GTiff", width=len(xs), height=len(ys), count=1, dtype="float32",
            crs="EPSG:4544", transform=rasterio.Affine(CELL_M, 0.0, west, 0.0, -CELL_M, north),
            nodata=-9999.0, compress="deflate", predictor=3, tiled=True,
        ) as file:  # fmt: skip
            file.write(z, 1)
            file.update_tags(TITLE="演示数据：地面高程模型", HEIGHT_DATUM="1985")
        content = bytes(memory.getbuffer())
    return hashlib.sha256(content).hexdigest(), content
