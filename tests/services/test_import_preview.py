"""What a person sees of a delivery before it is let in: where it lies, its rows in words, its shift."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely

from app.geo import gcj02
from app.schema import Actor
from app.services.imports import ImportOptions, import_file
from app.store import ImportBatch, PlanMeta, PlanStore

ACTOR = Actor("王工", "住建局")
EAST, NORTH = 605_400.0, 4_205_900.0
CRS = "EPSG:4544"


def blocks(count: int, *, off: float = 0.0) -> list[shapely.Polygon]:
    """Houses of different lengths in a row, a few hundred metres in all."""
    return [
        shapely.box(
            EAST + 45 * n + off, NORTH + off, EAST + 45 * n + 20 + n + off, NORTH + 12 + off
        )
        for n in range(count)
    ]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("preview") / "plan"
    with PlanStore.create(folder, PlanMeta("p", "测试", crs=CRS)) as store:
        townships = gpd.GeoDataFrame(
            {"township_id": ["T1", "T2"], "name": ["金星镇", "古城镇"]},
            geometry=[
                shapely.box(EAST - 2000, NORTH - 2000, EAST + 200, NORTH + 2000),
                shapely.box(EAST + 200, NORTH - 2000, EAST + 2000, NORTH + 2000),
            ],
            crs=CRS,
        )
        communities = gpd.GeoDataFrame(
            {"community_id": ["C1"], "name": ["裕西小区"]},
            geometry=[shapely.box(EAST - 20, NORTH - 20, EAST + 1000, NORTH + 40)], crs=CRS,
        )  # fmt: skip
        buildings = gpd.GeoDataFrame(
            {"building_id": [f"B{n}" for n in range(20)]}, geometry=blocks(20), crs=CRS
        )
        store.load(
            {"township": townships, "community": communities, "building": buildings},
            batch=ImportBatch(), actor=ACTOR,
        )  # fmt: skip
    return folder


@pytest.fixture
def plan(finished: Path, tmp_path: Path):
    shutil.copytree(finished, tmp_path / "plan")
    with PlanStore.open(tmp_path / "plan") as store:
        yield store


def delivered(path: Path, shapes, *, shift=None, **columns) -> Path:
    """A file in degrees, shifted as a web map would."""
    flat = np.array(gpd.GeoSeries(list(shapes), crs=CRS).to_crs(4326))
    if shift is not None:
        flat = shapely.transform(flat, lambda c: np.stack(shift(c[:, 0], c[:, 1]), 1))
    columns = columns or {"name": ["x"] * len(flat)}
    pyogrio.write_dataframe(gpd.GeoDataFrame(columns, geometry=flat, crs=4326), path)
    return path


def look(plan: PlanStore, path: Path, **said):
    report = import_file(path, plan, ACTOR, ImportOptions(layer="building", **said), dry_run=True)
    return report, report.layers[0]


# --- the shift of web maps ---------------------------------------------------------------------
@pytest.mark.parametrize(
    ("truth", "shift"),
    [("wgs84", None), ("gcj02", gcj02.wgs84_to_gcj02), ("bd09", gcj02.wgs84_to_bd09)],
)
def test_a_delivery_in_degrees_is_laid_over_the_plan_and_its_shift_found_out(
    plan, tmp_path, truth, shift
):
    path = delivered(tmp_path / "a.geojson", blocks(12, off=0.7), shift=shift)
    report, layer = look(plan, path)
    assert (layer.shift.datum, layer.shift.certainty) == (truth, "sure")
    assert "中位距离" in layer.shift.evidence.zh
    assert ("datum_found" in [f.code for f in report.findings]) == (truth != "wgs84")
    saved = import_file(path, plan, ACTOR, ImportOptions(layer="building"))
    dataset = plan.row("dataset", saved.batch_id)
    assert ("(" in dataset["crs"]) == (truth != "wgs84")
    [row] = plan.read("building", where={"dataset_id": saved.batch_id}).geometry.iloc[:1]
    assert row.hausdorff_distance(blocks(1, off=0.7)[0]) < 0.01


def test_what_the_person_says_holds_against_the_evidence_and_the_doubt_is_told(plan, tmp_path):
    path = delivered(tmp_path / "a.geojson", blocks(12), shift=gcj02.wgs84_to_gcj02)
    report, layer = look(plan, path, datum="wgs84")
    assert (layer.shift.datum, layer.shift.certainty) == ("wgs84", "stated")
    [doubt] = [f for f in report.findings if f.code == "datum_contradicted"]
    assert "GCJ-02" in doubt.message.zh


def test_where_the_plan_has_nothing_to_compare_the_shift_is_unknown_and_said_so(plan, tmp_path):
    far = [shapely.transform(shape, lambda c: np.add(c, (0, 9000))) for shape in blocks(8)]
    report, layer = look(plan, delivered(tmp_path / "a.geojson", far))
    assert (layer.shift.datum, layer.shift.certainty) == ("wgs84", "unknown")
    [told] = [f for f in report.findings if f.code == "datum_unknown"]
    assert "cannot tell WGS-84 from GCJ-02" in told.message.en


def test_metres_are_not_asked_about_the_shift(plan, tmp_path):
    frame = gpd.GeoDataFrame({"name": ["x"] * 8}, geometry=blocks(8), crs=CRS)
    pyogrio.write_dataframe(frame, tmp_path / "a.gpkg", layer="building")
    report, layer = look(plan, tmp_path / "a.gpkg")
    assert layer.shift.certainty == ""
    assert report.findings == ()


# --- where it lies -------------------------------------------------------------------------------
def test_the_place_is_told_by_township_with_its_bounds(plan, tmp_path):
    _, layer = look(plan, delivered(tmp_path / "a.geojson", blocks(20)))
    place = layer.as_json("zh")["place"]
    assert place["townships"] == {"金星镇": 0.25, "古城镇": 0.75}
    assert place["words"] == "古城镇 75%、金星镇 25%"
    west, south, east, north = layer.as_json("zh")["bounds"]
    assert 106.19 < west < east < 106.22
    assert 37.97 < south < north < 37.99


def test_what_lies_outside_the_plan_is_told_with_its_distance(plan, tmp_path):
    away = [shapely.transform(shape, lambda c: np.add(c, (0, 9000))) for shape in blocks(8)]
    _, layer = look(plan, delivered(tmp_path / "a.geojson", [*blocks(8), *away]))
    place = layer.as_json("en")["place"]
    assert place["outside"] == 0.5
    assert place["nearest_km"] == pytest.approx(7.0, abs=0.02)
    assert "outside the plan's townships 50%, 7.0 km away" in place["words"]


# --- the rows --------------------------------------------------------------------------------------
def test_the_first_rows_are_shown_as_they_would_be_saved(plan, tmp_path):
    path = delivered(
        tmp_path / "a.geojson", blocks(2, off=300),
        楼号=["1号楼", "2号楼"], 小区名称=["裕西", "裕西小区"], 建筑面积=["1,200㎡", None],
        用途=["住宅", "商业"], 备注=["", ""],
    )  # fmt: skip
    _, layer = look(plan, path)
    told = {column["column"]: column for column in layer.as_json("zh")["preview_words"]}
    assert told["community_id"]["values"] == ["裕西小区", "裕西小区"]
    assert told["floor_area_m2"]["label"] == "建筑面积"
    assert told["floor_area_m2"]["unit"] == "m²"
    assert told["floor_area_m2"]["values"] == ["1,200", "未知"]
    assert told["geometry"]["values"] == ["面 240.0 m²", "面 252.0 m²"]
    assert "dataset_id" not in told
    english = {c["column"]: c["values"] for c in layer.as_json("en")["preview_words"]}
    assert english["floor_area_m2"] == ["1,200", "unknown"]
    assert json.dumps(layer.as_json("zh"), allow_nan=False)
