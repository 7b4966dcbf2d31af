"""The engines against published cases: waves, catchments, steady channels, floodplains.

What a case is and where its figures come from stands in ``tests/oracles/water_cases.py``.
"""

import numpy as np
import pytest

from app.geo.depressions import OUTSIDE
from app.geo.solvers import LocalInertial, ShallowWater
from tests.oracles.water_cases import (
    EA2_M3,
    EA2_SILL_M,
    EA4_ACC,
    EA4_ARRIVAL_S,
    EA4_DG2,
    ENDS,
    Channel,
    box,
    ea1,
    ea2,
    ea4,
    macdonald,
    run,
    steady_depth,
    subcritical_bump,
    transcritical_bump,
    v_catchment,
    water_on,
    wave,
)

BOTH = pytest.mark.parametrize("solver", [LocalInertial, ShallowWater])


@BOTH
def test_a_plane_in_steady_rain_gives_the_rising_limb_of_the_kinematic_wave(solver):
    cell, n, slope, manning, rain = 2.0, 50, 0.02, 0.02, 60 / 3.6e6
    bed = np.tile((n + 2 - np.arange(n + 2)) * slope * cell, (3, 1))
    kind = box(3, n + 2)
    kind[1, -1] = OUTSIDE
    water = water_on(solver, bed, kind, manning, cell)

    def fall(now, step):
        water.h[1, 1:-1] += np.float32(rain * step)

    until = 120.0  # before what happens at the ridge has come to the middle
    run(water, until, longest=1.0, held=fall)
    deep = rain * until
    assert water.h[1, 35] == pytest.approx(deep, rel=1e-3)
    assert water.qx[1, 35] == pytest.approx(np.sqrt(slope) / manning * deep ** (5 / 3), rel=0.02)


@BOTH
def test_a_v_shaped_catchment_gives_all_of_its_rain_at_equilibrium_and_in_the_end(solver):
    equilibrium, left, standing = v_catchment(solver, 20.0, end_s=9000.0)
    assert equilibrium == pytest.approx(1.0, abs=0.001)
    assert left + standing == pytest.approx(1.0, abs=3e-5)
    assert left > 0.9


@pytest.mark.parametrize(("solver", "off_m"), [(LocalInertial, 0.045), (ShallowWater, 0.025)])
def test_a_wave_runs_over_a_flat_bed_against_friction(solver, off_m):
    found, right = wave(solver, 25.0)
    assert np.abs(found - right).mean() < off_m
    front = [25.0 * float(np.flatnonzero(depth > 0.01)[-1]) for depth in (found, right)]
    assert front[0] == pytest.approx(front[1], rel=0.09)


@pytest.mark.parametrize(
    ("channel", "seconds", "deeper", "off_m"),
    [
        (subcritical_bump(), 30, 1.0, 0.001), (transcritical_bump(), 30, 1.0, 0.002),
        (macdonald(), 2400, 1.2, 0.001),
    ],
    ids=["bump", "bump passed at critical depth", "MacDonald's channel from 20 % too deep"],
)  # fmt: skip
def test_the_full_mode_holds_the_steady_channels_of_swashes(
    channel: Channel, seconds, deeper, off_m
):
    found = steady_depth(ShallowWater, channel, seconds, deeper=deeper)
    assert np.abs(found - channel.depth)[ENDS:-ENDS].mean() < off_m


def test_the_record_mode_holds_a_slow_channel_and_misses_a_fast_one_by_this_much():
    slow, fast = macdonald(20.0, 0.5), macdonald(20.0, 2.0)  # Froude numbers up to 0.25 and 1
    off = [
        np.abs(steady_depth(LocalInertial, c, 3600, deeper=1.2) - c.depth)[ENDS:-ENDS].mean()
        for c in (slow, fast)
    ]
    assert off[0] < 0.006
    assert 0.015 < off[1] < 0.04


@BOTH
def test_ea_1_a_hollow_cut_off_by_the_falling_water_keeps_it_to_the_height_of_its_ridge(solver):
    peaks, ends = ea1(solver, rows=1, squeezed=2.5)
    assert peaks == pytest.approx([10.35, 10.35], abs=0.005)
    assert ends == pytest.approx([10.25, 10.25], abs=0.005)


def test_ea_2_hollows_fill_to_their_sills_and_the_east_stays_dry():
    depth, volume = ea2(LocalInertial, 12.0)
    assert volume == pytest.approx(EA2_M3, rel=1e-6)
    full = depth[[0, 0, 1, 1, 2, 2], [0, 1, 0, 1, 0, 1]]
    assert full == pytest.approx(np.full(6, EA2_SILL_M[1]), abs=0.03)
    assert not depth[:, 3].any()
    assert not depth[3, 2]
    assert ((depth[:2, 2] > 0.1) & (depth[:2, 2] < 0.2)).all()


@pytest.mark.parametrize(("solver", "hours", "off_m"), [(LocalInertial, 2, 0.006), (ShallowWater, 1, 0.01)])  # fmt: skip
def test_ea_4_a_flood_spreads_over_a_plain_as_in_the_published_models(solver, hours, off_m):
    found, arrival = ea4(solver, cell_m=10.0, hours=hours)
    for hour in range(1, hours + 1):
        near = np.minimum(
            np.abs(np.subtract(found[hour * 3600], EA4_DG2[hour * 3600])),
            np.abs(np.subtract(found[hour * 3600], EA4_ACC[hour * 3600])),
        )
        reached = np.array(EA4_DG2[hour * 3600]) > 0  # at the front a cell of 10 m says little
        assert near[reached].max() < off_m
    # Arrival at the axis and aside of it, within a third of the spread of the report's models.
    known = [k for k, at in enumerate(EA4_ARRIVAL_S) if at < 3600 * hours - 300]
    assert [arrival[k] for k in known] == pytest.approx([EA4_ARRIVAL_S[k] for k in known], abs=100)
