"""Heights in any form on a north-up grid with square cells: warped grids, lattices, triangles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rasterio import Affine
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.warp import reproject, transform_bounds
from scipy.interpolate import LinearNDInterpolator
from scipy.spatial import Delaunay, QhullError, cKDTree

Floats = npt.NDArray[np.float64]
Bounds = tuple[float, float, float, float]

_ON_LATTICE = 1e-3  # of a cell: rounding of printed coordinates
_MOST_TRIANGLED = 400_000
_FAR_SPACINGS = 8.0  # ground this many point spacings from any point is not known
_LEAST_FAR_M = 30.0


@dataclass(frozen=True)
class HeightGrid:
    """Heights with where they lie; ``affine`` maps (column, row) to the coordinates of ``crs``."""

    values: Floats
    affine: Affine
    crs: str

    @property
    def bounds(self) -> Bounds:
        """West, south, east, north of all four corners."""
        rows, columns = self.values.shape
        corners = [
            _at(self.affine, *at) for at in ((0, 0), (columns, 0), (0, rows), (columns, rows))
        ]
        x, y = zip(*corners, strict=True)
        return min(x), min(y), max(x), max(y)

    @property
    def is_plain(self) -> bool:
        """North up with square cells."""
        a = self.affine
        return bool(a.b == 0 and a.d == 0 and a.a > 0 and np.isclose(a.a, -a.e, rtol=1e-6))


def part_of(grid: HeightGrid, bounds: Bounds, crs: str) -> HeightGrid:
    """The rows and columns that may touch the bounds; at least one cell of each."""
    west, south, east, north = transform_bounds(CRS.from_user_input(crs), CRS.from_user_input(grid.crs), *bounds)  # fmt: skip
    back = ~grid.affine
    spots = [_at(back, *at) for at in ((west, north), (east, north), (west, south), (east, south))]
    c, r = zip(*spots, strict=True)
    rows, columns = grid.values.shape
    c0, c1 = _clipped(min(c), max(c), columns)
    r0, r1 = _clipped(min(r), max(r), rows)
    a = grid.affine
    moved = Affine(a.a, a.b, _at(a, c0, r0)[0], a.d, a.e, _at(a, c0, r0)[1])
    return HeightGrid(grid.values[r0:r1, c0:c1], moved, grid.crs)


def _at(place: Affine, column: float, row: float) -> tuple[float, float]:
    x, y = place.a * column + place.b * row + place.c, place.d * column + place.e * row + place.f
    return float(x), float(y)


def _clipped(low: float, high: float, count: int) -> tuple[int, int]:
    first = int(np.clip(np.floor(low) - 1, 0, count - 1))
    return first, int(np.clip(np.ceil(high) + 1, first + 1, count))


def warped(grid: HeightGrid, target: str) -> HeightGrid:
    """The grid in the target system, north up and square; the grid itself where it is so already.

    Between known heights they are interpolated; nothing is known outside of the source's cells.
    """
    to = CRS.from_user_input(target)
    if grid.is_plain and CRS.from_user_input(grid.crs) == to:
        return grid
    source = CRS.from_user_input(grid.crs)
    west, south, east, north = transform_bounds(source, to, *grid.bounds)
    # As many cells along the diagonal as before.
    cell = float(np.hypot(east - west, north - south) / np.hypot(*grid.values.shape))
    west, north = np.floor(west / cell) * cell, np.ceil(north / cell) * cell
    shape = (int(np.ceil((north - south) / cell)), int(np.ceil((east - west) / cell)))
    place = Affine(cell, 0.0, float(west), 0.0, -cell, float(north))
    found = np.full(shape, np.nan)
    reproject(
        grid.values, found, src_transform=grid.affine, src_crs=source, src_nodata=np.nan,
        dst_transform=place, dst_crs=to, dst_nodata=np.nan, resampling=Resampling.bilinear,
    )  # fmt: skip
    return HeightGrid(found, place, target)


def lattice(x: Floats, y: Floats, z: Floats, crs: str) -> HeightGrid | None:
    """Points that stand in rows and columns as a grid; None where they do not."""
    dx, dy = _step(x), _step(y)
    if dx is None or dy is None:
        return None
    c, r = (x - x.min()) / dx, (y.max() - y) / dy
    if max(np.abs(c - np.round(c)).max(), np.abs(r - np.round(r)).max()) > _ON_LATTICE:
        return None
    columns, rows = round(c.max()) + 1, round(r.max()) + 1
    if len(x) < 0.25 * rows * columns:
        return None
    values = np.full((rows, columns), np.nan)
    values[np.round(r).astype(int), np.round(c).astype(int)] = z
    return HeightGrid(values, Affine(dx, 0, x.min() - dx / 2, 0, -dy, y.max() + dy / 2), crs)


def _step(values: Floats) -> float | None:
    found = np.unique(np.round(values, 6))
    if len(found) < 2:
        return None
    return float(np.diff(found).min())


@dataclass(frozen=True)
class Triangled:
    """A surface through points: its grid, how many points it rests on, how much of it is level.

    ``level_share`` is the share of triangles between three points of one height: where contours
    bend, the ground between them is cut off level.
    """

    grid: HeightGrid
    points: int
    spacing_m: float
    level_share: float


def triangled(x: Floats, y: Floats, z: Floats, crs: str, *, cell_m: float = 0.0) -> Triangled | None:  # fmt: skip
    """The surface of triangles between points; None where they span no area.

    Ground outside of the points, or farther from any than eight of their spacings, is not known.
    """
    x, y, z = _thinned(x, y, z)
    spots = np.column_stack([x, y])
    try:
        mesh = Delaunay(spots - spots.mean(axis=0))
    except (QhullError, ValueError):
        return None
    near, _ = cKDTree(spots).query(spots, k=2)
    spacing = float(np.median(near[:, 1]))
    cell = cell_m or _round_cell(spacing)
    west, north = np.floor(x.min() / cell) * cell, np.ceil(y.max() / cell) * cell
    columns = max(int(np.ceil((x.max() - west) / cell)), 1)
    rows = max(int(np.ceil((north - y.min()) / cell)), 1)
    gx, gy = np.meshgrid(west + (np.arange(columns) + 0.5) * cell, north - (np.arange(rows) + 0.5) * cell)  # fmt: skip
    asked = np.column_stack([gx.ravel(), gy.ravel()])
    values = LinearNDInterpolator(mesh, z)(asked - spots.mean(axis=0))
    wide = np.median(_edges(mesh))
    far, _ = cKDTree(spots).query(asked)
    values[far > max(_FAR_SPACINGS * wide, _LEAST_FAR_M)] = np.nan
    corners = z[mesh.simplices]
    level = float((np.ptp(corners, axis=1) == 0).mean())
    grid = HeightGrid(values.reshape(rows, columns), Affine(cell, 0, west, 0, -cell, north), crs)
    return Triangled(grid, len(x), spacing, level)


def _edges(mesh: Delaunay) -> Floats:
    corners = mesh.points[mesh.simplices]
    return np.asarray(np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).ravel())


def _round_cell(spacing: float) -> float:
    """A cell of 0.5, 1, 2, 5 m or more, about as wide as points stand apart."""
    for cell in (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0):
        if spacing <= 1.5 * cell:
            return cell
    return 100.0


def _thinned(x: Floats, y: Floats, z: Floats) -> tuple[Floats, Floats, Floats]:
    """One point for each place; means of small squares where there are more than can be meshed."""
    _, first = np.unique(np.column_stack([np.round(x, 3), np.round(y, 3)]), axis=0, return_index=True)  # fmt: skip
    x, y, z = x[first], y[first], z[first]
    if len(x) <= _MOST_TRIANGLED:
        return x, y, z
    side = np.sqrt(np.ptp(x) * np.ptp(y) / _MOST_TRIANGLED)
    square = np.floor((x - x.min()) / side) * 1e7 + np.floor((y - y.min()) / side)
    _, place = np.unique(square, return_inverse=True)
    count = np.bincount(place)
    means = [np.bincount(place, values) / count for values in (x, y, z)]
    return means[0], means[1], means[2]
