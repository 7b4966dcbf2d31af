"""Planned digs that could be one: what is joined, what is saved, what is left apart."""

import json

import numpy as np
import pytest
import shapely
from shapely.affinity import rotate, translate
from shapely.geometry import LineString, MultiLineString

from app.analysis import analysis_named
from app.analysis.corridors.params import CorridorParams
from app.errors import CrsError
from app.schema.analysis import Inputs, no_progress
from app.store.rule_files import load_all_rules
from tests.analysis.streets import layer
from tests.oracles.corridors import packages

SAVING = load_all_rules().table("dig_saving")
JUNE = ("2024-06-03", "2024-06-28")
MAY = ("2024-05-06", "2024-05-31")


def dig(name, owner, points, days=JUNE, **stated):
    """One row of layer work: a dig of an organisation."""
    shape = points if isinstance(points, shapely.Geometry) else LineString(points)
    return {
        "work_id": name, "name": name, "organisation_id": owner, "kind": "dig", "item_code": None,
        "state": "planned", "starts_on": days[0], "ends_on": days[1], "trench_width_m": 1.0,
        **stated, "geometry": shape,
    }  # fmt: skip


def item(name, code, points, days=JUNE, **stated):
    """One item of a community's scope."""
    return {
        "community_item_id": name, "work_item_id": code, "lead_id": "ORG-CITY", "decision": "confirmed",
        "starts_on": days[0], "ends_on": days[1], **stated, "geometry": LineString(points),
    }  # fmt: skip


def found(works=(), *, items=(), pipes=(), organisations=(), **settings):
    frames = {
        "work": layer("work", list(works)), "community_item": layer("community_item", list(items)),
        "pipe": layer("pipe", list(pipes)), "organisation": layer("organisation", list(organisations)),
    }  # fmt: skip
    inputs = Inputs(frames, {"dig_saving": SAVING})
    return analysis_named("corridors").run(inputs, CorridorParams(**settings), no_progress)


def rows(*args, **kwargs):
    return found(*args, **kwargs).layers["corridor"].to_dict("records")


def test_three_runs_of_a_community_sharing_eighty_metres_are_one_package_and_save_160_m():
    [row] = rows(
        items=[
            item("WATER", "B01", [(0, 0), (100, 0)], MAY),
            item("HEAT", "B11", [(20, 1.5), (100, 1.5)], ("2024-06-03", "2024-06-20")),
            item("CABLE", "B06", [(20, 3.0), (130, 3.0)], ("2024-06-24", "2024-07-05")),
        ],
        join_distance_m=2.0,
    )
    assert row["member_ids"] == [
        "community_item:CABLE", "community_item:HEAT", "community_item:WATER"
    ]  # fmt: skip
    assert row["kind"] == "opportunity"
    assert row["shared_m"] == pytest.approx(80.0)
    assert row["saved_m"] == pytest.approx(160.0)
    # Unknown width 1.2 m and 0.3 m on each side: 1.8 m repaved; each joined dig widens by 0.6 m.
    assert row["repaving_m2"] == pytest.approx(80 * 1.8 + 160 * 0.6)
    assert row["saved_repaving_m2"] == pytest.approx(160 * 1.2)
    # 160 m x 260 + 192 m2 x 190 + two openings x 5000 yuan.
    assert row["saved_fen"] == (160 * 260 + 192 * 190 + 2 * 5000) * 100
    assert row["geometry"].equals(LineString([(20, 1.5), (100, 1.5)]))


def test_two_utilities_weeks_apart_are_an_opportunity_led_by_who_digs_more():
    [row] = rows([
        dig("W", "ORG-WATER", [(0, 0), (120, 0)], MAY), dig("G", "ORG-GAS", [(40, 3), (100, 3)], JUNE)
    ])  # fmt: skip
    assert (row["kind"], row["lead_id"]) == ("opportunity", "ORG-WATER")
    assert (row["starts_on"], row["ends_on"]) == ("2024-05-06", "2024-06-28")
    assert (row["shared_m"], row["saved_m"]) == (60.0, 60.0)


def test_overlapping_periods_are_a_conflict_to_settle_and_not_an_opportunity():
    [row] = rows([
        dig("W", "ORG-WATER", [(0, 0), (80, 0)], ("2024-06-01", "2024-06-10")),
        dig("G", "ORG-GAS", [(0, 2), (80, 2)], ("2024-06-10", "2024-06-30")),
    ])  # fmt: skip
    assert row["kind"] == "conflict"
    assert row["overlaps"] == [["work:G", "work:W"]]


def test_one_party_that_opens_twice_at_one_time_has_an_opportunity():
    water, heat = item("W", "B01", [(0, 0), (80, 0)]), item("H", "B11", [(0, 2), (80, 2)])
    [row] = rows(items=[water, heat])
    assert (row["kind"], row["overlaps"]) == ("opportunity", [])


def test_two_mains_of_one_dig_beside_another_share_no_more_than_is_saved():
    mains = MultiLineString([[(0, 1), (80, 1)], [(0, -1), (80, -1)]])
    [row] = rows([dig("H", "ORG-HEAT", mains, MAY), dig("W", "ORG-WATER", [(0, 0), (80, 0)], JUNE)])
    assert (row["saved_m"], row["shared_m"]) == (80.0, 80.0)
    assert row["repaving_m2"] == pytest.approx(80 * 1.6 + 80 * 0.6)


def test_each_organisation_keeps_its_own_distance_and_lead_time_and_the_smaller_counts():
    works = [
        dig("W", "ORG-WATER", [(0, 0), (80, 0)], MAY),
        dig("G", "ORG-GAS", [(0, 4), (80, 4)], JUNE),
    ]
    shy = {"organisation_id": "ORG-GAS", "join_distance_m": 3.9, "lead_time_days": 30}
    slow = {"organisation_id": "ORG-GAS", "join_distance_m": 5.0, "lead_time_days": 2}
    fits = {"organisation_id": "ORG-GAS", "join_distance_m": 4.0, "lead_time_days": 3}
    assert rows(works, organisations=[shy]) == []
    assert rows(works, organisations=[slow]) == []
    assert len(rows(works, organisations=[fits])) == 1


@pytest.mark.parametrize(
    "other",
    [
        [(50, -40), (50, 40)],
        [(80, 0), (160, 0)],
        [(0, 10.01), (80, 10.01)],
        [(71, 1), (160, 1)],
    ],
    ids=["crossing", "end to end", "too far", "9 m side by side"],
)
def test_digs_that_do_not_run_side_by_side_stay_apart(other):
    assert rows([dig("W", "ORG-WATER", [(0, 0), (80, 0)]), dig("G", "ORG-GAS", other)]) == []


def test_exactly_on_the_limits_of_distance_length_and_days_is_joined():
    works = [
        dig("W", "ORG-WATER", [(0, 0), (80, 0)], ("2024-06-01", "2024-06-10")),
        dig("G", "ORG-GAS", [(70, 10), (160, 10)], ("2024-07-10", "2024-07-20")),
    ]
    [row] = rows(works)
    assert row["shared_m"] == pytest.approx(10.0)
    assert rows(works, join_days=29) == []


def test_a_chain_of_digs_is_cut_where_its_ends_are_too_far_apart_in_time():
    months = [
        ("2024-04-01", "2024-04-10"),
        ("2024-05-05", "2024-05-12"),
        ("2024-06-01", "2024-06-10"),
    ]
    chain = [
        dig(name, f"ORG-{name}", [(0, k * 4), (80, k * 4)], days)
        for k, (name, days) in enumerate(zip("ABC", months, strict=True))
    ]
    # A ends 25 days before B begins, B ends 20 days before C begins, A ends 52 before C begins.
    [row] = rows(chain, join_days=30)
    assert row["member_ids"] == ["work:B", "work:C"]
    [row] = rows(chain, join_days=52)
    assert row["member_ids"] == ["work:A", "work:B", "work:C"]


def test_parts_of_one_project_of_one_party_are_no_package():
    own = [dig("W1", "ORG-WATER", [(0, 0), (80, 0)]), dig("W2", "ORG-WATER", [(0, 1), (80, 1)])]
    assert rows(own) == []


def test_planned_pipes_and_dug_areas_take_part_and_existing_pipes_do_not():
    pipe = {
        "pipe_id": "P", "pipe_class": "RQ", "owner_id": "ORG-GAS", "status": "planned",
        "laying": "direct", "works_from": JUNE[0], "works_to": JUNE[1], "road_name": None,
        "geometry": LineString([(0, 2, 5), (80, 2, 5)]),
    }  # fmt: skip
    area = dig("A", "ORG-WATER", shapely.box(0, -1, 80, 1), MAY, trench_width_m=np.nan)
    [row] = rows([area], pipes=[pipe])
    assert row["member_ids"] == ["pipe:P", "work:A"]
    assert row["saved_m"] == pytest.approx(80.0)
    assert rows([area], pipes=[{**pipe, "status": "existing"}]) == []


def test_what_cannot_be_judged_is_counted_with_its_reason():
    line = [(0, 0), (80, 0)]
    outcome = found(
        [
            dig("U", "ORG-WATER", line, (None, None)), dig("R", "ORG-GAS", line, JUNE[::-1]),
            dig("D", "ORG-GAS", line, state="done"), dig("P", "ORG-GAS", line, kind="paving"),
        ],
        items=[{**item("I", "B01", line), "geometry": shapely.box(0, 0, 9, 9)},
               item("N", "B01", line, decision="rejected"), item("L", "W03", line)],
    )  # fmt: skip
    assert outcome.counts == {
        "digs": 0, "opportunity": 0, "conflict": 0,
        "without_place": 1, "without_period": 1, "ends_before_start": 1,
    }  # fmt: skip
    assert [*outcome.layers["corridor"].columns] == [*analysis_named("corridors").outputs[0].column_names, "geometry"]  # fmt: skip


def test_layers_in_degrees_are_refused():
    frames = {name: layer(name, []) for name in ("pipe", "community_item", "organisation")}
    frames["work"] = layer("work", [dig("W", "O", [(0, 0), (1, 1)])]).set_crs(
        4490, allow_override=True
    )
    with pytest.raises(CrsError):
        analysis_named("corridors").run(
            Inputs(frames, {"dig_saving": SAVING}), CorridorParams(), no_progress
        )


def town(seed, n=18):
    """Random digs along a few streets: (name, owner, line, days)."""
    rng = np.random.default_rng(seed)
    made = []
    for k in range(n):
        along, street = rng.uniform(0, 200), 60 * rng.integers(0, 3)
        length, bend = rng.uniform(30, 120), rng.uniform(-4, 4)
        line = LineString([
            (along, street + rng.uniform(-9, 9)),
            (along + length / 2, street + bend),
            (along + length, street + rng.uniform(-9, 9)),
        ])  # fmt: skip
        start = np.datetime64("2024-05-01") + int(rng.integers(0, 150))
        made.append((f"D{k:02d}", f"O{k}", line, (str(start), str(start + 15))))
    return made


@pytest.mark.parametrize("seed", range(3))
def test_packages_are_those_of_the_brute_force_over_all_pairs(seed):
    made = town(seed)
    plain = [
        (f"work:{name}", line, *(int(np.datetime64(day).astype("datetime64[D]").astype(int)) for day in days))
        for name, _, line, days in made
    ]  # fmt: skip
    expected = packages(plain, reach_m=5.0, days=20, least_m=11.3, angle_deg=20.0)
    got = rows(
        [dig(name, owner, line, days) for name, owner, line, days in made],
        join_distance_m=5.0, join_days=20, least_shared_m=11.3,
    )  # fmt: skip
    assert sorted(row["member_ids"] for row in got) == expected
    assert expected
    for row in got:
        assert row["shared_m"] > 0
        assert row["saved_m"] > 0


def summary(found_rows):
    return [
        (row["corridor_id"], row["kind"], pytest.approx(row["shared_m"], abs=0.02),
         pytest.approx(row["saved_m"], abs=0.02), row["lead_id"]) for row in found_rows
    ]  # fmt: skip


@pytest.mark.parametrize(
    "moved",
    [
        lambda line: translate(line, 12_345.5, -777.25),
        lambda line: rotate(line, 37, origin=(0, 0)),
        lambda line: line.reverse(),
    ],
    ids=["shifted", "turned", "drawn the other way"],
)
def test_moving_the_map_changes_no_package(moved):
    made = town(3)
    plain = rows([dig(name, owner, line, days) for name, owner, line, days in made])
    again = rows([dig(name, owner, moved(line), days) for name, owner, line, days in made])
    assert [*summary(again)] == [
        (r["corridor_id"], r["kind"], r["shared_m"], r["saved_m"], r["lead_id"]) for r in plain
    ]


def test_row_order_and_a_far_dig_change_nothing_so_a_rerun_keeps_packages_and_savings():
    made = [dig(name, owner, line, days) for name, owner, line, days in town(4)]
    plain = rows(made)
    again = rows([*made[::-1], dig("FAR", "OF", [(9000, 0), (9100, 0)])])
    assert plain
    assert json.dumps(plain, default=str) == json.dumps(again, default=str)


def test_a_run_in_two_parts_is_shared_part_by_part():
    parts = MultiLineString([[(0, 2), (30, 2)], [(50, 2), (80, 2)]])
    [row] = rows([dig("W", "ORG-WATER", [(0, 0), (80, 0)], MAY), dig("G", "ORG-GAS", parts, JUNE)])
    assert (row["shared_m"], row["saved_m"]) == (60.0, 60.0)
