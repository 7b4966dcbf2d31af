"""Which shut gate, which cut and which stretch of a wall is worth opening, on streets drawn by hand."""

from __future__ import annotations

import pandas as pd
import pytest
import shapely

from app.analysis import analysis_named
from app.analysis.gates.params import GateParams
from app.analysis.gates.stretches import stretches
from app.analysis.nearby.openings import opening_at
from app.analysis.nearby.standing import standing_of
from app.schema.analysis import Inputs, no_progress, parse_params
from tests.analysis.test_network_faults import with_rows, with_ways
from tests.analysis.test_reach import EAST, NORTH, RULES, frame, gap_of, town

GATES = analysis_named("gates")
# From the open gate in the east round to a street along the west wall: far over the limit.
ROUND = ((400, 0), (400, 600), (-60, 600), (-60, -200))


def behind_the_wall(*more, **options):
    """The kindergarten lies 60 m behind the west wall, and two kilometres by the only gate."""
    return with_ways(ROUND, *more, kindergarten=(-60, -100), way=((-20, 0), (400, 0)), **options)


def advice(frames, **settings):
    asked = parse_params(GATES.params, settings)
    return GATES.run(Inputs(frames, RULES), asked, no_progress).layers["gate_advice"]


def test_the_wall_between_a_house_and_its_kindergarten_is_worth_a_gate():
    assert gap_of(behind_the_wall()).households_within == 0
    [row] = advice(behind_the_wall()).itertuples()
    assert (row.target_layer, row.target_id, row.households_gained) == ("wall", "L1", 24)
    assert [(k["kind"], k["households"]) for k in row.kinds] == [("kindergarten", 24)]
    west = shapely.LineString([(EAST - 50, NORTH - 50), (EAST - 50, NORTH + 50)])
    assert row.geometry.length == pytest.approx(40)
    assert row.gate_advice_id == f"GA-L1-{EAST - 50:.0f},{NORTH:.0f}"
    assert west.buffer(0.001).covers(row.geometry)


def test_a_gate_made_at_the_advised_place_brings_what_was_advised():
    frames = behind_the_wall()
    standing = standing_of(Inputs(frames, RULES), GateParams())
    [best] = stretches(standing, frames["building"].geometry.to_numpy(), GateParams()).stretches
    place = shapely.Point(best.x, best.y)
    made = opening_at(standing.town.graph, place, reach_m=40.0)
    opened = with_rows(frames, "gate", {"gate_id": "G9", "state": "open", "geometry": shapely.Point(0, 0)})  # fmt: skip
    opened["gate"].loc[opened["gate"]["gate_id"] == "G9", "geometry"] = place
    path = frame("walkway", [{"walkway_id": "W9", "kind": "footway", "geometry": shapely.LineString([(0, 0), (1, 0)])}])  # fmt: skip
    path["geometry"] = made.path
    opened["walkway"] = pd.concat([frames["walkway"], path], ignore_index=True)
    assert gap_of(opened).households_within == best.gained == 24


def test_walls_are_not_tried_where_only_gates_are_asked_for_or_no_way_is_near_both_sides():
    assert len(advice(behind_the_wall(), try_walls=False)) == 0
    assert len(advice(behind_the_wall(), wall_reach_m=5)) == 0


def test_no_gate_is_advised_through_a_building():
    frames = behind_the_wall()
    slab = {"building_id": "B9", "use": "commercial", "geometry": shapely.box(-48, -50, -30, 50)}
    assert len(advice(with_rows(frames, "building", slab))) == 0


def test_a_shut_gate_a_cut_and_a_stretch_are_ranked_together_by_households():
    frames = behind_the_wall(((-20, 0), (-60, 0)))
    back = {"gate_id": "G2", "community_id": "C1", "state": "closed", "geometry": shapely.Point(-50, 0)}  # fmt: skip
    shut = advice(with_rows(frames, "gate", back))
    assert set(zip(shut["target_layer"], shut["target_id"], strict=True)) == {("gate", "G2"), ("wall", "L1")}  # fmt: skip
    assert shut["rank"].tolist() == [1, 2]
    assert shut["households_gained"].tolist() == [24, 24]
    cut = advice(frames)
    assert set(cut["target_layer"]) == {"wall"}
    assert len(cut) == 2


def test_where_nobody_lives_nothing_is_gained():
    assert len(advice(behind_the_wall(households=0))) == 0


def test_where_no_households_are_known_homes_rank_and_the_number_stays_unknown():
    frames = behind_the_wall(households=None)
    outcome = GATES.run(Inputs(frames, RULES), parse_params(GATES.params, {}), no_progress)
    [row] = outcome.layers["gate_advice"].itertuples()
    assert pd.isna(row.households_gained)
    assert row.kinds == [{"kind": "kindergarten", "rule_id": row.kinds[0]["rule_id"], "homes": 1}]
    assert outcome.counts["most_homes_gained"] == 1
    assert "户数全部未知" in outcome.notes[0].zh


def test_a_town_without_walls_or_walkways_has_no_advice_and_the_same_columns():
    frames = town()
    bare = advice({**frames, "wall": frames["wall"][:0], "gate": frames["gate"][:0]})
    none = advice({**frames, "walkway": frames["walkway"][:0]})
    assert len(bare) == len(none) == 0
    assert list(bare.columns) == list(none.columns) == list(advice(behind_the_wall()).columns)
