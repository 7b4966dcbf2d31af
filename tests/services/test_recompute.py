"""A result brought up to date around the changes equals a run of everything."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from app.analysis import analysis_named
from app.schema import Actor
from app.schema.analysis import no_progress, parse_params
from app.services import runs
from app.store import Edit, ImportBatch, PlanMeta, PlanStore
from tests.analysis.streets import CRS
from tests.analysis.test_conflicts_oracle import random_network

ACTOR = Actor("王工", "供水公司", "utility")


@pytest.fixture
def plan(tmp_path):
    rows = random_network(21, n=80)
    shapes = [row.pop("geometry") for row in rows]
    pipes = gpd.GeoDataFrame(pd.DataFrame(rows), geometry=shapes, crs=CRS)
    for column, values in (("start_node", "A"), ("end_node", "B")):
        pipes[column] = [f"{values}{k}" for k in range(len(pipes))]
    road = gpd.GeoDataFrame(
        {"road_id": ["R1"], "place": ["carriageway"]},
        geometry=[shapely.box(30, 30, 60, 60)],
        crs=CRS,
    )
    store = PlanStore.create(tmp_path / "plan", PlanMeta("p1", "测试", CRS))
    store.load({"pipe": pipes, "road": road}, batch=ImportBatch(file_name="x"), actor=ACTOR)
    yield store
    store.close()


def edit_somewhere(plan, rng):
    """One edit of a pipe or the road, of any kind."""
    names = sorted(plan.read("pipe", columns=["pipe_id"])["pipe_id"])
    name = str(rng.choice(names))
    version = plan.row("pipe", name)["version"]
    kind = rng.choice(["move", "depth", "size", "delete", "create", "join", "road"])
    if kind == "road":
        shape = shapely.box(*(rng.uniform(0, 50, 2)), *(rng.uniform(60, 110, 2)))
        wish = Edit("road", "update", "R1", {"geometry": shape}, plan.row("road", "R1")["version"])
    elif kind == "delete":
        wish = Edit("pipe", "delete", name, {}, version)
    elif kind == "create":
        row = {k: v for k, v in plan.row("pipe", name).items() if k not in ("pipe_id", "version")}
        row["geometry"] = shapely.transform(row["geometry"], lambda xy: xy + rng.uniform(-9, 9, 2))
        wish = Edit("pipe", "create", f"N{rng.integers(1e9)}", row, None)
    else:
        other = plan.row("pipe", str(rng.choice(names)))
        values = {
            "move": {"geometry": shapely.transform(
                plan.row("pipe", name)["geometry"], lambda xy: xy + rng.uniform(-6, 6, 2))},
            "depth": {"start_depth_m": float(rng.uniform(0.5, 3))},
            "size": {"outside_mm": None if rng.random() < 0.3 else float(rng.uniform(50, 900))},
            "join": {
                "start_node": other["end_node"], "pipe_class": other["pipe_class"],
                "owner_id": other["owner_id"],
            },
        }[str(kind)]  # fmt: skip
        wish = Edit("pipe", "update", name, values, version)
    plan.apply([wish], ACTOR)


def shown(frame):
    columns = ["conflict_id", "verdict", "gap_m", "required_m", "missing", "severity", "yields"]
    rows = pd.DataFrame(frame)[columns].sort_values("conflict_id", ignore_index=True)
    return rows.astype(object).where(rows.notna(), "").to_dict("records")


@pytest.mark.parametrize("seed", range(3))
def test_any_edits_give_the_rows_and_counts_of_a_whole_run(plan, seed):
    rng = np.random.default_rng(seed)
    analysis = analysis_named("conflicts")
    params = parse_params(analysis.params, {})
    runs.run_analysis(plan, "conflicts", {}, ACTOR)
    for _ in range(4):
        for _ in range(rng.integers(1, 4)):
            edit_somewhere(plan, rng)
        record = runs.run_analysis(plan, "conflicts", {}, ACTOR).record
        whole = analysis.run(runs.gather(plan, analysis), params, no_progress)
        assert shown(plan.read_result("conflict")) == shown(whole.layers["conflict"])
        assert record.counts == dict(whole.counts)
        pits = plan.read_result("trial_pit")
        assert sorted(pits["trial_pit_id"]) == sorted(whole.layers["trial_pit"]["trial_pit_id"])


def test_a_run_says_that_only_the_neighbourhood_was_computed(plan):
    whole = runs.run_analysis(plan, "conflicts", {}, ACTOR).record
    version = plan.row("pipe", "P000")["version"]
    plan.apply([Edit("pipe", "update", "P000", {"start_depth_m": 2.0}, version)], ACTOR)
    updated = runs.run_analysis(plan, "conflicts", {}, ACTOR).record
    assert whole.notes == []
    assert "around the changes" in updated.notes[0]["en"]


def test_an_import_is_too_much_to_follow_row_by_row(plan):
    runs.run_analysis(plan, "conflicts", {}, ACTOR)
    tree = gpd.GeoDataFrame(
        {"tree_id": ["A1"], "kind": ["arbor"]}, geometry=[shapely.Point(50, 50)], crs=CRS
    )
    plan.load({"tree": tree}, batch=ImportBatch(file_name="trees"), actor=ACTOR)
    analysis = analysis_named("conflicts")
    record = runs.run_analysis(plan, "conflicts", {}, ACTOR).record
    whole = analysis.run(
        runs.gather(plan, analysis), parse_params(analysis.params, {}), no_progress
    )
    assert record.counts == dict(whole.counts)
