"""Clearance verdicts of streets drawn by hand, with numbers a reader can check."""

import pytest
import shapely
from shapely.geometry import Point

from app.analysis.conflicts import ConflictParams
from app.analysis.conflicts.find import find_conflicts
from tests.analysis.streets import pipe, square, street


def rows(inputs, **params):
    outcome = find_conflicts(inputs, ConflictParams(**params))
    return outcome.layers["conflict"].set_index("conflict_id"), outcome.counts


def test_sewer_beside_small_water_main_is_half_a_metre_short():
    found, counts = rows(street(
        pipe("S1", "PS", [(0, 0), (50, 0)]),
        pipe("W1", "JS", [(0, 0.6), (50, 0.6)]),
    ))  # fmt: skip
    row = found.loc["H-S1-W1"]
    assert (row.verdict, row.rule_id, row.required_m) == ("conflict", "H016", 1.0)
    assert row.gap_m == pytest.approx(0.5)  # 0.6 less two radii of 0.05
    assert row.deficit_m == pytest.approx(0.5)
    assert row.length_short_m == pytest.approx(50.0)
    assert counts["conflict"] == 1


def test_pipes_exactly_at_the_required_distance_are_clear():
    found, counts = rows(street(
        pipe("S1", "PS", [(0, 0), (50, 0)]),
        pipe("W1", "JS", [(0, 1.1), (50, 1.1)]),
    ))  # fmt: skip
    assert len(found) == 0
    assert counts["clear"] >= 1


def test_survey_error_makes_a_sufficient_gap_only_possible():
    # Records with surface features are good to 0.50 m: 1.3 m of gap may be 0.8 m.
    found, _ = rows(street(
        pipe("S1", "PS", [(0, 0), (50, 0)], quality="records_with_surface_features"),
        pipe("W1", "JS", [(0, 1.4), (50, 1.4)]),
    ))  # fmt: skip
    row = found.loc["H-S1-W1"]
    assert (row.verdict, row.reason) == ("possible", "accuracy")


def test_unknown_quality_leaves_a_sufficient_gap_unverified_and_a_short_one_a_conflict():
    sewer = pipe("S1", "PS", [(0, 0), (50, 0)], quality=None)
    wide, _ = rows(street(sewer, pipe("W1", "JS", [(0, 1.4), (50, 1.4)])))
    assert (wide.loc["H-S1-W1"].verdict, wide.loc["H-S1-W1"].missing) == ("unverified", "quality")
    narrow, _ = rows(street(sewer, pipe("W1", "JS", [(0, 0.6), (50, 0.6)])))
    assert narrow.loc["H-S1-W1"].verdict == "conflict"


def test_pipe_of_unknown_size_is_never_clear_of_what_lies_near():
    found, _ = rows(street(
        pipe("S1", "PS", [(0, 0), (50, 0)], outside_mm=None, nominal_mm=None),
        pipe("W1", "JS", [(0, 1.3), (50, 1.3)]),
    ))  # fmt: skip
    row = found.loc["H-S1-W1"]
    assert (row.verdict, row.missing) == ("unverified", "outside_mm")


def test_gas_of_unknown_pressure_is_unverified_and_names_the_field():
    found, _ = rows(street(
        pipe("G1", "RQ", [(0, 0), (50, 0)], pressure_mpa=None),
        pipe("W1", "JS", [(0, 1.0), (50, 1.0)]),
    ))  # fmt: skip
    row = found.loc["H-G1-W1"]
    assert (row.verdict, row.missing) == ("unverified", "pressure_mpa")


def test_two_water_mains_need_nothing_by_the_street_table():
    found, counts = rows(street(
        pipe("W1", "JS", [(0, 0), (50, 0)]), pipe("W2", "JS", [(0, 0.3), (50, 0.3)], owner_id="O2")
    ))  # fmt: skip
    assert len(found) == 0
    assert counts["no_requirement"] == 1


def test_courtyard_standard_with_a_range_is_possible_between_its_ends():
    # GB 50015 Appendix E asks 0.5 to 1.0 m between water pipes; the street table asks nothing.
    community = [{"community_id": "C1", "township_id": "T1", "geometry": square(-10, -10, 100)}]
    found, _ = rows(street(
        pipe("W1", "JS", [(0, 0), (50, 0)]),
        pipe("W2", "JS", [(0, 0.8), (50, 0.8)], owner_id="O2"),
        community=community,
    ))  # fmt: skip
    row = found.loc["H-W1-W2"]
    assert (row.verdict, row.reason, row.rule_id) == ("possible", "range", "H248")
    assert (row.community_id, row.township_id) == ("C1", "T1")


def test_inside_a_community_the_stricter_of_both_standards_binds_and_both_are_shown():
    community = [{"community_id": "C1", "township_id": "T1", "geometry": square(-10, -10, 100)}]
    pipes = (pipe("S1", "PS", [(0, 0), (50, 0)]), pipe("W1", "JS", [(0, 1.3), (50, 1.3)]))
    strict, _ = rows(street(*pipes, community=community))
    assert strict.loc["H-S1-W1"].required_m == 1.5
    assert strict.loc["H-S1-W1"].other_rule_id == "H016"
    streets, _ = rows(street(*pipes, community=community), binding="gb50289")
    assert "H-S1-W1" not in streets.index


def test_crossing_with_a_hand_of_earth_between_is_short_in_height_not_in_plan():
    # Crowns at 1.50 m and 1.75 m, both 100 mm: 0.15 m of earth, 0.40 m asked over a sewer.
    found, _ = rows(street(
        pipe("S1", "PS", [(0, 0), (50, 0)], start_depth_m=1.75, end_depth_m=1.75),
        pipe("W1", "JS", [(25, -20), (25, 20)]),
    ))  # fmt: skip
    assert found.index.tolist() == ["V-S1-W1"]
    row = found.loc["V-S1-W1"]
    assert (row.verdict, row.rule_id, row.required_m) == ("conflict", "V002", 0.4)
    assert row.gap_m == pytest.approx(0.15)
    assert (row.x, row.y) == (25, 0)


def test_sloping_sewer_is_compared_where_the_pipes_cross():
    # The crown falls from 1.0 m to 3.0 m; at 40 of 50 m it lies at 2.6 m, 1.0 m under the main.
    found, _ = rows(street(
        pipe("S1", "PS", [(0, 0), (50, 0)], start_depth_m=1.0, end_depth_m=3.0),
        pipe("W1", "JS", [(40, -20), (40, 20)], start_depth_m=2.4, end_depth_m=2.4),
    ))  # fmt: skip
    assert found.loc["V-S1-W1"].gap_m == pytest.approx(2.6 - 2.5)


def test_axes_in_one_height_datum_are_compared_in_three_dimensions():
    dataset = [{"dataset_id": "D1", "height_datum": "1985"}]
    found, _ = rows(street(
        pipe("S1", "PS", [(0, 0, 100.0), (50, 0, 100.0)], dataset_id="D1"),
        pipe("W1", "JS", [(25, -20, 100.3), (25, 20, 100.3)], dataset_id="D1"),
        dataset=dataset,
    ))  # fmt: skip
    assert found.loc["V-S1-W1"].gap_m == pytest.approx(0.2)


def test_axes_without_a_height_datum_and_without_depths_cannot_be_verified():
    no_depth = {"start_depth_m": None, "end_depth_m": None}
    found, _ = rows(street(
        pipe("S1", "PS", [(0, 0, 100.0), (50, 0, 100.0)], **no_depth),
        pipe("W1", "JS", [(25, -20, 100.3), (25, 20, 100.3)], **no_depth),
    ))  # fmt: skip
    row = found.loc["V-S1-W1"]
    assert (row.verdict, row.missing) == ("unverified", "height_datum")


def test_missing_depth_is_unverified_and_never_clear():
    found, _ = rows(street(
        pipe("S1", "PS", [(0, 0), (50, 0)], start_depth_m=None),
        pipe("W1", "JS", [(25, -20), (25, 20)]),
    ))  # fmt: skip
    assert found.loc["V-S1-W1"].verdict == "unverified"
    assert found.loc["V-S1-W1"].missing == "start_depth_m"
    assert found.loc["C-S1-footway_or_non_motor_lane"].verdict == "unverified"


def test_pipes_that_cross_and_then_run_side_by_side_are_short_in_plan_too():
    found, _ = rows(street(
        pipe("S1", "PS", [(0, 0), (100, 0)], start_depth_m=3.0, end_depth_m=3.0),
        pipe("W1", "JS", [(10, -10), (10, 10), (12, 0.5), (90, 0.5)]),
    ))  # fmt: skip
    row = found.loc["H-S1-W1"]
    assert row.verdict == "conflict"
    assert row.gap_m == pytest.approx(0.4)


def test_joints_of_one_network_and_shared_trenches_are_no_conflicts():
    found, counts = rows(street(
        pipe("W1", "JS", [(0, 0), (50, 0)], start_node="N1", end_node="N2"),
        pipe("W2", "JS", [(50, 0), (90, 5)], start_node="N2", end_node="N3"),
        pipe("P1", "DL", [(0, 9), (50, 9)], trench_id="G1"),
        pipe("T1", "TX", [(0, 9.2), (50, 9.2)], trench_id="G1"),
    ))  # fmt: skip
    assert len(found) == 0
    assert (counts["joint"], counts["same_trench"]) == (1, 1)


def test_abandoned_pipes_are_counted_apart():
    found, counts = rows(street(
        pipe("S1", "PS", [(0, 0), (50, 0)], status="abandoned"),
        pipe("W1", "JS", [(0, 0.6), (50, 0.6)]),
    ))  # fmt: skip
    assert len(found) == 0
    assert counts["abandoned"] == 1


def test_sewer_close_to_a_building_is_a_conflict_but_its_own_connection_is_not():
    building = [{"building_id": "B1", "geometry": square(0, 1.0, 20)}]
    found, counts = rows(street(
        pipe("S1", "PS", [(-20, 0), (40, 0)]), pipe("S2", "PS", [(5, 0), (5, 3)]), building=building
    ))  # fmt: skip
    row = found.loc["H-S1-B1"]
    assert (row.verdict, row.required_m) == ("conflict", 2.5)
    assert row.gap_m == pytest.approx(0.95)
    assert "H-S2-B1" not in found.index
    assert counts["serves_building"] == 1


def test_pipe_wholly_under_a_building_is_found():
    building = [{"building_id": "B1", "geometry": square(0, 0, 40)}]
    found, _ = rows(street(pipe("W1", "JS", [(10, 10), (30, 10)]), building=building))
    assert found.loc["H-W1-B1"].gap_m == 0.0


def test_tree_and_pole_distances_are_measured_to_their_centre():
    found, _ = rows(street(
        pipe("W1", "JS", [(0, 0), (50, 0)]),
        tree=[{"tree_id": "A1", "kind": "arbor", "geometry": Point(10, 1.0)}],
        pole=[{"pole_id": "L1", "kind": "lighting", "geometry": Point(30, 0.4)}],
    ))  # fmt: skip
    assert found.loc["H-W1-A1"].required_m == 1.5
    assert found.loc["H-W1-A1"].gap_m == pytest.approx(0.95)
    assert found.loc["H-W1-L1"].gap_m == pytest.approx(0.35)


STREET = {"road_id": "R1", "place": "carriageway", "width_m": 20.0}


def test_kerb_is_judged_beside_the_pipe_and_not_where_the_pipe_passes_under_it():
    road = [STREET | {"geometry": square(0, 0, 30)}]
    found, _ = rows(street(
        pipe("W1", "JS", [(0, -1.0), (30, -1.0)]), pipe("W2", "JS", [(15, -20), (15, 50)]),
        road=road,
    ))  # fmt: skip
    assert found.loc["H-W1-R1"].required_m == 1.5
    assert "H-W2-R1" not in found.index


def test_a_kerb_drawn_by_the_class_of_its_road_is_never_a_conflict_and_never_clear():
    drawn = STREET | {"width_m": None, "geometry": square(0, 0, 30)}
    for away in (1.0, 1.8):  # 0.95 m of the 1.5 m asked; 1.75 m
        beside = pipe("W1", "JS", [(0, -away), (30, -away)], quality="records_only")
        outcome = find_conflicts(street(beside, road=[drawn]), ConflictParams())
        row = outcome.layers["conflict"].set_index("conflict_id").loc["H-W1-R1"]
        assert (row.verdict, row.missing) == ("unverified", "road.width_m")
        assert (row.rule_id, row.required_m) == ("H034", 1.5)
        assert row.gap_m == pytest.approx(away - 0.05)
        assert not any("H-W1-R1" in ids for ids in outcome.layers["trial_pit"]["conflict_ids"])
    stated, _ = rows(street(pipe("W1", "JS", [(0, -1.0), (30, -1.0)]),
                            road=[drawn | {"width_m": 30.0}]))  # fmt: skip
    assert stated.loc["H-W1-R1"].verdict == "conflict"


def test_lane_without_a_raised_kerb_asks_for_no_distance_to_one():
    lane = STREET | {"geometry": square(0, 0, 30)}
    beside = pipe("W1", "JS", [(0, -1.0), (30, -1.0)])
    unknown, _ = rows(street(beside, road=[lane]))
    flush, _ = rows(street(beside, road=[lane | {"kerb_m": 0.0}]))
    assert "H-W1-R1" in unknown.index
    assert "H-W1-R1" not in flush.index


def test_the_seam_between_two_carriageways_is_no_kerb():
    one = STREET | {"geometry": shapely.box(0, 0, 100, 20)}
    other = STREET | {"road_id": "R2", "geometry": shapely.box(100, 0, 200, 20)}
    gap = other | {"geometry": shapely.box(100.01, 0, 200, 20)}
    flush = other | {"kerb_m": 0.0}
    across = pipe("G1", "RQ", [(100, 5), (100, 15)])
    beside = pipe("G2", "RQ", [(20, 19.5), (180, 19.5)])
    for neighbour in (other, gap, flush):
        found, _ = rows(street(across, road=[one, neighbour]))
        assert "road" not in found["b_layer"].tolist()
    found, _ = rows(street(beside, road=[one, other]))
    assert {"H-G2-R1", "H-G2-R2"} <= set(found.index)


def test_cover_is_asked_by_the_surface_above():
    road = [{"road_id": "R1", "place": "carriageway", "geometry": square(20, -5, 10)}]
    found, _ = rows(street(
        pipe("W1", "JS", [(0, 0), (50, 0)], start_depth_m=0.65, end_depth_m=0.65), road=road
    ))  # fmt: skip
    cover = found[found["check"] == "cover"]
    assert cover.index.tolist() == ["C-W1-carriageway"]
    assert cover.iloc[0].required_m == 0.7
    assert cover.iloc[0].deficit_m == pytest.approx(0.05)


def test_pressure_pipe_yields_to_gravity_pipe_and_the_rule_is_named():
    found, _ = rows(street(
        pipe("S1", "PS", [(0, 0), (50, 0)]),
        pipe("W1", "JS", [(0, 0.6), (50, 0.6)]),
    ))  # fmt: skip
    assert (found.loc["H-S1-W1"].yields, found.loc["H-S1-W1"].yield_rule_id) == ("b", "Y01")


def test_gas_under_power_is_graver_than_water_beside_water():
    found, _ = rows(street(
        pipe("G1", "RQ", [(0, 0), (50, 0)]),
        pipe("P1", "DL", [(0, 0.2), (50, 0.2)]),
        pipe("S1", "PS", [(0, 30), (50, 30)]),
        pipe("T1", "TX", [(0, 30.9), (50, 30.9)]),
    ))  # fmt: skip
    assert found.loc["H-G1-P1"].severity_score > found.loc["H-S1-T1"].severity_score


def test_trial_pits_share_a_hole_where_verdicts_are_open_together():
    outcome = find_conflicts(street(
        pipe("S1", "PS", [(0, 0), (50, 0)], start_depth_m=None),
        pipe("W1", "JS", [(25, -20), (25, 20)], owner_id="O2"),
        pipe("W2", "JS", [(26, -20), (26, 20)], owner_id="O2"),
    ), ConflictParams())  # fmt: skip
    pits = outcome.layers["trial_pit"]
    of_sewer = pits[pits["owner_id"] == "O1"]
    assert of_sewer["settles"].max() == 2  # both crossings of the sewer
    settled = [name for names in of_sewer["conflict_ids"] for name in names]
    assert len(settled) == len(set(settled))


def test_no_pipes_give_no_rows_with_the_same_columns():
    empty, counts = rows(street())
    some, _ = rows(street(pipe("S1", "PS", [(0, 0), (5, 0)], start_depth_m=None)))
    assert len(empty) == 0
    assert list(empty.columns) == list(some.columns)
    assert counts["conflict"] == 0


def dig(work_id, line, **stated):
    return {
        "work_id": work_id, "kind": "dig", "state": "planned", "organisation_id": "O9",
        "trench_width_m": 1.0, "geometry": shapely.LineString(line), **stated,
    }  # fmt: skip


def test_a_dig_in_the_protection_strip_of_gas_is_a_conflict_and_in_its_control_strip_possible():
    # 0.9 m to the axis less 0.05 m of pipe and 0.5 m of trench: 0.35 m of the 0.5 m asked.
    found, _ = rows(street(
        pipe("G1", "RQ", [(0, 0), (50, 0)]),
        work=[dig("K1", [(10, 0.9), (30, 0.9)]), dig("K2", [(0, 3.0), (50, 3.0)])],
    ))  # fmt: skip
    near, far = found.loc["H-G1-K1"], found.loc["H-G1-K2"]
    assert (near.verdict, near.rule_id, near.required_m) == ("conflict", "H265", 0.5)
    assert near.gap_m == pytest.approx(0.35)
    assert near.deficit_m == pytest.approx(0.15)
    assert (far.verdict, far.reason, far.rule_id) == ("possible", "range", "H266")
    assert (far.b_layer, far.b_owner_id) == ("work", "O9")


def test_digs_of_the_owner_finished_ones_and_those_beside_other_pipes_are_no_matter_of_strips():
    found, _ = rows(street(
        pipe("G1", "RQ", [(0, 0), (50, 0)]), pipe("W1", "JS", [(0, 90), (50, 90)]),
        work=[
            dig("K1", [(10, 0.9), (30, 0.9)], organisation_id="O1"),
            dig("K2", [(10, 0.9), (30, 0.9)], state="done"),
            dig("K3", [(10, 90), (30, 90)]), dig("K4", [(0, 5.7), (50, 5.7)]),
        ],
    ))  # fmt: skip
    assert "work" not in found["b_layer"].tolist()


def test_gas_of_unknown_pressure_beside_a_dig_is_unverified():
    found, _ = rows(street(
        pipe("G1", "RQ", [(0, 0), (50, 0)], pressure_mpa=None),
        work=[dig("K1", [(10, 3.0), (30, 3.0)])],
    ))  # fmt: skip
    row = found.loc["H-G1-K1"]
    assert (row.verdict, row.missing) == ("unverified", "pressure_mpa")


def test_a_pipe_delivered_by_two_owners_is_told_as_probably_one():
    found, counts = rows(street(
        pipe("W1", "JS", [(0, 0), (30, 0), (60, 2)]),
        pipe("W2", "JS", [(60.03, 2.02), (30.03, 0.02), (0.03, 0.02)], owner_id="O2"),
        pipe("W3", "JS", [(0, 0.4), (30, 0.4), (60, 2.4)], owner_id="O2"),
        pipe("W4", "JS", [(30, -20), (30, 20)], owner_id="O2"),
        pipe("W5", "JS", [(0, 0), (30, 0)], nominal_mm=600, outside_mm=600.0, owner_id="O3"),
    ))  # fmt: skip
    assert [name for name in found.index if name.startswith("D-")] == ["D-W1-W2"]
    row = found.loc["D-W1-W2"]
    assert (row.check, row.verdict, row.reason) == ("duplicate", "possible", "duplicate")
    assert (row.a_owner_id, row.b_owner_id) == ("O1", "O2")
    assert row.length_short_m == pytest.approx(60, abs=0.3)
    assert row.yields == ""
    assert counts["duplicates"] == 1
    assert "V-W1-W2" not in found.index


def test_pipes_of_one_class_that_meet_end_to_end_are_a_joint_whoever_owns_them():
    found, counts = rows(street(
        pipe("T1", "TX", [(0, 0), (40, 0)], laying="duct"),
        pipe("T2", "TX", [(40.1, 0.05), (80, 0)], laying="duct", owner_id="O2"),
        pipe("T3", "TX", [(80.05, 0.1), (120, 0)], laying="duct", owner_id=None),
        pipe("T4", "TX", [(120.3, 0.0), (160, 0)], laying="duct", owner_id="O4"),
        pipe("W1", "JS", [(40, -0.05), (60, -20)], owner_id="O3"),
    ))  # fmt: skip
    pairs = {name for name in found.index if name.startswith("H-")}
    assert not pairs & {"H-T1-T2", "H-T2-T3"}
    assert "H-T3-T4" in pairs  # three decimetres apart: two ends, no joint
    assert "H-T1-W1" in pairs  # another class is no joint
    assert counts["joint"] == 2
