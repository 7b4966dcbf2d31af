"""The lines of a survey drawn between its points, with depths whose unit and ends were checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from app.errors import Finding, Severity, Text
from app.services.imports.sizes import Sizes, pipe_sizes
from app.services.imports.survey.points import Point, Points
from app.services.imports.survey.tables import SurveyTable

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
_AGREES_M = 0.10
_UNITS = {"m": 1.0, "cm": 100.0, "mm": 1000.0}
_RATIO = 1.15  # how far the median ratio of stated to computed depth may be from a unit's
_ONLY_CM = (20.0, 300.0)  # a median that is too deep in metres and too shallow in millimetres
_SHOWN = 20
_INVERT = ("管底", "管内底")
_CROWN = ("管顶",)
_AXIS = ("axis", "管中")


@dataclass
class Joined:
    """A line table ready to be handed on: shapes, and why a row has none."""

    shapes: NDArray[np.object_]
    unplaced: dict[int, Text] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


@dataclass
class _Ends:
    """One array a fact, two columns: start and end."""

    xy: Floats
    ground: Floats
    depth: Floats
    level: Floats


def join_lines(
    table: SurveyTable, codes: Sequence[tuple[str, str]], points: Points, *, heights_known: bool
) -> Joined:
    """Draw every line between its two points, correct its columns in place, and say what was found.

    ``heights_known``: the height datum of the delivery was stated, so axes get heights.
    """
    joined = Joined(np.empty(len(table), object))
    ends = _ends(table, codes, points, joined)
    placed: Flags = np.asarray(~np.isnan(ends.xy.reshape(-1, 4)).any(axis=1))
    to_invert = _measured_to_invert(table, codes)
    _settle_unit(table, ends, joined)
    _tell_ends(table, ends, joined)
    _fill(table, ends, to_invert, codes)
    _tell_repeated(table, codes, placed, joined)
    axis = _axis(table, ends, to_invert) if heights_known else np.full((len(table), 2), np.nan)
    flat = placed & np.isnan(axis).any(axis=1)
    solid = placed & ~flat
    joined.shapes[flat] = shapely.linestrings(ends.xy[flat])
    joined.shapes[solid] = shapely.linestrings(np.dstack([ends.xy[solid], axis[solid]]))
    for row in joined.unplaced:
        joined.shapes[table.numbers == row] = None
    return joined


def _ends(
    table: SurveyTable, codes: Sequence[tuple[str, str]], points: Points, joined: Joined
) -> _Ends:
    count = len(table)
    ends = _Ends(np.full((count, 2, 2), np.nan), *(np.full((count, 2), np.nan) for _ in range(3)))
    numbers = (table.texts("start_node"), table.texts("end_node"))
    for at in range(count):
        found = [points.find(codes[at][0], side[at]) for side in numbers]
        for side, point in enumerate(found):
            if isinstance(point, Point):
                ends.xy[at, side] = point.east, point.north
                ends.ground[at, side] = point.ground_m
        reasons = [point for point in found if isinstance(point, Text)]
        if numbers[0][at] and numbers[0][at] == numbers[1][at]:
            reasons = [Text("起点与终点是同一个点", "it starts and ends at one point")]
        if reasons:
            joined.unplaced[int(table.numbers[at])] = reasons[0]
    for side, name in enumerate(("start", "end")):
        ends.depth[:, side] = table.figures(f"{name}_depth_m")
        ends.level[:, side] = table.figures(f"{name}_invert_m")
    return ends


def _measured_to_invert(table: SurveyTable, codes: Sequence[tuple[str, str]]) -> Flags:
    """Depths and levels go to the invert of gravity pipes and to the top of all others.

    A header or a column that says otherwise is believed.
    """
    gravity = np.array([code == "PS" for code, _ in codes], bool)
    for column in ("start_depth_m", "start_invert_m"):
        header = table.header(column)
        if any(word in header for word in _INVERT):
            return np.ones(len(table), bool)
        if any(word in header for word in _CROWN):
            return np.zeros(len(table), bool)
    stated = table.texts("depth_ref")
    return np.array(
        [g if not s else s in ("invert", "管内底", "管底") for g, s in zip(gravity, stated, strict=True)],
        bool,
    )  # fmt: skip


# --- unit of the depths ---
def _settle_unit(table: SurveyTable, ends: _Ends, joined: Joined) -> None:
    """Tell metres from centimetres: by levels where there are any, else by size."""
    for side, name in enumerate(("start_depth_m", "end_depth_m")):
        if not table.has(name) or table.uses[name].unit or np.isnan(ends.depth[:, side]).all():
            continue
        computed = ends.ground[:, side] - ends.level[:, side]
        unit, reason = _unit(ends.depth[:, side], computed)
        if unit in ("", "m"):
            continue
        ends.depth[:, side] /= _UNITS[unit]
        table.set(name, [None if np.isnan(d) else round(float(d), 6) for d in ends.depth[:, side]])
        header = table.header(name)
        _tell(joined, table, "depth_unit", "warning",
              Text(f"“{header}”按 {unit} 读取：{reason.zh}", f"{header} is read in {unit}: {reason.en}"),
              Text(f"不对时用 --map {header}={name}:m 说明单位", f"if wrong say --map {header}={name}:m"),
              column=header)  # fmt: skip


def _unit(depth: Floats, computed: Floats) -> tuple[str, Text]:
    known = (computed > 0.2) & (depth > 0)
    if known.any():
        ratio = float(np.median(depth[known] / computed[known]))
        for unit, factor in _UNITS.items():
            if factor / _RATIO <= ratio <= factor * _RATIO:
                zh = f"与地面高程减管线高程相差 {ratio:.3g} 倍"
                return unit, Text(zh, f"{ratio:.3g} times the ground less the pipe's level")
    median = float(np.nanmedian(depth))
    if _ONLY_CM[0] <= median < _ONLY_CM[1]:
        return "cm", Text(f"中位数 {median:g}，以米计过深、以毫米计过浅",
                          f"a median of {median:g} is too deep in m and too shallow in mm")  # fmt: skip
    return "", Text("", "")


# --- depths against levels ---
def _tell_ends(table: SurveyTable, ends: _Ends, joined: Joined) -> None:
    """Rows whose depths do not agree with their levels; swapped ends are taken as unknown."""
    computed = ends.ground - ends.level
    off = np.abs(ends.depth - computed) > _AGREES_M
    turned = np.abs(ends.depth - computed[:, ::-1]) <= _AGREES_M
    swapped = off.all(axis=1) & turned.all(axis=1)
    for at in np.flatnonzero(swapped):
        _tell(joined, table, "ends_swapped", "warning",
              Text("起点与终点的埋深（或高程）像是填反了，四个数按未知处理",
                   "depths (or levels) of start and end look swapped; all four are taken as unknown"),
              Text("对照原始记录改正后重新导入", "correct it by the field record and import again"),
              row=int(table.numbers[at]))  # fmt: skip
    ends.depth[swapped], ends.level[swapped] = np.nan, np.nan
    for at in np.flatnonzero(off.any(axis=1) & ~swapped):
        side = int(np.flatnonzero(off[at])[0])
        said, given = computed[at, side], ends.depth[at, side]
        _tell(joined, table, "depth_disagrees", "warning",
              Text(f"埋深 {given:.2f} m 与地面高程减管线高程 {said:.2f} m 不符",
                   f"a depth of {given:.2f} m, but ground less level is {said:.2f} m"),
              Text("核对埋深、管线高程和点的地面高程", "check depth, level and the ground of the point"),
              row=int(table.numbers[at]))  # fmt: skip


def _fill(
    table: SurveyTable, ends: _Ends, to_invert: Flags, codes: Sequence[tuple[str, str]]
) -> None:
    """Depths from levels where they are missing, inverts only of what is measured to the invert."""
    blank = np.isnan(ends.depth)
    ends.depth = np.where(blank, np.round(ends.ground - ends.level, 3), ends.depth)
    ends.depth[ends.depth < 0] = np.nan
    for side, name in enumerate(("start", "end")):
        if np.isfinite(ends.depth[:, side]).any() or table.has(f"{name}_depth_m"):
            unit = table.uses[f"{name}_depth_m"].unit if table.has(f"{name}_depth_m") else ""
            factor = _UNITS.get(unit.lower(), 1.0)
            cells = ends.depth[:, side] * factor
            table.set(
                f"{name}_depth_m", [None if np.isnan(d) else round(float(d), 6) for d in cells]
            )
        if table.has(f"{name}_invert_m"):
            levels = np.where(to_invert, ends.level[:, side], np.nan)
            table.set(f"{name}_invert_m", [None if np.isnan(v) else float(v) for v in levels])
    if not table.has("depth_ref"):
        known = np.asarray(np.isfinite(ends.depth).any(axis=1)).tolist()
        told = np.where(to_invert, "invert", "crown")
        table.set("depth_ref", [str(t) if k else None for t, k in zip(told, known, strict=True)])


def _axis(table: SurveyTable, ends: _Ends, to_invert: Flags) -> Floats:
    """Heights of the axis at both ends; NaN where level or size is unknown."""
    level = np.where(np.isnan(ends.level), ends.ground - ends.depth, ends.level)
    sizes = _sizes(table)
    outside = np.where(np.isnan(sizes.outside_mm), sizes.height_mm, sizes.outside_mm)
    inside = np.where(np.isnan(sizes.height_mm), sizes.nominal_mm, sizes.height_mm)
    shift = np.where(to_invert, inside / 2000, -outside / 2000)
    shift[[said in _AXIS for said in table.texts("depth_ref")]] = 0.0
    axis: Floats = np.round(level + shift[:, None], 4)
    return axis


def _sizes(table: SurveyTable) -> Sizes:
    header = table.header("nominal_mm")
    raw = table.columns[header] if header else np.full(len(table), None, object)
    unit = table.uses["nominal_mm"].unit if header else ""
    sizes = pipe_sizes(raw, unit=unit)
    for name in ("outside_mm", "width_mm", "height_mm"):
        if table.has(name):
            stated = table.figures(name, "mm")
            held: Any = getattr(sizes, name)
            held[~np.isnan(stated)] = stated[~np.isnan(stated)]
    return sizes


def _tell_repeated(
    table: SurveyTable, codes: Sequence[tuple[str, str]], placed: Flags, joined: Joined
) -> None:
    """The same two points joined twice by one class and size: two pipes or one delivered twice."""
    first: dict[tuple[Any, ...], int] = {}
    sizes = table.texts("nominal_mm")
    for at, (start, end) in enumerate(
        zip(table.texts("start_node"), table.texts("end_node"), strict=True)
    ):
        row = int(table.numbers[at])
        if not placed[at] or row in joined.unplaced:
            continue
        key = (codes[at], *sorted((start, end)), sizes[at])
        if key in first:
            _tell(joined, table, "repeated_line", "warning",
                  Text(f"与第 {first[key]} 行同为 {start}–{end}，类别和规格相同，两行都保留",
                       f"joins {start}–{end} like row {first[key]}, of one class and size; both are kept"),
                  Text("若是同一条管线，删去一行；供回水等双管可保留", "drop one if it is the same pipe; twin pipes stay"),
                  row=row)  # fmt: skip
        first.setdefault(key, row)


def _tell(
    joined: Joined, table: SurveyTable, code: str, severity: Severity, message: Text, fix: Text,
    *, row: int | None = None, column: str = "",
) -> None:  # fmt: skip
    joined.findings.append(
        Finding(code, severity, message, fix, layer=table.delivered.name,
                row="" if row is None else str(row), column=column, file=table.delivered.file)
    )  # fmt: skip


def lone_points(table: SurveyTable, points: Points) -> list[Finding]:
    """Points that no line uses: one remark with their numbers."""
    lone = [n for n in dict.fromkeys(table.texts("number")) if n and n not in points.used]
    if not lone:
        return []
    shown = "、".join(lone[:_SHOWN])
    return [
        Finding("lone_points", "warning",
                Text(f"{len(lone)} 个点没有连线：{shown}{'…' if len(lone) > _SHOWN else ''}",
                     f"{len(lone)} points are joined by no line: {shown}"),
                Text("补齐线表，或确认它们是孤立点", "complete the line table, or see that they stand alone"),
                layer=table.delivered.name, file=table.delivered.file,
                details={"numbers": lone})
    ]  # fmt: skip
