"""How the nested hollows of a height grid are found: one pass over its cells in rising height.

Kernels of :mod:`app.geo.depressions`. The grid has a rim of one cell, so that no neighbour needs a
check of bounds; what a cell is and what it belongs to stand in one array, ``leaf_of``: the leaf that
its water runs to, or one of the marks below.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

WAITING, WALLED, BEYOND = -1, -2, -3
"""Marks of a cell without a leaf: not reached yet; closed; outside, where water leaves."""


class Tree(NamedTuple):
    """The hollows while they grow; ``up`` leads to the outermost, ``counts`` are nodes and exits."""

    parent: npt.NDArray[np.int32]
    sibling: npt.NDArray[np.int32]
    target: npt.NDArray[np.int32]
    spill: npt.NDArray[np.float64]
    is_leaf: npt.NDArray[np.bool_]
    up: npt.NDArray[np.int32]
    exits: npt.NDArray[np.int32]
    counts: npt.NDArray[np.int64]


@numba.njit(cache=True, nogil=True)
def sorted_by_bits(bits, cells):  # type: ignore[no-untyped-def]
    """``cells`` by the bits of their non-negative float32, 11 bits at a time; equal ones as given."""
    n = len(cells)
    counts = np.zeros((3, 2049), dtype=np.int64)
    for i in range(n):
        b = bits[cells[i]]
        counts[0, (b & 2047) + 1] += 1
        counts[1, ((b >> 11) & 2047) + 1] += 1
        counts[2, (b >> 22) + 1] += 1
    here = cells.copy()
    there = np.empty_like(cells)
    for turn in range(3):
        shift = np.uint32(11 * turn)
        place = counts[turn]
        for b in range(2048):
            place[b + 1] += place[b]
        for i in range(n):
            cell = here[i]
            bucket = (bits[cell] >> shift) & np.uint32(2047)
            there[place[bucket]] = cell
            place[bucket] += 1
        here, there = there, here
    return here


@numba.njit(cache=True, nogil=True)
def _find(up, node):  # type: ignore[no-untyped-def]
    while up[node] != node:
        up[node] = up[up[node]]
        node = up[node]
    return node


@numba.njit(cache=True, nogil=True)
def _look_around(cell, steps, z, leaf_of, labels):  # type: ignore[no-untyped-def]
    """The steepest labelled neighbour's leaf (or WAITING), the drop to it, how many different
    ``labels`` were seen, and whether water leaves beside the cell.

    ``steps`` lists the four slanting neighbours first.
    """
    best, label, seen = np.float32(-1.0), np.int32(WAITING), 0
    leaves = False
    height = z[cell]
    for k in range(8):
        other = cell + steps[k]
        theirs = leaf_of[other]
        if theirs < 0:
            leaves |= theirs == BEYOND
            continue
        drop = height - z[other]
        if k < 4:
            drop *= np.float32(0.70710678)
        if drop > best:
            best, label = drop, theirs
        if seen == 0 or labels[seen - 1] != theirs:
            labels[seen] = theirs
            seen += 1
    return label, best, seen, leaves


@numba.njit(cache=True, nogil=True)
def _new_node(tree):  # type: ignore[no-untyped-def]
    node = np.int32(tree.counts[0])
    tree.counts[0] += 1
    tree.parent[node], tree.sibling[node], tree.target[node] = -1, -1, 0
    tree.spill[node], tree.up[node] = np.inf, node
    return node


@numba.njit(cache=True, nogil=True)
def _let_out(node, leaf, height, tree):  # type: ignore[no-untyped-def]
    """A hollow found the way out at a height, over into ``leaf`` (0: off the grid)."""
    tree.target[node], tree.spill[node] = leaf, height
    tree.parent[node], tree.up[node] = 0, 0
    tree.exits[tree.counts[1]] = node
    tree.counts[1] += 1


@numba.njit(cache=True, nogil=True)
def _joined(a, b, a_leaf, b_leaf, height, tree):  # type: ignore[no-untyped-def]
    """Two hollows meet at a height: each spills into the other's leaf, and both have a new parent."""
    joint = _new_node(tree)
    for node, leaf, other in ((a, b_leaf, b), (b, a_leaf, a)):
        tree.target[node], tree.spill[node], tree.sibling[node] = leaf, height, other
        tree.parent[node], tree.up[node] = joint, joint
    return joint


@numba.njit(cache=True, nogil=True)
def _empty_tree(room):  # type: ignore[no-untyped-def]
    """Room for the most nodes there can be; pages that are never used are never taken."""
    tree = Tree(
        np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int32),
        np.empty(room), np.zeros(room, np.bool_), np.empty(room, np.int32),
        np.empty(room, np.int32), np.zeros(2, np.int64),
    )  # fmt: skip
    _new_node(tree)
    return tree


@numba.njit(cache=True, nogil=True)
def grown(z, leaf_of, order, steps, room):  # type: ignore[no-untyped-def]
    """Labels, merges and spills; ``leaf_of`` is filled in. Returns the node of each cell and the tree."""
    node_of = np.zeros(len(z), dtype=np.int32)
    tree = _empty_tree(room)
    labels = np.empty(8, dtype=np.int32)
    for at in range(len(order)):
        cell = order[at]
        height = z[cell]
        label, drop, seen, leaves = _look_around(cell, steps, z, leaf_of, labels)
        if leaves and drop <= 0.0:
            label = np.int32(0)
        elif label < 0:
            label = _new_node(tree)
            tree.is_leaf[label] = True
        leaf_of[cell] = label
        mine = _find(tree.up, label)
        if leaves and mine != 0:
            _let_out(mine, 0, height, tree)
            mine = np.int32(0)
        for k in range(seen):
            other = labels[k]
            theirs = _find(tree.up, other)
            if theirs == mine:
                continue
            if mine == 0 or theirs == 0:
                inner, leaf = (theirs, label) if mine == 0 else (mine, other)
                _let_out(inner, leaf, height, tree)
                mine = np.int32(0)
            else:
                mine = _joined(mine, theirs, label, other, height, tree)
        node_of[cell] = mine
    # A hollow that never found a way out (walled in on all sides) has none: it holds what it gets.
    for node in range(1, tree.counts[0]):
        if tree.parent[node] < 0:
            _let_out(node, 0, np.inf, tree)
    return node_of, tree


@numba.njit(cache=True, nogil=True)
def own_cells(z, node_of, order, first):  # type: ignore[no-untyped-def]
    """The cells of each node in rising order, their heights, and the running sum of those."""
    n = len(order)
    cells, own_z, own_sum = np.empty(n, np.int32), np.empty(n, np.float32), np.empty(n)
    place = first[:-1].copy()
    running = np.zeros(len(first) - 1)
    for at in range(n):
        cell = order[at]
        node = node_of[cell]
        slot = place[node]
        running[node] += z[cell]
        cells[slot], own_z[slot], own_sum[slot] = cell, z[cell], running[node]
        place[node] += 1
    return cells, own_z, own_sum


@numba.njit(cache=True, nogil=True)
def numbers_by_tree(parent, exits):  # type: ignore[no-untyped-def]
    """A new number for each node: tree by tree, the last that found the way out first.

    So water that is poured and spills goes from lower numbers to higher ones, and what is worked on
    together lies together. Children still come before their parent.
    """
    nodes = len(parent)
    root, size = np.zeros(nodes, np.int32), np.zeros(nodes, np.int32)
    for node in range(nodes - 1, 0, -1):
        root[node] = node if parent[node] == 0 else root[parent[node]]
        size[root[node]] += 1
    begin = np.zeros(nodes, np.int32)
    offset = 1
    for at in range(len(exits) - 1, -1, -1):
        begin[exits[at]] = offset
        offset += size[exits[at]]
    number = np.zeros(nodes, np.int32)
    for node in range(1, nodes):
        number[node] = begin[root[node]]
        begin[root[node]] += 1
    return number


@numba.njit(cache=True, nogil=True)
def renumber(values, number):  # type: ignore[no-untyped-def]
    """Put new numbers for old ones; what is below zero stays."""
    for at in range(len(values)):
        if values[at] > 0:
            values[at] = number[values[at]]


@numba.njit(cache=True, nogil=True)
def measured(parent, spill, first, own_sum):  # type: ignore[no-untyped-def]
    """Of each node: the cells and heights below it together, its capacity, its outermost node."""
    nodes = len(parent)
    base_cells, base_sum = np.zeros(nodes, np.int64), np.zeros(nodes)
    capacity, root = np.zeros(nodes), np.zeros(nodes, np.int32)
    for node in range(1, nodes):  # children come before their parent
        own = first[node + 1] - first[node]
        cells = base_cells[node] + own
        total = base_sum[node] + (own_sum[first[node + 1] - 1] if own > 0 else 0.0)
        base_cells[parent[node]] += cells
        base_sum[parent[node]] += total
        is_closed = np.isinf(spill[node])
        capacity[node] = np.inf if is_closed else max(cells * spill[node] - total, 0.0)
    for node in range(nodes - 1, 0, -1):
        root[node] = node if parent[node] == 0 else root[parent[node]]
    return base_cells, base_sum, capacity, root
