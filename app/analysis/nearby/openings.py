"""Places in walls where a gate could be made, and where its short path would meet the network."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import shapely

from app.geo.snapping import Snapped
from app.geo.walking import WalkingGraph

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Shapes = npt.NDArray[np.object_]

_BESIDE_M = 0.3  # how far from the wall's axis a side is looked at
_STEP_M = 0.05


@dataclass(frozen=True)
class Openings:
    """One row a place: the wall, how far along it, and both sides joined to the network.

    ``sides`` start at the feet on the edges, without a leg; ``metres`` is the way from foot to foot
    through the wall, ``path`` its line.
    """

    wall: Ints
    along_m: Floats
    xy: Floats
    sides: tuple[Snapped, Snapped]
    metres: Floats
    path: Shapes

    def __len__(self) -> int:
        return len(self.wall)

    def take(self, which: Ints) -> Openings:
        """Some of the places, in that order."""
        one, other = self.sides
        return Openings(
            self.wall[which], self.along_m[which], self.xy[which],
            (one.take(which), other.take(which)), self.metres[which], self.path[which],
        )  # fmt: skip


def openings_along(graph: WalkingGraph, *, every_m: float, reach_m: float) -> Openings:
    """Places at most so far apart along every wall that have a walkway near on both sides."""
    parts, wall = shapely.get_parts(graph.walls, return_index=True)
    length = shapely.length(parts)
    count = np.maximum(np.ceil(length / every_m), 1).astype(np.int64)
    part = np.repeat(np.arange(len(parts)), count)
    order = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    along = (order + 0.5) * (length / count)[part]
    return _joined(graph, parts[part], wall[part].astype(np.int64), along, reach_m)


def opening_at(graph: WalkingGraph, place: shapely.Point, *, reach_m: float) -> Openings:
    """The place in the nearest wall, if both of its sides have a walkway near; else no row."""
    parts, wall = shapely.get_parts(graph.walls, return_index=True)
    if not len(parts):
        return _joined(graph, parts, np.zeros(0, np.int64), np.zeros(0), reach_m)
    at = np.array([int(shapely.distance(parts, place).argmin())])
    along = shapely.line_locate_point(parts[at], place)
    return _joined(graph, parts[at], wall[at].astype(np.int64), along, reach_m)


def _joined(
    graph: WalkingGraph, line: Shapes, wall: Ints, along: Floats, reach_m: float
) -> Openings:
    here = _xy(shapely.line_interpolate_point(line, along))
    length = shapely.length(line)
    before = _xy(shapely.line_interpolate_point(line, np.maximum(along - _STEP_M, 0.0)))
    after = _xy(shapely.line_interpolate_point(line, np.minimum(along + _STEP_M, length)))
    ahead = after - before
    size = np.hypot(*ahead.T)[:, None]
    normal = np.column_stack([-ahead[:, 1], ahead[:, 0]]) / np.where(size > 0, size, 1.0)
    sides, feet = [], []
    for sign in (1.0, -1.0):
        beside = np.asarray(shapely.points(here + sign * _BESIDE_M * normal), dtype=object)
        joined = graph.snap(beside, limit_m=reach_m)
        foot = np.full((len(line), 2), np.nan)
        on = np.flatnonzero(joined.edge >= 0)
        foot[on] = _xy(
            shapely.line_interpolate_point(graph.shape[joined.edge[on]], joined.offset_m[on])
        )
        sides.append(joined)
        feet.append(foot)
    both = np.flatnonzero((sides[0].edge >= 0) & (sides[1].edge >= 0) & (size[:, 0] > 0))
    xy = np.stack([feet[0][both], here[both], feet[1][both]], axis=1)
    path = np.asarray(shapely.linestrings(xy), dtype=object) if len(both) else np.zeros(0, object)
    on_edge = [replace(side.take(both), leg_m=np.zeros(len(both))) for side in sides]
    return Openings(
        wall[both], along[both], here[both], (on_edge[0], on_edge[1]), shapely.length(path), path
    )


def _xy(points: Shapes) -> Floats:
    return shapely.get_coordinates(points).reshape(-1, 2)


def unbuilt(openings: Openings, buildings: Shapes) -> Openings:
    """Those whose path runs through no building."""
    blocked, _ = shapely.STRtree(buildings).query(openings.path, predicate="crosses")
    return openings.take(np.setdiff1d(np.arange(len(openings)), blocked))
