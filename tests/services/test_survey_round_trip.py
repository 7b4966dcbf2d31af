"""Pipes exported as survey tables or as a drawing come back by the import as the same rows."""

from __future__ import annotations

import shutil

import ezdxf
import numpy as np
import pandas as pd
import pytest
import shapely

from app.errors import NotAllowedError, UsageError
from app.schema import Actor
from app.services.exports import ExportRequest, exported_name, write_export
from app.services.imports import ImportOptions, import_file
from app.services.plans import open_plan
from app.store import Edit, PlanMeta, PlanStore
from app.store.readers.delivery import UPLOAD

ACTOR = Actor("王工", "测绘院")
SAME = ["start_node", "end_node", "pipe_class", "subclass", "material", "laying", "status", "role",
        "nominal_mm", "outside_mm", "width_mm", "height_mm", "depth_ref", "start_depth_m",
        "end_depth_m", "start_invert_m", "end_invert_m", "year_built", "pressure_mpa", "voltage_kv",
        "cable_count", "holes_total", "holes_used", "quality", "trench_id", "works_from",
        "road_name", "flow_direction", "size_basis", "defect_grade"]  # fmt: skip


@pytest.fixture(scope="module")
def plan(demo_small_plan, tmp_path_factory):
    folder = shutil.copytree(demo_small_plan, tmp_path_factory.mktemp("survey") / "plan")
    opened = open_plan(folder)
    yield opened
    opened.store.close()


def exported(plan, to, actor=ACTOR, **options):
    asked = ExportRequest("pipes", actor, "zh", options | {"format": to.suffix[1:]})
    return write_export(plan, asked, to)


@pytest.fixture(scope="module")
def again(plan, tmp_path_factory):
    """(report, pipes, nodes, names of owners) of an empty plan that took in the tables."""
    folder = tmp_path_factory.mktemp("again")
    made = exported(plan, folder / "管线成果.xlsx")
    with PlanStore.create(folder / "plan", PlanMeta("litong", "测试", crs="EPSG:4544")) as store:
        report = import_file(
            made.path, store, ACTOR, ImportOptions(height_datum="1985"), limits=UPLOAD
        )
        names = store.read("organisation").set_index("organisation_id")["name"]
        yield report, store.read("pipe"), store.read("pipe_node"), names


def plausible(plan):
    """Without what the demonstration planted as faults, which no import takes as it stands."""
    pipes, nodes = plan.frame("pipe"), plan.frame("pipe_node")
    places = {number: (at.x, at.y) for number, at in zip(nodes["number"], nodes.geometry, strict=True)}  # fmt: skip
    swapped = (pipes["start_depth_m"] - pipes["end_depth_m"]).abs() > 1.5
    sized = (pipes["nominal_mm"].fillna(1) < 5000) & (pipes["outside_mm"].fillna(1) >= 1)
    joined = pd.Series(True, index=pipes.index)
    for end, name in ((0, "start_node"), (-1, "end_node")):
        at = [tuple(shapely.get_coordinates(line)[end]) for line in pipes.geometry]
        told = [places.get(number) for number in pipes[name]]
        at_node = [
            not number or (there is not None and np.hypot(there[0] - x, there[1] - y) < 0.001)
            for number, there, (x, y) in zip(pipes[name].fillna(""), told, at, strict=True)
        ]
        joined &= np.array(at_node)
    return pipes[sized & ~swapped & joined & pipes["pipe_class"].notna()]


def test_the_tables_bring_every_pipe_and_point_back(plan, again):
    report, pipes, nodes, _ = again
    assert set(pipes["pipe_id"]) == set(plan.table("pipe")["pipe_id"])
    assert report.total("rejected") == 0
    numbers = plan.table("pipe_node")["number"].dropna()
    assert set(numbers) <= set(nodes["number"])


@pytest.mark.parametrize("name", SAME)
def test_a_column_comes_back_as_it_was(plan, again, name):
    theirs = plausible(plan).set_index("pipe_id")
    ours = again[1].set_index("pipe_id").loc[theirs.index]
    stated = theirs[name].notna() & (
        theirs[name].astype(str) != "unknown"
    )  # what was unknown may have been told by the tables meanwhile
    one, two = ours.loc[stated, name], theirs.loc[stated, name]
    if pd.api.types.is_numeric_dtype(two):
        assert np.allclose(one.astype(float), two.astype(float), atol=0.0015, equal_nan=True)
    else:
        assert one.astype(str).tolist() == two.astype(str).tolist()


def test_owners_shapes_and_heights_come_back(plan, again):
    theirs = plausible(plan).set_index("pipe_id")
    ours = again[1].set_index("pipe_id").loc[theirs.index]
    names = plan.table("organisation").set_index("organisation_id")["name"]
    owned = theirs["owner_id"].notna()
    assert ours.loc[owned, "owner_id"].map(again[3]).tolist() == theirs.loc[owned, "owner_id"].map(names).tolist()  # fmt: skip
    one, two = ours.geometry.to_numpy(), theirs.geometry.to_numpy()
    assert shapely.equals_exact(shapely.force_2d(one), shapely.force_2d(two), tolerance=0.001).all()
    high = shapely.has_z(one) & shapely.has_z(two)
    assert high.sum() > 0.95 * shapely.has_z(two).sum()
    heights = [shapely.get_coordinates(rows[high], include_z=True)[:, 2] for rows in (one, two)]
    assert np.abs(heights[0] - heights[1]).max() < 0.002


def test_a_bent_pipe_is_cut_at_its_bends(plan, tmp_path):
    row = plausible(plan).dropna(subset=["owner_id"]).iloc[0]
    (x, y), (u, v) = shapely.get_coordinates(row.geometry)[[0, -1]]
    bent = shapely.LineString([(x, y), ((x + u) / 2 + 1, (y + v) / 2 + 1), (u, v)])
    before = plan.row("pipe", row.pipe_id)
    edit = Edit("pipe", "update", row.pipe_id, {"geometry": bent}, before["version"])
    applied = plan.store.apply([edit], ACTOR)
    made = exported(plan, tmp_path / "a.xlsx", owner=row.owner_id)
    plan.store.undo([one.change_id for one in applied], ACTOR)
    with PlanStore.create(tmp_path / "plan", PlanMeta("litong", "测试", crs="EPSG:4544")) as store:
        import_file(made.path, store, ACTOR, ImportOptions(), limits=UPLOAD)
        pieces = store.read("pipe").set_index("pipe_id")
    one, two = (pieces.loc[f"{row.pipe_id}/{k}"] for k in (1, 2))
    assert (one.start_node, two.end_node) == (row.start_node, row.end_node)
    assert one.end_node == two.start_node == f"{row.pipe_id}/1"
    assert one.geometry.length + two.geometry.length == pytest.approx(bent.length, abs=0.002)
    share = one.geometry.length / bent.length
    middle = row.start_depth_m + share * (row.end_depth_m - row.start_depth_m)
    assert one.end_depth_m == pytest.approx(middle, abs=0.002)


def test_the_drawing_brings_back_class_subclass_status_and_shape(plan, tmp_path):
    made = exported(plan, tmp_path / "管线.dxf")
    pipes = plan.frame("pipe")
    with PlanStore.create(tmp_path / "plan", PlanMeta("litong", "测试", crs="EPSG:4544")) as store:
        report = import_file(made.path, store, ACTOR, ImportOptions(crs="EPSG:4544"), limits=UPLOAD)
        back, nodes = store.read("pipe"), store.read("pipe_node")
    assert made.rows["pipe"] == len(pipes)
    assert not [f for f in report.findings if f.code == "layer_left_out"]

    def told(rows):
        ends = [sorted((p, q)) for p, q in (
            (tuple(np.round(c[0], 3)), tuple(np.round(c[-1], 3)))
            for c in (shapely.get_coordinates(g) for g in rows.geometry)
        )]  # fmt: skip
        columns = (rows[name].fillna("").astype(str) for name in ("pipe_class", "status"))
        return sorted((*keys, str(end)) for *keys, end in zip(*columns, ends, strict=True))

    drawn = pipes[pipes["pipe_class"].notna()]
    assert told(back[back["pipe_class"].isin(drawn["pipe_class"])]) == told(drawn)
    kinds = plan.table("pipe_node")["kind"].value_counts()
    assert nodes["kind"].value_counts().to_dict() == kinds.to_dict()


def test_the_drawing_opens_without_faults_and_states_metres_and_secrecy(plan, tmp_path):
    made = exported(plan, tmp_path / "管线.dxf", owner="ORG-WATER")
    document = ezdxf.readfile(made.path)
    assert document.header["$INSUNITS"] == 6
    assert "密级：敏感" in [value for _, value in document.header.custom_vars]
    assert not document.audit().has_errors
    own = plan.table("pipe").query("owner_id == 'ORG-WATER'")
    assert len(document.modelspace().query("POLYLINE LWPOLYLINE")) == len(own)


def test_a_utility_takes_home_its_own_pipes_only(plan, tmp_path):
    gas = Actor("燃气工", "供气公司", "utility")
    made = exported(plan, tmp_path / "g.xlsx", gas)
    assert made.rows["pipe"] == (plan.table("pipe")["owner_id"] == "ORG-GAS").sum()
    with pytest.raises(NotAllowedError):
        exported(plan, tmp_path / "w.xlsx", gas, owner="供水公司")
    with pytest.raises(UsageError):
        exported(plan, tmp_path / "w.gpkg", gas)
    asked = ExportRequest("pipes", gas, "zh", {"format": "dxf", "owner": "ORG-GAS"})
    assert exported_name(plan, asked) == "demo-pipes-ORG-GAS.dxf"
