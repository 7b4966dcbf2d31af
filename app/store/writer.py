"""Writing single rows inside a transaction: the row, its version, the record, the revision."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from app.errors import NotFoundError, Text
from app.schema.model import Layer
from app.store import blob, extent, gpkg, rows
from app.store.cells import Cell
from app.store.changes import ChangeLog, Stamp, row_hash, touch
from app.store.sqlite import quoted

SYSTEM_COLUMNS = frozenset({"fid", "updated_at", "updated_by", "version"})


class RowWriter:
    """Writes rows of one file of the plan."""

    scenario = ""

    def __init__(self, connection: sqlite3.Connection, key: str, crs: str, stamp: Stamp) -> None:
        self.connection = connection
        self.key = key
        self.srs = gpkg.srs_id(crs)
        self.stamp = stamp
        self.log = ChangeLog(connection, stamp)

    def fetch(self, layer: Layer, row_id: str) -> dict[str, Cell] | None:
        """The row as it is now."""
        return rows.fetch(self.connection, layer, row_id)

    def last_version(self, layer: Layer, row_id: str) -> int:
        """The version of a row that is gone, 0 if it never was."""
        (row,) = self.connection.execute(
            "SELECT max(version) FROM change WHERE layer = ? AND row_id = ? AND scenario_id = ?",
            (layer.name, row_id, self.scenario),
        ).fetchone()
        (undone,) = self.connection.execute(
            "SELECT max(version) FROM change WHERE layer = ? AND action = 'undo_import'",
            (layer.name,),
        ).fetchone()
        return max(int(row or 0), int(undone or 0))

    def write(
        self,
        layer: Layer,
        row_id: str,
        target: Mapping[str, Cell] | None,
        *,
        action: str = "",
        undoes: int | None = None,
        version: int | None = None,
    ) -> tuple[int, int | None]:
        """Bring a row to the target (None: away) and record it.

        Returns the row's version and the number of the record entry; no entry where nothing
        changes.
        """
        before = self.fetch(layer, row_id)
        after = None if target is None else {**_blank(layer, row_id), **(before or {}), **target}
        names = _changed(layer, before, after)
        if not names:
            return int(str((before or {"version": 0})["version"])), None
        if version is None:
            held = before["version"] if before else self.last_version(layer, row_id)
            version = int(str(held)) + 1
        self._store(layer, row_id, before, after, names, version)
        verb = action or ("delete" if after is None else "update" if before else "create")
        seq = self.log.append(
            verb,
            layer.name,
            row_id,
            version,
            before=None if before is None else rows.image(before, names),
            after=None if after is None else rows.image(after, names),
            scenario=self.scenario,
            undoes=undoes,
        )
        return version, seq

    def _store(
        self,
        layer: Layer,
        row_id: str,
        before: Mapping[str, Cell] | None,
        after: dict[str, Cell] | None,
        names: list[str],
        version: int,
    ) -> None:
        id_column, table = quoted(layer.id_column), quoted(layer.name)
        if after is None:
            self.connection.execute(f"DELETE FROM {table} WHERE {id_column} = ?", (row_id,))
        else:
            after.update(
                updated_at=self.stamp.at, updated_by=self.stamp.actor.stamp, version=version
            )
            self._put(layer, row_id, after, names, is_new=before is None)
        self._extend(layer, before, after)
        delta = _hash_of(layer, after) - _hash_of(layer, before)
        touch(self.connection, layer.name, self.stamp, steps=1, hash_delta=delta)

    def _put(
        self,
        layer: Layer,
        row_id: str,
        after: Mapping[str, Cell],
        names: list[str],
        *,
        is_new: bool,
    ) -> None:
        table = quoted(layer.name)
        if is_new:
            stored = [name for name in after if name != "fid"]
            listed, marks = ", ".join(quoted(name) for name in stored), ", ".join("?" * len(stored))
            self.connection.execute(
                f"INSERT INTO {table} ({listed}) VALUES ({marks})", [after[name] for name in stored]
            )
            return
        stored = [gpkg.GEOMETRY if name == "geometry" else name for name in names]
        stored += sorted((SYSTEM_COLUMNS - {"fid"}) & set(layer.column_names))
        settings = ", ".join(f"{quoted(name)} = ?" for name in stored)
        self.connection.execute(
            f"UPDATE {table} SET {settings} WHERE {quoted(layer.id_column)} = ?",
            [*(after[name] for name in stored), row_id],
        )

    def _extend(
        self, layer: Layer, before: Mapping[str, Cell] | None, after: Mapping[str, Cell] | None
    ) -> None:
        if not layer.is_spatial:
            return
        old = None if before is None else before[gpkg.GEOMETRY]
        new = None if after is None else after[gpkg.GEOMETRY]
        if old == new:
            return
        gone = _box(old)
        if gone is not None:
            extent.shrink(self.connection, layer, gone)
        extent.grow(self.connection, layer, _box(new))


class ScenarioWriter(RowWriter):
    """Writes rows of one scenario: the plan's own rows stay as they are."""

    def __init__(
        self, connection: sqlite3.Connection, key: str, crs: str, stamp: Stamp, scenario: str
    ) -> None:
        super().__init__(connection, key, crs, stamp)
        self.scenario = scenario

    def fetch(self, layer: Layer, row_id: str) -> dict[str, Cell] | None:
        return seen_in(self.connection, layer, row_id, self.scenario, self.srs)

    def _store(
        self,
        layer: Layer,
        row_id: str,
        before: Mapping[str, Cell] | None,
        after: dict[str, Cell] | None,
        names: list[str],
        version: int,
    ) -> None:
        base = rows.fetch(self.connection, layer, row_id)
        differing = _changed(layer, base, after)
        action = "delete" if after is None else "update" if base else "create"
        if after is None and base is None:
            action = "none"
        self.connection.execute(
            "INSERT OR REPLACE INTO scenario_change VALUES (?,?,?,?,?,?,?,?,?,?)",
            (
                self.scenario, layer.name, row_id, action,
                None if base is None else gpkg.canonical(rows.image(base, differing)),
                None if after is None else gpkg.canonical(rows.image(after, differing)),
                None if base is None else base["version"],
                version, self.stamp.at, self.stamp.actor.stamp,
            ),
        )  # fmt: skip
        touch(
            self.connection, layer.name, self.stamp, steps=1, hash_delta=None,
            scenario=self.scenario,
        )  # fmt: skip


def seen_in(
    connection: sqlite3.Connection, layer: Layer, row_id: str, scenario: str, srs: int
) -> dict[str, Cell] | None:
    """A row as a scenario shows it."""
    base = rows.fetch(connection, layer, row_id)
    overlay = connection.execute(
        "SELECT action, after, version, at, actor FROM scenario_change"
        " WHERE scenario_id = ? AND layer = ? AND row_id = ?",
        (scenario, layer.name, row_id),
    ).fetchone()
    if overlay is None:
        return base
    return overlaid(layer, row_id, base, overlay, srs)


def overlaid(
    layer: Layer, row_id: str, base: dict[str, Cell] | None, overlay: tuple[Any, ...], srs: int
) -> dict[str, Cell] | None:
    """A base row under an overlay of (action, after, version, at, actor)."""
    action, after, version, at, actor = overlay
    if action in ("delete", "none") or (action == "update" and base is None):
        return None
    cells = {**(base or {"fid": None, **_blank(layer, row_id)})}
    cells.update(rows.from_image(layer, json.loads(after), srs))
    cells.update(version=version, updated_at=at, updated_by=actor)
    return cells


def _blank(layer: Layer, row_id: str) -> dict[str, Cell]:
    cells: dict[str, Cell] = dict.fromkeys(layer.column_names)
    if layer.is_spatial:
        cells[gpkg.GEOMETRY] = None
    cells[layer.id_column] = row_id
    return cells


def _changed(
    layer: Layer, before: Mapping[str, Cell] | None, after: Mapping[str, Cell] | None
) -> list[str]:
    """Columns that differ; for a row that comes or goes, all that hold a value."""
    if before is None and after is None:
        return []
    names = [name for name in layer.column_names if name not in SYSTEM_COLUMNS]
    one, other = before or {}, after or {}
    found = [name for name in names if one.get(name) != other.get(name)]
    if layer.is_spatial and rows.body(one) != rows.body(other):
        found.append("geometry")
    return found


def _hash_of(layer: Layer, cells: Mapping[str, Cell] | None) -> int:
    return 0 if cells is None else row_hash(layer, cells, rows.body(cells))


def _box(stored: Cell) -> extent.Extent | None:
    found = blob.envelope(stored) if isinstance(stored, bytes) else None
    return None if found is None else (found[0], found[2], found[1], found[3])


def no_such_row(layer: Layer, row_id: str) -> NotFoundError:
    return NotFoundError(
        Text(f"“{layer.label.zh}”中没有 {row_id}", f"{layer.name} has no row {row_id}"),
        where=f"{layer.name} {row_id}",
        fix=Text("请刷新后重试", "refresh and try again"),
    )
