"""Shortest ways over a network from many sources at once: compiled loops over plain arrays.

Every search starts at the sources and runs against the way that is walked, so ``cost[arc]`` is
the price of walking from the arc's head to its tail; infinite where nobody passes.
"""

from __future__ import annotations

import numba
import numpy as np

from app.geo.noding import Floats, Ints

VIA_START, VIA_END, ALONG, NO_WAY = 0, 1, 2, -1


@numba.njit(cache=True, nogil=True)
def _push(keys, items, size, key, item):  # type: ignore[no-untyped-def]
    if size == len(keys):
        keys = np.concatenate((keys, np.empty(size, dtype=np.float64)))
        items = np.concatenate((items, np.empty(size, dtype=np.int64)))
    at = size
    while at > 0:
        parent = (at - 1) >> 1
        if keys[parent] <= key:
            break
        keys[at], items[at] = keys[parent], items[parent]
        at = parent
    keys[at], items[at] = key, item
    return keys, items, size + 1


@numba.njit(cache=True, nogil=True)
def _pop(keys, items, size):  # type: ignore[no-untyped-def]
    key, item = keys[0], items[0]
    size -= 1
    last, moved = keys[size], items[size]
    at = 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and keys[child + 1] < keys[child]:
            child += 1
        if keys[child] >= last:
            break
        keys[at], items[at] = keys[child], items[child]
        at = child
    keys[at], items[at] = last, moved
    return key, item, size


@numba.njit(cache=True, nogil=True)
def nearest_sources(indptr, heads, cost, metres, seed_node, seed_cost, seed_m, seed_label):  # type: ignore[no-untyped-def]
    """Cost, metres, label of the nearest source and arc walked last for every node.

    Of equally near sources the one with the smaller label wins. The arc is -1 at a seed.
    """
    n = len(indptr) - 1
    best = np.full(n, np.inf)
    length = np.full(n, np.inf)
    label = np.full(n, -1, dtype=np.int64)
    arc_of = np.full(n, -1, dtype=np.int64)
    keys = np.empty(1024, dtype=np.float64)
    items = np.empty(1024, dtype=np.int64)
    size = 0
    for s in range(len(seed_node)):
        node, c = seed_node[s], seed_cost[s]
        if c < best[node] or (c == best[node] and seed_label[s] < label[node]):
            best[node], length[node], label[node] = c, seed_m[s], seed_label[s]
            keys, items, size = _push(keys, items, size, c, node)
    while size > 0:
        c, node, size = _pop(keys, items, size)
        if c > best[node]:
            continue
        for arc in range(indptr[node], indptr[node + 1]):
            head, further = heads[arc], c + cost[arc]
            if further < best[head] or (
                further == best[head] and further < np.inf and label[node] < label[head]
            ):
                best[head], label[head], arc_of[head] = further, label[node], arc
                length[head] = length[node] + metres[arc]
                keys, items, size = _push(keys, items, size, further, head)
    return best, length, label, arc_of


@numba.njit(cache=True, nogil=True)
def along_edges(  # type: ignore[no-untyped-def]
    edge, start_cost, end_cost, start_m, end_m, leg_cost, leg_m, u, v, best, length, label,
    by_edge, s_edge, s_start, s_start_m, s_leg, s_leg_m,
):  # fmt: skip
    """Cost, metres, label and kind of way of places on edges: by either end, or along the edge.

    ``by_edge`` lists the sources sorted by edge, ``s_*`` are in that order.
    """
    n = len(edge)
    out, out_m = np.full(n, np.inf), np.full(n, np.inf)
    out_label, via = np.full(n, -1, dtype=np.int64), np.full(n, -1, dtype=np.int64)
    for p in range(n):
        e = edge[p]
        if e < 0:
            continue
        for way in range(2):
            node = u[e] if way == 0 else v[e]
            part = start_cost[p] if way == 0 else end_cost[p]
            part_m = start_m[p] if way == 0 else end_m[p]
            c = leg_cost[p] + part + best[node]
            if c < out[p] or (c == out[p] and c < np.inf and label[node] < out_label[p]):
                out[p], out_m[p] = c, leg_m[p] + part_m + length[node]
                out_label[p], via[p] = label[node], way
        s = np.searchsorted(s_edge, e)
        while s < len(s_edge) and s_edge[s] == e:
            c = leg_cost[p] + abs(start_cost[p] - s_start[s]) + s_leg[s]
            if c < out[p] or (c == out[p] and by_edge[s] < out_label[p]):
                out[p] = c
                out_m[p] = leg_m[p] + abs(start_m[p] - s_start_m[s]) + s_leg_m[s]
                out_label[p], via[p] = by_edge[s], 2
            s += 1
    return out, out_m, out_label, via


@numba.njit(cache=True, nogil=True)
def count_within(  # type: ignore[no-untyped-def]
    indptr, heads, cost, arc_edge, u, v, edge_cost, s_edge, s_start, s_leg,
    p_indptr, p_order, p_start, p_leg, limit,
):  # fmt: skip
    """How many sources each place has within the limit; a bounded search from every source.

    ``p_order`` lists the places sorted by edge, ``p_indptr`` where those of an edge begin.
    """
    n = len(indptr) - 1
    count = np.zeros(len(p_leg), dtype=np.int64)
    best, seen = np.full(n, np.inf), np.full(len(u), -1, dtype=np.int64)
    touched = np.empty(n, dtype=np.int64)
    keys = np.empty(1024, dtype=np.float64)
    items = np.empty(1024, dtype=np.int64)
    for s in range(len(s_edge)):
        e0 = s_edge[s]
        if e0 < 0:
            continue
        size, reached = 0, 0
        for way in range(2):
            node = u[e0] if way == 0 else v[e0]
            c = s_leg[s] + (s_start[s] if way == 0 else edge_cost[e0] - s_start[s])
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
        for t in range(-1, reached):
            first = 0 if t < 0 else indptr[touched[t]]
            last = 1 if t < 0 else indptr[touched[t] + 1]
            for arc in range(first, last):
                e = e0 if t < 0 else arc_edge[arc]
                if e < 0 or seen[e] == s:
                    continue
                seen[e] = s
                for i in range(p_indptr[e], p_indptr[e + 1]):
                    p = p_order[i]
                    c = min(best[u[e]] + p_start[p], best[v[e]] + edge_cost[e] - p_start[p])
                    if e == e0:
                        c = min(c, s_leg[s] + abs(s_start[s] - p_start[p]))
                    if c + p_leg[p] <= limit:
                        count[p] += 1
        for t in range(reached):
            best[touched[t]] = np.inf
    return count


def csr(tail: Ints, head: Ints, n: int) -> tuple[Ints, Ints]:
    """Where the arcs of each node begin, and the order of arcs by tail, then head."""
    _, by_head = _counted(head, n, np.arange(len(head)))
    found: tuple[Ints, Ints] = _counted(tail, n, by_head)
    return found


@numba.njit(cache=True, nogil=True)
def _counted(key, n, order):  # type: ignore[no-untyped-def]
    """Where each key from 0 to n - 1 begins, and the items of ``order`` by key, equal ones as they
    stood; keys below 0 are left out."""
    begin = np.zeros(n + 1, dtype=np.int64)
    for i in order:
        if key[i] >= 0:
            begin[key[i] + 1] += 1
    for k in range(n):
        begin[k + 1] += begin[k]
    at, out = begin[:-1].copy(), np.empty(begin[-1], dtype=np.int64)
    for i in order:
        if key[i] >= 0:
            out[at[key[i]]] = i
            at[key[i]] += 1
    return begin, out


def grouped(edge: Ints, edges: int) -> tuple[Ints, Ints]:
    """Places by edge: where those of an edge begin, and the places in that order."""
    found: tuple[Ints, Ints] = _counted(edge, edges, np.arange(len(edge)))
    return found


def ranges(begin: Ints, end: Ints) -> Ints:
    """All whole numbers from each begin to before its end, one range after another."""
    count = end - begin
    first = np.repeat(begin - np.cumsum(count) + count, count)
    found: Ints = (np.arange(int(count.sum())) + first).astype(np.int64)
    return found


def shares(offset_m: Floats, length_m: Floats) -> Floats:
    """How far along its edge a place lies, 0 to 1."""
    return np.clip(offset_m / length_m, 0.0, 1.0)
