"""Nodes of a network that lie on barriers, parted by side, with openings as links between sides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from app.geo.noding import Edges, Floats, Ints, Shapes

_SAME_RAY = 1e-6  # radians: walls delivered twice leave a point in one direction


@dataclass(frozen=True)
class Links:
    """Passages without length between two sides of a barrier; ``opening`` is the gate's index."""

    a: Ints
    b: Ints
    opening: Ints

    def __len__(self) -> int:
        return len(self.a)


@dataclass(frozen=True)
class Parted:
    """Edges whose nodes on barriers are one a side, and the openings between them."""

    u: Ints
    v: Ints
    node_xy: Floats
    links: Links
    cut_nodes: int
    cuts_without_opening: Floats
    openings_unused: Ints


def part_at_barriers(
    edges: Edges, barriers: Shapes, openings: Shapes, *, snap_m: float, opening_m: float
) -> Parted:
    """Part every node on a barrier by the side that its edges leave to.

    Parameters
    ----------
    edges
        As ``node_lines`` cuts them: they end on the barriers.
    barriers, openings
        Lines, and Points of the gates in them.
    opening_m
        How far from a cut its gate may lie.

    Returns
    -------
    ``cuts_without_opening`` are the x/y of cuts that no opening is near; their links bear the numbers
    that follow those of the openings.
    """
    walls = _straight(barriers)
    if not len(walls):
        none = np.zeros(0, dtype=np.int64)
        return Parted(
            edges.u, edges.v, edges.node_xy, Links(none, none, none), 0, np.zeros((0, 2)),
            np.arange(len(openings)),
        )  # fmt: skip
    ends = np.asarray(shapely.points(edges.node_xy))
    node, wall = shapely.STRtree(walls).query(ends, predicate="dwithin", distance=snap_m)
    order = np.lexsort((wall, node))
    node, wall = node[order], wall[order]
    u, v = edges.u.copy(), edges.v.copy()
    at_node = _incidence(edges)
    xy, links, cut = [edges.node_xy], [], 0
    closed: list[Floats] = []
    tree = shapely.STRtree(openings)
    made = len(edges.node_xy)
    places = np.unique(node)
    walls_at = np.split(wall, np.searchsorted(node, places))[1:]
    for here, around in zip(places, walls_at, strict=True):
        rays = _rays(walls[around], edges.node_xy[here], snap_m)
        leaving = at_node(int(here))
        if len(rays) < 2 or len(leaving) < 2:
            continue
        sides = np.searchsorted(rays, _bearings(edges, leaving)) % len(rays)
        names = np.unique(sides)
        if len(names) < 2:
            continue
        cut += 1
        nodes = np.concatenate([[here], np.arange(made, made + len(names) - 1)])
        made += len(names) - 1
        xy.append(np.repeat(edges.node_xy[here][None], len(names) - 1, axis=0))
        mine = nodes[np.searchsorted(names, sides)]
        at_end = leaving[:, 1] == 1
        u[leaving[~at_end, 0]], v[leaving[at_end, 0]] = mine[~at_end], mine[at_end]
        gates = np.sort(tree.query(ends[here], predicate="dwithin", distance=opening_m))
        if not len(gates):
            gates = np.array([len(openings) + len(closed)])
            closed.append(edges.node_xy[here])
        links += [
            (nodes[i], nodes[j], gate)
            for gate in gates for i in range(len(nodes)) for j in range(i + 1, len(nodes))
        ]  # fmt: skip
    table = np.array(links, dtype=np.int64).reshape(-1, 3)
    unused = np.setdiff1d(np.arange(len(openings)), table[:, 2])
    return Parted(
        u, v, np.concatenate(xy), Links(table[:, 0], table[:, 1], table[:, 2]), cut,
        np.array(closed).reshape(-1, 2), unused,
    )  # fmt: skip


def _straight(barriers: Shapes) -> Shapes:
    """The straight pieces of the barriers, those without length left out."""
    lines = shapely.get_parts(barriers)
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    start = np.flatnonzero((owner[1:] == owner[:-1]) & (xy[1:] != xy[:-1]).any(axis=1))
    pieces: Shapes = np.asarray(shapely.linestrings(np.stack([xy[start], xy[start + 1]], axis=1)))
    return pieces


def _rays(pieces: Shapes, at: Floats, snap_m: float) -> Floats:
    """Directions in which barriers leave a place, sorted; one alone means that its end is there."""
    ends = shapely.get_coordinates(pieces) - at
    away = ends[np.hypot(ends[:, 0], ends[:, 1]) > snap_m]
    angle = np.sort(np.arctan2(away[:, 1], away[:, 0]))
    if len(angle) < 2:
        return angle
    new = np.diff(angle, prepend=angle[-1] - 2 * np.pi) > _SAME_RAY
    return angle[new]


def _incidence(edges: Edges):  # type: ignore[no-untyped-def]
    """A function that gives the (edge, 0 at its start or 1 at its end) pairs of a node."""
    node = np.concatenate([edges.u, edges.v])
    pairs = np.column_stack([np.tile(np.arange(len(edges)), 2), np.repeat([0, 1], len(edges))])
    order = np.lexsort((pairs[:, 1], pairs[:, 0], node))
    node, pairs = node[order], pairs[order]
    return lambda here: pairs[slice(*np.searchsorted(node, [here, here + 1]))]


def _bearings(edges: Edges, leaving: Ints) -> Floats:
    """The direction in which each edge leaves its node."""
    at_end = leaving[:, 1] == 1
    shapes = edges.shape[leaving[:, 0]]
    first = shapely.get_coordinates(shapely.get_point(shapes, np.where(at_end, -1, 0)))
    second = shapely.get_coordinates(shapely.get_point(shapes, np.where(at_end, -2, 1)))
    ahead = second - first
    bearing: Floats = np.arctan2(ahead[:, 1], ahead[:, 0])
    return bearing
