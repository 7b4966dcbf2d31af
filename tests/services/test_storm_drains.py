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
