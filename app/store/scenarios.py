"""Scenarios: named overlays of changes on the plan, read through, compared, merged or dropped."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.errors import Finding, NotFoundError, PlanError, Text, VersionClashError
from app.schema import layer_named
from app.schema.actor import Actor
from app.schema.model import Layer
from app.store import blob, gpkg, rows
from app.store.cells import Cell, now_text
from app.store.changes import HASH_MODULUS, Stamp
from app.store.edits import Applied, Edit, apply, change_id
from app.store.files import PlanFiles
from app.store.manifest import PLANNING
from app.store.rows import Query
from app.store.writer import RowWriter, overlaid, seen_in

SCENARIO = "scenario"


@dataclass(frozen=True)
class ScenarioChange:
    """What a scenario makes of one row: only the columns that differ, before and after."""

    layer: str
    row_id: str
    action: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    at: str
    actor: str


@dataclass(frozen=True)
class Difference:
    """A row that two scenarios (or the plan and a scenario) show differently."""

    layer: str
    row_id: str
    left: dict[str, Any] | None
    right: dict[str, Any] | None
    columns: tuple[str, ...]


# --- reading through -------------------------------------------------------------------------------
def select(
    connection: sqlite3.Connection, wanted: Query, scenario: str, srs: int
) -> list[tuple[Any, ...]]:
    """Raw rows as the scenario shows them: untouched rows of the plan, then those it changes."""
    layer = wanted.layer
    overlays = {
        row_id: rest
        for row_id, *rest in connection.execute(
            "SELECT row_id, action, after, version, at, actor FROM scenario_change"
            " WHERE scenario_id = ? AND layer = ? ORDER BY row_id",
            (scenario, layer.name),
        )
    }
    plain = rows.select(connection, wanted)
    if not overlays:
        return plain
    at = wanted.columns.index(layer.id_column)
    kept = [row for row in plain if row[at] not in overlays]
    everything = Query(layer, layer.column_names, layer.is_spatial, tuple(overlays))
    names = [*layer.column_names, *([gpkg.GEOMETRY] if layer.is_spatial else [])]
    id_at = names.index(layer.id_column)
    bases = {
        row[id_at]: dict(zip(names, row, strict=True))
        for row in rows.select(connection, everything)
    }
    shown = [*wanted.columns, *([gpkg.GEOMETRY] if wanted.with_geometry else [])]
    for row_id, overlay in overlays.items():
        cells = overlaid(layer, row_id, bases.get(row_id), tuple(overlay), srs)
        if cells is not None and _meets(cells, wanted):
            kept.append(tuple(cells[name] for name in shown))
    return kept


def _meets(cells: Mapping[str, Cell], wanted: Query) -> bool:
    """Whether a row that is not in the file as such meets the query."""
    if wanted.ids is not None and cells[wanted.layer.id_column] not in wanted.ids:
        return False
    if any(cells[name] not in values for name, values in wanted.where):
        return False
    if wanted.bbox is not None and wanted.layer.is_spatial:
        stored = cells[gpkg.GEOMETRY]
        box = blob.envelope(stored) if isinstance(stored, bytes) else None
        west, south, east, north = wanted.bbox
        return box is not None and not (
            box[0] > east or box[1] < west or box[2] > north or box[3] < south
        )
    return True


def require(files: PlanFiles, scenario: str) -> None:
    """Refuse a scenario that does not exist or is no longer open.

    Raises
    ------
    NotFoundError
        There is no open scenario of that id.
    """
    with files.reader(PLANNING) as connection:
        cells = rows.fetch(connection, layer_named(SCENARIO), scenario)
    if cells is None or cells["state"] != "open":
        raise NotFoundError(
            Text(f"没有进行中的情景 {scenario}", f"there is no open scenario {scenario}"),
            where=f"scenario {scenario}",
            fix=Text("请从情景列表中选择", "choose one from the list of scenarios"),
        )


def overlay_hash(files: PlanFiles, layer: Layer, scenario: str) -> int:
    """A number for what the scenario changes in a layer, 0 if nothing."""
    total = 0
    for key in files.keys_of(layer):
        with files.reader(key) as connection:
            for entry in connection.execute(
                "SELECT row_id, action, after FROM scenario_change"
                " WHERE scenario_id = ? AND layer = ? AND action != 'none'",
                (scenario, layer.name),
            ):
                if entry[1:] != ("update", "{}"):
                    total += _entry_hash(entry)
    return total % HASH_MODULUS


def _entry_hash(entry: tuple[Any, ...]) -> int:
    digest = hashlib.blake2b(gpkg.canonical(list(entry)).encode(), digest_size=16).digest()
    return int.from_bytes(digest, "big")


# --- the life of a scenario ------------------------------------------------------------------------
def create(files: PlanFiles, name: str, actor: Actor, note: str = "") -> str:
    """Start a scenario without changes and return its id."""
    scenario = str(uuid.uuid4())
    values = {"name": name, "note": note or None, "state": "open", "changes": 0}
    apply(files, [Edit(SCENARIO, "create", scenario, values)], actor, note)
    return scenario


def changes(files: PlanFiles, scenario: str) -> list[ScenarioChange]:
    """All that the scenario changes, by layer and row."""
    found = []
    for key in files.keys():  # noqa: SIM118
        with files.reader(key) as connection:
            raw = connection.execute(
                "SELECT layer, row_id, action, before, after, at, actor FROM scenario_change"
                " WHERE scenario_id = ? AND action != 'none'",
                (scenario,),
            ).fetchall()
        for layer_name, row_id, action, before, after, at, actor in raw:
            if (action, after) == ("update", "{}"):
                continue
            layer = layer_named(layer_name)
            old = None if before is None else rows.image_values(layer, json.loads(before))
            new = None if after is None else rows.image_values(layer, json.loads(after))
            found.append(ScenarioChange(layer_name, row_id, action, old, new, at, actor))
    return sorted(found, key=lambda change: (change.layer, change.row_id))


def compare(files: PlanFiles, left: str, right: str) -> list[Difference]:
    """Rows that two scenarios show differently; an empty id stands for the plan itself."""
    touched = {
        (change.layer, change.row_id)
        for scenario in (left, right)
        if scenario
        for change in changes(files, scenario)
    }
    found = []
    for layer_name, row_id in sorted(touched):
        layer = layer_named(layer_name)
        one, other = shown(files, layer, row_id, left), shown(files, layer, row_id, right)
        columns = tuple(
            name
            for name in (*layer.column_names, "geometry")
            if name not in ("version", "updated_at", "updated_by")
            and (one or {}).get(name) != (other or {}).get(name)
        )
        if columns:
            found.append(Difference(layer_name, row_id, one, other, columns))
    return found


def shown(files: PlanFiles, layer: Layer, row_id: str, scenario: str) -> dict[str, Any] | None:
    """A row as plain values as the plan (empty id) or a scenario shows it."""
    for key in files.keys_of(layer):
        with files.reader(key) as connection:
            cells = seen_in(connection, layer, row_id, scenario, gpkg.srs_id(files.meta.crs))
        if cells is not None:
            return rows.as_values(layer, cells)
    return None


def clashes(files: PlanFiles, scenario: str) -> list[Finding]:
    """Changes of the scenario that no longer fit the plan: the row is gone, or differs in them."""
    found: list[Finding] = []
    for key in files.keys():  # noqa: SIM118
        with files.reader(key) as connection:
            found.extend(_clashes(connection, scenario))
    return found


def _clashes(connection: sqlite3.Connection, scenario: str) -> list[Finding]:
    found = []
    for layer_name, row_id, action, before in connection.execute(
        "SELECT layer, row_id, action, before FROM scenario_change"
        " WHERE scenario_id = ? AND action != 'none' ORDER BY layer, row_id",
        (scenario,),
    ).fetchall():
        layer = layer_named(layer_name)
        base = rows.fetch(connection, layer, row_id)
        fault = _fault(action, before, base)
        if fault is not None:
            code, message, column = fault
            fix = Text(
                "请在情景中重做或撤下这项改动", "redo this change in the scenario or take it out"
            )
            found.append(Finding(code, "error", message, fix, layer_name, row_id, column))
    return found


def _fault(
    action: str, before: str | None, base: dict[str, Cell] | None
) -> tuple[str, Text, str] | None:
    if action == "create":
        if base is None:
            return None
        return "base_exists", Text("方案中已有同编号的行", "the plan has a row of this id now"), ""
    if base is None:
        return "base_gone", Text("方案中的原行已被删除", "the plan's own row was deleted"), ""
    expected = json.loads(before or "{}")
    actual = rows.image(base, expected)
    differing = ", ".join(sorted(name for name in expected if actual[name] != expected[name]))
    if not differing:
        return None
    message = Text("方案中的原值已改变", "the plan's own value has changed")
    return "base_changed", message, differing


def merge(files: PlanFiles, scenario: str, actor: Actor, note: str = "") -> list[Applied]:
    """Write the scenario's changes into the plan and close it.

    Raises
    ------
    VersionClashError
        The plan changed under some of them; ``theirs`` lists these rows. Nothing is written.
    """
    require(files, scenario)
    stamp = Stamp(actor, now_text(), note, str(uuid.uuid4()))
    applied: list[Applied] = []
    with files.writers(set(files.keys())) as held:
        faults = [fault for c in held.values() for fault in _clashes(c, scenario)]
        if faults:
            raise _merge_clash(scenario, faults)
        for key, connection in held.items():
            applied.extend(_merge_file(connection, key, files.meta.crs, stamp, scenario))
        _close(held[PLANNING], files.meta.crs, stamp, scenario, "merged", len(applied))
    return applied


def _merge_clash(scenario: str, faults: list[Finding]) -> VersionClashError:
    return VersionClashError(
        Text(
            f"方案中有 {len(faults)} 处与情景冲突",
            f"{len(faults)} changes of the scenario no longer fit the plan",
        ),
        where="; ".join(f"{fault.layer} {fault.row}" for fault in faults[:20]),
        fix=Text("请逐条处理后再并入", "settle each of them, then merge again"),
        theirs={f"{fault.layer} {fault.row}": fault.message.zh for fault in faults},
    )


def _merge_file(
    connection: sqlite3.Connection, key: str, crs: str, stamp: Stamp, scenario: str
) -> list[Applied]:
    held = RowWriter(connection, key, crs, stamp)
    applied: list[Applied] = []
    for layer_name, row_id, action, after in connection.execute(
        "SELECT layer, row_id, action, after FROM scenario_change"
        " WHERE scenario_id = ? AND action != 'none' ORDER BY layer, row_id",
        (scenario,),
    ).fetchall():
        layer = layer_named(layer_name)
        target = None if after is None else rows.from_image(layer, json.loads(after), held.srs)
        version, seq = held.write(layer, row_id, target)
        count = len(applied) + 1
        applied.append(
            Applied(
                layer_name, row_id, action, version, count, change_id(key, seq), stamp.change_set
            )
        )
    return applied


def drop(files: PlanFiles, scenario: str, actor: Actor, note: str = "") -> None:
    """Close a scenario without merging it; its changes stay in the record."""
    require(files, scenario)
    stamp = Stamp(actor, now_text(), note, str(uuid.uuid4()))
    with files.writers({PLANNING}) as held:
        _close(held[PLANNING], files.meta.crs, stamp, scenario, "dropped", None)


def _close(
    connection: sqlite3.Connection,
    crs: str,
    stamp: Stamp,
    scenario: str,
    state: str,
    count: int | None,
) -> None:
    held = RowWriter(connection, PLANNING, crs, stamp)
    layer = layer_named(SCENARIO)
    current = held.fetch(layer, scenario)
    if current is None or current["state"] != "open":
        raise PlanError(
            Text("情景已被他人关闭", "the scenario was closed by somebody else"),
            where=f"scenario {scenario}",
            fix=Text("请刷新情景列表", "refresh the list of scenarios"),
        )
    held.write(layer, scenario, {"state": state, "changes": count})
