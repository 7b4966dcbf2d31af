"""The nearest line of many to a point: their segments in square cells, asked ring by ring."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from app.geo.polylines import Floats, Ints, Polylines

Shorts = npt.NDArray[np.int32]

_SEGMENTS_A_CELL = 0.5
_MOST_CELLS = 1 << 25


@dataclass(frozen=True)
class Cells:
    """Segments by cell; ``entry`` are the vertices that they begin with."""

    course: Polylines
    owner: Shorts
    west: float
    south: float
    cell_m: float
    columns: int
    rows: int
    start: Shorts
    entry: Shorts

    @classmethod
    def of(cls, course: Polylines, pad_m: float = 0.0) -> Cells:
        """Cells over at least one line; a segment is in every cell that it comes so near to."""
        xy = course.xy
        (west, south), (east, north) = xy.min(axis=0), xy.max(axis=0)
        owner = np.repeat(np.arange(len(course), dtype=np.int32), np.diff(course.begin))
        wanted = min(max(len(xy) / _SEGMENTS_A_CELL, 16.0), float(_MOST_CELLS))
        cell_m = max(np.sqrt((east - west + 1) * (north - south + 1) / wanted), 1.0)
        # A long thin town, too, has no more cells than it has use for.
        cell_m = max(cell_m, (east - west + north - south) / wanted)
        columns, rows = int((east - west) / cell_m) + 1, int((north - south) / cell_m) + 1
        start, entry = _filled(xy, owner, west, south, cell_m, columns, rows, pad_m)
        return cls(course, owner, west, south, cell_m, columns, rows, start, entry)

    def nearest(self, xy: Floats) -> tuple[Ints, Floats, Floats]:
        """Line, metres from its start and distance of the nearest one, of equally near the first."""
        found: tuple[Ints, Floats, Floats] = _nearest(
            np.ascontiguousarray(xy), self.course.xy, self.course.chainage, self.owner, self.west,
            self.south, self.cell_m, self.columns, self.rows, self.start, self.entry,
        )  # fmt: skip
        return found


@numba.njit(cache=True, nogil=True)
def _filled(xy, owner, west, south, cell_m, columns, rows, pad_m):  # type: ignore[no-untyped-def]
    """Counting sort of the segments into every cell that they pass, a pad around them included."""
    start = np.zeros(columns * rows + 2, dtype=np.int32)
    entry = np.empty(0, dtype=np.int32)
    pad = pad_m / cell_m + 1e-9
    for fill in range(2):
        for i in range(len(xy) - 1):
            if owner[i] != owner[i + 1]:
                continue
            x0, y0 = (xy[i, 0] - west) / cell_m, (xy[i, 1] - south) / cell_m
            x1, y1 = (xy[i + 1, 0] - west) / cell_m, (xy[i + 1, 1] - south) / cell_m
            if y1 < y0:
                x0, y0, x1, y1 = x1, y1, x0, y0
            for r in range(max(int(y0 - pad), 0), min(int(y1 + pad), rows - 1) + 1):
                a, b = x0, x1
                if y1 > y0:
                    a = x0 + (x1 - x0) * min(max((r - pad - y0) / (y1 - y0), 0.0), 1.0)
                    b = x0 + (x1 - x0) * min(max((r + 1 + pad - y0) / (y1 - y0), 0.0), 1.0)
                first = max(int(min(a, b) - pad), 0)
                last = min(int(max(a, b) + pad), columns - 1)
                for c in range(first, last + 1):
                    key = r * columns + c
                    if fill:
                        entry[start[key + 1]] = i
                    start[key + 2 - fill] += 1
        if not fill:
            for k in range(columns * rows + 1):
                start[k + 1] += start[k]
            entry = np.empty(start[-1], dtype=np.int32)
    return start[:-1].copy(), entry


@numba.njit(cache=True, nogil=True)
def _nearest(places, xy, along, owner, west, south, cell_m, columns, rows, start, entry):  # type: ignore[no-untyped-def]
    n = len(places)
    line, at_m, far = np.empty(n, dtype=np.int64), np.empty(n), np.empty(n)
    for p in range(n):
        px, py = places[p, 0], places[p, 1]
        column = min(max(int((px - west) / cell_m), 0), columns - 1)
        row = min(max(int((py - south) / cell_m), 0), rows - 1)
        best, chosen, share = np.inf, -1, 0.0
        ring = 0
        while True:
            for r in range(max(row - ring, 0), min(row + ring, rows - 1) + 1):
                is_rim = r == row - ring or r == row + ring
                step = 1 if is_rim else 2 * ring
                c = column - ring
                while c <= column + ring:
                    if 0 <= c < columns:
                        cell = r * columns + c
                        for e in range(start[cell], start[cell + 1]):
                            i = entry[e]
                            ax, ay = xy[i, 0], xy[i, 1]
                            dx, dy = xy[i + 1, 0] - ax, xy[i + 1, 1] - ay
                            length2 = dx * dx + dy * dy
                            t = 0.0
                            if length2 > 0.0:
                                t = ((px - ax) * dx + (py - ay) * dy) / length2
                            if t <= 0.0:
                                t, ex, ey = 0.0, px - ax, py - ay
                            elif t >= 1.0:
                                t, ex, ey = 1.0, px - xy[i + 1, 0], py - xy[i + 1, 1]
                            else:
                                ex, ey = px - (ax + t * dx), py - (ay + t * dy)
                            d2 = ex * ex + ey * ey
                            if d2 < best or (d2 == best and owner[i] < owner[chosen]):
                                best, chosen, share = d2, i, t
                    c += step
            # Nothing outside of the rings is nearer than their rim; beyond the table there is nothing.
            rim = np.inf
            if column - ring > 0:
                rim = min(rim, px - west - (column - ring) * cell_m)
            if column + ring < columns - 1:
                rim = min(rim, west + (column + ring + 1) * cell_m - px)
            if row - ring > 0:
                rim = min(rim, py - south - (row - ring) * cell_m)
            if row + ring < rows - 1:
                rim = min(rim, south + (row + ring + 1) * cell_m - py)
            if rim == np.inf or (rim > 0.0 and best < rim * rim):
                break
            ring += 1
        line[p] = owner[chosen]
        at_m[p] = along[chosen] + share * (along[chosen + 1] - along[chosen])
        far[p] = np.sqrt(best)
    return line, at_m, far
