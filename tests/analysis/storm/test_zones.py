"""Zones by any scheme: apart from one another, none too small, each class with the area it had."""

import numpy as np
import pytest
import shapely
from scipy import ndimage

from app.analysis.storm.params import SCHEMES
from app.analysis.storm.zones import Water, cleaned, hazard_classes, zone_frame
from app.geo.grids import Frame
from app.store.rule_files import load_rules

HAZARDS = load_rules("flood_hazard_classes")
LEAST = 7  # cells of 2 m: 28 m², the first whole number over 25 m²
FRAME = Frame(500_000.0, 4_205_000.0, 2.0, 120, 140)
# Deep and fast enough that every class of a scheme occurs somewhere.
DEEPEST = {"china": 0.9, "aidr": 5.0, "uk": 1.6, "swiss": 3.0}


def some_water(scheme, seed):
    rng = np.random.default_rng(seed)
    smooth = ndimage.gaussian_filter(rng.random(FRAME.shape), 2.5)
    depth = np.clip((smooth - smooth.min()) / np.ptp(smooth) * 1.3 - 0.3, 0, None)
    depth = (depth * DEEPEST[scheme]).astype(np.float32)
    speed = ndimage.gaussian_filter(rng.random(FRAME.shape), 4).astype(np.float32)
    speed = np.where(depth > 0, speed, 0).astype(np.float32)
    return Water(depth, speed, depth * speed, np.full(FRAME.shape, 45.0, np.float32), speed > 1.0)


@pytest.mark.parametrize("scheme", sorted(SCHEMES))
@pytest.mark.parametrize("seed", range(5))
def test_cleaning_keeps_the_area_of_every_class_and_leaves_no_small_part(scheme, seed):
    water = some_water(scheme, seed)
    rows = HAZARDS.classes(SCHEMES[scheme])
    before = hazard_classes(rows, water, shown_m=0.02)
    after = cleaned(before, water.depth, LEAST)
    assert len(np.unique(before)) > 2
    for number in range(1, len(rows) + 1):
        had, has = int((before == number).sum()), int((after == number).sum())
        _, count = ndimage.label(after == number)
        sizes = np.bincount(ndimage.label(after == number)[0].ravel())[1:]
        assert count == 0 or sizes.min() >= LEAST
        if had >= LEAST:
            assert abs(has - had) <= 0.02 * had
    assert np.array_equal(after, cleaned(before, water.depth, LEAST))


@pytest.mark.parametrize("scheme", sorted(SCHEMES))
def test_zones_lie_apart_and_carry_class_depth_speed_and_duration(scheme):
    water = some_water(scheme, 11)
    rows = HAZARDS.classes(SCHEMES[scheme])
    classes = cleaned(hazard_classes(rows, water, shown_m=0.02), water.depth, LEAST)
    names = [row.clause for row in rows]
    zones = zone_frame(FRAME, classes, water, names, scheme=SCHEMES[scheme], return_period_a=20.0, crs="EPSG:4544")  # fmt: skip
    assert zones.geometry.is_valid.all()
    assert zones.geometry.area.min() >= 25
    together = shapely.union_all(zones.geometry.to_numpy()).area
    assert together == pytest.approx(zones.geometry.area.sum(), rel=1e-9)
    assert zones["beyond_share"].between(0, 1).all()
    assert set(zones["scheme"]) == {SCHEMES[scheme]}
    assert set(zones["hazard_class"]) <= set(names)
    assert (zones["duration_min"] == 45.0).all()
    by_class = zones.groupby("hazard_class")["area_m2"].sum()
    for number, name in enumerate(names, start=1):
        assert by_class.get(name, 0.0) == pytest.approx((classes == number).sum() * 4.0, abs=1.0)


def test_a_class_smaller_than_one_part_grows_where_there_is_water_beside_it():
    depth = np.zeros((20, 20), np.float32)
    depth[5:15, 5:15] = 0.3
    classes = np.where(depth > 0, 2, 0).astype(np.uint8)
    depth[9, 9:12], classes[9, 9:12] = 0.6, 3
    grown = cleaned(classes, depth, LEAST)
    assert (grown == 3).sum() == LEAST
    alone = np.zeros((20, 20), np.uint8)
    alone[3, 3] = 1
    assert not cleaned(alone, (alone * 0.2).astype(np.float32), LEAST).any()
