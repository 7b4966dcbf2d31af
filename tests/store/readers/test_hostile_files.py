"""Hostile and damaged deliveries: refused with what, where and cure; nothing else is touched."""

import io
import json
import socketserver
import threading
import zipfile

import openpyxl
import pyogrio
import pytest
import shapely

from app.errors import InputFileError, RefusedFileError
from app.store.readers.delivery import Limits

CANARY = "canary-4711"


@pytest.fixture
def listener():
    """A server on this computer that notes every connection."""
    seen = []

    class Note(socketserver.BaseRequestHandler):
        def handle(self):
            seen.append(self.request.recv(200))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Note) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1], seen
        server.shutdown()


@pytest.fixture
def canary(tmp_path):
    path = tmp_path / "other-owner.csv"
    path.write_text(f"name,x,y\n{CANARY},1,2\n")
    return path


def attack(kind, canary, port):
    """Texts that make GDAL open something else."""
    source = f"http://127.0.0.1:{port}/secret.csv" if "http" in kind else str(canary)
    if kind.startswith("vrt"):
        prefix = "/vsicurl/" if "http" in kind else ""
        return (
            f'<OGRVRTDataSource><OGRVRTLayer name="{canary.stem}"><SrcDataSource>'
            f"{prefix}{source}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
        )
    if kind.startswith("gdalg"):
        line = f"gdal vector pipeline ! read {source} ! write --of stream"
        return json.dumps({"type": "gdal_streamed_alg", "command_line": line})
    return f"<OGRWFSDataSource><URL>http://127.0.0.1:{port}/wfs</URL></OGRWFSDataSource>"


ATTACKS = ["vrt", "vrt-http", "gdalg", "gdalg-http", "wfs-http"]


def _assert_shut(read, path, canary, seen):
    with pytest.raises(InputFileError) as refusal:
        read(path)
    told = f"{refusal.value.message.zh}{refusal.value.where}{refusal.value.fix.zh}"
    assert CANARY not in told
    assert refusal.value.fix.zh
    assert refusal.value.where
    assert seen == []


@pytest.mark.parametrize("suffix", [".geojson", ".json", ".kml", ".csv", ".gpkg", ".shp"])
@pytest.mark.parametrize("kind", ATTACKS)
def test_driver_files_under_a_harmless_name_read_nothing(
    tmp_path, read, canary, listener, kind, suffix
):
    port, seen = listener
    path = tmp_path / f"harmless{suffix}"
    path.write_text(attack(kind, canary, port))
    _assert_shut(read, path, canary, seen)


@pytest.mark.parametrize("kind", ATTACKS)
def test_driver_files_in_an_archive_read_nothing(read, zipped, canary, listener, kind):
    port, seen = listener
    _assert_shut(read, zipped({"a.geojson": attack(kind, canary, port)}), canary, seen)
    _assert_shut(read, zipped({"a.vrt": attack(kind, canary, port)}), canary, seen)


def test_a_driver_text_behind_a_long_comment_meets_no_driver(tmp_path, read, canary, listener):
    port, seen = listener
    path = tmp_path / "long.kml"
    path.write_text("<!-- <kml " + " " * 70_000 + "-->" + attack("vrt", canary, port))
    found = read(path)
    assert found.chunks == []
    assert seen == []


def test_only_the_allowed_drivers_are_left_in_the_parsing_process(tmp_path, read, buildings):
    path = tmp_path / "a.geojson"
    pyogrio.write_dataframe(buildings.to_crs("EPSG:4326"), path)
    assert len(read(path).shapes) == 2  # assert_few_drivers lets it through only then


def test_gdal_without_the_allow_list_is_refused():
    from app.store.readers.vector import assert_few_drivers

    with pytest.raises(RefusedFileError):  # this process never set GDAL_SKIP
        assert_few_drivers()


@pytest.mark.parametrize(
    ("members", "word"),
    [
        ({"../evil.csv": "a,b\n1,2\n"}, "越界"),
        ({"/etc/evil.csv": "a,b\n1,2\n"}, "越界"),
        ({"C:\\evil.csv": "a,b\n1,2\n"}, "越界"),
        ({"..\\evil.csv": "a,b\n1,2\n"}, "越界"),
        ({"inner.zip": "PK"}, "压缩包内还有压缩包"),
        ({f"{n}.csv": "a\n1\n" for n in range(201)}, "201"),
        ({"bomb.csv": "0" * 60_000_000}, "膨胀"),
        ({"run.exe": "MZ"}, "run.exe"),
        ({"readme.txt": "nothing"}, "没有可读的数据"),
    ],
)
def test_an_archive_that_climbs_nests_or_explodes_is_refused(zipped, read, members, word):
    with pytest.raises(InputFileError) as refusal:
        read(zipped(members))
    assert word in refusal.value.message.zh


def test_an_archive_with_a_link_is_refused(tmp_path, read):
    link = zipfile.ZipInfo("a.csv")
    link.external_attr = 0o120777 << 16
    path = tmp_path / "link.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(RefusedFileError) as refusal:
        read(path)
    assert "链接" in refusal.value.message.zh


def test_a_truncated_geopackage_is_damaged_not_empty(tmp_path, read, buildings):
    path = tmp_path / "cut.gpkg"
    pyogrio.write_dataframe(buildings, path, layer="b")
    path.write_bytes(path.read_bytes()[: 4096 * 10 + 100])
    with pytest.raises(InputFileError) as refusal:
        read(path)
    assert "cut.gpkg" in refusal.value.message.zh


def test_a_view_in_a_geopackage_is_left_out_and_said(tmp_path, read, buildings):
    import sqlite3

    path = tmp_path / "view.gpkg"
    pyogrio.write_dataframe(buildings, path, layer="b")
    db = sqlite3.connect(path)
    db.execute("CREATE VIEW v AS SELECT * FROM b")
    db.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('v','attributes','v')"
    )
    db.commit()
    db.close()
    found = read(path)
    assert [layer.name for layer in found.layers] == ["b"]
    assert found.codes == ["not_a_table"]


@pytest.mark.parametrize(
    ("name", "head", "word"),
    [
        ("plan.dwg", b"AC1032" + b"\x00" * 100, "DXF"),
        ("plan.shp", b"AC1032" + b"\x00" * 100, "DXF"),
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 100, ".xlsx"),
        ("a.rar", b"Rar!\x1a\x07\x00", ".zip"),
        ("login.geojson", b"<!DOCTYPE html><html><body>login", "登录"),
        ("empty.gpkg", b"", "重新导出"),
        ("zeros.gpkg", b"\x00" * 500, "重新导出"),
        ("notes.docx", b"PK\x03\x04", "GeoPackage"),
        ("pic.csv", b"\x89PNG\r\n\x1a\n\x00\x00", "核对"),
        ("wrong.gpkg", b"PK\x03\x04 zip", "核对"),
    ],
)
def test_what_cannot_be_let_in_is_named_with_the_cure(tmp_path, read, name, head, word):
    path = tmp_path / name
    path.write_bytes(head)
    with pytest.raises(InputFileError) as refusal:
        read(path)
    assert name in refusal.value.message.zh
    assert word in refusal.value.fix.zh


def test_kml_with_entities_is_refused(tmp_path, read, canary):
    path = tmp_path / "xxe.kml"
    path.write_text(
        f'<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY x SYSTEM "file://{canary}">]>'
        "<kml><Placemark><name>&x;</name></Placemark></kml>"
    )
    with pytest.raises(RefusedFileError) as refusal:
        read(path)
    assert "实体" in refusal.value.message.zh


def test_kml_cut_off_in_the_middle_is_damaged(tmp_path, read):
    path = tmp_path / "cut.kml"
    path.write_text('<kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><name>a')
    with pytest.raises(InputFileError):
        read(path)


def _workbook(replace):
    """A workbook with one part rewritten."""
    stream = io.BytesIO()
    book = openpyxl.Workbook()
    book.active.append(["小区名称", "户数"])
    book.active.append(["裕西小区", 3])
    book.save(stream)
    result = io.BytesIO()
    with zipfile.ZipFile(stream) as old, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            new.writestr(info.filename, replace(info.filename, old.read(info)))
    return result.getvalue()


def test_a_workbook_that_explodes_is_refused_before_it_is_parsed(tmp_path, read):
    path = tmp_path / "bomb.xlsx"
    filler = b" " * 100_000_000
    path.write_bytes(_workbook(lambda n, c: c + filler if n.endswith("sheet1.xml") else c))
    with pytest.raises(RefusedFileError) as refusal:
        read(path)
    assert "膨胀" in refusal.value.message.zh


def test_a_workbook_with_entities_is_refused(tmp_path, read):
    path = tmp_path / "xxe.xlsx"
    declared = b'<!DOCTYPE a [<!ENTITY x "y">]>'
    path.write_bytes(_workbook(lambda n, c: declared + c if n.endswith("sheet1.xml") else c))
    with pytest.raises(RefusedFileError):
        read(path)


@pytest.mark.parametrize("name", ["机密_管线.csv", "涉密数据.csv", "管线(秘密).csv", "绝密.csv"])
def test_a_secret_mark_in_the_name_is_refused(tmp_path, read, name):
    path = tmp_path / name
    path.write_text("a,b\n1,2\n")
    with pytest.raises(RefusedFileError) as refusal:
        read(path)
    assert "涉密" in refusal.value.message.zh
    assert "脱密" in refusal.value.fix.zh


def test_the_opposite_of_a_secret_mark_is_let_in(tmp_path, read):
    path = tmp_path / "非涉密_管线.csv"
    path.write_text("编号,保密责任人\n1,王秘密书\n", "utf-8")
    assert read(path).column("编号") == ["1"]


@pytest.mark.parametrize("mark", ["机密", "秘密", "绝密", "秘密★10年", "机密级"])
def test_a_secret_mark_in_a_level_column_is_refused_with_its_row(tmp_path, read, mark):
    path = tmp_path / "管线.csv"
    path.write_text(f"编号,密级\n1,内部\n2,{mark}\n", "utf-8")
    with pytest.raises(RefusedFileError) as refusal:
        read(path)
    assert mark in refusal.value.message.zh


def test_a_secret_mark_in_a_sheet_name_or_above_the_table_is_refused(tmp_path, read):
    for number, (title, first) in enumerate((("机密", "表"), ("表", "秘密★5年"))):
        book = openpyxl.Workbook()
        book.active.title = title
        book.active.append([first])
        book.active.append(["小区名称", "户数"])
        path = tmp_path / f"{number}.xlsx"
        book.save(path)
        with pytest.raises(RefusedFileError):
            read(path)


def test_a_secret_mark_inside_a_geopackage_or_an_archive_is_refused(
    tmp_path, read, buildings, zipped
):
    path = tmp_path / "ok.gpkg"
    pyogrio.write_dataframe(buildings, path, layer="涉密管线")
    with pytest.raises(RefusedFileError):
        read(path)
    with pytest.raises(RefusedFileError):
        read(zipped({"机密.csv": "a,b\n1,2\n"}))


def test_four_thousand_columns_are_refused(tmp_path, read):
    path = tmp_path / "wide.csv"
    path.write_text(",".join(f"c{n}" for n in range(4000)) + "\n")
    with pytest.raises(RefusedFileError) as refusal:
        read(path)
    assert "4000" in refusal.value.message.zh


def test_collections_nested_beyond_any_stack_do_not_end_the_program(tmp_path, read, buildings):
    import sqlite3

    header = b"\x01" + (7).to_bytes(4, "little") + (1).to_bytes(4, "little")
    bomb = b"GP\x00\x01\x00\x00\x00\x00" + header * 200_000
    path = tmp_path / "deep.gpkg"
    pyogrio.write_dataframe(buildings, path, layer="b", SPATIAL_INDEX="NO")
    db = sqlite3.connect(path)
    db.execute("UPDATE b SET geom = ? WHERE fid = 1", (bomb,))
    db.commit()
    db.close()
    blob = read(path).chunks[0].wkb[0]
    with pytest.raises(shapely.GEOSException):
        shapely.from_wkb(blob)


def test_a_file_that_takes_too_long_is_given_up(tmp_path, read):
    path = tmp_path / "big.csv"
    path.write_text("a,b\n" + "1,2\n" * 2_000_000)
    with pytest.raises(InputFileError) as refusal:
        read(path, limits=Limits(wall_seconds=0.3))
    assert "拆分" in refusal.value.fix.zh


def test_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path, read):
    path = tmp_path / "big.csv"
    path.write_text("a,b\n" * 1000)
    with pytest.raises(RefusedFileError):
        read(path, limits=Limits(file_bytes=100))


def test_import_is_refused_when_the_disk_would_fill(tmp_path, read):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(InputFileError) as refusal:
        read(path, limits=Limits(free_disk_factor=1e15))
    assert "磁盘" in refusal.value.message.zh


def test_deeply_nested_geojson_is_refused(tmp_path, read):
    path = tmp_path / "deep.geojson"
    nested = "[" * 100_000 + "]" * 100_000
    path.write_text(
        '{"type":"FeatureCollection","features":[{"type":"Feature","geometry":null,'
        f'"properties":{{"a":{nested}}}}}]}}'
    )
    with pytest.raises(InputFileError):
        read(path)


def test_a_cut_off_geojson_is_refused(tmp_path, read):
    path = tmp_path / "cut.geojson"
    path.write_text('{"type":"FeatureCollection","features":[{"type":"Feature","geometry":')
    with pytest.raises(InputFileError) as refusal:
        read(path)
    assert "cut.geojson" in refusal.value.message.zh
