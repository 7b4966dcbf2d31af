"""Outlines of all places within a distance of some lines, many sets of lines at once.

The distance to the lines of one set is taken at the corners of square cells and is linear in the
two triangles of each. Between three corners it is never underestimated by more than their mean
distance (no place of a cell is farther than 0.7072 sides from all of them), so an outline drawn so
much tighter holds no place beyond the distance. More lines never take a place away, and the
outlines of one set neither touch nor cross.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numba
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from app.geo.polylines import Floats, Ints, Polylines, Shapes

CELLS_A_DISTANCE = 7
_CLEAR = 1e-3  # of a side of a cell: outlines keep this far from its corners
_TIGHTER = 0.7072 + 2 * _CLEAR  # sides of a cell
_STRAIGHT_M = 1e-6
_SHARES = 4


@dataclass(frozen=True)
class _Rings:
    """Rings of all sets: ``xy[begin[k] : begin[k + 1]]`` bounds set ``of[k]``, holes clockwise."""

    xy: Floats
    begin: Ints
    of: Ints
    area: Floats


def within(lines: Polylines, group: Ints, distance_m: float) -> dict[int, BaseGeometry]:
    """The places within the distance of the lines of each group; a little less, never more.

    Parameters
    ----------
    lines
        In metres; none without a vertex.
    group
        Of each line, sorted.

    Returns
    -------
    A Polygon or MultiPolygon of each group, its edge at most 0.11 of the distance inside of the true one.
    """
    if not len(lines):
        return {}
    names, first = np.unique(group, return_index=True)
    ends = np.append(first, len(lines))
    threads = min(os.cpu_count() or 1, _SHARES, len(names))
    shares = np.linspace(0, len(names), threads + 1).astype(np.int64)
    cell = distance_m / CELLS_A_DISTANCE

    def share(k: int) -> Shapes:
        sets = ends[shares[k] : shares[k + 1] + 1]
        rings = _Rings(*_outlines(lines.xy, lines.begin, sets, distance_m, cell))
        return _polygons(rings, len(sets) - 1)

    with ThreadPoolExecutor(max_workers=threads) as pool:
        shapes = np.concatenate(list(pool.map(share, range(threads))))
    return dict(zip(names.tolist(), shapes.tolist(), strict=True))


def _polygons(rings: _Rings, sets: int) -> Shapes:
    """The rings of each set as one geometry, every hole in the smallest ring around it."""
    found = np.full(sets, shapely.Polygon(), dtype=object)
    if not len(rings.of):
        return found
    owner = np.repeat(np.arange(len(rings.of)), np.diff(rings.begin))
    loops: Shapes = np.asarray(shapely.linearrings(rings.xy, indices=owner))
    shell = _shells(rings.xy, rings.begin, rings.of, rings.area)
    is_hole = rings.area < 0
    # A shell, then its holes.
    order = np.lexsort((is_hole, shell))
    parts: Shapes = np.asarray(shapely.polygons(loops[order], indices=_numbered(shell[order])))
    of = rings.of[order][~is_hole[order]]
    count = np.bincount(of, minlength=sets)
    alone = count[of] == 1
    found[of[alone]] = parts[alone]
    several = np.flatnonzero(count > 1)
    if len(several):
        index = np.searchsorted(several, of[~alone])
        found[several] = shapely.multipolygons(parts[~alone], indices=index)
    return found


def _numbered(sorted_names: Ints) -> Ints:
    """0, 1, 2 … for each new name."""
    return np.cumsum(np.diff(sorted_names, prepend=sorted_names[:1]) != 0)


@numba.njit(cache=True, nogil=True)
def _spread(xy, first, last, far, west, south, cell, columns, rows, reach):  # type: ignore[no-untyped-def]
    """Lower the squared distances at the corners around one line."""
    for i in range(first, max(last - 1, first + 1)):
        ax, ay = xy[i, 0] - west, xy[i, 1] - south
        j = min(i + 1, last - 1)
        dx, dy = xy[j, 0] - xy[i, 0], xy[j, 1] - xy[i, 1]
        length2 = dx * dx + dy * dy
        per = 1.0 / length2 if length2 > 0.0 else 0.0
        low = max(int(np.ceil((min(ay, ay + dy) - reach) / cell)), 0)
        high = min(int((max(ay, ay + dy) + reach) / cell), rows - 1)
        for r in range(low, high + 1):
            py = r * cell - ay
            # The part of the segment that is near enough to this row.
            t0, t1 = 0.0, 1.0
            if dy != 0.0:
                a, b = (py - reach) / dy, (py + reach) / dy
                t0, t1 = max(min(a, b), 0.0), min(max(a, b), 1.0)
            x0, x1 = ax + t0 * dx, ax + t1 * dx
            c0 = max(int(np.ceil((min(x0, x1) - reach) / cell)), 0)
            c1 = min(int((max(x0, x1) + reach) / cell), columns - 1)
            for c in range(c0, c1 + 1):
                px = c * cell - ax
                t = min(max((px * dx + py * dy) * per, 0.0), 1.0)
                ex, ey = px - t * dx, py - t * dy
                d2 = ex * ex + ey * ey
                if d2 < far[r * columns + c]:
                    far[r * columns + c] = d2


@numba.njit(cache=True, nogil=True)
def _linked(far, following, crossed, columns, rows, inside2):  # type: ignore[no-untyped-def]
    """Link the sides of triangles that outlines cross, inside on the left; how many there are.

    The sides from a corner: to the east, to the north, to the northeast.
    """
    count = 0
    for r in range(rows - 1):
        in_b, in_e = False, False
        for a in range(r * columns, r * columns + columns - 1):
            b, d = a + 1, a + columns
            in_a, in_d = in_b, in_e
            in_b, in_e = far[b] < inside2, far[d + 1] < inside2
            if in_a == in_b and in_a == in_d and in_a == in_e:
                continue
            for half in range(2):
                # Counterclockwise: a b e, then a e d.
                if half == 0:
                    in_1, in_2, side_0, side_1, side_2 = in_b, in_e, 3 * a, 3 * b + 1, 3 * a + 2
                else:
                    in_1, in_2, side_0, side_1, side_2 = in_e, in_d, 3 * a + 2, 3 * d, 3 * a + 1
                if in_a == in_1 and in_a == in_2:
                    continue
                leaves = side_0 if in_a and not in_1 else (side_1 if in_1 and not in_2 else side_2)
                enters = side_0 if in_1 and not in_a else (side_1 if in_2 and not in_1 else side_2)
                following[leaves] = enters
                crossed[count] = leaves
                count += 1
    return count


@numba.njit(cache=True, nogil=True)
def _crossing(side, far, west, south, cell, columns, inside):  # type: ignore[no-untyped-def]
    """Where an outline crosses the side of a triangle."""
    corner, way = side // 3, side % 3
    other = corner + (1 if way == 0 else (columns if way == 1 else columns + 1))
    a, b = np.sqrt(far[corner]) - inside, np.sqrt(far[other]) - inside
    t = min(max(a / (a - b), _CLEAR), 1.0 - _CLEAR)
    x = corner % columns + (t if way != 1 else 0.0)
    y = corner // columns + (t if way != 0 else 0.0)
    return west + x * cell, south + y * cell


@numba.njit(cache=True, nogil=True)
def _is_straight(ax, ay, bx, by, cx, cy):  # type: ignore[no-untyped-def]
    """Whether b is no corner between a and c."""
    ux, uy, vx, vy = cx - ax, cy - ay, bx - ax, by - ay
    across = ux * vy - uy * vx
    return across * across <= _STRAIGHT_M**2 * (ux * ux + uy * uy) and ux * vx + uy * vy > 0.0


@numba.njit(cache=True, nogil=True)
def _outlines(xy, begin, sets, distance, cell):  # type: ignore[no-untyped-def]
    """Rings around the lines ``sets[k]`` to ``sets[k + 1]``, for each k."""
    inside = distance - _TIGHTER * cell
    reach = distance + cell
    far, following = np.empty(0), np.empty(0, dtype=np.int32)
    crossed = np.empty(0, dtype=np.int32)
    out, n = np.empty((4096, 2)), 0
    start, of = np.zeros(257, dtype=np.int64), np.empty(256, dtype=np.int64)
    area, rings = np.empty(256), 0
    for k in range(len(sets) - 1):
        first, last = begin[sets[k]], begin[sets[k + 1]]
        part = xy[first:last]
        west = (np.floor((part[:, 0].min() - reach) / cell) - 1) * cell
        south = (np.floor((part[:, 1].min() - reach) / cell) - 1) * cell
        columns = int((part[:, 0].max() + reach - west) / cell) + 3
        rows = int((part[:, 1].max() + reach - south) / cell) + 3
        if columns * rows > len(far):
            far, following = np.empty(columns * rows), np.full(3 * columns * rows, -1, np.int32)
            crossed = np.empty(3 * columns * rows, dtype=np.int32)
        far[: columns * rows] = np.inf
        for line in range(sets[k], sets[k + 1]):
            _spread(xy, begin[line], begin[line + 1], far, west, south, cell, columns, rows, reach)
        count = _linked(far, following, crossed, columns, rows, inside * inside)
        for one in range(count):
            side = crossed[one]
            if following[side] < 0:
                continue
            ring, twice = n, 0.0
            while following[side] >= 0:
                x, y = _crossing(side, far, west, south, cell, columns, inside)
                if n + 2 > len(out):
                    out = np.concatenate((out, np.empty((len(out), 2))))
                if n >= ring + 2 and _is_straight(
                    out[n - 2, 0], out[n - 2, 1], out[n - 1, 0], out[n - 1, 1], x, y
                ):
                    n -= 1
                out[n, 0], out[n, 1] = x, y
                n += 1
                after = following[side]
                following[side] = -1
                side = after
            out[n, 0], out[n, 1] = out[ring, 0], out[ring, 1]
            n += 1
            for i in range(ring, n - 1):
                twice += (out[i, 0] - west) * (out[i + 1, 1] - south)
                twice -= (out[i + 1, 0] - west) * (out[i, 1] - south)
            if rings == len(of):
                start = np.concatenate((start, np.empty(rings, dtype=np.int64)))
                of = np.concatenate((of, np.empty(rings, dtype=np.int64)))
                area = np.concatenate((area, np.empty(rings)))
            of[rings], area[rings] = k, twice / 2
            rings += 1
            start[rings] = n
    return out[:n].copy(), start[: rings + 1].copy(), of[:rings].copy(), area[:rings].copy()


@numba.njit(cache=True, nogil=True)
def _surrounds(xy, first, last, x, y):  # type: ignore[no-untyped-def]
    """Whether a ring goes round a place."""
    odd = False
    for i in range(first, last - 1):
        y0, y1 = xy[i, 1], xy[i + 1, 1]
        if (y0 > y) != (y1 > y):
            at = xy[i, 0] + (y - y0) / (y1 - y0) * (xy[i + 1, 0] - xy[i, 0])
            if at > x:
                odd = not odd
    return odd


@numba.njit(cache=True, nogil=True)
def _shells(xy, begin, of, area):  # type: ignore[no-untyped-def]
    """The ring around each hole, itself for every other ring; rings of one set stand together."""
    shell = np.arange(len(of))
    first = 0
    while first < len(of):
        last = first
        while last < len(of) and of[last] == of[first]:
            last += 1
        for hole in range(first, last):
            if area[hole] >= 0.0:
                continue
            least = np.inf
            for ring in range(first, last):
                if 0.0 < area[ring] < least and area[ring] > -area[hole]:
                    x, y = xy[begin[hole], 0], xy[begin[hole], 1]
                    if _surrounds(xy, begin[ring], begin[ring + 1], x, y):
                        least, shell[hole] = area[ring], ring
        first = last
    return shell
