"""Lines cut wherever they meet: the edges and nodes of a network, and what was wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt
import shapely

from app.geo.meetings import Cuts, meetings
from app.geo.polylines import Polylines

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Shapes = npt.NDArray[np.object_]

_EQUAL_M = 1e-3  # vertices of a street that was delivered twice are no farther apart
_SAME_M = 1e-9


@dataclass(frozen=True)
class NodingReport:
    """Faults of the lines that were put right, counted."""

    unsnapped_crossings: int = 0
    duplicate_edges: int = 0
    loops: int = 0
    without_length: int = 0


@dataclass(frozen=True)
class Edges:
    """``u`` and ``v`` are nodes, ``line`` the line an edge was cut from; its course runs u to v."""

    u: Ints
    v: Ints
    line: Ints
    length_m: Floats
    course: Polylines
    node_xy: Floats
    report: NodingReport

    def __len__(self) -> int:
        return len(self.u)

    @property
    def shape(self) -> Shapes:
        """The edges as geometries."""
        return self.course.shapes


def node_lines(lines: Shapes, *, at_grade: Flags, barriers: Shapes, snap_m: float) -> Edges:
    """The lines cut at their crossings, where an end meets another line, and at barriers.

    Parameters
    ----------
    lines
        LineStrings in metres; their order decides which of two equal edges stays.
    at_grade
        False for an overpass or underpass: nothing joins it between its ends.
    barriers
        LineStrings or MultiLineStrings; edges end on them, and are not parted by them yet.
    snap_m
        Ends and cuts that lie this near each other are one node.

    Returns
    -------
    Edges in the order of their lines; equal edges once, edges without length never. Stretches that
    two lines have in common are cut at every vertex of either.
    """
    drawn = Polylines.of(lines)
    met, unsnapped = meetings(drawn, at_grade.astype(np.int64), snap_m)
    cuts = _joined([met, _at_barriers(lines, at_grade, barriers)])
    order = np.lexsort((cuts.xy[:, 1], cuts.xy[:, 0], cuts.at_m, cuts.line))
    owner, points, is_node = _stations(
        drawn.xy, drawn.begin, drawn.chainage, cuts.line[order], cuts.at_m[order], cuts.xy[order],
        snap_m,
    )  # fmt: skip
    del drawn, met, cuts, order
    return _edges(owner, points, is_node, snap_m, unsnapped)


def _at_barriers(lines: Shapes, at_grade: Flags, barriers: Shapes) -> Cuts:
    """Where ways meet barriers; an overpass leads over them."""
    if not len(barriers):
        return Cuts(np.zeros(0, np.int64), np.zeros(0), np.zeros((0, 2)))
    level = np.flatnonzero(at_grade)
    line, wall = shapely.STRtree(barriers).query(lines[level], predicate="intersects")
    line = level[line]
    met, pair = _points_of(shapely.intersection(lines[line], barriers[wall]))
    cut = line[pair].astype(np.int64)
    return Cuts(cut, shapely.line_locate_point(lines[cut], shapely.points(met)), met)


def _points_of(met: Shapes) -> tuple[Floats, Ints]:
    """Points of intersections, the ends of stretches in common, and the pair each belongs to."""
    parts, pair = shapely.get_parts(met, return_index=True)
    kind = shapely.get_type_id(parts)
    is_point, is_line = kind == 0, kind == 1
    ends = parts[is_line]
    points = [parts[is_point], shapely.get_point(ends, 0), shapely.get_point(ends, -1)]
    pairs = [pair[is_point], pair[is_line], pair[is_line]]
    return shapely.get_coordinates(np.concatenate(points)), np.concatenate(pairs).astype(np.int64)


def _joined(parts: list[Cuts]) -> Cuts:
    return Cuts(
        np.concatenate([part.line for part in parts]).astype(np.int64),
        np.concatenate([part.at_m for part in parts]),
        np.concatenate([part.xy.reshape(-1, 2) for part in parts]),
    )


@numba.njit(cache=True, nogil=True)
def _stations(xy, begin, along, cut_line, cut_at, cut_xy, snap_m):  # type: ignore[no-untyped-def]
    """Vertices and cuts of every line in the order of walking it, and which of them are nodes.

    A cut within the snapping distance of an end is that end; one at a vertex is that vertex.
    """
    room = len(xy) + len(cut_line)
    owner, points = np.empty(room, dtype=np.int32), np.empty((room, 2))
    is_node = np.zeros(room, dtype=np.bool_)
    n, c = 0, 0
    for k in range(len(begin) - 1):
        first, last = begin[k], begin[k + 1]
        if first == last:
            continue
        length = along[last - 1]
        for i in range(first, last):
            owner[n], points[n, 0], points[n, 1] = k, xy[i, 0], xy[i, 1]
            is_node[n] = i == first or i == last - 1
            n += 1
            following = along[i + 1] if i + 1 < last else np.inf
            while c < len(cut_line) and cut_line[c] == k and cut_at[c] <= following + _SAME_M:
                at, c = cut_at[c], c + 1
                if at <= snap_m or at >= length - snap_m:
                    continue
                if at >= following - _SAME_M:
                    # The next vertex: it comes in its turn, as a node.
                    c -= 1
                    break
                x, y = points[n - 1, 0], points[n - 1, 1]
                is_there = abs(cut_xy[c - 1, 0] - x) + abs(cut_xy[c - 1, 1] - y) <= _SAME_M
                if at <= along[i] + _SAME_M or is_there:
                    is_node[n - 1] = True
                    continue
                owner[n], points[n, 0], points[n, 1] = k, cut_xy[c - 1, 0], cut_xy[c - 1, 1]
                is_node[n] = True
                n += 1
    return owner[:n], points[:n], is_node[:n]


def _edges(owner: Ints, points: Floats, is_node: Flags, snap_m: float, unsnapped: int) -> Edges:
    stations = np.flatnonzero(is_node)
    node_of, node_xy = merged(points[stations], snap_m)
    xy, begin, u, v, line, length, without = _pieces(
        owner, points, stations, node_of, node_xy, snap_m
    )
    is_first, runs = _first_of_equal(xy, begin, u, v, line, *_by_ends(u, v, len(node_xy)))
    once = np.flatnonzero(is_first)
    if len(once) < len(u):
        xy, begin = _taken(xy, begin, once)
    u, v = u[once], v[once]
    report = NodingReport(unsnapped, int(runs), int((u == v).sum()), int(without))
    return Edges(u, v, line[once], length[once], Polylines(xy, begin), node_xy, report)


@numba.njit(cache=True, nogil=True)
def _pieces(owner, points, stations, node_of, node_xy, snap_m):  # type: ignore[no-untyped-def]
    """The stretches from node to node, their ends moved onto the nodes; those without length apart."""
    most = max(len(stations) - 1, 0)
    xy, begin = np.empty((len(points) + most, 2)), np.zeros(most + 1, dtype=np.int64)
    u, v = np.empty(most, dtype=np.int64), np.empty(most, dtype=np.int64)
    line, length = np.empty(most, dtype=np.int64), np.empty(most)
    n, kept, without = 0, 0, 0
    for s in range(most):
        first, last = stations[s], stations[s + 1]
        if owner[first] != owner[last]:
            continue
        a, b = node_of[s], node_of[s + 1]
        at, metres = n, 0.0
        for i in range(first, last + 1):
            x, y = points[i, 0], points[i, 1]
            if i == first:
                x, y = node_xy[a, 0], node_xy[a, 1]
            elif i == last:
                x, y = node_xy[b, 0], node_xy[b, 1]
            if at > n:
                dx, dy = x - xy[at - 1, 0], y - xy[at - 1, 1]
                if dx == 0.0 and dy == 0.0:
                    continue
                metres += np.sqrt(dx * dx + dy * dy)
            xy[at, 0], xy[at, 1] = x, y
            at += 1
        if metres <= (2 * snap_m if a == b else 0.0):
            without += 1
            continue
        u[kept], v[kept], line[kept], length[kept] = a, b, owner[first], metres
        kept, n = kept + 1, at
        begin[kept] = n
    return xy[:n], begin[: kept + 1], u[:kept], v[:kept], line[:kept], length[:kept], without


def merged(xy: Floats, snap_m: float) -> tuple[Ints, Floats]:
    """The node of each place; chains of places within the distance are one, at the first of them."""
    if not len(xy):
        return np.zeros(0, np.int64), np.zeros((0, 2))
    # Along a slant, so that the places of a street grid do not stand in columns.
    along = xy @ np.array([0.8, 0.6])
    order = np.argsort(along, kind="stable")
    found: tuple[Ints, Floats] = _chained(
        np.ascontiguousarray(xy[order]), along[order], order, snap_m
    )
    return found


@numba.njit(cache=True, nogil=True)
def _root(above, k):  # type: ignore[no-untyped-def]
    while above[k] != k:
        above[k] = above[above[k]]
        k = above[k]
    return k


@numba.njit(cache=True, nogil=True)
def _chained(xy, along, order, snap_m):  # type: ignore[no-untyped-def]
    n = len(xy)
    above = np.arange(n)
    for i in range(n):
        j = i + 1
        while j < n and along[j] - along[i] <= snap_m + _SAME_M:
            dx, dy = xy[j, 0] - xy[i, 0], xy[j, 1] - xy[i, 1]
            if dx * dx + dy * dy <= snap_m * snap_m:
                a, b = _root(above, i), _root(above, j)
                above[max(a, b)] = min(a, b)
            j += 1
    number, count = np.full(n, -1, dtype=np.int64), 0
    node, at = np.empty(n, dtype=np.int64), np.empty((n, 2))
    for i in range(n):
        root = _root(above, i)
        if number[root] < 0:
            number[root] = count
            at[count, 0], at[count, 1] = xy[i, 0], xy[i, 1]
            count += 1
        k = number[root]
        node[order[i]] = k
        # The westernmost, then the southernmost: whatever order they came in.
        if xy[i, 0] < at[k, 0] or (xy[i, 0] == at[k, 0] and xy[i, 1] < at[k, 1]):
            at[k, 0], at[k, 1] = xy[i, 0], xy[i, 1]
    return node, at[:count].copy()


def _by_ends(u: Ints, v: Ints, nodes: int) -> tuple[Ints, Ints]:
    """The edges in the order of the pairs of nodes that they join, and those pairs as numbers."""
    pair = np.minimum(u, v) * nodes + np.maximum(u, v)
    order = np.argsort(pair, kind="stable")
    return order, pair[order]


@numba.njit(cache=True, nogil=True)
def _first_of_equal(xy, begin, u, v, line, order, pair):  # type: ignore[no-untyped-def]
    """Which edges no earlier one equals, either way round; and runs of those that one does."""
    n = len(order)
    is_first = np.ones(n, dtype=np.bool_)
    for k in range(n):
        b = order[k]
        j = k - 1
        while j >= 0 and pair[j] == pair[k]:
            a = order[j]
            j -= 1
            if is_first[a] and _equal(xy, begin, a, b):
                is_first[b] = False
                break
    runs = 0
    for k in range(n):
        follows = k > 0 and not is_first[k - 1] and line[k - 1] == line[k] and v[k - 1] == u[k]
        if not is_first[k] and not follows:
            runs += 1
    return is_first, runs


@numba.njit(cache=True, nogil=True)
def _equal(xy, begin, a, b):  # type: ignore[no-untyped-def]
    """Whether two edges have the same vertices, forwards or backwards."""
    count = begin[a + 1] - begin[a]
    if begin[b + 1] - begin[b] != count:
        return False
    for way in range(2):
        same = True
        for k in range(count):
            i = begin[a] + k
            j = begin[b] + k if way == 0 else begin[b + 1] - 1 - k
            if abs(xy[i, 0] - xy[j, 0]) > _EQUAL_M or abs(xy[i, 1] - xy[j, 1]) > _EQUAL_M:
                same = False
                break
        if same:
            return True
    return False


@numba.njit(cache=True, nogil=True)
def _taken(xy, begin, which):  # type: ignore[no-untyped-def]
    """Some of the lines, in that order."""
    start = np.zeros(len(which) + 1, dtype=np.int64)
    for k in range(len(which)):
        start[k + 1] = start[k] + begin[which[k] + 1] - begin[which[k]]
    out = np.empty((start[-1], 2))
    for k in range(len(which)):
        for i in range(start[k + 1] - start[k]):
            out[start[k] + i, 0] = xy[begin[which[k]] + i, 0]
            out[start[k] + i, 1] = xy[begin[which[k]] + i, 1]
    return out, start
