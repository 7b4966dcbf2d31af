"""Bring a stored result up to date where something changed, instead of computing all of it again.

Only for analyses that declare a halo: a change of a row reaches no further than that distance, so
rows of the result whose subjects are all farther away stand as they are. The neighbourhood of the
changes is computed twice, as it was and as it is; the difference is what the result lacks.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.errors import Text
from app.schema import Layer
from app.schema.analysis import Analysis, Halo, Inputs, Outcome, Progress, no_progress
from app.store import Change, PlanStore, RunRecord

# More changed rows than this cost as much as a whole run.
MOST_CHANGES = 200
_EDGE_M = 1.0
_WHOLE_BATCH = ("import", "undo_import")

Boxes = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ChangedRows:
    """The rows of one layer that changed: what each was, by id; None where it did not exist."""

    before: dict[str, dict[str, Any] | None]

    @property
    def ids(self) -> set[str]:
        return set(self.before)


def changed_rows(
    plan: PlanStore, analysis: Analysis, record: RunRecord, now: Mapping[str, Mapping[str, Any]]
) -> dict[str, ChangedRows] | None:
    """What changed in the inputs since the run, or None where the record cannot tell row by row."""
    layers = {layer.name: layer for layer in analysis.inputs}
    differing = {
        name
        for name, held in now.items()
        if held["content_hash"] != record.inputs.get(name, {}).get("content_hash")
    }
    if not all(name in layers and layers[name].is_spatial for name in differing):
        return None
    found: dict[str, dict[str, list[Change]]] = defaultdict(lambda: defaultdict(list))
    for change in plan.changes(since=record.started_at):
        if change.action in _WHOLE_BATCH:
            return None
        if change.layer in differing and change.scenario in ("", record.scenario):
            found[change.layer][change.row_id].append(change)
    if set(found) != differing or sum(map(len, found.values())) > MOST_CHANGES:
        return None
    return {
        name: ChangedRows({row_id: _before(plan, name, row_id, rows[row_id]) for row_id in rows})
        for name, rows in found.items()
    }


def _before(
    plan: PlanStore, layer: str, row_id: str, changes: list[Change]
) -> dict[str, Any] | None:
    """The row before these changes: what it is now, with each change taken back, last first."""
    state = plan.row(layer, row_id)
    for change in reversed(changes):
        state = None if change.before is None else {**(state or {}), **change.before}
    return state


def update(
    plan: PlanStore, analysis: Analysis, params: Any, record: RunRecord,
    changed: Mapping[str, ChangedRows], rules: Mapping[str, Any],
    progress: Progress = no_progress,
) -> Outcome | None:  # fmt: skip
    """The outcome of the analysis on the plan as it is, from the stored one and the changes.

    None where the analysis declares no halo or the scenario hides the rows as they were.
    """
    halo = analysis.reach
    if not isinstance(halo, Halo) or halo.measure is None or record.scenario:
        return None
    reach_m = halo.measure(rules, params) + _widest(plan, changed)
    boxes = _changed_boxes(plan, changed) + np.array([-reach_m, -reach_m, reach_m, reach_m])
    affected = _affected(plan, analysis, boxes, changed)
    region = _region(plan, halo, affected, boxes)
    now = _neighbourhood(plan, analysis, region, rules)
    before = Inputs(
        {name: _as_it_was(frame, changed.get(name), _layer(analysis, name))
         for name, frame in now.frames.items()},
        rules,
    )  # fmt: skip
    old = analysis.run(before, params, no_progress)
    new = analysis.run(now, params, progress)
    return _merged(plan, analysis, halo, affected, record, old, new)


def _layer(analysis: Analysis, name: str) -> Layer:
    return next(layer for layer in analysis.inputs if layer.name == name)


def _widest(plan: PlanStore, changed: Mapping[str, ChangedRows]) -> float:
    """Half the widest pipe twice: two walls may stand between two axes."""
    widths = plan.read("pipe", columns=["outside_mm", "width_mm"])
    widest = np.nanmax(widths[["outside_mm", "width_mm"]].to_numpy(dtype=float), initial=0.0)
    before = [
        float(row.get("outside_mm") or row.get("width_mm") or 0.0)
        for row in changed.get("pipe", ChangedRows({})).before.values()
        if row
    ]
    return max([float(np.nan_to_num(widest)), *before]) / 1000


def _changed_boxes(plan: PlanStore, changed: Mapping[str, ChangedRows]) -> Boxes:
    """Bounds of every changed row as it was and as it is."""
    boxes = []
    for name, rows in changed.items():
        now = plan.read(name, ids=rows.ids)
        shapes = [*now.geometry, *(row["geometry"] for row in rows.before.values() if row)]
        shapes = [shape for shape in shapes if shape is not None and not shape.is_empty]
        boxes.append(shapely.bounds(np.array(shapes, dtype=object)).reshape(-1, 4))
    return np.vstack(boxes) if boxes else np.zeros((0, 4))


def _affected(
    plan: PlanStore, analysis: Analysis, boxes: Boxes, changed: Mapping[str, ChangedRows]
) -> dict[str, set[str]]:
    """Ids of the rows of every input that lie within reach of a change, changed ones included."""
    found: dict[str, set[str]] = {}
    for layer in analysis.inputs:
        ids = set(changed[layer.name].ids) if layer.name in changed else set()
        if layer.is_spatial:
            for box in boxes:
                near = plan.read(layer.name, bbox=tuple(box), columns=[layer.id_column])
                ids |= set(near[layer.id_column])
        found[layer.name] = ids
    return found


def _region(plan: PlanStore, halo: Halo, affected: Mapping[str, set[str]], boxes: Boxes) -> Boxes:
    """One box around the whole shapes of the affected subjects: a pair is judged as a whole."""
    found = [boxes]
    for name in halo.whole:
        if affected.get(name):
            shapes = plan.read(name, ids=affected[name]).geometry.to_numpy()
            found.append(shapely.bounds(shapes).reshape(-1, 4))
    every = np.vstack(found)
    low, high = np.nanmin(every[:, :2], axis=0), np.nanmax(every[:, 2:], axis=0)
    # The nodes of a pipe stand at its ends, on the very edge of these bounds.
    return np.array([*(low - _EDGE_M), *(high + _EDGE_M)])


def _neighbourhood(
    plan: PlanStore, analysis: Analysis, region: Boxes, rules: Mapping[str, Any]
) -> Inputs:
    west, south, east, north = (float(value) for value in region)
    box = (west, south, east, north)
    return Inputs(
        {
            layer.name: plan.read(layer.name, bbox=box)
            if layer.is_spatial
            else plan.read(layer.name)
            for layer in analysis.inputs
        },
        rules,
    )


def _as_it_was(frame: pd.DataFrame, changed: ChangedRows | None, layer: Layer) -> pd.DataFrame:
    """The rows with the changed ones as they were before."""
    if changed is None:
        return frame
    kept: pd.DataFrame = frame[~frame[layer.id_column].isin(changed.ids)]
    were = [{**row, layer.id_column: name} for name, row in changed.before.items() if row]
    if not were:
        return kept
    shapes = [row.get("geometry") for row in were]
    values = pd.DataFrame(were).reindex(columns=[c for c in frame.columns if c != "geometry"])
    old = gpd.GeoDataFrame(values, geometry=shapes, crs=frame.crs)
    parts = [part for part in (kept, old) if len(part)]
    whole: pd.DataFrame = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=frame.crs)
    return whole


def _merged(
    plan: PlanStore, analysis: Analysis, halo: Halo, affected: Mapping[str, set[str]],
    record: RunRecord, old: Outcome, new: Outcome,
) -> Outcome:  # fmt: skip
    """The stored rows with those among affected subjects replaced by the new ones."""
    layer = analysis.outputs[0]
    stored = plan.read_result(layer.name)
    fresh = new.layers[layer.name]
    kept = stored[~_among(stored, halo, affected)]
    added = fresh[_among(fresh, halo, affected)]
    parts = [part for part in (kept, added[list(stored.columns)]) if len(part)]
    rows = pd.concat(parts, ignore_index=True) if parts else stored.iloc[:0]
    rows = gpd.GeoDataFrame(rows, crs=stored.crs)
    rows = rows.sort_values(layer.id_column, ignore_index=True)
    counts = {
        name: record.counts.get(name, 0) + new.counts.get(name, 0) - old.counts.get(name, 0)
        for name in new.counts
    }
    merged = halo.finish(rows) if halo.finish is not None else {layer.name: rows}
    return dataclasses.replace(new, layers=merged, counts=counts, notes=(_told(affected, halo),))


def _told(affected: Mapping[str, set[str]], halo: Halo) -> Text:
    rows = sum(len(affected.get(name, ())) for name in halo.whole)
    return Text(
        f"只重算了改动周边的 {rows} 行，其余沿用已有结果",
        f"only the {rows} rows around the changes were computed again, the others stand",
    )


def _among(rows: pd.DataFrame, halo: Halo, affected: Mapping[str, set[str]]) -> pd.Series[bool]:
    """Rows all of whose subjects are affected."""
    among = pd.Series(data=True, index=rows.index)
    for layer_column, id_column in halo.subjects:
        layers, ids = rows[layer_column].fillna(""), rows[id_column].fillna("")
        inside = layers == ""
        for name, names in affected.items():
            inside |= (layers == name) & ids.isin(names)
        among &= inside
    return among
