"""Lines cut wherever they meet: the edges and nodes of a network, and what was wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Shapes = npt.NDArray[np.object_]


@dataclass(frozen=True)
class NodingReport:
    """Faults of the lines that were put right, counted."""

    unsnapped_crossings: int = 0
    duplicate_edges: int = 0
    loops: int = 0
    without_length: int = 0


@dataclass(frozen=True)
class Edges:
    """``u`` and ``v`` are nodes, ``line`` the line an edge was cut from, ``shape`` runs u to v."""

    u: Ints
    v: Ints
    line: Ints
    length_m: Floats
    shape: Shapes
    node_xy: Floats
    report: NodingReport

    def __len__(self) -> int:
        return len(self.u)


@dataclass(frozen=True)
class _Cuts:
    """Places on lines where an edge has to end."""

    line: Ints
    at_m: Floats
    xy: Floats


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
    Edges in the order of their lines; equal edges once, edges without length never.
    """
    crossing, unsnapped = _crossings(lines, at_grade, snap_m)
    cuts = _joined(
        [crossing, _landings(lines, at_grade, snap_m), _at_barriers(lines, at_grade, barriers)]
    )
    owner, points, is_node = _stations(lines, cuts, snap_m)
    return _edges(owner, points, is_node, snap_m, unsnapped)


def _crossings(lines: Shapes, at_grade: Flags, snap_m: float) -> tuple[_Cuts, int]:
    """Where two lines at grade cross or overlap, and how many of the places had no vertex."""
    level = np.flatnonzero(at_grade)
    tree = shapely.STRtree(lines[level])
    a, b = tree.query(lines[level], predicate="intersects")
    a, b = level[a[a < b]], level[b[a < b]]
    met, pair = _points_of(shapely.intersection(lines[a], lines[b]))
    if not len(met):
        return _Cuts(np.zeros(0, np.int64), np.zeros(0), np.zeros((0, 2))), 0
    points = shapely.points(met)
    bare = ~_has_vertex(lines, a[pair], met, snap_m) | ~_has_vertex(lines, b[pair], met, snap_m)
    places = len(np.unique(np.round(met[bare] / max(snap_m, 1e-9)), axis=0))
    line = np.concatenate([a[pair], b[pair]])
    both = np.concatenate([points, points])
    return _Cuts(line, shapely.line_locate_point(lines[line], both), np.tile(met, (2, 1))), places


def _has_vertex(lines: Shapes, line: Ints, xy: Floats, snap_m: float) -> Flags:
    """Whether the line was drawn with a vertex at the place."""
    points, of = shapely.get_coordinates(lines[line], return_index=True)
    vertices = shapely.multipoints(np.asarray(shapely.points(points)), indices=of)
    near: Flags = np.asarray(shapely.distance(vertices, shapely.points(xy)) <= snap_m)
    return near


def _points_of(met: Shapes) -> tuple[Floats, Ints]:
    """Points of intersections, the ends of stretches in common, and the pair each belongs to."""
    parts, pair = shapely.get_parts(met, return_index=True)
    kind = shapely.get_type_id(parts)
    is_point, is_line = kind == 0, kind == 1
    ends = parts[is_line]
    points = [parts[is_point], shapely.get_point(ends, 0), shapely.get_point(ends, -1)]
    pairs = [pair[is_point], pair[is_line], pair[is_line]]
    return shapely.get_coordinates(np.concatenate(points)), np.concatenate(pairs).astype(np.int64)


def _landings(lines: Shapes, at_grade: Flags, snap_m: float) -> _Cuts:
    """Where the end of any line lies on a line at grade; an overpass lands there too."""
    level = np.flatnonzero(at_grade)
    ends = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    of, on = shapely.STRtree(lines[level]).query(ends, predicate="dwithin", distance=snap_m)
    line = level[on]
    at_m = shapely.line_locate_point(lines[line], ends[of])
    return _Cuts(line, at_m, shapely.get_coordinates(ends[of]))


def _at_barriers(lines: Shapes, at_grade: Flags, barriers: Shapes) -> _Cuts:
    """Where ways meet barriers; an overpass leads over them."""
    level = np.flatnonzero(at_grade)
    line, wall = shapely.STRtree(barriers).query(lines[level], predicate="intersects")
    line = level[line]
    met, pair = _points_of(shapely.intersection(lines[line], barriers[wall]))
    cut = line[pair].astype(np.int64)
    return _Cuts(cut, shapely.line_locate_point(lines[cut], shapely.points(met)), met)


def _joined(parts: list[_Cuts]) -> _Cuts:
    return _Cuts(
        np.concatenate([part.line for part in parts]).astype(np.int64),
        np.concatenate([part.at_m for part in parts]),
        np.concatenate([part.xy.reshape(-1, 2) for part in parts]),
    )


def _stations(lines: Shapes, cuts: _Cuts, snap_m: float) -> tuple[Ints, Floats, Flags]:
    """Vertices and cuts of every line in the order of walking it, and which of them are nodes."""
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    step = np.hypot(*np.diff(xy, axis=0, prepend=xy[:1]).T)
    step[np.concatenate([[True], owner[1:] != owner[:-1]])] = 0.0
    total = np.cumsum(step)
    first = np.searchsorted(owner, owner, side="left")
    at_m = total - total[first]
    is_end = (first == np.arange(len(owner))) | np.concatenate([owner[1:] != owner[:-1], [True]])
    # A cut within the snapping distance of an end is that end.
    length = shapely.length(lines)
    inside = (cuts.at_m > snap_m) & (cuts.at_m < length[cuts.line] - snap_m)
    line = np.concatenate([owner, cuts.line[inside]])
    where = np.concatenate([at_m, cuts.at_m[inside]])
    points = np.concatenate([xy, cuts.xy[inside]])
    is_node = np.concatenate([is_end, np.ones(int(inside.sum()), dtype=bool)])
    order = np.lexsort((is_node, where, line))
    return line[order], points[order], is_node[order]


def _edges(owner: Ints, points: Floats, is_node: Flags, snap_m: float, unsnapped: int) -> Edges:
    stations = np.flatnonzero(is_node)
    node_of, node_xy = _merged(points[stations], snap_m)
    start, end = stations[:-1], stations[1:]
    same = owner[start] == owner[end]
    start, end, u, v = start[same], end[same], node_of[:-1][same], node_of[1:][same]
    # The pieces, each from its first station to its last, ends moved onto their nodes.
    count = end - start + 1
    piece = np.repeat(np.arange(len(start)), count)
    index = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count) + start[piece]
    xy = points[index].copy()
    head = np.cumsum(count) - count
    xy[head], xy[head + count - 1] = node_xy[u], node_xy[v]
    shapes = shapely.linestrings(xy, indices=piece) if len(piece) else np.zeros(0, object)
    length = shapely.length(shapes)
    has_length = length > np.where(u == v, 2 * snap_m, 0.0)
    kept = np.flatnonzero(has_length)
    once = kept[_first_of_equal(shapes[kept])]
    report = NodingReport(
        unsnapped, len(kept) - len(once), int((u[once] == v[once]).sum()), int((~has_length).sum())
    )
    line = owner[start][once].astype(np.int64)
    return Edges(u[once], v[once], line, length[once], shapes[once], node_xy, report)


def _merged(xy: Floats, snap_m: float) -> tuple[Ints, Floats]:
    """The node of each place; chains of places within the distance are one, at the first of them."""
    if not len(xy):
        return np.zeros(0, np.int64), np.zeros((0, 2))
    place, index = np.unique(xy, axis=0, return_inverse=True)
    near = cKDTree(place).query_pairs(snap_m, output_type="ndarray")
    ones = np.ones(len(near), dtype=np.int8)
    graph = coo_array((ones, (near[:, 0], near[:, 1])), shape=(len(place), len(place)))
    count, label = connected_components(graph, directed=False)
    first = np.full(count, len(place), dtype=np.int64)
    np.minimum.at(first, label, np.arange(len(place)))
    return label[index.ravel()].astype(np.int64), place[first]


def _first_of_equal(shapes: Shapes) -> Ints:
    """The first of each set of equal lines, whichever way they run."""
    form = shapely.to_wkb(shapely.normalize(shapely.set_precision(shapes, 1e-3, mode="pointwise")))
    _, first = np.unique(form, return_index=True)
    return np.sort(first)
