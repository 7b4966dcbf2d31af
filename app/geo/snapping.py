"""Places joined to the nearest edge of a network that no barrier keeps from them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely

from app.geo.noding import Flags, Floats, Ints, Shapes
from app.geo.polylines import Polylines
from app.geo.segment_cells import Cells

_OFF_THE_NODE_M = 0.05


@dataclass(frozen=True)
class Snapped:
    """Where each place joins the network: ``edge`` -1 where it does not.

    ``offset_m`` is measured from the edge's start, ``leg_m`` is the way from the place to the edge,
    ``nearest_m`` the distance of the nearest edge, whatever stands between.
    """

    edge: Ints
    offset_m: Floats
    leg_m: Floats
    nearest_m: Floats

    def __len__(self) -> int:
        return len(self.edge)

    def take(self, places: Ints) -> Snapped:
        """Some of the places, in that order."""
        return Snapped(
            self.edge[places], self.offset_m[places], self.leg_m[places], self.nearest_m[places]
        )

    @property
    def off(self) -> Ints:
        """The places that do not join."""
        return np.flatnonzero(self.edge < 0)


def _nowhere(n: int) -> Snapped:
    return Snapped(
        np.full(n, -1, dtype=np.int64), np.full(n, np.nan), np.full(n, np.nan), np.full(n, np.nan)
    )


class Snapper:
    """Edges and barriers with their indexes, each built once and only if it is asked."""

    def __init__(self, course: Polylines, barriers: Shapes) -> None:
        self._course, self._barriers = course, barriers

    @cached_property
    def _cells(self) -> Cells:
        return Cells.of(self._course)

    @cached_property
    def _edges(self) -> shapely.STRtree:
        return shapely.STRtree(self._course.shapes)

    @cached_property
    def _walls(self) -> shapely.STRtree:
        return shapely.STRtree(self._barriers)

    def snap(self, places: Shapes, *, limit_m: float) -> Snapped:
        """Join places (Points, or the outlines of buildings) to edges within the limit.

        The nearest edge wins, of equally near ones the first; a straight way to it may not pass a
        barrier. A place that lies on a barrier itself, as a door in a wall does, is free to both
        sides.
        """
        found = _nowhere(len(places))
        if not len(self._course) or not len(places):
            return found
        is_point = np.asarray(shapely.get_type_id(places) == 0) & ~shapely.is_empty(places)
        which = np.flatnonzero(is_point)
        self._points(shapely.get_coordinates(places[which]), which, limit_m, found)
        self._outlines(places, np.flatnonzero(~is_point), limit_m, found)
        self._around_walls(places, limit_m, found)
        return found

    def snap_points(self, xy: Floats, *, limit_m: float) -> Snapped:
        """The same for places that are given by their coordinates."""
        found = _nowhere(len(xy))
        if len(self._course) and len(xy):
            self._points(xy, np.arange(len(xy)), limit_m, found)
            if len(self._barriers):
                self._around_walls(np.asarray(shapely.points(xy), dtype=object), limit_m, found)
        return found

    def _around_walls(self, places: Shapes, limit_m: float, found: Snapped) -> None:
        """Places behind a wall: of every edge within the limit, the nearest that can be walked to."""
        behind = np.flatnonzero((found.edge < 0) & (found.nearest_m <= limit_m))
        if len(behind):
            place, edge = self._edges.query(places[behind], predicate="dwithin", distance=limit_m)
            place = behind[place]
            far = shapely.distance(places[place], self._course.shapes[edge])
            self._take(places, place, edge, far, found)

    def _points(self, xy: Floats, which: Ints, limit_m: float, into: Snapped) -> None:
        """The nearest edge of each point, where no wall stands before it."""
        if not len(which):
            return
        edge, offset, far = self._cells.nearest(xy)
        into.nearest_m[which] = far
        near = far <= limit_m
        which, xy, edge, offset, far = which[near], xy[near], edge[near], offset[near], far[near]
        free = ~self._barred(xy, edge, offset)
        which = which[free]
        into.edge[which], into.offset_m[which] = edge[free], offset[free]
        into.leg_m[which] = far[free]

    def _outlines(self, places: Shapes, which: Ints, limit_m: float, into: Snapped) -> None:
        if not len(which):
            return
        (place, edge), far = self._edges.query_nearest(places[which], return_distance=True)
        place = which[place]
        np.fmin.at(into.nearest_m, place, far)
        near = far <= limit_m
        self._take(places, place[near], edge[near], far[near], into)

    def _take(self, places: Shapes, place: Ints, edge: Ints, far: Floats, into: Snapped) -> None:
        """Write the best of the candidates of each place that no wall bars."""
        shapes = self._course.shapes
        way = shapely.shortest_line(places[place], shapes[edge])
        offset = shapely.line_locate_point(shapes[edge], shapely.get_point(way, -1))
        barred = self._barred(shapely.get_coordinates(shapely.get_point(way, 0)), edge, offset)
        order = np.lexsort((edge, far, place))
        order = order[~barred[order]]
        chosen, first = np.unique(place[order], return_index=True)
        best = order[first]
        into.edge[chosen], into.offset_m[chosen] = edge[best], offset[best]
        into.leg_m[chosen] = far[best]

    def _barred(self, xy: Floats, edge: Ints, offset: Floats) -> Flags:
        """Whether a wall stands between each place and the place of its edge."""
        barred = np.zeros(len(edge), dtype=bool)
        if not len(self._barriers) or not len(edge):
            return barred
        length = self._course.length[edge]
        # The ends of an edge may stand on a wall: look at the way to a place just inside of it.
        off = np.minimum(_OFF_THE_NODE_M, length / 4)
        inner = self._course.points(edge, np.clip(offset, off, length - off))
        lines = shapely.linestrings(np.stack([xy, inner], axis=1))
        hit, _ = self._walls.query(lines, predicate="crosses")
        barred[hit] = True
        return barred
