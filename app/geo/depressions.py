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

import numpy as np
import numpy.typing as npt

from app.geo import growing, pouring

Floats32 = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Ints32 = npt.NDArray[np.int32]
Ints64 = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]

OPEN, CLOSED, OUTSIDE = 0, 1, 2
"""Kinds of cell: takes part; a wall or a building; outside of what is known, where water leaves."""


@dataclass(frozen=True)
class Hollows:
    """The tree of hollows of one grid. Node 0 is the way out; children precede their parent.

    ``own_cell``, ``own_z`` and ``own_sum_z`` list the cells of each node in rising height (slices
    by ``first``); ``base_cells`` and ``base_sum_z`` are those of its children together.
    ``capacity`` is the water in cell areas times metres up to ``spill_z``; ``target`` the leaf that
    receives what spills. The nodes below one outermost node (``root``) have numbers in a row that
    end with its own, and what spills from it runs to higher numbers.
    """

    shape: tuple[int, int]
    lowest_m: float
    leaf_of: Ints32
    z: Floats32
    is_leaf: npt.NDArray[np.bool_]
    parent: Ints32
    sibling: Ints32
    target: Ints32
    root: Ints32
    spill_z: Floats
    capacity: Floats
    base_cells: Ints64
    base_sum_z: Floats
    first: Ints64
    own_cell: Ints32
    own_z: Floats32
    own_sum_z: Floats

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
    rows, columns = int(z_m.shape[0]), int(z_m.shape[1])
    active = kind == OPEN
    lowest = float(z_m[active].min()) if active.any() else 0.0
    wide = columns + 2
    z = np.zeros((rows + 2, wide), dtype=np.float32)
    z[1:-1, 1:-1] = np.where(active, z_m - lowest, 0.0)
    state = np.full(z.shape, growing.BEYOND, dtype=np.int32)
    state[1:-1, 1:-1] = np.choose(kind, (growing.WAITING, growing.WALLED, growing.BEYOND))
    flat_z, leaf_of = z.ravel(), state.ravel()
    order = rising(flat_z, np.flatnonzero(leaf_of == growing.WAITING).astype(np.int32))
    steps = np.array([-wide - 1, 1 - wide, wide - 1, wide + 1, -wide, -1, 1, wide], dtype=np.int32)
    # No two leaves begin in neighbouring cells, so that a quarter of the cells can begin one.
    room = 2 * ((rows + 1) // 2) * ((columns + 1) // 2) + 2
    node_of, tree = growing.grown(flat_z, leaf_of, order, steps, room)
    nodes, ways_out = tree.counts.tolist()
    number = growing.numbers_by_tree(tree.parent[:nodes], tree.exits[:ways_out])
    back = np.argsort(number)
    parent, sibling, target, spill, is_leaf = (array[:nodes][back] for array in tree[:5])
    for links in (leaf_of, node_of, parent, sibling, target):
        growing.renumber(links, number)
    first = np.zeros(nodes + 1, dtype=np.int64)
    np.cumsum(np.bincount(node_of[order], minlength=nodes), out=first[1:])
    own_cell, own_z, own_sum = growing.own_cells(flat_z, node_of, order, first)
    base_cells, base_sum, capacity, root = growing.measured(parent, spill, first, own_sum)
    return Hollows(
        (rows, columns), lowest, state[1:-1, 1:-1].ravel(), z[1:-1, 1:-1].ravel(), is_leaf, parent,
        sibling, target, root, spill, capacity, base_cells, base_sum, first,
        _unpadded(own_cell, wide), own_z, own_sum,
    )  # fmt: skip


def _unpadded(cells: Ints32, wide: int) -> Ints32:
    """Flat indices into a grid with a rim as those into the grid inside of it."""
    return cells - (wide - 1) - 2 * (cells // wide)


def pour(hollows: Hollows, leaf_water: Floats) -> Poured:
    """Water given to leaves (cell areas times metres) at rest; index 0 runs straight out."""
    water = np.array(leaf_water, dtype=np.float64)
    level, stored, left = pouring.settled(
        water, hollows.is_leaf, hollows.parent, hollows.sibling, hollows.target, hollows.root,
        hollows.spill_z, hollows.capacity, hollows.base_cells, hollows.base_sum_z, hollows.first,
        hollows.own_z, hollows.own_sum_z,
    )  # fmt: skip
    return Poured(level, float(stored), float(left))


def depth_of(hollows: Hollows, poured: Poured) -> Floats32:
    """Depth of the standing water in metres; 0 where dry."""
    depth = np.zeros(hollows.shape, dtype=np.float32)
    pouring.put_depths(poured.level_z, hollows.first, hollows.own_cell, hollows.own_z, depth.ravel())  # fmt: skip
    return depth


def filled_z(hollows: Hollows) -> Floats32:
    """The surface of endless rain, above ``lowest_m``."""
    filled = hollows.z.copy()
    pouring.put_spills(hollows.root, hollows.spill_z, hollows.z, hollows.first, hollows.own_cell, filled)  # fmt: skip
    return filled.reshape(hollows.shape)


def leaf_sums(hollows: Hollows, values: Floats32) -> Floats:
    """Sum of a value of the cells by the leaf that their water runs to."""
    sums: Floats = pouring.summed_by_leaf(hollows.leaf_of, values.ravel(), hollows.nodes)
    return sums


def rising(z: Floats32, cells: Ints32) -> Ints32:
    """The cells in rising height, equal ones in the order given; heights must not be negative."""
    ordered: Ints32 = growing.sorted_by_bits(z.view(np.uint32), cells)
    return ordered
