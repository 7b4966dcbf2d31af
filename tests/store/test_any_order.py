"""Any sequence of edits, undo, redo, scenarios, imports and their undo gives the plan that a plain
dict gives."""

from __future__ import annotations

import copy
import shutil
import tempfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from app.errors import InvalidDataError, VersionClashError
from app.store import Edit, ImportBatch, PlanMeta, PlanStore
from tests.store.conftest import CRS, PLANNER

IDS = st.sampled_from([f"R{i}" for i in range(6)])
FLOORS = st.one_of(st.none(), st.integers(1, 9))
OWNERS = st.sampled_from(["water", "gas", None])
Rows = dict[str, dict[str, Any]]


class AnyOrder(RuleBasedStateMachine):
    """The model: rows by layer and id; undo is a stack of whole states."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        meta = PlanMeta(plan_id="model", title="模型", crs=CRS)
        self.plan = PlanStore.create(self.folder / "plan", meta)
        self.rows: dict[str, Rows] = {"building": {}, "pipe": {}}
        self.done: list[tuple[str, dict[str, Rows]]] = []
        self.undone: list[tuple[str, dict[str, Rows]]] = []
        self.batch: tuple[str, Rows, list[str]] | None = None
        self.touched: set[tuple[str, str]] = set()

    def teardown(self) -> None:
        assert [f for f in self.plan.verify() if f.code != "dangling_reference"] == []
        self.plan.close()
        shutil.rmtree(self.folder)

    # --- edits ---
    def _apply(self, edit: Edit, after: Rows) -> None:
        before = copy.deepcopy(self.rows)
        [applied] = self.plan.apply([edit], PLANNER)
        self.rows[edit.layer] = after
        if applied.change_id:
            self.done.append((applied.change_id, before))
            self.undone.clear()
            self.touched.add((edit.layer, edit.row_id))

    def _values(self, layer: str, number: int | None, owner: str | None) -> dict[str, Any]:
        return {"floors": number} if layer == "building" else {"nominal_mm": number}

    @rule(layer=st.sampled_from(["building", "pipe"]), row=IDS, number=FLOORS, owner=OWNERS)
    def create(self, layer: str, row: str, number: int | None, owner: str | None) -> None:
        values = self._values(layer, number, owner)
        if layer == "pipe":
            values["owner_id"] = owner
        edit = Edit(layer, "create", row, {**values, "geometry": shape(layer, number)})
        if row in self.rows[layer]:
            with pytest.raises(InvalidDataError):
                self.plan.apply([edit], PLANNER)
        else:
            self._apply(edit, {**self.rows[layer], row: values})

    @rule(layer=st.sampled_from(["building", "pipe"]), row=IDS, number=FLOORS)
    def update(self, layer: str, row: str, number: int | None) -> None:
        if row not in self.rows[layer]:
            return
        values = self._values(layer, number, None)
        version = self.plan.row(layer, row)["version"]
        with pytest.raises(VersionClashError):
            self.plan.apply([Edit(layer, "update", row, values, version + 1)], PLANNER)
        after = {**self.rows[layer], row: {**self.rows[layer][row], **values}}
        shown = {**values, "geometry": shape(layer, number)}
        self._apply(Edit(layer, "update", row, shown, version), after)

    @rule(layer=st.sampled_from(["building", "pipe"]), row=IDS)
    def delete(self, layer: str, row: str) -> None:
        if row not in self.rows[layer]:
            return
        version = self.plan.row(layer, row)["version"]
        after = {name: held for name, held in self.rows[layer].items() if name != row}
        self._apply(Edit(layer, "delete", row, expected_version=version), after)

    @precondition(lambda self: self.done)
    @rule()
    def undo(self) -> None:
        change, before = self.done.pop()
        redo_to = copy.deepcopy(self.rows)
        [applied] = self.plan.undo([change], PLANNER)
        self.rows = before
        self.touched.add((applied.layer, applied.row_id))
        self.undone.append((applied.change_id, redo_to))

    @precondition(lambda self: self.undone)
    @rule()
    def redo(self) -> None:
        change, after = self.undone.pop()
        before = copy.deepcopy(self.rows)
        [applied] = self.plan.undo([change], PLANNER)
        self.rows = after
        self.touched.add((applied.layer, applied.row_id))
        self.done.append((applied.change_id, before))

    # --- imports ---
    @rule(rows=st.dictionaries(IDS, FLOORS, min_size=1, max_size=4))
    def upsert(self, rows: dict[str, int | None]) -> None:
        before = copy.deepcopy(self.rows)
        batch = ImportBatch(mode="upsert")
        content = {"building_id": list(rows), "floors": pd.array(list(rows.values()), "Int64")}
        shapes = [shape("building", number) for number in rows.values()]
        self.plan.load(
            {"building": gpd.GeoDataFrame(content, geometry=shapes, crs=CRS)},
            batch=batch,
            actor=PLANNER,
        )
        for row, number in rows.items():
            self.rows["building"][row] = {"floors": number}
        self.batch = (batch.batch_id, before["building"], list(rows))
        self.touched.clear()
        self.done.clear()
        self.undone.clear()

    @precondition(lambda self: self.batch)
    @rule()
    def undo_import(self) -> None:
        """The last import is taken back, unless a row of it was touched since."""
        assert self.batch is not None
        batch, before, imported = self.batch
        if any(("building", row) in self.touched for row in imported):
            with pytest.raises(VersionClashError):
                self.plan.undo_import(batch, PLANNER)
            return
        self.plan.undo_import(batch, PLANNER)
        for row in imported:
            self.rows["building"].pop(row)
            if row in before:
                self.rows["building"][row] = before[row]
        self.batch = None
        self.done.clear()
        self.undone.clear()

    # --- scenarios ---
    @rule(row=IDS, number=FLOORS)
    def imagine(self, row: str, number: int | None) -> None:
        """A scenario with one change shows it, and merging makes it the plan."""
        scenario = self.plan.create_scenario("甲", PLANNER)
        seen = self.plan.row("building", row, scenario)
        if seen is None:
            edit = Edit("building", "create", row, {"floors": number})
        else:
            edit = Edit("building", "update", row, {"floors": number}, seen["version"])
        [applied] = self.plan.apply([edit], PLANNER, scenario=scenario)
        self.check_rows()
        shown = self.plan.read("building", scenario=scenario, columns=["floors"])
        wanted = {**self.rows["building"], row: {"floors": number}}
        assert plain(shown, "building_id", ["floors"]) == wanted
        if number is None:
            self.plan.drop_scenario(scenario, PLANNER)
            return
        merged = self.plan.merge_scenario(scenario, PLANNER)
        self.rows["building"] = wanted
        if any(one.change_id for one in merged):
            self.done.clear()
            self.undone.clear()
            self.touched.add(("building", row))
        assert applied.row_id == row

    @invariant()
    def check_rows(self) -> None:
        found = self.plan.read("building", columns=["floors"])
        assert plain(found, "building_id", ["floors"]) == self.rows["building"]
        found = self.plan.read("pipe", columns=["nominal_mm", "owner_id"])
        assert plain(found, "pipe_id", ["nominal_mm", "owner_id"]) == self.rows["pipe"]


def shape(layer: str, number: int | None) -> shapely.Geometry:
    x = 500_000 + 10 * (number or 0)
    if layer == "pipe":
        return shapely.LineString([(x, 4_200_000), (x + 5, 4_200_000)])
    return shapely.box(x, 4_200_000, x + 5, 4_200_005)


def plain(frame: pd.DataFrame, key: str, columns: list[str]) -> Rows:
    """The frame as a dict of plain values."""
    return {
        row[key]: {name: None if pd.isna(row[name]) else row[name] for name in columns}
        for row in frame.to_dict("records")
    }


AnyOrder.TestCase.settings = settings(
    max_examples=12,
    stateful_step_count=16,
    phases=[Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
)
TestAnyOrder = AnyOrder.TestCase
