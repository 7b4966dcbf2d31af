"""The shift of web maps is told from what the plan holds at the place, or not at all."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from app.errors import Text
from app.geo.datum_detection import (
    datum_by_same_things,
    datum_by_where_it_belongs,
    datum_by_where_it_cannot_be,
)

SHIFTS = {"wgs84": (0.0, 0.0), "gcj02": (470.0, -130.0), "bd09": (950.0, 560.0)}


def houses(rows=20, columns=20):
    """Blocks of 30 m by 12 m with 20 m between."""
    return np.array(
        [shapely.box(50 * i, 32 * j, 50 * i + 30, 32 * j + 12)
         for i in range(columns) for j in range(rows)]
    )  # fmt: skip


def readings(shapes, truth):
    """The shapes as each reading would place them, the true one where they are."""
    dx, dy = SHIFTS[truth]
    return {
        datum: shapely.transform(shapes, lambda c, x=x, y=y: np.add(c, (x - dx, y - dy)))
        for datum, (x, y) in SHIFTS.items()
    }


@pytest.mark.parametrize("truth", ["wgs84", "gcj02", "bd09"])
def test_outlines_that_lie_on_those_of_the_plan_tell_their_datum(truth):
    town = houses()
    surveyed_again = shapely.transform(town[100:160], lambda c: c + 0.8)
    found = datum_by_same_things(readings(surveyed_again, truth), town)
    assert found is not None
    assert (found.datum, found.certainty) == (truth, "sure")
    assert "m" in found.evidence.zh


def test_things_that_the_plan_does_not_hold_tell_nothing():
    elsewhere = shapely.transform(houses(5, 5), lambda c: c + 20_000)
    assert datum_by_same_things(readings(elsewhere, "wgs84"), houses()) is None


def test_four_shapes_are_too_few_to_tell():
    assert datum_by_same_things(readings(houses()[:4], "gcj02"), houses()) is None


def test_a_plan_without_such_things_tells_nothing():
    assert datum_by_same_things(readings(houses(), "gcj02"), np.empty(0, object)) is None


def test_pipes_that_would_run_through_houses_were_shifted():
    lanes = np.array(
        [shapely.LineString([(50 * i + 40, 1000), (50 * i + 40, 1600)]) for i in range(20, 40)]
    )
    found = datum_by_where_it_cannot_be(
        readings(lanes, "gcj02"), houses(80, 60), what=Text("楼栋", "buildings")
    )
    assert found is not None
    assert (found.datum, found.certainty) == ("gcj02", "likely")
    assert "0%" in found.evidence.en


def test_points_spread_at_random_tell_nothing():
    random = np.random.default_rng(1)
    points = shapely.points(random.uniform(-3000, 4000, (40, 2)))
    assert datum_by_where_it_cannot_be(
        readings(points, "wgs84"), houses(), what=Text("楼栋", "buildings")
    ) is None  # fmt: skip


def test_shops_inside_houses_tell_their_datum():
    shops = shapely.centroid(houses()[::7])
    found = datum_by_where_it_belongs(
        readings(shops, "bd09"), houses(), what=Text("楼栋", "buildings")
    )
    assert found is not None
    assert found.datum == "bd09"
