"""Drains drawn by hand: what stops them is found."""

from shapely.geometry import Point, box

from app.analysis import analysis_named
from app.schema.analysis import Inputs, NoParams, no_progress
from tests.analysis.drains.drawn import layer, node, pipe

NODES = [node("A", 10.0), node("B", 9.8), node("C", 9.6, "outfall"), node("D", 9.0), node("E", 8.9)]
SOUND = [pipe("1", "A", "B", 10.0, 9.8), pipe("2", "C", "B", 9.6, 9.8, flow_direction="backward")]


def findings(pipes, nodes=NODES, terrain=()):
    inputs = Inputs({
        "pipe": layer("pipe", pipes), "pipe_node": layer("pipe_node", nodes),
        "terrain": layer("terrain", terrain),
    })  # fmt: skip
    outcome = analysis_named("drains").run(inputs, NoParams(), no_progress)
    rows = outcome.layers["drain_state"]
    return sorted(zip(rows["target_id"], rows["finding"], strict=True))


def test_sewers_that_fall_to_an_outfall_have_no_finding():
    assert findings(SOUND) == []


def test_a_sewer_that_rises_along_its_flow_is_adverse():
    assert findings([*SOUND, pipe("3", "B", "C", 9.6, 9.7)]) == [("3", "adverse_slope")]


def test_missing_inverts_sizes_and_nodes_are_named_and_an_invert_in_the_air_is_told():
    wrong = [
        pipe("3", "B", "C", None, 9.6), pipe("4", "B", "C", 9.8, 9.6, nominal_mm=None),
        pipe("5", "B", None, 9.8, 9.6), pipe("6", "A", "B", 12.5, 9.8),
    ]  # fmt: skip
    assert findings([*SOUND, *wrong]) == [
        ("3", "missing_invert"), ("4", "missing_size"), ("5", "missing_node"), ("6", "above_ground"),
    ]  # fmt: skip


def test_a_part_without_an_outfall_is_named_at_its_lowest_node():
    assert findings([*SOUND, pipe("3", "D", "E", 9.0, 8.9)]) == [("E", "no_outfall")]


def test_foul_and_abandoned_sewers_take_no_part():
    others = [pipe("3", "D", "E", 8.9, 9.9, subclass="WS"), pipe("4", "D", "E", 8.9, 9.9, status="abandoned")]  # fmt: skip
    assert findings([*SOUND, *others]) == []


def test_pipes_whose_flow_runs_in_a_circle_are_named():
    round_and_round = [pipe("3", "B", "D", 9.8, 9.7), pipe("4", "D", "A", 9.7, 9.6)]
    assert findings([*SOUND, *round_and_round]) == [("1", "loop"), ("3", "loop"), ("4", "loop")]


def test_two_ways_between_the_same_manholes_are_no_loop():
    assert findings([*SOUND, pipe("3", "A", "B", 10.0, 9.8)]) == []


def test_nodes_off_the_terrain_are_named():
    ground = [{"terrain_id": "T", "geometry": box(-5, -5, 30, 5)}]
    far = node("B", 9.8) | {"geometry": Point(50, 0)}
    assert findings(SOUND, [NODES[0], far, NODES[2]], ground) == [("B", "off_terrain")]
