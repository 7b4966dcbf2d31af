"""The engines against cases whose answer is known: lakes, planes, dam breaks, mirrors, threads."""

import numpy as np
import pytest
from scipy.optimize import brentq

from app.geo.depressions import (
    CLOSED,
    OPEN,
    OUTSIDE,
    depth_of,
    filled_z,
    find_hollows,
    leaf_sums,
    pour,
)
from app.geo.solvers import Limits, LocalInertial, ShallowWater
from tests.oracles.priority_flood import priority_flood

INERTIAL = Limits(courant=0.7, longest_s=5.0, theta=0.8, froude_cap=1.0)
FULL = Limits(courant=0.45, longest_s=5.0, theta=0.8, froude_cap=1.0)
BOTH = pytest.mark.parametrize(("solver", "limits"), [(LocalInertial, INERTIAL), (ShallowWater, FULL)])  # fmt: skip
GRAVITY = 9.81


def box(rows, columns):
    """A floor with walls on all sides."""
    kind = np.full((rows, columns), CLOSED, dtype=np.uint8)
    kind[1:-1, 1:-1] = OPEN
    return kind


def rough(shape, manning_n):
    return np.full(shape, GRAVITY * manning_n**2, dtype=np.float32)


def run(water, seconds, *, longest=5.0):
    now = 0.0
    while now < seconds - 1e-9:
        step = min(water.stable_s(), seconds - now, longest)
        water.step(step)
        water.leave()
        now += step


@BOTH
def test_a_lake_over_any_bed_with_islands_stays_exactly_still(solver, limits):
    bed = (np.random.default_rng(3).random((30, 40)) * 3).astype(np.float32)
    kind = box(30, 40)
    water = solver(bed, kind, rough(bed.shape, 0.03), 2.0, limits, workers=1)
    water.h[:] = np.where(kind == OPEN, np.maximum(2.0 - bed, 0), 0)
    before = water.h.copy()
    for _ in range(100):
        water.step(water.stable_s())
    assert not water.qx.any()
    assert not water.qy.any()
    assert np.array_equal(water.h, before)


@pytest.mark.parametrize(
    ("solver", "limits", "slope", "off"),
    [
        (LocalInertial, INERTIAL, 0.005, 0.02), (LocalInertial, INERTIAL, 0.02, 0.02),
        (ShallowWater, FULL, 0.02, 0.01), (ShallowWater, FULL, 0.1, 0.01),
        (ShallowWater, FULL, 0.3, 0.01),
    ],
)  # fmt: skip
def test_rain_on_a_plane_runs_off_at_the_depth_of_the_kinematic_wave(solver, limits, slope, off):
    assert depth_to_kinematic(solver, limits, slope) == pytest.approx(1.0, abs=off)


def test_on_a_steep_plane_the_local_inertial_mode_is_known_to_be_too_deep():
    assert depth_to_kinematic(LocalInertial, INERTIAL, 0.1) == pytest.approx(1.62, abs=0.05)


def depth_to_kinematic(solver, limits, slope):
    """Depth 119 m down a plane in steady rain of 60 mm/h, over (q n / sqrt(S))^(3/5)."""
    cell, n, manning = 2.0, 100, 0.02
    bed = np.tile(((n + 2 - np.arange(n + 2)) * slope * cell).astype(np.float32), (5, 1))
    kind = box(5, n + 2)
    kind[1:-1, -1] = OUTSIDE
    water = solver(bed, kind, rough(bed.shape, manning), cell, limits, workers=1)
    rain, now = 60 / 3.6e6, 0.0
    while now < 1200:
        step = min(water.stable_s(), 2.0)
        water.step(step)
        water.leave()
        now += step
        water.h[kind == OPEN] += np.float32(rain * step)
    discharge = rain * cell * (60 - 0.5)
    return float(water.h[2, 60]) / (discharge * manning / np.sqrt(slope)) ** 0.6


@pytest.mark.parametrize("after_m", [0.2, 0.0])
@pytest.mark.parametrize("across", [False, True])
def test_a_dam_break_follows_stoker_on_a_wet_bed_and_ritter_on_a_dry_one(after_m, across):
    n, seconds = 400, 30.0
    kind = box(5, n)
    x = np.arange(n) - n / 2 + 0.5
    depth = np.where(kind == OPEN, np.where(x < 0, 1.0, after_m), 0).astype(np.float32)
    if across:
        kind, depth = kind.T.copy(), depth.T.copy()
    water = ShallowWater(np.zeros_like(depth), kind, np.zeros_like(depth), 1.0, FULL, workers=1)
    water.h[:] = depth
    run(water, seconds)
    found = (water.h.T if across else water.h)[2]
    assert np.abs(found - dam_break(1.0, after_m, x, seconds))[1:-1].mean() < 0.002
    assert water.h.sum(dtype=float) == pytest.approx(depth.sum(dtype=float), rel=1e-6)


def test_the_local_inertial_mode_cannot_follow_a_shock_and_this_is_by_how_much():
    n = 400
    kind = box(5, n)
    x = np.arange(n) - n / 2 + 0.5
    water = LocalInertial(np.zeros((5, n), np.float32), kind, rough((5, n), 0.0), 1.0, INERTIAL, workers=1)  # fmt: skip
    water.h[:] = np.where(kind == OPEN, np.where(x < 0, 1.0, 0.2), 0)
    run(water, 30.0)
    off = np.abs(water.h[2] - dam_break(1.0, 0.2, x, 30.0))[1:-1].mean()
    assert 0.03 < off < 0.1


def dam_break(high, low, x, t):
    """Stoker (1957) on a wet bed, Ritter (1892) on a dry one."""
    c = np.sqrt(GRAVITY * high)
    if low == 0:
        fan = (2 * c - x / t) ** 2 / (9 * GRAVITY)
        return np.where(x < -c * t, high, np.where(x < 2 * c * t, fan, 0.0))

    def jump(h):
        return 2 * (c - np.sqrt(GRAVITY * h)) - (h - low) * np.sqrt(
            GRAVITY * (h + low) / (2 * h * low)
        )

    middle = brentq(jump, low, high)
    speed = 2 * (c - np.sqrt(GRAVITY * middle))
    shock = middle * speed / (middle - low)
    fan = (2 * c - x / t) ** 2 / (9 * GRAVITY)
    inner = np.where(x < shock * t, middle, low)
    return np.where(x < -c * t, high, np.where(x < (speed - np.sqrt(GRAVITY * middle)) * t, fan, inner))  # fmt: skip


def hilly(rows=34, columns=41):
    rng = np.random.default_rng(7)
    bed = (rng.random((rows, columns)) * 0.3 + np.arange(columns) * 0.02).astype(np.float32)
    kind = box(rows, columns)
    kind[10:16, 12:18] = CLOSED
    kind[20:30, 22] = CLOSED
    kind[:, 0] = OUTSIDE
    return bed, kind


@BOTH
@pytest.mark.parametrize("turned", [np.flipud, np.fliplr, np.transpose])
def test_a_mirrored_or_turned_town_floods_as_its_mirror_image(solver, limits, turned):
    bed, kind = hilly()

    def flood(z, k):
        water = solver(np.ascontiguousarray(z), np.ascontiguousarray(k), rough(z.shape, 0.03), 2.0, limits, workers=1)  # fmt: skip
        water.h[k == OPEN] = 0.1
        run(water, 60.0, longest=0.2)
        return water.h

    assert flood(turned(bed), turned(kind)) == pytest.approx(turned(flood(bed, kind)), abs=2e-5)


@BOTH
def test_one_thread_and_two_give_the_same_bits(solver, limits):
    bed, kind = hilly()
    depths = []
    for workers in (1, -2):  # below zero: threads even on a grid that is too small to gain by them
        water = solver(bed, kind, rough(bed.shape, 0.03), 2.0, limits, workers=workers)
        water.h[kind == OPEN] = 0.15
        run(water, 40.0)
        depths.append(water.h.copy())
        water.close()
    assert depths[0].tobytes() == depths[1].tobytes()


@BOTH
def test_a_courtyard_closed_on_all_sides_keeps_its_water_and_lets_none_in(solver, limits):
    kind = box(30, 30)
    kind[8:20, 8:20] = CLOSED
    kind[10:18, 10:18] = OPEN
    bed = np.zeros((30, 30), dtype=np.float32)
    water = solver(bed, kind, rough(bed.shape, 0.02), 2.0, limits, workers=1)
    water.h[12:14, 12:14] = 1.0
    run(water, 120.0)
    assert water.h[10:18, 10:18].sum(dtype=float) == pytest.approx(4.0, rel=1e-6)
    inside = np.zeros_like(kind, dtype=bool)
    inside[10:18, 10:18] = True
    assert not water.h[~inside].any()


@BOTH
def test_no_water_is_made_or_lost_around_buildings_and_through_holes(solver, limits):
    bed, kind = hilly()
    kind[5:8, 30:33] = OUTSIDE
    water = solver(bed, kind, rough(bed.shape, 0.03), 2.0, limits, workers=1)
    water.h[kind == OPEN] = 0.1
    before, left, now = water.h.sum(dtype=float), 0.0, 0.0
    while now < 300:
        step = water.stable_s()
        water.step(step)
        left += water.leave()
        now += step
    assert left > 0.1 * before
    assert water.h.sum(dtype=float) + left == pytest.approx(before, rel=2e-6)


# --- hollows -------------------------------------------------------------------------------------------
def noisy(seed, *, plateaus=False):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(25, 31)) * 3
    z = (np.round(z) if plateaus else z).astype(np.float32)
    kind = np.where(rng.random(z.shape) < 0.1, CLOSED, OPEN).astype(np.uint8)
    kind[rng.random(z.shape) < 0.02] = OUTSIDE
    return z, kind


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("plateaus", [False, True])
def test_endless_rain_fills_exactly_to_the_surface_of_a_priority_flood(seed, plateaus):
    z, kind = noisy(seed, plateaus=plateaus)
    hollows = find_hollows(z, kind)
    plain, _ = priority_flood(z.astype(np.float32) - np.float32(hollows.lowest_m), kind)
    reached = (kind == OPEN) & ~np.isnan(plain)
    assert np.array_equal(filled_z(hollows)[reached], plain[reached].astype(np.float32))
    poured = pour(hollows, leaf_sums(hollows, np.full(z.shape, 1e5, np.float32)))
    level = depth_of(hollows, poured)[reached] + hollows.z.reshape(z.shape)[reached]
    assert level == pytest.approx(plain[reached], abs=2e-6)


@pytest.mark.parametrize("rain_m", [0.0, 0.05, 0.7, 3.0])
def test_what_is_poured_stands_in_hollows_or_has_left(rain_m):
    z, kind = noisy(1)
    hollows = find_hollows(z, kind)
    water = leaf_sums(hollows, np.where(kind == OPEN, rain_m, 0).astype(np.float32))
    poured = pour(hollows, water)
    assert poured.stored + poured.left == pytest.approx(water.sum(), rel=1e-12, abs=1e-12)
    assert depth_of(hollows, poured).sum(dtype=float) == pytest.approx(poured.stored, rel=1e-5)


def test_pouring_twice_half_as_much_or_in_another_order_ends_in_the_same_ponds():
    z, kind = noisy(2)
    hollows = find_hollows(z, kind)
    mirrored = find_hollows(z[::-1].copy(), kind[::-1].copy())
    rain = np.where(kind == OPEN, 0.4, 0).astype(np.float32)
    depth = depth_of(hollows, pour(hollows, leaf_sums(hollows, rain)))
    other = depth_of(mirrored, pour(mirrored, leaf_sums(mirrored, rain[::-1].copy())))
    assert other[::-1] == pytest.approx(depth, abs=1e-5)


def test_two_nested_hollows_fill_first_the_upper_one_then_the_lower_then_join():
    #             rim  A        sill  B        rim (spills to the right at 5)
    z = np.array([[9, 9, 9, 9, 9, 9, 9], [9, 2, 2, 4, 0, 5, 1], [9, 9, 9, 9, 9, 9, 9]], np.float32)
    kind = np.full(z.shape, CLOSED, np.uint8)
    kind[1, 1:6] = OPEN
    kind[1, 6] = OUTSIDE
    hollows = find_hollows(z, kind)
    rain = np.zeros(z.shape, np.float32)
    rain[1, 1] = 5.0  # A holds 2 cells of 2 m; one more runs over the sill into B
    depth = depth_of(hollows, pour(hollows, leaf_sums(hollows, rain)))
    assert depth[1].tolist() == [0, 2, 2, 0, 1, 0, 0]
    rain[1, 1] = 10.0  # both full at 4 (8), two more over four cells
    depth = depth_of(hollows, pour(hollows, leaf_sums(hollows, rain)))
    assert depth[1].tolist() == pytest.approx([0, 2.5, 2.5, 0.5, 4.5, 0, 0])
    rain[1, 1] = 100.0  # to the brim of 5, the rest leaves
    poured = pour(hollows, leaf_sums(hollows, rain))
    assert depth_of(hollows, poured)[1].tolist() == [0, 3, 3, 1, 5, 0, 0]
    assert poured.left == pytest.approx(88.0)
