"""Which stretch of one line runs beside another, and how much of a line such stretches cover."""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt
import shapely
from shapely.ops import substring

from app.geo.line_pairs import in_shares
from app.geo.segments import Segments
from app.geo.two_segments import clipped, vector

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
    begin, end = np.empty(len(first)), np.empty(len(first))

    def work(low: int, high: int) -> None:
        _beside(
            s.ends, s.chainage_m, first, second, far_m, least_cosine, begin, end,
            low, high,
        )  # fmt: skip

    in_shares(len(first), work)
    return begin, end


@numba.njit(cache=True, nogil=True)
def _beside(  # type: ignore[no-untyped-def]
    ends, chainage, first, second, far, least_cosine, begin, end, from_, to
):  # fmt: skip
    for k in range(from_, to):
        a, b = first[k], second[k]
        ax, ay, ux, uy = vector(ends, a)
        bx, by, vx, vy = vector(ends, b)
        length_u, length2 = np.hypot(ux, uy), vx * vx + vy * vy
        length_v = np.sqrt(length2)
        begin[k], end[k] = np.inf, -np.inf
        if not abs(ux * vx + uy * vy) >= (least_cosine - 1e-12) * length_u * length_v:
            continue
        if length_u == 0.0 or length_v == 0.0:
            continue
        # Along and across the second segment, both linear in the share of the first.
        wx, wy = ax - bx, ay - by
        low, high = clipped(
            0.0, 1.0, (wx * vx + wy * vy) / length2, (ux * vx + uy * vy) / length2, 0.0, 1.0
        )
        low, high = clipped(
            low, high, (wx * vy - wy * vx) / length_v, (ux * vy - uy * vx) / length_v,
            -far[k], far[k],
        )  # fmt: skip
        begin[k], end[k] = chainage[a] + low * length_u, chainage[a] + high * length_u


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
