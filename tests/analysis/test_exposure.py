"""Who stands in the water: homes, doors, cabinets and roads drawn by hand."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point, box

from app.analysis import analysis_named
from app.schema import layer_named
from app.schema.analysis import Inputs, NoParams, Raster, no_progress
from app.store.rule_files import load_all_rules

CRS = "EPSG:4544"


def layer(name, *rows):
    columns = [*layer_named(name).column_names, "geometry"]
    return gpd.GeoDataFrame([dict(row) for row in rows], columns=columns, geometry="geometry", crs=CRS)  # fmt: skip


def exposed(**layers):
    """A yard of 40 x 40 m under 0.4 m of water in its south-west quarter."""
    depth = np.zeros((20, 20), dtype=np.float32)
    depth[10:, :10] = 0.4
    zone = {"storm_zone_id": "Z1", "hazard_class": "medium", "return_period_a": 20.0, "geometry": box(0, 0, 20, 20)}  # fmt: skip
    names = (
        "building",
        "stair_unit",
        "unit_door",
        "service",
        "asset",
        "road",
        "community",
        "storm_measure",
    )
    frames = {name: layer(name, *layers.get(name, ())) for name in names}
    inputs = Inputs(
        {**frames, "storm_zone": layer("storm_zone", zone)},
        load_all_rules().supply(("storm_terms",)),
        {"storm_depth": Raster(depth, 0.0, 40.0, 2.0)},
    )
    outcome = analysis_named("exposure").run(inputs, NoParams(), no_progress)
    return outcome.layers["storm_exposure"], outcome.counts


def test_a_house_beside_the_water_counts_with_its_households_and_a_far_one_does_not():
    rows, counts = exposed(
        building=[
            {"building_id": "B1", "community_id": "C1", "households": 30, "geometry": box(20, 4, 30, 16)},
            {"building_id": "B2", "community_id": "C1", "households": 40, "geometry": box(30, 25, 38, 38)},
        ],
        community=[{"community_id": "C1", "township_id": "T1", "geometry": box(0, 0, 40, 40)}],
    )  # fmt: skip
    [row] = rows.itertuples()
    assert (row.target_id, row.households, row.hazard_class, row.township_id) == ("B1", 30, "medium", "T1")  # fmt: skip
    assert row.depth_m == pytest.approx(0.4)
    assert (counts["buildings"], counts["households"]) == (1, 30)


def test_unknown_households_are_counted_apart_and_named():
    rows, counts = exposed(building=[{"building_id": "B1", "geometry": box(20, 4, 30, 16)}])
    assert rows["missing"].tolist() == ["households"]
    assert pd.isna(rows["households"].iloc[0])
    assert (counts["households"], counts["households_unknown"]) == (0, 1)


def test_a_door_floods_over_its_sill_and_a_sill_that_nobody_measured_is_said():
    door = {"building_id": "B1", "geometry": Point(10, 10)}
    rows, _ = exposed(
        building=[{"building_id": "B1", "households": 1, "geometry": box(30, 30, 38, 38)}],
        unit_door=[
            {**door, "unit_door_id": "low", "sill_m": 0.3},
            {**door, "unit_door_id": "high", "sill_m": 0.45},
            {**door, "unit_door_id": "unknown"},
        ],
    )
    told = dict(zip(rows["target_id"], rows["missing"].fillna(""), strict=True))
    assert told == {"low": "", "unknown": "sill_m"}


def test_cabinets_on_a_high_base_stay_dry_and_a_deep_road_stops_the_fire_engine():
    place = {"kind": "power_cabinet", "geometry": Point(10, 10)}
    rows, counts = exposed(
        asset=[{**place, "asset_id": "wet", "base_m": 0.1}, {**place, "asset_id": "dry", "base_m": 0.5},
               {**place, "asset_id": "bin", "kind": "bin"}],
        road=[{"road_id": "R1", "geometry": box(0, 8, 40, 12)}, {"road_id": "R2", "geometry": box(0, 30, 40, 34)}],
    )  # fmt: skip
    assert rows["target_id"].tolist() == ["wet", "R1"]
    assert (counts["assets"], counts["roads"]) == (1, 1)


def test_a_town_without_zones_has_nobody_exposed():
    rows, counts = exposed()
    assert len(rows) == 0
    assert set(counts.values()) == {0}


def sill(height, *where, **more):
    return [{"storm_measure_id": f"S{n}", "kind": "door_sill", "sill_m": height, "geometry": Point(at), **more} for n, at in enumerate(where)]  # fmt: skip


@pytest.mark.parametrize(
    ("height", "places", "dry"),
    [(0.5, [(20, 6), (20, 14)], True), (0.5, [(20, 6)], False), (0.3, [(20, 6), (20, 14)], False)],
)
def test_a_house_is_out_of_risk_once_every_door_has_a_sill_above_the_water(height, places, dry):
    """The water beside the house is 0.4 m deep; it has two doors."""
    doors = [
        {"unit_door_id": f"D{y}", "building_id": "B1", "geometry": Point(20, y)} for y in (6, 14)
    ]
    rows, counts = exposed(
        building=[{"building_id": "B1", "households": 30, "geometry": box(20, 4, 30, 16)}],
        unit_door=doors, storm_measure=sill(height, *places),
    )  # fmt: skip
    assert counts["households"] == (0 if dry else 30)
    assert counts["dry_behind_sills"] == int(dry)
    assert (rows["target_layer"] == "unit_door").sum() == (0 if dry else 2 if height < 0.4 else 1)


def test_a_sill_that_is_closed_or_far_away_protects_nobody():
    house = {"building_id": "B1", "households": 30, "geometry": box(20, 4, 30, 16)}
    for measures in (sill(0.5, (20, 10), state="closed"), sill(0.5, (36, 30))):
        _, counts = exposed(building=[house], storm_measure=measures)
        assert counts["households"] == 30
    _, counts = exposed(building=[house], storm_measure=sill(0.5, (20, 10)))
    assert counts["households"] == 0
