"""The grid behind the pair search: padded boxes of segments in flat cells, walked by compiled code.

Cells wrap round like a clock (a cell is its column and row modulo the size of the table), so the
table grows with the number of segments and not with the land between them: two towns a thousand
kilometres apart cost no more than one. What meets in a cell only because of the wrap fails the test
of boxes. In a cell the boxes that begin in it come first; two boxes are compared only in the cell
where the lower left corner of their overlap lies, so no pair of boxes is seen twice.

Boxes are single precision and rounded outwards, they only filter. Distances are taken from the
ends as given, the segment of lower number first, so that a pair has the same distance to the last
bit whatever else is in the search.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Shorts = npt.NDArray[np.int32]

# A segment longer than this many cells is cut for the search: its box would fill the grid.
_LONGEST_IN_CELLS = 4
# Cuts may make this many times as many pieces as there are segments, then cells grow.
_PIECES_PER_SEGMENT = 2
_CELLS_PER_SEGMENT = 2
_LEAST_SIDE = 64  # cells; no box may be half as wide as the table, or it would meet itself
_PAD_IN_CELLS = 8
_CHUNK_TESTS = 1_000_000  # box tests of one chunk of work: some milliseconds
_PORTION = 1 << 17  # pairs handed on at a time
_SORTED_ALONE = 50_000  # pairs: fewer are sorted before a second thread has started
_INSERTION_SORTED = 48  # neighbours of one segment


@dataclass(frozen=True)
class Grid:
    """Pieces of segments in the order of their home cells, and the entries of every cell."""

    ends: Floats  # the whole segment of each piece: x0 y0 x1 y1
    box: Singles  # the padded box of each piece, from the lower left corner of all
    source: Shorts
    line: Shorts
    group: Shorts
    radius: Floats
    limit: Floats
    start: Ints  # entries of cell c: start[4 c] to start[4 c + 4], by where their box begins
    entry: Shorts

    def chunks(self) -> list[tuple[int, int, int, int]]:
        """(first cell, end cell, first entry, end entry) of about equal work.

        A cell that is too much work for one chunk is shared out by its entries.
        """
        tests = _tests_of_cells(self.start)
        work = np.cumsum(tests)
        chunks: list[tuple[int, int, int, int]] = []
        begin = 0
        for cell in np.flatnonzero(tests > _CHUNK_TESTS).tolist():
            chunks += _light(begin, cell, work)
            low, high = int(self.start[4 * cell]), int(self.start[4 * cell + 2])
            step = max(_CHUNK_TESTS // int(self.start[4 * cell + 4] - low), 1)
            chunks += [(cell, cell + 1, at, min(at + step, high)) for at in range(low, high, step)]
            begin = cell + 1
        return chunks + _light(begin, len(tests), work)

    def search(self, chunk: tuple[int, int, int, int]) -> list[tuple[Shorts, Shorts, Floats]]:
        """Portions (lower segment, higher segment, distance of axes) of one chunk's near pairs."""
        portions = []
        state = np.array([chunk[0], chunk[2], -1], dtype=np.int64)
        while state[0] < chunk[1]:
            low, high = np.empty(_PORTION, dtype=np.int32), np.empty(_PORTION, dtype=np.int32)
            axis_m = np.empty(_PORTION, dtype=np.float64)
            found = _search_cells(
                state, chunk[1], chunk[3], self.start, self.entry, self.box, self.ends,
                self.source, self.line, self.group, self.radius, self.limit, low, high, axis_m,
            )  # fmt: skip
            if found:
                portions.append((low[:found].copy(), high[:found].copy(), axis_m[:found].copy()))
        return portions


def grid_over(ends: Floats, line: Ints, group: Ints, radius_m: Floats, limit_m: Floats) -> Grid:
    """The grid of segments (n x 4); at least one segment, finite coordinates."""
    # Half the farthest limit of its group each: two pads always reach across their limit.
    half = np.maximum(limit_m.max(axis=1), 0.0) / 2
    group32, radius = group.astype(np.int32), np.ascontiguousarray(radius_m, dtype=np.float64)
    west = min(ends[:, 0].min(), ends[:, 2].min())
    south = min(ends[:, 1].min(), ends[:, 3].min())
    east = max(ends[:, 0].max(), ends[:, 2].max())
    north = max(ends[:, 1].max(), ends[:, 3].max())
    cell_m, most_pad = _cell_size(ends, half, group32, radius)
    room = max(_CELLS_PER_SEGMENT * len(ends), _LEAST_SIDE**2)
    columns = int((east - west + 2 * most_pad) / cell_m) + 3
    rows = int((north - south + 2 * most_pad) / cell_m) + 3
    columns = min(columns, max(int(np.sqrt(room)), room // rows, _LEAST_SIDE))
    rows = min(rows, max(room // columns, _LEAST_SIDE))
    box, source = _pieces_by_home(
        ends, half, group32, radius, west - most_pad, south - most_pad, cell_m, columns, rows,
        _LONGEST_IN_CELLS * cell_m,
    )  # fmt: skip
    start, entry = _sorted_into_cells(box, cell_m, columns, rows)
    return Grid(
        ends[source], box, source, line.astype(np.int32)[source], group32[source], radius[source],
        np.ascontiguousarray(limit_m, dtype=np.float64), start, entry,
    )  # fmt: skip


def _cell_size(ends: Floats, half: Floats, group: Shorts, radius: Floats) -> tuple[float, float]:
    """The side of a cell in metres, and the widest pad."""
    length = np.hypot(ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1])
    pad = half[group] + radius
    most_pad = float(pad.max())
    cell_m = max(0.6 * float(np.median(length)), 2 * float(pad.mean()), 1.0)
    cell_m = max(cell_m, most_pad / _PAD_IN_CELLS)
    most = _PIECES_PER_SEGMENT * len(ends) + 1000
    while np.ceil(length / (_LONGEST_IN_CELLS * cell_m)).sum() > most:
        cell_m *= 1.5
    return cell_m, most_pad


def _light(begin: int, end: int, work: Ints) -> list[tuple[int, int, int, int]]:
    """Runs of cells of about equal work; ``work`` is the running total of their tests."""
    done = int(work[begin - 1]) if begin else 0
    edges = [begin]
    while begin < end:
        cut = int(np.searchsorted(work[:end], done + _CHUNK_TESTS))
        begin = min(max(cut, begin + 1), end)
        done = int(work[begin - 1])
        edges.append(begin)
    return [(a, b, -1, -1) for a, b in itertools.pairwise(edges)]


def sorted_pairs(
    portions: Iterator[tuple[Shorts, Shorts, Floats]], count: int, *, threads: int
) -> tuple[Ints, Ints, Floats]:
    """All pairs of the portions by first, then second segment, each once; ``count`` segments."""
    parts = list(portions)
    if not parts:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0)
    first, second, axis_m = (np.concatenate([part[k] for part in parts]) for k in range(3))
    parts.clear()
    if len(first) < _SORTED_ALONE:
        low, high, metres = _sorted_share(first, second, axis_m, 0, count)
        return low, high, metres
    # Each thread sorts the pairs whose first segment is in its share of the numbers.
    edges = np.linspace(0, count, threads + 1).astype(np.int64)
    with ThreadPoolExecutor(max_workers=threads) as pool:
        sorted_shares = list(
            pool.map(
                lambda k: _sorted_share(first, second, axis_m, edges[k], edges[k + 1]),
                range(threads),
            )
        )
    low, high, metres = (np.concatenate([share[k] for share in sorted_shares]) for k in range(3))
    return low, high, metres


@numba.njit(cache=True, nogil=True)
def _sorted_share(first, second, axis_m, begin, end):  # type: ignore[no-untyped-def]
    """The pairs with ``begin <= first < end`` in order, a repeated one (equal distance) once."""
    start = np.zeros(end - begin + 1, dtype=np.int64)
    for k in range(len(first)):
        if begin <= first[k] < end:
            start[first[k] - begin + 1] += 1
    for k in range(end - begin):
        start[k + 1] += start[k]
    other = np.empty(start[-1], dtype=np.int32)
    metres = np.empty(start[-1], dtype=np.float64)
    for k in range(len(first)):
        if begin <= first[k] < end:
            to = start[first[k] - begin]
            start[first[k] - begin] += 1
            other[to], metres[to] = second[k], axis_m[k]
    a, b = np.empty(len(other), dtype=np.int64), np.empty(len(other), dtype=np.int64)
    kept, low = 0, 0
    for segment in range(end - begin):
        high = start[segment]
        _sort_both(other, metres, low, high)
        for k in range(low, high):
            if k > low and other[k] == other[k - 1]:
                continue
            a[kept], b[kept], metres[kept] = segment + begin, other[k], metres[k]
            kept += 1
        low = high
    return a[:kept], b[:kept], metres[:kept]


@numba.njit(cache=True, nogil=True)
def _sort_both(key, value, low, high):  # type: ignore[no-untyped-def]
    """Sort ``key[low:high]`` and ``value`` with it."""
    if high - low > _INSERTION_SORTED:
        order = np.argsort(key[low:high])
        key[low:high] = key[low:high][order]
        value[low:high] = value[low:high][order]
        return
    for k in range(low + 1, high):
        one, other = key[k], value[k]
        at = k
        while at > low and key[at - 1] > one:
            key[at], value[at] = key[at - 1], value[at - 1]
            at -= 1
        key[at], value[at] = one, other


@numba.njit(cache=True, nogil=True)
def _tests_of_cells(start):  # type: ignore[no-untyped-def]
    """Comparisons of boxes in each cell."""
    cells = (len(start) - 1) // 4
    tests = np.empty(cells, dtype=np.int64)
    for c in range(cells):
        both = start[4 * c + 1] - start[4 * c]
        rest = start[4 * c + 4] - start[4 * c + 1]
        column, row = start[4 * c + 2] - start[4 * c + 1], start[4 * c + 3] - start[4 * c + 2]
        tests[c] = both * (both - 1) // 2 + both * rest + column * row
    return tests


@numba.njit(cache=True, nogil=True)
def _outwards(value, sign):  # type: ignore[no-untyped-def]
    """A length as single precision, never inside of the given one."""
    return np.float32(value + sign * (abs(value) * 1.2e-7 + 1e-7))


@numba.njit(cache=True, nogil=True)
def _pieces_by_home(  # type: ignore[no-untyped-def]
    ends, half, group, radius, west, south, cell_m, columns, rows, longest_m
):  # fmt: skip
    """Boxes of all pieces and their segments, in the order of the cell that the box begins in."""
    total = 0
    parts = np.empty(len(ends), dtype=np.int32)
    for i in range(len(ends)):
        length = np.hypot(ends[i, 2] - ends[i, 0], ends[i, 3] - ends[i, 1])
        parts[i] = max(int(np.ceil(length / longest_m)), 1)
        total += parts[i]
    raw = np.empty((total, 4), dtype=np.float32)
    home = np.empty(total, dtype=np.int32)
    start = np.zeros(columns * rows + 1, dtype=np.int64)
    at = 0
    for i in range(len(ends)):
        pad = half[group[i]] + radius[i]
        x, y = ends[i, 0] - west, ends[i, 1] - south
        dx, dy = (ends[i, 2] - ends[i, 0]) / parts[i], (ends[i, 3] - ends[i, 1]) / parts[i]
        for k in range(parts[i]):
            u, v = x + k * dx, y + k * dy
            raw[at, 0] = _outwards(min(u, u + dx) - pad, -1)
            raw[at, 1] = _outwards(min(v, v + dy) - pad, -1)
            raw[at, 2] = _outwards(max(u, u + dx) + pad, 1)
            raw[at, 3] = _outwards(max(v, v + dy) + pad, 1)
            column = int(max(raw[at, 0], 0.0) / cell_m) % columns
            row = int(max(raw[at, 1], 0.0) / cell_m) % rows
            home[at] = row * columns + column
            start[home[at] + 1] += 1
            at += 1
    for k in range(columns * rows):
        start[k + 1] += start[k]
    box = np.empty((total, 4), dtype=np.float32)
    source = np.empty(total, dtype=np.int32)
    at = 0
    for i in range(len(ends)):
        for _ in range(parts[i]):
            to = start[home[at]]
            start[home[at]] += 1
            for k in range(4):
                box[to, k] = raw[at, k]
            source[to] = i
            at += 1
    return box, source


@numba.njit(cache=True, nogil=True)
def _sorted_into_cells(box, cell_m, columns, rows):  # type: ignore[no-untyped-def]
    """Counting sort of the pieces into the cells of their boxes, those that begin there first."""
    start = np.zeros(4 * columns * rows + 1, dtype=np.int64)
    entry = np.empty(0, dtype=np.int32)
    per_m = 1.0 / cell_m
    for fill in range(2):
        for i in range(len(box)):
            c0, c1 = int(max(box[i, 0], 0.0) * per_m), int(box[i, 2] * per_m)
            r0, r1 = int(max(box[i, 1], 0.0) * per_m), int(box[i, 3] * per_m)
            row, first_column = r0 % rows, c0 % columns
            for r in range(r0, r1 + 1):
                column = first_column
                for c in range(c0, c1 + 1):
                    kind = (0 if r == r0 else 1) if c == c0 else (2 if r == r0 else 3)
                    key = 4 * (row * columns + column) + kind
                    if fill:
                        entry[start[key]] = i
                    start[key + 1 - fill] += 1
                    column = column + 1 if column + 1 < columns else 0
                row = row + 1 if row + 1 < rows else 0
        if not fill:
            for k in range(4 * columns * rows):
                start[k + 1] += start[k]
            entry = np.empty(start[-1], dtype=np.int32)
    # Filling moved every start to the start of the next.
    for k in range(4 * columns * rows, 0, -1):
        start[k] = start[k - 1]
    start[0] = 0
    return start, entry


@numba.njit(cache=True, nogil=True)
def _point_to_segment(px, py, ax, ay, dx, dy):  # type: ignore[no-untyped-def]
    """Squared distance of a point to the segment from a by d."""
    length2 = dx * dx + dy * dy
    t = 0.0
    if length2 > 0.0:
        t = ((px - ax) * dx + (py - ay) * dy) / length2
        t = min(max(t, 0.0), 1.0)
    ex, ey = px - (ax + t * dx), py - (ay + t * dy)
    return ex * ex + ey * ey


@numba.njit(cache=True, nogil=True)
def _segment_distance2(ax0, ay0, ax1, ay1, bx0, by0, bx1, by1):  # type: ignore[no-untyped-def]
    """Squared distance of two segments; 0 where they cross."""
    ux, uy, vx, vy = ax1 - ax0, ay1 - ay0, bx1 - bx0, by1 - by0
    wx, wy = bx0 - ax0, by0 - ay0
    across = ux * vy - uy * vx
    if across != 0.0:
        s = (wx * vy - wy * vx) / across
        t = (wx * uy - wy * ux) / across
        if 0.0 <= s <= 1.0 and 0.0 <= t <= 1.0:
            return 0.0
    return min(
        min(_point_to_segment(ax0, ay0, bx0, by0, vx, vy),
            _point_to_segment(ax1, ay1, bx0, by0, vx, vy)),
        min(_point_to_segment(bx0, by0, ax0, ay0, ux, uy),
            _point_to_segment(bx1, by1, ax0, ay0, ux, uy)),
    )  # fmt: skip


@numba.njit(cache=True, nogil=True)
def _search_cells(  # type: ignore[no-untyped-def]
    state, end, last, cell_start, entry, box, ends, source, line, group, radius, limit,
    out_low, out_high, out_m,
):  # fmt: skip
    """Fill the arrays with near pairs from where ``state`` (cell, entry, other entry) stands.

    The number written; ``state`` is where to go on, its cell ``end`` where all is done.
    """
    found, room = 0, len(out_m)
    cell, p_from, q_from = state[0], state[1], state[2]
    while cell < end:
        both, column = cell_start[4 * cell + 1], cell_start[4 * cell + 2]
        p = cell_start[4 * cell] if p_from < 0 else p_from
        p_end = column if last < 0 else last
        while p < p_end:
            i = entry[p]
            # Boxes that begin here meet all; of the others a column's start meets a row's start.
            q = p + 1 if p < both else column
            q_end = cell_start[4 * cell + 4] if p < both else cell_start[4 * cell + 3]
            if q_from >= 0:
                q, q_from = q_from, -1
            west, south, east, north = box[i, 0], box[i, 1], box[i, 2], box[i, 3]
            ax, ay = ends[i, 0], ends[i, 1]
            ux, uy = ends[i, 2] - ax, ends[i, 3] - ay
            length = np.sqrt(ux * ux + uy * uy)
            if length > 0.0:
                ux, uy = ux / length, uy / length
            else:
                ux, uy = 1.0, 0.0
            while q < q_end:
                j = entry[q]
                q += 1
                if (
                    box[j, 0] > east or box[j, 2] < west or box[j, 1] > north or box[j, 3] < south
                    or line[i] == line[j]
                ):  # fmt: skip
                    continue
                wall = limit[group[i], group[j]]
                if wall < 0.0:
                    continue
                far = wall + radius[i] + radius[j]
                # The other segment as seen along this one: most are past it or to one side.
                wx, wy = ends[j, 0] - ax, ends[j, 1] - ay
                vx, vy = ends[j, 2] - ax, ends[j, 3] - ay
                s0, s1 = wx * ux + wy * uy, vx * ux + vy * uy
                t0, t1 = wy * ux - wx * uy, vy * ux - vx * uy
                slack = far + 1e-6
                if (
                    (t0 > slack and t1 > slack) or (t0 < -slack and t1 < -slack)
                    or (s0 < -slack and s1 < -slack)
                    or (s0 > length + slack and s1 > length + slack)
                ):  # fmt: skip
                    continue
                a, b = (i, j) if source[i] < source[j] else (j, i)
                d2 = _segment_distance2(
                    ends[a, 0], ends[a, 1], ends[a, 2], ends[a, 3],
                    ends[b, 0], ends[b, 1], ends[b, 2], ends[b, 3],
                )  # fmt: skip
                if d2 <= far * far:
                    if found == room:
                        state[0], state[1], state[2] = cell, p, q - 1
                        return found
                    out_low[found], out_high[found] = source[a], source[b]
                    out_m[found] = np.sqrt(d2)
                    found += 1
            p += 1
        p_from = -1
        cell += 1
    state[0], state[1], state[2] = cell, -1, -1
    return found
