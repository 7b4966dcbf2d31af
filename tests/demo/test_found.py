"""The analyses find what was planted, by themselves, and little else."""

from __future__ import annotations

import re
import shutil

import pytest

from app.schema import Actor
from app.services.runs import run_analysis
from app.store import PlanStore
from tests.demo.towns import demo_town

VERDICT_FIRST = {
    "year_unknown": "unknown", "mixed_ages": "outside_priority", "last_year_in": "pass",
    "first_year_out": "outside_priority", "past_programme_by_place": "fail",
    "past_programme_by_name": "fail", "past_local_money_is_no_bar": "pass",
    "expropriation_overlap": "fail", "cancelled_expropriation_is_no_bar": "pass",
    "rebuild_overlap": "fail",
}  # fmt: skip


@pytest.fixture(scope="module")
def plan(demo_small_plan, tmp_path_factory):
    """A copy of the small plan on which the analyses ran."""
    folder = tmp_path_factory.mktemp("found") / "plan"
    shutil.copytree(demo_small_plan, folder)
    with PlanStore.open(folder) as store:
        for name in ("eligibility", "conflicts", "corridors"):
            run_analysis(store, name, {}, Actor("test"))
        yield store


def test_eligibility_gives_every_planted_verdict(plan):
    found = plan.read_result("eligibility")
    overall = found[found["rule_id"] == "overall"].set_index("target_id")["verdict"]
    facts = [fact for fact in demo_town(small=True).facts if fact.kind in VERDICT_FIRST]
    assert len(facts) == 11
    for fact in facts:
        assert overall[fact.row_id] == VERDICT_FIRST[fact.kind], fact


def conflicts_of(plan):
    found = plan.read_result("conflict")
    return found[found["verdict"] == "conflict"]


def test_conflicts_find_every_planted_gap_with_its_numbers(plan):
    found = conflicts_of(plan)
    facts = [
        fact for fact in demo_town(small=True).facts
        if fact.kind.startswith("clearance_") or fact.kind == "cover"
    ]  # fmt: skip
    assert len(facts) == 16
    for fact in facts:
        gap, required = (
            float(value) for value in re.findall(r"(?:gap|required) ([\d.]+) m", fact.expected)
        )
        own = found[(found["a_id"] == fact.row_id) | (found["b_id"] == fact.row_id)]
        assert len(own) == 1, fact
        assert own.iloc[0]["gap_m"] == pytest.approx(gap, abs=0.005)
        assert own.iloc[0]["required_m"] == required


def test_conflicts_find_nothing_that_was_not_planted(plan):
    """Pipes delivered twice lie on the originals and on their neighbours of the same run."""
    facts = demo_town(small=True).facts
    planted = {fact.row_id for fact in facts}
    twice = {
        fact.expected.split()[3].rstrip(",") for fact in facts if fact.kind == "delivered_twice"
    }
    found = conflicts_of(plan)
    found = found[found["b_layer"] != "work"]
    others = found[~found["a_id"].isin(planted | twice) & ~found["b_id"].isin(planted | twice)]
    assert others[["a_id", "b_id", "check", "rule_id"]].to_numpy().tolist() == []


def test_digs_in_the_strip_of_a_gas_pipe_are_those_that_shapely_finds(plan):
    pipes, works = plan.read("pipe"), plan.read("work")
    gas = pipes[(pipes["pipe_class"] == "RQ") & (pipes["status"] == "existing")]
    works = works[works["kind"] == "dig"]
    expected = {
        (pipe.pipe_id, work.work_id)
        for pipe in gas.itertuples() for work in works.itertuples()
        if pipe.owner_id != work.organisation_id
        and pipe.geometry.distance(work.geometry)
        - pipe.outside_mm / 2000 - work.trench_width_m / 2 < 0.5
    }  # fmt: skip
    found = conflicts_of(plan)
    found = found[found["b_layer"] == "work"]
    assert set(zip(found["a_id"], found["b_id"], strict=True)) == expected
    assert expected


def test_pipes_delivered_twice_are_told_as_probable_duplicates(plan):
    found = plan.read_result("conflict")
    pairs = found.loc[found["check"] == "duplicate", ["a_id", "b_id"]].to_numpy().tolist()
    facts = [fact for fact in demo_town(small=True).facts if fact.kind == "delivered_twice"]
    expected = [sorted([fact.row_id, fact.expected.split()[3].rstrip(",")]) for fact in facts]
    assert sorted(pairs) == sorted(expected)
    assert len(pairs) == 3


def test_digs_side_by_side_are_one_package_and_those_years_apart_are_none(plan):
    packages = [set(members) for members in plan.read_result("corridor")["member_ids"]]
    town = demo_town(small=True)
    joint = [fact for fact in town.facts if fact.kind == "dig_once"]
    [apart] = [fact for fact in town.facts if fact.kind == "dig_not_joint"]
    assert len(joint) == 2
    for fact in joint:
        other = fact.expected.split()[2].rstrip(":")
        assert {f"work:{fact.row_id}", f"work:{other}"} in packages
    assert not any(f"work:{apart.row_id}" in members for members in packages)


@pytest.fixture(scope="module")
def judged(demo_small_plan, tmp_path_factory):
    """A copy of the small plan whose scope, consent and checks were judged."""
    folder = tmp_path_factory.mktemp("judged") / "plan"
    shutil.copytree(demo_small_plan, folder)
    with PlanStore.open(folder) as store:
        for name in ("eligibility", "scope", "consent", "checks"):
            settings = {"as_of": "2024-06-30"} if name == "checks" else {}
            run_analysis(store, name, settings, Actor("test"))
        yield store


CHECKED = {
    "double_subsidy": "double_subsidy", "late_phase": "due", "opinion_missing": "utility_opinions",
    "hazard_open_into_works": "site_cleared",
}  # fmt: skip


def test_checks_find_every_planted_record_of_money_and_phases(judged):
    found = judged.read_result("finding")
    failing = set(zip(found["check_id"], found["target_id"], strict=True))
    facts = [fact for fact in demo_town(small=True).facts if fact.kind in CHECKED]
    assert {fact.kind for fact in facts} == set(CHECKED)
    for fact in facts:
        assert (CHECKED[fact.kind], fact.row_id) in failing, fact
    [over] = [fact for fact in demo_town(small=True).facts if fact.kind == "paid_above_certified"]
    community = judged.row("payment", over.row_id)["community_id"]
    assert ("payments", community) in failing


def test_consent_counts_the_planted_building_as_its_rows_say(judged):
    [fact] = [fact for fact in demo_town(small=True).facts if fact.kind == "votes_short"]
    agreed, whole = (int(n) for n in re.findall(r"(\d+) of (\d+)", fact.expected)[0])
    tally = judged.read_result("consent_tally")
    own = tally[(tally["body_layer"] == "building") & (tally["body_id"] == fact.row_id)]
    assert len(own) >= 1
    assert set(own["agreed"]) == {agreed}
    assert set(own["households"]) == {whole}


def test_every_item_is_judged_for_every_community_of_the_programme(judged):
    rows = judged.read_result("scope_row")
    members = judged.read("programme_member")
    inside = set(members[members["target_layer"] == "community"]["target_id"])
    by_item = (
        rows[rows["target_layer"] == "community"].groupby("work_item_id")["target_id"].agg(set)
    )
    assert rows["work_item_id"].nunique() == 45
    assert all(inside <= held for held in by_item)
    assert rows["reason"].str.len().min() > 0
