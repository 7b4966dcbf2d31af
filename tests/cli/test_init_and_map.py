"""`jiugai init --from-osm` and `jiugai export map` as a person types them."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from app.cli.group import run
from app.report.folium_map import require_no_remote
from tests.osm_drawn import LAT0, LON0, Drawing


def typed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        run(arguments)
    spoken = capsys.readouterr()
    return int(left.value.code or 0), spoken.out, spoken.err


@pytest.fixture(scope="module")
def helsinki_plan(tmp_path_factory: pytest.TempPathFactory, helsinki_pbf: Path) -> Path:
    folder = tmp_path_factory.mktemp("osm") / "helsinki"
    with pytest.raises(SystemExit) as left:
        run(["init", str(folder), "--from-osm", str(helsinki_pbf), "--json"])
    assert left.value.code == 0
    return folder


def drawn_town(tmp_path: Path) -> Path:
    drawing = Drawing()
    drawing.box(1, 100, 100, 200, {"landuse": "residential", "name": "Kallio"})
    drawing.box(2, 150, 150, 20, {"building": "yes"})
    return drawing.write(tmp_path / "town.osm.pbf")


def test_init_says_what_came_in_and_what_is_schematic(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, out, _ = typed(capsys, "init", str(tmp_path / "town"), "--from-osm", str(drawn_town(tmp_path)), "--json")  # fmt: skip

    answer = json.loads(out)
    assert code == 0
    assert answer["layers"]["building"] == {"rows": 1}
    assert answer["attribution"] == "© OpenStreetMap contributors, ODbL 1.0"
    assert {finding["code"] for finding in answer["findings"]} == {"osm_schematic_township"}


def test_townships_may_come_from_a_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    given = gpd.GeoDataFrame(
        {"名称": ["金星镇"]},
        geometry=[shapely.box(LON0, LAT0, LON0 + 0.01, LAT0 + 0.01)],
        crs="EPSG:4326",
    )
    given.to_file(tmp_path / "乡镇.geojson", driver="GeoJSON")

    code, _, err = typed(
        capsys, "init", str(tmp_path / "town"), "--from-osm", str(drawn_town(tmp_path)),
        "--townships", str(tmp_path / "乡镇.geojson"),
    )  # fmt: skip
    _, out, _ = typed(capsys, "export", "map", "--plan", str(tmp_path / "town"), "--out",
                      str(tmp_path / "map.html"), "--township", "金星镇", "--json")  # fmt: skip

    assert (code, err.count("✗")) == (0, 0)
    assert json.loads(out)["communities"] == 1


def test_a_township_file_without_names_is_explained(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    nameless = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.box(LON0, LAT0, LON0 + 0.01, LAT0 + 0.01)], crs="EPSG:4326")  # fmt: skip
    nameless.to_file(tmp_path / "t.geojson", driver="GeoJSON")

    code, out, _ = typed(capsys, "init", str(tmp_path / "town"), "--from-osm", str(drawn_town(tmp_path)),
                         "--townships", str(tmp_path / "t.geojson"), "--json")  # fmt: skip

    assert code == 3
    assert "name" in json.loads(out)["error"]["fix"]
    assert not (tmp_path / "town").exists()


def test_something_else_than_an_extract_is_explained(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    wrong = tmp_path / "town.osm.pbf"
    wrong.write_text("hello", encoding="utf-8")

    code, _, err = typed(capsys, "init", str(tmp_path / "town"), "--from-osm", str(wrong))

    assert code == 3
    assert "不是 OSM PBF 文件" in err
    assert "Traceback" not in err


def test_an_empty_plan_needs_its_system(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert typed(capsys, "init", str(tmp_path / "a"))[0] == 2
    assert typed(capsys, "init", str(tmp_path / "a"), "--crs", "EPSG:4326")[0] == 1
    code, out, _ = typed(capsys, "init", str(tmp_path / "a"), "--crs", "EPSG:4544", "--json")
    assert code == 0
    assert json.loads(out)["crs"] == "EPSG:4544"


def test_the_map_of_the_real_extract_is_one_file_that_says_where_it_is_from(
    capsys: pytest.CaptureFixture[str], helsinki_plan: Path, tmp_path: Path
) -> None:
    out = tmp_path / "helsinki.html"
    code, told, _ = typed(capsys, "export", "map", "--plan", str(helsinki_plan), "--out", str(out), "--json")  # fmt: skip

    answer, page = json.loads(told), out.read_text("utf-8")
    assert code == 0
    assert answer["communities"] == 50
    assert answer["stamps"] == ["示意边界", "密级：公开"]
    assert answer["bytes"] == out.stat().st_size < 3_000_000
    require_no_remote(page)
    assert "© OpenStreetMap contributors, ODbL 1.0" in page


def test_a_township_that_is_not_there_is_answered_with_those_that_are(
    capsys: pytest.CaptureFixture[str], helsinki_plan: Path, tmp_path: Path
) -> None:
    code, told, _ = typed(capsys, "export", "map", "--plan", str(helsinki_plan), "--township", "Nowhere",
                          "--out", str(tmp_path / "m.html"), "--json", "--lang", "en")  # fmt: skip

    assert code == 3
    assert "Kluuvi" in json.loads(told)["error"]["fix"]
    assert not (tmp_path / "m.html").exists()


def test_the_map_of_the_demonstration_is_stamped_as_one(
    capsys: pytest.CaptureFixture[str], demo_small_plan: Path, tmp_path: Path
) -> None:
    out = tmp_path / "demo.html"
    code, told, _ = typed(capsys, "export", "map", "--plan", str(demo_small_plan), "--out", str(out), "--json")  # fmt: skip

    assert code == 0
    assert "演示数据" in json.loads(told)["stamps"]
    assert "示意边界" in json.loads(told)["stamps"]
