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
from app.geo.two_segments import distance, in_disc, nearest, stretch

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
    count = np.zeros(len(begin) + 1, dtype=np.int64)
    at = (s.x0, s.y0, s.x1, s.y1, first, second, begin, end)
    nothing = np.empty(0, dtype=np.int64)
    no_share = np.empty((0, 3))
    in_shares(
        len(begin), lambda low, high: _crossings(*at, count, nothing, no_share, False, low, high)
    )
    start = np.cumsum(count)
    rows, shares = np.empty(start[-1], dtype=np.int64), np.empty((start[-1], 3))
    in_shares(len(begin), lambda low, high: _crossings(*at, start, rows, shares, True, low, high))
    pair = np.repeat(np.arange(len(begin)), count[1:])
    return pair, rows, shares[:, 0].copy(), shares[:, 1].copy(), shares[:, 2].copy()


@numba.njit(cache=True, nogil=True)
def _crossings(  # type: ignore[no-untyped-def]
    x0, y0, x1, y1, first, second, begin, end, count, rows, shares, fill, low, high
):  # fmt: skip
    """Count the crossings of each pair in ``count[k + 1]``, or write them from ``count[k]``."""
    seen = np.empty((8, 2))
    for k in range(low, high):
        found = 0
        for row in range(begin[k], end[k]):
            a, b = first[row], second[row]
            ux, uy, vx, vy = x1[a] - x0[a], y1[a] - y0[a], x1[b] - x0[b], y1[b] - y0[b]
            across = ux * vy - uy * vx
            if across == 0.0:
                continue
            wx, wy = x0[b] - x0[a], y0[b] - y0[a]
            t, q = (wx * vy - wy * vx) / across, (wx * uy - wy * ux) / across
            if not (0.0 <= t <= 1.0 and 0.0 <= q <= 1.0):
                continue
            mx, my = np.rint((x0[a] + t * ux) * 1000), np.rint((y0[a] + t * uy) * 1000)
            again = False
            for m in range(found):
                again |= seen[m, 0] == mx and seen[m, 1] == my
            if again:
                continue
            if found == len(seen):
                wider = np.empty((2 * len(seen), 2))
                wider[: len(seen)] = seen
                seen = wider
            seen[found, 0], seen[found, 1] = mx, my
            if fill:
                to = count[k] + found
                rows[to] = row
                shares[to, 0], shares[to, 1] = t, q
                shares[to, 2] = abs(across) / (np.hypot(ux, uy) * np.hypot(vx, vy))
            found += 1
        if not fill:
            count[k + 1] = found


def least_distances(
    s: Segments, first: Ints, second: Ints, axis_m: Floats, begin: Ints, end: Ints,
    zone_begin: Ints, zone_x: Floats, zone_y: Floats, clear_of_m: Floats, far_m: Floats,
) -> tuple[Floats, Floats, Floats]:  # fmt: skip
    """Least distance of the axes of each pair outside its zones, and the place on the nearer line.

    The zones ``zone_begin[k]`` to ``zone_begin[k + 1]`` of pair k are circles of ``clear_of_m[k]``;
    NaN where nothing outside them is within ``far_m[k]``.
    """
    axis, x, y = (np.full(len(begin), np.nan) for _ in range(3))
    most = int(np.diff(zone_begin).max(initial=0))

    def work(low: int, high: int) -> None:
        _least_distances(
            s.x0, s.y0, s.x1, s.y1, first, second, axis_m, begin, end, zone_begin, zone_x, zone_y,
            clear_of_m, far_m, axis, x, y, most, low, high,
        )  # fmt: skip

    in_shares(len(begin), work)
    return axis, x, y


@numba.njit(cache=True, nogil=True)
def _least_distances(  # type: ignore[no-untyped-def]
    x0, y0, x1, y1, first, second, axis_m, begin, end, zone_begin, zone_x, zone_y,
    clear_of, far, axis, x, y, most, low, high,
):  # fmt: skip
    pieces = np.empty((2, most + 2, 2))
    for k in range(low, high):
        if zone_begin[k] == zone_begin[k + 1]:
            best = begin[k]
            for row in range(begin[k] + 1, end[k]):
                if axis_m[row] < axis_m[best]:
                    best = row
            a, b = first[best], second[best]
            share = nearest(
                x0[a], y0[a], x1[a] - x0[a], y1[a] - y0[a],
                x0[b], y0[b], x1[b] - x0[b], y1[b] - y0[b],
            )  # fmt: skip
            axis[k] = axis_m[best]
            x[k], y[k] = x0[a] + share * (x1[a] - x0[a]), y0[a] + share * (y1[a] - y0[a])
            continue
        for turn in range(2):
            one, other = (first, second) if turn == 0 else (second, first)
            least, piece, at = np.inf, -1, 0.0
            for row in range(begin[k], end[k]):
                a, b = one[row], other[row]
                ax, ay, ux, uy = x0[a], y0[a], x1[a] - x0[a], y1[a] - y0[a]
                left = _outside(
                    ax, ay, ux, uy, zone_x, zone_y, zone_begin[k], zone_begin[k + 1],
                    clear_of[k], pieces,
                )  # fmt: skip
                if left == 0:
                    continue
                bx, by, vx, vy = x0[b], y0[b], x1[b] - x0[b], y1[b] - y0[b]
                enter, leave = stretch(ax, ay, ux, uy, bx, by, vx, vy, far[k])
                closest = np.nan
                for p in range(left):
                    begins, ends = max(pieces[0, p, 0], enter), min(pieces[0, p, 1], leave)
                    if ends <= begins:
                        continue
                    if np.isnan(closest):
                        closest = nearest(ax, ay, ux, uy, bx, by, vx, vy)
                    share = min(max(closest, begins), ends)
                    away = distance(ax + share * ux, ay + share * uy, bx, by, vx, vy)
                    earlier = a < piece or (a == piece and share < at)
                    if away < least or (away == least and earlier):
                        least, piece, at = away, a, share
            if piece >= 0 and least <= far[k] and (np.isnan(axis[k]) or least < axis[k]):
                axis[k] = least
                x[k] = x0[piece] + at * (x1[piece] - x0[piece])
                y[k] = y0[piece] + at * (y1[piece] - y0[piece])


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
    s: Segments, first: Ints, second: Ints, begin: Ints, end: Ints, far_m: Floats, wanted: Flags
) -> Floats:
    """Metres of each wanted pair along which one line lies within ``far_m`` of the other.

    Measured along both lines; the longer counts.
    """
    length = np.zeros(len(begin))

    def work(low: int, high: int) -> None:
        _lengths(
            s.x0, s.y0, s.x1, s.y1, s.chainage_m, first, second, begin, end, far_m, wanted,
            length, low, high,
        )  # fmt: skip

    in_shares(len(begin), work)
    return length


@numba.njit(cache=True, nogil=True)
def _lengths(  # type: ignore[no-untyped-def]
    x0, y0, x1, y1, chainage, first, second, begin, end, far, wanted, length, low, high
):  # fmt: skip
    spans = np.empty((16, 2))
    for k in range(low, high):
        if not wanted[k]:
            continue
        if len(spans) < end[k] - begin[k]:
            spans = np.empty((2 * (end[k] - begin[k]), 2))
        for turn in range(2):
            one, other = (first, second) if turn == 0 else (second, first)
            found = 0
            for row in range(begin[k], end[k]):
                a, b = one[row], other[row]
                ux, uy = x1[a] - x0[a], y1[a] - y0[a]
                enter, leave = stretch(
                    x0[a], y0[a], ux, uy, x0[b], y0[b], x1[b] - x0[b], y1[b] - y0[b], far[k]
                )
                if leave > enter:
                    metres = np.hypot(ux, uy)
                    spans[found, 0] = chainage[a] + enter * metres
                    spans[found, 1] = chainage[a] + leave * metres
                    found += 1
            length[k] = max(length[k], _united(spans, found))


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
    s: Segments, piece_of_line: Ints, first: Ints, second: Ints, begin: Ints, end: Ints,
    wanted: Flags, touching_m: float,
) -> Flags:  # fmt: skip
    """Whether an end of one line of a wanted pair lies on the other line.

    ``piece_of_line[i]`` to ``piece_of_line[i + 1]`` are the pieces of line i.
    """
    meets = np.zeros(len(begin), dtype=bool)

    def work(low: int, high: int) -> None:
        _meet(
            s.x0, s.y0, s.x1, s.y1, s.line, piece_of_line, first, second, begin, end, wanted,
            touching_m, meets, low, high,
        )  # fmt: skip

    in_shares(len(begin), work)
    return meets


@numba.njit(cache=True, nogil=True)
def _meet(  # type: ignore[no-untyped-def]
    x0, y0, x1, y1, line, pieces, first, second, begin, end, wanted, touching, meets, low, high
):  # fmt: skip
    for k in range(low, high):
        if not wanted[k]:
            continue
        for row in range(begin[k], end[k]):
            for turn in range(2):
                a, b = (first[row], second[row]) if turn == 0 else (second[row], first[row])
                vx, vy = x1[b] - x0[b], y1[b] - y0[b]
                if a == pieces[line[a]]:
                    meets[k] |= distance(x0[a], y0[a], x0[b], y0[b], vx, vy) <= touching
                if a == pieces[line[a] + 1] - 1:
                    meets[k] |= distance(x1[a], y1[a], x0[b], y0[b], vx, vy) <= touching
            if meets[k]:
                break
