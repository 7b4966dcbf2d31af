"""Who may enter the programme: drawn cases, the limits, a second implementation, a real plan."""

import csv
import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import affinity

from app.analysis.eligibility import (
    ANALYSIS,
    EligibilityParams,
    EligibilityTables,
    judge_eligibility,
)
from app.errors import CrsError
from app.rules import Override
from app.schema import LAYERS
from app.schema.analysis import Inputs, no_progress
from app.store import PlanStore
from app.store.rule_files import load_rules
from tests.oracles.eligibility import verdicts

CRS = "EPSG:4544"
RULES = load_rules("eligibility_rules")
COMPLETE = EligibilityParams(past_list_complete=True, expropriation_list_complete=True)


def layer(name, rows):
    """A frame with the schema's columns from rows given as dicts; missing cells are unknown."""
    spec = LAYERS[name]
    columns = {
        column: pd.Series([row.get(column) for row in rows], dtype=object)
        for column in spec.column_names
    }
    frame = pd.DataFrame(columns)
    if not spec.is_spatial:
        return frame
    return gpd.GeoDataFrame(frame, geometry=[row.get("geometry") for row in rows], crs=CRS)


def ground(i):
    """The i-th community's ground: 100 m by 100 m, 200 m apart."""
    return shapely.box(500_000 + 200 * i, 4_200_000, 500_100 + 200 * i, 4_200_100)


def house(i, j=0):
    return shapely.box(500_010 + 200 * i, 4_200_010 + 20 * j, 500_040 + 200 * i, 4_200_022 + 20 * j)


def community(i, **values):
    return {
        "community_id": f"C{i}", "name": f"{'甲乙丙丁戊己庚辛'[i]}小区", "township_id": "T1",
        "geometry": ground(i), **values,
    }  # fmt: skip


def building(i, j=0, **values):
    return {
        "building_id": f"C{i}-{j}", "community_id": f"C{i}", "use": "residential",
        "geometry": house(i, j), **values,
    }  # fmt: skip


def plan(communities, buildings=(), *, past=(), expropriation=(), members=()):
    return EligibilityTables(
        layer("community", list(communities)),
        layer("building", list(buildings)),
        layer("township", [{"township_id": "T1", "name": "金星镇", "geometry": ground(0)}]),
        layer("past_programme", [{"past_programme_id": f"P{i}", "year": 2019, "subsidy": "central", **row} for i, row in enumerate(past)]),
        layer("expropriation", [{"expropriation_id": f"X{i}", "kind": "rebuild", "state": "planned", **row} for i, row in enumerate(expropriation)]),
        layer("programme_member", list(members)),
    )  # fmt: skip


def judge(tables, params=COMPLETE, rules=RULES):
    rows = judge_eligibility(tables, rules, params=params)
    return rows.set_index(["target_id", "rule_id"])


# --- cases ---------------------------------------------------------------------------------------
def test_a_building_of_2000_passes_and_one_of_2001_lies_outside_the_priority_but_is_not_refused():
    rows = judge(
        plan([community(0)], [building(0, 0, year_built=2000), building(0, 1, year_built=2001)])
    )
    assert rows.loc[("C0-0", "E01"), "verdict"] == "pass"
    assert rows.loc[("C0-1", "E01"), "verdict"] == "outside_priority"
    assert rows.loc[("C0-1", "overall"), "verdict"] == "outside_priority"
    assert "2001 年建成" in rows.loc[("C0-1", "E01"), "reason"]
    assert rows.loc[("C0", "E01"), "verdict"] == "pass"
    assert "2 栋中 1 栋晚于 2000" in rows.loc[("C0", "E01"), "reason"]
    assert [fact["id"] for fact in rows.loc[("C0", "E01"), "evidence"]] == ["C0-1"]


def test_a_member_outside_the_priority_shows_its_reason_or_that_none_was_given():
    members = [
        {
            "target_layer": "building",
            "target_id": "C0-0",
            "state": "proposed",
            "reason": "屋面严重渗漏",
        },
        {"target_layer": "building", "target_id": "C0-1", "state": "proposed"},
    ]
    built = [building(0, j, year_built=2003) for j in range(3)]
    rows = judge(plan([community(0)], built, members=members))
    assert rows.loc[("C0-0", "E01"), "reason"].endswith("申报理由：屋面严重渗漏")
    assert rows.loc[("C0-1", "E01"), "missing"] == "programme_member.reason"
    assert pd.isna(rows.loc[("C0-2", "E01"), "missing"])
    assert rows.loc[("C0", "E01"), "verdict"] == "outside_priority"


def test_a_building_without_year_leaves_itself_and_its_community_unknown():
    rows = judge(
        plan([community(0, year_built=1990)], [building(0, 0, year_built=1990), building(0, 1)])
    )
    assert rows.loc[("C0-0", "overall"), "verdict"] == "pass"
    for target in ("C0-1", "C0"):
        assert rows.loc[(target, "E01"), "verdict"] == "unknown"
        assert rows.loc[(target, "E01"), "missing"] == "building.year_built"
        assert rows.loc[(target, "overall"), "verdict"] == "unknown"


def test_the_same_ground_under_another_name_was_renovated_before():
    past = [{"name": "原二轻宿舍", "geometry": ground(0).buffer(-1)}]
    rows = judge(plan([community(0), community(1)], [building(0, year_built=1990)], past=past))
    assert rows.loc[("C0", "E02"), "verdict"] == "fail"
    assert "原二轻宿舍" in rows.loc[("C0", "E02"), "reason"]
    assert rows.loc[("C0", "E02"), "clause"] == "三（一）2"
    assert rows.loc[("C0-0", "overall"), "verdict"] == "fail"
    assert rows.loc[("C1", "E02"), "verdict"] == "pass"


def test_the_same_name_without_a_place_was_renovated_before_however_it_is_typed():
    rows = judge(plan([community(0), community(1)], past=[{"name": " 甲 小区"}]))
    assert rows.loc[("C0", "E02"), "verdict"] == "fail"
    assert rows.loc[("C1", "E02"), "verdict"] == "pass"


def test_an_alias_is_the_same_community_unless_another_bears_the_name():
    past = [{"name": "毛纺厂家属院"}]
    alone = judge(plan([community(0, aliases=["毛纺厂家属院"]), community(1)], past=past))
    assert alone.loc[("C0", "E02"), "verdict"] == "fail"
    both = judge(
        plan([community(0, aliases=["毛纺厂家属院"]), community(1, name="毛纺厂家属院")], past=past)
    )
    assert both.loc[("C0", "E02"), "verdict"] == "unknown"
    assert both.loc[("C1", "E02"), "verdict"] == "fail"


def test_the_same_name_elsewhere_on_the_map_has_to_be_checked_by_a_person():
    rows = judge(plan([community(0)], past=[{"name": "甲小区", "geometry": ground(5)}]))
    assert rows.loc[("C0", "E02"), "verdict"] == "unknown"
    assert "不同址" in rows.loc[("C0", "E02"), "reason"]


def test_money_of_the_region_is_no_bar_and_money_of_unknown_source_is_unknown():
    past = [{"name": "甲小区", "subsidy": "region"}, {"name": "乙小区", "subsidy": None}]
    rows = judge(plan([community(0), community(1)], past=past))
    assert rows.loc[("C0", "E02"), "verdict"] == "pass"
    assert rows.loc[("C1", "E02"), ["verdict", "missing"]].tolist() == [
        "unknown",
        "past_programme.subsidy",
    ]


def test_one_house_to_be_rebuilt_fails_alone_and_its_community_names_it():
    area = {"name": "单独住宅楼", "geometry": house(0, 1).buffer(0.5)}
    built = [building(0, j, year_built=1990) for j in range(3)]
    rows = judge(plan([community(0)], built, expropriation=[area]))
    assert rows.loc[("C0-1", "overall"), "verdict"] == "fail"
    assert rows.loc[("C0-0", "overall"), "verdict"] == "pass"
    assert rows.loc[("C0", "E03"), "verdict"] == "pass"
    assert "3 栋中 1 栋须剔除" in rows.loc[("C0", "E03"), "reason"]
    assert rows.loc[("C0", "E03"), "evidence"][0]["id"] == "C0-1"


def test_a_community_whose_houses_all_go_fails():
    rows = judge(
        plan(
            [community(0)], [building(0, year_built=1980)], expropriation=[{"geometry": ground(0)}]
        )
    )
    assert rows.loc[("C0", "overall"), "verdict"] == "fail"


@pytest.mark.parametrize(
    ("state", "verdict"),
    [("cancelled", "pass"), ("idea", "unknown"), (None, "unknown"), ("planned", "fail"), ("done", "fail")],
)  # fmt: skip
def test_what_an_expropriation_means_depends_on_its_state(state, verdict):
    area = {"geometry": ground(0), "state": state}
    rows = judge(plan([community(0)], [building(0, year_built=1980)], expropriation=[area]))
    assert rows.loc[("C0-0", "E03"), "verdict"] == verdict


@pytest.mark.parametrize(
    "owner", ["private", "state_enterprise", "military", "retired_military", None]
)
def test_nobody_is_refused_for_who_owns_it(owner):
    rows = judge(plan([community(0, owner_kind=owner)], [building(0, year_built=1980)]))
    assert rows.loc[("C0", "overall"), "verdict"] == "pass"


# --- edges ---------------------------------------------------------------------------------------
def test_no_community_and_no_building_give_no_rows_but_all_columns():
    rows = judge_eligibility(plan([]), RULES, params=COMPLETE)
    assert len(rows) == 0
    assert list(rows.columns) == [*LAYERS["eligibility"].column_names, "geometry"]


def test_without_the_lists_nobody_knows():
    rows = judge(plan([community(0)], [building(0, year_built=1980)]), params=EligibilityParams())
    assert rows.loc[("C0", "E02"), ["verdict", "missing"]].tolist() == ["unknown", "past_programme"]
    assert rows.loc[("C0-0", "E03"), ["verdict", "missing"]].tolist() == [
        "unknown",
        "expropriation",
    ]
    assert rows.loc[("C0-0", "overall"), "missing"] == "past_programme, expropriation"


def test_a_shared_fence_is_no_overlap_and_a_sliver_is_ignored():
    areas = [{"geometry": shapely.box(500_040, 4_200_000, 500_060, 4_200_050)},
             {"geometry": shapely.box(500_039.95, 4_200_000, 500_060, 4_200_050)}]  # fmt: skip
    for area in areas:
        rows = judge(plan([community(0)], [building(0, year_built=1980)], expropriation=[area]))
        assert rows.loc[("C0-0", "E03"), "verdict"] == "pass"
    strict = dataclasses.replace(COMPLETE, sliver_m2=0.5)
    rows = judge(
        plan([community(0)], [building(0, year_built=1980)], expropriation=areas[1:]), strict
    )
    assert rows.loc[("C0-0", "E03"), "verdict"] == "fail"


def test_exactly_the_share_of_ground_is_the_same_place():
    tenth = shapely.box(500_000, 4_200_000, 500_010, 4_200_100)
    assert (
        judge(plan([community(0)], past=[{"name": "x", "geometry": tenth}])).loc[
            ("C0", "E02"), "verdict"
        ]
        == "fail"
    )
    less = dataclasses.replace(COMPLETE, overlap_share=0.101)
    assert (
        judge(plan([community(0)], past=[{"name": "x", "geometry": tenth}]), less).loc[
            ("C0", "E02"), "verdict"
        ]
        == "pass"
    )


def test_a_year_that_cannot_be_is_unknown_and_other_uses_are_not_judged():
    rows = judge(
        plan([community(0)], [building(0, 0, year_built=19), building(0, 1, use="office")])
    )
    assert rows.loc[("C0-0", "E01"), "verdict"] == "unknown"
    assert ("C0-1", "E01") not in rows.index


def test_a_house_in_no_community_and_a_community_in_no_township_are_unknown():
    rows = judge(
        plan(
            [community(0, township_id=None), community(1, township_id="T9")],
            [building(7, year_built=1980)],
        )
    )
    assert rows.loc[("C0", "E04"), "missing"] == "community.township_id"
    assert rows.loc[("C1", "E04"), "verdict"] == "unknown"
    assert rows.loc[("C7-0", "overall"), ["verdict", "missing"]].tolist() == [
        "unknown",
        "building.community_id",
    ]


def test_a_community_without_houses_is_judged_by_its_own_row():
    rows = judge(plan([community(0, year_built=1995), community(1, year_built=2010), community(2)]))
    assert [rows.loc[(f"C{i}", "E01"), "verdict"] for i in range(3)] == [
        "pass",
        "outside_priority",
        "unknown",
    ]


def test_coordinates_in_degrees_are_refused():
    tables = plan([community(0)])
    in_degrees = dataclasses.replace(tables, communities=tables.communities.to_crs("EPSG:4490"))
    with pytest.raises(CrsError):
        judge_eligibility(in_degrees, RULES, params=COMPLETE)


def test_a_plan_that_moves_the_year_moves_the_verdict():
    mine = RULES.with_overrides(
        [
            Override(
                "eligibility_rules",
                "E01",
                "limit",
                "2005-12-31",
                "区政府决定",
                "张工",
                "2024-01-05",
            )
        ]
    )
    rows = judge(plan([community(0)], [building(0, year_built=2004)]), rules=mine)
    assert rows.loc[("C0-0", "E01"), "verdict"] == "pass"


# --- a second implementation on random plans -------------------------------------------------------
def random_plan(seed):
    rng = np.random.default_rng(seed)
    pick = lambda *options: options[rng.integers(len(options))]  # noqa: E731
    communities, buildings = [], []
    for i in range(8):
        communities.append(community(i, township_id=pick("T1", "T1", None), year_built=pick(1990, 2005, None),
                                     aliases=pick(None, [], ["戊小区"], ["旧名"])))  # fmt: skip
        for j in range(rng.integers(0, 4)):
            buildings.append(
                building(
                    i,
                    j,
                    year_built=pick(1980, 2000, 2001, None),
                    use=pick("residential", "mixed", None, "office"),
                )
            )
    buildings.append(building(9, year_built=1980))

    def place():
        return affinity.translate(
            ground(pick(*range(8))), float(rng.uniform(-90, 90)), float(rng.uniform(-90, 90))
        )

    past = [{"name": pick("甲小区", "戊小区", "旧名", "无此名"), "subsidy": pick("central", "central", "local", None), "geometry": pick(None, place())}
            for _ in range(rng.integers(0, 5))]  # fmt: skip
    areas = [
        {"geometry": place(), "state": pick("planned", "cancelled", "idea", None)}
        for _ in range(rng.integers(0, 4))
    ]
    return plan(communities, buildings, past=past, expropriation=areas)


@pytest.mark.parametrize("seed", range(40))
def test_every_verdict_equals_that_of_the_plain_second_implementation(seed):
    tables = random_plan(seed)
    rows = judge_eligibility(tables, RULES, params=EligibilityParams())
    keys = zip(rows["target_layer"], rows["target_id"], rows["rule_id"], strict=True)
    assert dict(zip(keys, rows["verdict"], strict=True)) == verdicts(tables)


# --- what must not change the answer ---------------------------------------------------------------
def compared(rows):
    return rows.drop(columns="geometry").sort_values("eligibility_id", ignore_index=True)


@pytest.mark.parametrize("seed", range(5))
def test_row_order_and_a_move_of_the_whole_map_change_nothing(seed):
    tables = random_plan(seed)
    expected = compared(judge_eligibility(tables, RULES, params=COMPLETE))
    backwards = EligibilityTables(
        *(
            getattr(tables, f.name).iloc[::-1].reset_index(drop=True)
            for f in dataclasses.fields(tables)
        )
    )
    pd.testing.assert_frame_equal(
        compared(judge_eligibility(backwards, RULES, params=COMPLETE)), expected
    )
    moved = EligibilityTables(*(
        frame.set_geometry(frame.translate(1000, -500)) if isinstance(frame, gpd.GeoDataFrame) and len(frame) else frame
        for frame in (getattr(tables, f.name) for f in dataclasses.fields(tables))
    ))  # fmt: skip
    pd.testing.assert_frame_equal(
        compared(judge_eligibility(moved, RULES, params=COMPLETE)), expected
    )


def test_a_far_away_community_changes_no_other_row_and_inputs_stay_as_they_were():
    tables = random_plan(3)
    before = [getattr(tables, f.name).copy() for f in dataclasses.fields(tables)]
    expected = compared(judge_eligibility(tables, RULES, params=COMPLETE))
    far = layer(
        "community", [{"community_id": "ZZ", "name": "远处", "geometry": shapely.box(0, 0, 9, 9)}]
    )
    more = dataclasses.replace(
        tables, communities=pd.concat([tables.communities, far], ignore_index=True)
    )
    rows = judge_eligibility(more, RULES, params=COMPLETE)
    pd.testing.assert_frame_equal(compared(rows[rows["target_id"] != "ZZ"]), expected)
    for frame, f in zip(before, dataclasses.fields(tables), strict=True):
        pd.testing.assert_frame_equal(getattr(tables, f.name), frame)


# --- story: the demonstration plan with the facts planted in it ------------------------------------
FOUND = {
    "year_unknown": ("E01", "unknown"), "mixed_ages": ("E01", "outside_priority"),
    "last_year_in": ("E01", "pass"), "first_year_out": ("E01", "outside_priority"),
    "past_programme_by_place": ("E02", "fail"), "past_programme_by_name": ("E02", "fail"),
    "past_local_money_is_no_bar": ("E02", "pass"), "expropriation_overlap": ("E03", "fail"),
    "cancelled_expropriation_is_no_bar": ("E03", "pass"), "rebuild_overlap": ("E03", "fail"),
    "ownership_never_fails": ("E04", "pass"), "no_township": ("E04", "unknown"),
}  # fmt: skip


def test_every_fact_of_eligibility_planted_in_the_demonstration_plan_is_found(demo_small_plan):
    store = PlanStore.open(demo_small_plan)
    frames = {item.name: store.read(item.name) for item in ANALYSIS.inputs}
    outcome = ANALYSIS.run(
        Inputs(frames, {"eligibility_rules": RULES}), EligibilityParams(), no_progress
    )
    rows = outcome.layers["eligibility"].set_index(["target_layer", "target_id", "rule_id"])
    with (demo_small_plan.parent / "planted.csv").open(encoding="utf-8", newline="") as file:
        facts = [fact for fact in csv.DictReader(file) if fact["kind"] in FOUND]
    assert {fact["kind"] for fact in facts} == set(FOUND)
    for fact in facts:
        rule, verdict = FOUND[fact["kind"]]
        assert rows.loc[(fact["layer"], fact["row_id"], rule), "verdict"] == verdict, fact
    assert (
        sum(outcome.counts.values()) == (rows.index.get_level_values("rule_id") == "overall").sum()
    )


def test_every_verdict_of_a_rule_carries_what_it_rests_on():
    tables = random_plan(3)
    rows = judge_eligibility(tables, RULES, params=COMPLETE)
    ruled = rows[(rows["rule_id"] != "overall") & (rows["missing"] != "building.community_id")]
    assert ruled["evidence"].map(len).min() >= 1
    assert ruled["clause"].notna().all()
    assert rows["reason"].str.len().min() > 0
