"""What the complete-community standard asks of a walled court with one house, and what it has."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely

from tests.analysis.test_reach import run, town

LARGE = {"floor_area_m2": 2300.0, "land_area_m2": 3000.0}


def with_services(*rows, households=200, residents=None, **options):
    """The court with these facilities on the lane outside of its gate, 100 m from the door."""
    more = [
        {"service_id": f"S{k}", "state": "existing", "geometry": shapely.Point(100, 0), **row}
        for k, row in enumerate(rows, start=2)
    ]
    frames = town(more=more, households=households, **options)
    frames["community"]["residents"] = residents
    return frames


def indicator(frames, part, judged_by, layer="community", **settings):
    """The row whose Chinese name begins so."""
    found = run(frames, **settings).layers["community_indicator"]
    own = found[
        found["indicator"].str.startswith(part)
        & (found["judged_by"] == judged_by) & (found["place_layer"] == layer)
    ]  # fmt: skip
    [row] = own.itertuples()
    return row


def test_a_kindergarten_large_enough_on_foot_meets_the_standard_and_names_itself():
    frames = with_services()
    frames["service"] = frames["service"].assign(**LARGE)
    floor = indicator(frames, "幼儿园：", "floor_area")
    assert (floor.value, floor.required, floor.verdict, floor.proof) == (2300, 2200, "pass", ["S1"])
    land = indicator(frames, "幼儿园：", "land_area")
    assert (land.value, land.required, land.verdict) == (3000, 3500, "fail")
    assert "建科规〔2020〕7号" in floor.clause
    assert floor.confidence == "recalled"


def test_a_size_that_nobody_measured_is_unknown_and_names_its_field():
    row = indicator(with_services(), "幼儿园：", "floor_area")
    assert (row.verdict, row.missing) == ("unknown", "service.floor_area_m2")
    assert np.isnan(row.value)
    assert (row.households_met, row.households_unknown) == (0, 200)


def test_a_small_one_beside_one_of_unknown_size_leaves_it_open():
    small = {"kind": "nursery", "floor_area_m2": 150.0, "community_id": "C1"}
    other = {"kind": "nursery", "geometry": shapely.Point(90, 0)}
    row = indicator(with_services(small, other), "托儿所：", "floor_area")
    assert (row.value, row.verdict) == (150, "unknown")


def test_a_kind_that_is_too_far_for_all_is_a_fail_and_one_in_no_data_is_not():
    frames = town(kindergarten=(390, 0))
    assert indicator(frames, "幼儿园：", "reach").verdict == "fail"
    assert indicator(frames, "幼儿园：", "floor_area").verdict == "fail"
    nursery = indicator(frames, "托儿所：", "reach")
    assert (nursery.verdict, nursery.missing) == ("unknown", "service.kind")


def test_what_no_layer_holds_waits_for_a_survey():
    row = indicator(town(), "无障碍设施", "survey")
    assert (row.verdict, row.missing, row.households_unknown) == ("unknown", "survey", 24)


def test_floor_area_is_shared_by_all_households_that_walk_there():
    station = {"kind": "community_service_station", "floor_area_m2": 70.0}
    frames = with_services(station)
    alone = indicator(frames, "社区综合服务设施", "area_per_100_households")
    assert (alone.value, alone.required, alone.verdict) == (35, 30, "pass")
    far = frames["building"].iloc[:1].assign(
        building_id="B2", community_id=None, households=200,
        geometry=[shapely.box(600_100, 4_200_001, 600_110, 4_200_010)],
    )  # fmt: skip
    frames["building"] = pd.concat([frames["building"], far], ignore_index=True)
    shared = indicator(frames, "社区综合服务设施", "area_per_100_households")
    assert (shared.value, shared.verdict) == (17.5, "fail")


@pytest.mark.parametrize(
    ("residents", "capacity", "verdict", "missing"),
    [(1000, 5, "pass", None), (1000, 4, "fail", None), (None, 5, "unknown", "community.residents"),
     (1000, None, "unknown", "service.capacity")],
)  # fmt: skip
def test_nursery_places_for_a_thousand_residents(residents, capacity, verdict, missing):
    frames = with_services({"kind": "nursery", "capacity": capacity}, residents=residents)
    row = indicator(frames, "托位", "places_per_1000_residents")
    assert (row.verdict, row.missing) == (verdict, missing)


def test_an_unknown_number_of_households_never_meets_an_area_for_a_hundred_of_them():
    station = {"kind": "community_service_station", "floor_area_m2": 7000.0}
    row = indicator(
        with_services(station, households=None), "社区综合服务设施", "area_per_100_households"
    )
    assert (row.verdict, row.missing) == ("unknown", "building.households")


def test_behind_a_shut_gate_the_court_is_not_joined_to_the_network_outside():
    assert indicator(town(), "慢行系统", "connected").verdict == "pass"
    shut = indicator(town(gate="closed", kindergarten=(200, 0)), "慢行系统", "connected")
    assert (shut.verdict, shut.households_met) == ("fail", 0)


@pytest.mark.parametrize(("managed", "verdict"), [("company", "pass"), ("none", "fail"), (None, "unknown")])  # fmt: skip
def test_property_management(managed, verdict):
    frames = town()
    frames["community"]["property_management"] = managed
    assert indicator(frames, "物业服务", "management").verdict == verdict


def test_a_township_meets_what_all_its_communities_meet():
    frames = town()
    frames["community"]["property_management"] = "company"
    row = indicator(frames, "物业服务", "management", layer="township")
    assert (row.place_id, row.verdict, row.households_met, row.households) == ("T1", "pass", 24, 24)


def test_what_is_asked_of_new_communities_only_is_not_asked():
    found = run(town()).layers["community_indicator"]
    assert not found["indicator"].str.contains("社区游园|每户最少车位").any()
    assert set(found["clause"]) > {""} or found["clause"].str.len().gt(0).all()
    assert found["confidence"].notna().all()


def test_a_plan_without_homes_has_no_rows_and_the_same_columns():
    frames = town()
    frames["building"] = frames["building"][:0]
    frames["unit_door"] = frames["unit_door"][:0]
    found = run(frames).layers["community_indicator"]
    assert len(found) == 0
    assert "verdict" in found
