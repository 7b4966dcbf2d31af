"""Water over a height grid by the local-inertial equations, on a staggered grid.

Bates, Horritt and Fewtrell (2010) with the centred weighting of de Almeida et al. (2012) and the
friction of the whole discharge, not of its part across the face (de Almeida and Bates 2013), so
that water spreads as far along the diagonal as along the rows. A face carries water by the slope of
the surface and at most at the speed of a shallow wave; no cell gives more than it holds. Rows are branch-free so that they compile to vector
code; a step reads and writes each cell once, and any split of the rows gives the same bits.

A closed cell stands at :data:`WALL_M` without water: the depth of its faces is then exactly zero,
so nothing ever crosses them and no step of the ground drives water over it.
"""

from __future__ import annotations

import numba
import numpy as np

GRAVITY = 9.81
WALL_M = np.float32(1.0e6)
_FLAGS = {"nnan", "ninf", "nsz", "contract"}
# 0x54a2fa8c below: bits of a first guess of 1/cbrt(x), after Kahan's trick.


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FLAGS)
def _face_row(h_low, h_high, z_low, z_high, f_low, f_high, old, before, after, low_b, low_a, high_b, high_a, new, dt, dx, theta, froude2, work, bits, root):  # type: ignore[no-untyped-def]  # fmt: skip
    """Discharge of one row of faces, m2/s; ``work``, ``bits`` (the same memory) and ``root`` are scratch.

    ``low_b`` to ``high_a`` are the discharges through the four faces across, which friction feels too.
    """
    g = np.float32(9.81)
    one, third = np.float32(1.0), np.float32(1.0 / 3.0)
    four_thirds = np.float32(4.0 / 3.0)
    least, zero, half = np.float32(1e-5), np.float32(0.0), np.float32(0.5)
    sixteenth = np.float32(0.0625)
    side = half * (one - theta)
    pull = g * dt / dx
    steep = froude2 * g
    n = len(new)
    for i in range(n):
        depth = max(z_low[i] + h_low[i], z_high[i] + h_high[i]) - max(z_low[i], z_high[i])
        root[i] = max(depth, least)
        work[i] = root[i]
    for i in range(n):
        # A third of the bits as a float: its 24 bits are more than the guess is worth.
        bits[i] = np.int32(0x54A2FA8C) - np.int32(np.float32(bits[i]) * third)
    for i in range(n):
        depth = root[i]
        y = work[i]
        y = y * (four_thirds - third * depth * y * y * y)
        y = y * (four_thirds - third * depth * y * y * y)
        slope = (z_high[i] + h_high[i]) - (z_low[i] + h_low[i])
        q = theta * old[i] + side * (before[i] + after[i]) - pull * depth * slope
        rough = half * (f_low[i] + f_high[i])
        # g n2 |q| / h^(7/3), with 1/h^(7/3) = (1/cbrt h)^7; |q| of both directions
        y2 = y * y
        cross = (low_b[i] + low_a[i]) + (high_b[i] + high_a[i])
        flow = np.sqrt(old[i] * old[i] + sixteenth * (cross * cross))
        drag = dt * rough * flow * y2 * y2 * y2 * y
        q = q / (one + drag)
        # sqrt(depth) is taken from the vector unit; the cap is |q| <= h sqrt(froude2 g h)
        cap = depth * np.sqrt(steep * depth)
        q = min(max(q, -cap), cap)
        new[i] = q if depth > least else zero


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FLAGS)
def _is_short(own, west, east, south, north, ratio):  # type: ignore[no-untyped-def]
    """Whether some cell of a row cannot pay all of its outflow."""
    zero, hair = np.float32(0.0), np.float32(0.999999)
    worst = zero
    for c in range(len(own)):
        out = ratio * (
            (max(east[c], zero) - min(west[c], zero)) + (max(north[c], zero) - min(south[c], zero))
        )
        worst = max(worst, out - hair * own[c])
    return worst > zero


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FLAGS)
def _share_row(own, west, east, south, north, paid, ratio):  # type: ignore[no-untyped-def]
    """What share of its outflow each cell of a row can pay."""
    zero, one, tiny = np.float32(0.0), np.float32(1.0), np.float32(1e-30)
    for c in range(len(own)):
        out = ratio * (
            (max(east[c], zero) - min(west[c], zero)) + (max(north[c], zero) - min(south[c], zero))
        )
        # A hair below one, so that rounding cannot take the last drop twice.
        paid[c] = min(one, np.float32(0.999999) * own[c] / max(out, tiny))


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FLAGS)
def _cut_row(low, high, faces):  # type: ignore[no-untyped-def]
    """Cut what the cells below (``low``) and above faces cannot pay of their outflow."""
    zero = np.float32(0.0)
    for c in range(len(faces)):
        q = faces[c]
        faces[c] = q * (low[c] if q > zero else high[c])


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FLAGS)
def _fill_row(own, west, east, south, north, ratio):  # type: ignore[no-untyped-def]
    """New depths of a row from its discharges; the deepest of them."""
    zero = np.float32(0.0)
    top = zero
    for c in range(len(own)):
        depth = max(own[c] + ratio * ((west[c] - east[c]) + (south[c] - north[c])), zero)
        own[c] = depth
        top = max(top, depth)
    return top


@numba.njit(cache=True, nogil=True)
def _shut_row(faces, starts, row, values):  # type: ignore[no-untyped-def]
    """No water through the faces of a row that a wall stands on."""
    for k in range(starts[row], starts[row + 1]):
        values[faces[k]] = np.float32(0.0)


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FLAGS)
def _share_and_cut(r, first, h, qx, qy, share, short, ratio):  # type: ignore[no-untyped-def]
    """Hold the outflow of row ``r`` to what it has; its southern faces once both rows are known."""
    own, at = share[r % 3], r % 3
    was_short = short[at]
    short[at] = _is_short(h[r], qx[r, :-1], qx[r, 1:], qy[r], qy[r + 1], ratio)
    if short[at]:
        _share_row(h[r], qx[r, :-1], qx[r, 1:], qy[r], qy[r + 1], own, ratio)
        _cut_row(own[:-1], own[1:], qx[r, 1:-1])
    elif was_short:
        own[:] = np.float32(1.0)
    if r > first and (short[at] or short[(r - 1) % 3]):
        _cut_row(share[(r - 1) % 3], own, qy[r])


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FLAGS)
def sweep(first, last, starts, h, z, rough, qx, qy, kept, kept_x, edge, barred, dt, dx, theta, froude2, deepest):  # type: ignore[no-untyped-def]  # fmt: skip
    """Move the water of rows ``first`` to ``last`` on, in one pass over memory.

    ``qx[r, c]`` lies between cells c-1 and c, ``qy[r, c]`` between rows r-1 and r; the outermost
    faces stay zero. A row is filled two rows behind the one whose discharges are found, so that
    each sees the depths and discharges of before the step. Where the part ends inside of the grid,
    its last rows and its first one wait for :func:`join`: ``kept`` and ``kept_x`` hold the
    discharges of before about each of ``starts``, where parts begin, and ``edge`` takes the shares
    that it needs.
    """
    rows, columns = h.shape
    part = np.searchsorted(starts, first)
    ratio = dt / dx
    inner = columns - 1
    x_faces, x_starts, y_faces, y_starts = barred
    work = np.empty(columns, dtype=np.float32)
    bits = work.view(np.int32)
    root = np.empty(columns, dtype=np.float32)
    # Discharges of before the step of the row below and of this row.
    below_x, old_x = kept_x[part].copy(), np.empty(columns + 1, dtype=np.float32)
    below, across = kept[part, 0].copy(), np.empty(columns, dtype=np.float32)
    share = np.ones((3, columns), dtype=np.float32)
    short = np.zeros(3, dtype=np.bool_)
    for r in range(first, last):
        old_x[:] = qx[r]
        above = qy[r + 1] if r + 1 < last or last == rows else kept[part + 1, 1]
        _face_row(
            h[r, :-1], h[r, 1:], z[r, :-1], z[r, 1:], rough[r, :-1], rough[r, 1:], old_x[1:-1],
            old_x[:-2], old_x[2:], qy[r, :-1], qy[r, 1:], above[:-1], above[1:], qx[r, 1:-1], dt, dx, theta, froude2, work[:inner],
            bits[:inner], root[:inner],
        )  # fmt: skip
        if r > 0:
            across[:] = qy[r]
            _face_row(
                h[r - 1], h[r], z[r - 1], z[r], rough[r - 1], rough[r], across, below, above,
                below_x[:-1], below_x[1:], old_x[:-1], old_x[1:], qy[r], dt, dx, theta, froude2, work, bits, root,
            )  # fmt: skip
            below, across = across, below
        below_x, old_x = old_x, below_x
        _shut_row(x_faces, x_starts, r, qx[r])
        _shut_row(y_faces, y_starts, r, qy[r])
        if r > first:
            _share_and_cut(r - 1, first, h, qx, qy, share, short, ratio)
            if r - 1 == first:
                edge[part, 0] = share[(r - 1) % 3]
        if r - 2 > first or (r - 2 == first and first == 0):
            deepest[r - 2] = _fill_row(h[r - 2], qx[r - 2, :-1], qx[r - 2, 1:], qy[r - 2], qy[r - 1], ratio)  # fmt: skip
    if last == rows:
        _share_and_cut(rows - 1, first, h, qx, qy, share, short, ratio)
        for r in range(max(rows - 2, 0), rows):
            deepest[r] = _fill_row(h[r], qx[r, :-1], qx[r, 1:], qy[r], qy[r + 1], ratio)
    else:
        edge[part + 1, 1] = share[(last - 2) % 3]


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FLAGS)
def join(row, h, qx, qy, edge, dt, dx, deepest):  # type: ignore[no-untyped-def]
    """Finish the rows about the start ``row`` of a part of a sweep; ``edge`` is that of the start."""
    ratio = dt / dx
    b = row - 1
    own = np.empty(h.shape[1], dtype=np.float32)
    _share_row(h[b], qx[b, :-1], qx[b, 1:], qy[b], qy[row], own, ratio)
    _cut_row(own[:-1], own[1:], qx[b, 1:-1])
    _cut_row(edge[1], own, qy[b])
    _cut_row(own, edge[0], qy[row])
    for r in range(row - 2, row + 1):
        deepest[r] = _fill_row(h[r], qx[r, :-1], qx[r, 1:], qy[r], qy[r + 1], ratio)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def rain(first, last, h, catch, soil, fallen, soaks, wetted, soaked):  # type: ignore[no-untyped-def]
    """Rain of a portion of time on each cell, less what its ground can take.

    ``fallen`` is in metres, ``soaks`` in metres by soil class; the sums of each row are in float64.
    """
    zero = np.float32(0.0)
    columns = h.shape[1]
    for r in range(first, last):
        down = 0.0
        gone = 0.0
        for c in range(columns):
            before = h[r, c]
            # The rain that the number can hold is what counts, so that the balance is exact.
            wet = before + fallen * catch[r, c]
            after = max(wet - soaks[soil[r, c]], zero)
            h[r, c] = after
            down += np.float64(wet) - np.float64(before)
            gone += np.float64(wet) - np.float64(after)
        wetted[r] = down
        soaked[r] = gone


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FLAGS)
def watch(first, last, h, qx, qy, deepest, fastest, strongest, swift, wet_s, seconds, shown_m, wet_m, froude2):  # type: ignore[no-untyped-def]  # fmt: skip
    """Keep the greatest depth, speed and depth times speed of each cell, how long it is wet, and
    whether it was faster than a share of a shallow wave (``froude2``: its square) when it flowed
    most."""
    zero, half, swift2 = np.float32(0.0), np.float32(0.5), froude2 * np.float32(9.81)
    columns = h.shape[1]
    for r in range(first, last):
        for c in range(columns):
            depth = h[r, c]
            x = half * (qx[r, c] + qx[r, c + 1])
            y = half * (qy[r, c] + qy[r + 1, c])
            flow = np.sqrt(x * x + y * y)
            is_shown = depth > shown_m
            deepest[r, c] = max(deepest[r, c], depth)
            is_most = is_shown & (flow > strongest[r, c])
            is_swift = flow * flow > swift2 * depth * depth * depth
            strongest[r, c] = flow if is_most else strongest[r, c]
            swift[r, c] = is_swift if is_most else swift[r, c]
            fastest[r, c] = max(fastest[r, c], flow / max(depth, shown_m) if is_shown else zero)
            wet_s[r, c] += seconds if depth >= wet_m else zero


@numba.njit(cache=True, nogil=True)
def drain(h, cells):  # type: ignore[no-untyped-def]
    """Empty the cells through which water leaves; returns the sum of their depths in float64."""
    total = 0.0
    flat = h.ravel()
    for k in range(len(cells)):
        total += np.float64(flat[cells[k]])
        flat[cells[k]] = np.float32(0.0)
    return total


@numba.njit(cache=True, nogil=True)
def total_depth(h):  # type: ignore[no-untyped-def]
    """Sum of the depths in float64, row by row."""
    total = 0.0
    for r in range(h.shape[0]):
        row = 0.0
        for c in range(h.shape[1]):
            row += np.float64(h[r, c])
        total += row
    return total
