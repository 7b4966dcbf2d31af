"""Wrong, damaged and hostile files as a person imports them: told, cured, and no trace in the plan."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import openpyxl
import pyogrio
import pytest
import shapely

from app.cli.group import run
from app.schema import Actor
from app.store import Edit, ImportBatch, PlanMeta, PlanStore

EAST, NORTH = 605_400.0, 4_205_900.0
MOST_MB, LONGEST_S = 500.0, 120.0
VRT = (
    '<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/etc/passwd</SrcDataSource>'
    "</OGRVRTLayer></OGRVRTDataSource>"
)


def houses(count: int) -> list[shapely.Polygon]:
    return [shapely.box(EAST + 40 * n, NORTH, EAST + 40 * n + 12, NORTH + 12) for n in range(count)]


def frame(count: int = 3, **columns: object) -> gpd.GeoDataFrame:
    content = {"building_id": [f"N{n}" for n in range(count)], **columns}
    return gpd.GeoDataFrame(content, geometry=houses(count), crs="EPSG:4544")


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    folder = tmp_path / "plan"
    with PlanStore.create(folder, PlanMeta("bad", "测试", crs="EPSG:4544")) as store:
        community = gpd.GeoDataFrame(
            {"community_id": ["C1"], "name": ["裕西小区"]},
            geometry=[shapely.box(EAST - 9, NORTH - 9, EAST + 300, NORTH + 99)], crs="EPSG:4544",
        )  # fmt: skip
        store.load({"community": community}, batch=ImportBatch(), actor=Actor("王工"))
    return folder


@pytest.fixture
def jiugai(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, dict[str, object]]]:
    def call(*arguments: object) -> tuple[int, dict[str, object]]:
        with pytest.raises(SystemExit) as end:
            run([*map(str, arguments), "--json"])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        assert isinstance(end.value.code, int)
        return end.value.code, json.loads(said.out or said.err)

    return call


def trace(folder: Path) -> dict[str, bytes]:
    """Every byte of the plan but the shared memory of the log."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(("-wal", "-shm"))
    }


def truncated(folder: Path) -> Path:
    path = folder / "truncated.gpkg"
    pyogrio.write_dataframe(frame(500), path, layer="building")
    path.write_bytes(path.read_bytes()[:60_000])
    return path


def endless(folder: Path) -> Path:
    path = folder / "endless.geojson"
    path.write_text(
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},'
        '"geometry":{"type":"Point","coordinates":[106.2,1e999]}}]}'
    )
    return path


def cut_text(folder: Path) -> Path:
    path = folder / "cut.geojson"
    path.write_text('{"type":"FeatureCollection",\n"features":[{"type":"Feature","geometry":')
    return path


def zipped(folder: Path, name: str, *members: tuple[str, bytes | str]) -> Path:
    with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members:
            archive.writestr(member, content)
    return folder / name


def disguised(folder: Path) -> Path:
    path = folder / "harmless.geojson"
    path.write_text(VRT)
    return path


def named_secret(folder: Path) -> Path:
    path = folder / "管线_机密.geojson"
    path.write_text('{"type":"FeatureCollection","features":[]}')
    return path


def secret_column(folder: Path) -> Path:
    path = folder / "level.gpkg"
    pyogrio.write_dataframe(frame(2, 密级=["内部", "机密"]), path, layer="building")
    return path


def drawing(folder: Path) -> Path:
    path = folder / "现状.dwg"
    path.write_bytes(b"AC1032" + b"\0" * 100)
    return path


def foreign_table(folder: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["小区名称", "楼号", "户数"])
    sheet.append(["没有的小区", "1号楼", 12])
    book.save(folder / "foreign.xlsx")
    return folder / "foreign.xlsx"


def empty_layer(folder: Path) -> Path:
    path = folder / "empty.gpkg"
    pyogrio.write_dataframe(frame(1).iloc[:0], path, layer="building", geometry_type="Polygon")
    return path


BOMB = ("a.geojson", b"{" + b" " * (60 * 2**20))
CASES: dict[str, tuple[Callable[[Path], Path], int, str, tuple[str, ...]]] = {
    "a GeoPackage cut off": (truncated, 3, "truncated.gpkg", ()),
    "an endless number": (endless, 3, "feature 1, geometry", ("--layer", "tree")),
    "a GeoJSON cut off": (cut_text, 3, "line 2", ("--layer", "tree")),
    "an archive that climbs": (lambda f: zipped(f, "z.zip", ("../a.csv", "a")), 3, "../a.csv", ()),
    "an absolute member": (lambda f: zipped(f, "z.zip", ("/etc/a.csv", "a")), 3, "/etc/a.csv", ()),
    "an archive in one": (lambda f: zipped(f, "z.zip", ("in.zip", "PK")), 3, "in.zip", ()),
    "a bomb": (lambda f: zipped(f, "z.zip", BOMB), 3, "a.geojson", ()),
    "a VRT disguised": (disguised, 3, "harmless.geojson", ()),
    "a secret name": (named_secret, 3, "机密", ()),
    "a secret row": (secret_column, 3, "机密", ()),
    "a DWG": (drawing, 3, "DXF", ()),
    "a table of elsewhere": (foreign_table, 1, "没有的小区", ("--layer", "building")),
    "an empty layer": (empty_layer, 1, "building", ()),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_cannot_come_in_is_told_with_its_cure_and_leaves_no_trace(
    name: str, plan: Path, tmp_path: Path, jiugai: Callable[..., tuple[int, dict[str, object]]]
) -> None:
    make, code, word, said = CASES[name]
    path, before = make(tmp_path), trace(plan)
    ended, answer = jiugai("import", path, "--plan", plan, *said)
    assert ended == code
    text = json.dumps(answer, ensure_ascii=False)
    assert word in text
    assert '"fix": "' in text
    assert '"fix": ""' not in text
    assert trace(plan) == before


# A process of its own: what the system tells of children begins with the memory of their parent.
IMPORT_ALL = """
import json, resource, sys
from app.cli.group import run
plan, *calls = json.loads(sys.argv[1])
for call in calls:
    try:
        run(["import", *call, "--plan", plan, "--json"])
    except SystemExit:
        pass
print("held", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell what children held")
def test_no_damaged_or_hostile_file_makes_the_parser_hold_much(plan: Path, tmp_path: Path) -> None:
    calls = []
    for number, (make, _, _, said) in enumerate(CASES.values()):
        folder = tmp_path / str(number)
        folder.mkdir()
        calls.append([str(make(folder)), *said])
    answer = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, json.dumps([str(plan), *calls])],
        capture_output=True, text=True, encoding="utf-8", check=True, timeout=LONGEST_S,
    )  # fmt: skip
    [held] = [line for line in answer.stdout.splitlines() if line.startswith("held ")]
    assert 0 < float(held.split()[1]) <= MOST_MB


def test_an_undo_is_refused_with_the_rows_that_were_edited_since(
    plan: Path, tmp_path: Path, jiugai: Callable[..., tuple[int, dict[str, object]]]
) -> None:
    path = tmp_path / "a.gpkg"
    pyogrio.write_dataframe(frame(3), path, layer="building")
    _, report = jiugai("import", path, "--plan", plan)
    with PlanStore.open(plan) as store:
        store.apply([Edit("building", "update", "N1", {"floors": 6}, 1)], Actor("李工"))
    code, answer = jiugai("import", "--undo", report["batch_id"], "--plan", plan)
    assert code == 1
    assert "building N1" in json.dumps(answer, ensure_ascii=False)
    with PlanStore.open(plan) as store:
        assert store.counts()["building"] == 3
