"""Two straight segments: where one is nearest to the other, and where it lies within a distance.

Compiled, for the loops over many pairs; segments are given by their begin and their vector.
"""

from __future__ import annotations

import numba
import numpy as np

_FLAT = 1e-12


@numba.njit(cache=True, nogil=True)
def vector(ends, which):  # type: ignore[no-untyped-def]
    """Begin and vector of a segment of which both ends are given."""
    x, y = ends[which, 0], ends[which, 1]
    return x, y, ends[which, 2] - x, ends[which, 3] - y


@numba.njit(cache=True, nogil=True)
def distance(px, py, x0, y0, dx, dy):  # type: ignore[no-untyped-def]
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
def nearest(ax, ay, ux, uy, bx, by, vx, vy):  # type: ignore[no-untyped-def]
    """The share of the segment from a by u that is nearest to the one from b by v."""
    across = ux * vy - uy * vx
    if across != 0.0:
        wx, wy = bx - ax, by - ay
        t, q = (wx * vy - wy * vx) / across, (wx * uy - wy * ux) / across
        if 0.0 <= t <= 1.0 and 0.0 <= q <= 1.0:
            return t
    best, least = 0.0, distance(ax, ay, bx, by, vx, vy)
    for k in range(3):
        if k == 0:
            share = 1.0
        elif k == 1:
            share = _foot(bx, by, ax, ay, ux, uy)
        else:
            share = _foot(bx + vx, by + vy, ax, ay, ux, uy)
        away = distance(ax + share * ux, ay + share * uy, bx, by, vx, vy)
        if away < least:
            best, least = share, away
    return best


@numba.njit(cache=True, nogil=True)
def in_disc(fx, fy, ux, uy, far):  # type: ignore[no-untyped-def]
    """Shares between which the line from f by u is within ``far`` of the origin; (inf, -inf)."""
    a, b, c = ux * ux + uy * uy, fx * ux + fy * uy, fx * fx + fy * fy - far * far
    square = b * b - a * c
    if a == 0.0 or square < 0.0:
        return np.inf, -np.inf
    root = np.sqrt(square)
    return (-b - root) / a, (-b + root) / a


@numba.njit(cache=True, nogil=True)
def clipped(low, high, start, slope, least, most):  # type: ignore[no-untyped-def]
    """The shares low..high at which ``start + share * slope`` is between least and most."""
    if abs(slope) < _FLAT:
        return (low, high) if least <= start <= most else (np.inf, -np.inf)
    one, other = (least - start) / slope, (most - start) / slope
    return max(low, min(one, other)), min(high, max(one, other))


@numba.njit(cache=True, nogil=True)
def stretch(ax, ay, ux, uy, bx, by, vx, vy, far):  # type: ignore[no-untyped-def]
    """The shares of the segment from a by u within ``far`` of that from b by v; empty: high < low.

    What lies within a distance of a segment is convex: two discs and the strip between them.
    """
    low, high = np.inf, -np.inf
    for k in range(2):
        one, other = in_disc(ax - (bx + k * vx), ay - (by + k * vy), ux, uy, far)
        one, other = max(one, 0.0), min(other, 1.0)
        if one <= other:
            low, high = min(low, one), max(high, other)
    length2 = vx * vx + vy * vy
    if length2 > 0.0:
        wx, wy, length = ax - bx, ay - by, np.sqrt(length2)
        one, other = clipped(0.0, 1.0, wx * vx + wy * vy, ux * vx + uy * vy, 0.0, length2)
        one, other = clipped(
            one, other, (wx * vy - wy * vx) / length, (ux * vy - uy * vx) / length, -far, far
        )
        if one <= other:
            low, high = min(low, one), max(high, other)
    if high < low and ux == 0.0 and uy == 0.0 and distance(ax, ay, bx, by, vx, vy) <= far:
        return 0.0, 1.0
    return low, high
