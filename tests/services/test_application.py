"""A community on its way into the programme: what stops each step, and what is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from app.errors import InvalidDataError, NotFoundError, UsageError
from app.schema import Actor
from app.services.application import give_opinion, set_criteria, take_step
from app.services.plans import OpenPlan, open_plan
from app.services.runs import run_analysis
from app.services.selection import selection
from app.services.summary import summary
from app.store import Edit
from tests.town import build_town

PLANNER = Actor("张三", "住建局")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[OpenPlan]:
    """The small town, with a department, a township and a utility that may be asked."""
    build_town(tmp_path / "town").close()
    plan = open_plan(tmp_path / "town")
    bodies = [
        ("OG", "财政局", "government"),
        ("OT", "胜利镇", "township"),
        ("OW", "供水公司", "water"),
    ]
    plan.store.apply(
        [Edit("organisation", "create", key, {"name": name, "kind": kind}) for key, name, kind in bodies],
        PLANNER,
    )  # fmt: skip
    yield plan
    plan.store.close()


def ready(plan: OpenPlan) -> None:
    """胜利里 surveyed whole, its eligibility known."""
    row = plan.store.row("community", "C3")
    values = {
        "buildings_surveyed": 1,
        "floor_area_m2": 900.0,
        "households": 18,
        "works_wanted": "屋面",
    }
    plan.store.apply([Edit("community", "update", "C3", values, row["version"])], PLANNER)  # type: ignore[index]
    lists = {"past_list_complete": True, "expropriation_list_complete": True}
    run_analysis(plan.store, "eligibility", lists, PLANNER)


def state(plan: OpenPlan, community: str):  # type: ignore[no-untyped-def]
    rows = plan.table("community")
    [row] = selection(plan, None, rows[rows["community_id"] == community], "zh")["rows"]
    return row


def waits(plan: OpenPlan, step: str) -> list[str]:
    return [one["code"] for one in state(plan, "C3")["blockers"] if one["step"] == step]


def test_what_is_missing_stops_the_application_and_every_reason_is_named(town: OpenPlan) -> None:
    with pytest.raises(InvalidDataError) as refused:
        take_step(town, "C3", "applied", "2023-11-10", PLANNER)

    assert [one.code for one in refused.value.findings] == ["fields", "not_run"]
    assert "需改造内容" in refused.value.findings[0].message.zh
    assert len(town.table("programme_member")) == 6  # nothing was written


def test_a_community_applied_for_joins_with_its_homes_and_the_phases_of_the_plan(
    town: OpenPlan,
) -> None:
    ready(town)
    before = summary(town)["totals"]
    take_step(town, "C3", "applied", "2023-11-10", PLANNER)

    members = town.table("programme_member")
    joined = members[members["target_id"].isin(["C3", "B5"]) & (members["state"] == "proposed")]
    assert sorted(joined["target_layer"]) == ["building", "community"]
    own = joined[joined["target_layer"] == "community"].iloc[0]["programme_member_id"]
    phases = town.table("phase")
    due = phases[phases["programme_member_id"] == own].set_index("stage")["due_on"]
    assert len(due) == 6
    assert pd.Timestamp(due["works"]) == pd.Timestamp("2024-09-30")
    after = summary(town)["totals"]
    assert after["communities"] == before["communities"] + 1  # type: ignore[index]
    assert after["households"] == before["households"] + 18  # type: ignore[index]


def test_review_and_decision_wait_for_opinions_criteria_and_the_right_order(town: OpenPlan) -> None:
    ready(town)
    take_step(town, "C3", "applied", "2023-11-10", PLANNER)
    assert waits(town, "reviewed") == ["no_departments"]
    give_opinion(town, "C3", "OG", PLANNER, asked_on="2023-11-11")
    assert waits(town, "reviewed") == ["departments"]
    with pytest.raises(UsageError):
        give_opinion(town, "C3", "OG", PLANNER, opinion="agree", answered_on="2023-11-10")
    give_opinion(town, "C3", "OG", PLANNER, opinion="agree", answered_on="2023-11-12")
    with pytest.raises(UsageError) as early:
        take_step(town, "C3", "reviewed", "2023-11-09", PLANNER)
    assert "2023-11-10" in early.value.message.zh
    take_step(town, "C3", "reviewed", "2023-11-17", PLANNER)

    assert waits(town, "decided") == ["no_utilities", "criteria"]
    for body in ("OT", "OW"):
        give_opinion(town, "C3", body, PLANNER, asked_on="2023-11-11")
        give_opinion(town, "C3", body, PLANNER, opinion="object" if body == "OW" else "agree",
                     answered_on="2023-11-20")  # fmt: skip
    assert waits(town, "decided") == ["objections", "criteria"]
    give_opinion(
        town, "C3", "OW", PLANNER, opinion="agree_with_conditions", answered_on="2023-11-21"
    )
    set_criteria(town, "C3", {"condition": 80, "willing": 90, "funds": 70, "scheme": 60}, PLANNER)
    assert state(town, "C3")["score"] == pytest.approx(
        (80 * 30 + 90 * 30 + 70 * 20 + 60 * 20) / 100
    )
    take_step(town, "C3", "decided", "2023-11-28", PLANNER, paper="会议纪要〔2023〕8号")
    assert state(town, "C3")["state"] == "approved"
    assert state(town, "C3")["blockers"] == []


def test_who_withdraws_says_why_and_may_come_back(town: OpenPlan) -> None:
    ready(town)
    take_step(town, "C3", "applied", "2023-11-10", PLANNER)
    with pytest.raises(UsageError):
        take_step(town, "C3", "withdrawn", "", PLANNER)
    take_step(town, "C3", "withdrawn", "", PLANNER, reason="居民不同意")
    assert state(town, "C3")["state"] == "withdrawn"
    assert summary(town)["totals"]["communities"] == 2  # type: ignore[index]
    take_step(town, "C3", "applied", "2024-11-05", PLANNER)
    assert state(town, "C3")["state"] == "proposed"
    assert len(town.table("phase")) == 6  # no second set of phases


def test_a_score_outside_nought_to_a_hundred_and_a_stranger_are_refused(town: OpenPlan) -> None:
    for given in ({"willing": 101}, {"willing": True}, {"beauty": 50}):
        with pytest.raises(UsageError):
            set_criteria(town, "C1", given, PLANNER)
    with pytest.raises(NotFoundError):
        set_criteria(town, "C3", {"willing": 50}, PLANNER)
    with pytest.raises(NotFoundError):
        take_step(town, "C99", "applied", "2023-11-10", PLANNER)
    with pytest.raises(UsageError):
        take_step(town, "C1", "applied", "11月10日", PLANNER)
