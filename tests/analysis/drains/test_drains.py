"""Drains drawn by hand: what stops them is found, and EPA SWMM reads and runs the rest."""

import subprocess
import sys

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import LineString, Point

from app.analysis import analysis_named
from app.analysis.drains.network import drain_network, swmm_input
from app.schema import layer_named
from app.schema.analysis import Inputs, NoParams, no_progress


def layer(name, rows):
    columns = [*layer_named(name).column_names, "geometry"]
    return gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs="EPSG:4544")


def pipe(pipe_id, start, end, first_m, last_m, **more):
    return {
        "pipe_id": pipe_id, "start_node": start, "end_node": end, "start_invert_m": first_m,
        "end_invert_m": last_m, "pipe_class": "PS", "subclass": "YS", "status": "existing",
        "nominal_mm": 400, "flow_direction": "forward",
        "geometry": LineString([(0, 0), (50, 0)]), **more,
    }  # fmt: skip


def node(node_id, invert_m, kind="manhole", ground_m=12.0):
    return {"pipe_node_id": node_id, "invert_m": invert_m, "ground_m": ground_m, "kind": kind, "geometry": Point(0, 0)}  # fmt: skip


NODES = [node("A", 10.0), node("B", 9.8), node("C", 9.6, "outfall"), node("D", 9.0), node("E", 8.9)]
SOUND = [pipe("1", "A", "B", 10.0, 9.8), pipe("2", "C", "B", 9.6, 9.8, flow_direction="backward")]


def findings(pipes, nodes=NODES):
    inputs = Inputs({"pipe": layer("pipe", pipes), "pipe_node": layer("pipe_node", nodes)})
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


RUN = "import sys; from swmm.toolkit import solver; f = sys.argv[1]; solver.swmm_run(f, f + '.rpt', f + '.out')"


def test_the_engine_runs_the_model_and_its_continuity_closes(tmp_path):
    network = drain_network(layer("pipe", [*SOUND, pipe("3", "D", "E", 9.0, 8.9)]), layer("pipe_node", NODES))  # fmt: skip
    text = swmm_input(network, hours=1.0, routing_s=5.0, roughness_n=0.013)
    assert ";; no outfall known: E drains freely" in text
    inflows = '[INFLOWS]\nA FLOW "" FLOW 1.0 1.0 0.05\nD FLOW "" FLOW 1.0 1.0 0.02\n'
    model = tmp_path / "model.inp"
    model.write_text(text + "\n" + inflows, encoding="ascii")
    # The engine has globals: it runs in a process of its own.
    subprocess.run([sys.executable, "-c", RUN, str(model)], capture_output=True, check=True)
    report = (tmp_path / "model.inp.rpt").read_text(encoding="utf-8")
    assert "ERROR" not in report
    errors = [
        float(line.split()[-1]) for line in report.splitlines() if "Continuity Error (" in line
    ]
    assert errors
    assert np.abs(errors).max() < 1.0
    assert float(report.split("External Outflow")[1].split()[1]) == pytest.approx(0.025, abs=0.002)  # fmt: skip
