"""What was built lies on its plan within the tolerance, or the distance says how far off it is."""

from __future__ import annotations

import pandas as pd
import pytest
import shapely

from app.analysis.checks.built import compare_as_built


def line(y: float, x0: float = 0.0, x1: float = 50.0) -> shapely.LineString:
    return shapely.LineString([(x0, y), (x1, y)])


def judged(planned: object, *built: object, tolerance_m: float = 0.5) -> dict[str, object]:
    plan = pd.DataFrame({"community_item_id": ["I1"], "geometry": [planned]})
    real = pd.DataFrame({"community_item_id": ["I1"] * len(built), "geometry": list(built)})
    [row] = compare_as_built(plan, real, tolerance_m=tolerance_m).to_dict("records")
    return {str(name): value for name, value in row.items()}


def test_a_run_within_the_tolerance_passes_and_exactly_on_it_too() -> None:
    assert judged(line(0), line(0.3))["verdict"] == "pass"
    assert judged(line(0), line(0.5))["verdict"] == "pass"
    assert judged(line(0), line(0.3))["offset_m"] == pytest.approx(0.3)


def test_a_run_that_leaves_its_plan_says_how_far_off_it_is() -> None:
    row = judged(line(0), shapely.LineString([(0, 0), (25, 0), (50, 2)]))
    assert row["verdict"] == "fail"
    assert row["offset_m"] == pytest.approx(2.0)


def test_what_was_not_built_shows_as_the_uncovered_share() -> None:
    row = judged(line(0), line(0, 0, 25))
    assert row["verdict"] == "fail"
    assert row["offset_m"] == 0.0
    assert row["uncovered_share"] == pytest.approx(0.5, abs=0.02)
    assert judged(line(0), line(0, 0, 25), line(0, 25, 50))["verdict"] == "pass"  # two surveys


def test_points_and_outlines_are_held_to_the_same_tolerance() -> None:
    assert judged(shapely.Point(0, 0), shapely.Point(0.4, 0.3))["verdict"] == "pass"
    assert judged(shapely.Point(0, 0), shapely.Point(0.4, 0.4))["verdict"] == "fail"
    assert judged(shapely.box(0, 0, 10, 5), shapely.box(0, 0, 10, 5.4))["verdict"] == "pass"
    assert judged(shapely.box(0, 0, 10, 5), shapely.box(0, 0, 10, 6))["planned_size"] == 50.0


def test_without_a_survey_or_a_planned_shape_nobody_knows() -> None:
    assert (judged(line(0))["verdict"], judged(line(0))["missing"]) == ("unknown", "as_built")
    assert judged(None, line(0))["missing"] == "community_item.geometry"
    assert judged(line(0), None)["missing"] == "as_built"
