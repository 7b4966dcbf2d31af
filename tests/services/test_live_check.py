"""The check of a drafted alignment answers what a full run would."""

import shutil

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.affinity import translate

from app.analysis.conflicts.find import find_conflicts
from app.analysis.conflicts.params import ConflictParams
from app.errors import InvalidDataError, UsageError
from app.schema import Actor
from app.schema.analysis import Inputs
from app.services.live_check import Resident, check_draft, live_check, resident_of
from app.services.plans import open_plan
from app.services.runs import rule_book
from app.store import Edit
from tests.analysis.streets import RULES, layer, pipe, street

DROPPED = ["geometry", "x", "y"]  # compared apart: degrees and back move a point by micrometres


@pytest.fixture(scope="module")
def plan(demo_small_plan):
    opened = open_plan(demo_small_plan)
    yield opened
    opened.store.close()


def drawn(plan, line):
    """GeoJSON of a line of the plan, in degrees."""
    shape = gpd.GeoSeries([line], crs=plan.store.meta.crs).to_crs("EPSG:4326").iloc[0]
    return {"type": "LineString", "coordinates": [list(point) for point in shape.coords]}


def full_run(plan, draft_id, line, **stated):
    """Rows about the draft of a run over the whole plan with the draft in it."""
    layers = (
        "pipe",
        "pipe_node",
        "building",
        "tree",
        "pole",
        "road",
        "work",
        "community",
        "dataset",
    )
    frames = {name: plan.frame(name) for name in layers}
    pipes = frames["pipe"]
    row = pipes[pipes["pipe_id"] == draft_id].copy()
    if not len(row):
        row = pipes.iloc[:1].copy()
        row[[c for c in row.columns if c != "geometry"]] = None
        row["pipe_id"] = draft_id
    row = row.assign(**stated)
    row["geometry"] = [line]
    frames["pipe"] = pd.concat([pipes[pipes["pipe_id"] != draft_id], row], ignore_index=True)
    inputs = Inputs(frames, {"clearance": rule_book(plan.store).clearance})
    rows = find_conflicts(inputs, ConflictParams()).layers["conflict"]
    return rows[(rows["a_id"] == draft_id) | (rows["b_id"] == draft_id)]


def compared(rows):
    frame = pd.DataFrame(rows).sort_values("conflict_id", ignore_index=True)
    return frame.drop(columns=[c for c in DROPPED if c in frame.columns])


@pytest.mark.parametrize("seed", range(4))
def test_a_moved_pipe_has_the_rows_of_the_full_run(plan, seed):
    rng = np.random.default_rng(seed)
    pipes = plan.frame("pipe")
    buried = pipes[(pipes["status"] == "existing") & (pipes["laying"] != "overhead")]
    row = buried.iloc[int(rng.integers(len(buried)))]
    moved = translate(row.geometry, *rng.uniform(-2, 2, 2))
    live = live_check(plan, {"geometry": drawn(plan, moved), "replaces": row.pipe_id})
    expected = full_run(plan, row.pipe_id, moved)
    assert len(expected)
    assert [r["conflict_id"] for r in live["rows"]] == sorted(expected["conflict_id"])
    got = compared(live["rows"])
    for column in ("verdict", "reason", "missing", "rule_id", "severity", "yields", "b_owner_id"):
        assert got[column].fillna("").tolist() == compared(expected)[column].fillna("").tolist()
    for column in ("gap_m", "required_m", "deficit_m", "length_short_m"):
        a, b = (pd.to_numeric(f[column]).to_numpy(float) for f in (got, compared(expected)))
        assert a == pytest.approx(b, abs=0.011, nan_ok=True)


def test_a_new_alignment_along_a_street_has_the_rows_of_the_full_run(plan):
    west, south, east, north = plan.frame("road").total_bounds
    middle = (south + north) / 2 + 0.37
    line = shapely.LineString([(west + 3.3, middle), (east - 4.7, middle + 9)])
    stated = {"pipe_class": "RQ", "laying": "direct", "outside_mm": 110.0, "nominal_mm": 110,
              "pressure_mpa": 0.2, "depth_ref": "crown", "start_depth_m": 1.0, "end_depth_m": 1.2}  # fmt: skip
    live = live_check(plan, {"geometry": drawn(plan, line), "attributes": stated})
    expected = full_run(plan, "DRAFT", line, status="planned", quality="design", **stated)
    assert len(expected) > 20
    assert sorted(r["conflict_id"] for r in live["rows"]) == sorted(expected["conflict_id"])
    assert live["counts"]["conflict"] == (expected["verdict"] == "conflict").sum()


def test_nothing_is_stored_and_a_draft_far_away_is_short_only_of_what_it_says_itself(plan):
    before = plan.store.counts()
    west, south, *_ = plan.frame("road").total_bounds
    line = shapely.LineString([(west - 900, south - 900), (west - 850, south - 900)])
    live = live_check(plan, {"geometry": drawn(plan, line), "attributes": {"pipe_class": "JS"}})
    assert {row["check"] for row in live["rows"]} == {"cover"}
    assert live["pipes_near"] == 0
    assert plan.store.counts() == before


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({}, UsageError),
        ({"geometry": {"type": "Point", "coordinates": [1, 2]}}, UsageError),
        ({"geometry": {"type": "LineString", "coordinates": [[1, 2], [1, 2]]}}, UsageError),
        ({"geometry": {"type": "LineString", "coordinates": [[1, 2], ["x", 2]]}}, UsageError),
        ({"attributes": {"colour": "red"}}, UsageError),
        ({"attributes": {"pipe_id": "JS-00001"}}, UsageError),
        ({"attributes": {"pipe_class": "??"}}, InvalidDataError),
        ({"attributes": {"outside_mm": 300_000}}, InvalidDataError),
    ],
)
def test_drafts_that_cannot_be_judged_are_refused_with_the_field(plan, body, fault):
    west, south, *_ = plan.frame("road").total_bounds
    line = shapely.LineString([(west, south), (west + 50, south)])
    whole = body if "geometry" in body or not body else {"geometry": drawn(plan, line), **body}
    with pytest.raises(fault):
        live_check(plan, whole)


def crowded_town():
    """Pipes of two owners in three streets with houses, trees, poles, a community and digs."""
    rng = np.random.default_rng(5)
    pipes = []
    for k, (name, y) in enumerate([(c, 1.3 * i) for i, c in enumerate(("JS", "RQ", "DL"))] * 3):
        for piece in range(10):
            line = [(25 * piece, 40 * (k // 3) + y), (25 * piece + 25, 40 * (k // 3) + y)]
            pipes.append(pipe(
                f"{name}{k}-{piece}", name, line, owner_id=f"O{k % 2}", start_node=f"N{k}-{piece}",
                end_node=f"N{k}-{piece + 1}", quality=str(rng.choice(["design", "hidden_point"])),
                status=str(rng.choice(["existing", "existing", "abandoned"])),
            ))  # fmt: skip
    houses = [
        {"building_id": f"B{k}", "geometry": shapely.box(30 * k, 8, 30 * k + 18, 20)}
        for k in range(8)
    ]
    trees = [
        {"tree_id": f"T{k}", "kind": "arbor", "geometry": shapely.Point(6 * k, 1.0 + 20 * (k % 5))}
        for k in range(40)
    ]
    poles = [{"pole_id": "L1", "kind": "lighting", "geometry": shapely.Point(60, 4.2)}]
    area = {"community_id": "C1", "township_id": "X1", "geometry": shapely.box(-5, -5, 130, 60)}
    digs = [{"work_id": "W1", "kind": "dig", "state": "planned", "organisation_id": "O9",
             "trench_width_m": 1.0, "geometry": shapely.LineString([(10, 6), (90, 6)])}]  # fmt: skip
    roads = [
        {"road_id": f"R{k}", "place": "carriageway",
         "geometry": shapely.box(0, 40 * k - 2, 250, 40 * k + 3)} for k in range(3)
    ]  # fmt: skip
    return pipes, {"building": houses, "tree": trees, "pole": poles, "community": [area],
                   "work": digs, "road": roads}  # fmt: skip


def test_drafts_dragged_through_a_town_that_is_kept_ready_have_the_rows_of_full_runs():
    pipes, others = crowded_town()
    resident = Resident(dict(street(*pipes, **others).frames), RULES, 0.2)
    rng = np.random.default_rng(8)
    told = set()
    for k in range(8):
        steps = np.linspace(0, 90, 5)
        x, y, slope = rng.uniform(0, 140), rng.uniform(-1, 80), rng.choice([0.0, 0.1, 1.0])
        line = np.column_stack([x + steps, y + slope * steps + rng.uniform(-1, 1, 5)])
        name = "RQ1-3" if k % 2 else "DRAFT"
        draft = pipe(
            name,
            "RQ",
            line,
            owner_id="O1",
            width_mm=None,
            start_depth_m=0.4,
            status=str(rng.choice(["planned", "existing"])),
        )
        kept = [row for row in pipes if row["pipe_id"] != name]
        live, _ = check_draft(resident, layer("pipe", [draft]), ConflictParams())
        rows = find_conflicts(street(*kept, draft, **others), ConflictParams()).layers["conflict"]
        own = rows[(rows["a_id"] == name) | (rows["b_id"] == name)].reset_index(drop=True)
        pd.testing.assert_frame_equal(
            live.drop(columns="geometry"), own.drop(columns="geometry"), check_dtype=False
        )
        told |= set(zip(own["check"], own["b_layer"], strict=True))
    assert told >= {("horizontal", "pipe"), ("horizontal", "building"), ("horizontal", "tree"),
                    ("vertical", "pipe"), ("cover", "")}  # fmt: skip


def test_a_tree_planted_leaves_the_kept_facts_of_the_pipes_and_a_pipe_changed_makes_them_anew(
    demo_small_plan, tmp_path
):
    opened = open_plan(shutil.copytree(demo_small_plan, tmp_path / "plan"))
    before = resident_of(opened).scene
    assert resident_of(opened).scene is before
    tree = opened.frame("tree").iloc[0]
    apply(opened, "tree", tree["tree_id"], tree["version"], {"kind": "shrub"})
    planted = resident_of(opened).scene
    assert planted.pipes is before.pipes
    assert planted.around is not before.around
    row = opened.frame("pipe").iloc[0]
    apply(opened, "pipe", row["pipe_id"], row["version"], {"outside_mm": 777.0})
    changed = resident_of(opened).scene
    assert changed.pipes is not planted.pipes
    assert changed.pipes.radius_m[changed.pipes.ids == row["pipe_id"]].tolist() == [0.3885]
    opened.store.close()


def apply(plan, name, row_id, version, values):
    edit = Edit(name, "update", row_id, values, expected_version=int(version))
    plan.store.apply([edit], Actor("王工", "利通区住建局"))


@pytest.mark.parametrize("seed", range(6))
def test_a_draft_at_the_edge_of_a_long_road_has_the_kerb_rows_of_the_full_run(seed):
    """Roads that join the long one beyond reach decide where its kerb is cut."""
    rng = np.random.default_rng(seed)
    roads = [
        {"road_id": "R1", "place": "carriageway", "geometry": shapely.box(0, 0, 400, 4)},
        {"road_id": "R2", "place": "carriageway", "geometry": shapely.box(400.03, -50, 406, 60)},
        {"road_id": "R3", "place": "carriageway", "geometry": shapely.box(-6, -50, 0, 60)},
        {"road_id": "R4", "place": "carriageway", "geometry": shapely.box(150, 4, 156, 60)},
    ]
    others = [
        pipe(f"W{k}", "JS", [(k * 40, -1.2), (k * 40 + 39, -1.2)], width_mm=None) for k in range(9)
    ]
    for _ in range(6):
        x, y, turn = rng.uniform(20, 250), rng.uniform(-2, 5), rng.choice([0.0, 0.05, 0.7])
        steps = np.linspace(0, 80, 4)
        line = np.column_stack([x + steps, y + turn * steps + rng.uniform(-1, 1, 4)])
        draft = pipe("DRAFT", "RQ", line, status="planned", width_mm=None)
        frames = dict(street(*others, road=roads).frames)
        resident = Resident(frames, RULES, 0.2)
        live, _ = check_draft(resident, layer("pipe", [draft]), ConflictParams())
        outcome = find_conflicts(street(*others, draft, road=roads), ConflictParams())
        rows = outcome.layers["conflict"]
        own = rows[(rows["a_id"] == "DRAFT") | (rows["b_id"] == "DRAFT")].reset_index(drop=True)
        told, expected = (f.drop(columns="geometry") for f in (live, own))
        pd.testing.assert_frame_equal(told, expected, check_dtype=False)
