"""Places joined to the nearest edge of a network that no barrier keeps from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from app.geo.noding import Floats, Ints, Shapes

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


class Snapper:
    """Edges and barriers with their indexes, built once."""

    def __init__(self, shapes: Shapes, barriers: Shapes) -> None:
        self._shapes = shapes
        self._edges, self._walls = shapely.STRtree(shapes), shapely.STRtree(barriers)

    def snap(self, places: Shapes, *, limit_m: float) -> Snapped:
        """Join places (Points, or the outlines of buildings) to edges within the limit.

        The nearest edge wins, of equally near ones the first; a straight way to it may not pass a
        barrier. A place that lies on a barrier itself, as a door in a wall does, is free to both
        sides.
        """
        n, shapes = len(places), self._shapes
        edge, offset = np.full(n, -1, dtype=np.int64), np.full(n, np.nan)
        leg, nearest = np.full(n, np.nan), np.full(n, np.nan)
        if not len(shapes) or not n:
            return Snapped(edge, offset, leg, nearest)
        (place, found), far = self._edges.query_nearest(places, return_distance=True)
        np.fmin.at(nearest, place, far)
        near = far <= limit_m
        into = (edge, offset, leg)
        _take(places, shapes, self._walls, place[near], found[near], far[near], into)
        # Behind a wall: every edge within the limit, the nearest first.
        behind = np.flatnonzero((edge < 0) & (nearest <= limit_m))
        place, found = self._edges.query(places[behind], predicate="dwithin", distance=limit_m)
        place = behind[place]
        far = shapely.distance(places[place], shapes[found])
        _take(places, shapes, self._walls, place, found, far, into)
        return Snapped(edge, offset, leg, nearest)


def _take(
    places: Shapes, shapes: Shapes, walls: shapely.STRtree, place: Ints, edge: Ints, far: Floats,
    into: tuple[Ints, Floats, Floats],
) -> None:  # fmt: skip
    """Write the best of the candidates of each place that no wall bars."""
    way = shapely.shortest_line(places[place], shapes[edge])
    foot = shapely.get_point(way, -1)
    offset = shapely.line_locate_point(shapes[edge], foot)
    length = shapely.length(shapes[edge])
    # The ends of an edge may stand on a wall: look at the way to a place just inside of it.
    off = np.minimum(_OFF_THE_NODE_M, length / 4)
    inner = shapely.line_interpolate_point(shapes[edge], np.clip(offset, off, length - off))
    ends = [shapely.get_coordinates(shapely.get_point(way, 0)), shapely.get_coordinates(inner)]
    lines = shapely.linestrings(np.stack(ends, axis=1)) if len(way) else way
    barred = np.zeros(len(place), dtype=bool)
    hit, wall = walls.query(lines, predicate="crosses")
    del wall
    barred[hit] = True
    order = np.lexsort((edge, far, place))
    order = order[~barred[order]]
    chosen, first = np.unique(place[order], return_index=True)
    best = order[first]
    into[0][chosen], into[1][chosen], into[2][chosen] = edge[best], offset[best], far[best]
