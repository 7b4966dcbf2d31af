"""Wider pipes: which size is proposed, why not a larger one, and what each changes."""

import pytest
from shapely.geometry import box

from app.analysis import analysis_named
from app.analysis.sewers.network import drain_network
from app.analysis.upsizing.propose import proposals
from app.engine.swmm import SwmmEngine
from app.schema.analysis import Inputs, no_progress, parse_params
from app.store.rule_files import load_all_rules
from tests.analysis.drains.drawn import layer, node, pipe
from tests.analysis.drains.test_coupled import EAST, GROUND, OUT, PIPES, WEST

BOOK = load_all_rules()
SIZES = BOOK.table("drain_sizes")
NARROW = [PIPES[0], PIPES[1] | {"nominal_mm": 150}]
HOME = {"building_id": "B", "households": 12, "geometry": box(70, 18, 74, 22)}


def wider(pipes=NARROW, **settings):
    analysis = analysis_named("upsizing")
    frames = {one.name: layer(one.name) for one in analysis.inputs}
    frames |= {"pipe": layer("pipe", pipes), "pipe_node": layer("pipe_node", (WEST, EAST, OUT))}
    cover = {"landcover_id": "1", "cover": "asphalt", "geometry": box(-9, -9, 99, 99)}
    frames |= {"landcover": layer("landcover", [cover]), "building": layer("building", [HOME])}
    inputs = Inputs(frames, BOOK.supply(analysis.rules), {"terrain": GROUND}, {"swmm": SwmmEngine()})  # fmt: skip
    asked = {"rain_mm": 60, "duration_min": 60, "after_min": 20, "worst": 3, **settings}
    before = frames["pipe"].copy()
    outcome = analysis.run(inputs, parse_params(analysis.params, asked), no_progress)
    assert frames["pipe"].equals(before)
    return outcome, outcome.layers["pipe_upsizing"].set_index("rank")


def load(pipe_id, *, flow, able, minutes=30.0):
    return {
        "target_layer": "pipe", "target_id": pipe_id, "verdict": "bottleneck", "clause": "C",
        "limited_min": minutes, "flow_max_m3_per_s": flow, "capacity_m3_per_s": able, "evidence": [],
    }  # fmt: skip


def proposed(*loads, size="carries", ground_m=12.0):
    network = drain_network(
        layer("pipe", [pipe("1", "A", "B", 10.0, 9.9), pipe("2", "B", "C", 9.9, 9.8)]),
        layer("pipe_node", [node(name, 9.8, ground_m=ground_m) for name in "ABC"]),
    )
    return proposals(layer("drain_load", loads), network, SIZES, many=5, size=size, cover_m=0.7)


def test_the_size_proposed_carries_the_greatest_flow_on_the_same_slope():
    # 400 mm carry 0.1: 500 mm carry 0.18 and 600 mm 0.295.
    [one] = proposed(load("1", flow=0.25, able=0.1))
    assert (one.from_mm, one.to.nominal_mm) == (400, 600)
    assert one.cost_fen == round(one.length_m * SIZES.cost_yuan_per_m(600) * 100)
    assert "GB/T 11836" in one.clause
    [step] = proposed(load("1", flow=0.25, able=0.1), size="next")
    assert step.to.nominal_mm == 500


def test_a_wider_pipe_keeps_its_cover_and_says_what_it_would_have_needed():
    [one] = proposed(load("1", flow=0.25, able=0.1), ground_m=11.2)
    assert one.to.nominal_mm == 500
    assert "DN600" in one.why.en
    [none] = proposed(load("1", flow=0.25, able=0.1), ground_m=11.0)
    assert (none.to, none.cost_fen) == (None, None)
    assert "less than 0.7 m of cover" in none.why.en


def test_the_longest_bottleneck_comes_first_and_a_drain_that_does_not_fall_is_left_out():
    rows = [load("1", flow=0.2, able=0.1, minutes=20), load("2", flow=0.2, able=0.1, minutes=40)]
    assert [one.pipe_id for one in proposed(*rows)] == ["2", "1"]
    assert proposed(load("1", flow=0.2, able=0.0)) == []


@pytest.mark.parametrize("water", ["drains", "coupled"])
def test_widening_the_narrow_drain_relieves_the_basin_above_it(water):
    outcome, rows = wider(water=water)
    counts = outcome.counts
    assert rows.loc[1, "target_id"] == "2"
    assert rows.loc[1, "verdict"] == "helps"
    assert rows.loc[1, "to_mm"] > rows.loc[1, "from_mm"] == 150
    assert counts["came_up_after_m3"] < 0.5 * counts["came_up_before_m3"]
    assert rows.loc[0, "cost_fen"] == rows.loc[1:, "cost_fen"].sum() == 100 * counts["cost_yuan"]
    if water == "coupled":
        assert counts["households_before"] == 12
        assert rows.loc[0, "zone_after_m2"] < rows.loc[0, "zone_before_m2"]
    else:
        assert "households_before" not in counts


def test_without_a_bottleneck_nothing_is_proposed_and_together_alone_leaves_the_rest_not_run():
    roomy = [one | {"nominal_mm": 1200} for one in PIPES]
    outcome, rows = wider(roomy, rain_mm=10)
    assert (len(rows), outcome.counts["proposed"]) == (0, 0)
    _, quick = wider(singly=False)
    assert quick.loc[1, "verdict"] == "not_run"
    assert quick.loc[0, "verdict"] == "helps"
