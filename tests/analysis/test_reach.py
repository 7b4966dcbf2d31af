"""Which homes have what within walking distance, on streets drawn by hand."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from app.analysis import analysis_named
from app.schema import layer_named
from app.schema.analysis import Inputs, no_progress, parse_params
from app.store.rule_files import load_all_rules

CRS = "EPSG:4544"
REACH = analysis_named("reach")
RULES = load_all_rules().supply(REACH.rules)
EAST, NORTH = 600_000.0, 4_200_000.0


def frame(name, rows):
    layer = layer_named(name)
    columns = [*layer.column_names, *(["geometry"] if layer.is_spatial else [])]
    table = pd.DataFrame(rows, columns=columns).astype(object)
    if not layer.is_spatial:
        return table
    moved = [
        shapely.transform(g, lambda xy: xy + np.array([EAST, NORTH])) for g in table["geometry"]
    ]
    return gpd.GeoDataFrame(table.drop(columns="geometry"), geometry=moved, crs=CRS)


COURT = shapely.box(-50, -50, 50, 50)


def town(*, gate="open", kindergarten=(200, 0), households=24, more=(), way=((0, 0), (400, 0))):
    """A walled court with one house (a door at the origin), a lane out, a kindergarten on it."""
    services = [
        {"service_id": "S1", "kind": "kindergarten", "state": "existing",
         "geometry": shapely.Point(kindergarten)}, *more,
    ]  # fmt: skip
    rows = {
        "community": [{"community_id": "C1", "township_id": "T1", "name": "院", "geometry": COURT}],
        "building": [{"building_id": "B1", "community_id": "C1", "use": "residential",
                      "households": households, "geometry": shapely.box(-10, 0, 0, 8)}],
        "stair_unit": [],
        "unit_door": [{"unit_door_id": "D1", "building_id": "B1", "geometry": shapely.Point(0, 0)}],
        "service": services,
        "walkway": [{"walkway_id": "W1", "kind": "shared", "geometry": shapely.LineString(way)}],
        "wall": [{"wall_id": "L1", "community_id": "C1",
                  "geometry": shapely.LineString(COURT.exterior)}],
        "gate": [{"gate_id": "G1", "community_id": "C1", "state": gate,
                  "geometry": shapely.Point(50, 0)}],
    }  # fmt: skip
    return {name: frame(name, items) for name, items in rows.items()}


def run(frames, **settings):
    return REACH.run(Inputs(frames, RULES), parse_params(REACH.params, settings), no_progress)


def row_of(frames, kind="kindergarten", **settings):
    found = run(frames, **settings).layers["reach"]
    [row] = found[found["kind"] == kind].itertuples()
    return row


def gap_of(frames, kind="kindergarten", layer="community", **settings):
    found = run(frames, **settings).layers["reach_gap"]
    [row] = found[(found["kind"] == kind) & (found["place_layer"] == layer)].itertuples()
    return row


def test_a_kindergarten_two_hundred_metres_away_is_within_three_hundred():
    row = row_of(town())
    assert (row.unit_door_id, row.nearest_id, row.verdict) == ("D1", "S1", "within")
    assert (row.walk_m, row.straight_m, row.within, row.limit_m) == (200, 200, 1, 300)
    assert row.minutes == pytest.approx(200 / 60, abs=0.001)


@pytest.mark.parametrize(("east", "verdict"), [(300, "within"), (300.01, "beyond")])
def test_the_limit_itself_is_within(east, verdict):
    assert row_of(town(kindergarten=(east, 0))).verdict == verdict


def test_the_old_are_judged_by_the_same_time():
    assert row_of(town(kindergarten=(240, 0)), profile="older").verdict == "within"
    assert row_of(town(kindergarten=(241, 0)), profile="older").verdict == "beyond"


def test_behind_a_closed_gate_no_way_is_known_and_the_households_count_apart():
    row, gap = row_of(town(gate="closed")), gap_of(town(gate="closed"))
    assert (row.verdict, row.missing) == ("unknown", "walkway")
    assert (gap.households, gap.households_within, gap.households_unknown) == (24, 0, 24)
    assert np.isnan(gap.share_within)


def test_a_kind_that_the_plan_holds_nowhere_is_unknown_not_beyond():
    row = row_of(town(), kind="primary")
    assert (row.verdict, row.missing) == ("unknown", "service.kind")


def test_a_straight_line_beyond_the_limit_needs_no_walkway_to_be_beyond():
    assert row_of(town(gate="closed", kindergarten=(390, 0))).verdict == "beyond"


def test_a_bus_stop_is_judged_by_the_straight_line_and_both_distances_are_shown():
    stop = {"service_id": "S2", "kind": "bus_stop", "state": "existing",
            "geometry": shapely.Point(300, 400)}  # fmt: skip
    row = row_of(town(more=[stop], way=((0, 0), (300, 0), (300, 400))), kind="bus_stop")
    assert (row.measure, row.straight_m, row.walk_m, row.verdict) == (
        "straight",
        500,
        700,
        "within",
    )


def test_a_planned_facility_serves_nobody_yet():
    frames = town()
    frames["service"]["state"] = "planned"
    assert row_of(frames).verdict == "unknown"


def test_a_facility_off_the_walkways_may_be_the_one_in_reach():
    near = {"service_id": "S0", "kind": "kindergarten", "state": "existing",
            "geometry": shapely.Point(0, 200)}  # fmt: skip
    row = row_of(town(kindergarten=(350, 0), more=[near]))
    assert (row.verdict, row.missing) == ("unknown", "service.entrance_x")


def test_a_house_without_a_door_is_walked_from_its_outline():
    frames = town()
    frames["unit_door"] = frames["unit_door"][:0]
    row = row_of(frames)
    assert (row.unit_door_id, row.walk_m) == (None, 200)


def test_households_that_nobody_counted_are_homes_apart():
    gap = gap_of(town(households=None), layer="township")
    assert (gap.households, gap.homes_uncounted, gap.verdict) == (0, 1, "unknown")


def test_a_facility_far_away_and_the_order_of_rows_change_nothing():
    far = {"service_id": "S9", "kind": "kindergarten", "state": "existing",
           "geometry": shapely.Point(9000, 9000)}  # fmt: skip
    lane = {"walkway_id": "W9", "kind": "shared",
            "geometry": shapely.LineString([(8990, 9000), (9010, 9000)])}  # fmt: skip
    plain, more = town(), town(more=[far])
    more["walkway"] = pd.concat([frame("walkway", [lane]), more["walkway"]])
    turned = {name: rows.iloc[::-1] for name, rows in more.items()}
    for layer in ("reach", "reach_gap"):
        pd.testing.assert_frame_equal(
            pd.DataFrame(run(plain).layers[layer]), pd.DataFrame(run(turned).layers[layer])
        )


def test_a_plan_without_walkways_or_homes_gives_unknown_and_nothing():
    frames = town()
    frames["walkway"] = frames["walkway"][:0]
    assert row_of(frames).verdict == "unknown"
    frames["building"], frames["unit_door"] = frames["building"][:0], frames["unit_door"][:0]
    assert len(run(frames).layers["reach"]) == 0
