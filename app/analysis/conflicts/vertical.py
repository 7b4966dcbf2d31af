"""The gap in height where two pipes cross, from 3D axes or from depths under the same ground."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.analysis.conflicts.asked import askers, vertical_asked
from app.analysis.conflicts.facts import PipeFacts
from app.analysis.conflicts.near import CrossingPoints, NearLines
from app.analysis.conflicts.params import ConflictParams
from app.analysis.conflicts.verdict import FIELDS, Asked, Judged, judge
from app.rules.clearance import VerticalTable

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.int8]


@dataclass(frozen=True)
class Heights:
    """One a crossing: the gap (NaN unknown), the error of both sides, what is missing, and whether
    the first pipe is the upper one."""

    gap_m: Floats
    error_m: Floats
    missing: Bytes
    first_above: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class CrossingChecks:
    """Every crossing of two pipes, judged in height."""

    a: Ints
    b: Ints
    gap_m: Floats
    asked: Asked
    judged: Judged
    x: Floats
    y: Floats


def check_crossings(
    pipes: PipeFacts, near: NearLines, at: CrossingPoints, table: VerticalTable,
    params: ConflictParams,
) -> CrossingChecks:  # fmt: skip
    """Judge the crossings of two pipes among all crossings."""
    at = at.only(near.b[at.pair] < len(pipes))
    a, b = near.a[at.pair], near.b[at.pair]
    heights = crossing_heights(near, at, pipes, datums_agree=params.height_datums_agree)
    of = askers(table, pipes.kind_in_height, pipes.kind_missing, pipes.nominal_mm, pipes.voltage_kv)
    inside = pipes.in_community[a] & pipes.in_community[b]
    asked = vertical_asked(table, of, a, b, inside, params.binding)
    judged = judge(heights.gap_m, asked, heights.error_m, heights.missing)
    return CrossingChecks(a, b, heights.gap_m, asked, judged, at.x, at.y)


def crossing_heights(
    near: NearLines, at: CrossingPoints, pipes: PipeFacts, *, datums_agree: bool
) -> Heights:
    """Vertical gaps wall to wall; 3D axes in one stated height datum go before depths."""
    a, b = near.a[at.pair], near.b[at.pair]
    datums = pd.factorize(pipes.datum)[0]
    stated = pipes.datum != ""
    same_datum = (datums[a] == datums[b]) & (stated[a] | datums_agree)
    has_both_z = pipes.has_z[a] & pipes.has_z[b]
    in_3d = has_both_z & same_datum
    along_a, along_b = at.along(near.segments)
    difference = axis_depth(pipes, b, along_b) - axis_depth(pipes, a, along_a)
    if in_3d.any():
        ends = near.end_heights()
        z_a = _between_ends(*ends, at.first, at.at_first)
        z_b = _between_ends(*ends, at.second, at.at_second)
        difference = np.where(in_3d, z_a - z_b, difference)
    walls = pipes.half_height_m[a] + pipes.half_height_m[b]
    gap = np.abs(difference) - walls
    error = np.where(
        in_3d,
        pipes.elevation_error_m[a] + pipes.elevation_error_m[b],
        pipes.depth_error_m[a] + pipes.depth_error_m[b],
    )
    sized = pipes.size_known[a] & pipes.size_known[b]
    deep = np.where(pipes.depth_missing[a] != 0, pipes.depth_missing[a], pipes.depth_missing[b])
    deep[(deep != 0) & has_both_z & ~same_datum] = FIELDS.index("height_datum")
    missing = np.where(np.isnan(error), FIELDS.index("quality"), 0).astype(np.int8)
    missing[~sized] = FIELDS.index("outside_mm")
    unknown = ~in_3d & (deep != 0)
    missing[unknown] = deep[unknown]
    return Heights(np.maximum(gap, 0.0), error, missing, difference > 0)


def axis_height(near: NearLines, piece: Ints, share: Floats) -> Floats:
    """Height of the axis at a share of a piece; NaN where the line has none."""
    return _between_ends(*near.end_heights(), piece, share)


def _between_ends(start_z: Floats, end_z: Floats, piece: Ints, share: Floats) -> Floats:
    return start_z[piece] + share * (end_z[piece] - start_z[piece])


def axis_depth(pipes: PipeFacts, which: Ints, along_m: Floats) -> Floats:
    """Depth of the axis below ground at a way along the pipe, linear between its ends."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.clip(along_m / pipes.length_m[which], 0.0, 1.0)
    crown = pipes.crown_start_m[which] + share * (
        pipes.crown_end_m[which] - pipes.crown_start_m[which]
    )
    return crown + pipes.half_height_m[which]
