"""Each format as owners deliver it: rows, texts and shapes arrive whole."""

import json
import sqlite3
import zipfile

import openpyxl
import pyogrio
import pytest

from app.errors import InputFileError
from app.store.readers.delivery import UPLOAD

NAMES = ["裕西小区1号楼", "裕西小区2号楼"]


def test_a_geopackage_arrives_with_its_layers_and_reference_system(tmp_path, buildings, read):
    path = tmp_path / "plan.gpkg"
    pyogrio.write_dataframe(buildings, path, layer="楼栋")
    found = read(path)
    assert [(layer.name, layer.crs, layer.expected_rows) for layer in found.layers] == [
        ("楼栋", "EPSG:4544", 2)
    ]
    assert found.column("name") == NAMES
    assert found.column("floors") == [6, 5]
    assert found.numbers == [1, 2]
    assert [shape.bounds for shape in found.shapes] == [s.bounds for s in buildings.geometry]


def test_rubbish_for_a_geometry_in_a_geopackage_is_told_and_not_taken_for_empty(
    tmp_path, buildings, read
):
    path = tmp_path / "plan.gpkg"
    pyogrio.write_dataframe(buildings, path, layer="b", SPATIAL_INDEX="NO")
    with sqlite3.connect(path) as db:
        db.create_function("ST_IsEmpty", 1, lambda _: 0)
        db.execute("UPDATE b SET geom = x'47500001000000000102030405060708' WHERE fid = 1")
    db.close()
    assert read(path).chunks[0].wkb[0] is not None


@pytest.mark.parametrize("encoding", ["UTF-8", "GBK"])
def test_a_shapefile_is_read_in_its_code_page(shapefile, read, encoding):
    found = read(shapefile(encoding))
    assert found.column("name") == NAMES
    assert found.findings == []


def test_a_gbk_shapefile_without_cpg_is_not_read_as_mojibake(shapefile, read):
    found = read(shapefile("GBK", without=[".cpg"]))
    assert found.column("name") == NAMES
    assert found.layers[0].encoding == "gb18030"
    [said] = found.findings
    assert (said.code, said.severity) == ("encoding_told", "info")
    assert "GB18030" in said.message.zh


def test_a_shapefile_without_index_or_projection_is_read_and_both_are_named(shapefile, read):
    found = read(shapefile(without=[".shx", ".prj"]))
    assert found.layers[0].crs is None
    assert sorted(found.codes) == ["missing_part", "missing_part"]
    assert ".shx" in found.findings[0].message.zh
    assert ".prj" in found.findings[1].message.zh
    assert len(found.shapes) == 2


class GbkName(zipfile.ZipInfo):
    """A member as Chinese Windows packs it: the name in GBK, the flag for UTF-8 not set."""

    def _encodeFilenameFlags(self):
        return self.filename.encode("gbk"), self.flag_bits & ~0x800


def test_a_zipped_shapefile_with_a_folder_and_gbk_names_is_read(shapefile, tmp_path, read):
    path = tmp_path / "delivery.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part in shapefile("GBK").parent.iterdir():
            archive.writestr(GbkName(f"资料/{part.name}"), part.read_bytes())
    found = read(path)
    assert found.column("name") == NAMES
    assert found.layers[0].name == "楼栋"


def test_geojson_with_text_for_coordinates_names_the_feature(tmp_path, read):
    path = tmp_path / "points.geojson"
    features = [
        {
            "type": "Feature",
            "properties": {"name": n},
            "geometry": {"type": "Point", "coordinates": c},
        }
        for n, c in (("甲", [106.2, 37.98]), ("乙", ["106.2", "37.98"]))
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    found = read(path)
    assert found.column("name") == ["甲", "乙"]
    [fault] = found.findings
    assert (fault.code, fault.row, fault.column) == ("text_coordinates", "2", "geometry")
    assert fault.file == "points.geojson"


def test_kml_placemarks_bring_names_attributes_and_shapes(tmp_path, read):
    path = tmp_path / "a.kml"
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2">'
        "<Document><NetworkLink><Link><href>http://127.0.0.1:18999/x</href></Link></NetworkLink>"
        "<Placemark><name>门卫</name><ExtendedData><Data name='状态'><value>开放</value></Data>"
        "</ExtendedData><Point><coordinates>106.2,37.98,0</coordinates></Point></Placemark>"
        "<Placemark><name>片区</name><Polygon><outerBoundaryIs><LinearRing><coordinates>"
        "106.2,37.98 106.21,37.98 106.21,37.99 106.2,37.98</coordinates></LinearRing>"
        "</outerBoundaryIs></Polygon></Placemark></Document></kml>",
        "utf-8",
    )
    found = read(path)
    assert found.column("name") == ["门卫", "片区"]
    assert found.column("状态") == ["开放", None]
    assert [shape.geom_type for shape in found.shapes] == ["Point", "Polygon"]
    assert found.codes == ["link_not_followed"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_table_of_text_is_read_in_any_usual_encoding(tmp_path, read, encoding):
    path = tmp_path / "摸底表.csv"
    path.write_text("小区名称,楼号,户数\n裕西小区,3号楼,36\n裕西小区,4号楼,\n", encoding)
    found = read(path)
    assert found.layers[0].columns == ("小区名称", "楼号", "户数")
    assert found.column("户数") == ["36", None]
    assert found.numbers == [2, 3]


def test_a_workbook_with_title_rows_and_merged_cells_is_read_as_people_see_it(tmp_path, read):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "摸底"
    for row in (
        ["利通区老旧小区摸底调查表"],
        ["序号", "小区名称", "楼号", "户数"],
        [1, "裕西小区", "1号楼", 36],
        [2, None, "2号楼", 40],
        [None, None, None, None],
        [3, "朝阳小区", "1号楼", None],
    ):
        sheet.append(row)
    sheet.merge_cells("B3:B4")
    path = tmp_path / "摸底.xlsx"
    book.save(path)
    found = read(path)
    assert found.layers[0].columns == ("序号", "小区名称", "楼号", "户数")
    assert found.column("小区名称") == ["裕西小区", "裕西小区", "朝阳小区"]
    assert found.numbers == [3, 4, 6]


def test_an_empty_layer_has_no_rows_and_no_fault(tmp_path, buildings, read):
    path = tmp_path / "empty.gpkg"
    pyogrio.write_dataframe(buildings.iloc[:0], path, layer="b", geometry_type="Polygon")
    found = read(path)
    assert found.layers[0].expected_rows == 0
    assert found.chunks == []


def test_a_geopackage_open_elsewhere_is_not_read_half(tmp_path, buildings, read):
    path = tmp_path / "plan.gpkg"
    pyogrio.write_dataframe(buildings, path, layer="b")
    path.with_name("plan.gpkg-wal").write_bytes(b"pending pages")
    with pytest.raises(InputFileError) as refusal:
        read(path)
    assert "QGIS" in refusal.value.fix.zh


def test_nothing_stays_in_the_temporary_folder(tmp_path, buildings, read, monkeypatch):
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "work"))
    (tmp_path / "work").mkdir()
    path = tmp_path / "plan.gpkg"
    pyogrio.write_dataframe(buildings, path, layer="b")
    read(path)
    assert list((tmp_path / "work").iterdir()) == []


def test_every_kind_of_file_is_read_within_the_limits_of_the_upload_door(
    tmp_path, buildings, shapefile, read
):
    pyogrio.write_dataframe(buildings, tmp_path / "a.gpkg", layer="b")
    pyogrio.write_dataframe(buildings.to_crs("EPSG:4326"), tmp_path / "a.geojson")
    for path in (tmp_path / "a.gpkg", tmp_path / "a.geojson", shapefile()):
        assert read(path, limits=UPLOAD).column("name") == NAMES
