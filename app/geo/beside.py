"""Which stretch of one line runs beside another, and how much of a line such stretches cover."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely
from shapely.ops import substring

from app.geo.segments import Segments

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Shapes = npt.NDArray[np.object_]
Stretch = tuple[float, float]


def beside(
    s: Segments, first: Ints, second: Ints, far_m: Floats, least_cosine: float
) -> tuple[Floats, Floats]:
    """Metres along the line of ``first`` between which it runs beside ``second``.

    Beside means: nearly parallel, and the foot of the perpendicular falls on the other segment
    within ``far_m``. So neither a crossing nor the next piece of the same run counts. Pairs that
    do not run beside each other have an end before their begin.
    """
    ux, uy = s.x1[first] - s.x0[first], s.y1[first] - s.y0[first]
    vx, vy = s.x1[second] - s.x0[second], s.y1[second] - s.y0[second]
    wx, wy = s.x0[first] - s.x0[second], s.y0[first] - s.y0[second]
    length_u, length_v = np.hypot(ux, uy), np.hypot(vx, vy)
    with np.errstate(divide="ignore", invalid="ignore"):
        cosine = np.abs(ux * vx + uy * vy) / (length_u * length_v)
        # Along and across the second segment, both linear in the share of the first.
        foot = (wx * vx + wy * vy) / length_v**2, (ux * vx + uy * vy) / length_v**2
        side = (wx * vy - wy * vx) / length_v, (ux * vy - uy * vx) / length_v
    low, high = np.zeros(len(first)), np.ones(len(first))
    for (start, slope), least, most in ((foot, 0.0, 1.0), (side, -far_m, far_m)):
        low, high = _clipped(low, high, start, slope, least, most)
    apart = ~(cosine >= least_cosine - 1e-12)
    begin, end = s.chainage_m[first] + low * length_u, s.chainage_m[first] + high * length_u
    return np.where(apart, np.inf, begin), np.where(apart, -np.inf, end)


def _clipped(
    low: Floats, high: Floats, start: Floats, slope: Floats, least: Floats | float,
    most: Floats | float,
) -> tuple[Floats, Floats]:  # fmt: skip
    """The shares low..high at which ``start + share * slope`` is between least and most."""
    flat = np.abs(slope) < 1e-12
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = (least - start) / slope, (most - start) / slope
    inside = (start >= least) & (start <= most)
    enter = np.where(flat, np.where(inside, -np.inf, np.inf), np.minimum(one, other))
    leave = np.where(flat, np.where(inside, np.inf, -np.inf), np.maximum(one, other))
    return np.maximum(low, enter), np.minimum(high, leave)


def united(stretches: list[Stretch]) -> list[Stretch]:
    """The stretches of one line as few as possible, in order; those without length left out."""
    joined: list[Stretch] = []
    for begin, end in sorted(stretch for stretch in stretches if stretch[1] > stretch[0]):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((begin, end))
    return joined


def without(stretches: list[Stretch], taken: list[Stretch]) -> list[Stretch]:
    """What is left of the stretches outside the taken ones; both united."""
    left: list[Stretch] = []
    for begin, end in stretches:
        at = begin
        for start, stop in taken:
            if stop <= at or start >= end:
                continue
            if start > at:
                left.append((at, start))
            at = max(at, stop)
        if at < end:
            left.append((at, end))
    return left


def metres(stretches: list[Stretch]) -> float:
    """Their length together."""
    return sum(end - begin for begin, end in stretches)


def drawn(line: shapely.LineString, stretches: list[Stretch]) -> list[shapely.Geometry]:
    """The stretches as lines."""
    return [substring(line, begin, end) for begin, end in stretches if end > begin]


def middle_line(area: shapely.Geometry) -> tuple[shapely.LineString, float]:
    """The long middle line of an area's smallest rectangle, and the area's mean width along it."""
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(area))
    if len(corners) < 5:
        return shapely.LineString(corners[:2]), 0.0
    sides = np.hypot(*(corners[1:3] - corners[:2]).T)
    if sides[0] < sides[1]:
        ends = (corners[0] + corners[1]) / 2, (corners[2] + corners[3]) / 2
    else:
        ends = (corners[1] + corners[2]) / 2, (corners[3] + corners[0]) / 2
    line = shapely.LineString(sorted(end.tolist() for end in ends))
    return line, float(shapely.area(area) / line.length) if line.length else 0.0
