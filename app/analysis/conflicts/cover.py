"""Cover over each pipe along its line, by the surface above it."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.analysis.conflicts.facts import PipeFacts
from app.analysis.conflicts.obstacles import carriageways
from app.analysis.conflicts.verdict import Asked, Judged, judge
from app.rules.pipes import CoverTable

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Texts = npt.NDArray[np.object_]

CARRIAGEWAY = "carriageway"
FOOTWAY = "footway_or_non_motor_lane"


@dataclass(frozen=True)
class CoverChecks:
    """One row a pipe and surface: the least cover along the pipe under that surface."""

    pipe: Ints
    surface: Texts
    cover_m: Floats
    asked: Asked
    judged: Judged
    x: Floats
    y: Floats


def check_cover(
    pipes: PipeFacts, which: Ints, roads: pd.DataFrame, table: CoverTable
) -> CoverChecks:
    """Judge the least cover of the pipes ``which`` under carriageway and outside it.

    Outside any carriageway the footway row of the table applies: the plan need not know more.
    """
    pipe, surface, low, high = _stretches(pipes, which, roads)
    length = pipes.length_m[pipe]
    start, end = pipes.crown_start_m[pipe], pipes.crown_end_m[pipe]
    with np.errstate(divide="ignore", invalid="ignore"):
        at_low = start + (end - start) * low / length
        at_high = start + (end - start) * high / length
    cover = np.minimum(at_low, at_high)
    where = np.where(at_low <= at_high, low, high)
    # One row a pipe and surface: the stretch with the least cover, unknown last.
    order = np.lexsort((np.nan_to_num(cover, nan=np.inf), surface.astype(str), pipe))
    first = np.ones(len(order), dtype=bool)
    first[1:] = (pipe[order][1:] != pipe[order][:-1]) | (surface[order][1:] != surface[order][:-1])
    keep = order[first]
    pipe, surface, cover, where = pipe[keep], surface[keep], cover[keep], where[keep]
    required, rule = table.required_m(pipes.kinds.cover[pipe], surface)
    ids = np.array([*(row.rule_id for row in table.rows), ""], dtype=object)
    n = len(pipe)
    asked = Asked(
        required, required, ids[rule], np.full(n, "", dtype=object), np.full(n, np.nan),
        pipes.kinds.missing[pipe], (rule >= 0) & np.isnan(required),
    )  # fmt: skip
    error = pipes.depth_error_m[pipe]
    unsure = np.where(pipes.depth_missing[pipe] != "", pipes.depth_missing[pipe],
                      np.where(np.isnan(error), "quality", "")).astype(object)  # fmt: skip
    points = shapely.line_interpolate_point(pipes.lines[pipe], where)
    return CoverChecks(
        pipe, surface, cover, asked, judge(cover, asked, error, unsure),
        shapely.get_x(points), shapely.get_y(points),
    )  # fmt: skip


def _stretches(
    pipes: PipeFacts, which: Ints, roads: pd.DataFrame
) -> tuple[Ints, Texts, Floats, Floats]:
    """(pipe, surface, from, to) in metres along each pipe, under carriageways and outside."""
    n = len(which)
    everything = (which, np.full(n, FOOTWAY, dtype=object), np.zeros(n), pipes.length_m[which])
    driven = roads[carriageways(roads)] if len(roads) else roads
    if not n or not len(driven):
        return everything
    surfaces = gpd.GeoSeries(driven.geometry.to_numpy())
    pipe, road = surfaces.sindex.query(pipes.lines[which], predicate="intersects")
    pipe = which[pipe]
    under = shapely.intersection(shapely.force_2d(pipes.lines[pipe]), surfaces.to_numpy()[road])
    parts, owner = shapely.get_parts(under, return_index=True)
    is_line = shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING
    parts, owner = parts[is_line], pipe[owner[is_line]]
    flat = shapely.force_2d(pipes.lines[owner])
    ends = [shapely.line_locate_point(flat, shapely.get_point(parts, end)) for end in (0, -1)]
    low, high = np.minimum(*ends), np.maximum(*ends)
    outside = _gaps(pipes, which, owner, low, high)
    return (
        np.concatenate([owner, outside[0]]),
        np.concatenate([
            np.full(len(owner), CARRIAGEWAY, dtype=object),
            np.full(len(outside[0]), FOOTWAY, dtype=object),
        ]),
        np.concatenate([low, outside[1]]),
        np.concatenate([high, outside[2]]),
    )  # fmt: skip


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
