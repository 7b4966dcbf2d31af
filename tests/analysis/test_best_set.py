"""The best set against trying every set, and what a planner fixed, asked or left open."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from app.analysis.best_set import BestSetParams, choose_items
from app.analysis.best_set.model import Choice, best_set, worth_of
from app.errors import AnalysisError
from app.schema import LAYERS
from app.store.rule_files import load_rules

BENEFITS = load_rules("item_benefit")
WAN = 1_000_000


@st.composite
def choices(draw):  # type: ignore[no-untyped-def]
    n, m = draw(st.integers(1, 8)), draw(st.integers(0, 6))
    cost = np.array(draw(st.lists(st.integers(1, 50), min_size=n, max_size=n)), dtype=float)
    worth = np.array(draw(st.lists(st.integers(1, 30), min_size=m, max_size=m)), dtype=float)
    cells = draw(st.lists(st.booleans(), min_size=n * m, max_size=n * m))
    covers = sparse.csr_matrix(np.array(cells, dtype=float).reshape(n, m))
    fixed = np.array(
        draw(st.lists(st.sampled_from([False, False, False, True]), min_size=n, max_size=n))
    )
    pairs = draw(st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=2))
    group = np.array(draw(st.lists(st.integers(0, 1), min_size=n, max_size=n)))
    return Choice(
        cost, covers, worth, fixed, tuple((a, (b,)) for a, b in pairs if a != b), group, 2
    )


@settings(max_examples=120, deadline=None)
@given(choice=choices(), budget=st.integers(0, 200), share=st.sampled_from([0.0, 0.2, 0.5]))
def test_equals_trying_every_set(choice: Choice, budget: int, share: float) -> None:
    def fits(chosen):  # type: ignore[no-untyped-def]
        spent = choice.cost[chosen].sum()
        if spent > budget + 1e-9 or (choice.fixed & ~chosen).any():
            return False
        if any(chosen[a] and not any(chosen[b] for b in needed) for a, needed in choice.requires):
            return False
        return share == 0 or all(
            choice.cost[chosen & (choice.group == g)].sum() >= share * spent - 1e-9
            for g in np.unique(choice.group)
        )

    sets = [np.array(cells) for cells in itertools.product([False, True], repeat=len(choice.cost))]
    tried = [worth_of(choice, chosen) for chosen in sets if fits(chosen)]
    found = best_set(choice, budget, least_share=share, gap=0.0, seconds=10)

    if not tried:
        assert found is None
        return
    assert found is not None
    assert fits(found.chosen)
    assert found.worth == pytest.approx(max(tried))


def layer(name, rows):  # type: ignore[no-untyped-def]
    columns = LAYERS[name].column_names
    return pd.DataFrame({c: pd.Series([r.get(c) for r in rows], dtype=object) for c in columns})


def item(name, code, wan, place="C1", **values):  # type: ignore[no-untyped-def]
    return {"community_item_id": name, "programme_id": "PG", "work_item_id": code, "community_id": place,
            "target_layer": "community", "target_id": place, "quantity": 1.0, "unit_cost_fen": round(wan * WAN),
            "other_fees_fen": 0, "contingency_fen": 0, **values}  # fmt: skip


def chosen(items, *, results=(), **params):  # type: ignore[no-untyped-def]
    frames = {
        "community": layer("community", [{"community_id": f"C{i}", "township_id": f"T{i}"} for i in (1, 2)]),
        "building": layer("building", [{"building_id": f"B{i}", "community_id": f"C{i}", "households": h} for i, h in ((1, 100), (2, 30))]),
        "stair_unit": layer("stair_unit", []),
        "programme": layer("programme", [{"programme_id": "PG", "budget_fen": 10 * WAN}]),
        "community_item": layer("community_item", items),
        **{name: layer(name, rows) for name, rows in results},
    }  # fmt: skip
    rows, curve = choose_items(frames, BENEFITS, BestSetParams(gap=0.0, curve_points=2, **params))
    return rows.set_index("community_item_id"), curve


def test_a_household_counts_once_for_one_need() -> None:
    rows, curve = chosen([item("I1", "B02", 5), item("I2", "B03", 5), item("I3", "B14", 5)])

    # B02 and B03 settle the same need; the second would help nobody anew.
    assert rows.loc[["I1", "I3"], "choice"].tolist() == ["chosen", "chosen"]
    assert rows.at["I2", "choice"] == "left_out"
    assert curve["worth"].tolist() == [300.0, 400.0]


def test_what_is_confirmed_stays_and_may_not_exceed_the_budget() -> None:
    rows, _ = chosen([item("I1", "W06", 6, decision="confirmed"), item("I2", "B02", 6)])
    assert rows["choice"].to_dict() == {"I1": "fixed", "I2": "left_out"}

    with pytest.raises(AnalysisError, match=r"12\.00"):
        chosen([item("I1", "W06", 12, decision="confirmed")])
    rows, _ = chosen(
        [item("I1", "W06", 6, decision="confirmed"), item("I2", "B02", 6)], keep_confirmed=False
    )
    assert rows["choice"].to_dict() == {"I1": "left_out", "I2": "chosen"}


def test_a_lift_needs_the_power_line_of_its_community() -> None:
    rows, _ = chosen([item("I1", "W15", 4), item("I2", "B04", 7)])
    assert rows["choice"].to_dict() == {"I1": "left_out", "I2": "chosen"}

    rows, _ = chosen([item("I1", "W15", 4), item("I2", "B04", 6)])
    assert set(rows["choice"]) == {"chosen"}


def test_each_township_gets_its_least_share() -> None:
    items = [item("I1", "B02", 5), item("I2", "B14", 5), item("I3", "B14", 5, place="C2")]

    assert chosen(items)[0].at["I3", "choice"] == "left_out"
    assert chosen(items, least_share=0.3)[0].at["I3", "choice"] == "chosen"


@pytest.mark.parametrize(
    ("results", "values", "said"),
    [
        (
            (
                (
                    "eligibility",
                    [
                        {
                            "target_layer": "community",
                            "target_id": "C1",
                            "rule_id": "overall",
                            "verdict": "fail",
                        }
                    ],
                ),
            ),
            {},
            "not eligible",
        ),
        (
            (("consent_tally", [{"community_item_id": "I1", "verdict": "fail"}]),),
            {},
            "too few owners",
        ),
        (
            (("scope_row", [{"work_item_id": "B02", "target_id": "C1", "verdict": "no"}]),),
            {},
            "not needed",
        ),
        ((), {"quantity": None}, "cost is unknown"),
        ((), {"work_item_id": "X99"}, "no weight"),
    ],
)
def test_why_an_item_is_left_out_is_told(results, values, said) -> None:  # type: ignore[no-untyped-def]
    rows, _ = chosen([item("I1", "B02", 1, **values)], results=results)

    assert rows.at["I1", "choice"] == "left_out"
    assert said in rows.at["I1", "reason_en"]


def test_without_a_budget_nothing_can_be_chosen() -> None:
    frames = {"programme": layer("programme", [{"programme_id": "PG"}])}

    with pytest.raises(AnalysisError, match="no budget"):
        choose_items(frames, BENEFITS, BestSetParams())
