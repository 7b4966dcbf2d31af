"""Change rows of a plan: the form of a layer, edits with version check, undo, redo and history."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from app.errors import (
    Finding,
    InvalidDataError,
    Language,
    NotFoundError,
    Text,
    UsageError,
    VersionClashError,
)
from app.report.plain import text
from app.schema import LAYERS, Actor, Layer, layer_named
from app.schema.validate import dangling_references, references, validate_layer
from app.services.plans import OpenPlan
from app.store import BEFORE_ALL, Applied, Change, Edit

# Columns that the store fills in by itself.
KEPT_BY_STORE = ("version", "updated_at", "updated_by")
# Two outlines drawn to the same wall overlap by slivers; more is a mistake.
OVERLAP_M2 = 0.1
DEGREES = "EPSG:4326"
_LOOKED_BACK = 2000
# Rows that the program keeps about its own work: finishing a run is no edit to take back.
NOT_EDITED = frozenset({"analysis_run", "scenario", "import_batch"})


def form(layer_name: str, language: Language) -> dict[str, object]:
    """The fields of a layer as an editor shows them, in the order of the schema."""
    layer = layer_named(layer_name)
    return {
        "layer": layer.name,
        "label": layer.label.in_language(language),
        "geometry": list(layer.geometry),
        "geometry_optional": layer.optional_geometry,
        "fields": [
            {
                "name": column.name,
                "label": column.label.in_language(language),
                "kind": column.kind,
                "unit": column.unit,
                "required": column.required,
                "minimum": column.minimum,
                "maximum": column.maximum,
                "references": column.references,
                "options": [
                    {"code": code.code, "label": code.label.in_language(language)}
                    for code in (column.domain.codes if column.domain else ())
                ],
            }
            for column in layer.columns
            if column.name not in (*KEPT_BY_STORE, layer.id_column)
        ],
    }


def edit(
    plan: OpenPlan, wishes: Sequence[Mapping[str, Any]], actor: Actor, *, note: str = ""
) -> list[Applied]:
    """Carry out wishes of an editor, all or none.

    A wish is ``{layer, action, id, values, geometry, version}``: ``geometry`` GeoJSON in degrees,
    absent where it is not changed; ``version`` what the editor saw.

    Raises
    ------
    UsageError
        A wish that is incomplete.
    InvalidDataError
        Values or an outline that the layer does not take; every fault is listed.
    VersionClashError
        The row is no longer what the editor saw; both versions travel with the error.
    """
    edits = [_edit(plan, wish) for wish in wishes]
    if not edits:
        raise UsageError(
            Text("没有要保存的修改", "there is nothing to save"),
            where="edits",
            fix=Text("请先修改再保存", "change something first"),
        )
    born = {(item.layer, item.row_id) for item in edits if item.action == "create"}
    findings = [finding for item in edits for finding in _faults(plan, item, born)]
    if findings:
        raise InvalidDataError(
            Text(
                f"有 {len(findings)} 处不符合数据字典，未保存：{findings[0].message.zh}",
                f"{len(findings)} faults, nothing is saved: {findings[0].message.en}",
            ),
            where=f"{findings[0].layer}/{findings[0].row}",
            fix=findings[0].fix,
            findings=findings,
        )
    try:
        applied = plan.store.apply(edits, actor, note, plan.scenario or None)
    except VersionClashError as clash:
        # Both versions as a browser takes them: geometries in degrees, dates as text.
        mine, theirs = (
            {name: plain_value(plan, value) for name, value in (side or {}).items()}
            for side in (clash.mine, clash.theirs)
        )
        raise VersionClashError(
            clash.message, where=clash.where, fix=clash.fix, mine=mine, theirs=theirs
        ) from clash
    follow(plan, applied)
    return applied


def follow(plan: OpenPlan, applied: Sequence[Applied]) -> None:
    """Tell the kept rows of each layer which of them were edited."""
    for layer in dict.fromkeys(item.layer for item in applied):
        plan.follow(layer, [item for item in applied if item.layer == layer])


def check(plan: OpenPlan, wish: Mapping[str, Any]) -> list[Finding]:
    """What would be wrong with one row if it were saved like this, while somebody types."""
    return _faults(plan, _edit(plan, {**wish, "version": wish.get("version") or 1}))


def _faults(plan: OpenPlan, item: Edit, born: Collection[tuple[str, str]] = ()) -> list[Finding]:
    """Faults of what the edit sets; what was wrong before in other columns stands in no way.

    ``born``: (layer, id) of the rows that the same edits create, to which it may point.
    """
    if item.action == "delete":
        return []
    layer = layer_named(item.layer)
    row = {**(plan.row(item.layer, item.row_id) or {}), **item.values}
    row[layer.id_column] = item.row_id
    columns = [name for name in layer.column_names if name in row]
    columns += [name for name in item.values if name not in (*columns, "geometry")]
    frame = pd.DataFrame([{name: row[name] for name in columns}], columns=columns, dtype=object)
    if layer.is_spatial:
        frame = gpd.GeoDataFrame(frame, geometry=[row.get("geometry")], crs=plan.store.meta.crs)
    asked = {*item.values} if item.action == "update" else {*columns, "geometry"}
    faults = [f for f in validate_layer(layer, frame) if f.severity == "error"]
    known = {name: _existing(plan, name, ids, born) for name, ids in references(layer, row).items()}
    faults += dangling_references(layer, frame, known)
    return [f for f in faults if f.column in asked] + overlaps(plan, item)


def _existing(
    plan: OpenPlan, layer: str, ids: Collection[str], born: Collection[tuple[str, str]]
) -> set[str]:
    """Which of the ids a layer has, in the scenario that is open."""
    scenario = plan.scenario or None
    return {
        name for name in ids
        if (layer, name) in born or plan.store.row(layer, name, scenario) is not None
    }  # fmt: skip


def _edit(plan: OpenPlan, wish: Mapping[str, Any]) -> Edit:
    layer = layer_named(str(wish.get("layer", "")))
    action, row_id = wish.get("action"), str(wish.get("id") or "")
    version = wish.get("version")
    values = wish.get("values") or {}
    complete = action in ("create", "update", "delete") and row_id and isinstance(values, Mapping)
    if not complete or (action != "create" and not isinstance(version, int)):
        raise UsageError(
            Text("修改不完整：需要图层、动作、编号，更新和删除还需要版本",
                 "an edit needs layer, action and id; updates and deletions also the version"),
            where=f"{layer.name}/{row_id}",
            fix=Text("请刷新后重试", "reload and try again"),
        )  # fmt: skip
    content = {name: value for name, value in values.items() if name not in KEPT_BY_STORE}
    if "geometry" in wish and layer.is_spatial:
        drawn = _shape(plan, layer, row_id, wish["geometry"])
        before = plan.row(layer.name, row_id) if layer.has_z and drawn is not None else None
        content["geometry"] = with_heights_of(drawn, before["geometry"]) if before else drawn
    expected = None if action == "create" else version
    return Edit(layer.name, action, row_id, content, expected)  # type: ignore[arg-type]


def _shape(plan: OpenPlan, layer: Layer, row_id: str, drawn: object) -> Any:
    """GeoJSON in degrees as a geometry in the plan's CRS."""
    if drawn is None:
        return None
    try:
        geometry = shapely.from_geojson(json.dumps(drawn))
        return _turned(geometry, DEGREES, plan.store.meta.crs)
    except (TypeError, ValueError, shapely.errors.ShapelyError) as fault:
        raise UsageError(
            Text("图形不是有效的 GeoJSON", "the drawing is no GeoJSON geometry"),
            where=f"{layer.name}/{row_id}",
            fix=Text("请重新绘制", "draw it again"),
        ) from fault


def with_heights_of(drawn: shapely.Geometry, before: shapely.Geometry | None) -> Any:
    """A line redrawn in plan with the heights it had: each corner takes that of the nearest place
    on the old line. What has heights of its own, or had none, stays as it is."""
    if before is None or shapely.has_z(drawn) or not shapely.has_z(before):
        return drawn
    old, flat = shapely.get_coordinates(before, include_z=True), shapely.force_2d(before)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(old[:, :2], axis=0).T))])
    xy = shapely.get_coordinates(drawn)
    at = shapely.line_locate_point(np.asarray(flat), shapely.points(xy))
    heights = np.interp(at, along, old[:, 2])
    return shapely.linestrings(np.column_stack([xy, heights]))


def _turned(geometry: shapely.Geometry, source: str, target: str) -> Any:
    turn = pyproj.Transformer.from_crs(source, target, always_xy=True)
    return shapely.transform(geometry, lambda xy: np.column_stack(turn.transform(*xy.T)))


def overlaps(plan: OpenPlan, item: Edit) -> list[Finding]:
    """Neighbours of an exclusive layer that the new outline covers more than the old one did."""
    layer = layer_named(item.layer)
    outline = item.values.get("geometry")
    if not layer.exclusive or item.action == "delete" or outline is None or outline.is_empty:
        return []
    if not shapely.is_valid(outline):
        return []  # the store says what is wrong with it
    near = plan.store.read(
        layer.name, bbox=shapely.bounds(outline).tolist(), scenario=plan.scenario or None,
        columns=[layer.id_column, "geometry"],
    )  # fmt: skip
    others = near[near[layer.id_column] != item.row_id]
    shapes = shapely.make_valid(others.geometry.to_numpy())
    before = plan.row(layer.name, item.row_id)
    was = shapely.make_valid(before["geometry"]) if before else shapely.Point()
    grown = shapely.area(shapely.intersection(shapes, outline)) - shapely.area(
        shapely.intersection(shapes, was)
    )
    return [
        Finding(
            "overlap",
            "error",
            Text(
                f"与{layer.label.zh} {name} 重叠 {area:.1f} m²",
                f"overlaps {layer.name} {name} by {area:.1f} m²",
            ),
            Text("打开捕捉后沿边界绘制", "switch snapping on and draw along the boundary"),
            layer=layer.name,
            row=item.row_id,
            column="geometry",
        )
        for name, area in zip(others[layer.id_column], grown, strict=True)
        if area > OVERLAP_M2
    ]


# --- history and undo ------------------------------------------------------------------------------------
def history(
    plan: OpenPlan, layer_name: str, row_id: str, language: Language
) -> list[dict[str, object]]:
    """Every change of a row, newest first: who, when, and each column before and after.

    In a scenario its own changes stand before those of the plan, which they cover; the plan tells
    none of a scenario. The last entry of a row that came with a delivery is ``origin``.

    Raises
    ------
    NotFoundError
        Nothing was ever recorded of such a row.
    """
    layer = layer_named(layer_name)
    changes = [
        change
        for change in plan.store.history(layer.name, row_id)
        if change.scenario in ("", plan.scenario)
    ]
    changes.sort(key=lambda change: bool(change.scenario))  # stable: by time in each
    if not changes and plan.row(layer.name, row_id) is None:
        raise NotFoundError(
            Text(f"{layer.label.zh}中没有 {row_id}", f"{layer.name} has no row {row_id}"),
            where=f"{layer.name}/{row_id}",
            fix=Text("刷新后再选", "reload and choose again"),
        )
    told = [
        {
            "change_id": change.change_id,
            "change_set": change.change_set,
            "at": change.at,
            "by": change.actor.stamp,
            "action": change.action,
            "version": change.version,
            "note": change.note,
            "scenario": change.scenario,
            "undoes": change.undoes,
            "columns": _columns(plan, layer, change, language),
        }
        for change in reversed(changes)
    ]
    return [*told, *_origin(plan, changes)]


def _origin(plan: OpenPlan, changes: Sequence[Change]) -> list[dict[str, object]]:
    """The row as it came into the plan, to which it can be brought back too."""
    own = [change for change in changes if not change.scenario]
    if not own or own[0].action not in ("update", "delete"):
        return []
    files = {change.change_id.rpartition("#")[0] for change in own}
    if len(files) > 1:  # it went from one owner's file to another's
        return []
    row = plan.row(own[0].layer, own[0].row_id) or {}
    dataset = plan.row("dataset", text(row.get("dataset_id")) or "") or {}
    return [
        {
            "change_id": f"{files.pop()}#{BEFORE_ALL}", "change_set": "", "at": "", "by": "",
            "action": "origin", "version": 0, "note": text(dataset.get("title")) or "",
            "scenario": "", "undoes": "", "columns": [],
        }
    ]  # fmt: skip


def _columns(
    plan: OpenPlan, layer: Layer, change: Change, language: Language
) -> list[dict[str, object]]:
    before, after = change.before or {}, change.after or {}
    names = [*layer.column_names, "geometry"]
    return [
        {
            "column": name,
            "label": _label(layer, name, language),
            "before": plain_value(plan, before.get(name)),
            "after": plain_value(plan, after.get(name)),
        }
        for name in names
        if name in {*before, *after} and name not in KEPT_BY_STORE
    ]


def _label(layer: Layer, name: str, language: Language) -> str:
    if name == "geometry":
        return Text("图形", "geometry").in_language(language)
    return layer.column(name).label.in_language(language)


def plain_value(plan: OpenPlan, value: Any) -> Any:
    """A value as JSON takes it; geometries become GeoJSON in degrees."""
    if isinstance(value, shapely.Geometry):
        flat = _turned(shapely.force_2d(value), plan.store.meta.crs, DEGREES)
        return json.loads(shapely.to_geojson(flat))
    if value is None or (isinstance(value, float) and pd.isna(value)):
        return None
    return value if isinstance(value, (str, int, float, bool, list, dict)) else str(value)


@dataclass(frozen=True)
class UndoStack:
    """Change sets that this person can take back or bring again, the next one last."""

    undo: tuple[str, ...]
    redo: tuple[str, ...]


def undo_stack(plan: OpenPlan, actor: Actor) -> UndoStack:
    """What can be undone and redone by this actor, read off the record of changes.

    A change set is pushed when it is made; undoing it moves it over, undoing the undo moves it
    back. A new change empties what could be redone, as in any editor; imports are not among them.
    """
    changes = _own_changes(plan, actor)
    set_of = {change.change_id: change.change_set for change in changes}
    undo: list[str] = []
    redo: list[str] = []
    for name, first in _sets(changes):
        undone = set_of.get(first.undoes, "")
        if not first.undoes:
            undo.append(name)
            redo.clear()
        elif undone in undo:
            undo.remove(undone)
            redo.append(name)
        elif undone in redo:
            redo.remove(undone)
            undo.append(name)
    return UndoStack(tuple(undo), tuple(redo))


def _own_changes(plan: OpenPlan, actor: Actor) -> list[Change]:
    recent = plan.store.changes(limit=_LOOKED_BACK)
    return [change for change in recent if _is_own(change, plan, actor)]


def _is_own(change: Change, plan: OpenPlan, actor: Actor) -> bool:
    return (
        change.actor == actor
        and change.layer in LAYERS
        and change.action in ("create", "update", "delete")  # imports are taken back whole
        and change.layer not in NOT_EDITED
        and change.scenario == plan.scenario
    )


def _sets(changes: Sequence[Change]) -> list[tuple[str, Change]]:
    """(change set, its first change) in the order in which they were made."""
    firsts: dict[str, Change] = {}
    for change in changes:
        firsts.setdefault(change.change_set, change)
    return list(firsts.items())


def restore(
    plan: OpenPlan, layer_name: str, row_id: str, change_id: str, actor: Actor
) -> list[Applied]:
    """Bring a row back to what it was right after a change; see ``PlanStore.restore``."""
    applied = plan.store.restore(
        layer_named(layer_name).name, row_id, change_id, actor, scenario=plan.scenario
    )
    follow(plan, applied)
    return applied


def take_back(plan: OpenPlan, change_set: str, actor: Actor, *, note: str = "") -> list[Applied]:
    """Undo a change set, or redo one by undoing its undo.

    Raises
    ------
    NotFoundError
        No such change set of this actor.
    VersionClashError
        A row was changed by something else since.
    """
    made = [c for c in plan.store.change_set(change_set) if c.actor == actor]
    if not any(_is_own(change, plan, actor) for change in made):
        raise NotFoundError(
            Text("没有可撤销的修改", "there is no such change to take back"),
            where=change_set,
            fix=Text("刷新后再试", "reload and try again"),
        )
    applied = plan.store.undo([change.change_id for change in made], actor, note)
    follow(plan, applied)
    return applied
