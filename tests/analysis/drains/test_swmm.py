"""Drains as a model of EPA SWMM: what goes in, what stays unknown, what the engine answers."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import brentq

import app
from app.analysis.sewers.build import built, told
from app.analysis.sewers.load import asked_names, drain_loads
from app.analysis.sewers.model import Options, model_text
from app.engine.swmm import SwmmEngine
from app.errors import AnalysisError
from tests.analysis.drains.drawn import clauses, layer, node, pipe, terms

NODES = [node("A", 10.0), node("B", 9.8), node("C", 9.6, "outfall")]
LINE = [pipe("1", "A", "B", 10.0, 9.8), pipe("2", "B", "C", 9.8, 9.6)]


def model_of(pipes, nodes, *, fills=True):
    return built(layer("pipe", pipes), layer("pipe_node", nodes), terms(), fills=fills, height_at=None)  # fmt: skip


def run(model, inflow, *, seconds=3600.0, pipes=LINE, nodes=NODES):
    """Inflow (m3/s by pipe_node_id) that rises for half of the time; loads and the engine's totals."""
    text = model_text(model, Options(seconds / 3600.0, 5.0, 0.5))
    node_names, links = asked_names(model)
    names = dict(zip(model.nodes["pipe_node_id"], model.nodes["name"], strict=True))
    with SwmmEngine().open(
        text, nodes=node_names, links=links, exchanged=[names[one] for one in inflow]
    ) as engine:
        for part in range(1, 13):  # rising in twelve steps: a wave at the start would be no answer
            engine.send(seconds * part / 24, np.array(list(inflow.values())) * part / 12)
            engine.receive()
        engine.send(seconds, np.array(list(inflow.values())))
        engine.receive()
        answer = engine.end()
    loads = drain_loads(model, answer, layer("pipe", pipes), layer("pipe_node", nodes), clauses(pipes, nodes), flood_m3=0.1)  # fmt: skip
    return loads.set_index("target_id"), answer.totals


def test_a_long_drain_runs_at_the_normal_depth_of_manning():
    names = [f"N{at}" for at in range(21)]
    ends = [((50 * at, 0), (50 * at + 50, 0)) for at in range(20)]
    pipes = [
        pipe(
            str(at),
            names[at],
            names[at + 1],
            12 - 0.1 * at,
            11.9 - 0.1 * at,
            ends[at],
            nominal_mm=600,
        )
        for at in range(20)
    ]
    nodes = [
        node(name, 12 - 0.1 * at, "outfall" if at == 20 else "manhole", 15.0)
        for at, name in enumerate(names)
    ]
    loads, totals = run(
        model_of(pipes, nodes), {"N0": 0.1}, seconds=7200.0, pipes=pipes, nodes=nodes
    )

    def flow(depth):
        half = np.arccos(1 - 2 * depth / 0.6)
        area, wet = 0.6**2 / 4 * (half - np.sin(2 * half) / 2), 0.6 * half
        return area * (area / wet) ** (2 / 3) * np.sqrt(0.002) / 0.013

    normal = brentq(lambda depth: flow(depth) - 0.1, 0.01, 0.55)
    assert loads.loc["10", "fullness"] * 0.6 == pytest.approx(normal, rel=0.01)
    assert loads.loc["10", "flow_max_m3_per_s"] == pytest.approx(0.1, rel=0.01)
    assert abs(totals.continuity) < 0.01


def test_the_totals_of_the_engine_close():
    _, totals = run(model_of(LINE, NODES), {"A": 0.05})
    kept = totals.outflow_m3 + totals.flooded_m3 + totals.stored_m3
    assert totals.inflow_m3 == pytest.approx(0.05 * 3600 * (0.5 + 0.5 * 13 / 24), rel=0.01)
    assert totals.inflow_m3 - kept == pytest.approx(totals.continuity * totals.inflow_m3, abs=0.05)


def test_a_drain_asked_for_more_than_it_carries_is_a_bottleneck_and_its_manhole_floods():
    loads, totals = run(model_of(LINE, NODES), {"A": 0.5})
    assert loads.loc["1", "verdict"] == "bottleneck"
    assert loads.loc["A", "verdict"] == "flooded"
    assert loads.loc["A", "upper_level_m"] == pytest.approx(12.0, abs=0.001)
    assert loads.loc["A", "flood_m3"] == pytest.approx(totals.flooded_m3, rel=0.02)
    assert loads.loc["A", "flood_m3"] > 200


def test_two_models_run_at_once_without_seeing_each_other():
    model = model_of(LINE, NODES)
    text = model_text(model, Options(1.0, 5.0, 0.5))
    nodes, links = asked_names(model)
    with (
        SwmmEngine().open(text, nodes=nodes, links=links, exchanged=["A"]) as one,
        SwmmEngine().open(text, nodes=nodes, links=links, exchanged=["A"]) as other,
    ):
        for until in (600.0, 1200.0, 3600.0):
            one.send(until, np.array([0.1]))
            other.send(until, np.array([0.02]))
            one.receive()
            other.receive()
        flows = [session.end().link_flow_m3_s[0] for session in (one, other)]
    assert flows == pytest.approx([0.1, 0.02], rel=0.1)


# --- what is not known -------------------------------------------------------------------------------
GAPS = [
    LINE[0] | {"start_invert_m": None}, LINE[1] | {"roughness_n": None},
    pipe("3", "B", "C", 9.8, 9.6, nominal_mm=None), pipe("4", "D", "E", 9.0, 8.9),
]  # fmt: skip
GAP_NODES = [*NODES, node("D", 9.0), node("E", 8.9)]


def test_with_measured_values_only_a_pipe_that_lacks_one_is_unknown_and_says_which():
    with pytest.raises(AnalysisError) as problem:
        model_of(GAPS, GAP_NODES, fills=False)
    assert "start_invert_m 1" in problem.value.message.en
    sound = [*LINE, GAPS[2], GAPS[3], pipe("5", "B", "C", None, 9.6)]
    model = model_of(sound, GAP_NODES, fills=False)
    assert model.left_out == {"3": "nominal_mm", "4": "no_outfall", "5": "start_invert_m"}
    assert not any(model.stood_in.values())


def test_a_gap_filled_by_a_stated_rule_is_counted_and_named():
    model = model_of(GAPS, GAP_NODES)
    assert model.left_out == {"3": "nominal_mm", "4": "no_outfall"}
    assert {rule: many for rule, many in model.stood_in.items() if many} == {"invert_of_node": 1, "usual_roughness": 1}  # fmt: skip
    assert model.filled == {("pipe", "1"): "upper_m", ("pipe", "2"): "roughness_n"}
    unknown, rules = (note.en for note in told(model))
    assert "2 pipes unknown: 1 lack data, 1 lead to no outfall (3、4)" in unknown
    assert rules == "filled by rule: invert of the manhole 1, usual roughness 1"
    assert ";; left out: 3 (nominal_mm)" in model_text(model, Options(1.0, 5.0, 0.5))


def test_an_unknown_pipe_is_a_row_and_never_a_sound_one():
    loads, _ = run(model_of(GAPS, GAP_NODES), {"A": 0.01}, pipes=GAPS, nodes=GAP_NODES)
    assert (loads.loc["3", "verdict"], loads.loc["3", "missing"]) == ("unknown", "nominal_mm")
    assert np.isnan(loads.loc["3", "fullness"])


def test_combined_sewers_leave_where_a_foul_sewer_takes_them_and_elsewhere_not():
    own = [pipe("1", "A", "B", 10.0, 9.8, subclass="HS")]
    foul = pipe("9", "B", "C", 9.8, 9.6, subclass="WS")
    nodes = [node("A", 10.0), node("B", 9.8), node("C", 9.6)]
    model = model_of([*own, foul], nodes)
    assert model.stood_in["foul_outlet"] == 1
    assert "B 9.8000 FREE" in model_text(model, Options(1.0, 5.0, 0.5))
    with pytest.raises(AnalysisError, match="no_outfall 1"):
        model_of(own, nodes)


def test_an_outfall_reached_by_two_drains_takes_both():
    pipes = [pipe("1", "A", "C", 10.0, 9.6), pipe("2", "B", "C", 9.8, 9.6)]
    model = model_of(pipes, NODES)
    assert model.twins == {"C~2": "C"}
    loads, totals = run(model, {"A": 0.02, "B": 0.03}, pipes=pipes)
    assert totals.outflow_m3 == pytest.approx(totals.inflow_m3, rel=0.02)
    assert totals.outflow_m3 > 100
    assert set(loads.index) == {"1", "2", "A", "B"}


def test_a_box_drain_is_rectangular_and_names_with_spaces_are_one_word():
    pipes = [pipe("段 1", "A", "B", 10.0, 9.8, nominal_mm=None, width_mm=800, height_mm=600), LINE[1]]  # fmt: skip
    text = model_text(model_of(pipes, NODES), Options(1.0, 5.0, 0.5))
    assert "段_1 RECT_CLOSED 0.6000 0.8000 0 0 1" in text


def test_what_the_engine_refuses_is_told_in_its_own_words():
    with pytest.raises(AnalysisError, match="ERROR 209"):
        SwmmEngine().open("[OPTIONS]\nFLOW_UNITS CMS\n[CONDUITS]\n1 A B 50 0.013 0 0\n", nodes=[], links=[])  # fmt: skip


# The worker by itself: its answers by the library, and by the toolkit alone.
BOTH_WAYS = """
import json, sys
import numpy as np
from app.engine import swmm_worker as worker
if sys.argv[1] == "toolkit":
    worker._of_library = lambda *asked: None
engine = worker._Engine({"nodes": ["A"], "links": ["1"], "exchanged": ["A", "B"]})
seen = [np.frombuffer(engine.advance(60.0 * minute, np.array([1.5, 0.2]))).tolist() for minute in range(1, 40)]
print(json.dumps([seen, engine._heads._value is not None, engine._came_up._fill is not None]))
"""


def test_the_library_and_the_toolkit_tell_the_same_heads_and_volumes(tmp_path):
    (tmp_path / "model.inp").write_text(
        model_text(model_of(LINE, NODES), Options(1.0, 5.0, 0.5)), encoding="utf-8"
    )
    told = []
    for way in ("library", "toolkit"):
        done = subprocess.run(
            [sys.executable, "-c", BOTH_WAYS, way], cwd=tmp_path, capture_output=True, check=True,
            env={**os.environ, "PYTHONPATH": str(Path(app.__file__).parents[1])},
        )  # fmt: skip
        told.append(json.loads(done.stdout.splitlines()[-1]))
    assert told[0][0] == told[1][0]
    assert max(row[3] for row in told[0][0]) > 1  # cubic metres came up
    assert told[1][1:] == [False, False]
