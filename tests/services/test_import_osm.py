"""Chosen layers of an OpenStreetMap extract come into a plan that exists, and go again."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from app.errors import CrsError, InputFileError, UsageError
from app.geo.crs import project
from app.schema import Actor
from app.services.from_osm import init_from_osm
from app.services.imports import ImportOptions, import_file, undo_import
from app.services.meta import plan_facts
from app.services.plans import OpenPlan
from app.store import ImportBatch, PlanMeta, PlanStore
from tests.osm_drawn import LAT0, LON0, Drawing

PLANNER = Actor("张三", "住建局")
CRS = "EPSG:32635"


@pytest.fixture
def plan(tmp_path):
    """A township of a kilometre with one community and one building, none of them from OSM."""
    [(x, y)] = shapely.get_coordinates(project(shapely.points([[LON0, LAT0]]), "EPSG:4326", CRS))
    township = gpd.GeoDataFrame(
        {"township_id": ["T1"], "name": ["卡利奥"]},
        geometry=[shapely.box(x, y, x + 1000, y + 1000)], crs=CRS,
    )  # fmt: skip
    community = gpd.GeoDataFrame(
        {"community_id": ["C1"], "name": ["东区"], "township_id": ["T1"]},
        geometry=[shapely.box(x, y, x + 300, y + 300)], crs=CRS,
    )  # fmt: skip
    building = gpd.GeoDataFrame(
        {"building_id": ["B1"]}, geometry=[shapely.box(x + 500, y + 500, x + 520, y + 510)], crs=CRS
    )
    with PlanStore.create(tmp_path / "plan", PlanMeta("p", "测试", crs=CRS)) as store:
        store.load(
            {"township": township, "community": community, "building": building},
            batch=ImportBatch(), actor=PLANNER,
        )  # fmt: skip
        yield store


@pytest.fixture
def extract(tmp_path: Path) -> Path:
    drawing = Drawing()
    drawing.box(1, 100, 100, 20, {"building": "apartments", "building:levels": "5"})
    drawing.box(2, 700, 700, 20, {"building": "yes"})
    drawing.box(3, 5000, 5000, 20, {"building": "yes"})  # four kilometres off the township
    drawing.way(4, [drawing.node(41, 50, 50), drawing.node(42, 250, 50)], {"highway": "footway"})
    drawing.node(5, 110, 130, {"amenity": "pharmacy", "name": "Apteekki"})
    return drawing.write(tmp_path / "kallio.osm.pbf", size_m=6000)


def test_the_layers_named_come_in_with_the_places_of_the_plan(plan, extract):
    report = import_file(extract, plan, PLANNER, ImportOptions(layer="楼栋,步行网"))
    assert report.counts["kept"] == 3
    assert plan.counts()["service"] == 0
    house = plan.row("building", "w1")
    assert (house["community_id"], house["floors"]) == ("C1", 5)
    assert house["households"] is None
    assert plan.row("building", "w2")["community_id"] is None
    assert plan.row("walkway", "w4") is not None or plan.counts()["walkway"] == 1
    assert plan.verify() == []


def test_what_lies_far_outside_the_plan_is_left_out_and_counted(plan, extract):
    report = import_file(extract, plan, PLANNER, ImportOptions(layer="building"), dry_run=True)
    [layer] = report.layers
    assert (layer.read, layer.kept, layer.rejected) == (3, 2, 1)
    assert [(f.code, f.severity) for f in report.findings] == [("outside_plan", "info")]
    assert layer.as_json("zh")["place"]["townships"] == {"卡利奥": 1.0}
    assert plan.counts()["building"] == 1


def test_without_a_layer_named_those_come_that_the_plan_lacks(plan, extract):
    report = import_file(extract, plan, PLANNER, ImportOptions())
    assert plan.counts()["building"] == 1
    assert plan.counts()["walkway"] == 1
    assert plan.counts()["service"] == 1
    [told] = [f for f in report.findings if f.code == "layer_in_plan"]
    assert "building" in told.message.en


def test_an_element_that_the_plan_has_stays_as_it_is(plan, extract):
    import_file(extract, plan, PLANNER, ImportOptions(layer="building"))
    again = import_file(extract, plan, PLANNER, ImportOptions(layer="building"))
    assert again.counts["kept"] == 0
    assert again.batch_id == ""
    assert again.layers[0].reasons["id_in_plan"] == 2


def test_an_extract_is_taken_back_whole_and_its_file_is_kept_meanwhile(plan, extract):
    before = plan.content_hash("building")
    report = import_file(extract, plan, PLANNER, ImportOptions(layer="building"))
    dataset = plan.row("dataset", report.batch_id)
    assert dataset["licence"] == "ODbL 1.0"
    assert dataset["attribution"] == "© OpenStreetMap contributors"
    assert plan_facts(OpenPlan(plan))["attribution"] == "© OpenStreetMap contributors"
    assert plan.file_path(dataset["file_sha256"]).read_bytes() == extract.read_bytes()
    undo_import(plan, report.batch_id, PLANNER)
    assert plan.content_hash("building") == before


def test_an_extract_of_another_region_is_refused(tmp_path, extract):
    with PlanStore.create(tmp_path / "litong", PlanMeta("l", "利通", crs="EPSG:4544")) as store:
        with pytest.raises(CrsError) as refused:
            import_file(extract, store, PLANNER, ImportOptions(layer="building"))
        assert "24.95" in refused.value.message.en
        assert store.counts()["building"] == 0


def test_pipes_are_not_asked_of_openstreetmap(plan, extract):
    with pytest.raises(UsageError):
        import_file(extract, plan, PLANNER, ImportOptions(layer="管线"))


def test_a_broken_extract_changes_nothing(plan, extract, tmp_path):
    half = tmp_path / "half.osm.pbf"
    half.write_bytes(extract.read_bytes()[:-40])
    with pytest.raises(InputFileError):
        import_file(half, plan, PLANNER, ImportOptions(layer="building"))
    assert list((plan.folder / "files").iterdir()) == []


def test_an_empty_plan_takes_what_a_plan_made_of_the_extract_has(tmp_path, helsinki_pbf):
    made = init_from_osm(tmp_path / "made", helsinki_pbf, actor=PLANNER)
    with PlanStore.create(tmp_path / "empty", PlanMeta("e", "空", crs=made.crs)) as store:
        import_file(helsinki_pbf, store, PLANNER, ImportOptions())
        counts = {layer: rows for layer, rows in store.counts().items() if rows}
        kept = {layer: rows for layer, rows in made.counts.items() if rows}
        for record in ("attachment", "dataset", "import_batch"):
            counts.pop(record, None)
            kept.pop(record, None)
        assert counts == kept
        assert store.verify() == []
