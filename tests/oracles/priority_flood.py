"""The plain way to fill a grid: from the ways out inward, lowest first, with one heap and no tricks."""

from __future__ import annotations

import heapq

import numpy as np
import numpy.typing as npt

from app.geo.depressions import OPEN, OUTSIDE

CODES = {(0, 1): 1, (1, 1): 2, (1, 0): 4, (1, -1): 8, (0, -1): 16, (-1, -1): 32, (-1, 0): 64, (-1, 1): 128}  # fmt: skip
NEAR = [(r, c) for r in (-1, 0, 1) for c in (-1, 0, 1) if (r, c) != (0, 0)]


def priority_flood(
    z: npt.NDArray[np.floating], kind: npt.NDArray[np.uint8]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.uint8]]:
    """The filled surface (NaN: walled in) and the D8 direction of each cell (0: out, 247: none).

    The heap holds (height, on the rim, row, column): this is the order in which pyflwdir takes cells
    of one height, so that its directions are these.
    """
    rows, columns = z.shape
    filled, direction = np.full(z.shape, np.nan), np.full(z.shape, 247, dtype=np.uint8)

    def is_beyond(r: int, c: int) -> bool:
        return not (0 <= r < rows and 0 <= c < columns) or bool(kind[r, c] == OUTSIDE)

    queue: list[tuple[float, int, int, int]] = []
    rim = np.zeros(z.shape, dtype=bool)
    for r, c in np.argwhere(kind == OPEN).tolist():
        if any(is_beyond(r + i, c + j) for i, j in NEAR):
            rim[r, c] = True
            queue.append((float(z[r, c]), 1, r, c))
    heapq.heapify(queue)
    while queue:
        level, _, r, c = heapq.heappop(queue)
        filled[r, c] = level
        if direction[r, c] == 247:
            direction[r, c] = 0
        for i, j in NEAR:
            a, b = r + i, c + j
            if is_beyond(a, b) or kind[a, b] != OPEN or direction[a, b] != 247:
                continue
            direction[a, b] = CODES[-i, -j]
            if not rim[a, b]:
                heapq.heappush(queue, (max(level, float(z[a, b])), 0, a, b))
    return filled, direction


def upstream_cells(direction: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """Of each cell how many run to it, itself included, by walking down from every cell."""
    down = {code: step for step, code in CODES.items()}
    count = np.zeros(direction.shape, dtype=np.int64)
    for r, c in np.ndindex(*direction.shape):
        count[r, c] += 1
        while int(direction[r, c]) in down:
            i, j = down[int(direction[r, c])]
            r, c = r + i, c + j
            count[r, c] += 1
    return count
