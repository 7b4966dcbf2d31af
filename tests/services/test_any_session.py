"""Any session of edits, undo, redo, restore, scenarios, merges, imports and runs leaves the plan that
plain dicts give, with a result marked stale exactly when its inputs differ.

``JIUGAI_SESSIONS=100`` plays as many sessions as a release asks for, others each time.
"""

from __future__ import annotations

import copy
import itertools
import json
import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from app.errors import InvalidDataError, VersionClashError
from app.services import editing, scenario_views
from app.services.imports import ImportOptions, import_file, undo_import
from app.services.plans import OpenPlan
from app.services.runs import run_analysis
from app.services.staleness import stale_reasons
from app.services.summary import summary
from app.store import ImportBatch, PlanMeta, PlanStore
from tests.town import CRS, PLANNER, build_town

SESSIONS = int(os.environ.get("JIUGAI_SESSIONS", "0"))
PLAN = ""
IDS = st.sampled_from(["B1", "B2", "B3", "N1", "N2"])
FLOORS = st.one_of(st.none(), st.integers(1, 9))
YEARS = st.one_of(st.none(), st.integers(1980, 1984))
NOT_CONTENT = ("version", "updated_at", "updated_by")
Row = dict[str, Any]


@dataclass
class Overlay:
    """What a scenario makes of a row: the columns that differ from the plan, before and after."""

    action: str
    before: Row | None
    after: Row | None


@dataclass
class Step:
    """One change set: per row its columns before and after, and which state it leads from and to."""

    rows: dict[str, tuple[Row | None, Row | None]] = field(default_factory=dict)
    tokens: dict[str, tuple[int, int]] = field(default_factory=dict)
    scenario: str = ""  # that was closed with it


class AnySession(RuleBasedStateMachine):
    """The model: the plan's rows, overlays on them, and two stacks of steps for each reading."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        store = build_town(self.folder / "plan")
        self.plan = OpenPlan(store)
        self.rows = {row: self.stored(row) for row in ("B1", "B2", "B3", "B4", "B5", "B6")}
        self.blank: Row = dict.fromkeys(self.rows["B1"])
        self.outline = store.row("building", "B3")["geometry"]  # type: ignore[index]
        self.overlays: dict[str, dict[str, Overlay]] = {}
        self.state: dict[str, str] = {}
        self.undone: dict[str, list[Step]] = {PLAN: []}
        self.done: dict[str, list[Step]] = {PLAN: []}
        self.tokens: dict[tuple[str, str], int] = {}
        self.points: dict[str, list[tuple[str, Row | None]]] = {}  # row -> (change, row after it)
        self.batch: tuple[str, dict[str, Row | None], dict[str, int]] | None = None
        self.ran_on: dict[str, Row] | None = None
        self.next_token, self.numbers = itertools.count(1), itertools.count(1)

    def teardown(self) -> None:
        assert {fault.code for fault in self.plan.store.verify()} <= {"dangling_reference"}
        direct = PlanStore.create(self.folder / "direct", PlanMeta("direct", "直接", crs=CRS))
        content = {name: [row[name] for row in self.rows.values()] for name in self.blank}
        shapes = [None if g is None else shapely.from_wkt(g) for g in content.pop("geometry")]
        frame = gpd.GeoDataFrame(pd.DataFrame(content, dtype=object), geometry=shapes, crs=CRS)
        direct.load({"building": frame}, batch=ImportBatch(), actor=PLANNER)
        hashes = [store.content_hash("building") for store in (self.plan.store, direct)]
        assert hashes[0] == hashes[1]
        direct.close()
        self.plan.store.close()
        shutil.rmtree(self.folder)

    # --- the model ---
    def stored(self, row: str, scenario: str = PLAN) -> Row:
        """The content of a row as it lies in the store."""
        found = self.plan.store.row("building", row, scenario or None)
        assert found is not None
        content = {name: value for name, value in found.items() if name not in NOT_CONTENT}
        shape = content["geometry"]
        return {**content, "geometry": None if shape is None else shape.wkt}

    def seen(self, where: str, row: str) -> Row | None:
        base = self.rows.get(row)
        overlay = self.overlays.get(where, {}).get(row)
        if overlay is None:
            return base
        if overlay.after is None or (overlay.action == "update" and base is None):
            return None
        return {**(base or {**self.blank, "building_id": row}), **overlay.after}

    def write(
        self, where: str, row: str, values: Row | None
    ) -> tuple[Row | None, Row | None] | None:
        """Bring a row to these values (None: away); its columns before and after, None: no change."""
        before = self.seen(where, row)
        base = before or {**self.blank, "building_id": row}
        after = None if values is None else {**base, **values}
        parts = differing(before, after)
        if parts is None:
            return None
        if where == PLAN:
            self.rows.pop(row, None)
            if after is not None:
                self.rows[row] = after
        else:
            held = self.rows.get(row)
            old, new = differing(held, after) or ({}, {})
            action = "delete" if after is None else "update" if held else "create"
            self.overlays[where][row] = Overlay(
                action, None if held is None else old, None if after is None else new
            )
        return parts

    def step(self, where: str, wanted: dict[str, Row | None], scenario: str = "") -> Step:
        """Carry out a new change set; one that changes nothing is none."""
        made = Step(scenario=scenario)
        for row, values in wanted.items():
            parts = self.write(where, row, values)
            if parts is not None:
                old, new = self.tokens.get((where, row), 0), next(self.next_token)
                made.rows[row], made.tokens[row] = parts, (old, new)
                self.tokens[where, row] = new
        if made.rows:
            self.done[where].append(made)
            self.undone[where].clear()
        return made

    def takes_back(self, where: str, step: Step, *, again: bool) -> bool:
        """Whether nothing else changed the rows of a step since, forwards or backwards."""
        at = 0 if again else 1
        return all(self.tokens.get((where, row), 0) == t[at] for row, t in step.tokens.items())

    def turn(self, where: str, step: Step, *, again: bool) -> None:
        for row, (before, after) in step.rows.items():
            self.write(where, row, after if again else before)
            self.tokens[where, row] = step.tokens[row][1 if again else 0]
            self.points.pop(row, None)
        if step.scenario:
            self.state[step.scenario] = "merged" if again else "open"

    def open_ones(self) -> list[str]:
        return [name for name, state in self.state.items() if state == "open"]

    def place(self, number: int) -> str:
        """The plan, or one of the open scenarios."""
        places = [PLAN, *self.open_ones()]
        return places[number % len(places)]

    # --- edits ---
    @rule(at=st.integers(0, 3), row=IDS, floors=FLOORS, year=YEARS, geometry=st.booleans())
    def create(
        self, at: int, row: str, floors: int | None, year: int | None, geometry: bool
    ) -> None:
        where = self.place(at)
        values: Row = {"floors": floors, "year_built": year}
        wish = {"layer": "building", "action": "create", "id": row, "values": values}
        if self.seen(where, row) is not None:
            with pytest.raises(InvalidDataError):
                editing.edit(self.plan.through(where), [wish], PLANNER)
            return
        if geometry:  # far from the others: outlines of buildings must not overlap
            moved = shapely.transform(
                self.outline, lambda xy: np.add(xy, [0, 400 + 40 * int(row[1])])
            )
            wish["geometry"] = editing.plain_value(self.plan, moved)
        if editing.check(self.plan.through(where), wish):  # onto a neighbour: refused
            with pytest.raises(InvalidDataError):
                editing.edit(self.plan.through(where), [wish], PLANNER)
            return
        applied = editing.edit(self.plan.through(where), [wish], PLANNER)
        shape = self.stored(row, where)["geometry"]
        self.follow(where, row, {**values, "geometry": shape}, applied)

    @rule(at=st.integers(0, 3), row=IDS, floors=FLOORS, year=YEARS)
    def update(self, at: int, row: str, floors: int | None, year: int | None) -> None:
        where = self.place(at)
        if self.seen(where, row) is None:
            return
        wish = self.wish(where, row, "update", {"floors": floors, "year_built": year})
        stale = {**wish, "version": wish["version"] + 1}
        with pytest.raises(VersionClashError):
            editing.edit(self.plan.through(where), [stale], PLANNER)
        applied = editing.edit(self.plan.through(where), [wish], PLANNER)
        self.follow(where, row, {"floors": floors, "year_built": year}, applied)

    @rule(at=st.integers(0, 3), row=IDS)
    def delete(self, at: int, row: str) -> None:
        where = self.place(at)
        if self.seen(where, row) is not None:
            wish = self.wish(where, row, "delete", {})
            applied = editing.edit(self.plan.through(where), [wish], PLANNER)
            self.follow(where, row, None, applied)

    def wish(self, where: str, row: str, action: str, values: Row) -> dict[str, Any]:
        version = self.plan.store.row("building", row, where or None)["version"]  # type: ignore[index]
        return {
            "layer": "building",
            "action": action,
            "id": row,
            "version": version,
            "values": values,
        }

    def follow(self, where: str, row: str, values: Row | None, applied: Any) -> None:
        made = self.step(where, {row: values})
        assert bool(made.rows) == bool(applied[0].change_id)
        if made.rows and where == PLAN:
            self.points.setdefault(row, []).append((applied[0].change_id, self.rows.get(row)))

    @rule(at=st.integers(0, 3), again=st.booleans())
    def undo_or_redo(self, at: int, again: bool) -> None:
        where = self.place(at)
        left, right = (self.undone, self.done) if again else (self.done, self.undone)
        plan = self.plan.through(where)
        stack = editing.undo_stack(plan, PLANNER)
        assert (len(stack.undo), len(stack.redo)) == (
            len(self.done[where]),
            len(self.undone[where]),
        )
        if not left[where]:
            return
        name = (stack.redo if again else stack.undo)[-1]
        if not self.takes_back(where, left[where][-1], again=again):
            with pytest.raises(VersionClashError):
                editing.take_back(plan, name, PLANNER)
            return
        editing.take_back(plan, name, PLANNER)
        step = left[where].pop()
        self.turn(where, step, again=again)
        right[where].append(step)

    @precondition(lambda self: any(len(points) > 1 for points in self.points.values()))
    @rule(number=st.integers(0, 20))
    def restore(self, number: int) -> None:
        row = next(row for row, points in self.points.items() if len(points) > 1)
        change, content = self.points[row][number % len(self.points[row])]
        applied = editing.restore(self.plan, "building", row, change, PLANNER)
        self.follow(PLAN, row, content, applied)

    # --- scenarios ---
    @precondition(lambda self: len(self.open_ones()) < 2)
    @rule()
    def start(self) -> None:
        scenario = scenario_views.start(self.plan, f"情景{next(self.numbers)}", "", PLANNER)
        self.state[scenario], self.overlays[scenario] = "open", {}
        self.done[scenario], self.undone[scenario] = [], []

    @precondition(lambda self: self.open_ones())
    @rule(number=st.integers(0, 3))
    def merge(self, number: int) -> None:
        scenario = self.open_ones()[number % len(self.open_ones())]
        changes = self.overlays[scenario]
        clashing = {row for row, overlay in changes.items() if self.clashes(row, overlay)}
        told = scenario_views.changes(self.plan, scenario, "zh")
        assert {one["id"] for one in told if one["clash"]} == clashing
        if clashing:
            with pytest.raises(VersionClashError):
                scenario_views.merge(self.plan, scenario, PLANNER)
            return
        scenario_views.merge(self.plan, scenario, PLANNER)
        wanted = {
            row: overlay.after
            for row, overlay in sorted(changes.items())
            if overlay.after is not None or overlay.before is not None
        }
        self.step(PLAN, wanted, scenario)
        self.state[scenario] = "merged"
        for row in wanted:
            self.points.pop(row, None)

    def clashes(self, row: str, overlay: Overlay) -> bool:
        base = self.rows.get(row)
        if overlay.before is None:  # not in the plan when the scenario touched it
            return overlay.after is not None and base is not None
        if base is None:
            return True
        return any(base[name] != value for name, value in overlay.before.items())

    @precondition(lambda self: self.open_ones())
    @rule(number=st.integers(0, 3))
    def drop(self, number: int) -> None:
        scenario = self.open_ones()[number % len(self.open_ones())]
        self.plan.store.drop_scenario(scenario, PLANNER)
        self.state[scenario] = "dropped"

    @precondition(lambda self: len(self.open_ones()) < len(self.state))
    @rule()
    def reopen(self) -> None:
        """Bringing a dropped scenario back, or undoing a merge."""
        scenario = next(name for name, state in self.state.items() if state != "open")
        steps = [step for step in self.done[PLAN] if step.scenario == scenario]
        if self.state[scenario] == "merged" and steps:
            [step] = steps
            if not self.takes_back(PLAN, step, again=False):
                with pytest.raises(VersionClashError):
                    scenario_views.reopen(self.plan, scenario, PLANNER)
                return
            self.turn(PLAN, step, again=False)
            self.done[PLAN].remove(step)
            self.undone[PLAN].append(step)
        scenario_views.reopen(self.plan, scenario, PLANNER)
        self.state[scenario] = "open"

    # --- imports ---
    @rule(
        at=st.integers(0, 3),
        rows=st.dictionaries(IDS, st.tuples(FLOORS, YEARS), min_size=1, max_size=3),
    )
    def bring_in(self, at: int, rows: dict[str, tuple[int | None, int | None]]) -> None:
        """A delivered file into the plan, or into a scenario as one change set."""
        where = self.place(at)
        path = self.folder / f"delivery-{next(self.numbers)}.geojson"
        path.write_text(json.dumps(self.delivery(rows)), "utf-8")
        store = self.plan.store.through(where) if where else self.plan.store
        before = {row: copy.deepcopy(self.seen(where, row)) for row in rows}
        report = import_file(path, store, PLANNER, ImportOptions(layer="building", update=True))
        assert report.total("kept") == len(rows)
        content: dict[str, Row | None] = {row: self.stored(row, where) for row in rows}
        for row, (floors, year) in rows.items():
            assert (content[row]["floors"], content[row]["year_built"]) == (floors, year)  # type: ignore[index]
        if where:
            self.step(where, content)
        else:
            for row in rows:
                self.rows.pop(row, None)
                self.rows[row] = content[row]  # type: ignore[assignment]
                self.tokens[PLAN, row] = next(self.next_token)
                self.points.pop(row, None)
            self.batch = (report.batch_id, before, {row: self.tokens[PLAN, row] for row in rows})

    def delivery(self, rows: dict[str, tuple[int | None, int | None]]) -> dict[str, Any]:
        features = []
        for row, (floors, year) in rows.items():
            moved = shapely.transform(
                self.outline, lambda xy, n=int(row[1]): np.add(xy, [0, 900 + 40 * n])
            )
            features.append({
                "type": "Feature", "geometry": editing.plain_value(self.plan, moved),
                "properties": {"building_id": row, "floors": floors, "year_built": year},
            })  # fmt: skip
        return {"type": "FeatureCollection", "features": features}

    @precondition(lambda self: self.batch)
    @rule()
    def undo_import(self) -> None:
        assert self.batch is not None
        batch, before, tokens = self.batch
        if any(self.tokens[PLAN, row] != token for row, token in tokens.items()):
            with pytest.raises(VersionClashError):
                undo_import(self.plan.store, batch, PLANNER)
            return
        undo_import(self.plan.store, batch, PLANNER)
        for row, content in before.items():
            self.rows.pop(row, None)
            if content is not None:
                self.rows[row] = content
            self.tokens[PLAN, row] = next(self.next_token)
            self.points.pop(row, None)
        self.batch = None

    # --- runs ---
    @rule()
    def run(self) -> None:
        answer = run_analysis(self.plan.store, "totals", {}, PLANNER)
        assert answer.was_stored in (True, self.ran_on is not None and self.ran_on == self.rows)
        self.ran_on = copy.deepcopy(self.rows)

    # --- what always holds ---
    @invariant()
    def every_reading_shows_what_the_model_says(self) -> None:
        for where in (PLAN, *self.open_ones()):
            frame = self.plan.through(where).frame("building")
            found = {
                row["building_id"]: {name: plain(row[name]) for name in ("floors", "year_built")}
                for row in frame.to_dict("records")
            }
            ids = {*self.rows, *self.overlays.get(where, {})}
            expected = {
                row: {name: content[name] for name in ("floors", "year_built")}
                for row in ids
                if (content := self.seen(where, row)) is not None
            }
            assert found == expected

    @invariant()
    def a_result_is_stale_iff_its_inputs_differ(self) -> None:
        record = self.plan.store.current_run("totals")
        assert (record is None) == (self.ran_on is None)
        if record is not None:
            assert bool(stale_reasons(self.plan.store, record)) == (self.ran_on != self.rows)

    @invariant()
    def the_kept_totals_are_those_of_a_fresh_reading(self) -> None:
        for where in (PLAN, *self.open_ones()):
            kept, fresh = (p.through(where) for p in (self.plan, OpenPlan(self.plan.store)))
            assert summary(kept)["townships"] == summary(fresh)["townships"]


def differing(before: Row | None, after: Row | None) -> tuple[Row | None, Row | None] | None:
    """The columns that differ, on both sides; for a row that comes or goes all that hold a value."""
    one, other = before or {}, after or {}
    names = [name for name in {**one, **other} if one.get(name) != other.get(name)]
    if not names:
        return None
    return (
        None if before is None else {name: before[name] for name in names},
        None if after is None else {name: after[name] for name in names},
    )


def plain(value: Any) -> Any:
    return None if pd.isna(value) else int(value)


AnySession.TestCase.settings = settings(
    max_examples=SESSIONS or 8,
    stateful_step_count=22,
    phases=[Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=not SESSIONS,
)
TestAnySession = AnySession.TestCase
