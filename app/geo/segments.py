"""Pairs of line segments that lie near each other, found on a uniform grid without GEOS.

The distance that counts as near differs from pair to pair (a matrix over groups, plus a radius
of each segment), which a tree of boxes can only filter after the fact. The kernels walk a grid of
padded boxes: two segments meet in the one cell that holds the lower left corner of the overlap of
their boxes, so no pair is found twice and no set of pairs has to be sorted.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt
import shapely

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# A segment longer than this many cells is cut for the search: its box would fill the grid.
_LONGEST_IN_CELLS = 4
_CHUNK_TESTS = 4_000_000  # box tests of one chunk of work: some tens of milliseconds
_CELLS_PER_SEGMENT = 4
_FIRST_BUFFER = 1 << 16


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
    chunks = list(near_pair_chunks(segments, group, radius_m, limit_m, threads=threads))
    if not chunks:
        none = np.zeros(0, dtype=np.int64)
        return SegmentPairs(none, none, np.zeros(0))
    first = np.concatenate([chunk.first for chunk in chunks])
    second = np.concatenate([chunk.second for chunk in chunks])
    axis_m = np.concatenate([chunk.axis_m for chunk in chunks])
    # One sort by one number a pair: numpy sorts plain integers far faster than several keys.
    key = first * len(segments) + second
    order = np.argsort(key)
    first, second, axis_m, key = first[order], second[order], axis_m[order], key[order]
    begins = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
    if len(begins) == len(key) or not len(key):
        return SegmentPairs(first, second, axis_m)
    return SegmentPairs(first[begins], second[begins], np.minimum.reduceat(axis_m, begins))


def near_pair_chunks(
    segments: Segments, group: Ints, radius_m: Floats, limit_m: Floats, *, threads: int = 2
) -> Iterator[SegmentPairs]:
    """The pairs of ``near_pairs`` in bounded portions, unsorted.

    A knot of segments that are all within reach of each other has a pair for each two of them:
    who reduces the portions as they come needs no memory for all. A pair with a segment so long
    that it was cut for the search may occur again; its smallest ``axis_m`` is the distance.
    """
    if len(segments) < 2:
        return
    grid = _Grid.over(segments, group, radius_m, limit_m)
    jobs = grid.chunks()
    with ThreadPoolExecutor(max_workers=max(threads, 1)) as pool:
        waiting = []
        for cells in jobs:
            waiting.append(pool.submit(grid.search, *cells))
            # Keep a few portions ahead of the reader, not all of them.
            if len(waiting) > 2 * threads:
                yield grid.of_segments(waiting.pop(0).result())
        for portion in waiting:
            yield grid.of_segments(portion.result())


@dataclass(frozen=True)
class _Grid:
    """Pieces (segments cut to a few cells) sorted into the cells that their padded boxes touch."""

    ends: Floats  # n x 4: x0 y0 x1 y1, relative to the lower left corner
    pad: Floats
    source: Ints  # the segment a piece was cut from
    line: Ints
    group: Ints
    radius: Floats
    limit: Floats
    cell_m: float
    columns: int
    cell_start: Ints
    entry: Ints

    @classmethod
    def over(cls, s: Segments, group: Ints, radius_m: Floats, limit_m: Floats) -> _Grid:
        west, south = min(s.x0.min(), s.x1.min()), min(s.y0.min(), s.y1.min())
        ends = np.column_stack([s.x0 - west, s.y0 - south, s.x1 - west, s.y1 - south])
        length = np.hypot(ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1])
        # Half the farthest limit of its group each: two pads always reach across their limit.
        pad = np.maximum(limit_m.max(axis=1), 0.0)[group] / 2 + radius_m
        cell_m = max(0.6 * float(length.mean()), 2 * float(pad.mean()), 1.0)
        span = ends.reshape(-1, 2).max(axis=0) + 2 * pad.max()
        most = max(_CELLS_PER_SEGMENT * len(ends), 1 << 20)
        cell_m = max(cell_m, float(np.sqrt(span[0] * span[1] / most)))
        pieces = np.maximum(np.ceil(length / (_LONGEST_IN_CELLS * cell_m)), 1).astype(np.int64)
        source = np.repeat(np.arange(len(ends)), pieces)
        cut = _cut(ends, pieces, source)
        columns = int(span[0] / cell_m) + 3
        rows = int(span[1] / cell_m) + 3
        shift = pad.max()
        cut += shift
        # Pieces of one cell side by side in memory, whatever the order of the lines.
        home = (cut[:, 1] / cell_m).astype(np.int64) * columns + (cut[:, 0] / cell_m).astype(
            np.int64
        )
        order = np.argsort(home)
        cut, source = cut[order], source[order]
        piece_pad = pad[source]
        start, entry = _sorted_into_cells(cut, piece_pad, cell_m, columns, rows)
        return cls(
            cut, piece_pad, source, s.line[source], group[source].astype(np.int64),
            radius_m[source].astype(np.float64), np.ascontiguousarray(limit_m, dtype=np.float64),
            cell_m, columns, start, entry,
        )  # fmt: skip

    def chunks(self) -> list[tuple[int, int, int, int]]:
        """(first cell, end cell, first entry, end entry) of about equal work.

        A cell that is too much work for one chunk is shared out by its entries.
        """
        size = np.diff(self.cell_start)
        tests = size * (size - 1) // 2
        chunks: list[tuple[int, int, int, int]] = []
        heavy = np.flatnonzero(tests > _CHUNK_TESTS)
        edges = np.concatenate([[-1], heavy, [len(size)]])
        for before, cell in itertools.pairwise(edges):
            chunks += self._light(int(before) + 1, int(cell), tests)
            if cell < len(size):
                chunks += self._heavy(int(cell), int(size[cell]))
        return chunks

    def _light(self, begin: int, end: int, tests: Ints) -> list[tuple[int, int, int, int]]:
        if begin >= end:
            return []
        work = np.cumsum(tests[begin:end])
        cuts = np.searchsorted(work, np.arange(_CHUNK_TESTS, int(work[-1]), _CHUNK_TESTS)) + 1
        edges = np.unique(np.concatenate([[0], cuts, [end - begin]])) + begin
        return [(int(a), int(b), 0, 0) for a, b in itertools.pairwise(edges)]

    def _heavy(self, cell: int, size: int) -> list[tuple[int, int, int, int]]:
        step = max(_CHUNK_TESTS // size, 1)
        return [(cell, cell + 1, a, min(a + step, size)) for a in range(0, size, step)]

    def search(self, begin: int, end: int, first: int, last: int) -> SegmentPairs:
        room = _FIRST_BUFFER
        while True:
            a, b = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int64)
            d = np.empty(room, dtype=np.float64)
            found = _search_cells(
                begin, end, first, last, self.cell_start, self.entry, self.ends, self.pad,
                self.source, self.line, self.group, self.radius, self.limit, self.cell_m,
                self.columns, a, b, d,
            )  # fmt: skip
            if found <= room:
                return SegmentPairs(a[:found].copy(), b[:found].copy(), d[:found].copy())
            room = int(found)

    def of_segments(self, pairs: SegmentPairs) -> SegmentPairs:
        """Pairs of pieces as pairs of the segments that they were cut from."""
        first, second = self.source[pairs.first], self.source[pairs.second]
        return SegmentPairs(np.minimum(first, second), np.maximum(first, second), pairs.axis_m)


def _cut(ends: Floats, pieces: Ints, source: Ints) -> Floats:
    """The segments in ``pieces`` equal parts each."""
    number = np.arange(len(source)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    low, high = number / pieces[source], (number + 1) / pieces[source]
    x0, y0, x1, y1 = ends[source].T
    # x1 itself, not x0 + 1.0 * (x1 - x0): the ends of a segment stay the given numbers.
    last = number + 1 == pieces[source]
    return np.column_stack([
        x0 + low * (x1 - x0),
        y0 + low * (y1 - y0),
        np.where(last, x1, x0 + high * (x1 - x0)),
        np.where(last, y1, y0 + high * (y1 - y0)),
    ])  # fmt: skip


@numba.njit(cache=True, nogil=True)
def _sorted_into_cells(ends, pad, cell_m, columns, rows):  # type: ignore[no-untyped-def]
    """Counting sort: ``entry[cell_start[c]:cell_start[c + 1]]`` are the pieces in cell c."""
    start = np.zeros(columns * rows + 1, dtype=np.int64)
    for i in range(len(ends)):
        c0 = int((min(ends[i, 0], ends[i, 2]) - pad[i]) / cell_m)
        c1 = int((max(ends[i, 0], ends[i, 2]) + pad[i]) / cell_m)
        r0 = int((min(ends[i, 1], ends[i, 3]) - pad[i]) / cell_m)
        r1 = int((max(ends[i, 1], ends[i, 3]) + pad[i]) / cell_m)
        for r in range(r0, r1 + 1):
            for c in range(c0, c1 + 1):
                start[r * columns + c + 1] += 1
    for k in range(columns * rows):
        start[k + 1] += start[k]
    entry = np.empty(start[-1], dtype=np.int64)
    fill = start[:-1].copy()
    for i in range(len(ends)):
        c0 = int((min(ends[i, 0], ends[i, 2]) - pad[i]) / cell_m)
        c1 = int((max(ends[i, 0], ends[i, 2]) + pad[i]) / cell_m)
        r0 = int((min(ends[i, 1], ends[i, 3]) - pad[i]) / cell_m)
        r1 = int((max(ends[i, 1], ends[i, 3]) + pad[i]) / cell_m)
        for r in range(r0, r1 + 1):
            for c in range(c0, c1 + 1):
                k = r * columns + c
                entry[fill[k]] = i
                fill[k] += 1
    return start, entry


@numba.njit(cache=True, nogil=True)
def _point_to_segment(px, py, ax, ay, bx, by):  # type: ignore[no-untyped-def]
    """Squared distance of a point to a segment."""
    dx, dy = bx - ax, by - ay
    length2 = dx * dx + dy * dy
    t = 0.0
    if length2 > 0.0:
        t = ((px - ax) * dx + (py - ay) * dy) / length2
        t = min(max(t, 0.0), 1.0)
    ex, ey = px - (ax + t * dx), py - (ay + t * dy)
    return ex * ex + ey * ey


@numba.njit(cache=True, nogil=True)
def _crosses(a, b):  # type: ignore[no-untyped-def]
    """Whether two segments (x0 y0 x1 y1) cross at a point inside both."""
    ux, uy = a[2] - a[0], a[3] - a[1]
    vx, vy = b[2] - b[0], b[3] - b[1]
    wx, wy = b[0] - a[0], b[1] - a[1]
    across = ux * vy - uy * vx
    if across == 0.0:
        return False
    s = (wx * vy - wy * vx) / across
    t = (wx * uy - wy * ux) / across
    return 0.0 <= s <= 1.0 and 0.0 <= t <= 1.0


@numba.njit(cache=True, nogil=True)
def _segment_distance2(a, b):  # type: ignore[no-untyped-def]
    """Squared distance of two segments (x0 y0 x1 y1)."""
    if _crosses(a, b):
        return 0.0
    return min(
        min(
            _point_to_segment(a[0], a[1], b[0], b[1], b[2], b[3]),
            _point_to_segment(a[2], a[3], b[0], b[1], b[2], b[3]),
        ),
        min(
            _point_to_segment(b[0], b[1], a[0], a[1], a[2], a[3]),
            _point_to_segment(b[2], b[3], a[0], a[1], a[2], a[3]),
        ),
    )


@numba.njit(cache=True, nogil=True)
def _search_cells(  # type: ignore[no-untyped-def]
    begin, end, first, last, cell_start, entry, ends, pad, source, line, group, radius, limit,
    cell_m, columns, out_a, out_b, out_d,
):  # fmt: skip
    """Write the near pairs of the cells; the number found, even where the arrays are too short."""
    found = 0
    room = len(out_a)
    for cell in range(begin, end):
        low, high = cell_start[cell], cell_start[cell + 1]
        row, column = cell // columns, cell % columns
        stop = low + last if last > 0 else high
        for p in range(low + first, stop):
            i = entry[p]
            ax0 = min(ends[i, 0], ends[i, 2]) - pad[i]
            ax1 = max(ends[i, 0], ends[i, 2]) + pad[i]
            ay0 = min(ends[i, 1], ends[i, 3]) - pad[i]
            ay1 = max(ends[i, 1], ends[i, 3]) + pad[i]
            for q in range(p + 1, high):
                j = entry[q]
                if line[i] == line[j]:
                    continue
                bx0 = min(ends[j, 0], ends[j, 2]) - pad[j]
                by0 = min(ends[j, 1], ends[j, 3]) - pad[j]
                x, y = max(ax0, bx0), max(ay0, by0)
                if x > ax1 or y > ay1:
                    continue
                if x > max(ends[j, 0], ends[j, 2]) + pad[j]:
                    continue
                if y > max(ends[j, 1], ends[j, 3]) + pad[j]:
                    continue
                if int(x / cell_m) != column or int(y / cell_m) != row:
                    continue
                wall = limit[group[i], group[j]]
                if wall < 0.0:
                    continue
                far = wall + radius[i] + radius[j]
                d2 = _segment_distance2(ends[i], ends[j])
                if d2 <= far * far:
                    if found < room:
                        out_a[found] = min(i, j)
                        out_b[found] = max(i, j)
                        out_d[found] = np.sqrt(d2)
                    found += 1
    return found
