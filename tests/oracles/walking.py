"""A slow, obvious walking graph: lines cut by shapely, doors as nodes, ways by networkx."""

from __future__ import annotations

import math

import networkx as nx
import shapely
from shapely.ops import split, unary_union

NUDGE_M = 0.05


def key(x, y):
    return round(x, 4), round(y, 4)


def pieces_of(lines, boxes):
    """The lines in pieces that meet only at their ends and cross no wall."""
    merged = unary_union(list(lines))
    pieces = []
    for line in getattr(merged, "geoms", [merged]):
        parts = [line]
        for box in boxes:
            parts = [
                p for part in parts for p in split(part, shapely.LineString(box.exterior)).geoms
            ]
        pieces += [part for part in parts if part.length > 1e-9]
    return pieces


def end_key(piece, at, boxes):
    """The node at an end; on the wall of a box also the side that the piece lies on."""
    x, y = piece.coords[at]
    sides = tuple(
        (k, box.contains(piece.interpolate(0.5, normalized=True)))
        for k, box in enumerate(boxes)
        if box.exterior.distance(shapely.Point(x, y)) < 1e-6
    )
    return (*key(x, y), sides)


def snapped(place, pieces, boxes, limit_m):
    """The nearest piece that can be walked to in a straight line: (piece, offset, leg)."""
    best = None
    for number, piece in enumerate(pieces):
        leg = piece.distance(place)
        if leg > limit_m or (best and leg >= best[2]):
            continue
        offset = piece.project(place)
        off = min(NUDGE_M, piece.length / 4)
        inner = piece.interpolate(min(max(offset, off), piece.length - off))
        way = shapely.LineString([place, inner])
        if any(way.crosses(box.exterior) for box in boxes):
            continue
        best = number, offset, leg
    return best


def graph_with(places, pieces, gates, boxes, limit_m):
    """A graph split at every place, each place joined by its leg as node ("place", number)."""
    graph = nx.MultiGraph()
    on = {}
    for number, place in enumerate(places):
        graph.add_node(("place", number))
        found = snapped(place, pieces, boxes, limit_m)
        if found:
            on.setdefault(found[0], []).append((found[1], found[2], number))
    for index, piece in enumerate(pieces):
        before, reached = end_key(piece, 0, boxes), 0.0
        for offset, leg, number in sorted(on.get(index, [])):
            foot = ("foot", number)
            graph.add_edge(before, foot, weight=offset - reached)
            graph.add_edge(foot, ("place", number), weight=leg)
            before, reached = foot, offset
        graph.add_edge(before, end_key(piece, -1, boxes), weight=piece.length - reached)
    walls = [node for node in graph if len(node) == 3 and node[2]]
    for gate in gates:
        near = [n for n in walls if math.dist(n[:2], (gate.x, gate.y)) <= 1.0]
        for a in near:
            for b in near:
                if a != b and a[:2] == b[:2]:
                    graph.add_edge(a, b, weight=0.0)
    return graph


def distances(doors, services, lines, boxes, gates, *, limit_m):
    """Metres from each door to each service; infinite where no way leads."""
    pieces = pieces_of(lines, boxes)
    graph = graph_with([*doors, *services], pieces, gates, boxes, limit_m)
    table = []
    for d in range(len(doors)):
        far = nx.single_source_dijkstra_path_length(graph, ("place", d), weight="weight")
        table.append([far.get(("place", len(doors) + s), math.inf) for s in range(len(services))])
    return table


def split_at_places(graph, places):
    """networkx over edges that are physically split at every place; nodes ("name", number)."""
    at = {}
    for name, joined in places.items():
        for k, edge in enumerate(joined.edge.tolist()):
            if edge >= 0:
                at.setdefault(edge, []).append((float(joined.offset_m[k]), name, k))
    net = nx.DiGraph()

    def join(a, b, metres):
        for ends in ((a, b), (b, a)):
            if a != b and (not net.has_edge(*ends) or net.edges[ends]["weight"] > metres):
                net.add_edge(*ends, weight=max(metres, 0.0))

    for edge in range(len(graph.u)):
        before, reached = int(graph.u[edge]), 0.0
        for offset, name, k in sorted(at.get(edge, [])):
            join(before, (name, k), offset - reached)
            before, reached = (name, k), offset
        join(before, int(graph.v[edge]), float(graph.length_m[edge]) - reached)
    # A gate may let people out and not in; the search runs against the way that is walked.
    links = (graph.arc_gate >= 0).nonzero()[0]
    free = links[graph.link_cost(links) == 0]
    net.add_weighted_edges_from(
        (tail, head, 0.0)
        for tail, head in zip(graph.tails[free].tolist(), graph.heads[free].tolist(), strict=True)
    )
    return net
