"""What is wrong with delivered heights: gaps, figures that are none, feet, whole metres, coarseness."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from app.errors import Finding, InvalidDataError, Severity, Text
from app.geo.grids import Frame
from app.geo.heights import HeightGrid
from app.rules.storm import StormTermTable
from app.services.imports.report import ImportOptions
from app.store import PlanStore

Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]
FOOT_M = 0.3048
_FEET = re.compile(r"\b(ft|feet|foot|us[- ]?ft|ftus)\b|英尺", re.IGNORECASE)
_UNDECLARED = (-9999.0, -99999.0, -32768.0, -32767.0, 32767.0, 9999.0, 99999.0)
_LOWEST_M, _HIGHEST_M = -500.0, 9000.0
_FEET_BAND = (3.0, 3.6)  # heights in feet over heights in metres of the same ground


def checked_heights(
    grid: HeightGrid, store: PlanStore, options: ImportOptions, terms: StormTermTable, where: str,
    *, unit: str = "", whole_numbers: bool = False,
) -> tuple[Floats32, list[Finding]]:  # fmt: skip
    """The heights in metres, and what was found and changed.

    Raises
    ------
    InvalidDataError
        No height is left.
    """
    values, found = np.array(grid.values, dtype=float), []

    def say(code: str, severity: Severity, message: Text, fix: Text) -> None:
        found.append(Finding(code, severity, message, fix, layer="terrain", file=where))

    _without_sentinels(values, say)
    if _stated_feet(unit, options.height_unit):
        values *= FOOT_M
        say("terrain_feet", "warning",
            Text("高程单位为英尺，已换算为米", "heights in feet, converted to metres"),
            Text("核对换算后的高程", "look at the heights in metres"))  # fmt: skip
    strange = (values < _LOWEST_M) | (values > _HIGHEST_M)
    if strange.any():
        values[strange] = np.nan
        say("terrain_absurd", "warning",
            Text(f"{int(strange.sum()):,} 格的高程不可能存在，按空值处理", f"{int(strange.sum()):,} cells hold heights that cannot be, taken as holes"),
            Text("核对数据和单位", "check the data and their unit"))  # fmt: skip
    known = ~np.isnan(values)
    if not known.any():
        raise InvalidDataError(
            Text(f"{where} 全是空值，没有任何高程", f"{where} holds no height at all, only nodata"),
            where=where,
            fix=Text("核对波段、空值设置和范围后重新导出", "check band, nodata and extent and export it again"),
        )  # fmt: skip
    _tell_gaps(known, grid, say)
    _tell_coarse(grid.affine.a, terms.term("coarse_cell_m"), say)
    if whole_numbers and not _FEET.search(unit):
        say("terrain_whole_metres", "warning",
            Text("高程为整米：平地成台阶，浅积水看不到", "heights in whole metres: flat land is terraces and shallow ponds are not seen"),
            Text("请交付保留厘米的高程", "deliver heights with centimetres"))  # fmt: skip
    if options.height_unit == "auto" and not unit:
        _compare_with_plan(values, grid, store, say)
    return values.astype(np.float32), found


def _without_sentinels(values: Floats, say: object) -> None:
    """Figures that stand for "no height" although the file does not say so."""
    assert callable(say)
    edge = np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])
    for figure in _UNDECLARED:
        same = values == figure
        others = values[~same & ~np.isnan(values)]
        if same.any() and (not len(others) or abs(figure - np.median(others)) > 1000 or (edge == figure).all()):  # fmt: skip
            values[same] = np.nan
            say("terrain_undeclared_nodata", "warning",
                Text(f"{int(same.sum()):,} 格为 {figure:g}，按空值处理", f"{int(same.sum()):,} cells are {figure:g}, taken as holes"),
                Text("导出时声明空值", "declare nodata when exporting"))  # fmt: skip


def _stated_feet(unit: str, said: str) -> bool:
    return said == "ft" or (said == "auto" and bool(_FEET.search(unit)))


def _tell_gaps(known: npt.NDArray[np.bool_], grid: HeightGrid, say: object) -> None:
    assert callable(say)
    share = 1 - known.mean()
    if share > 0:
        say("terrain_holes", "warning" if share > 0.01 else "info",
            Text(f"{share:.1%} 的格没有高程", f"{share:.1%} of the cells have no height"),
            Text("小空洞计算时自动补平，大空洞按出水口处理；请补测", "small holes are closed when computing, large ones act as drains: survey them"))  # fmt: skip


def _tell_coarse(cell_m: float, coarse_m: float, say: object) -> None:
    assert callable(say)
    if cell_m > coarse_m:
        say("terrain_coarse", "warning",
            Text(f"格网 {cell_m:.1f} m：该地形看不清路缘和围墙", f"cells of {cell_m:.1f} m: this terrain cannot see kerbs"),
            Text(f"街道积水需要不大于 {coarse_m:g} m 的格网（机载激光或测图）", f"ponding in streets needs cells up to {coarse_m:g} m (laser scan or survey)"))  # fmt: skip


def _compare_with_plan(values: Floats, grid: HeightGrid, store: PlanStore, say: object) -> None:
    """Manhole covers of the plan tell feet, and another height datum, from metres."""
    assert callable(say)
    nodes = store.read("pipe_node", columns=["ground_m", "geometry"])
    nodes = nodes[nodes["ground_m"].notna()]
    if len(nodes) < 5:
        return
    frame = Frame(grid.affine.c, grid.affine.f, grid.affine.a, *values.shape)
    cells = frame.cell_of(nodes.geometry.x, nodes.geometry.y)
    inside = cells >= 0
    ground = nodes["ground_m"].to_numpy(float)[inside]
    heights = values.ravel()[cells[inside]]
    both = ~np.isnan(heights) & (np.abs(ground) > 1)
    if both.sum() < 5:
        return
    times = float(np.median(heights[both] / ground[both]))
    apart = float(np.median(heights[both] - ground[both]))
    if _FEET_BAND[0] < times < _FEET_BAND[1]:
        say("terrain_like_feet", "error",
            Text(f"高程约为管点地面高程的 {times:.2f} 倍，像是英尺", f"heights are {times:.2f} times the ground at manholes: they look like feet"),
            Text("若为英尺，用 --height-unit ft 重新导入", "if they are feet, import again with --height-unit ft"))  # fmt: skip
    elif abs(apart) > 1.0:
        say("terrain_datum", "warning",
            Text(f"与管点地面高程相差 {apart:+.2f} m（中位数）：高程基准可能不同", f"{apart:+.2f} m off the ground at manholes (median): another height datum perhaps"),
            Text("核对高程基准", "check the height datum"))  # fmt: skip
