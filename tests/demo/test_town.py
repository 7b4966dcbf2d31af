"""The invented town could stand: nothing overlaps, everything refers to something."""

from __future__ import annotations

import pytest
import shapely

from app.schema.validate import validate_frames
from scripts.demo.frames import frames
from tests.demo.towns import demo_town


@pytest.fixture(scope="module")
def town():
    return demo_town()


@pytest.fixture(scope="module")
def built(town):
    return frames(town)


def overlapping(shapes):
    """Pairs whose interiors share more than a square centimetre."""
    tree = shapely.STRtree(shapes)
    left, right = tree.query(shapes, predicate="intersects")
    pair = left < right
    shared = shapely.area(shapely.intersection(shapes[left[pair]], shapes[right[pair]]))
    return int((shared > 1e-4).sum())


@pytest.mark.parametrize("layer", ["building", "stair_unit", "community", "township"])
def test_no_two_shapes_of_a_layer_overlap(built, layer):
    assert overlapping(built[layer].geometry.to_numpy()) == 0


def test_road_polygons_do_not_overlap_each_other_or_a_building(built):
    roads = built["road"].geometry.to_numpy()
    assert overlapping(roads) == 0
    houses = built["building"].geometry.to_numpy()
    left, right = shapely.STRtree(roads).query(houses, predicate="intersects")
    assert shapely.area(shapely.intersection(houses[left], roads[right])).max(initial=0) < 1e-4


def test_every_building_of_a_community_lies_inside_it(built):
    communities = built["community"].set_index("community_id").geometry
    buildings = built["building"].dropna(subset=["community_id"])
    homes = communities.loc[buildings["community_id"]].to_numpy()
    assert shapely.covers(homes, buildings.geometry.to_numpy()).all()


def test_validation_finds_only_what_was_planted(town, built):
    planted = {fact.row_id for fact in town.facts if fact.kind.startswith("fault_")}
    found = {finding.row for finding in validate_frames(built)}
    assert found == planted


def test_every_fact_names_a_row_that_exists(town):
    assert len(town.facts) >= 25
    for fact in town.facts:
        assert town.has(fact.layer, fact.row_id), fact
