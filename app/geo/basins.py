"""Which of some outlets the water of each cell runs to, over a height grid with hollows filled."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from app.geo.depressions import OPEN

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Basins:
    """``outlet`` of each cell: the number of its outlet, 0 over the rim or into a hole, -1 no part.

    ``way_m`` is the length of the way of its water and ``drop_m`` how far that falls.
    """

    outlet: npt.NDArray[np.int32]
    way_m: npt.NDArray[np.float32]
    drop_m: npt.NDArray[np.float32]


def find_basins(
    z_m: npt.NDArray[np.floating], kind: Bytes, outlets: npt.NDArray[np.int64], cell_m: float
) -> Basins:
    """A flood from the outlets (flat indices; -1: none) and the rim inward, lowest cell first.

    Of two outlets in one cell the first takes its water.
    """
    z = np.ascontiguousarray(z_m, dtype=np.float32).ravel()
    outlet, way, drop = _flood(z, kind.ravel(), outlets, kind.shape[0], kind.shape[1], cell_m)
    shape = kind.shape
    return Basins(outlet.reshape(shape), way.reshape(shape), drop.reshape(shape))


@numba.njit(cache=True, nogil=True)
def _flood(z, kind, outlets, rows, columns, cell_m):  # type: ignore[no-untyped-def]
    n = len(z)
    outlet = np.full(n, -1, dtype=np.int32)
    way = np.zeros(n, dtype=np.float32)
    drop = np.zeros(n, dtype=np.float32)
    queue = [(np.float32(0.0), np.int64(-1))]
    queue.pop()
    for number in range(len(outlets)):
        cell = outlets[number]
        if cell >= 0 and outlet[cell] < 0:
            outlet[cell] = number + 1
            heapq.heappush(queue, (z[cell], cell))
    for cell in range(n):
        if kind[cell] != OPEN or outlet[cell] >= 0:
            continue
        r, c = cell // columns, cell % columns
        beside = r == 0 or c == 0 or r == rows - 1 or c == columns - 1
        if not beside:
            for step in (-columns, columns, -1, 1):
                beside = beside or kind[cell + step] > 1
        if beside:
            outlet[cell] = 0
            heapq.heappush(queue, (z[cell], np.int64(cell)))
    while len(queue) > 0:
        level, cell = heapq.heappop(queue)
        r, c = cell // columns, cell % columns
        for dr in range(-1, 2):
            for dc in range(-1, 2):
                i, j = r + dr, c + dc
                if i < 0 or j < 0 or i >= rows or j >= columns:
                    continue
                other = i * columns + j
                if kind[other] != OPEN or outlet[other] >= 0:
                    continue
                length = cell_m * (1.0 if dr == 0 or dc == 0 else 1.4142135)
                outlet[other] = outlet[cell]
                way[other] = way[cell] + length
                drop[other] = drop[cell] + max(z[other] - z[cell], 0.0)
                heapq.heappush(queue, (max(level, z[other]), other))
    return outlet, way, drop
