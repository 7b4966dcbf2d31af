"""Everything that may be wrong with walkways, walls, gates and what joins them: named and counted."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from app.analysis.nearby.faults import cut_off, faults_of
from app.analysis.nearby.params import ReachParams
from app.analysis.nearby.standing import standing_of
from app.errors import CrsError, RuleTableError, UsageError
from app.rules import Override
from app.schema.analysis import Inputs, parse_params
from app.store.rule_files import load_all_rules
from tests.analysis.test_reach import EAST, NORTH, REACH, RULES, frame, run, town


def with_ways(*more, **options):
    """The court with further walkways, each given by its points."""
    frames = town(**options)
    rows = [
        {"walkway_id": f"W{k}", "kind": "footway", "geometry": shapely.LineString(points)}
        for k, points in enumerate(more, start=2)
    ]
    frames["walkway"] = pd.concat([frames["walkway"], frame("walkway", rows)], ignore_index=True)
    return frames


def with_rows(frames, layer, *rows):
    return {**frames, layer: pd.concat([frames[layer], frame(layer, list(rows))], ignore_index=True)}  # fmt: skip


def faults(frames, **settings):
    standing = standing_of(Inputs(frames, RULES), parse_params(ReachParams, settings))
    return {fault.code: fault for fault in faults_of(standing, frames)}


def test_a_sound_town_has_no_fault():
    assert faults(town()) == {}
    assert run(town()).notes == ()


def test_crossings_without_a_node_are_noded_and_counted():
    frames = with_ways(((100, -50), (100, 50)), ((200, -50), (200, 50)))
    assert faults(frames)["unsnapped_crossings"].count == 2
    outcome = run(frames)
    assert outcome.counts["unsnapped_crossings"] == 2
    assert any("相交而无节点" in note.zh for note in outcome.notes)


def test_a_walkway_delivered_twice_counts_once():
    frames = with_ways(((0, 0), (400, 0)))
    assert faults(frames)["duplicate_edges"].count >= 1
    [row] = run(frames).layers["reach"].query("kind == 'kindergarten'").itertuples()
    assert row.walk_m == 200


def test_a_loop_at_one_node_and_a_way_without_length():
    found = faults(with_ways(((400, 0), (420, 10), (420, -10), (400, 0)), ((300, 9), (300, 9))))
    assert found["loops"].count == 1
    assert found["without_length"].ids == ("W3",)


def test_a_facility_off_the_walkways_is_listed_with_its_place_and_never_within():
    far = {"service_id": "S9", "kind": "nursery", "state": "existing",
           "geometry": shapely.Point(100, 220)}  # fmt: skip
    frames = with_rows(town(), "service", far)
    fault = faults(frames)["services_off"]
    assert (fault.layer, fault.ids, fault.count) == ("service", ("S9",), 1)
    assert fault.metres[0] == 220
    assert tuple(fault.xy[0] - (EAST, NORTH)) == (100, 220)
    rows = run(frames).layers["reach"]
    assert set(rows[rows["kind"] == "nursery"]["verdict"]) == {"unknown"}


def test_a_facility_that_joins_by_a_long_leg_is_listed_as_far():
    far = {"service_id": "S9", "kind": "nursery", "state": "existing",
           "geometry": shapely.Point(200, 80)}  # fmt: skip
    fault = faults(with_rows(town(), "service", far))["services_far"]
    assert (fault.ids, fault.metres[0]) == (("S9",), 80)


def test_a_door_off_the_walkways_is_listed():
    frames = town(way=((0, 300), (400, 300)))
    fault = faults(frames)["doors_off"]
    assert (fault.layer, fault.ids) == ("unit_door", ("D1",))
    assert run(frames).counts["doors_off_the_network"] == 1


def test_a_gate_in_no_wall_and_one_that_no_way_leads_to_are_named_apart():
    stray = {"gate_id": "G2", "state": "open", "geometry": shapely.Point(150, 5)}
    blind = {"gate_id": "G3", "state": "open", "geometry": shapely.Point(-50, 10)}
    found = faults(with_rows(town(), "gate", stray, blind))
    assert found["gates_off_walls"].ids == ("G2",)
    assert found["gates_off_ways"].ids == ("G3",)
    assert "G2" in found["gates_off_walls"].note.en


def test_a_gate_of_unknown_state_counts_as_open_and_says_so():
    frames = town(gate=None)
    assert faults(frames)["gates_unknown"].ids == ("G1",)


def test_a_wall_that_cuts_a_way_without_a_gate_is_named_with_its_place():
    frames = with_ways(((0, 0), (-200, 0)))
    fault = faults(frames)["walls_without_gate"]
    assert (fault.ids, fault.count) == (("L1",), 1)
    assert tuple(np.round(fault.xy[0] - (EAST, NORTH), 6)) == (-50, 0)
    assert run(frames).counts["wall_cuts_without_gate"] == 1


def test_pieces_that_no_way_joins_are_counted_and_drawn_with_who_lives_on_them():
    frames = with_ways(((0, 200), (100, 200)), ((0, 30), (20, 30)))
    standing = standing_of(Inputs(frames, RULES), ReachParams())
    assert {fault.code: fault.count for fault in faults_of(standing, frames)}["pieces"] == 2
    pieces = cut_off(standing)
    assert [(one.length_m, one.doors) for one in pieces] == [(100, 0), (20, 0)]


def test_homes_of_no_and_of_unknown_households_are_counted_and_share_nothing():
    assert faults(town(households=0))["homes_without_households"].ids == ("B1",)
    assert faults(town(households=None))["homes_uncounted"].ids == ("B1",)
    gaps = run(town(households=0)).layers["reach_gap"]
    assert gaps["share_within"].isna().all()
    assert not (gaps["verdict"] == "within").any()


def test_walkways_in_degrees_are_refused_by_name():
    frames = town()
    ways = frames["walkway"].to_crs("EPSG:4326")
    with pytest.raises(CrsError, match="walkway"):
        run({**frames, "walkway": ways})


def test_degrees_under_the_name_of_a_metric_system_are_refused_by_name():
    frames = town()
    degrees = frames["walkway"].to_crs("EPSG:4326").geometry.to_numpy()
    ways = gpd.GeoDataFrame(
        frames["walkway"].drop(columns="geometry"), geometry=degrees, crs=frames["walkway"].crs
    )
    with pytest.raises(CrsError, match="walkway"):
        run({**frames, "walkway": ways})


@pytest.mark.parametrize("speed", ["-1", "0"])
def test_a_speed_that_nobody_walks_is_refused_by_name(speed):
    with pytest.raises(UsageError, match="child_m_per_s"):
        parse_params(REACH.params, {"child_m_per_s": speed})
    for rule in ("calc/walking_speed_planning", "calc/walking_speed_elderly"):
        change = Override("life_circle", rule, "value_min", speed, "试", "张工", "2024-05-01")
        with pytest.raises(RuleTableError, match=rule):
            load_all_rules(overrides=[change])
