"""Distances of a whole network brought up to date after one thing in it changed.

What a change cannot reach is not looked at: a shorter way spreads from where it begins, a way that
is gone takes back what was reached by it and lets the neighbours in again. The result is that of a
new search, and what was overwritten is handed back so that the change can be undone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

from app.geo.noding import Floats, Ints
from app.geo.shortest import _pop, _push, ranges
from app.geo.ways import Field


@numba.njit(cache=True, nogil=True)
def _spread(  # type: ignore[no-untyped-def]
    indptr, heads, cost, metres, best, length, label, arc_of, node, c, m, name, arc, seen,
):  # fmt: skip
    """Offer costs at nodes and let them spread; lists every node that changed, with what it was."""
    touched = np.empty(256, dtype=np.int64)
    was, was_m = np.empty(256), np.empty(256)
    was_label, was_arc = np.empty(256, dtype=np.int64), np.empty(256, dtype=np.int64)
    count, size = 0, 0
    keys, items = np.empty(256, dtype=np.float64), np.empty(256, dtype=np.int64)
    first = len(node)
    at_seed = 0
    while at_seed < first or size > 0:
        if at_seed < first:
            head, further, far, own, by = (
                node[at_seed], c[at_seed], m[at_seed], name[at_seed], arc[at_seed],
            )  # fmt: skip
            begin, end, at_seed, top = 0, 1, at_seed + 1, -1
        else:
            price, top, size = _pop(keys, items, size)
            if price > best[top]:
                continue
            begin, end = indptr[top], indptr[top + 1]
            head, further, far, own, by = 0, 0.0, 0.0, label[top], -1
        for a in range(begin, end):
            if top >= 0:
                head, further, far, by = heads[a], best[top] + cost[a], length[top] + metres[a], a
            if further < best[head] or (
                further == best[head] and further < np.inf and own < label[head]
            ):
                if not seen[head]:
                    seen[head] = True
                    if count == len(touched):
                        touched = np.concatenate((touched, np.empty(count, dtype=np.int64)))
                        was, was_m = (
                            np.concatenate((was, np.empty(count))),
                            np.concatenate((was_m, np.empty(count))),
                        )
                        was_label = np.concatenate((was_label, np.empty(count, dtype=np.int64)))
                        was_arc = np.concatenate((was_arc, np.empty(count, dtype=np.int64)))
                    touched[count], was[count], was_m[count] = head, best[head], length[head]
                    was_label[count], was_arc[count] = label[head], arc_of[head]
                    count += 1
                best[head], length[head], label[head], arc_of[head] = further, far, own, by
                keys, items, size = _push(keys, items, size, further, head)
    return touched[:count], was[:count], was_m[:count], was_label[:count], was_arc[:count]


@numba.njit(cache=True, nogil=True)
def _below(indptr, heads, arc_of, roots):  # type: ignore[no-untyped-def]
    """The nodes whose shortest way leads through one of the roots, the roots included."""
    found = np.empty(max(256, len(roots)), dtype=np.int64)
    count = 0
    for root in roots:
        found[count] = root
        count += 1
    at = 0
    while at < count:
        node = found[at]
        at += 1
        for a in range(indptr[node], indptr[node + 1]):
            if arc_of[heads[a]] == a:
                if count == len(found):
                    found = np.concatenate((found, np.empty(count, dtype=np.int64)))
                found[count] = heads[a]
                count += 1
    return found[:count]


@dataclass(frozen=True)
class Undo:
    """Nodes that changed, and what stood there."""

    nodes: Ints
    cost: Floats
    metres: Floats
    label: Ints
    arc: Ints

    def apply(self, field: Field) -> None:
        """Put back what stood there."""
        field.cost[self.nodes], field.metres[self.nodes] = self.cost, self.metres
        field.label[self.nodes], field.arc[self.nodes] = self.label, self.arc


@dataclass(frozen=True)
class Offers:
    """Costs that nodes are newly offered; ``arc`` is -1 at a source."""

    node: Ints
    cost: Floats
    metres: Floats
    label: Ints
    arc: Ints


@dataclass(frozen=True)
class Arcs:
    """The arcs of a graph at prices that may be changed and put back."""

    indptr: Ints
    heads: Ints
    tails: Ints
    back: Ints
    price: Floats
    metres: Floats

    def offers_along(self, field: Field, arcs: Ints) -> Offers:
        """What the heads of these arcs are offered by their tails."""
        tail = self.tails[arcs]
        cost = field.cost[tail] + self.price[arcs]
        far = np.isfinite(cost)
        arcs, tail = arcs[far], tail[far]
        metres = field.metres[tail] + self.metres[arcs]
        return Offers(self.heads[arcs], cost[far], metres, field.label[tail], arcs)

    def lower(self, field: Field, offers: Offers) -> Undo:
        """Let the offers spread as far as they shorten a way."""
        seen = np.zeros(len(field.cost), dtype=np.bool_)
        return Undo(
            *_spread(
                self.indptr, self.heads, self.price, self.metres, field.cost, field.metres,
                field.label, field.arc, offers.node, offers.cost, offers.metres, offers.label,
                offers.arc, seen,
            )
        )  # fmt: skip

    def lift(self, field: Field, roots: Ints, sources: Offers) -> tuple[Undo, Undo]:
        """Forget every way through the roots and find others; ``sources`` are those that remain."""
        gone = _below(self.indptr, self.heads, field.arc, roots)
        before = Undo(
            gone, field.cost[gone], field.metres[gone], field.label[gone], field.arc[gone]
        )
        field.cost[gone], field.metres[gone] = np.inf, np.inf
        field.label[gone], field.arc[gone] = -1, -1
        out = _arcs_of(self.indptr, gone)
        into = self.back[out]
        along = self.offers_along(field, into)
        parts = zip(
            (along.node, along.cost, along.metres, along.label, along.arc),
            (sources.node, sources.cost, sources.metres, sources.label, sources.arc),
            strict=True,
        )
        return before, self.lower(field, Offers(*(np.concatenate(pair) for pair in parts)))


def _arcs_of(indptr: Ints, nodes: Ints) -> Ints:
    """Every arc that leaves one of the nodes."""
    return ranges(indptr[nodes], indptr[nodes + 1])


def edges_at(indptr: Ints, arc_edge: Ints, nodes: Ints) -> Ints:
    """The edges that meet one of the nodes, each once."""
    edges = np.unique(arc_edge[_arcs_of(indptr, nodes)])
    return edges[edges >= 0]


def opposite(tails: Ints, heads: Ints, arc_edge: Ints, arc_gate: Ints) -> Ints:
    """For each arc the one that leads back over the same edge or gate."""
    low, high = np.minimum(tails, heads), np.maximum(tails, heads)
    order = np.lexsort((tails, high, low, arc_gate, arc_edge))
    back = np.empty(len(tails), dtype=np.int64)
    back[order[0::2]], back[order[1::2]] = order[1::2], order[0::2]
    return back
