"""What contradicts itself in one pipe: its line with itself, its depths with its levels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.errors import Finding, Text

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

# Depth, level and ground are measured apart: what differs by less is their accuracy.
_AGREES_M = 0.30
_HALF_DOWN = {"crown": 0.5, "axis": 0.0, "invert": -0.5}
_STATING_ENDS = {
    "start_node", "end_node", "start_depth_m", "end_depth_m", "depth_ref", "outside_mm",
}  # fmt: skip


def pipe_faults(frames: Mapping[str, pd.DataFrame]) -> list[Finding]:
    """Findings of layer pipe that need more than one value to be seen."""
    pipes = frames.get("pipe")
    if pipes is None or not len(pipes) or "geometry" not in pipes.columns:
        return []
    lines = pipes["geometry"].to_numpy()
    is_line = np.asarray(shapely.get_type_id(lines) == shapely.GeometryType.LINESTRING)
    has_length = is_line & (shapely.length(lines) > 0)
    crosses = has_length & ~np.asarray(shapely.is_simple(lines))
    return [
        *_told(pipes, is_line & ~has_length, "no_length", "error", "geometry", _NO_LENGTH),
        *_told(pipes, crosses, "self_crossing", "warning", "geometry", _SELF_CROSSING),
        *_told(pipes, ends_swapped(pipes, frames.get("pipe_node")), "ends_swapped", "warning",
               "start_depth_m", _SWAPPED),
    ]  # fmt: skip


_NO_LENGTH = (
    Text("管线没有长度，不参加净距核查", "the pipe has no length: it can be near nothing"),
    Text("补上另一端，或删除", "give it its other end, or delete it"),
)
_SELF_CROSSING = (
    Text("管线与自身相交", "the line crosses itself"),
    Text(
        "核对折点顺序；多条管线分开填写", "check the order of its points; split what is two pipes"
    ),
)
_SWAPPED = (
    Text(
        "起点、终点埋深与高程不符，对调后相符；净距核查按埋深未知处理",
        "the depths of start and end fit the levels only when swapped: unknown to the clearance run",
    ),
    Text("核对后对调起止埋深", "check them and swap the two depths"),
)  # fmt: skip


def ends_swapped(pipes: pd.DataFrame, nodes: pd.DataFrame | None) -> Mask:
    """Whether ground less level is the other end's depth at both ends, and not its own.

    Either the depths or the levels are turned round: which, only a look at the survey tells.
    """
    none = np.zeros(len(pipes), dtype=bool)
    if nodes is None or not len(nodes) or not set(pipes.columns) >= _STATING_ENDS:
        return none
    known = nodes[["pipe_node_id", "ground_m"]].dropna().drop_duplicates("pipe_node_id")
    ground = pd.Series(known["ground_m"].to_numpy(float), index=known["pipe_node_id"].to_numpy())
    down = [_depth_by_level(pipes, ground, end) for end in ("start", "end")]
    stated = [_numbers(pipes, f"{end}_depth_m") for end in ("start", "end")]
    with np.errstate(invalid="ignore"):
        off = [np.abs(down[k] - stated[k]) > _AGREES_M for k in (0, 1)]
        turned = [np.abs(down[k] - stated[1 - k]) <= _AGREES_M for k in (0, 1)]
    return np.asarray(off[0] & off[1] & turned[0] & turned[1])


def _depth_by_level(pipes: pd.DataFrame, ground: pd.Series[float], end: str) -> Floats:
    """Depth of what the stated depth refers to, from the ground of the node and the axis."""
    surface = pipes[f"{end}_node"].map(ground).to_numpy(dtype=float, na_value=np.nan)
    points = shapely.get_point(pipes["geometry"].to_numpy(), 0 if end == "start" else -1)
    axis = shapely.get_z(points)
    height = _numbers(pipes, "outside_mm") / 1000
    share = pipes["depth_ref"].map(_HALF_DOWN).to_numpy(dtype=float, na_value=np.nan)
    depth: Floats = surface - (axis + np.where(share == 0, 0.0, share * height))
    return depth


def _numbers(frame: pd.DataFrame, column: str) -> Floats:
    found: Floats = pd.to_numeric(frame[column], errors="coerce").to_numpy(
        dtype=float, na_value=np.nan
    )
    return found


def _told(
    pipes: pd.DataFrame, which: Mask, code: str, severity: str, column: str,
    said: tuple[Text, Text],
) -> list[Finding]:  # fmt: skip
    return [
        Finding(
            code, "error" if severity == "error" else "warning", *said,
            layer="pipe", row=str(name), column=column,
        )
        for name in pipes["pipe_id"].to_numpy()[which]
    ]  # fmt: skip
