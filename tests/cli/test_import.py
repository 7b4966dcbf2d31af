"""``jiugai import`` as a planner or a script runs it."""

from __future__ import annotations

import json

import geopandas as gpd
import pyogrio
import pytest
import shapely

from app.cli.group import run
from app.store import PlanMeta, PlanStore


@pytest.fixture
def plan(tmp_path):
    folder = tmp_path / "plan"
    PlanStore.create(folder, PlanMeta("cli-import", "测试", crs="EPSG:4544")).close()
    return folder


@pytest.fixture
def delivery(tmp_path):
    path = tmp_path / "楼栋.gpkg"
    frame = gpd.GeoDataFrame(
        {"building_id": ["N1", "N1"], "A01": [6, 5]},
        geometry=[shapely.box(605_400, 4_205_900, 605_412, 4_205_912)] * 2,
        crs="EPSG:4544",
    )
    pyogrio.write_dataframe(frame, path, layer="building")
    return path


@pytest.fixture
def jiugai(capsys):
    def call(*arguments):
        with pytest.raises(SystemExit) as end:
            run([str(argument) for argument in arguments])
        return end.value.code, capsys.readouterr()

    return call


def rows(plan):
    with PlanStore.open(plan) as store:
        return store.counts()["building"]


def test_a_script_reads_the_counts_and_takes_the_batch_back(plan, delivery, jiugai):
    code, said = jiugai(
        "import", delivery, "--plan", plan, "--map", "A01=floors", "--as-of", "2024-04-01", "--json"
    )
    report = json.loads(said.out)
    assert code == 0
    assert (report["read"], report["kept"], report["rejected"]) == (2, 1, 1)
    assert report["findings"][0]["code"] == "duplicate_id"
    assert rows(plan) == 1

    code, said = jiugai("import", "--undo", report["batch_id"], "--plan", plan, "--json")
    assert (code, json.loads(said.out)) == (0, {"undone": report["batch_id"]})
    assert rows(plan) == 0


def test_a_dry_run_tells_a_person_the_same_and_writes_nothing(plan, delivery, jiugai):
    code, said = jiugai("import", delivery, "--plan", plan, "--dry-run")
    assert code == 0
    assert "试运行，未写入" in said.out
    assert "读取 2  保留 1" in said.out
    assert "编号 N1 与前面的行重复" in said.out
    assert rows(plan) == 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "--undo"),
        (("missing.gpkg",), 3, "找不到文件"),
        (("{delivery}", "--layer", "城堡"), 2, "没有图层 城堡"),
        (("{delivery}", "--map", "A01"), 2, "--map"),
        (("{delivery}", "--map", "A01=storeys"), 2, "storeys"),
        (("{delivery}", "--as-of", "昨天"), 2, "昨天"),
        (("{delivery}", "--crs", "吴忠独立"), 1, "EPSG"),
        (("--undo", "nothing"), 3, "nothing"),
    ],
)
def test_a_mistake_is_explained_without_a_traceback(plan, delivery, jiugai, arguments, code, words):
    given = [str(delivery) if a == "{delivery}" else a for a in arguments]
    exit_code, said = jiugai("import", *given, "--plan", plan)
    assert exit_code == code
    assert words in said.err
    assert "Traceback" not in said.err
    assert rows(plan) == 0
