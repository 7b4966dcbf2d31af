"""The fewest places from which every point is within reach, chosen greedily."""

from __future__ import annotations

import heapq

import numba
import numpy as np
import numpy.typing as npt
import shapely

Ints = npt.NDArray[np.int64]


def greedy_places(xy: npt.NDArray[np.float64], reach_m: float) -> tuple[Ints, Ints]:
    """(points chosen in turn, and for each point the turn that covers it).

    The place that covers most points still open comes first, of equals the lower number.
    """
    n = len(xy)
    points = np.atleast_1d(np.asarray(shapely.points(xy), dtype=object))
    row, near = shapely.STRtree(points).query(points, predicate="dwithin", distance=reach_m)
    order = np.lexsort((near, row))
    start = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=n))]).astype(np.int64)
    chosen, turn = _greedy(start, near[order].astype(np.int64))
    return chosen, turn


@numba.njit(cache=True)
def _greedy(start, near):  # type: ignore[no-untyped-def]
    """Gains only fall, so a place whose gain is still what the heap says is the best there is."""
    n = len(start) - 1
    gain = start[1:] - start[:-1]
    turn = np.full(n, -1, dtype=np.int64)
    chosen = np.empty(n, dtype=np.int64)
    heap = [(-gain[i], np.int64(i)) for i in range(n)]
    heapq.heapify(heap)
    turns = 0
    while heap:
        told, i = heapq.heappop(heap)
        if turn[i] >= 0:
            continue
        if -told != gain[i]:
            heapq.heappush(heap, (-gain[i], i))
            continue
        chosen[turns] = i
        for k in range(start[i], start[i + 1]):
            j = near[k]
            if turn[j] < 0:
                turn[j] = turns
                for m in range(start[j], start[j + 1]):
                    gain[near[m]] -= 1
        turns += 1
    return chosen[:turns], turn
