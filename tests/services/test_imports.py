"""Deliveries brought into a real plan on disk: kept, repaired, rejected, joined, undone."""

from __future__ import annotations

import json
import shutil

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely

from app.errors import CrsError, InputFileError, UsageError, VersionClashError
from app.geo import gcj02
from app.geo.crs import project, project_points
from app.schema import LAYERS, Actor
from app.services.imports import ImportOptions, import_file, undo_import
from app.store import Edit, ImportBatch, PlanMeta, PlanStore

ACTOR = Actor("王工", "利通区住建局")
EAST, NORTH = 605_400.0, 4_205_900.0


def house(column, row=0, size=12.0):
    x, y = EAST + 40 * column, NORTH + 40 * row
    return shapely.box(x, y, x + size, y + size)


@pytest.fixture(scope="session")
def finished_plan(tmp_path_factory):
    """A plan with two communities and four buildings."""
    folder = tmp_path_factory.mktemp("plans") / "plan"
    with PlanStore.create(folder, PlanMeta("litong-test", "测试", crs="EPSG:4544")) as store:
        communities = gpd.GeoDataFrame(
            {
                "community_id": ["C1", "C2"],
                "name": ["裕西小区", "朝阳家园"],
                "aliases": [["裕西家属院", "粮食局家属院"], None],
            },
            geometry=[
                shapely.box(EAST - 20, NORTH - 20, EAST + 100, NORTH + 20),
                shapely.box(EAST - 20, NORTH + 21, EAST + 100, NORTH + 100),
            ],
            crs="EPSG:4544",
        )
        buildings = gpd.GeoDataFrame(
            {
                "building_id": ["B1", "B2", "B3", "B4"],
                "community_id": ["C1", "C1", "C2", "C2"],
                "number": ["1号楼", "三号楼", "1#", "2幢"],
                "aliases": [None, ["老三楼"], None, None],
                "households": pd.array([36, None, 40, None], dtype="Int64"),
                "year_built": pd.array([1985, 1998, None, None], dtype="Int64"),
            },
            geometry=[house(0), house(1), house(0, 1), house(1, 1)],
            crs="EPSG:4544",
        )
        store.load(
            {"community": communities, "building": buildings}, batch=ImportBatch(), actor=ACTOR
        )
    return folder


@pytest.fixture
def plan(finished_plan, tmp_path):
    folder = tmp_path / "plan"
    shutil.copytree(finished_plan, folder)
    with PlanStore.open(folder) as store:
        yield store


def hashes(store):
    return {
        name: store.content_hash(name) for name, layer in LAYERS.items() if layer.group != "result"
    }


def write(path, layer="building", crs="EPSG:4544", **columns):
    geometry = columns.pop("geometry")
    frame = gpd.GeoDataFrame(columns, geometry=list(geometry), crs=crs)
    pyogrio.write_dataframe(frame, path, layer=layer)
    return path


def codes(report):
    return [finding.code for finding in report.findings]


# --- layers with geometry -------------------------------------------------------------------
def test_a_geopackage_of_buildings_is_kept_with_its_values_and_its_delivery(plan, tmp_path):
    path = write(
        tmp_path / "new.gpkg",
        layer="新测楼栋",
        楼栋编号ID=["x", "y"],
        building_id=["N1", "N2"],
        楼号=["5号楼", "6号楼"],
        层数=["6层", "5"],
        建成年代=["1988年", "1992-05"],
        建筑面积=["3,200㎡", "2860.5"],
        小区名称=["裕西小区", "粮食局家属院"],
        用途=["住宅", "商住"],
        有电梯=["否", "有"],
        geometry=[house(3), house(4)],
    )
    options = ImportOptions(layer="楼栋", deliverer="测绘院", as_of="2024-04-01", accuracy="1:500")

    report = import_file(path, plan, ACTOR, options)

    assert report.counts == {"read": 2, "kept": 2, "repaired": 0, "rejected": 0, "updated": 0}
    row = plan.row("building", "N2")
    assert (row["number"], row["floors"], row["year_built"]) == ("6号楼", 5, 1992)
    assert (row["floor_area_m2"], row["use"], row["has_elevator"]) == (2860.5, "mixed", True)
    assert row["community_id"] == "C1"  # by the alias 粮食局家属院
    assert row["geometry"].equals(house(4))
    [dataset] = plan.read("dataset").itertuples()
    assert (dataset.deliverer, dataset.accuracy, dataset.secrecy) == ("测绘院", "1:500", "internal")
    assert str(dataset.delivered_on)[:10] == "2024-04-01"
    assert dataset.file_sha256 == report.sha256
    assert row["dataset_id"] == dataset.dataset_id


def test_a_dry_run_tells_everything_and_writes_nothing(plan, tmp_path):
    path = write(tmp_path / "new.gpkg", building_id=["N1"], geometry=[house(3)])
    before = hashes(plan)
    report = import_file(path, plan, ACTOR, ImportOptions(), dry_run=True)
    assert (report.counts["kept"], report.batch_id) == (1, "")
    [layer] = report.layers
    assert (layer.layer, layer.crs, layer.crs_certainty) == ("building", "EPSG:4544", "stated")
    assert layer.preview[0]["building_id"] == "N1"
    assert layer.bounds[0] == pytest.approx(106.2, abs=0.01)
    assert json.dumps(report.as_json("zh"), ensure_ascii=False, allow_nan=False)
    assert hashes(plan) == before


def test_every_fault_is_listed_with_file_layer_row_column_and_cure(plan, tmp_path):
    bowtie = shapely.Polygon(
        [(EAST, NORTH), (EAST + 10, NORTH + 10), (EAST + 10, NORTH), (EAST, NORTH + 10)]
    )
    path = write(
        tmp_path / "faults.gpkg",
        building_id=["N1", "N2", "N2", None, "B1", "N6", "N7"],
        year_built=["1990", "20000", "1990", "1990", "1990", "不知道", "1991"],
        use=["住宅", "住宅", "住宅", "住宅", "住宅", "城堡", None],
        geometry=[house(3), house(4), house(5), house(6), house(7), bowtie, None],
    )
    report = import_file(path, plan, ACTOR, ImportOptions(), dry_run=True)

    assert report.counts == {"read": 7, "kept": 3, "repaired": 2, "rejected": 4, "updated": 0}
    told = {(f.code, f.row, f.column) for f in report.findings}
    assert told == {
        ("duplicate_id", "3", "building_id"),
        ("missing_id", "4", "building_id"),
        ("id_in_plan", "5", "building_id"),
        ("self_crossing", "6", "geometry"),
        ("not_understood", "6", "year_built"),
        ("not_understood", "6", "use"),
        ("missing", "7", "geometry"),
        ("out_of_range", "2", "year_built"),
    }
    assert {(f.file, f.layer) for f in report.findings} == {("faults.gpkg", "building")}
    assert all(f.fix.zh and f.fix.en for f in report.findings)
    [bow] = [f for f in report.findings if f.code == "self_crossing"]
    assert "0.0 → 50.0 m²" in bow.message.zh


def test_a_faulty_cell_becomes_unknown_and_never_zero(plan, tmp_path):
    path = write(
        tmp_path / "a.gpkg",
        building_id=["N1"],
        建成年代=["20000"],
        户数=["很多"],
        geometry=[house(3)],
    )
    import_file(path, plan, ACTOR, ImportOptions())
    row = plan.row("building", "N1")
    assert row["year_built"] is None
    assert row["households"] is None


@pytest.mark.parametrize(
    ("crs", "stated", "swapped"),
    [
        ("EPSG:4523", False, False),
        ("EPSG:4523", False, True),
        ("EPSG:4490", False, False),
        ("EPSG:4490", False, True),
        ("EPSG:4544", False, True),
        ("EPSG:4523", True, False),
        ("EPSG:4326", True, False),
    ],
)
def test_a_delivery_in_another_system_lands_in_the_right_place(
    plan, tmp_path, crs, stated, swapped
):
    shapes = project(np.array([house(3)], object), "EPSG:4544", crs)
    if swapped:
        shapes = shapely.transform(shapes, lambda c: c[:, ::-1])
    path = tmp_path / "other.shp"
    frame = gpd.GeoDataFrame({"building_i": ["N1"]}, geometry=shapes, crs=crs if stated else None)
    with pytest.warns(UserWarning, match="crs") if not stated else _quiet():
        pyogrio.write_dataframe(frame, path)
    options = ImportOptions(layer="building", columns={"building_i": "building_id"})

    report = import_file(path, plan, ACTOR, options)

    assert report.layers[0].swapped is swapped
    moved = plan.row("building", "N1")["geometry"].centroid.distance(house(3).centroid)
    assert moved < 0.01


class _quiet:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


def test_gcj02_coordinates_are_shifted_back_by_four_hundred_metres(plan, tmp_path):
    x, y = project_points([EAST + 5], [NORTH + 5], "EPSG:4544", "EPSG:4326")
    lon, lat = gcj02.wgs84_to_gcj02(x, y)
    path = tmp_path / "amap.csv"
    path.write_text(
        f"编号,名称,设施类别,经度,纬度\nS1,社区食堂,canteen,{lon[0]},{lat[0]}\n", "utf-8"
    )
    import_file(path, plan, ACTOR, ImportOptions(layer="service", datum="gcj02"))
    point = plan.row("service", "S1")["geometry"]
    assert point.distance(shapely.Point(EAST + 5, NORTH + 5)) < 0.01


def test_coordinates_of_an_unknown_grid_are_asked_about_and_nothing_is_written(plan, tmp_path):
    path = tmp_path / "local.csv"
    path.write_text("编号,X,Y\nT1,500120,4205957\n", "utf-8")
    before = hashes(plan)
    with pytest.raises(CrsError) as refusal:
        import_file(path, plan, ACTOR, ImportOptions(layer="tree"))
    assert "独立坐标" in refusal.value.message.zh
    assert "--crs" in refusal.value.fix.zh
    assert hashes(plan) == before


def test_chinese_survey_axes_x_north_y_east_are_understood(plan, tmp_path):
    path = tmp_path / "trees.csv"
    path.write_text(f"编号,X,Y\nT1,{NORTH},{EAST}\nT2,,{EAST}\n", "utf-8")
    report = import_file(path, plan, ACTOR, ImportOptions(layer="tree"))
    assert plan.row("tree", "T1")["geometry"].equals(shapely.Point(EAST, NORTH))
    assert report.layers[0].swapped
    assert [(f.code, f.row) for f in report.findings if f.severity == "error"] == [("missing", "3")]


def test_sizes_and_depths_of_pipes_are_read_as_surveys_write_them(plan, tmp_path):
    path = write(
        tmp_path / "pipes.gpkg",
        layer="管线",
        管线编号=["P1", "P2", "P3", "P4"],
        管线类型=["给水", "雨水", "燃气", "通信"],
        管径=["DN300", "Φ300mm", "De110", "300*200"],
        **{"埋深(cm)": ["120", "80", "95", ""]},
        权属单位=["利通自来水公司", "市政", "中燃", "利通自来水公司"],
        材质=["球墨铸铁", "混凝土", "PE管", "玻璃"],
        geometry=[
            shapely.LineString([(EAST, NORTH + n), (EAST + 50, NORTH + n)]) for n in range(4)
        ],
    )
    report = import_file(path, plan, ACTOR, ImportOptions())
    rows = {r: plan.row("pipe", r) for r in ("P1", "P2", "P3", "P4")}
    assert [rows[r]["nominal_mm"] for r in rows] == [300, 300, None, None]
    assert rows["P3"]["outside_mm"] == 110
    assert (rows["P4"]["width_mm"], rows["P4"]["height_mm"]) == (300, 200)
    assert [rows[r]["start_depth_m"] for r in rows] == [1.2, 0.8, 0.95, None]
    assert rows["P1"]["end_depth_m"] == 1.2
    assert [rows[r]["pipe_class"] for r in rows] == ["JS", "PS", "RQ", "TX"]
    assert rows["P1"]["owner_id"] == rows["P4"]["owner_id"] != rows["P2"]["owner_id"]
    assert set(plan.read("organisation")["name"]) == {"利通自来水公司", "市政", "中燃"}
    assert [(f.code, f.row, f.column) for f in report.findings] == [("not_understood", "4", "材质")]


def test_depths_of_eighty_without_a_unit_are_not_taken_for_metres(plan, tmp_path):
    lines = [shapely.LineString([(EAST, NORTH + n), (EAST + 50, NORTH + n)]) for n in range(3)]
    path = write(
        tmp_path / "pipes.gpkg", layer="pipe", pipe_id=["P1", "P2", "P3"], 埋深=[80.0, 55.0, 120.0],
        geometry=lines,
    )  # fmt: skip
    report = import_file(path, plan, ACTOR, ImportOptions())
    assert "unit_suspect" in codes(report)
    assert plan.row("pipe", "P2")["start_depth_m"] is None
    fixed = ImportOptions(columns={"埋深": "start_depth_m:cm"}, update=True)
    import_file(path, plan, ACTOR, fixed)
    assert plan.row("pipe", "P2")["start_depth_m"] == pytest.approx(0.55)


def test_rows_without_ids_get_the_same_ids_every_time(plan, tmp_path):
    path = write(tmp_path / "a.gpkg", number=["8号楼", "9号楼"], geometry=[house(3), house(4)])
    first = import_file(path, plan, ACTOR, ImportOptions(), dry_run=True)
    again = import_file(path, plan, ACTOR, ImportOptions(), dry_run=True)
    assert first.layers[0].preview == again.layers[0].preview
    import_file(path, plan, ACTOR, ImportOptions())
    twice = import_file(path, plan, ACTOR, ImportOptions())
    assert (twice.counts["kept"], twice.counts["rejected"]) == (0, 2)
    assert set(codes(twice)) == {"id_in_plan"}


def test_mixed_geometry_types_leave_only_those_the_layer_holds(plan, tmp_path):
    path = tmp_path / "mixed.geojson"
    shapes = [
        house(3),
        shapely.Point(EAST, NORTH),
        shapely.LineString([(EAST, NORTH), (EAST, NORTH + 9)]),
    ]
    degrees = project(np.array(shapes, object), "EPSG:4544", "EPSG:4326")
    features = [
        {
            "type": "Feature",
            "properties": {"building_id": f"N{n}"},
            "geometry": shapely.geometry.mapping(s),
        }
        for n, s in enumerate(degrees)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    report = import_file(path, plan, ACTOR, ImportOptions(layer="building"), dry_run=True)
    assert (report.counts["kept"], report.counts["rejected"]) == (1, 2)
    faults = [(f.code, f.row) for f in report.findings if f.row]
    assert faults == [("wrong_type", "2"), ("wrong_type", "3")]


def test_nan_and_infinity_in_a_file_are_turned_away_by_row(plan, tmp_path):
    path = tmp_path / "nan.geojson"
    path.write_text(
        '{"type":"FeatureCollection","features":['
        '{"type":"Feature","properties":{"tree_id":"T1"},"geometry":{"type":"Point","coordinates":[106.2,37.98]}},'
        '{"type":"Feature","properties":{"tree_id":"T2"},"geometry":{"type":"Point","coordinates":[NaN,37.98]}},'
        '{"type":"Feature","properties":{"tree_id":"T3"},"geometry":{"type":"Point","coordinates":[106.2,Infinity]}}'
        "]}"
    )
    report = import_file(path, plan, ACTOR, ImportOptions(layer="tree"))
    assert plan.counts()["tree"] == 1
    assert sorted(f.row for f in report.findings if f.row) == ["2", "3"]


def test_an_empty_layer_is_said_and_nothing_is_saved(plan, tmp_path):
    frame = gpd.GeoDataFrame({"building_id": []}, geometry=[], crs="EPSG:4544")
    path = tmp_path / "empty.gpkg"
    pyogrio.write_dataframe(frame, path, layer="building", geometry_type="Polygon")
    before = hashes(plan)
    report = import_file(path, plan, ACTOR, ImportOptions())
    assert codes(report) == ["empty_layer"]
    assert (report.batch_id, hashes(plan)) == ("", before)


def test_a_layer_that_cannot_be_told_is_asked_for(plan, tmp_path):
    path = write(tmp_path / "a.gpkg", layer="图层1", 备注甲=["x"], geometry=[house(3)])
    with pytest.raises(UsageError) as refusal:
        import_file(path, plan, ACTOR, ImportOptions())
    assert "--layer" in refusal.value.fix.zh


@pytest.mark.parametrize("bad", ["cut.gpkg", "login.geojson", "plan.dwg", "机密.csv", "evil.zip"])
def test_a_refused_file_leaves_the_plan_as_it_was(plan, tmp_path, bad):
    path = tmp_path / bad
    contents = {
        "cut.gpkg": b"SQLite format 3\x00" + b"\x00" * 2000, "login.geojson": b"<html>login</html>",
        "plan.dwg": b"AC1032" + b"\x00" * 50, "机密.csv": b"a,b\n1,2\n",
        "evil.zip": b"PK\x03\x04" + b"\x00" * 100,
    }  # fmt: skip
    path.write_bytes(contents[bad])
    before = hashes(plan)
    files = sorted(p.name for p in plan.folder.rglob("*"))
    with pytest.raises(InputFileError) as refusal:
        import_file(path, plan, ACTOR, ImportOptions(layer="building"))
    assert bad in refusal.value.where + refusal.value.message.zh
    assert hashes(plan) == before
    assert sorted(p.name for p in plan.folder.rglob("*")) == files


# --- tables without coordinates ---------------------------------------------------------------
def survey(tmp_path, rows, header=("小区名称", "楼号", "户数", "建成年代")):
    book = openpyxl.Workbook()
    book.active.title = "摸底"
    book.active.append(["2024年老旧小区摸底调查表"])
    for row in (header, *rows):
        book.active.append(list(row))
    path = tmp_path / "摸底表.xlsx"
    book.save(path)
    return path


def test_a_survey_table_finds_its_buildings_by_community_and_number_however_written(plan, tmp_path):
    path = survey(
        tmp_path,
        [
            ("裕西小区", "1#", 38, "1986年"),
            ("粮食局家属院", "老三楼", 42, None),
            ("朝阳家园", "１栋", None, 1990),
            ("朝阳 家园", "第二幢", 20, 1991),
            ("朝阳家园", "7号楼", 20, 1991),
            ("朝阳花园", "1号楼", 20, 1991),
        ],
    )
    report = import_file(path, plan, ACTOR, ImportOptions())

    [layer] = report.layers
    assert [(m.row, m.target_id) for m in layer.matches] == [
        (3, "B1"), (4, "B2"), (5, "B3"), (6, "B4"),
    ]  # fmt: skip
    assert [(u["row"], u["key"], u["suggestion"]) for u in layer.unmatched] == [
        (7, "朝阳家园 7号楼", "朝阳家园"),
        (8, "朝阳花园 1号楼", "朝阳家园"),
    ]
    assert (report.counts["updated"], report.counts["rejected"]) == (4, 2)
    rows = {r: plan.row("building", r) for r in ("B1", "B2", "B3", "B4")}
    assert [rows[r]["households"] for r in rows] == [38, 42, 40, 20]  # B3: the empty cell keeps 40
    assert [rows[r]["year_built"] for r in rows] == [1986, 1998, 1990, 1991]
    assert rows["B2"]["number"] == "三号楼"  # names are not overwritten by how they were written
    assert rows["B1"]["geometry"].equals(house(0))


def test_a_survey_table_that_matches_nothing_changes_nothing(plan, tmp_path):
    before = hashes(plan)
    report = import_file(
        survey(tmp_path, [("星光苑", "九栋", 1, 1990)]), plan, ACTOR, ImportOptions()
    )
    assert (report.counts["kept"], report.batch_id) == (0, "")
    assert codes(report) == ["unmatched"]
    assert hashes(plan) == before


def test_a_name_that_two_communities_carry_is_told_with_both_buildings(plan, tmp_path):
    other = plan.row("community", "C2")
    edit = Edit("community", "update", "C2", {"aliases": ["裕西小区"]}, other["version"])
    plan.apply([edit], ACTOR)
    report = import_file(
        survey(tmp_path, [("裕西小区", "1号楼", 38, None)]), plan, ACTOR, ImportOptions()
    )
    [finding] = report.findings
    assert (finding.code, report.counts["updated"]) == ("ambiguous", 0)
    assert "B1、B3" in finding.message.zh


def test_two_rows_for_one_building_are_not_both_taken(plan, tmp_path):
    rows = [("裕西小区", "1#", 38, None), ("裕西小区", "1号楼", 99, None)]
    report = import_file(survey(tmp_path, rows), plan, ACTOR, ImportOptions())
    assert plan.row("building", "B1")["households"] == 38
    assert [(f.code, f.row) for f in report.findings] == [("duplicate_match", "4")]


def test_a_table_is_joined_by_id_where_it_has_one(plan, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("building_id,户数\nB1,50\nB9,3\n", "gb18030")
    report = import_file(path, plan, ACTOR, ImportOptions(layer="building"))
    assert plan.row("building", "B1")["households"] == 50
    assert [u["key"] for u in report.layers[0].unmatched] == ["B9"]


def test_communities_are_joined_by_name_or_alias(plan, tmp_path):
    path = tmp_path / "小区.csv"
    path.write_text("小区名称,户数,建成年代\n粮食局家属院,120,1985\n朝阳家园小区,80,\n", "utf-8")
    report = import_file(path, plan, ACTOR, ImportOptions(layer="小区"))
    assert report.counts["updated"] == 2
    assert plan.row("community", "C1")["households"] == 120
    assert plan.row("community", "C1")["name"] == "裕西小区"


def test_a_table_with_nothing_to_join_by_is_refused(plan, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("户数,层数\n5,6\n", "utf-8")
    with pytest.raises(UsageError) as refusal:
        import_file(path, plan, ACTOR, ImportOptions(layer="building"))
    assert "楼号" in refusal.value.fix.zh


# --- memory of a source, and undo ---------------------------------------------------------------
def test_a_mapping_once_said_is_remembered_for_the_same_source(plan, tmp_path):
    said = ImportOptions(columns={"A01": "building_id", "A02": "floors"}, deliverer="测绘院")
    path = write(tmp_path / "a.gpkg", A01=["N1"], A02=[6], geometry=[house(3)])
    import_file(path, plan, ACTOR, said)
    path = write(tmp_path / "b.gpkg", A01=["N2"], A02=[7], geometry=[house(4)])
    report = import_file(path, plan, ACTOR, ImportOptions(deliverer="测绘院"))
    assert {use.how for use in report.layers[0].mapping} == {"remembered"}
    assert plan.row("building", "N2")["floors"] == 7


def test_undoing_an_import_restores_the_plan_exactly(plan, tmp_path):
    before = {name: plan.content_hash(name) for name in ("building", "community")}
    new = write(tmp_path / "new.gpkg", building_id=["N1"], geometry=[house(3)])
    first = import_file(new, plan, ACTOR, ImportOptions())
    table = survey(tmp_path, [("裕西小区", "1#", 38, 1986)])
    second = import_file(table, plan, ACTOR, ImportOptions())
    assert plan.row("building", "B1")["households"] == 38

    undo_import(plan, second.batch_id, ACTOR)
    undo_import(plan, first.batch_id, ACTOR)

    assert {name: plan.content_hash(name) for name in before} == before
    assert plan.row("building", "B1")["households"] == 36
    assert plan.row("building", "N1") is None


def test_an_import_whose_rows_were_edited_since_is_not_undone(plan, tmp_path):
    path = write(tmp_path / "new.gpkg", building_id=["N1", "N2"], geometry=[house(3), house(4)])
    report = import_file(path, plan, ACTOR, ImportOptions())
    version = plan.row("building", "N1")["version"]
    plan.apply([Edit("building", "update", "N1", {"floors": 6}, version)], ACTOR)
    with pytest.raises(VersionClashError):
        undo_import(plan, report.batch_id, ACTOR)
    assert plan.row("building", "N1")["floors"] == 6
    assert plan.row("building", "N2") is not None


def test_progress_is_told_while_reading_and_while_saving(plan, tmp_path):
    seen = []
    path = write(tmp_path / "new.gpkg", building_id=["N1"], geometry=[house(3)])
    import_file(path, plan, ACTOR, ImportOptions(), on_progress=lambda *step: seen.append(step))
    assert {stage for stage, _, _ in seen} == {"read", "save"}
