"""Ways from places to the nearest source over a walking graph: how far, to which, by which path."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from app.geo import shortest
from app.geo.noding import Floats, Ints
from app.geo.snapping import Snapped
from app.geo.walking import WalkingGraph

# A walk that is exactly as long as the limit is within it, whatever its sum was rounded to.
ROUNDING_M = 1e-6


@dataclass(frozen=True)
class Field:
    """How far every node is from the nearest of some sources."""

    sources: Snapped
    cost: Floats
    metres: Floats
    label: Ints
    arc: Ints


@dataclass(frozen=True)
class Ways:
    """For each place: cost and metres to the nearest source (infinite: none) and its index."""

    cost: Floats
    metres: Floats
    source: Ints
    via: Ints


class PatchedWays(Ways):
    """Ways of which some places have others; a whole array is made when somebody asks for it."""

    def __init__(self, base: Ways, places: Ints, part: Ways) -> None:
        object.__setattr__(self, "_parts", (base, places, part))

    @cached_property
    def cost(self) -> Floats:
        found: Floats = self._patched("cost")
        return found

    @cached_property
    def metres(self) -> Floats:
        found: Floats = self._patched("metres")
        return found

    @cached_property
    def source(self) -> Ints:
        found: Ints = self._patched("source")
        return found

    @cached_property
    def via(self) -> Ints:
        found: Ints = self._patched("via")
        return found

    def _patched(self, name: str) -> Any:
        base, places, part = self.__dict__["_parts"]
        whole = getattr(base, name).copy()
        whole[places] = getattr(part, name)
        return whole


@dataclass(frozen=True)
class Walker:
    """A graph at the prices of one kind of walker.

    ``factor`` multiplies the length of each edge: 1 on level ground, more on steps and slopes.
    ``with_legs``: the way from the door to the edge counts, ``leg_factor`` times its length.
    """

    graph: WalkingGraph
    factor: Floats
    with_legs: bool = True
    leg_factor: float = 1.0

    @cached_property
    def edge_cost(self) -> Floats:
        """The price of walking each edge."""
        return self.graph.length_m * self.factor

    @cached_property
    def _arc_cost(self) -> Floats:
        return self.graph.arc_cost(self.edge_cost)

    def field(self, sources: Snapped) -> Field:
        """The search from all sources at once; those off the graph take no part."""
        graph, on = self.graph, np.flatnonzero(sources.edge >= 0)
        cost, metres, label, arc = shortest.nearest_sources(
            graph.indptr, graph.heads, self._arc_cost, self._arc_m,
            *self.seeds(sources.take(on)), np.concatenate([on, on]),
        )  # fmt: skip
        return Field(sources, cost, metres, label, arc)

    def seeds(self, sources: Snapped) -> tuple[Ints, Floats, Floats]:
        """Node, cost and metres of the ends of the sources' edges: all starts, then all ends."""
        graph, edge, leg = self.graph, sources.edge, self._legs(sources)
        share = shortest.shares(sources.offset_m, graph.length_m[edge])
        toll = leg * self.leg_factor
        price, length = graph.length_m[edge] * self.factor[edge], graph.length_m[edge]
        return (
            np.concatenate([graph.u[edge], graph.v[edge]]),
            np.concatenate([toll + share * price, toll + (1 - share) * price]),
            np.concatenate([leg + share * length, leg + (1 - share) * length]),
        )

    def ways(self, places: Snapped, field: Field) -> Ways:
        """The nearest source of each place: by either end of its edge, or along the edge."""
        graph, sources = self.graph, field.sources
        edge, length = places.edge, graph.length_m[places.edge]
        share = shortest.shares(places.offset_m, length)
        price, leg = self.edge_cost[edge], self._legs(places)
        order = np.argsort(sources.edge, kind="stable")
        order = order[sources.edge[order] >= 0]
        s_edge = sources.edge[order]
        s_share = shortest.shares(sources.offset_m[order], graph.length_m[s_edge])
        s_leg = self._legs(sources)[order]
        cost, metres, source, via = shortest.along_edges(
            edge, share * price, (1 - share) * price, share * length, (1 - share) * length,
            leg * self.leg_factor, leg,
            graph.u, graph.v, field.cost, field.metres, field.label,
            order, s_edge, s_share * self.edge_cost[s_edge], s_share * graph.length_m[s_edge],
            s_leg * self.leg_factor, s_leg,
        )  # fmt: skip
        return Ways(cost, metres, source, via)

    def count_within(self, places: Snapped, sources: Snapped, limit: float) -> Ints:
        """How many of the sources cost at most the limit; 0 for a place off the graph."""
        graph = self.graph
        indptr, order = shortest.grouped(places.edge, len(graph.u))
        counts: Ints = shortest.count_within(
            graph.indptr, graph.heads, self._arc_cost, graph.arc_edge,
            graph.u, graph.v, self.edge_cost, sources.edge, self._from_start(sources),
            self._legs(sources) * self.leg_factor, indptr, order, self._from_start(places),
            self._legs(places) * self.leg_factor,
            limit + ROUNDING_M,
        )  # fmt: skip
        return counts

    def path(self, places: Snapped, place: int, ways: Ways, field: Field) -> BaseGeometry:
        """The way of one place along the edges, without the legs; empty where there is none.

        A Point where door and source join the edge at one place.
        """
        if ways.source[place] < 0:
            return shapely.LineString()
        graph, source = self.graph, int(ways.source[place])
        edge, at = int(places.edge[place]), float(places.offset_m[place])
        end_edge, end = int(field.sources.edge[source]), float(field.sources.offset_m[source])
        if ways.via[place] == shortest.ALONG:
            return substring(graph.shape[edge], at, end)
        node = int((graph.u if ways.via[place] == shortest.VIA_START else graph.v)[edge])
        goal = 0.0 if ways.via[place] == shortest.VIA_START else float(graph.length_m[edge])
        parts = [substring(graph.shape[edge], at, goal)]
        while (arc := int(field.arc[node])) >= 0:
            step = int(graph.arc_edge[arc])
            if step >= 0:
                shape = graph.shape[step]
                parts.append(shape if graph.u[step] == node else shapely.reverse(shape))
            node = int(graph.tails[arc])
        starts = self._starts_at(node, source, field)
        parts.append(substring(graph.shape[end_edge], starts, end))
        xy = np.concatenate([shapely.get_coordinates(part) for part in parts])
        new = np.concatenate([[True], (xy[1:] != xy[:-1]).any(axis=1)])
        return shapely.LineString(xy[new] if new.sum() > 1 else xy[[0, -1]])

    def _starts_at(self, node: int, source: int, field: Field) -> float:
        """The offset on the source's edge of the end at which the way arrives."""
        graph, edge = self.graph, int(field.sources.edge[source])
        length = float(graph.length_m[edge])
        ends = [
            offset for offset, n in ((0.0, graph.u[edge]), (length, graph.v[edge])) if n == node
        ]
        return min(ends, key=lambda offset: abs(offset - float(field.sources.offset_m[source])))

    def _legs(self, places: Snapped) -> Floats:
        return places.leg_m if self.with_legs else np.zeros(len(places))

    def _from_start(self, places: Snapped) -> Floats:
        edge = places.edge
        return shortest.shares(places.offset_m, self.graph.length_m[edge]) * self.edge_cost[edge]

    @cached_property
    def _arc_m(self) -> Floats:
        edge = self.graph.arc_edge
        return np.where(edge >= 0, self.graph.length_m[edge], 0.0)
