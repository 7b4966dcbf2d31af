"""The ground put right: walls with gates, kerbs, ways under, culverts, downpipes, measures."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy import ndimage
from shapely.geometry import LineString, Point, box

from app.analysis.storm import changes
from app.analysis.storm.flood import run_storm
from app.analysis.storm.ground import make_ground
from app.analysis.storm.measures import Tanks
from app.analysis.storm.params import StormParams
from app.analysis.storm.rain import steady
from app.analysis.storm.run import find_storm, runoff, slid
from app.geo.depressions import CLOSED, OPEN, OUTSIDE, find_hollows
from app.schema import layer_named
from app.schema.analysis import Inputs, Raster, no_progress
from app.store.rule_files import load_all_rules

BOOK = load_all_rules()
TERMS, SURFACES = BOOK.table("storm_terms"), BOOK.table("storm_surfaces")
RULES = ("rainstorm", "storm_surfaces", "storm_terms", "flood_hazard_classes")
CRS = "EPSG:4544"


def layer(name, *rows):
    columns = [*layer_named(name).column_names, "geometry"]
    return gpd.GeoDataFrame([dict(row) for row in rows], columns=columns, geometry="geometry", crs=CRS)  # fmt: skip


def measure(kind, shape, **values):
    return {"storm_measure_id": f"M-{kind}", "kind": kind, "geometry": shape, **values}


def ground(z, *, cell=2.0, houses=(), **around):
    """The ground of a square of 2 m cells whose south-west corner is 0, 0."""
    rows = z.shape[0]
    terrain = Raster(np.asarray(z, dtype=np.float32), 0.0, rows * cell, cell)
    buildings = layer("building", *({"building_id": f"B{n}", "geometry": shape} for n, shape in enumerate(houses)))  # fmt: skip
    frames = {name: layer(name, *rows) for name, rows in around.items()}
    return make_ground(terrain, buildings, layer("landcover"), SURFACES, TERMS, around=frames)


def poured_on(made, rain_mm):
    hollows = find_hollows(made.z, made.kind)
    return slid(made, hollows, runoff(made, hollows, SURFACES), rain_mm)


def told(made):
    return " ".join(text.en for text in made.report)


FLAT = np.zeros((40, 40))
YARD = box(20, 20, 60, 60).exterior


def way_out(made, x, y):
    """Whether water at a point reaches the rim over open cells."""
    parts, _ = ndimage.label(made.kind != CLOSED)
    at = parts.ravel()[made.frame.cell_of(x, y)]
    return bool(at in parts[made.kind == OUTSIDE])


# --- walls -----------------------------------------------------------------------------------------
def test_a_wall_stops_water_and_a_gate_lets_it_through():
    wall = {"wall_id": "W", "kind": "wall", "geometry": LineString(YARD)}
    shut = ground(FLAT, wall=[wall])
    assert not way_out(shut, 40, 40)
    assert "1 yards are closed on all sides" in told(shut)
    opened = ground(
        FLAT, wall=[wall], gate=[{"gate_id": "G", "geometry": Point(40, 21), "width_m": 3.0}]
    )
    assert way_out(opened, 40, 40)
    assert "1 walls stop water, open at 1 gates" in told(opened)
    assert shut.catch.sum() == pytest.approx(1600)  # the rain on the wall falls beside it
    assert (shut.reason == changes.WALL).sum() == (shut.kind == CLOSED).sum()


def test_no_water_slips_through_a_wall_that_runs_askew():
    askew = shapely.affinity.rotate(box(20, 20, 60, 60), 31).exterior
    made = ground(FLAT, wall=[{"wall_id": "W", "kind": "wall", "geometry": LineString(askew)}])
    parts, _ = ndimage.label(made.kind != CLOSED, structure=np.ones((3, 3)))
    assert parts.ravel()[made.frame.cell_of(40, 40)] != parts[0, 0]


@pytest.mark.parametrize(("kind", "said"), [("fence", ""), ("hedge", ""), (None, "unknown kind")])
def test_fences_hedges_and_walls_of_unknown_kind_let_water_through(kind, said):
    made = ground(FLAT, wall=[{"wall_id": "W", "kind": kind, "geometry": LineString(YARD)}])
    assert (made.kind[1:-1, 1:-1] == OPEN).all()
    assert said in told(made)


def test_a_terrain_that_cannot_see_kerbs_sees_no_walls_either():
    made = ground(np.zeros((20, 20)), cell=10.0, wall=[{"wall_id": "W", "kind": "wall", "geometry": LineString(box(40, 40, 160, 160).exterior)}])  # fmt: skip
    assert (made.kind[1:-1, 1:-1] == OPEN).all()


# --- kerbs and ways under --------------------------------------------------------------------------
STREET = {"road_id": "R", "kerb_m": 0.15, "geometry": box(0, 30, 80, 40)}


def test_a_kerb_that_the_terrain_does_not_show_is_put_in_and_one_it_shows_is_left():
    made = ground(FLAT, road=[STREET])
    street = made.reason == changes.KERB
    assert street.sum() == 40 * 5
    assert made.z[street] == pytest.approx(0.0)
    assert made.z[(made.kind == OPEN) & ~street] == pytest.approx(0.15)
    shown = FLAT.copy()
    shown[20:25] = -0.15
    kept = ground(shown, road=[STREET])
    assert not (kept.reason == changes.KERB).any()
    assert "the terrain shows the kerbs of 1 roads" in told(kept)
    assert not (ground(FLAT, road=[{**STREET, "kerb_m": None}]).reason == changes.KERB).any()


def test_an_underpass_is_opened_through_the_deck_above_it():
    dam = FLAT + np.where(np.abs(np.arange(40) - 20) < 4, 3.0, 0.0)
    way = {"road_id": "U", "underpass": True, "geometry": box(20, 38, 60, 42)}
    assert ground(dam).z.ravel()[ground(dam).frame.cell_of(41, 41)] == pytest.approx(3.0)
    made = ground(dam, road=[way])
    assert made.z.ravel()[made.frame.cell_of(41, 41)] == pytest.approx(0.0, abs=0.01)
    assert (made.reason == changes.UNDERPASS).any()


def test_a_culvert_drains_what_a_dam_holds_back():
    x = np.arange(40)
    dam = np.tile(0.02 * x, (40, 1)) + np.where(x == 10, 2.0, 0.0)
    dam[[0, -1]] = 5.0  # nothing goes round it
    line = LineString([(10, 41), (34, 41)])
    before = ground(dam)
    after = ground(dam, storm_measure=[measure("culvert", line)])
    stood = [poured_on(one, 50.0).balance.stored_m3 for one in (before, after)]
    assert stood[0] > 50
    assert stood[1] < 1
    assert "1 culverts burnt in" in told(after)


# --- measures --------------------------------------------------------------------------------------
def test_the_roof_water_of_a_house_with_a_downpipe_falls_at_its_foot():
    house = box(30, 30, 50, 50)
    spread = ground(FLAT, houses=[house])
    piped = ground(FLAT, houses=[house], storm_measure=[measure("downpipe", Point(30.5, 29))])
    foot = piped.frame.cell_of(31, 29)
    assert piped.catch.sum() == pytest.approx(spread.catch.sum())
    assert piped.catch.ravel()[foot] == pytest.approx(101.0)


def test_paving_and_gardens_change_the_cover_and_a_garden_lies_low_and_is_no_hazard():
    made = ground(FLAT, storm_measure=[
        measure("permeable", box(10, 10, 20, 20)), measure("rain_garden", box(40, 40, 50, 50), depth_m=0.3),
    ])  # fmt: skip
    index = {cover: n for n, cover in enumerate(SURFACES.covers)}
    assert (made.soil == index["permeable"]).sum() == 25
    garden = made.soil == index["rain_garden"]
    assert garden.sum() == 25
    assert made.z[garden] == pytest.approx(0.0)
    assert np.array_equal(made.holds, garden)
    assert (made.reason == changes.MEASURE).sum() == 50


def test_a_canal_holds_water_and_is_no_zone():
    terrain = Raster(FLAT.astype(np.float32), 0.0, 80.0, 2.0)
    canal = layer("landcover", {"landcover_id": "L", "cover": "water", "geometry": box(0, 0, 80, 10)})  # fmt: skip
    made = make_ground(terrain, layer("building"), canal, SURFACES, TERMS)
    assert made.holds.sum() == 40 * 5
    assert "800 m² of canals" in told(made)


def test_a_lowered_kerb_lets_the_street_run_into_the_green():
    z = np.where(np.arange(40) < 20, 0.0, -0.4) * np.ones((40, 1))
    z[:, 19] = 0.15
    cut = LineString([(39, 38), (39, 42)])
    made = ground(z, storm_measure=[measure("kerb_cut", cut)])
    cells = made.reason == changes.MEASURE
    assert cells.sum() == 2
    assert made.z[cells] == pytest.approx(0.0)


def bowl():
    x, y = np.meshgrid(np.arange(40) - 20, np.arange(40) - 20)
    return np.minimum(0.004 * (x**2 + y**2), 0.6)


def test_a_tank_takes_its_volume_and_no_more_and_the_balance_closes():
    tank = measure("tank", Point(41, 39), volume_m3=40.0)
    made = ground(bowl(), storm_measure=[tank])
    flood = run_storm(
        made, steady(60, 10), SURFACES, TERMS, after_min=20, drains=Tanks(made.tanks, 4.0)
    )
    assert flood.balance.drained_m3 == pytest.approx(40.0, rel=1e-4)
    assert flood.balance.error_share < 1e-6
    poured = poured_on(made, 60.0)
    assert poured.balance.drained_m3 == pytest.approx(40.0)
    assert poured.balance.error_share < 1e-12
    bare = ground(bowl(), storm_measure=[measure("tank", Point(41, 39))])
    assert bare.tanks == ()
    assert "1 tanks without a volume" in told(bare)


def storm(**around):
    frames = {"building": layer("building"), "landcover": layer("landcover")}
    frames |= {name: layer(name, *rows) for name, rows in around.items()}
    inputs = Inputs(frames, BOOK.supply(RULES), {"terrain": Raster(bowl().astype(np.float32), 0.0, 80.0, 2.0)})  # fmt: skip
    return find_storm(inputs, StormParams(mode="record", rain_mm=60, duration_min=10, after_min=5), no_progress)  # fmt: skip


def test_measures_make_the_water_shallower_and_a_run_shows_what_was_changed():
    before = storm()
    garden = measure("rain_garden", box(20, 20, 60, 60), depth_m=0.3)
    after = storm(storm_measure=[garden, measure("tank", Point(41, 39), volume_m3=30.0)])
    assert "storm_ground" not in before.rasters
    shown = after.rasters["storm_ground"].values
    assert set(np.unique(shown[~np.isnan(shown)])) == {float(changes.MEASURE)}
    assert sum(after.layers["storm_zone"]["area_m2"]) < sum(before.layers["storm_zone"]["area_m2"])
    assert any("rain garden: 1 places" in note.en for note in after.notes)


def test_measures_that_are_closed_or_nowhere_do_nothing():
    rows = pd.concat([
        layer("storm_measure", measure("permeable", box(10, 10, 20, 20), state="closed")),
        layer("storm_measure", measure("permeable", None)),
    ])  # fmt: skip
    terrain = Raster(FLAT.astype(np.float32), 0.0, 80.0, 2.0)
    made = make_ground(terrain, layer("building"), layer("landcover"), SURFACES, TERMS, around={"storm_measure": rows})  # fmt: skip
    assert not made.reason.any()
