"""The ground that rain falls on: terrain put right, buildings closed, roof water led out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import ndimage

from app.analysis.storm.changes import WALL, Changes
from app.analysis.storm.measures import Tank, downpipe_cells, kinds_of, put_measures, tanks_of
from app.analysis.storm.terrain import (
    EIGHT,
    shapes_of,
    walled,
    with_culverts,
    with_kerbs,
    with_underpasses,
    without_pits,
    without_small_holes,
)
from app.errors import AnalysisError, Text
from app.geo.depressions import CLOSED, OPEN, OUTSIDE
from app.geo.grids import Frame, burn, coarser
from app.geo.inertial import GRAVITY
from app.rules.storm import StormTermTable, SurfaceTable
from app.schema.analysis import Raster

Floats32 = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]
Ints32 = npt.NDArray[np.int32]
AROUND = ("wall", "gate", "road", "storm_measure")
"""Layers besides buildings and land cover that shape the ground; any may be missing."""
_CROSS = ndimage.generate_binary_structure(2, 1)


@dataclass(frozen=True)
class Ground:
    """A grid with a rim of one cell through which water leaves.

    ``z`` in metres above ``lowest_m``; ``kind`` OPEN, CLOSED (building) or OUTSIDE (rim, holes);
    ``catch`` the share of its area's rain that falls or is led to each cell; ``soil`` the index of
    its cover; ``rough`` g n². ``reason`` says why a cell differs from the terrain
    (:mod:`app.analysis.storm.changes`); ``holds`` are cells made to hold water, no hazard.
    """

    frame: Frame
    z: Floats32
    kind: Bytes
    catch: Floats32
    soil: Bytes
    rough: Floats32
    lowest_m: float
    building: Ints32
    report: tuple[Text, ...] = field(default_factory=tuple)
    reason: Bytes = field(default_factory=lambda: np.zeros((0, 0), dtype=np.uint8))
    tanks: tuple[Tank, ...] = ()
    holds: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros((0, 0), dtype=bool))

    @property
    def is_open(self) -> npt.NDArray[np.bool_]:
        return np.asarray(self.kind == OPEN)


def make_ground(
    terrain: Raster, buildings: pd.DataFrame, landcover: pd.DataFrame,
    surfaces: SurfaceTable, terms: StormTermTable, *, cell_m: float = 0.0,
    around: Mapping[str, pd.DataFrame] | None = None, with_walls: bool = True,
) -> Ground:  # fmt: skip
    """The ground of a run; what was changed in the terrain is said in its report.

    Parameters
    ----------
    around
        Frames of the layers ``AROUND`` that there are.

    Raises
    ------
    AnalysisError
        The terrain has no height at all, or is finer than asked is possible.
    """
    others = around or {}
    sized: list[Text] = []
    height, cell = _sized(terrain, cell_m, terms, sized)
    _require_heights(height)
    height = np.pad(height, 1, constant_values=np.nan)
    frame = Frame(terrain.west - cell, terrain.north + cell, cell, *height.shape)
    changes = Changes(frame, report=sized)
    measures = kinds_of(others.get("storm_measure"))
    height = _conditioned(height, others, measures, terms, changes)
    building = burn(frame, shapes_of(buildings), list(range(1, len(buildings) + 1)))
    holes = np.isnan(height)
    walls = _walls(others, terms, changes, with_walls) & ~holes & (building == 0)
    changes.mark(walls, WALL)
    closed = ((building > 0) | walls) & ~holes
    kind = np.where(holes, OUTSIDE, np.where(closed, CLOSED, OPEN)).astype(np.uint8)
    soil = _soil(frame, landcover, surfaces, changes.report)
    holds = put_measures(height, soil, kind == OPEN, measures, surfaces, terms, changes)
    holds |= _water(soil, kind, surfaces, changes)
    rough = np.array([GRAVITY * row.manning_n**2 for row in surfaces], dtype=np.float32)[soil]
    catch = _catch(kind, building, downpipe_cells(measures, building, kind == OPEN, terms, changes), changes)  # fmt: skip
    tanks = tanks_of(measures, kind == OPEN, changes)
    _tell_closed_yards(kind, changes, terms.term("hole_m2"))
    lowest = float(np.nanmin(height))
    z = np.where(holes, 0.0, height - lowest).astype(np.float32)
    if cell > terms.term("coarse_cell_m"):
        changes.say(f"格网 {cell:g} m：该地形看不清路缘和围墙", f"cells of {cell:g} m: this terrain cannot see kerbs")  # fmt: skip
    return Ground(
        frame, z, kind, catch, soil, rough, lowest, building, tuple(changes.report), changes.reason,
        tanks, holds,
    )  # fmt: skip


def _require_heights(height: Floats32) -> None:
    if np.isnan(height).all():
        raise AnalysisError(
            Text("地形没有任何高程值", "the terrain has no height at all"),
            where="terrain",
            fix=Text("请导入有数据的地形", "import a terrain with heights"),
        )


def _conditioned(
    height: Floats32, others: Mapping[str, pd.DataFrame], measures: Mapping[str, pd.DataFrame],
    terms: StormTermTable, changes: Changes,
) -> Floats32:  # fmt: skip
    """Heights with holes and pits put right, kerbs and ways under that the terrain does not show."""
    height = without_small_holes(height, terms.term("hole_m2"), changes)
    height = without_pits(height, terms.term("pit_m"), changes)
    if "road" in others:
        height = with_kerbs(height, others["road"], terms, changes)
        height = with_underpasses(height, others["road"], changes)
    if "culvert" in measures:
        height = with_culverts(height, measures["culvert"], changes)
    return height


def _walls(
    others: Mapping[str, pd.DataFrame], terms: StormTermTable, changes: Changes, with_walls: bool
) -> npt.NDArray[np.bool_]:
    if not with_walls or "wall" not in others:
        return np.zeros(changes.frame.shape, dtype=bool)
    gates = others.get("gate", pd.DataFrame({"width_m": [], "geometry": []}))
    return walled(others["wall"], gates, terms, changes)


def _water(
    soil: Bytes, kind: Bytes, surfaces: SurfaceTable, changes: Changes
) -> npt.NDArray[np.bool_]:
    """Canals and ponds of the land cover: water there is no hazard zone."""
    wet = (soil == surfaces.covers.index("water")) & (kind == OPEN)
    if wet.any():
        square = int(wet.sum() * changes.frame.area_m2)
        changes.say(f"{square} m² 水体不划入风险区", f"{square} m² of canals and ponds are left out of the zones")  # fmt: skip
    return np.asarray(wet)


def _tell_closed_yards(kind: Bytes, changes: Changes, least_m2: float) -> None:
    """Open ground from which no water finds a way out, however high it stands."""
    parts, count = ndimage.label(kind != CLOSED, structure=_CROSS)
    if not count:
        return
    out = np.unique(parts[kind == OUTSIDE])
    area = np.bincount(parts.ravel(), minlength=count + 1) * changes.frame.area_m2
    shut = [n for n in range(1, count + 1) if n not in out and area[n] > least_m2]
    if shut:
        changes.say(f"{len(shut)} 处院落四周封闭（共 {area[shut].sum():.0f} m²），雨水只能下渗或入管网",
                    f"{len(shut)} yards are closed on all sides ({area[shut].sum():.0f} m² together): their rain can only sink in or drain")  # fmt: skip


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


def _soil(frame: Frame, landcover: pd.DataFrame, surfaces: SurfaceTable, report: list[Text]) -> Bytes:  # fmt: skip
    """Index of the cover of each cell; ``other`` where none is known."""
    index = {cover: n for n, cover in enumerate(surfaces.covers)}
    codes = [index.get(str(cover), index["other"]) + 1 for cover in landcover.get("cover", ())]
    burnt = burn(frame, shapes_of(landcover), codes)
    unknown = burnt == 0
    if len(landcover) == 0:
        report.append(Text("没有地表覆盖图层：全部按“其他”计算产流与糙率",
                           "no land cover: runoff and roughness of kind 'other' everywhere"))  # fmt: skip
    return np.asarray(np.where(unknown, index["other"], burnt - 1), dtype=np.uint8)


def _catch(kind: Bytes, building: Ints32, pipes: Mapping[int, int], changes: Changes) -> Floats32:
    """Rain by cell: 1 on open ground; roofs are shared among the open cells around each block.

    ``pipes`` leads the block that holds a building cell (key) to the open cell of its downpipe.
    The rain on a wall falls beside the wall.
    """
    catch = (kind == OPEN).astype(np.float64)
    closed = kind == CLOSED
    blocks, count = ndimage.label(closed & (building > 0), structure=EIGHT)
    walls, more = ndimage.label(closed & (building == 0), structure=EIGHT)
    blocks[walls > 0] = walls[walls > 0] + count
    roofs, count = count, count + more
    if not count:
        return np.asarray(catch, dtype=np.float32)
    cells, owners = _beside(kind, blocks)
    piped = {int(blocks.ravel()[roof]) for roof in pipes}
    free = ~np.isin(owners, list(piped))
    led = [(cell, int(blocks.ravel()[roof])) for roof, cell in pipes.items()]
    cells = np.concatenate([cells[free], np.array([cell for cell, _ in led], dtype=np.int64)])
    owners = np.concatenate([owners[free], np.array([block for _, block in led], dtype=np.int64)])
    area = np.bincount(blocks.ravel(), minlength=count + 1).astype(float)
    places = np.bincount(owners, minlength=count + 1)
    np.add.at(catch.ravel(), cells, area[owners] / places[owners])
    cell_m2 = changes.frame.area_m2
    if roofs:
        changes.say(f"建筑按不透水封闭边界处理，{int(area[1 : roofs + 1].sum() * cell_m2)} m² 屋面雨水引到屋旁地面",
                    f"buildings are closed faces; the rain of {int(area[1 : roofs + 1].sum() * cell_m2)} m² of roofs is led to the ground beside them")  # fmt: skip
    lost = area[1:][places[1:] == 0].sum()
    if lost:
        changes.say(f"{lost * cell_m2:.0f} m² 屋面四周没有地面，其雨水未计入",
                    f"{lost * cell_m2:.0f} m² of roofs have no ground beside them; their rain is left out")  # fmt: skip
    return np.asarray(catch, dtype=np.float32)


def _beside(kind: Bytes, blocks: Ints32) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Each open cell with the number of each block that it shares an edge with, once."""
    rows, columns = kind.shape
    cells, owners = [], []
    for dr, dc in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        here = (slice(max(dr, 0), rows + min(dr, 0)), slice(max(dc, 0), columns + min(dc, 0)))
        there = (slice(max(-dr, 0), rows + min(-dr, 0)), slice(max(-dc, 0), columns + min(-dc, 0)))
        r, c = np.nonzero((kind[here] == OPEN) & (blocks[there] > 0))
        cells.append((r + here[0].start) * columns + c + here[1].start)
        owners.append(blocks[there][r, c])
    pairs = np.unique(np.stack([np.concatenate(cells), np.concatenate(owners)]), axis=1)
    return pairs[0].astype(np.int64), pairs[1].astype(np.int64)
