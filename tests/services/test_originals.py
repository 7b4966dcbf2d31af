"""The delivery as received stays with the plan, once, and goes to those who may have it."""

from __future__ import annotations

import zipfile
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely

from app.errors import InvalidDataError, NotAllowedError, NotFoundError
from app.schema import Actor
from app.services.imports import ImportOptions, import_file, undo_import
from app.services.imports.original import kept_delivery
from app.services.plans import OpenPlan
from app.store import PlanMeta, PlanStore

PLANNER = Actor("王工", "住建局")
EAST, NORTH = 605_400.0, 4_205_900.0


@pytest.fixture
def plan(tmp_path):
    with PlanStore.create(tmp_path / "plan", PlanMeta("p", "测试", crs="EPSG:4544")) as store:
        yield store


def delivered(path: Path, *ids: str, layer: str = "building") -> Path:
    shapes = [shapely.box(EAST + 40 * n, NORTH, EAST + 40 * n + 12, NORTH + 12)
              for n in range(len(ids))]  # fmt: skip
    if layer == "pipe":
        shapes = [shapely.LineString(shape.exterior.coords) for shape in shapes]
    frame = gpd.GeoDataFrame({f"{layer}_id": list(ids)}, geometry=shapes, crs="EPSG:4544")
    pyogrio.write_dataframe(frame, path, layer=layer)
    return path


def kept(plan: PlanStore) -> list[str]:
    return sorted(path.name for path in (plan.folder / "files").iterdir())


def test_a_delivery_is_kept_byte_by_byte_under_the_hash_of_its_dataset(plan, tmp_path):
    file = delivered(tmp_path / "楼栋.gpkg", "A1", "A2")
    report = import_file(file, plan, PLANNER, ImportOptions())
    assert kept(plan) == [report.sha256]
    assert plan.row("dataset", report.batch_id)["file_sha256"] == report.sha256
    found = kept_delivery(OpenPlan(plan), report.batch_id, PLANNER)
    assert found.name == "楼栋.gpkg"
    assert found.path.read_bytes() == file.read_bytes()


def test_the_same_delivery_twice_is_one_file(plan, tmp_path):
    file = delivered(tmp_path / "a.gpkg", "A1")
    first = import_file(file, plan, PLANNER, ImportOptions())
    undo_import(plan, first.batch_id, PLANNER)
    second = import_file(file, plan, PLANNER, ImportOptions())
    assert kept(plan) == [first.sha256] == [second.sha256]
    assert plan.verify() == []


def test_a_look_and_a_delivery_without_a_good_row_keep_nothing(plan, tmp_path):
    file = delivered(tmp_path / "a.gpkg", "A1")
    import_file(file, plan, PLANNER, ImportOptions(), dry_run=True)
    assert kept(plan) == []
    import_file(file, plan, PLANNER, ImportOptions())
    import_file(file, plan, PLANNER, ImportOptions())  # every id is there already
    assert len(kept(plan)) == 1


def test_a_delivery_that_cannot_be_saved_leaves_no_file(plan, tmp_path):
    file = tmp_path / "twice.gpkg"
    delivered(file, "A1")
    frame = pyogrio.read_dataframe(file)
    pyogrio.write_dataframe(frame, file, layer="楼栋", append=True)  # the same id again
    with pytest.raises(InvalidDataError):
        import_file(file, plan, PLANNER, ImportOptions())
    assert kept(plan) == []
    assert plan.counts()["building"] == 0


def test_all_parts_of_a_shapefile_are_kept_in_one_archive(plan, tmp_path):
    frame = gpd.GeoDataFrame({"name": ["x"]}, geometry=[shapely.box(EAST, NORTH, EAST + 9, NORTH + 9)],
                             crs="EPSG:4544")  # fmt: skip
    pyogrio.write_dataframe(frame, tmp_path / "house.shp")
    report = import_file(tmp_path / "house.shp", plan, PLANNER, ImportOptions(layer="building"))
    again = import_file(
        tmp_path / "house.shp", plan, PLANNER, ImportOptions(layer="building"), dry_run=True
    )
    assert again.sha256 == report.sha256
    found = kept_delivery(OpenPlan(plan), report.batch_id, PLANNER)
    assert found.name == "house.zip"
    with zipfile.ZipFile(found.path) as archive:
        assert {Path(name).suffix for name in archive.namelist()} >= {
            ".shp",
            ".dbf",
            ".shx",
            ".prj",
        }
        assert archive.read("house.shp") == (tmp_path / "house.shp").read_bytes()


def test_a_kept_delivery_that_was_altered_or_lost_is_a_finding(plan, tmp_path):
    report = import_file(delivered(tmp_path / "a.gpkg", "A1"), plan, PLANNER, ImportOptions())
    file = plan.file_path(report.sha256)
    file.write_bytes(b"something else")
    assert [finding.code for finding in plan.verify()] == ["stored_file"]
    file.unlink()
    assert [finding.code for finding in plan.verify()] == ["stored_file"]


def test_an_undone_import_hands_its_file_to_nobody(plan, tmp_path):
    report = import_file(delivered(tmp_path / "a.gpkg", "A1"), plan, PLANNER, ImportOptions())
    undo_import(plan, report.batch_id, PLANNER)
    with pytest.raises(NotFoundError):
        kept_delivery(OpenPlan(plan), report.batch_id, PLANNER)


def test_a_raw_delivery_goes_to_those_who_bring_deliveries_and_see_what_it_brought(plan, tmp_path):
    file = delivered(tmp_path / "p.gpkg", "P1", layer="pipe")
    report = import_file(file, plan, PLANNER, ImportOptions())
    assert kept_delivery(OpenPlan(plan), report.batch_id, PLANNER).name == "p.gpkg"
    with pytest.raises(NotAllowedError):
        kept_delivery(OpenPlan(plan), report.batch_id, Actor("游客", role="public"))
    with pytest.raises(NotFoundError):
        kept_delivery(OpenPlan(plan), report.batch_id, Actor("乡镇", role="township"))
