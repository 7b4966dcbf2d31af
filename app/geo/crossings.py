"""Where pairs of segments cross, and which stretch of one lies within a distance of the other."""

from __future__ import annotations

from dataclasses import dataclass

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
    px = s.x0[first] + share * (s.x1[first] - s.x0[first])
    py = s.y0[first] + share * (s.y1[first] - s.y0[first])
    dx, dy = s.x1[second] - s.x0[second], s.y1[second] - s.y0[second]
    length2 = dx * dx + dy * dy
    with np.errstate(divide="ignore", invalid="ignore"):
        t = ((px - s.x0[second]) * dx + (py - s.y0[second]) * dy) / length2
    t = np.clip(np.where(length2 > 0, t, 0.0), 0.0, 1.0)
    return np.hypot(px - (s.x0[second] + t * dx), py - (s.y0[second] + t * dy))


def nearest_share(s: Segments, first: Ints, second: Ints) -> Floats:
    """The share of the first segment where it is nearest to the second.

    The distance to a segment is convex along a line, so the least of the crossing, the ends, and
    the feet of the other's ends is the least of all; where several are equal, the first of them.
    """
    found = crossings(s, first, second)
    dx, dy = s.x1[first] - s.x0[first], s.y1[first] - s.y0[first]
    length2 = dx * dx + dy * dy

    def foot(x: Floats, y: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            share = ((x - s.x0[first]) * dx + (y - s.y0[first]) * dy) / length2
        return np.clip(np.where(length2 > 0, share, 0.0), 0.0, 1.0)

    zero = np.zeros(len(first))
    shares = np.stack([
        zero,
        zero + 1,
        foot(s.x0[second], s.y0[second]),
        foot(s.x1[second], s.y1[second]),
    ])  # fmt: skip
    distances = np.stack([distance_at(s, first, second, share) for share in shares])
    best = shares[np.argmin(distances, axis=0), np.arange(len(first))]
    return np.where(found.crosses, found.at_first, best)


def stretch_within(s: Segments, first: Ints, second: Ints, far: Floats) -> tuple[Floats, Floats]:
    """The shares of the first segment between which it lies within ``far`` of the second.

    Empty stretches are returned as the nearest point twice.
    """
    nearest = nearest_share(s, first, second)
    is_near = distance_at(s, first, second, nearest) <= far
    low = _last_near(s, first, second, far, nearest, np.zeros(len(first)))
    high = _last_near(s, first, second, far, nearest, np.ones(len(first)))
    return np.where(is_near, low, nearest), np.where(is_near, high, nearest)


def _last_near(
    s: Segments, first: Ints, second: Ints, far: Floats, inside: Floats, end: Floats
) -> Floats:
    """Where the line leaves the distance between a near point and one end, by halving."""
    near, beyond = inside.copy(), end.copy()
    for _ in range(_HALVINGS):
        middle = (near + beyond) / 2
        is_near = distance_at(s, first, second, middle) <= far
        near = np.where(is_near, middle, near)
        beyond = np.where(is_near, beyond, middle)
    end_is_near = distance_at(s, first, second, end) <= far
    return np.where(end_is_near, end, near)
