"""Heights come into a plan from grids, lists of points and contours, in any system, and are judged."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from pyproj import Transformer
from rasterio import Affine

from app.errors import CrsError, InputFileError, InvalidDataError, UsageError
from app.schema import Actor
from app.services.imports import ImportOptions, import_file, undo_import
from app.store import ImportBatch, PlanMeta, PlanStore
from app.store.rasters import read_raster

PLANNER = Actor("张三", "住建局")
CRS = "EPSG:4544"
X0, Y0 = 500_000.0, 4_205_000.0


@pytest.fixture
def plan(tmp_path):
    """A township of 400 m with five manholes at the height of the ground, 1,120 m."""
    township = gpd.GeoDataFrame({"township_id": ["T1"], "name": ["东"]}, geometry=[shapely.box(X0, Y0, X0 + 400, Y0 + 400)], crs=CRS)  # fmt: skip
    spots = [shapely.Point(X0 + 50 + 60 * n, Y0 + 200) for n in range(6)]
    nodes = gpd.GeoDataFrame(
        {"pipe_node_id": [f"N{n}" for n in range(6)], "ground_m": 1120.0, "owner_id": "O1"},
        geometry=spots, crs=CRS,
    )  # fmt: skip
    owner = {"organisation_id": ["O1"], "name": ["排水公司"]}
    with PlanStore.create(tmp_path / "plan", PlanMeta("p", "测试", crs=CRS)) as store:
        import pandas as pd

        store.load({"township": township, "organisation": pd.DataFrame(owner), "pipe_node": nodes},
                   batch=ImportBatch(), actor=PLANNER)  # fmt: skip
        yield store


def heights(rows=200, columns=200, cell=2.0):
    """A plane that rises 1 % to the east about 1,120 m."""
    return np.tile(1118.0 + 0.01 * cell * (np.arange(columns) + 0.5), (rows, 1))


def tiff(path, values, *, crs=CRS, place=None, cell=2.0, **more):
    place = place or Affine(cell, 0, X0, 0, -cell, Y0 + 400)
    with rasterio.open(path, "w", driver="GTiff", height=values.shape[0], width=values.shape[1],
                       count=1, dtype=values.dtype, crs=crs, transform=place, **more) as file:  # fmt: skip
        file.write(values, 1)
    return path


def brought(plan, path, **said):
    report = import_file(path, plan, PLANNER, ImportOptions(**said))
    row = plan.read("terrain").sort_values("updated_at").iloc[-1]
    return (
        report,
        read_raster(plan.file_path(row["file_sha256"])),
        {f.code for f in report.findings},
    )


def test_a_grid_in_the_plans_system_comes_in_cell_for_cell_and_goes_again(plan, tmp_path):
    values = heights().astype(np.float32)
    report, raster, codes = brought(plan, tiff(tmp_path / "dem.tif", values))
    assert (raster.west, raster.north, raster.cell_m) == (X0, Y0 + 400, 2.0)
    assert np.array_equal(raster.values, values)
    assert codes == set()
    assert (report.layers[0].layer, report.layers[0].kept) == ("terrain", 1)
    undo_import(plan, report.batch_id, PLANNER)
    assert plan.counts()["terrain"] == 0
    assert plan.verify() == []


def test_a_look_at_a_terrain_writes_nothing(plan, tmp_path):
    path = tiff(tmp_path / "dem.tif", heights().astype(np.float32))
    report = import_file(path, plan, PLANNER, ImportOptions(), dry_run=True)
    assert report.total("kept") == 1
    assert report.layers[0].bounds is not None
    assert plan.counts()["terrain"] == 0


def test_degrees_are_warped_to_the_plan_and_the_heights_stay(plan, tmp_path):
    turn = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    west, south, east, north = turn.transform_bounds(X0, Y0, X0 + 400, Y0 + 400)
    x = np.linspace(west, east, 200)
    x_m = Transformer.from_crs("EPSG:4326", CRS, always_xy=True).transform(x, np.full(200, (south + north) / 2))[0]  # fmt: skip
    values = np.tile(1118.0 + 0.01 * (x_m - X0), (200, 1)).astype(np.float32)
    place = Affine((east - west) / 200, 0, west, 0, -(north - south) / 200, north)
    _, raster, codes = brought(
        plan, tiff(tmp_path / "wgs.tif", values, crs="EPSG:4326", place=place)
    )
    assert "terrain_warped" in codes
    rows, columns = raster.values.shape
    centre = raster.values[rows // 2, columns // 2]
    where = raster.west + (columns // 2 + 0.5) * raster.cell_m
    assert centre == pytest.approx(1118.0 + 0.01 * (where - X0), abs=0.05)


def test_feet_are_converted_where_stated_and_named_where_they_only_look_so(plan, tmp_path):
    feet = (heights() / 0.3048).astype(np.float32)
    _, raster, codes = brought(plan, tiff(tmp_path / "ft.tif", feet), height_unit="ft")
    assert "terrain_feet" in codes
    assert np.nanmean(raster.values) == pytest.approx(heights().mean(), abs=0.01)
    _, _, codes = brought(plan, tiff(tmp_path / "unsaid.tif", feet))
    assert "terrain_like_feet" in codes
    with rasterio.open(tiff(tmp_path / "said.tif", feet), "r+") as file:
        file.units = ("ft",)
    _, raster, codes = brought(plan, tmp_path / "said.tif")
    assert "terrain_feet" in codes
    assert np.nanmean(raster.values) == pytest.approx(heights().mean(), abs=0.01)


def test_another_height_datum_is_seen_at_the_manholes(plan, tmp_path):
    _, _, codes = brought(plan, tiff(tmp_path / "dem.tif", (heights() + 12.0).astype(np.float32)))
    assert codes == {"terrain_datum"}


def test_holes_undeclared_nodata_and_heights_that_cannot_be_are_holes_and_said(plan, tmp_path):
    values = heights().astype(np.float32)
    values[:5] = -9999.0
    values[10, 10] = 1e6
    _, raster, codes = brought(plan, tiff(tmp_path / "dem.tif", values))
    assert codes == {"terrain_undeclared_nodata", "terrain_absurd", "terrain_holes"}
    assert np.isnan(raster.values).sum() == 5 * 200 + 1


def test_only_nodata_or_a_place_far_away_brings_nothing_in(plan, tmp_path):
    nothing = np.full((20, 20), -9999.0, np.float32)
    with pytest.raises(InvalidDataError, match="only nodata"):
        brought(plan, tiff(tmp_path / "none.tif", nothing, nodata=-9999.0))
    far = Affine(2, 0, X0 + 60_000, 0, -2, Y0)
    with pytest.raises((InvalidDataError, CrsError)):
        brought(plan, tiff(tmp_path / "far.tif", heights().astype(np.float32), place=far))
    assert plan.counts()["terrain"] == 0


def test_whole_metres_and_cells_coarser_than_streets_are_told(plan, tmp_path):
    coarse = heights(14, 14, 30.0).round().astype(np.int16)
    _, _, codes = brought(plan, tiff(tmp_path / "srtm.tif", coarse, cell=30.0))
    assert codes == {"terrain_coarse", "terrain_whole_metres"}


def test_a_grid_without_a_system_is_placed_by_its_figures_or_asked_for(plan, tmp_path):
    values = heights().astype(np.float32)
    report, _, _ = brought(plan, tiff(tmp_path / "bare.tif", values, crs=None))
    assert report.layers[0].crs == CRS
    assert report.layers[0].crs_certainty in ("sure", "likely")
    local = Affine(2, 0, 1000, 0, -2, 2000)
    with pytest.raises(CrsError):
        brought(plan, tiff(tmp_path / "local.tif", values, crs=None, place=local))


def test_an_ascii_grid_is_read_with_its_projection_beside_it(plan, tmp_path):
    from pyproj import CRS as System

    values = heights(20, 20)
    head = f"ncols 20\nnrows 20\nxllcorner {X0}\nyllcorner {Y0}\ncellsize 2\nNODATA_value -9999\n"
    values[3, 4] = -9999
    text = "\n".join(" ".join(f"{v:.3f}" for v in row) for row in values)
    (tmp_path / "dem.asc").write_text(head + text)
    (tmp_path / "dem.prj").write_text(System(CRS).to_wkt("WKT1_ESRI"))
    report, raster, codes = brought(plan, tmp_path / "dem.asc")
    assert report.layers[0].crs_certainty == "stated"
    assert raster.values.shape == (20, 20)
    assert np.isnan(raster.values[3, 4])
    assert (raster.west, raster.north) == (X0, Y0 + 40)
    assert codes == {"terrain_holes"}
    (tmp_path / "short.asc").write_text(head + "1 2 3")
    with pytest.raises(InputFileError, match="should hold 400"):
        brought(plan, tmp_path / "short.asc")


def test_points_in_rows_are_a_grid_and_scattered_ones_a_surface(plan, tmp_path):
    x, y = np.meshgrid(X0 + 1 + 2 * np.arange(50), Y0 + 1 + 2 * np.arange(40))
    z = 1120 + 0.01 * (x - X0)
    text = "\n".join(f"{a:.2f},{b:.2f},{c:.3f}" for a, b, c in zip(x.ravel(), y.ravel(), z.ravel(), strict=True))  # fmt: skip
    (tmp_path / "rows.xyz").write_text("x,y,z\n" + text)
    _, raster, _ = brought(plan, tmp_path / "rows.xyz", crs=CRS)
    assert raster.values.shape == (40, 50)
    assert raster.values[0] == pytest.approx(z[-1], abs=1e-3)
    rng = np.random.default_rng(3)
    spots = rng.uniform(0, 200, (800, 2)) + np.array([X0, Y0])
    lines = "\n".join(f"{a:.3f} {b:.3f} {1120 + 0.02 * (a - X0):.3f}" for a, b in spots)
    (tmp_path / "spots.xyz").write_text(lines)
    _, raster, codes = brought(plan, tmp_path / "spots.xyz", crs=CRS)
    assert "terrain_triangled" in codes
    east = raster.west + (np.arange(raster.values.shape[1]) + 0.5) * raster.cell_m
    slope = raster.values[raster.values.shape[0] // 2]
    known = ~np.isnan(slope)
    assert slope[known] == pytest.approx((1120 + 0.02 * (east - X0))[known], abs=2e-3)
    (tmp_path / "words.xyz").write_text("1 2 3\n4 five 6\n")
    with pytest.raises(InputFileError, match="no number"):
        brought(plan, tmp_path / "words.xyz", crs=CRS)


def contours(path, *, crs=CRS, with_z=False):
    """Contours of a cone of 100 m radius with a spot height on its top."""
    centre = shapely.Point(X0 + 200, Y0 + 200)
    rings = [shapely.LineString(centre.buffer(r).exterior) for r in range(10, 101, 10)]
    heights = [1130.0 - r / 10 for r in range(10, 101, 10)]
    shapes, levels = [*rings, centre], [*heights, 1130.0]
    if with_z:
        shapes = [shapely.force_3d(s, z) for s, z in zip(shapes, levels, strict=True)]
        frame = gpd.GeoDataFrame({"name": ["c"] * len(shapes)}, geometry=shapes, crs=CRS)
    else:
        frame = gpd.GeoDataFrame({"高程": levels}, geometry=shapes, crs=CRS)
    path.write_text(
        json.dumps(json.loads(frame.to_crs(4326).to_json(drop_id=True))), encoding="utf-8"
    )
    return path


@pytest.mark.parametrize("with_z", [True, False])
def test_contours_and_spots_become_a_surface_that_is_true_between_them(plan, tmp_path, with_z):
    path = contours(tmp_path / "contours.geojson", with_z=with_z)
    _, raster, codes = brought(plan, path, layer="地形")
    assert "terrain_triangled" in codes
    rows, columns = raster.values.shape
    x = raster.west + (np.arange(columns) + 0.5) * raster.cell_m
    y = raster.north - (np.arange(rows) + 0.5) * raster.cell_m
    far = np.hypot(*np.meshgrid(x - X0 - 200, y - Y0 - 200))
    cone = 1130.0 - far / 10
    on = (far < 95) & ~np.isnan(raster.values)
    assert on.sum() > 500
    assert np.abs(raster.values - cone)[on].max() < 0.25


def test_shapes_without_any_height_are_refused_as_terrain(plan, tmp_path):
    frame = gpd.GeoDataFrame({"name": ["a"]}, geometry=[shapely.LineString([(X0, Y0), (X0 + 9, Y0 + 9)])], crs=CRS)  # fmt: skip
    path = tmp_path / "lines.geojson"
    path.write_text(frame.to_crs(4326).to_json(), encoding="utf-8")
    with pytest.raises(InvalidDataError, match="no heights"):
        brought(plan, path, layer="terrain")


def test_a_grid_goes_nowhere_but_into_the_terrain(plan, tmp_path):
    path = tiff(tmp_path / "dem.tif", heights().astype(np.float32))
    with pytest.raises(UsageError):
        import_file(path, plan, PLANNER, ImportOptions(layer="building"))
    (tmp_path / "lie.tif").write_bytes(b"this is no picture")
    with pytest.raises(InputFileError):
        import_file(tmp_path / "lie.tif", plan, PLANNER, ImportOptions())
