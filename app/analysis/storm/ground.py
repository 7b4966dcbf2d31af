"""The ground that rain falls on: terrain put right, buildings closed, roof water led out."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import ndimage
from shapely.geometry.base import BaseGeometry

from app.errors import AnalysisError, Text
from app.geo.depressions import CLOSED, OPEN, OUTSIDE
from app.geo.grids import Frame, burn, coarser
from app.geo.inertial import GRAVITY
from app.rules.storm import StormTermTable, SurfaceTable
from app.schema.analysis import Raster

Floats32 = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]
_EIGHT = np.ones((3, 3), dtype=bool)


@dataclass(frozen=True)
class Ground:
    """A grid with a rim of one cell through which water leaves.

    ``z`` in metres above ``lowest_m``; ``kind`` OPEN, CLOSED (building) or OUTSIDE (rim, holes);
    ``catch`` the share of its area's rain that falls or is led to each cell; ``soil`` the index of
    its cover; ``rough`` g n².
    """

    frame: Frame
    z: Floats32
    kind: Bytes
    catch: Floats32
    soil: Bytes
    rough: Floats32
    lowest_m: float
    building: npt.NDArray[np.int32]
    report: tuple[Text, ...] = field(default_factory=tuple)

    @property
    def is_open(self) -> npt.NDArray[np.bool_]:
        return np.asarray(self.kind == OPEN)


def make_ground(
    terrain: Raster, buildings: pd.DataFrame, landcover: pd.DataFrame,
    surfaces: SurfaceTable, terms: StormTermTable, *, cell_m: float = 0.0,
) -> Ground:  # fmt: skip
    """The ground of a run; what was changed in the terrain is said in its report.

    Raises
    ------
    AnalysisError
        The terrain has no height at all, or is finer than asked is possible.
    """
    report: list[Text] = []
    height, cell = _sized(terrain, cell_m, terms, report)
    if np.isnan(height).all():
        raise AnalysisError(
            Text("地形没有任何高程值", "the terrain has no height at all"),
            where="terrain",
            fix=Text("请导入有数据的地形", "import a terrain with heights"),
        )
    height = np.pad(height, 1, constant_values=np.nan)
    frame = Frame(terrain.west - cell, terrain.north + cell, cell, *height.shape)
    height = _without_small_holes(height, cell, terms.term("hole_m2"), report)
    height = _without_pits(height, terms.term("pit_m"), report)
    numbers = list(range(1, len(buildings) + 1))
    building = burn(frame, _shapes(buildings), numbers)
    holes = np.isnan(height)
    closed = (building > 0) & ~holes
    kind = np.where(holes, OUTSIDE, np.where(closed, CLOSED, OPEN)).astype(np.uint8)
    soil = _soil(frame, landcover, surfaces, report)
    rough = np.array([GRAVITY * row.manning_n**2 for row in surfaces], dtype=np.float32)[soil]
    catch = _catch(kind, report, cell)
    lowest = float(np.nanmin(height))
    z = np.where(holes, 0.0, height - lowest).astype(np.float32)
    if cell > terms.term("coarse_cell_m"):
        report.append(Text(
            f"格网 {cell:g} m：该地形看不清路缘和围墙", f"cells of {cell:g} m: this terrain cannot see kerbs",
        ))  # fmt: skip
    return Ground(frame, z, kind, catch, soil, rough, lowest, building, tuple(report))


def _shapes(frame: pd.DataFrame) -> list[BaseGeometry]:
    return list(frame["geometry"]) if "geometry" in frame.columns else []


def _sized(terrain: Raster, cell_m: float, terms: StormTermTable, report: list[Text]) -> tuple[Floats32, float]:  # fmt: skip
    """Heights in cells of the size asked for, or coarse enough for an ordinary run."""
    times = 1
    if cell_m > 0:
        times = max(round(cell_m / terrain.cell_m), 1)
    else:
        while terrain.values.size / times**2 > terms.term("most_cells"):
            times += 1
    if times == 1:
        return terrain.values, terrain.cell_m
    cell = terrain.cell_m * times
    report.append(Text(
        f"地形由 {terrain.cell_m:g} m 合并为 {cell:g} m 格网计算",
        f"the terrain of {terrain.cell_m:g} m cells is computed in cells of {cell:g} m",
    ))  # fmt: skip
    return coarser(terrain.values, times), cell


def _without_small_holes(height: Floats32, cell_m: float, most_m2: float, report: list[Text]) -> Floats32:  # fmt: skip
    """Small holes take the mean of their rim; larger ones stay and are drains, which is said."""
    holes, count = ndimage.label(np.isnan(height), structure=_EIGHT)
    if count <= 1:
        return height
    area = np.bincount(holes.ravel())[1:] * cell_m**2
    rim = holes[0, 0]
    inner = [n for n in range(1, count + 1) if n != rim]
    closed = 0
    height = height.copy()
    boxes = ndimage.find_objects(holes)
    for n in inner:
        if area[n - 1] > most_m2:
            continue
        box = tuple(slice(max(s.start - 1, 0), s.stop + 1) for s in boxes[n - 1])
        part, own = height[box], holes[box] == n
        part[own] = np.nanmean(part)
        closed += 1
    large = sum(1 for n in inner if area[n - 1] > most_m2)
    if closed:
        report.append(Text(f"补平地形空洞 {closed} 处（不大于 {most_m2:g} m²）",
                           f"{closed} holes of the terrain closed (up to {most_m2:g} m²)"))  # fmt: skip
    if large:
        report.append(Text(
            f"地形有 {large} 处较大空洞：按出水口处理，水在此流失",
            f"the terrain has {large} larger holes: they act as drains, water is lost there",
        ))  # fmt: skip
    return height


def _without_pits(height: Floats32, least_m: float, report: list[Text]) -> Floats32:
    """Pits of a single cell deeper than a limit are errors of the data: raised to their rim."""
    ring = _EIGHT.copy()
    ring[1, 1] = False
    filled = np.where(np.isnan(height), -np.inf, height)
    lowest = ndimage.minimum_filter(filled, footprint=ring, mode="nearest")
    wrong = np.isfinite(lowest) & ~np.isnan(height) & (lowest - height > least_m)
    if not wrong.any():
        return height
    deepest = float((lowest - height)[wrong].max())
    report.append(Text(
        f"单格深坑 {int(wrong.sum())} 处视为数据错误并抬平，最深 {deepest:.2f} m",
        f"{int(wrong.sum())} pits of one cell taken as errors and raised, the deepest {deepest:.2f} m",
    ))  # fmt: skip
    return np.asarray(np.where(wrong, lowest, height), dtype=np.float32)


def _soil(frame: Frame, landcover: pd.DataFrame, surfaces: SurfaceTable, report: list[Text]) -> Bytes:  # fmt: skip
    """Index of the cover of each cell; ``other`` where none is known."""
    index = {cover: n for n, cover in enumerate(surfaces.covers)}
    codes = [index.get(str(cover), index["other"]) + 1 for cover in landcover.get("cover", ())]
    burnt = burn(frame, _shapes(landcover), codes)
    unknown = burnt == 0
    if len(landcover) == 0:
        report.append(Text("没有地表覆盖图层：全部按“其他”计算产流与糙率",
                           "no land cover: runoff and roughness of kind 'other' everywhere"))  # fmt: skip
    return np.asarray(np.where(unknown, index["other"], burnt - 1), dtype=np.uint8)


def _catch(kind: Bytes, report: list[Text], cell_m: float) -> Floats32:
    """Rain by cell: 1 on open ground, roofs shared among the open cells around each block."""
    catch = (kind == OPEN).astype(np.float64)
    blocks, count = ndimage.label(kind == CLOSED, structure=_EIGHT)
    if not count:
        return np.asarray(catch, dtype=np.float32)
    rows, columns = kind.shape
    cells, owners = [], []
    for dr, dc in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        here = (slice(max(dr, 0), rows + min(dr, 0)), slice(max(dc, 0), columns + min(dc, 0)))
        there = (slice(max(-dr, 0), rows + min(-dr, 0)), slice(max(-dc, 0), columns + min(-dc, 0)))
        r, c = np.nonzero((kind[here] == OPEN) & (blocks[there] > 0))
        cells.append((r + here[0].start) * columns + c + here[1].start)
        owners.append(blocks[there][r, c])
    pairs = np.unique(np.stack([np.concatenate(cells), np.concatenate(owners)]), axis=1)
    roof = np.bincount(blocks.ravel(), minlength=count + 1).astype(float)
    places = np.bincount(pairs[1], minlength=count + 1)
    flat = catch.ravel()
    np.add.at(flat, pairs[0], roof[pairs[1]] / places[pairs[1]])
    lost = roof[1:][places[1:] == 0].sum()
    report.append(Text(
        f"建筑按不透水封闭边界处理，{int(roof[1:].sum() * cell_m**2)} m² 屋面雨水引到屋旁地面",
        f"buildings are closed faces; the rain of {int(roof[1:].sum() * cell_m**2)} m² of roofs is led to the ground beside them",
    ))  # fmt: skip
    if lost:
        report.append(Text(
            f"{lost * cell_m**2:.0f} m² 屋面四周没有地面，其雨水未计入",
            f"{lost * cell_m**2:.0f} m² of roofs have no ground beside them; their rain is left out",
        ))  # fmt: skip
    return np.asarray(catch, dtype=np.float32)
