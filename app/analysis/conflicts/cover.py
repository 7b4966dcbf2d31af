"""Cover over each pipe along its line, by the surface above it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.analysis.conflicts.facts import PipeFacts
from app.analysis.conflicts.obstacles import carriageways
from app.analysis.conflicts.verdict import FIELDS, Asked, Judged, judge
from app.rules.pipes import CoverTable

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Shapes = npt.NDArray[np.object_]
Texts = npt.NDArray[np.object_]

CARRIAGEWAY = "carriageway"
FOOTWAY = "footway_or_non_motor_lane"
_SURFACES = np.array([CARRIAGEWAY, FOOTWAY], dtype=object)


@dataclass(frozen=True)
class Driven:
    """The carriageways of a plan, as areas."""

    shapes: Shapes

    def __len__(self) -> int:
        return len(self.shapes)

    @cached_property
    def tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.shapes)


def driven_of(roads: pd.DataFrame) -> Driven:
    """The carriageways of the layer; each is asked of many pipes, so each is prepared."""
    shapes: Shapes = np.zeros(0, dtype=object)
    if len(roads):
        shapes = roads.geometry.to_numpy()[carriageways(roads)]
    shapely.prepare(shapes)
    return Driven(shapes)


@dataclass(frozen=True)
class CoverChecks:
    """One row a pipe and surface: the least cover along the pipe under that surface, and where."""

    pipe: Ints
    surface: Texts
    cover_m: Floats
    along_m: Floats
    asked: Asked
    judged: Judged


def check_cover(pipes: PipeFacts, which: Ints, driven: Driven, table: CoverTable) -> CoverChecks:
    """Judge the least cover of the pipes ``which`` under carriageway and outside it.

    Outside any carriageway the footway row of the table applies: the plan need not know more.
    """
    pipe, surface, low, high = _stretches(pipes, which, driven)
    length = pipes.length_m[pipe]
    start, end = pipes.crown_start_m[pipe], pipes.crown_end_m[pipe]
    with np.errstate(divide="ignore", invalid="ignore"):
        at_low = start + (end - start) * low / length
        at_high = start + (end - start) * high / length
    cover = np.minimum(at_low, at_high)
    where = np.where(at_low <= at_high, low, high)
    if len(pipe) and not (pipe[1:] > pipe[:-1]).all():
        # One row a pipe and surface: the stretch with the least cover, unknown last.
        order = np.lexsort((where, np.nan_to_num(cover, nan=np.inf), surface, pipe))
        key = (2 * pipe + surface)[order]
        keep = order[np.append(True, key[1:] != key[:-1])]
        pipe, surface, cover, where = pipe[keep], surface[keep], cover[keep], where[keep]
    asked = _asked(pipes, pipe, surface, table)
    error = pipes.depth_error_m[pipe]
    unsure = np.where(np.isnan(error), FIELDS.index("quality"), 0).astype(np.int8)
    unknown = pipes.depth_missing[pipe] != 0
    unsure[unknown] = pipes.depth_missing[pipe][unknown]
    judged = judge(cover, asked, error, unsure)
    return CoverChecks(pipe, _SURFACES[surface], cover, where, asked, judged)


def _asked(pipes: PipeFacts, pipe: Ints, surface: Ints, table: CoverTable) -> Asked:
    """What the table asks of each kind under each surface."""
    kinds, kind_names = pd.factorize(pipes.kind_of_cover)
    fields, field_names = pd.factorize(pipes.kind_missing)
    side = kinds * len(field_names) + fields
    which, keys = pd.factorize(2 * side[pipe] + surface)
    kind, field = np.divmod(keys // 2, max(len(field_names), 1))
    surfaces = _SURFACES[keys % 2]
    required, rule = table.required_m(np.asarray(kind_names, dtype=object)[kind], surfaces)
    ids = np.array([*(row.rule_id for row in table.rows), ""], dtype=object)
    n = len(keys)
    return Asked(
        required, required, ids[rule], np.full(n, "", dtype=object), np.full(n, np.nan),
        np.asarray(field_names, dtype=object)[field], (rule >= 0) & np.isnan(required),
        which.astype(np.int64),
    )  # fmt: skip


def _stretches(pipes: PipeFacts, which: Ints, driven: Driven) -> tuple[Ints, Ints, Floats, Floats]:
    """(pipe, surface, from, to) in metres along each pipe, under carriageways (0) and outside."""
    n = len(which)
    everything = (which, np.ones(n, dtype=np.int64), np.zeros(n), pipes.length_m[which])
    if not n or not len(driven):
        return everything
    found, road = driven.tree.query(pipes.lines[which])
    pipe, roads = which[found], driven.shapes[road]
    meets = shapely.intersects(roads, pipes.lines[pipe])
    pipe, roads = pipe[meets], roads[meets]
    # Most pipes lie in one carriageway from end to end.
    whole = shapely.covers(roads, pipes.lines[pipe])
    parts, owner = _parts(pipes, pipe[~whole], roads[~whole])
    flat = shapely.force_2d(pipes.lines[owner])
    ends = [shapely.line_locate_point(flat, shapely.get_point(parts, end)) for end in (0, -1)]
    owner = np.concatenate([pipe[whole], owner])
    low = np.concatenate([np.zeros(int(whole.sum())), np.minimum(*ends)])
    high = np.concatenate([pipes.length_m[pipe[whole]], np.maximum(*ends)])
    outside = _gaps(pipes, which, owner, low, high)
    return (
        np.concatenate([owner, outside[0]]),
        np.repeat([0, 1], [len(owner), len(outside[0])]),
        np.concatenate([low, outside[1]]),
        np.concatenate([high, outside[2]]),
    )


def _parts(pipes: PipeFacts, pipe: Ints, roads: Shapes) -> tuple[Shapes, Ints]:
    """The pieces of pipes under carriageways as lines, and the pipe of each."""
    under = shapely.intersection(shapely.force_2d(pipes.lines[pipe]), roads)
    parts, owner = shapely.get_parts(under, return_index=True)
    is_line = shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING
    return parts[is_line], pipe[owner[is_line]]


def _gaps(
    pipes: PipeFacts, which: Ints, owner: Ints, low: Floats, high: Floats
) -> tuple[Ints, Floats, Floats]:
    """What is left of each pipe outside the stretches low..high."""
    pipe = np.concatenate([owner, which])
    begin = np.concatenate([low, pipes.length_m[which]])
    end = np.concatenate([high, pipes.length_m[which]])
    order = np.lexsort((end, begin, pipe))
    pipe, begin, end = pipe[order], begin[order], end[order]
    apart = (float(pipes.length_m.max(initial=0.0)) + 1.0) * pipe
    reached = np.maximum.accumulate(end + apart) - apart
    is_first = np.ones(len(pipe), dtype=bool)
    is_first[1:] = pipe[1:] != pipe[:-1]
    before = np.where(is_first, 0.0, np.concatenate([[0.0], reached[:-1]]))
    left = begin - before > 1e-6
    return pipe[left], before[left], begin[left]
