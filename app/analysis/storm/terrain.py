"""A terrain put right: its cells, holes and pits, the kerbs it does not show, ways under and walls."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy import ndimage
from shapely.geometry.base import BaseGeometry

from app.analysis.storm.changes import (
    CULVERT,
    HOLE,
    KERB,
    LOST,
    PIT,
    UNDERPASS,
    Changes,
    Mask,
)
from app.geo.grids import Frame, burn
from app.rules.storm import StormTermTable

Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]
EIGHT = np.ones((3, 3), dtype=bool)
_CROSS = ndimage.generate_binary_structure(2, 1)
_FEWEST_EDGES = 8  # pairs of cells along a kerb that make its height known
STOPS_WATER = ("wall", "retaining")


def shapes_of(frame: pd.DataFrame) -> list[BaseGeometry]:
    """The geometries of a frame; none where it has no such column."""
    return list(frame["geometry"]) if "geometry" in frame.columns else []


def without_small_holes(height: Floats32, most_m2: float, changes: Changes) -> Floats32:
    """Small holes take the mean of their rim; larger ones stay and are drains, which is said."""
    holes, count = ndimage.label(np.isnan(height), structure=EIGHT)
    if count <= 1:
        return height
    area = np.bincount(holes.ravel())[1:] * changes.frame.area_m2
    rim = holes[0, 0]
    inner = [n for n in range(1, count + 1) if n != rim]
    small = [n for n in inner if area[n - 1] <= most_m2]
    height = height.copy()
    boxes = ndimage.find_objects(holes)
    for n in small:
        box = tuple(slice(max(s.start - 1, 0), s.stop + 1) for s in boxes[n - 1])
        part, own = height[box], holes[box] == n
        part[own] = np.nanmean(part)
    changes.mark(np.isin(holes, small), HOLE)
    large = [n for n in inner if area[n - 1] > most_m2]
    changes.mark(np.isin(holes, large), LOST)
    if small:
        changes.say(f"补平地形空洞 {len(small)} 处（不大于 {most_m2:g} m²）",
                    f"{len(small)} holes of the terrain closed (up to {most_m2:g} m²)")  # fmt: skip
    if large:
        changes.say(f"地形有 {len(large)} 处较大空洞：按出水口处理，水在此流失",
                    f"the terrain has {len(large)} larger holes: they act as drains, water is lost there")  # fmt: skip
    return height


def without_pits(height: Floats32, least_m: float, changes: Changes) -> Floats32:
    """Pits of a single cell deeper than a limit are errors of the data: raised to their rim.

    A hollow of two cells and more is taken as real: a light well, a ramp, a planted bed.
    """
    ring = EIGHT.copy()
    ring[1, 1] = False
    filled = np.where(np.isnan(height), -np.inf, height)
    lowest = ndimage.minimum_filter(filled, footprint=ring, mode="nearest")
    wrong = np.isfinite(lowest) & ~np.isnan(height) & (lowest - height > least_m)
    if not wrong.any():
        return height
    deepest = float((lowest - height)[wrong].max())
    changes.mark(wrong, PIT)
    changes.say(f"单格深坑 {int(wrong.sum())} 处视为数据错误并抬平，最深 {deepest:.2f} m；更大的洼地保留",
                f"{int(wrong.sum())} pits of one cell taken as errors and raised, the deepest {deepest:.2f} m; larger hollows stay")  # fmt: skip
    return np.asarray(np.where(wrong, lowest, height), dtype=np.float32)


# --- kerbs -----------------------------------------------------------------------------------------
def with_kerbs(height: Floats32, roads: pd.DataFrame, terms: StormTermTable, changes: Changes) -> Floats32:  # fmt: skip
    """Streets lowered by as much of their kerb as the terrain does not show."""
    frame = changes.frame
    if not len(roads) or "kerb_m" not in roads or frame.cell_m > terms.term("coarse_cell_m"):
        return height
    kerb = pd.to_numeric(roads["kerb_m"], errors="coerce").to_numpy(float)
    known = roads[kerb > 0].reset_index(drop=True)
    if not len(known):
        return height
    kerb = kerb[kerb > 0]
    all_roads = burn(frame, shapes_of(roads), [1] * len(roads)) > 0
    which = burn(frame, shapes_of(known), list(range(1, len(known) + 1)))
    shown = _kerbs_shown(height, which, all_roads, len(known))
    missing = np.where(np.isnan(shown), 0.0, kerb - np.clip(shown, 0.0, None))
    missing[missing < (1.0 - terms.term("kerb_seen")) * kerb] = 0.0
    seen = int(((missing == 0) & ~np.isnan(shown)).sum())
    lowered = np.concatenate([[0.0], missing])[which]
    changes.mark((lowered > 0) & ~np.isnan(height), KERB)
    if (missing > 0).any():
        changes.say(f"{int((missing > 0).sum())} 段道路的路缘在格网中看不到，路面按路缘高度降低",
                    f"{int((missing > 0).sum())} roads whose kerbs the grid does not show are lowered by them")  # fmt: skip
    if seen:
        changes.say(
            f"{seen} 段道路的路缘地形中已有", f"the terrain shows the kerbs of {seen} roads"
        )
    return np.asarray(height - lowered, dtype=np.float32)


def _kerbs_shown(height: Floats32, which: npt.NDArray[np.int32], roads: Mask, count: int) -> Floats:
    """Median step up from each road to the ground beside it; NaN where there is too little of it."""
    own, step = [], []
    for axis in (0, 1):
        for a, b in ((slice(None, -1), slice(1, None)), (slice(1, None), slice(None, -1))):
            here = (a, slice(None)) if axis == 0 else (slice(None), a)
            there = (b, slice(None)) if axis == 0 else (slice(None), b)
            edge = (which[here] > 0) & ~roads[there] & ~np.isnan(height[there])
            own.append(which[here][edge])
            step.append((height[there] - height[here])[edge])
    grouped = pd.Series(np.concatenate(step)).groupby(np.concatenate(own)).agg(["median", "size"])
    found: Floats = np.full(count, np.nan)
    enough = grouped[grouped["size"] >= _FEWEST_EDGES]
    found[enough.index.to_numpy() - 1] = enough["median"].to_numpy()
    return found


# --- ways under ----------------------------------------------------------------------------------------
def with_underpasses(height: Floats32, roads: pd.DataFrame, changes: Changes) -> Floats32:
    """Roads under a bridge whose deck the terrain shows, opened from end to end."""
    if "underpass" not in roads:
        return height
    under = roads[roads["underpass"].eq(True)]
    opened = 0
    for shape in shapes_of(under):
        axis = _long_axis(shape)
        if axis is not None:
            cells = burn(changes.frame, [shape], [1]) > 0
            opened += _lowered_along(height, axis, cells, changes, UNDERPASS)
    if opened:
        changes.say(f"打通下穿道路 {opened} 处", f"{opened} underpasses opened through what crosses them")  # fmt: skip
    return height


def with_culverts(height: Floats32, culverts: pd.DataFrame, changes: Changes) -> Floats32:
    """Culverts as a low line one cell wide from end to end."""
    opened = 0
    for shape in shapes_of(culverts):
        for line in shapely.get_parts(shape):
            if shapely.get_dimensions(line) == 1:
                cells = burn(changes.frame, [line], [1], touched=True) > 0
                opened += _lowered_along(height, line, cells, changes, CULVERT)
    if opened:
        changes.say(f"刻入过水涵 {opened} 处（按敞口计算，不限流量）",
                    f"{opened} culverts burnt in, as open channels whose flow is not limited")  # fmt: skip
    return height


def _long_axis(shape: BaseGeometry) -> shapely.LineString | None:
    corners: Floats = shapely.get_coordinates(shapely.minimum_rotated_rectangle(shape))
    if len(corners) < 4:
        return None
    middles: Floats = (corners[:4] + np.roll(corners[:4], -1, axis=0)) / 2
    across = middles[:2] - middles[2:4]
    lengths: Floats = np.hypot(across[:, 0], across[:, 1])
    at = int(np.argmax(lengths))
    return shapely.LineString([middles[at], middles[at + 2]])


def _lowered_along(height: Floats32, line: shapely.LineString, cells: Mask, changes: Changes, reason: int) -> int:  # fmt: skip
    """Cells no higher than the straight way between the levels at both ends of a line."""
    frame = changes.frame
    ends = [_level_at(height, frame, shapely.get_coordinates(line)[i]) for i in (0, -1)]
    cells &= ~np.isnan(height)
    if any(np.isnan(ends)) or not cells.any():
        return 0
    r, c = np.nonzero(cells)
    x, y = frame.west + (c + 0.5) * frame.cell_m, frame.north - (r + 0.5) * frame.cell_m
    along = np.asarray(shapely.line_locate_point(line, shapely.points(x, y), normalized=True))
    bed: Floats = ends[0] + along * (ends[1] - ends[0])
    low = bed < height[r, c] - 0.01
    height[r[low], c[low]] = bed[low]
    changed = np.zeros(cells.shape, dtype=bool)
    changed[r[low], c[low]] = True
    changes.mark(changed, reason)
    return int(low.any())


def _level_at(height: Floats32, frame: Frame, at: npt.NDArray[np.float64]) -> float:
    """The lowest known height within two cells of a point."""
    cell = int(frame.cell_of(at[0], at[1]))
    if cell < 0:
        return float("nan")
    r, c = divmod(cell, frame.columns)
    near = height[max(r - 2, 0) : r + 3, max(c - 2, 0) : c + 3]
    return float("nan") if np.isnan(near).all() else float(np.nanmin(near))


# --- walls ---------------------------------------------------------------------------------------------
def walled(walls: pd.DataFrame, gates: pd.DataFrame, terms: StormTermTable, changes: Changes) -> Mask:  # fmt: skip
    """Cells of walls that stop water, open at their gates; fences and hedges let it through."""
    frame = changes.frame
    none = np.zeros(frame.shape, dtype=bool)
    if not len(walls):
        return none
    if frame.cell_m > terms.term("coarse_cell_m"):
        return none
    solid = walls[walls["kind"].isin(STOPS_WATER)]
    unknown = int(walls["kind"].isna().sum())
    if unknown:
        changes.say(f"{unknown} 段围挡类型未知，按透水计算", f"{unknown} walls of unknown kind let water through")  # fmt: skip
    if not len(solid):
        return none
    lines = np.asarray(shapes_of(solid), dtype=object)
    spots = np.asarray(shapes_of(gates), dtype=object)
    openings = []
    if len(spots):
        every = shapely.union_all(lines)
        near = shapely.distance(spots, every) <= terms.term("gate_near_m")
        width = pd.to_numeric(gates["width_m"], errors="coerce").fillna(terms.term("gate_width_m"))
        half = np.maximum(width.to_numpy(float) / 2, 0.5 * frame.cell_m)
        on_wall = shapely.get_point(shapely.shortest_line(every, spots[near]), 0)
        openings = list(shapely.buffer(on_wall, half[near]))
    cells = burn(frame, list(lines), [1] * len(lines), touched=True) > 0
    if openings:
        cells &= burn(frame, openings, [1] * len(openings), touched=True) == 0
    changes.say(f"{len(solid)} 段围墙挡水，在 {len(openings)} 个出入口处断开",
                f"{len(solid)} walls stop water, open at {len(openings)} gates")  # fmt: skip
    return np.asarray(cells)
