"""Control points in two systems: four parameters with residuals, on the command line and the page."""

from __future__ import annotations

import json

import numpy as np
import pytest

from app.cli.group import run
from app.errors import CrsError, InputFileError
from app.geo.similarity import FourParameters
from app.services.imports.control_points import fitted, fitted_file
from app.store import PlanMeta, PlanStore

CITY = FourParameters(4_200_000.0, 600_000.0, 0.25, 1.00002)
LOCAL = [(5000.0, 5000.0), (5000.0, 6000.0), (6000.0, 6000.0), (6000.0, 5000.0), (5500.0, 5400.0)]


def pairs(mistake_m=0.0):
    rows = []
    for k, (x, y) in enumerate(LOCAL):
        north, east = CITY.moved(np.array(x), np.array(y))
        rows.append([x, y, float(north) + (mistake_m if k == 2 else 0.0), float(east)])
    return rows


def table(tmp_path, rows, head="点号,x,y,X,Y"):
    lines = [head, *(f"K{k},{','.join(map(repr, row))}" for k, row in enumerate(rows, start=1))]
    path = tmp_path / "控制点.csv"
    path.write_text("\n".join(lines), "utf-8")
    return path


def test_a_table_of_pairs_gives_parameters_and_no_complaint(tmp_path):
    found = fitted_file(table(tmp_path, pairs()))
    assert found.fit.worst_m < 1e-6
    assert found.names == ("K1", "K2", "K3", "K4", "K5")
    assert found.findings() == []


def test_columns_with_east_first_are_turned(tmp_path):
    rows = [[y, x, east, north] for x, y, north, east in pairs()]
    found = fitted_file(table(tmp_path, rows, head="点号,y,x,Y,X"))
    assert found.fit.worst_m < 1e-6
    assert found.fit.parameters.rotation_deg == pytest.approx(0.25, abs=1e-9)


def test_a_wrong_point_is_named_with_its_residual(tmp_path):
    found = fitted_file(table(tmp_path, pairs(mistake_m=1.5)))
    told = found.as_json("zh")
    assert [f["code"] for f in told["findings"]] == ["grid_residual", "grid_outlier"]
    assert [p["name"] for p in told["points"] if p["outlier"]] == ["K3"]
    assert told["findings"][0]["message"].endswith("超过 0.10 m")


def test_two_pairs_are_used_but_said_to_be_unchecked():
    assert [f.code for f in fitted(pairs()[:2]).findings()] == ["grid_unchecked"]


@pytest.mark.parametrize("rows", [[], [[1, 2, 3, 4]], [[1, 2, 3]] * 3, [["a", 2, 3, 4]] * 3])
def test_what_is_no_pairs_is_refused(rows):
    with pytest.raises(CrsError):
        fitted(rows)


def test_a_table_without_four_columns_of_figures_is_refused(tmp_path):
    with pytest.raises(InputFileError, match="columns of coordinates"):
        fitted_file(table(tmp_path, [row[:3] for row in pairs()], head="点号,x,y,X"))


def jiugai(*arguments):
    with pytest.raises(SystemExit) as end:
        run([str(argument) for argument in arguments])
    return end.value.code


def test_the_command_shows_residuals_and_imports_with_the_fit(tmp_path, capsys):
    with PlanStore.create(tmp_path / "plan", PlanMeta("litong", "测试", crs="EPSG:4544")):
        pass
    trees = tmp_path / "树木.csv"
    trees.write_text("树种,X,Y\n槐,5500,5400\n", "utf-8")
    base = ("import", "--plan", tmp_path / "plan", "--grid-pairs", table(tmp_path, pairs()))
    assert jiugai(*base) == 0
    shown = capsys.readouterr().out
    assert "K5" in shown
    assert "--grid" in shown
    assert jiugai(*base, trees, "--layer", "tree", "--json") == 0
    [layer] = json.loads(capsys.readouterr().out)["layers"]
    with PlanStore.open(tmp_path / "plan") as store:
        [tree] = store.read("tree").geometry
    north, east = CITY.moved(np.array(5500.0), np.array(5400.0))
    assert (tree.x, tree.y) == pytest.approx((float(east), float(north)), abs=1e-6)
    assert layer["crs"]["code"] == "EPSG:4544"
