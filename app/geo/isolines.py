"""What can be reached on foot within a limit: stretches of edges, and honest ribbons around them.

A ribbon never holds a place that is farther than the limit: its half-width at a stretch is walked
too, so the lines end a half-width before the limit. No other place is within the limit by a way
that leaves the streets for the half-width at most: who leaves them later came past such an end. The
ribbons of all stretches that no wall is near are drawn at once; those along walls are cut by them and
merged court by court.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numba
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from app.geo import contours, shortest
from app.geo.noding import Flags, Floats, Ints, Shapes
from app.geo.polylines import Polylines
from app.geo.shortest import _pop, _push
from app.geo.snapping import Snapped
from app.geo.ways import Walker

_WALL_M = 0.05  # half of what is taken away along a wall
_THREADS = 4
_TIERS = (1.0, 0.25)  # where the limit is too near for a wide ribbon, a narrow one is drawn


@dataclass(frozen=True)
class Stretches:
    """Parts of edges that are within the limit, by the index of their origin."""

    origin: Ints
    edge: Ints
    from_m: Floats
    to_m: Floats

    def of(self, origin: int) -> Stretches:
        at = slice(*np.searchsorted(self.origin, [origin, origin + 1]))
        return Stretches(self.origin[at], self.edge[at], self.from_m[at], self.to_m[at])

    def where(self, flags: Flags) -> Stretches:
        """Some of the stretches."""
        return Stretches(self.origin[flags], self.edge[flags], self.from_m[flags], self.to_m[flags])


@numba.njit(cache=True, nogil=True)
def _reached(  # type: ignore[no-untyped-def]
    indptr, heads, cost, arc_edge, u, v, price, length, group, o_edge, o_start, o_toll, limit
):  # fmt: skip
    """(origin, edge, from, to) of every stretch; origins of one group are searched together."""
    n = len(indptr) - 1
    best, seen = np.full(n, np.inf), np.full(len(u), -1, dtype=np.int64)
    touched = np.empty(n, dtype=np.int64)
    keys, items = np.empty(1024), np.empty(1024, dtype=np.int64)
    room, count = 4096, 0
    who, edge = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int64)
    low, high = np.empty(room), np.empty(room)
    first = 0
    while first < len(group):
        last = first
        while last < len(group) and group[last] == group[first]:
            last += 1
        size, reached = 0, 0
        for o in range(first, last):
            for way in range(2):
                e = o_edge[o]
                node = u[e] if way == 0 else v[e]
                c = o_toll[o] + (o_start[o] if way == 0 else price[e] - o_start[o])
                if c <= limit and c < best[node]:
                    if best[node] == np.inf:
                        touched[reached] = node
                        reached += 1
                    best[node] = c
                    keys, items, size = _push(keys, items, size, c, node)
        while size > 0:
            c, node, size = _pop(keys, items, size)
            if c > best[node]:
                continue
            for arc in range(indptr[node], indptr[node + 1]):
                head, further = heads[arc], c + cost[arc]
                if further <= limit and further < best[head]:
                    if best[head] == np.inf:
                        touched[reached] = head
                        reached += 1
                    best[head] = further
                    keys, items, size = _push(keys, items, size, further, head)
        for t in range(reached + last - first):
            begin = indptr[touched[t]] if t < reached else 0
            end = indptr[touched[t] + 1] if t < reached else 1
            for arc in range(begin, end):
                e = arc_edge[arc] if t < reached else o_edge[first + t - reached]
                if e < 0 or seen[e] == first:
                    continue
                seen[e] = first
                if count + 2 + last - first > room:
                    more = room + last - first
                    who = np.concatenate((who, np.empty(more, dtype=np.int64)))
                    edge = np.concatenate((edge, np.empty(more, dtype=np.int64)))
                    low, high = (
                        np.concatenate((low, np.empty(more))),
                        np.concatenate((high, np.empty(more))),
                    )
                    room += more
                a = min(max(limit - best[u[e]], 0.0), price[e])
                b = min(max(limit - best[v[e]], 0.0), price[e])
                per = length[e] / price[e]
                if a + b >= price[e]:
                    who[count], edge[count], low[count], high[count] = (
                        group[first],
                        e,
                        0.0,
                        length[e],
                    )
                    count += 1
                    continue
                if a > 0:
                    who[count], edge[count], low[count], high[count] = group[first], e, 0.0, a * per
                    count += 1
                if b > 0:
                    who[count], edge[count] = group[first], e
                    low[count], high[count] = length[e] - b * per, length[e]
                    count += 1
                for o in range(first, last):
                    if o_edge[o] == e and o_toll[o] < limit:
                        rest = limit - o_toll[o]
                        from_, to = max(o_start[o] - rest, 0.0), min(o_start[o] + rest, price[e])
                        who[count], edge[count] = group[first], e
                        low[count], high[count] = from_ * per, to * per
                        count += 1
        for t in range(reached):
            best[touched[t]] = np.inf
        first = last
    return who[:count], edge[:count], low[:count], high[:count]


def reached(walker: Walker, origins: Snapped, group: Ints, limit: float) -> Stretches:
    """Every stretch within the limit, walking towards the origins of each group.

    ``group`` is sorted; origins that join no edge reach nothing.
    """
    on = np.flatnonzero(origins.edge >= 0)
    there, graph, price = origins.take(on), walker.graph, walker.edge_cost
    share = shortest.shares(there.offset_m, graph.length_m[there.edge])
    toll = there.leg_m * walker.leg_factor if walker.with_legs else np.zeros(len(on))
    found = _reached(
        graph.indptr, graph.heads, graph.arc_cost(price), graph.arc_edge, graph.u, graph.v, price,
        graph.length_m, group[on], there.edge, share * price[there.edge], toll, float(limit),
    )  # fmt: skip
    order = np.argsort(found[0], kind="stable")
    return Stretches(*(part[order] for part in found))


def courses_of(walker: Walker, stretches: Stretches) -> Polylines:
    """The stretches as coordinates."""
    course = walker.graph.course
    return course.between(stretches.edge, stretches.from_m, stretches.to_m)


def lines_of(walker: Walker, stretches: Stretches) -> Shapes:
    """The stretches as lines."""
    return courses_of(walker, stretches).shapes


class Ribbons:
    """Polygons around stretches of a walker's graph, with the walls that cut them indexed once.

    Edges that the same walls are near form a court. Ribbons of whole edges, and of whole courts,
    are met again and again by the bands of neighbours: they are kept.
    """

    def __init__(self, walker: Walker, half_width_m: float) -> None:
        self._walker, self._width = walker, half_width_m
        self._edges: dict[tuple[float, int], Shapes] = {}
        self._courts: dict[tuple[float, int], BaseGeometry] = {}
        self._court, self._bars = _courts_of(walker, half_width_m)
        self._size = np.bincount(self._court[self._court >= 0], minlength=len(self._bars))

    def around(self, origins: Snapped, group: Ints, limit: float) -> dict[int, BaseGeometry]:
        """For each group the polygon of all places within the limit and the half-width of a way."""
        found: dict[int, BaseGeometry] = {}
        for tier in _TIERS:
            width = self._width * tier
            ends = limit - width * self._walker.leg_factor
            left = np.flatnonzero(~np.isin(group, list(found)))
            if ends > 0 and len(left):
                stretches = reached(self._walker, origins.take(left), group[left], ends)
                found |= self._drawn(stretches, width)
        return found

    def _drawn(self, stretches: Stretches, width: float) -> dict[int, BaseGeometry]:
        walled = self._court[stretches.edge] >= 0
        free, along = stretches.where(~walled), stretches.where(walled)
        found = contours.within(courses_of(self._walker, free), free.origin, width)
        names = np.unique(along.origin).tolist()
        ribbons = self._along_walls(along, names, width)
        for own, name in zip(ribbons, names, strict=True):
            if name in found:
                own.append(found[name])
        return found | dict(zip(names, merged(ribbons), strict=True))

    def _along_walls(
        self, stretches: Stretches, names: list[int], width: float
    ) -> list[list[BaseGeometry]]:
        """Ribbons of stretches that walls are near, by origin."""
        length = self._walker.graph.length_m[stretches.edge]
        is_whole = (stretches.from_m <= 0) & (stretches.to_m >= length)
        whole, part = stretches.where(is_whole), stretches.where(~is_whole)
        complete = self._complete(whole, names)
        self._keep(np.unique(whole.edge), {k for own in complete for k in own}, width)
        shape, owner = self._cut(lines_of(self._walker, part), part.edge, width)
        order = part.origin[owner]
        found: list[list[BaseGeometry]] = []
        for name, courts in zip(names, complete, strict=True):
            at = slice(*np.searchsorted(order, [name, name + 1]))
            own = shape[at].tolist() + [self._courts[width, court] for court in courts]
            rest = np.unique(whole.of(name).edge)
            for edge in rest[~np.isin(self._court[rest], list(courts))].tolist():
                own += self._edges[width, edge].tolist()
            found.append(own)
        return found

    def _complete(self, whole: Stretches, names: list[int]) -> list[set[int]]:
        """The courts of which each origin reaches every edge from end to end."""
        found = []
        for name in names:
            edges = np.unique(whole.of(name).edge)
            count = np.bincount(self._court[edges], minlength=len(self._size))
            found.append(set(np.flatnonzero((count == self._size) & (count > 1)).tolist()))
        return found

    def _keep(self, edges: Ints, courts: set[int], width: float) -> None:
        """Make the ribbons of whole edges and courts that are not known yet."""
        edges = edges[[(width, edge) not in self._edges for edge in edges.tolist()]]
        shape, owner = self._cut(self._walker.graph.shape[edges], edges, width)
        ends = np.searchsorted(owner, np.arange(len(edges) + 1))
        for k, edge in enumerate(edges.tolist()):
            self._edges[width, edge] = shape[ends[k] : ends[k + 1]]
        new = [court for court in sorted(courts) if (width, court) not in self._courts]
        parts = [
            [one for edge in np.flatnonzero(self._court == court).tolist()
             for one in self._edges[width, edge].tolist()]
            for court in new
        ]  # fmt: skip
        made = merged(parts)
        self._courts |= {(width, court): one for court, one in zip(new, made, strict=True)}

    def _cut(self, lines: Shapes, edges: Ints, width: float) -> tuple[Shapes, Ints]:
        """Ribbons along walls, in parts, and the line of each: what lies behind the wall is not theirs."""
        # One corner a quarter keeps every place of a round end within the length of the way to it.
        ribbons = shapely.buffer(lines, width, quad_segs=1)
        left, line = shapely.get_parts(
            shapely.difference(ribbons, self._bars[self._court[edges]]), return_index=True
        )
        own = shapely.intersects(left, lines[line])
        return left[own], line[own]


def _courts_of(walker: Walker, half_width_m: float) -> tuple[Ints, Shapes]:
    """The court of each edge, -1 far from walls, and what the walls of each court take away."""
    walls, edges = walker.graph.walls, len(walker.graph.u)
    court = np.full(edges, -1, dtype=np.int64)
    if not len(walls):
        return court, np.zeros(0, dtype=object)
    edge, wall = shapely.STRtree(walls).query(
        walker.graph.shape, predicate="dwithin", distance=half_width_m
    )
    order = np.lexsort((wall, edge))
    edge, wall = edge[order], wall[order]
    near, begin = np.unique(edge, return_index=True)
    sets = [tuple(part.tolist()) for part in np.split(wall, begin[1:])] if len(near) else []
    number = {walls_near: k for k, walls_near in enumerate(dict.fromkeys(sets))}
    court[near] = [number[one] for one in sets]
    lines = [shapely.multilinestrings(shapely.get_parts(walls[list(one)])) for one in number]
    bars = shapely.buffer(
        np.array(lines, dtype=object), _WALL_M, cap_style="flat", join_style="mitre"
    )
    return court, bars


def merged(ribbons: list[list[BaseGeometry]]) -> list[BaseGeometry]:
    """Each list as one shape; the geometry library lets other threads work."""
    with ThreadPoolExecutor(max_workers=min(os.cpu_count() or 1, _THREADS)) as pool:
        return list(pool.map(lambda own: shapely.union_all(np.array(own, dtype=object)), ribbons))
