"""Edits of rows with version check, their undo, and the history of a row."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from app.errors import InvalidDataError, NotFoundError, Text, UsageError, VersionClashError
from app.schema import LAYERS, layer_named
from app.schema.actor import Actor
from app.schema.model import Layer
from app.store import frames, rows
from app.store.cells import Cell, now_text
from app.store.changes import CHAIN_COLUMNS, Change, Stamp, revision
from app.store.files import PlanFiles
from app.store.livefile import OWNER_COLUMN
from app.store.load import plan_layer
from app.store.manifest import PLANNING
from app.store.writer import SYSTEM_COLUMNS, RowWriter, ScenarioWriter, no_such_row

WHOLE_BATCH = ("import", "undo_import")
# In place of the number of a change: the row as it came in, before any.
BEFORE_ALL = 0
Action = Literal["create", "update", "delete"]


@dataclass(frozen=True)
class Edit:
    """One wish: create, update or delete a row.

    ``values`` holds the columns to set (``geometry``: shapely geometry in the plan's CRS); columns
    left out keep what they hold. ``expected_version`` is the version that the editor saw, and is
    asked for every update and delete.
    """

    layer: str
    action: Action
    row_id: str
    values: Mapping[str, Any] = field(default_factory=dict)
    expected_version: int | None = None


@dataclass(frozen=True)
class Applied:
    """What became of an edit. ``change_id`` is empty where nothing differed."""

    layer: str
    row_id: str
    action: str
    version: int
    revision: int
    change_id: str
    change_set: str


def change_id(key: str, seq: int | None) -> str:
    return "" if seq is None else f"{key}#{seq}"


def apply(
    files: PlanFiles, edits: Sequence[Edit], actor: Actor, note: str = "", scenario: str = ""
) -> list[Applied]:
    """All edits or none; see :meth:`app.store.plan.PlanStore.apply`."""
    homes = _homes(files, edits, scenario)
    stamp = Stamp(actor, now_text(), note, str(uuid.uuid4()))
    with files.writers({key for pair in homes for key in pair}) as held:
        writers = {key: writer(held[key], key, files.meta.crs, stamp, scenario) for key in held}
        return [
            _apply_one(writers[old], writers[new], edit)
            for edit, (old, new) in zip(edits, homes, strict=True)
        ]


def writer(connection: Any, key: str, crs: str, stamp: Stamp, scenario: str) -> RowWriter:
    """The writer of the plan itself or of one of its scenarios."""
    if scenario:
        return ScenarioWriter(connection, key, crs, stamp, scenario)
    return RowWriter(connection, key, crs, stamp)


def _homes(files: PlanFiles, edits: Sequence[Edit], scenario: str) -> list[tuple[str, str]]:
    """For each edit the file that holds its row and the file that will."""
    known: dict[tuple[str, str], str] = {}
    homes = []
    for edit in edits:
        layer = plan_layer(edit.layer)
        place = (edit.layer, edit.row_id)
        if not layer.protected:
            homes.append((PLANNING, PLANNING))
            continue
        old = known.get(place) or locate(files, layer, edit.row_id, scenario)
        if edit.action == "create":
            if old is not None:
                raise frames.already_there(layer, [edit.row_id])
            old = new = files.add_owner(str(edit.values.get(OWNER_COLUMN) or ""))
        elif old is None:
            raise no_such_row(layer, edit.row_id)
        else:
            moves = edit.action == "update" and OWNER_COLUMN in edit.values
            new = files.add_owner(str(edit.values[OWNER_COLUMN] or "")) if moves else old
        known[place] = new
        homes.append((old, new))
    return homes


def locate(files: PlanFiles, layer: Layer, row_id: str, scenario: str = "") -> str | None:
    """The key of the file that holds a row, or its overlay in the scenario, now or last."""
    last = None
    for key in files.keys_of(layer):
        with files.reader(key) as connection:
            if rows.fetch(connection, layer, row_id) is not None:
                return key
            overlay = connection.execute(
                "SELECT 1 FROM scenario_change WHERE scenario_id = ? AND layer = ? AND row_id = ?"
                " AND action = 'create'",
                (scenario, layer.name, row_id),
            ).fetchone()
            if overlay:
                last = key
    return last


def _apply_one(old: RowWriter, new: RowWriter, edit: Edit) -> Applied:
    layer = layer_named(edit.layer)
    current = old.fetch(layer, edit.row_id)
    if edit.action == "create":
        if current is not None:
            raise frames.already_there(layer, [edit.row_id])
    else:
        require_version(old, layer, edit, current)
    target = None if edit.action == "delete" else _target(layer, edit, new.srs)
    if old is not new and current is not None and target is not None:
        version, seq = _move(old, new, layer, edit.row_id, {**current, **target})
    else:
        version, seq = new.write(layer, edit.row_id, target)
    count = revision(new.connection, layer.name) + (
        revision(new.connection, layer.name, new.scenario) if new.scenario else 0
    )
    return Applied(
        layer.name, edit.row_id, edit.action, version, count, change_id(new.key, seq),
        new.stamp.change_set,
    )  # fmt: skip


def _target(layer: Layer, edit: Edit, srs: int) -> dict[str, Cell]:
    values = {name: value for name, value in edit.values.items() if name not in SYSTEM_COLUMNS}
    if str(values.pop(layer.id_column, edit.row_id)) != edit.row_id:
        raise InvalidDataError(
            Text("编号不能更改", "an id cannot be changed"),
            where=f"{layer.name} {edit.row_id}",
            fix=Text("请新建一行并删除旧行", "create a new row and delete the old one"),
        )
    if edit.action == "create" and not edit.row_id:
        raise InvalidDataError(
            Text("新行没有编号", "the new row has no id"),
            where=layer.name,
            fix=Text("每行都要有编号", "give every row an id"),
        )
    return rows.to_raw(layer, values, srs, row=edit.row_id)


def _move(
    old: RowWriter, new: RowWriter, layer: Layer, row_id: str, target: dict[str, Cell]
) -> tuple[int, int | None]:
    """Take a protected row from one owner's file to another's."""
    version, _ = old.write(layer, row_id, None, action="move_out")
    return new.write(layer, row_id, _content(target), action="move_in", version=version)


def require_version(
    held: RowWriter, layer: Layer, edit: Edit, current: Mapping[str, Cell] | None
) -> None:
    """Refuse an edit of a row that is no longer what the editor saw.

    Raises
    ------
    UsageError
        The edit does not say which version it was made from.
    NotFoundError
        There never was such a row.
    VersionClashError
        The row was changed or deleted meanwhile.
    """
    where = f"{layer.name} {edit.row_id}"
    if edit.expected_version is None:
        raise UsageError(
            Text(
                "修改或删除时缺少版本号",
                "an update or delete must say the version it was made from",
            ),
            where=where,
            fix=Text("请先读取该行", "read the row first"),
        )
    if current is None and held.last_version(layer, edit.row_id) == 0:
        raise no_such_row(layer, edit.row_id)
    if current is None or current["version"] != edit.expected_version:
        raise clash(layer, edit.row_id, dict(edit.values), current)


def clash(
    layer: Layer, row_id: str, mine: dict[str, Any], current: Mapping[str, Cell] | None
) -> VersionClashError:
    theirs = None if current is None else rows.as_values(layer, current)
    if theirs is None:
        message = Text(f"{row_id} 已被他人删除", f"{row_id} was deleted by somebody else")
    else:
        who = theirs.get("updated_by") or "?"
        message = Text(f"{row_id} 已被 {who} 修改", f"{row_id} was changed by {who}")
    return VersionClashError(
        message,
        where=f"{layer.name} {row_id}",
        fix=Text("请比较两个版本后再保存", "compare the two versions, then save again"),
        mine=mine,
        theirs=theirs,
    )


# --- undo ------------------------------------------------------------------------------------------
def undo(
    files: PlanFiles, change_ids: Sequence[str], actor: Actor, note: str = ""
) -> list[Applied]:
    """Take changes back, last first, as new changes; see :meth:`app.store.plan.PlanStore.undo`."""
    places = [_parse(files, text) for text in change_ids]
    stamp = Stamp(actor, now_text(), note, str(uuid.uuid4()))
    with files.writers({key for key, _ in places}) as held:
        applied = []
        for key, seq in sorted(places, key=lambda place: place[1], reverse=True):
            applied.append(_undo_one(held[key], key, files.meta.crs, stamp, seq))
        return applied


def _parse(files: PlanFiles, text: str) -> tuple[str, int]:
    key, _, number = text.rpartition("#")
    if key not in files.keys() or not number.isdigit():  # noqa: SIM118
        raise _no_such_change(text)
    return key, int(number)


def _no_such_change(text: str) -> NotFoundError:
    return NotFoundError(
        Text(f"没有编号为 {text} 的修改", f"there is no change {text}"),
        where=text,
        fix=Text("请从历史记录中选择", "choose one from the history"),
    )


def _undo_one(connection: Any, key: str, crs: str, stamp: Stamp, seq: int) -> Applied:
    row = connection.execute(
        "SELECT action, layer, row_id, version, before, scenario_id FROM change WHERE seq = ?",
        (seq,),
    ).fetchone()
    if row is None:
        raise _no_such_change(change_id(key, seq))
    action, layer_name, row_id, version, before, scenario = row
    if action not in ("create", "update", "delete"):
        raise UsageError(
            Text("这类修改不能单独撤销", "a change of this kind cannot be undone by itself"),
            where=change_id(key, seq),
            fix=Text(
                "请撤销整个导入，或再做一次修改", "undo the whole import, or edit the row again"
            ),
        )
    layer = layer_named(layer_name)
    held = writer(connection, key, crs, stamp, scenario)
    current = held.fetch(layer, row_id)
    now = int(str(current["version"])) if current else held.last_version(layer, row_id)
    if _state(held, layer, row_id, now) != _state(held, layer, row_id, version):
        mine = rows.image_values(layer, json.loads(before) if before else {})
        raise clash(layer, row_id, mine, current)
    target = None if before is None else rows.from_image(layer, json.loads(before), held.srs)
    new_version, new_seq = held.write(layer, row_id, target, undoes=seq)
    verb = "delete" if target is None else "create" if current is None else "update"
    count = revision(connection, layer.name)
    return Applied(
        layer.name, row_id, verb, new_version, count, change_id(key, new_seq), stamp.change_set
    )


def restore(
    files: PlanFiles,
    layer: Layer,
    row_id: str,
    change: str,
    actor: Actor,
    note: str = "",
    scenario: str = "",
) -> list[Applied]:
    """Bring a row back to what it was right after a change; see ``PlanStore.restore``."""
    key, seq = _parse(files, change)
    stamp = Stamp(actor, now_text(), note, str(uuid.uuid4()))
    with files.writers({key}) as held:
        of_change = _scenario_of(held[key], layer, row_id, seq)
        if of_change not in ("", scenario):
            raise _no_such_change(change)
        then = _walked_back(
            writer(held[key], key, files.meta.crs, stamp, of_change), layer, row_id, seq
        )
        row_writer = writer(held[key], key, files.meta.crs, stamp, scenario)
        is_there = row_writer.fetch(layer, row_id) is not None
        version, new_seq = row_writer.write(layer, row_id, then)
    verb = "delete" if then is None else "update" if is_there else "create"
    return [
        Applied(layer.name, row_id, verb, version, 0, change_id(key, new_seq), stamp.change_set)
    ]


def _scenario_of(connection: Any, layer: Layer, row_id: str, seq: int) -> str | None:
    """The scenario in which a change of a row was made, empty for the plan; None: no such change.

    Number 0 stands for the row as it came into the plan, before its first change there.
    """
    if seq == BEFORE_ALL:
        first = connection.execute(
            "SELECT action FROM change WHERE layer = ? AND row_id = ? AND scenario_id = ''"
            " ORDER BY seq LIMIT 1",
            (layer.name, row_id),
        ).fetchone()
        return "" if first and first[0] in ("update", "delete") else None
    made = connection.execute(
        "SELECT scenario_id FROM change WHERE layer = ? AND row_id = ? AND seq = ?",
        (layer.name, row_id, seq),
    ).fetchone()
    return None if made is None else str(made[0])


def _walked_back(held: RowWriter, layer: Layer, row_id: str, seq: int) -> dict[str, Cell] | None:
    """A row of the plan, or as a scenario shows it, as it was right after a change made there."""
    current = held.fetch(layer, row_id)
    target = None if current is None else _content(current)
    later = held.connection.execute(
        "SELECT before FROM change WHERE layer = ? AND row_id = ? AND seq > ?"
        " AND scenario_id = ? ORDER BY seq DESC",
        (layer.name, row_id, seq, held.scenario),
    ).fetchall()
    for (before,) in later:
        if before is None:
            target = None
        else:
            image = rows.from_image(layer, json.loads(before), held.srs)
            target = {**(target or {}), **image}
    return target


def _content(cells: Mapping[str, Cell]) -> dict[str, Cell]:
    return {name: cell for name, cell in cells.items() if name not in SYSTEM_COLUMNS}


def _state(held: RowWriter, layer: Layer, row_id: str, version: int) -> int:
    """The oldest version of a row with the content of this one, as far as undoing explains it."""
    while True:
        row = held.connection.execute(
            "SELECT u.version FROM change c JOIN change u ON u.seq = c.undoes"
            " WHERE c.layer = ? AND c.row_id = ? AND c.version = ? AND c.scenario_id = ?",
            (layer.name, row_id, version, held.scenario),
        ).fetchone()
        if row is None:
            return version
        version = int(row[0]) - 1


# --- history ---------------------------------------------------------------------------------------
def history(
    files: PlanFiles, condition: str, values: Sequence[Any], *, limit: int | None = None
) -> list[Change]:
    """Entries of the record of all files that meet an SQL condition of ours, oldest first."""
    found: list[Change] = []
    columns = ", ".join((*CHAIN_COLUMNS, "hash"))
    tail = f" ORDER BY seq DESC LIMIT {limit}" if limit else ""
    for key in files.keys():  # noqa: SIM118
        with files.reader(key) as connection:
            raw = connection.execute(
                f"SELECT {columns} FROM change WHERE {condition}{tail}", values
            )
            found.extend(
                _change(key, dict(zip((*CHAIN_COLUMNS, "hash"), r, strict=True))) for r in raw
            )
    return sorted(found, key=_in_time)


def _in_time(change: Change) -> tuple[str, bool, int]:
    """Of one moment, a row leaves one owner's file before it enters another's."""
    return change.at, change.action == "move_in", int(change.change_id.rpartition("#")[2])


def _change(key: str, entry: Mapping[str, Any]) -> Change:
    def values(text: str | None) -> dict[str, Any] | None:
        if text is None:
            return None
        shown = json.loads(text)
        if entry["action"] in WHOLE_BATCH or entry["layer"] not in LAYERS:
            return dict(shown)
        return rows.image_values(layer_named(entry["layer"]), shown)

    return Change(
        change_id=change_id(key, entry["seq"]),
        at=entry["at"],
        actor=Actor(
            entry["actor"], entry["organisation"], entry["role"], bool(entry["authenticated"])
        ),
        action=entry["action"],
        layer=entry["layer"],
        row_id=entry["row_id"],
        version=entry["version"],
        before=values(entry["before"]),
        after=values(entry["after"]),
        note=entry["note"],
        change_set=entry["change_set"],
        scenario=entry["scenario_id"],
        undoes=change_id(key, entry["undoes"]),
        hash=entry["hash"],
    )
