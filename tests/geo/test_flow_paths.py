"""Where water runs over a filled grid: surface, directions and upstream area against the plain way."""

import numpy as np
import pytest

from app.geo.depressions import CLOSED, OPEN, OUTSIDE, filled_z, find_hollows
from app.geo.flow_paths import ENDS, NO_GROUND, flow_paths, upstream
from tests.oracles.priority_flood import priority_flood, upstream_cells


def ground(seed, *, plateaus=False):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(29, 23)) * 3 - 1
    z = (np.round(z) if plateaus else z).astype(np.float32)
    kind = np.where(rng.random(z.shape) < 0.1, CLOSED, OPEN).astype(np.uint8)
    kind[rng.random(z.shape) < 0.02] = OUTSIDE
    kind[10:15, 10:15] = CLOSED
    kind[11:14, 11:14] = OPEN  # a courtyard
    return z, kind


@pytest.mark.parametrize("plateaus", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_surface_directions_and_upstream_area_are_those_of_a_plain_heap(seed, plateaus):
    z, kind = ground(seed, plateaus=plateaus)
    paths = flow_paths(z, kind)
    filled, direction = priority_flood(z, kind)
    assert np.array_equal(paths.filled_m, filled.astype(np.float32), equal_nan=True)
    assert np.array_equal(paths.direction, direction)
    assert np.array_equal(upstream(paths), upstream_cells(direction))


def test_every_drop_ends_at_a_way_out_and_none_is_counted_twice():
    z, kind = ground(9)
    paths = flow_paths(z, kind)
    total = upstream(paths, np.where(kind == OPEN, 2.5, 0.0))
    reached = paths.direction != NO_GROUND
    assert total[paths.direction == ENDS].sum() == pytest.approx(2.5 * reached.sum())
    assert (paths.direction[11:14, 11:14] == NO_GROUND).all()


def test_the_filled_surface_is_that_of_endless_rain_in_the_hollows():
    z, kind = ground(4)
    hollows = find_hollows(z, kind)
    shifted = z.astype(np.float32) - np.float32(hollows.lowest_m)
    paths = flow_paths(shifted, kind)
    reached = paths.direction != NO_GROUND
    assert np.array_equal(filled_z(hollows)[reached], paths.filled_m[reached])


def test_water_runs_down_a_slope_along_a_street_and_out_at_its_end():
    z = np.array([[9, 9, 9, 9], [9, 3, 2, 1], [9, 9, 9, 9]], dtype=np.float32)
    kind = np.full(z.shape, CLOSED, np.uint8)
    kind[1] = OPEN
    paths = flow_paths(z, kind)
    assert paths.direction[1].tolist() == [1, 1, 1, 0]
    assert upstream(paths)[1].tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize("marked", [CLOSED, OUTSIDE])
def test_a_grid_without_ground_or_without_relief_is_no_trouble(marked):
    nothing = flow_paths(np.zeros((4, 5)), np.full((4, 5), marked, np.uint8))
    assert (nothing.direction == NO_GROUND).all()
    flat = flow_paths(np.full((4, 5), 7.0), np.zeros((4, 5), np.uint8))
    assert (flat.filled_m == 7.0).all()
    assert upstream(flat)[flat.direction == ENDS].sum() == 20
