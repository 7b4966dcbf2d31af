"""The full shallow-water equations on a grid by finite volumes.

Second order: limited slopes of depth, surface and velocity, hydrostatic reconstruction at the faces
(Audusse et al. 2004) and the HLL flux with its contact (the momentum along a face goes with the
mass). What a face gives a cell is written as a difference that is exactly zero over a lake at
rest. Closed cells reflect. Float32 throughout; every row may be computed on any thread.
"""

from __future__ import annotations

import numba
import numpy as np

DRY_M = np.float32(1e-6)
_FLAGS = {"nnan", "ninf", "nsz", "contract"}


@numba.njit(cache=True, nogil=True, inline="always")
def _minmod(a, b):  # type: ignore[no-untyped-def]
    zero = np.float32(0.0)
    low, high = min(a, b), max(a, b)
    return max(low, zero) + min(high, zero)


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FLAGS)
def _slopes(h, u, v, z, wall, hb, ub, vb, zb, wall_b, ha, ua, va, za, wall_a, sh, se, su, sv):  # type: ignore[no-untyped-def]  # fmt: skip
    """Half of the limited change across each cell; ``b`` is the cell before, ``a`` the one after.

    A wall beside a cell mirrors it, so that the slopes against it are flat.
    """
    half, zero = np.float32(0.5), np.float32(0.0)
    for i in range(len(h)):
        b, a = not wall_b[i], not wall_a[i]
        back = h[i] - hb[i] if b else zero
        ahead = ha[i] - h[i] if a else zero
        sh[i] = half * _minmod(back, ahead)
        eta = h[i] + z[i]
        back = eta - (hb[i] + zb[i]) if b else zero
        ahead = (ha[i] + za[i]) - eta if a else zero
        se[i] = half * _minmod(back, ahead)
        su[i] = half * _minmod(u[i] - ub[i] if b else zero, ua[i] - u[i] if a else zero)
        sv[i] = half * _minmod(v[i] - vb[i] if b else zero, va[i] - v[i] if a else zero)


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FLAGS)
def _face_fluxes(hl, el, ul, vl, wl, hr, er, ur, vr, wr, mass, give_l, give_r, along):  # type: ignore[no-untyped-def]
    """Fluxes through faces from the states at both sides; ``u`` runs across the face.

    ``give_l`` and ``give_r`` are the momentum fluxes seen from each side, less the pressure of that
    side, so that a lake at rest gives exactly nothing.
    """
    zero, half, g = np.float32(0.0), np.float32(0.5), np.float32(9.81)
    tiny, hair = np.float32(1e-12), np.float32(1.001)
    for i in range(len(mass)):
        # A wall mirrors the other side.
        h_l = hr[i] if wl[i] else hl[i]
        e_l = er[i] if wl[i] else el[i]
        u_l = -ur[i] if wl[i] else ul[i]
        v_l = vr[i] if wl[i] else vl[i]
        h_r = hl[i] if wr[i] else hr[i]
        e_r = el[i] if wr[i] else er[i]
        u_r = -ul[i] if wr[i] else ur[i]
        v_r = vl[i] if wr[i] else vr[i]
        # Levels above the sill, equal to the last bit over a lake at rest; never more than the side
        # holds, but for a hair that the time step leaves room for.
        sill = max(e_l - h_l, e_r - h_r)
        h_l = min(max(e_l - sill, zero), hair * h_l)
        h_r = min(max(e_r - sill, zero), hair * h_r)
        c_l, c_r = np.sqrt(g * h_l), np.sqrt(g * h_r)
        # Einfeldt's bounds of the waves, and the fronts of a dry side (Toro 2001).
        middle_u = half * (u_l + u_r) + c_l - c_r
        middle_c = half * (c_l + c_r) + np.float32(0.25) * (u_l - u_r)
        s_l = min(u_l - c_l, middle_u - middle_c)
        s_r = max(u_r + c_r, middle_u + middle_c)
        s_l = u_r - np.float32(2.0) * c_r if h_l <= zero else s_l
        s_r = u_l + np.float32(2.0) * c_l if h_r <= zero else s_r
        s_l = min(s_l, zero)
        s_r = max(s_r, zero)
        width = max(s_r - s_l, tiny)
        m_l, m_r = h_l * u_l, h_r * u_r
        f_l = m_l * u_l + half * g * h_l * h_l
        f_r = m_r * u_r + half * g * h_r * h_r
        flow = (s_r * m_l - s_l * m_r + s_l * s_r * (h_r - h_l)) / width
        jump = m_r - m_l
        difference = f_l - f_r
        mass[i] = zero if wl[i] or wr[i] else flow
        give_l[i] = s_l * (difference + s_r * jump) / width + m_l * u_l
        give_r[i] = s_r * (difference + s_l * jump) / width + m_r * u_r
        along[i] = mass[i] * (v_l if flow > zero else v_r)


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FLAGS)
def _velocities(h, q, u):  # type: ignore[no-untyped-def]
    least, zero = np.float32(1e-6), np.float32(0.0)
    for i in range(len(h)):
        u[i] = q[i] / max(h[i], least) if h[i] > least else zero


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FLAGS)
def _row_state(row, h, hu, hv, z, wall, u, v, slopes):  # type: ignore[no-untyped-def]
    """Velocities of a row and its slopes from row to row (towards greater row numbers)."""
    rows = h.shape[0]
    b, a = max(row - 1, 0), min(row + 1, rows - 1)
    n = h.shape[1]
    ub, vb, ua, va = np.empty(n, np.float32), np.empty(n, np.float32), np.empty(n, np.float32), np.empty(n, np.float32)  # fmt: skip
    _velocities(h[row], hu[row], u)
    _velocities(h[row], hv[row], v)
    _velocities(h[b], hu[b], ub)
    _velocities(h[b], hv[b], vb)
    _velocities(h[a], hu[a], ua)
    _velocities(h[a], hv[a], va)
    _slopes(
        h[row], v, u, z[row], wall[row], h[b], vb, ub, z[b], wall[b], h[a], va, ua, z[a], wall[a],
        slopes[0], slopes[1], slopes[2], slopes[3],
    )  # fmt: skip


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FLAGS)
def rates(first, last, h, hu, hv, z, wall, dx, dh, du, dv):  # type: ignore[no-untyped-def]
    """Rates of change of rows ``first`` to ``last`` by the flow across their faces."""
    rows, n = h.shape
    f = np.float32
    g = f(9.81)
    over = f(1.0) / dx
    # Of the row before, this row and the next: velocity and slopes across rows.
    u0, v0, s0 = np.zeros(n, f), np.zeros(n, f), np.zeros((4, n), f)
    u1, v1, s1 = np.zeros(n, f), np.zeros(n, f), np.zeros((4, n), f)
    side_l, side_r = np.empty((4, n), f), np.empty((4, n), f)
    mass, give_l, give_r, along = np.zeros(n, f), np.zeros(n, f), np.zeros(n, f), np.zeros(n, f)
    xs = np.zeros((4, n), f)
    if first > 0:
        _row_state(first - 1, h, hu, hv, z, wall, u0, v0, s0)
    for r in range(first, last + 1):
        # The face between rows r-1 and r: what it takes from the first and gives the second.
        if r < rows:
            _row_state(r, h, hu, hv, z, wall, u1, v1, s1)
        if 0 < r < rows:
            for i in range(n):
                side_l[0, i] = h[r - 1, i] + s0[0, i]
                side_l[1, i] = (h[r - 1, i] + z[r - 1, i]) + s0[1, i]
                side_l[2, i] = v0[i] + s0[2, i]
                side_l[3, i] = u0[i] + s0[3, i]
                side_r[0, i] = h[r, i] - s1[0, i]
                side_r[1, i] = (h[r, i] + z[r, i]) - s1[1, i]
                side_r[2, i] = v1[i] - s1[2, i]
                side_r[3, i] = u1[i] - s1[3, i]
            _face_fluxes(
                side_l[0], side_l[1], side_l[2], side_l[3], wall[r - 1], side_r[0], side_r[1],
                side_r[2], side_r[3], wall[r], mass, give_l, give_r, along,
            )  # fmt: skip
            if r > first:
                for i in range(n):
                    dh[r - 1, i] -= over * mass[i]
                    dv[r - 1, i] -= over * give_l[i]
                    du[r - 1, i] -= over * along[i]
        if r < last:
            for i in range(n):
                dh[r, i] = over * mass[i] if r > 0 else f(0.0)
                dv[r, i] = over * give_r[i] if r > 0 else f(0.0)
                du[r, i] = over * along[i] if r > 0 else f(0.0)
                # The slope of the surface inside the cell: pressure and bed together.
                dv[r, i] -= over * g * h[r, i] * (s1[1, i] + s1[1, i])
            _across(h[r], u1, v1, z[r], wall[r], over, xs, side_l, side_r, mass, give_l, give_r, along, dh[r], du[r], dv[r])  # fmt: skip
            for i in range(n):
                if wall[r, i]:
                    dh[r, i] = f(0.0)
                    du[r, i] = f(0.0)
                    dv[r, i] = f(0.0)
        u0, u1 = u1, u0
        v0, v1 = v1, v0
        s0, s1 = s1, s0


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FLAGS)
def _across(h, u, v, z, wall, over, s, side_l, side_r, mass, give_l, give_r, along, dh, du, dv):  # type: ignore[no-untyped-def]  # fmt: skip
    """Add what the faces between the cells of one row bring."""
    n = len(h)
    g = np.float32(9.81)
    s[:, 0] = np.float32(0.0)
    s[:, n - 1] = np.float32(0.0)
    m = n - 2
    _slopes(
        h[1:-1], u[1:-1], v[1:-1], z[1:-1], wall[1:-1], h[:m], u[:m], v[:m], z[:m], wall[:m],
        h[2:], u[2:], v[2:], z[2:], wall[2:], s[0, 1:-1], s[1, 1:-1], s[2, 1:-1], s[3, 1:-1],
    )  # fmt: skip
    for i in range(n):
        eta = h[i] + z[i]
        side_l[0, i] = h[i] + s[0, i]
        side_l[1, i] = eta + s[1, i]
        side_l[2, i] = u[i] + s[2, i]
        side_l[3, i] = v[i] + s[3, i]
        side_r[0, i] = h[i] - s[0, i]
        side_r[1, i] = eta - s[1, i]
        side_r[2, i] = u[i] - s[2, i]
        side_r[3, i] = v[i] - s[3, i]
        du[i] -= over * g * h[i] * (s[1, i] + s[1, i])
    k = n - 1
    mass_x, give_lx, give_rx, along_x = mass[:k], give_l[:k], give_r[:k], along[:k]
    held = mass.copy(), give_l.copy(), give_r.copy(), along.copy()
    _face_fluxes(
        side_l[0, :k], side_l[1, :k], side_l[2, :k], side_l[3, :k], wall[:k],
        side_r[0, 1:], side_r[1, 1:], side_r[2, 1:], side_r[3, 1:], wall[1:],
        mass_x, give_lx, give_rx, along_x,
    )  # fmt: skip
    for i in range(k):
        dh[i] -= over * mass_x[i]
        du[i] -= over * give_lx[i]
        dv[i] -= over * along_x[i]
    for i in range(k):
        dh[i + 1] += over * mass_x[i]
        du[i + 1] += over * give_rx[i]
        dv[i + 1] += over * along_x[i]
    mass[:], give_l[:], give_r[:], along[:] = held


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FLAGS)
def advance(first, last, h0, hu0, hv0, h, hu, hv, dh, du, dv, rough, h_new, hu_new, hv_new, dt, share):  # type: ignore[no-untyped-def]  # fmt: skip
    """``share`` of the state moved on by its rates, and the rest of the state before the step."""
    zero, one, least, half = np.float32(0.0), np.float32(1.0), np.float32(1e-6), np.float32(0.5)
    rest = one - share
    for r in range(first, last):
        for i in range(h.shape[1]):
            depth = rest * h0[r, i] + share * (h[r, i] + dt * dh[r, i])
            depth = max(depth, zero)
            x = rest * hu0[r, i] + share * (hu[r, i] + dt * du[r, i])
            y = rest * hv0[r, i] + share * (hv[r, i] + dt * dv[r, i])
            wet = depth > least
            deep = max(depth, least)
            flow = np.sqrt(x * x + y * y)
            # q (1 + dt k |q|) = q*, solved: friction with the speed before it would stop thin sheets
            k = share * dt * rough[r, i] / (deep * deep * np.cbrt(deep))
            drag = half * (one + np.sqrt(one + np.float32(4.0) * k * flow))
            h_new[r, i] = depth
            hu_new[r, i] = x / drag if wet else zero
            hv_new[r, i] = y / drag if wet else zero


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FLAGS)
def speeds(first, last, h, hu, hv, fastest):  # type: ignore[no-untyped-def]
    """Of each row the greatest sum of both directions' wave speeds."""
    least, zero, g = np.float32(1e-6), np.float32(0.0), np.float32(9.81)
    for r in range(first, last):
        top = zero
        for i in range(h.shape[1]):
            deep = max(h[r, i], least)
            wave = np.sqrt(g * deep)
            both = (abs(hu[r, i]) + abs(hv[r, i])) / deep + wave + wave
            top = max(top, both if h[r, i] > least else zero)
        fastest[r] = top


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FLAGS)
def faces(first, last, hu, hv, qx, qy):  # type: ignore[no-untyped-def]
    """Discharges at faces from the momentum of the cells, for what watches a run."""
    half = np.float32(0.5)
    n = hu.shape[1]
    for r in range(first, last):
        for i in range(n - 1):
            qx[r, i + 1] = half * (hu[r, i] + hu[r, i + 1])
        if r > 0:
            for i in range(n):
                qy[r, i] = half * (hv[r - 1, i] + hv[r, i])
