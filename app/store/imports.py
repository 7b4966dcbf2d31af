"""Undo of a whole import: its rows go, the rows it changed become what they were."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterable

import numpy as np

from app.errors import NotFoundError, Text, UsageError, VersionClashError
from app.schema import layer_named
from app.schema.actor import Actor
from app.schema.model import Layer
from app.store import extent, gpkg, rows, rtree
from app.store.cells import Cell, now_text
from app.store.changes import Stamp, touch
from app.store.files import PlanFiles
from app.store.load import PACKED_FROM_ROWS
from app.store.manifest import PLANNING
from app.store.sqlite import quoted
from app.store.writer import RowWriter

Edited = tuple[str, str]  # layer, row id


def undo_import(files: PlanFiles, batch_id: str, actor: Actor, note: str = "") -> None:
    """Take one import back; see :meth:`app.store.plan.PlanStore.undo_import`."""
    _require_undoable(files, batch_id)
    stamp = Stamp(actor, now_text(), note, str(uuid.uuid4()))
    with files.generation({PLANNING, *_keys_of(files, batch_id)}) as built:
        edited = [row for connection in built.values() for row in _edited(connection, batch_id)]
        if edited:
            raise _edited_since(batch_id, edited)
        for key, connection in built.items():
            connection.execute("BEGIN")
            _undo_in(connection, key, files.meta.crs, stamp, batch_id)
        held = RowWriter(built[PLANNING], PLANNING, files.meta.crs, stamp)
        values: dict[str, Cell] = {"undone_at": stamp.at}
        batch = rows.fetch(built[PLANNING], layer_named("import_batch"), batch_id)
        named = batch["dataset_id"] if batch else None
        if named and rows.fetch(built[PLANNING], layer_named("dataset"), str(named)) is None:
            values["dataset_id"] = None  # the delivery went with its rows
        held.write(layer_named("import_batch"), batch_id, values)


def _require_undoable(files: PlanFiles, batch_id: str) -> None:
    with files.reader(PLANNING) as connection:
        row = rows.fetch(connection, layer_named("import_batch"), batch_id)
    if row is None:
        raise NotFoundError(
            Text(f"没有导入批次 {batch_id}", f"there is no import {batch_id}"),
            where=batch_id,
            fix=Text("请从导入记录中选择", "choose one from the list of imports"),
        )
    if row["undone_at"] is not None:
        raise UsageError(
            Text("该导入已撤销", "this import was undone already"),
            where=batch_id,
            fix=Text("需要时请重新导入", "import the file again if you need it"),
        )


def _keys_of(files: PlanFiles, batch_id: str) -> set[str]:
    found = set()
    for key in files.keys():  # noqa: SIM118
        with files.reader(key) as connection:
            if connection.execute(
                "SELECT 1 FROM import_part WHERE batch_id = ?"
                " UNION ALL SELECT 1 FROM import_before WHERE batch_id = ?",
                (batch_id, batch_id),
            ).fetchone():
                found.add(key)
    return found


def _edited(connection: sqlite3.Connection, batch_id: str) -> Iterable[Edited]:
    """Rows of the import that were changed or deleted since."""
    for name, first, last, version in _parts(connection, batch_id):
        layer = layer_named(name)
        table, id_column = quoted(name), quoted(layer.id_column)
        yield from (
            (name, row_id)
            for (row_id,) in connection.execute(
                f"SELECT {id_column} FROM {table} WHERE fid BETWEEN ? AND ? AND version != ?",
                (first, last, version),
            )
        )
        (there,) = connection.execute(
            f"SELECT count(*) FROM {table} WHERE fid BETWEEN ? AND ?", (first, last)
        ).fetchone()
        if there != last - first + 1:
            yield from ((name, row_id) for row_id in _deleted(connection, layer, batch_id))
    for name, row_id, version in connection.execute(
        "SELECT layer, row_id, version FROM import_before WHERE batch_id = ?", (batch_id,)
    ).fetchall():
        row = rows.fetch(connection, layer_named(name), row_id)
        if row is None or row["version"] != version:
            yield name, row_id


def _parts(connection: sqlite3.Connection, batch_id: str) -> list[tuple[str, int, int, int]]:
    return connection.execute(
        "SELECT layer, first_fid, last_fid, version FROM import_part WHERE batch_id = ?",
        (batch_id,),
    ).fetchall()


def _deleted(connection: sqlite3.Connection, layer: Layer, batch_id: str) -> list[str]:
    found = connection.execute(
        "SELECT DISTINCT row_id FROM change WHERE layer = ? AND action IN ('delete', 'move_out')"
        " AND seq > (SELECT max(seq) FROM change WHERE action = 'import' AND row_id = ?)",
        (layer.name, batch_id),
    )
    return [row_id for (row_id,) in found] or ["?"]


def _edited_since(batch_id: str, edited: list[Edited]) -> VersionClashError:
    listed = "、".join(f"{layer} {row_id}" for layer, row_id in edited[:20])
    return VersionClashError(
        Text(
            f"该导入的 {len(edited)} 行此后被修改过，不能整体撤销：{listed}",
            f"{len(edited)} rows of this import were edited since, it cannot be undone: {listed}",
        ),
        where=f"import {batch_id}",
        fix=Text("请先撤销这些修改", "undo these edits first"),
        theirs={f"{layer} {row_id}": None for layer, row_id in edited},
    )


def _undo_in(
    connection: sqlite3.Connection, key: str, crs: str, stamp: Stamp, batch_id: str
) -> None:
    held = RowWriter(connection, key, crs, stamp)
    for name, first, last, version in _parts(connection, batch_id):
        layer = layer_named(name)
        _remove_rows(connection, layer, first, last)
        touch(connection, name, stamp, steps=1, hash_delta=None)
        after = {"batch_id": batch_id, "rows": last - first + 1}
        held.log.append("undo_import", name, "", version, before=None, after=after)
    for name, row_id, before in connection.execute(
        "SELECT layer, row_id, before FROM import_before WHERE batch_id = ? ORDER BY layer, row_id",
        (batch_id,),
    ).fetchall():
        layer = layer_named(name)
        held.write(
            layer,
            row_id,
            rows.from_image(layer, json.loads(before), held.srs),
            action="import_undone",
        )
    connection.execute("DELETE FROM import_part WHERE batch_id = ?", (batch_id,))
    connection.execute("DELETE FROM import_before WHERE batch_id = ?", (batch_id,))


def _remove_rows(connection: sqlite3.Connection, layer: Layer, first: int, last: int) -> None:
    """Delete rows by number; a large R-tree is packed anew from what is left."""
    packed = layer.is_spatial and last - first >= PACKED_FROM_ROWS
    if packed:
        gpkg.drop_triggers(connection, layer)
    connection.execute(f"DELETE FROM {quoted(layer.name)} WHERE fid BETWEEN ? AND ?", (first, last))
    if packed:
        name = gpkg.rtree_name(layer)
        left = np.array(
            connection.execute(
                f"SELECT id, minx, miny, maxx, maxy FROM {quoted(name)}"
                " WHERE id NOT BETWEEN ? AND ?",
                (first, last),
            ).fetchall()
        ).reshape(-1, 5)
        rtree.fill(connection, name, left[:, 0].astype(np.int64), left[:, 1:])
        gpkg.create_triggers(connection, layer)
    if layer.is_spatial:
        extent.write(connection, layer, extent.from_rtree(connection, layer))
