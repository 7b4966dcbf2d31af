"""Which pipes and obstacles come near each other in plan, how near, and along which stretch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from app.geo.crossings import crossings, distance_at, nearest_share, stretch_within
from app.geo.segments import Segments, end_heights, explode, near_pairs

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Shapes = npt.NDArray[np.object_]


@dataclass(frozen=True)
class NearLines:
    """Pairs of lines, each with the pairs of segments (``first``, ``second``) that are near.

    ``a`` and ``b`` number the lines of each pair, ``a < b``; ``pair`` says to which pair of lines
    a pair of segments belongs. ``a`` is always a pipe.
    """

    segments: Segments
    start_z: Floats
    end_z: Floats
    first: Ints
    second: Ints
    axis_m: Floats
    pair: Ints
    a: Ints
    b: Ints

    def __len__(self) -> int:
        return len(self.a)

    def least_axis(self) -> Floats:
        """The least distance of the axes of each pair of lines."""
        least = np.full(len(self), np.inf)
        np.minimum.at(least, self.pair, self.axis_m)
        return least

    def only(self, keep: Flags) -> NearLines:
        """The pairs of lines that are marked, with their pairs of segments."""
        at = keep[self.pair]
        number = np.cumsum(keep) - 1
        return NearLines(
            self.segments, self.start_z, self.end_z,
            self.first[at], self.second[at], self.axis_m[at], number[self.pair[at]],
            self.a[keep], self.b[keep],
        )  # fmt: skip


@dataclass(frozen=True)
class Stretches:
    """The least axis distance of each pair of lines, where it is, and NaN where none is left."""

    axis_m: Floats
    x: Floats
    y: Floats


@dataclass(frozen=True)
class CrossingPoints:
    """Every crossing of two lines: its pair, its place, and the way along both lines in metres."""

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
    is_point = shapely.get_type_id(lines) == shapely.GeometryType.POINT
    drawn = np.where(is_point, _dots(lines), lines)
    segments = explode(drawn)
    start_z, end_z = end_heights(drawn)
    found = near_pairs(
        segments, group[segments.line], radius_m[segments.line].astype(float), limit_m
    )
    low, high = segments.line[found.first], segments.line[found.second]
    keys, pair = _numbered(low * np.int64(len(lines)) + high)
    return NearLines(
        segments, start_z, end_z, found.first, found.second, found.axis_m,
        pair, keys // max(len(lines), 1), keys % max(len(lines), 1),
    )  # fmt: skip


def _numbered(keys: Ints) -> tuple[Ints, Ints]:
    """The different keys in order, and for each key its number among them."""
    # Lines of one piece each come sorted already, and most pipes are that.
    if not len(keys) or (keys[1:] >= keys[:-1]).all():
        fresh = np.ones(len(keys), dtype=bool)
        fresh[1:] = keys[1:] != keys[:-1]
        return keys[fresh], np.cumsum(fresh) - 1
    different, number = np.unique(keys, return_inverse=True)
    return different, number.astype(np.int64)


def _dots(shapes: Shapes) -> Shapes:
    """Points as lines without length, so that one search serves both."""
    dots = np.full(len(shapes), None, dtype=object)
    is_point = shapely.get_type_id(shapes) == shapely.GeometryType.POINT
    if is_point.any():
        xy = shapely.get_coordinates(shapes[is_point])
        dots[is_point] = shapely.linestrings(np.repeat(xy[:, None, :], 2, axis=1))
    return dots


def crossing_points(near: NearLines) -> CrossingPoints:
    """Where the lines of each pair cross in plan; a crossing at a bend is found once."""
    s = near.segments
    found = crossings(s, near.first, near.second)
    at = np.flatnonzero(found.crosses)
    first, share = near.first[at], found.at_first[at]
    x = s.x0[first] + share * (s.x1[first] - s.x0[first])
    y = s.y0[first] + share * (s.y1[first] - s.y0[first])
    place = np.round(np.column_stack([near.pair[at], x * 1000, y * 1000])).astype(np.int64)
    once = np.sort(np.unique(place, axis=0, return_index=True)[1]) if len(at) else at
    return CrossingPoints(
        near.pair[at][once], x[once], y[once], first[once], near.second[at][once],
        share[once], found.at_second[at][once], found.sine[at][once],
    )  # fmt: skip


def side_by_side(
    near: NearLines, at: CrossingPoints, clear_of_m: Floats, far_m: Floats
) -> Stretches:
    """The least distance of each pair of lines where they run beside each other.

    Around each crossing the stretch within ``clear_of_m`` (one a pair, metres from the crossing)
    is left out: there the two are near because they cross. Pairs whose lines are nearer than
    ``far_m`` nowhere else have NaN.
    """
    crossing = np.zeros(len(near), dtype=bool)
    crossing[at.pair] = True
    plain = ~crossing[near.pair]
    axis, x, y = places(near, plain)
    if crossing.any():
        there = np.flatnonzero(~plain)
        for first, second in ((near.first, near.second), (near.second, near.first)):
            rest = _beside(near, at, clear_of_m, far_m, there, first[there], second[there])
            nearer = crossing & (np.isnan(axis) | (rest.axis_m < axis))
            axis, x, y = (
                np.where(nearer, new, old)
                for new, old in ((rest.axis_m, axis), (rest.x, x), (rest.y, y))
            )
    return Stretches(axis, x, y)


def places(near: NearLines, which: Flags) -> tuple[Floats, Floats, Floats]:
    """Least axis distance of each pair, from the pairs of segments ``which``, and its place.

    The place is on the first line; NaN for pairs without such segments.
    """
    rows = np.flatnonzero(which)
    alone = np.bincount(near.pair[rows], minlength=len(near))[near.pair[rows]] == 1
    several = rows[~alone]
    order = several[
        np.lexsort((
            near.second[several], near.first[several], near.axis_m[several], near.pair[several],
        ))
    ]  # fmt: skip
    first_of_pair = np.unique(near.pair[order], return_index=True)[1]
    best = np.concatenate([rows[alone], order[first_of_pair]])
    pairs = near.pair[best]
    axis, x, y = (np.full(len(near), np.nan) for _ in range(3))
    axis[pairs] = near.axis_m[best]
    s, first = near.segments, near.first[best]
    share = nearest_share(s, first, near.second[best])
    x[pairs] = s.x0[first] + share * (s.x1[first] - s.x0[first])
    y[pairs] = s.y0[first] + share * (s.y1[first] - s.y0[first])
    return axis, x, y


def _beside(
    near: NearLines, at: CrossingPoints, clear_of_m: Floats, far_m: Floats,
    rows: Ints, first: Ints, second: Ints,
) -> Stretches:  # fmt: skip
    """Least distance of ``first`` to ``second`` outside the circles around the crossings."""
    s, pair = near.segments, near.pair[rows]
    low, high = stretch_within(s, first, second, far_m[pair])
    pieces = _outside_circles(s, at, clear_of_m, pair, first, low, high)
    which, low, high = pieces
    share = np.clip(nearest_share(s, first[which], second[which]), low, high)
    distance = distance_at(s, first[which], second[which], share)
    order = np.lexsort((share, first[which], distance, pair[which]))
    pairs, begin = np.unique(pair[which][order], return_index=True)
    best = order[begin]
    axis, x, y = (np.full(len(near), np.nan) for _ in range(3))
    axis[pairs] = distance[best]
    piece, share = first[which][best], share[best]
    x[pairs] = s.x0[piece] + share * (s.x1[piece] - s.x0[piece])
    y[pairs] = s.y0[piece] + share * (s.y1[piece] - s.y0[piece])
    within = axis <= far_m
    return Stretches(np.where(within, axis, np.nan), x, y)


def _outside_circles(
    s: Segments, at: CrossingPoints, radius_m: Floats,
    pair: Ints, piece: Ints, low: Floats, high: Floats,
) -> tuple[Ints, Floats, Floats]:  # fmt: skip
    """The parts of the stretches low..high that lie outside every circle of their pair."""
    order = np.argsort(at.pair, kind="stable")
    begin = np.searchsorted(at.pair[order], pair, side="left")
    count = np.searchsorted(at.pair[order], pair, side="right") - begin
    which = np.arange(len(piece))
    for k in range(int(count.max(initial=0))):
        has = count[which] > k
        centre = order[np.where(has, begin[which] + k, 0)]
        enter, leave = _inside_circle(
            s, piece[which], at.x[centre], at.y[centre], radius_m[pair[which]]
        )
        enter = np.where(has, enter, np.inf)
        leave = np.where(has, leave, np.inf)
        left = (low, np.minimum(high, enter))
        right = (np.maximum(low, leave), high)
        which = np.concatenate([which, which])
        low = np.concatenate([left[0], right[0]])
        high = np.concatenate([left[1], right[1]])
        kept = high > low
        which, low, high = which[kept], low[kept], high[kept]
    return which, low, high


def _inside_circle(
    s: Segments, piece: Ints, x: Floats, y: Floats, radius: Floats
) -> tuple[Floats, Floats]:
    """Shares between which a segment's line is inside a circle; (inf, inf) where it never is."""
    dx, dy = s.x1[piece] - s.x0[piece], s.y1[piece] - s.y0[piece]
    fx, fy = s.x0[piece] - x, s.y0[piece] - y
    a, b, c = dx * dx + dy * dy, fx * dx + fy * dy, fx * fx + fy * fy - radius * radius
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.sqrt(b * b - a * c)
        enter, leave = (-b - root) / a, (-b + root) / a
    misses = np.isnan(root) | (a == 0)
    return np.where(misses, np.inf, enter), np.where(misses, np.inf, leave)


def length_within(near: NearLines, far_m: Floats, wanted: Flags) -> Floats:
    """Metres of each wanted pair along which one line lies within ``far_m`` of the other.

    Measured along both lines; the longer counts.
    """
    longest = np.zeros(len(near))
    rows = np.flatnonzero(wanted[near.pair])
    for first, second in ((near.first, near.second), (near.second, near.first)):
        longest = np.maximum(longest, _covered(near, rows, first[rows], second[rows], far_m))
    return longest


def _covered(near: NearLines, rows: Ints, first: Ints, second: Ints, far_m: Floats) -> Floats:
    """Length of the union of the near stretches along the lines of ``first``, by pair."""
    s, pair = near.segments, near.pair[rows]
    low, high = stretch_within(s, first, second, far_m[pair])
    length = np.hypot(s.x1[first] - s.x0[first], s.y1[first] - s.y0[first])
    begin, end = s.chainage_m[first] + low * length, s.chainage_m[first] + high * length
    order = np.lexsort((begin, pair))
    pair, begin, end = pair[order], begin[order], end[order]
    # The furthest end so far within a pair; pairs are kept apart by an offset beyond any chainage.
    apart = (float(end.max(initial=0.0)) + 1.0) * pair
    reached = np.maximum.accumulate(end + apart)
    before = np.concatenate([[-np.inf], reached[:-1]])
    fresh = np.maximum(end + apart - np.maximum(begin + apart, before), 0.0)
    covered = np.zeros(len(near))
    np.add.at(covered, pair, fresh)
    return covered
