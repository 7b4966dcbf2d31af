"""The planted hollows of the demonstration are found as ponds, by any mode."""

import shutil

import pytest
import shapely

from app.schema import Actor
from app.services.runs import run_analysis
from app.store import PlanStore
from tests.demo.towns import demo_town


@pytest.mark.parametrize(
    "settings",
    [{"mode": "slider", "rain_mm": 60}, {"mode": "record", "cell_m": 4, "return_period_a": 20}],
    ids=["slider", "record"],
)
def test_every_planted_pond_is_a_zone(demo_small_plan, tmp_path, settings):
    folder = tmp_path / "plan"
    shutil.copytree(demo_small_plan, folder)
    with PlanStore.open(folder) as plan:
        record = run_analysis(plan, "storm", settings, Actor("test")).record
        zones = plan.read_result("storm_zone")
    assert record.counts["balance_error_ppm"] == 0
    ponds = [fact for fact in demo_town(small=True).facts if fact.kind == "pond"]
    assert len(ponds) == 6
    for pond in ponds:
        near = zones.geometry.distance(shapely.Point(pond.x, pond.y)).min()
        assert near < 6.0, pond
    assert (zones.geometry.area >= 25).all()
