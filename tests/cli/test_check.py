"""`jiugai check` on plans and on files as they are delivered."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from app.cli.group import run
from app.services.exports import ExportRequest, write_export
from app.services.plans import open_plan
from app.store import disk
from tests.town import CRS, EAST, NORTH, PLANNER, build_town


def checked(capsys: pytest.CaptureFixture[str], path: Path) -> tuple[int, dict[str, object]]:
    with pytest.raises(SystemExit) as left:
        run(["check", str(path), "--json"])
    return int(left.value.code or 0), json.loads(capsys.readouterr().out)


def delivered(path: Path, *shapes: shapely.Geometry) -> Path:
    frame = gpd.GeoDataFrame(
        {"building_id": [f"X{i}" for i in range(len(shapes))], "层数": [6] * len(shapes)},
        geometry=list(shapes),
        crs=CRS,
    )
    frame.to_file(path, driver="GPKG", layer="楼栋")
    return path


def test_a_sound_plan_leaves_with_zero(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    build_town(tmp_path / "plan").close()
    assert checked(capsys, tmp_path / "plan") == (
        0,
        {"findings": [], "counts": {"error": 0, "warning": 0, "info": 0, "by_code": {}}},
    )


def test_the_one_file_of_a_sound_plan_is_sound(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    build_town(tmp_path / "plan").close()
    plan = open_plan(tmp_path / "plan")
    write_export(plan, ExportRequest("gpkg", PLANNER), tmp_path / "handed.gpkg")
    plan.store.close()
    code, found = checked(capsys, tmp_path / "handed.gpkg")
    assert (code, found["findings"]) == (0, [])


def test_a_bowtie_in_a_delivered_file_is_a_finding_with_its_row(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    x, y = EAST, NORTH
    bowtie = shapely.Polygon([(x, y), (x + 30, y + 12), (x + 30, y), (x, y + 12)])
    path = delivered(tmp_path / "楼栋.gpkg", shapely.box(x + 100, y, x + 130, y + 12), bowtie)
    code, found = checked(capsys, path)
    findings = found["findings"]
    assert isinstance(findings, list)
    assert code == 1
    assert [(item["code"], item["row"]) for item in findings] == [("self_crossing", "2")]
    assert {"code", "severity", "layer", "row", "column", "message", "fix"} <= set(findings[0])


def test_a_file_that_is_cut_off_cannot_be_read(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    whole = delivered(tmp_path / "a.gpkg", shapely.box(EAST, NORTH, EAST + 30, NORTH + 12))
    cut = tmp_path / "cut.gpkg"
    cut.write_bytes(whole.read_bytes()[:5000])
    code, found = checked(capsys, cut)
    assert code == 3
    assert set(found) == {"error"}


def test_a_path_that_is_not_there_cannot_be_read(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert checked(capsys, tmp_path / "nothing.shp")[0] == 3


# --- plans that need a hand ---
CASES = Path(__file__).parents[1] / "cases"


def old_plan(folder: Path) -> Path:
    """A plan as the first version of the program left it."""
    folder.mkdir()
    shutil.copy(CASES / "plan-v0" / "plan.json", folder)
    with contextlib.closing(sqlite3.connect(folder / "planning-1.gpkg")) as connection:
        connection.executescript((CASES / "plan-v0" / "planning-1.sql").read_text("utf-8"))
    return folder


def test_a_plan_of_an_earlier_version_says_how_to_migrate_it_and_does(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = old_plan(tmp_path / "old")
    with pytest.raises(SystemExit) as refused:
        run(["check", str(folder)])
    assert refused.value.code == 3
    assert "jiugai check --migrate" in capsys.readouterr().err
    with pytest.raises(SystemExit) as left:
        run(["check", str(folder), "--migrate"])
    assert left.value.code in (0, 1)
    assert "0 → " in capsys.readouterr().err
    open_plan(folder).store.close()


def test_a_broken_spatial_index_is_told_and_repaired(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    build_town(tmp_path / "plan").close()
    file = next((tmp_path / "plan").glob("planning-*.gpkg"))
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("DELETE FROM rtree_building_geom")
        connection.commit()
    code, found = checked(capsys, tmp_path / "plan")
    assert code == 1
    assert "--repair" in json.dumps(found)
    with pytest.raises(SystemExit) as left:
        run(["check", str(tmp_path / "plan"), "--repair"])
    assert left.value.code == 0


def test_only_a_plan_folder_can_be_repaired(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = delivered(tmp_path / "a.gpkg", shapely.box(EAST, NORTH, EAST + 5, NORTH + 5))
    with pytest.raises(SystemExit) as left:
        run(["check", str(file), "--repair"])
    assert left.value.code == 2
    assert "方案文件夹" in capsys.readouterr().err


def test_a_plan_on_a_network_drive_is_refused_by_every_command(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_town(tmp_path / "plan").close()
    mounts = f"server:/share {tmp_path} nfs4 rw 0 0\n"
    asked = disk.network_kind
    monkeypatch.setattr(disk, "network_kind", lambda folder: asked(folder, mounts))
    for words in (["check", str(tmp_path / "plan")], ["info", str(tmp_path / "plan")]):
        with pytest.raises(SystemExit) as left:
            run(words)
        assert left.value.code == 3
        said = capsys.readouterr().err
        assert "网络驱动器（nfs4）" in said
        assert "本机硬盘" in said
