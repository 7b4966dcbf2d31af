"""How water poured into nested hollows comes to rest: the kernels of :mod:`app.geo.depressions`."""

from __future__ import annotations

import numba
import numpy as np

_FEW = 24  # cells up to which looking at each is quicker than halving


@numba.njit(cache=True, nogil=True)
def summed_by_leaf(leaf_of, values, nodes):  # type: ignore[no-untyped-def]
    """Sum of the values of the cells of each leaf."""
    sums = np.zeros(nodes)
    for cell in range(len(leaf_of)):
        if leaf_of[cell] >= 0:
            sums[leaf_of[cell]] += values[cell]
    return sums


@numba.njit(cache=True, nogil=True)
def settled(water, is_leaf, parent, sibling, target, root, spill, capacity, base_cells, base_sum, first, own_z, own_sum):  # type: ignore[no-untyped-def]  # fmt: skip
    """The level of each node at rest (NaN: dry), what stands in all, and what left.

    Tree by tree in the order of their numbers: what spills runs to a later one.
    """
    n = len(parent)
    held, level = np.zeros(n), np.full(n, np.nan)
    climb = np.arange(n).astype(np.int32)  # a node that is merged into its parent leads upwards
    left, stored = water[0], 0.0
    begin = 1
    while begin < n:
        tree = root[begin]
        spilt = 0.0
        for node in range(begin, tree + 1):
            if is_leaf[node] and water[node] > 0.0:
                spilt += _pour_leaf(water[node], node, tree, held, climb, parent, sibling, target, capacity)  # fmt: skip
        if spilt > 0.0:
            water[target[tree]] += spilt
            if target[tree] == 0:
                left += spilt
        for node in range(tree, begin - 1, -1):
            if climb[node] != node:
                level[node] = level[parent[node]]
            elif held[node] > 0.0:
                stored += held[node]
                full = held[node] >= capacity[node]
                level[node] = spill[node] if full else _level(held[node], base_cells[node], base_sum[node], first[node], first[node + 1], own_z, own_sum)  # fmt: skip
        begin = tree + 1
    return level, stored, left


@numba.njit(cache=True, nogil=True)
def _pour_leaf(amount, leaf, tree, held, climb, parent, sibling, target, capacity):  # type: ignore[no-untyped-def]
    """Water of one leaf finds room in its tree; what there is none for is returned."""
    node = np.int32(leaf)
    while amount > 0.0:
        while climb[node] != node:
            climb[node] = climb[climb[node]]
            node = climb[node]
        space = capacity[node] - held[node]
        if amount < space:
            held[node] += amount
            return 0.0
        if space > 0.0:
            amount -= space
            held[node] = capacity[node]
        if node == tree:
            return amount
        other = sibling[node]
        if held[other] < capacity[other]:
            node = target[node]
            continue
        joint = parent[node]
        climb[node] = climb[other] = joint
        held[joint] = capacity[node] + capacity[other]
        node = joint
    return 0.0


@numba.njit(cache=True, nogil=True)
def _level(volume, cells, sum_z, begin, end, own_z, own_sum):  # type: ignore[no-untyped-def]
    """The level of a volume over the cells below a node and as many of its own as it reaches."""
    low, high = begin, end
    # The first own cell that the water does not reach: the volume up to it is more than there is.
    while high - low > _FEW:
        middle = (low + high) // 2
        count = cells + (middle - begin)
        if count * np.float64(own_z[middle]) - (sum_z + own_sum[middle - 1]) <= volume:
            low = middle + 1
        else:
            high = middle
    below = own_sum[low - 1] if low > begin else 0.0
    while low < high and (cells + (low - begin)) * np.float64(own_z[low]) - (sum_z + below) <= volume:  # fmt: skip
        below = own_sum[low]
        low += 1
    count = cells + (low - begin)
    return (volume + sum_z + below) / count if count > 0 else np.nan


@numba.njit(cache=True, nogil=True)
def put_depths(level, first, own_cell, own_z, depth):  # type: ignore[no-untyped-def]
    """Depth of the wet cells; the cells of a node rise, so that its dry ones are never looked at."""
    for node in range(1, len(level)):
        top = level[node]
        if np.isnan(top):
            continue
        for at in range(first[node], first[node + 1]):
            if own_z[at] >= top:
                break
            depth[own_cell[at]] = top - own_z[at]


@numba.njit(cache=True, nogil=True)
def put_spills(root, spill, z, first, own_cell, filled):  # type: ignore[no-untyped-def]
    """Raise the cells of every node to the spill of the outermost one above it."""
    for node in range(1, len(root)):
        top = np.float32(spill[root[node]])
        for at in range(first[node], first[node + 1]):
            cell = own_cell[at]
            filled[cell] = max(z[cell], top)
