"""`init --from-osm`: the plan folder that comes of an extract."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import InputFileError, PlanError
from app.schema import Actor
from app.services.from_osm import init_from_osm
from app.services.imports.original import kept_delivery
from app.services.new_plan import plan_id_from
from app.services.plans import OpenPlan
from app.store import PlanStore

PLANNER = Actor("张三", "住建局")


def test_a_real_extract_becomes_a_plan_that_opens_again(tmp_path: Path, helsinki_pbf: Path) -> None:
    made = init_from_osm(tmp_path / "helsinki", helsinki_pbf, actor=PLANNER)

    with PlanStore.open(tmp_path / "helsinki") as store:
        assert store.meta.crs == "EPSG:32635"
        assert store.meta.attribution == "© OpenStreetMap contributors, ODbL 1.0"
        assert not store.meta.is_demo
        assert {k: v for k, v in store.counts().items() if v} == made.counts
        buildings = store.read("building")
        assert len(buildings) == 446
        assert buildings["households"].isna().all()
        assert set(buildings["dataset_id"]) == {"osm"}
        [dataset] = store.read("dataset").itertuples()
        assert dataset.attribution == "© OpenStreetMap contributors"
        delivered = kept_delivery(OpenPlan(store), dataset.dataset_id, PLANNER)
        assert delivered.name == helsinki_pbf.name
        assert delivered.path.read_bytes() == helsinki_pbf.read_bytes()
        assert store.verify() == []


def test_a_broken_extract_leaves_no_folder_behind(tmp_path: Path, helsinki_pbf: Path) -> None:
    half = tmp_path / "half.osm.pbf"
    half.write_bytes(helsinki_pbf.read_bytes()[:300_000])

    with pytest.raises(InputFileError):
        init_from_osm(tmp_path / "plan", half, actor=PLANNER)

    assert not (tmp_path / "plan").exists()


def test_a_folder_that_holds_something_is_left_as_it_is(tmp_path: Path, helsinki_pbf: Path) -> None:
    folder = tmp_path / "plan"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine", encoding="utf-8")

    with pytest.raises(PlanError):
        init_from_osm(folder, helsinki_pbf, actor=PLANNER)

    assert [path.name for path in folder.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(
    ("name", "plan_id"), [("Helsinki 2024", "helsinki-2024"), ("赫尔辛基", "plan"), ("a", "a")]
)
def test_the_plan_id_is_made_of_the_folders_name(name: str, plan_id: str) -> None:
    assert plan_id_from(name) == plan_id
