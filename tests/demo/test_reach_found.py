"""Reach finds the services that are missing on purpose and the gate worth opening."""

from __future__ import annotations

import pytest

from app.analysis import analysis_named
from app.schema.analysis import Inputs, no_progress
from app.services.runs import gather
from app.store import PlanStore
from tests.demo.towns import demo_town

REACH = analysis_named("reach")


@pytest.fixture(scope="module")
def inputs(demo_small_plan):
    with PlanStore.open(demo_small_plan) as plan:
        return gather(plan, REACH)


def reach_of(inputs):
    return REACH.run(inputs, REACH.params(), no_progress).layers["reach"]


@pytest.fixture(scope="module")
def reach(inputs):
    return reach_of(inputs)


def planted(kind):
    return [fact for fact in demo_town(small=True).facts if fact.kind == kind]


def test_every_missing_service_is_beyond_every_door(reach):
    facts = [(fact.row_id, fact.expected.split()[1]) for fact in planted("service_missing")]
    assert len(facts) == 5
    assert "canteen" in {kind for _, kind in facts}  # judged by presence in its life circle
    for community, kind in facts:
        own = reach[(reach["community_id"] == community) & (reach["kind"] == kind)]
        assert len(own)
        assert set(own["verdict"]) == {"beyond"}


def test_opening_the_planted_gate_brings_the_nursery_to_its_community_and_lengthens_nothing(
    inputs, reach
):
    [fact] = planted("gate_worth_opening")
    gates = inputs.frames["gate"].copy()
    is_planted = gates["gate_id"] == fact.row_id
    community = gates.loc[is_planted, "community_id"].iloc[0]
    gates.loc[is_planted, "state"] = "open"
    opened = reach_of(Inputs({**inputs.frames, "gate": gates}, inputs.rules))

    def households(rows):
        own = rows[(rows["community_id"] == community) & (rows["kind"] == "nursery")]
        return own.loc[own["verdict"] == "within", "households"].sum()

    assert households(opened) > 2 * households(reach)
    assert (opened["walk_m"] <= reach["walk_m"] + 0.001)[reach["walk_m"].notna()].all()
