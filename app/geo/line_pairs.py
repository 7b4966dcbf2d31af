"""Compiled loops over pairs of lines, each a run of near pairs of segments.

The rows ``begin[k]`` to ``end[k]`` of ``first`` and ``second`` (numbers of segments) belong to the
pair of lines ``k``, in the order of the segments. Every loop works pair by pair, so that ranges of
pairs can go to threads and the answer does not depend on how they were shared out.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
import numpy.typing as npt

from app.geo.segments import Segments
from app.geo.two_segments import distance, in_disc, nearest, stretch, vector

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

THREADS = 2
# Fewer rows than this are done before another thread has woken up.
_ALONE = 20_000
_INSERTION_SORTED = 32


def in_shares(count: int, work: Callable[[int, int], None]) -> None:
    """Do ``work`` on ranges that cover 0 to ``count``, in threads where there is much of it."""
    if count < _ALONE:
        work(0, count)
        return
    edges = np.linspace(0, count, 4 * THREADS + 1).astype(np.int64).tolist()
    with ThreadPoolExecutor(max_workers=THREADS) as pool:
        list(pool.map(work, edges[:-1], edges[1:]))


def by_pair(line: Ints, first: Ints, second: Ints) -> tuple[Ints | None, Ints]:
    """The order of the rows in which those of two lines follow each other, and where each begins.

    ``first`` ascends. None for the order where the rows have it already, as lines of one piece do.
    """
    order, sorted_already = _order(line, first, second)
    begin = _begins(line, first, second, order)
    return (None if sorted_already else order), begin


@numba.njit(cache=True, nogil=True)
def _order(line, first, second):  # type: ignore[no-untyped-def]
    n = len(first)
    order = np.arange(n)
    in_order = True
    low = 0
    while low < n:
        high = low + 1
        ascends = True
        while high < n and line[first[high]] == line[first[low]]:
            ascends &= line[second[high]] >= line[second[high - 1]]
            high += 1
        if not ascends:
            in_order = False
            order[low:high] = low + np.argsort(line[second[low:high]], kind="mergesort")
        low = high
    return order, in_order


@numba.njit(cache=True, nogil=True)
def _begins(line, first, second, order):  # type: ignore[no-untyped-def]
    begin = np.empty(len(first), dtype=np.int64)
    found = 0
    for k in range(len(first)):
        row = order[k]
        fresh = k == 0
        if not fresh:
            last = order[k - 1]
            fresh = line[first[row]] != line[first[last]] or line[second[row]] != line[second[last]]
        if fresh:
            begin[found] = k
            found += 1
    return begin[:found].copy()


def least_of(begin: Ints, end: Ints, values: Floats) -> Floats:
    """The least value of the rows of each pair."""
    least = np.empty(len(begin))
    in_shares(len(begin), lambda low, high: _least(begin, end, values, least, low, high))
    return least


@numba.njit(cache=True, nogil=True)
def _least(begin, end, values, least, low, high):  # type: ignore[no-untyped-def]
    for k in range(low, high):
        best = np.inf
        for row in range(begin[k], end[k]):
            best = min(best, values[row])
        least[k] = best


def crossing_rows(
    s: Segments, first: Ints, second: Ints, begin: Ints, end: Ints
) -> tuple[Ints, Ints, Floats, Floats, Floats]:
    """(pair, row, share of first, share of second, sine of the angle) of each crossing.

    Parallel pieces never cross; a crossing at a bend, to the millimetre, is told once.
    """
    # Every pair has room for a crossing a row, which is where its rows are: nobody waits.
    pair, row = (np.empty(len(first), dtype=np.int64) for _ in range(2))
    shares = np.empty((len(first), 3))
    found: list[tuple[int, int]] = []

    def work(low: int, high: int) -> None:
        start = int(begin[low]) if low < high else 0
        count = _crossings(s.ends, first, second, begin, end, pair, row, shares, start, low, high)
        found.append((start, start + count))

    in_shares(len(begin), work)
    at = np.concatenate([np.arange(*part) for part in sorted(found)])
    return pair[at], row[at], shares[at, 0], shares[at, 1], shares[at, 2]


@numba.njit(cache=True, nogil=True)
def _crossings(ends, first, second, begin, end, pair, rows, shares, start, low, high):  # type: ignore[no-untyped-def]
    """Write the crossings of some pairs from ``start`` on; how many there are."""
    written = start
    for k in range(low, high):
        own = written
        for row in range(begin[k], end[k]):
            ax, ay, ux, uy = vector(ends, first[row])
            bx, by, vx, vy = vector(ends, second[row])
            across = ux * vy - uy * vx
            if across == 0.0:
                continue
            wx, wy = bx - ax, by - ay
            t, q = (wx * vy - wy * vx) / across, (wx * uy - wy * ux) / across
            if not (0.0 <= t <= 1.0 and 0.0 <= q <= 1.0):
                continue
            mx, my = np.rint((ax + t * ux) * 1000), np.rint((ay + t * uy) * 1000)
            again = False
            for m in range(own, written):
                cx, cy, dx, dy = vector(ends, first[rows[m]])
                x, y = (
                    np.rint((cx + shares[m, 0] * dx) * 1000),
                    np.rint((cy + shares[m, 0] * dy) * 1000),
                )
                again |= x == mx and y == my
            if not again:
                pair[written], rows[written] = k, row
                shares[written, 0], shares[written, 1] = t, q
                shares[written, 2] = abs(across) / (np.hypot(ux, uy) * np.hypot(vx, vy))
                written += 1
    return written - start


def least_distances(
    s: Segments, first: Ints, second: Ints, axis_m: Floats, begin: Ints, end: Ints,
    zone_begin: Ints, zone_x: Floats, zone_y: Floats, clear_of_m: Floats, far_m: Floats,
) -> tuple[Floats, Floats, Floats]:  # fmt: skip
    """Least distance of the axes of each pair outside its zones, and the place on the nearer line.

    The zones ``zone_begin[k]`` to ``zone_begin[k + 1]`` of pair k are circles of ``clear_of_m[k]``;
    NaN where nothing outside them is within ``far_m[k]``. The place of a pair without zones is NaN:
    ``least_places`` tells it of those that are asked for.
    """
    axis, x, y = (np.empty(len(begin)) for _ in range(3))
    most = int(np.diff(zone_begin).max(initial=0))

    def work(low: int, high: int) -> None:
        _least_distances(
            s.ends, first, second, axis_m, begin, end, zone_begin, zone_x, zone_y,
            clear_of_m, far_m, axis, x, y, most, low, high,
        )  # fmt: skip

    in_shares(len(begin), work)
    return axis, x, y


@numba.njit(cache=True, nogil=True)
def _least_distances(  # type: ignore[no-untyped-def]
    ends, first, second, axis_m, begin, end, zone_begin, zone_x, zone_y,
    clear_of, far, axis, x, y, most, low, high,
):  # fmt: skip
    pieces = np.empty((2, most + 2, 2))
    for k in range(low, high):
        if zone_begin[k] == zone_begin[k + 1]:
            best = begin[k]
            for row in range(begin[k] + 1, end[k]):
                if axis_m[row] < axis_m[best]:
                    best = row
            axis[k], x[k], y[k] = axis_m[best], np.nan, np.nan
            continue
        axis[k], x[k], y[k] = np.nan, np.nan, np.nan
        for turn in range(2):
            one, other = (first, second) if turn == 0 else (second, first)
            least, piece, at = np.inf, -1, 0.0
            for row in range(begin[k], end[k]):
                a, b = one[row], other[row]
                ax, ay, ux, uy = vector(ends, a)
                left = _outside(
                    ax, ay, ux, uy, zone_x, zone_y, zone_begin[k], zone_begin[k + 1],
                    clear_of[k], pieces,
                )  # fmt: skip
                if left == 0:
                    continue
                bx, by, vx, vy = vector(ends, b)
                enter, leave = stretch(ax, ay, ux, uy, bx, by, vx, vy, far[k])
                closest = np.nan
                for p in range(left):
                    enters, leaves = max(pieces[0, p, 0], enter), min(pieces[0, p, 1], leave)
                    if leaves <= enters:
                        continue
                    if np.isnan(closest):
                        closest = nearest(ax, ay, ux, uy, bx, by, vx, vy)
                    share = min(max(closest, enters), leaves)
                    away = distance(ax + share * ux, ay + share * uy, bx, by, vx, vy)
                    earlier = a < piece or (a == piece and share < at)
                    if away < least or (away == least and earlier):
                        least, piece, at = away, a, share
            if piece >= 0 and least <= far[k] and (np.isnan(axis[k]) or least < axis[k]):
                axis[k] = least
                ax, ay, ux, uy = vector(ends, piece)
                x[k], y[k] = ax + at * ux, ay + at * uy


def least_places(
    s: Segments, first: Ints, second: Ints, axis_m: Floats, begin: Ints, end: Ints
) -> tuple[Floats, Floats]:
    """Where the first line of each pair is nearest to the second."""
    x, y = np.empty(len(begin)), np.empty(len(begin))

    def work(low: int, high: int) -> None:
        _least_places(s.ends, first, second, axis_m, begin, end, x, y, low, high)

    in_shares(len(begin), work)
    return x, y


@numba.njit(cache=True, nogil=True)
def _least_places(ends, first, second, axis_m, begin, end, x, y, low, high):  # type: ignore[no-untyped-def]
    for k in range(low, high):
        best = begin[k]
        for row in range(begin[k] + 1, end[k]):
            if axis_m[row] < axis_m[best]:
                best = row
        ax, ay, ux, uy = vector(ends, first[best])
        bx, by, vx, vy = vector(ends, second[best])
        share = nearest(ax, ay, ux, uy, bx, by, vx, vy)
        x[k], y[k] = ax + share * ux, ay + share * uy


@numba.njit(cache=True, nogil=True)
def _outside(ax, ay, ux, uy, zone_x, zone_y, begin, end, radius, pieces):  # type: ignore[no-untyped-def]
    """Write the parts of a segment outside all circles into ``pieces[0]``; how many there are."""
    pieces[0, 0, 0], pieces[0, 0, 1] = 0.0, 1.0
    count = 1
    for zone in range(begin, end):
        enter, leave = in_disc(ax - zone_x[zone], ay - zone_y[zone], ux, uy, radius)
        if leave < enter:
            continue
        kept = 0
        for p in range(count):
            low, high = pieces[0, p, 0], pieces[0, p, 1]
            if min(high, enter) > low:
                pieces[1, kept, 0], pieces[1, kept, 1] = low, min(high, enter)
                kept += 1
            if high > max(low, leave):
                pieces[1, kept, 0], pieces[1, kept, 1] = max(low, leave), high
                kept += 1
        for p in range(kept):
            pieces[0, p, 0], pieces[0, p, 1] = pieces[1, p, 0], pieces[1, p, 1]
        count = kept
        if count == 0:
            return 0
    return count


def lengths_within(
    s: Segments, first: Ints, second: Ints, begin: Ints, end: Ints, far_m: Floats
) -> Floats:
    """Metres of each pair along which one line lies within ``far_m`` of the other.

    Measured along both lines; the longer counts.
    """
    length = np.zeros(len(begin))

    def work(low: int, high: int) -> None:
        _lengths(s.ends, s.chainage_m, first, second, begin, end, far_m, length, low, high)

    in_shares(len(begin), work)
    return length


@numba.njit(cache=True, nogil=True)
def _lengths(  # type: ignore[no-untyped-def]
    ends, chainage, first, second, begin, end, far, length, low, high
):  # fmt: skip
    spans = np.empty((16, 2))
    for k in range(low, high):
        if len(spans) < end[k] - begin[k]:
            spans = np.empty((2 * (end[k] - begin[k]), 2))
        if end[k] == begin[k] + 1:
            length[k] = _length(ends, first[begin[k]], second[begin[k]], far[k])
            continue
        for turn in range(2):
            one, other = (first, second) if turn == 0 else (second, first)
            found = 0
            for row in range(begin[k], end[k]):
                a, b = one[row], other[row]
                ax, ay, ux, uy = vector(ends, a)
                bx, by, vx, vy = vector(ends, b)
                enter, leave = stretch(ax, ay, ux, uy, bx, by, vx, vy, far[k])
                if leave > enter:
                    metres = np.hypot(ux, uy)
                    spans[found, 0] = chainage[a] + enter * metres
                    spans[found, 1] = chainage[a] + leave * metres
                    found += 1
            length[k] = max(length[k], _united(spans, found))


@numba.njit(cache=True, nogil=True)
def _length(ends, a, b, far):  # type: ignore[no-untyped-def]
    """Metres of two segments within a distance of each other; the longer counts."""
    ax, ay, ux, uy = vector(ends, a)
    bx, by, vx, vy = vector(ends, b)
    enter, leave = stretch(ax, ay, ux, uy, bx, by, vx, vy, far)
    enters, leaves = stretch(bx, by, vx, vy, ax, ay, ux, uy, far)
    one, other = (leave - enter) * np.hypot(ux, uy), (leaves - enters) * np.hypot(vx, vy)
    return max(one, other, 0.0)


@numba.njit(cache=True, nogil=True)
def _united(spans, count):  # type: ignore[no-untyped-def]
    """The length of the union of intervals."""
    if count > _INSERTION_SORTED:
        order = np.argsort(spans[:count, 0])
        spans[:count] = spans[:count][order]
    else:
        for k in range(1, count):
            begin, end = spans[k, 0], spans[k, 1]
            at = k
            while at > 0 and spans[at - 1, 0] > begin:
                spans[at, 0], spans[at, 1] = spans[at - 1, 0], spans[at - 1, 1]
                at -= 1
            spans[at, 0], spans[at, 1] = begin, end
    total, reached = 0.0, -np.inf
    for k in range(count):
        total += max(spans[k, 1] - max(spans[k, 0], reached), 0.0)
        reached = max(reached, spans[k, 1])
    return total


def ends_meet(
    s: Segments, first: Ints, second: Ints, begin: Ints, end: Ints, touching_m: float
) -> Flags:
    """Whether an end of one line of each pair lies on the other line."""
    meets = np.zeros(len(begin), dtype=bool)

    def work(low: int, high: int) -> None:
        _meet(s.ends, s.line, s.pieces, first, second, begin, end, touching_m, meets, low, high)

    in_shares(len(begin), work)
    return meets


@numba.njit(cache=True, nogil=True)
def _meet(  # type: ignore[no-untyped-def]
    ends, line, pieces, first, second, begin, end, touching, meets, low, high
):  # fmt: skip
    for k in range(low, high):
        for row in range(begin[k], end[k]):
            for turn in range(2):
                a, b = (first[row], second[row]) if turn == 0 else (second[row], first[row])
                bx, by, vx, vy = vector(ends, b)
                if a == pieces[line[a]]:
                    away = distance(ends[a, 0], ends[a, 1], bx, by, vx, vy)
                    meets[k] |= away <= touching
                if a == pieces[line[a] + 1] - 1:
                    away = distance(ends[a, 2], ends[a, 3], bx, by, vx, vy)
                    meets[k] |= away <= touching
            if meets[k]:
                break


def summed(a: Ints, b: Ints, *values: Floats) -> tuple[Floats, ...]:
    """The sum of both sides of each pair, of each of the values, in one pass over the pairs."""
    sides = np.column_stack(values)
    sums = np.empty((len(values), len(a)))
    in_shares(len(a), lambda low, high: _summed(a, b, sides, sums, low, high))
    return tuple(sums)


@numba.njit(cache=True, nogil=True)
def _summed(a, b, sides, sums, low, high):  # type: ignore[no-untyped-def]
    for k in range(low, high):
        for column in range(sides.shape[1]):
            sums[column, k] = sides[a[k], column] + sides[b[k], column]


def alike(a: Ints, b: Ints, *codes: Ints) -> Flags:
    """Whether both sides of each pair have the same known code: one row for each of the codes.

    Lines beyond the last with a code have none, like those whose code is negative.
    """
    sides = np.column_stack(codes)
    same = np.empty((len(codes), len(a)), dtype=np.bool_)
    in_shares(len(a), lambda low, high: _alike(a, b, sides, same, low, high))
    return same


@numba.njit(cache=True, nogil=True)
def _alike(a, b, sides, same, low, high):  # type: ignore[no-untyped-def]
    for k in range(low, high):
        coded = a[k] < len(sides) and b[k] < len(sides)
        for column in range(sides.shape[1]):
            same[column, k] = (
                coded and sides[a[k], column] >= 0 and sides[a[k], column] == sides[b[k], column]
            )


def tips_meet(s: Segments, a: Ints, b: Ints, touching_m: float) -> Flags:
    """Whether an end of each line ``a`` is within a distance of an end of the line ``b``."""
    meets = np.zeros(len(a), dtype=bool)
    in_shares(len(a), lambda low, high: _tips(s.ends, s.pieces, a, b, touching_m, meets, low, high))
    return meets


@numba.njit(cache=True, nogil=True)
def _tips(ends, pieces, a, b, touching, meets, low, high):  # type: ignore[no-untyped-def]
    for k in range(low, high):
        for one in range(2):
            p = pieces[a[k]] if one == 0 else pieces[a[k] + 1] - 1
            for other in range(2):
                q = pieces[b[k]] if other == 0 else pieces[b[k] + 1] - 1
                dx = ends[p, 2 * one] - ends[q, 2 * other]
                dy = ends[p, 2 * one + 1] - ends[q, 2 * other + 1]
                meets[k] |= np.hypot(dx, dy) <= touching
