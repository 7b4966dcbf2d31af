"""Where pairs of segments cross, and which stretch of one lies within a distance of the other."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from app.geo.segments import Segments

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

# Halving an interval this often leaves less than a billionth of it.
_HALVINGS = 40


@dataclass(frozen=True)
class Crossings:
    """``crosses`` for each pair; ``at_first`` and ``at_second`` are shares (0 to 1) of the two
    segments at the crossing, ``sine`` is that of the angle between them. NaN where none."""

    crosses: Flags
    at_first: Floats
    at_second: Floats
    sine: Floats


def crossings(s: Segments, first: Ints, second: Ints) -> Crossings:
    """Crossings in plan of pairs of segments; parallel ones never cross."""
    ux, uy = s.x1[first] - s.x0[first], s.y1[first] - s.y0[first]
    vx, vy = s.x1[second] - s.x0[second], s.y1[second] - s.y0[second]
    wx, wy = s.x0[second] - s.x0[first], s.y0[second] - s.y0[first]
    across = ux * vy - uy * vx
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (wx * vy - wy * vx) / across
        q = (wx * uy - wy * ux) / across
        sine = np.abs(across) / (np.hypot(ux, uy) * np.hypot(vx, vy))
        crosses = (across != 0) & (t >= 0) & (t <= 1) & (q >= 0) & (q <= 1)
    return Crossings(
        crosses,
        np.where(crosses, t, np.nan),
        np.where(crosses, q, np.nan),
        np.where(crosses, sine, np.nan),
    )


def distance_at(s: Segments, first: Ints, second: Ints, share: Floats) -> Floats:
    """Distance of the point at ``share`` of the first segment to the second segment."""
    found: Floats = _distances(s.x0, s.y0, s.x1, s.y1, first, second, share)
    return found


def nearest_share(s: Segments, first: Ints, second: Ints) -> Floats:
    """The share of the first segment where it is nearest to the second.

    The distance to a segment is convex along a line, so the least of the crossing, the ends, and
    the feet of the other's ends is the least of all; where several are equal, the first of them.
    """
    found: Floats = _nearest_shares(s.x0, s.y0, s.x1, s.y1, first, second)
    return found


def stretch_within(s: Segments, first: Ints, second: Ints, far: Floats) -> tuple[Floats, Floats]:
    """The shares of the first segment between which it lies within ``far`` of the second.

    Empty stretches are returned as the nearest point twice.
    """
    low, high = _stretches(s.x0, s.y0, s.x1, s.y1, first, second, far.astype(np.float64))
    return low, high


@numba.njit(cache=True, nogil=True)
def _distance(px, py, x0, y0, dx, dy):  # type: ignore[no-untyped-def]
    """Distance of a point to the segment that begins in x0, y0."""
    length2 = dx * dx + dy * dy
    t = 0.0
    if length2 > 0.0:
        t = min(max(((px - x0) * dx + (py - y0) * dy) / length2, 0.0), 1.0)
    return np.hypot(px - (x0 + t * dx), py - (y0 + t * dy))


@numba.njit(cache=True, nogil=True)
def _foot(px, py, x0, y0, dx, dy):  # type: ignore[no-untyped-def]
    """The share of a segment that is nearest to a point."""
    length2 = dx * dx + dy * dy
    if not length2 > 0.0:
        return 0.0
    return min(max(((px - x0) * dx + (py - y0) * dy) / length2, 0.0), 1.0)


@numba.njit(cache=True, nogil=True)
def _distances(x0, y0, x1, y1, first, second, share):  # type: ignore[no-untyped-def]
    out = np.empty(len(first), dtype=np.float64)
    for k in range(len(first)):
        a, b = first[k], second[k]
        px, py = x0[a] + share[k] * (x1[a] - x0[a]), y0[a] + share[k] * (y1[a] - y0[a])
        out[k] = _distance(px, py, x0[b], y0[b], x1[b] - x0[b], y1[b] - y0[b])
    return out


@numba.njit(cache=True, nogil=True)
def _nearest(ax, ay, ux, uy, bx, by, vx, vy):  # type: ignore[no-untyped-def]
    """The share of the segment from a by u that is nearest to the one from b by v."""
    across = ux * vy - uy * vx
    if across != 0.0:
        wx, wy = bx - ax, by - ay
        t, q = (wx * vy - wy * vx) / across, (wx * uy - wy * ux) / across
        if 0.0 <= t <= 1.0 and 0.0 <= q <= 1.0:
            return t
    best, least = 0.0, _distance(ax, ay, bx, by, vx, vy)
    for k in range(3):
        if k == 0:
            share = 1.0
        elif k == 1:
            share = _foot(bx, by, ax, ay, ux, uy)
        else:
            share = _foot(bx + vx, by + vy, ax, ay, ux, uy)
        away = _distance(ax + share * ux, ay + share * uy, bx, by, vx, vy)
        if away < least:
            best, least = share, away
    return best


@numba.njit(cache=True, nogil=True)
def _nearest_shares(x0, y0, x1, y1, first, second):  # type: ignore[no-untyped-def]
    out = np.empty(len(first), dtype=np.float64)
    for k in range(len(first)):
        a, b = first[k], second[k]
        out[k] = _nearest(
            x0[a], y0[a], x1[a] - x0[a], y1[a] - y0[a],
            x0[b], y0[b], x1[b] - x0[b], y1[b] - y0[b],
        )  # fmt: skip
    return out


@numba.njit(cache=True, nogil=True)
def _last_near(ax, ay, ux, uy, bx, by, vx, vy, far, inside, end):  # type: ignore[no-untyped-def]
    """Where the line leaves the distance between a near point and one end, by halving."""
    if _distance(ax + end * ux, ay + end * uy, bx, by, vx, vy) <= far:
        return end
    near, beyond = inside, end
    for _ in range(_HALVINGS):
        middle = (near + beyond) / 2
        if _distance(ax + middle * ux, ay + middle * uy, bx, by, vx, vy) <= far:
            near = middle
        else:
            beyond = middle
    return near


@numba.njit(cache=True, nogil=True)
def _stretches(x0, y0, x1, y1, first, second, far):  # type: ignore[no-untyped-def]
    low, high = np.empty(len(first), dtype=np.float64), np.empty(len(first), dtype=np.float64)
    for k in range(len(first)):
        a, b = first[k], second[k]
        ax, ay, ux, uy = x0[a], y0[a], x1[a] - x0[a], y1[a] - y0[a]
        bx, by, vx, vy = x0[b], y0[b], x1[b] - x0[b], y1[b] - y0[b]
        share = _nearest(ax, ay, ux, uy, bx, by, vx, vy)
        low[k], high[k] = share, share
        if _distance(ax + share * ux, ay + share * uy, bx, by, vx, vy) <= far[k]:
            low[k] = _last_near(ax, ay, ux, uy, bx, by, vx, vy, far[k], share, 0.0)
            high[k] = _last_near(ax, ay, ux, uy, bx, by, vx, vy, far[k], share, 1.0)
    return low, high
