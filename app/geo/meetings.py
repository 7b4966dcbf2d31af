"""Where lines meet: the places on each of them at which an edge of a network has to end."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

from app.geo.polylines import Floats, Ints, Polylines
from app.geo.segment_cells import Cells

# Vertices that are no farther than this from a line were drawn on it and rounded.
_TOUCH_M = 1e-6
_PARALLEL = 1e-9  # sine of the angle between two segments of one street


@dataclass(frozen=True)
class Cuts:
    """Places on lines where an edge has to end: the line, metres from its start, the place."""

    line: Ints
    at_m: Floats
    xy: Floats


def meetings(lines: Polylines, level: Ints, snap_m: float) -> tuple[Cuts, int]:
    """Crossings and touches of lines at grade, and ends of any line beside one at grade.

    Parameters
    ----------
    level
        1 for a line at grade, 0 for one above or below the others.
    snap_m
        How far from a line the end of another may lie to end on it.

    Returns
    -------
    The cuts, and at how many places lines meet where one of them has no vertex.
    """
    if not len(lines.xy):
        return Cuts(np.zeros(0, np.int64), np.zeros(0), np.zeros((0, 2))), 0
    cells = Cells.of(lines, max(snap_m, _TOUCH_M))
    vertex, at_m, xy, bare = _meet(
        cells.start, cells.entry, lines.xy, lines.chainage, lines.begin, cells.owner, level,
        float(snap_m),
    )  # fmt: skip
    places = len(np.unique(np.round(xy[bare] / max(snap_m, 1e-9)), axis=0))
    return Cuts(cells.owner[vertex].astype(np.int64), at_m, xy), places


@numba.njit(cache=True, nogil=True)
def _foot(px, py, xy, s):  # type: ignore[no-untyped-def]
    """(distance, share) of the place nearest to a point on the segment from vertex s."""
    ax, ay = xy[s, 0], xy[s, 1]
    dx, dy = xy[s + 1, 0] - ax, xy[s + 1, 1] - ay
    length2 = dx * dx + dy * dy
    share = 0.0
    if length2 > 0.0:
        share = min(max(((px - ax) * dx + (py - ay) * dy) / length2, 0.0), 1.0)
    ex, ey = px - (ax + share * dx), py - (ay + share * dy)
    return np.sqrt(ex * ex + ey * ey), share


@numba.njit(cache=True, nogil=True)
def _has_vertex(xy, s, x, y, snap_m):  # type: ignore[no-untyped-def]
    """Whether the segment from vertex s has an end at the place."""
    for k in range(s, s + 2):
        dx, dy = xy[k, 0] - x, xy[k, 1] - y
        if dx * dx + dy * dy <= snap_m * snap_m:
            return True
    return False


@numba.njit(cache=True, nogil=True)
def _apart(xy, i, j, far):  # type: ignore[no-untyped-def]
    """Whether the boxes around two segments are farther apart than that."""
    for k in range(2):
        low, high = min(xy[i, k], xy[i + 1, k]), max(xy[i, k], xy[i + 1, k])
        if min(xy[j, k], xy[j + 1, k]) > high + far or max(xy[j, k], xy[j + 1, k]) < low - far:
            return True
    return False


@numba.njit(cache=True, nogil=True)
def _meet(start, entry, xy, chainage, begin, owner, level, snap_m):  # type: ignore[no-untyped-def]
    """(vertex that the segment begins with, metres along its line, place, whether a vertex is missing
    there) of every cut. Two segments that share several cells are told as often."""
    room, n = 1024, 0
    vertex, at_m = np.empty(room, dtype=np.int64), np.empty(room)
    place, bare = np.empty((room, 2)), np.zeros(room, dtype=np.bool_)
    far = max(snap_m, _TOUCH_M)
    for cell in range(len(start) - 1):
        for p in range(start[cell], start[cell + 1]):
            for q in range(p + 1, start[cell + 1]):
                i, j = entry[p], entry[q]
                one, is_i, is_j = owner[i] == owner[j], level[owner[i]] == 1, level[owner[j]] == 1
                if not (is_i or is_j) or _apart(xy, i, j, far):
                    continue
                if n + 10 > room:
                    vertex = np.concatenate((vertex, np.empty(room, dtype=np.int64)))
                    at_m = np.concatenate((at_m, np.empty(room)))
                    place = np.concatenate((place, np.empty((room, 2))))
                    bare = np.concatenate((bare, np.zeros(room, dtype=np.bool_)))
                    room *= 2
                n = _pair(
                    i, j, one, is_i, is_j, xy, chainage, begin, owner, snap_m,
                    vertex, at_m, place, bare, n,
                )  # fmt: skip
    return vertex[:n].copy(), at_m[:n].copy(), place[:n].copy(), bare[:n].copy()


@numba.njit(cache=True, nogil=True)
def _pair(  # type: ignore[no-untyped-def]
    i, j, one, is_i, is_j, xy, chainage, begin, owner, snap_m, vertex, at_m, place, bare, n
):  # fmt: skip
    """Write the cuts of one pair of segments after the first n; how many there are then."""
    both = is_i and is_j
    ux, uy = xy[i + 1, 0] - xy[i, 0], xy[i + 1, 1] - xy[i, 1]
    vx, vy = xy[j + 1, 0] - xy[j, 0], xy[j + 1, 1] - xy[j, 1]
    across = ux * vy - uy * vx
    is_flat = across * across <= _PARALLEL**2 * (ux * ux + uy * uy) * (vx * vx + vy * vy)
    touched = False
    for turn in range(4):
        # The ends of i against j, then those of j against i.
        a, b = (i, j) if turn < 2 else (j, i)
        end = a + turn % 2
        is_end = end == begin[owner[a]] or end == begin[owner[a] + 1] - 1
        if one and not is_end:
            continue
        x, y = xy[end, 0], xy[end, 1]
        far, share = _foot(x, y, xy, b)
        meets = both and not one and far <= _TOUCH_M
        lands = is_end and (is_j if turn < 2 else is_i) and far <= snap_m
        if not (meets or lands):
            continue
        touched = touched or meets
        is_bare = meets and (is_end or not is_flat) and not _has_vertex(xy, b, x, y, snap_m)
        along = chainage[b] + share * (chainage[b + 1] - chainage[b])
        n = _cut(
            b, along, x, y, is_bare, chainage, begin, owner, snap_m, vertex, at_m, place, bare, n
        )
        if meets:
            n = _cut(
                a, chainage[end], x, y, False, chainage, begin, owner, snap_m, vertex, at_m, place,
                bare, n,
            )  # fmt: skip
    if touched or one or not both or across == 0.0:
        return n
    wx, wy = xy[j, 0] - xy[i, 0], xy[j, 1] - xy[i, 1]
    t, q = (wx * vy - wy * vx) / across, (wx * uy - wy * ux) / across
    if 0.0 < t < 1.0 and 0.0 < q < 1.0:
        x, y = xy[i, 0] + t * ux, xy[i, 1] + t * uy
        has = _has_vertex(xy, i, x, y, snap_m) and _has_vertex(xy, j, x, y, snap_m)
        for k in range(2):
            a, share = (i, t) if k == 0 else (j, q)
            along = chainage[a] + share * (chainage[a + 1] - chainage[a])
            n = _cut(
                a, along, x, y, not has, chainage, begin, owner, snap_m, vertex, at_m, place, bare, n
            )  # fmt: skip
    return n


@numba.njit(cache=True, nogil=True)
def _cut(  # type: ignore[no-untyped-def]
    a, along, x, y, is_bare, chainage, begin, owner, snap_m, vertex, at_m, place, bare, n
):  # fmt: skip
    """Write one cut, unless its line ends there anyway."""
    if along <= snap_m or along >= chainage[begin[owner[a] + 1] - 1] - snap_m:
        return n
    vertex[n], at_m[n], place[n, 0], place[n, 1], bare[n] = a, along, x, y, is_bare
    return n + 1
