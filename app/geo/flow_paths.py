"""Where water runs over a height grid whose hollows are full: filled surface, directions, upstream.

A priority flood from the ways out inward (Wang and Liu 2006; Barnes, Lehman and Mulla 2014), where a
cell runs to the neighbour that the flood came from. The queue is in buckets of equal height with a
small heap for the one at hand, so that its cost hardly grows with the grid. Cells of one height are
taken in the order of the grid, those on the rim last, as pyflwdir takes them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from app.geo.depressions import OPEN, OUTSIDE, Bytes, Floats, Floats32

ENDS, NO_GROUND = 0, 247
"""Directions of a cell: water leaves the grid here; no ground, or walled in without a way out.

The others are the codes of D8: 1 east, 2 south-east, 4 south, 8, 16 west, 32, 64 north, 128.
"""
_CELLS_A_BUCKET = 4
_TOWARDS = np.array([2, 4, 8, 1, ENDS, 16, 128, 64, 32], dtype=np.uint8)


@dataclass(frozen=True)
class FlowPaths:
    """The filled surface (NaN where no water gets away), and the D8 direction of each cell."""

    filled_m: Floats32
    direction: Bytes


def flow_paths(z_m: npt.NDArray[np.floating], kind: Bytes) -> FlowPaths:
    """Fill a grid and find where each of its cells runs; rim and cells outside are ways out.

    Parameters
    ----------
    z_m
        Heights in metres; those of cells that are not open are not read.
    kind
        OPEN, CLOSED or OUTSIDE for each cell (:mod:`app.geo.depressions`).
    """
    rows, columns = (int(n) for n in z_m.shape)
    wide = columns + 2
    filled = np.zeros((rows + 2, wide), dtype=np.float32)
    filled[1:-1, 1:-1] = z_m
    is_open = np.zeros(filled.shape, dtype=np.bool_)
    is_open[1:-1, 1:-1] = kind == OPEN
    outside = np.ones(filled.shape, dtype=np.bool_)
    outside[1:-1, 1:-1] = kind == OUTSIDE
    direction = np.full(filled.shape, NO_GROUND, dtype=np.uint8)
    steps = np.array([r * wide + c for r in (-1, 0, 1) for c in (-1, 0, 1)], dtype=np.int32)
    heights = filled[is_open]
    if len(heights):
        lowest, highest = float(heights.min()), float(heights.max())
        buckets = len(heights) // _CELLS_A_BUCKET + 2
        scale = (buckets - 2) / (highest - lowest) if highest > lowest else 0.0
        _flood(
            filled.ravel(), is_open.ravel(), outside.ravel(), direction.ravel(), steps,
            np.float64(lowest), np.float64(scale), buckets,
        )  # fmt: skip
    filled[direction == NO_GROUND] = np.nan
    return FlowPaths(filled[1:-1, 1:-1].copy(), direction[1:-1, 1:-1].copy())


def upstream(paths: FlowPaths, values: npt.NDArray[np.floating] | None = None) -> Floats:
    """Of each cell the sum of ``values`` (1 where none are given) of itself and all that run to it."""
    rows, columns = paths.direction.shape
    sums = np.ones((rows, columns)) if values is None else np.array(values, dtype=np.float64)
    steps = np.zeros(256, dtype=np.int64)
    for code, (down, right) in zip(
        (1, 2, 4, 8, 16, 32, 64, 128),
        ((0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1)),
        strict=True,
    ):
        steps[code] = down * columns + right
    _accumulate(paths.direction.ravel(), steps, sums.ravel())
    return sums


# --- kernels -----------------------------------------------------------------------------------------
@numba.njit(cache=True, nogil=True)
def _key(height, on_rim, cell):  # type: ignore[no-untyped-def]
    """A number that rises with the height, then from inner cells to those on the rim, then the cell."""
    bits = np.uint64(np.float32(height + np.float32(0.0)).view(np.uint32))
    flip = np.uint64(0xFFFFFFFF) if bits >> np.uint64(31) else np.uint64(0x80000000)
    return ((bits ^ flip) << np.uint64(32)) | (np.uint64(on_rim) << np.uint64(31)) | np.uint64(cell)


@numba.njit(cache=True, nogil=True)
def _push(heap, size, key):  # type: ignore[no-untyped-def]
    at = size
    while at > 0:
        above = (at - 1) >> 1
        if heap[above] <= key:
            break
        heap[at] = heap[above]
        at = above
    heap[at] = key


@numba.njit(cache=True, nogil=True)
def _pop(heap, size):  # type: ignore[no-untyped-def]
    """Take the least of ``size`` keys; it is returned."""
    least, key = heap[0], heap[size - 1]
    last, at = size - 1, 0
    while 2 * at + 1 < last:
        child = 2 * at + 1
        if child + 1 < last and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= key:
            break
        heap[at] = heap[child]
        at = child
    heap[at] = key
    return least


@numba.njit(cache=True, nogil=True)
def _ways_out(z, is_open, outside, steps, lowest, scale, head, following, on_rim):  # type: ignore[no-untyped-def]
    """Put the open cells beside the outside into their buckets."""
    for cell in range(len(z)):
        if is_open[cell]:
            for step in steps:
                if outside[cell + step]:
                    bucket = np.int64((np.float64(z[cell]) - lowest) * scale)
                    following[cell], head[bucket] = head[bucket], cell
                    on_rim[cell] = True
                    break


@numba.njit(cache=True, nogil=True)
def _flood(z, is_open, outside, direction, steps, lowest, scale, buckets):  # type: ignore[no-untyped-def]
    """Raise ``z`` and set the directions; cells reached are taken out of ``is_open``."""
    head = np.full(buckets, -1, dtype=np.int32)
    following = np.empty(len(z), dtype=np.int32)
    on_rim = np.zeros(len(z), dtype=np.bool_)
    _ways_out(z, is_open, outside, steps, lowest, scale, head, following, on_rim)
    heap = np.empty(1024, dtype=np.uint64)
    mask = np.uint64(0x7FFFFFFF)
    for bucket in range(buckets):
        size = 0
        cell = head[bucket]
        while cell >= 0:
            if size + 16 > len(heap):
                heap = np.concatenate((heap, heap))
            _push(heap, size, _key(z[cell], on_rim[cell], cell))
            size += 1
            cell = following[cell]
        while size > 0:
            here = np.int64(_pop(heap, size) & mask)
            size -= 1
            if size + 16 > len(heap):
                heap = np.concatenate((heap, heap))
            level = z[here]
            for k in range(9):
                other = here + steps[k]
                if not is_open[other]:
                    continue
                is_open[other] = False
                direction[other] = _TOWARDS[k]
                if on_rim[other]:
                    continue
                z[other] = max(z[other], level)
                into = np.int64((np.float64(z[other]) - lowest) * scale)
                if into <= bucket:
                    _push(heap, size, _key(z[other], False, other))
                    size += 1
                else:
                    following[other], head[into] = head[into], other


@numba.njit(cache=True, nogil=True)
def _accumulate(direction, steps, sums):  # type: ignore[no-untyped-def]
    """Down every path from its head, as far as nothing else still runs to the cell."""
    n = len(direction)
    waiting = np.zeros(n, dtype=np.uint8)
    for cell in range(n):
        step = steps[direction[cell]]
        if step != 0:
            waiting[cell + step] += 1
    done = np.uint8(255)
    for head in range(n):
        if waiting[head] != 0:
            continue
        cell = head
        while True:
            waiting[cell] = done
            step = steps[direction[cell]]
            if step == 0:
                break
            below = cell + step
            sums[below] += sums[cell]
            waiting[below] -= 1
            if waiting[below] != 0:
                break
            cell = below
