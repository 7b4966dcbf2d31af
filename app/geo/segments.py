"""Pairs of line segments that lie near each other, found on a uniform grid without GEOS.

The distance that counts as near differs from pair to pair (a matrix over groups, plus a radius
of each segment), which a tree of boxes can only filter after the fact.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import shapely

from app.geo.segment_grid import grid_over, sorted_pairs

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Portion = tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], Floats]


@dataclass(frozen=True)
class Segments:
    """Straight pieces of lines: ends in metres, ``line`` the index of the line they belong to,
    ``chainage_m`` the length of that line before the piece."""

    x0: Floats
    y0: Floats
    x1: Floats
    y1: Floats
    line: Ints
    chainage_m: Floats

    def __len__(self) -> int:
        return len(self.x0)

    @cached_property
    def ends(self) -> Floats:
        """n x 4: both ends of each piece side by side in memory, for the loops over pairs."""
        return np.column_stack([self.x0, self.y0, self.x1, self.y1])

    @cached_property
    def pieces(self) -> Ints:
        """Those of line i are ``pieces[i]`` to ``pieces[i + 1]``, up to the last line with any."""
        return np.append(0, np.cumsum(np.bincount(self.line)))


@dataclass(frozen=True)
class SegmentPairs:
    """``first < second`` are indices of segments, ``axis_m`` the distance of their axes."""

    first: Ints
    second: Ints
    axis_m: Floats

    def __len__(self) -> int:
        return len(self.first)


def explode(lines: npt.NDArray[np.object_]) -> Segments:
    """The straight pieces of LineStrings in the order of the lines; pieces without length stay.

    Coordinates are in metres; missing and empty lines give no piece.
    """
    points, owner = shapely.get_coordinates(lines, return_index=True)
    same = owner[1:] == owner[:-1] if len(owner) else np.zeros(0, dtype=bool)
    start = np.flatnonzero(same)
    ends = points[start + 1] if len(start) else np.zeros((0, 2))
    begins = points[start] if len(start) else np.zeros((0, 2))
    length = np.hypot(*(ends - begins).T)
    line = owner[start].astype(np.int64) if len(start) else np.zeros(0, dtype=np.int64)
    before = np.cumsum(length) - length
    first_of_line = np.searchsorted(line, line, side="left")
    chainage = before - before[first_of_line] if len(line) else before
    return Segments(
        begins[:, 0].copy(),
        begins[:, 1].copy(),
        ends[:, 0].copy(),
        ends[:, 1].copy(),
        line,
        chainage,
    )


def end_heights(lines: npt.NDArray[np.object_]) -> tuple[Floats, Floats]:
    """Z at both ends of each piece of ``explode(lines)``; NaN where a line has no Z."""
    points, owner = shapely.get_coordinates(lines, include_z=True, return_index=True)
    same = owner[1:] == owner[:-1] if len(owner) else np.zeros(0, dtype=bool)
    start = np.flatnonzero(same)
    if not len(start):
        return np.zeros(0), np.zeros(0)
    return points[start, 2].copy(), points[start + 1, 2].copy()


def near_pairs(
    segments: Segments, group: Ints, radius_m: Floats, limit_m: Floats, *, threads: int = 2
) -> SegmentPairs:
    """All pairs of segments of different lines with axis distance <= limit + both radii.

    Parameters
    ----------
    segments
        Any order; finite coordinates in metres.
    group, radius_m
        One a segment: its row in ``limit_m``, and half its outside diameter in metres.
    limit_m
        Symmetric matrix over groups, metres from wall to wall; negative: never a pair.

    Returns
    -------
    Sorted by ``first``, then ``second``; the order does not depend on ``threads``.
    """
    portions = _portions(segments, group, radius_m, limit_m, threads)
    return SegmentPairs(*sorted_pairs(portions, len(segments), threads=max(threads, 1)))


def near_pair_chunks(
    segments: Segments, group: Ints, radius_m: Floats, limit_m: Floats, *, threads: int = 2
) -> Iterator[SegmentPairs]:
    """The pairs of ``near_pairs`` in bounded portions, unsorted.

    A knot of segments that are all within reach of each other has a pair for each two of them:
    who reduces the portions as they come needs no memory for all. A pair with a segment so long
    that it was cut for the search may occur again, with the same ``axis_m``.
    """
    for low, high, axis_m in _portions(segments, group, radius_m, limit_m, threads):
        yield SegmentPairs(low.astype(np.int64), high.astype(np.int64), axis_m)


def _portions(
    s: Segments, group: Ints, radius_m: Floats, limit_m: Floats, threads: int
) -> Iterator[Portion]:
    """Near pairs as the threads find them, in the order of the work; few wait to be read."""
    if len(s) < 2:
        return
    grid = grid_over(s.ends, s.line, group, radius_m, limit_m)
    chunks = grid.chunks()
    if len(chunks) == 1:
        # A street: a thread takes longer to start than the search takes.
        yield from grid.search(chunks[0])
        return
    with ThreadPoolExecutor(max_workers=max(threads, 1)) as pool:
        waiting: deque[Future[list[Portion]]] = deque()
        for chunk in chunks:
            waiting.append(pool.submit(grid.search, chunk))
            if len(waiting) > 2 * threads:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
