"""Cases of flowing water whose answer is known from a formula or from published models.

A case sets up a grid, holds its boundary, and gives what should come out. The tests run them small,
``scripts/bench/storm_cases.py`` runs them in full and prints the verdicts.

Sources: wave over a flat bed, Hunter et al. (2005); V-shaped catchment, Di Giammarco et al. (1996);
steady channels, Goutal and Maurel (1997) and MacDonald et al. (1997) as collected in SWASHES
(Delestre et al. 2013); tests 1, 2 and 4 of the Environment Agency's benchmarking of 2D models, Néelz
and Pender (2013), SC120002.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

from app.geo.depressions import CLOSED, OPEN, OUTSIDE
from app.geo.solvers import Limits, LocalInertial, ShallowWater

INERTIAL = Limits(courant=0.7, longest_s=5.0, theta=0.8, froude_cap=1.0)
FULL = Limits(courant=0.45, longest_s=5.0, theta=0.8, froude_cap=1.0)
LIMITS = {LocalInertial: INERTIAL, ShallowWater: FULL}
GRAVITY = 9.81
Floats = npt.NDArray[np.float64]
Water = LocalInertial | ShallowWater


def box(rows: int, columns: int) -> npt.NDArray[np.uint8]:
    """A floor with walls on all sides."""
    kind = np.full((rows, columns), CLOSED, dtype=np.uint8)
    kind[1:-1, 1:-1] = OPEN
    return kind


def water_on(
    solver: type[Water], bed: Floats, kind: npt.NDArray[np.uint8], manning_n: float | Floats,
    cell_m: float, *, workers: int = 1,
) -> Water:  # fmt: skip
    """A solver on a bed, with the limits of its mode."""
    rough = np.broadcast_to(np.float32(GRAVITY) * np.asarray(manning_n, np.float32) ** 2, bed.shape)
    return solver(bed.astype(np.float32), kind, rough, cell_m, LIMITS[solver], workers=workers)


def run(
    water: Water, seconds: float, *, longest: float = 5.0,
    held: Callable[[float, float], None] = lambda now, step: None, start: float = 0.0,
) -> float:  # fmt: skip
    """Step on to a time; ``held`` is told of each step. What left, in cells times metres."""
    now, left = start, 0.0
    while now < seconds - 1e-9:
        step = min(water.stable_s(), seconds - now, longest)
        water.step(step)
        left += water.leave()
        now += step
        held(now, step)
    return left


# --- wave over a flat bed ------------------------------------------------------------------------------
WAVE_U, WAVE_N = 0.635, 0.01


def wave_depth(x: Floats, t: float) -> Floats:
    """Hunter et al. (2005): a front that moves at ``WAVE_U`` over a flat bed against friction."""
    return np.asarray((7 / 3 * WAVE_N**2 * WAVE_U**2 * np.maximum(WAVE_U * t - x, 0)) ** (3 / 7))


def wave(solver: type[Water], cell_m: float, seconds: float = 3600.0) -> tuple[Floats, Floats]:
    """Depth along the wave and what it should be."""
    n = int(3000 / cell_m)
    x = (np.arange(n) - 0.5) * cell_m
    water = water_on(solver, np.zeros((3, n)), box(3, n), WAVE_N, cell_m)

    def hold(now: float, step: float) -> None:
        water.h[1, 1] = wave_depth(x, now)[1]
        if isinstance(water, ShallowWater):
            water.hu[1, 1] = water.h[1, 1] * WAVE_U

    run(water, seconds, held=hold)
    return water.h[1, 1:-1].astype(float), wave_depth(x, seconds)[1:-1]


# --- V-shaped catchment --------------------------------------------------------------------------------
def v_catchment(
    solver: type[Water], cell_m: float, *, rain_s: float = 5400.0, end_s: float = 5400.0
) -> tuple[float, float, float]:
    """Outflow at the end of the rain over rain times area; what left and what stands, over the rain.

    Two planes of 800 m by 1,000 m at 5 % towards a channel of 20 m at 2 %, n 0.015 and 0.15,
    10.8 mm/h for 90 minutes.
    """
    rows, columns = round(1000 / cell_m), round(1620 / cell_m)
    x = (np.arange(columns) + 0.5) * cell_m
    side = np.maximum(np.abs(x - 810) - 10, 0) * 0.05
    bed = np.zeros((rows + 2, columns + 2))
    bed[1:-1, 1:-1] = side + ((np.arange(rows)[::-1] + 0.5) * cell_m * 0.02)[:, None]
    manning = np.full(bed.shape, 0.015)
    manning[:, 1:-1][:, np.abs(x - 810) < 10] = 0.15
    kind = box(*bed.shape)
    kind[-1, 1:-1][np.abs(x - 810) < 10] = OUTSIDE
    water = water_on(solver, bed, kind, manning, cell_m)
    rain, on_ground = 10.8 / 3.6e6, kind == OPEN
    fell = 0.0

    def hold(now: float, step: float) -> None:
        nonlocal fell
        if now <= rain_s + 1e-6:
            water.h[on_ground] += np.float32(rain * step)
            fell += rain * step * on_ground.sum()

    left = run(water, rain_s - 300, held=hold)
    last = run(water, rain_s, held=hold, start=rain_s - 300)
    equilibrium = last / 300 / (rain * on_ground.sum())
    left += last + run(water, end_s, held=hold, start=rain_s)
    return equilibrium, left / fell, float(water.h.sum(dtype=float)) / fell


# --- steady channels -----------------------------------------------------------------------------------
ENDS = 3  # cells that are held at each end, so that the walls behind them are never felt


@dataclass(frozen=True)
class Channel:
    """A channel in steady flow: bed and depth at cell centres, discharge, roughness, cell."""

    bed: Floats
    depth: Floats
    flow_m2_s: float
    manning_n: float
    cell_m: float


def _bump(cell_m: float) -> tuple[Floats, Floats]:
    x = (np.arange(round(25 / cell_m)) + 0.5) * cell_m
    return x, np.where(np.abs(x - 10) < 2, 0.2 - 0.05 * (x - 10) ** 2, 0.0)


def _bernoulli(head: float, q: float, z: float, low: float, high: float) -> float:
    return float(brentq(lambda h: h + z + q**2 / (2 * GRAVITY * h**2) - head, low, high))


def subcritical_bump(cell_m: float = 0.25) -> Channel:
    """Over a bump of 20 cm, 4.42 m²/s, 2 m deep at the end (SWASHES 3.1.3)."""
    _, z = _bump(cell_m)
    q, end = 4.42, 2.0
    critical = (q**2 / GRAVITY) ** (1 / 3)
    head = end + q**2 / (2 * GRAVITY * end**2)
    return Channel(z, np.array([_bernoulli(head, q, b, critical, 3.0) for b in z]), q, 0.0, cell_m)


def transcritical_bump(cell_m: float = 0.25) -> Channel:
    """The same bump at 1.53 m²/s, critical on its top and fast behind it (SWASHES 3.1.4)."""
    x, z = _bump(cell_m)
    q = 1.53
    critical = (q**2 / GRAVITY) ** (1 / 3)
    head = 1.5 * critical + 0.2
    depth = [
        _bernoulli(head, q, b, critical, 3.0) if at < 10 else _bernoulli(head, q, b, 0.05, critical)
        for at, b in zip(x, z, strict=True)
    ]
    return Channel(z, np.array(depth), q, 0.0, cell_m)


def macdonald(cell_m: float = 10.0, flow_m2_s: float = 2.0) -> Channel:
    """A kilometre with friction whose depth is given and whose bed follows from it (SWASHES 3.2.1).

    With 2 m²/s the Froude number is 1 at both ends and 0.54 in the middle.
    """
    x = (np.arange(round(1000 / cell_m)) + 0.5) * cell_m
    n, fine = 0.033, np.linspace(0, 1000, 200_001)

    def depth(at: Floats) -> Floats:
        return np.asarray(
            (4 / GRAVITY) ** (1 / 3) * (1 + 0.5 * np.exp(-16 * (at / 1000 - 0.5) ** 2))
        )

    h = depth(fine)
    slope = (flow_m2_s**2 / (GRAVITY * h**3) - 1) * np.gradient(
        h, fine
    ) - n**2 * flow_m2_s**2 / h ** (10 / 3)
    z = np.concatenate([[0.0], np.cumsum((slope[1:] + slope[:-1]) / 2 * np.diff(fine))])
    return Channel(np.interp(x, fine, z - z.min()), depth(x), flow_m2_s, n, cell_m)


def steady_depth(
    solver: type[Water], channel: Channel, seconds: float, *, deeper: float = 1.0
) -> Floats:
    """Depth along a channel after a time, with its flow and its end held.

    It begins with the answer times ``deeper``: without friction a wave would run to and fro
    between ends that are held for as long as anybody looks.
    """
    n = len(channel.bed)
    bed = np.zeros((3, n + 2))
    bed[1, 1:-1] = channel.bed
    water = water_on(solver, bed, box(3, n + 2), channel.manning_n, channel.cell_m)
    water.h[1, 1:-1] = channel.depth * deeper
    if isinstance(water, ShallowWater):
        water.hu[1, 1:-1] = channel.flow_m2_s
    else:
        water.qx[1, 2:-2] = channel.flow_m2_s

    def hold(now: float, step: float) -> None:
        if isinstance(water, ShallowWater):
            water.h[1, 1 : 1 + ENDS] = water.h[1, 1 + ENDS]
            water.hu[1, 1 : 1 + ENDS] = channel.flow_m2_s
            water.hu[1, -1 - ENDS : -1] = water.hu[1, -2 - ENDS]
        else:
            water.h[1, 1] += np.float32(channel.flow_m2_s * step / channel.cell_m)
        water.h[1, -1 - ENDS : -1] = channel.depth[-ENDS:]

    run(water, seconds, held=hold)
    return water.h[1, 1:-1].astype(float)


# --- the Environment Agency's benchmark ----------------------------------------------------------------
def ea1_bed(x: Floats) -> Floats:
    """Test 1: a slope up to a ridge at 10.25 m, a hollow behind it, high ground at the end.

    The text gives 700 m by 100 m, the levels, n 0.03 and the points at 400 m and 600 m; the heights
    between are rebuilt from the levels that it gives (the file of heights is not at hand).
    """
    return np.asarray(
        np.interp(x, [0, 100, 300, 500, 650, 700], [9.5, 9.7, 10.25, 9.85, 9.95, 10.5])
    )


def ea1_level(t: float) -> float:
    """The level at the open end: 9.7 m, raised to 10.35 m within an hour, lowered again."""
    return float(np.interp(t / 3600, [0, 1, 11, 12, 20], [9.7, 10.35, 10.35, 9.7, 9.7]))


def ea1(
    solver: type[Water], *, rows: int = 10, squeezed: float = 1.0
) -> tuple[list[float], list[float]]:
    """Levels at both points at their peak and at the end. Published: 10.35 m and 10.25 m in all models.

    ``squeezed`` shortens the hours for which the level is held.
    """
    cell = 10.0
    x = (np.arange(70) + 0.5) * cell
    bed = np.zeros((rows + 2, 72))
    bed[1:-1, 1:-1] = ea1_bed(x)
    kind = box(*bed.shape)
    water = water_on(solver, bed, kind, 0.03, cell)
    water.h[kind == OPEN] = np.maximum(9.7 - bed, 0)[kind == OPEN]
    places = [(rows // 2 + 1, int(at / cell) + 1) for at in (400, 600)]
    peaks = [0.0, 0.0]

    def hold(now: float, step: float) -> None:
        water.h[1:-1, 1] = max(ea1_level(now * squeezed) - bed[1, 1], 0)
        if isinstance(water, ShallowWater):
            water.hu[1:-1, 1] = water.hu[1:-1, 2]
        for k, at in enumerate(places):
            peaks[k] = max(peaks[k], float(water.h[at] + bed[at]))

    run(water, 20 * 3600 / squeezed, held=hold)
    return peaks, [float(water.h[at] + bed[at]) for at in places]


EA2_M3 = 97_200.0
EA2_SILL_M = (0.375, 0.333)  # of a hollow against the east and the south


def ea2(solver: type[Water], hours: float = 48.0) -> tuple[Floats, float]:
    """Test 2: depths in the middle of 4 x 4 hollows (rows from the north), and the volume in m³.

    2 km by 2 km in cells of 20 m, n 0.03, all sides closed, 20 m³/s over 100 m of the west side at
    the north-west corner: up from minute 5 to 10, down from 86 to 91. Bed: 1:2,000 down to the
    east and 1:1,500 to the south, hollows of 0.5 sin² sin² and hills of 0.125 cos² cos² of 500 m:
    rows of the published heights agree with this to their last digit (their text says 1:3,000).
    """
    cell = 20.0
    x = (np.arange(100) + 0.5) * cell
    south, east = x[:, None], x[None, :]
    bed = np.zeros((102, 102))
    bed[1:-1, 1:-1] = 10 - east / 2000 - south / 1500
    bed[1:-1, 1:-1] -= 0.5 * np.sin(np.pi * east / 500) ** 2 * np.sin(np.pi * south / 500) ** 2
    bed[1:-1, 1:-1] += 0.125 * np.cos(np.pi * east / 500) ** 2 * np.cos(np.pi * south / 500) ** 2
    water = water_on(solver, bed, box(102, 102), 0.03, cell)

    def hold(now: float, step: float) -> None:
        flow = float(np.interp((now - step / 2) / 60, [5, 10, 86, 91], [0, 20, 20, 0]))
        if flow:
            water.h[1:6, 1] += np.float32(flow * step / 5 / cell**2)

    run(water, 91 * 60, held=hold)
    run(water, hours * 3600, start=91 * 60)
    middle = [13, 38, 63, 88]
    around = np.array([[water.h[r : r + 2, c : c + 2].mean() for c in middle] for r in middle])
    return around, float(water.h.sum(dtype=float)) * cell**2


# Depths at 1, 2 and 3 h at the six points, of LISFLOOD-FP 8.0 (Shaw et al. 2021,
# doi:10.5281/zenodo.4066824, CC BY 4.0): second-order discontinuous Galerkin in cells of 5 m, and the
# local-inertial equations in cells of 1 m. Models of the report differ by up to 5 minutes in arrival.
EA4_POINTS = ((50, 0), (100, 0), (200, 0), (300, 0), (400, 0), (300, 300))
EA4_DG2 = {
    3600: (0.3092, 0.2461, 0.1739, 0.1137, 0.0, 0.0),
    7200: (0.3221, 0.2689, 0.2166, 0.1830, 0.1546, 0.1475),
    10800: (0.3241, 0.2727, 0.2240, 0.1946, 0.1718, 0.1665),
}
EA4_ACC = {
    3600: (0.3132, 0.2487, 0.1753, 0.1146, 0.0, 0.0),
    7200: (0.3262, 0.2715, 0.2180, 0.1839, 0.1554, 0.1486),
    10800: (0.3283, 0.2752, 0.2253, 0.1955, 0.1725, 0.1674),
}
EA4_ARRIVAL_S = (634, 1003, 1850, 2760, 3719, 3997)  # to 2 cm, of the first


def ea4(
    solver: type[Water], *, cell_m: float = 5.0, hours: float = 3.0
) -> tuple[dict[int, list[float]], list[float]]:
    """Test 4: depths at the points by hour, and when each was 2 cm deep.

    A plain of n 0.05 with 20 m³/s over 20 m of its west side, up from minute 5 to 60. Only the
    half to the north of the axis, of which the other is the mirror image.
    """
    across = along = round(1000 / cell_m)
    kind = box(across + 2, along + 2)
    water = water_on(solver, np.zeros(kind.shape), kind, 0.05, cell_m)
    inlet = round(10 / cell_m)
    cells = [(int(y / cell_m) + 1, int(x / cell_m) + 1) for x, y in EA4_POINTS]
    arrival = [np.inf] * len(cells)
    found: dict[int, list[float]] = {}

    def hold(now: float, step: float) -> None:
        flow = float(np.interp(now - step / 2, [300, 3600], [0, 20])) / 2
        water.h[1 : 1 + inlet, 1] += np.float32(flow * step / inlet / cell_m**2)
        for k, cell in enumerate(cells):
            if arrival[k] == np.inf and water.h[cell] >= 0.02:
                arrival[k] = now

    now = 0.0
    for hour in range(1, int(hours) + 1):
        run(water, hour * 3600.0, held=hold, start=now)
        now = hour * 3600.0
        # A point lies where four cells meet (on the axis: two and their mirror images).
        found[hour * 3600] = [
            float(np.mean([water.h[max(r - i, 1), c - j] for i in (0, 1) for j in (0, 1)]))
            for r, c in cells
        ]
    return found, arrival
