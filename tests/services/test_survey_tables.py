"""CJJ 61 point and line tables joined into pipes: axes, units, classes, what does not fit."""

from __future__ import annotations

import csv
import io
import zipfile

import numpy as np
import openpyxl
import pytest
import shapely

from app.geo.similarity import FourParameters
from app.schema import Actor
from app.services.imports import ImportOptions, import_file, undo_import
from app.store import PlanMeta, PlanStore

ACTOR = Actor("王工", "测绘院")
NORTH, EAST = 4_205_900.0, 605_400.0
POINT_HEADS = ["物探点号", "管线类型", "特征", "附属物", "X", "Y", "地面高程"]
LINE_HEADS = ["起点点号", "终点点号", "管线类型", "起点埋深", "终点埋深", "起点管线高程", "终点管线高程", "管径", "材质", "埋设方式"]  # fmt: skip


@pytest.fixture
def plan(tmp_path):
    with PlanStore.create(tmp_path / "plan", PlanMeta("litong", "测试", crs="EPSG:4544")) as store:
        yield store


def point(number, code, dx, dy, ground=1125.0, feature="", thing=""):
    return [number, code, feature, thing, NORTH + dx, EAST + dy, ground]


def line(start, end, code, d1, d2, *, ground=(1125.0, 1125.0), size="DN200", levels=True, factor=1):
    """A row whose levels agree with its depths."""
    up = [ground[0] - d1, ground[1] - d2] if levels else ["", ""]
    return [start, end, code, d1 * factor, d2 * factor, *up, size, "球墨铸铁", "直埋"]


def workbook(path, points, lines, *, heads=LINE_HEADS, point_heads=POINT_HEADS):
    book = openpyxl.Workbook()
    first = book.active
    first.title = "管点表"
    for row in [point_heads, *points]:
        first.append(row)
    second = book.create_sheet("管线表")
    for row in [heads, *lines]:
        second.append(row)
    book.save(path)
    return path


STREET = [
    point("JS1", "给水", 0, 0, feature="三通"),
    point("JS2", "给水", 0, 40, thing="阀门井"),
    point("WS1", "WS", 10, 0, thing="污水井"),
    point("WS2", "WS", 10, 40, thing="检修井"),
]
PIPES = [line("JS1", "JS2", "给水", 1.2, 1.3), line("WS1", "WS2", "污水", 2.0, 2.2, size="400x300")]


def found(report, code):
    return [finding for finding in report.findings if finding.code == code]


def test_points_and_lines_become_pipes_with_x_to_the_north(plan, tmp_path):
    path = workbook(tmp_path / "管线成果.xlsx", STREET, PIPES)
    report = import_file(path, plan, ACTOR, ImportOptions(height_datum="1985"))
    assert report.counts["kept"] == 6
    pipes = plan.read("pipe").set_index("start_node")
    water, sewer = pipes.loc["JS1"], pipes.loc["WS1"]
    assert (water.pipe_class, sewer.pipe_class, sewer.subclass) == ("JS", "PS", "WS")
    assert [c[:2] for c in water.geometry.coords] == [(EAST, NORTH), (EAST + 40, NORTH)]
    assert (water.start_depth_m, water.end_depth_m, water.depth_ref) == (1.2, 1.3, "crown")
    assert (sewer.depth_ref, sewer.start_invert_m, sewer.end_invert_m) == ("invert", 1123.0, 1122.8)
    assert (sewer.width_mm, sewer.height_mm) == (400, 300)
    assert np.isnan(water.start_invert_m)  # the level of a water main is its top
    assert (water.material, water.laying) == ("QM", "direct")
    nodes = plan.read("pipe_node").set_index("number")
    assert nodes.loc["JS1"].kind == "junction"
    assert nodes.loc["JS2"].kind == "valve"
    assert nodes.loc["WS2"].kind == "manhole"
    assert nodes.loc["WS1"].ground_m == 1125.0


def test_axes_get_heights_only_where_datum_and_size_are_known(plan, tmp_path):
    lines = [line("JS1", "JS2", "给水", 1.2, 1.3, size="De200"), PIPES[1]]
    path = workbook(tmp_path / "a.xlsx", STREET, lines)
    import_file(path, plan, ACTOR, ImportOptions(height_datum="1985"))
    pipes = plan.read("pipe").set_index("start_node")
    water = [c[2] for c in pipes.loc["JS1"].geometry.coords]
    assert water == pytest.approx(
        [1125 - 1.2 - 0.1, 1125 - 1.3 - 0.1]
    )  # half of De200 below the top
    sewer = [c[2] for c in pipes.loc["WS1"].geometry.coords]
    assert sewer == pytest.approx([1123.15, 1122.95])  # half of the box's 300 above the invert


def test_without_a_stated_datum_pipes_stay_flat(plan, tmp_path):
    import_file(workbook(tmp_path / "a.xlsx", STREET, PIPES), plan, ACTOR, ImportOptions())
    assert not plan.read("pipe").geometry.has_z.any()


@pytest.mark.parametrize("levels", [True, False], ids=["by levels", "by size"])
def test_depths_in_centimetres_are_told_and_read_as_such(plan, tmp_path, levels):
    lines = [line("JS1", "JS2", "JS", 1.2, 1.3, levels=levels, factor=100)]
    report = import_file(workbook(tmp_path / "a.xlsx", STREET, lines), plan, ACTOR, ImportOptions())
    [pipe] = plan.read("pipe").itertuples()
    assert (pipe.start_depth_m, pipe.end_depth_m) == (1.2, 1.3)
    assert {f.column for f in found(report, "depth_unit")} == {"起点埋深", "终点埋深"}


def test_shallow_depths_in_centimetres_are_told_by_the_levels(plan, tmp_path):
    """8 to 12 could be metres: only the levels show that they are not."""
    lines = [line("JS1", "JS2", "JS", 0.25, 0.3, factor=100)]
    import_file(workbook(tmp_path / "a.xlsx", STREET, lines), plan, ACTOR, ImportOptions())
    [pipe] = plan.read("pipe").itertuples()
    assert (pipe.start_depth_m, pipe.end_depth_m) == (0.25, 0.3)


def test_a_header_that_states_its_unit_is_believed(plan, tmp_path):
    heads = [h + "(cm)" if "埋深" in h else h for h in LINE_HEADS]
    lines = [line("JS1", "JS2", "JS", 1.2, 1.3, factor=100)]
    report = import_file(
        workbook(tmp_path / "a.xlsx", STREET, lines, heads=heads), plan, ACTOR, ImportOptions()
    )
    [pipe] = plan.read("pipe").itertuples()
    assert (pipe.start_depth_m, pipe.end_depth_m) == (1.2, 1.3)
    assert not found(report, "depth_unit")


def test_lines_to_points_that_nobody_measured_are_listed_and_left_out(plan, tmp_path):
    lines = [*PIPES, line("JS2", "JS9", "JS", 1.0, 1.0), line("JS2", "JS2", "JS", 1, 1)]
    points = [*STREET, point("JS7", "JS", 90, 90)]
    report = import_file(workbook(tmp_path / "a.xlsx", points, lines), plan, ACTOR, ImportOptions())
    told = {f.row: f.message.zh for f in found(report, "unplaced")}
    assert told == {"4": "点表中没有点号 JS9", "5": "起点与终点是同一个点"}
    assert plan.counts()["pipe"] == 2
    [lone] = found(report, "lone_points")
    assert lone.details["numbers"] == ["JS7"]
    assert report.total("read") == report.total("kept") + report.total("rejected")


def test_one_number_in_two_places_joins_nothing(plan, tmp_path):
    points = [*STREET, point("JS2", "给水", 50, 50), point("JS1", "给水", 0, 0)]
    report = import_file(workbook(tmp_path / "a.xlsx", points, PIPES), plan, ACTOR, ImportOptions())
    told = [f.message.zh for f in found(report, "unplaced")]
    assert told == ["点 JS1 重复", "点号 JS2 在点表中有 2 个不同位置"]


def test_numbers_are_unique_within_a_class_only(plan, tmp_path):
    points = [point("1", "JS", 0, 0), point("2", "JS", 0, 40), point("1", "RQ", 5, 0), point("2", "RQ", 5, 40)]  # fmt: skip
    lines = [line("1", "2", "JS", 1, 1), line("1", "2", "RQ", 1, 1)]
    import_file(workbook(tmp_path / "a.xlsx", points, lines), plan, ACTOR, ImportOptions())
    pipes = plan.read("pipe").set_index("pipe_class")
    assert pipes.loc["RQ"].geometry.coords[0][:2] == (EAST, NORTH + 5)
    assert pipes.loc["JS"].geometry.coords[0][:2] == (EAST, NORTH)


def test_swapped_ends_are_told_and_taken_as_unknown(plan, tmp_path):
    swapped = ["JS1", "JS2", "JS", 2.0, 1.0, 1124.0, 1123.0, "DN200", "钢", "直埋"]
    report = import_file(
        workbook(tmp_path / "a.xlsx", STREET, [swapped]), plan, ACTOR, ImportOptions()
    )
    [pipe] = plan.read("pipe").itertuples()
    assert np.isnan(pipe.start_depth_m)
    assert np.isnan(pipe.end_depth_m)
    assert found(report, "ends_swapped")[0].row == "2"


def test_a_depth_that_contradicts_its_level_is_told(plan, tmp_path):
    off = ["JS1", "JS2", "JS", 1.9, 1.0, 1124.0, 1124.0, "DN200", "钢", "直埋"]
    report = import_file(workbook(tmp_path / "a.xlsx", STREET, [off]), plan, ACTOR, ImportOptions())
    [told] = found(report, "depth_disagrees")
    assert told.message.zh == "埋深 1.90 m 与地面高程减管线高程 1.00 m 不符"


def test_the_same_stretch_twice_is_kept_and_told(plan, tmp_path):
    lines = [*PIPES, line("JS2", "JS1", "给水", 1.3, 1.2), line("JS2", "JS1", "给水", 1.3, 1.2, size="DN100")]  # fmt: skip
    report = import_file(workbook(tmp_path / "a.xlsx", STREET, lines), plan, ACTOR, ImportOptions())
    [told] = found(report, "repeated_line")
    assert told.message.zh == "与第 2 行同为 JS2–JS1，类别和规格相同，两行都保留"
    assert plan.counts()["pipe"] == 4  # supply and return of a heat main look just like this


def as_csv(rows):
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode("gb18030")


def test_two_csv_files_in_gbk_come_in_as_one_zip(plan, tmp_path):
    path = tmp_path / "普查.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("JSPOINT.csv", as_csv([POINT_HEADS, *STREET[:2]]))
        packed.writestr("JSLINE.csv", as_csv([LINE_HEADS, line("JS1", "JS2", "", 1.2, 1.3)]))
    import_file(path, plan, ACTOR, ImportOptions())
    [pipe] = plan.read("pipe").itertuples()
    assert (pipe.pipe_class, pipe.geometry.length) == ("JS", 40)


def test_a_line_table_alone_is_joined_to_the_points_of_the_plan(plan, tmp_path):
    points, lines = tmp_path / "点.csv", tmp_path / "线.csv"
    points.write_bytes(as_csv([POINT_HEADS, *STREET]))
    lines.write_bytes(as_csv([LINE_HEADS, *PIPES]))
    import_file(points, plan, ACTOR, ImportOptions())
    report = import_file(lines, plan, ACTOR, ImportOptions())
    assert report.counts["kept"] == 2
    pipes = plan.read("pipe").set_index("start_node")
    assert pipes.loc["JS1"].geometry.coords[1][:2] == (EAST + 40, NORTH)


def test_the_whole_delivery_is_undone_as_one(plan, tmp_path):
    report = import_file(workbook(tmp_path / "a.xlsx", STREET, PIPES), plan, ACTOR, ImportOptions())
    [dataset] = plan.read("dataset").itertuples()
    assert dataset.file_sha256 == report.sha256
    undo_import(plan, report.batch_id, ACTOR)
    assert (plan.counts()["pipe"], plan.counts()["pipe_node"]) == (0, 0)


def test_a_city_grid_is_brought_in_by_its_four_parameters(plan, tmp_path):
    city = FourParameters(4_200_000.0, 600_000.0, 0.25, 1.00002)
    corners = [("JS1", 5900.0, 5400.0), ("JS2", 5900.0, 5440.0)]
    points = [[n, "JS", "", "", x, y, 1125.0] for n, x, y in corners]
    path = workbook(tmp_path / "a.xlsx", points, PIPES[:1])
    report = import_file(path, plan, ACTOR, ImportOptions(grid=str(city)))
    [pipe] = plan.read("pipe").itertuples()
    north, east = city.moved(np.array([5900.0, 5900.0]), np.array([5400.0, 5440.0]))
    expected = shapely.LineString(list(zip(east, north, strict=True)))
    assert shapely.equals_exact(shapely.force_2d(pipe.geometry), expected, tolerance=1e-6)
    [dataset] = plan.read("dataset").itertuples()
    assert "四参数" in dataset.crs
    assert str(city) in dataset.crs
    assert report.layers[0].crs == "EPSG:4544"
