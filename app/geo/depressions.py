"""Hollows of a height grid and how they nest: fill, spill, merge.

One pass over the cells in rising height. A cell takes the label of its steepest labelled
neighbour or starts a hollow of its own; where it touches two different hollows they merge at its
height, and where it touches what has already found the way out, the hollow spills there. Water of
any amount is then poured into the tree of hollows in milliseconds, so a rain can be slid.

After Barnes, Callaghan and Wickert (2020), "Computing water flow through complex landscapes, part
2 and 3"; written from the papers, without recursion and with the tree prepared once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

Floats32 = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Ints32 = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.uint8]

OPEN, CLOSED, OUTSIDE = 0, 1, 2
"""Kinds of cell: takes part; a wall or a building; outside of what is known, where water leaves."""


@dataclass(frozen=True)
class Hollows:
    """The tree of hollows of one grid. Node 0 is the way out; children precede their parent.

    ``own_z`` and ``own_sum_z`` list the cells of each node in rising height (slices by ``first``);
    ``base_cells`` and ``base_sum_z`` are those of its children together. ``capacity`` is the water
    in cell areas times metres up to ``spill_z``; ``target`` the leaf that receives what spills.
    ``exit_rank`` orders the trees by when they found the way out.
    """

    shape: tuple[int, int]
    lowest_m: float
    leaf_of: Ints32
    node_of: Ints32
    z: Floats32
    is_leaf: npt.NDArray[np.bool_]
    parent: Ints32
    sibling: Ints32
    target: Ints32
    spill_z: Floats
    capacity: Floats
    base_cells: npt.NDArray[np.int64]
    base_sum_z: Floats
    first: npt.NDArray[np.int64]
    own_z: Floats32
    own_sum_z: Floats
    exits: Ints32

    @property
    def nodes(self) -> int:
        return len(self.parent)


@dataclass(frozen=True)
class Poured:
    """Water in the hollows: level of each node (NaN: dry), and what left the grid."""

    level_z: Floats
    stored: float
    left: float


def find_hollows(z_m: npt.NDArray[np.floating], kind: Bytes) -> Hollows:
    """The nested hollows of a grid with eight neighbours; the rim of the grid is a way out."""
    shape = (int(z_m.shape[0]), int(z_m.shape[1]))
    active = kind == OPEN
    lowest = float(z_m[active].min()) if active.any() else 0.0
    z = np.where(active, z_m - lowest, 0.0).astype(np.float32).ravel()
    order = rising(z, np.flatnonzero(active.ravel()).astype(np.int32))
    grown = _grow(z, kind.ravel(), order, shape[0], shape[1])
    leaf_of, node_of, count, is_leaf, parent, sibling, target, spill, cells, sum_z, exits = grown
    first = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(node_of[order], minlength=count)[:count], out=first[1:])
    own_z, own_sum = _own_cells(z, node_of, order, first)
    capacity = _capacities(spill, cells, sum_z, first, own_sum, parent)
    return Hollows(
        shape, lowest, leaf_of, node_of, z, is_leaf, parent, sibling, target, spill, capacity,
        cells, sum_z, first, own_z, own_sum, exits,
    )  # fmt: skip


def pour(hollows: Hollows, leaf_water: Floats) -> Poured:
    """Water given to leaves (cell areas times metres) at rest; index 0 runs straight out."""
    water = np.array(leaf_water, dtype=np.float64)
    held, merged, left = _pour(
        water, hollows.is_leaf, hollows.parent, hollows.sibling, hollows.target, hollows.capacity,
        hollows.exits, tree_of(hollows),
    )  # fmt: skip
    level = _levels(
        held, merged, hollows.parent, hollows.spill_z, hollows.capacity, hollows.base_cells,
        hollows.base_sum_z, hollows.first, hollows.own_z, hollows.own_sum_z,
    )  # fmt: skip
    return Poured(level, float(held[~merged].sum()), float(left))


def depth_of(hollows: Hollows, poured: Poured) -> Floats32:
    """Depth of the standing water in metres; 0 where dry."""
    level = np.where(np.isnan(poured.level_z), -1.0, poured.level_z).astype(np.float64)
    depth: Floats32 = _depths(hollows.z, hollows.node_of, level).reshape(hollows.shape)
    return depth


def filled_z(hollows: Hollows) -> Floats32:
    """The surface of endless rain, above ``lowest_m``."""
    top = _top_spill(hollows.parent, hollows.spill_z).astype(np.float32)
    filled = np.maximum(hollows.z, np.where(hollows.node_of > 0, top[hollows.node_of], 0.0))
    return np.asarray(filled, dtype=np.float32).reshape(hollows.shape)


def leaf_sums(hollows: Hollows, values: Floats32) -> Floats:
    """Sum of a value of the cells by the leaf that their water runs to."""
    sums: Floats = _leaf_sums(hollows.leaf_of, values.ravel(), hollows.nodes)
    return sums


def tree_of(hollows: Hollows) -> Ints32:
    """The outermost node above each node."""
    roots: Ints32 = _roots(hollows.parent)
    return roots


def rising(z: Floats32, cells: Ints32) -> Ints32:
    """The cells in rising height, equal ones in the order given; heights must not be negative."""
    ordered: Ints32 = _radix(z.view(np.uint32), cells)
    return ordered


# --- kernels -----------------------------------------------------------------------------------------
@numba.njit(cache=True, nogil=True)
def _radix(bits, cells):  # type: ignore[no-untyped-def]
    """Sort by the bits of a non-negative float32, 11 bits at a time."""
    n = len(cells)
    here = cells.copy()
    there = np.empty_like(cells)
    for turn in range(3):
        shift = np.uint32(11 * turn)
        counts = np.zeros(2049, dtype=np.int64)
        for i in range(n):
            counts[((bits[here[i]] >> shift) & np.uint32(2047)) + 1] += 1
        for b in range(2048):
            counts[b + 1] += counts[b]
        for i in range(n):
            cell = here[i]
            bucket = (bits[cell] >> shift) & np.uint32(2047)
            there[counts[bucket]] = cell
            counts[bucket] += 1
        here, there = there, here
    return here


@numba.njit(cache=True, nogil=True)
def _find(up, node):  # type: ignore[no-untyped-def]
    while up[node] != node:
        up[node] = up[up[node]]
        node = up[node]
    return node


@numba.njit(cache=True, nogil=True)
def _grow(z, kind, order, rows, columns):  # type: ignore[no-untyped-def]
    """Labels, merges and spills in one pass over the cells in rising height."""
    n = len(z)
    most = 2 * len(order) + 2
    leaf_of = np.full(n, -1, dtype=np.int32)
    node_of = np.zeros(n, dtype=np.int32)
    room = 1024
    parent = np.full(room, -1, dtype=np.int32)
    sibling = np.full(room, -1, dtype=np.int32)
    target = np.zeros(room, dtype=np.int32)
    spill = np.full(room, np.inf)
    cells = np.zeros(room, dtype=np.int64)
    sums = np.zeros(room)
    # The running count and sum of a node with all below it: its base once a parent takes it.
    all_cells = np.zeros(room, dtype=np.int64)
    all_sums = np.zeros(room)
    up = np.arange(room).astype(np.int32)
    is_leaf = np.zeros(room, dtype=np.bool_)
    exits = np.empty(most, dtype=np.int32)
    n_exits = 0
    count = 1
    flat = 1.0 / np.sqrt(2.0)
    for at in range(len(order)):
        cell = order[at]
        r = cell // columns
        c = cell - r * columns
        height = z[cell]
        best = -1.0
        label = np.int32(-1)
        touches_out = False
        for dr in range(-1, 2):
            for dc in range(-1, 2):
                if dr == 0 and dc == 0:
                    continue
                rr, cc = r + dr, c + dc
                if rr < 0 or rr >= rows or cc < 0 or cc >= columns:
                    touches_out = True
                    continue
                other = rr * columns + cc
                if kind[other] == 2:
                    touches_out = True
                    continue
                if leaf_of[other] < 0:
                    continue
                drop = height - z[other]
                if dr != 0 and dc != 0:
                    drop *= flat
                if drop > best:
                    best = drop
                    label = leaf_of[other]
        if touches_out and best <= 0.0:
            label = np.int32(0)
        if label < 0:
            if count + 2 >= room:
                room *= 2
                parent = _longer(parent, room, -1)
                sibling = _longer(sibling, room, -1)
                target = _longer(target, room, 0)
                spill = _longer(spill, room, np.inf)
                cells = _longer(cells, room, 0)
                sums = _longer(sums, room, 0.0)
                all_cells = _longer(all_cells, room, 0)
                all_sums = _longer(all_sums, room, 0.0)
                is_leaf = _longer(is_leaf, room, False)
                longer = np.arange(room).astype(np.int32)
                longer[: len(up)] = up
                up = longer
            label = np.int32(count)
            is_leaf[count] = True
            count += 1
        leaf_of[cell] = label
        mine = _find(up, label)
        if touches_out and mine != 0:
            target[mine] = 0
            spill[mine] = height
            parent[mine] = 0
            up[mine] = 0
            exits[n_exits] = mine
            n_exits += 1
            mine = 0
        for dr in range(-1, 2):
            for dc in range(-1, 2):
                rr, cc = r + dr, c + dc
                if (dr == 0 and dc == 0) or rr < 0 or rr >= rows or cc < 0 or cc >= columns:
                    continue
                other = rr * columns + cc
                if leaf_of[other] < 0:
                    continue
                theirs = _find(up, leaf_of[other])
                if theirs == mine:
                    continue
                if mine == 0 or theirs == 0:
                    inner = theirs if mine == 0 else mine
                    target[inner] = label if mine == 0 else leaf_of[other]
                    spill[inner] = height
                    parent[inner] = 0
                    up[inner] = 0
                    exits[n_exits] = inner
                    n_exits += 1
                    mine = 0
                    continue
                if count + 2 >= room:
                    room *= 2
                    parent = _longer(parent, room, -1)
                    sibling = _longer(sibling, room, -1)
                    target = _longer(target, room, 0)
                    spill = _longer(spill, room, np.inf)
                    cells = _longer(cells, room, 0)
                    sums = _longer(sums, room, 0.0)
                    all_cells = _longer(all_cells, room, 0)
                    all_sums = _longer(all_sums, room, 0.0)
                    is_leaf = _longer(is_leaf, room, False)
                    longer = np.arange(room).astype(np.int32)
                    longer[: len(up)] = up
                    up = longer
                joint = np.int32(count)
                count += 1
                target[mine] = leaf_of[other]
                target[theirs] = label
                spill[mine] = height
                spill[theirs] = height
                sibling[mine] = theirs
                sibling[theirs] = mine
                parent[mine] = joint
                parent[theirs] = joint
                up[mine] = joint
                up[theirs] = joint
                cells[joint] = all_cells[mine] + all_cells[theirs]
                sums[joint] = all_sums[mine] + all_sums[theirs]
                all_cells[joint] = cells[joint]
                all_sums[joint] = sums[joint]
                mine = joint
        node_of[cell] = mine
        if mine != 0:
            all_cells[mine] += 1
            all_sums[mine] += height
    # A hollow that never found a way out (walled in on all sides) has none: it holds what it gets.
    for node in range(1, count):
        if parent[node] < 0:
            parent[node] = 0
            exits[n_exits] = node
            n_exits += 1
    return (
        leaf_of, node_of, count, is_leaf[:count], parent[:count], sibling[:count], target[:count],
        spill[:count], cells[:count], sums[:count], exits[:n_exits],
    )  # fmt: skip


@numba.njit(cache=True, nogil=True)
def _longer(values, room, empty):  # type: ignore[no-untyped-def]
    grown = np.full(room, empty, dtype=values.dtype)
    grown[: len(values)] = values
    return grown


@numba.njit(cache=True, nogil=True)
def _own_cells(z, node_of, order, first):  # type: ignore[no-untyped-def]
    """Heights of the cells of each node in rising order, with their running sum."""
    own_z = np.empty(len(order), dtype=np.float32)
    own_sum = np.empty(len(order))
    place = first[:-1].copy()
    running = np.zeros(len(first) - 1)
    for at in range(len(order)):
        cell = order[at]
        node = node_of[cell]
        height = z[cell]
        running[node] += height
        own_z[place[node]] = height
        own_sum[place[node]] = running[node]
        place[node] += 1
    return own_z, own_sum


@numba.njit(cache=True, nogil=True)
def _capacities(spill, cells, sums, first, own_sum, parent):  # type: ignore[no-untyped-def]
    capacity = np.zeros(len(parent))
    for node in range(1, len(parent)):
        if np.isinf(spill[node]):
            capacity[node] = np.inf
            continue
        own = first[node + 1] - first[node]
        total = sums[node] + (own_sum[first[node + 1] - 1] if own > 0 else 0.0)
        capacity[node] = max((cells[node] + own) * spill[node] - total, 0.0)
    return capacity


@numba.njit(cache=True, nogil=True)
def _roots(parent):  # type: ignore[no-untyped-def]
    root = np.zeros(len(parent), dtype=np.int32)
    for node in range(len(parent) - 1, 0, -1):
        root[node] = node if parent[node] == 0 else root[parent[node]]
    return root


@numba.njit(cache=True, nogil=True)
def _top_spill(parent, spill):  # type: ignore[no-untyped-def]
    top = np.zeros(len(parent))
    for node in range(len(parent) - 1, 0, -1):
        top[node] = spill[node] if parent[node] == 0 else top[parent[node]]
    return top


@numba.njit(cache=True, nogil=True)
def _leaf_sums(leaf_of, values, nodes):  # type: ignore[no-untyped-def]
    sums = np.zeros(nodes)
    for cell in range(len(leaf_of)):
        if leaf_of[cell] >= 0:
            sums[leaf_of[cell]] += values[cell]
    return sums


@numba.njit(cache=True, nogil=True)
def _pour(water, is_leaf, parent, sibling, target, capacity, exits, root):  # type: ignore[no-untyped-def]
    """Trees from the last that found the way out to the first: what spills runs to a later one."""
    n = len(parent)
    held = np.zeros(n)
    merged = np.zeros(n, dtype=np.bool_)  # its water is counted in its parent
    left = water[0]
    # Leaves by tree.
    start = np.zeros(n + 1, dtype=np.int64)
    for node in range(1, n):
        if is_leaf[node]:
            start[root[node] + 1] += 1
    for node in range(n):
        start[node + 1] += start[node]
    leaves = np.empty(start[n], dtype=np.int32)
    place = start[:-1].copy()
    for node in range(1, n):
        if is_leaf[node]:
            leaves[place[root[node]]] = node
            place[root[node]] += 1
    climb = np.arange(n).astype(np.int32)
    for at in range(len(exits) - 1, -1, -1):
        tree = exits[at]
        spilt = 0.0
        for k in range(start[tree], start[tree + 1]):
            amount = water[leaves[k]]
            node = leaves[k]
            while amount > 0.0:
                while climb[node] != node:
                    climb[node] = climb[climb[node]]
                    node = climb[node]
                space = capacity[node] - held[node]
                if amount < space:
                    held[node] += amount
                    break
                if space > 0.0:
                    amount -= space
                    held[node] = capacity[node]
                if node == tree:
                    spilt += amount
                    break
                other = sibling[node]
                if held[other] >= capacity[other]:
                    joint = parent[node]
                    merged[node] = True
                    merged[other] = True
                    climb[node] = joint
                    climb[other] = joint
                    held[joint] = capacity[node] + capacity[other]
                    node = joint
                else:
                    node = target[node]
        if spilt > 0.0:
            if target[tree] == 0:
                left += spilt
            else:
                water[target[tree]] += spilt
    return held, merged, left


@numba.njit(cache=True, nogil=True)
def _levels(held, merged, parent, spill, capacity, base_cells, base_sum, first, own_z, own_sum):  # type: ignore[no-untyped-def]
    level = np.full(len(parent), np.nan)
    for node in range(len(parent) - 1, 0, -1):
        if merged[node]:
            level[node] = level[parent[node]]
            continue
        volume = held[node]
        if volume <= 0.0:
            continue
        if volume >= capacity[node]:
            level[node] = spill[node]
            continue
        low, high = first[node], first[node + 1]
        begin = low
        # The last own cell that the water reaches: V(z of it) <= volume.
        while low < high:
            middle = (low + high) // 2
            count = base_cells[node] + (middle - begin)
            below = own_sum[middle - 1] if middle > begin else 0.0
            if count * np.float64(own_z[middle]) - (base_sum[node] + below) <= volume:
                low = middle + 1
            else:
                high = middle
        count = base_cells[node] + (low - begin)
        total = base_sum[node] + (own_sum[low - 1] if low > begin else 0.0)
        if count > 0:
            level[node] = (volume + total) / count
    return level


@numba.njit(cache=True, nogil=True)
def _depths(z, node_of, level):  # type: ignore[no-untyped-def]
    depth = np.zeros(len(z), dtype=np.float32)
    for cell in range(len(z)):
        if node_of[cell] > 0:
            above = level[node_of[cell]] - z[cell]
            if above > 0.0:
                depth[cell] = above
    return depth
