"""Which pipes and obstacles come near each other in plan, how near, and along which stretch."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import shapely

from app.geo.line_pairs import (
    by_pair,
    crossing_rows,
    ends_meet,
    least_distances,
    least_of,
    least_places,
    lengths_within,
)
from app.geo.segments import Segments, end_heights, explode, near_pairs

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Shapes = npt.NDArray[np.object_]


@dataclass(frozen=True)
class NearLines:
    """Pairs of lines, each with the pairs of segments (``first``, ``second``) that are near.

    ``a`` and ``b`` number the lines of each pair, ``a < b``, in that order; its pairs of segments
    are the rows ``begin`` to ``end``. ``a`` is always a pipe.
    """

    segments: Segments
    lines: Shapes
    first: Ints
    second: Ints
    axis_m: Floats
    begin: Ints
    end: Ints
    a: Ints
    b: Ints

    def __len__(self) -> int:
        return len(self.a)

    def least_axis(self) -> Floats:
        """The least distance of the axes of each pair of lines."""
        return least_of(self.begin, self.end, self.axis_m)

    def only(self, keep: Flags) -> NearLines:
        """The pairs of lines that are marked."""
        if keep.all():
            return self
        return replace(
            self, begin=self.begin[keep], end=self.end[keep], a=self.a[keep], b=self.b[keep]
        )

    def end_heights(self) -> tuple[Floats, Floats]:
        """Height of the axis at both ends of each segment; NaN where the line has none."""
        return end_heights(self.lines)


@dataclass(frozen=True)
class Stretches:
    """The least axis distance of each pair of lines, where it is, and NaN where none is left.

    The place is told of pairs that cross; ``places`` tells it of others.
    """

    axis_m: Floats
    x: Floats
    y: Floats


@dataclass(frozen=True)
class CrossingPoints:
    """Every crossing of two lines: its pair, its place, and the way along both lines in metres.

    In the order of the pairs.
    """

    pair: Ints
    x: Floats
    y: Floats
    first: Ints
    second: Ints
    at_first: Floats
    at_second: Floats
    sine: Floats

    def only(self, keep: Flags) -> CrossingPoints:
        """The crossings that are marked."""
        if keep.all():
            return self
        return CrossingPoints(
            self.pair[keep], self.x[keep], self.y[keep], self.first[keep], self.second[keep],
            self.at_first[keep], self.at_second[keep], self.sine[keep],
        )  # fmt: skip

    def along(self, s: Segments) -> tuple[Floats, Floats]:
        ways = []
        for piece, share in ((self.first, self.at_first), (self.second, self.at_second)):
            length = np.hypot(s.x1[piece] - s.x0[piece], s.y1[piece] - s.y0[piece])
            ways.append(s.chainage_m[piece] + share * length)
        return ways[0], ways[1]


def near_lines(lines: Shapes, group: Ints, radius_m: Floats, limit_m: Floats) -> NearLines:
    """Pairs of lines with a pair of segments within their limit plus both radii.

    ``lines`` are LineStrings (pipes first) or Points; arguments are one a line except
    ``limit_m``, the matrix over groups (negative: never a pair).
    """
    drawn = _with_dots(lines)
    segments = explode(drawn)
    found = near_pairs(
        segments, group[segments.line], radius_m[segments.line].astype(float), limit_m
    )
    first, second, axis_m = found.first, found.second, found.axis_m
    order, begin = by_pair(segments.line, first, second)
    if order is not None:
        first, second, axis_m = first[order], second[order], axis_m[order]
    return NearLines(
        segments, drawn, first, second, axis_m, begin, np.append(begin[1:], len(first)),
        segments.line[first[begin]], segments.line[second[begin]],
    )  # fmt: skip


def _with_dots(shapes: Shapes) -> Shapes:
    """The shapes with each point as a line without length, so that one search serves both."""
    is_point = shapely.get_type_id(shapes) == shapely.GeometryType.POINT
    if not is_point.any():
        return shapes
    drawn = shapes.copy()
    xy = shapely.get_coordinates(shapes[is_point])
    drawn[is_point] = shapely.linestrings(np.repeat(xy[:, None, :], 2, axis=1))
    return drawn


def crossing_points(near: NearLines) -> CrossingPoints:
    """Where the lines of each pair cross in plan; a crossing at a bend is found once."""
    s = near.segments
    pair, row, at_first, at_second, sine = crossing_rows(
        s, near.first, near.second, near.begin, near.end
    )
    first = near.first[row]
    x = s.x0[first] + at_first * (s.x1[first] - s.x0[first])
    y = s.y0[first] + at_first * (s.y1[first] - s.y0[first])
    return CrossingPoints(pair, x, y, first, near.second[row], at_first, at_second, sine)


def side_by_side(
    near: NearLines, at: CrossingPoints, clear_of_m: Floats, far_m: Floats
) -> Stretches:
    """The least distance of each pair of lines where they run beside each other.

    Around each crossing the stretch within ``clear_of_m`` (one a pair, metres from the crossing)
    is left out: there the two are near because they cross. Pairs whose lines are nearer than
    ``far_m`` nowhere else have NaN.
    """
    zone_begin = np.append(0, np.cumsum(np.bincount(at.pair, minlength=len(near))))
    return Stretches(
        *least_distances(
            near.segments, near.first, near.second, near.axis_m, near.begin, near.end,
            zone_begin, at.x, at.y, clear_of_m, far_m,
        )
    )  # fmt: skip


def places(near: NearLines) -> tuple[Floats, Floats]:
    """Where the first line of each pair is nearest to the second."""
    return least_places(near.segments, near.first, near.second, near.axis_m, near.begin, near.end)


def length_within(near: NearLines, far_m: Floats) -> Floats:
    """Metres of each pair along which one line lies within ``far_m`` of the other.

    Measured along both lines; the longer counts.
    """
    return lengths_within(near.segments, near.first, near.second, near.begin, near.end, far_m)


def ends_touch(near: NearLines, touching_m: float) -> Flags:
    """Whether an end of one line of each pair lies on the other."""
    return ends_meet(near.segments, near.first, near.second, near.begin, near.end, touching_m)
