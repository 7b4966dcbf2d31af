"""Cuts through the ground: what they meet, where, how deep, and what must be kept."""

import numpy as np
import pytest
import shapely
from shapely.affinity import rotate
from shapely.geometry import LineString, Point

from app.analysis.conflicts.find import find_conflicts
from app.analysis.conflicts.ground import bilinear, ground_of
from app.analysis.conflicts.params import ConflictParams
from app.analysis.conflicts.profiles import cross_section, long_profile
from app.schema.analysis import Raster
from tests.analysis.streets import RULES, layer, pipe, street

NO_NODES = layer("pipe_node", [])
# 100 m above the datum in the west, a metre higher every 10 m to the east.
SLOPE = Raster(np.tile(np.arange(-20, 40) / 10 + 100.05, (60, 1)).astype(np.float32), -20, 30, 1.0)


def along(pipe_id, *pipes, raster=SLOPE, nodes=NO_NODES):
    return long_profile(
        pipe_id, layer("pipe", pipes), layer("dataset", []), ground_of(raster, nodes), RULES,
        ConflictParams(), False,
    )  # fmt: skip


def across(line, *pipes, raster=SLOPE):
    return cross_section(
        LineString(line), layer("pipe", pipes), layer("dataset", []), ground_of(raster, NO_NODES),
        RULES, ConflictParams(), False,
    )  # fmt: skip


def test_profile_shows_a_crossing_pipe_at_its_place_and_depth_with_the_clearance_it_needs():
    sewer = pipe("S", "PS", [(0, 0), (20, 0)], start_depth_m=2.0, end_depth_m=2.4)
    water = pipe("W", "JS", [(10, -5), (10, 5)], start_depth_m=1.8, end_depth_m=1.8)
    found = along("S", sewer, water)
    [cut] = found.cuts
    assert (cut.pipe_id, cut.at_m, cut.wide_m, cut.high_m) == ("W", 10.0, pytest.approx(0.1), 0.1)
    assert cut.ground_m == pytest.approx(101.0, abs=0.051)
    assert cut.axis_depth_m == pytest.approx(1.85)
    assert cut.axis_m == pytest.approx(cut.ground_m - 1.85)
    # The sewer's axis lies 2.25 m deep there: 0.40 m apart, less two radii of 0.05 m.
    assert cut.gap_m == pytest.approx(0.30)
    assert (cut.required_m, cut.verdict) == (0.4, "conflict")
    assert [way for way, _, _ in found.axis] == [0.0, 20.0]
    assert found.axis[1][2] == pytest.approx(2.45)


def test_profile_agrees_with_the_clearance_run_crossing_by_crossing():
    rng = np.random.default_rng(5)
    pipes = [pipe("P", "PS", [(0, 0), (20, 0), (35, 8)], owner_id="A")]
    for k, kind in enumerate(["JS", "RQ", "TX", "RL", "DL", "JS"]):
        x, depth = 3 + 5 * k + rng.uniform(0, 1), rng.uniform(0.8, 2.2)
        pipes.append(pipe(f"X{k}", kind, [(x, -15), (x + rng.uniform(-2, 2), 15)], owner_id=f"O{k}",
                          start_depth_m=depth, end_depth_m=depth + 0.1))  # fmt: skip
    rows = find_conflicts(street(*pipes), ConflictParams()).layers["conflict"]
    rows = rows[(rows["check"] == "vertical") & (rows["a_id"] == "P")].set_index("b_id")
    cuts = {cut.pipe_id: cut for cut in along("P", *pipes).cuts}
    assert len(cuts) == 6
    short = {name for name, cut in cuts.items() if cut.verdict in ("conflict", "possible")}
    assert short == set(rows.index)
    assert short
    for name in short:
        assert cuts[name].gap_m == pytest.approx(rows.loc[name, "gap_m"], abs=1e-4)
        assert cuts[name].required_m == rows.loc[name, "required_m"]


def test_pipe_without_depth_is_shown_where_it_crosses_with_the_field_that_is_missing():
    [cut] = along(
        "S", pipe("S", "PS", [(0, 0), (20, 0)]),
        pipe("W", "JS", [(10, -5), (10, 5)], start_depth_m=None),
    ).cuts  # fmt: skip
    assert np.isnan(cut.axis_m)
    assert np.isnan(cut.axis_depth_m)
    assert (cut.verdict, cut.missing) == ("unverified", "start_depth_m")


def test_joints_of_one_network_and_pipes_above_the_ground_are_no_crossings():
    found = along(
        "S", pipe("S", "PS", [(0, 0), (20, 0)]), pipe("T", "PS", [(20, 0), (20, 9)]),
        pipe("O", "DL", [(5, -5), (5, 5)], laying="overhead"),
    )  # fmt: skip
    assert found.cuts == ()


def test_skew_cut_is_as_wide_as_the_line_cuts_the_pipe():
    line = rotate(LineString([(10, -5), (10, 5)]), 60, origin=(10, 0))
    [cut] = across(line.coords, pipe("W", "JS", [(0, 0), (20, 0)], outside_mm=400)).cuts
    assert cut.wide_m == pytest.approx(0.4 / np.cos(np.radians(60)))
    assert cut.at_m == pytest.approx(5.0)


def test_section_tells_what_neighbours_must_keep_in_plan():
    found = across(
        [(10, -5), (10, 5)],
        pipe("S", "PS", [(0, 0), (20, 0)]), pipe("W", "JS", [(0, 0.6), (20, 0.6)]),
    )  # fmt: skip
    [pair] = found.neighbours
    assert (pair.a_id, pair.b_id, pair.required_m, pair.rule_id) == ("S", "W", 1.0, "H016")
    assert pair.gap_m == pytest.approx(0.5)
    assert [cut.at_m for cut in found.cuts] == pytest.approx([5.0, 5.6])


def test_drawing_the_section_from_the_other_end_mirrors_it():
    pipes = [pipe(f"W{k}", "JS", [(0, k), (20, k + 0.3)]) for k in range(-3, 4)]
    there, back = across([(10, -5), (10, 5)], *pipes), across([(10, 5), (10, -5)], *pipes)
    assert [c.pipe_id for c in back.cuts] == [c.pipe_id for c in there.cuts][::-1]
    assert [10 - c.at_m for c in back.cuts][::-1] == pytest.approx([c.at_m for c in there.cuts])


def test_section_of_empty_ground_has_no_pipes_and_unknown_heights():
    found = across([(0, 0), (10, 0)], raster=None)
    assert (found.cuts, found.neighbours) == ((), ())
    assert all(np.isnan(height) for _, height in found.ground)


def test_ground_without_terrain_is_that_of_a_manhole_within_thirty_metres():
    nodes = layer("pipe_node", [
        {"pipe_node_id": "N", "ground_m": 105.5, "geometry": Point(0, 0)},
        {"pipe_node_id": "U", "ground_m": None, "geometry": Point(90, 0)},
    ])  # fmt: skip
    ground = ground_of(None, nodes)
    assert ground.source == "pipe_node"
    found = ground.height_m(np.array([5.0, 29.0, 31.0, 90.0]), np.zeros(4))
    assert found.tolist()[:2] == [105.5, 105.5]
    assert np.isnan(found[2:]).all()


def test_ground_between_cell_centres_is_interpolated_and_unknown_beyond_the_grid():
    values = np.array([[1.0, 2.0], [3.0, 4.0]], dtype=np.float32)
    grid = Raster(values, west=0, north=2, cell_m=1.0)
    x, y = np.array([0.5, 1.0, 1.5, 1.6]), np.array([1.5, 1.0, 0.5, 1.0])
    found = bilinear(grid, x, y)
    assert found[:3] == pytest.approx([1.0, 2.5, 4.0])
    assert np.isnan(found[3])


def test_every_pipe_that_shapely_says_the_line_crosses_is_cut_at_the_same_place():
    rng = np.random.default_rng(11)
    line = LineString([(0, 0), (60, 5)])
    pipes = [
        pipe(f"P{k:02d}", "JS", rng.uniform([-5, -20], [65, 20], (3, 2)), owner_id=f"O{k}")
        for k in range(30)
    ]
    expected = sorted(
        (round(line.project(point), 6), row["pipe_id"])
        for row in pipes
        for point in shapely.get_parts(line.intersection(row["geometry"]))
        if not point.is_empty
    )
    got = sorted((round(cut.at_m, 6), cut.pipe_id) for cut in across(line.coords, *pipes).cuts)
    assert len(expected) > 10
    assert [name for _, name in got] == [name for _, name in expected]
    assert [way for way, _ in got] == pytest.approx([way for way, _ in expected], abs=1e-5)
