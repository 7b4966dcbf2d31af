"""Runs keep what they were made of, answer the same question once, and go stale by themselves."""

import geopandas as gpd
import pytest
import shapely

from app.analysis import analyses
from app.errors import UsageError
from app.schema import Actor
from app.services.runs import code_version, run_analysis
from app.services.staleness import result_states, stale_reasons
from app.store import Edit, ImportBatch, PlanMeta, PlanStore

PLANNER = Actor("李工", "住建局")
ENGINEER = Actor("王工", "供水公司", "utility")
CRS = "EPSG:4544"


def pipe_rows():
    return gpd.GeoDataFrame(
        {
            "pipe_id": ["S1", "W1"],
            "pipe_class": ["PS", "JS"],
            "owner_id": ["O1", "O2"],
            "status": ["existing"] * 2,
            "laying": ["direct"] * 2,
            "outside_mm": [100.0] * 2,
            "nominal_mm": [100] * 2,
            "depth_ref": ["crown"] * 2,
            "start_depth_m": [1.5] * 2,
            "end_depth_m": [1.5] * 2,
            "quality": ["design"] * 2,
        },
        geometry=[
            shapely.LineString([(0, 0), (50, 0)]),
            shapely.LineString([(0, 0.6), (50, 0.6)]),
        ],
        crs=CRS,
    )


@pytest.fixture
def plan(tmp_path):
    store = PlanStore.create(tmp_path / "plan", PlanMeta("p1", "测试", CRS))
    batch = ImportBatch(file_name="pipes.gpkg")
    store.load({"pipe": pipe_rows()}, batch=batch, actor=PLANNER)
    yield store
    store.close()


def change_pipe(plan, **values):
    version = plan.row("pipe", "W1")["version"]
    return plan.apply([Edit("pipe", "update", "W1", values, version)], ENGINEER)


def state_of(plan, name="conflicts"):
    return next(state for state in result_states(plan) if state.analysis == name)


def test_a_run_records_inputs_rules_code_and_counts(plan):
    record = run_analysis(plan, "conflicts", {}, PLANNER).record
    assert record.counts["conflict"] == 1
    assert record.inputs["pipe"]["content_hash"] == plan.content_hash("pipe")
    assert "GB 50289-2016" in record.rules["clearance"]
    assert record.code_version
    assert record.run_by == PLANNER.stamp
    assert len(plan.read_result("conflict")) == 1


def test_the_same_question_finds_the_stored_answer(plan):
    first = run_analysis(plan, "conflicts", {}, PLANNER)
    again = run_analysis(plan, "conflicts", {}, ENGINEER)
    other = run_analysis(plan, "conflicts", {"binding": "gb50289"}, PLANNER)
    assert (first.was_stored, again.was_stored, other.was_stored) == (False, True, False)
    assert again.record.run_id == first.record.run_id
    back = run_analysis(plan, "conflicts", {}, PLANNER)
    assert back.record.run_id == first.record.run_id
    assert plan.current_run("conflicts").run_id == first.record.run_id


def test_a_result_goes_stale_with_the_layer_and_who_changed_it(plan):
    assert state_of(plan).state == "never_run"
    run_analysis(plan, "conflicts", {}, PLANNER)
    assert state_of(plan).state == "current"
    change_pipe(plan, outside_mm=110.0)
    stale = state_of(plan)
    assert stale.state == "stale"
    assert "管线" in stale.reasons[0].zh
    assert "王工" in stale.reasons[0].zh


def test_taking_the_change_back_makes_the_result_current_again(plan):
    run_analysis(plan, "conflicts", {}, PLANNER)
    [applied] = change_pipe(plan, outside_mm=110.0)
    plan.undo([applied.change_id], ENGINEER)
    assert state_of(plan).state == "current"


def test_a_change_of_a_layer_that_is_no_input_leaves_the_result_current(plan):
    record = run_analysis(plan, "conflicts", {}, PLANNER).record
    plan.apply([Edit("organisation", "create", "O1", {"name": "供水公司"}, None)], PLANNER)
    assert stale_reasons(plan, record) == []


def test_an_overridden_figure_makes_the_result_stale_and_the_rerun_uses_it(plan):
    run_analysis(plan, "conflicts", {}, PLANNER)
    change = {
        "table": "clearance_horizontal", "rule_id": "H016", "column": "min_m", "value": "0.4",
        "reason": "套管保护",
    }  # fmt: skip
    plan.apply([Edit("rule_override", "create", "X1", change, None)], PLANNER)
    assert state_of(plan).state == "stale"
    assert "净距" in state_of(plan).reasons[0].zh
    assert "H016" in state_of(plan).reasons[0].zh
    assert run_analysis(plan, "conflicts", {}, PLANNER).record.counts["conflict"] == 0


def test_a_scenario_has_results_of_its_own(plan):
    run_analysis(plan, "conflicts", {}, PLANNER)
    scenario = plan.create_scenario("移开给水管", PLANNER)
    version = plan.row("pipe", "W1")["version"]
    moved = {"geometry": shapely.LineString([(0, 5), (50, 5)])}
    plan.apply([Edit("pipe", "update", "W1", moved, version)], ENGINEER, scenario=scenario)
    answer = run_analysis(plan, "conflicts", {}, PLANNER, scenario=scenario)
    assert answer.record.counts["conflict"] == 0
    assert state_of(plan).state == "current"
    assert state_of(plan).record.counts["conflict"] == 1


def test_the_open_form_of_a_protected_result_tells_no_place_and_no_pipe(plan):
    run_analysis(plan, "conflicts", {}, PLANNER)
    [row] = plan.read_result("conflict", protected=False).to_dict("records")
    assert row["verdict"] == "conflict"
    assert row["geometry"] is None
    assert "S1" not in str(row)


def test_a_wrong_setting_is_refused_before_anything_is_read(plan):
    with pytest.raises(UsageError):
        run_analysis(plan, "conflicts", {"binding": "moon"}, PLANNER)
    assert plan.runs() == []


def test_each_analysis_answers_for_its_own_code():
    versions = {name: code_version(name) for name in analyses()}
    assert len(set(versions.values())) == len(versions)
    assert code_version("conflicts") == code_version("conflicts")
