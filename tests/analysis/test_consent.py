"""Shares of owners: the limits of the law, a count by hand for every turnout, drawn cases."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analysis.consent import Shares, tally_consent, votes_short
from app.schema import LAYERS
from app.store.rule_files import load_rules

MATTERS = load_rules("item_consent")
THRESHOLDS = load_rules("consent_thresholds")


def layer(name, rows):  # type: ignore[no-untyped-def]
    """A frame with the schema's columns from rows given as dicts; missing cells are unknown."""
    columns = LAYERS[name].column_names
    return pd.DataFrame({c: pd.Series([r.get(c) for r in rows], dtype=object) for c in columns})


def tally(items, answers, *, households=(3, 3), area=600.0, **building):  # type: ignore[no-untyped-def]
    """Building B1 of community C1 with stair units U0, U1, ... of these households."""
    held = {"building_id": "B1", "community_id": "C1", "use": "residential",
            "households": sum(h for h in households if h) or None, "floor_area_m2": area, **building}  # fmt: skip
    units = [
        {"stair_unit_id": f"U{i}", "building_id": "B1", "households": h}
        for i, h in enumerate(households)
    ]
    rows = [
        {"consent_id": f"A{i}", "building_id": "B1", "stair_unit_id": unit, "household": home,
         "answer": answer, "floor_area_m2": 100.0, **more}
        for i, (unit, home, answer, more) in enumerate(answers)
    ]  # fmt: skip
    wanted = [
        {"community_item_id": f"I{i}", "community_id": "C1", **item} for i, item in enumerate(items)
    ]
    found = tally_consent(
        layer("community_item", wanted), layer("consent", rows), layer("building", [held]),
        layer("stair_unit", units), matters=MATTERS, thresholds=THRESHOLDS,
    )  # fmt: skip
    return found.set_index("body_id")


LIFT = {"work_item_id": "W15", "target_layer": "building", "target_id": "B1"}
ROOF = {"work_item_id": "B16", "target_layer": "building", "target_id": "B1"}


def homes(unit, *answers):  # type: ignore[no-untyped-def]
    return [(unit, f"{unit}-{i}", answer, {}) for i, answer in enumerate(answers)]


def test_a_lift_is_voted_on_by_each_stair_unit() -> None:
    rows = tally(
        [LIFT],
        homes("U0", "agree", "agree", "agree") + homes("U1", "agree", "disagree", "no_answer"),
    )

    assert rows["verdict"].to_dict() == {"U0": "pass", "U1": "fail"}
    # Two of three take part, which is two thirds; one of two agrees, three quarters are asked.
    assert rows.at["U1", "votes_short"] is pd.NA  # even with the third, two of three are too few
    assert rows.at["U1", "unanswered"] == 1
    assert rows.at["U0", "clause"].endswith("278 (7)")


def test_two_of_three_reach_two_thirds_exactly() -> None:
    rows = tally([ROOF], homes("U0", "agree", "agree", "no_answer"), households=(3,), area=300.0)

    assert rows.at["B1", "verdict"] == "pass"


def test_half_is_not_more_than_half() -> None:
    rows = tally(
        [ROOF], homes("U0", "agree", "disagree", "agree", "disagree"), households=(4,), area=400.0
    )

    assert rows.at["B1", "verdict"] == "fail"


def test_an_answer_on_the_item_goes_before_the_one_on_everything() -> None:
    general = homes("U0", "agree", "agree", "agree")
    own = [
        ("U0", "U0-0", "disagree", {"work_item_id": "W15"}),
        ("U0", "U0-1", "disagree", {"work_item_id": "W15"}),
    ]

    rows = tally([LIFT, ROOF], general + own, households=(3,))

    assert rows.at["U0", "agreed"] == 1
    assert rows.at["U0", "verdict"] == "fail"
    assert rows.at["B1", "agreed"] == 3


def test_the_later_of_two_answers_counts() -> None:
    early = ("U0", "U0-0", "disagree", {"asked_on": pd.Timestamp("2023-10-01")})
    late = ("U0", "U0-0", "agree", {"asked_on": pd.Timestamp("2023-11-01")})

    rows = tally([ROOF], [late, early], households=(1,), area=100.0)

    assert rows.at["B1", "agreed"] == 1


def test_floor_area_decides_where_heads_would_pass() -> None:
    big = [("U0", "big", "disagree", {"floor_area_m2": 900.0})]
    rows = tally([ROOF], big + homes("U0", "agree", "agree"), households=(3,), area=1100.0)

    assert rows.at["B1", "verdict"] == "fail"
    assert rows.at["B1", "votes_short"] == 0
    assert rows.at["B1", "agreed_m2"] == 200.0


@pytest.mark.parametrize(
    ("answers", "households", "building", "missing"),
    [
        ([], (3,), {}, "consent.answer"),
        (homes("U0", "agree"), (None,), {}, "building.households"),
        ([("U0", "a", "agree", {"floor_area_m2": None})], (3,), {}, "consent.floor_area_m2"),
        (homes("U0", "agree"), (3,), {"floor_area_m2": None}, "building.floor_area_m2"),
        (homes("U0", "agree", "agree"), (1,), {}, "building.households"),
    ],
)
def test_what_is_missing_is_named(answers, households, building, missing) -> None:  # type: ignore[no-untyped-def]
    rows = tally([ROOF], answers, households=households, **building)

    assert rows.at["B1", "verdict"] == "unknown"
    assert rows.at["B1", "missing"] == missing


def test_a_rejected_item_is_not_voted_on() -> None:
    assert tally([{**ROOF, "decision": "rejected"}], homes("U0", "agree")).empty


def test_shops_have_no_vote() -> None:
    assert tally([ROOF], homes("U0", "agree"), use="commercial").empty


@given(
    whole=st.integers(1, 40), data=st.data(),
    rule_id=st.sampled_from(sorted(THRESHOLDS.by_id)),
)  # fmt: skip
def test_votes_short_equals_trying_every_number(
    whole: int, data: st.DataObject, rule_id: str
) -> None:
    rule = THRESHOLDS.by_id[rule_id]
    took_part = data.draw(st.integers(0, whole))
    agreed = data.draw(st.integers(0, took_part))
    join = THRESHOLDS.share(rule_id, "participation_headcount_share") or 0
    agree = THRESHOLDS.share(rule_id, "agree_headcount_share_of_participants") or 0

    def passes(more: int) -> bool:
        part, yes = took_part + more, agreed + more
        enough = yes > agree * part if rule.agree_more_than else yes >= agree * part
        return part >= join * whole and enough

    tried = next((more for more in range(whole - took_part + 1) if passes(more)), None)

    assert votes_short(Shares(whole, took_part, agreed), rule, THRESHOLDS, "headcount") == tried
