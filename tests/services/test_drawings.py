"""DXF drawings, file geodatabases and Access databases brought into a plan as utilities send them."""

from __future__ import annotations

import shutil
import zipfile

import ezdxf
import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely

from app.errors import InputFileError, RefusedFileError, UsageError
from app.schema import Actor
from app.services.imports import ImportOptions, import_file
from app.store import PlanMeta, PlanStore
from tests.store.readers.jet4 import DOUBLE, FLOAT, LONG, TEXT, write_database

ACTOR = Actor("王工", "测绘院")
EAST, NORTH = 605_400.0, 4_205_900.0
HERE = ImportOptions(crs="EPSG:4544")


@pytest.fixture
def plan(tmp_path):
    with PlanStore.create(tmp_path / "plan", PlanMeta("litong", "测试", crs="EPSG:4544")) as store:
        yield store


def at(dx, dy, scale=1.0):
    return ((EAST + dx) * scale, (NORTH + dy) * scale)


def drawing(path, draw, *, version="R2010", units=6):
    document = ezdxf.new(version)
    document.header["$INSUNITS"] = units
    draw(document.modelspace(), document)
    document.saveas(path)
    return path


def found(report, code):
    return [finding.message.zh for finding in report.findings if finding.code == code]


def street(space, document):
    space.add_line(at(0, 0), at(40, 0), dxfattribs={"layer": "给水管线"})
    space.add_lwpolyline([at(0, 5), at(20, 5), at(40, 9)], dxfattribs={"layer": "WSLINE"})
    space.add_line(at(0, 9), at(40, 9), dxfattribs={"layer": "规划燃气"})
    block = document.blocks.new("检修井")
    block.add_circle((0, 0), 0.35)
    block.add_line((-0.3, 0), (0.3, 0))
    space.add_blockref("检修井", at(20, 5), dxfattribs={"layer": "WSPOINT"})
    space.add_text("DN300", dxfattribs={"layer": "WSTEXT", "insert": at(10, 6)})
    space.add_line(at(0, 20), at(40, 20), dxfattribs={"layer": "DLSS"})  # a kerb, not a cable
    space.add_circle(at(5, 5), 1, dxfattribs={"layer": "JMD"})


def test_layers_become_classes_and_blocks_become_nodes(plan, tmp_path):
    report = import_file(drawing(tmp_path / "管线.dxf", street), plan, ACTOR, HERE)
    pipes = plan.read("pipe").sort_values("pipe_class").reset_index(drop=True)
    assert pipes["pipe_class"].tolist() == ["JS", "PS", "RQ"]
    assert pipes["subclass"].tolist()[1] == "WS"
    assert pipes["status"].tolist()[2] == "planned"
    assert list(pipes.geometry[1].coords) == [at(0, 5), at(20, 5), at(40, 9)]
    [node] = plan.read("pipe_node").itertuples()
    assert (node.pipe_class, node.subclass, node.kind) == ("PS", "WS", "manhole")
    assert (node.geometry.x, node.geometry.y) == at(20, 5)
    assert found(report, "layer_left_out") == ["1 个图层不是管线或无法判断类别，未读取：DLSS（1）"]
    assert found(report, "entity_ignored") == [
        "CIRCLE 1 个未读取（图层 JMD×1）", "TEXT 1 个未读取（图层 WSTEXT×1）"
    ]  # fmt: skip
    assert found(report, "block_not_expanded") == ["块按插入点读作点，块内的线未读取：检修井（1）"]


def test_a_bulge_is_an_arc_within_a_centimetre(plan, tmp_path):
    def half_circle(space, document):
        space.add_lwpolyline(
            [(*at(0, 0), 1.0), (*at(20, 0), 0.0)], format="xyb", dxfattribs={"layer": "JS"}
        )

    import_file(drawing(tmp_path / "a.dxf", half_circle), plan, ACTOR, HERE)
    [line] = plan.read("pipe").geometry
    places = shapely.get_coordinates(line) - at(10, 0)
    assert np.hypot(*places.T) == pytest.approx(10, abs=0.01)
    middles = (places[1:] + places[:-1]) / 2
    assert np.hypot(*middles.T).min() >= 10 - 0.01
    assert places[:, 1].max() < 1e-6  # a positive bulge turns left: the arc hangs to the south
    assert line.length == pytest.approx(10 * np.pi, abs=0.03)


def test_millimetres_are_brought_to_metres_and_said(plan, tmp_path):
    def in_millimetres(space, document):
        space.add_line(at(0, 0, 1000), at(40, 0, 1000), dxfattribs={"layer": "RQ"})

    path = drawing(tmp_path / "a.dxf", in_millimetres, units=4)
    report = import_file(path, plan, ACTOR, HERE)
    [line] = plan.read("pipe").geometry
    assert shapely.equals_exact(line, shapely.LineString([at(0, 0), at(40, 0)]), tolerance=1e-6)
    assert found(report, "drawing_unit") == ["图纸单位为 mm，已换算为米"]


def test_a_unit_that_the_coordinates_contradict_is_denied(plan, tmp_path):
    """Templates state millimetres, drawings of the street are in metres all the same."""
    path = drawing(tmp_path / "a.dxf", street, units=4)
    report = import_file(path, plan, ACTOR, HERE)
    assert plan.read("pipe").geometry.length.max() == pytest.approx(40.4, abs=0.1)
    assert found(report, "unit_denied")[0].startswith("图纸声明的单位是 0.001 m")


@pytest.mark.parametrize("claimed", [b"ANSI_936", b"ANSI_1252"])
def test_an_old_drawing_in_gbk_keeps_its_chinese_layers(plan, tmp_path, claimed):
    def draw(space, document):
        document.encoding = "gbk"
        document.header["$DWGCODEPAGE"] = "ANSI_936"
        space.add_line(at(0, 0), at(40, 0), dxfattribs={"layer": "污水管"})

    path = drawing(tmp_path / "旧图.dxf", draw, version="R2000")
    content = path.read_bytes()
    plain = content.replace(b"ANSI_936", claimed).replace(
        b"\\U+6C61\\U+6C34\\U+7BA1", "污水管".encode("gbk")
    )
    path.write_bytes(plain)
    assert "污水管".encode("gbk") in plain
    import_file(path, plan, ACTOR, HERE)
    [pipe] = plan.read("pipe").itertuples()
    assert (pipe.pipe_class, pipe.subclass) == ("PS", "WS")


def test_a_person_names_the_class_of_a_layer(plan, tmp_path):
    def draw(space, document):
        space.add_line(at(0, 0), at(40, 0), dxfattribs={"layer": "0"})
        space.add_line(at(0, 3), at(40, 3), dxfattribs={"layer": "A-2"})

    path = drawing(tmp_path / "a.dxf", draw)
    with pytest.raises(UsageError, match="tells a class"):
        import_file(path, plan, ACTOR, HERE)
    options = ImportOptions(crs="EPSG:4544", classes={"0": "热力"})
    import_file(path, plan, ACTOR, options)
    assert plan.read("pipe")["pipe_class"].tolist() == ["RL"]
    with pytest.raises(UsageError, match="no class of pipes"):
        import_file(path, plan, ACTOR, ImportOptions(crs="EPSG:4544", classes={"0": "香"}))


def two_unnamed_layers(space, document):
    space.add_line(at(0, 0), at(40, 0), dxfattribs={"layer": "0"})
    space.add_line(at(0, 3), at(40, 3), dxfattribs={"layer": "A-2"})


def test_a_look_at_a_drawing_lists_its_layers_to_be_named(plan, tmp_path):
    path = drawing(tmp_path / "a.dxf", two_unnamed_layers)
    look = import_file(path, plan, ACTOR, HERE, dry_run=True)
    assert look.total("kept") == 0
    assert [(one["layer"], one["rows"], one["class"], one["how"]) for one in look.drawing] == [
        ("0", 1, "", ""), ("A-2", 1, "", "")
    ]  # fmt: skip
    assert len(found(look, "drawing_without_class")) == 1
    look = import_file(drawing(tmp_path / "b.dxf", street), plan, ACTOR, HERE, dry_run=True)
    told = {one["layer"]: (one["class"], one["status"], one["how"]) for one in look.as_json()["drawing"]}  # fmt: skip
    assert told["WSLINE"] == ("WS", "", "word")
    assert told["规划燃气"] == ("RQ", "planned", "word")
    assert told["DLSS"] == ("", "", "")


def test_a_class_that_was_chosen_is_remembered_for_the_same_deliverer(plan, tmp_path):
    said = ImportOptions(crs="EPSG:4544", deliverer="水司", classes={"0": "WS", "A-2": ""})
    import_file(drawing(tmp_path / "a.dxf", two_unnamed_layers), plan, ACTOR, said)
    again = drawing(tmp_path / "b.dxf", two_unnamed_layers)
    same = ImportOptions(crs="EPSG:4544", deliverer="水司")
    look = import_file(again, plan, ACTOR, same, dry_run=True)
    assert [(one["class"], one["how"]) for one in look.drawing] == [("WS", "remembered"), ("", "remembered")]  # fmt: skip
    other = ImportOptions(crs="EPSG:4544", deliverer="燃气公司")
    assert [one["how"] for one in import_file(again, plan, ACTOR, other, dry_run=True).drawing] == ["", ""]  # fmt: skip
    changed = ImportOptions(crs="EPSG:4544", deliverer="水司", classes={"A-2": "RQ"})
    import_file(again, plan, ACTOR, changed)
    look = import_file(again, plan, ACTOR, same, dry_run=True)
    assert [(one["class"], one["how"]) for one in look.drawing] == [("WS", "remembered"), ("RQ", "remembered")]  # fmt: skip


def test_a_drawing_may_be_another_layer_of_the_plan(plan, tmp_path):
    def draw(space, document):
        space.add_line(at(0, 0), at(40, 0), dxfattribs={"layer": "围墙"})

    options = ImportOptions(layer="wall", crs="EPSG:4544")
    import_file(drawing(tmp_path / "a.dxf", draw), plan, ACTOR, options)
    assert plan.counts()["wall"] == 1


def test_blocks_that_nest_without_end_cost_nothing(plan, tmp_path):
    def draw(space, document):
        inner = document.blocks.new("b0")
        inner.add_line((0, 0), (1, 1))
        for k in range(1, 25):  # expanded, 10^24 lines
            block = document.blocks.new(f"b{k}")
            for _ in range(10):
                block.add_blockref(f"b{k - 1}", (0, 0))
        space.add_blockref("b24", at(0, 0), dxfattribs={"layer": "JS"})

    import_file(drawing(tmp_path / "a.dxf", draw), plan, ACTOR, HERE)
    assert plan.counts()["pipe_node"] == 1


def test_a_drawing_cut_off_and_a_dwg_say_what_to_do(plan, tmp_path):
    whole = drawing(tmp_path / "a.dxf", street).read_text("utf-8")
    cut = tmp_path / "断.dxf"
    cut.write_text(whole[: len(whole) // 9], "utf-8")
    with pytest.raises(InputFileError):
        import_file(cut, plan, ACTOR, HERE)
    dwg = tmp_path / "图.dwg"
    dwg.write_bytes(b"AC1032" + b"\x00" * 200)
    with pytest.raises(RefusedFileError) as refused:
        import_file(dwg, plan, ACTOR, HERE)
    assert "另存为”DXF" in refused.value.fix.zh


def test_a_drawing_marked_secret_stays_outside(plan, tmp_path):
    def draw(space, document):
        street(space, document)
        document.layout("Layout1").add_text("秘密★5年")

    with pytest.raises(RefusedFileError):
        import_file(drawing(tmp_path / "a.dxf", draw), plan, ACTOR, HERE)


# --- file geodatabases ----------------------------------------------------------------------
def geodatabase(folder):
    frame = gpd.GeoDataFrame(
        {"管线类型": ["JS", "污水"], "管径": ["DN200", "400x300"], "起点埋深": [1.2, 2.0]},
        geometry=[shapely.LineString([at(0, 0), at(40, 0)]), shapely.LineString([at(0, 5), at(40, 5)])],
        crs="EPSG:4544",
    )  # fmt: skip
    nodes = gpd.GeoDataFrame(
        {"点号": ["J1"], "地面高程": [1125.0]}, geometry=[shapely.Point(at(0, 0))], crs="EPSG:4544"
    )
    pyogrio.write_dataframe(frame, folder, layer="管线", driver="OpenFileGDB")
    pyogrio.write_dataframe(nodes, folder, layer="管点", driver="OpenFileGDB", append=True)
    return folder


def zipped(folder, path, *, extra=()):
    with zipfile.ZipFile(path, "w") as packed:
        for part in sorted(folder.iterdir()):
            packed.write(part, f"{folder.name}/{part.name}")
        for name in extra:
            packed.writestr(name, b"x")
    return path


@pytest.mark.parametrize("as_zip", [True, False], ids=["zipped", "the folder itself"])
def test_a_file_geodatabase_comes_in_with_all_its_layers(plan, tmp_path, as_zip):
    source = geodatabase(tmp_path / "普查.gdb")
    path = zipped(source, tmp_path / "普查.zip", extra=("普查.gdb/_gdb.PC1.sr.lock",)) if as_zip else source  # fmt: skip
    report = import_file(path, plan, ACTOR, ImportOptions())
    assert report.counts["kept"] == 3
    assert sorted(plan.read("pipe")["pipe_class"]) == ["JS", "PS"]
    assert plan.read("pipe_node")["ground_m"].tolist() == [1125.0]


def test_nothing_but_geodatabases_goes_to_their_driver(plan, tmp_path):
    source = geodatabase(tmp_path / "普查.gdb")
    path = zipped(source, tmp_path / "普查.zip", extra=("evil.vrt",))
    with pytest.raises(RefusedFileError, match=r"no part of a \.gdb"):
        import_file(path, plan, ACTOR, ImportOptions())


def test_a_geodatabase_without_its_catalogue_is_named(plan, tmp_path):
    source = geodatabase(tmp_path / "普查.gdb")
    shutil.rmtree(tmp_path / "half.gdb", ignore_errors=True)
    (source / "a00000001.gdbtable").write_bytes(b"nothing")
    with pytest.raises(InputFileError):
        import_file(zipped(source, tmp_path / "普查.zip"), plan, ACTOR, ImportOptions())


# --- Access ---------------------------------------------------------------------------------
def database(path):
    points = [["JS1", NORTH, EAST, 1125.0, "三通"], ["JS2", NORTH, EAST + 40, 1125.5, None]]
    lines = [["JS1", "JS2", 1.25, 1.5, "De200", "PE"]]
    return write_database(
        path,
        {
            "JSPOINT": ([("物探点号", TEXT), ("X", DOUBLE), ("Y", DOUBLE), ("地面高程", FLOAT), ("特征", TEXT)], points),
            "JSLINE": ([("起点点号", TEXT), ("终点点号", TEXT), ("起点埋深", FLOAT), ("终点埋深", FLOAT), ("管径", TEXT), ("材质", TEXT)], lines),
            "说明": ([("版本", LONG)], [[3]]),
        },
    )  # fmt: skip


def test_an_access_database_of_a_survey_is_joined_like_its_tables(plan, tmp_path):
    report = import_file(database(tmp_path / "普查.mdb"), plan, ACTOR, ImportOptions())
    [pipe] = plan.read("pipe").itertuples()
    assert (pipe.pipe_class, pipe.material, pipe.outside_mm) == ("JS", "PE", 200)
    assert (pipe.start_depth_m, pipe.end_depth_m) == (1.25, 1.5)
    assert [c[:2] for c in pipe.geometry.coords] == [at(0, 0), at(40, 0)]
    assert found(report, "table_left_out")[0].startswith("表 说明 未导入")


def test_a_damaged_access_database_says_what_to_do(plan, tmp_path):
    path = database(tmp_path / "普查.mdb")
    content = bytearray(path.read_bytes())
    content[2 * 4096 : 2 * 4096 + 64] = b"\xff" * 64
    path.write_bytes(content)
    with pytest.raises(InputFileError) as refused:
        import_file(path, plan, ACTOR, ImportOptions())
    assert "压缩和修复" in refused.value.fix.zh
