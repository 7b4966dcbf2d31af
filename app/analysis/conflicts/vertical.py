"""The gap in height where two pipes cross, from 3D axes or from depths under the same ground."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.analysis.conflicts.facts import PipeFacts
from app.analysis.conflicts.near import CrossingPoints, NearLines

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Texts = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Heights:
    """One a crossing: the gap (NaN unknown), the error of both sides, what is missing, and whether
    the first pipe is the upper one."""

    gap_m: Floats
    error_m: Floats
    missing: Texts
    first_above: npt.NDArray[np.bool_]


def crossing_heights(
    near: NearLines, at: CrossingPoints, pipes: PipeFacts, *, datums_agree: bool
) -> Heights:
    """Vertical gaps wall to wall; 3D axes in one stated height datum go before depths."""
    a, b = near.a[at.pair], near.b[at.pair]
    z_a = axis_height(near, at.first, at.at_first)
    z_b = axis_height(near, at.second, at.at_second)
    datum_a, datum_b = pipes.datum[a], pipes.datum[b]
    same_datum = (datum_a == datum_b) & ((datum_a != "") | datums_agree)
    in_3d = pipes.has_z[a] & pipes.has_z[b] & same_datum
    along_a, along_b = at.along(near.segments)
    depth_a, depth_b = axis_depth(pipes, a, along_a), axis_depth(pipes, b, along_b)
    difference = np.where(in_3d, z_a - z_b, depth_b - depth_a)
    walls = pipes.half_height_m[a] + pipes.half_height_m[b]
    gap = np.abs(difference) - walls
    error = np.where(
        in_3d,
        pipes.elevation_error_m[a] + pipes.elevation_error_m[b],
        pipes.depth_error_m[a] + pipes.depth_error_m[b],
    )
    sized = pipes.size_known[a] & pipes.size_known[b]
    deep = np.where(pipes.depth_missing[a] != "", pipes.depth_missing[a], pipes.depth_missing[b])
    has_both_z = pipes.has_z[a] & pipes.has_z[b]
    deep = np.where((deep != "") & has_both_z & ~same_datum, "height_datum", deep)
    missing = np.select(
        [~in_3d & (deep != ""), ~sized, np.isnan(error)],
        [deep, np.full(len(a), "outside_mm"), np.full(len(a), "quality")],
        "",
    ).astype(object)
    return Heights(np.maximum(gap, 0.0), error, missing, difference > 0)


def axis_height(near: NearLines, piece: Ints, share: Floats) -> Floats:
    """Height of the axis at a share of a piece; NaN where the line has none."""
    return near.start_z[piece] + share * (near.end_z[piece] - near.start_z[piece])


def axis_depth(pipes: PipeFacts, which: Ints, along_m: Floats) -> Floats:
    """Depth of the axis below ground at a way along the pipe, linear between its ends."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.clip(along_m / pipes.length_m[which], 0.0, 1.0)
    crown = pipes.crown_start_m[which] + share * (
        pipes.crown_end_m[which] - pipes.crown_start_m[which]
    )
    return crown + pipes.half_height_m[which]
