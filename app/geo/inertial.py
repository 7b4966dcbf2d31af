"""Water over a height grid by the local-inertial equations, on a staggered grid.

Bates, Horritt and Fewtrell (2010) with the centred weighting of de Almeida et al. (2012). A face
carries water by the slope of the surface, slowed by Manning friction and capped at the speed of a
shallow wave; no cell gives more than it holds. Rows are branch-free so that they compile to vector
code; each pass may run over any split of the rows and gives the same bits.

A closed cell stands at :data:`WALL_M` without water: the depth of its faces is then exactly zero,
so nothing ever crosses them and no step of the ground drives water over it.
"""

from __future__ import annotations

import numba
import numpy as np

GRAVITY = 9.81
WALL_M = np.float32(1.0e6)
_LEAST_FLOW_M = np.float32(1e-5)
_FLAGS = {"nnan", "ninf", "nsz"}
# Bits of a first guess of 1/cbrt(x): 0x54a2fa8c, after Kahan's trick.
_CUBE_ROOT_GUESS = np.int32(0x54A2FA8C)


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FLAGS)
def _face_row(h_low, h_high, z_low, z_high, f_low, f_high, old, before, after, new, dt, dx, theta, froude2, work, bits, root):  # type: ignore[no-untyped-def]  # fmt: skip
    """Discharge of one row of faces, m2/s; ``work``, ``bits`` (the same memory) and ``root`` are scratch."""
    g = np.float32(9.81)
    one, third = np.float32(1.0), np.float32(1.0 / 3.0)
    four_thirds = np.float32(4.0 / 3.0)
    least, zero, half = np.float32(1e-5), np.float32(0.0), np.float32(0.5)
    side = half * (one - theta)
    pull = g * dt / dx
    n = len(new)
    for i in range(n):
        work[i] = max(
            max(z_low[i] + h_low[i], z_high[i] + h_high[i]) - max(z_low[i], z_high[i]), least
        )
    for i in range(n):
        root[i] = work[i]
    for i in range(n):
        bits[i] = np.int32(0x54A2FA8C) - bits[i] // np.int32(3)
    for i in range(n):
        depth = root[i]
        y = work[i]
        y = y * (four_thirds - third * depth * y * y * y)
        y = y * (four_thirds - third * depth * y * y * y)
        slope = (z_high[i] + h_high[i]) - (z_low[i] + h_low[i])
        q = theta * old[i] + side * (before[i] + after[i]) - pull * depth * slope
        rough = half * (f_low[i] + f_high[i])
        # g n2 |q| / h^(7/3), with 1/h^(7/3) = (1/cbrt h)^7
        y2 = y * y
        drag = dt * rough * abs(old[i]) * y2 * y2 * y2 * y
        q = q / (one + drag)
        # sqrt(depth) is taken from the vector unit; the cap is |q| <= h sqrt(froude2 g h)
        cap = depth * np.sqrt(froude2 * g * depth)
        q = min(max(q, -cap), cap)
        new[i] = q if depth > least else zero


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FLAGS)
def flows(first, last, h, z, rough, qx, qy, qx_new, qy_new, dt, dx, theta, froude2):  # type: ignore[no-untyped-def]
    """Discharges of rows ``first`` to ``last``: faces to the east and north of their cells.

    ``qx[r, c]`` lies between cells c-1 and c, ``qy[r, c]`` between rows r-1 and r; the outermost
    faces stay zero.
    """
    columns = h.shape[1]
    work = np.empty(columns, dtype=np.float32)
    bits = work.view(np.int32)
    root = np.empty(columns, dtype=np.float32)
    inner = columns - 1
    for r in range(first, last):
        _face_row(
            h[r, :-1], h[r, 1:], z[r, :-1], z[r, 1:], rough[r, :-1], rough[r, 1:],
            qx[r, 1:-1], qx[r, :-2], qx[r, 2:], qx_new[r, 1:-1], dt, dx, theta, froude2,
            work[:inner], bits[:inner], root[:inner],
        )  # fmt: skip
        if r > 0:
            _face_row(
                h[r - 1], h[r], z[r - 1], z[r], rough[r - 1], rough[r],
                qy[r], qy[r - 1], qy[r + 1], qy_new[r], dt, dx, theta, froude2, work, bits, root,
            )  # fmt: skip


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FLAGS)
def shares(first, last, h, qx, qy, share, short, dt, dx):  # type: ignore[no-untyped-def]
    """What share of its outflow each cell can pay; ``short`` marks rows where some cannot."""
    zero, one, tiny = np.float32(0.0), np.float32(1.0), np.float32(1e-30)
    ratio = dt / dx
    columns = h.shape[1]
    for r in range(first, last):
        west, east, south, north = qx[r, :-1], qx[r, 1:], qy[r], qy[r + 1]
        own, paid = h[r], share[r]
        least = one
        for c in range(columns):
            out = ratio * (
                (max(east[c], zero) - min(west[c], zero))
                + (max(north[c], zero) - min(south[c], zero))
            )
            # A hair below one, so that rounding cannot take the last drop twice.
            k = min(one, np.float32(0.999999) * own[c] / max(out, tiny))
            paid[c] = k
            least = min(least, k)
        short[r] = least < one


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FLAGS)
def scale(first, last, share, short, qx, qy):  # type: ignore[no-untyped-def]
    """Cut the outflow of cells that cannot pay it; rows without such a cell are left alone."""
    zero = np.float32(0.0)
    columns = share.shape[1]
    for r in range(first, last):
        if short[r]:
            own, faces = share[r], qx[r, 1:-1]
            low, high = share[r, :-1], share[r, 1:]
            for c in range(columns - 1):
                q = faces[c]
                faces[c] = q * (low[c] if q > zero else high[c])
        if r > 0 and (short[r] or short[r - 1]):
            own, below, row = share[r], share[r - 1], qy[r]
            for c in range(columns):
                q = row[c]
                row[c] = q * (below[c] if q > zero else own[c])


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FLAGS)
def fill(first, last, h, qx, qy, dt, dx, deepest):  # type: ignore[no-untyped-def]
    """New depths from the discharges; ``deepest`` of each row tells the next step."""
    zero = np.float32(0.0)
    ratio = dt / dx
    columns = h.shape[1]
    for r in range(first, last):
        west, east, south, north, own = qx[r, :-1], qx[r, 1:], qy[r], qy[r + 1], h[r]
        top = zero
        for c in range(columns):
            depth = max(own[c] + ratio * ((west[c] - east[c]) + (south[c] - north[c])), zero)
            own[c] = depth
            top = max(top, depth)
        deepest[r] = top


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
def watch(first, last, h, qx, qy, deepest, fastest, strongest, wet_s, seconds, shown_m, wet_m):  # type: ignore[no-untyped-def]
    """Keep the greatest depth, speed and depth times speed of each cell, and how long it is wet."""
    zero, half = np.float32(0.0), np.float32(0.5)
    columns = h.shape[1]
    for r in range(first, last):
        for c in range(columns):
            depth = h[r, c]
            x = half * (qx[r, c] + qx[r, c + 1])
            y = half * (qy[r, c] + qy[r + 1, c])
            flow = np.sqrt(x * x + y * y)
            is_shown = depth > shown_m
            deepest[r, c] = max(deepest[r, c], depth)
            strongest[r, c] = max(strongest[r, c], flow if is_shown else zero)
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


@numba.njit(cache=True, nogil=True)
def shut(faces_x, faces_y, qx, qy):  # type: ignore[no-untyped-def]
    """No water through the faces that a wall stands on (indices into the flat discharges)."""
    x, y = qx.ravel(), qy.ravel()
    for k in range(len(faces_x)):
        x[faces_x[k]] = np.float32(0.0)
    for k in range(len(faces_y)):
        y[faces_y[k]] = np.float32(0.0)
