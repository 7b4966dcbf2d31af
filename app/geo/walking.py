"""The walking graph: ways noded at grade, walls that part them, gates that join the parts again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numba
import numpy as np
import shapely

from app.geo.barriers import part_at_barriers
from app.geo.noding import Edges, Flags, Floats, Ints, NodingReport, Shapes, node_lines
from app.geo.polylines import Polylines
from app.geo.shortest import csr
from app.geo.snapping import Snapped, Snapper

SHUT, BOTH_WAYS, OUTWARD = 0, 1, 2
"""Who passes a gate: nobody, anybody, or only those who come from inside."""
_LOOK_INSIDE_M = 0.5


@dataclass(frozen=True)
class Gates:
    """Points in walls, what they let through, and the ground inside (None: not known)."""

    at: Shapes
    passing: Ints
    inside: Shapes

    @classmethod
    def none(cls) -> Gates:
        return cls(np.zeros(0, object), np.zeros(0, np.int64), np.zeros(0, object))


@dataclass(frozen=True)
class Tolerances:
    """Distances in metres below which places are taken for one."""

    snap_m: float
    gate_m: float


@dataclass(frozen=True)
class GraphReport:
    """What was found while the graph was built."""

    noding: NodingReport
    wall_cuts: int
    cuts_without_gate: Floats
    gates_off_the_ways: Ints
    pieces: int


@dataclass(frozen=True)
class WalkingGraph:
    """Edges from ``u`` to ``v`` and gate links, as arcs sorted by tail.

    ``course`` runs from u to v. ``arc_edge`` is -1 for a link; ``arc_gate`` is -1 for an edge. ``arc_outward`` says of a link's
    arc that its head is inside: who walks from its head to its tail leaves.
    """

    u: Ints
    v: Ints
    line: Ints
    length_m: Floats
    course: Polylines
    node_xy: Floats
    indptr: Ints
    heads: Ints
    tails: Ints
    arc_edge: Ints
    arc_gate: Ints
    arc_outward: Flags
    passing: Ints
    walls: Shapes
    report: GraphReport

    @property
    def shape(self) -> Shapes:
        """The edges as geometries; compiled code reads ``course``."""
        return self.course.shapes

    @property
    def nodes(self) -> int:
        return len(self.node_xy)

    def with_gate(self, gate: int, passing: int) -> WalkingGraph:
        """The graph with one gate opened or shut; nothing is built again."""
        changed = self.passing.copy()
        changed[gate] = passing
        return replace(self, passing=changed)

    def arc_cost(self, edge_cost: Floats) -> Floats:
        """The price of walking each arc from head to tail, where its gate allows it."""
        price = np.zeros(len(self.heads))
        is_edge = self.arc_edge >= 0
        price[is_edge] = edge_cost[self.arc_edge[is_edge]]
        link = np.flatnonzero(~is_edge)
        price[link] = self.link_cost(link)
        return price

    def link_cost(self, links: Ints) -> Floats:
        """The price of passing a gate along these arcs: nothing, or infinite."""
        passing = self.passing[self.arc_gate[links]]
        free = (passing == BOTH_WAYS) | ((passing == OUTWARD) & self.arc_outward[links])
        return np.where(free, 0.0, np.inf)

    def pieces(self) -> Ints:
        """The connected piece of each node, gates as they stand, the largest piece first."""
        is_open = np.isfinite(self.arc_cost(self.length_m))
        label: Ints = _connected(self.indptr, self.heads, is_open)
        size = np.bincount(label)
        rank = np.empty(len(size), dtype=np.int64)
        rank[np.argsort(-size, kind="stable")] = np.arange(len(size))
        return rank[label]

    def snap(self, places: Shapes, *, limit_m: float) -> Snapped:
        """Join places to the edges, never through a wall."""
        return self._snapper.snap(places, limit_m=limit_m)

    def snap_points(self, xy: Floats, *, limit_m: float) -> Snapped:
        """The same for places that are given by their coordinates."""
        return self._snapper.snap_points(xy, limit_m=limit_m)

    @cached_property
    def _snapper(self) -> Snapper:
        return Snapper(self.course, self.walls)


@numba.njit(cache=True, nogil=True)
def _connected(indptr, heads, is_open):  # type: ignore[no-untyped-def]
    """The number of each node's piece, counted from the first node; arcs join both ways."""
    n = len(indptr) - 1
    above = np.arange(n)
    for node in range(n):
        for arc in range(indptr[node], indptr[node + 1]):
            if not is_open[arc]:
                continue
            a, b = node, heads[arc]
            while above[a] != a:
                above[a] = above[above[a]]
                a = above[a]
            while above[b] != b:
                above[b] = above[above[b]]
                b = above[b]
            above[max(a, b)] = min(a, b)
    label, count = np.empty(n, dtype=np.int64), 0
    for node in range(n):
        if above[node] == node:
            label[node] = count
            count += 1
        else:
            label[node] = label[above[node]]
    return label


def build_graph(
    lines: Shapes, *, at_grade: Flags, walls: Shapes, gates: Gates, tolerances: Tolerances
) -> WalkingGraph:
    """The graph of walkways, in metres.

    Parameters
    ----------
    lines
        LineStrings; sort them by id, so that the graph does not depend on their order.
    at_grade
        False where a way runs above or below the others, and joins them only at its ends.
    walls
        Lines that nobody walks through.
    gates
        The only passages through walls; one joins the sides of the cuts within ``gate_m``.

    Returns
    -------
    The graph with its report. A cut of a wall without a gate is a gate that is shut, numbered after
    the gates in the order of ``report.cuts_without_gate``.
    """
    edges = node_lines(lines, at_grade=at_grade, barriers=walls, snap_m=tolerances.snap_m)
    parted = part_at_barriers(
        edges, walls, gates.at, snap_m=tolerances.snap_m, opening_m=tolerances.gate_m
    )
    u, v, links = parted.u, parted.v, parted.links
    # A resident steps in to out: which side of each link lies inside?
    cuts = len(parted.cuts_without_opening)
    inside = np.concatenate([gates.inside, np.full(cuts, None, dtype=object)])
    passing = np.concatenate([gates.passing, np.full(cuts, SHUT, dtype=np.int64)])
    a_inside = _lies_inside(links.a, u, v, edges, inside[links.opening])
    b_inside = _lies_inside(links.b, u, v, edges, inside[links.opening])
    unknown = ~(a_inside ^ b_inside)
    tail = np.concatenate([u, v, links.a, links.b])
    head = np.concatenate([v, u, links.b, links.a])
    number = np.arange(len(u))
    none, gone = np.full(2 * len(links), -1), np.full(2 * len(u), -1)
    arc_edge = np.concatenate([number, number, none])
    arc_gate = np.concatenate([gone, links.opening, links.opening])
    outward = np.concatenate([gone > 0, b_inside | unknown, a_inside | unknown])
    n = len(parted.node_xy)
    indptr, order = csr(tail, head, n)
    report = GraphReport(
        edges.report, parted.cut_nodes, parted.cuts_without_opening, parted.openings_unused, 0
    )
    graph = WalkingGraph(
        u, v, edges.line, edges.length_m, edges.course, parted.node_xy, indptr, head[order],
        tail[order], arc_edge[order], arc_gate[order], outward[order], passing, walls, report,
    )  # fmt: skip
    used = np.unique(np.concatenate([u, v]))
    pieces = len(np.unique(graph.pieces()[used]))
    return replace(graph, report=replace(report, pieces=pieces))


def _lies_inside(node: Ints, u: Ints, v: Ints, edges: Edges, ground: Shapes) -> Flags:
    """Whether an edge that leaves the node runs into the ground; False where that is not known."""
    if not len(node):
        return np.zeros(0, dtype=bool)
    ends = np.concatenate([u, v])
    order = np.argsort(ends, kind="stable")
    at = order[np.searchsorted(ends[order], node)]
    edge, at_end = at % len(u), at >= len(u)
    length = edges.length_m[edge]
    step = np.minimum(_LOOK_INSIDE_M, length / 2)
    look = shapely.points(edges.course.points(edge, np.where(at_end, length - step, step)))
    inside: Flags = shapely.intersects(ground, look)
    return inside
