"""A run says where its mode is outside its range."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from app.analysis.storm.params import StormParams
from app.analysis.storm.run import find_storm
from app.schema.analysis import Inputs, Raster, no_progress
from app.store.rule_files import load_all_rules

NAMES = ("rainstorm", "storm_surfaces", "storm_terms", "flood_hazard_classes")


def yard(fall_m):
    """A walled yard of 120 m by 40 m: flat in the east, 40 m of ramp in the west that falls so far."""
    height = np.zeros((20, 60), dtype=np.float32)
    height[:, :20] = np.linspace(fall_m, 0, 20, endpoint=False)
    height[:, -1] = height[0] = height[-1] = height[:, 0] = fall_m + 2.0
    return Raster(height, 0.0, 40.0, 2.0)


def flooded(mode, fall_m):
    nothing = gpd.GeoDataFrame({"building_id": []}, geometry=[], crs="EPSG:4544")
    inputs = Inputs(
        {"building": nothing, "landcover": pd.DataFrame({"cover": [], "geometry": []})},
        load_all_rules().supply(NAMES), {"terrain": yard(fall_m)},
    )  # fmt: skip
    params = StormParams(mode=mode, rain_mm=200, duration_min=60, after_min=5)
    return find_storm(inputs, params, no_progress)


def test_fast_water_at_the_foot_of_a_ramp_is_told_to_be_outside_the_range_of_the_record_mode():
    outcome = flooded("record", 4.8)
    [told] = [note.en for note in outcome.notes if "outside the range" in note.en]
    x, y = told.split("near (")[1].rstrip(")").split(", ")
    assert float(x) == pytest.approx(40, abs=20)  # the ramp ends at 40 m
    assert float(y) == pytest.approx(20, abs=10)
    assert 400 < outcome.counts["beyond_range_m2"] < 0.5 * 120 * 40
    assert outcome.layers["storm_zone"]["beyond_share"].max() > 0.1


def test_a_level_yard_is_nearly_all_within_the_range():
    assert flooded("record", 0.0).counts["beyond_range_m2"] < 0.05 * 120 * 40


@pytest.mark.parametrize("mode", ["full", "slider"])
def test_the_other_modes_have_no_such_place(mode):
    outcome = flooded(mode, 4.8)
    assert len(outcome.layers["storm_zone"]) > 0
    assert outcome.counts["beyond_range_m2"] == 0
    assert not any("outside the range" in note.en for note in outcome.notes)
    assert (outcome.layers["storm_zone"]["beyond_share"] == 0).all()
