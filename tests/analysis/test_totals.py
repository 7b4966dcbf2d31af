"""Totals of a programme: by hand, at the edges, against a second count, and in the demonstration."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from app.analysis.totals import (
    ANALYSIS,
    ScopeTables,
    Selection,
    TotalsParams,
    scope_total_rows,
    scope_totals,
)
from app.errors import UsageError
from app.rules.cost import item_cost_fen
from app.schema import LAYERS
from app.schema.analysis import Inputs, no_progress
from app.store import PlanStore
from tests.oracles.totals import rows as counted_one_by_one

NAMES = ("community", "building", "programme_member", "community_item", "work_item", "funding",
         "stair_unit")  # fmt: skip
DTYPES = {"int": "Int64", "float": "float64", "text": "str"}


def layer(name, rows):
    """A frame with the schema's columns; a missing cell is unknown."""
    return pd.DataFrame({
        column.name: pd.array([row.get(column.name) for row in rows], dtype=DTYPES.get(column.kind, object))
        for column in LAYERS[name].columns
    })  # fmt: skip


def item(i, layer_, target, quantity=1.0, unit=100, fees=0, contingency=0, **more):
    return {"community_item_id": f"I{i}", "programme_id": "P", "work_item_id": "B01", "target_layer": layer_,
            "target_id": target, "quantity": quantity, "unit_cost_fen": unit, "other_fees_fen": fees,
            "contingency_fen": contingency, "decision": "confirmed", **more}  # fmt: skip


def member(layer_, target, state="approved", stage="works", programme="P"):
    return {"programme_id": programme, "target_layer": layer_, "target_id": target, "state": state,
            "stage": stage}  # fmt: skip


def tables(*, members, items=(), funding=(), buildings=None):
    built = buildings or [
        {"building_id": "B1", "community_id": "C1", "households": 30, "floor_area_m2": 2400.5},
        {"building_id": "B2", "community_id": "C1", "households": 20, "floor_area_m2": 1600.0},
        {"building_id": "B3", "community_id": "C2", "households": 10},
        {"building_id": "B4", "community_id": "C2", "households": 99, "floor_area_m2": 9999.0},
    ]
    return ScopeTables(
        layer("community", [{"community_id": "C1", "township_id": "T1"}, {"community_id": "C2", "township_id": "T2"}]),
        layer("building", built),
        layer("programme_member", members),
        layer("community_item", items),
        layer("work_item", [{"work_item_id": "B01", "category": "basic"}, {"work_item_id": "W02", "category": "improved"}]),
        layer("funding", funding),
        layer("stair_unit", [{"stair_unit_id": "S1", "building_id": "B1"}]),
    )  # fmt: skip


ALL_IN = [member("community", "C1"), member("community", "C2", stage="survey"),
          *(member("building", f"B{i}") for i in (1, 2, 3))]  # fmt: skip


def row(rows, level, place, dimension=None, key=None):
    same = rows[(rows["level"] == level) & (rows["place_id"] == place)]
    same = same[same["dimension"].fillna("") == (dimension or "")]
    [found] = same[same["key"].fillna("") == (key or "")].to_dict("records")
    return found


# --- cases ---------------------------------------------------------------------------------------
def test_the_programme_is_the_sum_of_its_buildings_and_what_is_unknown_is_counted_apart():
    rows = scope_total_rows(tables(members=ALL_IN), "P")
    whole = row(rows, "programme", "P")
    assert (whole["communities"], whole["buildings"], whole["households"]) == (2, 3, 60)
    assert whole["floor_area_m2"] == 4000.5
    assert whole["unknown_rows"] == 1  # B3 has no floor area
    assert row(rows, "township", "T2")["unknown_rows"] == 1
    assert row(rows, "community", "C1")["households"] == 50
    assert row(rows, "building", "B1")["floor_area_m2"] == 2400.5


def test_an_item_counts_where_its_target_lies_and_works_are_rounded_half_up():
    items = [
        item(1, "building", "B1", quantity=2.5, unit=101, fees=10, contingency=5),  # 252.5 -> 253
        item(2, "stair_unit", "S1", quantity=1, unit=1000, work_item_id="W02"),
        item(3, "community", "C2", quantity=3, unit=100),
        item(4, "community", "C2", quantity=None),
        item(5, "building", "B2", decision="rejected"),
    ]
    rows = scope_total_rows(tables(members=ALL_IN, items=items), "P")
    assert row(rows, "building", "B1")["cost_fen"] == 253 + 15 + 1000
    assert row(rows, "township", "T1")["cost_fen"] == 1268
    assert row(rows, "community", "C2")["cost_fen"] == 300
    assert row(rows, "community", "C2")["unknown_rows"] == 2  # one item, and B3
    assert row(rows, "programme", "P", "category", "basic")["cost_fen"] == 568
    assert row(rows, "programme", "P", "category", "improved")["cost_fen"] == 1000


def test_each_source_is_summed_and_what_nobody_pays_is_shown():
    items = [item(1, "building", "B1", quantity=10), item(2, "community", "C2", quantity=5)]
    funding = [{"community_item_id": "I1", "source": "local", "amount_fen": 600},
               {"community_item_id": "I2", "source": "local", "amount_fen": 500},
               {"community_item_id": "I9", "source": "local", "amount_fen": 77}]  # fmt: skip
    rows = scope_total_rows(tables(members=ALL_IN, items=items, funding=funding), "P")
    assert row(rows, "programme", "P", "source", "local")["cost_fen"] == 1100
    assert row(rows, "programme", "P", "source", "not_funded")["cost_fen"] == 400
    assert row(rows, "township", "T2", "source", "local")["cost_fen"] == 500


def test_the_stage_of_a_community_splits_every_figure():
    rows = scope_total_rows(tables(members=ALL_IN), "P")
    assert row(rows, "programme", "P", "stage", "works")["households"] == 50
    assert row(rows, "programme", "P", "stage", "survey")["households"] == 10


def test_withdrawn_members_and_members_whose_row_is_gone_do_not_count():
    members = [member("building", "B1", state="withdrawn"), member("building", "B9"), member("building", "B2"),
               member("building", "B2"), member("building", "B4", programme="Q")]  # fmt: skip
    whole = row(scope_total_rows(tables(members=members), "P"), "programme", "P")
    assert (whole["buildings"], whole["households"]) == (1, 20)


# --- edges ---------------------------------------------------------------------------------------
def test_an_empty_programme_has_no_rows_but_all_columns():
    rows = scope_total_rows(tables(members=[]), "P")
    assert rows.empty
    assert list(rows.columns) == list(LAYERS["scope_total"].column_names)


def test_a_building_of_no_known_community_still_counts_under_unknown():
    built = [{"building_id": "B1", "community_id": None, "households": 7, "floor_area_m2": 1.0}]
    rows = scope_total_rows(tables(members=[member("building", "B1")], buildings=built), "P")
    assert row(rows, "township", "unknown")["households"] == 7
    assert row(rows, "programme", "P")["households"] == 7


@pytest.mark.parametrize(
    ("quantity", "unit", "fen"),
    [(0.5, 1, 1), (1.5, 1, 2), (0.005, 100, 1), (1.005, 100, 101), (2.675, 1000, 2675), (33.335, 10_000, 333_350),
     (1e6, 12_345_678, 12_345_678_000_000)],
)  # fmt: skip
def test_works_are_rounded_on_the_figures_that_people_wrote(quantity, unit, fen):
    assert item_cost_fen(
        layer("community_item", [item(1, "community", "C1", quantity, unit)])
    ).tolist() == [fen]


def test_a_programme_that_the_plan_does_not_have_is_refused_with_the_list():
    frames = {item_.name: layer(item_.name, []) for item_ in ANALYSIS.inputs}
    with pytest.raises(UsageError):
        ANALYSIS.run(Inputs(frames), TotalsParams(programme="2030"), no_progress)
    assert len(ANALYSIS.run(Inputs(frames), TotalsParams(), no_progress).layers["scope_total"]) == 0


# --- a second count on random plans ----------------------------------------------------------------
def random_tables(seed):
    rng = np.random.default_rng(seed)

    def pick(*options):
        return options[int(rng.integers(len(options)))]

    communities = [f"C{i}" for i in range(6)]
    built = [{"building_id": f"B{i}", "community_id": pick(*communities, None, "C99"),
              "households": pick(None, 3, 40), "floor_area_m2": pick(None, 0.1, 1234.56)} for i in range(25)]  # fmt: skip
    members = [member("community", c, state=pick("approved", "withdrawn", "proposed"), stage=pick("works", "survey", None))
               for c in communities if pick(0, 1)]  # fmt: skip
    members += [
        member("building", f"B{i}", programme=pick("P", "P", "Q")) for i in range(28) if pick(0, 1)
    ]
    items = []
    for i in range(40):
        kind = pick("building", "community", "stair_unit", "pipe")
        target = {
            "building": pick("B1", "B2", "B77"),
            "community": pick(*communities),
            "stair_unit": pick("S1", "S9"),
            "pipe": "L1",
        }[kind]
        items.append(item(i, kind, target, quantity=pick(None, 1.0, 2.5, 10.005), unit=pick(None, 99, 12_345), fees=pick(0, 7),
                          contingency=pick(3, None), work_item_id=pick("B01", "W02", "Z"), community_id=pick(None, *communities),
                          decision=pick("confirmed", "rejected", None), programme_id=pick("P", "P", "Q")))  # fmt: skip
    funding = [{"community_item_id": f"I{int(rng.integers(45))}", "source": pick("local", "utility"), "amount_fen": int(rng.integers(1, 10**6))}
               for _ in range(60)]  # fmt: skip
    made = tables(members=members, items=items, funding=funding, buildings=built)
    ground = [{"community_id": c, "township_id": pick("T1", "T2", None)} for c in communities]
    return dataclasses.replace(made, communities=layer("community", ground))


def as_counts(rows):
    names = ("communities", "buildings", "households", "floor_area_m2", "cost_fen", "unknown_rows")
    keys = (
        rows[["level", "place_id", "dimension", "key"]]
        .fillna("")
        .itertuples(index=False, name=None)
    )
    return {key: {name: value for name in names if (value := record[name]) is not pd.NA and value == value and value}
            for key, record in zip(keys, rows.to_dict("records"), strict=True)}  # fmt: skip


@pytest.mark.parametrize("seed", range(30))
def test_every_row_equals_the_count_one_by_one(seed):
    made = random_tables(seed)
    found = as_counts(scope_total_rows(made, "P"))
    expected = {
        key: {name: value for name, value in sums.items() if value and name != "paid_fen"}
        for key, sums in counted_one_by_one(made, "P").items()
    }
    assert {k: v for k, v in found.items() if v} == {
        k: pytest.approx(v) for k, v in expected.items() if v
    }


@pytest.mark.parametrize("seed", range(10))
def test_the_live_totals_of_the_map_are_those_of_the_record(seed):
    made = random_tables(seed)
    live = scope_totals(made, "P", Selection()).by_community.sum(numeric_only=True)
    rows = scope_total_rows(made, "P")
    whole = row(rows, "programme", "P")
    assert [live["in_programme"], live["buildings"], live["households"], live["cost_fen"]] == [
        whole["communities"], whole["buildings"], whole["households"], whole["cost_fen"],
    ]  # fmt: skip
    assert live["floor_area_m2"] == pytest.approx(whole["floor_area_m2"])


@pytest.mark.parametrize("seed", range(5))
def test_row_order_changes_nothing_and_every_level_adds_up_to_the_programme(seed):
    made = random_tables(seed)
    rows = scope_total_rows(made, "P")
    backwards = ScopeTables(*(getattr(made, f.name).iloc[::-1] for f in dataclasses.fields(made)))
    pd.testing.assert_frame_equal(scope_total_rows(backwards, "P"), rows)
    whole = row(rows, "programme", "P")
    for level in ("township", "community"):
        sums = rows[(rows["level"] == level) & rows["dimension"].isna()].sum(numeric_only=True)
        for name in ("communities", "buildings", "households", "cost_fen", "unknown_rows"):
            assert sums[name] == whole[name], (level, name)


# --- story: the demonstration plan -------------------------------------------------------------------
def test_the_demonstration_amounts_to_the_figures_of_the_plan_and_less_without_one_building(
    demo_small_plan,
):
    store = PlanStore.open(demo_small_plan)
    frames = {item_.name: store.read(item_.name) for item_ in ANALYSIS.inputs}
    outcome = ANALYSIS.run(Inputs(frames), TotalsParams(), no_progress)
    assert dict(outcome.counts) == {
        "communities": 19, "buildings": 60, "households": 2004, "cost_fen": 4_552_000_000, "unknown_rows": 0,
    }  # fmt: skip
    rows = outcome.layers["scope_total"]
    townships = rows[(rows["level"] == "township") & rows["dimension"].isna()]
    assert townships["floor_area_m2"].sum() == pytest.approx(169_600.0)
    sources = rows[(rows["level"] == "programme") & (rows["dimension"] == "source")]
    assert sources["cost_fen"].sum() == 4_552_000_000
    assert "not_funded" not in set(sources["key"])

    gone = rows[(rows["level"] == "building") & rows["dimension"].isna()].iloc[0]
    frames["building"] = frames["building"][frames["building"]["building_id"] != gone["place_id"]]
    fewer = ANALYSIS.run(Inputs(frames), TotalsParams(), no_progress).counts
    assert fewer["buildings"] == 59
    assert fewer["households"] == 2004 - gone["households"]
