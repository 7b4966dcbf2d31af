"""A storm from formula to zones: rain, ground, classes, cleaning, balance."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from matplotlib import cbook
from shapely.geometry import box

from app.analysis.storm.flood import RECORD, run_storm
from app.analysis.storm.ground import make_ground
from app.analysis.storm.params import SCHEMES, StormParams
from app.analysis.storm.rain import chicago, read_hyetograph, steady
from app.analysis.storm.run import design_storm, find_storm, require_balance
from app.analysis.storm.zones import Water, hazard_classes
from app.errors import AnalysisError, UsageError
from app.schema.analysis import Inputs, Raster, no_progress
from app.store.rule_files import load_all_rules

BOOK = load_all_rules()
TERMS, SURFACES = BOOK.table("storm_terms"), BOOK.table("storm_surfaces")
YINCHUAN = BOOK.table("rainstorm")["R1"]
NAMES = ("rainstorm", "storm_surfaces", "storm_terms", "flood_hazard_classes")
NO_COVER = pd.DataFrame({"cover": [], "geometry": []})


# --- rain ------------------------------------------------------------------------------------------
def test_a_chicago_storm_holds_the_depth_of_the_formula_about_its_peak():
    storm = chicago(YINCHUAN, 10, 120, 0.4)
    assert storm.depth_mm == pytest.approx(32.496, abs=0.001)  # row of rainstorm_test_values.csv
    for span in (5, 15, 30, 60):
        low, high = 48 - 0.4 * span, 48 + 0.6 * span
        fallen = (storm.fallen_m(high * 60) - storm.fallen_m(low * 60)) * 1000
        assert fallen == pytest.approx(YINCHUAN.depth_mm(10, np.array([span]))[0], rel=1e-6)


def test_a_return_period_beyond_the_formula_is_marked_and_not_refused():
    assert chicago(YINCHUAN, 10, 120, 0.4).note is None
    assert "超出公式适用范围" in chicago(YINCHUAN, 50, 120, 0.4).note.zh


def test_a_hyetograph_of_words_or_of_negative_rain_is_refused():
    assert read_hyetograph("1, 2.5，3", 5).depth_mm == 6.5
    for text in ("a,b", "1,-2", ""):
        with pytest.raises(UsageError):
            read_hyetograph(text, 5)


def test_a_place_without_figures_or_a_formula_that_is_not_there_is_refused():
    for formula in ("R3", "X9"):
        with pytest.raises(UsageError):
            design_storm(StormParams(formula=formula), BOOK.table("rainstorm"))


# --- ground ----------------------------------------------------------------------------------------
def terrain(z, cell=2.0):
    return Raster(np.asarray(z, dtype=np.float32), 0.0, z.shape[0] * cell, cell)


def houses(*shapes):
    return gpd.GeoDataFrame({"building_id": range(len(shapes))}, geometry=list(shapes), crs="EPSG:4544")  # fmt: skip


def test_the_rain_of_a_roof_falls_beside_the_building_and_none_is_lost():
    ground = make_ground(terrain(np.zeros((20, 20))), houses(box(10, 10, 20, 20)), NO_COVER, SURFACES, TERMS)  # fmt: skip
    assert ground.catch.sum() == pytest.approx(400)
    assert not ground.catch[ground.building > 0].any()
    assert (ground.building > 0).sum() == 25


def test_small_holes_are_closed_large_ones_are_drains_and_both_are_said():
    z = np.zeros((30, 30))
    z[5:7, 5:7] = np.nan
    z[15:20, 15:20] = np.nan
    z[25, 25] = -3.0
    ground = make_ground(terrain(z), houses(), NO_COVER, SURFACES, TERMS)
    told = " ".join(text.en for text in ground.report)
    assert "1 holes of the terrain closed" in told
    assert "1 larger holes: they act as drains" in told
    assert "1 pits of one cell taken as errors and raised, the deepest 3.00 m" in told
    assert (ground.kind[1:-1, 1:-1] == 2).sum() == 25


def test_a_terrain_without_heights_is_refused_and_a_coarse_one_told():
    with pytest.raises(AnalysisError):
        make_ground(terrain(np.full((5, 5), np.nan)), houses(), NO_COVER, SURFACES, TERMS)
    ground = make_ground(terrain(np.zeros((5, 5)), cell=30.0), houses(), NO_COVER, SURFACES, TERMS)
    assert any("cannot see kerbs" in text.en for text in ground.report)


# --- water balance ----------------------------------------------------------------------------------
@pytest.mark.parametrize("mode", ["record", "full"])
def test_every_drop_of_a_storm_over_a_town_is_accounted_for(mode):
    rng = np.random.default_rng(2)
    z = rng.random((40, 50)) * 0.2 + np.arange(50) * 0.02
    ground = make_ground(terrain(z), houses(box(20, 20, 50, 32), box(60, 30, 74, 60)), NO_COVER, SURFACES, TERMS)  # fmt: skip
    flood = run_storm(ground, steady(30, 10), SURFACES, TERMS, mode=mode, after_min=3)
    assert flood.balance.rain_m3 == pytest.approx(0.030 * 40 * 50 * 4, rel=1e-4)
    assert flood.balance.error_share < 1e-6
    assert flood.balance.left_m3 > 0


def test_no_rain_makes_no_water_and_a_bad_balance_is_not_published():
    ground = make_ground(terrain(np.zeros((10, 10))), houses(), NO_COVER, SURFACES, TERMS)
    flood = run_storm(ground, steady(0, 5), SURFACES, TERMS, mode=RECORD)
    assert not flood.depth.any()
    require_balance(flood.balance, TERMS)
    wrong = flood.balance.__class__(100.0, 10.0, 0.0, 0.0, 50.0)
    with pytest.raises(AnalysisError):
        require_balance(wrong, TERMS)


# --- zones -----------------------------------------------------------------------------------------
def water(depth, speed=0.0):
    depth = np.atleast_2d(np.asarray(depth, dtype=np.float32))
    fast = np.full_like(depth, speed)
    return Water(depth, fast, depth * fast, np.zeros_like(depth), depth < 0)


def test_the_chinese_working_classes_begin_at_kerb_exhaust_and_wading_depth():
    rows = BOOK.table("flood_hazard_classes").classes(SCHEMES["china"])
    depths = [0.0, 0.14, 0.15, 0.27, 0.5, 2.0]
    assert hazard_classes(rows, water(depths), shown_m=0.02)[0].tolist() == [0, 0, 1, 2, 3, 3]
    assert hazard_classes(rows, water([0.1], speed=2.5), shown_m=0.02)[0].tolist() == [3]


def test_the_australian_classes_take_the_highest_that_any_limit_requires():
    rows = BOOK.table("flood_hazard_classes").classes(SCHEMES["aidr"])
    assert hazard_classes(rows, water([0.1, 0.4, 0.6, 1.5, 3, 5]), shown_m=0.02)[0].tolist() == [1, 2, 3, 4, 5, 6]  # fmt: skip
    assert hazard_classes(rows, water([0.2], speed=2.0), shown_m=0.02)[0].tolist() == [5]


def test_a_hollow_in_the_yard_becomes_nested_zones_that_do_not_overlap():
    x, y = np.meshgrid(np.arange(60), np.arange(60))
    z = 1.0 + 0.01 * x - np.where((x - 30) ** 2 + (y - 30) ** 2 < 150, 0.9 * (1 - ((x - 30) ** 2 + (y - 30) ** 2) / 150), 0)  # fmt: skip
    inputs = Inputs(
        {"building": houses(box(20, 20, 30, 40)), "landcover": NO_COVER},
        BOOK.supply(NAMES), {"terrain": terrain(z)},
    )  # fmt: skip
    for mode in ("slider", "record", "full"):
        outcome = find_storm(inputs, StormParams(mode=mode, rain_mm=160, duration_min=20, after_min=5), no_progress)  # fmt: skip
        zones = outcome.layers["storm_zone"]
        assert zones["hazard_class"].iloc[0] == "high"
        assert zones.geometry.area.min() >= 25
        assert shapely.union_all(zones.geometry.values).area == pytest.approx(zones.geometry.area.sum())  # fmt: skip
        assert (zones["area_m2"] - zones.geometry.area).abs().max() < 0.1
        deepest = zones.iloc[0]
        assert deepest.geometry.distance(shapely.Point(60, 60)) < 12
        assert "水量平衡" in outcome.notes[0].zh
        again = find_storm(inputs, StormParams(mode=mode, rain_mm=160, duration_min=20, after_min=5), no_progress)  # fmt: skip
        assert again.layers["storm_zone"].equals(zones)


# --- real ground -------------------------------------------------------------------------------------
@pytest.mark.parametrize(("mode", "said"), [("slider", "total rain only"), ("record", "outside the range of the local-inertial mode"), ("full", "cannot see kerbs")])  # fmt: skip
def test_a_real_mountain_runs_in_every_mode_and_is_told_to_be_coarse(mode, said):
    """The elevation model that comes with matplotlib: about 30 m cells, 236 to 1,076 m."""
    with np.load(cbook.get_sample_data("jacksboro_fault_dem.npz", asfileobj=False)) as held:
        height = held["elevation"].astype(np.float32)[:120, :120]
    inputs = Inputs(
        {"building": houses(), "landcover": NO_COVER}, BOOK.supply(NAMES),
        {"terrain": terrain(height, cell=30.0)},
    )  # fmt: skip
    params = StormParams(mode=mode, rain_mm=60, duration_min=20, after_min=2)
    outcome = find_storm(inputs, params, no_progress)
    assert outcome.counts["balance_error_ppm"] <= 10
    told = " ".join(note.en for note in outcome.notes)
    assert said in told
    assert "cannot see kerbs" in told
    assert outcome.counts["rain_m3"] == pytest.approx(0.06 * 120 * 120 * 900, rel=1e-3)
