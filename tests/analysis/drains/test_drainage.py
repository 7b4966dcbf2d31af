"""A storm on the drains alone: who drains where, and where every drop goes."""

import shutil

import numpy as np
import pytest
from shapely.geometry import box

from app.analysis import analysis_named
from app.engine.swmm import SwmmEngine
from app.geo.basins import find_basins
from app.schema import Actor
from app.schema.analysis import Inputs, Raster, no_progress, parse_params
from app.services.runs import run_analysis
from app.store import PlanStore
from app.store.rule_files import load_all_rules
from tests.analysis.drains.drawn import layer, node, pipe
from tests.demo.towns import demo_town

BOOK = load_all_rules()
# A roof-like plane of asphalt, 60 m by 40 m: its ridge at x = 30, water runs to both sides.
X, Y = np.meshgrid(np.arange(30) * 2 + 1.0, np.arange(20) * 2 + 1.0)
PLANE = Raster((12.0 - 0.02 * np.abs(X - 30) - 0.002 * Y).astype(np.float32), 0.0, 40.0, 2.0)
NODES = [
    node("W", 9.0, "inlet", 11.4, (3, 3)), node("E", 9.0, "inlet", 11.4, (57, 3)),
    node("O", 8.0, "outfall", 11.0, (57, -30)),
]  # fmt: skip
PIPES = [
    pipe("1", "W", "E", 9.0, 8.8, ((3, 3), (57, 3))),
    pipe("2", "E", "O", 8.8, 8.0, ((57, 3), (57, -30))),
]


def drainage(pipes=PIPES, nodes=NODES, catchments=(), **settings):
    analysis = analysis_named("drainage")
    frames = {
        "pipe": layer("pipe", pipes), "pipe_node": layer("pipe_node", nodes),
        "building": layer("building"), "catchment": layer("catchment", catchments),
        "landcover": layer("landcover", [{"landcover_id": "1", "cover": "asphalt", "geometry": box(-9, -9, 99, 99)}]),
    }  # fmt: skip
    inputs = Inputs(frames, BOOK.supply(analysis.rules), {"terrain": PLANE}, {"swmm": SwmmEngine()})
    outcome = analysis.run(inputs, parse_params(analysis.params, settings), no_progress)
    return outcome, outcome.layers["drain_load"].set_index("target_id")


def test_cells_drain_to_the_inlet_that_their_water_reaches():
    inner = (slice(1, -1), slice(1, -1))
    outlets = np.array([18 * 30 + 1, 18 * 30 + 28])
    basins = find_basins(PLANE.values, np.zeros(PLANE.values.shape, dtype=np.uint8), outlets, 2.0)
    west, east = (basins.outlet[inner][:, half] for half in (slice(0, 13), slice(15, 28)))
    # Only the rim is lost; nobody's water crosses the ridge.
    assert set(np.unique(west)) <= {0, 1}
    assert set(np.unique(east)) <= {0, 2}
    assert (basins.outlet[outlets // 30, outlets % 30] == [1, 2]).all()


def test_rain_is_accounted_for_to_the_drop():
    outcome, loads = drainage(rain_mm=50, duration_min=60)
    balance = outcome.notes[0].en
    assert "continuity error" in balance
    counts = outcome.counts
    assert counts["continuity_ppm"] < 10_000
    assert counts["unknown"] == 0
    assert loads.loc["2", "flow_max_m3_per_s"] > loads.loc["1", "flow_max_m3_per_s"] > 0


WHOLE = [{"catchment_id": "K", "outlet_node_id": "W", "geometry": box(0, 0, 60, 40)}]


def test_a_drawn_catchment_takes_the_place_of_what_the_ground_says():
    outcome, _ = drainage(catchments=WHOLE, rain_mm=50, duration_min=60)
    # 50 mm on 60 m x 40 m.
    assert outcome.counts["rain_m3"] == pytest.approx(120, abs=1)


def test_no_rain_leaves_the_drains_dry():
    outcome, loads = drainage(hyetograph="0, 0")
    assert outcome.counts["rain_m3"] == 0
    assert set(loads["verdict"]) == {"free"}


def test_a_larger_drain_lets_less_water_come_up():
    narrow = [PIPES[0] | {"nominal_mm": 150}, PIPES[1]]
    small, wide = (drainage(own, catchments=WHOLE, rain_mm=60, duration_min=30)[1] for own in (narrow, PIPES))  # fmt: skip
    assert small.loc["1", "verdict"] == "bottleneck"
    assert wide.loc["W", "flood_m3"] < 0.5 * small.loc["W", "flood_m3"]
    assert wide.loc["1", "flow_max_m3_per_s"] > 3 * small.loc["1", "flow_max_m3_per_s"]


def test_the_planted_narrow_drain_of_the_demonstration_holds_water_back(demo_small_plan, tmp_path):
    folder = tmp_path / "plan"
    shutil.copytree(demo_small_plan, folder)
    [fact] = [fact for fact in demo_town(small=True).facts if fact.kind == "narrow_drain"]
    with PlanStore.open(folder) as plan:
        record = run_analysis(plan, "drainage", {"cell_m": 4}, Actor("test")).record
        loads = plan.read_result("drain_load").set_index("target_id")
    worst = loads[loads["verdict"] == "bottleneck"]["limited_min"].astype(float).idxmax()
    assert worst == fact.row_id
    assert record.counts["continuity_ppm"] < 10_000
    # The planted island leads to no outfall: unknown, never sound.
    [island] = [fact.row_id for fact in demo_town(small=True).facts if fact.kind == "sewer_island"]
    assert loads.loc[island, "verdict"] == "unknown"
