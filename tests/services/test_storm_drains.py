"""The load of the drains as the page asks for it: rows, the worst, and the profile of a line."""

import shutil

import pytest

from app.schema import Actor
from app.services.runs import run_analysis
from app.store import PlanStore
from tests.demo.towns import demo_town


@pytest.fixture(scope="module")
def client(demo_small_plan, tmp_path_factory):
    folder = tmp_path_factory.mktemp("drains") / "demo"
    shutil.copytree(demo_small_plan, folder)
    with PlanStore.open(folder) as plan:
        run_analysis(plan, "drainage", {"cell_m": 4}, Actor("test"))
    return folder


def test_rows_the_worst_and_the_profile_name_the_narrow_drain(client):
    from app.services.plans import open_plan
    from app.services.storm_drains import drain_profile, drains_told

    [fact] = [fact for fact in demo_town(small=True).facts if fact.kind == "narrow_drain"]
    plan = open_plan(client)
    told = drains_told(plan, "en")
    assert "SWMM continuity error" in told["run"]["notes"][0]
    assert told["worst"][0]["id"] == fact.row_id
    assert {row["verdict"] for row in told["rows"]} >= {"bottleneck", "free", "unknown"}
    profile = drain_profile(plan, fact.row_id)
    own = next(piece for piece in profile["pipes"] if piece["chosen"])
    before = profile["pipes"][profile["pipes"].index(own) - 1]
    assert own["height_m"] < before["height_m"]
    # The grade line falls over the narrow pipe, and ends at the outfall's ground.
    fall = own["upper_m"] - own["lower_m"]
    assert own["upper_level_m"] - own["lower_level_m"] > fall
    assert profile["pipes"][-1]["to_m"] == pytest.approx(profile["length_m"], abs=0.1)


def test_a_storm_that_was_not_coupled_has_no_drains_to_show_and_evidence_is_told_in_words(client):
    from app.errors import UsageError
    from app.services.plans import open_plan
    from app.services.storm_drains import drain_facts, drains_told

    [fact] = [fact for fact in demo_town(small=True).facts if fact.kind == "narrow_drain"]
    plan = open_plan(client)
    told = drains_told(plan, "en", "storm")
    assert (told["has"], told["run"], told["rows"]) == (["drainage"], None, [])
    facts = drain_facts(plan, "drainage", "pipe", fact.row_id, "zh")
    assert any("400" in one for one in facts)
    with pytest.raises(UsageError, match="no result of drains"):
        drains_told(plan, "en", "rain")


def test_the_pipes_chosen_from_the_comparison_stand_wider_in_a_new_scenario_with_their_cost(client):
    from app.errors import UsageError
    from app.services.plans import open_plan
    from app.services.storm_upsizing import to_scenario, upsizing_told

    [fact] = [fact for fact in demo_town(small=True).facts if fact.kind == "narrow_drain"]
    plan = open_plan(client)
    assert upsizing_told(plan, "zh")["run"] is None
    settings = {"worst": 1, "cell_m": 4, "return_period_a": 3, "singly": False}
    run_analysis(plan.store, "upsizing", settings, Actor("test"))
    told = upsizing_told(plan, "zh")
    [row] = told["rows"]
    assert (row["id"], row["from_mm"], row["verdict_label"]) == (fact.row_id, 400, "未逐一计算")
    assert told["together"]["cost_fen"] == row["cost_fen"] > 0
    made = to_scenario(plan, [fact.row_id], "扩径", Actor("test"))
    inside = plan.through(made["id"])
    assert inside.row("pipe", fact.row_id)["nominal_mm"] == row["to_mm"] > 400
    [measure] = inside.frame("storm_measure").to_dict("records")
    assert (measure["kind"], measure["cost_fen"]) == ("bigger_pipe", row["cost_fen"])
    assert plan.row("pipe", fact.row_id)["nominal_mm"] == 400
    with pytest.raises(UsageError, match="no pipe that can be made wider"):
        to_scenario(plan, ["nothing"], "别的", Actor("test"))
